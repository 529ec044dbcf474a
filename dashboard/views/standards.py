"""The standards as pages to read, and a trial of other weights that changes nothing."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st

from dashboard import charts
from dashboard.address import choose, keep
from dashboard.blocks import (
    Card,
    downloads,
    lacking,
    plain,
    show_cards,
    show_lead,
    show_note,
    show_table,
)
from dashboard.charts_rating import grades_before_after
from dashboard.page import Page
from dashboard.queries import places, ratings
from dashboard.standard import body_of, said, show_standard, standard_names
from dashboard.trial import Trial, is_relative, read_trial

COLUMNS = 4
LEAST, MOST, STEP = 0.5, 100.0, 0.5
NO_GRADE = -1


def render(page: Page) -> None:
    """Draw the page."""
    t = page.t
    st.title(plain(t("standards.title")))
    show_lead(t("standards.lead"))
    if lacking(page, "meta.standards"):
        return
    names = standard_names(page)
    standard_id = choose(page, "standard", list(names), t("filter.standard"),
                         lambda one: names.get(one, one), width=320)  # fmt: skip
    rows = ratings.standards(page)
    row = rows[rows["standard_id"] == standard_id].iloc[0]
    body = body_of(row["body"])
    st.header(plain(t("ratings.standard_name", name=names[standard_id], version=row["version"])))
    show_standard(page, standard_id, str(row["digest"]), body)
    if page.access.may(page.viewer.role, page.name, "mart.rating_items"):
        st.header(t("trial.title"))
        show_note(t("trial.note"), "info")
        _trial(page, standard_id, body)


@st.fragment
def _trial(page: Page, standard_id: str, body: dict[str, object]) -> None:
    """Ask for weights and show what they would change; reruns alone."""
    t, f = page.t, page.f
    if is_relative(body):
        show_note(t("trial.relative"), "plain")
        return
    if lacking(page, "mart.ratings", "mart.rating_items"):
        return
    periods = ratings.rated_periods(page, standard_id)
    if not periods:
        show_note(t("trial.no_period"), "plain")
        return
    period = choose(page, "period", periods, t("filter.rating_period"), str, width=140)
    trial = read_trial(
        body,
        ratings.limits(page, standard_id, period),
        ratings.shares(page, standard_id, period),
    )
    weights = _weights(page, standard_id, trial)
    if np.array_equal(weights, trial.weights):
        show_note(t("trial.unchanged"), "plain")
        return
    found = trial.compare(weights)
    rated = found[(found["grade_before"] != NO_GRADE) & (found["grade_after"] != NO_GRADE)]
    if rated.empty:
        show_note(t("trial.none_rated"), "plain")
        return
    rise = int((rated["grade_after"] < rated["grade_before"]).sum())
    fall = int((rated["grade_after"] > rated["grade_before"]).sum())
    widest = float(rated["change"].abs().max())
    show_cards(
        [
            Card(t("trial.rise"), f.count(rise), unit=t("card.of", n=f.count(len(rated)))),
            Card(t("trial.fall"), f.count(fall), unit=t("card.of", n=f.count(len(rated)))),
            Card(t("trial.widest"), f.number(widest), unit=t("trial.points")),
        ],
        t("trial.figures"),
    )
    _show_moves(page, body, rated)


def _weights(page: Page, standard_id: str, trial: Trial) -> np.ndarray:
    """Ask for the weight of every item; the address keeps them while they differ."""
    t = page.t
    written = trial.weights
    items = [dict(one) for one in trial.body["items"]]
    keys = [f"weight_{standard_id}_{one['id']}" for one in items]
    asked = _from_address(len(written))
    for key, own, given in zip(keys, written, asked or written, strict=True):
        st.session_state.setdefault(key, float(given if given is not None else own))

    def reset() -> None:
        for key, own in zip(keys, written, strict=True):
            st.session_state[key] = float(own)

    found = []
    for first in range(0, len(items), COLUMNS):
        columns = st.columns(COLUMNS)
        for column, item, key in zip(columns, items[first:], keys[first:], strict=False):
            with column:
                found.append(
                    st.number_input(plain(said(page, item, "name") or item["id"]), LEAST, MOST,
                                    step=STEP, format="%.1f", key=key)
                )  # fmt: skip
    st.button(t("trial.reset"), on_click=reset, key=f"reset_{standard_id}")
    weights = np.array(found)
    changed = not np.array_equal(weights, written)
    keep("w", ",".join(f"{one:g}" for one in found) if changed else None)
    return weights


def _from_address(n: int) -> list[float] | None:
    """Return the weights that the address brings, if it brings one for each item."""
    parts = str(st.query_params.get("w", "")).split(",")
    try:
        found = [float(one) for one in parts]
    except ValueError:
        return None
    good = len(found) == n and all(LEAST <= one <= MOST for one in found)
    return found if good else None


def _show_moves(page: Page, body: dict[str, object], rated: pd.DataFrame) -> None:
    """Draw the grades before and after, and list who moves and by which item."""
    t = page.t
    grades = [said(page, one, "name") or str(one["id"]) for one in body["grades"]]  # type: ignore[attr-defined]
    items = {str(one["id"]): said(page, one, "name") for one in body["items"]}  # type: ignore[attr-defined]
    names = {str(r["community_id"]): page.name_of(r)
             for r in places.communities(page).to_dict("records")}  # fmt: skip
    charts.show(grades_before_after(page, rated, grades), t("trial.chart_alt"))
    step = rated["grade_before"] - rated["grade_after"]
    moved = rated.assign(
        shown_name=[names.get(one, one) for one in rated["community_id"]],
        before=[grades[one] for one in rated["grade_before"]],
        after=[grades[one] for one in rated["grade_after"]],
        word=[t("ratings.rose") if n > 0 else t("ratings.fell") if n < 0 else None for n in step],
        because=[items.get(one, one) for one in rated["item"]],
        rank_change=rated["rank_before"] - rated["rank_after"],
        size=step.abs(),
    ).sort_values(["size", "change", "community_id"], ascending=[False, False, True])
    columns = {
        "shown_name": (t("table.community"), "text"), "word": (t("table.moved"), "text"),
        "before": (t("trial.before"), "text"), "after": (t("trial.after"), "text"),
        "score_before": (t("trial.score_before"), "number"),
        "score_after": (t("trial.score_after"), "number"),
        "change": (t("trial.change"), "number"), "because": (t("trial.because"), "text"),
        "item_change": (t("trial.item_change"), "number"),
        "rank_before": (t("trial.rank_before"), "count"),
        "rank_after": (t("trial.rank_after"), "count"),
    }  # fmt: skip
    show_table(page, moved, columns, name="trial", alt=t("trial.title"))
    kept = moved[list(columns)].rename(columns={c: heading for c, (heading, _) in columns.items()})
    downloads(page, "trial", {t("trial.title")[:30]: kept})
