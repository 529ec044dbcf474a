"""The map of coverage, and the figures of what its reader picked on it."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from dashboard import layer_points, layer_shapes, layer_sight, layers
from dashboard.blocks import Card, show_cards, show_note
from dashboard.encode import encode_lines
from dashboard.leaflet.component import working_map
from dashboard.maps import Layer
from dashboard.page import Page
from dashboard.queries import places
from dashboard.styles import single

MOST_OUTLINES = 3_000  # blind spots whose outlines are drawn at once


def coverage_map(
    page: Page,
    rows: pd.DataFrame,
    blind: pd.DataFrame,
    *,
    level: str,
    part: str,
    community_id: str,
    highlight: str,
) -> tuple[str, str] | None:
    """Draw the map; the layer and feature picked on it."""
    t = page.t
    seen = layer_sight.seen_layer(page, part)
    chosen = row_chosen(blind) if highlight == "blind" else None
    marked = {
        "blind": lambda: layer_sight.rank_layer(page, blind),
        "critical": lambda: layer_sight.critical_layer(page, community_id),
        "pairs": lambda: layer_sight.pair_layer(page, community_id),
    }
    view = layers.view(
        page,
        [
            _communities(page, rows, bare=bool(community_id)),
            layers.jurisdiction_layer(page),
            _outlines(page, part, bool(community_id)),
            seen,
            layer_sight.building_layer(page) if community_id else None,
            layer_points.camera_layer(page, visible=True),
            marked[highlight]() if highlight in marked else None,
        ],
        title=t("coverage.map"),
        bounds=layers.area_bounds(page, community_id or None),
        selected=chosen or (("communities", community_id) if community_id else None),
    )
    picked = working_map(view, key="coverage_map")
    if page.scope_kind == "district":
        show_note(t("coverage.map_whole"), "plain")
    elif seen is not None and level != "recognise":
        show_note(t("coverage.level_ground", level=t.word("level", level)), "plain")
    return None if picked is None else (picked.layer_id, picked.feature_id)


def _outlines(page: Page, part: str, visible: bool) -> Layer | None:
    found = places.map_layer(page, f"blind_spots_recognise_{part}")
    if found is None or len(layers.feature_ids(found.ids)) > MOST_OUTLINES:
        return None
    return layer_shapes.blind_layer(page, part, visible=visible)


def _communities(page: Page, rows: pd.DataFrame, *, bare: bool) -> Layer | None:
    """Return communities by the share seen; where nothing is, by what may be seen.

    `bare` leaves the outlines alone, so that one community's ground can be read through.
    """
    t, f = page.t, page.f
    tips = {
        r.community_id: encode_lines((
            r.shown_name, t("tip.seen", share=f.share(r.seen_fraction)),
            t("coverage.possible", share=f.share(r.possible_fraction))
            if r.possible_fraction > 0 else "",
        ))
        for r in rows.itertuples()
    }  # fmt: skip
    if bare:
        style = single("#0d2f4f", label=t("layer.outlines"), pattern="none", stroke="#0d2f4f",
                       stroke_width=1.6)  # fmt: skip
        return layers.community_layer(page, {}, style, tips, title=t("layer.outlines"))
    column, title = "seen_fraction", t("coverage.layer")
    if not rows[column].max() > 0 and rows["possible_fraction"].max() > 0:
        column, title = "possible_fraction", t("coverage.layer_possible")
    values = dict(zip(rows["community_id"], rows[column], strict=True))
    style = layers.share_style(page, rows[column].to_numpy())
    return layers.community_layer(page, values, style, tips, title=title)


def row_chosen(blind: pd.DataFrame) -> tuple[str, str] | None:
    """Return the blind spot whose row is chosen in the table below the map."""
    state = st.session_state.get("coverage_blind_table")
    at = state.selection.rows if state is not None else []
    if not at or at[0] >= len(blind):
        return None
    return "blind_rank", str(blind.loc[at[0], "blind_spot_id"])


def show_picked(
    page: Page,
    rows: pd.DataFrame,
    blind: pd.DataFrame,
    picked: tuple[str, str] | None,
    community_id: str,
) -> None:
    """Show the figures of the blind spot or the community that the reader chose."""
    t, f = page.t, page.f
    layer_id, feature_id = picked or ("communities", community_id)
    if layer_id == "blind_rank":
        spot = blind[blind["blind_spot_id"].astype(str) == feature_id]
        if not spot.empty:
            _spot(page, spot.iloc[0])
            return
    chosen = rows[rows["community_id"] == feature_id]
    if chosen.empty:
        return
    row = chosen.iloc[0]
    show_cards([Card(str(row["shown_name"]), f.share(row["seen_fraction"]),
                     lines=(t("coverage.seen_of", area=f.area(row["open_area_m2"])),))],
               t("coverage.figures"))  # fmt: skip
    st.page_link(page.links["dossier"], label=t("overview.open_dossier"),
                 query_params=dict(st.query_params) | {"c": feature_id})  # fmt: skip


def _spot(page: Page, row: pd.Series) -> None:
    t, f = page.t, page.f
    nearest = t("coverage.tip_no_camera")
    if isinstance(row["nearest_camera_id"], str):
        nearest = t("coverage.blind_nearest_is", camera=row["nearest_camera_id"],
                    m=f.metres(row["nearest_camera_m"]))  # fmt: skip
    title = t("coverage.blind_picked", n=row["place"], name=row["shown_name"])
    lines = (
        f"{t('coverage.blind_area')} {f.area(row['blind_area_m2'])}",
        f"{t('coverage.blind_gates')} {f.count(row['n_gates'])}",
        f"{t('coverage.blind_nearest')} {nearest}",
    )
    show_cards([Card(title, f.count(row["n_incidents"]), unit=t("coverage.blind_incidents"),
                     lines=lines)], t("coverage.figures"))  # fmt: skip
