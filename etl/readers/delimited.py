"""Delimited text (CSV, TSV): structure checked in one pass, then parsed by blocks in parallel."""

from __future__ import annotations

import codecs
import csv
import io
import mmap
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

import numpy as np
import pyarrow as pa
import pyarrow.csv as pacsv

from etl.errors import SourceError
from etl.readers import _scan, encoding
from etl.readers.blocks import Block, Layout, read_layout, release
from etl.readers.headers import Header, MissingColumnsError, match_headers, tidy
from etl.readers.raw import LINE, RawTable, SourceFile
from etl.readers.signature import check_signature
from etl.readers.texts import SHOWN_CHARACTERS, refuse_unsafe
from etl.report import Finding, Rejection

THREADS = 2
HEAD_BYTES = 1 << 18
TITLE_LINES = 20
LONGEST_CELL = 1 << 16
_DELIMITERS = {"csv": ",", "tsv": "\t"}
_NAMES = {",": "comma", "\t": "tab", ";": "semicolon", "|": "bar"}
_NAMES_ZH = {",": "逗号", "\t": "制表符", ";": "分号", "|": "竖线"}


@dataclass(frozen=True)
class _Plan:
    """How each block is parsed: the file's bytes, encoding, delimiter and columns."""

    data: memoryview
    encoding: str
    delimiter: str
    names: tuple[str, ...]
    places: tuple[int, ...]
    n_columns: int


def read(source: SourceFile) -> RawTable:
    """Open a CSV or TSV file.

    Parameters
    ----------
    source
        The file and what the district says of it.

    Returns
    -------
    RawTable
        Batches of texts; an empty cell is an empty text. Quoted line ends are legal: `__line` is
        the line on which the record begins.

    Raises
    ------
    SourceError
        When the file is of another kind, cut off, holds NUL bytes or an unclosed quote, lacks
        columns or rows, or is in no known encoding.
    """
    head = check_signature(source)
    skip, marked, codec = encoding.strip_mark(head)
    encoding.check_mark(source, marked)
    data = _map(source)
    if marked == "utf-16" and codec is not None:
        data, skip = memoryview(encoding.from_utf16(bytes(data[skip:]), codec, source)), 0
    delimiter, fields, begin, line = _find_header(data, skip, source)
    layout = read_layout(
        data, begin, ord(delimiter), len(fields), LONGEST_CELL, threads=THREADS, first_line=line
    )
    _refuse_broken(source, layout, len(fields))
    chosen = encoding.choose(source, layout.census(), _sample(data, layout), marked)
    names = [_decode_name(one, chosen.encoding) for one in fields]
    header = _match(source, names, data, chosen.encoding, delimiter, line)
    return _table(source, data, layout, chosen, header, delimiter, len(fields))


def _map(source: SourceFile) -> memoryview:
    with source.path.open("rb") as file:
        return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))


def _find_header(
    data: memoryview, skip: int, source: SourceFile
) -> tuple[str, list[str], int, int]:
    """Return delimiter, names (as Latin-1), where the first record begins, and on which line."""
    line = 0
    while skip < len(data) and data[skip] in b"\r\n":
        line += data[skip] == 10
        skip += 1
    lines = np.empty(4, np.int64)
    bad = np.empty((4, 5), np.int64)
    result = np.empty(_scan.N_RESULTS, np.int64)
    piece = np.frombuffer(data[skip : skip + 4 * HEAD_BYTES], np.uint8)
    _scan.scan(piece, 0, min(1, len(piece)), 1, 1, len(piece), lines, bad, result)
    if result[_scan.OPEN_LINE] >= 0 or len(piece) == 0 or result[_scan.N_NUL]:
        raise SourceError(
            f"{source.label}, line {line + 1}: no header that can be read; expected column names. "
            "Save the file again as text; perhaps it is UTF-16 without a byte order mark."
        )
    end = int(result[_scan.END])
    text = bytes(piece[:end]).decode("latin-1")
    delimiter = _choose_delimiter(text, source)
    fields = next(csv.reader([text.rstrip("\r\n")], delimiter=delimiter))
    return delimiter, fields, skip + end, line + int(result[_scan.N_LINES])


def _choose_delimiter(header: str, source: SourceFile) -> str:
    declared = _DELIMITERS[source.format]
    if declared in header:
        return declared
    counts = {one: header.count(one) for one in _NAMES}
    best = max(counts, key=lambda one: counts[one])
    return best if counts[best] else declared


def _decode_name(name: str, codec: str) -> str:
    return name.encode("latin-1").decode(encoding.CODECS[codec], "replace")


def _sample(data: memoryview, layout: Layout) -> bytes:
    """Return the first block that has bytes above 127 (at most 4 MB of it)."""
    for block in layout.blocks:
        if block.result[_scan.N_HIGH]:
            return bytes(data[block.begin : min(block.end, block.begin + (1 << 22))])
    return b""


def _refuse_broken(source: SourceFile, layout: Layout, n_columns: int) -> None:
    """Stop on what no row can be blamed for."""
    nul = layout.first(_scan.NUL_LINE)
    if nul is not None:
        raise SourceError(
            f"{source.label}, line {nul}: {layout.total(_scan.N_NUL):,} NUL bytes; expected text. "
            "Copy the file again; perhaps the disk was full, or it is UTF-16 without a byte order "
            "mark."
        )
    opened = layout.first(_scan.OPEN_LINE)
    if opened is not None:
        raise SourceError(
            f"{source.label}, line {opened}: a quote opens here and never closes; expected a "
            "closing quote on the same value. Remove or double the quote."
        )
    swallowed = layout.first(_scan.SWALLOWED_LINE)
    if swallowed is not None:
        raise SourceError(
            f"{source.label}, line {swallowed}: a quote opens here and swallows whole rows; "
            "expected it to close within its value. Remove or double the quote."
        )
    cut = layout.cut
    if cut and cut < n_columns:
        raise SourceError(
            f"{source.label}, line {layout.n_lines}: the last line ends after {cut} of "
            f"{n_columns} values and has no line end; expected a whole file. Copy it again; "
            "perhaps the copy had not finished."
        )
    n_ragged = layout.count_bad(_scan.RAGGED)
    if n_ragged > max(10_000, layout.n_good):
        raise SourceError(
            f"{source.label}: {n_ragged:,} of {layout.n_rows:,} rows do not have the "
            f"{n_columns} values that the header names; expected most to. Check the delimiter and "
            "the quotes."
        )
    if layout.n_rows == 0:
        raise SourceError(
            f"{source.label}: a header and no rows; expected at least one row. Export the table "
            "again: an empty file never replaces what is served."
        )


def _match(
    source: SourceFile,
    names: list[str],
    data: memoryview,
    codec: str,
    delimiter: str,
    line: int,
) -> Header:
    try:
        return match_headers(source, names, where=f"{source.label}, line {line}")
    except MissingColumnsError:
        text = bytes(data[:HEAD_BYTES]).decode(encoding.CODECS[codec], "ignore")
        rows = list(csv.reader(io.StringIO(text.lstrip("\ufeff"), newline=""), delimiter=delimiter))
        place = find_header_below(source, rows[:TITLE_LINES])
        if place is not None:
            raise SourceError(
                f"{source.label}, line {line}: a title; expected the column names, which stand in "
                f"row {place + 1}. Delete the rows above them."
            ) from None
        _try_encodings(source, names, codec)
        raise


def find_header_below(source: SourceFile, rows: list[list[str]]) -> int | None:
    """Return which of the first rows holds all wanted names, if any (a title stands above)."""
    wanted = {tidy(one) for one in source.wanted}
    for place, row in enumerate(rows):
        if place and wanted and wanted <= {tidy(str(one)) for one in row}:
            return place
    return None


def _try_encodings(source: SourceFile, names: list[str], codec: str) -> None:
    """Name the encoding in which all wanted columns would be found."""
    raw = [one.encode(encoding.CODECS[codec], "replace") for one in names]
    for other in encoding.CODECS:
        found = {tidy(one.decode(encoding.CODECS[other], "replace")) for one in raw}
        if other != codec and source.wanted and {tidy(one) for one in source.wanted} <= found:
            raise SourceError(
                f"{source.label}: the columns were found in the encoding {other}, not in {codec}; "
                f'expected {codec}. Declare encoding = "{other}" in the district file.'
            )


def _table(
    source: SourceFile,
    data: memoryview,
    layout: Layout,
    chosen: encoding.Choice,
    header: Header,
    delimiter: str,
    n_columns: int,
) -> RawTable:
    names = tuple(header.positions)
    plan = _Plan(
        data, chosen.encoding, delimiter, names, tuple(header.positions.values()), n_columns
    )
    raw = RawTable(
        source=source,
        columns=names,
        batches=iter(()),
        datum_hint=header.datum_hint,
        encoding=_encoding_name(source, chosen),
        n_read=layout.n_rows,
        findings=[*chosen.findings, *header.findings],
    )
    _note_structure(raw, layout, delimiter)
    _reject_rows(raw, layout, plan)
    raw.batches = _batches(raw, layout, plan)
    return raw


def _encoding_name(source: SourceFile, chosen: encoding.Choice) -> str:
    utf16 = any("UTF-16" in one.en for one in chosen.findings)
    return "utf-16" if utf16 else chosen.encoding


def _note_structure(raw: RawTable, layout: Layout, delimiter: str) -> None:
    source = raw.source
    if delimiter != _DELIMITERS[source.format]:
        _note(
            raw,
            "delimiter",
            f"values are separated by {_NAMES[delimiter]}, not by "
            f"{_NAMES[_DELIMITERS[source.format]]}; read so.",
            f"以{_NAMES_ZH[delimiter]}分隔，已按此读取。",
        )
    blank = layout.count_bad(_scan.BLANK)
    if blank:
        _note(
            raw, "blank_rows", f"{blank:,} blank rows left out.", f"略去 {blank:,} 个空行。", blank
        )
    if layout.cut:
        _note(
            raw,
            "no_final_newline",
            "the last line has no line end: check that the file is whole.",
            "末行没有换行符：请确认文件完整。",
        )


def _note(raw: RawTable, code: str, en: str, zh: str, n: int | None = None) -> None:
    label = raw.source.label
    severity = "info" if code == "no_final_newline" else "warning"
    raw.findings.append(
        Finding(
            severity,  # type: ignore[arg-type]
            code,
            f"{label}: {en}",
            f"{label}：{zh}",
            raw.source.table,
            label,
            n,
        )
    )


def _reject_rows(raw: RawTable, layout: Layout, plan: _Plan) -> None:
    """Keep the rows that no parser can hand on, with their lines."""
    for block in layout.blocks:
        for begin, end, line, flags, fields in block.bad.tolist():
            if flags & _scan.BLANK:
                continue
            raw.n_rejected += 1
            raw.rejections.append(
                _rejection(raw.source, plan, (begin, end), line + block.first_line, flags, fields)
            )


def _rejection(
    source: SourceFile, plan: _Plan, span: tuple[int, int], line: int, flags: int, fields: int
) -> Rejection:
    reject = partial(Rejection, source.table, source.label, line)
    if flags & _scan.RAGGED:
        # The values are not shown: in a shifted row they may be those of an ignored column.
        return reject(None, f"{fields} values", "ragged", f"{plan.n_columns} values")
    if flags & _scan.STRAY:
        return reject(None, None, "stray_quote", "a quote closed before the delimiter")
    text = bytes(plan.data[span[0] : span[1]]).decode(encoding.CODECS[plan.encoding], "replace")
    column, value = _longest(text, plan)
    return reject(column, value, "too_long", f"at most {LONGEST_CELL:,} bytes")


def _longest(record: str, plan: _Plan) -> tuple[str | None, str | None]:
    limit = csv.field_size_limit(max(len(record) + 1, 131_072))
    try:
        cells = next(csv.reader([record], delimiter=plan.delimiter))
    finally:
        csv.field_size_limit(limit)
    place = max(range(len(cells)), key=lambda one: len(cells[one]))
    if place not in plan.places:
        return None, None
    return plan.names[plan.places.index(place)], cells[place][:SHOWN_CHARACTERS]


def _batches(raw: RawTable, layout: Layout, plan: _Plan) -> Iterator[pa.RecordBatch]:
    """Parse blocks ahead in threads; yield them in the order of the file."""
    with ThreadPoolExecutor(THREADS) as pool:
        ahead: list[tuple[Block, Future[pa.RecordBatch]]] = []
        blocks = iter([one for one in layout.blocks if one.n_good])
        for block in blocks:
            ahead.append((block, pool.submit(_parse, plan, block, raw.source)))
            if len(ahead) > THREADS:
                yield from _checked(raw, *ahead.pop(0))
        while ahead:
            yield from _checked(raw, *ahead.pop(0))


def _checked(
    raw: RawTable, block: Block, parsed: Future[pa.RecordBatch]
) -> Iterator[pa.RecordBatch]:
    batch = parsed.result()
    if block.result[_scan.SUSPECT] or block.result[_scan.N_NOT_UTF8]:
        batch = refuse_unsafe(raw, batch)
    if batch.num_rows:
        yield batch


def _parse(plan: _Plan, block: Block, source: SourceFile) -> pa.RecordBatch:
    body = block.good_bytes(plan.data)
    if plan.encoding != "utf-8":
        body = codecs.decode(body, encoding.CODECS[plan.encoding], "replace").encode("utf-8")
    elif block.result[_scan.N_NOT_UTF8]:
        body = codecs.decode(body, "utf-8", "replace").encode("utf-8")
    keys = [str(place) for place in range(plan.n_columns)]
    wanted = [str(place) for place in plan.places]
    try:
        table = pacsv.read_csv(
            pa.BufferReader(body),
            read_options=pacsv.ReadOptions(
                column_names=keys, use_threads=False, block_size=len(body) + 1
            ),
            parse_options=pacsv.ParseOptions(
                delimiter=plan.delimiter,
                newlines_in_values=bool(block.result[_scan.N_MULTILINE]),
            ),
            convert_options=pacsv.ConvertOptions(
                include_columns=wanted,
                column_types=dict.fromkeys(wanted, pa.string()),
                strings_can_be_null=False,
                check_utf8=False,
            ),
        )
    except pa.ArrowInvalid as error:
        raise SourceError(
            f"{source.label}, from line {block.first_line + 1}: {error}; expected rows that parse. "
            "Save the file again as CSV."
        ) from None
    release(plan.data, block.begin, block.end)
    if table.num_rows != block.n_good:
        raise SourceError(
            f"{source.label}, from line {block.first_line + 1}: {table.num_rows:,} rows parsed; "
            f"expected {block.n_good:,}. Save the file again as CSV with RFC 4180 quotes."
        )
    arrays = [_one_chunk(table.column(str(place))) for place in plan.places]
    lines = pa.array(block.lines(), pa.int64())
    return pa.RecordBatch.from_arrays([*arrays, lines], [*plan.names, LINE])


def _one_chunk(column: pa.ChunkedArray) -> pa.Array:
    return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()
