"""Shapes refused, mended or taken as they are."""

import struct

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from etl.geometry import clean_points, clean_polygons


def wkb(*shapes: shapely.Geometry | bytes | None) -> np.ndarray:
    found = np.empty(len(shapes), object)
    for place, one in enumerate(shapes):
        found[place] = one if one is None or isinstance(one, bytes) else shapely.to_wkb(one)
    return found


def ring(*points: tuple[float, float]) -> bytes:
    """Return the WKB of a polygon of one ring exactly as given."""
    flat = struct.pack(f"<{2 * len(points)}d", *(x for point in points for x in point))
    return struct.pack("<BIII", 1, 3, 1, len(points)) + flat


SQUARE = shapely.box(0, 0, 10, 10)
OPEN = ring((0, 0), (1, 0), (1, 1), (0, 1))
BOW = shapely.Polygon([(0, 0), (1, 1), (1, 0), (0, 1)])
SPIKE = shapely.Polygon([(0, 0), (5, 0), (5, 4), (5, 0), (10, 0), (10, 10), (0, 10)])
# A notch of 0.01 x 0.01 crossing the border changes 100 by less than 0.1 %; one of 1 x 1 does not.
HOLE_OUT = shapely.Polygon(SQUARE.exterior, [[(20, 20), (21, 20), (21, 21)]])
TINY_HOLE_OUT = shapely.Polygon(SQUARE.exterior, [[(20, 20), (20.01, 20), (20.01, 20.01)]])


@pytest.mark.parametrize(
    ("shape", "code"),
    [
        (SQUARE, None),
        (shapely.MultiPolygon([SQUARE, shapely.box(20, 20, 30, 30)]), None),
        (shapely.force_3d(SQUARE, 5.0), None),
        (None, "geometry_missing"),
        (shapely.Polygon(), "geometry_missing"),
        (b"", "geometry_unreadable"),
        (b"\x01\x03", "geometry_unreadable"),
        (struct.pack("<BIII", 1, 3, 1, 1 << 31), "geometry_unreadable"),
        (struct.pack("<BII", 1, 6, 1) * 5000, "geometry_unreadable"),
        (OPEN, "ring_unclosed"),
        (struct.pack("<BII", 1, 6, 1) + OPEN, "ring_unclosed"),
        (shapely.Point(0, 0), "geometry_type"),
        (shapely.LineString([(0, 0), (1, 1)]), "geometry_type"),
        (shapely.GeometryCollection([SQUARE]), "geometry_type"),
        (ring((0, 0), (1, 0), (float("inf"), 1), (0, 0)), "geometry_not_finite"),
        (ring((0, 0), (1, 0), (float("nan"), 1), (0, 0)), "geometry_not_finite"),
        (BOW, "self_crossing"),
        (ring((0, 0), (1, 1), (2, 2), (0, 0)), "self_crossing"),
        (HOLE_OUT, "hole_outside"),
        (TINY_HOLE_OUT, "hole_outside"),
    ],
)
def test_each_fault_of_a_polygon_has_its_rule(
    shape: shapely.Geometry | bytes | None, code: str | None
) -> None:
    found = clean_polygons(wkb(SQUARE, shape))
    assert found.codes.tolist() == [None, code]
    assert (found.shapes[1] is None) == (code is not None)
    assert not found.mended.any()


def test_a_spike_is_cut_off_and_the_area_stays() -> None:
    found = clean_polygons(wkb(SPIKE))
    assert (found.codes[0], found.mended[0]) == (None, True)
    assert found.shapes[0].equals(SQUARE)
    assert found.shapes[0].is_valid


def test_repeated_points_are_dropped_and_told() -> None:
    found = clean_polygons(wkb(shapely.Polygon([(0, 0), (0, 0), (1, 0), (1, 1), (1, 1), (0, 1)])))
    assert found.mended[0]
    assert shapely.get_num_coordinates(found.shapes[0]) == 5


def test_a_crossing_is_mended_only_below_a_thousandth_of_the_area() -> None:
    # A loop of side d drawn outside the corner counts its area d * d negatively.
    def looped(d: float) -> shapely.Polygon:
        return shapely.Polygon([(0, 0), (10, 0), (10, 10 + d), (10 - d, 10), (10, 10), (0, 10)])

    small, large = clean_polygons(wkb(looped(0.05), looped(2.0)))[:2]
    assert large[0] is None or abs(small[0].area - 100) < 0.1
    assert [one is None for one in small] == [False, False] or large[1] == "self_crossing"


def test_shapes_above_the_cap_are_refused() -> None:
    found = clean_polygons(wkb(SQUARE, shapely.box(0, 0, 11, 10)), largest=100.0)
    assert found.codes.tolist() == [None, "too_large"]


def test_no_rows_give_no_shapes() -> None:
    found = clean_polygons(wkb())
    assert len(found.shapes) == len(found.codes) == len(found.mended) == 0
    assert len(clean_points(wkb()).x) == 0


@pytest.mark.parametrize(
    ("shape", "place", "code"),
    [
        (shapely.Point(1, 2), (1.0, 2.0), None),
        (shapely.Point(1, 2, 3), (1.0, 2.0), None),
        (shapely.MultiPoint([(1, 2)]), (1.0, 2.0), None),
        (None, None, None),
        (shapely.Point(), None, None),
        (shapely.MultiPoint(), None, None),
        (shapely.MultiPoint([(1, 2), (3, 4)]), None, "multipoint"),
        (SQUARE, None, "geometry_type"),
        (shapely.MultiPolygon([SQUARE, shapely.box(20, 20, 30, 30)]), None, "geometry_type"),
        (shapely.Point(1, float("inf")), None, "geometry_not_finite"),
        (b"noise", None, "geometry_unreadable"),
    ],
)
def test_each_fault_of_a_point_has_its_rule(
    shape: shapely.Geometry | bytes | None, place: tuple[float, float] | None, code: str | None
) -> None:
    found = clean_points(wkb(shapely.Point(7, 8), shape))
    assert found.codes.tolist() == [None, code]
    assert (found.x[0], found.y[0]) == (7.0, 8.0)
    if place is None:
        assert np.isnan([found.x[1], found.y[1]]).all()
    else:
        assert (found.x[1], found.y[1]) == place


GRID = st.tuples(st.integers(0, 6), st.integers(0, 6))


@settings(max_examples=300, deadline=None)
@given(points=st.lists(GRID, min_size=3, max_size=8))
def test_what_is_taken_is_valid_and_keeps_its_area(points: list[tuple[int, int]]) -> None:
    found = clean_polygons(wkb(ring(*points, points[0])))
    x, y = np.array([*points, points[0]], float).T
    area = abs(np.sum(x[:-1] * y[1:] - x[1:] * y[:-1])) / 2
    if found.codes[0] is None:
        assert found.shapes[0].is_valid
        assert found.shapes[0].area == pytest.approx(area, rel=1e-3)
    else:
        assert found.codes[0] == "self_crossing"
        assert not shapely.Polygon(points).is_valid


@settings(max_examples=200, deadline=None)
@given(noise=st.binary(max_size=60))
def test_no_bytes_whatever_stop_the_cleaning(noise: bytes) -> None:
    kinds = [struct.pack("<BII", 1, kind, 1) + noise for kind in (1, 2, 3, 4, 5, 6, 7, 1003, 3006)]
    assert len(clean_polygons(wkb(noise, *kinds)).codes) == 10
    assert len(clean_points(wkb(noise, *kinds)).codes) == 10
