"""Layers of shapes: what is seen, what is not, where incidents cluster, one community's ground."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd
import shapely

from dashboard.encode import encode_lines
from dashboard.layers import feature_ids, keep
from dashboard.maps import GzShapes, Layer, compress_geojson
from dashboard.page import Page
from dashboard.queries import hotspots, places, sight
from dashboard.styles import Style, Swatch, categories, graduated, single

DRAWN_CELLS = 3_000


def viewshed_layer(page: Page, part: str, *, visible: bool) -> Layer | None:
    """Return the ground that working cameras recognise."""
    found = places.map_layer(page, f"viewsheds_recognise_{part}")
    if found is None or not feature_ids(found.ids):
        return None
    style = single("#f0b400", label=page.t("layer.viewsheds_label"), fill_opacity=0.45,
                   stroke="#8a6500", stroke_width=0.6)  # fmt: skip
    return Layer(
        "viewsheds",
        page.t("layer.viewsheds"),
        "polygon",
        GzShapes(found.sha256, found.gz),
        feature_ids(found.ids),
        style,
        visible=visible,
    )


def blind_layer(page: Page, part: str, *, visible: bool) -> Layer | None:
    """Return blind spots by the incidents in them."""
    found = places.map_layer(page, f"blind_spots_recognise_{part}")
    if found is None or not feature_ids(found.ids):
        return None

    def make() -> Layer:
        rows = sight.blind_spots(page, part, at_most=100_000)
        n_of = dict(zip(rows["blind_spot_id"].astype(str), rows["n_incidents"], strict=True))
        tips = _blind_tips(page, rows)
        ids = feature_ids(found.ids)
        return Layer("blind", page.t("layer.blind"), "polygon", GzShapes(found.sha256, found.gz),
                     ids, blind_style(page), values=[n_of.get(i, np.nan) for i in ids],
                     tooltips=[tips.get(i, "") for i in ids], visible=visible)  # fmt: skip

    return keep(page, ("blind", part, visible), make)


def blind_style(page: Page) -> Style:
    """Return the style of blind spots: denser hatching for more incidents."""
    t = page.t
    labels = [t("blind.none"), t("blind.few"), t("blind.many")]
    return graduated((1, 5), labels, colours=("#8d99a3", "#c77a2b", "#8c2d04"),
                     patterns=("hatch", "hatch", "cross"), fill_opacity=0.5, stroke="#5a3a1c",
                     stroke_width=0.6)  # fmt: skip


def _blind_tips(page: Page, rows: pd.DataFrame) -> dict[str, str]:
    t, f = page.t, page.f
    return {
        str(r.blind_spot_id): encode_lines(
            (
                t("tip.blind", area=f.area(r.blind_area_m2), n=f.count(r.n_incidents)),
                t("tip.nearest", m=f.metres(r.nearest_camera_m)),
            )
        )
        for r in rows.itertuples()
    }


def hot_class(rows: pd.DataFrame) -> list[str]:
    """Return the class of each cell: hot_strong, hot, cold, or none1 to none4 by density."""
    return [
        "hot_strong" if hot and p < 0.01 else "hot" if hot else "cold" if cold else f"none{rank}"
        for hot, cold, p, rank in zip(
            rows["is_hot"], rows["is_cold"], rows["p_fdr"], _density_rank(rows), strict=True
        )
    ]


def _density_rank(rows: pd.DataFrame) -> list[int]:
    """Return the fourth of the cells, by density, in which each lies: 1 is the least dense."""
    if "density_per_km2" not in rows:
        return [1] * len(rows)
    share = rows["density_per_km2"].rank(pct=True, method="max").fillna(0.0)
    return [min(int(np.ceil(4 * one)) or 1, 4) for one in share]


def hot_style(page: Page, present: Sequence[str]) -> Style:
    """Return the style of cells: significance is a pattern first and a colour second."""
    marks = {
        "hot_strong": ("#8c1c13", "cross"), "hot": ("#d9602b", "hatch"),
        "cold": ("#2166ac", "dots"), "none4": ("#f2c39b", "solid"),
        "none3": ("#f8dec2", "solid"),
        "none2": ("#fcefdf", "solid"),
        "none1": ("#f4f4f2", "solid"),
    }  # fmt: skip
    return categories(
        {
            k: Swatch(page.t(f"hot.{k}"), c, pattern=p)
            for k, (c, p) in marks.items()
            if k in present
        },
        fill_opacity=0.75,
        stroke="#cbbfb3",
        stroke_width=0.4,
    )


def cell_layer(page: Page, rows: pd.DataFrame, *, visible: bool = True) -> Layer | None:
    """Return hotspot cells; no cells gives None."""
    if rows.empty:
        return None
    classes = hot_class(rows)
    t, f = page.t, page.f
    tips = [
        encode_lines((t(f"hot.{k}"), t("tip.cell", n=f.number(r.n)),
                      t("tip.z", z=f.number(r.z, 2), p=f.number(r.p_fdr, 4))))
        for k, r in zip(classes, rows.itertuples(), strict=True)
    ]  # fmt: skip
    return Layer("cells", t("layer.hotspots"), "polygon", compress_geojson(cell_outlines(rows)),
                 tuple(rows["cell_id"].astype(str)), hot_style(page, classes), values=classes,
                 tooltips=tips, visible=visible, pickable=True)  # fmt: skip


def hot_layer(page: Page, *, visible: bool) -> Layer | None:
    """Return the significantly hot cells of all incidents in 12 months; none gives None."""

    def make() -> Layer | None:
        rows = hotspots.hot_cells(page, page.scope_kind, page.scope_id)
        return cell_layer(page, rows.assign(is_hot=True, is_cold=False), visible=visible)

    return keep(page, ("hot", visible), make)


def cell_outlines(rows: pd.DataFrame) -> str:
    """Return cells by `cell_id`, `lon`, `lat` and `cell_m` as GeoJSON squares or hexagons."""
    lat, lon = rows["lat"].to_numpy(float), rows["lon"].to_numpy(float)
    half = rows["cell_m"].to_numpy(float) / 2
    dy, dx = half / 111_320.0, half / (111_320.0 * np.cos(np.radians(lat)))
    if not is_hexagon(rows):
        return collection(shapely.box(lon - dx, lat - dy, lon + dx, lat + dy))
    angle, long = np.radians(30 + 60 * np.arange(6)), 2 / np.sqrt(3)
    x = lon[:, None] + dx[:, None] * long * np.cos(angle)
    y = lat[:, None] + dy[:, None] * long * np.sin(angle)
    return collection(shapely.polygons(np.stack([x, y], axis=2)))


def is_hexagon(rows: pd.DataFrame) -> bool:
    """Tell whether cells are hexagons: their names begin with h."""
    return len(rows) > 0 and str(rows["cell_id"].iloc[0]).startswith("h")


def collection(shapes: np.ndarray) -> str:
    """Return shapes in degrees as GeoJSON, to a centimetre and without attributes."""
    texts = shapely.to_geojson(shapely.set_precision(shapes, 1e-7, mode="pointwise"))
    features = ",".join(
        f'{{"type":"Feature","properties":{{}},"geometry":{text}}}' for text in texts
    )
    return f'{{"type":"FeatureCollection","features":[{features}]}}'


def shape_layer(
    page: Page, table: str, community_id: str, style: Style, *, title: str, visible: bool = True
) -> Layer | None:
    """Return one community's buildings, viewsheds or blind spots; none gives None."""

    def make() -> Layer | None:
        rows = sight.shapes(page, table, community_id)
        rows = rows[rows["geometry"].notna()]
        if rows.empty:
            return None
        shapes = shapely.from_wkb([bytes(one) for one in rows["geometry"]])
        return Layer(
            table,
            title,
            "polygon",
            compress_geojson(collection(to_lonlat(page, shapes))),
            tuple(rows["id"].astype(str)),
            style,
            visible=visible,
        )

    return keep(page, ("shapes", table, community_id, visible), make)


def to_lonlat(page: Page, shapes: np.ndarray) -> np.ndarray:
    """Return shapes of the store, in metres, in degrees WGS 84."""
    move = _transformer(str(page.build.district["crs"]))
    return shapely.transform(shapes, lambda xy: np.column_stack(move.transform(xy[:, 0], xy[:, 1])))


@lru_cache(maxsize=8)
def _transformer(crs: str) -> Any:
    import pyproj

    return pyproj.Transformer.from_crs(crs, "EPSG:4326", always_xy=True)
