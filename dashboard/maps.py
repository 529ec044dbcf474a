"""One description of a map, drawn by two renderers: layers, values, words and where to look."""

import gzip
import hashlib
import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from dashboard.encode import Encoded, is_encoded
from dashboard.styles import HIDDEN, Style

KINDS = frozenset({"polygon", "point", "line"})
DATUMS = frozenset({"wgs84", "gcj02"})
MOST_DIGITS = 4
_LABEL = re.compile(rf"[0-9]{{0,{MOST_DIGITS}}}")


class MapError(ValueError):
    """A map description that contradicts itself."""


@dataclass(frozen=True)
class GzShapes:
    """TopoJSON or GeoJSON in WGS 84, longitude first, gzip-compressed, with its name when served.

    Rows of `mart.map_layers` are of this form: `GzShapes(sha256, gz)`.
    """

    sha256: str
    gz: bytes


@dataclass(frozen=True, eq=False)
class Points:
    """Points made in memory: arrays of shape (n,), degrees WGS 84."""

    lon: np.ndarray
    lat: np.ndarray

    def packed(self) -> bytes:
        """Give the points in millionths of a degree, pairs of little-endian int32."""
        pairs = np.column_stack((np.asarray(self.lon, float), np.asarray(self.lat, float)))
        return np.round(pairs * 1e6).astype("<i4").tobytes()


@lru_cache(maxsize=64)
def compress_geojson(text: str | bytes) -> GzShapes:
    """Compress GeoJSON once and name it by its content.

    Parameters
    ----------
    text
        A FeatureCollection in WGS 84, longitude first.

    Returns
    -------
    GzShapes
        The same bytes for the same text.
    """
    raw = text.encode() if isinstance(text, str) else text
    return GzShapes(hashlib.sha256(raw).hexdigest(), gzip.compress(raw, 6, mtime=0))


@dataclass(frozen=True, eq=False)
class Layer:
    """One layer: features in a fixed order, with values, texts and ids aligned to it.

    `shown` (one bool a feature) hides features without sending geometry again. `tooltips` must
    come from :mod:`dashboard.encode`. `labels` are numbers written on points, such as a rank; an
    empty one writes nothing. Ids and values never leave the server; only class numbers, encoded
    tooltips, labels and geometry do.
    """

    id: str
    title: str
    kind: str
    geometry: GzShapes | Points | str | bytes
    feature_ids: tuple[str, ...]
    style: Style
    values: Sequence[object] | np.ndarray | None = None
    tooltips: Sequence[str] | None = None
    shown: Sequence[bool] | np.ndarray | None = None
    visible: bool = True
    pickable: bool = False
    labels: Sequence[str] | None = None

    def __post_init__(self) -> None:
        """Refuse a layer whose arrays do not match, or whose tooltips were not encoded."""
        if self.kind not in KINDS:
            raise MapError(
                f"layer {self.id}: kind {self.kind!r}; one of {', '.join(sorted(KINDS))} was "
                "expected. Correct the layer."
            )
        n = len(self.feature_ids)
        for name in ("values", "tooltips", "shown", "labels"):
            given = getattr(self, name)
            if given is not None and len(given) != n:
                raise MapError(
                    f"layer {self.id}: {len(given)} {name}; {n} were expected, one for each "
                    "feature id. Align the arrays with the features."
                )
        if isinstance(self.geometry, Points) and (
            self.kind != "point" or len(self.geometry.lon) != n
        ):
            raise MapError(
                f"layer {self.id}: {len(self.geometry.lon)} points for {n} ids of kind "
                f"{self.kind}; as many points as ids were expected. Align them."
            )
        for text in self.tooltips or ():
            if type(text) is not Encoded and not is_encoded(text):
                raise MapError(
                    f"layer {self.id}: tooltip {text!r} is not encoded; text from "
                    "dashboard.encode was expected. Pass it through encode() or encode_lines()."
                )
        for text in self.labels or ():
            if not _LABEL.fullmatch(text):
                raise MapError(
                    f"layer {self.id}: label {text!r}; up to {MOST_DIGITS} digits were expected. "
                    "Put words into the tooltip."
                )

    @property
    def n(self) -> int:
        """The number of features."""
        return len(self.feature_ids)

    def content(self) -> GzShapes:
        """Give the geometry of a layer that is not made of points in memory."""
        if isinstance(self.geometry, Points):
            raise MapError(
                f"layer {self.id}: geometry is points in memory; GeoJSON was expected. "
                "Ask for the packed points instead."
            )
        if isinstance(self.geometry, GzShapes):
            return self.geometry
        return compress_geojson(self.geometry)

    def codes(self) -> np.ndarray:
        """Give each feature its class: uint8, the number of swatches for "no data", 255 hidden."""
        codes = self.style.classify(self.values, self.n)
        if self.shown is not None:
            codes[~np.asarray(self.shown, dtype=bool)] = HIDDEN
        return codes


@dataclass(frozen=True)
class Tiles:
    """A tile server of the district: `{z}`, `{x}`, `{y}` template and what must be said of it."""

    template: str
    attribution: str
    max_zoom: int = 18
    datum: str = "wgs84"
    tms: bool = False

    def __post_init__(self) -> None:
        """Refuse a datum the browser cannot shift to."""
        if self.datum not in DATUMS:
            raise MapError(
                f"tiles: datum {self.datum!r}; one of {', '.join(sorted(DATUMS))} was expected. "
                "Correct the district's tile server."
            )


@dataclass(frozen=True)
class MapView:
    """Layers from bottom to top, where to look first, and the words around them.

    Give `bounds` (west, south, east, north) or `centre` (longitude, latitude) with `zoom`. The map
    goes there once; it moves again only when these change, never because values did. `selected`
    is a (layer id, feature id) to be marked.
    """

    layers: tuple[Layer, ...]
    title: str
    lang: str = "zh"
    bounds: tuple[float, float, float, float] | None = None
    centre: tuple[float, float] | None = None
    zoom: float = 13.0
    height_px: int = 520
    base: Tiles | None = None
    legend_title: str = ""
    selected: tuple[str, str] | None = None

    def __post_init__(self) -> None:
        """Refuse a view without a place, or with two layers of one name."""
        if (self.bounds is None) == (self.centre is None):
            raise MapError(
                f"map {self.title!r}: bounds {self.bounds}, centre {self.centre}; exactly one was "
                "expected. Give the one that should be seen first."
            )
        place = self.bounds or self.centre or ()
        if not np.isfinite(place).all():
            raise MapError(
                f"map {self.title!r}: place {place}; finite degrees were expected. "
                "Give the district's extent when a layer is empty."
            )
        ids = [layer.id for layer in self.layers]
        if len(set(ids)) != len(ids):
            raise MapError(
                f"map {self.title!r}: layer ids {ids}; distinct ids were expected. Rename one."
            )
        map_texts(self.lang)

    def layer(self, layer_id: str) -> Layer | None:
        """Give the layer of an id, or None."""
        return next((layer for layer in self.layers if layer.id == layer_id), None)


@cache
def map_texts(lang: str) -> dict[str, Any]:
    """Give the words of the map's own controls.

    Parameters
    ----------
    lang
        A language of `leaflet/texts.toml`.

    Returns
    -------
    dict
        Control to word; under `draw` the words of the drawing tools, nested as Leaflet.draw does.
    """
    tables = tomllib.loads(
        (Path(__file__).parent / "leaflet" / "texts.toml").read_text(encoding="utf-8")
    )
    if lang not in tables:
        raise MapError(
            f"map: language {lang!r}; one of {', '.join(sorted(tables))} was expected. "
            "Add its words to dashboard/leaflet/texts.toml."
        )
    return dict(tables[lang])
