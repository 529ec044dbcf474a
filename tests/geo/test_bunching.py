"""Scores above a cut: the binomial sum by hand, a planted heap, and a smooth lot left alone."""

from math import comb

import numpy as np
import pytest

from geo.bunching import find_bunching
from geo.errors import GeoError

CUTS = np.array([80.0, 60.0])


def test_the_chance_is_the_binomial_tail() -> None:
    # 9 of 10 within a point are on the good side, nothing further out: p = (10 + 1) / 2^10
    scores = np.array([80.0] * 9 + [79.9])
    found = find_bunching(scores, CUTS, window=1.0)

    assert (found.n_above[0], found.n_below[0]) == (9, 1)
    assert found.expected[0] == 0.5
    assert found.p[0] == pytest.approx((comb(10, 9) + comb(10, 10)) / 2**10)
    assert np.isnan(found.p[1])


def test_the_cut_itself_is_good_and_the_window_is_open_at_its_far_end() -> None:
    found = find_bunching(np.array([80.0, 80.9, 81.0, 79.0, 78.9]), CUTS[:1], window=1.0)

    assert (found.n_above[0], found.n_below[0]) == (2, 1)


def test_where_low_scores_are_good_the_other_side_counts() -> None:
    scores = np.array([6.0] * 9 + [6.1])
    found = find_bunching(scores, np.array([6.0]), window=1.0, lower_is_better=True)

    assert (found.n_above[0], found.n_below[0]) == (9, 1)


def test_the_slope_of_the_lot_is_taken_out() -> None:
    # rings of three windows hold 30 below and 60 above: 0.5 (1 + (60 - 30) / 90 / 5) = 0.533
    scores = np.concatenate([np.full(30, 78.0), np.full(60, 82.0)])

    assert find_bunching(scores, CUTS[:1], window=1.0).expected[0] == pytest.approx(0.5 + 1 / 30)
    steep = find_bunching(np.full(50, 82.0), CUTS[:1], window=1.0)
    assert steep.expected[0] == pytest.approx(0.6)


def test_a_heap_is_found_and_a_smooth_lot_is_not() -> None:
    rng = np.random.default_rng(3)
    smooth = np.round(rng.normal(72, 9, 3000), 1)
    nudged = np.where((smooth >= 79) & (smooth < 80) & (rng.random(3000) < 0.6), 80.0, smooth)

    assert (find_bunching(smooth, CUTS, window=1.0).q > 0.05).all()
    found = find_bunching(nudged, CUTS, window=1.0)
    assert found.q[0] < 1e-6
    assert found.q[1] > 0.05


def test_no_score_is_tested_where_there_is_none() -> None:
    found = find_bunching(np.array([np.nan]), CUTS, window=1.0)

    assert np.isnan(found.p).all()
    assert found.n_above.tolist() == [0, 0]


def test_a_window_of_nothing_is_refused() -> None:
    with pytest.raises(GeoError, match="window is 0"):
        find_bunching(np.array([1.0]), CUTS, window=0)
