"""What is nearest in every direction: the events of a sweep, walked in their order.

Between two neighbouring events (ends of walls) the same walls are met by every ray, and the nearest
at both sides of the interval is the nearest throughout, unless two walls cross in it.
"""

import math

import numpy as np

from geo._kernels import NONE, ZERO, more_float_rows, piece
from geo._sweep_walls import ADX, ADY, AR, BDX, BDY, BR, EX, EY, PA, PB, C, pseudo_angle

SAME_DIRECTION = 1e-12
CROSSING_M = 1e-7
ARC = -1.0  # in place of a wall: the circle of the reach

# columns of the table of runs, stretches of one wall or of the arc: what is seen, unit direction
# and distance where it begins and where it finishes, pseudo-angles of both
ID, SX, SY, SR, FX, FY, FR, P0, P1 = range(9)


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
def walk_events(  # type: ignore[no-untyped-def]
    ux, uy, vx, vy, width, reach, n, m, seen, source, keys, event, active, runs
):  # fmt: skip
    """Walk the events with the wall that is seen alone; give the runs, or -1 where walls cross.

    Hidden walls are not measured while they stay hidden. A wall is behind the one that is seen
    when it is so at both ends of the stretch they share, and that is looked at; where it fails,
    walls cross, and `sweep_events` does this view.
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
def sweep_events(  # type: ignore[no-untyped-def]
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
