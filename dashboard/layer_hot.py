"""Layers of hotspot maps: density with significance drawn over it, patterns, communities."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from dashboard import layers
from dashboard.encode import encode_lines
from dashboard.formats import is_missing
from dashboard.layer_analysis import grid_layer
from dashboard.maps import Layer
from dashboard.page import Page
from dashboard.styles import Swatch, categories, graduated, single

# Pattern of the Emerging Hot Spot kinds: colour, hatching; told apart without colour.
PATTERNS = {
    "new": ("#b30000", "cross"), "intensifying": ("#d7301f", "hatch"),
    "consecutive": ("#ef6548", "backhatch"), "persistent": ("#8c2d04", "solid"),
    "diminishing": ("#fdbb84", "horizontal"), "sporadic": ("#fdd49e", "dots"),
    "oscillating": ("#cc79a7", "vertical"), "historical": ("#9aa7b2", "solid"),
}  # fmt: skip
QUADRANTS = {
    "high_high": ("#b30000", "cross"), "high_low": ("#e6913c", "hatch"),
    "low_high": ("#7fb1d6", "backhatch"), "low_low": ("#1b5e94", "dots"),
}  # fmt: skip


def density_layer(page: Page, rows: pd.DataFrame) -> Layer | None:
    """Return cells by density, the densest few told apart from the many."""
    return _graded(page, rows, "density_per_km2", page.t("hotspots.density"))


def count_layer(page: Page, rows: pd.DataFrame) -> Layer | None:
    """Return cells by their bare counts."""
    return _graded(page, rows, "n", page.t("hotspots.count"))


def _graded(page: Page, rows: pd.DataFrame, column: str, title: str) -> Layer | None:
    values = rows[column].to_numpy(float)
    breaks = sorted({float(b) for b in np.nanquantile(values, (0.5, 0.75, 0.9, 0.97)) if b > 0})
    breaks = breaks or [1.0]
    words = [page.f.number(b, 0 if b >= 10 else 1) for b in breaks]
    labels = [f"< {words[0]}", *(f"{a} – {b}" for a, b in pairwise(words)), f"≥ {words[-1]}"]
    colours = ("#f4f4f2", "#fdd9b5", "#fdae6b", "#e6550d", "#a63603")[-len(labels) :]
    style = graduated(breaks, labels, colours=colours, fill_opacity=0.7, stroke="#cbbfb3",
                      stroke_width=0.3)  # fmt: skip
    return grid_layer(page, rows, style, name="cells", title=title, values=values,
                        tips=_tips(page, rows), pickable=True)  # fmt: skip


def sure_layer(page: Page, rows: pd.DataFrame, *, visible: bool = True) -> Layer | None:
    """Return heavy outlines of the significant cells, to lie over a density."""
    sure = rows[rows["is_hot"] | rows["is_cold"]]
    if sure.empty:
        return None
    kinds = ["hot" if one else "cold" for one in sure["is_hot"]]
    style = categories(
        {"hot": Swatch(page.t("hotspots.sure_hot"), "#3d0606", pattern="none"),
         "cold": Swatch(page.t("hotspots.sure_cold"), "#1b5e94", pattern="none", dash=(4, 3))},
        stroke="#3d0606", stroke_width=2.4,
    )  # fmt: skip
    return grid_layer(page, sure, style, name="sure", title=page.t("hotspots.sure"),
                        values=kinds, visible=visible)  # fmt: skip


def pattern_layer(page: Page, rows: pd.DataFrame) -> Layer | None:
    """Return cells by the pattern of their two years."""
    t, f = page.t, page.f
    present = set(rows["pattern"])
    style = categories(
        {k: Swatch(t(f"pattern.{k}"), colour, pattern=mark)
         for k, (colour, mark) in PATTERNS.items() if k in present},
        fill_opacity=0.8, stroke="#5a3a1c", stroke_width=0.6,
    )  # fmt: skip
    tips = [
        encode_lines((t(f"pattern.{r.pattern}"), t("tip.cell", n=f.count(r.n)),
                      t("hotspots.months_hot", n=f.count(r.n_bins_hot), of=f.count(r.n_bins))))
        for r in rows.itertuples()
    ]  # fmt: skip
    return grid_layer(page, rows, style, name="cells", title=t("hotspots.emerging"),
                        values=rows["pattern"].tolist(), tips=tips, pickable=True)  # fmt: skip


def moran_layer(page: Page, rows: pd.DataFrame) -> Layer | None:
    """Return communities beside their neighbours: only what is significant is marked."""
    t, f = page.t, page.f
    style = categories(
        {k: Swatch(t(f"quadrant.{k}"), colour, pattern=mark)
         for k, (colour, mark) in QUADRANTS.items()},
        fill_opacity=0.65, stroke="#2b3a47",
        no_data=Swatch(t("quadrant.none"), "#eef1f4"),
    )  # fmt: skip
    values: dict[str, object] = {
        str(r.community_id): r.quadrant for r in rows.itertuples() if r.is_moran_significant
    }
    tips = {
        str(r["community_id"]): encode_lines((
            page.name_of(r), quadrant_word(page, r),
            t("hotspots.rate_beside", rate=f.number(r["rate"]),
              neighbours=f.number(r["neighbour_rate"])),
            t("hotspots.tip_p", p=f.number(r["moran_p_fdr"], 4)),
        ))
        for r in rows.to_dict("records")
    }  # fmt: skip
    return layers.community_layer(page, values, style, tips, title=t("hotspots.communities"))


def quadrant_word(page: Page, row: Any) -> str:
    """Return what a community is beside its neighbours."""
    significant = bool(row["is_moran_significant"])
    code = "none" if not significant or is_missing(row["quadrant"]) else str(row["quadrant"])
    return page.t(f"quadrant.{code}")


def gi_hot_layer(page: Page, rows: pd.DataFrame) -> Layer | None:
    """Return outlines of communities that Gi* calls hot with their neighbours."""
    hot = {str(r.community_id) for r in rows.itertuples() if r.is_hot}
    if not hot:
        return None
    style = single("#3d0606", label=page.t("hotspots.gi_hot"), pattern="none", stroke_width=3.0)
    found = layers.community_layer(page, {}, style, {}, title=page.t("hotspots.gi_hot"),
                                   shown=hot.__contains__)  # fmt: skip
    return None if found is None else replace(found, id="gi_hot", pickable=False)


def _tips(page: Page, rows: pd.DataFrame) -> Sequence[str]:
    t, f = page.t, page.f
    return [
        encode_lines((t("tip.cell", n=f.number(r.n)),
                      t("hotspots.tip_density", n=f.number(r.density_per_km2, 0)),
                      t("tip.z", z=f.number(r.z, 2), p=f.number(r.p_fdr, 4))))
        for r in rows.itertuples()
    ]  # fmt: skip
