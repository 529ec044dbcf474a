"""Millions of polygons as flat arrays, without an object for each.

References
----------
OGC 06-103r4 (2011). OpenGIS Implementation Specification for Geographic Information, Simple
feature access, Part 1: Common architecture, section 8.2 (well-known binary).
Bostock, M. & Metcalf, C. (2013). The TopoJSON Format Specification, version 1.0.
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from geo._outlines import (
    fill_wkb,
    lay_edges,
    measure_wkb,
    take_shapes,
    write_topojson,
    write_wkb,
)
from geo.errors import GeoError

__all__ = [
    "Outlines",
    "join_outlines",
    "outlines_from_wkb",
    "outlines_of",
    "outlines_to_wkb",
    "topojson",
]

_WORDS = (
    '{{"type":"Topology","transform":{{"scale":[1e-{0},1e-{0}],"translate":[0,0]}},'
    '"objects":{{"shapes":{{"type":"GeometryCollection","geometries":[',
    '{{"type":"Polygon","arcs":[',
    '{{"type":"MultiPolygon","arcs":[',
    "[",
    ']}}}},"arcs":[',
    "]}}",
)
_WIDEST = 2 * 20 + 4  # bytes of one vertex as text, at most


@dataclass(frozen=True, slots=True, eq=False)
class Outlines:
    """Polygons and multipolygons, one after the other.

    Parameters
    ----------
    xy
        (n, 2) vertices of all rings, the first of a ring again at its end.
    rings
        (r + 1,) where the vertices of each ring begin.
    parts
        (p + 1,) where the rings of each polygon begin, the shell before its holes.
    shapes
        (m + 1,) where the polygons of each shape begin; equal neighbours mean no shape.
    """

    xy: NDArray[np.float64]
    rings: NDArray[np.int64]
    parts: NDArray[np.int64]
    shapes: NDArray[np.int64]

    def __len__(self) -> int:
        """Count the shapes."""
        return len(self.shapes) - 1

    def bounds(self) -> NDArray[np.float64]:
        """Return (m, 4) west, south, east, north of each shape, NaN where there is none."""
        first = self.rings[self.parts[self.shapes]]
        box = np.full((len(self), 4), np.nan)
        some = np.flatnonzero(first[1:] > first[:-1])
        if some.size:
            box[some, :2] = np.minimum.reduceat(self.xy, first[some])
            box[some, 2:] = np.maximum.reduceat(self.xy, first[some])
        return box

    def edges(self) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """Return (e, 4) x0, y0, x1, y1 of all edges, inside on the left, and where each begins."""
        n_rings = len(self.rings) - 1
        edges = np.empty((max(len(self.xy) - n_rings, 0), 4))
        starts = np.zeros(len(self.shapes), np.int64)
        n = lay_edges(self.xy, self.rings, self.parts, self.shapes, edges, starts)
        return edges[:n], starts

    def polygons(self) -> NDArray[np.object_]:
        """Return (m,) shapely shapes, an empty polygon where there is none."""
        data, offsets = outlines_to_wkb(self)
        raw = data.tobytes()
        texts = [raw[a:b] for a, b in itertools.pairwise(offsets.tolist())]
        found = np.asarray(shapely.from_wkb(np.array(texts, dtype=object)), dtype=object)
        found[np.diff(self.shapes) == 0] = shapely.Polygon()
        return found

    def take(self, rows: NDArray[np.integer]) -> "Outlines":
        """Return the shapes of some rows."""
        begins, ends = self.shapes[rows], self.shapes[rows + 1]
        n_parts = int((ends - begins).sum())
        n_rings = int((self.parts[ends] - self.parts[begins]).sum())
        n_points = int((self.rings[self.parts[ends]] - self.rings[self.parts[begins]]).sum())
        taken = Outlines(
            np.empty((n_points, 2)), np.zeros(n_rings + 1, np.int64),
            np.zeros(n_parts + 1, np.int64), np.zeros(len(rows) + 1, np.int64),
        )  # fmt: skip
        take_shapes(
            self.xy, self.rings, self.parts, self.shapes, np.asarray(rows, np.int64),
            taken.xy, taken.rings, taken.parts, taken.shapes,
        )  # fmt: skip
        return taken


def outlines_of(shapes: object) -> Outlines:
    """Take shapely polygons apart.

    Parameters
    ----------
    shapes
        (m,) polygons and multipolygons, a single one, or Outlines, given back as they are; None
        and empty ones become no shape.

    Returns
    -------
    Outlines
        In the same order.

    Raises
    ------
    GeoError
        A geometry that is not a polygon, or a coordinate that is not finite.
    """
    if isinstance(shapes, Outlines):
        return shapes
    found = np.atleast_1d(np.asarray(shapes, dtype=object)).ravel()
    polygons, of_shape = shapely.get_parts(found, return_index=True)
    filled = ~shapely.is_empty(polygons)
    polygons, of_shape = polygons[filled], of_shape[filled]
    wrong = np.flatnonzero(shapely.get_type_id(polygons) != shapely.GeometryType.POLYGON)
    if wrong.size:
        raise GeoError(
            f"outlines: {wrong.size} of {len(polygons)} shapes are not polygons, the first a "
            f"{polygons[wrong[0]].geom_type}; polygons or multipolygons were expected. "
            "Give areas."
        )
    rings, of_part = shapely.get_rings(polygons, return_index=True)
    xy, of_ring = shapely.get_coordinates(rings, return_index=True)
    if not np.isfinite(xy).all():
        raise GeoError(
            "outlines: a coordinate that is not finite; metres were expected. Drop these shapes."
        )
    starts = (
        np.searchsorted(owner, np.arange(n + 1)).astype(np.int64)
        for owner, n in ((of_ring, len(rings)), (of_part, len(polygons)), (of_shape, len(found)))
    )
    return Outlines(np.ascontiguousarray(xy), *starts)


def join_outlines(outlines: Sequence[Outlines]) -> Outlines:
    """Lay several lists of shapes end to end.

    Parameters
    ----------
    outlines
        At least one list.

    Returns
    -------
    Outlines
        All shapes, in order.
    """

    def run_on(name: str) -> NDArray[np.int64]:
        lists = [getattr(one, name) for one in outlines]
        shift = np.cumsum([0, *(one[-1] for one in lists[:-1])])
        ends = [one[1:] + s for one, s in zip(lists, shift, strict=True)]
        return np.concatenate([np.zeros(1, np.int64), *ends])

    xy = np.concatenate([one.xy for one in outlines])
    return Outlines(xy, run_on("rings"), run_on("parts"), run_on("shapes"))


def outlines_from_wkb(
    data: NDArray[np.uint8], offsets: NDArray[np.integer], valid: NDArray[np.bool_] | None = None
) -> Outlines:
    """Read polygons from well-known binary laid end to end, as Arrow holds it.

    Parameters
    ----------
    data
        Bytes of all shapes.
    offsets
        (m + 1,) where each begins.
    valid
        (m,) false where there is no shape; None: all are there.

    Returns
    -------
    Outlines
        In the same order.

    Raises
    ------
    GeoError
        Something other than a two-dimensional polygon or multipolygon, little-endian.
    """
    begins = np.ascontiguousarray(offsets, dtype=np.int64).view()
    data = np.ascontiguousarray(data, dtype=np.uint8).view()
    data.flags.writeable = begins.flags.writeable = False  # as most come: one kernel for all
    there = np.ones(len(begins) - 1, np.bool_) if valid is None else np.ascontiguousarray(valid)
    n_parts, n_rings, n_points, wrong = measure_wkb(data, begins, there)
    if wrong >= 0:
        raise GeoError(
            f"outlines: row {wrong} cannot be read; a polygon or multipolygon in two dimensions, "
            "little-endian well-known binary, was expected. Write it with shapely.to_wkb."
        )
    xy = np.empty((n_points, 2))
    rings, parts = np.zeros(n_rings + 1, np.int64), np.zeros(n_parts + 1, np.int64)
    shapes = np.zeros(len(begins), np.int64)
    fill_wkb(data, begins, there, xy.reshape(-1).view(np.uint8), rings, parts, shapes)
    return Outlines(xy, rings, parts, shapes)


def outlines_to_wkb(outlines: Outlines) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Write polygons as well-known binary, end to end.

    Parameters
    ----------
    outlines
        Shapes; one without exactly one polygon becomes a multipolygon.

    Returns
    -------
    tuple of ndarray
        The bytes, and (m + 1,) where each shape begins.
    """
    n_parts = np.diff(outlines.shapes)
    size = 16 * len(outlines.xy) + 4 * (len(outlines.rings) - 1) + 9 * (len(outlines.parts) - 1)
    out = np.empty(size + 9 * int((n_parts != 1).sum()), np.uint8)
    offsets = np.zeros(len(outlines.shapes), np.int64)
    flat = np.ascontiguousarray(outlines.xy).reshape(-1).view(np.uint8)
    write_wkb(flat, outlines.rings, outlines.parts, outlines.shapes, out, offsets)
    return out, offsets


def topojson(outlines: Outlines, *, decimals: int = 6) -> bytes:
    """Write polygons as the text of a TopoJSON Topology, half the length of GeoJSON.

    Parameters
    ----------
    outlines
        Shapes in degrees, WGS 84.
    decimals
        Digits kept behind the point, 0 to 12.

    Returns
    -------
    bytes
        One object, `shapes`: geometries in order without properties. Each ring is an arc of whole
        numbers, the first vertex and then steps. No shape is a MultiPolygon without arcs.

    Raises
    ------
    GeoError
        A coordinate that is no number of degrees, or decimals out of their range.
    """
    if not 0 <= decimals <= 12 or not (np.abs(outlines.xy) <= 360.0).all():
        raise GeoError(
            f"topojson: {decimals} decimals, or coordinates that are not degrees; 0 to 12 and at "
            "most 360 were expected. Turn metres into degrees with geo.projection.unproject."
        )
    words = [one.format(decimals).encode() for one in _WORDS]
    cuts = np.concatenate([[0], np.cumsum([len(one) for one in words])]).astype(np.int64)
    n_parts, n_rings = len(outlines.parts) - 1, len(outlines.rings) - 1
    size = int(cuts[-1]) * (len(outlines) + 1) + 4 * n_parts + 30 * n_rings
    out = np.empty(size + _WIDEST * len(outlines.xy), np.uint8)
    n = write_topojson(
        np.ascontiguousarray(outlines.xy), outlines.rings, outlines.parts, outlines.shapes,
        10.0**decimals, np.frombuffer(b"".join(words), np.uint8), cuts, out,
    )  # fmt: skip
    return out[:n].tobytes()
