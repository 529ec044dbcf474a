"""Columns of shapes (well-known binary) to flat outlines and back, without an object for each."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from geo.outlines import Outlines, outlines_from_wkb, outlines_to_wkb


def bytes_of_column(column: pa.Array) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the bytes of all rows as the column holds them, where each begins, which are there."""
    if len(column) == 0:
        return np.empty(0, np.uint8), np.zeros(1, np.int64), np.empty(0, np.bool_)
    array = column.cast(pa.large_binary())
    offsets = np.frombuffer(array.buffers()[1], np.int64, len(array) + 1, 8 * array.offset)
    data = array.buffers()[2]
    raw = np.empty(0, np.uint8) if data is None else np.frombuffer(data, np.uint8)
    return raw, offsets, np.asarray(array.is_valid())


def outlines_of_column(column: pa.ChunkedArray) -> Outlines:
    """Read a column of shapes from the buffers that hold it; NULL is no shape."""
    if column.num_chunks == 0:
        return outlines_from_wkb(np.empty(0, np.uint8), np.zeros(1, np.int64))
    chunks = [one.cast(pa.large_binary()) for one in column.chunks]
    return outlines_from_wkb(*bytes_of_column(pa.concat_arrays(chunks)))


def column_of_outlines(outlines: Outlines) -> pa.Array:
    """Write shapes as a column."""
    data, offsets = outlines_to_wkb(outlines)
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(data)]
    return pa.Array.from_buffers(pa.large_binary(), len(outlines), buffers)
