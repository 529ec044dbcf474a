"""Charts of hazards through time."""

from __future__ import annotations

import altair as alt
import pandas as pd

from dashboard.charts import BAR, MARK, WARM, dress
from dashboard.page import Page

FOUND, DONE = "#c9d3db", BAR


def hazard_months(page: Page, rows: pd.DataFrame) -> alt.TopLevelMixin:
    """Draw hazards found and rectified a month as bars, open and overdue at its end as lines.

    `rows` has month, n_found, n_rectified, n_open and n_overdue.
    """
    t = page.t
    data = rows.assign(label=[page.f.month(one) for one in rows["month"]])
    order = list(data["label"])
    bars = ("n_found", "n_rectified")
    lines = ("n_open", "n_overdue")
    words = {one: t(f"hazards.chart_{one}") for one in (*bars, *lines)}
    x = alt.X("label:N", sort=order, title=None, axis=alt.Axis(labelAngle=0, labelOverlap=True))
    tip = [alt.Tooltip("label:N", title=t("chart.month")), "kind:N", alt.Tooltip("n:Q", title="n")]
    scale = alt.Scale(domain=list(words.values()), range=[FOUND, DONE, MARK, WARM])
    colour = alt.Color("kind:N", scale=scale)
    y = alt.Y("n:Q", title=t("hazards.chart_n"), axis=alt.Axis(tickMinStep=1, format="d"))
    drawn = alt.Chart(_long(data, bars, words)).mark_bar().encode(
        x=x, y=y, color=colour, xOffset=alt.XOffset("kind:N", sort=[words[one] for one in bars]),
        tooltip=tip,
    )  # fmt: skip
    traced = alt.Chart(_long(data, lines, words)).mark_line(point=True, strokeWidth=2).encode(
        x=x, y=y, color=colour, tooltip=tip,
        strokeDash=alt.StrokeDash("kind:N", scale=alt.Scale(
            domain=list(words.values()), range=[[1, 0], [1, 0], [1, 0], [5, 3]])),
    )  # fmt: skip
    return dress(drawn + traced, 260)


def _long(data: pd.DataFrame, names: tuple[str, ...], words: dict[str, str]) -> pd.DataFrame:
    parts = [data[["label"]].assign(kind=words[one], n=data[one]) for one in names]
    return pd.concat(parts, ignore_index=True)
