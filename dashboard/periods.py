"""The periods that pages compare: their instants and their months."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pandas as pd

from dashboard.page import Page

CLASSES = ("all", "case", "criminal", "public_security", "dispute", "call")


def window(page: Page, period: str) -> tuple[datetime, datetime]:
    """Return the UTC instants between which a period's incidents lie, half-open, naive."""
    last = page.build.as_of
    if period == "28_days":
        first = last - timedelta(days=27)
    else:
        first = (pd.Timestamp(last) - pd.DateOffset(years=1)).date() + timedelta(days=1)
    return between(page, first, last)


def between(page: Page, first: date, last: date) -> tuple[datetime, datetime]:
    """Return the UTC instants of a run of local days, both inclusive: half-open, naive."""
    zone = ZoneInfo(page.f.time_zone)
    start, end = (
        datetime.combine(day, time(), zone).astimezone(UTC).replace(tzinfo=None)
        for day in (first, last + timedelta(days=1))
    )
    return start, end


def by_month(page: Page, months: pd.DataFrame, of_class: str = "all") -> pd.DataFrame:
    """Return the last 12 calendar months up to the data's last day, each with the year before."""
    if of_class == "case":
        months = months[months["class"].isin(("criminal", "public_security"))]
    elif of_class != "all":
        months = months[months["class"] == of_class]
    last = pd.Timestamp(page.build.as_of).replace(day=1)
    wanted = pd.date_range(end=last, periods=12, freq="MS")
    n_of = months.assign(month=pd.to_datetime(months["month"])).groupby("month")["n"].sum()
    first = n_of.index.min() if len(n_of) else last
    before = wanted - pd.DateOffset(years=1)
    return pd.DataFrame(
        {
            "month": wanted,
            "n": n_of.reindex(wanted, fill_value=0).to_numpy(),
            "before": [float(n_of.get(b, 0)) if b >= first else None for b in before],
        }
    )
