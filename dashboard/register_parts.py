"""Parts of the register's page: duties overdue first, effects of missing fields, forbidden places.

References
----------
State Council of the People's Republic of China (2025), "Regulations on Public-Security Video Image
Information Systems", order 799.
"""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from dashboard.blocks import downloads, lacking, show_lead, show_note, show_table
from dashboard.page import Page
from dashboard.queries import cameras
from dashboard.register import article_words

STATES = ("overdue", "violated", "not_met", "due", "unknown", "met_late", "met")
URGENT = ("overdue", "violated", "not_met", "due")
DUTIES = ("forbidden_place", "consent", "legal_basis", "filing", "sign", "retention")
LISTED = 500
AREA_FIELDS = ("optics", "width_px", "night_range_m", "height_m")


def show_duties(page: Page) -> None:
    """Show duties by kind and state, then those that are open, overdue first."""
    t, f = page.t, page.f
    st.header(t("cameras.duties"))
    if lacking(page, "mart.camera_duties"):
        return
    found = cameras.duties(page)
    show_lead(t("cameras.duties_lead", day=f.day(page.build.as_of)))
    counted = pd.crosstab(found["duty"], found["state"])
    counted = counted.reindex(index=[d for d in DUTIES if d in counted.index],
                              columns=[s for s in STATES if s in counted.columns])  # fmt: skip
    table = counted.assign(word=[t.word("duty", d) for d in counted.index],
                           n=counted.sum(axis=1))  # fmt: skip
    heads = {"word": (t("cameras.duty"), "text"), "n": (t("cameras.n_duties"), "count")}
    heads |= {s: (t.word("duty_state", s), "count") for s in counted.columns}
    show_table(page, table.reset_index(drop=True), heads, name="duties", alt=t("cameras.duties"))
    _open(page, found)


def _open(page: Page, found: pd.DataFrame) -> None:
    t, f = page.t, page.f
    st.subheader(t("cameras.open"))
    order = {state: i for i, state in enumerate(URGENT)}
    rows = found[found["state"].isin(URGENT)]
    if rows.empty:
        show_note(t("cameras.none_open"), "plain")
        return
    rows = rows.assign(place=rows["state"].map(order)).sort_values(
        ["place", "due_on", "camera_id", "duty"], na_position="last"
    )
    shown = rows.head(LISTED).reset_index(drop=True)
    shown["shown_name"] = [page.name_of(r) for r in shown.to_dict("records")]
    shown["word"] = [t.word("duty", d) for d in shown["duty"]]
    shown["article"] = article_words(page, shown["article"])
    shown["how"] = [t.word("duty_state", s) for s in shown["state"]]
    late = pd.Timestamp(page.build.as_of) - pd.to_datetime(shown["due_on"])
    shown["days_late"] = late.dt.days.where(shown["state"] == "overdue")
    show_table(page, shown, {
        "camera_id": (t("table.camera"), "text"), "word": (t("cameras.duty"), "text"),
        "how": (t("table.state"), "text"), "due_on": (t("cameras.due_on"), "date"),
        "days_late": (t("cameras.days_late"), "count"),
        "shown_name": (t("table.community"), "text"), "found": (t("cameras.found"), "text"),
        "asked": (t("cameras.asked"), "text"), "article": (t("cameras.article"), "text"),
        "is_local": (t("cameras.local"), "bool"),
    }, name="open", at_most_px=380, alt=t("cameras.open"))  # fmt: skip
    if len(rows) > len(shown):
        show_note(t("coverage.listed", n=f.count(len(shown)), total=f.count(len(rows))), "plain")
    downloads(page, "camera-duties", {"duties": rows.drop(columns="place")})


def show_gaps(page: Page, register: pd.DataFrame) -> None:
    """Show each missing field: how many cameras lack it and what it would change."""
    t, f = page.t, page.f
    st.header(t("coverage.lacking"))
    if lacking(page, "mart.camera_gaps"):
        return
    found = cameras.gaps(page)
    n = found["camera_id"].nunique()
    show_lead(t("cameras.gaps_lead", n=f.count(n), total=f.count(len(register))))
    areas = ["counted_area_m2", "low_area_m2", "high_area_m2", "possible_area_m2"]
    by = found.groupby(["field", "effect"])
    table = by[areas].sum(min_count=1).assign(n=by["camera_id"].nunique()).reset_index()
    table = table.sort_values("n", ascending=False).reset_index(drop=True)
    table["field_word"] = [t.word("field", one) for one in table["field"]]
    table["effect_word"] = [t.word("effect", one) for one in table["effect"]]
    table["change"] = [_change(page, r) for r in table.to_dict("records")]
    show_table(page, table, {
        "field_word": (t("table.field"), "text"), "n": (t("table.cameras"), "count"),
        "effect_word": (t("table.effect"), "text"), "change": (t("cameras.change"), "text"),
        "counted_area_m2": (t("cameras.counted"), "whole"),
        "low_area_m2": (t("cameras.low"), "whole"),
        "high_area_m2": (t("cameras.high"), "whole"),
        "possible_area_m2": (t("cameras.possible"), "whole"),
    }, name="gaps", alt=t("coverage.lacking"))  # fmt: skip
    show_note(t("cameras.gaps_note"), "plain")
    downloads(page, "camera-gaps", {"gaps": found})


def _change(page: Page, row: dict[str, Any]) -> str:
    """Return how far the counted ground could move once the field is known."""
    t, f = page.t, page.f
    now, low, high = row["counted_area_m2"], row["low_area_m2"], row["high_area_m2"]
    if pd.isna(high) or pd.isna(low) or pd.isna(now):
        needs = row["field"] in AREA_FIELDS
        return t("cameras.change_first" if needs else "cameras.change_none")
    if abs(high - low) < 0.5:
        return t("cameras.change_one", up=_signed(page, high - now), b=f.area(high))
    return t("cameras.change_area", down=_signed(page, low - now), up=_signed(page, high - now),
             a=f.area(low), b=f.area(high))  # fmt: skip


def _signed(page: Page, change: float) -> str:
    sign = "+" if change >= 0.5 else "−" if change <= -0.5 else "±"
    return f"{sign}{page.f.area(abs(change))}"


def show_forbidden(page: Page) -> None:
    """Show cameras that stand where none may, with the file and line that brought them."""
    t, f = page.t, page.f
    st.header(t("cameras.forbidden_title"))
    if page.state("mart.forbidden_cameras") != "here":
        lacking(page, "mart.forbidden_cameras")
        return
    rows = cameras.forbidden(page)
    show_note(t("cameras.forbidden_lead", n=f.count(len(rows))), "warning")
    rows["shown_name"] = [page.name_of(r) for r in rows.to_dict("records")]
    rows["article"] = article_words(page, rows["article"])
    rows["place_word"] = [t.word("forbidden_place", p) for p in rows["place"]]
    rows["owner"] = [t.word("owner_kind", o) or None for o in rows["owner_kind"]]
    rows["status_word"] = [t.word("camera", s) or None for s in rows["status"]]
    show_table(page, rows, {
        "camera_id": (t("table.camera"), "text"),
        "place_word": (t("cameras.place"), "text"),
        "place_type": (t("cameras.place_type"), "text"),
        "shown_name": (t("table.community"), "text"), "article": (t("cameras.article"), "text"),
        "status_word": (t("cameras.listed_as"), "text"), "owner": (t("cameras.owner"), "text"),
        "source": (t("table.source"), "text"), "line": (t("table.line"), "count"),
    }, name="forbidden", alt=t("cameras.forbidden_title"))  # fmt: skip
    downloads(page, "forbidden-cameras", {"forbidden": rows})
