"""Shrunk rates: Marshall's estimator, its interval, and the funnel."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import gamma, poisson

from geo.errors import GeoError
from geo.rates import funnel_limits, shrink


def test_marshall_by_hand() -> None:
    # y 1 9, E 10 10: m = 0.5; raw 0.1 0.9; s2 = 0.16; A = 0.16 - 0.5 / 10 = 0.11
    # weight = 0.11 / (0.11 + 0.05) = 0.6875; rates 0.5 -+ 0.6875 * 0.4 = 0.225, 0.775
    found = shrink(np.array([1, 9]), np.array([10, 10]))
    assert found.variance == pytest.approx(0.11)
    np.testing.assert_allclose(found.weight, 0.6875)
    np.testing.assert_allclose(found.rate, [0.225, 0.775])
    # gamma posterior: shape 0.25 / 0.11 + 1, per unit 0.5 / 0.11 + 10
    posterior = gamma(0.25 / 0.11 + 1, scale=1 / (0.5 / 0.11 + 10))
    np.testing.assert_allclose(
        [found.low[0], found.high[0]], posterior.ppf([0.025, 0.975]), rtol=1e-9
    )
    np.testing.assert_allclose(found.zero_chance, np.exp(-5))


def test_small_places_are_drawn_further() -> None:
    found = shrink(np.array([0, 40, 300]), np.array([20, 1000, 10_000]))
    assert found.weight[0] < found.weight[1] < found.weight[2]
    assert found.raw[0] == 0 < found.rate[0]


def test_where_chance_explains_all_every_place_gets_the_pooled_rate() -> None:
    found = shrink(np.array([5, 5, 5]), np.array([100, 100, 100]))
    assert found.variance == 0
    np.testing.assert_allclose(found.rate, 0.05)
    # the interval of the pooled 15 in 300, half an incident added
    np.testing.assert_allclose(found.low, gamma.ppf(0.025, 15.5) / 300)
    np.testing.assert_allclose(found.high, gamma.ppf(0.975, 15.5) / 300)


def test_no_incident_at_all_still_has_an_upper_limit() -> None:
    found = shrink(np.zeros(4), np.full(4, 50.0))
    assert (found.rate == 0).all()
    assert (found.high > 0).all()
    assert (found.zero_chance == 1).all()


def test_unknown_places_stay_unknown_and_change_nothing() -> None:
    some = shrink(np.array([3.0, 8, 20]), np.array([100.0, 90, 400]))
    more = shrink(np.array([3.0, 8, 20, 7, np.nan]), np.array([100.0, 90, 400, 0, 50]))
    for field in ("raw", "rate", "low", "high", "weight", "zero_chance"):
        np.testing.assert_array_equal(getattr(more, field)[:3], getattr(some, field))
        assert np.isnan(getattr(more, field)[3:]).all()
    nothing = shrink(np.array([np.nan]), np.array([0.0]))
    assert np.isnan([nothing.pooled, nothing.rate[0], nothing.variance]).all()
    assert len(shrink(np.array([]), np.array([])).rate) == 0


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 200), st.floats(1, 5000)), min_size=1, max_size=12))
def test_a_shrunk_rate_lies_between_raw_and_pooled(places: list[tuple[int, float]]) -> None:
    y, e = np.array(places).T
    found = shrink(y, e)
    low, high = np.minimum(found.raw, found.pooled), np.maximum(found.raw, found.pooled)
    assert (found.rate >= low * (1 - 1e-9)).all()
    assert (found.rate <= high * (1 + 1e-9)).all()
    assert (found.low <= found.high).all()
    assert ((found.weight >= 0) & (found.weight <= 1)).all()


def test_the_interval_holds_the_true_rate_about_as_often_as_it_says() -> None:
    rng = np.random.default_rng(0)
    held = []
    for _ in range(20):
        true, e = rng.gamma(4, 0.005, 200), rng.uniform(50, 2000, 200)
        found = shrink(rng.poisson(true * e), e)
        held.append(((found.low <= true) & (true <= found.high)).mean())
    assert 0.92 < np.mean(held) < 0.97


def test_the_funnel_narrows_and_holds_its_share() -> None:
    e = np.array([50.0, 500, 5000, 0])
    low, high = funnel_limits(e, 0.02)
    assert np.isnan([low[3], high[3]]).all()
    assert (np.diff((high - low)[:3]) < 0).all()
    assert low[0] == 0
    for i in range(3):
        inside = poisson.cdf(high[i] * e[i], 0.02 * e[i]) - poisson.cdf(
            low[i] * e[i] - 1e-9, 0.02 * e[i]
        )
        assert 0.9 < inside < 0.995
    wider = funnel_limits(e[:3], 0.02, confidence=0.998)
    assert (wider[1] > high[:3]).all()
    assert (wider[0] <= low[:3]).all()


def test_the_funnel_interpolates_between_whole_counts() -> None:
    # mean 10: ppf(0.975) = 17, cdf(17) = 0.98572, cdf(16) = 0.97296
    # 17 - (0.98572 - 0.975) / (0.98572 - 0.97296) = 16.160
    _, high = funnel_limits(np.array([100.0]), 0.1)
    assert high[0] * 100 == pytest.approx(16.160, abs=1e-3)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: shrink(np.array([1, 2]), np.array([1])), "Align them on the place"),
        (lambda: shrink(np.array([-1]), np.array([1])), "1 places have a negative"),
        (lambda: shrink(np.array([1]), np.array([np.inf])), "1 places have a negative or infinite"),
        (lambda: shrink(np.array([1]), np.array([1]), confidence=0), "Write 95 % as 0.95"),
        (lambda: funnel_limits(np.array([1]), np.nan), "rate is nan"),
    ],
)
def test_what_is_no_rate_is_refused(call: object, message: str) -> None:
    with pytest.raises(GeoError, match=message):
        call()  # type: ignore[operator]
