"""A night's plan in the words of a patrol: where, from when to when, and the walk in order."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from dashboard import layers
from dashboard.near import nearest_community
from dashboard.page import Page
from dashboard.queries import analysis

AROUND_M = 250.0


def place_words(page: Page, row: Mapping[Any, Any]) -> str:
    """Return where a patrol hour is spent: in a community, or on the street beside one."""
    if isinstance(row["community_id"], str):
        return page.name_of(row)
    beside = nearest_community(page, float(row["x"]), float(row["y"]))
    if beside is None:
        return page.t("tonight.street_far", cell=row["cell_id"])
    return page.t("tonight.street", name=beside)


def walks_of(
    page: Page, station: str, of_class: str, n_hours: int, plan: pd.DataFrame
) -> pd.DataFrame:
    """Return the stops of the plan by patrol and time; hours in one place are one stop."""
    known = (
        analysis.routes(page, station, of_class)
        if page.state("mart.tonight_routes") == "here"
        else pd.DataFrame({"patrol_hours": []})
    )
    mine = known[known["patrol_hours"] == n_hours]
    if mine.empty:
        mine = plan.assign(patrol=1, turn=(plan["hour"].astype(int) + 12) % 24)
        mine = mine.sort_values(["turn", "rank"]).assign(leg_m=np.nan, metric=None)
    else:
        told = plan[["rank", "shown_name", "expected", "radius_m", "raise_ratio"]]
        mine = mine.merge(told, on="rank", how="left").sort_values(["patrol", "stop"])
    mine = mine.reset_index(drop=True)
    before = mine.shift()
    goes_on = (
        (mine["patrol"] == before["patrol"])
        & (mine["cell_id"] == before["cell_id"])
        & (mine["hour"] == (before["hour"] + 1) % 24)
    )
    stops = mine.groupby((~goes_on).cumsum(), sort=False).agg(
        patrol=("patrol", "first"), night=("night", "first"), hour=("hour", "first"),
        n_hours=("hour", "size"), cell_id=("cell_id", "first"), cell_m=("cell_m", "first"),
        x=("x", "first"), y=("y", "first"), lon=("lon", "first"), lat=("lat", "first"),
        shown_name=("shown_name", "first"), expected=("expected", "sum"),
        leg_m=("leg_m", "first"), metric=("metric", "first"), raise_ratio=("raise_ratio", "max"),
    ).reset_index(drop=True)  # fmt: skip
    stops["stop"] = stops.groupby("patrol").cumcount() + 1
    stops.loc[stops["stop"] == 1, "leg_m"] = np.nan
    stops.loc[~(stops["raise_ratio"] > 1), "raise_ratio"] = np.nan
    stops["when"] = [
        page.t("tonight.at", a=f"{int(r.hour):02d}", b=f"{(int(r.hour) + r.n_hours) % 24:02d}")
        for r in stops.itertuples()
    ]
    stops["key"] = stops["patrol"].astype(str) + "-" + stops["stop"].astype(str)
    return stops


def bounds_of(stops: pd.DataFrame) -> layers.Bounds:
    """Return the box, in degrees, of a plan's stops with the ground about them."""
    lon, lat = stops["lon"].astype(float), stops["lat"].astype(float)
    pad_y = AROUND_M / 111_320.0
    pad_x = pad_y / float(np.cos(np.radians(lat.mean())))
    return (lon.min() - pad_x, lat.min() - pad_y, lon.max() + pad_x, lat.max() + pad_y)
