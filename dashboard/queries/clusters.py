"""What the space-time scan found, and how far it could see."""

from __future__ import annotations

import pandas as pd

from dashboard.queries import Reader


def scans(read: Reader, scope_kind: str, scope_id: str) -> pd.DataFrame:
    """Return what was scanned and what came out, a row for each class and analysis."""
    return read.frame(
        "SELECT * FROM mart.cluster_scans WHERE scope_kind = ? AND scope_id = ? ORDER BY ALL",
        (scope_kind, scope_id),
    )


def clusters(read: Reader, scope_kind: str, scope_id: str, of_class: str) -> pd.DataFrame:
    """Return the significant clusters with the community at their centre, newest start first."""
    return read.frame(
        """
        SELECT k.*, c.name, c.name_en FROM mart.clusters k
        LEFT JOIN core.communities c ON c.community_id = k.community_id
        WHERE k.scope_kind = ? AND k.scope_id = ? AND k.class = ?
        ORDER BY k.analysis, k.first_on DESC, k.p, k.rank
        """,
        (scope_kind, scope_id, of_class),
    )


def places(read: Reader, scope_kind: str, scope_id: str, of_class: str) -> pd.DataFrame:
    """Return the places inside the clusters, the nearest to each centre first."""
    return read.frame(
        """
        SELECT p.analysis, p.rank, p.place_id, p.community_id, p.cell_m, p.x, p.y, p.lon, p.lat,
               p.distance_m, p.n_observed, p.n_expected, c.name, c.name_en
        FROM mart.cluster_places p
        LEFT JOIN core.communities c ON c.community_id = p.community_id
        WHERE p.scope_kind = ? AND p.scope_id = ? AND p.class = ?
        ORDER BY p.analysis, p.rank, p.distance_m, p.place_id
        """,
        (scope_kind, scope_id, of_class),
    )
