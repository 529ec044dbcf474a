"""Find the polygon that holds each of millions of points, exactly.

References
----------
Zalik, B. & Kolingerova, I. (2001). A cell-based point-in-polygon algorithm suitable for large
    sets of points. Computers & Geosciences, 27(10), 1135-1145.
Shewchuk, J. R. (1997). Adaptive precision floating-point arithmetic and fast robust geometric
    predicates. Discrete & Computational Geometry, 18(3), 305-363.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray

from geo._cells import fill_grid, lay_grid
from geo._grid import look_up
from geo._threads import run_in_chunks
from geo.errors import GeoError

_TOO_FAR = 1e100  # beyond it products of coordinates overflow
_BLOCK = 1 << 14  # points whose coordinates stay in a core's cache between the two passes


class PolygonIndex:
    """
    Polygons sorted into a grid, to be asked for many points.

    Parameters
    ----------
    polygons
        (m,) shapely Polygon or MultiPolygon, metres or degrees; None and empty hold no point.
    ids
        (m,) sortable ids. Where polygons overlap or touch, the smaller id wins; without ids the
        smaller position does.

    Raises
    ------
    GeoError
        Something is not a polygon, a coordinate is not finite, or ids differ in number.

    Notes
    -----
    A point on a border or vertex is inside (as shapely `covers` and `intersects`). The side of an
    edge is decided by an exact predicate, so answers equal those of exact arithmetic. Polygons
    should be valid; an invalid one is read by the even-odd rule.
    """

    def __init__(
        self, polygons: Sequence[Any] | NDArray[Any], *, ids: ArrayLike | None = None
    ) -> None:
        geoms = np.asarray(polygons, dtype=object).reshape(-1)
        self._original = _order(geoms, ids)
        if self._original is not None:
            geoms = geoms[self._original]
        self.n_polygons = len(geoms)
        xy, rings, parts = _as_rings(geoms)
        self._frame, nx, ny = lay_grid(xy, geoms)
        self._cells, self._records = fill_grid(xy, rings, parts, self._frame, nx, ny)

    def locate(self, x: ArrayLike, y: ArrayLike) -> NDArray[np.int32]:
        """
        Find the polygon of each point.

        Parameters
        ----------
        x, y
            (n,) coordinates in the polygons' unit; NaN is in no polygon.

        Returns
        -------
        ndarray
            (n,) int32 position of the polygon in the caller's order, -1 where there is none.

        Raises
        ------
        GeoError
            x and y differ in length.
        """
        px = np.ascontiguousarray(x, dtype=np.float64).reshape(-1)
        py = np.ascontiguousarray(y, dtype=np.float64).reshape(-1)
        if px.size != py.size:
            raise GeoError(
                f"locate: x has {px.size} values and y {py.size}; expected as many of each. "
                "Pass one y for each x."
            )
        px, py = _read_only(px), _read_only(py)
        out = np.empty(px.size, np.int32)

        def work(i: int, j: int) -> None:
            for k in range(i, j, _BLOCK):
                m = min(k + _BLOCK, j)
                look_up(px[k:m], py[k:m], self._frame, self._cells, self._records, out[k:m])

        run_in_chunks(work, px.size)
        if self._original is None:
            return out
        return np.append(self._original, -1).astype(np.int32)[out]


def locate(
    x: ArrayLike,
    y: ArrayLike,
    polygons: Sequence[Any] | NDArray[Any],
    *,
    ids: ArrayLike | None = None,
) -> NDArray[np.int32]:
    """
    Find the polygon of each point, building the index for this one question.

    Parameters
    ----------
    x, y
        (n,) coordinates in the polygons' unit; NaN is in no polygon.
    polygons
        (m,) shapely Polygon or MultiPolygon; None and empty hold no point.
    ids
        (m,) sortable ids: where polygons overlap or touch, the smaller wins; without ids the
        smaller position does.

    Returns
    -------
    ndarray
        (n,) int32 position in `polygons`, -1 where there is none.

    Raises
    ------
    GeoError
        As `PolygonIndex` and its `locate`.
    """
    return PolygonIndex(polygons, ids=ids).locate(x, y)


def _read_only(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Give a view that is never written to: numba compiles anew for arrays that might be."""
    view = values.view()
    view.flags.writeable = False
    return view


def _order(geoms: NDArray[Any], ids: ArrayLike | None) -> NDArray[np.intp] | None:
    if ids is None:
        return None
    keys = np.asarray(ids).reshape(-1)
    if len(keys) != len(geoms):
        raise GeoError(
            f"locate: {len(keys)} ids for {len(geoms)} polygons; expected one id each. "
            "Pass the ids in the order of the polygons."
        )
    return np.argsort(keys, kind="stable")


def _as_rings(
    geoms: NDArray[Any],
) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.int64]]:
    kinds = shapely.get_type_id(geoms)
    bad = np.flatnonzero(~np.isin(kinds, (-1, 3, 6)) & ~shapely.is_empty(geoms))
    if bad.size:
        raise GeoError(
            f"locate: {bad.size} of {len(geoms)} geometries are not polygons (first: position "
            f"{bad[0]}, a {geoms[bad[0]].geom_type}); expected Polygon or MultiPolygon. "
            "Leave the others out."
        )
    parts, owner = shapely.get_parts(geoms[kinds >= 0], return_index=True)
    rings, of_part = shapely.get_rings(parts, return_index=True)
    xy, of_ring = shapely.get_coordinates(rings, return_index=True)
    if not (np.abs(xy) < _TOO_FAR).all():
        raise GeoError(
            "locate: a polygon has a coordinate that is not a finite number; expected metres or "
            "degrees. Correct the geometry or leave it out."
        )
    position = np.flatnonzero(kinds >= 0)[owner][of_part]
    n_rings = np.bincount(position, minlength=len(geoms))
    n_vertices = np.bincount(of_ring, minlength=len(rings))
    return xy, _offsets(n_vertices), _offsets(n_rings)


def _offsets(counts: NDArray[np.intp]) -> NDArray[np.int64]:
    return np.concatenate(([0], np.cumsum(counts))).astype(np.int64)
