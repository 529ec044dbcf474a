"""What the coverage analysis reads: communities, buildings, incidents, gates, patrol points."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from etl.marts.context import MartContext
from etl.marts.local_time import local_sql, starts_at, windows
from etl.shapes import outlines_of_column
from geo.outlines import Outlines

NIGHT_FROM, NIGHT_UNTIL = 19, 6  # local hours (choice): dark, or nearly so, most of the year
_ROWS = """(
    SELECT community_id, row_number() OVER (ORDER BY community_id) - 1 AS place
    FROM core.communities
)"""


@dataclass(frozen=True)
class Ground:
    """What stands where: communities in the order of their ids, and buildings, as flat outlines.

    `scope` holds the ids of each community: its own, its station's, its street's.
    """

    scope: pa.Table
    plots: Outlines
    houses: Outlines

    @cached_property
    def community_id(self) -> NDArray[np.object_]:
        """Ids of the communities."""
        return np.asarray(self.scope["community_id"].to_numpy(), object)

    @cached_property
    def areas(self) -> NDArray[np.object_]:
        """Communities as shapes."""
        return self.plots.polygons()

    @cached_property
    def buildings(self) -> NDArray[np.object_]:
        """Buildings as shapes; two kilobytes each, so not for a city of millions."""
        return self.houses.polygons()

    def scoped(self, rows: NDArray[np.int64] | None = None) -> dict[str, pa.ChunkedArray]:
        """Return the columns of the scope for some communities, for all when None."""
        taken = self.scope if rows is None else self.scope.take(pa.array(rows))
        return dict(zip(taken.column_names, taken.columns, strict=True))


@dataclass(frozen=True)
class Spots:
    """Points with their community as a row of `Ground` (-1 outside), daypart and local hour.

    `begins` and `ends` are local seconds since 1970; they are equal where the moment is known.
    `station` and `street` are rows in the order of their ids, -1 for none.
    """

    x: NDArray[np.float64]
    y: NDArray[np.float64]
    community: NDArray[np.int64]
    daypart: NDArray[np.int64]
    hour: NDArray[np.int64]
    begins: NDArray[np.int64]
    ends: NDArray[np.int64]
    station: NDArray[np.int64]
    street: NDArray[np.int64]


def read_ground(con: duckdb.DuckDBPyConnection) -> Ground:
    """Read communities and buildings."""
    areas = con.execute(
        "SELECT community_id, station_id, street_id, geometry FROM core.communities "
        "ORDER BY community_id"
    ).to_arrow_table()
    # in the order they were written, which the files decide: sorting millions of shapes is dear
    houses = con.execute("SELECT geometry FROM core.buildings").to_arrow_table()
    return Ground(
        areas.drop_columns(["geometry"]).combine_chunks(),
        outlines_of_column(areas["geometry"]),
        outlines_of_column(houses["geometry"]),
    )


def read_incidents(context: MartContext) -> Spots:
    """Read located incidents of the last 12 months, each at the middle of its span."""
    window, zone = windows(context.as_of)[0], context.district.time_zone
    first, beyond = starts_at(window.first, zone), starts_at(window.last + timedelta(days=1), zone)
    local, start, end = (
        local_sql(name, zone, first, beyond) for name in ("middle", "occurred_from", "until")
    )
    query = f"""
        SELECT x, y, coalesce(c.place, -1) AS community, hour({local}) AS hour,
            epoch({start})::BIGINT AS begins, epoch({end})::BIGINT AS ends,
            coalesce(s.place, -1) AS station, coalesce(t.place, -1) AS street
        FROM (
            SELECT *, greatest(coalesce(occurred_to, occurred_from), occurred_from) AS until,
                occurred_from + (coalesce(occurred_to, occurred_from) - occurred_from) / 2 AS middle
            FROM core.incidents
        ) i
        LEFT JOIN {_ROWS} c USING (community_id)
        LEFT JOIN {_numbered("station")} s ON s.id = i.station_id
        LEFT JOIN {_numbered("street")} t ON t.id = i.street_id
        WHERE x IS NOT NULL AND y IS NOT NULL
            AND occurred_from >= $first AND occurred_from < $beyond
        ORDER BY incident_id
    """
    rows = context.con.execute(query, {"first": first, "beyond": beyond}).fetchnumpy()
    hour = np.asarray(rows["hour"], np.int64)
    dark = (hour >= NIGHT_FROM) | (hour < NIGHT_UNTIL)
    return Spots(
        np.asarray(rows["x"], float), np.asarray(rows["y"], float),
        np.asarray(rows["community"], np.int64), dark.astype(np.int64), hour,
        *(np.asarray(rows[name], np.int64) for name in ("begins", "ends", "station", "street")),
    )  # fmt: skip


def _numbered(kind: str) -> str:
    key = f"{kind}_id"
    return (
        f"(SELECT {key} AS id, row_number() OVER (ORDER BY {key}) - 1 AS place FROM core.{kind}s)"
    )


def read_gates(con: duckdb.DuckDBPyConnection) -> Spots:
    """Read the gates; daypart and hour mean nothing for them."""
    rows = con.execute(
        f"SELECT x, y, coalesce(c.place, -1) AS community FROM core.gates "
        f"LEFT JOIN {_ROWS} c USING (community_id) "
        "WHERE x IS NOT NULL AND y IS NOT NULL ORDER BY gate_id"
    ).fetchnumpy()
    none = np.zeros(len(rows["x"]), np.int64)
    return Spots(
        np.asarray(rows["x"], float), np.asarray(rows["y"], float),
        np.asarray(rows["community"], np.int64), *(none for _ in range(6)),
    )  # fmt: skip


def read_patrols(con: duckdb.DuckDBPyConnection) -> dict[str, NDArray[np.float64]]:
    """Read place, hours and radius of the patrol points; NaN where not given."""
    names = ("x", "y", "starts_at", "ends_at", "radius_m")
    rows = con.execute(
        f"SELECT {', '.join(names)} FROM core.patrol_points "
        "WHERE x IS NOT NULL AND y IS NOT NULL ORDER BY patrol_point_id"
    ).fetchnumpy()
    return {name: np.ma.filled(rows[name].astype(np.float64), np.nan) for name in names}


def count_visits(context: MartContext) -> NDArray[np.float64]:
    """Visits a day to the patrol points of each community, last 28 days; NaN without a log."""
    con, zone = context.con, context.district.time_zone
    window = windows(context.as_of)[1]
    if con.execute("SELECT count(*) FROM core.patrol_visits").fetchall()[0][0] == 0:
        n = con.execute("SELECT count(*) FROM core.communities").fetchall()[0][0]
        return np.full(int(n), np.nan)
    rows = con.execute(
        """
        SELECT coalesce(v.n, 0) / 28.0 AS per_day FROM core.communities c
        LEFT JOIN (
            SELECT p.community_id, count(*) AS n
            FROM core.patrol_visits v JOIN core.patrol_points p USING (patrol_point_id)
            WHERE v.visited_at >= $first AND v.visited_at < $beyond GROUP BY 1
        ) v USING (community_id)
        ORDER BY c.community_id
        """,
        {
            "first": starts_at(window.first, zone),
            "beyond": starts_at(window.last + timedelta(days=1), zone),
        },
    ).fetchnumpy()
    return np.asarray(rows["per_day"], float)


def objects(values: Any) -> NDArray[np.object_]:
    """Texts or bytes, None for NULL."""
    return np.asarray(np.ma.filled(np.ma.asarray(values, dtype=object), None), dtype=object)
