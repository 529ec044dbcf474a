"""Shapes as flat rings give what the same shapes give as objects."""

import struct

import numpy as np
import pyarrow as pa
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from etl.geometry import clean_polygons
from etl.outline_rows import OutlineRows, clean_outlines
from etl.place import Frame, move_to_metres

FRAME = Frame((110.0, 30.0, 120.0, 45.0), 32650)
HOUSE = shapely.box(116.3, 39.9, 116.301, 39.9005)
BOW = shapely.Polygon([(116, 39), (117, 40), (117, 39), (116, 40)])
HOLE = [(116.2, 39.2), (116.3, 39.2), (116.3, 39.3)]
HOLED = shapely.Polygon(shapely.box(116, 39, 117, 40).exterior, [HOLE])
REPEATED = shapely.Polygon([(116, 39), (116, 39), (117, 39), (117, 40)])
TRIANGLE = shapely.Polygon([(116.3, 39.9), (116.31, 39.9), (116.3, 39.91)])
ONE_PART = shapely.MultiPolygon([HOUSE])
MIXED = [
    HOUSE, None, BOW, HOLED, ONE_PART, TRIANGLE, REPEATED, shapely.Point(1, 2),
    shapely.force_3d(HOUSE), shapely.MultiPolygon([HOUSE, shapely.box(117, 39, 118, 40)]), HOUSE,
]  # fmt: skip


def column(shapes: list[object]) -> pa.Array:
    texts = [one if isinstance(one, bytes | None) else shapely.to_wkb(one) for one in shapes]
    return pa.array(texts, pa.binary())


def flat_results(shapes: pa.Array, datum: str) -> tuple[object, ...]:
    """Everything that a load takes from flat rows."""
    rows, codes, n_mended = clean_outlines(shapes)
    metres = rows.filter(codes == None).to_metres(datum, FRAME)  # noqa: E711 (element-wise)
    told = (codes.tolist(), n_mended, metres.to_wkb().to_pylist())
    return *told, rows.bounds(), metres.areas(), metres.inner_points()


def object_results(shapes: pa.Array, datum: str) -> tuple[object, ...]:
    """The same from shapely alone."""
    found, codes, mended = clean_polygons(shapes.to_numpy(zero_copy_only=False))
    metres = shapely.transform(
        found[codes == None],  # noqa: E711
        lambda xy: move_to_metres(xy, datum=datum, frame=FRAME),
    )
    inside = shapely.point_on_surface(metres)
    told = (codes.tolist(), int(mended.sum()), shapely.to_wkb(metres).tolist())
    xy = np.column_stack([shapely.get_x(inside), shapely.get_y(inside)])
    return *told, shapely.bounds(found), shapely.area(metres), xy


def same(shapes: pa.Array, datum: str = "wgs84") -> bool:
    pairs = zip(flat_results(shapes, datum), object_results(shapes, datum), strict=True)
    return all(
        np.array_equal(ours, theirs, equal_nan=True)
        if isinstance(ours, np.ndarray)
        else ours == theirs
        for ours, theirs in pairs
    )


@pytest.mark.parametrize("datum", ["wgs84", "gcj02", "EPSG:32650", "EPSG:4490"])
def test_rings_and_other_shapes_among_each_other_give_what_objects_give(datum: str) -> None:
    rows = clean_outlines(column(MIXED)).shapes
    assert np.flatnonzero(rows.simple).tolist() == [0, 4, 5, 10]
    assert same(column(MIXED), datum)


@pytest.mark.parametrize(
    "shapes", [[], [None], [BOW], [HOUSE], [HOLED, HOLED], [b"", b"\x01"], [ONE_PART]]
)
def test_one_kind_alone_gives_what_objects_give(shapes: list[object]) -> None:
    assert same(column(shapes))


def test_part_of_a_column_is_read_as_that_part() -> None:
    whole = column(MIXED)
    assert same(whole[3:9])
    assert flat_results(whole[3:9], "wgs84")[2] == flat_results(column(MIXED[3:9]), "wgs84")[2]


def test_many_points_are_moved_in_the_order_of_the_rows() -> None:
    # From 200,000 vertices on a lattice is laid over them, so their order and number count.
    rng = np.random.default_rng(3)
    x, y = rng.uniform(116, 116.5, 42_000), rng.uniform(39.5, 40, 42_000)
    shapes = shapely.box(x, y, x + 1e-4, y + 1e-4)
    shapes[::7] = shapely.multipolygons(shapes[::7][:, None])
    shapes[::9] = shapely.buffer(shapely.centroid(shapes[::9]), 1e-5, quad_segs=20)
    assert same(pa.array(shapely.to_wkb(shapes), pa.binary()))


def test_a_ring_with_a_vertex_without_a_place_is_treated_as_an_object() -> None:
    lost = shapely.Polygon([(116, 39), (117, 39), (116, 1e9)])
    metres = clean_outlines(column([ONE_PART, lost])).shapes.to_metres("wgs84", FRAME)
    assert not metres.simple.any()
    with np.errstate(invalid="ignore"):  # shapely says so for each NaN
        assert same(column([ONE_PART, lost]))


GRID = st.integers(0, 6).map(lambda k: 116 + k / 7)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.lists(st.tuples(GRID, GRID), min_size=3, max_size=7), max_size=5))
def test_whatever_the_rings_the_rows_are_those_of_objects(
    found: list[list[tuple[float, float]]],
) -> None:
    texts: list[object] = []
    for points in found:
        flat = [x for point in [*points, points[0]] for x in (point[0], point[1] - 76)]
        texts.append(struct.pack(f"<BIII{len(flat)}d", 1, 3, 1, len(flat) // 2, *flat))
    assert same(column(texts))


def test_as_objects_are_the_same_shapes() -> None:
    rows = clean_outlines(column([HOUSE, HOLED, ONE_PART])).shapes
    objects = rows.as_objects()
    assert isinstance(objects, OutlineRows)
    assert objects.to_wkb().equals(rows.to_wkb())
