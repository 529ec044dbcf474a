"""Years drawn again: means, what stays, what is unknown, and places."""

import numpy as np
import pytest

from geo.errors import GeoError
from geo.rates import shrink
from geo.resampling import rank_interval, resample_counts, resample_visits


def draw(counts: list[float], exposure: list[float], times: int = 4000) -> np.ndarray:
    y, e = np.array(counts), np.array(exposure)
    return resample_counts(y, e, shrink(y, e), times=times, rng=np.random.default_rng(1))


def test_counts_are_drawn_around_the_shrunk_rate() -> None:
    counts, exposure = [0.0, 40.0, 8.0, 12.0], [1.0, 1.0, 1.0, 1.0]
    shrunk = shrink(np.array(counts), np.array(exposure))
    drawn = draw(counts, exposure)

    assert drawn.mean(axis=1) == pytest.approx(shrunk.rate, rel=0.1)
    assert (drawn >= 0).all()
    assert (drawn == np.round(drawn)).all()


def test_a_tiny_place_without_incidents_is_not_taken_for_safe() -> None:
    # 0.05 of a thousand households, none seen; its neighbours have 10 per thousand
    drawn = draw([0.0, 10.0, 12.0, 5.0, 30.0], [0.05, 1.0, 1.0, 1.0, 1.0])

    assert drawn[0].mean() > 0.05
    assert (drawn[0] > 0).any()


def test_where_chance_explains_all_every_place_is_drawn_at_the_pooled_rate() -> None:
    drawn = draw([10.0, 10.0, 10.0], [1.0, 1.0, 1.0])

    assert drawn.mean(axis=1) == pytest.approx([10.0] * 3, rel=0.05)


def test_an_unknown_exposure_stays_unknown_and_no_incident_anywhere_stays_none() -> None:
    assert np.isnan(draw([3.0, 5.0], [np.nan, 1.0])[0]).all()
    assert (draw([0.0, 0.0], [1.0, 2.0]) == 0).all()
    assert np.isnan(draw([3.0], [np.nan])).all()


def test_visits_are_drawn_as_often_as_there_were_and_never_where_there_was_none() -> None:
    known = np.array([[True, False, True], [False, False, False], [True, True, True]])
    drawn = resample_visits(known, times=3000, rng=np.random.default_rng(2))

    assert (drawn.sum(axis=2) == np.array([2, 0, 3])[:, None]).all()
    assert (drawn[~known[:, None, :].repeat(3000, axis=1)] == 0).all()
    assert drawn[2].mean(axis=0) == pytest.approx([1, 1, 1], abs=0.06)
    assert resample_visits(np.zeros((2, 0), bool), times=5, rng=np.random.default_rng(0)).shape == (
        2,
        5,
        0,
    )


def test_the_same_seed_draws_the_same_years() -> None:
    first, second = (draw([1.0, 5.0], [1.0, 1.0], times=20) for _ in range(2))

    assert (first == second).all()


def test_places_lie_between_the_outer_twentieths_of_the_drawn_years() -> None:
    # The first is always before the second; the third has no score.
    scores = np.array([[90.0] * 20, [80.0] * 19 + [95.0], [np.nan] * 20])
    low, high = rank_interval(scores, lower_is_better=False)

    assert low.tolist() == [1, 2, 0]
    assert high.tolist() == [1, 2, 0]
    every = rank_interval(scores, lower_is_better=False, confidence=0.999)
    assert every[0].tolist() == [1, 1, 0]
    assert every[1].tolist() == [2, 2, 0]


def test_a_level_that_is_no_share_is_refused() -> None:
    with pytest.raises(GeoError, match="confidence is 90"):
        rank_interval(np.ones((2, 2)), lower_is_better=False, confidence=90)


def test_years_without_a_score_do_not_count_as_the_best_place() -> None:
    scores = np.array([[70.0] * 10 + [np.nan] * 10, [80.0] * 20])
    low, high = rank_interval(scores, lower_is_better=False)

    assert (low.tolist(), high.tolist()) == ([2, 1], [2, 1])
