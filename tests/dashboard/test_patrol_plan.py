"""A plan is told as a patrol walks it: hours in one place are one stop."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from dashboard import patrol_plan
from dashboard.access import load_access
from dashboard.formats import Formats
from dashboard.page import Page
from dashboard.queries import analysis
from dashboard.store import current_build, open_slice
from dashboard.texts import load_texts
from dashboard.viewer import Viewer

X, Y = 300_000.0, 3_450_000.0


@pytest.fixture
def page(model_store: Path) -> Page:
    build = current_build(model_store)
    return Page("tonight", load_texts("zh"), Formats("zh", "Asia/Shanghai"),
                Viewer("chief", "station", "S1"), build, open_slice(build, "station", "S1"),
                load_access())  # fmt: skip


def _hours(*told: tuple[int, int, str]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the plan and the routes of (patrol, hour, cell), each patrol in its order."""
    plan, routes = [], []
    stops: dict[int, int] = {}
    for rank, (patrol, hour, cell) in enumerate(told, 1):
        stops[patrol] = stops.get(patrol, 0) + 1
        spot: dict[str, Any] = {"night": date(2026, 7, 1), "hour": hour, "cell_id": cell,
                                "cell_m": 100.0, "x": X, "y": Y, "lon": 121.0, "lat": 30.0,
                                "rank": rank}  # fmt: skip
        plan.append({**spot, "shown_name": cell, "expected": 0.5, "radius_m": 100.0,
                     "raise_ratio": 2.0 if rank == 1 else 1.0})  # fmt: skip
        routes.append({**spot, "patrol_hours": len(told), "patrol": patrol, "stop": stops[patrol],
                       "leg_m": 60.0 * rank, "walk_m": 0.0, "metric": "manhattan"})  # fmt: skip
    return pd.DataFrame(plan), pd.DataFrame(routes)


@pytest.fixture
def walk(page: Page, monkeypatch: pytest.MonkeyPatch) -> Callable[..., pd.DataFrame]:
    def run(*told: tuple[int, int, str]) -> pd.DataFrame:
        plan, routes = _hours(*told)
        monkeypatch.setattr(analysis, "routes", lambda *_: routes)
        return patrol_plan.walks_of(page, "S1", "all", len(told), plan)

    return run


def test_hours_that_follow_each_other_in_one_place_are_one_stop(
    walk: Callable[..., pd.DataFrame],
) -> None:
    found = walk((1, 22, "a"), (1, 23, "a"), (1, 0, "a"), (1, 1, "b"))
    assert list(found["when"]) == ["22–01 时", "01–02 时"]
    assert list(found["n_hours"]) == [3, 1]
    assert list(found["expected"]) == [1.5, 0.5]
    assert list(found["stop"]) == [1, 2]


def test_a_pause_another_place_or_another_patrol_ends_a_stop(
    walk: Callable[..., pd.DataFrame],
) -> None:
    found = walk((1, 18, "a"), (1, 20, "a"), (1, 21, "b"), (1, 22, "a"), (2, 23, "a"))
    assert list(found["n_hours"]) == [1, 1, 1, 1, 1]
    assert list(found["key"]) == ["1-1", "1-2", "1-3", "1-4", "2-1"]


def test_the_first_stop_has_no_walk_before_it_and_only_raised_risk_is_told(
    walk: Callable[..., pd.DataFrame],
) -> None:
    found = walk((1, 18, "a"), (1, 19, "b"))
    assert found["leg_m"].isna().tolist() == [True, False]
    assert found.loc[0, "raise_ratio"] == 2.0
    assert pd.isna(found.loc[1, "raise_ratio"])


def test_without_routes_the_hours_follow_the_night(
    page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan, _ = _hours((1, 1, "c"), (1, 18, "a"), (1, 23, "b"))
    monkeypatch.setattr(analysis, "routes", lambda *_: pd.DataFrame({"patrol_hours": []}))
    found = patrol_plan.walks_of(page, "S1", "all", 3, plan)
    assert list(found["cell_id"]) == ["a", "b", "c"]


def test_the_map_looks_at_the_stops_with_250_metres_about_them(page: Page) -> None:
    west, south, east, north = patrol_plan.bounds_of(pd.DataFrame({"lon": [121.0], "lat": [60.0]}))
    assert (north - south) * 111_320 / 2 == pytest.approx(250)
    assert (east - west) * 111_320 / 4 == pytest.approx(250)
