"""Figures on cards are the sums a reader can repeat by hand, over the days they name."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import pandas as pd
import pytest

from dashboard import figures
from dashboard.access import load_access
from dashboard.formats import Formats
from dashboard.page import Page
from dashboard.periods import by_month, window
from dashboard.queries import counts
from dashboard.store import current_build, open_slice
from dashboard.texts import load_texts
from dashboard.viewer import Viewer


@pytest.fixture
def page(model_store: Path) -> Page:
    build = current_build(model_store)
    return Page(
        "overview", load_texts("en"), Formats("en", "Asia/Shanghai"),
        Viewer("chief", "station", "S1"), build, open_slice(build, "station", "S1"), load_access(),
    )  # fmt: skip


def test_the_uncovered_share_is_uncovered_over_located(page: Page) -> None:
    # communities 1, 3, 5: 20 located each; 10, 12 and 14 uncovered; 36 of 60
    card = figures.uncovered_card(page, counts.uncovered(page))
    assert card.value == "60.0%"
    assert card.lines[0].startswith("36 of 60 ")


def test_no_located_incident_gives_no_share(page: Page) -> None:
    card = figures.uncovered_card(page, counts.uncovered(page, "nobody"))
    assert card.value == "–"


def test_28_days_end_with_the_last_day_of_the_data_in_local_time(page: Page) -> None:
    # 3 June 00:00 to 1 July 00:00 in Shanghai, eight hours before UTC
    assert window(page, "28_days") == (datetime(2026, 6, 2, 16), datetime(2026, 6, 30, 16))


def test_12_months_are_the_365_days_ending_with_the_last_day(page: Page) -> None:
    assert window(page, "12_months") == (datetime(2025, 6, 30, 16), datetime(2026, 6, 30, 16))


def test_months_stand_beside_the_same_month_a_year_before(page: Page) -> None:
    rows = pd.DataFrame(
        {
            "month": [date(2025, 6, 1), date(2026, 6, 1), date(2026, 6, 1)],
            "class": ["call", "call", "criminal"],
            "n": [7, 2, 3],
        }
    )
    last = by_month(page, rows).iloc[-1]
    assert (last["month"], last["n"], last["before"]) == (pd.Timestamp("2026-06-01"), 5, 7)
    assert by_month(page, rows, "case").iloc[-1]["n"] == 3
    assert len(by_month(page, rows)) == 12


def test_a_month_before_the_data_began_is_unknown_and_not_zero(page: Page) -> None:
    rows = pd.DataFrame({"month": [date(2025, 7, 1)], "class": ["call"], "n": [1]})
    assert by_month(page, rows)["before"].isna().all()


@pytest.mark.parametrize(
    ("word", "change", "said", "tone"),
    [
        ("down", -0.126, "▼ down 12.6%", "good"),
        ("up", 0.2, "▲ up 20.0%", "bad"),
        ("no_real_change", 0.03, "● no real change (+3.0%)", "flat"),
        ("too_few", float("nan"), "○ too few to tell", "flat"),
    ],
)
def test_a_change_is_said_in_words(
    word: str, change: float, said: str, tone: str, page: Page
) -> None:
    row = {"word": word, "change_fraction": change, "n_before": 4}
    assert figures.change_words(page, row) == said
    assert figures.tone(row) == tone


def test_an_interval_is_given_as_changes_and_not_where_cases_are_too_few(page: Page) -> None:
    row = {"word": "down", "n_before": 4, "ratio_low": 0.7, "ratio_high": 0.98}
    said = figures.compared(page, row, against="change.before_12")
    assert said == "4 the year before; 95 % between −30.0% and −2.0%"
    few = figures.compared(page, row | {"word": "too_few"}, against="change.before_12")
    assert few == "4 the year before"


def test_nothing_to_compare_with_is_said(page: Page) -> None:
    row = {"word": None, "n_before": None}
    assert figures.change_words(page, row) == "nothing to compare with"
    assert figures.compared(page, row, against="change.before_12") == ""


def test_communities_without_a_criminal_case_are_given_with_their_number(page: Page) -> None:
    found = counts.figures(page, "station", "S1")
    card = figures.zero_card(page, found)
    assert card is not None
    assert (card.value, card.unit) == ("2", "of 6")
