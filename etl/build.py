"""Files to an immutable build: load, check, analyse, slice, publish, pointer last."""

from __future__ import annotations

import gc
import hashlib
import json
import platform
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from etl.district import District, read_district
from etl.errors import EtlError, SourceError, StoreError
from etl.paths import ROOT
from etl.progress import Progress, Silent
from etl.report import Report
from etl.store import MANIFEST, Store, file_digests, write_json

if TYPE_CHECKING:
    import duckdb

    from etl.core import CoreFiller
    from etl.inputs import Inputs

SEED = 20260101
MEMORY = "2GB"
SHAPES_FINAL = "coverage"  # the analysis after which no shape of a map layer is written
LIBRARIES = ("duckdb", "geopandas", "numba", "numpy", "pyarrow", "pyproj", "shapely")


@dataclass
class BuildResult:
    """What a run did."""

    folder: Path
    unchanged: bool
    manifest: dict[str, Any]
    report: Report = field(default_factory=Report)


def build(
    district_file: Path,
    store: Store,
    *,
    folder: Path | None = None,
    seed: int = SEED,
    progress: Progress | None = None,
    now: datetime | None = None,
) -> BuildResult:
    """Build a district into a store.

    Parameters
    ----------
    district_file
        TOML file of the district.
    store
        Where builds live; held for as long as this one takes.
    folder
        Folder of the inputs, when not the one the district file names.
    seed
        Seed of everything random.
    progress
        Shown stage by stage.
    now
        The present (UTC, naive), later than which nothing may have happened; the clock's when None.

    Returns
    -------
    BuildResult
        The build now served; `unchanged` when the inputs were those of the build already served.

    Raises
    ------
    EtlError
        When a file is refused or the store is held; the build served before is served still.
    """
    district = read_district(district_file, folder=folder)
    with store.locked():
        try:
            return _build_locked(district, store, seed, progress or Silent(), now or _utc_now())
        except EtlError as error:
            store.note_attempt(ok=False, messages=str(error).splitlines())
            raise


def _build_locked(
    district: District, store: Store, seed: int, progress: Progress, now: datetime
) -> BuildResult:
    from etl.inputs import find_inputs, refuse_changed, sizes_differ

    served = store.current_manifest()
    folder = store.current()
    inputs = find_inputs(district)
    method = _method_digest(district, seed)
    # digests are computed beside: they are waited for only where sizes leave it to them
    if served is not None and folder is not None and not sizes_differ(district, served):
        digest = _inputs_digest(method, inputs)
        if served.get("inputs_digest") == digest:
            store.note_attempt(ok=True, messages=["unchanged"])
            return BuildResult(folder, True, served)
    started = f"{now:%Y%m%dT%H%M%S}"
    unfinished = store.start(started)
    report = Report()
    try:
        with _few_collections():
            manifest = _write_build(
                district, inputs, unfinished, report, progress, now, seed, _database(served, folder)
            )
        digest = _inputs_digest(method, inputs)
        refuse_changed(inputs)
        build_id = f"{started}-{digest[:8]}"
        manifest |= {"build_id": build_id, "inputs_digest": digest}
        manifest["files"] = file_digests(unfinished, manifest["files"])
        for one in manifest["slices"]:
            one |= manifest["files"][one["file"]]
        write_json(unfinished / MANIFEST, manifest)
        published = store.publish(unfinished, build_id)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    store.note_attempt(ok=True, messages=[build_id])
    return BuildResult(published, False, manifest, report)


@contextmanager
def _few_collections() -> Iterator[None]:
    """Let Python look for cycles seldom: a build makes many rows and next to no cycle."""
    usual = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(100_000, 50, 50)
    try:
        yield
    finally:
        gc.set_threshold(*usual)
        gc.unfreeze()


def _database(served: dict[str, Any] | None, folder: Path | None) -> Path | None:
    """Return the database that is served: what is known of yesterday judges what came today."""
    return None if served is None or folder is None else folder / "district.duckdb"


def check(
    district_file: Path,
    scratch: Path,
    *,
    folder: Path | None = None,
    progress: Progress | None = None,
    now: datetime | None = None,
) -> tuple[Report, CoreFiller]:
    """Read and check every file of a district without building anything.

    Parameters
    ----------
    district_file
        TOML file of the district.
    scratch
        An empty folder for the scratch database.
    folder
        Folder of the inputs, when not the one the district file names.
    progress
        Shown file by file.
    now
        The present (UTC, naive); the clock's when None.

    Returns
    -------
    tuple
        The findings, and the filler with what became of every file.

    Raises
    ------
    EtlError
        With one line for each file refused whole.
    """
    district = read_district(district_file, folder=folder)
    from etl.inputs import find_inputs

    report = Report()
    inputs = find_inputs(district)
    with _open(scratch / "check.duckdb") as con:
        filler = _fill_core(con, district, inputs, report, progress or Silent(), now or _utc_now())
    return report, filler


def _fill_core(
    con: duckdb.DuckDBPyConnection,
    district: District,
    inputs: Inputs,
    report: Report,
    progress: Progress,
    now: datetime,
    served: Path | None = None,
) -> CoreFiller:
    from etl import schema
    from etl.core import CoreFiller

    for statement in schema.create_statements():
        con.execute(statement)
    filler = CoreFiller(con, district, report, progress, now, served)
    filler.fill(inputs)
    return filler


def _write_build(
    district: District,
    inputs: Inputs,
    folder: Path,
    report: Report,
    progress: Progress,
    now: datetime,
    seed: int,
    served: Path | None,
) -> dict[str, Any]:
    from etl.accounts import balance, table_counts, write_meta
    from etl.ahead import Ahead
    from etl.core import local_days
    from etl.layers import write_layers
    from etl.marts.context import MartContext
    from etl.slice_writer import write_slices
    from etl.slices import plan_slices

    database = folder / "district.duckdb"
    with ExitStack() as end, _open(database) as con:
        filler = _fill_core(con, district, inputs, report, progress, now, served)
        balance(con, filler.files)
        first, last = local_days(con, district.time_zone)
        as_of = district.as_of or last
        if as_of is None:
            raise SourceError("incidents: no dated row; expected at least one. Check the files.")
        from etl.schema import CORE

        missing = frozenset(table.name for table in CORE) - set(inputs)
        plan = plan_slices(con)
        ahead = end.enter_context(Ahead(con, plan, database, epsg=district.epsg))
        context = MartContext(
            con, district, as_of, report, progress, missing, seed, served, ahead.shapes_are_final
        )
        for stage, derive in _stages():
            progress.start(stage, None)
            # coverage that is copied from the build served takes a second: it waits for nobody
            is_copied = stage == SHAPES_FINAL and served is not None
            with ahead.paused() if is_copied else nullcontext():
                derive(context)
            if stage == SHAPES_FINAL:
                ahead.shapes_are_final()  # without cameras it has not been told yet
        facts = {
            "district_id": district.district_id,
            "name": district.name,
            "name_en": district.name_en,
            "time_zone": district.time_zone,
            "crs": district.crs,
            "as_of": as_of.isoformat(),
            "first_day": (first or as_of).isoformat(),
            "built_at": f"{now:%Y-%m-%dT%H:%M:%SZ}",
            "missing_tables": " ".join(sorted(missing)),
            "map": json.dumps(district.map, ensure_ascii=False, sort_keys=True),
            "publication": json.dumps(district.publication, ensure_ascii=False, sort_keys=True),
        }
        write_meta(con, filler.files, report, facts)
        write_layers(con, epsg=district.epsg, kind="district")
        counts = table_counts(con)
        ahead.stop()
        con.execute("CHECKPOINT")
        con.close()  # the slices are written from the file
        files = write_slices(database, plan, epsg=district.epsg, progress=progress, ahead=ahead)
    progress.start("manifest", None)
    slices = [one.manifest() for one in plan]
    return _manifest(district, inputs, as_of, now, seed, counts, slices) | {"files": files}


def _stages() -> tuple[tuple[str, Callable[[Any], None]], ...]:
    """Return the analyses."""
    from etl.marts.stages import STAGES

    return STAGES


def _manifest(
    district: District,
    inputs: Inputs,
    as_of: date,
    now: datetime,
    seed: int,
    counts: dict[str, int],
    slices: list[dict[str, object]],
) -> dict[str, Any]:
    return {
        "district": {
            "id": district.district_id,
            "name": district.name,
            "name_en": district.name_en,
            "time_zone": district.time_zone,
            "crs": district.crs,
        },
        "as_of": as_of.isoformat(),
        "built_at": f"{now:%Y-%m-%dT%H:%M:%SZ}",
        "seed": seed,
        "versions": {
            "anxing": version("anxing"),
            "python": platform.python_version(),
            **{name: version(name) for name in LIBRARIES},
        },
        "inputs": _described(inputs),
        "tables": counts,
        "slices": slices,
    }


def _described(inputs: Inputs) -> list[dict[str, object]]:
    return [
        {"table": name, "file": file.label, "n_bytes": file.n_bytes, "sha256": file.sha256}
        for name, files in inputs.items()
        for _, file in files
    ]


def _method_digest(district: District, seed: int) -> str:
    """Return a digest of what a build depends on beside its files: district file, code, method."""
    found = hashlib.sha256(district.path.read_bytes())
    found.update(str(seed).encode())
    for folder, pattern in (("geo", "*.py"), ("etl", "*.py"), ("data", "*.toml")):
        for one in sorted((ROOT / folder).rglob(pattern)):
            if one.parent.name != "districts":
                found.update(one.relative_to(ROOT).as_posix().encode() + one.read_bytes())
    return found.hexdigest()


def _inputs_digest(method: str, inputs: Inputs) -> str:
    """Return a digest of everything a build depends on; waits for those of the files."""
    return hashlib.sha256(json.dumps([method, _described(inputs)]).encode()).hexdigest()


def _open(path: Path) -> duckdb.DuckDBPyConnection:
    import duckdb

    from etl.ahead import THREADS
    from etl.schema import SLOW_CODECS, WRITTEN_AS, literal

    con = duckdb.connect()
    con.execute(f"SET threads = {THREADS}")
    con.execute(f"SET memory_limit = '{MEMORY}'")
    con.execute(f"SET disabled_compression_methods = '{SLOW_CODECS}'")
    con.execute("SET temp_directory = ?", [str(path.parent / "spill")])
    con.execute("SET TimeZone = 'UTC'")
    # A checkpoint after every insert would write half-full blocks again and again; one for all at
    # the end would first fill the memory.
    con.execute("SET checkpoint_threshold = '256MB'")
    con.execute(f"ATTACH {literal(str(path))} AS build ({WRITTEN_AS})")
    con.execute("USE build")
    return con


def _utc_now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None, microsecond=0)


__all__ = ["BuildResult", "StoreError", "build", "check"]
