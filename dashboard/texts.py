"""Every word of the interface, by language and key, chosen per session."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from dashboard.errors import TextError

LANGUAGES = ("zh", "en")
FOLDER = Path(__file__).resolve().parent / "texts"


@dataclass(frozen=True)
class Texts:
    """The texts of one language."""

    language: str
    entries: Mapping[str, str]

    def __call__(self, key: str, **values: object) -> str:
        """Return the text `key` with `values` put in; TextError when either does not fit."""
        try:
            text = self.entries[key]
            return text.format(**values) if values else text
        except (KeyError, IndexError) as error:
            raise TextError(
                f"text {key} ({self.language}): {error}; see dashboard/texts."
            ) from error

    def has(self, key: str) -> bool:
        """Tell whether this language has the text `key`."""
        return key in self.entries

    def word(self, vocabulary: str, value: object) -> str:
        """Return the word for a coded value, or the value itself when no word is written."""
        if not isinstance(value, str):
            return ""
        return self.entries.get(f"{vocabulary}.{value}", value)

    def pick(self, zh: object, en: object) -> str:
        """Return whichever of two spellings this language uses; the other when it is empty."""
        first, second = (zh, en) if self.language == "zh" else (en, zh)
        return str(first if _filled(first) else second if _filled(second) else "")


@cache
def load_texts(language: str) -> Texts:
    """Read the texts of `language`; TextError for a language that is not shipped."""
    if language not in LANGUAGES:
        raise TextError(f"language {language}: not shipped; one of {', '.join(LANGUAGES)}.")
    entries: dict[str, str] = {}
    for file in sorted((FOLDER / language).glob("*.toml")):
        written = dict(_flatten(tomllib.loads(file.read_text(encoding="utf-8"))))
        if twice := sorted(written.keys() & entries.keys()):
            raise TextError(f"{file.name} ({language}): {', '.join(twice)} is written twice.")
        entries |= written
    return Texts(language, entries)


def _flatten(table: Mapping[str, object], prefix: str = "") -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for name, value in table.items():
        if isinstance(value, Mapping):
            found.extend(_flatten(value, f"{prefix}{name}."))
        else:
            found.append((f"{prefix}{name}", str(value)))
    return found


def _filled(value: object) -> bool:
    return isinstance(value, str) and value != ""
