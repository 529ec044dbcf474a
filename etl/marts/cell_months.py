"""Incidents by cell and month of every jurisdiction: read once, used by all analyses of cells."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from math import ceil, floor, sqrt

import numpy as np
import pyarrow as pa
import shapely

from etl.dictionary.core import CLASSES
from etl.marts.context import MartContext
from etl.marts.incidents import COUNTED
from etl.marts.local_time import local_day_sql, starts_at
from geo.grid import SquareGrid

BINS, DAYS = 24, 730
# so many cells of the whole district and no more: a larger district gets larger cells
MOST_CELLS = 20_000
BATCH = 2_000_000
# leading months with less than this share of the middling month are not yet data
THIN = 0.1

# One number an incident: the cell of its jurisdiction, its month and its class. Narrow integers,
# since there are many incidents.
_NUMBERS = """
SELECT a.first + ((CASE class {leaves} END)::INTEGER * {bins}
    + (({day})::INTEGER - {start}) * {bins} // {days}) * a.cells
    + (floor(y / {cell_m})::INTEGER - a.row) * a.nx
    + floor(x / {cell_m})::INTEGER - a.col AS number
FROM core.incidents i JOIN cell_areas a ON a.station_id = i.station_id
WHERE occurred_from >= $since AND occurred_from < $until
    AND x >= a.west AND x < a.east AND y >= a.south AND y < a.north
"""


@dataclass(frozen=True)
class Area:
    """The district or a jurisdiction: its cells and its incidents.

    `counts` has shape (classes, bins, rows, columns); bins without data at the start, or with data
    from their middle on, are cut off, and what was in them is `early`, a number a class.
    """

    kind: str
    scope_id: str
    grid: SquareGrid
    inside: np.ndarray
    counts: np.ndarray
    early: np.ndarray

    @property
    def station_id(self) -> str | None:
        """The station, None for the district."""
        return self.scope_id if self.kind == "station" else None

    def of_class(self, name: str) -> np.ndarray:
        """Return the counts of a class of figures, shape (bins, rows, columns)."""
        return np.asarray(self.counts[[CLASSES.index(one) for one in COUNTED[name]]].sum(axis=0))

    def total(self, name: str) -> int:
        """Return the located incidents of a class, those of bins that were cut off too."""
        of = [CLASSES.index(one) for one in COUNTED[name]]
        return int(self.counts[of].sum() + self.early[of].sum())

    def last_year(self, name: str) -> np.ndarray:
        """Return the counts of the last twelve bins, shape (rows, columns)."""
        return np.asarray(self.of_class(name)[-BINS // 2 :].sum(axis=0))

    def cell_id(self, x: float, y: float) -> str:
        """Return the name of the cell at a point: column and row counted from the origin."""
        return f"x{floor(x / self.grid.cell_m)}y{floor(y / self.grid.cell_m)}"


@dataclass(frozen=True)
class CellMonths:
    """The areas, the district first, and the first day of each bin and of the one after."""

    areas: list[Area]
    edges: list[date]
    cell_m: float

    @property
    def n_bins(self) -> int:
        """Bins with data."""
        return len(self.edges) - 1

    def stations(self) -> Iterator[Area]:
        """Yield the jurisdictions."""
        return (one for one in self.areas if one.kind == "station")


def read_cell_months(context: MartContext) -> CellMonths:
    """Count incidents by cell, month and class.

    Parameters
    ----------
    context
        The open build; `core` and `mart.incident_days` are filled.

    Returns
    -------
    CellMonths
        A month is a twenty-fourth of the 730 days that end with `as_of`, so that all are equally
        long and the last is whole. Incidents without a place, or outside their jurisdiction's
        box, are not in it.

    Notes
    -----
    The database numbers cell, month and class; the numbers, 4 bytes an incident, are counted by
    NumPy as they stream by: grouping millions of cells in SQL took twice the time.
    """
    stations = context.con.execute(
        "SELECT station_id, geometry FROM core.stations ORDER BY station_id"
    ).to_arrow_table()
    names = stations["station_id"].to_pylist()
    shapes = shapely.from_wkb(np.array(stations["geometry"].to_pylist(), dtype=object))
    cell_m = _cell_size(context.district.hotspot_cell_m, shapes)
    grids = [_lay(shapely.bounds(one), cell_m) for one in shapes]
    n_cells = np.array([one.nx * one.ny for one in grids], np.int64)
    first = np.concatenate([[0], np.cumsum(n_cells * len(CLASSES) * BINS)])
    flat = np.zeros(int(first[-1]), np.int64)
    for numbers in _stream(context, names, grids, first, cell_m):
        flat += np.bincount(numbers, minlength=len(flat))
    skip, edges = bins_with_data(context)
    areas = []
    for i, (name, shape, grid) in enumerate(zip(names, shapes, grids, strict=True)):
        counts = flat[first[i] : first[i + 1]].reshape(len(CLASSES), BINS, *grid.shape)
        areas.append(_area("station", name, shape, grid, counts, skip))
    return CellMonths([_whole(context, areas, cell_m, BINS - skip), *areas], edges, cell_m)


def _cell_size(cell_m: float, shapes: np.ndarray) -> float:
    n_cells = float(shapely.area(shapes).sum()) / cell_m**2
    return cell_m * max(1, ceil(sqrt(n_cells / MOST_CELLS)))


def _lay(bounds: np.ndarray, cell_m: float) -> SquareGrid:
    """Lay cells over a box; they start at whole multiples of their size."""
    west, south, east, north = np.nan_to_num(bounds)
    col, row = floor(west / cell_m), floor(south / cell_m)
    nx, ny = floor(east / cell_m) - col + 1, floor(north / cell_m) - row + 1
    return SquareGrid(col * cell_m, row * cell_m, cell_m, nx, ny)


def _stream(
    context: MartContext,
    names: list[str],
    grids: list[SquareGrid],
    first: np.ndarray,
    cell_m: float,
) -> Iterator[np.ndarray]:
    con, zone = context.con, context.district.time_zone
    start = context.as_of - timedelta(days=DAYS - 1)
    since, until = starts_at(start, zone), starts_at(context.as_of + timedelta(days=1), zone)
    boxes = np.array([one.bounds for one in grids]).reshape(-1, 4)
    columns = {
        "station_id": names,
        "first": first[:-1].astype(np.int32),
        "cells": np.array([one.nx * one.ny for one in grids], np.int32),
        "nx": np.array([one.nx for one in grids], np.int32),
        "col": np.array([round(one.x0 / cell_m) for one in grids], np.int32),
        "row": np.array([round(one.y0 / cell_m) for one in grids], np.int32),
    }
    columns |= dict(zip(("west", "south", "east", "north"), boxes.T, strict=True))
    con.register("cell_areas", pa.table(columns))
    query = _NUMBERS.format(
        leaves=" ".join(f"WHEN '{name}' THEN {i}" for i, name in enumerate(CLASSES)),
        day=local_day_sql("occurred_from", zone, since, until),
        start=(start - date(1970, 1, 1)).days,
        bins=BINS,
        days=DAYS,
        cell_m=repr(cell_m),
    )
    reader = con.execute(query, {"since": since, "until": until}).to_arrow_reader(BATCH)
    for batch in reader:
        yield batch["number"].to_numpy()
    con.unregister("cell_areas")


def bins_with_data(context: MartContext) -> tuple[int, list[date]]:
    """Return how many of the bins to skip, having no data yet, and the edges of the others."""
    start = context.as_of - timedelta(days=DAYS - 1)
    edges = [start + timedelta(days=ceil(b * DAYS / BINS)) for b in range(BINS + 1)]
    days = context.con.execute(
        "SELECT day, sum(n)::BIGINT FROM mart.incident_days WHERE day >= $start AND day <= $end "
        "GROUP BY ALL ORDER BY ALL",
        {"start": start, "end": context.as_of},
    ).fetchall()
    if not days:
        return BINS, [edges[-1]]
    at = [((day - start).days * BINS) // DAYS for day, _ in days]
    n = np.bincount(at, weights=[n for _, n in days], minlength=BINS)
    # data that begin in the middle of a month: longer after its first day than chance explains
    first, whole = days[0][0], context.as_of - days[0][0]
    usual_gap = (whole.days + 1) / n.sum()
    skip = at[0] + int((first - edges[at[0]]).days > 1 + 3 * usual_gap)
    while skip < BINS and n[skip] < THIN * np.median(n[n > 0]):
        skip += 1
    return skip, edges[skip:]


def _area(
    kind: str, name: str, shape: shapely.Geometry, grid: SquareGrid, counts: np.ndarray, skip: int
) -> Area:
    centres = grid.centres()
    shapely.prepare(shape)
    inside = shapely.contains_xy(shape, centres[:, 0], centres[:, 1]).reshape(grid.shape)
    n, early = counts[:, skip:], counts[:, :skip].sum(axis=(1, 2, 3))
    return Area(kind, name, grid, inside | (n.sum(axis=(0, 1)) > 0), n, early)


def _whole(context: MartContext, areas: list[Area], cell_m: float, n_bins: int) -> Area:
    """Return the district: the sum of its jurisdictions."""
    boxes = np.array([one.grid.bounds for one in areas]).reshape(-1, 4)
    bounds = np.array([0.0, 0.0, 0.0, 0.0])
    if len(boxes):
        # a box ends on the edge of its last cell: half a cell in, the same last cell is found
        low, high = boxes[:, :2].min(axis=0), boxes[:, 2:].max(axis=0) - cell_m / 2
        bounds = np.concatenate([low, high])
    grid = _lay(bounds, cell_m)
    counts = np.zeros((len(CLASSES), n_bins, *grid.shape), np.int64)
    inside = np.zeros(grid.shape, bool)
    for one in areas:
        row = round((one.grid.y0 - grid.y0) / cell_m)
        col = round((one.grid.x0 - grid.x0) / cell_m)
        there = slice(row, row + one.grid.ny), slice(col, col + one.grid.nx)
        counts[:, :, *there] += one.counts
        inside[there] |= one.inside
    early = np.sum([one.early for one in areas], axis=0) + np.zeros(len(CLASSES), np.int64)
    return Area("district", context.district.district_id, grid, inside, counts, early)
