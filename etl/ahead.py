"""What slices need of tables that are final, made beside the analyses that leave a core idle."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from types import TracebackType
from typing import BinaryIO

import duckdb

from etl import schema
from etl.layers import Layer, SchemaName, make_layers
from etl.schema import quote
from etl.slice_rows import (
    Source,
    attached,
    block_size,
    copy_rows,
    look_at,
    template,
    write_templates,
)
from etl.slices import Slice

THREADS = 2  # of the database, but while slices are begun


@dataclass(frozen=True)
class _Kept:
    """A layer in the file: its ids and its packed body, one behind the other."""

    name: str
    sha256: str
    n_features: int
    at: int
    n_ids: int
    n_gz: int


class Ahead:
    """Makes the slices of a build ready in a thread, as far as it gets.

    Once files are read, the core tables are final: each slice is begun with its rows of them. Once
    viewsheds and blind spots are derived, shapes are final: the map layers of each slice are made,
    as the slice would make them of its own rows, and wait in a file, so that they take no memory.
    Most analyses keep one processor busy.

    Parameters
    ----------
    con
        The open build, core tables filled.
    plan
        Its slices; the layers of those of a scope are made.
    database
        `district.duckdb` of the unfinished build, which the connection writes.
    epsg
        Projection that the shapes are in.
    """

    def __init__(
        self, con: duckdb.DuckDBPyConnection, plan: list[Slice], database: Path, *, epsg: int
    ) -> None:
        self.begun: set[str] = set()
        self.templates = database.parent / "templates"
        self._con, self._plan, self._database, self._epsg = con.cursor(), plan, database, epsg
        self._build = str(con.execute("SELECT current_database()").fetchall()[0][0])
        self._spool = database.parent / "layers.spool"
        self._kept: dict[tuple[str, str], list[_Kept]] = {}
        self._stopped, self._woken, self._going = Event(), Event(), Event()
        self._going.set()
        self._pool = ThreadPoolExecutor(1)
        self._made: Future[None] | None = None

    def __enter__(self) -> Ahead:
        self._con.execute(f"USE {quote(self._build)}")
        source, block = look_at(self._con, self._build), block_size(self._database)
        write_templates(self._con, self._plan, source, self.templates, block=block)
        # DuckDB's second thread would mostly wait for the first one's locks.
        self._con.execute("SET threads = 1")
        self._made = self._pool.submit(self._run, source)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._end()
        self._pool.shutdown()
        self._spool.unlink(missing_ok=True)
        shutil.rmtree(self.templates, ignore_errors=True)

    def shapes_are_final(self) -> None:
        """Let the layers of views and blind spots be made."""
        self._woken.set()

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Begin no other slice or layer within: for what takes a second if nothing else runs."""
        self._going.clear()
        try:
            yield
        finally:
            self._going.set()

    def stop(self) -> None:
        """Let the slice in work be finished and no other begun; what went wrong is raised."""
        self._end()
        if self._made is not None:
            self._made.result()

    def layers_of(self, one: Slice, schema_name: SchemaName) -> list[Layer] | None:
        """Return the layers of a slice that come from tables of a schema, None when not made."""
        kept = self._kept.get((one.file, schema_name))
        if kept is None:
            return None
        found = []
        with self._spool.open("rb") as stream:
            for layer in kept:
                stream.seek(layer.at)
                ids, gz = stream.read(layer.n_ids).decode(), stream.read(layer.n_gz)
                found.append(Layer(layer.name, layer.sha256, layer.n_features, ids, gz))
        return found

    def _end(self) -> None:
        for event in (self._stopped, self._woken, self._going):
            event.set()

    def _run(self, source: Source) -> None:
        with self._con as con, self._spool.open("wb") as stream:
            for n, one in enumerate(self._plan):
                self._going.wait()
                if self._stopped.is_set():
                    return
                path = self._database.parent / one.file
                shutil.copyfile(template(self.templates, one.role), path)
                with attached(con, path, f"s{n}", back=self._build):
                    copy_rows(con, source, schema.CORE, one)
                self.begun.add(one.file)
                self._keep(one, "core", stream)
            con.execute(f"SET threads = {THREADS}")
            self._woken.wait()
            for one in self._plan:
                self._going.wait()
                if self._stopped.is_set():
                    return
                self._keep(one, "mart", stream)

    def _keep(self, one: Slice, schema_name: SchemaName, stream: BinaryIO) -> None:
        if one.scope is None:
            return
        kept = []
        layers = make_layers(
            self._con,
            epsg=self._epsg,
            kind=one.kind,
            schema_name=schema_name,
            scope=(one.scope, one.scope_id),
        )
        for layer in layers:
            ids, at = layer.ids.encode(), stream.tell()
            stream.write(ids)
            stream.write(layer.gz)
            kept.append(
                _Kept(layer.name, layer.sha256, layer.n_features, at, len(ids), len(layer.gz))
            )
        self._kept[one.file, schema_name] = kept
