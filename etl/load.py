"""Files of one district to checked core tables: read, clean, place, refuse, assign, write."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime
from functools import cache
from typing import TypeVar
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from etl import schema
from etl.clean import Faults, clean_batch, rejected_batch
from etl.dedupe import digests, row_names
from etl.district import District, SourceSpec
from etl.errors import SourceError
from etl.geometry import clean_points
from etl.inputs import InputFile
from etl.outline_rows import OutlineRows, clean_outlines
from etl.place import Frame, choose_datum, place_points, to_lonlat, within
from etl.progress import Progress
from etl.readers import SourceFile, read
from etl.readers.raw import GEOMETRY, LINE, RawTable
from etl.report import Report
from etl.staging import FILE, KEY, FileRows, Staged
from etl.suspicion import glance, tell
from geo import projection

WORKERS = 2
In = TypeVar("In")
Out = TypeVar("Out")


class TableLoader:
    """Reads every file of one input table into one staged table."""

    def __init__(
        self,
        district: District,
        report: Report,
        progress: Progress,
        *,
        now: datetime,
        frame: Frame,
    ) -> None:
        self.district = district
        self.report = report
        self.progress = progress
        self.now = now
        self.frame = frame

    def stage(self, name: str, found: list[tuple[SourceSpec, InputFile]]) -> Staged:
        """Read all files of table `name`.

        Raises
        ------
        SourceError
            With one line for every file that is refused whole.
        """
        files: list[FileRows] = []
        batches: list[pa.RecordBatch] = []
        faults: list[str] = []
        for spec, file in found:
            owner = FileRows(spec, file)
            try:
                batches += self._read_file(owner, len(files))
            except SourceError as error:
                faults.append(str(error))
            files.append(owner)
        if faults:
            raise SourceError("\n".join(faults))
        if not batches:
            for owner in files:
                owner.check_share(self.district.reject_above_fraction)
        tables = [pa.Table.from_batches([one]) for one in batches]
        return Staged(files, pa.concat_tables(tables, promote_options="default"))

    def _read_file(self, owner: FileRows, number: int) -> list[pa.RecordBatch]:
        spec, file = owner.spec, owner.file
        raw = read(_source_file(spec, file))
        owner.datum = self._datum(spec, raw)
        self.progress.start(f"{spec.table} · {file.label}", None)
        staged: list[pa.RecordBatch] = []

        def work(batch: pa.RecordBatch) -> tuple[pa.RecordBatch, list[pa.RecordBatch], int, int]:
            _check_id_types(batch, spec, file.label)
            owner.glances.append(glance(batch, spec))
            rows, rejected = self._clean(batch, owner, number)
            return rows, rejected, batch.num_rows - rows.num_rows, batch.num_rows

        for rows, rejected, n_bad, n in in_order(work, raw.batches):
            owner.rejected += rejected
            owner.n_rejected += n_bad
            staged.append(rows)
            owner.note_newest(rows, ZoneInfo(self.district.time_zone))
            self.progress.advance(n)
        owner.take_reader_count(raw)
        self.report.findings += raw.findings
        self._note_mended(owner)
        tell(
            owner.glances,
            self.report,
            table=spec.table,
            source=file.label,
            zone=spec.time_zone or self.district.time_zone,
            datum=owner.datum,
        )
        if owner.n_read == 0 or owner.n_rejected == owner.n_read:
            owner.check_share(self.district.reject_above_fraction)
        return staged

    def _note_mended(self, owner: FileRows) -> None:
        n, label = sum(owner.mended), owner.file.label
        if n:
            self.report.find(
                "warning",
                "shapes_mended",
                f"{label}: {n:,} shapes had spikes, touching rings or repeated points; mended, "
                "with less than 0.1 % of their area changed.",
                f"{label}：{n:,} 个图形存在尖刺、自接触或重复点；已修复，面积变化小于 0.1%。",
                table=owner.spec.table,
                source=label,
                n=n,
            )

    def _datum(self, spec: SourceSpec, raw: RawTable) -> str | None:
        if schema.input_table(spec.table).geometry is None:
            return None
        datum = choose_datum(spec.datum, raw.crs, where=raw.source.label)
        hint = raw.datum_hint
        if hint != datum and {hint, datum} & {"gcj02", "bd09"} and hint is not None:
            raise SourceError(
                f"{raw.source.label}: column names that speak of {hint}; expected {datum}, as "
                f'declared. Map other columns, or declare datum = "{hint}" in the district file.'
            )
        return datum

    def _clean(
        self, batch: pa.RecordBatch, owner: FileRows, number: int
    ) -> tuple[pa.RecordBatch, list[pa.RecordBatch]]:
        spec = owner.spec
        table = schema.input_table(spec.table)
        original = batch
        zone = ZoneInfo(spec.time_zone or self.district.time_zone)
        cleaned = clean_batch(batch, spec, source=owner.file.label, zone=zone, now=self.now)
        rows, rejected = cleaned.rows, cleaned.rejected
        if spec.generate_id:
            rows = _with_names(rows, original, table.key[0])
        if table.geometry == "point":
            rows, more = self._place_points(rows, owner, table)
            rejected = rejected + more
        elif table.geometry is not None:
            rows, more = self._place_shapes(rows, owner, table)
            rejected = rejected + more
        return _with_keys(rows, table, number), rejected

    def _place_points(
        self, rows: pa.RecordBatch, owner: FileRows, table: schema.Table
    ) -> tuple[pa.RecordBatch, list[pa.RecordBatch]]:
        frame = self.frame
        faults = _faults(rows, owner)
        lon, lat = _coordinates(rows)
        if GEOMETRY in rows.schema.names and lon.null_count == len(lon):
            points = clean_points(rows[GEOMETRY].to_numpy(zero_copy_only=False))
            _note_codes(faults, points.codes, "one point")
            lon, lat = _nullable(points.x), _nullable(points.y)
        required = table.column("lon").required
        x84, y84 = place_points(
            lon, lat, faults, datum=str(owner.datum), frame=frame, required=required
        )
        x, y = projection.project(x84, y84, epsg=frame.epsg)
        placed = {"lon": _nullable(x84), "lat": _nullable(y84)}
        placed |= {"x": _nullable(x), "y": _nullable(y)}
        rows = _replace(
            rows.drop_columns([GEOMETRY]) if GEOMETRY in rows.schema.names else rows, placed
        )
        return rows.filter(pa.array(~faults.bad)), faults.batches

    def _place_shapes(
        self, rows: pa.RecordBatch, owner: FileRows, table: schema.Table
    ) -> tuple[pa.RecordBatch, list[pa.RecordBatch]]:
        if GEOMETRY not in rows.schema.names:
            if table.column("geometry").required:
                raise SourceError(
                    f"{owner.file.label}: no shapes in the file; expected a polygon a row. "
                    "Use a format with geometry: geojson, gpkg, shapefile or geoparquet."
                )
            return rows, []
        faults = _faults(rows, owner)
        shapes, codes, n_mended = clean_outlines(rows[GEOMETRY])
        owner.mended.append(n_mended)
        _note_codes(faults, codes, "one valid polygon")
        datum, good = str(owner.datum), ~faults.bad
        west, south, east, north = shapes.bounds().T
        lon, lat = (west + east) / 2, (south + north) / 2
        lon[good], lat[good] = to_lonlat(lon[good], lat[good], datum)
        away = np.flatnonzero(good & ~within(lon, lat, self.frame.bounds))
        faults.add("geometry", "outside", away, None, str(self.frame.bounds))
        good = ~faults.bad
        metres = shapes.filter(good).to_metres(datum, self.frame)
        placed = rows.filter(pa.array(good)).drop_columns([GEOMETRY])
        return _with_shapes(placed, metres, self.frame), faults.batches


def _coordinates(rows: pa.RecordBatch) -> tuple[pa.Array, pa.Array]:
    """Return the coordinate columns, empty ones when the source maps none."""
    nothing = pa.nulls(rows.num_rows, pa.float64())
    names = rows.schema.names
    return tuple(rows[one] if one in names else nothing for one in ("lon", "lat"))


def _note_codes(faults: Faults, codes: np.ndarray, expected: str) -> None:
    for code in sorted({one for one in codes if one}):
        faults.add("geometry", code, np.flatnonzero(codes == code), None, expected)


def _check_id_types(batch: pa.RecordBatch, spec: SourceSpec, label: str) -> None:
    """Refuse numbers where the contract says text: their leading zeros are already gone."""
    if spec.ids_as_text or spec.format not in ("geojson", "parquet", "geoparquet"):
        return
    for column in schema.input_table(spec.table).inputs:
        for theirs in spec.columns.get(column.name, ()):
            if not column.name.endswith("_id") or theirs not in batch.schema.names:
                continue
            kind = batch.schema.field(theirs).type
            if pa.types.is_integer(kind) or pa.types.is_floating(kind):
                raise SourceError(
                    f"{label}, {theirs}: numbers; expected text, because numbers lose leading "
                    "zeros. Export the column as text, or set ids_as_text = true if none began "
                    "with zero."
                )


def _source_file(spec: SourceSpec, file: InputFile) -> SourceFile:
    wanted = tuple(dict.fromkeys(one for names in spec.columns.values() for one in names))
    return SourceFile(
        path=file.path,
        label=file.label,
        table=spec.table,
        format=spec.format,
        wanted=wanted,
        encoding=spec.encoding,
        sheet=spec.sheet,
        layer=spec.layer,
        ignore=spec.ignore,
        all_columns=spec.generate_id,
        known_values=_known_values(spec),
        datum=spec.datum,
    )


def _known_values(spec: SourceSpec) -> tuple[str, ...]:
    """Return the words the district expects in the file: they decide between encodings."""
    words = [*spec.categories, *(word for one in spec.values.values() for word in one)]
    return tuple(dict.fromkeys(words))


def _faults(rows: pa.RecordBatch, owner: FileRows) -> Faults:
    lines = rows[LINE].to_numpy(zero_copy_only=False)
    return Faults(owner.spec.table, owner.file.label, lines, np.zeros(len(lines), bool))


def _with_names(rows: pa.RecordBatch, original: pa.RecordBatch, key: str) -> pa.RecordBatch:
    """Give each row the name that its whole source row makes."""
    names = row_names(original.drop_columns([LINE]))
    kept = pc.is_in(original[LINE], value_set=rows[LINE])
    return _replace(rows, {key: names.filter(kept)})


def _with_keys(rows: pa.RecordBatch, table: schema.Table, number: int) -> pa.RecordBatch:
    n = rows.num_rows
    (key,) = digests(rows, table.key)
    return _replace(rows, {KEY: pa.array(key), FILE: pa.array(np.full(n, number, np.int32))})


def _with_shapes(rows: pa.RecordBatch, metres: OutlineRows, frame: Frame) -> pa.RecordBatch:
    x, y = metres.inner_points().T
    lon, lat = projection.unproject(x, y, epsg=frame.epsg)
    return _replace(
        rows,
        {
            "geometry": metres.to_wkb(),
            "area_m2": pa.array(metres.areas()),
            "lon": pa.array(lon),
            "lat": pa.array(lat),
        },
    )


def _replace(rows: pa.RecordBatch, columns: dict[str, pa.Array]) -> pa.RecordBatch:
    found = dict(zip(rows.schema.names, rows.columns, strict=True)) | columns
    return pa.RecordBatch.from_arrays(list(found.values()), list(found))


def _nullable(values: np.ndarray) -> pa.Array:
    return pa.array(values, mask=np.isnan(values))


def in_order(work: Callable[[In], Out], items: Iterable[In]) -> Iterator[Out]:
    """Do `work` on each item on two threads, a few ahead, giving the answers in order."""
    waiting: deque[Future[Out]] = deque()
    for item in items:
        waiting.append(_pool().submit(work, item))
        if len(waiting) > WORKERS:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()


@cache
def _pool() -> ThreadPoolExecutor:
    """Return the threads of this process: each keeps its scratch database from file to file."""
    return ThreadPoolExecutor(WORKERS, thread_name_prefix="rows")


__all__ = ["TableLoader", "in_order", "rejected_batch"]
