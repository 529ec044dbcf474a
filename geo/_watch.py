"""Cells that each camera of a community sees, and what follows from the lists: changes, pairs.

The outline of a camera is filled row by row as in `geo._raster`, within the reach of one level
only, and the cells are kept as lists. A history then needs no further viewshed: a camera that goes
or comes takes its cells out of, or into, a counter.
"""

import math

import numpy as np
from numba import njit

from geo._raster import OPEN, toggle_edge


@njit(cache=True, nogil=True, error_model="numpy")
def list_cells(mask, west, south, cell, cameras, x, y, vertices, offsets, day2, night2):  # type: ignore[no-untyped-def]
    """List the open cells that each camera sees by day, and tell which of them also at night.

    `day2` and `night2` are squared reaches, -1 where nothing is seen. Returns where each camera's
    cells begin, the cells (row by row from the south-west), and whether each is seen at night.
    """
    ny, nx = mask.shape
    starts = np.zeros(len(cameras) + 1, np.int64)
    cells, night = np.empty(1024, np.int32), np.empty(1024, np.bool_)
    parity = np.zeros((ny, nx), np.uint8)
    low, high = np.full(ny, nx), np.full(ny, -1)
    n = 0
    for k in range(len(cameras)):
        c = cameras[k]
        begin, end = offsets[c], offsets[c + 1]
        r = math.sqrt(max(day2[c], 0.0)) + cell
        row0 = int(max(math.floor((y[c] - r - south) / cell), 0.0))
        row1 = int(min(math.ceil((y[c] + r - south) / cell), float(ny)))
        col0 = int(max(math.floor((x[c] - r - west) / cell), 0.0))
        col1 = int(min(math.ceil((x[c] + r - west) / cell), float(nx)))
        if end > begin and day2[c] >= 0 and row0 < row1 and col0 < col1:
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
                    dx = west + (col + 0.5) * cell - x[c]
                    d2 = dx * dx + dy * dy
                    if d2 > day2[c] or mask[row, col] & OPEN == 0:
                        continue
                    if n == len(cells):
                        more, dark = np.empty(2 * n, np.int32), np.empty(2 * n, np.bool_)
                        more[:n], dark[:n] = cells, night
                        cells, night = more, dark
                    cells[n], night[n] = row * nx + col, d2 <= night2[c]
                    n += 1
                low[row], high[row] = nx, -1
        starts[k + 1] = n
    return starts, cells[:n], night[:n]


@njit(cache=True, nogil=True, error_model="numpy")
def count_changes(starts, cells, night, who, comes, n_cells):  # type: ignore[no-untyped-def]
    """Count the cells seen by day and at night after each change.

    Change e: camera `who[e]` (a row of `starts`) comes or goes.
    """
    by_day, by_night = np.zeros(n_cells, np.int32), np.zeros(n_cells, np.int32)
    seen = np.zeros((len(who), 2), np.int64)
    n_day, n_night = 0, 0
    for e in range(len(who)):
        for j in range(starts[who[e]], starts[who[e] + 1]):
            i = cells[j]
            if comes[e]:
                n_day += by_day[i] == 0
                by_day[i] += 1
                if night[j]:
                    n_night += by_night[i] == 0
                    by_night[i] += 1
            else:
                by_day[i] -= 1
                n_day -= by_day[i] == 0
                if night[j]:
                    by_night[i] -= 1
                    n_night -= by_night[i] == 0
        seen[e, 0], seen[e, 1] = n_day, n_night
    return seen


@njit(cache=True, nogil=True, error_model="numpy")
def share_cells(starts, cells, night, working, n_cells, most):  # type: ignore[no-untyped-def]
    """Count what each working camera sees, what it alone sees, and what each pair shares.

    Where more than `most` cameras see one cell, the pairs of the first so many are counted: a
    thousand cameras piled on one spot must not make half a million pairs. Returns counts (k, 4):
    seen and alone by day, seen and alone at night; and pairs (p, 4): two cameras, cells shared by
    day and at night.
    """
    n = len(starts) - 1
    heads = np.zeros(n_cells + 1, np.int64)
    n_night = np.zeros(n_cells, np.int32)
    for k in range(n):
        if working[k]:
            for j in range(starts[k], starts[k + 1]):
                heads[cells[j] + 1] += 1
                n_night[cells[j]] += night[j]
    for i in range(n_cells):
        heads[i + 1] += heads[i]
    place = heads[:-1].copy()
    owner, dark = np.empty(heads[-1], np.int32), np.empty(heads[-1], np.bool_)
    counts = np.zeros((n, 4), np.int64)
    for k in range(n):
        if working[k]:
            for j in range(starts[k], starts[k + 1]):
                i = cells[j]
                owner[place[i]], dark[place[i]] = k, night[j]
                place[i] += 1
                counts[k, 0] += 1
                counts[k, 1] += heads[i + 1] - heads[i] == 1
                if night[j]:
                    counts[k, 2] += 1
                    counts[k, 3] += n_night[i] == 1
    pairs, n_pairs = np.empty((64, 4), np.int64), 0
    shared, met = np.zeros((n, 2), np.int64), np.empty(n, np.int64)
    for k in range(n):
        n_met = 0
        for j in range(starts[k], starts[k + 1] if working[k] else starts[k]):
            i = cells[j]
            for h in range(heads[i], min(heads[i + 1], heads[i] + most)):
                if owner[h] >= k:
                    for g in range(h + 1, min(heads[i + 1], heads[i] + most)):
                        if owner[h] == k:
                            other = owner[g]
                            if shared[other, 0] == 0:
                                met[n_met] = other
                                n_met += 1
                            shared[other, 0] += 1
                            shared[other, 1] += dark[h] and dark[g]
                    break
        met[:n_met].sort()
        for m in range(n_met):
            if n_pairs == len(pairs):
                more = np.empty((2 * n_pairs, 4), np.int64)
                more[:n_pairs] = pairs
                pairs = more
            other = met[m]
            pairs[n_pairs, 0], pairs[n_pairs, 1] = k, other
            pairs[n_pairs, 2], pairs[n_pairs, 3] = shared[other, 0], shared[other, 1]
            shared[other, 0] = shared[other, 1] = 0
            n_pairs += 1
    return counts, pairs[:n_pairs]
