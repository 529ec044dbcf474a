"""What the engine, a page and a replay say is the same; who moves and why."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from etl.rating import Evidence, Measured, Outcome, Standard, rate
from etl.rating.grading import scheme_of
from etl.rating.moves import compare, top_items
from etl.standards import find_standard, list_standards
from geo.scoring import read_scheme, score_shares


def draw_evidence(data: st.DataObject, standard: Standard, n: int) -> Evidence:
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32)))
    scores = {}
    for item in standard.items:
        scale = float(item.parameters.get("scale", item.weight))
        one = rng.integers(0, 5, n) / 4 * scale
        if "allowed" in item.parameters:
            one = rng.choice(item.parameters["allowed"], n).astype(float)
        scores[item.item_id] = np.where(rng.random(n) < 0.1, np.nan, one)
    measures = {}
    for name in standard.measures():
        value = rng.gamma(1.2, 0.9, n) if "relative" in name else rng.integers(0, 4, n) * 1.0
        value = rng.random(n) if "fraction" in name else value
        value[rng.random(n) < 0.05] = np.nan
        measures[name] = Measured(value, value * 0.6, value * 1.5)
    group = rng.integers(0, 3, n)
    return Evidence(n, measures, scores, scores, group)


@pytest.mark.parametrize("standard_id", list_standards())
def test_a_page_reads_the_same_scheme_as_the_build(standard_id: str) -> None:
    standard = find_standard(standard_id)
    built, read = scheme_of(standard), read_scheme(json.loads(json.dumps(standard.body)))

    for name in built.__slots__:
        one, other = getattr(built, name), getattr(read, name)
        if name == "worst":
            one, other = (
                [[part.tolist() for part in (w.columns, w.bounds, w.allowed)] for w in side]
                for side in (one, other)
            )
        assert np.array_equal(one, other) if isinstance(one, np.ndarray) else one == other, name


@pytest.mark.parametrize("standard_id", list_standards())
@settings(max_examples=12, deadline=None)
@given(data=st.data())
def test_a_weight_tried_out_on_a_page_gives_what_the_build_would(
    standard_id: str, data: st.DataObject
) -> None:
    # The page has the stored shares, the limit and the flag alone; the build rates the evidence.
    standard = find_standard(standard_id)
    evidence = draw_evidence(data, standard, 9)
    k = len(standard.items)
    weights = np.array(data.draw(st.lists(st.integers(1, 50), min_size=k, max_size=k)), float)
    built = rate(standard, evidence, weights=weights)
    stored = rate(standard, evidence)
    page = score_shares(
        read_scheme(standard.body),
        stored.shares,
        grade_limit=stored.grade_limit,
        may_be_rated=stored.may_be_rated,
        weights=weights,
        group=evidence.group,
    )

    assert np.array_equal(page.score, built.score, equal_nan=True)
    assert page.grade.tolist() == built.grade.tolist()
    assert np.array_equal(page.points, built.points, equal_nan=True)


def rated(scores: dict[str, list[float]], *, yellow: list[float]) -> Outcome:
    standard = find_standard("five-grade")
    n = len(yellow)
    full = {item.item_id: np.full(n, item.weight) for item in standard.items}
    known = {name: np.asarray(one, float) for name, one in scores.items()}
    exact = Measured.exact
    measures = {
        "criminal_relative": exact(np.full(n, 0.4)),
        "hazards_in_time_fraction": exact(np.ones(n)),
        "n_yellow_cards": exact(np.asarray(yellow, float)),
        "n_red_cards": exact(np.zeros(n)),
        "n_black_cards": exact(np.zeros(n)),
    }
    return rate(standard, Evidence(n, measures, {**full, **known}))


def test_who_moves_and_which_items_moved_it() -> None:
    # The first loses 6 of 15 and 5 of 10 points: 100 to 89, excellent to good. The second keeps
    # its points and gets a yellow card: general.
    before = rated({}, yellow=[0, 0, 0])
    after = rated({"guard_posts": [9, 15, 15], "patrols": [5, 10, 10]}, yellow=[0, 1, 0])
    moves = compare(before, after)

    assert moves.direction.tolist() == [-1, -1, 0]
    assert moves.score_after.tolist() == [89.0, 100.0, 100.0]
    assert [moves.item_ids[k] for k in top_items(moves, 0)] == ["guard_posts", "patrols"]
    assert moves.change[0].sum() == pytest.approx(-11)
    assert top_items(moves, 1) == []
    assert moves.rank_after.tolist() == [3, 1, 1]


def test_other_standards_are_compared_by_stars_or_places() -> None:
    star, food = find_standard("security-star"), find_standard("food-hygiene")
    n = 3
    scores = {item.item_id: np.array([item.weight, 0.0, item.weight]) for item in star.items}
    sheets = {item.item_id: np.array([0.0, 0.0, np.nan]) for item in food.items}
    measures = {name: Measured.exact(np.ones(n)) for name in star.measures()}
    measures |= {"n_buildings": Measured.exact(np.full(n, 5.0))}
    measures |= {"n_major_overdue": Measured.exact(np.zeros(n))}
    before = rate(star, Evidence(n, measures, scores))
    after = rate(food, Evidence(n, {}, sheets))
    moves = compare(before, after)

    assert before.stars.tolist() == [5, 0, 5]
    assert after.stars.tolist() == [5, 5, -1]
    assert moves.direction.tolist() == [0, 1, 0]
    assert len(moves.item_ids) == len(star.items) + len(food.items)


def test_a_rating_that_is_only_there_once_moves_nowhere() -> None:
    before = rated({}, yellow=[0])
    nothing = {item.item_id: np.array([np.nan]) for item in before.standard.items}
    after = rate(before.standard, Evidence(1, {}, nothing))

    assert compare(before, after).direction.tolist() == [0]


def test_where_one_standard_gives_no_stars_places_are_compared() -> None:
    star, campaign = find_standard("five-grade"), find_standard("hazard-campaign")
    full = {item.item_id: np.array([item.weight, item.weight / 2]) for item in star.items}
    measures = {name: Measured.exact(np.zeros(2)) for name in star.measures()}
    measures |= {"hazards_in_time_fraction": Measured.exact(np.array([0.5, 1.0]))}
    for name in ("major_rectified_fraction", "ordinary_rectified_fraction"):
        measures[name] = Measured.exact(np.array([0.8, 1.0]))
    measures |= {name: Measured.exact(np.zeros(2)) for name in campaign.measures()
                 if name not in measures}  # fmt: skip
    before, after = (rate(one, Evidence(2, measures, full)) for one in (star, campaign))
    moves = compare(before, after)

    # the first led and falls behind, the second overtakes it
    assert moves.rank_before.tolist() == [1, 2]
    assert moves.rank_after.tolist() == [2, 1]
    assert moves.direction.tolist() == [-1, 1]
