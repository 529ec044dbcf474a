"""The register: every camera with its state, legal basis, duties, and what its data lacks."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import streamlit as st

from dashboard import layer_points, layers
from dashboard.address import choose
from dashboard.blocks import (
    Card,
    lacking,
    plain,
    show_cards,
    show_lead,
    show_list,
    show_note,
    show_table,
)
from dashboard.layer_sight import outline_layer
from dashboard.leaflet.component import working_map
from dashboard.page import Page
from dashboard.queries import cameras, places
from dashboard.register import filing_downloads, read_register, show_camera
from dashboard.register_parts import show_duties, show_forbidden, show_gaps

LISTED = 2_000
DUTY_FILTERS = ("all", "overdue", "not_met", "due", "unknown", "met")
DATA_FILTERS = ("all", "incomplete", "complete")
BASES = ("art7_gov", "art7_operator", "art9", "art33")


def render(page: Page) -> None:
    """Draw the page."""
    t = page.t
    st.title(plain(t("cameras.title", area=page.scope_name)))
    show_lead(t("cameras.lead", day=page.f.day(page.build.as_of)))
    if lacking(page, "core.cameras"):
        _forbidden_only(page)
        return
    rows = read_register(page)
    _cards(page, rows)
    if rows["legal_basis"].isna().all():
        show_note(t("cameras.no_basis"), "warning")
    _explore(page)
    show_duties(page)
    show_gaps(page, rows)
    show_forbidden(page)
    st.header(t("cameras.method"))
    show_list([t(f"cameras.method_{i}") for i in range(1, 6)])


def _forbidden_only(page: Page) -> None:
    if page.has("mart.forbidden_cameras"):
        show_forbidden(page)


def _cards(page: Page, rows: pd.DataFrame) -> None:
    t, f = page.t, page.f
    n = len(rows)
    working = int((rows["state"] == "working").sum())
    others = [
        t("cameras.state_line", state=t.word("camera", s), n=f.count((rows["state"] == s).sum()))
        for s in layer_points.STATES
        if s != "working" and (rows["state"] == s).any()
    ]
    cards = [Card(t("cameras.working"), f.count(working), unit=t("card.of", n=f.count(n)),
                  lines=tuple(others))]  # fmt: skip
    if page.has("mart.camera_duties"):
        overdue = int((rows["n_overdue"] > 0).sum())
        failed = int((rows["n_failed"] > 0).sum())
        cards.append(Card(t("cameras.overdue"), f.count(overdue),
                          lines=(t("cameras.overdue_line", n=f.count(rows["n_overdue"].sum())),
                                 t("cameras.failed_line", n=f.count(failed)))))  # fmt: skip
        unknown = int(rows["legal_basis"].isna().sum())
        cards.append(Card(t("cameras.basis_unknown"), f.count(unknown),
                          unit=t("card.of", n=f.count(n)),
                          lines=(t("cameras.basis_unknown_line"),)))  # fmt: skip
    incomplete = int(rows["lacks"].notna().sum())
    cards.append(Card(t("cameras.incomplete"), f.count(incomplete), unit=t("card.of", n=f.count(n)),
                      lines=(t("cameras.assumed_line", n=f.count(
                          rows["is_assumed"].fillna(False).astype(bool).sum())),)))  # fmt: skip
    banned = len(cameras.forbidden(page)) if page.has("mart.forbidden_cameras") else 0
    banned = max(banned, int((rows["state"] == "forbidden").sum()))
    cards.append(Card(t("cameras.forbidden"), f.count(banned),
                      lines=(t("cameras.forbidden_line"),)))  # fmt: skip
    show_cards(cards, t("cameras.figures"))


@st.fragment
def _explore(page: Page) -> None:
    """Draw the choices, the map, the register and the files; reruns alone."""
    t, f = page.t, page.f
    st.header(t("cameras.register"))
    rows = read_register(page)
    found = _filtered(page, rows)
    if found.empty:
        show_note(t("cameras.none"), "plain")
        return
    show_lead(t("cameras.shown", n=f.count(len(found)), total=f.count(len(rows))))
    left, right = st.columns([1.3, 1], gap="medium")
    chosen = _row_chosen(found)
    with left:
        kept = set(found["camera_id"].astype(str))
        layer = layer_points.camera_layer(page, visible=True)
        if layer is not None:
            shown = [one in kept for one in layer.feature_ids]
            layer = replace(layer, shown=shown, pickable=True)
        view = layers.view(
            page,
            [outline_layer(page), layers.jurisdiction_layer(page), layer],
            title=t("cameras.map"),
            bounds=layers.area_bounds(page, st.query_params.get("c") or None),
            height_px=460,
            selected=None if chosen is None else ("cameras", chosen),
        )  # fmt: skip
        picked = working_map(view, key="cameras_map")
    with right:
        one = chosen or (picked.feature_id if picked is not None else None)
        show_camera(page, found, one)
    _table(page, found)
    filing_downloads(page, found)


def _filtered(page: Page, rows: pd.DataFrame) -> pd.DataFrame:
    """Ask what to show, keep it in the address, and return those cameras."""
    t = page.t
    known = {str(r["community_id"]): page.name_of(r)
             for r in places.communities(page).to_dict("records")}  # fmt: skip
    known = {"": t("coverage.all_communities")} | known
    states = ["all", *(s for s in layer_points.STATES if (rows["state"] == s).any())]
    bases = ["all", *(b for b in BASES if (rows["legal_basis"] == b).any())]
    if rows["legal_basis"].isna().any():
        bases.append("none")
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        state = choose(page, "state", states, t("table.state"),
                       lambda one: t("cameras.any") if one == "all" else t.word("camera", one),
                       width=130)  # fmt: skip
        basis = choose(page, "basis", bases, t("table.legal_basis"),
                       lambda one: t(f"cameras.basis_{one}") if one in ("all", "none")
                       else t.word("legal_basis", one), width=200)  # fmt: skip
        duty = choose(page, "duty", DUTY_FILTERS, t("cameras.duty"),
                      lambda one: t(f"cameras.duty_{one}"), width=150)  # fmt: skip
        data = choose(page, "data", DATA_FILTERS, t("cameras.data"),
                      lambda one: t(f"cameras.data_{one}"), width=120)  # fmt: skip
        community_id = choose(page, "c", list(known), t("table.community"),
                              lambda one: known[one], width=200)  # fmt: skip
        word = st.text_input(t("cameras.number"), key="q", bind="query-params", width=150)
    keep = pd.Series(True, index=rows.index)
    if state != "all":
        keep &= rows["state"] == state
    if basis != "all":
        keep &= rows["legal_basis"].isna() if basis == "none" else rows["legal_basis"] == basis
    if duty != "all":
        keep &= _has_duty(rows, duty)
    if data != "all":
        keep &= rows["lacks"].notna() if data == "incomplete" else rows["lacks"].isna()
    if community_id:
        keep &= rows["community_id"] == community_id
    if word:
        keep &= rows["camera_id"].astype(str).str.contains(word.strip(), case=False, regex=False)
    return rows[keep].reset_index(drop=True)


def _has_duty(rows: pd.DataFrame, duty: str) -> pd.Series:
    columns = {"overdue": "n_overdue", "not_met": "n_failed", "due": "n_due",
               "unknown": "n_unknown"}  # fmt: skip
    if duty == "met":
        return rows[list(columns.values())].sum(axis=1) == 0
    return rows[columns[duty]] > 0


def _row_chosen(found: pd.DataFrame) -> str | None:
    state = st.session_state.get("cameras_table")
    at = state.selection.rows if state is not None else []
    return str(found.loc[at[0], "camera_id"]) if at and at[0] < len(found) else None


def _table(page: Page, found: pd.DataFrame) -> None:
    t, f = page.t, page.f
    show_table(page, found.head(LISTED), {
        "camera_id": (t("table.camera"), "text"), "shown_name": (t("table.community"), "text"),
        "state_word": (t("table.state"), "text"), "duty_word": (t("cameras.duty"), "text"),
        "next_due_on": (t("cameras.next_due"), "date"), "lacks": (t("table.missing"), "text"),
        "basis_word": (t("table.legal_basis"), "text"), "filed_on": (t("table.filed"), "date"),
        "has_sign": (t("table.sign"), "bool"), "retention_days": (t("table.kept"), "count"),
        "place_type": (t("cameras.place_type"), "text"),
        "installed_on": (t("cameras.used_from"), "date"),
        "reach_m": (t("table.reach_day"), "number"),
        "night_reach_m": (t("table.reach_night"), "number"),
        "seen_area_m2": (t("table.seen_area"), "whole"),
        "unique_area_m2": (t("table.unique_area"), "whole"),
        "is_assumed": (t("table.assumed"), "bool"),
    }, name="cameras", at_most_px=420, select=True, key="cameras_table",
        alt=t("cameras.register"))  # fmt: skip
    if len(found) > LISTED:
        show_note(t("coverage.listed", n=f.count(LISTED), total=f.count(len(found))), "plain")
