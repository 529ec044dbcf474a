"""Where and when incidents are for a scan: communities, cells between them, days or weeks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import duckdb
import numpy as np
import shapely

from etl.marts.context import MartContext
from etl.marts.incidents import COUNTED
from etl.marts.local_time import local_sql, starts_at

# incidents outside communities are gathered in square cells
CELL_M = 250.0

_NUMBERED = """
CREATE OR REPLACE TEMP TABLE scanned_{kind} AS
SELECT {kind}_id, geometry, row_number() OVER (ORDER BY {kind}_id)::INT - 1 AS number
FROM core.{table}
"""

# back counts slots from the last one, 0, into the past
_COUNTED = """
SELECT coalesce(s.number, -1) AS station, coalesce(c.number, -1) AS community,
    CASE WHEN c.number IS NULL THEN floor(x / {cell})::INT ELSE 0 END AS col,
    CASE WHEN c.number IS NULL THEN floor(y / {cell})::INT ELSE 0 END AS row,
    class IN {cases} AS is_case, ((DATE '{as_of}' - {local}::DATE) // {days})::INT AS back,
    count(*) AS n
FROM core.incidents LEFT JOIN scanned_station s USING (station_id)
    LEFT JOIN scanned_community c USING (community_id)
WHERE occurred_from >= $since AND occurred_from < $until AND x IS NOT NULL AND y IS NOT NULL
GROUP BY ALL
"""


@dataclass(frozen=True)
class Setting:
    """What one kind of scan looks at."""

    name: str
    n_slots: int
    days_a_slot: int
    longest: int

    def first_day(self, as_of: date) -> date:
        """Return the first day looked at."""
        return as_of - timedelta(days=self.n_slots * self.days_a_slot - 1)


@dataclass(frozen=True)
class Places:
    """Incidents counted by place, slot, station and class, in an order that is always the same.

    `place`, `slot`, `station`, `is_case` and `n` have one value a count; `xy`, `ids` and
    `is_community` one a place (otherwise it is a cell).
    """

    place: np.ndarray
    slot: np.ndarray
    station: np.ndarray
    is_case: np.ndarray
    n: np.ndarray
    xy: np.ndarray
    ids: np.ndarray
    is_community: np.ndarray

    @property
    def n_incidents(self) -> int:
        """Incidents counted."""
        return int(self.n.sum())

    def pick(self, station: int, *, only_cases: bool) -> Places:
        """Return the counts of a station (-1: of all), and the places that have any."""
        kept = np.full(len(self.place), True) if station < 0 else self.station == station
        if only_cases:
            kept &= self.is_case
        there, place = np.unique(self.place[kept], return_inverse=True)
        return Places(
            place, self.slot[kept], self.station[kept], self.is_case[kept], self.n[kept],
            self.xy[there], self.ids[there], self.is_community[there],
        )  # fmt: skip

    def incidents(self, most: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Return place and slot of each incident, or of an even sample of about ``most``."""
        n = self.n
        if self.n_incidents > most:
            n = rng.binomial(n, most / self.n_incidents)
        return np.repeat(self.place, n), np.repeat(self.slot, n)


def number_areas(con: duckdb.DuckDBPyConnection) -> None:
    """Number stations and communities in the order of their ids, for `read_places`.

    Parameters
    ----------
    con
        The open build.
    """
    for kind, table in (("station", "stations"), ("community", "communities")):
        con.execute(_NUMBERED.format(kind=kind, table=table))


def read_places(context: MartContext, setting: Setting) -> Places:
    """Count the located incidents of the district for one kind of scan.

    Parameters
    ----------
    context
        The open build; `number_areas` was called.
    setting
        Days or weeks, and how many.

    Returns
    -------
    Places
        Of the whole district; every community is a place, every cell with an incident too.
    """
    zone = context.district.time_zone
    since = starts_at(setting.first_day(context.as_of), zone)
    until = starts_at(context.as_of + timedelta(days=1), zone)
    sql = _COUNTED.format(
        cell=CELL_M,
        cases=COUNTED["case"],
        as_of=context.as_of.isoformat(),
        local=local_sql("occurred_from", zone, since, until),
        days=setting.days_a_slot,
    )
    rows = context.con.execute(sql, {"since": since, "until": until}).to_arrow_table()
    column = {name: rows[name].to_numpy() for name in rows.column_names}
    shapes = context.con.execute(
        "SELECT community_id, geometry FROM scanned_community ORDER BY number"
    ).fetchall()
    points = shapely.point_on_surface(shapely.from_wkb([bytes(wkb) for _, wkb in shapes]))
    xy = np.column_stack([shapely.get_x(points), shapely.get_y(points)]).reshape(-1, 2)
    return _gather(column, [name for name, _ in shapes], xy, setting.n_slots)


def _gather(
    column: dict[str, np.ndarray], names: list[str], xy: np.ndarray, n_slots: int
) -> Places:
    """Number the places, communities first, and put the counts in order."""
    between = column["community"] < 0
    cells, number = np.unique(
        np.column_stack([column["col"], column["row"]])[between], axis=0, return_inverse=True
    )
    place = column["community"].astype(np.int64)
    place[between] = len(names) + number.ravel()
    slot = n_slots - 1 - column["back"].astype(np.int64)
    is_case = column["is_case"].astype(np.int64)
    stations = int(column["station"].max(initial=-1)) + 2
    order = np.argsort(((place * n_slots + slot) * stations + column["station"] + 1) * 2 + is_case)
    return Places(
        place[order], slot[order], column["station"][order], is_case[order] == 1,
        column["n"][order].astype(np.int64),
        np.concatenate([xy, (cells.reshape(-1, 2) + 0.5) * CELL_M]),
        np.array(names + [f"x{col}y{row}" for col, row in cells], dtype=object),
        np.arange(len(names) + len(cells)) < len(names),
    )  # fmt: skip
