"""Hotspots of every jurisdiction on squares and hexagons: density and Gi* by class and period."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import timedelta
from math import ceil, sqrt

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import shapely

from etl.dictionary.core import CLASSES
from etl.marts.bandwidths import Chosen, Ground, fill_bandwidths
from etl.marts.context import MartContext
from etl.marts.hexagon_rows import Found, hexagon_rows
from etl.marts.incidents import COUNTED
from etl.marts.local_time import starts_at, windows
from etl.marts.notes import insert
from geo import projection
from geo.density import kde_of_each
from geo.grid import HexGrid, Neighbourhood
from geo.hotspots import gi_star
from geo.study_area import CELL_KINDS, StudyArea, lay_cells

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
# a page counts the hexagons of an area with up to twice as many from the incidents themselves
HEXAGONS_ABOVE = 200_000

_POINTS = """
SELECT station_id, list_position($classes, class) - 1 AS leaf, x, y,
    occurred_from >= $recent AS is_recent
FROM core.incidents
WHERE occurred_from >= $since AND occurred_from < $until AND x IS NOT NULL AND y IS NOT NULL
"""


@dataclass(frozen=True)
class _Incidents:
    """Located incidents of the last 12 months, sorted by class; `edges` is where each begins."""

    xy: np.ndarray
    is_recent: np.ndarray
    edges: np.ndarray

    def pick(self, parts: list[slice]) -> _Incidents:
        """Return those of one slice a class."""
        edges = np.cumsum([0, *(one.stop - one.start for one in parts)])
        xy, recent = ([a[one] for one in parts] for a in (self.xy, self.is_recent))
        return _Incidents(np.concatenate(xy), np.concatenate(recent), edges)


@dataclass(frozen=True)
class _Area:
    """A study area in cells, and the bandwidth of its map of each period."""

    kind: str
    scope_id: str
    cells: StudyArea
    bandwidths_m: dict[str, float]


def derive(context: MartContext) -> None:
    """Fill `mart.hotspots`, `mart.hotspot_hexagons` and `mart.hotspot_bandwidths`.

    Parameters
    ----------
    context
        The open build, with core tables and `mart.incident_days` filled.

    Notes
    -----
    Hexagons are stored for areas with more incidents than a page would count itself. Empty cells
    with next to no density are left out; z and p count them all the same.
    A cell belongs to an area when its centre does or an incident of the area lies in it. Gi* is
    over the eight cells around a square and the six around a hexagon, its p from a gamma
    distribution matched to three moments (counts are rare), adjusted for the number of cells
    (Benjamini-Hochberg); hot is p_fdr <= 0.05 with z above 0. With fewer than 10 incidents z and p
    are null: too few to say. The density is of the area's own incidents and holds them all: what
    would spill over the border is put back.
    """
    stations = context.con.execute(
        "SELECT station_id, geometry FROM core.stations ORDER BY station_id"
    ).to_arrow_table()
    names = stations["station_id"].combine_chunks()
    shapes = shapely.from_wkb(np.array(stations["geometry"].to_pylist(), dtype=object))
    incidents, parts_of = _read_incidents(context, names)
    context.progress.start("hotspots", 1 + len(shapes))
    size = context.district.hotspot_cell_m
    grounds = [
        Ground("district", context.district.district_id, shapely.union_all(shapes), size),
        *(
            Ground("station", one.as_py(), shape, size)
            for one, shape in zip(names, shapes, strict=True)
        ),
    ]
    grounds = [replace(one, cell_m=_cell_size(one)) for one in grounds]
    widths = fill_bandwidths(context, grounds)

    def work(i: int) -> dict[str, pa.Table]:
        mine = incidents if i == 0 else incidents.pick(parts_of[i - 1])
        found = _area_rows(context, grounds[i], mine, widths)
        context.progress.advance()
        return found

    with ThreadPoolExecutor(WORKERS) as pool:
        found = list(pool.map(work, range(len(grounds))))
    for table in ("hotspots", "hotspot_hexagons"):
        rows = [one[table] for one in found if table in one]
        if rows:
            insert(context.con, table, pa.concat_tables(rows))


def _read_incidents(
    context: MartContext, stations: pa.Array
) -> tuple[_Incidents, list[list[slice]]]:
    """Return the incidents by class and station, and where each station's of each class are."""
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
    nowhere = len(stations)
    station = pc.fill_null(pc.index_in(rows["station_id"], value_set=stations), nowhere)
    key = rows["leaf"].to_numpy() * (nowhere + 1) + station.to_numpy()
    narrow = np.min_scalar_type(len(CLASSES) * (nowhere + 1))  # 16 bits are sorted by radix
    order = np.argsort(key.astype(narrow), kind="stable")
    edges = np.searchsorted(key[order], np.arange(len(CLASSES) * (nowhere + 1) + 1))
    xy = np.empty((len(order), 2))
    xy[:, 0], xy[:, 1] = rows["x"].to_numpy()[order], rows["y"].to_numpy()[order]
    recent = rows["is_recent"].to_numpy()[order]
    parts = [
        [slice(*edges[k * (nowhere + 1) + i :][:2]) for k in range(len(CLASSES))]
        for i in range(nowhere)
    ]
    return _Incidents(xy, recent, edges[:: nowhere + 1]), parts


def _cell_size(ground: Ground) -> float:
    """Return the district's cell size, or a multiple of it where that would be too many cells."""
    n_cells = max(shapely.area(ground.shape), 1.0) / ground.cell_m**2
    return ground.cell_m * max(1, ceil(sqrt(n_cells / MOST_CELLS)))


def _area_rows(
    context: MartContext, ground: Ground, mine: _Incidents, widths: Chosen
) -> dict[str, pa.Table]:
    """Return the rows of an area by table; none without outline and incidents."""
    bandwidths_m = {one: widths[ground.kind, ground.scope_id, one] for one in PERIODS}
    found: dict[str, pa.Table] = {}
    for kind in CELL_KINDS if len(mine.xy) > HEXAGONS_ABOVE else CELL_KINDS[:1]:
        cells = lay_cells(ground.shape, mine.xy, cell_m=ground.cell_m, kind=kind)
        if cells is None:
            return {}
        area = _Area(ground.kind, ground.scope_id, cells, bandwidths_m)
        measured = _measure(area, mine)
        if kind == "square":
            found["hotspots"] = _square_rows(context, area, measured)
        else:
            found["hotspot_hexagons"] = _hexagon_rows(area, measured)
    return found


def _measure(area: _Area, mine: _Incidents) -> Found:
    """Return the measures of every cell by period and class."""
    counts, density = _by_leaf(area, mine)
    found: Found = {}
    for p, period in enumerate(PERIODS):
        for name, leaves in COUNTED.items():
            of = [CLASSES.index(leaf) for leaf in leaves]
            n, per_km2 = counts[p, of].sum(axis=0), density[p, of].sum(axis=0)
            found[period, name] = _measures(area, n, per_km2)
    return found


def _square_rows(context: MartContext, area: _Area, found: Found) -> pa.Table:
    """Return the cells of an area, once for each class and period."""
    cells = np.flatnonzero(area.cells.inside)
    places, parts = pa.table(_cell_columns(context, area, cells)), []
    for (period, name), measures in found.items():
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


def _hexagon_rows(area: _Area, found: Found) -> pa.Table:
    """Return a row for each class and period in which something happened, its cells in lists."""
    place = {
        "scope_kind": area.kind,
        "scope_id": area.scope_id,
        "station_id": area.scope_id if area.kind == "station" else None,
    }
    kept = {
        key: np.flatnonzero(_worth_keeping(measures) & area.cells.inside)
        for key, measures in found.items()
    }
    return hexagon_rows(place, area.cells, found, kept)


def _worth_keeping(measures: dict[str, np.ndarray]) -> np.ndarray:
    """Tell which cells a map would show: something happened, it is sure, or it is not empty."""
    density = measures["density_per_km2"]
    faint = density <= FAINT * density.max(initial=0.0)
    sure = measures["is_hot"] | measures["is_cold"]
    return np.asarray((measures["n"] > 0) | sure | ~faint)


def _by_leaf(area: _Area, mine: _Incidents) -> tuple[np.ndarray, np.ndarray]:
    """Return counts and densities (per km2), shape (periods, classes, rows, columns)."""
    grid, cell = area.cells.grid, area.cells.cell
    counts = np.zeros((len(PERIODS), len(CLASSES), *grid.shape), np.int64)
    density = np.zeros(counts.shape)
    leaves = [slice(*mine.edges[leaf:][:2]) for leaf in range(len(CLASSES))]
    for p, period in enumerate(PERIODS):
        xy = [mine.xy[one] if p == 0 else mine.xy[one][mine.is_recent[one]] for one in leaves]
        of = [cell[one] if p == 0 else cell[one][mine.is_recent[one]] for one in leaves]
        for leaf, found in enumerate(of):
            counts[p, leaf] = np.bincount(found, minlength=grid.nx * grid.ny).reshape(grid.shape)
        density[p] = M2_PER_KM2 * kde_of_each(
            xy,
            grid,
            bandwidth_m=area.bandwidths_m[period],
            inside=area.cells.inside,
            binned_above=EXACT_UP_TO,
        )
    return counts, density


def _measures(area: _Area, n: np.ndarray, density: np.ndarray) -> dict[str, np.ndarray]:
    nothing = np.full(n.shape, np.nan)
    z = p = p_fdr = nothing
    if n.sum() >= FEWEST_INCIDENTS:
        around: Neighbourhood = "hexagon" if isinstance(area.cells.grid, HexGrid) else "queen"
        values = np.where(area.cells.inside, n, np.nan)
        found = gi_star(values, neighbourhood=around, approximation="gamma")
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
    grid = area.cells.grid
    x, y = grid.centres()[cells].T
    lon, lat = projection.unproject(x, y, epsg=context.district.epsg)
    station = area.scope_id if area.kind == "station" else None
    return {
        "scope_kind": _same(area.kind, len(cells)),
        "scope_id": _same(area.scope_id, len(cells)),
        "station_id": _same(station, len(cells)),
        "cell_id": pa.array(area.cells.names(cells), pa.string()).dictionary_encode(),
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
