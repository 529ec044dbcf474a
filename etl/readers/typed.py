"""Columns of Python values to Arrow, one type a column for the whole file."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pyarrow as pa


def to_array(values: Sequence[Any]) -> pa.Array:
    """Return values as an Arrow array of their own type; mixed kinds become text."""
    try:
        found = pa.array(values)
    except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError):
        return pa.array([_text(one) for one in values], pa.string())
    if pa.types.is_nested(found.type) or pa.types.is_binary(found.type):
        return pa.array([_text(one) for one in values], pa.string())
    return found


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return json.dumps(value, ensure_ascii=False)


def unify(batches: Sequence[Sequence[pa.Array]]) -> list[list[pa.Array]]:
    """Give each column one type over all batches: numbers widen to float, anything else to text.

    Parameters
    ----------
    batches
        Columns of each batch, in the same order.

    Returns
    -------
    list of list of pyarrow.Array
        The same columns, cast.
    """
    if not batches:
        return []
    types = [_common([column.type for column in columns]) for columns in zip(*batches, strict=True)]
    return [
        [column.cast(kind) for column, kind in zip(columns, types, strict=True)]
        for columns in batches
    ]


def _common(types: Sequence[pa.DataType]) -> pa.DataType:
    known = {one for one in types if not pa.types.is_null(one)}
    if len(known) == 1:
        return known.pop()
    if not known:
        return pa.string()
    numbers = all(pa.types.is_integer(one) or pa.types.is_floating(one) for one in known)
    return pa.float64() if numbers else pa.string()
