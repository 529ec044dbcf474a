"""Shapefiles: in a zip, in a folder, or by their .shp; parts gathered, counted, then read."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path, PurePosixPath

import numpy as np
import pyarrow as pa
from pyproj import CRS
from pyproj.exceptions import CRSError

from etl.errors import SourceError
from etl.readers import dbf, shp
from etl.readers.archive import member_name, open_archive, read_member
from etl.readers.geopackage import name_crs
from etl.readers.headers import match_headers
from etl.readers.raw import GEOMETRY, LINE, RawTable, SourceFile
from etl.readers.signature import check_signature
from etl.readers.texts import refuse_unsafe
from etl.report import Finding

BATCH = 50_000
_PARTS = (".shp", ".shx", ".dbf", ".prj", ".cpg")
_NEEDED = (".shp", ".shx", ".dbf")


def read(source: SourceFile) -> RawTable:
    """Open a Shapefile.

    Parameters
    ----------
    source
        A zip, a folder or a .shp with its parts beside it; `layer` names one of several.

    Returns
    -------
    RawTable
        Attributes as texts, `__line` the number of the record. `crs` is what the .prj says.

    Raises
    ------
    SourceError
        When the archive is harmful or cut off, a part is missing or cut off, shapes and records
        differ in number, or the encoding contradicts the .cpg.
    """
    findings: list[Finding] = []
    parts = _gather_parts(source, findings)
    offsets = shp.read_offsets(parts[".shp"], parts[".shx"], source.label)
    table = dbf.read_table(parts[".dbf"], source.label)
    _check_counts(len(offsets), len(table.records), source)
    page = parts.get(".cpg", b"").decode("ascii", "ignore")
    told = (
        ("the district file", source.encoding),
        ("the .cpg", dbf.name_page(page)),
        ("the .dbf's header", table.language),
    )
    encoding = dbf.choose_encoding(table, told, source.label)
    if all(name is None for _, name in told) and encoding != "utf-8":
        findings.append(_found(source, "encoding_detected", *_SAID["encoding_detected"]))
    names = dbf.decode_names(table, encoding)
    header = match_headers(source, names, geometry=_geometry_name(source, names), truncated=True)
    raw = RawTable(
        source=source,
        columns=tuple(header.positions),
        batches=iter(()),
        crs=_read_crs(parts.get(".prj"), source),
        datum_hint=header.datum_hint,
        encoding=encoding,
        n_read=int((~table.deleted).sum()),
        findings=[*findings, *header.findings],
    )
    places = list(header.positions.values())
    raw.batches = iter(_read_batches(raw, parts[".shp"], offsets, table, places))
    return raw


_SAID = {
    "encoding_detected": (
        "texts read as GB18030; neither a .cpg nor the district file names their encoding.",
        "文本按 GB18030 读取；.cpg 与区配置文件均未声明编码。",
    ),
    "member_names": (
        "member names are in GBK without the UTF-8 flag; read so.",
        "压缩包内文件名为 GBK 编码且无 UTF-8 标志，已按此读取。",
    ),
    "deleted_records": (
        "records marked as deleted were left out.",
        "已略去标记为删除的记录。",
    ),
}


def _found(source: SourceFile, code: str, en: str, zh: str, n: int | None = None) -> Finding:
    label = source.label
    return Finding("warning", code, f"{label}: {en}", f"{label}：{zh}", source.table, label, n)


def _geometry_name(source: SourceFile, names: list[str]) -> str | None:
    for name in source.wanted:
        if name in ("geometry", "geom") and name not in names:
            return name
    return None


def _gather_parts(source: SourceFile, findings: list[Finding]) -> dict[str, bytes]:
    if source.path.is_dir():
        return _from_folder(list(source.path.iterdir()), source, source.layer)
    if source.path.suffix.lower() == ".shp":
        return _from_folder(list(source.path.parent.iterdir()), source, source.path.stem)
    check_signature(source)
    with open_archive(source) as archive:
        members = {}
        for member in archive.infolist():
            name, is_gbk = member_name(member)
            path = PurePosixPath(name.replace("\\", "/"))
            if "__MACOSX" in path.parts or path.name.startswith("._"):
                continue
            if is_gbk and not any(one.code == "member_names" for one in findings):
                findings.append(_found(source, "member_names", *_SAID["member_names"]))
            members[path] = member
        chosen = _choose(members, source, source.layer)
        return {part: read_member(archive, members[path], source) for part, path in chosen.items()}


def _from_folder(files: list[Path], source: SourceFile, layer: str | None) -> dict[str, bytes]:
    found = {PurePosixPath(one.name): one for one in files if one.is_file()}
    chosen = _choose(found, source, layer)
    return {part: found[path].read_bytes() for part, path in chosen.items()}


def _choose(
    paths: Iterable[PurePosixPath], source: SourceFile, layer: str | None
) -> dict[str, PurePosixPath]:
    """Return the parts of the one layer to read."""
    layers: dict[tuple[str, str], dict[str, PurePosixPath]] = {}
    for path in paths:
        if path.suffix.lower() in _PARTS:
            key = (str(path.parent), path.stem.casefold())
            layers.setdefault(key, {})[path.suffix.lower()] = path
    layers = {key: parts for key, parts in layers.items() if ".shp" in parts or ".dbf" in parts}
    if layer is not None:
        layers = {key: parts for key, parts in layers.items() if key[1] == layer.casefold()}
    if len(layers) != 1:
        names = ", ".join(sorted(key[1] for key in layers)) or "no .shp"
        raise SourceError(
            f"{source.label}: {names}; expected {layer or 'one layer'}. Name the one to read "
            'with layer = "…" in the district file, or send it alone.'
        )
    (parts,) = layers.values()
    lacking = [one for one in _NEEDED if one not in parts]
    if lacking:
        raise SourceError(
            f"{source.label}: no {' and no '.join(lacking)}; expected {', '.join(_NEEDED)} "
            "together. Send all parts of the Shapefile."
        )
    return parts


def _check_counts(n_shapes: int, n_records: int, source: SourceFile) -> None:
    if n_shapes != n_records:
        raise SourceError(
            f"{source.label}: {n_shapes:,} shapes and {n_records:,} records; expected as many of "
            "each, or attributes go to the wrong shapes. Export the layer again."
        )
    if n_shapes == 0:
        raise SourceError(
            f"{source.label}: no shapes; expected at least one. Export the layer again: an empty "
            "file never replaces what is served."
        )


def _read_crs(prj: bytes | None, source: SourceFile) -> str | None:
    if prj is None or not prj.strip():
        return None
    try:
        return name_crs(CRS.from_user_input(prj.decode("utf-8", "replace").strip()))
    except CRSError:
        raise SourceError(
            f"{source.label}: a .prj that names no known coordinate system; expected one. "
            "Export the layer again with its coordinate system set."
        ) from None


def _read_batches(
    raw: RawTable, shapes: bytes, offsets: np.ndarray, table: dbf.Table, places: list[int]
) -> list[pa.RecordBatch]:
    columns = [
        pa.array(dbf.texts_of(table, table.fields[place], str(raw.encoding)), pa.string())
        for place in places
    ]
    lines = pa.array(np.arange(1, len(offsets) + 1))
    arrays = [*columns, lines, shp.to_wkb(shapes, offsets)]
    whole = pa.RecordBatch.from_arrays(arrays, [*raw.columns, LINE, GEOMETRY])
    if table.deleted.any():
        n = int(table.deleted.sum())
        raw.findings.append(_found(raw.source, "deleted_records", *_SAID["deleted_records"], n=n))
        whole = whole.filter(pa.array(~table.deleted))
    whole = refuse_unsafe(raw, whole)
    return [whole.slice(start, BATCH) for start in range(0, whole.num_rows, BATCH)]
