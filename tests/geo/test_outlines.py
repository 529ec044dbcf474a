"""Flat outlines: what shapely writes is read, what we write shapely reads."""

import itertools
import json

import numpy as np
import pyogrio
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.errors import GeoError
from geo.outlines import (
    Outlines,
    join_outlines,
    outlines_from_wkb,
    outlines_of,
    outlines_to_wkb,
    topojson,
)

SQUARE = shapely.box(0, 0, 4, 4)
HOLED = shapely.Polygon([(0, 0), (9, 0), (9, 9), (0, 9)], [[(1, 1), (2, 1), (2, 2)]])
TWO = shapely.MultiPolygon([shapely.box(5, 5, 6, 6), HOLED])


def flat(shapes: list[object]) -> Outlines:
    texts = [b"" if one is None else shapely.to_wkb(one) for one in shapes]
    offsets = np.concatenate([[0], np.cumsum([len(one) for one in texts])])
    return outlines_from_wkb(np.frombuffer(b"".join(texts), np.uint8), offsets)


def back(outlines: Outlines) -> list[object]:
    data, offsets = outlines_to_wkb(outlines)
    return [shapely.from_wkb(data[a:b].tobytes()) for a, b in itertools.pairwise(offsets)]


@st.composite
def shapes(draw: st.DrawFn) -> object:
    number = st.integers(-50, 50)
    parts = []
    for _ in range(draw(st.integers(1, 3))):
        x, y, size = draw(number), draw(number), draw(st.integers(4, 30))
        holes = [[(x + 1, y + 1), (x + 2, y + 1), (x + 1, y + 2)]] if draw(st.booleans()) else []
        ring = [(x, y), (x + size, y), (x + size, y + size), (x, y + size)]
        parts.append(shapely.Polygon(ring, holes))
    return parts[0] if len(parts) == 1 else shapely.MultiPolygon(parts)


@given(st.lists(st.one_of(st.none(), shapes()), max_size=6))
@settings(max_examples=60, deadline=None)
def test_wkb_comes_back_as_it_went_in(found: list[object]) -> None:
    ours = flat(found)
    assert len(ours) == len(found)
    for one, was in zip(back(ours), found, strict=True):
        assert one.is_empty if was is None else shapely.equals_exact(one, was)
    box = ours.bounds()
    there = [k for k, one in enumerate(found) if one is not None]
    assert np.array_equal(box[there], shapely.bounds(np.array([found[k] for k in there], object)))
    assert np.isnan(np.delete(box, there, axis=0)).all()


def rings_of(text: bytes) -> list[list[tuple[int, int]]]:
    """The arcs of a Topology, steps added up."""
    arcs = json.loads(text)["arcs"]
    return [list(itertools.accumulate(map(tuple, arc), _add)) for arc in arcs]


def _add(a: tuple[int, int], b: tuple[int, int]) -> tuple[int, int]:
    return a[0] + b[0], a[1] + b[1]


@given(st.lists(shapes(), min_size=1, max_size=4))
@settings(max_examples=40, deadline=None)
def test_topojson_says_what_gdal_reads(found: list[object]) -> None:
    text = topojson(flat(found), decimals=3)
    read = pyogrio.read_dataframe(text, layer="shapes").geometry.to_numpy()
    for one, was in zip(read, found, strict=True):
        assert shapely.equals_exact(one, was, 1e-9)


def test_topojson_rounds_places_and_not_steps() -> None:
    # steps of 0.4 units each: rounded one by one they would never move
    line = [(0.4e-5 * k, 0.0) for k in range(11)]
    (ring,) = rings_of(topojson(flat([shapely.Polygon([*line, (2e-5, 1.0)])]), decimals=5))
    assert [x for x, _ in ring] == [0, 0, 1, 1, 2, 2, 2, 3, 3, 4, 4, 2, 0]


def test_topojson_keeps_signs_and_digits() -> None:
    thin = shapely.Polygon([(-0.05, 0.000004), (-120.5, 89.999996), (7.0, 0.06)])
    text = topojson(flat([thin]), decimals=5)
    assert json.loads(text)["transform"] == {"scale": [1e-5, 1e-5], "translate": [0, 0]}
    assert rings_of(text) == [[(-5000, 0), (-12050000, 9000000), (700000, 6000), (-5000, 0)]]
    assert rings_of(topojson(flat([thin]), decimals=0))[0][2] == (7, 0)


def test_no_shape_has_no_arcs_and_no_shapes_an_empty_collection() -> None:
    told = json.loads(topojson(flat([SQUARE, None, TWO])))
    assert told["objects"]["shapes"]["geometries"] == [
        {"type": "Polygon", "arcs": [[0]]},
        {"type": "MultiPolygon", "arcs": []},
        {"type": "MultiPolygon", "arcs": [[[1]], [[2], [3]]]},
    ]
    told = json.loads(topojson(flat([])))
    assert (told["objects"]["shapes"]["geometries"], told["arcs"]) == ([], [])


def test_a_missing_shape_is_read_as_none_even_if_bytes_are_there() -> None:
    wkb = shapely.to_wkb(SQUARE)
    data = np.frombuffer(wkb + wkb, np.uint8)
    ours = outlines_from_wkb(data, np.array([0, len(wkb), 2 * len(wkb)]), np.array([False, True]))
    assert ours.shapes.tolist() == [0, 0, 1]


@pytest.mark.parametrize(
    "wkb",
    [
        shapely.to_wkb(shapely.Point(1, 2)),
        shapely.to_wkb(SQUARE, byte_order=0),
        shapely.to_wkb(SQUARE)[:-8],
        shapely.to_wkb(SQUARE) + b"\x00",
        shapely.to_wkb(TWO)[:30],
        shapely.to_wkb(shapely.force_3d(SQUARE)),
        b"\x01\x03",
    ],
)
def test_anything_but_flat_polygons_is_refused_by_row(wkb: bytes) -> None:
    good = shapely.to_wkb(SQUARE)
    data = np.frombuffer(good + wkb, np.uint8)
    with pytest.raises(GeoError, match="row 1 cannot be read; a polygon or multipolygon"):
        outlines_from_wkb(data, np.array([0, len(good), len(good) + len(wkb)]))


@pytest.mark.parametrize("wrong", [np.nan, 4000.0])
def test_metres_are_refused_as_degrees(wrong: float) -> None:
    ours = flat([SQUARE])
    ours.xy[0, 0] = wrong
    with pytest.raises(GeoError, match=r"coordinates that are not degrees"):
        topojson(ours)
    with pytest.raises(GeoError, match="13 decimals"):
        topojson(flat([SQUARE]), decimals=13)


def test_outlines_are_taken_joined_and_made_of_shapes() -> None:
    found = [SQUARE, None, TWO, HOLED]
    ours = outlines_of(np.array(found, object))
    again = join_outlines([ours.take(np.array([3, 1])), ours.take(np.array([2, 0, 0]))])
    expected = [HOLED, shapely.Polygon(), TWO, SQUARE, SQUARE]
    for one, was in zip(again.polygons(), expected, strict=True):
        assert shapely.equals_exact(one, was)
    assert outlines_of(ours) is ours
    assert len(outlines_of([])) == 0


def test_edges_keep_the_inside_on_the_left() -> None:
    clockwise = shapely.Polygon([(0, 0), (0, 4), (4, 4), (4, 4), (4, 0)])
    edges, starts = outlines_of([clockwise, HOLED]).edges()
    assert starts.tolist() == [0, 4, 11]
    middle, along = (edges[:, :2] + edges[:, 2:]) / 2, edges[:, 2:] - edges[:, :2]
    left = middle + 1e-3 * np.column_stack([-along[:, 1], along[:, 0]])
    assert shapely.contains(clockwise, shapely.points(left[:4])).all()
    assert shapely.contains(HOLED, shapely.points(left[4:])).all()


def test_shapes_that_are_no_areas_are_refused() -> None:
    with pytest.raises(GeoError, match="1 of 2 shapes are not polygons, the first a LineString"):
        outlines_of([SQUARE, shapely.LineString([(0, 0), (1, 1)])])
    with pytest.raises(GeoError, match="a coordinate that is not finite"):
        outlines_of([shapely.Polygon([(0, 0), (1, 0), (1, np.inf)])])
