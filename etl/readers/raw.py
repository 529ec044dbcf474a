"""The shape every reader gives: raw rows as found, each with its line number."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa

from etl.report import Finding, Rejection

LINE = "__line"
GEOMETRY = "__geometry"


@dataclass(frozen=True)
class SourceFile:
    """One file to read and what the district says of it.

    `table` is the input table; `label` is the file's name as messages show it (never an absolute
    path); `wanted` holds the source column names that the district maps, so that a reader may skip
    the others, unless `all_columns` asks for every one (rows without a number of their own are
    numbered by a digest of the whole row); `format`, `encoding`, `sheet` and `layer` are as the
    district file gives them. `ignore` names columns that are never read, personal data among them.
    `known_values` holds words that the district expects in the file (its categories and mapped
    values): they decide between encodings that the bytes alone cannot tell apart. `datum` is what
    the district declares: only with an EPSG code there may an unlabelled GeoJSON hold metres.
    """

    path: Path
    label: str
    table: str
    format: str
    wanted: tuple[str, ...]
    optional: tuple[str, ...] = ()
    encoding: str | None = None
    sheet: str | None = None
    layer: str | None = None
    ignore: tuple[str, ...] = ()
    all_columns: bool = False
    known_values: tuple[str, ...] = ()
    datum: str | None = None


@dataclass
class RawTable:
    """Rows of one file as found.

    `batches` yields record batches with the source's own columns (text from text formats; the
    file's own types from typed ones) plus `__line` (int64: 1-based line of a text file, worksheet
    row, or feature number) and, for formats with geometry, `__geometry` (binary WKB in the file's
    own coordinates, null where the row has none). Rows a reader cannot hand on at all are in
    `rejections` and counted in `n_rejected`; `n_read` counts every data row of the file. Both are
    final once `batches` is exhausted. `crs` is what the file itself declares ("EPSG:4326", or WKT),
    None when it declares nothing. `datum_hint` is the datum that column names speak of ("gcj02"
    for gcj02_lng): a district that declares another one, or none, must refuse the file.
    """

    source: SourceFile
    columns: tuple[str, ...]
    batches: Iterator[pa.RecordBatch]
    crs: str | None = None
    datum_hint: str | None = None
    encoding: str | None = None
    text_typed: bool = True
    n_read: int = 0
    n_rejected: int = 0
    findings: list[Finding] = field(default_factory=list)
    rejections: list[Rejection] = field(default_factory=list)
