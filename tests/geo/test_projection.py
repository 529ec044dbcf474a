"""Projection: by hand, against PROJ point by point, and where the short cut must not be taken."""

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Transformer

from geo import projection
from geo._lattice import transform_by_lattice
from geo.errors import GeoError
from geo.projection import (
    project,
    project_geometries,
    require_metres,
    transform,
    unproject,
    unproject_each,
)


def _proj(epsg_from: int, epsg_to: int, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    return np.array(Transformer.from_crs(epsg_from, epsg_to, always_xy=True).transform(x, y))


@pytest.fixture(autouse=True)
def lattice_from_100_points(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(projection, "_MANY", 100)


def test_the_central_meridian_on_the_equator_is_half_a_million_metres_east() -> None:
    x, y = project([123.0], [0.0], epsg=32651)
    assert x[0] == pytest.approx(500_000, abs=1e-6)
    assert y[0] == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize(
    ("epsg", "lon", "lat", "size"),
    [
        (32651, 121.0, 30.9, 0.6),  # Shanghai, UTM
        (4549, 119.8, 30.0, 1.0),  # Gauss-Krueger of CGCS2000, whose authority order is north, east
        (32618, -76.8, 39.1, 0.4),  # Baltimore
        (27700, -1.0, 52.0, 2.0),  # a change of datum on the way
        (3857, 100.0, -60.0, 60.0),
        (5070, -120.0, 25.0, 45.0),  # a whole country
    ],
)
def test_many_points_equal_proj_to_a_micrometre_both_ways(
    epsg: int, lon: float, lat: float, size: float
) -> None:
    rng = np.random.default_rng(1)
    lons, lats = lon + size * rng.uniform(size=5000), lat + size * rng.uniform(size=5000)
    x, y = project(lons, lats, epsg=epsg)
    assert np.abs(_proj(4326, epsg, lons, lats) - (x, y)).max() <= 1.01e-6
    back = unproject(x, y, epsg=epsg)
    assert np.abs(_proj(epsg, 4326, x, y) - back).max() <= 1.01e-11


@pytest.mark.parametrize(
    ("epsg", "x", "y"),
    [
        (32651, 393_216.0, 3_407_872.0),  # where four pieces of the plane meet
        (4526, 38_500_000.0, 3_400_000.0),  # with the number of the zone before the metres
        (27700, 530_000.0, 180_000.0),  # a change of datum on the way
        (3879, 25_496_000.0, 6_673_000.0),  # Helsinki
    ],
)
def test_each_point_alone_goes_where_proj_and_any_company_take_it(
    epsg: int, x: float, y: float
) -> None:
    xy = np.array([x, y]) + np.random.default_rng(4).uniform(-40_000, 40_000, (3000, 2))
    xy[:4] = [[x, y], [x, y - 1e-9], [x - 1e-9, y], [x + 32_768, y]]
    lon, lat = unproject_each(xy[:, 0], xy[:, 1], epsg=epsg)
    assert np.abs(_proj(epsg, 4326, xy[:, 0], xy[:, 1]) - (lon, lat)).max() <= 1.01e-11
    for some in (np.arange(1), np.arange(5, 9), np.flatnonzero(xy[:, 0] > x)):
        alone = unproject_each(xy[some, 0], xy[some, 1], epsg=epsg)
        np.testing.assert_array_equal(alone, (lon[some], lat[some]))


def test_each_point_without_a_place_becomes_nan() -> None:
    x = np.array([[np.nan, np.inf, 1e300], [5e5, 5e5, 5e5]])
    y = np.array([[4e6, 4e6, 4e6], [np.nan, -np.inf, 4e6]])
    lon, lat = unproject_each(x, y, epsg=32651)
    assert lon.shape == (2, 3)
    assert np.isnan([lon, lat])[:, 0].all()
    assert np.isnan(lon[1]).tolist() == np.isnan(lat[1]).tolist() == [True, True, False]
    assert lon[1, 2] == pytest.approx(123.0, abs=1e-11)
    assert unproject_each([], [], epsg=32651)[0].shape == (0,)
    with pytest.raises(GeoError, match="same shape"):
        unproject_each([1.0], [1.0, 2.0], epsg=32651)


def test_vertices_strewn_over_a_continent_are_not_given_a_lattice_each(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made: list[tuple[int, int, int]] = []
    monkeypatch.setattr(projection, "_tile", lambda *which: made.append(which))
    x, y = np.random.default_rng(9).uniform([[0.0], [3e6]], [[1e6], [4e6]], (2, 500))
    lon, lat = unproject_each(x, y, epsg=32651)
    assert not made
    assert np.abs(_proj(32651, 4326, x, y) - (lon, lat)).max() == 0.0


def test_feet_go_to_metres_in_one_step() -> None:
    x = np.linspace(1_393_000, 1_445_000, 500)
    y = np.linspace(557_000, 621_000, 500)[::-1]
    moved = transform(x, y, epsg_from=2248, epsg_to=32618)
    assert np.abs(_proj(2248, 32618, x, y) - moved).max() <= 1.01e-6


def test_strays_far_from_the_rest_are_projected_one_by_one() -> None:
    rng = np.random.default_rng(2)
    lon, lat = rng.uniform(121, 122, 3000), rng.uniform(31, 32, 3000)
    lon[[0, 5]], lat[[0, 5]] = [0.0, 140.0], [0.0, -80.0]
    moved = project(lon, lat, epsg=32651)
    assert np.abs(_proj(4326, 32651, lon, lat) - moved)[:, [0, 5]].max() == 0.0
    assert np.abs(_proj(4326, 32651, lon, lat) - moved).max() <= 1.01e-6


@pytest.mark.parametrize("n", [4, 400])
def test_what_has_no_place_becomes_nan_and_its_neighbours_do_not(n: int) -> None:
    lon, lat = np.linspace(121, 122, n), np.linspace(31, 32, n)
    lon[0], lat[1], lat[2] = np.nan, np.inf, 95.0
    x, y = project(lon, lat, epsg=32651)
    assert np.isnan(x[:3]).all()
    assert np.isnan(y[:3]).all()
    assert np.isfinite(x[3:]).all()
    back = unproject(np.append(x[3:], -np.inf), np.append(y[3:], 0.0), epsg=32651)
    assert np.isnan(back[0][-1])
    assert back[0][0] == pytest.approx(lon[3])


def test_all_points_in_one_place_or_nowhere_need_no_lattice() -> None:
    x, _ = project(np.full(200, 123.0), np.full(200, 0.0), epsg=32651)
    assert x == pytest.approx(np.full(200, 500_000.0))
    assert np.isnan(project(np.full(200, np.nan), np.zeros(200), epsg=32651)[0]).all()
    assert project([], [], epsg=32651)[0].shape == (0,)


def test_minus_infinity_is_not_taken_for_the_south_pole() -> None:
    x, y = unproject([427_000.0], [-np.inf], epsg=2154)
    assert np.isnan([x[0], y[0]]).all()


def _stretch(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return np.exp(x), x + np.sin(y)


def test_strays_do_not_spoil_the_short_cut_for_the_rest() -> None:
    asked = []

    def counted(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        asked.append(x.size)
        return _stretch(x, y)

    x, y = np.random.default_rng(5).uniform(0, 0.1, (2, 200_000))
    x[::20_000] = -700.0
    got = transform_by_lattice(x, y, exact=counted, tolerance=1e-9)
    assert np.abs(np.array(_stretch(x, y)) - got).max() <= 1e-9
    assert sum(asked) < 20_000


def test_a_bump_between_nodes_and_centres_is_seen_where_the_points_are() -> None:
    def bumpy(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        u, v = _stretch(x, y)
        return u + 1e-3 * (np.hypot(x - 0.0504, y - 0.0504) < 3e-4), v

    x, y = np.random.default_rng(6).uniform(0, 0.1, (2, 5000))
    x[::5], y[::5] = 0.0504, 0.0504
    got = transform_by_lattice(x, y, exact=bumpy, tolerance=1e-9)
    assert np.abs(np.array(bumpy(x, y)) - got).max() <= 1e-9


@given(st.floats(-3, 3), st.floats(-3, 3), st.floats(1e-6, 10))
@settings(max_examples=50)
def test_a_jump_or_a_kink_is_never_interpolated_across(a: float, b: float, jump: float) -> None:
    def broken(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return x + jump * (x + a * y > b), np.sin(y) + np.abs(x - a)

    rng = np.random.default_rng(3)
    x, y = rng.uniform(-1, 1, (2, 20_000))
    got = transform_by_lattice(x, y, exact=broken, tolerance=1e-7)
    off = np.hypot(*(np.array(broken(x, y)) - got))
    assert (off > 1e-7).mean() < 0.001
    assert off.max() < 0.02 * (1 + jump)


def test_the_same_points_give_the_same_bytes_whatever_the_threads() -> None:
    lon, lat = np.random.default_rng(4).uniform([[121], [31]], [[122], [32]], (2, 300_000))
    together = project(lon, lat, epsg=32651)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("geo._threads.n_threads", lambda: 1)
        alone = project(lon, lat, epsg=32651)
    assert np.array(together).tobytes() == np.array(alone).tobytes()


def test_shapes_keep_their_rings_and_their_missing() -> None:
    shape = shapely.Polygon(
        [(121, 31), (121.1, 31), (121.1, 31.1)],
        [[(121.05, 31.01), (121.09, 31.01), (121.09, 31.05)]],
    )
    moved = project_geometries([shape, None], epsg_from=4326, epsg_to=32651)
    assert moved[1] is None
    assert len(moved[0].interiors) == 1
    x, y = _proj(4326, 32651, np.array([121.0]), np.array([31.0]))
    assert moved[0].exterior.coords[0] == pytest.approx((x[0], y[0]))
    back = project_geometries(moved, epsg_from=32651, epsg_to=4326)
    assert shapely.equals_exact(back[0], shape, 1e-9)


def test_a_shape_without_a_place_is_refused() -> None:
    lost = shapely.Polygon([(121, 31), (121, 95), (122, 31)])
    with pytest.raises(
        GeoError, match=r"1 of 2 shapes \(first: position 1\) have a vertex without"
    ):
        project_geometries([shapely.box(121, 31, 122, 32), lost], epsg_from=4326, epsg_to=32651)


@pytest.mark.parametrize(
    ("epsg", "unit"), [(4326, "degree"), (4490, "degree"), (2248, "US survey foot")]
)
def test_degrees_and_feet_are_refused_as_metres(epsg: int, unit: str) -> None:
    with pytest.raises(GeoError, match=f"EPSG:{epsg} .* is in {unit}; expected a projected CRS"):
        require_metres(epsg)
    with pytest.raises(GeoError, match="expected a projected CRS in metres"):
        project([121.0], [31.0], epsg=epsg)
    require_metres(32651)


def test_a_geocentric_crs_is_refused_as_a_map() -> None:
    with pytest.raises(GeoError, match=r"EPSG:4978 .* expected a projected CRS"):
        require_metres(4978)


def test_an_unknown_code_is_refused() -> None:
    with pytest.raises(GeoError, match="EPSG:999999 is not known"):
        unproject([0.0], [0.0], epsg=999999)
    with pytest.raises(GeoError, match="EPSG:999999 is not known"):
        transform([0.0], [0.0], epsg_from=999999, epsg_to=999999)


def test_unequal_lengths_are_refused() -> None:
    with pytest.raises(GeoError, match=r"x has shape \(2,\) and y \(1,\)"):
        transform([0.0, 1.0], [0.0], epsg_from=4326, epsg_to=32651)
