"""Builds as a page sees them: the pointer, the manifest and one slice, opened read-only."""

from __future__ import annotations

import hashlib
import json
import os
import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pyarrow as pa

from dashboard.errors import StoreError

WHOLE = "district.duckdb"
_KEPT_RESULTS = 512
_KEPT_BYTES = 8_000_000
_KEPT_SLICES = 64


@dataclass(frozen=True)
class Scope:
    """One slice of a build: whose rows it holds and in which file."""

    kind: str
    id: str
    name: str
    name_en: str | None
    file: str
    sha256: str
    n_bytes: int


@dataclass(frozen=True)
class Build:
    """One immutable build, as its manifest describes it."""

    id: str
    folder: Path
    district: dict[str, Any]
    as_of: date
    built_at: datetime | None
    n_rows: dict[str, int]
    scopes: tuple[Scope, ...]
    manifest: dict[str, Any] = field(repr=False, compare=False)

    def of_kind(self, kind: str) -> tuple[Scope, ...]:
        """Return the scopes of `kind` in the manifest's order; none gives ()."""
        return tuple(scope for scope in self.scopes if scope.kind == kind)

    def scope(self, kind: str, scope_id: str | None) -> Scope:
        """Return the scope called `scope_id`, or the only or first one of `kind`.

        Raises
        ------
        StoreError
            The build holds no such scope. Rebuild, or choose one that it holds.
        """
        for scope in self.of_kind(kind):
            if scope_id in (None, scope.id):
                return scope
        raise StoreError(
            f"build {self.id}: no slice of kind {kind} called {scope_id}; "
            f"it holds {len(self.of_kind(kind))} of that kind. Choose one of these or build again."
        )


class Slice:
    """One slice, open for reading; answers are kept as Arrow tables, which nobody can change."""

    def __init__(self, build: Build, scope: Scope) -> None:
        self.build = build
        self.scope = scope
        path = build.folder / scope.file
        _check_bytes(path, scope)
        self._con = duckdb.connect(
            str(path),
            read_only=True,
            config={
                "enable_external_access": "false",
                "autoinstall_known_extensions": "false",
                "autoload_known_extensions": "false",
                "threads": "2",
                "lock_configuration": "true",
            },
        )
        self._lock = threading.Lock()
        self._kept: OrderedDict[tuple[str, tuple[Any, ...]], pa.Table] = OrderedDict()
        rows = self._con.execute(
            "SELECT schema_name || '.' || table_name FROM duckdb_tables() ORDER BY 1"
        ).fetchall()
        self.tables = frozenset(name for (name,) in rows)

    @property
    def key(self) -> str:
        """Name of the bytes behind this slice: caches of anything made from it carry this key."""
        return f"{self.build.id}/{self.scope.kind}/{self.scope.id}/{self.scope.sha256[:16]}"

    def arrow(self, sql: str, parameters: tuple[Any, ...] = ()) -> pa.Table:
        """Return the rows of `sql` with `parameters` bound; the same question is asked once."""
        asked = (sql, parameters)
        with self._lock:
            if asked in self._kept:
                self._kept.move_to_end(asked)
                return self._kept[asked]
            cursor = self._con.cursor()
        found = cursor.execute(sql, list(parameters)).to_arrow_table()
        if found.nbytes <= _KEPT_BYTES:
            with self._lock:
                self._kept[asked] = found
                while len(self._kept) > _KEPT_RESULTS:
                    self._kept.popitem(last=False)
        return found

    def frame(self, sql: str, parameters: tuple[Any, ...] = ()) -> pd.DataFrame:
        """Return the rows of `sql` as a frame that the caller may change."""
        return self.arrow(sql, parameters).to_pandas()


_LOCK = threading.Lock()
_BUILDS: dict[str, tuple[tuple[int, int, int], Build]] = {}
_SLICES: OrderedDict[tuple[str, str], Slice] = OrderedDict()


def store_folder() -> Path:
    """Return the store named by ANXING_STORE; StoreError when it names none."""
    named = os.environ.get("ANXING_STORE", "")
    if not named:
        raise StoreError(
            "ANXING_STORE: not set; the folder of a store was expected. "
            "Start the pages with `anxing serve --store DIR`."
        )
    return Path(named)


def current_build(store: Path) -> Build:
    """Return the build that `current.json` points to; read again only when the pointer changes.

    Raises
    ------
    StoreError
        The store has no readable pointer or manifest. Run `anxing build`.
    """
    pointer = store / "current.json"
    try:
        status = pointer.stat()
    except OSError as error:
        raise StoreError(
            f"{store}: no current.json; a store with a finished build was expected. "
            "Run `anxing build DISTRICT.toml --store DIR`."
        ) from error
    mark = (status.st_mtime_ns, status.st_ino, status.st_size)
    with _LOCK:
        known = _BUILDS.get(str(store))
        if known is not None and known[0] == mark:
            return known[1]
        build = _read_build(store, pointer)
        _BUILDS[str(store)] = (mark, build)
        return build


def open_slice(build: Build, kind: str, scope_id: str | None) -> Slice:
    """Open the slice of one scope, or return it when it is open already."""
    scope = build.scope(kind, scope_id)
    key = (str(build.folder), scope.file)
    with _LOCK:
        if key not in _SLICES:
            _SLICES[key] = Slice(build, scope)
            while len(_SLICES) > _KEPT_SLICES:
                _SLICES.popitem(last=False)
        _SLICES.move_to_end(key)
        return _SLICES[key]


def _read_json(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise StoreError(
            f"{path}: cannot be read ({type(error).__name__}); JSON written by `anxing build` was "
            "expected. Build again."
        ) from error
    if not isinstance(found, dict):
        raise StoreError(f"{path}: not an object; one written by `anxing build` was expected.")
    return found


def _read_build(store: Path, pointer: Path) -> Build:
    named = _read_json(pointer)
    folder = (store / str(named.get("path", ""))).resolve()
    if not folder.is_relative_to(store.resolve()):
        raise StoreError(f"{pointer}: points outside the store. Build again.")
    manifest = _read_json(folder / "manifest.json")
    try:
        return Build(
            id=str(manifest["build_id"]),
            folder=folder,
            district=dict(manifest["district"]),
            as_of=date.fromisoformat(str(manifest["as_of"])[:10]),
            built_at=_instant(manifest.get("built_at")),
            n_rows={str(name): int(n) for name, n in dict(manifest.get("tables", {})).items()},
            scopes=(*(_scope(one) for one in manifest["slices"]), *_whole(manifest)),
            manifest=manifest,
        )
    except (KeyError, TypeError, ValueError) as error:
        raise StoreError(
            f"{folder / 'manifest.json'}: {type(error).__name__} {error}; a manifest of this "
            "version was expected. Build again with the version that serves."
        ) from error


def _scope(one: dict[str, Any]) -> Scope:
    kind, scope_id = str(one["kind"]), str(one.get("id") or one["kind"])
    return Scope(
        kind=kind,
        id=scope_id,
        name=str(one.get("name") or scope_id),
        name_en=one.get("name_en"),
        file=str(one["file"]),
        sha256=str(one["sha256"]),
        n_bytes=int(one["n_bytes"]),
    )


def _whole(manifest: dict[str, Any]) -> list[Scope]:
    """Return the whole district as a scope where the manifest lists its file but no slice of it."""
    file = dict(manifest.get("files", {})).get(WHOLE)
    if file is None or any(one["kind"] == "district" for one in manifest["slices"]):
        return []
    head = manifest["district"]
    return [Scope("district", str(head["id"]), str(head["name"]), head.get("name_en"), WHOLE,
                  str(file["sha256"]), int(file["n_bytes"]))]  # fmt: skip


def _instant(value: object) -> datetime | None:
    return None if value is None else datetime.fromisoformat(str(value).replace("Z", "+00:00"))


def _check_bytes(path: Path, scope: Scope) -> None:
    try:
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise StoreError(
            f"{path}: cannot be read; the slice named in the manifest was expected. Build again."
        ) from error
    if found != scope.sha256:
        raise StoreError(
            f"{path}: sha256 {found[:12]}; {scope.sha256[:12]} was expected. The file was changed "
            "after the build: build again, and find out who writes to the store."
        )
