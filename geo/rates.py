"""Rates of small places: shrunk towards the whole, with intervals, funnel limits and luck of zero.

References
----------
Marshall, R. J. (1991). Mapping disease and mortality rates using empirical Bayes estimators.
Journal of the Royal Statistical Society C 40(2), 283-294.
Clayton, D., Kaldor, J. (1987). Empirical Bayes estimates of age-standardized relative risks for
use in disease mapping. Biometrics 43(3), 671-681.
Spiegelhalter, D. J. (2005). Funnel plots for comparing institutional performance. Statistics in
Medicine 24(8), 1185-1202.
Wilson, E. B. (1927). Probable inference, the law of succession, and statistical inference. Journal
of the American Statistical Association 22(158), 209-212.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaincinv, ndtri, pdtr, pdtrik

from geo.errors import GeoError
from geo.grid import Floats

# the pooled rate's own interval: half an incident more, as Jeffreys' prior adds
JEFFREYS = 0.5


@dataclass(frozen=True, slots=True)
class Shrunk:
    """Rates per unit of exposure, one for each place.

    Parameters
    ----------
    raw
        Count over exposure; NaN without exposure.
    rate
        Empirical-Bayes rate.
    low, high
        Credible limits of the rate.
    weight
        Trust in the place's own count, 0 (the pooled rate is taken) to 1.
    zero_chance
        Chance that a place with this exposure and the pooled rate has no incident at all: read it
        beside a zero before praising it.
    pooled
        All counts over all exposure; NaN when there is no exposure.
    variance
        Estimated variance of the true rates between places; 0 when chance explains all.
    """

    raw: Floats
    rate: Floats
    low: Floats
    high: Floats
    weight: Floats
    zero_chance: Floats
    pooled: float
    variance: float


def shrink(
    counts: NDArray[np.generic], exposure: NDArray[np.generic], *, confidence: float = 0.95
) -> Shrunk:
    """Draw each place's rate towards the pooled one, the more the less it rests on.

    Parameters
    ----------
    counts
        Incidents, >= 0, shape (n,); NaN is no data.
    exposure
        Households, residents or days, shape (n,); 0 or NaN is no data, and gives NaN.
    confidence
        Level of the interval, in (0, 1).

    Returns
    -------
    Shrunk
        Indexed like the input.

    Notes
    -----
    Marshall's global estimator: with pooled rate m and s2 the exposure-weighted variance of raw
    rates, A = max(0, s2 - m / mean exposure), weight = A / (A + m / exposure) and
    rate = m + weight (raw - m). It is the mean of the gamma posterior with prior shape m2 / A and
    rate m / A, whose quantiles are the limits; with A = 0 they are those of the pooled rate. The
    limits do not carry the uncertainty of m and A themselves, and are short for few places.
    """
    y, e = _counted(counts, exposure, where="shrink")
    _check_level(confidence, where="shrink")
    known = np.isfinite(y)
    exposed, total = float(np.nansum(e)), float(np.nansum(y))
    pooled = total / exposed if known.any() else np.nan
    raw = y / e
    if not known.any():
        return Shrunk(raw, raw, raw, raw, raw, raw, pooled, np.nan)
    spread = float(np.nansum(e * (raw - pooled) ** 2)) / exposed
    between = max(0.0, spread - pooled / (exposed / known.sum()))
    if between <= 1e-12 * spread:
        between = 0.0
    zero_chance, tails = np.exp(-pooled * e), np.array([1 - confidence, 1 + confidence]) / 2
    if between == 0:
        weight, rate = raw * 0, raw * 0 + pooled
        low, high = (raw * 0 + gammaincinv(total + JEFFREYS, t) / exposed for t in tails)
    else:
        weight = between / (between + pooled / e)
        rate = pooled + weight * (raw - pooled)
        shape, per = pooled**2 / between + y, pooled / between + e
        low, high = (gammaincinv(shape, t) / per for t in tails)
    return Shrunk(raw, rate, low, high, weight, zero_chance, pooled, between)


def funnel_limits(
    exposure: NDArray[np.generic], rate: float, *, confidence: float = 0.95
) -> tuple[Floats, Floats]:
    """Give the rates between which a place of this size stays by chance.

    Parameters
    ----------
    exposure
        As in ``shrink``, shape (n,); 0 or NaN gives NaN.
    rate
        The rate all places are held against, per unit of exposure, >= 0.
    confidence
        Share of places that stay inside; 0.95 and 0.998 are usual.

    Returns
    -------
    tuple[Floats, Floats]
        Lower and upper limit, per unit of exposure.

    Notes
    -----
    Poisson quantiles, interpolated between whole counts as Spiegelhalter (2005) does, so that the
    funnel is smooth.
    """
    _, e = _counted(np.zeros(np.shape(exposure)), exposure, where="funnel_limits")
    _check_level(confidence, where="funnel_limits")
    if not 0 <= rate < np.inf:
        raise GeoError(
            f"funnel_limits: rate is {rate}; a finite rate of at least 0 was expected. "
            "Take Shrunk.pooled of places with data."
        )
    limits = []
    for tail in ((1 - confidence) / 2, (1 + confidence) / 2):
        count = _poisson_quantile(tail, rate * e)
        above = pdtr(count, rate * e)
        below = np.where(count > 0, pdtr(np.maximum(count - 1, 0), rate * e), 0.0)
        part = (above - tail) / np.where(above > below, above - below, 1)
        limits.append(np.maximum(count - part, 0) / e)
    return limits[0], limits[1]


def _poisson_quantile(p: float, mean: Floats) -> Floats:
    """Give the least count that at least a share p of Poisson counts stay at or below."""
    found = np.ceil(np.where(mean > 0, pdtrik(p, np.where(mean > 0, mean, 1.0)), 0.0))
    less = np.maximum(found - 1, 0.0)
    return np.where(pdtr(less, mean) >= p, less, found)


def wilson(
    successes: NDArray[np.generic], trials: NDArray[np.generic], *, confidence: float = 0.95
) -> tuple[Floats, Floats]:
    """Give the limits of a share, honest for few trials.

    Parameters
    ----------
    successes
        Counts, >= 0, shape (n,).
    trials
        Counts of at least as many, shape (n,); 0 gives NaN.
    confidence
        Level of the interval, in (0, 1).

    Returns
    -------
    tuple[Floats, Floats]
        Lower and upper limit, 0 to 1.

    Notes
    -----
    Wilson's score interval: three of three is 0.44 to 1, not 1 to 1.
    """
    _check_level(confidence, where="wilson")
    k, n = np.asarray(successes, dtype=np.float64), np.asarray(trials, dtype=np.float64)
    m = np.where(n > 0, n, np.nan)
    z2 = float(ndtri((1 + confidence) / 2)) ** 2
    middle = (k + z2 / 2) / (m + z2)
    half = np.sqrt(z2 * (k * (m - k) / m + z2 / 4)) / (m + z2)
    return np.maximum(middle - half, 0.0), np.minimum(middle + half, 1.0)


def _counted(
    counts: NDArray[np.generic], exposure: NDArray[np.generic], *, where: str
) -> tuple[Floats, Floats]:
    """Return both as floats with NaN wherever either says nothing."""
    y, e = np.array(counts, dtype=np.float64), np.array(exposure, dtype=np.float64)
    if y.shape != e.shape or y.ndim != 1:
        raise GeoError(
            f"{where}: counts have shape {y.shape}, exposure {e.shape}; one of each per place was "
            "expected. Align them on the place."
        )
    bad = int(((y < 0) | np.isinf(y) | (e < 0) | np.isinf(e)).sum())
    if bad:
        raise GeoError(
            f"{where}: {bad} places have a negative or infinite count or exposure; at least 0 was "
            "expected. Use NaN for what is not known."
        )
    unknown = np.isnan(y) | np.isnan(e) | (e == 0)
    y[unknown] = e[unknown] = np.nan
    return y, e


def _check_level(confidence: float, *, where: str) -> None:
    if not 0 < confidence < 1:
        raise GeoError(
            f"{where}: confidence is {confidence}; a share between 0 and 1 was expected. "
            "Write 95 % as 0.95."
        )
