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
ARC, HIDDEN, NO_RUN = -1, -2, -3

# columns of the table of walls in view: unit direction and distance of both ends, cross product
# of the ends, edge vector, pseudo-angles of the ends
ADX, ADY, AR, BDX, BDY, BR, C, EX, EY, PA, PB = range(11)
# run in progress: start point, its distance, end point, its distance, pseudo-angles
SX, SY, SR, FX, FY, FR, P0, P1, AREA = range(9)
ID, POS, FIRST, CAP_HIT, APEXES = range(5)


@njit(cache=True, nogil=True)
def pseudo_angle(x, y, ux, uy):  # type: ignore[no-untyped-def]
    """Pseudo-angle of (x, y) counter-clockwise from the direction (ux, uy)."""
    px, py = x * ux + y * uy, ux * y - uy * x
    r = abs(px) + abs(py)
    p = 1.0 - px / r if py >= 0.0 else 3.0 + px / r
    return 0.0 if p >= 4.0 else p


@njit(cache=True, nogil=True)
def true_angle(p):  # type: ignore[no-untyped-def]
    """Angle in radians, 0 to 2 pi, of a pseudo-angle."""
    if p <= 2.0:
        q = 1.0 - p
        return math.atan2(1.0 - abs(q), q)
    q = p - 3.0
    return math.atan2(abs(q) - 1.0, q) + 2.0 * math.pi


@njit(cache=True, nogil=True)
def _grown(table):  # type: ignore[no-untyped-def]
    larger = np.empty((2 * table.shape[0], table.shape[1]), table.dtype)
    larger[: table.shape[0]] = table
    return larger


@njit(cache=True, nogil=True)
def _gather(ox, oy, ux, uy, width, reach, grid, closed, seen, source, touching):  # type: ignore[no-untyped-def]
    """Collect the walls within reach, cut to the reach, and the directions of touched walls."""
    starts, ends, sources, flags, west, south, size, nx, ny = grid
    n, n_touching = 0, 0
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
                    if n_touching + 2 > len(touching):
                        touching = _grown(touching)
                    if rb2 > TOUCH_M * TOUCH_M:
                        r = math.sqrt(rb2)
                        touching[n_touching] = (pseudo_angle(bx, by, ux, uy), bx / r, by / r, 1.0)
                        n_touching += 1
                    if ra2 > TOUCH_M * TOUCH_M:
                        r = math.sqrt(ra2)
                        touching[n_touching] = (pseudo_angle(ax, ay, ux, uy), ax / r, ay / r, -1.0)
                        n_touching += 1
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
            if n == len(seen):
                seen, source = _grown(seen), _grown(source)
            seen[n] = (ax / ra, ay / ra, ra, bx / rb, by / rb, rb, c, ex, ey, pa, pb)
            source[n, 0] = sources[k]
            n += 1
    return n, n_touching, seen, source, touching


@njit(cache=True, nogil=True)
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
            touching[m] = touching[i]
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
        after = touching[(i + 1) % m]
        pa, pb = touching[i, 0], after[0]
        if pa < pb and pa >= width:
            continue
        if n == len(seen):
            seen, source = _grown(seen), _grown(source)
        seen[n] = (touching[i, 1], touching[i, 2], 0.0, after[1], after[2], 0.0, 0.0, 0.0, 0.0, pa, pb)
        source[n, 0] = HIDDEN
        n += 1
    return n, seen, source, False


@njit(cache=True, nogil=True)
def _put(out, state, x, y):  # type: ignore[no-untyped-def]
    """Write a vertex unless it repeats the last one."""
    pos = state[POS]
    if pos > state[FIRST]:
        if abs(out[pos - 1, 0] - x) < MERGE_M and abs(out[pos - 1, 1] - y) < MERGE_M:
            return
    out[pos, 0] = x
    out[pos, 1] = y
    state[POS] = pos + 1


@njit(cache=True, nogil=True)
def _finish(out, state, run, ox, oy, ux, uy, reach, arcs):  # type: ignore[no-untyped-def]
    """Write the run in progress: a stretch of one wall, of the arc, or of a hidden sector."""
    if state[POS] + len(arcs) + 8 > len(out):
        state[CAP_HIT] = 1
        return
    if state[ID] == HIDDEN:
        if run[P1] - run[P0] > 1e-9:
            _put(out, state, ox, oy)
            state[APEXES] += 1
    elif state[ID] == ARC:
        run[AREA] += 0.5 * reach * reach * (true_angle(run[P1]) - true_angle(run[P0]))
        if (run[P1] - run[P0]) * reach < MERGE_M:
            return
        _put(out, state, ox + run[SX], oy + run[SY])
        low, high = 0, len(arcs)  # first vertex of the circle beyond the start of the run
        while low < high:
            middle = (low + high) // 2
            if arcs[middle, 2] <= run[P0]:
                low = middle + 1
            else:
                high = middle
        while low < len(arcs) and arcs[low, 2] < run[P1]:
            x, y = reach * arcs[low, 0], reach * arcs[low, 1]
            _put(out, state, ox + (x * ux - y * uy), oy + (x * uy + y * ux))
            low += 1
        _put(out, state, ox + run[FX], oy + run[FY])
    elif state[ID] != NO_RUN:
        twice = run[SX] * run[FY] - run[SY] * run[FX]
        run[AREA] += 0.5 * twice
        if twice < MERGE_M * min(run[SR], run[FR]):
            return
        _put(out, state, ox + run[SX], oy + run[SY])
        _put(out, state, ox + run[FX], oy + run[FY])


@njit(cache=True, nogil=True)
def _extend(out, state, run, this, sx, sy, sr, p0, fx, fy, fr, p1, ox, oy, ux, uy, reach, arcs):  # type: ignore[no-untyped-def]
    """Continue the run in progress, or finish it and begin another."""
    if state[ID] != this:
        _finish(out, state, run, ox, oy, ux, uy, reach, arcs)
        state[ID] = this
        run[SX], run[SY], run[SR], run[P0] = sx * sr, sy * sr, sr, p0
    run[FX], run[FY], run[FR], run[P1] = fx * fr, fy * fr, fr, p1


@njit(cache=True, nogil=True)
def _distance(seen, w, dx, dy):  # type: ignore[no-untyped-def]
    """Distance along a unit direction to the line of a wall, never beyond its farther end."""
    if seen[w, C] == 0.0:
        return 0.0
    across = dx * seen[w, EY] - dy * seen[w, EX]
    far = max(seen[w, AR], seen[w, BR])
    return min(seen[w, C] / across, far) if across > 0.0 else far


@njit(cache=True, nogil=True)
def _sweep(ox, oy, ux, uy, vx, vy, width, reach, n, seen, source, work, arcs, out, state, run):  # type: ignore[no-untyped-def]
    """Walk the events in order of direction and write the vertices of the view."""
    keys, event, active, near, far = work
    m = 0
    n_active = 0
    for w in range(n):
        pa, pb = seen[w, PA], seen[w, PB]
        if pa > pb:  # lies across the first direction
            active[n_active] = w
            near[w] = _distance(seen, w, ux, uy)
            n_active += 1
        if pa < width:
            keys[m], event[m] = pa, 2 * w
            m += 1
        if pb < width:
            keys[m], event[m] = pb, 2 * w + 1
            m += 1
    _sort(keys, event, m)
    i = 0
    cx, cy, cp = ux, uy, 0.0
    first = True
    while True:
        last = i >= m or keys[i] >= width - SAME_DIRECTION
        if first:
            fp, fx, fy = 0.0, ux, uy
        elif last:
            fp, fx, fy = width, vx, vy
        else:
            fp = keys[i]
            w = event[i] >> 1
            if event[i] & 1:
                fx, fy = seen[w, BDX], seen[w, BDY]
            else:
                fx, fy = seen[w, ADX], seen[w, ADY]
        j = i
        while j < m and keys[j] <= fp + SAME_DIRECTION:
            j += 1
        if not first:
            for a in range(n_active):
                far[active[a]] = _distance(seen, active[a], fx, fy)
            for k in range(i, j):
                if event[k] & 1:
                    far[event[k] >> 1] = seen[event[k] >> 1, BR]
            _interval(
                n_active, active, near, far, seen, source, cx, cy, cp, fx, fy, fp,
                out, state, run, ox, oy, ux, uy, reach, arcs,
            )  # fmt: skip
            if last:
                break
            for a in range(n_active):
                near[active[a]] = far[active[a]]
        for k in range(i, j):
            w = event[k] >> 1
            if event[k] & 1:
                for a in range(n_active):
                    if active[a] == w:
                        n_active -= 1
                        active[a] = active[n_active]
                        break
        for k in range(i, j):
            w = event[k] >> 1
            if event[k] & 1 == 0 and not (
                seen[w, PB] > seen[w, PA] and seen[w, PB] <= fp + SAME_DIRECTION
            ):
                active[n_active] = w
                near[w] = seen[w, AR]
                n_active += 1
        i = j
        cx, cy, cp = fx, fy, fp
        first = False
    _finish(out, state, run, ox, oy, ux, uy, reach, arcs)


@njit(cache=True, nogil=True)
def _sort(keys, event, m):  # type: ignore[no-untyped-def]
    """Shell sort: views have tens of events, seldom thousands."""
    for gap in (929, 301, 132, 57, 23, 10, 4, 1):
        for i in range(gap, m):
            key, value = keys[i], event[i]
            j = i
            while j >= gap and keys[j - gap] > key:
                keys[j], event[j] = keys[j - gap], event[j - gap]
                j -= gap
            keys[j], event[j] = key, value


@njit(cache=True, nogil=True)
def _interval(
    n_active, active, near, far, seen, source, cx, cy, cp, fx, fy, fp,
    out, state, run, ox, oy, ux, uy, reach, arcs,
):  # type: ignore[no-untyped-def]  # fmt: skip
    """Write what is nearest between two neighbouring directions."""
    if n_active == 0:
        _extend(
            out, state, run, ARC, cx, cy, reach, cp, fx, fy, reach, fp,
            ox, oy, ux, uy, reach, arcs,
        )  # fmt: skip
        return
    s = active[0]
    for a in range(1, n_active):
        w = active[a]
        if near[w] + far[w] < near[s] + far[s]:
            s = w
    crossing = False
    for a in range(n_active):
        w = active[a]
        if near[w] < near[s] - CROSSING_M or far[w] < far[s] - CROSSING_M:
            crossing = True
    if crossing:
        for a in range(n_active):
            if near[active[a]] < near[s] - CROSSING_M:
                s = active[a]
    t, tx, ty, tp = near[s], cx, cy, cp
    while crossing:  # each turn goes to a wall that is nearer at the end, so this ends
        best, bx, by = -1, fx, fy
        for a in range(n_active):
            w = active[a]
            if far[w] >= far[s] - CROSSING_M:
                continue
            gx = seen[w, EX] / seen[w, C] - seen[s, EX] / seen[s, C]
            gy = seen[w, EY] / seen[w, C] - seen[s, EY] / seen[s, C]
            size = math.hypot(gx, gy)
            if gx * (tx + fx) + gy * (ty + fy) < 0.0:
                size = -size
            gx, gy = gx / size, gy / size
            if tx * gy - ty * gx < 0.0:
                gx, gy = tx, ty
            if best < 0 or bx * gy - by * gx < 0.0:
                best, bx, by = w, gx, gy
        if best < 0:
            break
        d = _distance(seen, s, bx, by)
        p = min(max(pseudo_angle(bx, by, ux, uy), tp), fp)
        _extend(
            out, state, run, source[s, 0], tx, ty, t, tp, bx, by, d, p,
            ox, oy, ux, uy, reach, arcs,
        )  # fmt: skip
        s, t, tx, ty, tp = best, d, bx, by, p
    _extend(
        out, state, run, source[s, 0], tx, ty, t, tp, fx, fy, far[s], fp,
        ox, oy, ux, uy, reach, arcs,
    )  # fmt: skip


@njit(cache=True, nogil=True)
def sweep_all(x, y, first, last, width, reach, grid, closed, arcs):  # type: ignore[no-untyped-def]
    """Views of many origins.

    `first` and `last` are (n, 2) unit directions, `width` the pseudo-angle between them (4 for
    the whole circle), `arcs` the (k, 3) vertices of the unit circle with their pseudo-angles.
    Returns vertices, where each view begins, exact areas, and how often each touches its origin.
    """
    n = len(x)
    seen, source = np.empty((128, 11)), np.empty((128, 1), np.int64)
    touching = np.empty((16, 4))
    room = 128
    work = _room(room)
    out = np.empty((16 * n + 4 * len(arcs) + 64, 2))
    offsets = np.zeros(n + 1, np.int64)
    areas, apexes = np.zeros(n), np.zeros(n, np.uint8)
    state, run = np.zeros(5, np.int64), np.zeros(9)
    for i in range(n):
        ux, uy = first[i, 0], first[i, 1]
        m, n_touching, seen, source, touching = _gather(
            x[i], y[i], ux, uy, width[i], reach[i], grid, closed, seen, source, touching
        )
        walled_in = False
        if n_touching:
            m, seen, source, walled_in = _hide_behind(
                m, n_touching, width[i], closed, seen, source, touching
            )
        if m > room:
            room = 2 * m
            work = _room(room)
        state[FIRST] = offsets[i]
        while not walled_in:
            state[ID], state[POS], state[CAP_HIT], state[APEXES] = NO_RUN, offsets[i], 0, 0
            run[AREA] = 0.0
            if len(out) < offsets[i] + len(arcs) + 64:
                out = _grown(out)
            if width[i] < 4.0:
                _put(out, state, x[i], y[i])
                state[APEXES] = 1
            _sweep(
                x[i], y[i], ux, uy, last[i, 0], last[i, 1], width[i], reach[i],
                m, seen, source, work, arcs, out, state, run,
            )  # fmt: skip
            if state[CAP_HIT] == 0:
                break
            out = _grown(out)
        end = state[POS] if not walled_in else offsets[i]
        begin = offsets[i]
        while end > begin + 1 and (
            abs(out[end - 1, 0] - out[begin, 0]) < MERGE_M
            and abs(out[end - 1, 1] - out[begin, 1]) < MERGE_M
        ):
            end -= 1
        if end < begin + 3:
            end = begin
        else:
            areas[i], apexes[i] = run[AREA], min(state[APEXES], 255)
        offsets[i + 1] = end
    return out[: offsets[n]].copy(), offsets, areas, apexes


@njit(cache=True, nogil=True)
def _room(n):  # type: ignore[no-untyped-def]
    """Arrays for the events and the active walls of one view."""
    return (
        np.empty(4 * n), np.empty(4 * n, np.int64), np.empty(2 * n + 2, np.int64),
        np.empty(n), np.empty(n),
    )  # fmt: skip
