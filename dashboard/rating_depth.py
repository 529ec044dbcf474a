"""What stands behind one community's rating, for those who answer for it."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from dashboard import charts
from dashboard.blocks import show_list, show_note, show_table
from dashboard.charts_rating import score_history
from dashboard.page import Page
from dashboard.queries import rating_depth as depth
from dashboard.standard import grade_names

PERCENT = ("cases_change", "hazards_in_time_fraction")


def show_depth(page: Page, row: pd.Series) -> None:
    """Draw firmness, what changed, peers, consequences and progress of one rating."""
    community_id, standard_id = str(row["community_id"]), str(row["standard_id"])
    period = str(row["period"])
    left, right = st.columns(2, gap="medium")
    with left:
        _history(page, community_id, standard_id)
        _firmness(page, community_id, standard_id)
        _changes(page, community_id, standard_id)
    with right:
        _peers(page, community_id)
    _consequences(page, community_id, standard_id, period)
    _progress(page, community_id, standard_id, period)


def _history(page: Page, community_id: str, standard_id: str) -> None:
    t = page.t
    if not page.has("mart.rating_history"):
        return
    rows = depth.history(page, community_id, standard_id)
    if rows["score"].notna().sum() < 2:
        return
    st.subheader(t("history.title"))
    charts.show(score_history(page, rows), t("history.alt"))
    names = grade_names(page)
    rows["grade_word"] = [names.get((standard_id, str(one)), None) for one in rows["grade"]]
    show_table(page, rows, {
        "period": (t("filter.rating_period"), "text"), "grade_word": (t("standard.grade"), "text"),
        "stars": (t("table.stars"), "stars"), "score": (t("table.score"), "number"),
        "rank": (t("history.rank"), "count"), "n_ranked": (t("history.of"), "count"),
    }, name="history", at_most_px=220)  # fmt: skip


def _firmness(page: Page, community_id: str, standard_id: str) -> None:
    t = page.t
    if not page.has("mart.rating_stability"):
        return
    rows = depth.firmness(page, standard_id)
    mine = rows[rows["community_id"] == community_id]
    if mine.empty:
        return
    st.subheader(t("firm.title"))
    one = mine.iloc[0]
    show_list([t.pick(one["sentence_zh"], one["sentence_en"])])


def _changes(page: Page, community_id: str, standard_id: str) -> None:
    t = page.t
    if not page.has("mart.rating_changes"):
        return
    rows = depth.changes(page, community_id, standard_id)
    st.subheader(t("why.title"))
    if rows.empty:
        show_note(t("why.none"), "plain")
        return
    rows["item"] = [t.pick(r.name_zh, r.name_en) or r.item_id for r in rows.itertuples()]
    show_table(page, rows, {
        "item": (t("table.item"), "text"), "points_before": (t("why.before"), "number"),
        "points_after": (t("why.after"), "number"), "change": (t("why.change"), "number"),
    }, name="why", at_most_px=260)  # fmt: skip


def _peers(page: Page, community_id: str) -> None:
    """Compare like with like."""
    t, f = page.t, page.f
    if not page.has("mart.peers"):
        return
    st.subheader(t("peers.title"))
    rows = depth.peers(page, community_id)
    if rows.empty:
        show_note(t("peers.none"), "plain")
        return
    measures = depth.standing(page, community_id)
    if not measures.empty:
        measures["name"] = [t(f"peers.{one}") for one in measures["measure"]]
        for column in ("value", "peer_low", "peer_median", "peer_high"):
            measures[f"{column}_text"] = [
                f.share(value) if measure in PERCENT else f.number(value, 1)
                for measure, value in zip(measures["measure"], measures[column], strict=True)
            ]
        measures["place"] = [
            t("peers.place", rank=f.count(r.rank), n=f.count(r.n_compared))
            for r in measures.itertuples()
        ]
        show_table(page, measures, {
            "name": (t("peers.measure"), "text"), "value_text": (t("peers.here"), "text"),
            "peer_median_text": (t("peers.median"), "text"), "place": (t("peers.rank"), "text"),
            "peer_low_text": (t("peers.low"), "text"), "peer_high_text": (t("peers.high"), "text"),
        }, name="standing", at_most_px=280)  # fmt: skip
    rows["peer"] = [t.pick(r.peer_name, r.peer_name_en) or r.peer_id for r in rows.itertuples()]
    show_table(page, rows, {
        "peer": (t("table.community"), "text"),
        "peer_households": (t("peers.households"), "count"),
        "peer_buildings": (t("peers.buildings"), "count"),
        "peer_built_year": (t("peers.built"), "text"), "peer_stars": (t("peers.stars"), "stars"),
        "distance": (t("peers.distance"), "number"),
    }, name="peers", at_most_px=300)  # fmt: skip


def _consequences(page: Page, community_id: str, standard_id: str, period: str) -> None:
    t = page.t
    if not page.has("mart.consequences"):
        return
    rows = depth.consequences(page, community_id, standard_id, period)
    if rows.empty:
        return
    st.subheader(t("standard.consequences"))
    show_list([t.pick(r.name_zh, r.name_en) for r in rows.itertuples()])


def _progress(page: Page, community_id: str, standard_id: str, period: str) -> None:
    """Show where the rating stands between draft and publication, with dates and who."""
    t = page.t
    if not page.has("mart.rating_workflow"):
        return
    st.subheader(t("workflow.title"))
    found = depth.progress(page, community_id, standard_id, period)
    if found.empty:
        show_note(t("workflow.none"), "plain")
        return
    one = found.iloc[0]
    show_list([t.pick(one["sentence_zh"], one["sentence_en"])])
    rows = depth.steps(page, community_id, standard_id, period)
    rows["event_word"] = [t(f"workflow.event_{r.event}") for r in rows.itertuples()]
    rows["said"] = [t.pick(r.sentence_zh, r.sentence_en) for r in rows.itertuples()]
    show_table(page, rows, {
        "event_on": (t("companies.on"), "date"), "event_word": (t("workflow.event"), "text"),
        "actor": (t("workflow.actor"), "text"), "said": (t("workflow.said"), "text"),
        "note": (t("workflow.remark"), "text"), "is_accepted": (t("workflow.counts"), "bool"),
    }, name="steps", at_most_px=260)  # fmt: skip
