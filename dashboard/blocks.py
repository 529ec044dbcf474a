"""The few building blocks of every page: cards, notes, tables, downloads, maps with their table."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import pandas as pd
import streamlit as st

from dashboard.export import to_csv, to_xlsx
from dashboard.formats import is_missing
from dashboard.page import Page

_MARKDOWN = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~$:&@=^\"'/])")
ROW_PX = 35
WIDE = 6  # columns; with more than these the first stays in sight
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def plain(text: object) -> str:
    """Return text from a file so that Markdown shows it letter by letter."""
    return _MARKDOWN.sub(r"\\\1", " ".join(str(text).split()))


@dataclass(frozen=True)
class Card:
    """One figure: what it is, how much, and the lines that make it readable."""

    label: str
    value: str
    change: str = ""
    tone: str = "flat"
    lines: tuple[str, ...] = ()
    unit: str = ""
    strong: bool = False
    foot: tuple[str, ...] = ()


def show_cards(cards: Sequence[Card], label: str) -> None:
    """Show figures side by side, wrapping on narrow screens."""
    st.html(
        f'<section class="ax-cards" aria-label="{escape(label)}">'
        + "".join(_card(card) for card in cards)
        + "</section>"
    )


def _card(card: Card) -> str:
    strong = " ax-strong" if card.strong else ""
    change = f'<p class="ax-change ax-{card.tone}">{escape(card.change)}</p>' if card.change else ""
    unit = f'<span class="ax-unit">{escape(card.unit)}</span>' if card.unit else ""
    lines = "".join(f'<p class="ax-line">{escape(line)}</p>' for line in card.lines)
    foot = "".join(f'<p class="ax-line">{escape(line)}</p>' for line in card.foot)
    lines += f'<div class="ax-below">{foot}</div>' if foot else ""
    return (
        f'<article class="ax-card{strong}"><p class="ax-label">{escape(card.label)}</p>'
        f'<p class="ax-value">{escape(card.value)}{unit}</p>{change}{lines}</article>'
    )


def show_facts(facts: Sequence[tuple[str, str]]) -> None:
    """Show small facts as term and value."""
    st.html(
        '<dl class="ax-facts">'
        + "".join(f"<div><dt>{escape(k)}</dt><dd>{escape(v)}</dd></div>" for k, v in facts)
        + "</dl>"
    )


def show_lead(text: str) -> None:
    """Show the sentence under a title."""
    st.html(f'<p class="ax-lead">{escape(text)}</p>')


def show_note(text: str, tone: str = "info") -> None:
    """Show one sentence the reader should not miss; tone is info, warning or plain."""
    st.html(f'<p class="ax-note ax-note-{tone}" role="note">{escape(text)}</p>')


def show_list(lines: Sequence[str]) -> None:
    """Show sentences as a list."""
    st.html('<ul class="ax-list">' + "".join(f"<li>{escape(x)}</li>" for x in lines) + "</ul>")


def stars_text(stars: object) -> str:
    """Return stars as symbols out of five; nothing known gives an empty text."""
    if stars is None or pd.isna(stars):  # type: ignore[call-overload]
        return ""
    n = int(stars)  # type: ignore[call-overload]
    return "★" * n + "☆" * (5 - n)


def absence(page: Page, table: str, state: str) -> str:
    """Return what it means that a table is missing, empty or denied."""
    name = table.partition(".")[2]
    key = f"absent.{state}.{name}"
    if page.t.has(key):
        return page.t(key)
    return page.t(f"absent.{state}_any", table=page.t.word("tables", name))


def lacking(page: Page, *tables: str) -> bool:
    """Say in words what is not there; True when any of `tables` has no rows for this page."""
    found = [(table, page.state(table)) for table in tables]
    for table, state in found:
        if state != "here":
            show_note(absence(page, table, state), "plain")
            return True
    return False


def show_table(
    page: Page,
    frame: pd.DataFrame,
    columns: Mapping[str, tuple[str, str]],
    *,
    name: str,
    at_most_px: int = 420,
    select: bool = False,
    alt: str = "",
    key: str | None = None,
) -> int | None:
    """Show a table with its downloads; the row chosen when `select`.

    Columns that hold nothing at all are left out. `columns` gives each its heading and how to
    write it: text, count, number, whole, percent, z, p, yuan, date, instant, stars, bool or bars
    (lists of numbers, drawn).
    """
    first = next(iter(columns))
    columns = {c: how for c, how in columns.items() if c == first or frame[c].notna().any()}
    shown = frame[list(columns)].copy()
    for column, (_, kind) in columns.items():
        shown[column] = _prepared(page, shown[column], kind)
    config = {
        column: _column_config(heading, kind, pinned=i == 0 and len(columns) > WIDE)
        for i, (column, (heading, kind)) in enumerate(columns.items())
    }
    options: dict[str, Any] = {
        "hide_index": True,
        "column_config": config,
        "placeholder": "–",
        "height": min(ROW_PX * (len(shown) + 1) + 3, at_most_px),
    }
    if alt:
        options["alt"] = alt
    key = key or f"table_{page.name}_{name}"
    if not select:
        st.dataframe(shown, key=key, **options)
        return None
    event = st.dataframe(shown, on_select="rerun", selection_mode="single-row", key=key, **options)
    rows = event.selection.rows
    return int(rows[0]) if rows and rows[0] < len(frame) else None


def _prepared(page: Page, values: pd.Series, kind: str) -> pd.Series:
    if kind == "bars":
        return values
    if kind == "percent":
        return values.astype(float) * 100
    if kind == "whole":
        return pd.to_numeric(values).round()
    if kind in ("count", "number", "stars", "yuan", "z", "p"):
        return pd.to_numeric(values)
    if kind == "instant":
        return page.f.instants(values)
    if kind == "date":
        return pd.to_datetime(values).dt.date
    if kind == "bool":
        words = {True: page.t("word.yes"), False: page.t("word.no")}
        return values.map(lambda v: None if pd.isna(v) else words[bool(v)]).astype(object)
    return values.map(lambda v: None if is_missing(v) else str(v)).astype(object)


def _column_config(heading: str, kind: str, *, pinned: bool) -> Any:
    make = st.column_config
    formats = {
        "percent": "%.1f%%", "count": "localized", "number": "%.1f", "stars": "%d ★",
        "yuan": "localized", "z": "%.2f", "p": "%.4f", "whole": "localized",
    }  # fmt: skip
    if kind == "bars":
        return make.BarChartColumn(heading, y_min=0)
    if kind in formats:
        return make.NumberColumn(heading, format=formats[kind])
    if kind == "date":
        return make.DateColumn(heading, format="YYYY-MM-DD")
    return make.TextColumn(heading, pinned=pinned or None)


def downloads(
    page: Page, name: str, sheets: Mapping[str, pd.DataFrame] | Callable[[], Any], *, key: str = ""
) -> None:
    """Offer the tables as CSV (the first) and XLSX (all), made only when asked for."""

    def gather() -> dict[str, pd.DataFrame]:
        return dict(sheets() if callable(sheets) else sheets)

    with st.container(horizontal=True, gap="small"):
        st.download_button(
            page.t("download.csv"),
            lambda: to_csv(next(iter(gather().values()))),
            file_name=f"{name}.csv",
            mime="text/csv",
            key=f"csv_{page.name}_{name}{key}",
            on_click="ignore",
        )
        st.download_button(
            page.t("download.xlsx"),
            lambda: to_xlsx(gather()),
            file_name=f"{name}.xlsx",
            mime=XLSX,
            key=f"xlsx_{page.name}_{name}{key}",
            on_click="ignore",
        )


def labelled(page: Page, table: str, frame: pd.DataFrame) -> pd.DataFrame:
    """Return `frame` with the dictionary's names as headings, for files to keep."""
    return frame.rename(columns={c: page.label(table, c) for c in frame.columns})
