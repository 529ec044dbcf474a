"""Where is it more than chance: Getis-Ord Gi* and local Moran, analytic and by permutation.

References
----------
Getis, A., Ord, J. K. (1992). The analysis of spatial association by use of distance statistics.
Geographical Analysis 24(3), 189-206.
Ord, J. K., Getis, A. (1995). Local spatial autocorrelation statistics: distributional issues and
an application. Geographical Analysis 27(4), 286-306.
Anselin, L. (1995). Local indicators of spatial association - LISA. Geographical Analysis 27(2),
93-115.
Sokal, R. R., Oden, N. L., Thomson, B. A. (1998). Local spatial autocorrelation in a biological
model. Geographical Analysis 30(4), 331-354 (moments given the value of the place itself).
Benjamini, Y., Hochberg, Y. (1995). Controlling the false discovery rate. Journal of the Royal
Statistical Society B 57(1), 289-300.
Phipson, B., Smyth, G. K. (2010). Permutation p-values should never be zero. Statistical
Applications in Genetics and Molecular Biology 9(1), article 39.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from geo._skewed import two_sided_p
from geo.errors import GeoError
from geo.grid import Floats, Neighbourhood
from geo.local_sums import Places, Weights, gather
from geo.permutation import Null, permutation_p

Outcome = Literal["ok", "constant", "too_few"]
Approximation = Literal["normal", "gamma"]

MIN_PLACES = 3
QUADRANTS = ("", "HH", "LH", "LL", "HL")


@dataclass(frozen=True, slots=True)
class LocalStatistic:
    """One figure for each place, shaped like the values that were given.

    Parameters
    ----------
    statistic
        Gi* itself (a z-score) or local Moran's I.
    z
        Standard score under randomisation; positive Gi*: high values gather here.
    p
        Two-sided p: normal approximation, or by permutation when that was asked for.
    p_fdr
        The same after Benjamini-Hochberg over all places tested.
    quadrant
        0 none, 1 high among high, 2 low among high, 3 low among low, 4 high among low.
    n
        Places with a value.
    outcome
        ``ok``; ``constant`` (all values equal: z = 0 and p = 1 everywhere, nothing stands out);
        ``too_few`` (fewer than 3 places: all NaN, nothing can be said).
    """

    statistic: Floats
    z: Floats
    p: Floats
    p_fdr: Floats
    quadrant: NDArray[np.int8]
    n: int
    outcome: Outcome


def gi_star(
    values: NDArray[np.generic],
    weights: Weights | None = None,
    *,
    shape: tuple[int, int] | None = None,
    neighbourhood: Neighbourhood = "queen",
    radius_cells: float | None = None,
    include_self: bool = True,
    approximation: Approximation = "normal",
    permutations: int = 0,
    rng: np.random.Generator | None = None,
    null: Null = "conditional",
) -> LocalStatistic:
    """Measure whether a place and its neighbours hold more, or less, than their share.

    Parameters
    ----------
    values
        Counts or rates, shape (n,) or, on a grid, (rows, columns). NaN marks a place outside the
        study area: it is nobody's neighbour and its results are NaN.
    weights
        Sparse (n, n) matrix or neighbour lists counting from 0; the diagonal is ignored. Leave
        out on a grid.
    shape
        Rows and columns of the grid when ``values`` is flat; a 2-d array brings its own.
    neighbourhood, radius_cells
        On a grid: ``queen``, ``rook``, ``hexagon`` (rows of a ``geo.grid.HexGrid``), or all
        square cells within a radius in cell sides.
    include_self
        True for Gi* (the place counts with weight 1), False for Gi.
    approximation
        Of the analytic p: ``normal``, from z, as R spdep and esda give it; or ``gamma``, matched
        to the skewness of the values too, half a count kept back when they are whole. Use it for
        counts: with a hundredth of an incident per cell the normal p calls 1,900 of 22,500 cells
        hot after FDR where all is chance, the gamma p none.
    permutations
        0 for the analytic p; else the number of random rearrangements (999 resolves p to 0.001;
        FDR over many cells needs more, or the analytic p).
    rng
        Source of the rearrangements, required with ``permutations``.
    null
        ``conditional`` keeps the place's own value and rearranges the others, as R spdep and esda
        do; ``total`` rearranges all, which is the null of the analytic z.

    Returns
    -------
    LocalStatistic
        ``statistic`` equals ``z``.

    Notes
    -----
    With binary weights including the place itself, W their sum and S their sum of squares:
    z = (sum w x - W mean) / (s sqrt((n S - W^2) / (n - 1))). Gi uses mean and s of the others.
    The third central moment of the sum is n^2 m3 (W3 - 3 W S / n + 2 W^3 / n^2) / ((n-1)(n-2)),
    m3 that of the values and W3 the sum of cubed weights.
    """
    if approximation == "gamma" and not include_self:
        raise GeoError(
            "gi_star: approximation is 'gamma' with include_self=False; it is made for Gi*. "
            "Use include_self=True or permutations."
        )
    if null == "total" and not include_self:
        raise GeoError(
            "gi_star: null is 'total' with include_self=False; Gi is defined given the place's "
            "own value. Use null='conditional'."
        )
    places = gather(values, weights, shape, neighbourhood, radius_cells, where="gi_star")
    outcome = _outcome(places.x)
    if outcome != "ok":
        return _nothing(places, outcome)
    z = _gi_star_z(places) if include_self else _gi_z(places)
    p = _gamma_p(places) if approximation == "gamma" else _analytic_p(z)
    if permutations:
        p = _permuted(places, permutations, rng, null, where="gi_star")
    return _result(places, z, z, p, np.zeros(len(z), np.int8))


def local_moran(
    values: NDArray[np.generic],
    weights: Weights | None = None,
    *,
    shape: tuple[int, int] | None = None,
    neighbourhood: Neighbourhood = "queen",
    radius_cells: float | None = None,
    permutations: int = 0,
    rng: np.random.Generator | None = None,
) -> LocalStatistic:
    """Measure whether a place is like its neighbours, or an outlier among them.

    Parameters
    ----------
    values, weights, shape, neighbourhood, radius_cells, permutations, rng
        As in ``gi_star``; each place's weights are divided by their sum.

    Returns
    -------
    LocalStatistic
        ``statistic`` is I = d_i (sum w d) / m2 with d the deviation from the mean and m2 their
        mean square; a place without neighbours has NaN.

    Notes
    -----
    z uses mean and variance given the place's own value (Sokal et al. 1998), as R spdep does by
    default; permutations keep the place's own value.
    """
    places = gather(values, weights, shape, neighbourhood, radius_cells, where="local_moran")
    outcome = _outcome(places.x)
    if outcome != "ok":
        return _nothing(places, outcome)
    n, d = len(places.x), places.x - places.x.mean()
    m2 = float((d**2).mean())
    with np.errstate(invalid="ignore", divide="ignore"):
        lag = (places.lag - places.weight * places.x.mean()) / places.weight
        statistic = d * lag / m2
        expected = -(d**2) / ((n - 1) * m2)
        spread = places.weight2 / places.weight**2 - 1 / (n - 1)
        variance = (d / m2) ** 2 * (n / (n - 2)) * spread * (m2 - d**2 / (n - 1))
        z = _score(statistic - expected, variance, (d / m2) ** 2 * m2)
    z[places.weight == 0] = np.nan
    p = _analytic_p(z)
    if permutations:
        p = _permuted(places, permutations, rng, "conditional", where="local_moran")
        p[places.weight == 0] = np.nan
    quadrant = np.where(d > 0, np.where(lag > 0, 1, 4), np.where(lag > 0, 2, 3)).astype(np.int8)
    quadrant[places.weight == 0] = 0
    return _result(places, statistic, z, p, quadrant)


def fdr(p: Floats) -> Floats:
    """Adjust p for the number of tests by Benjamini and Hochberg's step-up rule.

    Parameters
    ----------
    p
        In [0, 1]; NaN is a test not made and stays NaN.

    Returns
    -------
    Floats
        Rejecting where this is at most q keeps the expected share of false finds at most q.
    """
    flat = np.asarray(p, dtype=np.float64)
    out = np.full(flat.shape, np.nan)
    tested = ~np.isnan(flat)
    order = np.argsort(flat[tested], kind="stable")
    m = len(order)
    raised = flat[tested][order] * m / np.arange(1, m + 1)
    adjusted = np.empty(m)
    adjusted[order] = np.minimum(np.minimum.accumulate(raised[::-1])[::-1], 1.0)
    out[tested] = adjusted
    return out


def _gi_star_z(places: Places) -> Floats:
    x, n = places.x, len(places.x)
    total, squares = places.weight + 1, places.weight2 + 1
    variance = x.var() * (n * squares - total**2) / (n - 1)
    return _score(places.lag + x - total * x.mean(), variance, x.var() * squares)


def _gamma_p(places: Places) -> Floats:
    x, n = places.x, len(places.x)
    d = x - x.mean()
    total, squares, cubes = places.weight + 1, places.weight2 + 1, places.weight3 + 1
    variance = x.var() * (n * squares - total**2) / (n - 1)
    third = cubes - 3 * total * squares / n + 2 * total**3 / n**2
    third *= n**2 * float((d**3).mean()) / ((n - 1) * (n - 2))
    deviation = np.sqrt(np.where(variance > 1e-12 * x.var() * squares, variance, 0.0))
    skewness = np.divide(third, deviation**3, out=np.zeros(n), where=deviation > 0)
    binary = bool((squares == total).all() and (cubes == total).all())
    whole = binary and bool((x == np.floor(x)).all())
    excess = places.lag + x - total * x.mean()
    if not whole:
        return two_sided_p(excess, deviation, skewness, step=0.0)
    # whole sums of few neighbours take few values: each tail is worked out once
    key = (places.lag + x) * (total.max() + 1) + total
    _, one, many = np.unique(key, return_index=True, return_inverse=True)
    return two_sided_p(excess[one], deviation[one], skewness[one], step=1.0)[many]


def _gi_z(places: Places) -> Floats:
    x, n = places.x, len(places.x)
    d = x - x.mean()
    mean = -d / (n - 1)
    spread = np.maximum((np.sum(d**2) - d**2) / (n - 1) - mean**2, 0)
    lag = places.lag - places.weight * x.mean()
    variance = spread * ((n - 1) * places.weight2 - places.weight**2) / (n - 2)
    z = _score(lag - places.weight * mean, variance, x.var() * places.weight2)
    z[places.weight == 0] = np.nan
    return z


def _score(excess: Floats, variance: Floats, scale: Floats) -> Floats:
    """Divide by the deviation; where nothing can vary (the window is everything) z is 0."""
    varies = variance > 1e-12 * scale
    return np.where(varies, excess / np.sqrt(np.where(varies, variance, 1.0)), 0.0)


def _analytic_p(z: Floats) -> Floats:
    return np.asarray(2 * ndtr(-np.abs(z)), dtype=np.float64)


def _permuted(
    places: Places, permutations: int, rng: np.random.Generator | None, null: Null, *, where: str
) -> Floats:
    if permutations < 1 or rng is None:
        raise GeoError(
            f"{where}: permutations is {permutations} and rng is {rng}; at least 1 and a "
            "numpy Generator were expected. Pass rng=np.random.default_rng(seed)."
        )
    return permutation_p(places, permutations, rng=rng, null=null)


def _outcome(x: Floats) -> Outcome:
    if len(x) < MIN_PLACES:
        return "too_few"
    return "constant" if np.ptp(x) <= 1e-12 * np.abs(x).max() else "ok"


def _nothing(places: Places, outcome: Outcome) -> LocalStatistic:
    """Say plainly that nothing stands out (all values equal) or can be known (too few)."""
    n = len(places.x)
    z, p = (0.0, 1.0) if outcome == "constant" else (np.nan, np.nan)
    score, certain = places.spread_out(np.full(n, z)), places.spread_out(np.full(n, p))
    kinds = np.zeros(places.valued.shape, np.int8)
    return LocalStatistic(score, score.copy(), certain, certain.copy(), kinds, n, outcome)


def _result(
    places: Places, statistic: Floats, z: Floats, p: Floats, quadrant: NDArray[np.int8]
) -> LocalStatistic:
    kinds = np.zeros(places.valued.shape, np.int8)
    kinds[places.valued] = quadrant
    return LocalStatistic(
        places.spread_out(statistic),
        places.spread_out(z),
        places.spread_out(p),
        places.spread_out(fdr(p)),
        kinds,
        len(places.x),
        "ok",
    )
