"""Square and hexagon grids over a study area.

References
----------
Birch, C. P. D., Oom, S. P., Beecham, J. A. (2007). Rectangular and hexagonal grids used for
observation, experiment and simulation in ecology. Ecological Modelling 206, 347-359.
"""

from dataclasses import dataclass
from math import ceil, floor, sqrt
from typing import Literal

import numpy as np
import shapely
from numpy.typing import NDArray

from geo.errors import GeoError

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bounds = tuple[float, float, float, float]
Neighbourhood = Literal["queen", "rook", "hexagon"]

MAX_CELLS = 50_000_000
CHUNK = 32_768


@dataclass(frozen=True, slots=True)
class SquareGrid:
    """Square cells, row 0 in the south, column 0 in the west, numbered row by row.

    Parameters
    ----------
    x0, y0
        South-west corner, metres.
    cell_m
        Side of a cell, metres, > 0.
    nx, ny
        Columns and rows, each >= 1.
    """

    x0: float
    y0: float
    cell_m: float
    nx: int
    ny: int

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns, as NumPy arrays of the grid are shaped."""
        return self.ny, self.nx

    @property
    def bounds(self) -> Bounds:
        """West, south, east and north edge, metres."""
        east = self.x0 + self.nx * self.cell_m
        return self.x0, self.y0, east, self.y0 + self.ny * self.cell_m

    def cell_of(self, points: Floats) -> Ints:
        """Give each point its cell number, -1 outside; the outer edge belongs to the grid.

        Parameters
        ----------
        points
            Coordinates, metres, shape (n, 2).

        Returns
        -------
        Ints
            Cell numbers, shape (n,).
        """
        xy = as_points(points, where="SquareGrid.cell_of")
        west, south, east, north = self.bounds
        out = np.empty(len(xy), np.int64)
        for first in range(0, len(xy), CHUNK):  # what stays in the processor's memory is fast
            x, y = xy[first : first + CHUNK].T
            col = np.minimum(np.floor((x - west) / self.cell_m), self.nx - 1)
            row = np.minimum(np.floor((y - south) / self.cell_m), self.ny - 1)
            inside = (x >= west) & (x <= east) & (y >= south) & (y <= north)
            out[first : first + CHUNK] = np.where(inside, row * self.nx + col, -1)
        return out

    def centres(self) -> Floats:
        """Give the middle of every cell, metres, shape (nx * ny, 2)."""
        x = self.x0 + (np.arange(self.nx) + 0.5) * self.cell_m
        y = self.y0 + (np.arange(self.ny) + 0.5) * self.cell_m
        return np.column_stack([np.tile(x, self.ny), np.repeat(y, self.nx)])

    def polygons(self) -> NDArray[np.object_]:
        """Give every cell as a polygon, shape (nx * ny,)."""
        c, h = self.centres(), self.cell_m / 2
        boxes = shapely.box(c[:, 0] - h, c[:, 1] - h, c[:, 0] + h, c[:, 1] + h)
        return np.asarray(boxes, dtype=np.object_)


@dataclass(frozen=True, slots=True)
class HexGrid:
    """Pointy-top hexagons; every second row is shifted east by half a cell.

    Parameters
    ----------
    x0, y0
        Centre of the south-western hexagon, metres.
    cell_m
        Width between opposite sides, metres, > 0; the area is 0.866 times its square.
    nx, ny
        Columns and rows, each >= 1.
    """

    x0: float
    y0: float
    cell_m: float
    nx: int
    ny: int

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns, as NumPy arrays of the grid are shaped."""
        return self.ny, self.nx

    @property
    def row_m(self) -> float:
        """Distance between rows, metres."""
        return self.cell_m * sqrt(3) / 2

    def cell_of(self, points: Floats) -> Ints:
        """Give each point the hexagon with the nearest centre, -1 outside the grid.

        Parameters
        ----------
        points
            Coordinates, metres, shape (n, 2).

        Returns
        -------
        Ints
            Cell numbers, shape (n,).
        """
        xy = as_points(points, where="HexGrid.cell_of")
        out = np.empty(len(xy), np.int64)
        for first in range(0, len(xy), CHUNK):  # what stays in the processor's memory is fast
            part = slice(first, first + CHUNK)
            u = (xy[part, 0] - self.x0) / self.cell_m
            v = (xy[part, 1] - self.y0) / self.row_m
            row = np.floor(v + 0.5)
            # within a third of a row of the middle one hexagon is as wide as its row
            out[part] = self._number(u, row)
            slanted = np.flatnonzero(~(np.abs(v - row) < 0.333))
            out[first + slanted] = self._nearest(u[slanted], v[slanted])
        return out

    def _number(self, u: Floats, row: Floats) -> Ints:
        """Give the cell of a row that is nearest, -1 outside."""
        col = np.floor(u - 0.5 * (row % 2) + 0.5)
        inside = (row >= 0) & (row < self.ny) & (col >= 0) & (col < self.nx)
        return np.where(inside, row * self.nx + col, -1.0).astype(np.int64)

    def _nearest(self, u: Floats, v: Floats) -> Ints:
        low = np.floor(v)
        best, nearest = np.full(len(u), -1), np.full(len(u), np.inf)
        for row in (low, low + 1):
            shift = 0.5 * (row % 2)
            away = (u - shift - np.floor(u - shift + 0.5)) ** 2 + 0.75 * (v - row) ** 2
            closer = away < nearest
            best = np.where(closer, self._number(u, row), best)
            nearest = np.where(closer, away, nearest)
        return best

    def centres(self) -> Floats:
        """Give the middle of every hexagon, metres, shape (nx * ny, 2)."""
        row, col = np.divmod(np.arange(self.nx * self.ny), self.nx)
        x = self.x0 + (col + 0.5 * (row % 2)) * self.cell_m
        return np.column_stack([x, self.y0 + row * self.row_m])

    def polygons(self) -> NDArray[np.object_]:
        """Give every hexagon as a polygon, shape (nx * ny,)."""
        angle = np.radians(30 + 60 * np.arange(6))
        ring = np.column_stack([np.cos(angle), np.sin(angle)]) * self.cell_m / sqrt(3)
        return np.asarray(shapely.polygons(self.centres()[:, None, :] + ring), dtype=np.object_)


def square_grid(bounds: Bounds, *, cell_m: float) -> SquareGrid:
    """Lay square cells over a box; the grid may reach past its east and north edge.

    Parameters
    ----------
    bounds
        West, south, east, north, metres.
    cell_m
        Side of a cell, metres, > 0.

    Returns
    -------
    SquareGrid
        At least one cell, starting at the south-west corner of the box.
    """
    west, south, east, north = _checked(bounds, cell_m, where="square_grid")
    nx = max(1, ceil((east - west) / cell_m - 1e-9))
    ny = max(1, ceil((north - south) / cell_m - 1e-9))
    return SquareGrid(west, south, float(cell_m), nx, ny)


def hex_grid(bounds: Bounds, *, cell_m: float) -> HexGrid:
    """Lay hexagons so that every point of a box has one.

    Parameters
    ----------
    bounds
        West, south, east, north, metres.
    cell_m
        Width between opposite sides, metres, > 0.

    Returns
    -------
    HexGrid
        Its first hexagon is centred on the south-west corner of the box.
    """
    west, south, east, north = _checked(bounds, cell_m, where="hex_grid")
    nx = floor((east - west) / cell_m + 0.5) + 1
    ny = ceil((north - south) / (cell_m * sqrt(3) / 2)) + 1
    return HexGrid(west, south, float(cell_m), nx, ny)


def offsets(neighbourhood: Neighbourhood = "queen", *, radius_cells: float | None = None) -> Ints:
    """Give the row and column steps to a cell's neighbours on a square grid, itself left out.

    Parameters
    ----------
    neighbourhood
        ``queen`` (8 around), ``rook`` (4 with a shared side); unused when a radius is given.
    radius_cells
        Every cell whose centre is within this many cell sides.

    Returns
    -------
    Ints
        Steps, shape (k, 2).
    """
    if radius_cells is not None and not 1 <= radius_cells < np.inf:
        raise GeoError(
            f"offsets: radius_cells is {radius_cells}; a finite number of at least 1 was "
            "expected. A smaller radius holds no neighbour: take rook, queen or 1."
        )
    if radius_cells is None and neighbourhood not in ("queen", "rook"):
        raise GeoError(
            f"offsets: neighbourhood is {neighbourhood!r}; queen or rook was expected. "
            "Name one of them, or give radius_cells; hexagons have steps of their own."
        )
    radius = radius_cells or (1.0 if neighbourhood == "rook" else 1.5)
    span = np.arange(-floor(radius), floor(radius) + 1)
    steps = np.array([(r, c) for r in span for c in span if 0 < r * r + c * c <= radius**2])
    return steps.astype(np.int64)


def as_points(points: object, *, where: str) -> Floats:
    """Return coordinates as an (n, 2) float array, or refuse them.

    Parameters
    ----------
    points
        Anything that NumPy reads as n pairs; empty is fine.
    where
        Name of the caller for the message.

    Returns
    -------
    Floats
        Shape (n, 2).
    """
    xy = np.asarray(points, dtype=np.float64)
    if xy.size == 0:
        return np.empty((0, 2))
    if xy.ndim != 2 or xy.shape[1] != 2:
        raise GeoError(
            f"{where}: points have shape {xy.shape}; (n, 2) was expected. Stack x and y columns."
        )
    return xy


def _checked(bounds: Bounds, cell_m: float, *, where: str) -> Bounds:
    west, south, east, north = (float(edge) for edge in bounds)
    if not (np.isfinite([west, south, east, north]).all() and east >= west and north >= south):
        raise GeoError(
            f"{where}: bounds are {bounds}; finite west <= east and south <= north were expected. "
            "Give (west, south, east, north) in metres."
        )
    if not 0 < cell_m < np.inf:
        raise GeoError(f"{where}: cell_m is {cell_m}; more than 0 was expected. Give metres.")
    cells = ((east - west) / cell_m + 1) * ((north - south) / cell_m + 1)
    if cells > MAX_CELLS:
        raise GeoError(
            f"{where}: {cells:.0f} cells; at most {MAX_CELLS} were expected. "
            "Take a larger cell_m or a smaller area."
        )
    return west, south, east, north
