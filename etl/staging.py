"""Rows of one input table on their way in: every file's batches, with what became of each row."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from etl import schema
from etl.clean import Faults, rejected_batch
from etl.district import SourceSpec
from etl.errors import SourceError
from etl.inputs import InputFile
from etl.readers.raw import LINE, RawTable
from etl.suspicion import Glance, hints
from etl.values import by_number

FILE = "__file"
KEY = "__key"


@dataclass
class FileRows:
    """What became of the rows of one file."""

    spec: SourceSpec
    file: InputFile
    datum: str | None = None
    encoding: str | None = None
    n_read: int = 0
    n_rejected: int = 0
    n_duplicates: int = 0
    newest: date | None = None
    rejected: list[pa.RecordBatch] = field(default_factory=list)
    mended: list[int] = field(default_factory=list)
    glances: list[Glance] = field(default_factory=list)

    @property
    def n_loaded(self) -> int:
        """Rows that are in the build."""
        return self.n_read - self.n_rejected - self.n_duplicates

    def note_newest(self, rows: pa.RecordBatch, zone: ZoneInfo) -> None:
        """Keep the latest local day that the rows name in their first required date."""
        for column in schema.input_table(self.spec.table).inputs:
            if column.kind in ("instant", "date") and column.required:
                latest = pc.max(rows[column.name]).as_py() if rows.num_rows else None
                if isinstance(latest, datetime):
                    latest = latest.replace(tzinfo=UTC).astimezone(zone).date()
                day = latest
                if day is not None:
                    self.newest = day if self.newest is None else max(day, self.newest)
                return

    def take_reader_count(self, raw: RawTable) -> None:
        """Note what the reader counted and refused, once its batches are exhausted."""
        self.n_read = raw.n_read
        self.n_rejected += raw.n_rejected
        self.encoding = raw.encoding
        for one in raw.rejections:
            values = pa.array([one.value], pa.string())
            lines = np.array([-1 if one.line is None else one.line])
            self.rejected.append(
                rejected_batch(
                    one.table, one.source, lines, one.column, values, one.rule, one.expected
                )
            )

    def check_share(self, limit: float) -> None:
        """Stop if too much of the file is bad, or nothing of it is good.

        Raises
        ------
        SourceError
            Naming the commonest rules and the first lines; mend the file or raise
            `reject_above_fraction` in the district file.
        """
        if self.n_read == 0:
            raise SourceError(
                f"{self.file.label}: no rows; expected at least one row of {self.spec.table}. "
                "Export the file again: an empty file would wipe what is served."
            )
        share = self.n_rejected / self.n_read
        if share <= limit and self.n_rejected < self.n_read:
            return
        why = "; ".join([self.commonest(), *hints(self.glances)])
        raise SourceError(
            f"{self.file.label}: {self.n_rejected} of {self.n_read} rows are bad ({share:.0%}): "
            f"{why}; expected at most {limit:.0%} and one good row. "
            "Mend the file, or raise reject_above_fraction in the district file."
        )

    def commonest(self, most: int = 3) -> str:
        """Return the commonest broken rules with an example each, as one phrase."""
        if not self.rejected:
            return "no reason was kept"
        rows = pa.Table.from_batches(self.rejected)
        counts = rows.group_by(["column_name", "rule"], use_threads=False).aggregate(
            [("line", "count"), ("line", "first"), ("value", "first"), ("expected", "first")]
        )
        counts = counts.sort_by([("line_count", "descending"), ("rule", "ascending")])
        return "; ".join(_phrase(one) for one in counts.slice(0, most).to_pylist())

    def source_row(self) -> tuple[object, ...]:
        """Return the row of `meta.sources`."""
        modified = datetime.fromtimestamp(self.file.modified, UTC).replace(tzinfo=None)
        return (
            self.spec.table,
            self.file.label,
            self.file.sha256,
            self.file.n_bytes,
            modified,
            self.spec.format,
            self.encoding,
            self.datum,
            self.n_read,
            self.n_loaded,
            self.n_rejected,
            self.n_duplicates,
            None if self.newest is None else self.newest.isoformat(),
        )


def _phrase(one: dict[str, object]) -> str:
    found = one["value_first"]
    text = f"{one['column_name'] or 'row'} breaks '{one['rule']}' in {one['line_count']}"
    text += f" (line {one['line_first']}"
    text += f": {str(found)[:60]!r}" if found is not None else ""
    return text + (
        f", expected {str(one['expected_first'])[:80]})" if one["expected_first"] else ")"
    )


@dataclass
class Staged:
    """All rows of one input table, file after file, before anything is written."""

    files: list[FileRows]
    rows: pa.Table

    def drop(self, bad: np.ndarray, column: str, rule: str, *, value: str, expected: str) -> None:
        """Refuse the rows of `bad` (mask), noting the value of column `value` for each."""
        rows = np.flatnonzero(bad)
        if len(rows) == 0:
            return
        taken = self.rows.select([FILE, LINE, value]).take(pa.array(rows)).combine_chunks()
        owners = taken[FILE].to_numpy()
        for number in np.unique(owners):
            mine = owners == number
            owner = self.files[number]
            values = taken[value].combine_chunks().filter(pa.array(mine))
            owner.rejected.append(
                rejected_batch(
                    owner.spec.table,
                    owner.file.label,
                    taken[LINE].to_numpy()[mine],
                    column,
                    values.cast(pa.string()),
                    rule,
                    expected,
                )
            )
            owner.n_rejected += int(mine.sum())
        self.keep(~bad)

    def drop_repeats(self, exact: np.ndarray) -> None:
        """Drop rows that repeat another to the letter, counting them."""
        owners = self.rows[FILE].to_numpy()[exact]
        for number, n in zip(*np.unique(owners, return_counts=True), strict=True):
            self.files[number].n_duplicates += int(n)
        self.keep(~exact)

    def keep(self, good: np.ndarray) -> None:
        """Keep only the rows of `good` (mask)."""
        if not good.all():
            self.rows = self.rows.filter(pa.array(good))


SAMPLE = 10_000  # rows that tell whether a column repeats itself


def order_by(rows: pa.Table, column: str) -> np.ndarray | None:
    """Return the order that brings the rows of one area together, in their old order within it.

    A slice then reads its own stretch of the table; scattered rows would make every slice read all.

    Parameters
    ----------
    rows
        Any table.
    column
        Text column to gather by; rows without a value come first.

    Returns
    -------
    ndarray or None
        Numbers of rows; None when they lie so already.
    """
    coded = by_number(rows[column].combine_chunks())
    rank = pc.rank(coded.dictionary, sort_keys="ascending", tiebreaker="dense").to_numpy()
    place = np.append(rank, 0)[np.asarray(pc.fill_null(coded.indices, -1)).astype(np.int64)]
    small = place.astype(np.int16 if len(rank) < np.iinfo(np.int16).max else np.int32)
    return None if (np.diff(small) >= 0).all() else np.argsort(small, kind="stable")


def batches_in_order(rows: pa.Table, order: np.ndarray | None, n_each: int) -> pa.RecordBatchReader:
    """Give rows in an order, some at a time: all of them once more would only fill the memory.

    Parameters
    ----------
    rows
        Any table.
    order
        Numbers of its rows, as they are when None.
    n_each
        Rows of a batch.

    Returns
    -------
    pyarrow.RecordBatchReader
        To be read once.
    """
    if order is None:
        # one long batch would be read by one thread; pieces of it cost nothing
        return pa.RecordBatchReader.from_batches(rows.schema, rows.to_batches(n_each))

    def ready(name: str) -> pa.Array:
        values = rows[name].unify_dictionaries().combine_chunks()
        return by_number(values) if _repeats(values) else values

    with ThreadPoolExecutor(2) as pool:
        columns = list(pool.map(ready, rows.column_names))

    def batches() -> Iterator[pa.RecordBatch]:
        for begin in range(0, len(order), n_each):
            some = pa.array(order[begin : begin + n_each])
            yield pa.RecordBatch.from_arrays([one.take(some) for one in columns], schema=schema)

    schema = pa.schema(
        [(name, one.type) for name, one in zip(rows.column_names, columns, strict=True)]
    )
    return pa.RecordBatchReader.from_batches(schema, batches())


def _repeats(values: pa.Array) -> bool:
    """Tell whether a text column says the same few things: numbers are moved faster than texts."""
    if not pa.types.is_string(values.type):
        return False
    first = values.slice(0, SAMPLE)
    return int(pc.count_distinct(first).as_py()) * 10 < len(first)


__all__ = ["FILE", "KEY", "Faults", "FileRows", "Staged", "batches_in_order", "order_by"]
