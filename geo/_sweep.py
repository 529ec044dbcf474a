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

from geo._kernels import (
    FEW,
    NONE,
    ZERO,
    float_rows,
    floats,
    ints,
    kernel,
    more_float_rows,
    no_ints,
    no_small_ints,
    piece,
    same_floats,
)

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


@kernel
def pseudo_angle(x, y, ux, uy):  # type: ignore[no-untyped-def]
    """Pseudo-angle of (x, y) counter-clockwise from the direction (ux, uy)."""
    px, py = x * ux + y * uy, ux * y - uy * x
    r = abs(px) + abs(py)
    p = 1.0 - px / r if py >= 0.0 else 3.0 + px / r
    return 0.0 if p >= 4.0 else p


@piece
def _turn(ax, ay, bx, by):  # type: ignore[no-untyped-def]
    """Angle in radians, 0 to 2 pi, from one unit direction counter-clockwise to another."""
    sine, cosine = ax * by - ay * bx, ax * bx + ay * by
    if cosine > 0.0 and -1e-12 < sine < 0.0705:  # series of the arc sine, good to the last bit
        q = sine * sine
        t = 1 / 6 + q * (3 / 40 + q * (15 / 336 + q * (105 / 3456 + q * (945 / 42240))))
        return sine * (1.0 + q * t)
    angle = math.atan2(sine, cosine)
    return angle if angle >= 0.0 else angle + 2.0 * math.pi


@piece
def _facing(ox, oy, reach, grid, closed, found):  # type: ignore[no-untyped-def]
    """Walls whose line passes within reach, and whose front is to the origin.

    Cells are searched row by row, as wide as the circle is there. The inner loop has no branches.
    Gives -1 where there is no room for what is found.
    """
    starts, ends, _, half, west, south, size, nx, ny = grid
    per, far, reach2 = 1.0 / size, reach + half, reach * reach
    n, y0, y1 = 0, (oy - far - south) * per, (oy + far - south) * per
    if y1 < 0.0 or y0 >= ny:
        return n
    for cy in range(int(max(y0, 0.0)), int(min(y1, ny - 1.0)) + 1):
        low = south + cy * size - oy
        away = max(low, -low - size, 0.0)
        wide = math.sqrt(max(far * far - away * away, 0.0))
        x0, x1 = (ox - wide - west) * per, (ox + wide - west) * per
        if x1 < 0.0 or x0 >= nx:
            continue
        k0, k1 = (
            starts[cy * nx + int(max(x0, 0.0))],
            starts[cy * nx + int(min(x1, nx - 1.0)) + 1],
        )
        if n + k1 - k0 > len(found):
            return -1
        for k in range(k0, k1):
            ax, ay = ends[k, 0] - ox, ends[k, 1] - oy
            bx, by = ends[k, 2] - ox, ends[k, 3] - oy
            ex, ey = bx - ax, by - ay
            c = ax * by - ay * bx
            length2 = ex * ex + ey * ey
            front = (c <= 0.0) | (c * c <= TOUCH_M * TOUCH_M * length2) | (not closed)
            found[n] = k
            n += (c * c <= reach2 * length2) & front
    return n


@piece
def _touch(touching, n, dx, dy, ux, uy, sign):  # type: ignore[no-untyped-def]
    """Note the direction of a wall that leaves (1) or reaches (-1) the origin."""
    r = math.hypot(dx, dy)
    if r <= TOUCH_M:
        return n
    touching[n, 0] = pseudo_angle(dx, dy, ux, uy)
    touching[n, 1] = dx / r
    touching[n, 2] = dy / r
    touching[n, 3] = sign
    return n + 1


@piece
def _note(seen, source, n, this, ax, ay, ra, bx, by, rb, c, ex, ey, pa, pb):  # type: ignore[no-untyped-def]
    """Add a wall, or a hidden sector, to those in view."""
    seen[n, ADX], seen[n, ADY], seen[n, AR] = ax, ay, ra
    seen[n, BDX], seen[n, BDY], seen[n, BR] = bx, by, rb
    seen[n, C], seen[n, EX], seen[n, EY] = c, ex, ey
    seen[n, PA], seen[n, PB] = pa, pb
    source[n] = this


@piece
def _gather(  # type: ignore[no-untyped-def]
    ox, oy, ux, uy, width, reach, ends, sources, closed, found, n_found, seen, source, touching
):  # fmt: skip
    """Cut the walls found to the reach, and note the directions of those that are touched."""
    n, n_touching = ZERO, ZERO
    reach2 = reach * reach
    for i in range(n_found):
        k = found[i]
        ax, ay = ends[k, 0] - ox, ends[k, 1] - oy
        bx, by = ends[k, 2] - ox, ends[k, 3] - oy
        c = ax * by - ay * bx
        ex, ey = bx - ax, by - ay
        length2 = ex * ex + ey * ey
        if length2 == 0.0:
            continue
        ra2, rb2 = ax * ax + ay * ay, bx * bx + by * by
        if c * c <= TOUCH_M * TOUCH_M * length2:
            along = min(max(-(ax * ex + ay * ey) / length2, 0.0), 1.0)
            if math.hypot(ax + along * ex, ay + along * ey) <= TOUCH_M:
                n_touching = _touch(touching, n_touching, bx, by, ux, uy, 1.0)
                n_touching = _touch(touching, n_touching, ax, ay, ux, uy, -1.0)
                continue
            if closed and c > 0.0:
                continue  # its building stands between this wall and the origin
        if ra2 > reach2 or rb2 > reach2:
            half = ax * ex + ay * ey
            root = half * half - length2 * (ra2 - reach2)
            if root <= 0.0:
                continue
            root = math.sqrt(root)
            low, high = (
                max((-half - root) / length2, 0.0),
                min((root - half) / length2, 1.0),
            )
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
        _note(
            seen, source, n, float(sources[k]),
            ax / ra, ay / ra, ra, bx / rb, by / rb, rb, c, ex, ey, pa, pb,
        )  # fmt: skip
        n += 1
    return n, n_touching


@piece
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
        return n, False
    depth, least, changes = 0.0, 0.0, False
    for i in range(m):
        depth += touching[i, 3]
        least = min(least, depth)
        changes = changes or touching[i, 3] != 0.0
    if not changes:
        return n, closed  # walls on all sides: inside a party wall
    depth = 0.0
    for i in range(m):
        depth += touching[i, 3]
        if depth == least:
            continue
        k = (i + 1) % m
        pa, pb = touching[i, 0], touching[k, 0]
        if pa < pb and pa >= width:
            continue
        _note(
            seen, source, n, HIDDEN,
            touching[i, 1], touching[i, 2], 0.0, touching[k, 1], touching[k, 2], 0.0,
            0.0, 0.0, 0.0, pa, pb,
        )  # fmt: skip
        n += 1
    return n, False


@piece
def _distance(seen, w, dx, dy):  # type: ignore[no-untyped-def]
    """Distance along a unit direction to the line of a wall, never beyond its farther end."""
    if seen[w, C] == 0.0:
        return 0.0
    across = dx * seen[w, EY] - dy * seen[w, EX]
    far = max(seen[w, AR], seen[w, BR])
    return min(seen[w, C] / across, far) if across > 0.0 else far


@piece
def _add_run(runs, n, this, sx, sy, sr, p0, fx, fy, fr, p1):  # type: ignore[no-untyped-def]
    """Continue the last run, or begin another."""
    if n == 0 or runs[n - 1, ID] != this:
        runs[n, ID], runs[n, SX], runs[n, SY], runs[n, SR], runs[n, P0] = (
            this,
            sx,
            sy,
            sr,
            p0,
        )
        n += 1
    runs[n - 1, FX], runs[n - 1, FY], runs[n - 1, FR], runs[n - 1, P1] = fx, fy, fr, p1
    return n


@piece
def _events(n, width, seen, counts, raw, keys, event):  # type: ignore[no-untyped-def]
    """List where walls begin (even) and end (odd), in order of direction."""
    m, n_buckets = 0, 64
    while n_buckets < n:
        n_buckets *= 2
    for b in range(n_buckets + 1):
        counts[b] = 0
    scale = n_buckets / (4.0 + 1e-9)
    for w in range(n):
        pa, pb = seen[w, PA], seen[w, PB]
        raw[m] = 2 * w
        counts[int(pa * scale) + 1] += pa < width
        m += pa < width
        raw[m] = 2 * w + 1
        counts[int(pb * scale) + 1] += pb < width
        m += pb < width
    most = 0
    for b in range(n_buckets):
        most = max(most, counts[b + 1])
        counts[b + 1] += counts[b]
    for i in range(m):
        w = raw[i] >> 1
        key = seen[w, PB] if raw[i] & 1 else seen[w, PA]
        b = int(key * scale)
        keys[counts[b]], event[counts[b]] = key, raw[i]
        counts[b] += 1
    gap = 1
    while gap < most // 8:
        gap = 3 * gap + 1
    while gap > 0:  # in order but for neighbours, unless directions crowd
        for i in range(gap, m):
            key, value = keys[i], event[i]
            j = i
            while j >= gap and keys[j - gap] > key:
                keys[j], event[j] = keys[j - gap], event[j - gap]
                j -= gap
            keys[j], event[j] = key, value
        gap //= 3
    return m


@piece
def _goes_nearer(seen, w, dw, s, ds, p):  # type: ignore[no-untyped-def]
    """Whether wall w is nearer than s from here on; walls that meet here part until one ends."""
    if dw < ds - CROSSING_M or dw > ds + CROSSING_M:
        return dw < ds
    left_w, left_s = seen[w, PB] - p, seen[s, PB] - p
    left_w, left_s = left_w + 4.0 * (left_w <= 0.0), left_s + 4.0 * (left_s <= 0.0)
    if left_w < left_s:
        return seen[w, BR] < _distance(seen, s, seen[w, BDX], seen[w, BDY])
    return _distance(seen, w, seen[s, BDX], seen[s, BDY]) < seen[s, BR]


@piece
def _all_behind(seen, active, n_active, distance, fx, fy):  # type: ignore[no-untyped-def]
    """Whether no active wall has come before the one that is seen."""
    least = np.inf
    for a in range(n_active):
        least = min(least, _distance(seen, active[a], fx, fy))
    return least >= distance - CROSSING_M


@piece
def _walk(  # type: ignore[no-untyped-def]
    ux, uy, vx, vy, width, reach, n, m, seen, source, keys, event, active, runs
):  # fmt: skip
    """Walk the events with the wall that is seen alone; give the runs, or -1 where walls cross.

    Hidden walls are not measured while they stay hidden. A wall is behind the one that is seen
    when it is so at both ends of the stretch they share, and that is looked at; where it fails,
    walls cross, and `_sweep` does this view.
    """
    n_active, n_runs, i, s = ZERO, ZERO, ZERO, NONE
    sx, sy, sp, sr = ux, uy, 0.0, reach
    for w in range(n):
        if seen[w, PA] > seen[w, PB]:  # lies across the first direction
            d = _distance(seen, w, ux, uy)
            if s < 0:
                s, sr = w, d
            elif _goes_nearer(seen, w, d, s, sr, 0.0):
                active[n_active] = s
                n_active, s, sr = n_active + 1, w, d
            else:
                active[n_active] = w
                n_active += 1
    while i < m and keys[i] < width - SAME_DIRECTION:
        w = event[i] >> 1
        if event[i] & 1:
            fx, fy, fp = seen[w, BDX], seen[w, BDY], keys[i]
        else:
            fx, fy, fp = seen[w, ADX], seen[w, ADY], keys[i]
        j = i + 1
        ended = event[i] == 2 * s + 1
        while j < m and keys[j] <= fp + SAME_DIRECTION:
            ended = ended or event[j] == 2 * s + 1
            j += 1
        d = reach
        if s >= 0:
            d = seen[s, BR] if ended else _distance(seen, s, fx, fy)
        for k in range(i, j):
            w = event[k] >> 1
            if event[k] & 1 and w != s:
                for a in range(n_active):
                    if active[a] == w:
                        if seen[w, BR] < d - CROSSING_M:
                            return -1
                        n_active -= 1
                        active[a] = active[n_active]
                        break
        if ended:
            if not _all_behind(seen, active, n_active, d, fx, fy):
                return -1
            if fp > sp + SAME_DIRECTION:
                n_runs = _add_run(runs, n_runs, source[s], sx, sy, sr, sp, fx, fy, d, fp)
            sx, sy, sp = fx, fy, fp
            s, sr, place = NONE, reach, 0
            for a in range(n_active):
                d = _distance(seen, active[a], fx, fy)
                if s < 0 or _goes_nearer(seen, active[a], d, s, sr, fp):
                    s, sr, place = active[a], d, a
            if s >= 0:
                n_active -= 1
                active[place] = active[n_active]
            d = sr
        for k in range(i, j):
            w = event[k] >> 1
            if event[k] & 1 or seen[w, PA] < seen[w, PB] <= fp + SAME_DIRECTION:
                continue
            if s >= 0 and not _goes_nearer(seen, w, seen[w, AR], s, d, fp):
                active[n_active] = w
                n_active += 1
                continue
            if fp > sp + SAME_DIRECTION:
                if not _all_behind(seen, active, n_active, d, fx, fy):
                    return -1
                this = ARC if s < 0 else source[s]
                n_runs = _add_run(runs, n_runs, this, sx, sy, sr, sp, fx, fy, d, fp)
            if s >= 0:
                active[n_active] = s
                n_active += 1
            sx, sy, sp = fx, fy, fp
            s, sr = w, seen[w, AR]
            d = sr
        i = j
    d = reach if s < 0 else _distance(seen, s, vx, vy)
    if not _all_behind(seen, active, n_active, d, vx, vy):
        return -1
    this = ARC if s < 0 else source[s]
    return _add_run(runs, n_runs, this, sx, sy, sr, sp, vx, vy, d, width)


@piece
def _sweep(  # type: ignore[no-untyped-def]
    ux, uy, vx, vy, width, reach, n, m, seen, source, keys, event, active, near, far, runs
):  # fmt: skip
    """Walk the events in order of direction; give the runs of what is nearest."""
    n_active, n_runs, i = ZERO, ZERO, ZERO
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
                n_runs = _add_run(runs, n_runs, source[s], cx, cy, near[s], cp, fx, fy, far[s], fp)
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


@piece
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
            runs = more_float_rows(runs)
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
        n_runs = _add_run(runs, n_runs, source[s], cx, cy, here, p, bx, by, there, q)
        s, here, cx, cy, p = best, there, bx, by, q
    return n_runs, runs


@piece
def _put(out, first, pos, x, y):  # type: ignore[no-untyped-def]
    """Write a vertex unless it repeats the last one."""
    if pos > first and abs(out[pos - 1, 0] - x) < MERGE_M and abs(out[pos - 1, 1] - y) < MERGE_M:
        return pos
    out[pos, 0], out[pos, 1] = x, y
    return pos + 1


@piece
def _first_at(arcs, p):  # type: ignore[no-untyped-def]
    """First vertex of the circle at a pseudo-angle or beyond it."""
    n = len(arcs)
    step = min(int(p * (n / 2.0)), 2 * n - 1)
    i = int(arcs[step >> 1, 3 + (step & 1)])
    return i + ((i < n) & (arcs[min(i, n - 1), 2] < p))  # a step holds one vertex at most


@piece
def _put_arc(ox, oy, ux, uy, reach, sx, sy, p0, fx, fy, p1, arcs, out, first, pos):  # type: ignore[no-untyped-def]
    """Write the vertices of the circle between two directions; give the angle between these."""
    i0, i1 = _first_at(arcs, p0), _first_at(arcs, p1)
    if i0 == i1:
        return pos, _turn(sx, sy, fx, fy)
    ax, ay = arcs[i0, 0] * ux - arcs[i0, 1] * uy, arcs[i0, 0] * uy + arcs[i0, 1] * ux
    pos = _put(out, first, pos, ox + reach * ax, oy + reach * ay)
    cx, cy = ax, ay
    if reach > len(arcs) * MERGE_M:  # no two vertices of the circle are one
        rx, ry, step = reach * ux, reach * uy, np.uint64(pos - i0 - 1)
        for i in range(np.uint64(i0 + 1), np.uint64(i1)):  # unsigned: no index is negative
            out[step + i, 0] = ox + (arcs[i, 0] * rx - arcs[i, 1] * ry)
            out[step + i, 1] = oy + (arcs[i, 0] * ry + arcs[i, 1] * rx)
        pos += i1 - i0 - 1
        i = i1 - 1
        cx, cy = arcs[i, 0] * ux - arcs[i, 1] * uy, arcs[i, 0] * uy + arcs[i, 1] * ux
    else:
        for i in range(i0 + 1, i1):
            cx, cy = (
                arcs[i, 0] * ux - arcs[i, 1] * uy,
                arcs[i, 0] * uy + arcs[i, 1] * ux,
            )
            pos = _put(out, first, pos, ox + reach * cx, oy + reach * cy)
    steps = (i1 - i0 - 1) * (2.0 * math.pi / len(arcs))
    return pos, _turn(sx, sy, ax, ay) + steps + _turn(cx, cy, fx, fy)


@piece
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
        sx, sy, fx, fy = (
            sr * runs[k, SX],
            sr * runs[k, SY],
            fr * runs[k, FX],
            fr * runs[k, FY],
        )
        twice = sx * fy - sy * fx
        if runs[k, ID] == ARC:
            if (p1 - p0) * reach < MERGE_M:
                area += 0.5 * twice
                continue
            pos = _put(out, first, pos, ox + sx, oy + sy)
            pos, angle = _put_arc(
                ox, oy, ux, uy, reach, runs[k, SX], runs[k, SY], p0, runs[k, FX], runs[k, FY], p1,
                arcs, out, first, pos,
            )  # fmt: skip
            area += 0.5 * reach * reach * angle
        else:
            area += 0.5 * twice
            if twice < MERGE_M * min(sr, fr):
                continue
            pos = _put(out, first, pos, ox + sx, oy + sy)
        pos = _put(out, first, pos, ox + fx, oy + fy)
    while pos > first + 1 and (
        abs(out[pos - 1, 0] - out[first, 0]) < MERGE_M
        and abs(out[pos - 1, 1] - out[first, 1]) < MERGE_M
    ):
        pos -= 1
    if pos < first + 3:
        return first, 0.0, 0
    return pos, area, apexes


@kernel
def sweep_all(x, y, first, last, width, reach, grid, closed, arcs, out):  # type: ignore[no-untyped-def]
    """Views of many origins.

    `first` and `last` are (n, 2) unit directions, `width` the pseudo-angle between them (4 for
    the whole circle), `arcs` the (k, 5) vertices of the unit circle, their pseudo-angles, and
    for each of 2 k equal steps of pseudo-angle the first vertex at its beginning or beyond.
    Returns vertices, where each view begins, exact areas, and how often each touches its origin.
    """
    n = len(x)
    ends, sources = grid[1], grid[2]
    found = ints(FEW)
    seen, source, touching = float_rows(0, np.int64(11)), floats(ZERO), float_rows(0, np.int64(4))
    counts, raw, keys, event, active = ints(ZERO), ints(ZERO), floats(ZERO), ints(ZERO), ints(ZERO)
    near, far, runs = floats(ZERO), floats(ZERO), float_rows(0, np.int64(9))
    offsets, areas, apexes = no_ints(n + 1), same_floats(n, 0.0), no_small_ints(n)
    for i in range(n):
        offsets[i + 1] = offsets[i]
        n_found = _facing(x[i], y[i], reach[i], grid, closed, found)
        while n_found < 0:
            found = ints(4 * len(found))
            n_found = _facing(x[i], y[i], reach[i], grid, closed, found)
        if 2 * n_found + 2 > len(seen):  # a wall is seen, or touched and hides two sectors
            room = 4 * n_found + 64
            seen, source, touching = (
                float_rows(room, np.int64(11)),
                floats(room),
                float_rows(room, np.int64(4)),
            )
            counts, raw, keys = ints(2 * room + 65), ints(2 * room), floats(2 * room)
            event, active = ints(2 * room), ints(2 * room)
            near, far, runs = floats(room), floats(room), float_rows(4 * room, np.int64(9))
        m, n_touching = _gather(
            x[i], y[i], first[i, 0], first[i, 1], width[i], reach[i],
            ends, sources, closed, found, n_found, seen, source, touching,
        )  # fmt: skip
        if n_touching:
            m, walled_in = _hide_behind(m, n_touching, width[i], closed, seen, source, touching)
            if walled_in:
                continue
        n_events = _events(m, width[i], seen, counts, raw, keys, event)
        n_runs = _walk(
            first[i, 0], first[i, 1], last[i, 0], last[i, 1], width[i], reach[i],
            m, n_events, seen, source, keys, event, active, runs,
        )  # fmt: skip
        if n_runs < 0:
            n_runs, runs = _sweep(
                first[i, 0], first[i, 1], last[i, 0], last[i, 1], width[i], reach[i],
                m, n_events, seen, source, keys, event, active, near, far, runs,
            )  # fmt: skip
        while len(out) < offsets[i] + len(arcs) + 2 * n_runs + 8:
            out = more_float_rows(out)
        offsets[i + 1], areas[i], apexes[i] = _write(
            x[i], y[i], first[i, 0], first[i, 1], width[i], reach[i],
            runs, n_runs, arcs, out, offsets[i],
        )  # fmt: skip
    return out, offsets, areas, apexes
