"""Where patrols reach on foot, hour by hour, and where incidents happen beyond their reach."""

from __future__ import annotations

import pandas as pd

from dashboard.queries import Reader


def points(read: Reader) -> pd.DataFrame:
    """Return the patrol points with their hours and community."""
    return read.frame(
        """
        SELECT p.patrol_point_id, p.name AS point_name, p.kind, p.starts_at, p.ends_at, p.radius_m,
               p.lon, p.lat, p.community_id, c.name, c.name_en
        FROM core.patrol_points p LEFT JOIN core.communities c USING (community_id)
        ORDER BY p.patrol_point_id
        """
    )


def reach(read: Reader) -> pd.DataFrame:
    """Return what patrol reaches in each community at some hour of the day."""
    return read.frame(
        """
        SELECT r.*, c.name, c.name_en FROM mart.patrol_reach r
        LEFT JOIN core.communities c USING (community_id) ORDER BY r.community_id
        """
    )


def gaps(read: Reader) -> pd.DataFrame:
    """Return gaps of each community by hour over all weekdays."""
    return read.frame(
        """
        SELECT g.scope_id AS community_id, c.name, c.name_en, g.hour, g.manned_fraction,
               g.visited_fraction, g.n_incidents, g.n_unmanned, g.n_unvisited, g.gap_fraction,
               g.rank
        FROM mart.patrol_gaps g
        LEFT JOIN core.communities c ON c.community_id = g.scope_id
        WHERE g.scope_kind = 'community' AND g.weekday IS NULL
        ORDER BY g.n_unmanned DESC NULLS LAST, g.scope_id, g.hour
        """
    )


def scope_gaps(read: Reader, scope_kind: str, scope_id: str) -> pd.DataFrame:
    """Return gaps of one scope by weekday and hour, and over all weekdays (weekday missing)."""
    return read.frame(
        """
        SELECT weekday, hour, manned_fraction, visited_fraction, n_incidents, n_unmanned,
               n_unvisited, gap_fraction, rank
        FROM mart.patrol_gaps WHERE scope_kind = ? AND scope_id = ?
        ORDER BY weekday NULLS FIRST, hour
        """,
        (scope_kind, scope_id),
    )
