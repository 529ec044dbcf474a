"""What an analysis could and could not say, in words: too few, one point, one day, untimed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dashboard.blocks import show_note
from dashboard.formats import is_missing
from dashboard.page import Page
from dashboard.queries import analysis

NOTES = "mart.analysis_notes"
CANNOT = frozenset(
    {"no_incident", "too_few", "one_point", "one_day", "too_short", "untimed", "constant",
     "no_type", "no_holidays"}
)  # fmt: skip


def outcome(
    page: Page, name: str, of_class: str, *, area: tuple[str, str] | None = None
) -> dict[str, Any] | None:
    """Return the note of one analysis and class, or None where none was written."""
    if page.state(NOTES) != "here":
        return None
    found = analysis.notes(page, *(area or (page.scope_kind, page.scope_id)), name)
    rows = found[found["class"] == of_class]
    return None if rows.empty else dict(rows.iloc[0])


def words(page: Page, name: str, note: Mapping[str, Any] | None) -> str:
    """Return what a note means for a reader."""
    t, f = page.t, page.f
    if note is None:
        return t("note.unknown")
    code = str(note["outcome"])
    key = f"note.{code}.{name}"
    text = t(key if t.has(key) else f"note.{code}.any", n=f.count(note["n"]),
             needed=f.count(note["needed"]))  # fmt: skip
    left = note.get("n_left_out")
    if is_missing(left) or not int(left):  # type: ignore[arg-type]
        return text
    return text + t("note.left_out", n=f.count(left))


def tell(
    page: Page, name: str, of_class: str, *, area: tuple[str, str] | None = None
) -> str | None:
    """Say why there is nothing to show; return the outcome's code."""
    note = outcome(page, name, of_class, area=area)
    code = None if note is None else str(note["outcome"])
    show_note(words(page, name, note), "warning" if code in CANNOT else "info")
    return code
