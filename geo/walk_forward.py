"""Hotspot maps tested on the months that followed them, each drawn from the past alone.

References
----------
Chainey, S., Tompson, L., Uhlig, S. (2008). The utility of hotspot mapping for predicting spatial
patterns of crime. Security Journal 21(1-2), 4-28.
Adepeju, M., Rosser, G., Cheng, T. (2016). Novel evaluation metrics for sparse spatio-temporal
point process hotspot predictions. International Journal of Geographical Information Science
30(11), 2133-2154 (walking forward, equal areas).
"""

from dataclasses import dataclass
from math import ceil
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import correlate1d

from geo._smoothing import CUT
from geo.accuracy import hit_rate, pai, pei, rri
from geo.errors import GeoError
from geo.grid import Floats
from geo.star_layers import star_layers

Method = Literal["kde", "gi_star", "last_year", "chance"]
Flagged = Literal["top_5", "top_10", "top_20", "significant"]
METHODS: tuple[Method, ...] = ("kde", "gi_star", "last_year", "chance")
SHARES: dict[Flagged, float] = {"top_5": 0.05, "top_10": 0.10, "top_20": 0.20}


@dataclass(frozen=True, slots=True)
class Trial:
    """One map held against one following period.

    Parameters
    ----------
    period
        Bin it was tested on; it was drawn from the bins before.
    method, flagged
        How the map was drawn, and which of its cells were flagged.
    n_flagged, n_cells
        Cells flagged, and in all.
    n_hit, n
        Incidents of the period in the flagged cells, and in all.
    hit_rate, pai, pei, rri
        As ``geo.accuracy``; NaN when nothing happened.
    """

    period: int
    method: Method
    flagged: Flagged
    n_flagged: int
    n_cells: int
    n_hit: float
    n: int
    hit_rate: float
    pai: float
    pei: float
    rri: float


def walk_forward(
    counts: NDArray[np.integer],
    inside: NDArray[np.bool_],
    *,
    cell_m: float,
    bandwidth_m: float,
    train: int = 12,
) -> list[Trial]:
    """Draw each period's maps from the periods before it, and count what they caught.

    Parameters
    ----------
    counts
        Incidents by bin of equal length, oldest first, shape (bins, rows, columns).
    inside
        Cells of the study area, shape (rows, columns).
    cell_m, bandwidth_m
        Side of a cell and deviation of the kernel, metres.
    train
        Bins a map is drawn from, >= 1.

    Returns
    -------
    list[Trial]
        For each bin from ``train`` on and each method the top 5, 10 and 20 % of the cells (equal
        areas, so that PAI can be compared), and for Gi* also the cells it calls hot. Periods, or
        training, without an incident have none.

    Notes
    -----
    Where cells tie for the last place each is flagged in part: the hits are those to be expected
    when the tie is broken by lot. Chance is an expectation too: every cell in part.
    """
    n = np.asarray(counts)
    if n.ndim != 3 or inside.shape != n.shape[1:] or train < 1 or not cell_m > 0 < bandwidth_m:
        raise GeoError(
            f"walk_forward: counts {n.shape}, inside {inside.shape}, train {train}, cell_m "
            f"{cell_m}, bandwidth_m {bandwidth_m}; (bins, rows, columns), (rows, columns), at "
            "least 1 and metres above 0 were expected. Stack one grid of counts per bin."
        )
    n = np.where(inside, n, 0)
    s = bandwidth_m / cell_m
    trials: list[Trial] = []
    for period in range(train, len(n)):
        past, now = n[period - train : period].sum(axis=0), n[period]
        if inside.any() and past[inside].any() and now[inside].any():
            trials += _try(past, now, inside, period, smooth_counts(past, inside, s=s))
    return trials


def smooth_counts(n: NDArray[np.integer], inside: NDArray[np.bool_], *, s: float) -> Floats:
    """Smooth counts by a Gaussian; what would spill over the border is put back.

    Parameters
    ----------
    n
        Counts, shape (rows, columns), 0 outside.
    inside
        Cells of the study area, the same shape.
    s
        Standard deviation of the kernel in cells, > 0.

    Returns
    -------
    Floats
        Counts by cell, 0 outside; their sum is that of ``n`` (edge ``diggle`` of
        ``geo.density.kde``, with all incidents in the middle of their cell).
    """
    reach = np.where(inside, _spread_out(inside.astype(np.float64), s), 1.0)
    return _spread_out(n / reach, s) * inside


def _try(
    past: NDArray[np.integer],
    now: NDArray[np.integer],
    inside: NDArray[np.bool_],
    period: int,
    density: Floats,
) -> list[Trial]:
    """Test the maps drawn from ``past`` on ``now``."""
    stars = star_layers(past[None], inside)
    score: dict[Method, Floats] = {
        "kde": _round(density[inside]),
        "gi_star": _round(stars.z[0][inside]),
        "last_year": past[inside].astype(np.float64),
        "chance": np.zeros(int(inside.sum())),
    }
    before, after = past[inside].astype(np.float64), now[inside].astype(np.float64)
    best = np.concatenate([[0.0], np.cumsum(np.sort(after)[::-1])])
    sums = float(before.sum()), float(after.sum())
    cells, found = len(before), []
    wanted: list[tuple[Method, Flagged, Floats]] = []
    for method, values in score.items():
        order = np.argsort(-values, kind="stable")
        for flagged, share in SHARES.items():
            wanted.append((method, flagged, _top(values, order, max(1, round(share * cells)))))
    hot = stars.state[0][inside] == 1
    if hot.any():
        wanted.append(("gi_star", "significant", hot.astype(np.float64)))
    for method, flagged, part in wanted:
        k = round(float(part.sum()))
        hit_before = min(float((part * before).sum()), sums[0])
        hit = min(float((part * after).sum()), sums[1])
        found.append(
            Trial(
                period,
                method,
                flagged,
                k,
                cells,
                hit,
                int(sums[1]),
                hit_rate(hit, sums[1]),
                pai(hit, sums[1], k, cells),
                pei(min(hit, best[k]), best[k]),
                rri(hit_before, hit, sums[0], sums[1]),
            )
        )
    return found


def _top(values: Floats, order: NDArray[np.integer], k: int) -> Floats:
    """Give the part in which each cell is among the k highest; ties share what is left."""
    last = values[order[k - 1]]
    above, level = values > last, values == last
    part: Floats = above.astype(np.float64)
    part[level] = (k - float(above.sum())) / float(level.sum())
    return part


def _spread_out(values: Floats, s: float) -> Floats:
    """Smooth a grid with a Gaussian of s cells; nothing lies beyond its edge.

    Not a product of matrices: those run on threads of their own, whose number moves last digits.
    """
    step = np.arange(-ceil(CUT * s), ceil(CUT * s) + 1)
    taps = np.exp(-0.5 * (step / s) ** 2) / (s * np.sqrt(2 * np.pi))
    down = correlate1d(values, taps, axis=0, mode="constant")
    return np.asarray(correlate1d(down, taps, axis=1, mode="constant"), dtype=np.float64)


def _round(values: Floats) -> Floats:
    """Let scores tie that differ by rounding alone."""
    size = float(np.nanmax(np.abs(values), initial=0.0))
    return np.round(values / size, 12) if size > 0 else np.zeros(len(values))
