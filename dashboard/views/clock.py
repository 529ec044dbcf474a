"""When incidents happen: the week's hours, months, weekdays and holidays, and whether it rises."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from dashboard import analysis_notes, charts_analysis, figures, time_words
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
from dashboard.periods import CLASSES, between, window
from dashboard.queries import analysis, counts
from dashboard.queries.incidents import Which

SEASONS = "mart.incident_seasons"
PEAKS = 12
COUNTED = 1_000_000  # of more incidents the share of uncertain times is not looked up


def render(page: Page) -> None:
    """Draw the page."""
    t = page.t
    st.title(plain(t("clock.title", area=page.scope_name)))
    show_lead(t("clock.lead"))
    if lacking(page, "mart.incident_hours"):
        return
    _explore(page)
    st.header(t("analysis.method"))
    show_list([t(f"clock.method_{i}") for i in range(1, 5)])


@st.fragment
def _explore(page: Page) -> None:
    """Draw the choice of class and everything that depends on it; reruns alone."""
    t = page.t
    of_class = choose(page, "class", CLASSES, t("filter.class"), lambda one: t(f"class.{one}"))
    _changes(page, of_class)
    _week(page, of_class)
    _seasons(page, of_class)


def _changes(page: Page, of_class: str) -> None:
    """Say whether there is more than a year ago, and than 28 days ago."""
    t, f = page.t, page.f
    found = counts.figures(page, page.scope_kind, page.scope_id)
    cards = []
    for period, against in (("12_months", "change.before_12"), ("28_days", "change.before_28")):
        row = figures.pick(found, of_class, period)
        if row is not None:
            days = t("dossier.from_to", a=f.day(row["period_from"]), b=f.day(row["period_to"]))
            lines = (figures.compared(page, row, against=against), days)
            cards.append(Card(t(f"period.{period}"), f.count(row["n"]),
                              figures.change_words(page, row), figures.tone(row),
                              tuple(one for one in lines if one)))  # fmt: skip
    cards += _certainty(page)
    if cards:
        show_cards(cards, t("overview.figures"))
    if page.state("core.incidents") != "denied":
        year = {"12_months": window(page, "12_months"), "28_days": window(page, "28_days")}
        open_rows(page, {
            p: (t(f"period.{p}"), Which(since, until, of_class))
            for p, (since, until) in year.items()
        }, name="period")  # fmt: skip


def _certainty(page: Page) -> list[Card]:
    """Return how many incidents have no exact time; those are spread over their interval."""
    found = counts.figures(page, page.scope_kind, page.scope_id)
    year = figures.pick(found, "all", "12_months")
    few = year is not None and int(year["n"]) <= COUNTED
    if not few or page.state("core.incidents") != "here":
        return []
    t, f = page.t, page.f
    row = analysis.uncertain(page, *window(page, "12_months")).iloc[0]
    n = int(row["n"])
    if not n:
        return []
    share = f.share(int(row["n_uncertain"]) / n)
    return [Card(t("clock.uncertain"), share,
                 lines=(t("clock.uncertain_line", n=f.count(row["n_uncertain"])),))]  # fmt: skip


def _week(page: Page, of_class: str) -> None:
    t, f = page.t, page.f
    st.header(t("clock.week"))
    hours = counts.hours(page, page.scope_kind, page.scope_id, of_class)
    total = float(hours["n"].sum()) if not hours.empty else 0.0
    if not total:
        show_note(t("overview.no_hours"), "plain")
        return
    show_lead(t("clock.week_lead"))
    time_words.tell_untimed(page, of_class)
    wide, narrow = st.columns([1.6, 1], gap="medium")
    with wide:
        picked = charts_analysis.pick_hour(page, hours, t("overview.by_hour_alt"),
                                           key=f"clock_hours_{of_class}")  # fmt: skip
        days = hours.groupby("hour", as_index=False)["n"].sum()
        charts_analysis.show_kept(page, ("hours", of_class),
                                  lambda: charts_analysis.by_hour(page, days),
                                  t("clock.by_hour_alt"))  # fmt: skip
    with narrow:
        peaks = hours.nlargest(PEAKS, "n").reset_index(drop=True)
        peaks["when"] = [t("clock.hour_of", day=t(f"weekday.{int(r.weekday)}"), a=f"{r.hour:02d}",
                           b=f"{r.hour + 1:02d}") for r in peaks.itertuples()]  # fmt: skip
        peaks["share"] = peaks["n"] / total
        at = show_table(page, peaks, {
            "when": (t("clock.when"), "text"), "n": (t("chart.expected"), "number"),
            "share": (t("clock.share"), "percent"),
        }, name=f"peaks_{of_class}", at_most_px=480, select=True, alt=t("clock.peaks"))  # fmt: skip
        downloads(page, f"hours-{of_class}", {"hours": hours})
    if at is not None:
        picked = (int(peaks.loc[at, "weekday"]), int(peaks.loc[at, "hour"]))
    _open_hour(page, of_class, picked)
    share = float(hours[hours["hour"].isin((22, 23, 0, 1, 2, 3, 4, 5))]["n"].sum()) / total
    show_lead(t("clock.night", share=f.share(share)))


def _open_hour(page: Page, of_class: str, picked: tuple[int, int] | None) -> None:
    if page.state("core.incidents") != "here":
        return
    if picked is None:
        show_lead(page.t("clock.pick"))
        return
    day, hour = picked
    words = page.t("clock.hour_of", day=page.t(f"weekday.{day}"), a=f"{hour:02d}",
                   b=f"{hour + 1:02d}")  # fmt: skip
    since, until = window(page, "12_months")
    which = Which(since, until, of_class, hours=(hour, 1), weekday=day)
    open_rows(page, {"hour": (words, which)}, name="hour", opened="hour")


def _seasons(page: Page, of_class: str) -> None:
    """Show months, weekdays and holidays beside what was to be expected."""
    t = page.t
    st.header(t("clock.seasons"))
    found = (
        analysis.seasons(page, page.scope_kind, page.scope_id, of_class)
        if page.state(SEASONS) == "here"
        else pd.DataFrame()
    )
    if found.empty:
        analysis_notes.tell(page, "seasons", of_class)
        return
    show_lead(t("clock.seasons_lead"))
    for kind in ("month", "holiday", "weekday"):
        rows = found[found["kind"] == kind].reset_index(drop=True)
        st.subheader(t(f"clock.{kind}"))
        if rows.empty:
            show_note(t(f"clock.no_{kind}"), "plain")
        else:
            _season(page, kind, of_class, rows)


def _season(page: Page, kind: str, of_class: str, rows: pd.DataFrame) -> None:
    t, f = page.t, page.f
    rows["label"] = [_bin(page, r) for r in rows.to_dict("records")]
    rows["code"] = rows["word"].fillna("too_few")
    rows["word"] = [_word(page, r) for r in rows.to_dict("records")]
    low, high = (rows[one].where(rows[one] > 0) for one in ("ratio_low", "ratio_high"))
    drawn = rows.assign(low=rows["n"] / high, high=rows["n"] / low)
    drawn.loc[rows["ratio"].isna(), ["low", "high"]] = None
    wide, narrow = st.columns([1.4, 1], gap="medium")
    with wide:
        shown = drawn[["label", "n", "expected", "low", "high", "word", "code"]]
        charts_analysis.show_kept(
            page, (kind, of_class),
            lambda: charts_analysis.seasons(page, shown, angle=-40 if kind == "holiday" else 0),
            t(f"clock.{kind}"),
        )  # fmt: skip
        stands = rows[rows["code"].isin(("up", "down"))]
        if stands.empty:
            show_note(t(f"clock.none_{kind}"), "plain")
        else:
            told = stands.tail(6).itertuples()
            show_list([t("clock.stands", when=r.label, word=r.word, n=f.count(r.n),
                         expected=f.number(r.expected)) for r in told])  # fmt: skip
    with narrow:
        at = show_table(page, rows, {
            "label": (t("clock.when"), "text"), "n": (t("table.incidents"), "count"),
            "expected": (t("clock.expected"), "number"), "word": (t("clock.word"), "text"),
            "n_days": (t("clock.n_days"), "count"),
        }, name=f"{kind}_{of_class}", at_most_px=330, select=kind != "weekday",
            alt=t(f"clock.{kind}"))  # fmt: skip
        downloads(page, f"seasons-{kind}-{of_class}", {kind: rows})
    if at is not None and page.state("core.incidents") == "here":
        row = rows.loc[at]
        first, last = (pd.Timestamp(row[one]).date() for one in ("period_from", "period_to"))
        which = Which(*between(page, first, last), of_class)
        open_rows(page, {"bin": (str(row["label"]), which)}, name=kind, opened="bin")


def _bin(page: Page, row: dict[str, Any]) -> str:
    """Return a month, weekday or holiday in words."""
    if row["kind"] == "weekday":
        return page.t(f"weekday.{int(row['bin'])}")
    if row["kind"] == "holiday":
        name = page.t.pick(row["name"], row["name_en"]) or str(row["bin"])
        return page.t("clock.holiday_of", name=name, year=pd.Timestamp(row["period_from"]).year)
    return page.f.month(row["period_from"])


def _word(page: Page, row: dict[str, Any]) -> str:
    """Return the judgement of a season: a word, by how much, with its interval."""
    t, f = page.t, page.f
    code = str(row["code"])
    words = t(f"clock.word_{code}")
    if code == "too_few" or is_missing(row["ratio"]):
        return words
    return t("clock.judged", word=words, by=f.change(float(row["ratio"]) - 1, 0),
             low=f.change(float(row["ratio_low"]) - 1, 0),
             high=f.change(float(row["ratio_high"]) - 1, 0))  # fmt: skip
