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

from geo._kernels import (
    FEW,
    NONE,
    ZERO,
    int_rows,
    ints,
    kernel,
    more_int_rows,
    no_int_rows,
    no_ints,
    no_short_ints,
    no_small_rows,
    piece,
    same_ints,
    short_ints,
    small_ints,
)


@kernel
def watch_range(  # type: ignore[no-untyped-def]
    begin, beyond, corners, sizes, cells_m, edges, edge_starts, near_starts, near,
    x, y, day2, night2, vertices, offsets, more_vertices, more_offsets, n_first,
    event_starts, event_day, event_who, event_comes, working, most,
):  # fmt: skip
    """Watch communities begin..beyond.

    `corners` are west and south, `sizes` columns and rows; `near` lists the cameras of each
    community. Camera c has its outline in `vertices` from `offsets` if c < `n_first`, else in
    the second of these.
    Events, in the order of days, say which of the community's cameras comes or goes; `working`
    tells the cameras that work on the last day.
    Returns, each with its number of rows: changes (community, day, cells by day, at night); views
    (camera, community, cells seen and seen alone by day, the same at night); pairs (two cameras,
    community, shared cells by day, at night).
    """
    changes, n_changes = int_rows(FEW, np.int64(4)), ZERO
    views, n_views = int_rows(FEW, np.int64(6)), ZERO
    pairs, n_pairs = int_rows(FEW, np.int64(5)), ZERO
    widest, most_cells = ZERO + 1, ZERO + 1
    for i in range(begin, beyond):
        most_cells = max(most_cells, sizes[i, 0] * sizes[i, 1])
        for k in range(near_starts[i], near_starts[i + 1]):
            r = math.sqrt(max(day2[near[k]], 0.0)) / cells_m[i]
            widest = max(widest, 2 * math.ceil(r) + 5)
    # rows of what is seen, and below them those of the community
    parity = no_small_rows(2 * widest, widest)
    low, high = same_ints(2 * widest, widest), same_ints(2 * widest, NONE)
    slot = short_ints(most_cells)
    for j in range(most_cells):
        slot[j] = -1
    cells, night, touched = short_ints(FEW), small_ints(FEW), short_ints(FEW)
    for i in range(begin, beyond):
        a, n_near = near_starts[i], near_starts[i + 1] - near_starts[i]
        starts, works = no_ints(n_near + 1), small_ints(n_near)
        for k in range(n_near):
            c = near[a + k]
            if c < n_first:
                lines, v0, v1 = vertices, offsets[c], offsets[c + 1]
            else:
                row = c - n_first
                lines, v0, v1 = more_vertices, more_offsets[row], more_offsets[row + 1]
            cells, night, starts[k + 1] = _list_cells(
                lines, v0, v1, edges, edge_starts[i],
                edge_starts[i + 1], x[c], y[c], day2[c], night2[c],
                corners[i, 0], corners[i, 1], sizes[i, 0], sizes[i, 1], cells_m[i],
                parity, low, high, cells, night, starts[k],
            )  # fmt: skip
        if len(touched) < len(cells):
            touched = short_ints(len(cells))
        n_cells = ZERO
        for j in range(starts[n_near]):  # number the cells that are seen
            if slot[cells[j]] < 0:
                slot[cells[j]] = n_cells
                touched[n_cells] = cells[j]
                n_cells += 1
            cells[j] = slot[cells[j]]
        for j in range(n_cells):
            slot[touched[j]] = -1
        for k in range(n_near):
            works[k] = working[near[a + k]]
        changes, n_changes = _follow(
            starts, cells, night, event_starts[i], event_starts[i + 1],
            event_day, event_who, event_comes, n_cells, changes, n_changes, i,
        )  # fmt: skip
        counts = no_int_rows(n_near, np.int64(4))
        pairs, n_pairs = _share(
            starts, cells, night, works, n_cells, most, counts, pairs, n_pairs, near, a, i
        )
        for k in range(n_near):
            if counts[k, 0] > 0:
                if n_views == len(views):
                    views = more_int_rows(views)
                views[n_views, 0], views[n_views, 1] = near[a + k], i
                for q in range(4):
                    views[n_views, 2 + q] = counts[k, q]
                n_views += 1
    return changes, n_changes, views, n_views, pairs, n_pairs


@piece
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
    last, below = end - 1, parity.shape[1]
    for v in range(begin, end):
        _toggle(
            vertices[last, 0], vertices[last, 1], vertices[v, 0], vertices[v, 1],
            west, south, cell, row0, row1, col0, col1, ZERO, parity, low, high,
        )  # fmt: skip
        last = v
    for e in range(first_edge, beyond_edge):
        _toggle(
            edges[e, 0], edges[e, 1], edges[e, 2], edges[e, 3],
            west, south, cell, row0, row1, col0, col1, below, parity, low, high,
        )  # fmt: skip
    for row in range(row0, row1):
        h = row - row0
        g = h + below
        seen, ours = 0, 0
        dy = south + (row + 0.5) * cell - y
        ends = max(high[h], high[g]) + 1
        for col in range(min(low[h], low[g]), col1 - col0):
            seen ^= parity[h, col]
            ours ^= parity[g, col]
            parity[h, col] = 0
            parity[g, col] = 0
            if seen == 0 or ours == 0:
                if col >= ends:
                    break
                continue
            dx = west + (col0 + col + 0.5) * cell - x
            d2 = dx * dx + dy * dy
            if d2 > day2:
                continue
            if n == len(cells):
                more, dark = short_ints(2 * n), small_ints(2 * n)
                for j in range(n):
                    more[j], dark[j] = cells[j], night[j]
                cells, night = more, dark
            cells[n], night[n] = row * nx + col0 + col, d2 <= night2
            n += 1
        low[h], low[g] = below, below
        high[h], high[g] = -1, -1
    return cells, night, n


@piece
def _toggle(  # type: ignore[no-untyped-def]
    x0, y0, x1, y1, west, south, cell, row0, row1, col0, col1, below, parity, low, high
):  # fmt: skip
    """Toggle the first cell centre right of an edge in every row of a box that it crosses.

    The first row of the box is row `below` of the arrays.
    """
    if y0 > y1:
        x0, y0, x1, y1 = x1, y1, x0, y0
    first = max(math.ceil((y0 - south) / cell - 0.5), row0)
    beyond = min(math.ceil((y1 - south) / cell - 0.5), row1)
    for row in range(first, beyond):
        yc = south + (row + 0.5) * cell
        x = x0 + (yc - y0) * (x1 - x0) / (y1 - y0)
        col = math.ceil(min(max((x - west) / cell - 0.5, col0), col1))
        if col < col1:
            h, k = row - row0 + below, col - col0
            parity[h, k] ^= 1
            low[h] = min(low[h], k)
            high[h] = max(high[h], k)


@piece
def _follow(  # type: ignore[no-untyped-def]
    starts, cells, night, begin, beyond, day, who, comes, n_cells, changes, n, community
):  # fmt: skip
    """Count the cells seen by day and at night from each day on which that changes, and day 0."""
    by_day, by_night = no_short_ints(n_cells), no_short_ints(n_cells)
    n_day, n_night, first = ZERO, ZERO, n
    for e in range(begin - 1, beyond):
        if e >= begin:
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
        today = day[e] if e >= begin else 0
        if n > first and today != 0 and changes[n - 1, 2] == n_day and changes[n - 1, 3] == n_night:
            continue
        if n == first or today != 0:
            n += 1
        if n > len(changes):
            changes = more_int_rows(changes)
        changes[n - 1, 0], changes[n - 1, 1] = community, today
        changes[n - 1, 2], changes[n - 1, 3] = n_day, n_night
    return changes, n


@piece
def _share(  # type: ignore[no-untyped-def]
    starts, cells, night, working, n_cells, most, counts, pairs, n_pairs, near, a, community
):  # fmt: skip
    """Count what each working camera sees, what it alone sees, and what each pair shares.

    Where more than `most` cameras see one cell, the pairs of the first so many are counted: a
    thousand cameras piled on one spot must not make half a million pairs. `counts` gets what each
    camera sees and sees alone by day, and the same at night; `pairs` is continued and returned.
    """
    n = len(starts) - 1
    heads, n_night = no_ints(n_cells + 1), no_short_ints(n_cells)
    for k in range(n):
        if working[k]:
            for j in range(starts[k], starts[k + 1]):
                heads[cells[j] + 1] += 1
                n_night[cells[j]] += night[j]
    for i in range(n_cells):
        heads[i + 1] += heads[i]
    place = ints(n_cells)
    for i in range(n_cells):
        place[i] = heads[i]
    owner, dark = short_ints(heads[n_cells]), small_ints(heads[n_cells])
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
    shared, met = no_int_rows(n, np.int64(2)), ints(n)
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
                        shared[other, 1] += dark[h] & dark[g]
                    break
        for m in range(n_met):
            if n_pairs == len(pairs):
                pairs = more_int_rows(pairs)
            other = met[m]
            pairs[n_pairs, 0], pairs[n_pairs, 1] = near[a + k], near[a + other]
            pairs[n_pairs, 2] = community
            pairs[n_pairs, 3], pairs[n_pairs, 4] = shared[other, 0], shared[other, 1]
            shared[other, 0] = shared[other, 1] = 0
            n_pairs += 1
    return pairs, n_pairs
