"""A study area in cells: squares or hexagons that start at whole multiples of their size.

So two maps of neighbouring or overlapping areas with cells of one size share their cells, and a
cell keeps its name from one build to the next.
"""

from dataclasses import dataclass
from math import floor, sqrt
from typing import Literal

import numpy as np
import shapely
from numpy.typing import NDArray

from geo.errors import GeoError
from geo.grid import Floats, HexGrid, Ints, SquareGrid, as_points, hex_grid

CellKind = Literal["square", "hexagon"]
CELL_KINDS: tuple[CellKind, ...] = ("square", "hexagon")


@dataclass(frozen=True, slots=True, eq=False)
class StudyArea:
    """The cells of an area and where its points lie in them.

    Parameters
    ----------
    grid
        The cells; ``grid.shape`` is rows and columns.
    inside
        Cells that belong to the area, shape ``grid.shape``: their middle lies in it, or a point.
    cell
        Cell number of each point, shape (n,).
    """

    grid: SquareGrid | HexGrid
    inside: NDArray[np.bool_]
    cell: Ints

    @property
    def cell_m2(self) -> float:
        """Area of one cell, square metres."""
        part = sqrt(3) / 2 if isinstance(self.grid, HexGrid) else 1.0
        return part * self.grid.cell_m**2

    def names(self, cells: Ints) -> list[str]:
        """Name cells by column and row counted from the origin of the coordinates.

        Parameters
        ----------
        cells
            Cell numbers.

        Returns
        -------
        list[str]
            ``x12y7`` for squares, ``h12r7`` for hexagons.
        """
        a, b = ("h", "r") if isinstance(self.grid, HexGrid) else ("x", "y")
        return [f"{a}{c}{b}{r}" for c, r in zip(*self.numbers(cells), strict=True)]

    def numbers(self, cells: Ints) -> tuple[Ints, Ints]:
        """Give column and row of cells, counted from the origin of the coordinates.

        Parameters
        ----------
        cells
            Cell numbers.

        Returns
        -------
        tuple[Ints, Ints]
            Columns and rows.
        """
        row, col = np.divmod(np.asarray(cells, np.int64), self.grid.nx)
        high = self.grid.row_m if isinstance(self.grid, HexGrid) else self.grid.cell_m
        return col + round(self.grid.x0 / self.grid.cell_m), row + round(self.grid.y0 / high)


def lay_cells(
    shape: shapely.Geometry, points: Floats, *, cell_m: float, kind: CellKind = "square"
) -> StudyArea | None:
    """Lay cells over an area and its points.

    Parameters
    ----------
    shape
        The area, metres; may be empty.
    points
        Points of the area, metres, shape (n, 2); those beyond its outline get cells too.
    cell_m
        Side of a square, or width of a hexagon between opposite sides, metres, > 0.
    kind
        ``square`` or ``hexagon``.

    Returns
    -------
    StudyArea | None
        None when there is neither an area nor a point.
    """
    if kind not in CELL_KINDS:
        raise GeoError(
            f"lay_cells: kind is {kind!r}; square or hexagon was expected. Name one of them."
        )
    xy = as_points(points, where="lay_cells")
    box = [*np.array(shapely.bounds(shape)).reshape(2, 2)] if not shape.is_empty else []
    if len(xy):  # column by column: NumPy takes ten times as long for both at once
        box += [np.array([side(xy[:, 0]), side(xy[:, 1])]) for side in (np.min, np.max)]
    if not box:
        return None
    (west, south), (east, north) = np.min(box, axis=0), np.max(box, axis=0)
    x0 = floor(west / cell_m) * cell_m
    grid: SquareGrid | HexGrid
    if kind == "square":
        y0 = floor(south / cell_m) * cell_m
        nx, ny = floor(east / cell_m) - floor(west / cell_m), floor(north / cell_m)
        grid = SquareGrid(x0, y0, cell_m, nx + 1, ny - floor(south / cell_m) + 1)
    else:
        two_rows = cell_m * sqrt(3)  # an even row comes first: odd ones are shifted
        y0 = floor(south / two_rows) * two_rows
        grid = hex_grid((x0, y0, float(east), float(north)), cell_m=cell_m)
    centres = grid.centres()
    shapely.prepare(shape)
    inside = shapely.contains_xy(shape, centres[:, 0], centres[:, 1])
    cell = grid.cell_of(xy)
    inside[cell] = True
    return StudyArea(grid, inside.reshape(grid.shape), cell)


def cell_bounds(name: str, *, cell_m: float) -> Floats:
    """Give the outline of a cell by its name.

    Parameters
    ----------
    name
        As ``StudyArea.names`` makes it.
    cell_m
        Size of the cells, metres.

    Returns
    -------
    Floats
        Corners, metres, shape (4, 2) for a square and (6, 2) for a hexagon.
    """
    hexagon = name.startswith("h")
    try:
        col, row = (int(one) for one in name[1:].split("r" if hexagon else "y"))
    except ValueError:
        raise GeoError(
            f"cell_bounds: name is {name!r}; x12y7 or h12r7 was expected. Use StudyArea.names."
        ) from None
    if not hexagon:
        corners = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float64)
        return np.asarray((corners + np.array([col, row])) * cell_m, np.float64)
    centre = np.array([col + 0.5 * (row % 2), row * sqrt(3) / 2])
    angle = np.radians(30 + 60 * np.arange(6))
    return np.asarray((centre + np.column_stack([np.cos(angle), np.sin(angle)]) / sqrt(3)) * cell_m)
