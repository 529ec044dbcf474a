"""Where cameras cannot recognise anybody: by level, day and night, and what each failure costs."""

from __future__ import annotations

from datetime import timedelta

import pandas as pd
import streamlit as st

from dashboard import figures, layer_sight
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
from dashboard.coverage_history import show_history
from dashboard.coverage_map import coverage_map, row_chosen, show_picked
from dashboard.page import Page
from dashboard.queries import counts, places, sight
from dashboard.sight_parts import show_blind_spots, show_critical, show_levels, show_pairs

HIGHLIGHTS = ("blind", "critical", "pairs", "none")
LISTED_BLIND = 300
PARTS = ("day", "night")


def render(page: Page) -> None:
    """Draw the page."""
    t = page.t
    st.title(plain(t("coverage.title", area=page.scope_name)))
    show_lead(t("coverage.lead", day=page.f.day(page.build.as_of)))
    if lacking(page, "mart.coverage"):
        lacking(page, "core.cameras")
        return
    for table in ("core.cameras", "core.buildings"):
        if page.state(table) == "missing":
            lacking(page, table)
    _bearings(page)
    _cards(page)
    _explore(page)
    st.page_link(page.links["cameras"], label=t("coverage.more"), help=t("coverage.more_lead"),
                 query_params=dict(st.query_params))  # fmt: skip
    _method(page)


def _bearings(page: Page) -> None:
    """Warn when most cameras have no bearing: coverage is a lower bound then."""
    row = sight.bearings(page).iloc[0]
    if int(row["n"]) and int(row["n_unknown"]) * 2 >= int(row["n"]):
        show_note(page.t("coverage.bearings_unknown", n=page.f.count(row["n_unknown"]),
                         total=page.f.count(row["n"])), "warning")  # fmt: skip


def _cards(page: Page) -> None:
    t = page.t
    found = sight.levels(page)
    cards = []
    if page.has("mart.uncovered"):
        cards.append(figures.uncovered_card(page, counts.uncovered(page)))
        cards += _uncovered_by_part(page)
    cards += _seen_cards(page, found)
    show_cards(cards, t("coverage.figures"))


def _seen_cards(page: Page, found: pd.DataFrame) -> list[Card]:
    """Return what is recognised by day and at night, then what else is told of the day."""
    t, f = page.t, page.f
    cards, more = [], []
    for part in PARTS:
        row = found[(found["level"] == "recognise") & (found["daypart"] == part)]
        if row.empty:
            continue
        one = row.iloc[0]
        cards.append(Card(
            t(f"coverage.seen_{part}"), f.share(one["seen_fraction"]),
            lines=(t("coverage.seen_of", area=f.area(one["open_area_m2"])),
                   t("coverage.seen_twice", share=f.share(one["k2_fraction"])),
                   t("coverage.incidents_seen", n=f.count(one["n_incidents_seen"]),
                     total=f.count(one["n_incidents"]))),
        ))  # fmt: skip
        if part == "day":
            more.append(Card(t("coverage.possible_card"), f.share(one["possible_fraction"]),
                             lines=(t("coverage.possible_line"),)))  # fmt: skip
            more.append(_gates_card(page, one))
    return cards + more


def _gates_card(page: Page, row: pd.Series) -> Card:
    t, f = page.t, page.f
    if not int(row["n_gates"] or 0):
        return Card(t("coverage.gates"), "–", lines=(t("coverage.no_gates"),))
    return Card(t("coverage.gates"), f.count(row["n_gates_seen"]),
                unit=t("card.of", n=f.count(row["n_gates"])),
                lines=(t("coverage.gates_line"),))  # fmt: skip


def _uncovered_by_part(page: Page) -> list[Card]:
    """Return the uncovered share by day and at night, side by side; nothing known gives none."""
    t, f = page.t, page.f
    row = sight.uncovered_parts(page).iloc[0]
    shares, lines = [], []
    for part in PARTS:
        located, missed = row[f"n_located_{part}"], row[f"n_uncovered_{part}"]
        if pd.isna(located) or pd.isna(missed):
            return []
        shares.append(f.share(int(missed) / int(located)) if int(located) else "–")
        lines.append(t("coverage.uncovered_line", part=t(f"daypart.{part}"), n=f.count(missed),
                       total=f.count(located)))  # fmt: skip
    return [Card(t("coverage.uncovered_day"), shares[0],
                 t("coverage.uncovered_night", share=shares[1]), lines=tuple(lines))]  # fmt: skip


@st.fragment
def _explore(page: Page) -> None:
    """Draw the choices, the map with its tables, and what follows from them; reruns alone."""
    t = page.t
    st.header(t("coverage.map"))
    level, part, community_id, highlight = _choices(page)
    rows = sight.coverage(page, level, part)
    rows["shown_name"] = [page.name_of(r) for r in rows.to_dict("records")]
    blind = layer_sight.numbered_blind_spots(page, part, community_id, LISTED_BLIND)
    left, right = st.columns([1.5, 1], gap="medium")
    with left:
        picked = coverage_map(page, rows, blind, level=level, part=part,
                              community_id=community_id, highlight=highlight)  # fmt: skip
    with right:
        show_picked(page, rows, blind, picked or row_chosen(blind), community_id)
        show_table(page, rows, {
            "shown_name": (t("table.community"), "text"),
            "seen_fraction": (t("table.seen"), "percent"),
            "k2_fraction": (t("table.k2"), "percent"), "k3_fraction": (t("table.k3"), "percent"),
            "strip_seen_fraction": (t("table.strip"), "percent"),
            "n_gates_seen": (t("table.gates_seen"), "count"),
            "n_gates": (t("table.gates"), "count"),
            "n_incidents_seen": (t("table.incidents_seen"), "count"),
            "n_incidents": (t("table.incidents"), "count"),
            "possible_fraction": (t("table.possible"), "percent"),
        }, name="coverage", at_most_px=380, alt=t("coverage.table_alt"))  # fmt: skip
        downloads(page, f"coverage-{level}-{part}", {"coverage": rows})
    show_blind_spots(page, blind, part)
    show_critical(page, community_id)
    show_pairs(page, community_id)
    show_levels(page, level, part, community_id)
    show_history(page, community_id)


def _choices(page: Page) -> tuple[str, str, str, str]:
    t = page.t
    names = list(dict.fromkeys(sight.levels(page)["level"]))
    known = {str(r["community_id"]): page.name_of(r)
             for r in places.communities(page).to_dict("records")}  # fmt: skip
    known = {"": t("coverage.all_communities")} | known
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        level = choose(page, "level", names, t("filter.level"), lambda one: t.word("level", one),
                       default="recognise", width=150)  # fmt: skip
        part = choose(page, "part", PARTS, t("filter.daypart"), lambda one: t(f"daypart.{one}"),
                      segmented=True)  # fmt: skip
        community_id = choose(page, "c", list(known), t("table.community"),
                              lambda one: known[one], width=240)  # fmt: skip
        highlight = choose(page, "show", HIGHLIGHTS, t("filter.highlight"),
                           lambda one: t(f"coverage.show_{one}"), width=190)  # fmt: skip
    return level, part, community_id, highlight


def _method(page: Page) -> None:
    t, f = page.t, page.f
    st.header(t("coverage.method"))
    last = page.build.as_of
    first = (pd.Timestamp(last) - pd.DateOffset(years=1)).date() + timedelta(days=1)
    cell = sight.levels(page)["cell_m"].max()
    show_list([t("coverage.method_1"), t("coverage.method_2", cell=f.number(cell)),
               t("coverage.method_3", a=f.day(first), b=f.day(last)),
               t("coverage.method_4")])  # fmt: skip
