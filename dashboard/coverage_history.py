"""How coverage of an area rose and fell: a chart of steps, and the same in words."""

from __future__ import annotations

from typing import Any

import altair as alt
import pandas as pd
import streamlit as st

from dashboard import charts
from dashboard.blocks import downloads, lacking, show_lead, show_list, show_note
from dashboard.page import Page
from dashboard.queries import places, sight

DAY, NIGHT = "#c77700", "#1d4e79"
AXIS = alt.Axis(format="%Y-%m", labelOverlap="greedy", labelSeparation=12, tickCount=8)
MOST_WORKS = 20
REAL = 0.0005  # shares closer than this read the same at one decimal


def show_history(page: Page, community_id: str) -> None:
    """Draw coverage over time for the area and a chosen community, with its story in words."""
    t, f = page.t, page.f
    st.header(t("coverage.history"))
    if lacking(page, "mart.coverage_history"):
        return
    whole = _dated(sight.history(page, page.scope_kind, page.scope_id))
    named = {page.scope_name: whole}
    if community_id:
        own = _dated(sight.history(page, "community", community_id))
        if own.empty:
            show_note(t("coverage.no_community_history"), "plain")
        else:
            facts = places.community(page, community_id).iloc[0]
            named = {page.name_of(facts): own, page.scope_name: whole}
    named = {name: rows for name, rows in named.items() if not rows.empty}
    if not named:
        show_note(t("absent.empty.coverage_history"), "plain")
        return
    first = next(iter(named.values()))
    show_lead(t("coverage.history_lead", a=f.day(first.loc[0, "from_on"]),
                b=f.day(page.build.as_of)))  # fmt: skip
    if page.state("core.camera_faults") == "missing":
        show_note(t("coverage.no_faults"), "plain")
    _undated(page)
    show_list(story(page, first))
    if first[["seen_fraction", "seen_night_fraction"]].max().max() > 0:
        charts.show(_shares(page, named), t("coverage.history_alt"))
    charts.show(_cameras(page, first), t("coverage.history_cameras_alt"))
    _works(page, community_id)
    downloads(page, "coverage-history", {"history": first})


def _works(page: Page, community_id: str) -> None:
    """Say of each work that added cameras what its community saw before and after."""
    t, f = page.t, page.f
    if not page.has("core.interventions"):
        return
    rows = sight.works(page)
    if community_id:
        rows = rows[rows["community_id"] == community_id]
    if rows.empty:
        return
    st.subheader(t("coverage.works"))
    show_list([
        t("coverage.works_line", day=f.day(r["done_on"]), name=page.name_of(r),
          a=f.share(r["seen_before"]), b=f.share(r["seen_after"]),
          change=_points(page, r["seen_after"] - r["seen_before"]), n=f.count(r["n_before"]),
          m=f.count(r["n_after"]))
        for r in rows.head(MOST_WORKS).to_dict("records")
    ])  # fmt: skip
    show_note(t("coverage.works_note"), "plain")


def _undated(page: Page) -> None:
    """Say how many cameras have no date of installation: the history takes them as always there."""
    row = sight.undated(page).iloc[0]
    if int(row["n_undated"]):
        show_note(page.t("coverage.undated", n=page.f.count(row["n_undated"]),
                         total=page.f.count(row["n"])), "plain")  # fmt: skip


def _dated(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.assign(from_on=pd.to_datetime(rows["from_on"]))


def story(page: Page, rows: pd.DataFrame) -> list[str]:
    """Return what happened: against a year ago and the first day, greatest rise and fall, today."""
    t, f = page.t, page.f
    last = rows.iloc[-1]
    year = pd.Timestamp(page.build.as_of) - pd.DateOffset(years=1)
    then = rows[rows["from_on"] <= year]
    lines = [] if then.empty else [_compared(page, "coverage.history_year", then.iloc[-1], last,
                                             year)]  # fmt: skip
    begin = rows.iloc[0]
    if begin["from_on"] < year or then.empty:
        lines.append(_compared(page, "coverage.history_two", begin, last, begin["from_on"]))
    step = rows["seen_fraction"].diff()
    if not (step.abs() >= REAL).any():
        lines.append(t("coverage.history_flat"))
    else:
        lines += _extremes(page, rows, step)
    lines.append(t("coverage.history_now", n=f.count(last["n_working"]),
                   faulty=f.count(last["n_faulty"])))  # fmt: skip
    return lines


def _extremes(page: Page, rows: pd.DataFrame, step: pd.Series) -> list[str]:
    t, f = page.t, page.f
    lines = []
    if step.max() >= REAL:
        row = rows.loc[step.idxmax()]
        lines.append(t("coverage.history_rise", day=f.day(row["from_on"]),
                       change=_points(page, step.max()), new=f.count(row["n_installed"]),
                       back=f.count(row["n_repaired"])))  # fmt: skip
    if step.min() <= -REAL:
        row = rows.loc[step.idxmin()]
        lines.append(t("coverage.history_fall", day=f.day(row["from_on"]),
                       change=_points(page, step.min()), gone=f.count(row["n_retired"]),
                       broken=f.count(row["n_failed"])))  # fmt: skip
    return lines


def _compared(page: Page, key: str, then: Any, now: Any, day: object) -> str:
    t, f = page.t, page.f
    change = now["seen_fraction"] - then["seen_fraction"]
    word = "same" if abs(change) < REAL else "up" if change > 0 else "down"
    return t(key, day=f.day(day), a=f.share(then["seen_fraction"]), b=f.share(now["seen_fraction"]),
             word=t(f"coverage.word_{word}"), change=_points(page, change),
             c=f.share(then["seen_night_fraction"]), d=f.share(now["seen_night_fraction"]),
             night=_points(page, now["seen_night_fraction"] - then["seen_night_fraction"]),
             )  # fmt: skip


def _points(page: Page, change: float) -> str:
    """Return a change of a share in percentage points, with its sign."""
    sign = "+" if change >= REAL else "−" if change <= -REAL else "±"
    return page.t("coverage.points", signed=sign + page.f.number(abs(change) * 100))


def _until_today(page: Page, rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows with the last one repeated on the day of the data, so that lines reach it."""
    end = rows.tail(1).assign(from_on=pd.Timestamp(page.build.as_of))
    return pd.concat([rows, end], ignore_index=True)


def _shares(page: Page, named: dict[str, pd.DataFrame]) -> alt.TopLevelMixin:
    t = page.t
    parts = {"seen_fraction": t("daypart.day"), "seen_night_fraction": t("daypart.night")}
    long = []
    for name, rows in named.items():
        for column, part in parts.items():
            one = _until_today(page, rows)
            long.append(pd.DataFrame({"on": one["from_on"], "share": one[column], "part": part,
                                      "name": name}))  # fmt: skip
    data = pd.concat(long, ignore_index=True)
    names = list(named)
    dashes = [[1, 0], [5, 3]][: len(names)]
    most = max(float(data["share"].max()) * 1.15, 0.01)
    chart = alt.Chart(data).mark_line(interpolate="step-after", strokeWidth=2).encode(
        x=alt.X("on:T", title=None, axis=AXIS),
        y=alt.Y("share:Q", title=t("chart.seen_share"), scale=alt.Scale(domain=[0, most]),
                axis=alt.Axis(format=".1%")),
        color=alt.Color("part:N", sort=list(parts.values()), title=None,
                        scale=alt.Scale(domain=list(parts.values()), range=[DAY, NIGHT])),
        strokeDash=alt.StrokeDash("name:N", sort=names, title=None,
                                  scale=alt.Scale(domain=names, range=dashes)),
        tooltip=[alt.Tooltip("on:T", title=t("chart.date"), format="%Y-%m-%d"),
                 alt.Tooltip("name:N", title=t("chart.community")),
                 alt.Tooltip("part:N", title=t("chart.daypart")),
                 alt.Tooltip("share:Q", title=t("chart.seen_share"), format=".1%")],
    )  # fmt: skip
    return charts.dress(chart, 270)


def _cameras(page: Page, rows: pd.DataFrame) -> alt.TopLevelMixin:
    t = page.t
    kinds = {"n_working": t("chart.working"), "n_faulty": t("chart.faulty")}
    one = _until_today(page, rows)
    data = pd.concat([
        pd.DataFrame({"on": one["from_on"], "n": one[column], "kind": kind})
        for column, kind in kinds.items()
    ], ignore_index=True)  # fmt: skip
    words = list(kinds.values())
    chart = alt.Chart(data).mark_line(interpolate="step-after", strokeWidth=2).encode(
        x=alt.X("on:T", title=None, axis=AXIS),
        y=alt.Y("n:Q", title=t("chart.cameras"), axis=alt.Axis(tickMinStep=1, format="d")),
        color=alt.Color("kind:N", sort=words, title=None,
                        scale=alt.Scale(domain=words, range=["#0b6e4f", "#c4560a"])),
        strokeDash=alt.StrokeDash("kind:N", sort=words, title=None,
                                  scale=alt.Scale(domain=words, range=[[1, 0], [3, 2]])),
        tooltip=[alt.Tooltip("on:T", title=t("chart.date"), format="%Y-%m-%d"),
                 alt.Tooltip("kind:N", title=t("table.state")),
                 alt.Tooltip("n:Q", title=t("chart.cameras"), format="d")],
    )  # fmt: skip
    return charts.dress(chart, 190)
