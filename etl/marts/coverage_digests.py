"""What each community's coverage rests on, as one number: the same number, the same coverage."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from etl.marts.context import MartContext
from etl.marts.coverage_cameras import CameraList
from etl.marts.coverage_ground import Ground, Spots
from etl.paths import REFERENCE, ROOT
from geo._boxes import pair_boxes
from geo.outlines import Outlines
from geo.sight import Sight
from geo.viewshed import WallIndex

Hashes = NDArray[np.uint64]
_CODE = (
    "geo/*.py", "etl/marts/coverage*.py", "etl/dictionary/sight.py", "etl/forbidden.py",
    "etl/shapes.py",
)  # fmt: skip
_LIBRARIES = ("duckdb", "numba", "numpy", "pyarrow", "pyproj", "shapely")
_TOGETHER = 1 << 16  # cameras whose buildings are looked for at a time


@dataclass(frozen=True)
class Digests:
    """One number a community and one a camera, in the order of their ids."""

    community: Hashes
    camera: Hashes


def digest_coverage(
    context: MartContext,
    ground: Ground,
    cameras: CameraList,
    sight: Sight,
    walls: WallIndex,
    incidents: Spots,
    gates: Spots,
) -> Digests:
    """Digest all that the coverage of each community and the sight of each camera rest on.

    Parameters
    ----------
    context
        The open build.
    ground, cameras, sight, walls, incidents, gates
        As `etl.marts.coverage` has them; `sight` has the working cameras of the list.

    Returns
    -------
    Digests
        Equal to those of another build when neither the method nor anything within reach differs.

    Notes
    -----
    A camera rests on its own row and the buildings within the square round its reach. A community
    rests on its row, the buildings and points in its box, and the cameras that see as far as its
    box, so a camera beyond the border and what hides it count too. Sets are sums of their members'
    digests, which no order changes.
    """
    con, working = context.con, cameras.working
    method = _method(context, sight, walls)
    house = _digest_shapes(ground.houses)
    rows = con.execute(
        "SELECT hash(camera_id, community_id, station_id, street_id) AS h "
        "FROM core.cameras ORDER BY camera_id"
    ).fetchnumpy()["h"]
    optics = cameras.optics
    camera = _mix(np.asarray(rows, np.uint64), method)
    for values in (
        optics.x, optics.y, optics.bearing_deg, optics.hfov_deg, optics.width_px, optics.range_m,
        optics.night_range_m,
    ):  # fmt: skip
        camera = _mix(camera, _bits(values))
    for texts in (cameras.state, cameras.missing):
        camera = _mix(camera, _codes(texts))
    camera = _mix(camera, cameras.assumed.astype(np.uint64) @ np.array([1, 2], np.uint64))
    r = np.where(sight.farthest_m > 0, sight.farthest_m, np.nan)
    squares = np.column_stack([sight.x - r, sight.y - r, sight.x + r, sight.y + r])
    boxes = ground.houses.bounds()
    for first in range(0, len(working), _TOGETHER):
        part = slice(first, first + _TOGETHER)
        camera[working[part]] = _mix(camera[working[part]], _sum(squares[part], boxes, house))
    bounds = ground.plots.bounds()
    areas = con.execute(
        "SELECT hash(community_id, station_id, street_id, geometry) AS h "
        "FROM core.communities ORDER BY community_id"
    ).fetchnumpy()["h"]
    community = _mix(np.asarray(areas, np.uint64), method)
    community = _mix(community, _sum(bounds, boxes, house))
    community = _mix(community, _sum(bounds, sight.bounds(), camera[working]))
    for spots in (incidents, gates):
        found = _mix(_bits(spots.x), _bits(spots.y))
        found = _mix(found, spots.daypart.astype(np.uint64))
        inside = spots.community >= 0
        own = np.zeros(len(bounds), np.uint64)
        np.add.at(own, spots.community[inside], found[inside])
        place = np.column_stack([spots.x, spots.y, spots.x, spots.y])
        community = _mix(_mix(community, own), _sum(bounds, place, found))
    return Digests(community, camera)


def _method(context: MartContext, sight: Sight, walls: WallIndex) -> Hashes:
    """Digest of the code, the method data, the libraries and the parameters."""
    found = hashlib.sha256(_code())
    district = context.district
    for value in (
        district.coverage_cell_m, district.epsg, sight.levels, sight.reach2.shape[1:],
        walls.west_m, walls.south_m, walls.cell_m,
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
    total = np.concatenate([np.zeros(1, np.uint64), np.cumsum(hashes[rows], dtype=np.uint64)])
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
