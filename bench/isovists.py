"""Exact isovists, side by side in one run: geo.viewshed, CGAL, pysovist, shapely shadows.

    python bench/isovists.py --buildings 2000 --origins 20000
    python bench/isovists.py --buildings 500000 --origins 100000
    python bench/isovists.py --lot 40        # a loose suburb; lots of 20 m are an inner city
    python bench/isovists.py --file buildings.geojson       # a real city, WGS 84

Every contender gets the same walls and origins and hands back the area of each isovist; ours also
writes every outline, and once more as shapely polygons. One core, CPU time. The peers are slow, so
each gets some of the origins, spread evenly, and rates are compared. CGAL's triangular expansion
is our program tests/geo/cgal/isovists.cpp, compiled here with -O2 and without CGAL's checks: each
origin has an arrangement of the walls within range, since one of the whole city would let a view
run to the horizon. pysovist belongs into a virtual environment of its own; point PYTHONPATH at its
site-packages. A peer that is missing is named and skipped.
"""

import argparse
import functools
import importlib.util
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import geopandas
import numpy as np
import shapely

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from geo.viewshed import ARC_VERTICES, index_walls, viewsheds, walls_from_polygons

LOT_M, DENSE_M = 40.0, 20.0


def make_city(n: int, rng: np.random.Generator, lot_m: float = LOT_M) -> np.ndarray:
    """Turned blocks of 8 to 24 by 8 to 16 m to a lot of 40 m, or in that proportion to another."""
    side = int(np.ceil(n**0.5))
    place = np.column_stack([np.arange(n) % side, np.arange(n) // side]) * lot_m
    place = place + rng.uniform(-0.2, 0.2, (n, 2)) * lot_m
    half = rng.uniform([0.1, 0.1], [0.3, 0.2], (n, 2)) * lot_m
    turn = rng.uniform(0, np.pi, n)
    corners = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)]) * half[:, None, :]
    c, s = np.cos(turn)[:, None], np.sin(turn)[:, None]
    x = corners[..., 0] * c - corners[..., 1] * s
    y = corners[..., 0] * s + corners[..., 1] * c
    return shapely.polygons(np.stack([x, y], axis=-1) + place[:, None, :])


def read_city(path: Path) -> np.ndarray:
    """Buildings of a file, in metres of their UTM zone."""
    found = geopandas.read_file(path)
    found = found.to_crs(found.estimate_utm_crs())
    return found.geometry.make_valid().explode().loc[lambda g: g.geom_type == "Polygon"].to_numpy()


def make_origins(n: int, city: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Points outside buildings, in the order of tiles of 200 m, as a camera list by street is."""
    west, south, east, north = shapely.total_bounds(city)
    xy = rng.uniform([west, south], [east, north], (2 * n, 2))
    inside = shapely.STRtree(city).query(shapely.points(xy), predicate="intersects")[0]
    xy = np.delete(xy, np.unique(inside), axis=0)[:n]
    return xy[np.lexsort(((xy[:, 0] // 200), (xy[:, 1] // 200)))]


Peer = Callable[[np.ndarray, float], tuple[np.ndarray, float]]  # areas, CPU seconds


def shadows(walls: np.ndarray) -> Peer:
    """A disc less the shadow of every wall near it, by GEOS; its tree built beforehand."""
    tree = shapely.STRtree(shapely.linestrings(walls.reshape(-1, 2, 2)))
    tree.query(shapely.Point(0, 0))

    def areas(xy: np.ndarray, range_m: float) -> tuple[np.ndarray, float]:
        begun = time.process_time()
        found = np.array([one_by_shadows(origin, tree, walls, range_m) for origin in xy])
        return found, time.process_time() - begun

    return areas


def one_by_shadows(
    origin: np.ndarray, tree: shapely.STRtree, walls: np.ndarray, range_m: float
) -> float:
    near = tree.query(shapely.Point(origin), predicate="dwithin", distance=range_m)
    a, b = walls[near, :2] - origin, walls[near, 2:] - origin
    toward = np.column_stack([b[:, 1] - a[:, 1], a[:, 0] - b[:, 0]])
    toward *= np.sign((toward * a).sum(axis=1))[:, None]  # square to the wall, away from us
    left, right = unit(a), unit(b)
    middle = unit(np.column_stack([(right - left)[:, 1], (left - right)[:, 0]]))
    middle *= np.sign((middle * toward).sum(axis=1))[:, None]
    rim = [right, unit(right + middle), middle, unit(left + middle), left]
    ring = np.stack([a, b, *(4 * range_m * one for one in rim)], axis=1) + origin
    disc = shapely.Point(origin).buffer(range_m, quad_segs=ARC_VERTICES // 4)
    behind = shapely.polygons(ring)
    try:
        return shapely.difference(disc, shapely.union_all(behind)).area
    except shapely.GEOSException:  # the sliver behind a very short wall crosses itself
        return shapely.difference(disc, shapely.union_all(shapely.make_valid(behind))).area


def unit(vectors: np.ndarray) -> np.ndarray:
    return vectors / np.maximum(np.hypot(*vectors.T), 1e-12)[:, None]


def pysovist_isovists(walls: np.ndarray) -> Peer:
    import pysovist

    plan = pysovist.Plan(walls.reshape(-1, 2, 2))

    def areas(xy: np.ndarray, range_m: float) -> tuple[np.ndarray, float]:
        begun = time.process_time()
        seen = [pysovist.isovist(plan, origin, max_distance=range_m) for origin in xy]
        spent = time.process_time() - begun
        found = [one.area if hasattr(one, "area") else one.metrics["area"] for one in seen]
        return np.array(found), spent

    return areas


def cgal_isovists(walls: np.ndarray, folder: Path) -> Peer | None:
    compiler = shutil.which("c++")
    if compiler is None:
        return None
    source = Path(__file__).resolve().parent.parent / "tests" / "geo" / "cgal" / "isovists.cpp"
    program = folder / "isovists"
    options = ["-O2", "-DNDEBUG", "-std=c++17"]
    command = [compiler, *options, source, "-o", program, "-lgmp", "-lmpfr"]
    if subprocess.run(command, stderr=subprocess.DEVNULL, check=False).returncode:
        return None

    def areas(xy: np.ndarray, range_m: float) -> tuple[np.ndarray, float]:
        job = np.array([len(walls), len(xy)], "<i8").tobytes()
        job += np.array([range_m], "<f8").tobytes()
        job += walls.astype("<f8").tobytes() + xy.astype("<f8").tobytes()
        done = subprocess.run([program], input=job, stdout=subprocess.PIPE, check=True)
        found = np.frombuffer(done.stdout, "<f8")
        return found[:-1], float(found[-1])

    return areas


def best_of(runs: int, work: Callable[[], object]) -> float:
    """CPU seconds of the fastest run: other work on the machine does not count."""
    times = []
    for _ in range(runs):
        begun = time.process_time()
        work()
        times.append(time.process_time() - begun)
    return min(times)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--buildings", type=int, default=2000)
    parser.add_argument("--origins", type=int, default=20_000)
    parser.add_argument("--peer-origins", type=int, default=1000)
    parser.add_argument("--lot", type=float, default=DENSE_M, help="metres, with one building each")
    parser.add_argument("--file", type=Path, help="polygons of buildings instead of a made city")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    rng = np.random.default_rng(options.seed)
    if options.file:
        city = read_city(options.file)
    else:
        city = make_city(options.buildings, rng, options.lot)
    xy = make_origins(options.origins, city, rng)
    walls = walls_from_polygons(city)
    begun = time.process_time()
    index = index_walls(walls, closed=True)
    print(
        f"{len(city):,} buildings, {len(walls):,} walls; index {time.process_time() - begun:.2f} s"
    )
    viewsheds(xy[:2, 0], xy[:2, 1], index, range_m=30)  # compile
    folder = tempfile.TemporaryDirectory()
    peers = {"CGAL triangular expansion": cgal_isovists(walls, Path(folder.name))}
    if importlib.util.find_spec("pysovist"):
        peers["pysovist"] = pysovist_isovists(walls)
    else:
        print("pysovist is not installed: pip install pysovist in a venv of its own, then set "
              "PYTHONPATH to its site-packages")  # fmt: skip
    peers["shapely shadows"] = shadows(walls)
    if peers["CGAL triangular expansion"] is None:
        print("CGAL is left out: apt install g++ libcgal-dev")
        del peers["CGAL triangular expansion"]
    for range_m in (30.0, 60.0):
        views = viewsheds(xy[:, 0], xy[:, 1], index, range_m=range_m)
        rates = []
        for hfov in (360.0, 90.0):

            def see(range_m: float = range_m, hfov: float = hfov) -> object:
                return viewsheds(*xy.T, index, range_m=range_m, hfov_deg=hfov, bearing_deg=30)

            rates.append(len(xy) / best_of(3, see))
        ours, wedge = rates
        whole = len(xy) / (len(xy) / ours + best_of(1, views.polygons))
        shapes = views.polygons()
        n_bad = int((~shapely.is_valid(shapes)).sum())
        print(f"\nrange {range_m:.0f} m, {len(xy):,} origins, one core")
        print(f"  geo.viewshed              {ours:>10,.0f} per s   {n_bad} invalid")
        print(f"  ... and shapely polygons  {whole:>10,.0f} per s")
        print(f"  ... wedges of 90 degrees  {wedge:>10,.0f} per s")
        some = np.linspace(0, len(xy) - 1, options.peer_origins).astype(int)
        few = xy[some]
        for name, peer in peers.items():
            areas, seconds = peer(few, range_m)
            rate = len(few) / seconds
            mine = shapely.area(shapes) if name == "shapely shadows" else views.areas_m2
            apart = np.abs(areas / mine[some] - 1).max()
            again = len(xy) / best_of(3, functools.partial(see, hfov=360.0))  # beside the peer
            print(f"  {name:<25} {rate:>10,.0f} per s   ours {again / rate:,.0f} x   "
                  f"areas apart by {apart:.1e}")  # fmt: skip
    folder.cleanup()


if __name__ == "__main__":
    main()
