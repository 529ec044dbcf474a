"""What started this week: clusters in space and time, each with its story."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pandas as pd
import streamlit as st

from dashboard import layer_analysis, layers
from dashboard.address import choose
from dashboard.blocks import downloads, lacking, plain, show_lead, show_list, show_note, show_table
from dashboard.encode import encode_lines
from dashboard.formats import is_missing
from dashboard.incident_rows import open_rows
from dashboard.leaflet.component import working_map
from dashboard.page import Page
from dashboard.periods import between
from dashboard.queries import clusters as asked
from dashboard.queries import incidents
from dashboard.queries.incidents import Which
from dashboard.story import Story, show_stories

SCANS = "mart.cluster_scans"
WEEK = timedelta(days=7)
TOLD = 6  # clusters told in full; the table has them all


def render(page: Page) -> None:
    """Draw the page."""
    t = page.t
    st.title(plain(t("clusters.title", area=page.scope_name)))
    show_lead(t("clusters.lead", day=page.f.day(page.build.as_of)))
    if lacking(page, "core.incidents") or lacking(page, SCANS):
        return
    _explore(page)
    st.header(t("analysis.method"))
    show_list([t(f"clusters.method_{i}") for i in range(1, 6)])


@st.fragment
def _explore(page: Page) -> None:
    """Draw the choice of class, the stories, the map and the table; reruns alone."""
    t = page.t
    scans = asked.scans(page, page.scope_kind, page.scope_id)
    if scans.empty:
        show_note(t("clusters.not_scanned"), "plain")
        return
    known = list(dict.fromkeys(scans["class"]))
    of_class = choose(page, "class", known, t("filter.class"), lambda one: t(f"class.{one}"))
    rows = _told(page, of_class)
    _this_week(page, rows, scans[scans["class"] == of_class])
    if not rows.empty:
        _map_and_table(page, rows, of_class)


def _told(page: Page, of_class: str) -> pd.DataFrame:
    """Return the clusters with their state and their names; a past one still alive once only."""
    rows = asked.clusters(page, page.scope_kind, page.scope_id, of_class)
    started = pd.to_datetime(rows["first_on"]).dt.date > page.build.as_of - WEEK
    alive = rows["is_alive"].fillna(False).astype(bool) & (rows["analysis"] == "prospective")
    rows["state"] = ["new" if a and s else "alive" if a else "past"
                     for a, s in zip(alive, started, strict=True)]  # fmt: skip
    rows["key"] = rows["analysis"] + "-" + rows["rank"].astype(str)
    rows["where"] = [_where(page, r) for r in rows.to_dict("records")]
    rows["short"] = [_short(page, r) for r in rows.to_dict("records")]
    order = {"new": 0, "alive": 1, "past": 2}
    return rows.sort_values(
        ["state", "first_on", "p"], key=lambda c: c.map(order) if c.name == "state" else c,
        ascending=[True, False, True], kind="stable",
    ).reset_index(drop=True)  # fmt: skip


def _where(page: Page, row: Mapping[Any, Any]) -> str:
    """Return the place of a cluster in words."""
    t, f = page.t, page.f
    named = page.name_of(row) if isinstance(row["community_id"], str) else None
    n, inside = int(row["n_places"]), int(row["n_communities"])
    if n <= 1:
        return named or t("clusters.at_cell")
    words = "clusters.around" if named else "clusters.around_cell"
    return t(words, name=named or "", n=f.count(inside), cells=f.count(n - inside),
             m=f.number(row["radius_m"], 0))  # fmt: skip


def _short(page: Page, row: Mapping[Any, Any]) -> str:
    """Return the place of a cluster in a few words, for tables and buttons."""
    t = page.t
    centre = page.name_of(row) if isinstance(row["community_id"], str) else t("clusters.at_cell")
    n = int(row["n_places"]) - 1
    return centre if n < 1 else t("clusters.where_few", name=centre, n=page.f.count(n))


def _this_week(page: Page, rows: pd.DataFrame, scans: pd.DataFrame) -> None:
    """Answer the morning's first question, then tell what goes on and how far the scan sees."""
    t = page.t
    new, alive = rows[rows["state"] == "new"], rows[rows["state"] == "alive"]
    st.header(t("clusters.week"))
    scan = scans[scans["analysis"] == "prospective"]
    outcome = "none" if scan.empty else str(scan.iloc[0]["outcome"])
    if outcome in ("too_few", "one_place", "none"):
        show_note(t(f"clusters.outcome_{outcome}"), "warning")
    elif new.empty:
        show_note(t("clusters.nothing_new"), "info")
    else:
        show_stories([_story(page, r) for r in new.head(TOLD).to_dict("records")])
    for row in scan.to_dict("records"):
        show_lead(_reach(page, row))
    if not alive.empty:
        st.subheader(t("clusters.going_on"))
        show_stories([_story(page, r) for r in alive.head(TOLD).to_dict("records")])


def _reach(page: Page, scan: Mapping[Any, Any]) -> str:
    """Return what the scan looked at: how many, how long, how wide, how sure."""
    t, f = page.t, page.f
    words = t("clusters.reach", a=f.day(scan["period_from"]), b=f.day(scan["period_to"]),
              n=f.count(scan["n_cases"]), places=f.count(scan["n_places"]),
              days=f.count(scan["n_days_longest"]), m=f.number(scan["radius_longest_m"], 0),
              times=f.count(scan["n_replications"]))  # fmt: skip
    if is_missing(scan["p"]) or scan["outcome"] != "nothing":
        return words
    return words + t("clusters.strongest", p=f.number(scan["p"], 3))


def _story(page: Page, row: Mapping[Any, Any]) -> Story:
    t, f = page.t, page.f
    days = t("clusters.days", a=f.day(row["first_on"]), b=f.day(row["last_on"]),
             n=f.count(row["n_days"]))  # fmt: skip
    facts = [
        (t("clusters.when"), days),
        (t("clusters.cases"), t("clusters.cases_of", n=f.count(row["n_observed"]),
                                expected=f.number(row["n_expected"]))),
        (t("clusters.ratio"), t("clusters.times", x=f.number(row["ratio"]))),
        (t("clusters.chance"), _chance(page, row)),
    ]  # fmt: skip
    kinds = incidents.kinds(page, _which(page, row), page.f.time_zone)
    what = t("clusters.join").join(
        t("clusters.kind", type=t.word("type", k.type), n=f.count(k.n)) for k in kinds.itertuples()
    )
    return Story(str(row["where"]), str(row["state"]), t(f"clusters.{row['state']}"),
                 t("clusters.what", what=what) if what else "", tuple(facts))  # fmt: skip


def _chance(page: Page, row: Mapping[Any, Any]) -> str:
    t, f = page.t, page.f
    p = t("clusters.p", p=f.number(row["p"], 3))
    if is_missing(row["recurrence_days"]):
        return p
    return p + t("clusters.recurrence", days=f.number(row["recurrence_days"], 0))


def _which(page: Page, row: Mapping[Any, Any]) -> Which:
    first, last = (pd.Timestamp(row[one]).date() for one in ("first_on", "last_on"))
    since, until = between(page, first, last)
    return Which(since, until, str(row["class"]), cluster=(
        str(row["scope_kind"]), str(row["scope_id"]), str(row["class"]), str(row["analysis"]),
        int(row["rank"])))  # fmt: skip


def _map_and_table(page: Page, rows: pd.DataFrame, of_class: str) -> None:
    t, f = page.t, page.f
    st.header(t("clusters.map"))
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
        str(r["key"]): (f"{r['short']} ({page.f.count(r['n_observed'])})", _which(page, r))
        for r in rows.head(12).to_dict("records")
    }
    if picked is not None and picked not in figures:
        row = rows[rows["key"] == picked].iloc[0]
        figures[picked] = (str(row["short"]), _which(page, row))
    if picked is not None and st.session_state.get("clusters_picked") != picked:
        st.session_state["clusters_picked"] = picked
        st.rerun(scope="fragment")
    open_rows(page, figures, name="cluster", opened=picked)
