"""What would reach the next grade at least cost, item by item.

References
----------
Dantzig, G. B. (1957). Discrete-variable extremum problems. Operations Research 5(2), 266-277:
taking the cheapest points first, the last item in part, is the optimum when items divide.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from etl.rating.engine import Outcome
from etl.rating.grading import Flags, Ints
from etl.rating.model import CertaintyCap
from etl.rating.points import Floats
from geo.grades import grade_by_cuts


@dataclass(frozen=True)
class NextStep:
    """What lies between each community and the next better grade.

    `grade` is the next grade, -1 where there is none (the best is held, or no grade at all);
    `needed` the points short of its cut, 0 when only caps or vetoes hold it back, NaN where the
    grade depends on the others' scores; `gains`, shape (n, items), the points to take from each
    item; `is_reachable` whether they suffice; `caps`, `vetoes`, `disqualifications` what must be
    lifted.
    """

    grade: Ints
    needed: Floats
    gains: Floats
    is_reachable: Flags
    caps: Flags
    vetoes: Flags
    disqualifications: Flags


def find_next_step(outcome: Outcome) -> NextStep:
    """Find the cheapest points that reach the next grade.

    Parameters
    ----------
    outcome
        Ratings of n communities.

    Returns
    -------
    NextStep
        Points of each item to win and the caps and vetoes to lift. An item's effort (cost of a
        point, from the standard) orders the items; items of no effort are never proposed.
    """
    standard = outcome.standard
    goal = np.where(outcome.grade > 0, outcome.grade - 1, -1)
    has_goal = goal >= 0
    caps = has_goal[:, None] & (outcome.caps > goal[:, None])
    vetoes = has_goal[:, None] & (outcome.vetoes == 1)
    for column, veto in enumerate(standard.vetoes):
        vetoes[:, column] &= standard.grade_index(veto.grade) > goal
    out = has_goal[:, None] & (outcome.disqualifications == 1)
    needed = _points_needed(outcome, goal)
    gains = _cheapest_gains(outcome, np.nan_to_num(needed))
    short = np.nan_to_num(needed) - (gains * _worth(outcome)).sum(axis=1)
    return NextStep(
        grade=goal,
        needed=needed,
        gains=gains,
        is_reachable=has_goal & ~np.isnan(needed) & (short <= 10.0**-standard.decimals),
        caps=caps,
        vetoes=vetoes,
        disqualifications=out,
    )


def _points_needed(outcome: Outcome, goal: Ints) -> Floats:
    standard = outcome.standard
    if standard.relative is not None:
        return np.full(len(goal), np.nan)
    cuts = np.asarray([grade.cut for grade in standard.grades], dtype=np.float64)[goal]
    sign = -1.0 if standard.direction == "lower" else 1.0
    needed = np.maximum(sign * (cuts - outcome.score), 0.0)
    for column, cap in enumerate(standard.caps):
        if isinstance(cap, CertaintyCap):
            # A point won for certain lifts the score and its lower bound alike.
            unsure = np.where(outcome.caps[:, column] > goal, cap.low_at_least, -np.inf)
            needed = np.maximum(needed, unsure - outcome.score_low)
    needed = np.round(needed, standard.decimals)
    return np.where(goal < 0, np.nan, needed)


def _worth(outcome: Outcome) -> Floats:
    """Points of the total that a point of each item is worth, shape (n, items)."""
    bonus = np.asarray([item.is_bonus for item in outcome.standard.items])
    return np.where(bonus, 1.0, outcome.scale[:, None])


def _cheapest_gains(outcome: Outcome, needed: Floats) -> Floats:
    items = outcome.standard.items
    open_points = _open_points(outcome)
    order = sorted(
        (column for column, item in enumerate(items) if item.effort > 0.0),
        key=lambda column: (items[column].effort, -items[column].weight, column),
    )
    gains = np.zeros_like(open_points)
    left = needed.copy()
    worth = _worth(outcome)
    for column in order:
        gains[:, column] = np.clip(left / worth[:, column], 0.0, open_points[:, column])
        left = left - gains[:, column] * worth[:, column]
    return np.round(gains, outcome.standard.decimals + 1)


def _open_points(outcome: Outcome) -> Floats:
    missing_zero = np.asarray([item.missing == "zero" for item in outcome.standard.items])
    if outcome.standard.direction == "lower":
        worst = np.where(outcome.is_missing & missing_zero, outcome.max_points, 0.0)
        return np.where(np.isnan(outcome.points), worst, outcome.points)
    nothing = np.where(missing_zero & outcome.is_missing, outcome.max_points, 0.0)
    return np.where(np.isnan(outcome.points), nothing, outcome.max_points - outcome.points)


def grades_if(outcome: Outcome, gains: Floats) -> Ints:
    """Return the grades by points alone if every community won `gains`, shape (n, items)."""
    standard = outcome.standard
    sign = -1.0 if standard.direction == "lower" else 1.0
    won = np.round((gains * _worth(outcome)).sum(axis=1), standard.decimals)
    cuts = np.asarray([grade.cut for grade in standard.grades], dtype=np.float64)
    rated = np.where(outcome.grade < 0, np.nan, outcome.score + sign * won)
    return grade_by_cuts(rated, cuts, lower_is_better=standard.direction == "lower")
