"""What a rating standard says, as typed values: items, conditions, grades, caps, consequences."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

Op = Literal["at_least", "at_most", "above", "below", "equals"]
OPS: tuple[Op, ...] = ("at_least", "at_most", "above", "below", "equals")
Missing = Literal["zero", "renormalise"]
Direction = Literal["higher", "lower"]

ASSESSED_SCORE = "assessment.score"
ASSESSED_VALUE = "assessment.value"


class Text(NamedTuple):
    """A text in both languages."""

    en: str
    zh: str


@dataclass(frozen=True)
class Condition:
    """A comparison of a measure, or of an item's share of its points, with a bound.

    It is true, false, or unknown where the measure is; only the standard's eligibility cares for
    the difference between false and unknown.
    """

    op: Op
    bound: float
    measure: str | None = None
    item: str | None = None


@dataclass(frozen=True)
class Item:
    """One item of a standard: how many points it carries and by which rule they are given."""

    item_id: str
    name: Text
    text: Text
    weight: float
    rule: str
    scorer: str
    measure: str
    missing: Missing
    effort: float
    action: Text | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    exemption: Condition | None = None
    not_applicable: Condition | None = None

    @property
    def is_bonus(self) -> bool:
        """Whether the points come on top of the maximum."""
        return self.rule == "bonus"

    @property
    def is_assessed(self) -> bool:
        """Whether an assessor's sheet is the evidence, not a measure of the build."""
        return self.measure in (ASSESSED_SCORE, ASSESSED_VALUE)


@dataclass(frozen=True)
class Grade:
    """One grade; `cut` is the least score for it (the greatest when low scores are good)."""

    grade_id: str
    name: Text
    cut: float | None
    share: float | None
    stars: int | None
    reward_yuan: float | None
    consequence: Text | None


@dataclass(frozen=True)
class Check:
    """A named condition: of eligibility, veto, disqualification or a cap by a flag."""

    check_id: str
    name: Text
    condition: Condition
    grade: str | None = None


@dataclass(frozen=True)
class WorstItemCap:
    """No grade better than the first limit that the worst of `items` keeps."""

    cap_id: str
    name: Text
    items: tuple[str, ...]
    limits: tuple[tuple[float, str], ...]


@dataclass(frozen=True)
class CertaintyCap:
    """No grade better than `grade` unless the score's lower bound reaches `low_at_least`."""

    cap_id: str
    name: Text
    grade: str
    low_at_least: float


Cap = Check | WorstItemCap | CertaintyCap


@dataclass(frozen=True)
class Streak:
    """Something that holds for `length` periods in a row, the last one included.

    Exactly one of `condition`, `grades`, `rising` and `of` says what is counted; `of` names
    another consequence. With `resets` a streak that has fired starts again from nothing.
    """

    consequence_id: str
    name: Text
    length: int
    resets: bool = False
    condition: Condition | None = None
    grades: tuple[str, ...] = ()
    rising: str | None = None
    of: str | None = None


@dataclass(frozen=True)
class Demerits:
    """Demerits added up over periods, with levels and a reset."""

    consequence_id: str
    name: Text
    measure: str
    per_event: float
    levels: tuple[tuple[float, Text], ...]
    clean_periods: int
    resets_at: float | None = None


Consequence = Streak | Demerits


@dataclass(frozen=True)
class Relative:
    """Grades by place within a group; small groups take the cut points of all."""

    group: str
    min_group: int


@dataclass(frozen=True)
class Standard:
    """A rating standard, parsed; `digest` is the SHA-256 of its file."""

    standard_id: str
    version: str
    name: Text
    text: Text
    source: Text
    digest: str
    max_score: float
    direction: Direction
    decimals: int
    published: bool
    monotone: bool
    missing: Missing
    max_missing_fraction: float
    min_days: int
    trial_until: str | None
    serious_types: tuple[str, ...]
    scorers: Mapping[str, Text]
    eligibility: tuple[Check, ...]
    items: tuple[Item, ...]
    grades: tuple[Grade, ...]
    caps: tuple[Cap, ...]
    vetoes: tuple[Check, ...]
    disqualifications: tuple[Check, ...]
    consequences: tuple[Consequence, ...]
    relative: Relative | None
    body: Mapping[str, Any]

    def grade_index(self, grade_id: str | None) -> int:
        """Return the place of a grade, 0 the best; the worst when `grade_id` is None."""
        if grade_id is None:
            return len(self.grades) - 1
        return [grade.grade_id for grade in self.grades].index(grade_id)

    def measures(self) -> tuple[str, ...]:
        """Return the measures that the standard reads, sorted, each once."""
        found = {item.measure for item in self.items if not item.is_assessed}
        for item in self.items:
            found |= {item.parameters["mitigated"]} if "mitigated" in item.parameters else set()
        conditions = [item.exemption for item in self.items]
        conditions += [item.not_applicable for item in self.items]
        conditions += [
            check.condition
            for check in (*self.eligibility, *self.caps, *self.vetoes, *self.disqualifications)
            if isinstance(check, Check)
        ]
        for one in self.consequences:
            if isinstance(one, Streak):
                conditions.append(one.condition)
                found |= {one.rising} if one.rising else set()
            else:
                found.add(one.measure)
        found |= {one.measure for one in conditions if one is not None and one.measure}
        return tuple(sorted(found))
