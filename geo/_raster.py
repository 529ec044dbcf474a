"""Cells of one community's grid: which are open ground, and which camera sees each.

A polygon is filled row by row: each edge toggles, in every row it passes, the first cell centre
to its right, and a running parity along the row gives the inside (even-odd rule). Levels are
nested, since a camera that identifies a cell also recognises it; a cell is counted once, at the
finest level its distance allows, and coarser levels are sums.

References
----------
Foley, J. D., van Dam, A., Feiner, S. K. & Hughes, J. F. (1990). Computer graphics: principles and
practice, 2nd ed., section 3.6 (scan-line fill).
"""

import math

import numpy as np
from numba import njit

OPEN, STRIP = 1, 2


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
def see_cells(mask, west, south, cell, cameras, x, y, known, vertices, offsets, reach2, farthest):  # type: ignore[no-untyped-def]
    """Count the cells each camera sees.

    `cameras` are the rows of the cameras near the community; `reach2` (n, k, l) squared reaches by
    daypart and level, coarsest level first; `vertices` the outlines drawn outside the arc of
    `farthest`. Returns counts by daypart, level and measure (seen by 1, 2, 3 or more, possible,
    strip), open and strip cells, unique cells of each camera, and the levels seen by cell as bits.
    """
    ny, nx = mask.shape
    n_parts, n_levels = reach2.shape[1], reach2.shape[2]
    counts = np.zeros((n_parts, n_levels, ny, nx), np.uint16)
    names = np.zeros((n_parts, n_levels, ny, nx), np.uint32)
    possible = np.zeros((ny, nx), np.uint16)
    parity = np.zeros((ny, nx), np.uint8)
    low, high = np.full(ny, nx), np.full(ny, -1)
    for k in range(len(cameras)):
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
            dy = south + (row + 0.5) * cell - y[c]
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
                d2 = dx * dx + dy * dy
                for part in range(n_parts):
                    level = n_levels - 1
                    while level >= 0 and d2 > reach2[c, part, level]:
                        level -= 1
                    if level < 0:
                        continue
                    if known[c]:
                        counts[part, level, row, col] += 1
                        names[part, level, row, col] += np.uint32(k)
                    else:
                        possible[row, col] |= np.uint16(1 << (part * n_levels + level))
            low[row], high[row] = nx, -1
    return _sum_levels(mask, counts, names, possible, len(cameras))


@njit(cache=True, nogil=True, error_model="numpy")
def _sum_levels(mask, counts, names, possible, n_cameras):  # type: ignore[no-untyped-def]
    """Sum each cell from its finest level to the coarsest."""
    n_parts, n_levels, ny, nx = counts.shape
    totals = np.zeros((n_parts, n_levels, 5), np.int64)
    unique = np.zeros((n_cameras, n_parts, n_levels), np.int64)
    seen = np.zeros((ny, nx), np.uint16)
    n_open, n_strip = 0, 0
    for row in range(ny):
        for col in range(nx):
            if mask[row, col] & OPEN == 0:
                continue
            n_open += 1
            strip = mask[row, col] & STRIP != 0
            n_strip += strip
            for part in range(n_parts):
                count, name, maybe = 0, np.uint32(0), False
                for level in range(n_levels - 1, -1, -1):
                    bit = np.uint16(1 << (part * n_levels + level))
                    count += counts[part, level, row, col]
                    name += names[part, level, row, col]
                    maybe = maybe or possible[row, col] & bit != 0
                    if count >= 1:
                        seen[row, col] |= bit
                        totals[part, level, 0] += 1
                        totals[part, level, 1] += count >= 2
                        totals[part, level, 2] += count >= 3
                        totals[part, level, 4] += strip
                        if count == 1:  # the sum of one camera's number is its number
                            unique[np.int64(name), part, level] += 1
                    elif maybe:
                        totals[part, level, 3] += 1
    return totals, n_open, n_strip, unique, seen


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
