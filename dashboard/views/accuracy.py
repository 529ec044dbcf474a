"""The record of the hotspot maps: each drawn as it would have been, and held against what came."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from dashboard import analysis_notes, charts_analysis, record
from dashboard.address import choose
from dashboard.blocks import (
    Card,
    downloads,
    lacking,
    plain,
    show_cards,
    show_lead,
    show_list,
    show_note,
    show_table,
)
from dashboard.formats import is_missing
from dashboard.incident_rows import open_rows
from dashboard.page import Page
from dashboard.periods import CLASSES, between
from dashboard.queries import analysis
from dashboard.queries.incidents import Which


def render(page: Page) -> None:
    """Draw the page."""
    t = page.t
    st.title(plain(t("accuracy.title", area=page.scope_name)))
    show_lead(t("accuracy.lead"))
    if lacking(page, "core.incidents"):
        return
    _explore(page)
    st.header(t("analysis.method"))
    show_list([t(f"accuracy.method_{i}") for i in range(1, 6)])


@st.fragment
def _explore(page: Page) -> None:
    """Draw the choices, the figures, the table and the months; reruns alone."""
    t = page.t
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        of_class = choose(page, "class", CLASSES, t("filter.class"), lambda one: t(f"class.{one}"))
        found = record.means(page, of_class)
        shares = [one for one in record.FLAGGED if one in set(found.get("flagged", ()))]
        flagged = None
        if shares:
            flagged = choose(page, "flagged", shares, t("accuracy.flagged"),
                             lambda one: t(f"flagged.{one}"), segmented=True,
                             default="top_10")  # fmt: skip
    if flagged is None:
        analysis_notes.tell(page, "accuracy", of_class)
        return
    rows = found[found["flagged"] == flagged].reset_index(drop=True)
    _cards(page, rows)
    _table(page, rows, of_class, flagged)
    _months(page, of_class, flagged)


def _cards(page: Page, rows: pd.DataFrame) -> None:
    """Show each method's hit rate beside last year's counts."""
    t, f = page.t, page.f
    cards = []
    for method in record.METHODS:
        one = rows[rows["method"] == method]
        if one.empty or is_missing(one.iloc[0]["hit_rate"]):
            continue
        row = one.iloc[0]
        lines = [t("accuracy.interval", low=f.share(row["hit_rate_low"]),
                   high=f.share(row["hit_rate_high"]))
                 if not is_missing(row["hit_rate_low"]) else "",
                 t("accuracy.on_area", area=f.share(row["area_fraction"])),
                 t("accuracy.pai_line", pai=f.number(row["pai"], 2))]  # fmt: skip
        word = None if method == "last_year" else row["word"]
        change = "" if is_missing(word) else t(f"accuracy.word_{word}")
        tone = {"better": "good", "worse": "bad"}.get(str(word), "flat")
        cards.append(Card(t(f"accuracy.{method}"), f.share(row["hit_rate"]), change, tone,
                          tuple(one for one in lines if one)))  # fmt: skip
    if not cards:
        show_note(t("accuracy.nothing_flagged"), "plain")
        return
    show_cards(cards, t("accuracy.figures"))


def _table(page: Page, rows: pd.DataFrame, of_class: str, flagged: str) -> None:
    t = page.t
    st.subheader(t("accuracy.table"))
    order = {name: i for i, name in enumerate(record.METHODS)}
    rows = rows.sort_values("method", key=lambda c: c.map(order)).reset_index(drop=True)
    rows["named"] = [t(f"accuracy.{one}") for one in rows["method"]]
    rows["judged"] = [
        None if is_missing(w) or m == "last_year" else t(f"accuracy.word_{w}")
        for w, m in zip(rows["word"], rows["method"], strict=True)
    ]
    show_table(page, rows, {
        "named": (t("accuracy.method"), "text"), "n_periods": (t("accuracy.n_periods"), "count"),
        "n": (t("table.incidents"), "count"), "area_fraction": (t("accuracy.area"), "percent"),
        "hit_rate": (t("accuracy.hit_rate"), "percent"),
        "hit_rate_low": (t("table.rate_low"), "percent"),
        "hit_rate_high": (t("table.rate_high"), "percent"),
        "pai": (t("accuracy.pai"), "z"), "pei": (t("accuracy.pei"), "z"),
        "rri": (t("accuracy.rri"), "z"), "gain": (t("accuracy.gain"), "percent"),
        "judged": (t("accuracy.judged"), "text"),
    }, name="means", alt=t("accuracy.table"))  # fmt: skip
    downloads(page, f"accuracy-{of_class}-{flagged}", {"accuracy": rows.drop(
        columns=["named", "judged"])})  # fmt: skip


def _months(page: Page, of_class: str, flagged: str) -> None:
    """Show the record month by month; a month opens to its incidents."""
    t = page.t
    st.header(t("accuracy.months"))
    found = analysis.accuracy(page, page.scope_kind, page.scope_id, of_class)
    rows = found[found["flagged"] == flagged].reset_index(drop=True)
    if rows.empty:
        analysis_notes.tell(page, "accuracy", of_class)
        return
    charts_analysis.show_kept(page, (of_class, flagged),
                              lambda: charts_analysis.record(page, rows),
                              t("accuracy.months_alt"))  # fmt: skip
    rows["named"] = [t(f"accuracy.{one}") for one in rows["method"]]
    rows = rows.sort_values(["period_from", "method"], ascending=[False, True], kind="stable")
    rows = rows.reset_index(drop=True)
    at = show_table(page, rows, {
        "period_from": (t("accuracy.from"), "date"), "period_to": (t("accuracy.to"), "date"),
        "named": (t("accuracy.method"), "text"), "n": (t("table.incidents"), "count"),
        "n_hit": (t("accuracy.n_hit"), "number"),
        "area_fraction": (t("accuracy.area"), "percent"),
        "hit_rate": (t("accuracy.hit_rate"), "percent"), "pai": (t("accuracy.pai"), "z"),
        "pei": (t("accuracy.pei"), "z"), "rri": (t("accuracy.rri"), "z"),
        "trained_from": (t("accuracy.trained_from"), "date"),
        "trained_to": (t("accuracy.trained_to"), "date"),
    }, name="months", at_most_px=360, select=True, alt=t("accuracy.months_alt"))  # fmt: skip
    downloads(page, f"accuracy-months-{of_class}-{flagged}",
              {"months": rows.drop(columns="named")})  # fmt: skip
    months = rows.drop_duplicates("period_from").head(1) if at is None else rows.loc[[at]]
    row = months.iloc[0]
    first, last = (pd.Timestamp(row[one]).date() for one in ("period_from", "period_to"))
    words = t("accuracy.rows", a=page.f.day(first), b=page.f.day(last))
    which = Which(*between(page, first, last), of_class, located=True)
    open_rows(page, {"month": (words, which)}, name="month",
              opened=None if at is None else "month")  # fmt: skip
