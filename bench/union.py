"""Exact covered area of communities, side by side in one run: geo.arrangement and GEOS union.

    python bench/union.py --communities 1000

Each community is a hectare of a city of blocks with ten cameras, or thirty. Both contenders get the
same outlines, ready in their own form, and hand back the area of the union for each community;
ours also gives what is seen twice, thrice and by one camera alone. One core, CPU time. Where the
two are apart by more than 1e-9, GEOS is asked once more on a lattice of 0.1 µm, which it computes
robustly, and that is what is held against ours.
"""

import argparse
import functools
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import shapely

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.isovists import DENSE_M, make_city
from geo.arrangement import union_areas
from geo.viewshed import Views, WallIndex, index_walls, viewsheds, walls_from_polygons

SIDE_M = 100.0
SURE = 1e-9


def make_views(
    n: int, each: int, range_m: float, hfov: float, city: np.ndarray, walls: WallIndex,
    rng: np.random.Generator,
) -> tuple[Views, np.ndarray]:  # fmt: skip
    """Views of cameras outside buildings, and the community of each."""
    west, south, east, north = shapely.total_bounds(city)
    corner = rng.uniform([west, south], [east - SIDE_M, north - SIDE_M], (n, 2))
    group = np.repeat(np.arange(n), each)
    xy = corner[group] + rng.uniform(0, SIDE_M, (n * each, 2))
    indoors = shapely.STRtree(city).query(shapely.points(xy), predicate="intersects")[0]
    free = np.setdiff1d(np.arange(len(xy)), indoors)
    bearing = rng.uniform(0, 360, len(free))
    views = viewsheds(*xy[free].T, walls, range_m=range_m, hfov_deg=hfov, bearing_deg=bearing)
    return views, group[free]


def spent(work: Callable[[], np.ndarray], runs: int) -> tuple[float, np.ndarray]:
    """CPU seconds of the fastest run, and what it gave."""
    times = []
    for _ in range(runs):
        begun = time.process_time()
        found = work()
        times.append(time.process_time() - begun)
    return min(times), found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--communities", type=int, default=1000)
    parser.add_argument("--lot", type=float, default=DENSE_M, help="metres, with one building each")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    rng = np.random.default_rng(options.seed)
    city = make_city(2000, rng, options.lot)
    walls = index_walls(walls_from_polygons(city), closed=True)
    n = options.communities
    union_areas(*make_views(2, 2, 30.0, 90.0, city, walls, rng))  # compile
    for each in (10, 30):
        for hfov, range_m in ((90.0, 30.0), (90.0, 60.0), (360.0, 30.0), (360.0, 60.0)):
            views, group = make_views(n, each, range_m, hfov, city, walls, rng)
            lists = np.split(views.polygons(), np.searchsorted(group, np.arange(1, n)))
            union = functools.partial(union_areas, views, group, n_groups=n)
            ours, found = spent(lambda union=union: union().seen_m2, 5)
            theirs, expected = spent(
                lambda lists=lists: np.array([shapely.union_all(one).area for one in lists]), 2
            )
            apart = np.abs(found / expected - 1)
            for i in np.flatnonzero(apart > SURE):  # GEOS itself slips: ask it on a fixed lattice
                apart[i] = abs(found[i] / shapely.union_all(lists[i], grid_size=1e-7).area - 1)
            print(
                f"{each} views of {hfov:.0f} degrees to {range_m:.0f} m: "
                f"geo.arrangement {n / ours:>9,.0f} communities per s, GEOS {n / theirs:>7,.0f}: "
                f"{theirs / ours:.1f} x, apart by {apart.max():.1e}"
            )


if __name__ == "__main__":
    main()
