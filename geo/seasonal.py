"""What a month, a weekday or a public holiday was to bring, and what it brought.

References
----------
Przyborowski, J., Wilenski, H. (1940). Homogeneity of results in testing samples from Poisson
series. Biometrika 31(3/4), 313-323 (the conditional test behind each word).
Farrington, C. P., Andrews, N. J., Beale, A. D., Catchpole, M. A. (1996). A statistical algorithm
for the early detection of outbreaks of infectious disease. Journal of the Royal Statistical
Society A 159(3), 547-563 (the same weeks of other years as a baseline).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geo.errors import GeoError
from geo.grid import Floats, Ints
from geo.temporal import Change, poisson_change

Days = NDArray[np.datetime64]

# ordinary days this far before and after a holiday say what its days would have been
AROUND = 28
YEAR = 365


@dataclass(frozen=True, slots=True)
class Seasons:
    """Runs of days beside what was to be expected of them, each for several series of counts.

    Parameters
    ----------
    number
        Number of the month, weekday or holiday that the run is, shape (runs,).
    first, last
        First and last day, inclusive, shape (runs,).
    n_days
        Days counted in it, shape (runs,).
    n, n_base
        Incidents in it, and in the days that the expectation rests on, shape (series, runs).
    expected
        Incidents to be expected, shape (series, runs); NaN where the base has none.
    change
        ``n`` beside ``expected`` as a ratio with interval and word, shape (series, runs).
    """

    number: Ints
    first: Days
    last: Days
    n_days: Ints
    n: Ints
    n_base: Ints
    expected: Floats
    change: Change


def months(counts: NDArray[np.integer], first_day: np.datetime64) -> Seasons:
    """Hold each whole month of the last year against the same month a year before.

    Parameters
    ----------
    counts
        Incidents by day without a gap, shape (series, days).
    first_day
        Day of the first column.

    Returns
    -------
    Seasons
        ``number`` is 1 to 12. Months without the same month a year before are left out; with
        less than two years of days there may be none.

    Notes
    -----
    The year's level is taken out: expected is last year's count times the ratio of the other
    months of this year to theirs of last year, whose own noise is not carried along.
    """
    n = _checked(counts, "months")
    day = first_day.astype("datetime64[D]") + np.arange(n.shape[1])
    month = day.astype("datetime64[M]")
    whole = [m for m in np.unique(month) if _is_whole(m, day)]
    pairs = [(m, m - 12) for m in whole[-12:] if m - 12 in whole]
    now = np.stack([n[:, month == m].sum(axis=1) for m, _ in pairs], 1) if pairs else n[:, :0]
    then = np.stack([n[:, month == m].sum(axis=1) for _, m in pairs], 1) if pairs else n[:, :0]
    here = np.array([m for m, _ in pairs], dtype="datetime64[M]")
    first, last = here.astype("datetime64[D]"), (here + 1).astype("datetime64[D]") - 1
    length = (last - first).astype(np.int64) + 1
    length_then = np.array([int((month == m).sum()) for _, m in pairs], np.int64)
    rest, rest_then = now.sum(axis=1, keepdims=True) - now, then.sum(axis=1, keepdims=True) - then
    alone = len(pairs) < 2
    e_now = np.where(alone, 1, rest) * length
    e_then = np.where(alone, 1, rest_then) * length_then
    number = here.astype(np.int64) % 12 + 1
    return _compare(number, first, last, length, now, then, e_now, e_then)


def weekdays(counts: NDArray[np.integer], first_day: np.datetime64) -> Seasons:
    """Hold each weekday of the last year against the other six.

    Parameters
    ----------
    counts, first_day
        As in ``months``; the last 365 days are used.

    Returns
    -------
    Seasons
        ``number`` is 0 (Monday) to 6; empty with less than four weeks of days.
    """
    n = _checked(counts, "weekdays")[:, -YEAR:]
    day = first_day.astype("datetime64[D]") + np.arange(counts.shape[1])[-YEAR:]
    days = n.shape[1] if n.shape[1] >= AROUND else 0
    number = np.arange(7 if days else 0)
    on = weekday_of(day)[None, :] == number[:, None]
    now, length = (n[:, None, :] * on).sum(axis=2), on.sum(axis=1)
    base = n.sum(axis=1, keepdims=True) - now
    first = np.full(len(number), day[0] if days else first_day, "datetime64[D]")
    last = np.full(len(number), day[-1] if days else first_day, "datetime64[D]")
    e_now = np.broadcast_to(length, now.shape)
    return _compare(number, first, last, length, now, base, e_now, days - e_now)


def holidays(
    counts: NDArray[np.integer],
    first_day: np.datetime64,
    *,
    runs: Sequence[tuple[np.datetime64, np.datetime64]],
    ordinary: Sequence[np.datetime64] = (),
) -> Seasons:
    """Hold each public holiday against the ordinary days around it, weekday by weekday.

    Parameters
    ----------
    counts, first_day
        As in ``months``.
    runs
        First and last day of each holiday, inclusive; those not wholly within the days are left
        out, and are nobody's ordinary days.
    ordinary
        Weekend days worked instead: they count neither as holiday nor as ordinary.

    Returns
    -------
    Seasons
        ``number`` counts in ``runs``.

    Notes
    -----
    Expected is the sum over the holiday's days of the mean of the same weekday within 28 days
    before and after, holidays left out; a weekday without such a day leaves the holiday out.
    """
    n = _checked(counts, "holidays")
    day = first_day.astype("datetime64[D]") + np.arange(n.shape[1])
    usual = ~np.isin(day, np.array(ordinary, dtype="datetime64[D]"))
    for begin, end in runs:
        usual &= (day < begin) | (day > end)
    kept, now, base, e_now, e_base = [], [], [], [], []
    for k, (begin, end) in enumerate(runs):
        off = (day >= begin) & (day <= end)
        near = usual & (day >= begin - AROUND) & (day <= end + AROUND)
        wanted = np.bincount(weekday_of(day[off]), minlength=7)
        found = np.bincount(weekday_of(day[near]), minlength=7)
        if off.sum() != int((end - begin).astype(np.int64)) + 1 or (found[wanted > 0] == 0).any():
            continue
        weight = np.divide(wanted, found, out=np.zeros(7), where=found > 0)
        near &= weight[weekday_of(day)] > 0
        kept.append(k)
        now.append(n[:, off].sum(axis=1))
        base.append(n[:, near].sum(axis=1))
        expected = (n[:, near] * weight[weekday_of(day[near])]).sum(axis=1)
        # as many days of base as make the same expectation
        e_now.append(np.full(len(n), float(off.sum())))
        days = np.divide(
            base[-1] * off.sum(), expected, out=np.full(len(n), 1.0), where=expected > 0
        )
        e_base.append(np.where(expected > 0, days, float(near.sum())))
    first = np.array([runs[k][0] for k in kept], dtype="datetime64[D]")
    last = np.array([runs[k][1] for k in kept], dtype="datetime64[D]")
    length = (last - first).astype(np.int64) + 1
    parts = [np.stack(p, 1) if p else np.zeros((len(n), 0)) for p in (now, base, e_now, e_base)]
    return _compare(np.array(kept, np.int64), first, last, length, *parts)


def weekday_of(day: Days) -> Ints:
    """Give 0 for Monday to 6 for Sunday.

    Parameters
    ----------
    day
        Dates, any shape.

    Returns
    -------
    Ints
        The same shape; 1970-01-01 was a Thursday.
    """
    return (day.astype("datetime64[D]").astype(np.int64) + 3) % 7


def _compare(
    number: Ints,
    first: Days,
    last: Days,
    n_days: Ints,
    now: NDArray[np.generic],
    base: NDArray[np.generic],
    e_now: NDArray[np.generic],
    e_base: NDArray[np.generic],
) -> Seasons:
    """Compare counts; where there is nothing to compare with nothing is expected."""
    n, b = now.astype(np.int64), base.astype(np.int64)
    known = (np.asarray(e_now) > 0) & (np.asarray(e_base) > 0) & np.ones(n.shape, np.bool_)
    e1 = np.where(known, e_now, 1.0).astype(np.float64)
    e0 = np.where(known, e_base, 1.0).astype(np.float64)
    change = poisson_change(np.where(known, n, 0), np.where(known, b, 0), e1, e0)
    expected = np.where(known & (b > 0), b * e1 / e0, np.nan)
    return Seasons(number, first, last, n_days.astype(np.int64), n, b, expected, change)


def _is_whole(month: np.datetime64, day: Days) -> bool:
    first, after = month.astype("datetime64[D]"), (month + 1).astype("datetime64[D]")
    return bool(len(day) and day[0] <= first and day[-1] >= after - 1)


def _checked(counts: NDArray[np.integer], where: str) -> Ints:
    n = np.asarray(counts)
    if n.ndim != 2 or n.dtype.kind not in "iu":
        raise GeoError(
            f"{where}: counts of {n.dtype} with shape {n.shape}; whole numbers (series, days) were "
            "expected. Count incidents by day, zero on days without any."
        )
    return n.astype(np.int64)
