"""Compile kernels ahead of their first use: `python -m geo.precompile`.

Numba compiles a kernel when it is first called and keeps it beside its file. Here each is called
once, on one house, one camera and one patrol point, by way of the functions a build calls, so that
the same types are compiled. Whoever calls these functions later finds them ready.
"""

import gc
import multiprocessing
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor

import numpy as np
import shapely

from geo._threads import n_threads
from geo.alone import see_alone
from geo.coverage import cover_city
from geo.datum import from_wgs84, to_wgs84
from geo.density import kde
from geo.locate import PolygonIndex
from geo.mounting import mount_cameras
from geo.near_repeat import knox
from geo.nearest import nearest
from geo.outlines import outlines_from_wkb, outlines_of, outlines_to_wkb, topojson
from geo.patrol import hours_manned, patrol_reach, reach_bits, within_reach
from geo.patrol_gaps import find_gaps
from geo.patrol_ground import reached_ground
from geo.projection import transform, unproject_each
from geo.scan import scan
from geo.sight import Cameras, Sight, look, see
from geo.simple import find_simple, inner_points, ring_areas, ring_boxes
from geo.temporal import aoristic
from geo.viewshed import index_walls, viewsheds, walls_from_polygons
from geo.watch import Spells, watch_city

Task = Callable[[], object]

AREA, HOUSE = shapely.box(0, 0, 100, 100), shapely.box(40, 60, 60, 70)
SPOT = (np.array([50.0]), np.array([55.0]))
FAR_APART = np.tile([0.0, 1e4], 2048)  # so many that they are visited in another order
PLACES, DAYS = np.eye(3, 2), np.array([0, 1, 1])


def compile_kernels(also: Sequence[Task] = ()) -> None:
    """Compile every kernel, on as many cores as there are.

    Parameters
    ----------
    also
        Further tasks, functions of a module that compile kernels of other packages.

    Notes
    -----
    Tasks share no kernels but those of the round before, which they take from the files kept.
    The garbage collector, which finds next to nothing there, would take a fifth of the time.
    """
    with ProcessPoolExecutor(n_threads(), _processes(), initializer=gc.disable) as pool:
        for tasks in ((look_around, find_clusters, lay_shapes, *also), (cover, watch, walk)):
            for done in [pool.submit(task) for task in tasks]:
                done.result()


def _processes() -> multiprocessing.context.BaseContext:
    """Forked where that is safe, as importing everything anew takes a second."""
    return multiprocessing.get_context("fork" if sys.platform == "linux" else "spawn")


def look_around() -> Sight:
    """Compile views from a camera, and what lies in them.

    Returns
    -------
    Sight
        Of one camera.
    """
    mounted = mount_cameras([50.0], [50.0], [HOUSE])
    values = (mounted.x, mounted.y, *(np.array([v]) for v in (0.0, 62.0, 2560.0, np.nan, 25.0)))
    walls = index_walls(walls_from_polygons([HOUSE]), closed=True)
    sight = look(Cameras(*values), walls, levels_px_per_m={"recognise": 125.0})
    viewsheds(FAR_APART, FAR_APART, walls, range_m=1.0)
    see(sight, *SPOT)
    see_alone(sight, *SPOT, level="recognise")
    return sight


def cover() -> None:
    """Compile coverage; views are compiled."""
    cover_city([AREA], [HOUSE], look_around(), blind=[("recognise", "day")], points=[SPOT])


def watch() -> None:
    """Compile coverage through time; views are compiled."""
    always = Spells(np.zeros(1, np.int64), np.zeros(1, np.int64), np.full(1, 9))
    watch_city([AREA], look_around(), always, level="recognise", last_day=1)


def walk() -> None:
    """Compile walks of patrols and the gaps they leave; views are compiled."""
    reach = patrol_reach(
        [20.0], [20.0], radius_m=50.0, communities=[AREA], buildings=[HOUSE],
        hours=hours_manned([8.0], [20.0]),
    )  # fmt: skip
    within_reach(reach, *SPOT, hour=[9])
    find_gaps([0], [7200], reach_bits(reach, *SPOT), area=[0], n_areas=1)
    reached_ground(reach)


def find_clusters() -> None:
    """Compile scans, near repeats, densities and hours of incidents."""
    for prospective in (True, False):
        scan(
            PLACES, np.arange(3), DAYS, model="permutation", prospective=prospective,
            replications=1, rng=np.random.default_rng(0),
        )  # fmt: skip
    knox(
        PLACES, DAYS, distance_bands_m=[0, 1, 3], time_bands_days=[0, 2], permutations=1,
        rng=np.random.default_rng(0),
    )  # fmt: skip
    kde(PLACES, cell_m=1.0, bandwidth_m=1.0, method="exact")
    kde(PLACES, cell_m=1.0, bandwidth_m=1.0, method="binned")
    aoristic(np.array(["2026-01-01"], "datetime64[s]"))


def lay_shapes() -> None:
    """Compile reading and writing of shapes, and points among them."""
    shapes = outlines_of([AREA, HOUSE])
    outlines_from_wkb(*outlines_to_wkb(shapes))
    find_simple(*outlines_to_wkb(shapes))
    for measure in (ring_boxes, ring_areas, inner_points):
        measure(shapes)
    topojson(shapes.take(np.arange(1)))
    nearest(*SPOT, of_x=SPOT[0], of_y=SPOT[1])
    PolygonIndex([AREA, HOUSE]).locate(*SPOT)
    for datum in ("gcj02", "bd09"):
        to_wgs84(*from_wgs84(*SPOT, datum=datum), datum=datum)
    x, y = np.meshgrid(np.linspace(116.0, 116.1, 40), np.linspace(39.0, 39.1, 40))
    x, y = transform(x.ravel(), y.ravel(), epsg_from=4326, epsg_to=32650, many=1)
    unproject_each(x, y, epsg=32650)


if __name__ == "__main__":
    compile_kernels()
