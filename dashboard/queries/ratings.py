"""Ratings with their ground, and the standards they rest on."""

from __future__ import annotations

import pandas as pd

from dashboard.queries import Reader


def standards(read: Reader) -> pd.DataFrame:
    """Return the standards in force."""
    return read.frame("SELECT * FROM meta.standards ORDER BY position NULLS LAST, standard_id")


def internal(read: Reader) -> pd.DataFrame:
    """Return every rating with names and, where there is one, the internal index."""
    return read.frame(
        """
        SELECT r.*, c.name, c.name_en, s.security_index,
               CASE WHEN NOT r.is_eligible THEN 'not_eligible'
                    WHEN r.score IS NULL THEN 'no_data' ELSE 'rated' END AS rating_state
        FROM mart.ratings r
        LEFT JOIN core.communities c USING (community_id)
        LEFT JOIN mart.community_summary s USING (community_id)
        ORDER BY r.standard_id, r.period DESC, r.score DESC NULLS LAST, r.community_id
        """
    )


def published(read: Reader) -> pd.DataFrame:
    """Return every published rating with names."""
    return read.frame(
        """
        SELECT r.*, c.name, c.name_en FROM mart.public_ratings r
        LEFT JOIN core.communities c USING (community_id)
        ORDER BY r.standard_id, r.period DESC, r.stars DESC NULLS LAST, r.community_id
        """
    )


def community_ratings(read: Reader, community_id: str) -> pd.DataFrame:
    """Return the ratings of one community, newest period first."""
    return read.frame(
        "SELECT * FROM mart.ratings WHERE community_id = ? ORDER BY period DESC, standard_id",
        (community_id,),
    )


def items(read: Reader, community_id: str, standard_id: str, period: str) -> pd.DataFrame:
    """Return the points of each item of one rating."""
    return read.frame(
        """
        SELECT item_id, name_en, name_zh, points, max_points, is_missing, ground_en, ground_zh,
               evidence
        FROM mart.rating_items WHERE community_id = ? AND standard_id = ? AND period = ?
        """,
        (community_id, standard_id, period),
    )


def public_items(read: Reader, community_id: str, standard_id: str, period: str) -> pd.DataFrame:
    """Return the band of each published item of one rating."""
    return read.frame(
        """
        SELECT item_id, name_en, name_zh, band FROM mart.public_items
        WHERE community_id = ? AND standard_id = ? AND period = ?
        """,
        (community_id, standard_id, period),
    )


def rated_periods(read: Reader, standard_id: str) -> list[str]:
    """Return the periods that a standard was rated for, the latest first."""
    found = read.frame(
        "SELECT DISTINCT period FROM mart.ratings WHERE standard_id = ? ORDER BY period DESC",
        (standard_id,),
    )
    return [str(one) for one in found["period"]]


def limits(read: Reader, standard_id: str, period: str) -> pd.DataFrame:
    """Return what binds the grade of each community besides its points."""
    return read.frame(
        """
        SELECT community_id, grade_limit, may_be_rated FROM mart.ratings
        WHERE standard_id = ? AND period = ? ORDER BY community_id
        """,
        (standard_id, period),
    )


def shares(read: Reader, standard_id: str, period: str) -> pd.DataFrame:
    """Return how full each item's points are, community by community."""
    return read.frame(
        """
        SELECT community_id, item_id, filled, filled_low, filled_high, applies
        FROM mart.rating_items WHERE standard_id = ? AND period = ?
        """,
        (standard_id, period),
    )
