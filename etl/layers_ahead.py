"""Map layers made beside the analyses that leave a processor idle, kept for the slices."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from types import TracebackType
from typing import BinaryIO

import duckdb

from etl.layers import Layer, make_layers
from etl.schema import quote
from etl.slices import Slice


@dataclass(frozen=True)
class _Kept:
    """A layer in the file: its ids and its packed body, one behind the other."""

    name: str
    sha256: str
    n_features: int
    at: int
    n_ids: int
    n_gz: int


class LayersAhead:
    """Makes the layers of one slice after the other in a thread, as far as it gets.

    Shapes are final once coverage is derived; most of what comes after (scans, patterns, ratings)
    keeps one processor busy. Layers wait in a file, so that they take no memory. They are those
    that a slice would make of its own rows.

    Parameters
    ----------
    con
        The open build.
    plan
        Its slices; those of a scope are looked after.
    spool
        File to keep the layers in; removed at the end.
    epsg
        Projection that the shapes are in.
    """

    def __init__(
        self, con: duckdb.DuckDBPyConnection, plan: list[Slice], spool: Path, *, epsg: int
    ) -> None:
        self._con, self._epsg, self._spool = con.cursor(), epsg, spool
        self._plan = [one for one in plan if one.scope is not None]
        self._build = str(con.execute("SELECT current_database()").fetchall()[0][0])
        self._kept: dict[str, list[_Kept]] = {}
        self._stopped, self._pool = Event(), ThreadPoolExecutor(1)
        self._made: Future[None] | None = None

    def __enter__(self) -> LayersAhead:
        self._made = self._pool.submit(self._run)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stopped.set()
        self._pool.shutdown()
        self._spool.unlink(missing_ok=True)

    def stop(self) -> None:
        """Let the slice in work be finished and no other begun; what went wrong is raised."""
        self._stopped.set()
        if self._made is not None:
            self._made.result()

    def layers_of(self, one: Slice) -> list[Layer] | None:
        """Return the layers of a slice, None when they are not made."""
        if one.file not in self._kept:
            return None
        found = []
        with self._spool.open("rb") as stream:
            for kept in self._kept[one.file]:
                stream.seek(kept.at)
                ids, gz = stream.read(kept.n_ids).decode(), stream.read(kept.n_gz)
                found.append(Layer(kept.name, kept.sha256, kept.n_features, ids, gz))
        return found

    def _run(self) -> None:
        with self._con as con, self._spool.open("wb") as stream:
            con.execute(f"USE {quote(self._build)}")
            for one in self._plan:
                if self._stopped.is_set():
                    return
                self._kept[one.file] = self._keep(one, stream)

    def _keep(self, one: Slice, stream: BinaryIO) -> list[_Kept]:
        kept = []
        scope = (str(one.scope), one.scope_id)
        for layer in make_layers(self._con, epsg=self._epsg, kind=one.kind, scope=scope):
            ids, at = layer.ids.encode(), stream.tell()
            stream.write(ids)
            stream.write(layer.gz)
            kept.append(
                _Kept(layer.name, layer.sha256, layer.n_features, at, len(ids), len(layer.gz))
            )
        return kept
