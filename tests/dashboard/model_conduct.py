"""Rows of the small store about hazards, sanctions and credit files."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

Row = dict[str, Any]
AS_OF = date(2026, 6, 30)
STATES = ("overdue", "due", "rectified", "accepted", "refused")
UNITS = ("平安物业", "和谐物业")


def add(rows: dict[str, list[Row]], communities: list[Row]) -> None:
    """Add two hazards a community, a file for two companies and two managers, and cards."""
    for i, c in enumerate(communities):
        place = {k: c.get(k) for k in ("community_id", "station_id", "street_id")}
        for j in range(2):
            rows["mart.hazard_board"].append(_hazard(place, i, j))
        rows["mart.card_standing"].append(_standing(place, i))
        rows["mart.sanction_ledger"].append({
            **place, "kind": "yellow_card", "issued_on": AS_OF - timedelta(days=40 + i),
            "company_id": c.get("company_id") or f"W{i % 2}", "manager_id": f"M{i % 2}",
            "amount_yuan": 500.0, "reason": "脱岗", "found_at_night": True, "run": 1,
            "is_after_reset": False, "sentence_zh": "夜间发现，黄牌。",
            "sentence_en": "Yellow card, found at night.",
        })  # fmt: skip
        for kind, subject in (("company", f"W{i % 2}"), ("manager", f"M{i % 2}")):
            rows["mart.credit_entries"].append({
                "entry_id": f"E{i}{kind}", **place, "subject_kind": kind, "subject_id": subject,
                "happened_on": AS_OF - timedelta(days=40 + i), "kind": "night_notices",
                "points": 3.0, "reference": f"notice {i}", "sentence_zh": "夜间检查，记3分。",
                "sentence_en": "Notice by night: 3 points.",
            })  # fmt: skip
    for kind, scope_id, part in _areas():
        rows["mart.hazard_units"] += [_unit(kind, scope_id, part, i) for i in range(len(UNITS))]
        rows["mart.hazard_months"] += [_month(kind, scope_id, part, back) for back in range(12)]
        for subject, letter in (("company", "W"), ("manager", "M")):
            rows["mart.credit_files"] += [
                _file(kind, scope_id, part, subject, f"{letter}{i}", i) for i in range(2)
            ]


def _areas() -> list[tuple[str, str, Row]]:
    none = {"station_id": None, "street_id": None}
    found: list[tuple[str, str, Row]] = [("district", "D1", none)]
    found += [("station", s, none | {"station_id": s}) for s in ("S1", "S2")]
    return found + [("street", s, none | {"street_id": s}) for s in ("T1", "T2")]


def _hazard(place: Row, i: int, j: int) -> Row:
    state = STATES[(2 * i + j) % len(STATES)]
    late = state in ("overdue", "refused")
    return {
        "hazard_id": f"H{i}{j}", **place, "kind": "fire_lane",
        "severity": "major" if i % 2 == 0 else "ordinary",
        "found_on": AS_OF - timedelta(days=60), "due_on": AS_OF - timedelta(days=5 if late else -5),
        "responsible": UNITS[i % 2], "state": state, "days_overdue": 5 if late else None,
        "days_left": 5 if state == "due" else None, "days_open": 60, "is_reopened": i == 1,
        "is_recurring": i == 2, "urgency": 2 * i + j + 1,
    }  # fmt: skip


def _standing(place: Row, i: int) -> Row:
    standing = ("clear", "yellow_card", "red_card")[i % 3]
    return {
        **place, "standing": standing, "since_on": None if i % 3 == 0 else AS_OF, "run": i % 3,
        "due_kind": "red_card" if i % 3 == 1 else None, "sentence_zh": f"现状{i}",
        "sentence_en": f"Standing {i}",
    }  # fmt: skip


def _unit(kind: str, scope_id: str, part: Row, i: int) -> Row:
    return {
        "scope_kind": kind, "scope_id": scope_id, **part, "responsible": UNITS[i], "n": 6,
        "n_open": 3, "n_overdue": 2, "n_major_overdue": 1, "n_reopened": i, "n_refused": 1,
        "n_due_12_months": 4, "n_in_time": 3, "in_time_fraction": 0.75, "in_time_low": 0.3,
        "in_time_high": 0.95, "median_days_to_rectify": 21.0,
    }  # fmt: skip


def _month(kind: str, scope_id: str, part: Row, back: int) -> Row:
    year, month = divmod(2026 * 12 + 5 - back, 12)
    return {
        "scope_kind": kind, "scope_id": scope_id, **part, "month": date(year, month + 1, 1),
        "n_found": 3, "n_rectified": 2, "n_accepted": 1, "n_reopened": 0, "n_open": 12 - back,
        "n_overdue": (12 - back) // 2,
    }  # fmt: skip


def _file(kind: str, scope_id: str, part: Row, subject: str, subject_id: str, i: int) -> Row:
    counts = [f"n_{one}" for one in (
        "notices", "interviews", "red_cards", "black_cards", "hazards", "hazards_open",
        "hazards_overdue", "reopened", "refused", "awards",
    )]  # fmt: skip
    return {
        "scope_kind": kind, "scope_id": scope_id, **part, "subject_kind": subject,
        "subject_id": subject_id, "name": None if subject == "manager" else UNITS[i],
        "n_communities": 3, "n_yellow_cards": 3, "n_fines": 3, "fines_yuan": 1500.0,
        **dict.fromkeys(counts, i), "points": 9.0 - 3 * i, "points_district": 9.0,
        "n_communities_district": 3 + i, "mean_score": 80.0, "mean_stars": 3.5,
        "level": "warning", "level_zh": "书面警告", "level_en": "Written warning",
        "list": "black" if i == 0 else None, "consequences_zh": "不得投标。" if i == 0 else None,
        "consequences_en": "May not bid." if i == 0 else None, "rank": 2 - i,
    }  # fmt: skip
