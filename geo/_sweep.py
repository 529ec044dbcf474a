"""Angular sweep that finds, in every direction, the nearest wall round an origin.

Directions are ordered by a pseudo-angle in [0, 4], measured counter-clockwise from the first
direction of the view, which grows with the angle and costs no trigonometry. Between two
neighbouring events (ends of walls) the same walls are met by every ray, and the nearest at both
sides of the interval is the nearest throughout, unless two walls cross in it.

References
----------
Asano, T. (1985). An efficient algorithm for finding the visibility polygon for a polygonal
region with holes. IEICE Transactions E68(9), 557-559.
"""

import math

import numpy as np
from numba import njit

TOUCH_M = 1e-6  # an origin this near a wall stands on it
MERGE_M = 1e-6  # vertices nearer than this are one; slivers narrower than this are dropped
SAME_DIRECTION = 1e-12
CROSSING_M = 1e-7
ARC, HIDDEN = -1.0, -2.0

# columns of the table of walls in view: unit direction and distance of both ends, cross product
# of the ends, edge vector, pseudo-angles of the ends
ADX, ADY, AR, BDX, BDY, BR, C, EX, EY, PA, PB = range(11)
# columns of the table of runs, stretches of one wall or of the arc: what is seen, unit direction
# and distance where it begins and where it finishes, pseudo-angles of both
ID, SX, SY, SR, FX, FY, FR, P0, P1 = range(9)


@njit(cache=True, nogil=True, error_model="numpy")
def pseudo_angle(x, y, ux, uy):  # type: ignore[no-untyped-def]
    """Pseudo-angle of (x, y) counter-clockwise from the direction (ux, uy)."""
    px, py = x * ux + y * uy, ux * y - uy * x
    r = abs(px) + abs(py)
    p = 1.0 - px / r if py >= 0.0 else 3.0 + px / r
    return 0.0 if p >= 4.0 else p


@njit(cache=True, nogil=True, error_model="numpy")
def true_angle(p):  # type: ignore[no-untyped-def]
    """Angle in radians, 0 to 2 pi, of a pseudo-angle."""
    if p <= 2.0:
        q = 1.0 - p
        return math.atan2(1.0 - abs(q), q)
    q = p - 3.0
    return math.atan2(abs(q) - 1.0, q) + 2.0 * math.pi


@njit(cache=True, nogil=True, error_model="numpy")
def _grown(table):  # type: ignore[no-untyped-def]
    """A table with room for twice the rows; loops, as slices cost four seconds to compile."""
    larger = np.empty((2 * table.shape[0], table.shape[1]), table.dtype)
    for i in range(table.shape[0]):
        for j in range(table.shape[1]):
            larger[i, j] = table[i, j]
    return larger


@njit(cache=True, nogil=True, error_model="numpy")
def _touch(touching, n, dx, dy, ux, uy, sign):  # type: ignore[no-untyped-def]
    """Note the direction of a wall that leaves (1) or reaches (-1) the origin."""
    r = math.hypot(dx, dy)
    if r <= TOUCH_M:
        return n, touching
    if n == len(touching):
        touching = _grown(touching)
    touching[n, 0] = pseudo_angle(dx, dy, ux, uy)
    touching[n, 1] = dx / r
    touching[n, 2] = dy / r
    touching[n, 3] = sign
    return n + 1, touching


@njit(cache=True, nogil=True, error_model="numpy")
def _note(seen, source, n, this, ax, ay, ra, bx, by, rb, c, ex, ey, pa, pb):  # type: ignore[no-untyped-def]
    """Add a wall, or a hidden sector, to those in view."""
    if n == len(seen):
        seen, source = _grown(seen), _grown(source)
    seen[n, ADX], seen[n, ADY], seen[n, AR] = ax, ay, ra
    seen[n, BDX], seen[n, BDY], seen[n, BR] = bx, by, rb
    seen[n, C], seen[n, EX], seen[n, EY] = c, ex, ey
    seen[n, PA], seen[n, PB] = pa, pb
    source[n, 0] = this
    return n + 1, seen, source


@njit(cache=True, nogil=True, error_model="numpy")
def _gather(ox, oy, ux, uy, width, reach, grid, closed, seen, source, touching):  # type: ignore[no-untyped-def]
    """Collect the walls within reach, cut to the reach, and the directions of touched walls."""
    starts, ends, sources, flags, west, south, size, nx, ny = grid
    n, n_touching = np.int64(0), np.int64(0)  # a literal 0 would compile the callees twice
    fx0, fx1 = math.floor((ox - reach - west) / size), math.floor((ox + reach - west) / size)
    fy0, fy1 = math.floor((oy - reach - south) / size), math.floor((oy + reach - south) / size)
    if fx1 < 0 or fy1 < 0 or fx0 >= nx or fy0 >= ny:
        return n, n_touching, seen, source, touching
    qx0, qx1 = int(max(fx0, 0)), int(min(fx1, nx - 1))
    qy0, qy1 = int(max(fy0, 0)), int(min(fy1, ny - 1))
    reach2 = reach * reach
    for cy in range(qy0, qy1 + 1):
        row = cy * nx
        first_column_ends = starts[row + qx0 + 1]
        for k in range(starts[row + qx0], starts[row + qx1 + 1]):
            flag = flags[k]
            if (flag & 1 == 0 and k >= first_column_ends) or (flag & 2 == 0 and cy != qy0):
                continue
            ax, ay = ends[k, 0] - ox, ends[k, 1] - oy
            bx, by = ends[k, 2] - ox, ends[k, 3] - oy
            c = ax * by - ay * bx
            ex, ey = bx - ax, by - ay
            length2 = ex * ex + ey * ey
            if length2 == 0.0 or c * c > reach2 * length2:
                continue
            ra2, rb2 = ax * ax + ay * ay, bx * bx + by * by
            if c * c <= TOUCH_M * TOUCH_M * length2:
                along = min(max(-(ax * ex + ay * ey) / length2, 0.0), 1.0)
                if math.hypot(ax + along * ex, ay + along * ey) <= TOUCH_M:
                    n_touching, touching = _touch(touching, n_touching, bx, by, ux, uy, 1.0)
                    n_touching, touching = _touch(touching, n_touching, ax, ay, ux, uy, -1.0)
                    continue
            if closed and c > 0.0:
                continue  # its building stands between this wall and the origin
            if ra2 > reach2 or rb2 > reach2:
                half = ax * ex + ay * ey
                root = half * half - length2 * (ra2 - reach2)
                if root <= 0.0:
                    continue
                root = math.sqrt(root)
                low, high = max((-half - root) / length2, 0.0), min((root - half) / length2, 1.0)
                if low >= high:
                    continue
                if high < 1.0:
                    bx, by = ax + high * ex, ay + high * ey
                if low > 0.0:
                    ax, ay = ax + low * ex, ay + low * ey
                ra2, rb2 = ax * ax + ay * ay, bx * bx + by * by
            ra, rb = math.sqrt(ra2), math.sqrt(rb2)
            if abs(c) <= 1e-13 * math.sqrt(length2) * max(ra, rb):
                continue  # seen end on
            if c < 0.0:
                ax, bx, ay, by, ra, rb = bx, ax, by, ay, rb, ra
                c, ex, ey = -c, -ex, -ey
            pa, pb = pseudo_angle(ax, ay, ux, uy), pseudo_angle(bx, by, ux, uy)
            if pa == pb or (pa < pb and pa >= width):
                continue
            n, seen, source = _note(
                seen, source, n, float(sources[k]),
                ax / ra, ay / ra, ra, bx / rb, by / rb, rb, c, ex, ey, pa, pb,
            )  # fmt: skip
    return n, n_touching, seen, source, touching


@njit(cache=True, nogil=True, error_model="numpy")
def _hide_behind(n, n_touching, width, closed, seen, source, touching):  # type: ignore[no-untyped-def]
    """Turn the walls the origin stands on into hidden sectors on their left side.

    A wall that leaves the origin opens a sector, one that arrives closes it; where more are open
    than at the clearest direction, the view is blocked at no distance. A fence given in both
    directions cancels itself and hides nothing.
    """
    balance = 0.0
    for i in range(1, n_touching):  # by direction
        k = i
        while k > 0 and touching[k - 1, 0] > touching[k, 0]:
            for j in range(4):
                touching[k - 1, j], touching[k, j] = touching[k, j], touching[k - 1, j]
            k -= 1
    m = 0
    for i in range(n_touching):  # one entry for each direction
        balance += touching[i, 3]
        if m > 0 and touching[i, 0] - touching[m - 1, 0] < 1e-9:
            touching[m - 1, 3] += touching[i, 3]
        else:
            for j in range(4):
                touching[m, j] = touching[i, j]
            m += 1
    if m > 1 and touching[0, 0] + 4.0 - touching[m - 1, 0] < 1e-9:
        touching[0, 3] += touching[m - 1, 3]
        m -= 1
    if balance != 0.0 or m == 0:
        return n, seen, source, False
    depth, least, changes = 0.0, 0.0, False
    for i in range(m):
        depth += touching[i, 3]
        least = min(least, depth)
        changes = changes or touching[i, 3] != 0.0
    if not changes:
        return n, seen, source, closed  # walls on all sides: inside a party wall
    depth = 0.0
    for i in range(m):
        depth += touching[i, 3]
        if depth == least:
            continue
        k = (i + 1) % m
        pa, pb = touching[i, 0], touching[k, 0]
        if pa < pb and pa >= width:
            continue
        n, seen, source = _note(
            seen, source, n, HIDDEN,
            touching[i, 1], touching[i, 2], 0.0, touching[k, 1], touching[k, 2], 0.0,
            0.0, 0.0, 0.0, pa, pb,
        )  # fmt: skip
    return n, seen, source, False


@njit(cache=True, nogil=True, error_model="numpy")
def _distance(seen, w, dx, dy):  # type: ignore[no-untyped-def]
    """Distance along a unit direction to the line of a wall, never beyond its farther end."""
    if seen[w, C] == 0.0:
        return 0.0
    across = dx * seen[w, EY] - dy * seen[w, EX]
    far = max(seen[w, AR], seen[w, BR])
    return min(seen[w, C] / across, far) if across > 0.0 else far


@njit(cache=True, nogil=True, error_model="numpy")
def _add_run(runs, n, this, sx, sy, sr, p0, fx, fy, fr, p1):  # type: ignore[no-untyped-def]
    """Continue the last run, or begin another."""
    if n == 0 or runs[n - 1, ID] != this:
        runs[n, ID], runs[n, SX], runs[n, SY], runs[n, SR], runs[n, P0] = this, sx, sy, sr, p0
        n += 1
    runs[n - 1, FX], runs[n - 1, FY], runs[n - 1, FR], runs[n - 1, P1] = fx, fy, fr, p1
    return n


@njit(cache=True, nogil=True, error_model="numpy")
def _events(n, width, seen, keys, event):  # type: ignore[no-untyped-def]
    """List where walls begin (even) and end (odd), in order of direction."""
    m = 0
    for w in range(n):
        if seen[w, PA] < width:
            keys[m], event[m] = seen[w, PA], 2 * w
            m += 1
        if seen[w, PB] < width:
            keys[m], event[m] = seen[w, PB], 2 * w + 1
            m += 1
    for gap in (929, 301, 132, 57, 23, 10, 4, 1):  # tens of events, seldom thousands
        for i in range(gap, m):
            key, value = keys[i], event[i]
            j = i
            while j >= gap and keys[j - gap] > key:
                keys[j], event[j] = keys[j - gap], event[j - gap]
                j -= gap
            keys[j], event[j] = key, value
    return m


@njit(cache=True, nogil=True, error_model="numpy")
def _sweep(ux, uy, vx, vy, width, reach, n, seen, source, keys, event, active, near, far, runs):  # type: ignore[no-untyped-def]
    """Walk the events in order of direction; give the runs of what is nearest."""
    m = _events(n, width, seen, keys, event)
    n_active, n_runs, i = np.int64(0), np.int64(0), np.int64(0)
    for w in range(n):
        if seen[w, PA] > seen[w, PB]:  # lies across the first direction
            active[n_active] = w
            near[w] = _distance(seen, w, ux, uy)
            n_active += 1
    cx, cy, cp = ux, uy, 0.0
    fx, fy, fp = ux, uy, 0.0
    last, first = False, True
    while not last:
        if not first:
            last = i >= m or keys[i] >= width - SAME_DIRECTION
            if last:
                fx, fy, fp = vx, vy, width
            elif event[i] & 1:
                fx, fy, fp = seen[event[i] >> 1, BDX], seen[event[i] >> 1, BDY], keys[i]
            else:
                fx, fy, fp = seen[event[i] >> 1, ADX], seen[event[i] >> 1, ADY], keys[i]
        j = i
        while j < m and keys[j] <= fp + SAME_DIRECTION:
            j += 1
        if not first:
            for a in range(n_active):
                far[active[a]] = _distance(seen, active[a], fx, fy)
            for k in range(i, j):
                if event[k] & 1:
                    far[event[k] >> 1] = seen[event[k] >> 1, BR]
            s, least_near, least_far = -1, np.inf, np.inf
            for a in range(n_active):
                w = active[a]
                least_near, least_far = min(least_near, near[w]), min(least_far, far[w])
                if s < 0 or near[w] + far[w] < near[s] + far[s]:
                    s = w
            if s < 0:
                n_runs = _add_run(runs, n_runs, ARC, cx, cy, reach, cp, fx, fy, reach, fp)
            elif least_near < near[s] - CROSSING_M or least_far < far[s] - CROSSING_M:
                n_runs, runs = _cross(
                    n_active, active, near, far, seen, source, cx, cy, cp, fx, fy, fp,
                    ux, uy, runs, n_runs, m,
                )  # fmt: skip
            else:
                n_runs = _add_run(
                    runs, n_runs, source[s, 0], cx, cy, near[s], cp, fx, fy, far[s], fp
                )
            for a in range(n_active):
                near[active[a]] = far[active[a]]
        for k in range(i, j):
            if event[k] & 1:
                for a in range(n_active):
                    if active[a] == event[k] >> 1:
                        n_active -= 1
                        active[a] = active[n_active]
                        break
        for k in range(i, j):
            w = event[k] >> 1
            ended = seen[w, PA] < seen[w, PB] <= fp + SAME_DIRECTION
            if event[k] & 1 == 0 and not ended:
                active[n_active] = w
                near[w] = seen[w, AR]
                n_active += 1
        i, cx, cy, cp, first = j, fx, fy, fp, False
    return n_runs, runs


@njit(cache=True, nogil=True, error_model="numpy")
def _cross(  # type: ignore[no-untyped-def]
    n_active, active, near, far, seen, source, cx, cy, cp, fx, fy, fp, ux, uy, runs, n_runs, m
):  # fmt: skip
    """Runs of an interval in which walls cross: each turn goes to one that ends nearer."""
    s = active[0]
    for a in range(1, n_active):
        w = active[a]
        nearer = near[w] < near[s] - CROSSING_M
        if nearer or (near[w] <= near[s] + CROSSING_M and far[w] < far[s]):
            s = w
    here, p, best = near[s], cp, 0
    while best >= 0:
        if n_runs + m + 4 > len(runs):
            runs = _grown(runs)
        best, bx, by = -1, fx, fy
        for a in range(n_active):
            w = active[a]
            if far[w] >= far[s] - CROSSING_M:
                continue
            gx = seen[w, EX] / seen[w, C] - seen[s, EX] / seen[s, C]
            gy = seen[w, EY] / seen[w, C] - seen[s, EY] / seen[s, C]
            size = math.hypot(gx, gy)
            if gx * (cx + fx) + gy * (cy + fy) < 0.0:
                size = -size
            gx, gy = gx / size, gy / size
            if cx * gy - cy * gx < 0.0:
                gx, gy = cx, cy
            if best < 0 or bx * gy - by * gx < 0.0:
                best, bx, by = w, gx, gy
        there = _distance(seen, s, bx, by) if best >= 0 else far[s]
        q = min(max(pseudo_angle(bx, by, ux, uy), p), fp) if best >= 0 else fp
        n_runs = _add_run(runs, n_runs, source[s, 0], cx, cy, here, p, bx, by, there, q)
        s, here, cx, cy, p = best, there, bx, by, q
    return n_runs, runs


@njit(cache=True, nogil=True, error_model="numpy")
def _put(out, first, pos, x, y):  # type: ignore[no-untyped-def]
    """Write a vertex unless it repeats the last one."""
    if pos > first and abs(out[pos - 1, 0] - x) < MERGE_M and abs(out[pos - 1, 1] - y) < MERGE_M:
        return pos
    out[pos, 0], out[pos, 1] = x, y
    return pos + 1


@njit(cache=True, nogil=True, error_model="numpy")
def _write(ox, oy, ux, uy, width, reach, runs, n_runs, arcs, out, first):  # type: ignore[no-untyped-def]
    """Write the outline of a view; runs too narrow to matter count in its area alone."""
    pos, area, apexes = first, 0.0, 0
    if width < 4.0:
        pos, apexes = _put(out, first, pos, ox, oy), 1
    for k in range(n_runs):
        sr, fr, p0, p1 = runs[k, SR], runs[k, FR], runs[k, P0], runs[k, P1]
        if runs[k, ID] == HIDDEN:
            if p1 - p0 > 1e-9:
                pos = _put(out, first, pos, ox, oy)
                apexes += 1
            continue
        sx, sy, fx, fy = sr * runs[k, SX], sr * runs[k, SY], fr * runs[k, FX], fr * runs[k, FY]
        if runs[k, ID] == ARC:
            area += 0.5 * reach * reach * (true_angle(p1) - true_angle(p0))
            narrow = (p1 - p0) * reach < MERGE_M
        else:
            twice = sx * fy - sy * fx
            area += 0.5 * twice
            narrow = twice < MERGE_M * min(sr, fr)
        if narrow:
            continue
        pos = _put(out, first, pos, ox + sx, oy + sy)
        if runs[k, ID] == ARC:
            i = 0 if p0 == 0.0 else _first_beyond(arcs, p0)
            while i < len(arcs) and arcs[i, 2] < p1:
                x, y = reach * arcs[i, 0], reach * arcs[i, 1]
                pos = _put(out, first, pos, ox + (x * ux - y * uy), oy + (x * uy + y * ux))
                i += 1
        pos = _put(out, first, pos, ox + fx, oy + fy)
    while pos > first + 1 and (
        abs(out[pos - 1, 0] - out[first, 0]) < MERGE_M
        and abs(out[pos - 1, 1] - out[first, 1]) < MERGE_M
    ):
        pos -= 1
    if pos < first + 3:
        return first, 0.0, 0
    return pos, area, apexes


@njit(cache=True, nogil=True, error_model="numpy")
def _first_beyond(arcs, p):  # type: ignore[no-untyped-def]
    """First vertex of the circle beyond a direction."""
    low, high = 0, len(arcs)
    while low < high:
        middle = (low + high) // 2
        if arcs[middle, 2] <= p:
            low = middle + 1
        else:
            high = middle
    return low


@njit(cache=True, nogil=True, error_model="numpy")
def sweep_all(x, y, first, last, width, reach, grid, closed, arcs):  # type: ignore[no-untyped-def]
    """Views of many origins.

    `first` and `last` are (n, 2) unit directions, `width` the pseudo-angle between them (4 for
    the whole circle), `arcs` the (k, 3) vertices of the unit circle with their pseudo-angles.
    Returns vertices, where each view begins, exact areas, and how often each touches its origin.
    """
    n = len(x)
    seen, source = np.empty((128, 11)), np.empty((128, 1))
    touching = np.empty((16, 4))
    keys, event, active = np.empty(512), np.empty(512, np.int64), np.empty(256, np.int64)
    near, far, runs = np.empty(128), np.empty(128), np.empty((512, 9))
    out = np.empty((24 * n + 4 * len(arcs) + 64, 2))
    offsets = np.zeros(n + 1, np.int64)
    areas, apexes = np.zeros(n), np.zeros(n, np.uint8)
    for i in range(n):
        offsets[i + 1] = offsets[i]
        m, n_touching, seen, source, touching = _gather(
            x[i], y[i], first[i, 0], first[i, 1], width[i], reach[i],
            grid, closed, seen, source, touching,
        )  # fmt: skip
        if n_touching:
            m, seen, source, walled_in = _hide_behind(
                m, n_touching, width[i], closed, seen, source, touching
            )
            if walled_in:
                continue
        if m > len(near):
            keys, event, active = (
                np.empty(8 * m),
                np.empty(8 * m, np.int64),
                np.empty(4 * m, np.int64),
            )
            near, far, runs = np.empty(2 * m), np.empty(2 * m), np.empty((8 * m, 9))
        n_runs, runs = _sweep(
            first[i, 0], first[i, 1], last[i, 0], last[i, 1], width[i], reach[i],
            m, seen, source, keys, event, active, near, far, runs,
        )  # fmt: skip
        while len(out) < offsets[i] + len(arcs) + 2 * n_runs + 8:
            out = _grown(out)
        offsets[i + 1], areas[i], apexes[i] = _write(
            x[i], y[i], first[i, 0], first[i, 1], width[i], reach[i],
            runs, n_runs, arcs, out, offsets[i],
        )  # fmt: skip
    return out, offsets, areas, apexes
