"""Near repeats: where one burglary makes the next more likely, and until when."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pandas as pd
import shapely
import streamlit as st

from dashboard import analysis_notes, layer_analysis, layers
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
from dashboard.incident_rows import open_rows
from dashboard.knox_table import show_knox
from dashboard.layer_shapes import collection, to_lonlat
from dashboard.leaflet.component import working_map
from dashboard.maps import Layer, compress_geojson
from dashboard.page import Page
from dashboard.periods import between
from dashboard.queries import analysis
from dashboard.queries.incidents import Which
from dashboard.repeat_kinds import kind_word, repeat_kinds
from dashboard.styles import single

KNOX = "mart.near_repeats"
LEAST_DRAWN_M = 20.0  # "the same place" is drawn as a small mark about it


def render(page: Page) -> None:
    """Draw the page."""
    t = page.t
    st.title(plain(t("alarms.title", area=page.scope_name)))
    show_lead(t("alarms.lead", day=page.f.day(page.build.as_of + timedelta(days=1))))
    if lacking(page, "core.incidents"):
        return
    _now(page)
    _pattern(page)
    st.header(t("analysis.method"))
    show_list([t(f"alarms.method_{i}") for i in range(1, 5)])


@st.fragment
def _now(page: Page) -> None:
    """Draw where risk is raised now; reruns alone."""
    t = page.t
    rows = analysis.alarms(page) if page.state("mart.alarms") == "here" else pd.DataFrame()
    if rows.empty:
        show_note(t("alarms.none"), "info")
        for kind, words in _told(page, "alarms"):
            show_lead(t("alarms.why", kind=kind_word(page, kind), why=words))
        return
    rows["shown_name"] = [page.name_of(r) if r["community_id"] else None
                          for r in rows.to_dict("records")]  # fmt: skip
    rows["kind_word"] = [kind_word(page, k) for k in rows["kind"]]
    rows["place"] = [a if isinstance(a, str) and a else t("alarms.no_address")
                     for a in rows["address"]]  # fmt: skip
    _cards(page, rows)
    wide, narrow = st.columns([1.3, 1], gap="medium")
    with narrow:
        at = _table(page, rows)
    with wide:
        view = layers.view(
            page,
            [layer_analysis.outline_layer(page), layers.jurisdiction_layer(page),
             layers.keep(page, "reach", lambda: _reach_layer(page, rows)),
             layers.keep(page, "sources", lambda: _source_layer(page, rows))],
            title=t("alarms.map"), bounds=layers.area_bounds(page),
            selected=None if at is None else ("sources", str(rows.loc[at, "incident_id"])),
        )  # fmt: skip
        picked = working_map(view, key="alarms_map")
    if at is None and picked is not None:
        found = rows.index[rows["incident_id"] == picked.feature_id]
        at = int(found[0]) if len(found) else None
    _open(page, rows, at)


def _told(page: Page, name: str) -> list[tuple[str, str]]:
    """Return what an analysis says of each kind of incident."""
    if page.state(analysis_notes.NOTES) != "here":
        return []
    found = analysis.notes(page, page.scope_kind, page.scope_id, name)
    return [(str(r["class"]), analysis_notes.words(page, name, r))
            for r in found.to_dict("records")]  # fmt: skip


def _cards(page: Page, rows: pd.DataFrame) -> None:
    t, f = page.t, page.f
    soon = pd.to_datetime(rows["expires_on"]).dt.date <= page.build.as_of + timedelta(days=3)
    worst = rows.loc[rows["ratio"].astype(float).idxmax()]
    cards = [
        Card(t("alarms.n"), f.count(len(rows)), lines=tuple(
            t("alarms.n_of", kind=kind, n=f.count(n))
            for kind, n in rows["kind_word"].value_counts().items())),
        Card(t("alarms.most"), t("clusters.times", x=f.number(worst["ratio"])),
             lines=(str(worst["place"]), t("alarms.until", day=f.day(worst["expires_on"])))),
        Card(t("alarms.soon"), f.count(int(soon.sum())), lines=(t("alarms.soon_line"),)),
    ]  # fmt: skip
    show_cards(cards, t("alarms.figures"))


def _table(page: Page, rows: pd.DataFrame) -> int | None:
    t = page.t
    at = show_table(page, rows, {
        "place": (t("table.address"), "text"), "kind_word": (t("table.kind"), "text"),
        "expires_on": (t("alarms.expires"), "date"), "ratio": (t("alarms.ratio"), "number"),
        "radius_m": (t("alarms.radius"), "count"), "n_linked": (t("alarms.linked"), "count"),
        "n_buildings": (t("alarms.buildings"), "count"),
        "shown_name": (t("table.community"), "text"),
        "occurred_on": (t("alarms.occurred"), "date"),
    }, name="alarms", at_most_px=480, select=True, alt=t("alarms.table_alt"))  # fmt: skip
    drop = ["shown_name", "kind_word", "place"]
    downloads(page, "near-repeat-alarms", {"alarms": rows.drop(columns=drop)})
    return at


def _reach_layer(page: Page, rows: pd.DataFrame) -> Layer | None:
    """Return the ground at raised risk: a diamond where distance is counted along streets."""
    shapes = [
        _diamond(r.x, r.y, radius) if r.metric == "manhattan"
        else shapely.Point(r.x, r.y).buffer(radius)
        for r in rows.itertuples() if (radius := max(r.radius_m, LEAST_DRAWN_M))
    ]  # fmt: skip
    style = single("#d9602b", label=page.t("alarms.reach"), pattern="hatch", stroke="#8c1c13",
                   stroke_width=1.4, fill_opacity=0.35)  # fmt: skip
    ground = collection(to_lonlat(page, np.array(shapes, dtype=object)))
    return Layer("reach", page.t("alarms.reach"), "polygon", compress_geojson(ground),
                 tuple(rows["incident_id"].astype(str)), style, tooltips=_tips(page, rows),
                 pickable=True)  # fmt: skip


def _diamond(x: float, y: float, reach: float) -> shapely.Polygon:
    return shapely.Polygon([(x, y + reach), (x + reach, y), (x, y - reach), (x - reach, y)])


def _source_layer(page: Page, rows: pd.DataFrame) -> Layer | None:
    style = single("#8c1c13", label=page.t("alarms.source"), symbol="triangle", radius=6.0,
                   stroke="#ffffff", fill_opacity=1.0)  # fmt: skip
    return layer_analysis.point_layer(
        page, rows, style, name="sources", title=page.t("alarms.source"),
        ids=tuple(rows["incident_id"].astype(str)), tips=_tips(page, rows), pickable=True,
    )  # fmt: skip


def _tips(page: Page, rows: pd.DataFrame) -> list[str]:
    t, f = page.t, page.f
    return [
        encode_lines((r.place, r.kind_word, t("clusters.times", x=f.number(r.ratio)),
                      t("alarms.until", day=f.day(r.expires_on))))
        for r in rows.itertuples()
    ]  # fmt: skip


def _open(page: Page, rows: pd.DataFrame, at: int | None) -> None:
    """Offer the incidents that rang the alarms, and those about a picked one."""
    first = pd.to_datetime(rows["occurred_on"]).min().date()
    since, until = between(page, first, page.build.as_of)
    ids = tuple(sorted({str(one) for one in rows["incident_id"]}))
    words = page.t("alarms.rows_all", n=page.f.count(len(ids)))
    figures = {"all": (words, Which(since, until, ids=ids))}
    opened = None
    if at is not None:
        row = rows.loc[at]
        opened = "one"
        begin = pd.Timestamp(row["occurred_on"]).date() - timedelta(days=27)
        since, until = between(page, begin, page.build.as_of)
        ring = (float(row["x"]), float(row["y"]), float(row["radius_m"]))
        figures["one"] = (page.t("alarms.rows_one", place=row["place"]),
                          Which(since, until, circle=ring))  # fmt: skip
    open_rows(page, figures, name="alarm", opened=opened)


@st.fragment
def _pattern(page: Page) -> None:
    """Show the table that the alarms rest on, significance drawn."""
    t, f = page.t, page.f
    st.header(t("alarms.knox"))
    found = (
        analysis.near_repeats(page, page.scope_kind, page.scope_id)
        if page.state(KNOX) == "here"
        else pd.DataFrame()
    )
    kinds = list(dict.fromkeys(found["kind"])) if not found.empty else []
    if not kinds:
        told = _told(page, "near_repeats")
        for kind, words in told:
            show_note(t("alarms.why", kind=kind_word(page, kind), why=words), "plain")
        if not told:
            show_note(t("alarms.no_kind"), "plain")
        return
    kind = choose(page, "kind", kinds, t("alarms.kind"), lambda k: kind_word(page, k))
    rows = found[found["kind"] == kind].reset_index(drop=True)
    head = rows.iloc[0]
    show_lead(t("alarms.knox_lead", n=f.count(head["n_incidents"]), a=f.day(head["period_from"]),
                b=f.day(head["period_to"]), times=f.count(head["permutations"]),
                metric=t(f"metric.{head['metric']}")))  # fmt: skip
    show_knox(page, rows)
    downloads(page, f"near-repeats-{kind}", {"near_repeats": rows})
    days = (pd.Timestamp(head[one]).date() for one in ("period_from", "period_to"))
    known = repeat_kinds().get(kind)
    if known is not None:
        which = Which(*between(page, *days), words=known.words, located=True)
        open_rows(page, {"pairs": (t("alarms.rows_kind", kind=kind_word(page, kind)), which)},
                  name="kind")  # fmt: skip
