"""Coverage: by hand, against the exact union of viewsheds, and points against their sight lines."""

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from geo._lots import SMALLEST_BLIND_M2
from geo.coverage import BlindSpots, cover_city, cover_in_parts, coverage
from geo.errors import GeoError
from geo.mounting import MOVED, REFUSED, STANDS, mount_cameras
from geo.sight import DAYPARTS, Cameras, look, reaches_m, see
from geo.viewshed import index_walls, viewsheds, walls_from_polygons

LEVELS = {"detect": 25.0, "observe": 62.0, "recognise": 125.0, "identify": 250.0}
NO_WALLS = np.empty((0, 4))
NIGHT = DAYPARTS.index("night")


def cameras(*rows: dict[str, float]) -> Cameras:
    """Cameras of a kind whose reach is round: 2000 px over 90 degrees is 1000 / density metres."""
    usual = {
        "x": 0.0, "y": 0.0, "bearing_deg": 0.0, "hfov_deg": 90.0, "width_px": 2000.0,
        "range_m": np.nan, "night_range_m": np.nan,
    }  # fmt: skip
    table = [{**usual, **row} for row in rows]
    return Cameras(*(np.array([row[name] for row in table], float) for name in usual))


def only(**levels: float) -> dict[str, float]:
    return levels


# ---- reach


def test_reach_is_density_cut_by_the_range_of_the_daypart() -> None:
    # 1000 / 25 = 40 m, 1000 / 125 = 8 m; range 30 cuts the first; night 5 cuts both
    found = reaches_m(cameras({"range_m": 30.0, "night_range_m": 5.0}), only(a=25.0, b=125.0))
    np.testing.assert_allclose(found[0], [[30, 8], [5, 5]])


def test_night_is_never_longer_than_day() -> None:
    found = reaches_m(cameras({"range_m": 10.0, "night_range_m": 99.0}), only(a=25.0))
    np.testing.assert_allclose(found[0], [[10], [10]])


# ---- shares


def test_one_wedge_in_an_open_field() -> None:
    # quarter circle of 8 m: 16 pi = 50.27 m2 in 100 x 100; cells of 0.25 m are exact to their rim
    field = shapely.box(-50, -50, 50, 50)
    found = coverage(field, NO_WALLS, cameras({}), cell_m=0.25, levels_px_per_m=only(a=125.0))
    assert found.open_m2 == pytest.approx(10_000)
    assert found.seen_fraction[0, 0] * 10_000 == pytest.approx(16 * np.pi, rel=0.01)
    assert found.k2_fraction[0, 0] == 0


def test_buildings_are_no_open_ground() -> None:
    house = shapely.box(0, 0, 30, 20)
    found = coverage(
        shapely.box(-50, -50, 50, 50), walls_from_polygons(house), cameras({"y": -20.0}),
        levels_px_per_m=LEVELS, buildings=[house],
    )  # fmt: skip
    assert found.open_m2 == pytest.approx(10_000 - 600)


def test_two_cameras_that_look_the_same_way_see_it_twice_and_three_thrice() -> None:
    field = shapely.box(-50, -50, 50, 50)
    two = coverage(field, NO_WALLS, cameras({}, {}), levels_px_per_m=LEVELS)
    np.testing.assert_array_equal(two.k2_fraction, two.seen_fraction)
    assert not two.k3_fraction.any()
    three = coverage(field, NO_WALLS, cameras({}, {}, {}), levels_px_per_m=LEVELS)
    np.testing.assert_array_equal(three.k3_fraction, two.seen_fraction)


def test_levels_are_nested_and_come_coarsest_first() -> None:
    found = coverage(shapely.box(-50, -50, 50, 50), NO_WALLS, cameras({}), levels_px_per_m=LEVELS)
    assert found.levels == ("detect", "observe", "recognise", "identify")
    assert (np.diff(found.seen_fraction, axis=1) <= 0).all()


def test_a_camera_of_unknown_bearing_is_possible_alone() -> None:
    field = shapely.box(-50, -50, 50, 50)
    found = coverage(
        field, NO_WALLS, cameras({"bearing_deg": np.nan}), levels_px_per_m=only(a=125.0)
    )
    assert not found.seen_fraction.any()
    # a whole circle of 8 m could be seen
    assert found.possible_fraction[0, 0] * 10_000 == pytest.approx(64 * np.pi, rel=0.05)


def test_possible_ground_is_told_apart_from_seen_ground() -> None:
    field = shapely.box(-50, -50, 50, 50)
    both = cameras({"bearing_deg": np.nan}, {})
    found = coverage(field, NO_WALLS, both, levels_px_per_m=only(a=125.0), cell_m=0.5)
    # three quarters of the circle are left for the camera of unknown bearing
    assert found.seen_fraction[0, 0] * 10_000 == pytest.approx(16 * np.pi, rel=0.03)
    assert found.possible_fraction[0, 0] * 10_000 == pytest.approx(48 * np.pi, rel=0.03)


def test_a_dome_needs_no_bearing() -> None:
    dome = cameras({"bearing_deg": np.nan, "hfov_deg": 360.0, "range_m": 8.0})
    found = coverage(
        shapely.box(-50, -50, 50, 50), NO_WALLS, dome, levels_px_per_m=only(a=25.0), cell_m=0.5
    )
    assert found.seen_fraction[0, 0] * 10_000 == pytest.approx(64 * np.pi, rel=0.02)


def test_a_camera_blind_at_night_sees_by_day() -> None:
    found = coverage(
        shapely.box(-50, -50, 50, 50), NO_WALLS, cameras({"night_range_m": 0.0}),
        levels_px_per_m=LEVELS,
    )  # fmt: skip
    assert found.seen_fraction[0].all()
    assert not found.seen_fraction[NIGHT].any()


def test_without_cameras_all_open_ground_is_blind() -> None:
    field = shapely.box(0, 0, 40, 40)
    found = coverage(field, NO_WALLS, cameras(), levels_px_per_m=only(a=125.0))
    assert not found.seen_fraction.any()
    by_day = found.blind.daypart == 0
    assert shapely.union_all(found.blind.geometry[by_day]).equals(field)


def test_a_community_of_buildings_alone_has_no_share() -> None:
    house = shapely.box(0, 0, 40, 40)
    found = coverage(
        house, walls_from_polygons(house), cameras({"y": -5.0}), levels_px_per_m=LEVELS,
        buildings=[house],
    )  # fmt: skip
    assert found.open_m2 == 0
    assert np.isnan(found.seen_fraction).all()


# ---- cities


def test_unique_ground_is_what_fails_with_its_camera() -> None:
    field = shapely.box(-50, -50, 50, 50)
    pair = cameras({}, {"bearing_deg": 45.0})
    sight = look(pair, NO_WALLS, levels_px_per_m=only(a=125.0))
    both = cover_city([field], [], sight)
    for k in range(2):
        left = Cameras(*(getattr(pair, f)[[1 - k]] for f in Cameras.__dataclass_fields__))
        alone = cover_city([field], [], look(left, NO_WALLS, levels_px_per_m=only(a=125.0)))
        lost = both.seen_m2[0] - alone.seen_m2[0]
        np.testing.assert_allclose(both.unique_m2[k], lost)
        assert lost[0, 0] > 0


def test_unique_ground_adds_up_over_communities() -> None:
    halves = [shapely.box(-50, -50, 0, 50), shapely.box(0, -50, 50, 50)]
    sight = look(cameras({"bearing_deg": 7.0}), NO_WALLS, levels_px_per_m=LEVELS)
    one = cover_city([shapely.box(-50, -50, 50, 50)], [], sight)
    two = cover_city(halves, [], sight)
    np.testing.assert_allclose(two.unique_m2, one.unique_m2)
    np.testing.assert_allclose(two.seen_m2.sum(axis=0), one.seen_m2[0])


def test_the_strip_runs_inside_the_boundary() -> None:
    # 100 x 100 with a strip of 5 m: 10 000 - 90 x 90 = 1 900
    sight = look(cameras({"y": 45.0}), NO_WALLS, levels_px_per_m=only(a=125.0))
    found = cover_city([shapely.box(-50, -50, 50, 50)], [], sight)
    assert found.strip_m2[0] == pytest.approx(1900)
    # the wedge to the north begins where the strip does; 5 m deep: a triangle of 25 m2, cut by
    # nothing, as the arc is at 8 m beyond
    assert found.strip_seen_m2[0, 0, 0] == pytest.approx(25, rel=0.25)


def test_blind_spots_and_seen_ground_make_the_open_ground() -> None:
    house = shapely.box(5, 5, 20, 15)
    sight = look(
        cameras({"x": 0.0}, {"x": 30.0, "bearing_deg": 270.0}), walls_from_polygons(house),
        levels_px_per_m=only(a=25.0),
    )  # fmt: skip
    field = shapely.box(-50, -50, 50, 50)
    found = cover_city([field], [house], sight, blind=[("a", "day")])
    assert shapely.is_valid(found.blind.geometry).all()
    np.testing.assert_allclose(shapely.area(found.blind.geometry), found.blind.area_m2)
    left = found.open_m2[0] - found.seen_m2[0, 0, 0] - found.blind.area_m2.sum()
    assert 0 <= left < 10 * SMALLEST_BLIND_M2
    assert (found.blind.area_m2 >= SMALLEST_BLIND_M2).all()
    inside = shapely.union_all(found.blind.geometry)
    assert inside.difference(field).area == 0


def test_blind_spots_count_the_points_in_them() -> None:
    sight = look(cameras(), NO_WALLS, levels_px_per_m=only(a=25.0))
    points = (np.array([10.0, 10.5, 60.0, -3.0]), np.array([10.0, 10.5, 10.0, 10.0]))
    found = cover_city(
        [shapely.box(0, 0, 100, 50)], [], sight, blind=[("a", "night")], points=[points]
    )
    # pieces of 50 m from west to east; the last point lies outside
    assert found.blind.n_points.tolist() == [[2], [1]]
    assert (found.blind.daypart == NIGHT).all()


def test_blind_ground_is_cut_along_one_lattice_for_the_whole_city() -> None:
    sight = look(cameras(), NO_WALLS, levels_px_per_m=only(a=25.0))
    found = cover_city([shapely.box(30, 20, 110, 60)], [], sight, blind=[("a", "day")])
    assert sorted(shapely.bounds(found.blind.geometry).tolist()) == [
        [30, 20, 50, 50], [30, 50, 50, 60], [50, 20, 100, 50], [50, 50, 100, 60],
        [100, 20, 110, 50], [100, 50, 110, 60],
    ]  # fmt: skip


def test_a_blind_ring_round_a_building_is_a_polygon_with_a_hole() -> None:
    house = shapely.box(10, 10, 20, 20)
    sight = look(cameras(), NO_WALLS, levels_px_per_m=only(a=25.0))
    found = cover_city([shapely.box(0, 0, 40, 40)], [house], sight, blind=[("a", "day")])
    assert len(found.blind.geometry) == 1
    assert found.blind.geometry[0].equals(shapely.box(0, 0, 40, 40).difference(house))


def test_cells_that_meet_at_a_corner_alone_make_valid_outlines() -> None:
    # buildings on the diagonal leave holes that touch in points
    houses = [shapely.box(5 * k, 5 * k, 5 * k + 5, 5 * k + 5) for k in range(1, 8)]
    houses += [shapely.box(5, 15, 10, 20), shapely.box(10, 20, 15, 25)]
    sight = look(cameras(), NO_WALLS, levels_px_per_m=only(a=25.0))
    field = shapely.box(0, 0, 50, 50)
    found = cover_city([field], houses, sight, blind=[("a", "day")])
    assert shapely.is_valid(found.blind.geometry).all()
    open_ground = field.difference(shapely.union_all(houses))
    assert shapely.union_all(found.blind.geometry).equals(open_ground)


def test_large_communities_get_larger_cells_and_say_so() -> None:
    sight = look(cameras({}), NO_WALLS, levels_px_per_m=only(a=25.0))
    found = cover_city([shapely.box(0, 0, 3000, 3000), shapely.box(0, 0, 9, 9)], [], sight)
    assert found.cell_m.tolist() == [8.0, 1.0]
    assert found.open_m2.tolist() == [9e6, 81.0]


def test_the_answer_does_not_depend_on_threads() -> None:
    rng = np.random.default_rng(5)
    rows = [
        {"x": x, "y": y, "bearing_deg": b}
        for x, y, b in rng.uniform([0, 0, 0], [200, 200, 360], (40, 3))
    ]
    sight = look(cameras(*rows), NO_WALLS, levels_px_per_m=LEVELS)
    areas = [shapely.box(50 * i, 0, 50 * i + 45, 200) for i in range(4)]
    one, two = (
        cover_city(areas, [], sight, blind=[("observe", "day")], n_threads=n) for n in (1, 2)
    )
    assert one.seen_m2.tobytes() == two.seen_m2.tobytes()
    assert one.unique_m2.tobytes() == two.unique_m2.tobytes()
    assert (
        shapely.to_wkb(one.blind.geometry).tolist() == shapely.to_wkb(two.blind.geometry).tolist()
    )


def test_progress_is_told_for_each_community() -> None:
    told: list[int] = []
    sight = look(cameras({}), NO_WALLS, levels_px_per_m=LEVELS)
    cover_city([shapely.box(0, 0, 9, 9)] * 3, [], sight, tell=told.append)
    assert told == [1, 2, 3]


# ---- held against the exact union


def town() -> tuple[NDArray[np.object_], Cameras]:
    """Forty houses and thirty cameras between them."""
    rng = np.random.default_rng(11)
    at = np.stack(np.meshgrid(np.arange(8), np.arange(5)), -1).reshape(-1, 2) * 25.0 + 12
    size = rng.uniform(4, 9, (40, 2))
    houses = shapely.box(*(at - size).T, *(at + size).T)
    rows = [
        {"x": x, "y": y, "bearing_deg": b, "hfov_deg": h}
        for x, y, b, h in rng.uniform([0, 0, 0, 30], [200, 125, 360, 120], (60, 4))
    ]
    found = cameras(*rows)
    free = mount_cameras(found.x, found.y, houses).state == STANDS
    return houses, Cameras(*(getattr(found, f)[free] for f in Cameras.__dataclass_fields__))


def exact_union_m2(houses: NDArray[np.object_], them: Cameras, density: float) -> float:
    field = shapely.box(0, 0, 200, 125).difference(shapely.union_all(houses))
    reach = reaches_m(them, {"a": density})[:, 0, 0]
    views = viewsheds(
        them.x, them.y, walls_from_polygons(houses), range_m=reach,
        bearing_deg=them.bearing_deg, hfov_deg=them.hfov_deg, arc_vertices=720,
    )  # fmt: skip
    return float(shapely.union_all(views.polygons()).intersection(field).area)


def test_cells_converge_to_the_exact_union_of_viewsheds() -> None:
    houses, them = town()
    exact = exact_union_m2(houses, them, 62.0)
    sight = look(them, index_walls(walls_from_polygons(houses), closed=True),
                 levels_px_per_m={"a": 62.0})  # fmt: skip
    error = []
    for cell in (4.0, 1.0, 0.25):
        found = cover_city([shapely.box(0, 0, 200, 125)], houses, sight, cell_m=cell)
        error.append(abs(found.seen_m2[0, 0, 0] / exact - 1))
    assert error[1] < 0.01
    assert error[2] < 0.001


# ---- points


def test_points_are_seen_by_level_and_daypart() -> None:
    # reach 8 m at a, 40 m at b; at night 5 m
    sight = look(cameras({"night_range_m": 5.0}), NO_WALLS, levels_px_per_m=only(a=125.0, b=25.0))
    found = see(sight, [0, 0, 0, 0, 0], [4, 7, 30, 41, -1])
    assert sight.levels == ("b", "a")
    assert found[:, 0].tolist() == [[1, 1], [1, 1], [1, 0], [0, 0], [0, 0]]
    assert found[:, NIGHT].tolist() == [[1, 1], [0, 0], [0, 0], [0, 0], [0, 0]]


def test_a_gate_on_a_facade_is_seen_from_its_front_and_a_flat_behind_it_is_not() -> None:
    house = shapely.box(-10, 6, 10, 12)
    sight = look(cameras({}), walls_from_polygons(house), levels_px_per_m=only(a=125.0))
    found = see(sight, [0, 0, 0], [6.0, 6.5, 12.0])[:, 0, 0]
    assert found.tolist() == [True, False, False]


@pytest.mark.parametrize("bearing", [0.0, 90.0, 180.0, 270.0])
def test_a_gate_is_seen_on_whichever_facade_it_is(bearing: float) -> None:
    toward = np.array([np.sin(np.radians(bearing)), np.cos(np.radians(bearing))])
    house = shapely.box(*(7 * toward - 2), *(7 * toward + 2))
    sight = look(
        cameras({"bearing_deg": bearing}), walls_from_polygons(house), levels_px_per_m=only(a=125.0)
    )
    assert see(sight, *(5 * toward).reshape(2, 1))[0, 0, 0]


def test_points_are_seen_up_to_the_arc_itself() -> None:
    # so far out that the chords of a drawn arc lie 18 cm inside it
    dome = cameras({"hfov_deg": 360.0, "range_m": 300.0, "width_px": 1e6})
    sight = look(dome, NO_WALLS, levels_px_per_m=only(a=25.0))
    turn = np.radians(np.arange(360))
    for radius, expected in ((299.9999, True), (300.0001, False)):
        found = see(sight, radius * np.sin(turn), radius * np.cos(turn))
        assert (found[:, 0, 0] == expected).all()


def test_points_without_a_place_and_points_far_away_are_not_seen() -> None:
    sight = look(cameras({}), NO_WALLS, levels_px_per_m=LEVELS)
    assert not see(sight, [np.nan, 1e7, -1e7], [0, 0, 0]).any()


def test_unknown_bearings_see_no_point() -> None:
    sight = look(cameras({"bearing_deg": np.nan}), NO_WALLS, levels_px_per_m=LEVELS)
    assert not see(sight, [0.0], [2.0]).any()


def test_without_points_or_cameras_nothing_is_seen() -> None:
    assert see(look(cameras(), NO_WALLS, levels_px_per_m=LEVELS), [0.0], [0.0]).sum() == 0
    assert see(look(cameras({}), NO_WALLS, levels_px_per_m=LEVELS), [], []).shape == (0, 2, 4)


@settings(max_examples=60, deadline=None)
@given(
    x=st.floats(0, 200), y=st.floats(0, 125), threads=st.integers(1, 3),
    reach=st.sampled_from([25.0, 62.0]),
)  # fmt: skip
def test_a_point_is_seen_if_some_camera_has_it_in_reach_angle_and_free_sight(
    x: float, y: float, threads: int, reach: float
) -> None:
    houses, them = town()
    walls = walls_from_polygons(houses)
    sight = look(them, walls, levels_px_per_m={"a": reach})
    dx, dy = x - them.x, y - them.y
    far = np.hypot(dx, dy)
    off = np.abs((np.degrees(np.arctan2(dx, dy)) - them.bearing_deg + 180) % 360 - 180)
    rays = shapely.linestrings([[(a, b), (x, y)] for a, b in zip(them.x, them.y, strict=True)])
    lines = shapely.multilinestrings(walls.reshape(-1, 2, 2))
    gap = shapely.distance(shapely.union_all(houses), shapely.Point(x, y))
    limit = reaches_m(them, {"a": reach})[:, 0, 0]
    # leave out what a decimetre or a hair of angle decides
    if (
        gap < 0.2
        or (np.abs(far - limit) < 1e-6).any()
        or (np.abs(off - them.hfov_deg / 2) < 0.05).any()
    ):
        return
    free = ~shapely.intersects(rays, lines)
    grazes = shapely.distance(rays, lines) < 0.05
    sure = (far <= limit) & (off <= them.hfov_deg / 2) & free & ~grazes
    maybe = (far <= limit) & (off <= them.hfov_deg / 2) & (free | grazes)
    found = bool(see(sight, [x], [y], n_threads=threads)[0, 0, 0])
    assert found or not sure.any()
    assert maybe.any() or not found


# ---- mounting


def test_cameras_just_inside_a_wall_are_hung_before_it() -> None:
    house = shapely.box(0, 0, 20, 10)
    found = mount_cameras([5, 5, 5, 5, 25], [0.0, 0.4, 9.5, 5.0, 5.0], [house])
    assert found.state.tolist() == [MOVED, MOVED, MOVED, REFUSED, STANDS]
    assert found.y[:3] == pytest.approx([-0.05, -0.05, 10.05])
    assert found.x[:3] == pytest.approx([5, 5, 5])
    assert found.depth_m == pytest.approx([0, 0.4, 0.5, 5.0, 0])
    assert not shapely.intersects(house, shapely.points(found.x[:3], found.y[:3])).any()


def test_a_camera_at_a_corner_hangs_off_the_corner() -> None:
    found = mount_cameras([0], [0], [shapely.box(0, 0, 20, 10)])
    assert found.state[0] == MOVED
    assert found.x[0] <= 0
    assert found.y[0] <= 0


def test_a_camera_on_a_shared_wall_is_refused() -> None:
    pair = [shapely.box(0, 0, 10, 10), shapely.box(10, 0, 20, 10)]
    assert mount_cameras([10], [5], pair).state[0] == REFUSED


def test_a_camera_in_a_courtyard_stands_free() -> None:
    yard = shapely.Polygon(
        [(0, 0), (20, 0), (20, 20), (0, 20)], [[(5, 5), (15, 5), (15, 15), (5, 15)]]
    )
    found = mount_cameras([10, 10], [10, 4.7], [yard])
    assert found.state.tolist() == [STANDS, MOVED]
    assert found.y[1] == pytest.approx(5.05)


def test_without_buildings_every_camera_stands() -> None:
    assert mount_cameras([1, 2], [3, 4], []).state.tolist() == [STANDS, STANDS]


# ---- bad input


def test_cameras_without_a_place_are_refused() -> None:
    with pytest.raises(GeoError, match="1 of 2 positions are not finite, the first is row 1"):
        mount_cameras([0, np.nan], [0, 0], [])


@pytest.mark.parametrize(
    ("row", "name"),
    [
        ({"hfov_deg": 0.0}, "hfov_deg"), ({"hfov_deg": 400.0}, "hfov_deg"),
        ({"width_px": -1.0}, "width_px"), ({"x": np.nan}, "x of 1"),
        ({"range_m": -4.0}, "range_m"), ({"night_range_m": np.inf}, "night_range_m"),
    ],
)  # fmt: skip
def test_cameras_that_cannot_be_are_refused(row: dict[str, float], name: str) -> None:
    with pytest.raises(GeoError, match=name):
        look(cameras(row), NO_WALLS, levels_px_per_m=LEVELS)


def test_columns_of_different_lengths_are_refused() -> None:
    one = cameras({})
    broken = Cameras(
        np.zeros(2), *(getattr(one, f) for f in list(Cameras.__dataclass_fields__)[1:])
    )
    with pytest.raises(GeoError, match="columns of different lengths"):
        look(broken, NO_WALLS, levels_px_per_m=LEVELS)


@pytest.mark.parametrize("n", [0, 9])
def test_too_few_or_many_levels_are_refused(n: int) -> None:
    with pytest.raises(GeoError, match=f"{n} levels; 1 to 8"):
        look(cameras({}), NO_WALLS, levels_px_per_m={str(k): 20.0 + k for k in range(n)})


def test_communities_that_are_not_areas_are_refused() -> None:
    sight = look(cameras({}), NO_WALLS, levels_px_per_m=LEVELS)
    with pytest.raises(GeoError, match="1 of 2 communities are not polygons, the first is row 1"):
        cover_city([shapely.box(0, 0, 1, 1), shapely.Point(0, 0)], [], sight)


@pytest.mark.parametrize("cell", [0.0, -1.0, np.nan, 1e3])
def test_cell_sizes_that_make_no_grid_are_refused(cell: float) -> None:
    sight = look(cameras({}), NO_WALLS, levels_px_per_m=LEVELS)
    with pytest.raises(GeoError, match="cell_m is"):
        cover_city([shapely.box(0, 0, 1, 1)], [], sight, cell_m=cell)


def test_blind_spots_of_unknown_levels_are_refused() -> None:
    sight = look(cameras({}), NO_WALLS, levels_px_per_m=LEVELS)
    with pytest.raises(GeoError, match="dusk"):
        cover_city([shapely.box(0, 0, 1, 1)], [], sight, blind=[("detect", "dusk")])


def test_points_must_come_in_pairs() -> None:
    sight = look(cameras({}), NO_WALLS, levels_px_per_m=LEVELS)
    with pytest.raises(GeoError, match="2 x and 1 y"):
        see(sight, [0, 1], [0])


def test_parts_of_a_city_are_the_city_and_unique_ground_is_their_sum() -> None:
    houses, them = town()
    walls = index_walls(walls_from_polygons(houses), closed=True)
    sight = look(them, walls, levels_px_per_m=LEVELS)
    areas = [shapely.box(20 * i, 0, 20 * i + 18, 125) for i in range(10)]
    usual = {"blind": [("observe", "day"), ("observe", "night")], "smooth_cells": 0.6}
    whole = cover_city(areas, houses, sight, **usual)
    told: list[int] = []
    parts = list(cover_in_parts(areas, houses, sight, together=4, tell=told.append, **usual))
    assert told == list(range(1, 11))
    assert [len(one.open_m2) for one in parts] == [4, 4, 2]
    for name in ("open_m2", "strip_m2", "seen_m2", "seen_twice_m2", "possible_m2"):
        joined = np.concatenate([getattr(one, name) for one in parts])
        np.testing.assert_array_equal(joined, getattr(whole, name))
    np.testing.assert_allclose(sum(one.unique_m2 for one in parts), whole.unique_m2)
    joined = np.concatenate([one.blind.community + 4 * k for k, one in enumerate(parts)])
    np.testing.assert_array_equal(joined, whole.blind.community)
    shapes = np.concatenate([one.blind.geometry for one in parts])
    assert shapely.equals_exact(shapes, whole.blind.geometry).all()


@pytest.mark.parametrize("cells", [0.35, 0.6, 1.0])
def test_smooth_blind_spots_are_valid_near_their_cells_and_hold_their_point(cells: float) -> None:
    houses, them = town()
    sight = look(them, walls_from_polygons(houses), levels_px_per_m=LEVELS)
    wanted = [(level, "day") for level in LEVELS]
    areas = [shapely.Polygon([(3, 1), (190, 20), (170, 124), (20, 110)])]
    rough = cover_city(areas, houses, sight, blind=wanted).blind
    smooth = cover_city(areas, houses, sight, blind=wanted, smooth_cells=cells).blind
    shapes, steps = smooth.geometry, rough.geometry
    assert shapely.is_valid(shapes).all()
    np.testing.assert_array_equal(smooth.area_m2, rough.area_m2)
    assert shapely.contains_properly(shapes, shapely.points(smooth.x, smooth.y)).all()
    assert shapely.contains_properly(steps, shapely.points(rough.x, rough.y)).all()
    near = shapely.buffer(shapely.boundary(steps), cells + 0.51)
    assert shapely.covered_by(shapely.get_exterior_ring(shapes), near).all()
    most = 1.0 if cells < 0.5 else 0.75
    assert len(smooth.outlines.xy) < most * len(rough.outlines.xy)


@pytest.mark.parametrize("cells", [0.0, 0.7])
@pytest.mark.parametrize("order", [("day", "night"), ("night", "day")])
def test_blind_spots_alike_by_day_and_night_are_what_each_is_alone(
    cells: float, order: tuple[str, str]
) -> None:
    # some see less at night, so some patches differ, others are the same and keep their outline
    x, y = np.random.default_rng(8).uniform(0, 200, (2, 40))
    rows = [
        {"x": x[k], "y": y[k], "bearing_deg": 9.0 * k, "night_range_m": 3.0 if k < 4 else np.nan}
        for k in range(40)
    ]
    sight = look(cameras(*rows), NO_WALLS, levels_px_per_m=only(a=25.0))
    areas = [shapely.box(0, 0, 130, 170), shapely.box(100, 0, 200, 200)]
    houses = [shapely.box(20, 20, 40, 70), shapely.box(90, 100, 140, 120)]
    spots = [(np.array([12.0, 150.0]), np.array([12.0, 150.0]))]

    def blind(*dayparts: str) -> BlindSpots:
        wanted = [("a", one) for one in dayparts]
        return cover_city(
            areas, houses, sight, blind=wanted, points=spots, smooth_cells=cells
        ).blind

    both = blind(*order)
    shapes = {k: set(both.geometry[both.daypart == k]) for k in (0, 1)}
    assert shapes[0] & shapes[1]
    assert shapes[0] ^ shapes[1]
    for name in order:
        alone, mine = blind(name), both.daypart == DAYPARTS.index(name)
        for field in ("community", "area_m2", "n_points", "x", "y", "geometry"):
            np.testing.assert_array_equal(getattr(both, field)[mine], getattr(alone, field), field)


@pytest.mark.parametrize("smooth", [-0.1, 1.5, np.nan])
def test_outlines_smoother_than_a_cell_are_refused(smooth: float) -> None:
    sight = look(cameras({}), NO_WALLS, levels_px_per_m=LEVELS)
    with pytest.raises(GeoError, match="smooth_cells is"):
        cover_city([shapely.box(0, 0, 1, 1)], [], sight, smooth_cells=smooth)
