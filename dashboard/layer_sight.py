"""Layers of the planner: blind spots by rank, cameras whose loss hurts, pairs that see the same."""

from __future__ import annotations

import json

import pandas as pd

from dashboard.encode import encode_lines
from dashboard.layers import community_layer, feature_ids, keep
from dashboard.maps import GzShapes, Layer, Points, compress_geojson
from dashboard.page import Page
from dashboard.queries import cameras, places, sight
from dashboard.styles import single

NUMBERED = 20
DRAWN_PAIRS = 300
DRAWN_CRITICAL = 300
REDUNDANT = 0.5  # (choice) half of a camera's ground: from there one of the two may be moved


def outline_layer(page: Page) -> Layer | None:
    """Return the communities as bare outlines with their names."""
    style = single("#6b7a87", label=page.t("layer.outlines"), pattern="none", stroke="#7b8b99",
                   stroke_width=0.8)  # fmt: skip
    tips = {str(r["community_id"]): encode_lines((page.name_of(r),))
            for r in places.communities(page).to_dict("records")}  # fmt: skip
    return community_layer(page, {}, style, tips, title=page.t("layer.outlines"))


def building_layer(page: Page) -> Layer | None:
    """Return the buildings of the slice, which cut what cameras see; None when it has none."""
    found = places.map_layer(page, "buildings")
    if found is None or not feature_ids(found.ids):
        return None
    style = single("#8b98a5", label=page.t("layer.buildings"), fill_opacity=0.85, stroke="#5a6b7b",
                   stroke_width=0.6)  # fmt: skip
    return Layer("buildings", page.t("layer.buildings"), "polygon",
                 GzShapes(found.sha256, found.gz), feature_ids(found.ids), style)  # fmt: skip


def seen_layer(page: Page, part: str) -> Layer | None:
    """Return the ground on which working cameras recognise people; None when there is none."""
    level = "recognise"
    found = places.map_layer(page, f"viewsheds_{level}_{part}")
    if found is None or not feature_ids(found.ids):
        return None
    t = page.t
    style = single("#f0b400", label=t(f"coverage.layer_{level}"), fill_opacity=0.45,
                   stroke="#8a6500", stroke_width=0.6)  # fmt: skip
    return Layer("viewsheds", t("coverage.layer_ground", level=t.word("level", level)), "polygon",
                 GzShapes(found.sha256, found.gz), feature_ids(found.ids), style)  # fmt: skip


def rank_layer(page: Page, rows: pd.DataFrame) -> Layer | None:
    """Return the first blind spots as numbered points; `rows` are in their order."""
    first = rows.head(NUMBERED)
    if first.empty:
        return None
    t, f = page.t, page.f
    tips = [
        encode_lines((
            t("coverage.tip_rank", n=r.place, name=r.shown_name),
            t("tip.blind", area=f.area(r.blind_area_m2), n=f.count(r.n_incidents)),
            t("coverage.tip_gates", n=f.count(r.n_gates)),
            t("coverage.tip_nearest", camera=r.nearest_camera_id, m=f.metres(r.nearest_camera_m))
            if r.nearest_camera_id else t("coverage.tip_no_camera"),
        ))
        for r in first.itertuples()
    ]  # fmt: skip
    style = single("#8c2d04", label=t("coverage.layer_rank_label"), radius=9.0, stroke="#ffffff",
                   stroke_width=1.5, fill_opacity=0.95)  # fmt: skip
    return Layer("blind_rank", t("coverage.layer_rank"), "point",
                 Points(first["lon"].to_numpy(), first["lat"].to_numpy()),
                 tuple(first["blind_spot_id"].astype(str)), style, tooltips=tips, pickable=True,
                 labels=[str(n) for n in first["place"]])  # fmt: skip


def critical_layer(page: Page, community_id: str) -> Layer | None:
    """Return critical cameras, numbered by what is lost with them; none gives None."""

    def make() -> Layer | None:
        t, f = page.t, page.f
        rows = cameras.losses(page)
        rows = rows[rows["lon"].notna()]
        if community_id:
            rows = rows[of_community(rows, community_id)]
        rows = rows.head(DRAWN_CRITICAL)
        if rows.empty:
            return None
        tips = [
            encode_lines((
                t("coverage.tip_critical", n=i, camera=r.camera_id),
                t("coverage.tip_lost", area=f.area(r.lost_area_m2), n=f.count(r.n_incidents_lost),
                  gates=f.count(r.n_gates_lost)),
                t("coverage.tip_without", a=f.share(r.seen_fraction),
                  b=f.share(r.seen_without_fraction)),
            ))
            for i, r in enumerate(rows.itertuples(), start=1)
        ]  # fmt: skip
        style = single("#5b2a86", symbol="square", label=t("coverage.layer_critical_label"),
                       radius=8.0, stroke="#ffffff", stroke_width=1.5,
                       fill_opacity=0.95)  # fmt: skip
        return Layer("critical", t("coverage.layer_critical"), "point",
                     Points(rows["lon"].to_numpy(), rows["lat"].to_numpy()),
                     tuple(rows["camera_id"].astype(str)), style, tooltips=tips,
                     labels=[str(i) if i <= NUMBERED else "" for i in range(1, len(rows) + 1)],
                     )  # fmt: skip

    return keep(page, ("critical", community_id), make)


def pair_layer(page: Page, community_id: str) -> Layer | None:
    """Return pairs of cameras that see the same ground as lines between them; none gives None."""

    def make() -> Layer | None:
        t, f = page.t, page.f
        rows = cameras.pairs(page, REDUNDANT)
        if community_id:
            rows = rows[rows["community_id"] == community_id]
        rows = rows[rows[["lon", "lat", "other_lon", "other_lat"]].notna().all(axis=1)]
        rows = rows.head(DRAWN_PAIRS)
        if rows.empty:
            return None
        tips = [
            encode_lines((
                t("coverage.tip_pair", a=r.camera_id, b=r.other_camera_id),
                t("coverage.tip_shared", area=f.area(r.shared_area_m2),
                  a=f.share(r.camera_fraction, 0), b=f.share(r.other_fraction, 0)),
            ))
            for r in rows.itertuples()
        ]  # fmt: skip
        lines = [
            {"type": "Feature", "properties": {}, "geometry": {
                "type": "LineString",
                "coordinates": [[round(r.lon, 6), round(r.lat, 6)],
                                [round(r.other_lon, 6), round(r.other_lat, 6)]]}}
            for r in rows.itertuples()
        ]  # fmt: skip
        body = json.dumps({"type": "FeatureCollection", "features": lines})
        style = single("#009e73", label=t("coverage.layer_pairs_label"), stroke="#009e73",
                       stroke_width=4.0, dash=(6, 3))  # fmt: skip
        ids = tuple(f"{r.camera_id} {r.other_camera_id}" for r in rows.itertuples())
        return Layer("pairs", t("coverage.layer_pairs"), "line", compress_geojson(body), ids,
                     style, tooltips=tips)  # fmt: skip

    return keep(page, ("pairs", community_id), make)


def of_community(rows: pd.DataFrame, community_id: str) -> pd.Series:
    """Tell which cameras stand in a community or cover most of its ground."""
    return (rows["main_community_id"] == community_id) | (rows["community_id"] == community_id)


def numbered_blind_spots(page: Page, part: str, community_id: str, at_most: int) -> pd.DataFrame:
    """Return blind spots with their place in the order and the name of their community."""
    rows = sight.blind_spots(page, part, community_id=community_id or None, at_most=at_most)
    rows["shown_name"] = [page.name_of(r) for r in rows.to_dict("records")]
    rows.insert(0, "place", range(1, len(rows) + 1))
    return rows
