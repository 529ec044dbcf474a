"""Rescore a past period of a built store under any standard or changed weights."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import numpy as np

from etl.district import District
from etl.errors import StoreError
from etl.export import FORMULA_STARTS
from etl.marts import rating_assessed, rating_evidence, rating_history, rating_texts
from etl.marts.context import MartContext
from etl.rating import Outcome, Standard, rate
from etl.rating.moves import Moves, compare, top_items
from etl.report import Report
from etl.standards import SHIPPED, StandardError, find_standard, load_standard, parse_standard
from etl.store import Store, read_manifest

Row = dict[str, Any]
_PLAIN = (
    "community_id",
    "name",
    "name_en",
    "score_before",
    "score_after",
    "grade_before",
    "grade_after",
    "rank_before",
    "rank_after",
    "direction",
)


@dataclass(frozen=True)
class Rescored:
    """A period rated twice: as `against` says, and as the standard asked for says."""

    period: str
    moves: Moves
    rows: list[Row]
    report: Report

    def summary(self) -> Row:
        """Return who moves, counted, with every row."""
        after, before = self.moves.after.standard, self.moves.before.standard
        direction = self.moves.direction
        rated = [(one.grade >= 0).sum() for one in (self.moves.before, self.moves.after)]
        return {
            "period": self.period,
            "standard": _named(after),
            "against": _named(before),
            "communities": len(direction),
            "rated_before": int(rated[0]),
            "rated_after": int(rated[1]),
            "better": int((direction > 0).sum()),
            "worse": int((direction < 0).sum()),
            "findings": [one.en for one in self.report.findings],
            "rows": self.rows,
        }


def rescore(
    store: Store,
    standard: str | Path,
    *,
    period: str,
    weights: Mapping[str, float] | None = None,
    against: str | Path | None = None,
) -> Rescored:
    """Rate a past period again, and say who moves and why.

    Parameters
    ----------
    store
        Store of builds; the one served is read, nothing is written.
    standard
        A standard's file, or the identifier of a shipped one or of one of the build.
    period
        Calendar year that the build's data reaches.
    weights
        Other weights by item; those of the other items stay in proportion.
    against
        What to compare with, named in the same way; by default the same standard as it was built,
        or the district's first one.

    Returns
    -------
    Rescored
        One row a community in the order of their identifiers, the items that moved it most first.

    Raises
    ------
    StoreError
        When nothing is served or the period is outside the data.
    StandardError
        When a standard is unknown or faulty, or a weight names no item of it or is not above 0.
    """
    folder = store.current()
    if folder is None:
        raise StoreError(f"{store.path}: no build; expected one. Run anxing build first.")
    manifest = read_manifest(folder)
    with duckdb.connect(str(folder / "district.duckdb"), read_only=True) as con:
        con.execute("SET enable_external_access = false")
        context = _context(con, manifest)
        built = _built_standards(con)
        asked = _standard(standard, built)
        other = _baseline(asked, against, built, context.district.standards)
        outcomes = _Rater(context, period)
        before = outcomes.rate(other, None)
        after = outcomes.rate(asked, weights)
        names = con.execute(
            "SELECT name, name_en FROM core.communities ORDER BY community_id"
        ).fetchall()
    moves = compare(before, after)
    rows = [_row(moves, i, outcomes.frame.ids[i], name) for i, name in enumerate(names)]
    return Rescored(period, moves, rows, context.report)


class _Rater:
    """Rates one period of a build under any standard."""

    def __init__(self, context: MartContext, period: str) -> None:
        first, last = rating_history.first_year(context), context.as_of.year
        if not (period.isdecimal() and first <= int(period) <= last):
            raise StoreError(
                f"rescore: period is {period!r}; expected a calendar year from {first} to {last}. "
                "Give a year that the data reaches."
            )
        self.context, self.year = context, int(period)
        self.frame = rating_evidence.read_frame(context)

    def rate(self, standard: Standard, weights: Mapping[str, float] | None) -> Outcome:
        types = standard.serious_types
        (made,) = rating_evidence.read_periods(self.context, self.frame, [self.year], types)
        sheets = rating_assessed.read_assessed(
            self.context, self.frame.ids, standard, made.windows.period
        )
        group = rating_evidence.group_of(self.frame, standard)
        evidence = rating_evidence.make_evidence(self.frame, made, sheets, group)
        return rate(standard, evidence, weights=_weights(standard, weights))


def _weights(standard: Standard, wanted: Mapping[str, float] | None) -> np.ndarray | None:
    if not wanted:
        return None
    known = [item.item_id for item in standard.items]
    faults = [
        f"{standard.standard_id}: weight of {name!r}; expected an item among {', '.join(known)}. "
        "Correct the name."
        for name in wanted
        if name not in known
    ]
    faults += [
        f"{standard.standard_id}: weight of {name!r} is {value}; expected more than 0. Mend it."
        for name, value in wanted.items()
        if not (np.isfinite(value) and value > 0)
    ]
    if faults:
        raise StandardError("\n".join(faults))
    return np.asarray([wanted.get(item.item_id, item.weight) for item in standard.items])


def _context(con: duckdb.DuckDBPyConnection, manifest: Mapping[str, Any]) -> MartContext:
    facts = manifest["district"]
    missing = con.execute("SELECT value FROM meta.build WHERE name = 'missing_tables'").fetchone()
    standards = con.execute("SELECT standard_id FROM meta.standards ORDER BY position").fetchall()
    district = District(
        district_id=facts["id"],
        name=facts["name"],
        name_en=facts["name_en"],
        time_zone=facts["time_zone"],
        crs=facts["crs"],
        path=Path("district.toml"),
        sources=(),
        folder=Path(),
        standards=tuple(one for (one,) in standards),
    )
    return MartContext(
        con,
        district,
        date.fromisoformat(manifest["as_of"]),
        Report(),
        missing=frozenset(str(missing[0]).split()) if missing else frozenset(),
    )


def _built_standards(con: duckdb.DuckDBPyConnection) -> dict[str, Standard]:
    rows = con.execute(
        "SELECT standard_id, digest, body FROM meta.standards ORDER BY position"
    ).fetchall()
    found = {}
    for standard_id, digest, text in rows:
        body = json.loads(text)
        body.pop("rule_texts", None)
        found[standard_id] = parse_standard(body, standard_id, digest)
    return found


def _standard(name: str | Path, built: Mapping[str, Standard]) -> Standard:
    if str(name) in built:
        return built[str(name)]
    path = Path(name)
    if path.suffix == ".toml":
        return load_standard(path)
    return find_standard(str(name), (SHIPPED,))


def _baseline(
    asked: Standard,
    against: str | Path | None,
    built: Mapping[str, Standard],
    order: tuple[str, ...],
) -> Standard:
    if against is not None:
        return _standard(against, built)
    return built.get(asked.standard_id) or (built[order[0]] if order else asked)


def _named(standard: Standard) -> Row:
    return {
        "standard_id": standard.standard_id,
        "version": standard.version,
        "digest": standard.digest,
    }


def _row(moves: Moves, i: int, community_id: str, name: tuple[str, str | None]) -> Row:
    before, after = moves.before, moves.after
    bound = rating_texts.binding(after, i, public=False) if after.grade[i] >= 0 else []
    return {
        "community_id": community_id,
        "name": name[0],
        "name_en": name[1],
        "score_before": _number(moves.score_before[i]),
        "score_after": _number(moves.score_after[i]),
        "grade_before": _grade(before, i),
        "grade_after": _grade(after, i),
        "rank_before": int(moves.rank_before[i]) or None,
        "rank_after": int(moves.rank_after[i]) or None,
        "direction": int(moves.direction[i]),
        "items": [
            {
                "item_id": moves.item_ids[k],
                "name_en": moves.names[k].en,
                "name_zh": moves.names[k].zh,
                "change": round(float(moves.change[i, k]), 2),
            }
            for k in top_items(moves, i)
        ],
        "held_by": [{"name_en": one.en, "name_zh": one.zh} for one in bound],
    }


def _number(value: float) -> float | None:
    return None if np.isnan(value) else round(float(value), 2)


def _grade(outcome: Outcome, i: int) -> str | None:
    grade = int(outcome.grade[i])
    return None if grade < 0 else outcome.standard.grades[grade].grade_id


def write_rows(rescored: Rescored, out: Path) -> None:
    """Write one line a community as CSV, the items that moved it in one column.

    Parameters
    ----------
    rescored
        From `rescore`.
    out
        File; replaced.
    """
    with out.open("w", encoding="utf-8-sig", newline="") as sink:
        writer = csv.writer(sink)
        writer.writerow([*_PLAIN, "moved_by", "held_by"])
        for row in rescored.rows:
            moved = "; ".join(f"{one['item_id']} {one['change']:+g}" for one in row["items"])
            held = "; ".join(one["name_zh"] for one in row["held_by"])
            writer.writerow([*(_guarded(row[name]) for name in _PLAIN), moved, held])


def _guarded(value: Any) -> Any:
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA_STARTS) else value
