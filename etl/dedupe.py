"""Rows that come twice: exact repeats are dropped and counted, contradictions are refused."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from etl.schema import quote


@dataclass(frozen=True)
class Repeats:
    """Which rows repeat another exactly, and which contradict another with the same key."""

    exact: np.ndarray
    conflicting: np.ndarray


_thread = threading.local()


def _scratch() -> duckdb.DuckDBPyConnection:
    """Return this thread's own database in memory; opening one a batch costs more than the work."""
    if not hasattr(_thread, "con"):
        _thread.con = duckdb.connect()
        _thread.con.execute("SET threads = 1")
    con: duckdb.DuckDBPyConnection = _thread.con
    return con


def digests(rows: pa.RecordBatch | pa.Table, *column_sets: tuple[str, ...]) -> list[np.ndarray]:
    """Return 64-bit digests of the named columns for each row.

    Parameters
    ----------
    rows
        Rows.
    *column_sets
        Columns that count, for each digest wanted; null and the empty text differ.

    Returns
    -------
    list of numpy.ndarray
        uint64, one a row, for each set of columns.
    """
    con = _scratch()
    con.register("rows", rows if isinstance(rows, pa.Table) else pa.Table.from_batches([rows]))
    wanted = [
        f"hash({', '.join(quote(one) for one in columns)}) AS h{place}"
        for place, columns in enumerate(column_sets)
    ]
    found = con.execute(f"SELECT {', '.join(wanted)} FROM rows").fetchnumpy()
    con.unregister("rows")
    return [np.asarray(found[f"h{place}"], np.uint64) for place in range(len(column_sets))]


def row_names(batch: pa.RecordBatch) -> pa.Array:
    """Return a name for each row made of everything in it: the same row, the same name.

    Parameters
    ----------
    batch
        Rows as read, without their line numbers.

    Returns
    -------
    pyarrow.StringArray
        16 hexadecimal digits of the row's MD5, a digest that does not change between versions.
    """
    con = _scratch()
    con.register("rows", pa.Table.from_batches([batch]))
    texts = ", ".join(
        f"coalesce(CAST({quote(name)} AS VARCHAR), chr(30))" for name in batch.schema.names
    )
    query = f"SELECT md5(concat_ws(chr(31), {texts}))[:16] AS name FROM rows"
    names = con.execute(query).to_arrow_table()["name"].combine_chunks()
    con.unregister("rows")
    return names


def find_repeats(keys: np.ndarray, contents: Callable[[np.ndarray], np.ndarray]) -> Repeats:
    """Find rows that come more than once.

    Parameters
    ----------
    keys
        uint64 digest of each row's key.
    contents
        Gives the uint64 digest of each of some whole rows (indices); asked only of rows whose key
        comes again.

    Returns
    -------
    Repeats
        `exact`: rows that repeat an earlier row to the letter. `conflicting`: every row whose key
        another row has with other contents (all versions of it: no silent last-one-wins).

    Notes
    -----
    Two different rows are taken for one only if both 64-bit digests collide; among 10 million rows
    the chance of that is below 1e-24.
    """
    n = len(keys)
    exact, conflicting = np.zeros(n, bool), np.zeros(n, bool)
    ordered = np.sort(keys)
    repeated = np.unique(ordered[1:][ordered[1:] == ordered[:-1]])
    if len(repeated) == 0:
        return Repeats(exact, conflicting)
    rows = np.flatnonzero(np.isin(keys, repeated))
    found = contents(rows)
    for group in _groups(keys[rows], rows):
        mine = found[np.searchsorted(rows, group)]
        if (mine != mine[0]).any():
            conflicting[group] = True
        else:
            exact[group[1:]] = True
    return Repeats(exact, conflicting)


def _groups(keys: np.ndarray, rows: np.ndarray) -> list[np.ndarray]:
    order = np.argsort(keys, kind="stable")
    cuts = np.flatnonzero(np.diff(keys[order])) + 1
    return np.split(rows[order], cuts)


def unknown_references(values: pa.Array, known: pa.Array) -> np.ndarray:
    """Tell which values are there but not among the known ones."""
    return np.asarray(pc.and_not(pc.is_valid(values), pc.is_in(values, value_set=known)))
