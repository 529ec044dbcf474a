"""One community after the other: its ground, who sees it, and what nobody sees.

References
----------
Huang, C.-F. & Tseng, Y.-C. (2005). The coverage problem in a wireless sensor network. Mobile
Networks and Applications 10(4), 519-528 (k-coverage).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import ArrayLike, NDArray

from geo._blind import label_patches
from geo._boxes import pair_boxes
from geo._patches import count_points, inner_points, outline_patches
from geo._raster import OPEN, ground_mask, mark_strip, see_cells, sum_cells, sum_unique
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
    r = np.where(sight.farthest_m > 0, sight.farthest_m, np.nan)
    reaches = np.column_stack([sight.x - r, sight.y - r, sight.x + r, sight.y + r])
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
        *pair_boxes(bounds, reaches),
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

    A patch is a row: community, daypart, level, cells, points of each kind.
    """
    n, n_parts, n_levels = beyond - first, reach2.shape[1], reach2.shape[2]
    sizes, ground = np.full(n, cell_m), np.zeros((n, 2), np.int64)
    totals = np.zeros((n, n_parts, n_levels, 5), np.int64)
    pairs = camera_starts[first]
    unique = np.zeros((camera_starts[beyond] - pairs, n_parts, n_levels), np.int64)
    patches, n_patches = np.empty((64, 4 + n_kinds), np.int64), 0
    inner = np.empty((64, 2))
    xy, n_xy = np.empty((1024, 2)), 0
    rings, n_rings = np.empty(128, np.int64), 0
    parts = np.empty(64, np.int64)
    for i in range(first, beyond):
        if not np.isfinite(bounds[i, 0]):
            continue
        cell = cell_m
        west, south, east, north = bounds[i]
        while (east - west) / cell * ((north - south) / cell) > MOST_CELLS:
            cell *= 2.0
        west, south = np.floor(west / cell) * cell, np.floor(south / cell) * cell
        nx = int(np.ceil((east - west) / cell)) + 1
        ny = int(np.ceil((north - south) / cell)) + 1
        mask = _lay_ground(
            edges, edge_starts, walls, wall_starts, houses[house_starts[i] : house_starts[i + 1]],
            i, west, south, cell, nx, ny,
        )  # fmt: skip
        mark_strip(mask, edges, edge_starts[i], edge_starts[i + 1], west, south, cell, STRIP_M)
        counts, possible, cells, finest, begins = see_cells(
            mask, west, south, cell, cameras[camera_starts[i] : camera_starts[i + 1]],
            x, y, known, vertices, offsets, reach2, farthest,
        )  # fmt: skip
        sizes[i - first] = cell
        n_open, n_strip = sum_cells(mask, counts, possible, totals[i - first])
        ground[i - first, 0], ground[i - first, 1] = n_open, n_strip
        low = camera_starts[i] - pairs
        sum_unique(counts, cells, finest, begins, unique[low : low + len(begins) - 1])
        least = max(1, int(np.ceil(SMALLEST_BLIND_M2 / (cell * cell))))
        block = max(1, round(BLOCK_M / cell))
        row_shift = round(south / cell) % block
        col_shift = round(west / cell) % block
        for w in range(len(wanted)):
            level, part = wanted[w, 0], wanted[w, 1]
            labels, patch_cells = label_patches(
                mask, counts[part], level, least, block, row_shift, col_shift
            )
            m = len(patch_cells)
            line, ring_ends, part_ends = outline_patches(labels, m, smooth)
            where = inner_points(line, ring_ends, part_ends)
            for place in (line, where):
                for k in range(len(place)):
                    place[k, 0] = west + cell * place[k, 0]
                    place[k, 1] = south + cell * place[k, 1]
            if n_patches + m > len(patches):
                patches = _room(patches, n_patches, m)
                inner, parts = _room(inner, n_patches, m), _row_room(parts, n_patches, m)
            if n_xy + len(line) > len(xy):
                xy = _room(xy, n_xy, len(line))
            if n_rings + len(ring_ends) > len(rings):
                rings = _row_room(rings, n_rings, len(ring_ends))
            mine = patches[n_patches : n_patches + m]
            mine[:, 0], mine[:, 1], mine[:, 2], mine[:, 3:] = i, part, level, 0
            mine[:, 3] = patch_cells
            count_points(
                labels, mine[:, 4:], spots, spot_rows[spot_starts[i] : spot_starts[i + 1]],
                west, south, cell,
            )  # fmt: skip
            inner[n_patches : n_patches + m] = where
            xy[n_xy : n_xy + len(line)] = line
            rings[n_rings : n_rings + len(ring_ends)] = ring_ends + n_xy
            parts[n_patches : n_patches + m] = part_ends + n_rings
            n_patches += m
            n_xy += len(line)
            n_rings += len(ring_ends)
    return (
        sizes, totals, ground, unique, patches[:n_patches].copy(), inner[:n_patches].copy(),
        xy[:n_xy].copy(), rings[:n_rings].copy(), parts[:n_patches].copy(),
        np.diff(camera_starts[first : beyond + 1]),
    )  # fmt: skip


@njit(cache=True, nogil=True, error_model="numpy")
def _lay_ground(edges, edge_starts, walls, wall_starts, houses, i, west, south, cell, nx, ny):  # type: ignore[no-untyped-def]
    """Open ground of a community; its strip is not marked yet."""
    n = edge_starts[i + 1] - edge_starts[i]
    for h in houses:
        n += wall_starts[h + 1] - wall_starts[h]
    drawn, starts = np.empty((n, 4)), np.zeros(len(houses) + 3, np.int64)
    n = edge_starts[i + 1] - edge_starts[i]
    drawn[:n] = edges[edge_starts[i] : edge_starts[i + 1]]
    starts[1] = starts[2] = n
    for k in range(len(houses)):
        h = houses[k]
        m = wall_starts[h + 1] - wall_starts[h]
        drawn[n : n + m] = walls[wall_starts[h] : wall_starts[h + 1]]
        n += m
        starts[k + 3] = n
    mask = ground_mask(drawn, starts, west, south, cell, nx, ny)
    for row in range(ny):
        for col in range(nx):
            mask[row, col] &= OPEN
    return mask


@njit(cache=True, nogil=True)
def _room(rows, n, more):  # type: ignore[no-untyped-def]
    wider = np.empty((2 * (n + more), rows.shape[1]), rows.dtype)
    wider[:n] = rows[:n]
    return wider


@njit(cache=True, nogil=True)
def _row_room(rows, n, more):  # type: ignore[no-untyped-def]
    wider = np.empty(2 * (n + more), rows.dtype)
    wider[:n] = rows[:n]
    return wider
