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
        areas, so that PAI can be compared); for Gi* also the cells it calls hot, and as many by
        last year's counts. Periods, or training, without an incident have none.

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
    sums = np.concatenate([np.zeros((1, *inside.shape), n.dtype), np.cumsum(n, axis=0)])
    periods = np.arange(train, len(n))
    past, now = sums[periods] - sums[periods - train], n[periods]
    some = past.any(axis=(1, 2)) & now.any(axis=(1, 2))
    if not some.any():
        return []
    return _try(past[some], now[some], inside, periods[some], s=bandwidth_m / cell_m)


def smooth_counts(
    n: NDArray[np.integer], inside: NDArray[np.bool_], *, s: float, cut: float = CUT
) -> Floats:
    """Smooth counts by a Gaussian; what would spill over the border is put back.

    Parameters
    ----------
    n
        Counts, shape (rows, columns) or (layers, rows, columns), 0 outside.
    inside
        Cells of the study area, shape (rows, columns).
    s
        Standard deviation of the kernel in cells, > 0.
    cut
        Deviations at which the kernel ends.

    Returns
    -------
    Floats
        Counts by cell, 0 outside; their sum is that of ``n`` (edge ``diggle`` of
        ``geo.density.kde``, with all incidents in the middle of their cell).
    """
    reach = np.where(inside, _spread_out(inside.astype(np.float64), s, cut), 1.0)
    return _spread_out(n / reach, s, cut) * inside


def _try(
    past: NDArray[np.integer],
    now: NDArray[np.integer],
    inside: NDArray[np.bool_],
    periods: NDArray[np.integer],
    *,
    s: float,
) -> list[Trial]:
    """Test the maps drawn from each period's past on what came."""
    stars = star_layers(past, inside, apart=True)
    before, after = past[:, inside].astype(np.float64), now[:, inside].astype(np.float64)
    scores: dict[Method, Floats] = {
        "kde": _round(smooth_counts(past, inside, s=s)[:, inside]),
        "gi_star": _round(stars.z[:, inside]),
        "last_year": before,
        "chance": np.zeros(before.shape),
    }
    cells, many = before.shape[1], len(periods)
    hot = stars.state[:, inside] == 1
    sizes = {name: np.full(many, max(1, round(share * cells))) for name, share in SHARES.items()}
    sizes["significant"] = hot.sum(axis=1)
    counted = _Counted(periods, before, after, _best(after))
    found = counted.trials("gi_star", "significant", hot.astype(np.float64))
    for method, score in scores.items():
        order = -np.sort(-score, axis=1)
        for flagged, k in sizes.items():
            # as many cells by last year's counts as Gi* calls hot: the map it has to beat
            if flagged != "significant" or method == "last_year":
                found += counted.trials(method, flagged, _top(score, order, k))
    return sorted(found, key=lambda one: one.period)


@dataclass(frozen=True, slots=True)
class _Counted:
    """What the cells held before and in each period, shape (periods, cells), and at best."""

    periods: NDArray[np.integer]
    before: Floats
    after: Floats
    best: Floats

    def trials(self, method: Method, flagged: Flagged, part: Floats) -> list[Trial]:
        """Count what flagged cells (the part of each) caught; maps without any are left out."""
        cells = part.shape[1]
        sizes = np.rint(part.sum(axis=1)).astype(np.int64)
        sums = self.before.sum(axis=1), self.after.sum(axis=1)
        # a tie shared out may add up to more than the whole by rounding
        hits_before = np.minimum((part * self.before).sum(axis=1), sums[0])
        hits = np.minimum((part * self.after).sum(axis=1), sums[1])
        found = []
        for i in np.flatnonzero(sizes):
            k, hit, n = int(sizes[i]), float(hits[i]), float(sums[1][i])
            best = float(self.best[i, k])
            found.append(
                Trial(
                    int(self.periods[i]),
                    method,
                    flagged,
                    k,
                    cells,
                    hit,
                    int(n),
                    hit_rate(hit, n),
                    pai(hit, n, k, cells),
                    pei(min(hit, best), best),
                    rri(float(hits_before[i]), hit, float(sums[0][i]), n),
                )
            )
        return found


def _best(after: Floats) -> Floats:
    """Give the most that 0, 1, 2 and more cells of each period can hold, known afterwards."""
    ordered = -np.sort(-after, axis=1)
    return np.concatenate([np.zeros((len(after), 1)), np.cumsum(ordered, axis=1)], axis=1)


def _top(score: Floats, order: Floats, k: NDArray[np.integer]) -> Floats:
    """Give the part in which each cell is among the k highest of its row; ties share the rest."""
    last = np.take_along_axis(order, np.maximum(k - 1, 0)[:, None], axis=1)
    above, level = score > last, score == last
    left = (k[:, None] - above.sum(axis=1, keepdims=True)) / level.sum(axis=1, keepdims=True)
    return np.asarray(np.where(k[:, None] > 0, above + level * left, 0.0), dtype=np.float64)


def _spread_out(values: Floats, s: float, cut: float) -> Floats:
    """Smooth grids (the last two axes) with a Gaussian of s cells; nothing lies beyond the edge.

    Not a product of matrices: those run on threads of their own, whose number moves last digits.
    """
    step = np.arange(-ceil(cut * s), ceil(cut * s) + 1)
    taps = np.exp(-0.5 * (step / s) ** 2) / (s * np.sqrt(2 * np.pi))
    down = correlate1d(values, taps, axis=-2, mode="constant")
    return np.asarray(correlate1d(down, taps, axis=-1, mode="constant"), dtype=np.float64)


def _round(values: Floats) -> Floats:
    """Let scores of a period tie that differ by rounding alone."""
    size = np.nanmax(np.abs(values), axis=1, initial=0.0, keepdims=True)
    return np.asarray(np.round(values / np.where(size > 0, size, 1.0), 12), dtype=np.float64)
