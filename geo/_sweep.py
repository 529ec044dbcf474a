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

import numpy as np

from geo._kernels import (
    FEW,
    ZERO,
    borrow,
    codes_of_16,
    floats,
    ints,
    kernel,
    more_floats,
    no_ints,
    no_small_ints,
    piece,
    same_floats,
    small_ints,
    unsigned_ints,
)
from geo._sweep_cross import sweep_events
from geo._sweep_events import list_events, order_events
from geo._sweep_find import find_facing
from geo._sweep_outline import write_outline
from geo._sweep_runs import CROSSED, RUN_COLUMNS
from geo._sweep_walk import walk_events
from geo._sweep_walls import (
    COLUMNS,
    TOUCHING,
    hide_behind,
    lay_nobody,
    lay_out,
    part_touching,
)

# room that a view may lack: for walls to sift, for rows of the table, for runs, for vertices
TO_SIFT, ROWS, RUNS, VERTICES = range(1, 5)


@kernel
def sweep_all(x, y, first, last, width, reach, grid, closed, arcs, out):  # type: ignore[no-untyped-def]
    """Views of many origins.

    `first` and `last` are (n, 2) unit directions, `width` the pseudo-angle between them (4 for
    the whole circle), `arcs` the k vertices of the unit circle: x, y, their pseudo-angles, and
    for each of 2 k equal steps of pseudo-angle the first vertex at its beginning or beyond.
    Returns vertices, x and y by turns, where each view begins, exact areas, and how often each
    touches its origin.
    """
    n = len(x)
    offsets, areas, apexes = no_ints(n + 1), same_floats(n, 0.0), no_small_ints(n)
    starts, ends, sources, half, west, south, wide, tall, nx, ny = grid
    circle_x, circle_y, angles, begins = arcs
    to_sift, rows, n_runs, done, lack, need = FEW, FEW, FEW, ZERO, ZERO, ZERO
    while True:
        place, facing, near = unsigned_ints(to_sift), small_ints(to_sift), floats(4 * to_sift)
        table, states = floats(COLUMNS * rows), small_ints(rows)
        begin_codes, end_codes = codes_of_16(rows), codes_of_16(rows)
        touching, across, active = floats(8 * rows), unsigned_ints(rows), unsigned_ints(rows + 8)
        # either half of the circle may hold all events
        event, raw, codes = (
            unsigned_ints(2 * rows), unsigned_ints(4 * rows), codes_of_16(4 * rows + 32),
        )  # fmt: skip
        keys, counts, slots = floats(2 * rows), ints(8 * rows), unsigned_ints(COLUMNS * rows)
        nearest, farthest = floats(COLUMNS * rows), floats(COLUMNS * rows)
        runs = floats(RUN_COLUMNS * n_runs)
        done, lack, need = _sweep_from(
            done, x, y, first, last, width, reach,
            starts, ends, sources, half, west, south, wide, tall, nx, ny, closed,
            circle_x, circle_y, angles, begins, place, facing, near,
            table, states, begin_codes, end_codes, touching, across, active,
            raw, codes, event, keys, counts, slots, nearest, farthest, runs,
            out, offsets, areas, apexes,
        )  # fmt: skip
        if lack == TO_SIFT:
            to_sift *= 4
        elif lack == ROWS:
            rows = 64 * (need // 32 + 1)  # so the middle of `raw` is a multiple of 128
        elif lack == RUNS:
            n_runs = 2 * need
        elif lack == VERTICES:  # as many for each of the others, and some; no more than twice
            each = need // (done + 1) + 1
            more = min(need + each * (n - done) * 9 // 8, 2 * (need + len(out)))
            out = more_floats(out, more, 2 * offsets[done])
        else:
            return out, offsets, areas, apexes


@piece
def _sweep_from(  # type: ignore[no-untyped-def]
    done, x, y, first, last, width, reach,
    starts, ends, sources, half, west, south, wide, tall, nx, ny, closed,
    circle_x, circle_y, angles, begins, place, facing, near,
    table, states, begin_codes, end_codes, touching, across, active,
    raw, codes, event, keys, counts, slots, nearest, farthest, runs,
    out, offsets, areas, apexes,
):  # fmt: skip
    """Views from one origin on, until room is lacking; give how many there are, what, how much."""
    starts, ends, sources = borrow(starts), borrow(ends), borrow(sources)
    circle_x, circle_y = borrow(circle_x), borrow(circle_y)
    angles, begins = borrow(angles), borrow(begins)
    place, facing, near = borrow(place), borrow(facing), borrow(near)
    table, states, touching = borrow(table), borrow(states), borrow(touching)
    begin_codes, end_codes = borrow(begin_codes), borrow(end_codes)
    across, active, raw, codes = borrow(across), borrow(active), borrow(raw), borrow(codes)
    event, keys, counts, slots = borrow(event), borrow(keys), borrow(counts), borrow(slots)
    nearest, farthest, runs, out = borrow(nearest), borrow(farthest), borrow(runs), borrow(out)
    for i in range(done, len(x)):
        offsets[i + 1] = offsets[i]
        ox, oy, wedge, far = x[i], y[i], width[i], reach[i]
        ux, uy, vx, vy = first[i, 0], first[i, 1], last[i, 0], last[i, 1]
        n_found = find_facing(
            ox, oy, far, starts, ends, half, west, south, wide, tall, nx, ny, closed,
            place, facing, near,
        )  # fmt: skip
        if n_found < 0:
            return i, TO_SIFT, ZERO
        if 3 * n_found + 2 > len(states):  # a wall that is touched hides two sectors at most
            return i, ROWS, 3 * n_found + 2
        n_walls = np.uint64(n_found)
        known = lay_out(
            ox, oy, ux, uy, wedge, far, n_walls, near, place,
            table, states, begin_codes, end_codes,
        )  # fmt: skip
        if known & TOUCHING:
            n_touching = part_touching(ox, oy, ux, uy, closed, n_walls, near, states, touching)
            n_walls, walled_in = hide_behind(
                n_walls, n_touching, wedge, closed, table, states, begin_codes, end_codes, touching
            )
            if walled_in:
                continue
        m, n_late, n_across = list_events(
            n_walls, states, begin_codes, end_codes, raw, codes, across
        )
        order_events(m, n_late, table, raw, codes, counts, keys, event)
        m += n_late
        nobody = lay_nobody(n_walls, table)
        if (4 * m + 8) * RUN_COLUMNS > len(runs):
            return i, RUNS, 4 * m + 8
        n_runs = walk_events(
            ux, uy, vx, vy, wedge, far, n_across, m, table, sources, keys, event, across,
            active, slots, nobody, runs,
        )  # fmt: skip
        if n_runs == CROSSED:
            n_runs = sweep_events(
                ux, uy, vx, vy, wedge, far, n_across, m, table, sources, keys, event, across,
                active, nearest, farthest, runs,
            )  # fmt: skip
            if n_runs == CROSSED:
                return i, RUNS, len(runs) // RUN_COLUMNS
        need = 2 * (offsets[i] + len(circle_x) + 2 * np.int64(n_runs) + 16)
        if need > len(out):
            return i, VERTICES, need
        end, areas[i], apexes[i] = write_outline(
            ox, oy, ux, uy, wedge, far, runs, n_runs, circle_x, circle_y, angles, begins,
            out, np.uint64(offsets[i]),
        )  # fmt: skip
        offsets[i + 1] = np.int64(end)
    return len(x), ZERO, ZERO
