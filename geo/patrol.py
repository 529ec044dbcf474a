"""Where a patrol can be in time: ground within walking distance of patrol points, by hour.

References
----------
Dijkstra, E. W. (1959). A note on two problems in connexion with graphs. Numerische Mathematik 1,
269-271.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray

from geo._walk import STEP_X, STEP_Y, count_hours, look_up, paint, walk_all
from geo._walls import index_walls, walls_by_polygon
from geo.errors import GeoError
from geo.viewshed import viewsheds

MOST_CELLS = 1 << 25
LONGEST_WALK_M = 5000.0
ALL_DAY = (1 << 24) - 1
VISITED = 24  # bits 24 to 47: the same for the hours in which points are visited


@dataclass(frozen=True, slots=True, eq=False)
class PatrolReach:
    """Ground within reach of patrol points.

    Parameters
    ----------
    reached
        (rows, columns) free cells from the south-west; bit h is set where a point manned in hour
        h reaches the cell, bit 24 + h where one visited in hour h does.
    blocked
        (rows, columns) 1 in cells whose centre a building holds.
    west_m, south_m, cell_m
        Corner and cell size, metres.
    open_m2
        (n,) open ground of each community.
    reached_m2
        (n,) of it, reached at some hour.
    reached_by_hour_m2
        (n, 24) of it, reached in each hour of the day from points manned then.
    visited_by_hour_m2
        (n, 24) of it, reached in each hour from points visited then.
    n_points
        (n,) patrol points that reach some open ground of the community.
    owner
        (rows, columns) community of each free cell, -1 for none.
    """

    reached: NDArray[np.uint64]
    blocked: NDArray[np.uint8]
    west_m: float
    south_m: float
    cell_m: float
    open_m2: NDArray[np.float64]
    reached_m2: NDArray[np.float64]
    reached_by_hour_m2: NDArray[np.float64]
    visited_by_hour_m2: NDArray[np.float64]
    n_points: NDArray[np.int64]
    owner: NDArray[np.int32]


def hours_manned(starts_at: ArrayLike, ends_at: ArrayLike) -> NDArray[np.uint32]:
    """Hours of the day in which points are manned, as bits.

    Parameters
    ----------
    starts_at, ends_at
        (n,) local hours in [0, 24]; NaN in either, or equal hours, mean the whole day; a start
        after the end runs over midnight.

    Returns
    -------
    ndarray
        (n,) bit h is set when the point is manned for any part of the hour from h to h + 1.

    Raises
    ------
    GeoError
        Hours out of their range.
    """
    start, end = (
        np.atleast_1d(np.asarray(starts_at, float)),
        np.atleast_1d(np.asarray(ends_at, float)),
    )
    bad = np.flatnonzero((start < 0) | (start > 24) | (end < 0) | (end > 24))
    if bad.size:
        raise GeoError(
            f"hours_manned: {bad.size} of {len(start)} points, the first from {start[bad[0]]} to "
            f"{end[bad[0]]}; hours in [0, 24] were expected. Correct these points."
        )
    hour = np.arange(24)[None, :]
    s, e = np.nan_to_num(start)[:, None], np.nan_to_num(end)[:, None]
    within = (hour + 1 > s) & (hour < e)
    over = (hour + 1 > s) | (hour < e)
    manned = np.where(s < e, within, over)
    manned[~(np.isfinite(start) & np.isfinite(end)) | (start == end)] = True
    return np.asarray((manned.astype(np.uint32) << hour.astype(np.uint32)).sum(axis=1), np.uint32)


def patrol_reach(
    x: ArrayLike,
    y: ArrayLike,
    *,
    radius_m: ArrayLike,
    communities: Sequence[Any] | NDArray[np.object_],
    buildings: object = (),
    hours: ArrayLike = ALL_DAY,
    visited: ArrayLike = 0,
    cell_m: float = 4.0,
    n_threads: int = 1,
) -> PatrolReach:
    """Ground within walking distance of patrol points, round buildings.

    Parameters
    ----------
    x, y
        (k,) patrol points, metres. One inside a building starts at the nearest free cell, and the
        way there counts.
    radius_m
        (k,) or one: walking distance, metres in (0, 5000].
    communities
        (n,) polygons or multipolygons, metres; where they overlap a cell goes to the first.
    buildings
        Footprints, metres; none means straight walks.
    hours
        (k,) or one: hours manned as bits, from `hours_manned`.
    visited
        (k,) or one: hours in which the log shows visits, as bits, whatever the hours manned.
    cell_m
        Cell size, metres; doubled until the city has 33 million cells.
    n_threads
        Threads; the result is the same for any number.

    Returns
    -------
    PatrolReach
        Communities in the order given. Nothing is reached without points.

    Raises
    ------
    GeoError
        Positions or radii that are not finite or out of range.

    Notes
    -----
    Ground in plain sight of the point has its straight distance. Round corners the walk goes
    from cell to cell in sixteen directions, which is at most 2.8 % too long for the part behind
    the corner; passages narrower than a cell may be lost.
    """
    columns = np.broadcast_arrays(
        np.atleast_1d(np.asarray(x, float)), np.atleast_1d(np.asarray(y, float)),
        np.asarray(radius_m, float), np.asarray(hours, np.uint64), np.asarray(visited, np.uint64),
    )  # fmt: skip
    px, py, radius, manned, seen = (np.array(column) for column in columns)
    bits = manned | (seen << np.uint64(VISITED))
    _check(px, py, radius, cell_m)
    areas = np.empty(len(communities), dtype=object)
    areas[:] = list(communities)
    west, south, cell, ny, nx = _lay(areas, px, py, cell_m)
    painted, owner = np.zeros((ny, nx), np.int32), np.full((ny, nx), -1, np.int32)
    edges, parts = walls_by_polygon(areas[::-1])
    last_first = np.arange(len(areas) - 1, -1, -1, dtype=np.int32)
    paint(edges, parts, last_first, west, south, cell, owner)
    walls, of_house = walls_by_polygon(buildings)
    paint(walls, of_house, np.ones(len(of_house), np.int32), west, south, cell, painted)
    blocked = painted.astype(np.uint8)
    owner[blocked == 1] = -1
    views = viewsheds(px, py, index_walls(walls), range_m=radius * 1.001, n_threads=n_threads)
    cuts = np.linspace(0, len(px), max(1, n_threads) + 1).astype(int)

    def walk(k: int) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
        reached, n_points = np.zeros((ny, nx), np.uint64), np.zeros(len(areas), np.int64)
        walk_all(
            px, py, radius, bits, cuts[k], cuts[k + 1], west, south, cell, blocked, owner,
            views.vertices_xy, views.offsets, STEP_X, STEP_Y, reached, n_points,
        )  # fmt: skip
        return reached, n_points

    with ThreadPoolExecutor(max(1, n_threads)) as pool:
        parts_done = list(pool.map(walk, range(len(cuts) - 1)))
    reached = parts_done[0][0]
    for part in parts_done[1:]:
        reached |= part[0]
    n_points = np.sum([part[1] for part in parts_done], axis=0)
    return _sum(reached, blocked, owner, west, south, cell, n_points)


def within_reach(
    reach: PatrolReach, x: ArrayLike, y: ArrayLike, *, hour: ArrayLike | None = None
) -> NDArray[np.bool_]:
    """Whether points lie within reach of a patrol point.

    Parameters
    ----------
    reach
        From `patrol_reach`.
    x, y
        (n,) points, metres; NaN is not reached.
    hour
        (n,) local hour of each, 0 to 23, to ask for patrol points manned then; any hour when not
        given.

    Returns
    -------
    ndarray
        (n,) by the cell that holds the point; for a point inside a building, by the nearest free
        cells outside.

    Raises
    ------
    GeoError
        Hours outside 0 to 23.
    """
    px, py = np.array(x, float).ravel(), np.array(y, float).ravel()
    mask = np.full(len(px), ALL_DAY, np.uint64)
    if hour is not None:
        hours = np.broadcast_to(np.asarray(hour, np.int64), px.shape)
        bad = np.flatnonzero((hours < 0) | (hours > 23))
        if bad.size:
            raise GeoError(
                f"within_reach: hour of {bad.size} of {len(px)} points, the first "
                f"{hours[bad[0]]}; 0 to 23 was expected. Pass local hours."
            )
        mask = np.uint64(1) << hours.astype(np.uint64)
    return np.asarray((reach_bits(reach, px, py) & mask) != 0)


def reach_bits(reach: PatrolReach, x: ArrayLike, y: ArrayLike) -> NDArray[np.uint64]:
    """Hours in which points are reached.

    Parameters
    ----------
    reach
        From `patrol_reach`.
    x, y
        (n,) points, metres; NaN is not reached.

    Returns
    -------
    ndarray
        (n,) bits as `PatrolReach.reached` has them, by the cell that holds the point; for a point
        inside a building, of the nearest free cells outside.
    """
    px, py = np.array(x, float).ravel(), np.array(y, float).ravel()
    found = np.zeros(len(px), np.uint64)
    look_up(px, py, reach.west_m, reach.south_m, reach.cell_m, reach.reached, reach.blocked, found)
    return found


def _sum(
    reached: NDArray[np.uint64],
    blocked: NDArray[np.uint8],
    owner: NDArray[np.int32],
    west: float,
    south: float,
    cell: float,
    n_points: NDArray[np.int64],
) -> PatrolReach:
    """Areas by community and hour."""
    n, area = len(n_points), cell * cell
    n_free, n_met = np.zeros(n, np.int64), np.zeros(n, np.int64)
    by_hour = np.zeros((n, 2 * VISITED), np.int64)
    count_hours(owner, reached, np.uint64(ALL_DAY), n_free, n_met, by_hour)
    open_m2, met_m2, hourly_m2 = (np.multiply(one, area) for one in (n_free, n_met, by_hour))
    return PatrolReach(
        reached, blocked, west, south, cell, open_m2, met_m2, hourly_m2[:, :VISITED],
        hourly_m2[:, VISITED:], n_points, owner,
    )  # fmt: skip


def _lay(
    areas: NDArray[np.object_], px: NDArray[np.float64], py: NDArray[np.float64], cell_m: float
) -> tuple[float, float, float, int, int]:
    """A lattice through (0, 0) that holds the communities; beyond them nobody asks."""
    west, south, east, north = shapely.total_bounds(areas) if len(areas) else [np.nan] * 4
    if not np.isfinite(west):
        west, south, east, north = (0.0, 0.0, 0.0, 0.0) if not len(px) else (
            px.min(), py.min(), px.max(), py.max()
        )  # fmt: skip
    margin, cell = 100.0, cell_m
    while (east - west + 2 * margin) / cell * ((north - south + 2 * margin) / cell) > MOST_CELLS:
        cell *= 2
    west, south = np.floor((west - margin) / cell) * cell, np.floor((south - margin) / cell) * cell
    nx = int(np.ceil((east + margin - west) / cell))
    ny = int(np.ceil((north + margin - south) / cell))
    return float(west), float(south), cell, ny, nx


def _check(
    x: NDArray[np.float64], y: NDArray[np.float64], radius: NDArray[np.float64], cell_m: float
) -> None:
    bad = np.flatnonzero(~(np.isfinite(x) & np.isfinite(y)))
    wrong = np.flatnonzero(~((radius > 0) & (radius <= LONGEST_WALK_M)))
    faults = []
    if bad.size:
        faults.append(
            f"the position of {bad.size} of {len(x)} points is not finite, the first row {bad[0]}"
        )
    if wrong.size:
        faults.append(
            f"radius_m of {wrong.size} of {len(x)} points, the first {radius[wrong[0]]}; metres in "
            f"(0, {LONGEST_WALK_M:.0f}] were expected"
        )
    if not 0.5 <= cell_m <= 100:
        faults.append(f"cell_m is {cell_m}; 0.5 to 100 m was expected")
    if faults:
        raise GeoError(f"patrol_reach: {'; '.join(faults)}. Correct or leave out these points.")
