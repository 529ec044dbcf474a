"""Encodings of text files: declared, marked or recognised; never guessed without saying so."""

from __future__ import annotations

import codecs
from dataclasses import dataclass, field

from etl.errors import SourceError
from etl.readers.raw import SourceFile
from etl.report import Finding

# The decoder of GB 18030 reads all of GB 2312 and GBK too; "gbk" would lose four-byte characters.
CODECS = {
    "utf-8": "utf-8",
    "gb18030": "gb18030",
    "utf-16": "utf-16",
    "cp949": "cp949",
    "big5": "big5hkscs",
}
_MARKS = (
    (codecs.BOM_UTF8, "utf-8", "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16", "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16", "utf-16-be"),
)
_PIECE = 1 << 22


@dataclass(frozen=True)
class Census:
    """What one pass over the bytes counted: `wide` are UTF-8 characters of three or four bytes."""

    n_high: int
    n_wide: int
    n_not_utf8: int
    not_utf8_line: int | None
    n_not_gb: int


@dataclass
class Choice:
    """The encoding to read with, and what is to be said of it."""

    encoding: str
    findings: list[Finding] = field(default_factory=list)


def strip_mark(data: bytes) -> tuple[int, str | None, str | None]:
    """Return the length of a byte order mark, the encoding it names and its codec."""
    if data.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        return 4, "utf-32", "utf-32"
    for mark, encoding, codec in _MARKS:
        if data.startswith(mark):
            return len(mark), encoding, codec
    return 0, None, None


def check_mark(source: SourceFile, marked: str | None) -> None:
    """Refuse a byte order mark that contradicts the declared encoding, and UTF-16 without one.

    Raises
    ------
    SourceError
        When mark and declaration differ; declare what the file is.
    """
    if marked == "utf-32" or (marked and source.encoding not in (None, marked)):
        raise SourceError(
            f"{source.label}: the file begins with the mark of {marked}; expected "
            f"{source.encoding or 'UTF-8, GB18030 or UTF-16'}. Save it in that encoding, or "
            "correct `encoding` in the district file."
        )
    if source.encoding == "utf-16" and marked is None:
        raise SourceError(
            f"{source.label}: no byte order mark; expected UTF-16 that says its byte order. "
            "Save the file as UTF-8, or as 'Unicode text'."
        )


def from_utf16(data: bytes, codec: str, source: SourceFile) -> bytes:
    """Return UTF-16 text (without its mark) as UTF-8.

    Raises
    ------
    SourceError
        When the bytes are no UTF-16; save the file again.
    """
    decoder = codecs.getincrementaldecoder(codec)()
    pieces = []
    try:
        for start in range(0, len(data), _PIECE):
            last = start + _PIECE >= len(data)
            text = decoder.decode(bytes(data[start : start + _PIECE]), last)
            pieces.append(text.encode("utf-8"))
    except UnicodeDecodeError as error:
        raise SourceError(
            f"{source.label}: not UTF-16 text ({error.reason}); expected whole characters. "
            "Save the file again as UTF-8; perhaps the copy was cut off."
        ) from None
    return b"".join(pieces)


def choose(source: SourceFile, census: Census, sample: bytes, marked: str | None) -> Choice:
    """Settle the encoding of a file of bytes: declared, else UTF-8, else GB 18030 with a finding.

    Parameters
    ----------
    source
        The file, its declared encoding and the words the district expects in it.
    census
        Counts over the whole file.
    sample
        A piece of the file with bytes above 127 (or any).
    marked
        Encoding named by a byte order mark, if any.

    Returns
    -------
    Choice
        Encoding and findings. Single broken characters are left to the rows that hold them.

    Raises
    ------
    SourceError
        When the declaration is contradicted by the bytes, or no encoding fits them.
    """
    declared = marked or source.encoding
    if declared == "utf-16":
        return Choice("utf-8", [_said(source, "utf-16")])
    if declared == "utf-8":
        _check_declared_utf8(source, census)
        return Choice("utf-8")
    if declared is not None:
        if census.n_not_utf8 == 0 and census.n_wide > 1:
            raise SourceError(
                f"{source.label}: UTF-8 text; expected {declared} as declared. "
                "Correct `encoding` in the district file."
            )
        return Choice(declared)
    if census.n_high == 0:
        return Choice("utf-8")
    if census.n_not_utf8 == 0:
        return _settle_ambiguous(source, census, sample)
    if census.n_not_gb == 0:
        return Choice("gb18030", [_said(source, "gb18030")])
    if _mostly_utf8(census):
        return Choice("utf-8")
    raise SourceError(
        f"{source.label}, line {census.not_utf8_line}: bytes that are neither UTF-8 nor GB18030; "
        f"expected one of {', '.join(CODECS)}. Declare `encoding` in the district file."
    )


def _mostly_utf8(census: Census) -> bool:
    return census.n_not_utf8 * 20 <= census.n_high


def _check_declared_utf8(source: SourceFile, census: Census) -> None:
    if census.n_not_utf8 and not _mostly_utf8(census):
        other = "reads as GB18030" if census.n_not_gb == 0 else "is no UTF-8"
        raise SourceError(
            f"{source.label}, line {census.not_utf8_line}: text that {other}; expected UTF-8 as "
            "declared. Correct `encoding` in the district file, or save the file as UTF-8."
        )


def _settle_ambiguous(source: SourceFile, census: Census, sample: bytes) -> Choice:
    """Choose between UTF-8 and GB 18030 when the bytes are both, by the words expected."""
    if census.n_wide or census.n_not_gb:
        return Choice("utf-8")
    as_utf8, as_gb = sample.decode("utf-8", "ignore"), sample.decode("gb18030", "ignore")
    known = [one for one in source.known_values if not one.isascii()]
    hits_utf8 = sum(one in as_utf8 for one in known)
    hits_gb = sum(one in as_gb for one in known)
    if hits_gb > hits_utf8:
        return Choice("gb18030", [_said(source, "gb18030")])
    if hits_utf8 > hits_gb:
        return Choice("utf-8")
    doubt = Finding(
        "warning",
        "encoding_ambiguous",
        f"{source.label}: every byte could be UTF-8 or GB18030; read as UTF-8. "
        "Declare `encoding` in the district file.",
        f"{source.label}：字节既可能是 UTF-8 也可能是 GB18030，按 UTF-8 读取。"
        "请在区配置文件中声明 encoding。",
        source.table,
        source.label,
    )
    return Choice("utf-8", [doubt])


def _said(source: SourceFile, encoding: str) -> Finding:
    name = encoding.upper()
    severity = "info" if source.encoding == encoding else "warning"
    return Finding(
        severity,  # type: ignore[arg-type]
        "encoding_detected",
        f"{source.label}: read as {name}; UTF-8 is the default. Declare `encoding` to be sure.",
        f"{source.label}：按 {name} 读取（默认 UTF-8）。请声明 encoding 以确保无误。",
        source.table,
        source.label,
    )
