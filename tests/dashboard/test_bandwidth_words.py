"""The page says which bandwidth a density has, why, and what else was tried."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from dashboard.access import load_access
from dashboard.bandwidth_words import sentence
from dashboard.formats import Formats
from dashboard.page import Page
from dashboard.store import current_build, open_slice
from dashboard.texts import load_texts
from dashboard.viewer import Viewer

Run = Callable[..., AppTest]
Read = Callable[[AppTest], str]


@pytest.fixture(scope="module", params=["zh", "en"])
def page(request: pytest.FixtureRequest, model_store: Path) -> Page:
    build = current_build(model_store)
    return Page("hotspots", load_texts(request.param), Formats(request.param, "Asia/Shanghai"),
                Viewer("chief", "station", "S1"), build, open_slice(build, "station", "S1"),
                load_access())  # fmt: skip


def rows(used: float, reason: str, gains: dict[float, float | None], n: int = 400) -> pd.DataFrame:
    return pd.DataFrame({
        "bandwidth_m": list(gains), "is_used": [one == used for one in gains], "reason": reason,
        "gain": pd.Series(list(gains.values()), dtype=float), "n_months": 6, "n_tested": n,
        "needed": 30,
    })  # fmt: skip


def test_the_best_is_told_with_what_it_was_chosen_from(page: Page) -> None:
    told = sentence(page, rows(200.0, "best", {100.0: 1.1, 200.0: 1.316, 400.0: 1.2}))
    for part in ("200", "100", "400", "3", "6", "1.32"):
        assert part in told
    assert page.t("bandwidth.narrowest") not in told
    assert page.t("bandwidth.widest") not in told


@pytest.mark.parametrize(
    ("gains", "word"),
    [
        ({100.0: 1.5, 200.0: 1.3}, "narrowest"),
        ({100.0: 1.3, 200.0: 1.5}, "widest"),
        ({100.0: 0.9, 200.0: 0.98}, "no_better"),
    ],
)
def test_the_end_of_the_candidates_is_told(
    page: Page, gains: dict[float, float | None], word: str
) -> None:
    best = max(gains, key=lambda one: gains[one] or 0)
    assert sentence(page, rows(best, "best", gains)).endswith(page.t(f"bandwidth.{word}"))


@pytest.mark.parametrize("reason", ["district", "default"])
def test_too_few_incidents_are_told_with_how_many_it_takes(page: Page, reason: str) -> None:
    told = sentence(page, rows(250.0, reason, {100.0: None, 250.0: None}, n=12))
    assert "250" in told
    assert "12" in told
    assert "30" in told


def test_a_bandwidth_of_the_district_file_stands_beside_the_best(page: Page) -> None:
    told = sentence(page, rows(170.0, "set", {100.0: 1.5, 170.0: None, 200.0: 1.3}))
    assert "170" in told
    assert page.t("bandwidth.best_would_be", m="100") in told
    alone = sentence(page, rows(170.0, "set", {170.0: None}))
    assert alone == page.t("bandwidth.reason_set", m="170", n="400", needed="30", months="6")


def test_the_density_says_its_bandwidth_and_opens_the_candidates(
    model_store: Path, run_page: Run, read_text: Read
) -> None:
    app = run_page(model_store, "chief", "hotspots", method="density")
    assert not app.exception
    assert "带宽 150 米：在 4 个候选（100 至 300 米）中" in read_text(app)
    assert len(app.expander) == 1
    shown = app.expander[0].dataframe[0].value
    assert list(shown["bandwidth_m"]) == [100.0, 150.0, 200.0, 300.0]
    assert "带宽 150 米" not in read_text(run_page(model_store, "chief", "hotspots"))


def test_a_store_without_bandwidths_still_draws_its_density(
    write_store: Callable[..., Path], tmp_path: Path, run_page: Run
) -> None:
    store = write_store(tmp_path / "s", without=["mart.hotspot_bandwidths"], kinds=["station"])
    app = run_page(store, "chief", "hotspots", method="density")
    assert not app.exception
    assert not app.expander
