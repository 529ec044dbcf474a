"""GeoJSON, read strictly: no NaN, no line-delimited features, one bad feature costs one row.

References
----------
.. [1] Butler, H. et al. (2016). The GeoJSON Format. RFC 7946.
"""

from __future__ import annotations

import gc
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

import numpy as np
import pyarrow as pa
from pyproj import CRS
from pyproj.exceptions import CRSError

from etl.errors import SourceError
from etl.readers import _features, encoding, typed, wkb
from etl.readers.headers import Header, match_headers
from etl.readers.raw import GEOMETRY, LINE, RawTable, SourceFile
from etl.readers.signature import check_signature
from etl.readers.texts import refuse_unsafe
from etl.report import Rejection

BATCH = 20_000
DEEPEST = 64
HEADER_FEATURES = 2_000
SAMPLE = 1_000
_KEY = np.frombuffer(b'"features"', np.uint8)
_MAX_DEGREES = (180.5, 90.5)
_WGS84 = "EPSG:4326"


def read(source: SourceFile) -> RawTable:
    """Open a GeoJSON feature collection.

    Parameters
    ----------
    source
        The file and what the district says of it.

    Returns
    -------
    RawTable
        Properties in their own types; `__line` is the line on which the feature begins when the
        file has more lines than features, else the number of the feature. `crs` is EPSG:4326
        unless the collection declares another (as older files do).

    Raises
    ------
    SourceError
        When the text is no GeoJSON feature collection in strict JSON, or holds metres without
        saying in which system.
    """
    head = check_signature(source)
    data = _as_utf8(source, head)
    spans, lines, top = _split(data, source)
    crs = _declared_crs(top, source)
    names = _property_names(data, spans, lines, source)
    header = match_headers(source, names, geometry=_geometry_name(source, names))
    raw = RawTable(
        source=source,
        columns=tuple(header.positions),
        batches=iter(()),
        crs=crs or _WGS84,
        datum_hint=header.datum_hint,
        encoding="utf-8",
        text_typed=False,
        n_read=len(spans),
        findings=header.findings,
    )
    batches = _read_batches(raw, data, spans, lines, header, names)
    if crs is None and not (source.datum or "").upper().startswith("EPSG:"):
        _refuse_metres(batches, source)
    raw.batches = iter(batches)
    return raw


def _as_utf8(source: SourceFile, head: bytes) -> bytes:
    skip, marked, codec = encoding.strip_mark(head)
    encoding.check_mark(source, marked)
    data = source.path.read_bytes()[skip:]
    if marked == "utf-16" and codec is not None:
        return encoding.from_utf16(data, codec, source)
    if source.encoding in (None, "utf-8"):
        return data
    try:
        return data.decode(encoding.CODECS[source.encoding]).encode("utf-8")
    except UnicodeDecodeError as error:
        raise SourceError(
            f"{source.label}, byte {error.start:,}: not {source.encoding}; expected text in that "
            "encoding as declared. GeoJSON is UTF-8: remove `encoding` from the district file."
        ) from None


def _split(data: bytes, source: SourceFile) -> tuple[np.ndarray, np.ndarray, dict[str, Any]]:
    """Return the span of each feature, its line, and the object around them."""
    array = np.frombuffer(data, np.uint8)
    room = 1 << 12
    while True:
        begin, end, line = (np.zeros(room, np.int64) for _ in range(3))
        found = _features.find_features(array, _KEY, begin, end, line)
        n = int(found[_features.N_FEATURES])
        if n <= room:
            break
        room = n
    if found[_features.DEEPEST] > DEEPEST:
        raise SourceError(
            f"{source.label}: brackets nested {int(found[_features.DEEPEST]):,} deep; expected at "
            f"most {DEEPEST}. Export the layer again."
        )
    first, last = int(found[_features.FEATURES_BEGIN]), int(found[_features.FEATURES_END])
    if first < 0 or last < 0 or found[_features.N_ARRAYS] != 1:
        _refuse_other(data, source, int(found[_features.N_TOP]))
    top = _parse(data[: first + 1] + b"]" + data[last:], source, 0)
    if not isinstance(top, dict) or top.get("type") != "FeatureCollection":
        _refuse_other(data, source, 1)
    spans = np.column_stack((begin[:n], end[:n]))
    _check_between(data, spans, first, last, source)
    if n == 0:
        raise SourceError(
            f"{source.label}: no features; expected at least one. Export the layer again: an empty "
            "file never replaces what is served."
        )
    multiline = line[n - 1] > line[0] or n == 1
    lines = line[:n] if multiline else np.arange(1, n + 1)
    return spans, lines, top


def _check_between(
    data: bytes, spans: np.ndarray, first: int, last: int, source: SourceFile
) -> None:
    """Refuse anything but one comma between two features."""
    starts = np.concatenate(([first + 1], spans[:, 1]))
    stops = np.concatenate((spans[:, 0], [last - 1]))
    wide = np.flatnonzero(stops - starts > 1)
    commas = np.frombuffer(data, np.uint8)[starts[1:-1]] == 44
    plain = np.ones(len(starts), bool)
    plain[1:-1] = commas
    plain[0] = plain[-1] = False
    plain[wide] = False
    for place in np.flatnonzero(~plain):
        text = data[starts[place] : stops[place]].strip()
        wanted = b"" if place in (0, len(starts) - 1) else b","
        if text != wanted:
            raise SourceError(
                f"{source.label}, feature {place + 1}: {text[:40].decode('utf-8', 'replace')!r} "
                "between features; expected one comma. Export the layer again."
            )


def _refuse_other(data: bytes, source: SourceFile, n_top: int) -> NoReturn:
    found = "no feature collection"
    if n_top > 1:
        found = f"{n_top:,} JSON texts one after the other (line-delimited GeoJSON)"
    else:
        top = _parse(data, source, 0)
        if isinstance(top, dict):
            found = f"an object of type {str(top.get('type'))[:40]!r}"
    raise SourceError(
        f"{source.label}: {found}; expected one FeatureCollection. Export the layer as GeoJSON "
        "(RFC 7946)."
    )


def _refuse_constant(word: str) -> NoReturn:
    raise ValueError(f"{word} is not JSON")


_DECODER = json.JSONDecoder(parse_constant=_refuse_constant)


def _parse(text: bytes, source: SourceFile, line: int) -> Any:
    where = f"{source.label}, line {line}" if line else source.label
    try:
        return _DECODER.decode(text.decode("utf-8").strip())
    except UnicodeDecodeError as error:
        found = f"not UTF-8 ({error.reason})"
    except (ValueError, RecursionError) as error:
        found = str(error) or type(error).__name__
    raise SourceError(
        f"{where}: {found}; expected strict JSON. Export the layer again as GeoJSON in UTF-8."
    )


def _declared_crs(top: dict[str, Any], source: SourceFile) -> str | None:
    crs = top.get("crs")
    if crs is None:
        return None
    name = crs.get("properties", {}).get("name") if isinstance(crs, dict) else None
    try:
        found = CRS.from_user_input(name)
    except CRSError:
        raise SourceError(
            f"{source.label}, crs: {str(name)[:80]!r}; expected the name of a known coordinate "
            "system. Export the layer in WGS 84, or name an EPSG code."
        ) from None
    code = found.to_epsg()
    if str(name).upper().endswith("CRS84"):
        return _WGS84
    return f"EPSG:{code}" if code else str(found.to_wkt())


def _geometry_name(source: SourceFile, names: list[str]) -> str | None:
    """Shapes carry no name in GeoJSON: a mapped `geometry` means them."""
    for name in source.wanted:
        if name in ("geometry", "geom") and name not in names:
            return name
    return None


def _property_names(
    data: bytes, spans: np.ndarray, lines: np.ndarray, source: SourceFile
) -> list[str]:
    names: dict[str, None] = {}
    for (begin, end), line in zip(spans[:HEADER_FEATURES], lines, strict=False):
        feature = _parse(data[begin:end], source, int(line))
        properties = feature.get("properties")
        if isinstance(properties, dict):
            names.update(dict.fromkeys(properties))
        if "id" in feature and "id" not in names and "id" in source.wanted:
            names["id"] = None
    return list(names)


def _read_batches(
    raw: RawTable,
    data: bytes,
    spans: np.ndarray,
    lines: np.ndarray,
    header: Header,
    names: list[str],
) -> list[pa.RecordBatch]:
    keys = [names[place] for place in header.positions.values()]
    columns: list[list[pa.Array]] = []
    rest: list[tuple[pa.Array, pa.Array]] = []
    with _no_collection():
        for start in range(0, len(spans), BATCH):
            part = slice(start, start + BATCH)
            kept, values, shapes = _read_features(raw, data, spans[part], lines[part], keys)
            columns.append([typed.to_array(one) for one in values])
            rest.append((pa.array(kept, pa.int64()), pa.array(shapes, pa.binary())))
    batches = []
    for arrays, (numbers, shapes) in zip(typed.unify(columns), rest, strict=True):
        batch = pa.RecordBatch.from_arrays(
            [*arrays, numbers, shapes], [*header.positions, LINE, GEOMETRY]
        )
        batch = refuse_unsafe(raw, batch)
        if batch.num_rows:
            batches.append(batch)
    return batches


@contextmanager
def _no_collection() -> Iterator[None]:
    """Keep the garbage collector from walking millions of coordinates that hold no cycle."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _read_features(
    raw: RawTable, data: bytes, spans: np.ndarray, lines: np.ndarray, keys: list[str]
) -> tuple[list[int], list[list[Any]], list[bytes | None]]:
    kept: list[int] = []
    values: list[list[Any]] = [[] for _ in keys]
    shapes: list[bytes | None] = []
    for line, feature in _parse_features(data, spans, lines, raw.source):
        try:
            shape = _shape(feature)
        except ValueError as error:
            _reject(raw, line, str(error))
            continue
        kept.append(line)
        shapes.append(shape)
        properties = feature.get("properties") or {}
        for column, key in zip(values, keys, strict=True):
            column.append(properties.get(key, feature.get("id") if key == "id" else None))
    return kept, values, shapes


def _parse_features(
    data: bytes, spans: np.ndarray, lines: np.ndarray, source: SourceFile
) -> Iterator[tuple[int, dict[str, Any]]]:
    """Parse a run of features at once, one by one only when something in it is wrong."""
    begin, end = int(spans[0, 0]), int(spans[-1, 1])
    try:
        found = _DECODER.decode("[" + data[begin:end].decode("utf-8") + "]")
    except (ValueError, RecursionError):
        found = [
            _parse(data[first:last], source, int(line))
            for (first, last), line in zip(spans, lines, strict=True)
        ]
    yield from zip(lines.tolist(), found, strict=True)


def _shape(feature: dict[str, Any]) -> bytes | None:
    if feature.get("type") != "Feature":
        raise ValueError(f"an object of type {str(feature.get('type'))[:40]!r}, not a Feature")
    properties = feature.get("properties")
    if properties is not None and not isinstance(properties, dict):
        raise ValueError("properties that are no object")
    geometry = feature.get("geometry")
    if geometry is None:
        return None
    if not isinstance(geometry, dict):
        raise ValueError("a geometry that is no object")
    return wkb.from_geojson(geometry)


def _reject(raw: RawTable, line: int, found: str) -> None:
    raw.n_rejected += 1
    raw.rejections.append(
        Rejection(
            raw.source.table,
            raw.source.label,
            line,
            "geometry",
            found[:200],
            "geometry_unreadable",
            "a Feature with a geometry of RFC 7946",
        )
    )


def _refuse_metres(batches: list[pa.RecordBatch], source: SourceFile) -> None:
    """Refuse a file whose coordinates mostly cannot be degrees although it declares no system."""
    n_far = n_all = 0
    for batch in batches:
        shapes = batch.column(GEOMETRY)
        few = np.arange(0, len(shapes), max(1, len(shapes) // SAMPLE))
        for shape in shapes.take(pa.array(few)).to_pylist():
            first = _first_position(shape)
            if first is None or not np.isfinite(first).all():
                continue
            n_all += 1
            n_far += bool(np.any(np.abs(first) > _MAX_DEGREES))
    if n_far * 2 > n_all:
        raise SourceError(
            f"{source.label}: {n_far:,} of {n_all:,} shapes looked at lie beyond 180 degrees; "
            "expected longitude and latitude, for the file declares no coordinate system. Export "
            "the layer in WGS 84, or declare `datum` with its EPSG code in the district file."
        )


def _first_position(shape: bytes | None) -> np.ndarray | None:
    """Return the first x and y of a WKB shape without parsing it whole."""
    if shape is None:
        return None
    offset = {1: 5, 2: 9, 3: 13, 4: 14, 5: 18, 6: 22}.get(shape[1])
    if offset is None or len(shape) < offset + 16:
        return None
    return np.frombuffer(shape, "<f8", 2, offset)
