"""Single incidents: the rows that a figure was counted from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from math import sqrt
from typing import Any

import pandas as pd

from dashboard.clocks import local_sql
from dashboard.queries import Reader

# A place is a community or, for incidents outside all of them, a square cell.
_IN_CLUSTER = """
EXISTS (
    SELECT 1 FROM mart.cluster_places p
    WHERE p.scope_kind = ? AND p.scope_id = ? AND p.class = ? AND p.analysis = ? AND p.rank = ?
      AND (p.community_id = i.community_id OR (
          i.community_id IS NULL AND p.cell_m IS NOT NULL
          AND i.x >= p.x - p.cell_m / 2 AND i.x < p.x + p.cell_m / 2
          AND i.y >= p.y - p.cell_m / 2 AND i.y < p.y + p.cell_m / 2)))
"""


@dataclass(frozen=True)
class Which:
    """The incidents behind one figure; what is left at None does not narrow them.

    `since` and `until` are UTC instants, half-open. `cells` are names of squares or hexagons of
    `cell_m` metres as `geo.study_area` gives them. `circle` is x, y and radius in metres.
    `hours` is the first local hour and how many; with `weekday` (0 Monday) the hours begin on
    that day. An uncertain time belongs to every hour that it touches. `cluster` is the key of a
    cluster of `mart.clusters`; `ids` are incident numbers; `words` are in small letters, one of
    which the type contains.
    """

    since: datetime
    until: datetime
    of_class: str = "all"
    located: bool | None = None
    community_id: str | None = None
    address: str | None = None
    cells: tuple[str, ...] | None = None
    cell_m: float = 0.0
    circle: tuple[float, float, float] | None = None
    hours: tuple[int, int] | None = None
    weekday: int | None = None
    cluster: tuple[str, str, str, str, int] | None = None
    ids: tuple[str, ...] | None = None
    words: tuple[str, ...] | None = None


def rows(read: Reader, which: Which, zone: str, *, at_most: int) -> pd.DataFrame:
    """Return the newest incidents of a choice with the community they lie in, and `n_all`."""
    where, parameters = _where(which, zone)
    return read.frame(
        f"""
        SELECT i.occurred_from, i.occurred_to, i.class, i.type, i.address, c.name, c.name_en,
               i.community_id, i.is_solved, i.lon, i.lat, i.incident_id,
               count(*) OVER () AS n_all
        FROM core.incidents i LEFT JOIN core.communities c ON c.community_id = i.community_id
        WHERE {where} ORDER BY i.occurred_from DESC, i.incident_id LIMIT ?
        """,  # noqa: S608
        (*parameters, at_most),
    )


def _where(which: Which, zone: str) -> tuple[str, tuple[Any, ...]]:
    """Return the condition of a choice and what is bound in it."""
    parts: list[tuple[str, tuple[Any, ...]]] = [
        ("i.occurred_from >= ? AND i.occurred_from < ?", (which.since, which.until))
    ]
    if which.of_class == "case":
        parts.append(("i.class IN ('criminal', 'public_security')", ()))
    elif which.of_class != "all":
        parts.append(("i.class = ?", (which.of_class,)))
    if which.located is not None:
        parts.append((f"i.x IS {'NOT ' if which.located else ''}NULL", ()))
    if which.community_id is not None:
        parts.append(("i.community_id = ?", (which.community_id,)))
    if which.address is not None:
        parts.append(("i.address = ?", (which.address,)))
    if which.cells:
        cell = _cell_sql(float(which.cell_m), hexagon=which.cells[0].startswith("h"))
        parts.append((f"{cell} IN (SELECT unnest(string_split(?, ' ')))",
                      (" ".join(which.cells),)))  # fmt: skip
    if which.circle is not None:
        x, y, radius = which.circle
        parts.append(("(i.x - ?) ** 2 + (i.y - ?) ** 2 <= ?", (x, y, (radius + 0.01) ** 2)))
    if which.cluster is not None:
        parts.append((_IN_CLUSTER, which.cluster))
    if which.ids is not None:
        parts.append(("i.incident_id IN (SELECT unnest(string_split(?, chr(31))))",
                      ("\x1f".join(which.ids),)))  # fmt: skip
    if which.words is not None:
        found = " OR ".join("contains(lower(i.type), ?)" for _ in which.words)
        parts.append((f"({found})", which.words))
    if which.hours is not None:
        parts.append(_in_hours(which, zone))
    return " AND ".join(text for text, _ in parts), tuple(v for _, given in parts for v in given)


def _cell_sql(cell_m: float, *, hexagon: bool) -> str:
    """Return the name of the cell that an incident lies in.

    A hexagon is the one whose middle is nearest, of the rows below and above; odd rows lie half a
    cell to the east. Of two as near it is the lower row's, as `geo.grid.HexGrid` has it.
    """
    if not hexagon:
        return f"'x' || floor(i.x / {cell_m!r})::BIGINT || 'y' || floor(i.y / {cell_m!r})::BIGINT"
    u, v = f"(i.x / {cell_m!r})", f"(i.y / {cell_m * sqrt(3) / 2!r})"
    name, away = [], []
    for row in (f"floor({v})", f"(floor({v}) + 1)"):
        shift = f"0.5 * (abs({row}) % 2)"
        col = f"floor({u} - {shift} + 0.5)"
        name.append(f"'h' || {col}::BIGINT || 'r' || {row}::BIGINT")
        away.append(f"({u} - {shift} - {col}) ** 2 + 0.75 * ({v} - {row}) ** 2")
    return f"CASE WHEN {away[1]} < {away[0]} THEN {name[1]} ELSE {name[0]} END"


def _in_hours(which: Which, zone: str) -> tuple[str, tuple[Any, ...]]:
    """Return the condition that an incident touches the hours of a choice.

    Hours are counted round the day, or round the week when a weekday is given: an incident of
    `span` further hours from hour h touches a window of n hours from a when a lies within span of
    h, or h within the window.
    """
    first, n = which.hours or (0, 24)
    start = local_sql("i.occurred_from", zone, which.since, which.until)
    begins, whole = f"hour({start})", 24
    if which.weekday is not None:
        begins, whole = f"((isodow({start}) - 1) * 24 + hour({start}))", 168
        first += 24 * which.weekday
    last = "greatest(coalesce(i.occurred_to - INTERVAL 1 SECOND, i.occurred_from), i.occurred_from)"
    span = f"date_diff('hour', {start}, {local_sql(last, zone, which.since, which.until)})"
    return (
        f"((? - {begins} + {whole}) % {whole} <= {span} OR ({begins} - ? + {whole}) % {whole} < ?)",
        (first, first, n),
    )


def kinds(read: Reader, which: Which, zone: str, *, at_most: int = 4) -> pd.DataFrame:
    """Return how many incidents of a choice are of each type, the most first."""
    where, parameters = _where(which, zone)
    return read.frame(
        f"""
        SELECT i.type, count(*) AS n FROM core.incidents i
        WHERE {where} GROUP BY ALL ORDER BY n DESC, i.type LIMIT ?
        """,  # noqa: S608
        (*parameters, at_most),
    )
