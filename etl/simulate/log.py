"""Write the incident log: GB18030 text with GCJ-02 points, one file a year, streamed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from etl.progress import Progress
from etl.simulate.district_file import CATEGORIES, YES_NO, Source, source
from etl.simulate.flaws import CONFLICT, REPEAT, Flaw, TextTable, Truth, flaw, plan_flaws
from etl.simulate.incidents import Incidents, draw_incidents, local_time
from etl.simulate.kinds import TYPES
from etl.simulate.model import City
from etl.simulate.places import community_ids, degrees

_CHUNK = 250_000
_FIRST_YEAR = 2024
NAMES = (
    "警情编号", "报警时间", "发生时间", "发生时间止", "警情类别",
    "案发地址", "所属小区", "经度", "纬度", "是否破获",
)  # fmt: skip
_COLUMNS = (
    "incident_id", "reported_at", "occurred_from", "occurred_to", "category", "address",
    "community_id", "lon", "lat", "is_solved",
)  # fmt: skip
_FLAWS: tuple[Flaw, ...] = (
    flaw("time_format", 发生时间="昨天晚上", 发生时间止=""),
    flaw("vocabulary", 警情类别="待分类"),
    flaw("coordinate_zero", 经度="0", 纬度="0"),
    flaw(REPEAT),
    flaw("coordinate_swapped", 经度="30.421", 纬度="121.031"),
    flaw("time_impossible", 发生时间="2025-02-30 10:00:00", 发生时间止=""),
    flaw("outside", 经度="116.3913", 纬度="39.9072"),
    flaw("required", 警情编号=""),
    flaw(CONFLICT, 案发地址="登记有误"),
    flaw("time_future", 发生时间="2098-01-01 00:00:00", 发生时间止=""),
    flaw("coordinate", 经度="东经121度", 纬度="30.42"),
    flaw("time_default", 发生时间="1970-01-01 00:00:00", 发生时间止=""),
    flaw("time_order", 发生时间止="2020-01-01 00:00:00"),
)


def write_incidents(
    city: City, folder: Path, truth: Truth, *, progress: Progress
) -> tuple[Source, list[list[str]]]:
    """Write the incidents.

    Parameters
    ----------
    city
        The city.
    folder
        Folder of the files `incidents-YYYY.csv`.
    truth
        Where spoiled lines and row counts are recorded.
    progress
        Advanced by rows.

    Returns
    -------
    tuple
        The source entry, and the incident numbers of each planted series.
    """
    total = city.size.incidents
    progress.start("incidents", total)
    # Flaws are planned over the whole log; `done` moves a plan into its year's file.
    planned = plan_flaws(_FLAWS, total, repeats=2, rng=city.size.rng(50))
    series: list[list[str]] = [[] for _ in city.plan.series]
    out = _open(folder, _FIRST_YEAR, truth, planned)
    done, year = 0, _FIRST_YEAR
    ids = pa.array(community_ids(city.size.communities))
    for batch in draw_incidents(
        city.stage, city.plan, total, chunk=_CHUNK, seed=(city.size.seed, 51)
    ):
        now = int(batch.number[0] // 10_000_000_000)
        if now != year:
            out.close()
            year = now
            rest = [(row - done, one) for row, one in planned if row >= done]
            out = _open(folder, year, truth, rest)
        out.write(_rows(city, batch, ids, rng=np.random.default_rng([city.size.seed, 52, done])))
        for k in np.flatnonzero(batch.series >= 0):
            series[int(batch.series[k])].append(f"J{batch.number[k]}")
        done += batch.number.size
        progress.advance(batch.number.size)
    out.close()
    mapping = dict(zip(_COLUMNS, NAMES, strict=True))
    entry = source(
        "incidents", "incidents-*.csv", "csv", mapping, encoding="gb18030", datum="gcj02",
        categories=CATEGORIES, values={"is_solved": YES_NO},
    )  # fmt: skip
    return entry, series


def _open(folder: Path, year: int, truth: Truth, planned: list[tuple[int, Flaw]]) -> TextTable:
    return TextTable(
        folder / f"incidents-{year}.csv", NAMES, truth, key="警情编号", encoding="gb18030",
        planned=planned,
    )  # fmt: skip


def _rows(city: City, batch: Incidents, ids: pa.Array, *, rng: np.random.Generator) -> pa.Table:
    lon, lat = degrees(city, batch.xy, datum="gcj02", decimals=6)
    stated = batch.community.copy()
    stated[rng.random(stated.size) > 0.8] = -1
    wrong = (stated >= 0) & (rng.random(stated.size) < 0.012)
    stated[wrong] = rng.integers(0, len(ids), int(wrong.sum()))
    lost = ~batch.located
    columns = [
        pc.binary_join_element_wise("J", pc.cast(pa.array(batch.number), pa.string()), ""),
        pa.array(local_time(batch.reported)),
        pa.array(local_time(batch.since)),
        pa.array(local_time(batch.until)),
        pa.array([one.zh for one in TYPES]).take(pa.array(batch.type)),
        _addresses(city, batch, rng=rng),
        ids.take(pa.array(stated, mask=stated < 0)),
        pa.array(lon, mask=lost),
        pa.array(lat, mask=lost),
        pa.array(["否", "是"]).take(pa.array(batch.solved, mask=batch.solved < 0)),
    ]
    return pa.table(columns, names=list(NAMES))


def _addresses(city: City, batch: Incidents, *, rng: np.random.Generator) -> pa.Array:
    """Return a community and house, or a road and number, as callers give them."""
    inside = batch.community >= 0
    names = pa.array([*city.names_zh, *city.roads.names])
    place = np.where(inside, batch.community, batch.road + len(city.names_zh))
    house = batch.building - city.stage.first[batch.community] + 1
    number = np.where(inside, house, rng.integers(1, 420, place.size))
    where = names.take(pa.array(place))
    ending = pa.array(["号", "幢"]).take(pa.array(inside.astype(np.int64)))
    return pc.binary_join_element_wise(where, pc.cast(pa.array(number), pa.string()), ending, "")
