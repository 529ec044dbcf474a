"""The hazard board: what is overdue, whose it is, and whether it is getting better."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st

from dashboard import charts, conduct_charts, layers
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
from dashboard.encode import encode_lines
from dashboard.leaflet.component import working_map
from dashboard.page import Page
from dashboard.queries import conduct, places
from dashboard.styles import Style, graduated

OPEN = ("overdue", "due", "refused")
STATES = ("open", "overdue", "due", "refused", "rectified", "accepted", "reopened", "all")
SEVERITIES = ("all", "major", "ordinary")
SOON_DAYS = 7


def render(page: Page) -> None:
    """Draw the page."""
    t = page.t
    st.title(plain(t("hazards.title", area=page.scope_name)))
    show_lead(t("hazards.lead", day=page.f.day(page.build.as_of)))
    if lacking(page, "mart.hazard_board"):
        return
    rows = read_board(page)
    units = conduct.units(page, page.scope_kind, page.scope_id)
    _cards(page, rows, units)
    _explore(page)
    _units(page, units)
    _months(page)
    st.header(t("hazards.method"))
    show_list([t(f"hazards.method_{i}") for i in range(1, 5)])


def read_board(page: Page) -> pd.DataFrame:
    """Return the board with every code in words."""
    t = page.t
    rows = conduct.hazards(page)
    rows["shown_name"] = [page.name_of(r) for r in rows.to_dict("records")]
    rows["kind_word"] = [t.word("hazard_kind", one) for one in rows["kind"]]
    rows["severity_word"] = [t.word("severity", one) for one in rows["severity"]]
    rows["state_word"] = [t.word("hazard_state", one) for one in rows["state"]]
    rows["mark"] = [
        t("hazards.mark_reopened") if again else t("hazards.mark_recurring") if often else None
        for again, often in zip(rows["is_reopened"], rows["is_recurring"], strict=True)
    ]
    return rows


def _cards(page: Page, rows: pd.DataFrame, units: pd.DataFrame) -> None:
    t, f = page.t, page.f
    is_open = rows["state"].isin(OPEN)
    late = rows["days_overdue"].fillna(0) > 0
    soon = is_open & ~late & (rows["days_left"].fillna(np.inf) <= SOON_DAYS)
    major = rows["severity"] == "major"
    due, done = int(units["n_due_12_months"].sum()), int(units["n_in_time"].sum())
    cards = [
        Card(t("hazards.open"), f.count(int(is_open.sum())),
             unit=t("card.of", n=f.count(len(rows))),
             lines=(t("hazards.major_line", n=f.count(int((is_open & major).sum()))),)),
        Card(t("hazards.overdue"), f.count(int((is_open & late).sum())), strong=True,
             lines=(t("hazards.major_line", n=f.count(int((is_open & late & major).sum()))),
                    t("hazards.refused_line", n=f.count(int((rows["state"] == "refused").sum()))))),
        Card(t("hazards.soon", days=SOON_DAYS), f.count(int(soon.sum()))),
        Card(t("hazards.in_time"), f.share(done / due) if due else "–",
             lines=(t("hazards.in_time_line", n=f.count(done), total=f.count(due)),)),
        Card(t("hazards.again"), f.count(int(rows["is_reopened"].sum())),
             lines=(t("hazards.recurring_line", n=f.count(int(rows["is_recurring"].sum()))),)),
    ]  # fmt: skip
    show_cards(cards, t("hazards.figures"))


@st.fragment
def _explore(page: Page) -> None:
    """Draw the choices, the map and the board; reruns alone."""
    t, f = page.t, page.f
    st.header(t("hazards.board"))
    rows = read_board(page)
    found = _filtered(page, rows)
    if found.empty:
        show_note(t("hazards.none"), "plain")
        return
    show_lead(t("hazards.shown", n=f.count(len(found)), total=f.count(len(rows))))
    left, right = st.columns([1, 1.25], gap="medium")
    with left:
        picked = working_map(_map(page, rows), key="hazards_map")
        if picked is not None and picked.feature_id != st.session_state.get("said_hazards"):
            st.session_state["said_hazards"] = st.query_params["c"] = picked.feature_id
            st.rerun(scope="fragment")
    with right:
        _table(page, found)


def _filtered(page: Page, rows: pd.DataFrame) -> pd.DataFrame:
    t = page.t
    names = {str(r["community_id"]): page.name_of(r)
             for r in places.communities(page).to_dict("records")}  # fmt: skip
    names = {"": t("hazards.all_communities")} | names
    kinds = {"": t("hazards.all_kinds")} | {
        one: t.word("hazard_kind", one) for one in sorted(set(rows["kind"]))
    }
    owners = ["", *sorted(set(rows["responsible"].dropna().astype(str)))]
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        state = choose(page, "state", STATES, t("table.state"),
                       lambda one: t(f"hazards.show_{one}"), width=150)  # fmt: skip
        severity = choose(page, "severity", SEVERITIES, t("table.severity"),
                          lambda one: t("hazards.any_severity") if one == "all"
                          else t.word("severity", one), width=120)  # fmt: skip
        kind = choose(page, "kind", list(kinds), t("hazards.kind"), lambda one: kinds[one])
        owner = choose(page, "unit", owners, t("hazards.responsible"),
                       lambda one: one or t("hazards.all_units"))  # fmt: skip
        community = choose(page, "c", list(names), t("table.community"), lambda one: names[one])
    keep = _in_state(rows, state)
    if severity != "all":
        keep &= rows["severity"] == severity
    for column, wanted in (("kind", kind), ("responsible", owner), ("community_id", community)):
        if wanted:
            keep &= rows[column].astype(str) == wanted
    return rows[keep].reset_index(drop=True)


def _in_state(rows: pd.DataFrame, state: str) -> pd.Series:
    if state == "all":
        return pd.Series(True, index=rows.index)
    if state == "reopened":
        return rows["is_reopened"].astype(bool)
    if state == "overdue":
        return rows["state"].isin(OPEN) & (rows["days_overdue"].fillna(0) > 0)
    return rows["state"].isin(OPEN if state == "open" else (state,))


def _map(page: Page, rows: pd.DataFrame) -> layers.MapView:
    """Return communities by their overdue hazards."""
    t, f = page.t, page.f
    known = places.communities(page)
    late = rows[rows["state"].isin(OPEN) & (rows["days_overdue"].fillna(0) > 0)]
    n_late = late.groupby("community_id").size()
    n_open = rows[rows["state"].isin(OPEN)].groupby("community_id").size()
    values = {str(one): int(n_late.get(one, 0)) for one in known["community_id"]}
    tips = {
        str(r["community_id"]): encode_lines((
            page.name_of(r),
            t("hazards.tip", late=f.count(n_late.get(r["community_id"], 0)),
              n=f.count(n_open.get(r["community_id"], 0))),
        ))
        for r in known.to_dict("records")
    }  # fmt: skip
    return layers.view(
        page,
        [
            layers.community_layer(page, values, _style(page), tips, title=t("hazards.layer")),
            layers.jurisdiction_layer(page),
        ],
        title=t("hazards.map"),
        bounds=layers.area_bounds(page),
        height_px=440,
        selected=("communities", str(st.query_params.get("c", ""))),
    )


def _style(page: Page) -> Style:
    labels = [page.t(f"hazards.late_{one}") for one in ("none", "one", "few", "many")]
    return graduated((1, 2, 4), labels, colours=("#e8edf1", "#f3c27a", "#dd8a2b", "#8c2d04"),
                     patterns=("solid", "solid", "hatch", "cross"), fill_opacity=0.65,
                     stroke="#2b3a47")  # fmt: skip


def _table(page: Page, found: pd.DataFrame) -> None:
    t = page.t
    columns = {
        "shown_name": (t("table.community"), "text"), "kind_word": (t("hazards.kind"), "text"),
        "severity_word": (t("table.severity"), "text"), "state_word": (t("table.state"), "text"),
        "days_overdue": (t("hazards.days_overdue"), "count"),
        "days_left": (t("hazards.days_left"), "count"),
        "due_on": (t("hazards.due_on"), "date"),
        "responsible": (t("hazards.responsible"), "text"), "mark": (t("hazards.mark"), "text"),
        "found_on": (t("hazards.found_on"), "date"),
        "resolved_on": (t("hazards.resolved_on"), "date"),
        "accepted_on": (t("hazards.accepted_on"), "date"),
        "hazard_id": (t("hazards.number"), "text"),
    }  # fmt: skip
    show_table(page, found, columns, name="board", at_most_px=440, alt=t("hazards.board"))
    kept = found[list(columns)].rename(columns={c: heading for c, (heading, _) in columns.items()})
    downloads(page, "hazards", {t("hazards.board")[:30]: kept})


def _units(page: Page, units: pd.DataFrame) -> None:
    t = page.t
    st.header(t("hazards.units"))
    show_lead(t("hazards.units_lead"))
    show_table(page, units, {
        "responsible": (t("hazards.responsible"), "text"), "n_open": (t("hazards.open"), "count"),
        "n_overdue": (t("hazards.overdue"), "count"),
        "n_major_overdue": (t("hazards.major_overdue"), "count"),
        "n_refused": (t("hazards.refused"), "count"),
        "n_reopened": (t("hazards.mark_reopened"), "count"),
        "n_due_12_months": (t("hazards.fell_due"), "count"),
        "in_time_fraction": (t("hazards.in_time"), "percent"),
        "in_time_low": (t("hazards.low"), "percent"),
        "in_time_high": (t("hazards.high"), "percent"),
        "median_days_to_rectify": (t("hazards.median_days"), "number"),
    }, name="units", alt=t("hazards.units"))  # fmt: skip


def _months(page: Page) -> None:
    t = page.t
    st.header(t("hazards.months"))
    if lacking(page, "mart.hazard_months"):
        return
    rows = conduct.months(page, page.scope_kind, page.scope_id)
    if rows.empty:
        show_note(t("hazards.no_months"), "plain")
        return
    last, f = rows.iloc[-1], page.f
    text = t("hazards.months_alt", n=f.count(last["n_open"]), late=f.count(last["n_overdue"]))
    charts.show(conduct_charts.hazard_months(page, rows), text)
