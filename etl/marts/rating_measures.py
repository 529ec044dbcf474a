"""Measures of every community for the rating engine, aggregated in SQL in one pass."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray
from scipy.special import fdtri

from etl.marts.context import MartContext
from etl.rating import Measured
from geo.rates import shrink

Floats = NDArray[np.float64]
DAYS_A_YEAR = 365.25
# Below this count nothing may be told apart in what is published.
SMALL = 5
# Pseudo-cases on both sides of a year-on-year ratio: 1 case after 0 is no change worth points.
PRIOR_CASES = 5.0
# A comparison over fewer days than this says nothing about the year.
MIN_COMPARED_DAYS = 60
COUNTED = ("criminal", "public_security", "dispute", "case", "serious", "serious_solved")


@dataclass(frozen=True)
class Period:
    """A calendar year as far as the data goes, in the district's local calendar."""

    name: str
    first: date
    last: date

    @property
    def n_days(self) -> int:
        """Days of it; 0 when the data has nothing of it."""
        return max((self.last - self.first).days + 1, 0)


@dataclass(frozen=True)
class Windows:
    """The days of a period that incidents are known for, and the same days of the year before."""

    period: Period
    counted: Period
    compared: Period
    compared_before: Period


def calendar_year(year: int, as_of: date) -> Period:
    """Return the calendar year `year`, cut off at `as_of`."""
    return Period(str(year), date(year, 1, 1), min(date(year, 12, 31), as_of))


def year_before(day: date) -> date:
    """Return the same day of the year before; 28 February for 29 February."""
    try:
        return day.replace(year=day.year - 1)
    except ValueError:
        return day.replace(year=day.year - 1, day=28)


def windows_of(period: Period, data_from: date) -> Windows:
    """Return the windows of a period when incidents are known from `data_from` on."""
    counted = Period(period.name, max(period.first, data_from), period.last)
    first_before = max(year_before(period.first), data_from)
    last_before = year_before(period.last)
    # Carried forward by whole months and days, so that both windows have the same calendar.
    first = _year_after(first_before)
    return Windows(
        period,
        counted,
        Period(period.name, first, period.last),
        Period(period.name, first_before, last_before),
    )


def _year_after(day: date) -> date:
    try:
        return day.replace(year=day.year + 1)
    except ValueError:
        return date(day.year + 1, 3, 1)


def first_incident_day(context: MartContext) -> date | None:
    """Return the local day of the first incident; None when there is none."""
    found = context.con.execute("SELECT min(occurred_from) FROM core.incidents").fetchone()
    if found is None or found[0] is None:
        return None
    zone = ZoneInfo(context.district.time_zone)
    moment: datetime = found[0].replace(tzinfo=ZoneInfo("UTC"))
    return moment.astimezone(zone).date()


class IncidentCounts:
    """Counts by community and class, for any window whose edges were named beforehand."""

    def __init__(
        self, context: MartContext, n: int, days: set[date], serious_types: tuple[str, ...]
    ) -> None:
        self.days = sorted(days)
        zone = ZoneInfo(context.district.time_zone)
        edges = [_utc_midnight(day, zone) for day in self.days]
        # Newest edge first: the bucket is the number of edges that the incident is past.
        bucket = "CASE " + " ".join(
            f"WHEN occurred_from >= ? THEN {len(edges) - k}" for k in range(len(edges))
        )
        types = ", ".join("?" for _ in serious_types) or "NULL"
        # Grouped by the identifier first and numbered after: the join then meets few rows.
        rows = context.con.execute(
            f"SELECT i, kind, bucket, n FROM (SELECT community_id, CASE class "
            f"WHEN 'criminal' THEN CASE WHEN type IN ({types}) "
            "THEN CASE WHEN is_solved THEN 4 ELSE 3 END ELSE 0 END "
            "WHEN 'public_security' THEN 1 WHEN 'dispute' THEN 2 ELSE 5 END::UTINYINT AS kind, "
            f"({bucket} ELSE 0 END)::UTINYINT AS bucket, count(*) AS n "
            "FROM core.incidents GROUP BY ALL) JOIN rating_communities USING (community_id)",
            [*serious_types, *reversed(edges)],
        ).fetchnumpy()
        found = np.zeros((6, n, len(edges) + 1))
        found[rows["kind"], rows["i"], rows["bucket"]] = rows["n"]
        criminal = found[0] + found[3] + found[4]
        self.tables = {
            "criminal": criminal,
            "public_security": found[1],
            "dispute": found[2],
            "case": criminal + found[1],
            "serious": found[3] + found[4],
            "serious_solved": found[4],
        }

    def of(self, name: str, window: Period) -> Floats:
        """Return the counts of a class in a window, shape (n,)."""
        if window.n_days == 0:
            return np.zeros(len(self.tables[name]))
        first = self.days.index(window.first) + 1
        last = self.days.index(window.last + timedelta(days=1)) + 1
        return np.asarray(self.tables[name][:, first:last].sum(axis=1))


def edges_of(windows: list[Windows]) -> set[date]:
    """Return the days at which the windows begin, and the days after they end."""
    days: set[date] = set()
    for one in windows:
        for window in (one.counted, one.compared, one.compared_before):
            if window.n_days == 0:
                continue
            days |= {window.first, window.last + timedelta(days=1)}
    return days


def _utc_midnight(day: date, zone: ZoneInfo) -> datetime:
    local = datetime(day.year, day.month, day.day, tzinfo=zone)
    return local.astimezone(ZoneInfo("UTC")).replace(tzinfo=None)


def censor(counts: Floats) -> Floats:
    """Return counts of which those under five can no longer be told apart."""
    return np.where(counts < SMALL, 2.0, counts)


def incident_measures(
    counts: IncidentCounts,
    windows: Windows,
    households: Floats,
    residents: Floats,
    *,
    published: bool,
) -> dict[str, Measured]:
    """Return every measure that rests on incidents.

    Parameters
    ----------
    counts
        Counts by class and window.
    windows
        The days counted and compared.
    households, residents
        Shape (n,); NaN where unknown.
    published
        Take counts under five as one and the same, for what the public sees.

    Returns
    -------
    dict[str, Measured]
        By name; all NaN where the data holds nothing of the class, the days or the households.
    """
    measures: dict[str, Measured] = {}
    years = windows.counted.n_days / DAYS_A_YEAR
    for name in ("criminal", "public_security"):
        found = counts.of(name, windows.counted)
        found = censor(found) if published else found
        recorded = counts.tables[name].sum() > 0 and years > 0
        exposure = np.where(recorded, households * years / 1000.0, np.nan)
        shrunk = shrink(found, exposure)
        rate = Measured(shrunk.rate, shrunk.low, shrunk.high)
        measures[f"{name}_per_1000"] = rate
        measures[f"{name}_relative"] = _divided(rate, shrunk.pooled)
        measures[f"{name}_zero_chance"] = Measured.exact(shrunk.zero_chance)
    measures["cases_change"] = _change(counts, windows, published=published)
    for name in ("criminal", "public_security", "dispute", "case"):
        label = {"dispute": "n_disputes", "case": "n_cases"}.get(name, f"n_{name}")
        measures[label] = _count(counts, name, windows)
    for name in ("serious", "serious_solved"):
        measures[f"n_{name}"] = _count(counts, name, windows, recorded_as="criminal")
    criminal = measures["n_criminal"].value
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(residents > 0, criminal / residents, np.nan)
    measures["criminal_fraction"] = Measured.exact(share)
    return measures


def _count(
    counts: IncidentCounts, name: str, windows: Windows, *, recorded_as: str | None = None
) -> Measured:
    found = counts.of(name, windows.counted)
    known = counts.tables[recorded_as or name].sum() > 0 and windows.counted.n_days > 0
    return Measured.exact(found if known else np.full(len(found), np.nan))


def _divided(rate: Measured, mean: float) -> Measured:
    if not mean > 0:  # no case anywhere on days that are recorded: everyone is at the best
        zero = np.where(np.isnan(rate.value), np.nan, 0.0)
        return Measured.exact(zero)
    return Measured(rate.value / mean, rate.low / mean, rate.high / mean)


def _change(counts: IncidentCounts, windows: Windows, *, published: bool) -> Measured:
    now = counts.of("case", windows.compared)
    before = counts.of("case", windows.compared_before)
    n_days = min(windows.compared.n_days, windows.compared_before.n_days)
    if n_days < MIN_COMPARED_DAYS or counts.tables["case"].sum() == 0:
        return Measured.exact(np.full(len(now), np.nan))
    if published:
        now, before = censor(now), censor(before)
    above, below = now + PRIOR_CASES, before + PRIOR_CASES
    ratio = above / below
    low, high = (ratio * fdtri(2 * above, 2 * below, p) for p in (0.025, 0.975))
    return Measured(ratio, np.asarray(low), np.asarray(high))
