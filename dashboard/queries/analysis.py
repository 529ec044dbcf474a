"""Patterns, alarms, records and patrols: what the analysis of incidents left in the slice."""

from __future__ import annotations

import pandas as pd

from dashboard.queries import Reader


def notes(read: Reader, scope_kind: str, scope_id: str, analysis: str) -> pd.DataFrame:
    """Return what an analysis could and could not say, a row for each class or kind."""
    return read.frame(
        """
        SELECT class, outcome, n, needed, n_found, n_left_out FROM mart.analysis_notes
        WHERE scope_kind = ? AND scope_id = ? AND analysis = ? ORDER BY class
        """,
        (scope_kind, scope_id, analysis),
    )


def near_repeats(read: Reader, scope_kind: str, scope_id: str) -> pd.DataFrame:
    """Return the pairs of incidents by distance and days apart, of every kind."""
    return read.frame(
        """
        SELECT * FROM mart.near_repeats WHERE scope_kind = ? AND scope_id = ?
        ORDER BY kind, distance_from_m, days_from
        """,
        (scope_kind, scope_id),
    )


def alarms(read: Reader) -> pd.DataFrame:
    """Return where risk is raised now, the most urgent of each station first."""
    return read.frame(
        """
        SELECT a.*, c.name, c.name_en FROM mart.alarms a
        LEFT JOIN core.communities c ON c.community_id = a.community_id
        ORDER BY a.rank, a.station_id, a.incident_id
        """
    )


def accuracy_means(read: Reader, scope_kind: str, scope_id: str) -> pd.DataFrame:
    """Return the record of every method over all months tested."""
    return read.frame(
        """
        SELECT * FROM mart.accuracy_means WHERE scope_kind = ? AND scope_id = ?
        ORDER BY class, flagged, method
        """,
        (scope_kind, scope_id),
    )


def accuracy(read: Reader, scope_kind: str, scope_id: str, of_class: str) -> pd.DataFrame:
    """Return the record of every method month by month."""
    return read.frame(
        """
        SELECT * FROM mart.accuracy WHERE scope_kind = ? AND scope_id = ? AND class = ?
        ORDER BY period_from, flagged, method
        """,
        (scope_kind, scope_id, of_class),
    )


def tonight(read: Reader, station_id: str) -> pd.DataFrame:
    """Return the patrol hours of one station's night, best first, of every class."""
    return read.frame(
        """
        SELECT n.*, c.name, c.name_en FROM mart.tonight n
        LEFT JOIN core.communities c ON c.community_id = n.community_id
        WHERE n.station_id = ? ORDER BY n.class, n.rank
        """,
        (station_id,),
    )


def routes(read: Reader, station_id: str, of_class: str) -> pd.DataFrame:
    """Return the walks of one station's night for every number of patrol hours."""
    return read.frame(
        """
        SELECT * FROM mart.tonight_routes WHERE station_id = ? AND class = ?
        ORDER BY patrol_hours, patrol, stop
        """,
        (station_id, of_class),
    )


def stations(read: Reader) -> pd.DataFrame:
    """Return the stations of the slice."""
    return read.frame("SELECT station_id, name, name_en FROM core.stations ORDER BY station_id")


def concentration(
    read: Reader, scope_kind: str, scope_id: str, of_class: str, unit_kind: str
) -> pd.DataFrame:
    """Return the places that hold 80 % of the incidents, the most first."""
    return read.frame(
        """
        SELECT u.*, c.name, c.name_en FROM mart.concentration u
        LEFT JOIN core.communities c
            ON u.unit_kind = 'community' AND c.community_id = u.unit_id
        WHERE u.scope_kind = ? AND u.scope_id = ? AND u.class = ? AND u.unit_kind = ?
        ORDER BY u.rank
        """,
        (scope_kind, scope_id, of_class, unit_kind),
    )


def concentration_figures(read: Reader, scope_kind: str, scope_id: str) -> pd.DataFrame:
    """Return how few places hold 80 %, by class and kind of place."""
    return read.frame(
        "SELECT * FROM mart.concentration_figures WHERE scope_kind = ? AND scope_id = ?",
        (scope_kind, scope_id),
    )


def repeat_addresses(read: Reader, *, at_most: int) -> pd.DataFrame:
    """Return the addresses with the most incidents in 12 months."""
    return read.frame(
        """
        SELECT r.*, c.name, c.name_en, count(*) OVER () AS n_all FROM mart.repeat_addresses r
        LEFT JOIN core.communities c ON c.community_id = r.community_id
        ORDER BY r.n DESC, r.n_28_days DESC, r.address, r.station_id LIMIT ?
        """,
        (at_most,),
    )


def seasons(read: Reader, scope_kind: str, scope_id: str, of_class: str) -> pd.DataFrame:
    """Return months, weekdays and holidays beside what was to be expected."""
    return read.frame(
        """
        SELECT * FROM mart.incident_seasons WHERE scope_kind = ? AND scope_id = ? AND class = ?
        ORDER BY kind, period_from, bin
        """,
        (scope_kind, scope_id, of_class),
    )


def uncertain(read: Reader, since: object, until: object) -> pd.DataFrame:
    """Return how many incidents there are, how many without a place or an exact time: one row."""
    return read.frame(
        """
        SELECT count(*) AS n, count(*) FILTER (x IS NULL) AS n_unlocated,
               count(*) FILTER (occurred_to > occurred_from) AS n_uncertain
        FROM core.incidents WHERE occurred_from >= ? AND occurred_from < ?
        """,
        (since, until),
    )
