"""Rows as agencies spoil them: planned per file, written among the good rows, and listed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv

from etl.simulate.formats import write_xlsx

REPEAT = "duplicate"
CONFLICT = "key_conflict"
_MOST_FRACTION = 0.009


@dataclass(frozen=True)
class Flaw:
    """One way to spoil a row: the rule it breaks, and the cells that are changed for it.

    The rule `duplicate` repeats a row as it is; `key_conflict` repeats it with the cells changed.
    Every other flaw is written under a new number. The first cell is the one that breaks the rule.
    """

    rule: str
    cells: tuple[tuple[str, object], ...] = ()


def flaw(rule: str, **cells: object) -> Flaw:
    """Return a flaw; cells are named by the source's own columns."""
    return Flaw(rule, tuple(cells.items()))


@dataclass
class Truth:
    """What was spoiled and how many rows each file has, for `truth.json`."""

    bad_rows: list[dict[str, object]] = field(default_factory=list)
    files: dict[str, dict[str, int]] = field(default_factory=dict)

    def count(self, file: str, rows: int, bad: int = 0, repeats: int = 0) -> None:
        """Record the rows of a file: all of them, those to be refused, exact repeats."""
        self.files[file] = {"rows": rows, "bad": bad, "duplicates": repeats}

    def spoil(self, file: str, line: int, flaw: Flaw) -> None:
        """Record one spoiled line."""
        column, value = flaw.cells[0] if flaw.cells else (None, None)
        self.bad_rows.append(
            {"file": file, "line": line, "rule": flaw.rule, "column": column, "value": value}
        )


def plan_flaws(
    flaws: Sequence[Flaw],
    n_rows: int,
    *,
    repeats: int,
    rng: np.random.Generator,
    spared: np.ndarray | None = None,
    most: float = _MOST_FRACTION,
) -> list[tuple[int, Flaw]]:
    """Choose rows to spoil, fewer than one in a hundred.

    Parameters
    ----------
    flaws
        Ways to spoil the file, the most telling first.
    n_rows
        Good rows of the file.
    repeats
        How often each way is used when the file is large enough.
    rng
        Source of randomness.
    spared
        Rows not to spoil: they are refused as they are.
    most
        Largest share of rows to spoil.

    Returns
    -------
    list of tuple
        (index of the good row after which the spoiled copy is written, flaw), by index.
    """
    # A conflict refuses two rows, the copy and its original.
    room = int(n_rows * most)
    chosen = list(flaws) * repeats
    while sum(2 if one.rule == CONFLICT else 1 for one in chosen) > room:
        chosen.pop()
    spared = np.array([], dtype=np.int64) if spared is None else spared
    rows = rng.choice(max(n_rows, 1), min(n_rows, len(chosen) + spared.size), replace=False)
    rows = np.sort(rows[~np.isin(rows, spared)][: len(chosen)])
    order = rng.permutation(len(chosen))
    return [(int(row), chosen[int(k)]) for row, k in zip(rows, order, strict=True)]


class TextTable:
    """A delimited text file written batch by batch, with its flaws at their places."""

    def __init__(
        self, path: Path, names: Sequence[str], truth: Truth, *, key: str, encoding: str,
        delimiter: str = ",", planned: Sequence[tuple[int, Flaw]] = (), eol: bytes = b"\r\n",
    ) -> None:  # fmt: skip
        self._path, self._names, self._key = path, list(names), key
        self._encoding, self._delimiter, self._eol = encoding, delimiter, eol
        self._planned, self._truth = list(planned), truth
        self._rows = self._bad = self._repeats = 0
        self._line = 1
        self._out = path.open("wb")
        if encoding == "utf-8-sig":
            self._out.write(b"\xef\xbb\xbf")
            self._encoding = "utf-8"
        self._put(delimiter.join(names).encode("utf-8") + b"\n")

    def __enter__(self) -> TextTable:
        return self

    def __exit__(self, *problem: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file and record how many rows it has."""
        self._out.close()
        self._truth.count(self._path.name, self._line - 1, self._bad, self._repeats)

    def write(self, table: pa.Table) -> None:
        """Write the rows of a batch, and the spoiled copies planned among them."""
        done = 0
        while self._planned and self._planned[0][0] < self._rows + table.num_rows:
            at, flaw = self._planned.pop(0)
            cut = at - self._rows + 1
            self._write_rows(table.slice(done, cut - done))
            done = cut
            self._write_spoiled(table.slice(cut - 1, 1), flaw)
        self._write_rows(table.slice(done))
        self._rows += table.num_rows

    def _write_rows(self, table: pa.Table) -> None:
        if table.num_rows:
            self._put(self._text(table))
            self._line += table.num_rows

    def _text(self, table: pa.Table) -> bytes:
        sink = pa.BufferOutputStream()
        options = pa_csv.WriteOptions(
            include_header=False, delimiter=self._delimiter, quoting_style="none"
        )
        pa_csv.write_csv(table, sink, options)
        return bytes(sink.getvalue().to_pybytes())

    def _put(self, body: bytes) -> None:
        if self._encoding != "utf-8":
            body = body.decode("utf-8").encode(self._encoding)
        self._out.write(body.replace(b"\n", self._eol))

    def _write_spoiled(self, row: pa.Table, flaw: Flaw) -> None:
        text = self._text(row).decode("utf-8").rstrip("\n")
        found = dict(zip(self._names, text.split(self._delimiter), strict=True))
        cells = spoil(found, flaw, key=self._key, number=self._bad)
        self._put((self._delimiter.join(str(one) for one in cells.values()) + "\n").encode())
        self._line += 1
        bad, repeats = note(self._truth, self._path.name, self._line, flaw)
        self._bad += bad
        self._repeats += repeats


def spoil(cells: Mapping[str, object], flaw: Flaw, *, key: str, number: int) -> dict[str, object]:
    """Return a spoiled copy of a row."""
    copy: dict[str, object] = dict(cells)
    if flaw.rule == REPEAT:
        return copy
    if flaw.rule != CONFLICT and key:
        copy[key] = f"{copy[key]}-{number + 1}"
    copy.update(flaw.cells)
    return copy


def note(truth: Truth, file: str, line: int, flaw: Flaw) -> tuple[int, int]:
    """Record a spoiled line; return how many rows it makes bad, and how many repeats it is."""
    truth.spoil(file, line, flaw)
    if flaw.rule == REPEAT:
        return 0, 1
    if flaw.rule == CONFLICT:  # the row it contradicts stands on the line before
        truth.spoil(file, line - 1, flaw)
        return 2, 0
    return 1, 0


def note_rows(
    truth: Truth, file: str, rows: np.ndarray, planned: Sequence[tuple[int, Flaw]],
    flaws: Sequence[Flaw],
) -> None:  # fmt: skip
    """Record rows that are refused as they are: `flaws[k]` says what is wrong with `rows[k]`."""
    before = np.array([at for at, _ in planned], dtype=np.int64)
    for row, one in zip(rows.tolist(), flaws, strict=True):
        truth.spoil(file, row + 2 + int((before < row).sum()), one)
    truth.files[file]["bad"] += len(flaws)


def write_sheet(
    path: Path, table: pa.Table, truth: Truth, *, key: str, sheet: str,
    planned: Sequence[tuple[int, Flaw]] = (),
) -> None:  # fmt: skip
    """Write a table as a worksheet with its flaws."""
    names = table.column_names
    counts = [0, 0, 0]

    def rows() -> Iterator[Sequence[object]]:
        todo = list(planned)
        columns = [table.column(k).to_pylist() for k in range(len(names))]
        for index, row in enumerate(zip(*columns, strict=True)):
            counts[0] += 1
            yield row
            while todo and todo[0][0] == index:
                _, flaw = todo.pop(0)
                cells = dict(zip(names, row, strict=True))
                counts[0] += 1
                yield list(spoil(cells, flaw, key=key, number=counts[1]).values())
                bad, repeats = note(truth, path.name, counts[0] + 1, flaw)
                counts[1] += bad
                counts[2] += repeats

    write_xlsx(path, names, rows(), sheet)
    truth.count(path.name, *counts)
