"""Files to keep hold what the page shows, and no cell that a spreadsheet would run."""

from __future__ import annotations

import io

import openpyxl
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.export import quote_formula, safe_frame, to_csv, to_xlsx


@pytest.mark.parametrize(
    "text",
    ["=1+1", "+1+1", "-1+cmd|' /C calc'!A0", "@SUM(A1)", "\t=1", "\r=1", " =1", "＝1+1", "＋cmd"],
)
def test_text_that_would_start_a_formula_is_quoted(text: str) -> None:
    assert str(quote_formula(text)).startswith("'")


@pytest.mark.parametrize("text", ["-12.5", "+3", "1e5", "和平里", "a=b", "", "-"[:0]])
def test_text_that_starts_none_is_left_alone(text: str) -> None:
    assert quote_formula(text) == text


@given(st.text())
def test_no_text_leaves_with_a_formula_at_its_start(text: str) -> None:
    found = str(quote_formula(text)).lstrip(" ")
    number = found[1:].replace(".", "", 1)
    assert not found.startswith(("=", "@", "\t", "\r")) or number.isdigit()


def test_a_csv_opens_in_chinese_and_keeps_numbers() -> None:
    found = to_csv(pd.DataFrame({"=name": ["和平里", "=1"], "n": [1, -2]}))
    assert found.startswith(b"\xef\xbb\xbf")
    assert found.decode("utf-8-sig").splitlines() == ["'=name,n", "和平里,1", "'=1,-2"]


def test_shapes_stay_out_of_files() -> None:
    frame = pd.DataFrame({"id": ["a"], "geometry": [b"\x01"]})
    assert list(safe_frame(frame).columns) == ["id"]


def test_a_workbook_has_a_sheet_for_each_table_and_survives_control_characters() -> None:
    at = pd.Timestamp("2026-06-30", tz="UTC")
    book = to_xlsx({"a/b*c": pd.DataFrame({"x": ["\x00bell", "=1"], "at": [at, at]}),
                    "empty": pd.DataFrame({"y": []})})  # fmt: skip
    read = openpyxl.load_workbook(io.BytesIO(book))
    assert read.sheetnames == ["a b c", "empty"]
    assert read["a b c"]["A2"].value == "\ufffdbell"
    assert read["a b c"]["A3"].value == "'=1"
    assert read["a b c"]["A3"].data_type == "s"
