"""Tables of dBASE, the attributes of a Shapefile: fixed widths, texts in an encoding to be settled.

References
----------
.. [1] Library of Congress (2020). dBASE Table File Format (DBF), sustainability of digital formats.
"""

from __future__ import annotations

import codecs
import struct
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from etl.errors import SourceError
from etl.readers.encoding import CODECS

_HEADER, _FIELD = 32, 32
_LANGUAGES = {0x4D: "gb18030", 0x4E: "cp949", 0x4F: "big5", 0x7A: "gb18030", 0x79: "cp949"}
_LANGUAGES |= {0x78: "big5", 0x08: "utf-8"}
_PAGES = {
    "utf8": "utf-8",
    "65001": "utf-8",
    "gbk": "gb18030",
    "gb2312": "gb18030",
    "gb18030": "gb18030",
    "cp936": "gb18030",
    "936": "gb18030",
    "ansi936": "gb18030",
    "euckr": "cp949",
    "cp949": "cp949",
    "949": "cp949",
    "ansi949": "cp949",
    "big5": "big5",
    "cp950": "big5",
    "950": "big5",
    "ansi950": "big5",
}


@dataclass(frozen=True)
class Field:
    """One field: raw name, type letter, and where its bytes stand in a record."""

    name: bytes
    kind: str
    begin: int
    width: int


@dataclass
class Table:
    """A dBASE table: its fields, its records as bytes, and what its header says of language."""

    fields: list[Field]
    records: np.ndarray
    language: str | None
    n_cut: int = 0
    n_bad: int = 0
    samples: list[bytes] = field(default_factory=list)

    @property
    def deleted(self) -> np.ndarray:
        """Records marked as deleted."""
        return np.asarray(self.records[:, 0] == 0x2A)


def name_page(text: str) -> str | None:
    """Return the encoding that the text of a .cpg file names, or None."""
    return _PAGES.get("".join(one for one in text.casefold() if one.isalnum()))


def read_table(data: bytes, label: str) -> Table:
    """Read the header of a .dbf and lay its records out.

    Raises
    ------
    SourceError
        When the file is shorter than its header says, or no dBASE table.
    """
    if len(data) < _HEADER + 1:
        raise _damaged(label, f"{len(data)} bytes")
    n, header, width = struct.unpack_from("<IHH", data, 4)
    fields, begin = [], 1
    at = _HEADER
    while at + _FIELD <= min(header, len(data)) and data[at] not in (0x0D, 0x00):
        name = data[at : at + 11].split(b"\x00", 1)[0]
        kind, size = chr(data[at + 11]), data[at + 16]
        if kind == "C":  # some writers keep the high byte of long texts in the decimal count
            size += data[at + 17] << 8
        fields.append(Field(name, kind, begin, size))
        begin += size
        at += _FIELD
    if not fields or begin > width:
        raise _damaged(label, f"{len(fields)} fields in records of {width} bytes")
    if len(data) < header + n * width:
        raise _damaged(label, f"{(len(data) - header) // max(width, 1):,} of {n:,} records")
    records = np.frombuffer(data, np.uint8, n * width, header).reshape(n, width)
    return Table(fields, records, _LANGUAGES.get(data[29]))


def _damaged(label: str, found: str) -> SourceError:
    return SourceError(
        f"{label}: {found}; expected a whole .dbf. Export the layer again; perhaps the copy had "
        "not finished."
    )


def choose_encoding(table: Table, told: Sequence[tuple[str, str | None]], label: str) -> str:
    """Settle the encoding of a table's names and texts.

    Parameters
    ----------
    table
        The table.
    told
        Who names which encoding ("the district file", ".cpg", …), the most trusted first.
    label
        Name of the file in messages.

    Returns
    -------
    str
        An encoding of `etl.readers.encoding.CODECS`: as told, else UTF-8 if the bytes are, else
        GB 18030 if they are.

    Raises
    ------
    SourceError
        When the bytes contradict what was told, or fit nothing.
    """
    texts = [one for one in _all_texts(table) if not one.isascii()]
    for who, encoding in told:
        if encoding is not None:
            if _fraction_bad(texts, encoding) > 0.05:
                fits = [one for one in ("utf-8", "gb18030") if _fraction_bad(texts, one) == 0]
                found = f"in {fits[0]}" if fits else "of another encoding"
                raise SourceError(
                    f"{label}: texts {found}; expected {encoding}, as {who} says. "
                    f"Correct {who}, or export the layer again."
                )
            return encoding
    for encoding in ("utf-8", "gb18030"):
        if _fraction_bad(texts, encoding) == 0:
            return encoding
    raise SourceError(
        f"{label}: texts that are neither UTF-8 nor GB18030; expected one of {', '.join(CODECS)}. "
        "Declare `encoding` in the district file, or add a .cpg file."
    )


def _all_texts(table: Table) -> list[bytes]:
    found = [one.name for one in table.fields]
    for one in table.fields:
        if one.kind == "C":
            found += _column(table, one)
    return found


def _column(table: Table, one: Field) -> list[bytes]:
    cells = np.ascontiguousarray(table.records[:, one.begin : one.begin + one.width])
    flat = cells.view(f"S{one.width}").ravel() if one.width else np.zeros(len(cells), "S1")
    return [bytes(cell).strip(b" \x00") for cell in flat.tolist()]


def _fraction_bad(texts: list[bytes], encoding: str) -> float:
    bad = sum(_decode(one, encoding)[1] for one in texts)
    return bad / len(texts) if texts else 0.0


def _decode(raw: bytes, encoding: str) -> tuple[str, bool]:
    """Return the text and whether it is broken; a character cut by the width is dropped."""
    try:
        # Not final: bytes of a character that has begun and not ended are kept back, not refused.
        return codecs.getincrementaldecoder(CODECS[encoding])().decode(raw, False), False
    except UnicodeDecodeError:
        return raw.decode(CODECS[encoding], "replace"), True


def decode_names(table: Table, encoding: str) -> list[str]:
    """Return the names of the fields."""
    return [_decode(one.name, encoding)[0].strip() for one in table.fields]


def texts_of(table: Table, one: Field, encoding: str) -> list[str | None]:
    """Return one field as texts: dates in ISO 8601, logicals as true and false, blanks as null.

    Parameters
    ----------
    table
        The table.
    one
        The field.
    encoding
        Encoding of its texts.

    Returns
    -------
    list of str or None
        One text a record, deleted ones included.
    """
    cells = _column(table, one)
    if one.kind == "D":
        return [_day(cell) for cell in cells]
    if one.kind == "L":
        return [_LOGICAL.get(cell.upper()) for cell in cells]
    if one.kind in "NF":
        return [None if cell.startswith(b"*") else _plain(cell) for cell in cells]
    if one.kind != "C":
        return [None] * len(cells)
    return [_decode(cell, encoding)[0] or None for cell in cells]


_LOGICAL = {b"T": "true", b"Y": "true", b"F": "false", b"N": "false"}


def _plain(cell: bytes) -> str | None:
    return cell.decode("ascii", "replace") or None


def _day(cell: bytes) -> str | None:
    text = cell.decode("ascii", "replace")
    if text.strip("0 ") == "":
        return None
    return f"{text[:4]}-{text[4:6]}-{text[6:]}" if len(text) == 8 else text
