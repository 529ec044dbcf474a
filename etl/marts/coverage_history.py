"""Rows of `mart.coverage_history`: coverage and cameras from each day on which they changed."""

from __future__ import annotations

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from etl.marts.camera_times import FAULTY, NOT_IN_USE, WORKING, Changes
from etl.marts.context import MartContext
from etl.marts.coverage_again import Again
from etl.marts.coverage_ground import objects
from etl.marts.scoped_rows import insert_scoped
from geo.coverage import CityCoverage
from geo.watch import Watch

KINDS = ("district", "station", "street", "community")
COUNTS = ("n_working", "n_faulty", "n_installed", "n_retired", "n_failed", "n_repaired")


def fill_history(
    context: MartContext,
    watch: Watch,
    changes: Changes,
    city: CityCoverage,
    communities: pa.Table,
    again: Again,
) -> None:
    """Fill `mart.coverage_history`.

    Parameters
    ----------
    context
        The open build.
    watch
        Ground seen from day 0 in each community of `again.watched`.
    changes
        Changes of state of the cameras, in the order of their ids.
    city
        Open ground and cell size of each community.
    communities
        Their ids, stations and streets.
    again
        What is to be computed. Rows of the other communities are copied already; their steps are
        read from these rows.

    Notes
    -----
    Ground is added up in whole cells of the district's size (larger cells are four or more), so
    that sums are the same in whatever company a community is computed. Each area has a row for the
    first day, for the last, and for each day between on which its seen ground or its cameras
    changed. Cameras count where they stand, ground where it lies: a camera on the road may see
    into a community.
    """
    con, unit = context.con, context.district.coverage_cell_m**2
    n, open_m2 = len(city.open_m2), city.open_m2
    areas = {kind: objects(communities[f"{kind}_id"].to_numpy()) for kind in KINDS[1:]}
    cameras = _read_scopes(con)
    mine = again.communities if again.copied_cameras else np.arange(n)
    ground = _ground_steps(con, watch, changes, again, areas["community"], unit)
    steps = _camera_steps(changes)
    for kind in KINDS:
        if kind == "district":
            ids = np.array([context.district.district_id], object)
            of_area = np.zeros(n, np.int64)
            of_camera = np.zeros(len(cameras["community"]), np.int64)
        else:
            named = [areas[kind], cameras[kind]] if kind != "community" else [areas[kind][mine]]
            ids = _unique(named)
            of_area, of_camera = (_places(one[kind], ids) for one in (areas, cameras))
        rows = _sum_steps(ground, steps, of_area, of_camera, len(ids), changes.last_day)
        scope, day, values = rows
        known = of_area >= 0
        ground_m2 = np.zeros(len(ids))
        np.add.at(ground_m2, of_area[known], open_m2[known])
        values[:, :2] *= unit
        one = communities if kind != "community" else communities.take(pa.array(mine))
        _insert(con, kind, ids, scope, day, values, ground_m2[scope], changes, one)


def _read_scopes(con: duckdb.DuckDBPyConnection) -> dict[str, NDArray[np.object_]]:
    rows = con.execute(
        "SELECT station_id AS station, street_id AS street, community_id AS community "
        "FROM core.cameras ORDER BY camera_id"
    ).fetchnumpy()
    return {name: objects(values) for name, values in rows.items()}


def _unique(named: list[NDArray[np.object_]]) -> NDArray[np.object_]:
    found = pa.chunked_array([pa.array(one, pa.string()) for one in named]).unique().drop_null()
    return np.array(sorted(found.to_pylist()), object)


def _places(names: NDArray[np.object_], ids: NDArray[np.object_]) -> NDArray[np.int64]:
    """Row of each name among the sorted ids, -1 for none."""
    index = pa.array(names, pa.string())
    found = pc.index_in(index, value_set=pa.array(ids, pa.string()))
    return np.asarray(found.fill_null(-1)).astype(np.int64)


def _ground_steps(
    con: duckdb.DuckDBPyConnection,
    watch: Watch,
    changes: Changes,
    again: Again,
    ids: NDArray[np.object_],
    unit: float,
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Community, day and change of the ground seen by day and at night, in cells."""
    community = np.repeat(again.watched, np.diff(watch.starts))
    day, seen = watch.day, watch.seen_m2
    if again.copied_cameras:
        old = _read_history(con, changes, ids)
        mine = np.isin(community, again.communities)
        community = np.concatenate([community[mine], old[0]])
        day, seen = np.concatenate([day[mine], old[1]]), np.concatenate([seen[mine], old[2]])
    cells = np.rint(seen / unit)
    step = cells.copy()
    same = community[1:] == community[:-1]
    step[1:][same] -= cells[:-1][same]
    return community, day, step


def _read_history(
    con: duckdb.DuckDBPyConnection, changes: Changes, ids: NDArray[np.object_]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Community, day and ground seen, as copied from the served build."""
    rows = con.execute(
        "SELECT scope_id, from_on - $first AS day, seen_area_m2, seen_night_area_m2 "
        "FROM mart.coverage_history ORDER BY scope_id, from_on",
        {"first": changes.first},
    ).fetchnumpy()
    seen = np.column_stack([rows["seen_area_m2"], rows["seen_night_area_m2"]])
    place = _places(objects(rows["scope_id"]), ids)
    return place, np.asarray(rows["day"], np.int64), np.asarray(seen, np.float64)


def _camera_steps(
    changes: Changes,
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Camera, day and what changes in each of `COUNTS`; before day 0 only the state counts."""
    before, after = changes.before, changes.after
    event = changes.day > 0
    steps = np.column_stack(
        [
            (after == WORKING).astype(int) - (before == WORKING),
            (after == FAULTY).astype(int) - (before == FAULTY),
            event & (before == NOT_IN_USE),
            event & (after == NOT_IN_USE),
            event & (before == WORKING) & (after == FAULTY),
            event & (before == FAULTY) & (after == WORKING),
        ]
    ).astype(np.int64)
    inside = changes.day <= changes.last_day
    return changes.camera[inside], np.maximum(changes.day[inside], 0), steps[inside]


def _sum_steps(
    ground: tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]],
    cameras: tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]],
    of_area: NDArray[np.int64],
    of_camera: NDArray[np.int64],
    n: int,
    last_day: int,
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Scope, day and the eight figures (ground by day and night, `COUNTS`) from that day on."""
    width = 2 + len(COUNTS)
    ends = np.repeat(np.arange(n), 2)
    scope = np.concatenate([ends, of_area[ground[0]], of_camera[cameras[0]]])
    day = np.concatenate([np.tile([0, last_day], n), ground[1], cameras[1]])
    step = np.zeros((len(scope), width))
    first = len(ends) + len(ground[0])
    step[len(ends) : first, :2] = ground[2]
    step[first:, 2:] = cameras[2]
    order = np.lexsort((day, scope))
    order = order[scope[order] >= 0]
    scope, day, step = scope[order], day[order], step[order]
    begins = np.ones(len(scope), bool)
    begins[1:] = (scope[1:] != scope[:-1]) | (day[1:] != day[:-1])
    rows = np.flatnonzero(begins)
    if not len(rows):
        return scope, day, step
    step = np.add.reduceat(step, rows, axis=0)
    scope, day = scope[rows], day[rows]
    # two days whose steps cancel out are no news, unless a camera is
    news = np.any(step != 0, axis=1) | (day == 0) | (day == last_day)
    scope, day, step = scope[news], day[news], step[news]
    values = step.copy()
    values[:, :4] = np.cumsum(step[:, :4], axis=0)
    base = np.flatnonzero(np.append(True, scope[1:] != scope[:-1]))
    before = np.vstack([np.zeros((1, 4)), values[base[1:] - 1, :4]])
    values[:, :4] -= np.repeat(before, np.diff(np.append(base, len(scope))), axis=0)
    return scope, day, values


def _insert(
    con: duckdb.DuckDBPyConnection,
    kind: str,
    ids: NDArray[np.object_],
    scope: NDArray[np.int64],
    day: NDArray[np.int64],
    values: NDArray[np.float64],
    open_m2: NDArray[np.float64],
    changes: Changes,
    communities: pa.Table,
) -> None:
    first = np.datetime64(changes.first, "D")
    share = np.full((len(scope), 2), np.nan)
    np.divide(values[:, :2], open_m2[:, None], out=share, where=open_m2[:, None] > 0)
    area = np.maximum(np.round(values[:, :2], 6), 0.0)
    columns = {
        "from_on": pa.array(first + day.astype("timedelta64[D]")),
        "open_area_m2": open_m2,
        "seen_area_m2": area[:, 0],
        "seen_night_area_m2": area[:, 1],
        "seen_fraction": pa.array(np.clip(share[:, 0], 0.0, 1.0), from_pandas=True),
        "seen_night_fraction": pa.array(np.clip(share[:, 1], 0.0, 1.0), from_pandas=True),
        **{name: np.round(values[:, 2 + k]).astype(np.int64) for k, name in enumerate(COUNTS)},
    }
    insert_scoped(con, "coverage_history", kind, ids, scope, columns, communities)


def coverage_on(con: duckdb.DuckDBPyConnection, day: str, *, scope_kind: str) -> pa.Table:
    """Coverage of every area of a kind as of any date.

    Parameters
    ----------
    con
        A build that holds `mart.coverage_history`.
    day
        ISO date within the two years before the build.
    scope_kind
        One of district, station, street, community.

    Returns
    -------
    pyarrow.Table
        The row of each area that held on that day; none before the first.
    """
    return con.execute(
        "SELECT * FROM mart.coverage_history WHERE scope_kind = $kind "
        "AND from_on <= CAST($day AS DATE) "
        "QUALIFY row_number() OVER (PARTITION BY scope_id ORDER BY from_on DESC) = 1 "
        "ORDER BY scope_id",
        {"kind": scope_kind, "day": day},
    ).to_arrow_table()
