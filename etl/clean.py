"""Raw rows to typed rows: mapping, conversion and the checks that need one row only."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from etl import schema, times
from etl.district import CATEGORY, SourceSpec
from etl.readers.raw import GEOMETRY, LINE
from etl.rules import RULES
from etl.values import ARROW_TYPES, by_number, convert, trimmed

LONGEST_VALUE = 200

REJECTED = pa.schema(
    [
        ("table_name", pa.string()),
        ("source", pa.string()),
        ("line", pa.int64()),
        ("column_name", pa.string()),
        ("value", pa.string()),
        ("rule", pa.string()),
        ("expected", pa.string()),
        ("remedy_en", pa.string()),
        ("remedy_zh", pa.string()),
    ]
)


@dataclass
class Cleaned:
    """Typed rows of one batch: `rows` has the input columns, `__line` and perhaps `__geometry`."""

    rows: pa.RecordBatch
    rejected: list[pa.RecordBatch] = field(default_factory=list)
    n_rejected: int = 0


@dataclass
class Faults:
    """Rows of one batch that break a rule, gathered before any is dropped."""

    table: str
    source: str
    lines: np.ndarray
    bad: np.ndarray
    batches: list[pa.RecordBatch] = field(default_factory=list)

    def add(
        self,
        column: str,
        rule: str,
        rows: np.ndarray,
        values: pa.Array | None,
        expected: str | None,
    ) -> None:
        """Note that `rows` (indices) break `rule` in `column`."""
        if len(rows) == 0:
            return
        self.bad[rows] = True
        found = None if values is None else _shown(values.take(pa.array(rows)))
        self.batches.append(
            rejected_batch(self.table, self.source, self.lines[rows], column, found, rule, expected)
        )


def rejected_batch(
    table: str,
    source: str,
    lines: np.ndarray,
    column: str | None,
    values: pa.Array | None,
    rule: str,
    expected: str | None,
) -> pa.RecordBatch:
    """Return rows of `meta.rejected_rows` for `lines` that all break one rule."""
    n = len(lines)

    def same(text: str | None) -> pa.Array:
        return pa.array([text], pa.string()).take(pa.array(np.zeros(n, np.int64)))

    shown = pa.nulls(n, pa.string()) if values is None else values
    remedy = RULES[rule]
    columns = [same(table), same(source), pa.array(lines, pa.int64()), same(column), shown]
    columns += [same(rule), same(expected), same(remedy.remedy_en), same(remedy.remedy_zh)]
    return pa.record_batch(columns, schema=REJECTED)


def _shown(values: pa.Array) -> pa.Array:
    if pa.types.is_binary(values.type):
        return pa.nulls(len(values), pa.string())
    if pa.types.is_dictionary(values.type):
        values = values.dictionary_decode()
    return pc.utf8_slice_codeunits(pc.cast(values, pa.string()), 0, LONGEST_VALUE)


def clean_batch(
    batch: pa.RecordBatch, spec: SourceSpec, *, source: str, zone: ZoneInfo, now: datetime
) -> Cleaned:
    """Map, convert and check the rows of one batch.

    Parameters
    ----------
    batch
        Rows as a reader gives them.
    spec
        How the district maps this source.
    source
        Name of the file in messages.
    zone
        Time zone of moments without an offset.
    now
        The present (UTC, naive): nothing may have happened after it.

    Returns
    -------
    Cleaned
        Rows that break no rule, and every broken rule of the others.
    """
    table = schema.input_table(spec.table)
    lines = batch.column(LINE).to_numpy(zero_copy_only=False)
    faults = Faults(spec.table, source, lines, np.zeros(len(lines), bool))
    columns: dict[str, pa.Array] = {}
    categories = _categories(batch, spec, faults)
    located = GEOMETRY in batch.schema.names  # then the shape brings the coordinates
    for column in table.inputs:
        if column.kind == "geometry":
            continue
        raw = categories.get(column.name)
        if raw is None:
            raw = _mapped(batch, spec, column.name)
        if raw is None and (not column.required or (located and column.name in _ORDINATES)):
            continue  # a column the source does not bring costs nothing, not even nulls
        raw = pa.nulls(batch.num_rows, pa.string()) if raw is None else raw
        columns[column.name] = _checked(raw, column, spec, faults, zone)
    _check_moments(columns, table, faults, now)
    columns[LINE] = batch.column(LINE)
    if GEOMETRY in batch.schema.names:
        columns[GEOMETRY] = batch.column(GEOMETRY)
    rows = pa.RecordBatch.from_arrays(list(columns.values()), list(columns))
    if not faults.bad.any():
        return Cleaned(rows)
    kept = rows.filter(pa.array(~faults.bad))
    return Cleaned(kept, faults.batches, int(faults.bad.sum()))


def _mapped(batch: pa.RecordBatch, spec: SourceSpec, name: str) -> pa.Array | None:
    """Return the source's values for a column, None when it brings none."""
    theirs = [one for one in spec.columns.get(name, ()) if one in batch.schema.names]
    if not theirs:
        constant = spec.constants.get(name)
        return None if constant is None else pa.repeat(constant, batch.num_rows)
    if len(theirs) == 1:
        raw = batch.column(theirs[0])
    else:
        parts = [trimmed(batch.column(one)) for one in theirs]
        raw = pc.binary_join_element_wise(*parts, " ", null_handling="skip")
    mapping = spec.values.get(name)
    return raw if mapping is None else _translated(raw, mapping)


def _translated(raw: pa.Array, mapping: dict[str, str]) -> pa.Array:
    """Return the column with mapped words replaced; words without a mapping stay."""
    coded = trimmed(raw).dictionary_encode()
    words = [mapping.get(one, one) for one in coded.dictionary.to_pylist()]
    return pa.array(words, pa.string()).take(coded.indices)


def _categories(batch: pa.RecordBatch, spec: SourceSpec, faults: Faults) -> dict[str, pa.Array]:
    if CATEGORY not in spec.columns:
        return {}
    raw = trimmed(batch.column(spec.columns[CATEGORY][0]))
    coded = raw.dictionary_encode()
    pairs = [spec.categories.get(one, "").split("/") for one in coded.dictionary.to_pylist()]
    unknown = np.array([len(pair) != 2 for pair in pairs] + [True])
    index = np.asarray(pc.fill_null(coded.indices, -1)).astype(np.int64)
    empty = np.asarray(pc.is_null(raw))
    faults.add(CATEGORY, "required", np.flatnonzero(empty), None, None)
    expected = "one of " + ", ".join(sorted(spec.categories)[:20])
    faults.add(CATEGORY, "vocabulary", np.flatnonzero(unknown[index] & ~empty), raw, expected)
    return {
        name: pa.array(
            [pair[place] if len(pair) == 2 else "call" for pair in pairs], pa.string()
        ).take(pc.fill_null(coded.indices, 0) if len(pairs) else coded.indices)
        for place, name in enumerate(("class", "type"))
    }


def _checked(
    raw: pa.Array, column: schema.Column, spec: SourceSpec, faults: Faults, zone: ZoneInfo
) -> pa.Array:
    formats = spec.time_formats if column.kind in ("instant", "date") else ()
    if column.repeats:
        raw = by_number(raw)
    done = convert(raw, column.kind, zone=zone, formats=formats)
    failed = np.zeros(len(raw), bool)
    expected = column.describe_range() or f"a {column.kind}"
    for rule, rows in done.failures.items():
        failed[rows] = True
        code = "coordinate" if rule == "type" and column.name in ("lon", "lat") else rule
        faults.add(column.name, code, rows, raw, expected)
    values = done.values
    if (
        (column.required or _must_be_filled(column, spec))
        and values.null_count
        and not (column.name in _GENERATED and spec.generate_id)
    ):
        empty = np.asarray(pc.is_null(values)) & ~failed
        faults.add(column.name, "required", np.flatnonzero(empty), raw, None)
    outside = _outside(values, column)
    if outside is not None:
        rule = "vocabulary" if column.vocabulary else "range"
        faults.add(column.name, rule, np.flatnonzero(outside), raw, expected)
    if column.repeats or values.type == ARROW_TYPES[column.kind]:
        return values
    return values.cast(ARROW_TYPES[column.kind])


def _must_be_filled(column: schema.Column, spec: SourceSpec) -> bool:
    """Tell whether a column may be absent but not empty: no status would count as working."""
    return spec.table == "cameras" and column.name == "status" and "status" in spec.columns


_GENERATED = frozenset(
    column.name for table in schema.CORE for column in table.columns if column.name in table.key[:1]
)


def _outside(values: pa.Array, column: schema.Column) -> np.ndarray | None:
    if column.vocabulary is not None:
        known = pc.is_in(values.dictionary, pa.array(column.vocabulary))
        strange = np.append(~np.asarray(known), False)
        return np.asarray(strange[np.asarray(pc.fill_null(values.indices, -1))])
    checks = _range_checks(values, column)
    found = None
    for check in checks:
        bad = np.asarray(pc.fill_null(check, False))
        found = bad if found is None else found | bad
    return found


def _range_checks(values: pa.Array, column: schema.Column) -> Iterator[pa.Array]:
    if column.kind not in ("float", "int") or column.name in ("lon", "lat"):
        return  # coordinates are judged together, when they are placed
    if column.minimum is not None:
        yield pc.less(values, column.minimum)
    if column.above is not None:
        yield pc.less_equal(values, column.above)
    if column.maximum is not None:
        yield pc.greater(values, column.maximum)


def _check_moments(
    columns: dict[str, pa.Array], table: schema.Table, faults: Faults, now: datetime
) -> None:
    """Refuse moments in the future, software's null dates and ends before beginnings."""
    for column in table.inputs:
        if column.kind not in ("instant", "date") or column.name not in columns:
            continue
        values = columns[column.name]
        if values.null_count == len(values):
            continue
        days = pc.cast(values, pa.date32(), safe=False)
        default = pc.or_(
            pc.is_in(days, pa.array(sorted(times.DEFAULT_DAYS))),
            pc.less(days, pa.scalar(times.EARLIEST)),
        )
        _add(faults, column.name, "time_default", default, values, "a date after 1950")
        if column.name not in _MAY_LIE_AHEAD:
            late = pc.greater(values, pa.scalar(now if column.kind == "instant" else now.date()))
            _add(
                faults,
                column.name,
                "time_future",
                late,
                values,
                f"not after {now:%Y-%m-%d %H:%M} UTC",
            )
    for first, last in _ORDERED.get(table.name, ()):
        if first not in columns or last not in columns:
            continue
        wrong = pc.less(columns[last], columns[first])
        _add(faults, last, "time_order", wrong, columns[last], f"not before {first}")


_ORDINATES = ("lon", "lat")
_MAY_LIE_AHEAD = frozenset({"due_on", "retired_on", "installed_on", "done_on", "until_on"})
_ORDERED = {
    "incidents": (("occurred_from", "occurred_to"),),
    "hazards": tuple(
        ("found_on", last) for last in ("due_on", "resolved_on", "accepted_on", "reopened_on")
    ),
    "managers": (("from_on", "until_on"),),
    "cameras": (("installed_on", "retired_on"),),
    "camera_faults": (("faulty_from", "faulty_to"),),
}


def _add(
    faults: Faults, column: str, rule: str, mask: pa.Array, values: pa.Array, expected: str
) -> None:
    rows = np.flatnonzero(np.asarray(pc.fill_null(mask, False)))
    faults.add(column, rule, rows, values, expected)
