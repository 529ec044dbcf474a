"""Rows of tables that have a kind of area and its id: who may see them follows from these."""

from __future__ import annotations

from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from etl.marts.coverage_rows import append, gathered


def insert_scoped(
    con: duckdb.DuckDBPyConnection,
    table: str,
    kind: str,
    ids: NDArray[np.object_],
    area: NDArray[np.int64],
    columns: dict[str, Any],
    scope: pa.Table,
) -> None:
    """Insert rows of one kind of area with the station and street that may see them.

    Parameters
    ----------
    con
        The open build.
    table
        Table of schema `mart`.
    kind
        One of district, station, street, community.
    ids
        Ids of the areas of this kind, rising.
    area
        Row of `ids` for each row of the table, rising.
    columns
        The other columns.
    scope
        Ids, stations and streets of the communities, in the order of their ids.
    """
    if not len(area):
        return
    index, names = pa.array(area.astype(np.int32)), pa.array(ids, pa.string())
    own = pa.DictionaryArray.from_arrays(index, names)
    none, first = pa.nulls(len(area), pa.string()), pa.array(np.zeros(len(area), np.int32))
    station, street = own if kind == "station" else none, own if kind == "street" else none
    if kind == "community":
        station, street = (
            scope[name].combine_chunks().dictionary_encode().take(index)
            for name in ("station_id", "street_id")
        )
    rows = pa.table(
        {
            "scope_kind": pa.DictionaryArray.from_arrays(first, pa.array([kind])),
            "scope_id": own,
            "station_id": station,
            "street_id": street,
            **columns,
        }
    )
    if kind == "community":
        rows = rows.take(pa.array(gathered(scope, area)))
    append(con, table, as_columns(rows))


def as_columns(table: pa.Table) -> dict[str, pa.ChunkedArray]:
    """Return the columns of a table by name."""
    return dict(zip(table.column_names, table.columns, strict=True))
