"""Rows that the points of a rating rest on."""

from __future__ import annotations

from datetime import datetime

import pandas as pd

from dashboard.queries import Reader


def assessments(read: Reader, community_id: str, ids: list[str]) -> pd.DataFrame:
    """Return the inspections named community/standard/item/period."""
    return read.frame(
        """
        SELECT assessed_on, assessor, item_id, period, score, value, note FROM core.assessments
        WHERE community_id = ?
          AND list_contains(?, concat_ws('/', community_id, standard_id, item_id, period))
        ORDER BY assessed_on DESC
        """,
        (community_id, ids),
    )


def hazards(read: Reader, ids: list[str]) -> pd.DataFrame:
    """Return hazards by number, the newest first."""
    return read.frame(
        """
        SELECT hazard_id, kind AS hazard_kind, severity, found_on, due_on, resolved_on, accepted_on,
               refused, responsible
        FROM core.hazards WHERE list_contains(?, hazard_id) ORDER BY found_on DESC, hazard_id
        """,
        (ids,),
    )


def sanctions(read: Reader, community_id: str) -> pd.DataFrame:
    """Return the sanctions of one community, the newest first."""
    return read.frame(
        """
        SELECT kind, issued_on, amount_yuan, reason, found_at_night FROM core.sanctions
        WHERE community_id = ? ORDER BY issued_on DESC, kind
        """,
        (community_id,),
    )


def incidents(
    read: Reader,
    community_id: str,
    classes: list[str],
    since: datetime,
    until: datetime,
    most: int,
) -> pd.DataFrame:
    """Return the incidents of one community, classes and span (UTC), the newest first."""
    return read.frame(
        """
        SELECT incident_id, class, type, occurred_from, occurred_to, address, is_solved
        FROM core.incidents
        WHERE community_id = ? AND list_contains(?, class)
          AND occurred_from >= ? AND occurred_from < ?
        ORDER BY occurred_from DESC LIMIT ?
        """,
        (community_id, classes, since, until, most),
    )
