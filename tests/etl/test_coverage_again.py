"""A build beside a served one: what it copies and computes is what it would have computed alone."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

import duckdb
import numpy as np
import pytest
import shapely

from etl import schema
from etl.district import District
from etl.marts import MartContext, coverage, coverage_digests
from etl.marts.coverage_again import Again
from etl.report import Report

AS_OF = date(2026, 6, 30)
X0, Y0, SIDE = 500_000.0, 3_400_000.0, 7
DISTRICT = District("d", "d", "d", "Asia/Shanghai", "EPSG:32651", Path("d.toml"), (), Path())
Change = Callable[[duckdb.DuckDBPyConnection], object]


def fill_town(con: duckdb.DuckDBPyConnection, side: int = SIDE) -> None:
    """Forty-nine communities of 60 m in 84 m with four houses and two cameras each.

    Those of the last column lie 300 m apart from the others and have no camera.
    """
    rng = np.random.default_rng(3)
    for statement in schema.create_statements():
        con.execute(statement)
    for k in range(side * side):
        lonely = k % side == side - 1
        x, y = X0 + 84 * (k % side) + 300 * lonely, Y0 + 84 * (k // side)
        box = shapely.to_wkb(shapely.box(x, y, x + 60, y + 60))
        con.execute(
            "INSERT INTO core.communities (community_id, name, station_id, street_id, geometry) "
            "VALUES (?, ?, ?, ?, ?)", [f"c{k:02}", "c", f"s{k % 3}", f"t{k % 2}", box],
        )  # fmt: skip
        for h in range(4):
            west, south = x + 5 + 28 * (h % 2), y + 5 + 28 * (h // 2)
            house = shapely.box(west, south, west + rng.uniform(8, 20), south + rng.uniform(8, 16))
            con.execute(
                "INSERT INTO core.buildings (building_id, geometry) VALUES (?, ?)",
                [f"b{k:02}{h}", shapely.to_wkb(house)],
            )
        for c in range(0 if lonely else 2):
            bearing = float(rng.uniform(0, 360)) if rng.random() > 0.1 else None
            place = (x + rng.uniform(0, 4), y + rng.uniform(0, 60))
            put_camera(con, f"k{k:02}{c}", *place, k, bearing)
        put_incident(con, f"i{k:02}", x + 30, y + 27, k)
        con.execute(
            "INSERT INTO core.gates (gate_id, community_id, x, y, station_id) "
            "VALUES (?, ?, ?, ?, ?)", [f"g{k}", f"c{k:02}", x, y + 30, f"s{k % 3}"],
        )  # fmt: skip


def put_camera(con: duckdb.DuckDBPyConnection, name: str, x: float, y: float, k: int,
               bearing: float | None = 90.0) -> None:  # fmt: skip
    con.execute(
        "INSERT INTO core.cameras (camera_id, x, y, bearing_deg, hfov_deg, width_px, "
        "night_range_m, status, community_id, station_id, street_id) "
        "VALUES (?, ?, ?, ?, 80, 2560, 9, 'working', ?, ?, ?)",
        [name, x, y, bearing, f"c{k:02}", f"s{k % 3}", f"t{k % 2}"],
    )


def put_incident(con: duckdb.DuckDBPyConnection, name: str, x: float, y: float, k: int) -> None:
    con.execute(
        "INSERT INTO core.incidents (incident_id, class, type, occurred_from, x, y, community_id) "
        "VALUES (?, 'criminal', 'theft', ?, ?, ?, ?)",
        [name, datetime(2026, 5, 3, 4), x, y, f"c{k:02}"],
    )


def derive(
    path: Path, town: Path, change: Change | None = None, served: Path | None = None
) -> Path:
    """Build a copy of the town, changed or not."""
    shutil.copy(town, path)
    with duckdb.connect() as con:
        con.execute(f"ATTACH '{path}' AS build")
        con.execute("USE build")
        if change is not None:
            change(con)
        coverage.derive(MartContext(con, DISTRICT, AS_OF, Report(), served=served))
    return path


def marts(path: Path) -> dict[str, list[tuple[object, ...]]]:
    with duckdb.connect(str(path), read_only=True) as con:
        names = [one.full_name for one in schema.TABLES if one.schema == "mart"]
        return {name: sorted(con.execute(f"FROM {name}").fetchall(), key=repr) for name in names}


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("town") / "town.duckdb"
    with duckdb.connect(str(path)) as con:
        fill_town(con)
    return path


@pytest.fixture(scope="module")
def served(town: Path) -> Path:
    return derive(town.with_name("served.duckdb"), town)


@pytest.fixture
def plans(monkeypatch: pytest.MonkeyPatch) -> list[Again]:
    """What each build plans to compute."""
    made: list[Again] = []
    plan = coverage.plan_again

    def note(*given: object) -> Again:
        made.append(plan(*given))  # type: ignore[arg-type]
        return made[-1]

    monkeypatch.setattr(coverage, "plan_again", note)
    return made


CHANGES: dict[str, tuple[int, str | Change]] = {
    "nothing": (0, "SELECT 1"),
    "a camera is moved": (
        20, "UPDATE core.cameras SET x = x + 9, y = y + 3 WHERE camera_id = 'k240'"),
    "a camera is moved across the town": (
        20, f"UPDATE core.cameras SET x = {X0 + 10}, y = {Y0 + 2} WHERE camera_id = 'k470'"),
    "a camera turns": (
        20, "UPDATE core.cameras SET bearing_deg = 200 WHERE camera_id = 'k000'"),
    "a camera fails": (
        20, "UPDATE core.cameras SET status = 'faulty' WHERE camera_id = 'k250'"),
    "a camera has had a fault": (
        20, "INSERT INTO core.camera_faults (camera_id, faulty_from, faulty_to) "
        "VALUES ('k250', DATE '2025-10-01', DATE '2025-11-01')"),
    "a camera was installed": (
        20, "UPDATE core.cameras SET installed_on = DATE '2026-02-03' WHERE camera_id = 'k120'"),
    "a camera out of use was elsewhere": (
        20, "UPDATE core.cameras SET status = 'retired', retired_on = DATE '2026-02-03', "
        "x = x + 20 WHERE camera_id = 'k240'"),
    "a camera has a height": (
        20, "UPDATE core.cameras SET height_m = 4 WHERE camera_id = 'k240'"),
    "an incident comes on the road": (
        20, lambda con: con.execute(
            "INSERT INTO core.incidents (incident_id, class, type, occurred_from, x, y) "
            "VALUES ('i98', 'criminal', 'theft', ?, ?, ?)",
            [datetime(2026, 5, 3, 4), X0 + 84 * 3 - 12, Y0 + 84 * 3 - 12])),
    "an incident far from its community changes its place": (
        20, f"UPDATE core.incidents SET x = {X0 + 84 * 2 - 4} WHERE incident_id = 'i40'"),
    "a camera goes": (20, "DELETE FROM core.cameras WHERE camera_id = 'k300'"),
    "a camera comes": (49, lambda con: put_camera(con, "new", X0 + 70, Y0 + 10, 0)),
    "a camera gets its bearing": (
        20, "UPDATE core.cameras SET bearing_deg = 45 WHERE bearing_deg IS NULL "
        "AND camera_id = (SELECT min(camera_id) FROM core.cameras WHERE bearing_deg IS NULL)"),
    "a building comes": (
        30, lambda con: con.execute(
            "INSERT INTO core.buildings (building_id, geometry) VALUES ('a0', ?)",
            [shapely.to_wkb(shapely.box(X0 + 84 * 3 + 61, Y0 + 84 * 3, X0 + 84 * 3 + 66,
                                        Y0 + 84 * 3 + 40))])),
    "the nearest camera of places out of its sight goes": (
        20, "DELETE FROM core.cameras WHERE x = (SELECT max(x) FROM core.cameras)"),
    "a camera comes that is nearest to places out of its sight": (
        20, lambda con: put_camera(con, "new", X0 + 84 * 5 + 200, Y0 + 30, 5)),
    "a building comes where no camera looks": (
        5, lambda con: con.execute(
            "INSERT INTO core.buildings (building_id, geometry) VALUES ('a0', ?)",
            [shapely.to_wkb(shapely.box(X0 + 84 * 6 + 326, Y0 + 8, X0 + 84 * 6 + 330, Y0 + 50))])),
    "a building goes": (20, "DELETE FROM core.buildings WHERE building_id = 'b240'"),
    "an incident comes": (
        20, lambda con: put_incident(con, "i99", X0 + 84 * 3 + 30, Y0 + 84 * 3 + 29, 24)),
    "an incident changes its community alone": (
        20, "UPDATE core.incidents SET community_id = 'c30' WHERE incident_id = 'i24'"),
    "a gate is moved": (9, "UPDATE core.gates SET y = y + 5 WHERE gate_id = 'g24'"),
    "a community changes its shape": (
        20, lambda con: con.execute(
            "UPDATE core.communities SET geometry = ? WHERE community_id = 'c24'",
            [shapely.to_wkb(shapely.box(X0 + 84 * 3, Y0 + 84 * 3, X0 + 84 * 3 + 70,
                                        Y0 + 84 * 3 + 60))])),
    "a community goes to another station": (
        20, "UPDATE core.communities SET station_id = 's9' WHERE community_id = 'c24'"),
}  # fmt: skip


@pytest.mark.parametrize("name", CHANGES)
def test_a_build_beside_a_served_one_holds_the_same_rows(
    name: str, town: Path, served: Path, plans: list[Again], tmp_path: Path
) -> None:
    at_most, how = CHANGES[name]

    def change(con: duckdb.DuckDBPyConnection) -> object:
        return con.execute(how) if isinstance(how, str) else how(con)

    alone = marts(derive(tmp_path / "alone.duckdb", town, change))
    beside = marts(derive(tmp_path / "beside.duckdb", town, change, served))
    whole, part = plans
    assert len(whole.communities) == SIDE * SIDE
    assert len(part.communities) <= at_most
    for table, rows in alone.items():
        assert beside[table] == rows, table


@pytest.fixture(scope="module", params=["incidents on the roads", "no incidents"])
def far_seeing(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Path]:
    """A larger town whose cameras look across the roads, two of them out of town; and its build."""
    path = tmp_path_factory.mktemp("far") / "town.duckdb"
    with duckdb.connect(str(path)) as con:
        fill_town(con, side=11)
        put_camera(con, "out1", X0 - 1000, Y0, 0, 90.0)
        put_camera(con, "out2", X0 - 960, Y0, 0, 270.0)
        con.execute("UPDATE core.cameras SET community_id = NULL WHERE camera_id LIKE 'out%'")
        put_incident(con, "out", X0 - 940, Y0 + 36, 0)
        con.execute("UPDATE core.cameras SET hfov_deg = 25, night_range_m = 40")
        con.execute("UPDATE core.incidents SET community_id = NULL, x = x - 40, y = y - 36")
        con.execute("DELETE FROM core.gates")
        if request.param == "no incidents":
            con.execute("DELETE FROM core.incidents")
    return path, derive(path.with_name("served.duckdb"), path)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE core.cameras SET x = x + 9, y = y + 3 WHERE camera_id = 'k600'",
        "UPDATE core.cameras SET status = 'faulty' WHERE camera_id = 'k1081'",
        "UPDATE core.cameras SET bearing_deg = 0 WHERE camera_id = 'out1'",
        "DELETE FROM core.incidents WHERE incident_id = 'i59'",
        "DELETE FROM core.buildings WHERE building_id = 'b000'",
    ],
)
def test_cameras_that_look_across_the_roads_are_held_against_each_other(
    change: str, far_seeing: tuple[Path, Path], plans: list[Again], tmp_path: Path
) -> None:
    town, served = far_seeing

    def make(con: duckdb.DuckDBPyConnection) -> object:
        return con.execute(change)

    alone = marts(derive(tmp_path / "alone.duckdb", town, make))
    beside = marts(derive(tmp_path / "beside.duckdb", town, make, served))
    assert plans[1].copied
    assert plans[1].copied_cameras
    assert len(plans[1].watched) < 121
    assert len(alone["mart.camera_pairs"]) > 20
    for table, rows in alone.items():
        assert beside[table] == rows, table


def test_another_method_computes_everything(
    town: Path, served: Path, plans: list[Again], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(coverage_digests, "_code", lambda: b"another version")
    derive(tmp_path / "beside.duckdb", town, served=served)
    assert len(plans[0].communities) == SIDE * SIDE
    assert not plans[0].copied


def test_a_served_build_of_before_there_were_digests_is_left_alone(
    town: Path, plans: list[Again], tmp_path: Path
) -> None:
    older = tmp_path / "older.duckdb"
    shutil.copy(town, older)
    with duckdb.connect(str(older)) as con:
        con.execute("DROP TABLE mart.coverage_digests")
    derive(tmp_path / "beside.duckdb", town, served=older)
    assert len(plans[0].communities) == SIDE * SIDE
