"""Compile kernels ahead of their first use: `python -m geo.precompile`.

Numba compiles a kernel when it is first called and keeps it beside the source: for those of
coverage, the scan and near repeats some twenty seconds of one core. A build that starts this in a
process of its own while it reads files finds them ready.
"""

import numpy as np
import shapely

from geo.alone import see_alone
from geo.coverage import cover_city
from geo.mounting import mount_cameras
from geo.near_repeat import knox
from geo.nearest import nearest
from geo.outlines import geojson, outlines_from_wkb, outlines_of, outlines_to_wkb
from geo.patrol import hours_manned, patrol_reach, reach_bits, within_reach
from geo.patrol_gaps import find_gaps
from geo.scan import scan
from geo.sight import Cameras, look, see
from geo.viewshed import index_walls, walls_from_polygons
from geo.watch import Spells, watch_city


def compile_kernels() -> None:
    """Run each kernel once on one house, one camera and one patrol point.

    Notes
    -----
    Everything goes the way of a build, so that the same types are compiled.
    """
    area, house = shapely.box(0, 0, 100, 100), shapely.box(40, 60, 60, 70)
    mounted = mount_cameras([50.0], [50.0], [house])
    values = (mounted.x, mounted.y, *(np.array([v]) for v in (0.0, 62.0, 2560.0, np.nan, 25.0)))
    walls = index_walls(walls_from_polygons([house]), closed=True)
    sight = look(Cameras(*values), walls, levels_px_per_m={"recognise": 125.0})
    see(sight, [50.0], [55.0])
    spot = (np.array([50.0]), np.array([55.0]))
    cover_city([area], [house], sight, blind=[("recognise", "day")], points=[spot])
    nearest(*spot, of_x=spot[0], of_y=spot[1])
    shapes = outlines_of([area, house])
    outlines_from_wkb(*outlines_to_wkb(shapes))
    geojson(shapes)
    reach = patrol_reach(
        [20.0], [20.0], radius_m=50.0, communities=[area], buildings=[house],
        hours=hours_manned([8.0], [20.0]),
    )  # fmt: skip
    within_reach(reach, *spot, hour=[9])
    bits = reach_bits(reach, *spot)
    find_gaps([0], [7200], bits, area=[0], n_areas=1)
    see_alone(sight, *spot, level="recognise")
    always = Spells(np.zeros(1, np.int64), np.zeros(1, np.int64), np.full(1, 9))
    watch_city([area], sight, always, level="recognise", last_day=1)
    for prospective in (True, False):
        scan(
            np.eye(3, 2), np.array([0, 1, 2]), np.array([0, 1, 1]), model="permutation",
            prospective=prospective, replications=1, rng=np.random.default_rng(0),
        )  # fmt: skip
    knox(
        np.eye(3, 2), np.array([0, 1, 1]), distance_bands_m=[0, 1, 3], time_bands_days=[0, 2],
        permutations=1, rng=np.random.default_rng(0),
    )  # fmt: skip


if __name__ == "__main__":
    compile_kernels()
