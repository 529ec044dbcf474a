"""One module a format; each gives raw rows as found, with line numbers and digest."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

from etl.errors import SourceError
from etl.readers.raw import GEOMETRY, LINE, RawTable, SourceFile

__all__ = ["GEOMETRY", "LINE", "RawTable", "SourceFile", "read"]

_MODULES = {
    "csv": "delimited",
    "tsv": "delimited",
    "xlsx": "workbook",
    "geojson": "geojson",
    "gpkg": "geopackage",
    "shapefile": "shapefile",
    "parquet": "parquet",
    "geoparquet": "parquet",
}


def read(source: SourceFile) -> RawTable:
    """Open one file in the format its district declares.

    Parameters
    ----------
    source
        The file and what the district says of it.

    Returns
    -------
    RawTable
        Its rows as found. Iterating over `batches` may still raise `SourceError`, when damage
        shows only while reading.

    Raises
    ------
    SourceError
        When the file as a whole cannot be used; the text says why and how to mend it.
    """
    module = _MODULES.get(source.format)
    if module is None:
        raise SourceError(
            f"{source.label}: declared as {source.format!r}; expected one of "
            f"{', '.join(_MODULES)}. Correct `format` in the district file."
        )
    reader: Callable[[SourceFile], RawTable] = import_module(f"etl.readers.{module}").read
    return reader(source)
