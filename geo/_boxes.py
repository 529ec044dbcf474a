"""Boxes that meet boxes, by a uniform grid.

References
----------
Franklin, W. R. and others (1989). Uniform grids: a technique for intersection detection on
serial and parallel machines. Proceedings of Auto-Carto 9, 100-109.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from geo._kernels import ZERO, ints, kernel, no_ints, piece

MOST_CELLS = 1 << 22
SAMPLE = 1024


class BoxGrid(NamedTuple):
    """Boxes filed in every cell of a grid that they meet.

    Parameters
    ----------
    starts
        (nx * ny + 1,) first entry of each cell, row after row from the south-west.
    rows
        Rows of the boxes of each cell.
    west_m, south_m, cell_m
        Corner and cell size of the grid, metres.
    nx, ny
        Cells in each direction.
    """

    starts: NDArray[np.int64]
    rows: NDArray[np.int64]
    west_m: float
    south_m: float
    cell_m: float
    nx: int
    ny: int


def file_boxes(boxes: NDArray[np.float64], cell_m: float) -> BoxGrid:
    """File boxes, west, south, east, north in metres, of which there is one at least."""
    west, south = boxes[:, :2].min(axis=0)
    width, depth = boxes[:, 2:].max(axis=0) - (west, south)
    nx, ny = int(width // cell_m) + 1, int(depth // cell_m) + 1
    starts, rows = _file_boxes(boxes, west, south, cell_m, nx, ny)
    return BoxGrid(starts, rows, west, south, cell_m, nx, ny)


def pair_boxes(
    areas: NDArray[np.float64], others: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rows of the other boxes that meet or touch each area's box, in order.

    Parameters
    ----------
    areas, others
        (n, 4) and (m, 4) west, south, east, north, metres; NaN meets nothing.

    Returns
    -------
    tuple of ndarray
        (n + 1,) where the rows of each area begin, and the rows.
    """
    there = np.isfinite(areas).all(axis=1)
    if not there.any() or not len(others):
        return np.zeros(len(areas) + 1, np.int64), np.empty(0, np.int64)
    west, south = areas[there, :2].min(axis=0)
    width, depth = areas[there, 2:].max(axis=0) - (west, south)
    some = areas[there][:: max(1, int(there.sum()) // SAMPLE)]  # any cells give the same pairs
    usual = np.median(some[:, 2:] - some[:, :2], axis=0).max()
    size = float(max(usual, 1.0, np.sqrt(width * depth / MOST_CELLS), max(width, depth) / 1e6))
    nx, ny = int(width // size) + 1, int(depth // size) + 1
    places = _file_boxes(areas, west, south, size, nx, ny)
    starts, rows = _meet(areas, np.ascontiguousarray(others), *places, west, south, size, nx, ny)
    return starts, rows


@piece
def _cells(boxes, i, west, south, size, nx, ny):  # type: ignore[no-untyped-def]
    """First and last column and row that a box meets, none when it lies outside the grid."""
    x0, y0 = (boxes[i, 0] - west) / size, (boxes[i, 1] - south) / size
    x1, y1 = (boxes[i, 2] - west) / size, (boxes[i, 3] - south) / size
    if not (x0 < nx and y0 < ny and x1 >= 0.0 and y1 >= 0.0):
        return 0, -1, 0, -1
    return int(max(x0, 0.0)), int(min(x1, nx - 1.0)), int(max(y0, 0.0)), int(min(y1, ny - 1.0))


@kernel
def _file_boxes(boxes, west, south, size, nx, ny):  # type: ignore[no-untyped-def]
    """File each box in every grid cell it meets."""
    starts, place, filed = no_ints(nx * ny + 1), ints(nx * ny), ints(ZERO)
    for step in range(2):
        if step == 1:
            for c in range(nx * ny):
                starts[c + 1] += starts[c]
                place[c] = starts[c]
            filed = ints(starts[nx * ny])
        for i in range(len(boxes)):
            cx0, cx1, cy0, cy1 = _cells(boxes, i, west, south, size, nx, ny)
            for cy in range(cy0, cy1 + 1):
                for cx in range(cx0, cx1 + 1):
                    c = cy * nx + cx
                    if step == 0:
                        starts[c + 1] += 1
                    else:
                        filed[place[c]] = i
                        place[c] += 1
    return starts, filed


@kernel
def _meet(areas, others, cell_starts, filed, west, south, size, nx, ny):  # type: ignore[no-untyped-def]
    """Count, then list, the pairs; each is found once, in the cell of its south-west corner."""
    starts, place, rows = no_ints(len(areas) + 1), ints(len(areas)), ints(ZERO)
    for step in range(2):
        if step == 1:
            for i in range(len(areas)):
                starts[i + 1] += starts[i]
                place[i] = starts[i]
            rows = ints(starts[len(areas)])
        for k in range(len(others)):
            x0, y0, x1, y1 = others[k, 0], others[k, 1], others[k, 2], others[k, 3]
            cx0, cx1, cy0, cy1 = _cells(others, k, west, south, size, nx, ny)
            for cy in range(cy0, cy1 + 1):
                for cx in range(cx0, cx1 + 1):
                    c = cy * nx + cx
                    for f in range(cell_starts[c], cell_starts[c + 1]):
                        i = filed[f]
                        ax, ay = areas[i, 0], areas[i, 1]
                        if x0 > areas[i, 2] or x1 < ax or y0 > areas[i, 3] or y1 < ay:
                            continue
                        x, y = max(x0, ax), max(y0, ay)
                        if min(int((x - west) / size), nx - 1) != cx:
                            continue
                        if min(int((y - south) / size), ny - 1) != cy:
                            continue
                        if step == 0:
                            starts[i + 1] += 1
                        else:
                            rows[place[i]] = k
                            place[i] += 1
    return starts, rows
