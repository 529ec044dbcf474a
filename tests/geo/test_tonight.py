"""Patrol tonight: the greedy plan against all plans, its bounds, and the walk by hand."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.errors import GeoError
from geo.tonight import plan_patrols, walk_plan


def test_three_patrol_hours_by_hand() -> None:
    # places 100 m apart in a row; a patrol covers its place and the next on either side
    places = np.array([[0.0, 0], [100, 0], [200, 0], [300, 0], [400, 0]])
    demand = np.array([[1.0, 2, 1, 0, 4], [0, 0, 3, 0, 0]])
    plan = plan_patrols(demand, places, radius_m=100.0, n_hours=3)
    # hour 0: place 1 covers 4, places 3 and 4 cover 5 and 4; hour 1: places 1, 2 and 3 cover 3
    assert (plan.hour[0], plan.place[0], plan.gain[0]) == (0, 3, 5)
    assert (plan.hour[1], plan.gain[1]) == (0, 3)  # place 2's one is covered already
    assert plan.place[1] in (0, 1)
    assert (plan.hour[2], plan.gain[2]) == (1, 3)
    assert plan.covered.tolist() == [5, 8, 11]
    assert plan.total == 11
    assert plan.at_most.tolist() == pytest.approx([5, 9, 11])


def test_the_bound_is_above_a_plan_that_greedy_misses() -> None:
    # windows of three: 6, 7, 7, 6; greedy takes a 7 and is left with 3, the two sixes hold all 12
    places = np.column_stack([np.arange(6) * 100.0, np.zeros(6)])
    plan = plan_patrols(np.array([[2.0, 1, 3, 3, 1, 2]]), places, radius_m=100.0, n_hours=2)
    assert plan.covered.tolist() == [7, 10]
    assert plan.at_most[1] == pytest.approx(12)


def test_what_is_covered_in_one_hour_is_still_to_cover_in_the_next() -> None:
    places = np.array([[0.0, 0], [500, 0]])
    plan = plan_patrols(np.array([[9.0, 1], [3, 8]]), places, radius_m=10.0, n_hours=4)
    assert plan.gain.tolist() == [9, 8, 3, 1]
    assert plan.place.tolist() == [0, 1, 0, 1]


def covered(demand: np.ndarray, reach: np.ndarray, chosen: tuple[tuple[int, int], ...]) -> float:
    seen = np.zeros(demand.shape, bool)
    for hour, place in chosen:
        seen[hour] |= reach[place]
    return float(demand[seen].sum())


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 9999), st.integers(1, 2), st.integers(1, 5), st.integers(1, 4))
def test_the_plan_is_within_its_promise_and_no_plan_beats_the_bound(
    seed: int, hours: int, n_places: int, n: int
) -> None:
    rng = np.random.default_rng(seed)
    places = rng.uniform(0, 300, (n_places, 2))
    demand = rng.integers(0, 6, (hours, n_places)).astype(float)
    reach = np.hypot(*(places[:, None] - places[None]).transpose(2, 0, 1)) <= 120.0
    plan = plan_patrols(demand, places, radius_m=120.0, n_hours=n)
    every = [(h, p) for h in range(hours) for p in range(n_places)]
    for k in range(1, len(plan.place) + 1):
        best = max(covered(demand, reach, some) for some in combinations(every, min(k, len(every))))
        mine = tuple(zip(plan.hour[:k].tolist(), plan.place[:k].tolist(), strict=True))
        assert plan.covered[k - 1] == pytest.approx(covered(demand, reach, mine))
        assert plan.covered[k - 1] >= (1 - (1 - 1 / k) ** k) * best - 1e-9
        assert plan.at_most[k - 1] >= best - 1e-9
        assert plan.at_most[k - 1] <= plan.total + 1e-9
    if len(plan.place) < n:
        assert (
            plan.covered[-1] == pytest.approx(plan.total) if len(plan.place) else not demand.any()
        )


def test_gains_fall_and_the_first_hours_are_a_plan_of_their_own() -> None:
    rng = np.random.default_rng(3)
    places, demand = rng.uniform(0, 1000, (60, 2)), rng.exponential(size=(12, 60))
    plan = plan_patrols(demand, places, radius_m=150.0, n_hours=24)
    assert (np.diff(plan.gain) <= 1e-9).all()
    short = plan_patrols(demand, places, radius_m=150.0, n_hours=6)
    np.testing.assert_array_equal(short.place, plan.place[:6])
    assert len(set(zip(plan.hour.tolist(), plan.place.tolist(), strict=True))) == 24
    assert (plan.at_most >= plan.covered).all()


def test_nothing_to_cover_makes_no_plan() -> None:
    none = plan_patrols(np.zeros((12, 3)), np.zeros((3, 2)), radius_m=100.0, n_hours=4)
    assert len(none.place) == 0
    assert none.total == 0
    assert len(plan_patrols(np.zeros((12, 0)), np.zeros((0, 2)), radius_m=1, n_hours=4).place) == 0
    assert len(plan_patrols(np.ones((2, 1)), np.zeros((1, 2)), radius_m=1, n_hours=0).place) == 0
    # two hours of one place are all there is
    assert len(plan_patrols(np.ones((2, 1)), np.zeros((1, 2)), radius_m=0, n_hours=9).place) == 2


def test_what_cannot_be_planned_is_refused() -> None:
    with pytest.raises(GeoError, match="demand of shape"):
        plan_patrols(np.ones((2, 3)), np.zeros((2, 2)), radius_m=1.0, n_hours=1)
    with pytest.raises(GeoError, match="Give expected incidents by hour and place"):
        plan_patrols(np.array([[-1.0]]), np.zeros((1, 2)), radius_m=1.0, n_hours=1)
    with pytest.raises(GeoError, match="radius_m is nan"):
        plan_patrols(np.ones((1, 1)), np.zeros((1, 2)), radius_m=np.nan, n_hours=1)


def test_one_patrol_walks_in_order_of_time() -> None:
    places = np.array([[0.0, 0], [300, 400], [100, 0]])
    walk = walk_plan(places, np.array([2, 0, 5]))
    assert walk.patrol.tolist() == [1, 1, 1]
    assert walk.stop.tolist() == [1, 2, 3]
    assert walk.row.tolist() == [1, 0, 2]
    assert walk.leg_m.tolist() == [0, 700, 100]  # along streets, not across


def test_two_patrols_do_not_cross() -> None:
    # hour 0: west and east; hour 1: east and west; each stays on its side
    places = np.array([[0.0, 0], [1000, 0], [1000, 50], [0, 50]])
    walk = walk_plan(places, np.array([0, 0, 1, 1]))
    assert walk.leg_m.sum() == 100
    assert sorted(walk.patrol.tolist()) == [1, 1, 2, 2]
    # a patrol that has not begun is not sent while another is at hand, however far
    later = walk_plan(places, np.array([0, 1, 2, 2]))
    assert later.patrol.tolist() == [1, 1, 1, 2]
    assert later.leg_m.tolist() == [0, 1000, 50, 0]
    assert len(walk_plan(np.zeros((0, 2)), np.zeros(0, int)).patrol) == 0


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 9999), st.integers(1, 20))
def test_every_patrol_hour_is_walked_once_and_a_patrol_is_in_one_place_at_a_time(
    seed: int, n: int
) -> None:
    rng = np.random.default_rng(seed)
    places, hours = rng.uniform(0, 900, (n, 2)), rng.integers(0, 6, n)
    walk = walk_plan(places, hours)
    assert sorted(walk.row.tolist()) == list(range(n))
    for patrol in set(walk.patrol.tolist()):
        rows = walk.row[walk.patrol == patrol]
        assert (np.diff(hours[rows]) > 0).all()
        legs = np.abs(np.diff(places[rows], axis=0)).sum(axis=1)
        np.testing.assert_allclose(walk.leg_m[walk.patrol == patrol][1:], legs)
    assert walk.patrol.max() == np.bincount(hours).max()
