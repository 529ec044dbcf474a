"""Sums over each place's neighbours, from a grid, a sparse matrix or neighbour lists."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, issparse

from geo.errors import GeoError
from geo.grid import Floats, Ints, Neighbourhood, offsets
from geo.weights import from_neighbours

Weights: TypeAlias = csr_array | Sequence[Sequence[int]]
# rows and columns to a neighbour, for the rows ``first``, ``first`` + ``every`` and so on
Step: TypeAlias = tuple[int, int, int, int]

# every second row of ``geo.grid.HexGrid`` lies half a cell to the east
HEXAGON_STEPS: tuple[Step, ...] = (
    (0, -1, 0, 1), (0, 1, 0, 1),
    (-1, -1, 0, 2), (-1, 0, 0, 2), (1, -1, 0, 2), (1, 0, 0, 2),
    (-1, 0, 1, 2), (-1, 1, 1, 2), (1, 0, 1, 2), (1, 1, 1, 2),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Places:
    """The places that have a value, with the sums over their neighbours, themselves left out.

    Parameters
    ----------
    x
        Values, shape (n,).
    lag, weight, weight2, weight3
        Sums over neighbours of weight times value, of weights, of their squares and cubes,
        shape (n,).
    count
        Number of neighbours, shape (n,).
    matrix
        The weights, None on a grid (all ones).
    valued
        Where the places stand in the shape that was given.
    """

    x: Floats
    lag: Floats
    weight: Floats
    weight2: Floats
    weight3: Floats
    count: Ints
    matrix: csr_array | None
    valued: NDArray[np.bool_]

    def spread_out(self, result: Floats) -> Floats:
        """Put one figure per place back into the given shape, NaN where there was no value.

        Parameters
        ----------
        result
            Shape (n,).

        Returns
        -------
        Floats
            Shaped like ``valued``.
        """
        out = np.full(self.valued.shape, np.nan)
        out[self.valued] = result
        return out


def gather(
    values: NDArray[np.generic],
    weights: Weights | None,
    shape: tuple[int, int] | None,
    neighbourhood: Neighbourhood,
    radius_cells: float | None,
    *,
    where: str,
) -> Places:
    """Sum over neighbours, however they were described.

    Parameters
    ----------
    values
        Shape (n,) or (rows, columns); NaN is a place without a value.
    weights
        Sparse matrix or neighbour lists; None for a grid.
    shape
        Rows and columns of a grid given flat.
    neighbourhood, radius_cells
        As in ``geo.grid.offsets``, only for grids; ``hexagon`` for the six of a ``HexGrid``.
    where
        Name of the caller for messages.

    Returns
    -------
    Places
        Empty when no place has a value.
    """
    x = np.asarray(values, dtype=np.float64)
    if np.isinf(x).any():
        raise GeoError(
            f"{where}: {int(np.isinf(x).sum())} values are infinite; finite values or NaN were "
            "expected. A rate over no households is NaN, not infinite."
        )
    if weights is not None:
        return _from_matrix(x, weights, where=where)
    grid = shape or (x.shape if x.ndim == 2 else None)
    if grid is None or x.size != grid[0] * grid[1] or x.ndim > 2:
        raise GeoError(
            f"{where}: {x.size} values of shape {x.shape} and grid shape {grid}; a grid of rows * "
            "columns values, or weights, were expected. Pass shape=(rows, columns) or weights=."
        )
    steps: Sequence[Step] = HEXAGON_STEPS
    if neighbourhood != "hexagon" or radius_cells is not None:
        every = offsets(neighbourhood, radius_cells=radius_cells)
        steps = [(int(dr), int(dc), 0, 1) for dr, dc in every]
    return _from_grid(x.reshape(grid), steps, x.shape)


def _from_grid(x: Floats, steps: Sequence[Step], given: tuple[int, ...]) -> Places:
    valued = ~np.isnan(x)
    filled = np.where(valued, x, 0.0)
    lag, count = np.zeros(x.shape), np.zeros(x.shape, np.int64)
    for dr, dc, first, every in steps:
        rows, cols = _overlap(dr, x.shape[0]), _overlap(dc, x.shape[1])
        skip = (first - rows[0].start) % every
        here = slice(rows[0].start + skip, rows[0].stop, every), cols[0]
        there = slice(rows[1].start + skip, rows[1].stop, every), cols[1]
        lag[here] += filled[there]
        count[here] += valued[there]
    n = count[valued]
    degree = n.astype(np.float64)
    return Places(x[valued], lag[valued], degree, degree, degree, n, None, valued.reshape(given))


def _overlap(step: int, length: int) -> tuple[slice, slice]:
    """Give the cells that have a neighbour this many steps on, and those neighbours."""
    first = min(max(0, -step), length)
    last = max(first, length - max(0, step))
    return slice(first, last), slice(first + step, last + step)


def _from_matrix(x: Floats, weights: Weights, *, where: str) -> Places:
    matrix = csr_array(weights) if issparse(weights) else from_neighbours(weights)
    if x.ndim != 1 or matrix.shape != (len(x), len(x)):
        raise GeoError(
            f"{where}: values of shape {x.shape} and weights of shape {matrix.shape}; (n,) and "
            "(n, n) were expected. Give one row of weights for each value."
        )
    entries = matrix.tocoo()
    rows, cols = entries.coords
    bad = ~(np.isfinite(entries.data) & (entries.data >= 0))
    if bad.any():
        raise GeoError(
            f"{where}: {int(bad.sum())} weights are negative or not finite; at least 0 was "
            "expected. Leave out the pairs that are not neighbours."
        )
    valued = ~np.isnan(x)
    keep = (rows != cols) & valued[rows] & valued[cols] & (entries.data > 0)
    number = np.cumsum(valued) - 1
    n = int(valued.sum())
    kept = csr_array((entries.data[keep], (number[rows[keep]], number[cols[keep]])), shape=(n, n))
    lag, weight = kept @ x[valued], kept @ np.ones(n)
    squared = kept.multiply(kept)
    weight2, weight3 = squared @ np.ones(n), squared.multiply(kept) @ np.ones(n)
    count = np.diff(kept.indptr).astype(np.int64)
    return Places(x[valued], lag, weight, weight2, weight3, count, kept, valued)
