"""Hazards as they stand on the last day: the board, the units responsible, the months."""

from __future__ import annotations

from datetime import timedelta

import numpy as np

from etl.marts.context import MartContext
from etl.marts.hazard_days import accepted_by, open_at, rectified_by
from etl.marts.rows import insert_rows
from geo.rates import wilson

RECURS_WITHIN_DAYS = 180
MOST_MONTHS = 36

_OPEN = open_at("$as_of")
_BOARD = f"""
CREATE OR REPLACE TEMP TABLE board AS
WITH stated AS (
    SELECT h.*, c.company_id, coalesce(h.responsible, p.name, c.name) AS unit,
        CASE WHEN {accepted_by("$as_of")} THEN 'accepted'
             WHEN {rectified_by("$as_of")} THEN 'rectified'
             WHEN coalesce(h.refused, false) THEN 'refused'
             WHEN h.due_on < $as_of THEN 'overdue'
             ELSE 'due' END AS state,
        {_OPEN} AS is_open,
        max(h.resolved_on) OVER (PARTITION BY h.community_id, h.kind ORDER BY h.found_on
            RANGE BETWEEN UNBOUNDED PRECEDING AND INTERVAL 1 DAY PRECEDING) AS resolved_before
    FROM core.hazards h JOIN core.communities c USING (community_id)
    LEFT JOIN core.companies p USING (company_id)
    WHERE h.found_on <= $as_of
)
SELECT hazard_id, community_id, station_id, street_id, kind, severity, found_on, due_on,
    resolved_on, accepted_on, reopened_on, responsible, company_id, unit, state, is_open,
    CASE WHEN is_open AND due_on < $as_of THEN $as_of - due_on END AS days_overdue,
    CASE WHEN is_open AND due_on >= $as_of THEN due_on - $as_of END AS days_left,
    CASE WHEN is_open THEN $as_of - found_on END AS days_open,
    coalesce(reopened_on <= $as_of, false) AS is_reopened,
    coalesce(resolved_before >= found_on - {RECURS_WITHIN_DAYS}, false) AS is_recurring,
    CASE WHEN NOT is_open THEN resolved_on <= due_on WHEN due_on < $as_of THEN false END
        AS is_in_time,
    coalesce(refused, false) AND is_open AS is_refused
FROM stated
"""
# Overdue and refused first, the major ones before the ordinary, the longest overdue at the top.
_INSERT_BOARD = """
INSERT INTO mart.hazard_board BY NAME
SELECT * EXCLUDE (unit, is_open, is_refused), row_number() OVER (ORDER BY
    CASE state WHEN 'overdue' THEN 0 WHEN 'refused' THEN 0 WHEN 'due' THEN 1
        WHEN 'rectified' THEN 2 ELSE 3 END,
    severity = 'ordinary', days_overdue DESC NULLS LAST, due_on, hazard_id) AS urgency
FROM board ORDER BY urgency
"""
_SCOPED = """
CREATE OR REPLACE TEMP TABLE scoped_board AS
SELECT 'district' AS scope_kind, $district AS scope_id, NULL::VARCHAR AS scope_station,
    NULL::VARCHAR AS scope_street, * FROM board
UNION ALL SELECT 'station', station_id, station_id, NULL, * FROM board WHERE station_id IS NOT NULL
UNION ALL SELECT 'street', street_id, NULL, street_id, * FROM board WHERE street_id IS NOT NULL
"""
_UNITS = """
SELECT scope_kind, scope_id, any_value(scope_station) AS station_id,
    any_value(scope_street) AS street_id, unit AS responsible, count(*) AS n,
    count(*) FILTER (is_open) AS n_open,
    count(*) FILTER (days_overdue > 0) AS n_overdue,
    count(*) FILTER (days_overdue > 0 AND severity = 'major') AS n_major_overdue,
    count(*) FILTER (is_reopened) AS n_reopened,
    count(*) FILTER (is_refused) AS n_refused,
    count(*) FILTER (due_on BETWEEN $year_ago AND $as_of) AS n_due_12_months,
    count(*) FILTER (due_on BETWEEN $year_ago AND $as_of AND is_in_time) AS n_in_time,
    median(resolved_on - found_on) FILTER (NOT is_open)::DOUBLE AS median_days_to_rectify
FROM scoped_board GROUP BY scope_kind, scope_id, unit ORDER BY scope_kind, scope_id, unit
"""
_END = "least(last_day(m.month), $as_of)"
_MONTHS = f"""
INSERT INTO mart.hazard_months BY NAME
WITH months AS (
    SELECT unnest(generate_series(
        greatest(date_trunc('month', (SELECT min(found_on) FROM board)),
                 date_trunc('month', $as_of::DATE) - INTERVAL {MOST_MONTHS - 1} MONTH),
        date_trunc('month', $as_of::DATE), INTERVAL 1 MONTH))::DATE AS month
)
SELECT scope_kind, scope_id, any_value(scope_station) AS station_id,
    any_value(scope_street) AS street_id, m.month,
    count(*) FILTER (found_on >= m.month) AS n_found,
    count(*) FILTER (resolved_on BETWEEN m.month AND {_END}) AS n_rectified,
    count(*) FILTER (accepted_on BETWEEN m.month AND {_END}) AS n_accepted,
    count(*) FILTER (reopened_on BETWEEN m.month AND {_END}) AS n_reopened,
    count(*) FILTER ({open_at(_END)}) AS n_open,
    count(*) FILTER ({open_at(_END)} AND due_on < {_END}) AS n_overdue
FROM months m JOIN scoped_board ON found_on <= {_END}
GROUP BY scope_kind, scope_id, m.month ORDER BY scope_kind, scope_id, m.month
"""


def derive(context: MartContext) -> None:
    """Fill `mart.hazard_board`, `mart.hazard_units` and `mart.hazard_months`.

    Parameters
    ----------
    context
        The open build, with core tables filled.

    Notes
    -----
    The state is that of the last day of the data. Found again is a hazard of the same kind in the
    same community within 180 days after one was rectified. A unit's share in time is of the hazards
    that fell due in the last 12 months, with Wilson's interval; a hazard without a responsible unit
    counts for the property company, else for the community. Months are not scoped to communities.
    """
    if "hazards" in context.missing:
        return
    con, as_of = context.con, context.as_of
    con.execute(_BOARD, {"as_of": as_of})
    con.execute(_INSERT_BOARD)
    con.execute(_SCOPED, {"district": context.district.district_id})
    year_ago = as_of - timedelta(days=364)
    units = con.execute(_UNITS, {"as_of": as_of, "year_ago": year_ago}).to_arrow_table()
    if units.num_rows == 0:
        return
    columns = {name: units[name].combine_chunks() for name in units.column_names}
    due, done = (
        np.asarray(columns[name].to_numpy(), dtype=np.float64)
        for name in ("n_due_12_months", "n_in_time")
    )
    low, high = wilson(done, due)
    columns["in_time_fraction"] = np.divide(done, due, out=np.full(len(due), np.nan), where=due > 0)
    columns |= {"in_time_low": low, "in_time_high": high}
    insert_rows(con, "mart.hazard_units", [columns])
    con.execute(_MONTHS, {"as_of": as_of})
