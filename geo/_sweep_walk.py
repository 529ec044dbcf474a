"""What is nearest in every direction where no walls cross: events walked with what is seen.

Between two neighbouring events (ends of walls) the same walls are met by every ray, and the nearest
at both sides of the interval is the nearest throughout, unless two walls cross in it.
"""

import numpy as np

from geo._kernels import inlined, piece
from geo._sweep_find import FOUR, ONE, THREE, TWO
from geo._sweep_runs import ARC, CROSSED, CROSSING_M, NOTHING, add_run, distance, name_wall
from geo._sweep_walls import ADX, ADY, AR, BDX, BDY, BR, EX, EY, FAR, PB, SAME_DIRECTION, C


@piece
def _goes_nearer(table, w, dw, s, ds, p):  # type: ignore[no-untyped-def]
    """Whether wall w is nearer than s from here on; walls that meet here part until one ends."""
    if dw < ds - CROSSING_M or dw > ds + CROSSING_M:
        return dw < ds
    left_w, left_s = table[w + PB] - p, table[s + PB] - p
    left_w, left_s = left_w + 4.0 * (left_w <= 0.0), left_s + 4.0 * (left_s <= 0.0)
    if left_w < left_s:
        return table[w + BR] < distance(table, s, table[w + BDX], table[w + BDY])
    return distance(table, w, table[s + BDX], table[s + BDY]) < table[s + BR]


@piece
def _is_before(table, r, s, dx, dy):  # type: ignore[no-untyped-def]
    """Whether a distance along a unit direction is less than that of a wall, and by how much.

    1 when it is, -1 when it is more, 0 when both are one. Waits for no division.
    """
    across, far = max(dx * table[s + EY] - dy * table[s + EX], 0.0), table[s + FAR]
    if (r - CROSSING_M) * across > table[s + C] or r - CROSSING_M > far:
        return -1
    return 1 if (r + CROSSING_M) * across < table[s + C] and r + CROSSING_M < far else 0


@piece
def _all_beyond(table, active, n_active, r, dx, dy):  # type: ignore[no-untyped-def]
    """Whether no active wall is nearer than a distance along a unit direction."""
    beyond, a = True, np.uint64(0)
    while a < n_active:
        for k in range(FOUR):
            w = active[a + k]
            across = dx * table[w + EY] - dy * table[w + EX]
            beyond &= (r * max(across, 0.0) <= table[w + C]) & (r <= table[w + FAR])
        a += FOUR
    return beyond


@piece
def _find_nearest(table, active, n_active, dx, dy):  # type: ignore[no-untyped-def]
    """Nearest active wall along a unit direction, its distance, and that of the next."""
    s, least, second, a = NOTHING, np.inf, np.inf, np.uint64(0)
    while a < n_active:
        for k in range(FOUR):
            w = active[a + k]
            d = distance(table, w, dx, dy)
            second = min(second, max(least, d))
            s = w if d < least else s
            least = min(least, d)
        a += FOUR
    return s, least, second


@piece
def _part(table, active, n_active, dx, dy, p):  # type: ignore[no-untyped-def]
    """As `_find_nearest` where walls meet: the one that goes nearer from here on."""
    s, least = NOTHING, np.inf
    for a in range(n_active):
        d = distance(table, active[a], dx, dy)
        if s == NOTHING or _goes_nearer(table, active[a], d, s, least, p):
            s, least = active[a], d
    return s, least


@piece
def _activate(active, slots, n_active, w):  # type: ignore[no-untyped-def]
    """Add a wall to those that rays meet behind the one that is seen; four of none follow them."""
    active[n_active] = w
    slots[w] = n_active
    active[n_active + FOUR] = active[n_active + ONE]
    return n_active + ONE


@piece
def _drop(active, slots, n_active, w):  # type: ignore[no-untyped-def]
    """Take a wall out of those that rays meet."""
    none = active[n_active]
    n_active -= ONE
    last = active[n_active]
    active[slots[w]] = last
    slots[last] = slots[w]
    active[n_active] = none
    return n_active


@inlined
def walk_events(  # type: ignore[no-untyped-def]
    ux, uy, vx, vy, width, reach, n_across, m, table, sources, keys, event, across,
    active, slots, nobody, runs,
):  # fmt: skip
    """Walk the events with the wall that is seen alone; give the runs, or CROSSED where walls do.

    Most events are of walls behind it: these are done one by one, all others by direction. Hidden
    walls are not measured while they stay hidden. A wall is behind the one that is seen when it is
    so at both ends of the stretch they share, and that is looked at; where it fails, walls cross,
    and `sweep_events` does this view.
    """
    n_active, n_runs, i, s = np.uint64(0), np.uint64(0), np.uint64(0), NOTHING
    sx, sy, sp, sr, m = ux, uy, 0.0, reach, np.uint64(m)
    for k in range(FOUR):
        active[k] = nobody
    for k in range(n_across):
        w = across[k]
        d = distance(table, w, ux, uy)
        if s == NOTHING:
            s, sr = w, d
        elif _goes_nearer(table, w, d, s, sr, 0.0):
            n_active = _activate(active, slots, n_active, s)
            s, sr = w, d
        else:
            n_active = _activate(active, slots, n_active, w)
    until = width - SAME_DIRECTION
    while i < m and keys[i] < until:
        w, at_end = event[i] >> ONE, event[i] & ONE
        fx, fy = table[w + ADX + at_end * (BDX - ADX)], table[w + ADY + at_end * (BDY - ADY)]
        if w != s and s != NOTHING:
            r = table[w + AR + at_end * (BR - AR)] - CROSSING_M
            if (r > table[s + FAR]) | (
                r * (fx * table[s + EY] - fy * table[s + EX]) > table[s + C]
            ):
                # hidden: begins to be active, or ends and gives its place to the last one
                last = n_active - at_end
                to, moved = slots[w], active[last]
                to, moved = to if at_end else last, moved if at_end else w
                active[to] = moved
                slots[moved] = to
                n_active = last + (ONE - at_end)
                active[n_active] = nobody
                active[n_active + THREE] = nobody
                i += ONE
                continue
        fp, j = keys[i], i + ONE
        ended = event[i] == (s << ONE) + ONE
        while j < m and keys[j] <= fp + SAME_DIRECTION:
            ended = ended or event[j] == (s << ONE) + ONE
            j += ONE
        if ended and j == i + TWO:
            other = event[i] ^ event[i + ONE] ^ ((s << ONE) + ONE)
            w, d = other >> ONE, table[s + BR]
            corner = not other & ONE and abs(table[w + AR] - d) <= CROSSING_M
            if corner and _all_beyond(table, active, n_active, d + CROSSING_M, fx, fy):
                # nothing else is there: the next wall of the same building is seen
                if fp > sp + SAME_DIRECTION:
                    this = name_wall(table, sources, s)
                    n_runs = add_run(runs, n_runs, this, sx, sy, sr, sp, fx, fy, d, fp)
                sx, sy, sp = fx, fy, fp
                s, sr, i = w, table[w + AR], j
                continue
        for k in range(i, j):
            w = event[k] >> ONE
            if event[k] & ONE and w != s:
                r = table[w + BR]
                if ended:
                    if r < table[s + BR] - CROSSING_M:
                        return CROSSED
                elif _is_before(table, r, s, fx, fy) > 0:
                    return CROSSED
                n_active = _drop(active, slots, n_active, w)
        if ended:
            d = table[s + BR]
            if fp > sp + SAME_DIRECTION:
                this = name_wall(table, sources, s)
                n_runs = add_run(runs, n_runs, this, sx, sy, sr, sp, fx, fy, d, fp)
            sx, sy, sp = fx, fy, fp
            s, sr, second = _find_nearest(table, active, n_active, fx, fy)
            if sr < d - CROSSING_M:
                return CROSSED
            if second <= sr + CROSSING_M:
                s, sr = _part(table, active, n_active, fx, fy, fp)
            if s == NOTHING:
                sr = reach
            else:
                n_active = _drop(active, slots, n_active, s)
        for k in range(i, j):
            w = event[k] >> ONE
            if event[k] & ONE:
                continue
            r = table[w + AR]
            if s != NOTHING:
                before = _is_before(table, r, s, fx, fy)
                if before < 0 or (
                    before == 0 and not _goes_nearer(table, w, r, s, distance(table, s, fx, fy), fp)
                ):
                    n_active = _activate(active, slots, n_active, w)
                    continue
            if fp > sp + SAME_DIRECTION:
                d = reach if s == NOTHING else distance(table, s, fx, fy)
                if not _all_beyond(table, active, n_active, d - CROSSING_M, fx, fy):
                    return CROSSED
                this = ARC if s == NOTHING else name_wall(table, sources, s)
                n_runs = add_run(runs, n_runs, this, sx, sy, sr, sp, fx, fy, d, fp)
            if s != NOTHING:
                n_active = _activate(active, slots, n_active, s)
            sx, sy, sp = fx, fy, fp
            s, sr = w, r
        i = j
    d = reach if s == NOTHING else distance(table, s, vx, vy)
    if not _all_beyond(table, active, n_active, d - CROSSING_M, vx, vy):
        return CROSSED
    this = ARC if s == NOTHING else name_wall(table, sources, s)
    return add_run(runs, n_runs, this, sx, sy, sr, sp, vx, vy, d, width)
