"""Near-repeat alarms: the rule read from a table by hand, pooled tables, and what rings."""

from dataclasses import replace

import numpy as np
import pytest

from geo.errors import GeoError
from geo.near_repeat import KnoxTable, knox
from geo.repeat_alarms import make_rule, pool, ring

METRES, DAYS = [0, 1, 100, 200, 300], [0, 4, 8, 15]


def table(observed: list[list[int]], p: list[list[float]]) -> KnoxTable:
    """Make a table in which two pairs are expected everywhere."""
    seen = np.array(observed)
    two = np.full(seen.shape, 2.0)
    return KnoxTable(
        np.array(METRES, float), np.array(DAYS, float), "manhattan", seen, two, two, seen / two,
        np.array(p), 50, 0,
    )  # fmt: skip


def test_the_rule_runs_outwards_and_onwards_until_a_band_is_not_raised() -> None:
    rule = make_rule(
        table(
            [[6, 0, 5], [9, 8, 9], [7, 2, 9], [9, 9, 9]],
            [[0.001, 1, 0.001], [0.001, 0.01, 0.001], [0.04, 0.5, 0.001], [0.06, 0.001, 0.001]],
        )
    )
    # first days: three bands (the fourth has p 0.06); next days: the first may be missing, the
    # second counts, the third does not; last days: all four
    assert rule.raised.tolist() == [
        [True, False, True], [True, True, True], [True, False, True], [False, False, True],
    ]  # fmt: skip
    assert rule.radius_m.tolist() == [200, 100, 300]
    assert rule.ratio == pytest.approx([22 / 6, 4, 32 / 8])
    assert rule.p == pytest.approx([0.04, 0.01, 0.001])
    assert rule.until_days == 15


@pytest.mark.parametrize(
    ("first", "p", "days"),
    [
        (6, 0.005, 4),
        (6, 0.006, 0),  # twice that is over 0.01
        (5, 0.005, 4),
        (4, 0.005, 0),  # four pairs are too few to rest on
    ],
)
def test_nothing_is_raised_unless_near_and_soon_is(first: int, p: float, days: int) -> None:
    rule = make_rule(
        table([[0, 0, 9], [first, 0, 9], [9, 9, 9], [9, 9, 9]], [[1, 1, 0.001], [p, 1, 0.001]] * 2)
    )
    assert rule.until_days == days
    assert rule.raised.any() == bool(days)
    if not days:
        assert rule.radius_m.tolist() == [0, 0, 0]
        assert rule.ratio.tolist() == [1, 1, 1]


def test_a_ratio_of_a_fifth_more_is_needed() -> None:
    low = table([[0, 0, 0], [6, 0, 0], [0, 0, 0], [0, 0, 0]], [[1.0] * 3, [0.001] * 3] * 2)
    wide = replace(low, expected=np.full((4, 3), 5.1), ratio=low.observed / 5.1)
    assert make_rule(wide).until_days == 0
    wide = replace(low, expected=np.full((4, 3), 5.0), ratio=low.observed / 5.0)
    assert make_rule(wide).until_days == 4


def test_pooled_tables_add_up_and_combine_p_by_fisher() -> None:
    one = table([[1, 2, 3]] * 4, [[0.1, 0.5, 1.0]] * 4)
    both = pool([one, one])
    assert both.observed[0].tolist() == [2, 4, 6]
    assert both.expected[0].tolist() == [4, 4, 4]
    assert both.n == 100
    # -2 (2 ln 0.1) = 9.2103 on 4 degrees: exp(-4.60517) (1 + 4.60517) = 0.0560517
    assert both.p[0, 0] == pytest.approx(0.0560517, abs=1e-6)
    assert both.p[0, 2] == pytest.approx(1.0)
    assert pool([one]).p == pytest.approx(one.p)
    with pytest.raises(GeoError, match="pool: 2 tables, not all with the same bands"):
        pool([one, replace(one, metric="euclidean")])
    with pytest.raises(GeoError, match="pool: 0 tables"):
        pool([])


def rung(points: list[list[float]], days: list[int], *, today: int, metric: str = "manhattan"):
    given = replace(
        table([[0, 0, 0], [8, 8, 0], [8, 0, 0], [0, 0, 0]], [[1.0] * 3] + [[0.001] * 3] * 3),
        metric=metric,
    )
    rule = make_rule(given)
    assert rule.radius_m.tolist() == [200, 100, 0]
    assert rule.until_days == 8
    return ring(np.array(points, float), np.array(days), today=today, rule=rule, table=given)


def test_an_alarm_expires_with_the_last_raised_day() -> None:
    points = [[0, 0], [5000, 0], [9000, 0], [0, 5000], [0, 9000]]
    # today is day 20: that of day 12 was 8 days ago and rings no more, day 13 rings its last day
    found = rung(points, [12, 13, 17, 20, 21], today=20)
    # 3 days and less: ratio 4 within 200 m; 4 to 7 days: 4 within 100 m; equal, so the latest first
    assert found.index.tolist() == [3, 2, 1]
    assert found.radius_m.tolist() == [200, 200, 100]
    assert found.expires.tolist() == [27, 24, 20]
    assert found.n_linked.tolist() == [0, 0, 0]


def test_linked_are_those_within_reach_and_less_than_the_span_apart() -> None:
    points = [[0, 0], [90, 90], [150, 0], [0, 10], [0, 20]]
    found = rung(points, [20, 20, 19, 13, 12], today=20)
    linked = dict(zip(found.index.tolist(), found.n_linked.tolist(), strict=True))
    # of 0: 1 is 180 m along streets away, 2 is 150 m, 3 is 7 days before, 4 is 8 days before
    assert linked[0] == 3
    assert linked[3] == 2  # 100 m now: 0 and 4; 1 and 2 are beyond
    across = rung([[0, 0], [150, 130]], [20, 20], today=20, metric="euclidean")
    assert across.n_linked.tolist() == [1, 1]
    along = rung([[0, 0], [150, 130]], [20, 20], today=20)
    assert along.n_linked.tolist() == [0, 0]


def test_a_series_rings_and_chance_does_not() -> None:
    bands = {"distance_bands_m": METRES, "time_bands_days": DAYS}
    silent = 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        xy, day = rng.uniform(0, 2000, (120, 2)), rng.integers(0, 365, 120)
        chance = knox(xy, day, permutations=199, rng=rng, **bands)
        silent += make_rule(chance).until_days == 0
    assert silent >= 57
    xy[:12] = rng.uniform(670, 730, (12, 2))
    day[:12] = 340 + np.arange(12) * 2
    series = knox(xy, day, permutations=199, rng=rng, **bands)
    rule = make_rule(series)
    found = ring(xy, day, today=363, rule=rule, table=series)
    assert rule.until_days >= 4
    assert set(range(10, 12)) <= set(found.index.tolist())
    assert found.n_linked[found.index.tolist().index(11)] >= 1
