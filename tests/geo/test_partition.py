"""Overlaps and gaps of areas that should fit: by hand, and against slow unions."""

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.partition import find_gaps, find_overlaps


def _row(*edges: tuple[float, float]) -> list[shapely.Polygon]:
    """Rectangles 1 km high between the given x."""
    return [shapely.box(a, 0, b, 1000) for a, b in edges]


def test_areas_that_fit_share_nothing_and_leave_nothing() -> None:
    areas = _row((0, 500), (500, 900), (900, 2000))
    assert find_overlaps(areas) == []
    assert find_gaps(areas) == []


def test_a_shared_strip_has_its_area_and_its_width() -> None:
    (patch,) = find_overlaps(_row((0, 530), (500, 900)))
    assert patch.between == (0, 1)
    assert patch.area_m2 == pytest.approx(30 * 1000)
    assert patch.width_m == pytest.approx(30, rel=0.01)


def test_an_area_inside_another_is_found_by_its_whole_ground() -> None:
    inner = shapely.box(100, 100, 200, 300)
    (patch,) = find_overlaps([*_row((0, 1000)), inner])
    assert patch.area_m2 == pytest.approx(100 * 200)
    assert patch.width_m == pytest.approx(100, rel=0.02)


def test_the_same_area_twice_overlaps_wholly() -> None:
    (patch,) = find_overlaps(_row((0, 1000), (0, 1000)))
    assert patch.area_m2 == pytest.approx(1e6)


def test_overlaps_come_widest_first_and_none_is_skipped_over() -> None:
    areas = [None] * 3 + [*_row((0, 510), (500, 930), (900, 2000)), shapely.Polygon()]
    found = find_overlaps(areas)
    assert [one.between for one in found] == [(4, 5), (3, 4)]
    assert [round(one.width_m) for one in found] == [30, 10]


@given(st.integers(0, 2**32))
@settings(max_examples=40)
def test_overlaps_equal_those_of_all_pairs(seed: int) -> None:
    rng = np.random.default_rng(seed)
    corner = rng.integers(0, 12, (8, 2))
    areas = shapely.box(*corner.T, *(corner + rng.integers(1, 6, (8, 2))).T)
    slowly = {
        (i, j): shapely.area(shapely.intersection(areas[i], areas[j]))
        for i in range(8)
        for j in range(i + 1, 8)
    }
    found = {one.between: one.area_m2 for one in find_overlaps(areas)}
    assert found == pytest.approx({pair: area for pair, area in slowly.items() if area > 0})


def test_a_hole_between_areas_is_a_gap_however_wide() -> None:
    ring = shapely.difference(shapely.box(0, 0, 9000, 9000), shapely.box(1000, 1000, 8000, 8000))
    west, east = (
        shapely.intersection(ring, shapely.box(a, 0, b, 9000)) for a, b in ((0, 4000), (4000, 9000))
    )
    (gap,) = find_gaps([west, east])
    assert gap.between == (0, 1)
    assert gap.area_m2 == pytest.approx(7000**2)
    assert gap.width_m == pytest.approx(7000, rel=0.01)


@pytest.mark.parametrize("width", [0.5, 10.0, 220.0, 300.0])
def test_a_strip_open_at_both_ends_is_a_gap(width: float) -> None:
    areas = _row((0, 2000), (2000 + width, 4000))
    (gap,) = find_gaps(areas)
    assert gap.between == (0, 1)
    assert gap.width_m == pytest.approx(width, rel=0.05)
    # The closing rounds the open ends off, or bulges a little out of them.
    assert width * (1000 - width) < gap.area_m2 < width * 1010


def test_areas_further_apart_than_the_reach_have_no_gap_between_them() -> None:
    assert find_gaps(_row((0, 2000), (2510, 4000))) == []


def test_a_bay_within_one_area_is_no_gap() -> None:
    bay = shapely.difference(shapely.box(0, 0, 2000, 1000), shapely.box(900, 500, 1000, 1000))
    assert find_gaps([bay, shapely.box(2000, 0, 3000, 1000)]) == []


@pytest.mark.parametrize("degrees", [70, 90, 120, 150])
def test_the_corner_where_two_areas_meet_on_the_outside_is_no_gap(degrees: int) -> None:
    a, b = np.radians([degrees / 2, -degrees / 2])
    upper = shapely.Polygon(
        [(0, 0), (2000 * np.cos(a), 2000 * np.sin(a)), (-2000, 2000), (-2000, 0)]
    )
    lower = shapely.Polygon(
        [(0, 0), (2000 * np.cos(b), 2000 * np.sin(b)), (-2000, -2000), (-2000, 0)]
    )
    assert find_gaps([upper, lower]) == []


def test_nothing_has_neither_overlaps_nor_gaps() -> None:
    for areas in ([], [None], [shapely.Polygon(), None], _row((0, 1))):
        assert find_overlaps(areas) == []
        assert find_gaps(areas) == []
