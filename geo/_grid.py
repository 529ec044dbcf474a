"""Kernels of the polygon grid: cut polygon borders into cells once, then look points up.

References
----------
Zalik, B. & Kolingerova, I. (2001). A cell-based point-in-polygon algorithm suitable for large
    sets of points. Computers & Geosciences, 27(10), 1135-1145.
"""

import math

import numpy as np
from numba import njit

from geo._orient import side

# Where an edge crosses a row's border is known to 1e-11 of a cell for each unit of slope; a cell
# too many costs nothing, a cell too few would be wrong.
_PAD, _PAD_PER_SLOPE = 1e-9, 1e-11
_HEADER = 2  # of a cell: number of polygons, polygon that covers the rest or -1
_ENTRY = 4  # of a polygon in a cell: polygon, parity below, number of edges, number of steps


@njit(inline="always")
def _grown(array, n):  # type: ignore[no-untyped-def]
    if n <= array.size:
        return array
    bigger = np.empty(max(2 * array.size, n), array.dtype)
    bigger[: array.size] = array
    return bigger


@njit(cache=True, nogil=True)
def build_rows(xy, rings, parts, frame, nx, ny, row_from, row_to):  # type: ignore[no-untyped-def]
    """
    Sort the polygons' edges into the cells of the rows `row_from` to `row_to`.

    Parameters
    ----------
    xy
        (n, 2) vertices; each ring closed.
    rings
        Ring k has the vertices rings[k]:rings[k + 1].
    parts
        Polygon p has the rings parts[p]:parts[p + 1]; holes and parts alike (even-odd rule).
    frame
        x_min, y_min, cells per unit in x, cells per unit in y.
    nx, ny
        Size of the whole grid.
    row_from, row_to
        The rows of this call.

    Returns
    -------
    tuple of ndarray
        `cells`, (row_to - row_from, nx): the polygon that covers the cell, -1 for none, or
        -2 - offset into `records`, which lists the polygons whose border crosses the cell.

    Notes
    -----
    A vertex's cell is floor of a monotone function, the same for points: "this vertex is left of
    every point in that cell" is then exact. Only the crossing of an edge with a row border is
    rounded, and padded.

    For each row, an edge that enters it from below flips the parity of all cells right of those
    it touches. So a cell's parity is that of its lower left corner's outside, and a point adds
    the touching edges to its left. An edge that ends inside the row but left of the cell would
    stop counting there: its end is kept as a *step* that flips the parity back above it.
    """
    x0, y0, kx, ky = frame[0], frame[1], frame[2], frame[3]
    height = row_to - row_from
    full = np.full((height, nx), -1, np.int32)
    head = np.full((height, nx), -1, np.int32)
    # Spans: edge s touches the columns span_from..span_to of a row.
    span = np.empty((1024, 4), np.int32)
    # Entries: one polygon in one cell, chained per cell from the last to the first.
    e_next = np.empty(1024, np.int32)
    e_poly = np.empty(1024, np.int32)
    e_odd = np.empty(1024, np.int8)
    e_start = np.empty(1024, np.int64)
    edges = np.empty(4096, np.int32)
    n_entries = 0
    n_edges = 0
    count = np.zeros(1024, np.int32)
    flips = np.zeros(1024, np.int8)
    for poly in range(parts.size - 1):
        n_spans = 0
        left, right, low, high = nx, -1, height, -1
        for ring in range(parts[poly], parts[poly + 1]):
            for k in range(rings[ring], rings[ring + 1] - 1):
                i, j = k, k + 1
                if xy[j, 1] < xy[i, 1]:
                    i, j = j, i
                ua, va = (xy[i, 0] - x0) * kx, (xy[i, 1] - y0) * ky
                ub, vb = (xy[j, 0] - x0) * kx, (xy[j, 1] - y0) * ky
                ra, rb = int(va), int(vb)
                if rb < row_from or ra >= row_to:
                    continue
                c_min, c_max = int(min(ua, ub)), int(max(ua, ub))
                slope = 0.0
                if rb > ra:
                    slope = (ub - ua) / (vb - va)
                pad = _PAD + _PAD_PER_SLOPE * abs(slope)
                for r in range(max(ra, row_from), min(rb, row_to - 1) + 1):
                    u_in, u_out = ua, ub
                    if r > ra:
                        u_in = ua + (r - va) * slope
                    if r < rb:
                        u_out = ua + (r + 1 - va) * slope
                    c_from = max(c_min, math.floor(min(u_in, u_out) - pad))
                    c_to = min(c_max, math.floor(max(u_in, u_out) + pad))
                    if n_spans == span.shape[0]:
                        more = np.empty((2 * n_spans, 4), np.int32)
                        more[:n_spans] = span
                        span = more
                    # The sign of the edge says whether it enters the row from below.
                    span[n_spans, 0] = r - row_from
                    span[n_spans, 1] = c_from
                    span[n_spans, 2] = c_to
                    span[n_spans, 3] = k if r > ra else -1 - k
                    n_spans += 1
                    left, right = min(left, c_from), max(right, c_to)
                    low, high = min(low, r - row_from), max(high, r - row_from)
        if n_spans == 0:
            continue
        width = right - left + 1
        size = width * (high - low + 1)
        if count.size < size:
            count = np.zeros(2 * size, np.int32)
            flips = np.zeros(2 * size, np.int8)
        for s in range(n_spans):
            base = (span[s, 0] - low) * width - left
            for c in range(span[s, 1], span[s, 2] + 1):
                count[base + c] += 1
            if span[s, 3] >= 0 and span[s, 2] < right:
                flips[base + span[s, 2] + 1] ^= 1
        for r in range(low, high + 1):
            odd = 0
            base = (r - low) * width - left
            for c in range(left, right + 1):
                odd ^= flips[base + c]
                flips[base + c] = 0
                touching = count[base + c]
                count[base + c] = -1
                if full[r, c] >= 0:
                    continue
                if touching == 0:
                    if odd:
                        full[r, c] = poly
                    continue
                if n_entries == e_next.size:
                    e_next = _grown(e_next, n_entries + 1)
                    e_poly = _grown(e_poly, n_entries + 1)
                    e_odd = _grown(e_odd, n_entries + 1)
                    e_start = _grown(e_start, n_entries + 1)
                e_next[n_entries] = head[r, c]
                e_poly[n_entries] = poly
                e_odd[n_entries] = odd
                e_start[n_entries] = n_edges
                head[r, c] = n_entries
                count[base + c] = n_edges
                n_edges += touching
                n_entries += 1
        edges = _grown(edges, n_edges)
        for s in range(n_spans):
            base = (span[s, 0] - low) * width - left
            k = span[s, 3] if span[s, 3] >= 0 else -1 - span[s, 3]
            for c in range(span[s, 1], span[s, 2] + 1):
                if count[base + c] >= 0:
                    edges[count[base + c]] = k
                    count[base + c] += 1
        count[:size] = 0
    e_start = _grown(e_start, n_entries + 1)
    e_start[n_entries] = n_edges
    return _write_records(
        xy, frame, full, head, row_from, e_next, e_poly, e_odd, e_start, edges, n_entries
    )


@njit(cache=True, nogil=True)
def _write_records(  # type: ignore[no-untyped-def]
    xy, frame, full, head, row_from, e_next, e_poly, e_odd, e_start, edges, n_entries
):
    # One run of float64 per border cell, so that a look-up reads one place in memory.
    x0, y0, kx, ky = frame[0], frame[1], frame[2], frame[3]
    records = np.empty(_HEADER * 64 + 6 * (n_entries + e_start[n_entries]), np.float64)
    at = 0
    stack = np.empty(16, np.int32)
    for r in range(full.shape[0]):
        for c in range(full.shape[1]):
            entry = head[r, c]
            if entry < 0:
                continue
            depth = 0
            while entry >= 0:
                stack = _grown(stack, depth + 1)
                stack[depth] = entry
                depth += 1
                entry = e_next[entry]
            records = _grown(records, at + _HEADER)
            records[at] = depth
            records[at + 1] = full[r, c]
            full[r, c] = -2 - at
            at += _HEADER
            for d in range(depth - 1, -1, -1):
                entry = stack[d]
                start, stop = e_start[entry], e_start[entry + 1]
                records = _grown(records, at + _ENTRY + 6 * (stop - start))
                mine = at
                at += _ENTRY
                for q in range(start, stop):
                    i, j = edges[q], edges[q] + 1
                    if xy[j, 1] < xy[i, 1]:
                        i, j = j, i
                    records[at] = xy[i, 0]
                    records[at + 1] = xy[i, 1]
                    records[at + 2] = xy[j, 0]
                    records[at + 3] = xy[j, 1]
                    at += 4
                steps = 0
                for q in range(start, stop):
                    for v in range(edges[q], edges[q] + 2):
                        row, column = int((xy[v, 1] - y0) * ky), int((xy[v, 0] - x0) * kx)
                        if row == r + row_from and column < c:
                            records[at] = xy[v, 1]
                            at += 1
                            steps += 1
                records[mine] = e_poly[entry]
                records[mine + 1] = e_odd[entry]
                records[mine + 2] = stop - start
                records[mine + 3] = steps
    return full, records[:at].copy()


@njit(inline="always")
def _covers(records, at, n_edges, n_steps, odd, px, py):  # type: ignore[no-untyped-def]
    inside = odd
    for k in range(n_edges):
        e = at + 4 * k
        if records[e + 1] > py:
            continue
        if py < records[e + 3]:
            turn = side(records[e], records[e + 1], records[e + 2], records[e + 3], px, py)
            if turn == 0.0:
                return True
            if turn < 0.0:
                inside ^= 1
        elif py == records[e + 3]:
            # The upper end is left out of the count; on it, or on a level edge, the point is in.
            if records[e + 1] == py:
                if min(records[e], records[e + 2]) <= px <= max(records[e], records[e + 2]):
                    return True
            elif px == records[e + 2]:
                return True
    at += 4 * n_edges
    for k in range(n_steps):
        if records[at + k] <= py:
            inside ^= 1
    return inside == 1


@njit(inline="always")
def _search(records, at, px, py):  # type: ignore[no-untyped-def]
    n_polygons, rest = int(records[at]), int(records[at + 1])
    at += _HEADER
    for _ in range(n_polygons):
        n_edges, n_steps = int(records[at + 2]), int(records[at + 3])
        if _covers(records, at + _ENTRY, n_edges, n_steps, int(records[at + 1]), px, py):
            return int(records[at])
        at += _ENTRY + 4 * n_edges + n_steps
    return rest


@njit(cache=True, nogil=True)
def look_up(x, y, frame, cells, records, out):  # type: ignore[no-untyped-def]
    """
    Write the first polygon that covers each point, or -1, into `out`.

    Parameters
    ----------
    x, y
        Points, in the unit of the polygons; NaN gives -1.
    frame, cells, records
        As `build_rows` made them.
    out
        int32, one for each point.
    """
    x0, y0, kx, ky = frame[0], frame[1], frame[2], frame[3]
    ny, nx = cells.shape
    # First the cells alone: independent loads, which the processor overlaps.
    for i in range(x.size):
        u, v = (x[i] - x0) * kx, (y[i] - y0) * ky
        if u >= 0.0 and u < nx and v >= 0.0 and v < ny:
            out[i] = cells[int(v), int(u)]
        else:
            out[i] = -1
    for i in range(x.size):
        if out[i] < -1:
            out[i] = _search(records, -2 - out[i], x[i], y[i])
