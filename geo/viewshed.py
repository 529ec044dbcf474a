"""What can be seen from a point among walls: isovists, and viewsheds cut to a camera's wedge.

References
----------
Benedikt, M. L. (1979). To take hold of space: isovists and isovist fields. Environment and
Planning B 6(1), 47-65.
Asano, T. (1985). An efficient algorithm for finding the visibility polygon for a polygonal
region with holes. IEICE Transactions E68(9), 557-559.
"""

import itertools
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray

from geo._sweep import sweep_all
from geo._sweep_walls import pseudo_angle
from geo._visits import order_of_visits, put_back
from geo._walls import FARTHEST_M, WallIndex, index_walls, walls_from_polygons
from geo.errors import GeoError

__all__ = [
    "ARC_VERTICES",
    "Camera",
    "Views",
    "WallIndex",
    "index_walls",
    "isovist",
    "isovist_area",
    "viewshed",
    "viewsheds",
    "walls_from_polygons",
]

ARC_VERTICES = 90  # of a whole circle: chords lie at most 6.1e-4 of the range inside the arc
LONGEST_REACH_M = 1e5
FEW = 256  # views: for fewer a thread costs more than it saves
SLACK_M = 1e-3  # cells are searched this much farther than geometry asks: rounding loses no wall


@dataclass(frozen=True, slots=True)
class Camera:
    """A camera in plan.

    Parameters
    ----------
    x, y
        Position, metres.
    bearing_deg
        Direction of view, degrees clockwise from north.
    hfov_deg
        Horizontal field of view, degrees in (0, 360].
    range_m
        How far it sees, metres, above 0.
    """

    x: float
    y: float
    bearing_deg: float
    hfov_deg: float
    range_m: float


@dataclass(frozen=True, slots=True, eq=False)
class Views:
    """Views of many origins, one after the other.

    Parameters
    ----------
    vertices_xy
        (n, 2) vertices, counter-clockwise, metres; arcs are chords of `arc_vertices` per circle.
    offsets
        (k + 1,) where each view begins; equal neighbours mean that nothing is seen.
    areas_m2
        (k,) exact areas, with true arcs.
    apexes
        (k,) how often each outline passes through its origin.
    """

    vertices_xy: NDArray[np.float64]
    offsets: NDArray[np.int64]
    areas_m2: NDArray[np.float64]
    apexes: NDArray[np.uint8]

    def polygons(self) -> NDArray[np.object_]:
        """Views as shapely polygons.

        Returns
        -------
        ndarray
            (k,) polygons, empty where nothing is seen; a multipolygon where the view falls apart
            at its origin, as at a corner that two buildings share.
        """
        counts = np.diff(self.offsets)
        owners = np.repeat(np.arange(len(counts)), counts)
        shapes = np.full(len(counts), shapely.Polygon(), dtype=object)
        filled = np.flatnonzero(counts)
        if filled.size:
            dense = np.cumsum(counts > 0) - 1
            rings = shapely.linearrings(self.vertices_xy, indices=dense[owners])
            shapes[filled] = shapely.polygons(rings)
        parted = np.flatnonzero(self.apexes > 1)
        shapes[parted] = shapely.make_valid(shapes[parted])
        return shapes


def isovist(
    x: float, y: float, walls: ArrayLike | WallIndex, *, range_m: float
) -> shapely.Polygon | shapely.MultiPolygon:
    """Everything visible from a point, all round.

    Parameters
    ----------
    x, y
        The origin, metres. On a wall it sees the right of that wall, since `walls_from_polygons`
        lays walls with their building on the left; at the end of a fence it sees both sides.
    walls
        (m, 4) ends x0, y0, x1, y1 of what blocks sight, metres, or a WallIndex. Walls may cross,
        touch, overlap and have no length.
    range_m
        How far it sees, metres, above 0.

    Returns
    -------
    Polygon
        Exact but for the arc, whose 90 chords per circle lie at most 6.1e-4 of the range inside
        it. A circle without walls. Empty when the origin is walled in on all sides; a
        multipolygon when it stands where two buildings touch.

    Raises
    ------
    GeoError
        Coordinates that are not finite, or a range outside (0, 100 000] m.
    """
    return viewsheds([x], [y], walls, range_m=range_m).polygons()[0]


def isovist_area(x: float, y: float, walls: ArrayLike | WallIndex, *, range_m: float) -> float:
    """Area of the isovist, with a true arc.

    Parameters
    ----------
    x, y
        The origin, metres.
    walls
        (m, 4) walls, metres, or a WallIndex.
    range_m
        How far it sees, metres, above 0.

    Returns
    -------
    float
        Square metres.

    Raises
    ------
    GeoError
        As `isovist`.
    """
    return float(viewsheds([x], [y], walls, range_m=range_m).areas_m2[0])


def viewshed(
    camera: Camera, walls: ArrayLike | WallIndex
) -> shapely.Polygon | shapely.MultiPolygon:
    """Everything a camera sees: the isovist cut to its bearing, field of view and range.

    Parameters
    ----------
    camera
        The camera.
    walls
        (m, 4) walls, metres, or a WallIndex.

    Returns
    -------
    Polygon
        As `isovist`. Empty for a camera on a façade that looks into its own building.

    Raises
    ------
    GeoError
        As `isovist`; a bearing that is not finite or a field of view outside (0, 360].
    """
    return viewsheds(
        [camera.x],
        [camera.y],
        walls,
        range_m=camera.range_m,
        bearing_deg=camera.bearing_deg,
        hfov_deg=camera.hfov_deg,
    ).polygons()[0]


def viewsheds(
    x: ArrayLike,
    y: ArrayLike,
    walls: ArrayLike | WallIndex,
    *,
    range_m: ArrayLike,
    bearing_deg: ArrayLike = 0.0,
    hfov_deg: ArrayLike = 360.0,
    arc_vertices: int = ARC_VERTICES,
    n_threads: int = 1,
) -> Views:
    """Viewsheds of many cameras.

    Parameters
    ----------
    x, y
        (k,) origins, metres.
    walls
        (m, 4) walls, metres, or a WallIndex. With an index made with `closed=True` no origin may
        stand inside a building: see `geo.mounting.mount_cameras`.
    range_m
        (k,) or one: how far they see, metres, above 0.
    bearing_deg
        (k,) or one: direction of view, degrees clockwise from north; any for a whole circle.
    hfov_deg
        (k,) or one: field of view, degrees in (0, 360].
    arc_vertices
        Vertices of a whole circle, 8 to 3600. Areas do not depend on it.
    n_threads
        Threads; the result is the same for any number.

    Returns
    -------
    Views
        In the order of the cameras; empty for none.

    Raises
    ------
    GeoError
        Any value that is not finite or out of its range; the text names each.
    """
    columns = np.broadcast_arrays(
        *(
            np.atleast_1d(np.asarray(value, dtype=np.float64))
            for value in (x, y, range_m, bearing_deg, hfov_deg)
        )
    )
    ox, oy, reach, bearing, hfov = (np.array(column) for column in columns)
    _check(ox, oy, reach, bearing, hfov, arc_vertices)
    order = order_of_visits(ox, oy)
    if order is not None:
        ox, oy, reach, bearing, hfov = (one[order] for one in (ox, oy, reach, bearing, hfov))
    index = index_walls(walls)
    first, last, width = _wedges(bearing, hfov)
    grid = (
        index.starts, index.ends, index.sources, index.half_m + SLACK_M,
        index.west_m, index.south_m, index.wide_m, index.tall_m, index.nx, index.ny,
    )  # fmt: skip
    arcs = _circle(arc_vertices)

    def run(part: slice) -> Views:
        n = len(ox[part])
        room = np.empty(2 * (n * (min(arc_vertices, 90) + 22) + arc_vertices + 64))
        vertices, offsets, areas, apexes = sweep_all(
            ox[part], oy[part], first[part], last[part], width[part], reach[part],
            grid, index.closed, arcs, room,
        )  # fmt: skip
        return Views(vertices[: 2 * offsets[-1]].reshape(-1, 2), offsets, areas, apexes)

    n_threads = 1 if len(ox) < FEW else max(1, n_threads)
    cuts = np.linspace(0, len(ox), n_threads + 1).astype(int)
    parts = [slice(a, b) for a, b in itertools.pairwise(cuts)]
    if len(parts) == 1:
        views = run(parts[0])
    else:
        with ThreadPoolExecutor(len(parts)) as pool:
            views = _join(list(pool.map(run, parts)))
    return views if order is None else _put_back(views, order)


def _check(
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    reach: NDArray[np.float64],
    bearing: NDArray[np.float64],
    hfov: NDArray[np.float64],
    arc_vertices: int,
) -> None:
    """Collect everything that is wrong with the cameras, then refuse once."""
    rules = [
        ("x", x, np.abs(x) <= FARTHEST_M, "finite metres of a projected CRS"),
        ("y", y, np.abs(y) <= FARTHEST_M, "finite metres of a projected CRS"),
        (
            "range_m",
            reach,
            (reach > 0) & (reach <= LONGEST_REACH_M),
            "metres in (0, 100000]",
        ),
        (
            "bearing_deg",
            bearing,
            np.isfinite(bearing),
            "finite degrees clockwise from north",
        ),
        ("hfov_deg", hfov, (hfov > 0) & (hfov <= 360), "degrees in (0, 360]"),
    ]
    faults = []
    for name, values, good, expected in rules:
        bad = np.flatnonzero(~good)
        if bad.size:
            faults.append(
                f"{name} of {bad.size} of {len(values)} cameras, the first is row {bad[0]}: "
                f"{values[bad[0]]}; {expected} were expected"
            )
    if not 8 <= arc_vertices <= 3600:
        faults.append(f"arc_vertices: {arc_vertices}; 8 to 3600 was expected")
    if faults:
        raise GeoError(f"viewsheds: {'; '.join(faults)}. Correct or leave out these cameras.")


def _wedges(
    bearing: NDArray[np.float64], hfov: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """First and last direction counter-clockwise, and the pseudo-angle between them."""
    whole = hfov >= 360.0
    if whole.all():  # sines and cosines would be a twelfth of the time of short views
        east = np.zeros((len(hfov), 2))
        east[:, 0] = 1.0
        return east, east, np.full(len(hfov), 4.0)
    start = np.where(whole, 0.0, np.radians(np.mod(90.0 - bearing, 360.0) - hfov / 2))
    end = np.where(whole, 0.0, np.radians(np.mod(90.0 - bearing, 360.0) + hfov / 2))
    first = np.column_stack([np.cos(start), np.sin(start)])
    last = np.column_stack([np.cos(end), np.sin(end)])
    along = np.cos(np.radians(hfov))
    across = np.sin(np.radians(hfov))
    ratio = along / (np.abs(along) + np.abs(across))
    width = np.where(hfov <= 180.0, 1.0 - ratio, 3.0 + ratio)
    return first, last, np.where(whole, 4.0, width)


def _circle(n: int) -> tuple[NDArray[np.generic], ...]:
    """Vertices of the unit circle, their pseudo-angles, and where to begin to look for one."""
    angle = 2 * np.pi * np.arange(n) / n
    x, y = np.cos(angle), np.sin(angle)
    p = np.array([pseudo_angle(a, b, 1.0, 0.0) for a, b in zip(x, y, strict=True)])
    spare = np.zeros(8)  # vertices are read eight at a time
    begins = np.searchsorted(p, 2.0 * np.arange(2 * n) / n)
    return np.append(x, spare), np.append(y, spare), p, begins


def _put_back(views: Views, order: NDArray[np.int64]) -> Views:
    """Lay views that were made in another order in the order of the cameras."""
    counts = np.empty_like(order)
    areas, apexes = np.empty_like(views.areas_m2), np.empty_like(views.apexes)
    counts[order], areas[order] = np.diff(views.offsets), views.areas_m2
    apexes[order] = views.apexes
    offsets = np.concatenate([np.zeros(1, np.int64), np.cumsum(counts)])
    vertices = np.empty_like(views.vertices_xy)
    put_back(order, views.vertices_xy, views.offsets, vertices, offsets)
    return Views(vertices, offsets, areas, apexes)


def _join(parts: list[Views]) -> Views:
    """Put the views of consecutive blocks of cameras one after the other."""
    shift = np.cumsum([0] + [len(part.vertices_xy) for part in parts])
    offsets = [part.offsets[1:] + s for part, s in zip(parts, shift[:-1], strict=True)]
    return Views(
        np.concatenate([part.vertices_xy for part in parts]),
        np.concatenate([np.zeros(1, np.int64), *offsets]),
        np.concatenate([part.areas_m2 for part in parts]),
        np.concatenate([part.apexes for part in parts]),
    )
