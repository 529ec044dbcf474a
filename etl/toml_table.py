"""Reading of one TOML table so that every wrong, missing or unknown key is collected."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from etl.rating.checks import Fault
from etl.rating.model import Text


class TomlTable:
    """One TOML table being read: every wrong, missing or unknown key becomes a fault."""

    def __init__(self, body: object, where: str, faults: list[Fault]) -> None:
        self.body = body if isinstance(body, dict) else {}
        self.where, self.faults, self.asked = where, faults, set[str]()
        if not isinstance(body, dict):
            self.fault("", body, "a table", "Write [name] or [[name]].")

    def fault(self, key: str, found: object, expected: str, mend: str) -> None:
        """Note a fault of this table."""
        name = ".".join(one for one in (self.where, key) if one)
        self.faults.append(Fault(name, found, expected, mend))

    def has(self, key: str) -> bool:
        """Tell whether a key is there, and note that it is known."""
        self.asked.add(key)
        return key in self.body

    def take(self, key: str, kinds: tuple[type, ...], expected: str, default: Any = ...) -> Any:
        """Return a value of the given kinds; a wrong or missing one is a fault."""
        if not self.has(key):
            if default is ...:
                self.fault(key, None, expected, "Add it.")
                return kinds[0]()
            return default
        value = self.body[key]
        if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
            self.fault(key, value, expected, "Mend it.")
            return kinds[0]() if default is ... else default
        return value

    def text(self, key: str, default: Any = ...) -> str:
        """Return a text; required unless a default is given."""
        value = str(self.take(key, (str,), "a text", default))
        if default is ... and not value and key in self.body and not self.body[key]:
            self.fault(key, value, "a text that is not empty", "Write it.")
        return value

    def both(self, key: str) -> Text:
        """Return a text in both languages, from `key_en` and `key_zh`."""
        return Text(self.text(f"{key}_en"), self.text(f"{key}_zh"))

    def optional_both(self, key: str) -> Text | None:
        """Return a text in both languages, None when neither is there."""
        here = self.has(f"{key}_en"), self.has(f"{key}_zh")
        return self.both(key) if any(here) else None

    def number(self, key: str, default: Any = ..., low: float = -1e12, high: float = 1e12) -> float:
        """Return a number within bounds."""
        expected = "a number" if low < -1e11 else f"a number from {low:g} to {high:g}"
        before = len(self.faults)
        value = self.take(key, (float, int), expected, default)
        read = key in self.body and len(self.faults) == before
        if read and not low <= float(value) <= high:
            self.fault(key, value, expected, "Mend it.")
        return float(value)

    def maybe(self, key: str, low: float = -1e12, high: float = 1e12) -> float | None:
        """Return a number within bounds, None when it is not there."""
        return self.number(key, low=low, high=high) if self.has(key) else None

    def flag(self, key: str, default: Any = ...) -> bool:
        """Return true or false."""
        return bool(self.take(key, (bool,), "true or false", default))

    def choice(self, key: str, choices: Sequence[str], default: Any = ...) -> Any:
        """Return one of the texts allowed."""
        value = self.text(key, default)
        if key in self.body and value not in choices:
            self.fault(key, self.body[key], "one of " + ", ".join(choices), "Choose one.")
            return choices[0]
        return value or choices[0]

    def texts(self, key: str) -> tuple[str, ...]:
        """Return a list of texts, empty when it is not there."""
        value = self.take(key, (list,), "a list of texts", [])
        if not all(isinstance(one, str) for one in value):
            self.fault(key, value, "a list of texts", "Mend it.")
            return ()
        return tuple(value)

    def pairs(self, key: str, last: type) -> tuple[tuple[float, Any], ...]:
        """Return a list of pairs of a number and a number or a text."""
        value = self.take(key, (list,), "a list of pairs")
        good = [
            (float(one[0]), last(one[1]))
            for one in value
            if isinstance(one, list)
            and len(one) == 2
            and isinstance(one[0], int | float)
            and isinstance(one[1], int | float if last is float else last)
        ]
        if not good or len(good) != len(value):
            self.fault(key, value, "a list of pairs", "Write for example [[5, 3], [10, 6]].")
            return ((0.0, 1.0 if last is float else ""),)
        return tuple(good)

    def tables(self, key: str) -> list[TomlTable]:
        """Return the tables of an array, each knowing its number."""
        value = self.take(key, (list,), f"[[{key}]] tables", [])
        return [
            TomlTable(one, f"{key}[{number}]", self.faults)
            for number, one in enumerate(value, start=1)
        ]

    def finish(self) -> None:
        """Make every key that nobody asked for a fault."""
        for key in sorted(set(self.body) - self.asked):
            names = ", ".join(sorted(self.asked))
            self.fault(key, self.body[key], f"a known key ({names})", "Correct the name.")
