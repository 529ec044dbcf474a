"""Effects of assessors: by hand, planted, confounded, unconnected."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.assessors import AssessorEffects, find_assessor_effects
from geo.errors import GeoError


def effects(rows: list[tuple[float, int, int, int, int]]) -> AssessorEffects:
    table = np.array(rows, dtype=float).reshape(-1, 5)
    return find_assessor_effects(table[:, 0], *(table[:, k].astype(int) for k in (1, 2, 3, 4)))


def city(effect: dict[int, float], *, seed: int = 1, n: int = 120) -> list:
    rng = np.random.default_rng(seed)
    quality, item = rng.normal(0, 0.1, n), rng.normal(0, 0.05, 6)
    rows = []
    for c in range(n):
        for t in range(3):
            who = int(rng.integers(0, 8))
            visit = rng.normal(0, 0.03)
            for k in range(6):
                score = 0.7 + quality[c] + item[k] + effect.get(who, 0.0) + visit
                rows.append((score + rng.normal(0, 0.04), c, k, t, who))
    return rows


def test_two_assessors_of_the_same_communities_differ_by_what_they_differ() -> None:
    # Assessor 1 gives 0.2 more in each of three communities, whatever their own level; the middle
    # of two is half way: -0.1 and 0.1. Both score in both periods, so items carry nothing of it.
    rows = []
    for c, level in enumerate((0.2, 0.5, 0.7)):
        for k in (0, 1):
            rows.append((level, c, k, 0, 0))
            rows.append((level + 0.2, c, k, 0, 1))
    found = effects(rows)

    assert found.effect == pytest.approx([-0.1, 0.1])
    assert found.n_visits.tolist() == [3, 3]
    assert found.n_communities.tolist() == [3, 3]
    assert found.n_scores.tolist() == [6, 6]


def test_a_planted_assessor_is_found_and_the_others_are_not() -> None:
    found = effects(city({5: 0.08}))

    assert found.effect[5] == pytest.approx(0.08, abs=0.02)
    assert found.q[5] < 0.01
    assert found.low[5] < 0.08 < found.high[5]
    assert abs(found.shrunk[5]) < abs(found.effect[5])
    assert np.abs(np.delete(found.shrunk, 5)).max() < 0.02


def test_chance_alone_is_not_called_high() -> None:
    false = [(effects(city({}, seed=seed, n=60)).q < 0.05).any() for seed in range(12)]

    assert sum(false) <= 2


def test_good_communities_do_not_make_a_lenient_assessor() -> None:
    # Assessor 1 sees the good communities, but shares each with assessor 0, who scores alike.
    rows = []
    for c in range(12):
        level = 0.9 if c < 6 else 0.5
        noise = 0.01 * (c % 3)
        rows.append((level + noise, c, 0, 0, 0))
        rows.append((level - noise, c, 0, 1, 1 if c < 6 else 2))
    found = effects(rows)

    assert np.abs(found.effect).max() < 0.03


def test_assessors_of_communities_that_nobody_else_saw_cannot_be_told() -> None:
    rows = [(0.5 + 0.1 * c, c, k, 0, c) for c in range(3) for k in range(2)]
    found = effects(rows)

    assert np.isnan(found.effect).all()
    assert np.isnan(found.p).all()
    assert len(set(found.group.tolist())) == 3


def test_no_scores_give_nothing_and_unknown_ones_are_refused() -> None:
    assert effects([]).effect.shape == (0,)
    with pytest.raises(GeoError, match="finite scores"):
        effects([(np.nan, 0, 0, 0, 0)])
    one = np.zeros(2, dtype=int)
    with pytest.raises(GeoError, match="one length"):
        find_assessor_effects(np.zeros(2), one, one, one, np.zeros(3, dtype=int))


@settings(max_examples=20, deadline=None)
@given(st.permutations(range(60)))
def test_the_order_of_the_scores_does_not_matter(order: list[int]) -> None:
    rows = city({2: 0.1})[:60]
    first, second = effects(rows), effects([rows[k] for k in order])

    assert second.effect == pytest.approx(first.effect, nan_ok=True)
    assert second.q == pytest.approx(first.q, nan_ok=True)


def test_hard_items_do_not_make_a_strict_assessor() -> None:
    # Assessor 0 scores the hard item of every community, assessor 1 the easy one.
    rng = np.random.default_rng(2)
    rows = []
    for c in range(30):
        level = rng.normal(0, 0.05)
        rows.append((0.4 + level + rng.normal(0, 0.02), c, 0, 0, 0))
        rows.append((0.9 + level + rng.normal(0, 0.02), c, 1, 0, 1))
    found = effects(rows)

    assert np.abs(found.effect).max() < 0.02
