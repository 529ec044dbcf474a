"""What stands behind a rating: its years, firmness, changes, peers, progress and consequences."""

from __future__ import annotations

import pandas as pd

from dashboard.queries import Reader


def history(read: Reader, community_id: str, standard_id: str) -> pd.DataFrame:
    """Return the rating of each year of one community, the oldest first."""
    return read.frame(
        """
        SELECT period, is_rated, grade, stars, score, score_low, score_high, rank, n_ranked
        FROM mart.rating_history WHERE community_id = ? AND standard_id = ? ORDER BY period
        """,
        (community_id, standard_id),
    )


def histories(read: Reader, standard_id: str) -> pd.DataFrame:
    """Return scores and stars by year of every community, for small multiples."""
    return read.frame(
        """
        SELECT community_id, list(coalesce(score, 0) ORDER BY period) AS scores,
               string_agg(coalesce(stars::VARCHAR, '–'), ' ' ORDER BY period) AS stars_by_year
        FROM mart.rating_history WHERE standard_id = ? GROUP BY community_id
        """,
        (standard_id,),
    )


def firmness(read: Reader, standard_id: str) -> pd.DataFrame:
    """Return how firmly each community's latest rating stands."""
    return read.frame(
        "SELECT * FROM mart.rating_stability WHERE standard_id = ? ORDER BY community_id",
        (standard_id,),
    )


def changes(read: Reader, community_id: str, standard_id: str) -> pd.DataFrame:
    """Return the items that moved a community's rating, the largest change first."""
    return read.frame(
        """
        SELECT * FROM mart.rating_changes WHERE community_id = ? AND standard_id = ?
        ORDER BY abs(change) DESC, item_id
        """,
        (community_id, standard_id),
    )


def peers(read: Reader, community_id: str) -> pd.DataFrame:
    """Return the communities most like one, the most alike first."""
    return read.frame(
        "SELECT * FROM mart.peers WHERE community_id = ? ORDER BY peer_rank", (community_id,)
    )


def standing(read: Reader, community_id: str) -> pd.DataFrame:
    """Return where a community stands among its peers, measure by measure."""
    return read.frame(
        "SELECT * FROM mart.peer_standing WHERE community_id = ? ORDER BY measure", (community_id,)
    )


def progress(read: Reader, community_id: str, standard_id: str, period: str) -> pd.DataFrame:
    """Return where a rating stands between draft and publication: one row, or none."""
    return read.frame(
        """
        SELECT * FROM mart.rating_workflow
        WHERE community_id = ? AND standard_id = ? AND period = ?
        """,
        (community_id, standard_id, period),
    )


def steps(read: Reader, community_id: str, standard_id: str, period: str) -> pd.DataFrame:
    """Return every event of a rating in order."""
    return read.frame(
        """
        SELECT * FROM mart.rating_workflow_events
        WHERE community_id = ? AND standard_id = ? AND period = ? ORDER BY step
        """,
        (community_id, standard_id, period),
    )


def all_progress(read: Reader, standard_id: str, period: str) -> pd.DataFrame:
    """Return the state of every rating of a period, with names."""
    return read.frame(
        """
        SELECT w.*, c.name, c.name_en FROM mart.rating_workflow w
        LEFT JOIN core.communities c USING (community_id)
        WHERE w.standard_id = ? AND w.period = ? ORDER BY w.is_overdue DESC, w.since_on
        """,
        (standard_id, period),
    )


def consequences(read: Reader, community_id: str, standard_id: str, period: str) -> pd.DataFrame:
    """Return the consequences of a rating that are in force."""
    return read.frame(
        """
        SELECT * FROM mart.consequences
        WHERE community_id = ? AND standard_id = ? AND period = ? ORDER BY level, consequence_id
        """,
        (community_id, standard_id, period),
    )


def bunching(read: Reader, standard_id: str) -> pd.DataFrame:
    """Return whether scores pile up just above a cut point."""
    return read.frame(
        "SELECT * FROM mart.rating_bunching WHERE standard_id = ? ORDER BY period, cut DESC",
        (standard_id,),
    )


def assessors(read: Reader, standard_id: str) -> pd.DataFrame:
    """Return who scores higher or lower than others given the same community and item."""
    return read.frame(
        "SELECT * FROM mart.assessors WHERE standard_id = ? ORDER BY q_value, assessor",
        (standard_id,),
    )


def funnel(read: Reader, period: str, of_class: str) -> pd.DataFrame:
    """Return each community's rate beside what chance allows a place of its size."""
    return read.frame(
        """
        SELECT f.*, c.name, c.name_en FROM mart.rate_funnel f
        LEFT JOIN core.communities c USING (community_id)
        WHERE f.period = ? AND f.class = ? ORDER BY f.exposure, f.community_id
        """,
        (period, of_class),
    )
