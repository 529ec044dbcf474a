"""Permutation p-values of local sums from one table of random draws that all places share.

The sum over k random other values has the same distribution for every place with k neighbours,
but for the draws that hold the place itself. So the draws are made once per k, their sums sorted
and every place looked up; the few draws holding the place are then corrected, with a spare value
drawn for the purpose. Each place's p is exactly that of its own rearrangements; only the Monte
Carlo error is shared between places.

References
----------
Anselin, L. (1995). Local indicators of spatial association - LISA. Geographical Analysis 27(2),
93-115 (conditional permutation).
Phipson, B., Smyth, G. K. (2010). Permutation p-values should never be zero. Statistical
Applications in Genetics and Molecular Biology 9(1), article 39.
"""

from typing import Literal

import numpy as np
from scipy.sparse import csr_array

from geo.grid import Floats, Ints
from geo.local_sums import Places

Null = Literal["conditional", "total"]

TIE = 1e-10
CHUNK = 4_000_000


def permutation_p(
    places: Places, permutations: int, *, rng: np.random.Generator, null: Null
) -> Floats:
    """Compare each place's sum with sums of randomly rearranged values.

    Parameters
    ----------
    places
        From ``geo.local_sums.gather``.
    permutations
        Number of rearrangements, >= 1.
    rng
        Source of randomness.
    null
        ``conditional``: the place keeps its value; ``total``: all values are rearranged and the
        place counts as one of its own window.

    Returns
    -------
    Floats
        Two-sided p, twice the smaller of (1 + draws as high) and (1 + draws as low) over
        (1 + permutations), at most 1, shape (n,). Without neighbours it is 1 (conditional).
    """
    d = places.x - places.x.mean()
    lag = places.lag - places.weight * places.x.mean()
    if places.matrix is not None and not _equal_rows(places, binary=null == "total"):
        return _p_of_unequal(d, lag, places.matrix, permutations, rng, null)
    sums = lag * np.divide(places.count, places.weight, where=places.weight > 0, out=lag * 0)
    high, low = np.empty(len(d), np.int64), np.empty(len(d), np.int64)
    for k in np.unique(places.count):
        cells = np.flatnonzero(places.count == k)
        draws = draw_distinct(len(d), int(k) + 1, permutations, rng=rng)
        if null == "total":
            table = d[draws].sum(axis=1)
            high[cells], low[cells] = _tails(table, (sums + d)[cells], _tie(d, k))
        else:
            high[cells], low[cells] = _conditional_tails(d, sums, cells, draws)
    return _two_sided(high, low, permutations)


def draw_distinct(n: int, k: int, times: int, *, rng: np.random.Generator) -> Ints:
    """Draw ordered samples without replacement.

    Parameters
    ----------
    n
        Numbers to draw from, 0 to n - 1.
    k
        Numbers in a sample, at most n.
    times
        Number of samples.
    rng
        Source of randomness.

    Returns
    -------
    Ints
        Shape (times, k); every ordered sample is equally likely.
    """
    if k * k > 2 * n:
        return _draw_by_shuffling(n, k, times, rng)
    draws = rng.integers(0, n, size=(times, k))
    repeated = np.arange(times)
    while len(repeated):
        ordered = np.sort(draws[repeated], axis=1)
        repeated = repeated[(ordered[:, 1:] == ordered[:, :-1]).any(axis=1)]
        draws[repeated] = rng.integers(0, n, size=(len(repeated), k))
    return draws


def _draw_by_shuffling(n: int, k: int, times: int, rng: np.random.Generator) -> Ints:
    """Take the k smallest of n random keys: for samples so large that repeats are the rule."""
    step = max(1, CHUNK // n)
    parts = []
    for first in range(0, times, step):
        keys = rng.random((min(step, times - first), n))
        smallest = np.argpartition(keys, k - 1, axis=1)[:, :k]
        order = np.argsort(np.take_along_axis(keys, smallest, axis=1), axis=1)
        parts.append(np.take_along_axis(smallest, order, axis=1))
    return np.concatenate(parts)


def _conditional_tails(d: Floats, sums: Floats, cells: Ints, draws: Ints) -> tuple[Ints, Ints]:
    """Count draws as high and as low as each cell's sum, no cell being its own neighbour."""
    taken, spare = draws[:, :-1], draws[:, -1]
    table, tie = d[taken].sum(axis=1), _tie(d, taken.shape[1])
    high, low = _tails(table, sums[cells], tie)
    position = np.full(len(d), -1)
    position[cells] = np.arange(len(cells))
    row, col = np.nonzero(position[taken] >= 0)
    cell = taken[row, col]
    was, now, seen = table[row], table[row] + d[spare[row]] - d[cell], sums[cell]
    up = (now >= seen - tie).astype(np.int64) - (was >= seen - tie)
    down = (now <= seen + tie).astype(np.int64) - (was <= seen + tie)
    np.add.at(high, position[cell], up)
    np.add.at(low, position[cell], down)
    return high, low


def _tails(table: Floats, seen: Floats, tie: float) -> tuple[Ints, Ints]:
    ordered = np.sort(table)
    high = len(table) - np.searchsorted(ordered, seen - tie, side="left")
    return high, np.searchsorted(ordered, seen + tie, side="right")


def _two_sided(high: Ints, low: Ints, permutations: int) -> Floats:
    return np.minimum(1.0, 2.0 * (np.minimum(high, low) + 1) / (permutations + 1))


def _tie(d: Floats, k: int) -> float:
    """Give the rounding within which two sums of k values count as equal."""
    return float(TIE * (k + 1) * np.abs(d).max())


def _equal_rows(places: Places, *, binary: bool) -> bool:
    """Tell whether each place's neighbours weigh the same (``binary``: as much as itself)."""
    if binary:
        return bool(
            (places.weight == places.count).all() and (places.weight2 == places.count).all()
        )
    gap = places.weight2 * places.count - places.weight**2
    return bool((gap <= 1e-12 * places.weight**2).all())


def _p_of_unequal(
    d: Floats,
    lag: Floats,
    matrix: csr_array,
    permutations: int,
    rng: np.random.Generator,
    null: Null,
) -> Floats:
    """Weigh the draws anew for each place: weights that differ within a row cannot share sums."""
    high, low = np.empty(len(d), np.int64), np.empty(len(d), np.int64)
    for k in np.unique(np.diff(matrix.indptr)):
        draws = draw_distinct(len(d), int(k) + 1, permutations, rng=rng)
        for i in np.flatnonzero(np.diff(matrix.indptr) == k):
            w = matrix.data[matrix.indptr[i] : matrix.indptr[i + 1]]
            if null == "total":
                table, seen = d[draws] @ np.append(w, 1.0), lag[i] + d[i]
            else:
                own = draws[:, :-1] == i
                table, seen = d[np.where(own, draws[:, -1:], draws[:, :-1])] @ w, lag[i]
            tie = _tie(d, k) * max(1.0, w.max(initial=0))
            tails = _tails(table, np.array([seen]), tie)
            high[i], low[i] = tails[0][0], tails[1][0]
    return _two_sided(high, low, permutations)
