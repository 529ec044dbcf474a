"""Flat outlines: what shapely writes is read, what we write shapely reads."""

import itertools
import json

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.errors import GeoError
from geo.outlines import (
    Outlines,
    geojson,
    join_outlines,
    outlines_from_wkb,
    outlines_of,
    outlines_to_wkb,
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


@given(st.lists(shapes(), max_size=4))
@settings(max_examples=40, deadline=None)
def test_geojson_says_what_shapely_reads(found: list[object]) -> None:
    told = json.loads(geojson(flat(found), decimals=3))
    assert told["type"] == "FeatureCollection"
    assert [one["id"] for one in told["features"]] == list(range(len(found)))
    for one, was in zip(told["features"], found, strict=True):
        assert one["properties"] == {}
        read = shapely.from_geojson(json.dumps(one["geometry"]))
        assert shapely.equals_exact(read, was)


def test_numbers_keep_their_sign_and_leading_zeros() -> None:
    thin = shapely.Polygon([(-0.05, 0.000004), (-120.5, 89.999996), (7.0, 0.06)])
    text = geojson(flat([thin]), decimals=5)
    assert b"[-0.05000,0.00000]" in text
    assert b"[-120.50000,90.00000]" in text
    assert b"[7.00000,0.06000]" in text
    assert b"[7,0]" in geojson(flat([thin]), decimals=0)


def test_no_shapes_give_an_empty_collection() -> None:
    assert geojson(flat([])) == b'{"type":"FeatureCollection","features":[]}'


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
        geojson(ours)
    with pytest.raises(GeoError, match="13 decimals"):
        geojson(flat([SQUARE]), decimals=13)


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
