"""The dictionary: each table and column of a build, named once.

It makes the DDL, the checks, `meta.columns`, the page labels and the reference text.
"""

from __future__ import annotations

from collections.abc import Iterator

from etl.dictionary.core import CORE, REQUIRED_TABLES
from etl.dictionary.mart import MART
from etl.dictionary.meta import META
from etl.dictionary.model import Column, Role, Table

__all__ = [
    "ALIASES",
    "CORE",
    "MART",
    "META",
    "REQUIRED_TABLES",
    "SLOW_CODECS",
    "TABLES",
    "WRITTEN_AS",
    "Column",
    "Role",
    "Table",
    "column_rows",
    "create_statements",
    "create_table",
    "input_table",
    "literal",
    "quote",
    "table",
]

# Tables of symbols make a unique text a quarter smaller and its writing half as long again.
SLOW_CODECS = "fsst,dict_fsst"
# Options of ATTACH for a database of a build. An unfinished one is thrown away, not recovered: with
# no log every row is written once. The format of DuckDB 1.2 keeps a sketch of each column's values
# in 64 bytes; the one before it, which DuckDB still writes unless told, in 3 kB, full or empty.
WRITTEN_AS = "RECOVERY_MODE no_wal_writes, STORAGE_VERSION 'v1.2.0'"

TABLES: tuple[Table, ...] = (*CORE, *MART, *META)
_BY_NAME = {one.full_name: one for one in TABLES}

# Names of DESIGN §3 that a source may use for a column the build stores under another name.
ALIASES: dict[str, dict[str, str]] = {
    "incidents": {"occurred_at": "occurred_from", "community_id": "stated_community_id"},
}


def table(full_name: str) -> Table:
    """Return the table called `schema.name`; KeyError when the dictionary has none."""
    return _BY_NAME[full_name]


def input_table(name: str) -> Table:
    """Return the input table `name`; KeyError when DESIGN §3 has none."""
    return _BY_NAME[f"core.{name}"]


def quote(identifier: str) -> str:
    """Return `identifier` as a quoted SQL identifier."""
    return '"' + identifier.replace('"', '""') + '"'


def literal(text: str) -> str:
    """Return `text` as an SQL literal, for the few statements that take no parameters (ATTACH)."""
    return "'" + text.replace("'", "''") + "'"


def create_statements(tables: tuple[Table, ...] = TABLES) -> Iterator[str]:
    """Yield the DDL of `tables`, schemas first."""
    for schema in sorted({one.schema for one in tables}):
        yield f"CREATE SCHEMA IF NOT EXISTS {quote(schema)}"
    for one in tables:
        yield create_table(one, one.columns)


def create_table(
    one: Table, columns: tuple[Column, ...], absent: frozenset[str] = frozenset()
) -> str:
    """Return the DDL of a table with some of its columns.

    Parameters
    ----------
    one
        The table.
    columns
        Those of its columns to have.
    absent
        Names of columns that hold nothing: they read as NULL of their type and are not stored.
        Writing a NULL for each of ten million rows takes as long as writing a number.

    Returns
    -------
    str
        CREATE TABLE, with how each column is laid down: coordinates, shapes and numbers of rows do
        not compress, and trying costs half the time of writing ten million rows; words of a
        vocabulary and references repeat.
    """
    laid = ", ".join(
        f"{quote(c.name)} {c.sql_type}"
        + (_nothing(c) if c.name in absent else _compression(one, c))
        for c in columns
    )
    return f"CREATE TABLE {quote(one.schema)}.{quote(one.name)} ({laid})"


def _nothing(column: Column) -> str:
    return f" GENERATED ALWAYS AS (CAST(NULL AS {column.sql_type})) VIRTUAL"


def _compression(one: Table, column: Column) -> str:
    if column.kind in ("float", "geometry") or (
        column.kind == "text" and one.key == (column.name,)
    ):
        return " USING COMPRESSION uncompressed"
    if column.kind == "text" and (column.repeats or column.references):
        return " USING COMPRESSION dictionary"
    return ""


def column_rows() -> list[tuple[object, ...]]:
    """Return the rows of `meta.columns`, in the order of the dictionary."""
    return [
        (
            one.schema,
            one.name,
            column.name,
            position,
            column.kind,
            column.unit,
            column.describe_range(),
            column.required,
            column.name in one.key,
            column.references,
            column.origin,
            " ".join(sorted(one.visible_to if column.visible_to is None else column.visible_to)),
            column.en,
            column.zh,
        )
        for one in TABLES
        for position, column in enumerate(one.columns, start=1)
    ]
