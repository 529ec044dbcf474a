"""How much open ground cameras can recognise a person on, by pixel density, day and night.

References
----------
IEC 62676-4 (2014), EN 62676-4 (2015). Video surveillance systems for use in security
applications, part 4: application guidelines.
Huang, C.-F. & Tseng, Y.-C. (2005). The coverage problem in a wireless sensor network. Mobile
Networks and Applications 10(4), 519-528 (k-coverage).
"""

import itertools
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray

from geo._blind import label_patches, trace_patches
from geo._raster import ground_mask, see_cells
from geo._walls import WallIndex, index_walls, walls_by_polygon
from geo.errors import GeoError
from geo.sight import DAYPARTS, Cameras, Sight, look

__all__ = [
    "DAYPARTS",
    "BlindSpots",
    "Cameras",
    "CityCoverage",
    "Coverage",
    "cover_city",
    "coverage",
]

STRIP_M = 5.0
MOST_CELLS = 1 << 19
SMALLEST_BLIND_M2 = 20.0
BLOCK_M = 50.0


@dataclass(frozen=True, slots=True, eq=False)
class BlindSpots:
    """Connected open ground that no camera of known bearing sees, at one level and daypart.

    Where little is seen all blind ground hangs together, so it is cut along a lattice of 50 m:
    pieces that can be ranked, walked to and given a camera. Pieces under 20 m² are left out.

    Parameters
    ----------
    community
        (n,) row of the community.
    level, daypart
        (n,) rows in the levels and in `DAYPARTS`.
    geometry
        (n,) polygons, made of whole cells, metres.
    area_m2
        (n,) their area.
    n_points
        (n, k) how many points of each of the k kinds given lie in it.
    """

    community: NDArray[np.int64]
    level: NDArray[np.int64]
    daypart: NDArray[np.int64]
    geometry: NDArray[np.object_]
    area_m2: NDArray[np.float64]
    n_points: NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class CityCoverage:
    """Coverage of many communities; areas in square metres.

    Parameters
    ----------
    levels
        Names of the levels in the order of the last axis, coarsest first.
    cell_m
        (n,) cell size used: the one asked for, doubled until a community has half a million cells.
    open_m2, strip_m2
        (n,) ground outside buildings; of it within 5 m of the boundary.
    seen_m2, seen_twice_m2, seen_thrice_m2
        (n, 2, l) open ground seen by at least 1, 2, 3 cameras, by daypart (day, night) and level.
    possible_m2
        (n, 2, l) open ground that only cameras of unknown bearing could see.
    strip_seen_m2
        (n, 2, l) of the strip, seen.
    unique_m2
        (cameras, 2, l) open ground of the communities that this camera alone sees.
    blind
        Blind spots of the levels and dayparts asked for.
    """

    levels: tuple[str, ...]
    cell_m: NDArray[np.float64]
    open_m2: NDArray[np.float64]
    strip_m2: NDArray[np.float64]
    seen_m2: NDArray[np.float64]
    seen_twice_m2: NDArray[np.float64]
    seen_thrice_m2: NDArray[np.float64]
    possible_m2: NDArray[np.float64]
    strip_seen_m2: NDArray[np.float64]
    unique_m2: NDArray[np.float64]
    blind: BlindSpots


@dataclass(frozen=True, slots=True, eq=False)
class Coverage:
    """Coverage of one community.

    Parameters
    ----------
    levels
        Names of the levels, coarsest first.
    open_m2
        Ground outside buildings.
    seen_fraction, k2_fraction, k3_fraction, possible_fraction
        (2, l) shares of open ground by daypart (day, night) and level; NaN without open ground.
    blind
        Blind spots at every level and daypart.
    """

    levels: tuple[str, ...]
    open_m2: float
    seen_fraction: NDArray[np.float64]
    k2_fraction: NDArray[np.float64]
    k3_fraction: NDArray[np.float64]
    possible_fraction: NDArray[np.float64]
    blind: BlindSpots


def coverage(
    area: Any,
    walls: ArrayLike | WallIndex,
    cameras: Cameras,
    *,
    cell_m: float = 1.0,
    levels_px_per_m: dict[str, float],
    buildings: object = (),
) -> Coverage:
    """Coverage of one community.

    Parameters
    ----------
    area
        Its polygon or multipolygon, metres.
    walls
        (m, 4) walls that block sight, metres, or a WallIndex.
    cameras
        Working cameras; those of unknown bearing count as possible coverage alone.
    cell_m
        Size of the cells, metres. A share is off by at most the cells on the outlines of the
        wedges; at 1 m that is under 1 % of a wedge of 17 m.
    levels_px_per_m
        Name and pixel density of each level.
    buildings
        Footprints, which are not open ground.

    Returns
    -------
    Coverage
        Without cameras nothing is seen and all open ground is blind.

    Raises
    ------
    GeoError
        As `cover_city`.
    """
    sight = look(cameras, index_walls(walls), levels_px_per_m=levels_px_per_m)
    wanted = [(level, part) for part in DAYPARTS for level in sight.levels]
    city = cover_city([area], buildings, sight, cell_m=cell_m, blind=wanted)

    def share(part: NDArray[np.float64]) -> NDArray[np.float64]:
        ground = city.open_m2[0]
        return part[0] / ground if ground > 0 else np.full(part[0].shape, np.nan)

    return Coverage(
        sight.levels,
        float(city.open_m2[0]),
        share(city.seen_m2),
        share(city.seen_twice_m2),
        share(city.seen_thrice_m2),
        share(city.possible_m2),
        city.blind,
    )


def cover_city(
    communities: Sequence[Any] | NDArray[np.object_],
    buildings: object,
    sight: Sight,
    *,
    cell_m: float = 1.0,
    blind: Sequence[tuple[str, str]] = (),
    points: Sequence[tuple[ArrayLike, ArrayLike]] = (),
    n_threads: int = 1,
    tell: Callable[[int], None] | None = None,
) -> CityCoverage:
    """Coverage of every community of a city.

    Parameters
    ----------
    communities
        (n,) polygons or multipolygons, metres.
    buildings
        Footprints, metres; none means that all ground is open.
    sight
        What the cameras see, from `geo.sight.look`.
    cell_m
        Size of the cells, metres, from 0.05 to 100.
    blind
        Levels and dayparts whose blind spots are wanted, as ("recognise", "night").
    points
        Kinds of points (x, y), metres, to count in blind spots: incidents, gates.
    n_threads
        Threads; the result is the same for any number.
    tell
        Called with the number of communities done, in order.

    Returns
    -------
    CityCoverage
        In the order of the communities.

    Raises
    ------
    GeoError
        A community that is not a polygon, a cell size out of its range, an unknown level or
        daypart.

    Notes
    -----
    A cell counts when its centre does. Cells lie on one lattice through (0, 0), so neighbours
    share it.
    """
    areas = _check_areas(communities)
    wanted = _check_blind(blind, sight.levels, cell_m)
    lots = _Lots(areas, buildings, sight, points)

    def cover(i: int) -> "_Part":
        return _cover_one(lots, i, cell_m, wanted)

    parts: list[_Part] = []
    with ThreadPoolExecutor(max(1, n_threads)) as pool:
        work = (
            pool.map(cover, range(len(areas))) if n_threads > 1 else map(cover, range(len(areas)))
        )
        for part in work:
            parts.append(part)
            if tell is not None:
                tell(len(parts))
    return _gather(parts, sight, len(points))


@dataclass(slots=True, eq=False)
class _Part:
    """What is known of one community."""

    cell: float
    totals: NDArray[np.int64]
    n_open: int
    n_strip: int
    cameras: NDArray[np.int64]
    unique: NDArray[np.int64]
    blind: list[tuple[int, int, NDArray[np.object_], NDArray[np.float64], NDArray[np.int64]]] = (
        field(default_factory=list)
    )


class _Lots:
    """Everything near each community, found at once."""

    def __init__(
        self,
        areas: NDArray[np.object_],
        buildings: object,
        sight: Sight,
        points: Sequence[tuple[ArrayLike, ArrayLike]],
    ) -> None:
        self.sight = sight
        self.bounds = shapely.bounds(areas)
        self.edges = walls_by_polygon(areas)
        self.inner = walls_by_polygon(shapely.buffer(areas, -STRIP_M))
        houses = np.atleast_1d(np.asarray(buildings, dtype=object)).ravel()
        houses = houses[~(shapely.is_missing(houses) | shapely.is_empty(houses))]
        self.walls = walls_by_polygon(houses)
        self.houses = _pairs(areas, houses)
        r = np.where(sight.farthest_m > 0, sight.farthest_m, 0.0)
        boxes = shapely.box(sight.x - r, sight.y - r, sight.x + r, sight.y + r)
        self.cameras = _pairs(areas, boxes)
        self.points = [
            (np.asarray(px, float), np.asarray(py, float), _pairs(areas, shapely.points(px, py)))
            for px, py in points
        ]

    def outlines(self, i: int) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """Edges of the community, of its inside beyond the strip, and of its buildings."""
        wanted = [(self.edges, i), (self.inner, i), *((self.walls, h) for h in self.houses[i])]
        pieces = [edges[starts[row] : starts[row + 1]] for (edges, starts), row in wanted]
        starts = np.concatenate([[0], np.cumsum([len(piece) for piece in pieces])])
        return np.concatenate(pieces), starts.astype(np.int64)


def _pairs(areas: NDArray[np.object_], others: NDArray[np.object_]) -> list[NDArray[np.int64]]:
    """Rows of the others whose bounding box meets each area's, in order."""
    if not len(others) or not len(areas):
        return [np.empty(0, np.int64) for _ in areas]
    left, right = shapely.STRtree(others).query(areas)
    order = np.lexsort((right, left))
    cuts = np.searchsorted(left[order], np.arange(len(areas) + 1))
    rows = right[order]
    return [rows[a:b] for a, b in itertools.pairwise(cuts)]


def _cover_one(lots: _Lots, i: int, cell_m: float, wanted: list[tuple[int, int]]) -> _Part:
    sight = lots.sight
    shape = sight.reach2.shape[1:]
    west, south, east, north = lots.bounds[i]
    if not np.isfinite(west):
        nothing = np.empty(0, np.int64)
        return _Part(
            cell_m, np.zeros((*shape, 5), np.int64), 0, 0, nothing, np.zeros((0, *shape), np.int64)
        )
    cell = cell_m
    while (east - west) / cell * ((north - south) / cell) > MOST_CELLS:
        cell *= 2
    west, south = np.floor(west / cell) * cell, np.floor(south / cell) * cell
    nx = int(np.ceil((east - west) / cell)) + 1
    ny = int(np.ceil((north - south) / cell)) + 1
    edges, starts = lots.outlines(i)
    mask = ground_mask(edges, starts, west, south, cell, nx, ny)
    near = lots.cameras[i]
    totals, n_open, n_strip, unique, seen = see_cells(
        mask, west, south, cell, near, sight.x, sight.y, sight.known,
        sight.views.vertices_xy, sight.views.offsets, sight.reach2, sight.farthest_m,
    )  # fmt: skip
    part = _Part(cell, totals, n_open, n_strip, near, unique)
    spots = [(px[rows[i]], py[rows[i]]) for px, py, rows in lots.points]
    for level, daypart in wanted:
        bit = np.uint16(1 << (daypart * shape[1] + level))
        least = max(1, int(np.ceil(SMALLEST_BLIND_M2 / cell**2)))
        block = max(1, round(BLOCK_M / cell))
        row_shift, col_shift = round(south / cell) % block, round(west / cell) % block
        labels, sizes = label_patches(mask, seen, bit, least, block, row_shift, col_shift)
        if len(sizes):
            geometry = _outline(labels, len(sizes), west, south, cell)
            counts = [_count_in(labels, len(sizes), x, y, west, south, cell) for x, y in spots]
            stacked = np.column_stack(counts) if counts else np.zeros((len(sizes), 0), np.int64)
            part.blind.append((level, daypart, geometry, sizes * cell**2, stacked))
    return part


def _outline(
    labels: NDArray[np.int32], n: int, west: float, south: float, cell: float
) -> NDArray[np.object_]:
    """Patches as polygons with holes."""
    corners, starts, owners, areas = trace_patches(labels)
    xy = corners * cell + np.array([west, south])
    ring_of = np.repeat(np.arange(len(owners)), np.diff(starts))
    rings = shapely.linearrings(xy, indices=ring_of)
    shells = np.empty(n, dtype=object)
    shells[owners[areas > 0] - 1] = rings[areas > 0]
    holes = rings[areas < 0]
    order = np.argsort(owners[areas < 0], kind="stable")
    shapes = shapely.polygons(shells)
    holed = np.unique(owners[areas < 0])
    by_owner = owners[areas < 0][order]
    for owner in holed:
        shapes[owner - 1] = shapely.polygons(
            shells[owner - 1], holes=holes[order][by_owner == owner]
        )
    return np.asarray(shapes)


def _count_in(
    labels: NDArray[np.int32],
    n: int,
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    west: float,
    south: float,
    cell: float,
) -> NDArray[np.int64]:
    """Points in the cells of each patch."""
    col = np.floor((x - west) / cell).astype(np.int64)
    row = np.floor((y - south) / cell).astype(np.int64)
    ok = (col >= 0) & (row >= 0) & (col < labels.shape[1]) & (row < labels.shape[0])
    return np.bincount(labels[row[ok], col[ok]], minlength=n + 1)[1:]


def _gather(parts: list[_Part], sight: Sight, n_kinds: int) -> CityCoverage:
    shape = sight.reach2.shape[1:]
    cell = np.array([part.cell for part in parts], dtype=np.float64)
    per_cell = cell**2
    totals = np.array([part.totals for part in parts], float).reshape(len(parts), *shape, 5)
    totals *= per_cell[:, None, None, None]
    unique = np.zeros((len(sight.x), *shape))
    for part in parts:
        unique[part.cameras] += part.unique * part.cell**2
    found = [(i, *spot) for i, part in enumerate(parts) for spot in part.blind]
    sizes = [len(spot[3]) for spot in found]
    blind = BlindSpots(
        np.repeat([spot[0] for spot in found], sizes).astype(np.int64),
        np.repeat([spot[1] for spot in found], sizes).astype(np.int64),
        np.repeat([spot[2] for spot in found], sizes).astype(np.int64),
        np.concatenate([np.empty(0, object), *(spot[3] for spot in found)]),
        np.concatenate([np.empty(0), *(spot[4] for spot in found)]),
        np.concatenate([np.empty((0, n_kinds), np.int64), *(spot[5] for spot in found)]),
    )
    return CityCoverage(
        sight.levels,
        cell,
        np.array([part.n_open for part in parts]) * per_cell,
        np.array([part.n_strip for part in parts]) * per_cell,
        totals[..., 0], totals[..., 1], totals[..., 2], totals[..., 3], totals[..., 4],
        unique,
        blind,
    )  # fmt: skip


def _check_areas(communities: Sequence[Any] | NDArray[np.object_]) -> NDArray[np.object_]:
    areas = np.empty(len(communities), dtype=object)
    areas[:] = list(communities)
    kinds = shapely.get_type_id(areas)
    polygonal = (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON)
    wrong = np.flatnonzero(~np.isin(kinds, polygonal))
    if wrong.size:
        raise GeoError(
            f"cover_city: {wrong.size} of {len(areas)} communities are not polygons, the first is "
            f"row {wrong[0]}: {areas[wrong[0]]!r}; polygons in metres were expected. "
            "Leave out communities without an area."
        )
    return areas


def _check_blind(
    blind: Sequence[tuple[str, str]], levels: tuple[str, ...], cell_m: float
) -> list[tuple[int, int]]:
    if not 0.05 <= cell_m <= 100:
        raise GeoError(
            f"cover_city: cell_m is {cell_m}; 0.05 to 100 m was expected. "
            "Choose about a tenth of the shortest reach."
        )
    unknown = [pair for pair in blind if pair[0] not in levels or pair[1] not in DAYPARTS]
    if unknown:
        raise GeoError(
            f"cover_city: blind spots of {unknown} were asked for; levels {list(levels)} and "
            f"dayparts {list(DAYPARTS)} were expected. Name one of each."
        )
    return [(levels.index(level), DAYPARTS.index(part)) for level, part in blind]
