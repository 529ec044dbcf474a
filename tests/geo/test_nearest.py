"""The nearest point, against every distance."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.errors import GeoError
from geo.nearest import nearest


def by_all(x: np.ndarray, y: np.ndarray, qx: np.ndarray, qy: np.ndarray) -> np.ndarray:
    return ((qx[None] - x[:, None]) ** 2 + (qy[None] - y[:, None]) ** 2).argmin(axis=1)


@given(st.integers(0, 10_000), st.integers(1, 300), st.sampled_from(["even", "heap", "line"]))
@settings(max_examples=60, deadline=None)
def test_the_nearest_is_the_one_no_other_is_nearer_than(seed: int, m: int, kind: str) -> None:
    rng = np.random.default_rng(seed)
    points = rng.uniform(0, 1000, (m, 2)) if kind == "even" else rng.normal(500, 3, (m, 2))
    if kind == "line":
        points[:, 1] = 7.0
    places = rng.uniform(-1500, 2500, (60, 2))
    places[:20] = points[rng.integers(0, m, 20)] + rng.normal(0, 5, (20, 2))
    row, far = nearest(*places.T, of_x=points[:, 0], of_y=points[:, 1])
    assert np.array_equal(row, by_all(*places.T, *points.T))
    np.testing.assert_allclose(far, np.hypot(*(places - points[row]).T))


def test_of_two_as_near_the_first_is_taken() -> None:
    row, far = nearest([0.0, 0.0], [0.0, 9.0], of_x=[3.0, -3.0, 0.0], of_y=[4.0, -4.0, 9.0])
    assert row.tolist() == [0, 2]
    assert far.tolist() == [5.0, 0.0]


def test_without_points_there_is_none() -> None:
    row, far = nearest([1.0], [2.0], of_x=[], of_y=[])
    assert row.tolist() == [-1]
    assert np.isnan(far).all()
    assert len(nearest([], [], of_x=[1.0], of_y=[1.0])[0]) == 0


@pytest.mark.parametrize("x", [[np.nan, 1.0], [np.inf, 1.0]])
def test_places_that_are_none_are_refused(x: list[float]) -> None:
    with pytest.raises(GeoError, match="places that are not finite; metres were expected"):
        nearest(x, [0.0, 0.0], of_x=[1.0], of_y=[1.0])


def test_places_come_in_pairs() -> None:
    with pytest.raises(GeoError, match="1 x and 2 y"):
        nearest([1.0], [1.0, 2.0], of_x=[1.0], of_y=[1.0])
