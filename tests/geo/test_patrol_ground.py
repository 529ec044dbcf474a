"""Outlines of reached ground hold the cells that are reached, hour by hour."""

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.patrol import hours_manned, patrol_reach
from geo.patrol_ground import SMOOTH_CELLS, reached_ground

LEFT, RIGHT = shapely.box(0, 0, 100, 100), shapely.box(100, 0, 200, 100)


def test_a_point_manned_all_day_reaches_one_disc_cut_at_the_border_of_two_communities():
    reach = patrol_reach([100.0], [50.0], radius_m=30.0, communities=[LEFT, RIGHT], cell_m=1.0)
    found = reached_ground(reach)
    assert found.community.tolist() == [0, 1]
    assert found.hours.tolist() == [2**24 - 1] * 2
    # half a disc of 30 m on each side: 1,413.7 m2
    assert found.area_m2 == pytest.approx([1413.7] * 2, rel=0.02)
    assert shapely.area(found.geometry) == pytest.approx(found.area_m2, rel=0.02)


def test_ground_is_apart_by_the_hours_in_which_it_is_reached():
    hours = hours_manned([8.0, 9.0], [10.0, 11.0])
    reach = patrol_reach(
        [40.0, 60.0], [50.0, 50.0], radius_m=20.0, communities=[LEFT], hours=hours, cell_m=1.0
    )
    found = reached_ground(reach)
    # 8 and 9 from the first, 9 and 10 from the second, all three where both reach
    assert found.hours.tolist() == [0b011 << 8, 0b110 << 8, 0b111 << 8]
    at_nine = found.area_m2[(found.hours >> 9) & 1 == 1].sum()
    assert at_nine == pytest.approx(reach.reached_by_hour_m2[0, 9])


def test_a_building_within_reach_is_a_hole():
    house = shapely.box(45, 55, 55, 60)
    reach = patrol_reach(
        [50.0], [50.0], radius_m=40.0, communities=[LEFT], buildings=[house], cell_m=1.0
    )
    (shape,) = reached_ground(reach).geometry
    assert len(shape.interiors) == 1
    assert not shape.contains(shapely.Point(50, 57.5))


def test_without_points_there_is_no_ground():
    none = np.empty(0)
    found = reached_ground(patrol_reach(none, none, radius_m=none, communities=[LEFT]))
    assert len(found.geometry) == len(found.hours) == len(found.area_m2) == 0


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.tuples(st.floats(5, 195), st.floats(5, 95), st.floats(4, 60), st.integers(0, 23)),
        min_size=1, max_size=6,
    )
)  # fmt: skip
def test_every_cell_well_inside_an_outline_is_reached_in_its_hours(points):
    x, y, radius, start = (np.array(one) for one in zip(*points, strict=True))
    houses = [shapely.box(30, 30, 70, 40), shapely.box(90, 20, 120, 80)]
    reach = patrol_reach(
        x, y, radius_m=radius, communities=[LEFT, RIGHT], buildings=houses,
        hours=hours_manned(start, start + 1), cell_m=4.0,
    )  # fmt: skip
    found = reached_ground(reach)
    assert shapely.is_valid(found.geometry).all()
    assert not shapely.is_empty(found.geometry).any()
    total = sum(found.area_m2[found.community == i].sum() for i in (0, 1))
    assert total == pytest.approx(reach.reached_m2.sum())
    ny, nx = reach.owner.shape
    centre_x = reach.west_m + 4.0 * (np.arange(nx) + 0.5)
    centre_y = reach.south_m + 4.0 * (np.arange(ny) + 0.5)
    cx, cy = np.meshgrid(centre_x, centre_y)
    bits = (reach.reached & np.uint64(2**24 - 1)).astype(np.int64)
    margin = SMOOTH_CELLS * 4.0 + 0.01
    for shape, owner, hours in zip(found.geometry, found.community, found.hours, strict=True):
        inside = shapely.contains_xy(shape.buffer(-margin), cx, cy)
        assert (bits[inside] == hours).all()
        assert (reach.owner[inside] == owner).all()


@pytest.mark.parametrize("turned", [False, True])
def test_ground_on_both_sides_of_a_wall_that_meets_at_its_end_is_one_piece(turned):
    wall = shapely.box(40, 40, 60, 100) if turned else shapely.box(40, 0, 60, 60)
    reach = patrol_reach(
        [50.0], [20.0 if turned else 80.0], radius_m=200.0, communities=[LEFT], buildings=[wall],
        cell_m=2.0,
    )  # fmt: skip
    (shape,) = reached_ground(reach).geometry
    assert shapely.get_num_geometries(shape) == 1
    assert shape.area == pytest.approx(100 * 100 - 20 * 60, rel=0.01)
