"""Source values to the dictionary's types, whole columns at a time; failures are masks, not errors.

The common case is one Arrow cast. Only values that the cast refuses are looked at one by one, each
distinct text once.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from etl import times
from etl.dictionary.model import Kind

NOTHING = frozenset(
    "|null|none|nan|n/a|na|#n/a|nil|\\n|-|--|—|/|?|(null)|<null>|无|空|不详|未知|暂无".split("|")
)
_NOTHING_AS_WRITTEN = pa.array(
    sorted({form for one in NOTHING for form in (one, one.upper(), one.title())})
)
TRUE = frozenset({"true", "t", "1", "yes", "y", "是", "有", "1.0"})
FALSE = frozenset({"false", "f", "0", "no", "n", "否", "无", "没有", "0.0"})
ARROW_TYPES: dict[Kind, pa.DataType] = {
    "text": pa.string(),
    "int": pa.int64(),
    "float": pa.float64(),
    "bool": pa.bool_(),
    "date": pa.date32(),
    "instant": pa.timestamp("us"),
    "geometry": pa.binary(),
    "json": pa.string(),
    "bytes": pa.binary(),
    "floats": pa.list_(pa.float64()),
}
UNIX = datetime(1970, 1, 1)
FIRST_US, LAST_US = -(2**55), 2**55  # from the year 828 to 3111
_OFFSET = re.compile(r":\d{2}(\.\d+)?\s*(Z|[+-]\d{2}:?\d{2})$")
_DECIMAL = re.compile(r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$")


@dataclass
class Converted:
    """A typed column, and the rows (by index) that could not be converted, by rule."""

    values: pa.Array
    failures: dict[str, np.ndarray] = field(default_factory=dict)


def trimmed(column: pa.Array) -> pa.Array:
    """Return the texts without surrounding blanks, spellings of nothing as null.

    Parameters
    ----------
    column
        Any array; numbers become their decimal text, whole floats without a fraction.

    Returns
    -------
    pyarrow.StringArray
        Same length; NFC where a text is not ASCII.
    """
    texts = _as_text(column)
    texts = pc.utf8_trim_whitespace(texts)
    if not pc.all(pc.string_is_ascii(texts), min_count=0).as_py():
        texts = pc.utf8_normalize(texts, form="NFC")
    nothing = pc.is_in(texts, value_set=_NOTHING_AS_WRITTEN)
    if not pc.any(nothing, min_count=0).as_py():
        return texts
    return pc.if_else(nothing, pa.scalar(None, pa.string()), texts)


def _as_text(column: pa.Array) -> pa.Array:
    kind = column.type
    if pa.types.is_string(kind):
        return column
    if pa.types.is_null(kind):
        return pa.nulls(len(column), pa.string())
    if pa.types.is_dictionary(kind):
        return _as_text(column.dictionary_decode())
    if pa.types.is_floating(kind):
        whole = pc.and_(pc.equal(column, pc.floor(column)), pc.less(pc.abs(column), 2.0**53))
        if pc.all(pc.fill_null(whole, True), min_count=0).as_py():
            return pc.cast(pc.cast(column, pa.int64()), pa.string())
    return pc.cast(column, pa.string())


def convert(
    column: pa.Array, kind: Kind, *, zone: ZoneInfo, formats: tuple[str, ...] = ()
) -> Converted:
    """Convert a source column to the type the dictionary gives it.

    Parameters
    ----------
    column
        Values as the reader found them.
    kind
        The dictionary's type.
    zone
        Time zone of moments that carry no offset.
    formats
        strptime forms that the source declares; of moments only these are then accepted, days
        may also be written year first, which has one meaning.

    Returns
    -------
    Converted
        Typed values (instants in UTC), null where empty or failed, and the failed rows by rule.
    """
    wanted = ARROW_TYPES[kind]
    if kind in ("geometry", "bytes", "json"):
        return Converted(column)
    if kind == "text" and pa.types.is_dictionary(column.type):
        words = by_number(trimmed(column.dictionary))
        return Converted(_said_by(words, column.indices))
    if kind == "instant" and pa.types.is_timestamp(column.type):
        return Converted(_instants(column, zone))
    if kind == "date" and (pa.types.is_timestamp(column.type) or pa.types.is_date(column.type)):
        return Converted(pc.cast(column, pa.date32(), safe=False))
    if kind == "bool" and pa.types.is_boolean(column.type):
        return Converted(column)
    if kind in ("float", "int") and _is_number(column.type):
        return _numbers(column, kind)
    if kind == "bool":
        return _each(_as_text(column), _bool, wanted)
    whole = _whole_numbers(column) if kind in ("float", "int") else None
    if whole is not None:
        return _numbers(whole, kind)
    if kind in ("date", "instant") and not formats:
        whole = _cast_whole(_as_text(column), (), kind)  # texts without blanks, as most are
        if whole is not None:
            return Converted(whole if kind == "date" else _instants(whole, zone))
    texts = trimmed(column)
    if kind == "text":
        return Converted(texts)
    if kind in ("float", "int"):
        return _number_texts(texts, kind)
    return _time_texts(texts, kind, zone, formats)


def by_number(texts: pa.Array) -> pa.DictionaryArray:
    """Return texts as numbers of the words they say, which are then looked at once each."""
    if pa.types.is_dictionary(texts.type):
        return texts
    return _as_text(texts).dictionary_encode()


def _said_by(words: pa.DictionaryArray, numbers: pa.Array) -> pa.DictionaryArray:
    """Return the words at some places of a column of words; spelt twice, a word is one still."""
    return pa.DictionaryArray.from_arrays(words.indices.take(numbers), words.dictionary)


def _is_number(kind: pa.DataType) -> bool:
    return bool(pa.types.is_floating(kind) or pa.types.is_integer(kind))


def _numbers(column: pa.Array, kind: Kind) -> Converted:
    values = pc.cast(column, pa.float64(), safe=False)
    finite = pc.fill_null(pc.is_finite(values), True)
    if kind == "int":
        finite = pc.and_(finite, pc.fill_null(pc.equal(values, pc.floor(values)), True))
    bad = ~np.asarray(finite)
    clean = pc.if_else(pa.array(~bad), values, pa.scalar(None, pa.float64()))
    if kind == "int":
        clean = pc.cast(clean, pa.int64(), safe=False)
    return Converted(clean, _failed("type", bad))


def _whole_numbers(texts: pa.Array) -> pa.Array | None:
    """Return the column as floats in one cast, or None when any text resists."""
    try:
        return pc.cast(_as_text(texts), pa.float64())
    except pa.ArrowInvalid:
        return None


def _number_texts(texts: pa.Array, kind: Kind) -> Converted:
    found = _each(texts, _decimal, pa.float64())
    again = _numbers(found.values, kind)
    again.failures = _merge(found.failures, again.failures)
    return again


def _decimal(text: str) -> tuple[float | None, str | None]:
    plain = unicodedata.normalize("NFKC", text).strip().replace("−", "-")
    if plain.casefold() in NOTHING:
        return None, None
    if not _DECIMAL.match(plain):
        return None, "type"
    return float(plain), None


def _bool(text: str) -> tuple[bool | None, str | None]:
    plain = unicodedata.normalize("NFKC", text).strip().casefold()
    if plain in TRUE:
        return True, None
    if plain in FALSE:
        return False, None
    return (None, None) if plain in NOTHING else (None, "type")


def _time_texts(texts: pa.Array, kind: Kind, zone: ZoneInfo, formats: tuple[str, ...]) -> Converted:
    local = _cast_whole(texts, formats, kind)
    if local is not None:
        return Converted(local if kind == "date" else _instants(local, zone))
    parse = _moment_parser(zone, formats) if kind == "instant" else _day_parser(formats)
    return _each(texts, parse, ARROW_TYPES[kind])


def _cast_whole(texts: pa.Array, formats: tuple[str, ...], kind: Kind) -> pa.Array | None:
    """Return the column converted in one go, or None when any value resists."""
    if formats:
        moments = pc.strptime(texts, format=formats[0], unit="us", error_is_null=True)
        if moments.null_count != texts.null_count:
            return None
        # Arrow's strptime rolls some impossible days over instead of refusing them.
        if "%" in formats[0] and not _same_text(texts, moments, formats[0]):
            return None
        return pc.cast(moments, pa.date32(), safe=False) if kind == "date" else moments
    first = pc.drop_null(texts)[:1].to_pylist()
    zone = "UTC" if first and _OFFSET.search(first[0]) else None
    try:
        return pc.cast(texts, pa.date32() if kind == "date" else pa.timestamp("us", zone))
    except pa.ArrowInvalid:
        return None


def _same_text(texts: pa.Array, moments: pa.Array, form: str) -> bool:
    days = pc.strftime(moments, format="%d")
    if "%d" not in form or "%Y-%m-%d" not in form:
        return False
    start = form.index("%Y-%m-%d")
    if start != 0:
        return False
    written = pc.utf8_slice_codeunits(texts, 8, 10)
    return bool(pc.all(pc.fill_null(pc.equal(days, written), True), min_count=0).as_py())


def _instants(moments: pa.Array, zone: ZoneInfo) -> pa.Array:
    """Return timestamps in UTC without a zone, naive ones taken as local time of `zone`."""
    if moments.type.tz is None:
        moments = pc.cast(moments, pa.timestamp("us"), safe=False)
        offset = _only_offset(moments, zone)
        if offset is not None:
            return pc.subtract(moments, pa.scalar(offset, pa.duration("us")))
        moments = pc.assume_timezone(
            moments,
            timezone=zone.key,
            ambiguous="earliest",
            nonexistent="earliest",
        )
    return pc.cast(pc.cast(moments, pa.timestamp("us", "UTC"), safe=False), pa.timestamp("us"))


def _only_offset(moments: pa.Array, zone: ZoneInfo) -> timedelta | None:
    """Return the one offset of local moments; a typed file may hold years that no calendar has."""
    first, last = pc.min_max(pc.cast(moments, pa.int64())).values()
    if not first.is_valid or first.as_py() < FIRST_US or last.as_py() > LAST_US:
        return None
    begin, end = (UNIX + timedelta(microseconds=one.as_py()) for one in (first, last))
    return times.only_offset(zone, begin, end)


def _moment_parser(
    zone: ZoneInfo, formats: tuple[str, ...]
) -> Callable[[str], tuple[Any, str | None]]:
    def parse(text: str) -> tuple[datetime | None, str | None]:
        try:
            for form in formats:
                moment = _strptime(text, form)
                if moment is not None:
                    return times._to_utc(moment, None, zone), None
            moment = None if formats else times.parse_moment(text, zone)
        except times.NoSuchMomentError:
            return None, "time_impossible"
        return (moment, None) if moment else (None, "time_format")

    return parse


def _day_parser(formats: tuple[str, ...]) -> Callable[[str], tuple[Any, str | None]]:
    def parse(text: str) -> tuple[date | None, str | None]:
        try:
            for form in formats:
                moment = _strptime(text, form)
                if moment is not None:
                    return moment.date(), None
            day = times.parse_day(text)
        except times.NoSuchMomentError:
            return None, "time_impossible"
        return (day, None) if day else (None, "time_format")

    return parse


def _strptime(text: str, form: str) -> datetime | None:
    try:
        return datetime.strptime(unicodedata.normalize("NFKC", text).strip(), form)
    except ValueError:
        return None


def _each(
    texts: pa.Array, parse: Callable[[str], tuple[Any, str | None]], wanted: pa.DataType
) -> Converted:
    """Parse each distinct text once; the answer holds a value or the rule it breaks."""
    coded = texts.dictionary_encode()
    if isinstance(coded, pa.ChunkedArray):
        coded = coded.combine_chunks()
    found = [parse(one) for one in coded.dictionary.to_pylist()]
    values = pa.array([value for value, _ in found], wanted).take(coded.indices)
    index = np.asarray(pc.fill_null(coded.indices, -1)).astype(np.int64)
    failures: dict[str, np.ndarray] = {}
    for rule in {rule for _, rule in found if rule}:
        broken = np.array([one == rule for _, one in found] + [False])
        failures[rule] = np.flatnonzero(broken[index])
    return Converted(values, failures)


def _failed(rule: str, bad: np.ndarray) -> dict[str, np.ndarray]:
    rows = np.flatnonzero(bad)
    return {rule: rows} if len(rows) else {}


def _merge(one: dict[str, np.ndarray], other: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    merged = dict(one)
    for rule, rows in other.items():
        merged[rule] = np.union1d(merged[rule], rows) if rule in merged else rows
    return merged
