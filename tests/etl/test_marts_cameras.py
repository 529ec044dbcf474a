"""Cameras one by one as a build holds them: history, losses, pairs, data gaps; patrols by hour."""

from datetime import date, datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from etl.marts import duties
from etl.marts.camera_times import FAULTY, WORKING, read_changes
from etl.marts.context import MartContext
from etl.marts.coverage_cameras import read_cameras
from etl.marts.coverage_ground import read_ground
from etl.marts.coverage_history import coverage_on
from tests.etl.test_marts_coverage import AS_OF, X0, Y0, City

WHOLE = {
    "range_m": 50.0, "height_m": 4.0, "installed_on": date(2025, 1, 1), "legal_basis": "art9",
    "place_type": "yard",
}  # fmt: skip
QUARTER = 16 * np.pi  # 90 degrees of 8 m
FIRST = date(2024, 6, 30)


@pytest.fixture
def city() -> City:
    return City()


def history(city: City, scope: str = "community", area: str = "c1") -> list[dict]:
    where = f"scope_kind = '{scope}' AND scope_id = '{area}'"
    return city.rows("coverage_history", where, order="from_on")


# ---- through time


def test_a_camera_is_installed_fails_is_repaired_and_retires(city: City) -> None:
    city.camera("k1", 50.3, 50.2, installed_on=date(2025, 1, 10), retired_on=date(2026, 2, 1))
    city.add("camera_faults", camera_id="k1", faulty_from=date(2025, 3, 1),
             faulty_to=date(2025, 3, 5))  # fmt: skip
    found = history(city.derive())
    assert [(r["from_on"].isoformat(), r["n_working"], r["n_faulty"]) for r in found] == [
        ("2024-06-30", 0, 0), ("2025-01-10", 1, 0), ("2025-03-01", 0, 1), ("2025-03-05", 1, 0),
        ("2026-02-01", 0, 0), ("2026-06-30", 0, 0),
    ]  # fmt: skip
    events = [(r["n_installed"], r["n_retired"], r["n_failed"], r["n_repaired"]) for r in found]
    assert events == [(0, 0, 0, 0), (1, 0, 0, 0), (0, 0, 1, 0), (0, 0, 0, 1), (0, 1, 0, 0),
                      (0, 0, 0, 0)]  # fmt: skip
    areas = [r["seen_area_m2"] for r in found]
    assert areas[1] == areas[3] == pytest.approx(QUARTER, rel=0.1)
    assert areas[0] == areas[2] == areas[4] == areas[5] == 0
    assert found[1]["seen_fraction"] == areas[1] / 10_000
    assert found[1]["seen_night_fraction"] == pytest.approx(9 * np.pi / 10_000, rel=0.15)
    assert city.rows("camera_losses") == []


def test_the_last_day_is_what_coverage_says_and_scopes_are_sums(city: City) -> None:
    city.camera("k1", 50, 50)
    city.camera("k2", 96.2, 50.4, bearing_deg=90.0)  # at the border: sees into c2
    city.camera("k3", 20, 20, status="faulty")
    city.derive()
    seen = {
        r["community_id"]: r["seen_area_m2"]
        for r in city.rows("coverage", "level = 'recognise' AND daypart = 'day'")
    }
    assert min(seen.values()) > 0
    for area, m2 in seen.items():
        (last,) = (r for r in history(city, area=area) if r["from_on"] == AS_OF)
        assert last["seen_area_m2"] == m2
    whole = history(city, "district", "d")[-1]
    assert whole["seen_area_m2"] == sum(seen.values())
    assert whole["open_area_m2"] == 20_000
    assert (whole["n_working"], whole["n_faulty"]) == (2, 1)
    assert (whole["station_id"], whole["street_id"]) == (None, None)
    street = history(city, "street", "t1")[-1]
    assert (street["seen_area_m2"], street["n_working"]) == (seen["c2"], 0)
    assert (street["station_id"], street["street_id"]) == (None, "t1")
    station = history(city, "station", "s1")[-1]
    assert (station["n_working"], station["station_id"], station["street_id"]) == (2, "s1", None)
    assert history(city)[-1]["street_id"] == "t0"
    first = history(city)[0]  # what was there before the record is no event of its first day
    assert (first["n_working"], first["n_installed"], first["n_failed"]) == (2, 0, 0)


def test_what_happens_on_the_last_day_counts(city: City) -> None:
    city.camera("k1", 50, 50, installed_on=AS_OF)
    city.camera("k2", 20, 20, installed_on=date(2026, 7, 1))
    last = history(city.derive())[-1]
    assert (last["from_on"], last["n_working"], last["n_installed"]) == (AS_OF, 1, 1)
    assert last["seen_area_m2"] == pytest.approx(QUARTER, rel=0.15)


def test_coverage_as_of_any_date_is_one_call(city: City) -> None:
    city.camera("k1", 50, 50, installed_on=date(2025, 1, 10))
    city.derive()

    def n(day: str) -> list[int]:
        found = coverage_on(city.con, day, scope_kind="community").to_pylist()
        return [row["n_working"] for row in found]

    assert n("2025-01-09") == [0, 0]
    assert n("2025-01-10") == n("2025-12-31") == n("2026-06-30") == [1, 0]
    assert n("2024-06-29") == []


@pytest.mark.parametrize(
    ("camera", "spells", "expected"),
    [
        ({}, [], [(0, "working")]),
        ({"status": None}, [], [(0, "working")]),
        # faulty by status and nobody says since when: all along, or since the last repair
        ({"status": "faulty"}, [], [(0, "faulty")]),
        ({"status": "faulty"}, [(10, 20)], [(0, "working"), (10, "faulty"), (20, "faulty")]),
        ({"status": "faulty"}, [(10, 20), (700, None)],
         [(0, "working"), (10, "faulty"), (20, "working"), (700, "faulty")]),
        # a spell that is open today, against the status
        ({}, [(700, None)], [(0, "working"), (700, "faulty")]),
        # spells that overlap, touch, or begin before the record
        ({}, [(10, 20), (15, 30), (30, 31)], [(0, "working"), (10, "faulty"), (31, "working")]),
        ({}, [(-50, 5)], [(0, "faulty"), (5, "working")]),
        # a fault before the camera was there, and one after it had gone
        ({"installed_on": 100}, [(10, 120)], [(100, "faulty"), (120, "working")]),
        ({"retired_on": 100}, [(90, 300)], [(0, "working"), (90, "faulty"), (100, "none")]),
        ({"status": "retired", "retired_on": 100}, [], [(0, "working"), (100, "none")]),
        ({"status": "retired"}, [], []),
        ({"status": "planned", "installed_on": 100}, [], []),
        ({"status": "planned"}, [], []),
        ({"place_type": "更衣室"}, [], []),
        ({"installed_on": 800}, [], []),
    ],
)  # fmt: skip
def test_states_through_time_by_hand(
    city: City, camera: dict, spells: list, expected: list
) -> None:
    day = np.datetime64(FIRST, "D")
    row = {k: (day + v).astype(object) if k.endswith("_on") else v for k, v in camera.items()}
    city.camera("k1", 50, 50, **row)
    for since, until in spells:
        city.add("camera_faults", camera_id="k1", faulty_from=(day + since).astype(object),
                 faulty_to=None if until is None else (day + until).astype(object))  # fmt: skip
    cameras = read_cameras(city.con, AS_OF, read_ground(city.con).houses)
    found = read_changes(city.con, cameras, AS_OF)
    assert (found.first, found.last_day) == (FIRST, 730)
    names = {WORKING: "working", FAULTY: "faulty"}
    told = list(
        {
            max(int(d), 0): names.get(int(a), "none")
            for d, a in zip(found.day, found.after, strict=True)
            if d <= 730
        }.items()
    )
    merged = [one for k, one in enumerate(expected) if k == 0 or one[1] != expected[k - 1][1]]
    assert told == merged
    works = bool(told) and told[-1][1] == "working"
    assert works == (cameras.state[0] == "working")


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_a_camera_works_on_a_day_when_its_dates_and_spells_say_so(seed: int) -> None:
    rng = np.random.default_rng(seed)
    city, day = City(), np.datetime64(FIRST, "D")
    rows, spells = {}, {}
    for k in range(6):
        installed = rng.choice([None, int(rng.integers(-100, 700))])
        retired = rng.choice([None, int(rng.integers(0, 900)) + (installed or 0)])
        status = rng.choice(["working", "faulty"])
        rows[k] = (installed, retired, status)
        city.camera(
            f"k{k}", 10 + 12 * k, 50, status=status,
            installed_on=None if installed is None else (day + installed).astype(object),
            retired_on=None if retired is None else (day + retired).astype(object),
        )  # fmt: skip
        spells[k] = []
        for since in np.unique(rng.integers(-50, 720, rng.integers(0, 4))):
            until = rng.choice([None, int(since) + int(rng.integers(0, 300))])
            spells[k].append((int(since), until))
            city.add("camera_faults", camera_id=f"k{k}", faulty_from=(day + since).astype(object),
                     faulty_to=None if until is None else (day + until).astype(object))  # fmt: skip
    cameras = read_cameras(city.con, AS_OF, read_ground(city.con).houses)
    found = read_changes(city.con, cameras, AS_OF).spells()
    for k, (installed, retired, status) in rows.items():
        lasting = [(a, 10**6 if b is None else b) for a, b in spells[k]]
        if status == "faulty" and not any(a <= 730 < b for a, b in lasting):
            repairs = [b for _, b in lasting if b <= 730 and b > _]
            lasting.append((max(repairs, default=-(10**6)), 10**6))
        for today in range(0, 731, 7):
            in_use = (installed is None or installed <= today) and (
                retired is None or today < retired
            )
            expected = in_use and not any(a <= today < b for a, b in lasting)
            mine = found.camera == k
            got = bool(((found.first <= today) & (today < found.beyond) & mine).any())
            assert got == expected, (k, today)


def test_undated_faults_are_told(city: City) -> None:
    city.camera("k1", 50, 50, status="faulty")
    city.derive()
    assert city.codes()["undated_faults"] == 1


# ---- what is lost, and what is seen twice


def test_losses_and_pairs_by_hand(city: City) -> None:
    city.camera("k1", 30.3, 30.2)
    city.camera("k2", 30.3, 30.2)
    city.camera("k3", 70.3, 70.2)
    city.incident(70, 75, "2026-03-01 12:00")  # 5 m north of k3: it alone
    city.incident(70, 76, "2026-03-01 22:00")  # 6 m: still at night
    city.incident(70, 77, "2026-03-01 22:00")  # 7 m: by day alone, and it was night
    city.incident(30, 35, "2026-03-01 12:00")  # k1 and k2
    city.add("gates", gate_id="g", community_id="c1", kind="vehicle", x=X0 + 70.3, y=Y0 + 74)
    city.derive()
    one, two, three = city.rows("camera_losses")
    assert (one["lost_area_m2"], one["n_incidents_lost"], one["is_critical"]) == (0, 0, False)
    assert three["lost_area_m2"] == three["seen_area_m2"] == pytest.approx(QUARTER, rel=0.1)
    assert three["lost_night_area_m2"] == pytest.approx(9 * np.pi, rel=0.15)
    assert (three["n_incidents_lost"], three["n_gates_lost"]) == (2, 1)
    assert (three["main_community_id"], three["rank"], three["is_critical"]) == ("c1", 1, True)
    assert [two["rank"], one["rank"]] == [3, 2]
    lost = three["seen_fraction"] - three["seen_without_fraction"]
    assert lost == pytest.approx(three["lost_area_m2"] / 10_000)
    unique = {r["camera_id"]: r["unique_area_m2"] for r in city.rows("camera_coverage")}
    assert {r["camera_id"]: r["lost_area_m2"] for r in (one, two, three)} == unique
    (pair,) = city.rows("camera_pairs")
    assert (pair["camera_id"], pair["other_camera_id"], pair["community_id"]) == ("k1", "k2", "c1")
    assert pair["shared_area_m2"] == one["seen_area_m2"]
    assert pair["shared_night_area_m2"] == pytest.approx(9 * np.pi, rel=0.15)
    assert (pair["camera_fraction"], pair["other_fraction"]) == (1.0, 1.0)
    assert (pair["station_id"], pair["street_id"]) == ("s1", "t0")


def test_an_incident_at_night_is_lost_with_the_only_camera_that_sees_at_night(city: City) -> None:
    city.camera("k1", 50, 50)
    city.camera("k2", 50, 50, night_range_m=0.0)
    city.incident(50, 55, "2026-03-01 23:00")
    city.incident(50, 55, "2026-03-01 12:00")
    one, two = city.derive().rows("camera_losses")
    assert (one["n_incidents_lost"], two["n_incidents_lost"]) == (1, 0)


def test_a_camera_with_a_fifth_of_the_ground_is_critical_without_incidents(city: City) -> None:
    city.camera("k1", 50, 50)
    for k in range(9):  # in c2 none of these has a fifth
        city.camera(f"k2{k}", 100 + 10 * k, 20, hfov_deg=90.0)
    rows = {r["camera_id"]: r["is_critical"] for r in city.derive().rows("camera_losses")}
    assert rows["k1"]
    assert not rows["k24"]


def test_a_pair_over_a_border_is_one_row_of_the_side_with_more(city: City) -> None:
    for name in ("k1", "k2"):
        city.camera(name, 97.2, 50.3, bearing_deg=90.0)
    city.derive()
    (pair,) = city.rows("camera_pairs")
    assert pair["community_id"] == "c2"
    assert pair["shared_area_m2"] == pytest.approx(QUARTER, rel=0.1)
    assert pair["street_id"] == "t1"


def test_a_camera_on_the_road_loses_nothing_of_any_community(city: City) -> None:
    city.camera("k1", -40, 50)
    city.derive()
    (row,) = city.rows("camera_losses")
    assert (row["main_community_id"], row["rank"], row["is_critical"]) == (None, None, False)
    assert row["seen_area_m2"] == 0
    assert row["seen_fraction"] is None


# ---- what missing data would change


def test_what_an_unknown_bearing_hides_by_hand(city: City) -> None:
    city.house(40, 52, 60, 60)  # 2 m before the camera to the north
    city.camera("k1", 50, 50, bearing_deg=None)
    city.derive()
    (row,) = city.rows("camera_gaps", "field = 'bearing_deg'")
    assert (row["effect"], row["daypart"], row["counted_area_m2"]) == ("possible_only", "day", 0)
    # towards the wall a triangle of height 2 and base 4; away from it the whole quarter
    assert row["low_area_m2"] == pytest.approx(4.0)
    assert row["high_area_m2"] == pytest.approx(QUARTER)
    # of the circle of 8 m, all but the segment beyond the wall
    segment = 64 * np.arccos(2 / 8) - 2 * np.sqrt(64 - 4)
    assert row["possible_area_m2"] == pytest.approx(4 * QUARTER - segment)


def test_what_missing_optics_width_and_night_range_would_change(city: City) -> None:
    city.camera("k1", 50, 50, hfov_deg=None, width_px=2560.0)
    city.camera("k2", 20, 20, width_px=None, hfov_deg=90.0)
    city.camera("k3", 80, 20, night_range_m=None, hfov_deg=90.0, width_px=3840.0)
    city.derive()
    gaps = {(r["camera_id"], r["field"]): r for r in city.rows("camera_gaps")}

    def area(width: float, angle: float, most: float = 1e9) -> float:
        reach = min(width / (2 * np.tan(np.radians(angle) / 2) * 125), most)
        return np.radians(angle) / 2 * reach**2

    lens = {mm: float(np.degrees(2 * np.arctan(2.4 / mm))) for mm in (2.8, 4.0, 6.0)}
    one = gaps["k1", "optics"]
    assert one["effect"] == "assumed_optics"
    assert one["counted_area_m2"] == pytest.approx(area(2560, lens[4.0]))
    assert one["low_area_m2"] == pytest.approx(area(2560, lens[2.8]))
    assert one["high_area_m2"] == pytest.approx(area(2560, lens[6.0]))
    two = gaps["k2", "width_px"]
    assert two["counted_area_m2"] == pytest.approx(area(2560, 90))
    assert two["low_area_m2"] == pytest.approx(area(1920, 90))
    assert two["high_area_m2"] == pytest.approx(area(3840, 90))
    three = gaps["k3", "night_range_m"]
    assert three["daypart"] == "night"
    assert three["counted_area_m2"] == pytest.approx(area(3840, 90))  # 15.4 m, less than 30
    assert three["low_area_m2"] == pytest.approx(area(3840, 90, 15.0))
    assert three["high_area_m2"] == pytest.approx(area(3840, 90))
    assert ("k1", "width_px") not in gaps


def test_a_missing_height_hides_the_dead_zone_under_the_camera(city: City) -> None:
    city.camera("k0", 20, 20, **WHOLE)
    city.camera("k1", 50, 50)
    city.derive()
    (row,) = city.rows("camera_gaps", "field = 'height_m'")
    # 90 degrees wide is 58.7 high: (4 - 1.6) / tan(15 + 29.4)
    near = 2.4 / np.tan(np.radians(15.0) + np.arctan(9 / 16))
    assert row["counted_area_m2"] == row["high_area_m2"] == pytest.approx(QUARTER)
    assert row["low_area_m2"] == pytest.approx(QUARTER - np.pi / 4 * near**2)


def test_fields_without_an_area_are_named_and_whole_cameras_are_not(city: City) -> None:
    city.camera("k1", 50, 50, **WHOLE)
    city.camera("k2", 50, 50, status=None)
    city.camera("k3", 50, 50, status="faulty")
    city.derive()
    found = {(r["camera_id"], r["field"], r["effect"]) for r in city.rows("camera_gaps")}
    assert found == {
        ("k2", "range_m", "unlimited_by_day"), ("k2", "height_m", "dead_zone_unknown"),
        ("k2", "installed_on", "history_unknown"), ("k2", "legal_basis", "duties_unknown"),
        ("k2", "place_type", "place_unchecked"), ("k2", "status", "assumed_working"),
    }  # fmt: skip


def test_without_bearing_no_area_is_told_for_the_other_fields(city: City) -> None:
    city.camera("k0", 20, 20, **WHOLE)
    city.camera("k1", 50, 50, bearing_deg=None, width_px=None)
    city.derive()
    gaps = {r["field"]: r for r in city.rows("camera_gaps")}
    assert gaps["width_px"]["counted_area_m2"] is None
    assert gaps["height_m"]["low_area_m2"] is None
    assert [r["camera_id"] for r in city.rows("camera_losses")] == ["k0"]


def test_a_field_that_no_camera_brings_is_told_once(city: City) -> None:
    city.camera("k1", 50, 50)
    city.camera("k2", 50, 50, **{**WHOLE, "height_m": None})
    city.derive()
    assert {r["field"] for r in city.rows("camera_gaps")} == {
        "range_m", "installed_on", "legal_basis", "place_type",
    }  # fmt: skip
    (told,) = [f for f in city.report.findings if f.code == "camera_fields_absent"]
    assert "height_m" in told.en
    assert "range_m" not in told.en


# ---- day and night, patrols by hour, and districts that bring less


def test_uncovered_incidents_are_told_apart_by_day_and_night(city: City) -> None:
    city.camera("k1", 50, 50)
    city.incident(50, 55, "2026-03-01 12:00")
    city.incident(50, 57, "2026-03-01 12:00")
    city.incident(80, 80, "2026-03-01 12:00")
    city.incident(50, 57, "2026-03-01 23:00")
    row = city.derive().row("uncovered", "community_id = 'c1'")
    assert (row["n_located_day"], row["n_uncovered_day"]) == (3, 1)
    assert row["uncovered_day_fraction"] == pytest.approx(1 / 3)
    assert (row["n_located_night"], row["n_uncovered_night"]) == (1, 1)
    assert row["uncovered_night_fraction"] == 1.0
    other = city.row("uncovered", "community_id = 'c2'")
    assert (other["n_located_day"], other["uncovered_day_fraction"]) == (0, None)


def test_patrol_gaps_by_hand(city: City) -> None:
    city.add("stations", station_id="s1", name="s1", geometry=b"")
    city.add("streets", street_id="t0", name="t0", geometry=b"")
    city.add("patrol_points", patrol_point_id="p1", x=X0 + 50, y=Y0 + 50, community_id="c1",
             kind="check_in", starts_at=8.0, ends_at=12.0)  # fmt: skip
    city.add("patrol_points", patrol_point_id="p2", x=X0 + 150, y=Y0 + 50, community_id="c2",
             kind="guard_post", starts_at=8.0, ends_at=9.0)  # fmt: skip
    for day in (5, 12, 19, 26):  # 09:30 in Shanghai, once a week in four
        city.add("patrol_visits", patrol_point_id="p1", visited_at=datetime(2026, 6, day, 1, 30))
    city.add("patrol_visits", patrol_point_id="p1", visited_at=datetime(2026, 6, 8, 2, 30))
    city.incident(50, 55, "2026-03-02 09:10")  # Monday: manned and visited
    city.incident(50, 55, "2026-03-02 10:10")  # manned; visited once in a month is not visited
    city.incident(50, 55, "2026-03-02 11:00", until="2026-03-02 13:00")  # half of it manned
    city.incident(50, 90, "2026-03-02 09:10")  # 40 m away: beyond the 20 m of the district
    city.incident(150, 50, "2026-03-02 08:10", community="c2")
    for table in ("incidents",):
        city.con.execute(f"UPDATE core.{table} SET station_id = 's1', street_id = 't0'")
    city.derive()
    found = {r["hour"]: r for r in city.rows("patrol_gaps", "scope_id = 'c1'")}
    assert sorted(found) == [8, 9, 10, 11, 12]
    assert {h: (r["n_incidents"], r["n_unmanned"], r["n_unvisited"]) for h, r in found.items()} == {
        8: (0, 0, 0), 9: (2, 1, 1), 10: (1, 0, 1), 11: (0.5, 0, 0.5), 12: (0.5, 0.5, 0.5),
    }  # fmt: skip
    assert [found[h]["rank"] for h in (9, 12)] == [1, 2]
    assert found[9]["gap_fraction"] == 0.25
    assert found[9]["weekday"] is None
    assert found[9]["manned_fraction"] == pytest.approx(np.pi * 400 / 10_000, rel=0.1)
    assert found[9]["visited_fraction"] == found[9]["manned_fraction"]
    assert (found[10]["visited_fraction"], found[12]["manned_fraction"]) == (0, 0)
    (guard,) = city.rows("patrol_gaps", "scope_id = 'c2'")
    assert (guard["n_unmanned"], guard["n_unvisited"]) == (0, 0)
    for kind, area in (("district", "d"), ("station", "s1"), ("street", "t0")):
        week = city.rows("patrol_gaps", f"scope_kind = '{kind}'", order="weekday, hour")
        assert len(week) == 168
        assert {r["scope_id"] for r in week} == {area}
        assert sum(r["n_incidents"] for r in week) == pytest.approx(5)
        assert {r["weekday"] for r in week if r["n_incidents"]} == {0}
    assert week[9]["manned_fraction"] == found[9]["manned_fraction"]


def test_without_a_log_nothing_is_said_of_visits(city: City) -> None:
    city.add("patrol_points", patrol_point_id="p1", x=X0 + 50, y=Y0 + 50)
    city.incident(50, 55, "2026-03-02 09:10")
    city.derive()
    rows = city.rows("patrol_gaps", "scope_id = 'c1'")
    assert len(rows) == 24
    assert {(r["visited_fraction"], r["n_unvisited"]) for r in rows} == {(None, None)}


def test_without_cameras_and_patrols_the_tables_are_empty(city: City) -> None:
    city.incident(50, 55, "2026-03-02 09:10")
    city.derive()
    for table in (
        "coverage_history", "camera_losses", "camera_pairs", "camera_gaps", "patrol_gaps",
    ):  # fmt: skip
        assert city.rows(table) == []
    assert {"no_cameras", "no_patrol_points"} <= set(city.codes())


def test_duties_of_cameras_in_use_alone_and_of_forbidden_ones_by_name(city: City) -> None:
    city.camera("k1", 50, 50, legal_basis="art7_gov", installed_on=date(2026, 1, 1), has_sign=True,
                retention_days=30.0, place_type="street")  # fmt: skip
    city.camera("k2", 50, 50, legal_basis="art7_gov", status="planned")
    city.camera("k3", 50, 50, legal_basis="art7_gov", retired_on=AS_OF)
    city.camera("k4", 50, 50, legal_basis="art7_gov", installed_on=date(2026, 7, 1))
    city.camera("k5", 50, 50, status="faulty", place_type="yard")
    city.con.execute(
        "INSERT INTO mart.forbidden_cameras (camera_id, station_id, place_type, place, article) "
        "VALUES ('k0', 's1', '更衣室', 'changing_room', 'a')"
    )
    duties.derive(MartContext(city.con, None, AS_OF, city.report))
    found = {(r["camera_id"], r["duty"]): r for r in city.rows("camera_duties")}
    assert {key: row["state"] for key, row in found.items()} == {
        ("k0", "forbidden_place"): "violated", ("k1", "filing"): "overdue",
        ("k1", "retention"): "met", ("k1", "sign"): "met", ("k5", "legal_basis"): "unknown",
    }  # fmt: skip
    filing = found["k1", "filing"]
    assert (filing["due_on"], filing["done_on"]) == (date(2026, 1, 31), None)
    assert (filing["article"], filing["is_local"], filing["street_id"]) == ("14", False, "t0")
    kept = found["k1", "retention"]
    assert (kept["found"], kept["asked"]) == ("30", "30")
    assert found["k0", "forbidden_place"]["found"] == "更衣室"
    assert city.codes() == {"filing_overdue": 1, "legal_basis_unknown": 1}
