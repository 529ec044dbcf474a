"""Where cameras cannot recognise anybody: by level, day and night, with what each camera adds."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from dashboard import charts, figures, layer_points, layer_shapes, layers
from dashboard.blocks import (
    Card,
    downloads,
    lacking,
    plain,
    show_cards,
    show_lead,
    show_note,
    show_table,
)
from dashboard.encode import encode_lines
from dashboard.leaflet.component import working_map
from dashboard.page import Page
from dashboard.queries import counts, sight

DRAWN_BLIND = 300
LISTED_CAMERAS = 5_000


def render(page: Page) -> None:
    """Draw the page."""
    t = page.t
    st.title(plain(t("coverage.title", area=page.scope_name)))
    show_lead(t("coverage.lead"))
    if lacking(page, "mart.coverage"):
        lacking(page, "core.cameras")
        return
    if page.state("core.buildings") == "missing":
        lacking(page, "core.buildings")
    found = sight.levels(page)
    _cards(page, found)
    _map_and_table(page)
    _blind_spots(page)
    _levels(page, found)
    _cameras(page)


def _cards(page: Page, found: pd.DataFrame) -> None:
    t, f = page.t, page.f
    cards = []
    if page.has("mart.uncovered"):
        cards.append(figures.uncovered_card(page, counts.uncovered(page)))
    for part in ("day", "night"):
        row = found[(found["level"] == "recognise") & (found["daypart"] == part)]
        if not row.empty:
            one = row.iloc[0]
            cards.append(Card(
                t(f"coverage.seen_{part}"), f.share(one["seen_fraction"]),
                lines=(t("coverage.seen_of", area=f.area(one["open_area_m2"])),
                       t("coverage.possible", share=f.share(one["possible_fraction"])),
                       t("coverage.incidents_seen", n=f.count(one["n_incidents_seen"]),
                         total=f.count(one["n_incidents"]))),
            ))  # fmt: skip
            if part == "day":
                cards.append(Card(
                    t("coverage.gates"), f.count(one["n_gates_seen"]),
                    unit=t("card.of", n=f.count(one["n_gates"])),
                    lines=(t("coverage.gates_line"),),
                ))  # fmt: skip
    show_cards(cards, t("coverage.figures"))


@st.fragment
def _map_and_table(page: Page) -> None:
    """Draw the filters, the map and the table of communities; reruns alone."""
    t = page.t
    st.header(t("coverage.map"))
    known = sight.levels(page)
    names = list(dict.fromkeys(known["level"]))
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        level = st.selectbox(
            t("filter.level"), names, index=names.index("recognise") if "recognise" in names else 0,
            format_func=lambda one: t.word("level", one), key="coverage_level", width=260,
        )  # fmt: skip
        part = st.segmented_control(
            t("filter.daypart"), ("day", "night"), default="day", required=True,
            format_func=lambda one: t(f"daypart.{one}"), key="coverage_part",
        )  # fmt: skip
    rows = sight.coverage(page, str(level), str(part))
    rows["shown_name"] = [page.name_of(r) for r in rows.to_dict("records")]
    left, right = st.columns([1.5, 1], gap="medium")
    with left:
        values = dict(zip(rows["community_id"], rows["seen_fraction"], strict=True))
        tips = {
            r.community_id: encode_lines(
                (r.shown_name, t("tip.seen", share=page.f.share(r.seen_fraction)))
            )
            for r in rows.itertuples()
        }
        view = layers.view(
            page,
            [
                layers.community_layer(
                    page,
                    values,
                    layers.share_style(page, rows["seen_fraction"].to_numpy()),
                    tips,
                    title=t("coverage.layer"),
                ),
                layers.jurisdiction_layer(page),
                layer_shapes.blind_layer(page, str(part), visible=False),
                layer_shapes.viewshed_layer(page, str(part), visible=True),
                layer_points.camera_layer(page, visible=True),
            ],
            title=t("coverage.map"),
            bounds=layers.area_bounds(page),
        )
        picked = working_map(view, key="coverage_map")
    with right:
        if picked is not None and picked.layer_id == "communities":
            _picked(page, rows, picked.feature_id)
        show_table(page, rows, {
            "shown_name": (t("table.community"), "text"),
            "seen_fraction": (t("table.seen"), "percent"),
            "k2_fraction": (t("table.k2"), "percent"),
            "strip_seen_fraction": (t("table.strip"), "percent"),
            "n_gates_seen": (t("table.gates_seen"), "count"),
            "n_gates": (t("table.gates"), "count"),
            "n_incidents_seen": (t("table.incidents_seen"), "count"),
            "n_incidents": (t("table.incidents"), "count"),
            "possible_fraction": (t("table.possible"), "percent"),
        }, name="coverage", at_most_px=440, alt=t("coverage.table_alt"))  # fmt: skip
        downloads(page, f"coverage-{level}-{part}", {"coverage": rows})


def _picked(page: Page, rows: pd.DataFrame, community_id: str) -> None:
    t, f = page.t, page.f
    chosen = rows[rows["community_id"] == community_id]
    if chosen.empty:
        return
    row = chosen.iloc[0]
    show_cards([Card(str(row["shown_name"]), f.share(row["seen_fraction"]),
                     lines=(t("coverage.seen_of", area=f.area(row["open_area_m2"])),))],
               t("coverage.figures"))  # fmt: skip
    st.page_link(page.links["dossier"], label=t("overview.open_dossier"),
                 query_params=dict(st.query_params) | {"c": community_id})  # fmt: skip


def _blind_spots(page: Page) -> None:
    t, f = page.t, page.f
    st.header(t("coverage.blind"))
    if lacking(page, "mart.blind_spots"):
        return
    part = st.session_state.get("coverage_part") or "day"
    rows = sight.blind_spots(page, str(part), at_most=DRAWN_BLIND)
    if rows.empty:
        show_note(t("coverage.no_blind"), "plain")
        return
    show_lead(t("coverage.blind_lead", n=f.count(len(rows)), total=f.count(rows.loc[0, "n_all"]),
                part=t(f"daypart.{part}")))  # fmt: skip
    rows["shown_name"] = [page.name_of(r) for r in rows.to_dict("records")]
    rows.insert(0, "place", range(1, len(rows) + 1))
    show_table(page, rows, {
        "place": (t("table.rank"), "count"), "shown_name": (t("table.community"), "text"),
        "n_incidents": (t("table.incidents"), "count"), "n_gates": (t("table.gates"), "count"),
        "blind_area_m2": (t("table.area"), "number"),
        "nearest_camera_id": (t("table.nearest"), "text"),
        "nearest_camera_m": (t("table.distance"), "number"),
        "blind_spot_id": (t("table.blind_spot"), "text"),
    }, name="blind", at_most_px=340)  # fmt: skip
    downloads(page, "blind-spots", {"blind_spots": rows})


def _levels(page: Page, found: pd.DataFrame) -> None:
    t = page.t
    st.header(t("coverage.levels"))
    show_lead(t("coverage.levels_lead"))
    data = pd.DataFrame(
        {
            "level": [
                t("coverage.level_px", level=t.word("level", r.level), px=page.f.number(r.px_per_m))
                for r in found.itertuples()
            ],
            "part": [t(f"daypart.{r.daypart}") for r in found.itertuples()],
            "share": found["seen_fraction"],
        }
    )
    charts.show(charts.levels(page, data), t("dossier.coverage_alt"))


def _cameras(page: Page) -> None:
    t, f = page.t, page.f
    st.header(t("coverage.cameras"))
    if lacking(page, "core.cameras"):
        return
    rows = sight.cameras(page)
    n_of = rows["state"].value_counts()
    cards = [
        Card(t(f"camera.{s}"), f.count(n_of[s])) for s in layer_points.STATES if s in n_of.index
    ]
    assumed = int(rows["is_assumed"].fillna(False).astype(bool).sum())
    cards.append(Card(t("coverage.assumed"), f.count(assumed),
                      lines=(t("coverage.assumed_line"),)))  # fmt: skip
    show_cards(cards, t("coverage.cameras"))
    _lacking_fields(page, rows)
    rows["state_word"] = [t.word("camera", s) for s in rows["state"]]
    rows["shown_name"] = [page.name_of(r) for r in rows.to_dict("records")]
    rows["basis"] = [t.word("legal_basis", b) for b in rows["legal_basis"]]
    rows["lacks"] = [_field_names(page, one) for one in rows["missing"]]
    rows = rows.sort_values("unique_area_m2", ascending=False, na_position="last")
    st.subheader(t("coverage.register"))
    show_lead(t("coverage.register_lead"))
    show_table(page, rows.head(LISTED_CAMERAS), {
        "camera_id": (t("table.camera"), "text"), "shown_name": (t("table.community"), "text"),
        "state_word": (t("table.state"), "text"),
        "unique_area_m2": (t("table.unique_area"), "number"),
        "seen_area_m2": (t("table.seen_area"), "number"),
        "reach_m": (t("table.reach_day"), "number"),
        "night_reach_m": (t("table.reach_night"), "number"),
        "is_assumed": (t("table.assumed"), "bool"), "lacks": (t("table.missing"), "text"),
        "basis": (t("table.legal_basis"), "text"), "has_sign": (t("table.sign"), "bool"),
        "filed_on": (t("table.filed"), "date"), "retention_days": (t("table.kept"), "count"),
    }, name="cameras", at_most_px=380)  # fmt: skip
    if len(rows) > LISTED_CAMERAS:
        show_note(
            t("coverage.listed", n=f.count(LISTED_CAMERAS), total=f.count(len(rows))), "plain"
        )
    downloads(page, "cameras", {"cameras": rows})


def _field_names(page: Page, written: object) -> str | None:
    """Return the dictionary's names of the fields a camera lacks."""
    if not isinstance(written, str) or not written:
        return None
    names = written.replace(",", " ").split()
    return page.t("punctuation.comma").join(page.label("core.cameras", one) for one in names)


def _lacking_fields(page: Page, rows: pd.DataFrame) -> None:
    """Say which fields cameras lack and what each would change."""
    t, f = page.t, page.f
    words = rows["missing"].dropna().astype(str).str.replace(",", " ").str.split().explode()
    n_of = words[words != ""].value_counts()
    if n_of.empty:
        return
    st.subheader(t("coverage.lacking"))
    table = pd.DataFrame(
        {
            "field": [page.label("core.cameras", str(name)) for name in n_of.index],
            "n": n_of.to_numpy(),
            "effect": [
                t(f"lacks.{name}") if t.has(f"lacks.{name}") else t("lacks.other")
                for name in n_of.index
            ],
        }
    )
    show_table(page, table, {
        "field": (t("table.field"), "text"), "n": (t("table.cameras"), "count"),
        "effect": (t("table.effect"), "text"),
    }, name="lacking")  # fmt: skip
    show_lead(t("coverage.lacking_lead", n=f.count(int(rows["missing"].notna().sum()))))
