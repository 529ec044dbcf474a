"""One file a scope, holding only the rows, tables and columns its viewer may see."""

from __future__ import annotations

import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from etl import schema
from etl.ahead import Ahead
from etl.layers import SCHEMAS, insert_layers, make_layers
from etl.progress import Progress
from etl.schema import literal
from etl.slice_rows import Source, attached, copy_rows, look_at, template
from etl.slices import Slice
from etl.store import file_digest

SOURCE = "source"
WRITERS = 2


def write_slices(
    database: Path, plan: list[Slice], *, epsg: int, progress: Progress, ahead: Ahead
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
    ahead
        What was made beside the analyses; stopped.

    Returns
    -------
    dict
        Size and sha256 of each file, the database's among them, read while the system still has
        it in memory.
    """
    progress.start("slices", len(plan))
    with duckdb.connect() as con, ThreadPoolExecutor(WRITERS) as pool:
        # Each writer works alone: DuckDB's own threads would only wait for each other's locks.
        con.execute("SET threads = 1")
        con.execute(f"SET disabled_compression_methods = '{schema.SLOW_CODECS}'")
        con.execute("SET TimeZone = 'UTC'")
        con.execute(f"ATTACH {literal(str(database))} AS {SOURCE} (READ_ONLY)")
        writer = _Writer(database, epsg, look_at(con, SOURCE), ahead)
        whole = pool.submit(file_digest, database)  # first, or it would keep one writer waiting
        waiting = [
            pool.submit(writer.write, con.cursor(), f"s{n}", one) for n, one in enumerate(plan)
        ]
        found = {}
        for one, written in zip(plan, waiting, strict=True):
            found[one.file] = written.result()
            progress.advance()
        return found | {database.name: whole.result()}


@dataclass(frozen=True)
class _Writer:
    """Writes one slice after the other from one database."""

    database: Path
    epsg: int
    source: Source
    ahead: Ahead

    def write(self, con: duckdb.DuckDBPyConnection, alias: str, one: Slice) -> dict[str, Any]:
        path = self.database.parent / one.file
        tables = [*schema.MART, *schema.META]
        if one.file not in self.ahead.begun:
            shutil.copyfile(template(self.ahead.templates, one.role), path)
            tables = [*schema.CORE, *tables]
        with attached(con, path, alias, back=SOURCE):
            copy_rows(con, self.source, tables, one)
            for name in SCHEMAS if one.kind != "steward" else ():
                layers = self.ahead.layers_of(one, name)
                if layers is None:
                    made = make_layers(con, epsg=self.epsg, kind=one.kind, schema_name=name)
                    layers = list(made)
                insert_layers(con, layers)
        return file_digest(path)
