"""Where incidents cluster beyond chance: four methods, and the record of the map beneath it."""

from __future__ import annotations

from math import sqrt

import pandas as pd
import streamlit as st

from dashboard import (
    bandwidth_words,
    figures,
    hexagons,
    hot_hours,
    hot_patterns,
    layer_analysis,
    layer_hot,
    layer_shapes,
    layers,
    record,
    time_words,
)
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
from dashboard.formats import is_missing
from dashboard.incident_rows import open_rows
from dashboard.leaflet.component import working_map
from dashboard.page import Page
from dashboard.periods import CLASSES, window
from dashboard.queries import counts
from dashboard.queries import hotspots as asked
from dashboard.queries.incidents import Which
from geo.study_area import CELL_KINDS

METHODS = ("gi_star", "density", "count", "emerging", "communities")
RECORDED = {"gi_star": "gi_star", "density": "kde", "count": "last_year"}
LISTED = 20


def render(page: Page) -> None:
    """Draw the page."""
    t = page.t
    st.title(plain(t("hotspots.title", area=page.scope_name)))
    show_lead(t("hotspots.lead"))
    if lacking(page, "mart.hotspots"):
        if page.state("mart.figures") == "here":
            _unlocated(page, "all", "12_months")
        return
    _explore(page)
    st.header(t("hotspots.method"))
    show_list([t(f"hotspots.method_{i}") for i in range(1, 12)])


@st.fragment
def _explore(page: Page) -> None:
    """Draw the filters and what they choose; reruns alone."""
    t = page.t
    known = asked.choices(page, page.scope_kind, page.scope_id)
    if known.empty:
        show_note(t("hotspots.none_for_area"), "plain")
        return
    method = choose(page, "method", METHODS, t("hotspots.which"),
                    lambda one: t(f"hotspots.way_{one}"), segmented=True)  # fmt: skip
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        classes = [c for c in CLASSES if c in set(known["class"])]
        of_class = choose(page, "class", classes, t("filter.class"), lambda one: t(f"class.{one}"))
        if method in RECORDED:
            period, hours = _when(page, known)
            kind = _shape(page, hours)
    if method == "emerging":
        hot_patterns.show_emerging(page, of_class)
    elif method == "communities":
        hot_patterns.show_communities(page, of_class)
    else:
        _cells(page, method, of_class, period, hours, kind)


def _when(page: Page, known: pd.DataFrame) -> tuple[str, str]:
    """Ask for the period and the hours of the day."""
    t = page.t
    periods = [p for p in ("12_months", "28_days") if p in set(known["period_kind"])]
    period = choose(page, "period", periods, t("filter.period"),
                    lambda one: t(f"period.{one}"), segmented=True)  # fmt: skip
    offered = list(hot_hours.HOURS) if hot_hours.is_offered(page) else ["all"]
    hours = choose(page, "hours", offered, t("hotspots.hours"),
                   lambda one: t(f"hours.{one}"), width=190)  # fmt: skip
    return period, hours


def _shape(page: Page, hours: str) -> str:
    """Ask for squares or hexagons, where both are to be had."""
    t = page.t
    if not hexagons.is_offered(page, hours):
        return "square"
    return choose(page, "cells", CELL_KINDS, t("hotspots.shape"),
                  lambda one: t(f"hotspots.{one}"), segmented=True)  # fmt: skip


def _cells(page: Page, method: str, of_class: str, period: str, hours: str, kind: str) -> None:
    """Draw the cells of a density or of Gi*, their record, their table and their incidents."""
    t, f = page.t, page.f
    if kind == "hexagon":
        rows = hexagons.cells(page, of_class, period, hours).head(layer_shapes.DRAWN_CELLS)
    elif hours == "all":
        rows = asked.cells(page, page.scope_kind, page.scope_id, of_class, period,
                           at_most=layer_shapes.DRAWN_CELLS)  # fmt: skip
    else:
        rows = hot_hours.cells(page, of_class, period, hours).head(layer_shapes.DRAWN_CELLS)
    if rows.empty:
        show_note(t("hotspots.none_for_choice"), "plain")
        return
    if hours != "all":
        show_note(t("hotspots.hours_mean", hours=t(f"hours.{hours}"),
                    n=f.number(rows.loc[0, "n_incidents"])), "plain")  # fmt: skip
        time_words.tell_untimed(page, of_class)
    _figures(page, rows, of_class, period)
    time_words.tell_one_day(page, of_class, period)
    wide, narrow = st.columns([1.5, 1], gap="medium")
    with narrow:
        at = _table(page, rows, of_class, period, hours)
    with wide:
        picked = _map(page, method, rows, (of_class, period, hours, kind), at)
        if method == "density":
            bandwidth_words.show(page, period)
        kept = record.sentence(page, of_class, RECORDED[method])
        same = (period, hours, kind) == ("12_months", "all", "square")
        show_note(kept if same else kept + t("record.of_year"), "plain")
        st.page_link(page.links["accuracy"], label=t("record.open"),
                     query_params=dict(st.query_params))  # fmt: skip
        if len(rows) < int(rows.loc[0, "n_all"]):
            show_note(t("hotspots.sampled", n=f.count(len(rows)),
                        total=f.count(rows.loc[0, "n_all"])), "plain")  # fmt: skip
    cell = picked if at is None else at
    _open(page, rows, of_class, period, hours, cell)


def _figures(page: Page, rows: pd.DataFrame, of_class: str, period: str) -> None:
    t, f = page.t, page.f
    first = rows.iloc[0]
    n_hot, total = int(first["n_hot"]), float(first["n_incidents"])
    held = 0.0 if pd.isna(first["n_incidents_hot"]) else float(first["n_incidents_hot"])
    hexagon = layer_shapes.is_hexagon(rows)
    km2 = float(first["cell_m"]) ** 2 / 1e6 * (sqrt(3) / 2 if hexagon else 1)
    size = "hotspots.hexagon_line" if hexagon else "hotspots.n_hot_line"
    cards = [
        Card(t("hotspots.n_hot"), f.count(n_hot), unit=t("card.of", n=f.count(first["n_all"])),
             lines=(t(size, m=f.number(first["cell_m"], 0)),)),
        Card(t("hotspots.held"), f.share(held / total) if total else "–",
             lines=(t("hotspots.held_line", n=f.number(held), total=f.number(total)),)),
        Card(t("hotspots.area"), f.number(n_hot * km2, 3), unit="km²",
             lines=(t("hotspots.area_line", share=f.share(n_hot / int(first["n_all"]))),)),
    ]  # fmt: skip
    show_cards(cards, t("hotspots.figures"))
    _unlocated(page, of_class, period)
    if rows["z"].isna().all():
        show_note(t("hotspots.too_few", n=f.number(total)), "warning")
    elif int((rows["n"] > 0).sum()) == 1:
        show_note(t("hotspots.one_point", n=f.number(total)), "warning")
    elif n_hot == 0:
        show_note(t("hotspots.none_hot"), "info")


def _unlocated(page: Page, of_class: str, period: str) -> None:
    """Say how many incidents have no place and so are on no map."""
    found = counts.figures(page, page.scope_kind, page.scope_id)
    row = figures.pick(found, of_class, period)
    n = None if row is None else row["n_unlocated"]
    if not is_missing(n) and int(n) > 0:  # type: ignore[arg-type]
        show_lead(page.t("hotspots.unlocated", n=page.f.count(n)))


def _map(
    page: Page, method: str, rows: pd.DataFrame, choice: tuple[str, ...], at: str | None
) -> str | None:
    t = page.t
    make = {"density": layer_hot.density_layer, "count": layer_hot.count_layer}.get(
        method, layer_shapes.cell_layer
    )
    cells = layers.keep(page, ("cells", method, *choice), lambda: make(page, rows))
    sure = layers.keep(page, ("sure", *choice), lambda: layer_hot.sure_layer(page, rows))
    view = layers.view(
        page, [cells, layer_analysis.outline_layer(page), layers.jurisdiction_layer(page), sure],
        title=t("hotspots.map"), bounds=layers.area_bounds(page),
        selected=None if at is None else ("cells", at),
    )  # fmt: skip
    picked = working_map(view, key="hotspot_map")
    return picked.feature_id if picked is not None and picked.layer_id == "cells" else None


def _table(page: Page, rows: pd.DataFrame, of_class: str, period: str, hours: str) -> str | None:
    """Show the significant cells, or the densest when none is; the cell chosen."""
    t = page.t
    named = rows.assign(kind=[t(f"hot.{k}") for k in layer_shapes.hot_class(rows)])
    shown = named[rows["is_hot"] | rows["is_cold"]].reset_index(drop=True)
    st.subheader(t("hotspots.densest" if shown.empty else "hotspots.table"))
    if shown.empty:
        shown = named.nlargest(LISTED, "density_per_km2").reset_index(drop=True)
    at = show_table(page, shown, {
        "cell_id": (t("table.cell"), "text"), "kind": (t("table.significance"), "text"),
        "n": (t("table.incidents"), "count" if hours == "all" else "number"),
        "z": (t("table.z"), "z"),
        "p_fdr": (t("table.p"), "p"),
        "density_per_km2": (t("table.density"), "number"),
    }, name="cells", at_most_px=440, select=True, alt=t("hotspots.table"))  # fmt: skip
    downloads(page, f"hotspots-{of_class}-{period}-{hours}", {"hotspots": rows})
    return None if at is None else str(shown.loc[at, "cell_id"])


def _open(
    page: Page, rows: pd.DataFrame, of_class: str, period: str, hours: str, cell: str | None
) -> None:
    """Offer the incidents of the picked cell, of the hot cells, and all that were counted."""
    t = page.t
    since, until = window(page, period)
    when = None if hours == "all" else hot_hours.HOURS[hours]
    size = float(rows.loc[0, "cell_m"])
    hot = tuple(rows.loc[rows["is_hot"], "cell_id"])
    offered: dict[str, tuple[str, Which]] = {}
    if cell is not None and cell in set(rows["cell_id"]):
        which = Which(since, until, of_class, cells=(cell,), cell_m=size, hours=when)
        offered["cell"] = (t("hotspots.rows_cell", cell=cell), which)
    if hot:
        which = Which(since, until, of_class, cells=hot, cell_m=size, hours=when)
        offered["hot"] = (t("hotspots.rows_hot"), which)
    which = Which(since, until, of_class, located=True, hours=when)
    offered["all"] = (t("hotspots.rows_all"), which)
    open_rows(page, offered, name="cell", opened="cell" if "cell" in offered else None)
