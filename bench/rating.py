"""Rescoring a city's past, and a weight tried out on a page, beside the same rules row by row.

Claims: 100,000 communities x 40 items x 10 years in under 20 s on two cores; a changed weight on
1,200 communities in under 300 ms. The peer is the obvious loop over communities and items in plain
Python, with the same rounding, caps and cut points; it rates a sample and is scaled up.
"""

from __future__ import annotations

import math
import time

import numpy as np

from etl.rating import Evidence, Measured, rate
from etl.rating.grading import scheme_of
from etl.standards import parse_standard
from geo.scoring import score_shares

COMMUNITIES, ITEMS, YEARS = 100_000, 40, 10
PAGE, SAMPLE = 1_200, 2_000


def standard_of(k: int):
    """Return a standard of `k` items: half assessed, half computed, with caps of every kind."""
    items = []
    for n in range(k):
        one = {
            "id": f"i{n:02d}", "name_en": "Item", "name_zh": "项", "text_en": "t", "text_zh": "文",
            "weight": 100 / k, "scorer": "office", "rule": "score",
        }  # fmt: skip
        if n % 2:
            one |= {"rule": "linear", "measure": "criminal_relative", "full_at": 0.4, "zero_at": 2}
        items.append(one)
    body = {
        "id": "bench", "version": "1", "max_score": 100, "published": True, "monotone": True,
        "missing": "renormalise", "enough": {"max_missing_fraction": 0.3},
        "scorers": {"office": {"name_en": "Office", "name_zh": "办公室"}},
        "items": items,
        "grades": [
            {"id": one, "name_en": one, "name_zh": one, "cut": cut, "stars": stars}
            for one, cut, stars in (("five", 90, 5), ("four", 80, 4), ("three", 70, 3),
                                    ("two", 60, 2), ("none", 0, 0))
        ],
        "caps": [
            {"kind": "certainty_cap", "id": "sure", "name_en": "s", "name_zh": "稳",
             "grade": "four", "low_at_least": 80},
            {"kind": "flag_cap", "id": "major", "name_en": "m", "name_zh": "重",
             "measure": "n_major_overdue", "at_least": 1, "grade": "three"},
            {"kind": "worst_item_cap", "id": "worst", "name_en": "w", "name_zh": "差",
             "items": ["i00", "i02"], "limits": [[0.2, "five"], [0.1, "three"]]},
        ],
    }  # fmt: skip
    for key in ("name", "text", "source"):
        body |= {f"{key}_en": "Bench", f"{key}_zh": "基准"}
    return parse_standard(body, "bench", "0" * 64)


def evidence_of(standard, n: int, rng: np.random.Generator) -> Evidence:
    scores = {}
    for item in standard.items[::2]:
        one = rng.random(n) * item.weight
        one[rng.random(n) < 0.05] = np.nan
        scores[item.item_id] = one
    rate_ = rng.gamma(3, 0.3, n)
    return Evidence(
        n,
        {
            "criminal_relative": Measured(rate_, rate_ * 0.7, rate_ * 1.4),
            "n_major_overdue": Measured.exact(rng.poisson(0.05, n).astype(float)),
        },
        scores,
    )


def rate_one_by_one(standard, evidence: Evidence, n: int) -> list[int]:
    """Rate the first `n` communities as a first draft would: a loop over rows and items."""

    def half_up(value: float) -> float:
        return math.floor(value * 10 + 0.5 + 1e-7) / 10

    grades = []
    relative = evidence.measures["criminal_relative"]
    for i in range(n):
        total = low = weight = gone = 0.0
        shares = {}
        for item in standard.items:
            if item.rule == "score":
                share = worst = evidence.scores[item.item_id][i] / item.weight
            else:
                values = [one[i] for one in (relative.value, relative.low, relative.high)]
                points = [min(max((2 - one) / 1.6, 0.0), 1.0) for one in values]
                share, worst = points[0], min(points)
            if share != share:
                gone += item.weight
                continue
            shares[item.item_id] = share
            weight += item.weight
            total += half_up(share * item.weight)
            low += half_up(worst * item.weight)
        score, sure = half_up(total * 100 / weight), half_up(low * 100 / weight)
        grade = next(k for k, cut in enumerate((90, 80, 70, 60, 0)) if score >= cut)
        least = min([shares[one] for one in ("i00", "i02") if one in shares] or [1.0])
        grade = max(grade, 0 if least >= 0.2 else 2 if least >= 0.1 else 4)
        grade = max(grade, 0 if sure >= 80 else 1)
        grade = max(grade, 2 if evidence.measures["n_major_overdue"].value[i] >= 1 else 0)
        grades.append(-1 if gone / 100 > 0.3 else grade)
    return grades


def main() -> None:
    rng = np.random.default_rng(1)
    standard = standard_of(ITEMS)
    evidences = [evidence_of(standard, COMMUNITIES, rng) for _ in range(2)]
    wall, cpu = time.perf_counter(), time.process_time()
    for year in range(YEARS):
        outcome = rate(standard, evidences[year % 2])
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    print(f"{COMMUNITIES:,} communities x {ITEMS} items x {YEARS} years: "
          f"{wall:.1f} s wall, {cpu:.1f} s CPU (asked: under 20 s)")  # fmt: skip
    start = time.process_time()
    plain = rate_one_by_one(standard, evidences[(YEARS - 1) % 2], SAMPLE)
    slow = (time.process_time() - start) / SAMPLE * COMMUNITIES * YEARS
    assert plain == outcome.grade[:SAMPLE].tolist(), "the loop and the arrays disagree"
    print(
        f"row by row, scaled up from {SAMPLE:,}: {slow:.0f} s CPU; {slow / cpu:.0f} x, same grades"
    )
    small = rate(standard, evidence_of(standard, PAGE, rng))
    scheme = scheme_of(standard)
    weights = scheme.weights * np.where(np.arange(ITEMS) == 3, 3.0, 1.0)
    best = math.inf
    for _ in range(20):
        start = time.perf_counter()
        score_shares(scheme, small.shares, grade_limit=small.grade_limit,
                     may_be_rated=small.may_be_rated, weights=weights)  # fmt: skip
        best = min(best, time.perf_counter() - start)
    print(f"a weight tried out on {PAGE:,} communities x {ITEMS} items: {1000 * best:.2f} ms "
          "(asked: under 300 ms)")  # fmt: skip


if __name__ == "__main__":
    main()
