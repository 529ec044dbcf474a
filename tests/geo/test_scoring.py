"""Weighted items to scores and grades, by hand and against a loop that is obviously right."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.errors import GeoError
from geo.grades import grade_by_cuts, rank, round_half_up
from geo.scoring import (
    Scheme,
    Shares,
    WorstItemLimit,
    contributions,
    normalise_weights,
    read_scheme,
    score_shares,
)

NAN = math.nan


def scheme(
    weights: list[float],
    *,
    bonus: tuple[int, ...] = (),
    zero: tuple[int, ...] = (),
    lower: bool = False,
    certain: tuple[tuple[float, int], ...] = (),
    worst: tuple[WorstItemLimit, ...] = (),
) -> Scheme:
    k = len(weights)
    return Scheme(
        item_ids=tuple(f"i{n}" for n in range(k)),
        weights=np.asarray(weights),
        is_bonus=np.isin(np.arange(k), bonus),
        zero_if_missing=np.isin(np.arange(k), zero),
        cuts=np.array([20.0, 50.0, 100.0]) if lower else np.array([80.0, 50.0, 0.0]),
        places=None,
        min_group=1,
        stars=np.array([5, 3, 0]),
        max_score=100.0,
        decimals=1,
        lower_is_better=lower,
        max_missing_fraction=0.5,
        certain=certain,
        worst=worst,
    )


def shares(*rows: list[float], low: list[list[float]] | None = None) -> Shares:
    value = np.array(rows, dtype=float)
    bound = value if low is None else np.array(low, dtype=float)
    return Shares(value, bound, value, np.ones(value.shape, dtype=bool))


def test_points_add_up_to_the_score() -> None:
    # 60 x 0.5 = 30, 40 x 0.7525 = 30.1: 60.1 of 100, the second grade
    found = score_shares(scheme([60, 40]), shares([0.5, 0.7525]))

    assert found.points.tolist() == [[30.0, 30.1]]
    assert found.score.tolist() == [60.1]
    assert found.grade.tolist() == [1]
    assert found.stars.tolist() == [3]


def test_a_missing_item_leaves_the_sum_or_counts_as_the_worst() -> None:
    # left out: 30 of 60 points is 50 of 100; as zero: 30 of 100
    out = score_shares(scheme([60, 40]), shares([0.5, NAN]))
    as_zero = score_shares(scheme([60, 40], zero=(1,)), shares([0.5, NAN]))

    assert out.score.tolist() == [50.0]
    assert as_zero.score.tolist() == [30.0]
    assert out.missing_fraction.tolist() == [0.4]


def test_a_missing_penalty_that_counts_is_the_whole_penalty() -> None:
    found = score_shares(scheme([60, 40], zero=(1,), lower=True), shares([0.5, NAN]))

    assert found.score.tolist() == [70.0]
    assert found.grade.tolist() == [2]


def test_a_bonus_comes_on_top_and_is_not_scaled_up() -> None:
    # 30 of 50 is 60 of 100, and 5 of the bonus's 10 points
    found = score_shares(scheme([50, 50, 10], bonus=(2,)), shares([0.6, NAN, 0.5]))

    assert found.score.tolist() == [65.0]


def test_too_much_missing_gives_a_score_and_no_grade_nothing_known_gives_neither() -> None:
    found = score_shares(scheme([40, 60]), shares([0.9, NAN], [NAN, NAN]))

    assert found.score[0] == 90.0
    assert np.isnan(found.score[1])
    assert found.grade.tolist() == [-1, -1]
    assert found.stars.tolist() == [-1, -1]


def test_the_lower_bound_of_the_score_decides_a_cap_by_certainty() -> None:
    capped = scheme([100], certain=((70.0, 1),))
    found = score_shares(capped, shares([0.9], [0.9], low=[[0.7], [0.699]]))

    assert found.score_low.tolist() == [70.0, 69.9]
    assert found.grade.tolist() == [0, 1]


def test_the_worst_item_limits_the_grade() -> None:
    cap = WorstItemLimit(np.array([0, 1]), np.array([0.6, 0.3]), np.array([0, 1, 2]))
    found = score_shares(
        scheme([50, 50], worst=(cap,)), shares([1.0, 0.6], [1.0, 0.59], [1, 0.29], [1, NAN])
    )

    assert found.grade.tolist() == [0, 1, 2, 0]


def test_a_limit_from_outside_only_lowers() -> None:
    found = score_shares(
        scheme([100]), shares([0.9], [0.9], [0.4]), grade_limit=np.array([0, 2, 0])
    )

    assert found.grade.tolist() == [0, 2, 2]
    assert found.grade_by_points.tolist() == [0, 0, 2]


def test_changed_weights_keep_the_maximum_and_the_proportion_of_the_others() -> None:
    one = scheme([50, 30, 20, 10], bonus=(3,))
    # 100 : 30 : 20 are 66.7 : 20 : 13.3 of 100; the bonus stays
    found = normalise_weights(one, np.array([100.0, 30, 20, 10]))

    assert found == pytest.approx([66.667, 20.0, 13.333, 10.0], abs=1e-3)
    assert normalise_weights(one, one.weights.copy()) is one.weights


@pytest.mark.parametrize("wrong", [[1.0], [1.0, 0.0], [1.0, NAN], [1.0, math.inf]])
def test_weights_that_are_no_weights_are_refused(wrong: list[float]) -> None:
    with pytest.raises(GeoError, match="expected 2 weights above 0"):
        normalise_weights(scheme([50, 50]), np.array(wrong))


def test_shares_of_other_items_are_refused() -> None:
    with pytest.raises(GeoError, match=r"expected \(n, 2\), one column for each item"):
        score_shares(scheme([50, 50]), shares([0.5]))


def test_no_communities_give_empty_arrays() -> None:
    nothing = Shares(*(np.zeros((0, 2)) for _ in range(3)), applies=np.ones((0, 2), bool))
    found = score_shares(scheme([50, 50]), nothing)

    assert found.score.shape == found.grade.shape == (0,)


def test_contributions_sum_to_the_score() -> None:
    one = scheme([60, 30, 10, 5], bonus=(3,), zero=(1,))
    found = score_shares(one, shares([0.5, NAN, 1.0, 1.0], [NAN, 0.5, 0.5, NAN]))

    assert contributions(one, found).sum(axis=1) == pytest.approx(found.score, abs=0.05)


def test_a_half_goes_up_and_noise_of_the_last_bits_does_not_decide() -> None:
    assert round_half_up(np.array([6.25, 0.3 - 0.05, 0.15, 2.0449999]), 1).tolist() == [
        6.3,
        0.3,
        0.2,
        2.0,
    ]
    assert np.isnan(round_half_up(np.array([NAN]), 1)).all()


def test_equal_scores_share_the_better_place() -> None:
    scores = np.array([70.0, 90.0, NAN, 70.0, 10.0])

    assert rank(scores, lower_is_better=False).tolist() == [2, 1, 0, 2, 4]
    assert rank(scores, lower_is_better=True).tolist() == [2, 4, 0, 2, 1]


def test_a_cut_is_reached_on_it_and_the_worst_grade_takes_the_rest() -> None:
    cuts = np.array([90.0, 80.0, 0.0])

    assert grade_by_cuts(
        np.array([90.0, 89.99, 80.0, -5.0, NAN]), cuts, lower_is_better=False
    ).tolist() == [0, 1, 1, 2, -1]
    assert grade_by_cuts(
        np.array([5.0, 5.1, 99.0]), np.array([5.0, 20.0, 50.0]), lower_is_better=True
    ).tolist() == [0, 1, 2]


def test_a_body_is_read_as_the_scheme_it_describes() -> None:
    body = {
        "max_score": 10,
        "missing": "zero",
        "enough": {"max_missing_fraction": 0.25},
        "items": [
            {"id": "a", "rule": "score", "weight": 10, "missing": "renormalise"},
            {"id": "b", "rule": "bonus", "weight": 2},
        ],
        "grades": [{"id": "good", "cut": 8, "stars": 5}, {"id": "bad", "cut": 0}],
        "caps": [
            {"kind": "certainty_cap", "grade": "bad", "low_at_least": 7},
            {"kind": "flag_cap", "grade": "bad", "measure": "n_red_cards", "at_least": 1},
            {"kind": "worst_item_cap", "items": ["a"], "limits": [[0.5, "good"]]},
        ],
    }
    found = read_scheme(body)

    assert found.weights.tolist() == [10, 2]
    assert found.is_bonus.tolist() == [False, True]
    assert found.zero_if_missing.tolist() == [False, True]
    assert found.certain == ((7.0, 1),)
    assert found.worst[0].allowed.tolist() == [0, 1]
    assert found.stars.tolist() == [5, -1]
    assert found.cuts is not None
    assert found.cuts.tolist() == [8, 0]


def _slow(one: Scheme, value: np.ndarray, low: np.ndarray, weights: np.ndarray) -> list[int]:
    """Grade row by row, as one would on paper."""

    def rounded(x: float) -> float:
        return math.floor(x * 10 + 0.5 + 1e-7) / 10

    grades = []
    for i in range(len(value)):
        total = sure = counted = gone = 0.0
        for k, weight in enumerate(weights):
            if math.isnan(value[i, k]):
                gone += weight
                continue
            counted += weight
            total += rounded(value[i, k] * weight)
            sure += rounded(low[i, k] * weight)
        if not counted or gone / 100 > one.max_missing_fraction + 1e-9:
            grades.append(-1)
            continue
        score, bound = rounded(total * 100 / counted), rounded(sure * 100 / counted)
        grade = next(g for g, cut in enumerate((80, 50, 0)) if score >= cut - 1e-9)
        grades.append(max(grade, 0 if bound >= 60 - 1e-9 else 1))
    return grades


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_arrays_grade_as_a_loop_over_rows_does(data: st.DataObject) -> None:
    k = data.draw(st.integers(1, 5))
    n = data.draw(st.integers(1, 6))
    share = st.floats(0, 1) | st.just(NAN)
    value = np.array(data.draw(st.lists(st.lists(share, min_size=k, max_size=k), min_size=n,
                                        max_size=n)))  # fmt: skip
    low = value * data.draw(st.floats(0, 1))
    wanted = np.array(data.draw(st.lists(st.integers(1, 40), min_size=k, max_size=k)), float)
    one = scheme([100 / k] * k, certain=((60.0, 1),))
    used = normalise_weights(one, wanted)
    found = score_shares(one, Shares(value, low, value, np.ones(value.shape, bool)), weights=wanted)

    assert found.grade.tolist() == _slow(one, value, low, used)


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_a_fuller_item_never_lowers_a_grade(data: st.DataObject) -> None:
    k = data.draw(st.integers(1, 4))
    one = scheme([100 / k] * k, certain=((60.0, 1),))
    row = np.array([data.draw(st.lists(st.floats(0, 1), min_size=k, max_size=k))])
    item = data.draw(st.integers(0, k - 1))
    better = row.copy()
    better[0, item] = data.draw(st.floats(float(row[0, item]), 1))
    applies = np.ones((1, k), bool)
    before = score_shares(one, Shares(row, row, row, applies))
    after = score_shares(one, Shares(better, better, better, applies))

    assert after.grade[0] <= before.grade[0]


def test_an_item_that_does_not_apply_is_not_missing() -> None:
    value = np.array([[0.5, NAN]])
    found = score_shares(scheme([60, 40]), Shares(value, value, value, np.array([[True, False]])))

    assert found.is_missing.tolist() == [[False, False]]
    assert found.missing_fraction.tolist() == [0.0]
    assert found.max_points.tolist() == [[60.0, 0.0]]
    assert found.score.tolist() == [50.0]


@given(st.lists(st.integers(0, 9) | st.none(), min_size=1, max_size=60), st.booleans())
def test_places_are_those_of_a_count(drawn: list[int | None], lower: bool) -> None:
    scores = [NAN if one is None else float(one) for one in drawn]
    wanted = [
        0
        if own is None
        else 1 + sum(o is not None and (o < own if lower else o > own) for o in drawn)
        for own in drawn
    ]

    assert rank(np.array(scores), lower_is_better=lower).tolist() == wanted


def test_a_place_is_whole_where_its_share_is_not() -> None:
    # 1 / 49 x 49 is a little less than 1
    assert rank(np.arange(49.0), lower_is_better=True).tolist() == list(range(1, 50))
