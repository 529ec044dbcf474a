"""Write the registers: cameras, patrols, companies, assessments, hazards, sanctions, and the rest."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa

from etl.simulate import district_file as words
from etl.simulate import evidence, patrols
from etl.simulate.cameras import PLACES
from etl.simulate.district_file import Source, source
from etl.simulate.flaws import (
    CONFLICT,
    REPEAT,
    Flaw,
    TextTable,
    Truth,
    flaw,
    plan_flaws,
    write_sheet,
)
from etl.simulate.kinds import FIRST_DAY
from etl.simulate.model import City
from etl.simulate.names import name_companies
from etl.simulate.places import community_ids, degrees, numbered, yes_no

_MOST_SHEET_ROWS = 50_000


def _register(
    folder: Path, stem: str, table: pa.Table, truth: Truth, *, key: str, sheet: str,
    planned: Sequence[tuple[int, Flaw]] = (),
) -> dict[str, object]:  # fmt: skip
    """Write a workbook, or GB18030 text where no workbook would open; return its description."""
    if table.num_rows <= _MOST_SHEET_ROWS:
        file = folder / f"{stem}.xlsx"
        write_sheet(file, table, truth, key=key, sheet=sheet, planned=planned)
        return {"path": file.name, "kind": "xlsx", "sheet": sheet}
    return _text(folder, stem, table, truth, key=key, planned=planned)


def _text(
    folder: Path, stem: str, table: pa.Table, truth: Truth, *, key: str,
    planned: Sequence[tuple[int, Flaw]] = (), encoding: str = "gb18030",
) -> dict[str, object]:  # fmt: skip
    file = folder / f"{stem}.csv"
    with TextTable(
        file, table.column_names, truth, key=key, encoding=encoding, planned=planned
    ) as out:
        for batch in table.to_batches(200_000):
            out.write(pa.Table.from_batches([batch]))
    declared = "utf-8" if encoding.startswith("utf-8") else encoding
    return {"path": file.name, "kind": "csv", "encoding": declared}


def _pick(texts: Sequence[str], index: np.ndarray) -> pa.Array:
    return pa.array(list(texts)).take(pa.array(index, mask=index < 0))


def _numbers(values: np.ndarray) -> pa.Array:
    return pa.array(values, mask=np.isnan(values))


def _days(values: np.ndarray) -> pa.Array:
    return pa.array(values.astype("datetime64[D]"))


def write_cameras(city: City, folder: Path, truth: Truth) -> Source:
    """Write the cameras with GCJ-02 points, numbered as the national standard does."""
    it, n = city.cameras, city.size.cameras
    lon, lat = degrees(city, it.xy, datum="gcj02")
    table = pa.table(
        {
            "设备编码": numbered("33999900001320", n, 6),
            "经度": lon,
            "纬度": lat,
            "监控方位": _numbers(it.bearing_deg),
            "设备类型": _pick(list(words.CAMERA_ZH), it.kind),
            "图像宽度": _numbers(it.width_px),
            "焦距": _numbers(it.focal_mm),
            "靶面宽度": _numbers(it.sensor_width_mm),
            "监控距离": it.range_m,
            "夜视距离": it.night_range_m,
            "安装高度": it.height_m,
            "设备状态": _pick(list(words.STATUS_ZH), it.status),
            "安装日期": _days(it.installed_on),
            "停用日期": _days(it.retired_on),
            "产权单位": _pick(list(words.OWNER_ZH), it.owner),
            "法律依据": _pick(list(words.BASIS_ZH), it.basis),
            "备案日期": _days(it.filed_on),
            "保存天数": it.retention_days,
            "提示标识": yes_no(it.has_sign),
            "场所类型": _pick(PLACES_ZH, it.place),
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
    planned = plan_flaws(flaws, n, repeats=2, rng=city.size.rng(40))
    entry = _register(
        folder, "cameras", table, truth, key="设备编码", sheet="摄像机台账", planned=planned
    )
    mapping = dict(zip(_CAMERA_COLUMNS, table.column_names, strict=True))
    values = {
        "kind": words.CAMERA_ZH,
        "status": words.STATUS_ZH,
        "owner_kind": words.OWNER_ZH,
        "legal_basis": words.BASIS_ZH,
        "has_sign": words.YES_NO,
    }
    return _source("cameras", entry, mapping, datum="gcj02", values=values)


# As `PLACES`; the forbidden ones are words that data/reference/forbidden_places.toml knows.
PLACES_ZH = ("小区公共区域", "小区出入口", "城市道路", "沿街商铺", "更衣室", "公共卫生间", "职工宿舍", "宾馆客房")
_CAMERA_COLUMNS = (
    "camera_id", "lon", "lat", "bearing_deg", "kind", "width_px", "focal_mm", "sensor_width_mm",
    "range_m", "night_range_m", "height_m", "status", "installed_on", "retired_on", "owner_kind",
    "legal_basis", "filed_on", "retention_days", "has_sign", "place_type",
)  # fmt: skip


def _source(
    table: str, entry: dict[str, object], mapping: dict[str, str], **more: object
) -> Source:
    rest = {key: value for key, value in entry.items() if key not in ("path", "kind")}
    return source(table, str(entry["path"]), str(entry["kind"]), mapping, **rest, **more)


def write_patrols(city: City, folder: Path, truth: Truth) -> list[Source]:
    """Write patrol points (UTF-8 with a byte-order mark) and the visits paid to them."""
    it, n = city.points, city.points.kind.size
    lon, lat = degrees(city, it.xy, datum="wgs84")
    ids = numbered("XLD", n, 6)
    where = np.append(np.array(city.names_zh, dtype=object), "路口")[it.community]
    names = [f"{place}{kind}" for place, kind in zip(where, np.array(list(words.PATROL_ZH))[it.kind], strict=True)]
    table = pa.table(
        {
            "巡逻点编号": ids,
            "名称": names,
            "类型": _pick(list(words.PATROL_ZH), it.kind),
            "经度": lon,
            "纬度": lat,
            "开始时": it.starts,
            "结束时": it.ends,
            "半径": it.radius,
        }
    )
    flaws = [flaw(REPEAT), flaw("range", 开始时=25), flaw("coordinate", 经度="东经121度")]
    planned = plan_flaws(flaws, n, repeats=1, rng=city.size.rng(41))
    entry = _text(folder, "patrol_points", table, truth, key="巡逻点编号", planned=planned,
                  encoding="utf-8-sig")  # fmt: skip
    columns = ("patrol_point_id", "name", "kind", "lon", "lat", "starts_at", "ends_at", "radius_m")
    mapping = dict(zip(columns, table.column_names, strict=True))
    points = _source("patrol_points", entry, mapping, datum="wgs84", values={"kind": words.PATROL_ZH})
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


def write_companies(city: City, folder: Path, truth: Truth) -> Source:
    """Write the property companies."""
    it, n = city.companies, city.companies.registered.size
    table = pa.table(
        {
            "公司编号": numbered("WY", n, 4),
            "公司名称": name_companies(n),
            "已登记": yes_no(it.registered),
            "资质等级": it.qualification.tolist(),
        }
    )
    entry = _text(folder, "companies", table, truth, key="公司编号")
    columns = ("company_id", "name", "registered", "qualification")
    mapping = dict(zip(columns, table.column_names, strict=True))
    return _source("companies", entry, mapping, values={"registered": words.YES_NO})


def write_assessments(city: City, folder: Path, truth: Truth) -> Source:
    """Write the scores of the security-star items."""
    it = evidence.assess(city.communities, rng=city.size.rng(44))
    bodies = [one[1] for one in evidence.ITEMS.values()]
    n = it.item.size
    table = pa.table(
        {
            "小区编号": _pick(community_ids(city.size.communities).tolist(), it.community),
            "标准": [evidence.STANDARD] * n,
            "考评项": _pick(list(evidence.ITEMS), it.item),
            "周期": _pick(evidence.PERIODS, it.period),
            "得分": it.score,
            "考评日期": _days(it.assessed_on),
            "考评单位": _pick(bodies, it.item),
        }
    )
    flaws = [flaw(REPEAT), flaw("type", 考评项="lighting-x", 得分="优秀"), flaw("reference", 小区编号="XQ99999X")]
    planned = plan_flaws(flaws, n, repeats=1, rng=city.size.rng(45))
    entry = _register(folder, "assessments", table, truth, key="", sheet="考评记录", planned=planned)
    columns = ("community_id", "standard_id", "item_id", "period", "score", "assessed_on", "assessor")
    return _source("assessments", entry, dict(zip(columns, table.column_names, strict=True)))


def write_hazards(city: City, folder: Path, truth: Truth) -> Source:
    """Write the hazard files."""
    it = evidence.find_hazards(city.communities, rng=city.size.rng(46))
    n = it.kind.size
    table = pa.table(
        {
            "隐患编号": numbered("YH", n, 6),
            "小区编号": _pick(community_ids(city.size.communities).tolist(), it.community),
            "隐患类型": _pick(evidence.HAZARD_KINDS, it.kind),
            "等级": _pick(list(words.SEVERITY_ZH), it.major.astype(int)),
            "发现日期": _days(it.found_on),
            "整改期限": _days(it.due_on),
            "整改日期": _days(it.resolved_on),
            "验收日期": _days(it.accepted_on),
            "拒不整改": yes_no(it.refused),
            "责任单位": _pick(name_companies(city.companies.registered.size),
                          city.communities.company[it.community]),
        }
    )  # fmt: skip
    flaws = [flaw("vocabulary", 等级="特急"), flaw("required", 发现日期=None), flaw(REPEAT)]
    planned = plan_flaws(flaws, n, repeats=1, rng=city.size.rng(47))
    entry = _register(folder, "hazards", table, truth, key="隐患编号", sheet="隐患台账", planned=planned)
    columns = ("hazard_id", "community_id", "kind", "severity", "found_on", "due_on", "resolved_on",
               "accepted_on", "refused", "responsible")  # fmt: skip
    values = {"severity": words.SEVERITY_ZH, "refused": words.YES_NO}
    mapping = dict(zip(columns, table.column_names, strict=True))
    return _source("hazards", entry, mapping, values=values)


def write_sanctions(city: City, folder: Path, truth: Truth) -> Source:
    """Write sanctions and awards."""
    it = evidence.sanction(city.communities, rng=city.size.rng(48))
    table = pa.table(
        {
            "小区编号": _pick(community_ids(city.size.communities).tolist(), it.community),
            "种类": _pick(list(words.SANCTION_ZH), it.kind),
            "签发日期": _days(it.issued_on),
            "金额": _numbers(it.amount),
            "事由": _pick([evidence.reason(k) for k in range(7)], it.kind),
            "夜间发现": yes_no(it.at_night),
        }
    )
    entry = _text(folder, "sanctions", table, truth, key="")
    columns = ("community_id", "kind", "issued_on", "amount_yuan", "reason", "found_at_night")
    values = {"kind": words.SANCTION_ZH, "found_at_night": words.YES_NO}
    mapping = dict(zip(columns, table.column_names, strict=True))
    return _source("sanctions", entry, mapping, values=values)


def write_interventions(city: City, folder: Path, truth: Truth) -> Source:
    """Write what was done, and where."""
    done = city.plan.interventions
    zh = {code: text for text, code in words.ACTION_ZH.items()}
    ids = community_ids(city.size.communities)
    table = pa.table(
        {
            "措施编号": numbered("CS", len(done), 4),
            "种类": [zh[one.kind] for one in done],
            "完成日期": pa.array(np.array([FIRST_DAY + one.day for one in done])),
            "小区编号": [str(ids[one.community]) for one in done],
        }
    )
    entry = _text(folder, "interventions", table, truth, key="措施编号", encoding="utf-8")
    columns = ("intervention_id", "kind", "done_on", "community_id")
    mapping = dict(zip(columns, table.column_names, strict=True))
    return _source("interventions", entry, mapping, values={"kind": words.ACTION_ZH})


def write_sites(city: City, folder: Path, truth: Truth) -> Source:
    """Write the candidate sites in CGCS2000."""
    it, n = city.sites, city.sites.kind.size
    lon, lat = degrees(city, it.xy, datum="cgcs2000")
    table = pa.table(
        {
            "点位编号": numbered("DW", n, 6),
            "经度": lon,
            "纬度": lat,
            "类型": _pick(list(words.SITE_ZH), it.kind),
            "造价": it.cost,
            "安装高度": it.height,
        }
    )
    flaws = [flaw("range", 造价=-1), flaw(REPEAT)]
    planned = plan_flaws(flaws, n, repeats=1, rng=city.size.rng(49))
    entry = _text(folder, "candidate_sites", table, truth, key="点位编号", planned=planned)
    columns = ("site_id", "lon", "lat", "kind", "cost_yuan", "mount_height_m")
    mapping = dict(zip(columns, table.column_names, strict=True))
    return _source("candidate_sites", entry, mapping, datum="cgcs2000", values={"kind": words.SITE_ZH})
