"""Plausible fictional names of communities, roads, offices and companies."""

from __future__ import annotations

import tomllib
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

WORDS = Path(__file__).resolve().parents[2] / "data" / "reference" / "demo_names.toml"
FORMS = ("slab", "tower", "courtyard", "villa")
_PHASES = "一二三四五六七八九十"


@lru_cache(maxsize=1)
def words() -> dict[str, Any]:
    """Return the word lists of the model city."""
    return tomllib.loads(WORDS.read_text(encoding="utf-8"))


def name_communities(form: np.ndarray, *, rng: np.random.Generator) -> tuple[list[str], list[str]]:
    """Name communities, each name once.

    Parameters
    ----------
    form
        Index into `FORMS` of each community, shape (n,).
    rng
        Source of randomness.

    Returns
    -------
    tuple of list
        Chinese and English names. When the words run out, a phase (二期, 三期 …) is added.
    """
    body = words()["community"]
    first, second = body["first"], body["second"]
    chinese, english = [""] * form.size, [""] * form.size
    for index, kind in enumerate(FORMS):
        suffix = body["suffix"][kind]
        n_words = len(first) * len(second) * len(suffix)
        order = rng.permutation(n_words)
        for turn, place in enumerate(np.flatnonzero(form == index)):
            phase, pick = divmod(turn, n_words)
            rest, c = divmod(int(order[pick]), len(suffix))
            a, b = divmod(rest, len(second))
            zh_more, en_more = _phase(phase)
            chinese[place] = first[a][0] + second[b][0] + suffix[c][0] + zh_more
            english[place] = f"{first[a][1]}{second[b][1]} {suffix[c][1]}{en_more}"
    return chinese, english


def _phase(phase: int) -> tuple[str, str]:
    if phase == 0:
        return "", ""
    zh = _PHASES[phase] if phase < len(_PHASES) else str(phase + 1)
    return f"{zh}期", f" Phase {phase + 1}"


def name_roads(n: int, *, east_west: bool, rng: np.random.Generator) -> tuple[list[str], list[str]]:
    """Name `n` roads of one direction; past the word list they are numbered (经三十路)."""
    body = words()["road"]
    suffix = body["suffix_ew" if east_west else "suffix_ns"]
    order = rng.permutation(len(body["first"]))
    chinese, english = [], []
    for turn in range(n):
        round_, pick = divmod(turn, order.size)
        zh, en = body["first"][int(order[pick])]
        if round_ >= len(suffix):
            zh, en = f"{zh}{round_}", f"{en} {round_}"
        ending = suffix[round_ % len(suffix)]
        chinese.append(zh + ending[0])
        english.append(f"{en} {ending[1]}")
    return chinese, english


def name_offices(n: int, *, kind: str) -> tuple[list[str], list[str]]:
    """Name `n` street offices (`kind` "street") or police stations ("station")."""
    body = words()["office"]
    ending = body[kind]
    chinese, english = [], []
    for turn in range(n):
        round_, pick = divmod(turn, len(body["names"]))
        zh, en = body["names"][pick]
        more = str(round_ + 1) if round_ else ""
        chinese.append(f"{zh}{more}{ending[0]}")
        english.append(f"{en}{' ' + more if more else ''} {ending[1]}")
    return chinese, english


def name_companies(n: int) -> list[str]:
    """Name `n` property companies."""
    body = words()["company"]
    first, second = body["first"], body["second"]
    names = []
    for turn in range(n):
        round_, pick = divmod(turn, len(first))
        phase, ending = divmod(round_, len(second))
        names.append(first[pick] + (f"第{phase + 1}" if phase else "") + second[ending])
    return names
