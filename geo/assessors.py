"""Who scores high: effects of assessors given what and whom they scored.

References
----------
Abowd, J. M., Kramarz, F., Margolis, D. N. (1999). High wage workers and high wage firms.
Econometrica 67(2), 251-333: two-way effects, comparable only within connected groups.
Morris, C. N. (1983). Parametric empirical Bayes inference: theory and applications. Journal of the
American Statistical Association 78(381), 47-55.
DerSimonian, R., Laird, N. (1986). Meta-analysis in clinical trials. Controlled Clinical Trials
7(3), 177-188: variance between effects by moments.
Benjamini, Y., Hochberg, Y. (1995). Controlling the false discovery rate. Journal of the Royal
Statistical Society B 57(1), 289-300.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.csgraph import connected_components
from scipy.special import stdtr, stdtrit

from geo.errors import GeoError
from geo.grid import Floats
from geo.hotspots import fdr

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class AssessorEffects:
    """One of each assessor, in the unit of the scores; NaN where nothing can be told.

    Parameters
    ----------
    effect, low, high
        How much higher the assessor scores than the middle one of its group, with a 95 % interval.
    shrunk
        The effect drawn towards none, the more the less it rests on.
    p, q
        Chance of so large an effect either way, and adjusted for all assessors.
    n_visits, n_communities, n_scores
        What it rests on.
    group
        Number of the group of assessors that can be compared with each other.
    """

    effect: Floats
    low: Floats
    high: Floats
    shrunk: Floats
    p: Floats
    q: Floats
    n_visits: Ints
    n_communities: Ints
    n_scores: Ints
    group: Ints


def find_assessor_effects(
    scores: Floats, community: Ints, item: Ints, period: Ints, assessor: Ints
) -> AssessorEffects:
    """Estimate how high each assessor scores, given the same communities and items.

    Parameters
    ----------
    scores
        Shares of an item's points, shape (n,), finite.
    community, item, period, assessor
        Numbers from 0 of each score, shape (n,).

    Returns
    -------
    AssessorEffects
        One of each assessor up to the largest number. No scores give empty arrays.

    Raises
    ------
    GeoError
        When the arrays differ in length or a score is not finite.

    Notes
    -----
    A score less the mean of its item in its period is averaged over a visit (one assessor in one
    community in one period): scores of one visit are not independent. Visits are then explained by
    community and assessor, both as fixed effects; the assessors of communities that nobody else
    saw cannot be compared with others. The middle effect of a connected group is none. The variance
    between true effects is found by moments; an effect is drawn towards none by its own share of
    noise. A community seen by one assessor alone says nothing.
    """
    _check(scores, community, item, period, assessor)
    n_assessors = int(assessor.max()) + 1 if len(assessor) else 0
    cells = item * (int(period.max()) + 1 if len(period) else 1) + period
    centred = scores - _means(scores, cells)[cells]
    n_periods = int(period.max()) + 1 if len(period) else 1
    keys = (community * n_periods + period) * max(n_assessors, 1) + assessor
    visits, of_visit = np.unique(keys, return_inverse=True)
    y = _means(centred, of_visit)
    by = visits % max(n_assessors, 1)
    places = visits // max(n_assessors, 1) // n_periods
    effect, se, group, spare = _two_way(y, places, by, n_assessors)
    told = np.isfinite(effect) & (se > 0)
    z = np.where(told, effect / np.where(told, se, 1.0), np.nan)
    p, q, shrunk = (np.full(n_assessors, np.nan) for _ in range(3))
    half = np.full(n_assessors, np.nan)
    if told.any():
        p[told] = 2.0 * stdtr(max(spare, 1), -np.abs(z[told]))
        q[told] = fdr(p[told])
        between = _variance_between(effect[told], se[told])
        shrunk[told] = effect[told] * between / (between + se[told] ** 2)
        half[told] = stdtrit(max(spare, 1), 0.975) * se[told]
    pairs = np.unique(community * max(n_assessors, 1) + assessor) % max(n_assessors, 1)
    return AssessorEffects(
        effect=effect,
        low=effect - half,
        high=effect + half,
        shrunk=shrunk,
        p=p,
        q=q,
        n_visits=np.bincount(by, minlength=n_assessors),
        n_communities=np.bincount(pairs, minlength=n_assessors),
        n_scores=np.bincount(assessor, minlength=n_assessors),
        group=group,
    )


def _check(scores: Floats, *numbers: Ints) -> None:
    if any(one.shape != scores.shape for one in numbers) or not np.isfinite(scores).all():
        shapes = [scores.shape, *(one.shape for one in numbers)]
        raise GeoError(
            f"find_assessor_effects: shapes are {shapes}; arrays of one length with finite scores "
            "were expected. Leave out scores that are not known."
        )


def _means(values: Floats, of: Ints) -> Floats:
    whole = np.bincount(of)
    sums = np.bincount(of, weights=values)
    return np.divide(sums, whole, out=np.zeros(sums.shape), where=whole > 0)


def _two_way(
    y: Floats, places: Ints, by: Ints, n_assessors: int
) -> tuple[Floats, Floats, Ints, int]:
    """Effects of assessors with communities swept out, standard errors, groups, spare degrees."""
    nothing = np.full(n_assessors, np.nan)
    if not len(y):
        return nothing, nothing.copy(), np.zeros(n_assessors, dtype=np.int64), 0
    shape = (n_assessors, int(places.max()) + 1)
    seen = sparse.coo_array((np.ones(len(y)), (by, places)), shape=shape).tocsr()
    per_place = np.maximum(seen.sum(axis=0), 1.0)
    per_assessor = seen.sum(axis=1)
    swept = (seen / np.sqrt(per_place)).tocsr()
    normal = np.diag(per_assessor) - (swept @ swept.T).toarray()
    place_mean = _means(y, places)
    right = np.bincount(by, weights=y - place_mean[places], minlength=n_assessors)
    group = _groups(normal)
    inverse = np.linalg.pinv(normal, rcond=1e-10, hermitian=True)
    found = inverse @ right
    for one in np.unique(group):
        mine = group == one
        found[mine] -= np.median(found[mine])  # one outlier must not make the others look strict
    within = y - found[by]
    residual = within - _means(within, places)[places]
    n_groups = len(np.unique(group[per_assessor > 0]))
    n_places = int((np.bincount(places) > 0).sum())
    spare = len(y) - n_places - int((per_assessor > 0).sum()) + n_groups
    variance = float((residual**2).sum()) / spare if spare > 0 else np.nan
    se = np.sqrt(np.maximum(np.diag(inverse), 0.0) * variance)
    alone = np.bincount(group, minlength=n_assessors)[group] < 2
    cannot = alone | (per_assessor == 0) | ~np.isfinite(se)
    return np.where(cannot, np.nan, found), np.where(cannot, np.nan, se), group, max(spare, 0)


def _groups(normal: Floats) -> Ints:
    """Number the groups of assessors that share communities, directly or by way of others."""
    links = sparse.csr_array(np.abs(normal) > 1e-12)
    return np.asarray(connected_components(links, directed=False)[1], dtype=np.int64)


def _variance_between(effect: Floats, se: Floats) -> float:
    weight = 1.0 / se**2
    mean = float((weight * effect).sum() / weight.sum())
    excess = float((weight * (effect - mean) ** 2).sum()) - (len(effect) - 1)
    scale = float(weight.sum() - (weight**2).sum() / weight.sum())
    return max(0.0, excess / scale) if scale > 0 else 0.0
