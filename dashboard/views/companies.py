"""The credit files of property companies and community managers, and what stands behind them."""

from __future__ import annotations

import pandas as pd
import streamlit as st

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
from dashboard.page import Page
from dashboard.queries import conduct

SUBJECTS = ("company", "manager")


def render(page: Page) -> None:
    """Draw the page."""
    t = page.t
    st.title(plain(t("companies.title", area=page.scope_name)))
    show_lead(t("companies.lead", year=str(page.build.as_of)[:4]))
    if lacking(page, "mart.credit_files"):
        return
    _explore(page)
    _standings(page)
    st.header(t("companies.method"))
    show_list([t(f"companies.method_{i}") for i in range(1, 5)])


@st.fragment
def _explore(page: Page) -> None:
    """Draw the ranking of one kind of subject and the file that is open; reruns alone."""
    t, f = page.t, page.f
    kind = choose(page, "subject", SUBJECTS, t("companies.subject"),
                  lambda one: t(f"companies.{one}"), segmented=True)  # fmt: skip
    rows = _read(page, kind)
    if rows.empty:
        show_note(t(f"companies.no_{kind}"), "plain")
        return
    _cards(page, rows)
    st.header(t("companies.ranking"))
    show_lead(t("companies.ranking_lead"))
    columns = {
        "shown_name": (t(f"companies.{kind}"), "text"),
        "level_word": (t("companies.level"), "text"),
        "list_word": (t("companies.list"), "text"), "points": (t("companies.points"), "number"),
        "points_district": (t("companies.points_district"), "number"),
        "n_communities": (t("companies.n_communities"), "count"),
        "n_notices": (t("sanction.notice"), "count"),
        "n_interviews": (t("sanction.interview"), "count"),
        "n_yellow_cards": (t("sanction.yellow_card"), "count"),
        "n_red_cards": (t("sanction.red_card"), "count"),
        "n_black_cards": (t("sanction.black_card"), "count"),
        "fines_yuan": (t("companies.fines"), "yuan"), "n_awards": (t("sanction.award"), "count"),
        "n_hazards_overdue": (t("companies.overdue"), "count"),
        "n_refused": (t("companies.refused"), "count"),
        "mean_stars": (t("companies.mean_stars"), "number"),
    }  # fmt: skip
    at = show_table(page, rows, columns, name=f"files_{kind}", select=True, at_most_px=400,
                    alt=t("companies.ranking"))  # fmt: skip
    kept = rows[list(columns)].rename(columns={c: heading for c, (heading, _) in columns.items()})
    downloads(page, f"credit_{kind}", {t("companies.ranking")[:30]: kept})
    row = _open(rows, at, kind)
    if row is None:
        show_note(t("companies.pick"), "info")
        return
    _show_file(page, kind, row)
    page_note = t("companies.district_note", n=f.count(row["n_communities_district"]))
    if not is_missing(row["n_communities_district"]) and (
        row["n_communities_district"] > row["n_communities"]
    ):
        show_note(page_note, "plain")


def _read(page: Page, kind: str) -> pd.DataFrame:
    t = page.t
    rows = conduct.credit_files(page, page.scope_kind, page.scope_id, kind)
    rows["shown_name"] = [
        str(one.subject_id) if is_missing(one.name) else str(one.name) for one in rows.itertuples()
    ]
    rows["level_word"] = [t.pick(r.level_zh, r.level_en) or r.level for r in rows.itertuples()]
    rows["list_word"] = [
        None if is_missing(one) else t(f"companies.list_{one}") for one in rows["list"]
    ]
    return rows


def _cards(page: Page, rows: pd.DataFrame) -> None:
    t, f = page.t, page.f
    worst = rows.iloc[0]
    cards = [
        Card(t("companies.subjects"), f.count(len(rows))),
        Card(t("companies.list_black"), f.count(int((rows["list"] == "black").sum())), strong=True),
        Card(t("companies.list_red"), f.count(int((rows["list"] == "red").sum()))),
        Card(t("companies.points_sum"), f.number(rows["points"].sum()),
             lines=(t("companies.most", name=worst["shown_name"],
                      points=f.number(worst["points"])),)),
        Card(t("companies.fines"), f.yuan(rows["fines_yuan"].sum()),
             lines=(t("companies.fines_line", n=f.count(rows["n_fines"].sum())),)),
    ]  # fmt: skip
    show_cards(cards, t("companies.figures"))


def _open(rows: pd.DataFrame, at: int | None, kind: str) -> pd.Series | None:
    """Return the file chosen in the table, else the one the address names."""
    said = f"said_credit_{kind}"
    if at is not None and st.session_state.get(said) != at:
        st.session_state[said] = at
        st.query_params["s"] = str(rows.loc[at, "subject_id"])
    chosen = rows[rows["subject_id"] == st.query_params.get("s", "")]
    return None if chosen.empty else chosen.iloc[0]


def _show_file(page: Page, kind: str, row: pd.Series) -> None:
    t, f = page.t, page.f
    subject = str(row["subject_id"])
    st.header(plain(row["shown_name"]))
    lines = [t("companies.is", level=row["level_word"], points=f.number(row["points"]),
               rank=f.count(row["rank"]))]  # fmt: skip
    consequences = t.pick(row["consequences_zh"], row["consequences_en"])
    lines += [] if is_missing(row["list_word"]) else [row["list_word"]]
    lines += [consequences] if consequences else [t("companies.no_consequences")]
    show_list(lines)
    st.subheader(t("companies.communities"))
    _communities(page, conduct.managed(page, kind, subject))
    st.subheader(t("companies.entries"))
    entries = conduct.entries(page, kind, subject)
    if entries.empty:
        show_note(t("companies.no_entries"), "plain")
    else:
        entries["shown_name"] = [page.name_of(r) for r in entries.to_dict("records")]
        entries["said"] = [t.pick(r.sentence_zh, r.sentence_en) for r in entries.itertuples()]
        show_table(page, entries, {
            "happened_on": (t("companies.on"), "date"), "said": (t("companies.what"), "text"),
            "points": (t("companies.points"), "number"),
            "shown_name": (t("table.community"), "text"),
            "reference": (t("table.evidence"), "text"),
        }, name=f"entries_{kind}")  # fmt: skip
    st.subheader(t("companies.ledger"))
    _ledger(page, conduct.ledger(page, kind, subject))


def _communities(page: Page, rows: pd.DataFrame) -> None:
    t = page.t
    if rows.empty:
        show_note(t("companies.no_communities"), "plain")
        return
    rows["shown_name"] = [page.name_of(r) for r in rows.to_dict("records")]
    rows["said"] = [t.pick(r.sentence_zh, r.sentence_en) for r in rows.itertuples()]
    show_table(page, rows, {
        "shown_name": (t("table.community"), "text"), "stars": (t("table.stars"), "stars"),
        "score": (t("table.score"), "number"),
        "n_hazards_open": (t("companies.open"), "count"),
        "n_hazards_overdue": (t("companies.overdue"), "count"),
        "said": (t("companies.standing"), "text"),
    }, name="managed")  # fmt: skip


def _ledger(page: Page, rows: pd.DataFrame) -> None:
    t = page.t
    if rows.empty:
        show_note(t("companies.no_ledger"), "plain")
        return
    rows["shown_name"] = [page.name_of(r) for r in rows.to_dict("records")]
    rows["kind_word"] = [t.word("sanction", one) for one in rows["kind"]]
    rows["said"] = [t.pick(r.sentence_zh, r.sentence_en) for r in rows.itertuples()]
    show_table(page, rows, {
        "issued_on": (t("companies.on"), "date"), "kind_word": (t("companies.what"), "text"),
        "shown_name": (t("table.community"), "text"), "reason": (t("table.reason"), "text"),
        "amount_yuan": (t("companies.fines"), "yuan"), "said": (t("companies.run"), "text"),
    }, name="ledger")  # fmt: skip


def _standings(page: Page) -> None:
    """Show every community against which something stands, and cards that are called for."""
    t = page.t
    st.header(t("companies.cards"))
    show_lead(t("companies.cards_lead"))
    if lacking(page, "mart.card_standing"):
        return
    rows = conduct.standings(page)
    if rows.empty:
        show_note(t("companies.all_clear"), "plain")
        return
    rows["shown_name"] = [page.name_of(r) for r in rows.to_dict("records")]
    rows["standing_word"] = [
        t("companies.clear") if one == "clear" else t.word("sanction", one)
        for one in rows["standing"]
    ]
    rows["due_word"] = [
        None if is_missing(one) else t.word("sanction", one) for one in rows["due_kind"]
    ]
    show_table(page, rows, {
        "shown_name": (t("table.community"), "text"),
        "standing_word": (t("companies.standing"), "text"),
        "since_on": (t("companies.since"), "date"), "clears_on": (t("companies.clears"), "date"),
        "run": (t("companies.in_a_row"), "count"), "to_next": (t("companies.to_next"), "count"),
        "due_word": (t("companies.called_for"), "text"),
    }, name="standings", alt=t("companies.cards"))  # fmt: skip
