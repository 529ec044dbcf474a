"""GeoPackages written by GDAL (through pyogrio), and bent by SQL."""

import sqlite3
from contextlib import closing
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely

from etl.errors import SourceError
from etl.readers import RawTable, SourceFile, read
from etl.readers.geopackage import strip_header


def table(path: Path, layer: str | None = None, *wanted: str) -> RawTable:
    return read(SourceFile(path, path.name, "communities", "gpkg", wanted or ("id",), layer=layer))


def frame(n: int = 50) -> gpd.GeoDataFrame:
    rng = np.random.default_rng(3)
    shapes = shapely.box(*rng.uniform(0, 1, (2, n)), *rng.uniform(2, 3, (2, n)))
    names = [f"小区{number}" for number in range(n)]
    return gpd.GeoDataFrame({"id": names, "n": range(n)}, geometry=shapes, crs=4326)


@pytest.fixture
def package(tmp_path: Path) -> Path:
    path = tmp_path / "a.gpkg"
    frame().to_file(path, layer="areas", driver="GPKG", engine="pyogrio")
    return path


def change(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path)) as base:
        for one in statements:
            base.execute(one)
        base.commit()


def test_rows_and_shapes_are_those_gdal_wrote_with_its_own_triggers(package: Path) -> None:
    raw = table(package, None, "id", "n")
    (batch,) = raw.batches
    found = shapely.from_wkb(batch["__geometry"].to_numpy(zero_copy_only=False))
    assert shapely.equals_exact(found, frame().geometry.to_numpy()).all()
    assert batch["id"].to_pylist() == frame()["id"].tolist()
    assert batch["n"].to_pylist() == list(range(50))
    assert batch["__line"].to_pylist() == list(range(1, 51))
    assert (raw.crs, raw.n_read) == ("EPSG:4326", 50)


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ("CREATE VIEW mine AS SELECT 1", "view mine; expected tables only"),
        ("CREATE VIEW rtree_mine AS SELECT 1", "view rtree_mine; expected tables only"),
        (
            "CREATE TRIGGER mine AFTER INSERT ON areas BEGIN SELECT 1; END",
            "trigger mine; expected tables only",
        ),
        ("UPDATE gpkg_geometry_columns SET srs_id = 77", "coordinate system 77 is not among"),
        (
            "UPDATE gpkg_spatial_ref_sys SET organization = 'x', definition = 'y' "
            "WHERE srs_id = 4326",
            "coordinate system 4326 cannot be read",
        ),
        ("DELETE FROM areas", "layer areas has no rows"),
        ("DELETE FROM gpkg_contents", "layers none; expected one"),
        ("DROP TABLE gpkg_contents", "a damaged GeoPackage"),
    ],
)
def test_what_cannot_be_trusted_is_refused(package: Path, statement: str, message: str) -> None:
    change(package, "PRAGMA foreign_keys = OFF", statement)
    with pytest.raises(SourceError, match=message):
        table(package)


def test_an_undefined_system_is_handed_on_as_undeclared(package: Path) -> None:
    change(package, "UPDATE gpkg_geometry_columns SET srs_id = -1")
    assert table(package).crs is None


def test_one_of_several_layers_must_be_named(package: Path) -> None:
    frame(3).to_file(package, layer="more", driver="GPKG", engine="pyogrio")
    with pytest.raises(SourceError, match="layers areas, more; expected one"):
        table(package)
    with pytest.raises(SourceError, match="layers areas, more; expected none"):
        table(package, "none")
    assert table(package, "more").n_read == 3


def test_a_flipped_page_fails_the_integrity_check(package: Path) -> None:
    data = bytearray(package.read_bytes())
    data[len(data) // 2 : len(data) // 2 + 4096] = bytes(range(256)) * 16
    package.write_bytes(data)
    with pytest.raises(SourceError, match="passes SQLite's integrity check"):
        table(package)


def test_an_open_package_is_refused(package: Path) -> None:
    package.with_name("a.gpkg-wal").write_bytes(b"x")
    with pytest.raises(SourceError, match="changes not yet written back"):
        table(package)


def test_blobs_that_are_no_shapes_are_handed_on_for_their_row_to_be_refused() -> None:
    wkb = shapely.to_wkb(shapely.Point(1, 2))
    assert strip_header(b"GP\x00\x01\x00\x00\x00\x00" + wkb) == wkb
    assert strip_header(b"GP\x00\x03\x00\x00\x00\x00" + bytes(32) + wkb) == wkb
    assert strip_header(b"noise") == b"noise"
    assert strip_header("text") == b""
    assert strip_header(None) is None
