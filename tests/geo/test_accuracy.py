"""Accuracy of hotspot maps, by hand from the challenge's definitions."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.accuracy import hit_rate, pai, pei, record, rri
from geo.errors import GeoError


def test_the_worked_examples(shared_data: Path) -> None:
    cases = json.loads((shared_data / "oracles" / "pai_pei_rri.json").read_text())["cases"]
    c, r = cases
    assert pai(c["n"], c["N"], c["a"], c["A"]) == pytest.approx(c["PAI"], rel=1e-12)
    assert pei(c["n"], c["n_star"]) == pytest.approx(c["PEI"], rel=1e-12)
    assert hit_rate(c["n"], c["N"]) == pytest.approx(19 / 42)
    assert rri(r["n1"], r["n2"], r["N1"], r["N2"]) == pytest.approx(r["RRI"], rel=1e-12)
    counts = np.array([10, 8, 6, 5, 4, 3, 2, 2, 1, 1] + [0] * 90)
    hot = np.isin(np.arange(100), [0, 2, 5])
    found = record(counts, hot)
    assert (found.n_hit, found.n_total, found.area_fraction) == (19, 42, 0.03)
    assert (found.pai, found.pei) == pytest.approx((c["PAI"], c["PEI"]))


def test_areas_of_cells_count() -> None:
    # hot: 6 incidents on 2 of 6 ha; the best 2 ha hold 5 (1 ha) and half of the next 6 (2 ha): 8
    found = record(np.array([6, 5, 1]), np.array([True, False, False]), areas=np.array([2.0, 1, 3]))
    assert found.pei == pytest.approx(6 / 8)
    assert found.pai == pytest.approx((6 / 12) / (2 / 6))


def test_nothing_happened_has_no_accuracy() -> None:
    found = record(np.zeros(4), np.array([True, False, False, False]))
    assert np.isnan([found.hit_rate, found.pai, found.pei]).all()
    assert np.isnan(rri(0, 0, 5, 5))
    assert np.isnan(rri(2, 0, 5, 0))


@given(st.lists(st.tuples(st.integers(0, 50), st.booleans()), min_size=1, max_size=30))
def test_no_map_beats_the_best_map_of_its_area(cells: list[tuple[int, bool]]) -> None:
    counts, hot = np.array([c for c, _ in cells]), np.array([h for _, h in cells])
    if not hot.any() or not counts.sum():
        return
    found = record(counts, hot)
    best = np.sort(counts)[::-1][: hot.sum()].sum()
    assert found.pei == pytest.approx(found.n_hit / best)
    assert found.pai == pytest.approx(found.hit_rate / hot.mean())


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: hit_rate(5, 4), "hit_rate: 5 of 4"),
        (lambda: hit_rate(-1, 4), "hit_rate: -1 of 4"),
        (lambda: pai(1, 2, 0, 5), "has no accuracy to state"),
        (lambda: pai(1, 2, 6, 5), "pai: 6 of 5"),
        (lambda: pei(3, 2), "pei: 3 of 2"),
        (lambda: rri(1, 3, 2, 2), "rri: 3 of 2"),
        (lambda: record(np.zeros(3), np.ones(2, bool)), "3 counts, 2 cells"),
    ],
)
def test_what_is_no_record_is_refused(call: object, message: str) -> None:
    with pytest.raises(GeoError, match=message):
        call()  # type: ignore[operator]
