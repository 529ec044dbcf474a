"""Polygons of one faultless ring, which need no mending: found in well-known binary and measured.

References
----------
OGC 06-103r4 (2011). OpenGIS Implementation Specification for Geographic Information, Simple
feature access, Part 1: Common architecture, section 8.2 (well-known binary).
GEOS contributors (2025). GEOS computational geometry library 3.14, Area::ofRingSigned and
    InteriorPointArea.
"""

import numpy as np
from numpy.typing import NDArray

from geo._simple import find_inner_points, mark_simple, measure_areas, measure_boxes
from geo.outlines import Outlines

MOST_VERTICES = 64
"""Vertices of a ring, the first not counted again, above which each side is not held to each."""


def find_simple(
    data: NDArray[np.uint8], offsets: NDArray[np.integer], valid: NDArray[np.bool_] | None = None
) -> NDArray[np.bool_]:
    """Find the rows that are polygons of one ring without any fault.

    Parameters
    ----------
    data
        Bytes of all shapes, well-known binary.
    offsets
        (m + 1,) where each begins.
    valid
        (m,) false where there is no shape; None: all are there.

    Returns
    -------
    ndarray
        (m,) true where the shape is a valid polygon, or a multipolygon of that one part, in two
        dimensions, little-endian, without holes and repeated points, of at most `MOST_VERTICES`
        vertices, all finite.

    Notes
    -----
    A row marked is valid beyond doubt. One that is not may be valid too: it has holes or parts,
    more vertices, or sides so close that rounding leaves open whether they meet.
    """
    begins = np.ascontiguousarray(offsets, dtype=np.int64).view()
    data = np.ascontiguousarray(data, dtype=np.uint8).view()
    data.flags.writeable = begins.flags.writeable = False  # as most come: one kernel for all
    there = np.ones(len(begins) - 1, np.bool_) if valid is None else np.array(valid, np.bool_)
    simple = np.zeros(len(begins) - 1, np.bool_)
    mark_simple(data, begins, there, MOST_VERTICES + 1, simple)
    return simple


def ring_boxes(rings: Outlines) -> NDArray[np.float64]:
    """Give the boxes around rings.

    Parameters
    ----------
    rings
        m shapes of one ring each.

    Returns
    -------
    ndarray
        (m, 4) west, south, east and north.
    """
    boxes = np.empty((len(rings), 4))
    measure_boxes(rings.xy, rings.rings, boxes)
    return boxes


def ring_areas(rings: Outlines) -> NDArray[np.float64]:
    """Give the areas of rings.

    Parameters
    ----------
    rings
        m shapes of one ring each, metres.

    Returns
    -------
    ndarray
        (m,) square metres; to the last bit those of GEOS, as terms are summed in its order.
    """
    areas = np.empty(len(rings))
    measure_areas(rings.xy, rings.rings, areas)
    return areas


def inner_points(rings: Outlines) -> NDArray[np.float64]:
    """Give a point inside each ring, to the last bit the one that GEOS gives.

    Parameters
    ----------
    rings
        m shapes of one ring each, finite.

    Returns
    -------
    ndarray
        (m, 2) the middle of the widest stretch of a line half way between the vertices next to
        the middle of the height; the first vertex where the ring is flat.
    """
    points = np.empty((len(rings), 2))
    find_inner_points(rings.xy, rings.rings, points)
    return points
