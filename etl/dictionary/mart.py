"""Tables that the analysis fills, one row per scope and measure."""

from etl.dictionary.analysis import ANALYSIS
from etl.dictionary.cameras import CAMERAS
from etl.dictionary.conduct import CONDUCT
from etl.dictionary.counts import COUNTS
from etl.dictionary.mart_columns import OF_COMMUNITY, mart
from etl.dictionary.model import (
    EVERYONE,
    SCOPE,
    STAFF,
    Column,
    Table,
    count,
    number,
    share,
    text,
)
from etl.dictionary.sight import SIGHT
from etl.dictionary.stars import STARS

MART: tuple[Table, ...] = (
    *COUNTS,
    *ANALYSIS,
    *SIGHT,
    *CAMERAS,
    *STARS,
    *CONDUCT,
    mart(
        "community_summary",
        "One row a community: what the chief's ranking shows",
        "小区一览",
        (
            OF_COMMUNITY,
            *SCOPE,
            text("name", "Name", "名称", required=True),
            text("name_en", "English name", "英文名称"),
            count("n_households", "Households", "户数"),
            count("n_incidents", "Incidents, 12 months", "近12个月警情"),
            count("n_incidents_before", "The 12 months before", "前12个月警情"),
            count("n_cases", "Criminal and public-security cases", "刑事与治安案件"),
            count("n_criminal", "Criminal cases", "刑事案件"),
            count("n_disputes", "Disputes", "纠纷"),
            count("n_incidents_28_days", "Incidents, 28 days", "近28天警情"),
            count("n_incidents_28_days_before", "The 28 days before", "前28天警情"),
            number(
                "rate_per_1000",
                "Cases per 1,000 households, shrunk",
                "每千户案件率（收缩）",
                "1/1000",
            ),
            number("rate_low", "Lower bound (95 %)", "下限（95%）", "1/1000"),
            number("rate_high", "Upper bound (95 %)", "上限（95%）", "1/1000"),
            count("n_cameras", "Working cameras", "可用摄像机"),
            share("seen_fraction", "Open ground recognised by day", "白天识别覆盖率"),
            share("seen_night_fraction", "Open ground recognised at night", "夜间识别覆盖率"),
            share("reach_fraction", "Reached on patrol", "巡逻可达率"),
            share("uncovered_fraction", "Uncovered-incident share", "未覆盖警情占比"),
            count("n_hazards_open", "Open hazards", "未整改隐患"),
            count("n_hazards_overdue", "Overdue hazards", "逾期隐患"),
            Column("stars", "int", "Stars", "星级", minimum=0, maximum=5),
            number("score", "Score", "得分", "points"),
            text(
                "rating_state",
                "State of the rating",
                "评级状态",
                vocabulary=("rated", "not_eligible", "no_data"),
            ),
            number("security_index", "Internal security index", "内部安全指数", "points"),
        ),
        key=("community_id",),
        visible_to=STAFF,
    ),
    mart(
        "map_layers",
        "Ready map geometry (gzip TopoJSON, WGS 84)",
        "地图图层（gzip TopoJSON，WGS 84）",
        (
            text("layer", "Layer", "图层", required=True),
            text("sha256", "Digest", "摘要", required=True),
            count("n_features", "Features", "要素数", required=True),
            Column("ids", "json", "Identifiers in feature order", "要素编号顺序", required=True),
            Column("gz", "bytes", "Compressed TopoJSON", "压缩 TopoJSON", required=True),
        ),
        key=("layer",),
        visible_to=EVERYONE,
    ),
)
