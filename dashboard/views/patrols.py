"""Where patrols reach on foot hour by hour, and where and when incidents happen beyond them."""

from __future__ import annotations

from datetime import timedelta

import pandas as pd
import streamlit as st

from dashboard import layers, patrol_charts
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
from dashboard.charts import show as show_chart
from dashboard.layer_patrols import gap_layer, manned, point_layer, reach_layer
from dashboard.leaflet.component import working_map
from dashboard.page import Page
from dashboard.patrol_rows import (
    ALL_DAY,
    MEASURES,
    choose_hour,
    gaps_by_community,
    hour_word,
    reach_by_community,
)
from dashboard.queries import patrols

LISTED = 300


def render(page: Page) -> None:
    """Draw the page."""
    t = page.t
    st.title(plain(t("patrols.title", area=page.scope_name)))
    show_lead(t("patrols.lead", day=page.f.day(page.build.as_of)))
    if lacking(page, "core.patrol_points"):
        show_list([t("patrols.bring_1"), t("patrols.bring_2")])
        return
    _explore(page)
    st.header(t("patrols.method"))
    last = page.build.as_of
    first = (pd.Timestamp(last) - pd.DateOffset(years=1)).date() + timedelta(days=1)
    show_list([t("patrols.method_1"), t("patrols.method_2", a=page.f.day(first),
                                        b=page.f.day(last)),
               t("patrols.method_3"), t("patrols.method_4")])  # fmt: skip


@st.fragment
def _explore(page: Page) -> None:
    """Draw the hour, the figures, the map, the heat table and the list; reruns alone."""
    t = page.t
    has_gaps = page.has("mart.patrol_gaps")
    with st.container(horizontal=True, vertical_alignment="bottom", gap="large"):
        hour = choose_hour(page)
        measure = _choose_measure(page, has_gaps)
    gaps = gaps_by_community(page, hour) if has_gaps else reach_by_community(page)
    points = patrols.points(page)
    _cards(page, points, hour)
    left, right = st.columns([1.5, 1], gap="medium")
    with left:
        view = layers.view(
            page,
            [gap_layer(page, gaps, measure), layers.jurisdiction_layer(page),
             reach_layer(page, hour), point_layer(page, points, hour)],
            title=t("patrols.map"), bounds=layers.area_bounds(page),
        )  # fmt: skip
        working_map(view, key="patrols_map")
    with right:
        _communities(page, gaps, measure, hour)
    if not has_gaps:
        lacking(page, "mart.patrol_gaps")
    else:
        _heat(page, measure)
        _ranked(page, measure)
    _points(page, points, hour)


def _choose_measure(page: Page, has_gaps: bool) -> str:
    """Ask whether hours of duty or the visits' log decide; without a log only the first can."""
    if not has_gaps or patrols.gaps(page)["n_unvisited"].isna().all():
        return MEASURES[0]
    return choose(page, "by", MEASURES, page.t("patrols.by"),
                  lambda one: page.t(f"patrols.by_{one}"), segmented=True)  # fmt: skip


def _cards(page: Page, points: pd.DataFrame, hour: str) -> None:
    t, f = page.t, page.f
    on = manned(points, hour)
    cards = [Card(t("patrols.points"), f.count(int(on.sum())),
                  unit=t("card.of", n=f.count(len(on))),
                  lines=(t("patrols.points_line", hour=hour_word(page, hour)),))]  # fmt: skip
    whole = pd.DataFrame()
    if page.has("mart.patrol_gaps"):
        whole = patrols.scope_gaps(page, page.scope_kind, page.scope_id)
    if not whole.empty:
        rows = whole if hour == ALL_DAY else whole[whole["hour"] == int(hour)]
        cards += _gap_cards(page, rows, hour)
    if page.has("mart.patrol_reach"):
        visits = patrols.reach(page)["visits_per_day"]
        text = "–" if visits.isna().all() else f.number(visits.sum())
        cards.append(Card(t("patrols.visits"), text, lines=(t(
            "patrols.no_visits" if visits.isna().all() else "patrols.visits_line"),)))  # fmt: skip
    show_cards(cards, t("patrols.figures"))


def _gap_cards(page: Page, rows: pd.DataFrame, hour: str) -> list[Card]:
    t, f = page.t, page.f
    total, when = float(rows["n_incidents"].sum()), hour_word(page, hour)
    line = t("patrols.ground_line_all") if hour == ALL_DAY else t("patrols.ground_line", hour=when)
    made = [Card(t("patrols.ground"), f.share(rows["manned_fraction"].mean()), lines=(line,))]
    for measure in MEASURES:
        missed = rows[measure].sum(min_count=1)
        if pd.isna(missed):
            continue
        share = f.share(float(missed) / total) if total else "–"
        of = t(f"patrols.of_{measure}", n=f.number(missed), total=f.number(total), hour=when)
        made.append(
            Card(t(f"patrols.{measure}"), share, strong=measure == "n_unmanned", lines=(of,))
        )
    return made


def _communities(page: Page, gaps: pd.DataFrame, measure: str, hour: str) -> None:
    t = page.t
    st.subheader(t("patrols.communities", hour=hour_word(page, hour)))
    if gaps.empty:
        show_note(t("absent.empty.patrol_reach"), "plain")
        return
    rows = gaps.sort_values([measure, "community_id"], ascending=[False, True], na_position="last")
    show_table(page, rows, {
        "shown_name": (t("table.community"), "text"),
        "n_incidents": (t("patrols.expected"), "number"),
        "n_unmanned": (t("patrols.unmanned"), "number"),
        "n_unvisited": (t("patrols.unvisited"), "number"),
        "manned_fraction": (t("patrols.manned_share"), "percent"),
        "visited_fraction": (t("patrols.visited_share"), "percent"),
        "n_patrol_points": (t("patrol.points"), "count"),
        "visits_per_day": (t("patrol.visits"), "number"),
    }, name="communities", at_most_px=400, alt=t("patrols.map"))  # fmt: skip
    downloads(page, f"patrol-{hour}", {"patrols": rows})


def _heat(page: Page, measure: str) -> None:
    t, f = page.t, page.f
    st.header(t("patrols.heat"))
    rows = patrols.gaps(page)
    if not rows[measure].sum() > 0:
        show_note(t("patrols.none_unreached"), "plain")
        return
    rows["shown_name"] = [page.name_of(r) for r in rows.to_dict("records")]
    n = rows["community_id"].nunique()
    show_lead(t("patrols.heat_lead", n=f.count(min(n, patrol_charts.MOST_ROWS)), total=f.count(n)))
    show_chart(patrol_charts.gaps(page, rows, measure), t("patrols.heat_alt"))
    whole = patrols.scope_gaps(page, page.scope_kind, page.scope_id)
    if whole["weekday"].notna().any():
        st.subheader(t("patrols.week"))
        week = whole[whole["weekday"].notna()].assign(n=lambda one: one[measure].fillna(0.0))
        show_chart(patrol_charts.week(page, week), t("patrols.week_alt"))


def _ranked(page: Page, measure: str) -> None:
    t, f = page.t, page.f
    st.header(t("patrols.ranked"))
    rows = patrols.gaps(page)
    total = rows[measure].sum()
    rows = rows[rows[measure] > 0].sort_values(
        [measure, "community_id", "hour"], ascending=[False, True, True]
    )
    if rows.empty:
        show_note(t("patrols.none_unreached"), "plain")
        return
    rows = rows.reset_index(drop=True)
    rows.insert(0, "place", range(1, len(rows) + 1))
    rows["shown_name"] = [page.name_of(r) for r in rows.to_dict("records")]
    rows["when"] = [hour_word(page, str(h)) for h in rows["hour"]]
    rows["share"] = rows[measure] / total
    show_lead(t("patrols.ranked_lead", n=f.count(min(len(rows), LISTED)), total=f.count(len(rows)),
                share=f.share(rows["share"].head(10).sum())))  # fmt: skip
    show_table(page, rows.head(LISTED), {
        "place": (t("table.rank"), "count"), "shown_name": (t("table.community"), "text"),
        "when": (t("chart.hour"), "text"),
        "n_incidents": (t("patrols.expected"), "number"),
        "n_unmanned": (t("patrols.unmanned"), "number"),
        "n_unvisited": (t("patrols.unvisited"), "number"),
        "share": (t("patrols.share"), "percent"),
        "manned_fraction": (t("patrols.manned_share"), "percent"),
        "visited_fraction": (t("patrols.visited_share"), "percent"),
    }, name="ranked", at_most_px=380, alt=t("patrols.ranked"))  # fmt: skip
    downloads(page, "patrol-gaps", {"gaps": rows})


def _points(page: Page, points: pd.DataFrame, hour: str) -> None:
    t = page.t
    st.header(t("patrols.point_list"))
    rows = points.assign(
        shown_name=[page.name_of(r) for r in points.to_dict("records")],
        kind_word=[t.word("patrol_kind", k) for k in points["kind"]],
        on=manned(points, hour),
    )
    show_table(page, rows, {
        "patrol_point_id": (t("table.number"), "text"),
        "point_name": (t("table.name"), "text"), "shown_name": (t("table.community"), "text"),
        "kind_word": (t("table.kind"), "text"), "starts_at": (t("patrols.starts"), "number"),
        "ends_at": (t("patrols.ends"), "number"), "radius_m": (t("patrols.radius"), "number"),
        "on": (t("patrols.on"), "bool"),
    }, name="points", at_most_px=320)  # fmt: skip
    downloads(page, "patrol-points", {"points": rows})
