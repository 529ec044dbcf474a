"""Workbooks whose bytes depend on their content alone."""

from __future__ import annotations

import io
import re
import zipfile
from datetime import date
from pathlib import Path

from openpyxl import Workbook

_STAMP = (1980, 1, 1, 0, 0, 0)
_MODIFIED = re.compile(rb"(<dcterms:(created|modified)[^>]*>)[^<]*(</dcterms:)")


def save_fixed(book: Workbook, out: Path, day: date) -> None:
    """Save a workbook with the same bytes for the same content.

    Parameters
    ----------
    book
        The workbook.
    out
        File; replaced.
    day
        Written as the day on which it was made.
    """
    made = io.BytesIO()
    book.save(made)
    moment = f"{day.isoformat()}T00:00:00Z".encode()
    with (
        zipfile.ZipFile(made) as source,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as sink,
    ):
        for name in sorted(source.namelist()):
            body = source.read(name)
            if name == "docProps/core.xml":
                body = _MODIFIED.sub(rb"\g<1>" + moment + rb"\g<3>", body)
            entry = zipfile.ZipInfo(name, _STAMP)
            entry.compress_type = zipfile.ZIP_DEFLATED
            sink.writestr(entry, body)
