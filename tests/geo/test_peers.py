"""Peers by hand, with missing features and ties, and against a slow obvious search."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from geo.errors import GeoError
from geo.peers import Peers, compare_with_peers, find_peers, standardise

NAN = np.nan


def test_the_nearest_come_first_and_never_the_place_itself() -> None:
    features = np.array([[0.0, 0.0], [1.0, 1.0], [5.0, 5.0], [6.0, 6.0]])
    found = find_peers(features, k=2)

    assert found.index.tolist() == [[1, 2], [0, 2], [3, 1], [2, 1]]
    # one unit of both, of a spread of 2.55 (mean 3, squares 9 4 4 9 over 4): 0.392
    assert found.distance[0, 0] == pytest.approx(1 / np.sqrt(6.5))


def test_equal_distances_go_to_the_smaller_number() -> None:
    features = np.array([[1.0, 2.0]] * 4 + [[9.0, 9.0]])

    assert find_peers(features, k=2).index[:4].tolist() == [[1, 2], [0, 2], [0, 1], [0, 1]]


def test_only_what_is_known_counts() -> None:
    # The last lacks the second feature: with one known feature it has no peers of its own.
    features = np.array([[0.0, 0.0, 5.0], [1.0, 9.0, 6.0], [0.1, NAN, 5.0], [0.0, NAN, NAN]])
    found = find_peers(features, k=3)

    assert found.index[0].tolist() == [1, -1, -1]
    assert found.index[2].tolist() == [0, 1, -1]
    assert found.index[3].tolist() == [-1, -1, -1]
    assert np.isnan(found.distance[3]).all()


def test_a_feature_without_spread_says_nothing() -> None:
    assert np.isnan(standardise(np.array([[3.0], [3.0]]))).all()
    assert np.isnan(standardise(np.array([[NAN], [NAN]]))).all()


def test_few_places_and_wrong_shapes() -> None:
    assert find_peers(np.zeros((0, 3)), k=2).index.shape == (0, 2)
    assert find_peers(np.array([[1.0, 2.0]]), k=2).index.tolist() == [[-1, -1]]
    with pytest.raises(GeoError, match=r"expected \(n, m\)"):
        find_peers(np.zeros(3))
    with pytest.raises(GeoError, match="k is 0"):
        find_peers(np.zeros((3, 2)), k=0)


@settings(max_examples=60, deadline=None)
@given(
    hnp.arrays(np.int64, st.tuples(st.integers(2, 14), st.just(3)), elements=st.integers(0, 6)),
    st.data(),
)
def test_peers_are_those_of_a_slow_search(drawn: np.ndarray, data: st.DataObject) -> None:
    features = drawn.astype(float)
    holes = data.draw(hnp.arrays(np.bool_, features.shape, elements=st.booleans()))
    features[holes & (np.arange(3) == data.draw(st.integers(0, 2)))] = NAN
    scaled = standardise(features)
    found = find_peers(features, k=4)
    for i in range(len(features)):
        mine = ~np.isnan(scaled[i])
        wanted = []
        if mine.sum() >= 2:
            for j in range(len(features)):
                if j != i and not np.isnan(scaled[j][mine]).any():
                    far = np.sqrt(((scaled[i][mine] - scaled[j][mine]) ** 2).mean())
                    wanted.append((round(far, 8), j))
        wanted.sort()
        got = [one for one in found.index[i].tolist() if one >= 0]
        assert len(got) == min(4, len(wanted))
        far = {j: d for d, j in wanted}
        assert [far[j] for j in got] == [d for d, _ in wanted[: len(got)]]


def test_a_place_is_ranked_with_its_peers() -> None:
    peers = Peers(np.array([[1, 2], [0, -1], [0, 1]]), np.zeros((3, 2)))
    found = compare_with_peers(np.array([5.0, 1.0, NAN]), peers, lower_is_better=True)

    assert found["rank"][:2].tolist() == [2, 1]
    assert found["n"][:2].tolist() == [2, 2]
    assert found["median"][:2].tolist() == [1, 5]
    assert np.isnan(found["rank"][2])
    other = compare_with_peers(np.array([5.0, 1.0, 1.0]), peers, lower_is_better=False)
    assert other["rank"].tolist() == [1, 2, 2]
    assert other["low"].tolist() == [1, 5, 2]
    nothing = compare_with_peers(np.array([NAN, NAN, 1.0]), peers, lower_is_better=False)
    assert np.isnan(nothing["rank"]).all()
