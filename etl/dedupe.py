"""Rows that come twice: exact repeats are dropped and counted, contradictions are refused."""

from __future__ import annotations

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


def digests(batch: pa.RecordBatch, columns: tuple[str, ...]) -> np.ndarray:
    """Return a 64-bit digest of the named columns for each row.

    Parameters
    ----------
    batch
        Rows.
    columns
        Columns that count; null and the empty text differ.

    Returns
    -------
    numpy.ndarray
        uint64, one a row.
    """
    with duckdb.connect() as con:
        con.execute("SET threads = 1")
        con.register("rows", pa.Table.from_batches([batch]))
        named = ", ".join(quote(one) for one in columns)
        found = con.execute(f"SELECT hash({named}) AS h FROM rows").fetchnumpy()["h"]
    return np.asarray(found, dtype=np.uint64)


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
    with duckdb.connect() as con:
        con.execute("SET threads = 1")
        con.register("rows", pa.Table.from_batches([batch]))
        texts = ", ".join(
            f"coalesce(CAST({quote(name)} AS VARCHAR), chr(30))" for name in batch.schema.names
        )
        query = f"SELECT md5(concat_ws(chr(31), {texts}))[:16] AS name FROM rows"
        return con.execute(query).to_arrow_table()["name"].combine_chunks()


def find_repeats(keys: np.ndarray, contents: np.ndarray) -> Repeats:
    """Find rows that come more than once.

    Parameters
    ----------
    keys
        uint64 digest of each row's key.
    contents
        uint64 digest of the whole row.

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
    for group in _groups(keys[rows], rows):
        _, first = np.unique(contents[group], return_index=True)
        if len(first) > 1:
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
