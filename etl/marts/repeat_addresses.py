"""Repeat addresses: where most incidents of the last 12 months were reported from."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pyarrow as pa

from etl.marts.context import MartContext
from etl.marts.local_time import local_day_sql, starts_at, windows

FEWEST, MOST_ROWS = 3, 100

# Addresses are counted by a short digest first: most of ten million come once or twice, and only
# those whose digest comes oftener are grouped as texts.
_DIGESTS = """
SELECT (hash(station_id, {place}) & {mask})::INTEGER AS digest FROM core.incidents
WHERE occurred_from >= $since AND occurred_from < $until AND {known}
"""

_ADDRESSES = """
INSERT INTO mart.repeat_addresses BY NAME
WITH counted AS (
    SELECT station_id, min(street_id) AS street_id, min(community_id) AS community_id,
        min(address) AS address, avg(x) AS x, avg(y) AS y, avg(lon) AS lon, avg(lat) AS lat,
        count(*) AS n, count(*) FILTER (class IN ('criminal', 'public_security')) AS n_case,
        count(*) FILTER (occurred_from >= $recent) AS n_28_days,
        DATE '1970-01-01' + min({day})::INTEGER AS first_on,
        DATE '1970-01-01' + max({day})::INTEGER AS last_on
    FROM core.incidents
    WHERE occurred_from >= $since AND occurred_from < $until AND {known}
        AND (hash(station_id, {place}) & {mask})::INTEGER IN (SELECT digest FROM busy)
    GROUP BY station_id, {place} HAVING count(*) >= {fewest}
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
    n, has_address = con.execute(
        "SELECT count(*), count(address) > 0 FROM core.incidents"
    ).fetchall()[0]
    by_point = "round(x)::INTEGER, round(y)::INTEGER"
    names = {
        "place": "address" if has_address else by_point,
        "known": "address IS NOT NULL" if has_address else "x IS NOT NULL AND y IS NOT NULL",
        "day": local_day_sql("occurred_from", zone, since, until),
        "fewest": FEWEST,
        "most": MOST_ROWS,
        # some four digests an incident, so that few incidents share one by accident
        "mask": (1 << min(24, max(10, 2 + n.bit_length()))) - 1,
    }
    bounds = {"since": since, "until": until}
    digest = con.execute(_DIGESTS.format(**names), bounds).fetchnumpy()["digest"]
    busy = np.flatnonzero(np.bincount(digest, minlength=1) >= FEWEST)
    con.register("busy", pa.table({"digest": busy.astype(np.int32)}))
    con.execute(_ADDRESSES.format(**names), bounds | {"recent": starts_at(month.first, zone)})
    con.unregister("busy")
