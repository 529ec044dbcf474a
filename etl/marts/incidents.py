"""Incidents as figures: counts with their change, months, days and hours, by area and class."""

from __future__ import annotations

from datetime import datetime, timedelta

import duckdb
import numpy as np
import pyarrow as pa

from etl.dictionary.core import CLASSES
from etl.marts.context import MartContext
from etl.marts.incident_hours import fill_hours
from etl.marts.local_time import local_sql, starts_at, windows
from etl.marts.tally import tally
from geo.temporal import poisson_change

COUNTED = {"all": CLASSES, **{one: (one,) for one in CLASSES}}
COUNTED["case"] = ("public_security", "criminal")

# a period is compared only when the data reach back to within this of its first day
SLACK = timedelta(days=7)
DAY = timedelta(days=1)  # local time is at most that far from UTC

_AREAS = """
CREATE OR REPLACE TEMP TABLE area AS
SELECT 'district' AS scope_kind, $district AS scope_id, NULL::VARCHAR AS station_id,
    NULL::VARCHAR AS street_id FROM range(1)
UNION ALL SELECT 'station', station_id, station_id, NULL FROM core.stations
UNION ALL SELECT 'street', street_id, NULL, street_id FROM core.streets
UNION ALL SELECT 'community', community_id, station_id, street_id FROM core.communities
"""

# Ten million rows are read once: names become numbers and instants local time, so that every count
# after this one groups small integers.
_LIGHT = """
CREATE OR REPLACE TEMP TABLE light AS
SELECT p.place, p.pair, k.kind, CASE class {leaves} END::TINYINT AS leaf, {local} AS local_at,
    x IS NULL AS is_unlocated, coalesce(occurred_to > occurred_from, false) AS is_uncertain
FROM core.incidents i JOIN place p ON i.station_id IS NOT DISTINCT FROM p.station_id
    AND i.street_id IS NOT DISTINCT FROM p.street_id
    AND i.community_id IS NOT DISTINCT FROM p.community_id
JOIN kinds k USING (type)
WHERE occurred_from < $until
"""

_BY_PLACE = """
CREATE OR REPLACE TEMP TABLE by_place AS
WITH counts AS (
    SELECT place, leaf,
        count(*) FILTER (local_at >= $y1) AS year_n,
        count(*) FILTER (local_at >= $y1 AND is_unlocated) AS year_unlocated,
        count(*) FILTER (local_at < $y1) AS year_before,
        count(*) FILTER (local_at >= $m1) AS month_n,
        count(*) FILTER (local_at >= $m1 AND is_unlocated) AS month_unlocated,
        count(*) FILTER (local_at >= $m0 AND local_at < $m1) AS month_before
    FROM light WHERE local_at >= $y0 GROUP BY ALL
)
SELECT station_id, street_id, community_id, class, year_n, year_unlocated, year_before,
    month_n, month_unlocated, month_before
FROM counts JOIN place USING (place) JOIN counted USING (leaf)
"""

_BY_SCOPE = """
CREATE OR REPLACE TEMP TABLE by_scope AS
WITH scoped AS (
    SELECT 'district' AS scope_kind, $district AS scope_id, * FROM by_place
    UNION ALL SELECT 'station', station_id, * FROM by_place WHERE station_id IS NOT NULL
    UNION ALL SELECT 'street', street_id, * FROM by_place WHERE street_id IS NOT NULL
    UNION ALL SELECT 'community', community_id, * FROM by_place WHERE community_id IS NOT NULL
), periods AS (
    SELECT scope_kind, scope_id, class, '12_months' AS period_kind, community_id,
        year_n AS n, year_before AS n_before, year_unlocated AS n_unlocated FROM scoped
    UNION ALL SELECT scope_kind, scope_id, class, '28_days', community_id,
        month_n, month_before, month_unlocated FROM scoped
)
SELECT scope_kind, scope_id, class, period_kind, sum(n)::BIGINT AS n,
    sum(n_before)::BIGINT AS n_before, sum(n_unlocated)::BIGINT AS n_unlocated,
    coalesce(sum(n) FILTER (community_id IS NOT NULL), 0)::BIGINT AS n_in_communities
FROM periods GROUP BY ALL
"""

# Communities of each area in which something happened; the others are the zero-case communities.
_HIT = """
CREATE OR REPLACE TEMP TABLE hit AS
WITH hits AS (
    SELECT b.class, b.period_kind, c.station_id, c.street_id
    FROM by_scope b JOIN core.communities c ON c.community_id = b.scope_id
    WHERE b.scope_kind = 'community' AND b.n > 0
)
SELECT 'district' AS scope_kind, $district AS scope_id, class, period_kind, count(*) AS n_hit
FROM hits GROUP BY ALL
UNION ALL SELECT 'station', station_id, class, period_kind, count(*) FROM hits GROUP BY ALL
UNION ALL SELECT 'street', street_id, class, period_kind, count(*) FROM hits GROUP BY ALL
UNION ALL SELECT 'community', scope_id, class, period_kind, 1 FROM by_scope
WHERE scope_kind = 'community' AND n > 0
"""

_COMMUNITIES = """
CREATE OR REPLACE TEMP TABLE holding AS
SELECT 'district' AS scope_kind, $district AS scope_id, count(*) AS n_communities
FROM core.communities
UNION ALL SELECT 'station', station_id, count(*) FROM core.communities GROUP BY ALL
UNION ALL SELECT 'street', street_id, count(*) FROM core.communities GROUP BY ALL
UNION ALL SELECT 'community', community_id, 1 FROM core.communities
"""

_FIGURES = """
SELECT a.scope_kind, a.scope_id, a.station_id, a.street_id, k.class, p.period_kind,
    p.period_from, p.period_to, coalesce(b.n, 0) AS n,
    CASE WHEN p.is_compared THEN coalesce(b.n_before, 0) END AS n_before,
    coalesce(b.n, 0) / nullif(everything.n, 0) AS class_fraction,
    coalesce(b.n_in_communities, 0) AS n_in_communities,
    b.n_in_communities / nullif(b.n, 0) AS in_communities_fraction,
    coalesce(holding.n_communities, 0) AS n_communities,
    coalesce(holding.n_communities, 0) - coalesce(hit.n_hit, 0) AS n_zero_communities,
    coalesce(b.n_unlocated, 0) AS n_unlocated
FROM area a CROSS JOIN (SELECT DISTINCT class FROM counted) k CROSS JOIN period p
LEFT JOIN by_scope b USING (scope_kind, scope_id, class, period_kind)
LEFT JOIN by_scope everything ON everything.scope_kind = a.scope_kind
    AND everything.scope_id = a.scope_id AND everything.period_kind = p.period_kind
    AND everything.class = 'all'
LEFT JOIN holding ON holding.scope_kind = a.scope_kind AND holding.scope_id = a.scope_id
LEFT JOIN hit ON hit.scope_kind = a.scope_kind AND hit.scope_id = a.scope_id
    AND hit.class = k.class AND hit.period_kind = p.period_kind
ORDER BY ALL
"""

# Places are numbered in order, so that counts can be sorted by number instead of by name; pairs
# number the areas above communities.
_PLACE = """
CREATE OR REPLACE TEMP TABLE place AS
SELECT (row_number() OVER (ORDER BY station_id, street_id, community_id) - 1)::INTEGER AS place,
    (dense_rank() OVER (ORDER BY station_id, street_id) - 1)::INTEGER AS pair, *
FROM (SELECT DISTINCT station_id, street_id, community_id FROM core.incidents)
"""

_KINDS = """
CREATE OR REPLACE TEMP TABLE kinds AS
SELECT (row_number() OVER (ORDER BY type) - 1)::INTEGER AS kind, type
FROM (SELECT DISTINCT type FROM core.incidents)
"""

_MONTH = "year(local_at) * 12 + month(local_at)"

# One number for place, class, type and month: sorting ten million of them and counting how often
# each comes takes half as long as grouping.
_MONTHS = f"""
SELECT ((place::BIGINT * $n_leaves + leaf) * $n_kinds + kind) * $n_months + {_MONTH} - $first
    AS code
FROM light
"""

_DAYS = """
INSERT INTO mart.incident_days BY NAME
WITH counts AS (SELECT pair, leaf, local_at::DATE AS day, count(*) AS n FROM light GROUP BY ALL)
SELECT DISTINCT station_id, street_id, class, day, n
FROM counts JOIN (SELECT DISTINCT pair, station_id, street_id FROM place) USING (pair)
JOIN leaves USING (leaf) ORDER BY ALL
"""


def derive(context: MartContext) -> None:
    """Fill `mart.figures`, `mart.incident_months`, `mart.incident_days`, `mart.incident_hours`.

    Parameters
    ----------
    context
        The open build, with core tables filled.

    Notes
    -----
    Periods end with `as_of`; incidents after it are not counted. A period is compared with the
    same length before it only when the data reach back to within a week of that. An area's
    incidents are those that carry its number; months and days hold the four classes, which add
    up; `case` is criminal and public security. Hours are of the last 12 months.
    """
    con, zone = context.con, context.district.time_zone
    first, last = _span(context)
    until = starts_at(context.as_of + timedelta(days=1), zone)
    con.register("counted", _counted())
    con.register("leaves", pa.table({"leaf": range(len(CLASSES)), "class": CLASSES}))
    con.register("period", _periods(context, first))
    district = {"district": context.district.district_id}
    year, month = windows(context.as_of)
    bounds = {
        "y0": year.first_before,
        "y1": year.first,
        "m0": month.first_before,
        "m1": month.first,
    }
    local = local_sql("occurred_from", zone, first, last)
    leaves = " ".join(f"WHEN '{name}' THEN {leaf}" for leaf, name in enumerate(CLASSES))
    con.execute(_AREAS, district)
    con.execute(_PLACE)
    con.execute(_KINDS)
    con.execute(_LIGHT.format(leaves=leaves, local=local), {"until": until})
    con.execute(_BY_PLACE, bounds)
    for statement in (_BY_SCOPE, _HIT, _COMMUNITIES):
        con.execute(statement, district)
    _insert_figures(context)
    _insert_months(con, first - DAY, last + DAY)
    con.execute(_DAYS)
    fill_hours(
        con,
        counted=COUNTED,
        local_from=local,
        local_to=local_sql("occurred_to", zone, first, last),
        first_day=year.first,
        since=starts_at(year.first, zone),
        until=until,
    )
    for name in ("counted", "period", "leaves"):
        con.unregister(name)
    for name in ("area", "place", "kinds", "light", "by_place", "by_scope", "hit", "holding"):
        con.execute(f"DROP TABLE {name}")


def _span(context: MartContext) -> tuple[datetime, datetime]:
    """Return the earliest and the latest instant of the incidents, UTC."""
    found = context.con.execute(
        "SELECT min(occurred_from), greatest(max(occurred_from), max(occurred_to)) "
        "FROM core.incidents"
    ).fetchall()[0]
    first = found[0] or datetime(context.as_of.year, 1, 1)
    return first, max(found[1] or first, first) + timedelta(seconds=1)


def _counted() -> pa.Table:
    """Return which class of incident counts for which class of figure."""
    pairs = [(name, CLASSES.index(leaf)) for name, leaves in COUNTED.items() for leaf in leaves]
    return pa.table({"class": [name for name, _ in pairs], "leaf": [leaf for _, leaf in pairs]})


def _periods(context: MartContext, first: datetime) -> pa.Table:
    zone = context.district.time_zone
    rows = [
        {
            "period_kind": one.kind,
            "period_from": one.first,
            "period_to": one.last,
            "is_compared": first <= starts_at(one.first_before + SLACK, zone),
        }
        for one in windows(context.as_of)
    ]
    return pa.Table.from_pylist(rows)


def _insert_figures(context: MartContext) -> None:
    """Add the change, its interval and its word to the counts, and store them."""
    con = context.con
    rows = con.execute(_FIGURES).to_arrow_table()
    now = np.asarray(rows["n"].to_numpy(), dtype=np.int64)
    before = rows["n_before"].fill_null(-1).to_numpy().astype(np.int64)
    known = before >= 0
    found = poisson_change(now, np.maximum(before, 0))
    change = np.divide(now, before, out=np.full(len(now), np.nan), where=before > 0) - 1
    for name, values in (
        ("change_fraction", change),
        ("ratio_low", found.low),
        ("ratio_high", found.high),
    ):
        values = np.where(known & np.isfinite(values), values, np.nan)
        rows = rows.append_column(name, pa.array(values, mask=np.isnan(values)))
    rows = rows.append_column("word", pa.array(found.word.astype(object), mask=~known))
    con.register("figure_rows", rows)
    con.execute("INSERT INTO mart.figures BY NAME SELECT * FROM figure_rows")
    con.unregister("figure_rows")


def _insert_months(con: duckdb.DuckDBPyConnection, since: datetime, until: datetime) -> None:
    """Count incidents by place, class, type and month, in this order, and store the counts."""
    first = since.year * 12 + since.month
    n_months = until.year * 12 + until.month - first + 1
    places = con.execute("SELECT * FROM place ORDER BY place").to_arrow_table()
    kinds = con.execute("SELECT type FROM kinds ORDER BY kind").to_arrow_table()["type"]
    sizes = {"n_leaves": len(CLASSES), "n_kinds": len(kinds), "n_months": n_months}
    found = con.execute(_MONTHS, {**sizes, "first": first}).fetchnumpy()["code"]
    codes, n = tally(found)
    codes, month = np.divmod(codes, sizes["n_months"])
    codes, kind = np.divmod(codes, sizes["n_kinds"])
    place, leaf = np.divmod(codes, sizes["n_leaves"])
    year, in_year = np.divmod(month + first - 1, 12)
    months = ((year - 1970) * 12 + in_year).astype("datetime64[M]").astype("datetime64[D]")
    rows = {
        name: places[name].take(pa.array(place))
        for name in ("station_id", "street_id", "community_id")
    }
    rows["class"] = pa.array(CLASSES).take(pa.array(leaf))
    rows |= {"type": kinds.take(pa.array(kind)), "month": pa.array(months), "n": pa.array(n)}
    con.register("month_rows", pa.table(rows))
    con.execute("INSERT INTO mart.incident_months BY NAME SELECT * FROM month_rows")
    con.unregister("month_rows")
