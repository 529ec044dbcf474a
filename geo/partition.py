"""Where areas that should fit together overlap, and where they leave ground between them.

References
----------
Serra, J. (1982). Image Analysis and Mathematical Morphology. Academic Press. (closing)
Garcia-Castellanos, D. & Lombardo, U. (2007). Poles of inaccessibility: a calculation algorithm
    for the remotest places on Earth. Scottish Geographical Journal, 123(3), 227-233. (width)
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

GAP_REACH_M = 250.0
"""A gap open to the outside is seen up to twice as wide as this; an enclosed one always."""

_SIMPLIFY_M = 2.0  # borders are this coarse while strips are looked for, not when measured
_POINT_M = 1e-3  # what touches to a millimetre borders
_LEAST_M = 1e-2  # narrower than a centimetre is rounding and the curve of projected edges
_MOST_OPEN = 1 / 3  # share of a strip's rim that is open; a rounded corner's is about a half
_SEGMENTS = 4  # of a quarter circle, in closing


@dataclass(frozen=True)
class Patch:
    """
    A piece of ground that two areas both claim, or that lies between areas.

    Parameters
    ----------
    between
        Positions of the areas that overlap there, or that border the gap.
    shape
        The ground itself, a shapely geometry in metres.
    area_m2
        Its area.
    width_m
        Diameter of the largest circle inside: a long strip is as wide as it looks.
    """

    between: tuple[int, ...]
    shape: Any
    area_m2: float
    width_m: float


def find_overlaps(areas: Sequence[Any] | NDArray[Any]) -> list[Patch]:
    """
    Find every piece of ground that two areas share.

    Parameters
    ----------
    areas
        (n,) valid shapely polygons in metres; None and empty share nothing.

    Returns
    -------
    list of Patch
        One for each pair of areas that share ground more than 1 cm wide, widest first.

    Notes
    -----
    Areas whose borders meet their neighbours' vertex by vertex cannot overlap (GEOS coverage
    validity), so a good map is done after one pass and only the others are intersected.
    """
    shapes = np.asarray(areas, dtype=object)
    present = np.flatnonzero(~shapely.is_missing(shapes))  # GEOS moves up in the place of None
    suspect = present[~shapely.is_empty(shapely.coverage_invalid_edges(shapes[present]))]
    i, j = shapely.STRtree(shapes).query(shapes[suspect], predicate="intersects")
    pairs = np.sort(np.column_stack([suspect[i], j]), axis=1)
    pairs = np.unique(pairs[pairs[:, 0] < pairs[:, 1]], axis=0)
    shared = shapely.intersection(shapes[pairs[:, 0]], shapes[pairs[:, 1]])
    some = shapely.area(shared) > _LEAST_M**2
    return _widest_first(
        [_patch(pair, shape) for pair, shape in zip(pairs[some], shared[some], strict=True)]
    )


def find_gaps(areas: Sequence[Any] | NDArray[Any]) -> list[Patch]:
    """
    Find the ground between areas that belongs to none.

    Parameters
    ----------
    areas
        (n,) valid shapely polygons in metres; None and empty are left out.

    Returns
    -------
    list of Patch
        Holes that the areas enclose, and strips between two areas that are open to the outside,
        less than twice `GAP_REACH_M` wide and twice as long as wide; widest first.

    Notes
    -----
    A strip between two areas is what closing both together (growing by the reach, then shrinking
    by it) fills and closing each alone does not: a bay within one area is no gap. At the open
    ends it is rounded, and its area right to about the square of its width.
    """
    shapes = np.asarray(areas, dtype=object)
    together = shapely.union_all(shapes)
    parts = shapely.get_parts(together)
    holes = [shapely.Polygon(ring) for part in parts for ring in part.interiors]
    pieces = shapely.get_parts(shapely.union_all([*holes, *_strips(shapes, together)]))
    pieces = pieces[shapely.area(pieces) > _LEAST_M**2]
    tree = shapely.STRtree(shapes)
    shapely.prepare(together)
    return _widest_first(
        [
            _patch(np.sort(tree.query(piece, predicate="dwithin", distance=_POINT_M)), piece)
            for piece in pieces
            if _open_share(piece, together) < _MOST_OPEN
        ]
    )


def _open_share(piece: Any, together: Any) -> float:
    rim = shapely.get_coordinates(piece.exterior)
    middle, length = (rim[1:] + rim[:-1]) / 2, np.hypot(*np.diff(rim, axis=0).T)
    bordered = shapely.dwithin(together, shapely.points(middle), _POINT_M)
    return 1.0 - float(length[bordered].sum() / length.sum())


def _strips(shapes: NDArray[Any], together: Any) -> NDArray[Any]:
    plain = shapely.simplify(shapes, _SIMPLIFY_M)
    i, j = shapely.STRtree(plain).query(plain, predicate="dwithin", distance=2 * GAP_REACH_M)
    i, j = i[i < j], j[i < j]
    alone = _close(plain)
    filled = _close(shapely.union(plain[i], plain[j]))
    between = shapely.difference(filled, shapely.union(alone[i], alone[j]))
    strips: NDArray[Any] = shapely.difference(between, together)
    return strips


def _close(shapes: NDArray[Any]) -> NDArray[Any]:
    grown = shapely.buffer(shapes, GAP_REACH_M, quad_segs=_SEGMENTS)
    # A hair more, so that rounding leaves no threads along the edges that grew and shrank.
    closed: NDArray[Any] = shapely.buffer(grown, -GAP_REACH_M - _POINT_M, quad_segs=_SEGMENTS)
    return closed


def _patch(between: NDArray[np.intp], shape: Any) -> Patch:
    parts = shapely.get_parts(shape)
    parts = parts[shapely.area(parts) > 0.0]
    width = 2.0 * shapely.length(shapely.maximum_inscribed_circle(parts)).max()
    return Patch(tuple(between.tolist()), shape, float(shapely.area(shape)), float(width))


def _widest_first(patches: list[Patch]) -> list[Patch]:
    ground = [patch for patch in patches if patch.width_m > _LEAST_M]
    return sorted(ground, key=lambda patch: (-patch.width_m, patch.between, -patch.area_m2))
