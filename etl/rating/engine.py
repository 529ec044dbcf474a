"""The rating engine: communities times items as arrays, from evidence to grades with their ground.

Nothing here reads a file or a database. The same evidence gives the same result whatever the
order of the communities.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from etl.rating import grading, points
from etl.rating.grading import Flags, Ints
from etl.rating.model import ASSESSED_SCORE, ASSESSED_VALUE, Condition, Item, Standard
from etl.rating.points import Floats


@dataclass(frozen=True)
class Measured:
    """A measure of each community with its interval, shape (n,) each; NaN where unknown."""

    value: Floats
    low: Floats
    high: Floats

    @classmethod
    def exact(cls, value: Floats) -> Measured:
        """Return a measure that is known exactly."""
        return cls(value, value, value)


@dataclass(frozen=True)
class Evidence:
    """What is known of `n` communities in one period.

    `scores` and `values` are assessed, by item; `group` is for relative grades; `n_days` is how
    long the period has run.
    """

    n: int
    measures: Mapping[str, Measured] = field(default_factory=dict)
    scores: Mapping[str, Floats] = field(default_factory=dict)
    values: Mapping[str, Floats] = field(default_factory=dict)
    group: Ints | None = None
    n_days: int = 365

    def measured(self, item_id: str, measure: str) -> Measured:
        """Return the evidence for an item; NaN throughout where there is none."""
        nothing = np.full(self.n, np.nan)
        if measure == ASSESSED_SCORE:
            return Measured.exact(self.scores.get(item_id, nothing))
        if measure == ASSESSED_VALUE:
            return Measured.exact(self.values.get(item_id, nothing))
        return self.measures.get(measure, Measured.exact(nothing))


@dataclass(frozen=True)
class Outcome:
    """Ratings of `n` communities under one standard in one period.

    Items are columns in the standard's order. `points` and its bounds are NaN where an item is
    missing or does not apply; `max_points` is 0 where it does not apply. `grade` is -1 where
    there is none: not eligible, or too little known. `eligibility`, `vetoes` and
    `disqualifications` hold 1, 0, or -1 for unknown; `caps` the best grade each cap allows.
    """

    standard: Standard
    points: Floats
    points_low: Floats
    points_high: Floats
    max_points: Floats
    is_missing: Flags
    is_exempt: Flags
    scale: Floats
    score: Floats
    score_low: Floats
    score_high: Floats
    missing_fraction: Floats
    eligibility: NDArray[np.int8]
    is_eligible: Flags
    has_enough_data: Flags
    grade_by_points: Ints
    caps: Ints
    vetoes: NDArray[np.int8]
    disqualifications: NDArray[np.int8]
    grade: Ints

    @property
    def stars(self) -> Ints:
        """Stars, shape (n,); -1 where there is no grade or the standard gives none."""
        given = [-1 if one.stars is None else one.stars for one in self.standard.grades]
        return np.where(self.grade < 0, -1, np.asarray(given)[self.grade])


def rate(standard: Standard, evidence: Evidence) -> Outcome:
    """Rate communities under a standard.

    Parameters
    ----------
    standard
        A loaded and checked standard.
    evidence
        What is known of the communities in the period.

    Returns
    -------
    Outcome
        Points, scores with bounds, caps, vetoes and grades; nothing known gives no grade.

    Notes
    -----
    The bounds of a score are the sums of the bounds of its items: wider than the interval of
    independent items would be, and never moved the wrong way by better evidence.
    """
    given = [_item_points(item, evidence, standard) for item in standard.items]
    found, low, high = (
        _stack([one[part] for one in given], evidence.n) for part in ("points", "low", "high")
    )
    exempt, applies = (
        _stack([one[part] for one in given], evidence.n) > 0.5 for part in ("exempt", "applies")
    )
    missing = np.isnan(found) & applies
    counted = _counted(standard, missing, applies)
    weights = np.asarray([item.weight for item in standard.items])
    core = np.asarray([not item.is_bonus for item in standard.items])
    scale = _scale(standard, weights * core, counted)
    score, score_low, score_high = (
        _total(one, counted, scale, standard) for one in (found, low, high)
    )
    assessed = weights * core * applies
    missing_fraction = _divide((assessed * missing).sum(axis=1), assessed.sum(axis=1))
    nothing = missing_fraction >= 1.0
    score = np.where(nothing, np.nan, score)
    score_low = np.where(nothing, np.nan, score_low)
    score_high = np.where(nothing, np.nan, score_high)

    def lookup(condition: Condition) -> Floats:
        return _condition_values(condition, standard, evidence, found)

    eligibility = grading.checks_hold(standard.eligibility, evidence.n, lookup)
    enough = (missing_fraction <= standard.max_missing_fraction + 1e-9) & ~nothing
    enough &= evidence.n_days >= standard.min_days
    enough &= ~(eligibility == -1).any(axis=1)
    eligible = ~(eligibility == 0).any(axis=1)
    rated = np.where(eligible & enough, score, np.nan)
    by_points = _grade(standard, rated, evidence)
    caps = grading.cap_limits(standard, found, score_low, lookup)
    vetoes = grading.checks_hold(standard.vetoes, evidence.n, lookup)
    out = grading.checks_hold(standard.disqualifications, evidence.n, lookup)
    return Outcome(
        standard=standard,
        points=found,
        points_low=low,
        points_high=high,
        max_points=np.where(applies, weights, 0.0),
        is_missing=missing,
        is_exempt=exempt,
        scale=scale,
        score=score,
        score_low=score_low,
        score_high=score_high,
        missing_fraction=missing_fraction,
        eligibility=eligibility,
        is_eligible=eligible,
        has_enough_data=enough,
        grade_by_points=by_points,
        caps=caps,
        vetoes=vetoes,
        disqualifications=out,
        grade=_lower_grade(standard, by_points, caps, vetoes, out),
    )


def _item_points(item: Item, evidence: Evidence, standard: Standard) -> dict[str, Floats]:
    measured = evidence.measured(item.item_id, item.measure)
    value, first, second = (
        _by_rule(item, one, evidence) for one in (measured.value, measured.low, measured.high)
    )
    best = 0.0 if standard.direction == "lower" else item.weight
    exempt = _is_true(item.exemption, standard, evidence)
    applies = ~_is_true(item.not_applicable, standard, evidence)
    parts = {
        "points": value,
        "low": np.fmin(np.fmin(first, second), value),
        "high": np.fmax(np.fmax(first, second), value),
    }
    settled = {
        name: np.where(applies, np.where(exempt, best, np.round(one, standard.decimals)), np.nan)
        for name, one in parts.items()
    }
    return {**settled, "exempt": exempt.astype(np.float64), "applies": applies.astype(np.float64)}


def _by_rule(item: Item, value: Floats, evidence: Evidence) -> Floats:
    if item.rule == "mitigated_deduction":
        milder = evidence.measured(item.item_id, item.parameters["mitigated"]).value
        return points.mitigated_deduction(value, milder, item.weight, item.parameters)
    return points.RULES[item.rule](value, item.weight, item.parameters)


def _is_true(condition: Condition | None, standard: Standard, evidence: Evidence) -> Flags:
    if condition is None or condition.measure is None:
        return np.zeros(evidence.n, dtype=np.bool_)
    values = evidence.measured("", condition.measure).value
    return np.asarray(grading.holds(values, condition) == 1)


def _stack(columns: list[Floats], n: int) -> Floats:
    return np.stack(columns, axis=1) if columns else np.zeros((n, 0))


def _counted(standard: Standard, missing: Flags, applies: Flags) -> Flags:
    """Items whose weight stays in the sum: all that apply, but missing ones only as zero."""
    as_zero = np.asarray([item.missing == "zero" for item in standard.items])
    return np.asarray(applies & (~missing | as_zero))


def _scale(standard: Standard, weights: Floats, counted: Flags) -> Floats:
    return _divide(np.full(len(counted), standard.max_score), (weights * counted).sum(axis=1))


def _divide(above: Floats, below: Floats) -> Floats:
    return np.divide(above, below, out=np.ones_like(below), where=below > 0.0)


def _total(one: Floats, counted: Flags, scale: Floats, standard: Standard) -> Floats:
    # A missing item that counts as zero is worth the worst: no points, or all penalty points.
    worst = [item.weight if standard.direction == "lower" else 0.0 for item in standard.items]
    filled = np.where(np.isnan(one), np.asarray(worst), one)
    core = np.asarray([not item.is_bonus for item in standard.items])
    total = (filled * (counted & core)).sum(axis=1) * scale
    total = total + (filled * (counted & ~core)).sum(axis=1)
    return np.asarray(np.round(total, standard.decimals))


def _condition_values(
    condition: Condition, standard: Standard, evidence: Evidence, found: Floats
) -> Floats:
    if condition.measure is not None:
        return evidence.measured("", condition.measure).value
    column = [item.item_id for item in standard.items].index(str(condition.item))
    return np.asarray(found[:, column] / standard.items[column].weight)


def _grade(standard: Standard, score: Floats, evidence: Evidence) -> Ints:
    lower = standard.direction == "lower"
    if standard.relative is None:
        cuts = np.asarray([grade.cut for grade in standard.grades], dtype=np.float64)
        return grading.grade_by_cuts(score, cuts, lower_is_better=lower)
    group = np.zeros(evidence.n, dtype=np.int64) if evidence.group is None else evidence.group
    shares = np.asarray([grade.share for grade in standard.grades], dtype=np.float64)
    return grading.grade_by_place(
        score, group, shares, min_group=standard.relative.min_group, lower_is_better=lower
    )


def _lower_grade(
    standard: Standard,
    by_points: Ints,
    caps: Ints,
    vetoes: NDArray[np.int8],
    disqualifications: NDArray[np.int8],
) -> Ints:
    grade = np.maximum(by_points, caps.max(axis=1, initial=0))
    for column, veto in enumerate(standard.vetoes):
        fallen = np.maximum(grade, standard.grade_index(veto.grade))
        grade = np.where(vetoes[:, column] == 1, fallen, grade)
    out = (disqualifications == 1).any(axis=1)
    grade = np.where(out, len(standard.grades) - 1, grade)
    return np.where(by_points < 0, -1, grade)
