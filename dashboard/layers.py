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
from itertools import pairwise
from typing import Any, TypeVar

import numpy as np
import pandas as pd
import shapely

from dashboard.encode import encode_lines
from dashboard.geometry import read_geometries
from dashboard.maps import GzShapes, Layer, MapView, Tiles
from dashboard.page import Page
from dashboard.queries import places
from dashboard.store import Slice
from dashboard.styles import NO_DATA, Style, Swatch, categories, graduated, single

Made = TypeVar("Made")
Bounds = tuple[float, float, float, float]
CHINA: Bounds = (73.5, 18.2, 134.8, 53.6)

STAR_COLOURS = {5: "#1b5e94", 4: "#5b9bc8", 3: "#b7d3e6", 2: "#f3c27a", 1: "#dd8a2b", 0: "#a35200"}
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
def feature_ids(text: str) -> tuple[str, ...]:
    """Return the ids of a ready layer in feature order."""
    return tuple(str(one) for one in json.loads(text))


@lru_cache(maxsize=32)
def _boxes(sha256: str, gz: bytes) -> np.ndarray:
    """Return the box of each feature, degrees, shape (n, 4)."""
    shapes = [shapely.from_geojson(json.dumps(one)) for one in read_geometries(gz)]
    return shapely.bounds(np.array(shapes, dtype=object))


def area_bounds(page: Page, community_id: str | None = None) -> Bounds:
    """Return the box to look at first: one community, or everything in the slice."""
    found = [places.map_layer(page, name) for name in ("communities", "jurisdiction")]
    known = [one for one in found if one is not None]
    if not known:
        return _district_bounds(page)
    ids = feature_ids(known[0].ids)
    boxes = np.vstack([_boxes(one.sha256, one.gz) for one in known])
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
    ids = feature_ids(found.ids)
    return Layer(
        id="communities",
        title=title,
        kind="polygon",
        geometry=GzShapes(found.sha256, found.gz),
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
                 GzShapes(found.sha256, found.gz), feature_ids(found.ids), style)  # fmt: skip


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
