"""How unevenly incidents lie over places: ranks, the 80 % mark, Lorenz and Gini.

References
----------
Weisburd, D. (2015). The law of crime concentration and the criminology of place. Criminology
53(2), 133-157.
Gini, C. (1912). Variabilita e mutabilita. Cuppini, Bologna.
Bernasco, W., Steenbeek, W. (2017). More places than crimes: implications for evaluating the law
of crime concentration at place. Journal of Quantitative Criminology 33(3), 451-467.
"""

from dataclasses import dataclass
from math import ceil, log, sqrt

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln

from geo.errors import GeoError
from geo.grid import Floats, Ints


@dataclass(frozen=True, slots=True)
class Concentration:
    """Places in order of their incidents.

    Parameters
    ----------
    order
        Numbers of the places, most incidents first; equals in the order given, shape (n,).
    cumulative
        Share of the incidents in this and the places before it, along ``order``; NaN when
        nothing happened.
    n_marked
        Fewest places that hold the marked share; 0 when nothing happened.
    marked_fraction
        The same as a share of all places; NaN without places or incidents.
    chance_fraction
        What it would be if every place were equally likely.
    gini
        0 (all equal) to just under 1 (one place has all); NaN when nothing happened.
    gini_adjusted
        0 when the incidents are as spread out as so many can be, also when there are fewer of
        them than places.
    """

    order: Ints
    cumulative: Floats
    n_marked: int
    marked_fraction: float
    chance_fraction: float
    gini: float
    gini_adjusted: float


def concentration(counts: NDArray[np.integer], *, mark: float = 0.8) -> Concentration:
    """Rank places by their incidents and say how few hold most.

    Parameters
    ----------
    counts
        Incidents of each place, whole, >= 0, shape (n,); places without any belong here too.
    mark
        Share of the incidents to be held, in (0, 1].

    Returns
    -------
    Concentration
        Without places or incidents the shares are NaN and nothing is marked.

    Notes
    -----
    G = sum over places of (2 rank - n - 1) count / (n total), rank 1 the fewest. With fewer
    incidents c than places n even the most equal spread has G = 1 - c / n; the adjusted one is
    max(1, n / c) (G - 1) + 1. ``chance_fraction`` is for Poisson counts of the same mean.
    """
    n = np.asarray(counts)
    if n.ndim != 1 or (n.size and (n.dtype.kind not in "iu" or n.min() < 0)) or not 0 < mark <= 1:
        raise GeoError(
            f"concentration: counts of {n.dtype} with shape {n.shape} and mark {mark}; whole "
            "numbers of at least 0, one a place, and a share were expected. Count incidents."
        )
    order = np.argsort(-n.astype(np.int64), kind="stable")
    ranked, total, places = n[order].astype(np.int64), int(n.sum()), len(n)
    if total == 0:
        nothing = np.full(places, np.nan)
        return Concentration(order, nothing, 0, np.nan, np.nan, np.nan, np.nan)
    running = np.cumsum(ranked)
    # whole numbers decide, so that exactly 80 % is 80 %
    marked = int(np.searchsorted(running, ceil(round(mark * total, 9)))) + 1
    rank = np.arange(places, 0, -1)
    gini = float(((2 * rank - places - 1) * ranked).sum() / (places * total))
    adjusted = max(1.0, places / total) * (gini - 1) + 1
    return Concentration(
        order,
        running / total,
        marked,
        marked / places,
        _by_chance(total / places, mark),
        gini,
        max(0.0, adjusted),
    )


def _by_chance(mean: float, mark: float) -> float:
    """Give the share of places that hold the mark when counts are Poisson."""
    most = int(mean + 12 * sqrt(mean) + 20)  # beyond it lies less than 1e-9
    value = np.arange(most, 0, -1)
    places = np.exp(value * log(mean) - mean - gammaln(value + 1))
    held = np.concatenate([[0.0], np.cumsum(places * value)]) / mean
    return float(np.interp(mark, held, np.concatenate([[0.0], np.cumsum(places)])))
