"""The kinds of incident that come in near repeats, as `data/reference/near_repeat.toml` says."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from dashboard.page import Page

FILE = Path(__file__).resolve().parent.parent / "data" / "reference" / "near_repeat.toml"


@dataclass(frozen=True)
class RepeatKind:
    """One kind: its names, and the words that a type of it contains."""

    name: str
    name_en: str
    words: tuple[str, ...]


@cache
def repeat_kinds() -> dict[str, RepeatKind]:
    """Return the kinds by their code, in the file's order."""
    written = tomllib.loads(FILE.read_text(encoding="utf-8"))
    return {
        str(one["id"]): RepeatKind(
            str(one["name"]), str(one["name_en"]), tuple(str(w).lower() for w in one["words"])
        )
        for one in written["kinds"]
    }


def kind_word(page: Page, code: object) -> str:
    """Return a kind in the reader's language; an unknown one as it is."""
    found = repeat_kinds().get(str(code))
    return str(code) if found is None else page.t.pick(found.name, found.name_en)
