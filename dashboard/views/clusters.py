"""What started this week: clusters in space and time, each with its story."""

from __future__ import annotations

from datetime import timedelta

import pandas as pd
import streamlit as st

from dashboard import layer_analysis, layers
from dashboard.address import choose
from dashboard.blocks import downloads, lacking, plain, show_lead, show_list, show_note, show_table
from dashboard.cluster_words import reach_words, short_words, story_of, where_words, which_of
from dashboard.encode import encode_lines
from dashboard.incident_rows import open_rows
from dashboard.leaflet.component import working_map
from dashboard.page import Page
from dashboard.queries import clusters as asked
from dashboard.story import Story, show_stories

SCANS = "mart.cluster_scans"
WEEK = timedelta(days=7)
CANNOT = ("too_few", "one_place", "one_day")
TOLD = 5  # clusters of a kind told in full; the table has them all


def render(page: Page) -> None:
    """Draw the page."""
    t = page.t
    st.title(plain(t("clusters.title", area=page.scope_name)))
    show_lead(t("clusters.lead", day=page.f.day(page.build.as_of)))
    if lacking(page, "core.incidents") or lacking(page, SCANS):
        return
    _answer(page)
    st.header(t("analysis.method"))
    show_list([t(f"clusters.method_{i}") for i in range(1, 6)])


def _answer(page: Page) -> None:
    """Answer the morning's first question for every class, then offer map and list of one."""
    t = page.t
    scans = asked.scans(page, page.scope_kind, page.scope_id)
    if scans.empty:
        show_note(t("clusters.not_scanned"), "plain")
        return
    classes = list(dict.fromkeys(scans["class"]))
    told = {one: _told(page, one) for one in classes}
    _this_week(page, pd.concat(told.values(), ignore_index=True), scans)
    if any(len(rows) for rows in told.values()):
        _explore(page, classes)


@st.fragment
def _explore(page: Page, classes: list[str]) -> None:
    """Draw the choice of class, the map and the table; reruns alone."""
    t = page.t
    st.header(t("clusters.map"))
    first = next((one for one in classes if len(_told(page, one))), classes[0])
    of_class = choose(page, "class", classes, t("filter.class"), lambda one: t(f"class.{one}"),
                      default=first)  # fmt: skip
    rows = _told(page, of_class)
    if rows.empty:
        show_note(t("clusters.none_of_class"), "info")
    else:
        _map_and_table(page, rows, of_class)


def _told(page: Page, of_class: str) -> pd.DataFrame:
    """Return the clusters of a class with their state and their names, the newest first."""
    rows = asked.clusters(page, page.scope_kind, page.scope_id, of_class)
    started = pd.to_datetime(rows["first_on"]).dt.date > page.build.as_of - WEEK
    alive = rows["is_alive"].fillna(False).astype(bool)
    rows["state"] = ["new" if a and s else "alive" if a else "past"
                     for a, s in zip(alive, started, strict=True)]  # fmt: skip
    # One that goes on may be found by both scans: the one of 90 days dates it to the day.
    found_now = set(rows.loc[rows["analysis"] == "prospective", "place_id"])
    twice = alive & (rows["analysis"] == "retrospective") & rows["place_id"].isin(found_now)
    rows = rows[~twice].copy()
    rows["key"] = rows["analysis"] + "-" + rows["rank"].astype(str)
    rows["where"] = [where_words(page, r) for r in rows.to_dict("records")]
    rows["short"] = [short_words(page, r) for r in rows.to_dict("records")]
    order = {"new": 0, "alive": 1, "past": 2}
    return rows.sort_values(
        ["state", "first_on", "p"], key=lambda c: c.map(order) if c.name == "state" else c,
        ascending=[True, False, True], kind="stable",
    ).reset_index(drop=True)  # fmt: skip


def _this_week(page: Page, rows: pd.DataFrame, scans: pd.DataFrame) -> None:
    """Tell what is new in any class, what goes on, what is over, and how far the scan sees."""
    t = page.t
    st.header(t("clusters.week"))
    now = scans[scans["analysis"] == "prospective"]
    if (rows["state"] == "new").any():
        show_stories(_stories(page, rows, "new"))
    elif now["outcome"].isin(("found", "nothing")).any():
        show_note(t("clusters.nothing_new"), "info")
    for scan in now.to_dict("records"):
        name = t(f"class.{scan['class']}")
        if scan["outcome"] in CANNOT:
            show_note(t(f"clusters.outcome_{scan['outcome']}", name=name), "warning")
        else:
            show_lead(reach_words(page, name, scan))
    if now.empty:
        show_note(t("clusters.outcome_none"), "warning")
    for state in ("alive", "past"):
        if (rows["state"] == state).any():
            st.subheader(t(f"clusters.told_{state}"))
            show_stories(_stories(page, rows, state))


def _stories(page: Page, rows: pd.DataFrame, state: str) -> list[Story]:
    found = rows[rows["state"] == state].sort_values("last_on", ascending=False, kind="stable")
    return [story_of(page, r) for r in found.head(TOLD).to_dict("records")]


def _map_and_table(page: Page, rows: pd.DataFrame, of_class: str) -> None:
    t, f = page.t, page.f
    rows["tip"] = [
        encode_lines((r.where, t(f"clusters.{r.state}"),
                      t("clusters.cases_of", n=f.count(r.n_observed),
                        expected=f.number(r.n_expected))))
        for r in rows.itertuples()
    ]  # fmt: skip
    wide, narrow = st.columns([1.5, 1], gap="medium")
    with narrow:
        at = _table(page, rows)
    with wide:
        key = st.session_state.get("clusters_picked")
        members = asked.places(page, page.scope_kind, page.scope_id, of_class)
        now = rows[rows["state"] != "past"] if key is None else rows[rows["key"] == key]
        inside = members[(members["analysis"] + "-" + members["rank"].astype(str)).isin(now["key"])]
        view = layers.view(
            page,
            [
                layer_analysis.outline_layer(page),
                layer_analysis.member_layer(page, inside, title=t("clusters.members")),
                layer_analysis.member_cells(page, inside, title=t("clusters.member_cells")),
                layers.jurisdiction_layer(page),
                layer_analysis.circle_layer(page, rows, title=t("clusters.layer")),
            ],
            title=t("clusters.map"), bounds=layers.area_bounds(page),
            selected=("clusters", key) if key else None,
        )  # fmt: skip
        picked = working_map(view, key="clusters_map")
    if picked is not None and picked.layer_id == "clusters":
        at = picked.feature_id if at is None else at
    _open(page, rows, at)


def _table(page: Page, rows: pd.DataFrame) -> str | None:
    """Show every cluster; the key of the row chosen."""
    t = page.t
    rows = rows.assign(state_word=[t(f"clusters.{s}") for s in rows["state"]])
    at = show_table(page, rows, {
        "short": (t("clusters.where"), "text"), "state_word": (t("table.state"), "text"),
        "first_on": (t("clusters.first"), "date"), "last_on": (t("clusters.last"), "date"),
        "n_observed": (t("table.incidents"), "count"),
        "n_expected": (t("clusters.expected"), "number"),
        "ratio": (t("clusters.ratio"), "number"), "p": (t("analysis.p"), "p"),
        "recurrence_days": (t("clusters.recurrence_days"), "count"),
        "radius_m": (t("clusters.radius"), "count"), "n_places": (t("clusters.n_places"), "count"),
    }, name="clusters", at_most_px=480, select=True, alt=t("clusters.table_alt"))  # fmt: skip
    drop = ["key", "tip", "short", "name", "name_en"]
    downloads(page, "clusters", {"clusters": rows.drop(columns=drop, errors="ignore")})
    return None if at is None else str(rows.loc[at, "key"])


def _open(page: Page, rows: pd.DataFrame, picked: str | None) -> None:
    """Offer the incidents of each cluster; those of a picked one open."""
    figures = {
        str(r["key"]): (f"{r['short']} ({page.f.count(r['n_observed'])})", which_of(page, r))
        for r in rows.head(12).to_dict("records")
    }
    if picked is not None and picked not in figures:
        row = rows[rows["key"] == picked].iloc[0]
        figures[picked] = (str(row["short"]), which_of(page, row))
    if picked is not None and st.session_state.get("clusters_picked") != picked:
        st.session_state["clusters_picked"] = picked
        st.rerun(scope="fragment")
    open_rows(page, figures, name="cluster", opened=picked)
