"""XLSX workbooks: the archive and its XML are checked first, then one sheet is read row by row.

References
----------
.. [1] ECMA-376 (2021). Office Open XML File Formats, Part 1, 18.2.28 (date systems), 18.18.11.
"""

from __future__ import annotations

import re
import warnings
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import date, datetime, time, timedelta
from typing import Any

import defusedxml
import openpyxl
import pyarrow as pa
from openpyxl.utils.datetime import CALENDAR_MAC_1904
from openpyxl.utils.exceptions import InvalidFileException

from etl.errors import SourceError
from etl.readers.archive import open_archive, read_member
from etl.readers.delimited import TITLE_LINES, find_header_below
from etl.readers.headers import Header, MissingColumnsError, match_headers
from etl.readers.raw import LINE, RawTable, SourceFile
from etl.readers.signature import check_signature
from etl.readers.texts import SHOWN_CHARACTERS, refuse_unsafe
from etl.report import Finding, Rejection

BATCH = 10_000
LONGEST_CELL = 32_767
_PROLOG = 4096
_ERRORS = frozenset(
    {"#REF!", "#N/A", "#VALUE!", "#DIV/0!", "#NAME?", "#NUM!", "#NULL!", "#SPILL!", "#CALC!"}
)
_Cells = Sequence[Any]


def read(source: SourceFile) -> RawTable:
    """Open one sheet of an XLSX workbook.

    Parameters
    ----------
    source
        The file and what the district says of it.

    Returns
    -------
    RawTable
        Texts: date cells in ISO 8601 (of whichever date system the workbook uses), numbers in their
        shortest decimal form, an empty cell as null. `__line` is the row of the sheet.

    Raises
    ------
    SourceError
        When the workbook holds macros or a document type, unpacks to a bomb, has several sheets
        with rows and none is named, or lacks columns or rows.
    """
    check_signature(source)
    _check_parts(source)
    with closing(_open(source)) as book:
        rows = _rows(_choose_sheet(book, source), source)
        header = _read_header(rows, source)
        raw = RawTable(
            source=source,
            columns=tuple(header.positions),
            batches=iter(()),
            datum_hint=header.datum_hint,
            encoding="utf-8",
            findings=header.findings,
        )
        if book.epoch == CALENDAR_MAC_1904:
            _note(
                raw,
                "dates_1904",
                "its dates count from 1904; read so.",
                "该工作簿使用 1904 日期系统，已按此读取。",
            )
        raw.batches = iter(_read_batches(raw, rows, header))
    return raw


_DAMAGE = (
    defusedxml.DefusedXmlException,
    InvalidFileException,
    zipfile.BadZipFile,
    SyntaxError,  # what ElementTree raises on broken XML
    KeyError,
    ValueError,
    TypeError,
    IndexError,
    OverflowError,
)


def _open(source: SourceFile) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # openpyxl's remarks on styles, which are not read
        try:
            return openpyxl.load_workbook(
                source.path, read_only=True, data_only=True, keep_links=False
            )
        except _DAMAGE as error:
            raise _damaged(source, error) from None


def _damaged(source: SourceFile, error: Exception) -> SourceError:
    return SourceError(
        f"{source.label}: a damaged workbook ({type(error).__name__}); expected XLSX that a "
        "spreadsheet opens. Open it there and save it again."
    )


def _check_parts(source: SourceFile) -> None:
    """Refuse macros and document types before any XML is parsed."""
    with open_archive(source) as archive:
        names = [one.filename for one in archive.infolist()]
        if any(name.lower().endswith("vbaproject.bin") for name in names):
            raise SourceError(
                f"{source.label}: a workbook with macros; expected data without programs. "
                "Save it as XLSX without macros."
            )
        if "xl/workbook.xml" not in names:
            raise SourceError(
                f"{source.label}: a zip archive that is no workbook; expected XLSX. "
                "Save it as XLSX from a spreadsheet."
            )
        for member in archive.infolist():
            if member.filename.lower().endswith((".xml", ".rels", ".vml")):
                _check_prolog(archive, member, source)


def _check_prolog(archive: zipfile.ZipFile, member: zipfile.ZipInfo, source: SourceFile) -> None:
    if member.file_size > _PROLOG:
        with archive.open(member) as part:
            head = part.read(_PROLOG)
    else:
        head = read_member(archive, member, source)
    text = head.replace(b"\x00", b"").upper()
    if b"<!DOCTYPE" in text or b"<!ENTITY" in text:
        raise SourceError(
            f"{source.label}, {member.filename}: a document type with entities; expected plain "
            "data. Open the workbook in a spreadsheet and save it again."
        )


def _choose_sheet(book: Any, source: SourceFile) -> Any:
    if source.sheet is not None:
        if source.sheet not in book.sheetnames:
            raise SourceError(
                f"{source.label}: sheets {', '.join(book.sheetnames)}; expected {source.sheet!r}. "
                "Correct `sheet` in the district file."
            )
        return book[source.sheet]
    filled = [one for one in book.worksheets if _has_rows(one, source)]
    if len(filled) > 1:
        names = ", ".join(one.title for one in filled)
        raise SourceError(
            f"{source.label}: {len(filled)} sheets with rows ({names}); expected one. "
            'Name the one to read with sheet = "…" in the district file, or give each its own '
            "[[sources]] entry."
        )
    if not filled:
        raise SourceError(
            f"{source.label}: no sheet with rows; expected a table. Export it again: an empty file "
            "never replaces what is served."
        )
    return filled[0]


def _has_rows(sheet: Any, source: SourceFile) -> bool:
    return any(not _is_blank(cells) for _, cells in _rows(sheet, source))


def _rows(sheet: Any, source: SourceFile) -> Iterator[tuple[int, _Cells]]:
    """Yield row number and cells; the sheet's own claim of its size is never believed."""
    sheet.reset_dimensions()
    rows = enumerate(sheet.iter_rows(), start=1)
    while True:
        try:
            row = next(rows)
        except StopIteration:
            return
        except _DAMAGE as error:
            raise _damaged(source, error) from None
        yield row


def _is_blank(cells: _Cells) -> bool:
    return all(_is_nothing(one.value) for one in cells)


def _is_nothing(value: Any) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


def _read_header(rows: Iterator[tuple[int, _Cells]], source: SourceFile) -> Header:
    for number, cells in rows:
        if _is_blank(cells):
            continue
        names = ["" if one.value is None else str(one.value) for one in cells]
        while names and not names[-1].strip():
            names.pop()
        try:
            return match_headers(source, names, where=f"{source.label}, row {number}")
        except MissingColumnsError:
            _refuse_title(rows, source, names, number)
            raise
    raise SourceError(f"{source.label}: an empty sheet; expected a header. Export the table again.")


def _refuse_title(
    rows: Iterator[tuple[int, _Cells]], source: SourceFile, names: list[str], number: int
) -> None:
    below = [names]
    for _, cells in rows:
        below.append([str(one.value) for one in cells])
        if len(below) > TITLE_LINES:
            break
    place = find_header_below(source, below)
    if place is not None:
        raise SourceError(
            f"{source.label}, row {number}: a title; expected the column names, which stand in row "
            f"{number + place}. Delete the rows above them."
        )


def _read_batches(
    raw: RawTable, rows: Iterator[tuple[int, _Cells]], header: Header
) -> list[pa.RecordBatch]:
    places = list(header.positions.values())
    batches: list[pa.RecordBatch] = []
    lines: list[int] = []
    columns: list[list[str | None]] = [[] for _ in places]
    n_blank = 0
    for number, cells in rows:
        if _is_blank(cells):
            n_blank += 1
            continue
        raw.n_read += 1
        found = [cells[place] if place < len(cells) else None for place in places]
        if _reject(raw, number, found):
            continue
        lines.append(number)
        for column, cell in zip(columns, found, strict=True):
            column.append(None if cell is None else as_text(cell.value))
        if len(lines) == BATCH:
            batches.append(_batch(raw, columns, lines))
            lines, columns = [], [[] for _ in places]
    if lines:
        batches.append(_batch(raw, columns, lines))
    if raw.n_read == 0:
        raise SourceError(
            f"{raw.source.label}: a header and no rows; expected at least one row. Export the "
            "table again: an empty file never replaces what is served."
        )
    if n_blank:
        _note(
            raw,
            "blank_rows",
            f"{n_blank:,} blank rows left out.",
            f"略去 {n_blank:,} 个空行。",
            n_blank,
        )
    return [one for one in batches if one.num_rows]


def _batch(raw: RawTable, columns: list[list[str | None]], lines: list[int]) -> pa.RecordBatch:
    arrays = [pa.array(one, pa.string()) for one in columns]
    batch = pa.RecordBatch.from_arrays([*arrays, pa.array(lines, pa.int64())], [*raw.columns, LINE])
    return refuse_unsafe(raw, batch)


def _reject(raw: RawTable, number: int, cells: list[Any]) -> bool:
    """Refuse a row with an error value or an endless text in a column that is read."""
    bad = False
    for name, cell in zip(raw.columns, cells, strict=True):
        value = None if cell is None else cell.value
        if not isinstance(value, str):
            continue
        if cell.data_type == "e" or value in _ERRORS:
            rule, expected = "cell_error", "a value"
        elif len(value) > LONGEST_CELL:
            rule, expected = "too_long", f"at most {LONGEST_CELL:,} characters"
        else:
            continue
        bad = True
        source = raw.source
        raw.rejections.append(
            Rejection(
                source.table, source.label, number, name, value[:SHOWN_CHARACTERS], rule, expected
            )
        )
    raw.n_rejected += bad
    return bad


def as_text(value: Any) -> str | None:
    """Return a cell as text: dates in ISO 8601, whole numbers without a fraction."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 2**53 else repr(value)
    if isinstance(value, datetime):
        return _rounded(value).isoformat()
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return str(value)
    return re.sub(r"\s+", " ", str(value))


def _rounded(moment: datetime) -> datetime:
    """Return the moment to the millisecond: a serial number of days holds no more."""
    return (moment + timedelta(microseconds=500)).replace(
        microsecond=(moment + timedelta(microseconds=500)).microsecond // 1000 * 1000
    )


def _note(raw: RawTable, code: str, en: str, zh: str, n: int | None = None) -> None:
    label, table = raw.source.label, raw.source.table
    raw.findings.append(
        Finding("warning", code, f"{label}: {en}", f"{label}：{zh}", table, label, n)
    )
