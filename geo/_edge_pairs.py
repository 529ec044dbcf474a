"""Pairs of edges of different polygons that cross or touch.

Coordinates are those of a lattice in which differences have no rounding. A product's rounded sign
is never wrong then, only zero at worst, so every crossing is among the pairs that are found.

References
----------
Shamos, M. I. & Hoey, D. (1976). Geometric intersection problems. 17th Annual Symposium on
Foundations of Computer Science, 208-215.
"""

import numpy as np

from geo._kernels import piece

EDGES_A_STRIP = 1  # on average: narrow strips leave few edges that begin too late


@piece
def meet(boxes, i, others, j):  # type: ignore[no-untyped-def]
    """Whether two boxes share a point."""
    return (
        (boxes[i, 0] <= others[j, 2])
        & (others[j, 0] <= boxes[i, 2])
        & (boxes[i, 1] <= others[j, 3])
        & (others[j, 1] <= boxes[i, 3])
    )


@piece
def _by_west(edges, owner, n, sides, edge, who, begin):  # type: ignore[no-untyped-def]
    """Lay the edges out by the strip of ground their west end lies in, with the sides of each.

    Gives where strips start, and how many there are to a unit.
    """
    west, east = np.inf, -np.inf
    for e in range(n):
        west = min(west, edges[e, 0], edges[e, 2])
        east = max(east, edges[e, 0], edges[e, 2])
    n_strips = len(begin) - 1
    per = (n_strips - 0.5) / max(east - west, 1.0)
    for s in range(n_strips + 1):
        begin[s] = 0
    for e in range(n):
        begin[int((min(edges[e, 0], edges[e, 2]) - west) * per) + 1] += 1
    for s in range(n_strips):
        begin[s + 1] += begin[s]
    for e in range(n):
        x0, x1 = min(edges[e, 0], edges[e, 2]), max(edges[e, 0], edges[e, 2])
        s = int((x0 - west) * per)
        i = begin[s]
        begin[s] = i + 1
        sides[0, i], sides[1, i] = x0, x1
        sides[2, i], sides[3, i] = min(edges[e, 1], edges[e, 3]), max(edges[e, 1], edges[e, 3])
        edge[i], who[i] = e, owner[e]
    return west, per


@piece
def sweep_edges(edges, owner, n, found):  # type: ignore[no-untyped-def]
    """Pairs of edges of different polygons that cross or touch, or -1 where there is no room.

    A sweep from west to east holds each edge against those that begin before it ends.
    """
    sides, edge = np.empty((4, n)), np.empty(n, np.int64)
    who, near, hit = np.empty(n), np.empty(n + 8, np.int64), np.empty((n + 15) // 8 * 8, np.uint8)
    words = hit.view(np.uint64)
    end = np.empty(n // EDGES_A_STRIP + 2, np.int64)
    first, per = _by_west(edges, owner, n, sides, edge, who, end)  # a strip now ends at its number
    west, east, south, north = sides[0], sides[1], sides[2], sides[3]
    m = 0
    for i in range(n):
        x0, x1, y0, y1, mine = west[i], east[i], south[i], north[i], who[i]
        j0, j1 = np.uint64(i + 1), np.uint64(end[int((x1 - first) * per)])
        for j in range(j0, j1):  # unsigned: no index is negative
            hit[j - j0] = (
                (west[j] <= x1) & (east[j] >= x0) & (south[j] <= y1) & (north[j] >= y0)
                & (who[j] != mine)
            )  # fmt: skip
        n_near, n_words = 0, (np.int64(j1 - j0) + 7) // 8
        for k in range(np.int64(j1 - j0), 8 * n_words):
            hit[k] = 0
        for word in range(n_words):
            if words[word]:
                for k in range(8 * word, 8 * word + 8):
                    near[n_near] = i + 1 + k
                    n_near += hit[k]
        if m + n_near > len(found):
            return -1
        for k in range(n_near):
            e, f = min(edge[i], edge[near[k]]), max(edge[i], edge[near[k]])
            ax, ay, bx, by = edges[e, 0], edges[e, 1], edges[e, 2], edges[e, 3]
            px, py, qx, qy = edges[f, 0], edges[f, 1], edges[f, 2], edges[f, 3]
            dx, dy, gx, gy = bx - ax, by - ay, qx - px, qy - py
            p = dx * (py - ay) - dy * (px - ax)
            q = dx * (qy - ay) - dy * (qx - ax)
            a = gx * (ay - py) - gy * (ax - px)
            b = gx * (by - py) - gy * (bx - px)
            found[m, 0], found[m, 1] = e, f
            m += (p * q <= 0.0) & (a * b <= 0.0)
    return m


@piece
def pair_rings(edges, owner, bounds, boxes, n_first, n_edges, found):  # type: ignore[no-untyped-def]
    """As `sweep_edges`, quicker for rings of few edges: pairs of rings whose boxes meet.

    The first rings meet each other and all the rest. Edges are laid out by column, so that each is
    held against four or eight others at once.
    """
    n, columns, hit = 0, np.empty((4, n_edges)), np.empty(n_edges, np.int64)
    for e in range(n_edges):
        for c in range(4):
            columns[c, e] = edges[e, c]
    px, py, qx, qy = columns[0], columns[1], columns[2], columns[3]
    for r in range(n_first):
        for o in range(r + 1, len(boxes)):
            if owner[bounds[r]] == owner[bounds[o]] or not meet(boxes, r, boxes, o):
                continue
            x0, y0, x1, y1 = boxes[o, 0], boxes[o, 1], boxes[o, 2], boxes[o, 3]
            f0, f1 = np.uint64(bounds[o]), np.uint64(bounds[o + 1])  # no index is negative
            for e in range(bounds[r], bounds[r + 1]):
                ax, ay, bx, by = edges[e, 0], edges[e, 1], edges[e, 2], edges[e, 3]
                if not (
                    ((ax >= x0) | (bx >= x0)) & ((ax <= x1) | (bx <= x1))
                    & ((ay >= y0) | (by >= y0)) & ((ay <= y1) | (by <= y1))
                ):  # fmt: skip
                    continue
                if n + np.int64(f1 - f0) > len(found):
                    return -1
                dx, dy, hits = bx - ax, by - ay, 0
                for f in range(f0, f1):
                    gx, gy = qx[f] - px[f], qy[f] - py[f]
                    p = dx * (py[f] - ay) - dy * (px[f] - ax)
                    q = dx * (qy[f] - ay) - dy * (qx[f] - ax)
                    a = gx * (ay - py[f]) - gy * (ax - px[f])
                    b = gx * (by - py[f]) - gy * (bx - px[f])
                    hit[f - f0] = (p * q <= 0.0) & (a * b <= 0.0)
                    hits += hit[f - f0]
                if hits:
                    for i in range(np.int64(f1 - f0)):
                        found[n, 0], found[n, 1] = e, bounds[o] + i
                        n += hit[i]
    return n
