"""Counting how often numbers come."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from etl.marts import tally as module
from etl.marts.tally import tally


def test_by_hand() -> None:
    numbers, counts = tally(np.array([7, 3, 7, 7, -1, 3]))
    assert numbers.tolist() == [-1, 3, 7]
    assert counts.tolist() == [1, 2, 3]


def test_nothing_counts_nothing() -> None:
    numbers, counts = tally(np.array([], np.int64))
    assert numbers.size == counts.size == 0


@given(npst.arrays(np.int64, st.integers(0, 40), elements=st.integers(-3, 3)))
def test_it_is_unique_also_where_pieces_meet(codes: np.ndarray) -> None:
    wanted = np.unique(codes, return_counts=True)
    for together in (1, 2, 7, 1000):
        module.TOGETHER, usual = together, module.TOGETHER
        try:
            found = tally(codes.copy())
        finally:
            module.TOGETHER = usual
        assert all(a.tolist() == b.tolist() for a, b in zip(found, wanted, strict=True))
