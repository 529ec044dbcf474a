"""Charts drawn by Altair without fetching anything; every chart has a text for those who cannot
see it and a palette that a colour-blind reader can tell apart.
"""

from __future__ import annotations

import math

import altair as alt
import pandas as pd
import streamlit as st

from dashboard.page import Page

INK, SOFT, GRID = "#17222e", "#5a6b7b", "#e3e9ee"
BAR, MARK, WARM = "#4a86b8", "#17222e", "#c4560a"
FONT = "'Noto Sans CJK SC','PingFang SC','Microsoft YaHei',system-ui,sans-serif"
HEAT = ["#f4f7fa", "#c8dcec", "#7fb1d6", "#2f7cb5", "#0b4a7d", "#06284a"]


def dress(chart: alt.TopLevelMixin, height: int | None = None) -> alt.TopLevelMixin:
    """Return a chart in the house's type, colours and legend place."""
    chart = chart.properties(height=height) if height else chart
    return (
        chart.configure(font=FONT, background="transparent")
        .configure_view(stroke=None)
        .configure_axis(
            labelColor=SOFT,
            titleColor=SOFT,
            gridColor=GRID,
            domainColor="#b6c2cd",
            tickColor="#b6c2cd",
            labelFontSize=12,
            titleFontSize=12,
            titleFontWeight="normal",
        )
        .configure_legend(
            labelColor=INK, titleColor=SOFT, labelFontSize=12, orient="top", title=None
        )
    )


def show(chart: alt.TopLevelMixin, text: str) -> None:
    """Draw a chart with its text alternative."""
    st.altair_chart(chart, theme=None, width="stretch", alt=text)


def monthly(page: Page, frame: pd.DataFrame) -> alt.TopLevelMixin:
    """Draw each of the last 12 months as a bar, the same month a year before as a tick.

    `frame` has month (timestamp), n and before (missing when unknown).
    """
    t = page.t
    order = [page.f.month(m) for m in frame["month"]]
    data = frame.assign(label=order)
    x = alt.X("label:N", sort=order, title=None, axis=alt.Axis(labelAngle=0, labelOverlap=True))
    tip = [
        alt.Tooltip("label:N", title=t("chart.month")),
        alt.Tooltip("n:Q", title=t("chart.this_year"), format=",d"),
        alt.Tooltip("before:Q", title=t("chart.year_before"), format=",d"),
    ]
    kinds = [t("chart.this_year"), t("chart.year_before")]
    colour = alt.Scale(domain=kinds, range=[BAR, MARK])
    bars = alt.Chart(data.assign(kind=kinds[0])).mark_bar(cornerRadiusEnd=2).encode(
        x=x, y=alt.Y("n:Q", title=t("chart.incidents"), axis=alt.Axis(tickMinStep=1, format="d")),
        color=alt.Color("kind:N", scale=colour), tooltip=tip,
    )  # fmt: skip
    ticks = alt.Chart(data.assign(kind=kinds[1])).mark_tick(thickness=2.5, size=22).encode(
        x=x, y="before:Q", color=alt.Color("kind:N", scale=colour), tooltip=tip
    )  # fmt: skip
    return dress(bars + ticks, 240)


def week(page: Page, frame: pd.DataFrame) -> alt.TopLevelMixin:
    """Draw expected incidents by weekday and hour. `frame` has weekday, hour, n."""
    t = page.t
    days = [t(f"weekday.{i}") for i in range(7)]
    data = frame.assign(day=[days[int(i)] for i in frame["weekday"]])
    chart = (
        alt.Chart(data)
        .mark_rect(stroke="white", strokeWidth=1)
        .encode(
            x=alt.X(
                "hour:O",
                title=t("chart.hour"),
                axis=alt.Axis(labelAngle=0, values=[0, 3, 6, 9, 12, 15, 18, 21]),
            ),
            y=alt.Y("day:N", sort=days, title=None),
            color=alt.Color(
                "n:Q",
                scale=alt.Scale(range=HEAT),
                legend=alt.Legend(
                    title=t("chart.expected"), orient="bottom", gradientLength=180, format=".1f"
                ),
            ),
            tooltip=[
                alt.Tooltip("day:N", title=t("chart.weekday")),
                alt.Tooltip("hour:O", title=t("chart.hour")),
                alt.Tooltip("n:Q", title=t("chart.expected"), format=".1f"),
            ],
        )
    )
    return dress(chart, 220)


def levels(page: Page, frame: pd.DataFrame) -> alt.TopLevelMixin:
    """Draw seen shares by level, day and night. `frame` has level (word), part (word), share."""
    t = page.t
    order = list(dict.fromkeys(frame["level"]))
    parts = [t("daypart.day"), t("daypart.night")]
    most = min(1.0, math.ceil(10 * float(frame["share"].max() or 0.0) + 0.5) / 10)
    base = alt.Chart(frame).encode(
        y=alt.Y("level:N", sort=order, title=None, axis=alt.Axis(labelLimit=220)),
        yOffset=alt.YOffset("part:N", sort=parts),
        x=alt.X("share:Q", title=t("chart.seen_share"), scale=alt.Scale(domain=[0, most]),
                axis=alt.Axis(format="%", tickCount=6)),
        tooltip=[
            alt.Tooltip("level:N", title=t("chart.level")),
            alt.Tooltip("part:N", title=t("chart.daypart")),
            alt.Tooltip("share:Q", title=t("chart.seen_share"), format=".1%"),
        ],
    )  # fmt: skip
    bars = base.mark_bar(cornerRadiusEnd=2).encode(
        color=alt.Color(
            "part:N", sort=parts, scale=alt.Scale(domain=parts, range=["#e69f00", "#1d4e79"])
        )
    )
    texts = base.mark_text(align="left", dx=4, color=INK, fontSize=11).encode(
        text=alt.Text("share:Q", format=".1%")
    )
    return dress(bars + texts, 52 * max(len(order), 1))


def item_points(page: Page, frame: pd.DataFrame) -> alt.TopLevelMixin:
    """Draw points of each item against its maximum. `frame` has item, points, max_points."""
    t = page.t
    order = list(frame["item"])
    tip = [
        alt.Tooltip("item:N", title=t("chart.item")),
        alt.Tooltip("points:Q", title=t("chart.points"), format=".1f"),
        alt.Tooltip("max_points:Q", title=t("chart.maximum"), format=".1f"),
    ]
    y = alt.Y("item:N", sort=order, title=None, axis=alt.Axis(labelLimit=180))
    full = alt.Chart(frame).mark_bar(color="#dde5ec", size=16, cornerRadius=2).encode(
        y=y, x=alt.X("max_points:Q", title=t("chart.points")), tooltip=tip
    )  # fmt: skip
    got = alt.Chart(frame).mark_bar(color=BAR, size=16, cornerRadius=2).encode(
        y=y, x="points:Q", tooltip=tip
    )  # fmt: skip
    return dress(full + got, 30 * max(len(order), 1) + 20)


def ranking(page: Page, frame: pd.DataFrame, title: str) -> alt.TopLevelMixin:
    """Draw shrunk rates with their intervals. `frame` has name, rate, low, high, in order."""
    t = page.t
    order = list(frame["name"])
    y = alt.Y("name:N", sort=order, title=None, axis=alt.Axis(labelLimit=160))
    tip = [
        alt.Tooltip("name:N", title=t("chart.community")),
        alt.Tooltip("rate:Q", title=title, format=".1f"),
        alt.Tooltip("low:Q", title=t("chart.low"), format=".1f"),
        alt.Tooltip("high:Q", title=t("chart.high"), format=".1f"),
    ]
    rule = alt.Chart(frame).mark_rule(color="#8aa3b8", strokeWidth=2).encode(
        y=y, x=alt.X("low:Q", title=title), x2="high:Q", tooltip=tip
    )  # fmt: skip
    dot = alt.Chart(frame).mark_point(filled=True, size=60, color=WARM).encode(
        y=y, x="rate:Q", tooltip=tip
    )  # fmt: skip
    return dress(rule + dot, 22 * max(len(order), 1) + 30)
