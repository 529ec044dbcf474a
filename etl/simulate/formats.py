"""Write the formats agencies send: the same rows give the same bytes, whatever the clock says."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from xml.sax.saxutils import escape

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pyogrio
import shapely
from pyogrio.raw import write as write_layer
from pyproj import CRS

STAMP = (2026, 7, 1, 2, 30, 0)
_EPOCH = date(1899, 12, 30)  # day 0 of spreadsheets


def zip_fixed(path: Path, members: dict[str, bytes]) -> None:
    """Write a zip archive whose members all carry the same moment."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in members.items():
            info = zipfile.ZipInfo(name, STAMP)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o644 << 16
            archive.writestr(info, body)


_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_OOXML = "http://schemas.openxmlformats.org"
_MAIN = f"{_OOXML}/spreadsheetml/2006/main"
_PACKAGE = f"{_OOXML}/package/2006"
_OFFICE = f"{_OOXML}/officeDocument/2006/relationships"
_SHEET_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_PARTS = {
    "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types">'
    '<Default Extension="rels" '
    'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/>'
    f'<Override PartName="/xl/workbook.xml" ContentType="{_SHEET_TYPE}.sheet.main+xml"/>'
    f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_SHEET_TYPE}.worksheet+xml"/>'
    f'<Override PartName="/xl/styles.xml" ContentType="{_SHEET_TYPE}.styles+xml"/>'
    f'<Override PartName="/xl/sharedStrings.xml" ContentType="{_SHEET_TYPE}.sharedStrings+xml"/>'
    "</Types>",
    "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1" '
    f'Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{_OFFICE}/worksheet" Target="worksheets/sheet1.xml"/>'
    f'<Relationship Id="rId2" Type="{_OFFICE}/styles" Target="styles.xml"/>'
    f'<Relationship Id="rId3" Type="{_OFFICE}/sharedStrings" Target="sharedStrings.xml"/>'
    "</Relationships>",
    "xl/styles.xml": f'<styleSheet xmlns="{_MAIN}"><fonts count="1"><font><sz val="11"/>'
    '<name val="Calibri"/></font></fonts><fills count="2"><fill><patternFill '
    'patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills>'
    '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/>'
    '</cellStyleXfs><cellXfs count="2"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" '
    'xfId="0"/><xf numFmtId="14" fontId="0" fillId="0" borderId="0" xfId="0" '
    'applyNumberFormat="1"/></cellXfs><cellStyles count="1"><cellStyle name="Normal" '
    'xfId="0" builtinId="0"/></cellStyles></styleSheet>',
}


def write_xlsx(
    path: Path, names: Sequence[str], rows: Iterator[Sequence[object]], sheet: str
) -> None:
    """Write one worksheet: texts shared, numbers as numbers, dates as dated serials."""
    shared: dict[str, int] = {}
    letters = [_letters(k) for k in range(len(names))]
    body = io.StringIO()
    body.write(f'{_XML}<worksheet xmlns="{_MAIN}"><sheetData>')
    for line, row in enumerate(_with_header(names, rows), start=1):
        cells = "".join(_cell(f"{letters[k]}{line}", value, shared) for k, value in enumerate(row))
        body.write(f'<row r="{line}">{cells}</row>')
    body.write("</sheetData></worksheet>")
    texts = "".join(f'<si><t xml:space="preserve">{escape(one)}</t></si>' for one in shared)
    book = (
        f'{_XML}<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>'
        f'<sheet name="{escape(sheet)}" sheetId="1" r:id="rId1"/></sheets></workbook>'
    )
    strings = f'{_XML}<sst xmlns="{_MAIN}" uniqueCount="{len(shared)}">{texts}</sst>'
    parts = {name: _XML + text for name, text in _PARTS.items()}
    parts |= {"xl/workbook.xml": book, "xl/sharedStrings.xml": strings}
    parts["xl/worksheets/sheet1.xml"] = body.getvalue()
    zip_fixed(path, {name: text.encode("utf-8") for name, text in parts.items()})


def _with_header(
    names: Sequence[str], rows: Iterator[Sequence[object]]
) -> Iterator[Sequence[object]]:
    yield names
    yield from rows


def _letters(k: int) -> str:
    return (chr(64 + k // 26) if k >= 26 else "") + chr(65 + k % 26)


def _cell(place: str, value: object, shared: dict[str, int]) -> str:
    if value is None or value == "":
        return ""
    if isinstance(value, date):
        return f'<c r="{place}" s="1"><v>{(value - _EPOCH).days}</v></c>'
    if isinstance(value, int | float):
        return f'<c r="{place}"><v>{value!r}</v></c>'
    index = shared.setdefault(str(value), len(shared))
    return f'<c r="{place}" t="s"><v>{index}</v></c>'


def write_geojson(path: Path, shapes: np.ndarray, columns: Mapping[str, Sequence[object]]) -> None:
    """Write polygons in WGS 84 degrees, seven decimals, one feature a line."""
    names = list(columns)
    with path.open("w", encoding="utf-8", newline="\n") as out:
        out.write('{"type":"FeatureCollection","features":[\n')
        for k, shape in enumerate(shapes):
            values = {name: columns[name][k] for name in names}
            geometry = None
            if shape is not None:
                ring = np.round(shapely.get_coordinates(shape), 7).tolist()
                geometry = {"type": "Polygon", "coordinates": [ring]}
            feature = {"type": "Feature", "properties": values, "geometry": geometry}
            text = json.dumps(feature, ensure_ascii=False, separators=(",", ":"))
            out.write(("," if k else "") + text + "\n")
        out.write("]}\n")


@contextmanager
def _fixed_clock() -> Iterator[None]:
    moment = "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.000Z".format(*STAMP)
    before = pyogrio.get_gdal_config_option("OGR_CURRENT_DATE")
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": moment})
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": before})


def write_gpkg(
    path: Path, shapes: np.ndarray, columns: Mapping[str, Sequence[object]], *, layer: str, crs: str
) -> None:
    """Write polygons as a GeoPackage layer."""
    path.unlink(missing_ok=True)
    with _fixed_clock():
        _write_layer(path, shapes, columns, driver="GPKG", layer=layer, crs=crs)


def write_shapefile_zip(
    path: Path, shapes: np.ndarray, columns: Mapping[str, Sequence[object]], *, layer: str, crs: str
) -> None:
    """Write polygons as a zipped Shapefile with a GBK attribute table."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / f"{layer}.shp"
        _write_layer(file, shapes, columns, driver="ESRI Shapefile", encoding="GBK", crs=crs)
        members = {}
        for one in sorted(Path(folder).iterdir()):
            body = bytearray(one.read_bytes())
            if one.suffix == ".dbf":  # bytes 1 to 3 hold the day of the last change
                body[1:4] = bytes((STAMP[0] - 1900, STAMP[1], STAMP[2]))
            members[one.name] = bytes(body)
    zip_fixed(path, members)


def _write_layer(
    path: Path, shapes: np.ndarray, columns: Mapping[str, Sequence[object]], **more: str
) -> None:
    write_layer(
        str(path),
        np.asarray(shapely.to_wkb(shapes), dtype=object),
        [np.asarray(one, dtype=object) for one in columns.values()],
        list(columns),
        geometry_type="Polygon",
        **more,
    )


def write_geoparquet(
    path: Path, batches: Iterator[tuple[np.ndarray, pa.Table]], *, crs: str
) -> None:
    """Write polygons in a projected system as GeoParquet 1.1, batch by batch; None stays null."""
    column = {
        "encoding": "WKB",
        "geometry_types": ["Polygon"],
        "crs": CRS.from_user_input(crs).to_json_dict(),
    }
    meta = {"version": "1.1.0", "primary_column": "geometry", "columns": {"geometry": column}}
    told = {"geo": json.dumps(meta, ensure_ascii=False)}
    writer: pq.ParquetWriter | None = None
    for shapes, table in batches:
        geometry = pa.array(shapely.to_wkb(shapes), pa.binary())
        table = table.append_column("geometry", geometry).replace_schema_metadata(told)
        if writer is None:
            writer = pq.ParquetWriter(
                path, table.schema, compression="zstd", write_page_checksum=True
            )
        writer.write_table(table)
    if writer is not None:
        writer.close()
