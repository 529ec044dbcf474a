"""How the bandwidth of a density was chosen: a sentence, and every candidate to look at."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from dashboard.blocks import show_note, show_table
from dashboard.page import Page
from dashboard.queries import hotspots as asked


def show(page: Page, period: str) -> None:
    """Say which bandwidth the area's density has and why; the candidates open beneath."""
    if page.state("mart.hotspot_bandwidths") != "here":
        return
    rows = asked.bandwidths(page, page.scope_kind, page.scope_id, period)
    if rows.empty or not rows["is_used"].any():
        return
    show_note(sentence(page, rows), "plain")
    tried = rows[rows["gain"].notna()].reset_index(drop=True)
    if tried.empty:
        return
    with st.expander(page.t("bandwidth.candidates")):
        named = tried.assign(
            used=[page.t("bandwidth.used") if one else "" for one in tried["is_used"]]
        )
        show_table(page, named, {
            "bandwidth_m": (page.t("bandwidth.metres"), "number"),
            "gain": (page.t("bandwidth.gain"), "z"),
            "used": (page.t("bandwidth.choice"), "text"),
        }, name=f"bandwidths_{period}", alt=page.t("bandwidth.candidates"))  # fmt: skip


def sentence(page: Page, rows: pd.DataFrame) -> str:
    """Return in words which bandwidth is used and why."""
    t, f = page.t, page.f
    used = rows[rows["is_used"]].iloc[0]
    tried = rows[rows["gain"].notna()]
    known = {
        "m": f.number(used["bandwidth_m"]), "n": f.count(used["n_tested"]),
        "needed": f.count(used["needed"]), "months": f.count(used["n_months"]),
    }  # fmt: skip
    if used["reason"] == "best":
        return _best(page, tried, known)
    text = t(f"bandwidth.reason_{used['reason']}", **known)
    if used["reason"] == "set" and len(tried):
        best = tried.loc[tried["gain"].idxmax()]
        text += t("bandwidth.best_would_be", m=f.number(best["bandwidth_m"]))
    return text


def _best(page: Page, tried: pd.DataFrame, known: dict[str, str]) -> str:
    """Return that the best candidate is used, and whether it is the best of little."""
    t, f = page.t, page.f
    best, widths = tried.loc[tried["gain"].idxmax()], tried["bandwidth_m"]
    text = t("bandwidth.reason_best", **known, of=f.count(len(tried)), low=f.number(widths.min()),
             high=f.number(widths.max()), gain=f.number(best["gain"], 2))  # fmt: skip
    if best["gain"] <= 1:
        return text + t("bandwidth.no_better")
    if best["bandwidth_m"] == widths.min():
        return text + t("bandwidth.narrowest")
    return text + t("bandwidth.widest") if best["bandwidth_m"] == widths.max() else text
