"""Hotspot cells with their significance."""

from __future__ import annotations

from datetime import datetime

import pandas as pd

from dashboard.clocks import local_sql
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


def hexagons(
    read: Reader, scope_kind: str, scope_id: str, of_class: str, period: str
) -> pd.DataFrame:
    """Return the stored hexagons of an area, a row a cell; NaN where no test was made."""
    return read.frame(
        """
        SELECT cell_m, unnest(col_by_cell) AS col, unnest(row_by_cell) AS row,
               unnest(n_by_cell) AS n, unnest(density_per_km2_by_cell) AS density_per_km2,
               unnest(z_by_cell) AS z, unnest(p_by_cell) AS p, unnest(p_fdr_by_cell) AS p_fdr
        FROM mart.hotspot_hexagons
        WHERE scope_kind = ? AND scope_id = ? AND class = ? AND period_kind = ?
        """,
        (scope_kind, scope_id, of_class, period),
    )


def n_hexagons(read: Reader, scope_kind: str, scope_id: str) -> pd.DataFrame:
    """Return how many rows of hexagons an area has: one row."""
    return read.frame(
        "SELECT count(*) AS n FROM mart.hotspot_hexagons WHERE scope_kind = ? AND scope_id = ?",
        (scope_kind, scope_id),
    )


def bandwidths(read: Reader, scope_kind: str, scope_id: str, period: str) -> pd.DataFrame:
    """Return the bandwidths tried for an area's density, the narrowest first."""
    return read.frame(
        """
        SELECT bandwidth_m, is_used, reason, gain, n_months, n_tested, needed
        FROM mart.hotspot_bandwidths
        WHERE scope_kind = ? AND scope_id = ? AND period_kind = ? ORDER BY bandwidth_m
        """,
        (scope_kind, scope_id, period),
    )


def emerging(read: Reader, scope_kind: str, scope_id: str, of_class: str) -> pd.DataFrame:
    """Return the cells whose two years make a pattern, the hottest last month first."""
    return read.frame(
        """
        SELECT * FROM mart.emerging_cells
        WHERE scope_kind = ? AND scope_id = ? AND class = ?
        ORDER BY z_last DESC NULLS LAST, cell_id
        """,
        (scope_kind, scope_id, of_class),
    )


def moran(read: Reader, of_class: str) -> pd.DataFrame:
    """Return the communities beside their neighbours, the significant ones first."""
    return read.frame(
        """
        SELECT m.*, c.name, c.name_en FROM mart.community_moran m
        LEFT JOIN core.communities c USING (community_id) WHERE m.class = ?
        ORDER BY m.is_moran_significant DESC, m.moran_p, m.community_id
        """,
        (of_class,),
    )


def cell_size(read: Reader, scope_kind: str, scope_id: str) -> pd.DataFrame:
    """Return the side of an area's cells: one row."""
    return read.frame(
        """
        SELECT max(cell_m) AS cell_m FROM mart.hotspots
        WHERE scope_kind = ? AND scope_id = ? AND class = 'all' AND period_kind = '12_months'
        """,
        (scope_kind, scope_id),
    )


def jurisdictions(read: Reader) -> pd.DataFrame:
    """Return the outlines of the stations in the slice, metres."""
    return read.frame("SELECT station_id, geometry FROM core.stations ORDER BY station_id")


def located(read: Reader, since: datetime, until: datetime, zone: str) -> pd.DataFrame:
    """Return place, class, instant and local times of the located incidents of a period."""
    begins, ends = (local_sql(one, zone, since, until) for one in ("occurred_from", "occurred_to"))
    return read.frame(
        f"""
        SELECT x, y, class, occurred_from, {begins} AS begins, {ends} AS ends
        FROM core.incidents
        WHERE occurred_from >= ? AND occurred_from < ? AND x IS NOT NULL AND y IS NOT NULL
        """,  # noqa: S608
        (since, until),
    )
