"""The near-repeat table as readers of Knox's test know it, with what is significant drawn."""

from __future__ import annotations

from html import escape

import pandas as pd
import streamlit as st

from dashboard.formats import is_missing
from dashboard.page import Page

SURE = 0.05


def show_knox(page: Page, rows: pd.DataFrame) -> None:
    """Show one kind's pairs: distance down, days apart across.

    A cell has the ratio of observed to expected pairs, how many pairs, and p; more pairs than
    chance allows is framed and hatched, and alarms ring from the cells with a bell.
    """
    t = page.t
    bands = rows[["days_from", "days_to"]].drop_duplicates().sort_values("days_from")
    head = "".join(
        f'<th scope="col">{escape(_days(page, *band))}</th>'
        for band in bands.itertuples(index=False)
    )
    body = "".join(
        f'<tr><th scope="row">{escape(_metres(page, near, far))}</th>{_cells(page, part)}</tr>'
        for (near, far), part in rows.groupby(["distance_from_m", "distance_to_m"], dropna=False)
    )
    corner = escape(t("alarms.corner"))
    legend = (
        f'<p class="ax-line"><span class="ax-key ax-sure"></span>{escape(t("alarms.key_sure"))} '
        f'<span class="ax-key ax-raised">▲</span>{escape(t("alarms.key_raised"))}</p>'
    )
    st.html(
        f'<div class="ax-scroll"><table class="ax-knox"><caption>{escape(t("alarms.caption"))}'
        f'</caption><thead><tr><th scope="col">{corner}</th>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>{legend}"
    )


def _cells(page: Page, part: pd.DataFrame) -> str:
    return "".join(_cell(page, row) for row in part.sort_values("days_from").to_dict("records"))


def _cell(page: Page, row: dict[str, object]) -> str:
    t, f = page.t, page.f
    ratio, p = row["ratio"], row["p"]
    sure = not is_missing(p) and float(p) <= SURE  # type: ignore[arg-type]
    mark = " ax-sure" if sure else ""
    bell = ' <span class="ax-raised" aria-hidden="true">▲</span>' if row["is_raised"] else ""
    pairs = t("alarms.pairs", n=f.count(row["observed"]), expected=f.number(row["expected"]))
    return (
        f'<td class="ax-knox-cell{mark}"><b>{escape(f.number(ratio, 2))}</b>{bell}'
        f"<small>{escape(pairs)}</small>"
        f"<small>{escape(t('alarms.p', p=f.number(p, 3)))}</small></td>"
    )


def _days(page: Page, first: object, end: object) -> str:
    """Return half-open days [first, end) as the whole days that they are."""
    t, f = page.t, page.f
    if is_missing(end):
        return t("alarms.days_over", a=f.count(first))
    last = int(end) - 1  # type: ignore[call-overload]
    if last == int(first):  # type: ignore[call-overload]
        return t("alarms.day_one", a=f.count(first))
    return t("alarms.days", a=f.count(first), b=f.count(last))


def _metres(page: Page, near: object, far: object) -> str:
    t, f = page.t, page.f
    if is_missing(far):
        return t("alarms.metres_over", a=f.number(near, 0))
    if float(near) == 0 and float(far) <= 1:  # type: ignore[arg-type]
        return t("alarms.same_place")
    return t("alarms.metres", a=f.number(near, 0), b=f.number(far, 0))
