"""Isovists held against CGAL in random cities and central Helsinki, by a program of ours."""

import fcntl
import hashlib
import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
import shapely
from numpy.typing import NDArray

from geo.viewshed import index_walls, viewsheds, walls_from_polygons

SOURCE = Path(__file__).parent / "cgal" / "isovists.cpp"
AGREEMENT = 1e-9  # relative; 1e-14 is reached


@pytest.fixture(scope="session")
def cgal(pytestconfig: pytest.Config) -> Path:
    """Compiled program, kept between runs; skips where CGAL or a compiler is missing."""
    compiler = shutil.which("c++")
    if compiler is None:
        pytest.skip("no C++ compiler: install g++ to hold isovists against CGAL")
    asked = subprocess.run(
        [compiler, "-E", "-x", "c++", "-"], input="#include <CGAL/version.h>\n",
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if asked.returncode:
        pytest.skip("no CGAL: install libcgal-dev to hold isovists against it")
    digest = hashlib.sha256(SOURCE.read_bytes()).hexdigest()[:16]
    folder = Path(pytestconfig.cache.mkdir("cgal"))  # type: ignore[union-attr]
    program = folder / f"isovists-{digest}"
    with (folder / ".making").open("a") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)  # one test process compiles, the others wait
        if not program.exists():
            made = program.with_suffix(".new")
            options = ["-Og", "-DNDEBUG", "-std=c++17"]
            subprocess.run(
                [compiler, *options, SOURCE, "-o", made, "-lgmp", "-lmpfr"], check=True, timeout=600
            )
            made.replace(program)
    return program


def areas_by_cgal(
    program: Path, walls: NDArray[np.float64], xy: NDArray[np.float64], range_m: float
) -> NDArray[np.float64]:
    """Areas of isovists, true arcs; -1 for an origin on a wall."""
    job = np.array([len(walls), len(xy)], "<i8").tobytes() + np.array([range_m], "<f8").tobytes()
    job += walls.astype("<f8").tobytes() + xy.astype("<f8").tobytes()
    done = subprocess.run([program], input=job, stdout=subprocess.PIPE, check=True, timeout=240)
    return np.frombuffer(done.stdout, "<f8")[:-1]


def random_city(n: int, rng: np.random.Generator) -> NDArray[np.object_]:
    """Turned houses thrown on a square, some over each other, some with a yard or a shared wall."""
    place = rng.uniform(0, 30 * n**0.5, (n, 2))
    half = rng.uniform([4, 3], [12, 9], (n, 2))
    turn = rng.uniform(0, np.pi, n) * (rng.random(n) < 0.7)
    corners = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)]) * half[:, None, :]
    c, s = np.cos(turn)[:, None], np.sin(turn)[:, None]
    x, y = corners[..., 0], corners[..., 1]
    shapes = shapely.polygons(np.stack([x * c - y * s, x * s + y * c], -1) + place[:, None])
    yards = shapely.difference(shapes[: n // 8], shapely.buffer(shapes[: n // 8], -2.5))
    twins = [shapely.box(50 * k, -40, 50 * k + 9, -30) for k in range(n // 8)]
    twins += [shapely.box(50 * k + 9, -38, 50 * k + 20, -30) for k in range(n // 8)]
    return np.array([*yards, *shapes[n // 8 : -len(twins)], *twins], dtype=object)


@pytest.mark.parametrize(
    ("seed", "range_m"), [(1, 20.0), (2, 30.0), (3, 30.0), (4, 45.0), (5, 60.0)]
)
def test_ten_thousand_isovists_in_random_cities_agree(
    cgal: Path, seed: int, range_m: float
) -> None:
    rng = np.random.default_rng(seed)
    shapes = random_city(500, rng)
    walls = walls_from_polygons(shapes)
    xy = rng.uniform([0, -45], [670, 670], (2000, 2))
    expected = areas_by_cgal(cgal, walls, xy, range_m)
    assert (expected > 0).all()
    found = viewsheds(*xy.T, walls, range_m=range_m)
    np.testing.assert_allclose(found.areas_m2, expected, rtol=AGREEMENT)
    assert shapely.is_valid(found.polygons()).all()
    outside = np.ones(len(xy), bool)
    outside[shapely.STRtree(shapes).query(shapely.points(xy), predicate="intersects")[0]] = False
    fewer = viewsheds(*xy[outside].T, index_walls(walls, closed=True), range_m=range_m)
    np.testing.assert_allclose(fewer.areas_m2, expected[outside], rtol=AGREEMENT)


def test_wedges_all_round_add_up_to_what_cgal_sees(cgal: Path) -> None:
    rng = np.random.default_rng(6)
    walls = walls_from_polygons(random_city(500, rng))
    xy = rng.uniform(0, 670, (100, 2))
    wedges = [
        viewsheds(*xy.T, walls, range_m=40, hfov_deg=72, bearing_deg=11 + 72 * k).areas_m2
        for k in range(5)
    ]
    expected = areas_by_cgal(cgal, walls, xy, 40.0)
    np.testing.assert_allclose(np.sum(wedges, axis=0), expected, rtol=AGREEMENT)


@pytest.mark.city
def test_cameras_of_helsinki_see_what_cgal_says(cgal: Path, shared_data: Path) -> None:
    from pyproj import Transformer

    folder = shared_data / "data" / "helsinki"
    turn = Transformer.from_crs(4326, 3067, always_xy=True)
    move = lambda xy: np.column_stack(turn.transform(xy[:, 0], xy[:, 1]))  # noqa: E731
    features = json.loads((folder / "buildings.geojson").read_text())["features"]
    shapes = np.array([shapely.from_geojson(json.dumps(f["geometry"])) for f in features], object)
    shapes = shapely.make_valid(shapely.transform(shapes, move))
    walls = walls_from_polygons(shapely.get_parts(shapely.get_parts(shapes)))
    places = json.loads((folder / "cameras.geojson").read_text())["features"]
    xy = move(np.array([f["geometry"]["coordinates"] for f in places], float))
    lines = shapely.linestrings(walls.reshape(-1, 2, 2))
    spots = shapely.points(xy)
    free = shapely.distance(spots, lines[shapely.STRtree(lines).nearest(spots)]) > 1e-4
    assert free.sum() == 217  # of 221; the others stand on walls, where CGAL sees nothing
    for range_m in (30.0, 90.0):
        found = viewsheds(*xy[free].T, walls, range_m=range_m)
        expected = areas_by_cgal(cgal, walls, xy[free], range_m)
        np.testing.assert_allclose(found.areas_m2, expected, rtol=AGREEMENT)
        assert shapely.is_valid(found.polygons()).all()
