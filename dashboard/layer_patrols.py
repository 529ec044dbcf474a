"""Layers of patrols: points manned or not, ground reached on foot, communities by their gap."""

from __future__ import annotations

import numpy as np
import pandas as pd

from dashboard.encode import encode_lines
from dashboard.layers import community_layer, feature_ids, share_style
from dashboard.maps import GzShapes, Layer, Points
from dashboard.page import Page
from dashboard.queries import places
from dashboard.styles import Swatch, categories, graduated, single

GAP_BREAKS = ((0.5, 2.0, 5.0), (2.0, 8.0, 20.0), (10.0, 40.0, 100.0))
GAP_COLOURS = ("#f4f4f2", "#f8d9b0", "#e8964a", "#a6400f")
GAP_PATTERNS = ("solid", "solid", "hatch", "cross")


def manned(points: pd.DataFrame, hour: str) -> np.ndarray:
    """Tell which points are manned for a part of an hour; every point is at some hour of the day.

    Hours that are not given, or equal ones, mean the whole day; a start after the end runs over
    midnight. Half-open, in local hours.
    """
    if hour == "all":
        return np.ones(len(points), bool)
    h = int(hour)
    start, end = (points[c].to_numpy(float) for c in ("starts_at", "ends_at"))
    begun, left = h + 1 > start, h < end
    found = np.where(start < end, begun & left, begun | left)
    return np.asarray(found | np.isnan(start) | np.isnan(end) | (start == end), bool)


def point_layer(page: Page, points: pd.DataFrame, hour: str) -> Layer | None:
    """Return patrol points, those manned at the hour apart from those that are not."""
    rows = points[points["lon"].notna() & points["lat"].notna()]
    if rows.empty:
        return None
    t, f = page.t, page.f
    on = manned(rows, hour)
    style = categories({
        True: Swatch(t("patrols.manned"), "#5b2a86", symbol="star"),
        False: Swatch(t("patrols.not_manned"), "#8d99a3", symbol="cross"),
    }, radius=6.5, stroke="#ffffff", fill_opacity=0.95)  # fmt: skip
    tips = [
        encode_lines((
            r.point_name or r.patrol_point_id, t.word("patrol_kind", r.kind),
            t("patrols.tip_hours", a=f.number(r.starts_at, 0), b=f.number(r.ends_at, 0))
            if pd.notna(r.starts_at) and pd.notna(r.ends_at) else t("patrols.tip_always"),
            t("patrols.tip_radius", m=f.metres(r.radius_m)) if pd.notna(r.radius_m) else "",
        ))
        for r in rows.itertuples()
    ]  # fmt: skip
    return Layer("patrol", t("layer.patrol"), "point",
                 Points(rows["lon"].to_numpy(), rows["lat"].to_numpy()),
                 tuple(rows["patrol_point_id"].astype(str)), style, values=on.tolist(),
                 tooltips=tips)  # fmt: skip


def reach_layer(page: Page, hour: str) -> Layer | None:
    """Return the ground within walking distance of points manned at the hour; None without it.

    Each feature is the ground of one set of hours; its id has the 24 hours as bits.
    """
    found = places.map_layer(page, "patrol_reach")
    if found is None or not feature_ids(found.ids):
        return None
    ids = feature_ids(found.ids)
    bits = np.array([int(one) for one in ids])
    shown = bits > 0 if hour == "all" else (bits >> int(hour)) & 1 == 1
    style = single("#4a86b8", label=page.t("patrols.reach_label"), fill_opacity=0.35,
                   stroke="#1d4e79", stroke_width=0.5)  # fmt: skip
    return Layer("reach", page.t("patrols.reach"), "polygon", GzShapes(found.sha256, found.gz),
                 ids, style, shown=shown.tolist())  # fmt: skip


def _share_layer(page: Page, gaps: pd.DataFrame) -> Layer | None:
    """Return communities by the share of their open ground in reach, where gaps are not known."""
    t, f = page.t, page.f
    shares = gaps["manned_fraction"].astype(float)
    values = dict(zip(gaps["community_id"].astype(str), shares, strict=True))
    tips = {
        str(r.community_id): encode_lines(
            (r.shown_name, t("patrols.tip_reach", share=f.share(r.manned_fraction)))
        )
        for r in gaps.itertuples()
    }
    style = share_style(page, shares.to_numpy())
    return community_layer(page, values, style, tips, title=t("patrols.manned_share"))


def gap_layer(page: Page, gaps: pd.DataFrame, measure: str) -> Layer | None:
    """Return communities by the expected incidents beyond reach, at breaks that tell them apart."""
    t, f = page.t, page.f
    known = gaps[measure].dropna()
    if known.empty:
        return _share_layer(page, gaps)
    values = dict(zip(gaps["community_id"].astype(str), gaps[measure].astype(float), strict=True))
    most = float(known.quantile(0.9))
    breaks = next((b for b in GAP_BREAKS if most < b[2] * 1.5), GAP_BREAKS[-1])
    words = [f.number(b) for b in breaks]
    labels = [f"< {words[0]}", f"{words[0]}–{words[1]}", f"{words[1]}–{words[2]}",
              f"≥ {words[2]}"]  # fmt: skip
    style = graduated(breaks, labels, colours=GAP_COLOURS, patterns=GAP_PATTERNS,
                      fill_opacity=0.6, stroke="#2b3a47")  # fmt: skip
    tips = {
        str(r.community_id): encode_lines((
            r.shown_name,
            t("patrols.tip_gap", n=f.number(getattr(r, measure)), total=f.number(r.n_incidents)),
            t("patrols.tip_reach", share=f.share(r.manned_fraction)),
        ))
        for r in gaps.itertuples()
    }  # fmt: skip
    return community_layer(page, values, style, tips, title=t("patrols.layer"))
