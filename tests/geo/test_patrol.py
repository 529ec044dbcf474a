"""Patrol reach: straight walks, walks round buildings, hours, and a slow oracle."""

import itertools

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.errors import GeoError
from geo.patrol import ALL_DAY, hours_manned, patrol_reach, within_reach

FIELD = shapely.box(-200, -200, 200, 200)


def bits(*hours: int) -> int:
    return sum(1 << hour for hour in hours)


# ---- hours


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        (8, 10, bits(8, 9)),
        (22, 2, bits(22, 23, 0, 1)),
        (8.5, 9.5, bits(8, 9)),
        (0, 24, ALL_DAY),
        (7, 7, ALL_DAY),
        (np.nan, 9, ALL_DAY),
        (9, np.nan, ALL_DAY),
        (24, 3, bits(0, 1, 2)),
    ],
)
def test_hours_manned(start: float, end: float, expected: int) -> None:
    assert hours_manned([start], [end]).tolist() == [expected]


def test_hours_outside_the_day_are_refused() -> None:
    with pytest.raises(GeoError, match="1 of 2 points, the first from 25"):
        hours_manned([8, 25], [9, 3])


# ---- reach


def test_in_an_open_field_the_reach_is_a_circle() -> None:
    found = patrol_reach([0], [0], radius_m=100, communities=[FIELD], cell_m=1)
    assert found.open_m2.tolist() == [160_000]
    assert found.reached_m2[0] == pytest.approx(np.pi * 1e4, rel=2e-3)
    assert found.n_points.tolist() == [1]


def test_a_walk_goes_round_a_building_and_not_through_it() -> None:
    # a wall of 100 m, 5 m before the point: to (0, 11) it is hypot(50, 5) + 5 + hypot(50, 1)
    house = shapely.box(-50, 5, 50, 10)
    way = np.hypot(50, 5) + 5 + np.hypot(50, 1)
    for radius, expected in ((way - 2, False), (way * 1.028 + 3, True)):
        found = patrol_reach(
            [0], [0], radius_m=radius, communities=[FIELD], buildings=[house], cell_m=1
        )
        assert within_reach(found, [0.5], [11.5]).tolist() == [expected]


def test_a_point_inside_a_building_starts_at_its_walls() -> None:
    # from the middle of 20 x 20: 10 m are spent inside; 5 m are left all round
    house = shapely.box(-10, -10, 10, 10)
    found = patrol_reach(
        [0.0], [0.0], radius_m=15, communities=[FIELD], buildings=[house], cell_m=1
    )
    assert within_reach(found, [0.5, 0.5], [13.5, 16.5]).tolist() == [True, False]


def test_a_yard_without_a_way_in_is_not_reached() -> None:
    ring = shapely.box(-30, -30, 30, 30).difference(shapely.box(-20, -20, 20, 20))
    found = patrol_reach([60], [0], radius_m=150, communities=[FIELD], buildings=[ring], cell_m=2)
    assert within_reach(found, [0, -60], [0, 0]).tolist() == [False, True]


def test_no_step_goes_over_a_wall_of_one_cell() -> None:
    ring = shapely.box(-20, -20, 20, 20).difference(shapely.box(-18, -18, 18, 18))
    found = patrol_reach([1], [1], radius_m=150, communities=[FIELD], buildings=[ring], cell_m=2)
    assert found.reached_m2.tolist() == [36 * 36]


def test_no_step_goes_between_buildings_that_touch_at_a_corner() -> None:
    # a diamond of boxes of one cell round the point, each touching the next at a corner
    boxes = [
        shapely.box(4 * i, 4 * j, 4 * i + 4, 4 * j + 4)
        for i in range(-5, 6)
        for j in range(-5, 6)
        if abs(i) + abs(j) == 5
    ]
    found = patrol_reach([2], [2], radius_m=150, communities=[FIELD], buildings=boxes, cell_m=4)
    # inside |i| + |j| < 5 lie 41 cells
    assert found.reached_m2.tolist() == [41 * 16]


def test_an_incident_in_a_building_is_reached_when_the_ground_beside_it_is() -> None:
    house = shapely.box(20, -5, 30, 5)
    found = patrol_reach([0], [0], radius_m=40, communities=[FIELD], buildings=[house], cell_m=1)
    assert within_reach(found, [25, 60, np.nan, 1e7], [0, 0, 0, 0]).tolist() == [
        True, False, False, False,
    ]  # fmt: skip


def test_reach_by_hour_follows_the_hours_of_the_points() -> None:
    found = patrol_reach(
        [-100, 100], [0, 0], radius_m=[50, 60], communities=[FIELD],
        hours=hours_manned([8, 20], [20, 8]), cell_m=2,
    )  # fmt: skip
    day, night = found.reached_by_hour_m2[0, 12], found.reached_by_hour_m2[0, 2]
    assert day == pytest.approx(np.pi * 2500, rel=0.01)
    assert night == pytest.approx(np.pi * 3600, rel=0.01)
    assert found.reached_m2[0] == day + night
    assert within_reach(found, [-100, -100], [0, 0], hour=[9, 21]).tolist() == [True, False]
    assert within_reach(found, [-100], [0]).tolist() == [True]


def test_points_are_counted_for_each_community_they_reach() -> None:
    halves = [shapely.box(-200, -200, 0, 200), shapely.box(0, -200, 200, 200)]
    found = patrol_reach([-10, -100, 10], [0, 0, 0], radius_m=30, communities=halves)
    assert found.n_points.tolist() == [3, 2]


def test_overlapping_communities_share_no_ground() -> None:
    pair = [shapely.box(0, 0, 40, 40), shapely.box(20, 0, 60, 40)]
    found = patrol_reach([30], [20], radius_m=200, communities=pair, cell_m=2)
    assert found.open_m2.tolist() == [1600, 800]
    assert found.reached_m2.tolist() == [1600, 800]


def test_without_points_nothing_is_reached() -> None:
    found = patrol_reach([], [], radius_m=np.empty(0), communities=[FIELD])
    assert found.reached_m2.tolist() == [0]
    assert not within_reach(found, [0], [0]).any()


def test_points_beyond_the_communities_do_no_harm() -> None:
    found = patrol_reach([1e6, 210], [0, 0], radius_m=50, communities=[FIELD])
    assert found.n_points.tolist() == [1]


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_walks_are_as_long_as_those_on_a_graph_of_corners(seed: int) -> None:
    rng = np.random.default_rng(seed)
    at = rng.uniform(-40, 40, (6, 2))
    size = rng.uniform(4, 12, (6, 2))
    houses = shapely.union_all(shapely.box(*(at - size).T, *(at + size).T))
    start, target = rng.uniform(-60, 60, 2), rng.uniform(-60, 60, (15, 2))
    parts = shapely.get_parts(houses)
    gaps = [shapely.distance(a, b) for a, b in itertools.combinations(parts, 2)]
    # a passage narrower than two cells may be lost, as the function says
    if shapely.distance(houses, shapely.Point(start)) < 2 or min(gaps, default=9.0) < 2:
        return
    corners = shapely.get_coordinates(houses.buffer(0.01, join_style="mitre"))
    nodes = np.vstack([start, target, corners])
    inner = houses.buffer(-0.01)
    i, j = np.triu_indices(len(nodes), 1)
    lines = shapely.linestrings(np.stack([nodes[i], nodes[j]], axis=1))
    free = ~shapely.intersects(inner, lines)
    import scipy.sparse as sp
    from scipy.sparse.csgraph import dijkstra

    graph = sp.coo_matrix((shapely.length(lines)[free], (i[free], j[free])), (len(nodes),) * 2)
    truth = dijkstra(graph.tocsr(), directed=False, indices=0)[1:16]
    outside = shapely.distance(houses, shapely.points(target)) > 1.5
    for radius in (30.0, 60.0):
        found = patrol_reach(
            [start[0]], [start[1]], radius_m=radius, communities=[FIELD],
            buildings=parts, cell_m=0.5,
        )  # fmt: skip
        inside = within_reach(found, target[:, 0], target[:, 1])
        # too far by 2.8 % and a cell at most, never too near by more than a cell at each corner
        assert inside[outside & (truth * 1.028 + 1.5 < radius)].all()
        assert not inside[outside & (truth - 3.0 > radius)].any()


def test_the_answer_does_not_depend_on_threads() -> None:
    rng = np.random.default_rng(2)
    x, y = rng.uniform(-200, 200, (2, 30))
    houses = [shapely.box(a, b, a + 20, b + 10) for a, b in rng.uniform(-180, 180, (40, 2))]
    one, three = (
        patrol_reach(x, y, radius_m=80, communities=[FIELD], buildings=houses, n_threads=n)
        for n in (1, 3)
    )
    assert one.reached.tobytes() == three.reached.tobytes()
    assert one.n_points.tolist() == three.n_points.tolist()


# ---- bad input


@pytest.mark.parametrize(
    ("x", "radius", "cell", "said"),
    [
        (np.nan, 50, 4, "position of 1 of 1"),
        (0, 0, 4, "radius_m of 1 of 1"),
        (0, np.nan, 4, "radius_m of 1 of 1"),
        (0, 9000, 4, r"\(0, 5000\]"),
        (0, 50, 0.01, "cell_m is 0.01"),
    ],
)
def test_points_that_cannot_be_are_refused(x: float, radius: float, cell: float, said: str) -> None:
    with pytest.raises(GeoError, match=said):
        patrol_reach([x], [0], radius_m=radius, communities=[FIELD], cell_m=cell)


def test_hours_that_are_none_are_refused() -> None:
    found = patrol_reach([0], [0], radius_m=50, communities=[FIELD])
    with pytest.raises(GeoError, match="hour of 1 of 2 points, the first 24"):
        within_reach(found, [0, 0], [0, 0], hour=[3, 24])
