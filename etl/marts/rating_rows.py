"""Rows of the rating tables, internal with points and evidence, published in bands alone.

Columns are made item by item, so that what an item's rows share is written once.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

import numpy as np

from etl.marts import rating_texts
from etl.marts.rating_assessed import Assessed
from etl.marts.rating_evidence import ROWS_OF, SANCTIONS, Frame, PeriodEvidence
from etl.marts.rating_texts import Extremes
from etl.marts.rows import Columns, nullable
from etl.rating import Item, Outcome, Standard, Text
from etl.rating.grading import Ints
from etl.rating.model import CertaintyCap, Demerits
from etl.rating.steps import NextStep, find_next_step
from geo.grades import rank

Standings = Mapping[tuple[str, str, str], tuple[date | None, date | None]]
BANDS = ((0.9, "full"), (0.7, "most"), (0.4, "half"), (0.1, "little"))
_INCIDENTS = {
    "criminal_relative": ["criminal"],
    "criminal_per_1000": ["criminal"],
    "criminal_fraction": ["criminal"],
    "n_criminal": ["criminal"],
    "n_serious": ["criminal"],
    "n_serious_solved": ["criminal"],
    "public_security_relative": ["public_security"],
    "public_security_per_1000": ["public_security"],
    "n_public_security": ["public_security"],
    "n_disputes": ["dispute"],
    "n_cases": ["criminal", "public_security"],
    "cases_change": ["criminal", "public_security"],
}


@dataclass(frozen=True)
class Rated:
    """One standard in one period, with everything that its rows say.

    `public` is the same rating with counts under five alike; `drawn` the consequences drawn;
    `standings` which ratings are published, None where every build publishes at once.
    """

    frame: Frame
    made: PeriodEvidence
    assessed: Assessed
    outcome: Outcome
    public: Outcome
    previous: Outcome
    drawn: Mapping[str, Ints]
    standings: Standings | None = None

    @property
    def period(self) -> str:
        """Name of the period."""
        return self.made.windows.period.name

    @cached_property
    def states(self) -> list[str]:
        """State of each rating: rated, not_eligible or no_data."""
        graded = np.where(self.outcome.grade >= 0, "rated", "no_data")
        return [str(one) for one in np.where(self.outcome.is_eligible, graded, "not_eligible")]

    @cached_property
    def escaped_ids(self) -> list[str]:
        """Identifiers as they stand between the quotes of a JSON text."""
        return [json.dumps(one, ensure_ascii=False)[1:-1] for one in self.frame.ids]

    @cached_property
    def shown(self) -> list[int]:
        """Numbers of the communities whose rating the public may see."""
        if self.standings is None:
            return list(range(self.frame.n))
        return [i for i in range(self.frame.n) if self.key(i) in self.standings]

    def key(self, i: int) -> tuple[str, str, str]:
        """Return what names the rating of a community."""
        return self.frame.ids[i], self.outcome.standard.standard_id, self.period

    @cached_property
    def ranks(self) -> Ints:
        """Place of each rated community by its score, shape (n,); 0 where it is not rated."""
        return ranks_of(self.outcome)

    @cached_property
    def extremes(self) -> Extremes:
        """The fullest and the emptiest item of each community."""
        return rating_texts.find_extremes(self.outcome)

    def head(self, which: list[int] | None = None) -> Columns:
        """Return the columns that every table begins with, for all communities or some."""
        frame, standard_id = self.frame, self.outcome.standard.standard_id
        chosen = range(frame.n) if which is None else which
        return {
            "community_id": [frame.ids[i] for i in chosen],
            "station_id": [frame.stations[i] for i in chosen],
            "street_id": [frame.streets[i] for i in chosen],
            "standard_id": [standard_id] * len(chosen),
            "period": [self.period] * len(chosen),
        }


def ranks_of(outcome: Outcome) -> Ints:
    """Return the place of each rated community by its score, shape (n,); 0 where it is not."""
    score = np.where(outcome.grade < 0, np.nan, outcome.score)
    return rank(score, lower_is_better=outcome.standard.direction == "lower")


def is_trial(standard: Standard, period: str) -> bool:
    """Tell whether a period belongs to the standard's trial."""
    return standard.trial_until is not None and period <= standard.trial_until


def item_columns(rated: Rated, k: int) -> Columns:
    """Return the columns of `mart.rating_items` for the item at place `k`."""
    outcome, n = rated.outcome, rated.frame.n
    item = outcome.standard.items[k]
    ground = rating_texts.ground_of(item, rated.frame, rated.made, rated.assessed)
    evidence = _evidence_of(rated, item)
    texts = _with_exceptions([ground(i) for i in range(n)], item, outcome, k)
    return {
        **rated.head(),
        "item_id": [item.item_id] * n,
        "name_en": [item.name.en] * n,
        "name_zh": [item.name.zh] * n,
        "points": _numbers(outcome.points[:, k]),
        "max_points": outcome.max_points[:, k].tolist(),
        "is_missing": outcome.is_missing[:, k].tolist(),
        "ground_en": [one.en for one in texts],
        "ground_zh": [one.zh for one in texts],
        "evidence": [evidence(i) for i in range(n)],
        "filled": outcome.shares.value[:, k],
        "filled_low": outcome.shares.low[:, k],
        "filled_high": outcome.shares.high[:, k],
        "applies": outcome.shares.applies[:, k],
        "is_exempt": outcome.is_exempt[:, k],
    }


def _with_exceptions(grounds: list[Text], item: Item, outcome: Outcome, k: int) -> list[Text]:
    for i in np.flatnonzero(outcome.is_missing[:, k] & (not item.is_bonus)):
        en, zh = ("Left out of the sum.", "不计入总分。")
        if item.missing == "zero":
            en, zh = ("Counts as no points.", "按零分计。")
        grounds[i] = Text(f"{grounds[i].en} {en}", grounds[i].zh + zh)
    for i in np.flatnonzero(outcome.is_exempt[:, k]):
        grounds[i] = Text(
            f"Full points by exemption. {grounds[i].en}", f"符合免评条件，得满分。{grounds[i].zh}"
        )
    for i in np.flatnonzero(outcome.max_points[:, k] == 0.0):
        grounds[i] = Text("Does not apply; left out of the sum.", "不适用，不计入总分。")
    return grounds


def _evidence_of(rated: Rated, item: Item) -> Callable[[int], str]:
    """Return the function that gives, as JSON, the rows an item's points rest on."""
    made, ids = rated.made, rated.frame.ids
    if item.is_assessed:
        key = "/".join([rated.outcome.standard.standard_id, item.item_id, rated.period])
        found = ~np.isnan(rated.assessed.scores[item.item_id])
        found |= ~np.isnan(rated.assessed.values[item.item_id])
        sheets, names = found.tolist(), rated.escaped_ids
        end, none = (
            f'/{json.dumps(key, ensure_ascii=False)[1:-1]}"]}}',
            _json("assessments", rows=[]),
        )
        begin = '{"table": "assessments", "rows": ["'
        return lambda i: begin + names[i] + end if sheets[i] else none
    if item.measure == "cases_change":
        window = made.windows.compared
        now, before = made.counts["now"], made.counts["before"]
        days = {"from": str(window.first), "to": str(window.last)}
        classes = _INCIDENTS[item.measure]
        return lambda i: _json(
            "incidents", classes=classes, **days, n=int(now[i]), n_before=int(before[i])
        )
    if item.measure in _INCIDENTS:
        window = made.windows.counted
        days = {"from": str(window.first), "to": str(window.last)}
        same = _json("incidents", classes=_INCIDENTS[item.measure], **days)
        return lambda i: same
    if item.measure in ROWS_OF:
        table = "sanctions" if item.measure in SANCTIONS else "hazards"
        lists, empty = made.rows.get(ROWS_OF[item.measure], {}), _json(table, rows=[])
        return lambda i: _json(table, rows=lists[i]) if i in lists else empty
    return lambda i: _json("communities", rows=[ids[i]])


def _json(table: str, **more: Any) -> str:
    return json.dumps({"table": table, **more}, ensure_ascii=False)


def rating_columns(rated: Rated, items: list[Columns]) -> Columns:
    """Return the columns of `mart.ratings`, given those of each item."""
    outcome, standard, n = rated.outcome, rated.outcome.standard, rated.frame.n
    n_days, trial = rated.made.windows.period.n_days, is_trial(standard, rated.period)
    step = find_next_step(outcome)
    rated_ones = [state == "rated" for state in rated.states]
    grades = [standard.grades[one] if one >= 0 else None for one in outcome.grade.tolist()]
    out = (outcome.disqualifications == 1).any(axis=1).tolist()
    reasons = [
        rating_texts.reason_of(outcome, rated.extremes, i, state, n_days, public=False)
        for i, state in enumerate(rated.states)
    ]
    reasons = _and_consequences(rated, reasons, trial=trial)
    return {
        **rated.head(),
        "standard_version": [standard.version] * n,
        "standard_digest": [standard.digest] * n,
        "evidence_digest": _digests(rated, items),
        "is_eligible": outcome.is_eligible.tolist(),
        "has_enough_data": outcome.has_enough_data.tolist(),
        "score": _numbers(outcome.score),
        "score_low": _numbers(outcome.score_low),
        "score_high": _numbers(outcome.score_high),
        "max_score": [standard.max_score] * n,
        "grade": [None if one is None else one.grade_id for one in grades],
        "stars": _stars(outcome.stars),
        "previous_stars": _stars(rated.previous.stars),
        "reward_yuan": [
            None if grade is None or trial or is_out else grade.reward_yuan
            for grade, is_out in zip(grades, out, strict=True)
        ],
        "reason_en": [one.en for one in reasons],
        "reason_zh": [one.zh for one in reasons],
        "next_step": [_next_step(standard, step, i) if rated_ones[i] else None for i in range(n)],
        "grade_limit": outcome.grade_limit,
        "may_be_rated": outcome.may_be_rated,
        "rank": nullable(rated.ranks, empty=0),
        "n_ranked": [int((rated.ranks > 0).sum())] * n,
    }


def _and_consequences(rated: Rated, reasons: list[Text], *, trial: bool) -> list[Text]:
    if trial:
        en, zh = "Trial period: no reward, not published.", "试行期：不奖励、不公示。"
        return [Text(f"{one.en} {en}", one.zh + zh) for one in reasons]
    for one in rated.outcome.standard.consequences:
        levels = rated.drawn[one.consequence_id]
        for i in np.flatnonzero(levels):
            name = one.levels[levels[i] - 1][1] if isinstance(one, Demerits) else one.name
            reasons[i] = Text(f"{reasons[i].en} {name.en}.", f"{reasons[i].zh}{name.zh}。")
    return reasons


def _digests(rated: Rated, items: list[Columns]) -> list[str]:
    """SHA-256 of all that each rating rests on: checks, and every item's points and ground."""
    outcome = rated.outcome
    checks = np.hstack(
        [outcome.eligibility, outcome.vetoes, outcome.disqualifications, outcome.caps]
    ).tolist()
    columns: list[Iterable[Any]] = [rated.frame.ids, checks]
    for one in items:
        columns += [one["points"], one["ground_en"], one["evidence"]]
    return [
        hashlib.sha256("\x1f".join(map(str, row)).encode()).hexdigest()
        for row in zip(*columns, strict=True)
    ]


def _next_step(standard: Standard, step: NextStep, i: int) -> str | None:
    if step.grade[i] < 0:
        return None
    grade = standard.grades[step.grade[i]]
    caps = [cap for k, cap in enumerate(standard.caps) if step.caps[i, k]]
    lift = [cap.name for cap in caps if not isinstance(cap, CertaintyCap)]
    for checks, flags in (
        (standard.vetoes, step.vetoes),
        (standard.disqualifications, step.disqualifications),
    ):
        lift += [check.name for k, check in enumerate(checks) if flags[i, k]]
    sure = [cap.name for cap in caps if isinstance(cap, CertaintyCap)]
    gains = step.gains[i].tolist()
    found = {
        "grade": grade.grade_id,
        "name_en": grade.name.en,
        "name_zh": grade.name.zh,
        "stars": grade.stars,
        "points": _numbers(step.needed[i : i + 1])[0],
        "is_reachable": bool(step.is_reachable[i]),
        "items": [
            _step_item(item, gain)
            for item, gain in zip(standard.items, gains, strict=True)
            if gain > 0.0
        ],
        "lift": [{"name_en": one.en, "name_zh": one.zh} for one in lift],
        "make_sure": [{"name_en": one.en, "name_zh": one.zh} for one in sure],
    }
    return json.dumps(found, ensure_ascii=False)


def _step_item(item: Item, points: float) -> dict[str, Any]:
    action = item.action or item.name
    return {
        "item_id": item.item_id,
        "name_en": item.name.en,
        "name_zh": item.name.zh,
        "action_en": action.en,
        "action_zh": action.zh,
        "points": points,
    }


def public_rating_columns(rated: Rated) -> Columns:
    """Return the columns of `mart.public_ratings`: no points, no count, no date of an event."""
    outcome, standard, which = rated.outcome, rated.outcome.standard, rated.shown
    period = rated.made.windows.period
    reasons = [
        rating_texts.reason_of(
            outcome, rated.extremes, i, rated.states[i], period.n_days, public=True
        )
        for i in which
    ]
    dates = [(rated.standings or {}).get(rated.key(i), (None, None)) for i in which]
    grades = outcome.grade[which].tolist()
    return {
        **rated.head(which),
        "rating_state": [rated.states[i] for i in which],
        "grade": [standard.grades[one].grade_id if one >= 0 else None for one in grades],
        "stars": _stars(outcome.stars[which]),
        "previous_stars": _previous_shown(rated),
        "reason_en": [f"{one.en} As of {period.last}." for one in reasons],
        "reason_zh": [f"{one.zh}截至{period.last}。" for one in reasons],
        "published_on": [one[0] for one in dates],
        "appeal_until_on": [one[1] for one in dates],
    }


def _previous_shown(rated: Rated) -> list[int | None]:
    """Stars of the period before, where the public has seen them."""
    stars = _stars(rated.previous.stars[rated.shown])
    if rated.standings is None:
        return stars
    before = str(int(rated.period) - 1)
    keys = [(*rated.key(i)[:2], before) for i in rated.shown]
    return [one if key in rated.standings else None for key, one in zip(keys, stars, strict=True)]


def public_item_columns(rated: Rated, k: int) -> Columns:
    """Return the columns of `mart.public_items` for the item at place `k`, rated communities only.

    They come from the rating in which counts under five look alike, so a band never tells one
    small count from another.
    """
    outcome = rated.public
    item = outcome.standard.items[k]
    filled = outcome.points[:, k] / item.weight
    filled = 1.0 - filled if outcome.standard.direction == "lower" else filled
    rated_ones = np.zeros(rated.frame.n, dtype=bool)
    rated_ones[[i for i in rated.shown if rated.states[i] == "rated"]] = True
    which = np.flatnonzero(rated_ones & (outcome.max_points[:, k] > 0.0)).tolist()
    return {
        **rated.head(which),
        "item_id": [item.item_id] * len(which),
        "name_en": [item.name.en] * len(which),
        "name_zh": [item.name.zh] * len(which),
        "band": bands(filled[which]),
    }


def bands(filled: np.ndarray) -> list[str]:
    """Return the band of each share of an item's points; NaN is missing."""
    least = np.asarray([one for one, _ in reversed(BANDS)]) - 1e-9
    words = np.asarray(["none", *(word for _, word in reversed(BANDS)), "missing"])
    place = np.searchsorted(least, filled, side="right")
    return words[np.where(np.isnan(filled), len(words) - 1, place)].tolist()  # type: ignore[no-any-return]


def _numbers(values: np.ndarray) -> list[float | None]:
    return [None if one != one else one for one in values.tolist()]


def _stars(values: Ints) -> list[int | None]:
    return [None if one < 0 else one for one in values.tolist()]
