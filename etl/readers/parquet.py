"""Parquet and GeoParquet: schema and metadata checked, batches handed on in the file's own types.

References
----------
.. [1] OGC (2025). GeoParquet Specification, version 1.1.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import shapely
from pyproj import CRS
from pyproj.exceptions import CRSError

from etl.errors import SourceError
from etl.readers.geopackage import name_crs
from etl.readers.headers import match_headers
from etl.readers.raw import GEOMETRY, LINE, RawTable, SourceFile
from etl.readers.signature import check_signature
from etl.readers.texts import refuse_unsafe
from etl.report import Finding
from etl.shapes import bytes_of_column
from geo.outlines import outlines_from_wkb
from geo.simple import find_simple

BATCH = 1 << 17
MAX_GROUP_BYTES = 2 << 30
_WGS84 = "EPSG:4326"
_DAMAGE = (pa.ArrowInvalid, pa.ArrowNotImplementedError, pa.ArrowTypeError, OSError)


def read(source: SourceFile) -> RawTable:
    """Open a Parquet file; with geometry when the district declares `geoparquet`.

    Parameters
    ----------
    source
        The file and what the district says of it.

    Returns
    -------
    RawTable
        Columns in their own types (dictionaries decoded; moments without a zone stay so), `__line`
        the number of the row, shapes as WKB.

    Raises
    ------
    SourceError
        When the file is damaged, its geometry metadata is missing, broken or leaves the coordinate
        system unknown, or a mapped column is nested.
    """
    check_signature(source)
    file = _open(source)
    schema = file.schema_arrow
    geometry, crs, told = _geometry(schema, source)
    header = match_headers(source, schema.names, geometry=geometry)
    keys = {name: schema.names[place] for name, place in header.positions.items()}
    if geometry is not None:
        keys = {name: key for name, key in keys.items() if key != geometry}
    _check_columns(file, schema, [*keys.values()], source)
    raw = RawTable(
        source=source,
        columns=tuple(keys),
        batches=iter(()),
        crs=crs,
        datum_hint=header.datum_hint,
        text_typed=False,
        n_read=file.metadata.num_rows,
        findings=header.findings,
    )
    raw.batches = _batches(raw, file, keys, geometry, told)
    return raw


def _open(source: SourceFile) -> pq.ParquetFile:
    try:
        file = pq.ParquetFile(source.path, page_checksum_verification=True)
        n = file.metadata.num_rows
    except _DAMAGE as error:
        raise _damaged(source, error) from None
    if n == 0:
        raise SourceError(
            f"{source.label}: no rows; expected at least one. Export the table again: an empty "
            "file never replaces what is served."
        )
    return file


def _damaged(source: SourceFile, error: Exception) -> SourceError:
    found = str(error).splitlines()[0][:160]
    return SourceError(
        f"{source.label}: a damaged Parquet file ({found}); expected a whole one. "
        "Write or copy the file again."
    )


def _check_columns(
    file: pq.ParquetFile, schema: pa.Schema, names: list[str], source: SourceFile
) -> None:
    for name in names:
        if pa.types.is_nested(schema.field(name).type):
            raise SourceError(
                f"{source.label}, {name}: values of type {schema.field(name).type}; expected plain "
                "values. Flatten the column."
            )
    for number in range(file.metadata.num_row_groups):
        size = file.metadata.row_group(number).total_byte_size
        if size > MAX_GROUP_BYTES:
            raise SourceError(
                f"{source.label}: a row group of {size:,} bytes; expected at most "
                f"{MAX_GROUP_BYTES:,}. Write the file with smaller row groups."
            )


def _geometry(
    schema: pa.Schema, source: SourceFile
) -> tuple[str | None, str | None, dict[str, Any]]:
    """Return the geometry column, its system, and what the metadata says of it."""
    if source.format == "parquet":
        return None, None, {}
    text = (schema.metadata or {}).get(b"geo")
    if text is None:
        raise SourceError(
            f"{source.label}: no GeoParquet metadata, so the coordinate system is unknown; "
            "expected a `geo` entry. Write the file with a GeoParquet writer (GeoPandas, GDAL)."
        )
    try:
        told = json.loads(text)
        name = told["primary_column"]
        column = dict(told["columns"][name])
    except (ValueError, KeyError, TypeError, UnicodeDecodeError):
        raise SourceError(
            f"{source.label}: GeoParquet metadata that cannot be read; expected JSON with "
            "primary_column and columns. Write the file again with a GeoParquet writer."
        ) from None
    if name not in schema.names or str(column.get("encoding")).upper() != "WKB":
        raise SourceError(
            f"{source.label}, {str(name)[:60]}: encoding {str(column.get('encoding'))[:40]!r}; "
            'expected a column of WKB. Write the file with geometry_encoding = "WKB".'
        )
    return name, _crs(column, source), column


def _crs(column: dict[str, Any], source: SourceFile) -> str:
    if "crs" not in column:
        return _WGS84
    if column["crs"] is None:
        raise SourceError(
            f"{source.label}: crs null, which means unknown; expected a coordinate system. "
            "Set the system of the layer and write the file again."
        )
    try:
        crs = CRS.from_user_input(column["crs"])
    except (CRSError, TypeError):
        raise SourceError(
            f"{source.label}: a crs that cannot be read; expected PROJJSON. "
            "Write the file again with a GeoParquet writer."
        ) from None
    if (column["crs"].get("id") or {}).get("code") == "CRS84":
        return _WGS84
    return name_crs(crs)


def _batches(
    raw: RawTable,
    file: pq.ParquetFile,
    keys: dict[str, str],
    geometry: str | None,
    told: dict[str, Any],
) -> Iterator[pa.RecordBatch]:
    columns = [*dict.fromkeys(keys.values()), *([geometry] if geometry else [])]
    line = 1
    bounds = np.array([np.inf, np.inf, -np.inf, -np.inf])
    rows = file.iter_batches(BATCH, columns=columns, use_threads=True)
    while True:
        try:
            found = next(rows)
        except StopIteration:
            break
        except _DAMAGE as error:
            raise _damaged(raw.source, error) from None
        arrays = {name: _plain(found.column(key)) for name, key in keys.items()}
        arrays[LINE] = pa.array(np.arange(line, line + found.num_rows))
        line += found.num_rows
        if geometry is not None:
            arrays[GEOMETRY] = found.column(geometry).cast(pa.binary())
            bounds = _widen(bounds, arrays[GEOMETRY], told)
        batch = refuse_unsafe(raw, pa.RecordBatch.from_arrays(list(arrays.values()), list(arrays)))
        if batch.num_rows:
            yield batch
    _check_bounds(raw, bounds, told)


def _plain(column: pa.Array) -> pa.Array:
    kind = column.type
    if pa.types.is_dictionary(kind):
        return _plain(column.dictionary_decode())
    if pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        return column.cast(pa.string())
    return column


def _widen(bounds: np.ndarray, shapes: pa.Array, told: dict[str, Any]) -> np.ndarray:
    if "bbox" not in told:
        return bounds
    data, begins, valid = bytes_of_column(shapes)
    simple = find_simple(data, begins, valid)
    if simple.any():
        xy = outlines_from_wkb(data, begins, simple).xy
        bounds = _around(bounds, np.concatenate((xy.min(axis=0), xy.max(axis=0))))
    rest = shapes.filter(pa.array(~simple)).to_numpy(zero_copy_only=False)
    found = shapely.from_wkb(rest, on_invalid="ignore")
    found = found[~shapely.is_missing(found)]
    return _around(bounds, shapely.total_bounds(found)) if len(found) else bounds


def _around(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Return the box around two boxes, of which one may be NaN."""
    return np.concatenate((np.fmin(one[:2], other[:2]), np.fmax(one[2:], other[2:])))


def _check_bounds(raw: RawTable, bounds: np.ndarray, told: dict[str, Any]) -> None:
    box = told.get("bbox")
    if box is None or not np.isfinite(bounds).all():
        return
    try:
        given = np.array(box, float)
        flat = given if len(given) == 4 else given[[0, 1, 3, 4]]
        lies = not np.allclose(flat, bounds, atol=1e-6 * max(1.0, float(np.abs(bounds).max())))
    except (ValueError, TypeError, IndexError):
        lies = True
    if lies:
        label = raw.source.label
        raw.findings.append(
            Finding(
                "warning",
                "bounds_wrong",
                f"{label}: the bounding box in its metadata is wrong; computed anew from the "
                "shapes.",
                f"{label}：元数据中的范围有误，已按图形重新计算。",
                raw.source.table,
                label,
            )
        )
