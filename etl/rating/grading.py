"""From points to a grade: cut points, places within groups, caps, vetoes and disqualification.

A grade is its place in the standard's list, 0 the best. A cap, a veto and a disqualification can
only make it worse, so their order does not matter.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from etl.rating.model import CertaintyCap, Check, Condition, Standard, WorstItemCap
from etl.rating.points import Floats

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
Lookup = Callable[[Condition], Floats]

# Sums of rounded points are exact to far less than this; it keeps 90.0 from missing a cut at 90.
_SLACK = 1e-9


def holds(values: Floats, condition: Condition) -> NDArray[np.int8]:
    """Tell where a condition holds: 1 yes, 0 no, -1 where the value is unknown (NaN)."""
    bound = condition.bound
    compared: Flags = {
        "at_least": values >= bound - _SLACK,
        "at_most": values <= bound + _SLACK,
        "above": values > bound + _SLACK,
        "below": values < bound - _SLACK,
        "equals": np.abs(values - bound) <= _SLACK,
    }[condition.op]
    return np.where(np.isnan(values), -1, compared).astype(np.int8)


def grade_by_cuts(score: Floats, cuts: Floats, *, lower_is_better: bool) -> Ints:
    """Return the best grade whose cut the score reaches.

    Parameters
    ----------
    score
        Scores, shape (n,); NaN where there is none.
    cuts
        Cut points, best grade first, shape (g,).
    lower_is_better
        Whether a grade needs at most, not at least, its cut.

    Returns
    -------
    Ints
        Grades, shape (n,); -1 where the score is NaN.
    """
    sign = -1.0 if lower_is_better else 1.0
    reached = sign * score[:, None] >= sign * cuts[None, :] - _SLACK
    grade = np.where(reached.any(axis=1), reached.argmax(axis=1), len(cuts) - 1)
    return np.where(np.isnan(score), -1, grade)


def fraction_better(score: Floats, *, lower_is_better: bool) -> Floats:
    """Return for each score the share of all known scores that are strictly better."""
    known = np.sort((score if lower_is_better else -score)[~np.isnan(score)])
    if not len(known):
        return np.full(len(score), np.nan)
    own = score if lower_is_better else -score
    better = np.searchsorted(known, own, side="left") / len(known)
    return np.where(np.isnan(score), np.nan, better)


def grade_by_place(
    score: Floats, group: Ints, shares: Floats, *, min_group: int, lower_is_better: bool
) -> Ints:
    """Return grades by place within a group, ties to the better grade.

    Parameters
    ----------
    score
        Scores, shape (n,); NaN where there is none.
    group
        Number of the group of each, shape (n,).
    shares
        Share of a group that each grade takes, best first, summing to 1, shape (g,).
    min_group
        Groups with fewer known scores take the cut points of all communities together.
    lower_is_better
        Whether a low score is a good one.

    Returns
    -------
    Ints
        Grades, shape (n,); -1 where the score is NaN.
    """
    better = fraction_better(score, lower_is_better=lower_is_better)
    for one in np.unique(group):
        members = group == one
        if int((~np.isnan(score[members])).sum()) >= min_group:
            better[members] = fraction_better(score[members], lower_is_better=lower_is_better)
    edges = np.cumsum(shares)[:-1] - _SLACK
    return np.where(np.isnan(better), -1, np.searchsorted(edges, better, side="right"))


def cap_limits(standard: Standard, points: Floats, low: Floats, lookup: Lookup) -> Ints:
    """Return the best grade that each cap allows.

    Parameters
    ----------
    standard
        The standard.
    points
        Points of each item, NaN where there is none, shape (n, k).
    low
        Lower bound of the score, shape (n,).
    lookup
        Gives the values of a condition's measure or item, shape (n,).

    Returns
    -------
    Ints
        Grades, shape (n, number of caps); 0 where a cap does not bind.
    """
    limits = np.zeros((len(low), len(standard.caps)), dtype=np.int64)
    for column, cap in enumerate(standard.caps):
        if isinstance(cap, Check):
            binds = holds(lookup(cap.condition), cap.condition) == 1
            limits[:, column] = np.where(binds, standard.grade_index(cap.grade), 0)
        elif isinstance(cap, CertaintyCap):
            sure = low >= cap.low_at_least - _SLACK
            limits[:, column] = np.where(sure, 0, standard.grade_index(cap.grade))
        else:
            limits[:, column] = _worst_item_limit(standard, cap, points)
    return limits


def _worst_item_limit(standard: Standard, cap: WorstItemCap, points: Floats) -> Ints:
    names = [item.item_id for item in standard.items]
    columns = [names.index(one) for one in cap.items]
    cuts = np.asarray([bound for bound, _ in cap.limits])
    allowed = np.asarray([standard.grade_index(grade) for _, grade in cap.limits])
    allowed = np.append(allowed, len(standard.grades) - 1)
    if standard.direction == "lower":
        worst = np.max(np.where(np.isnan(points), 0.0, points)[:, columns], axis=1)
        kept = worst[:, None] <= cuts[None, :] + _SLACK
    else:
        weights = np.asarray([item.weight for item in standard.items])
        filled = np.where(np.isnan(points), np.inf, points / weights)
        worst = np.min(filled[:, columns], axis=1)
        kept = worst[:, None] >= cuts[None, :] - _SLACK
    first = np.where(kept.any(axis=1), kept.argmax(axis=1), len(cuts))
    return np.asarray(allowed[first])


def checks_hold(checks: tuple[Check, ...], n: int, lookup: Lookup) -> NDArray[np.int8]:
    """Return where each named condition holds, as 1, 0 or -1 (unknown), shape (n, checks)."""
    found = np.zeros((n, len(checks)), dtype=np.int8)
    for column, check in enumerate(checks):
        found[:, column] = holds(lookup(check.condition), check.condition)
    return found
