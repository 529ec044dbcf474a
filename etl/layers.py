"""Ready map geometry: a slice's shapes as compressed GeoJSON (WGS 84), made at build time."""

from __future__ import annotations

import gzip
import hashlib
import json

import duckdb
import numpy as np
import shapely

from geo import projection

DECIMALS = 6  # of a degree: 0.1 m
_WEDGES = (
    "SELECT camera_id AS id, geometry FROM mart.viewsheds "
    "WHERE level = ? AND daypart = ? ORDER BY 1"
)
_BLIND = (
    "SELECT blind_spot_id AS id, geometry FROM mart.blind_spots "
    "WHERE level = ? AND daypart = ? ORDER BY 1"
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
        for daypart in ("day", "night"):
            bound = ["recognise", daypart]
            wanted[f"viewsheds_recognise_{daypart}"] = (_WEDGES, bound)
            wanted[f"blind_spots_recognise_{daypart}"] = (_BLIND, bound)
    for name, (query, bound) in wanted.items():
        rows = con.execute(query, bound).to_arrow_table()
        ids = rows["id"].to_pylist()
        body = _geojson(rows["geometry"].to_numpy(), epsg)
        con.execute(
            "INSERT INTO mart.map_layers (layer, sha256, n_features, ids, gz) "
            "VALUES (?, ?, ?, ?, ?)",
            [
                name,
                hashlib.sha256(body).hexdigest(),
                len(ids),
                json.dumps(ids, ensure_ascii=False),
                gzip.compress(body, compresslevel=6, mtime=0),
            ],
        )


def _geojson(shapes_wkb: np.ndarray, epsg: int) -> bytes:
    """Return a FeatureCollection in WGS 84, features in the order given, `id` the position."""

    def move(points: np.ndarray) -> np.ndarray:
        lonlat = projection.unproject(points[:, 0].copy(), points[:, 1].copy(), epsg=epsg)
        return np.round(np.column_stack(lonlat), DECIMALS)

    if len(shapes_wkb) == 0:
        return b'{"type":"FeatureCollection","features":[]}'
    shapes = shapely.transform(shapely.from_wkb(shapes_wkb), move)
    features = [
        f'{{"type":"Feature","id":{number},"properties":{{}},"geometry":{text}}}'
        for number, text in enumerate(shapely.to_geojson(shapes).tolist())
    ]
    return ('{"type":"FeatureCollection","features":[' + ",".join(features) + "]}").encode()
