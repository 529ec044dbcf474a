"""One community after the other: its ground, who sees it, and what nobody sees.

References
----------
Huang, C.-F. & Tseng, Y.-C. (2005). The coverage problem in a wireless sensor network. Mobile
Networks and Applications 10(4), 519-528 (k-coverage).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import ArrayLike, NDArray

from geo._blind import label_patches
from geo._boxes import pair_boxes
from geo._patches import count_points, inner_points, outline_patches
from geo._raster import lay_ground, mark_strip, see_cells, sum_cells, sum_unique
from geo.outlines import Outlines
from geo.sight import Sight

STRIP_M = 5.0
MOST_CELLS = 1 << 19
SMALLEST_BLIND_M2 = 20.0
BLOCK_M = 50.0


@dataclass(slots=True, eq=False)
class Lots:
    """Everything near each community, found at once: flat arrays, and where each begins."""

    bounds: NDArray[np.float64]
    edges: NDArray[np.float64]
    edge_starts: NDArray[np.int64]
    walls: NDArray[np.float64]
    wall_starts: NDArray[np.int64]
    house_starts: NDArray[np.int64]
    houses: NDArray[np.int64]
    camera_starts: NDArray[np.int64]
    cameras: NDArray[np.int64]
    points: tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.int64]]


def gather_lots(
    areas: Outlines,
    buildings: Outlines,
    sight: Sight,
    points: Sequence[tuple[ArrayLike, ArrayLike]],
) -> Lots:
    """Find what stands near each community."""
    bounds = areas.bounds()
    rows = [np.empty((0, 3))]
    for kind, (x, y) in enumerate(points):
        px, py = np.asarray(x, np.float64).ravel(), np.asarray(y, np.float64).ravel()
        rows.append(np.column_stack([px, py, np.full(len(px), float(kind))]))
    spots = np.concatenate(rows)
    return Lots(
        bounds,
        *areas.edges(),
        *buildings.edges(),
        *pair_boxes(bounds, buildings.bounds()),
        *pair_boxes(bounds, sight.bounds()),
        (spots, *pair_boxes(bounds, spots[:, [0, 1, 0, 1]])),
    )


def cover_lots(
    lots: Lots,
    sight: Sight,
    first: int,
    beyond: int,
    *,
    cell_m: float,
    wanted: NDArray[np.int64],
    n_kinds: int,
    smooth_cells: float,
) -> tuple[NDArray[np.generic], ...]:
    """Cover the communities from first to beyond; see `_cover`."""
    views = sight.views
    found: tuple[NDArray[np.generic], ...] = _cover(
        lots.bounds, lots.edges, lots.edge_starts, lots.walls, lots.wall_starts,
        lots.house_starts, lots.houses, lots.camera_starts, lots.cameras,
        *lots.points, n_kinds, sight.x, sight.y, sight.known, views.vertices_xy, views.offsets,
        sight.reach2, sight.farthest_m, first, beyond, cell_m, wanted, smooth_cells,
    )  # fmt: skip
    return found


@njit(cache=True, nogil=True, error_model="numpy")
def _cover(  # type: ignore[no-untyped-def]
    bounds, edges, edge_starts, walls, wall_starts, house_starts, houses, camera_starts, cameras,
    spots, spot_starts, spot_rows, n_kinds, x, y, known, vertices, offsets, reach2, farthest,
    first, beyond, cell_m, wanted, smooth,
):  # fmt: skip
    """Give cell sizes, sums, open and strip cells, unique cells by pair, patches and outlines.

    A patch is a row: community, daypart, level, cells, a point inside, points of each kind.
    """
    n, n_levels = beyond - first, reach2.shape[2]
    sizes, ground = np.full(n, cell_m), np.zeros((n, 2), np.int64)
    totals = np.zeros((n, 2, n_levels, 5), np.int64)
    pairs = camera_starts[first]
    unique = np.zeros((camera_starts[beyond] - pairs, 2, n_levels), np.int64)
    patches, n_patches = np.empty((64, 6 + n_kinds)), 0
    xy, n_xy = np.empty((1024, 2)), 0
    rings, n_rings = np.empty(128, np.int64), 0
    parts = np.empty(64, np.int64)
    for i in range(first, beyond):
        if not np.isfinite(bounds[i, 0]):
            continue
        cell, west, south, nx, ny = _lay_lattice(bounds, i, cell_m)
        mask = np.zeros((ny, nx), np.uint8)
        lay_ground(
            edges, edge_starts, i, walls, wall_starts, houses, house_starts[i],
            house_starts[i + 1], mask, west, south, cell,
        )  # fmt: skip
        mark_strip(mask, edges, edge_starts[i], edge_starts[i + 1], west, south, cell, STRIP_M)
        counts, possible, cells, finest, begins = see_cells(
            mask, west, south, cell, cameras, camera_starts[i], camera_starts[i + 1],
            x, y, known, vertices, offsets, reach2, farthest,
        )  # fmt: skip
        sizes[i - first] = cell
        sum_cells(mask, counts, possible, totals, ground, i - first)
        sum_unique(counts, cells, finest, begins, unique, camera_starts[i] - pairs)
        least = max(1, math.ceil(SMALLEST_BLIND_M2 / (cell * cell)))
        block = max(1, int(BLOCK_M / cell + 0.5))
        row_shift = math.floor(south / cell + 0.5) % block
        col_shift = math.floor(west / cell + 0.5) % block
        for w in range(len(wanted)):
            labels, patch_cells = label_patches(
                mask, counts, wanted[w, 1], wanted[w, 0], least, block, row_shift, col_shift
            )
            m = len(patch_cells)
            line, ring_ends, part_ends = outline_patches(labels, m, smooth)
            inner = inner_points(line, ring_ends, part_ends)
            patches, xy = _room(patches, n_patches, m), _room(xy, n_xy, len(line))
            rings = _row_room(rings, n_rings, len(ring_ends))
            parts = _row_room(parts, n_patches, m)
            for k in range(m):
                row = patches[n_patches + k]
                row[:] = 0.0
                row[0], row[1], row[2], row[3] = i, wanted[w, 1], wanted[w, 0], patch_cells[k]
                row[4], row[5] = west + cell * inner[k, 0], south + cell * inner[k, 1]
                parts[n_patches + k] = part_ends[k] + n_rings
            count_points(
                labels, patches, n_patches, spots, spot_rows, spot_starts[i], spot_starts[i + 1],
                west, south, cell,
            )  # fmt: skip
            for k in range(len(ring_ends)):
                rings[n_rings + k] = ring_ends[k] + n_xy
            for k in range(len(line)):
                xy[n_xy + k, 0] = west + cell * line[k, 0]
                xy[n_xy + k, 1] = south + cell * line[k, 1]
            n_patches += m
            n_xy += len(line)
            n_rings += len(ring_ends)
    return (
        sizes, totals, ground, unique, patches[:n_patches], xy[:n_xy], rings[:n_rings],
        parts[:n_patches],
    )  # fmt: skip


@njit(cache=True, nogil=True, error_model="numpy")
def _lay_lattice(bounds, i, cell_m):  # type: ignore[no-untyped-def]
    """Cell size, corner and number of cells of one community, on the lattice through (0, 0)."""
    cell, west, south = cell_m, bounds[i, 0], bounds[i, 1]
    width, depth = bounds[i, 2] - west, bounds[i, 3] - south
    while width / cell * (depth / cell) > MOST_CELLS:
        cell *= 2.0
    west, south = math.floor(west / cell) * cell, math.floor(south / cell) * cell
    nx = math.ceil((bounds[i, 2] - west) / cell) + 1
    ny = math.ceil((bounds[i, 3] - south) / cell) + 1
    return cell, west, south, nx, ny


@njit(cache=True, nogil=True)
def _room(rows, n, more):  # type: ignore[no-untyped-def]
    """Give the same rows with room for more after the first n."""
    if n + more <= len(rows):
        return rows
    wider = np.empty((2 * (n + more), rows.shape[1]))
    for k in range(n):
        for c in range(rows.shape[1]):
            wider[k, c] = rows[k, c]
    return wider


@njit(cache=True, nogil=True)
def _row_room(rows, n, more):  # type: ignore[no-untyped-def]
    if n + more <= len(rows):
        return rows
    wider = np.empty(2 * (n + more), np.int64)
    for k in range(n):
        wider[k] = rows[k]
    return wider
