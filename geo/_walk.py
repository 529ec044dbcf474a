"""Shortest walks on a lattice of cells, round buildings.

References
----------
Dijkstra, E. W. (1959). A note on two problems in connexion with graphs. Numerische Mathematik 1,
269-271.
Borgefors, G. (1986). Distance transformations in digital images. Computer Vision, Graphics, and
Image Processing 34(3), 344-371 (knight's moves).
"""

import math

import numpy as np

from geo._kernels import (
    FEW,
    NONE,
    ZERO,
    float_rows,
    floats,
    ints,
    kernel,
    no_small_rows,
    piece,
    same_ints,
)
from geo._raster import toggle_edge

# a step right, a diagonal, and a knight's move, each in every direction
_STEPS = tuple(
    (dx, dy)
    for dx in (-2, -1, 0, 1, 2)
    for dy in (-2, -1, 0, 1, 2)
    if (dx, dy) != (0, 0) and math.gcd(dx, dy) == 1
)
STEP_X = np.array([dx for dx, _ in _STEPS])
STEP_Y = np.array([dy for _, dy in _STEPS])


@kernel
def paint(edges, parts, values, west, south, cell, lattice):  # type: ignore[no-untyped-def]
    """Write each polygon's value into the cells whose centre it holds, the last polygon on top."""
    ny, nx = lattice.shape
    parity = no_small_rows(ny, nx)
    low, high = same_ints(ny, nx), same_ints(ny, NONE)
    for p in range(len(parts) - 1):
        bottom, top = ny, 0
        for e in range(parts[p], parts[p + 1]):
            toggle_edge(
                edges[e, 0], edges[e, 1], edges[e, 2], edges[e, 3],
                west, south, cell, ZERO, ny, ZERO, nx, parity, low, high,
            )  # fmt: skip
            for k in (1, 3):
                row = int(min(max((edges[e, k] - south) / cell, 0.0), ny - 1.0))
                bottom, top = min(bottom, row), max(top, row + 1)
        for row in range(bottom, top):
            inside = 0
            for col in range(low[row], nx if high[row] >= 0 else 0):
                inside ^= parity[row, col]
                parity[row, col] = 0
                if inside:
                    lattice[row, col] = values[p]
                elif col > high[row]:
                    break
            low[row], high[row] = nx, -1


@kernel
def walk_all(  # type: ignore[no-untyped-def]
    x, y, radius, hours, first, beyond, west, south, cell, blocked, owner,
    vertices, offsets, step_x, step_y, reached, n_points,
):  # fmt: skip
    """Mark, for points first..beyond, every free cell within walking distance.

    Cells in plain sight of the point (`vertices`, its isovist) get their straight distance, the
    others the shortest walk from those. `reached` collects the points' hours as bits, `n_points`
    how many points reach each owner.
    """
    longest = 0.0
    for i in range(first, beyond):
        longest = max(longest, radius[i])
    side = 2 * math.ceil(longest / cell) + 3
    distance = float_rows(side, side)
    for r in range(side):
        for c in range(side):
            distance[r, c] = np.inf
    parity = no_small_rows(side, side)
    low, high = same_ints(side, side), same_ints(side, NONE)
    heap, node = floats(FEW), ints(FEW)
    met, lengths = same_ints(len(n_points), NONE), floats(len(step_x))
    for k in range(len(step_x)):
        lengths[k] = math.hypot(step_x[k], step_y[k]) * cell
    for i in range(first, beyond):
        half = math.ceil(radius[i] / cell) + 1
        col0 = math.floor((x[i] - west) / cell) - half
        row0 = math.floor((y[i] - south) / cell) - half
        width = 2 * half + 1
        n, n_plain = ZERO, 0
        last = offsets[i + 1] - 1
        for v in range(offsets[i], offsets[i + 1]):
            toggle_edge(
                vertices[last, 0], vertices[last, 1], vertices[v, 0], vertices[v, 1],
                west + col0 * cell, south + row0 * cell, cell, ZERO, width, ZERO, width,
                parity, low, high,
            )  # fmt: skip
            last = v
        for r in range(width):
            inside = 0
            for c in range(low[r], width if high[r] >= 0 else 0):
                inside ^= parity[r, c]
                parity[r, c] = 0
                if inside and _free(blocked, row0 + r, col0 + c):
                    d = math.hypot(
                        west + (col0 + c + 0.5) * cell - x[i],
                        south + (row0 + r + 0.5) * cell - y[i],
                    )
                    if d <= radius[i]:
                        distance[r, c] = d
            low[r], high[r] = side, -1
        for r in range(width):  # walk on from the rim of what is in plain sight
            for c in range(width):
                if distance[r, c] < np.inf:
                    reached[row0 + r, col0 + c] |= hours[i]
                    mine = owner[row0 + r, col0 + c]
                    if mine >= 0 and met[mine] != i:
                        met[mine] = i
                        n_points[mine] += 1
                    n_plain += 1
                    for k in range(len(step_x)):
                        tr, tc = r + step_y[k], c + step_x[k]
                        if (
                            0 <= tr < width
                            and 0 <= tc < width
                            and distance[tr, tc] == np.inf
                            and _free(blocked, row0 + tr, col0 + tc)
                        ):
                            heap, node, n = _push(heap, node, n, distance[r, c], r * width + c)
                            break
        if n_plain == 0:  # inside a building, or hemmed in: from the nearest free cells
            heap, node, n = _seed(
                x[i], y[i], radius[i], west, south, cell, row0, col0, half, blocked, distance,
                heap, node, n,
            )  # fmt: skip
        while n > 0:
            d, at = heap[0], node[0]
            n = _pop(heap, node, n)
            r, c = at // width, at % width
            if d > distance[r, c]:
                continue
            reached[row0 + r, col0 + c] |= hours[i]
            mine = owner[row0 + r, col0 + c]
            if mine >= 0 and met[mine] != i:
                met[mine] = i
                n_points[mine] += 1
            for k in range(len(step_x)):
                tr, tc = r + step_y[k], c + step_x[k]
                far = d + lengths[k]
                if (
                    far > radius[i]
                    or not (0 <= tr < width and 0 <= tc < width)
                    or far >= distance[tr, tc]
                    or not _passable(blocked, row0 + r, col0 + c, step_x[k], step_y[k])
                ):
                    continue
                distance[tr, tc] = far
                heap, node, n = _push(heap, node, n, far, tr * width + tc)
        for r in range(width):
            for c in range(width):
                distance[r, c] = np.inf


@piece
def _seed(x, y, radius, west, south, cell, row0, col0, half, blocked, distance, heap, node, n):  # type: ignore[no-untyped-def]
    """Begin at the free cells nearest to a point that stands on none."""
    width = 2 * half + 1
    nearest = np.inf
    for r in range(width):
        for c in range(width):
            if _free(blocked, row0 + r, col0 + c):
                d = math.hypot(
                    west + (col0 + c + 0.5) * cell - x, south + (row0 + r + 0.5) * cell - y
                )
                nearest = min(nearest, d)
    if nearest <= radius:
        for r in range(width):
            for c in range(width):
                if _free(blocked, row0 + r, col0 + c):
                    d = math.hypot(
                        west + (col0 + c + 0.5) * cell - x, south + (row0 + r + 0.5) * cell - y
                    )
                    if d <= min(nearest + cell, radius):
                        distance[r, c] = d
                        heap, node, n = _push(heap, node, n, d, r * width + c)
    return heap, node, n


@piece
def _free(blocked, row, col):  # type: ignore[no-untyped-def]
    return 0 <= row < blocked.shape[0] and 0 <= col < blocked.shape[1] and blocked[row, col] == 0


@piece
def _passable(blocked, row, col, dx, dy):  # type: ignore[no-untyped-def]
    """Whether a step meets no blocked cell; corners are not cut."""
    if not _free(blocked, row + dy, col + dx):
        return False
    if abs(dx) + abs(dy) == 2:
        return _free(blocked, row + dy, col) and _free(blocked, row, col + dx)
    if abs(dx) == 2:
        return _free(blocked, row, col + dx // 2) and _free(blocked, row + dy, col + dx // 2)
    if abs(dy) == 2:
        return _free(blocked, row + dy // 2, col) and _free(blocked, row + dy // 2, col + dx)
    return True


@piece
def _push(heap, node, n, key, value):  # type: ignore[no-untyped-def]
    if n == len(heap):
        more, nodes = floats(2 * n), ints(2 * n)
        for i in range(n):
            more[i], nodes[i] = heap[i], node[i]
        heap, node = more, nodes
    i = n
    while i > 0 and heap[(i - 1) >> 1] > key:
        heap[i], node[i] = heap[(i - 1) >> 1], node[(i - 1) >> 1]
        i = (i - 1) >> 1
    heap[i], node[i] = key, value
    return heap, node, n + 1


@piece
def _pop(heap, node, n):  # type: ignore[no-untyped-def]
    n -= 1
    key, value = heap[n], node[n]
    i = 0
    while True:
        child = 2 * i + 1
        if child >= n:
            break
        if child + 1 < n and heap[child + 1] < heap[child]:
            child += 1
        if heap[child] >= key:
            break
        heap[i], node[i] = heap[child], node[child]
        i = child
    heap[i], node[i] = key, value
    return n


@kernel
def look_up(x, y, west, south, cell, reached, blocked, found):  # type: ignore[no-untyped-def]
    """Bits of the cell of each point; inside a building those of the nearest ring of free cells."""
    ny, nx = reached.shape
    for i in range(len(x)):
        fc, fr = math.floor((x[i] - west) / cell), math.floor((y[i] - south) / cell)
        if not (0 <= fc < nx and 0 <= fr < ny):
            continue
        col, row = int(fc), int(fr)
        bits, ring, free = np.uint64(0), 0, False
        while not free and ring <= 64:
            for r in range(max(row - ring, 0), min(row + ring, ny - 1) + 1):
                step = 1 if abs(r - row) == ring else max(2 * ring, 1)
                for c in range(col - ring, col + ring + 1, step):
                    if 0 <= c < nx and blocked[r, c] == 0:
                        free = True
                        bits |= reached[r, c]
            ring += 1
        found[i] = bits


@kernel
def count_hours(owner, reached, wanted, n_free, n_met, by_hour):  # type: ignore[no-untyped-def]
    """Count each owner's cells, those with a wanted bit, and in how many each bit is set."""
    for row in range(owner.shape[0]):
        for col in range(owner.shape[1]):
            mine = owner[row, col]
            if mine < 0:
                continue
            n_free[mine] += 1
            bits = reached[row, col]
            n_met[mine] += (bits & wanted) != 0
            hour = 0
            while bits != 0:
                by_hour[mine, hour] += np.int64(bits & np.uint64(1))
                bits = bits >> np.uint64(1)
                hour += 1
