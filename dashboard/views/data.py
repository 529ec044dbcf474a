"""Did the files load, what was refused and why, what does each column mean, what can be kept."""

from __future__ import annotations

import pandas as pd
import streamlit as st

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
from dashboard.page import Page
from dashboard.queries import lineage

LISTED = 2_000
KEPT_ROWS = 200_000


def render(page: Page) -> None:
    """Draw the page."""
    t = page.t
    st.title(t("data.title"))
    show_lead(t("data.lead", day=page.f.day(page.build.as_of),
                built=page.f.instant(page.build.built_at)))  # fmt: skip
    if page.state("meta.sources") != "denied":
        _sources(page)
    if page.state("meta.rejected_rows") != "denied":
        _rejected(page)
    if page.state("meta.findings") != "denied":
        _findings(page)
    _tables(page)
    _dictionary(page)
    _build(page)


def _sources(page: Page) -> None:
    t, f = page.t, page.f
    if lacking(page, "meta.sources"):
        return
    rows = lineage.sources(page)
    n_of = {c: int(rows[c].fillna(0).sum()) for c in ("n_read", "n_loaded", "n_rejected",
                                                      "n_duplicates")}  # fmt: skip
    share = n_of["n_loaded"] / n_of["n_read"] if n_of["n_read"] else None
    show_cards(
        [
            Card(t("data.files"), f.count(len(rows)), lines=(f.bytes(rows["n_bytes"].sum()),)),
            Card(t("data.read"), f.count(n_of["n_read"])),
            Card(t("data.loaded"), f.count(n_of["n_loaded"]), lines=(f.share(share, 2),)),
            Card(t("data.rejected"), f.count(n_of["n_rejected"])),
            Card(t("data.duplicates"), f.count(n_of["n_duplicates"])),
        ],
        t("data.figures"),
    )
    left_over = n_of["n_read"] - n_of["n_loaded"] - n_of["n_rejected"] - n_of["n_duplicates"]
    if left_over:
        show_note(t("data.unbalanced", n=f.count(left_over)), "warning")
    st.header(t("data.sources"))
    rows["table_word"] = [t.word("tables", name) for name in rows["table_name"]]
    rows["age"] = [_age(page, newest) for newest in rows["newest"]]
    show_table(page, rows, {
        "table_word": (t("table.table"), "text"), "source": (t("table.source"), "text"),
        "newest": (t("table.newest"), "text"), "age": (t("table.age"), "count"),
        "n_read": (t("data.read"), "count"), "n_loaded": (t("data.loaded"), "count"),
        "n_rejected": (t("data.rejected"), "count"),
        "n_duplicates": (t("data.duplicates"), "count"), "format": (t("table.format"), "text"),
        "encoding": (t("table.encoding"), "text"), "datum": (t("table.datum"), "text"),
        "modified_at": (t("table.modified"), "instant"), "sha256": (t("table.digest"), "text"),
    }, name="sources", alt=t("data.sources"))  # fmt: skip
    downloads(page, "sources", {"sources": lineage.sources(page)})


def _age(page: Page, newest: object) -> float | None:
    """Return the days between a list's newest date and the build's last day."""
    try:
        return float((pd.Timestamp(page.build.as_of) - pd.Timestamp(str(newest)[:10])).days)
    except ValueError:
        return None


def _rejected(page: Page) -> None:
    t, f = page.t, page.f
    st.header(t("data.refused"))
    if not page.has("meta.rejected_rows"):
        show_note(t("data.none_refused"), "plain")
        return
    rows = lineage.rejected(page, at_most=LISTED)
    show_lead(t("data.refused_lead", n=f.count(len(rows)), total=f.count(rows.loc[0, "n_all"])))
    rows["table_word"] = [t.word("tables", name) for name in rows["table_name"]]
    rows["rule_word"] = [t.word("rule", name) for name in rows["rule"]]
    rows["remedy"] = [t.pick(r.remedy_zh, r.remedy_en) for r in rows.itertuples()]
    rows["column_word"] = [
        page.label(f"core.{r.table_name}", r.column_name) if isinstance(r.column_name, str) else ""
        for r in rows.itertuples()
    ]  # fmt: skip
    columns = {
        "table_word": (t("table.table"), "text"), "source": (t("table.source"), "text"),
        "line": (t("table.line"), "count"), "column_word": (t("table.column"), "text"),
        "value": (t("table.value"), "text"), "rule_word": (t("table.rule"), "text"),
        "expected": (t("table.expected"), "text"), "remedy": (t("table.remedy"), "text"),
    }  # fmt: skip
    rules = lineage.rejected_rules(page)
    rules["table_word"] = [t.word("tables", name) for name in rules["table_name"]]
    rules["rule_word"] = [t.word("rule", name) for name in rules["rule"]]
    show_table(page, rules, {
        "table_word": (t("table.table"), "text"), "rule_word": (t("table.rule"), "text"),
        "n": (t("table.rows"), "count"),
    }, name="rules", at_most_px=240)  # fmt: skip
    show_table(page, rows, columns, name="rejected", at_most_px=380,
               alt=t("data.refused"))  # fmt: skip
    downloads(page, "rejected", {"rejected": rows.drop(columns=["n_all"])})


def _findings(page: Page) -> None:
    t = page.t
    st.header(t("data.findings"))
    if not page.has("meta.findings"):
        show_note(t("data.no_findings"), "plain")
        return
    rows = lineage.findings(page)
    rows["severity_word"] = [t.word("finding", s) for s in rows["severity"]]
    rows["table_word"] = [t.word("tables", name) for name in rows["table_name"]]
    rows["text"] = [t.pick(r.zh, r.en) for r in rows.itertuples()]
    show_table(page, rows, {
        "severity_word": (t("table.severity"), "text"), "text": (t("table.finding"), "text"),
        "table_word": (t("table.table"), "text"), "source": (t("table.source"), "text"),
        "n": (t("table.rows"), "count"), "area_m2": (t("table.area"), "number"),
    }, name="findings", at_most_px=300)  # fmt: skip


def _tables(page: Page) -> None:
    """Offer every table this role may read, whole."""
    t, f = page.t, page.f
    st.header(t("data.downloads"))
    names = [
        name
        for name in sorted(page.slice.tables)
        if name != "mart.map_layers" and page.access.may(page.viewer.role, page.name, name)
    ]
    if not names:
        show_note(t("data.no_tables"), "plain")
        return
    show_lead(t("data.downloads_lead", n=f.count(KEPT_ROWS)))
    name = st.selectbox(
        t("data.which_table"), names, width=420, key="data_table",
        format_func=lambda one: f"{t.word('tables', one.partition('.')[2])} ({one})",
    )  # fmt: skip
    columns = _columns(page, str(name))
    if not columns:
        show_note(t("data.no_columns"), "plain")
        return
    preview = lineage.whole_table(page, str(name), columns, at_most=50)
    shown = {c: (page.label(str(name), c), "text") for c in columns}
    show_table(page, preview.astype(object), shown, name=f"preview_{name}", at_most_px=260)
    downloads(
        page,
        str(name).replace(".", "-"),
        lambda: {str(name): lineage.whole_table(page, str(name), columns, at_most=KEPT_ROWS)},
    )


def _columns(page: Page, table: str) -> list[str]:
    """Return the columns of a table that are in the slice and can be written to a sheet."""
    words = lineage.dictionary(page)
    mine = words[(words["schema_name"] + "." + words["table_name"]) == table]
    writable = mine[~mine["kind"].isin(("geometry", "bytes"))]
    visible = [
        c.column_name for c in writable.itertuples() if page.viewer.role in c.visible_to.split()
    ]
    return visible or ([] if mine.empty else list(writable["column_name"]))


def _dictionary(page: Page) -> None:
    t = page.t
    st.header(t("data.dictionary"))
    if lacking(page, "meta.columns"):
        return
    show_lead(t("data.dictionary_lead"))
    rows = lineage.dictionary(page)
    rows["meaning"] = [t.pick(r.zh, r.en) for r in rows.itertuples()]
    rows["table"] = rows["schema_name"] + "." + rows["table_name"]
    rows = rows[rows["table"].isin(page.slice.tables)]
    with st.expander(t("data.dictionary_open", n=page.f.count(len(rows)))):
        show_table(page, rows, {
            "table": (t("table.table"), "text"), "column_name": (t("table.column"), "text"),
            "meaning": (t("table.meaning"), "text"), "kind": (t("table.kind"), "text"),
            "unit": (t("table.unit"), "text"), "allowed": (t("table.allowed"), "text"),
            "origin": (t("table.origin"), "text"),
        }, name="dictionary", at_most_px=420)  # fmt: skip


def _build(page: Page) -> None:
    t = page.t
    st.header(t("data.build"))
    if lacking(page, "meta.build"):
        return
    rows = page.frame("SELECT name, value FROM meta.build ORDER BY name")
    with st.expander(plain(t("data.build_open", id=page.build.id))):
        show_table(page, rows, {
            "name": (t("table.name"), "text"), "value": (t("table.value"), "text"),
        }, name="build")  # fmt: skip
