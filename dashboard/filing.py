"""The cameras of an area in the fields of the filing form, with what is still empty marked.

References
----------
State Council of the People's Republic of China (2025), "Regulations on Public-Security Video Image
Information Systems", order 799, articles 7, 9, 13, 14 and 17.
"""

from __future__ import annotations

import io

import pandas as pd
from openpyxl import Workbook
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from dashboard.export import MAX_XLSX_ROWS, quote_formula, safe_frame
from dashboard.formats import is_missing
from dashboard.page import Page
from dashboard.texts import load_texts

# Fields of the form in its order, and the column of the register that fills each; "" where no
# input of the district has it, so that the office writes it by hand.
FIELDS = {
    "camera_id": "camera_id", "system": "", "community": "community", "place": "place_type",
    "lon": "lon", "lat": "lat", "bearing": "bearing_deg", "angle": "hfov_deg", "height": "height_m",
    "kind": "kind", "owner": "owner_kind", "basis": "legal_basis", "purpose": "",
    "used_from": "installed_on", "state": "state", "must_file": "must_file",
    "filing_due": "filing_due_on", "filed": "filed_on", "retention": "retention_days",
    "sign": "has_sign",
}  # fmt: skip
_VOCABULARY = {"kind": "camera_kind", "owner": "owner_kind", "basis": "legal_basis",
               "state": "camera", "place": "place_type"}  # fmt: skip
_NO_EMPTY = frozenset({"filing_due"})  # rightly empty where nothing has to be filed
_TITLE_ROWS = 3
_EMPTY = PatternFill("solid", fgColor="FFF2CC")
_HEAD = PatternFill("solid", fgColor="0D2F4F")


def filing_frame(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the register as the form's rows: Chinese headings, and what is empty in each row.

    Parameters
    ----------
    rows
        Cameras with the columns of `FIELDS`; a column that is not there counts as empty.

    Returns
    -------
    DataFrame
        One row a camera, in the order given, texts in Chinese whatever the page's language.
    """
    zh = load_texts("zh")
    filled = {field: _values(rows, field, column) for field, column in FIELDS.items()}
    made = pd.DataFrame(filled, index=rows.index)
    empties = [field for field in FIELDS if field not in _NO_EMPTY]
    blank = made[empties].isna()
    words = {field: zh(f"filing.{field}") for field in FIELDS}
    comma = zh("punctuation.list")
    lacks = [comma.join(words[f] for f in empties if row[f]) for row in blank.to_dict("records")]
    made = made.rename(columns=words)
    made.insert(0, zh("filing.line"), range(1, len(made) + 1))
    made[zh("filing.lacks")] = lacks
    return made


def _values(rows: pd.DataFrame, field: str, column: str) -> pd.Series:
    zh = load_texts("zh")
    if not column or column not in rows:
        return pd.Series([None] * len(rows), index=rows.index, dtype=object)
    values = rows[column]
    if pd.api.types.is_bool_dtype(values.dropna()) or field in ("sign", "must_file"):
        said = {True: zh("word.yes"), False: zh("word.no")}
        return values.map(lambda v: None if is_missing(v) else said[bool(v)]).astype(object)
    if field in ("used_from", "filing_due", "filed"):
        days = pd.to_datetime(values)
        return days.dt.strftime("%Y-%m-%d").astype(object).where(days.notna(), None)
    if field in _VOCABULARY:
        return values.map(
            lambda v: None if is_missing(v) or v == "" else zh.word(_VOCABULARY[field], str(v))
        ).astype(object)
    if pd.api.types.is_numeric_dtype(values):
        digits = 6 if field in ("lon", "lat") else 1
        return values.astype(float).round(digits).astype(object).where(values.notna(), None)
    return values.map(lambda v: None if is_missing(v) or v == "" else str(v)).astype(object)


def empty_fields(rows: pd.DataFrame) -> pd.DataFrame:
    """Return how many cameras fill each field of the form and how many leave it empty."""
    zh = load_texts("zh")
    names = [zh(f"filing.{field}") for field in FIELDS]
    filled = [
        int((rows[column].notna() & (rows[column] != "")).sum()) if column in rows else 0
        for column in FIELDS.values()
    ]
    notes = [zh(f"filing.note_{f}") if zh.has(f"filing.note_{f}") else "" for f in FIELDS]
    return pd.DataFrame({
        zh("filing.field"): names, zh("filing.n_filled"): filled,
        zh("filing.n_empty"): [len(rows) - n for n in filled], zh("filing.note"): notes,
    })  # fmt: skip


def filing_book(page: Page, rows: pd.DataFrame) -> bytes:
    """Return the form as a workbook: the rows with empty cells marked, and a sheet of what lacks.

    Parameters
    ----------
    page
        The page that asks; its area and build are named on the sheet.
    rows
        Cameras as for `filing_frame`.

    Returns
    -------
    bytes
        XLSX. Text cells that a spreadsheet would run are quoted.
    """
    zh = load_texts("zh")
    made = filing_frame(rows.head(MAX_XLSX_ROWS - _TITLE_ROWS))
    book = Workbook()
    sheet = book.active
    sheet.title = zh("filing.sheet")
    said = zh("filing.said", area=page.scope_name, day=page.build.as_of.isoformat(),
              n=len(made), build=page.build.id)  # fmt: skip
    _write(sheet, safe_frame(made), (zh("filing.title"), str(quote_formula(said)),
                                     zh("filing.marked")))  # fmt: skip
    lacking = book.create_sheet(zh("filing.sheet_lacks"))
    _write(lacking, empty_fields(rows), (zh("filing.title_lacks"), zh("filing.law"), ""))
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _write(sheet: Worksheet, frame: pd.DataFrame, top: tuple[str, str, str]) -> None:
    for text in top:
        sheet.append([text])
    sheet.cell(1, 1).font = Font(bold=True, size=14)
    sheet.append(list(frame.columns))
    for cell in sheet[_TITLE_ROWS + 1]:
        cell.font, cell.fill = Font(bold=True, color="FFFFFF"), _HEAD
        cell.alignment = Alignment(wrap_text=True, vertical="center")
    for row in frame.itertuples(index=False):
        sheet.append([None if is_missing(value) else value for value in row])
    for i, name in enumerate(frame.columns, start=1):
        wide = max([2 * len(str(name)), *(_width(v) for v in frame[name].head(200))])
        sheet.column_dimensions[get_column_letter(i)].width = min(max(wide + 2, 8), 40)
        for j in (frame[name].isna().to_numpy()).nonzero()[0]:
            sheet.cell(int(j) + _TITLE_ROWS + 2, i).fill = _EMPTY
    sheet.freeze_panes = sheet.cell(_TITLE_ROWS + 2, min(3, len(frame.columns)))


def _width(value: object) -> int:
    text = "" if is_missing(value) else str(value)
    return sum(2 if ord(c) > 0x2E80 else 1 for c in text)
