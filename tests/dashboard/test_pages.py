"""Every page opens for every role that may open it, and says why where it may not."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.access import PAGES, load_access
from dashboard.texts import load_texts

ROLES = ("chief", "planner", "district", "steward", "public")
GRANTED = [(r, p) for r in ROLES for p in PAGES if load_access().may(r, p)]
DENIED = [(r, p) for r in ROLES for p in PAGES if not load_access().may(r, p)]
Run = Callable[..., AppTest]
Read = Callable[[AppTest], str]


@pytest.mark.parametrize(("role", "page"), GRANTED)
def test_a_granted_page_opens_with_one_title_and_no_error(
    role: str, page: str, model_store: Path, run_page: Run
) -> None:
    app = run_page(model_store, role, page)
    assert not app.exception
    assert len(app.title) == 1


@pytest.mark.parametrize(("role", "page"), [("chief", p) for p in PAGES] + [("public", "ratings")])
def test_a_page_in_english_has_no_chinese_of_ours(
    role: str, page: str, model_store: Path, run_page: Run
) -> None:
    app = run_page(model_store, role, page, lang="en")
    assert not app.exception
    headings = [one.value for one in (*app.title, *app.header, *app.subheader)]
    assert headings
    assert not [h for h in headings if any("\u4e00" <= c <= "\u9fff" for c in h)]


@pytest.mark.parametrize(("role", "page"), DENIED)
def test_a_page_that_is_not_granted_says_so_and_shows_nothing_else(
    role: str, page: str, model_store: Path, run_page: Run
) -> None:
    app = run_page(model_store, role, page)
    assert [one.value for one in app.title] == [load_texts("zh")("app.denied")]
    assert not app.dataframe
    assert not app.exception


def test_without_the_demo_only_the_public_is_served(model_store: Path, run_page: Run) -> None:
    app = run_page(model_store, "chief", "overview", demo=False, scope="S1")
    assert [one.value for one in app.title] == [load_texts("zh")("app.denied")]
    assert not app.selectbox


def test_a_chief_sees_no_community_of_another_station(
    model_store: Path, run_page: Run, read_text: Read
) -> None:
    text = read_text(run_page(model_store, "chief", "overview", scope="S1"))
    assert "和平里1号" in text
    assert "和平里2号" not in text


def test_a_community_of_another_station_cannot_be_opened_by_its_address(
    model_store: Path, run_page: Run, read_text: Read
) -> None:
    app = run_page(model_store, "chief", "dossier", scope="S1", c="C2")
    assert not app.exception
    assert "和平里2号" not in read_text(app)
    assert load_texts("zh")("dossier.unknown", id="C2") in read_text(app)


def test_a_dossier_opens_on_the_community_in_the_address(model_store: Path, run_page: Run) -> None:
    app = run_page(model_store, "chief", "dossier", scope="S1", c="C3")
    assert "和平里3号" in app.title[0].value


def test_a_planner_reads_counts_but_no_incident(
    model_store: Path, run_page: Run, read_text: Read
) -> None:
    for page in load_access().pages("planner"):
        text = read_text(run_page(model_store, "planner", page))
        assert "I0" not in text.replace("PNI0", "")
        assert "和平路" not in text


def test_the_public_reads_no_count_no_camera_and_no_score(
    model_store: Path, run_page: Run, read_text: Read
) -> None:
    for page in load_access().pages("public"):
        app = run_page(model_store, "public", page)
        columns = {name for one in app.dataframe for name in one.value.columns}
        assert not columns & {"score", "n_incidents", "camera_id", "security_index"}


def test_markup_in_a_name_is_shown_letter_by_letter_and_never_run(
    write_store: Callable[..., Path], tmp_path: Path, run_page: Run
) -> None:
    nasty = "`${alert(1)}<img src=x>"
    store = write_store(tmp_path / "nasty", nasty=nasty, kinds=["station"])
    for page in load_access().pages("chief"):
        app = run_page(store, "chief", page)
        assert not app.exception
        assert not [one for one in app.get("html") if "<img" in one.proto.body]
        shown = (*app.title, *app.header, *app.subheader, *app.expander)
        words = [str(getattr(one, "value", one.proto)) for one in shown]
        assert not [word for word in words if re.search(r"(?<!\\)<img", word)]


def test_markdown_in_a_name_stays_text(
    write_store: Callable[..., Path], tmp_path: Path, run_page: Run
) -> None:
    store = write_store(
        tmp_path / "markdown", nasty="![x](http://evil.example/a.png)", kinds=["station"]
    )
    app = run_page(store, "chief", "dossier")
    assert "![x](" not in app.title[0].value


@pytest.mark.parametrize(
    "table",
    ["core.cameras", "core.buildings", "core.incidents", "core.patrol_points", "core.hazards",
     "core.sanctions", "mart.coverage", "mart.blind_spots", "mart.hotspots", "mart.ratings",
     "mart.figures", "mart.incident_months", "mart.incident_hours", "mart.community_summary",
     "mart.uncovered", "mart.viewsheds", "mart.camera_coverage", "mart.patrol_reach",
     "mart.rating_items", "meta.sources", "core.companies"],
)  # fmt: skip
def test_a_missing_table_switches_off_only_what_needs_it(
    table: str, write_store: Callable[..., Path], tmp_path: Path, run_page: Run, read_text: Read
) -> None:
    store = write_store(
        tmp_path / "less", without=[table], n_incidents=40, n_communities=2, kinds=["station"]
    )
    for page in (p for p in load_access().pages("chief") if load_access().may("chief", p, table)):
        app = run_page(store, "chief", page)
        assert not app.exception
        assert app.title
    t = load_texts("zh")
    if table in ("core.cameras", "core.buildings"):
        text = read_text(run_page(store, "chief", "coverage"))
        assert t(f"absent.missing.{table.partition('.')[2]}") in text


def test_an_empty_district_says_so_on_every_page(
    write_store: Callable[..., Path], tmp_path: Path, run_page: Run
) -> None:
    from etl import schema

    store = write_store(
        tmp_path / "empty", without=[one.full_name for one in schema.TABLES if one.schema != "meta"]
    )
    for role, page in GRANTED:
        app = run_page(store, role, page)
        assert not app.exception
        assert len(app.title) == 1


def test_a_filter_reruns_and_keeps_the_page(model_store: Path, run_page: Run) -> None:
    app = run_page(model_store, "chief", "hotspots")
    before = len(app.dataframe)
    app.selectbox(key="hotspots_class").set_value("case").run()
    assert not app.exception
    assert len(app.dataframe) == before


def test_a_click_on_the_map_shows_the_community(
    model_store: Path, run_page: Run, read_text: Read
) -> None:
    app = run_page(model_store, "chief", "overview", scope="S1")
    app.session_state["overview_map"] = {"picked": {"layer": "communities", "index": 2}}
    app.run()
    assert not app.exception
    assert "和平里5号" in [one.value for one in app.subheader]


def test_the_language_switch_changes_every_heading(model_store: Path, run_page: Run) -> None:
    app = run_page(model_store, "chief", "coverage")
    before = [one.value for one in app.header]
    app.button_group(key="lang").set_value("en").run()
    assert not app.exception
    after = [one.value for one in app.header]
    assert len(before) == len(after)
    assert not set(before) & set(after)


def test_a_store_without_a_build_says_what_to_do(tmp_path: Path, run_page: Run) -> None:
    app = run_page(tmp_path, "chief", "overview")
    assert not app.exception
    assert [one.value for one in app.title] == [load_texts("zh")("app.no_store")]


def test_a_new_build_is_served_on_the_next_run(
    write_store: Callable[..., Path], tmp_path: Path, run_page: Run, read_text: Read
) -> None:
    store = write_store(tmp_path / "moving", n_incidents=20, kinds=["station"])
    app = run_page(store, "chief", "data")
    manifest = store / "builds" / "b1" / "manifest.json"
    (store / "builds" / "b2").symlink_to(store / "builds" / "b1")
    written = json.loads(manifest.read_text("utf-8")) | {"build_id": "b2"}
    manifest.write_text(json.dumps(written), "utf-8")
    pointer = store / "current.new"
    pointer.write_text(json.dumps({"build_id": "b2", "path": "builds/b2"}))
    pointer.replace(store / "current.json")
    assert "b2" in read_text(app.run())
