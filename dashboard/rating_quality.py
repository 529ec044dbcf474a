"""How good the ratings of an area are: their years, firmness, progress, and who scored them."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from dashboard import charts, charts_rating
from dashboard.address import choose
from dashboard.blocks import show_lead, show_note, show_table
from dashboard.page import Page
from dashboard.queries import rating_depth as depth

CASES = ("criminal", "public_security")


def with_years(page: Page, rows: pd.DataFrame) -> pd.DataFrame:
    """Return the ranking with each community's years and how firmly its rating stands."""
    t = page.t
    if rows.empty:
        return rows
    standard_id = str(rows.loc[0, "standard_id"])
    if page.has("mart.rating_history"):
        rows = rows.merge(depth.histories(page, standard_id), on="community_id", how="left")
        rows["scores"] = [list(x) if isinstance(x, list) or hasattr(x, "tolist") else []
                          for x in rows["scores"]]  # fmt: skip
    if page.has("mart.rating_stability"):
        firm = depth.firmness(page, standard_id)[["community_id", "word", "same_fraction"]]
        firm["firm_word"] = [t(f"firm.{one}") for one in firm["word"]]
        rows = rows.merge(firm.drop(columns="word"), on="community_id", how="left")
    return rows


def show_quality(page: Page, standard_id: str, period: str) -> None:
    """Draw the progress of the period's ratings, and for the district how they were scored."""
    _progress(page, standard_id, period)
    _funnel(page, period)
    if page.access.may(page.viewer.role, page.name, "mart.assessors"):
        _bunching(page, standard_id)
        _assessors(page, standard_id)


def _progress(page: Page, standard_id: str, period: str) -> None:
    t = page.t
    if not page.has("mart.rating_workflow"):
        return
    st.header(t("workflow.all"))
    rows = depth.all_progress(page, standard_id, period)
    if rows.empty:
        show_note(t("workflow.none_period", period=period), "plain")
        return
    rows["shown_name"] = [page.name_of(r) for r in rows.to_dict("records")]
    rows["state_word"] = [t(f"workflow.state_{one}") for one in rows["state"]]
    rows["said"] = [t.pick(r.sentence_zh, r.sentence_en) for r in rows.itertuples()]
    show_table(page, rows, {
        "shown_name": (t("table.community"), "text"), "state_word": (t("table.state"), "text"),
        "since_on": (t("companies.since"), "date"),
        "check_due_on": (t("workflow.check_due"), "date"),
        "is_overdue": (t("workflow.overdue"), "bool"),
        "published_on": (t("workflow.published"), "date"),
        "appeal_until_on": (t("workflow.appeal_until"), "date"),
        "appealed_on": (t("workflow.appealed"), "date"),
        "decided_on": (t("workflow.decided"), "date"), "actor": (t("workflow.actor"), "text"),
        "said": (t("workflow.said"), "text"),
    }, name="workflow", alt=t("workflow.all"))  # fmt: skip


def _funnel(page: Page, period: str) -> None:
    """Show which rates are more than chance for a place of that size."""
    t = page.t
    if not page.has("mart.rate_funnel"):
        return
    st.header(t("funnel.title"))
    show_lead(t("funnel.lead"))
    of_class = choose(page, "funnel", CASES, t("filter.class"), lambda one: t(f"class.{one}"),
                      segmented=True)  # fmt: skip
    rows = depth.funnel(page, period, of_class)
    if rows.empty:
        show_note(t("funnel.none", period=period), "plain")
        return
    rows["shown_name"] = [page.name_of(r) for r in rows.to_dict("records")]
    rows["inside"] = [t(f"funnel.{str(one).partition('_')[0]}") for one in rows["word"]]
    rows["word_text"] = [t(f"funnel.word_{one}") for one in rows["word"]]
    n_out = int((rows["word"] != "inside").sum())
    drawn = rows.drop(columns=["name", "name_en"])
    charts.show(charts_rating.funnel(page, drawn), t("funnel.alt", n=n_out, total=len(rows)))
    show_table(page, rows.sort_values("rate", ascending=False), {
        "shown_name": (t("table.community"), "text"), "word_text": (t("funnel.verdict"), "text"),
        "n": (t("funnel.n"), "count"), "rate": (t("funnel.rate"), "number"),
        "shrunk": (t("funnel.shrunk"), "number"), "shrunk_low": (t("table.score_low"), "number"),
        "shrunk_high": (t("table.score_high"), "number"),
        "zero_chance": (t("funnel.zero"), "percent"),
    }, name="funnel", at_most_px=320)  # fmt: skip


def _bunching(page: Page, standard_id: str) -> None:
    """Say whether scores pile up just above a cut point."""
    t = page.t
    if not page.has("mart.rating_bunching"):
        return
    rows = depth.bunching(page, standard_id)
    st.header(t("bunching.title"))
    show_lead(t("bunching.lead"))
    if rows.empty:
        show_note(t("bunching.none"), "plain")
        return
    rows["said"] = [t.pick(r.sentence_zh, r.sentence_en) for r in rows.itertuples()]
    rows["period"] = [t("bunching.all") if one == "all" else one for one in rows["period"]]
    show_table(page, rows, {
        "period": (t("filter.rating_period"), "text"), "said": (t("bunching.said"), "text"),
        "n_below": (t("bunching.below"), "count"), "n_above": (t("bunching.above"), "count"),
        "above_fraction": (t("bunching.share"), "percent"),
        "expected_fraction": (t("bunching.expected"), "percent"), "p_value": ("p", "p"),
        "q_value": ("q", "p"),
    }, name="bunching", at_most_px=320)  # fmt: skip


def _assessors(page: Page, standard_id: str) -> None:
    """Say who scores higher than others given the same community and item."""
    t = page.t
    if not page.has("mart.assessors"):
        return
    rows = depth.assessors(page, standard_id)
    st.header(t("assessors.title"))
    show_lead(t("assessors.lead"))
    if rows.empty:
        show_note(t("assessors.none"), "plain")
        return
    rows["said"] = [t.pick(r.sentence_zh, r.sentence_en) for r in rows.itertuples()]
    show_table(page, rows, {
        "assessor": (t("assessors.who"), "text"), "said": (t("assessors.said"), "text"),
        "n_visits": (t("assessors.visits"), "count"),
        "n_communities": (t("assessors.communities"), "count"),
        "effect": (t("assessors.effect"), "number"), "effect_low": (t("assessors.low"), "number"),
        "effect_high": (t("assessors.high"), "number"),
        "shrunk": (t("assessors.shrunk"), "number"), "q_value": ("q", "p"),
    }, name="assessors", at_most_px=360)  # fmt: skip
