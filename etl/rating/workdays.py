"""Working days of the mainland's calendar: weekends, public holidays and days worked instead."""

from __future__ import annotations

import tomllib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Calendar:
    """Days off and weekend days worked; without any, Monday to Friday are working days."""

    days_off: Collection[date] = frozenset()
    days_worked: Collection[date] = frozenset()

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
        left = n
        while left:
            day += timedelta(days=1)
            left -= self.is_working(day)
        return day


def read_calendar(path: Path) -> Calendar:
    """Return the calendar of a TOML file of holidays; Monday to Friday when there is none.

    Parameters
    ----------
    path
        File with `[[holidays]]` (`from`, `to` as dates) and a list `worked` of dates, anywhere.

    Returns
    -------
    Calendar
        All days between `from` and `to` are off.
    """
    if not path.exists():
        return Calendar()
    body = tomllib.loads(path.read_text(encoding="utf-8"))
    off: set[date] = set()
    worked: set[date] = set()
    _gather(body, off, worked)
    return Calendar(frozenset(off - worked), frozenset(worked))


def _gather(body: Any, off: set[date], worked: set[date]) -> None:
    if isinstance(body, list):
        for one in body:
            _gather(one, off, worked)
    if not isinstance(body, dict):
        return
    first, last = body.get("from"), body.get("to")
    if isinstance(first, date) and isinstance(last, date):
        off |= {first + timedelta(days=n) for n in range((last - first).days + 1)}
    for key, one in body.items():
        if key in ("worked", "workdays") and isinstance(one, list):
            worked |= {day for day in one if isinstance(day, date)}
        else:
            _gather(one, off, worked)
