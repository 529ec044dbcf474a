"""What a slice holds: its empty tables first, then the rows of its scope."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb

from etl import schema
from etl.dictionary.model import Role
from etl.schema import literal, quote
from etl.slices import Slice

LAYERS = "mart.map_layers"
# A slice of 90 tables in blocks of 256 kB is mostly air; a large one is written faster in 64 kB.
SMALL_BLOCK, LARGE_BLOCK, LARGE_BYTES = 16_384, 65_536, 1 << 25


@dataclass(frozen=True)
class Source:
    """The whole database that slices are written from, as a connection has it attached.

    Parameters
    ----------
    name
        What the database is called in the connection.
    filled
        Tables that hold any row; the others need no copying.
    absent
        Columns, as `schema.table.column`, that hold nothing and are not stored.
    """

    name: str
    filled: frozenset[str]
    absent: frozenset[str]

    def columns(self, table: schema.Table, role: Role) -> tuple[schema.Column, ...]:
        """Return the columns of a table that a role may see."""
        return tuple(one for one in table.columns if table.may_see(role, one))

    def stored(self, table: schema.Table, role: Role) -> list[schema.Column]:
        """Return those of the columns that a role may see which hold anything."""
        absent = self.absent_of(table)
        return [one for one in self.columns(table, role) if one.name not in absent]

    def absent_of(self, table: schema.Table) -> frozenset[str]:
        """Return the names of a table's columns that hold nothing."""
        return frozenset(
            one.name for one in table.columns if f"{table.full_name}.{one.name}" in self.absent
        )


def look_at(con: duckdb.DuckDBPyConnection, name: str) -> Source:
    """Return what there is to copy from an attached database.

    Parameters
    ----------
    con
        Connection that has it attached.
    name
        What it is called there.
    """
    filled = frozenset(
        table.full_name
        for table in schema.TABLES
        if con.execute(f"SELECT 1 FROM {quote(name)}.{table.full_name} LIMIT 1").fetchone()
    )
    rows = con.execute(
        "SELECT concat_ws('.', schema_name, table_name, column_name) FROM duckdb_columns() "
        "WHERE database_name = ? AND column_default IS NOT NULL",
        [name],
    ).fetchall()
    return Source(name, filled, frozenset(one for (one,) in rows))


def write_templates(
    con: duckdb.DuckDBPyConnection, plan: list[Slice], source: Source, folder: Path, *, block: int
) -> None:
    """Write a slice without rows for each role: every slice begins as a copy of one.

    Parameters
    ----------
    con
        Any connection.
    plan
        The slices to come.
    source
        What will be copied: a column that holds nothing there is not stored in a slice either.
    folder
        Where to.
    block
        Size of the files' blocks, bytes.
    """
    folder.mkdir()
    for role in sorted({one.role for one in plan}):
        path = literal(str(template(folder, role)))
        con.execute(f"ATTACH {path} AS template (BLOCK_SIZE {block}, {schema.WRITTEN_AS})")
        try:
            con.execute("USE template")
            for table in schema.TABLES:
                columns = source.columns(table, role)
                if columns:
                    con.execute(f"CREATE SCHEMA IF NOT EXISTS {quote(table.schema)}")
                    con.execute(schema.create_table(table, columns, source.absent_of(table)))
        finally:
            con.execute(f"USE {quote(source.name)}")
            con.execute("DETACH template")


def template(folder: Path, role: Role) -> Path:
    """Return the file of a role's template."""
    return folder / f"{role}.duckdb"


def block_size(database: Path) -> int:
    """Return the size of a slice's blocks, bytes, by that of the database it is written from."""
    return LARGE_BLOCK if database.stat().st_size > LARGE_BYTES else SMALL_BLOCK


@contextmanager
def attached(
    con: duckdb.DuckDBPyConnection, path: Path, alias: str, *, back: str
) -> Iterator[None]:
    """Write into a slice in one transaction; the connection then uses `back` again."""
    con.execute(f"ATTACH {literal(str(path))} AS {alias} ({schema.WRITTEN_AS})")
    try:
        con.execute(f"USE {alias}")
        con.begin()
        try:
            yield
        except BaseException:
            con.rollback()  # or the statements below would fail, and hide what went wrong
            raise
        con.commit()
    finally:
        con.execute(f"USE {quote(back)}")
        con.execute(f"DETACH {alias}")


def copy_rows(
    con: duckdb.DuckDBPyConnection, source: Source, tables: Iterable[schema.Table], one: Slice
) -> None:
    """Copy a slice's rows of some tables into the current database."""
    for table in tables:
        columns = source.stored(table, one.role)
        if not columns or table.full_name not in source.filled or table.full_name == LAYERS:
            continue
        target = f"{quote(table.schema)}.{quote(table.name)}"
        condition, bound = _condition(source.name, table, one)
        names = ", ".join(quote(column.name) for column in columns)
        con.execute(
            f"INSERT INTO {target} ({names}) SELECT {names} "
            f"FROM {quote(source.name)}.{target} WHERE {condition}",
            bound,
        )


def _condition(source: str, table: schema.Table, one: Slice) -> tuple[str, list[str]]:
    """Return which rows of a table belong to a slice; none unless written here."""
    if one.kind == "public" and table.schema != "meta":
        return "true", []
    if table.full_name == "meta.columns" and one.kind != "steward":
        return "contains(' ' || visible_to || ' ', ' ' || ? || ' ')", [one.role]
    if table.schema == "meta":
        return "true", []
    if one.scope is None:
        return "false", []
    names = {column.name for column in table.columns}
    mine = f"FROM {quote(source)}.core.communities WHERE {one.scope} = ?"
    if table.full_name == "core.companies":
        return f"company_id IN (SELECT company_id {mine})", [one.scope_id]
    if table.full_name in ("core.stations", "core.streets") and one.scope not in names:
        key = table.key[0]
        return f"{key} IN (SELECT {key} {mine})", [one.scope_id]
    if one.scope in names:
        return f"{quote(one.scope)} = ?", [one.scope_id]
    return "false", []
