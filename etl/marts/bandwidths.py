"""The bandwidth of every area's density maps: what would have predicted the next month best."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from math import floor

import numpy as np
import shapely

from etl.marts.cell_months import BATCH, BINS, DAYS, bins_with_data
from etl.marts.context import MartContext
from etl.marts.local_time import local_day_sql, starts_at
from etl.marts.notes import Row, insert
from geo.bandwidth import BandwidthChoice, choose_bandwidth
from geo.grid import SquareGrid
from geo.study_area import lay_cells

TRAIN = {"12_months": 12, "28_days": 1}  # months that a map of each period is drawn from
TESTS = 6
FEWEST_TESTED = 30
DEFAULT_CELLS = 2.5
# the counts of more cells and months would take half a gigabyte: they are made coarser
MOST_NUMBERS = 30_000_000

_NUMBERS = """
SELECT ((({day})::INTEGER - {start}) * {bins} // {days}) * {cells}
    + (floor(y / {cell_m})::INTEGER - {row}) * {nx} + floor(x / {cell_m})::INTEGER - {col}
FROM core.incidents
WHERE occurred_from >= $since AND occurred_from < $until
    AND x >= {west} AND x < {east} AND y >= {south} AND y < {north}
"""


@dataclass(frozen=True)
class Ground:
    """An area whose bandwidth is asked for, and the size of its maps' cells."""

    kind: str
    scope_id: str
    shape: shapely.Geometry
    cell_m: float


@dataclass(frozen=True)
class _Months:
    """Incidents by month and cell of the whole district; cells count from the origin."""

    counts: np.ndarray
    col: int
    row: int
    cell_m: float


Chosen = dict[tuple[str, str, str], float]


def fill_bandwidths(context: MartContext, grounds: list[Ground]) -> Chosen:
    """Fill `mart.hotspot_bandwidths`.

    Parameters
    ----------
    context
        The open build; `mart.incident_days` is filled.
    grounds
        The district first, then its stations.

    Returns
    -------
    Chosen
        Bandwidth in metres by kind and id of the area and period.

    Notes
    -----
    Incidents of all classes together. Each of the last six months is predicted from the twelve
    months before it for the map of twelve months, from the one before it for that of 28 days; with
    fewer than 15 months on record the first half of them is what is learnt from. An area with
    fewer than 30 incidents to predict takes the district's bandwidth, a district with fewer 2.5
    cells. A bandwidth in the district file is used whatever was found.
    """
    months = _read_months(context, grounds)
    rows: list[Row] = []
    chosen: Chosen = {}
    for ground in grounds:
        for period, found in _choose(months, ground).items():
            of_district = chosen.get((grounds[0].kind, grounds[0].scope_id, period))
            reason, used = _decide(context, ground, found, of_district)
            chosen[ground.kind, ground.scope_id, period] = used
            rows += _rows(ground, period, found, reason, used)
    insert(context.con, "hotspot_bandwidths", rows)
    return chosen


def used_bandwidth(context: MartContext, kind: str, scope_id: str, *, cell_m: float) -> float:
    """Return the bandwidth of an area's map of twelve months, for cells of another size.

    Parameters
    ----------
    context
        The open build; `mart.hotspot_bandwidths` is filled.
    kind, scope_id
        The area; one without maps has what the district file says, or 2.5 cells.
    cell_m
        Size of the cells, metres; the bandwidth is no less.

    Returns
    -------
    float
        Metres.
    """
    rows = context.con.execute(
        "SELECT bandwidth_m FROM mart.hotspot_bandwidths WHERE is_used "
        "AND period_kind = '12_months' AND scope_kind = ? AND scope_id = ?",
        [kind, scope_id],
    ).fetchall()
    given = context.district.hotspot_bandwidth_m or DEFAULT_CELLS * cell_m
    return max(float(rows[0][0]) if rows else given, cell_m)


def training(n_bins: int) -> int:
    """Return how many months a map of twelve is drawn from when so many are on record."""
    return 12 if n_bins >= 15 else max(n_bins // 2, 1)


def _choose(months: _Months, ground: Ground) -> dict[str, BandwidthChoice]:
    """Return the choice for the map of each period."""
    k = max(1, round(ground.cell_m / months.cell_m))
    cell_m, n_bins = k * months.cell_m, len(months.counts)
    area = lay_cells(ground.shape, np.empty((0, 2)), cell_m=cell_m)
    counts, inside = np.zeros((0, 1, 1), np.int64), np.ones((1, 1), bool)
    if n_bins and area is not None and isinstance(area.grid, SquareGrid):
        counts, inside = _cut_out(months, area.grid, k), area.inside
    return {
        period: choose_bandwidth(
            counts, inside, cell_m=cell_m, train=min(train, training(n_bins)), tests=TESTS
        )
        for period, train in TRAIN.items()
    }


def _cut_out(months: _Months, grid: SquareGrid, k: int) -> np.ndarray:
    """Return the counts of a grid whose cells are k by k of the district's."""
    col, row = round(grid.x0 / months.cell_m) - months.col, round(grid.y0 / months.cell_m)
    row -= months.row
    part = months.counts[:, row : row + grid.ny * k, col : col + grid.nx * k]
    return np.asarray(part.reshape(len(part), grid.ny, k, grid.nx, k).sum(axis=(2, 4)))


def _decide(
    context: MartContext, ground: Ground, found: BandwidthChoice, of_district: float | None
) -> tuple[str, float]:
    """Return why and which bandwidth the area's maps are drawn with."""
    given = context.district.hotspot_bandwidth_m
    if given is not None:
        return "set", max(given, ground.cell_m)
    if found.n_tested >= FEWEST_TESTED:
        return "best", found.bandwidth_m
    if of_district is not None:
        return "district", max(of_district, ground.cell_m)
    return "default", DEFAULT_CELLS * ground.cell_m


def _rows(
    ground: Ground, period: str, found: BandwidthChoice, reason: str, used: float
) -> list[Row]:
    """Return a row for each candidate, and one for the bandwidth used if it is none of them."""
    tried = dict(zip(found.candidates_m.tolist(), found.score.tolist(), strict=True))
    score_of = {used: math.nan} | tried
    return [
        {
            "scope_kind": ground.kind,
            "scope_id": ground.scope_id,
            "station_id": ground.scope_id if ground.kind == "station" else None,
            "period_kind": period,
            "bandwidth_m": width,
            "is_used": width == used,
            "reason": reason,
            "score": None if math.isnan(score) else score,
            "gain": None if math.isnan(score) else math.exp(score),
            "cell_m": ground.cell_m,
            "n_months": found.n_periods,
            "n_tested": found.n_tested,
            "needed": FEWEST_TESTED,
        }
        for width, score in sorted(score_of.items())
    ]


def _read_months(context: MartContext, grounds: list[Ground]) -> _Months:
    """Count the located incidents of two years by month and cell, whatever their class.

    Two years of all incidents are read as one whole number each, which NumPy counts.
    """
    skip, _ = bins_with_data(context)
    boxes = np.array([shapely.bounds(one.shape) for one in grounds]).reshape(-1, 4)
    boxes = boxes[np.isfinite(boxes).all(axis=1)]
    if not len(boxes) or skip == BINS:
        return _Months(np.zeros((0, 0, 0), np.int32), 0, 0, context.district.hotspot_cell_m)
    (west, south), (east, north) = boxes[:, :2].min(axis=0), boxes[:, 2:].max(axis=0)
    cell_m = context.district.hotspot_cell_m
    while (east - west) * (north - south) / cell_m**2 * BINS > MOST_NUMBERS:
        cell_m *= 2
    # a coarser grid of some area begins up to one of its cells further out
    margin = max(round(one.cell_m / cell_m) for one in grounds) + 1
    col, row = floor(west / cell_m) - margin, floor(south / cell_m) - margin
    nx = floor(east / cell_m) - col + 1 + margin
    ny = floor(north / cell_m) - row + 1 + margin
    grid = SquareGrid(col * cell_m, row * cell_m, cell_m, nx, ny)
    flat = np.zeros(BINS * nx * ny, np.int64)
    for batch in _stream(context, grid, col, row):
        flat += np.bincount(batch, minlength=len(flat))
    return _Months(flat.reshape(BINS, ny, nx)[skip:], col, row, cell_m)


def _stream(context: MartContext, grid: SquareGrid, col: int, row: int) -> Iterator[np.ndarray]:
    zone = context.district.time_zone
    start = context.as_of - timedelta(days=DAYS - 1)
    since, until = starts_at(start, zone), starts_at(context.as_of + timedelta(days=1), zone)
    west, south, east, north = grid.bounds
    query = _NUMBERS.format(
        day=local_day_sql("occurred_from", zone, since, until),
        start=(start - date(1970, 1, 1)).days,
        bins=BINS, days=DAYS, cells=grid.nx * grid.ny, nx=grid.nx, col=col, row=row,
        cell_m=repr(grid.cell_m), west=west, south=south, east=east, north=north,
    )  # fmt: skip
    for batch in context.con.execute(query, {"since": since, "until": until}).to_arrow_reader(
        BATCH
    ):
        yield batch.column(0).to_numpy()
