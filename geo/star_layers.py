"""Gi* of whole counts on a stack of grids, in time as well as in space, fast for small numbers.

References
----------
Ord, J. K., Getis, A. (1995). Local spatial autocorrelation statistics: distributional issues and
an application. Geographical Analysis 27(4), 286-306.
Benjamini, Y., Hochberg, Y. (1995). Controlling the false discovery rate. Journal of the Royal
Statistical Society B 57(1), 289-300.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from geo._skewed import two_sided_p
from geo.errors import GeoError
from geo.grid import Floats, Ints
from geo.hotspots import MIN_PLACES, Outcome

Skewness = Literal["measured", "mixed_poisson"]

# closer to the mean than this no count is rare enough to matter to a rate of 5 %; further off where
# counts are hardly skewed (the gamma's p is then over 0.08)
NEAR, NEAR_EVEN, EVEN = 1.0, 1.6, 0.5


@dataclass(frozen=True, slots=True)
class Stars:
    """Gi* of each cell of each layer.

    Parameters
    ----------
    z
        Standard scores, shape (layers, rows, columns); NaN outside the study area.
    p
        Two-sided p of the gamma distribution matched to three moments; 1 within one deviation
        of the mean (1.6 where counts are hardly skewed), where it is not worked out, being over
        0.05; NaN outside.
    state
        1 hot and -1 cold after Benjamini-Hochberg over all cells of all layers, else 0.
    outcome
        ``ok``; ``constant`` (all counts equal) or ``too_few`` (fewer than 3 cells): nothing is
        hot or cold then.
    """

    z: Floats
    p: Floats
    state: NDArray[np.int8]
    outcome: Outcome


def star_layers(
    counts: NDArray[np.integer],
    inside: NDArray[np.bool_],
    *,
    steps_back: int = 0,
    apart: bool = False,
    skewness: Skewness = "measured",
    false_share: float = 0.05,
) -> Stars:
    """Measure whether a cell, its eight neighbours, and those before hold more than their share.

    Parameters
    ----------
    counts
        Incidents, whole, >= 0, shape (layers, rows, columns), oldest layer first.
    inside
        Cells of the study area, shape (rows, columns); counts outside it are not used.
    steps_back
        Earlier layers that count as neighbours too, >= 0; the first layers have fewer.
    apart
        True: each layer is a population and a set of tests of its own; it then needs 0 steps
        back. False: all cells of all layers are one, with one mean and variance.
    skewness
        Of the counts, for p: ``measured``, as ``geo.hotspots.gi_star`` has it, asks whether high
        counts gather. A single month with 20 incidents in one cell is not rare to it, since such
        a count exists, and lies in some window. ``mixed_poisson`` asks whether there are more
        incidents than chance has it: counts Poisson, with a rate of their own for each cell
        (gamma), of the mean and variance seen.
    false_share
        Expected share of false finds among the cells called hot or cold, in (0, 1).

    Returns
    -------
    Stars
        Nothing is hot or cold in a layer, when apart, whose counts are all equal.

    Notes
    -----
    Mean and variance are those of ``geo.hotspots.gi_star`` with ``approximation="gamma"``; the
    third moment of a mixed Poisson count is v (2 v / m - 1), m its mean and v its variance. A sum
    of counts takes few values and a window few sizes: each pair of them is worked out once.
    """
    n = np.asarray(counts)
    bad = n.ndim != 3 or inside.shape != n.shape[1:] or n.dtype.kind not in "iu"
    if bad or steps_back < 0 or (apart and steps_back):
        raise GeoError(
            f"star_layers: counts of {n.dtype} with shape {n.shape}, inside {inside.shape}, "
            f"steps_back {steps_back}, apart {apart}; whole numbers (layers, rows, columns), "
            "(rows, columns), at least 0, and 0 with apart were expected. Stack one grid of "
            "counts per layer."
        )
    n = np.where(inside, n, 0).astype(np.int64)
    flat = n[:, inside]
    tests = flat.shape[1] if apart else flat.size
    if tests < MIN_PLACES or flat.min() == flat.max():
        few = tests < MIN_PLACES
        return _nothing(n.shape, inside, "too_few" if few else "constant")
    sums = window_sums(n, steps_back)[:, inside]
    sizes = window_sums(np.broadcast_to(inside.astype(np.int64), n.shape), steps_back)[:, inside]
    # a number for each pair of window size and sum, those of each population together
    top = int(sums.max()) + 1
    pair = sizes * top + sums
    low = int(pair.min())
    pair -= low
    width = int(pair.max()) + 1
    if apart:
        pair += (np.arange(len(n)) * width)[:, None]
    seen = np.bincount(pair.ravel())
    kinds = np.flatnonzero(seen)
    of = kinds // width
    size, total = (kinds % width + low) // top, (kinds % width + low) % top
    z, p = _of_pairs(size, total, of, flat if apart else flat.reshape(1, -1), skewness)
    state = _rejected(p, seen[kinds], of, false_share) * np.sign(z).astype(np.int8)
    at = np.zeros(len(seen), np.int64)
    at[kinds] = np.arange(len(kinds))
    row = at[pair]
    return Stars(
        _spread(z[row], inside, np.nan),
        _spread(p[row], inside, np.nan),
        _spread(state[row], inside, 0).astype(np.int8),
        "ok",
    )


def window_sums(layers: Ints, steps_back: int) -> Ints:
    """Sum each cell with its eight neighbours and the same nine in earlier layers.

    Parameters
    ----------
    layers
        Numbers, shape (layers, rows, columns).
    steps_back
        Earlier layers, >= 0.

    Returns
    -------
    Ints
        The same shape; beyond the edge and before the first layer there is nothing.
    """
    tall = layers.copy()
    tall[:, 1:] += layers[:, :-1]
    tall[:, :-1] += layers[:, 1:]
    wide = tall.copy()
    wide[:, :, 1:] += tall[:, :, :-1]
    wide[:, :, :-1] += tall[:, :, 1:]
    total = wide.copy()
    for back in range(1, steps_back + 1):
        total[back:] += wide[:-back]
    return total


def _of_pairs(
    size: Ints, total: Ints, of: Ints, x: Ints, skewness: Skewness
) -> tuple[Floats, Floats]:
    """Give z and p of windows of some size and sum among the counts x of their population."""
    n, w = x.shape[1], size.astype(np.float64)
    mean = x.mean(axis=1, keepdims=True)
    away = x - mean
    square = away * away
    spread, third_x = square.mean(axis=1)[of], (square * away).mean(axis=1)[of]
    if skewness == "mixed_poisson":
        third_x = spread * (2 * spread / np.maximum(mean[of, 0], 1e-300) - 1)
    variance = spread * (n * w - w**2) / (n - 1)
    deviation = np.sqrt(np.where(variance > 1e-12 * spread * w, variance, 0.0))
    excess = total - w * mean[of, 0]
    z = np.divide(excess, deviation, out=np.zeros(len(w)), where=deviation > 0)
    third = (w - 3 * w * w / n + 2 * w**3 / n**2) * n**2 * third_x / ((n - 1) * (n - 2))
    lean = np.divide(third, deviation**3, out=np.zeros(len(w)), where=deviation > 0)
    p = np.ones(len(w))
    far = np.abs(z) >= np.where(np.abs(lean) < EVEN, NEAR_EVEN, NEAR)
    p[far] = two_sided_p(excess[far], deviation[far], lean[far], step=1.0)
    return z, p


def _rejected(p: Floats, times: Ints, of: Ints, false_share: float) -> NDArray[np.int8]:
    """Tell which p the step-up rule rejects in each population when each occurs so many times."""
    order = np.lexsort((p, of))
    first = np.searchsorted(of[order], np.arange(int(of[-1]) + 2))
    rank = np.cumsum(times[order])
    before = np.concatenate([[0], rank])[first[:-1]]
    all_of = rank[first[1:] - 1] - before
    below = p[order] <= false_share * (rank - before[of[order]]) / all_of[of[order]]
    highest = np.zeros(len(all_of))
    np.maximum.at(highest, of[order][below], p[order][below])
    rejects = np.zeros(len(all_of), np.bool_)
    rejects[of[order][below]] = True
    return (rejects[of] & (p <= highest[of])).astype(np.int8)


def _spread(values: NDArray[np.generic], inside: NDArray[np.bool_], empty: float) -> Floats:
    out = np.full((len(values), *inside.shape), empty)
    out[:, inside] = values
    return out


def _nothing(shape: tuple[int, ...], inside: NDArray[np.bool_], outcome: Outcome) -> Stars:
    z, p = (0.0, 1.0) if outcome == "constant" else (np.nan, np.nan)
    blank = np.where(inside, 1.0, np.nan) * np.ones(shape)
    return Stars(blank * z, blank * p, np.zeros(shape, np.int8), outcome)
