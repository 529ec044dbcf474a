"""Ratings with what stands behind them, the standards, and a trial that changes nothing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from dashboard import rating_parts

Run = Callable[..., AppTest]


def table_with(app: AppTest, column: str) -> pd.DataFrame:
    return next(one.value for one in app.dataframe if column in one.value.columns)


def tables_have(app: AppTest, column: str) -> bool:
    return any(column in one.value.columns for one in app.dataframe)


def said(app: AppTest) -> str:
    return " ".join(str(one.proto.body) for one in app.get("html"))


def test_the_ranking_shows_each_communitys_years_and_firmness(
    model_store: Path, run_page: Run
) -> None:
    app = run_page(model_store, "chief", "ratings", lang="en")
    assert not app.exception
    rows = table_with(app, "stars_by_year")
    assert set(rows["stars_by_year"]) == {"4 4 4"}
    assert set(rows["firm_word"]) == {"firm"}


def test_a_check_that_is_overdue_stands_first(model_store: Path, run_page: Run) -> None:
    rows = table_with(run_page(model_store, "district", "ratings"), "check_due_on")
    assert list(rows["state_word"])[:2] == ["事实核对", "已公示"]
    assert list(rows["is_overdue"])[:2] == ["是", "否"]


def test_a_rate_beyond_chance_is_told_from_one_within(model_store: Path, run_page: Run) -> None:
    rows = table_with(run_page(model_store, "district", "ratings", lang="en"), "word_text")
    assert list(rows["word_text"]) == ["High (95 %)"] + ["Within chance"] * 5
    empty = run_page(model_store, "district", "ratings", funnel="public_security")
    assert "没有可比较的案件率" in said(empty)


def test_who_scored_high_is_for_the_district_alone(model_store: Path, run_page: Run) -> None:
    assert tables_have(run_page(model_store, "district", "ratings"), "assessor")
    for role in ("chief", "planner", "public"):
        assert not tables_have(run_page(model_store, role, "ratings"), "assessor")


def test_a_dossier_shows_what_stands_behind_the_rating(model_store: Path, run_page: Run) -> None:
    app = run_page(model_store, "district", "dossier", lang="en", c="C1")
    assert not app.exception
    assert "Firm 0." in said(app)
    assert "Progress 0." in said(app)
    assert list(table_with(app, "peer")["peer"]) == ["Like Court"]
    assert list(table_with(app, "place")["place"]) == ["2 of 9"]
    assert list(table_with(app, "points_before")["change"]) == [-8.0]


@pytest.mark.parametrize("role", ["public", "planner", "chief", "district"])
def test_everyone_may_read_a_standard(role: str, model_store: Path, run_page: Run) -> None:
    app = run_page(model_store, role, "standards")
    assert not app.exception
    assert list(table_with(app, "item")["item"]) == ["照明", "门禁", "治安状况"]


def test_the_public_gets_no_trial(model_store: Path, run_page: Run) -> None:
    assert not run_page(model_store, "public", "standards").number_input
    assert len(run_page(model_store, "chief", "standards").number_input) == 3


def test_weights_of_the_address_are_tried_and_can_be_put_back(
    model_store: Path, run_page: Run
) -> None:
    app = run_page(model_store, "district", "standards", w="20,30,100")
    assert not app.exception
    assert [one.value for one in app.number_input] == [20.0, 30.0, 100.0]
    rows = table_with(app, "score_after")
    # the four items of a community are equally full, so only a missing one can move a score
    assert rows["change"].abs().max() == 0.0
    app.button(key="reset_security-star").click().run()
    assert [one.value for one in app.number_input] == [20.0, 30.0, 50.0]
    assert not tables_have(app, "score_after")


@pytest.mark.parametrize("written", ["", "1,2", "a,b,c", "0,30,50", "20,30,1000", "20,30,nan"])
def test_weights_that_make_no_sense_leave_the_standard(
    written: str, model_store: Path, run_page: Run
) -> None:
    app = run_page(model_store, "chief", "standards", w=written)
    assert not app.exception
    assert [one.value for one in app.number_input] == [20.0, 30.0, 50.0]


def test_without_ratings_the_standard_can_still_be_read(
    write_store: Callable[..., Path], tmp_path: Path, run_page: Run
) -> None:
    store = write_store(tmp_path / "store", without=("mart.ratings", "mart.rating_items"))
    app = run_page(store, "chief", "standards")
    assert not app.exception
    assert table_with(app, "item") is not None
    assert not app.number_input


def test_the_main_standard_of_the_newest_period_opens_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    names = {"security-star": "星级", "manager-demerit": "记分"}
    monkeypatch.setattr(rating_parts, "standard_names", lambda page: names)
    rows = pd.DataFrame(
        {
            "standard_id": ["manager-demerit", "security-star", "security-star", "gone"],
            "period": ["2026", "2026", "2025", "2026"],
        }
    )
    found = rating_parts._main_first(None, rows)  # type: ignore[arg-type]
    assert list(found["standard_id"] + found["period"]) == [
        "security-star2026", "manager-demerit2026", "gone2026", "security-star2025",
    ]  # fmt: skip
