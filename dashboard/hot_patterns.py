"""Two ways of the hotspots page that look at change and at neighbours: patterns, communities."""

from __future__ import annotations

import json
from datetime import timedelta

import pandas as pd
import streamlit as st

from dashboard import analysis_notes, layer_analysis, layer_hot, layers, time_words
from dashboard.blocks import (
    Card,
    downloads,
    plain,
    show_cards,
    show_lead,
    show_list,
    show_note,
    show_table,
)
from dashboard.incident_rows import open_rows
from dashboard.leaflet.component import working_map
from dashboard.page import Page
from dashboard.periods import between, window
from dashboard.queries import hotspots as asked
from dashboard.queries.incidents import Which

TWO_YEARS = timedelta(days=730)


def show_emerging(page: Page, of_class: str) -> None:
    """Draw the cells whose two years amount to a pattern."""
    t = page.t
    show_lead(t("hotspots.emerging_lead"))
    rows = (
        asked.emerging(page, page.scope_kind, page.scope_id, of_class)
        if page.state("mart.emerging_cells") == "here"
        else pd.DataFrame()
    )
    if rows.empty:
        analysis_notes.tell(page, "emerging", of_class)
        return
    n_of = rows["pattern"].value_counts()
    show_cards([
        Card(t(f"pattern.{k}"), page.f.count(n_of[k]), lines=(t(f"pattern_means.{k}"),))
        for k in layer_hot.PATTERNS if k in n_of.index
    ], t("hotspots.figures"))  # fmt: skip
    rows["kind"] = [t(f"pattern.{k}") for k in rows["pattern"]]
    rows["months"] = [json.loads(one) if isinstance(one, str) else [] for one in rows["counts"]]
    wide, narrow = st.columns([1.4, 1], gap="medium")
    with narrow:
        at = _pattern_table(page, rows, of_class)
    with wide:
        view = layers.view(
            page, [layer_hot.pattern_layer(page, rows), layer_analysis.outline_layer(page),
                   layers.jurisdiction_layer(page)],
            title=t("hotspots.emerging"), bounds=layers.area_bounds(page),
            selected=None if at is None else ("cells", str(rows.loc[at, "cell_id"])),
        )  # fmt: skip
        picked = working_map(view, key="emerging_map")
        show_lead(t("hotspots.no_forecast"))
    if at is None and picked is not None and picked.layer_id == "cells":
        same = rows.index[rows["cell_id"] == picked.feature_id]
        at = int(same[0]) if len(same) else None
    if at is None:
        show_lead(t("hotspots.pick_cell"))
        return
    row = rows.loc[at]
    last = page.build.as_of
    which = Which(*between(page, last - TWO_YEARS + timedelta(days=1), last), of_class,
                  cells=(str(row["cell_id"]),), cell_m=float(row["cell_m"]))  # fmt: skip
    open_rows(page, {"cell": (f"{row['cell_id']} · {row['kind']}", which)}, name="pattern",
              opened="cell")  # fmt: skip


def _pattern_table(page: Page, rows: pd.DataFrame, of_class: str) -> int | None:
    t = page.t
    at = show_table(page, rows, {
        "kind": (t("hotspots.pattern"), "text"), "months": (t("hotspots.by_month"), "bars"),
        "n_last": (t("hotspots.last_month"), "count"),
        "n_bins_hot": (t("hotspots.n_hot_months"), "count"),
        "trend_z": (t("hotspots.trend_z"), "z"), "trend_p": (t("hotspots.trend_p"), "p"),
        "hot_since": (t("hotspots.hot_since"), "date"), "cell_id": (t("table.cell"), "text"),
    }, name="patterns", at_most_px=480, select=True, alt=t("hotspots.emerging"))  # fmt: skip
    downloads(page, f"emerging-{of_class}", {"emerging": rows.drop(columns=["kind", "months"])})
    return at


def show_communities(page: Page, of_class: str) -> None:
    """Draw the communities beside their neighbours."""
    t, f = page.t, page.f
    show_lead(t("hotspots.communities_lead"))
    rows = (
        asked.moran(page, of_class)
        if page.state("mart.community_moran") == "here"
        else pd.DataFrame()
    )
    if rows.empty:
        analysis_notes.tell(page, "community_moran", of_class)
        return
    sure = rows[rows["is_moran_significant"]]
    n_of = sure["quadrant"].value_counts()
    show_cards([
        Card(t(f"quadrant.{k}"), f.count(n_of.get(k, 0)), lines=(t(f"quadrant_means.{k}"),))
        for k in layer_hot.QUADRANTS
    ], t("hotspots.figures"))  # fmt: skip
    time_words.tell_one_day(page, of_class, "12_months")
    if sure.empty:
        show_note(t("hotspots.no_quadrant", n=f.count(len(rows))), "info")
    rows["shown_name"] = [page.name_of(r) for r in rows.to_dict("records")]
    rows["kind"] = [layer_hot.quadrant_word(page, r) for r in rows.to_dict("records")]
    wide, narrow = st.columns([1.4, 1], gap="medium")
    with narrow:
        at = _moran_table(page, rows, of_class)
    with wide:
        view = layers.view(
            page, [layer_hot.moran_layer(page, rows), layer_hot.gi_hot_layer(page, rows),
                   layers.jurisdiction_layer(page)],
            title=t("hotspots.communities"), bounds=layers.area_bounds(page),
            selected=None if at is None else ("communities", str(rows.loc[at, "community_id"])),
        )  # fmt: skip
        picked = working_map(view, key="moran_map")
        show_lead(t("hotspots.no_forecast"))
    if at is None and picked is not None and picked.layer_id == "communities":
        same = rows.index[rows["community_id"] == picked.feature_id]
        at = int(same[0]) if len(same) else None
    if at is None:
        show_lead(t("hotspots.pick_community"))
        return
    row = rows.loc[at]
    st.subheader(plain(row["shown_name"]))
    unit = row["exposure_kind"]
    per = t(f"hotspots.per_{unit}") if isinstance(unit, str) else ""
    show_list([t("hotspots.community_story", kind=row["kind"], n=f.count(row["n"]),
                 rate=f.number(row["rate"]), low=f.number(row["rate_low"]),
                 high=f.number(row["rate_high"]), per=per,
                 neighbours=f.number(row["neighbour_rate"]),
                 k=f.count(row["n_neighbours"]))])  # fmt: skip
    which = Which(*window(page, "12_months"), of_class, community_id=str(row["community_id"]))
    open_rows(page, {"community": (row["shown_name"], which)}, name="community",
              opened="community")  # fmt: skip


def _moran_table(page: Page, rows: pd.DataFrame, of_class: str) -> int | None:
    t = page.t
    at = show_table(page, rows, {
        "shown_name": (t("table.community"), "text"), "kind": (t("hotspots.beside"), "text"),
        "rate": (t("hotspots.rate"), "number"),
        "neighbour_rate": (t("hotspots.neighbour_rate"), "number"),
        "n": (t("table.incidents"), "count"), "moran_p_fdr": (t("table.p"), "p"),
        "gi_z": (t("table.z"), "z"), "gi_p_fdr": (t("hotspots.gi_p"), "p"),
        "rate_low": (t("table.rate_low"), "number"),
        "rate_high": (t("table.rate_high"), "number"),
    }, name="moran", at_most_px=480, select=True, alt=t("hotspots.communities"))  # fmt: skip
    downloads(page, f"communities-{of_class}",
              {"communities": rows.drop(columns=["shown_name", "kind"])})  # fmt: skip
    return at
