"""Write what stands in the open: cameras, patrol points and their visits, candidate sites."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa

from etl.simulate import district_file as words
from etl.simulate import patrols
from etl.simulate.cameras import FORBIDDEN
from etl.simulate.district_file import Source, source
from etl.simulate.faults import fail_cameras
from etl.simulate.flaws import CONFLICT, REPEAT, TextTable, Truth, flaw, note_rows, plan_flaws
from etl.simulate.model import City
from etl.simulate.places import degrees, numbered, yes_no
from etl.simulate.sheets import days, describe, maybe, pick, write_register, write_text


def write_cameras(city: City, folder: Path, truth: Truth) -> list[Source]:
    """Write the cameras with GCJ-02 points, numbered as the national standard does, and faults."""
    it, n = city.cameras, city.size.cameras
    lon, lat = degrees(city, it.xy, datum="gcj02")
    table = pa.table(
        {
            "设备编码": numbered("33999900001320", n, 6),
            "经度": lon,
            "纬度": lat,
            "监控方位": maybe(it.bearing_deg),
            "设备类型": pick(list(words.CAMERA_ZH), it.kind),
            "图像宽度": maybe(it.width_px),
            "焦距": maybe(it.focal_mm),
            "靶面宽度": maybe(it.sensor_width_mm),
            "监控距离": it.range_m,
            "夜视距离": it.night_range_m,
            "安装高度": it.height_m,
            "设备状态": pick(list(words.STATUS_ZH), it.status),
            "安装日期": days(it.installed_on),
            "停用日期": days(it.retired_on),
            "产权单位": pick(list(words.OWNER_ZH), it.owner),
            "法律依据": pick(list(words.BASIS_ZH), it.basis),
            "备案日期": days(it.filed_on),
            "保存天数": it.retention_days,
            "提示标识": yes_no(it.has_sign),
            "场所类型": pick(PLACES_ZH, it.place),
        }
    )
    flaws = [
        flaw("range", 监控方位=540),
        flaw("coordinate_swapped", 经度=30.421, 纬度=121.031),
        flaw(REPEAT),
        flaw("vocabulary", 设备状态="待定"),
        flaw("coordinate_zero", 经度=0, 纬度=0),
        flaw("outside", 经度=116.3913, 纬度=39.9072),
        flaw(CONFLICT, 安装高度=99),
        flaw("type", 焦距="四毫米"),
    ]
    forbidden = np.flatnonzero(np.isin(it.place, FORBIDDEN))
    planned = plan_flaws(flaws, n, repeats=2, rng=city.size.rng(40), spared=forbidden, most=0.006)
    entry = write_register(
        folder, "cameras", table, truth, key="设备编码", sheet="摄像机台账", planned=planned
    )
    told = [flaw("forbidden_place", 场所类型=PLACES_ZH[k]) for k in it.place[forbidden].tolist()]
    note_rows(truth, str(entry["path"]), forbidden, planned, told)
    mapping = dict(zip(_CAMERA_COLUMNS, table.column_names, strict=True))
    values = {
        "kind": words.CAMERA_ZH,
        "status": words.STATUS_ZH,
        "owner_kind": words.OWNER_ZH,
        "legal_basis": words.BASIS_ZH,
        "has_sign": words.YES_NO,
    }
    register = describe("cameras", entry, mapping, datum="gcj02", values=values)
    refused = np.array([row for row, one in planned if one.rule == CONFLICT], dtype=np.int64)
    return [register, *_write_faults(city, folder, truth, np.concatenate([forbidden, refused]))]


def _write_faults(city: City, folder: Path, truth: Truth, refused: np.ndarray) -> list[Source]:
    """Write the spells in which cameras were faulty; nothing where none ever was."""
    it = fail_cameras(city.cameras, refused, rng=city.size.rng(51))
    n = it.camera.size
    if n == 0:
        return []
    table = pa.table(
        {
            "设备编码": numbered("33999900001320", city.size.cameras, 6)[it.camera],
            "故障日期": days(it.since),
            "修复日期": days(it.until),
            "原因": pick(words.FAULT_ZH, it.reason),
        }
    )
    flaws = [
        flaw("time_order", 修复日期="2024-06-01"),
        flaw("reference", 设备编码="33999900001329999999"),
        flaw(REPEAT),
    ]
    planned = plan_flaws(flaws, n, repeats=1, rng=city.size.rng(52))
    entry = write_text(folder, "camera_faults", table, truth, key="", planned=planned)
    columns = ("camera_id", "faulty_from", "faulty_to", "reason")
    return [describe("camera_faults", entry, dict(zip(columns, table.column_names, strict=True)))]


# As `PLACES`; the forbidden ones are words that data/reference/forbidden_places.toml knows.
PLACES_ZH = (
    "小区公共区域",
    "小区出入口",
    "城市道路",
    "沿街商铺",
    "更衣室",
    "公共卫生间",
    "职工宿舍",
    "宾馆客房",
)
_CAMERA_COLUMNS = (
    "camera_id", "lon", "lat", "bearing_deg", "kind", "width_px", "focal_mm", "sensor_width_mm",
    "range_m", "night_range_m", "height_m", "status", "installed_on", "retired_on", "owner_kind",
    "legal_basis", "filed_on", "retention_days", "has_sign", "place_type",
)  # fmt: skip


def write_patrols(city: City, folder: Path, truth: Truth) -> list[Source]:
    """Write patrol points (UTF-8 with a byte-order mark) and the visits paid to them."""
    it, n = city.points, city.points.kind.size
    lon, lat = degrees(city, it.xy, datum="wgs84")
    ids = numbered("XLD", n, 6)
    where = np.append(np.array(city.names_zh, dtype=object), "路口")[it.community]
    names = [
        f"{place}{kind}"
        for place, kind in zip(where, np.array(list(words.PATROL_ZH))[it.kind], strict=True)
    ]
    table = pa.table(
        {
            "巡逻点编号": ids,
            "名称": names,
            "类型": pick(list(words.PATROL_ZH), it.kind),
            "经度": lon,
            "纬度": lat,
            "开始时": it.starts,
            "结束时": it.ends,
            "半径": it.radius,
        }
    )
    flaws = [flaw(REPEAT), flaw("range", 开始时=25), flaw("coordinate", 经度="东经121度")]
    planned = plan_flaws(flaws, n, repeats=1, rng=city.size.rng(41))
    entry = write_text(folder, "patrol_points", table, truth, key="巡逻点编号", planned=planned,
                  encoding="utf-8-sig")  # fmt: skip
    columns = ("patrol_point_id", "name", "kind", "lon", "lat", "starts_at", "ends_at", "radius_m")
    mapping = dict(zip(columns, table.column_names, strict=True))
    points = describe(
        "patrol_points", entry, mapping, datum="wgs84", values={"kind": words.PATROL_ZH}
    )
    file = folder / "patrol_visits.csv"
    names_ = ["巡逻点编号", "到达时间"]
    keyed = pa.array(ids)
    flaws = [flaw("time_impossible", 到达时间="2026-06-31 22:10:00"), flaw(REPEAT),
             flaw("reference", 巡逻点编号="XLD999999")]  # fmt: skip
    expected = int((it.kind == 0).sum() * 20)
    planned = plan_flaws(flaws, expected, repeats=2, rng=city.size.rng(42))
    with TextTable(file, names_, truth, key="", encoding="utf-8", planned=planned) as out:
        for who, at in patrols.visit(it, chunk=500_000, rng=city.size.rng(43)):
            out.write(pa.table([keyed.take(pa.array(who)), pa.array(at)], names=names_))
    visits = source("patrol_visits", file.name, "csv",
                    {"patrol_point_id": "巡逻点编号", "visited_at": "到达时间"})  # fmt: skip
    return [points, visits]


def write_sites(city: City, folder: Path, truth: Truth) -> Source:
    """Write the candidate sites in CGCS2000."""
    it, n = city.sites, city.sites.kind.size
    lon, lat = degrees(city, it.xy, datum="cgcs2000")
    table = pa.table(
        {
            "点位编号": numbered("DW", n, 6),
            "经度": lon,
            "纬度": lat,
            "类型": pick(list(words.SITE_ZH), it.kind),
            "造价": it.cost,
            "安装高度": it.height,
        }
    )
    flaws = [flaw("range", 造价=-1), flaw(REPEAT)]
    planned = plan_flaws(flaws, n, repeats=1, rng=city.size.rng(49))
    entry = write_text(folder, "candidate_sites", table, truth, key="点位编号", planned=planned)
    columns = ("site_id", "lon", "lat", "kind", "cost_yuan", "mount_height_m")
    mapping = dict(zip(columns, table.column_names, strict=True))
    return describe(
        "candidate_sites", entry, mapping, datum="cgcs2000", values={"kind": words.SITE_ZH}
    )
