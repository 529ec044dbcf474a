"""Tables of incident analysis: clusters, alarms, records, patrols."""

from etl.dictionary.hotspots import HOTSPOTS
from etl.dictionary.mart_columns import CLASS, SCOPE_ID, SCOPE_KIND, mart
from etl.dictionary.model import (
    COMMUNITY,
    LONLAT,
    POLICE,
    SCOPE,
    XY,
    Table,
    count,
    day,
    flag,
    number,
    share,
    text,
)
from etl.dictionary.patterns import PATTERNS
from etl.dictionary.records import RECORDS

_SCAN = text(
    "analysis",
    "Analysis (prospective = going on now, 90 days; retrospective = 12 months)",
    "分析方式（prospective 为近90天仍在持续，retrospective 为近12个月回顾）",
    required=True,
    vocabulary=("prospective", "retrospective"),
)
_SCANNED = (SCOPE_KIND, SCOPE_ID, *SCOPE, CLASS, _SCAN)
_RANK = count("rank", "Rank (1 most likely)", "序号（1 为最可能）", required=True, minimum=1)
_PLACE = text("place_id", "Place (community or cell)", "地点（小区或网格）", required=True)

_CLUSTERS: tuple[Table, ...] = (
    mart(
        "cluster_scans",
        "Scans for clusters in space and time, and what came out",
        "时空聚集扫描及其结果",
        (
            *_SCANNED,
            day("period_from", "First day", "起始日", required=True),
            day("period_to", "Last day", "截止日", required=True),
            count("n_cases", "Located incidents", "有坐标警情数", required=True),
            count("n_places", "Places", "地点数", required=True),
            count("n_days_longest", "Longest cluster looked for", "最长聚集天数", unit="d"),
            number("radius_longest_m", "Widest radius", "最大半径", "m", minimum=0.0),
            count("n_replications", "Random rearrangements", "随机重排次数", required=True),
            share("p", "p of the most likely cluster", "最可能聚集的 p 值"),
            count("n_clusters", "Significant clusters", "显著聚集数", required=True),
            text(
                "outcome",
                "Outcome",
                "结果",
                required=True,
                vocabulary=("found", "nothing", "too_few", "one_place", "one_day"),
            ),
        ),
        key=("scope_kind", "scope_id", "class", "analysis"),
        visible_to=POLICE,
    ),
    mart(
        "clusters",
        "Significant clusters in space and time (Kulldorff)",
        "显著时空聚集（Kulldorff 扫描）",
        (
            *_SCANNED,
            _RANK,
            _PLACE,
            COMMUNITY,
            *XY,
            *LONLAT,
            number("radius_m", "Radius (0 = one place)", "半径（0 为单一地点）", "m", minimum=0.0),
            count("n_places", "Places inside", "包含地点数", required=True),
            count("n_communities", "Communities inside", "包含小区数", required=True),
            day("first_on", "First day", "起始日", required=True),
            day("last_on", "Last day", "截止日", required=True),
            count("n_days", "Days", "天数", required=True, minimum=1),
            count("n_observed", "Incidents", "警情数", required=True),
            number("n_expected", "Expected incidents", "警情期望数", minimum=0.0),
            number("ratio", "Observed over expected", "实际与期望之比", minimum=0.0),
            number("llr", "Log-likelihood ratio", "对数似然比", minimum=0.0),
            share("p", "p", "p 值", required=True),
            number("recurrence_days", "Recurrence interval", "重现间隔", "d", minimum=1.0),
            flag("is_alive", "Going on", "仍在持续", required=True),
        ),
        key=("scope_kind", "scope_id", "class", "analysis", "rank"),
        visible_to=POLICE,
    ),
    mart(
        "cluster_places",
        "Places inside each cluster",
        "各聚集包含的地点",
        (
            *_SCANNED,
            _RANK,
            _PLACE,
            COMMUNITY,
            number("cell_m", "Cell size", "网格边长", "m", above=0.0),
            *XY,
            *LONLAT,
            number("distance_m", "Distance from the centre", "与中心距离", "m", minimum=0.0),
            count("n_observed", "Incidents", "警情数", required=True),
            number("n_expected", "Expected incidents", "警情期望数", minimum=0.0),
        ),
        key=("scope_kind", "scope_id", "class", "analysis", "rank", "place_id"),
        visible_to=POLICE,
    ),
)

ANALYSIS: tuple[Table, ...] = (*_CLUSTERS, *HOTSPOTS, *PATTERNS, *RECORDS)
