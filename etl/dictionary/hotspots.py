"""Tables beside `mart.hotspots`: the same on hexagons, and how the bandwidth was chosen."""

from etl.dictionary.mart_columns import CLASS, PERIOD, SCOPE_ID, SCOPE_KIND, mart
from etl.dictionary.model import (
    POLICE,
    SCOPE,
    Column,
    Table,
    count,
    flag,
    number,
    text,
)


def _list(name: str, en: str, zh: str, *, required: bool = True) -> Column:
    return Column(name, "floats", en, zh, required=required)


HEXAGONS = mart(
    "hotspot_hexagons",
    "Hotspots on hexagons of areas with many incidents: a list entry a cell",
    "警情很多的范围的六边形热点（列表每项一格）",
    (
        SCOPE_KIND,
        SCOPE_ID,
        *SCOPE,
        CLASS,
        PERIOD,
        number("cell_m", "Width of a hexagon", "六边形对边宽", "m", above=0.0, required=True),
        count("n_cells", "Hexagons of the area", "范围内六边形数", required=True),
        _list("col_by_cell", "Column by cell", "各格列号"),
        _list("row_by_cell", "Row by cell", "各格行号"),
        _list("n_by_cell", "Incidents by cell", "各格警情数"),
        _list("density_per_km2_by_cell", "Density by cell (KDE, 1/km2)", "各格核密度"),
        _list("z_by_cell", "Gi* z by cell", "各格 Gi* z 值", required=False),
        _list("p_by_cell", "p by cell, two-sided", "各格双侧 p 值", required=False),
        _list("p_fdr_by_cell", "p by cell after FDR", "各格 FDR 校正 p 值", required=False),
    ),
    key=("scope_kind", "scope_id", "class", "period_kind"),
    visible_to=POLICE,
)
BANDWIDTHS = mart(
    "hotspot_bandwidths",
    "Bandwidths tried for the density, and how well each would have predicted",
    "核密度带宽候选及其预测效果",
    (
        SCOPE_KIND,
        SCOPE_ID,
        *SCOPE,
        PERIOD,
        number("bandwidth_m", "Bandwidth", "带宽", "m", above=0.0, required=True),
        flag("is_used", "Used for the map", "用于制图", required=True),
        text(
            "reason",
            "Why that one is used (best = predicted best, district = the whole district's for "
            "want of incidents, default = two and a half cells, set = by the district file)",
            "选用原因（best 预测最好，district 警情不足沿用全区，default 2.5格，set 区文件设定）",
            required=True,
            vocabulary=("best", "district", "default", "set"),
        ),
        number("score", "Mean log chance over an even map", "平均对数得分（对均匀图）"),
        number("gain", "Times as likely as on an even map", "为均匀图的倍数", minimum=0.0),
        number("cell_m", "Cell size", "网格边长", "m", above=0.0),
        count("n_months", "Months predicted", "预测月数", required=True),
        count("n_tested", "Incidents in them", "其中警情数", required=True),
        count("needed", "Incidents it takes", "所需警情数", required=True),
    ),
    key=("scope_kind", "scope_id", "period_kind", "bandwidth_m"),
    visible_to=POLICE,
)
HOTSPOTS: tuple[Table, ...] = (HEXAGONS, BANDWIDTHS)
