"""Cells of one community's grid: which are open ground, and which camera sees each.

A polygon is filled row by row: each edge toggles, in every row it passes, the first cell centre
to its right, and a running parity along the row gives the inside (even-odd rule). Levels are
nested, since a camera that identifies a cell also recognises it.

References
----------
Foley, J. D., van Dam, A., Feiner, S. K. & Hughes, J. F. (1990). Computer graphics: principles and
practice, 2nd ed., section 3.6 (scan-line fill).
"""

import math

import numpy as np

from geo._kernels import (
    FEW,
    NONE,
    ZERO,
    inlined,
    kernel,
    no_int_rows,
    no_ints,
    no_small_rows,
    piece,
    same_ints,
    short_ints,
    small_ints,
)

OPEN, STRIP = 1, 2
LOW_BITS = 0x5555  # the lower bit of each of eight counters of two bits


@inlined
def toggle_edge(x0, y0, x1, y1, west, south, cell, row0, row1, col0, col1, parity, low, high):  # type: ignore[no-untyped-def]
    """Toggle the first cell centre right of an edge in every row whose centre line it crosses."""
    if y0 > y1:
        x0, y0, x1, y1 = x1, y1, x0, y0
    first = max(math.ceil((y0 - south) / cell - 0.5), row0)
    beyond = min(math.ceil((y1 - south) / cell - 0.5), row1)
    for row in range(first, beyond):
        yc = south + (row + 0.5) * cell
        x = x0 + (yc - y0) * (x1 - x0) / (y1 - y0)
        col = math.ceil(min(max((x - west) / cell - 0.5, col0), col1))
        if col < col1:
            parity[row, col] ^= 1
            low[row] = min(low[row], col)
            high[row] = max(high[row], col)


@piece
def lay_ground(  # type: ignore[no-untyped-def]
    edges, edge_starts, area, walls, wall_starts, houses, first, beyond, mask, west, south, cell
):
    """Mark the open ground of one area: all of it less the houses listed from first to beyond."""
    ny, nx = mask.shape
    parity = no_small_rows(ny, nx)
    low, high = same_ints(ny, nx), same_ints(ny, NONE)
    for k in range(first - 1, beyond):
        if k < first:
            drawn, begin, end, value = edges, edge_starts[area], edge_starts[area + 1], OPEN
        else:
            h = houses[k]
            drawn, begin, end, value = walls, wall_starts[h], wall_starts[h + 1], 0
        bottom, top = ny, 0
        for e in range(begin, end):
            y0, y1 = drawn[e, 1], drawn[e, 3]
            toggle_edge(
                drawn[e, 0], y0, drawn[e, 2], y1,
                west, south, cell, ZERO, ny, ZERO, nx, parity, low, high,
            )  # fmt: skip
            bottom = min(bottom, int(max((min(y0, y1) - south) / cell, 0.0)))
            top = max(top, int(min((max(y0, y1) - south) / cell, ny - 1.0)) + 1)
        for row in range(bottom, top):
            inside = 0
            for col in range(low[row], nx if high[row] >= 0 else 0):
                inside ^= parity[row, col]
                parity[row, col] = 0
                if inside:
                    mask[row, col] = value
                elif col > high[row]:
                    break
            low[row], high[row] = nx, -1


@piece
def mark_strip(mask, edges, first, beyond, west, south, cell, deep):  # type: ignore[no-untyped-def]
    """Mark the open cells nearer than `deep` to an edge of the community."""
    ny, nx = mask.shape
    for e in range(first, beyond):
        x0, y0 = edges[e, 0], edges[e, 1]
        ux, uy = edges[e, 2] - x0, edges[e, 3] - y0
        length2 = ux * ux + uy * uy
        low, high = min(y0, y0 + uy) - deep, max(y0, y0 + uy) + deep
        row0 = max(math.ceil((low - south) / cell - 0.5), 0)
        row1 = min(math.floor((high - south) / cell - 0.5) + 1, ny)
        low, high = min(x0, x0 + ux) - deep, max(x0, x0 + ux) + deep
        col0 = max(math.ceil((low - west) / cell - 0.5), 0)
        col1 = min(math.floor((high - west) / cell - 0.5) + 1, nx)
        for row in range(row0, row1):
            py = south + (row + 0.5) * cell - y0
            # along a row only a stretch is within reach of a slanted edge
            for col in range(col0, col1):
                if mask[row, col] != OPEN:
                    continue
                px = west + (col + 0.5) * cell - x0
                t = min(max((px * ux + py * uy) / length2, 0.0), 1.0)
                dx, dy = px - t * ux, py - t * uy
                if dx * dx + dy * dy < deep * deep:
                    mask[row, col] = OPEN | STRIP


@piece
def see_cells(  # type: ignore[no-untyped-def]
    mask, west, south, cell, cameras, first, beyond, x, y, known, vertices, offsets, reach2,
    farthest,
):  # fmt: skip
    """Count, cell by cell, the cameras that see it.

    `cameras` from first to beyond are the rows of those near the community; `reach2` (n, 2, l)
    squared reaches by day and night and level, coarsest level first; `vertices` the outlines drawn
    outside the arc of `farthest`. Returns how many cameras see each cell by daypart, two bits a
    level that stop at three; what cameras of unknown bearing may see, as bits; and every sight of
    a cell: the cell, how many levels by day (four bits) and night, and where the sights of each
    camera begin.
    """
    ny, nx = mask.shape
    n_levels = reach2.shape[2]
    counts, possible = np.empty((2, ny * nx), np.uint16), np.empty(ny * nx, np.uint16)
    for g in range(ny * nx):
        counts[0, g] = counts[1, g] = possible[g] = 0
    parity = no_small_rows(ny, nx)
    low, high = same_ints(ny, nx), same_ints(ny, NONE)
    cells, finest, n = short_ints(FEW), small_ints(FEW), ZERO
    ones = np.empty(9, np.uint16)
    for level in range(9):
        ones[level] = LOW_BITS & ((1 << 2 * level) - 1)
    begins = no_ints(beyond - first + 1)
    for k in range(beyond - first):
        begins[k + 1] = n
        c = cameras[first + k]
        begin, end = offsets[c], offsets[c + 1]
        if end == begin or farthest[c] <= 0.0:
            continue
        x0, x1, y0, y1 = x[c], x[c], y[c], y[c]
        for v in range(begin, end):
            x0, x1 = min(x0, vertices[v, 0]), max(x1, vertices[v, 0])
            y0, y1 = min(y0, vertices[v, 1]), max(y1, vertices[v, 1])
        row0 = int(max(math.floor((y0 - south) / cell), 0.0))
        row1 = int(min(math.ceil((y1 - south) / cell), float(ny)))
        col0 = int(max(math.floor((x0 - west) / cell), 0.0))
        col1 = int(min(math.ceil((x1 - west) / cell), float(nx)))
        if row0 >= row1 or col0 >= col1:
            continue
        if n + (row1 - row0) * (col1 - col0) > len(cells):  # not by row: arrays are counted
            cells, finest = _longer(cells, finest, n + (row1 - row0) * (col1 - col0))
        is_known = known[c]
        last = end - 1
        for v in range(begin, end):
            toggle_edge(
                vertices[last, 0], vertices[last, 1], vertices[v, 0], vertices[v, 1],
                west, south, cell, row0, row1, col0, col1, parity, low, high,
            )  # fmt: skip
            last = v
        for row in range(row0, row1):
            inside = 0
            dy2 = (south + (row + 0.5) * cell - y[c]) ** 2
            for col in range(low[row], col1 if high[row] >= 0 else 0):
                inside ^= parity[row, col]
                parity[row, col] = 0
                if inside == 0:
                    if col > high[row]:
                        break
                    continue
                if mask[row, col] & OPEN == 0:
                    continue
                dx = west + (col + 0.5) * cell - x[c]
                d2 = dx * dx + dy2
                day, night = 0, 0  # levels at which it is seen
                while day < n_levels and d2 <= reach2[c, 0, day]:
                    day += 1
                while night < n_levels and d2 <= reach2[c, 1, night]:
                    night += 1
                if day == 0 and night == 0:
                    continue
                g = row * nx + col
                if is_known:
                    one, two = counts[0, g], counts[1, g]
                    counts[0, g] = one + (ones[day] & ~(one & (one >> 1)))
                    counts[1, g] = two + (ones[night] & ~(two & (two >> 1)))
                    cells[n], finest[n] = g, day | night << 4
                    n += 1
                else:
                    bits = ((1 << day) - 1) | ((1 << night) - 1) << n_levels
                    possible[g] |= np.uint16(bits)
            low[row], high[row] = nx, -1
        begins[k + 1] = n
    return counts, possible, cells, finest, begins


@piece
def _longer(cells, finest, n):  # type: ignore[no-untyped-def]
    """Both lists with room for n and as many more."""
    size = 2 * n + 65536
    more, finer = short_ints(size), small_ints(size)
    for k in range(len(cells)):
        more[k], finer[k] = cells[k], finest[k]
    return more, finer


@piece
def sum_cells(mask, counts, possible, totals, ground, i):  # type: ignore[no-untyped-def]
    """Add up a community: by daypart, level and measure (seen by 1, 2, 3 or more, possible, strip).

    `ground` takes its open and its strip cells.
    """
    n_levels, nx = totals.shape[2], mask.shape[1]
    # cells by daypart, strip and counters, four levels in a byte: a cell is looked at once
    alike = no_int_rows(np.int64(8), np.int64(256))
    n_bytes = (n_levels + 3) // 4
    for row in range(mask.shape[0]):
        for col in range(nx):
            kind = mask[row, col]
            if kind & OPEN == 0:
                continue
            g, strip = row * nx + col, 1 if kind & STRIP else 0
            for daypart in range(2):
                seen = counts[daypart, g]
                alike[4 * daypart + 2 * strip, seen & 255] += 1
                if n_bytes > 1:
                    alike[4 * daypart + 2 * strip + 1, seen >> 8] += 1
                if possible[g]:
                    for level in range(n_levels):
                        if (seen >> (2 * level)) & 3 == 0:
                            unsure = (possible[g] >> (daypart * n_levels + level)) & 1
                            totals[i, daypart, level, 3] += unsure
    for k in range(8 * 256):
        n, value = alike[k >> 8, k & 255], k & 255
        daypart, strip, byte = k >> 10, (k >> 9) & 1, (k >> 8) & 1
        if n == 0:
            continue
        if daypart == 0 and byte == 0:
            ground[i, 0] += n
            ground[i, 1] += n * strip
        for level in range(4 * byte, min(4 * byte + 4, n_levels)):
            count = (value >> (2 * (level - 4 * byte))) & 3
            if count >= 1:
                totals[i, daypart, level, 0] += n
                totals[i, daypart, level, 1] += n * (count >= 2)
                totals[i, daypart, level, 2] += n * (count >= 3)
                totals[i, daypart, level, 4] += n * strip


@piece
def sum_unique(counts, cells, finest, begins, unique, at):  # type: ignore[no-untyped-def]
    """Count the cells that each camera alone sees, by daypart and level."""
    for k in range(len(begins) - 1):
        for i in range(begins[k], begins[k + 1]):
            for daypart in range(2):
                seen = counts[daypart, cells[i]]
                alone = seen & ~(seen >> 1) & LOW_BITS  # the counters that stand at one
                level, levels = 0, (finest[i] >> (4 * daypart)) & 15
                while alone and level < levels:
                    unique[at + k, daypart, level] += alone & 1
                    alone >>= 2
                    level += 1


@kernel
def see_points(  # type: ignore[no-untyped-def]
    px, py, starts, near, west, south, size, nx, ny,
    x, y, known, vertices, offsets, reach2, farthest, nearer, seen, first, beyond,
):  # fmt: skip
    """Set, for points first..beyond, the dayparts and levels at which a known camera sees each.

    `near` lists, by grid cell from `starts`, the cameras whose reach meets the cell. A point is
    tried `nearer` metres towards the camera, so that a gate on a façade is seen from its front.
    """
    n_dayparts, n_levels = reach2.shape[1], reach2.shape[2]
    for i in range(first, beyond):
        fx, fy = math.floor((px[i] - west) / size), math.floor((py[i] - south) / size)
        if not (0 <= fx < nx and 0 <= fy < ny):
            continue
        g = int(fy) * nx + int(fx)
        for k in range(starts[g], starts[g + 1]):
            c = near[k]
            dx, dy = px[i] - x[c], py[i] - y[c]
            d2 = dx * dx + dy * dy
            if not known[c] or d2 > farthest[c] * farthest[c]:
                continue
            bits = np.uint16(0)
            for daypart in range(n_dayparts):
                for level in range(n_levels):
                    if d2 <= reach2[c, daypart, level]:
                        bits |= np.uint16(1 << (daypart * n_levels + level))
            if bits | seen[i] == seen[i]:
                continue
            d = math.sqrt(d2)
            keep = max(d - nearer, 0.5 * d) / d if d > 0.0 else 0.0
            if _holds(vertices, offsets[c], offsets[c + 1], x[c] + keep * dx, y[c] + keep * dy):
                seen[i] |= bits


@piece
def _holds(vertices, begin, end, px, py):  # type: ignore[no-untyped-def]
    """Whether an outline holds a point, by the even-odd rule."""
    inside = False
    last = end - 1
    for v in range(begin, end):
        y0, y1 = vertices[last, 1], vertices[v, 1]
        if (y0 > py) != (y1 > py):
            x0, x1 = vertices[last, 0], vertices[v, 0]
            if px < x0 + (py - y0) * (x1 - x0) / (y1 - y0):
                inside = not inside
        last = v
    return inside
