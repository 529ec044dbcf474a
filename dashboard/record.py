"""The record every hotspot map carries: how well such maps foretold the month that followed."""

from __future__ import annotations

from typing import Any

import pandas as pd

from dashboard import analysis_notes
from dashboard.formats import is_missing
from dashboard.page import Page
from dashboard.queries import analysis

MEANS = "mart.accuracy_means"
METHODS = ("kde", "gi_star", "last_year", "chance")
FLAGGED = ("significant", "top_5", "top_10", "top_20")


def means(page: Page, of_class: str) -> pd.DataFrame:
    """Return the record of every method for one class; none when nothing was tested."""
    if page.state(MEANS) != "here":
        return pd.DataFrame()
    found = analysis.accuracy_means(page, page.scope_kind, page.scope_id)
    return found[found["class"] == of_class].reset_index(drop=True)


def pick(found: pd.DataFrame, method: str, flagged: str) -> dict[str, Any] | None:
    """Return the record of one method and share of the area, or None."""
    rows = found[(found["method"] == method) & (found["flagged"] == flagged)]
    return None if rows.empty else dict(rows.iloc[0])


def sentence(page: Page, of_class: str, method: str) -> str:
    """Return how well maps of `method` did, beside last year's counts and chance."""
    t, f = page.t, page.f
    found = means(page, of_class)
    if found.empty:
        note = analysis_notes.outcome(page, "accuracy", of_class)
        return t("record.none", why=analysis_notes.words(page, "accuracy", note))
    flagged = "top_10"
    row = pick(found, method, flagged)
    if row is None or not tested(row):
        return t("record.none_for", method=t(f"accuracy.{method}"))
    parts = [_held(page, row)]
    for other in ("last_year", "chance"):
        beside = pick(found, other, flagged)
        if other != method and beside is not None and tested(beside):
            parts.append(t(f"record.{other}", hit=f.share(beside["hit_rate"])))
    text = t("punctuation.comma").join(parts) + t("record.stop")
    word = row.get("word")
    text += "" if is_missing(word) or method == "last_year" else t(f"record.word_{word}")
    sure = pick(found, method, "significant")
    if sure is None or not tested(sure):
        return text
    return text + t("record.significant", area=f.share(sure["area_fraction"]),
                    hit=f.share(sure["hit_rate"]))  # fmt: skip


def _held(page: Page, row: dict[str, Any]) -> str:
    """Return what maps of one method held, of how many months, on how much ground."""
    t, f = page.t, page.f
    return t("record.held", method=t(f"accuracy.{row['method']}"), n=f.count(row["n_periods"]),
             flagged=t(f"flagged.{row['flagged']}"), hit=f.share(row["hit_rate"]),
             area=f.share(row["area_fraction"]), low=f.share(row["hit_rate_low"]),
             high=f.share(row["hit_rate_high"]))  # fmt: skip


def tested(row: dict[str, Any] | None) -> bool:
    """Tell whether a record rests on anything."""
    return row is not None and not is_missing(row["hit_rate"])
