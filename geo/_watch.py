"""Cells that the cameras of each community see, and what follows from the lists: changes, pairs.

An outline is filled row by row: each edge toggles, in every row it passes, the first cell centre
to its right, and a running parity along the row gives the inside (even-odd rule), as
`geo._raster` does, but within the reach of one level and one camera at a time. The seen cells of a
community are then numbered, so that the work goes with what is seen and not with the ground.

References
----------
Foley, J. D., van Dam, A., Feiner, S. K. & Hughes, J. F. (1990). Computer graphics: principles and
practice, 2nd ed., section 3.6 (scan-line fill).
"""

import math

import numpy as np
from numba import njit


@njit(cache=True, nogil=True, error_model="numpy")
def watch_range(  # type: ignore[no-untyped-def]
    begin, beyond, corners, sizes, cells_m, edges, edge_starts, near_starts, near,
    x, y, day2, night2, outlines, n_first,
    event_starts, event_day, event_who, event_comes, working, most,
):  # fmt: skip
    """Watch communities begin..beyond.

    `corners` are west and south, `sizes` columns and rows; `near` lists the cameras of each
    community. Camera c has its outline in the first of `outlines` (vertices, offsets) if c <
    `n_first`, else in the second.
    Events, in the order of days, say which of the community's cameras comes or goes; `working`
    tells the cameras that work on the last day.
    Returns changes (community, day, cells by day, at night); views (camera, community, cells seen
    and seen alone by day, the same at night); pairs (two cameras, community, shared cells by day,
    at night).
    """
    changes, n_changes = np.empty((64, 4), np.int64), 0
    views, n_views = np.empty((64, 6), np.int64), 0
    pairs, n_pairs = np.empty((64, 5), np.int64), 0
    widest, most_cells = 1, np.int64(1)
    for i in range(begin, beyond):
        most_cells = max(most_cells, sizes[i, 0] * sizes[i, 1])
        for k in range(near_starts[i], near_starts[i + 1]):
            r = math.sqrt(max(day2[near[k]], 0.0)) / cells_m[i]
            widest = max(widest, 2 * math.ceil(r) + 5)
    parity = np.zeros((2, widest, widest), np.uint8)
    low, high = np.full((2, widest), widest), np.full((2, widest), -1)
    slot = np.full(most_cells, -1, np.int32)
    cells, night = np.empty(1024, np.int32), np.empty(1024, np.bool_)
    touched = np.empty(1024, np.int32)
    for i in range(begin, beyond):
        a, n_near = near_starts[i], near_starts[i + 1] - near_starts[i]
        starts = np.zeros(n_near + 1, np.int64)
        for k in range(n_near):
            c = near[a + k]
            which = 0 if c < n_first else 1
            vertices, offsets = outlines[which]
            row = c - which * n_first
            cells, night, starts[k + 1] = _list_cells(
                vertices, offsets[row], offsets[row + 1], edges, edge_starts[i],
                edge_starts[i + 1], x[c], y[c], day2[c], night2[c],
                corners[i, 0], corners[i, 1], sizes[i, 0], sizes[i, 1], cells_m[i],
                parity, low, high, cells, night, starts[k],
            )  # fmt: skip
        if len(touched) < len(cells):
            touched = np.empty(len(cells), np.int32)
        n_cells = 0
        for j in range(starts[n_near]):  # number the cells that are seen
            if slot[cells[j]] < 0:
                slot[cells[j]] = n_cells
                touched[n_cells] = cells[j]
                n_cells += 1
            cells[j] = slot[cells[j]]
        for j in range(n_cells):
            slot[touched[j]] = -1
        works = np.zeros(n_near, np.bool_)
        for k in range(n_near):
            works[k] = working[near[a + k]]
        found = _follow(
            starts, cells, night, event_starts[i], event_starts[i + 1],
            event_day, event_who, event_comes, n_cells,
        )  # fmt: skip
        changes, n_changes = _append(changes, n_changes, found, i)
        counts, shared = _share(starts, cells, night, works, n_cells, most)
        for k in range(n_near):
            if counts[k, 0] > 0:
                if n_views == len(views):
                    views = _doubled(views)
                views[n_views, 0], views[n_views, 1] = near[a + k], i
                for q in range(4):
                    views[n_views, 2 + q] = counts[k, q]
                n_views += 1
        for p in range(len(shared)):
            if n_pairs == len(pairs):
                pairs = _doubled(pairs)
            pairs[n_pairs, 0], pairs[n_pairs, 1] = near[a + shared[p, 0]], near[a + shared[p, 1]]
            pairs[n_pairs, 2] = i
            pairs[n_pairs, 3], pairs[n_pairs, 4] = shared[p, 2], shared[p, 3]
            n_pairs += 1
    return changes[:n_changes], views[:n_views], pairs[:n_pairs]


@njit(cache=True, nogil=True, error_model="numpy")
def _doubled(rows):  # type: ignore[no-untyped-def]
    more = np.empty((2 * len(rows), rows.shape[1]), np.int64)
    for i in range(len(rows)):
        for k in range(rows.shape[1]):
            more[i, k] = rows[i, k]
    return more


@njit(cache=True, nogil=True, error_model="numpy")
def _append(changes, n, found, community):  # type: ignore[no-untyped-def]
    for e in range(len(found)):
        if n == len(changes):
            changes = _doubled(changes)
        changes[n, 0] = community
        for k in range(3):
            changes[n, 1 + k] = found[e, k]
        n += 1
    return changes, n


@njit(cache=True, nogil=True, error_model="numpy")
def _list_cells(  # type: ignore[no-untyped-def]
    vertices, begin, end, edges, first_edge, beyond_edge, x, y, day2, night2,
    west, south, nx, ny, cell, parity, low, high, cells, night, n,
):  # fmt: skip
    """Append the cells of a community that one camera sees, and whether also at night."""
    if day2 < 0 or begin == end:
        return cells, night, n
    r = math.sqrt(day2) + cell
    row0 = int(max(math.floor((y - r - south) / cell), 0.0))
    row1 = int(min(math.ceil((y + r - south) / cell), float(ny)))
    col0 = int(max(math.floor((x - r - west) / cell), 0.0))
    col1 = int(min(math.ceil((x + r - west) / cell), float(nx)))
    if row0 >= row1 or col0 >= col1:
        return cells, night, n
    last = end - 1
    for v in range(begin, end):
        _toggle(
            vertices[last, 0], vertices[last, 1], vertices[v, 0], vertices[v, 1],
            west, south, cell, row0, row1, col0, col1, 0, parity, low, high,
        )  # fmt: skip
        last = v
    for e in range(first_edge, beyond_edge):
        _toggle(
            edges[e, 0], edges[e, 1], edges[e, 2], edges[e, 3],
            west, south, cell, row0, row1, col0, col1, 1, parity, low, high,
        )  # fmt: skip
    for row in range(row0, row1):
        h = row - row0
        seen, ours = 0, 0
        dy = south + (row + 0.5) * cell - y
        ends = max(high[0, h], high[1, h]) + 1
        for col in range(min(low[0, h], low[1, h]), col1 - col0):
            seen ^= parity[0, h, col]
            ours ^= parity[1, h, col]
            parity[0, h, col] = 0
            parity[1, h, col] = 0
            if seen == 0 or ours == 0:
                if col >= ends:
                    break
                continue
            dx = west + (col0 + col + 0.5) * cell - x
            d2 = dx * dx + dy * dy
            if d2 > day2:
                continue
            if n == len(cells):
                more, dark = np.empty(2 * n, np.int32), np.empty(2 * n, np.bool_)
                for j in range(n):
                    more[j], dark[j] = cells[j], night[j]
                cells, night = more, dark
            cells[n], night[n] = row * nx + col0 + col, d2 <= night2
            n += 1
        for which in range(2):
            low[which, h], high[which, h] = parity.shape[1], -1
    return cells, night, n


@njit(cache=True, nogil=True, error_model="numpy")
def _toggle(  # type: ignore[no-untyped-def]
    x0, y0, x1, y1, west, south, cell, row0, row1, col0, col1, which, parity, low, high
):  # fmt: skip
    """Toggle the first cell centre right of an edge in every row of a box that it crosses."""
    if y0 > y1:
        x0, y0, x1, y1 = x1, y1, x0, y0
    first = max(math.ceil((y0 - south) / cell - 0.5), row0)
    beyond = min(math.ceil((y1 - south) / cell - 0.5), row1)
    for row in range(first, beyond):
        yc = south + (row + 0.5) * cell
        x = x0 + (yc - y0) * (x1 - x0) / (y1 - y0)
        col = math.ceil(min(max((x - west) / cell - 0.5, col0), col1))
        if col < col1:
            h, k = row - row0, col - col0
            parity[which, h, k] ^= 1
            low[which, h] = min(low[which, h], k)
            high[which, h] = max(high[which, h], k)


@njit(cache=True, nogil=True, error_model="numpy")
def _follow(starts, cells, night, begin, beyond, day, who, comes, n_cells):  # type: ignore[no-untyped-def]
    """Count the cells seen by day and at night from each day on which that changes, and day 0."""
    by_day, by_night = np.zeros(n_cells, np.int32), np.zeros(n_cells, np.int32)
    found, n_found = np.zeros((beyond - begin + 1, 3), np.int64), 1
    n_day, n_night = 0, 0
    for e in range(begin, beyond):
        for j in range(starts[who[e]], starts[who[e] + 1]):
            c = cells[j]
            if comes[e]:
                n_day += by_day[c] == 0
                by_day[c] += 1
                if night[j]:
                    n_night += by_night[c] == 0
                    by_night[c] += 1
            else:
                by_day[c] -= 1
                n_day -= by_day[c] == 0
                if night[j]:
                    by_night[c] -= 1
                    n_night -= by_night[c] == 0
        if e + 1 < beyond and day[e + 1] == day[e]:
            continue
        same = found[n_found - 1, 1] == n_day and found[n_found - 1, 2] == n_night
        if day[e] == 0 or not same:
            at = 0 if day[e] == 0 else n_found
            found[at, 0], found[at, 1], found[at, 2] = day[e], n_day, n_night
            n_found += day[e] != 0
    return found[:n_found]


@njit(cache=True, nogil=True, error_model="numpy")
def _share(starts, cells, night, working, n_cells, most):  # type: ignore[no-untyped-def]
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
    place = np.empty(n_cells, np.int64)
    for i in range(n_cells):
        place[i] = heads[i]
    owner, dark = np.empty(heads[n_cells], np.int32), np.empty(heads[n_cells], np.bool_)
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
    pairs, n_pairs = np.empty((16, 4), np.int64), 0
    shared, met = np.zeros((n, 2), np.int64), np.empty(n, np.int64)
    for k in range(n):
        n_met = 0
        for j in range(starts[k], starts[k + 1] if working[k] else starts[k]):
            i = cells[j]
            until = min(heads[i + 1], heads[i] + most)
            for h in range(heads[i], until):
                if owner[h] == k:
                    for g in range(h + 1, until):
                        other = owner[g]
                        if shared[other, 0] == 0:
                            met[n_met] = other
                            n_met += 1
                        shared[other, 0] += 1
                        shared[other, 1] += dark[h] and dark[g]
                    break
        for m in range(n_met):
            if n_pairs == len(pairs):
                pairs = _doubled(pairs)
            other = met[m]
            pairs[n_pairs, 0], pairs[n_pairs, 1] = k, other
            pairs[n_pairs, 2], pairs[n_pairs, 3] = shared[other, 0], shared[other, 1]
            shared[other, 0] = shared[other, 1] = 0
            n_pairs += 1
    return counts, pairs[:n_pairs]
