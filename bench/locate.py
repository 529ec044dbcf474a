"""Points in polygons, side by side in one run: geo.locate, SedonaDB, DuckDB spatial, geopandas.

    python bench/locate.py --points 10000000 --polygons 10000

Every contender gets the same x and y arrays and the same polygons as WKB, and must hand back one
polygon for each pair that intersects; its time runs from there to there, index included. The
peers use all cores, as we do. A peer that is not installed is named and skipped: they are listed
in bench/requirements-bench.in and belong into a virtual environment of their own.
"""

import argparse
import gc
import importlib.util
import os
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import shapely

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from geo.locate import PolygonIndex

Pairs = tuple[np.ndarray, np.ndarray]
WIDTH, HEIGHT = 40_000.0, 30_000.0  # metres: a large urban district


def make_polygons(n: int, *, degrees: bool, rng: np.random.Generator) -> np.ndarray:
    """A gapless district of n Voronoi cells, their sides cut every 80 m; as WKB."""
    seeds = shapely.multipoints(rng.uniform(0, 1, (n, 2)) * [WIDTH, HEIGHT])
    frame = shapely.box(0, 0, WIDTH, HEIGHT)
    cells = shapely.get_parts(shapely.voronoi_polygons(seeds, extend_to=frame))
    cells = shapely.segmentize(shapely.intersection(cells, frame), 80.0)
    if degrees:
        cells = shapely.transform(cells, to_degrees)
    return shapely.to_wkb(cells)


def to_degrees(xy: np.ndarray) -> np.ndarray:
    return xy / [95_000.0, 111_000.0] + [121.2, 31.0]


def make_points(
    n: int, wkb: np.ndarray, *, degrees: bool, corners: int, rng: np.random.Generator
) -> np.ndarray:
    """Uniform points, a few outside, and some exactly on corners, if asked; (n, 2)."""
    xy = rng.uniform(-0.005, 1.005, (n, 2)) * [WIDTH, HEIGHT]
    xy = to_degrees(xy) if degrees else xy
    vertices = shapely.get_coordinates(shapely.from_wkb(wkb))
    xy[:corners] = vertices[rng.choice(len(vertices), corners)]
    return xy


def with_ours(x: np.ndarray, y: np.ndarray, wkb: np.ndarray) -> np.ndarray:
    return PolygonIndex(shapely.from_wkb(wkb)).locate(x, y)


def with_sedonadb(x: np.ndarray, y: np.ndarray, wkb: np.ndarray) -> Pairs:
    import sedonadb

    sd = sedonadb.connect()
    sd.create_data_frame(numbered(x=x, y=y)).to_view("points")
    sd.create_data_frame(numbered(wkb=wkb)).to_view("polygons")
    return as_pairs(
        sd.sql(
            "SELECT p.id AS point, g.id AS polygon FROM"
            " (SELECT id, ST_Point(x, y) AS geom FROM points) p JOIN"
            " (SELECT id, ST_GeomFromWKB(wkb) AS geom FROM polygons) g"
            " ON ST_Intersects(g.geom, p.geom)"
        ).to_arrow_table()
    )


def with_duckdb(x: np.ndarray, y: np.ndarray, wkb: np.ndarray) -> Pairs:
    import duckdb

    con = duckdb.connect(config={"allow_unsigned_extensions": "false"})
    con.execute(f"LOAD '{duckdb_extension()}'")
    con.register("points", numbered(x=x, y=y))
    con.register("polygons", numbered(wkb=wkb))
    con.execute("CREATE TABLE g AS SELECT id, ST_GeomFromWKB(wkb) AS geom FROM polygons")
    con.execute("CREATE TABLE p AS SELECT id, ST_Point(x, y) AS geom FROM points")
    query = "SELECT p.id AS point, g.id AS polygon FROM p JOIN g ON ST_Intersects(g.geom, p.geom)"
    plan = con.execute("EXPLAIN " + query).fetchall()[0][1]
    if "SPATIAL_JOIN" not in plan:
        raise RuntimeError("duckdb: the plan has no SPATIAL_JOIN; the comparison would not be fair")
    return as_pairs(con.execute(query).to_arrow_table())


def duckdb_extension() -> Path:
    spec = importlib.util.find_spec("duckdb_extension_spatial")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("No module named 'duckdb_extension_spatial'")
    return next(Path(spec.origin).parent.glob("extensions/*/spatial.duckdb_extension"))


def with_geopandas(x: np.ndarray, y: np.ndarray, wkb: np.ndarray) -> Pairs:
    import geopandas

    points = geopandas.GeoDataFrame(geometry=geopandas.points_from_xy(x, y))
    polygons = geopandas.GeoDataFrame(geometry=geopandas.GeoSeries.from_wkb(wkb))
    joined = points.sjoin(polygons, predicate="intersects")
    return joined.index.to_numpy(), joined["index_right"].to_numpy()


def numbered(**columns: np.ndarray) -> pa.Table:
    n = len(next(iter(columns.values())))
    return pa.table({"id": np.arange(n, dtype=np.int32), **columns})


def as_pairs(table: pa.Table) -> Pairs:
    return table["point"].to_numpy(), table["polygon"].to_numpy()


def first_of_each(pairs: Pairs, n_points: int, n_polygons: int) -> np.ndarray:
    """The smallest polygon of each point, -1 without: what the rule for borders asks for."""
    first = np.full(n_points, n_polygons, np.int32)
    np.minimum.at(first, pairs[0], pairs[1].astype(np.int32))
    first[first == n_polygons] = -1
    return first


def judge(
    ours: np.ndarray, theirs: np.ndarray, xy: np.ndarray, wkb: np.ndarray
) -> tuple[bool, str]:
    """Whether we are right, and a sentence; where the two differ GEOS alone decides."""
    differ = np.flatnonzero(ours != theirs)
    if differ.size == 0:
        return True, "identical answers"
    tree = shapely.STRtree(shapely.from_wkb(wkb))
    pairs = tree.query(shapely.points(xy[differ]), predicate="intersects")
    truth = first_of_each(tuple(pairs), differ.size, len(wkb))
    ours_right, theirs_right = (int((a[differ] == truth).sum()) for a in (ours, theirs))
    return ours_right == differ.size, (
        f"{differ.size} answers differ; GEOS says ours is right in {ours_right}, "
        f"theirs in {theirs_right}"
    )


def timed(work: Callable[[], object]) -> tuple[float, object]:
    gc.collect()
    start = time.perf_counter()
    result = work()
    return time.perf_counter() - start, result


def compare(options: argparse.Namespace) -> Iterator[bool]:
    rng = np.random.default_rng(options.seed)
    wkb = make_polygons(options.polygons, degrees=options.degrees, rng=rng)
    xy = make_points(options.points, wkb, degrees=options.degrees, corners=options.corners, rng=rng)
    x, y = np.ascontiguousarray(xy[:, 0]), np.ascontiguousarray(xy[:, 1])
    first_call, _ = timed(lambda: with_ours(x[:10], y[:10], wkb[:1]))
    runs = [timed(lambda: with_ours(x, y, wkb)) for _ in range(3)]
    ours, answer = statistics.median(run[0] for run in runs), runs[0][1]
    unit = "degrees" if options.degrees else "metres"
    vertices = len(shapely.get_coordinates(shapely.from_wkb(wkb)))
    print(
        f"{options.points:,} points ({unit}), {options.polygons:,} polygons with {vertices:,} "
        f"vertices, {len(os.sched_getaffinity(0))} cores"
    )
    print(f"geo.locate {ours:8.2f} s   index included, median of 3; compiling before: ", end="")
    print(f"{first_call:.2f} s (once per machine, then from the cache)", flush=True)
    for name, peer in (
        ("sedonadb", with_sedonadb),
        ("duckdb", with_duckdb),
        ("geopandas", with_geopandas),
    ):
        if name in options.skip:
            continue
        try:
            seconds, pairs = timed(lambda peer=peer: peer(x, y, wkb))
        except ModuleNotFoundError as missing:
            print(f"{name:10} not run: {missing}. Install bench/requirements-bench.in.")
            continue
        theirs = first_of_each(pairs, len(x), len(wkb))
        right, verdict = judge(answer, theirs, xy, wkb)
        print(f"{name:10} {seconds:8.2f} s   {seconds / ours:5.1f} x ours   {verdict}", flush=True)
        yield right


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--points", type=int, default=10_000_000)
    parser.add_argument("--polygons", type=int, default=10_000)
    parser.add_argument("--corners", type=int, default=0, help="points exactly on vertices")
    parser.add_argument("--degrees", action="store_true", help="longitude and latitude")
    parser.add_argument("--skip", nargs="*", default=[], metavar="PEER")
    parser.add_argument("--seed", type=int, default=1)
    return 0 if all(list(compare(parser.parse_args()))) else 1


if __name__ == "__main__":
    sys.exit(main())
