"""Areas of unions: by hand, against GEOS, properties, and what the coverage grid converges to."""

from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geo._arrangement import _left
from geo.arrangement import union_area, union_areas
from geo.coverage import cover_city
from geo.errors import GeoError
from geo.sight import Cameras, look
from geo.viewshed import index_walls, viewsheds, walls_from_polygons

box = shapely.box


def wedges(
    n: int, seed: int, *, hfov: float = 90.0, reach: float = 25.0, vertices: int = 90
) -> Any:
    """Views of n cameras among the houses of a street."""
    rng = np.random.default_rng(seed)
    corners = rng.uniform(0, 60, (12, 2))
    houses = [box(x, y, x + 7, y + 5) for x, y in corners]
    xy = rng.uniform(0, 60, (3 * n, 2))
    inside = np.unique(shapely.STRtree(houses).query(shapely.points(xy), predicate="intersects")[0])
    xy = np.delete(xy, inside, axis=0)[:n]
    index = index_walls(walls_from_polygons(houses), closed=True)
    return viewsheds(
        *xy.T, index, range_m=reach, hfov_deg=hfov, bearing_deg=rng.uniform(0, 360, n),
        arc_vertices=vertices,
    )  # fmt: skip


# ---- by hand


@pytest.mark.parametrize(
    ("shapes", "area"),
    [
        ([], 0),
        ([box(0, 0, 2, 2)], 4),
        ([box(0, 0, 2, 2), box(1, 1, 3, 3)], 7),
        ([box(0, 0, 2, 2), box(5, 5, 6, 7)], 6),
        ([box(0, 0, 4, 4), box(1, 1, 2, 2)], 16),  # one inside the other
        ([box(1, 1, 2, 2), box(0, 0, 4, 4)], 16),
        ([box(0, 0, 2, 2), box(2, 0, 3, 2)], 6),  # a shared edge
        ([box(0, 0, 2, 2), box(2, 1, 3, 4)], 7),  # part of an edge
        ([box(0, 0, 2, 2), box(0, 0, 1, 3)], 5),  # edges on edges, on the same side
        ([box(0, 0, 2, 2), box(2, 2, 3, 3)], 5),  # a corner on a corner
        ([box(0, 0, 2, 2), shapely.Polygon([(2, 1), (4, 0), (4, 2)])], 6),  # a corner on an edge
        ([box(0, 0, 2, 2)] * 7, 4),  # the same again and again
        ([box(0, 0, 2, 2), box(0, 0, 2, 2).reverse()], 4),
        ([box(0, 0, 3, 1), box(0, 0, 1, 3), box(2, 0, 3, 3), box(0, 2, 3, 3)], 8),  # with a hole
        ([box(0, 0, 9, 9).difference(box(3, 3, 6, 6)), box(4, 4, 5, 5)], 73),
        ([box(0, 0, 9, 9).difference(box(3, 3, 6, 6)), box(3, 3, 6, 6)], 81),  # a hole filled
        ([shapely.MultiPolygon([box(0, 0, 1, 1), box(1, 1, 2, 2)]), box(0, 0, 2, 1)], 3),
        ([shapely.Polygon(), box(0, 0, 1, 1)], 1),
    ],
)
def test_unions_by_hand(shapes: list[shapely.Geometry], area: float) -> None:
    assert union_area(shapes) == pytest.approx(area, rel=1e-14)
    assert union_area(shapes[::-1]) == pytest.approx(area, rel=1e-14)


def test_ground_seen_once_twice_thrice_and_alone() -> None:
    # three bars over each other: x 0-3, 1-4, 2-5, all of height 1
    found = union_areas([box(0, 0, 3, 1), box(1, 0, 4, 1), box(2, 0, 5, 1)], [0, 0, 0])
    assert found.seen_m2.tolist() == pytest.approx([5])
    assert found.seen_twice_m2.tolist() == pytest.approx([3])
    assert found.seen_thrice_m2.tolist() == pytest.approx([1])
    assert found.unique_m2.tolist() == pytest.approx([1, 0, 1])


def test_groups_do_not_meet_and_polygons_of_none_do_not_count() -> None:
    shapes = [box(0, 0, 2, 2), box(1, 0, 3, 2), box(0, 0, 2, 2), box(0, 0, 9, 9)]
    found = union_areas(shapes, [2, 0, 2, -1], n_groups=4)
    assert found.seen_m2.tolist() == pytest.approx([4, 0, 4, 0])
    assert found.seen_twice_m2.tolist() == pytest.approx([0, 0, 4, 0])
    assert found.unique_m2.tolist() == pytest.approx([0, 4, 0, 0])


def test_only_ground_within_counts() -> None:
    # a yard of 10 x 10 with a house of 2 x 2 in it; a view that laps over its west edge
    yard = box(0, 0, 10, 10).difference(box(4, 4, 6, 6))
    shapes = [box(-5, 3, 5, 7), box(3, 3, 8, 5)]
    found = union_areas(shapes, [0, 0], within=[yard])
    assert found.seen_m2[0] == pytest.approx(18 + 8 - 3)  # each loses 2 to the house
    assert found.seen_twice_m2[0] == pytest.approx(4 - 1)
    assert found.unique_m2.tolist() == pytest.approx([20 - 2 - 3, 10 - 2 - 3])
    assert union_area(shapes, within=box(50, 50, 60, 60)) == 0
    assert union_area(shapes, within=shapely.Polygon()) == 0
    assert union_area([box(1, 1, 2, 2)], within=box(0, 0, 9, 9)) == pytest.approx(1)
    assert union_area([box(0, 0, 9, 9)], within=box(1, 1, 2, 2)) == pytest.approx(1)


def test_views_cut_at_their_own_walls_fit_the_houses_they_look_at() -> None:
    # a room of 8 x 9: five cameras in it see all of it and nothing else
    room = walls_from_polygons(box(-3, -2, 5, 7))
    views = viewsheds([0, 1, -2, 4, 2], [0, 5, 6, -1, 2], room, range_m=30)
    assert union_area(views) == pytest.approx(72, rel=1e-12)
    found = union_areas(views, [0] * 5)
    assert found.seen_thrice_m2[0] == pytest.approx(72, rel=1e-12)
    assert found.unique_m2 == pytest.approx(np.zeros(5), abs=1e-9)


@pytest.mark.parametrize("ahead", [True, False])
def test_sides_are_exact_where_products_round_to_the_same(ahead: bool) -> None:
    # (2^40 + 1)(2^40 - 1) = 2^80 - 1 < 2^40 * 2^40, both 2^80 in double precision
    k = 2.0**40
    assert not _left(0.0, 0.0, k + 1, k, k, k - 1, ahead)
    assert _left(0.0, 0.0, k, k - 1, k + 1, k, ahead)
    assert _left(0.0, 0.0, k, k, 2 * k, 2 * k, ahead) != ahead  # on the line: the shift decides
    assert _left(0.0, 0.0, -k, -k, 2 * k, 2 * k, ahead) == ahead


# ---- held against GEOS


def by_geos(shapes: Any, within: Any = None) -> float:
    whole = shapely.union_all(np.asarray(shapes, dtype=object))
    return float((whole if within is None else whole.intersection(within)).area)


@pytest.mark.parametrize("hfov", [60.0, 200.0, 360.0])
@pytest.mark.parametrize("n", [1, 2, 10, 60])
def test_unions_of_views_agree_with_geos(n: int, hfov: float) -> None:
    for seed in range(6):
        views = wedges(n, seed, hfov=hfov)
        expected = by_geos(views.polygons())
        assert union_area(views) == pytest.approx(expected, rel=1e-9)
        assert union_area(views.polygons()) == pytest.approx(expected, rel=1e-9)


def test_hundreds_of_views_over_each_other_agree_with_geos() -> None:
    views = wedges(300, 4, hfov=90.0)
    assert union_area(views) == pytest.approx(by_geos(views.polygons()), rel=1e-9)


def test_views_within_open_ground_agree_with_geos() -> None:
    ground = box(5, 5, 50, 55).difference(shapely.union_all([box(x, 20, x + 4, 30) for x in
                                                             (8, 16, 24, 32, 40)]))  # fmt: skip
    for seed in range(5):
        views = wedges(20, seed)
        shapes = views.polygons()
        found = union_areas(views, np.zeros(20, int), within=[ground])
        assert found.seen_m2[0] == pytest.approx(by_geos(shapes, ground), rel=1e-9)
        for k in (0, 7, 19):
            rest = by_geos(np.delete(shapes, k), ground)
            alone = by_geos(shapes, ground) - rest
            assert found.unique_m2[k] == pytest.approx(alone, rel=1e-9, abs=1e-7)


def test_twice_and_thrice_agree_with_geos() -> None:
    shapes = wedges(9, 1, hfov=120.0).polygons()
    pairs = [a.intersection(b) for i, a in enumerate(shapes) for b in shapes[:i]]
    found = union_areas(shapes, np.zeros(9, int))
    assert found.seen_twice_m2[0] == pytest.approx(by_geos(pairs), rel=1e-9)
    triples = [
        shapely.intersection_all([shapes[i], shapes[j], shapes[k]])
        for i in range(9) for j in range(i) for k in range(j)
    ]  # fmt: skip
    assert found.seen_thrice_m2[0] == pytest.approx(by_geos(triples), rel=1e-9)


def test_near_collinear_edges_of_three_views_agree_with_geos() -> None:
    # cameras that look along one wall, whose outlines lie on it but for the last bits: where two
    # such edges cross is ill-conditioned, and a third crosses both
    rng = np.random.default_rng(3)
    houses = [shapely.affinity.rotate(box(x, 0, x + 9, 6), 0.123 * x) for x in (0, 14, 28, 42)]
    index = index_walls(walls_from_polygons(houses), closed=True)
    for _ in range(300):
        xy = rng.uniform([-20, 12], [60, 40], (6, 2)) * [1, -1]
        views = viewsheds(*xy.T, index, range_m=55, hfov_deg=90, bearing_deg=0)
        assert union_area(views) == pytest.approx(by_geos(views.polygons()), rel=1e-9)


WHOLE = st.integers(0, 5)
TRIANGLE = st.lists(st.tuples(WHOLE, WHOLE), min_size=3, max_size=3).map(shapely.Polygon)
BLOCK = st.tuples(WHOLE, WHOLE, st.integers(1, 3), st.integers(1, 3)).map(
    lambda t: box(t[0], t[1], t[0] + t[2], t[1] + t[3])
)
SHAPES = st.lists(st.one_of(TRIANGLE, BLOCK).filter(lambda p: p.is_valid), max_size=9)


@settings(max_examples=200, deadline=None)
@given(shapes=SHAPES, within=BLOCK)
def test_shapes_on_a_lattice_agree_with_geos(
    shapes: list[shapely.Polygon], within: shapely.Polygon
) -> None:
    # every corner on a lattice of 6 x 6: touching, shared, collinear and repeated edges abound
    found = union_areas(shapes, np.zeros(len(shapes), int))
    whole = shapely.union_all(shapes)
    assert found.seen_m2[0] == pytest.approx(whole.area, rel=1e-9, abs=1e-12)
    pairs = [a.intersection(b) for i, a in enumerate(shapes) for b in shapes[:i]]
    twice = shapely.union_all(pairs)
    assert found.seen_twice_m2[0] == pytest.approx(twice.area, rel=1e-9, abs=1e-12)
    for k in range(len(shapes)):
        alone = whole.area - shapely.union_all(shapes[:k] + shapes[k + 1 :]).area
        assert found.unique_m2[k] == pytest.approx(alone, rel=1e-9, abs=1e-12)
    cut = whole.intersection(within).area
    assert union_area(shapes, within=within) == pytest.approx(cut, rel=1e-9, abs=1e-12)


# ---- properties


SEEDS = st.integers(0, 10_000)


@settings(max_examples=40, deadline=None)
@given(seed=SEEDS, n=st.integers(1, 12), hfov=st.sampled_from([45.0, 90.0, 360.0]))
def test_one_more_view_never_shrinks_the_union_nor_adds_more_than_itself(
    seed: int, n: int, hfov: float
) -> None:
    shapes = wedges(n, seed, hfov=hfov).polygons()
    areas = [union_area(shapes[: k + 1]) for k in range(n)]
    grown = np.diff([0.0, *areas])
    assert (grown >= -1e-9).all()
    assert (grown <= shapely.area(shapes) + 1e-9).all()


@settings(max_examples=40, deadline=None)
@given(seed=SEEDS, turn=st.floats(0, 360), dx=st.floats(-1e6, 1e6), dy=st.floats(-1e6, 1e6))
def test_turning_shifting_and_reordering_change_nothing(
    seed: int, turn: float, dx: float, dy: float
) -> None:
    shapes = wedges(8, seed).polygons()
    plain = union_area(shapes)
    c, s = np.cos(np.radians(turn)), np.sin(np.radians(turn))
    moved = shapely.transform(shapes, lambda xy: xy @ np.array([[c, s], [-s, c]]) + [dx, dy])
    moved = moved[shapely.is_valid(moved)]  # a slit may close in the last bits
    if len(moved) == len(shapes):
        assert union_area(moved) == pytest.approx(plain, rel=1e-7)
    mixed = np.random.default_rng(seed).permutation(shapes)
    assert union_area(mixed) == pytest.approx(plain, rel=1e-12)


@settings(max_examples=40, deadline=None)
@given(seed=SEEDS, n=st.integers(1, 12))
def test_what_is_seen_once_at_most_adds_up(seed: int, n: int) -> None:
    views = wedges(n, seed)
    found = union_areas(views, np.zeros(n, int))
    alone, once = found.unique_m2.sum(), found.seen_m2[0] - found.seen_twice_m2[0]
    assert alone == pytest.approx(once, rel=1e-9, abs=1e-9)
    assert (found.unique_m2 > -1e-9).all()


def test_the_answer_does_not_depend_on_threads() -> None:
    views = wedges(60, 2)
    group = np.arange(60) % 7
    one, three = (union_areas(views, group, n_threads=n) for n in (1, 3))
    assert one.seen_m2.tobytes() == three.seen_m2.tobytes()
    assert one.unique_m2.tobytes() == three.unique_m2.tobytes()
    for k in range(7):
        assert one.seen_m2[k] == pytest.approx(union_area(views.polygons()[group == k]), rel=1e-12)


# ---- what the grid of coverage converges to


def test_cells_converge_to_the_exact_union_and_differ_by_a_hundredth_at_one_metre() -> None:
    rng = np.random.default_rng(8)
    houses = np.array([box(x, y, x + 9, y + 6) for x in range(0, 150, 24) for y in (4, 31, 62, 90)])
    xy = rng.uniform([0, 0], [160, 110], (60, 2))
    xy = xy[shapely.distance(shapely.points(xy)[:, None], houses).min(axis=1) > 0.05][:24]
    bearing, n = rng.uniform(0, 360, len(xy)), len(xy)
    nothing = np.full(n, np.nan)
    them = Cameras(*xy.T, bearing, np.full(n, 90.0), np.full(n, 2560.0), nothing, nothing)
    walls = index_walls(walls_from_polygons(houses), closed=True)
    sight = look(them, walls, levels_px_per_m={"recognise": 50.0})
    reach = np.sqrt(sight.reach2[0, 0, 0])
    views = viewsheds(*xy.T, walls, range_m=reach, hfov_deg=90, bearing_deg=bearing,
                      arc_vertices=3600)  # fmt: skip
    area = box(0, 0, 160, 110)
    ground = area.difference(shapely.union_all(houses))
    exact = union_area(views, within=ground)
    cells = (4.0, 2.0, 1.0, 0.5, 0.25, 0.1)
    found = [cover_city([area], houses, sight, cell_m=cell).seen_m2[0, 0, 0] for cell in cells]
    error = np.abs(np.array(found) - exact)
    assert error[2] < 0.01 * exact
    assert error[5] < 1e-4 * exact
    assert (
        np.polyfit(np.log(cells), np.log(error + 1e-9), 1)[0] > 0.9
    )  # at least in step with cells


# ---- bad input


def test_what_is_not_a_polygon_is_refused_by_its_row() -> None:
    with pytest.raises(GeoError, match=r"polygons: 1 of 2 .* row 1 .* is not a polygon"):
        union_area([box(0, 0, 1, 1), shapely.Point(0, 0)])
    with pytest.raises(GeoError, match=r"polygons: 1 of 2 .* row 0 .* is not a polygon"):
        union_areas([None, box(0, 0, 1, 1)], [0, 0])


def test_an_outline_that_crosses_itself_is_refused() -> None:
    bow = shapely.Polygon([(0, 0), (2, 2), (2, 0), (0, 2)])
    with pytest.raises(GeoError, match=r"row 0 \(Self-intersection.*is not valid"):
        union_area(bow)
    with pytest.raises(GeoError, match=r"within: 1 of 1"):
        union_area(box(0, 0, 1, 1), within=bow)


@pytest.mark.parametrize("value", [np.inf, 1e12])
def test_coordinates_that_are_not_metres_are_refused(value: float) -> None:
    with pytest.raises(GeoError, match="not finite metres"):
        union_area(shapely.Polygon([(0, 0), (value, 0), (0, 1)]))


def test_groups_that_do_not_fit_are_refused() -> None:
    shapes = [box(0, 0, 1, 1), box(0, 0, 1, 1)]
    with pytest.raises(GeoError, match=r"shape \(3,\); 2 whole numbers"):
        union_areas(shapes, [0, 0, 0])
    with pytest.raises(GeoError, match="group is float64"):
        union_areas(shapes, [0.0, 1.0])
    with pytest.raises(GeoError, match="group of 1 of 2 polygons, the first is row 1: 5"):
        union_areas(shapes, [0, 5], n_groups=2)
    with pytest.raises(GeoError, match="row 0: -2"):
        union_areas(shapes, [-2, 0])
    with pytest.raises(GeoError, match="within has 1 grounds for 2 groups"):
        union_areas(shapes, [0, 1], within=[box(0, 0, 1, 1)])


# ---- many edges a ring are swept, few are held against each other ring by ring


@given(
    st.lists(
        st.tuples(st.integers(0, 8), st.integers(0, 8), st.integers(1, 6), st.integers(1, 6)),
        min_size=1,
        max_size=8,
    ),
    st.integers(9, 14),
)
def test_edges_cut_into_pieces_change_no_area(
    boxes: list[tuple[int, int, int, int]], pieces: int
) -> None:
    few = [box(x, y, x + w, y + h) for x, y, w, h in boxes]
    many = [shapely.segmentize(one, 1.0 / pieces) for one in few]
    assert min(shapely.get_num_coordinates(many)) > 32 >= max(shapely.get_num_coordinates(few))

    found, cut = (union_areas(shapes, np.zeros(len(few), int)) for shapes in (few, many))

    assert cut.seen_m2 == pytest.approx(found.seen_m2, rel=1e-13)
    assert cut.seen_twice_m2 == pytest.approx(found.seen_twice_m2, rel=1e-13, abs=1e-12)
    assert cut.unique_m2 == pytest.approx(found.unique_m2, rel=1e-13, abs=1e-12)


@pytest.mark.parametrize("vertices", [8, 90, 360])
def test_circles_drawn_coarsely_or_finely_agree_with_geos(vertices: int) -> None:
    views = wedges(25, 3, hfov=360.0, vertices=vertices)
    expected = shapely.union_all(views.polygons(), grid_size=1e-7).area

    assert union_area(views) == pytest.approx(expected, rel=1e-9)
