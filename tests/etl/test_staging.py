"""What is kept of a file while its rows come in."""

from datetime import date, datetime
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest

from etl.staging import FileRows, batches_in_order, order_by


def rows_of(table: str) -> FileRows:
    spec: Any = SimpleNamespace(table=table)
    file: Any = SimpleNamespace(label="x")
    return FileRows(spec, file)


@pytest.mark.parametrize(
    ("zone", "utc", "day"),
    [
        ("America/New_York", datetime(2019, 1, 1, 4, 59), date(2018, 12, 31)),
        ("America/New_York", datetime(2019, 1, 1, 5), date(2019, 1, 1)),
        ("Asia/Shanghai", datetime(2026, 6, 29, 16), date(2026, 6, 30)),
        ("Asia/Shanghai", datetime(2026, 6, 29, 15, 59), date(2026, 6, 29)),
    ],
)
def test_the_newest_day_of_a_list_is_a_local_one(zone: str, utc: datetime, day: date) -> None:
    owner = rows_of("incidents")
    for moment in (utc, datetime(2018, 1, 1)):
        column = pa.array([moment, None], pa.timestamp("us"))
        owner.note_newest(pa.record_batch({"occurred_from": column}), ZoneInfo(zone))
    assert owner.newest == day


def test_a_list_without_a_row_has_no_newest_day() -> None:
    owner = rows_of("incidents")
    empty = pa.array([], pa.timestamp("us"))
    owner.note_newest(pa.record_batch({"occurred_from": empty}), ZoneInfo("Asia/Shanghai"))
    assert owner.newest is None


@pytest.mark.parametrize("n_each", [1, 2, 100])
def test_rows_of_an_area_come_together_in_their_old_order(n_each: int) -> None:
    rows = pa.table({"station_id": ["b", "a", None, "b", "a"], "n": [0, 1, 2, 3, 4]})
    found = batches_in_order(rows, order_by(rows, "station_id"), n_each).read_all()
    assert found["n"].to_pylist() == [2, 1, 4, 0, 3]
    assert found["station_id"].to_pylist() == [None, "a", "a", "b", "b"]


def test_rows_that_lie_together_are_left_as_they_are() -> None:
    rows = pa.table({"station_id": [None, "a", "b", "b"], "n": [0, 1, 2, 3]})
    assert order_by(rows, "station_id") is None
    assert batches_in_order(rows, None, 3).read_all().equals(rows)
