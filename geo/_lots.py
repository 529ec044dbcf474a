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
from numpy.typing import ArrayLike, NDArray

from geo._blind import label_patches
from geo._boxes import pair_boxes
from geo._kernels import (
    FEW,
    ZERO,
    float_rows,
    inlined,
    int_rows,
    kernel,
    more_float_rows,
    more_int_rows,
    no_ints,
    no_small_rows,
    piece,
)
from geo._patches import count_points, find_twins, inner_points, outline_patches
from geo._raster import lay_ground, mark_strip, see_cells, sum_cells, sum_unique
from geo.outlines import Outlines
from geo.sight import Sight

ONE = np.int64(1)
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
    """Cover the communities from first to beyond.

    Gives cell sizes, sums, open and strip cells, unique cells by pair, patches and outlines. A
    patch is a row: community, daypart, level, cells, a point inside, points of each kind.
    """
    views, n, n_levels = sight.views, beyond - first, sight.reach2.shape[2]
    sizes, ground = np.full(n, cell_m), np.zeros((n, 2), np.int64)
    totals = np.zeros((n, 2, n_levels, 5), np.int64)
    n_pairs = lots.camera_starts[beyond] - lots.camera_starts[first]
    unique = np.zeros((n_pairs, 2, n_levels), np.int64)
    patches, n_patches, xy, n_xy, rings, n_rings, parts = _cover(
        lots.bounds, lots.edges, lots.edge_starts, lots.walls, lots.wall_starts,
        lots.house_starts, lots.houses, lots.camera_starts, lots.cameras,
        *lots.points, n_kinds, sight.x, sight.y, sight.known, views.vertices_xy, views.offsets,
        sight.reach2, sight.farthest_m, first, beyond, wanted, smooth_cells,
        sizes, totals, ground, unique,
    )  # fmt: skip
    return (
        sizes, totals, ground, unique, patches[:n_patches], xy[:n_xy], rings[:n_rings, 0],
        parts[:n_patches, 0],
    )  # fmt: skip


@kernel
def _cover(  # type: ignore[no-untyped-def]
    bounds, edges, edge_starts, walls, wall_starts, house_starts, houses, camera_starts, cameras,
    spots, spot_starts, spot_rows, n_kinds, x, y, known, vertices, offsets, reach2, farthest,
    first, beyond, wanted, smooth, sizes, totals, ground, unique,
):  # fmt: skip
    """Take one community after the other; give patches and their outlines, with room behind."""
    patches, n_patches = float_rows(FEW, 6 + n_kinds), ZERO
    xy, n_xy = float_rows(FEW, np.int64(2)), ZERO
    rings, n_rings = int_rows(FEW, ONE), ZERO
    parts = int_rows(FEW, ONE)
    for i in range(first, beyond):
        if not np.isfinite(bounds[i, 0]):
            continue
        cell, west, south, nx, ny = _lay_lattice(bounds, i, sizes[i - first])
        mask = no_small_rows(ny, nx)
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
        sum_unique(counts, cells, finest, begins, unique, camera_starts[i] - camera_starts[first])
        least = max(1, math.ceil(SMALLEST_BLIND_M2 / (cell * cell)))
        block = max(1, int(BLOCK_M / cell + 0.5))
        row_shift = math.floor(south / cell + 0.5) % block
        col_shift = math.floor(west / cell + 0.5) % block
        others, other_sizes = np.empty((1, 1), np.int32), no_ints(ZERO)
        n_others, other_at = ZERO, ZERO
        for w in range(len(wanted)):
            labels, patch_cells, m = label_patches(
                mask, counts, wanted[w, 1], wanted[w, 0], least, block, row_shift, col_shift
            )
            twins = no_ints(m + 1)
            if n_others:
                twins = find_twins(labels, patch_cells, m, others, other_sizes)
            line, ring_ends, part_ends = outline_patches(labels, m, smooth, twins)
            inner = inner_points(line, ring_ends, part_ends)
            n_line, n_ends = len(line), len(ring_ends)
            for k in range(1, m + 1):
                if twins[k]:
                    ring0, ring1 = _span(parts, other_at + twins[k] - 1)
                    n_ends += ring1 - ring0
                    for r in range(ring0, ring1):
                        v0, v1 = _span(rings, r)
                        n_line += v1 - v0
            while n_patches + m > len(patches):
                patches, parts = more_float_rows(patches), more_int_rows(parts)
            while n_xy + n_line > len(xy):
                xy = more_float_rows(xy)
            while n_rings + n_ends > len(rings):
                rings = more_int_rows(rings)
            for k in range(m):
                at, twin = n_patches + k, other_at + twins[k + 1] - 1
                for c in range(6, 6 + n_kinds):
                    patches[at, c] = 0.0
                patches[at, 0], patches[at, 1], patches[at, 2] = i, wanted[w, 1], wanted[w, 0]
                patches[at, 3] = patch_cells[k]
                if twins[k + 1]:
                    ring0, ring1 = _span(parts, twin)
                    for r in range(ring0, ring1):
                        v0, v1 = _span(rings, r)
                        for v in range(v0, v1):
                            xy[n_xy, 0], xy[n_xy, 1] = xy[v, 0], xy[v, 1]
                            n_xy += 1
                        rings[n_rings, 0] = n_xy
                        n_rings += 1
                    patches[at, 4], patches[at, 5] = patches[twin, 4], patches[twin, 5]
                else:
                    for r in range(part_ends[k - 1] if k else 0, part_ends[k]):
                        for v in range(ring_ends[r - 1] if r else 0, ring_ends[r]):
                            xy[n_xy, 0] = west + cell * line[v, 0]
                            xy[n_xy, 1] = south + cell * line[v, 1]
                            n_xy += 1
                        rings[n_rings, 0] = n_xy
                        n_rings += 1
                    patches[at, 4] = west + cell * inner[k, 0]
                    patches[at, 5] = south + cell * inner[k, 1]
                parts[at, 0] = n_rings
            count_points(
                labels, patches, n_patches, spots, spot_rows, spot_starts[i], spot_starts[i + 1],
                west, south, cell,
            )  # fmt: skip
            others, other_sizes, n_others, other_at = labels, patch_cells, m, n_patches
            n_patches += m
    return patches, n_patches, xy, n_xy, rings, n_rings, parts


@inlined
def _span(ends, k):  # type: ignore[no-untyped-def]
    """Where the k-th of a list begins and ends, from the column of its ends."""
    return ends[k - 1, 0] if k else 0, ends[k, 0]


@piece
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
