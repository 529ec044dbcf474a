"""Shapes of many rows: rings without fault as flat arrays, every other shape as an object."""

from __future__ import annotations

import struct
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import shapely

from etl.geometry import clean_polygons
from etl.place import Frame, move_to_metres
from etl.shapes import bytes_of_column, column_of_outlines
from geo.outlines import Outlines, outlines_from_wkb
from geo.simple import find_simple, inner_points, ring_areas, ring_boxes

_ONE_PART = struct.pack("<BII", 1, shapely.GeometryType.MULTIPOLYGON, 1)


@dataclass(frozen=True, slots=True, eq=False)
class OutlineRows:
    """Shapes of n rows, some as rings, some as objects, each kind in the order of the rows.

    Parameters
    ----------
    simple
        (n,) true where the shape is a ring without fault.
    rings
        Shapes of the rows that are simple, one ring each.
    alone
        (len(rings),) true where the ring is the only part of a multipolygon.
    others
        Shapes of the rows that are not: shapely polygons and multipolygons, None where refused.
    """

    simple: np.ndarray
    rings: Outlines
    alone: np.ndarray
    others: np.ndarray

    def as_objects(self) -> OutlineRows:
        """Return the same shapes, all of them as objects."""
        rings = self.rings.polygons()
        rings[self.alone] = shapely.multipolygons(rings[self.alone][:, None])
        none, no_rings = np.zeros(len(self.simple), bool), _end_to_end(np.empty((0, 2)), [])
        return OutlineRows(none, no_rings, none[:0], self._in_order(rings, self.others))

    def filter(self, rows: np.ndarray) -> OutlineRows:
        """Return the shapes of the rows that are marked."""
        if rows.all():
            return self
        kept = np.flatnonzero(rows[self.simple])
        others = self.others[rows[~self.simple]]
        return OutlineRows(self.simple[rows], self.rings.take(kept), self.alone[kept], others)

    def to_metres(self, datum: str, frame: Frame) -> OutlineRows:
        """Return the shapes in metres of the district's projection.

        The vertices of all rows are moved at once and in their order, because what becomes of one
        may depend on the others. Shapes become objects when a vertex has no place.
        """
        if self.simple.all():
            in_rings = move_to_metres(self.rings.xy, datum=datum, frame=frame)
            in_others = np.empty((0, 2))
        else:
            n = self._in_order(np.diff(self.rings.rings), shapely.get_num_coordinates(self.others))
            of_ring = np.repeat(self.simple, n)
            xy = np.empty((len(of_ring), 2))
            xy[of_ring], xy[~of_ring] = self.rings.xy, shapely.get_coordinates(self.others)
            xy = move_to_metres(xy, datum=datum, frame=frame)
            in_rings, in_others = xy[of_ring], xy[~of_ring]
        if not np.isfinite(in_rings).all():
            return self.as_objects().to_metres(datum, frame)
        others = np.asarray(shapely.transform(self.others, lambda _: in_others), object)
        return replace(self, rings=replace(self.rings, xy=in_rings), others=others)

    def bounds(self) -> np.ndarray:
        """Return (n, 4) west, south, east, north; NaN where there is no shape."""
        return self._in_order(ring_boxes(self.rings), shapely.bounds(self.others))

    def areas(self) -> np.ndarray:
        """Return (n,) areas."""
        return self._in_order(ring_areas(self.rings), shapely.area(self.others))

    def inner_points(self) -> np.ndarray:
        """Return (n, 2) a point on the surface of each shape."""
        found = shapely.point_on_surface(self.others)
        xy = np.column_stack([shapely.get_x(found), shapely.get_y(found)])
        return self._in_order(inner_points(self.rings), xy)

    def to_wkb(self) -> pa.Array:
        """Return the shapes as a column of well-known binary."""
        rings = column_of_outlines(self.rings).cast(pa.binary())
        if self.alone.any():
            head = pa.array([b"", _ONE_PART], pa.binary()).take(pa.array(self.alone.astype(int)))
            rings = pc.binary_join_element_wise(head, rings, b"")
        if self.simple.all():
            return rings
        both = pa.concat_arrays([rings, pa.array(shapely.to_wkb(self.others), pa.binary())])
        n = len(rings)
        return both.take(pa.array(self._in_order(np.arange(n), np.arange(n, len(both)))))

    def _in_order(self, of_rings: np.ndarray, of_others: np.ndarray) -> np.ndarray:
        """Lay what is known of rings and of others in the order of the rows."""
        found = np.empty((len(self.simple), *of_rings.shape[1:]), of_rings.dtype)
        found[self.simple], found[~self.simple] = of_rings, of_others
        return found


class CleanOutlines(NamedTuple):
    """Shapes, the rule each row breaks (None: none), and how many were mended."""

    shapes: OutlineRows
    codes: np.ndarray
    n_mended: int


def clean_outlines(column: pa.Array) -> CleanOutlines:
    """Read polygons from a column of WKB, as `etl.geometry.clean_polygons` reads them.

    Parameters
    ----------
    column
        Shapes (n,), binary or null; any coordinate system.

    Returns
    -------
    CleanOutlines
        Rings without fault, which cleaning leaves as they are; the others cleaned.
    """
    data, offsets, valid = bytes_of_column(column)
    simple = find_simple(data, offsets, valid)
    found = outlines_from_wkb(data, offsets, simple)
    rest = column.filter(pa.array(~simple)).to_numpy(zero_copy_only=False)
    others, codes_of_others, mended = clean_polygons(rest)
    codes = np.full(len(simple), None, object)
    codes[~simple] = codes_of_others
    rings = _end_to_end(found.xy, np.diff(found.rings))
    alone = data[offsets[:-1][simple] + 1] == shapely.GeometryType.MULTIPOLYGON
    rows = OutlineRows(simple, rings, alone, others)
    return CleanOutlines(rows, codes, int(mended.sum()))


def _end_to_end(xy: np.ndarray, n_vertices: np.ndarray | list[int]) -> Outlines:
    """Return shapes of one ring each."""
    one_each = np.arange(len(n_vertices) + 1)
    begins = np.concatenate([[0], np.cumsum(n_vertices, dtype=np.int64)])
    return Outlines(xy, begins, one_each, one_each)
