"""Near repeats: are incidents close in space also close in time, more than chance has it.

References
----------
Knox, E. G. (1964). The detection of space-time interactions. Applied Statistics 13(1), 25-29.
Ratcliffe, J. H. (2009). Near Repeat Calculator (version 1.3). Temple University, Philadelphia.
Johnson, S. D. et al. (2007). Space-time patterns of risk: a cross national assessment of
residential burglary victimization. Journal of Quantitative Criminology 23(3), 201-219.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from geo._kernels import kernel
from geo._threads import run_in_chunks
from geo.errors import GeoError
from geo.grid import Floats, Ints, as_points

Metric = Literal["manhattan", "euclidean"]
MIN_INCIDENTS = 3
BATCH = 32


@dataclass(frozen=True, slots=True)
class KnoxTable:
    """Pairs of incidents by distance (rows) and days apart (columns).

    Parameters
    ----------
    distance_bands_m, time_bands_days
        Edges of the half-open bands: row r holds distances in [edge r, edge r + 1).
    metric
        How distance was measured.
    observed
        Pairs, shape (rows, columns).
    expected
        Pairs if time did not depend on place: row sum times column sum over all pairs.
    mean_simulated
        Mean over the rearrangements; NaN without any.
    ratio
        Observed over expected; NaN where none is expected.
    p
        One-sided: share of rearrangements with at least as many pairs, (1 + them) / (1 + all);
        NaN without any.
    n
        Incidents used.
    n_left_out
        Incidents without place or date.
    """

    distance_bands_m: Floats
    time_bands_days: Floats
    metric: Metric
    observed: Ints
    expected: Floats
    mean_simulated: Floats
    ratio: Floats
    p: Floats
    n: int
    n_left_out: int


def knox(
    points: Floats,
    dates: NDArray[np.generic],
    *,
    distance_bands_m: Sequence[float],
    time_bands_days: Sequence[float],
    metric: Metric = "manhattan",
    permutations: int = 999,
    rng: np.random.Generator | None = None,
) -> KnoxTable:
    """Count pairs of incidents by distance and days apart, and compare with shuffled dates.

    Parameters
    ----------
    points
        Coordinates, metres, shape (n, 2).
    dates
        Day of each incident: datetime64 (cut to the day) or whole day numbers, shape (n,).
    distance_bands_m
        Rising edges from 0; the last may be infinite. [0, 1, 100, 200] makes "same place", "1 to
        under 100 m", "100 to under 200 m".
    time_bands_days
        Rising edges from 0; the last may be infinite.
    metric
        ``manhattan`` (along streets, as the Near Repeat Calculator) or ``euclidean``.
    permutations
        Number of rearrangements of the dates over the places; 0 for none.
    rng
        Source of the rearrangements, required with ``permutations``.

    Returns
    -------
    KnoxTable
        Fewer than 3 incidents give zero pairs or one, and p of 1: nothing can be said.

    Notes
    -----
    Pairs beyond the last finite distance are not visited: their days apart follow from all pairs.
    """
    xy, day, left_out = _usable(points, dates)
    rows = _edges(distance_bands_m, "distance_bands_m")
    cols = _edges(time_bands_days, "time_bands_days")
    if permutations and rng is None:
        raise GeoError(
            f"knox: permutations is {permutations} without rng; a numpy Generator was expected. "
            "Pass rng=np.random.default_rng(seed)."
        )
    start, other, row = _close_pairs(xy, rows, metric)
    apart = _band_of_days(day, cols)
    n_rows, n_cols = len(rows) - 1, len(cols) - 1
    observed = _count(start, other, row, day[None], apart, n_rows, n_cols)[0]
    by_days = _all_pairs_by_days(day, cols)
    if np.isinf(rows[-1]):
        observed[-1] = by_days - observed[:-1].sum(axis=0)
    pairs = max(len(day) * (len(day) - 1) // 2, 1)
    beside = _row_totals(row, n_rows, len(day), rows)
    expected = np.multiply.outer(beside, by_days) / pairs
    mean, p = np.full(expected.shape, np.nan), np.full(expected.shape, np.nan)
    if permutations and rng is not None:
        total, higher = np.zeros(expected.shape), np.zeros(expected.shape, np.int64)
        for first in range(0, permutations, BATCH):
            size = min(BATCH, permutations - first)
            shuffled = rng.permuted(np.tile(day, (size, 1)), axis=1)
            drawn = np.empty((size, *expected.shape), np.int64)

            def work(a: int, b: int, days: Ints = shuffled, out: Ints = drawn) -> None:
                out[a:b] = _count(start, other, row, days[a:b], apart, n_rows, n_cols)

            run_in_chunks(work, size, chunk=BATCH // 4)
            if np.isinf(rows[-1]):
                drawn[:, -1] = by_days - drawn[:, :-1].sum(axis=1)
            total += drawn.sum(axis=0)
            higher += (drawn >= observed).sum(axis=0)
        mean, p = total / permutations, (higher + 1) / (permutations + 1)
    ratio = np.divide(observed, expected, out=np.full(expected.shape, np.nan), where=expected > 0)
    return KnoxTable(rows, cols, metric, observed, expected, mean, ratio, p, len(day), left_out)


def _usable(points: Floats, dates: NDArray[np.generic]) -> tuple[Floats, Ints, int]:
    """Drop incidents without place or date, and count days from the first."""
    xy, given = as_points(points, where="knox"), np.asarray(dates)
    if len(given) != len(xy):
        raise GeoError(
            f"knox: {len(xy)} points and {len(given)} dates; equally many were expected. "
            "Give one date per incident."
        )
    if given.dtype.kind == "M":
        dated = ~np.isnat(given)
        number = given.astype("datetime64[D]").astype(np.int64)
    else:
        value = given.astype(np.float64)
        dated = np.isfinite(value)
        if (value[dated] != np.floor(value[dated])).any():
            raise GeoError(
                "knox: dates are not whole days; day numbers or datetime64 were expected. "
                "Round times down to the day."
            )
        number = np.where(dated, value, 0).astype(np.int64)
    keep = dated & np.isfinite(xy).all(axis=1)
    day = number[keep]
    first = day.min() if len(day) else 0
    return xy[keep], day - first, int((~keep).sum())


def _edges(bands: Sequence[float], name: str) -> Floats:
    edges = np.asarray(bands, dtype=np.float64)
    if len(edges) < 2 or edges[0] != 0 or not (np.diff(edges) > 0).all():
        raise GeoError(
            f"knox: {name} is {list(bands)}; at least two rising edges from 0 were expected. "
            "For example [0, 1, 100, 200]."
        )
    return edges


def _close_pairs(xy: Floats, edges: Floats, metric: Metric) -> tuple[Ints, NDArray, NDArray]:
    """List pairs closer than the last finite edge: start of each point's pairs, partner, band."""
    order = 1 if metric == "manhattan" else 2
    reach = edges[-1] if np.isfinite(edges[-1]) else edges[-2]
    pairs = np.empty((0, 2), np.int64)
    if len(xy):
        pairs = cKDTree(xy).query_pairs(reach, p=order, output_type="ndarray")
    gap = np.abs(xy[pairs[:, 0]] - xy[pairs[:, 1]])
    away = gap.sum(axis=1) if order == 1 else np.hypot(gap[:, 0], gap[:, 1])
    band = np.searchsorted(edges, away, side="right") - 1
    keep = (band >= 0) & (away < reach)
    pairs, band = pairs[keep], band[keep]
    by_first = np.argsort(pairs[:, 0], kind="stable")
    pairs, band = pairs[by_first], band[by_first]
    start = np.searchsorted(pairs[:, 0], np.arange(len(xy) + 1)).astype(np.int64)
    return start, pairs[:, 1].astype(np.int32), band.astype(np.int16)


def _band_of_days(day: Ints, edges: Floats) -> NDArray[np.int16]:
    """Give the band of each number of days apart; the last number is a band of its own: none."""
    longest = int(day.max(initial=0))
    band = np.searchsorted(edges, np.arange(longest + 1), side="right") - 1
    return np.where((band < 0) | (band > len(edges) - 2), len(edges) - 1, band).astype(np.int16)


def _all_pairs_by_days(day: Ints, edges: Floats) -> Ints:
    """Count all pairs by days apart, from the sorted days."""
    ordered = np.sort(day)
    below = np.array([_pairs_under(ordered, edge) for edge in edges], dtype=np.int64)
    return np.diff(below)


def _pairs_under(ordered: Ints, gap: float) -> int:
    if np.isinf(gap):
        return len(ordered) * (len(ordered) - 1) // 2
    last = np.searchsorted(ordered, ordered + gap, side="left")
    return int(np.maximum(last - np.arange(len(ordered)) - 1, 0).sum())


def _row_totals(row: NDArray, n_rows: int, n: int, edges: Floats) -> Ints:
    totals = np.bincount(row, minlength=n_rows).astype(np.int64)
    if np.isinf(edges[-1]):
        totals[-1] = n * (n - 1) // 2 - totals[:-1].sum()
    return totals


def _count(
    start: Ints, other: NDArray[np.int32], row: NDArray[np.int16], days: Ints,
    apart: NDArray[np.int16], n_rows: int, n_cols: int,
) -> Ints:  # fmt: skip
    """Count the close pairs by distance and days apart, once for each row of ``days``."""
    found = np.zeros((len(days), n_rows, n_cols + 1), np.int64)
    _add_pairs(start, other, row, days, apart, found)
    return found[:, :, :n_cols]


@kernel
def _add_pairs(start, other, row, days, apart, found):  # type: ignore[no-untyped-def]
    for k in range(days.shape[0]):
        for i in range(start.shape[0] - 1):
            here = days[k, i]
            for pair in range(start[i], start[i + 1]):
                found[k, row[pair], apart[abs(here - days[k, other[pair]])]] += 1
