"""Hotspot cells of every jurisdiction: density and Gi* by class and period."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from math import ceil, floor, sqrt

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import shapely

from etl.dictionary.core import CLASSES
from etl.marts.context import MartContext
from etl.marts.incidents import COUNTED
from etl.marts.local_time import starts_at, windows
from geo import projection
from geo.density import kde
from geo.grid import SquareGrid
from geo.hotspots import gi_star

PERIODS = ("12_months", "28_days")
WORKERS = 2
# more cells than this on one map help nobody and draw slowly: the area gets larger cells
MOST_CELLS = 10_000
# with fewer incidents the map shows density, but no cell can be called hot
FEWEST_INCIDENTS = 10
SIGNIFICANT = 0.05
# an empty cell with no more than this share of the densest cell's density is not stored
FAINT = 0.02
# with more incidents of a class the density is binned first: up to 0.3 % of the peak is off
EXACT_UP_TO = 5_000
M2_PER_KM2 = 1e6

_POINTS = """
SELECT station_id, list_position($classes, class) - 1 AS leaf, x, y,
    occurred_from >= $recent AS is_recent
FROM core.incidents
WHERE occurred_from >= $since AND occurred_from < $until AND x IS NOT NULL AND y IS NOT NULL
"""


@dataclass(frozen=True)
class _Incidents:
    """Located incidents of the last 12 months, each array one value an incident."""

    xy: np.ndarray
    leaf: np.ndarray
    is_recent: np.ndarray
    station: np.ndarray

    def pick(self, rows: np.ndarray) -> _Incidents:
        return _Incidents(self.xy[rows], self.leaf[rows], self.is_recent[rows], self.station[rows])


@dataclass(frozen=True)
class _Area:
    """A study area and its cells, which start at whole multiples of their size."""

    kind: str
    scope_id: str
    grid: SquareGrid
    inside: np.ndarray
    bandwidth_m: float


def derive(context: MartContext) -> None:
    """Fill `mart.hotspots` for the district and each station.

    Parameters
    ----------
    context
        The open build, with core tables filled.

    Notes
    -----
    Empty cells with next to no density are left out; z and p count them all the same.
    A cell belongs to an area when its centre does or an incident of the area lies in it. Gi* is
    over queen neighbours, its p from a gamma distribution matched to three moments (counts are
    rare), adjusted for the number of cells (Benjamini-Hochberg); hot is p_fdr <= 0.05 with z
    above 0. With fewer than 10 incidents z and p are null: too few to say. The density is of the
    area's own incidents and holds them all: what would spill over the border is put back.
    """
    stations = context.con.execute(
        "SELECT station_id, geometry FROM core.stations ORDER BY station_id"
    ).to_arrow_table()
    names = stations["station_id"].combine_chunks()
    shapes = shapely.from_wkb(np.array(stations["geometry"].to_pylist(), dtype=object))
    incidents = _read_incidents(context, names)
    context.progress.start("hotspots", 1 + len(shapes))
    whole = shapely.union_all(shapes)
    order = np.argsort(incidents.station, kind="stable")
    edges = np.searchsorted(incidents.station[order], np.arange(len(shapes) + 1))

    def work(i: int) -> pa.Table | None:
        if i < 0:
            district = context.district.district_id
            return _area_rows(context, "district", district, whole, incidents)
        mine = incidents.pick(order[edges[i] : edges[i + 1]])
        return _area_rows(context, "station", names[i].as_py(), shapes[i], mine)

    with ThreadPoolExecutor(WORKERS) as pool:
        parts = list(pool.map(work, range(-1, len(shapes))))
    found = [one for one in parts if one is not None]
    if found:
        context.con.register("hotspot_rows", pa.concat_tables(found))
        context.con.execute("INSERT INTO mart.hotspots BY NAME SELECT * FROM hotspot_rows")
        context.con.unregister("hotspot_rows")


def _read_incidents(context: MartContext, stations: pa.Array) -> _Incidents:
    year, month = windows(context.as_of)
    zone = context.district.time_zone
    rows = context.con.execute(
        _POINTS,
        {
            "classes": list(CLASSES),
            "since": starts_at(year.first, zone),
            "recent": starts_at(month.first, zone),
            "until": starts_at(context.as_of + timedelta(days=1), zone),
        },
    ).to_arrow_table()
    station = pc.fill_null(pc.index_in(rows["station_id"], value_set=stations), -1)
    return _Incidents(
        np.column_stack([rows["x"].to_numpy(), rows["y"].to_numpy()]),
        rows["leaf"].to_numpy(),
        rows["is_recent"].to_numpy(),
        station.to_numpy(),
    )


def _area_rows(
    context: MartContext, kind: str, scope_id: str, shape: shapely.Geometry, mine: _Incidents
) -> pa.Table | None:
    area = _lay_out(context, kind, scope_id, shape, mine)
    context.progress.advance()
    return None if area is None else _cell_rows(context, area, mine)


def _lay_out(
    context: MartContext, kind: str, scope_id: str, shape: shapely.Geometry, mine: _Incidents
) -> _Area | None:
    """Lay cells over an area and its incidents; None when there is neither."""
    boxes = [] if shapely.is_empty(shape) else [np.array(shapely.bounds(shape)).reshape(2, 2)]
    corners = np.concatenate([*boxes, mine.xy])
    if not len(corners):
        return None
    cell_m = context.district.hotspot_cell_m
    n_cells = max(shapely.area(shape), 1.0) / cell_m**2
    cell_m *= max(1, ceil(sqrt(n_cells / MOST_CELLS)))
    (west, south), (east, north) = corners.min(axis=0), corners.max(axis=0)
    col, row = floor(west / cell_m), floor(south / cell_m)
    nx, ny = floor(east / cell_m) - col + 1, floor(north / cell_m) - row + 1
    grid = SquareGrid(col * cell_m, row * cell_m, cell_m, nx, ny)
    centres = grid.centres()
    shapely.prepare(shape)
    inside = shapely.contains_xy(shape, centres[:, 0], centres[:, 1])
    inside[grid.cell_of(mine.xy)] = True
    bandwidth_m = max(context.district.hotspot_bandwidth_m, cell_m)
    return _Area(kind, scope_id, grid, inside.reshape(grid.shape), bandwidth_m)


def _cell_rows(context: MartContext, area: _Area, mine: _Incidents) -> pa.Table:
    """Return the cells of an area, once for each class and period."""
    cells = np.flatnonzero(area.inside)
    counts, density = _by_leaf(area, mine)
    places, parts = pa.table(_cell_columns(context, area, cells)), []
    for p, period in enumerate(PERIODS):
        for name, leaves in COUNTED.items():
            of = [CLASSES.index(leaf) for leaf in leaves]
            measures = _measures(area, counts[p, of].sum(axis=0), density[p, of].sum(axis=0))
            kept = np.flatnonzero(_worth_keeping(measures).ravel()[cells])
            row = {"class": _same(name, len(kept)), "period_kind": _same(period, len(kept))}
            row |= {key: pa.array(one.ravel()[cells[kept]]) for key, one in measures.items()}
            here = places.take(pa.array(kept))
            parts.append(pa.table(row | dict(zip(here.column_names, here.columns, strict=True))))
    rows = pa.concat_tables(parts)
    for key in ("z", "p", "p_fdr"):
        values = rows[key].to_numpy()
        at = rows.column_names.index(key)
        rows = rows.set_column(at, key, pa.array(values, mask=np.isnan(values)))
    return rows


def _worth_keeping(measures: dict[str, np.ndarray]) -> np.ndarray:
    """Tell which cells a map would show: something happened, it is sure, or it is not empty."""
    density = measures["density_per_km2"]
    faint = density <= FAINT * density.max(initial=0.0)
    sure = measures["is_hot"] | measures["is_cold"]
    return np.asarray((measures["n"] > 0) | sure | ~faint)


def _by_leaf(area: _Area, mine: _Incidents) -> tuple[np.ndarray, np.ndarray]:
    """Return counts and densities (per km2), shape (periods, classes, rows, columns)."""
    grid = area.grid
    counts = np.zeros((len(PERIODS), len(CLASSES), *grid.shape), np.int64)
    density = np.zeros(counts.shape)
    cell = grid.cell_of(mine.xy)
    for p in range(len(PERIODS)):
        for leaf in range(len(CLASSES)):
            here = (mine.leaf == leaf) & (mine.is_recent | (p == 0))
            if not here.any():
                continue
            n = np.bincount(cell[here], minlength=grid.nx * grid.ny)
            counts[p, leaf] = n.reshape(grid.shape)
            found = kde(
                mine.xy[here],
                cell_m=grid.cell_m,
                bandwidth_m=area.bandwidth_m,
                bounds=grid.bounds,
                inside=area.inside,
                edge="diggle",
                method="binned" if here.sum() > EXACT_UP_TO else "exact",
            )
            density[p, leaf] = found.per_m2 * M2_PER_KM2
    return counts, density


def _measures(area: _Area, n: np.ndarray, density: np.ndarray) -> dict[str, np.ndarray]:
    nothing = np.full(n.shape, np.nan)
    z = p = p_fdr = nothing
    if n.sum() >= FEWEST_INCIDENTS:
        found = gi_star(np.where(area.inside, n, np.nan), approximation="gamma")
        z, p, p_fdr = found.z, found.p, found.p_fdr
    sure = p_fdr <= SIGNIFICANT
    return {
        "n": n,
        "density_per_km2": density,
        "z": z,
        "p": p,
        "p_fdr": p_fdr,
        "is_hot": sure & (z > 0),
        "is_cold": sure & (z < 0),
    }


def _cell_columns(context: MartContext, area: _Area, cells: np.ndarray) -> dict[str, pa.Array]:
    """Return what a cell has in common for all classes and periods."""
    grid = area.grid
    x, y = grid.centres()[cells].T
    lon, lat = projection.unproject(x, y, epsg=context.district.epsg)
    col, row = np.floor(x / grid.cell_m).astype(int), np.floor(y / grid.cell_m).astype(int)
    station = area.scope_id if area.kind == "station" else None
    return {
        "scope_kind": _same(area.kind, len(cells)),
        "scope_id": _same(area.scope_id, len(cells)),
        "station_id": _same(station, len(cells)),
        "cell_id": pa.array([f"x{c}y{r}" for c, r in zip(col, row, strict=True)]),
        "x": pa.array(x),
        "y": pa.array(y),
        "lon": pa.array(lon),
        "lat": pa.array(lat),
        "cell_m": pa.array(np.full(len(cells), grid.cell_m)),
    }


def _same(value: str | None, n: int) -> pa.Array:
    """Return n times the same text without writing it n times."""
    number = pa.array(np.zeros(n, np.int8), mask=np.full(n, value is None))
    return pa.DictionaryArray.from_arrays(number, pa.array([value or ""]))
