"""The coverage page: what is lost, what is blind, how it rose and fell, and how it says so."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from dashboard.texts import load_texts

Run = Callable[..., AppTest]
Read = Callable[[AppTest], str]
ZH, EN = load_texts("zh"), load_texts("en")


def table(app: AppTest, column: str) -> pd.DataFrame:
    """The first table with a column of this name."""
    return next(one.value for one in app.dataframe if column in one.value.columns)


def test_blind_spots_are_ranked_by_incidents_and_name_the_nearest_camera(
    model_store: Path, run_page: Run
) -> None:
    rows = table(run_page(model_store, "chief", "coverage", scope="S1"), "blind_area_m2")
    assert list(rows["place"]) == list(range(1, len(rows) + 1))
    assert list(rows["n_incidents"]) == sorted(rows["n_incidents"], reverse=True)
    assert set(rows["nearest_camera_id"]) == {"K1"}


def test_critical_cameras_come_with_what_only_they_see(
    model_store: Path, run_page: Run, read_text: Read
) -> None:
    app = run_page(model_store, "district", "coverage")
    rows = table(app, "n_incidents_lost")
    # 4, 8 and 9 work and are critical; of 4 and 9, four incidents each, only 9 has a gate
    assert list(rows["camera_id"]) == ["K9", "K4", "K8"]
    assert list(rows["n_incidents_lost"]) == [4, 4, 3]
    assert ZH("coverage.critical_total", area="201 m²", n="11", gates="1") in read_text(app)


def test_only_pairs_that_share_half_of_one_of_them_are_redundant(
    model_store: Path, run_page: Run
) -> None:
    rows = table(run_page(model_store, "district", "coverage"), "other_camera_id")
    # the model's pairs share 30 to 70 % of the first camera's ground and 40 % of the other's
    assert len(rows) == 6
    assert set(rows["camera_fraction"].round()) == {50, 60, 70}


def test_the_address_chooses_community_level_daypart_and_highlight(
    model_store: Path, run_page: Run
) -> None:
    query = {"c": "C3", "level": "observe", "part": "night", "show": "critical"}
    app = run_page(model_store, "chief", "coverage", scope="S1", **query)
    assert not app.exception
    chosen = {one.key: one.value for one in app.selectbox}
    assert chosen["coverage_level"] == "observe"
    assert chosen["coverage_c"] == "C3"
    rows = table(app, "blind_area_m2")
    assert list(rows["blind_spot_id"]) == ["BS2-night"]


def test_a_choice_that_is_none_of_the_options_falls_back_to_the_first(
    model_store: Path, run_page: Run
) -> None:
    app = run_page(model_store, "chief", "coverage", scope="S1", c="C2", level="x", show="<b>")
    assert not app.exception
    assert {one.key: one.value for one in app.selectbox}["coverage_c"] == ""


def test_the_history_tells_the_greatest_rise_and_fall_in_words(
    model_store: Path, run_page: Run, read_text: Read
) -> None:
    text = read_text(run_page(model_store, "chief", "coverage", scope="S1", lang="en"))
    rise = EN("coverage.history_rise", day="1 Mar 2025", change="+4 points", new="4", back="0")
    fall = EN("coverage.history_fall", day="10 Jan 2026", change="−2 points", gone="0", broken="3")
    # a year before 2026-06-30 coverage stood at 9.0 %, since 2025-03-01
    year = EN("coverage.history_year", day="30 Jun 2025", a="9.0%", word="down to", b="8.0%",
              change="−1 points", c="4.5%", d="4.0%", night="−0.5 points")  # fmt: skip
    for sentence in (rise, fall, year):
        assert sentence in text.replace("&#x27;", "'")


def test_works_are_told_by_what_was_seen_before_and_after_them(
    model_store: Path, run_page: Run, read_text: Read
) -> None:
    # thirty days before 1 March 2025 the community saw 5 %, thirty days after 9 %
    said = EN("coverage.works_line", day="1 Mar 2025", name="Heping 1", a="5.0%", b="9.0%",
              change="+4 points", n="8", m="12")  # fmt: skip
    assert said in read_text(run_page(model_store, "chief", "coverage", scope="S1", lang="en"))
    other = run_page(model_store, "chief", "coverage", scope="S1", lang="en", c="C3")
    assert EN("coverage.works") not in [one.value for one in other.subheader]


def test_uncovered_incidents_are_told_by_day_and_by_night(
    model_store: Path, run_page: Run, read_text: Read
) -> None:
    text = read_text(run_page(model_store, "chief", "coverage", scope="S1", lang="en"))
    # three communities: 5 of 12 by day, 6 of 8 at night, each
    assert EN("coverage.uncovered_line", part=EN("daypart.day"), n="15", total="36") in text
    assert EN("coverage.uncovered_line", part=EN("daypart.night"), n="18", total="24") in text
    assert "41.7%" in text
    assert EN("coverage.uncovered_night", share="75.0%") in text


@pytest.mark.parametrize(
    ("missing", "said"),
    [
        ("core.camera_faults", "coverage.no_faults"),
        ("mart.camera_losses", "absent.missing.camera_losses"),
        ("mart.camera_pairs", "absent.missing.camera_pairs"),
        ("mart.coverage_history", "absent.missing.coverage_history"),
        ("mart.blind_spots", "absent.missing.blind_spots"),
    ],
)
def test_what_is_missing_is_said_in_words(
    missing: str, said: str, write_store: Callable[..., Path], tmp_path: Path, run_page: Run,
    read_text: Read,
) -> None:  # fmt: skip
    store = write_store(tmp_path / "less", n_communities=2, kinds=["station"], without=[missing])
    app = run_page(store, "chief", "coverage")
    assert not app.exception
    assert ZH(said) in read_text(app)


def test_a_click_on_a_numbered_blind_spot_shows_its_figures(
    model_store: Path, run_page: Run, read_text: Read
) -> None:
    app = run_page(model_store, "chief", "coverage", scope="S1")
    app.session_state["coverage_map"] = {"picked": {"layer": "blind_rank", "index": 0}}
    app.run()
    assert not app.exception
    rows = table(app, "blind_area_m2")
    assert ZH("coverage.blind_picked", n=1, name=rows["shown_name"].iloc[0]) in read_text(app)
