"""80/20: ranks, the mark, Lorenz and Gini by hand, and what chance alone would give."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.concentration import concentration
from geo.errors import GeoError

COUNTS = st.lists(st.integers(0, 30), min_size=1, max_size=40)


def test_ten_incidents_in_four_places_by_hand() -> None:
    found = concentration(np.array([1, 0, 5, 4]))
    assert found.order.tolist() == [2, 3, 0, 1]
    assert found.cumulative == pytest.approx([0.5, 0.9, 1.0, 1.0])
    assert found.n_marked == 2  # 5 are under 8, 9 are not
    assert found.marked_fraction == 0.5
    # ranks from the fewest 0, 1, 4, 5: (-3 * 0 - 1 * 1 + 1 * 4 + 3 * 5) / (4 * 10)
    assert found.gini == pytest.approx(0.45)
    assert found.gini_adjusted == pytest.approx(0.45)


def test_exactly_eighty_in_a_hundred_is_eighty() -> None:
    assert concentration(np.array([40, 40, 20])).n_marked == 2
    assert concentration(np.array([40, 39, 21])).n_marked == 3
    assert concentration(np.array([1, 1, 1, 1, 1])).n_marked == 4
    assert concentration(np.array([3, 7]), mark=0.7).n_marked == 1
    assert concentration(np.array([3, 7]), mark=1.0).n_marked == 2


def test_fewer_incidents_than_places_are_not_uneven_for_that() -> None:
    # three incidents in twelve places, one each: as spread out as three can be
    found = concentration(np.array([1, 1, 1] + [0] * 9))
    assert found.gini == pytest.approx(0.75)
    assert found.gini_adjusted == pytest.approx(0.0)
    # all three in one place: the plain one nears 1, the adjusted one too
    piled = concentration(np.array([3] + [0] * 11))
    assert piled.gini == pytest.approx(11 / 12)
    assert piled.gini_adjusted == pytest.approx(1 - 12 / 3 * (1 - 11 / 12))


@given(COUNTS)
def test_gini_is_the_mean_gap_of_all_pairs(counts: list[int]) -> None:
    n = np.array(counts)
    found = concentration(n)
    if n.sum() == 0:
        assert np.isnan(found.gini)
        assert found.n_marked == 0
        return
    gap = np.abs(n[:, None] - n[None, :]).mean()
    assert found.gini == pytest.approx(gap / (2 * n.mean()), abs=1e-12)
    assert 0 <= found.gini_adjusted <= found.gini + 1e-12


@given(COUNTS, st.floats(0.05, 1.0))
def test_the_marked_places_hold_the_mark_and_one_fewer_do_not(
    counts: list[int], mark: float
) -> None:
    n = np.array(counts)
    found = concentration(n, mark=mark)
    if n.sum() == 0:
        return
    ranked = np.sort(n)[::-1]
    assert (n[found.order] == ranked).all()
    held = ranked[: found.n_marked].sum() / n.sum()
    assert held >= mark - 1e-9
    assert ranked[: found.n_marked - 1].sum() / n.sum() < mark - 1e-12 or found.n_marked == 1


@pytest.mark.parametrize("mean", [0.3, 5.0, 200.0])
def test_chance_is_what_poisson_counts_give(mean: float) -> None:
    drawn = concentration(np.random.default_rng(0).poisson(mean, 40_000))
    assert drawn.marked_fraction == pytest.approx(drawn.chance_fraction, abs=0.01)


def test_no_place_is_no_concentration_and_no_count_is_refused() -> None:
    assert concentration(np.zeros(0, int)).n_marked == 0
    assert np.isnan(concentration(np.zeros(3, int)).marked_fraction)
    for bad in (np.array([1.5]), np.array([-1]), np.array([[1]])):
        with pytest.raises(GeoError, match="concentration: counts of"):
            concentration(bad)
    with pytest.raises(GeoError, match="mark 0"):
        concentration(np.array([1]), mark=0)
