"""A past year rated again from a served build: unchanged, with other weights, by other rules."""

import csv
import json
from pathlib import Path

import duckdb
import pytest

from etl.cli import main
from etl.errors import StoreError
from etl.paths import STANDARDS
from etl.replay import rescore, write_rows
from etl.standards import StandardError
from etl.store import Store


@pytest.fixture
def store(model_store: Path) -> Store:
    return Store(model_store)


def stored(store: Store, period: str) -> dict[str, tuple]:
    with duckdb.connect(str(store.current() / "district.duckdb"), read_only=True) as con:
        rows = con.execute(
            "SELECT community_id, score, grade FROM mart.ratings "
            "WHERE standard_id = 'security-star' AND period = ?",
            [period],
        ).fetchall()
    return {row[0]: row[1:] for row in rows}


@pytest.mark.parametrize("period", ["2025", "2026"])
def test_unchanged_it_is_what_was_built_and_nobody_moves(store: Store, period: str) -> None:
    found = rescore(store, "security-star", period=period)
    built = stored(store, period)

    assert len(found.rows) == len(built)
    for row in found.rows:
        score, grade = built[row["community_id"]]
        assert row["grade_after"] == row["grade_before"] == grade
        if grade is not None:
            assert row["score_after"] == pytest.approx(score)
        assert row["items"] == []
    assert found.summary()["better"] == found.summary()["worse"] == 0


def test_a_changed_weight_moves_those_whose_item_is_full_or_empty(store: Store) -> None:
    found = rescore(store, "security-star", period="2026", weights={"guard_team": 60.0})
    moved = [row for row in found.rows if row["items"]]

    assert moved
    assert found.summary()["better"] + found.summary()["worse"] > 0
    for row in moved:
        changes = [abs(one["change"]) for one in row["items"]]
        assert changes == sorted(changes, reverse=True)
        assert len(changes) <= 3
        if row["direction"] and not row["held_by"]:
            whole = row["score_after"] - row["score_before"]
            assert whole * row["direction"] > 0


def test_a_city_s_own_standard_is_set_against_the_one_built(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "security-star.toml"
    text = (STANDARDS / "security-star.toml").read_text(encoding="utf-8")
    path.write_text(
        text.replace('version = "2017.1"', 'version = "strict"').replace("cut = 80", "cut = 88"),
        encoding="utf-8",
    )
    found = rescore(store, path, period="2026")
    body = found.summary()

    assert (body["standard"]["version"], body["against"]["version"]) == ("strict", "2017.1")
    assert body["better"] == 0
    worse = [row for row in found.rows if row["direction"] < 0]
    assert all(row["grade_before"] == "four" for row in worse)
    assert all(row["items"] == [] for row in worse)


def test_another_scheme_is_compared_with_the_district_s_first(store: Store) -> None:
    body = rescore(store, "hazard-campaign", period="2026").summary()

    assert body["against"]["standard_id"] == "security-star"
    assert body["rated_after"] == body["communities"]


@pytest.mark.parametrize("period", ["1999", "2030", "now", "2026-Q1"])
def test_a_year_outside_the_data_is_refused(store: Store, period: str) -> None:
    with pytest.raises(StoreError, match="expected a calendar year from 20"):
        rescore(store, "security-star", period=period)


@pytest.mark.parametrize("weight", [0.0, -1.0, float("nan"), float("inf")])
def test_a_weight_that_is_none_is_refused(store: Store, weight: float) -> None:
    with pytest.raises(StandardError, match="expected more than 0"):
        rescore(store, "security-star", period="2026", weights={"lighting": weight})


def test_a_weight_of_no_item_an_unknown_standard_and_an_empty_store_are_refused(
    store: Store, tmp_path: Path
) -> None:
    with pytest.raises(StandardError, match="weight of 'moat'; expected an item among lighting"):
        rescore(store, "security-star", period="2026", weights={"moat": 3.0})
    with pytest.raises(StandardError, match="found 'star-security'; expected one of"):
        rescore(store, "star-security", period="2026")
    with pytest.raises(StoreError, match="no build; expected one"):
        rescore(Store(tmp_path), "security-star", period="2026")


def test_rows_are_written_for_a_spreadsheet(store: Store, tmp_path: Path) -> None:
    found = rescore(store, "security-star", period="2026", weights={"guard_team": 60.0})
    found.rows[0]["name"] = "=1+1"
    write_rows(found, tmp_path / "moves.csv")
    with (tmp_path / "moves.csv").open(encoding="utf-8-sig", newline="") as source:
        rows = list(csv.DictReader(source))

    assert len(rows) == len(found.rows)
    assert rows[0]["name"] == "'=1+1"
    assert "guard_team" in "".join(row["moved_by"] for row in rows)


def test_the_command_answers_in_words_and_as_json(
    store: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = ["rescore", "--store", str(store.path), "--standard", "security-star"]
    assert main([*given, "--period", "2026", "--weight", "guard_team=60"]) == 0
    assert "security-star 2017.1 against security-star 2017.1, 2026:" in capsys.readouterr().out
    out = tmp_path / "moves.csv"
    assert main([*given, "--period", "2026", "--json", "--out", str(out)]) == 0
    body = json.loads(capsys.readouterr().out)
    assert body["ok"] is True
    assert body["communities"] == len(body["rows"])
    assert out.exists()
    assert main([*given, "--period", "1999", "--json"]) == 1
    with pytest.raises(SystemExit) as stopped:
        main([*given, "--period", "2026", "--weight", "guard_team"])
    assert stopped.value.code == 2
