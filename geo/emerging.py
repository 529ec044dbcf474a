"""Emerging hot spots: what two years of hot and cold months amount to, cell by cell.

The eight kinds follow the published description of the Emerging Hot Spot Analysis tool (Esri,
ArcGIS Pro, Space Time Pattern Mining), told here in our own words.

References
----------
Esri (2024). How Emerging Hot Spot Analysis works. ArcGIS Pro documentation.
Mann, H. B. (1945). Nonparametric tests against trend. Econometrica 13(3), 245-259.
Kendall, M. G. (1975). Rank Correlation Methods, 4th ed. Griffin (variance with ties).
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from geo.errors import GeoError
from geo.grid import Floats
from geo.hotspots import Outcome
from geo.star_layers import star_layers, window_sums

Pattern = Literal[
    "none", "new", "consecutive", "intensifying", "persistent", "diminishing", "sporadic",
    "oscillating", "historical",
]  # fmt: skip
PATTERNS: tuple[Pattern, ...] = (
    "none", "new", "consecutive", "intensifying", "persistent", "diminishing", "sporadic",
    "oscillating", "historical",
)  # fmt: skip
MIN_BINS = 10
ALMOST_ALWAYS = 0.9
SIGNIFICANT = 0.05


@dataclass(frozen=True, slots=True)
class Emerging:
    """The kind of each cell, and what it rests on.

    Parameters
    ----------
    pattern
        Number in ``PATTERNS``, shape (rows, columns); 0 (none) outside the study area.
    state
        1 hot, -1 cold, 0 neither, shape (bins, rows, columns).
    z
        Gi* of each bin, same shape; NaN outside.
    trend_z, trend_p
        Mann-Kendall over the bins, shape (rows, columns); NaN where the pattern is none.
    outcome
        ``ok``, ``constant`` or ``too_few``, as of ``geo.star_layers.star_layers``.
    """

    pattern: NDArray[np.int8]
    state: NDArray[np.int8]
    z: Floats
    trend_z: Floats
    trend_p: Floats
    outcome: Outcome


def emerging(
    counts: NDArray[np.integer], inside: NDArray[np.bool_], *, false_share: float = 0.05
) -> Emerging:
    """Classify cells by the history of their Gi*.

    Parameters
    ----------
    counts
        Incidents by bin of equal length, oldest first, shape (bins, rows, columns), at least 10
        bins.
    inside
        Cells of the study area, shape (rows, columns).
    false_share
        Expected share of false finds among the hot and cold bins, in (0, 1).

    Returns
    -------
    Emerging
        Without a hot bin every cell is ``none``.

    Notes
    -----
    Neighbours are the eight around a cell and the nine of the bin before; one mean serves all
    bins. p is that of mixed Poisson counts (``geo.star_layers``), so that one busy month is found.
    The Benjamini-Hochberg rule runs over all cells of all bins. The trend is that of the
    Gi* of each bin alone, which ranks as the incidents around the cell do: with the bin before in
    it, one month in both, 17 of 100 steady places were called rising or falling at 5 %.
    """
    if len(counts) < MIN_BINS:
        raise GeoError(
            f"emerging: {len(counts)} bins; at least {MIN_BINS} were expected. "
            "Wait for more months, or take shorter bins."
        )
    found = star_layers(
        counts, inside, steps_back=1, skewness="mixed_poisson", false_share=false_share
    )
    ever = (found.state == 1).any(axis=0)
    trend_z, trend_p = np.full(inside.shape, np.nan), np.full(inside.shape, np.nan)
    pattern = np.zeros(inside.shape, np.int8)
    if ever.any():
        alone = window_sums(np.where(inside, counts, 0).astype(np.int64), 0)
        s, p = mann_kendall(alone[:, ever].T.astype(np.float64))
        kind = classify(found.state[:, ever].T, s, p)
        pattern[ever] = kind
        trend_z[ever], trend_p[ever] = np.where(kind > 0, s, np.nan), np.where(kind > 0, p, np.nan)
    return Emerging(pattern, found.state, found.z, trend_z, trend_p, found.outcome)


def classify(state: NDArray[np.int8], trend_z: Floats, trend_p: Floats) -> NDArray[np.int8]:
    """Name the history of each cell.

    Parameters
    ----------
    state
        1 hot, -1 cold, 0 neither, shape (cells, bins), oldest bin first.
    trend_z, trend_p
        Mann-Kendall of the cell, shape (cells,).

    Returns
    -------
    NDArray[np.int8]
        Number in ``PATTERNS``, shape (cells,).

    Notes
    -----
    Hot in the last bin:
    ``new`` for the first time; ``consecutive`` at the end of one run, nothing before it;
    ``intensifying``, ``diminishing``, ``persistent`` when hot in at least 90 % of the bins, with
    scores that rise, fall (trend p <= 0.05) or do neither; ``oscillating`` when hot before, with
    a break, and once cold; ``sporadic`` when hot before, with a break, and never cold.
    Not hot in the last bin: ``historical`` when hot in at least 90 % of the bins, else ``none``.
    """
    hot = state == 1
    n_bins, n_hot = hot.shape[1], hot.sum(axis=1)
    last, mostly = hot[:, -1], n_hot >= ALMOST_ALWAYS * n_bins
    # the run that ends with the last bin: bins since the last one that was not hot
    run = np.where(hot.all(axis=1), n_bins, np.argmin(hot[:, ::-1], axis=1))
    trends = trend_p <= SIGNIFICANT
    rules: tuple[tuple[NDArray[np.bool_], Pattern], ...] = (
        (~last & mostly, "historical"),
        (~last, "none"),
        (mostly & trends & (trend_z > 0), "intensifying"),
        (mostly & trends & (trend_z < 0), "diminishing"),
        (mostly, "persistent"),
        (n_hot == 1, "new"),
        (run == n_hot, "consecutive"),
        ((state == -1).any(axis=1), "oscillating"),
    )
    kind = np.full(len(state), PATTERNS.index("sporadic"), np.int8)
    for where, name in reversed(rules):
        kind[where] = PATTERNS.index(name)
    return kind


def mann_kendall(series: Floats) -> tuple[Floats, Floats]:
    """Test each series for a trend, whatever its shape.

    Parameters
    ----------
    series
        Values in order of time, shape (series, times), without NaN.

    Returns
    -------
    tuple[Floats, Floats]
        z (positive: rising; 0 when all values are equal) and two-sided p, shape (series,).

    Notes
    -----
    S sums the signs of all later minus earlier values; its variance is
    (t (t - 1) (2 t + 5) - sum over ties of g (g - 1) (2 g + 5)) / 18, and z = (S - sign S) / s,
    normal from ten values on.
    """
    x = np.asarray(series, dtype=np.float64)
    n, t = x.shape
    s = np.zeros(n)
    for k in range(t - 1):
        s += np.sign(x[:, k + 1 :] - x[:, k : k + 1]).sum(axis=1)
    # every value adds (g - 1) (2 g + 5), g the size of its group of equals: g times that in all
    equal = (x[:, :, None] == x[:, None, :]).sum(axis=2).astype(np.float64)
    ties = ((equal - 1) * (2 * equal + 5)).sum(axis=1)
    variance = (t * (t - 1) * (2 * t + 5) - ties) / 18
    moves = variance > 0
    z = np.where(moves, (s - np.sign(s)) / np.sqrt(np.where(moves, variance, 1.0)), 0.0)
    return z, np.asarray(2 * ndtr(-np.abs(z)), dtype=np.float64)
