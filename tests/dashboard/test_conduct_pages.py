"""The hazard board and the credit files: what is late comes first, and nothing is made up."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

Run = Callable[..., AppTest]


def table_with(app: AppTest, column: str) -> pd.DataFrame:
    return next(one.value for one in app.dataframe if column in one.value.columns)


def said(app: AppTest) -> str:
    return " ".join(str(one.proto.body) for one in app.get("html"))


def test_the_board_opens_with_what_is_still_open_the_most_urgent_first(
    model_store: Path, run_page: Run
) -> None:
    app = run_page(model_store, "district", "hazards")
    assert not app.exception
    rows = table_with(app, "hazard_id")
    # of the ten states in turn, overdue (0, 5, 10), due (1, 6, 11) and refused (4, 9) are open
    assert list(rows["hazard_id"]) == ["H00", "H01", "H20", "H21", "H30", "H41", "H50", "H51"]


@pytest.mark.parametrize(
    ("query", "kept"),
    [
        ({"state": "overdue"}, {"H00", "H20", "H21", "H41", "H50"}),
        ({"state": "refused"}, {"H20", "H41"}),
        ({"state": "rectified"}, {"H10", "H31"}),
        ({"state": "accepted"}, {"H11", "H40"}),
        ({"state": "reopened"}, {"H10", "H11"}),
        ({"severity": "ordinary"}, {"H30", "H50", "H51"}),
        ({"c": "C1"}, {"H00", "H01"}),
        ({"unit": "和谐物业"}, {"H30", "H50", "H51"}),
        ({"state": "accepted", "severity": "major"}, {"H40"}),
    ],
)
def test_the_address_keeps_the_filters_of_the_board(
    query: dict[str, str], kept: set[str], model_store: Path, run_page: Run
) -> None:
    app = run_page(model_store, "district", "hazards", **query)
    assert not app.exception
    assert set(table_with(app, "hazard_id")["hazard_id"]) == kept


def test_no_hazard_with_these_choices_is_said(model_store: Path, run_page: Run) -> None:
    app = run_page(model_store, "district", "hazards", state="refused", severity="ordinary")
    assert "没有符合条件的隐患" in said(app)


def test_the_share_in_time_says_of_how_many(model_store: Path, run_page: Run) -> None:
    app = run_page(model_store, "chief", "hazards", lang="en")
    assert "75.0%" in said(app)
    assert "6 of 8 that fell due in 12 months" in said(app)


def test_the_file_with_most_points_stands_first_and_opens_to_its_entries(
    model_store: Path, run_page: Run
) -> None:
    app = run_page(model_store, "district", "companies", lang="en", s="W0")
    assert not app.exception
    assert list(table_with(app, "points_district")["shown_name"]) == ["平安物业", "和谐物业"]
    entries = table_with(app, "reference")
    assert set(entries["reference"]) == {"notice 0", "notice 2", "notice 4"}
    assert "May not bid." in said(app)


def test_a_manager_without_a_name_is_shown_by_number(model_store: Path, run_page: Run) -> None:
    app = run_page(model_store, "chief", "companies", subject="manager", s="M1")
    assert not app.exception
    assert "M1" in list(table_with(app, "points_district")["shown_name"])
    assert "目前没有生效的后果" in said(app)


def test_cards_called_for_and_not_issued_are_shown(model_store: Path, run_page: Run) -> None:
    app = run_page(model_store, "district", "companies")
    rows = table_with(app, "due_word")
    assert list(rows["standing_word"]) == ["红牌", "红牌", "黄牌", "黄牌"]
    assert list(rows["due_word"].fillna("")) == ["", "", "红牌", "红牌"]


@pytest.mark.parametrize(
    ("page", "table", "sentence"),
    [
        ("hazards", "mart.hazard_board", "没有提供隐患台账"),
        ("companies", "mart.credit_files", "没有提供物业企业、奖惩或隐患数据"),
    ],
)
def test_a_missing_table_is_told_in_words(
    page: str, table: str, sentence: str, write_store: Callable[..., Path], tmp_path: Path,
    run_page: Run,
) -> None:  # fmt: skip
    store = write_store(tmp_path / "store", without=(table,))
    app = run_page(store, "chief", page)
    assert not app.exception
    assert sentence in said(app)


@pytest.mark.parametrize("page", ["hazards", "companies"])
def test_the_public_may_open_neither(page: str, model_store: Path, run_page: Run) -> None:
    app = run_page(model_store, "public", page)
    assert not app.dataframe
