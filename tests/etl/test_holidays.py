"""The calendar of public holidays: as arranged, day by day, and well formed."""

import tomllib
from datetime import date, timedelta
from itertools import pairwise

import pytest

from etl.marts.seasons import read_holidays
from etl.paths import REFERENCE

BODY = tomllib.loads((REFERENCE / "holidays_cn.toml").read_text(encoding="utf-8"))

# Days off by month, and weekend days worked, as chinesecalendar 1.11.0 lists them
# (chinese_calendar.constants.holidays and .workdays), an outside reading of the same notices.
OFF = {
    2024: {1: [1], 2: range(10, 18), 4: range(4, 7), 5: range(1, 6), 6: [10], 9: range(15, 18),
           10: range(1, 8)},
    2025: {1: [1, 28, 29, 30, 31], 2: range(1, 5), 4: range(4, 7), 5: [1, 2, 3, 4, 5, 31],
           6: [1, 2], 10: range(1, 9)},
    2026: {1: range(1, 4), 2: range(15, 24), 4: range(4, 7), 5: range(1, 6), 6: range(19, 22),
           9: range(25, 28), 10: range(1, 8)},
}  # fmt: skip
WORKED = {
    2024: "02-04 02-18 04-07 04-28 05-11 09-14 09-29 10-12",
    2025: "01-26 02-08 04-27 09-28 10-11",
    2026: "01-04 02-14 02-28 05-09 09-20 10-10",
}


@pytest.mark.parametrize("year", [2024, 2025, 2026])
def test_days_off_and_days_worked_are_those_arranged(year: int) -> None:
    mine = [one for one in read_holidays("Asia/Shanghai") if one.first.year == year]
    off = {
        one.first + timedelta(days=k)
        for one in mine
        for k in range((one.last - one.first).days + 1)
    }
    assert off == {date(year, month, day) for month, days in OFF[year].items() for day in days}
    worked = sorted(day for one in mine for day in one.working)
    assert worked == [date.fromisoformat(f"{year}-{day}") for day in WORKED[year].split()]


def test_the_statutory_days_of_2027_are_marked_as_not_yet_arranged() -> None:
    years = {one["year"]: one for one in BODY["years"]}
    assert sorted(years) == [2024, 2025, 2026, 2027]
    assert [year for year, one in years.items() if not one["is_arranged"]] == [2027]
    # State Council order 795: 13 days, of which Spring Festival 4 and National Day 3
    mine = [one for one in read_holidays("Asia/Shanghai") if one.first.year == 2027]
    assert sum((one.last - one.first).days + 1 for one in mine) == 13
    assert not any(one.working for one in mine)


def test_holidays_are_in_order_named_and_apart() -> None:
    found = read_holidays("Asia/Urumqi")
    assert len({one.holiday_id for one in found}) == len(found)
    for one, after in pairwise(found):
        assert one.first <= one.last < after.first
    for one in found:
        assert str(one.first.year) in one.holiday_id
        assert any("\u4e00" <= letter <= "\u9fff" for letter in one.name)
        assert one.name_en.isascii()
        assert all(day.weekday() >= 5 for day in one.working)
    assert all(year["source"].startswith(("国务院", "全国")) for year in BODY["years"])


def test_other_time_zones_have_no_calendar() -> None:
    assert read_holidays("America/New_York") == []
