"""From scores to ranks and grades: rounding, places, cut points, places within groups."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from geo.grid import Floats

Ints = NDArray[np.int64]

# Sums of rounded points are exact to far less than this; it keeps 90.0 from missing a cut at 90.
SLACK = 1e-9


def round_half_up(values: Floats, decimals: int) -> Floats:
    """Round as an office does: a half goes up, and noise of the last bits does not decide.

    Parameters
    ----------
    values
        Any shape, at least 0; NaN stays.
    decimals
        Digits after the point.

    Returns
    -------
    Floats
        Of the same shape.
    """
    power = 10.0**decimals
    found = values * power
    found += 0.5 + 1e-7
    np.floor(found, out=found)
    found /= power
    return found


def fraction_better(score: Floats, *, lower_is_better: bool) -> Floats:
    """Return for each score the share of all known scores that are strictly better.

    Parameters
    ----------
    score
        Scores, shape (n,); NaN where there is none.
    lower_is_better
        Whether a low score is a good one.

    Returns
    -------
    Floats
        Shares 0 to 1, shape (n,); NaN where the score is.
    """
    known = np.sort((score if lower_is_better else -score)[~np.isnan(score)])
    if not len(known):
        return np.full(len(score), np.nan)
    own = score if lower_is_better else -score
    better = np.searchsorted(known, own, side="left") / len(known)
    return np.where(np.isnan(score), np.nan, better)


def rank(score: Floats, *, lower_is_better: bool) -> Ints:
    """Return the place of each score, 1 the best; equal scores share the better place.

    Parameters
    ----------
    score
        Scores, shape (n,); NaN where there is none.
    lower_is_better
        Whether a low score is a good one.

    Returns
    -------
    Ints
        Places, shape (n,); 0 where there is no score.
    """
    better = fraction_better(score, lower_is_better=lower_is_better)
    places = np.nan_to_num(better) * (~np.isnan(score)).sum() + 1.5
    return np.where(np.isnan(score), 0, np.floor(places)).astype(np.int64)


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
    # Cuts fall from the best grade to the worst, so the first one reached is a sorted search.
    grade = np.searchsorted(-sign * cuts, -sign * score - SLACK, side="left")
    return np.where(np.isnan(score), -1, np.minimum(grade, len(cuts) - 1))


def grade_by_place(
    score: Floats, group: Ints, places: Floats, *, min_group: int, lower_is_better: bool
) -> Ints:
    """Return grades by place within a group, ties to the better grade.

    Parameters
    ----------
    score
        Scores, shape (n,); NaN where there is none.
    group
        Number of the group of each, shape (n,).
    places
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
    edges = np.cumsum(places)[:-1] - SLACK
    return np.where(np.isnan(better), -1, np.searchsorted(edges, better, side="right"))
