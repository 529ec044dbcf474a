"""Rows of the small store about what stands behind ratings."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

Row = dict[str, Any]
STANDARD, PERIOD = "security-star", "2026"


def add(rows: dict[str, list[Row]], communities: list[Row]) -> None:
    """Add shares of items, years, firmness, peers, progress and who scored."""
    for i, row in enumerate(rows["mart.ratings"]):
        row |= {"grade_limit": 1 if i == 4 else 0, "may_be_rated": True}
    for row in rows["mart.rating_items"]:
        filled = None if row["is_missing"] else row["points"] / row["max_points"]
        row |= {"filled": filled, "filled_low": filled, "filled_high": filled, "applies": True}
        if row["item_id"] == "gates":
            one = f"{row['community_id']}/{STANDARD}/gates/{PERIOD}"
            row["evidence"] = json.dumps({"table": "assessments", "rows": [one]})
    for i, c in enumerate(communities):
        place = {k: c.get(k) for k in ("community_id", "station_id", "street_id")}
        key = {**place, "standard_id": STANDARD, "period": PERIOD}
        rows["core.assessments"].append({
            **key, "item_id": "gates", "score": 12.0, "assessed_on": date(2026, 3, 5),
            "assessor": "检查一组",
        })  # fmt: skip
        _years(rows, place, i)
        rows["mart.rating_stability"].append({
            **key, "n_resamples": 400, "same_fraction": 0.9, "word": "firm", "rank": i + 1,
            "sentence_zh": f"稳定{i}。", "sentence_en": f"Firm {i}.",
        })  # fmt: skip
        rows["mart.rating_changes"].append({
            **key, "item_id": "gates", "previous_period": "2025", "points_before": 20.0,
            "points_after": 12.0, "change": -8.0, "name_zh": "门禁", "name_en": "Gate access",
        })  # fmt: skip
        rows["mart.rate_funnel"].append({
            **place, "period": PERIOD, "class": "criminal", "n": i, "exposure": 0.5 + i,
            "rate": 2.0 * i, "shrunk": 3.0, "pooled": 3.0, "low_95": 0.0, "high_95": 8.0,
            "low_998": 0.0, "high_998": 12.0, "zero_chance": 0.2,
            "word": "above_95" if i == 5 else "inside",
        })  # fmt: skip
        _peers(rows, place, i)
        _progress(rows, key, i)
    rows["mart.rating_bunching"].append({
        "standard_id": STANDARD, "period": "all", "grade": "g5", "cut": 90.0, "n_below": 3,
        "n_above": 4, "word": "too_few", "sentence_zh": "数量过少。", "sentence_en": "Too few.",
    })  # fmt: skip
    rows["mart.assessors"].append({
        "standard_id": STANDARD, "assessor": "检查一组", "n_visits": 20, "n_communities": 9,
        "effect": 4.0, "q_value": 0.001, "word": "high", "sentence_zh": "偏高4分。",
        "sentence_en": "4 points high.",
    })  # fmt: skip


def _years(rows: dict[str, list[Row]], place: Row, i: int) -> None:
    for year in ("2024", "2025", PERIOD):
        rows["mart.rating_history"].append({
            **place, "standard_id": STANDARD, "period": year, "is_rated": True, "grade": "g4",
            "stars": 4, "score": 80.0 + i, "score_low": 75.0, "score_high": 88.0, "rank": i + 1,
            "n_ranked": 6,
        })  # fmt: skip


def _peers(rows: dict[str, list[Row]], place: Row, i: int) -> None:
    rows["mart.peers"].append({
        **place, "peer_id": "C9", "peer_rank": 1, "distance": 0.2, "peer_name": "同类苑",
        "peer_name_en": "Like Court", "peer_households": 500, "peer_stars": 4,
    })  # fmt: skip
    rows["mart.peer_standing"].append({
        **place, "measure": "score", "value": 80.0 + i, "peer_low": 70.0, "peer_median": 75.0,
        "peer_high": 85.0, "rank": 2, "n_compared": 9, "better": "higher",
    })  # fmt: skip


def _progress(rows: dict[str, list[Row]], key: Row, i: int) -> None:
    late = i == 0
    rows["mart.rating_workflow"].append({
        **key, "state": "factual_check" if late else "published", "since_on": date(2026, 6, 1),
        "check_due_on": date(2026, 6, 15), "is_overdue": late, "is_public": not late,
        "n_refused": 0, "actor": "评定办", "sentence_zh": f"进度{i}。",
        "sentence_en": f"Progress {i}.",
    })  # fmt: skip
    rows["mart.rating_workflow_events"].append({
        **key, "step": 1, "event": "drafted", "event_on": date(2026, 6, 1), "actor": "评定办",
        "is_accepted": True, "state_after": "draft",
    })  # fmt: skip
