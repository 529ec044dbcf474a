"""Parts of the coverage page: blind spots by rank, critical and redundant cameras, levels."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from dashboard import charts
from dashboard.blocks import downloads, lacking, show_lead, show_note, show_table
from dashboard.layer_sight import REDUNDANT, of_community
from dashboard.page import Page
from dashboard.queries import cameras, sight

LISTED = 200


def show_blind_spots(page: Page, rows: pd.DataFrame, part: str) -> None:
    """List blind spots with their rank and figures; a row chosen is marked on the map."""
    t, f = page.t, page.f
    st.header(t("coverage.blind"))
    if lacking(page, "mart.blind_spots"):
        return
    if rows.empty:
        show_note(t("coverage.no_blind"), "plain")
        return
    show_lead(t("coverage.blind_lead", n=f.count(len(rows)), total=f.count(rows.loc[0, "n_all"]),
                part=t(f"coverage.in_{part}")))  # fmt: skip
    show_table(page, rows, {
        "place": (t("table.rank"), "count"), "shown_name": (t("table.community"), "text"),
        "n_incidents": (t("table.incidents"), "count"), "n_gates": (t("table.gates"), "count"),
        "blind_area_m2": (t("table.area"), "whole"),
        "nearest_camera_id": (t("table.nearest"), "text"),
        "nearest_camera_m": (t("table.distance"), "number"),
        "blind_spot_id": (t("table.blind_spot"), "text"),
    }, name="blind", at_most_px=340, select=True, key="coverage_blind_table",
        alt=t("coverage.blind"))  # fmt: skip
    downloads(page, f"blind-spots-{part}", {"blind_spots": rows})


def show_critical(page: Page, community_id: str) -> None:
    """List the cameras whose failure loses most, with what each alone sees."""
    t, f = page.t, page.f
    st.header(t("coverage.critical"))
    if lacking(page, "mart.camera_losses"):
        return
    rows = cameras.losses(page)
    if community_id:
        rows = rows[of_community(rows, community_id)].reset_index(drop=True)
    if rows.empty:
        show_note(t("coverage.no_critical"), "plain")
        return
    shown = rows.head(LISTED).copy()
    shown["shown_name"] = [page.name_of(r) for r in shown.to_dict("records")]
    shown.insert(0, "place", range(1, len(shown) + 1))
    show_lead(t("coverage.critical_lead", n=f.count(len(rows)), listed=f.count(len(shown))))
    show_note(t("coverage.critical_total", area=f.area(rows["lost_area_m2"].sum()),
                n=f.count(rows["n_incidents_lost"].sum()),
                gates=f.count(rows["n_gates_lost"].sum())), "plain")  # fmt: skip
    show_table(page, shown, {
        "place": (t("table.rank"), "count"), "camera_id": (t("table.camera"), "text"),
        "shown_name": (t("table.community"), "text"),
        "lost_area_m2": (t("table.lost_area"), "whole"),
        "lost_night_area_m2": (t("table.lost_night"), "whole"),
        "n_incidents_lost": (t("table.incidents_lost"), "count"),
        "n_gates_lost": (t("table.gates_lost"), "count"),
        "seen_fraction": (t("table.seen_now"), "percent"),
        "seen_without_fraction": (t("table.seen_without"), "percent"),
    }, name="critical", at_most_px=340, alt=t("coverage.critical"))  # fmt: skip
    downloads(page, "critical-cameras", {"critical": rows})


def show_pairs(page: Page, community_id: str) -> None:
    """List pairs of cameras of which one sees little that the other does not."""
    t, f = page.t, page.f
    st.header(t("coverage.pairs"))
    if lacking(page, "mart.camera_pairs"):
        return
    rows = cameras.pairs(page, REDUNDANT)
    if community_id:
        rows = rows[rows["community_id"] == community_id].reset_index(drop=True)
    if rows.empty:
        show_note(t("coverage.no_pairs"), "plain")
        return
    shown = rows.head(LISTED).copy()
    shown["shown_name"] = [page.name_of(r) for r in shown.to_dict("records")]
    show_lead(t("coverage.pairs_lead", n=f.count(len(rows)), listed=f.count(len(shown))))
    show_table(page, shown, {
        "camera_id": (t("table.camera"), "text"),
        "other_camera_id": (t("table.other_camera"), "text"),
        "shown_name": (t("table.community"), "text"),
        "shared_area_m2": (t("table.shared_area"), "whole"),
        "shared_night_area_m2": (t("table.shared_night"), "whole"),
        "camera_fraction": (t("table.camera_share"), "percent"),
        "other_fraction": (t("table.other_share"), "percent"),
    }, name="pairs", at_most_px=300, alt=t("coverage.pairs"))  # fmt: skip
    downloads(page, "redundant-pairs", {"pairs": rows})


def show_levels(page: Page, level: str, part: str, community_id: str) -> None:
    """Draw the share seen at each level, and by how many cameras at the level chosen."""
    t = page.t
    st.header(t("coverage.levels"))
    show_lead(t("coverage.levels_lead"))
    found = sight.levels(page, community_id or None)
    data = pd.DataFrame(
        {
            "level": [
                t("coverage.level_px", level=t.word("level", r.level), px=page.f.number(r.px_per_m))
                for r in found.itertuples()
            ],
            "part": [t(f"daypart.{r.daypart}") for r in found.itertuples()],
            "share": found["seen_fraction"],
        }
    )
    left, right = st.columns([1.4, 1], gap="medium")
    with left:
        charts.show(charts.levels(page, data), t("dossier.coverage_alt"))
    with right:
        _several(page, found[(found["level"] == level) & (found["daypart"] == part)], level)


def _several(page: Page, found: pd.DataFrame, level: str) -> None:
    """Tell how much is seen by one, two and three cameras or more, and possibly."""
    t = page.t
    st.subheader(t("coverage.several", level=t.word("level", level)))
    if found.empty:
        show_note(t("absent.empty.coverage"), "plain")
        return
    row = found.iloc[0]
    kinds = {"1": "seen_fraction", "2": "k2_fraction", "3": "k3_fraction",
             "possible": "possible_fraction"}  # fmt: skip
    table = pd.DataFrame({
        "what": [t(f"coverage.several_{kind}") for kind in kinds],
        "share": [row[column] for column in kinds.values()],
        "area": [row[column] * row["open_area_m2"] for column in kinds.values()],
    })  # fmt: skip
    show_table(page, table, {
        "what": (t("chart.at_least"), "text"), "share": (t("chart.seen_share"), "percent"),
        "area": (t("table.area"), "whole"),
    }, name="several")  # fmt: skip
