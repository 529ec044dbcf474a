"""Patches of unseen cells: numbered, outlined, and their outlines made smooth.

References
----------
Rosenfeld, A. & Pfaltz, J. L. (1966). Sequential operations in digital picture processing. Journal
of the ACM 13(4), 471-494.
Douglas, D. H. & Peucker, T. K. (1973). Algorithms for the reduction of the number of points
required to represent a digitized line or its caricature. Cartographica 10(2), 112-122.
"""

import numpy as np

from geo._kernels import (
    FEW,
    ZERO,
    inlined,
    int_rows,
    kernel,
    more_int_rows,
    no_ints,
    no_short_ints,
    no_small_ints,
    piece,
    short_ints,
)

ALL_8 = np.uint64(0x0101010101010101)  # eight cells of a row that are all blind
SURE = 0.35  # cells: parts of a smooth outline that are no neighbours lie 0.7 apart


@piece
def label_patches(mask, counts, part, level, least, block, row_shift, col_shift):  # type: ignore[no-untyped-def]
    """Number the patches of open cells that nobody sees and that have at least `least` cells.

    Cells join by their sides within blocks of `block` cells, of a lattice that begins `row_shift`
    and `col_shift` cells before the grid. Labels count from 1 in the order of the first cell, row
    by row; smaller patches get 0. Returns labels with an empty rim, the cells of each patch, and
    how many patches there are.
    """
    ny, nx = mask.shape
    bits = np.uint16(3 << (2 * level))  # of the counter of the level
    runs = np.empty((ny * (nx // 2 + nx // block + 3), 3), np.int32)
    parent = short_ints(len(runs))
    blind = no_small_ints((nx + 7) // 8 * 8)
    eight = blind.view(np.uint64)
    last, n = ZERO, ZERO  # where the runs of the row before begin, and all runs
    for row in range(ny):
        first, col = n, 0
        ground, seen = mask[row], counts[part, row * nx : row * nx + nx]
        for k in range(nx):
            blind[k] = ground[k] & (1 if seen[k] & bits == 0 else 0)
        while col < nx:
            if blind[col] == 0:
                col += 8 if col & 7 == 0 and eight[col >> 3] == 0 else 1
                continue
            end = min(nx, (col + col_shift) // block * block + block - col_shift)
            begin = col
            while col < end and blind[col]:
                col += 8 if col & 7 == 0 and col + 8 <= end and eight[col >> 3] == ALL_8 else 1
            runs[n, 0], runs[n, 1], runs[n, 2] = row, begin, col
            parent[n] = n
            n += 1
        if (row + row_shift) % block:
            above, below = first, last
            while above < n and below < first:
                if runs[above, 1] < runs[below, 2] and runs[below, 1] < runs[above, 2]:
                    _join(parent, above, below)
                if runs[above, 2] < runs[below, 2]:
                    above += 1
                else:
                    below += 1
        last = first
    sizes, names = no_ints(n), no_short_ints(n)
    for k in range(n):
        sizes[_root(parent, k)] += runs[k, 2] - runs[k, 1]
    m = 0
    for k in range(n):
        if parent[k] == k and sizes[k] >= least:
            sizes[m] = sizes[k]
            m += 1
            names[k] = m
    labels = np.empty((ny + 2, nx + 2), np.int32)
    for row in range(ny + 2):
        for col in range(nx + 2):
            labels[row, col] = 0
    for k in range(n):
        name = names[_root(parent, k)]
        if name:
            for col in range(runs[k, 1] + 1, runs[k, 2] + 1):
                labels[runs[k, 0] + 1, col] = name
    return labels, sizes, m


@inlined
def _root(parent, k):  # type: ignore[no-untyped-def]
    while parent[k] != k:
        parent[k] = parent[parent[k]]
        k = parent[k]
    return k


@inlined
def _join(parent, a, b):  # type: ignore[no-untyped-def]
    a, b = _root(parent, a), _root(parent, b)
    parent[max(a, b)] = min(a, b)


@kernel
def trace_patches(labels, skipped):  # type: ignore[no-untyped-def]
    """Outlines of the patches of a grid with an empty rim, in cell corners, patch on the left.

    Labels whose entry in `skipped` is not 0 get none.
    Where two cells of a patch meet at a corner alone, the outline stays with the empty cell, so
    that an outline never passes a corner twice: a hole may touch it in a point, which is valid.
    Returns corners (x, y), where each ring begins, its patch, and twice its signed area.
    """
    ny, nx = labels.shape
    flat, done = labels.reshape(-1), no_small_ints(ny * nx)
    corners, n = int_rows(FEW, np.int64(3)), ZERO
    rings, m = int_rows(FEW, np.int64(3)), ZERO
    # right, up, left, down: from corner to corner, and to the cells on the left and right ahead
    steps, lefts, rights = (1, nx, -1, -nx), (0, -1, -1 - nx, -nx), (-nx, 0, -1, -1 - nx)
    for row in range(1, ny - 1):
        here, above, passed = labels[row], labels[row - 1], done[row * nx : row * nx + nx]
        for col in range(1, nx - 1):
            label = here[col]
            if label == above[col] or label == 0 or passed[col] or skipped[label]:
                continue
            if m == len(rings):
                rings = more_int_rows(rings)
            rings[m, 0], rings[m, 1] = n, label
            x, y, d, twice = col, row, 0, ZERO
            at = start = row * nx + col
            while True:
                step, left, right, turn = steps[d], lefts[d], rights[d], 0
                while turn == 0:  # straight on; a ring begins at a corner, so it ends with a turn
                    if d == 0:
                        done[at] = 1
                    at += step
                    if flat[at + right] == label:
                        turn = 3
                    elif flat[at + left] != label:
                        turn = 1
                to_y = at // nx
                to_x = at - to_y * nx
                twice += x * to_y - y * to_x
                x, y = to_x, to_y
                if n == len(corners):
                    corners = more_int_rows(corners)
                corners[n, 0], corners[n, 1] = x - 1, y - 1
                n += 1
                d = (d + turn) & 3
                if at == start and d == 0:
                    break
            rings[m, 2] = twice
            m += 1
    return corners[:n], rings[:m]


@inlined
def smooth_ring(corners, first, beyond, tolerance, out, at):  # type: ignore[no-untyped-def]
    """Write a ring of cell corners through the middles of its sides, less what lies on the way.

    No point of the middles' line is farther than `tolerance` cells from what is kept. Returns where
    the ring ends; fewer than three vertices are none. The first vertex is not repeated.
    """
    n, m = beyond - first, 0
    line = np.empty((2 * n, 2))
    for k in range(n):
        x0, y0 = corners[first + k, 0], corners[first + k, 1]
        following = first + (k + 1) % n
        dx, dy = corners[following, 0] - x0, corners[following, 1] - y0
        length = abs(dx) + abs(dy)
        line[m, 0], line[m, 1] = x0 + 0.5 * dx / length, y0 + 0.5 * dy / length
        m += 1
        if length > 1:
            line[m, 0] = x0 + dx - 0.5 * dx / length
            line[m, 1] = y0 + dy - 0.5 * dy / length
            m += 1
    far, most = 0, -1.0
    for k in range(m):
        d2 = (line[k, 0] - line[0, 0]) ** 2 + (line[k, 1] - line[0, 1]) ** 2
        if d2 > most:
            far, most = k, d2
    keep = no_small_ints(m + 1)
    keep[0] = keep[far] = 1
    stack, top = np.empty((m + 2, 2), np.int64), 2
    stack[0, 0], stack[0, 1], stack[1, 0], stack[1, 1] = 0, far, far, m
    while top > 0:
        top -= 1
        a, b = stack[top, 0], stack[top, 1]
        ax, ay = line[a, 0], line[a, 1]
        ux, uy = line[b % m, 0] - ax, line[b % m, 1] - ay
        length2 = ux * ux + uy * uy
        worst, place = tolerance * tolerance, -1
        for k in range(a + 1, b):
            px, py = line[k, 0] - ax, line[k, 1] - ay
            t = min(max((px * ux + py * uy) / length2, 0.0), 1.0) if length2 > 0.0 else 0.0
            d2 = (px - t * ux) ** 2 + (py - t * uy) ** 2
            if d2 > worst:
                worst, place = d2, k
        if place >= 0:
            keep[place] = 1
            stack[top, 0], stack[top, 1], stack[top + 1, 0], stack[top + 1, 1] = a, place, place, b
            top += 2
    begin = at
    for k in range(m):
        if keep[k]:
            out[at, 0], out[at, 1] = line[k, 0], line[k, 1]
            at += 1
    return at if at - begin >= 3 else begin
