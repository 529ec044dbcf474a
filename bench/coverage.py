"""Coverage of a city, side by side in one run: geo.coverage against GEOS, one core.

    python bench/coverage.py --communities 200 --cameras-each 25

The same communities, buildings and viewsheds for all. GEOS gives the exact union of the wedges of
a community less its buildings; ours counts cells of 1 m at four levels, day and night, with
redundancy, unique ground and blind spots besides. Points: seen or not by the line of sight,
against an R-tree of viewshed polygons.
"""

import argparse
import sys
import time
from pathlib import Path

import numpy as np
import shapely

sys.path.insert(0, str(Path(__file__).resolve().parent))
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from isovists import LOT_M, make_city, make_origins

from geo.coverage import cover_city
from geo.sight import Cameras, look, reaches_m, see
from geo.viewshed import index_walls, viewsheds, walls_from_polygons

LEVELS = {"detect": 25.0, "observe": 62.0, "recognise": 125.0, "identify": 250.0}
HOUSES_EACH = 64


def make_cameras(n: int, city: np.ndarray, rng: np.random.Generator) -> Cameras:
    """Cameras of 4 megapixels and 62 degrees, outside buildings."""
    xy = make_origins(n, city, rng)
    bearing = rng.uniform(0, 360, n)
    alike = [np.full(n, value) for value in (62.0, 2560.0, np.nan, 25.0)]
    return Cameras(xy[:, 0], xy[:, 1], bearing, *alike)


def clock() -> float:
    return time.process_time()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--communities", type=int, default=144)
    parser.add_argument("--cameras-each", type=int, default=25)
    parser.add_argument("--points", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    rng = np.random.default_rng(options.seed)
    side = int(np.ceil(options.communities**0.5))
    per_side = int(HOUSES_EACH**0.5)
    city = make_city((side * per_side) ** 2, rng)
    step = LOT_M * per_side
    corner = np.stack(np.divmod(np.arange(options.communities), side), axis=1) * step - LOT_M / 2
    areas = shapely.box(*corner.T, *(corner + step - 10).T)
    cameras = make_cameras(options.communities * options.cameras_each, city, rng)
    walls = index_walls(walls_from_polygons(city), closed=True)
    warm = look(cameras, walls, levels_px_per_m=LEVELS)
    cover_city(areas[:1], city, warm)

    begun = clock()
    sight = look(cameras, walls, levels_px_per_m=LEVELS)
    seeing = clock() - begun
    begun = clock()
    found = cover_city(areas, city, sight)
    ours = clock() - begun
    print(
        f"{len(areas):,} communities, {len(cameras.x):,} cameras, {len(city):,} buildings, one core"
    )
    print(f"  viewsheds                              {seeing:7.2f} s")
    print(f"  geo.coverage, 4 levels x day and night {ours:7.2f} s "
          f"({len(areas) / ours:,.0f} communities per s)")  # fmt: skip

    level = list(LEVELS).index("detect")
    views = viewsheds(
        cameras.x, cameras.y, walls, range_m=reaches_m(cameras, LEVELS)[:, 0, level],
        bearing_deg=cameras.bearing_deg, hfov_deg=cameras.hfov_deg, arc_vertices=360,
    ).polygons()  # fmt: skip
    begun = clock()
    wedges, houses = shapely.STRtree(views), shapely.STRtree(city)
    exact = np.empty(len(areas))
    for k, area in enumerate(areas):
        ground = shapely.difference(area, shapely.union_all(city[houses.query(area)]))
        seen = shapely.union_all(views[wedges.query(area)])
        exact[k] = shapely.intersection(seen, ground).area
    theirs = clock() - begun
    apart = abs(found.seen_m2[:, 0, level].sum() / exact.sum() - 1)
    worst = np.abs(found.seen_m2[:, 0, level] / exact - 1).max()
    print(f"  GEOS union, 1 level, by day            {theirs:7.2f} s   ours {theirs / ours:.1f} x, "
          f"per level and daypart {8 * theirs / ours:.0f} x")  # fmt: skip
    print(f"  seen ground apart by {apart:.1e} in all, {worst:.1e} in the worst community")

    x, y = rng.uniform(0, side * step, (2, options.points))
    see(sight, x[:10], y[:10])
    begun = clock()
    by_sight = see(sight, x, y)[:, 0, level]
    ours = clock() - begun
    begun = clock()
    hit = shapely.STRtree(views).query(shapely.points(x, y), predicate="within")[0]
    theirs = clock() - begun
    by_tree = np.zeros(options.points, bool)
    by_tree[hit] = True
    print(f"  {options.points:,} points seen or not: geo.sight {ours:.3f} s for 8 answers each, "
          f"R-tree {theirs:.3f} s for 1: ours {theirs / ours:.0f} x; "
          f"{int((by_sight != by_tree).sum())} differ (0.1 m before walls, arcs)")  # fmt: skip


if __name__ == "__main__":
    main()
