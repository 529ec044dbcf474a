"""The model city: plausible, exact where it claims to be, planted as truth.json says."""

from __future__ import annotations

import json
import sqlite3
import zipfile
from datetime import datetime
from pathlib import Path
from typing import Any

import geopandas
import numpy as np
import openpyxl
import pandas as pd
import pytest
import shapely

from etl.build import check
from etl.district import read_district
from etl.errors import EtlError
from etl.reporting import report_body
from etl.schema import CORE
from etl.simulate import simulate
from etl.simulate.city import inset_quads
from etl.simulate.flaws import CONFLICT, flaw, plan_flaws
from etl.simulate.incidents import draw_incidents
from etl.simulate.kinds import CLASSES, CODE, N_DAYS, TYPE_CLASS, TYPES, day_weights, hour_shares
from etl.simulate.model import City, Size, make_city
from etl.simulate.names import FORMS
from geo.datum import to_wgs84
from geo.projection import project

THEFTS = [one.zh for one in TYPES if one.code in ("burglary", "ebike_theft", "theft_from_vehicle")]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return simulate(tmp_path_factory.mktemp("demo")).parent


@pytest.fixture(scope="module")
def truth(demo: Path) -> dict[str, Any]:
    return json.loads((demo / "truth.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def city() -> City:
    return make_city(Size(40, 600, 9000, 20260101))


@pytest.fixture(scope="module")
def log(demo: Path, truth: dict[str, Any]) -> pd.DataFrame:
    """The good incident rows, with metres and times."""
    bad = {(one["file"], one["line"]) for one in truth["bad_rows"]}
    parts = []
    for file in sorted(demo.glob("incidents-*.csv")):
        one = pd.read_csv(file, encoding="gb18030", dtype=str)
        lines = np.arange(2, len(one) + 2)
        parts.append(one[[(file.name, int(line)) not in bad for line in lines]])
    rows = pd.concat(parts, ignore_index=True)
    lon, lat = to_wgs84(rows["经度"].astype(float), rows["纬度"].astype(float), datum="gcj02")
    rows["x"], rows["y"] = project(lon, lat, epsg=int(truth["crs"][5:]))
    rows["at"] = pd.to_datetime(rows["发生时间"])
    return rows


@pytest.fixture(scope="module")
def communities(demo: Path, truth: dict[str, Any]) -> geopandas.GeoDataFrame:
    return geopandas.read_file(demo / "communities.geojson").to_crs(truth["crs"])


def _bytes(folder: Path) -> dict[str, bytes]:
    return {one.name: one.read_bytes() for one in sorted(folder.iterdir())}


def test_the_same_seed_gives_the_same_bytes_in_every_file(demo: Path, tmp_path: Path) -> None:
    simulate(tmp_path)
    assert _bytes(tmp_path) == _bytes(demo)


def test_another_seed_gives_another_city(demo: Path, tmp_path: Path) -> None:
    for seed in (2, 3):
        simulate(tmp_path / str(seed), communities=6, seed=seed)
    a, b = _bytes(tmp_path / "2"), _bytes(tmp_path / "3")
    assert all(a[name] != b[name] for name in ("communities.geojson", "incidents-2025.csv"))


def test_no_file_carries_the_time_it_was_written(demo: Path) -> None:
    for name in ("cameras.xlsx", "assessments.xlsx", "stations.zip"):
        with zipfile.ZipFile(demo / name) as archive:
            assert {one.date_time for one in archive.infolist()} == {(2026, 7, 1, 2, 30, 0)}
    with zipfile.ZipFile(demo / "stations.zip") as archive:
        assert archive.read("stations.dbf")[1:4] == bytes((126, 7, 1))
    with sqlite3.connect(demo / "streets.gpkg") as con:
        assert (
            con.execute("SELECT last_change FROM gpkg_contents")
            .fetchone()[0]
            .startswith("2026-07-01")
        )
    con.close()


def test_the_district_file_is_accepted_and_brings_every_table(demo: Path) -> None:
    district = read_district(demo / "district.toml")
    assert {one.table for one in district.sources} == {one.name for one in CORE}
    assert str(district.as_of) == "2026-06-30"


@pytest.mark.parametrize("file", ["stations.zip", "streets.gpkg"])
def test_jurisdictions_partition_the_city_exactly(city: City, demo: Path, file: str) -> None:
    areas = geopandas.read_file(demo / file)
    assert areas.is_valid.all()
    assert set(areas.geom_type) == {"Polygon"}
    assert shapely.coverage_is_valid(areas.geometry.to_numpy())
    whole = shapely.polygons(city.lattice.quads)
    assert areas.area.sum() == pytest.approx(shapely.area(whole).sum(), rel=1e-9)
    assert areas.union_all().area == pytest.approx(areas.area.sum(), rel=1e-12)


def test_streets_and_stations_are_divided_differently(demo: Path) -> None:
    stations = geopandas.read_file(demo / "stations.zip").geometry
    streets = geopandas.read_file(demo / "streets.gpkg").geometry
    assert any(not a.equals(b) for a, b in zip(stations, streets, strict=True))


def test_communities_lie_apart_with_roads_between(communities: geopandas.GeoDataFrame) -> None:
    assert communities.is_valid.all()
    shapes = communities.geometry.to_numpy()
    apart = [shapely.distance(shapes[i], np.delete(shapes, i)).min() for i in range(len(shapes))]
    assert min(apart) > 8.0
    assert len(set(communities["小区名称"])) == 40


def test_the_walls_are_no_boxes(communities: geopandas.GeoDataFrame) -> None:
    shapes = communities.geometry
    filled = shapes.area / shapely.area(shapely.minimum_rotated_rectangle(shapes.to_numpy()))
    assert filled.max() < 0.995
    assert (filled < 0.9).sum() >= 8


def test_every_form_of_community_is_there(city: City) -> None:
    assert np.bincount(city.communities.form, minlength=len(FORMS)).min() >= 3


def test_buildings_stand_inside_walls_and_apart(city: City) -> None:
    shapes = city.buildings.polygons()
    assert shapely.is_valid(shapes).all()
    a, b = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    assert (a == b).all()
    inside = city.owner >= 0
    walls = shapely.polygons(city.walls)
    gap = shapely.distance(shapely.boundary(walls[city.owner[inside]]), shapes[inside])
    assert gap.min() > 1.9
    assert 400 <= shapes.size <= 800


def test_slabs_leave_open_ground_in_proportion_to_their_height(city: City) -> None:
    slab = np.flatnonzero(city.communities.form == FORMS.index("slab"))
    for community in slab:
        own = city.buildings.take(city.owner == community)
        used = (4 * own.half[:, 0] * own.half[:, 1]).sum()
        assert used / shapely.area(shapely.polygons(city.walls[community])) < 0.4


def test_gates_lie_on_their_walls_and_open_outward(city: City) -> None:
    gates, walls = city.gates, shapely.polygons(city.walls)
    own = walls[gates.community]
    assert shapely.distance(shapely.boundary(own), shapely.points(gates.xy)).max() < 1e-9
    out = np.deg2rad(gates.outward_deg)
    step = gates.xy + 2.0 * np.stack([np.sin(out), np.cos(out)], axis=1)
    assert not shapely.contains_xy(own, step).any()
    assert np.array_equal(np.unique(gates.community[gates.kind == 0]), np.arange(40))


def test_cameras_hang_in_the_open_and_look_at_open_ground(city: City) -> None:
    it, shapes = city.cameras, city.buildings.polygons()
    tree = shapely.STRtree(shapes)
    assert tree.query(shapely.points(it.xy), predicate="intersects").size == 0
    look = np.deg2rad(it.bearing_deg)
    known = np.isfinite(look)
    ahead = it.xy + 2.0 * np.stack([np.sin(look), np.cos(look)], axis=1)
    hit = tree.query(shapely.points(ahead[known]), predicate="intersects")[0]
    assert np.unique(hit).size < 0.01 * known.sum()


def test_optics_are_those_of_cameras_that_are_sold(city: City) -> None:
    it = city.cameras
    known = np.isfinite(it.focal_mm)
    assert set(it.width_px[known]) == {1920.0, 2560.0, 3840.0}
    hfov = np.rad2deg(2 * np.arctan(it.sensor_width_mm[known] / 2 / it.focal_mm[known]))
    assert hfov.min() > 15
    assert hfov.max() < 106


def test_some_cameras_are_faulty_and_some_lack_what_matters(city: City) -> None:
    it = city.cameras
    share = np.bincount(it.status, minlength=4) / 600
    assert 0.85 < share[0] < 0.95
    assert share[1:].min() > 0.005
    assert 10 < np.isnan(it.bearing_deg).sum() < 60
    assert 5 < np.isnan(it.focal_mm).sum() < 50
    assert np.isnat(it.installed_on[it.status == 2]).all()
    assert (it.retired_on[it.status == 3] >= it.installed_on[it.status == 3]).all()


def test_a_few_cameras_hang_where_the_law_forbids_them(demo: Path) -> None:
    sheet = openpyxl.load_workbook(demo / "cameras.xlsx", read_only=True).active
    places = [row[19] for row in sheet.iter_rows(min_row=2, values_only=True)]
    forbidden = {"更衣室", "公共卫生间", "职工宿舍", "宾馆客房"}
    assert 1 <= sum(one in forbidden for one in places) <= 12


def test_there_are_exactly_as_many_incidents_as_asked(log: pd.DataFrame) -> None:
    originals = log["警情编号"].nunique()
    conflicts = 2  # good rows that a planted contradiction makes bad
    assert originals == 9000 - conflicts


def test_the_log_is_in_order_and_ends_on_the_last_day(log: pd.DataFrame) -> None:
    assert log["at"].is_monotonic_increasing
    assert log["at"].min() >= pd.Timestamp("2024-07-01")
    last = max(pd.to_datetime(log[one]).max() for one in ("报警时间", "发生时间", "发生时间止"))
    assert last <= pd.Timestamp("2026-06-30 23:59:59")


def test_class_shares_are_those_of_a_station(log: pd.DataFrame) -> None:
    kind = {one.zh: CLASSES[one.kind] for one in TYPES}
    share = log["警情类别"].map(kind).value_counts(normalize=True)
    assert 0.5 < share["call"] < 0.65
    assert 0.05 < share["criminal"] < 0.13
    assert 0.17 < share["dispute"] < 0.30


def test_about_half_of_the_incidents_happen_outside_communities(
    log: pd.DataFrame, communities: geopandas.GeoDataFrame
) -> None:
    located = log.dropna(subset=["x"])
    tree = shapely.STRtree(communities.geometry.to_numpy())
    inside = np.unique(tree.query(shapely.points(located[["x", "y"]]), predicate="within")[0])
    assert 0.45 < inside.size / len(located) < 0.65
    assert 0.02 < 1 - len(located) / len(log) < 0.04


def test_burglaries_have_uncertain_times_and_fights_have_not(log: pd.DataFrame) -> None:
    unsure = log["发生时间止"].notna()
    assert unsure[log["警情类别"] == "入室盗窃"].mean() > 0.7
    assert not unsure[log["警情类别"] == "殴打他人"].any()
    span = pd.to_datetime(log["发生时间止"]) - log["at"]
    assert span.min() > pd.Timedelta(0)
    assert pd.Timedelta("3h") < span[log["警情类别"] == "入室盗窃"].median() < pd.Timedelta("12h")


def test_reports_follow_what_they_report(log: pd.DataFrame) -> None:
    reported = pd.to_datetime(log["报警时间"])
    assert (reported >= log["at"]).all()
    until = pd.to_datetime(log["发生时间止"])
    assert (reported >= until)[until.notna()].all()


def test_planted_hotspots_stand_out(log: pd.DataFrame, truth: dict[str, Any]) -> None:
    zh = {one.code: one.zh for one in TYPES}
    for spot in truth["hotspots"]:
        own = log[log["警情类别"] == zh[spot["type"]]]
        days = (own["at"] >= spot["from"]) & (
            own["at"] < pd.Timestamp(spot["to"]) + pd.Timedelta("1D")
        )
        apart = np.hypot(own["x"] - spot["x"], own["y"] - spot["y"])[days]
        near = (apart <= spot["radius_m"]).sum()
        ring = ((apart > spot["radius_m"]) & (apart <= 2 * spot["radius_m"])).sum() / 3
        assert near > 0.75 * spot["expected"]
        assert near > 3 * ring


def test_near_repeat_series_are_near_and_repeat(log: pd.DataFrame, truth: dict[str, Any]) -> None:
    rows = log.set_index("警情编号")
    assert len(truth["near_repeat_series"]) == 2
    for series in truth["near_repeat_series"]:
        own = rows.loc[series["incident_ids"]]
        assert len(own) == 12
        assert set(own["警情类别"]) == {"入室盗窃"}
        apart = shapely.distance(*np.meshgrid(*[shapely.points(own[["x", "y"]])] * 2))
        assert apart.max() < 200
        days = own["at"].dt.normalize().sort_values().diff().dropna()
        assert days.max() <= pd.Timedelta("3D")


def test_one_intervention_worked_one_displaced_one_did_nothing(
    log: pd.DataFrame, truth: dict[str, Any], communities: geopandas.GeoDataFrame
) -> None:
    shape = communities.set_index("小区编号").geometry
    thefts = log[log["警情类别"].isin(THEFTS)].dropna(subset=["x"])
    points = shapely.points(thefts[["x", "y"]])

    def weekly(ids: list[str], day: str) -> tuple[float, float]:
        here = shapely.contains(shapely.union_all(shape[ids].to_numpy()), points)
        before = thefts["at"] < day
        weeks = (pd.Timestamp(day) - pd.Timestamp("2024-07-01")).days / 7
        return (here & before).sum() / weeks, (here & ~before).sum() / (N_DAYS / 7 - weeks)

    done = {one["effect"]: one for one in truth["interventions"]}
    assert set(done) == {"worked", "displaced", "nothing"}
    before, after = weekly([done["worked"]["community_id"]], done["worked"]["done_on"])
    assert after < 0.5 * before
    before, after = weekly([done["displaced"]["community_id"]], done["displaced"]["done_on"])
    assert after < 0.6 * before
    before, after = weekly(done["displaced"]["displaced_to"], done["displaced"]["done_on"])
    assert after > 1.3 * before
    assert done["worked"]["n_cameras"] == 50


def test_the_cameras_of_the_campaign_hang_in_its_community(city: City) -> None:
    worked = next(one for one in city.plan.interventions if one.effect == "worked")
    day = np.datetime64("2024-07-01") + worked.day
    new = (city.cameras.community == worked.community) & (city.cameras.installed_on == day)
    assert new.sum() >= 50


def test_the_second_year_is_calmer_by_the_set_change() -> None:
    weight = day_weights()
    change = weight[365:].sum(axis=0) / weight[:365].sum(axis=0) - 1
    # Weekdays and seasons do not divide evenly: half a point is left.
    np.testing.assert_allclose(change, [-0.12, -0.15, -0.15, -0.14], atol=0.005)
    np.testing.assert_allclose(weight.sum(), 1.0)


def test_hours_follow_the_type() -> None:
    share = hour_shares()
    night = share[:, [22, 23, 0, 1, 2, 3, 4, 5]].sum(axis=1)
    assert night[CODE["fight"]] > 0.5
    assert night[CODE["burglary"]] > 0.35
    assert night[CODE["consumer"]] < 0.15
    np.testing.assert_allclose(share.sum(axis=1), 1.0)


def test_incidents_are_streamed_in_batches_that_add_up(city: City) -> None:
    sizes, last = [], -1
    for batch in draw_incidents(city.stage, city.plan, 60_000, chunk=5_000, seed=(7,)):
        sizes.append(batch.number.size)
        assert np.unique(batch.number).size == batch.number.size
        assert batch.since[0] >= last
        last = batch.since[-1]
        assert np.isfinite(batch.xy).all()
        drawn = batch.type[batch.series >= 0]
        assert (drawn == CODE["burglary"]).all()
    assert sum(sizes) == 60_000
    assert max(sizes) < 6_000


def test_drawn_points_lie_in_the_community_they_were_drawn_for(city: City) -> None:
    walls = shapely.polygons(city.walls)
    batch = next(draw_incidents(city.stage, city.plan, 9_000, chunk=9_000, seed=(7,)))
    own = batch.community >= 0
    inside = shapely.contains_xy(walls[batch.community[own]], batch.xy[own])
    assert inside.mean() > 0.97
    built = shapely.STRtree(city.buildings.polygons())
    hit = built.query(shapely.points(batch.xy[own]), predicate="within")[0]
    assert np.unique(hit).size < 0.01 * own.sum()


def test_badly_run_communities_have_more_crime(city: City) -> None:
    batches = draw_incidents(city.stage, city.plan, 200_000, chunk=100_000, seed=(7,))
    crime = np.zeros(40)
    for batch in batches:
        own = (batch.community >= 0) & (TYPE_CLASS[batch.type] == 2)
        crime += np.bincount(batch.community[own], minlength=40)
    rate = crime / city.communities.n_households
    assert np.corrcoef(np.log(rate), city.communities.quality)[0, 1] < -0.3


def test_fewer_than_one_row_in_a_hundred_is_bad(truth: dict[str, Any]) -> None:
    for name, file in truth["files"].items():
        assert file["bad"] + file["duplicates"] <= 0.01 * file["rows"], name
    assert sum(file["bad"] for file in truth["files"].values()) > 20
    assert len({one["rule"] for one in truth["bad_rows"]}) >= 10


def test_bad_lines_stand_where_the_truth_says(demo: Path, truth: dict[str, Any]) -> None:
    for one in truth["bad_rows"]:
        if not one["file"].endswith(".csv") or one["rule"] in ("duplicate", CONFLICT):
            continue
        encoding = "utf-8" if one["file"].startswith("patrol") else "gb18030"
        text = (demo / one["file"]).read_bytes().decode(encoding)
        header, *lines = text.split("\r\n")
        cells = dict(
            zip(header.lstrip("\ufeff").split(","), lines[one["line"] - 2].split(","), strict=True)
        )
        assert cells[one["column"]] == str(one["value"])


def test_repeated_lines_repeat_the_line_before(demo: Path, truth: dict[str, Any]) -> None:
    repeats = [one for one in truth["bad_rows"] if one["rule"] == "duplicate"]
    for one in (one for one in repeats if one["file"].startswith("incidents")):
        lines = (demo / one["file"]).read_bytes().split(b"\r\n")
        assert lines[one["line"] - 1] == lines[one["line"] - 2]
    assert len(repeats) >= 5


def test_the_loader_refuses_just_what_was_planted(
    demo: Path, truth: dict[str, Any], tmp_path: Path
) -> None:
    report, filler = check(demo / "district.toml", tmp_path, now=datetime(2026, 7, 1))
    body = report_body(filler.files, report)
    for one in body["sources"]:
        told = truth["files"][one["file"]]
        assert one["read"] == told["rows"], one["file"]
        assert one["rejected"] == told["bad"], one["file"]
        assert one["duplicates"] == told["duplicates"], one["file"]
    refused = {(one["source"], one["line"], one["rule"]) for one in body["rejected"]}
    planted = {
        (one["file"], one["line"], one["rule"])
        for one in truth["bad_rows"]
        if one["rule"] != "duplicate"
    }
    assert refused == planted


def test_flaws_leave_ninety_nine_rows_in_a_hundred_good() -> None:
    rng = np.random.default_rng(1)
    flaws = [flaw("range", a=1), flaw(CONFLICT, a=2)]
    # 400 rows leave room for 3 bad ones: range, then a conflict that costs two.
    chosen = plan_flaws(flaws, 400, repeats=4, rng=rng)
    assert sorted(one.rule for _, one in chosen) == [CONFLICT, "range"]
    assert plan_flaws(flaws, 40, repeats=4, rng=rng) == []


def test_a_quad_is_inset_by_each_sides_own_distance() -> None:
    square = np.array([[[0.0, 0.0], [100.0, 0.0], [100.0, 50.0], [0.0, 50.0]]])
    found = inset_quads(square, np.array([[1.0, 2.0, 3.0, 4.0]]))
    # South side up by 1, east side left by 2, north side down by 3, west side right by 4.
    np.testing.assert_allclose(found[0], [[4, 1], [98, 1], [98, 47], [4, 47]])


@pytest.mark.parametrize("wanted", [{"incidents": 0, "cameras": 0}, {"incidents": 5, "cameras": 1}])
def test_the_smallest_cities_are_written_too(tmp_path: Path, wanted: dict[str, int]) -> None:
    simulate(tmp_path, communities=3, **wanted)
    told = json.loads((tmp_path / "truth.json").read_text(encoding="utf-8"))
    rows = [v["rows"] for name, v in told["files"].items() if name.startswith("incidents")]
    assert sum(rows) == wanted["incidents"]


def test_urban_villages_bring_the_number_of_buildings_asked_for() -> None:
    city = make_city(Size(30, 10, 10, 1, buildings=2500))
    assert city.buildings.lot.size == pytest.approx(2500, rel=0.15)
    assert city.lots.homes.size == 30


def test_a_large_city_lies_far_out_at_sea() -> None:
    city = make_city(Size(1600, 10, 10, 1))
    assert city.site.crs == "EPSG:4550"
    lon, _ = city.site.to_wgs84(city.lattice.quads.reshape(-1, 2))
    assert lon.min() > 123.3


def test_impossible_sizes_are_all_named_at_once(tmp_path: Path) -> None:
    with pytest.raises(
        EtlError, match=r"communities is 1; expected 3 to 200000.*\n.*cameras is -1"
    ):
        simulate(tmp_path / "x", communities=1, cameras=-1)
    assert not (tmp_path / "x").exists()
