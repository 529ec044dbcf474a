"""Lay a grid over polygons and fill it on all cores."""

from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from geo._grid import cut_rows, write_records
from geo._threads import n_threads, run_in_chunks

_CELLS_PER_POLYGON, _CELLS_PER_VERTEX = 160, 4
_MIN_CELLS, _MAX_CELLS = 1 << 12, 1 << 23
_MAX_BOXES = 1 << 27  # cells in all bounding boxes: what filling the grid may cost


def lay_grid(xy: NDArray[np.float64], geoms: NDArray[Any]) -> tuple[NDArray[np.float64], int, int]:
    """
    Choose how many cells the polygons are cut into.

    Parameters
    ----------
    xy
        (n, 2) all vertices.
    geoms
        (m,) the polygons.

    Returns
    -------
    tuple
        x_min, y_min, cells per unit in x and in y; columns; rows.
    """
    if len(xy) == 0:
        return np.array([0.0, 0.0, 1.0, 1.0]), 1, 1
    low, high = xy.min(axis=0), xy.max(axis=0)
    span = np.maximum(high - low, 1e-9 * np.maximum(1.0, np.abs(high)))
    boxes = shapely.bounds(geoms)
    share = np.nansum(np.prod((boxes[:, 2:] - boxes[:, :2]) / span, axis=1))
    n = max(_CELLS_PER_POLYGON * len(geoms), _CELLS_PER_VERTEX * len(xy), _MIN_CELLS)
    n = int(min(n, _MAX_CELLS, _MAX_BOXES / max(share, 1.0)))
    nx = int(np.clip(np.sqrt(n * span[0] / span[1]), 1, max(n, 1)))
    ny = max(n // nx, 1)
    # A hair more than the span, so that the largest coordinate still falls in the last cell.
    return np.array([low[0], low[1], nx / (span[0] * 1.000001), ny / (span[1] * 1.000001)]), nx, ny


def fill_grid(
    xy: NDArray[np.float64],
    rings: NDArray[np.int64],
    parts: NDArray[np.int64],
    frame: NDArray[np.float64],
    nx: int,
    ny: int,
) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
    """
    Cut the polygons into cells, one band of rows on each core.

    Parameters
    ----------
    xy, rings, parts
        Vertices, first vertex of each ring, first ring of each polygon (and one past the last).
    frame, nx, ny
        As `lay_grid` chose them.

    Returns
    -------
    tuple of ndarray
        Cells and records, as `geo._grid.look_up` takes them.
    """
    cells, head = np.full((ny, nx), -1, np.int32), np.full((ny, nx), -1, np.int32)
    n_spans, n_touches, n_window = _bounds(xy, rings, parts, frame)
    n_bands = min(n_threads(), ny)
    edge = np.linspace(0, ny, n_bands + 1).astype(np.int64)
    cut: list[tuple[Any, ...]] = [()] * n_bands

    def cut_band(b: int, _: int) -> None:
        # Memory that is not written is not used: these are upper bounds.
        rows = edge[b : b + 2]
        entries, edges = np.empty((n_touches, 4), np.int32), np.empty(n_touches, np.int32)
        sizes = cut_rows(
            xy, rings, parts, frame, rows, cells[rows[0] : rows[1]], head[rows[0] : rows[1]],
            np.empty((n_spans, 4), np.int32), entries, edges,
            np.zeros(n_window, np.int32), np.zeros(n_window, np.int8),
        )  # fmt: skip
        cut[b] = (entries, edges, *sizes)

    run_in_chunks(cut_band, n_bands, chunk=1)
    at = np.cumsum([0] + [6 * (n_entries + n_edges) for _, _, n_entries, n_edges in cut])
    records = np.empty(at[-1])

    def write_band(b: int, _: int) -> None:
        rows = edge[b : b + 2]
        entries, edges, n_entries, n_edges = cut[b]
        write_records(
            xy, frame, rows, cells[rows[0] : rows[1]], head[rows[0] : rows[1]],
            entries, n_entries, edges, n_edges, records, int(at[b]),
        )  # fmt: skip

    run_in_chunks(write_band, n_bands, chunk=1)
    return cells, records


def _bounds(
    xy: NDArray[np.float64],
    rings: NDArray[np.int64],
    parts: NDArray[np.int64],
    frame: NDArray[np.float64],
) -> tuple[int, int, int]:
    """Most rows of one polygon's edges, most cells all edges touch, most cells of one's box."""
    if len(xy) == 0:
        return 0, 0, 0
    cell = ((xy - frame[:2]) * frame[2:]).astype(np.int64)
    columns, rows = np.abs(np.diff(cell, axis=0)).T + 1
    joints = rings[1:-1] - 1  # from the end of one ring to the start of the next: no edge
    rows[joints] = columns[joints] = 0
    # A padded line touches at most two cells more per row; a nearly level one its box.
    touches = np.where(rows <= 2, rows * columns, columns + 3 * rows)
    first = rings[parts[:-1]][np.diff(parts) > 0]
    spans = np.add.reduceat(np.append(rows, 0), first)
    box = np.maximum.reduceat(cell, first) - np.minimum.reduceat(cell, first) + 1
    return int(spans.max()), int(touches.sum()), int(box.prod(axis=1).max())
