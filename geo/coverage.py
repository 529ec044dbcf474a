"""How much open ground cameras can recognise a person on, by pixel density, day and night.

References
----------
IEC 62676-4 (2014), EN 62676-4 (2015). Video surveillance systems for use in security
applications, part 4: application guidelines.
Huang, C.-F. & Tseng, Y.-C. (2005). The coverage problem in a wireless sensor network. Mobile
Networks and Applications 10(4), 519-528 (k-coverage).
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray

from geo._lots import Lots, cover_lots, gather_lots
from geo._walls import WallIndex, index_walls
from geo.errors import GeoError
from geo.outlines import Outlines, join_outlines, outlines_of
from geo.sight import DAYPARTS, Cameras, Sight, look

__all__ = [
    "DAYPARTS",
    "BlindSpots",
    "Cameras",
    "CityCoverage",
    "Coverage",
    "cover_city",
    "cover_in_parts",
    "coverage",
]


_TOGETHER = 64  # communities that one thread takes at a time


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
    outlines
        (n,) their outlines, metres: made of whole cells, or smooth where that was asked for.
    area_m2
        (n,) area of their cells.
    n_points
        (n, k) how many points of each of the k kinds given lie in it.
    x, y
        (n,) a point inside the outline, metres.
    """

    community: NDArray[np.int64]
    level: NDArray[np.int64]
    daypart: NDArray[np.int64]
    outlines: Outlines
    area_m2: NDArray[np.float64]
    n_points: NDArray[np.int64]
    x: NDArray[np.float64]
    y: NDArray[np.float64]

    @property
    def geometry(self) -> NDArray[np.object_]:
        """Outlines as shapely polygons, made anew at every call."""
        return self.outlines.polygons()


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
    communities: Sequence[Any] | NDArray[np.object_] | Outlines,
    buildings: object,
    sight: Sight,
    *,
    cell_m: float = 1.0,
    blind: Sequence[tuple[str, str]] = (),
    points: Sequence[tuple[ArrayLike, ArrayLike]] = (),
    smooth_cells: float = 0.0,
    n_threads: int = 1,
    tell: Callable[[int], None] | None = None,
) -> CityCoverage:
    """Coverage of every community of a city.

    Parameters
    ----------
    communities
        (n,) polygons or multipolygons, metres, of shapely or as Outlines.
    buildings
        Footprints, metres, likewise; none means that all ground is open.
    sight
        What the cameras see, from `geo.sight.look`.
    cell_m
        Size of the cells, metres, from 0.05 to 100.
    blind
        Levels and dayparts whose blind spots are wanted, as ("recognise", "night").
    points
        Kinds of points (x, y), metres, to count in blind spots: incidents, gates.
    smooth_cells
        How far the outlines of blind spots may leave the steps of the cells, in cells, 0 to 1:
        0 keeps every step; 0.7 leaves about half of the vertices.
    n_threads
        Threads; the result is the same for any number.
    tell
        Called with the number of communities done, in order.

    Returns
    -------
    CityCoverage
        In the order of the communities. What is told of one does not depend on the others.

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
    parts = cover_in_parts(
        communities, buildings, sight, cell_m=cell_m, blind=blind, points=points,
        smooth_cells=smooth_cells, n_threads=n_threads, tell=tell, together=len(communities) or 1,
    )  # fmt: skip
    return next(parts)


def cover_in_parts(
    communities: Sequence[Any] | NDArray[np.object_] | Outlines,
    buildings: object,
    sight: Sight,
    *,
    cell_m: float = 1.0,
    blind: Sequence[tuple[str, str]] = (),
    points: Sequence[tuple[ArrayLike, ArrayLike]] = (),
    smooth_cells: float = 0.0,
    n_threads: int = 1,
    tell: Callable[[int], None] | None = None,
    together: int = 8192,
) -> Iterator[CityCoverage]:
    """Coverage of a city in parts, so that its blind spots need not fit in memory.

    Parameters
    ----------
    communities, buildings, sight, cell_m, blind, points, smooth_cells, n_threads, tell
        As `cover_city`.
    together
        Communities in one part.

    Yields
    ------
    CityCoverage
        Of the first `together` communities, of the next ones, and so on; one part when there are
        none. Its unique ground is that within its communities: sum it over the parts.

    Raises
    ------
    GeoError
        As `cover_city`.
    """
    areas = _check_areas(communities)
    wanted = _check_blind(blind, sight.levels, cell_m, smooth_cells)
    lots = gather_lots(areas, outlines_of(buildings), sight, points)

    def cover(span: tuple[int, int]) -> Any:
        return cover_lots(
            lots, sight, *span, cell_m=cell_m, wanted=wanted, n_kinds=len(points),
            smooth_cells=smooth_cells,
        )  # fmt: skip

    done = 0
    with ThreadPoolExecutor(max(1, n_threads)) as pool:
        for begin in range(0, max(len(areas), 1), together):
            end = min(begin + together, len(areas))
            spans = [(k, min(k + _TOGETHER, end)) for k in range(begin, end, _TOGETHER)]
            found = []
            for part in pool.map(cover, spans) if n_threads > 1 else map(cover, spans):
                found.append(part)
                if tell is not None:
                    for k in range(len(part[0])):
                        tell(done + k + 1)
                done += len(part[0])
            yield _gather(found or [cover((0, 0))], sight, lots, begin, end)


def _gather(found: list[Any], sight: Sight, lots: Lots, begin: int, end: int) -> CityCoverage:
    cell, totals, ground, pairs, patches = (
        np.concatenate([part[k] for part in found]) for k in range(5)
    )
    per_cell = cell**2
    sums = totals * per_cell[:, None, None, None]
    unique = np.zeros((len(sight.x), *sight.reach2.shape[1:]))
    starts = lots.camera_starts[begin : end + 1]
    of_pair = np.repeat(per_cell, np.diff(starts))
    near = lots.cameras[starts[0] : starts[-1]]
    np.add.at(unique, near, pairs * of_pair[:, None, None])
    community, part, level = patches[:, :3].T.astype(np.int64)
    community -= begin
    blind = BlindSpots(
        community, level, part, join_outlines([_outlines(one) for one in found]),
        patches[:, 3] * per_cell[community], patches[:, 6:].astype(np.int64),
        patches[:, 4], patches[:, 5],
    )  # fmt: skip
    return CityCoverage(
        sight.levels,
        cell,
        ground[:, 0] * per_cell,
        ground[:, 1] * per_cell,
        sums[..., 0], sums[..., 1], sums[..., 2], sums[..., 3], sums[..., 4],
        unique,
        blind,
    )  # fmt: skip


def _outlines(part: Any) -> Outlines:
    """Outlines of one part, a polygon to each patch."""
    rings, parts = (np.concatenate([np.zeros(1, np.int64), part[k]]) for k in (6, 7))
    return Outlines(part[5], rings, parts, np.arange(len(parts), dtype=np.int64))


def _check_areas(communities: Sequence[Any] | NDArray[np.object_] | Outlines) -> Outlines:
    if isinstance(communities, Outlines):
        return communities
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
    return outlines_of(areas)


def _check_blind(
    blind: Sequence[tuple[str, str]], levels: tuple[str, ...], cell_m: float, smooth_cells: float
) -> NDArray[np.int64]:
    if not 0.05 <= cell_m <= 100:
        raise GeoError(
            f"cover_city: cell_m is {cell_m}; 0.05 to 100 m was expected. "
            "Choose about a tenth of the shortest reach."
        )
    if not 0.0 <= smooth_cells <= 1.0:
        raise GeoError(
            f"cover_city: smooth_cells is {smooth_cells}; 0 to 1 was expected. Choose 0.6."
        )
    unknown = [pair for pair in blind if pair[0] not in levels or pair[1] not in DAYPARTS]
    if unknown:
        raise GeoError(
            f"cover_city: blind spots of {unknown} were asked for; levels {list(levels)} and "
            f"dayparts {list(DAYPARTS)} were expected. Name one of each."
        )
    rows = [(levels.index(level), DAYPARTS.index(part)) for level, part in blind]
    return np.array(rows, np.int64).reshape(-1, 2)
