"""Who neighbours whom: binary weights of grids, points and polygons as sparse matrices.

References
----------
Cliff, A. D., Ord, J. K. (1981). Spatial Processes: Models and Applications. Pion, pp. 17-19
(rook and queen contiguity, distance bands).
"""

from collections.abc import Sequence

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.spatial import cKDTree

from geo.errors import GeoError
from geo.grid import Floats, HexGrid, Neighbourhood, as_points, offsets


def contiguity(
    shape: tuple[int, int],
    *,
    neighbourhood: Neighbourhood = "queen",
    radius_cells: float | None = None,
) -> csr_array:
    """Give the binary weights of a square grid as a sparse matrix.

    Parameters
    ----------
    shape
        Rows and columns.
    neighbourhood, radius_cells
        As in ``offsets``.

    Returns
    -------
    csr_array
        Ones for neighbours, zero diagonal, shape (rows * columns, rows * columns).
    """
    ny, nx = shape
    row, col = np.divmod(np.arange(ny * nx), nx)
    rows, cols = [], []
    for dr, dc in offsets(neighbourhood, radius_cells=radius_cells):
        ok = (row + dr >= 0) & (row + dr < ny) & (col + dc >= 0) & (col + dc < nx)
        rows.append(np.flatnonzero(ok))
        cols.append((row[ok] + dr) * nx + col[ok] + dc)
    return _binary(np.concatenate(rows), np.concatenate(cols), ny * nx)


def distance_band(points: Floats, *, radius_m: float) -> csr_array:
    """Give the binary weights of points at most a distance apart.

    Parameters
    ----------
    points
        Coordinates, metres, shape (n, 2).
    radius_m
        Largest distance of neighbours, metres, > 0.

    Returns
    -------
    csr_array
        Ones for neighbours, zero diagonal, shape (n, n).
    """
    xy = as_points(points, where="distance_band")
    if not radius_m > 0:
        raise GeoError(
            f"distance_band: radius_m is {radius_m}; more than 0 was expected. Give metres."
        )
    pairs = cKDTree(xy).query_pairs(radius_m, output_type="ndarray")
    rows, cols = np.concatenate([pairs, pairs[:, ::-1]]).T
    return _binary(rows, cols, len(xy))


def adjacency(polygons: Sequence[object] | NDArray[np.object_], *, gap_m: float = 0) -> csr_array:
    """Give the binary weights of polygons that touch, or nearly do.

    Parameters
    ----------
    polygons
        Shapely polygons in metres, n of them.
    gap_m
        Widest gap still counted as touching, metres: communities face each other over a street.

    Returns
    -------
    csr_array
        Ones for neighbours, zero diagonal, shape (n, n); a polygon alone has an empty row.
    """
    shapes = np.asarray(polygons, dtype=np.object_)
    rows, cols = shapely.STRtree(shapes).query(shapes, predicate="dwithin", distance=gap_m)
    apart = rows != cols
    return _binary(rows[apart], cols[apart], len(shapes))


def from_neighbours(neighbours: Sequence[Sequence[int]]) -> csr_array:
    """Turn neighbour lists into binary weights.

    Parameters
    ----------
    neighbours
        For each place the numbers, from 0, of its neighbours.

    Returns
    -------
    csr_array
        Ones for neighbours, shape (n, n).
    """
    n = len(neighbours)
    rows = np.repeat(np.arange(n), [len(row) for row in neighbours])
    cols = np.array([j for row in neighbours for j in row], dtype=np.int64)
    if len(cols) and (cols.min() < 0 or cols.max() >= n):
        raise GeoError(
            f"from_neighbours: neighbour numbers run {cols.min()} to {cols.max()}; 0 to {n - 1} "
            "was expected. Subtract 1 when the lists count from 1."
        )
    return _binary(rows, cols, n)


def hex_contiguity(grid: HexGrid) -> csr_array:
    """Give the binary weights of hexagons that share a side.

    Parameters
    ----------
    grid
        From ``geo.grid.hex_grid``.

    Returns
    -------
    csr_array
        Ones for neighbours, zero diagonal, shape (cells, cells).
    """
    return distance_band(grid.centres(), radius_m=1.01 * grid.cell_m)


def _binary(rows: NDArray[np.integer], cols: NDArray[np.integer], n: int) -> csr_array:
    weights = csr_array((np.ones(len(rows)), (rows, cols)), shape=(n, n))
    weights.sum_duplicates()
    weights.data[:] = 1.0
    return weights
