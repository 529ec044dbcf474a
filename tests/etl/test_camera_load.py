"""Cameras in forbidden places and the log of faults, from files to what is served."""

import shutil
from datetime import date, datetime
from pathlib import Path

import duckdb
import pytest

from etl.build import build, check
from etl.store import Store

NOW = datetime(2026, 7, 1)


def rows(folder: Path, query: str, file: str = "district.duckdb") -> list[tuple]:
    with duckdb.connect(str(folder / file), read_only=True) as con:
        return con.execute(query).fetchall()


@pytest.fixture
def city(model_city: Path, tmp_path: Path) -> Path:
    shutil.copytree(model_city.parent, tmp_path / "city")
    return tmp_path / "city" / "district.toml"


def test_forbidden_cameras_are_refused_by_line_and_registered_by_name(model_store: Path) -> None:
    folder = Store(model_store).current()
    named = rows(folder, "SELECT source, line, place_type FROM mart.forbidden_cameras ORDER BY ALL")
    refused = rows(
        folder,
        "SELECT source, line, value FROM meta.rejected_rows WHERE rule = 'forbidden_place' "
        "ORDER BY ALL",
    )
    assert named == refused
    assert named
    ids = "(SELECT camera_id FROM mart.forbidden_cameras)"
    for table in (
        "core.cameras", "mart.camera_coverage", "mart.viewsheds", "mart.camera_losses",
        "mart.camera_gaps",
    ):  # fmt: skip
        assert rows(folder, f"SELECT count(*) FROM {table} WHERE camera_id IN {ids}") == [(0,)]
    duties = rows(folder, f"SELECT duty, state FROM mart.camera_duties WHERE camera_id IN {ids}")
    assert set(duties) == {("forbidden_place", "violated")}
    assert len(duties) == len(named)


def test_a_station_sees_its_own_forbidden_cameras_and_history_alone(model_store: Path) -> None:
    folder = Store(model_store).current()
    stations = [one for (one,) in rows(folder, "SELECT station_id FROM core.stations")]
    for table in ("forbidden_cameras", "coverage_history", "camera_duties", "patrol_gaps"):
        for station in stations:
            mine = rows(folder, f"SELECT count(*) FROM mart.{table} WHERE station_id = '{station}'")
            sliced = rows(folder, f"SELECT count(*), count(DISTINCT station_id) FROM mart.{table}",
                          f"slices/station-{station}.duckdb")  # fmt: skip
            assert sliced[0][0] == mine[0][0]
            assert sliced[0][1] <= 1


def test_a_log_of_faults_is_checked_row_by_row(city: Path, tmp_path: Path) -> None:
    log = city.parent / "camera_faults.csv"
    header, first, *_ = log.read_bytes().decode("gb18030").split("\r\n")
    camera = first.split(",")[0]
    lines = [
        header,
        f"{camera},2025-01-05,2025-01-09,停电",
        f"{camera},2025-03-05,,停电",
        f"{camera},2025-04-05,2025-04-05,停电",
        "nobody,2025-01-05,2025-01-09,停电",  # 5
        f"{camera},2025-02-09,2025-02-05,停电",
        f"{camera},,2025-02-05,停电",
        f"{camera},2025-02-30,,停电",
        f"{camera},2097-02-01,,停电",
        f"{camera},1900-01-01,,停电",  # 10
        f"{camera},2025-01-05,2025-01-10,停电",  # conflicts with line 2
        *(f"{camera},2025-06-{day:02d},2025-06-{day:02d},停电" for day in range(1, 29)),
    ]
    log.write_bytes("\r\n".join(lines).encode("gb18030") + b"\r\n")
    district = city.read_text(encoding="utf-8")
    city.write_text(district.replace("[district]", "[district]\nreject_above_fraction = 0.5"))
    folder = build(city, Store(tmp_path / "store"), now=NOW).folder
    found = rows(
        folder,
        "SELECT line, column_name, rule FROM meta.rejected_rows "
        "WHERE table_name = 'camera_faults' ORDER BY ALL",
    )
    assert found == [
        (2, "camera_id", "key_conflict"), (5, "camera_id", "reference"),
        (6, "faulty_to", "time_order"), (7, "faulty_from", "required"),
        (8, "faulty_from", "time_impossible"), (9, "faulty_from", "time_future"),
        (10, "faulty_from", "time_default"), (11, "camera_id", "key_conflict"),
    ]  # fmt: skip
    kept = rows(
        folder,
        "SELECT faulty_from, faulty_to, station_id IS NOT NULL FROM core.camera_faults "
        "WHERE faulty_from < '2025-06-01' ORDER BY 1",
    )
    assert kept == [(date(2025, 3, 5), None, True), (date(2025, 4, 5), date(2025, 4, 5), True)]
    state = rows(folder, f"SELECT state FROM mart.camera_coverage WHERE camera_id = '{camera}'")
    assert state == [("faulty",)]


def test_without_a_log_of_faults_the_history_stands_on_dates_and_status(
    city: Path, tmp_path: Path
) -> None:
    text = city.read_text(encoding="utf-8")
    head, *sources = text.split("[[sources]]")
    kept = [one for one in sources if '"camera_faults"' not in one]
    city.write_text("[[sources]]".join([head, *kept]), encoding="utf-8")
    result = build(city, Store(tmp_path / "store"), now=NOW)
    n = rows(
        result.folder,
        "SELECT sum(n_failed), sum(n_repaired), max(n_faulty) FROM mart.coverage_history "
        "WHERE scope_kind = 'district'",
    )
    assert n[0][:2] == (0, 0)
    assert n[0][2] > 0
    assert "undated_faults" in {one.code for one in result.report.findings}


def test_check_names_forbidden_cameras_without_a_build(city: Path, tmp_path: Path) -> None:
    report, _ = check(city, tmp_path, now=NOW)
    (told,) = [one for one in report.findings if one.code == "forbidden_place"]
    assert told.severity == "error"
    assert told.source == "cameras.xlsx"
