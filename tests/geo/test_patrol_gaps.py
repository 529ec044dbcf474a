"""Gaps in space and time: by hand, and against the aoristic sums."""

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.errors import GeoError
from geo.patrol import VISITED, patrol_reach, reach_bits
from geo.patrol_gaps import find_gaps
from geo.temporal import aoristic


def seconds(text: str) -> int:
    return int(np.datetime64(text, "s").astype(np.int64))


def bits(*hours: int, visited: tuple[int, ...] = ()) -> int:
    return sum(1 << h for h in hours) + sum(1 << (VISITED + h) for h in visited)


def test_a_known_moment_falls_into_one_hour_and_is_reached_or_not() -> None:
    # Monday 29 June 2026, 09:30; manned at 9, visited at 8 alone
    at = seconds("2026-06-29T09:30:00")
    found = find_gaps([at], [at], [bits(9, visited=(8,))], area=[1], n_areas=2)
    assert found.n.sum(axis=1).tolist() == [0, 1]
    assert found.n[1, 9] == 1
    assert found.unmanned.sum() == 0
    assert found.unvisited[1, 9] == 1


def test_a_span_counts_as_unreached_for_the_hours_without_a_patrol_alone() -> None:
    # Sunday 23:00 to Monday 02:00 with the point manned until midnight: two hours of three
    found = find_gaps(
        [seconds("2026-06-28T23:00:00")], [seconds("2026-06-29T02:00:00")], [bits(22, 23)],
        area=[0], n_areas=1,
    )  # fmt: skip
    third = pytest.approx(1 / 3)
    assert [found.n[0, h] for h in (167, 0, 1)] == [third] * 3
    assert [found.unmanned[0, h] for h in (167, 0, 1)] == [0, third, third]
    assert found.unvisited.sum() == pytest.approx(1)


def test_over_two_weeks_every_hour_gets_the_same() -> None:
    at = seconds("2026-06-03T10:00:00")
    found = find_gaps([at], [at + 14 * 86_400], [bits(10)], area=[0], n_areas=1)
    assert np.allclose(found.n, 1 / 168)
    assert found.unmanned.sum() == pytest.approx(161 / 168)


@settings(max_examples=50, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_all_incidents_agree_with_the_aoristic_sums_and_parts_with_a_slow_sum(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n = 30
    begins = seconds("2026-01-01T00:00:00") + rng.integers(0, 10**7, n)
    spans = np.where(
        rng.random(n) < 0.4, 0, rng.integers(0, rng.choice([5000, 10**6, 5 * 10**6]), n)
    )
    area = rng.integers(-1, 3, n)
    place = rng.integers(0, 1 << 48, n).astype(np.uint64)
    found = find_gaps(begins, begins + spans, place, area=area, n_areas=3)
    known = area >= 0
    expected = aoristic(
        begins[known].astype("datetime64[s]"), (begins + spans)[known].astype("datetime64[s]"),
        groups=area[known], n_groups=3,
    )  # fmt: skip
    assert np.allclose(found.n.reshape(3, 7, 24), expected.transpose(0, 2, 1))
    daily = find_gaps(begins, begins + spans, place, area=area, n_areas=3, by_week=False)
    assert np.allclose(daily.unmanned, found.unmanned.reshape(3, 7, 24).sum(axis=1))
    for shift, part in ((0, found.unmanned), (VISITED, found.unvisited)):
        slow = np.zeros((3, 7, 24))
        for k in np.flatnonzero(known):
            own = aoristic(
                begins[k : k + 1].astype("datetime64[s]"),
                (begins + spans)[k : k + 1].astype("datetime64[s]"),
            )
            away = [not int(place[k]) >> (shift + hour) & 1 for hour in range(24)]
            slow[area[k]] += own.T * np.array(away)
        assert np.allclose(part.reshape(3, 7, 24), slow)


def test_reach_bits_tell_manned_and_visited_hours_apart() -> None:
    field = shapely.box(-200, -200, 200, 200)
    found = patrol_reach(
        [-100, 100], [0, 0], radius_m=50, communities=[field], hours=[bits(8), bits(9)],
        visited=[bits(20), 0], cell_m=2,
    )  # fmt: skip
    assert reach_bits(found, [-100, 100, 0], [0, 0, 0]).tolist() == [
        bits(8, visited=(20,)), bits(9), 0,
    ]  # fmt: skip
    assert found.visited_by_hour_m2[0, 20] == found.reached_by_hour_m2[0, 8] > 0
    assert found.visited_by_hour_m2[0].sum() == found.visited_by_hour_m2[0, 20]
    assert found.reached_m2[0] == pytest.approx(2 * np.pi * 2500, rel=0.01)


def test_an_hour_visited_but_never_manned_is_not_reached_by_manned_points() -> None:
    field = shapely.box(-200, -200, 200, 200)
    found = patrol_reach([0], [0], radius_m=50, communities=[field], hours=[0], visited=[bits(3)])
    assert found.reached_m2.tolist() == [0]
    assert found.visited_by_hour_m2[0, 3] > 0


def test_no_incidents_make_no_gaps() -> None:
    found = find_gaps([], [], [], area=[], n_areas=2)
    assert found.n.shape == (2, 168)
    assert found.n.sum() == found.unmanned.sum() == found.unvisited.sum() == 0


@pytest.mark.parametrize(
    ("begins", "ends", "area", "match"),
    [
        ([5], [5, 6], [0], "1 begins, 2 ends, 1 bits and 1 areas; equally many"),
        ([5], [4], [0], "1 of 1 incidents end before they begin"),
        ([5], [5], [2], "lie in no area below 2"),
    ],
)
def test_impossible_incidents_are_refused(begins: list, ends: list, area: list, match: str) -> None:
    with pytest.raises(GeoError, match=match):
        find_gaps(begins, ends, [0], area=area, n_areas=2)
