"""How well a hotspot map foretold the next period.

References
----------
Chainey, S., Tompson, L., Uhlig, S. (2008). The utility of hotspot mapping for predicting spatial
patterns of crime. Security Journal 21(1-2), 4-28 (hit rate, PAI).
Hunt, J. M. (2016). Do crime hot spots move? American University (PEI); used as defined by the
National Institute of Justice (2017), Real-Time Crime Forecasting Challenge.
Levine, N. (2008). The "hottest" part of a hotspot: comments on "The utility of hotspot mapping for
predicting spatial patterns of crime". Security Journal 21(4), 295-302 (RRI).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geo.errors import GeoError
from geo.grid import Floats


@dataclass(frozen=True, slots=True)
class Record:
    """The accuracy of one map over one following period.

    Parameters
    ----------
    hit_rate, pai, pei
        As the functions of these names; NaN when nothing happened.
    n_hit, n_total
        Incidents inside the hotspots, and in all.
    area_fraction
        Part of the study area that the hotspots cover.
    """

    hit_rate: float
    pai: float
    pei: float
    n_hit: float
    n_total: float
    area_fraction: float


def hit_rate(n_hit: float, n_total: float) -> float:
    """Give the share of the next period's incidents that fell in the hotspots.

    Parameters
    ----------
    n_hit, n_total
        Incidents in the hotspots and in all, 0 <= n_hit <= n_total.

    Returns
    -------
    float
        0 to 1; NaN when nothing happened.
    """
    _check_part(n_hit, n_total, where="hit_rate")
    return n_hit / n_total if n_total else np.nan


def pai(n_hit: float, n_total: float, area_hit: float, area_total: float) -> float:
    """Give the predictive accuracy index: hit rate over share of area.

    Parameters
    ----------
    n_hit, n_total
        Incidents in the hotspots and in all.
    area_hit, area_total
        Area of the hotspots and of the study area, in one unit, 0 < area_hit <= area_total.

    Returns
    -------
    float
        1 is chance; NaN when nothing happened. It rises as the hotspots shrink: compare maps of
        equal area only.
    """
    _check_part(area_hit, area_total, where="pai")
    if area_hit == 0:
        raise GeoError(
            "pai: the hotspots have no area; more than 0 was expected. A map without hotspots has "
            "no accuracy to state."
        )
    return hit_rate(n_hit, n_total) / (area_hit / area_total)


def pei(n_hit: float, n_best: float) -> float:
    """Give the prediction efficiency index: hits over the most an equal area could have held.

    Parameters
    ----------
    n_hit, n_best
        Incidents in the hotspots, and in the best hotspots of equal area, known afterwards.

    Returns
    -------
    float
        0 to 1; NaN when nothing happened.
    """
    _check_part(n_hit, n_best, where="pei")
    return n_hit / n_best if n_best else np.nan


def rri(n_hit_before: float, n_hit_after: float, n_before: float, n_after: float) -> float:
    """Give the recapture rate index: how well the hotspots held their share.

    Parameters
    ----------
    n_hit_before, n_hit_after
        Incidents in the hotspots in the period they were drawn from, and in the next.
    n_before, n_after
        Incidents in all in those periods.

    Returns
    -------
    float
        1 when the hotspots keep their share; NaN when a denominator is zero.
    """
    _check_part(n_hit_before, n_before, where="rri")
    _check_part(n_hit_after, n_after, where="rri")
    if not n_hit_before or not n_after:
        return np.nan
    return (n_hit_after / n_hit_before) / (n_after / n_before)


def record(
    counts: NDArray[np.generic], hot: NDArray[np.bool_], *, areas: Floats | None = None
) -> Record:
    """Hold a map of cells against the counts of the following period.

    Parameters
    ----------
    counts
        Incidents of the following period per cell, any shape.
    hot
        Cells that the map called hot, same shape, at least one.
    areas
        Area of each cell, same shape, > 0; None when all are equal.

    Returns
    -------
    Record
        PEI's best area takes whole cells, densest first, and a part of the last.
    """
    n, chosen = np.asarray(counts, np.float64).ravel(), np.asarray(hot, np.bool_).ravel()
    area = np.ones(len(n)) if areas is None else np.asarray(areas, np.float64).ravel()
    if not len(n) == len(chosen) == len(area):
        raise GeoError(
            f"record: {len(n)} counts, {len(chosen)} cells and {len(area)} areas; equally many "
            "were expected. Use one grid for both periods."
        )
    hit, taken = float(n[chosen].sum()), float(area[chosen].sum())
    best = _most(n, area, taken)
    total = float(n.sum())
    return Record(
        hit_rate(hit, total),
        pai(hit, total, taken, float(area.sum())),
        pei(hit, max(best, hit)),
        hit,
        total,
        taken / float(area.sum()),
    )


def _most(n: Floats, area: Floats, taken: float) -> float:
    """Give the incidents of the densest cells that fill an area."""
    order = np.argsort(-n / area, kind="stable")
    filled = np.concatenate([[0.0], np.cumsum(area[order])])
    return float(np.interp(taken, filled, np.concatenate([[0.0], np.cumsum(n[order])])))


def _check_part(part: float, whole: float, *, where: str) -> None:
    if not 0 <= part <= whole * (1 + 1e-12) < np.inf:
        raise GeoError(
            f"{where}: {part} of {whole}; a part between 0 and the whole was expected. "
            "Count the hotspots within the study area."
        )
