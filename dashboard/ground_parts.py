"""One community's ground: what is seen by day and night, what is not, and what patrol reaches."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from dashboard import charts, layer_points, layer_shapes, layers
from dashboard.blocks import lacking, show_facts, show_note, show_table
from dashboard.folium_map import portable_map
from dashboard.leaflet.component import working_map
from dashboard.maps import MapView
from dashboard.page import Page
from dashboard.periods import window
from dashboard.queries import sight
from dashboard.styles import single


def dossier_map(page: Page, community_id: str, name: str, part: str) -> MapView:
    """Return the map of one community: buildings, what is seen, what is not, who patrols."""
    t = page.t
    since, until = window(page, "12_months")
    points = None
    if page.state("core.incidents") == "here":
        points, _, _ = layer_points.incident_layer(page, since=since, until=until, of_class="all",
                                             community_id=community_id)  # fmt: skip
    outline = single("#0d2f4f", label=name, pattern="none", stroke="#0d2f4f", stroke_width=2.5)
    made = [
        layers.community_layer(page, {}, outline, {community_id: ""}, title=t("layer.community"),
                               shown=lambda one: one == community_id),
        layer_shapes.shape_layer(page, f"blind_spots_{part}", community_id, single(
            "#b25a12", label=t("layer.blind"), pattern="hatch", fill_opacity=0.35,
            stroke="#8c4a12", stroke_width=0.6), title=t("layer.blind")),
        layer_shapes.shape_layer(page, f"viewsheds_{part}", community_id, single(
            "#f0b400", label=t("layer.viewsheds_label"), fill_opacity=0.5, stroke="#8a6500",
            stroke_width=0.6), title=t("layer.viewsheds")),
        layer_shapes.shape_layer(page, "buildings", community_id, single(
            "#8b98a5", label=t("layer.buildings"), fill_opacity=0.85, stroke="#5a6b7b"),
            title=t("layer.buildings")),
        layer_points.camera_layer(page, visible=True, community_id=community_id),
        layer_points.patrol_layer(page, visible=True, community_id=community_id),
        points,
    ]  # fmt: skip
    return layers.view(page, made, title=name, height_px=460,
                       bounds=layers.area_bounds(page, community_id))  # fmt: skip


def show_ground(page: Page, community_id: str, name: str) -> None:
    """Draw the map of one community by day or night, with coverage and patrol beside it."""
    t = page.t
    st.header(t("dossier.ground"))
    part = st.segmented_control(
        t("filter.daypart"), ("day", "night"), default="day", required=True,
        format_func=lambda one: t(f"daypart.{one}"), key="dossier_part",
    )  # fmt: skip
    left, right = st.columns([1.5, 1], gap="medium")
    with left:
        view = dossier_map(page, community_id, name, str(part))
        working_map(view, key="dossier_map")
        st.download_button(
            t("download.map"), lambda: portable_map(view), file_name=f"{community_id}.html",
            mime="text/html", key="dossier_map_file", on_click="ignore",
            help=t("download.map_help"),
        )  # fmt: skip
    with right:
        _coverage(page, community_id)
        _patrol(page, community_id)
    _blind_spots(page, community_id, str(part))


def _coverage(page: Page, community_id: str) -> None:
    t = page.t
    st.subheader(t("dossier.coverage"))
    if lacking(page, "mart.coverage"):
        return
    rows = sight.community_coverage(page, community_id)
    if rows.empty:
        show_note(t("absent.empty.coverage"), "plain")
        return
    data = pd.DataFrame(
        {
            "level": [t.word("level", r.level) for r in rows.itertuples()],
            "part": [t(f"daypart.{r.daypart}") for r in rows.itertuples()],
            "share": rows["seen_fraction"],
        }
    )
    charts.show(charts.levels(page, data), t("dossier.coverage_alt"))
    if page.state("core.buildings") == "missing":
        lacking(page, "core.buildings")


def _patrol(page: Page, community_id: str) -> None:
    t, f = page.t, page.f
    st.subheader(t("dossier.patrol"))
    if lacking(page, "mart.patrol_reach"):
        return
    rows = sight.patrol_reach(page, community_id)
    if rows.empty:
        show_note(t("absent.empty.patrol_reach"), "plain")
        return
    row = rows.iloc[0]
    show_facts([
        (t("patrol.points"), f.count(row["n_patrol_points"])),
        (t("patrol.reach"), f.share(row["reach_fraction"])),
        (t("patrol.incidents"), t("patrol.of", n=f.count(row["n_incidents_reached"]),
                                  total=f.count(row["n_incidents"]))),
        (t("patrol.visits"), f.number(row["visits_per_day"])),
    ])  # fmt: skip


def _blind_spots(page: Page, community_id: str, part: str) -> None:
    t = page.t
    st.subheader(t("dossier.blind"))
    if lacking(page, "mart.blind_spots"):
        return
    rows = sight.blind_spots(page, part, community_id=community_id)
    if rows.empty:
        show_note(t("dossier.no_blind"), "plain")
        return
    show_table(page, rows, {
        "blind_spot_id": (t("table.blind_spot"), "text"),
        "n_incidents": (t("table.incidents"), "count"), "n_gates": (t("table.gates"), "count"),
        "blind_area_m2": (t("table.area"), "number"),
        "nearest_camera_id": (t("table.nearest"), "text"),
        "nearest_camera_m": (t("table.distance"), "number"),
    }, name="blind", at_most_px=300)  # fmt: skip
