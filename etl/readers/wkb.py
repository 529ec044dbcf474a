"""Well-known binary from nested coordinates, as found: unclosed rings and infinities included.

References
----------
.. [1] OGC 06-103r4 (2011). OpenGIS Implementation Specification for Geographic Information,
   Simple feature access, Part 1: Common architecture, pp. 62-69.
"""

from __future__ import annotations

import struct
from array import array
from collections.abc import Sequence
from itertools import chain
from typing import Any

POINT, LINE, POLYGON, MULTIPOINT, MULTILINE, MULTIPOLYGON, COLLECTION = range(1, 8)
CODES = {
    "Point": POINT,
    "LineString": LINE,
    "Polygon": POLYGON,
    "MultiPoint": MULTIPOINT,
    "MultiLineString": MULTILINE,
    "MultiPolygon": MULTIPOLYGON,
    "GeometryCollection": COLLECTION,
}
_LITTLE = b"\x01"
_EMPTY_POINT = struct.pack("<BI2d", 1, POINT, float("nan"), float("nan"))


def from_geojson(geometry: dict[str, Any]) -> bytes:
    """Return a GeoJSON geometry as WKB in two dimensions; heights are dropped.

    Parameters
    ----------
    geometry
        The geometry object.

    Returns
    -------
    bytes
        Little-endian WKB; rings are written as they stand, closed or not.

    Raises
    ------
    ValueError
        When the object is no geometry, or a coordinate is no number.
    """
    code = CODES.get(geometry.get("type", ""))
    if code is None:
        raise ValueError(f"geometry of type {geometry.get('type')!r}")
    try:
        if code == COLLECTION:
            parts = [from_geojson(one) for one in geometry["geometries"]]
            return _head(code, len(parts)) + b"".join(parts)
        return _encode(code, geometry["coordinates"])
    except (KeyError, TypeError, AttributeError, IndexError, OverflowError) as error:
        raise ValueError(f"coordinates that are no pairs of numbers ({error})") from None


def _head(code: int, count: int) -> bytes:
    return _LITTLE + struct.pack("<II", code, count)


def _encode(code: int, found: Any) -> bytes:
    if code == POINT:
        return _point(found)
    if code == LINE:
        return _head(code, len(found)) + _pairs(found)
    if code == POLYGON:
        return _head(code, len(found)) + b"".join(_ring(one) for one in found)
    part = code - 3
    return _head(code, len(found)) + b"".join(_encode(part, one) for one in found)


def _point(found: Sequence[float]) -> bytes:
    if len(found) == 0:
        return _EMPTY_POINT
    return _LITTLE + struct.pack("<I", POINT) + _pairs([found])


def _ring(found: Sequence[Sequence[float]]) -> bytes:
    return struct.pack("<I", len(found)) + _pairs(found)


def _pairs(found: Sequence[Sequence[float]]) -> bytes:
    """Return positions as doubles, x and y only."""
    lengths = set(map(len, found))
    if lengths and min(lengths) < 2:
        raise TypeError("a position of fewer than two numbers")
    if lengths != {2}:
        found = [one[:2] for one in found]
    return array("d", chain.from_iterable(found)).tobytes()
