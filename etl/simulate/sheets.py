"""Write one register as a workbook or as text, and describe it for the district file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa

from etl.simulate.district_file import Source, source
from etl.simulate.flaws import Flaw, TextTable, Truth, write_sheet

_MOST_SHEET_ROWS = 50_000


def write_register(
    folder: Path, stem: str, table: pa.Table, truth: Truth, *, key: str, sheet: str,
    planned: Sequence[tuple[int, Flaw]] = (),
) -> dict[str, object]:  # fmt: skip
    """Write a workbook, or GB18030 text where no workbook would open; return its description."""
    if table.num_rows <= _MOST_SHEET_ROWS:
        file = folder / f"{stem}.xlsx"
        write_sheet(file, table, truth, key=key, sheet=sheet, planned=planned)
        return {"path": file.name, "kind": "xlsx", "sheet": sheet}
    return write_text(folder, stem, table, truth, key=key, planned=planned)


def write_text(
    folder: Path, stem: str, table: pa.Table, truth: Truth, *, key: str,
    planned: Sequence[tuple[int, Flaw]] = (), encoding: str = "gb18030",
) -> dict[str, object]:  # fmt: skip
    """Write delimited text; return its description."""
    file = folder / f"{stem}.csv"
    with TextTable(
        file, table.column_names, truth, key=key, encoding=encoding, planned=planned
    ) as out:
        for batch in table.to_batches(200_000):
            out.write(pa.Table.from_batches([batch]))
    declared = "utf-8" if encoding.startswith("utf-8") else encoding
    return {"path": file.name, "kind": "csv", "encoding": declared}


def pick(texts: Sequence[str], index: np.ndarray) -> pa.Array:
    """Return the texts at `index`, null where it is negative."""
    return pa.array(list(texts)).take(pa.array(index, mask=index < 0))


def maybe(values: np.ndarray) -> pa.Array:
    """Return numbers, null for NaN."""
    return pa.array(values, mask=np.isnan(values))


def days(values: np.ndarray) -> pa.Array:
    """Return days, null for NaT."""
    return pa.array(values.astype("datetime64[D]"))


def describe(
    table: str, entry: dict[str, object], mapping: dict[str, str], **more: object
) -> Source:
    """Return the source entry of a written register."""
    rest = {key: value for key, value in entry.items() if key not in ("path", "kind")}
    return source(table, str(entry["path"]), str(entry["kind"]), mapping, **rest, **more)
