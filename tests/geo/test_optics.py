"""Optics, by hand from the standard's formulas."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.errors import GeoError
from geo.optics import dead_zone_m, hfov_deg, reach_m, vfov_deg


def test_a_lens_as_long_as_half_its_sensor_sees_ninety_degrees() -> None:
    # 2 atan(4.8 / (2 * 2.4)) = 2 atan(1) = 90
    assert float(hfov_deg(2.4, 4.8)) == pytest.approx(90.0, rel=1e-12)


def test_a_four_megapixel_camera_with_four_millimetres_recognises_to_seventeen_metres() -> None:
    # design: 2560 px over 62 degrees; 2560 / (2 * tan 31 * 125) = 2560 / 150.215 = 17.042
    assert float(reach_m(2560, 62, 125)) == pytest.approx(17.042, abs=5e-4)


def test_reach_at_ninety_degrees_is_half_the_width_over_the_density() -> None:
    # tan 45 = 1: 1000 / (2 * 25) = 20
    assert float(reach_m(1000, 90, 25)) == pytest.approx(20.0, rel=1e-12)


def test_reach_of_a_dome_spreads_its_pixels_over_the_whole_turn() -> None:
    # 6283.185.. px over 2 pi is 1000 px per radian; at 125 px/m that is 8 m
    assert float(reach_m(2000 * np.pi, 360, 125)) == pytest.approx(8.0, rel=1e-12)


def test_reach_of_half_a_turn_is_that_of_a_fisheye() -> None:
    # pi radians: 1000 pi / (pi * 100) = 10
    assert float(reach_m(1000 * np.pi, 180, 100)) == pytest.approx(10.0, rel=1e-12)


def test_vertical_field_of_a_square_picture_equals_the_horizontal() -> None:
    assert float(vfov_deg(70, aspect=1)) == pytest.approx(70.0, rel=1e-12)


def test_a_wide_picture_is_lower_than_it_is_wide() -> None:
    # tan(v/2) = tan(45) / 2 -> v = 2 atan(0.5) = 53.1301
    assert float(vfov_deg(90, aspect=2)) == pytest.approx(53.13010235, abs=1e-8)


def test_dead_zone_under_a_pole() -> None:
    # lowest ray 30 + 15 = 45 degrees down from 4 m: 4 / tan 45 = 4 m; to faces at 1.6 m: 2.4 m
    assert float(dead_zone_m(4, tilt_deg=30, vfov_deg=30)) == pytest.approx(4.0, rel=1e-12)
    assert float(dead_zone_m(4, tilt_deg=30, vfov_deg=30, target_height_m=1.6)) == pytest.approx(
        2.4, rel=1e-12
    )


def test_dead_zone_is_nothing_when_the_camera_sees_straight_down() -> None:
    assert float(dead_zone_m(6, tilt_deg=70, vfov_deg=40)) == 0.0


def test_dead_zone_is_endless_when_no_ray_comes_down() -> None:
    assert float(dead_zone_m(6, tilt_deg=-30, vfov_deg=40)) == np.inf


def test_dead_zone_is_nothing_for_a_target_as_high_as_the_camera() -> None:
    assert float(dead_zone_m(1.5, tilt_deg=-30, vfov_deg=40, target_height_m=1.6)) == 0.0


def test_arrays_and_scalars_mix() -> None:
    found = reach_m(np.array([1000, 2000]), 90, np.array([25, 25]))
    np.testing.assert_allclose(found, [20, 40])


@given(
    width=st.floats(100, 10_000),
    angle=st.floats(1, 179),
    density=st.floats(5, 1500),
)
def test_a_picture_at_its_reach_is_as_wide_as_its_pixels_over_the_density(
    width: float, angle: float, density: float
) -> None:
    metres = 2 * float(reach_m(width, angle, density)) * np.tan(np.radians(angle) / 2)
    assert metres * density == pytest.approx(width, rel=1e-9)


@pytest.mark.parametrize("angle", [0, -10, 361, 400, np.nan, np.inf])
def test_reach_refuses_angles_that_no_camera_has(angle: float) -> None:
    with pytest.raises(GeoError, match="hfov_deg"):
        reach_m(2560, angle, 125)


@pytest.mark.parametrize("width", [0, -5, np.nan, np.inf])
def test_reach_refuses_pictures_without_width(width: float) -> None:
    with pytest.raises(GeoError, match=r"reach_m: width_px of 1 of 2, the first"):
        reach_m([1920, width], 60, 125)


def test_lenses_without_length_are_refused() -> None:
    with pytest.raises(GeoError, match="focal_mm"):
        hfov_deg(0, 4.8)


@pytest.mark.parametrize(
    ("values", "name"),
    [
        ({"tilt_deg": 91, "vfov_deg": 30}, "tilt_deg"),
        ({"tilt_deg": 0, "vfov_deg": 180}, "vfov_deg"),
        ({"tilt_deg": 0, "vfov_deg": 30, "target_height_m": -1}, "target_height_m"),
    ],
)
def test_dead_zone_refuses_what_cannot_be(values: dict[str, float], name: str) -> None:
    with pytest.raises(GeoError, match=name):
        dead_zone_m(4, **values)


def test_vertical_field_refuses_a_dome() -> None:
    with pytest.raises(GeoError, match="hfov_deg"):
        vfov_deg(360)
