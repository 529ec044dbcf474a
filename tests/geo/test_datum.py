"""Datums: by hand, by outside tools' pairs, and by round trips."""

import csv
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from geo.datum import from_wgs84, to_wgs84
from geo.errors import GeoError

SHIFTED = ["gcj02", "bd09"]
# A kilometre clear of the box's edge, where a shifted point may leave it.
lons = st.floats(72.1, 137.7)
lats = st.floats(0.9, 55.7)


@pytest.fixture
def pairs(shared_data: Path) -> list[dict[str, float]]:
    with (shared_data / "oracles" / "gcj02_pairs.csv").open(encoding="utf-8") as file:
        return [{k: float(v) for k, v in row.items()} for row in csv.DictReader(file)]


@pytest.mark.parametrize("tool", ["gcj_{}_eviltransform", "gcj_{}_prcoords", "bd09_{}"])
def test_published_pairs_are_met_both_ways(pairs: list[dict[str, float]], tool: str) -> None:
    datum = "bd09" if tool.startswith("bd09") else "gcj02"
    lon, lat = np.array([(r["wgs_lon"], r["wgs_lat"]) for r in pairs]).T
    there = np.array([(r[tool.format("lon")], r[tool.format("lat")]) for r in pairs]).T
    assert np.abs(from_wgs84(lon, lat, datum=datum) - there).max() < 2e-7
    assert np.abs(to_wgs84(*there, datum=datum) - np.array([lon, lat])).max() < 2e-7


def _gcj02_by_the_formula(lon: float, lat: float) -> tuple[float, float]:
    """The recovered formula written out with math.sin, one term after the other."""
    x, y, s, pi = lon - 105.0, lat - 35.0, math.sin, math.pi
    common = 20 * s(6 * pi * x) + 20 * s(2 * pi * x)
    north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * math.sqrt(abs(x))
    north += (common + 20 * s(pi * y) + 40 * s(pi * y / 3)) * 2 / 3
    north += (160 * s(pi * y / 12) + 320 * s(pi * y / 30)) * 2 / 3
    east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * math.sqrt(abs(x))
    east += (common + 20 * s(pi * x) + 40 * s(pi * x / 3)) * 2 / 3
    east += (150 * s(pi * x / 12) + 300 * s(pi * x / 30)) * 2 / 3
    a, ee, rad = 6378245.0, 0.00669342162296594323, lat * pi / 180
    magic = 1 - ee * s(rad) ** 2
    meridian = a * (1 - ee) / (magic * math.sqrt(magic))
    parallel = a / math.sqrt(magic) * math.cos(rad)
    return lon + math.degrees(east / parallel), lat + math.degrees(north / meridian)


@given(lons, lats)
def test_gcj02_equals_the_formula_written_with_plain_sines(lon: float, lat: float) -> None:
    got = from_wgs84([lon], [lat], datum="gcj02")
    assert np.abs(np.ravel(got) - _gcj02_by_the_formula(lon, lat)).max() < 1e-11


@given(lons, lats)
def test_bd09_equals_the_formula_written_with_angles(lon: float, lat: float) -> None:
    x, y = _gcj02_by_the_formula(lon, lat)
    z = math.hypot(x, y) + 2e-5 * math.sin(y * math.pi * 3000 / 180)
    theta = math.atan2(y, x) + 3e-6 * math.cos(x * math.pi * 3000 / 180)
    expected = (z * math.cos(theta) + 0.0065, z * math.sin(theta) + 0.006)
    assert np.abs(np.ravel(from_wgs84([lon], [lat], datum="bd09")) - expected).max() < 1e-11


@pytest.mark.parametrize("datum", SHIFTED)
@given(lon=lons, lat=lats)
@example(lon=105.0, lat=31.0)  # the root of |lon - 105| has no slope there
@example(lon=105.0 + 1e-9, lat=31.0)
@settings(max_examples=300)
def test_the_shift_undone_and_done_again_gives_the_point(
    datum: str, lon: float, lat: float
) -> None:
    there = to_wgs84([lon], [lat], datum=datum)
    back = from_wgs84(*there, datum=datum)
    assert abs(back[0][0] - lon) < 1e-9
    assert abs(back[1][0] - lat) < 1e-9


@pytest.mark.parametrize("datum", SHIFTED)
def test_a_million_points_come_back_to_a_trillionth_of_a_degree(datum: str) -> None:
    rng = np.random.default_rng(7)
    lon, lat = rng.uniform(72.1, 137.7, 1_000_000), rng.uniform(0.9, 55.7, 1_000_000)
    back = to_wgs84(*from_wgs84(lon, lat, datum=datum), datum=datum)
    assert np.abs(back[0] - lon).max() < 2e-13
    assert np.abs(back[1] - lat).max() < 2e-13


@pytest.mark.parametrize("datum", SHIFTED)
@pytest.mark.parametrize(
    ("lon", "lat"),
    [(-76.6, 39.3), (72.0, 30.0), (137.84, 30.0), (100.0, 0.82), (100.0, 55.83), (0.0, 0.0)],
)
def test_outside_china_nothing_moves(datum: str, lon: float, lat: float) -> None:
    for way in (to_wgs84, from_wgs84):
        x, y = way([lon], [lat], datum=datum)
        assert (x[0], y[0]) == (lon, lat)


@pytest.mark.parametrize("datum", ["wgs84", "cgcs2000"])
def test_wgs84_and_cgcs2000_are_taken_as_equal_and_copied(datum: str) -> None:
    lon, lat = np.array([121.5]), np.array([31.2])
    x, y = to_wgs84(lon, lat, datum=datum)
    x[0] = y[0] = 0.0
    assert (lon[0], lat[0]) == (121.5, 31.2)


@pytest.mark.parametrize("datum", SHIFTED)
def test_nan_stays_nan_and_leaves_its_neighbours_alone(datum: str) -> None:
    lon, lat = np.array([np.nan, 121.5, 121.5]), np.array([31.2, np.nan, 31.2])
    x, y = to_wgs84(lon, lat, datum=datum)
    assert np.isnan(x[0])
    assert np.isnan(y[1])
    assert np.isfinite([x[2], y[2]]).all()
    assert x[2] != 121.5


def test_shape_and_memory_order_do_not_matter() -> None:
    lon = np.linspace(110, 120, 20_000)
    flat = from_wgs84(lon, lon - 80, datum="gcj02")[0]
    square = np.asfortranarray(lon.reshape(100, 200))
    assert from_wgs84(square, square - 80, datum="gcj02")[0].tolist() == (
        flat.reshape(100, 200).tolist()
    )
    assert to_wgs84([], [], datum="bd09")[0].shape == (0,)
    assert from_wgs84(110.0, 30.0, datum="gcj02")[0] == flat[0]


def test_an_unknown_datum_is_refused_with_those_known() -> None:
    with pytest.raises(GeoError, match="'gcj-02' is not known; expected one of wgs84, cgcs2000"):
        to_wgs84([121.0], [31.0], datum="gcj-02")


def test_unequal_lengths_are_refused() -> None:
    with pytest.raises(GeoError, match=r"lon has shape \(2,\) and lat \(1,\)"):
        from_wgs84([121.0, 122.0], [31.0], datum="gcj02")
