"""What is nearest in every direction where walls may cross: every wall measured at every event."""

import math

import numpy as np

from geo._kernels import ZERO, piece
from geo._sweep_find import ONE
from geo._sweep_runs import ARC, CROSSED, CROSSING_M, NOTHING, RUN, add_run, distance, name_wall
from geo._sweep_walls import ADX, ADY, AR, BDX, BDY, BR, EX, EY, SAME_DIRECTION, C, pseudo_angle


@piece
def sweep_events(  # type: ignore[no-untyped-def]
    ux, uy, vx, vy, width, reach, n_across, m, table, sources, keys, event, across,
    active, near, far, runs,
):  # fmt: skip
    """Walk the events in order of direction; give the runs, or CROSSED where these lack room."""
    n_active, n_runs, i = ZERO, np.uint64(0), ZERO
    for k in range(n_across):
        active[n_active] = across[k]
        near[across[k]] = distance(table, across[k], ux, uy)
        n_active += 1
    cx, cy, cp = ux, uy, 0.0
    fx, fy, fp = ux, uy, 0.0
    last, first = False, True
    while not last:
        if not first:
            last = i >= m or keys[i] >= width - SAME_DIRECTION
            if last:
                fx, fy, fp = vx, vy, width
            else:
                w, fp = event[i] >> ONE, keys[i]
                at_end = event[i] & ONE
                fx = table[w + ADX + at_end * (BDX - ADX)]
                fy = table[w + ADY + at_end * (BDY - ADY)]
        j = i
        while j < m and keys[j] <= fp + SAME_DIRECTION:
            j += 1
        if not first:
            for a in range(n_active):
                far[active[a]] = distance(table, active[a], fx, fy)
            for k in range(i, j):
                if event[k] & ONE:
                    far[event[k] >> ONE] = table[(event[k] >> ONE) + BR]
            s, least_near, least_far = NOTHING, np.inf, np.inf
            for a in range(n_active):
                w = active[a]
                least_near, least_far = min(least_near, near[w]), min(least_far, far[w])
                if s == NOTHING or near[w] + far[w] < near[s] + far[s]:
                    s = w
            if s == NOTHING:
                n_runs = add_run(runs, n_runs, ARC, cx, cy, reach, cp, fx, fy, reach, fp)
            elif least_near < near[s] - CROSSING_M or least_far < far[s] - CROSSING_M:
                n_runs = _cross(
                    n_active, active, near, far, table, sources, cx, cy, cp, fx, fy, fp, ux, uy,
                    runs, n_runs, m,
                )  # fmt: skip
                if n_runs == CROSSED:
                    return CROSSED
            else:
                this = name_wall(table, sources, s)
                n_runs = add_run(runs, n_runs, this, cx, cy, near[s], cp, fx, fy, far[s], fp)
            for a in range(n_active):
                near[active[a]] = far[active[a]]
        for k in range(i, j):
            if event[k] & ONE:
                for a in range(n_active):
                    if active[a] == event[k] >> ONE:
                        n_active -= 1
                        active[a] = active[n_active]
                        break
        for k in range(i, j):
            w = event[k] >> ONE
            if not event[k] & ONE:
                active[n_active] = w
                near[w] = table[w + AR]
                n_active += 1
        i, cx, cy, cp, first = j, fx, fy, fp, False
    return n_runs


@piece
def _cross(  # type: ignore[no-untyped-def]
    n_active, active, near, far, table, sources, cx, cy, cp, fx, fy, fp, ux, uy, runs, n_runs, m
):  # fmt: skip
    """Runs of an interval in which walls cross: each turn goes to one that ends nearer."""
    s = active[0]
    for a in range(1, n_active):
        w = active[a]
        nearer = near[w] < near[s] - CROSSING_M
        if nearer or (near[w] <= near[s] + CROSSING_M and far[w] < far[s]):
            s = w
    here, p, more = near[s], cp, True
    while more:
        if (n_runs + np.uint64(m + 4)) * RUN > np.uint64(len(runs)):
            return CROSSED
        best, bx, by = NOTHING, fx, fy
        for a in range(n_active):
            w = active[a]
            if far[w] >= far[s] - CROSSING_M:
                continue
            gx = table[w + EX] / table[w + C] - table[s + EX] / table[s + C]
            gy = table[w + EY] / table[w + C] - table[s + EY] / table[s + C]
            size = math.hypot(gx, gy)
            if gx * (cx + fx) + gy * (cy + fy) < 0.0:
                size = -size
            gx, gy = gx / size, gy / size
            if cx * gy - cy * gx < 0.0:
                gx, gy = cx, cy
            if best == NOTHING or bx * gy - by * gx < 0.0:
                best, bx, by = w, gx, gy
        more = best != NOTHING
        there = distance(table, s, bx, by) if more else far[s]
        q = min(max(pseudo_angle(bx, by, ux, uy), p), fp) if more else fp
        n_runs = add_run(
            runs, n_runs, name_wall(table, sources, s), cx, cy, here, p, bx, by, there, q
        )
        s, here, cx, cy, p = best, there, bx, by, q
    return n_runs
