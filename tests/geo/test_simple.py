"""Rings without fault: GEOS finds none in what is marked, and measures it alike to the last bit."""

import struct

import numpy as np
import pytest
import shapely
from hypothesis import example, given, settings
from hypothesis import strategies as st

from geo.outlines import Outlines, outlines_from_wkb
from geo.simple import MOST_VERTICES, find_simple, inner_points, ring_areas, ring_boxes

NAN, INF = float("nan"), float("inf")
SQUARE = [(0.0, 0.0), (4.0, 0.0), (4.0, 4.0), (0.0, 4.0), (0.0, 0.0)]
HOLED = shapely.Polygon(SQUARE, [[(1, 1), (2, 1), (2, 2)]])


def ring(points: list[tuple[float, float]]) -> bytes:
    """Return the WKB of a polygon of one ring exactly as given."""
    flat = struct.pack(f"<{2 * len(points)}d", *(x for point in points for x in point))
    return struct.pack("<BIII", 1, 3, 1, len(points)) + flat


def closed(*points: tuple[float, float]) -> bytes:
    return ring([*points, points[0]])


def wheel(n: int) -> bytes:
    turns = np.linspace(0, 2 * np.pi, n, endpoint=False)
    return closed(*zip(np.cos(turns).tolist(), np.sin(turns).tolist(), strict=True))


def marked(*texts: bytes) -> list[bool]:
    offsets = np.cumsum([0, *map(len, texts)])
    return find_simple(np.frombuffer(b"".join(texts), np.uint8), offsets).tolist()


def rings(*texts: bytes) -> Outlines:
    offsets = np.cumsum([0, *map(len, texts)])
    return outlines_from_wkb(np.frombuffer(b"".join(texts), np.uint8), offsets)


@pytest.mark.parametrize(
    "text",
    [
        ring(SQUARE),
        ring(SQUARE[::-1]),
        closed((0, 0), (1, 0), (0, 1)),
        closed((0, 0), (2, 0), (4, 0), (4, 4), (0, 4)),
        closed((116.3, 39.9), (116.3001, 39.9), (116.3001, 39.9001), (116.3, 39.9001)),
        closed((0, 0), (9, 0), (9, 3), (6, 3), (6, 1), (3, 1), (3, 3), (0, 3)),
        closed((0.0, 0.0), (1, 0), (1, 1))[:-16] + struct.pack("<2d", -0.0, 0.0),
        wheel(MOST_VERTICES),
        shapely.to_wkb(shapely.MultiPolygon([shapely.Polygon(SQUARE)])),
    ],
    ids=(
        "square clockwise triangle straight_vertex degrees level_sides signed_zero most one_part"
    ).split(),
)
def test_a_ring_without_fault_is_marked(text: bytes) -> None:
    assert shapely.is_valid(shapely.from_wkb(text))
    assert marked(text) == [True]


@pytest.mark.parametrize(
    "text",
    [
        closed((0, 0), (1, 1), (1, 0), (0, 1)),
        closed((0, 0), (5, 0), (5, 4), (5, 0), (10, 0), (10, 10), (0, 10)),
        closed((0, 0), (4, 0), (6, 0), (4, 0), (4, 4)),
        closed((0, 0), (4, 0), (4, 0), (4, 4), (0, 4)),
        closed((0, 0), (0, 0), (4, 0), (4, 4)),
        ring(SQUARE[:-1]),
        ring([(0, 0), (4, 0), (NAN, 4), (0, 4), (0, 0)]),
        ring([(0, 0), (4, 0), (4, INF), (0, 4), (0, 0)]),
        ring([(NAN, 0), (4, 0), (4, 4), (NAN, 0)]),
        ring([(x * 1e160, y * 1e160) for x, y in SQUARE]),
        shapely.to_wkb(HOLED),
        shapely.to_wkb(shapely.MultiPolygon([HOLED])),
        shapely.to_wkb(shapely.MultiPolygon([shapely.box(0, 0, 1, 1), shapely.box(2, 0, 3, 1)])),
        shapely.to_wkb(shapely.MultiPolygon()),
        struct.pack("<BII", 1, 6, 1) + ring(SQUARE)[:60],
        struct.pack("<BII", 1, 6, 1) * 2 + ring(SQUARE),
        shapely.to_wkb(shapely.Polygon(SQUARE), byte_order=0),
        shapely.to_wkb(shapely.force_3d(shapely.Polygon(SQUARE))),
        shapely.to_wkb(shapely.set_srid(shapely.Polygon(SQUARE), 4326), include_srid=True),
        shapely.to_wkb(shapely.LineString(SQUARE)),
        shapely.to_wkb(shapely.Polygon()),
        closed((0, 0), (1, 1), (2, 2)),
        closed((0, 0), (1, 1)),
        closed((0, 0), (4, 0), (4, 4), (2, 0), (0, 4)),
        closed((0, 0), (2, 2), (4, 0), (4, 4), (2, 2), (0, 4)),
        closed((0, 0), (0.1, 0.1), (0.3, 0.3), (0.2, 0.2), (0, 1)),
        closed((0.3, 0.4), (2.4, 3.1), (2.4, 7.1), (2.19, 2.83), (0.3, 4.4)),
        wheel(MOST_VERTICES + 1),
        ring(SQUARE)[:-8],
        ring(SQUARE) + b"\x00",
        struct.pack("<BIII", 1, 3, 1, 0xFFFFFFFF) + bytes(80),
        b"\x01\x03",
        b"",
    ],
    ids=(
        "bow_tie spike fold_back repeated repeated_first unclosed nan inf nan_end huge hole "
        "part_with_hole two_parts no_parts part_cut multi_in_multi "
        "big_endian z srid line empty collinear two touches_side touches_vertex "
        "fold_by_rounding below_by_rounding too_many cut_short too_long lies noise nothing"
    ).split(),
)
def test_anything_else_is_left_to_geos(text: bytes) -> None:
    assert marked(ring(SQUARE), text, ring(SQUARE)) == [True, False, True]


def test_a_row_without_a_shape_is_not_marked() -> None:
    data, offsets = np.frombuffer(ring(SQUARE), np.uint8), np.array([0, len(ring(SQUARE))])
    assert find_simple(data, offsets, np.array([False])).tolist() == [False]
    assert find_simple(data[:0], np.zeros(1, np.int64)).tolist() == []


def test_a_rhomb_by_hand() -> None:
    # Vertices at heights 0, 1, 3, 4; middle 2, so the line is at (1 + 3) / 2 = 2.
    found = rings(closed((0, 0), (4, 1), (4, 4), (0, 3)))
    assert ring_boxes(found).tolist() == [[0, 0, 4, 4]]
    assert ring_areas(found).tolist() == [12]
    assert inner_points(found).tolist() == [[2, 2]]


def test_a_vertex_on_the_line_counts_with_the_sides_above_it() -> None:
    # Between 1 and the next number there is none: the line falls on the lower side.
    low, high = 1.0, np.nextafter(1.0, 2.0)
    text = closed((0, low), (2, low), (3, high), (1, high))
    expected = shapely.point_on_surface(shapely.from_wkb(text)).coords[0]
    assert inner_points(rings(text))[0].tolist() == list(expected)


SMALL = st.integers(0, 5).map(float)
TENTHS = st.integers(0, 12).map(lambda k: 116.3 + 0.1 * k)
CLOSE = st.integers(-3, 3).map(lambda k: 0.5 + k * 2.0**-54)
ANY = st.floats(allow_nan=True, allow_infinity=True)


@settings(max_examples=1500, deadline=None)
@given(
    points=st.one_of(
        st.lists(st.tuples(one, one), min_size=3, max_size=9)
        for one in (SMALL, TENTHS, st.one_of(SMALL, CLOSE), ANY)
    )
)
@example(points=[(0.0, 0.0), (0.0, 1.0), (1.9e-227, 0.0)])  # the square of the side is zero
@example(points=[(0.0, 0.0), (0.0, 179769315.0), (1e-300, 1.0)])  # the slope has no value
def test_what_is_marked_is_valid_and_measured_as_geos_measures_it(
    points: list[tuple[float, float]],
) -> None:
    text = closed(*points)
    if not marked(text)[0]:
        return
    shape, found = shapely.from_wkb(text), rings(text)
    assert shapely.is_valid(shape)
    assert shapely.remove_repeated_points(shape).equals_exact(shape, 0, normalize=False)
    assert ring_areas(found)[0] == shape.area
    assert ring_boxes(found)[0].tolist() == list(shape.bounds)
    assert inner_points(found)[0].tolist() == list(shapely.point_on_surface(shape).coords[0])


@settings(max_examples=300, deadline=None)
@given(points=st.lists(st.tuples(SMALL, SMALL), min_size=3, max_size=9, unique=True))
def test_on_whole_numbers_every_valid_ring_is_marked(points: list[tuple[float, float]]) -> None:
    text = closed(*points)
    assert marked(text)[0] == shapely.is_valid(shapely.from_wkb(text))


def test_thousands_of_rings_have_the_inner_points_and_areas_of_geos() -> None:
    rng = np.random.default_rng(7)
    shapes = []
    for _ in range(4000):
        n = rng.integers(3, 40)
        turns, reach = np.sort(rng.uniform(0, 2 * np.pi, n)), rng.uniform(5, 50, n)
        way = np.column_stack([np.cos(turns), np.sin(turns)]) * reach[:, None]
        shapes.append(shapely.Polygon(way + rng.uniform(0, 5e6, 2)))
        low, size = rng.uniform(0, 5e6, 2), rng.uniform(1, 50, 2)
        shapes.append(shapely.box(*low, *(low + size)))
    found = rings(*shapely.to_wkb(np.array(shapes)))
    expected = shapely.get_coordinates(shapely.point_on_surface(shapes))
    assert np.array_equal(inner_points(found), expected)
    assert np.array_equal(ring_areas(found), shapely.area(shapes))
    assert np.array_equal(ring_boxes(found), shapely.bounds(shapes))
