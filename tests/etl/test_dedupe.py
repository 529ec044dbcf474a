"""Rows that come twice."""

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from etl.dedupe import digests, find_repeats, row_names


def batch(ids, values):
    return pa.record_batch({"id": pa.array(ids), "value": pa.array(values)})


def repeats(rows):
    keys, contents = digests(rows, ("id",), ("id", "value"))
    return find_repeats(keys, lambda places: contents[places])


def test_an_exact_repeat_keeps_the_first_and_a_contradiction_keeps_none() -> None:
    rows = batch(["a", "b", "a", "c", "b"], [1, 2, 1, 3, 9])

    found = repeats(rows)

    assert found.exact.tolist() == [False, False, True, False, False]
    assert found.conflicting.tolist() == [False, True, False, False, True]


@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 2)), max_size=40))
def test_repeats_agree_with_a_slow_count(rows: list[tuple[int, int]]) -> None:
    one = batch([str(key) for key, _ in rows], [value for _, value in rows])
    found = repeats(one)

    for place, (key, _) in enumerate(rows):
        versions = {value for other, value in rows if other == key}
        seen_before = any(other == key for other, _ in rows[:place])
        assert found.conflicting[place] == (len(versions) > 1)
        assert found.exact[place] == (len(versions) == 1 and seen_before)


def test_null_and_the_empty_text_are_different_rows() -> None:
    rows = batch(["a", "a"], [None, ""])

    assert len(np.unique(digests(rows, ("id", "value"))[0])) == 2
    assert len(set(row_names(rows).to_pylist())) == 2


def test_a_row_keeps_its_name_wherever_it_stands() -> None:
    one, other = batch(["a", "b"], [1, 2]), batch(["x", "b"], [7, 2])

    assert row_names(one)[1] == row_names(other)[1]
