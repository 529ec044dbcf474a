"""What the times of incidents cannot tell: all on one day, or no hour written down."""

from __future__ import annotations

from datetime import timedelta

from dashboard.blocks import show_note
from dashboard.page import Page
from dashboard.periods import window
from dashboard.queries import counts

UNTIMED = 0.5  # as the build: more of all at 0 h than this, and the hour was not recorded


def tell_one_day(page: Page, of_class: str, period: str) -> None:
    """Say so where all incidents of a class and period are of one day."""
    if page.state("mart.incident_days") != "here":
        return
    since, _ = window(page, period)
    last = page.build.as_of
    # a window begins at local midnight: half a day on it is that day whatever the zone's offset
    first = (since + timedelta(hours=12)).date()
    row = counts.days(page, first, last, of_class).iloc[0]
    if int(row["n_days"]) == 1 and int(row["n"]) > 1:
        t, f = page.t, page.f
        show_note(t("hotspots.one_day", n=f.count(row["n"]), day=f.day(row["first_on"])), "warning")


def tell_untimed(page: Page, of_class: str) -> bool:
    """Say so where most incidents have no hour; tell whether it was said."""
    if page.state("mart.incident_hours") != "here":
        return False
    hours = counts.hours(page, page.scope_kind, page.scope_id, of_class)
    total = float(hours["n"].sum()) if not hours.empty else 0.0
    at_midnight = float(hours.loc[hours["hour"] == 0, "n"].sum()) if total else 0.0
    if not total or at_midnight <= UNTIMED * total:
        return False
    show_note(page.t("clock.untimed", share=page.f.share(at_midnight / total)), "warning")
    return True
