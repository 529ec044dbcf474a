"""One file a scope, holding only the rows, tables and columns its viewer may see."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote as quote_name

import duckdb

from etl import schema
from etl.dictionary.model import Role
from etl.layers import Layer, insert_layers, make_layers
from etl.progress import Progress
from etl.schema import literal, quote
from etl.store import file_digest

LAYERS, SOURCE = "mart.map_layers", "source"
WRITERS = 2
# A small slice of 40 tables in blocks of 256 kB is mostly air; a large one is written faster so.
NO_LOG = "RECOVERY_MODE no_wal_writes"  # an unfinished slice is thrown away, not recovered
SMALL_BLOCK, LARGE_BLOCK, LARGE_BYTES = 16_384, 262_144, 1 << 28


@dataclass(frozen=True)
class Slice:
    """One file of a build: for whom, and where."""

    kind: str
    scope_id: str
    name: str
    name_en: str | None
    file: str
    role: Role

    @property
    def scope(self) -> str | None:
        """Column that every row of the scope carries, None when the slice has no scope."""
        return {"station": "station_id", "street": "street_id"}.get(self.kind)

    def manifest(self) -> dict[str, object]:
        """Return the entry of the manifest."""
        return {
            "kind": self.kind,
            "id": self.scope_id,
            "name": self.name,
            "name_en": self.name_en,
            "file": self.file,
        }


def plan_slices(con: duckdb.DuckDBPyConnection) -> list[Slice]:
    """Return the slices of a build: every station, every street, the steward, the public."""
    plan = []
    roles: tuple[tuple[str, Role], ...] = (("station", "chief"), ("street", "planner"))
    for kind, role in roles:
        rows = con.execute(
            f"SELECT {kind}_id, name, name_en FROM core.{kind}s ORDER BY {kind}_id"
        ).fetchall()
        plan += [
            Slice(kind, one, name, name_en, slice_file(kind, one), role)
            for one, name, name_en in rows
        ]
    steward = Slice(
        "steward", "steward", "数据专员", "Data steward", "slices/steward.duckdb", "steward"
    )
    public = Slice("public", "public", "公众", "Public", "public/public.duckdb", "public")
    return [*plan, steward, public]


def slice_file(kind: str, scope_id: str) -> str:
    """Return the file of a scope's slice; an id from a file cannot climb out of the folder."""
    return f"slices/{kind}-{quote_name(scope_id, safe='')}.duckdb"


def write_slices(
    database: Path,
    plan: list[Slice],
    *,
    epsg: int,
    progress: Progress,
    made: Callable[[Slice], list[Layer] | None] = lambda _: None,
) -> dict[str, dict[str, Any]]:
    """Write every slice of a build from its whole database.

    Parameters
    ----------
    database
        `district.duckdb` of the unfinished build, closed.
    plan
        From `plan_slices`.
    epsg
        The district's projection, for the map layers.
    progress
        Shown slice by slice.
    made
        Gives the map layers of a slice that are made already, else None.

    Returns
    -------
    dict
        Size and sha256 of each file, read while the system still has it in memory.
    """
    progress.start("slices", len(plan))
    with duckdb.connect() as con, ThreadPoolExecutor(WRITERS) as pool:
        # Each writer works alone: DuckDB's own threads would only wait for each other's locks.
        con.execute("SET threads = 1")
        con.execute(f"SET disabled_compression_methods = '{schema.SLOW_CODECS}'")
        con.execute("SET TimeZone = 'UTC'")
        con.execute(f"ATTACH {literal(str(database))} AS {SOURCE} (READ_ONLY)")
        writer = _Writer(database, epsg, _filled(con), made)
        waiting = [
            pool.submit(writer.write, con.cursor(), f"s{n}", one) for n, one in enumerate(plan)
        ]
        found = {}
        for one, written in zip(plan, waiting, strict=True):
            found[one.file] = written.result()
            progress.advance()
        return found


def _filled(con: duckdb.DuckDBPyConnection) -> frozenset[str]:
    """Return the tables of the source that hold any row: the others need no copying."""
    return frozenset(
        table.full_name
        for table in schema.TABLES
        if con.execute(f"SELECT 1 FROM {SOURCE}.{table.full_name} LIMIT 1").fetchone()
    )


@dataclass(frozen=True)
class _Writer:
    """Writes one slice after the other from one database."""

    database: Path
    epsg: int
    filled: frozenset[str]
    made: Callable[[Slice], list[Layer] | None]

    def write(self, con: duckdb.DuckDBPyConnection, alias: str, one: Slice) -> dict[str, Any]:
        large = self.database.stat().st_size > LARGE_BYTES
        block = LARGE_BLOCK if large else SMALL_BLOCK
        path = literal(str(self.database.parent / one.file))
        con.execute(f"ATTACH {path} AS {alias} (BLOCK_SIZE {block}, {NO_LOG})")
        try:
            con.execute(f"USE {alias}")
            con.begin()
            seen = [
                (table, [column for column in table.columns if table.may_see(one.role, column)])
                for table in schema.TABLES
            ]
            for name in sorted({table.schema for table, columns in seen if columns}):
                con.execute(f"CREATE SCHEMA IF NOT EXISTS {quote(name)}")
            for table, columns in seen:
                if columns:
                    _copy(con, table, columns, one, is_empty=table.full_name not in self.filled)
            if one.kind != "steward":
                layers = self.made(one)
                insert_layers(con, layers or make_layers(con, epsg=self.epsg, kind=one.kind))
            con.commit()
            con.execute(f"USE {SOURCE}")
        finally:
            con.execute(f"DETACH {alias}")
        return file_digest(self.database.parent / one.file)


def _copy(
    con: duckdb.DuckDBPyConnection,
    table: schema.Table,
    columns: list[schema.Column],
    one: Slice,
    *,
    is_empty: bool,
) -> None:
    target = f"{quote(table.schema)}.{quote(table.name)}"
    con.execute(schema.create_table(table, tuple(columns)))
    if is_empty or table.full_name == LAYERS:
        return
    condition, bound = _condition(table, one)
    names = ", ".join(quote(column.name) for column in columns)
    con.execute(
        f"INSERT INTO {target} SELECT {names} FROM {SOURCE}.{target} WHERE {condition}",
        bound,
    )


def _condition(table: schema.Table, one: Slice) -> tuple[str, list[str]]:
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
    mine = f"FROM {SOURCE}.core.communities WHERE {one.scope} = ?"
    if table.full_name == "core.companies":
        return f"company_id IN (SELECT company_id {mine})", [one.scope_id]
    if table.full_name in ("core.stations", "core.streets") and one.scope not in names:
        key = table.key[0]
        return f"{key} IN (SELECT {key} {mine})", [one.scope_id]
    if one.scope in names:
        return f"{quote(one.scope)} = ?", [one.scope_id]
    return "false", []
