"""Where and when incidents happen beyond the reach of patrols.

References
----------
Ratcliffe, J. H. (2002). Aoristic signatures and the spatio-temporal analysis of high volume crime
patterns. Journal of Quantitative Criminology 18(1), 23-43.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from geo._kernels import kernel, piece
from geo.errors import GeoError
from geo.patrol import VISITED

HOUR, HOURS_OF_WEEK = 3600, 168
MONDAY = 3 * 24 * HOUR  # 1970-01-01 was a Thursday


@dataclass(frozen=True, slots=True, eq=False)
class PatrolGaps:
    """Expected incidents by area and hour: of the week, Monday midnight first, or of the day.

    Parameters
    ----------
    n
        (areas, 168 or 24) all of them.
    unmanned, unvisited
        (areas, 168 or 24) those beyond the reach of points manned, or visited, in that hour.
    """

    n: NDArray[np.float64]
    unmanned: NDArray[np.float64]
    unvisited: NDArray[np.float64]


def find_gaps(
    begins: ArrayLike,
    ends: ArrayLike,
    bits: ArrayLike,
    *,
    area: ArrayLike,
    n_areas: int,
    by_week: bool = True,
) -> PatrolGaps:
    """Share incidents among the hours in which they may have happened, reached and not.

    Parameters
    ----------
    begins, ends
        (n,) local seconds since 1970; equal where the moment is known.
    bits
        (n,) hours in which the place is reached, from `geo.patrol.reach_bits`.
    area
        (n,) row of the area, -1 for none.
    n_areas
        Number of areas.
    by_week
        Whether the weekdays are told apart.

    Returns
    -------
    PatrolGaps
        Each incident adds 1, spread evenly over its span as `geo.temporal.aoristic` does; of a
        span of weeks every hour of the week gets the same. Where nobody is at an hour, what may
        have happened then counts as unreached, and only that.

    Raises
    ------
    GeoError
        Columns of different lengths, spans that end before they begin, an area out of range.
    """
    start, end, row = (_plain(one, np.int64) for one in (begins, ends, area))
    reached = _plain(bits, np.uint64)
    if not len(start) == len(end) == len(reached) == len(row):
        raise GeoError(
            f"find_gaps: {len(start)} begins, {len(end)} ends, {len(reached)} bits and {len(row)} "
            "areas; equally many were expected. Give one of each per incident."
        )
    wrong = int(((end < start) | (row >= n_areas)).sum())
    if wrong:
        raise GeoError(
            f"find_gaps: {wrong} of {len(start)} incidents end before they begin or lie in no area "
            f"below {n_areas}; ends at or after begins were expected. Correct or leave them out."
        )
    out = np.zeros((n_areas, HOURS_OF_WEEK if by_week else 24, 3))
    spread(start, end, reached, row, out)
    return PatrolGaps(out[:, :, 0], out[:, :, 1], out[:, :, 2])


def _plain(values: ArrayLike, kind: type[np.generic]) -> NDArray[Any]:
    """A vector of one memory layout: every other one would be compiled for anew."""
    return np.require(np.asarray(values, dtype=kind).ravel(), requirements=["C", "W"])


@kernel
def spread(start, end, bits, area, out):  # type: ignore[no-untyped-def]
    """Add each incident to all, to unmanned and to unvisited hours of the week, in place."""
    for i in range(len(start)):
        if area[i] < 0:
            continue
        s, e = start[i] + MONDAY, end[i] + MONDAY
        hour = (s // HOUR) % HOURS_OF_WEEK
        if e - s <= HOUR - s % HOUR:
            _add(out, area[i], hour, 1.0, bits[i])
            continue
        length = float(e - s)
        weeks = (e - s) // (HOURS_OF_WEEK * HOUR)
        if weeks > 0:
            for h in range(HOURS_OF_WEEK):
                _add(out, area[i], h, weeks * HOUR / length, bits[i])
        e -= weeks * HOURS_OF_WEEK * HOUR
        while s < e:
            step = min(e, s - s % HOUR + HOUR)
            _add(out, area[i], hour, (step - s) / length, bits[i])
            s = step
            hour = (hour + 1) % HOURS_OF_WEEK


@piece
def _add(out, area, hour, weight, bits):  # type: ignore[no-untyped-def]
    of_day = np.uint64(hour % 24)
    hour = hour % out.shape[1]
    out[area, hour, 0] += weight
    if (bits >> of_day) & np.uint64(1) == 0:
        out[area, hour, 1] += weight
    if (bits >> (of_day + np.uint64(VISITED))) & np.uint64(1) == 0:
        out[area, hour, 2] += weight
