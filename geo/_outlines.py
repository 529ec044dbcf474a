"""Polygons as flat arrays: read from and written to well-known binary, and to TopoJSON text.

References
----------
OGC 06-103r4 (2011). OpenGIS Implementation Specification for Geographic Information, Simple
feature access, Part 1: Common architecture, section 8.2 (well-known binary).
Bostock, M. & Metcalf, C. (2013). The TopoJSON Format Specification, version 1.0.
"""

import numpy as np

from geo._kernels import ZERO, kernel, piece

POLYGON, MULTIPOLYGON = 3, 6


@piece
def read_uint32(data, at):  # type: ignore[no-untyped-def]
    return (
        np.int64(data[at])
        | np.int64(data[at + 1]) << 8
        | np.int64(data[at + 2]) << 16
        | np.int64(data[at + 3]) << 24
    )


@piece
def copy_bytes(source, begin, out, at, n):  # type: ignore[no-untyped-def]
    """Copy n bytes; with numbers that cannot be negative, so that many are copied at once."""
    a, b = np.uint64(begin), np.uint64(at)
    for k in range(np.uint64(n)):
        out[b + k] = source[a + k]


@kernel
def measure_wkb(data, offsets, valid):  # type: ignore[no-untyped-def]
    """Count parts, rings and vertices; the last figure is the first row that cannot be read."""
    n_parts, n_rings, n_points = 0, 0, 0
    for row in range(len(offsets) - 1):
        at, end = offsets[row], offsets[row + 1]
        if not valid[row] or at == end:
            continue
        if end - at < 9 or data[at] != 1:
            return n_parts, n_rings, n_points, row
        kind, count = read_uint32(data, at + 1), 1
        if kind == MULTIPOLYGON:
            count = read_uint32(data, at + 5)
            at += 9
        for _ in range(count):
            if at + 9 > end or data[at] != 1 or read_uint32(data, at + 1) != POLYGON:
                return n_parts, n_rings, n_points, row
            rings = read_uint32(data, at + 5)
            at += 9
            n_parts += 1
            for _ in range(rings):
                if at + 4 > end:
                    return n_parts, n_rings, n_points, row
                points = read_uint32(data, at)
                at += 4 + 16 * points
                n_rings += 1
                n_points += points
        if at != end:
            return n_parts, n_rings, n_points, row
    return n_parts, n_rings, n_points, -1


@kernel
def fill_wkb(data, offsets, valid, xy, rings, parts, shapes):  # type: ignore[no-untyped-def]
    """Take apart what `measure_wkb` has counted; `xy` is seen as bytes."""
    part, ring, point = 0, 0, 0
    for row in range(len(offsets) - 1):
        at, end = offsets[row], offsets[row + 1]
        if valid[row] and at < end:
            count = 1
            if read_uint32(data, at + 1) == MULTIPOLYGON:
                count = read_uint32(data, at + 5)
                at += 9
            for _ in range(count):
                n_rings = read_uint32(data, at + 5)
                at += 9
                for _ in range(n_rings):
                    n = read_uint32(data, at)
                    at += 4
                    copy_bytes(data, at, xy, 16 * point, 16 * n)
                    at += 16 * n
                    point += n
                    ring += 1
                    rings[ring] = point
                part += 1
                parts[part] = ring
        shapes[row + 1] = part


@piece
def _put_uint32(out, at, value):  # type: ignore[no-untyped-def]
    for k in range(4):
        out[at + k] = (value >> (8 * k)) & 255
    return at + 4


@kernel
def write_wkb(xy, rings, parts, shapes, out, offsets):  # type: ignore[no-untyped-def]
    """Write each shape as a polygon, or a multipolygon where it has not one part; `xy` as bytes."""
    at = 0
    for s in range(len(shapes) - 1):
        first, beyond = shapes[s], shapes[s + 1]
        if beyond - first != 1:
            out[at] = 1
            at = _put_uint32(out, _put_uint32(out, at + 1, np.int64(MULTIPOLYGON)), beyond - first)
        for p in range(first, beyond):
            out[at] = 1
            at = _put_uint32(
                out, _put_uint32(out, at + 1, np.int64(POLYGON)), parts[p + 1] - parts[p]
            )
            for r in range(parts[p], parts[p + 1]):
                n = rings[r + 1] - rings[r]
                at = _put_uint32(out, at, n)
                copy_bytes(xy, 16 * rings[r], out, at, 16 * n)
                at += 16 * n
        offsets[s + 1] = at


@piece
def _put_text(out, at, texts, begin, end):  # type: ignore[no-untyped-def]
    copy_bytes(texts, begin, out, at, end - begin)
    return at + end - begin


@piece
def _put_number(out, at, value):  # type: ignore[no-untyped-def]
    """Write a whole number."""
    if value < 0:
        out[at] = 45
        at += 1
        value = -value
    left = np.uint64(value)
    n, most = 1, np.uint64(10)
    while left >= most:
        n += 1
        most *= np.uint64(10)
    place, end = at + n - 1, at + n
    while place >= at:
        rest = left // np.uint64(10)
        out[place] = 48 + left - rest * np.uint64(10)
        left = rest
        place -= 1
    return end


@piece
def _put_pair(out, at, x, y):  # type: ignore[no-untyped-def]
    """Write `[x,y]`."""
    out[at] = 91
    at = _put_number(out, at + 1, x)
    out[at] = 44
    at = _put_number(out, at + 1, y)
    out[at] = 93
    return at + 1


@piece
def _put_list(out, at, first, beyond, texts, begin, end):  # type: ignore[no-untyped-def]
    """Write a geometry of one part: its kind, and its rings as `[first],...]}`."""
    at = _put_text(out, at, texts, begin, end)
    for ring in range(first, beyond):
        if ring > first:
            out[at] = 44
            at += 1
        out[at] = 91
        at = _put_number(out, at + 1, ring)
        out[at] = 93
        at += 1
    out[at] = 93
    return at + 1


@kernel
def write_topojson(lonlat, rings, parts, shapes, scale, texts, cuts, out):  # type: ignore[no-untyped-def]
    """Write a Topology, an arc to each ring and a geometry to each shape; returns its length.

    `texts` holds the fixed words one after the other, from `cuts`: head, polygon, multipolygon,
    part, between geometries and arcs, end.
    """
    at = _put_text(out, ZERO, texts, cuts[0], cuts[1])
    for s in range(len(shapes) - 1):
        first, beyond = shapes[s], shapes[s + 1]
        if s:
            out[at] = 44
            at += 1
        if beyond - first == 1:
            at = _put_list(out, at, parts[first], parts[beyond], texts, cuts[1], cuts[2])
        else:
            at = _put_text(out, at, texts, cuts[2], cuts[3])
            for p in range(first, beyond):
                if p > first:
                    out[at] = 44
                    at += 1
                at = _put_list(out, at, parts[p], parts[p + 1], texts, cuts[3], cuts[4])
            out[at] = 93
            at += 1
        out[at] = 125
        at += 1
    at = _put_text(out, at, texts, cuts[4], cuts[5])
    for r in range(len(rings) - 1):
        if r:
            out[at] = 44
            at += 1
        out[at] = 91
        at += 1
        x, y = ZERO, ZERO
        for v in range(rings[r], rings[r + 1]):
            if v > rings[r]:
                out[at] = 44
                at += 1
            to_x, to_y = (
                np.int64(round(lonlat[v, 0] * scale)),
                np.int64(round(lonlat[v, 1] * scale)),
            )
            at = _put_pair(out, at, to_x - x, to_y - y)
            x, y = to_x, to_y
        out[at] = 93
        at += 1
    return _put_text(out, at, texts, cuts[5], cuts[6])


@kernel
def lay_edges(xy, rings, parts, shapes, edges, starts):  # type: ignore[no-untyped-def]
    """Edges of each shape with its inside on the left, none without length; returns how many."""
    n = 0
    for s in range(len(shapes) - 1):
        for p in range(shapes[s], shapes[s + 1]):
            for r in range(parts[p], parts[p + 1]):
                first, beyond = rings[r], rings[r + 1]
                twice = 0.0
                for v in range(first, beyond - 1):
                    twice += (xy[v, 0] - xy[first, 0]) * (xy[v + 1, 1] - xy[first, 1])
                    twice -= (xy[v + 1, 0] - xy[first, 0]) * (xy[v, 1] - xy[first, 1])
                forward = (twice >= 0.0) == (r == parts[p])
                for v in range(first, beyond - 1):
                    if xy[v, 0] == xy[v + 1, 0] and xy[v, 1] == xy[v + 1, 1]:
                        continue
                    a, b = (v, v + 1) if forward else (v + 1, v)
                    edges[n, 0], edges[n, 1] = xy[a, 0], xy[a, 1]
                    edges[n, 2], edges[n, 3] = xy[b, 0], xy[b, 1]
                    n += 1
        starts[s + 1] = n
    return n


@kernel
def take_shapes(  # type: ignore[no-untyped-def]
    xy, rings, parts, shapes, rows, out_xy, out_rings, out_parts, out_shapes
):
    """Lay the shapes of some rows end to end; the last four have the room for them."""
    point, ring, part = 0, 0, 0
    for k in range(len(rows)):
        for p in range(shapes[rows[k]], shapes[rows[k] + 1]):
            for r in range(parts[p], parts[p + 1]):
                for v in range(rings[r], rings[r + 1]):
                    out_xy[point, 0], out_xy[point, 1] = xy[v, 0], xy[v, 1]
                    point += 1
                ring += 1
                out_rings[ring] = point
            part += 1
            out_parts[part] = ring
        out_shapes[k + 1] = part
