"""Isovists and viewsheds: closed forms, an outside tool, and properties against sight lines."""

import json
from pathlib import Path

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from geo.errors import GeoError
from geo.viewshed import (
    ARC_VERTICES,
    Camera,
    index_walls,
    isovist,
    isovist_area,
    viewshed,
    viewsheds,
    walls_from_polygons,
)

NO_WALLS = np.empty((0, 4))
GOLDEN = Path(__file__).parent / "golden" / "isovists_pysovist.json"


def city(n: int) -> NDArray[np.object_]:
    """Turned rectangles on a wobbling lattice of 30 m, the same wherever it is computed."""
    i = np.arange(n)
    side = int(np.ceil(n**0.5))
    cx = (i % side) * 30.0 + 7.0 * np.sin(1.7 * i)
    cy = (i // side) * 30.0 + 7.0 * np.cos(2.3 * i)
    half_w, half_d = 5.0 + 4.0 * np.sin(0.9 * i) ** 2, 4.0 + 3.0 * np.cos(1.3 * i) ** 2
    corners = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)], float)
    lx, ly = corners[None, :, 0] * half_w[:, None], corners[None, :, 1] * half_d[:, None]
    c, s = np.cos(0.37 * i)[:, None], np.sin(0.37 * i)[:, None]
    return shapely.polygons(
        np.stack([cx[:, None] + lx * c - ly * s, cy[:, None] + lx * s + ly * c], -1)
    )


def origins(n: int, extent: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Points spread evenly, the same wherever they are computed."""
    i = np.arange(1, n + 1)
    return (i * 0.6180339887498949 % 1) * extent, (i * 0.7548776662466927 % 1) * extent


def in_free_sight(
    origin: tuple[float, float], x: float, y: float, walls: NDArray[np.float64]
) -> bool:
    """Slow truth: no wall meets the sight line."""
    line = shapely.LineString([origin, (x, y)])
    return not shapely.intersects(line, shapely.linestrings(walls.reshape(-1, 2, 2))).any()


# ---- by hand


def test_without_walls_an_isovist_is_a_circle(shared_data: Path) -> None:
    for case in json.loads((shared_data / "oracles" / "isovist_analytic.json").read_text()):
        shapes = [shapely.Polygon(corners) for corners in case.get("buildings", [])]
        walls = walls_from_polygons(shapes)
        found = viewsheds([0], [0], walls, range_m=case["R"], hfov_deg=case["fov_deg"])
        assert found.areas_m2[0] == pytest.approx(case["area"], rel=1e-9), case["note"]


def test_the_polygon_of_a_circle_is_inscribed_by_the_stated_error() -> None:
    # n chords: area n/2 sin(2 pi / n) r^2; farthest inside the arc r (1 - cos(pi / n))
    found = isovist(3, 4, NO_WALLS, range_m=50)
    n = ARC_VERTICES
    assert found.area == pytest.approx(n / 2 * np.sin(2 * np.pi / n) * 2500, rel=1e-12)
    gap = 50 - shapely.distance(found.exterior, shapely.Point(3, 4))
    assert gap == pytest.approx(50 * (1 - np.cos(np.pi / n)), rel=1e-9)
    assert gap / 50 < 6.2e-4


def test_a_long_wall_cuts_the_circle_to_a_segment() -> None:
    # wall at distance 3 in a circle of 5: half chord 4; seen = circle - segment
    # segment = r^2 acos(3/5) - 3 * 4
    expected = np.pi * 25 - (25 * np.arccos(0.6) - 12)
    walls = np.array([[-100.0, 3, 100, 3]])
    assert isovist_area(0, 0, walls, range_m=5) == pytest.approx(expected, rel=1e-12)


def test_a_wedge_is_cut_by_a_wall_square_to_it() -> None:
    # 90 degrees east, wall at x = 2: a triangle of height 2 and base 4
    walls = np.array([[2.0, -50, 2, 50]])
    assert viewshed(Camera(0, 0, 90, 90, 30), walls).area == pytest.approx(4.0, rel=1e-12)


def test_bearings_turn_clockwise_from_north() -> None:
    for bearing, seen in ((0, (0, 5)), (90, (5, 0)), (180, (0, -5)), (270, (-5, 0))):
        found = viewshed(Camera(0, 0, bearing, 20, 10), NO_WALLS)
        assert found.covers(shapely.Point(seen)), bearing


def test_a_wedge_across_north_is_one_piece() -> None:
    found = viewshed(Camera(0, 0, 0, 60, 10), NO_WALLS)
    assert found.covers(shapely.Point(-3, 8))
    assert found.covers(shapely.Point(3, 8))
    assert not found.covers(shapely.Point(0, -1))


def test_a_wedge_wider_than_half_a_turn() -> None:
    found = viewsheds([0], [0], NO_WALLS, range_m=10, bearing_deg=45, hfov_deg=270)
    assert found.areas_m2[0] == pytest.approx(75 * np.pi, rel=1e-12)


def test_a_room_is_seen_whole_and_nothing_else() -> None:
    room = walls_from_polygons(shapely.box(-3, -2, 5, 7))
    found = isovist(0, 0, room, range_m=100)
    assert found.area == pytest.approx(72.0, rel=1e-12)
    assert found.is_valid


def test_crossing_walls_block_up_to_where_they_cross() -> None:
    # an X before the origin: lines y = x - 2 and y = 2 - x cross at (2, 0)
    walls = np.array([[1.0, -1, 4, 2], [1, 1, 4, -2]])
    found = isovist(0, 0, walls, range_m=10)
    assert found.covers(shapely.Point(1.9, 0))
    assert not found.covers(shapely.Point(2.1, 0))
    assert not found.covers(shapely.Point(3, 0.9))
    assert found.is_valid


# ---- standing on walls


def test_a_camera_on_a_facade_sees_away_from_its_building() -> None:
    walls = walls_from_polygons(shapely.box(0, 0, 10, 10))
    # the whole half disc below the facade y = 0
    assert isovist_area(5, 0, walls, range_m=3) == pytest.approx(4.5 * np.pi, rel=1e-9)
    assert viewshed(Camera(5, 0, 180, 90, 3), walls).area > 7.0
    assert viewshed(Camera(5, 0, 0, 90, 3), walls).is_empty


def test_a_camera_at_a_corner_sees_three_quarters() -> None:
    walls = walls_from_polygons(shapely.box(0, 0, 10, 10))
    assert isovist_area(0, 0, walls, range_m=3) == pytest.approx(6.75 * np.pi, rel=1e-9)


def test_a_camera_in_an_inner_corner_sees_a_quarter() -> None:
    corner = shapely.Polygon([(0, 0), (10, 0), (10, -5), (-5, -5), (-5, 10), (0, 10)])
    found = isovist_area(0, 0, walls_from_polygons(corner), range_m=3)
    assert found == pytest.approx(2.25 * np.pi, rel=1e-9)


def test_a_camera_on_the_wall_of_a_courtyard_sees_the_courtyard() -> None:
    yard = shapely.Polygon(
        [(0, 0), (20, 0), (20, 20), (0, 20)], [[(5, 5), (15, 5), (15, 15), (5, 15)]]
    )
    found = isovist_area(10, 5, walls_from_polygons(yard), range_m=50)
    assert found == pytest.approx(100.0, rel=1e-9)


def test_where_two_buildings_touch_the_view_falls_into_two() -> None:
    walls = walls_from_polygons([shapely.box(0, 0, 10, 10), shapely.box(-10, -10, 0, 0)])
    found = isovist(0, 0, walls, range_m=3)
    assert isinstance(found, shapely.MultiPolygon)
    assert found.is_valid
    assert isovist_area(0, 0, walls, range_m=3) == pytest.approx(4.5 * np.pi, rel=1e-9)


def test_on_the_wall_that_two_buildings_share_nothing_is_seen() -> None:
    walls = walls_from_polygons([shapely.box(0, 0, 10, 10), shapely.box(10, 0, 20, 10)])
    assert isovist(10, 5, index_walls(walls, closed=True), range_m=30).is_empty


def test_a_fence_given_both_ways_hides_neither_side_of_itself() -> None:
    fence = np.array([[-5.0, 0, 5, 0], [5, 0, -5, 0]])
    assert isovist_area(0, 0, fence, range_m=3) == pytest.approx(9 * np.pi, rel=1e-9)


def test_at_the_end_of_a_fence_both_sides_are_seen() -> None:
    fence = np.array([[0.0, 0, 5, 0]])
    assert isovist_area(0, 0, fence, range_m=3) == pytest.approx(9 * np.pi, rel=1e-9)


def test_a_fence_seen_end_on_hides_nothing() -> None:
    fence = np.array([[1.0, 0, 5, 0]])
    assert isovist_area(0, 0, fence, range_m=3) == pytest.approx(9 * np.pi, rel=1e-9)


# ---- what walls can be


def test_zero_length_and_repeated_walls_change_nothing() -> None:
    walls = walls_from_polygons(shapely.box(2, -1, 4, 1))
    odd = np.vstack([walls, walls, [[1.0, 1, 1, 1]], walls[:, [2, 3, 0, 1]]])
    plain, found = (isovist_area(0, 0, one, range_m=9) for one in (walls, odd))
    assert found == pytest.approx(plain, rel=1e-12)


def test_a_wall_cut_in_pieces_is_the_same_wall() -> None:
    whole = np.array([[3.0, -6, 3, 6]])
    cuts = np.linspace(-6, 6, 14)
    pieces = np.column_stack([np.full(13, 3.0), cuts[:-1], np.full(13, 3.0), cuts[1:]])
    found = isovist_area(0, 0, pieces, range_m=20)
    assert found == pytest.approx(isovist_area(0, 0, whole, range_m=20), rel=1e-12)


def test_walls_longer_than_the_grid_are_seen_as_one() -> None:
    walls = np.vstack([[-5000.0, 3, 5000, 3], np.tile([[200.0, 200, 201, 200]], (50, 1))])
    expected = np.pi * 25 - (25 * np.arccos(0.6) - 12)
    assert isovist_area(0, 0, walls, range_m=5) == pytest.approx(expected, rel=1e-12)
    assert len(isovist(0, 0, walls, range_m=5).exterior.coords) < ARC_VERTICES


def test_touching_corners_let_no_sight_through() -> None:
    walls = walls_from_polygons([shapely.box(5, 0, 8, 3), shapely.box(8, -3, 11, 0)])
    found = isovist(0, -1, walls, range_m=40)
    assert found.is_valid
    assert not found.covers(shapely.Point(16, 1.0))


@pytest.mark.parametrize("behind", [[], [shapely.box(20, -9, 22, 9)]])
def test_a_crack_between_two_buildings_shows_nothing(behind: list[shapely.Polygon]) -> None:
    # a crack of a hundredth of a micrometre: neither a wall nor the arc behind it is drawn
    front = [shapely.box(5, -5, 10, 0), shapely.box(5, 1e-8, 10, 5)]
    found = isovist(0, 5e-9, walls_from_polygons([*front, *behind]), range_m=40)
    assert found.is_valid
    assert not found.intersects(shapely.box(5.5, -0.2, 9.5, 0.2))


def test_holes_and_multipolygons_have_walls_and_empty_ones_none() -> None:
    holed = shapely.Polygon([(0, 0), (9, 0), (9, 9), (0, 9)], [[(3, 3), (6, 3), (6, 6), (3, 6)]])
    two = shapely.MultiPolygon([shapely.box(20, 0, 21, 1), shapely.box(30, 0, 31, 1)])
    assert walls_from_polygons([holed, two, shapely.Polygon(), None]).shape == (16, 4)
    assert walls_from_polygons([]).shape == (0, 4)


def test_walls_keep_their_building_on_the_left() -> None:
    clockwise = shapely.Polygon([(0, 0), (0, 1), (1, 1), (1, 0)])
    for x0, y0, x1, y1 in walls_from_polygons(clockwise):
        left = (x1 - x0) * (0.5 - y0) - (y1 - y0) * (0.5 - x0)
        assert left > 0


# ---- held against an outside tool


def test_areas_agree_with_pysovist() -> None:
    golden = json.loads(GOLDEN.read_text())
    walls = walls_from_polygons(city(500))
    x, y = origins(300, 660.0)
    for case in golden["cases"]:
        found = viewsheds(
            x, y, walls, range_m=case["range_m"],
            hfov_deg=case["hfov_deg"], bearing_deg=case["bearing_deg"],
        )  # fmt: skip
        np.testing.assert_allclose(found.areas_m2, case["areas_m2"], rtol=1e-10)


def test_skipping_far_walls_of_buildings_changes_no_view() -> None:
    shapes = city(500)
    walls = walls_from_polygons(shapes)
    x, y = origins(2000, 660.0)
    tree = shapely.STRtree(shapes)
    outside = np.setdiff1d(
        np.arange(2000), tree.query(shapely.points(x, y), predicate="intersects")[0]
    )
    every = viewsheds(x[outside], y[outside], walls, range_m=70)
    fewer = viewsheds(x[outside], y[outside], index_walls(walls, closed=True), range_m=70)
    np.testing.assert_allclose(fewer.areas_m2, every.areas_m2, rtol=1e-12)


def test_every_polygon_is_valid_far_from_the_origin_of_the_map() -> None:
    walls = walls_from_polygons(city(500)) + np.array([5e5, 4e6, 5e5, 4e6])
    x, y = origins(3000, 660.0)
    shapes = viewsheds(x + 5e5, y + 4e6, walls, range_m=60).polygons()
    assert shapely.is_valid(shapes).all()


def test_helsinki_is_seen_the_same_by_sight_lines(shared_data: Path) -> None:
    from pyproj import Transformer

    folder = shared_data / "data" / "helsinki"
    turn = Transformer.from_crs(4326, 3067, always_xy=True)
    features = json.loads((folder / "buildings.geojson").read_text())["features"]
    shapes = [shapely.from_geojson(json.dumps(f["geometry"])) for f in features]
    move = lambda xy: np.column_stack(turn.transform(xy[:, 0], xy[:, 1]))  # noqa: E731
    shapes = shapely.make_valid(shapely.transform(np.array(shapes, object), move))
    places = json.loads((folder / "cameras.geojson").read_text())["features"]
    xy = move(np.array([f["geometry"]["coordinates"] for f in places], float))
    walls = walls_from_polygons(shapely.get_parts(shapely.get_parts(shapes)))
    found = viewsheds(xy[:, 0], xy[:, 1], walls, range_m=60).polygons()
    assert shapely.is_valid(found).all()
    rng = np.random.default_rng(7)
    lines = shapely.linestrings(walls.reshape(-1, 2, 2))
    tree = shapely.STRtree(lines)
    angle, far = rng.uniform(0, 2 * np.pi, 40), rng.uniform(1, 59.5, 40)
    for k in range(0, len(xy), 5):
        if shapely.distance(shapely.Point(xy[k]), lines[tree.nearest(shapely.Point(xy[k]))]) < 0.1:
            continue
        ends = xy[k] + np.column_stack([np.cos(angle) * far, np.sin(angle) * far])
        rays = shapely.linestrings(np.stack([np.tile(xy[k], (40, 1)), ends], axis=1))
        blocked = np.zeros(40, bool)
        blocked[tree.query(rays, predicate="intersects")[0]] = True
        spots = shapely.points(ends)
        clear = shapely.distance(spots, found[k].boundary) > 1e-3
        assert (shapely.covers(found[k], spots) == ~blocked)[clear].all()


# ---- properties


def clear_of_origin(rows: list[tuple[float, ...]]) -> NDArray[np.float64]:
    """The walls that the origin does not stand on."""
    walls = np.array(rows, float).reshape(-1, 4)
    lines = shapely.linestrings(walls.reshape(-1, 2, 2))
    return walls[shapely.distance(lines, shapely.Point(0, 0)) > 0.01]


LENGTH = st.floats(-20, 20, allow_nan=False).map(lambda v: round(v, 3))
WALLS = st.lists(st.tuples(LENGTH, LENGTH, LENGTH, LENGTH), max_size=12).map(clear_of_origin)


@settings(max_examples=150, deadline=None)
@given(walls=WALLS, x=LENGTH, y=LENGTH)
def test_a_point_is_seen_if_and_only_if_its_sight_line_is_free(
    walls: NDArray[np.float64], x: float, y: float
) -> None:
    found = isovist(0, 0, walls, range_m=18)
    if x == y == 0.0:
        return
    spot = shapely.Point(x, y)
    assert found.is_valid
    ends = shapely.multipoints(walls.reshape(-1, 2))
    grazes = shapely.distance(shapely.LineString([(0, 0), (x, y)]), ends) < 1e-4
    if np.hypot(x, y) > 17.9 or shapely.distance(spot, found.boundary) < 1e-4 or grazes:
        return  # a hair decides, as with a wall seen end on
    assert found.covers(spot) == in_free_sight((0, 0), x, y, walls)


@settings(max_examples=80, deadline=None)
@given(walls=WALLS, more=WALLS)
def test_another_wall_never_shows_more(
    walls: NDArray[np.float64], more: NDArray[np.float64]
) -> None:
    fewer = isovist_area(0, 0, walls, range_m=18)
    assert isovist_area(0, 0, np.vstack([walls, more]), range_m=18) <= fewer + 1e-9


@settings(max_examples=80, deadline=None)
@given(walls=WALLS, turn=st.floats(0, 360), dx=st.floats(-1e5, 1e5), dy=st.floats(-1e5, 1e5))
def test_turning_and_shifting_the_world_changes_no_area(
    walls: NDArray[np.float64], turn: float, dx: float, dy: float
) -> None:
    c, s = np.cos(np.radians(turn)), np.sin(np.radians(turn))
    ends = walls.reshape(-1, 2) @ np.array([[c, s], [-s, c]]) + [dx, dy]
    plain = isovist_area(0, 0, walls, range_m=18)
    moved = isovist_area(dx, dy, ends.reshape(-1, 4), range_m=18)
    assert moved == pytest.approx(plain, rel=1e-6, abs=1e-6)


@settings(max_examples=80, deadline=None)
@given(walls=WALLS, n=st.integers(1, 9), first=st.floats(-360, 720))
def test_wedges_all_round_make_the_isovist(
    walls: NDArray[np.float64], n: int, first: float
) -> None:
    bearing = first + np.arange(n) * 360 / n
    wedges = viewsheds(
        np.zeros(n), np.zeros(n), walls, range_m=18, bearing_deg=bearing, hfov_deg=360 / n
    )
    whole = isovist_area(0, 0, walls, range_m=18)
    assert wedges.areas_m2.sum() == pytest.approx(whole, rel=1e-9)


@settings(max_examples=60, deadline=None)
@given(walls=WALLS, bearing=st.floats(0, 360), hfov=st.floats(0.1, 360))
def test_polygons_have_the_exact_area_but_for_the_arc(
    walls: NDArray[np.float64], bearing: float, hfov: float
) -> None:
    found = viewsheds(
        [0], [0], walls, range_m=18, bearing_deg=bearing, hfov_deg=hfov, arc_vertices=3600
    )
    shape = found.polygons()[0]
    assert shape.is_valid
    assert shape.area == pytest.approx(found.areas_m2[0], rel=2e-6, abs=1e-4)


def test_the_answer_does_not_depend_on_threads() -> None:
    walls = walls_from_polygons(city(100))
    x, y = origins(301, 300.0)
    one, three = (viewsheds(x, y, walls, range_m=40, n_threads=n) for n in (1, 3))
    assert one.vertices_xy.tobytes() == three.vertices_xy.tobytes()
    assert one.offsets.tobytes() == three.offsets.tobytes()
    assert one.areas_m2.tobytes() == three.areas_m2.tobytes()


@pytest.mark.parametrize("n_threads", [1, 2])
def test_views_keep_the_order_of_cameras_that_jump_about(n_threads: int) -> None:
    walls = walls_from_polygons(city(900))
    x, y = origins(5000, 1200.0)
    some = np.arange(5000)  # visited strip by strip: they lie 600 m apart, one after the other
    all_of_them = viewsheds(x, y, walls, range_m=40, n_threads=n_threads)
    parts = [viewsheds(x[k], y[k], walls, range_m=40) for k in np.split(some, 5)]
    assert all_of_them.areas_m2.tobytes() == b"".join(one.areas_m2.tobytes() for one in parts)
    assert all_of_them.apexes.tobytes() == b"".join(one.apexes.tobytes() for one in parts)
    vertices = b"".join(one.vertices_xy.tobytes() for one in parts)
    assert all_of_them.vertices_xy.tobytes() == vertices
    counts = np.concatenate([np.diff(one.offsets) for one in parts])
    assert np.array_equal(np.diff(all_of_them.offsets), counts)


def test_no_cameras_give_no_views() -> None:
    found = viewsheds([], [], NO_WALLS, range_m=np.empty(0))
    assert len(found.polygons()) == 0
    assert found.offsets.tolist() == [0]


# ---- bad input


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("x", np.nan), ("y", np.inf), ("x", 1e9), ("range_m", 0.0), ("range_m", -3.0),
        ("range_m", np.nan), ("range_m", 2e5), ("hfov_deg", 0.0), ("hfov_deg", 400.0),
        ("hfov_deg", -90.0), ("bearing_deg", np.nan), ("bearing_deg", np.inf),
    ],
)  # fmt: skip
def test_cameras_that_cannot_be_are_refused_by_name(field: str, value: float) -> None:
    good = {"x": 0.0, "y": 0.0, "bearing_deg": 0.0, "hfov_deg": 60.0, "range_m": 20.0}
    with pytest.raises(GeoError, match=rf"{field} of 1 of 1 cameras, the first is row 0"):
        viewshed(Camera(**{**good, field: value}), NO_WALLS)


def test_every_fault_is_told_at_once() -> None:
    with pytest.raises(GeoError, match=r"x of 1 of 2 .*; hfov_deg of 2 of 2"):
        viewsheds([np.nan, 0], [0, 0], NO_WALLS, range_m=5, hfov_deg=[0, 500])


@pytest.mark.parametrize("value", [np.nan, np.inf, 1e12])
def test_walls_that_are_not_metres_are_refused(value: float) -> None:
    with pytest.raises(GeoError, match=r"walls: 1 of 2 have a coordinate"):
        isovist(0, 0, [[1, 1, 2, 2], [0, value, 1, 1]], range_m=5)


def test_walls_of_another_shape_are_refused() -> None:
    with pytest.raises(GeoError, match=r"shape \(2, 2\).*walls_from_polygons"):
        isovist(0, 0, [[1, 1], [2, 2]], range_m=5)


def test_footprints_that_are_not_areas_are_refused() -> None:
    with pytest.raises(GeoError, match="1 of 2 footprints are not polygons, the first a Point"):
        walls_from_polygons([shapely.box(0, 0, 1, 1), shapely.Point(0, 0)])


def test_arcs_of_too_few_vertices_are_refused() -> None:
    with pytest.raises(GeoError, match="arc_vertices: 3"):
        viewsheds([0], [0], NO_WALLS, range_m=5, arc_vertices=3)
