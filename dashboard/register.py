"""The camera register as rows: state, duties in a word, what is missing, and files to keep."""

from __future__ import annotations

import re
from typing import Any

import pandas as pd
import streamlit as st

from dashboard.blocks import XLSX, show_facts, show_list, show_note, show_table
from dashboard.export import to_csv
from dashboard.filing import empty_fields, filing_book, filing_frame
from dashboard.formats import is_missing
from dashboard.layers import keep
from dashboard.page import Page
from dashboard.queries import cameras

ORDER = "799"
FAILED = ("violated", "not_met")
_COUNTS = {"n_overdue": ("overdue",), "n_failed": FAILED, "n_due": ("due",),
           "n_unknown": ("unknown",)}  # fmt: skip


def read_register(page: Page) -> pd.DataFrame:
    """Return every camera with its words and duties, those overdue longest first.

    A camera whose legal basis is unknown has no duty of filing or retention that can be told.
    """
    return keep(page, "register", lambda: _register(page)).copy()


def _register(page: Page) -> pd.DataFrame:
    t = page.t
    rows = cameras.register(page)
    basis = rows["legal_basis"].astype(object)
    rows["legal_basis"] = basis.where(basis.notna() & (basis != ""), None)
    rows["shown_name"] = [page.name_of(r) for r in
                          rows[["name", "name_en", "community_id"]].to_dict("records")]  # fmt: skip
    rows["state_word"] = [t.word("camera", s) for s in rows["state"]]
    rows["basis_word"] = [t.word("legal_basis", b) or None for b in rows["legal_basis"]]
    rows["lacks"] = _lacks(page, rows)
    rows = rows.join(_duty_columns(page), on="camera_id")
    for column in _COUNTS:
        rows[column] = rows[column].fillna(0).astype(int)
    kinds = rows[list(_COUNTS)].drop_duplicates()  # a few kinds of cameras, many of each
    words = {tuple(r.values()): _duty_word(page, r) for r in kinds.to_dict("records")}
    rows["duty_word"] = [words[r] for r in rows[list(_COUNTS)].itertuples(index=False, name=None)]
    order = ["n_overdue", "next_due_on", "n_failed", "n_due", "camera_id"]
    rows["next_due_on"] = pd.to_datetime(rows["next_due_on"])
    return rows.sort_values(order, ascending=[False, True, False, False, True],
                            na_position="last").reset_index(drop=True)  # fmt: skip


def _duty_columns(page: Page) -> pd.DataFrame:
    """Return by camera: duties by state, the next due date, and the date filing is due."""
    columns = [*_COUNTS, "next_due_on", "filing_due_on", "must_file"]
    if not page.has("mart.camera_duties"):
        return pd.DataFrame(columns=columns, index=pd.Index([], name="camera_id"))
    found = cameras.duties(page)
    by = found.groupby("camera_id")
    made = pd.DataFrame({
        name: found["state"].isin(states).groupby(found["camera_id"]).sum()
        for name, states in _COUNTS.items()
    })  # fmt: skip
    open_ones = found[found["state"].isin(("overdue", "due")) & found["due_on"].notna()]
    made["next_due_on"] = open_ones.groupby("camera_id")["due_on"].min()
    filing = found[found["duty"] == "filing"].set_index("camera_id")
    made["filing_due_on"] = filing["due_on"]
    known = by["legal_basis"].first().notna()
    made["must_file"] = pd.Series(made.index.isin(filing.index), index=made.index).where(known)
    return made


def _duty_word(page: Page, row: dict[str, Any]) -> str | None:
    words = [
        page.t(f"cameras.n_{name.removeprefix('n_')}", n=page.f.count(row[name]))
        for name in _COUNTS
        if row[name]
    ]
    return page.t("punctuation.comma").join(words) or None


def _lacks(page: Page, rows: pd.DataFrame) -> list[str | None]:
    """Return the names of the fields each camera lacks, from the table of gaps or its coverage."""
    comma = page.t("punctuation.comma")
    if page.has("mart.camera_gaps"):
        found = cameras.gaps(page)
        words = found["field"].map(lambda one: page.t.word("field", one))
        joined = words.groupby(found["camera_id"]).agg(comma.join).to_dict()
        return [joined.get(one) for one in rows["camera_id"]]
    return [
        comma.join(page.t.word("field", one) for one in text.replace(",", " ").split()) or None
        if isinstance(text, str) else None
        for text in rows["missing"]
    ]  # fmt: skip


def article_words(page: Page, written: pd.Series) -> list[str | None]:
    """Return articles of the order in the language of the page, from their numbers."""
    comma = page.t("punctuation.list")
    numbers = [re.findall(r"\d+", text.replace(ORDER, "")) if isinstance(text, str) else []
               for text in written]  # fmt: skip
    return [page.t("cameras.article_n", n=comma.join(one)) if one else None for one in numbers]


def show_camera(page: Page, rows: pd.DataFrame, camera_id: str | None) -> None:
    """Show one camera: its facts, its duties, what its missing data would change."""
    t, f = page.t, page.f
    found = rows[rows["camera_id"].astype(str) == camera_id]
    if found.empty:
        show_note(t("cameras.pick"), "info")
        return
    row = found.iloc[0]
    st.subheader(t("cameras.one", camera=str(row["camera_id"])))
    show_facts([
        (t("table.community"), row["shown_name"]), (t("table.state"), row["state_word"]),
        (t("table.legal_basis"), t.word("legal_basis", row["legal_basis"]) or "–"),
        (t("cameras.used_from"), f.day(row["installed_on"])),
        (t("cameras.bearing"), _degrees(page, row["bearing_deg"])),
        (t("cameras.seen"), f.area(row["seen_area_m2"])),
    ])  # fmt: skip
    _own_duties(page, str(row["camera_id"]))
    _own_gaps(page, str(row["camera_id"]))


def _degrees(page: Page, value: object) -> str:
    return "–" if is_missing(value) else f"{page.f.number(value, 0)}°"


def _own_duties(page: Page, camera_id: str) -> None:
    t = page.t
    if not page.has("mart.camera_duties"):
        return
    mine = cameras.duties(page)
    mine = mine[mine["camera_id"] == camera_id]
    if mine.empty:
        show_note(t("cameras.no_duties"), "plain")
        return
    table = mine.assign(word=[t.word("duty", d) for d in mine["duty"]],
                        how=[t.word("duty_state", s) for s in mine["state"]],
                        article=article_words(page, mine["article"]))  # fmt: skip
    show_table(page, table, {
        "word": (t("cameras.duty"), "text"), "how": (t("table.state"), "text"),
        "due_on": (t("cameras.due_on"), "date"), "done_on": (t("cameras.done_on"), "date"),
        "found": (t("cameras.found"), "text"), "asked": (t("cameras.asked"), "text"),
        "article": (t("cameras.article"), "text"),
    }, name="own_duties")  # fmt: skip


def _own_gaps(page: Page, camera_id: str) -> None:
    if not page.has("mart.camera_gaps"):
        return
    mine = cameras.gaps(page)
    mine = mine[mine["camera_id"] == camera_id]
    show_list([gap_words(page, row) for row in mine.to_dict("records")])


def gap_words(page: Page, row: dict[str, Any]) -> str:
    """Return in one sentence what a missing field would change for one camera."""
    t, f = page.t, page.f
    field, effect = t.word("field", row["field"]), t.word("effect", row["effect"])
    if is_missing(row["high_area_m2"]):
        return t("cameras.gap_plain", field=field, effect=effect)
    return t("cameras.gap", field=field, effect=effect, now=f.area(row["counted_area_m2"]),
             low=f.area(row["low_area_m2"]), high=f.area(row["high_area_m2"]))  # fmt: skip


def filing_downloads(page: Page, rows: pd.DataFrame) -> None:
    """Offer the cameras shown as the fields of the filing form, and say what is empty in it."""
    t = page.t
    st.subheader(t("cameras.filing"))
    with st.container(horizontal=True, gap="small"):
        st.download_button(
            t("cameras.filing_xlsx"), lambda: filing_book(page, _for_filing(rows)),
            file_name=f"filing-{page.scope_id}.xlsx", mime=XLSX, key="filing_xlsx",
            on_click="ignore", type="primary",
        )  # fmt: skip
        st.download_button(
            t("cameras.filing_csv"), lambda: to_csv(filing_frame(_for_filing(rows))),
            file_name=f"filing-{page.scope_id}.csv", mime="text/csv", key="filing_csv",
            on_click="ignore",
        )  # fmt: skip
    show_list([t("cameras.filing_note"), t("cameras.filing_shown", n=page.f.count(len(rows)))])
    with st.expander(t("cameras.filing_empty")):
        table = empty_fields(_for_filing(rows))
        names = ("field", "n_filled", "n_empty", "note")
        kinds = ("text", "count", "count", "text")
        table.columns = list(names)
        heads = {n: (t(f"cameras.form_{n}"), k) for n, k in zip(names, kinds, strict=True)}
        show_table(page, table, heads, name="filing", at_most_px=800)


def _for_filing(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows with the community's Chinese name, as the form has it."""
    named = rows["name"].where(rows["name"].notna() & (rows["name"] != ""), rows["community_id"])
    return rows.assign(community=named)
