"""Shapefiles written by GDAL (through pyogrio), packed, cut and bent by hand."""

import struct
import zipfile
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely

from etl.errors import SourceError
from etl.readers import RawTable, SourceFile, read, shp

PARTS = ("shp", "shx", "dbf", "prj", "cpg")


def table(path: Path, *wanted: str, **more: object) -> RawTable:
    source = SourceFile(path, path.name, "communities", "shapefile", wanted or ("id",), **more)  # type: ignore[arg-type]
    return read(source)


def shapes_of(raw: RawTable) -> np.ndarray:
    batches = list(raw.batches)
    return shapely.from_wkb(
        np.concatenate([one["__geometry"].to_numpy(zero_copy_only=False) for one in batches])
    )


def write(folder: Path, shapes: list[shapely.Geometry], crs: object = 4326, **more: object) -> Path:
    folder.mkdir(exist_ok=True)
    columns = {"id": [f"小区{n}" for n in range(len(shapes))]}
    path = folder / "a.shp"
    gpd.GeoDataFrame(columns, geometry=shapes, crs=crs).to_file(
        path, driver="ESRI Shapefile", engine="pyogrio", **more
    )
    return path


def pack(shp: Path, name: str = "a.zip", leave: tuple[str, ...] = ()) -> Path:
    path = shp.parent / name
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for part in PARTS:
            if part not in leave and shp.with_suffix(f".{part}").exists():
                archive.write(shp.with_suffix(f".{part}"), f"a.{part}")
    return path


RING = shapely.Point(0, 0).buffer(5, quad_segs=3) - shapely.Point(0, 0).buffer(2, quad_segs=2)
ISLAND = shapely.Point(0, 0).buffer(1, quad_segs=2)
MANY = shapely.MultiPolygon([RING, ISLAND, shapely.box(9, 9, 10, 10)])


@pytest.mark.parametrize(
    "shapes",
    [
        [shapely.Point(1, 2), shapely.Point(3, 4)],
        [shapely.box(0, 0, 1, 1), RING, MANY, None],
        [shapely.LineString([(0, 0), (1, 1)]), shapely.MultiLineString([[(0, 0), (1, 1)]] * 2)],
        [shapely.MultiPoint([(0, 0), (1, 1)])],
    ],
)
def test_shapes_are_those_of_gdal_with_holes_and_islands(
    tmp_path: Path, shapes: list[shapely.Geometry]
) -> None:
    path = write(tmp_path, shapes)
    golden = gpd.read_file(path, engine="pyogrio").geometry.to_numpy()
    found = shapes_of(table(path))
    missing = shapely.is_missing(golden)
    assert (shapely.is_missing(found) == missing).all()
    a, b = shapely.normalize(found[~missing]), shapely.normalize(golden[~missing])
    if shapely.get_type_id(golden[0]) == shapely.GeometryType.LINESTRING:
        a = shapely.normalize(shapely.line_merge(a))
        b = shapely.normalize(shapely.line_merge(b))
    assert shapely.equals(a, b).all()
    assert shapely.area(a).tolist() == shapely.area(b).tolist()


@pytest.mark.parametrize("forward", [True, False])
def test_rings_drawn_the_wrong_way_round_are_grouped_by_what_holds_what(forward: bool) -> None:
    rings = [
        np.asarray(one.coords)
        for part in MANY.geoms
        for one in (shapely.LinearRing(part.exterior), *part.interiors)
    ]
    ways = [
        one if shapely.is_ccw(shapely.LinearRing(one)) == forward else one[::-1] for one in rings
    ]
    found = shapely.from_wkb(shp._polygons([np.ascontiguousarray(one).tobytes() for one in ways]))
    if forward:
        assert found.equals(MANY)
    else:  # clockwise rings are shells by the rule: four of them
        assert len(found.geoms) == 4


def test_a_folder_a_file_and_a_zip_give_the_same(tmp_path: Path) -> None:
    path = write(tmp_path / "layer", [shapely.box(0, 0, 1, 1)])
    packed = pack(path).rename(tmp_path / "a.zip")
    for place in (path, path.parent, packed):
        raw = table(place)
        (batch,) = raw.batches
        assert batch["id"].to_pylist() == ["小区0"]
        assert (raw.crs, raw.encoding) == ("EPSG:4326", "utf-8")


@pytest.mark.parametrize("told", ["cpg", "language", "district", "nothing"])
def test_gbk_texts_are_read_however_they_are_told(tmp_path: Path, told: str) -> None:
    path = write(tmp_path, [shapely.Point(0, 0)] * 3, encoding="GBK")
    dbf, cpg = path.with_suffix(".dbf"), path.with_suffix(".cpg")
    data = bytearray(dbf.read_bytes())
    data[29] = 0x4D if told == "language" else 0
    dbf.write_bytes(data)
    cpg.unlink(missing_ok=True)
    if told == "cpg":
        cpg.write_text("GBK")
    raw = table(path, encoding="gb18030" if told == "district" else None)
    (batch,) = raw.batches
    assert batch["id"].to_pylist() == ["小区0", "小区1", "小区2"]
    assert [one.code for one in raw.findings] == (
        ["encoding_detected"] if told == "nothing" else []
    )


def test_a_cpg_that_the_texts_contradict_refuses_the_file(tmp_path: Path) -> None:
    path = write(tmp_path, [shapely.Point(0, 0)] * 3, encoding="GBK")
    path.with_suffix(".cpg").write_text("UTF-8")
    with pytest.raises(SourceError, match=r"texts in gb18030; expected utf-8, as the \.cpg"):
        table(path)


@pytest.mark.parametrize(("n_bad", "refused"), [(1, False), (3, True)])
def test_few_broken_texts_cost_their_rows_and_many_the_file(
    tmp_path: Path, n_bad: int, refused: bool
) -> None:
    path = write(tmp_path, [shapely.Point(0, 0)] * 40)
    dbf = path.with_suffix(".dbf")
    data = bytearray(dbf.read_bytes())
    header, width = struct.unpack_from("<HH", data, 8)
    for number in range(n_bad):
        data[header + number * width + 1 : header + number * width + 3] = b"\xff\xfe"
    dbf.write_bytes(data)
    if refused:
        with pytest.raises(SourceError, match="texts of another encoding; expected utf-8"):
            table(path)
        return
    raw = table(path)
    (batch,) = raw.batches
    assert batch["__line"].to_pylist() == list(range(2, 41))
    assert [(one.line, one.rule) for one in raw.rejections] == [(1, "text_unsafe")]


def test_a_character_cut_by_the_width_is_dropped_without_harm(tmp_path: Path) -> None:
    path = write(tmp_path, [shapely.Point(0, 0)])
    dbf = path.with_suffix(".dbf")
    data = dbf.read_bytes()
    width = data[32 + 16]
    header = struct.unpack_from("<H", data, 8)[0]
    cell = ("小" * width).encode()[:width]
    dbf.write_bytes(data[: header + 1] + cell + data[header + 1 + width :])
    (batch,) = table(path).batches
    assert batch["id"].to_pylist() == ["小" * (width // 3)]


def test_deleted_records_are_left_out_with_their_shapes(tmp_path: Path) -> None:
    path = write(tmp_path, [shapely.Point(n, n) for n in range(3)])
    dbf = path.with_suffix(".dbf")
    data = bytearray(dbf.read_bytes())
    header, width = struct.unpack_from("<HH", data, 8)
    data[header + width] = 0x2A
    dbf.write_bytes(data)
    raw = table(path)
    (batch,) = raw.batches
    assert (batch["id"].to_pylist(), batch["__line"].to_pylist()) == (["小区0", "小区2"], [1, 3])
    assert (raw.n_read, [one.code for one in raw.findings]) == (2, ["deleted_records"])


@pytest.mark.parametrize("part", ["shp", "shx", "dbf"])
def test_a_part_that_is_missing_or_cut_refuses_the_file(tmp_path: Path, part: str) -> None:
    path = write(tmp_path, [shapely.box(0, 0, 1, 1)] * 5)
    with pytest.raises(SourceError, match=rf"no \.{part}; expected \.shp, \.shx, \.dbf together"):
        table(pack(path, leave=(part,)))
    victim = path.with_suffix(f".{part}")
    victim.write_bytes(victim.read_bytes()[:-40])
    with pytest.raises(SourceError, match=r"expected a whole (Shapefile|\.dbf)"):
        table(path)


def test_an_index_that_points_outside_refuses_the_file(tmp_path: Path) -> None:
    path = write(tmp_path, [shapely.Point(0, 0)] * 2)
    shx = path.with_suffix(".shx")
    data = bytearray(shx.read_bytes())
    struct.pack_into(">i", data, 108, 1 << 20)
    shx.write_bytes(data)
    with pytest.raises(SourceError, match="an index that points outside the shapes"):
        table(path)


def test_a_polygon_that_claims_too_many_points_is_unreadable_and_no_more(tmp_path: Path) -> None:
    path = write(tmp_path, [shapely.box(0, 0, 1, 1)] * 2)
    data = bytearray(path.read_bytes())
    struct.pack_into("<I", data, 108 + 40, 1 << 30)
    path.write_bytes(data)
    (batch,) = table(path).batches
    first, second = batch["__geometry"].to_pylist()
    assert first == b""
    assert shapely.from_wkb(second).area == 1.0


def test_several_layers_need_a_name(tmp_path: Path) -> None:
    path = write(tmp_path, [shapely.Point(0, 0)])
    for part in PARTS:
        source = path.with_suffix(f".{part}")
        (tmp_path / f"b.{part}").write_bytes(source.read_bytes())
    with pytest.raises(SourceError, match="a, b; expected one layer"):
        table(tmp_path)
    assert table(tmp_path, layer="B").n_read == 1
    with pytest.raises(SourceError, match=r"no \.shp; expected c"):
        table(tmp_path, layer="c")


def test_projections_are_named_or_kept_whole_and_absence_is_not_wgs84(tmp_path: Path) -> None:
    path = write(tmp_path, [shapely.Point(5e5, 4e6)], crs=4549)
    assert table(path).crs == "EPSG:4549"
    path.with_suffix(".prj").write_text("nonsense")
    with pytest.raises(SourceError, match=r"a \.prj that names no known coordinate system"):
        table(path)
    path.with_suffix(".prj").unlink()
    assert table(path).crs is None


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("../up.txt", "points outside the archive"),
        ("/tmp/abs.txt", "points outside the archive"),
        ("C:\\abs.txt", "points outside the archive"),
        ("a/..\\..\\up.txt", "points outside the archive"),
        ("in.ZIP", "is an archive itself"),
    ],
)
def test_members_that_climb_or_nest_refuse_the_archive(
    tmp_path: Path, name: str, message: str
) -> None:
    path = pack(write(tmp_path, [shapely.Point(0, 0)]))
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(zipfile.ZipInfo(name), b"x")
    with pytest.raises(SourceError, match=message):
        table(path)


def test_links_and_passwords_refuse_the_archive(tmp_path: Path) -> None:
    path = pack(write(tmp_path, [shapely.Point(0, 0)]))
    with zipfile.ZipFile(path, "a") as archive:
        link = zipfile.ZipInfo("link")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, b"/etc/hostname")
    with pytest.raises(SourceError, match="is a link"):
        table(path)
    path = pack(write(tmp_path, [shapely.Point(0, 0)]))
    data = bytearray(path.read_bytes())
    data[data.rindex(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(data)
    with pytest.raises(SourceError, match="is encrypted"):
        table(path)


def test_damage_inside_a_member_refuses_the_archive(tmp_path: Path) -> None:
    path = pack(write(tmp_path, [shapely.Point(0, 0)]))
    data = bytearray(path.read_bytes())
    data[60:80] = bytes(20)
    path.write_bytes(data)
    with pytest.raises(SourceError, match="cannot be unpacked"):
        table(path)
