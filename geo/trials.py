"""The trials of a hotspot map put together: figures with intervals, beside the naive map.

References
----------
Cochran, W. G. (1977). Sampling Techniques, 3rd ed. Wiley, pp. 178-180 (jackknife of a ratio).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.special import stdtrit

from geo.grid import Floats
from geo.walk_forward import Trial

Word = Literal["better", "worse", "no_real_difference", "too_few"]
FEWEST_PERIODS, FEWEST_INCIDENTS = 3, 30


@dataclass(frozen=True, slots=True)
class Interval:
    """A figure over several periods with its 95 % interval; NaN when it cannot be stated."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Summary:
    """The trials of one map over all periods.

    Parameters
    ----------
    n_periods, n
        Periods with an incident, and their incidents.
    area_fraction
        Mean share of the area flagged.
    hit_rate, pai
        Over all periods together, with intervals.
    pei, rri
        Means of the periods.
    gain
        Hit rate above that of the naive map in the same periods.
    word
        ``better`` or ``worse`` than the naive map when the interval excludes 0.
    """

    n_periods: int
    n: int
    area_fraction: float
    hit_rate: Interval
    pai: Interval
    pei: float
    rri: float
    gain: Interval
    word: Word


def summarise(trials: Sequence[Trial], naive: Sequence[Trial]) -> Summary:
    """Put the trials of one map together, beside those of the naive map.

    Parameters
    ----------
    trials
        Of one method and one way of flagging.
    naive
        Of last year's counts, equal areas, the same periods or more.

    Returns
    -------
    Summary
        Intervals need 3 periods; with fewer, or under 30 incidents, the word is ``too_few``.

    Notes
    -----
    Rates are sums over sums; their deviation is the jackknife's, leaving out a period at a time,
    with Student's t of periods less one.
    """
    by_period = {one.period: one for one in naive}
    hits = np.array([one.n_hit for one in trials])
    n = np.array([one.n for one in trials], dtype=np.float64)
    area = np.array([one.n_flagged / one.n_cells for one in trials])
    paired = [i for i, one in enumerate(trials) if one.period in by_period]
    theirs = np.array([by_period[trials[i].period].n_hit for i in paired])
    gain = _ratio(hits[paired] - theirs, n[paired])
    few = len(paired) < FEWEST_PERIODS or n[paired].sum() < FEWEST_INCIDENTS
    word: Word = "no_real_difference"
    if few or np.isnan(gain.low):
        word = "too_few"
    elif gain.low > 0 or gain.high < 0:
        word = "better" if gain.low > 0 else "worse"
    return Summary(
        len(trials),
        int(n.sum()),
        float(area.mean()) if len(area) else np.nan,
        _bounded(_ratio(hits, n), 1.0),
        _bounded(_ratio(hits, n * area), np.inf),
        _mean([one.pei for one in trials]),
        _mean([one.rri for one in trials]),
        gain,
        word,
    )


def _ratio(part: Floats, whole: Floats) -> Interval:
    """Give a ratio of sums with its jackknife interval."""
    m = len(part)
    if m == 0 or whole.sum() <= 0:
        return Interval(np.nan, np.nan, np.nan)
    value = float(part.sum() / whole.sum())
    rest = whole.sum() - whole
    if m < FEWEST_PERIODS or (rest <= 0).any():
        return Interval(value, np.nan, np.nan)
    without = (part.sum() - part) / rest
    deviation = float(np.sqrt((m - 1) / m * ((without - without.mean()) ** 2).sum()))
    wide = float(stdtrit(m - 1, 0.975)) * deviation
    return Interval(value, value - wide, value + wide)


def _bounded(one: Interval, most: float) -> Interval:
    return Interval(one.value, max(one.low, 0.0), min(one.high, most))


def _mean(values: list[float]) -> float:
    known = [one for one in values if np.isfinite(one)]
    return float(np.mean(known)) if known else np.nan
