"""The store: immutable builds, one pointer replaced last, one lock, three builds kept."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from etl.errors import StoreError, StoreLockedError

KEPT = 3
CURRENT, LOCK, ATTEMPT, MANIFEST = "current.json", ".lock", "last_attempt.json", "manifest.json"
UNFINISHED = ".unfinished-"
_BLOCK = 1 << 20
READERS = 2


@dataclass(frozen=True)
class Store:
    """A folder of builds."""

    path: Path

    @property
    def builds(self) -> Path:
        """Folder that holds the builds."""
        return self.path / "builds"

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the store for one build.

        Raises
        ------
        StoreLockedError
            If another build holds it; wait for it to end.
        """
        self.builds.mkdir(parents=True, exist_ok=True)
        with (self.path / LOCK).open("a+", encoding="utf-8") as stream:
            try:
                fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                stream.seek(0)
                holder = stream.read().strip() or "another process"
                raise StoreLockedError(
                    f"{self.path}: held by {holder}; expected no other build. Wait for it to end."
                ) from None
            stream.truncate(0)
            started = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
            stream.write(f"process {os.getpid()} on {socket.gethostname()} since {started}")
            stream.flush()
            try:
                self._remove_unfinished()
                yield
            finally:
                stream.truncate(0)

    def current(self) -> Path | None:
        """Return the folder of the build that is served, None when there is none yet.

        Raises
        ------
        StoreError
            If the pointer names a build that is not there; build again.
        """
        pointer = self.path / CURRENT
        if not pointer.exists():
            return None
        try:
            folder = self.path / str(json.loads(pointer.read_text(encoding="utf-8"))["path"])
        except (ValueError, KeyError, TypeError):
            raise StoreError(
                f"{pointer.name}: does not point to a build; expected build_id and path. "
                "Build again."
            ) from None
        if not (folder / MANIFEST).exists():
            raise StoreError(
                f"{pointer.name}: names {folder.name}, which is not there; expected one of "
                f"{[one.name for one in self.finished()]}. Build again."
            )
        return folder

    def current_manifest(self) -> dict[str, Any] | None:
        """Return the manifest of the build that is served, None when there is none."""
        folder = self.current()
        return None if folder is None else read_manifest(folder)

    def finished(self) -> list[Path]:
        """Return the folders of all finished builds, oldest first."""
        if not self.builds.is_dir():
            return []
        return sorted(one for one in self.builds.iterdir() if (one / MANIFEST).exists())

    def start(self, name: str) -> Path:
        """Make the folder in which a build is written until it is whole."""
        folder = self.builds / f"{UNFINISHED}{name}"
        (folder / "slices").mkdir(parents=True)
        (folder / "public").mkdir()
        return folder

    def publish(self, unfinished: Path, build_id: str) -> Path:
        """Give a whole build its name, point to it, and drop the oldest ones."""
        folder = self.builds / build_id
        for one in sorted(unfinished.rglob("*")):
            if one.is_file():
                _sync(one)
        unfinished.rename(folder)
        _sync(self.builds)
        write_json(self.path / CURRENT, {"build_id": build_id, "path": f"builds/{build_id}"})
        self._prune(folder)
        return folder

    def note_attempt(self, *, ok: bool, messages: list[str]) -> None:
        """Write down how the last attempt to build ended, for `anxing status`."""
        at = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        write_json(self.path / ATTEMPT, {"at": at, "ok": ok, "messages": messages})

    def last_attempt(self) -> dict[str, Any] | None:
        """Return how the last attempt ended, None when there was none."""
        found = self.path / ATTEMPT
        return json.loads(found.read_text(encoding="utf-8")) if found.exists() else None

    def _prune(self, served: Path) -> None:
        others = [one for one in self.finished() if one != served]
        for old in others[: max(0, len(others) - (KEPT - 1))]:
            shutil.rmtree(old)

    def _remove_unfinished(self) -> None:
        for one in self.builds.glob(f"{UNFINISHED}*"):
            shutil.rmtree(one)


def write_json(path: Path, body: dict[str, Any]) -> None:
    """Write a JSON file whole or not at all: to a new name, then renamed."""
    fresh = path.with_name(path.name + ".new")
    fresh.write_text(
        json.dumps(body, ensure_ascii=False, indent=1, sort_keys=True) + "\n", encoding="utf-8"
    )
    _sync(fresh)
    fresh.replace(path)


def read_manifest(folder: Path) -> dict[str, Any]:
    """Return the manifest of a build."""
    body: dict[str, Any] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    return body


def file_digests(
    folder: Path, known: dict[str, dict[str, Any]] | None = None
) -> dict[str, dict[str, Any]]:
    """Return size and sha256 of every file of a build but its manifest, by relative name.

    Parameters
    ----------
    folder
        The build.
    known
        Those of files that need not be read again.
    """
    known = known or {}
    files = [one for one in sorted(folder.rglob("*")) if one.is_file() and one.name != MANIFEST]
    names = [one.relative_to(folder).as_posix() for one in files]
    with ThreadPoolExecutor(READERS) as pool:
        found = pool.map(lambda k: known.get(names[k]) or file_digest(files[k]), range(len(files)))
        return dict(zip(names, found, strict=True))


def file_digest(path: Path) -> dict[str, Any]:
    """Return size and sha256 of a file."""
    return {"n_bytes": path.stat().st_size, "sha256": digest(path)}


def digest(path: Path) -> str:
    """Return the sha256 of a file as hexadecimal text."""
    found = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(_BLOCK):
            found.update(block)
    return found.hexdigest()


def verify_build(folder: Path) -> list[str]:
    """Return everything in which a build differs from its manifest; empty when it is whole."""
    stated = read_manifest(folder)["files"]
    found = file_digests(folder)
    faults = [f"{name}: missing" for name in sorted(stated.keys() - found.keys())]
    faults += [f"{name}: not in the manifest" for name in sorted(found.keys() - stated.keys())]
    faults += [
        f"{name}: sha256 is {found[name]['sha256'][:12]}…; expected {stated[name]['sha256'][:12]}…"
        for name in sorted(stated.keys() & found.keys())
        if stated[name]["sha256"] != found[name]["sha256"]
    ]
    return faults


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
