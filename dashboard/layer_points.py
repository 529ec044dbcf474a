"""Layers of points: cameras by state, patrol points, incidents by class."""

from __future__ import annotations

import pandas as pd

from dashboard import figures
from dashboard.encode import encode_lines
from dashboard.formats import is_missing
from dashboard.layers import keep
from dashboard.maps import Layer, Points
from dashboard.page import Page
from dashboard.periods import window
from dashboard.queries import counts, sight
from dashboard.styles import Swatch, categories, single

STATES = {
    "working": ("#0b6e4f", "circle"), "faulty": ("#c4560a", "cross"),
    "planned": ("#56b4e9", "diamond"), "retired": ("#6b7780", "square"),
    "forbidden": ("#7b1e5c", "plus"), "refused": ("#7b1e5c", "plus"),
}  # fmt: skip
CLASS_MARKS = {
    "criminal": ("#d55e00", "triangle"), "public_security": ("#cc79a7", "diamond"),
    "dispute": ("#0072b2", "square"), "call": ("#4d4d4d", "circle"),
}  # fmt: skip
DRAWN_INCIDENTS = 4_000


def camera_layer(page: Page, *, visible: bool, community_id: str | None = None) -> Layer | None:
    """Return cameras by their state on the day of the build; none gives None."""

    def make() -> Layer | None:
        t = page.t
        rows = sight.cameras(page, community_id)
        if rows.empty:
            return None
        present = [s for s in STATES if s in set(rows["state"])]
        style = categories(
            {s: Swatch(t(f"camera.{s}"), STATES[s][0], symbol=STATES[s][1]) for s in present},
            radius=4.5, stroke="#ffffff", fill_opacity=0.95,
        )  # fmt: skip
        whole = rows["reach_m"].astype(float).round()  # few lengths, many cameras
        words = {m: t("tip.reach", m=page.f.metres(m)) for m in whole.dropna().unique()}
        tips = [
            encode_lines((camera_id, t.word("camera", state), words.get(m, "")))
            for camera_id, state, m in zip(rows["camera_id"], rows["state"], whole, strict=True)
        ]
        return Layer("cameras", t("layer.cameras"), "point", Points(rows["lon"].to_numpy(),
                     rows["lat"].to_numpy()), tuple(rows["camera_id"].astype(str)), style,
                     values=rows["state"].tolist(), tooltips=tips, visible=visible)  # fmt: skip

    return keep(page, ("cameras", visible, community_id), make)


def patrol_layer(page: Page, *, visible: bool, community_id: str | None = None) -> Layer | None:
    """Return patrol points; none gives None."""

    def make() -> Layer | None:
        t = page.t
        rows = sight.patrol_points(page, community_id)
        if rows.empty:
            return None
        tips = [encode_lines((r.name or r.patrol_point_id, t.word("patrol_kind", r.kind)))
                for r in rows.itertuples()]  # fmt: skip
        style = single("#5b2a86", symbol="star", label=t("layer.patrol"), radius=6.0,
                       stroke="#ffffff", fill_opacity=0.95)  # fmt: skip
        return Layer("patrol", t("layer.patrol"), "point", Points(rows["lon"].to_numpy(),
                     rows["lat"].to_numpy()), tuple(rows["patrol_point_id"].astype(str)), style,
                     tooltips=tips, visible=visible)  # fmt: skip

    return keep(page, ("patrol", visible, community_id), make)


def incident_layer(
    page: Page, *, since: object, until: object, of_class: str, community_id: str | None = None
) -> tuple[Layer | None, int, int]:
    """Return incidents of a period by class, how many are drawn and how many there are."""

    def make() -> tuple[Layer | None, int, int]:
        t = page.t
        rows = _points(page, since, until, of_class, community_id)
        if rows.empty:
            return None, 0, 0
        style = categories(
            {c: Swatch(t(f"class.{c}"), colour, symbol=symbol)
             for c, (colour, symbol) in CLASS_MARKS.items() if c in set(rows["class"])},
            radius=4.0, stroke="#ffffff", fill_opacity=0.85,
        )  # fmt: skip
        times = page.f.instants(rows["occurred_from"])
        tips = [
            encode_lines((t.word("class", c), t.word("type", k), at))
            for c, k, at in zip(rows["class"], rows["type"], times, strict=True)
        ]
        layer = Layer("incidents", t("layer.incidents"), "point", Points(rows["lon"].to_numpy(),
                      rows["lat"].to_numpy()), tuple(rows["incident_id"].astype(str)), style,
                      values=rows["class"].tolist(), tooltips=tips)  # fmt: skip
        return layer, len(rows), int(rows.loc[0, "n_all"])

    return keep(page, ("incidents", str(since), str(until), of_class, community_id), make)


def _points(
    page: Page, since: object, until: object, of_class: str, community_id: str | None
) -> pd.DataFrame:
    """Return the newest incidents of a period, and in `n_all` how many there are.

    Those of a whole district are kept in a mart and counted in its figures: looking through ten
    million for them takes half a second.
    """
    table = "mart.newest_incidents"
    if page.scope_kind == "district" and community_id is None and page.state(table) == "here":
        rows = counts.newest_points(
            page, since=since, until=until, of_class=of_class, at_most=DRAWN_INCIDENTS
        )
        if len(rows) < DRAWN_INCIDENTS:
            return rows.assign(n_all=len(rows))
        period = "28_days" if since == window(page, "28_days")[0] else "12_months"
        found = counts.figures(page, page.scope_kind, page.scope_id)
        row = figures.pick(found, of_class, period)
        if row is not None:
            unlocated = 0 if is_missing(row["n_unlocated"]) else int(row["n_unlocated"])
            return rows.assign(n_all=int(row["n"]) - unlocated)
    return counts.incident_points(
        page, since=since, until=until, of_class=of_class, community_id=community_id,
        at_most=DRAWN_INCIDENTS,
    )  # fmt: skip
