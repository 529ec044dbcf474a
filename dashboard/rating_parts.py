"""One community's rating: its stars, each item's points and ground, and what would raise it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pandas as pd
import streamlit as st

from dashboard import charts
from dashboard.blocks import (
    lacking,
    plain,
    show_lead,
    show_list,
    show_note,
    show_table,
    stars_text,
)
from dashboard.evidence_rows import show_evidence
from dashboard.formats import is_missing
from dashboard.page import Page
from dashboard.queries import ratings
from dashboard.rating_depth import show_depth
from dashboard.standard import grade_names, said, standard_names


def show_ratings(page: Page, community_id: str) -> None:
    """Draw a community's rating: stars, items with their ground, the next step."""
    t, f = page.t, page.f
    st.header(t("dossier.rating"))
    if lacking(page, "mart.ratings"):
        return
    found = _main_first(page, ratings.community_ratings(page, community_id))
    if found.empty:
        show_note(t("dossier.no_rating"), "plain")
        return
    options = list(range(len(found)))
    at = options[0]
    if len(options) > 1:
        names = standard_names(page)
        at = st.selectbox(
            t("dossier.which_rating"),
            options,
            width=320,
            format_func=lambda i: (
                f"{names.get(found.loc[i, 'standard_id'], found.loc[i, 'standard_id'])}"
                f" · {found.loc[i, 'period']}"
            ),
            key="dossier_rating",
        )
    row = found.iloc[at]
    show_rating(page, row)
    items = ratings.items(page, community_id, str(row["standard_id"]), str(row["period"]))
    if items.empty:
        show_note(t("dossier.no_items"), "plain")
        return
    items["item"] = [t.pick(r.name_zh, r.name_en) or r.item_id for r in items.itertuples()]
    items["ground"] = [t.pick(r.ground_zh, r.ground_en) for r in items.itertuples()]
    items["rows"] = [evidence_text(page, r.evidence) for r in items.itertuples()]
    left, right = st.columns([1, 1.4], gap="medium")
    with left:
        charts.show(charts.item_points(page, items), t("dossier.items_alt"))
    with right:
        at = show_table(page, items, {
            "item": (t("table.item"), "text"), "points": (t("table.points"), "number"),
            "max_points": (t("table.maximum"), "number"), "ground": (t("table.ground"), "text"),
            "is_missing": (t("table.no_evidence"), "bool"), "rows": (t("table.evidence"), "text"),
        }, name="items", select=True)  # fmt: skip
        show_lead(t("evidence.pick"))
    if at is not None:
        show_evidence(page, community_id, str(items.loc[at, "item"]), items.loc[at, "evidence"])
    _show_next_step(page, row["next_step"])
    if not is_missing(row["reward_yuan"]) and float(row["reward_yuan"]) > 0:
        show_lead(t("dossier.reward", yuan=f.yuan(row["reward_yuan"])))
    show_depth(page, row)


def _main_first(page: Page, rows: pd.DataFrame) -> pd.DataFrame:
    """Return ratings with the newest period first, and in it the district's main standard."""
    place = {one: n for n, one in enumerate(standard_names(page))}
    rows = rows.assign(place=rows["standard_id"].map(place))
    rows = rows.sort_values(["period", "place"], ascending=[False, True], kind="stable")
    return rows.drop(columns="place").reset_index(drop=True)


def show_rating(page: Page, row: pd.Series) -> None:
    """Say what a rating is and how far it can be trusted."""
    t, f = page.t, page.f
    lines = []
    if not bool(row["is_eligible"]):
        lines.append(t("rating.not_eligible"))
    elif is_missing(row["score"]):
        lines.append(t("rating.no_data"))
    else:
        grade = grade_names(page).get((str(row["standard_id"]), str(row["grade"])), row["grade"])
        lines.append(
            t(
                "rating.is",
                stars=stars_text(row["stars"]) or "–",
                grade=grade or "–",
                score=f.number(row["score"]),
                most=f.number(row["max_score"], 0),
            )
        )
        if not is_missing(row["score_low"]):
            lines.append(t("rating.interval", low=f.number(row["score_low"]),
                           high=f.number(row["score_high"])))  # fmt: skip
        if not bool(row["has_enough_data"]):
            lines.append(t("rating.thin"))
    if not is_missing(row["previous_stars"]):
        lines.append(t("rating.previous", stars=t(f"stars.{int(row['previous_stars'])}")))
    reason = t.pick(row["reason_zh"], row["reason_en"])
    if reason:
        lines.append(reason)
    show_list(lines)


def evidence_text(page: Page, written: object) -> str:
    """Return the rows an item rests on as one line, whatever shape the build gave them."""
    found = _json(written)
    if not isinstance(found, dict):
        return ", ".join(_flat(found))
    t = page.t
    parts = [t.word("tables", found.get("table"))]
    parts += [t.word("class", name) for name in found.get("classes", [])]
    if found.get("from") and found.get("to"):
        parts.append(t("dossier.from_to", a=found["from"], b=found["to"]))
    parts += list(_flat(found.get("rows")))
    return ", ".join(part for part in parts if part)


def _json(written: object) -> Any:
    if not isinstance(written, str) or not written:
        return None
    try:
        return json.loads(written)
    except ValueError:
        return written


def _flat(value: Any) -> Iterator[str]:
    if isinstance(value, list | dict):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _flat(inner)
    elif value is not None:
        yield str(value)


def _show_next_step(page: Page, written: object) -> None:
    """Say what would reach the next grade."""
    t, f = page.t, page.f
    step = _json(written)
    if not isinstance(step, dict) or not step:
        return
    name = said(page, step, "name") or str(step.get("grade", ""))
    lines = [
        t("dossier.step_item", item=said(page, one, "name") or str(one.get("item_id", "")),
          points=f.number(one.get("points")), action=said(page, one, "action"))
        for one in step.get("items", []) if isinstance(one, dict)
    ]  # fmt: skip
    lines += [
        t("dossier.step_condition", what=said(page, one, "name"))
        for key in ("lift", "make_sure") for one in step.get(key, []) if isinstance(one, dict)
    ]  # fmt: skip
    st.subheader(plain(t("dossier.next_step", grade=name, points=f.number(step.get("points")))))
    if step.get("is_reachable") is False:
        show_note(t("dossier.out_of_reach"), "plain")
    show_list(lines)
