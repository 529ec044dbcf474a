"""Everything about one community: its stars and why, what happened, what is seen, what is due."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pandas as pd
import streamlit as st

from dashboard import charts, figures, layers
from dashboard.blocks import (
    Card,
    downloads,
    lacking,
    plain,
    show_cards,
    show_facts,
    show_lead,
    show_list,
    show_note,
    show_table,
    stars_text,
)
from dashboard.folium_map import portable_map
from dashboard.formats import is_missing
from dashboard.leaflet.component import working_map
from dashboard.maps import MapView
from dashboard.page import Page
from dashboard.queries import counts, places, ratings, sight
from dashboard.standard import grade_names, said, standard_names
from dashboard.styles import single
from dashboard.views.overview import by_month, window

LISTED = 500


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
            company=facts["company"] or "–",
        )
    )
    _headline(page, community_id)
    _rating(page, community_id)
    _incidents(page, community_id)
    _ground(page, community_id, page.name_of(facts))
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
        format_func=lambda one: f"{names[one]} ({one})",
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
                             lines=(t("card.score", score=f.number(row["score"])),)))  # fmt: skip
        if not is_missing(row["rate_per_1000"]):
            cards.append(Card(t("card.rate"), f.number(row["rate_per_1000"]), lines=(
                t("overview.rate_interval", low=f.number(row["rate_low"]),
                  high=f.number(row["rate_high"])),)))  # fmt: skip
    if page.has("mart.uncovered"):
        cards.append(figures.uncovered_card(page, counts.uncovered(page, community_id)))
    if cards:
        show_cards(cards, t("dossier.figures"))


def _rating(page: Page, community_id: str) -> None:
    t, f = page.t, page.f
    st.header(t("dossier.rating"))
    if lacking(page, "mart.ratings"):
        return
    found = ratings.community_ratings(page, community_id)
    if found.empty:
        show_note(t("dossier.no_rating"), "plain")
        return
    options = list(range(len(found)))
    at = options[0]
    if len(options) > 1:
        names = standard_names(page)
        at = st.selectbox(
            t("dossier.which_rating"),
            options,
            width=320,
            format_func=lambda i: (
                f"{names.get(found.loc[i, 'standard_id'], found.loc[i, 'standard_id'])}"
                f" · {found.loc[i, 'period']}"
            ),
            key="dossier_rating",
        )
    row = found.iloc[at]
    show_rating(page, row)
    items = ratings.items(page, community_id, str(row["standard_id"]), str(row["period"]))
    if items.empty:
        show_note(t("dossier.no_items"), "plain")
        return
    items["item"] = [t.pick(r.name_zh, r.name_en) or r.item_id for r in items.itertuples()]
    items["ground"] = [t.pick(r.ground_zh, r.ground_en) for r in items.itertuples()]
    items["rows"] = [evidence_text(page, r.evidence) for r in items.itertuples()]
    left, right = st.columns([1, 1.4], gap="medium")
    with left:
        charts.show(charts.item_points(page, items), t("dossier.items_alt"))
    with right:
        show_table(page, items, {
            "item": (t("table.item"), "text"), "points": (t("table.points"), "number"),
            "max_points": (t("table.maximum"), "number"), "ground": (t("table.ground"), "text"),
            "is_missing": (t("table.no_evidence"), "bool"), "rows": (t("table.evidence"), "text"),
        }, name="items")  # fmt: skip
    _show_next_step(page, row["next_step"])
    if not is_missing(row["reward_yuan"]) and float(row["reward_yuan"]) > 0:
        show_lead(t("dossier.reward", yuan=f.yuan(row["reward_yuan"])))


def show_rating(page: Page, row: pd.Series) -> None:
    """Say what a rating is and how far it can be trusted."""
    t, f = page.t, page.f
    lines = []
    if not bool(row["is_eligible"]):
        lines.append(t("rating.not_eligible"))
    elif is_missing(row["score"]):
        lines.append(t("rating.no_data"))
    else:
        grade = grade_names(page).get((str(row["standard_id"]), str(row["grade"])), row["grade"])
        lines.append(
            t(
                "rating.is",
                stars=stars_text(row["stars"]) or "–",
                grade=grade or "–",
                score=f.number(row["score"]),
                most=f.number(row["max_score"], 0),
            )
        )
        if not is_missing(row["score_low"]):
            lines.append(t("rating.interval", low=f.number(row["score_low"]),
                           high=f.number(row["score_high"])))  # fmt: skip
        if not bool(row["has_enough_data"]):
            lines.append(t("rating.thin"))
    if not is_missing(row["previous_stars"]):
        lines.append(t("rating.previous", stars=t(f"stars.{int(row['previous_stars'])}")))
    reason = t.pick(row["reason_zh"], row["reason_en"])
    if reason:
        lines.append(reason)
    show_list(lines)


def evidence_text(page: Page, written: object) -> str:
    """Return the rows an item rests on as one line, whatever shape the build gave them."""
    found = _json(written)
    if not isinstance(found, dict):
        return ", ".join(_flat(found))
    t = page.t
    parts = [t.word("tables", found.get("table"))]
    parts += [t.word("class", name) for name in found.get("classes", [])]
    if found.get("from") and found.get("to"):
        parts.append(t("dossier.from_to", a=found["from"], b=found["to"]))
    parts += list(_flat(found.get("rows")))
    return ", ".join(part for part in parts if part)


def _json(written: object) -> Any:
    if not isinstance(written, str) or not written:
        return None
    try:
        return json.loads(written)
    except ValueError:
        return written


def _flat(value: Any) -> Iterator[str]:
    if isinstance(value, list | dict):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _flat(inner)
    elif value is not None:
        yield str(value)


def _show_next_step(page: Page, written: object) -> None:
    """Say what would reach the next grade."""
    t, f = page.t, page.f
    step = _json(written)
    if not isinstance(step, dict) or not step:
        return
    name = said(page, step, "name") or str(step.get("grade", ""))
    lines = [
        t("dossier.step_item", item=said(page, one, "name") or str(one.get("item_id", "")),
          points=f.number(one.get("points")), action=said(page, one, "action"))
        for one in step.get("items", []) if isinstance(one, dict)
    ]  # fmt: skip
    lines += [
        t("dossier.step_condition", what=said(page, one, "name"))
        for key in ("lift", "make_sure") for one in step.get(key, []) if isinstance(one, dict)
    ]  # fmt: skip
    st.subheader(plain(t("dossier.next_step", grade=name, points=f.number(step.get("points")))))
    if step.get("is_reachable") is False:
        show_note(t("dossier.out_of_reach"), "plain")
    show_list(lines)


def _incidents(page: Page, community_id: str) -> None:
    t = page.t
    st.header(t("dossier.incidents"))
    if lacking(page, "mart.incident_months"):
        return
    of_class = st.selectbox(
        t("filter.class"), ("all", "case", *layers.CLASS_MARKS), width=220,
        format_func=lambda one: t(f"class.{one}"), key="dossier_class",
    )  # fmt: skip
    left, right = st.columns(2, gap="medium")
    with left:
        st.subheader(t("overview.by_month"))
        months = by_month(page, counts.months(page, community_id), str(of_class))
        charts.show(charts.monthly(page, months), t("overview.by_month_alt"))
    with right:
        st.subheader(t("overview.by_hour"))
        hours = counts.hours(page, "community", community_id, str(of_class))
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


def dossier_map(page: Page, community_id: str, name: str, part: str) -> MapView:
    """Return the map of one community: buildings, what is seen, what is not, who patrols."""
    t = page.t
    since, until = window(page, "12_months")
    points = None
    if page.state("core.incidents") == "here":
        points, _, _ = layers.incident_layer(page, since=since, until=until, of_class="all",
                                             community_id=community_id)  # fmt: skip
    outline = single("#0d2f4f", label=name, pattern="none", stroke="#0d2f4f", stroke_width=2.5)
    made = [
        layers.community_layer(page, {}, outline, {community_id: ""}, title=t("layer.community"),
                               shown=lambda one: one == community_id),
        layers.shape_layer(page, f"blind_spots_{part}", community_id, single(
            "#b25a12", label=t("layer.blind"), pattern="hatch", fill_opacity=0.35,
            stroke="#8c4a12", stroke_width=0.6), title=t("layer.blind")),
        layers.shape_layer(page, f"viewsheds_{part}", community_id, single(
            "#f0b400", label=t("layer.viewsheds_label"), fill_opacity=0.5, stroke="#8a6500",
            stroke_width=0.6), title=t("layer.viewsheds")),
        layers.shape_layer(page, "buildings", community_id, single(
            "#8b98a5", label=t("layer.buildings"), fill_opacity=0.85, stroke="#5a6b7b"),
            title=t("layer.buildings")),
        layers.camera_layer(page, visible=True, community_id=community_id),
        layers.patrol_layer(page, visible=True, community_id=community_id),
        points,
    ]  # fmt: skip
    return layers.view(page, made, title=name, height_px=460,
                       bounds=layers.area_bounds(page, community_id))  # fmt: skip


def _ground(page: Page, community_id: str, name: str) -> None:
    t = page.t
    st.header(t("dossier.ground"))
    part = st.segmented_control(
        t("filter.daypart"), ("day", "night"), default="day", required=True,
        format_func=lambda one: t(f"daypart.{one}"), key="dossier_part",
    )  # fmt: skip
    left, right = st.columns([1.5, 1], gap="medium")
    with left:
        view = dossier_map(page, community_id, name, str(part))
        working_map(view, key="dossier_map")
        st.download_button(
            t("download.map"), lambda: portable_map(view), file_name=f"{community_id}.html",
            mime="text/html", key="dossier_map_file", on_click="ignore",
            help=t("download.map_help"),
        )  # fmt: skip
    with right:
        _coverage(page, community_id)
        _patrol(page, community_id)
    _blind_spots(page, community_id, str(part))


def _coverage(page: Page, community_id: str) -> None:
    t = page.t
    st.subheader(t("dossier.coverage"))
    if lacking(page, "mart.coverage"):
        return
    rows = sight.community_coverage(page, community_id)
    if rows.empty:
        show_note(t("absent.empty.coverage"), "plain")
        return
    data = pd.DataFrame(
        {
            "level": [t.word("level", r.level) for r in rows.itertuples()],
            "part": [t(f"daypart.{r.daypart}") for r in rows.itertuples()],
            "share": rows["seen_fraction"],
        }
    )
    charts.show(charts.levels(page, data), t("dossier.coverage_alt"))
    if page.state("core.buildings") == "missing":
        lacking(page, "core.buildings")


def _patrol(page: Page, community_id: str) -> None:
    t, f = page.t, page.f
    st.subheader(t("dossier.patrol"))
    if lacking(page, "mart.patrol_reach"):
        return
    rows = sight.patrol_reach(page, community_id)
    if rows.empty:
        show_note(t("absent.empty.patrol_reach"), "plain")
        return
    row = rows.iloc[0]
    show_facts([
        (t("patrol.points"), f.count(row["n_patrol_points"])),
        (t("patrol.reach"), f.share(row["reach_fraction"])),
        (t("patrol.incidents"), t("patrol.of", n=f.count(row["n_incidents_reached"]),
                                  total=f.count(row["n_incidents"]))),
        (t("patrol.visits"), f.number(row["visits_per_day"])),
    ])  # fmt: skip


def _blind_spots(page: Page, community_id: str, part: str) -> None:
    t = page.t
    st.subheader(t("dossier.blind"))
    if lacking(page, "mart.blind_spots"):
        return
    rows = sight.blind_spots(page, part, community_id=community_id)
    if rows.empty:
        show_note(t("dossier.no_blind"), "plain")
        return
    show_table(page, rows, {
        "blind_spot_id": (t("table.blind_spot"), "text"),
        "n_incidents": (t("table.incidents"), "count"), "n_gates": (t("table.gates"), "count"),
        "blind_area_m2": (t("table.area"), "number"),
        "nearest_camera_id": (t("table.nearest"), "text"),
        "nearest_camera_m": (t("table.distance"), "number"),
    }, name="blind", at_most_px=300)  # fmt: skip


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
