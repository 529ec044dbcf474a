"""What each camera sees, by daypart and pixel density: the common ground of all coverage figures.

References
----------
IEC 62676-4 (2014), EN 62676-4 (2015). Video surveillance systems for use in security
applications, part 4: application guidelines.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray

from geo._boxes import BoxGrid, file_boxes
from geo._raster import see_points
from geo._walls import WallIndex, index_walls
from geo.errors import GeoError
from geo.optics import reach_m
from geo.outlines import Outlines, join_outlines, outlines_of
from geo.viewshed import ARC_VERTICES, LONGEST_REACH_M, Views, viewsheds

DAYPARTS = ("day", "night")
IN_FRONT_M = 0.1
_MARGIN_M = 0.2  # a point counts as seen from 0.1 m before it
_CIRCUMSCRIBED = 1 / np.cos(np.pi / ARC_VERTICES)


@dataclass(frozen=True, slots=True, eq=False)
class Cameras:
    """Working cameras, one row each.

    Parameters
    ----------
    x, y
        (n,) positions outside buildings, metres.
    bearing_deg
        (n,) degrees clockwise from north; NaN where unknown.
    hfov_deg
        (n,) degrees in (0, 360]; at 360 the bearing may be unknown.
    width_px
        (n,) width of the picture, pixels.
    range_m, night_range_m
        (n,) farthest useful distance by day and by night, metres; NaN where pixel density alone
        limits it, 0 where it sees nothing.
    """

    x: NDArray[np.float64]
    y: NDArray[np.float64]
    bearing_deg: NDArray[np.float64]
    hfov_deg: NDArray[np.float64]
    width_px: NDArray[np.float64]
    range_m: NDArray[np.float64]
    night_range_m: NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Sight:
    """What cameras see.

    Parameters
    ----------
    levels
        Names of the levels, coarsest first.
    x, y
        (n,) positions, metres.
    known
        (n,) whether the bearing is known.
    reach2
        (n, 2, l) squared reach by daypart and level, square metres; -1 where nothing is seen.
    farthest_m
        (n,) largest reach, 0 where nothing is seen.
    views
        Outlines at the largest reach, arcs drawn just outside the circle: a point is seen when
        the outline holds it and its distance is within reach.
    """

    levels: tuple[str, ...]
    x: NDArray[np.float64]
    y: NDArray[np.float64]
    known: NDArray[np.bool_]
    reach2: NDArray[np.float64]
    farthest_m: NDArray[np.float64]
    views: Views

    def active(self) -> NDArray[np.int64]:
        """Return the rows of the cameras of known bearing that see anything."""
        return np.flatnonzero(
            self.known & (self.farthest_m > 0) & (np.diff(self.views.offsets) > 0)
        )

    def bounds(self) -> NDArray[np.float64]:
        """Return (n, 4) west, south, east, north of what each camera sees, NaN for nothing."""
        box, begins = np.full((len(self.x), 4), np.nan), self.views.offsets[:-1]
        some = np.flatnonzero((np.diff(self.views.offsets) > 0) & (self.farthest_m > 0))
        if some.size:
            # a stretch runs to the next one that is asked for: between them nothing is seen
            xy = self.views.vertices_xy[: self.views.offsets[some[-1] + 1]]
            shown = np.flatnonzero(np.diff(self.views.offsets[: some[-1] + 2]) > 0)
            box[shown, :2] = np.minimum.reduceat(xy, begins[shown])
            box[shown, 2:] = np.maximum.reduceat(xy, begins[shown])
            box[~(self.farthest_m > 0)] = np.nan
        return box


def reaches_m(cameras: Cameras, levels_px_per_m: dict[str, float]) -> NDArray[np.float64]:
    """Reach of each camera by daypart and level.

    Parameters
    ----------
    cameras
        The cameras.
    levels_px_per_m
        Name and pixel density of each level.

    Returns
    -------
    ndarray
        (n, 2, l) metres, levels in the order given: the distance at which the picture still holds
        the density, no farther than the range of the daypart. Night is never longer than day.

    Raises
    ------
    GeoError
        Optics that `geo.optics.reach_m` refuses.
    """
    density = np.array(list(levels_px_per_m.values()), dtype=np.float64)
    sharp = reach_m(cameras.width_px[:, None], cameras.hfov_deg[:, None], density[None, :])
    day = np.fmin(sharp, cameras.range_m[:, None])
    night = np.fmin(day, cameras.night_range_m[:, None])
    return np.stack([day, night], axis=1)


def reach_boxes(cameras: Cameras, *, levels_px_per_m: dict[str, float]) -> NDArray[np.float64]:
    """Boxes beyond which cameras see nothing, whatever stands in their way.

    Parameters
    ----------
    cameras
        The cameras.
    levels_px_per_m
        Name and pixel density of each level.

    Returns
    -------
    ndarray
        (n, 4) west, south, east, north, metres, of the wedge at the farthest reach; of the whole
        circle where the bearing is unknown; NaN where nothing is seen.

    Raises
    ------
    GeoError
        Optics that `geo.optics.reach_m` refuses.
    """
    reach = np.minimum(reaches_m(cameras, levels_px_per_m), LONGEST_REACH_M)
    far = reach.max(axis=(1, 2)) * _CIRCUMSCRIBED if len(reach) else np.zeros(0)
    far = np.where(far > 0, far, np.nan)
    half = np.where(np.isfinite(cameras.bearing_deg), np.minimum(cameras.hfov_deg, 360) / 2, 180.0)
    bearing = np.nan_to_num(cameras.bearing_deg)
    ends = np.radians(np.stack([bearing - half, bearing + half]))
    box = np.empty((len(far), 4))
    for k, (across, middle) in enumerate(((np.sin, 90.0), (np.cos, 0.0))):
        side = across(ends)
        low, high = np.minimum(side.min(axis=0), 0.0), np.maximum(side.max(axis=0), 0.0)
        # an outermost direction within the wedge reaches to the full
        high[np.abs(np.mod(bearing - middle + 180, 360) - 180) <= half] = 1.0
        low[np.abs(np.mod(bearing - middle, 360) - 180) <= half] = -1.0
        at = (cameras.x, cameras.y)[k]
        box[:, k], box[:, 2 + k] = at + low * far - _MARGIN_M, at + high * far + _MARGIN_M
    return box


def look(
    cameras: Cameras,
    walls: ArrayLike | WallIndex,
    *,
    levels_px_per_m: dict[str, float],
    wanted: NDArray[np.bool_] | None = None,
    n_threads: int = 1,
) -> Sight:
    """Compute what each camera sees.

    Parameters
    ----------
    cameras
        Working cameras, outside buildings.
    walls
        (m, 4) walls, metres, or a WallIndex.
    levels_px_per_m
        Name and pixel density of each level; at most eight.
    wanted
        (n,) which cameras to look through, all when None; the others have their reach but no view.
    n_threads
        Threads; the result is the same for any number.

    Returns
    -------
    Sight
        Cameras in the order given, levels from the coarsest to the finest.

    Raises
    ------
    GeoError
        Values out of their range, columns of different lengths, or too many levels.
    """
    n = len(cameras.x)
    _check(cameras, levels_px_per_m)
    levels = dict(sorted(levels_px_per_m.items(), key=lambda item: item[1]))
    reach = np.minimum(reaches_m(cameras, levels), LONGEST_REACH_M)
    farthest = reach.max(axis=(1, 2)) if n else np.zeros(0)
    known = np.isfinite(cameras.bearing_deg) | (cameras.hfov_deg >= 360)
    some = slice(None) if wanted is None else np.flatnonzero(wanted)
    bearing = np.where(known & np.isfinite(cameras.bearing_deg), cameras.bearing_deg, 0.0)
    views = viewsheds(
        cameras.x[some],
        cameras.y[some],
        index_walls(walls),
        range_m=np.maximum(farthest, 0.01)[some] * _CIRCUMSCRIBED,
        bearing_deg=bearing[some],
        hfov_deg=np.where(known, cameras.hfov_deg, 360.0)[some],
        n_threads=n_threads,
    )
    if wanted is not None:
        views = _among(views, wanted)
    squared = np.where(reach > 0, reach**2, -1.0)
    x, y = _plain(cameras.x), _plain(cameras.y)
    return Sight(tuple(levels), x, y, known, squared, farthest, views)


def _among(views: Views, wanted: NDArray[np.bool_]) -> Views:
    """Lay the views of some cameras out among all: the others have none."""
    place = np.concatenate([[0], np.cumsum(wanted)])
    areas, apexes = np.zeros(len(wanted)), np.zeros(len(wanted), views.apexes.dtype)
    areas[wanted], apexes[wanted] = views.areas_m2, views.apexes
    return Views(views.vertices_xy, views.offsets[place], areas, apexes)


def see(sight: Sight, x: ArrayLike, y: ArrayLike, *, n_threads: int = 1) -> NDArray[np.bool_]:
    """Whether each point is seen by a camera of known bearing.

    Parameters
    ----------
    sight
        What the cameras see.
    x, y
        (n,) points, metres; NaN is not seen.
    n_threads
        Threads; the result is the same for any number.

    Returns
    -------
    ndarray
        (n, 2, l) by daypart and level. The line of sight is tested, not a grid, up to 0.1 m in
        front of the point: a gate on a façade is seen from before it, a point inside a building
        never.

    Raises
    ------
    GeoError
        x and y of different lengths.
    """
    px, py = _plain(x), _plain(y)
    if len(px) != len(py):
        raise GeoError(
            f"see: {len(px)} x and {len(py)} y; as many of both were expected. Pass pairs."
        )
    bits = np.zeros(len(px), np.uint16)
    active = sight.active()
    n_parts, n_levels = sight.reach2.shape[1:]
    if len(active):
        grid = _file_reaches(sight, active)
        near = active[grid.rows]
        cuts = np.linspace(0, len(px), max(1, n_threads) * 4 + 1).astype(int)

        def run(k: int) -> None:
            see_points(
                px, py, grid.starts, near, grid.west_m, grid.south_m, grid.cell_m, grid.nx,
                grid.ny, sight.x, sight.y, sight.known, sight.views.vertices_xy,
                sight.views.offsets, sight.reach2, sight.farthest_m, IN_FRONT_M, bits,
                cuts[k], cuts[k + 1],
            )  # fmt: skip

        with ThreadPoolExecutor(max(1, n_threads)) as pool:
            list(pool.map(run, range(len(cuts) - 1)))
    place = np.arange(n_parts * n_levels, dtype=np.uint16)
    seen = (bits[:, None] >> place[None, :]) & 1
    return seen.astype(bool).reshape(len(px), n_parts, n_levels)


def outlines_of_views(views: Views) -> Outlines:
    """Lay views out as polygons, without an object for each.

    Parameters
    ----------
    views
        From `geo.viewshed.viewsheds`.

    Returns
    -------
    Outlines
        (k,) as `Views.polygons`: a multipolygon where a view falls apart at its origin, no shape
        where nothing is seen.
    """
    n = np.diff(views.offsets)
    some = np.flatnonzero(n)
    ends = np.cumsum(n[some] + 1)
    vertex = np.arange(int(ends[-1]) if len(ends) else 0)
    vertex -= np.repeat(ends - n[some] - 1, n[some] + 1)
    vertex[ends - 1] = 0  # a ring ends where it began
    xy = views.vertices_xy[vertex + np.repeat(views.offsets[some], n[some] + 1)]
    rings = np.concatenate([[0], ends]).astype(np.int64)
    shapes = np.concatenate([[0], np.cumsum(n > 0)]).astype(np.int64)
    whole = Outlines(xy, rings, np.arange(len(rings), dtype=np.int64), shapes)
    parted = np.flatnonzero(views.apexes > 1)
    if not parted.size:
        return whole
    place = np.arange(len(n))
    place[parted] = len(n) + np.arange(len(parted))
    mended = outlines_of(shapely.make_valid(whole.take(parted).polygons()))
    return join_outlines([whole, mended]).take(place)


def _plain(values: ArrayLike) -> NDArray[np.float64]:
    """A vector of one memory layout: every other one would be compiled for anew."""
    return np.require(np.asarray(values, dtype=np.float64).ravel(), requirements=["C", "W"])


def _file_reaches(sight: Sight, active: NDArray[np.int64]) -> BoxGrid:
    """File the square round each camera's reach by grid cell."""
    x, y, r = sight.x[active], sight.y[active], sight.farthest_m[active]
    squares = np.column_stack([x - r, y - r, x + r, y + r])
    size = max(10.0, float(np.median(r)) / 2, float(r.max()) / 64)
    extent = squares[:, 2:].max(axis=0) - squares[:, :2].min(axis=0)
    size = max(size, float(np.sqrt(extent.prod() / (1 << 22))))
    return file_boxes(squares, size)


def _check(cameras: Cameras, levels: dict[str, float]) -> None:
    lengths = {
        name: len(np.atleast_1d(getattr(cameras, name))) for name in Cameras.__dataclass_fields__
    }
    if len(set(lengths.values())) > 1:
        raise GeoError(
            f"look: columns of different lengths {lengths}; one row per camera was expected. "
            "Fill missing values with NaN."
        )
    if not 1 <= len(levels) <= 8:
        raise GeoError(
            f"look: {len(levels)} levels; 1 to 8 were expected. Choose a table of pixel densities."
        )
    for name in ("range_m", "night_range_m"):
        values = getattr(cameras, name)
        bad = np.flatnonzero((values < 0) | np.isinf(values))
        if bad.size:
            raise GeoError(
                f"look: {name} of {bad.size} of {len(values)} cameras, the first is row {bad[0]}: "
                f"{values[bad[0]]}; metres from 0, or NaN, were expected. Correct these cameras."
            )
