"""Tables of places: emerging cells, communities beside neighbours, near repeats, tonight."""

from etl.dictionary.mart_columns import CLASS, OF_COMMUNITY, SCOPE_ID, SCOPE_KIND, mart
from etl.dictionary.model import (
    COMMUNITY,
    LONLAT,
    POLICE,
    SCOPE,
    STAFF,
    XY,
    Column,
    Table,
    count,
    day,
    flag,
    number,
    share,
    text,
)

# The eight kinds of emerging hot spot; cells of no kind are not stored.
PATTERNS_OF_CELLS = (
    "new",
    "consecutive",
    "intensifying",
    "persistent",
    "diminishing",
    "sporadic",
    "oscillating",
    "historical",
)
QUADRANTS = ("high_high", "low_high", "low_low", "high_low", "none")
METRICS = ("manhattan", "euclidean")

CELL = (
    text("cell_id", "Cell", "网格", required=True),
    *XY,
    *LONLAT,
    number("cell_m", "Cell size", "网格边长", "m", above=0.0),
)
KIND_OF_REPEAT = text(
    "kind",
    "Kind of incident (a group of data/reference/near_repeat.toml)",
    "案件类型组（data/reference/near_repeat.toml）",
    required=True,
)
METRIC = text("metric", "How distance was measured", "距离度量", vocabulary=METRICS, required=True)


EMERGING = mart(
    "emerging_cells",
    "Emerging hot spots: what each cell's two years amount to",
    "新兴热点：网格两年变化类型",
    (
        SCOPE_KIND,
        SCOPE_ID,
        *SCOPE,
        CLASS,
        *CELL,
        text("pattern", "Pattern", "变化类型", required=True, vocabulary=PATTERNS_OF_CELLS),
        count("n", "Incidents in all bins", "全部时段警情数", required=True),
        count("n_last", "Incidents in the last bin", "最近一期警情数", required=True),
        count("n_bins", "Bins (a bin is a month of 30 or 31 days)", "时段数（每期30或31天）"),
        count("n_bins_hot", "Bins significantly hot", "显著热点时段数"),
        count("n_bins_cold", "Bins significantly cold", "显著冷点时段数"),
        day("hot_from", "First day of the first hot bin", "首个热点时段起始日"),
        day("hot_to", "Last day of the last hot bin", "最后热点时段截止日"),
        day("hot_since", "Hot without a break since", "持续为热点自"),
        number("z_last", "Gi* z of the last bin", "最近一期 Gi* z 值"),
        number("trend_z", "Mann-Kendall z (each bin alone)", "Mann-Kendall 趋势 z 值"),
        share("trend_p", "Mann-Kendall p, two-sided", "Mann-Kendall 双侧 p 值"),
        Column("counts", "json", "Incidents by bin, oldest first", "各期警情数（由远到近）"),
        Column(
            "hot_bins", "json", "1 hot, -1 cold, 0 neither, oldest first", "各期冷热（1热，-1冷）"
        ),
    ),
    key=("scope_kind", "scope_id", "class", "cell_id"),
    visible_to=POLICE,
)

COMMUNITY_MORAN = mart(
    "community_moran",
    "Communities beside their neighbours: local Moran and Gi* of shrunk rates, 12 months",
    "小区与相邻小区比较：局部莫兰指数与 Gi*（近12个月收缩率）",
    (
        OF_COMMUNITY,
        *SCOPE,
        CLASS,
        count("n", "Incidents, 12 months", "近12个月警情", required=True),
        number("exposure", "What the rate is of", "分母", above=0.0),
        text(
            "exposure_kind",
            "Unit of the rate",
            "分母类型",
            vocabulary=("households", "residents", "km2"),
        ),
        number("rate", "Rate per unit, shrunk", "收缩后比率", minimum=0.0),
        number("rate_low", "Lower bound (95 %)", "下限（95%）", minimum=0.0),
        number("rate_high", "Upper bound (95 %)", "上限（95%）", minimum=0.0),
        count("n_neighbours", "Neighbouring communities", "相邻小区数"),
        number("neighbour_rate", "Mean rate of the neighbours", "相邻小区平均比率", minimum=0.0),
        number("moran_i", "Local Moran's I", "局部莫兰指数"),
        number("moran_z", "Local Moran's z", "局部莫兰 z 值"),
        share("moran_p", "p by permutation", "置换检验 p 值"),
        share("moran_p_fdr", "p after FDR", "FDR 校正 p 值"),
        text("quadrant", "Beside its neighbours", "与相邻小区关系", vocabulary=QUADRANTS),
        flag("is_moran_significant", "Significant after FDR", "FDR 后显著", required=True),
        number("gi_z", "Gi* z", "Gi* z 值"),
        share("gi_p", "Gi* p by permutation", "Gi* 置换检验 p 值"),
        share("gi_p_fdr", "Gi* p after FDR", "Gi* FDR 校正 p 值"),
        flag("is_hot", "Significantly hot", "显著热点", required=True),
        flag("is_cold", "Significantly cold", "显著冷点", required=True),
    ),
    key=("community_id", "class"),
    visible_to=STAFF,
)

NEAR_REPEATS = mart(
    "near_repeats",
    "Near repeats: pairs of incidents by distance and days apart (Knox)",
    "近重复：案件对的距离与间隔天数（Knox）",
    (
        SCOPE_KIND,
        SCOPE_ID,
        *SCOPE,
        KIND_OF_REPEAT,
        METRIC,
        number("distance_from_m", "Distance from (included)", "距离下限（含）", "m", minimum=0.0),
        number("distance_to_m", "Distance to (excluded)", "距离上限（不含）", "m", above=0.0),
        count("days_from", "Days apart from (included)", "间隔天数下限（含）", unit="d"),
        count("days_to", "Days apart to (excluded)", "间隔天数上限（不含）", unit="d"),
        count("n_incidents", "Incidents used", "参与计算案件数", required=True),
        count("observed", "Pairs observed", "实际案件对数", required=True),
        number("expected", "Pairs expected by chance", "随机期望对数", minimum=0.0),
        number("ratio", "Observed over expected", "实际与期望之比", minimum=0.0),
        share("p", "p by permutation, one-sided", "置换检验单侧 p 值"),
        flag(
            "is_raised",
            "Raised: alarms are rung by this band",
            "风险升高（据此预警）",
            required=True,
        ),
        day("period_from", "First day", "起始日", required=True),
        day("period_to", "Last day", "截止日", required=True),
        count("permutations", "Rearrangements", "置换次数"),
    ),
    key=("scope_kind", "scope_id", "kind", "distance_from_m", "days_from"),
    visible_to=POLICE,
)

ALARMS = mart(
    "alarms",
    "Near-repeat alarms: where risk is raised now, and until when",
    "近重复预警：当前风险升高地点及解除日期",
    (
        text("incident_id", "Incident that raised it", "触发案件", required=True),
        *SCOPE,
        COMMUNITY,
        KIND_OF_REPEAT,
        Column("rank", "int", "Rank within the station", "所内排序", minimum=1, required=True),
        text("address", "Address", "地址"),
        *XY,
        *LONLAT,
        day("occurred_on", "Day of the incident", "案发日期", required=True),
        day("raised_from", "Raised from", "预警起始日", required=True),
        day("expires_on", "Raised until (included)", "预警截止日（含）", required=True),
        number("radius_m", "Radius", "半径", "m", above=0.0, required=True),
        METRIC,
        number("ratio", "Risk now, times the usual", "当前风险倍数", minimum=0.0, required=True),
        share("p", "p of the band that raised it", "触发区间的 p 值"),
        count("n_linked", "Other incidents of the run within reach", "关联案件数"),
        count("n_buildings", "Buildings within reach", "范围内楼栋数"),
    ),
    key=("incident_id", "kind"),
    visible_to=POLICE,
)

NIGHT_PLACE = (
    *SCOPE,
    CLASS,
    day("night", "Night beginning on", "当晚日期", required=True),
    Column("hour", "int", "Hour (local)", "小时（当地）", unit="h", minimum=0, maximum=23),
    *CELL,
)
TONIGHT = mart(
    "tonight",
    "Patrol tonight: the places and hours that cover most expected incidents, best first",
    "今晚巡逻：覆盖预期警情最多的地点与时段（由高到低）",
    (
        *NIGHT_PLACE,
        Column("rank", "int", "Patrol hour, best first", "巡逻小时序号", minimum=1, required=True),
        COMMUNITY,
        number("radius_m", "Reach of a patrol", "巡逻覆盖半径", "m", above=0.0),
        number("expected", "Expected incidents covered", "覆盖的预期警情", minimum=0.0),
        number("expected_total", "Expected in the whole night", "全夜预期警情", minimum=0.0),
        share("cumulative_fraction", "Covered by this and the better ones", "累计覆盖比例"),
        share("at_most_fraction", "No plan of as many hours covers more", "同等小时数覆盖上限"),
        number("raise_ratio", "Raised by near repeats, times", "近重复风险倍数", minimum=1.0),
    ),
    key=("station_id", "class", "rank"),
    visible_to=POLICE,
)
TONIGHT_ROUTES = mart(
    "tonight_routes",
    "Patrol tonight: the walk, for a number of patrol hours",
    "今晚巡逻：按巡逻小时数的步行路线",
    (
        *NIGHT_PLACE,
        count("patrol_hours", "Patrol hours of the plan", "方案巡逻小时数", required=True),
        Column("patrol", "int", "Patrol", "巡逻组", minimum=1, required=True),
        Column("stop", "int", "Stop of the patrol", "站点序号", minimum=1, required=True),
        Column("rank", "int", "Rank in mart.tonight", "今晚巡逻序号", minimum=1, required=True),
        number("leg_m", "Walk from the stop before", "距上一站步行", "m", minimum=0.0),
        number("walk_m", "Walk so far", "累计步行", "m", minimum=0.0),
        METRIC,
    ),
    key=("station_id", "class", "patrol_hours", "patrol", "stop"),
    visible_to=POLICE,
)

PATTERNS: tuple[Table, ...] = (
    EMERGING,
    COMMUNITY_MORAN,
    NEAR_REPEATS,
    ALARMS,
    TONIGHT,
    TONIGHT_ROUTES,
)
