"""Write the files of places: communities, stations, streets, buildings, gates."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import shapely
import shapely.affinity

from etl.simulate.district_file import GATE_ZH, YES_NO, Source, source
from etl.simulate.flaws import REPEAT, Flaw, TextTable, Truth, flaw, plan_flaws, spoil
from etl.simulate.formats import (
    write_geojson,
    write_geoparquet,
    write_gpkg,
    write_shapefile_zip,
)
from etl.simulate.model import City, geographic, moved
from etl.simulate.names import name_offices
from geo.datum import from_wgs84

_BLOCK = 100_000  # footprints held at once


def community_ids(n: int) -> np.ndarray:
    """Return the numbers of `n` communities."""
    return numbered("XQ", n, 5)


def numbered(prefix: str, n: int, digits: int) -> np.ndarray:
    """Return `n` texts prefix00001, prefix00002 and so on."""
    return np.array([f"{prefix}{k:0{digits}d}" for k in range(1, n + 1)], dtype=object)


def yes_no(values: np.ndarray) -> list[object]:
    """Return 是 or 否 for each value."""
    return ["是" if one else "否" for one in values.tolist()]


def degrees(
    city: City, xy: np.ndarray, *, datum: str, decimals: int = 7
) -> tuple[np.ndarray, np.ndarray]:
    """Return longitudes and latitudes of local metres in a datum, rounded as files hold them."""
    lon, lat = city.site.to_wgs84(xy)
    lon, lat = from_wgs84(lon, lat, datum=datum)
    return np.round(lon, decimals), np.round(lat, decimals)


def write_communities(city: City, folder: Path, truth: Truth) -> Source:
    """Write the communities as GeoJSON in WGS 84."""
    people, n = city.communities, city.size.communities
    columns: dict[str, list[object]] = {
        "小区编号": community_ids(n).tolist(),
        "小区名称": list(city.names_zh),
        "英文名称": list(city.names_en),
        "街道编号": numbered("JD", city.street_shapes.size, 3)[city.street_of].tolist(),
        "物业公司编号": numbered("WY", city.companies.registered.size, 4)[people.company].tolist(),
        "楼栋数": people.n_buildings.tolist(),
        "户数": people.n_households.tolist(),
        "居民数": people.n_residents.tolist(),
        "入住率": people.occupancy.tolist(),
        "封闭管理": yes_no(people.is_enclosed),
        "施工许可": yes_no(people.has_permit),
        "建成年份": people.built_year.tolist(),
        "保安人数": people.n_guards.tolist(),
    }
    shapes = geographic(city, shapely.polygons(city.walls))
    file = folder / "communities.geojson"
    flaws = [flaw(REPEAT), flaw("range", 入住率=7.5), flaw("required", 小区名称=None)]
    planned = plan_flaws(flaws, n, repeats=1, rng=city.size.rng(30))
    rows = np.array([row for row, _ in planned], dtype=np.int64)
    copies = {name: [values[row] for row in rows] for name, values in columns.items()}
    spoiled = _spoil_layer(
        file.name, n + 1, shapes[rows], copies, planned, truth, key="小区编号", shift=2e-4
    )
    shapes = np.concatenate([shapes, spoiled])
    for name, values in columns.items():
        values += copies[name]
    _count_layer(file.name, n, planned, truth)
    write_geojson(file, shapes, columns)
    mapping = dict(zip(_COMMUNITY_COLUMNS, columns, strict=True))
    words = {"is_enclosed": YES_NO, "has_construction_permit": YES_NO}
    return source("communities", file.name, "geojson", mapping, datum="wgs84", values=words)


_COMMUNITY_COLUMNS = (
    "community_id", "name", "name_en", "street_id", "company_id", "n_buildings", "n_households",
    "n_residents", "occupancy_fraction", "is_enclosed", "has_construction_permit", "built_year",
    "n_guards",
)  # fmt: skip


def write_jurisdictions(city: City, folder: Path, truth: Truth) -> list[Source]:
    """Write the stations as a zipped Shapefile, the streets as a GeoPackage."""
    n = city.station_shapes.size
    zh, en = name_offices(n, kind="station")
    columns: dict[str, list[object]] = {
        "派出所编号": numbered("PCS", n, 3).tolist(),
        "名称": [*zh],
        "英文名称": [*en],
    }
    shapes = moved(city, city.station_shapes)
    file = folder / "stations.zip"
    write_shapefile_zip(file, shapes, columns, layer="stations", crs=city.site.crs)
    truth.count(file.name, n)
    mapping = {"station_id": "派出所编号", "name": "名称", "name_en": "英文名称"}
    stations = source(
        "stations", file.name, "shapefile", mapping, datum=city.site.crs, encoding="gb18030"
    )
    n = city.street_shapes.size
    zh, en = name_offices(n, kind="street")
    columns = {"街道编号": numbered("JD", n, 3).tolist(), "街道名称": [*zh], "英文名称": [*en]}
    file = folder / "streets.gpkg"
    shapes = moved(city, city.street_shapes)
    write_gpkg(file, shapes, columns, layer="streets", crs=city.site.crs)
    truth.count(file.name, n)
    mapping = {"street_id": "街道编号", "name": "街道名称", "name_en": "英文名称"}
    streets = source("streets", file.name, "gpkg", mapping, layer="streets", datum=city.site.crs)
    return [stations, streets]


def write_buildings(city: City, folder: Path, truth: Truth) -> Source:
    """Write the buildings as GeoParquet in the projected system."""
    built = city.buildings
    n = built.lot.size
    file = folder / "buildings.parquet"
    flaws = [flaw("range", 高度=-9.9), flaw("geometry_missing", 图形=None), flaw(REPEAT)]
    planned = plan_flaws(flaws, n, repeats=2, rng=city.size.rng(31))

    def layer(part: slice | np.ndarray) -> tuple[np.ndarray, dict[str, list[object]]]:
        chosen, number = built.take(part), np.arange(n)[part] + 1
        ids: list[object] = [f"LD{one:07d}" for one in number.tolist()]
        columns = {"楼栋编号": ids, "高度": chosen.height_m.tolist()}
        return moved(city, chosen.polygons()), columns

    def batches() -> Iterator[tuple[np.ndarray, pa.Table]]:
        for start in range(0, n, _BLOCK):
            shapes, columns = layer(slice(start, start + _BLOCK))
            yield shapes, pa.table(columns)
        if planned:
            shapes, columns = layer(np.array([row for row, _ in planned]))
            spoiled = _spoil_layer(
                file.name, n, shapes, columns, planned, truth, key="楼栋编号", shift=7.0
            )
            yield spoiled, pa.table(columns)

    write_geoparquet(file, batches(), crs=city.site.crs)
    _count_layer(file.name, n, planned, truth)
    mapping = {"building_id": "楼栋编号", "height_m": "高度"}
    return source("buildings", file.name, "geoparquet", mapping, datum=city.site.crs)


def _spoil_layer(
    file: str,
    last_line: int,
    shapes: np.ndarray,
    columns: dict[str, list[object]],
    planned: list[tuple[int, Flaw]],
    truth: Truth,
    *,
    key: str,
    shift: float,
) -> np.ndarray:
    """Spoil rows of a layer, which will follow its good ones on `last_line`; return their shapes.

    A copy lies `shift` beside its original: shapes that coincide are refused for that alone.
    """
    more: list[object] = []
    for k, (_, one) in enumerate(planned):
        cells = {name: values[k] for name, values in columns.items()}
        changed = spoil(cells, one, key=key, number=k)
        for name, values in columns.items():
            values[k] = changed[name]
        shape = shapes[k]
        if one.rule != REPEAT:
            shape = shapely.affinity.translate(shape, shift, shift)
        more.append(None if one.rule == "geometry_missing" else shape)
        truth.spoil(file, last_line + k + 1, one)
    return np.array(more, dtype=object)


def _count_layer(file: str, n: int, planned: list[tuple[int, Flaw]], truth: Truth) -> None:
    repeats = sum(one.rule == REPEAT for _, one in planned)
    truth.count(file, n + len(planned), len(planned) - repeats, repeats)


def write_gates(city: City, folder: Path, truth: Truth) -> Source:
    """Write the gates as tab-separated text with BD-09 points."""
    gates, n = city.gates, city.gates.kind.size
    lon, lat = degrees(city, gates.xy, datum="bd09")
    file = folder / "gates.tsv"
    table = pa.table(
        {
            "出入口编号": numbered("CRK", n, 6),
            "小区编号": community_ids(city.size.communities)[gates.community],
            "类型": pa.array(list(GATE_ZH)).take(pa.array(gates.kind)),
            "经度": lon,
            "纬度": lat,
        }
    )
    flaws = [flaw("vocabulary", 类型="狗洞"), flaw(REPEAT), flaw("reference", 小区编号="XQ99999X")]
    planned = plan_flaws(flaws, n, repeats=1, rng=city.size.rng(32))
    key = "出入口编号"
    with TextTable(
        file, table.column_names, truth, key=key, encoding="utf-8", delimiter="\t", planned=planned
    ) as out:
        out.write(table)
    mapping = dict(zip(("gate_id", "community_id", "kind", "lon", "lat"), table.column_names,
                       strict=True))  # fmt: skip
    values = {"kind": GATE_ZH}
    return source("gates", file.name, "tsv", mapping, datum="bd09", values=values)
