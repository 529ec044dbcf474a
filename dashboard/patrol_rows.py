"""Patrol gaps as rows: the hour asked for, and one row a community at that hour."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from dashboard.address import keep
from dashboard.page import Page
from dashboard.queries import patrols

ALL_DAY = "all"
HOURS = (ALL_DAY, *(str(h) for h in range(24)))
MEASURES = ("n_unmanned", "n_unvisited")


def choose_hour(page: Page) -> str:
    """Ask for an hour of the day, or all of them, and keep it in the address."""
    t = page.t
    asked = st.query_params.get("hour")
    if asked in HOURS and asked != st.session_state.get("said_patrols_hour"):
        st.session_state["patrols_hour"] = asked
    st.session_state.setdefault("patrols_hour", ALL_DAY)
    hour = str(st.select_slider(t("patrols.hour"), HOURS, key="patrols_hour", width=420,
                                format_func=lambda one: hour_word(page, one)))  # fmt: skip
    st.session_state["said_patrols_hour"] = hour
    keep("hour", None if hour == ALL_DAY else hour)
    return hour


def hour_word(page: Page, hour: str) -> str:
    """Return an hour as from and to, or the word for the whole day."""
    if hour == ALL_DAY:
        return page.t("patrols.all_day")
    return page.t("patrols.from_to", a=int(hour), b=int(hour) + 1)


def gaps_by_community(page: Page, hour: str) -> pd.DataFrame:
    """Return one row a community: its gaps at an hour, or over the whole day."""
    rows = patrols.gaps(page)
    if hour != ALL_DAY:
        rows = rows[rows["hour"] == int(hour)]
    n = ["n_incidents", "n_unmanned", "n_unvisited"]
    by = rows.groupby("community_id")
    made = by[n].sum(min_count=1).join(by[["manned_fraction", "visited_fraction"]].mean())
    reach = patrols.reach(page).set_index("community_id")
    made = made.join(reach[["n_patrol_points", "visits_per_day", "name", "name_en"]], how="outer")
    made = made.reset_index()
    made["shown_name"] = [page.name_of(r) for r in made.to_dict("records")]
    return made


def reach_by_community(page: Page) -> pd.DataFrame:
    """Return the reach of patrols alone where gaps could not be told."""
    reach = patrols.reach(page) if page.has("mart.patrol_reach") else pd.DataFrame()
    names = ("community_id", "name", "name_en", "n_patrol_points", "visits_per_day",
             "reach_fraction", "n_incidents")  # fmt: skip
    made = reach.reindex(columns=list(names)).rename(columns={"reach_fraction": "manned_fraction"})
    for column in (*MEASURES, "visited_fraction"):
        made[column] = float("nan")
    made["shown_name"] = [page.name_of(r) for r in made.to_dict("records")]
    return made
