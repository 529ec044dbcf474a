"""Charts of ratings: grades under a trial, and what became of them year by year."""

from __future__ import annotations

from collections.abc import Sequence

import altair as alt
import pandas as pd

from dashboard.charts import BAR, MARK, WARM, dress
from dashboard.page import Page


def grades_before_after(
    page: Page, rated: pd.DataFrame, grades: Sequence[str]
) -> alt.TopLevelMixin:
    """Draw how many communities have each grade, now and under the trial.

    `rated` has grade_before and grade_after, places in `grades`.
    """
    t = page.t
    words = {"grade_before": t("trial.before"), "grade_after": t("trial.after")}
    rows = [
        {"grade": name, "kind": word, "n": int((rated[column] == place).sum())}
        for column, word in words.items()
        for place, name in enumerate(grades)
    ]
    chart = (
        alt.Chart(pd.DataFrame(rows))
        .mark_bar(cornerRadiusEnd=2)
        .encode(
            x=alt.X("grade:N", sort=list(grades), title=None, axis=alt.Axis(labelAngle=0)),
            xOffset=alt.XOffset("kind:N", sort=list(words.values())),
            y=alt.Y("n:Q", title=t("trial.chart_n"), axis=alt.Axis(tickMinStep=1, format="d")),
            color=alt.Color(
                "kind:N", scale=alt.Scale(domain=list(words.values()), range=["#c9d3db", BAR])
            ),
            tooltip=["grade:N", "kind:N", "n:Q"],
        )
    )
    return dress(chart, 200)


def score_history(page: Page, rows: pd.DataFrame) -> alt.TopLevelMixin:
    """Draw one community's score by year with its bounds; a year without a rating is hollow.

    `rows` has period, score, score_low, score_high and is_rated.
    """
    t = page.t
    word = {True: t("history.rated"), False: t("history.unrated")}
    data = rows.dropna(subset=["score"]).assign(
        kind=lambda frame: [word[bool(one)] for one in frame["is_rated"]]
    )
    x = alt.X("period:O", title=None, axis=alt.Axis(labelAngle=0))
    y = alt.Y("score:Q", title=t("table.score"), scale=alt.Scale(zero=False))
    tip = ["period:O", alt.Tooltip("score:Q", format=".1f"), "kind:N"]
    base = alt.Chart(data)
    bars = base.mark_rule(color="#9fb3c4", strokeWidth=3).encode(
        x=x, y=alt.Y("score_low:Q", title=t("table.score")), y2="score_high:Q"
    )
    line = base.mark_line(color=MARK).encode(x=x, y=y)
    scale = alt.Scale(domain=list(word.values()), range=[MARK, WARM])
    shapes = alt.Scale(domain=list(word.values()), range=["circle", "diamond"])
    dots = base.mark_point(filled=True, size=70, opacity=1).encode(
        x=x, y=y, tooltip=tip, color=alt.Color("kind:N", scale=scale),
        shape=alt.Shape("kind:N", scale=shapes),
    )  # fmt: skip
    return dress(bars + line + dots, 200)


def funnel(page: Page, rows: pd.DataFrame) -> alt.TopLevelMixin:
    """Draw rates by size with the limits of chance around the district's rate.

    `rows` has exposure, rate, pooled, the limits, shown_name and inside (a word).
    """
    t = page.t
    words = [t("funnel.inside"), t("funnel.above"), t("funnel.below")]
    x = alt.X("exposure:Q", title=t("funnel.exposure"))
    base = alt.Chart(rows)
    drawn = [
        base.mark_line(color="#9fb3c4", strokeDash=dash).encode(
            x=x, y=alt.Y(f"{column}:Q", title=t("funnel.rate"))
        )
        for column, dash in (("low_95", [5, 3]), ("high_95", [5, 3]), ("low_998", [2, 3]),
                             ("high_998", [2, 3]), ("pooled", [1, 0]))
    ]  # fmt: skip
    dots = base.mark_point(filled=True, size=80, opacity=1).encode(
        x=x, y=alt.Y("rate:Q", title=t("funnel.rate")),
        color=alt.Color("inside:N", scale=alt.Scale(domain=words, range=[MARK, WARM, BAR])),
        shape=alt.Shape("inside:N", scale=alt.Scale(
            domain=words, range=["circle", "triangle-up", "triangle-down"])),
        tooltip=["shown_name:N", alt.Tooltip("rate:Q", format=".1f"),
                 alt.Tooltip("exposure:Q", format=".2f"), "inside:N"],
    )  # fmt: skip
    return dress(alt.layer(*drawn, dots), 260)
