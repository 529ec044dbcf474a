"""Shapes as found to shapes that can be computed with: refused with a rule, or mended and counted.

References
----------
.. [1] OGC 06-103r4 (2011). OpenGIS Implementation Specification for Geographic Information,
   Simple feature access, Part 1: Common architecture, pp. 26-28.
"""

from __future__ import annotations

import struct
from typing import NamedTuple

import numpy as np
import shapely

POLYGONS = (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON)
AREA_TOLERANCE = 1e-3
_POINT, _MULTIPOINT = shapely.GeometryType.POINT, shapely.GeometryType.MULTIPOINT


class CleanShapes(NamedTuple):
    """Shapes (None where refused), the rule each row breaks (None: none), and which were mended."""

    shapes: np.ndarray
    codes: np.ndarray
    mended: np.ndarray


class CleanPoints(NamedTuple):
    """Coordinates (NaN where there is no place or it was refused) and the rule each row breaks."""

    x: np.ndarray
    y: np.ndarray
    codes: np.ndarray


def clean_polygons(wkb: np.ndarray, *, largest: float | None = None) -> CleanShapes:
    """Read polygons from WKB; mend what mending leaves alike, name what is wrong with the others.

    Parameters
    ----------
    wkb
        Shape (n,), bytes or None; any coordinate system.
    largest
        Area, in squared units of the coordinates, above which a shape is refused; None: no limit.

    Returns
    -------
    CleanShapes
        Valid polygons and multipolygons in two dimensions, without repeated points. No rows give
        no shapes.

    Notes
    -----
    An invalid outline is mended by structure, and kept only if its area changes by less than 0.1 %:
    a spike or a touching ring is mended, a bow tie is refused. A hole outside its shell is refused
    whatever its size, because it may be another community.
    """
    wkb = np.asarray(wkb, object)
    codes = np.full(len(wkb), None, object)
    mended = np.zeros(len(wkb), bool)
    shapes = _from_wkb(wkb, codes)
    _refuse(codes, ~np.isin(shapely.get_type_id(shapes), POLYGONS), "geometry_type")
    _refuse(codes, shapely.is_empty(shapes), "geometry_missing")
    _refuse(codes, ~_finite(shapes), "geometry_not_finite")
    open_rows = np.flatnonzero(codes == None)  # noqa: E711 (element-wise)
    _mend(shapes, open_rows, codes, mended)
    if largest is not None:
        _refuse(codes, shapely.area(shapes) > largest, "too_large")
    shapes[codes != None] = None  # noqa: E711
    mended &= codes == None  # noqa: E711
    return CleanShapes(shapes, codes, mended)


def clean_points(wkb: np.ndarray) -> CleanPoints:
    """Read single points from WKB.

    Parameters
    ----------
    wkb
        Shape (n,), bytes or None; a multipoint of one point is that point.

    Returns
    -------
    CleanPoints
        A row without a shape, or with an empty one, has no place and breaks no rule.
    """
    wkb = np.asarray(wkb, object)
    codes = np.full(len(wkb), None, object)
    points = _from_wkb(wkb, codes)
    codes[codes == "geometry_missing"] = None
    kinds = shapely.get_type_id(points)
    multi = np.flatnonzero(kinds == _MULTIPOINT)
    single = multi[shapely.get_num_geometries(points[multi]) <= 1]
    points[single] = shapely.get_geometry(points[single], 0)
    known = (kinds == _POINT) | (kinds == -1) | (kinds == _MULTIPOINT)
    _refuse(codes, known & (shapely.get_num_geometries(points) > 1), "multipoint")
    codes[~known] = "geometry_type"
    points[codes != None] = None  # noqa: E711
    filled = ~shapely.is_missing(points) & ~shapely.is_empty(points)
    points[~filled] = None
    _refuse(codes, filled & ~_finite(points), "geometry_not_finite")
    points[codes != None] = None  # noqa: E711
    return CleanPoints(_ordinate(points, 0), _ordinate(points, 1), codes)


def _ordinate(points: np.ndarray, axis: int) -> np.ndarray:
    return np.asarray(shapely.get_x(points) if axis == 0 else shapely.get_y(points))


def _refuse(codes: np.ndarray, rows: np.ndarray, code: str) -> None:
    """Note `code` on rows that break no rule yet."""
    codes[rows & (codes == None)] = code  # noqa: E711


def _from_wkb(wkb: np.ndarray, codes: np.ndarray) -> np.ndarray:
    missing = np.asarray(wkb == None)  # noqa: E711
    codes[missing] = "geometry_missing"
    with np.errstate(invalid="ignore"):  # a NaN inside a blob is found below, row by row
        shapes = np.asarray(shapely.from_wkb(wkb, on_invalid="ignore"), object)
    for row in np.flatnonzero(shapely.is_missing(shapes) & ~missing):
        codes[row] = "ring_unclosed" if _has_open_ring(wkb[row]) else "geometry_unreadable"
    return np.asarray(shapely.force_2d(shapes), object)


def _finite(shapes: np.ndarray) -> np.ndarray:
    xy, owner = shapely.get_coordinates(shapes, return_index=True)
    broken = owner[~np.isfinite(xy).all(axis=1)]
    finite = np.ones(len(shapes), bool)
    finite[broken] = False
    return finite


def _mend(shapes: np.ndarray, rows: np.ndarray, codes: np.ndarray, mended: np.ndarray) -> None:
    """Drop repeated points, then make invalid shapes valid where that leaves their area alone."""
    valid = shapely.is_valid(shapes[rows])
    sound, broken = rows[valid], rows[~valid]
    before = shapely.get_num_coordinates(shapes[sound])
    shapes[sound] = shapely.remove_repeated_points(shapes[sound])
    mended[sound] = shapely.get_num_coordinates(shapes[sound]) < before
    if len(broken) == 0:
        return
    reasons = np.array([str(one) for one in shapely.is_valid_reason(shapes[broken])])
    outside = np.char.startswith(reasons, "Hole lies outside shell")
    codes[broken[outside]] = "hole_outside"
    broken = broken[~outside]
    old = shapely.area(shapes[broken])
    new = shapely.make_valid(shapes[broken], method="structure", keep_collapsed=False)
    same = np.abs(shapely.area(new) - old) < AREA_TOLERANCE * old
    same &= np.isin(shapely.get_type_id(new), POLYGONS) & ~shapely.is_empty(new)
    shapes[broken[same]] = new[same]
    mended[broken[same]] = True
    codes[broken[~same]] = "self_crossing"


def _has_open_ring(wkb: bytes) -> bool:
    """Tell whether a polygon's WKB, readable otherwise, has a ring whose ends differ."""
    try:
        return _open_ring(memoryview(wkb), 0)[0]
    except (struct.error, IndexError, RecursionError):
        return False


def _open_ring(wkb: memoryview, at: int) -> tuple[bool, int]:
    """Return whether a ring of the shape at byte `at` is open, and where the shape ends."""
    order = "<" if wkb[at] == 1 else ">"
    kind, count = struct.unpack_from(order + "II", wkb, at + 1)
    at += 9
    code = kind & 0xFFFF
    width = 2 + bool(kind & 0x80000000 or code // 1000 in (1, 3)) + (code // 1000 in (2, 3))
    found = False
    for _ in range(count if code % 1000 in (3, 6) else 0):
        if code % 1000 == 6:
            one, at = _open_ring(wkb, at)
        else:
            one, at = _ring_is_open(wkb, at, order, width)
        found |= one
    return found, at


def _ring_is_open(wkb: memoryview, at: int, order: str, width: int) -> tuple[bool, int]:
    (count,) = struct.unpack_from(order + "I", wkb, at)
    at += 4
    end = at + count * width * 8
    if count == 0:
        return False, at
    first = struct.unpack_from(order + "2d", wkb, at)
    last = struct.unpack_from(order + "2d", wkb, end - width * 8)
    return first != last, end
