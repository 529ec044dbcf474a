"""Duties that follow from each camera's legal basis, judged by the rules of a data file.

References
----------
.. [1] State Council of the People's Republic of China (2025). Regulations on Public-Security Video
   Image Information Systems, order 799, articles 7 to 10, 13, 14, 17, 33.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from etl.dictionary.cameras import DUTIES, DUTY_STATES
from etl.errors import EtlError
from etl.forbidden import forbidden_rows
from etl.paths import REFERENCE

LAW = REFERENCE / "order_799.toml"
RULES = ("known", "filed", "at_least", "shown", "place", "consent")
MET, MET_LATE, DUE, OVERDUE, NOT_MET, VIOLATED, UNKNOWN = range(len(DUTY_STATES))
UNSAID = -1  # nothing worth a row
Days = NDArray[np.datetime64]


@dataclass(frozen=True)
class Duty:
    """One duty: the article, whose it is, and the rule that judges it."""

    code: str
    article: str
    rule: str
    bases: frozenset[str]
    days: int
    near: tuple[str, ...]


@dataclass(frozen=True)
class Law:
    """The duties, and which of them a local standard asks of article 9 cameras too."""

    in_force: date
    older_days: int
    duties: tuple[Duty, ...]
    local: frozenset[str]
    local_title: str


@dataclass(frozen=True)
class Register:
    """Cameras in use, one entry each; null, NaT, NaN and -1 where the list says nothing."""

    legal_basis: pa.Array
    place_type: pa.Array
    installed_on: Days
    filed_on: Days
    consented_on: Days
    retention_days: NDArray[np.float64]
    has_sign: NDArray[np.int8]

    def take(self, rows: NDArray[np.int64]) -> Register:
        """Return some of the cameras."""
        index = pa.array(rows)
        return Register(
            self.legal_basis.take(index), self.place_type.take(index), self.installed_on[rows],
            self.filed_on[rows], self.consented_on[rows], self.retention_days[rows],
            self.has_sign[rows],
        )  # fmt: skip


@dataclass(frozen=True)
class Judged:
    """What became of one duty: `rows` of the register, and a row of `DUTY_STATES` for each."""

    duty: Duty
    rows: NDArray[np.int64]
    is_local: NDArray[np.bool_]
    state: NDArray[np.int8]
    due_on: Days
    done_on: Days
    found: pa.Array

    def n(self, state: str) -> int:
        """Count the cameras in a state."""
        return int(np.count_nonzero(self.state == DUTY_STATES.index(state)))


@cache
def read_law(path: Path = LAW) -> Law:
    """Return the duties of a file.

    Raises
    ------
    EtlError
        A duty or rule that is not known; the message names it.
    """
    body = tomllib.loads(path.read_text(encoding="utf-8"))
    local = body.get("local", {})
    duties = tuple(
        Duty(
            one["code"], one["article"], one["rule"], frozenset(one["bases"]),
            int(one.get("days", 0)), tuple(word.casefold() for word in one.get("near", ())),
        )
        for one in body["duties"]
    )  # fmt: skip
    for one in duties:
        if one.code not in DUTIES or one.rule not in RULES:
            raise EtlError(
                f"{path.name}: duty {one.code!r} by rule {one.rule!r}; one of "
                f"{', '.join(DUTIES)} by one of {', '.join(RULES)} was expected. Correct it."
            )
    asked = frozenset(code for code, wanted in local.items() if wanted is True)
    return Law(
        body["in_force"], int(body["older_days"]), duties, asked, str(local.get("title", ""))
    )


def judge(register: Register, law: Law, *, as_of: date) -> list[Judged]:
    """Judge every duty of every camera on one day.

    Parameters
    ----------
    register
        Cameras in use; planned and retired ones have no duties.
    law
        From `read_law`.
    as_of
        The day, local calendar.

    Returns
    -------
    list of Judged
        In the order of the law. A duty has rows for the cameras it binds: by their legal basis, or
        by a local standard (article 9 alone). Of `legal_basis` only unknown ones have rows, of
        `forbidden_place` only unknown and violated ones, of `consent` only cameras whose place
        names a military or secret unit: the rest would be four rows a camera that say nothing.

    Notes
    -----
    A filing is `met` up to its due day and `met_late` after it; without one it is `due` up to that
    day and `overdue` after. The due day counts from the installation, or for systems in use before
    the regulations from their coming into force. What the list does not say is `unknown`, never
    met.
    """
    today = np.datetime64(as_of, "D")
    found = []
    for duty in law.duties:
        national = _among(register.legal_basis, duty.bases) | (not duty.bases)
        local = _among(register.legal_basis, {"art9"}) & (duty.code in law.local) & ~national
        rows = np.flatnonzero(national | local)
        mine = register.take(rows)
        answer = _JUDGES[duty.rule](mine, duty, law, today)
        kept = np.flatnonzero(answer.state != UNSAID)
        found.append(
            Judged(
                duty, rows[kept], local[rows[kept]], answer.state[kept], answer.due_on[kept],
                answer.done_on[kept], answer.found.take(pa.array(kept)),
            )
        )  # fmt: skip
    return found


class _Answer:
    """States of some cameras, and what they rest on."""

    def __init__(
        self, state: NDArray[Any], *, due: Days | None = None, done: Days | None = None,
        found: pa.Array | None = None,
    ) -> None:  # fmt: skip
        never = np.full(len(state), np.datetime64("NaT", "D"))
        self.state: NDArray[np.int8] = np.asarray(state, np.int8)
        self.due_on = never if due is None else due
        self.done_on = never if done is None else done
        self.found = pa.nulls(len(state), pa.string()) if found is None else found


def _known(cameras: Register, duty: Duty, law: Law, today: np.datetime64) -> _Answer:
    return _Answer(np.where(_is_null(cameras.legal_basis), UNKNOWN, UNSAID))


def _filed(cameras: Register, duty: Duty, law: Law, today: np.datetime64) -> _Answer:
    used, filed = cameras.installed_on, cameras.filed_on
    in_force = np.datetime64(law.in_force, "D")
    due = used + np.timedelta64(duty.days, "D")
    due[used < in_force] = in_force + np.timedelta64(law.older_days, "D")
    state = np.full(len(used), UNKNOWN)
    waits = np.isnat(filed)
    state[waits & (due >= today)] = DUE
    state[waits & (due < today)] = OVERDUE
    state[~waits] = MET
    state[~waits & (filed > due)] = MET_LATE
    return _Answer(state, due=due, done=filed)


def _at_least(cameras: Register, duty: Duty, law: Law, today: np.datetime64) -> _Answer:
    kept = cameras.retention_days
    state = np.where(np.isnan(kept), UNKNOWN, np.where(kept >= duty.days, MET, NOT_MET))
    values, place = np.unique(kept, return_inverse=True)
    words = pa.array([None if np.isnan(one) else f"{one:g}" for one in values], pa.string())
    return _Answer(state, found=words.take(pa.array(place)))


def _shown(cameras: Register, duty: Duty, law: Law, today: np.datetime64) -> _Answer:
    return _Answer(np.array([NOT_MET, MET, UNKNOWN])[cameras.has_sign])  # -1 is the last


def _place(cameras: Register, duty: Duty, law: Law, today: np.datetime64) -> _Answer:
    state = np.where(_is_null(cameras.place_type), UNKNOWN, UNSAID)
    state[forbidden_rows(cameras.place_type)] = VIOLATED
    return _Answer(state, found=cameras.place_type)


def _consent(cameras: Register, duty: Duty, law: Law, today: np.datetime64) -> _Answer:
    coded = pc.dictionary_encode(cameras.place_type)
    names = [one.casefold() for one in coded.dictionary.to_pylist()]
    near = np.array([any(word in name for word in duty.near) for name in names] + [False])
    mine = near[np.asarray(pc.fill_null(coded.indices, -1)).astype(np.int64)]
    done = cameras.consented_on
    state = np.where(mine, np.where(np.isnat(done), UNKNOWN, MET), UNSAID)
    return _Answer(state, done=done, found=cameras.place_type)


def _among(values: pa.Array, words: Collection[str]) -> NDArray[np.bool_]:
    return np.asarray(pc.is_in(values, value_set=pa.array(sorted(words), pa.string())))


def _is_null(values: pa.Array) -> NDArray[np.bool_]:
    return np.asarray(pc.is_null(values))


_JUDGES: dict[str, Callable[[Register, Duty, Law, np.datetime64], _Answer]] = {
    "known": _known,
    "filed": _filed,
    "at_least": _at_least,
    "shown": _shown,
    "place": _place,
    "consent": _consent,
}
