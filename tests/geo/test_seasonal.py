"""Months, weekdays and holidays beside what was to be expected: by hand, and by chance."""

import numpy as np
import pytest

from geo.errors import GeoError
from geo.seasonal import holidays, months, weekday_of, weekdays

MONDAY = np.datetime64("2024-07-01")


def day(text: str) -> np.datetime64:
    return np.datetime64(text)


def test_weekdays_are_those_of_the_calendar() -> None:
    days = np.array(["2026-11-22", "2026-11-23", "1969-12-31"], "datetime64[D]")
    assert weekday_of(days).tolist() == [6, 0, 2]


def test_a_month_is_held_against_its_namesake_at_the_years_level() -> None:
    # two years from 1 July 2024: one incident a day, in the second year two; 93 in March 2026
    counts = np.ones((1, 730), int)
    counts[0, 365:] = 2
    march = (day("2026-03-01") - MONDAY).astype(int)
    counts[0, march : march + 31] = 3
    found = months(counts, MONDAY)
    assert found.number.tolist() == [7, 8, 9, 10, 11, 12, 1, 2, 3, 4, 5, 6]
    assert found.first[8] == day("2026-03-01")
    assert found.last[8] == day("2026-03-31")
    assert found.n_days[8] == 31
    assert (found.n[0, 8], found.n_base[0, 8]) == (93, 31)
    # the other months: 2 a day against 1: 31 * 2
    assert found.expected[0, 8] == pytest.approx(62)
    assert found.change.ratio[0, 8] == pytest.approx(1.5)
    # of the others' level the high March is part: July is a little under it
    level = (2 * 303 + 93 + 0) / (365 - 31)
    assert found.expected[0, 0] == pytest.approx(31 * level)


def test_a_leap_day_is_a_day_more() -> None:
    first = day("2023-01-01")
    counts = np.ones((1, 730), int)  # 2023, and 2024 to 30 December
    found = months(counts, first)
    february = found.number.tolist().index(2)
    assert found.n_days[february] == 29
    assert found.n_base[0, february] == 28
    # December 2024 is not whole and left out
    assert 12 not in found.number.tolist()
    assert found.expected[0, february] == pytest.approx(29, rel=0.02)


def test_without_the_year_before_no_month_is_judged() -> None:
    assert months(np.ones((2, 365), int), MONDAY).n.shape == (2, 0)
    assert months(np.ones((2, 0), int), MONDAY).n.shape == (2, 0)
    # thirteen months: one has a namesake, and no others to take the level from
    found = months(np.full((1, 396), 3), MONDAY)
    assert found.number.tolist() == [7]
    assert found.expected[0, 0] == pytest.approx(93)


def test_a_weekday_is_held_against_the_other_six() -> None:
    counts = np.tile([1, 1, 1, 1, 1, 4, 1], 60)[None]  # Saturdays four
    found = weekdays(counts, MONDAY)
    assert found.n_days.sum() == 365
    assert found.n[0, 5] == 4 * found.n_days[5]
    assert found.expected[0, 5] == pytest.approx(found.n_days[5])
    assert found.change.word[0].tolist()[5] == "up"
    assert set(found.change.word[0].tolist()[:5]) == {"down"}
    assert weekdays(counts[:, :27], MONDAY).n.shape == (1, 0)
    assert weekdays(counts[:, :28], MONDAY).n.shape == (1, 7)


def test_a_holiday_is_held_against_the_same_weekdays_around_it() -> None:
    # Sundays 7, other days 2; a holiday from Saturday to Monday of week 6 with 3 a day
    counts = np.tile([2, 2, 2, 2, 2, 2, 7], 12)[None].copy()
    begin, end = MONDAY + 5 * 7 + 5, MONDAY + 5 * 7 + 7
    counts[0, 40:43] = 3
    found = holidays(counts, MONDAY, runs=[(begin, end)])
    assert (found.n[0, 0], found.n_days[0]) == (9, 3)
    assert found.expected[0, 0] == pytest.approx(2 + 7 + 2)
    # 28 days either side: 4 Saturdays before and 4 after, as many Sundays and Mondays
    assert found.n_base[0, 0] == 4 * 2 * (2 + 7 + 2)
    assert found.change.ratio[0, 0] == pytest.approx(9 / 11)


def test_other_holidays_and_days_worked_instead_are_nobodys_ordinary_days() -> None:
    counts = np.full((1, 84), 2)
    counts[0, 47] = 50  # the next Saturday, worked instead
    counts[0, 33] = 90  # the Saturday before, another holiday
    run, other = (MONDAY + 40, MONDAY + 40), (MONDAY + 33, MONDAY + 33)
    found = holidays(counts, MONDAY, runs=[other, run], ordinary=[MONDAY + 47])
    assert found.number.tolist() == [0, 1]
    assert found.expected[0] == pytest.approx([2, 2])


def test_a_holiday_beyond_the_data_or_without_ordinary_days_is_left_out() -> None:
    counts = np.ones((1, 40), int)
    runs = [(MONDAY - 1, MONDAY + 1), (MONDAY + 38, MONDAY + 41), (MONDAY + 20, MONDAY + 20)]
    assert holidays(counts, MONDAY, runs=runs).number.tolist() == [2]
    assert holidays(counts[:, :3], MONDAY, runs=[(MONDAY + 1, MONDAY + 1)]).n.shape == (1, 0)
    assert holidays(counts, MONDAY, runs=[]).n.shape == (1, 0)


def test_chance_is_called_a_change_five_times_in_a_hundred_at_most() -> None:
    counts = np.random.default_rng(0).poisson(3.0, (400, 730))
    runs = [(day("2026-02-15"), day("2026-02-23")), (day("2025-10-01"), day("2025-10-08"))]
    for found in (
        months(counts, MONDAY),
        weekdays(counts, MONDAY),
        holidays(counts, MONDAY, runs=runs),
    ):
        told = (found.change.word == "up") | (found.change.word == "down")
        assert 0.02 < told.mean() < 0.065


def test_nothing_at_all_is_too_few_and_expects_nothing() -> None:
    found = weekdays(np.zeros((1, 100), int), MONDAY)
    assert set(found.change.word[0].tolist()) == {"too_few"}
    assert np.isnan(found.expected).all()
    empty = months(np.zeros((1, 730), int), MONDAY)
    assert set(empty.change.word[0].tolist()) == {"too_few"}


def test_counts_that_are_not_whole_or_not_by_day_are_refused() -> None:
    with pytest.raises(GeoError, match="weekdays: counts of float64"):
        weekdays(np.zeros((1, 40)), MONDAY)
    with pytest.raises(GeoError, match="Count incidents by day"):
        months(np.zeros(40, int), MONDAY)
