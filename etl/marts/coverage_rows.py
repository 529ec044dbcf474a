"""Rows of the coverage tables, from what the analysis found."""

from __future__ import annotations

from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import shapely
from numpy.typing import NDArray

from etl.marts.coverage_cameras import CameraList
from etl.marts.coverage_ground import Ground, Spots, objects
from geo.coverage import CityCoverage
from geo.patrol import PatrolReach
from geo.projection import unproject
from geo.sight import DAYPARTS, Cameras, Sight
from geo.viewshed import WallIndex, viewsheds

PERSON = "recognise"
MOST_BLIND = 100
SMOOTH_CELLS = 0.75  # an outline may move by less than one cell to lose its steps
_BY_COMMUNITY = "FROM found f JOIN core.communities c ON c.community_id = f.community_id"


def insert(
    con: duckdb.DuckDBPyConnection, table: str, columns: dict[str, Any], joined: str, scope: str
) -> None:
    """Insert columns into a mart table, with the station and street of `scope` by a join."""
    names = ", ".join(columns)
    con.register("found", pa.table(columns))
    con.execute(
        f"INSERT INTO mart.{table} ({names}, station_id, street_id) "
        f"SELECT {', '.join(f'f.{name}' for name in columns)}, "
        f"{scope}.station_id, {scope}.street_id {joined}"
    )
    con.unregister("found")


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
) -> None:
    """Fill `mart.coverage`: one row per community, level and daypart."""
    n, shape = len(ground.areas), city.seen_m2.shape
    n_gates = _per_community(gates, np.ones(len(gates.x), bool), n)
    n_gates_seen, n_seen = np.zeros(shape, np.int64), np.zeros(shape, np.int64)
    n_incidents = np.zeros((n, 2), np.int64)
    for part in range(2):
        mine = incidents.daypart == part
        n_incidents[:, part] = _per_community(incidents, mine, n)
        for level in range(shape[2]):
            n_gates_seen[:, part, level] = _per_community(gates, gate_seen[:, part, level], n)
            n_seen[:, part, level] = _per_community(incidents, mine & seen[:, part, level], n)
    open_m2 = np.broadcast_to(city.open_m2[:, None, None], shape)
    strip_m2 = np.broadcast_to(city.strip_m2[:, None, None], shape)
    density = np.array([levels[name] for name in sight.levels])
    columns = {
        "community_id": np.repeat(ground.community_id, shape[1] * shape[2]),
        "level": np.tile(np.array(sight.levels, object), n * shape[1]),
        "px_per_m": np.tile(density, n * shape[1]),
        "daypart": np.tile(np.repeat(np.array(DAYPARTS, object), shape[2]), n),
        "open_area_m2": open_m2.ravel(),
        "seen_area_m2": city.seen_m2.ravel(),
        "seen_fraction": _share(city.seen_m2, open_m2),
        "k2_fraction": _share(city.seen_twice_m2, open_m2),
        "k3_fraction": _share(city.seen_thrice_m2, open_m2),
        "possible_fraction": _share(city.possible_m2, open_m2),
        "strip_seen_fraction": _share(city.strip_seen_m2, strip_m2),
        "n_gates": np.repeat(n_gates, shape[1] * shape[2]),
        "n_gates_seen": n_gates_seen.ravel(),
        "n_incidents": np.repeat(n_incidents.ravel(), shape[2]),
        "n_incidents_seen": n_seen.ravel(),
        "cell_m": np.repeat(city.cell_m, shape[1] * shape[2]),
    }
    insert(
        con,
        "coverage",
        columns,
        f"{_BY_COMMUNITY} ORDER BY f.community_id, f.px_per_m, f.daypart",
        "c",
    )


def fill_cameras(
    con: duckdb.DuckDBPyConnection,
    cameras: CameraList,
    sight: Sight,
    city: CityCoverage,
    walls: WallIndex,
    optics: Cameras,
) -> None:
    """Fill `mart.camera_coverage` and `mart.viewsheds` at the level that recognises a person."""
    working, level = cameras.working, sight.levels.index(PERSON)
    n = len(cameras.ids)
    joined = "FROM found f JOIN core.cameras c USING (camera_id) ORDER BY f.camera_id"
    reach = np.sqrt(np.maximum(sight.reach2[:, :, level], 0.0))
    area = np.full((len(working), 2), np.nan)
    for part, daypart in enumerate(DAYPARTS):
        seeing = np.flatnonzero(sight.known & (reach[:, part] > 0))
        views = viewsheds(
            optics.x[seeing], optics.y[seeing], walls,
            range_m=reach[seeing, part],
            bearing_deg=np.nan_to_num(optics.bearing_deg[seeing]),
            hfov_deg=optics.hfov_deg[seeing],
        )  # fmt: skip
        area[sight.known, part] = 0.0
        area[seeing, part] = views.areas_m2
        some = views.areas_m2 > 0
        rows = working[seeing[some]]
        columns = {
            "camera_id": cameras.ids[rows],
            "community_id": _community_of(con, cameras)[rows],
            "level": np.full(len(rows), PERSON, object),
            "daypart": np.full(len(rows), daypart, object),
            "is_assumed": cameras.assumed[rows, part],
            "geometry": shapely.to_wkb(views.polygons()[some]),
        }
        insert(con, "viewsheds", columns, joined, "c")
    unique = np.where(sight.known, city.unique_m2[:, 0, level], np.nan)
    columns = {
        "camera_id": cameras.ids,
        "community_id": _community_of(con, cameras),
        "state": cameras.state,
        "hfov_deg": _spread(n, working, optics.hfov_deg),
        "reach_m": _spread(n, working, reach[:, 0]),
        "night_reach_m": _spread(n, working, reach[:, 1]),
        "seen_area_m2": _spread(n, working, area[:, 0]),
        "unique_area_m2": _spread(n, working, unique),
        "is_assumed": cameras.assumed.any(axis=1),
        "missing": [text or None for text in cameras.missing],
    }
    insert(con, "camera_coverage", columns, joined, "c")


def fill_blind_spots(
    con: duckdb.DuckDBPyConnection,
    ground: Ground,
    city: CityCoverage,
    camera_ids: NDArray[np.object_],
    optics: Cameras,
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
    shapes = shapely.simplify(
        blind.geometry[order], SMOOTH_CELLS * city.cell_m[blind.community[order]]
    )
    inner = shapely.point_on_surface(shapes)
    x, y = shapely.get_x(inner), shapely.get_y(inner)
    lon, lat = unproject(x, y, epsg=epsg)
    camera, distance = _nearest(inner, camera_ids, optics)
    names = ground.community_id[blind.community[order]]
    level = np.array(city.levels, object)[blind.level[order]]
    daypart = np.array(DAYPARTS, object)[blind.daypart[order]]
    keys = [f"{a}:{b}:{c}:{d}" for a, b, c, d in zip(names, level, daypart, rank, strict=True)]
    columns = {
        "blind_spot_id": np.array(keys, object),
        "community_id": names,
        "level": level,
        "daypart": daypart,
        "rank": rank,
        "blind_area_m2": blind.area_m2[order],
        "n_incidents": n_incidents[order],
        "n_gates": n_gates[order],
        "nearest_camera_id": camera,
        "nearest_camera_m": distance,
        "x": x,
        "y": y,
        "lon": lon,
        "lat": lat,
        "geometry": shapely.to_wkb(shapes),
    }
    insert(
        con,
        "blind_spots",
        columns,
        f"{_BY_COMMUNITY} ORDER BY f.community_id, f.daypart, f.level, f.rank",
        "c",
    )


def fill_patrols(
    con: duckdb.DuckDBPyConnection,
    ground: Ground,
    reach: PatrolReach,
    incidents: Spots,
    reached: NDArray[np.bool_],
    visits_per_day: NDArray[np.float64],
) -> None:
    """Fill `mart.patrol_reach`."""
    n = len(ground.areas)
    columns = {
        "community_id": ground.community_id,
        "n_patrol_points": reach.n_points,
        "reach_fraction": _share(reach.reached_m2, reach.open_m2),
        "n_incidents": _per_community(incidents, np.ones(len(incidents.x), bool), n),
        "n_incidents_reached": _per_community(incidents, reached, n),
        "visits_per_day": _or_null(visits_per_day),
    }
    insert(con, "patrol_reach", columns, f"{_BY_COMMUNITY} ORDER BY f.community_id", "c")


def fill_uncovered(
    con: duckdb.DuckDBPyConnection,
    ground: Ground,
    sight: Sight,
    incidents: Spots,
    seen: NDArray[np.bool_],
    reached: NDArray[np.bool_] | None,
) -> None:
    """Fill `mart.uncovered`; without patrol points the shares rest on cameras alone."""
    n = len(ground.areas)
    rows = np.arange(len(incidents.x))
    recognised = seen[rows, incidents.daypart, sight.levels.index(PERSON)]
    neither = ~recognised if reached is None else ~(recognised | reached)
    located = _per_community(incidents, np.ones(len(rows), bool), n)
    n_patrolled = None if reached is None else _per_community(incidents, reached, n)
    n_uncovered = _per_community(incidents, neither, n)
    columns = {
        "community_id": ground.community_id,
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
    insert(con, "uncovered", columns, f"{_BY_COMMUNITY} ORDER BY f.community_id", "c")


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


def _community_of(con: duckdb.DuckDBPyConnection, cameras: CameraList) -> NDArray[np.object_]:
    found = con.execute("SELECT community_id FROM core.cameras ORDER BY camera_id").fetchnumpy()
    return objects(found["community_id"])[: len(cameras.ids)]


def _nearest(
    spots: NDArray[np.object_], camera_ids: NDArray[np.object_], optics: Cameras
) -> tuple[NDArray[np.object_], pa.Array]:
    """Nearest working camera of each spot, the first by id where several are as near."""
    camera, distance = np.full(len(spots), None, object), np.full(len(spots), np.nan)
    if len(camera_ids):
        tree = shapely.STRtree(shapely.points(optics.x, optics.y))
        (row, other), far = tree.query_nearest(spots, return_distance=True)
        first = np.lexsort((other, row))
        row, other, far = row[first], other[first], far[first]
        once = np.unique(row, return_index=True)[1]
        camera[row[once]], distance[row[once]] = camera_ids[other[once]], far[once]
    return camera, _or_null(distance)
