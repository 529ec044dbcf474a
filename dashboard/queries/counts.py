"""Incidents as counts: headline figures, months, hours, uncovered share."""

from __future__ import annotations

from datetime import date

import pandas as pd

from dashboard.queries import Reader


def figures(read: Reader, scope_kind: str, scope_id: str) -> pd.DataFrame:
    """Return the headline figures of one area, a row for each class and period."""
    return read.frame(
        "SELECT * FROM mart.figures WHERE scope_kind = ? AND scope_id = ?", (scope_kind, scope_id)
    )


def months(read: Reader, community_id: str | None = None) -> pd.DataFrame:
    """Return incidents by month and class, of one community or of the whole slice."""
    return read.frame(
        """
        SELECT month, class, sum(n)::BIGINT AS n FROM mart.incident_months
        WHERE class NOT IN ('all', 'case') AND (? IS NULL OR community_id = ?)
        GROUP BY ALL ORDER BY month, class
        """,
        (community_id, community_id),
    )


def types(read: Reader, community_id: str, since: object) -> pd.DataFrame:
    """Return incidents of one community by type, most first."""
    return read.frame(
        """
        SELECT class, type, sum(n)::BIGINT AS n FROM mart.incident_months
        WHERE class NOT IN ('all', 'case') AND community_id = ? AND month >= ?
        GROUP BY ALL HAVING sum(n) > 0 ORDER BY n DESC, class, type
        """,
        (community_id, since),
    )


def hours(read: Reader, scope_kind: str, scope_id: str, of_class: str) -> pd.DataFrame:
    """Return expected incidents by weekday and hour."""
    if scope_kind == "community":
        return read.frame(
            """
            SELECT hour // 24 AS weekday, hour % 24 AS hour, n FROM (
                SELECT unnest(n_by_hour) AS n, unnest(range(168)) AS hour
                FROM mart.community_hours WHERE community_id = ? AND class = ?
            ) ORDER BY weekday, hour
            """,
            (scope_id, of_class),
        )
    return read.frame(
        """
        SELECT weekday, hour, n FROM mart.incident_hours
        WHERE scope_kind = ? AND scope_id = ? AND class = ? ORDER BY weekday, hour
        """,
        (scope_kind, scope_id, of_class),
    )


def days(read: Reader, first: date, last: date, of_class: str) -> pd.DataFrame:
    """Return on how many days of a period incidents of the slice fall, how many and the first."""
    return read.frame(
        """
        SELECT count(DISTINCT day) AS n_days, coalesce(sum(n), 0)::BIGINT AS n,
               min(day) AS first_on
        FROM mart.incident_days WHERE day >= ? AND day <= ? AND n > 0
          AND (? = 'all' OR class = ? OR (? = 'case' AND class IN ('criminal', 'public_security')))
        """,
        (first, last, of_class, of_class, of_class),
    )


def uncovered(read: Reader, community_id: str | None = None) -> pd.DataFrame:
    """Return located and uncovered incidents, summed over one community or the slice: one row."""
    return read.frame(
        """
        SELECT sum(n_located)::BIGINT AS n_located, sum(n_recognised)::BIGINT AS n_recognised,
               sum(n_patrolled)::BIGINT AS n_patrolled, sum(n_uncovered)::BIGINT AS n_uncovered
        FROM mart.uncovered WHERE ? IS NULL OR community_id = ?
        """,
        (community_id, community_id),
    )


def incident_points(
    read: Reader,
    *,
    since: object,
    until: object,
    of_class: str,
    community_id: str | None,
    at_most: int,
) -> pd.DataFrame:
    """Return located incidents of a period, the newest `at_most`, and `n_all` of them in all.

    `since` and `until` are UTC instants, half-open; `of_class` may be all or case.
    """
    # Counting and picking apart: of millions only the newest are ever read whole.
    where = """
        WHERE lon IS NOT NULL AND lat IS NOT NULL
          AND occurred_from >= ? AND occurred_from < ?
          AND (? = 'all' OR class = ? OR (? = 'case' AND class IN ('criminal', 'public_security')))
          AND (? IS NULL OR community_id = ?)
    """
    bound = (since, until, of_class, of_class, of_class, community_id, community_id)
    rows = read.frame(
        f"""
        SELECT incident_id, class, type, occurred_from, lon, lat FROM core.incidents {where}
        ORDER BY occurred_from DESC, incident_id LIMIT ?
        """,  # noqa: S608
        (*bound, at_most),
    )
    n_all = len(rows)
    if n_all == at_most:
        counted = read.frame(f"SELECT count(*) AS n FROM core.incidents {where}", bound)  # noqa: S608
        n_all = int(counted.loc[0, "n"])
    return rows.assign(n_all=n_all)


def newest_points(
    read: Reader, *, since: object, until: object, of_class: str, at_most: int
) -> pd.DataFrame:
    """Return the newest located incidents of a period in the whole district, from its mart."""
    return read.frame(
        """
        SELECT incident_id, class, type, occurred_from, lon, lat FROM mart.newest_incidents
        WHERE occurred_from >= ? AND occurred_from < ?
          AND (? = 'all' OR class = ? OR (? = 'case' AND class IN ('criminal', 'public_security')))
        ORDER BY occurred_from DESC, incident_id LIMIT ?
        """,
        (since, until, of_class, of_class, of_class, at_most),
    )


def incident_rows(read: Reader, community_id: str, *, at_most: int) -> pd.DataFrame:
    """Return the newest incidents of one community as rows."""
    return read.frame(
        """
        SELECT occurred_from, class, type, address, is_solved, incident_id FROM core.incidents
        WHERE community_id = ? ORDER BY occurred_from DESC, incident_id LIMIT ?
        """,
        (community_id, at_most),
    )
