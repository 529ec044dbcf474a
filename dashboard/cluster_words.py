"""A cluster in words: where it is, what it is, how unusual, and how far the scan could see."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from dashboard.formats import is_missing
from dashboard.near import nearest_community
from dashboard.page import Page
from dashboard.periods import between
from dashboard.queries import incidents
from dashboard.queries.incidents import Which
from dashboard.story import Story


def centre_of(page: Page, row: Mapping[Any, Any]) -> str:
    """Return the middle of a cluster: a community, or the street beside one."""
    if isinstance(row["community_id"], str):
        return page.name_of(row)
    beside = nearest_community(page, float(row["x"]), float(row["y"]))
    t = page.t
    return t("clusters.at_cell") if beside is None else t("tonight.street", name=beside)


def where_words(page: Page, row: Mapping[Any, Any]) -> str:
    """Return the place of a cluster in words."""
    t, f = page.t, page.f
    n, inside = int(row["n_places"]), int(row["n_communities"])
    if n <= 1:
        return centre_of(page, row)
    return t("clusters.around", name=centre_of(page, row), n=f.count(inside),
             cells=f.count(n - inside), m=f.number(row["radius_m"], 0))  # fmt: skip


def short_words(page: Page, row: Mapping[Any, Any]) -> str:
    """Return the place of a cluster in a few words, for tables and buttons."""
    n = int(row["n_places"]) - 1
    centre = centre_of(page, row)
    return centre if n < 1 else page.t("clusters.where_few", name=centre, n=page.f.count(n))


def reach_words(page: Page, name: str, scan: Mapping[Any, Any]) -> str:
    """Return what the scan looked at: how many, how long, how wide, how sure."""
    t, f = page.t, page.f
    words = t("clusters.reach", name=name, a=f.day(scan["period_from"]), b=f.day(scan["period_to"]),
              n=f.count(scan["n_cases"]), places=f.count(scan["n_places"]),
              days=f.count(scan["n_days_longest"]), m=f.number(scan["radius_longest_m"], 0),
              times=f.count(scan["n_replications"]))  # fmt: skip
    if is_missing(scan["p"]) or scan["outcome"] != "nothing":
        return words
    return words + t("clusters.strongest", p=f.number(scan["p"], 3))


def story_of(page: Page, row: Mapping[Any, Any]) -> Story:
    """Return a cluster as a story: where, what types, when, how many, how unusual."""
    t, f = page.t, page.f
    days = t("clusters.days", a=f.day(row["first_on"]), b=f.day(row["last_on"]),
             n=f.count(row["n_days"]))  # fmt: skip
    facts = [
        (t("clusters.when"), days),
        (t("clusters.cases"), t("clusters.cases_of", n=f.count(row["n_observed"]),
                                expected=f.number(row["n_expected"]))),
        (t("clusters.ratio"), t("clusters.times", x=f.number(row["ratio"]))),
        (t("clusters.chance"), _chance(page, row)),
    ]  # fmt: skip
    kinds = incidents.kinds(page, which_of(page, row), page.f.time_zone)
    what = t("clusters.join").join(
        t("clusters.kind", type=t.word("type", k.type), n=f.count(k.n)) for k in kinds.itertuples()
    )
    of_class, state = str(row["class"]), str(row["state"])
    badge = f"{t(f'class.{of_class}')} · {t(f'clusters.{state}')}"
    return Story(str(row["where"]), state, badge,
                 t("clusters.what", what=what) if what else "", tuple(facts))  # fmt: skip


def _chance(page: Page, row: Mapping[Any, Any]) -> str:
    t, f = page.t, page.f
    p = t("clusters.p", p=f.number(row["p"], 3))
    if is_missing(row["recurrence_days"]):
        return p
    return p + t("clusters.recurrence", days=f.number(row["recurrence_days"], 0))


def which_of(page: Page, row: Mapping[Any, Any]) -> Which:
    """Return the incidents inside a cluster."""
    first, last = (pd.Timestamp(row[one]).date() for one in ("first_on", "last_on"))
    since, until = between(page, first, last)
    return Which(since, until, str(row["class"]), cluster=(
        str(row["scope_kind"]), str(row["scope_id"]), str(row["class"]), str(row["analysis"]),
        int(row["rank"])))  # fmt: skip
