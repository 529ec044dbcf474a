"""One community at a time: its ground, who sees it, and what nobody sees.

References
----------
Huang, C.-F. & Tseng, Y.-C. (2005). The coverage problem in a wireless sensor network. Mobile
Networks and Applications 10(4), 519-528 (k-coverage).
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray

from geo._blind import label_patches, trace_patches
from geo._raster import ground_mask, see_cells
from geo._walls import walls_by_polygon
from geo.sight import Sight

STRIP_M = 5.0
MOST_CELLS = 1 << 19
SMALLEST_BLIND_M2 = 20.0
BLOCK_M = 50.0


@dataclass(slots=True, eq=False)
class Part:
    """What is known of one community."""

    cell: float
    totals: NDArray[np.int64]
    n_open: int
    n_strip: int
    cameras: NDArray[np.int64]
    unique: NDArray[np.int64]
    blind: list[tuple[int, int, NDArray[np.object_], NDArray[np.float64], NDArray[np.int64]]] = (
        field(default_factory=list)
    )


class Lots:
    """Everything near each community, found at once."""

    def __init__(
        self,
        areas: NDArray[np.object_],
        buildings: object,
        sight: Sight,
        points: Sequence[tuple[ArrayLike, ArrayLike]],
    ) -> None:
        self.sight = sight
        self.bounds = shapely.bounds(areas)
        self.edges = walls_by_polygon(areas)
        self.inner = walls_by_polygon(shapely.buffer(areas, -STRIP_M))
        houses = np.atleast_1d(np.asarray(buildings, dtype=object)).ravel()
        houses = houses[~(shapely.is_missing(houses) | shapely.is_empty(houses))]
        self.walls = walls_by_polygon(houses)
        self.houses = _pairs(areas, houses)
        r = np.where(sight.farthest_m > 0, sight.farthest_m, 0.0)
        boxes = shapely.box(sight.x - r, sight.y - r, sight.x + r, sight.y + r)
        self.cameras = _pairs(areas, boxes)
        self.points = [
            (np.asarray(px, float), np.asarray(py, float), _pairs(areas, shapely.points(px, py)))
            for px, py in points
        ]

    def outlines(self, i: int) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """Edges of the community, of its inside beyond the strip, and of its buildings."""
        wanted = [(self.edges, i), (self.inner, i), *((self.walls, h) for h in self.houses[i])]
        pieces = [edges[starts[row] : starts[row + 1]] for (edges, starts), row in wanted]
        starts = np.concatenate([[0], np.cumsum([len(piece) for piece in pieces])])
        return np.concatenate(pieces), starts.astype(np.int64)


def _pairs(areas: NDArray[np.object_], others: NDArray[np.object_]) -> list[NDArray[np.int64]]:
    """Rows of the others whose bounding box meets each area's, in order."""
    if not len(others) or not len(areas):
        return [np.empty(0, np.int64) for _ in areas]
    left, right = shapely.STRtree(others).query(areas)
    order = np.lexsort((right, left))
    cuts = np.searchsorted(left[order], np.arange(len(areas) + 1))
    rows = right[order]
    return [rows[a:b] for a, b in itertools.pairwise(cuts)]


def cover_one(lots: Lots, i: int, cell_m: float, wanted: list[tuple[int, int]]) -> Part:
    sight = lots.sight
    shape = sight.reach2.shape[1:]
    west, south, east, north = lots.bounds[i]
    if not np.isfinite(west):
        nothing = np.empty(0, np.int64)
        return Part(
            cell_m, np.zeros((*shape, 5), np.int64), 0, 0, nothing, np.zeros((0, *shape), np.int64)
        )
    cell = cell_m
    while (east - west) / cell * ((north - south) / cell) > MOST_CELLS:
        cell *= 2
    west, south = np.floor(west / cell) * cell, np.floor(south / cell) * cell
    nx = int(np.ceil((east - west) / cell)) + 1
    ny = int(np.ceil((north - south) / cell)) + 1
    edges, starts = lots.outlines(i)
    mask = ground_mask(edges, starts, west, south, cell, nx, ny)
    near = lots.cameras[i]
    totals, n_open, n_strip, unique, seen = see_cells(
        mask, west, south, cell, near, sight.x, sight.y, sight.known,
        sight.views.vertices_xy, sight.views.offsets, sight.reach2, sight.farthest_m,
    )  # fmt: skip
    part = Part(cell, totals, n_open, n_strip, near, unique)
    spots = [(px[rows[i]], py[rows[i]]) for px, py, rows in lots.points]
    for level, daypart in wanted:
        bit = np.uint16(1 << (daypart * shape[1] + level))
        least = max(1, int(np.ceil(SMALLEST_BLIND_M2 / cell**2)))
        block = max(1, round(BLOCK_M / cell))
        row_shift, col_shift = round(south / cell) % block, round(west / cell) % block
        labels, sizes = label_patches(mask, seen, bit, least, block, row_shift, col_shift)
        if len(sizes):
            geometry = _outline(labels, len(sizes), west, south, cell)
            counts = [_count_in(labels, len(sizes), x, y, west, south, cell) for x, y in spots]
            stacked = np.column_stack(counts) if counts else np.zeros((len(sizes), 0), np.int64)
            part.blind.append((level, daypart, geometry, sizes * cell**2, stacked))
    return part


def _outline(
    labels: NDArray[np.int32], n: int, west: float, south: float, cell: float
) -> NDArray[np.object_]:
    """Patches as polygons with holes."""
    corners, starts, owners, areas = trace_patches(labels)
    xy = corners * cell + np.array([west, south])
    ring_of = np.repeat(np.arange(len(owners)), np.diff(starts))
    rings = shapely.linearrings(xy, indices=ring_of)
    shells = np.empty(n, dtype=object)
    shells[owners[areas > 0] - 1] = rings[areas > 0]
    holes = rings[areas < 0]
    order = np.argsort(owners[areas < 0], kind="stable")
    shapes = shapely.polygons(shells)
    holed = np.unique(owners[areas < 0])
    by_owner = owners[areas < 0][order]
    for owner in holed:
        shapes[owner - 1] = shapely.polygons(
            shells[owner - 1], holes=holes[order][by_owner == owner]
        )
    return np.asarray(shapes)


def _count_in(
    labels: NDArray[np.int32],
    n: int,
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    west: float,
    south: float,
    cell: float,
) -> NDArray[np.int64]:
    """Points in the cells of each patch."""
    col = np.floor((x - west) / cell).astype(np.int64)
    row = np.floor((y - south) / cell).astype(np.int64)
    ok = (col >= 0) & (row >= 0) & (col < labels.shape[1]) & (row < labels.shape[0])
    return np.bincount(labels[row[ok], col[ok]], minlength=n + 1)[1:]
