"""Repeat addresses: where most incidents of the last 12 months were reported from."""

from __future__ import annotations

from datetime import timedelta

from etl.marts.context import MartContext
from etl.marts.local_time import local_day_sql, starts_at, windows

FEWEST, MOST_ROWS = 3, 100

# Addresses are counted by a digest first: texts are only grouped where many fall together.
_BUSY = """
CREATE OR REPLACE TEMP TABLE busy_places AS
WITH counted AS (
    SELECT any_value(station_id) AS station_id, hash(station_id, {place}) AS place, count(*) AS n
    FROM core.incidents
    WHERE occurred_from >= $since AND occurred_from < $until AND {known}
    GROUP BY hash(station_id, {place}) HAVING count(*) >= {fewest}
)
SELECT place FROM counted
QUALIFY row_number() OVER (PARTITION BY station_id ORDER BY n DESC, place) <= 2 * {most}
"""

_ADDRESSES = """
INSERT INTO mart.repeat_addresses BY NAME
WITH counted AS (
    SELECT i.station_id, min(street_id) AS street_id, min(community_id) AS community_id,
        min(address) AS address, avg(x) AS x, avg(y) AS y, avg(lon) AS lon, avg(lat) AS lat,
        count(*) AS n, count(*) FILTER (class IN ('criminal', 'public_security')) AS n_case,
        count(*) FILTER (occurred_from >= $recent) AS n_28_days,
        DATE '1970-01-01' + min({day})::INTEGER AS first_on,
        DATE '1970-01-01' + max({day})::INTEGER AS last_on
    FROM core.incidents i SEMI JOIN busy_places b ON b.place = hash(i.station_id, {place})
    WHERE occurred_from >= $since AND occurred_from < $until AND {known}
    GROUP BY i.station_id, {place} HAVING count(*) >= {fewest}
), ranked AS (
    SELECT *, row_number() OVER (
        PARTITION BY station_id ORDER BY n DESC, n_case DESC, last_on DESC, address, x, y) AS rank
    FROM counted
)
SELECT * FROM ranked WHERE rank <= {most} ORDER BY station_id, rank
"""


def fill_repeat_addresses(context: MartContext) -> None:
    """Fill `mart.repeat_addresses`.

    Parameters
    ----------
    context
        The open build, with core tables filled.

    Notes
    -----
    At least 3 incidents at one address (the text as it stands), at most 100 addresses a station.
    Where no incident has an address, the point to the metre stands for it.
    """
    con, zone = context.con, context.district.time_zone
    year, month = windows(context.as_of)
    since, until = starts_at(year.first, zone), starts_at(context.as_of + timedelta(days=1), zone)
    has_address = con.execute("SELECT count(address) > 0 FROM core.incidents").fetchall()[0][0]
    by_point = "round(x)::INTEGER, round(y)::INTEGER"
    names = {
        "place": "address" if has_address else by_point,
        "known": "address IS NOT NULL" if has_address else "x IS NOT NULL AND y IS NOT NULL",
        "day": local_day_sql("occurred_from", zone, since, until),
        "fewest": FEWEST,
        "most": MOST_ROWS,
    }
    bounds = {"since": since, "until": until}
    con.execute(_BUSY.format(**names), bounds)
    con.execute(_ADDRESSES.format(**names), bounds | {"recent": starts_at(month.first, zone)})
    con.execute("DROP TABLE busy_places")
