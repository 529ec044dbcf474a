"""The register: duties overdue first, effects of missing fields, forbidden places, the form."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import date
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from dashboard.filing import FIELDS, empty_fields, filing_frame
from dashboard.register import article_words
from dashboard.texts import load_texts

Run = Callable[..., AppTest]
Read = Callable[[AppTest], str]
ZH, EN = load_texts("zh"), load_texts("en")


def register(app: AppTest) -> pd.DataFrame:
    return next(one.value for one in app.dataframe if "state_word" in one.value.columns)


def cards(app: AppTest) -> str:
    return "".join(str(one.proto.body) for one in app.get("html"))


def test_cameras_with_overdue_duties_stand_first(model_store: Path, run_page: Run) -> None:
    rows = register(run_page(model_store, "district", "cameras"))
    # cameras 1, 4, 7, 10 are under article 7 and were never filed; 1 and 7 have no sign either
    assert list(rows["camera_id"][:4]) == ["K1", "K7", "K10", "K4"]
    assert len(rows) == 12


@pytest.mark.parametrize(
    ("query", "kept"),
    [
        ({"state": "faulty"}, {"K3", "K7", "K11"}),
        ({"basis": "none"}, {"K0", "K3", "K6", "K9"}),
        ({"duty": "overdue"}, {"K1", "K4", "K7", "K10"}),
        ({"duty": "unknown"}, {"K0", "K3", "K6", "K9"}),
        ({"data": "incomplete"}, {"K0", "K3", "K6", "K9"}),
        ({"c": "C1"}, {"K0", "K6"}),
        ({"q": "k1"}, {"K1", "K10", "K11"}),
        ({"duty": "overdue", "state": "faulty"}, {"K7"}),
        ({"duty": "met"}, {"K2", "K8"}),
    ],
)
def test_the_address_keeps_every_filter(
    query: dict[str, str], kept: set[str], model_store: Path, run_page: Run
) -> None:
    app = run_page(model_store, "district", "cameras", **query)
    assert not app.exception
    assert set(register(app)["camera_id"]) == kept


def test_a_filter_that_fits_no_camera_says_so(
    model_store: Path, run_page: Run, read_text: Read
) -> None:
    app = run_page(model_store, "district", "cameras", q="no such camera")
    assert ZH("cameras.none") in read_text(app)


def test_a_chief_and_a_planner_see_the_cameras_of_their_area_alone(
    model_store: Path, run_page: Run
) -> None:
    chief = register(run_page(model_store, "chief", "cameras", scope="S1"))
    planner = register(run_page(model_store, "planner", "cameras", scope="T2"))
    assert set(chief["camera_id"]) == {f"K{k}" for k in range(0, 12, 2)}
    assert set(planner["camera_id"]) == {f"K{k}" for k in range(1, 12, 2)}


def test_a_forbidden_camera_is_reported_and_not_in_the_register(
    model_store: Path, run_page: Run, read_text: Read
) -> None:
    app = run_page(model_store, "district", "cameras")
    assert "KX" not in set(register(app)["camera_id"])
    text = read_text(app)
    assert "KX" in text
    assert ZH("forbidden_place.changing_room") in text


def test_a_missing_field_says_in_numbers_what_it_would_change(
    model_store: Path, run_page: Run
) -> None:
    app = run_page(model_store, "district", "cameras", lang="en")
    rows = next(one.value for one in app.dataframe if "change" in one.value.columns)
    by = rows.set_index("field_word")
    # four cameras without a bearing: 4 x 20 m2 to 4 x 180 m2 where 0 is counted
    assert by.loc["Bearing", "n"] == 4
    said = EN("cameras.change_area", down="+80 m²", up="+720 m²", a="80 m²", b="720 m²")
    assert by.loc["Bearing", "change"] == said
    assert by.loc["Date of installation", "change"] == EN("cameras.change_none")


def test_overdue_duties_are_listed_with_the_days_they_are_late(
    model_store: Path, run_page: Run
) -> None:
    app = run_page(model_store, "district", "cameras", lang="en")
    rows = next(one.value for one in app.dataframe if "days_late" in one.value.columns)
    late = rows[rows["how"] == EN("duty_state.overdue")]
    # in use since 2022-05-01, due 2022-05-31, the data ends 2026-06-30: 1,491 days
    assert set(late["days_late"]) == {1491}
    assert list(rows["how"][:4]) == [EN("duty_state.overdue")] * 4


def test_a_row_chosen_shows_the_duties_and_gaps_of_that_camera(
    model_store: Path, run_page: Run, read_text: Read
) -> None:
    app = run_page(model_store, "district", "cameras", lang="en")
    app.session_state["cameras_map"] = {"picked": {"layer": "cameras", "index": 0}}
    app.run()
    assert not app.exception
    assert EN("cameras.one", camera="K0") in [one.value for one in app.subheader]
    assert "Counted now 0 m²; once known between 20 m² and 180 m²" in read_text(app)


@pytest.mark.parametrize(
    ("missing", "said"),
    [
        ("core.cameras", "absent.missing.cameras"),
        ("mart.camera_duties", "absent.missing.camera_duties"),
        ("mart.camera_gaps", "absent.missing.camera_gaps"),
        ("mart.forbidden_cameras", "absent.missing.forbidden_cameras"),
    ],
)
def test_what_is_missing_is_said_in_words(
    missing: str, said: str, write_store: Callable[..., Path], tmp_path: Path, run_page: Run,
    read_text: Read,
) -> None:  # fmt: skip
    store = write_store(tmp_path / "less", n_communities=2, kinds=["station"], without=[missing])
    app = run_page(store, "chief", "cameras")
    assert not app.exception
    assert ZH(said) in read_text(app)


def cameras_frame() -> pd.DataFrame:
    return pd.DataFrame({
        "camera_id": ["K1", "=cmd"], "community": ["和平里", None], "place_type": [None, "道路"],
        "lon": [121.1234567, 121.0], "lat": [31.0, None], "bearing_deg": [None, 90.0],
        "hfov_deg": [62.04, None], "height_m": [None, None], "kind": ["fixed", "ptz"],
        "owner_kind": ["police", None], "legal_basis": ["art7_gov", None],
        "installed_on": [date(2025, 5, 1), None], "state": ["working", "faulty"],
        "must_file": [True, None], "filing_due_on": [date(2025, 5, 31), None],
        "filed_on": [None, None], "retention_days": [30.0, None], "has_sign": [True, None],
    })  # fmt: skip


def test_the_form_has_chinese_headings_and_names_the_empty_fields_of_each_row() -> None:
    made = filing_frame(cameras_frame())
    assert list(made.columns) == [ZH("filing.line"), *(ZH(f"filing.{f}") for f in FIELDS),
                                  ZH("filing.lacks")]  # fmt: skip
    first = made.iloc[0]
    assert first[ZH("filing.bearing")] is None
    assert first[ZH("filing.basis")] == ZH("legal_basis.art7_gov")
    assert first[ZH("filing.used_from")] == "2025-05-01"
    assert first[ZH("filing.sign")] == "是"
    lacks = first[ZH("filing.lacks")].split("、")
    assert lacks == [ZH(f"filing.{f}") for f in
                     ("system", "place", "bearing", "height", "purpose", "filed")]  # fmt: skip


def test_the_second_sheet_counts_what_is_filled_and_what_is_empty() -> None:
    counted = empty_fields(cameras_frame()).set_index(ZH("filing.field"))
    assert list(counted.loc[ZH("filing.bearing")][:2]) == [1, 1]
    assert list(counted.loc[ZH("filing.purpose")][:2]) == [0, 2]
    assert list(counted.loc[ZH("filing.camera_id")][:2]) == [2, 0]
    made = filing_frame(cameras_frame())
    for field in FIELDS:
        assert counted.loc[ZH(f"filing.{field}")].iloc[0] == made[ZH(f"filing.{field}")].count()


def test_the_workbook_marks_empty_cells_and_runs_no_formula(
    model_store: Path, run_page: Run
) -> None:
    from dashboard import filing

    class Asked:
        """As much of a page as the form names."""

        scope_name = "=模型区"

        class build:  # noqa: N801
            as_of = date(2026, 6, 30)
            id = "b1"

    book = openpyxl.load_workbook(io.BytesIO(filing.filing_book(Asked(), cameras_frame())))  # type: ignore[arg-type]
    sheet, lacking = book.worksheets
    heads = [cell.value for cell in sheet[4]]
    row = dict(zip(heads, sheet[6], strict=True))
    assert row[ZH("filing.camera_id")].value == "'=cmd"
    assert row[ZH("filing.lat")].value is None
    assert row[ZH("filing.lat")].fill.fgColor.rgb == "00FFF2CC"
    assert row[ZH("filing.lon")].fill.fgColor.rgb != "00FFF2CC"
    assert not [c for line in sheet.iter_rows() for c in line if c.data_type == "f"]
    assert lacking.title == ZH("filing.sheet_lacks")


@pytest.mark.parametrize(
    ("written", "said"),
    [("14", "article 14"), ("7, 9, 33", "article 7, 9, 33"), (None, None),
     ("State Council order 799, article 8", "article 8"), ("", None)],
)  # fmt: skip
def test_articles_are_told_by_their_numbers_in_the_language_of_the_page(
    written: str | None, said: str | None
) -> None:
    class Asked:
        t = EN

    assert article_words(Asked(), pd.Series([written], dtype=object)) == [said]  # type: ignore[arg-type]
