"""Kernels of the polygon grid: cut polygon borders into cells once, then look points up.

Notes
-----
All of it is one file because numba's cache notices a change of the file that holds a kernel, not
of another whose functions or constants were compiled into it.

References
----------
Zalik, B. & Kolingerova, I. (2001). A cell-based point-in-polygon algorithm suitable for large
    sets of points. Computers & Geosciences, 27(10), 1135-1145.
Shewchuk, J. R. (1997). Adaptive precision floating-point arithmetic and fast robust geometric
    predicates. Discrete & Computational Geometry, 18(3), 305-363.
"""

import math

from numba import njit

from geo._kernels import kernel, piece, same_floats

# Where an edge crosses a row's border is known to 1e-11 of a cell for each unit of slope; a cell
# too many costs nothing, a cell too few would be wrong.
_PAD, _PAD_PER_SLOPE = 1e-9, 1e-11
_SPLIT = 134217729.0  # 2**27 + 1 cuts a float64 into two halves whose products are exact
_FILTER = 3.3306690738754716e-16  # (3 + 16 eps) eps with eps = 2**-53: Shewchuk's first bound
_HEADER = 2  # of a cell: number of polygons, polygon that covers the rest or -1
_ENTRY = 4  # of a polygon in a cell: polygon, parity below, number of edges, number of steps


@kernel
def cut_rows(xy, rings, parts, frame, rows, full, head, span, entries, edges, count, flips):  # type: ignore[no-untyped-def]
    """
    Sort the polygons' edges into the cells of a band of rows.

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
    rows
        First row of the band, and the row after its last.
    full
        Out, (band rows, nx) int32, -1 before: the polygon that covers the whole cell.
    head
        Out, like `full`: the first entry of the cell.
    span
        Scratch, (s, 4) int32, as many as the rows of one polygon's edges together.
    entries
        Out, (e, 4) int32: next entry of the cell, polygon, parity, first of its `edges`.
    edges
        Out, int32: the first vertex of each edge of each entry, in the order of `entries`.
    count, flips
        Scratch, zeros, as large as the largest polygon's bounding box in cells.

    Returns
    -------
    tuple of int
        How many `entries` and `edges` were written.

    Notes
    -----
    A vertex's cell is the floor of a monotone function, the same for points: "this vertex is left
    of every point in that cell" is then exact. Only the crossing of an edge with a row border is
    rounded, and padded.

    In each row, an edge that enters it from below flips the parity of all cells right of those
    it touches; a point adds the touching edges to its left. An edge that ends inside the row but
    left of the cell would stop counting there: its end is a *step* that flips the parity back
    above it (see `write_records`).

    Polygons come last to first, so the smallest wins a cell and heads its chain.
    """
    n_entries, n_edges = 0, 0
    for poly in range(parts.size - 2, -1, -1):
        n_spans = _span_polygon(xy, rings, parts[poly], parts[poly + 1], frame, rows, span)
        if n_spans == 0:
            continue
        left, right = full.shape[1], -1
        low, high = full.shape[0], -1
        for s in range(n_spans):
            low, high = min(low, span[s, 0]), max(high, span[s, 0])
            left, right = min(left, span[s, 1]), max(right, span[s, 2])
        width = right - left + 1
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
                if touching > 0:
                    entries[n_entries, 0] = head[r, c]
                    entries[n_entries, 1] = poly
                    entries[n_entries, 2] = odd
                    entries[n_entries, 3] = n_edges
                    head[r, c] = n_entries
                    count[base + c] = n_edges
                    n_edges += touching
                    n_entries += 1
                elif odd:
                    full[r, c] = poly
                    head[r, c] = -1
        for s in range(n_spans):
            base = (span[s, 0] - low) * width - left
            k = span[s, 3] if span[s, 3] >= 0 else -1 - span[s, 3]
            for c in range(span[s, 1], span[s, 2] + 1):
                edges[count[base + c]] = k
                count[base + c] += 1
        for k in range(width * (high - low + 1)):
            count[k] = 0
    return n_entries, n_edges


@piece
def _span_polygon(xy, rings, ring_from, ring_to, frame, rows, span):  # type: ignore[no-untyped-def]
    # Row of the band, first and last column, edge: -1 - edge where it does not enter from below.
    x0, y0, kx, ky = frame[0], frame[1], frame[2], frame[3]
    n = 0
    for ring in range(ring_from, ring_to):
        for k in range(rings[ring], rings[ring + 1] - 1):
            i, j = k, k + 1
            if xy[j, 1] < xy[i, 1]:
                i, j = j, i
            va, vb = (xy[i, 1] - y0) * ky, (xy[j, 1] - y0) * ky
            ra, rb = int(va), int(vb)
            if rb < rows[0] or ra >= rows[1]:
                continue
            ua, ub = (xy[i, 0] - x0) * kx, (xy[j, 0] - x0) * kx
            c_min, c_max = int(min(ua, ub)), int(max(ua, ub))
            slope = (ub - ua) / (vb - va) if rb > ra else 0.0
            pad = _PAD + _PAD_PER_SLOPE * abs(slope)
            for r in range(max(ra, rows[0]), min(rb, rows[1] - 1) + 1):
                u_in = ua + (r - va) * slope if r > ra else ua
                u_out = ua + (r + 1 - va) * slope if r < rb else ub
                span[n, 0] = r - rows[0]
                span[n, 1] = max(c_min, math.floor(min(u_in, u_out) - pad))
                span[n, 2] = min(c_max, math.floor(max(u_in, u_out) + pad))
                span[n, 3] = k if r > ra else -1 - k
                n += 1
    return n


@kernel
def write_records(xy, frame, rows, full, head, entries, n_entries, edges, n_edges, records, at):  # type: ignore[no-untyped-def]
    """
    Lay out each border cell's edges in one run of memory, so that a look-up reads one place.

    Parameters
    ----------
    xy, frame, rows, head, entries, n_entries, edges, n_edges
        As `cut_rows` took and made them.
    full
        In and out: -2 - (place in `records`) is written over cells that a border crosses.
    records
        Out, float64, room for 6 numbers for each entry and each edge from `at` on.
    at
        Where this band's records begin.
    """
    x0, y0, kx, ky = frame[0], frame[1], frame[2], frame[3]
    for r in range(full.shape[0]):
        for c in range(full.shape[1]):
            entry = head[r, c]
            if entry < 0:
                continue
            cell = at
            records[cell], records[cell + 1] = 0, full[r, c]
            full[r, c] = -2 - cell
            at += _HEADER
            while entry >= 0:
                start = entries[entry, 3]
                stop = entries[entry + 1, 3] if entry + 1 < n_entries else n_edges
                mine = at
                at += _ENTRY
                for q in range(start, stop):
                    i, j = edges[q], edges[q] + 1
                    if xy[j, 1] < xy[i, 1]:
                        i, j = j, i
                    records[at], records[at + 1] = xy[i, 0], xy[i, 1]
                    records[at + 2], records[at + 3] = xy[j, 0], xy[j, 1]
                    at += 4
                steps = at
                for q in range(start, stop):
                    for v in range(edges[q], edges[q] + 2):
                        row, column = int((xy[v, 1] - y0) * ky), int((xy[v, 0] - x0) * kx)
                        if row == r + rows[0] and column < c:
                            records[at] = xy[v, 1]
                            at += 1
                records[mine], records[mine + 1] = entries[entry, 1], entries[entry, 2]
                records[mine + 2], records[mine + 3] = stop - start, at - steps
                records[cell] += 1
                entry = entries[entry, 0]


@njit(inline="always")
def side(ax, ay, bx, by, px, py):  # type: ignore[no-untyped-def]
    """
    Tell on which side of the line a to b the point p lies.

    Parameters
    ----------
    ax, ay, bx, by, px, py
        Coordinates, any unit, below 1e150 in size.

    Returns
    -------
    float
        Positive to the left, negative to the right, 0.0 exactly on the line: always the sign of
        the exact determinant, never of a rounded one.
    """
    left = (ax - px) * (by - py)
    right = (ay - py) * (bx - px)
    det = left - right
    if abs(det) > _FILTER * (abs(left) + abs(right)):
        return det
    return _side_exactly(ax, ay, bx, by, px, py)


@kernel  # as `side`, which is run as Python too, calls it
def _side_exactly(ax, ay, bx, by, px, py):  # type: ignore[no-untyped-def]
    # The determinant is ax*by - ay*bx + px*ay - ax*py + bx*py - px*by; each product is held as
    # a sum of two floats, and the twelve are added without any rounding.
    total = same_floats(12, 0.0)
    n = 0
    for u, v in ((ax, by), (-ay, bx), (px, ay), (-ax, py), (bx, py), (-px, by)):
        high = u * v
        c = _SPLIT * u
        u_high = c - (c - u)
        u_low = u - u_high
        c = _SPLIT * v
        v_high = c - (c - v)
        v_low = v - v_high
        low = u_low * v_low - (((high - u_high * v_high) - u_low * v_high) - u_high * v_low)
        for term in (low, high):
            carry = term
            for k in range(n):
                s = carry + total[k]
                t = s - carry
                total[k] = (carry - (s - t)) + (total[k] - t)
                carry = s
            total[n] = carry
            n += 1
    for k in range(n - 1, -1, -1):
        if total[k] != 0.0:
            return total[k]
    return 0.0


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


@kernel
def look_up(x, y, frame, cells, records, out):  # type: ignore[no-untyped-def]
    """
    Write the first polygon that covers each point, or -1, into `out`.

    Parameters
    ----------
    x, y
        Points, in the unit of the polygons; NaN gives -1.
    frame, cells, records
        The grid and its records, as `cut_rows` and `write_records` made them.
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
