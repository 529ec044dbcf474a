"""Where cameras hang: on the outside of buildings, never within them."""

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray

from geo._boxes import pair_boxes
from geo._kernels import kernel
from geo.errors import GeoError
from geo.outlines import Outlines, outlines_of

STANDS, MOVED, REFUSED = 0, 1, 2
DEEPEST_M = 1.0
OFF_WALL_M = 0.05
_NEAR_M = DEEPEST_M + 1.0  # no camera is moved farther, whatever depth is asked for
_TOUCH_M = 1e-6


@dataclass(frozen=True, slots=True, eq=False)
class Mounting:
    """Positions of cameras after they were held against buildings.

    Parameters
    ----------
    x, y
        (n,) positions, metres; unchanged where nothing had to be done or could be done.
    state
        (n,) 0 stands free, 1 moved out of a building, 2 refused.
    depth_m
        (n,) how deep in a building it stood, metres, 0 outside.
    """

    x: NDArray[np.float64]
    y: NDArray[np.float64]
    state: NDArray[np.int8]
    depth_m: NDArray[np.float64]


def mount_cameras(
    x: ArrayLike, y: ArrayLike, buildings: object, *, deepest_m: float = DEEPEST_M
) -> Mounting:
    """Move cameras that stand on or just inside a wall to the outside of it.

    Parameters
    ----------
    x, y
        (n,) positions, metres.
    buildings
        Sequence or array of polygons, or Outlines, metres; empty gives every camera back as it is.
    deepest_m
        A camera deeper in its building than this is refused, metres.

    Returns
    -------
    Mounting
        Moved cameras hang 0.05 m off the nearest wall. One that would land in another building,
        as between two that share a wall, is refused.

    Raises
    ------
    GeoError
        Positions that are not finite.
    """
    px = np.array(x, dtype=np.float64).ravel()
    py = np.array(y, dtype=np.float64).ravel()
    bad = np.flatnonzero(~(np.isfinite(px) & np.isfinite(py)))
    if bad.size:
        raise GeoError(
            f"mount_cameras: {bad.size} of {len(px)} positions are not finite, the first is row "
            f"{bad[0]}; metres were expected. Leave out cameras without a position."
        )
    state, depth = np.zeros(len(px), np.int8), np.zeros(len(px))
    houses = outlines_of(buildings)
    met = _touching(px, py, houses)
    if not met.size:
        return Mounting(px, py, state, depth)
    found = _mount(px[met], py[met], _round(px[met], py[met], houses, deepest_m), deepest_m)
    px[met], py[met], state[met], depth[met] = found.x, found.y, found.state, found.depth_m
    return Mounting(px, py, state, depth)


def _touching(
    px: NDArray[np.float64], py: NDArray[np.float64], houses: Outlines
) -> NDArray[np.int64]:
    """Cameras in or on a building; few, so that shapes are made for their neighbours alone."""
    bounds = houses.bounds() + np.array([-1.0, -1.0, 1.0, 1.0]) * _TOUCH_M
    starts, rows = pair_boxes(bounds, np.column_stack([px, py, px, py]))
    edges, edge_starts = houses.edges()
    touches = np.zeros(len(px), np.bool_)
    _touch(px, py, starts, rows, edges, edge_starts, touches)
    return np.flatnonzero(touches)


@kernel
def _touch(px, py, starts, rows, edges, edge_starts, touches):  # type: ignore[no-untyped-def]
    """Mark the points inside a house by the even-odd rule, or within a hair of its walls."""
    for h in range(len(starts) - 1):
        for k in range(starts[h], starts[h + 1]):
            i = rows[k]
            inside, near = False, False
            for e in range(edge_starts[h], edge_starts[h + 1]):
                x0, y0, x1, y1 = edges[e]
                crossing = (y0 > py[i]) != (y1 > py[i])
                if crossing and px[i] < x0 + (py[i] - y0) * (x1 - x0) / (y1 - y0):
                    inside = not inside
                ux, uy, wx, wy = x1 - x0, y1 - y0, px[i] - x0, py[i] - y0
                t = min(max((wx * ux + wy * uy) / (ux * ux + uy * uy), 0.0), 1.0)
                near = near or (wx - t * ux) ** 2 + (wy - t * uy) ** 2 <= _TOUCH_M * _TOUCH_M
            if inside or near:
                touches[i] = True


def _round(
    px: NDArray[np.float64], py: NDArray[np.float64], houses: Outlines, deepest_m: float
) -> NDArray[np.object_]:
    """Buildings that a camera stands in, or could come to stand in, as shapes in their order."""
    r = max(_NEAR_M, deepest_m + 1.0)
    rows = pair_boxes(np.column_stack([px - r, py - r, px + r, py + r]), houses.bounds())[1]
    return houses.take(np.unique(rows)).polygons()


def _mount(
    px: NDArray[np.float64],
    py: NDArray[np.float64],
    shapes: NDArray[np.object_],
    deepest_m: float,
) -> Mounting:
    """Mount cameras among buildings that are all near."""
    state, depth = np.zeros(len(px), np.int8), np.zeros(len(px))
    tree = shapely.STRtree(shapes)
    inside, house = tree.query(shapely.points(px, py), predicate="intersects")
    if not inside.size:
        return Mounting(px, py, state, depth)
    walls = shapely.boundary(shapes[house])
    spots = shapely.points(px[inside], py[inside])
    deep = shapely.distance(spots, walls)
    np.maximum.at(depth, inside, deep)
    order = np.lexsort((house, -deep, inside))  # the building it is deepest in, once
    keep = order[np.unique(inside[order], return_index=True)[1]]
    inside, walls, deep, spots = inside[keep], walls[keep], deep[keep], spots[keep]
    state[inside] = REFUSED
    near = deep <= deepest_m
    inside, walls, spots = inside[near], walls[near], spots[near]
    target, found = _step_out(spots, walls, tree)
    moved = inside[found]
    px[moved], py[moved] = target[found, 0], target[found, 1]
    state[moved] = MOVED
    return Mounting(px, py, state, depth)


def _step_out(
    spots: NDArray[np.object_], walls: NDArray[np.object_], tree: shapely.STRtree
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Find a free place off the nearest wall: straight out first, then all round."""
    along = shapely.line_locate_point(walls, spots)
    foot = shapely.get_coordinates(shapely.line_interpolate_point(walls, along))
    before = shapely.get_coordinates(shapely.line_interpolate_point(walls, along - OFF_WALL_M))
    after = shapely.get_coordinates(shapely.line_interpolate_point(walls, along + OFF_WALL_M))
    tangent = after - before
    length = np.maximum(np.hypot(tangent[:, 0], tangent[:, 1]), 1e-12)
    normal = np.column_stack([tangent[:, 1], -tangent[:, 0]]) / length[:, None]
    target, found = foot.copy(), np.zeros(len(spots), bool)
    turns = np.radians(np.arange(16) * 22.5)
    for step in [normal, -normal, *np.column_stack([np.sin(turns), np.cos(turns)])]:
        left = np.flatnonzero(~found)
        if not left.size:
            break
        tried = (foot + OFF_WALL_M * step)[left]
        taken = np.unique(tree.query(shapely.points(tried), predicate="intersects")[0])
        free = np.ones(len(left), bool)
        free[taken] = False
        target[left[free]], found[left[free]] = tried[free], True
    return target, found
