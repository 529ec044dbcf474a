"""Everything about one community: its stars and why, what happened, what is seen, what is due."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from dashboard import charts, figures
from dashboard.blocks import (
    Card,
    downloads,
    lacking,
    plain,
    show_cards,
    show_facts,
    show_lead,
    show_note,
    show_table,
    stars_text,
)
from dashboard.formats import is_missing
from dashboard.ground_parts import show_ground
from dashboard.page import Page
from dashboard.periods import CLASSES, by_month, window
from dashboard.queries import counts, places, ratings, sight
from dashboard.rating_parts import show_ratings

LISTED = 500
CLOCKS = ("all", "case")  # the classes whose hours a build keeps for one community


def render(page: Page) -> None:
    """Draw the page."""
    t = page.t
    known = places.communities(page)
    if known.empty:
        st.title(t("dossier.title"))
        lacking(page, "core.communities")
        return
    community_id = _choose(page, known)
    facts = places.community(page, community_id).iloc[0]
    st.title(plain(page.name_of(facts)))
    show_lead(
        t(
            "dossier.lead",
            id=community_id,
            station=t.pick(facts["station"], facts["station_en"]) or "–",
            street=t.pick(facts["street"], facts["street_en"]) or "–",
            company=t.pick(facts["company"], None) or "–",
        )
    )
    _headline(page, community_id)
    show_ratings(page, community_id)
    _incidents(page, community_id)
    show_ground(page, community_id, page.name_of(facts))
    _duties(page, community_id)
    _about(page, facts)
    _files(page, community_id)


def _choose(page: Page, known: pd.DataFrame) -> str:
    """Return the community of this page: chosen here, in the address, or the first."""
    names = {str(r["community_id"]): page.name_of(r) for r in known.to_dict("records")}
    asked = st.query_params.get("c")
    if asked in names and asked != st.session_state.get("said_address"):
        st.session_state["dossier_community"] = st.session_state["said_address"] = asked
    elif asked is not None and asked not in names:
        show_note(page.t("dossier.unknown", id=asked), "warning")
    if st.session_state.get("dossier_community") not in names:
        st.session_state["dossier_community"] = next(iter(names))
    chosen = st.selectbox(
        page.t("dossier.choose"),
        list(names),
        format_func=lambda one: names[one] if names[one] == one else f"{names[one]} ({one})",
        key="dossier_community",
        width=420,
        persist_state="session",
    )
    st.query_params["c"] = st.session_state["said_address"] = str(chosen)
    return str(chosen)


def _headline(page: Page, community_id: str) -> None:
    t, f = page.t, page.f
    found = counts.figures(page, "community", community_id)
    cards = [c for name in ("all", "case") if (c := figures.headline(page, found, name))]
    summary = places.community_summary(page, community_id)
    if not summary.empty:
        row = summary.iloc[0]
        stars = stars_text(row["stars"]) or t.word("state", row["rating_state"])
        cards.insert(0, Card(t("card.stars"), stars,
                             lines=figures.score_lines(page, row["score"])))  # fmt: skip
        if not is_missing(row["rate_per_1000"]):
            cards.append(Card(t("card.rate"), f.number(row["rate_per_1000"]), lines=(
                t("overview.rate_interval", low=f.number(row["rate_low"]),
                  high=f.number(row["rate_high"])),)))  # fmt: skip
    if page.has("mart.uncovered"):
        cards.append(figures.uncovered_card(page, counts.uncovered(page, community_id)))
    if cards:
        show_cards(cards, t("dossier.figures"))


def _incidents(page: Page, community_id: str) -> None:
    t = page.t
    st.header(t("dossier.incidents"))
    if lacking(page, "mart.incident_months"):
        return
    of_class = st.selectbox(
        t("filter.class"), CLASSES, width=220,
        format_func=lambda one: t(f"class.{one}"), key="dossier_class",
    )  # fmt: skip
    left, right = st.columns(2, gap="medium")
    with left:
        st.subheader(t("overview.by_month"))
        months = by_month(page, counts.months(page, community_id), str(of_class))
        charts.show(charts.monthly(page, months), t("overview.by_month_alt"))
    with right:
        st.subheader(t("overview.by_hour"))
        clock = str(of_class) if of_class in CLOCKS else "all"
        if clock != of_class:
            show_note(t("dossier.clock_all"), "plain")
        hours = counts.hours(page, "community", community_id, clock)
        if hours.empty or not float(hours["n"].sum()):
            show_note(t("overview.no_hours"), "plain")
        else:
            charts.show(charts.week(page, hours), t("overview.by_hour_alt"))
    types = counts.types(page, community_id, window(page, "12_months")[0].date().replace(day=1))
    if types.empty:
        show_note(t("dossier.no_incidents"), "plain")
        return
    types["class_word"] = [t.word("class", c) for c in types["class"]]
    types["type_word"] = [t.word("type", c) for c in types["type"]]
    st.subheader(t("dossier.types"))
    show_table(page, types, {
        "type_word": (t("table.type"), "text"), "class_word": (t("table.class"), "text"),
        "n": (t("table.incidents"), "count"),
    }, name="types", at_most_px=300)  # fmt: skip
    _incident_rows(page, community_id)


def _incident_rows(page: Page, community_id: str) -> None:
    t = page.t
    if page.state("core.incidents") == "denied":
        show_note(t("overview.points_denied"), "plain")
        return
    rows = counts.incident_rows(page, community_id, at_most=LISTED)
    if rows.empty:
        return
    rows["class_word"] = [t.word("class", c) for c in rows["class"]]
    rows["type_word"] = [t.word("type", c) for c in rows["type"]]
    with st.expander(t("dossier.rows", n=page.f.count(len(rows)))):
        show_table(page, rows, {
            "occurred_from": (t("table.when"), "instant"), "class_word": (t("table.class"), "text"),
            "type_word": (t("table.type"), "text"), "address": (t("table.address"), "text"),
            "is_solved": (t("table.solved"), "bool"), "incident_id": (t("table.number"), "text"),
        }, name="incident_rows", at_most_px=320)  # fmt: skip


def _duties(page: Page, community_id: str) -> None:
    t = page.t
    st.header(t("dossier.hazards"))
    if not lacking(page, "core.hazards"):
        rows = sight.hazards(page, community_id, page.build.as_of)
        if rows.empty:
            show_note(t("dossier.no_hazards"), "plain")
        else:
            rows["state_word"] = [t(f"hazard.{s}") for s in rows["state"]]
            rows["kind_word"] = [t.word("hazard_kind", k) for k in rows["kind"]]
            rows["severity_word"] = [t.word("severity", s) for s in rows["severity"]]
            show_table(page, rows, {
                "kind_word": (t("table.kind"), "text"),
                "severity_word": (t("table.severity"), "text"),
                "state_word": (t("table.state"), "text"), "found_on": (t("table.found"), "date"),
                "due_on": (t("table.due"), "date"), "resolved_on": (t("table.resolved"), "date"),
                "responsible": (t("table.responsible"), "text"),
            }, name="hazards", at_most_px=300)  # fmt: skip
    st.subheader(t("dossier.sanctions"))
    if not lacking(page, "core.sanctions"):
        rows = sight.sanctions(page, community_id)
        if rows.empty:
            show_note(t("dossier.no_sanctions"), "plain")
            return
        rows["kind_word"] = [t.word("sanction", k) for k in rows["kind"]]
        show_table(page, rows, {
            "issued_on": (t("table.when"), "date"), "kind_word": (t("table.kind"), "text"),
            "reason": (t("table.reason"), "text"), "amount_yuan": (t("table.amount"), "yuan"),
            "found_at_night": (t("table.at_night"), "bool"),
        }, name="sanctions")  # fmt: skip


def _about(page: Page, facts: pd.Series) -> None:
    t, f = page.t, page.f
    st.header(t("dossier.about"))
    yes = {True: t("word.yes"), False: t("word.no")}
    show_facts(
        [
            (t("about.buildings"), f.count(facts["n_buildings"])),
            (t("about.households"), f.count(facts["n_households"])),
            (t("about.residents"), f.count(facts["n_residents"])),
            (t("about.occupancy"), f.share(facts["occupancy_fraction"], 0)),
            (
                t("about.enclosed"),
                "–" if is_missing(facts["is_enclosed"]) else yes[bool(facts["is_enclosed"])],
            ),
            (
                t("about.year"),
                "–" if is_missing(facts["built_year"]) else str(int(facts["built_year"])),
            ),
            (t("about.guards"), f.count(facts["n_guards"])),
            (t("about.area"), f.area(facts["area_m2"])),
        ]
    )


def _files(page: Page, community_id: str) -> None:
    """Offer the whole dossier as tables."""
    st.header(page.t("dossier.files"))

    def gather() -> dict[str, pd.DataFrame]:
        sheets = {
            "summary": places.community_summary(page, community_id),
            "ratings": ratings.community_ratings(page, community_id),
            "coverage": sight.community_coverage(page, community_id),
            "blind_spots": sight.blind_spots(page, "day", community_id=community_id),
            "hazards": sight.hazards(page, community_id, page.build.as_of),
            "sanctions": sight.sanctions(page, community_id),
        }
        if page.state("core.incidents") != "denied":
            sheets["incidents"] = counts.incident_rows(page, community_id, at_most=100_000)
        return sheets

    downloads(page, community_id, gather, key="_dossier")
