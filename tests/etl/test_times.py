"""Moments as agencies write them."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl import times
from etl.times import NoSuchMomentError, parse_day, parse_moment

SHANGHAI = ZoneInfo("Asia/Shanghai")
EIGHT = timedelta(hours=8)


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2024-03-05 15:20", datetime(2024, 3, 5, 7, 20)),
        ("2024/3/5 15:20:30", datetime(2024, 3, 5, 7, 20, 30)),
        ("2024-03-05T15:20:00+08:00", datetime(2024, 3, 5, 7, 20)),
        ("2024-03-05T15:20:00-0500", datetime(2024, 3, 5, 20, 20)),
        ("2024-03-05T15:20:00Z", datetime(2024, 3, 5, 15, 20)),
        ("2024年3月5日 下午3时20分", datetime(2024, 3, 5, 7, 20)),
        ("2024年3月5日 凌晨12点5分", datetime(2024, 3, 4, 16, 5)),
        ("２０２４-０３-０５ １５:２０", datetime(2024, 3, 5, 7, 20)),
        ("2024-06-30 24:00", datetime(2024, 6, 30, 16, 0)),
        ("2024-03-05", datetime(2024, 3, 4, 16, 0)),
    ],
)
def test_a_moment_is_read_as_written_and_given_in_utc(text: str, utc: datetime) -> None:
    assert parse_moment(text, SHANGHAI) == utc


@pytest.mark.parametrize("text", ["24-03-05 15:20", "March 5", "45356.5", "05/03/2024", ""])
def test_a_form_that_could_mean_two_moments_is_not_guessed(text: str) -> None:
    assert parse_moment(text, SHANGHAI) is None


@pytest.mark.parametrize(
    "text",
    ["2023-02-29 10:00", "2024-13-01", "2024-03-05 25:00", "2024-03-05 24:01", "2024-03-05 10:61"],
)
def test_a_moment_that_never_was_is_told_apart_from_a_strange_form(text: str) -> None:
    with pytest.raises(NoSuchMomentError):
        parse_moment(text, SHANGHAI)


@given(st.dates(min_value=date(1950, 1, 1), max_value=date(2100, 1, 1)))
def test_a_day_survives_writing_and_reading(day: date) -> None:
    assert parse_day(f"{day.year}年{day.month}月{day.day}日") == day
    assert parse_day(day.isoformat()) == day


def test_a_zone_without_a_change_of_clocks_has_one_offset() -> None:
    shanghai = ZoneInfo("Asia/Shanghai")

    assert times.only_offset(shanghai, datetime(2024, 1, 1), datetime(2026, 6, 30)) == EIGHT
    assert times.only_offset(shanghai, datetime(1985, 1, 1), datetime(1987, 1, 1)) is None


def test_clocks_that_change_within_a_day_of_the_moments_have_no_single_offset() -> None:
    new_york, change = ZoneInfo("America/New_York"), datetime(2026, 3, 8, 2)

    assert times.only_offset(new_york, change - timedelta(days=9), change) is None
    assert times.only_offset(new_york, change, change + timedelta(hours=1)) is None
    winter = times.only_offset(new_york, change - timedelta(days=60), change - timedelta(days=9))
    assert winter == timedelta(hours=-5)


def test_moments_at_the_ends_of_the_calendar_have_no_single_offset() -> None:
    utc = ZoneInfo("UTC")

    assert times.only_offset(utc, datetime(1, 1, 1), datetime(2, 1, 1)) is None
    assert times.only_offset(utc, datetime(9999, 1, 1), datetime(9999, 12, 31)) is None
