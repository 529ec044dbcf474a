"""Tables about single cameras, their history and duties, and about patrols by the hour."""

from dataclasses import replace

from etl.dictionary.mart_columns import DAYPART, SCOPE_ID, SCOPE_KIND, mart
from etl.dictionary.model import (
    COMMUNITY,
    SCOPE,
    STAFF,
    Column,
    Table,
    count,
    day,
    flag,
    number,
    share,
    text,
)

CAMERA = text("camera_id", "Camera", "摄像机", required=True)
FIELDS = (
    "bearing_deg", "optics", "width_px", "range_m", "night_range_m", "height_m", "status",
    "installed_on", "legal_basis", "place_type",
)  # fmt: skip
EFFECTS = (
    "possible_only", "assumed_optics", "assumed_width", "assumed_night_range", "unlimited_by_day",
    "dead_zone_unknown", "assumed_working", "history_unknown", "duties_unknown", "place_unchecked",
)  # fmt: skip
DUTIES = ("legal_basis", "filing", "retention", "sign", "forbidden_place", "consent")
DUTY_STATES = ("met", "met_late", "due", "overdue", "not_met", "violated", "unknown")

CAMERAS: tuple[Table, ...] = (
    mart(
        "camera_losses",
        "What is lost when one working camera fails (recognition)",
        "单台摄像机故障的损失（识别级）",
        (
            CAMERA,
            *SCOPE,
            COMMUNITY,
            text("main_community_id", "Community whose ground it covers most", "主要覆盖小区"),
            number("seen_area_m2", "Open ground seen by day", "白天可见面积", "m2", minimum=0.0),
            number("lost_area_m2", "Of it seen by no other", "其中独有面积", "m2", minimum=0.0),
            number("lost_night_area_m2", "Lost at night", "夜间独有面积", "m2", minimum=0.0),
            count(
                "n_incidents_lost", "Incidents only it recognises, 12 months", "近12个月独有警情"
            ),
            count("n_gates_lost", "Gates only it recognises", "独有出入口"),
            share("seen_fraction", "Share that community sees by day", "该小区白天覆盖率"),
            share("seen_without_fraction", "The same without this camera", "缺此摄像机时覆盖率"),
            Column("rank", "int", "Rank in that community", "小区内排名", minimum=1),
            flag("is_critical", "Critical", "关键摄像机", required=True),
        ),
        key=("camera_id",),
        visible_to=STAFF,
    ),
    mart(
        "camera_pairs",
        "Pairs of working cameras that recognise people on the same ground",
        "重复覆盖的摄像机对（识别级）",
        (
            CAMERA,
            text("other_camera_id", "Other camera", "另一摄像机", required=True),
            *SCOPE,
            COMMUNITY,
            number("shared_area_m2", "Shared ground by day", "白天共同面积", "m2", minimum=0.0),
            number("shared_night_area_m2", "At night", "夜间共同面积", "m2", minimum=0.0),
            share("camera_fraction", "Share of the camera's ground", "占该摄像机面积"),
            share("other_fraction", "Share of the other's ground", "占另一摄像机面积"),
        ),
        key=("camera_id", "other_camera_id"),
        visible_to=STAFF,
    ),
    mart(
        "coverage_history",
        "Coverage since two years ago: a row from each day on which it changed (recognition)",
        "近两年覆盖率变化：每个变化日一行（识别级）",
        (
            SCOPE_KIND,
            SCOPE_ID,
            *SCOPE,
            day("from_on", "Holds from this day until the next row", "自该日起", required=True),
            number("open_area_m2", "Open ground", "室外面积", "m2", minimum=0.0),
            number("seen_area_m2", "Seen by day", "白天可见面积", "m2", minimum=0.0),
            number("seen_night_area_m2", "Seen at night", "夜间可见面积", "m2", minimum=0.0),
            share("seen_fraction", "Share seen by day", "白天覆盖率"),
            share("seen_night_fraction", "Share seen at night", "夜间覆盖率"),
            count("n_working", "Working cameras in it", "可用摄像机数", required=True),
            count("n_faulty", "Faulty cameras in it", "故障摄像机数", required=True),
            count("n_installed", "Installed that day", "当日新装", required=True),
            count("n_retired", "Retired that day", "当日停用", required=True),
            count("n_failed", "Failed that day", "当日故障", required=True),
            count("n_repaired", "Repaired that day", "当日修复", required=True),
        ),
        key=("scope_kind", "scope_id", "from_on"),
        visible_to=STAFF,
    ),
    mart(
        "patrol_gaps",
        "Where and when incidents happen beyond the reach of patrols",
        "巡逻缺口：警情发生而巡逻不可达的时段",
        (
            SCOPE_KIND,
            SCOPE_ID,
            *SCOPE,
            Column(
                "weekday",
                "int",
                "Weekday (0 Monday), empty for all",
                "星期（0 为周一，空为全部）",
                minimum=0,
                maximum=6,
            ),
            Column("hour", "int", "Hour", "小时", required=True, unit="h", minimum=0, maximum=23),
            share("manned_fraction", "Ground reached from points manned then", "值守可达面积占比"),
            share("visited_fraction", "Ground reached by the visits' log", "实际打卡可达面积占比"),
            number(
                "n_incidents", "Expected incidents, 12 months", "近12个月警情期望数", minimum=0.0
            ),
            number("n_unmanned", "Of these beyond manned points", "其中值守不可达", minimum=0.0),
            number("n_unvisited", "Beyond points truly visited", "其中打卡不可达", minimum=0.0),
            share("gap_fraction", "Unreached share of the area's incidents", "缺口占比"),
            Column("rank", "int", "Rank of the gap", "缺口排名", minimum=1),
        ),
        key=("scope_kind", "scope_id", "weekday", "hour"),
        visible_to=STAFF,
    ),
    mart(
        "camera_gaps",
        "What each missing field of a camera would change",
        "摄像机缺失字段的影响",
        (
            CAMERA,
            *SCOPE,
            COMMUNITY,
            text("field", "Missing field", "缺失字段", required=True, vocabulary=FIELDS),
            text(
                "effect",
                "What is done without it",
                "缺失时的处理",
                required=True,
                vocabulary=EFFECTS,
            ),
            replace(DAYPART, required=False),
            number("counted_area_m2", "Ground counted now", "现计面积", "m2", minimum=0.0),
            number("low_area_m2", "Least it could be", "可能最小面积", "m2", minimum=0.0),
            number("high_area_m2", "Most it could be", "可能最大面积", "m2", minimum=0.0),
            number("possible_area_m2", "All it could turn to", "可能朝向总面积", "m2", minimum=0.0),
        ),
        key=("camera_id", "field"),
        visible_to=STAFF,
    ),
    mart(
        "camera_duties",
        "Duties of each camera in use under order 799",
        "各摄像机依国务院令第799号的义务",
        (
            CAMERA,
            *SCOPE,
            COMMUNITY,
            text("legal_basis", "Legal basis (order 799)", "法律依据（国务院令第799号）"),
            text("duty", "Duty", "义务", required=True, vocabulary=DUTIES),
            text("article", "Article", "条款"),
            flag(
                "is_local", "Asked for by a local standard alone", "仅地方标准要求", required=True
            ),
            text(
                "state",
                "State on the day of the build",
                "构建日状态",
                required=True,
                vocabulary=DUTY_STATES,
            ),
            day("due_on", "Due on", "期限"),
            day("done_on", "Done on", "完成日期"),
            text("found", "Value found", "现值"),
            text("asked", "Value asked for", "要求值"),
        ),
        key=("camera_id", "duty"),
        visible_to=STAFF,
    ),
    mart(
        "forbidden_cameras",
        "Cameras refused because they stand where none may (never counted)",
        "位于禁止安装场所的摄像机（一律不计入覆盖）",
        (
            CAMERA,
            *SCOPE,
            COMMUNITY,
            text("place_type", "Kind of place", "场所类型"),
            text("place", "Forbidden place", "禁止场所代码", required=True),
            text("article", "Article", "条款", required=True),
            text("status", "Status as listed", "填报状态"),
            text("owner_kind", "Kind of owner", "产权单位类型"),
            text("source", "File", "文件"),
            count("line", "Line", "行"),
        ),
        key=("camera_id",),
        visible_to=STAFF,
    ),
)
