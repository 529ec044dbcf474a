"""The rows that an item's points rest on, opened down to the inspection."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pandas as pd
import streamlit as st

from dashboard.blocks import show_note, show_table
from dashboard.page import Page
from dashboard.queries import evidence

MOST = 500


def show_evidence(page: Page, community_id: str, item: str, written: object) -> None:
    """Draw the rows behind one item, or say why they are not shown."""
    t = page.t
    found = _read(written)
    table = f"core.{found.get('table')}"
    st.subheader(t("evidence.title", item=item))
    if not found.get("table"):
        show_note(t("evidence.none"), "plain")
        return
    if not page.access.may(page.viewer.role, page.name, table) or table not in page.slice.tables:
        show_note(t("evidence.denied"), "plain")
        return
    rows = _rows(page, community_id, found)
    if rows.empty:
        show_note(t("evidence.none"), "plain")
        return
    for column, vocabulary in (("class", "class"), ("kind", "sanction"), ("severity", "severity")):
        if column in rows:
            rows[column] = [t.word(vocabulary, one) for one in rows[column]]
    columns = {
        name: (page.label(table, name), _kind_of(rows[name]))
        for name in rows.columns
        if name not in ("community_id", "station_id", "street_id") and rows[name].notna().any()
    }
    show_table(page, rows, columns, name="evidence", at_most_px=320)


def _read(written: object) -> dict[str, Any]:
    try:
        found = json.loads(str(written))
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _rows(page: Page, community_id: str, found: dict[str, Any]) -> pd.DataFrame:
    table, ids = str(found["table"]), [str(one) for one in found.get("rows", [])]
    if table == "incidents":
        first, last = pd.Timestamp(found["from"]), pd.Timestamp(found["to"]) + timedelta(days=1)
        zone = page.f.time_zone
        span = [one.tz_localize(zone).tz_convert("UTC").tz_localize(None).to_pydatetime()
                for one in (first, last)]  # fmt: skip
        return evidence.incidents(page, community_id, list(found.get("classes", [])), *span, MOST)
    if table == "assessments":
        return evidence.assessments(page, community_id, ids)
    if table == "hazards":
        return evidence.hazards(page, ids)
    if table == "sanctions":
        return evidence.sanctions(page, community_id)
    return pd.DataFrame()


def _kind_of(values: pd.Series) -> str:
    if pd.api.types.is_bool_dtype(values):
        return "bool"
    if pd.api.types.is_numeric_dtype(values):
        return "number"
    if pd.api.types.is_datetime64_any_dtype(values):
        first = values.dropna()
        return "date" if (first == first.dt.normalize()).all() else "instant"
    return "text"
