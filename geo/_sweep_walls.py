"""Walls round an origin, cut to the reach: their ends, directions and pseudo-angles.

Directions are ordered by a pseudo-angle in [0, 4], measured counter-clockwise from the first
direction of the view, which grows with the angle and costs no trigonometry. Numbers of 64 walls
lie together, column after column, and are computed several at a time.
"""

import math

import numpy as np

from geo._kernels import ZERO, inlined, kernel, piece
from geo._sweep_find import FOUR, ONE, SEVEN, THREE, TOUCH_M, TWO

HIDDEN = -2.0  # in place of a wall: a sector that is not seen at all
# what is known of a wall: it begins, it ends in view, it lies across the first direction of the
# view, its line passes through the origin
BEGINS, ENDS, ACROSS, TOUCHING = 1, 2, 4, 8
STEPS, PLACES = 128.0, 7  # of a code of 16 bits: nine for the direction, seven for a place
SAME_DIRECTION, SAME_SECTOR = 1e-12, 1e-9  # walls narrower than the first are not seen

# columns of the table of walls: unit direction and distance of both ends, distance of the farther
# one, cross product of the ends, edge vector, pseudo-angles of the ends, place in the index
COLUMNS = 13
ADX, ADY, AR, BDX, BDY, BR, FAR, C, EX, EY, PA, PB, ID = (np.uint64(64 * k) for k in range(COLUMNS))
LANES, LAST_LANE, SIX = np.uint64(64), np.uint64(63), np.uint64(6)
BLOCK = np.uint64(64 * COLUMNS)


@inlined
def _pseudo(x, y, ux, uy):  # type: ignore[no-untyped-def]
    px, py = x * ux + y * uy, ux * y - uy * x
    r = abs(px) + abs(py)
    p = 1.0 - px / r if py >= 0.0 else 3.0 + px / r
    return 0.0 if p >= 4.0 else p


@kernel
def pseudo_angle(x, y, ux, uy):  # type: ignore[no-untyped-def]
    """Pseudo-angle of (x, y) counter-clockwise from the direction (ux, uy)."""
    return _pseudo(x, y, ux, uy)


@piece
def row_of(i):  # type: ignore[no-untyped-def]
    """Where the first number of a wall stands in the table; the next ones follow 64 farther on."""
    return (i >> SIX) * BLOCK + (i & LAST_LANE)


@inlined
def lay_out(  # type: ignore[no-untyped-def]
    ox, oy, ux, uy, width, reach, n, near, place, table, states, begin_codes, end_codes
):  # fmt: skip
    """Compute the table of walls, what is known of each, and codes of their directions.

    The last ones may be no walls, to make eight of them. Gives what is known of any.
    """
    reach2, touch2, known = reach * reach, TOUCH_M * TOUCH_M, ZERO
    for block in range((n + LAST_LANE) >> SIX):
        row, first = block * BLOCK, block * LANES
        for j in range(min((n - first + SEVEN) & ~SEVEN, LANES)):
            k = FOUR * (first + j)
            ax, ay = near[k] - ox, near[k + ONE] - oy
            bx, by = near[k + TWO] - ox, near[k + THREE] - oy
            ex, ey = bx - ax, by - ay
            c, length2 = ax * by - ay * bx, ex * ex + ey * ey
            ra2, rb2 = ax * ax + ay * ay, bx * bx + by * by
            half, per = ax * ex + ay * ey, 1.0 / length2
            square = half * half - length2 * (ra2 - reach2)
            root = math.sqrt(max(square, 0.0))
            low = max((-half - root) * per, 0.0)
            high = min((root - half) * per, 1.0)
            beyond = (ra2 > reach2) | (rb2 > reach2)
            missed = beyond & ((square <= 0.0) | (low >= high))
            cut_a, cut_b = beyond & (low > 0.0), beyond & (high < 1.0)
            sx, sy = ax + low * ex if cut_a else ax, ay + low * ey if cut_a else ay
            fx, fy = ax + high * ex if cut_b else bx, ay + high * ey if cut_b else by
            back = c < 0.0
            ax, ay = fx if back else sx, fy if back else sy
            bx, by = sx if back else fx, sy if back else fy
            ra, rb = math.sqrt(ax * ax + ay * ay), math.sqrt(bx * bx + by * by)
            far, per_a, per_b = max(ra, rb), 1.0 / ra, 1.0 / rb
            pa, pb = _pseudo(ax, ay, ux, uy), _pseudo(bx, by, ux, uy)
            c2 = c * c
            end_on = c2 <= 1e-26 * length2 * far * far
            # as narrow as what is one direction, in the very words of the walk; or, as rounding has
            # it of a wall seen end on, wider than any wall can be
            narrow = (pa < pb) & (pb <= pa + SAME_DIRECTION)
            wide = pb - pa + (4.0 if pb < pa else 0.0)
            aside = narrow | (wide <= SAME_DIRECTION) | (wide > 2.5) | ((pa < pb) & (pa >= width))
            lost = missed | end_on | aside  # end on is also what has no length
            touching = c2 <= touch2 * length2
            state = (BEGINS if pa < width else 0) | (ENDS if pb < width else 0)
            state |= ACROSS if pa > pb else 0
            state = (0 if lost else state) | (TOUCHING if touching else 0)
            known |= state
            states[first + j] = state
            begin_codes[first + j] = int(pa * STEPS) << PLACES
            end_codes[first + j] = int(pb * STEPS) << PLACES
            to = row + j
            table[to + ADX], table[to + ADY], table[to + AR] = ax * per_a, ay * per_a, ra
            table[to + BDX], table[to + BDY], table[to + BR] = bx * per_b, by * per_b, rb
            table[to + FAR], table[to + C] = far, abs(c)
            table[to + EX], table[to + EY] = -ex if back else ex, -ey if back else ey
            table[to + PA], table[to + PB] = pa, pb
            table[to + ID] = float(place[first + j])
    return known


@piece
def lay_nobody(n, table):  # type: ignore[no-untyped-def]
    """Lay out, behind the walls, one that no ray meets; give its row."""
    row = row_of(n)
    table[row + EX] = table[row + EY] = 0.0
    table[row + C] = table[row + FAR] = np.inf
    return row


@piece
def part_touching(ox, oy, ux, uy, closed, n, near, states, touching):  # type: ignore[no-untyped-def]
    """Take the walls that the origin stands on out of view, and list their directions."""
    n_touching = ZERO
    for i in range(n):
        if not states[i] & TOUCHING:
            continue
        k = FOUR * i
        ax, ay = near[k] - ox, near[k + ONE] - oy
        bx, by = near[k + TWO] - ox, near[k + THREE] - oy
        ex, ey = bx - ax, by - ay
        length2 = ex * ex + ey * ey
        along = min(max(-(ax * ex + ay * ey) / length2, 0.0), 1.0)
        if length2 == 0.0:
            states[i] = 0
        elif math.hypot(ax + along * ex, ay + along * ey) <= TOUCH_M:
            states[i] = 0
            n_touching = _touch(touching, n_touching, bx, by, ux, uy, 1.0)
            n_touching = _touch(touching, n_touching, ax, ay, ux, uy, -1.0)
        elif closed and ax * by - ay * bx > 0.0:
            states[i] = 0  # its building stands between this wall and the origin
    return n_touching


@piece
def _touch(touching, n, dx, dy, ux, uy, sign):  # type: ignore[no-untyped-def]
    """Note the direction of a wall that leaves (1) or reaches (-1) the origin."""
    r = math.hypot(dx, dy)
    if r <= TOUCH_M:
        return n
    touching[4 * n + 0] = pseudo_angle(dx, dy, ux, uy)
    touching[4 * n + 1] = dx / r
    touching[4 * n + 2] = dy / r
    touching[4 * n + 3] = sign
    return n + 1


@piece
def hide_behind(  # type: ignore[no-untyped-def]
    n, n_touching, width, closed, table, states, begin_codes, end_codes, touching
):  # fmt: skip
    """Turn the walls the origin stands on into hidden sectors on their left side.

    A wall that leaves the origin opens a sector, one that arrives closes it; where more are open
    than at the clearest direction, the view is blocked at no distance. A fence given in both
    directions cancels itself and hides nothing. Gives how many rows the table has, and whether
    walls stand on all sides.
    """
    balance = 0.0
    for i in range(1, n_touching):  # by direction
        k = i
        while k > 0 and touching[4 * (k - 1) + 0] > touching[4 * k + 0]:
            for j in range(4):
                touching[4 * (k - 1) + j], touching[4 * k + j] = (
                    touching[4 * k + j],
                    touching[4 * (k - 1) + j],
                )
            k -= 1
    m = 0
    for i in range(n_touching):  # one entry for each direction
        balance += touching[4 * i + 3]
        if m > 0 and touching[4 * i + 0] - touching[4 * (m - 1) + 0] < SAME_SECTOR:
            touching[4 * (m - 1) + 3] += touching[4 * i + 3]
        else:
            for j in range(4):
                touching[4 * m + j] = touching[4 * i + j]
            m += 1
    if m > 1 and touching[0] + 4.0 - touching[4 * (m - 1) + 0] < SAME_SECTOR:
        touching[3] += touching[4 * (m - 1) + 3]
        m -= 1
    if balance != 0.0 or m == 0:
        return n, False
    depth, least, changes = 0.0, 0.0, False
    for i in range(m):
        depth += touching[4 * i + 3]
        least = min(least, depth)
        changes = changes or touching[4 * i + 3] != 0.0
    if not changes:
        return n, closed  # walls on all sides: inside a party wall
    depth = 0.0
    for i in range(m):
        depth += touching[4 * i + 3]
        if depth == least:
            continue
        k = (i + 1) % m
        pa, pb = touching[4 * i + 0], touching[4 * k + 0]
        if pa < pb and pa >= width:
            continue
        row = row_of(n)
        table[row + ADX], table[row + ADY] = touching[4 * i + 1], touching[4 * i + 2]
        table[row + BDX], table[row + BDY] = touching[4 * k + 1], touching[4 * k + 2]
        table[row + AR] = table[row + BR] = table[row + FAR] = 0.0
        table[row + C] = table[row + EX] = table[row + EY] = 0.0
        table[row + PA], table[row + PB], table[row + ID] = pa, pb, HIDDEN
        states[n] = BEGINS * (pa < width) | ENDS * (pb < width) | ACROSS * (pa > pb)
        begin_codes[n], end_codes[n] = int(pa * STEPS) << PLACES, int(pb * STEPS) << PLACES
        n += ONE
    return n, False
