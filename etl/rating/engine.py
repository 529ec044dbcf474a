"""The rating engine: communities times items as arrays, from evidence to grades with their ground.

Nothing here reads a file or a database. The same evidence gives the same result whatever the
order of the communities. Rules fill items; what follows from full items is `geo.scoring`, which a
page uses too.
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
from geo.scoring import Scored, Shares, score_shares


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
    `disqualifications` hold 1, 0, or -1 for unknown; `caps` the best grade each cap allows,
    `grade_limit` the best that flags, vetoes and disqualifications allow together. `shares` say
    how full each item is before weights count.
    """

    standard: Standard
    shares: Shares
    scored: Scored
    is_exempt: Flags
    eligibility: NDArray[np.int8]
    is_eligible: Flags
    may_be_rated: Flags
    has_enough_data: Flags
    caps: Ints
    vetoes: NDArray[np.int8]
    disqualifications: NDArray[np.int8]
    grade_limit: Ints

    @property
    def points(self) -> Floats:
        """Points of each item, shape (n, k)."""
        return self.scored.points

    @property
    def points_low(self) -> Floats:
        """Lower bounds of the points, shape (n, k)."""
        return self.scored.points_low

    @property
    def points_high(self) -> Floats:
        """Upper bounds of the points, shape (n, k)."""
        return self.scored.points_high

    @property
    def max_points(self) -> Floats:
        """Most points of each item, shape (n, k)."""
        return self.scored.max_points

    @property
    def is_missing(self) -> Flags:
        """Where an item applies and nothing is known, shape (n, k)."""
        return self.scored.is_missing

    @property
    def scale(self) -> Floats:
        """By how much points are scaled up for items left out, shape (n,)."""
        return self.scored.scale

    @property
    def score(self) -> Floats:
        """Scores, shape (n,)."""
        return self.scored.score

    @property
    def score_low(self) -> Floats:
        """Lower bounds of the scores, shape (n,)."""
        return self.scored.score_low

    @property
    def score_high(self) -> Floats:
        """Upper bounds of the scores, shape (n,)."""
        return self.scored.score_high

    @property
    def missing_fraction(self) -> Floats:
        """Share of the weight that is missing, shape (n,)."""
        return self.scored.missing_fraction

    @property
    def grade_by_points(self) -> Ints:
        """Grades before caps and vetoes, shape (n,)."""
        return self.scored.grade_by_points

    @property
    def grade(self) -> Ints:
        """Grades, shape (n,)."""
        return self.scored.grade

    @property
    def stars(self) -> Ints:
        """Stars, shape (n,); -1 where there is no grade or the standard gives none."""
        return self.scored.stars


def rate(standard: Standard, evidence: Evidence, *, weights: Floats | None = None) -> Outcome:
    """Rate communities under a standard.

    Parameters
    ----------
    standard
        A loaded and checked standard.
    evidence
        What is known of the communities in the period.
    weights
        Other weights of the items than the standard's, shape (k,); scaled to the same maximum.

    Returns
    -------
    Outcome
        Points, scores with bounds, caps, vetoes and grades; nothing known gives no grade.
    """
    shares, exempt = fill_items(standard, evidence)
    return judge(standard, evidence, shares, exempt, weights=weights)


def judge(
    standard: Standard,
    evidence: Evidence,
    shares: Shares,
    exempt: Flags,
    *,
    weights: Floats | None = None,
) -> Outcome:
    """Rate communities whose items are filled already.

    Parameters
    ----------
    standard
        A loaded and checked standard.
    evidence
        What eligibility, caps and vetoes look at.
    shares, exempt
        As `fill_items` gives them, n communities.
    weights
        As in `rate`.

    Returns
    -------
    Outcome
        As `rate` gives it.
    """

    def lookup(condition: Condition) -> Floats:
        return _condition_values(condition, standard, evidence, shares)

    eligibility = grading.checks_hold(standard.eligibility, evidence.n, lookup)
    eligible = ~(eligibility == 0).any(axis=1)
    told = ~(eligibility == -1).any(axis=1) & (evidence.n_days >= standard.min_days)
    vetoes = grading.checks_hold(standard.vetoes, evidence.n, lookup)
    out = grading.checks_hold(standard.disqualifications, evidence.n, lookup)
    flags = grading.flag_limits(standard, evidence.n, lookup)
    limit = grading.grade_limit(standard, flags, vetoes, out)
    scored = score_shares(
        grading.scheme_of(standard),
        shares,
        grade_limit=limit,
        may_be_rated=eligible & told,
        weights=weights,
        group=evidence.group,
    )
    return Outcome(
        standard=standard,
        shares=shares,
        scored=scored,
        is_exempt=exempt,
        eligibility=eligibility,
        is_eligible=eligible,
        may_be_rated=eligible & told,
        has_enough_data=scored.is_enough & told,
        caps=grading.all_limits(standard, flags, scored),
        vetoes=vetoes,
        disqualifications=out,
        grade_limit=limit,
    )


def fill_items(standard: Standard, evidence: Evidence) -> tuple[Shares, Flags]:
    """Return how full each item is by its rule, and which are exempt, shape (n, k)."""
    n, k = evidence.n, len(standard.items)
    value, low, high = (np.empty((n, k)) for _ in range(3))
    exempt, applies = (np.zeros((n, k), dtype=np.bool_) for _ in range(2))
    for column, item in enumerate(standard.items):
        exempt[:, column] = _is_true(item.exemption, evidence)
        applies[:, column] = ~_is_true(item.not_applicable, evidence)
        filled = _filled(item, evidence)
        best = 0.0 if standard.direction == "lower" else 1.0
        for into, one in zip((value, low, high), filled, strict=True):
            settled = np.where(exempt[:, column], best, one) if item.exemption else one
            into[:, column] = np.where(applies[:, column], settled, np.nan)
    return Shares(value, low, high, applies), exempt


def _filled(item: Item, evidence: Evidence) -> tuple[Floats, Floats, Floats]:
    measured = evidence.measured(item.item_id, item.measure)
    value = _by_rule(item, measured.value, evidence)
    if measured.low is measured.value and measured.high is measured.value:  # known exactly
        return value, value, value
    first, second = (_by_rule(item, one, evidence) for one in (measured.low, measured.high))
    return (
        value,
        np.fmin(np.fmin(first, second), value),
        np.fmax(np.fmax(first, second), value),
    )


def _by_rule(item: Item, value: Floats, evidence: Evidence) -> Floats:
    if item.rule == "mitigated_deduction":
        milder = evidence.measured(item.item_id, item.parameters["mitigated"]).value
        found = points.mitigated_deduction(value, milder, item.weight, item.parameters)
    else:
        found = points.RULES[item.rule](value, item.weight, item.parameters)
    return found / item.weight


def _is_true(condition: Condition | None, evidence: Evidence) -> Flags:
    if condition is None or condition.measure is None:
        return np.zeros(evidence.n, dtype=np.bool_)
    values = evidence.measured("", condition.measure).value
    return np.asarray(grading.holds(values, condition) == 1)


def _condition_values(
    condition: Condition, standard: Standard, evidence: Evidence, shares: Shares
) -> Floats:
    if condition.measure is not None:
        return evidence.measured("", condition.measure).value
    column = [item.item_id for item in standard.items].index(str(condition.item))
    return shares.value[:, column]
