"""Working days of the mainland's calendar: weekends, public holidays and days worked instead."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path


@dataclass(frozen=True)
class Calendar:
    """Days off and weekend days worked; without any, Monday to Friday are working days."""

    days_off: frozenset[date] = frozenset()
    days_worked: frozenset[date] = frozenset()

    def is_working(self, day: date) -> bool:
        """Tell whether a day is a working day."""
        return day in self.days_worked or (day.weekday() < 5 and day not in self.days_off)

    def add_working_days(self, day: date, n: int) -> date:
        """Return the `n`-th working day after `day`; `day` itself does not count.

        Parameters
        ----------
        day
            Day on which the time begins.
        n
            Working days, at least 0.

        Returns
        -------
        date
            Last day of the time; `day` when `n` is 0.
        """
        return _nth_working_day(self, day, n)


@lru_cache(maxsize=4096)  # thousands of ratings are sent for their check on a few days
def _nth_working_day(calendar: Calendar, day: date, n: int) -> date:
    left = n
    while left:
        day += timedelta(days=1)
        left -= calendar.is_working(day)
    return day


def read_calendar(path: Path, *, time_zone: str) -> Calendar:
    """Return the calendar of a file of public holidays.

    Parameters
    ----------
    path
        TOML file with `time_zones` and `[[years.holidays]]`: `from`, `to` and `worked`.
    time_zone
        IANA name of the district's; the file is for its own time zones alone.

    Returns
    -------
    Calendar
        All days from `from` to `to` are off, those of `worked` are worked; Monday to Friday
        elsewhere.
    """
    body = tomllib.loads(path.read_text(encoding="utf-8"))
    if time_zone not in body.get("time_zones", ()):
        return Calendar()
    off: set[date] = set()
    worked: set[date] = set()
    for year in body.get("years", ()):
        for one in year.get("holidays", ()):
            off |= {one["from"] + timedelta(n) for n in range((one["to"] - one["from"]).days + 1)}
            worked |= set(one.get("worked", ()))
    return Calendar(frozenset(off - worked), frozenset(worked))
