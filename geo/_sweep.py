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
    float_rows,
    floats,
    ints,
    kernel,
    more_float_rows,
    no_ints,
    no_small_ints,
    same_floats,
)
from geo._sweep_outline import write_outline
from geo._sweep_runs import sweep_events, walk_events
from geo._sweep_walls import find_facing, gather_walls, hide_behind, list_events


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
        n_found = find_facing(x[i], y[i], reach[i], grid, closed, found)
        while n_found < 0:
            found = ints(4 * len(found))
            n_found = find_facing(x[i], y[i], reach[i], grid, closed, found)
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
        m, n_touching = gather_walls(
            x[i], y[i], first[i, 0], first[i, 1], width[i], reach[i],
            ends, sources, closed, found, n_found, seen, source, touching,
        )  # fmt: skip
        if n_touching:
            m, walled_in = hide_behind(m, n_touching, width[i], closed, seen, source, touching)
            if walled_in:
                continue
        n_events = list_events(m, width[i], seen, counts, raw, keys, event)
        n_runs = walk_events(
            first[i, 0], first[i, 1], last[i, 0], last[i, 1], width[i], reach[i],
            m, n_events, seen, source, keys, event, active, runs,
        )  # fmt: skip
        if n_runs < 0:
            n_runs, runs = sweep_events(
                first[i, 0], first[i, 1], last[i, 0], last[i, 1], width[i], reach[i],
                m, n_events, seen, source, keys, event, active, near, far, runs,
            )  # fmt: skip
        while len(out) < offsets[i] + len(arcs) + 2 * n_runs + 8:
            out = more_float_rows(out)
        offsets[i + 1], areas[i], apexes[i] = write_outline(
            x[i], y[i], first[i, 0], first[i, 1], width[i], reach[i],
            runs, n_runs, arcs, out, offsets[i],
        )  # fmt: skip
    return out, offsets, areas, apexes
