"""The chief's page: what happened here, is it getting better, which communities drag."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from dashboard import charts, figures, layer_points, layer_shapes, layers
from dashboard.blocks import (
    Card,
    downloads,
    labelled,
    lacking,
    plain,
    show_cards,
    show_lead,
    show_note,
    show_table,
    stars_text,
)
from dashboard.leaflet.component import working_map
from dashboard.maps import Layer
from dashboard.page import Page
from dashboard.periods import CLASSES, by_month, window
from dashboard.queries import counts, lineage, places

SUMMARY = "mart.community_summary"


def render(page: Page) -> None:
    """Draw the page."""
    t = page.t
    st.title(plain(t("overview.title", area=page.scope_name)))
    show_lead(t("overview.lead", day=page.f.day(page.build.as_of), fresh=freshness(page)))
    _figures(page)
    rows = places.summary(page) if page.has(SUMMARY) else pd.DataFrame()
    st.header(t("overview.map"))
    if rows.empty:
        lacking(page, SUMMARY)
    else:
        _map_and_card(page)
        _ranking(page, rows)
    _trend(page)
    _missing(page)


def freshness(page: Page) -> str:
    """Return how fresh each list is, in one phrase."""
    if not page.has("meta.sources"):
        return page.t("fresh.unknown")
    found = lineage.freshness(page)
    named = [
        page.t("fresh.one", table=page.t.word("tables", r.table_name), day=page.f.day(r.newest))
        for r in found.itertuples()
        if isinstance(r.newest, str) and r.newest and r.table_name in ("incidents", "cameras")
    ]
    return page.t("punctuation.comma").join(named) or page.t("fresh.unknown")


def _figures(page: Page) -> None:
    found = counts.figures(page, page.scope_kind, page.scope_id)
    cards: list[Card] = figures.cards(page, found)
    if page.has("mart.uncovered"):
        cards.append(figures.uncovered_card(page, counts.uncovered(page)))
    if not cards:
        show_note(page.t("overview.no_figures"), "plain")
        return
    show_cards(cards, page.t("overview.figures"))
    show_lead(figures.period_text(page, found))


@st.fragment
def _map_and_card(page: Page) -> None:
    """Draw the filters, the map and the community picked; reruns alone."""
    t = page.t
    rows = places.summary(page)
    chosen = _filters(page)
    points, drawn, n_all = _incidents(page, chosen["period"], chosen["class"])
    wide, narrow = st.columns([2.4, 1], gap="medium")
    with wide:
        style = layers.star_style(page)
        view = layers.view(
            page,
            [
                layers.community_layer(
                    page,
                    layers.star_values(rows),
                    style,
                    layers.star_tips(page, rows),
                    title=t("layer.communities"),
                ),
                layers.jurisdiction_layer(page),
                (_allowed(page, "mart.hotspots") and layer_shapes.hot_layer(page, visible=False))
                or None,
                layer_shapes.blind_layer(page, chosen["part"], visible=False),
                layer_shapes.viewshed_layer(page, chosen["part"], visible=False),
                layer_points.camera_layer(page, visible=False),
                layer_points.patrol_layer(page, visible=False),
                points,
            ],
            title=t("overview.map"),
            bounds=layers.area_bounds(page),
            selected=_selected(page),
        )
        picked = working_map(view, key="overview_map")
        if picked is not None and picked.layer_id == "communities":
            _choose(page, picked.feature_id, source="map")
        _counted(page, drawn, n_all)
    with narrow:
        _picked(page, rows)


def _allowed(page: Page, table: str) -> bool:
    return page.state(table) != "denied"


def _filters(page: Page) -> dict[str, str]:
    """Ask which incidents and which time of day; roles without incidents are asked the latter."""
    t = page.t
    period, of_class = "28_days", "all"
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        if _allowed(page, "core.incidents"):
            period = st.segmented_control(
                t("filter.period"),
                ("28_days", "12_months"),
                default=period,
                required=True,
                format_func=lambda one: t(f"period.{one}"),
                key="overview_period",
            )
            of_class = st.selectbox(
                t("filter.class"),
                CLASSES,
                format_func=lambda one: t(f"class.{one}"),
                key="overview_class",
                width=200,
            )
        part = st.segmented_control(
            t("filter.daypart"),
            ("day", "night"),
            default="day",
            required=True,
            format_func=lambda one: t(f"daypart.{one}"),
            key="overview_part",
        )
    return {"period": str(period), "class": str(of_class), "part": str(part)}


def _incidents(page: Page, period: str, of_class: str) -> tuple[Layer | None, int, int]:
    if not page.has("core.incidents"):
        return None, 0, 0
    since, until = window(page, period)
    return layer_points.incident_layer(page, since=since, until=until, of_class=of_class)


def _counted(page: Page, drawn: int, n_all: int) -> None:
    """Say how many incidents the map shows of how many."""
    t, f = page.t, page.f
    state = page.state("core.incidents")
    if state == "denied":
        show_note(t("overview.points_denied"), "plain")
    elif state != "here":
        lacking(page, "core.incidents")
    elif n_all == 0:
        show_note(t("overview.none_in_period"), "plain")
    elif drawn < n_all:
        show_note(t("overview.sampled", drawn=f.count(drawn), n=f.count(n_all)), "plain")
    else:
        show_note(t("overview.drawn", n=f.count(n_all)), "plain")


def _selected(page: Page) -> tuple[str, str] | None:
    chosen = st.query_params.get("c")
    return ("communities", chosen) if chosen else None


def _choose(page: Page, community_id: str, *, source: str) -> None:
    """Remember a community in the address when `source` has said something new."""
    if st.session_state.get(f"said_{source}") != community_id:
        st.session_state[f"said_{source}"] = community_id
        st.query_params["c"] = community_id


def _picked(page: Page, rows: pd.DataFrame) -> None:
    """Show the community picked on the map or in the table, or how to pick one."""
    t, f = page.t, page.f
    chosen = rows[rows["community_id"] == st.query_params.get("c", "")]
    if chosen.empty:
        show_note(t("overview.pick"), "info")
        _worst(page, rows)
        return
    row = chosen.iloc[0]
    st.subheader(plain(page.name_of(row)))
    stars = stars_text(row["stars"]) or t.word("state", row["rating_state"])
    show_cards(
        [
            Card(t("card.stars"), stars,
                 lines=figures.score_lines(page, row["score"])),
            Card(t("card.all"), f.count(row["n_incidents"]),
                 lines=(t("change.before_12", n=f.count(row["n_incidents_before"])),)),
            Card(t("card.uncovered"), f.share(row["uncovered_fraction"])),
            Card(t("card.overdue"), f.count(row["n_hazards_overdue"])),
        ],
        t("overview.picked"),
    )  # fmt: skip
    st.page_link(page.links["dossier"], label=t("overview.open_dossier"),
                 query_params=dict(st.query_params), icon=":material/arrow_forward:")  # fmt: skip


def _worst(page: Page, rows: pd.DataFrame) -> None:
    """Show the communities with the most cases for their size."""
    t, f = page.t, page.f
    st.subheader(t("overview.drag"))
    known = rows.dropna(subset=["rate_per_1000"]).nlargest(5, "rate_per_1000")
    if known.empty:
        show_note(t("overview.no_rates"), "plain")
        return
    lines = [
        Card(page.name_of(r), f.number(r["rate_per_1000"]),
             lines=(t("overview.rate_interval", low=f.number(r["rate_low"]),
                      high=f.number(r["rate_high"])),))
        for r in known.to_dict("records")
    ]  # fmt: skip
    show_cards(lines, t("overview.drag"))


def _ranking(page: Page, rows: pd.DataFrame) -> None:
    """Show every community beside the map, worst first; a chosen row is shown above."""
    t = page.t
    st.header(t("overview.ranking"))
    rated = rows["rate_per_1000"].notna().any()
    lead = t("overview.ranking_lead" if rated else "overview.ranking_by_cases")
    show_lead(lead)
    rows = rows.sort_values(
        ["rate_per_1000", "n_cases", "n_incidents"], ascending=False
    ).reset_index(drop=True)
    rows["shown_name"] = [page.name_of(r) for r in rows.to_dict("records")]
    at = show_table(
        page,
        rows,
        {
            "shown_name": (t("table.community"), "text"),
            "stars": (t("table.stars"), "stars"),
            "n_incidents": (t("table.incidents"), "count"),
            "n_incidents_before": (t("table.before"), "count"),
            "n_cases": (t("table.cases"), "count"),
            "rate_per_1000": (t("table.rate"), "number"),
            "rate_low": (t("table.rate_low"), "number"),
            "rate_high": (t("table.rate_high"), "number"),
            "uncovered_fraction": (t("table.uncovered"), "percent"),
            "seen_fraction": (t("table.seen"), "percent"),
            "reach_fraction": (t("table.reach"), "percent"),
            "n_hazards_overdue": (t("table.overdue"), "count"),
        },
        name="ranking",
        select=True,
        alt=lead,
    )
    if at is not None:
        before = st.query_params.get("c")
        _choose(page, str(rows.loc[at, "community_id"]), source="table")
        if st.query_params.get("c") != before:
            st.rerun()
    downloads(page, "ranking", lambda: {"ranking": labelled(page, SUMMARY, places.summary(page))})


def _trend(page: Page) -> None:
    t = page.t
    st.header(t("overview.trend"))
    if lacking(page, "mart.incident_months"):
        return
    left, right = st.columns(2, gap="medium")
    with left:
        st.subheader(t("overview.by_month"))
        months = by_month(page, counts.months(page))
        charts.show(charts.monthly(page, months), t("overview.by_month_alt"))
    with right:
        st.subheader(t("overview.by_hour"))
        hours = counts.hours(page, page.scope_kind, page.scope_id, "all")
        if hours.empty:
            show_note(t("overview.no_hours"), "plain")
        else:
            charts.show(charts.week(page, hours), t("overview.by_hour_alt"))


def _missing(page: Page) -> None:
    """Say what was not brought and what it would add."""
    tables = ("core.cameras", "core.buildings", "core.patrol_points", "mart.coverage")
    absent = [name for name in tables if page.state(name) == "missing"]
    if absent:
        st.header(page.t("overview.missing"))
        for name in absent:
            lacking(page, name)
