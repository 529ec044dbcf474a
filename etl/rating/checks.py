"""Checks of a standard as a whole: weights, references, cut points, circles, promises."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from etl.rating.measures import MEASURES, may_be_published
from etl.rating.model import CertaintyCap, Check, Item, Standard, Streak, WorstItemCap
from etl.rating.streaks import order_consequences


@dataclass(frozen=True)
class Fault:
    """Something wrong with a standard: the key, what was found, what was expected, the mend."""

    key: str
    found: object
    expected: str
    mend: str


def find_faults(standard: Standard) -> list[Fault]:
    """Return everything wrong with a standard, in the order of the file."""
    return [
        *_names(standard),
        *_weights(standard),
        *(fault for item in standard.items for fault in _item(item, standard)),
        *_grades(standard),
        *_references(standard),
        *_circles(standard),
        *_published(standard),
    ]


def _names(standard: Standard) -> Iterator[Fault]:
    groups = {
        "items": [item.item_id for item in standard.items],
        "grades": [grade.grade_id for grade in standard.grades],
        "eligibility": [check.check_id for check in standard.eligibility],
        "vetoes": [check.check_id for check in standard.vetoes],
        "disqualifications": [check.check_id for check in standard.disqualifications],
        "caps": [c.check_id if isinstance(c, Check) else c.cap_id for c in standard.caps],
        "consequences": [one.consequence_id for one in standard.consequences],
    }
    for key, names in groups.items():
        for name, times in Counter(names).items():
            if times > 1:
                yield Fault(f"{key}.id", name, "each id once", "Rename one of them.")


def _weights(standard: Standard) -> Iterator[Fault]:
    if not standard.items:
        yield Fault("items", [], "at least one item", "Add [[items]].")
    total = sum(item.weight for item in standard.items if not item.is_bonus)
    if standard.items and abs(total - standard.max_score) > 1e-6:
        yield Fault(
            "items.weight",
            f"{total:g} in sum",
            f"{standard.max_score:g}, the max_score",
            "Change a weight or max_score; a bonus does not count.",
        )


def _item(item: Item, standard: Standard) -> Iterator[Fault]:
    where = f"items.{item.item_id}"
    if item.scorer not in standard.scorers:
        known = ", ".join(sorted(standard.scorers)) or "none"
        yield Fault(f"{where}.scorer", item.scorer, f"one of {known}", "Add it to [scorers].")
    given = item.parameters
    if item.rule == "target" and len({"at_least", "at_most"} & set(given)) != 1:
        yield Fault(where, sorted(given), "either at_least or at_most", "Name one of them.")
    if item.rule in ("linear", "change") and given["full_at"] == given["zero_at"]:
        yield Fault(f"{where}.zero_at", given["zero_at"], "another value than full_at", "Mend it.")
    if item.rule == "steps":
        table = np.asarray(given["steps"])
        if (np.diff(table, axis=0) <= 0).any() or (table[:, 1] <= 0).any():
            yield Fault(f"{where}.steps", given["steps"], "rising pairs above 0", "Sort them.")
    if not 0.0 <= float(given.get("floor", 0.0)) <= item.weight:
        expected = f"0 to the weight, {item.weight:g}"
        yield Fault(f"{where}.floor", given["floor"], expected, "Mend it.")
    if item.rule == "penalty" and standard.direction == "higher":
        yield Fault(f"{where}.rule", "penalty", "direction lower", "Use a deduction.")
    if standard.monotone and not _keeps_promise(item):
        yield Fault(
            f"{where}.rule",
            item.rule,
            f"points that never fall when {item.measure} gets better",
            "Turn the rule round, or set monotone = false.",
        )


def _keeps_promise(item: Item) -> bool:
    if item.is_assessed or item.measure not in MEASURES:
        return True
    better, given = MEASURES[item.measure].better, item.parameters
    if item.rule in ("linear", "change"):
        return (better == "higher") == bool(given["full_at"] > given["zero_at"])
    if item.rule == "target":
        return (better == "higher") == ("at_least" in given)
    return (better == "higher") == (item.rule in ("shortfall", "bonus", "score"))


def _grades(standard: Standard) -> Iterator[Fault]:
    if len(standard.grades) < 2:
        yield Fault("grades", len(standard.grades), "at least 2 grades", "Add [[grades]].")
        return
    yield from _shares(standard) if standard.relative else _cuts(standard)
    stars = [-1 if grade.stars is None else grade.stars for grade in standard.grades]
    if any(below > above for above, below in pairwise(stars)):
        yield Fault("grades.stars", stars, "no more stars for a worse grade", "Put best first.")


def _shares(standard: Standard) -> Iterator[Fault]:
    shares = [grade.share for grade in standard.grades]
    if any(share is None or share <= 0.0 for share in shares):
        yield Fault("grades.share", shares, "a share above 0 for each grade", "Add it.")
    elif abs(sum(share or 0.0 for share in shares) - 1.0) > 1e-6:
        found = f"{sum(share or 0.0 for share in shares):g} in sum"
        yield Fault("grades.share", found, "1 in sum", "Change a share.")


def _cuts(standard: Standard) -> Iterator[Fault]:
    cuts = [grade.cut for grade in standard.grades]
    if any(cut is None for cut in cuts):
        yield Fault("grades.cut", cuts, "a cut for each grade", "Add it.")
        return
    lower = standard.direction == "lower"
    known = [float(cut or 0.0) * (-1.0 if lower else 1.0) for cut in cuts]
    if any(below >= above for above, below in pairwise(known)):
        order = "rising" if lower else "falling"
        yield Fault("grades.cut", cuts, f"strictly {order} cuts, best first", "Sort them.")
    bonus = sum(item.weight for item in standard.items if item.is_bonus)
    best, worst = (0.0, -standard.max_score) if lower else (standard.max_score + bonus, 0.0)
    for grade, cut in zip(standard.grades, known, strict=True):
        if cut > best + 1e-9:
            expected = f"a score that can be reached (best {abs(best):g})"
            yield Fault(f"grades.{grade.grade_id}.cut", grade.cut, expected, "Lower the demand.")
    if known[-1] > worst:
        expected = f"{abs(worst):g}, so that every score has a grade"
        yield Fault(f"grades.{standard.grades[-1].grade_id}.cut", cuts[-1], expected, "Mend it.")


def _references(standard: Standard) -> Iterator[Fault]:
    items = {item.item_id for item in standard.items}
    grades = {grade.grade_id for grade in standard.grades}
    for key, checks in (
        ("eligibility", standard.eligibility),
        ("vetoes", standard.vetoes),
        ("disqualifications", standard.disqualifications),
        ("caps", [cap for cap in standard.caps if isinstance(cap, Check)]),
    ):
        for check in checks:
            where = f"{key}.{check.check_id}"
            if check.condition.item is not None:
                yield from _known(f"{where}.item", [check.condition.item], items)
            if check.grade is not None or key == "caps":
                yield from _known(f"{where}.grade", [check.grade], grades)
    for cap in standard.caps:
        if isinstance(cap, WorstItemCap):
            yield from _known(f"caps.{cap.cap_id}.items", cap.items, items)
            yield from _known(f"caps.{cap.cap_id}.limits", [one for _, one in cap.limits], grades)
            yield from _limits(cap, standard)
        elif isinstance(cap, CertaintyCap):
            yield from _known(f"caps.{cap.cap_id}.grade", [cap.grade], grades)
            if standard.direction == "lower":
                yield Fault(
                    f"caps.{cap.cap_id}.kind", "certainty_cap", "direction higher", "Drop it."
                )
    consequences = {one.consequence_id for one in standard.consequences}
    for one in standard.consequences:
        where = f"consequences.{one.consequence_id}"
        if isinstance(one, Streak):
            yield from _known(f"{where}.grades", one.grades, grades)
            if one.of is not None:
                yield from _known(f"{where}.of", [one.of], consequences)
        elif not one.levels:
            yield Fault(f"{where}.levels", [], "at least one level", "Add it.")
        elif any(a[0] >= b[0] for a, b in pairwise(one.levels)):
            found = [bound for bound, _ in one.levels]
            yield Fault(f"{where}.levels", found, "rising levels", "Sort them.")


def _limits(cap: WorstItemCap, standard: Standard) -> Iterator[Fault]:
    sign = 1.0 if standard.direction == "lower" else -1.0
    bounds = [sign * bound for bound, _ in cap.limits]
    if any(b <= a for a, b in pairwise(bounds)):
        found = [bound for bound, _ in cap.limits]
        yield Fault(f"caps.{cap.cap_id}.limits", found, "limits from strict to mild", "Sort them.")
    best = 0.0 if standard.direction == "lower" else -1.0
    if bounds and bounds[0] < best:
        expected = "a limit that the worst item can keep"
        yield Fault(f"caps.{cap.cap_id}.limits", cap.limits[0][0], expected, "Mend it.")


def _known(key: str, found: object, known: set[str]) -> Iterator[Fault]:
    for one in found:  # type: ignore[attr-defined]
        if one not in known:
            expected = "one of " + (", ".join(sorted(known)) or "none")
            yield Fault(key, one, expected, "Add it or correct the name.")


def _circles(standard: Standard) -> Iterator[Fault]:
    if order_consequences(standard.consequences) is None:
        found = [o.consequence_id for o in standard.consequences if isinstance(o, Streak) and o.of]
        yield Fault("consequences.of", found, "no circle", "Let one of them not name another.")


def _published(standard: Standard) -> Iterator[Fault]:
    for name in standard.measures():
        if name not in MEASURES and may_be_published(name):
            yield Fault("measure", name, "a known measure", f"Known: {', '.join(MEASURES)}.")
        elif not may_be_published(name) and (standard.published or name not in MEASURES):
            yield Fault(
                "measure",
                name,
                "no camera coverage, and in a published standard no bare incident count",
                "Use a rate such as criminal_relative, or set published = false.",
            )
