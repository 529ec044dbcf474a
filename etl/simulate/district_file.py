"""Write the district file of a model city: what each file is, and how its columns are ours."""

from __future__ import annotations

import json
from pathlib import Path

from etl.simulate.kinds import CLASSES, LAST_DAY, TYPES
from etl.simulate.names import words

YES_NO = {"是": "true", "否": "false"}
STATUS_ZH = {"正常": "working", "故障": "faulty", "规划": "planned", "停用": "retired"}
CAMERA_ZH = {"枪机": "fixed", "半球": "dome", "球机": "ptz"}
OWNER_ZH = {
    "物业公司": "property_company",
    "公安机关": "police",
    "经营单位": "operator",
    "业主委员会": "owners_committee",
}
BASIS_ZH = {
    "第九条": "art9",
    "第七条（政府）": "art7_gov",
    "第七条（经营单位）": "art7_operator",
    "第三十三条": "art33",
}
FAULT_ZH = ("停电", "网络中断", "镜头遮挡", "设备损坏", "施工影响")  # as `faults.REASONS`
PATROL_ZH = {"签到点": "check_in", "警务亭": "police_box", "保安岗": "guard_post"}
GATE_ZH = {"车行": "vehicle", "人行": "pedestrian", "车库": "garage"}
SITE_ZH = {"立杆": "pole", "墙面": "wall", "大门": "gate"}
ACTION_ZH = {
    "加装摄像机": "cameras",
    "改造照明": "lighting",
    "封闭出入口": "gate",
    "增配保安": "guards",
    "加强巡逻": "patrol",
}
SANCTION_ZH = {
    "检查通报": "notice",
    "约谈": "interview",
    "黄牌": "yellow_card",
    "红牌": "red_card",
    "黑牌": "black_card",
    "罚款": "fine",
    "奖励": "award",
}
SEVERITY_ZH = {"一般": "ordinary", "重大": "major"}
CATEGORIES = {one.zh: f"{CLASSES[one.kind]}/{one.code}" for one in TYPES}

Source = dict[str, object]


def source(table: str, path: str, kind: str, columns: dict[str, str], **more: object) -> Source:
    """Return one `[[sources]]` entry."""
    return {"table": table, "path": path, "format": kind, **more, "columns": columns}


def write_district(
    path: Path, *, crs: str, bounds: tuple[float, float, float, float], sources: list[Source]
) -> None:
    """Write the district file.

    Parameters
    ----------
    path
        File to write; the inputs lie beside it.
    crs
        Projected system, "EPSG:…".
    bounds
        West, south, east, north in WGS 84 degrees.
    sources
        Entries made by `source`.
    """
    city = words()["city"]
    lines = [
        "# Made by `anxing simulate`. The city is fictional and lies on open water.",
        "[district]",
        'id = "demo"',
        f"name = {_text(city['name'])}",
        f"name_en = {_text(city['name_en'])}",
        'time_zone = "Asia/Shanghai"',
        f"crs = {_text(crs)}",
        'folder = "."',
        'standards = ["security-star", "manager-demerit"]',
        f"bounds = [{', '.join(f'{one:.4f}' for one in bounds)}]",
        f"as_of = {LAST_DAY}",
        "hotspot_cell_m = 75 # the planted hotspots are 100 to 150 m wide",
        "",
        "[map]",
        'base = "none"',
    ]
    for one in sources:
        lines += ["", "[[sources]]", *_entry(one)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _entry(one: Source) -> list[str]:
    plain = [
        f"{key} = {_value(value)}" for key, value in one.items() if not isinstance(value, dict)
    ]
    tables = []
    for key, value in one.items():
        if isinstance(value, dict):
            tables += _table(f"sources.{key}", value)
    return plain + tables


def _table(name: str, body: dict[str, object]) -> list[str]:
    if any(isinstance(value, dict) for value in body.values()):
        return [
            line
            for key, value in body.items()
            if isinstance(value, dict)
            for line in _table(f"{name}.{key}", value)
        ]
    return [f"[{name}]", *(f"{_key(key)} = {_value(value)}" for key, value in body.items())]


def _key(key: str) -> str:
    return key if key.isascii() and key.replace("_", "").isalnum() else _text(key)


def _text(value: str) -> str:
    # A JSON string is a TOML basic string.
    return json.dumps(value, ensure_ascii=False)


def _value(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_value(one) for one in value) + "]"
    return repr(value)
