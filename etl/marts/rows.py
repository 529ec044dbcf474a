"""Columns of rows into a mart table, typed as the dictionary says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa

from etl import schema
from etl.dictionary.model import Kind

Columns = dict[str, Any]
_ARROW: dict[Kind, pa.DataType] = {
    "text": pa.string(),
    "json": pa.string(),
    "float": pa.float64(),
    "int": pa.int64(),
    "bool": pa.bool_(),
    "date": pa.date32(),
    "instant": pa.timestamp("us"),
}


def insert_rows(
    con: duckdb.DuckDBPyConnection, full_name: str, parts: Sequence[Mapping[str, Any]]
) -> None:
    """Insert rows given as columns, one mapping of equally long columns a part.

    Parameters
    ----------
    con
        Connection to the build being written.
    full_name
        Table, such as "mart.ratings"; a column of it that no part names stays empty.
    parts
        Lists or arrays by column name; NaN in an array of numbers is null.
    """
    table = schema.table(full_name)
    made = [_table(table, one) for one in parts]
    if not made:
        return
    con.register("new_rows", pa.concat_tables(made))
    con.execute(f"INSERT INTO {full_name} BY NAME SELECT * FROM new_rows")
    con.unregister("new_rows")


def _table(table: schema.Table, part: Mapping[str, Any]) -> pa.Table:
    named = [column for column in table.columns if column.name in part]
    strange = set(part) - {column.name for column in named}
    if strange:
        raise KeyError(f"{table.full_name}: {sorted(strange)}")
    arrays = [_array(part[column.name], _ARROW[column.kind]) for column in named]
    return pa.table(arrays, names=[column.name for column in named])


def _array(values: Any, kind: pa.DataType) -> pa.Array:
    if isinstance(values, np.ndarray) and values.dtype.kind == "f":
        found = pa.array(values, mask=np.isnan(values))
        return found if kind == pa.float64() else found.cast(kind)
    if isinstance(values, np.ndarray) and values.dtype.kind == "M":
        return pa.array(values.astype("datetime64[D]"), type=kind)
    return pa.array(values, type=kind)


def nullable(values: np.ndarray, *, empty: int) -> pa.Array:
    """Return whole numbers in which one value stands for nothing known."""
    return pa.array(values.astype(np.int64), mask=values == empty)
