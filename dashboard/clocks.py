"""The district's clocks in SQL: instants are UTC in the store, hours are those people lived."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

STEP = timedelta(minutes=30)  # clocks are changed at whole and half hours


@lru_cache(maxsize=256)
def local_sql(column: str, zone: str, since: datetime, until: datetime) -> str:
    """Return SQL for the local time of a UTC column whose values lie in a stretch of time.

    Parameters
    ----------
    column
        SQL of a TIMESTAMP in UTC.
    zone
        IANA name.
    since, until
        The stretch, UTC, naive.

    Returns
    -------
    str
        The column plus an interval, by stretches between changes of the clock; DuckDB's own
        conversion needs an extension.
    """
    known = ZoneInfo(zone)
    changes: list[str] = []
    here, offset = since, _offset(since, known)
    while here < until:
        there = min(here + timedelta(days=1), until)
        if _offset(there, known) != offset:
            at = _change(here, offset, known)
            changes.append(f"WHEN {column} < TIMESTAMP '{at:%Y-%m-%d %H:%M:%S}' THEN {offset}")
            offset = _offset(there, known)
        here = there
    seconds = f"CASE {' '.join(changes)} ELSE {offset} END" if changes else str(offset)
    return f"({column} + to_seconds({seconds}))"


def _change(before: datetime, offset: int, zone: ZoneInfo) -> datetime:
    """Return the first half hour after `before` at which the clock differs."""
    start = before.replace(minute=0, second=0, microsecond=0)
    return next(start + STEP * i for i in range(1, 52) if _offset(start + STEP * i, zone) != offset)


def _offset(instant: datetime, zone: ZoneInfo) -> int:
    gap = instant.replace(tzinfo=UTC).astimezone(zone).utcoffset()
    return int(gap.total_seconds()) if gap is not None else 0
