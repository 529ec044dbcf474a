"""Notices and cards in order: how long each stands, which runs they make, what a run calls for.

Nothing here reads a database. A run is of one kind: it grows with each card that comes before the
last has cleared, and begins anew after a clean time, after it has called for the next card, and
when a worse card is issued.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from etl.errors import EtlError

# From the mildest to the worst; fines and awards make no runs.
LADDER = ("notice", "interview", "yellow_card", "red_card", "black_card")


class LadderError(EtlError):
    """A card ladder that cannot be honoured."""


@dataclass(frozen=True)
class Raise:
    """A run of `length` cards of a kind calls for the card `to`."""

    length: int
    to: str


@dataclass(frozen=True)
class Ladder:
    """Days after which a card of each kind no longer stands, and what runs call for."""

    clear_days: Mapping[str, int]
    raises: Mapping[str, Raise]


@dataclass(frozen=True)
class Card:
    """One card as issued, with its place in the run and the card that the run calls for."""

    kind: str
    on: date
    run: int
    is_after_reset: bool
    raises: str | None = None


@dataclass(frozen=True)
class Standing:
    """What stands against a community on a day; `kind` is None when nothing does."""

    kind: str | None = None
    since: date | None = None
    clears_on: date | None = None
    run: int = 0
    to_next: int | None = None
    due: str | None = None


@dataclass
class _Run:
    length: int = 0
    last: date | None = None


def read_ladder(path: Path) -> Ladder:
    """Read the ladder of cards.

    Parameters
    ----------
    path
        TOML file with `[clear_days]` and `[[raises]]`.

    Returns
    -------
    Ladder
        Checked.

    Raises
    ------
    LadderError
        With every fault of the file; mend the file.
    """
    body = tomllib.loads(path.read_text(encoding="utf-8"))
    days = body.get("clear_days", {})
    faults = []
    for kind in LADDER:
        if not isinstance(days.get(kind), int) or days[kind] < 1:
            faults.append(
                f"{path.name}, clear_days.{kind}: found {days.get(kind)!r}; expected days of at "
                "least 1. Add it."
            )
    raises = {}
    for one in body.get("raises", []):
        fault = _fault_of(one)
        if fault:
            faults.append(f"{path.name}, raises: found {one!r}; {fault}")
        else:
            raises[one["from"]] = Raise(one["length"], one["to"])
    if faults:
        raise LadderError("\n".join(faults))
    return Ladder({kind: days[kind] for kind in LADDER}, raises)


def _fault_of(one: Mapping[str, Any]) -> str | None:
    first, to, length = one.get("from"), one.get("to"), one.get("length")
    if first not in LADDER or to not in LADDER:
        return f"expected from and to among {', '.join(LADDER)}. Correct the name."
    if LADDER.index(to) <= LADDER.index(first):
        return "expected a worse card than the one of the run. Turn them round."
    if not isinstance(length, int) or length < 2:
        return "expected a length of at least 2. Mend it."
    return None


@dataclass
class _Community:
    """The runs of one community while its cards are followed."""

    ladder: Ladder
    runs: dict[str, _Run] = field(default_factory=lambda: {kind: _Run() for kind in LADDER})

    def take(self, kind: str, on: date) -> Card:
        run = self.runs[kind]
        clean = run.last is not None and on > run.last + timedelta(self.ladder.clear_days[kind])
        run.length = 1 if clean else run.length + 1
        run.last = on
        for milder in LADDER[: LADDER.index(kind)]:
            self.runs[milder].length = 0
        length, calls = run.length, self.ladder.raises.get(kind)
        raised = calls.to if calls is not None and length >= calls.length else None
        if raised is not None:
            run.length = 0
        return Card(kind, on, length, clean, raised)


def follow_cards(issued: Sequence[tuple[str, date]], ladder: Ladder) -> list[Card]:
    """Follow the cards of one community.

    Parameters
    ----------
    issued
        Kind and day of each, in any order; kinds that are not of the ladder are left out.
    ladder
        Of the district.

    Returns
    -------
    list[Card]
        By day, the milder first on one day.
    """
    known = [one for one in issued if one[0] in LADDER]
    community = _Community(ladder)
    order = sorted(known, key=lambda one: (one[1], LADDER.index(one[0])))
    return [community.take(kind, on) for kind, on in order]


def stand_on(cards: Sequence[Card], ladder: Ladder, today: date) -> Standing:
    """Return what stands against a community at the end of a day.

    Parameters
    ----------
    cards
        From `follow_cards`.
    ladder
        The same.
    today
        The day; later cards are not looked at.

    Returns
    -------
    Standing
        The worst card that has not cleared, its run, how many more of it call for the next card,
        and a card that a run has called for and nobody has issued since.
    """
    seen = [one for one in cards if one.on <= today]
    due = None
    for at, one in enumerate(seen):
        if one.raises is None or _cleared(one, ladder) <= today:
            continue
        answered = any(LADDER.index(c.kind) >= LADDER.index(one.raises) for c in seen[at + 1 :])
        due = due if answered else one.raises
    held = [one for one in seen if _cleared(one, ladder) > today]
    if not held:
        return Standing(due=due)
    worst = max(held, key=lambda one: (LADDER.index(one.kind), one.on))
    calls = ladder.raises.get(worst.kind)
    run = 0 if worst.raises else worst.run
    first = min(one.on for one in held if one.kind == worst.kind)
    return Standing(
        kind=worst.kind,
        since=first,
        clears_on=_cleared(worst, ladder),
        run=worst.run,
        to_next=None if calls is None else calls.length - run,
        due=due,
    )


def _cleared(card: Card, ladder: Ladder) -> date:
    """Day from which a card no longer stands."""
    return card.on + timedelta(days=ladder.clear_days[card.kind] + 1)
