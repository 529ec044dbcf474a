"""The files a district names: found by name or glob, with size, time and digest."""

from __future__ import annotations

import glob
import hashlib
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from etl.district import District, SourceSpec
from etl.errors import SourceError

# Areas first: everything else is assigned to them; then what others refer to.
ORDER = (
    "stations",
    "streets",
    "companies",
    "communities",
    "buildings",
    "gates",
    "cameras",
    "camera_faults",
    "patrol_points",
    "patrol_visits",
    "incidents",
    "assessments",
    "hazards",
    "sanctions",
    "interventions",
    "candidate_sites",
    "managers",
    "rating_events",
)
_BLOCK = 1 << 18
_BESIDE = ThreadPoolExecutor(1)


@dataclass(frozen=True)
class InputFile:
    """One file of one source, or one folder of a shapefile's parts."""

    path: Path
    label: str
    n_bytes: int
    modified: float
    digest: Future[str]

    @property
    def sha256(self) -> str:
        """Digest of the contents, waited for: it is computed beside whatever else is done."""
        return self.digest.result()


Inputs = dict[str, list[tuple[SourceSpec, InputFile]]]


def find_files(district: District, spec: SourceSpec) -> list[InputFile]:
    """Return the files of a source, in the order of their names.

    Parameters
    ----------
    district
        The deployment, for its input folder.
    spec
        The source; its `path` may be a glob.

    Returns
    -------
    list of InputFile
        Empty only when the source is optional.

    Raises
    ------
    SourceError
        If no file matches; put it there, or mark the source optional.
    """
    exact = district.folder / spec.path
    found = (
        [exact]
        if exact.exists()
        else sorted(
            district.folder / one
            for one in glob.glob(spec.path, root_dir=district.folder, recursive=True)
        )
    )
    if not found and not spec.optional:
        raise SourceError(
            f"{spec.path}: no such file in the input folder {district.folder.name!r}; expected the "
            f"{spec.table} of {district.name}. Put the file there, correct sources.path, "
            "or name the folder with --inputs."
        )
    return [_describe(path, district.folder) for path in found]


def _describe(path: Path, folder: Path) -> InputFile:
    label = path.relative_to(folder).as_posix()
    parts = _parts(path)
    try:
        for part in parts:
            with part.open("rb") as stream:
                stream.read(1)
    except OSError as error:
        raise _unreadable(label, error) from None
    n_bytes, modified = _state(parts) or (0, 0.0)
    waiting = _BESIDE.submit(_digest, label, parts, with_names=path.is_dir())
    return InputFile(path, label, n_bytes, modified, waiting)


def _digest(label: str, parts: list[Path], *, with_names: bool) -> str:
    digest = hashlib.sha256()
    try:
        for part in parts:
            if with_names:
                digest.update(part.name.encode())
            _feed(digest, part)
    except OSError as error:
        raise _unreadable(label, error) from None
    return digest.hexdigest()


def _unreadable(label: str, error: OSError) -> SourceError:
    return SourceError(
        f"{label}: cannot be read ({error.strerror}); expected a readable file. "
        "Give the account that runs Anxing the right to read it."
    )


def _feed(digest: hashlib._Hash, path: Path) -> None:
    block = memoryview(bytearray(_BLOCK))  # one for all: fresh memory costs more than the digest
    with path.open("rb", buffering=0) as stream:
        while n := stream.readinto(block):
            digest.update(block[:n])


def find_inputs(district: District) -> Inputs:
    """Return the files of every table, or say everything that is missing.

    Raises
    ------
    SourceError
        With one line for each source without a file.
    """
    found: Inputs = {name: [] for name in ORDER}
    faults = []
    for spec in district.sources:
        try:
            found[spec.table] += [(spec, file) for file in find_files(district, spec)]
        except SourceError as error:
            faults.append(str(error))
    if faults:
        raise SourceError("\n".join(faults))
    return {name: files for name, files in found.items() if files}


def refuse_changed(inputs: Inputs) -> None:
    """Hold files against what they were when they were found.

    Raises
    ------
    SourceError
        With one line for each file that has changed since: its rows and its digest may be those of
        two files. Build again once it is whole.
    """
    faults = [
        f"{file.label}: changed while it was read; expected a file that stays as it is during a "
        "build. Build again once it is whole."
        for files in inputs.values()
        for _, file in files
        if _state(_parts(file.path)) != (file.n_bytes, file.modified)
    ]
    if faults:
        raise SourceError("\n".join(dict.fromkeys(faults)))


def _parts(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    return sorted(one for one in path.iterdir() if one.is_file())


def _state(parts: list[Path]) -> tuple[int, float] | None:
    """Return size and latest change, None when a part is gone."""
    try:
        states = [part.stat() for part in parts]
    except FileNotFoundError:
        return None
    changed = max((one.st_mtime for one in states), default=0.0)
    return sum(one.st_size for one in states), changed


def sizes_differ(district: District, served: dict[str, Any]) -> bool:
    """Tell from the sizes of files alone that they are not those of a build.

    Parameters
    ----------
    district
        The deployment, for its input folder.
    served
        Manifest of the build.

    Returns
    -------
    bool
        False when only digests can tell.
    """
    known = [(district.folder / one["file"], one["n_bytes"]) for one in served["inputs"]]
    return any(path.is_file() and path.stat().st_size != n_bytes for path, n_bytes in known)
