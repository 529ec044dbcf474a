"""Points in polygons: by hand, against shapely, and in the cases that break rounding."""

import math
from fractions import Fraction

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geo import _cells
from geo._grid import side
from geo.errors import GeoError
from geo.locate import PolygonIndex, locate


def _slowly(x: np.ndarray, y: np.ndarray, polygons: list) -> np.ndarray:
    """Ask shapely about every pair and take the first polygon that intersects."""
    hits = shapely.intersects(np.asarray(polygons)[:, None], shapely.points(x, y)[None, :])
    return np.where(hits.any(axis=0), hits.argmax(axis=0), -1)


def _tessellation(seed: int, *, n: int, scale: float = 1000.0, shift: float = 0.0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    seeds = shapely.multipoints(rng.uniform(0, scale, (n, 2)) + shift)
    frame = shapely.box(shift, shift, shift + scale, shift + scale)
    cells = shapely.get_parts(shapely.voronoi_polygons(seeds, extend_to=frame))
    return shapely.segmentize(shapely.intersection(cells, frame), scale / 40)


def test_a_point_is_in_the_polygon_drawn_around_it() -> None:
    squares = [shapely.box(0, 0, 1, 1), shapely.box(2, 0, 3, 1)]
    assert locate([0.5, 1.5, 2.5, 9.0], [0.5, 0.5, 0.5, 9.0], squares).tolist() == [0, -1, 1, -1]


def test_a_hole_holds_nothing_but_its_rim_does() -> None:
    ring = shapely.Polygon([(0, 0), (9, 0), (9, 9), (0, 9)], [[(3, 3), (6, 3), (6, 6), (3, 6)]])
    assert locate([4.5, 3.0, 6.0, 2.9], [4.5, 4.5, 6.0, 4.5], [ring]).tolist() == [-1, 0, 0, 0]


def test_a_multipolygon_holds_the_points_of_all_its_parts() -> None:
    two = shapely.MultiPolygon([shapely.box(0, 0, 1, 1), shapely.box(5, 5, 6, 6)])
    assert locate([0.5, 5.5, 3.0], [0.5, 5.5, 3.0], [two]).tolist() == [0, 0, -1]


@pytest.mark.parametrize(("x", "y"), [(1.0, 0.5), (1.0, 0.0), (1.0, 1.0)])
def test_a_shared_border_belongs_to_the_smaller_position(x: float, y: float) -> None:
    west, east = shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)
    assert locate([x], [y], [west, east]).tolist() == [0]
    assert locate([x], [y], [east, west]).tolist() == [0]


def test_overlaps_and_borders_go_to_the_smaller_id_in_the_callers_order() -> None:
    big, small = shapely.box(0, 0, 9, 9), shapely.box(3, 3, 6, 6)
    for ids in (["a", "b"], ["b", "a"]):
        winner = ids.index("a")
        found = locate([4.5, 3.0, 1.0], [4.5, 4.0, 1.0], [big, small], ids=ids)
        assert found.tolist() == [winner, winner, 0]


def test_none_and_empty_polygons_hold_nothing_and_keep_their_position() -> None:
    polygons = [None, shapely.Polygon(), shapely.MultiPolygon(), shapely.box(0, 0, 1, 1)]
    assert locate([0.5, 5.0], [0.5, 5.0], polygons).tolist() == [3, -1]
    assert locate([0.5], [0.5], [None]).tolist() == [-1]
    assert locate([0.5], [0.5], []).tolist() == [-1]


def test_points_that_are_nowhere_are_in_no_polygon() -> None:
    x = [np.nan, 0.5, np.inf, -np.inf, 0.5]
    y = [0.5, np.nan, 0.5, 0.5, np.inf]
    assert locate(x, y, [shapely.box(0, 0, 1, 1)]).tolist() == [-1] * 5
    assert locate([], [], [shapely.box(0, 0, 1, 1)]).dtype == np.int32


def test_the_outermost_corner_and_edge_are_inside() -> None:
    box = shapely.box(0.1, 0.1, 0.7, 0.7)
    x, y = [0.7, 0.1, 0.7, 0.4, np.nextafter(0.7, 1)], [0.7, 0.1, 0.3, 0.7, 0.4]
    assert locate(x, y, [box]).tolist() == [0, 0, 0, 0, -1]


@pytest.mark.parametrize("shift", [0.0, 4.0e6])
@pytest.mark.parametrize("scale", [1000.0, 0.3])
def test_answers_equal_shapelys_in_metres_and_in_degrees(scale: float, shift: float) -> None:
    polygons = _tessellation(3, n=60, scale=scale, shift=shift)
    rng = np.random.default_rng(4)
    x, y = rng.uniform(-0.02, 1.02, (2, 20_000)) * scale + shift
    found = locate(x, y, polygons)
    assert found.tolist() == _slowly(x, y, polygons).tolist()
    assert (found == -1).any()


def test_vertices_and_points_next_to_edges_equal_shapelys() -> None:
    polygons = _tessellation(5, n=40)
    corners = shapely.get_coordinates(polygons)
    middles = (corners[1:] + corners[:-1]) / 2
    xy = np.concatenate([corners, middles, np.nextafter(corners, 0), np.nextafter(middles, 9e9)])
    assert locate(*xy.T, polygons).tolist() == _slowly(*xy.T, polygons).tolist()


@given(st.data())
@settings(max_examples=200)
def test_small_whole_numbers_where_everything_touches_equal_shapelys(data: st.DataObject) -> None:
    corner = st.tuples(st.integers(0, 6), st.integers(0, 6))
    shapes = data.draw(st.lists(st.lists(corner, min_size=3, max_size=7), min_size=1, max_size=5))
    polygons = [shapely.convex_hull(shapely.multipoints(shape)) for shape in shapes]
    polygons = [p if p.geom_type == "Polygon" else None for p in polygons]
    if len(polygons) > 1 and polygons[0] is not None and polygons[1] is not None:
        rest = shapely.difference(polygons[0], polygons[1])
        polygons.append(rest if rest.geom_type in ("Polygon", "MultiPolygon") else None)
    steps = np.arange(-1, 7.25, 0.5)
    x, y = (grid.ravel() for grid in np.meshgrid(steps, steps))
    assert locate(x, y, polygons).tolist() == _slowly(x, y, polygons).tolist()


@given(st.integers(0, 2**32), st.sampled_from([1, 4, 50, 4000]))
@settings(max_examples=60)
def test_a_jagged_star_equals_shapelys_on_any_grid(seed: int, cells: int) -> None:
    rng = np.random.default_rng(seed)
    angle = np.sort(rng.uniform(0, 2 * math.pi, 40))
    radius = rng.uniform(1, 100, 40)
    star = shapely.make_valid(
        shapely.Polygon(np.column_stack([radius * np.cos(angle), radius * np.sin(angle)]))
    )
    parts = [g for g in shapely.get_parts(star) if g.geom_type == "Polygon"]
    polygons = [shapely.union_all(parts), shapely.box(-50, -50, 20, 20)]
    x, y = rng.uniform(-110, 110, (2, 2000))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_cells, "_CELLS_PER_POLYGON", cells)
        patch.setattr(_cells, "_MIN_CELLS", 1)
        found = locate(x, y, polygons)
    assert found.tolist() == _slowly(x, y, polygons).tolist()


@given(st.integers(0, 2**32))
@settings(max_examples=200)
def test_the_side_of_a_line_is_that_of_exact_fractions(seed: int) -> None:
    rng = np.random.default_rng(seed)
    a = rng.uniform(-4e6, 4e6, 2)
    b = a + np.round(rng.uniform(-100, 100, 2) * 1024) / 1024
    p = a + (b - a) * rng.choice([0.5, 0.25, rng.uniform()]) + rng.choice([0.0, 1e-9])
    (ax, ay), (bx, by), (px, py) = ([Fraction(float(c)) for c in point] for point in (a, b, p))
    exact = (ax - px) * (by - py) - (ay - py) * (bx - px)
    assert np.sign(side.py_func(*a, *b, *p)) == (exact > 0) - (exact < 0)


def test_the_answer_does_not_depend_on_the_number_of_threads() -> None:
    polygons = _tessellation(8, n=30)
    x, y = np.random.default_rng(9).uniform(0, 1000, (2, 400_000))
    index = PolygonIndex(polygons)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("geo._threads.n_threads", lambda: 1)
        alone = index.locate(x, y)
    assert alone.tobytes() == index.locate(x, y).tobytes()


def test_something_that_is_no_polygon_is_refused() -> None:
    with pytest.raises(GeoError, match=r"1 of 2 geometries are not polygons \(first: position 1"):
        PolygonIndex([shapely.box(0, 0, 1, 1), shapely.Point(0, 0)])


def test_a_coordinate_that_is_no_number_is_refused() -> None:
    with pytest.raises(GeoError, match="a coordinate that is not a finite number"):
        PolygonIndex([shapely.Polygon([(0, 0), (np.inf, 0), (1, 1)])])


def test_unequal_lengths_are_refused() -> None:
    with pytest.raises(GeoError, match="x has 2 values and y 1"):
        locate([1.0, 2.0], [1.0], [shapely.box(0, 0, 1, 1)])
    with pytest.raises(GeoError, match="1 ids for 2 polygons"):
        PolygonIndex([shapely.box(0, 0, 1, 1)] * 2, ids=["a"])
