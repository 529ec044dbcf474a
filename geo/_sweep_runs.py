"""Runs of a sweep: stretches of direction in which one wall, or the circle, is seen."""

import numpy as np

from geo._kernels import piece
from geo._sweep_find import ONE
from geo._sweep_walls import EX, EY, FAR, ID, C

CROSSING_M = 1e-7
ARC = -1.0  # in place of a wall: the circle of the reach
NOTHING = np.uint64(2**62)  # in place of a row: no wall
CROSSED = np.uint64(2**63)  # in place of the number of runs

# columns of the table of runs: what is seen, unit direction and distance where it begins and where
# it finishes, pseudo-angles of both
RUN_COLUMNS = 9
WHAT, SX, SY, SR, FX, FY, FR, P0, P1 = (np.uint64(k) for k in range(RUN_COLUMNS))
RUN = np.uint64(RUN_COLUMNS)


@piece
def distance(table, w, dx, dy):  # type: ignore[no-untyped-def]
    """Distance along a unit direction to the line of a wall, never beyond its farther end."""
    across, far = dx * table[w + EY] - dy * table[w + EX], table[w + FAR]
    return min(table[w + C] / across, far) if across > 0.0 else far


@piece
def name_wall(table, sources, w):  # type: ignore[no-untyped-def]
    """What is seen where a wall is: its row, for a wall may be filed in pieces."""
    place = table[w + ID]
    return place if place < 0.0 else float(sources[np.uint64(place)])


@piece
def add_run(runs, n, this, sx, sy, sr, p0, fx, fy, fr, p1):  # type: ignore[no-untyped-def]
    """Continue the last run, or begin another."""
    if n == np.uint64(0) or runs[(n - ONE) * RUN + WHAT] != this:
        k = n * RUN
        runs[k + WHAT], runs[k + SX], runs[k + SY], runs[k + SR], runs[k + P0] = (
            this,
            sx,
            sy,
            sr,
            p0,
        )
        n += ONE
    k = (n - ONE) * RUN
    runs[k + FX], runs[k + FY], runs[k + FR], runs[k + P1] = fx, fy, fr, p1
    return n
