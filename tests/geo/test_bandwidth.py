"""The bandwidth that would have predicted the next period best."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.bandwidth import choose_bandwidth
from geo.errors import GeoError

ALL = np.ones((60, 80), bool)


def counted(rng: np.random.Generator, places: np.ndarray, sigma: float, bins: int) -> np.ndarray:
    """Count incidents scattered about places in cells of 25 m, anew in each bin."""
    out = np.zeros((bins, *ALL.shape), np.int64)
    for one in out:
        col, row = np.floor((places + rng.normal(0, sigma, places.shape)) / 25).astype(int).T
        ok = (col >= 0) & (col < 80) & (row >= 0) & (row < 60)
        np.add.at(one, (row[ok], col[ok]), 1)
    return out


def test_the_true_bandwidth_predicts_best() -> None:
    rng = np.random.default_rng(6)
    n = counted(rng, rng.uniform([0, 0], [2000, 1500], (400, 2)), 60, 2)
    # the distance between the two periods' incidents of a place has deviation 60 * sqrt(2) = 85
    choice = choose_bandwidth(
        n, ALL, cell_m=25, candidates_m=np.array([300.0, 25, 80, 700]), train=1
    )
    assert choice.bandwidth_m == 80
    assert choice.candidates_m.tolist() == [25, 80, 300, 700]
    assert (choice.n_periods, choice.n_tested) == (1, n[1].sum())
    assert np.isfinite(choice.score).all()
    assert choice.score.max() > 0


def test_chance_takes_the_widest_and_a_place_that_never_moves_the_narrowest() -> None:
    rng = np.random.default_rng(1)
    even = rng.poisson(0.05, (18, *ALL.shape))
    assert choose_bandwidth(even, ALL, cell_m=25).bandwidth_m == 200
    still = np.zeros((18, *ALL.shape), np.int64)
    still[:, rng.integers(0, 60, 20), rng.integers(0, 80, 20)] = 5
    assert choose_bandwidth(still, ALL, cell_m=25).bandwidth_m == 25


def test_the_score_of_one_far_incident_by_hand() -> None:
    # one incident before, the next far away: only the even part is left, 1 of n + 1 = 2 parts
    n = np.zeros((2, *ALL.shape), np.int64)
    n[0, 2, 2] = n[1, 58, 78] = 1
    choice = choose_bandwidth(n, ALL, cell_m=25, candidates_m=np.array([30.0]), train=1)
    assert choice.score[0] == pytest.approx(np.log(1 / 2))


def test_the_score_in_the_same_cell_by_hand() -> None:
    # a kernel of sqrt(1 + 1/12) cells narrows to one cell: its taps at the middle are
    # 1 / sqrt(2 pi) each way, so the chance of the cell is (0.1592 + 1 / 4800) / 2
    n = np.zeros((2, *ALL.shape), np.int64)
    n[:, 30, 40] = 1
    wide = np.array([25 * np.sqrt(13 / 12)])
    choice = choose_bandwidth(n, ALL, cell_m=25, candidates_m=wide, train=1)
    assert choice.score[0] == pytest.approx(np.log((4800 / (2 * np.pi) + 1) / 2), abs=2e-4)


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 2**32 - 1), st.integers(1, 4), st.integers(1, 5))
def test_only_the_bins_before_speak_and_only_the_last_are_predicted(
    seed: int, train: int, tests: int
) -> None:
    rng = np.random.default_rng(seed)
    n = rng.poisson(0.02, (9, 20, 30))
    inside = rng.random((20, 30)) < 0.8
    found = choose_bandwidth(n, inside, cell_m=10, train=train, tests=tests)
    used = n[max(0, 9 - tests - train) :]
    again = choose_bandwidth(np.where(inside, used, 0), inside, cell_m=10, train=train, tests=tests)
    np.testing.assert_array_equal(found.score, again.score)
    # the sum of single periods, each weighted by its incidents, is the whole
    parts = [
        choose_bandwidth(n[k - train : k + 1], inside, cell_m=10, train=train, tests=1)
        for k in range(max(train, 9 - tests), 9)
    ]
    parts = [one for one in parts if one.n_tested]
    assert found.n_tested == sum(one.n_tested for one in parts)
    if parts:
        total = sum(one.score * one.n_tested for one in parts) / found.n_tested
        np.testing.assert_allclose(found.score, total, atol=1e-7)


def test_an_empty_period_chooses_no_bandwidth() -> None:
    one, none = np.zeros((1, *ALL.shape), np.int64), np.zeros((1, *ALL.shape), np.int64)
    one[0, 5, 5] = 1
    outside = ALL.copy()
    outside[5, 5] = False
    for before, after, inside in ((one, none, ALL), (none, one, ALL), (one, one, outside)):
        n = np.concatenate([before, after])
        choice = choose_bandwidth(n, inside, cell_m=25, train=1)
        assert np.isnan(choice.bandwidth_m)
        assert np.isnan(choice.score).all()
        assert (choice.n_periods, choice.n_tested) == (0, 0)
    assert np.isnan(choose_bandwidth(one, ALL, cell_m=25).bandwidth_m)  # a year is not there


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"candidates_m": np.array([])}, "one of one cell or more|of one cell or more"),
        ({"candidates_m": np.array([20.0])}, "of one cell or more"),
        ({"train": 0}, "Stack one grid"),
        ({"tests": 0}, "Stack one grid"),
        ({"inside": np.ones((3, 3), bool)}, "Stack one grid"),
    ],
)
def test_what_cannot_be_chosen_from_is_refused(given: dict[str, object], message: str) -> None:
    call = {"inside": ALL, "cell_m": 25.0} | given
    with pytest.raises(GeoError, match=message):
        choose_bandwidth(np.zeros((3, *ALL.shape), np.int64), **call)  # type: ignore[arg-type]
