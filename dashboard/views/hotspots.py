"""Where incidents cluster beyond chance, and when."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from dashboard import charts, layer_shapes, layers
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
from dashboard.leaflet.component import working_map
from dashboard.maps import Layer
from dashboard.page import Page
from dashboard.periods import CLASSES
from dashboard.queries import counts, places
from dashboard.queries import hotspots as asked
from dashboard.styles import single


def render(page: Page) -> None:
    """Draw the page."""
    t = page.t
    st.title(plain(t("hotspots.title", area=page.scope_name)))
    show_lead(t("hotspots.lead"))
    if lacking(page, "mart.hotspots"):
        return
    _explore(page)
    st.header(t("hotspots.method"))
    show_list([t(f"hotspots.method_{i}") for i in range(1, 5)])


@st.fragment
def _explore(page: Page) -> None:
    """Draw the filters, the figures, the map, the table and the clock; reruns alone."""
    t = page.t
    known = asked.choices(page, page.scope_kind, page.scope_id)
    if known.empty:
        show_note(t("hotspots.none_for_area"), "plain")
        return
    of_class, period = _filters(page, known)
    rows = asked.cells(page, page.scope_kind, page.scope_id, of_class, period,
                       at_most=layer_shapes.DRAWN_CELLS)  # fmt: skip
    if rows.empty:
        show_note(t("hotspots.none_for_choice"), "plain")
        return
    _cards(page, rows)
    left, right = st.columns([1.5, 1], gap="medium")
    with left:
        cells = layers.keep(
            page, ("cells", of_class, period), lambda: layer_shapes.cell_layer(page, rows)
        )
        view = layers.view(
            page, [cells, _outlines(page), layers.jurisdiction_layer(page)],
            title=t("hotspots.map"), bounds=layers.area_bounds(page),
        )  # fmt: skip
        working_map(view, key="hotspot_map")
        if len(rows) < int(rows.loc[0, "n_all"]):
            show_note(t("hotspots.sampled", n=page.f.count(len(rows)),
                        total=page.f.count(rows.loc[0, "n_all"])), "plain")  # fmt: skip
    with right:
        _table(page, rows, of_class, period)
    _clock(page, of_class)


def _filters(page: Page, known: pd.DataFrame) -> tuple[str, str]:
    t = page.t
    classes = [c for c in CLASSES if c in set(known["class"])]
    periods = [p for p in ("12_months", "28_days") if p in set(known["period_kind"])]
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        of_class = st.selectbox(
            t("filter.class"), classes, format_func=lambda one: t(f"class.{one}"),
            key="hotspots_class", width=220,
        )  # fmt: skip
        period = st.segmented_control(
            t("filter.period"), periods, default=periods[0], required=True,
            format_func=lambda one: t(f"period.{one}"), key="hotspots_period",
        )  # fmt: skip
    return str(of_class), str(period)


def _cards(page: Page, rows: pd.DataFrame) -> None:
    t, f = page.t, page.f
    first = rows.iloc[0]
    n_hot = int(first["n_hot"])
    total = int(first["n_incidents"])
    held = 0 if pd.isna(first["n_incidents_hot"]) else int(first["n_incidents_hot"])
    km2 = float(first["cell_m"]) ** 2 / 1e6
    cards = [
        Card(t("hotspots.n_hot"), f.count(n_hot), unit=t("card.of", n=f.count(first["n_all"])),
             lines=(t("hotspots.n_hot_line", m=f.number(first["cell_m"], 0)),)),
        Card(t("hotspots.held"), f.share(held / total) if total else "–",
             lines=(t("hotspots.held_line", n=f.count(held), total=f.count(total)),)),
        Card(t("hotspots.area"), f.number(n_hot * km2, 3), unit="km²",
             lines=(t("hotspots.area_line", share=f.share(n_hot / int(first["n_all"]))),)),
    ]  # fmt: skip
    show_cards(cards, t("hotspots.figures"))
    if n_hot == 0:
        show_note(t("hotspots.none_hot"), "info")


def _outlines(page: Page) -> Layer | None:
    style = single("#6b7a87", label=page.t("layer.outlines"), pattern="none",
                          stroke="#7b8b99", stroke_width=0.8)  # fmt: skip
    tips = {
        str(r["community_id"]): encode_lines((page.name_of(r),))
        for r in places.communities(page).to_dict("records")
    }
    return layers.community_layer(page, {}, style, tips, title=page.t("layer.outlines"))


def _table(page: Page, rows: pd.DataFrame, of_class: str, period: str) -> None:
    t = page.t
    named = rows.assign(kind=[t(f"hot.{k}") for k in layer_shapes.hot_class(rows)])
    shown = named[rows["is_hot"] | rows["is_cold"]].reset_index(drop=True)
    st.subheader(t("hotspots.densest" if shown.empty else "hotspots.table"))
    if shown.empty:
        shown = named.nlargest(20, "density_per_km2").reset_index(drop=True)
    show_table(page, shown, {
        "cell_id": (t("table.cell"), "text"), "kind": (t("table.significance"), "text"),
        "n": (t("table.incidents"), "count"), "z": (t("table.z"), "z"),
        "p_fdr": (t("table.p"), "p"),
        "density_per_km2": (t("table.density"), "number"),
    }, name="cells", at_most_px=440, alt=t("hotspots.table"))  # fmt: skip
    downloads(page, f"hotspots-{of_class}-{period}", {"hotspots": rows})


def _clock(page: Page, of_class: str) -> None:
    t = page.t
    st.header(t("hotspots.clock"))
    show_lead(t("hotspots.clock_lead"))
    hours = counts.hours(page, page.scope_kind, page.scope_id, of_class)
    if hours.empty or not float(hours["n"].sum()):
        show_note(t("overview.no_hours"), "plain")
        return
    charts.show(charts.week(page, hours), t("overview.by_hour_alt"))
    top = hours.nlargest(3, "n")
    words = [
        t("hotspots.peak", day=t(f"weekday.{int(r.weekday)}"), hour=int(r.hour),
          n=page.f.number(r.n))
        for r in top.itertuples()
    ]  # fmt: skip
    show_list(words)
