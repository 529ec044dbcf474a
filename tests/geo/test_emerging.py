"""Emerging hot spots: a history by hand for each kind, the trend test, and planted ones."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.emerging import PATTERNS, classify, emerging, mann_kendall
from geo.errors import GeoError


def name_of(history: str, *, trend: float = 0.0, p: float = 1.0) -> str:
    """Classify a history written as h hot, c cold, - neither, oldest first."""
    state = np.array([[{"h": 1, "c": -1, "-": 0}[one] for one in history]], np.int8)
    return PATTERNS[classify(state, np.array([trend]), np.array([p]))[0]]


@pytest.mark.parametrize(
    ("history", "expected"),
    [
        ("----------", "none"),
        ("---h------", "none"),
        ("hhhhhhhh--", "none"),  # 8 of 10 is under 90 %, and it is over
        ("---------h", "new"),
        ("c--------h", "new"),  # cold before, but hot for the first time
        ("--------hh", "consecutive"),
        ("--hhhhhhhh", "consecutive"),  # 8 of 10
        ("c-----hhhh", "consecutive"),
        ("-h------hh", "sporadic"),
        ("h--------h", "sporadic"),
        ("-hc-----hh", "oscillating"),
        ("hhhhhhhhh-", "historical"),  # 9 of 10
        ("hhhhhhhhhc", "historical"),
        ("hhhhhhhhhh", "persistent"),
        ("-hhhhhhhhh", "persistent"),  # 9 of 10, one run: more than consecutive
        ("hhhhchhhhh", "persistent"),
    ],
)
def test_a_history_has_its_kind(history: str, expected: str) -> None:
    assert name_of(history) == expected


@pytest.mark.parametrize(
    ("trend", "p", "expected"),
    [
        (2.5, 0.01, "intensifying"),
        (-2.5, 0.01, "diminishing"),
        (1.9, 0.06, "persistent"),
        (2.0, 0.05, "intensifying"),
    ],
)
def test_a_cell_that_is_mostly_hot_is_told_by_its_trend(
    trend: float, p: float, expected: str
) -> None:
    assert name_of("hhhhhhhhhh", trend=trend, p=p) == expected
    # the trend says nothing of a cell that is hot now and then
    assert name_of("h--------h", trend=trend, p=p) == "sporadic"
    assert name_of("hhhhhhhhh-", trend=trend, p=p) == "historical"


def test_every_kind_but_none_is_held_by_a_case_above() -> None:
    assert PATTERNS[0] == "none"
    assert len(set(PATTERNS)) == 9


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from([1, 0, -1]), min_size=10, max_size=24), st.floats(-5, 5))
def test_the_kinds_agree_with_their_definitions_told_otherwise(
    history: list[int], trend: float
) -> None:
    p = 0.01 if abs(trend) > 2 else 0.5
    kind = PATTERNS[classify(np.array([history], np.int8), np.array([trend]), np.array([p]))[0]]
    hot = [k for k, one in enumerate(history) if one == 1]
    mostly = len(hot) / len(history) >= 0.9
    if not hot or hot[-1] != len(history) - 1:
        assert kind == ("historical" if mostly else "none")
    elif mostly:
        expected = "persistent" if p > 0.05 else "intensifying" if trend > 0 else "diminishing"
        assert kind == expected
    elif len(hot) == 1:
        assert kind == "new"
    elif hot == list(range(hot[0], len(history))):
        assert kind == "consecutive"
    else:
        assert kind == ("oscillating" if -1 in history else "sporadic")


def test_mann_kendall_by_hand() -> None:
    # 1 3 2 4 5: pairs up 9, down 1, S = 8; variance 5 * 4 * 15 / 18 = 16.667; z = 7 / 4.0825
    z, p = mann_kendall(np.array([[1.0, 3, 2, 4, 5]]))
    assert z[0] == pytest.approx(1.7146, abs=1e-4)
    assert p[0] == pytest.approx(0.0864, abs=1e-4)
    # 1 1 2 2 2: S = 6; variance (300 - 2 * 1 * 9 - 3 * 2 * 11) / 18 = 12; z = 5 / 3.4641
    z, _ = mann_kendall(np.array([[1.0, 1, 2, 2, 2], [2, 2, 2, 1, 1], [3, 3, 3, 3, 3]]))
    assert z == pytest.approx([1.4434, -1.4434, 0], abs=1e-4)


def test_mann_kendall_finds_no_trend_in_chance_but_five_times_in_a_hundred() -> None:
    _, p = mann_kendall(np.random.default_rng(0).normal(size=(4000, 24)))
    assert (p <= 0.05).mean() == pytest.approx(0.05, abs=0.012)


def planted(first: int, last: int, rate: float) -> np.ndarray:
    """24 months of 20 by 20 cells, 0.5 incidents each, and one place with more for a time."""
    counts = np.random.default_rng(1).poisson(0.5, (24, 20, 20))
    counts[first:last, 9:12, 9:12] += np.random.default_rng(2).poisson(rate, (last - first, 3, 3))
    return counts


@pytest.mark.parametrize(
    ("first", "last", "kind"),
    [(23, 24, "new"), (17, 24, "consecutive"), (0, 24, "persistent"), (0, 22, "historical")],
)
def test_a_planted_place_is_found_with_its_months(first: int, last: int, kind: str) -> None:
    found = emerging(planted(first, last, 4.0), np.ones((20, 20), bool))
    assert PATTERNS[found.pattern[10, 10]] == kind
    hot = np.flatnonzero(found.state[:, 10, 10] == 1)
    # a month counts the one before as its neighbour, so heat may linger a month
    assert hot[0] == first
    assert last - 1 <= hot[-1] <= last
    rows, cols = np.nonzero(found.pattern)
    assert max(abs(rows - 10).max(), abs(cols - 10).max()) <= 3


def test_a_rising_place_intensifies_and_a_falling_one_diminishes() -> None:
    rng = np.random.default_rng(4)
    counts = rng.poisson(0.5, (24, 20, 20))
    rise = np.linspace(3, 12, 24)[:, None, None] * np.ones((1, 3, 3))
    counts[:, 3:6, 3:6] += rng.poisson(rise)
    counts[:, 14:17, 14:17] += rng.poisson(rise[::-1])
    found = emerging(counts, np.ones((20, 20), bool))
    assert PATTERNS[found.pattern[4, 4]] == "intensifying"
    assert PATTERNS[found.pattern[15, 15]] == "diminishing"
    assert found.trend_z[4, 4] > 2 > -2 > found.trend_z[15, 15]
    assert np.isnan(found.trend_z[10, 10])


def test_where_nothing_is_planted_almost_nothing_is_reported() -> None:
    reported = 0
    for seed in range(200):
        counts = np.random.default_rng(seed).poisson(0.5, (24, 15, 15))
        reported += bool(emerging(counts, np.ones((15, 15), bool)).pattern.any())
    assert reported <= 4


def test_fewer_than_ten_months_are_refused() -> None:
    with pytest.raises(GeoError, match="9 bins; at least 10 were expected"):
        emerging(np.zeros((9, 3, 3), int), np.ones((3, 3), bool))


def test_a_steady_place_is_called_rising_or_falling_five_times_in_a_hundred() -> None:
    inside, told = np.ones((10, 10), bool), 0
    for seed in range(200):
        rng = np.random.default_rng(seed)
        counts = rng.poisson(0.5, (24, 10, 10))
        counts[:, 4:7, 4:7] += rng.poisson(6.0, (24, 3, 3))
        found = emerging(counts, inside)
        told += PATTERNS[found.pattern[5, 5]] != "persistent"
    assert told <= 19  # 5 % of 200, and three deviations


def test_no_incident_makes_no_pattern() -> None:
    found = emerging(np.zeros((12, 5, 5), int), np.ones((5, 5), bool))
    assert found.outcome == "constant"
    assert not found.pattern.any()
