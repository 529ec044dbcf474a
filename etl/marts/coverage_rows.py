"""Rows of the coverage tables, from what the analysis found."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from etl.marts.coverage_ground import Ground, Spots
from geo.coverage import CityCoverage
from geo.patrol import PatrolReach
from geo.sight import DAYPARTS, Sight

PERSON = "recognise"
ROW_GROUP = 122_880  # rows that DuckDB lays down together


def insert(
    con: duckdb.DuckDBPyConnection, table: str, columns: dict[str, Any], joined: str, scope: str
) -> None:
    """Insert columns into a mart table, with the station and street of `scope` by a join."""
    names = ", ".join(columns)
    some = any(len(values) for values in columns.values())
    if not some:  # and no values tell no type
        return
    con.register("found", pa.table(columns))
    con.execute(
        f"INSERT INTO mart.{table} ({names}, station_id, street_id) "
        f"SELECT {', '.join(f'f.{name}' for name in columns)}, "
        f"{scope}.station_id, {scope}.street_id {joined}"
    )
    con.unregister("found")


def append(con: duckdb.DuckDBPyConnection, table: str, columns: dict[str, Any]) -> None:
    """Insert columns that bring their station and street along, in the order they come."""
    found = pa.table(columns)
    batches = found.to_batches(max_chunksize=ROW_GROUP)
    con.register("found", pa.Table.from_batches(batches, found.schema))
    names = ", ".join(columns)
    con.execute(f"INSERT INTO mart.{table} ({names}) SELECT {names} FROM found")
    con.unregister("found")


class Rows:
    """Rows of a table that come in parts, written in whole groups as DuckDB lays them down.

    A group begun by one insert and filled by the next would be written twice.
    """

    def __init__(self, con: duckdb.DuckDBPyConnection, table: str) -> None:
        self._con, self._table = con, table
        self._waiting: list[pa.Table] = []

    def add(self, columns: dict[str, Any]) -> None:
        """Take the next rows, and write the groups that they fill."""
        self._waiting.append(pa.table(columns))
        n = sum(one.num_rows for one in self._waiting) // ROW_GROUP * ROW_GROUP
        if n:
            rows = pa.concat_tables(self._waiting).combine_chunks()
            append(self._con, self._table, columns_of(rows.slice(0, n)))
            self._waiting = [rows.slice(n)]

    def close(self) -> None:
        """Write what is left."""
        if self._waiting:
            rows = pa.concat_tables(self._waiting).combine_chunks()
            append(self._con, self._table, columns_of(rows))
        self._waiting = []


def gathered(scope: pa.Table, rows: NDArray[np.int64], *then: NDArray[Any]) -> Any:
    """Order of rows of a scope by station, so that a slice reads its own stretch; then by row."""
    station = scope["station_id"].combine_chunks().dictionary_encode()
    rank = pc.rank(station.dictionary, sort_keys="ascending", tiebreaker="dense").to_numpy()
    place = np.append(rank, 0)[np.asarray(pc.fill_null(station.indices, -1)).astype(np.int64)]
    return np.lexsort((*reversed(then), rows, place[rows]))


def fill_coverage(
    con: duckdb.DuckDBPyConnection,
    ground: Ground,
    sight: Sight,
    levels: dict[str, float],
    city: CityCoverage,
    incidents: Spots,
    seen: NDArray[np.bool_],
    gates: Spots,
    gate_seen: NDArray[np.bool_],
    which: NDArray[np.int64],
) -> None:
    """Fill `mart.coverage` for the communities of the city: a row by level and daypart."""
    n, shape = len(ground.plots), (len(ground.plots), *city.seen_m2.shape[1:])
    n_gates = _per_community(gates, np.ones(len(gates.x), bool), n)
    n_gates_seen, n_seen = np.zeros(shape, np.int64), np.zeros(shape, np.int64)
    n_incidents = np.zeros((n, 2), np.int64)
    for part in range(2):
        mine = incidents.daypart == part
        n_incidents[:, part] = _per_community(incidents, mine, n)
        for level in range(shape[2]):
            n_gates_seen[:, part, level] = _per_community(gates, gate_seen[:, part, level], n)
            n_seen[:, part, level] = _per_community(incidents, mine & seen[:, part, level], n)
    n, shape = len(which), city.seen_m2.shape
    n_gates, n_gates_seen = n_gates[which], n_gates_seen[which]
    n_incidents, n_seen = n_incidents[which], n_seen[which]
    open_m2 = np.broadcast_to(city.open_m2[:, None, None], shape)
    strip_m2 = np.broadcast_to(city.strip_m2[:, None, None], shape)
    density = np.array([levels[name] for name in sight.levels])
    each = shape[1] * shape[2]
    order = gathered(ground.scope.take(pa.array(which)), np.arange(n))
    columns = {
        "level": words(sight.levels, np.tile(np.arange(shape[2]), n * shape[1])),
        "px_per_m": np.tile(density, n * shape[1]),
        "daypart": words(DAYPARTS, np.tile(np.repeat(np.arange(shape[1]), shape[2]), n)),
        "open_area_m2": open_m2.ravel(),
        "seen_area_m2": city.seen_m2.ravel(),
        "seen_fraction": _share(city.seen_m2, open_m2),
        "k2_fraction": _share(city.seen_twice_m2, open_m2),
        "k3_fraction": _share(city.seen_thrice_m2, open_m2),
        "possible_fraction": _share(city.possible_m2, open_m2),
        "strip_seen_fraction": _share(city.strip_seen_m2, strip_m2),
        "n_gates": np.repeat(n_gates, each),
        "n_gates_seen": n_gates_seen.ravel(),
        "n_incidents": np.repeat(n_incidents.ravel(), shape[2]),
        "n_incidents_seen": n_seen.ravel(),
        "cell_m": np.repeat(city.cell_m, each),
    }
    rows = (order[:, None] * each + np.arange(each)).ravel()
    found = pa.table(columns).take(pa.array(rows))
    scope = ground.scoped(np.repeat(which[order], each))
    append(con, "coverage", scope | dict(zip(found.column_names, found.columns, strict=True)))


def fill_patrols(
    con: duckdb.DuckDBPyConnection,
    ground: Ground,
    reach: PatrolReach,
    incidents: Spots,
    reached: NDArray[np.bool_],
    visits_per_day: NDArray[np.float64],
) -> None:
    """Fill `mart.patrol_reach`."""
    n = len(ground.plots)
    columns = ground.scoped() | {
        "n_patrol_points": reach.n_points,
        "reach_fraction": _share(reach.reached_m2, reach.open_m2),
        "n_incidents": _per_community(incidents, np.ones(len(incidents.x), bool), n),
        "n_incidents_reached": _per_community(incidents, reached, n),
        "visits_per_day": or_null(visits_per_day),
    }
    append(con, "patrol_reach", columns)


def fill_uncovered(
    con: duckdb.DuckDBPyConnection,
    ground: Ground,
    sight: Sight,
    incidents: Spots,
    seen: NDArray[np.bool_],
    reached: NDArray[np.bool_] | None,
    which: NDArray[np.int64],
) -> None:
    """Fill `mart.uncovered` of some communities; without patrol points cameras alone count."""
    n = len(ground.plots)
    rows = np.arange(len(incidents.x))
    recognised = seen[rows, incidents.daypart, sight.levels.index(PERSON)]
    neither = ~recognised if reached is None else ~(recognised | reached)
    located = _per_community(incidents, np.ones(len(rows), bool), n)
    n_patrolled = None if reached is None else _per_community(incidents, reached, n)
    n_uncovered = _per_community(incidents, neither, n)
    columns = ground.scoped() | {
        "n_located": located,
        "n_recognised": _per_community(incidents, recognised, n),
        "n_patrolled": pa.nulls(n, pa.int64()) if n_patrolled is None else n_patrolled,
        "n_uncovered": n_uncovered,
        "uncovered_fraction": _share(n_uncovered, located),
    }
    for part, daypart in enumerate(DAYPARTS):
        mine = incidents.daypart == part
        of_part, lost = (_per_community(incidents, one, n) for one in (mine, mine & neither))
        columns |= {
            f"n_located_{daypart}": of_part,
            f"n_uncovered_{daypart}": lost,
            f"uncovered_{daypart}_fraction": _share(lost, of_part),
        }
    append(con, "uncovered", columns_of(pa.table(columns).take(pa.array(which))))


def _per_community(spots: Spots, wanted: NDArray[np.bool_], n: int) -> NDArray[np.int64]:
    """Count the wanted points of each community."""
    inside = wanted & (spots.community >= 0)
    return np.bincount(spots.community[inside], minlength=n)


def _share(part: NDArray[Any], whole: NDArray[Any]) -> pa.Array:
    """Shares, NULL where there is nothing to share."""
    whole, part = np.asarray(whole, float).ravel(), np.asarray(part, float).ravel()
    return or_null(np.divide(part, whole, out=np.full(len(part), np.nan), where=whole > 0))


def or_null(values: NDArray[np.float64]) -> pa.Array:
    """Numbers, NULL where they are NaN."""
    return pa.array(values, from_pandas=True)


def spread(
    n: int, rows: NDArray[np.int64], values: NDArray[np.float64], wanted: NDArray[np.int64]
) -> pa.Array:
    """Values of some of n rows, NULL in the others, as far as they are wanted."""
    whole = np.full(n, np.nan)
    whole[rows] = values
    return or_null(whole[wanted])


def words(words: Sequence[str], rows: NDArray[np.int64]) -> pa.Array:
    """Words by their place among a few."""
    return pa.array(list(words), pa.string()).take(pa.array(rows))


def columns_of(table: pa.Table) -> dict[str, pa.ChunkedArray]:
    """Columns of a table by name."""
    return dict(zip(table.column_names, table.columns, strict=True))
