"""Shapes of a Shapefile to well-known binary, by its index; nothing in it is believed unchecked.

References
----------
.. [1] Esri (1998). ESRI Shapefile Technical Description. White paper, July 1998.
"""

from __future__ import annotations

import struct
from itertools import pairwise

import numpy as np
import pyarrow as pa
import shapely

from etl.errors import SourceError
from etl.readers import wkb

_CODE, _HEADER = 9994, 100
_POINTS, _LINES, _POLYGONS, _MULTIPOINTS = (1, 11, 21), (3, 13, 23), (5, 15, 25), (8, 18, 28)
UNREADABLE = b""
MOST_NESTED = 200


def read_offsets(shp: bytes, shx: bytes, label: str) -> np.ndarray:
    """Return where the content of each shape begins and ends, shape (n, 2).

    Raises
    ------
    SourceError
        When either file is cut off, or the index points outside the shapes.
    """
    for data, name in ((shp, ".shp"), (shx, ".shx")):
        if len(data) < _HEADER or struct.unpack_from(">i", data, 0)[0] != _CODE:
            raise _damaged(label, f"a {name} without its header")
        (words,) = struct.unpack_from(">i", data, 24)
        if len(data) < 2 * words:
            raise _damaged(label, f"{len(data):,} of {2 * words:,} bytes of the {name}")
    n = (len(shx) - _HEADER) // 8
    index = np.frombuffer(shx, ">i4", 2 * n, _HEADER).reshape(n, 2).astype(np.int64) * 2
    begin = index[:, 0] + 8
    end = begin + index[:, 1]
    if n and (begin.min() < _HEADER + 8 or end.max() > len(shp) or (end < begin + 4).any()):
        raise _damaged(label, "an index that points outside the shapes")
    return np.column_stack((begin, end))


def _damaged(label: str, found: str) -> SourceError:
    return SourceError(
        f"{label}: {found}; expected a whole Shapefile. Export the layer again; perhaps the copy "
        "had not finished."
    )


def to_wkb(shp: bytes, offsets: np.ndarray) -> pa.Array:
    """Return shapes as WKB in two dimensions; null where a record has none.

    Parameters
    ----------
    shp
        Bytes of the .shp file.
    offsets
        Begin and end of each content, shape (n, 2).

    Returns
    -------
    pyarrow.BinaryArray
        One value a record; empty bytes where the record cannot be read.
    """
    data = np.frombuffer(shp, np.uint8)
    begin = offsets[:, 0]
    kinds = _gather(data, begin, 4).view("<i4").ravel()
    long_enough = offsets[:, 1] - begin >= 20
    if len(kinds) and np.isin(kinds, _POINTS).all() and long_enough.all():
        return _points(_gather(data, begin + 4, 16))
    view = memoryview(shp)
    return pa.array(
        [_shape(view[first:last], int(kind)) for (first, last), kind in zip(offsets, kinds)],  # noqa: B905
        pa.binary(),
    )


def _gather(data: np.ndarray, begin: np.ndarray, width: int) -> np.ndarray:
    return np.ascontiguousarray(data[begin[:, None] + np.arange(width)])


def _points(pairs: np.ndarray) -> pa.Array:
    n = len(pairs)
    cells = np.empty((n, 21), np.uint8)
    cells[:, :5] = np.frombuffer(struct.pack("<BI", 1, wkb.POINT), np.uint8)
    cells[:, 5:] = pairs
    ends = np.arange(0, 21 * (n + 1), 21, dtype=np.int32)
    return pa.Array.from_buffers(
        pa.binary(), n, [None, pa.py_buffer(ends), pa.py_buffer(cells.tobytes())]
    )


def _shape(content: memoryview, kind: int) -> bytes | None:
    """Return one record's shape, None for a null shape, empty bytes for what cannot be read."""
    if kind == 0:
        return None
    try:
        if kind in _POINTS:
            return struct.pack("<BI", 1, wkb.POINT) + _slice(content, 4, 16)
        if kind in _MULTIPOINTS:
            (n,) = struct.unpack_from("<I", content, 36)
            point = struct.pack("<BI", 1, wkb.POINT)
            body = _slice(content, 40, 16 * n)
            parts = (point + body[at : at + 16] for at in range(0, len(body), 16))
            return struct.pack("<BII", 1, wkb.MULTIPOINT, n) + b"".join(parts)
        if kind in _LINES or kind in _POLYGONS:
            rings = _rings(content)
            return _polygons(rings) if kind in _POLYGONS else _lines(rings)
    except struct.error:
        pass
    return UNREADABLE


def _slice(content: memoryview, begin: int, size: int) -> bytes:
    if begin + size > len(content):
        raise struct.error("cut off")
    return bytes(content[begin : begin + size])


def _rings(content: memoryview) -> list[bytes]:
    """Return the points of each part, 16 bytes a point."""
    n_parts, n_points = struct.unpack_from("<II", content, 36)
    if n_parts > len(content) or n_points > len(content):
        raise struct.error("more parts than bytes")
    starts = [*struct.unpack_from(f"<{n_parts}I", content, 44), n_points]
    body = _slice(content, 44 + 4 * n_parts, 16 * n_points)
    if any(last < first for first, last in pairwise(starts)):
        raise struct.error("parts out of order")
    return [body[16 * a : 16 * b] for a, b in pairwise(starts)]


def _lines(parts: list[bytes]) -> bytes:
    lines = (struct.pack("<BII", 1, wkb.LINE, len(one) // 16) + one for one in parts)
    return struct.pack("<BII", 1, wkb.MULTILINE, len(parts)) + b"".join(lines)


def _polygons(rings: list[bytes]) -> bytes:
    groups = [rings] if len(rings) <= 1 else _group(rings)
    polygons = [
        struct.pack("<BII", 1, wkb.POLYGON, len(group))
        + b"".join(struct.pack("<I", len(one) // 16) + one for one in group)
        for group in groups
    ]
    if len(polygons) == 1:
        return polygons[0]
    return struct.pack("<BII", 1, wkb.MULTIPOLYGON, len(polygons)) + b"".join(polygons)


def _group(rings: list[bytes]) -> list[list[bytes]]:
    """Group rings into polygons: clockwise ones are shells, each hole goes to its smallest shell.

    A hole that no shell holds is a shell drawn the wrong way round. When no ring is clockwise, the
    writer did not heed the rule, and rings that lie inside an even number of others are shells.
    """
    points = [np.frombuffer(one, "<f8").reshape(-1, 2) for one in rings]
    areas = np.array([_signed_area(one) for one in points])
    outlines = [_outline(one) for one in points]
    shells = [k for k, area in enumerate(areas) if area < 0] or _even(outlines, np.abs(areas))
    by_size = sorted(shells, key=lambda k: abs(areas[k]))
    groups: dict[int, list[bytes]] = {k: [rings[k]] for k in shells}
    for k in sorted(set(range(len(rings))) - set(shells)):
        larger = (s for s in by_size if abs(areas[s]) > abs(areas[k]))
        owner = next((s for s in larger if _holds(outlines[s], outlines[k])), None)
        if owner is None:
            groups[k] = [rings[k]]
        else:
            groups[owner].append(rings[k])
    return list(groups.values())


def _even(outlines: list[shapely.Polygon | None], sizes: np.ndarray) -> list[int]:
    """Return rings that lie inside an even number of larger ones (all, when there are many)."""
    if len(outlines) > MOST_NESTED:
        return list(range(len(outlines)))
    depth = [
        sum(sizes[s] > sizes[k] and _holds(shell, hole) for s, shell in enumerate(outlines))
        for k, hole in enumerate(outlines)
    ]
    return [k for k, n in enumerate(depth) if n % 2 == 0]


def _signed_area(ring: np.ndarray) -> float:
    """Return twice the signed area, positive when counter-clockwise."""
    x, y = (ring - ring[:1]).T if len(ring) else (ring[:, 0], ring[:, 1])
    return float(np.sum(x[:-1] * y[1:] - x[1:] * y[:-1]))


def _outline(ring: np.ndarray) -> shapely.Polygon | None:
    closed = len(ring) >= 4 and np.isfinite(ring).all()
    return shapely.make_valid(shapely.Polygon(ring)) if closed else None


def _holds(shell: shapely.Polygon | None, hole: shapely.Polygon | None) -> bool:
    if shell is None or hole is None or hole.is_empty:
        return False
    return bool(shell.covers(shapely.point_on_surface(hole)))
