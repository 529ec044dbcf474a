"""Choose a kernel's bandwidth by how well its maps would have predicted the period that followed.

References
----------
Habbema, J. D. F., Hermans, J., van den Broek, K. (1974). A stepwise discriminant analysis program
using density estimation. Compstat 1974, 101-110 (bandwidth of the highest predictive likelihood).
Porter, M. D., Reich, B. J. (2012). Evaluating temporally weighted kernel density methods for
predicting the next event location in a series. Annals of GIS 18(3), 225-240 (walking forward).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geo.errors import GeoError
from geo.grid import Floats
from geo.walk_forward import smooth_counts

STEPS = (1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0)
# a kernel ends at four deviations here: the order of the candidates does not hang on 6e-5 of it
CUT = 4.0
DIGITS = 9


@dataclass(frozen=True, slots=True)
class BandwidthChoice:
    """How well each bandwidth would have predicted the periods that followed.

    Parameters
    ----------
    bandwidth_m
        The best of the candidates, metres; NaN when nothing could be tested.
    candidates_m
        Bandwidths tried, metres, rising.
    score
        For each candidate the mean, over the incidents tested, of the log of their place's chance
        over that of an even map: 0 is no better than knowing nothing. NaN when none was tested.
    n_periods, n_tested
        Periods predicted, and incidents in them.
    """

    bandwidth_m: float
    candidates_m: Floats
    score: Floats
    n_periods: int
    n_tested: int


def choose_bandwidth(
    counts: NDArray[np.integer],
    inside: NDArray[np.bool_],
    *,
    cell_m: float,
    candidates_m: Floats | None = None,
    train: int = 12,
    tests: int = 6,
) -> BandwidthChoice:
    """Choose the bandwidth whose maps gave the periods that followed the highest likelihood.

    Parameters
    ----------
    counts
        Incidents by bin of equal length, oldest first, shape (bins, rows, columns).
    inside
        Cells of the study area, shape (rows, columns); incidents outside are left out.
    cell_m
        Side of a cell, metres, > 0.
    candidates_m
        Bandwidths to try, metres, each at least ``cell_m``; None tries 1, 1.5, 2, 3, 4, 6 and 8
        cells.
    train
        Bins a map is drawn from, >= 1.
    tests
        How many of the last bins are predicted, each from the ``train`` bins before it, >= 1.

    Returns
    -------
    BandwidthChoice
        Equal candidates give the narrower. A bin without an incident, or without one before it,
        is not tested; with none left ``bandwidth_m`` is NaN.

    Notes
    -----
    A map is ``smooth_counts`` (what would spill over the border is put back) of the counts, its
    kernel narrowed by the 1/12 of a cell squared by which counting by cells widens it, mixed with
    1 part in n + 1 of an even map: one incident at a new place does not rule a bandwidth out.
    """
    tried = np.sort(np.asarray(cell_m * np.array(STEPS) if candidates_m is None else candidates_m))
    n = np.asarray(counts)
    if n.ndim != 3 or inside.shape != n.shape[1:] or train < 1 or tests < 1:
        raise GeoError(
            f"choose_bandwidth: counts {n.shape}, inside {inside.shape}, train {train}, tests "
            f"{tests}; (bins, rows, columns), (rows, columns) and at least 1 were expected. "
            "Stack one grid of counts per bin."
        )
    if not len(tried) or not cell_m > 0 or tried[0] < cell_m:
        raise GeoError(
            f"choose_bandwidth: candidates_m are {tried.tolist()} with cell_m {cell_m}; at least "
            "one, of one cell or more, was expected. Try cell_m times 1, 2, 4 and 8."
        )
    n = np.where(inside, n, 0)
    sums = np.concatenate([np.zeros((1, *inside.shape), n.dtype), np.cumsum(n, axis=0)])
    periods = np.arange(max(train, len(n) - tests), len(n))
    past, now = sums[periods] - sums[periods - train], n[periods]
    some = past.any(axis=(1, 2)) & now.any(axis=(1, 2))
    if not some.any():
        return BandwidthChoice(np.nan, tried, np.full(len(tried), np.nan), 0, 0)
    past, now = past[some], now[some]
    score = np.array([_score(past, now, inside, one / cell_m) for one in tried])
    best = float(tried[int(score.argmax())])
    return BandwidthChoice(best, tried, score, len(past), int(now.sum()))


def _score(
    past: NDArray[np.integer], now: NDArray[np.integer], inside: NDArray[np.bool_], s: float
) -> float:
    """Give the mean log chance of the incidents of now, by maps of the past, over an even map's."""
    smooth = smooth_counts(past, inside, s=float(np.sqrt(s * s - 1 / 12)), cut=CUT)[:, inside]
    cells, n = smooth.shape[1], past.sum(axis=(1, 2))[:, None]
    gain = np.log((smooth * cells + 1.0) / (n + 1.0))
    return round(float((gain * now[:, inside]).sum() / now.sum()), DIGITS)
