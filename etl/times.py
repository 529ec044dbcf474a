"""Moments and days as text: the forms read without asking, and the ones refused."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

# Values that programs write when they have no date; those before EARLIEST or in the future are
# refused anyway. A local midnight of the Unix epoch may fall on the day before it in UTC.
DEFAULT_DAYS = frozenset({date(1970, 1, 1), date(1969, 12, 31)})
EARLIEST = date(1950, 1, 1)
LATEST_YEAR = 9000

_DAY = r"(?P<y>\d{4})(?:[-/.]|\s*年\s*)(?P<m>\d{1,2})(?:[-/.]|\s*月\s*)(?P<d>\d{1,2})(?:\s*日)?"
_CLOCK = (
    r"(?P<half>上午|下午|凌晨|早上|中午|晚上|AM|PM)?\s*"
    r"(?P<H>\d{1,2})\s*[:时点]\s*(?P<M>\d{1,2})?\s*分?(?:\s*:?\s*(?P<S>\d{1,2})(?:\.\d+)?\s*秒?)?"
    r"\s*(?P<half_after>AM|PM)?"
)
_ZONE = r"(?P<z>Z|[+-]\d{2}:?\d{2})?"
_MOMENT = re.compile(rf"^{_DAY}(?:[T\s]*{_CLOCK})?\s*{_ZONE}$", re.IGNORECASE)
_AFTERNOON = {"下午", "晚上", "PM"}
_MORNING = {"上午", "凌晨", "早上", "AM"}


_LONGEST_SPAN = timedelta(days=50 * 366)
_DAY_LONG = timedelta(days=1)


class NoSuchMomentError(ValueError):
    """The text has the form of a moment, but the calendar has none such."""


def only_offset(zone: ZoneInfo, first: datetime, last: datetime) -> timedelta | None:
    """Return what a zone's clocks were ahead of UTC by, if it was the same all the time.

    Parameters
    ----------
    zone
        Time zone.
    first, last
        Earliest and latest moment, local or UTC, naive.

    Returns
    -------
    timedelta or None
        None when the clocks changed between a day before and a day after, or in over 50 years.
    """
    if last - first > _LONGEST_SPAN or first.date() <= EARLIEST or last.year >= LATEST_YEAR:
        return None
    return _only_offset(zone, first.date(), last.date())


@lru_cache(maxsize=512)
def _only_offset(zone: ZoneInfo, first: date, last: date) -> timedelta | None:
    found = None
    for day in range((last - first).days + 4):
        noon = datetime(first.year, first.month, first.day, 12, tzinfo=UTC) - 2 * _DAY_LONG
        offset = (noon + day * _DAY_LONG).astimezone(zone).utcoffset()
        if found is not None and offset != found:
            return None
        found = offset
    return found


def parse_moment(text: str, zone: ZoneInfo) -> datetime | None:
    """Return the instant (UTC) that a text of year, month, day and clock names.

    Parameters
    ----------
    text
        For example `2024-03-05 15:20`, `2024/3/5 15:20:00`, `2024年3月5日 下午3时20分`; with a zone
        offset it is taken as written, otherwise as local time of `zone`. 24:00 is the next day's
        00:00.
    zone
        Time zone of texts without an offset.

    Returns
    -------
    datetime or None
        The instant without tzinfo, in UTC; None when the text has another form.

    Raises
    ------
    NoSuchMomentError
        If the form is right but there is no such moment; correct the value.
    """
    found = _MOMENT.match(unicodedata.normalize("NFKC", text).strip())
    if found is None:
        return None
    parts = found.groupdict()
    hour = _hour(parts)
    minute, second = int(parts["M"] or 0), int(parts["S"] or 0)
    days_on = 1 if (hour, minute, second) == (24, 0, 0) else 0
    try:
        moment = datetime(
            int(parts["y"]),
            int(parts["m"]),
            int(parts["d"]),
            0 if days_on else hour,
            minute,
            second,
        ) + timedelta(days=days_on)
    except (ValueError, OverflowError):
        raise NoSuchMomentError(text) from None
    return _to_utc(moment, parts["z"], zone)


def _hour(parts: dict[str, str | None]) -> int:
    hour = int(parts["H"] or 0)
    half = (parts["half"] or parts["half_after"] or "").upper()
    if half in _AFTERNOON and hour < 12:
        return hour + 12
    if half in _MORNING and hour == 12:
        return 0
    return hour


def _to_utc(moment: datetime, offset: str | None, zone: ZoneInfo) -> datetime:
    if offset is None:
        aware = moment.replace(tzinfo=zone)
    elif offset.upper() == "Z":
        aware = moment.replace(tzinfo=UTC)
    else:
        sign = -1 if offset[0] == "-" else 1
        away = timedelta(hours=int(offset[1:3]), minutes=int(offset[-2:]))
        aware = (moment - sign * away).replace(tzinfo=UTC)
    try:
        return aware.astimezone(UTC).replace(tzinfo=None)
    except OverflowError:
        raise NoSuchMomentError(str(moment)) from None


def parse_day(text: str) -> date | None:
    """Return the calendar day that a text names, or None when it has another form.

    Parameters
    ----------
    text
        For example `2024-03-05`, `2024/3/5`, `2024年3月5日`; a clock time after it is dropped.

    Returns
    -------
    date or None
        The day.

    Raises
    ------
    NoSuchMomentError
        If the form is right but the calendar has no such day.
    """
    found = _MOMENT.match(unicodedata.normalize("NFKC", text).strip())
    if found is None:
        return None
    try:
        return date(int(found["y"]), int(found["m"]), int(found["d"]))
    except ValueError:
        raise NoSuchMomentError(text) from None
