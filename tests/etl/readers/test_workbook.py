"""Workbooks made by openpyxl, and bent by hand."""

import zipfile
from datetime import date, datetime
from pathlib import Path

import numpy as np
import openpyxl
import pytest
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from etl.errors import SourceError
from etl.readers import RawTable, SourceFile, read
from etl.readers.workbook import as_text

WANTED = ("id", "at", "n")
HEADER = ["id", "at", "n"]


def table(path: Path, sheet: str | None = None) -> RawTable:
    return read(SourceFile(path, path.name, "companies", "xlsx", WANTED, sheet=sheet))


def rows(raw: RawTable) -> list[dict[str, object]]:
    return [row for batch in raw.batches for row in batch.to_pylist()]


def save(folder: Path, *sheets: list[list[object]], mac: bool = False) -> Path:
    book = openpyxl.Workbook()
    book.remove(book.active)
    if mac:
        book.epoch = CALENDAR_MAC_1904
    for number, lines in enumerate(sheets, start=1):
        sheet = book.create_sheet(f"s{number}")
        for line in lines:
            sheet.append(line)
    path = folder / "a.xlsx"
    book.save(path)
    return path


def repack(path: Path, part: str, change: tuple[str, str]) -> Path:
    """Replace a text inside one part of the workbook."""
    with zipfile.ZipFile(path) as old:
        parts = {name: old.read(name) for name in old.namelist()}
    parts[part] = parts[part].replace(change[0].encode(), change[1].encode())
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for name, data in parts.items():
            new.writestr(name, data)
    return path


@pytest.mark.parametrize("mac", [False, True])
def test_dates_are_texts_in_iso_form_in_both_date_systems(tmp_path: Path, mac: bool) -> None:
    path = save(tmp_path, [HEADER, ["a", datetime(2024, 3, 5, 15, 20), 1.5]], mac=mac)
    raw = table(path)
    assert rows(raw) == [{"id": "a", "at": "2024-03-05T15:20:00", "n": "1.5", "__line": 2}]
    assert [one.code for one in raw.findings] == (["dates_1904"] if mac else [])


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (3, "3"),
        (3.0, "3"),
        (0.1, "0.1"),
        (6.3e19, "6.3e+19"),
        (True, "true"),
        (None, None),
        ("００1", "００1"),
        (date(2024, 3, 5), "2024-03-05"),
        (datetime(2024, 3, 5, 9, 0, 0, 400), "2024-03-05T09:00:00"),
        (datetime(2024, 3, 5, 8, 59, 59, 999_600), "2024-03-05T09:00:00"),
    ],
)
def test_each_kind_of_cell_has_one_text(value: object, text: str | None) -> None:
    assert as_text(value) == text


def test_blank_rows_are_left_out_and_lines_are_those_of_the_sheet(tmp_path: Path) -> None:
    raw = table(save(tmp_path, [[], HEADER, ["a", "x", 1], [], ["b", "y", 2], [" "], [None]]))
    assert [(row["id"], row["__line"]) for row in rows(raw)] == [("a", 3), ("b", 5)]
    assert raw.n_read == 2
    assert [one.n for one in raw.findings if one.code == "blank_rows"] == [3]


def test_error_cells_cost_their_row(tmp_path: Path) -> None:
    raw = table(save(tmp_path, [HEADER, ["a", "#REF!", 1], ["b", "x", 2]]))
    assert [row["id"] for row in rows(raw)] == ["b"]
    assert [(one.line, one.column, one.rule) for one in raw.rejections] == [(2, "at", "cell_error")]


def test_several_filled_sheets_need_a_name_and_empty_ones_do_not_count(tmp_path: Path) -> None:
    filled = [HEADER, ["a", "x", 1]]
    with pytest.raises(SourceError, match=r"2 sheets with rows \(s1, s2\); expected one"):
        table(save(tmp_path, filled, filled))
    assert len(rows(table(save(tmp_path, filled, filled), sheet="s2"))) == 1
    assert len(rows(table(save(tmp_path, [], filled, [[None]])))) == 1
    with pytest.raises(SourceError, match="sheets s1; expected 'none'"):
        table(save(tmp_path, filled), sheet="none")
    with pytest.raises(SourceError, match="no sheet with rows"):
        table(save(tmp_path, []))
    with pytest.raises(SourceError, match="a header and no rows"):
        table(save(tmp_path, [HEADER]))


def test_a_title_above_the_header_is_named(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"row 1: a title; .* stand in row 2"):
        table(save(tmp_path, [["Report"], HEADER, ["a", "x", 1]]))


def test_a_claimed_size_is_not_believed(tmp_path: Path) -> None:
    path = save(tmp_path, [HEADER, ["a", "x", 1]])
    repack(path, "xl/worksheets/sheet1.xml", ('ref="A1:C2"', 'ref="A1:XFD1048576"'))
    raw = table(path)
    assert (len(rows(raw)), raw.n_read) == (1, 1)
    assert raw.findings == []


@pytest.mark.parametrize(
    ("part", "change", "message"),
    [
        ("xl/worksheets/sheet1.xml", ("<worksheet", "<!DOCTYPE x><worksheet"), "a document type"),
        ("xl/worksheets/sheet1.xml", ("</sheetData>", ""), "a damaged workbook"),
        ("xl/workbook.xml", ("<sheets>", "<sheets"), "a damaged workbook"),
    ],
)
def test_xml_that_is_hostile_or_broken_refuses_the_file(
    tmp_path: Path, part: str, change: tuple[str, str], message: str
) -> None:
    with pytest.raises(SourceError, match=message):
        table(repack(save(tmp_path, [HEADER, ["a", "x", 1]]), part, change))


def test_macros_bombs_and_other_zips_are_refused_by_the_directory(tmp_path: Path) -> None:
    path = save(tmp_path, [HEADER, ["a", "x", 1]])
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("xl/vbaProject.bin", b"x")
    with pytest.raises(SourceError, match="a workbook with macros"):
        table(path)
    path = save(tmp_path, [HEADER, ["a", "x", 1]])
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/media/a.bin", bytes(20_000_000))
    with pytest.raises(SourceError, match="times its size; expected at most 100"):
        table(path)
    path = save(tmp_path, [HEADER, ["a", "x", 1]])
    block = np.random.default_rng(1).bytes(8_000)
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/media/a.bin", block * 500)
    with pytest.raises(SourceError, match=r"unpacks to 1\d\d times its size"):
        table(path)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.txt", b"x")
    with pytest.raises(SourceError, match="a zip archive that is no workbook"):
        table(path)
