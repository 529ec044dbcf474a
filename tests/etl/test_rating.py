"""Every rule kind of the rating engine by hand, the UK table whole, and what must always hold."""

from __future__ import annotations

import itertools
import tomllib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from etl.rating import (
    MEASURES,
    RULE_KINDS,
    Evidence,
    Measured,
    Outcome,
    Standard,
    points,
    rate,
    streaks,
)
from etl.rating.steps import find_next_step, grades_if
from etl.standards import find_standard, list_standards, load_standard

SMALL = """
id = "small"
version = "1"
name_en = "Small"
name_zh = "小"
text_en = "Two items."
text_zh = "两项。"
source_en = "By hand."
source_zh = "手工。"
max_score = 100
published = false
monotone = false
missing = "renormalise"

[enough]
max_missing_fraction = 0.5

[scorers.office]
name_en = "Office"
name_zh = "办公室"

[[items]]
id = "a"
name_en = "A"
name_zh = "甲"
text_en = "First."
text_zh = "第一。"
weight = 60
rule = "score"
scorer = "office"

[[items]]
id = "b"
name_en = "B"
name_zh = "乙"
text_en = "Second."
text_zh = "第二。"
weight = 40
rule = "score"
scorer = "office"

[[grades]]
id = "good"
name_en = "Good"
name_zh = "良"
cut = 80
stars = 5

[[grades]]
id = "fair"
name_en = "Fair"
name_zh = "中"
cut = 50
stars = 3

[[grades]]
id = "poor"
name_en = "Poor"
name_zh = "差"
cut = 0
stars = 0
"""

Change = Callable[[dict[str, Any]], None]


def small_standard(folder: Path, change: Change = lambda body: None) -> Standard:
    """Load the small standard after a change to its parsed body."""
    body = tomllib.loads(SMALL)
    change(body)
    path = folder / "small.toml"
    path.write_text("\n".join(_lines(body)), encoding="utf-8")
    return load_standard(path)


def one_item(folder: Path, weight: float = 10.0, **rule: Any) -> Standard:
    """Load a standard of one item `x` of the given rule and weight."""

    def change(body: dict[str, Any]) -> None:
        item = {**body["items"][0], "id": "x", "weight": weight, **rule}
        body["items"] = [item]
        body["max_score"] = weight
        for grade, cut in zip(body["grades"], (0.8, 0.5, 0.0), strict=True):
            grade["cut"] = cut * weight

    return small_standard(folder, change)


def points_of(standard: Standard, measure: str, values: list[float]) -> list[float]:
    """Return the points of the first item when a measure takes the values."""
    return rate_measures(standard, **{measure: values}).points[:, 0].tolist()


def rate_measures(standard: Standard, **measures: list[float]) -> Outcome:
    """Rate communities of which only measures are known."""
    n = len(next(iter(measures.values())))
    known = {name: Measured.exact(np.asarray(one, dtype=float)) for name, one in measures.items()}
    return rate(standard, Evidence(n, known))


def rate_scores(
    standard: Standard, measures: dict[str, list[float]] | None = None, **scores: list[float]
) -> Outcome:
    """Rate communities of which scores, and perhaps measures, are known."""
    n = len(next(iter(scores.values())))
    known = {
        name: Measured.exact(np.asarray(one, dtype=float)) for name, one in (measures or {}).items()
    }
    return rate(
        standard, Evidence(n, known, {name: np.asarray(one, float) for name, one in scores.items()})
    )


def _lines(body: dict[str, Any], prefix: str = "") -> list[str]:
    plain = {k: v for k, v in body.items() if not _is_nested(v)}
    lines = [f"{key} = {_value(value)}" for key, value in plain.items()]
    for key, value in body.items():
        if isinstance(value, dict):
            lines += [f"[{prefix}{key}]", *_lines(value, f"{prefix}{key}.")]
        elif _is_nested(value):
            for one in value:
                lines += [f"[[{prefix}{key}]]", *_lines(one, f"{prefix}{key}.")]
    return lines


def _is_nested(value: Any) -> bool:
    tables = isinstance(value, list) and bool(value) and isinstance(value[0], dict)
    return tables or isinstance(value, dict)


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return '"' + value + '"'
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_value(one) for one in value) + "]"
    return repr(value)


def names_of(outcome: Outcome) -> list[str | None]:
    """Return the grades' ids, None where there is none."""
    grades = outcome.standard.grades
    return [None if one < 0 else grades[one].grade_id for one in outcome.grade]


# Rules of items ---------------------------------------------------------------------------------


def test_weighted_item_scales_the_score_to_the_weight(tmp_path: Path) -> None:
    standard = one_item(tmp_path, 12, rule="score", scale=10)
    # 7 of 10, times 12 = 8.4; 11 is above the scale and no evidence, like -1 and nothing at all.
    outcome = rate_scores(standard, x=[7, 10, 0, 11, -1, np.nan])
    np.testing.assert_array_equal(outcome.points[:, 0], [8.4, 12, 0, np.nan, np.nan, np.nan])


def test_weighted_item_takes_only_allowed_scores(tmp_path: Path) -> None:
    standard = one_item(tmp_path, 10, rule="score", allowed=[0, 5, 10])
    np.testing.assert_array_equal(rate_scores(standard, x=[5, 6]).points[:, 0], [5.0, np.nan])


def test_target_gives_all_or_nothing_and_is_met_on_the_bound(tmp_path: Path) -> None:
    at_most = one_item(tmp_path, 4, rule="target", measure="n_notices", at_most=1)
    assert points_of(at_most, "n_notices", [0, 1, 2]) == [4, 4, 0]
    at_least = one_item(
        tmp_path, 4, rule="target", measure="hazards_in_time_fraction", at_least=0.9
    )
    assert points_of(at_least, "hazards_in_time_fraction", [0.89, 0.9]) == [0, 4]


def test_deduction_per_event_stops_at_the_floor_and_forgives_the_free_ones(tmp_path: Path) -> None:
    rule = {"rule": "deduction", "measure": "n_notices", "per_event": 3, "floor": 2, "free": 1}
    # 10; 1 is free; 3 notices cost 2 x 3; 9 would cost 24 but the floor is 2.
    assert points_of(one_item(tmp_path, **rule), "n_notices", [0, 1, 3, 9]) == [10, 10, 4, 2]


def test_solved_cases_cost_less(tmp_path: Path) -> None:
    # Safe community: -5 for each serious case, -3 if solved. 3 cases, 2 solved: 20 - 5 - 6 = 9.
    standard = one_item(
        tmp_path,
        20,
        rule="mitigated_deduction",
        measure="n_serious",
        per_event=5,
        mitigated="n_serious_solved",
        per_mitigated=3,
    )
    outcome = rate_measures(standard, n_serious=[3, 3, 1, 9], n_serious_solved=[2, np.nan, 5, 0])
    # Unknown whether solved: as unsolved, 20 - 15. More solved than cases: 1 case at 3. Floor 0.
    assert outcome.points[:, 0].tolist() == [9, 5, 17, 0]


def test_stepped_deduction_takes_the_highest_step_that_is_exceeded(tmp_path: Path) -> None:
    # Safe community: criminal cases over 6 / 7 / 8 % of the population -3 / -6 / -10.
    standard = one_item(
        tmp_path,
        rule="steps",
        measure="criminal_fraction",
        steps=[[0.06, 3], [0.07, 6], [0.08, 10]],
    )
    values = [0.05, 0.06, 0.0601, 0.075, 0.5]
    assert points_of(standard, "criminal_fraction", values) == [10, 10, 7, 4, 0]


def test_shortfall_is_in_proportion_or_per_step_begun(tmp_path: Path) -> None:
    # Shangyu: -10 for each 10 % short of full rectification, of 100. 0.75: 2.5 steps, 3 begun.
    rule = {
        "rule": "shortfall",
        "measure": "major_rectified_fraction",
        "target": 1.0,
        "step": 0.1,
        "per_step": 10,
    }
    values = [1.0, 0.75, 0.7, 0.0]
    smooth = one_item(tmp_path, 100, **rule)
    assert points_of(smooth, "major_rectified_fraction", values) == [100, 75, 70, 0]
    whole = one_item(tmp_path, 100, **rule, whole_steps=True)
    assert points_of(whole, "major_rectified_fraction", values) == [100, 70, 70, 0]


def test_linear_runs_from_full_to_zero_and_no_further(tmp_path: Path) -> None:
    standard = one_item(
        tmp_path, rule="linear", measure="criminal_relative", full_at=0.5, zero_at=2.0
    )
    # 1.25 is half way.
    assert points_of(standard, "criminal_relative", [0, 0.5, 1.25, 2, 3]) == [10, 10, 5, 0, 0]


def test_change_on_the_year_before_gives_points_by_the_ratio(tmp_path: Path) -> None:
    standard = one_item(tmp_path, rule="change", measure="cases_change", full_at=0.8, zero_at=1.2)
    # 1.0 is half way; 0.9 three quarters.
    assert points_of(standard, "cases_change", [0.7, 0.9, 1.0, 1.3]) == [10, 7.5, 5, 0]


def test_bonus_comes_on_top_and_has_a_ceiling(tmp_path: Path) -> None:
    def change(body: dict[str, Any]) -> None:
        bonus = {"rule": "bonus", "measure": "n_awards", "per_event": 2, "weight": 5, "id": "c"}
        body["items"].append({**body["items"][0], **bonus})

    outcome = rate_scores(
        small_standard(tmp_path, change),
        {"n_awards": [0, 1, 9, np.nan]},
        a=[60, 60, 60, 60],
        b=[20, 20, 20, 20],
    )
    assert outcome.score.tolist() == [80, 82, 85, 80]  # unknown awards are none
    assert outcome.has_enough_data.all()


def test_penalty_adds_up_to_its_weight_and_low_totals_are_good(tmp_path: Path) -> None:
    def change(body: dict[str, Any]) -> None:
        body["direction"] = "lower"
        rule = {"rule": "penalty", "measure": "n_notices", "per_event": 2}
        body["items"] = [{**body["items"][0], **rule, "weight": 20}]
        body["max_score"] = 20
        for grade, cut in zip(body["grades"], (2, 6, 20), strict=True):
            grade["cut"] = cut

    outcome = rate_measures(small_standard(tmp_path, change), n_notices=[0, 1, 2, 4, 99])
    assert outcome.score.tolist() == [0, 2, 4, 8, 20]
    assert names_of(outcome) == ["good", "good", "fair", "poor", "poor"]


def test_exemption_gives_full_points(tmp_path: Path) -> None:
    def change(body: dict[str, Any]) -> None:
        body["items"][0]["exemption"] = {"measure": "n_awards", "at_least": 1}

    outcome = rate_scores(
        small_standard(tmp_path, change), {"n_awards": [1, 0, 1]}, a=[10, 10, np.nan], b=[40] * 3
    )
    assert outcome.score.tolist() == [100, 50, 100]
    assert outcome.is_exempt[:, 0].tolist() == [True, False, True]
    assert not outcome.is_missing[2, 0]


def test_item_that_does_not_apply_leaves_the_sum_and_the_rest_is_scaled_up(tmp_path: Path) -> None:
    def change(body: dict[str, Any]) -> None:
        body["items"][1]["not_applicable"] = {"measure": "is_enclosed", "equals": 0}

    outcome = rate_scores(
        small_standard(tmp_path, change), {"is_enclosed": [0, 1]}, a=[45, 45], b=[0, 0]
    )
    # 45 of the 60 points that apply, scaled to 100: 75. With both items 45.
    assert outcome.score.tolist() == [75, 45]
    assert outcome.max_points[0].tolist() == [60, 0]


def test_missing_item_is_renormalised_or_zero_as_the_standard_says(tmp_path: Path) -> None:
    scores = {"a": [45.0], "b": [np.nan]}
    renormalised = rate_scores(small_standard(tmp_path), **scores)
    assert renormalised.score.tolist() == [75]  # 45 / 60 of 100
    zero = small_standard(tmp_path, lambda body: body.update(missing="zero"))
    assert rate_scores(zero, **scores).score.tolist() == [45]
    mixed = small_standard(tmp_path, lambda body: body["items"][1].update(missing="zero"))
    assert rate_scores(mixed, **scores).score.tolist() == [45]


def test_missing_penalty_that_counts_is_the_whole_penalty(tmp_path: Path) -> None:
    def change(body: dict[str, Any]) -> None:
        body.update(direction="lower", missing="zero")
        for grade, cut in zip(body["grades"], (20, 50, 100), strict=True):
            grade["cut"] = cut

    outcome = rate_scores(small_standard(tmp_path, change), a=[10.0], b=[np.nan])
    assert outcome.score.tolist() == [50]  # 10 + all 40


# From points to a grade -------------------------------------------------------------------------


def test_a_grade_is_reached_on_its_cut(tmp_path: Path) -> None:
    outcome = rate_scores(
        small_standard(tmp_path), a=[60, 60, 49.9, 10, 60], b=[20, 19.9, 0, 0, 40]
    )
    assert names_of(outcome) == ["good", "fair", "poor", "poor", "good"]
    assert outcome.stars.tolist() == [5, 3, 0, 0, 5]


def test_eligibility_unknown_is_no_data_and_unmet_is_not_eligible(tmp_path: Path) -> None:
    def change(body: dict[str, Any]) -> None:
        names = {"id": "size", "name_en": "Size", "name_zh": "规模"}
        body["eligibility"] = [{**names, "measure": "n_buildings", "at_least": 3}]

    outcome = rate_scores(
        small_standard(tmp_path, change),
        {"n_buildings": [3, 2, np.nan]},
        a=[60, 60, 60],
        b=[40, 40, 40],
    )
    assert names_of(outcome) == ["good", None, None]
    assert outcome.is_eligible.tolist() == [True, False, True]
    assert outcome.has_enough_data.tolist() == [True, True, False]


def _named(**more: Any) -> dict[str, Any]:
    return {"id": "rule", "name_en": "Rule", "name_zh": "规则", **more}


@pytest.mark.parametrize(
    ("op", "bound", "expected"),
    [
        ("at_least", 2, ["good", "good", "poor", "poor"]),
        ("above", 2, ["good", "good", "good", "poor"]),
        ("at_most", 1, ["poor", "poor", "good", "good"]),
        ("below", 1, ["poor", "good", "good", "good"]),
        ("equals", 2, ["good", "good", "poor", "good"]),
    ],
)
def test_veto_falls_to_the_worst_grade_whatever_the_points(
    tmp_path: Path, op: str, bound: float, expected: list[str]
) -> None:
    def change(body: dict[str, Any]) -> None:
        body["vetoes"] = [_named(measure="n_hazards_refused", **{op: bound})]

    outcome = rate_scores(
        small_standard(tmp_path, change),
        {"n_hazards_refused": [0, 1, 2, 3]},
        a=[60] * 4,
        b=[40] * 4,
    )
    assert names_of(outcome) == expected
    assert outcome.score.tolist() == [100] * 4


def test_veto_may_name_a_grade_and_an_item(tmp_path: Path) -> None:
    def change(body: dict[str, Any]) -> None:
        body["vetoes"] = [_named(item="b", below=0.5, grade="fair")]

    outcome = rate_scores(small_standard(tmp_path, change), a=[60, 60, 0], b=[20, 19, 19])
    # 19 of 40 is under half: no better than fair; what is worse already stays worse.
    assert names_of(outcome) == ["good", "fair", "poor"]


def test_disqualification_is_the_worst_grade(tmp_path: Path) -> None:
    def change(body: dict[str, Any]) -> None:
        body["disqualifications"] = [_named(measure="n_serious", at_least=1)]

    outcome = rate_scores(
        small_standard(tmp_path, change), {"n_serious": [0, 1]}, a=[60, 60], b=[40, 40]
    )
    assert names_of(outcome) == ["good", "poor"]


def test_cap_by_a_flag_only_lowers(tmp_path: Path) -> None:
    def change(body: dict[str, Any]) -> None:
        cap = {"kind": "flag_cap", "measure": "n_yellow_cards", "at_least": 1, "grade": "fair"}
        body["caps"] = [_named(**cap)]

    outcome = rate_scores(
        small_standard(tmp_path, change),
        {"n_yellow_cards": [0, 1, 1, np.nan]},
        a=[60, 60, 0, 60],
        b=[40, 40, 0, 40],
    )
    assert names_of(outcome) == ["good", "fair", "poor", "good"]


def test_cap_by_the_worst_item_where_high_points_are_good(tmp_path: Path) -> None:
    def change(body: dict[str, Any]) -> None:
        limits = [[0.8, "good"], [0.5, "fair"]]
        body["caps"] = [_named(kind="worst_item_cap", items=["a", "b"], limits=limits)]

    # Worst items 0.8, 0.75, 0.45; the totals would be good, good, fair.
    outcome = rate_scores(small_standard(tmp_path, change), a=[48, 60, 27], b=[40, 30, 40])
    assert names_of(outcome) == ["good", "fair", "poor"]


def test_cap_by_certainty_looks_at_the_unfavourable_bound(tmp_path: Path) -> None:
    def change(body: dict[str, Any]) -> None:
        rule = {"rule": "linear", "measure": "criminal_relative", "full_at": 0.0, "zero_at": 2.0}
        del body["items"][1]["rule"]
        body["items"][1].update(rule)
        body["caps"] = [_named(kind="certainty_cap", grade="fair", low_at_least=70)]

    measured = Measured(np.array([0.5, 0.5]), np.array([0.4, 0.0]), np.array([1.0, 2.0]))
    outcome = rate(
        small_standard(tmp_path, change),
        Evidence(2, {"criminal_relative": measured}, {"a": np.array([60.0, 60.0])}),
    )
    # 60 + 40 x 0.75 = 90; at the bounds 60 + 40 x 0.5 = 80 and 60 + 0 = 60, under the 70 asked.
    assert outcome.score.tolist() == [90, 90]
    assert outcome.score_low.tolist() == [80, 60]
    assert outcome.score_high.tolist() == [92, 100]
    assert names_of(outcome) == ["good", "fair"]


def test_too_little_evidence_gives_no_grade(tmp_path: Path) -> None:
    standard = small_standard(
        tmp_path, lambda body: body["enough"].update(max_missing_fraction=0.4)
    )
    outcome = rate_scores(standard, a=[60, np.nan, np.nan], b=[np.nan, 40, np.nan])
    # Missing 40 %, 60 %, all of the points.
    assert names_of(outcome) == ["good", None, None]
    np.testing.assert_array_equal(outcome.score, [100, 100, np.nan])


def test_a_period_that_has_hardly_begun_gives_no_grade(tmp_path: Path) -> None:
    standard = small_standard(tmp_path, lambda body: body["enough"].update(min_days=90))
    scores = {"a": np.array([60.0]), "b": np.array([40.0])}
    assert names_of(rate(standard, Evidence(1, {}, scores, n_days=89))) == [None]
    assert names_of(rate(standard, Evidence(1, {}, scores, n_days=90))) == ["good"]


def test_no_communities_give_no_rows(tmp_path: Path) -> None:
    assert rate(small_standard(tmp_path), Evidence(0)).grade.shape == (0,)


# Published cases of other schemes ---------------------------------------------------------------


def _food_rating(total: int, worst: int) -> int:
    """The Food Standards Agency's table, read line by line."""
    for rating, most, single in ((5, 15, 5), (4, 20, 10), (3, 30, 10), (2, 40, 15), (1, 50, 20)):
        if total <= most and worst <= single:
            return rating
    return 0


def test_food_hygiene_follows_the_whole_table_of_total_and_worst_score() -> None:
    fifths = (0, 5, 10, 15, 20, 25)
    cases = list(itertools.product(fifths, fifths, (0, 5, 10, 20, 30)))
    names = ("hygiene", "structure", "confidence")
    scores = dict(
        zip(names, (list(map(float, one)) for one in zip(*cases, strict=True)), strict=True)
    )
    outcome = rate_scores(find_standard("food-hygiene"), **scores)
    assert len(cases) == 180
    assert outcome.stars.tolist() == [_food_rating(sum(one), max(one)) for one in cases]


def test_care_compare_gives_tenth_thirds_and_fifth_and_small_groups_the_cuts_of_all() -> None:
    standard = find_standard("care-compare")
    # Group 0: 30 homes with 1..30 points. Ranks: 3 best five stars, 7 each four, three, two, 6 one.
    # Group 1: four homes, too few: among all 34, shares better 0, 0.1176, 0.5882, 0.9706.
    scores = np.concatenate([np.arange(1.0, 31.0), [0.5, 3.5, 18.5, 99.0]])
    group = np.repeat([0, 1], [30, 4])
    outcome = rate(standard, Evidence(34, {}, {"deficiencies": scores}, group=group))
    assert np.bincount(outcome.stars[:30], minlength=6).tolist() == [0, 6, 7, 7, 7, 3]
    assert outcome.stars[:3].tolist() == [5, 5, 5]
    # 0.5 is the best of all; 3.5 has 4 of 34 better = 0.118, past the tenth; 18.5 has 20 better =
    # 0.588, past 0.5667 and so two stars; 99 has 33 better.
    assert outcome.stars[30:].tolist() == [5, 4, 2, 1]


def test_a_group_of_exactly_the_minimum_stands_on_its_own() -> None:
    # Group 1 is five homes, all worse than the ten of group 0: by itself its best has five stars.
    scores = np.concatenate([np.arange(1.0, 11.0), np.arange(50.0, 55.0)])
    outcome = rate(
        find_standard("care-compare"),
        Evidence(15, {}, {"deficiencies": scores}, group=np.repeat([0, 1], [10, 5])),
    )
    # Shares better 0, 0.2, 0.4, 0.6, 0.8 against edges 0.1, 0.333, 0.567, 0.8.
    assert outcome.stars[10:].tolist() == [5, 4, 3, 2, 1]


def test_equal_scores_share_the_better_grade() -> None:
    outcome = rate(
        find_standard("care-compare"),
        Evidence(10, {}, {"deficiencies": np.full(10, 7.0)}, group=np.zeros(10, dtype=np.int64)),
    )
    assert outcome.stars.tolist() == [5] * 10


# Several periods --------------------------------------------------------------------------------


def test_streaks_break_and_start_again_after_they_fire() -> None:
    flags = np.array([[1, 1, 1, 1, 1, 1], [1, 0, 1, 1, 1, 0]], dtype=bool)
    kept = streaks.streak_lengths(flags, length=3, resets=False)
    assert kept.tolist() == [[1, 2, 3, 4, 5, 6], [1, 0, 1, 2, 3, 0]]
    reset = streaks.streak_lengths(flags, length=3, resets=True)
    assert reset.tolist() == [[1, 2, 3, 1, 2, 3], [1, 0, 1, 2, 3, 0]]


def test_demerits_add_up_and_are_cleared_by_clean_periods_or_at_the_top() -> None:
    demerits = np.array([[4, 4, 0, 2], [4, np.nan, 4, 4], [7, 7, 1, 0]], dtype=float)
    sums = streaks.cumulate_demerits(demerits, clean_periods=1, resets_at=12)
    # Row 1: cleared by the clean third. Row 2: unknown is not clean. Row 3: 14 is past 12, so the
    # third starts from nothing.
    assert sums.tolist() == [[4, 8, 0, 2], [4, 4, 8, 12], [7, 14, 1, 0]]
    never = streaks.cumulate_demerits(demerits, clean_periods=0)
    assert never[0].tolist() == [4, 8, 8, 10]


def test_two_clean_periods_are_two_in_a_row() -> None:
    demerits = np.array([[4, 0, 4, 0, 0]], dtype=float)
    sums = streaks.cumulate_demerits(demerits, clean_periods=2)
    assert sums.tolist() == [[4, 4, 8, 8, 0]]


def _drawn(standard: Standard, years: list[dict[str, list[float]]]) -> dict[str, list[int]]:
    evidences = [
        Evidence(
            len(next(iter(year.values()))),
            {name: Measured.exact(np.asarray(one, float)) for name, one in year.items()},
            {"a": np.asarray(year["a"], float), "b": np.asarray(year["a"], float)},
        )
        for year in years
    ]
    outcomes = [rate(standard, one) for one in evidences]
    found = streaks.draw_consequences(standard, outcomes, evidences)
    return {name: one.tolist() for name, one in found.items()}


def test_consequences_of_grades_measures_rises_and_each_other(tmp_path: Path) -> None:
    def change(body: dict[str, Any]) -> None:
        names = {"name_en": "N", "name_zh": "名"}
        body["consequences"] = [
            {**names, "id": "chain", "kind": "streak", "of": "poor_twice", "length": 2},
            {**names, "id": "poor_twice", "kind": "streak", "grades": ["poor"], "length": 2},
            {
                **names,
                "id": "zero",
                "kind": "streak",
                "measure": "n_criminal",
                "equals": 0,
                "length": 3,
            },
            {**names, "id": "rising", "kind": "streak", "rising": "n_criminal", "length": 2},
            {
                **names,
                "id": "sum",
                "kind": "demerits",
                "measure": "n_notices",
                "per_event": 3,
                "clean_periods": 1,
                "levels": [{**names, "from": 6}, {**names, "from": 9}],
            },
        ]

    standard = small_standard(tmp_path, change)
    assert streaks.periods_needed(standard) == 5
    years = [
        {"a": [0, 0, 40], "n_criminal": [0, 1, 5], "n_notices": [1, 0, 0]},
        {"a": [0, 0, 0], "n_criminal": [0, 2, 5], "n_notices": [1, 1, 0]},
        {"a": [0, 40, 0], "n_criminal": [0, 3, 6], "n_notices": [1, 1, 9]},
    ]
    # a counts for both items: 0 is poor, 40 is 80 of 100 and good.
    assert _drawn(standard, years) == {
        "poor_twice": [1, 0, 1],
        "chain": [1, 0, 0],
        "zero": [1, 0, 0],
        "rising": [0, 1, 0],
        "sum": [2, 1, 2],
    }


# What would reach the next grade ----------------------------------------------------------------


def test_next_step_takes_the_cheapest_points_first(tmp_path: Path) -> None:
    standard = small_standard(tmp_path, lambda body: body["items"][0].update(effort=5))
    step = find_next_step(rate_scores(standard, a=[40, 20, 60], b=[20, 40, 40]))
    # 60 is 20 short of good: all 20 open points of b, the cheaper. 60 again, b is full: 20 of a.
    assert step.needed[:2].tolist() == [20, 20]
    assert step.gains.tolist() == [[0, 20], [20, 0], [0, 0]]
    assert step.is_reachable.tolist() == [True, True, False]
    assert step.grade.tolist() == [0, 0, -1]


def test_next_step_counts_the_points_that_certainty_asks_for(tmp_path: Path) -> None:
    def change(body: dict[str, Any]) -> None:
        rule = {"rule": "linear", "measure": "criminal_relative", "full_at": 0.0, "zero_at": 2.0}
        body["items"][1].update(rule, effort=9)
        body["caps"] = [_named(kind="certainty_cap", grade="fair", low_at_least=70)]

    measured = Measured(np.array([0.0]), np.array([0.0]), np.array([2.0]))
    outcome = rate(
        small_standard(tmp_path, change),
        Evidence(1, {"criminal_relative": measured}, {"a": np.array([50.0])}),
    )
    # 50 + 40 = 90 would be good, but at the bound 50 + 0: 20 short of 70, of which a has 10.
    step = find_next_step(outcome)
    assert names_of(outcome) == ["fair"]
    assert step.needed.tolist() == [20]
    assert step.gains.tolist() == [[10, 0]]
    assert step.is_reachable.tolist() == [False]


def test_next_step_never_proposes_items_without_effort_and_says_when_it_is_out_of_reach(
    tmp_path: Path,
) -> None:
    standard = small_standard(tmp_path, lambda body: body["items"][0].update(effort=0))
    step = find_next_step(rate_scores(standard, a=[20.0], b=[30.0]))
    assert step.gains.tolist() == [[0, 10]]
    assert step.is_reachable.tolist() == [False]


def test_next_step_names_caps_and_vetoes_to_lift(tmp_path: Path) -> None:
    def change(body: dict[str, Any]) -> None:
        cap = {"kind": "flag_cap", "measure": "n_yellow_cards", "at_least": 1, "grade": "fair"}
        body["caps"] = [_named(**cap)]
        body["vetoes"] = [_named(measure="n_hazards_refused", at_least=1)]

    standard = small_standard(tmp_path, change)
    measures = {"n_yellow_cards": [1, 1, 0], "n_hazards_refused": [0, 1, 0]}
    step = find_next_step(rate_scores(standard, measures, a=[60] * 3, b=[40] * 3))
    assert step.caps[:, 0].tolist() == [True, False, False]  # poor is no better than the cap
    assert step.vetoes[:, 0].tolist() == [False, True, False]
    assert step.needed[:2].tolist() == [0, 0]


def test_a_veto_that_allows_the_next_grade_need_not_be_lifted(tmp_path: Path) -> None:
    def change(body: dict[str, Any]) -> None:
        body["vetoes"] = [_named(measure="n_hazards_refused", at_least=1, grade="fair")]

    standard = small_standard(tmp_path, change)
    outcome = rate_scores(standard, {"n_hazards_refused": [1, 1]}, a=[60, 0], b=[40, 40])
    assert names_of(outcome) == ["fair", "poor"]
    assert find_next_step(outcome).vetoes[:, 0].tolist() == [True, False]


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_the_proposed_points_reach_the_next_grade(data: st.DataObject) -> None:
    standard = find_standard("security-star")
    outcome = rate(standard, _draw_evidence(data, standard, 4))
    step = find_next_step(outcome)
    reached = grades_if(outcome, step.gains)
    for i in np.flatnonzero(step.is_reachable & (step.needed > 0)):
        assert reached[i] <= step.grade[i]


# What must always hold --------------------------------------------------------------------------

MONOTONE = [one for one in list_standards() if find_standard(one).monotone]
RANGES = {"_relative": 3.0, "_change": 2.0, "_fraction": 1.0, "n_": 6.0}


def _draw_evidence(data: st.DataObject, standard: Standard, n: int) -> Evidence:
    def column(most: float, *, whole: bool = False) -> Any:
        one = st.integers(0, int(most)) if whole else st.floats(0.0, most, width=32)
        return np.array(data.draw(st.lists(one, min_size=n, max_size=n)), dtype=float)

    measures = {}
    for name in standard.measures():
        if MEASURES[name].kind == "register":
            measures[name] = Measured.exact(np.full(n, 3.0 if name == "n_buildings" else 1.0))
            continue
        most = next((one for end, one in RANGES.items() if end in name), 1.0)
        value = column(most, whole=name.startswith("n_"))
        spread = 0.0 if name.startswith("n_") else 0.3
        measures[name] = Measured(value, np.maximum(value - spread, 0.0), value + spread)
    scores, values = {}, {}
    for item in standard.items:
        if item.is_assessed:
            allowed = item.parameters.get("allowed")
            drawn = column(len(allowed) - 1, whole=True).astype(int) if allowed else None
            scores[item.item_id] = (
                np.array(allowed, dtype=float)[drawn] if allowed else column(item.weight)
            )
            values[item.item_id] = column(20.0)
    return Evidence(n, measures, scores, values)


@pytest.mark.parametrize("standard_id", MONOTONE)
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_more_evidence_of_safety_never_lowers_a_grade(
    standard_id: str, data: st.DataObject
) -> None:
    standard = find_standard(standard_id)
    before = _draw_evidence(data, standard, 5)
    measures = {}
    for name, one in before.measures.items():
        sign = -1.0 if MEASURES[name].better == "lower" else 1.0
        by = sign * data.draw(st.sampled_from([0.0, 0.25, 1.0]))
        moved = [np.maximum(part + by, 0.0) for part in (one.value, one.low, one.high)]
        if name.endswith("_fraction"):
            moved = [np.minimum(part, 1.0) for part in moved]
        measures[name] = Measured(*moved)
    good = 0.0 if standard.direction == "lower" else None
    scores = {}
    for item in standard.items:
        if item.item_id in before.scores:
            better = item.weight if good is None else good
            raised = data.draw(st.booleans()) and item.measure == "assessment.score"
            found = before.scores[item.item_id]
            scores[item.item_id] = np.full(5, better) if raised else found
    # Relative grades compare: there only the first community gets better.
    if standard.relative is not None:
        scores = {k: np.append(v[:1], before.scores[k][1:]) for k, v in scores.items()}
    after = Evidence(5, measures, scores, before.values)
    first, second = rate(standard, before), rate(standard, after)
    last = 1 if standard.relative is not None else 5
    assert (second.grade[:last] <= first.grade[:last]).all()


@pytest.mark.parametrize("standard_id", list_standards())
@settings(max_examples=15, deadline=None)
@given(data=st.data())
def test_the_order_of_communities_and_items_does_not_matter(
    standard_id: str, data: st.DataObject
) -> None:
    standard = find_standard(standard_id)
    evidence = _draw_evidence(data, standard, 6)
    order = np.array(data.draw(st.permutations(range(6))))
    shuffled = Evidence(
        6,
        {
            name: Measured(one.value[order], one.low[order], one.high[order])
            for name, one in evidence.measures.items()
        },
        {name: one[order] for name, one in evidence.scores.items()},
        {name: one[order] for name, one in evidence.values.items()},
    )
    plain, mixed = rate(standard, evidence), rate(standard, shuffled)
    np.testing.assert_array_equal(plain.grade[order], mixed.grade)
    turned = replace(standard, items=tuple(reversed(standard.items)))
    np.testing.assert_array_equal(plain.grade, rate(turned, evidence).grade)


def test_every_rule_kind_is_described_with_an_example() -> None:
    for kind in RULE_KINDS.values():
        assert kind.text.en.endswith(".")
        assert kind.text.zh.endswith("。")
        assert tomllib.loads(kind.example)
    assert {kind.name for kind in RULE_KINDS.values() if kind.parameters} == set(points.RULES) | {
        "mitigated_deduction"
    }
