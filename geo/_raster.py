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
from numba import njit

OPEN, STRIP = 1, 2
LOW_BITS = 0x5555  # the lower bit of each of eight counters of two bits


@njit(cache=True, nogil=True, error_model="numpy")
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


@njit(cache=True, nogil=True, error_model="numpy")
def ground_mask(edges, parts, west, south, cell, nx, ny):  # type: ignore[no-untyped-def]
    """Mark open ground and the boundary strip of a community.

    `edges` are those of the community, of its inside beyond the strip, and of each building;
    `parts` says where each begins.
    """
    mask = np.zeros((ny, nx), np.uint8)
    parity = np.zeros((ny, nx), np.uint8)
    low, high = np.full(ny, nx), np.full(ny, -1)
    for part in range(len(parts) - 1):
        bottom, top = ny, 0
        for e in range(parts[part], parts[part + 1]):
            toggle_edge(
                edges[e, 0], edges[e, 1], edges[e, 2], edges[e, 3],
                west, south, cell, 0, ny, 0, nx, parity, low, high,
            )  # fmt: skip
            for k in (1, 3):
                row = int(min(max((edges[e, k] - south) / cell, 0.0), ny - 1.0))
                bottom, top = min(bottom, row), max(top, row + 1)
        for row in range(bottom, top):
            inside = 0
            for col in range(low[row], nx if high[row] >= 0 else 0):
                inside ^= parity[row, col]
                parity[row, col] = 0
                if col > high[row] and inside == 0:
                    break
                if inside:
                    if part == 0:
                        mask[row, col] = OPEN | STRIP
                    elif part == 1:
                        mask[row, col] &= 255 - STRIP
                    else:
                        mask[row, col] = 0
            low[row], high[row] = nx, -1
    return mask


@njit(cache=True, nogil=True, error_model="numpy")
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


@njit(cache=True, nogil=True, error_model="numpy")
def see_cells(mask, west, south, cell, cameras, x, y, known, vertices, offsets, reach2, farthest):  # type: ignore[no-untyped-def]
    """Count, cell by cell, the cameras that see it.

    `cameras` are the rows of the cameras near the community; `reach2` (n, k, l) squared reaches by
    daypart and level, coarsest level first; `vertices` the outlines drawn outside the arc of
    `farthest`. Returns how many cameras see each cell by daypart, two bits a level that stop at
    three; what cameras of unknown bearing may see, as bits; and every sight of a cell: the cell,
    its finest levels by daypart, and where the sights of each camera begin.
    """
    ny, nx = mask.shape
    n_parts, n_levels = reach2.shape[1], reach2.shape[2]
    counts = np.zeros((n_parts, ny * nx), np.uint16)
    possible = np.zeros(ny * nx, np.uint16)
    parity = np.zeros((ny, nx), np.uint8)
    low, high = np.full(ny, nx), np.full(ny, -1)
    cells, finest, n = np.empty(4096, np.int32), np.empty((4096, 2), np.int8), 0
    begins = np.zeros(len(cameras) + 1, np.int64)
    for k in range(len(cameras)):
        begins[k + 1] = n
        c = cameras[k]
        begin, end = offsets[c], offsets[c + 1]
        r = farthest[c] + cell
        row0 = int(max(math.floor((y[c] - r - south) / cell), 0.0))
        row1 = int(min(math.ceil((y[c] + r - south) / cell), float(ny)))
        col0 = int(max(math.floor((x[c] - r - west) / cell), 0.0))
        col1 = int(min(math.ceil((x[c] + r - west) / cell), float(nx)))
        if end == begin or row0 >= row1 or col0 >= col1:
            continue
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
            if n + nx > len(cells):
                cells, finest = _longer(cells, finest, n)
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
                g = row * nx + col
                for part in range(n_parts):
                    level = -1
                    while level + 1 < n_levels and d2 <= reach2[c, part, level + 1]:
                        level += 1
                    finest[n, part] = level
                    if level < 0:
                        continue
                    if known[c]:
                        ones = LOW_BITS & ((1 << (2 * level + 2)) - 1)
                        full = counts[part, g] & (counts[part, g] >> 1) & LOW_BITS
                        counts[part, g] += ones & ~full
                    else:
                        bits = ((1 << (level + 1)) - 1) << (part * n_levels)
                        possible[g] |= np.uint16(bits)
                if known[c] and finest[n].max() >= 0:
                    cells[n] = g
                    n += 1
            low[row], high[row] = nx, -1
        begins[k + 1] = n
    return counts, possible, cells, finest, begins


@njit(cache=True, nogil=True, error_model="numpy")
def _longer(cells, finest, n):  # type: ignore[no-untyped-def]
    """Both lists with twice the room and more."""
    size = 2 * len(cells) + 65536
    more, finer = np.empty(size, np.int32), np.empty((size, 2), np.int8)
    more[:n] = cells[:n]
    finer[:n] = finest[:n]
    return more, finer


@njit(cache=True, nogil=True, error_model="numpy")
def sum_cells(mask, counts, possible, totals):  # type: ignore[no-untyped-def]
    """Add up a community: by daypart, level and measure (seen by 1, 2, 3 or more, possible, strip).

    Returns open and strip cells.
    """
    n_parts, n_levels = totals.shape[0], totals.shape[1]
    n_open, n_strip = 0, 0
    flat = mask.ravel()
    for g in range(len(flat)):
        if flat[g] & OPEN == 0:
            continue
        n_open += 1
        strip = flat[g] & STRIP != 0
        n_strip += strip
        for part in range(n_parts):
            if counts[part, g] == 0 and possible[g] == 0:
                continue
            for level in range(n_levels):
                count = (counts[part, g] >> (2 * level)) & 3
                if count >= 1:
                    totals[part, level, 0] += 1
                    totals[part, level, 1] += count >= 2
                    totals[part, level, 2] += count >= 3
                    totals[part, level, 4] += strip
                elif (possible[g] >> (part * n_levels + level)) & 1:
                    totals[part, level, 3] += 1
    return n_open, n_strip


@njit(cache=True, nogil=True, error_model="numpy")
def sum_unique(counts, cells, finest, begins, unique):  # type: ignore[no-untyped-def]
    """Count the cells that each camera alone sees, by daypart and level."""
    for k in range(len(begins) - 1):
        for i in range(begins[k], begins[k + 1]):
            for part in range(counts.shape[0]):
                seen = counts[part, cells[i]]
                for level in range(finest[i, part] + 1):
                    unique[k, part, level] += (seen >> (2 * level)) & 3 == 1


@njit(cache=True, nogil=True, error_model="numpy")
def see_points(  # type: ignore[no-untyped-def]
    px, py, starts, near, west, south, size, nx, ny,
    x, y, known, vertices, offsets, reach2, farthest, nearer, seen, first, beyond,
):  # fmt: skip
    """Set, for points first..beyond, the dayparts and levels at which a known camera sees each.

    `near` lists, by grid cell from `starts`, the cameras whose reach meets the cell. A point is
    tried `nearer` metres towards the camera, so that a gate on a façade is seen from its front.
    """
    n_parts, n_levels = reach2.shape[1], reach2.shape[2]
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
            for part in range(n_parts):
                for level in range(n_levels):
                    if d2 <= reach2[c, part, level]:
                        bits |= np.uint16(1 << (part * n_levels + level))
            if bits | seen[i] == seen[i]:
                continue
            d = math.sqrt(d2)
            keep = max(d - nearer, 0.5 * d) / d if d > 0.0 else 0.0
            if _holds(vertices, offsets[c], offsets[c + 1], x[c] + keep * dx, y[c] + keep * dy):
                seen[i] |= bits


@njit(cache=True, nogil=True, error_model="numpy")
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
