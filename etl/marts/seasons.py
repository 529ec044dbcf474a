"""Months, weekdays and public holidays beside what was to be expected, by area and class."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from etl.dictionary.core import CLASSES
from etl.marts.context import MartContext
from etl.marts.incidents import COUNTED
from etl.marts.notes import Notes, insert
from etl.paths import REFERENCE
from geo.seasonal import Seasons, holidays, months, weekdays

CALENDARS = "holidays_*.toml"
FEWEST_DAYS = 28

_DAYS = """
SELECT station_id, street_id, class, (day - $first)::INTEGER AS at, n FROM mart.incident_days
WHERE day >= $first AND day <= $last
"""


@dataclass(frozen=True)
class Holiday:
    """A public holiday: its days off, and weekend days worked instead."""

    holiday_id: str
    name: str
    name_en: str
    first: date
    last: date
    working: tuple[date, ...]


def read_holidays(time_zone: str) -> list[Holiday]:
    """Return the public holidays kept in a time zone, in order; none when no file names it."""
    found = []
    for path in sorted(REFERENCE.glob(CALENDARS)):
        body = tomllib.loads(path.read_text(encoding="utf-8"))
        if time_zone not in body["time_zones"]:
            continue
        for one in (one for year in body["years"] for one in year["holidays"]):
            working = tuple(one.get("worked", ()))
            found.append(
                Holiday(one["id"], one["name"], one["name_en"], one["from"], one["to"], working)
            )
    return sorted(found, key=lambda one: one.first)


def fill_seasons(context: MartContext, notes: Notes) -> None:
    """Fill `mart.incident_seasons`.

    Parameters
    ----------
    context
        The open build; `mart.incident_days` is filled.
    notes
        Told what could not be said.

    Notes
    -----
    District, stations and streets, each class. Months and holidays need the days around them in
    the data (`geo.seasonal`); the first day is that of the first incident of the last three years.
    """
    last = context.as_of
    first = context.con.execute(
        "SELECT min(day) FROM mart.incident_days WHERE day > $from AND day <= $last",
        {"from": _three_years_before(last), "last": last},
    ).fetchall()[0][0]
    if first is None:
        district = context.district.district_id
        notes.add("district", district, "seasons", "all", "no_incident", n=0)
        return
    scopes, counts = _count(context, first, last)
    calendar = read_holidays(context.district.time_zone)
    runs = [(np.datetime64(one.first), np.datetime64(one.last)) for one in calendar]
    worked = [np.datetime64(day) for one in calendar for day in one.working]
    start = np.datetime64(first)
    flat = counts.reshape(-1, counts.shape[2])
    tables = [
        _rows("month", months(flat, start), scopes, None),
        _rows("weekday", weekdays(flat, start), scopes, None),
        _rows("holiday", holidays(flat, start, runs=runs, ordinary=worked), scopes, calendar),
    ]
    for table in tables:
        insert(context.con, "incident_seasons", table)
    n_days = (last - first).days + 1
    short = n_days < FEWEST_DAYS
    for k, (kind, scope_id) in enumerate(scopes):
        total = int(counts[k, 0].sum())
        outcome = "no_incident" if total == 0 else "too_short" if short else "ok"
        if outcome == "ok" and not calendar:
            outcome = "no_holidays"
        needed = FEWEST_DAYS if outcome == "too_short" else None
        n = n_days if outcome == "too_short" else total
        notes.add(kind, scope_id, "seasons", "all", outcome, n=n, needed=needed)


def _three_years_before(day: date) -> date:
    return day.replace(year=day.year - 3, day=min(day.day, 28))


def _count(
    context: MartContext, first: date, last: date
) -> tuple[list[tuple[str, str]], np.ndarray]:
    """Return the areas, and their incidents by class of figures and day."""
    rows = context.con.execute(_DAYS, {"first": first, "last": last}).to_arrow_table()
    at, n = rows["at"].to_numpy(), rows["n"].to_numpy()
    leaf = _numbered(rows["class"], list(CLASSES))
    scopes: list[tuple[str, str]] = [("district", context.district.district_id)]
    days = (last - first).days + 1
    blocks = [_add_up(np.zeros(len(at), np.int64), leaf, at, n, 1, days)]
    for kind in ("station", "street"):
        ids = context.con.execute(f"SELECT {kind}_id FROM core.{kind}s ORDER BY 1").fetchall()
        names = [one for (one,) in ids]
        scopes += [(kind, one) for one in names]
        where = _numbered(rows[f"{kind}_id"], names)
        blocks.append(_add_up(where, leaf, at, n, len(names), days))
    leaves = np.concatenate(blocks)
    sums = [leaves[:, [CLASSES.index(c) for c in of]].sum(axis=1) for of in COUNTED.values()]
    return scopes, np.stack(sums, axis=1)


def _numbered(values: pa.ChunkedArray, names: list[str]) -> np.ndarray:
    """Return the place of each value among names; -1 where it is none of them."""
    found = pc.index_in(values, value_set=pa.array(names, pa.string()))
    return np.asarray(pc.fill_null(found, -1).to_numpy())


def _add_up(
    where: np.ndarray, leaf: np.ndarray, at: np.ndarray, n: np.ndarray, n_scopes: int, days: int
) -> np.ndarray:
    known = where >= 0
    cell = (where[known].astype(np.int64) * len(CLASSES) + leaf[known]) * days + at[known]
    size = n_scopes * len(CLASSES) * days
    total = np.bincount(cell, weights=n[known], minlength=size)
    return total.astype(np.int64).reshape(n_scopes, len(CLASSES), days)


def _rows(
    kind: str,
    found: Seasons,
    scopes: list[tuple[str, str]],
    calendar: list[Holiday] | None,
) -> pa.Table:
    """Return a table with a row for each area, class and run of days in which anything is said."""
    n_runs, many = len(found.number), found.n.size
    series = np.repeat(np.arange(len(scopes) * len(COUNTED)), n_runs)
    run = np.tile(np.arange(n_runs), len(scopes) * len(COUNTED))
    scope, name = series // len(COUNTED), series % len(COUNTED)
    label: list[str | None] = [str(k) for k in found.number]
    if kind == "month":
        label = [str(one) for one in found.first]
    names: dict[str, list[str | None]] = {}
    if calendar is not None:
        label = [calendar[k].holiday_id for k in found.number]
        names["name"] = [calendar[k].name for k in found.number]
        names["name_en"] = [calendar[k].name_en for k in found.number]
    kinds = [kind_ for kind_, _ in scopes]
    ids = [one for _, one in scopes]
    columns = {
        "scope_kind": _take(kinds, scope),
        "scope_id": _take(ids, scope),
        "station_id": _take([o if k == "station" else None for k, o in scopes], scope),
        "street_id": _take([o if k == "street" else None for k, o in scopes], scope),
        "class": _take(list(COUNTED), name),
        "kind": _take([kind], np.zeros(many, np.int64)),
        "bin": _take(label, run),
        **{key: _take(values, run) for key, values in names.items()},
        "period_from": pa.array(found.first[run]),
        "period_to": pa.array(found.last[run]),
        "n_days": found.n_days[run],
        "n": found.n.ravel(),
        "expected": _nullable(found.expected),
        "n_base": found.n_base.ravel(),
        "ratio": _nullable(found.change.ratio),
        "ratio_low": _nullable(found.change.low),
        "ratio_high": _nullable(found.change.high),
        "word": pa.array(found.change.word.ravel().astype(object), pa.string()),
    }
    table = pa.table(columns)
    said = (found.n + found.n_base).ravel() > 0
    return table.filter(pa.array(said))


def _take(values: Sequence[str | None], number: np.ndarray) -> pa.Array:
    return pa.array(values, pa.string()).take(pa.array(number))


def _nullable(values: np.ndarray) -> pa.Array:
    flat = values.ravel()
    return pa.array(flat, mask=~np.isfinite(flat))
