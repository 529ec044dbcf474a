"""The patrol page: who is on duty when, and where incidents happen beyond anybody's reach."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from streamlit.testing.v1 import AppTest

from dashboard.layer_patrols import manned, reach_layer
from dashboard.texts import load_texts
from geo.patrol import hours_manned

Run = Callable[..., AppTest]
Read = Callable[[AppTest], str]
ZH, EN = load_texts("zh"), load_texts("en")
HOURS = st.one_of(st.just(float("nan")), st.sampled_from([0.0, 6.0, 6.5, 12.0, 20.0, 23.5, 24.0]))


def table(app: AppTest, column: str) -> pd.DataFrame:
    return next(one.value for one in app.dataframe if column in one.value.columns)


@given(st.lists(st.tuples(HOURS, HOURS), min_size=1, max_size=6), st.integers(0, 23))
def test_who_is_on_duty_is_told_as_the_analysis_tells_it(
    spans: list[tuple[float, float]], hour: int
) -> None:
    starts, ends = (np.array(one) for one in zip(*spans, strict=True))
    bits = hours_manned(starts, ends)
    points = pd.DataFrame({"starts_at": starts, "ends_at": ends})
    assert list(manned(points, str(hour))) == list((bits >> np.uint32(hour)) & 1 == 1)


def test_over_the_whole_day_every_point_counts() -> None:
    points = pd.DataFrame({"starts_at": [20.0, np.nan], "ends_at": [6.0, np.nan]})
    assert list(manned(points, "all")) == [True, True]
    assert list(manned(points, "12")) == [False, True]


def test_the_hour_is_kept_in_the_address(model_store: Path, run_page: Run, read_text: Read) -> None:
    app = run_page(model_store, "chief", "patrols", scope="S1", hour="21", lang="en")
    assert not app.exception
    # each weekday 0.5 expected at 21 h, of which 0.25 unreached: 3.5 and 1.75 in the week
    said = EN("patrols.of_n_unmanned", n="1.8", total="3.5", hour="21–22 h")
    assert said in read_text(app)
    rows = table(app, "manned_fraction")
    assert set(rows["n_unmanned"]) == {0.25}


def test_ground_in_reach_is_restyled_by_the_hour_and_keeps_its_geometry(
    model_store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dashboard.access import load_access
    from dashboard.formats import Formats
    from dashboard.page import Page
    from dashboard.store import current_build, open_slice
    from dashboard.viewer import Viewer

    build = current_build(model_store)
    part = open_slice(build, "station", "S1")
    viewer = Viewer("chief", "station", "S1")
    page = Page("patrols", ZH, Formats("zh", "Asia/Shanghai"), viewer, build, part, load_access())
    at = {hour: reach_layer(page, hour) for hour in ("all", "20", "21", "22")}
    assert all(one is not None for one in at.values())
    shown = {hour: list(one.shown) for hour, one in at.items() if one is not None}
    # each community: one piece at 21 h alone, one at 21 and 22 h
    assert shown["all"] == shown["21"] == [True] * 6
    assert shown["20"] == [False] * 6
    assert sorted(shown["22"]) == [False] * 3 + [True] * 3
    assert len({one.content().sha256 for one in at.values() if one is not None}) == 1


@pytest.mark.parametrize("hour", ["24", "-1", "x", ""])
def test_an_hour_that_is_none_falls_back_to_the_whole_day(
    hour: str, model_store: Path, run_page: Run, read_text: Read
) -> None:
    app = run_page(model_store, "chief", "patrols", scope="S1", hour=hour)
    assert not app.exception
    assert ZH("patrols.communities", hour=ZH("patrols.all_day")) in [s.value for s in app.subheader]


def test_gaps_are_ranked_by_the_incidents_nobody_reaches(model_store: Path, run_page: Run) -> None:
    app = run_page(model_store, "chief", "patrols", scope="S1")
    rows = table(app, "when")
    assert list(rows["place"]) == list(range(1, len(rows) + 1))
    assert list(rows["n_unmanned"]) == sorted(rows["n_unmanned"], reverse=True)
    assert set(rows["shown_name"]) == {"和平里1号", "和平里3号", "和平里5号"}


def test_the_log_of_visits_can_decide_in_place_of_the_hours_of_duty(
    model_store: Path, run_page: Run
) -> None:
    app = run_page(model_store, "chief", "patrols", scope="S1", by="n_unvisited")
    assert not app.exception
    rows = table(app, "when")
    assert list(rows["n_unvisited"]) == sorted(rows["n_unvisited"], reverse=True)


@pytest.mark.parametrize(
    ("missing", "said"),
    [
        ("core.patrol_points", "absent.missing.patrol_points"),
        ("mart.patrol_gaps", "absent.missing.patrol_gaps"),
    ],
)
def test_what_is_missing_is_said_in_words(
    missing: str, said: str, write_store: Callable[..., Path], tmp_path: Path, run_page: Run,
    read_text: Read,
) -> None:  # fmt: skip
    store = write_store(tmp_path / "less", n_communities=2, kinds=["station"], without=[missing])
    app = run_page(store, "chief", "patrols")
    assert not app.exception
    assert ZH(said) in read_text(app)


def test_without_the_reach_of_communities_the_page_still_opens(
    write_store: Callable[..., Path], tmp_path: Path, run_page: Run
) -> None:
    without = ["mart.patrol_reach", "mart.patrol_gaps"]
    store = write_store(tmp_path / "less", n_communities=2, kinds=["station"], without=without)
    assert not run_page(store, "chief", "patrols").exception
