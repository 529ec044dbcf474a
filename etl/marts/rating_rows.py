"""Rows of the rating tables, internal with points and evidence, published in bands alone."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from etl.marts import rating_texts
from etl.marts.rating_evidence import ROWS_OF, SANCTIONS, Assessed, Frame, PeriodEvidence
from etl.rating import Item, Outcome, Standard, Text
from etl.rating.grading import Ints
from etl.rating.model import CertaintyCap, Demerits
from etl.rating.steps import NextStep, find_next_step

Row = tuple[Any, ...]
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

    `public` is the same rating with counts under five alike; `drawn` the consequences drawn.
    """

    frame: Frame
    made: PeriodEvidence
    assessed: Assessed
    outcome: Outcome
    public: Outcome
    previous: Outcome
    drawn: Mapping[str, Ints]

    def head(self, i: int) -> Row:
        """Return community, station, street of a row."""
        return self.frame.ids[i], self.frame.stations[i], self.frame.streets[i]

    def state(self, i: int) -> str:
        """Return rated, not_eligible or no_data."""
        if not self.outcome.is_eligible[i]:
            return "not_eligible"
        return "rated" if self.outcome.grade[i] >= 0 else "no_data"


def is_trial(standard: Standard, period: str) -> bool:
    """Tell whether a period belongs to the standard's trial."""
    return standard.trial_until is not None and period <= standard.trial_until


def item_rows(rated: Rated) -> list[Row]:
    """Return the rows of `mart.rating_items`: all items of the first community, then the next."""
    outcome, period = rated.outcome, rated.made.windows.period.name
    items = outcome.standard.items
    grounds = [
        rating_texts.ground_of(item, rated.frame, rated.made, rated.assessed) for item in items
    ]
    rows: list[Row] = []
    for i in range(rated.frame.n):
        head = rated.head(i)
        for k, item in enumerate(items):
            ground = _with_exceptions(grounds[k](i), item, outcome, i, k)
            rows.append(
                (
                    *head,
                    outcome.standard.standard_id,
                    period,
                    item.item_id,
                    item.name.en,
                    item.name.zh,
                    _number(outcome.points[i, k]),
                    float(outcome.max_points[i, k]),
                    bool(outcome.is_missing[i, k]),
                    ground.en,
                    ground.zh,
                    _evidence(rated, item, i),
                )
            )
    return rows


def _with_exceptions(ground: Text, item: Item, outcome: Outcome, i: int, k: int) -> Text:
    if outcome.max_points[i, k] == 0.0:
        return Text("Does not apply; left out of the sum.", "不适用，不计入总分。")
    if outcome.is_exempt[i, k]:
        return Text(f"Full points by exemption. {ground.en}", f"符合免评条件，得满分。{ground.zh}")
    if outcome.is_missing[i, k] and not item.is_bonus:
        if item.missing == "zero":
            return Text(f"{ground.en} Counts as no points.", f"{ground.zh}按零分计。")
        return Text(f"{ground.en} Left out of the sum.", f"{ground.zh}不计入总分。")
    return ground


def _evidence(rated: Rated, item: Item, i: int) -> str:
    made, period = rated.made, rated.made.windows.period.name
    found: dict[str, Any] = {}
    if item.is_assessed:
        if (i, item.item_id) in rated.assessed.sheets:
            standard_id = rated.outcome.standard.standard_id
            key = [rated.frame.ids[i], standard_id, item.item_id, period]
            found = {"table": "assessments", "rows": ["/".join(key)]}
    elif item.measure in _INCIDENTS:
        window = made.windows.counted
        found = {
            "table": "incidents",
            "classes": _INCIDENTS[item.measure],
            "from": str(window.first),
            "to": str(window.last),
        }
        if item.measure == "cases_change":
            found |= {"n": int(made.counts["now"][i]), "n_before": int(made.counts["before"][i])}
    elif item.measure in ROWS_OF:
        table = "sanctions" if item.measure in SANCTIONS else "hazards"
        found = {"table": table, "rows": made.rows.get(ROWS_OF[item.measure], {}).get(i, [])}
    else:
        found = {"table": "communities", "rows": [rated.frame.ids[i]]}
    return json.dumps(found, ensure_ascii=False, sort_keys=True)


def rating_rows(rated: Rated, items: list[Row]) -> list[Row]:
    """Return the rows of `mart.ratings`, given those of the items."""
    outcome, standard = rated.outcome, rated.outcome.standard
    period, n_days = rated.made.windows.period.name, rated.made.windows.period.n_days
    step, stars, before = find_next_step(outcome), outcome.stars, rated.previous.stars
    trial, k = is_trial(standard, period), len(standard.items)
    rows: list[Row] = []
    for i in range(rated.frame.n):
        state = rated.state(i)
        grade = standard.grades[outcome.grade[i]] if state == "rated" else None
        reason = rating_texts.reason_of(outcome, i, state, n_days, public=False)
        reason = _and_consequences(rated, i, reason, trial=trial)
        out = bool((outcome.disqualifications[i] == 1).any())
        reward = None if grade is None or trial or out else grade.reward_yuan
        rows.append(
            (
                *rated.head(i),
                standard.standard_id,
                standard.version,
                standard.digest,
                _digest(rated, i, items[i * k : (i + 1) * k]),
                period,
                bool(outcome.is_eligible[i]),
                bool(outcome.has_enough_data[i]),
                _number(outcome.score[i]),
                _number(outcome.score_low[i]),
                _number(outcome.score_high[i]),
                standard.max_score,
                None if grade is None else grade.grade_id,
                _stars(stars[i]),
                _stars(before[i]),
                reward,
                reason.en,
                reason.zh,
                _next_step(standard, step, i) if grade is not None else None,
            )
        )
    return rows


def _and_consequences(rated: Rated, i: int, reason: Text, *, trial: bool) -> Text:
    if trial:
        en, zh = "Trial period: no reward, not published.", "试行期：不奖励、不公示。"
        return Text(f"{reason.en} {en}", reason.zh + zh)
    for one in rated.outcome.standard.consequences:
        level = int(rated.drawn[one.consequence_id][i])
        if level:
            name = one.levels[level - 1][1] if isinstance(one, Demerits) else one.name
            reason = Text(f"{reason.en} {name.en}.", f"{reason.zh}{name.zh}。")
    return reason


def _digest(rated: Rated, i: int, items: list[Row]) -> str:
    """SHA-256 of all that the rating of a community rests on."""
    outcome = rated.outcome
    parts = [rated.frame.ids[i], outcome.eligibility[i].tolist(), outcome.vetoes[i].tolist()]
    parts += [outcome.disqualifications[i].tolist(), outcome.caps[i].tolist()]
    parts += [row[5:] for row in items]
    text = json.dumps(parts, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _next_step(standard: Standard, step: NextStep, i: int) -> str | None:
    if step.grade[i] < 0:
        return None
    grade = standard.grades[step.grade[i]]
    lift = [
        cap.name
        for k, cap in enumerate(standard.caps)
        if step.caps[i, k] and not isinstance(cap, CertaintyCap)
    ]
    for checks, flags in (
        (standard.vetoes, step.vetoes),
        (standard.disqualifications, step.disqualifications),
    ):
        lift += [check.name for k, check in enumerate(checks) if flags[i, k]]
    sure = [
        cap.name
        for k, cap in enumerate(standard.caps)
        if step.caps[i, k] and isinstance(cap, CertaintyCap)
    ]
    found = {
        "grade": grade.grade_id,
        "name_en": grade.name.en,
        "name_zh": grade.name.zh,
        "stars": grade.stars,
        "points": _number(step.needed[i]),
        "is_reachable": bool(step.is_reachable[i]),
        "items": [
            _step_item(item, float(step.gains[i, k]))
            for k, item in enumerate(standard.items)
            if step.gains[i, k] > 0.0
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


def public_rating_rows(rated: Rated) -> list[Row]:
    """Return the rows of `mart.public_ratings`: no points, no count, no date of an event."""
    outcome, standard = rated.outcome, rated.outcome.standard
    period = rated.made.windows.period
    stars, before = outcome.stars, rated.previous.stars
    rows: list[Row] = []
    for i in range(rated.frame.n):
        state = rated.state(i)
        reason = rating_texts.reason_of(outcome, i, state, period.n_days, public=True)
        grade = standard.grades[outcome.grade[i]].grade_id if state == "rated" else None
        rows.append(
            (
                *rated.head(i),
                standard.standard_id,
                period.name,
                state,
                grade,
                _stars(stars[i]),
                _stars(before[i]),
                f"{reason.en} As of {period.last}.",
                f"{reason.zh}截至{period.last}。",
            )
        )
    return rows


def public_item_rows(rated: Rated) -> list[Row]:
    """Return the rows of `mart.public_items`, for rated communities, as bands.

    Items that rest on incidents take the rating in which counts under five look alike, so a band
    never tells one small count from another.
    """
    outcome, standard = rated.public, rated.public.standard
    filled = outcome.points / np.asarray([item.weight for item in standard.items])
    filled = 1.0 - filled if standard.direction == "lower" else filled
    return [
        (
            *rated.head(i),
            standard.standard_id,
            rated.made.windows.period.name,
            item.item_id,
            item.name.en,
            item.name.zh,
            band(filled[i, k]),
        )
        for i in range(rated.frame.n)
        if rated.state(i) == "rated"
        for k, item in enumerate(standard.items)
        if outcome.max_points[i, k] > 0.0
    ]


def band(filled: float) -> str:
    """Return the band of a share of an item's points; NaN is missing."""
    if np.isnan(filled):
        return "missing"
    return next((name for least, name in BANDS if filled >= least - 1e-9), "none")


def _number(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


def _stars(value: int) -> int | None:
    return None if value < 0 else int(value)
