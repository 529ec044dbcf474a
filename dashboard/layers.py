"""The layers that pages put on maps: geometry of the slice, one style for each subject.

Every text goes through `dashboard.encode`; every class has a mark besides its colour. Layers are
kept for as long as the slice, the role and the language are the same.
"""

from __future__ import annotations

import json
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping, Sequence
from functools import lru_cache
from gzip import decompress
from itertools import pairwise
from typing import Any, TypeVar

import numpy as np
import pandas as pd
import shapely

from dashboard.encode import encode_lines
from dashboard.maps import GzGeoJson, Layer, MapView, Points, Tiles, compress_geojson
from dashboard.page import Page
from dashboard.queries import counts, hotspots, places, sight
from dashboard.store import Slice
from dashboard.styles import NO_DATA, Style, Swatch, categories, graduated, single

Made = TypeVar("Made")
Bounds = tuple[float, float, float, float]
CHINA: Bounds = (73.5, 18.2, 134.8, 53.6)
DRAWN_INCIDENTS = 4_000
DRAWN_CELLS = 3_000

STAR_COLOURS = {5: "#1b5e94", 4: "#5b9bc8", 3: "#b7d3e6", 2: "#f3c27a", 1: "#dd8a2b", 0: "#a35200"}
STATES = {
    "working": ("#0b6e4f", "circle"), "faulty": ("#c4560a", "cross"),
    "planned": ("#56b4e9", "diamond"), "retired": ("#6b7780", "square"),
    "forbidden": ("#7b1e5c", "plus"), "refused": ("#7b1e5c", "plus"),
}  # fmt: skip
CLASS_MARKS = {
    "criminal": ("#d55e00", "triangle"), "public_security": ("#cc79a7", "diamond"),
    "dispute": ("#0072b2", "square"), "call": ("#4d4d4d", "circle"),
}  # fmt: skip
_KEPT: OrderedDict[Hashable, Any] = OrderedDict()
_LOCK = threading.Lock()


def keep(page: Page, key: Hashable, make: Callable[[], Made]) -> Made:
    """Return what `make` gives, made once for this slice, role, page, language and key."""
    full = (page.slice.key, page.viewer.role, page.name, page.t.language, key)
    with _LOCK:
        if full in _KEPT:
            _KEPT.move_to_end(full)
            return _KEPT[full]  # type: ignore[no-any-return]
    made = make()
    with _LOCK:
        _KEPT[full] = made
        while len(_KEPT) > 400:
            _KEPT.popitem(last=False)
    return made


@lru_cache(maxsize=64)
def _ids(text: str) -> tuple[str, ...]:
    return tuple(str(one) for one in json.loads(text))


@lru_cache(maxsize=32)
def _boxes(sha256: str, gz: bytes) -> np.ndarray:
    """Return the box of each feature, degrees, shape (n, 4)."""
    features = json.loads(decompress(gz))["features"]
    shapes = [shapely.from_geojson(json.dumps(one["geometry"])) for one in features]
    return shapely.bounds(np.array(shapes, dtype=object))


def area_bounds(page: Page, community_id: str | None = None) -> Bounds:
    """Return the box to look at first: one community, or everything in the slice."""
    found = places.map_layer(page, "communities")
    if found is None:
        return _district_bounds(page)
    boxes = _boxes(found.sha256, found.gz)
    ids = _ids(found.ids)
    if community_id in ids:
        boxes = boxes[ids.index(str(community_id))][None, :]
    boxes = boxes[np.isfinite(boxes).all(axis=1)]
    if not len(boxes):
        return _district_bounds(page)
    west, south = boxes[:, :2].min(axis=0)
    east, north = boxes[:, 2:].max(axis=0)
    pad_x, pad_y = max((east - west) * 0.05, 2e-4), max((north - south) * 0.05, 2e-4)
    return (west - pad_x, south - pad_y, east + pad_x, north + pad_y)


def _district_bounds(page: Page) -> Bounds:
    given = page.build.district.get("bounds")
    return tuple(given) if given and len(given) == 4 else CHINA  # type: ignore[return-value]


def star_style(page: Page) -> Style:
    """Return the style of communities by stars, five first."""
    t = page.t
    marks = {2: "hatch", 1: "backhatch", 0: "cross"}
    swatches: dict[Hashable, Swatch] = {
        n: Swatch(t(f"stars.{n}"), colour, pattern=marks.get(n, "solid"))
        for n, colour in STAR_COLOURS.items()
    }
    swatches["not_eligible"] = Swatch(t("state.not_eligible"), "#8d99a3", pattern="horizontal")
    none = Swatch(t("state.no_data"), NO_DATA.colour, pattern="dots")
    return categories(swatches, fill_opacity=0.62, stroke="#2b3a47", no_data=none)


def star_values(frame: pd.DataFrame) -> dict[str, object]:
    """Return the star class of each community: its stars, or why it has none."""
    return {
        str(row.community_id): int(row.stars) if pd.notna(row.stars) else row.rating_state
        for row in frame.itertuples()
    }


def star_tips(page: Page, frame: pd.DataFrame) -> dict[str, str]:
    """Return the tooltip of each community: its name and its stars."""
    t = page.t
    return {
        str(row["community_id"]): encode_lines(
            (
                page.name_of(row),
                t(f"stars.{int(row['stars'])}")
                if pd.notna(row["stars"])
                else t.word("state", row["rating_state"]),
            )
        )
        for row in frame.to_dict("records")
    }


SHARE_BREAKS = ((0.01, 0.02, 0.04, 0.08), (0.02, 0.05, 0.1, 0.2), (0.1, 0.2, 0.4, 0.6))


def share_style(page: Page, values: Sequence[object] | np.ndarray) -> Style:
    """Return the style of a share in five classes, the lowest hatched, at breaks that tell the
    values apart: the finest set whose last class is not the most of them.
    """
    colours = ["#c4560a", "#f0a55a", "#e8e3c8", "#7fb1d6", "#1b5e94"]
    known = np.asarray(values, dtype=float)
    known = known[~np.isnan(known)]
    middle = float(np.median(known)) if len(known) else 1.0
    breaks = next((b for b in SHARE_BREAKS if middle < b[2]), SHARE_BREAKS[-1])
    words = [page.f.share(b, 0) for b in breaks]
    labels = [f"< {words[0]}", *(f"{a}–{b}" for a, b in pairwise(words)),
              f"≥ {words[-1]}"]  # fmt: skip
    patterns = ["cross", "hatch", "solid", "solid", "solid"]
    return graduated(breaks, labels, colours=colours, patterns=patterns, fill_opacity=0.62,
                     stroke="#2b3a47")  # fmt: skip


def community_layer(
    page: Page,
    values: Mapping[str, object],
    style: Style,
    tips: Mapping[str, str],
    *,
    title: str,
    shown: Callable[[str], bool] | None = None,
) -> Layer | None:
    """Return communities by value; None when the slice has no geometry for them."""
    found = places.map_layer(page, "communities")
    if found is None:
        return None
    ids = _ids(found.ids)
    return Layer(
        id="communities",
        title=title,
        kind="polygon",
        geometry=GzGeoJson(found.sha256, found.gz),
        feature_ids=ids,
        style=style,
        values=[values.get(one) for one in ids],
        tooltips=[tips.get(one, "") for one in ids],
        shown=None if shown is None else [shown(one) for one in ids],
        pickable=True,
    )


def jurisdiction_layer(page: Page) -> Layer | None:
    """Return the outline of the viewer's own area."""
    found = places.map_layer(page, "jurisdiction")
    if found is None:
        return None
    style = single("#0d2f4f", label=page.scope_name, pattern="none", dash=(8, 5),
                   stroke="#0d2f4f", stroke_width=2.5)  # fmt: skip
    return Layer("jurisdiction", page.t("layer.jurisdiction"), "polygon",
                 GzGeoJson(found.sha256, found.gz), _ids(found.ids), style)  # fmt: skip


def viewshed_layer(page: Page, part: str, *, visible: bool) -> Layer | None:
    """Return the ground that working cameras recognise."""
    found = places.map_layer(page, f"viewsheds_recognise_{part}")
    if found is None or not _ids(found.ids):
        return None
    style = single("#f0b400", label=page.t("layer.viewsheds_label"), fill_opacity=0.45,
                   stroke="#8a6500", stroke_width=0.6)  # fmt: skip
    return Layer(
        "viewsheds",
        page.t("layer.viewsheds"),
        "polygon",
        GzGeoJson(found.sha256, found.gz),
        _ids(found.ids),
        style,
        visible=visible,
    )


def blind_layer(page: Page, part: str, *, visible: bool) -> Layer | None:
    """Return blind spots by the incidents in them."""
    found = places.map_layer(page, f"blind_spots_recognise_{part}")
    if found is None or not _ids(found.ids):
        return None

    def make() -> Layer:
        rows = sight.blind_spots(page, part, at_most=100_000)
        n_of = dict(zip(rows["blind_spot_id"].astype(str), rows["n_incidents"], strict=True))
        tips = _blind_tips(page, rows)
        ids = _ids(found.ids)
        return Layer("blind", page.t("layer.blind"), "polygon", GzGeoJson(found.sha256, found.gz),
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


def camera_layer(page: Page, *, visible: bool, community_id: str | None = None) -> Layer | None:
    """Return cameras by their state on the day of the build; none gives None."""

    def make() -> Layer | None:
        t = page.t
        rows = sight.cameras(page, community_id)
        if rows.empty:
            return None
        present = [s for s in STATES if s in set(rows["state"])]
        style = categories(
            {s: Swatch(t(f"camera.{s}"), STATES[s][0], symbol=STATES[s][1]) for s in present},
            radius=4.5, stroke="#ffffff", fill_opacity=0.95,
        )  # fmt: skip
        tips = [
            encode_lines(
                (
                    r.camera_id,
                    t.word("camera", r.state),
                    t("tip.reach", m=page.f.metres(r.reach_m)) if pd.notna(r.reach_m) else "",
                )
            )
            for r in rows.itertuples()
        ]
        return Layer("cameras", t("layer.cameras"), "point", Points(rows["lon"].to_numpy(),
                     rows["lat"].to_numpy()), tuple(rows["camera_id"].astype(str)), style,
                     values=rows["state"].tolist(), tooltips=tips, visible=visible)  # fmt: skip

    return keep(page, ("cameras", visible, community_id), make)


def patrol_layer(page: Page, *, visible: bool, community_id: str | None = None) -> Layer | None:
    """Return patrol points; none gives None."""

    def make() -> Layer | None:
        t = page.t
        rows = sight.patrol_points(page, community_id)
        if rows.empty:
            return None
        tips = [encode_lines((r.name or r.patrol_point_id, t.word("patrol_kind", r.kind)))
                for r in rows.itertuples()]  # fmt: skip
        style = single("#5b2a86", symbol="star", label=t("layer.patrol"), radius=6.0,
                       stroke="#ffffff", fill_opacity=0.95)  # fmt: skip
        return Layer("patrol", t("layer.patrol"), "point", Points(rows["lon"].to_numpy(),
                     rows["lat"].to_numpy()), tuple(rows["patrol_point_id"].astype(str)), style,
                     tooltips=tips, visible=visible)  # fmt: skip

    return keep(page, ("patrol", visible, community_id), make)


def incident_layer(
    page: Page, *, since: object, until: object, of_class: str, community_id: str | None = None
) -> tuple[Layer | None, int, int]:
    """Return incidents of a period by class, how many are drawn and how many there are."""

    def make() -> tuple[Layer | None, int, int]:
        t = page.t
        rows = counts.incident_points(
            page,
            since=since,
            until=until,
            of_class=of_class,
            community_id=community_id,
            at_most=DRAWN_INCIDENTS,
        )
        if rows.empty:
            return None, 0, 0
        style = categories(
            {c: Swatch(t(f"class.{c}"), colour, symbol=symbol)
             for c, (colour, symbol) in CLASS_MARKS.items()},
            radius=4.0, stroke="#ffffff", fill_opacity=0.85,
        )  # fmt: skip
        tips = [
            encode_lines((t.word("class", c), t.word("type", k), page.f.instant(at)))
            for c, k, at in zip(rows["class"], rows["type"], rows["occurred_from"], strict=True)
        ]
        layer = Layer("incidents", t("layer.incidents"), "point", Points(rows["lon"].to_numpy(),
                      rows["lat"].to_numpy()), tuple(rows["incident_id"].astype(str)), style,
                      values=rows["class"].tolist(), tooltips=tips)  # fmt: skip
        return layer, len(rows), int(rows.loc[0, "n_all"])

    return keep(page, ("incidents", str(since), str(until), of_class, community_id), make)


def hot_class(rows: pd.DataFrame) -> list[str]:
    """Return the class of each cell: hot_strong, hot, cold or none."""
    return [
        "hot_strong" if hot and p < 0.01 else "hot" if hot else "cold" if cold else "none"
        for hot, cold, p in zip(rows["is_hot"], rows["is_cold"], rows["p_fdr"], strict=True)
    ]


def hot_style(page: Page, present: Sequence[str]) -> Style:
    """Return the style of cells: significance is a pattern first and a colour second."""
    marks = {
        "hot_strong": ("#8c1c13", "cross"), "hot": ("#d9602b", "hatch"),
        "cold": ("#2166ac", "dots"), "none": ("#b9c3cb", "solid"),
    }  # fmt: skip
    return categories(
        {
            k: Swatch(page.t(f"hot.{k}"), c, pattern=p)
            for k, (c, p) in marks.items()
            if k in present
        },
        fill_opacity=0.5,
        stroke="#4a2a1a",
        stroke_width=0.5,
    )


def cell_layer(page: Page, rows: pd.DataFrame, *, visible: bool = True) -> Layer | None:
    """Return hotspot cells as squares; no cells gives None."""
    if rows.empty:
        return None
    classes = hot_class(rows)
    t, f = page.t, page.f
    tips = [
        encode_lines((t(f"hot.{k}"), t("tip.cell", n=f.count(r.n)),
                      t("tip.z", z=f.number(r.z, 2), p=f.number(r.p_fdr, 4))))
        for k, r in zip(classes, rows.itertuples(), strict=True)
    ]  # fmt: skip
    return Layer("cells", t("layer.hotspots"), "polygon", compress_geojson(_squares(rows)),
                 tuple(rows["cell_id"].astype(str)), hot_style(page, classes), values=classes,
                 tooltips=tips, visible=visible, pickable=True)  # fmt: skip


def hot_layer(page: Page, *, visible: bool) -> Layer | None:
    """Return the significantly hot cells of all incidents in 12 months; none gives None."""

    def make() -> Layer | None:
        rows = hotspots.hot_cells(page, page.scope_kind, page.scope_id)
        return cell_layer(page, rows.assign(is_hot=True, is_cold=False), visible=visible)

    return keep(page, ("hot", visible), make)


def _squares(rows: pd.DataFrame) -> str:
    lat, lon = rows["lat"].to_numpy(float), rows["lon"].to_numpy(float)
    half = rows["cell_m"].to_numpy(float) / 2
    dy, dx = half / 111_320.0, half / (111_320.0 * np.cos(np.radians(lat)))
    shapes = shapely.box(lon - dx, lat - dy, lon + dx, lat + dy)
    return _collection(shapes)


def _collection(shapes: np.ndarray) -> str:
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
            compress_geojson(_collection(_to_lonlat(page, shapes))),
            tuple(rows["id"].astype(str)),
            style,
            visible=visible,
        )

    return keep(page, ("shapes", table, community_id, visible), make)


def _to_lonlat(page: Page, shapes: np.ndarray) -> np.ndarray:
    move = _transformer(str(page.build.district["crs"]))
    return shapely.transform(shapes, lambda xy: np.column_stack(move.transform(xy[:, 0], xy[:, 1])))


@lru_cache(maxsize=8)
def _transformer(crs: str) -> Any:
    import pyproj

    return pyproj.Transformer.from_crs(crs, "EPSG:4326", always_xy=True)


def tiles(page: Page) -> Tiles | None:
    """Return the district's tile server, or None: outlines are the base map then."""
    given = _map_settings(page.slice)
    if given.get("base") != "xyz" or not given.get("template"):
        return None
    known = ("template", "attribution", "max_zoom", "datum", "tms")
    return Tiles(**{k: given[k] for k in known if k in given})


@lru_cache(maxsize=64)
def _map_settings(part: Slice) -> dict[str, Any]:
    """Return the map section of the district's file, as the build carries it."""
    if "meta.build" not in part.tables:
        return {}
    rows = part.arrow("SELECT value FROM meta.build WHERE name = 'map'").to_pylist()
    try:
        found = json.loads(rows[0]["value"]) if rows else {}
    except (TypeError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def view(
    page: Page,
    layers: Sequence[Layer | None],
    *,
    title: str,
    bounds: Bounds,
    height_px: int = 520,
    selected: tuple[str, str] | None = None,
) -> MapView:
    """Return the map of these layers, bottom first, without those that are not there."""
    return MapView(
        layers=tuple(layer for layer in layers if layer is not None),
        title=title,
        lang=page.t.language,
        bounds=bounds,
        height_px=height_px,
        base=tiles(page),
        legend_title=page.t("map.legend"),
        selected=selected,
    )
