"""Parquet and GeoParquet, written by pyarrow and geopandas, and bent by hand."""

import json
from pathlib import Path

import geopandas as gpd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely

from etl.errors import SourceError
from etl.readers import RawTable, SourceFile, read

WKB = [shapely.to_wkb(shapely.box(0, 0, n, n)) for n in (1, 2, 3)]


def table(path: Path, kind: str = "geoparquet", wanted: tuple[str, ...] = ("id",)) -> RawTable:
    return read(SourceFile(path, path.name, "communities", kind, wanted))


def write(folder: Path, geo: object = None, **columns: object) -> Path:
    body = pa.table({"id": ["a", "b", "c"], **columns})
    if geo is not None:
        text = geo if isinstance(geo, str) else json.dumps(geo)
        body = body.replace_schema_metadata({"geo": text})
    path = folder / "a.parquet"
    pq.write_table(body, path, write_page_checksum=True)
    return path


def metadata(**more: object) -> dict[str, object]:
    column = {"encoding": "WKB", "geometry_types": [], **more}
    return {"version": "1.1.0", "primary_column": "geometry", "columns": {"geometry": column}}


def test_rows_written_by_geopandas_come_back(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    frame = gpd.GeoDataFrame({"id": ["a", "b", "c"]}, geometry=shapely.from_wkb(WKB), crs=4549)
    frame.to_parquet(path)
    raw = table(path, wanted=("id", "geometry"))
    (batch,) = raw.batches
    assert batch.schema.names == ["id", "__line", "__geometry"]
    assert batch["__geometry"].to_pylist() == WKB
    assert (raw.crs, raw.n_read, raw.findings) == ("EPSG:4549", 3, [])


def test_no_crs_key_means_wgs84_and_null_means_unknown(tmp_path: Path) -> None:
    assert table(write(tmp_path, metadata(), geometry=WKB)).crs == "EPSG:4326"
    with pytest.raises(SourceError, match="crs null, which means unknown"):
        table(write(tmp_path, metadata(crs=None), geometry=WKB))
    with pytest.raises(SourceError, match="a crs that cannot be read"):
        table(write(tmp_path, metadata(crs={"type": "x"}), geometry=WKB))


@pytest.mark.parametrize("box", [[0, 0, 9, 9], [0, 0], "x", [0, 0, 0, 3, 3, 9]])
def test_a_box_that_lies_is_told(tmp_path: Path, box: object) -> None:
    raw = table(write(tmp_path, metadata(bbox=box), geometry=WKB))
    assert len(list(raw.batches)) == 1
    lies = box != [0, 0, 0, 3, 3, 9]
    assert [one.code for one in raw.findings] == (["bounds_wrong"] if lies else [])


@pytest.mark.parametrize(
    ("geo", "message"),
    [
        (None, "no GeoParquet metadata"),
        ("{oops", "metadata that cannot be read"),
        ({"columns": {}}, "metadata that cannot be read"),
        ([1], "metadata that cannot be read"),
        (metadata(encoding="point"), "encoding 'point'; expected a column of WKB"),
    ],
)
def test_geometry_without_meaning_refuses_the_file(
    tmp_path: Path, geo: object, message: str
) -> None:
    with pytest.raises(SourceError, match=message):
        table(write(tmp_path, geo, geometry=WKB))


def test_plain_parquet_keeps_its_types_and_decodes_dictionaries(tmp_path: Path) -> None:
    moments = pa.array([0, 1, None], pa.timestamp("ns"))
    words = pa.array(["x", "y", "x"]).dictionary_encode()
    path = write(tmp_path, at=moments, word=words, large=pa.array(["a"] * 3, pa.large_string()))
    raw = table(path, "parquet", ("id", "at", "word", "large"))
    (batch,) = raw.batches
    kinds = [str(kind) for kind in batch.schema.types]
    assert kinds == ["string", "timestamp[ns]", "string", "string", "int64"]
    assert (raw.crs, raw.text_typed) == (None, False)


def test_nested_columns_and_empty_files_are_refused(tmp_path: Path) -> None:
    path = write(tmp_path, many=[[1], [2], [3]])
    with pytest.raises(SourceError, match="many: values of type list"):
        table(path, "parquet", ("many",))
    assert table(path, "parquet").n_read == 3
    pq.write_table(pa.table({"id": pa.array([], pa.string())}), path)
    with pytest.raises(SourceError, match="no rows; expected at least one"):
        table(path, "parquet")


def test_a_flipped_bit_in_a_page_is_noticed(tmp_path: Path) -> None:
    path = write(tmp_path, text=["some words to flip a bit in"] * 3)
    data = bytearray(path.read_bytes())
    data[data.index(b"words")] ^= 1
    path.write_bytes(data)
    with pytest.raises(SourceError, match="a damaged Parquet file"):
        list(table(path, "parquet", ("id", "text")).batches)


def test_a_cut_file_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path)
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(SourceError, match="a damaged Parquet file"):
        table(path, "parquet")


def test_rows_with_destroyed_texts_are_refused(tmp_path: Path) -> None:
    raw = table(write(tmp_path, text=["a", "\ufffd", None]), "parquet", ("id", "text"))
    (batch,) = raw.batches
    assert batch["__line"].to_pylist() == [1, 3]
    assert [(one.line, one.rule) for one in raw.rejections] == [(2, "text_unsafe")]
