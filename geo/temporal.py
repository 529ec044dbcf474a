"""When incidents happen, and whether there are more of them than before.

References
----------
Ratcliffe, J. H. (2002). Aoristic signatures and the spatio-temporal analysis of high volume crime
patterns. Journal of Quantitative Criminology 18(1), 23-43.
Clopper, C. J., Pearson, E. S. (1934). The use of confidence or fiducial limits illustrated in the
case of the binomial. Biometrika 26(4), 404-413.
Przyborowski, J., Wilenski, H. (1940). Homogeneity of results in testing samples from Poisson
series. Biometrika 31(3/4), 313-323 (the conditional test).
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import betainc, betaincinv

from geo._kernels import kernel
from geo.errors import GeoError
from geo.grid import Floats, Ints

Word = Literal["up", "down", "no_real_change", "too_few"]

UNKNOWN = np.iinfo(np.int64).min
HOUR = 3600
WEEK = 168 * HOUR


@dataclass(frozen=True, slots=True)
class Change:
    """Two counts compared, each field shaped like the counts.

    Parameters
    ----------
    ratio
        Rate now over rate before; infinite from zero, NaN when both counts are zero.
    low, high
        Exact confidence limits of the ratio.
    p
        Two-sided exact p of no change.
    word
        ``up`` or ``down`` when the interval excludes 1, ``no_real_change`` when it does not,
        ``too_few`` when no split of so few incidents could have excluded it.
    """

    ratio: Floats
    low: Floats
    high: Floats
    p: Floats
    word: NDArray[np.str_]


def aoristic(
    from_: NDArray[np.datetime64],
    to: NDArray[np.datetime64] | None = None,
    *,
    groups: Ints | None = None,
    n_groups: int | None = None,
) -> Floats:
    """Share each incident among the hours in which it may have happened.

    Parameters
    ----------
    from_
        Earliest time, local clock (not UTC), shape (n,). NaT is an untimed incident: left out.
    to
        Latest time, local clock, shape (n,); NaT or equal to ``from_`` means the time is known.
        None: all are known.
    groups
        Number of the class or place of each incident, from 0, shape (n,); -1 is left out.
    n_groups
        Number of groups, when the last may be empty.

    Returns
    -------
    Floats
        Weights, shape (24, 7): hour of day by weekday, Monday first; with ``groups`` shape
        (n_groups, 24, 7). Each timed incident adds 1, so the sum is the number of timed ones.

    Notes
    -----
    The share of an hour is the part of the interval that lies in it (half-open, to the second).
    Over a week each hour of the week gets the same, so weeks away from home say little; read the
    clock with the number of incidents whose time is known beside it.
    """
    start = _seconds(from_)
    end = np.full(len(start), UNKNOWN) if to is None else _seconds(to)
    if len(end) != len(start) or (groups is not None and len(groups) != len(start)):
        raise GeoError(
            f"aoristic: {len(start)} from_, {len(end)} to and "
            f"{len(start) if groups is None else len(groups)} groups; equally many were expected. "
            "Give one of each per incident."
        )
    backwards = int(((end < start) & (end != UNKNOWN) & (start != UNKNOWN)).sum())
    if backwards:
        raise GeoError(
            f"aoristic: {backwards} of {len(start)} incidents end before they begin; to at or "
            "after from_ was expected. Swap them, or leave out to."
        )
    group = np.zeros(len(start), np.int64) if groups is None else np.asarray(groups, np.int64)
    count = max(int(group.max(initial=0)) + 1, n_groups or 1)
    out = np.zeros((count, 7 * 24))
    _share(start, end, group, out)
    table = out.reshape(count, 7, 24).transpose(0, 2, 1).copy()
    return table[0] if groups is None else table


def poisson_change(
    now: NDArray[np.integer] | int,
    before: NDArray[np.integer] | int,
    exposure_now: Floats | float = 1,
    exposure_before: Floats | float = 1,
    *,
    confidence: float = 0.95,
) -> Change:
    """Compare two counts of incidents, and say in a word whether the change is real.

    Parameters
    ----------
    now, before
        Counts >= 0; numbers or arrays.
    exposure_now, exposure_before
        What the counts are of: days, households, > 0.
    confidence
        Level of the interval, in (0, 1).

    Returns
    -------
    Change
        Arrays, of no dimension when numbers were given.

    Notes
    -----
    Given their sum n, the count now is binomial with share pi = r e1 / (r e1 + e0), r the ratio
    of rates; the Clopper-Pearson limits of pi give those of r. The test is exact, hence somewhat
    cautious. It assumes that incidents come singly: series by one offender make changes look
    surer than they are.
    """
    k, before_ = np.broadcast_arrays(np.asarray(now), np.asarray(before))
    e1, e0 = np.broadcast_arrays(
        np.asarray(exposure_now, np.float64), np.asarray(exposure_before, np.float64)
    )
    _check_counts(k, before_, e1, e0, confidence)
    n, tail = k + before_, (1 - confidence) / 2
    k, n = k.astype(np.float64), n.astype(np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        low = _odds(np.where(k > 0, betaincinv(np.maximum(k, 1), n - k + 1, tail), 0.0))
        high = _odds(np.where(k < n, betaincinv(k + 1, np.maximum(n - k, 1), 1 - tail), 1.0))
        ratio = k / (n - k) * e0 / e1
        low, high = low * e0 / e1, high * e0 / e1
    share = e1 / (e1 + e0)
    at_most = np.where(k < n, betainc(np.maximum(n - k, 1), k + 1, 1 - share), 1.0)
    at_least = np.where(k > 0, betainc(np.maximum(k, 1), n - k + 1, share), 1.0)
    p = np.minimum(1.0, 2 * np.minimum(at_most, at_least))
    possible = np.minimum(share, 1 - share) ** n < tail
    word = np.where(low > 1, "up", np.where(high < 1, "down", "no_real_change"))
    return Change(ratio, low, high, p, np.where(possible, word, "too_few"))


def _odds(share: Floats) -> Floats:
    return np.asarray(share / (1 - share), dtype=np.float64)


def _check_counts(
    now: NDArray[np.integer],
    before: NDArray[np.integer],
    e1: Floats,
    e0: Floats,
    confidence: float,
) -> None:
    whole = all(
        bool((np.asarray(c) == np.floor(c)).all() and (c >= 0).all()) for c in (now, before)
    )
    if not whole:
        raise GeoError(
            "poisson_change: counts are negative or not whole; whole numbers of at least 0 were "
            "expected. Give counts of incidents, and what they are counted over as exposure."
        )
    if not ((e1 > 0) & (e0 > 0) & np.isfinite(e1) & np.isfinite(e0)).all():
        raise GeoError(
            "poisson_change: an exposure is not above 0; days or households above 0 were "
            "expected. Leave out the places without any."
        )
    if not 0 < confidence < 1:
        raise GeoError(
            f"poisson_change: confidence is {confidence}; a share between 0 and 1 was expected. "
            "Write 95 % as 0.95."
        )


def _seconds(times: NDArray[np.datetime64]) -> Ints:
    """Give seconds since a Monday midnight; NaT becomes ``UNKNOWN``."""
    given = np.asarray(times)
    if given.dtype.kind != "M":
        raise GeoError(
            f"aoristic: times have type {given.dtype}; datetime64 was expected. "
            "Convert them with pandas.to_datetime in the district's local time."
        )
    whole = given.astype("datetime64[s]").astype(np.int64)
    return np.where(whole == UNKNOWN, UNKNOWN, whole + 3 * 24 * HOUR)  # 1970-01-01: a Thursday


@kernel
def _share(start: Ints, end: Ints, group: Ints, out: Floats) -> None:
    """Add to each hour of the week, in place, the part of each interval that lies in it."""
    for i in range(start.shape[0]):
        if start[i] == UNKNOWN or group[i] < 0:
            continue
        s, e, g = start[i], end[i], group[i]
        hour = (s // HOUR) % 168
        if e == UNKNOWN or e - s <= HOUR - s % HOUR:
            out[g, hour] += 1.0
            continue
        length = float(e - s)
        weeks = (e - s) // WEEK
        if weeks > 0:
            even = weeks * HOUR / length
            for h in range(168):
                out[g, h] += even
        e -= weeks * WEEK
        while s < e:
            step = min(e, s - s % HOUR + HOUR)
            out[g, hour] += (step - s) / length
            s = step
            hour = (hour + 1) % 168
