"""Heat tables of patrol gaps: communities by hour, and weekdays by hour."""

from __future__ import annotations

import altair as alt
import pandas as pd

from dashboard.charts import HEAT, dress
from dashboard.page import Page

MOST_ROWS = 30
ROW_PX = 19
FRAME_PX = 110  # axis, its title and the legend below


def gaps(page: Page, rows: pd.DataFrame, measure: str) -> alt.TopLevelMixin:
    """Draw expected incidents beyond reach: the communities with most, by hour of the day.

    `rows` has community_id, shown_name, hour, n_incidents and the measure; an hour without a row
    has no incident.
    """
    t = page.t
    total = rows.groupby("community_id")[measure].sum().sort_values(ascending=False, kind="stable")
    first = list(total.head(MOST_ROWS).index)
    shown = rows[rows["community_id"].isin(first)]
    names = dict(zip(shown["community_id"], shown["shown_name"], strict=True))
    twice = {n for n in names.values() if list(names.values()).count(n) > 1}
    named = {c: f"{n} {c}" if n in twice else n for c, n in names.items()}
    data = pd.DataFrame({
        "who": [named[c] for c in shown["community_id"]], "hour": shown["hour"],
        "n": shown[measure].fillna(0.0), "all": shown["n_incidents"],
    })  # fmt: skip
    order = [named[c] for c in first]
    return dress(
        _heat(page, data, "who", order, t("chart.community")), ROW_PX * len(order) + FRAME_PX
    )


def week(page: Page, rows: pd.DataFrame) -> alt.TopLevelMixin:
    """Draw the same of the whole area by weekday. `rows` has weekday, hour, n, n_incidents."""
    days = [page.t(f"weekday.{i}") for i in range(7)]
    data = pd.DataFrame({"who": [days[int(i)] for i in rows["weekday"]], "hour": rows["hour"],
                         "n": rows["n"], "all": rows["n_incidents"]})  # fmt: skip
    return dress(_heat(page, data, "who", days, page.t("chart.weekday")),
                 7 * ROW_PX + FRAME_PX)  # fmt: skip


def _heat(page: Page, data: pd.DataFrame, field: str, order: list[str], head: str) -> alt.Chart:
    t = page.t
    return (
        alt.Chart(data)
        .mark_rect(stroke="white", strokeWidth=1)
        .encode(
            x=alt.X("hour:O", title=t("chart.hour"), scale=alt.Scale(domain=list(range(24))),
                    axis=alt.Axis(labelAngle=0, values=[0, 3, 6, 9, 12, 15, 18, 21])),
            y=alt.Y(f"{field}:N", sort=order, title=None, axis=alt.Axis(labelLimit=130)),
            color=alt.Color("n:Q", scale=alt.Scale(range=HEAT, domainMin=0),
                            legend=alt.Legend(title=t("patrols.unreached"), orient="bottom",
                                              gradientLength=180, format=".1f")),
            tooltip=[alt.Tooltip(f"{field}:N", title=head),
                     alt.Tooltip("hour:O", title=t("chart.hour")),
                     alt.Tooltip("n:Q", title=t("patrols.unreached"), format=".1f"),
                     alt.Tooltip("all:Q", title=t("patrols.expected"), format=".1f")],
        )
    )  # fmt: skip
