"""Headline figures in words: how many, of what, over which days, and whether it really changed."""

from __future__ import annotations

from typing import Any

import pandas as pd

from dashboard.blocks import Card
from dashboard.formats import is_missing
from dashboard.page import Page
from dashboard.queries import sight

TONES = {"up": "bad", "down": "good", "no_real_change": "flat", "too_few": "flat"}
ARROWS = {"up": "▲", "down": "▼", "no_real_change": "●", "too_few": "○"}
HEADLINES = ("all", "case", "dispute")


def pick(frame: pd.DataFrame, of_class: str, period: str) -> dict[str, Any] | None:
    """Return the row of one class and period, or None."""
    rows = frame[(frame["class"] == of_class) & (frame["period_kind"] == period)]
    return None if rows.empty else dict(rows.iloc[0])


def change_words(page: Page, row: dict[str, Any]) -> str:
    """Return the change of a row in words."""
    t, f = page.t, page.f
    word = row.get("word")
    if is_missing(word) or is_missing(row.get("n_before")):
        return t("change.unknown")
    share = row.get("change_fraction")
    by = f.share(None if is_missing(share) else abs(float(share)))  # type: ignore[arg-type]
    signed = t("change.signed", signed=f.change(share)) if not is_missing(share) else ""
    return f"{ARROWS[str(word)]} {t(f'change.{word}', by=by, signed=signed)}"


def compared(page: Page, row: dict[str, Any], *, against: str) -> str:
    """Return what a row was compared with and the interval of its change."""
    t, f = page.t, page.f
    if is_missing(row.get("n_before")):
        return ""
    parts = [t(against, n=f.count(row["n_before"]))]
    tells = row.get("word") != "too_few"
    if tells and not is_missing(row.get("ratio_low")) and not is_missing(row.get("ratio_high")):
        low, high = f.change(row["ratio_low"] - 1), f.change(row["ratio_high"] - 1)
        parts.append(t("change.interval", low=low, high=high))
    return t("punctuation.comma").join(parts)


def tone(row: dict[str, Any]) -> str:
    """Return the tone of a change: good, bad or flat."""
    return TONES.get(str(row.get("word")), "flat")


def headline(page: Page, frame: pd.DataFrame, of_class: str) -> Card | None:
    """Return the card of one class: 12 months with its change, 28 days, share in communities."""
    t, f = page.t, page.f
    year = pick(frame, of_class, "12_months")
    if year is None:
        return None
    lines = [compared(page, year, against="change.before_12")]
    if page.name != "dossier" and not is_missing(year["in_communities_fraction"]):
        lines.append(t("card.in_communities", share=f.share(year["in_communities_fraction"]),
                       n=f.count(year["n_in_communities"]), total=f.count(year["n"])))  # fmt: skip
    month = pick(frame, of_class, "28_days")
    foot: tuple[str, ...] = ()
    if month is not None:
        recent = t("card.recent", n=f.count(month["n"]), change=change_words(page, month))
        foot = (recent, compared(page, month, against="change.before_28"))
    return Card(
        t(f"card.{of_class}"),
        f.count(year["n"]),
        change_words(page, year),
        tone(year),
        tuple(line for line in lines if line),
        foot=tuple(line for line in foot if line),
    )


def score_lines(page: Page, score: object) -> tuple[str, ...]:
    """Return the score as a line of a card; no score gives no line."""
    return () if is_missing(score) else (page.t("card.score", score=page.f.number(score)),)


def zero_card(page: Page, frame: pd.DataFrame) -> Card | None:
    """Return the card of communities without a criminal case."""
    t, f = page.t, page.f
    row = pick(frame, "criminal", "12_months")
    if row is None or is_missing(row["n_zero_communities"]):
        return None
    n, zero = int(row["n_communities"] or 0), int(row["n_zero_communities"])
    share = f.share(zero / n) if n else "–"
    lines = (t("card.zero_line", share=share), t("card.zero_cases", n=f.count(row["n"])))
    return Card(t("card.zero"), f.count(zero), "", "flat", lines, t("card.of", n=f.count(n)))


def uncovered_card(page: Page, found: pd.DataFrame, *, strong: bool = True) -> Card:
    """Return the card of the uncovered-incident share."""
    t, f = page.t, page.f
    row = found.iloc[0]
    located = row["n_located"]
    if is_missing(located) or not int(located):
        return Card(t("card.uncovered"), "–", lines=(t("card.uncovered_none"),), strong=strong)
    share = int(row["n_uncovered"]) / int(located)
    lines = [t("card.uncovered_of", n=f.count(row["n_uncovered"]), total=f.count(located))]
    if not is_missing(row["n_recognised"]):
        lines.append(t("card.uncovered_seen", n=f.count(row["n_recognised"])))
    if not is_missing(row["n_patrolled"]):
        lines.append(t("card.uncovered_reached", n=f.count(row["n_patrolled"])))
    lines += _unknown_bearings(page)
    return Card(t("card.uncovered"), f.share(share), "", "flat", tuple(lines), strong=strong)


def _unknown_bearings(page: Page) -> list[str]:
    """Return a warning when the share rests on cameras whose bearing is mostly unknown."""
    if not page.has("core.cameras"):
        return []
    row = sight.bearings(page).iloc[0]
    n, unknown = int(row["n"]), int(row["n_unknown"])
    if unknown * 2 < n:
        return []
    return [page.t("card.uncovered_bearing", n=page.f.count(unknown), total=page.f.count(n))]


def cards(page: Page, frame: pd.DataFrame) -> list[Card]:
    """Return the four headline figures of an area, without those it has no rows for."""
    found = [headline(page, frame, name) for name in HEADLINES] + [zero_card(page, frame)]
    return [card for card in found if card is not None]


def period_text(page: Page, frame: pd.DataFrame) -> str:
    """Return the days that the 12 months and the 28 days cover."""
    t, f = page.t, page.f
    year, month = pick(frame, "all", "12_months"), pick(frame, "all", "28_days")
    if year is None or month is None:
        return ""
    return t("overview.periods", a=f.day(year["period_from"]), b=f.day(year["period_to"]),
             c=f.day(month["period_from"]), d=f.day(month["period_to"]))  # fmt: skip
