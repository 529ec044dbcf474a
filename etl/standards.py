"""Rating standards read from TOML files and checked whole before anything is rated."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from etl.errors import EtlError
from etl.paths import STANDARDS
from etl.rating import model
from etl.rating.catalogue import ITEM_RULES, RULE_KINDS
from etl.rating.checks import Fault, find_faults
from etl.rating.model import ASSESSED_SCORE, Condition, Standard, Text
from etl.toml_table import TomlTable

SHIPPED = STANDARDS


class StandardError(EtlError):
    """A rating standard that cannot be honoured; every fault on a line of its own."""


def list_standards(folder: Path = SHIPPED) -> tuple[str, ...]:
    """Return the identifiers of the standards in a folder, sorted."""
    return tuple(sorted(path.stem for path in folder.glob("*.toml")))


def find_standard(standard_id: str, folders: Sequence[Path] = (SHIPPED,)) -> Standard:
    """Load a standard by its identifier.

    Parameters
    ----------
    standard_id
        Name of the file without its ending.
    folders
        Folders to look in, the first that has it wins.

    Returns
    -------
    Standard
        The standard, checked.

    Raises
    ------
    StandardError
        When no folder has it, or with every fault of the file.
    """
    for folder in folders:
        if standard_id in list_standards(folder):
            return load_standard(folder / f"{standard_id}.toml")
    known = sorted({one for folder in folders for one in list_standards(folder)})
    raise StandardError(
        f"standards: found {standard_id!r}; expected one of {', '.join(known)}. "
        f"Correct the district file or add {standard_id}.toml."
    )


def load_standard(path: Path) -> Standard:
    """Load and check one standard.

    Parameters
    ----------
    path
        The TOML file; its name without ending is the identifier.

    Returns
    -------
    Standard
        The standard, checked.

    Raises
    ------
    StandardError
        With every fault of the file, naming file, key and value; mend the file.
    """
    try:
        raw = path.read_bytes()
        body = tomllib.loads(raw.decode("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise StandardError(
            f"{path.name}: not readable as TOML ({error}); expected a rating standard in UTF-8. "
            "Mend the line named."
        ) from None
    return parse_standard(body, path.stem, hashlib.sha256(raw).hexdigest(), where=path.name)


def parse_standard(
    body: dict[str, Any], standard_id: str, digest: str, *, where: str = "standard"
) -> Standard:
    """Check the parsed body of a standard, as a file or `meta.standards` holds it.

    Parameters
    ----------
    body
        The TOML as a mapping.
    standard_id
        Its identifier.
    digest
        SHA-256 of the file that it came from.
    where
        What to call it in faults.

    Returns
    -------
    Standard
        The standard, checked.

    Raises
    ------
    StandardError
        With every fault, naming key and value; mend the file.
    """
    faults: list[Fault] = []
    standard = _standard(body, standard_id, digest, faults)
    # The whole is only judged when its parts could be read: a missing weight is one fault, not two.
    faults = faults or find_faults(standard)
    if faults:
        raise StandardError(
            "\n".join(
                f"{where}, {one.key}: found {one.found!r}; expected {one.expected}. {one.mend}"
                for one in faults
            )
        )
    return standard


def _standard(body: dict[str, Any], stem: str, digest: str, faults: list[Fault]) -> Standard:
    top = TomlTable(body, "", faults)
    if top.text("id") != stem:
        top.fault("id", body.get("id"), f"{stem!r}, the name of the file", "Rename one of them.")
    missing = top.choice("missing", ("zero", "renormalise"))
    scorers = TomlTable(top.take("scorers", (dict,), "[scorers.<id>] tables"), "scorers", faults)
    enough = TomlTable(top.take("enough", (dict,), "a table [enough]"), "enough", faults)
    standard = Standard(
        standard_id=stem,
        version=top.text("version"),
        name=top.both("name"),
        text=top.both("text"),
        source=top.both("source"),
        digest=digest,
        max_score=top.number("max_score", low=1.0, high=1e6),
        direction=top.choice("direction", ("higher", "lower"), "higher"),
        decimals=int(top.number("decimals", 1, 0, 6)),
        published=top.flag("published"),
        monotone=top.flag("monotone"),
        missing=missing,
        max_missing_fraction=enough.number("max_missing_fraction", low=0.0, high=1.0),
        min_days=int(enough.number("min_days", 0, 0, 366)),
        trial_until=top.text("trial_until") if top.has("trial_until") else None,
        serious_types=top.texts("serious_types"),
        scorers={name: _scorer(scorers, name) for name in scorers.body},
        eligibility=tuple(_check(one) for one in top.tables("eligibility")),
        items=tuple(_item(one, missing) for one in top.tables("items")),
        grades=tuple(_grade(one) for one in top.tables("grades")),
        caps=tuple(_cap(one) for one in top.tables("caps")),
        vetoes=tuple(_check(one, graded=True) for one in top.tables("vetoes")),
        disqualifications=tuple(_check(one) for one in top.tables("disqualifications")),
        consequences=tuple(_consequence(one) for one in top.tables("consequences")),
        relative=_relative(top),
        body=body,
    )
    top.texts("choices")
    enough.finish()
    top.finish()
    return standard


def _scorer(scorers: TomlTable, name: str) -> Text:
    scorers.asked.add(name)
    one = TomlTable(scorers.body[name], f"scorers.{name}", scorers.faults)
    text = one.both("name")
    one.finish()
    return text


def _relative(top: TomlTable) -> model.Relative | None:
    if not top.has("relative"):
        return None
    one = TomlTable(top.body["relative"], "relative", top.faults)
    group = one.choice("group", ("station_id", "street_id"))
    relative = model.Relative(group, int(one.number("min_group", low=1, high=1e6)))
    one.finish()
    return relative


def _condition(one: TomlTable, *, items: bool = True) -> Condition:
    keys = [key for key in model.OPS if one.has(key)]
    if len(keys) != 1:
        one.fault("", keys, "exactly one of " + ", ".join(model.OPS), "Name one.")
    op = keys[0] if keys else model.OPS[0]
    bound = one.number(op, 0.0)
    if items and one.has("item"):
        if one.has("measure"):
            one.fault("item", one.body["item"], "either item or measure", "Remove one.")
        return Condition(op, bound, item=one.text("item"))
    return Condition(op, bound, measure=one.text("measure"))


def _inline(one: TomlTable, key: str) -> Condition | None:
    if not one.has(key):
        return None
    inner = TomlTable(one.body[key], f"{one.where}.{key}", one.faults)
    condition = _condition(inner, items=False)
    inner.finish()
    return condition


def _check(one: TomlTable, *, graded: bool = False) -> model.Check:
    grade = one.text("grade") if graded and one.has("grade") else None
    check = model.Check(one.text("id"), one.both("name"), _condition(one), grade)
    one.finish()
    return check


def _item(one: TomlTable, missing: str) -> model.Item:
    rule = one.choice("rule", ITEM_RULES)
    item = model.Item(
        item_id=one.text("id"),
        name=one.both("name"),
        text=one.both("text"),
        weight=one.number("weight", low=0.01, high=1e6),
        rule=rule,
        scorer=one.text("scorer"),
        measure=one.text("measure", ASSESSED_SCORE if rule == "score" else ...),
        missing=one.choice("missing", ("zero", "renormalise"), missing),
        effort=one.number("effort", 1.0, 0.0, 1000.0),
        action=one.optional_both("action"),
        parameters=_parameters(one, rule),
        exemption=_inline(one, "exemption"),
        not_applicable=_inline(one, "not_applicable"),
    )
    if one.body.get("rule") in ITEM_RULES:  # else every key of the unknown rule would be a fault
        one.finish()
    return item


def _parameters(one: TomlTable, rule: str) -> dict[str, Any]:
    given: dict[str, Any] = {}
    for name, kind in RULE_KINDS[rule].parameters.items():
        key = name.rstrip("?")
        if not one.has(key) and name.endswith("?"):
            continue
        if kind == "steps":
            given[key] = one.pairs(key, float)
        elif kind == "numbers":
            given[key] = tuple(one.take(key, (list,), "a list of numbers"))
        elif kind == "measure":
            given[key] = one.text(key)
        elif kind == "flag":
            given[key] = one.flag(key)
        else:
            given[key] = one.number(key, low=1e-9 if kind == "positive" else -1e12, high=1e12)
    return given


def _grade(one: TomlTable) -> model.Grade:
    stars = one.maybe("stars", 0, 5)
    grade = model.Grade(
        grade_id=one.text("id"),
        name=one.both("name"),
        cut=one.maybe("cut"),
        share=one.maybe("share", 0.0, 1.0),
        stars=None if stars is None else int(stars),
        reward_yuan=one.maybe("reward_yuan", 0.0, 1e9),
        consequence=one.optional_both("consequence"),
    )
    one.finish()
    return grade


def _cap(one: TomlTable) -> model.Cap:
    kind = one.choice("kind", ("flag_cap", "worst_item_cap", "certainty_cap"))
    cap: model.Cap
    if kind == "flag_cap":
        return _check(one, graded=True)
    if kind == "worst_item_cap":
        limits = one.pairs("limits", str)
        cap = model.WorstItemCap(one.text("id"), one.both("name"), one.texts("items"), limits)
    else:
        low = one.number("low_at_least")
        cap = model.CertaintyCap(one.text("id"), one.both("name"), one.text("grade"), low)
    one.finish()
    return cap


def _consequence(one: TomlTable) -> model.Consequence:
    kind = one.choice("kind", ("streak", "demerits"))
    consequence_id, name = one.text("id"), one.both("name")
    made: model.Consequence
    if kind == "streak":
        counted = [key for key in ("grades", "rising", "of", "measure") if one.has(key)]
        if len(counted) != 1:
            one.fault("", counted, "exactly one of grades, rising, of, measure", "Name one.")
        made = model.Streak(
            consequence_id,
            name,
            int(one.number("length", low=1, high=20)),
            resets=one.flag("resets", False),
            condition=_condition(one, items=False) if "measure" in counted else None,
            grades=one.texts("grades"),
            rising=one.text("rising") if one.has("rising") else None,
            of=one.text("of") if one.has("of") else None,
        )
    else:
        made = model.Demerits(
            consequence_id,
            name,
            one.text("measure"),
            one.number("per_event", low=1e-9),
            tuple(_level(level) for level in one.tables("levels")),
            int(one.number("clean_periods", low=0, high=20)),
            one.maybe("resets_at", 0.0),
        )
    one.finish()
    return made


def _level(one: TomlTable) -> tuple[float, Text]:
    level = one.number("from", low=0.0), one.both("name")
    one.finish()
    return level
