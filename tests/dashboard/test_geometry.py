"""Packed shapes of map layers: what the build writes is what a page reads."""

import gzip
import json

import numpy as np
import shapely

from dashboard.geometry import read_geometries
from geo.outlines import outlines_of, topojson

HOUSE = shapely.box(121.4, 31.2, 121.4001, 31.2002)
COURT = shapely.Polygon(
    [(0, 0), (0.01, 0), (0.01, 0.01), (0, 0.01)],
    [[(0.001, 0.001), (0.002, 0.001), (0.002, 0.002)]],
)
PAIR = shapely.MultiPolygon([shapely.box(-0.2, -0.1, -0.19, 0.1), COURT])


def packed(body: bytes | object) -> bytes:
    return gzip.compress(body if isinstance(body, bytes) else json.dumps(body).encode())


def test_a_ready_layer_is_read_to_a_millionth_of_a_degree():
    shapes = [HOUSE, None, COURT, PAIR]
    found = read_geometries(packed(topojson(outlines_of(np.array(shapes, object)))))
    read = [shapely.from_geojson(json.dumps(one)) for one in found]
    assert read[1].is_empty
    for one, was in zip(read, shapes, strict=True):
        assert was is None or (
            shapely.get_type_id(one) == shapely.get_type_id(was)
            and shapely.equals_exact(one, was, 5.1e-7)
        )


def test_a_layer_without_shapes_is_an_empty_list():
    assert read_geometries(packed(topojson(outlines_of([])))) == []
    assert read_geometries(packed({"features": []})) == []


def test_features_lose_everything_but_their_geometry():
    point = {"type": "Point", "coordinates": [1, 2], "note": "138"}
    body = {"features": [{"geometry": point, "properties": {"name": "138"}}, {"geometry": None}]}
    assert read_geometries(packed(body)) == [{"type": "Point", "coordinates": [1, 2]}, None]
