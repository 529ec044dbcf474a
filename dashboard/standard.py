"""A rating standard as a reader needs it: what is scored, by whom, for how many points."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from dashboard.blocks import show_facts, show_lead, show_list, show_table
from dashboard.formats import is_missing
from dashboard.page import Page
from dashboard.queries import ratings

LISTS = ("eligibility", "caps", "vetoes", "consequences")


def body_of(written: object) -> dict[str, Any]:
    """Return the standard's file as a mapping; what cannot be read gives an empty one."""
    try:
        found = json.loads(str(written))
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def standard_names(page: Page) -> dict[str, str]:
    """Return the name of each standard in force."""
    if page.state("meta.standards") != "here":
        return {}
    rows = ratings.standards(page).itertuples()
    return {str(r.standard_id): page.t.pick(r.name_zh, r.name_en) for r in rows}


def grade_names(page: Page) -> dict[tuple[str, str], str]:
    """Return the name of each grade of each standard in force."""
    if page.state("meta.standards") != "here":
        return {}
    return {
        (str(row.standard_id), str(grade.get("id"))): said(page, grade, "name")
        for row in ratings.standards(page).itertuples()
        for grade in _rows(body_of(row.body), "grades")
    }


def said(page: Page, row: Mapping[str, Any], what: str) -> str:
    """Return `what` of a row that carries it as `what_zh` and `what_en`, or under one name."""
    both = page.t.pick(row.get(f"{what}_zh"), row.get(f"{what}_en"))
    one = row.get(what)
    if not both and isinstance(one, Mapping):
        both = page.t.pick(one.get("zh"), one.get("en"))
    return both or ("" if one is None or isinstance(one, Mapping) else str(one))


def _rows(body: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    found = body.get(name)
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def show_standard(page: Page, standard_id: str, digest: str, body: Mapping[str, Any]) -> None:
    """Show one standard whole."""
    t, f = page.t, page.f
    text = said(page, body, "text")
    if text:
        show_lead(text)
    _show_items(page, standard_id, body)
    _show_grades(page, standard_id, body)
    for name in LISTS:
        lines = [said(page, one, "name") or said(page, one, "text") for one in _rows(body, name)]
        if any(lines):
            st.subheader(t(f"standard.{name}"))
            show_list([line for line in lines if line])
    enough = body.get("enough") if isinstance(body.get("enough"), dict) else {}
    facts = [
        (t("standard.source"), said(page, body, "source")),
        (t("standard.max_score"), f.number(body.get("max_score"))),
        (t("standard.min_days"), f.count((enough or {}).get("min_days"))),
        (t("standard.max_missing"), f.share((enough or {}).get("max_missing_fraction"), 0)),
        (t("standard.digest"), digest[:16]),
    ]
    show_facts([(name, value) for name, value in facts if value and value != "–"])


def _show_items(page: Page, standard_id: str, body: Mapping[str, Any]) -> None:
    t = page.t
    items = _rows(body, "items")
    if not items:
        return
    scorers = body.get("scorers") if isinstance(body.get("scorers"), dict) else {}
    frame = pd.DataFrame(
        {
            "item": [said(page, one, "name") for one in items],
            "points": pd.to_numeric(
                pd.Series([one.get("weight", one.get("points")) for one in items])
            ),
            "scorer": [said(page, (scorers or {}).get(one.get("scorer"), {}), "name")
                       for one in items],
            "rule": [t.word("standard_rule", one.get("rule")) for one in items],
            "text": [said(page, one, "text") for one in items],
        }
    )  # fmt: skip
    show_table(page, frame, {
        "item": (t("table.item"), "text"), "points": (t("table.points_most"), "number"),
        "scorer": (t("standard.scorer"), "text"), "rule": (t("standard.rule"), "text"),
        "text": (t("standard.text"), "text"),
    }, name=f"items_{standard_id}")  # fmt: skip


def _show_grades(page: Page, standard_id: str, body: Mapping[str, Any]) -> None:
    t = page.t
    grades = _rows(body, "grades")
    if not grades:
        return
    columns: dict[str, Sequence[object]] = {"grade": [said(page, one, "name") for one in grades]}
    shown = {"grade": (t("standard.grade"), "text")}
    for key, kind in (("stars", "stars"), ("cut", "number"), ("share", "percent"),
                      ("reward_yuan", "yuan")):  # fmt: skip
        values = [one.get(key) if isinstance(one.get(key), int | float) else None for one in grades]
        if any(not is_missing(value) for value in values):
            columns[key] = values
            shown[key] = (t(f"standard.{key}"), kind)
    frame = pd.DataFrame(columns)
    show_table(page, frame, shown, name=f"grades_{standard_id}")
