"""What a renderer sends to the browser: one JSON value, small on every rerun."""

import base64
import gzip
import hashlib
import json
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Protocol

from dashboard.geometry import read_geometries
from dashboard.maps import GzShapes, Layer, MapView, Points, map_texts
from dashboard.styles import Style, Swatch

INLINE_TIPS = 200
INLINE_POINTS_CHARS = 8_000


class Sender(Protocol):
    """How large content reaches the browser: by URL, or inside the file."""

    def geometry(self, content: GzShapes) -> dict[str, Any]:
        """Give the payload's entry for a layer's shapes."""

    def points(self, content: GzShapes, text: str) -> dict[str, Any]:
        """Give the payload's entry for points; `content` is the same packed text as JSON."""

    def tips(self, content: GzShapes, texts: Sequence[str]) -> dict[str, Any]:
        """Give the payload's entry for a layer's tooltips; `content` is their JSON list."""


def build_payload(view: MapView, sender: Sender) -> dict[str, Any]:
    """Describe a view to the browser.

    Parameters
    ----------
    view
        The map.
    sender
        How geometry and long tooltip lists travel.

    Returns
    -------
    dict
        JSON-ready. Feature ids and values are not in it: the browser answers with positions.
    """
    texts = map_texts(view.lang)
    return {
        "title": view.title or texts["map"],
        "legend": view.legend_title or texts["legend"],
        "lang": view.lang,
        "texts": {name: word for name, word in texts.items() if name != "draw"},
        "height": view.height_px,
        "place": {"bounds": view.bounds, "centre": view.centre, "zoom": view.zoom},
        "tiles": _tiles(view),
        "selected": _selected(view),
        "layers": [_layer(layer, texts["no_data"], sender) for layer in view.layers],
    }


def bare_geojson(content: GzShapes) -> dict[str, Any]:
    """Give the geometry of a layer as GeoJSON without attributes or foreign members.

    Parameters
    ----------
    content
        A packed layer.

    Returns
    -------
    dict
        Features in the same order, each with its geometry alone.
    """
    return {"features": [{"geometry": one} for one in read_geometries(content.gz)]}


def _tiles(view: MapView) -> dict[str, Any] | None:
    return None if view.base is None else dict(vars(view.base))


def _selected(view: MapView) -> dict[str, Any] | None:
    if view.selected is None:
        return None
    layer_id, feature_id = view.selected
    layer = view.layer(layer_id)
    if layer is None or feature_id not in layer.feature_ids:
        return None
    return {"layer": layer_id, "index": layer.feature_ids.index(feature_id)}


def _layer(layer: Layer, no_data: str, sender: Sender) -> dict[str, Any]:
    codes = layer.codes()
    missing = bool((codes == len(layer.style.swatches)).any())
    return {
        "id": layer.id,
        "title": layer.title,
        "kind": layer.kind,
        "visible": layer.visible,
        "pickable": layer.pickable,
        "data": _data(layer, sender),
        "codes": base64.b64encode(codes.tobytes()).decode(),
        "style": _style(layer.style, no_data, missing),
        "tips": _tips(layer, sender),
        "labels": None if layer.labels is None else list(layer.labels),
    }


def _data(layer: Layer, sender: Sender) -> dict[str, Any]:
    if isinstance(layer.geometry, Points):
        text = base64.b64encode(layer.geometry.packed()).decode()
        return {"kind": "points"} | sender.points(_pack_json(text), text)
    return sender.geometry(layer.content())


def _style(style: Style, no_data: str, missing: bool) -> dict[str, Any]:
    label = style.no_data.label or no_data
    swatches = [_swatch(s, s.label, True) for s in style.swatches]
    return {
        "swatches": [*swatches, _swatch(style.no_data, label, missing)],
        "fill_opacity": style.fill_opacity,
        "stroke": style.stroke,
        "stroke_width": style.stroke_width,
        "radius": style.radius,
    }


def _swatch(swatch: Swatch, label: str, shown: bool) -> dict[str, Any]:
    return {**vars(swatch), "dash": list(swatch.dash), "label": label, "shown": shown}


def _tips(layer: Layer, sender: Sender) -> dict[str, Any] | None:
    if layer.tooltips is None:
        return None
    return sender.tips(_pack_json(tuple(layer.tooltips)), layer.tooltips)


@lru_cache(maxsize=64)
def _pack_json(value: str | tuple[str, ...]) -> GzShapes:
    raw = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    return GzShapes(hashlib.sha256(raw).hexdigest(), gzip.compress(raw, 6, mtime=0))
