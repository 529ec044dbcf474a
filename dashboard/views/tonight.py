"""Tonight's patrol: the few places and hours that cover most, and the walk between them."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from dashboard import analysis_notes, layer_analysis, layer_points, layers
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
from dashboard.maps import MapView
from dashboard.page import Page
from dashboard.patrol_plan import bounds_of, place_words, walks_of
from dashboard.patrol_sheet import Leg, Sheet, patrol_sheet
from dashboard.periods import window
from dashboard.queries import analysis
from dashboard.queries.incidents import Which
from dashboard.styles import Swatch, categories, single

HOURS = (2, 4, 6, 8, 12, 16, 24)
PATROLS = ("#0b4a7d", "#c4560a", "#0b5e54", "#7b1e5c", "#8a6500", "#4d4d4d")


def render(page: Page) -> None:
    """Draw the page."""
    t = page.t
    st.title(plain(t("tonight.title", area=page.scope_name)))
    show_lead(t("tonight.lead"))
    if lacking(page, "core.incidents"):
        return
    _explore(page)
    st.header(t("analysis.method"))
    show_list([t(f"tonight.method_{i}") for i in range(1, 6)])


@st.fragment
def _explore(page: Page) -> None:
    """Draw the choices and the plan; reruns alone."""
    t = page.t
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        station = _station(page)
        found = (
            analysis.tonight(page, station)
            if page.state("mart.tonight") == "here"
            else pd.DataFrame({"class": []})
        )
        classes = [one for one in ("all", "case") if one in set(found["class"])] or ["all"]
        of_class = choose(page, "class", classes, t("filter.class"), lambda one: t(f"class.{one}"))
        rows = found[found["class"] == of_class].reset_index(drop=True)
        most = [str(one) for one in HOURS if one <= len(rows)] or ["2"]
        n_hours = int(choose(page, "n", most, t("tonight.hours"),
                             lambda one: t("tonight.n_hours", n=one), width=170,
                             default="8"))  # fmt: skip
    if rows.empty:
        analysis_notes.tell(page, "tonight", of_class, area=("station", station))
        return
    plan = rows.head(n_hours).copy()
    plan["shown_name"] = [place_words(page, r) for r in plan.to_dict("records")]
    plan["when"] = [t("tonight.at", a=f"{int(h):02d}", b=f"{(int(h) + 1) % 24:02d}")
                    for h in plan["hour"]]  # fmt: skip
    walks = walks_of(page, station, of_class, n_hours, plan)
    _cards(page, rows, plan, walks, n_hours)
    wide, narrow = st.columns([1.4, 1], gap="medium")
    view = _view(page, plan, walks)
    with wide:
        picked = working_map(view, key="tonight_map")
    with narrow:
        at = _table(page, plan, walks, of_class, n_hours)
        _sheet(page, station, of_class, plan, walks, n_hours)
    if at is None and picked is not None and picked.layer_id == "stops":
        same = walks.index[walks["key"] == picked.feature_id]
        at = int(same[0]) if len(same) else None
    _open(page, walks, of_class, at)


def _station(page: Page) -> str:
    """Return the station whose night is planned: the viewer's, or one chosen by the district."""
    known = analysis.stations(page)
    names = {str(r["station_id"]): page.name_of(r) for r in known.to_dict("records")}
    if page.scope_kind == "station" or len(names) <= 1:
        return page.scope_id if page.scope_id in names or not names else next(iter(names))
    return choose(page, "station", list(names), page.t("tonight.station"), lambda one: names[one])


def _cards(
    page: Page, rows: pd.DataFrame, plan: pd.DataFrame, walks: pd.DataFrame, n_hours: int
) -> None:
    t, f = page.t, page.f
    last = plan.iloc[-1]
    covered = float(plan["expected"].sum())
    bound = last["at_most_fraction"]
    lines = [
        t("tonight.covered_of", n=f.number(covered, 2), total=f.number(last["expected_total"]))
    ]
    if not is_missing(bound):
        lines.append(t("tonight.at_most", share=f.share(bound)))
    cards = [
        Card(t("tonight.covered"), f.share(last["cumulative_fraction"]), lines=tuple(lines),
             strong=True),
        Card(t("tonight.places"), f.count(plan["cell_id"].nunique()),
             lines=(t("tonight.places_line", n=f.count(n_hours)),)),
    ]  # fmt: skip
    walked = walks["leg_m"].fillna(0).sum()
    if walked:
        cards.append(Card(t("tonight.walk"), f.number(walked / 1000, 1), unit="km", lines=(
            t("tonight.patrols", n=f.count(walks["patrol"].nunique()),
              metric=t(f"metric.{walks.loc[0, 'metric']}")),)))  # fmt: skip
    if len(rows) > n_hours:
        more = rows.iloc[n_hours]
        cards.append(Card(t("tonight.next"), f.number(more["expected"], 3),
                          lines=(t("tonight.next_line"),)))  # fmt: skip
    show_cards(cards, t("tonight.figures"))
    show_lead(t("tonight.night", day=f.day(last["night"])))


def _view(page: Page, plan: pd.DataFrame, walks: pd.DataFrame) -> MapView:
    """Return the map: cells by how much they are worth, the walk, its stops in order."""
    t, f = page.t, page.f
    worth = plan.groupby("cell_id", as_index=False).agg(
        lon=("lon", "first"), lat=("lat", "first"), cell_m=("cell_m", "first"),
        expected=("expected", "sum"), hours=("when", ", ".join), name=("shown_name", "first"),
    )  # fmt: skip
    raised = plan.groupby("cell_id")["raise_ratio"].max().fillna(1.0) > 1
    style = categories(
        {"usual": Swatch(t("tonight.cell"), "#e6913c", pattern="hatch"),
         "raised": Swatch(t("tonight.cell_raised"), "#b30000", pattern="cross")},
        fill_opacity=0.45, stroke="#5a3a1c", stroke_width=0.8,
    )  # fmt: skip
    tips = [encode_lines((r.name, r.hours, t("tonight.tip", n=f.number(r.expected, 3))))
            for r in worth.itertuples()]  # fmt: skip
    cells = layer_analysis.grid_layer(
        page, worth, style, name="cells", title=t("tonight.cells"), tips=tips,
        values=["raised" if raised[c] else "usual" for c in worth["cell_id"]],
    )  # fmt: skip
    return layers.view(
        page,
        [layer_analysis.outline_layer(page), layers.jurisdiction_layer(page), cells,
         layer_points.patrol_layer(page, visible=False),
         layer_analysis.walk_layer(page, walks, PATROLS), _stops(page, walks)],
        title=t("tonight.map"), bounds=bounds_of(walks), height_px=560,
    )  # fmt: skip


def _stops(page: Page, walks: pd.DataFrame) -> Any:
    t = page.t
    style = single("#0d2f4f", label=t("tonight.stops"), symbol="circle", radius=8.0,
                   stroke="#ffffff", fill_opacity=1.0)  # fmt: skip
    tips = [encode_lines((t("tonight.stop_of", stop=r.stop, patrol=r.patrol), r.when,
                          r.shown_name)) for r in walks.itertuples()]  # fmt: skip
    return layer_analysis.point_layer(
        page, walks, style, name="stops", title=t("tonight.stops"), ids=tuple(walks["key"]),
        tips=tips, labels=[str(n) for n in walks["stop"]], pickable=True,
    )  # fmt: skip


def _table(
    page: Page, plan: pd.DataFrame, walks: pd.DataFrame, of_class: str, n_hours: int
) -> int | None:
    t = page.t
    st.subheader(t("tonight.order"))
    at = show_table(page, walks, {
        "patrol": (t("tonight.patrol"), "count"), "stop": (t("tonight.stop"), "count"),
        "when": (t("tonight.when"), "text"), "shown_name": (t("tonight.where"), "text"),
        "expected": (t("tonight.expected"), "p"), "leg_m": (t("tonight.leg"), "count"),
        "raise_ratio": (t("tonight.raised"), "number"),
    }, name="plan", at_most_px=440, select=True, alt=t("tonight.order"))  # fmt: skip
    downloads(page, f"patrol-{of_class}-{n_hours}",
              {"patrol": walks.drop(columns=["key", "x", "y"])})  # fmt: skip
    return at


def _sheet(
    page: Page, station: str, of_class: str, plan: pd.DataFrame, walks: pd.DataFrame, n_hours: int
) -> None:
    """Offer the plan on one page of paper."""
    t = page.t

    def make() -> bytes:
        last = plan.iloc[-1]
        legs = tuple(
            Leg(int(r.patrol), int(r.stop), str(r.when), str(r.shown_name),
                None if pd.isna(r.leg_m) else float(r.leg_m), float(r.x), float(r.y),
                None if pd.isna(r.raise_ratio) else float(r.raise_ratio))
            for r in walks.itertuples()
        )  # fmt: skip
        sheet = Sheet(
            title=t("tonight.sheet_title", day=page.f.day(last["night"])),
            area=page.scope_name, station=station,
            summary=t("tonight.sheet_summary", n=page.f.count(n_hours),
                      what=t(f"class.{of_class}"),
                      share=page.f.share(last["cumulative_fraction"])),
            legs=legs, cell_m=float(last["cell_m"]), radius_m=float(last["radius_m"] or 0),
        )  # fmt: skip
        return patrol_sheet(page, sheet)

    st.download_button(
        t("tonight.print"), make, file_name=f"patrol-{station}-{n_hours}.html", mime="text/html",
        key=f"sheet_{of_class}_{n_hours}", on_click="ignore", help=t("tonight.print_help"),
        icon=":material/print:",
    )  # fmt: skip


def _open(page: Page, walks: pd.DataFrame, of_class: str, at: int | None) -> None:
    """Offer the incidents that the plan's places and hours had in 12 months."""
    t = page.t
    since, until = window(page, "12_months")
    size = float(walks.loc[0, "cell_m"])
    cells = tuple(dict.fromkeys(walks["cell_id"]))
    figures = {
        "all": (t("tonight.rows_all"), Which(since, until, of_class, cells=cells, cell_m=size))
    }
    if at is not None:
        row = walks.loc[at]
        words = t("tonight.rows_one", place=row["shown_name"], when=row["when"])
        when = (int(row["hour"]), int(row["n_hours"]))
        which = Which(since, until, of_class, cells=(str(row["cell_id"]),), cell_m=size, hours=when)
        figures["one"] = (words, which)
    open_rows(page, figures, name="stop", opened=None if at is None else "one")
    if at is None:
        show_note(t("tonight.pick"), "plain")
