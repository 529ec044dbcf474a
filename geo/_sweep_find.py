"""Walls near an origin: those that come within reach and whose front is to it.

Most walls of the cells round an origin are none of these, so each is looked at with few operations,
without a branch, many at once: arrays are flat, since compilers vectorise no rows of a width that
they do not know.
"""

import math

import numpy as np

from geo._kernels import inlined

TOUCH_M = 1e-6  # an origin this near a wall stands on it

ONE, TWO, THREE, FOUR, SEVEN = (np.uint64(k) for k in (1, 2, 3, 4, 7))


@inlined
def find_facing(  # type: ignore[no-untyped-def]
    ox, oy, reach, starts, ends, half, west, south, wide, tall, nx, ny, closed, place, facing, near
):  # fmt: skip
    """Find walls that may be seen; `near` gets their ends, `place` their rows in the index.

    Cells are searched row by row, as wide as the circle is there. The last walls looked at are of
    the next cell, to make eight of them. Gives how many were found, or -1 where there is no room.
    """
    per_x, per_y, far, reach2 = 1.0 / wide, 1.0 / tall, reach + half, reach * reach
    touch2, back = TOUCH_M * TOUCH_M, not closed
    n = np.uint64(0)
    y0, y1 = (oy - far - south) * per_y, (oy + far - south) * per_y
    if y1 < 0.0 or y0 >= ny:
        return np.int64(0)
    for cy in range(int(max(y0, 0.0)), int(min(y1, ny - 1.0)) + 1):
        low = south + cy * tall - oy
        away = max(low, -low - tall, 0.0)
        half_width = math.sqrt(max(far * far - away * away, 0.0))
        x0, x1 = (ox - half_width - west) * per_x, (ox + half_width - west) * per_x
        if x1 < 0.0 or x0 >= nx:
            continue
        k0 = np.uint64(starts[cy * nx + int(max(x0, 0.0))])
        m = np.uint64(starts[cy * nx + int(min(x1, nx - 1.0)) + 1]) - k0
        if n + m + SEVEN > np.uint64(len(place)):
            return np.int64(-1)
        for j in range((m + SEVEN) & ~SEVEN):
            k = FOUR * (k0 + j)
            ax, ay = ends[k] - ox, ends[k + ONE] - oy
            bx, by = ends[k + TWO] - ox, ends[k + THREE] - oy
            ex, ey = bx - ax, by - ay
            c = ax * by - ay * bx
            c2, length2 = c * c, ex * ex + ey * ey
            front = (c <= 0.0) | (c2 <= touch2 * length2) | back
            near_end = min(ax * ax + ay * ay, bx * bx + by * by) <= reach2
            between = (ax * ex + ay * ey <= 0.0) & (bx * ex + by * ey >= 0.0)
            facing[n + j] = front & (near_end | (between & (c2 <= reach2 * length2)))
            place[n + j] = k0 + j
        n += m
    kept = np.uint64(0)
    for j in range(n):
        k, to = FOUR * place[j], FOUR * kept
        place[kept] = place[j]
        near[to], near[to + ONE] = ends[k], ends[k + ONE]
        near[to + TWO], near[to + THREE] = ends[k + TWO], ends[k + THREE]
        kept += np.uint64(facing[j])
    return np.int64(kept)
