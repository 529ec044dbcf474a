"""Years drawn again from what is known of a year: how much of a figure is luck.

References
----------
Efron, B., Tibshirani, R. J. (1993). An Introduction to the Bootstrap. Chapman & Hall, chapters 6
and 8.
Goldstein, H., Spiegelhalter, D. J. (1996). League tables and their limitations: statistical issues
in comparisons of institutional performance. Journal of the Royal Statistical Society A 159(3),
385-443.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from geo.errors import GeoError
from geo.grades import rank
from geo.grid import Floats
from geo.rates import Shrunk

Ints = NDArray[np.int64]


def resample_counts(
    counts: NDArray[np.generic],
    exposure: NDArray[np.generic],
    shrunk: Shrunk,
    *,
    times: int,
    rng: np.random.Generator,
) -> Floats:
    """Draw counts of other years from the posterior of each place's rate.

    Parameters
    ----------
    counts
        Incidents, shape (n,).
    exposure
        Households times years, shape (n,); NaN where unknown.
    shrunk
        `geo.rates.shrink` of both.
    times
        Years to draw.
    rng
        Source of randomness.

    Returns
    -------
    Floats
        Counts, shape (n, times); NaN where the exposure is not known.

    Notes
    -----
    rate ~ gamma(m2 / A + y, m / A + e), count ~ Poisson(rate e): a place with nothing recorded is
    drawn from its neighbours' rate, so its zero is not taken for certain. Where chance explains all
    differences (A = 0) every place is drawn at the pooled rate.
    """
    y, e = np.asarray(counts, dtype=np.float64), np.asarray(exposure, dtype=np.float64)
    known = np.isfinite(shrunk.raw) & (e > 0)
    drawn = np.full((len(y), times), np.nan)
    if not known.any():
        return drawn
    y, e = y[known, None], e[known, None]
    size = (int(known.sum()), times)
    if shrunk.variance > 0 and shrunk.pooled > 0:
        shape = shrunk.pooled**2 / shrunk.variance + y
        rate = rng.gamma(shape, 1.0, size) / (shrunk.pooled / shrunk.variance + e)
    else:
        rate = np.full(size, shrunk.pooled)
    drawn[known] = rng.poisson(rate * e)
    return drawn


def resample_visits(known: NDArray[np.bool_], *, times: int, rng: np.random.Generator) -> Floats:
    """Draw with replacement which inspected items a year's inspections look at.

    Parameters
    ----------
    known
        Which items of each community were inspected, shape (n, k).
    times
        Years to draw.
    rng
        Source of randomness.

    Returns
    -------
    Floats
        How often each item is drawn, shape (n, times, k); as many draws as inspected items, none
        of an item that was not inspected.
    """
    n, k = known.shape
    if k == 0:
        return np.zeros((n, times, 0))
    order = np.argsort(~known, axis=1, kind="stable")  # inspected items first
    m = known.sum(axis=1)
    picks = np.floor(rng.random((n, times, k)) * m[:, None, None]).astype(np.int64)
    used = np.arange(k) < m[:, None]
    cells = (np.arange(n * times).reshape(n, times, 1) * k + picks)[
        np.broadcast_to(used[:, None, :], picks.shape)
    ]
    counts = np.bincount(cells, minlength=n * times * k).reshape(n, times, k)
    drawn = np.empty_like(counts)
    np.put_along_axis(drawn, np.broadcast_to(order[:, None, :], drawn.shape), counts, axis=2)
    return drawn.astype(np.float64)


def rank_interval(
    scores: Floats, *, lower_is_better: bool, confidence: float = 0.9
) -> tuple[Ints, Ints]:
    """Return between which places each community lies in most of the drawn years.

    Parameters
    ----------
    scores
        Scores, shape (n, times); NaN where there is none.
    lower_is_better
        Whether a low score is a good one.
    confidence
        Share of the drawn years inside, in (0, 1).

    Returns
    -------
    tuple[Ints, Ints]
        Best and worst likely place, shape (n,) each; 0 where there never is a score.

    Raises
    ------
    GeoError
        When confidence is not between 0 and 1.
    """
    if not 0.0 < confidence < 1.0:
        raise GeoError(
            f"rank_interval: confidence is {confidence}; a share between 0 and 1 was expected. "
            "Write 90 % as 0.9."
        )
    places = np.empty(scores.shape, dtype=np.float64)
    for column in range(scores.shape[1]):
        places[:, column] = rank(scores[:, column], lower_is_better=lower_is_better)
    places[places == 0] = np.nan
    known = (~np.isnan(places)).sum(axis=1)
    ordered = np.sort(places, axis=1)  # NaN last
    low, high = (
        _nth(ordered, known, tail) for tail in ((1 - confidence) / 2, (1 + confidence) / 2)
    )
    return low, high


def _nth(ordered: Floats, known: Ints, tail: float) -> Ints:
    """Return the value nearest to a quantile of the known ones, 0 where none is known."""
    if ordered.shape[1] == 0:
        return np.zeros(len(ordered), dtype=np.int64)
    at = np.rint(tail * np.maximum(known - 1, 0)).astype(np.int64)
    found = np.take_along_axis(ordered, at[:, None], axis=1)[:, 0]
    return np.where(known > 0, np.nan_to_num(found), 0).astype(np.int64)
