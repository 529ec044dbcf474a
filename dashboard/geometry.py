"""Shapes of map layers, packed: TopoJSON of the build, GeoJSON of a page.

References
----------
Bostock, M. & Metcalf, C. (2013). The TopoJSON Format Specification, version 1.0.
Butler, H. and others (2016). The GeoJSON Format. RFC 7946.
"""

import gzip
import json
from itertools import accumulate
from typing import Any

Geometry = dict[str, Any]


def read_geometries(gz: bytes) -> list[Geometry | None]:
    """Give the geometries of a packed layer as GeoJSON, without attributes or foreign members.

    Parameters
    ----------
    gz
        A FeatureCollection, or a Topology of one object whose rings are an arc each, compressed.

    Returns
    -------
    list
        Geometries in order, degrees; None where a feature has none.
    """
    body = json.loads(gzip.decompress(gz))
    if body.get("type") != "Topology":
        return [_bare(one.get("geometry")) for one in body["features"]]
    rings = _rings(body)
    return [_from_arcs(one, rings) for one in body["objects"]["shapes"]["geometries"]]


def _rings(topology: dict[str, Any]) -> list[list[list[float]]]:
    """Add up the steps of each arc and turn them into degrees."""
    (across, up), (x0, y0) = topology["transform"]["scale"], topology["transform"]["translate"]
    rings = []
    for arc in topology["arcs"]:
        xs, ys = accumulate(step[0] for step in arc), accumulate(step[1] for step in arc)
        rings.append([[x * across + x0, y * up + y0] for x, y in zip(xs, ys, strict=True)])
    return rings


def _from_arcs(geometry: Geometry, rings: list[list[list[float]]]) -> Geometry:
    def polygon(arcs: list[list[int]]) -> list[list[list[float]]]:
        return [rings[one[0]] for one in arcs]

    arcs = geometry["arcs"]
    many = geometry["type"] == "MultiPolygon"
    return {
        "type": geometry["type"],
        "coordinates": [polygon(one) for one in arcs] if many else polygon(arcs),
    }


def _bare(geometry: Geometry | None) -> Geometry | None:
    if geometry is None:
        return None
    if geometry["type"] == "GeometryCollection":
        parts = [_bare(part) for part in geometry["geometries"]]
        return {"type": "GeometryCollection", "geometries": parts}
    return {"type": geometry["type"], "coordinates": geometry["coordinates"]}
