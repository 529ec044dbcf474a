"""Coverage as a build holds it: every row from a small city whose sums are done by hand."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path

import duckdb
import numpy as np
import pytest
import shapely

from etl import schema
from etl.district import District
from etl.marts import MartContext, coverage
from etl.marts.coverage_cameras import read_levels
from etl.report import Report

AS_OF = date(2026, 6, 30)
X0, Y0 = 500_000.0, 3_400_000.0
# 2000 px over 90 degrees recognise (125 px/m) to 8 m; here cut to 6 m at night
OPTICS = {"hfov_deg": 90.0, "width_px": 2000.0, "night_range_m": 6.0}


class City:
    """Two communities of 100 m side by side, in memory, that tests add rows to."""

    def __init__(self) -> None:
        self.con = duckdb.connect()
        for statement in schema.create_statements():
            self.con.execute(statement)
        self.report = Report()
        self.n = 0
        for k, name in enumerate(("c1", "c2")):
            box = shapely.box(X0 + 100 * k, Y0, X0 + 100 * k + 100, Y0 + 100)
            self.add(
                "communities", community_id=name, name=name, station_id="s1", street_id=f"t{k}",
                geometry=shapely.to_wkb(box),
            )  # fmt: skip

    def add(self, table: str, **row: object) -> None:
        names, marks = ", ".join(row), ", ".join("?" for _ in row)
        self.con.execute(f"INSERT INTO core.{table} ({names}) VALUES ({marks})", list(row.values()))

    def house(self, *box: float) -> None:
        self.n += 1
        shape = shapely.transform(shapely.box(*box), lambda xy: xy + np.array([X0, Y0]))
        self.add("buildings", building_id=f"b{self.n}", geometry=shapely.to_wkb(shape))

    def camera(self, camera_id: str, x: float, y: float, **row: object) -> None:
        given = {"bearing_deg": 0.0, "status": "working", **OPTICS, **row}
        self.add("cameras", camera_id=camera_id, x=X0 + x, y=Y0 + y, community_id="c1",
                 station_id="s1", street_id="t0", **given)  # fmt: skip

    def incident(self, x: float | None, y: float | None, at: str, until: str | None = None,
                 community: str | None = "c1") -> None:  # fmt: skip
        """Add an incident; times are those of Shanghai, stored in UTC."""
        self.n += 1
        utc = [
            None if text is None else datetime.fromisoformat(text) - timedelta(hours=8)
            for text in (at, until)
        ]
        self.add(
            "incidents", incident_id=f"i{self.n:03d}", **{"class": "criminal"}, type="theft",
            occurred_from=utc[0], occurred_to=utc[1], community_id=community,
            x=None if x is None else X0 + x, y=None if y is None else Y0 + y,
        )  # fmt: skip

    def derive(self, shapes_are_final: Callable[[], None] = lambda: None) -> "City":
        district = District(
            "d", "d", "d", "Asia/Shanghai", "EPSG:32651", Path("d.toml"), (), Path(),
            patrol_radius_m=20.0,
        )  # fmt: skip
        context = MartContext(
            self.con, district, AS_OF, self.report, shapes_are_final=shapes_are_final
        )
        coverage.derive(context)
        return self

    def rows(self, table: str, where: str = "true", order: str = "1") -> list[dict]:
        query = f"SELECT * FROM mart.{table} WHERE {where} ORDER BY {order}"
        return self.con.execute(query).to_arrow_table().to_pylist()

    def row(self, table: str, where: str) -> dict:
        found = self.rows(table, where)
        assert len(found) == 1
        return found[0]

    def codes(self) -> dict[str, int | None]:
        return {finding.code: finding.n for finding in self.report.findings}


@pytest.fixture
def city() -> City:
    return City()


PERSON = "community_id = 'c1' AND level = 'recognise' AND daypart = "


def test_every_community_has_each_level_by_day_and_night(city: City) -> None:
    city.camera("k1", 50, 50)
    found = city.derive().rows("coverage")
    assert len(found) == 2 * 4 * 2
    assert {(r["level"], r["px_per_m"]) for r in found} == set(read_levels().items())
    assert {r["street_id"] for r in found if r["community_id"] == "c2"} == {"t1"}


def test_shapes_are_called_final_when_no_other_is_written(city: City) -> None:
    def shapes() -> list[list[dict]]:
        return [city.rows(one, order="ALL") for one in ("viewsheds", "blind_spots")]

    city.camera("k1", 50, 50)
    told: list[list[list[dict]]] = []
    city.derive(lambda: told.append(shapes()))
    assert len(told) == 1
    assert all(told[0])
    assert told[0] == shapes()


def test_shares_of_one_camera_by_hand(city: City) -> None:
    # quarter circles of 8 m by day and 6 m by night in 10 000 m2: 50.3 and 28.3 m2
    city.camera("k1", 50.3, 50.2)
    city.derive()
    day, night = (city.row("coverage", PERSON + f"'{part}'") for part in ("day", "night"))
    assert day["open_area_m2"] == 10_000
    assert day["seen_area_m2"] == pytest.approx(16 * np.pi, rel=0.1)
    assert night["seen_area_m2"] == pytest.approx(9 * np.pi, rel=0.15)
    assert day["seen_fraction"] == day["seen_area_m2"] / 10_000
    assert (day["k2_fraction"], day["possible_fraction"], day["cell_m"]) == (0.0, 0.0, 1.0)
    assert city.row("coverage", PERSON.replace("c1", "c2") + "'day'")["seen_area_m2"] == 0


def test_incidents_count_by_the_part_of_the_day_in_which_they_happened(city: City) -> None:
    city.camera("k1", 50, 50)
    city.incident(50, 57, "2026-03-01 12:00")  # day, within 8 m: seen
    city.incident(50, 57, "2026-03-01 23:00")  # night, beyond 6 m: not
    city.incident(50, 55, "2026-03-01 23:00")  # night, within 6 m: seen
    city.incident(50, 40, "2026-03-01 12:00")  # behind the camera
    city.incident(50, 55, "2026-03-01 17:00", "2026-03-02 01:00")  # middle at 21: night, seen
    city.derive()
    day, night = (city.row("coverage", PERSON + f"'{part}'") for part in ("day", "night"))
    assert (day["n_incidents"], day["n_incidents_seen"]) == (2, 1)
    assert (night["n_incidents"], night["n_incidents_seen"]) == (3, 2)
    whole = city.row("uncovered", "community_id = 'c1'")
    assert (whole["n_located"], whole["n_recognised"], whole["n_uncovered"]) == (5, 3, 2)
    assert whole["uncovered_fraction"] == pytest.approx(0.4)
    assert whole["n_patrolled"] is None


def test_only_located_incidents_of_the_last_year_count(city: City) -> None:
    city.camera("k1", 50, 50)
    city.incident(50, 55, "2025-07-01 00:00")  # first minute of the year
    city.incident(50, 55, "2025-06-30 23:59")  # the minute before
    city.incident(50, 55, "2026-06-30 23:59")  # last minute
    city.incident(50, 55, "2026-07-01 00:00")  # the minute after
    city.incident(None, None, "2026-01-01 12:00")
    city.incident(50, 55, "2026-01-01 12:00", community=None)
    assert city.derive().row("uncovered", "community_id = 'c1'")["n_located"] == 2
    assert city.row("uncovered", "community_id = 'c2'")["uncovered_fraction"] is None


def test_gates_are_seen_from_before_them(city: City) -> None:
    city.house(40, 56, 60, 70)
    city.camera("k1", 50, 50)
    for k, y in enumerate((56.0, 70.0)):  # on the near and on the far façade
        city.add("gates", gate_id=f"g{k}", community_id="c1", kind="building", x=X0 + 50, y=Y0 + y)
    city.derive()
    found = city.row("coverage", PERSON + "'day'")
    assert (found["n_gates"], found["n_gates_seen"]) == (2, 1)
    assert found["open_area_m2"] == 10_000 - 280


def test_cameras_see_only_while_they_work(city: City) -> None:
    states = {
        "k1": {},
        "k2": {"status": None},
        "k3": {"status": "faulty"},
        "k4": {"status": "planned"},
        "k5": {"status": "retired"},
        "k6": {"installed_on": date(2026, 7, 1)},
        "k7": {"installed_on": date(2026, 6, 30)},
        "k8": {"retired_on": date(2026, 6, 30)},
        "k9": {"retired_on": date(2026, 7, 1)},
        "ka": {"place_type": "职工 宿舍"},
        "kb": {"place_type": "职工宿舍", "status": "faulty"},
    }
    for k, (name, row) in enumerate(states.items()):
        city.camera(name, 20.0, 5.0 + 8 * k, **row)
    city.derive()
    found = {r["camera_id"]: r["state"] for r in city.rows("camera_coverage")}
    assert found == {
        "k1": "working", "k2": "working", "k3": "faulty", "k4": "planned", "k5": "retired",
        "k6": "planned", "k7": "working", "k8": "retired", "k9": "working", "ka": "forbidden",
        "kb": "forbidden",
    }  # fmt: skip
    drawn = {r["camera_id"] for r in city.rows("viewsheds")}
    assert drawn == {"k1", "k2", "k7", "k9"}
    assert city.codes()["forbidden_cameras"] == 2


def test_a_forbidden_camera_changes_no_share_and_is_named_to_the_steward(city: City) -> None:
    city.camera("k1", 50, 50, place_type="changing room")
    city.derive()
    assert all(r["seen_area_m2"] == 0 for r in city.rows("coverage"))
    (told,) = [f for f in city.report.findings if f.code == "forbidden_cameras"]
    assert told.severity == "error"
    assert "changing room" in told.en
    assert "changing room" in told.zh


def test_what_each_camera_adds_by_hand(city: City) -> None:
    city.camera("k1", 30, 30)
    city.camera("k2", 30, 30)
    city.camera("k3", 70, 70)
    city.derive()
    one, _, three = city.rows("camera_coverage")
    assert one["reach_m"] == pytest.approx(8.0)
    assert one["night_reach_m"] == pytest.approx(6.0)
    assert one["seen_area_m2"] == pytest.approx(16 * np.pi)
    assert one["unique_area_m2"] == 0
    assert three["unique_area_m2"] == pytest.approx(16 * np.pi, rel=0.1)
    assert (one["is_assumed"], one["missing"], one["hfov_deg"]) == (False, None, 90.0)


def test_missing_optics_are_assumed_marked_and_told(city: City) -> None:
    nothing = dict.fromkeys(("hfov_deg", "width_px", "night_range_m", "bearing_deg"))
    city.camera("k1", 20, 20, **nothing)
    city.camera("k2", 40, 20, **{**nothing, "bearing_deg": 90.0, "width_px": 3840.0})
    city.camera("k3", 60, 20, hfov_deg=None, focal_mm=2.0, sensor_width_mm=4.0)
    city.camera("k4", 80, 20, night_range_m=None)
    city.derive()
    one, two, three, four = city.rows("camera_coverage")
    assert one["missing"] == "bearing_deg hfov_deg width_px night_range_m"
    assert one["seen_area_m2"] is None
    # 4.8 mm behind 4 mm: 62 degrees; 3840 px: 3840 / (2 * 0.6 * 125) = 25.6 m; night 30 for 8 MP
    assert two["missing"] == "hfov_deg night_range_m"
    assert two["hfov_deg"] == pytest.approx(61.93, abs=0.01)
    assert (two["reach_m"], two["night_reach_m"]) == pytest.approx((25.6, 25.6))
    assert (three["hfov_deg"], three["missing"], three["is_assumed"]) == (90.0, None, False)
    assert (four["missing"], four["is_assumed"]) == ("night_range_m", True)
    marks = {(r["camera_id"], r["daypart"]): r["is_assumed"] for r in city.rows("viewsheds")}
    assert marks["k4", "day"] is False
    assert marks["k4", "night"] is True
    assert ("k1", "day") not in marks
    assert city.codes()["unknown_bearing"] == 1
    assert city.codes()["assumed_optics"] == 3
    assert city.row("coverage", PERSON + "'day'")["possible_fraction"] > 0


def test_cameras_in_walls_are_moved_and_those_in_rooms_refused(city: City) -> None:
    city.house(20, 20, 40, 40)
    city.camera("k1", 30, 39.5)
    city.camera("k2", 30, 30)
    city.derive()
    one, two = city.rows("camera_coverage")
    assert (one["state"], two["state"]) == ("working", "refused")
    assert one["seen_area_m2"] == pytest.approx(16 * np.pi, rel=0.01)
    assert (city.codes()["cameras_moved"], city.codes()["cameras_in_buildings"]) == (1, 1)


def test_viewsheds_are_cut_by_buildings(city: City) -> None:
    city.house(30, 54, 70, 60)
    city.camera("k1", 50, 50)
    city.derive()
    shape = shapely.from_wkb(city.row("viewsheds", "daypart = 'day'")["geometry"])
    # a triangle of height 4 and base 8
    assert shape.area == pytest.approx(16.0, rel=1e-9)


def test_blind_spots_are_ranked_by_incidents_then_gates_then_area(city: City) -> None:
    city.camera("k1", 50, 50)
    for at in ((80, 80), (81, 80), (20, 80)):
        city.incident(*at, "2026-03-01 12:00")
    city.add("gates", gate_id="g", community_id="c1", kind="vehicle", x=X0 + 20, y=Y0 + 20)
    city.derive()
    found = city.rows("blind_spots", "community_id = 'c1' AND daypart = 'day'", order="rank")
    assert [r["rank"] for r in found] == [1, 2, 3, 4]
    assert [(r["n_incidents"], r["n_gates"]) for r in found] == [(2, 0), (1, 0), (0, 1), (0, 0)]
    assert found[0]["blind_spot_id"] == "c1:recognise:day:1"
    first = shapely.from_wkb(found[0]["geometry"])
    assert first.covers(shapely.Point(X0 + 80, Y0 + 80))
    assert first.area == pytest.approx(found[0]["blind_area_m2"], rel=0.02)
    assert found[0]["nearest_camera_id"] == "k1"
    assert found[0]["nearest_camera_m"] == pytest.approx(
        np.hypot(found[0]["x"] - X0 - 50, found[0]["y"] - Y0 - 50)
    )
    assert 120 < found[0]["lon"] < 126
    assert 30 < found[0]["lat"] < 31
    night = city.rows("blind_spots", "community_id = 'c1' AND daypart = 'night'")
    assert sum(r["n_incidents"] for r in night) == 0


def test_a_hundred_blind_spots_of_a_community_are_listed(city: City) -> None:
    large = shapely.box(X0, Y0 + 1000, X0 + 600, Y0 + 1600)
    city.add("communities", community_id="c3", name="c3", geometry=shapely.to_wkb(large))
    city.camera("k1", 50, 50)
    city.incident(590, 1590, "2026-03-01 12:00", community="c3")
    city.derive()
    found = city.rows("blind_spots", "community_id = 'c3' AND daypart = 'day'", order="rank")
    assert [r["rank"] for r in found] == list(range(1, 101))
    assert found[0]["n_incidents"] == 1


def test_patrols_cover_incidents_at_the_hours_they_are_manned(city: City) -> None:
    city.camera("k1", 5, 5)
    city.add("patrol_points", patrol_point_id="p1", x=X0 + 50, y=Y0 + 50, community_id="c1",
             starts_at=8.0, ends_at=18.0)  # fmt: skip
    city.add("patrol_points", patrol_point_id="p2", x=X0 + 90, y=Y0 + 50, community_id="c1",
             radius_m=30.0)  # fmt: skip
    city.incident(50, 60, "2026-03-01 12:00")
    city.incident(50, 60, "2026-03-01 20:00")
    city.incident(50, 80, "2026-03-01 12:00")
    city.incident(110, 50, "2026-03-01 03:00", community="c2")
    for hour in range(14):
        city.add("patrol_visits", patrol_point_id="p1", visited_at=datetime(2026, 6, 20, hour))
    city.add("patrol_visits", patrol_point_id="p1", visited_at=datetime(2026, 6, 2, 15, 59))
    city.derive()
    one, two = city.rows("patrol_reach")
    assert (one["n_patrol_points"], two["n_patrol_points"]) == (2, 1)
    assert (one["n_incidents"], one["n_incidents_reached"]) == (3, 1)
    assert (two["n_incidents"], two["n_incidents_reached"]) == (1, 1)
    # circles of 20 and 30 m; of the second what lies west of x = 100 and outside the first
    assert 0.25 < one["reach_fraction"] < 0.4
    assert (one["visits_per_day"], two["visits_per_day"]) == (0.5, 0.0)
    whole = city.row("uncovered", "community_id = 'c1'")
    assert (whole["n_recognised"], whole["n_patrolled"], whole["n_uncovered"]) == (0, 1, 2)


def test_without_cameras_patrols_are_derived_and_the_rest_is_told(city: City) -> None:
    city.add("patrol_points", patrol_point_id="p1", x=X0 + 50, y=Y0 + 50)
    city.derive()
    assert len(city.rows("patrol_reach")) == 2
    assert city.rows("patrol_reach")[0]["visits_per_day"] is None
    for table in ("coverage", "camera_coverage", "viewsheds", "blind_spots", "uncovered"):
        assert city.rows(table) == []
    assert "no_cameras" in city.codes()


def test_without_buildings_open_ground_is_assumed_and_told(city: City) -> None:
    city.camera("k1", 50, 50)
    city.derive()
    assert "open_ground_assumed" in city.codes()
    assert "no_patrol_points" in city.codes()


def test_a_camera_far_from_every_community_is_told(city: City) -> None:
    city.camera("k1", 6000, 50)
    assert city.derive().codes()["far_cameras"] == 1


def test_no_working_camera_leaves_everything_blind(city: City) -> None:
    city.camera("k1", 50, 50, status="faulty")
    city.incident(50, 55, "2026-03-01 12:00")
    city.derive()
    assert all(r["seen_area_m2"] == 0 for r in city.rows("coverage"))
    spots = city.rows("blind_spots", "community_id = 'c1' AND daypart = 'day'")
    assert sum(r["blind_area_m2"] for r in spots) == 10_000
    assert {r["nearest_camera_id"] for r in spots} == {None}
    assert city.row("uncovered", "community_id = 'c1'")["uncovered_fraction"] == 1


def test_rows_follow_the_dictionary(city: City) -> None:
    city.house(20, 20, 40, 40)
    city.camera("k1", 50, 50)
    city.add("patrol_points", patrol_point_id="p1", x=X0 + 50, y=Y0 + 50)
    city.incident(50, 55, "2026-03-01 12:00")
    city.derive()
    names = ("coverage", "camera_coverage", "viewsheds", "blind_spots", "patrol_reach", "uncovered")
    for name in names:
        table, rows = schema.table(f"mart.{name}"), city.rows(name)
        assert rows
        keys = [tuple(row[key] for key in table.key) for row in rows]
        assert len(set(keys)) == len(keys)
        for column in table.columns:
            values = [row[column.name] for row in rows]
            if column.required:
                assert None not in values, column.name
            if column.vocabulary:
                assert set(values) <= {*column.vocabulary, None}, column.name
            if column.kind in ("int", "float"):
                real = [v for v in values if v is not None]
                assert all(np.isfinite(v) for v in real), column.name
                low = column.minimum if column.minimum is not None else -np.inf
                high = column.maximum if column.maximum is not None else np.inf
                assert all(low <= v <= high for v in real), column.name


def test_the_same_city_gives_the_same_rows() -> None:
    found = []
    for _ in range(2):
        made = City()
        rng = np.random.default_rng(4)
        for k, (x, y, b) in enumerate(rng.uniform([0, 0, 0], [200, 100, 360], (30, 3))):
            made.camera(f"k{k:02d}", x, y, bearing_deg=b)
            made.incident(x, y + 3, "2026-03-01 12:00")
        made.house(20, 20, 60, 40)
        made.derive()
        found.append([made.rows(t, order="ALL") for t in ("coverage", "blind_spots", "viewsheds")])
    assert found[0] == found[1]
