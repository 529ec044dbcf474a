"""What looks wrong without being illegal, files that moved whole, and forbidden places."""

from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pytest

from etl.district import SourceSpec
from etl.errors import SourceError
from etl.forbidden import forbidden_rows, read_places
from etl.report import Report
from etl.shift import find_shift, refuse_shift
from etl.suspicion import glance, hints, tell, tell_pile

SPEC = SourceSpec(
    "incidents",
    "a.csv",
    "csv",
    {"occurred_from": ("at",), "lon": ("lon",), "lat": ("lat",)},
)


def batch(lon: list[str], at: object = None) -> pa.RecordBatch:
    at = at if isinstance(at, pa.Array) else pa.array([at or "2024-03-05 10:00"] * len(lon))
    return pa.record_batch({"at": at, "lon": lon, "lat": lon})


def codes(*batches: pa.RecordBatch, datum: str | None = "wgs84") -> list[str]:
    report = Report()
    looks = [glance(one, SPEC) for one in batches]
    tell(looks, report, table="incidents", source="a.csv", zone="Asia/Shanghai", datum=datum)
    return [one.code for one in report.findings]


PLAIN = ["100.6712"] * 12
PACKED = ["100.1234", "100.5959", "100.0001"] * 4


@pytest.mark.parametrize(
    ("at", "naive"),
    [
        ("2024-03-05 10:00", True),
        ("2024-03-05T10:00:00+08:00", False),
        ("2024-03-05T02:00:00Z", False),
        (pa.array([0] * 12, pa.timestamp("ns")), True),
        (pa.array([0] * 12, pa.timestamp("ns", "UTC")), False),
    ],
)
def test_moments_without_a_zone_are_told(at: object, naive: bool) -> None:
    assert ("time_zone_assumed" in codes(batch(PLAIN, at))) == naive


def test_another_datum_is_told_as_reprojected() -> None:
    assert "reprojected" in codes(batch(PLAIN), datum="gcj02")
    assert "reprojected" not in codes(batch(PLAIN), datum="EPSG:4326")
    assert "reprojected" not in codes(batch(PLAIN), datum=None)


def test_decimals_that_never_reach_sixty_are_told_until_one_does() -> None:
    assert "packed_degrees" in codes(batch(PACKED))
    assert "packed_degrees" not in codes(batch(PACKED), batch(["100.6012"]))
    assert "packed_degrees" not in codes(batch(PACKED), batch(["100.1260"]))
    assert "packed_degrees" not in codes(batch(PACKED[:4]))


def test_rounded_coordinates_are_counted() -> None:
    look = glance(batch(["1.00E+02", "1.0012345E+02", "100.6712"]), SPEC)
    assert look.n_rounded == 2  # one longitude and one latitude
    assert hints([look]) == [
        "a spreadsheet rounded the coordinates (1.00E+02): export them as plain numbers"
    ]


@pytest.mark.parametrize(("piled", "told"), [(20, True), (19, False)])
def test_a_fifth_of_the_rows_on_one_point_is_a_pile(piled: int, told: bool) -> None:
    x = np.concatenate((np.full(piled, 7.0), np.arange(100.0 - piled) + 10, [np.nan] * 50))
    report = Report()
    tell_pile(x, x, report, table="incidents")
    assert [(one.code, one.n) for one in report.findings] == ([("one_point", 20)] if told else [])


def test_few_or_no_points_are_no_pile() -> None:
    report = Report()
    tell_pile(np.zeros(9), np.zeros(9), report, table="incidents")
    tell_pile(np.array([]), np.array([]), report, table="incidents")
    assert report.findings == []


SPOTS = np.random.default_rng(1).uniform(0, 5000, (40, 2))


def test_points_that_all_move_alike_are_a_shift() -> None:
    found = find_shift(SPOTS, SPOTS + np.array([300.0, 400.0]) + SPOTS * 1e-3)
    assert found is not None
    assert (found.n_moved, found.n_known) == (40, 40)
    assert found.distance_m == pytest.approx(500, abs=5)


@pytest.mark.parametrize(
    "moved",
    [
        SPOTS,
        SPOTS + np.array([3.0, 4.0]),
        SPOTS + np.array([30000.0, 0.0]),
        SPOTS + np.where(np.arange(40)[:, None] < 5, 0.0, 300.0),
        SPOTS + np.random.default_rng(2).uniform(-300, 300, (40, 2)),
    ],
)
def test_other_movements_are_none(moved: np.ndarray) -> None:
    assert find_shift(SPOTS, moved) is None


def test_four_known_points_prove_nothing() -> None:
    assert find_shift(SPOTS[:4], SPOTS[:4] + 300.0) is None


@pytest.mark.parametrize(("datum", "refused"), [("wgs84", True), ("gcj02", False)])
def test_a_shift_is_refused_only_while_the_declared_datum_stays(
    tmp_path: Path, datum: str, refused: bool
) -> None:
    served = tmp_path / "district.duckdb"
    names = [f"C{n:02}" for n in range(40)]
    with duckdb.connect(str(served)) as con:
        con.execute("CREATE SCHEMA core; CREATE SCHEMA meta")
        con.execute("CREATE TABLE meta.sources AS SELECT 'cameras' AS table_name, 'wgs84' AS datum")
        con.register("old", pa.table({"camera_id": names, "x": SPOTS[:, 0], "y": SPOTS[:, 1]}))
        con.execute("CREATE TABLE core.cameras AS SELECT * FROM old")
    now = pa.table({"camera_id": names[::-1], "x": SPOTS[::-1, 0] + 500, "y": SPOTS[::-1, 1]})
    if refused:
        with pytest.raises(SourceError, match="40 of 40 known cameras moved alike by 500 m"):
            refuse_shift("cameras", now, "a.csv", datum, served)
    else:
        refuse_shift("cameras", now, "a.csv", datum, served)
    refuse_shift("incidents", now, "a.csv", datum, served)
    refuse_shift("cameras", now, "a.csv", datum, tmp_path / "none.duckdb")


@pytest.mark.parametrize(
    ("place", "code"),
    [
        ("更衣室", "changing_room"),
        ("宾馆客房内", "guest_room"),
        ("公共浴室", "bathing"),
        ("Fitting Room", "changing_room"),
        ("fitting-room 2", "changing_room"),
        ("学生宿舍", "dormitory"),
        ("女卫生间", "toilet"),
        ("母婴室", "nursing_room"),
        ("卫生间门外走廊", None),
        ("street", None),
        ("小区入口", None),
        ("", None),
    ],
)
def test_each_forbidden_place_is_known_by_its_words(place: str, code: str | None) -> None:
    found = read_places().find(place)
    assert (None if found is None else found.code) == code


def test_forbidden_rows_are_found_and_unknown_places_are_not() -> None:
    places = pa.array(["street", None, "更衣室", "street", "更衣室"])
    assert forbidden_rows(places).tolist() == [2, 4]
    assert forbidden_rows(pa.nulls(3, pa.string())).tolist() == []
    assert forbidden_rows(pa.array([], pa.string())).tolist() == []
