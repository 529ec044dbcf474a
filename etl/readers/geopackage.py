"""GeoPackage, read as the SQLite database it is: checked, never trusted, no code of it runs.

References
----------
.. [1] OGC 12-128r19 (2024). OGC GeoPackage Encoding Standard, version 1.4.
.. [2] SQLite (2024). Defense Against The Dark Arts: untrusted SQLite database files.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
from pyproj import CRS
from pyproj.exceptions import CRSError

from etl.errors import SourceError
from etl.readers import typed
from etl.readers.headers import match_headers
from etl.readers.raw import GEOMETRY, LINE, RawTable, SourceFile
from etl.readers.signature import check_signature
from etl.readers.texts import refuse_unsafe

BATCH = 20_000
_ENVELOPE_BYTES = {0: 0, 1: 32, 2: 48, 3: 48, 4: 64}
_EXTENDED = 0x20
# Triggers that the standard itself prescribes; on a read-only database none of them ever fires.
_STANDARD = re.compile(r"(rtree_|gpkg_|fgti_|trigger_(insert|delete)_feature_count_)")


@dataclass(frozen=True)
class _Layer:
    name: str
    geometry: str | None
    srs_id: int | None


def read(source: SourceFile) -> RawTable:
    """Open one layer of a GeoPackage.

    Parameters
    ----------
    source
        The file and what the district says of it.

    Returns
    -------
    RawTable
        Columns in their own types, `__line` the number of the feature, shapes without the
        GeoPackage header; what is no shape is handed on as found, for the row to be refused.

    Raises
    ------
    SourceError
        When the database is damaged, holds triggers or views of somebody's own, has several layers
        and none is named, or its coordinate system is unknown.
    """
    check_signature(source)
    wal = source.path.with_name(source.path.name + "-wal")
    if wal.exists() and wal.stat().st_size:
        raise SourceError(
            f"{source.label}: changes not yet written back (a -wal file beside it); expected a "
            "closed GeoPackage. Close it in the program that has it open."
        )
    try:
        with closing(_connect(source)) as base:
            _check_integrity(base, source)
            _refuse_code(base, source)
            layer = _choose_layer(base, source)
            return _read_layer(base, layer, source)
    except sqlite3.Error as error:
        raise _damaged(source, str(error)) from None


def _damaged(source: SourceFile, found: str) -> SourceError:
    return SourceError(
        f"{source.label}: a damaged GeoPackage ({found}); expected one that passes SQLite's "
        "integrity check. Export the layer again."
    )


def _connect(source: SourceFile) -> sqlite3.Connection:
    base = sqlite3.connect(f"{source.path.resolve().as_uri()}?mode=ro&immutable=1", uri=True)
    for setting in ("trusted_schema = OFF", "cell_size_check = ON", "query_only = ON"):
        base.execute(f"PRAGMA {setting}")
    base.text_factory = lambda raw: raw.decode("utf-8", "replace")
    return base


def _check_integrity(base: sqlite3.Connection, source: SourceFile) -> None:
    found = base.execute("PRAGMA integrity_check(1)").fetchone()[0]
    if found != "ok":
        raise _damaged(source, " ".join(found.split())[:120])


def _refuse_code(base: sqlite3.Connection, source: SourceFile) -> None:
    rows = base.execute(
        "SELECT type, name FROM sqlite_master WHERE type IN ('trigger', 'view') ORDER BY name"
    )
    own = [f"{kind} {name}" for kind, name in rows if not _is_standard(kind, name)]
    if own:
        raise SourceError(
            f"{source.label}: {', '.join(own)[:200]}; expected tables only, for triggers and views "
            "are programs. Export the layer alone into a new GeoPackage."
        )


def _is_standard(kind: str, name: str) -> bool:
    return kind == "trigger" and _STANDARD.match(name) is not None


def _choose_layer(base: sqlite3.Connection, source: SourceFile) -> _Layer:
    rows = base.execute(
        "SELECT c.table_name, g.column_name, g.srs_id FROM gpkg_contents c "
        "LEFT JOIN gpkg_geometry_columns g ON g.table_name = c.table_name "
        "WHERE c.data_type IN ('features', 'attributes') "
        "AND c.table_name IN (SELECT name FROM sqlite_master WHERE type = 'table') "
        "ORDER BY c.table_name"
    ).fetchall()
    layers = [_Layer(*row) for row in rows]
    names = ", ".join(one.name for one in layers) or "none"
    if source.layer is not None:
        layers = [one for one in layers if one.name == source.layer]
    elif any(one.geometry for one in layers):
        layers = [one for one in layers if one.geometry]
    if len(layers) != 1:
        raise SourceError(
            f"{source.label}: layers {names}; expected {source.layer or 'one'}. "
            'Name the one to read with layer = "…" in the district file.'
        )
    return layers[0]


def _read_layer(base: sqlite3.Connection, layer: _Layer, source: SourceFile) -> RawTable:
    names = [row[1] for row in base.execute(f"PRAGMA table_info({_quote(layer.name)})")]
    header = match_headers(source, names, geometry=layer.geometry)
    crs = _read_crs(base, layer, source)
    raw = RawTable(
        source=source,
        columns=tuple(header.positions),
        batches=iter(()),
        crs=crs,
        datum_hint=header.datum_hint,
        encoding="utf-8",
        text_typed=False,
        findings=header.findings,
    )
    keys = [names[place] for place in header.positions.values()]
    keys += [layer.geometry] if layer.geometry else []
    raw.batches = iter(_read_batches(raw, base, layer, keys))
    return raw


def _read_batches(
    raw: RawTable, base: sqlite3.Connection, layer: _Layer, keys: list[str]
) -> list[pa.RecordBatch]:
    listed = ", ".join(_quote(one) for one in keys) or "NULL"
    query = f"SELECT {listed} FROM {_quote(layer.name)} ORDER BY rowid"
    cursor = base.execute(query)
    columns: list[list[pa.Array]] = []
    shapes: list[pa.Array] = []
    while rows := cursor.fetchmany(BATCH):
        values: list[Sequence[Any]] = list(zip(*rows, strict=True))
        found = values.pop() if layer.geometry else [None] * len(rows)
        shapes.append(pa.array([strip_header(one) for one in found], pa.binary()))
        columns.append([typed.to_array(one) for one in values[: len(raw.columns)]])
        raw.n_read += len(rows)
    if raw.n_read == 0:
        raise SourceError(
            f"{raw.source.label}: layer {layer.name} has no rows; expected at least one. Export it "
            "again: an empty file never replaces what is served."
        )
    batches, line = [], 1
    for arrays, geometry in zip(typed.unify(columns), shapes, strict=True):
        lines = pa.array(range(line, line + len(geometry)), pa.int64())
        line += len(geometry)
        named = dict(zip(raw.columns, arrays, strict=True)) | {LINE: lines}
        if layer.geometry:
            named[GEOMETRY] = geometry
        batch = pa.RecordBatch.from_arrays(list(named.values()), list(named))
        batches.append(refuse_unsafe(raw, batch))
    return [one for one in batches if one.num_rows]


def _quote(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def strip_header(blob: object) -> bytes | None:
    """Return the WKB inside a GeoPackage blob; what is no such blob comes back as found."""
    if blob is None:
        return None
    if not isinstance(blob, bytes):
        return b""
    if len(blob) < 8 or blob[:2] != b"GP" or blob[3] & _EXTENDED:
        return blob
    size = _ENVELOPE_BYTES.get((blob[3] >> 1) & 7)
    return blob if size is None else blob[8 + size :]


def _read_crs(base: sqlite3.Connection, layer: _Layer, source: SourceFile) -> str | None:
    if layer.geometry is None or layer.srs_id in (-1, 0):
        return None
    row = base.execute(
        "SELECT organization, organization_coordsys_id, definition FROM gpkg_spatial_ref_sys "
        "WHERE srs_id = ?",
        (layer.srs_id,),
    ).fetchone()
    if row is None:
        raise SourceError(
            f"{source.label}: coordinate system {layer.srs_id} is not among those of the file; "
            "expected a known one. Set the layer's coordinate system and export it again."
        )
    organization, code, definition = row
    if str(organization).upper() == "EPSG":
        return f"EPSG:{int(code)}"
    try:
        return name_crs(CRS.from_user_input(definition))
    except CRSError:
        raise SourceError(
            f"{source.label}: coordinate system {layer.srs_id} cannot be read; expected a known "
            "one. Set the layer's coordinate system and export it again."
        ) from None


def name_crs(crs: CRS) -> str:
    """Return "EPSG:code" where the system is surely a known one, else its WKT."""
    code = crs.to_epsg(min_confidence=70)
    return f"EPSG:{code}" if code else str(crs.to_wkt())
