"""A file of shapes of every kind is staged as if each shape were an object."""

import json
from datetime import datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely

from etl import outline_rows
from etl.district import read_district
from etl.inputs import find_files
from etl.load import TableLoader
from etl.place import Frame
from etl.progress import Silent
from etl.report import Report
from etl.staging import Staged

DISTRICT = """
[district]
id = "d"
name = "d"
name_en = "d"
time_zone = "Asia/Shanghai"
crs = "EPSG:32650"
standards = []
reject_above_fraction = 0.9

[[sources]]
table = "buildings"
path = "buildings.parquet"
format = "geoparquet"
datum = "gcj02"
columns = { building_id = "id" }
"""
NOT_READ = """
[[sources]]
table = "{}"
path = "none.csv"
format = "csv"
datum = "wgs84"
"""


def write_buildings(path: Path) -> None:
    """Houses and triangles among shapes with holes, two parts, faults, other kinds, far away."""
    rng = np.random.default_rng(5)
    x, y = rng.uniform(116.3, 116.4, 300), rng.uniform(39.8, 39.9, 300)
    shapes = shapely.box(x, y, x + 1e-3, y + 5e-4)
    yards = shapely.buffer(shapely.centroid(shapes[3::10]), 1e-4)
    shapes[3::10] = shapely.difference(shapes[3::10], yards)
    shapes[4::10] = shapely.multipolygons(shapes[4::10][:, None])
    shapes[5::10] = shapely.union(shapes[5::10], shapely.box(116.5, 39.9, 116.6, 40.0))
    shapes[6::10] = shapely.Polygon([(116, 39), (117, 40), (117, 39), (116, 40)])
    shapes[7::10] = shapely.Polygon([(116, 39), (116, 39), (117, 39), (117, 40)])
    shapes[8::50], shapes[18::50] = None, shapely.Point(116, 39)
    shapes[28::50] = shapely.box(1, 1, 2, 2)
    told = {"version": "1.1.0", "primary_column": "geometry"}
    told |= {"columns": {"geometry": {"encoding": "WKB", "geometry_types": []}}}
    schema = pa.schema([("id", pa.string()), ("geometry", pa.binary())])
    ids = [f"B{k}" for k in range(len(shapes))]
    table = pa.table([ids, pa.array(shapely.to_wkb(shapes))], schema=schema)
    pq.write_table(table.replace_schema_metadata({"geo": json.dumps(told)}), path)


def staged(folder: Path) -> Staged:
    district = read_district(folder / "district.toml")
    frame = Frame((115.0, 38.0, 119.0, 42.0), district.epsg)
    loader = TableLoader(district, Report(), Silent(), now=datetime(2026, 7, 1), frame=frame)
    spec = district.sources[0]
    return loader.stage("buildings", [(spec, file) for file in find_files(district, spec)])


def test_rows_are_those_of_objects_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    others = ("stations", "communities", "incidents")
    text = DISTRICT + "".join(NOT_READ.format(one) for one in others)
    (tmp_path / "district.toml").write_text(text, encoding="utf-8")
    write_buildings(tmp_path / "buildings.parquet")
    ours = staged(tmp_path)
    monkeypatch.setattr(outline_rows, "find_simple", lambda *found: np.zeros_like(found[2]))
    theirs = staged(tmp_path)
    assert ours.rows.equals(theirs.rows)
    assert 200 < ours.rows.num_rows < 300
    (one,), (other,) = ours.files, theirs.files
    assert one.n_rejected == other.n_rejected > 30
    assert one.mended == other.mended == [30]
    assert pa.Table.from_batches(one.rejected).equals(pa.Table.from_batches(other.rejected))
