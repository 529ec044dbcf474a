"""Boxes that meet boxes, by a uniform grid.

References
----------
Franklin, W. R. and others (1989). Uniform grids: a technique for intersection detection on
serial and parallel machines. Proceedings of Auto-Carto 9, 100-109.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

MOST_CELLS = 1 << 22
SAMPLE = 1024


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


@njit(cache=True, nogil=True)
def _cells(box, west, south, size, nx, ny):  # type: ignore[no-untyped-def]
    """First and last column and row that a box meets, none when it lies outside the grid."""
    x0, y0 = (box[0] - west) / size, (box[1] - south) / size
    x1, y1 = (box[2] - west) / size, (box[3] - south) / size
    if not (x0 < nx and y0 < ny and x1 >= 0.0 and y1 >= 0.0):
        return 0, -1, 0, -1
    return int(max(x0, 0.0)), int(min(x1, nx - 1.0)), int(max(y0, 0.0)), int(min(y1, ny - 1.0))


@njit(cache=True, nogil=True)
def _file_boxes(boxes, west, south, size, nx, ny):  # type: ignore[no-untyped-def]
    """File each box in every grid cell it meets."""
    starts = np.zeros(nx * ny + 1, np.int64)
    filed = np.empty(0, np.int64)
    for step in range(2):
        if step == 1:
            for c in range(nx * ny):
                starts[c + 1] += starts[c]
            filed = np.empty(starts[nx * ny], np.int64)
            place = starts.copy()
        for i in range(len(boxes)):
            cx0, cx1, cy0, cy1 = _cells(boxes[i], west, south, size, nx, ny)
            for cy in range(cy0, cy1 + 1):
                for cx in range(cx0, cx1 + 1):
                    c = cy * nx + cx
                    if step == 0:
                        starts[c + 1] += 1
                    else:
                        filed[place[c]] = i
                        place[c] += 1
    return starts, filed


@njit(cache=True, nogil=True)
def _meet(areas, others, cell_starts, filed, west, south, size, nx, ny):  # type: ignore[no-untyped-def]
    """Count, then list, the pairs; each is found once, in the cell of its south-west corner."""
    starts = np.zeros(len(areas) + 1, np.int64)
    rows = np.empty(0, np.int64)
    for step in range(2):
        if step == 1:
            for i in range(len(areas)):
                starts[i + 1] += starts[i]
            rows = np.empty(starts[len(areas)], np.int64)
            place = starts.copy()
        for k in range(len(others)):
            box = others[k]
            cx0, cx1, cy0, cy1 = _cells(box, west, south, size, nx, ny)
            for cy in range(cy0, cy1 + 1):
                for cx in range(cx0, cx1 + 1):
                    c = cy * nx + cx
                    for f in range(cell_starts[c], cell_starts[c + 1]):
                        i = filed[f]
                        area = areas[i]
                        if (
                            box[0] > area[2]
                            or box[2] < area[0]
                            or box[1] > area[3]
                            or box[3] < area[1]
                        ):
                            continue
                        x = max(box[0], area[0])
                        y = max(box[1], area[1])
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
