"""The pages of incident analysis say what was found, how sure it is, and what it rests on."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.texts import load_texts
from etl import schema

Run = Callable[..., AppTest]
Read = Callable[[AppTest], str]
ZH, EN = load_texts("zh"), load_texts("en")


def _notes(app: AppTest) -> list[str]:
    bodies = [one.proto.body for one in app.get("html")]
    return [b for b in bodies if "ax-note" in b]


def test_what_started_this_week_is_told_before_anything_else(
    model_store: Path, run_page: Run
) -> None:
    app = run_page(model_store, "chief", "clusters")
    assert not app.exception
    assert app.header[0].value == ZH("clusters.week")
    told = [one.proto.body for one in app.get("html") if "ax-story" in one.proto.body]
    assert "ax-story-new" in told[0]
    assert "14 起，按常态应有 4.2 起" in told[0]
    assert "p = 0.002；若纯属偶然，约 500 天出现一次" in told[0]
    assert "ax-story-alive" in told[1]


def test_a_week_without_a_cluster_says_so_with_the_reach_of_the_test(
    write_store: Callable[..., Path], tmp_path: Path, run_page: Run, read_text: Read
) -> None:
    store = write_store(tmp_path / "s", kinds=["station"])
    _change(store, "UPDATE mart.cluster_scans SET outcome = 'nothing', p = 0.41")
    _change(store, "DELETE FROM mart.clusters")
    app = run_page(store, "chief", "clusters")
    assert not app.exception
    assert any(ZH("clusters.nothing_new") in one for one in _notes(app))
    text = read_text(app)
    assert "300 起，12 个地点；寻找最长 28 天、半径最大 800 米" in text
    assert "最强的一处 p = 0.41，不显著" in text
    assert not app.dataframe


@pytest.mark.parametrize("outcome", ["too_few", "one_place"])
def test_a_scan_that_could_not_run_is_no_all_clear(
    outcome: str, write_store: Callable[..., Path], tmp_path: Path, run_page: Run
) -> None:
    store = write_store(tmp_path / "s", kinds=["station"])
    _change(store, f"UPDATE mart.cluster_scans SET outcome = '{outcome}', p = NULL")
    _change(store, "DELETE FROM mart.clusters")
    notes = _notes(run_page(store, "chief", "clusters"))
    said = ZH(f"clusters.outcome_{outcome}", name=ZH("class.all"))
    assert any(said in one for one in notes)
    assert not any(ZH("clusters.nothing_new") in one for one in notes)


def test_what_is_new_in_one_class_is_told_whatever_class_the_map_shows(
    model_store: Path, run_page: Run
) -> None:
    app = run_page(model_store, "chief", "clusters", **{"class": "case"})
    told = [one.proto.body for one in app.get("html") if "ax-story" in one.proto.body]
    assert "ax-story-new" in told[0]
    assert any(ZH("clusters.none_of_class") in one for one in _notes(app))


def _change(store: Path, sql: str) -> None:
    """Change the slices of a store, and the digests that guard them."""
    import hashlib
    import json

    import duckdb

    folder = store / "builds" / "b1"
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    for one in manifest["slices"]:
        path = folder / one["file"]
        with duckdb.connect(str(path)) as con:
            con.execute(sql)
        one["sha256"] = hashlib.sha256(path.read_bytes()).hexdigest()
    (folder / "manifest.json").write_text(json.dumps(manifest), "utf-8")


def test_a_figure_opens_to_its_incidents(model_store: Path, run_page: Run, read_text: Read) -> None:
    app = run_page(model_store, "chief", "clock", scope="S1")
    before = len(app.dataframe)
    app.button_group(key="rows_clock_period").set_value("12_months").run()
    assert not app.exception
    assert len(app.dataframe) == before + 1
    rows = next(one.value for one in app.dataframe if "incident_id" in one.value.columns)
    assert re.search(rf"近12个月：{len(rows)} 起。", read_text(app))
    assert rows["occurred_from"].min() >= "2025-07-01"


def test_the_rows_of_a_class_hold_that_class_alone(model_store: Path, run_page: Run) -> None:
    app = run_page(model_store, "chief", "clock", scope="S1", **{"class": "case"})
    app.button_group(key="rows_clock_period").set_value("12_months").run()
    rows = next(one.value for one in app.dataframe if "incident_id" in one.value.columns)
    assert set(rows["class_word"]) <= {"刑事案件", "治安案件"}
    assert len(rows)


def test_a_choice_is_kept_in_the_address_as_its_code(model_store: Path, run_page: Run) -> None:
    app = run_page(model_store, "chief", "hotspots")
    app.selectbox(key="hotspots_class").set_value("case").run()
    app.button_group(key="hotspots_method").set_value("density").run()
    assert app.query_params["class"] == "case"
    assert app.query_params["method"] == "density"
    app.button_group(key="hotspots_method").set_value("gi_star").run()
    assert "method" not in app.query_params


def test_an_address_with_an_unknown_code_opens_the_default(
    model_store: Path, run_page: Run
) -> None:
    app = run_page(model_store, "chief", "hotspots", method="tarot", **{"class": "x"})
    assert not app.exception
    assert app.selectbox(key="hotspots_class").value == "all"


@pytest.mark.parametrize("method", ["density", "count", "emerging", "communities"])
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_method_of_the_hotspots_page_opens(
    method: str, lang: str, model_store: Path, run_page: Run
) -> None:
    app = run_page(model_store, "chief", "hotspots", method=method, lang=lang)
    assert not app.exception
    assert app.dataframe


def test_a_hotspot_map_carries_its_own_record(model_store: Path, run_page: Run) -> None:
    app = run_page(model_store, "chief", "hotspots")
    record = next(one for one in _notes(app) if "过去 6 个月" in one)
    assert "装下了其后一个月 38.0% 的警情（95% 区间 35.0% 至 41.0%）" in record
    assert "照搬过去一年计数为 33.0%" in record
    assert "纯属偶然为 10.0%" in record
    assert ZH("record.word_better") in record


def test_a_map_without_a_record_says_why(model_store: Path, run_page: Run, read_text: Read) -> None:
    app = run_page(model_store, "chief", "accuracy", **{"class": "criminal"})
    assert not app.exception
    assert "数据时间太短：至少需要 30 个月" in read_text(app)


def test_hours_count_the_incidents_anew_and_say_so(
    model_store: Path, run_page: Run, read_text: Read
) -> None:
    app = run_page(model_store, "chief", "hotspots", hours="18-24")
    assert not app.exception
    assert any("仅统计发生时间落在18–24 时的警情" in one for one in _notes(app))
    assert app.dataframe


def test_the_clock_judges_months_and_holidays_in_words(
    model_store: Path, run_page: Run, read_text: Read
) -> None:
    text = read_text(run_page(model_store, "chief", "clock"))
    assert "2026 春节" in text
    assert ZH("clock.word_too_few") in text
    assert "▼ 下降 14.3%" in text


def test_times_of_one_day_are_not_called_a_season(
    model_store: Path, run_page: Run, read_text: Read
) -> None:
    text = read_text(run_page(model_store, "chief", "clock", **{"class": "call"}))
    assert "都在同一天，无法谈论时间规律" in text


def test_the_near_repeat_table_draws_what_is_significant(model_store: Path, run_page: Run) -> None:
    app = run_page(model_store, "chief", "alarms")
    table = next(one.proto.body for one in app.get("html") if "ax-knox" in one.proto.body)
    assert table.count("ax-knox-cell") == 9
    assert table.count("ax-knox-cell ax-sure") == 2
    assert "18 对，期望 6" in table
    assert "0–3 天" in table
    assert "同一地点" in table


def test_an_alarm_names_its_address_and_its_end(model_store: Path, run_page: Run) -> None:
    app = run_page(model_store, "chief", "alarms", scope="S1")
    rows = app.dataframe[0].value
    assert list(rows["place"]) == ["和平路", "和平路"]
    assert [str(one) for one in rows["expires_on"]] == ["2026-07-02", "2026-07-04"]
    app.button_group(key="rows_alarms_alarm").set_value("all").run()
    opened = next(one.value for one in app.dataframe if "incident_id" in one.value.columns)
    assert set(opened["incident_id"]) <= {"I0", "I1", "I2", "I3"}


def test_no_alarm_is_explained_kind_by_kind(
    write_store: Callable[..., Path], tmp_path: Path, run_page: Run, read_text: Read
) -> None:
    store = write_store(tmp_path / "s", without=["mart.alarms"], kinds=["station"])
    text = read_text(run_page(store, "chief", "alarms"))
    assert ZH("alarms.none") in text
    assert "车辆与车内财物被盗：此类警情仅 7 起，至少需要 30 起" in text


def test_the_plan_is_cut_to_the_hours_in_the_address(
    model_store: Path, run_page: Run, read_text: Read
) -> None:
    app = run_page(model_store, "chief", "tonight", n="4")
    assert not app.exception
    assert "22.0%" in read_text(app)
    assert "26.0%（已证明）" in read_text(app)
    app.selectbox(key="tonight_n").set_value("12").run()
    assert app.query_params["n"] == "12"
    assert "46.0%" in read_text(app)


def test_the_district_chooses_the_station_whose_night_it_plans(
    model_store: Path, run_page: Run
) -> None:
    app = run_page(model_store, "district", "tonight")
    assert app.selectbox(key="tonight_station").options == ["东派出所", "西派出所"]
    assert not app.exception


def test_80_20_counts_the_few_that_hold_most(
    model_store: Path, run_page: Run, read_text: Read
) -> None:
    app = run_page(model_store, "chief", "concentration")
    text = read_text(app)
    assert "若纯属偶然需 70.0%" in text
    assert "基尼系数 0.35" in text
    assert app.header[0].value == ZH("concentration.repeats")


def test_incidents_at_one_point_are_not_called_concentrated(
    model_store: Path, run_page: Run, read_text: Read
) -> None:
    text = read_text(run_page(model_store, "chief", "concentration", **{"class": "call"}))
    assert "都落在同一点" in text


@pytest.mark.parametrize(
    ("table", "column", "vocabulary"),
    [
        ("mart.emerging_cells", "pattern", "pattern"),
        ("mart.community_moran", "quadrant", "quadrant"),
        ("mart.near_repeats", "metric", "metric"),
        ("mart.accuracy_means", "method", "accuracy"),
        ("mart.accuracy_means", "flagged", "flagged"),
        ("mart.concentration", "unit_kind", "concentration"),
    ],
)
def test_every_word_of_the_analysis_is_translated(table: str, column: str, vocabulary: str) -> None:
    for word in schema.table(table).column(column).vocabulary or ():
        assert EN.has(f"{vocabulary}.{word}"), word


def test_every_outcome_of_an_analysis_has_its_sentence() -> None:
    for word in schema.table("mart.analysis_notes").column("outcome").vocabulary or ():
        assert EN.has(f"note.{word}.any"), word
    for word in schema.table("mart.accuracy_means").column("word").vocabulary or ():
        assert EN.has(f"accuracy.word_{word}"), word
        assert EN.has(f"record.word_{word}"), word
    for word in schema.table("mart.incident_seasons").column("word").vocabulary or ():
        assert EN.has(f"clock.word_{word}"), word
    for word in schema.table("mart.cluster_scans").column("outcome").vocabulary or ():
        assert word in ("found", "nothing") or EN.has(f"clusters.outcome_{word}"), word
