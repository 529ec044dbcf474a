"""Texts that were destroyed on the way, or would run in somebody's spreadsheet."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from etl.readers.raw import LINE, RawTable
from etl.report import Finding, Rejection

SHOWN_CHARACTERS = 200
# U+FFFD, its echo when UTF-8 was read as GBK, and control characters but tab and line ends.
_UNSAFE = "\ufffd|锟斤拷|锟斤|[\x01-\x08\x0b\x0c\x0e-\x1f\x7f]"
# What a spreadsheet runs. A sign before a digit is a number; before a letter it is a formula.
_FORMULA = r"^[\t\r ]*([=@]|[+-][^0-9.\siInN]|\+[0-9.]+[+*/-])|^-[0-9.]+[+*/]"


def refuse_unsafe(raw: RawTable, batch: pa.RecordBatch) -> pa.RecordBatch:
    """Take out rows whose text was destroyed, and note texts that look like formulas.

    Parameters
    ----------
    raw
        Receives the rejected rows (rule `text_unsafe`), their count and the findings.
    batch
        Rows as read, with `__line`.

    Returns
    -------
    pyarrow.RecordBatch
        The rows whose texts are whole.
    """
    bad = None
    for name in batch.schema.names:
        column = batch.column(name)
        if not pa.types.is_string(column.type):
            continue
        hit = pc.fill_null(pc.match_substring_regex(column, _UNSAFE), False)
        if pc.any(hit, min_count=0).as_py():
            _reject(raw, batch, name, hit)
            bad = hit if bad is None else pc.or_(bad, hit)
        n = pc.sum(pc.match_substring_regex(column, _FORMULA)).as_py()
        if n:
            _note_formulas(raw, name, n)
    if bad is None:
        return batch
    raw.n_rejected += pc.sum(bad).as_py()
    return batch.filter(pc.invert(bad))


def _reject(raw: RawTable, batch: pa.RecordBatch, name: str, hit: pa.Array) -> None:
    lines = batch.column(LINE).filter(hit).to_pylist()
    values = batch.column(name).filter(hit).to_pylist()
    source = raw.source
    raw.rejections.extend(
        Rejection(
            source.table,
            source.label,
            line,
            name,
            value[:SHOWN_CHARACTERS],
            "text_unsafe",
            "whole text without control characters",
        )
        for line, value in zip(lines, values, strict=True)
    )


def _note_formulas(raw: RawTable, name: str, n: int) -> None:
    source = raw.source
    before = [one for one in raw.findings if one.code == "formula_text" and f"{name!r}" in one.en]
    for one in before:
        raw.findings.remove(one)
        n += one.n or 0
    raw.findings.append(
        Finding(
            "warning",
            "formula_text",
            f"{source.label}: {n:,} values of {name!r} begin like a spreadsheet formula; kept as "
            "text, and written with a leading quote in every export.",
            f"{source.label}：“{name!r}”列有 {n:,} 个值形似公式；按文本保存，导出时加前导单引号。",
            source.table,
            source.label,
            n,
        )
    )
