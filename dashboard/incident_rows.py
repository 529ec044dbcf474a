"""Every figure opens to its rows: the incidents it was counted from, within what a role may see."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
import streamlit as st

from dashboard.blocks import downloads, show_lead, show_note, show_table
from dashboard.page import Page
from dashboard.queries.incidents import Which, rows

LISTED = 300
KEPT = 100_000  # rows of a file to keep


def open_rows(
    page: Page, figures: Mapping[str, tuple[str, Which]], *, name: str, opened: str | None = None
) -> None:
    """Offer each figure's incidents; draw those of the figure chosen.

    `figures` is code to (words, incidents). `opened` is the figure that a reader has just picked
    on a map or in a table: it opens by itself, once for each pick.
    """
    t = page.t
    if not figures or page.state("core.incidents") != "here":
        return
    key = f"rows_{page.name}_{name}"
    if opened in figures and st.session_state.get(f"said_{key}") != (opened, figures[opened][0]):
        st.session_state[f"said_{key}"] = (opened, figures[opened][0])
        st.session_state[key] = opened
    if st.session_state.get(key) not in figures:
        st.session_state.pop(key, None)
    chosen = st.pills(
        t("rows.open"), list(figures), format_func=lambda one: figures[one][0], key=key
    )
    if chosen is not None:
        _show(page, *figures[str(chosen)], name=name)


def _show(page: Page, words: str, which: Which, *, name: str) -> None:
    t, f = page.t, page.f
    found = rows(page, which, f.time_zone, at_most=LISTED)
    if found.empty:
        show_note(t("rows.none", what=words), "plain")
        return
    n_all = int(found.loc[0, "n_all"])
    listed = "rows.listed" if n_all > len(found) else "rows.all"
    show_lead(t(listed, what=words, n=f.count(n_all), shown=f.count(len(found))))
    if which.hours is not None:
        show_lead(t("rows.uncertain"))
    show_table(page, _named(page, found), {
        "occurred_from": (t("table.when"), "instant"), "occurred_to": (t("rows.until"), "instant"),
        "class_word": (t("table.class"), "text"), "type_word": (t("table.type"), "text"),
        "address": (t("table.address"), "text"), "shown_name": (t("table.community"), "text"),
        "is_solved": (t("table.solved"), "bool"), "incident_id": (t("table.number"), "text"),
    }, name=f"rows_{name}", at_most_px=360, alt=words)  # fmt: skip
    downloads(page, f"incidents-{page.name}-{name}", lambda: {"incidents": _all(page, which)})


def _named(page: Page, found: pd.DataFrame) -> pd.DataFrame:
    t = page.t
    return found.assign(
        class_word=[t.word("class", one) for one in found["class"]],
        type_word=[t.word("type", one) for one in found["type"]],
        shown_name=[
            page.name_of(r) if r["community_id"] else None for r in found.to_dict("records")
        ],
    )


def _all(page: Page, which: Which) -> pd.DataFrame:
    found = rows(page, which, page.f.time_zone, at_most=KEPT).drop(columns="n_all")
    for column in ("occurred_from", "occurred_to"):
        found[column] = page.f.instants(found[column])
    return found
