"""Layers of incident analysis: circles and members of clusters, places, walks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
import shapely

from dashboard.encode import encode_lines
from dashboard.layer_shapes import cell_outlines, collection, to_lonlat
from dashboard.layers import community_layer
from dashboard.maps import Layer, Points, compress_geojson
from dashboard.page import Page
from dashboard.queries import places
from dashboard.styles import Style, Swatch, categories, single

LEAST_RADIUS_M = 30.0  # a cluster of one place is drawn as a ring about it
STATES = {"new": ("#b30000", ()), "alive": ("#d9602b", (9, 4)), "past": ("#5a6b7b", (2, 5))}


def outline_layer(page: Page) -> Layer | None:
    """Return the communities as bare outlines with their names."""
    style = single("#6b7a87", label=page.t("layer.outlines"), pattern="none", stroke="#7b8b99",
                   stroke_width=0.8)  # fmt: skip
    tips = {
        str(r["community_id"]): encode_lines((page.name_of(r),))
        for r in places.communities(page).to_dict("records")
    }
    return community_layer(page, {}, style, tips, title=page.t("layer.outlines"))


def circle_layer(page: Page, rows: pd.DataFrame, *, title: str) -> Layer | None:
    """Return clusters as rings; a row has key, state, x, y, radius_m and tip. None for none."""
    if rows.empty:
        return None
    radius = np.maximum(rows["radius_m"].fillna(0.0).to_numpy(float), LEAST_RADIUS_M)
    rings = shapely.buffer(shapely.points(rows["x"], rows["y"]), radius, quad_segs=16)
    present = [one for one in STATES if one in set(rows["state"])]
    style = categories(
        {s: Swatch(page.t(f"clusters.{s}"), STATES[s][0], pattern="none", dash=STATES[s][1])
         for s in present},
        stroke="#b30000", stroke_width=2.6,
    )  # fmt: skip
    return Layer("clusters", title, "polygon", compress_geojson(collection(to_lonlat(page, rings))),
                 tuple(rows["key"]), style, values=rows["state"].tolist(),
                 tooltips=rows["tip"].tolist(), pickable=True)  # fmt: skip


def grid_layer(
    page: Page, rows: pd.DataFrame, style: Style, *, name: str, title: str,
    values: Sequence[object] | None = None, tips: Sequence[str] | None = None,
    pickable: bool = False, visible: bool = True,
) -> Layer | None:  # fmt: skip
    """Return cells by `cell_id`, `lon`, `lat` and `cell_m` as their outlines; none gives None."""
    if rows.empty:
        return None
    return Layer(name, title, "polygon", compress_geojson(cell_outlines(rows)),
                 tuple(rows["cell_id"].astype(str)), style, values=values, tooltips=tips,
                 pickable=pickable, visible=visible)  # fmt: skip


def point_layer(
    page: Page, rows: pd.DataFrame, style: Style, *, name: str, title: str, ids: Sequence[str],
    values: Sequence[object] | None = None, tips: Sequence[str] | None = None,
    labels: Sequence[str] | None = None, pickable: bool = False, visible: bool = True,
) -> Layer | None:  # fmt: skip
    """Return places by `lon` and `lat` as points; none gives None."""
    if rows.empty:
        return None
    at = Points(rows["lon"].to_numpy(float), rows["lat"].to_numpy(float))
    return Layer(name, title, "point", at, tuple(ids), style, values=values, tooltips=tips,
                 labels=labels, pickable=pickable, visible=visible)  # fmt: skip


def member_layer(page: Page, members: pd.DataFrame, *, title: str) -> Layer | None:
    """Return the communities inside clusters, hatched; the others are hidden. None for none."""
    inside = {str(one) for one in members["community_id"].dropna()}
    if not inside:
        return None
    f = page.f
    tips = {
        str(r["community_id"]): encode_lines((
            page.name_of(r),
            page.t("clusters.tip_place", n=f.count(r["n_observed"]),
                   expected=f.number(r["n_expected"])),
        ))
        for r in members.to_dict("records") if r["community_id"] in inside
    }  # fmt: skip
    style = single("#b30000", label=title, pattern="hatch", stroke="#7a1010", stroke_width=1.2,
                   fill_opacity=0.4)  # fmt: skip
    found = community_layer(page, {}, style, tips, title=title, shown=inside.__contains__)
    return None if found is None else replace(found, id="members", pickable=False)


def member_cells(page: Page, members: pd.DataFrame, *, title: str) -> Layer | None:
    """Return the cells (incidents outside every community) inside clusters."""
    rows = members[members["cell_m"].notna()].rename(columns={"place_id": "cell_id"})
    rows = rows.drop_duplicates("cell_id")
    style = single("#b30000", label=title, pattern="hatch", stroke="#7a1010", stroke_width=0.8,
                   fill_opacity=0.4)  # fmt: skip
    return grid_layer(page, rows, style, name="member_cells", title=title)


def walk_layer(page: Page, stops: pd.DataFrame, colours: Sequence[str]) -> Layer | None:
    """Return the walks between stops, a line for each patrol; stops by `patrol`, `x` and `y`."""
    lines, names = [], []
    for patrol, part in stops.groupby("patrol", sort=True):
        if len(part) > 1:
            lines.append(shapely.LineString(part[["x", "y"]].to_numpy(float)))
            names.append(int(patrol))
    if not lines:
        return None
    dashes = ((), (10, 4), (3, 4), (12, 3, 3, 3))
    style = categories(
        {n: Swatch(page.t("tonight.walk_of", n=n), colours[i % len(colours)],
                   dash=dashes[i % len(dashes)]) for i, n in enumerate(names)},
        stroke_width=3.5,
    )  # fmt: skip
    shapes = to_lonlat(page, np.array(lines, dtype=object))
    return Layer("walks", page.t("tonight.walks"), "line", compress_geojson(collection(shapes)),
                 tuple(str(n) for n in names), style, values=names)  # fmt: skip
