"""Rings that need no mending, found among many, and what is measured of them.

References
----------
Shewchuk, J. R. (1997). Adaptive precision floating-point arithmetic and fast robust geometric
    predicates. Discrete & Computational Geometry, 18(3), 305-363.
"""

import numpy as np

from geo._kernels import ZERO, floats, kernel, no_ints, piece
from geo._outlines import MULTIPOLYGON, POLYGON, copy_bytes, read_uint32

LARGEST = 1e100  # products of coordinates up to this have a value
SMALLEST = 1e-100  # squares of differences down to this, and slopes, have a value
ROUNDING, TINY = 4e-16, 1e-300  # above (3 + 16e) e of Shewchuk; above what underflow loses


@piece
def _side(ax, ay, bx, by, cx, cy):  # type: ignore[no-untyped-def]
    """Tell on which side of the line from a to b lies c; 0 where rounding leaves it open."""
    one, two = (bx - ax) * (cy - ay), (by - ay) * (cx - ax)
    if abs(one - two) <= ROUNDING * (abs(one) + abs(two)) + TINY:
        return 0.0
    return 1.0 if one > two else -1.0


@piece
def crosses_itself(xy, begins, n_rings):  # type: ignore[no-untyped-def]
    """Whether two sides of the rings meet anywhere but at their common end, or may by rounding."""
    for r in range(n_rings):
        for i in range(begins[r], begins[r + 1]):
            ni = i + 1 if i + 1 < begins[r + 1] else begins[r]
            ax, ay, bx, by = xy[i, 0], xy[i, 1], xy[ni, 0], xy[ni, 1]
            west, east, south, north = min(ax, bx), max(ax, bx), min(ay, by), max(ay, by)
            for s in range(r, n_rings):
                for j in range(i + 1 if s == r else begins[s], begins[s + 1]):
                    nj = j + 1 if j + 1 < begins[s + 1] else begins[s]
                    cx, cy, dx, dy = xy[j, 0], xy[j, 1], xy[nj, 0], xy[nj, 1]
                    if max(cx, dx) < west or min(cx, dx) > east:
                        continue
                    if max(cy, dy) < south or min(cy, dy) > north:
                        continue
                    if ni == j or nj == i:  # neighbours: wrong only when they fold back
                        px, py, qx, qy = (ax, ay, dx, dy) if ni == j else (bx, by, cx, cy)
                        ex, ey = (bx, by) if ni == j else (ax, ay)
                        along = (px - ex) * (qx - ex) + (py - ey) * (qy - ey)
                        if along >= 0.0 and _side(ex, ey, px, py, qx, qy) == 0.0:
                            return True
                        continue
                    one = _side(ax, ay, bx, by, cx, cy) * _side(ax, ay, bx, by, dx, dy)
                    two = _side(cx, cy, dx, dy, ax, ay) * _side(cx, cy, dx, dy, bx, by)
                    if one <= 0.0 and two <= 0.0:
                        return True
    return False


@piece
def _is_simple(xy, n, begins):  # type: ignore[no-untyped-def]
    """Whether n vertices are a ring without fault, the first again at its end."""
    if xy[0, 0] != xy[n - 1, 0] or xy[0, 1] != xy[n - 1, 1]:
        return False
    for k in range(n):
        if not (abs(xy[k, 0]) <= LARGEST and abs(xy[k, 1]) <= LARGEST):  # NaN is not
            return False
        if k > 0:
            ex, ey = abs(xy[k, 0] - xy[k - 1, 0]), abs(xy[k, 1] - xy[k - 1, 1])
            if (ex == 0.0 and ey == 0.0) or 0.0 < ex < SMALLEST or 0.0 < ey < SMALLEST:
                return False
    begins[1] = n - 1
    return not crosses_itself(xy, begins, np.int64(1))


@kernel
def mark_simple(data, offsets, valid, most, simple):  # type: ignore[no-untyped-def]
    """Mark the rows whose well-known binary is one ring without fault, of at most `most` vertices.

    It is a polygon, or the one part of a multipolygon.
    """
    scratch, begins = floats(2 * most), no_ints(np.int64(2))
    xy, raw = scratch.reshape(most, 2), scratch.view(np.uint8)
    for row in range(len(offsets) - 1):
        at, end = offsets[row], offsets[row + 1]
        simple[row] = False
        if not valid[row] or end - at < 13 + 16 * 4 or data[at] != 1:
            continue
        if read_uint32(data, at + 1) == MULTIPOLYGON and read_uint32(data, at + 5) == 1:
            at += 9
            if end - at < 13 + 16 * 4 or data[at] != 1:
                continue
        if read_uint32(data, at + 1) != POLYGON or read_uint32(data, at + 5) != 1:
            continue
        n = read_uint32(data, at + 9)
        if n <= most and end - at == 13 + 16 * n:
            copy_bytes(data, at + 13, raw, ZERO, 16 * n)
            simple[row] = _is_simple(xy, n, begins)


@kernel
def measure_boxes(xy, begins, boxes):  # type: ignore[no-untyped-def]
    """West, south, east and north of each ring."""
    for ring in range(len(begins) - 1):
        first = begins[ring]
        west, south = xy[first, 0], xy[first, 1]
        east, north = west, south
        for k in range(first + 1, begins[ring + 1]):
            west, south = min(west, xy[k, 0]), min(south, xy[k, 1])
            east, north = max(east, xy[k, 0]), max(north, xy[k, 1])
        boxes[ring, 0], boxes[ring, 1], boxes[ring, 2], boxes[ring, 3] = west, south, east, north


@kernel
def measure_areas(xy, begins, areas):  # type: ignore[no-untyped-def]
    """Area of each ring, summed as GEOS sums it, so that the last bit is the same."""
    for ring in range(len(begins) - 1):
        first, twice = begins[ring], 0.0
        for k in range(first + 1, begins[ring + 1] - 1):
            twice += (xy[k, 0] - xy[first, 0]) * (xy[k - 1, 1] - xy[k + 1, 1])
        areas[ring] = abs(twice / 2.0)


@piece
def _scan_line(xy, first, beyond):  # type: ignore[no-untyped-def]
    """Half way between the vertices next below and above the middle of the ring."""
    low, high = xy[first, 1], xy[first, 1]
    for k in range(first, beyond):
        low, high = min(low, xy[k, 1]), max(high, xy[k, 1])
    middle = (low + high) / 2.0
    for k in range(first, beyond):
        y = xy[k, 1]
        if y <= middle:
            low = max(low, y)
        else:
            high = min(high, y)
    return (high + low) / 2.0


@piece
def _cut(x0, y0, x1, y1, y):  # type: ignore[no-untyped-def]
    """Where a side passes a height, with the roundings of GEOS."""
    return x0 if x0 == x1 else x0 + (y - y0) / ((y1 - y0) / (x1 - x0))


@kernel
def find_inner_points(xy, begins, points):  # type: ignore[no-untyped-def]
    """A point inside each ring: the middle of its widest stretch on one line, as GEOS finds it."""
    longest = 0
    for ring in range(len(begins) - 1):
        longest = max(longest, begins[ring + 1] - begins[ring])
    cuts = floats(longest)
    for ring in range(len(begins) - 1):
        first, beyond = begins[ring], begins[ring + 1]
        y, n = _scan_line(xy, first, beyond), 0
        for k in range(first + 1, beyond):
            y0, y1 = xy[k - 1, 1], xy[k, 1]
            if (y0 > y) == (y1 > y):  # a vertex on the line counts with the sides above it
                continue
            cut, place = _cut(xy[k - 1, 0], y0, xy[k, 0], y1, y), n
            while place > 0 and cuts[place - 1] > cut:  # few: in order as they come
                cuts[place] = cuts[place - 1]
                place -= 1
            cuts[place] = cut
            n += 1
        points[ring, 0], points[ring, 1] = xy[first, 0], xy[first, 1]
        widest = 0.0
        for k in range(0, n - 1, 2):
            if cuts[k + 1] - cuts[k] > widest:
                widest = cuts[k + 1] - cuts[k]
                points[ring, 0], points[ring, 1] = (cuts[k] + cuts[k + 1]) / 2.0, y
