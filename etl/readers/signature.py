"""What a file is by its first bytes, held against the format its district declares."""

from __future__ import annotations

from pathlib import Path

from etl.errors import SourceError
from etl.readers.raw import SourceFile

HEAD_BYTES = 4096

_MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"\x89PNG\r\n\x1a\n", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"GIF8", "a GIF picture"),
    (b"%PDF-", "a PDF document"),
    (b"Rar!\x1a\x07", "a RAR archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
    (b"\x1f\x8b", "a gzip file"),
    (b"BZh", "a bzip2 file"),
    (b"\xfd7zXZ\x00", "an xz file"),
    (b"\x28\xb5\x2f\xfd", "a Zstandard file"),
    (b"PK\x03\x04", "a zip archive"),
    (b"PK\x05\x06", "an empty zip archive"),
    (b"PK\x07\x08", "a split zip archive"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Office file (.xls, .doc or encrypted)"),
    (b"SQLite format 3\x00", "an SQLite database"),
    (b"PAR1", "a Parquet file"),
    (b"PARE", "an encrypted Parquet file"),
    (b"ARROW1", "an Arrow file"),
    (b"fgb\x03fgb", "a FlatGeobuf file"),
    (b"\x00\x00\x27\x0a", "a Shapefile"),
    (b"\x7fELF", "a program"),
    (b"MZ\x90", "a program"),
)
_EXPECTED = {
    "xlsx": ("a zip archive", "an XLSX workbook"),
    "gpkg": ("an SQLite database", "a GeoPackage"),
    "parquet": ("a Parquet file", "a Parquet file"),
    "geoparquet": ("a Parquet file", "a GeoParquet file"),
}
_MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")


def name_content(head: bytes) -> str | None:
    """Return what the first bytes of a file say it is, or None for plain text and the unknown."""
    for magic, name in _MAGIC:
        if head.startswith(magic):
            return name
    return _name_markup(head)


def _name_markup(head: bytes) -> str | None:
    text = head
    for mark in _MARKS:
        text = text.removeprefix(mark)
    text = text.replace(b"\x00", b"").lstrip().lower()
    if not text.startswith(b"<"):
        return None
    for word, name in (
        (b"<!doctype html", "an HTML page"),
        (b"<html", "an HTML page"),
        (b"<ogrvrt", "a GDAL virtual dataset"),
        (b"<kml", "a KML file"),
    ):
        if word in text[:1024]:
            return name
    return "an XML or HTML file"


def read_head(source: SourceFile) -> bytes:
    """Return the first bytes of a source, refusing what is missing, empty or no plain file.

    Raises
    ------
    SourceError
        When there is no such file, it cannot be opened, or it holds nothing.
    """
    path: Path = source.path
    if not path.exists():
        raise SourceError(
            f"{source.label}: no such file; expected a {source.format} file. "
            "Put the file in the district's folder, or correct `path` in the district file."
        )
    if not path.is_file():
        raise SourceError(
            f"{source.label}: a folder or device; expected a {source.format} file. "
            "Correct `path` in the district file."
        )
    try:
        with path.open("rb") as file:
            head = file.read(HEAD_BYTES)
    except OSError as error:
        raise SourceError(
            f"{source.label}: cannot be read ({error.strerror}); expected a readable file. "
            "Check the file's permissions and the disk."
        ) from None
    if not head:
        raise SourceError(
            f"{source.label}: empty, 0 bytes; expected a {source.format} file. "
            "Copy the file again; perhaps the copy had not finished."
        )
    return head


def check_signature(source: SourceFile) -> bytes:
    """Refuse a file whose first bytes contradict the declared format; return those bytes.

    Raises
    ------
    SourceError
        With what the file is and what was declared; declare the right format or send the right
        file.
    """
    head = read_head(source)
    found = name_content(head)
    wanted, article = _EXPECTED.get(source.format, (None, f"{source.format} text"))
    if source.format == "shapefile":
        wanted, article = "a zip archive", "a zipped Shapefile"
    if found == wanted:
        return head
    raise SourceError(
        f"{source.label}: {found or 'bytes of another kind'}; expected {article}. "
        "Export the data again in that format, or declare the right one in the district file."
    )
