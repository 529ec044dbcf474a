"""Aoristic clocks and changes of counts."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest

from geo.errors import GeoError
from geo.temporal import aoristic, poisson_change


def at(*texts: str) -> np.ndarray:
    return np.array(texts, dtype="datetime64[s]")


def test_a_known_time_falls_in_one_hour_of_one_weekday() -> None:
    # 2024-01-01 was a Monday
    clock = aoristic(at("2024-01-01T00:00:00", "2024-01-07T23:59:59", "1969-12-31T05:30"))
    assert clock.shape == (24, 7)
    assert clock[0, 0] == 1
    assert clock[23, 6] == 1
    assert clock[5, 2] == 1  # 1969-12-31 was a Wednesday
    assert clock.sum() == 3


def test_an_interval_is_shared_by_the_part_of_each_hour() -> None:
    # Sunday 22:30 to Monday 00:30: 30 of 120 minutes, 60, 30
    clock = aoristic(at("2024-01-07T22:30"), at("2024-01-08T00:30"))
    assert clock[22, 6] == pytest.approx(0.25)
    assert clock[23, 6] == pytest.approx(0.5)
    assert clock[0, 0] == pytest.approx(0.25)
    assert clock.sum() == pytest.approx(1)


def test_an_interval_that_ends_on_the_hour_stays_in_it() -> None:
    clock = aoristic(at("2024-01-02T10:00", "2024-01-02T10:20"), at("2024-01-02T11:00", "NaT"))
    assert clock[10, 1] == 2
    assert clock.sum() == 2


def test_eight_days_are_a_whole_week_and_a_day() -> None:
    # 8 days from Monday 00:00: the hours of Monday get 2 of 192, all others 1 of 192
    clock = aoristic(at("2024-01-01"), at("2024-01-09"))
    np.testing.assert_allclose(clock[:, 0], 2 / 192)
    np.testing.assert_allclose(clock[:, 1:], 1 / 192)


def test_untimed_incidents_are_left_out() -> None:
    clock = aoristic(at("NaT", "2024-01-01T03:00", "NaT"), at("2024-01-01", "NaT", "NaT"))
    assert clock.sum() == 1
    assert aoristic(at()).sum() == 0


def test_groups_have_their_own_clocks() -> None:
    times = at("2024-01-01T03:00", "2024-01-02T03:00", "2024-01-02T03:00")
    clock = aoristic(times, groups=np.array([2, 0, -1]), n_groups=4)
    assert clock.shape == (4, 24, 7)
    assert clock[2, 3, 0] == clock[0, 3, 1] == 1
    assert clock.sum() == 2


@settings(deadline=None, max_examples=50)
@given(st.integers(0, 10**7), st.integers(1, 3 * 10**6))
def test_the_shares_are_those_of_every_second(start: int, length: int) -> None:
    step = max(1, length // 20_000)
    clock = aoristic(
        np.array([start], "datetime64[s]"), np.array([start + length], "datetime64[s]")
    )
    seconds = (start + 3 * 86400 + np.arange(0, length, step)) // 3600 % 168
    slow = np.bincount(seconds, minlength=168).reshape(7, 24).T / len(seconds)
    np.testing.assert_allclose(clock, slow, atol=0.05)
    assert clock.sum() == pytest.approx(1)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: aoristic(at("2024-01-02"), at("2024-01-01")), "1 of 1 incidents end before"),
        (lambda: aoristic(at("2024-01-02"), at()), "1 from_, 0 to and 1 groups"),
        (lambda: aoristic(np.array([1.5])), "datetime64 was expected"),
        (lambda: poisson_change(-1, 2), "negative or not whole"),
        (lambda: poisson_change(np.array([1.5]), 2), "negative or not whole"),
        (lambda: poisson_change(1, 2, 0), "an exposure is not above 0"),
        (lambda: poisson_change(1, 2, confidence=95), "Write 95 % as 0.95"),
    ],
)
def test_what_cannot_be_timed_is_refused(call: object, message: str) -> None:
    with pytest.raises(GeoError, match=message):
        call()  # type: ignore[operator]


@pytest.mark.parametrize(
    ("now", "before", "word"),
    [
        (20, 5, "up"),
        (5, 20, "down"),
        (10, 12, "no_real_change"),
        (6, 0, "up"),  # 2 / 2^6 = 0.031
        (5, 0, "too_few"),  # 2 / 2^5 = 0.0625: even all of five on one side would not do
        (0, 0, "too_few"),
        (2, 1, "too_few"),
    ],
)
def test_a_change_is_called_what_it_is(now: int, before: int, word: str) -> None:
    assert poisson_change(now, before).word == word


def test_nothing_before_is_an_infinite_ratio_and_nothing_at_all_none() -> None:
    some, none = poisson_change(7, 0), poisson_change(0, 0)
    assert some.ratio == np.inf
    assert some.high == np.inf
    assert np.isnan(none.ratio)
    assert (none.low, none.high, none.p) == (0, np.inf, 1)


def test_interval_by_hand_when_all_are_now() -> None:
    # Clopper-Pearson for 7 of 7: low = 0.025^(1/7) = 0.5904; odds 1.4413
    assert poisson_change(7, 0).low == pytest.approx(0.025 ** (1 / 7) / (1 - 0.025 ** (1 / 7)))


@settings(deadline=None)
@given(
    st.integers(0, 60),
    st.integers(0, 60),
    st.floats(0.1, 30),
    st.floats(0.1, 30),
    st.sampled_from([0.9, 0.95]),
)
def test_interval_and_p_are_those_of_the_binomial(
    now: int, before: int, e1: float, e0: float, level: float
) -> None:
    found = poisson_change(now, before, e1, e0, confidence=level)
    if now + before == 0:
        return
    share = e1 / (e1 + e0)
    test = binomtest(now, now + before, share)
    ci = test.proportion_ci(level, method="exact")
    with np.errstate(divide="ignore"):
        odds = np.array([ci.low, ci.high]) / (1 - np.array([ci.low, ci.high])) * e0 / e1
    np.testing.assert_allclose([found.low, found.high], odds, rtol=1e-9)
    tails = [
        binomtest(now, now + before, share, alternative=side).pvalue for side in ("less", "greater")
    ]
    assert found.p == pytest.approx(min(1, 2 * min(tails)), rel=1e-9)
    if found.word in ("up", "down"):
        assert found.p < 1 - level + 1e-12
    elif found.word == "no_real_change":
        assert found.p > 1 - level - 1e-12


def test_equal_rates_are_called_changed_at_most_one_time_in_twenty() -> None:
    rng = np.random.default_rng(0)
    words = poisson_change(rng.poisson(28, 20_000), rng.poisson(56, 20_000), 28, 56).word
    changed = np.isin(words, ["up", "down"]).mean()
    assert 0.025 < changed <= 0.05


def test_arrays_and_numbers_agree() -> None:
    many = poisson_change(np.array([[3, 30]]), np.array([9, 9]), 1, np.array([1.0, 2.0]))
    assert many.word.shape == (1, 2)
    assert many.ratio.tolist() == [[3 / 9, 30 / 9 * 2]]
    assert many.low[0, 1] == poisson_change(30, 9, 1, 2).low
