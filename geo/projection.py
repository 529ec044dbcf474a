"""Project points and shapes between coordinate systems, millions at a time, to a micrometre.

References
----------
Karney, C. F. F. (2011). Transverse Mercator with an accuracy of a few nanometers. Journal of
    Geodesy, 85(8), 475-485.
Keys, R. G. (1981). Cubic convolution interpolation for digital image processing. IEEE
    Transactions on Acoustics, Speech, and Signal Processing, 29(6), 1153-1160.
"""

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError

from geo._lattice import Lattice, fit_lattice, transform_by_lattice
from geo.errors import GeoError

WGS84 = 4326
"""EPSG code of longitude and latitude in WGS 84."""

_MANY = 200_000  # fewer points than this are projected one by one in under 0.1 s
_TILE_M, _TILE_CELLS, _FAR_M = 32_768.0, 32, 1e8
_MOST_TILES = 64  # 260 km square: more is no city, and a lattice for each would take minutes
_MICROMETRE, _MICROMETRE_DEG = 1e-6, 1e-11


def require_metres(epsg: int) -> None:
    """
    Refuse a coordinate system in which distances are not metres.

    Parameters
    ----------
    epsg
        EPSG code of a projected CRS whose axes are metres.

    Raises
    ------
    GeoError
        The code is unknown, or its axes are degrees, feet or anything else but metres.
    """
    crs = _crs(epsg)
    units = {axis.unit_name for axis in crs.axis_info[:2]}
    if not crs.is_projected or any(axis.unit_conversion_factor != 1 for axis in crs.axis_info[:2]):
        raise GeoError(
            f"CRS: EPSG:{epsg} ({crs.name}) is in {' and '.join(sorted(units)) or 'no unit'}; "
            "expected a projected CRS in metres. Name the UTM or Gauss-Krueger zone of the place."
        )


def project(
    lon: ArrayLike, lat: ArrayLike, *, epsg: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """
    Project longitude and latitude to metres.

    Parameters
    ----------
    lon, lat
        (n,) degrees in WGS 84.
    epsg
        EPSG code of a projected CRS in metres.

    Returns
    -------
    tuple of ndarray
        x (east) and y (north) in metres, (n,). NaN where the input is not finite or lies where
        the projection has no value.

    Raises
    ------
    GeoError
        The CRS is unknown or not in metres, or lon and lat differ in shape.
    """
    require_metres(epsg)
    return transform(lon, lat, epsg_from=WGS84, epsg_to=epsg)


def unproject(
    x: ArrayLike, y: ArrayLike, *, epsg: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """
    Turn projected coordinates into longitude and latitude.

    Parameters
    ----------
    x, y
        (n,) coordinates in the CRS, x to the east whatever order the authority names.
    epsg
        EPSG code of the CRS.

    Returns
    -------
    tuple of ndarray
        Longitude and latitude in WGS 84 degrees, (n,); NaN as in `project`.

    Raises
    ------
    GeoError
        The CRS is unknown, or x and y differ in shape.
    """
    return transform(x, y, epsg_from=epsg, epsg_to=WGS84)


def unproject_each(
    x: ArrayLike, y: ArrayLike, *, epsg: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """
    Turn projected coordinates into longitude and latitude, whatever is asked with them.

    Parameters
    ----------
    x, y
        (n,) coordinates in the CRS, metres, x to the east.
    epsg
        EPSG code of the CRS.

    Returns
    -------
    tuple of ndarray
        As `unproject`, within 1e-11 degrees of PROJ. The answer for a point depends on that point
        alone, so what is made of a part of a city equals that part of what is made of the whole.

    Raises
    ------
    GeoError
        The CRS is unknown, or x and y differ in shape.

    Notes
    -----
    The plane is cut along multiples of 32,768 m; each piece has one lattice of 32 by 32 cells, kept
    once it is made, checked as in `transform`. Points in more than 64 pieces belong to no district:
    PROJ is asked for each of them.
    """
    px, py = np.array(x, dtype=np.float64, order="C"), np.array(y, dtype=np.float64, order="C")
    if px.shape != py.shape:
        raise GeoError(_shapes_differ(px, py))
    flat_x, flat_y = px.reshape(-1), py.reshape(-1)
    lon, lat = np.full(px.size, np.nan), np.full(px.size, np.nan)
    for column, row in _tiles(flat_x, flat_y):
        _tile(column, row, epsg).into(flat_x, flat_y, lon, lat)
    rest = np.flatnonzero(np.isnan(lon) & np.isfinite(flat_x) & np.isfinite(flat_y))
    lon[rest], lat[rest] = _one_by_one(flat_x[rest], flat_y[rest], epsg, WGS84)
    return lon.reshape(px.shape), lat.reshape(px.shape)


def _tiles(x: NDArray[np.float64], y: NDArray[np.float64]) -> list[tuple[int, int]]:
    """List the pieces of the plane that hold the points; none where lattices would not pay."""
    inside = (np.abs(x) < _FAR_M) & (np.abs(y) < _FAR_M)
    if not inside.all():
        x, y = x[inside], y[inside]
    if not len(x):
        return []
    low = [math.floor(one.min() / _TILE_M) for one in (x, y)]
    high = [math.floor(one.max() / _TILE_M) for one in (x, y)]
    if low == high:
        return [(low[0], low[1])]
    rows = high[1] - low[1] + 1
    codes = (np.floor(x / _TILE_M) - low[0]) * rows + np.floor(y / _TILE_M) - low[1]
    some = np.unique(codes)
    if len(some) > _MOST_TILES:
        return []
    return [(low[0] + int(one // rows), low[1] + int(one % rows)) for one in some]


@lru_cache(maxsize=256)
def _tile(column: int, row: int, epsg: int) -> Lattice:
    corner = np.array([column, row]) * _TILE_M
    step = np.full(2, _TILE_M / _TILE_CELLS)
    return fit_lattice(
        corner, step, _TILE_CELLS,
        exact=lambda u, v: _one_by_one(u, v, epsg, WGS84), tolerance=_MICROMETRE_DEG,
    )  # fmt: skip


def transform(
    x: ArrayLike, y: ArrayLike, *, epsg_from: int, epsg_to: int, many: int | None = None
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """
    Move points from one coordinate system to another.

    Parameters
    ----------
    x, y
        (n,) coordinates in `epsg_from`, x (longitude, east) first.
    epsg_from, epsg_to
        EPSG codes.
    many
        Number of points from which the lattice is used; 200,000 when None. A point's answer may
        then depend on the others, within the bounds below.

    Returns
    -------
    tuple of ndarray
        The points in `epsg_to`, (n,). NaN where the input is not finite or lies where the
        projection has no value.

    Raises
    ------
    GeoError
        A CRS is unknown, or x and y differ in shape.

    Notes
    -----
    From `many` points on, PROJ is asked on a lattice over the bulk of the points and bicubic
    interpolation does the rest. Every cell of the lattice is checked against PROJ at its centre,
    where the error is largest; a cell off by more than 1e-6 m (1e-11 degrees) is not used, and its
    points, like those outside the lattice, are projected one by one.
    """
    px, py = np.array(x, dtype=np.float64, order="C"), np.array(y, dtype=np.float64, order="C")
    if px.shape != py.shape:
        raise GeoError(_shapes_differ(px, py))
    if epsg_from == epsg_to:
        _crs(epsg_to)
        return px, py
    if px.size < (_MANY if many is None else many):
        return _one_by_one(px, py, epsg_from, epsg_to)
    flat_x, flat_y = transform_by_lattice(
        px.reshape(-1),
        py.reshape(-1),
        exact=lambda u, v: _one_by_one(u, v, epsg_from, epsg_to),
        tolerance=_MICROMETRE_DEG if _crs(epsg_to).is_geographic else _MICROMETRE,
    )
    return flat_x.reshape(px.shape), flat_y.reshape(px.shape)


def project_geometries(
    geoms: Sequence[Any] | NDArray[Any], *, epsg_from: int, epsg_to: int
) -> NDArray[Any]:
    """
    Move shapes from one coordinate system to another, vertex by vertex.

    Parameters
    ----------
    geoms
        (m,) shapely geometries in `epsg_from`; None stays None.
    epsg_from, epsg_to
        EPSG codes.

    Returns
    -------
    ndarray
        (m,) shapely geometries in `epsg_to`.

    Raises
    ------
    GeoError
        A CRS is unknown, or a vertex has no value in `epsg_to`.
    """
    shapes = np.asarray(geoms, dtype=object)
    xy, owner = shapely.get_coordinates(shapes, return_index=True)
    moved = np.column_stack(transform(xy[:, 0], xy[:, 1], epsg_from=epsg_from, epsg_to=epsg_to))
    lost = np.unique(owner[~np.isfinite(moved).all(axis=1)])
    if lost.size:
        raise GeoError(
            f"projection: {lost.size} of {shapes.size} shapes (first: position {lost[0]}) have a "
            f"vertex without a value in EPSG:{epsg_to}; expected coordinates of EPSG:{epsg_from}. "
            "Correct the datum or EPSG code of the source, or leave these shapes out."
        )
    result: NDArray[Any] = shapely.set_coordinates(shapely.force_2d(shapes), moved)
    return result


def _shapes_differ(x: NDArray[np.float64], y: NDArray[np.float64]) -> str:
    return (
        f"projection: x has shape {x.shape} and y {y.shape}; expected the same shape. "
        "Pass one y for each x."
    )


def _one_by_one(
    x: NDArray[np.float64], y: NDArray[np.float64], epsg_from: int, epsg_to: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    u, v = _transformer(epsg_from, epsg_to).transform(x, y)
    # PROJ takes +inf for "no value", and turns y = -inf into a pole in some projections.
    lost = ~(np.isfinite(x) & np.isfinite(y) & np.isfinite(u) & np.isfinite(v))
    return np.where(lost, np.nan, u), np.where(lost, np.nan, v)


@lru_cache(maxsize=64)
def _crs(epsg: int) -> CRS:
    try:
        return CRS.from_epsg(epsg)
    except CRSError as error:
        raise GeoError(
            f"CRS: EPSG:{epsg} is not known; expected the code of a coordinate reference system. "
            "Look the code up in the EPSG registry and correct the district file."
        ) from error


@lru_cache(maxsize=64)
def _transformer(epsg_from: int, epsg_to: int) -> Transformer:
    return Transformer.from_crs(_crs(epsg_from), _crs(epsg_to), always_xy=True)
