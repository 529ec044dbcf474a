"""Ready map geometry: a slice's shapes as compressed TopoJSON (WGS 84), made at build time."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Literal

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from isal import igzip

from etl.shapes import outlines_of_column
from geo import projection
from geo.outlines import Outlines, topojson

DECIMALS = 6  # of a degree: 0.1 m
LARGE_BYTES = 1 << 18  # beyond that packing well costs twelve times as much for a tenth less
OWN_AREA = {"station": "stations", "street": "streets"}
SIGHT_LEVEL = "recognise"
SchemaName = Literal["core", "mart"]
SCHEMAS: tuple[SchemaName, ...] = ("core", "mart")


@dataclass(frozen=True)
class Source:
    """Where the shapes of a layer come from; in the order of their ids where `order` is empty."""

    table: str
    key: str
    order: str = ""
    level: str | None = None
    daypart: str | None = None

    def query(self, scope: str | None) -> tuple[str, dict[str, str]]:
        """Return the query of the shapes, of one scope's rows when its column is given."""
        conditions = [] if scope is None else [f"{scope} = $scope_id"]
        bound = {}
        if self.level is not None and self.daypart is not None:
            conditions.append("level = $level AND daypart = $daypart")
            bound = {"level": self.level, "daypart": self.daypart}
        where = f"WHERE {' AND '.join(conditions)} " if conditions else ""
        return f"SELECT {self.key} AS id, geometry FROM {self.table} {where}{self.order}", bound


_AREAS = {
    "communities": Source("core.communities", "community_id"),
    "stations": Source("core.stations", "station_id"),
    "streets": Source("core.streets", "street_id"),
    "buildings": Source("core.buildings", "building_id"),
}
# the id has the hours as bits, so that a page shows an hour without new shapes
_REACHED = Source("mart.patrol_ground", "hours::VARCHAR", "ORDER BY community_id, hours")


@dataclass(frozen=True)
class Layer:
    """A row of `mart.map_layers`."""

    name: str
    sha256: str
    n_features: int
    ids: str
    gz: bytes


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
    for schema_name in SCHEMAS:
        insert_layers(con, make_layers(con, epsg=epsg, kind=kind, schema_name=schema_name))


def insert_layers(con: duckdb.DuckDBPyConnection, layers: Iterable[Layer]) -> None:
    """Fill `mart.map_layers` of the current database."""
    for one in layers:
        con.execute(
            "INSERT INTO mart.map_layers (layer, sha256, n_features, ids, gz) "
            "VALUES (?, ?, ?, ?, ?)",
            [one.name, one.sha256, one.n_features, one.ids, one.gz],
        )


def make_layers(
    con: duckdb.DuckDBPyConnection,
    *,
    epsg: int,
    kind: str,
    schema_name: SchemaName,
    scope: tuple[str, str] | None = None,
) -> Iterator[Layer]:
    """Make the layers of a slice.

    Parameters
    ----------
    con
        Connection whose current database is the slice, or the whole build when a scope is given.
    epsg
        Projection that the shapes are in.
    kind
        As for `write_layers`.
    schema_name
        Of the tables whose shapes are wanted.
    scope
        Column and id of the scope, of whose rows the layers are made.

    Yields
    ------
    Layer
        The same from the whole build as from the slice.
    """
    wanted = {"communities": _AREAS["communities"]}
    if kind == "district":
        wanted |= {"stations": _AREAS["stations"], "streets": _AREAS["streets"]}
        wanted["jurisdiction"] = _AREAS["stations"]
    elif kind in OWN_AREA:
        wanted["jurisdiction"] = _AREAS[OWN_AREA[kind]]
        wanted["buildings"] = _AREAS["buildings"]
        wanted["patrol_reach"] = _REACHED
        for daypart in ("day", "night"):
            for name, table, key in (
                ("viewsheds", "mart.viewsheds", "camera_id"),
                ("blind_spots", "mart.blind_spots", "blind_spot_id"),
            ):
                wanted[f"{name}_{SIGHT_LEVEL}_{daypart}"] = Source(
                    table, key, level=SIGHT_LEVEL, daypart=daypart
                )
    column, scope_id = (None, None) if scope is None else scope
    found = {}
    for name, source in wanted.items():
        if not source.table.startswith(f"{schema_name}."):
            continue
        query, bound = source.query(column)
        if scope_id is not None:
            bound = bound | {"scope_id": scope_id}
        found[name] = _read(con.execute(query, bound).to_arrow_table(), ordered=bool(source.order))
    bodies = _topojson([shapes for _, shapes in found.values()], epsg)
    for (name, (ids, _)), body in zip(found.items(), bodies, strict=True):
        packed = _pack(body)
        digest = hashlib.sha256(body).hexdigest()
        yield Layer(name, digest, len(ids), json.dumps(ids, ensure_ascii=False), packed)


def _read(rows: pa.Table, *, ordered: bool) -> tuple[list[str], Outlines]:
    """Return ids and shapes, in the order of ids unless in order already."""
    shapes = outlines_of_column(rows["geometry"])
    if ordered:
        return rows["id"].to_pylist(), shapes
    order = pc.sort_indices(
        rows["id"]
    )  # the database would sort the shapes along, at twice the cost
    return rows["id"].take(order).to_pylist(), shapes.take(order.to_numpy())


def _pack(body: bytes) -> bytes:
    if len(body) < LARGE_BYTES:
        return gzip.compress(body, compresslevel=6, mtime=0)
    return bytes(igzip.compress(body, compresslevel=2, mtime=0))


def _topojson(shapes: list[Outlines], epsg: int) -> Iterator[bytes]:
    """Give each list of shapes as a Topology in WGS 84."""
    if not shapes:
        return
    xy = np.concatenate([one.xy for one in shapes])
    lon, lat = projection.unproject_each(xy[:, 0], xy[:, 1], epsg=epsg)
    degrees = np.column_stack([lon, lat])
    begin = 0
    for one in shapes:
        end = begin + len(one.xy)
        yield topojson(replace(one, xy=degrees[begin:end]), decimals=DECIMALS)
        begin = end
