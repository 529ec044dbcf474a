"""Hotspots on hexagons: from the store where an area has very many incidents, else counted."""

from __future__ import annotations

import numpy as np
import pandas as pd

from dashboard import hot_hours, layers
from dashboard.page import Page
from dashboard.queries import hotspots

SIGNIFICANT = 0.05


def is_offered(page: Page, hours: str = "all") -> bool:
    """Tell whether the area has hexagons: stored ones are of the whole day."""
    return hot_hours.is_offered(page) or (hours == "all" and _is_stored(page))


def cells(page: Page, of_class: str, period: str, hours: str) -> pd.DataFrame:
    """Return the hexagons of one class, period and part of the day, as `hotspots.cells` does."""
    if hours == "all" and _is_stored(page):
        key = ("stored hexagons", of_class, period)
        return layers.keep(page, key, lambda: _stored(page, of_class, period)).copy()
    return hot_hours.cells(page, of_class, period, hours, "hexagon")


def _is_stored(page: Page) -> bool:
    if page.state("mart.hotspot_hexagons") != "here":
        return False
    return bool(hotspots.n_hexagons(page, page.scope_kind, page.scope_id).loc[0, "n"])


def _stored(page: Page, of_class: str, period: str) -> pd.DataFrame:
    rows = hotspots.hexagons(page, page.scope_kind, page.scope_id, of_class, period)
    if rows.empty:
        return rows
    col, row = (rows[one].to_numpy(float) for one in ("col", "row"))
    size = float(rows.loc[0, "cell_m"])
    middle = np.column_stack([col + 0.5 * (row % 2), row * np.sqrt(3) / 2]) * size
    sure = (rows["p_fdr"] <= SIGNIFICANT).fillna(False).to_numpy(bool)
    hot, cold = sure & (rows["z"] > 0), sure & (rows["z"] < 0)
    rows = rows.assign(is_hot=hot, is_cold=cold, n_all=len(rows), n_incidents=rows["n"].sum(),
                       n_hot=int(hot.sum()), n_incidents_hot=rows["n"][hot].sum())  # fmt: skip
    names = [f"h{int(c)}r{int(r)}" for c, r in zip(col, row, strict=True)]
    rows.insert(0, "cell_id", names)
    return hot_hours.in_order(hot_hours.place(page, rows.drop(columns=["col", "row"]), middle))
