"""What each community's coverage rests on, as one number: the same number, the same coverage."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from etl.marts.context import MartContext
from etl.marts.coverage_cameras import CameraList, read_levels
from etl.marts.coverage_ground import Ground, Spots
from etl.paths import REFERENCE, ROOT
from geo._boxes import pair_boxes
from geo.outlines import Outlines
from geo.viewshed import WallIndex

Hashes = NDArray[np.uint64]
_CODE = (
    "geo/*.py", "etl/marts/coverage*.py", "etl/marts/camera*.py", "etl/dictionary/sight.py",
    "etl/dictionary/cameras.py", "etl/forbidden.py", "etl/shapes.py",
)  # fmt: skip
_LIBRARIES = ("duckdb", "numba", "numpy", "pyarrow", "pyproj", "shapely")
_TOGETHER = 1 << 16  # cameras whose buildings are looked for at a time


_BARE = ("range_m", "status", "installed_on", "legal_basis", "place_type", "height_m")
# what the figures of one camera rest on beside its optics, and the fields it lacks as bits
_ROWS = f"""
SELECT hash(camera_id, community_id, station_id, street_id, status, installed_on, retired_on) AS h,
    {" + ".join(f"({name} IS NULL)::INT * {1 << k}" for k, name in enumerate(_BARE))} AS lacks
FROM core.cameras ORDER BY camera_id
"""
_FAULTS = """
SELECT c.place, hash(f.faulty_from, f.faulty_to) AS h
FROM core.camera_faults f
JOIN (
    SELECT camera_id, row_number() OVER (ORDER BY camera_id) - 1 AS place FROM core.cameras
) c USING (camera_id)
"""


@dataclass(frozen=True)
class Digests:
    """Numbers that stand for all that figures rest on.

    Parameters
    ----------
    community, camera
        One number a community and one a camera, in the order of their ids.
    around
        One a camera: the points it may see, and who else may see them.
    record
        One number: the day of the build and the fields that the list of cameras brings.
    starts, near
        Cameras whose reach meets each community: where they begin, and their rows.
    """

    community: Hashes
    camera: Hashes
    around: Hashes
    record: Hashes
    starts: NDArray[np.int64]
    near: NDArray[np.int64]


def digest_coverage(
    context: MartContext,
    ground: Ground,
    cameras: CameraList,
    boxes: NDArray[np.float64],
    walls: WallIndex,
    points: tuple[tuple[Spots, NDArray[np.int64]], ...],
) -> Digests:
    """Digest all that the figures of each community and each camera rest on.

    Parameters
    ----------
    context
        The open build.
    ground, cameras, walls
        As `etl.marts.coverage` has them.
    boxes
        (cameras, 4) beyond which each sees nothing.
    points
        Incidents and gates, each with what else is known of them.

    Returns
    -------
    Digests
        Equal to those of another build when neither the method nor anything within reach differs.

    Notes
    -----
    A camera rests on its own row, its faults and the buildings within its reach. A community rests
    on its row, the buildings and points in its box, the cameras that stand in it and those whose
    reach meets its box and its points, so a camera beyond the border and what hides it count too,
    and so do those out of use, which are of its history. Sets are sums of their members' digests,
    which no order changes.
    """
    con = context.con
    method = _method(context, walls)
    house = _digest_shapes(ground.houses)
    houses = ground.houses.bounds()
    camera, lacks = _digest_cameras(con, cameras, method)
    for first in range(0, len(camera), _TOGETHER):
        part = slice(first, first + _TOGETHER)
        camera[part] = _mix(camera[part], _sum(boxes[part], houses, house))
    bounds, wide = ground.plots.bounds(), ground.plots.bounds()
    areas = con.execute(
        "SELECT hash(community_id, station_id, street_id, geometry) AS h "
        "FROM core.communities ORDER BY community_id"
    ).fetchnumpy()["h"]
    community = _mix(np.asarray(areas, np.uint64), method)
    community = _mix(community, _sum(bounds, houses, house))
    around = np.zeros(len(camera), np.uint64)
    for spots, more in points:
        found = _mix(_bits(spots.x), _bits(spots.y))
        found = _mix(found, (spots.daypart * 4 + more).astype(np.uint64))
        inside = np.flatnonzero(spots.community >= 0)
        own = np.zeros(len(bounds), np.uint64)
        np.add.at(own, spots.community[inside], found[inside])
        place = np.column_stack([spots.x, spots.y, spots.x, spots.y])
        community = _mix(_mix(community, own), _sum(bounds, place, found))
        for side, wider in enumerate((np.fmin, np.fmin, np.fmax, np.fmax)):
            wider.at(wide[:, side], spots.community[inside], place[inside, side])
        starts, rows = pair_boxes(boxes, place)
        who = found.copy()
        np.add.at(who, rows, np.repeat(camera, np.diff(starts)))
        around = _mix(around, _sum_runs(starts, _mix(found, who)[rows]))
    starts, near = pair_boxes(wide, boxes)
    community = _mix(community, _sum_runs(starts, camera[near]))
    known = np.flatnonzero(cameras.community >= 0)
    standing = np.zeros(len(bounds), np.uint64)
    np.add.at(standing, cameras.community[known], camera[known])
    absent = np.bitwise_and.reduce(lacks[cameras.working], keepdims=True)
    day = np.array([context.as_of.toordinal()], np.uint64)
    record = _mix(_mix(absent.astype(np.uint64), day), method)
    return Digests(_mix(community, standing), camera, around, record, starts, near)


def _digest_cameras(
    con: duckdb.DuckDBPyConnection, cameras: CameraList, method: Hashes
) -> tuple[Hashes, NDArray[np.int64]]:
    """Digest each camera by itself: its row, its optics, its faults; tell the fields it lacks."""
    rows = con.execute(_ROWS).fetchnumpy()
    lacks = np.asarray(rows["lacks"], np.int64)
    camera = _mix(_mix(np.asarray(rows["h"], np.uint64), method), lacks.astype(np.uint64))
    optics = cameras.optics
    for values in (
        optics.x, optics.y, optics.bearing_deg, optics.hfov_deg, optics.width_px, optics.range_m,
        optics.night_range_m,
    ):  # fmt: skip
        camera = _mix(camera, _bits(values))
    for texts in (cameras.state, cameras.missing):
        camera = _mix(camera, _codes(texts))
    camera = _mix(camera, cameras.assumed.astype(np.uint64) @ np.array([1, 2], np.uint64))
    faults = con.execute(_FAULTS).fetchnumpy()
    spells = np.zeros(len(camera), np.uint64)
    np.add.at(spells, np.asarray(faults["place"], np.int64), np.asarray(faults["h"], np.uint64))
    return _mix(camera, spells), lacks


def _method(context: MartContext, walls: WallIndex) -> Hashes:
    """Digest of the code, the method data, the libraries and the parameters."""
    found = hashlib.sha256(_code())
    district = context.district
    for value in (
        district.coverage_cell_m, district.epsg, read_levels(),
        walls.west_m, walls.south_m, walls.wide_m, walls.tall_m,
    ):  # fmt: skip
        found.update(repr(value).encode())
    return np.frombuffer(found.digest()[:8], np.uint64)


@cache
def _code() -> bytes:
    found = hashlib.sha256("".join(version(name) for name in _LIBRARIES).encode())
    files = [one for pattern in _CODE for one in ROOT.glob(pattern)]
    for one in sorted([*files, *REFERENCE.glob("*.toml")]):
        found.update(one.name.encode() + one.read_bytes())
    return found.digest()


def _digest_shapes(shapes: Outlines) -> Hashes:
    """Digest each shape by its vertices in their order."""
    first = shapes.rings[shapes.parts[shapes.shapes]]
    place = np.arange(len(shapes.xy)) - np.repeat(first[:-1], np.diff(first))
    vertex = _mix(_mix(_bits(shapes.xy[:, 0]), _bits(shapes.xy[:, 1])), place.astype(np.uint64))
    total = np.concatenate([np.zeros(1, np.uint64), np.cumsum(vertex, dtype=np.uint64)])
    return _mix(total[first[1:]] - total[first[:-1]], np.zeros(1, np.uint64))


def _sum(areas: NDArray[np.float64], others: NDArray[np.float64], hashes: Hashes) -> Hashes:
    """Sum the digests of what meets each box; sums run over, which does no harm."""
    starts, rows = pair_boxes(areas, others)
    return _sum_runs(starts, hashes[rows])


def _sum_runs(starts: NDArray[np.int64], hashes: Hashes) -> Hashes:
    total = np.concatenate([np.zeros(1, np.uint64), np.cumsum(hashes, dtype=np.uint64)])
    return np.asarray(total[starts[1:]] - total[starts[:-1]])


def _bits(values: NDArray[np.float64]) -> Hashes:
    return np.ascontiguousarray(values, np.float64).view(np.uint64)


def _codes(texts: NDArray[np.object_]) -> Hashes:
    """Digest texts of which there are few, each once."""
    coded = pa.array(texts, pa.string()).dictionary_encode()
    words: list[Any] = coded.dictionary.to_pylist()
    known = [hashlib.sha256((one or "").encode()).digest()[:8] for one in words]
    table = np.frombuffer(b"".join(known), np.uint64)
    return np.asarray(table[np.asarray(coded.indices)] if len(table) else np.empty(0, np.uint64))


def _mix(one: Hashes, other: Hashes) -> Hashes:
    """Stir two lists of numbers into one, so that every bit counts (splitmix64)."""
    z = one * np.uint64(0x9E3779B97F4A7C15) + other + np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(z ^ (z >> np.uint64(31)))


__all__ = ["Digests", "digest_coverage"]
