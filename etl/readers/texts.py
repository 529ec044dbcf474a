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
_FORMULA = (
    r"^[\t\r\n ]*([=@＝＠]|[+-][^0-9.\siInN]|[＋－][^0-9０-９.．\s]|\+[0-9.]+[+*/-])|^-[0-9.]+[+*/]"
)

_FULLWIDTH = r"^[\s０-９．－＋：／,.:/+-]*[０-９][\s０-９．－＋：／,.:/+-]*$"
_NOTED = {"formula_text": _FORMULA, "fullwidth_digits": _FULLWIDTH}


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
        for code, pattern in _NOTED.items():
            n = pc.sum(pc.match_substring_regex(column, pattern)).as_py()
            if n:
                _note(raw, code, name, n)
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


_SAID = {
    "formula_text": (
        "begin like a spreadsheet formula; kept as text, and written with a leading quote in every "
        "export.",
        "形似公式；按文本保存，导出时加前导单引号。",
    ),
    "fullwidth_digits": (
        "are written in full-width digits; read as ordinary ones.",
        "使用全角数字；按半角读取。",
    ),
}


def _note(raw: RawTable, code: str, name: str, n: int) -> None:
    """Add to the finding that the column already has, or make it."""
    source = raw.source
    en, zh = _SAID[code]
    start = f"{source.label}, {name}: "
    for one in raw.findings:
        if one.code == code and one.en.startswith(start):
            raw.findings.remove(one)
            n += one.n or 0
            break
    raw.findings.append(
        Finding(
            "warning",
            code,
            f"{start}{n:,} values {en}",
            f"{source.label}，{name}：{n:,} 个值{zh}",
            source.table,
            source.label,
            n,
        )
    )
