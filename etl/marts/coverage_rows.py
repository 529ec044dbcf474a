"""Rows of the coverage tables, from what the analysis found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from etl.marts.coverage_cameras import CameraList
from etl.marts.coverage_ground import Ground, Spots
from etl.shapes import column_of_outlines
from geo._threads import n_threads, run_in_chunks
from geo.coverage import CityCoverage
from geo.nearest import nearest
from geo.outlines import Outlines, join_outlines
from geo.patrol import PatrolReach
from geo.projection import unproject
from geo.sight import DAYPARTS, Cameras, Sight, outlines_of_views
from geo.viewshed import WallIndex, viewsheds

PERSON = "recognise"
MOST_BLIND = 100
SMOOTH_CELLS = 0.7  # an outline may move by less than one cell to lose its steps
DRAWN_VERTICES = 60  # of a whole circle: a chord lies 2 cm inside an arc of 17 m
ROW_GROUP = 122_880  # rows that DuckDB lays down together


def insert(
    con: duckdb.DuckDBPyConnection, table: str, columns: dict[str, Any], joined: str, scope: str
) -> None:
    """Insert columns into a mart table, with the station and street of `scope` by a join."""
    names = ", ".join(columns)
    some = any(len(values) for values in columns.values())
    if not some:  # and no values tell no type
        return
    con.register("found", pa.table(columns))
    con.execute(
        f"INSERT INTO mart.{table} ({names}, station_id, street_id) "
        f"SELECT {', '.join(f'f.{name}' for name in columns)}, "
        f"{scope}.station_id, {scope}.street_id {joined}"
    )
    con.unregister("found")


def append(con: duckdb.DuckDBPyConnection, table: str, columns: dict[str, Any]) -> None:
    """Insert columns that bring their station and street along, in the order they come."""
    found = pa.table(columns)
    batches = found.to_batches(max_chunksize=ROW_GROUP)
    con.register("found", pa.Table.from_batches(batches, found.schema))
    names = ", ".join(columns)
    con.execute(f"INSERT INTO mart.{table} ({names}) SELECT {names} FROM found")
    con.unregister("found")


def gathered(scope: pa.Table, rows: NDArray[np.int64], *then: NDArray[Any]) -> Any:
    """Order of rows of a scope by station, so that a slice reads its own stretch; then by row."""
    station = scope["station_id"].combine_chunks().dictionary_encode()
    rank = pc.rank(station.dictionary, sort_keys="ascending", tiebreaker="dense").to_numpy()
    place = np.append(rank, 0)[np.asarray(pc.fill_null(station.indices, -1)).astype(np.int64)]
    return np.lexsort((*reversed(then), rows, place[rows]))


def fill_coverage(
    con: duckdb.DuckDBPyConnection,
    ground: Ground,
    sight: Sight,
    levels: dict[str, float],
    city: CityCoverage,
    incidents: Spots,
    seen: NDArray[np.bool_],
    gates: Spots,
    gate_seen: NDArray[np.bool_],
    which: NDArray[np.int64],
) -> None:
    """Fill `mart.coverage` for the communities of the city: a row by level and daypart."""
    n, shape = len(ground.plots), (len(ground.plots), *city.seen_m2.shape[1:])
    n_gates = _per_community(gates, np.ones(len(gates.x), bool), n)
    n_gates_seen, n_seen = np.zeros(shape, np.int64), np.zeros(shape, np.int64)
    n_incidents = np.zeros((n, 2), np.int64)
    for part in range(2):
        mine = incidents.daypart == part
        n_incidents[:, part] = _per_community(incidents, mine, n)
        for level in range(shape[2]):
            n_gates_seen[:, part, level] = _per_community(gates, gate_seen[:, part, level], n)
            n_seen[:, part, level] = _per_community(incidents, mine & seen[:, part, level], n)
    n, shape = len(which), city.seen_m2.shape
    n_gates, n_gates_seen = n_gates[which], n_gates_seen[which]
    n_incidents, n_seen = n_incidents[which], n_seen[which]
    open_m2 = np.broadcast_to(city.open_m2[:, None, None], shape)
    strip_m2 = np.broadcast_to(city.strip_m2[:, None, None], shape)
    density = np.array([levels[name] for name in sight.levels])
    each = shape[1] * shape[2]
    order = gathered(ground.scope.take(pa.array(which)), np.arange(n))
    columns = {
        "level": _words(sight.levels, np.tile(np.arange(shape[2]), n * shape[1])),
        "px_per_m": np.tile(density, n * shape[1]),
        "daypart": _words(DAYPARTS, np.tile(np.repeat(np.arange(shape[1]), shape[2]), n)),
        "open_area_m2": open_m2.ravel(),
        "seen_area_m2": city.seen_m2.ravel(),
        "seen_fraction": _share(city.seen_m2, open_m2),
        "k2_fraction": _share(city.seen_twice_m2, open_m2),
        "k3_fraction": _share(city.seen_thrice_m2, open_m2),
        "possible_fraction": _share(city.possible_m2, open_m2),
        "strip_seen_fraction": _share(city.strip_seen_m2, strip_m2),
        "n_gates": np.repeat(n_gates, each),
        "n_gates_seen": n_gates_seen.ravel(),
        "n_incidents": np.repeat(n_incidents.ravel(), shape[2]),
        "n_incidents_seen": n_seen.ravel(),
        "cell_m": np.repeat(city.cell_m, each),
    }
    rows = (order[:, None] * each + np.arange(each)).ravel()
    found = pa.table(columns).take(pa.array(rows))
    scope = ground.scoped(np.repeat(which[order], each))
    append(con, "coverage", scope | dict(zip(found.column_names, found.columns, strict=True)))


def fill_cameras(
    con: duckdb.DuckDBPyConnection,
    cameras: CameraList,
    sight: Sight,
    unique_m2: NDArray[np.float64],
    walls: WallIndex,
    optics: Cameras,
    wanted: NDArray[np.bool_],
) -> None:
    """Fill `mart.camera_coverage` and `mart.viewsheds` at the level that recognises a person."""
    working, level = cameras.working, sight.levels.index(PERSON)
    n = len(cameras.ids)
    scope = con.execute(
        "SELECT camera_id, community_id, station_id, street_id FROM core.cameras ORDER BY camera_id"
    ).to_arrow_table()
    order = gathered(scope, np.arange(n))
    mine = sight.known & wanted[working]
    place = np.empty(n, np.int64)
    place[order] = np.arange(n)
    reach = np.sqrt(np.maximum(sight.reach2[:, :, level], 0.0))
    area = np.full((len(working), 2), np.nan)
    area[sight.known] = 0.0
    drawn: list[_Drawn] = []
    for part in range(len(DAYPARTS)):
        seeing = np.flatnonzero(mine & (reach[:, part] > 0))
        alike = np.flatnonzero(reach[seeing, part] == reach[seeing, 0]) if part else seeing[:0]
        drawn.append(_draw(seeing, alike, drawn, reach[:, part], optics, walls))
        area[seeing, part] = drawn[-1].area_m2
        some = np.flatnonzero(drawn[-1].area_m2 > 0)
        some = some[np.argsort(place[working[seeing[some]]])]
        rows = working[seeing[some]]
        columns = {
            "level": _words((PERSON,), np.zeros(len(rows), np.int64)),
            "daypart": _words(DAYPARTS, np.full(len(rows), part)),
            "is_assumed": cameras.assumed[rows, part],
            "geometry": column_of_outlines(drawn[-1].outlines.take(some)),
        }
        append(con, "viewsheds", _columns(scope.take(pa.array(rows))) | columns)
    unique = np.where(sight.known, unique_m2[:, 0, level], np.nan)
    columns = {
        "state": pa.array(cameras.state, pa.string()),
        "hfov_deg": _spread(n, working, optics.hfov_deg),
        "reach_m": _spread(n, working, reach[:, 0]),
        "night_reach_m": _spread(n, working, reach[:, 1]),
        "seen_area_m2": _spread(n, working, area[:, 0]),
        "unique_area_m2": _spread(n, working, unique),
        "is_assumed": pa.array(cameras.assumed.any(axis=1)),
        "missing": pa.array([text or None for text in cameras.missing], pa.string()),
    }
    found = pa.table(_columns(scope) | columns).take(pa.array(order[wanted[order]]))
    append(con, "camera_coverage", _columns(found))


@dataclass(frozen=True)
class _Drawn:
    """Views of some cameras at one reach."""

    rows: NDArray[np.int64]
    area_m2: NDArray[np.float64]
    outlines: Outlines


def _draw(
    seeing: NDArray[np.int64],
    alike: NDArray[np.int64],
    before: list[_Drawn],
    reach: NDArray[np.float64],
    optics: Cameras,
    walls: WallIndex,
) -> _Drawn:
    """Draw the views of some cameras, less those `alike` that were drawn before."""
    fresh = np.delete(np.arange(len(seeing)), alike)
    rows = seeing[fresh]
    views = viewsheds(
        optics.x[rows], optics.y[rows], walls,
        range_m=reach[rows],
        bearing_deg=np.nan_to_num(optics.bearing_deg[rows]),
        hfov_deg=optics.hfov_deg[rows],
        arc_vertices=DRAWN_VERTICES,
        n_threads=n_threads(),
    )  # fmt: skip
    outlines, area = outlines_of_views(views), views.areas_m2
    if not len(alike):
        return _Drawn(seeing, area, outlines)
    (old,) = before
    known = np.searchsorted(old.rows, seeing[alike])
    place = np.empty(len(seeing), np.int64)
    place[fresh] = len(old.rows) + np.arange(len(fresh))
    place[alike] = known
    whole = join_outlines([old.outlines, outlines])
    return _Drawn(seeing, np.concatenate([old.area_m2, area])[place], whole.take(place))


def fill_blind_spots(
    con: duckdb.DuckDBPyConnection,
    ground: Ground,
    city: CityCoverage,
    camera_ids: NDArray[np.object_],
    optics: Cameras,
    which: NDArray[np.int64],
    *,
    epsg: int,
) -> None:
    """Fill `mart.blind_spots`, those with most incidents and gates first in their community.

    Of each community, level and daypart the first hundred are listed. The points counted by
    `city` are incidents by day, incidents by night, gates.
    """
    blind = city.blind
    if not len(blind.geometry):
        return
    rows = np.arange(len(blind.geometry))
    n_incidents = blind.n_points[rows, blind.daypart]
    n_gates = blind.n_points[:, 2]
    order = np.lexsort(
        (rows, -blind.area_m2, -n_gates, -n_incidents, blind.level, blind.daypart, blind.community)
    )
    group = np.stack([blind.community, blind.daypart, blind.level])[:, order]
    begins = np.flatnonzero(np.r_[True, np.any(group[:, 1:] != group[:, :-1], axis=0)])
    rank = np.arange(len(order)) - np.repeat(begins, np.diff(np.r_[begins, len(order)])) + 1
    order, rank = order[rank <= MOST_BLIND], rank[rank <= MOST_BLIND]
    by_station = gathered(ground.scope, which[blind.community[order]], np.arange(len(order)))
    order, rank = order[by_station], rank[by_station]
    x, y = blind.x[order], blind.y[order]
    lon, lat = _unproject(x, y, epsg)
    row, distance = nearest(x, y, of_x=optics.x, of_y=optics.y)
    scope = ground.scoped(which[blind.community[order]])
    level = _words(city.levels, blind.level[order])
    daypart = _words(DAYPARTS, blind.daypart[order])
    words = (scope["community_id"], level, daypart, pa.array(rank).cast(pa.string()))
    columns = {
        "blind_spot_id": pc.binary_join_element_wise(*words, ":"),
        "level": level,
        "daypart": daypart,
        "rank": rank,
        "blind_area_m2": blind.area_m2[order],
        "n_incidents": n_incidents[order],
        "n_gates": n_gates[order],
        "nearest_camera_id": pa.array(camera_ids, pa.string()).take(pa.array(row, mask=row < 0)),
        "nearest_camera_m": _or_null(distance),
        "x": x,
        "y": y,
        "lon": lon,
        "lat": lat,
        "geometry": column_of_outlines(blind.outlines.take(order)),
    }
    append(con, "blind_spots", scope | columns)


def _unproject(
    x: NDArray[np.float64], y: NDArray[np.float64], epsg: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Degrees of points, by PROJ alone: the answer for one must not depend on the others."""
    lonlat = np.empty((len(x), 2))

    def work(first: int, beyond: int) -> None:
        part = unproject(x[first:beyond], y[first:beyond], epsg=epsg, many=len(x) + 1)
        lonlat[first:beyond] = np.column_stack(part)

    run_in_chunks(work, len(x))
    return lonlat[:, 0].copy(), lonlat[:, 1].copy()


def fill_patrols(
    con: duckdb.DuckDBPyConnection,
    ground: Ground,
    reach: PatrolReach,
    incidents: Spots,
    reached: NDArray[np.bool_],
    visits_per_day: NDArray[np.float64],
) -> None:
    """Fill `mart.patrol_reach`."""
    n = len(ground.plots)
    columns = ground.scoped() | {
        "n_patrol_points": reach.n_points,
        "reach_fraction": _share(reach.reached_m2, reach.open_m2),
        "n_incidents": _per_community(incidents, np.ones(len(incidents.x), bool), n),
        "n_incidents_reached": _per_community(incidents, reached, n),
        "visits_per_day": _or_null(visits_per_day),
    }
    append(con, "patrol_reach", columns)


def fill_uncovered(
    con: duckdb.DuckDBPyConnection,
    ground: Ground,
    sight: Sight,
    incidents: Spots,
    seen: NDArray[np.bool_],
    reached: NDArray[np.bool_] | None,
) -> None:
    """Fill `mart.uncovered`; without patrol points the shares rest on cameras alone."""
    n = len(ground.plots)
    rows = np.arange(len(incidents.x))
    recognised = seen[rows, incidents.daypart, sight.levels.index(PERSON)]
    neither = ~recognised if reached is None else ~(recognised | reached)
    located = _per_community(incidents, np.ones(len(rows), bool), n)
    n_patrolled = None if reached is None else _per_community(incidents, reached, n)
    n_uncovered = _per_community(incidents, neither, n)
    columns = ground.scoped() | {
        "n_located": located,
        "n_recognised": _per_community(incidents, recognised, n),
        "n_patrolled": pa.nulls(n, pa.int64()) if n_patrolled is None else n_patrolled,
        "n_uncovered": n_uncovered,
        "uncovered_fraction": _share(n_uncovered, located),
    }
    for part, daypart in enumerate(DAYPARTS):
        mine = incidents.daypart == part
        of_part, lost = (_per_community(incidents, one, n) for one in (mine, mine & neither))
        columns |= {
            f"n_located_{daypart}": of_part,
            f"n_uncovered_{daypart}": lost,
            f"uncovered_{daypart}_fraction": _share(lost, of_part),
        }
    append(con, "uncovered", columns)


def _per_community(spots: Spots, wanted: NDArray[np.bool_], n: int) -> NDArray[np.int64]:
    """Count the wanted points of each community."""
    inside = wanted & (spots.community >= 0)
    return np.bincount(spots.community[inside], minlength=n)


def _share(part: NDArray[Any], whole: NDArray[Any]) -> pa.Array:
    """Shares, NULL where there is nothing to share."""
    whole, part = np.asarray(whole, float).ravel(), np.asarray(part, float).ravel()
    return _or_null(np.divide(part, whole, out=np.full(len(part), np.nan), where=whole > 0))


def _or_null(values: NDArray[np.float64]) -> pa.Array:
    return pa.array(values, from_pandas=True)


def _spread(n: int, rows: NDArray[np.int64], values: NDArray[np.float64]) -> pa.Array:
    """Values of some rows among all, NULL in the others."""
    whole = np.full(n, np.nan)
    whole[rows] = values
    return _or_null(whole)


def _words(words: Sequence[str], rows: NDArray[np.int64]) -> pa.Array:
    """Words by their place among a few."""
    return pa.array(list(words), pa.string()).take(pa.array(rows))


def _columns(table: pa.Table) -> dict[str, pa.ChunkedArray]:
    return dict(zip(table.column_names, table.columns, strict=True))
