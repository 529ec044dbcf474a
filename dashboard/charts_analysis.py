"""Charts of incident analysis: the week to pick hours from, seasons, records, concentration."""

from __future__ import annotations

import copy
from collections.abc import Callable, Hashable
from typing import Any

import altair as alt
import pandas as pd
import streamlit as st

from dashboard import layers
from dashboard.charts import BAR, HEAT, INK, MARK, SOFT, WARM, dress
from dashboard.page import Page

HOURS = [0, 3, 6, 9, 12, 15, 18, 21]
METHOD_MARKS = {
    "kde": ("#0b4a7d", "circle", [1, 0]),
    "gi_star": ("#c4560a", "square", [6, 3]),
    "last_year": ("#4d4d4d", "triangle-up", [2, 2]),
    "chance": ("#9aa7b2", "cross", [1, 4]),
}
WORD_COLOURS = {"up": WARM, "down": "#0b5e54", "no_real_change": SOFT, "too_few": "#b6c2cd"}


def show_kept(page: Page, name: Hashable, make: Callable[[], alt.TopLevelMixin], text: str) -> None:
    """Draw a chart that is made once for what `name` says: making one takes 40 ms."""
    st.vega_lite_chart(_kept(page, name, make), theme=None, width="stretch", alt=text)


def _kept(page: Page, name: Hashable, make: Callable[[], alt.TopLevelMixin]) -> dict[str, Any]:
    return copy.deepcopy(layers.keep(page, ("chart", name), lambda: make().to_dict()))


def pick_hour(page: Page, frame: pd.DataFrame, text: str, *, key: str) -> tuple[int, int] | None:
    """Draw expected incidents by weekday and hour; the (weekday, hour) that was clicked."""
    event = st.vega_lite_chart(_kept(page, key, lambda: _week(page, frame)), theme=None,
                               width="stretch", alt=text, on_select="rerun", key=key)  # fmt: skip
    found = list(event.selection.get("hour", [])) if event else []
    if not found or "weekday" not in found[0]:
        return None
    return int(found[0]["weekday"]), int(found[0]["hour"])


def _week(page: Page, frame: pd.DataFrame) -> alt.TopLevelMixin:
    t = page.t
    days = [t(f"weekday.{i}") for i in range(7)]
    data = frame.assign(day=[days[int(i)] for i in frame["weekday"]])
    picked = alt.selection_point(fields=["weekday", "hour"], name="hour", empty=False)
    chart = (
        alt.Chart(data)
        .mark_rect(cursor="pointer")
        .encode(
            x=alt.X("hour:O", title=t("chart.hour"),
                    axis=alt.Axis(labelAngle=0, values=HOURS)),
            y=alt.Y("day:N", sort=days, title=None),
            color=alt.Color("n:Q", scale=alt.Scale(range=HEAT), legend=alt.Legend(
                title=t("chart.expected"), orient="bottom", gradientLength=180, format=".1f")),
            stroke=alt.condition(picked, alt.value("#c4560a"), alt.value("white")),
            strokeWidth=alt.condition(picked, alt.value(3), alt.value(1)),
            tooltip=[alt.Tooltip("day:N", title=t("chart.weekday")),
                     alt.Tooltip("hour:O", title=t("chart.hour")),
                     alt.Tooltip("n:Q", title=t("chart.expected"), format=".1f")],
        )
        .add_params(picked)
    )  # fmt: skip
    return dress(chart, 260)


def by_hour(page: Page, frame: pd.DataFrame) -> alt.TopLevelMixin:
    """Draw expected incidents by hour of the day as a strip round the clock. Has hour and n."""
    t = page.t
    return dress(
        alt.Chart(frame)
        .mark_bar(color=BAR, cornerRadiusEnd=2)
        .encode(
            x=alt.X("hour:O", title=t("chart.hour"), axis=alt.Axis(labelAngle=0, values=HOURS)),
            y=alt.Y("n:Q", title=t("chart.expected")),
            tooltip=[alt.Tooltip("hour:O", title=t("chart.hour")),
                     alt.Tooltip("n:Q", title=t("chart.expected"), format=".1f")],
        ),
        200,
    )  # fmt: skip


def seasons(page: Page, frame: pd.DataFrame, *, angle: int = 0) -> alt.TopLevelMixin:
    """Draw incidents as bars and what was to be expected, with its 95 % range, as a tick.

    `frame` has label (in order), n, expected, low, high (of the expectation, in incidents) and
    word, the judgement in the reader's language, with its code in `code`.
    """
    t = page.t
    order = list(frame["label"])
    axis = alt.Axis(labelAngle=angle, labelLimit=110, labelOverlap=not angle)
    x = alt.X("label:N", sort=order, title=None, axis=axis)
    tip = [
        alt.Tooltip("label:N", title=t("clock.when")),
        alt.Tooltip("n:Q", title=t("chart.incidents"), format=",d"),
        alt.Tooltip("expected:Q", title=t("clock.expected"), format=",.1f"),
        alt.Tooltip("word:N", title=t("clock.word")),
    ]
    codes = [one for one in WORD_COLOURS if one in set(frame["code"])]
    words = [t(f"clock.word_{one}") for one in codes]
    data = frame.assign(judged=[t(f"clock.word_{one}") for one in frame["code"]])
    colour = alt.Color("judged:N", title=None, scale=alt.Scale(
        domain=words, range=[WORD_COLOURS[one] for one in codes]))  # fmt: skip
    bars = alt.Chart(data).mark_bar(cornerRadiusEnd=2).encode(
        x=x, y=alt.Y("n:Q", title=t("chart.incidents")), color=colour, tooltip=tip)  # fmt: skip
    rule = alt.Chart(data).mark_rule(color=INK, strokeWidth=1.2).encode(
        x=x, y="low:Q", y2="high:Q", tooltip=tip)  # fmt: skip
    tick = alt.Chart(data).mark_tick(color=MARK, thickness=2.5, size=18).encode(
        x=x, y="expected:Q", tooltip=tip)  # fmt: skip
    return dress(bars + rule + tick, 250)


def record(page: Page, frame: pd.DataFrame) -> alt.TopLevelMixin:
    """Draw the hit rate of each method month by month. Has month (date), method, hit_rate."""
    t = page.t
    names = [one for one in METHOD_MARKS if one in set(frame["method"])]
    words = [t(f"accuracy.{one}") for one in names]
    data = frame.assign(named=[t(f"accuracy.{one}") for one in frame["method"]],
                        label=[str(one)[:10] for one in frame["period_from"]])  # fmt: skip
    order = list(dict.fromkeys(data["label"]))
    marks = [METHOD_MARKS[one] for one in names]
    base = alt.Chart(data).encode(
        x=alt.X("label:N", sort=order, title=t("accuracy.tested"),
                axis=alt.Axis(labelAngle=0, labelOverlap=True)),
        y=alt.Y("hit_rate:Q", title=t("accuracy.hit_rate"), axis=alt.Axis(format="%")),
        color=alt.Color("named:N", sort=words, legend=alt.Legend(columns=2),
                        scale=alt.Scale(domain=words, range=[c for c, _, _ in marks])),
        tooltip=[alt.Tooltip("label:N", title=t("chart.month")),
                 alt.Tooltip("named:N", title=t("accuracy.method")),
                 alt.Tooltip("hit_rate:Q", title=t("accuracy.hit_rate"), format=".1%"),
                 alt.Tooltip("pai:Q", title="PAI", format=".2f"),
                 alt.Tooltip("n:Q", title=t("chart.incidents"), format=",d")],
    )  # fmt: skip
    lines = base.mark_line(strokeWidth=2).encode(
        strokeDash=alt.StrokeDash("named:N", sort=words,
                                  scale=alt.Scale(domain=words, range=[d for _, _, d in marks])),
    )  # fmt: skip
    points = base.mark_point(filled=True, size=55).encode(
        shape=alt.Shape("named:N", sort=words,
                        scale=alt.Scale(domain=words, range=[s for _, s, _ in marks])),
    )  # fmt: skip
    return dress(lines + points, 280)


def share_curve(page: Page, frame: pd.DataFrame, title: str) -> alt.TopLevelMixin:
    """Draw how much of the incidents the worst places hold. Has units and held, shares 0 to 1."""
    t = page.t
    y = alt.Y("held:Q", title=t("concentration.held"), scale=alt.Scale(domain=[0, 1]),
              axis=alt.Axis(format="%"))  # fmt: skip
    x = alt.X("units:Q", title=title, axis=alt.Axis(format="%"))
    tip = [alt.Tooltip("units:Q", title=title, format=".1%"),
           alt.Tooltip("held:Q", title=t("concentration.held"), format=".1%")]  # fmt: skip
    line = alt.Chart(frame).mark_area(color="#c8dcec", line={"color": BAR, "strokeWidth": 2.5}
                                      ).encode(x=x, y=y, tooltip=tip)  # fmt: skip
    mark = alt.Chart(pd.DataFrame({"held": [0.8]})).mark_rule(
        color=WARM, strokeDash=[5, 4], strokeWidth=1.5).encode(y="held:Q")  # fmt: skip
    words = alt.Chart(pd.DataFrame({"held": [0.8], "text": ["80 %"]})).mark_text(
        align="left", baseline="bottom", dx=4, color=WARM).encode(
            y="held:Q", x=alt.value(2), text="text:N")  # fmt: skip
    return dress(line + mark + words, 240)
