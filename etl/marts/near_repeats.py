"""Near repeats of each jurisdiction: which incidents, which bands, how many pairs."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

import numpy as np
import pyarrow as pa

from etl.marts.context import MartContext
from etl.marts.local_time import local_day_sql, starts_at
from etl.marts.notes import Row
from etl.paths import REFERENCE
from geo.near_repeat import KnoxTable, Metric, knox
from geo.repeat_alarms import Rule

DAYS = 365
# the newest of the year, where a station has more of a kind
MOST_INCIDENTS = 1_000
# Every table is shuffled a few times; one that then looks raised nearby is shuffled anew, as often
# as its p must be fine to count among so many stations, or as its size allows.
FIRST, LOOKS_RAISED = 99, 0.05
AT_LEAST, PER_STATION = 999, 200
AT_MOST = ((150, 4_999), (500, 1_999), (MOST_INCIDENTS, 999))

# Narrow rows first: a big city has a million incidents of these kinds, of which most are left out.
_OF_KINDS = """
CREATE OR REPLACE TEMP TABLE of_kinds AS
SELECT i.rowid AS number, station_id, kind, class, x, y, ({day})::INTEGER AS day
FROM core.incidents i JOIN repeat_types USING (type)
WHERE occurred_from >= $since AND occurred_from < $until AND station_id IS NOT NULL
    AND x IS NOT NULL AND y IS NOT NULL
"""

# The newest whole days that hold no more incidents of a kind and station than can be used.
_NEWEST = """
WITH days AS (
    SELECT station_id, kind, day, sum(count(*)) OVER (
        PARTITION BY station_id, kind ORDER BY day DESC) AS n_since
    FROM of_kinds GROUP BY station_id, kind, day
), since AS (
    SELECT station_id, kind, coalesce(min(day) FILTER (n_since <= {most}), max(day)) AS first_day
    FROM days GROUP BY station_id, kind
)
SELECT o.* FROM of_kinds o JOIN since s USING (station_id, kind)
WHERE o.day >= s.first_day ORDER BY station_id, kind, day, x, y, number
"""


@dataclass(frozen=True)
class Method:
    """The kinds of incident and the bands, from `data/reference/near_repeat.toml`."""

    metric: Metric
    distance_bands_m: list[float]
    time_bands_days: list[float]
    kinds: dict[str, list[str]]

    def kind_of(self, name: str) -> str | None:
        """Return the kind that a type belongs to, None when no word of any occurs in it."""
        low = name.lower()
        for kind, words in self.kinds.items():
            if any(word in low for word in words):
                return kind
        return None


def read_method() -> Method:
    """Return the method as the data file states it."""
    body = tomllib.loads((REFERENCE / "near_repeat.toml").read_text(encoding="utf-8"))
    return Method(
        body["metric"],
        [float(one) for one in body["distance_bands_m"]],
        [float(one) for one in body["time_bands_days"]],
        {one["id"]: [word.lower() for word in one["words"]] for one in body["kinds"]},
    )


def read_incidents(context: MartContext, method: Method) -> pa.Table:
    """Return the located incidents of the kinds, sorted by station, kind and day.

    Parameters
    ----------
    context
        The open build, with core tables filled; the table `of_kinds` stays behind in it.
    method
        From `read_method`.

    Returns
    -------
    pa.Table
        Columns number (rowid), station_id, kind, class, x, y, day (since 1970-01-01).
    """
    con, zone = context.con, context.district.time_zone
    types = con.execute("SELECT DISTINCT type FROM core.incidents ORDER BY type").fetchall()
    pairs = [(one, method.kind_of(one)) for (one,) in types]
    known = [(one, kind) for one, kind in pairs if kind is not None]
    con.register(
        "repeat_types",
        pa.table(
            {
                "type": pa.array([one for one, _ in known], pa.string()),
                "kind": pa.array([kind for _, kind in known], pa.string()),
            }
        ),
    )
    since = starts_at(context.as_of - timedelta(days=DAYS - 1), zone)
    until = starts_at(context.as_of + timedelta(days=1), zone)
    day = local_day_sql("occurred_from", zone, since, until)
    con.execute(_OF_KINDS.format(day=day), {"since": since, "until": until})
    con.unregister("repeat_types")
    return con.execute(_NEWEST.format(most=MOST_INCIDENTS)).to_arrow_table()


def split_by_station(rows: pa.Table) -> dict[str, pa.Table]:
    """Return the rows of each station; they are sorted by it."""
    names = rows["station_id"].to_pylist()
    edges = [0, *(i for i in range(1, len(names)) if names[i] != names[i - 1]), len(names)]
    return {names[a]: rows.slice(a, b - a) for a, b in pairwise(edges) if b > a}


def points_of(rows: pa.Table) -> np.ndarray:
    """Return the coordinates of incidents, shape (n, 2)."""
    return np.column_stack([rows["x"].to_numpy(), rows["y"].to_numpy()])


def count_pairs(
    rows: pa.Table, method: Method, rng: np.random.Generator, *, n_stations: int
) -> tuple[KnoxTable, int]:
    """Return the table of pairs of a station's incidents, and how often they were shuffled.

    Parameters
    ----------
    rows
        From `read_incidents`, one station and kind.
    method
        From `read_method`.
    rng
        Source of the shuffles.
    n_stations
        Stations with a table of this kind.

    Returns
    -------
    tuple
        p is of the second shuffling alone where there is one.
    """
    n = rows.num_rows
    limit = next((times for most, times in AT_MOST if n <= most), AT_MOST[-1][1])
    again = min(limit, max(AT_LEAST, PER_STATION * n_stations - 1))
    found = _shuffle(rows, method, FIRST, rng)
    if found.p[:2, 0].min() > LOOKS_RAISED:
        return found, FIRST
    return _shuffle(rows, method, again, rng), again


def _shuffle(
    rows: pa.Table, method: Method, permutations: int, rng: np.random.Generator
) -> KnoxTable:
    return knox(
        points_of(rows),
        rows["day"].to_numpy(),
        distance_bands_m=method.distance_bands_m,
        time_bands_days=method.time_bands_days,
        metric=method.metric,
        permutations=permutations,
        rng=rng,
    )


def band_rows(
    scope: str,
    scope_id: str,
    kind: str,
    table: KnoxTable,
    rule: Rule,
    period: tuple[date, date],
    permutations: int | None = None,
) -> list[Row]:
    """Return a row for each band of a table; those of `rule` are marked as raised."""
    rows: list[Row] = []
    for (r, c), observed in np.ndenumerate(table.observed):
        ratio = float(table.ratio[r, c])
        rows.append(
            {
                "scope_kind": scope,
                "scope_id": scope_id,
                "station_id": scope_id if scope == "station" else None,
                "kind": kind,
                "metric": table.metric,
                "distance_from_m": float(table.distance_bands_m[r]),
                "distance_to_m": float(table.distance_bands_m[r + 1]),
                "days_from": int(table.time_bands_days[c]),
                "days_to": int(table.time_bands_days[c + 1]),
                "n_incidents": table.n,
                "observed": int(observed),
                "expected": float(table.expected[r, c]),
                "ratio": ratio if np.isfinite(ratio) else None,
                "p": float(table.p[r, c]),
                "is_raised": bool(rule.raised[r, c]),
                "period_from": period[0],
                "period_to": period[1],
                "permutations": permutations,
            }
        )
    return rows
