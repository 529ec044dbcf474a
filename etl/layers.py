"""Ready map geometry: a slice's shapes as compressed GeoJSON (WGS 84), made at build time."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Iterator
from dataclasses import replace

import duckdb
import numpy as np
import pyarrow as pa

from etl.shapes import outlines_of_column
from geo import projection
from geo.outlines import geojson

DECIMALS = 6  # of a degree: 0.1 m
MANY_VERTICES = 20_000  # from here on a lattice is cheaper than PROJ, and as good to 1e-11 degrees
LARGE_BYTES = 1 << 20  # beyond a megabyte packing well costs five times as much for a fifth less
_WEDGES = (
    "SELECT camera_id AS id, geometry FROM mart.viewsheds "
    "WHERE level = ? AND daypart = ? ORDER BY 1"
)
_BLIND = (
    "SELECT blind_spot_id AS id, geometry FROM mart.blind_spots "
    "WHERE level = ? AND daypart = ? ORDER BY 1"
)
_REACHED = (  # the id has the hours as bits, so that a page shows an hour without new shapes
    "SELECT hours::VARCHAR AS id, geometry FROM mart.patrol_ground ORDER BY community_id, hours"
)
_AREAS = {
    "communities": "SELECT community_id AS id, geometry FROM core.communities ORDER BY 1",
    "stations": "SELECT station_id AS id, geometry FROM core.stations ORDER BY 1",
    "streets": "SELECT street_id AS id, geometry FROM core.streets ORDER BY 1",
    "buildings": "SELECT building_id AS id, geometry FROM core.buildings ORDER BY 1",
}
OWN_AREA = {"station": "stations", "street": "streets"}


def write_layers(con: duckdb.DuckDBPyConnection, *, epsg: int, kind: str) -> None:
    """Fill `mart.map_layers` of the current database from its own shapes.

    Parameters
    ----------
    con
        Connection whose current database is the slice.
    epsg
        Projection that the shapes are in.
    kind
        `station`, `street`, `public` or `district`: which layers a viewer of that kind needs. A
        whole district has too many buildings and viewsheds for one map and gets areas only.
    """
    wanted: dict[str, tuple[str, list[str]]] = {"communities": (_AREAS["communities"], [])}
    if kind == "district":
        wanted |= {"stations": (_AREAS["stations"], []), "streets": (_AREAS["streets"], [])}
        wanted["jurisdiction"] = (_AREAS["stations"], [])
    elif kind in OWN_AREA:
        wanted["jurisdiction"] = (_AREAS[OWN_AREA[kind]], [])
        wanted["buildings"] = (_AREAS["buildings"], [])
        wanted["patrol_reach"] = (_REACHED, [])
        for daypart in ("day", "night"):
            bound = ["recognise", daypart]
            wanted[f"viewsheds_recognise_{daypart}"] = (_WEDGES, bound)
            wanted[f"blind_spots_recognise_{daypart}"] = (_BLIND, bound)
    found = {
        name: con.execute(query, bound).to_arrow_table() for name, (query, bound) in wanted.items()
    }
    bodies = _geojson([one["geometry"] for one in found.values()], epsg)
    for (name, rows), body in zip(found.items(), bodies, strict=True):
        ids = rows["id"].to_pylist()
        con.execute(
            "INSERT INTO mart.map_layers (layer, sha256, n_features, ids, gz) "
            "VALUES (?, ?, ?, ?, ?)",
            [
                name,
                hashlib.sha256(body).hexdigest(),
                len(ids),
                json.dumps(ids, ensure_ascii=False),
                gzip.compress(body, compresslevel=6 if len(body) < LARGE_BYTES else 1, mtime=0),
            ],
        )


def _geojson(columns: list[pa.ChunkedArray], epsg: int) -> Iterator[bytes]:
    """Give each column of shapes as a FeatureCollection in WGS 84, `id` the position."""
    shapes = [outlines_of_column(one) for one in columns]
    xy = np.concatenate([one.xy for one in shapes])
    lon, lat = projection.unproject(xy[:, 0], xy[:, 1], epsg=epsg, many=MANY_VERTICES)
    degrees = np.column_stack([lon, lat])
    begin = 0
    for one in shapes:
        end = begin + len(one.xy)
        yield geojson(replace(one, xy=degrees[begin:end]), decimals=DECIMALS)
        begin = end
