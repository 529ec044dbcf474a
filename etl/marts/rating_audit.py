"""A look at the scores themselves: do they pile up above cut points, and who scores high."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from etl.marts.context import MartContext
from etl.marts.rating_texts import figure
from etl.marts.rows import Columns, insert_rows
from etl.rating import Outcome, Standard
from geo.assessors import AssessorEffects, find_assessor_effects
from geo.bunching import Bunching, find_bunching

# One point of a hundred on either side of a cut.
WINDOW_FRACTION = 0.01
SUSPICIOUS = 0.05
FEWEST_VISITS = 5
# An effect that is certain but smaller than this share of the points moves nobody.
LEAST_EFFECT = 0.02


def fill_bunching(
    context: MartContext, standard: Standard, outcomes: Sequence[Outcome], periods: Sequence[str]
) -> None:
    """Fill `mart.rating_bunching` for one standard: each period, and all of them together.

    Parameters
    ----------
    context
        The open build.
    standard
        The standard; one with relative grades has no cut points.
    outcomes, periods
        Ratings by period, and the periods' names.
    """
    if standard.relative is not None:
        return
    grades = standard.grades[:-1]  # the worst grade's cut is the end of the scale
    cuts = np.asarray([grade.cut for grade in grades], dtype=np.float64)
    window = standard.max_score * WINDOW_FRACTION
    lower = standard.direction == "lower"
    by_period = {
        name: np.where(outcome.may_be_rated, outcome.score, np.nan)
        for name, outcome in zip(periods, outcomes, strict=True)
    }
    by_period["all"] = np.concatenate(list(by_period.values()))
    parts = []
    for name, scores in by_period.items():
        found = find_bunching(scores, cuts, window=window, lower_is_better=lower)
        parts.append(
            {
                "standard_id": [standard.standard_id] * len(cuts),
                "period": [name] * len(cuts),
                "grade": [grade.grade_id for grade in grades],
                "cut": cuts,
                "window": np.full(len(cuts), window),
                **_bunching_columns(found, standard, window),
            }
        )
    insert_rows(context.con, "mart.rating_bunching", parts)


def _bunching_columns(found: Bunching, standard: Standard, window: float) -> Columns:
    m = found.n_below + found.n_above
    share = np.divide(found.n_above, m, out=np.full(len(m), np.nan), where=m > 0)
    words = ["too_few" if p != p else "none" for p in found.p.tolist()]
    words = [
        "suspicious" if q < SUSPICIOUS else word
        for q, word in zip(found.q.tolist(), words, strict=True)
    ]
    texts = []
    for k, word in enumerate(words):
        above, below = int(found.n_above[k]), int(found.n_below[k])
        name, wide = standard.grades[k].name, figure(window)
        zh = f"“{name.zh}”分数线{wide}分以内：达线{above}个，未达{below}个。"
        en = f"{name.en}, within {wide} points of the cut: {above} reach it, {below} do not."
        end = {
            "too_few": ("数量过少，不作判断。", "Too few to tell."),
            "none": ("未见异常聚集。", "Nothing out of the ordinary."),
            "suspicious": (
                "达线者明显多于预期，建议抽查复核。",
                "Clearly more reach it than expected: have some of them checked again.",
            ),
        }[word]
        texts.append((zh + end[0], f"{en} {end[1]}"))
    return {
        "n_below": found.n_below,
        "n_above": found.n_above,
        "expected_fraction": found.expected,
        "above_fraction": share,
        "p_value": found.p,
        "q_value": found.q,
        "word": words,
        "sentence_zh": [one[0] for one in texts],
        "sentence_en": [one[1] for one in texts],
    }


def fill_assessors(context: MartContext, standard: Standard) -> None:
    """Fill `mart.assessors` for one standard, from all scores with a named assessor.

    Parameters
    ----------
    context
        The open build, with the table of numbered communities.
    standard
        The standard.
    """
    items = [item for item in standard.items if item.rule == "score"]
    rows = context.con.execute(
        "SELECT i, list_position($items, item_id) - 1 AS k, period, assessor, "
        "score / list_extract($scales, list_position($items, item_id)) AS share "
        "FROM core.assessments JOIN rating_communities USING (community_id) "
        "WHERE standard_id = $standard AND list_contains($items, item_id) "
        "AND assessor IS NOT NULL AND score IS NOT NULL ORDER BY i, period, k",
        {
            "items": [item.item_id for item in items] or [""],
            "scales": [float(item.parameters.get("scale", item.weight)) for item in items] or [1.0],
            "standard": standard.standard_id,
        },
    ).fetchnumpy()
    share = np.ma.filled(np.ma.asarray(rows["share"], dtype=np.float64), np.nan)
    good = (share >= 0.0) & (share <= 1.0)
    if not good.any():
        return
    who, names = pd.factorize(np.asarray(rows["assessor"], dtype=object)[good], sort=True)
    period, _ = pd.factorize(np.asarray(rows["period"], dtype=object)[good], sort=True)
    found = find_assessor_effects(
        share[good], _ints(rows["i"])[good], _ints(rows["k"])[good], period, who
    )
    mean = np.bincount(who, weights=share[good]) / np.bincount(who)
    insert_rows(
        context.con,
        "mart.assessors",
        [_assessor_columns(standard, names.tolist(), found, mean)],
    )


def _ints(column: Any) -> np.ndarray:
    return np.asarray(np.ma.filled(column, 0), dtype=np.int64)


def _assessor_columns(
    standard: Standard, names: list[str], found: AssessorEffects, mean: np.ndarray
) -> Columns:
    words = [_assessor_word(found, a) for a in range(len(names))]
    texts = [_assessor_text(found, a, word) for a, word in enumerate(words)]
    percent = {
        name: np.round(100.0 * getattr(found, name), 2)
        for name in ("effect", "low", "high", "shrunk")
    }
    return {
        "standard_id": [standard.standard_id] * len(names),
        "assessor": names,
        "n_visits": found.n_visits,
        "n_communities": found.n_communities,
        "n_scores": found.n_scores,
        "mean_fraction": mean,
        "effect": percent["effect"],
        "effect_low": percent["low"],
        "effect_high": percent["high"],
        "shrunk": percent["shrunk"],
        "p_value": found.p,
        "q_value": found.q,
        "word": words,
        "sentence_zh": [one[0] for one in texts],
        "sentence_en": [one[1] for one in texts],
    }


def _assessor_word(found: AssessorEffects, a: int) -> str:
    if found.n_visits[a] < FEWEST_VISITS:
        return "too_few"
    if np.isnan(found.effect[a]):
        return "cannot_tell"
    if found.q[a] < SUSPICIOUS and abs(found.shrunk[a]) >= LEAST_EFFECT:
        return "high" if found.effect[a] > 0 else "low"
    return "ordinary"


def _assessor_text(found: AssessorEffects, a: int, word: str) -> tuple[str, str]:
    visits, places = int(found.n_visits[a]), int(found.n_communities[a])
    zh, en = f"考评{visits}次、{places}个小区：", f"{visits} visits to {places} communities: "
    if word == "too_few":
        return f"{zh}次数过少，不作判断。", f"{en}too few to tell."
    if word == "cannot_tell":
        return (
            f"{zh}所评小区无其他单位考评，无从比较。",
            f"{en}nobody else has seen these communities, so nothing can be compared.",
        )
    points = figure(abs(100.0 * found.shrunk[a]))
    if word == "ordinary":
        return f"{zh}与其他单位宽严相当。", f"{en}scores like the others."
    high = word == "high"
    return (
        f"{zh}同等小区与考评项下，平均偏{'高' if high else '低'}{points}分（百分制，收缩后）。",
        f"{en}given the same communities and items, {points} points of 100 "
        f"{'higher' if high else 'lower'} than the others (shrunk).",
    )
