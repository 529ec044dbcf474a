"""Walls in a uniform grid, so that a view touches only the walls near it.

References
----------
Franklin, W. R. and others (1989). Uniform grids: a technique for intersection detection on
serial and parallel machines. Proceedings of Auto-Carto 9, 100-109.
"""

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from geo._kernels import ints, kernel, no_short_ints, short_ints
from geo.errors import GeoError

FARTHEST_M = 1e8  # no projected coordinate is larger; beyond it float64 no longer holds 1e-7 m
WIDE_M, TALL_M = 10.0, 60.0  # cells: few rows to begin at, and little beside the circle in them
LONGEST_M = 45.0  # longer walls are cut, so that a piece reaches little beyond its own cell


@dataclass(frozen=True, slots=True, eq=False)
class WallIndex:
    """Walls filed by grid cell; made by `index_walls`.

    Parameters
    ----------
    starts
        (nx * ny + 1,) first entry of each cell, row after row from the south-west.
    ends
        (4 * (n + 7),) ends x0, y0, x1, y1 of the walls of each cell, metres. Walls are read eight
        at a time, so seven that are never heeded stand at the end.
    sources
        (n,) row of the wall in the array the index was made from.
    half_m
        No wall reaches farther than this from the cell it is filed in, metres.
    west_m, south_m, wide_m, tall_m
        Corner of the grid and size of its cells, metres.
    nx, ny
        Cells in each direction.
    n_walls
        Walls that were indexed.
    closed
        Whether the walls close round buildings that no origin stands in.
    """

    starts: NDArray[np.int32]
    ends: NDArray[np.float64]
    sources: NDArray[np.int32]
    half_m: float
    west_m: float
    south_m: float
    wide_m: float
    tall_m: float
    nx: int
    ny: int
    n_walls: int
    closed: bool


def walls_from_polygons(polygons: object) -> NDArray[np.float64]:
    """Edges of building footprints, each with its building on the left.

    Parameters
    ----------
    polygons
        A polygon, multipolygon or a sequence or array of them, metres. None and empty ones give
        no wall.

    Returns
    -------
    ndarray
        (m, 4) x0, y0, x1, y1. Edges without length are left out.

    Raises
    ------
    GeoError
        A geometry that is not a polygon, or a coordinate that is not finite.
    """
    return walls_by_polygon(polygons)[0]


def walls_by_polygon(polygons: object) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Walls as `walls_from_polygons`, and (n + 1,) where those of each polygon begin."""
    shapes = np.atleast_1d(np.asarray(polygons, dtype=object)).ravel()
    parts, shape_of = shapely.get_parts(shapes, return_index=True)
    filled = ~shapely.is_empty(parts)
    parts, shape_of = parts[filled], shape_of[filled]
    wrong = np.flatnonzero(shapely.get_type_id(parts) != shapely.GeometryType.POLYGON)
    if wrong.size:
        raise GeoError(
            f"walls: {wrong.size} of {len(parts)} footprints are not polygons, the first a "
            f"{parts[wrong[0]].geom_type}; polygons or multipolygons were expected. "
            "Give footprints as areas."
        )
    rings, part_of = shapely.get_rings(shapely.orient_polygons(parts), return_index=True)
    xy, ring_of = shapely.get_coordinates(rings, return_index=True)
    walls = np.hstack([xy[:-1], xy[1:]]).reshape(-1, 4)
    keep = (ring_of[1:] == ring_of[:-1]) & np.any(walls[:, :2] != walls[:, 2:], axis=1)
    walls = np.ascontiguousarray(walls[keep])
    _check(walls)
    owner = shape_of[part_of[ring_of[:-1][keep]]] if len(walls) else np.empty(0, np.int64)
    return walls, np.searchsorted(owner, np.arange(len(shapes) + 1)).astype(np.int64)


def index_walls(walls: object, *, closed: bool = False) -> WallIndex:
    """File walls by grid cell, cut so that each piece belongs to the cell of its middle.

    Parameters
    ----------
    walls
        (m, 4) ends x0, y0, x1, y1, metres; or a WallIndex, given back as it is.
    closed
        True for walls of `walls_from_polygons` when no origin will stand inside a building: the
        far walls of each building are then skipped, which halves the work and changes no view.

    Returns
    -------
    WallIndex
        Holds no wall when the input is empty.

    Raises
    ------
    GeoError
        Walls of another shape, or coordinates that are not finite metres.
    """
    if isinstance(walls, WallIndex):
        return walls
    edges = np.ascontiguousarray(np.asarray(walls, dtype=np.float64))
    edges = edges.reshape(0, 4) if edges.size == 0 else edges
    _check(edges)
    if not len(edges):
        return _empty_index(closed)
    west, south = edges[:, 0::2].min(), edges[:, 1::2].min()
    width, depth = edges[:, 0::2].max() - west, edges[:, 1::2].max() - south
    times = _coarsen(edges, width, depth)
    wide, tall = times * WIDE_M, times * TALL_M
    nx, ny = int(width // wide) + 1, int(depth // tall) + 1
    pieces, sources = _split_long(edges, times * LONGEST_M)
    half = float(np.hypot(pieces[:, 2] - pieces[:, 0], pieces[:, 3] - pieces[:, 1]).max() / 2)
    starts, order = _file(pieces, west, south, wide, tall, nx, ny)
    ends = np.concatenate([pieces[order].ravel(), np.zeros(4 * 7)])
    return WallIndex(
        starts, ends, sources[order], half, west, south, wide, tall, nx, ny, len(edges), closed
    )


def _check(walls: NDArray[np.float64]) -> None:
    if walls.ndim != 2 or walls.shape[1] != 4:
        raise GeoError(
            f"walls: an array of shape {walls.shape}; (m, 4) with x0, y0, x1, y1 was expected. "
            "Make it with walls_from_polygons."
        )
    bad = ~np.all(np.abs(walls) <= FARTHEST_M, axis=1)
    if bad.any():
        row = int(np.flatnonzero(bad)[0])
        raise GeoError(
            f"walls: {int(bad.sum())} of {len(walls)} have a coordinate that is not finite or "
            f"beyond {FARTHEST_M:.0e} m, the first is row {row}: {walls[row].tolist()}; "
            "metres of a projected CRS were expected. Drop these rows or project the data."
        )


def _empty_index(closed: bool) -> WallIndex:
    return WallIndex(
        np.zeros(2, np.int32), np.zeros(4 * 7), np.empty(0, np.int32), 0.0,
        0.0, 0.0, 1.0, 1.0, 1, 1, 0, closed,
    )  # fmt: skip


def _coarsen(edges: NDArray[np.float64], width: float, depth: float) -> float:
    """How much larger cells must be, where walls are long or the world is wide and empty."""
    lengths = np.hypot(edges[:, 2] - edges[:, 0], edges[:, 3] - edges[:, 1])
    most_cells = max(1 << 20, 2 * len(edges))
    empty = np.sqrt(width * depth / (WIDE_M * TALL_M * most_cells))
    long = max(width / WIDE_M, depth / TALL_M) / most_cells
    return float(max(1.0, np.median(lengths) / LONGEST_M, empty, long))


def _split_long(
    edges: NDArray[np.float64], longest_m: float
) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
    """Cut walls that would be filed in many cells; the pieces keep the row of their wall."""
    lengths = np.hypot(edges[:, 2] - edges[:, 0], edges[:, 3] - edges[:, 1])
    n_pieces = np.minimum(np.maximum(np.ceil(lengths / longest_m), 1), 1 << 16).astype(np.int64)
    sources = np.repeat(np.arange(len(edges), dtype=np.int32), n_pieces)
    if len(sources) == len(edges):
        return edges, sources
    first = np.repeat(np.cumsum(n_pieces) - n_pieces, n_pieces)
    part = np.arange(len(sources)) - first
    total = n_pieces[sources]
    begin, end = edges[sources, :2], edges[sources, 2:]
    low, high = (part / total)[:, None], ((part + 1) / total)[:, None]
    cuts_low = np.where(low == 0.0, begin, begin + low * (end - begin))
    cuts_high = np.where(high == 1.0, end, begin + high * (end - begin))
    return np.ascontiguousarray(np.hstack([cuts_low, cuts_high])), sources


@kernel
def _file(pieces, west, south, wide, tall, nx, ny):  # type: ignore[no-untyped-def]
    """Count, then place, each piece in the cell of its middle."""
    n = len(pieces)
    starts, place, order, cells = no_short_ints(nx * ny + 1), short_ints(nx * ny), ints(n), ints(n)
    for i in range(n):
        cx = int((0.5 * (pieces[i, 0] + pieces[i, 2]) - west) / wide)
        cy = int((0.5 * (pieces[i, 1] + pieces[i, 3]) - south) / tall)
        cells[i] = min(cy, ny - 1) * nx + min(cx, nx - 1)
        starts[cells[i] + 1] += 1
    for c in range(nx * ny):
        starts[c + 1] += starts[c]
        place[c] = starts[c]
    for i in range(n):
        order[place[cells[i]]] = i
        place[cells[i]] += 1
    return starts, order
