"""Hazards, sanctions and the credit files of companies and managers."""

from __future__ import annotations

import pandas as pd

from dashboard.queries import Reader


def hazards(read: Reader) -> pd.DataFrame:
    """Return every hazard with its community's name, the most urgent first."""
    return read.frame(
        """
        SELECT h.*, c.name, c.name_en FROM mart.hazard_board h
        LEFT JOIN core.communities c USING (community_id) ORDER BY h.urgency
        """
    )


def units(read: Reader, scope_kind: str, scope_id: str) -> pd.DataFrame:
    """Return the hazards of each responsible unit of one area, those most overdue first."""
    return read.frame(
        """
        SELECT * FROM mart.hazard_units WHERE scope_kind = ? AND scope_id = ?
        ORDER BY n_major_overdue DESC, n_overdue DESC, n_open DESC, responsible
        """,
        (scope_kind, scope_id),
    )


def months(read: Reader, scope_kind: str, scope_id: str) -> pd.DataFrame:
    """Return hazards found, rectified and open by month of one area."""
    return read.frame(
        "SELECT * FROM mart.hazard_months WHERE scope_kind = ? AND scope_id = ? ORDER BY month",
        (scope_kind, scope_id),
    )


def credit_files(read: Reader, scope_kind: str, scope_id: str, subject_kind: str) -> pd.DataFrame:
    """Return the credit files of one area, most points first."""
    return read.frame(
        """
        SELECT * FROM mart.credit_files WHERE scope_kind = ? AND scope_id = ? AND subject_kind = ?
        ORDER BY points DESC, points_district DESC, subject_id
        """,
        (scope_kind, scope_id, subject_kind),
    )


def entries(read: Reader, subject_kind: str, subject_id: str) -> pd.DataFrame:
    """Return the entries of one credit file, newest first."""
    return read.frame(
        """
        SELECT e.*, c.name, c.name_en FROM mart.credit_entries e
        LEFT JOIN core.communities c USING (community_id)
        WHERE e.subject_kind = ? AND e.subject_id = ?
        ORDER BY e.happened_on DESC, e.entry_id
        """,
        (subject_kind, subject_id),
    )


def managed(read: Reader, subject_kind: str, subject_id: str) -> pd.DataFrame:
    """Return the communities of a company or manager with what stands against each."""
    if subject_kind == "company":
        mine = "SELECT community_id FROM core.communities WHERE company_id = ?"
    else:
        mine = "SELECT community_id FROM core.managers WHERE manager_id = ?"
    return read.frame(
        f"""
        SELECT c.community_id, c.name, c.name_en, s.stars, s.score, s.n_hazards_open,
               s.n_hazards_overdue, k.standing, k.since_on, k.clears_on, k.due_kind,
               k.sentence_zh, k.sentence_en
        FROM core.communities c
        LEFT JOIN mart.community_summary s USING (community_id)
        LEFT JOIN mart.card_standing k USING (community_id)
        WHERE c.community_id IN ({mine})
        ORDER BY s.n_hazards_overdue DESC NULLS LAST, c.community_id
        """,  # noqa: S608
        (subject_id,),
    )


def ledger(read: Reader, subject_kind: str, subject_id: str) -> pd.DataFrame:
    """Return the sanctions of a company or manager, newest first."""
    column = "company_id" if subject_kind == "company" else "manager_id"
    return read.frame(
        f"""
        SELECT l.*, c.name, c.name_en FROM mart.sanction_ledger l
        LEFT JOIN core.communities c USING (community_id)
        WHERE l.{column} = ? ORDER BY l.issued_on DESC, l.community_id, l.kind
        """,  # noqa: S608
        (subject_id,),
    )


def standings(read: Reader) -> pd.DataFrame:
    """Return what stands against each community, the heaviest first."""
    return read.frame(
        """
        SELECT k.*, c.name, c.name_en FROM mart.card_standing k
        LEFT JOIN core.communities c USING (community_id)
        WHERE k.standing <> 'clear' OR k.due_kind IS NOT NULL
        ORDER BY list_position(
            ['black_card', 'red_card', 'yellow_card', 'interview', 'notice', 'clear'], k.standing
        ), k.since_on DESC, k.community_id
        """
    )
