"""Hotspot cells with their significance."""

from __future__ import annotations

import pandas as pd

from dashboard.queries import Reader


def cells(
    read: Reader, scope_kind: str, scope_id: str, of_class: str, period: str, *, at_most: int
) -> pd.DataFrame:
    """Return cells, the significant ones first, and counts over all cells of the choice."""
    return read.frame(
        """
        SELECT cell_id, lon, lat, cell_m, n, density_per_km2, z, p, p_fdr, is_hot, is_cold,
               count(*) OVER () AS n_all, sum(n) OVER ()::BIGINT AS n_incidents,
               count(*) FILTER (is_hot) OVER () AS n_hot,
               sum(n) FILTER (is_hot) OVER ()::BIGINT AS n_incidents_hot
        FROM mart.hotspots
        WHERE scope_kind = ? AND scope_id = ? AND class = ? AND period_kind = ?
        ORDER BY is_hot DESC, is_cold DESC, n DESC, z DESC NULLS LAST, cell_id LIMIT ?
        """,
        (scope_kind, scope_id, of_class, period, at_most),
    )


def hot_cells(read: Reader, scope_kind: str, scope_id: str) -> pd.DataFrame:
    """Return the significantly hot cells of all incidents in 12 months."""
    return read.frame(
        """
        SELECT cell_id, lon, lat, cell_m, n, z, p_fdr FROM mart.hotspots
        WHERE scope_kind = ? AND scope_id = ? AND class = 'all' AND period_kind = '12_months'
          AND is_hot ORDER BY z DESC, cell_id LIMIT 2000
        """,
        (scope_kind, scope_id),
    )


def choices(read: Reader, scope_kind: str, scope_id: str) -> pd.DataFrame:
    """Return the classes and periods for which cells were computed."""
    return read.frame(
        """
        SELECT class, period_kind, count(*) AS n FROM mart.hotspots
        WHERE scope_kind = ? AND scope_id = ? GROUP BY ALL ORDER BY ALL
        """,
        (scope_kind, scope_id),
    )
