"""Columns of shapes (well-known binary) to flat outlines and back, without an object for each."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from geo.outlines import Outlines, outlines_from_wkb, outlines_to_wkb


def outlines_of_column(column: pa.ChunkedArray) -> Outlines:
    """Read a column of shapes from the buffers that hold it; NULL is no shape."""
    if column.num_chunks == 0:
        return outlines_from_wkb(np.empty(0, np.uint8), np.zeros(1, np.int64))
    array = pa.concat_arrays([one.cast(pa.large_binary()) for one in column.chunks])
    offsets = np.frombuffer(array.buffers()[1], np.int64, len(array) + 1, 8 * array.offset)
    data = array.buffers()[2]
    return outlines_from_wkb(
        np.empty(0, np.uint8) if data is None else np.frombuffer(data, np.uint8),
        offsets,
        np.asarray(array.is_valid()),
    )


def column_of_outlines(outlines: Outlines) -> pa.Array:
    """Write shapes as a column."""
    data, offsets = outlines_to_wkb(outlines)
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(data)]
    return pa.Array.from_buffers(pa.large_binary(), len(outlines), buffers)
