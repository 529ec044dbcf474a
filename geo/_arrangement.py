"""Areas of unions of polygons from the boundary alone, with exact predicates.

The boundary of the ground seen at least k times is made of the stretches of edges that lie inside
exactly k - 1 other polygons, and the area is half the sum of x dy - y dx along it. So each ring is
walked once, and the number of polygons round the walker is kept: one test of its first vertex
against the others, then one up or down at each crossing.

Nothing is ever on an edge: each polygon is shifted by its number times an infinitely small vector
(1, e), so that touching, shared and identical edges fall to one side, the same in every test. Signs
are exact, since vertices are rounded to a lattice of 2^-50 of the extent, in which differences
have no rounding, and products are compared with their rounding error where they look equal.

References
----------
Edelsbrunner, H. & Mücke, E. P. (1990). Simulation of simplicity: a technique to cope with
degenerate cases in geometric algorithms. ACM Transactions on Graphics 9(1), 66-104.
Dekker, T. J. (1971). A floating-point technique for extending the available precision.
Numerische Mathematik 18, 224-242.
"""

import math

import numpy as np

from geo._edge_pairs import meet, pair_rings, sweep_edges
from geo._kernels import kernel, piece

MANY_EDGES = 32  # a ring on average, from which on a sweep is quicker than pairs of rings
GROUND = -1  # number of the ground that areas are cut to, beside the polygons 0, 1, 2...


@piece
def _rest(a, b, product):  # type: ignore[no-untyped-def]
    """What rounding took from a product."""
    split = 134217729.0 * a
    a1 = split - (split - a)
    a2 = a - a1
    split = 134217729.0 * b
    b1 = split - (split - b)
    b2 = b - b1
    return a2 * b2 - (((product - a1 * b1) - a2 * b1) - a1 * b2)


@piece
def _cross(ax, ay, bx, by):  # type: ignore[no-untyped-def]
    """Cross product of lattice vectors, good to the last bits however small it is."""
    up, down = ax * by, ay * bx
    found = up - down
    if abs(found) < 1e-6 * abs(up):
        found += _rest(ax, by, up) - _rest(ay, bx, down)
    return found


@kernel
def _left(ax, ay, bx, by, px, py, ahead):  # type: ignore[no-untyped-def]
    """Whether a point lies left of a to b; on the line, as the shift of the higher number says."""
    dx, dy, gx, gy = bx - ax, by - ay, px - ax, py - ay
    up, down = dx * gy, dy * gx
    if up != down:
        return up > down
    if up != 0.0:
        up, down = _rest(dx, gy, up), _rest(dy, gx, down)
        if up != down:
            return up > down
    left = dy < 0.0 if dy != 0.0 else dx > 0.0
    return left == ahead


@piece
def _lattice(xy, starts, rings, g_xy, g0, g1):  # type: ignore[no-untyped-def]
    """Middle of everything and the scale that makes lattice units of metres."""
    west, south, east, north = np.inf, np.inf, -np.inf, -np.inf
    for r in rings:
        for k in range(starts[r], starts[r + 1]):
            west, east = min(west, xy[k, 0]), max(east, xy[k, 0])
            south, north = min(south, xy[k, 1]), max(north, xy[k, 1])
    for k in range(g0, g1):
        west, east = min(west, g_xy[k, 0]), max(east, g_xy[k, 0])
        south, north = min(south, g_xy[k, 1]), max(north, g_xy[k, 1])
    x, y = math.floor(0.5 * (west + east)), math.floor(0.5 * (south + north))
    extent = max(east - x, x - west, north - y, y - south)
    return x, y, 2.0 ** (50 - math.frexp(extent)[1])


@piece
def _load(xy, k0, k1, number, x, y, scale, edges, owner, n):  # type: ignore[no-untyped-def]
    """Append the edges of a ring, without those of no length."""
    if k1 - k0 < 3:
        return n
    px, py = np.rint((xy[k1 - 1, 0] - x) * scale), np.rint((xy[k1 - 1, 1] - y) * scale)
    for k in range(k0, k1):
        qx, qy = np.rint((xy[k, 0] - x) * scale), np.rint((xy[k, 1] - y) * scale)
        if qx != px or qy != py:
            edges[n, 0], edges[n, 1], edges[n, 2], edges[n, 3] = px, py, qx, qy
            owner[n] = number
            n += 1
        px, py = qx, qy
    return n


@piece
def _box(edges, e0, e1, boxes, i):  # type: ignore[no-untyped-def]
    """Box of the edges e0 to e1."""
    x0, y0, x1, y1 = np.inf, np.inf, -np.inf, -np.inf
    for e in range(e0, e1):
        x0, x1 = min(x0, edges[e, 0], edges[e, 2]), max(x1, edges[e, 0], edges[e, 2])
        y0, y1 = min(y0, edges[e, 1], edges[e, 3]), max(y1, edges[e, 1], edges[e, 3])
    boxes[i, 0], boxes[i, 1], boxes[i, 2], boxes[i, 3] = x0, y0, x1, y1


@piece
def _crossings(edges, owner, found, n, pairs, spot):  # type: ignore[no-untyped-def]
    """Note which of the pairs cross: edge, the other edge as in or out, point; twice for each."""
    m = 0
    for i in range(n):
        e, f = found[i, 0], found[i, 1]
        ax, ay, bx, by = edges[e, 0], edges[e, 1], edges[e, 2], edges[e, 3]
        px, py, qx, qy = edges[f, 0], edges[f, 1], edges[f, 2], edges[f, 3]
        ahead = owner[f] > owner[e]
        q_left = _left(ax, ay, bx, by, qx, qy, ahead)
        if _left(ax, ay, bx, by, px, py, ahead) == q_left:
            continue
        b_left = _left(px, py, qx, qy, bx, by, not ahead)
        if _left(px, py, qx, qy, ax, ay, not ahead) == b_left:
            continue
        across = _cross(bx - ax, by - ay, qx - px, qy - py)
        t = min(max(_cross(px - ax, py - ay, qx - px, qy - py) / across, 0.0), 1.0)
        x, y = ax + t * (bx - ax), ay + t * (by - ay)
        pairs[m, 0], pairs[m, 1], spot[m, 0], spot[m, 1] = e, f if b_left else -1 - f, x, y
        m += 1
        pairs[m, 0], pairs[m, 1], spot[m, 0], spot[m, 1] = f, e if q_left else -1 - e, x, y
        m += 1
    return m


@piece
def _by_edge(edges, n, m, pairs, spot):  # type: ignore[no-untyped-def]
    """Order of the crossings along each edge, and where those of each edge begin."""
    begin = np.zeros(n + 1, np.int64)
    for k in range(m):
        begin[pairs[k, 0] + 1] += 1
    for e in range(n):
        begin[e + 1] += begin[e]
    place, order, along = begin.copy(), np.empty(m, np.int64), np.empty(m)
    for k in range(m):
        e = pairs[k, 0]
        far = (spot[k, 0] - edges[e, 0]) * (edges[e, 2] - edges[e, 0]) + (
            spot[k, 1] - edges[e, 1]
        ) * (edges[e, 3] - edges[e, 1])
        i = place[e]
        while i > begin[e] and along[i - 1] > far:
            along[i], order[i] = along[i - 1], order[i - 1]
            i -= 1
        along[i], order[i] = far, k
        place[e] += 1
    return begin, order


@piece
def _windings(edges, e0, e1, px, py, ahead):  # type: ignore[no-untyped-def]
    """How often a ring winds round a point."""
    count = 0
    for e in range(e0, e1):
        ay, by = edges[e, 1], edges[e, 3]
        a_above = ay > py or (ay == py and not ahead)
        b_above = by > py or (by == py and not ahead)
        if a_above != b_above and _left(edges[e, 0], ay, edges[e, 2], by, px, py, ahead) == b_above:
            count += 1 if b_above else -1
    return count


@piece
def _around(edges, owner, bounds, boxes, n_first, ring):  # type: ignore[no-untyped-def]
    """How many polygons the first vertex of a ring lies in, the sum of their numbers, ground."""
    e = bounds[ring]
    px, py, mine = edges[e, 0], edges[e, 1], owner[e]
    count, numbers, ground = 0, 0, 0
    for r in range(len(boxes) if ring < n_first else n_first):
        e0, e1 = bounds[r], bounds[r + 1]
        if owner[e0] == mine or not (
            boxes[r, 0] <= px <= boxes[r, 2] and boxes[r, 1] <= py <= boxes[r, 3]
        ):
            continue
        turns = _windings(edges, e0, e1, px, py, mine > owner[e0])
        if owner[e0] == GROUND:
            ground += turns
        else:
            count += turns
            numbers += turns * owner[e0]
    return count, numbers, ground


@piece
def _walk_rings(edges, owner, bounds, boxes, begin, order, pairs, spot, n_first, cut, alone):  # type: ignore[no-untyped-def]
    """Walk every ring; twice the areas seen once, twice, thrice, and by one polygon alone."""
    once, twice, thrice = 0.0, 0.0, 0.0
    for r in range(len(boxes)):
        mine = owner[bounds[r]]
        count, numbers, ground = _around(edges, owner, bounds, boxes, n_first, r)
        for e in range(bounds[r], bounds[r + 1]):
            x, y = edges[e, 0], edges[e, 1]
            for i in range(begin[e], begin[e + 1] + 1):
                last = i == begin[e + 1]
                k = 0 if last else order[i]
                qx, qy = (edges[e, 2], edges[e, 3]) if last else (spot[k, 0], spot[k, 1])
                part = x * qy - y * qx
                if mine == GROUND:
                    once += part if count >= 1 else 0.0
                    twice += part if count >= 2 else 0.0
                    thrice += part if count >= 3 else 0.0
                    if count == 1:
                        alone[numbers] += part
                elif ground >= 1 or not cut:
                    if count == 0:
                        once += part
                        alone[mine] += part
                    elif count == 1:
                        twice += part
                        alone[numbers] -= part
                    elif count == 2:
                        thrice += part
                if not last:
                    f, step = (pairs[k, 1], 1) if pairs[k, 1] >= 0 else (-1 - pairs[k, 1], -1)
                    if owner[f] == GROUND:
                        ground += step
                    else:
                        count += step
                        numbers += step * owner[f]
                x, y = qx, qy
    return once, twice, thrice


@piece
def _one(xy, starts, rings, numbers, n_numbers, g_xy, g_starts, g0, g1, cut, alone):  # type: ignore[no-untyped-def]
    """Areas of one arrangement: `rings` of the polygons `numbers`, and rings of ground."""
    x, y, scale = _lattice(xy, starts, rings, g_xy, g_starts[g0], g_starts[g1])
    n_all = g_starts[g1] - g_starts[g0]
    for r in rings:
        n_all += starts[r + 1] - starts[r]
    edges, owner = np.empty((n_all, 4)), np.empty(n_all, np.int64)
    bounds, boxes = (
        np.zeros(len(rings) + g1 - g0 + 1, np.int64),
        np.empty((len(rings) + g1 - g0, 4)),
    )
    n, n_rings = np.int64(0), np.int64(0)  # a literal 0 would compile the callees twice
    for i in range(len(rings)):
        r = rings[i]
        e = _load(xy, starts[r], starts[r + 1], numbers[i], x, y, scale, edges, owner, n)
        if e > n:
            _box(edges, n, e, boxes, n_rings)
            bounds[n_rings + 1] = e
            n, n_rings = e, n_rings + 1
    n_first = n_rings
    whole = np.empty((1, 4))
    _box(edges, 0, n, whole, 0)
    for r in range(g0, g1):
        e = _load(g_xy, g_starts[r], g_starts[r + 1], GROUND, x, y, scale, edges, owner, n)
        if e > n:
            _box(edges, n, e, boxes, n_rings)
            if meet(boxes, n_rings, whole, 0):
                bounds[n_rings + 1] = e
                n, n_rings = e, n_rings + 1
    bounds, boxes = bounds[: n_rings + 1], boxes[:n_rings]
    found, n_found = np.empty((8 * n + 64, 2), np.int64), -1
    while n_found < 0:
        if n > MANY_EDGES * n_rings:
            n_found = sweep_edges(edges, owner, n, found)
        else:
            n_found = pair_rings(edges, owner, bounds, boxes, n_first, n, found)
        if n_found < 0:
            found = np.empty((4 * len(found), 2), np.int64)
    pairs, spot = np.empty((2 * n_found, 2), np.int64), np.empty((2 * n_found, 2))
    m = _crossings(edges, owner, found, n_found, pairs, spot)
    begin, order = _by_edge(edges, n, m, pairs, spot)
    once, twice, thrice = _walk_rings(
        edges, owner, bounds, boxes, begin, order, pairs, spot, n_first, cut, alone
    )
    unit = 0.5 / scale / scale
    for i in range(n_numbers):
        alone[i] *= unit
    return once * unit, twice * unit, thrice * unit


@kernel
def areas_of_all(  # type: ignore[no-untyped-def]
    xy, starts, rings, numbers, bounds, firsts, g_xy, g_starts, g_bounds, cut, i0, i1, seen, alone
):  # fmt: skip
    """Areas of the arrangements i0 to i1, written to `seen` (n, 3) and `alone`.

    Arrangement i has the entries bounds[i] to bounds[i + 1] of `rings` (rows of `starts`) and of
    `numbers` (which of its polygons a ring belongs to, from 0), the polygons firsts[i] to
    firsts[i + 1], and the rings g_bounds[i] to g_bounds[i + 1] of ground.
    """
    for i in range(i0, i1):
        k0, k1 = bounds[i], bounds[i + 1]
        if k0 < k1:
            seen[i, 0], seen[i, 1], seen[i, 2] = _one(
                xy, starts, rings[k0:k1], numbers[k0:k1], firsts[i + 1] - firsts[i],
                g_xy, g_starts, g_bounds[i], g_bounds[i + 1], cut,
                alone[firsts[i] : firsts[i + 1]],
            )  # fmt: skip
