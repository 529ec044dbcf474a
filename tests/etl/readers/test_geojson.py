"""GeoJSON read strictly: by hand, and golden against GDAL (through pyogrio) on its own files."""

import json
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely

from etl.errors import SourceError
from etl.readers import RawTable, SourceFile, geojson, read

SQUARE = [[[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 0.0]]]


def table(path: Path, wanted: tuple[str, ...] = ("id",), **more: object) -> RawTable:
    return read(SourceFile(path, path.name, "communities", "geojson", wanted, **more))  # type: ignore[arg-type]


def feature(number: object, geometry: object = None, **more: object) -> dict[str, object]:
    return {"type": "Feature", "properties": {"id": number, **more}, "geometry": geometry}


def polygon(rings: object = SQUARE) -> dict[str, object]:
    return {"type": "Polygon", "coordinates": rings}


def write(folder: Path, body: object, **top: object) -> Path:
    path = folder / "a.geojson"
    if isinstance(body, list):
        body = json.dumps(
            {"type": "FeatureCollection", **top, "features": body}, ensure_ascii=False
        )
    path.write_text(str(body), encoding="utf-8")
    return path


def rows(raw: RawTable) -> list[dict[str, object]]:
    return [row for batch in raw.batches for row in batch.to_pylist()]


def test_shapes_come_as_they_stand_and_heights_are_dropped(tmp_path: Path) -> None:
    body = [
        feature("a", polygon([[[0, 0, 9], [1, 0, 9], [1, 1, 9], [0, 0, 9]]])),
        feature("b", {"type": "MultiPolygon", "coordinates": [SQUARE, SQUARE]}),
        feature("c", {"type": "Point", "coordinates": [1, 2]}),
        feature("d", {"type": "GeometryCollection", "geometries": [polygon()]}),
        feature("e"),
    ]
    found = [row["__geometry"] for row in rows(table(write(tmp_path, body)))]
    texts = [None if one is None else shapely.from_wkb(one).wkt for one in found]
    assert texts == [
        "POLYGON ((0 0, 1 0, 1 1, 0 0))",
        "MULTIPOLYGON (((0 0, 1 0, 1 1, 0 0)), ((0 0, 1 0, 1 1, 0 0)))",
        "POINT (1 2)",
        "GEOMETRYCOLLECTION (POLYGON ((0 0, 1 0, 1 1, 0 0)))",
        None,
    ]


def test_lines_are_those_of_the_text_or_the_number_of_the_feature(tmp_path: Path) -> None:
    one, two = json.dumps(feature("a")), json.dumps(feature('b\n{["]'))
    text = f'{{"type": "FeatureCollection",\n"features": [\n{one},\n\n{two}\n]}}'
    assert [row["__line"] for row in rows(table(write(tmp_path, text)))] == [3, 5]
    flat = write(tmp_path, [feature("a"), feature("b")])
    assert [row["__line"] for row in rows(table(flat))] == [1, 2]


def test_a_feature_that_is_none_costs_one_row(tmp_path: Path) -> None:
    body = [
        feature("a", polygon()),
        {"type": "Thing"},
        feature("c", polygon([[[0, "x"], [1, 1]]])),
        feature("d", {"type": "Circle", "coordinates": [0, 0]}),
        feature("e", polygon([[[0], [1, 1]]])),
        feature("f", polygon(None)),
    ]
    raw = table(write(tmp_path, body))
    assert [row["id"] for row in rows(raw)] == ["a"]
    assert [one.line for one in raw.rejections] == [2, 3, 4, 5, 6]
    assert {one.rule for one in raw.rejections} == {"geometry_unreadable"}
    assert (raw.n_read, raw.n_rejected) == (6, 5)


def test_columns_have_one_type_over_all_batches(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(geojson, "BATCH", 2)
    values = [(1, "a", None), (2, None, None), (2.5, 7, None), (3, [1], {"x": 1})]
    body = [feature(a, b=b, c=c) for a, b, c in values]
    raw = table(write(tmp_path, body), wanted=("id", "b", "c"))
    batches = list(raw.batches)
    assert len(batches) == 2
    assert batches[0].schema == batches[1].schema
    assert [str(kind) for kind in batches[0].schema.types[:3]] == ["double", "string", "string"]
    assert [row["b"] for one in batches for row in one.to_pylist()] == ["a", None, "7", "[1]"]


def test_whole_numbers_beyond_64_bits_stay_exact(tmp_path: Path) -> None:
    number = 63022500000000000005
    assert rows(table(write(tmp_path, [feature(number)])))[0]["id"] == str(number)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"type": "FeatureCollection", "features": []}', "no features; expected at least one"),
        ('{"type": "Feature", "properties": {}}', "an object of type 'Feature'"),
        ('{"type": "Feature"}\n{"type": "Feature"}', "2 JSON texts one after the other"),
        ("[1, 2]", "no feature collection"),
        ('{"type": "FeatureCollection", "features": [{}', "expected strict JSON"),
        ('{"type": "FeatureCollection", "features": [{} {}]}', "between features"),
        ('{"type": "FeatureCollection", "features": [{}, 1, {}]}', "between features"),
        ('{"type": "FeatureCollection", "features": [{},]}', "between features"),
        ('{"type": "FeatureCollection", "features": [{}]} x', "expected strict JSON"),
        ('{"type": "Other", "features": [{}]}', "an object of type 'Other'"),
        ('{"type": "FeatureCollection", "features": [{"a": NaN}]}', "line 1: NaN is not JSON"),
        ('{"type": "FeatureCollection", "features": [{"a": -Infinity}]}', "-Infinity is not JSON"),
        ('{"features": [{"a": ' + "[" * 99 + "]" * 99 + "}]}", "brackets nested 102 deep"),
        ("<OGRVRTDataSource/>", "a GDAL virtual dataset"),
    ],
)
def test_what_is_no_strict_feature_collection_is_refused(
    tmp_path: Path, text: str, message: str
) -> None:
    with pytest.raises(SourceError, match=message):
        table(write(tmp_path, text))


def test_other_encodings_are_read_only_when_declared(tmp_path: Path) -> None:
    path = tmp_path / "a.geojson"
    text = json.dumps(
        {"type": "FeatureCollection", "features": [feature("小区")]}, ensure_ascii=False
    )
    path.write_bytes(text.encode("gb18030"))
    with pytest.raises(SourceError, match="not UTF-8"):
        table(path)
    assert rows(table(path, encoding="gb18030"))[0]["id"] == "小区"


METRES = polygon([[[4e5, 4e6], [5e5, 4e6], [5e5, 5e6], [4e5, 4e6]]])


def test_metres_need_a_declaration(tmp_path: Path) -> None:
    plain = write(tmp_path, [feature("a", METRES)])
    with pytest.raises(SourceError, match="1 of 1 shapes looked at lie beyond 180 degrees"):
        table(plain)
    assert table(plain, datum="EPSG:4549").crs == "EPSG:4326"
    name = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::4549"}}
    assert table(write(tmp_path, [feature("a", METRES)], crs=name)).crs == "EPSG:4549"
    name["properties"] = {"name": "nonsense"}
    with pytest.raises(SourceError, match="crs: 'nonsense'"):
        table(write(tmp_path, [feature("a", METRES)], crs=name))


def test_shapes_and_properties_are_those_of_gdal(tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    centres = rng.uniform(0, 50, (300, 2))
    shapes = [
        shapely.Point(x, y).buffer(1, quad_segs=2) - shapely.Point(x, y).buffer(0.3, quad_segs=1)
        for x, y in centres
    ]
    frame = gpd.GeoDataFrame({"id": range(300), "名": ['x"]}'] * 300}, geometry=shapes, crs=4326)
    path = tmp_path / "a.geojson"
    frame.to_file(path, driver="GeoJSON", engine="pyogrio", COORDINATE_PRECISION=15)
    golden = gpd.read_file(path, engine="pyogrio")
    (batch,) = table(path, wanted=("id", "名")).batches
    found = shapely.from_wkb(batch["__geometry"].to_numpy(zero_copy_only=False))
    assert shapely.equals_exact(found, golden.geometry.to_numpy()).all()
    assert batch["id"].to_pylist() == golden["id"].tolist()
    assert batch["名"].to_pylist() == golden["名"].tolist()
