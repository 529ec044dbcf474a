"""How few places hold most of what happens: communities, cells and addresses."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from dashboard import analysis_notes, charts_analysis, layer_analysis, layers
from dashboard.address import choose
from dashboard.blocks import (
    Card,
    downloads,
    lacking,
    plain,
    show_cards,
    show_lead,
    show_list,
    show_note,
    show_table,
)
from dashboard.encode import encode_lines
from dashboard.formats import is_missing
from dashboard.incident_rows import open_rows
from dashboard.leaflet.component import working_map
from dashboard.maps import Layer
from dashboard.page import Page
from dashboard.periods import CLASSES, window
from dashboard.queries import analysis
from dashboard.queries.incidents import Which
from dashboard.styles import Swatch, categories, single

FIGURES = "mart.concentration_figures"
ADDRESSES = 300


def render(page: Page) -> None:
    """Draw the page."""
    t = page.t
    st.title(plain(t("concentration.title", area=page.scope_name)))
    show_lead(t("concentration.lead"))
    if lacking(page, "core.incidents"):
        return
    _explore(page)
    _addresses(page)
    st.header(t("analysis.method"))
    show_list([t(f"concentration.method_{i}") for i in range(1, 4)])


@st.fragment
def _explore(page: Page) -> None:
    """Draw the choices, the figures, the map, the curve and the table; reruns alone."""
    t = page.t
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        of_class = choose(page, "class", CLASSES, t("filter.class"), lambda one: t(f"class.{one}"))
        unit = choose(page, "unit", ("community", "cell"), t("concentration.unit"),
                      lambda one: t(f"concentration.{one}"), segmented=True)  # fmt: skip
    found = (
        analysis.concentration_figures(page, page.scope_kind, page.scope_id)
        if page.state(FIGURES) == "here"
        else pd.DataFrame({"class": []})
    )
    mine = found[found["class"] == of_class]
    _cards(page, mine)
    rows = (
        analysis.concentration(page, page.scope_kind, page.scope_id, of_class, unit)
        if page.state("mart.concentration") == "here"
        else pd.DataFrame()
    )
    if rows.empty:
        analysis_notes.tell(page, "concentration", of_class)
        return
    rows["shown_name"] = [
        page.name_of({**r, "community_id": r["unit_id"]}) if unit == "community" else r["unit_id"]
        for r in rows.to_dict("records")
    ]
    wide, narrow = st.columns([1.3, 1], gap="medium")
    with narrow:
        at = _table(page, rows, of_class, unit)
        _curve(page, rows, of_class, unit)
    with wide:
        picked = _map(page, rows, unit, at)
    if at is None and picked is not None:
        same = rows.index[rows["unit_id"] == picked]
        at = int(same[0]) if len(same) else None
    _open(page, rows, of_class, unit, at)


def _cards(page: Page, mine: pd.DataFrame) -> None:
    t, f = page.t, page.f
    cards = []
    for unit in ("community", "cell"):
        one = mine[mine["unit_kind"] == unit] if "unit_kind" in mine else mine
        if one.empty or is_missing(one.iloc[0]["n_units_80"]):
            continue
        row = one.iloc[0]
        lines = (
            t("concentration.share_of", share=f.share(row["units_80_fraction"]),
              n=f.count(row["n_units"])),
            t("concentration.by_chance", share=f.share(row["chance_80_fraction"])),
            t("concentration.gini", gini=f.number(row["gini_adjusted"], 2)),
        )  # fmt: skip
        cards.append(Card(t(f"concentration.n_{unit}"), f.count(row["n_units_80"]),
                          unit=t("card.of", n=f.count(row["n_units"])), lines=lines))  # fmt: skip
    if cards:
        show_cards(cards, t("concentration.figures"))


def _table(page: Page, rows: pd.DataFrame, of_class: str, unit: str) -> int | None:
    t = page.t
    st.subheader(t("concentration.table"))
    at = show_table(page, rows, {
        "rank": (t("table.rank"), "count"), "shown_name": (t(f"concentration.{unit}"), "text"),
        "n": (t("table.incidents"), "count"), "fraction": (t("concentration.fraction"), "percent"),
        "cumulative_fraction": (t("concentration.cumulative"), "percent"),
    }, name=f"places_{unit}", at_most_px=300, select=True,
        alt=t("concentration.table"))  # fmt: skip
    downloads(page, f"concentration-{of_class}-{unit}",
              {"places": rows.drop(columns="shown_name")})  # fmt: skip
    return at


def _curve(page: Page, rows: pd.DataFrame, of_class: str, unit: str) -> None:
    frame = pd.DataFrame({
        "units": [0.0, *rows["units_fraction"]], "held": [0.0, *rows["cumulative_fraction"]],
    })  # fmt: skip
    charts_analysis.show_kept(
        page, ("share", of_class, unit),
        lambda: charts_analysis.share_curve(page, frame, page.t(f"concentration.axis_{unit}")),
        page.t("concentration.curve_alt"),
    )  # fmt: skip


def _map(page: Page, rows: pd.DataFrame, unit: str, at: int | None) -> str | None:
    """Draw the places of the 80 %, the first half of them hatched closer; the one picked."""
    t, f = page.t, page.f
    half = rows["cumulative_fraction"].astype(float) - rows["fraction"].astype(float) < 0.5
    values = ["first" if one else "rest" for one in half]
    tips = [
        encode_lines((r.shown_name, t("concentration.tip", rank=f.count(r.rank), n=f.count(r.n),
                                      share=f.share(r.cumulative_fraction))))
        for r in rows.itertuples()
    ]  # fmt: skip
    style = categories(
        {"first": Swatch(t("concentration.first_half"), "#8c2d04", pattern="cross"),
         "rest": Swatch(t("concentration.to_80"), "#e6913c", pattern="hatch")},
        fill_opacity=0.55, stroke="#5a3a1c", stroke_width=0.8,
        no_data=Swatch(t("concentration.other"), "#eef1f4"),
    )  # fmt: skip
    name = "communities" if unit == "community" else "cells"
    layer: Layer | None
    if unit == "community":
        layer = layers.community_layer(
            page, dict(zip(rows["unit_id"], values, strict=True)), style,
            dict(zip(rows["unit_id"], tips, strict=True)), title=t("concentration.layer"),
        )  # fmt: skip
        below = None
    else:
        cells = rows.assign(cell_id=rows["unit_id"])
        layer = layer_analysis.grid_layer(page, cells, style, name="cells", values=values,
                                            tips=tips, pickable=True,
                                            title=t("concentration.layer"))  # fmt: skip
        below = layer_analysis.outline_layer(page)
    view = layers.view(
        page, [below, layer, layers.jurisdiction_layer(page)], title=t("concentration.map"),
        bounds=layers.area_bounds(page),
        selected=None if at is None else (name, str(rows.loc[at, "unit_id"])),
    )  # fmt: skip
    picked = working_map(view, key=f"concentration_map_{unit}")
    return picked.feature_id if picked is not None and picked.layer_id == name else None


def _open(page: Page, rows: pd.DataFrame, of_class: str, unit: str, at: int | None) -> None:
    since, until = window(page, "12_months")
    figures: dict[str, tuple[str, Which]] = {
        "all": (page.t("concentration.rows_all"), Which(since, until, of_class, located=True))
    }
    if at is not None:
        row = rows.loc[at]
        figures["one"] = (f"{row['shown_name']} ({page.f.count(row['n'])})",
                          _of_unit(page, row, of_class, unit))  # fmt: skip
    open_rows(page, figures, name="place", opened=None if at is None else "one")


def _of_unit(page: Page, row: Any, of_class: str, unit: str) -> Which:
    since, until = window(page, "12_months")
    if unit == "community":
        return Which(since, until, of_class, community_id=str(row["unit_id"]))
    cell_m = float(row["cell_m"])
    return Which(since, until, of_class, cells=(str(row["unit_id"]),), cell_m=cell_m)


@st.fragment
def _addresses(page: Page) -> None:
    """Show the addresses that call again and again; each opens to its incidents."""
    t, f = page.t, page.f
    st.header(t("concentration.repeats"))
    if page.state("mart.repeat_addresses") != "here":
        show_note(t("concentration.no_repeats"), "plain")
        return
    rows = analysis.repeat_addresses(page, at_most=ADDRESSES)
    rows["shown_name"] = [page.name_of(r) if r["community_id"] else None
                          for r in rows.to_dict("records")]  # fmt: skip
    show_lead(t("concentration.repeats_lead", n=f.count(rows.loc[0, "n_all"])))
    at = show_table(page, rows, {
        "address": (t("table.address"), "text"), "n": (t("table.incidents"), "count"),
        "n_case": (t("table.cases"), "count"), "n_28_days": (t("period.28_days"), "count"),
        "first_on": (t("concentration.first_on"), "date"),
        "last_on": (t("concentration.last_on"), "date"),
        "shown_name": (t("table.community"), "text"),
    }, name="addresses", at_most_px=360, select=True, alt=t("concentration.repeats"))  # fmt: skip
    downloads(page, "repeat-addresses", {"addresses": rows.drop(columns=["shown_name", "n_all"])})
    known = rows[rows["lon"].notna()]
    if not known.empty:
        style = single("#8c1c13", label=t("concentration.repeats"), symbol="diamond", radius=5.0,
                       stroke="#ffffff", fill_opacity=0.95)  # fmt: skip
        tips = [encode_lines((r.address, t("tip.cell", n=f.count(r.n))))
                for r in known.itertuples()]  # fmt: skip
        ids = tuple(str(i) for i in known.index)
        points = layer_analysis.point_layer(page, known, style, name="addresses", ids=ids,
                                            title=t("concentration.repeats"), tips=tips,
                                            pickable=True)  # fmt: skip
        view = layers.view(
            page, [layer_analysis.outline_layer(page), layers.jurisdiction_layer(page), points],
            title=t("concentration.repeats"), bounds=layers.area_bounds(page), height_px=380,
            selected=("addresses", str(at)) if at is not None and str(at) in ids else None,
        )  # fmt: skip
        picked = working_map(view, key="addresses_map")
        if at is None and picked is not None and picked.layer_id == "addresses":
            at = int(picked.feature_id)
    if at is not None:
        since, until = window(page, "12_months")
        address = str(rows.loc[at, "address"])
        open_rows(page, {"one": (address, Which(since, until, address=address))},
                  name="address", opened="one")  # fmt: skip
