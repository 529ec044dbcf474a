"""The nearest of many points, by a grid searched in rings.

References
----------
Bentley, J. L., Weide, B. W. & Yao, A. C. (1980). Optimal expected-time algorithms for closest
point problems. ACM Transactions on Mathematical Software 6(4), 563-580.
"""

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from geo._kernels import kernel
from geo._threads import run_in_chunks
from geo.errors import GeoError

_EACH = 2.0  # points in a cell, on average
_CHUNK = 1 << 15


def nearest(
    x: ArrayLike, y: ArrayLike, *, of_x: ArrayLike, of_y: ArrayLike
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Find the nearest of some points for each of others.

    Parameters
    ----------
    x, y
        (n,) places that ask, metres.
    of_x, of_y
        (m,) points to be found, metres.

    Returns
    -------
    tuple of ndarray
        (n,) row of the nearest point, the smaller where two are as near, -1 when there is none to
        find; and the distance, metres, NaN then.

    Raises
    ------
    GeoError
        x and y of different lengths, or places that are not finite.
    """
    px, py, qx, qy = (
        np.ascontiguousarray(np.asarray(one, np.float64).ravel()) for one in (x, y, of_x, of_y)
    )
    if len(px) != len(py) or len(qx) != len(qy):
        raise GeoError(
            f"nearest: {len(px)} x and {len(py)} y, of {len(qx)} x and {len(qy)} y; as many of "
            "both were expected. Pass pairs."
        )
    if not all(np.isfinite(one).all() for one in (px, py, qx, qy)):
        raise GeoError(
            "nearest: places that are not finite; metres were expected. Leave out points without "
            "a place."
        )
    row, far = np.full(len(px), -1, np.int64), np.full(len(px), np.nan)
    if not len(qx):
        return row, far
    west, south = float(qx.min()), float(qy.min())
    width, depth = float(qx.max()) - west, float(qy.max()) - south
    most = max(width, depth, 1e-6)
    size = max(math.sqrt(max(width * depth, 1e-12) * _EACH / len(qx)), most / len(qx), most / 4096)
    nx, ny = int(width // size) + 1, int(depth // size) + 1
    cx = np.minimum((qx - west) / size, nx - 1).astype(np.int64)
    cy = np.minimum((qy - south) / size, ny - 1).astype(np.int64)
    order = np.argsort(cy * nx + cx, kind="stable")
    starts = np.concatenate([[0], np.cumsum(np.bincount(cy * nx + cx, minlength=nx * ny))])

    def work(first: int, beyond: int) -> None:
        _search(px, py, qx, qy, order, starts, west, south, size, nx, ny, row, far, first, beyond)

    run_in_chunks(work, len(px), chunk=_CHUNK)
    return row, far


@kernel
def _search(  # type: ignore[no-untyped-def]
    px, py, qx, qy, order, starts, west, south, size, nx, ny, row, far, first, beyond
):
    """Look into rings of cells round each place until no further cell can hold a nearer point."""
    for i in range(first, beyond):
        cx = min(max(math.floor((px[i] - west) / size), 0.0), nx - 1.0)
        cy = min(max(math.floor((py[i] - south) / size), 0.0), ny - 1.0)
        col, line, best, found, ring = int(cx), int(cy), math.inf, -1, 0
        while ring <= max(nx, ny):
            # what is left lies beyond a side of the square searched, unless the grid ends there
            left = math.inf
            if col - ring >= 0:
                left = min(left, px[i] - west - (col - ring + 1) * size)
            if col + ring < nx:
                left = min(left, west + (col + ring) * size - px[i])
            if line - ring >= 0:
                left = min(left, py[i] - south - (line - ring + 1) * size)
            if line + ring < ny:
                left = min(left, south + (line + ring) * size - py[i])
            if found >= 0 and max(left, 0.0) ** 2 > best:
                break
            for r in range(max(line - ring, 0), min(line + ring, ny - 1) + 1):
                edge = r == line - ring or r == line + ring
                step = 1 if edge or ring == 0 else 2 * ring
                for c in range(col - ring, col + ring + 1, step):
                    if not 0 <= c < nx:
                        continue
                    for k in range(starts[r * nx + c], starts[r * nx + c + 1]):
                        j = order[k]
                        d2 = (qx[j] - px[i]) ** 2 + (qy[j] - py[i]) ** 2
                        if d2 < best or (d2 == best and j < found):
                            best, found = d2, j
            ring += 1
        row[i], far[i] = found, math.sqrt(best)
