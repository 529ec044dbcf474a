"""Tables as files to keep: CSV and XLSX whose cells a spreadsheet cannot take for formulas.

References
----------
OWASP, "CSV Injection": a cell that starts with = + - @, a tab or a return may run as a formula.
"""

from __future__ import annotations

import io
import re

import pandas as pd

_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_NUMBER = re.compile(r"[-+]?\d+(\.\d+)?([eE][-+]?\d+)?")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
MAX_XLSX_ROWS = 1_048_575


def quote_formula(value: object) -> object:
    """Return text that would start a formula with an apostrophe before it; numbers as they are."""
    if not isinstance(value, str):
        return value
    text = _CONTROL.sub("\ufffd", value)
    if text.lstrip(" ").startswith(_STARTS) and not _NUMBER.fullmatch(text):
        return "'" + text
    return text


def safe_frame(frame: pd.DataFrame) -> pd.DataFrame:
    """Return `frame` with every text cell and heading made harmless and binary columns left out."""
    kept = frame[[c for c in frame.columns if not _is_binary(frame[c])]].copy()
    for column in kept.columns:
        if not pd.api.types.is_numeric_dtype(kept[column]):
            kept[column] = kept[column].map(quote_formula)
    kept.columns = [str(quote_formula(str(c))) for c in kept.columns]
    return kept


def to_csv(frame: pd.DataFrame) -> bytes:
    """Return UTF-8 CSV with a byte order mark, which spreadsheets need to see Chinese."""
    return safe_frame(frame).to_csv(index=False).encode("utf-8-sig")


def to_xlsx(sheets: dict[str, pd.DataFrame]) -> bytes:
    """Return a workbook with one sheet for each table."""
    out = io.BytesIO()
    with pd.ExcelWriter(out, engine="openpyxl") as writer:
        for name, frame in sheets.items():
            title = re.sub(r"[\\/*?:\[\]]", " ", name)[:31] or "-"
            safe = _naive(safe_frame(frame.head(MAX_XLSX_ROWS)))
            safe.to_excel(writer, sheet_name=title, index=False, freeze_panes=(1, 0))
    return out.getvalue()


def _is_binary(column: pd.Series) -> bool:
    filled = column.dropna()
    return not filled.empty and isinstance(filled.iloc[0], bytes | bytearray | memoryview)


def _naive(frame: pd.DataFrame) -> pd.DataFrame:
    for column in frame.columns:
        if isinstance(frame[column].dtype, pd.DatetimeTZDtype):
            frame[column] = frame[column].dt.tz_localize(None)
    return frame
