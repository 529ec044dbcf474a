"""What is legal in a file and still looks wrong: told to the steward, never acted upon."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from etl import schema
from etl.district import SourceSpec
from etl.report import Report

LOOKED_AT = 1000
FEWEST = 10
PILE_FRACTION = 0.2
_OFFSET = r"(Z|[+-]\d{2}:?\d{2})\s*$"
_ROUNDED = r"^\s*\d(\.\d{0,4})?[eE][+]?\d+\s*$"
_LONG = r"^\s*\d{1,3}\.\d{4,}\s*$"
# A first or second pair of decimals of 60 or more: not minutes, not seconds.
_PAIR_FROM_60 = r"\.([6-9]|\d\d[6-9])"
_SAMPLE = 2000


@dataclass(frozen=True)
class Glance:
    """What one batch suggests: moments without a zone, rounded coordinates, decimals under 60."""

    is_naive: bool
    n_rounded: int
    n_packed: int
    n_unpacked: int


def glance(batch: pa.RecordBatch, spec: SourceSpec) -> Glance:
    """Look at the raw texts of one batch.

    Parameters
    ----------
    batch
        Rows as a reader gives them.
    spec
        How the district maps this source.

    Returns
    -------
    Glance
        Counts over the batch's first thousand rows, rounded coordinates over all once one is seen.
    """
    n_rounded = n_packed = n_unpacked = 0
    for name in ("lon", "lat"):
        for column in _columns(batch, spec, name):
            if not pa.types.is_string(column.type):
                continue
            head = column[:LOOKED_AT]
            if _count(head, _ROUNDED):
                n_rounded += _count(column, _ROUNDED)
            long = head.filter(pc.fill_null(pc.match_substring_regex(head, _LONG), False))
            n_unpacked += _count(long, _PAIR_FROM_60)
            n_packed += len(long)
    return Glance(_is_naive(batch, spec), n_rounded, n_packed - n_unpacked, n_unpacked)


def _columns(batch: pa.RecordBatch, spec: SourceSpec, name: str) -> list[pa.Array]:
    return [batch[one] for one in spec.columns.get(name, ()) if one in batch.schema.names]


def _count(column: pa.Array, pattern: str) -> int:
    return int(pc.sum(pc.match_substring_regex(column, pattern)).as_py() or 0)


def _is_naive(batch: pa.RecordBatch, spec: SourceSpec) -> bool:
    for one in schema.input_table(spec.table).inputs:
        if one.kind != "instant":
            continue
        for column in _columns(batch, spec, one.name)[-1:]:
            if pa.types.is_timestamp(column.type):
                return column.type.tz is None
            if pa.types.is_string(column.type):
                head = column[:LOOKED_AT]
                filled = head.filter(pc.greater(pc.binary_length(head), 0))
                return _count(filled, _OFFSET) < len(filled)
    return False


def hints(glances: list[Glance]) -> list[str]:
    """Return what the coordinates of a file suggest, as phrases to put behind its faults."""
    found = []
    if sum(one.n_rounded for one in glances):
        found.append(
            "a spreadsheet rounded the coordinates (1.00E+02): export them as plain numbers"
        )
    if _is_packed(glances):
        found.append(
            "no pair of decimals reaches 60: 100.1234 may mean 100 degrees 12 minutes 34 seconds"
        )
    return found


def _is_packed(glances: list[Glance]) -> bool:
    packed = sum(one.n_packed for one in glances)
    return packed >= FEWEST and not any(one.n_unpacked for one in glances)


def tell(
    glances: list[Glance], report: Report, *, table: str, source: str, zone: str, datum: str | None
) -> None:
    """Add what a file suggests to the report.

    Parameters
    ----------
    glances
        One a batch.
    report
        Where it is told.
    table, source
        The input table and the file's name.
    zone
        Time zone in which moments without an offset were taken.
    datum
        Datum or EPSG code of the file's coordinates, None for a table without place.
    """
    if any(one.is_naive for one in glances):
        report.find(
            "info",
            "time_zone_assumed",
            f"{source}: moments without a zone; taken as local time of {zone}.",
            f"{source}：时间未带时区，按 {zone} 当地时间处理。",
            table=table,
            source=source,
        )
    if datum is not None and datum not in ("wgs84", "EPSG:4326"):
        report.find(
            "info",
            "reprojected",
            f"{source}: coordinates in {datum}; brought to WGS 84 and the district's projection.",
            f"{source}：坐标基准为 {datum}，已转换到 WGS 84 及本区投影。",
            table=table,
            source=source,
        )
    n = sum(one.n_rounded for one in glances)
    if n:
        report.find(
            "warning",
            "precision_lost",
            f"{source}: {n:,} coordinates such as 1.00E+02 were rounded by a spreadsheet.",
            f"{source}：{n:,} 个坐标（如 1.00E+02）已被电子表格舍入，精度丢失。",
            table=table,
            source=source,
            n=n,
        )
    if _is_packed(glances):
        report.find(
            "warning",
            "packed_degrees",
            f"{source}: no pair of decimals reaches 60; 100.1234 may mean 100 degrees 12 minutes "
            "34 seconds. Ask the office that made the file.",
            f"{source}：小数部分每两位均小于 60，100.1234 可能表示 100 度 12 分 34 秒，"
            "请向来源核实。",
            table=table,
            source=source,
        )


def tell_pile(x: np.ndarray, y: np.ndarray, report: Report, *, table: str) -> None:
    """Tell when a fifth or more of the rows stand on one point: a geocoder's fallback.

    Parameters
    ----------
    x, y
        Coordinates in metres, NaN where unlocated; shape (n,).
    report
        Where it is told.
    table
        The input table.
    """
    there = np.flatnonzero(~np.isnan(x))
    if len(there) < FEWEST:
        return
    sample = there[:: max(1, len(there) // _SAMPLE)]
    pairs, counts = np.unique(np.column_stack((x[sample], y[sample])), axis=0, return_counts=True)
    at = pairs[np.argmax(counts)]
    n = int(np.count_nonzero((x == at[0]) & (y == at[1])))
    if n < PILE_FRACTION * len(there) or n < FEWEST:
        return
    report.find(
        "warning",
        "one_point",
        f"{n:,} of {len(there):,} rows stand on one point: a default place, not a hot spot. "
        "Ask where the coordinates come from.",
        f"{len(there):,} 行中有 {n:,} 行位于同一点：可能是默认坐标而非热点，请核实坐标来源。",
        table=table,
        n=n,
    )
