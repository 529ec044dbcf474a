"""Hotspots of some hours of the day: the incidents of those hours counted and tested anew.

The build keeps cells for whole days. For a part of the day the same cells are counted from the
incidents themselves, an uncertain time giving each hour its share, and tested as the build does.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import floor

import numpy as np
import pandas as pd
import shapely

from dashboard import figures, layers
from dashboard.layer_shapes import to_lonlat
from dashboard.page import Page
from dashboard.periods import window
from dashboard.queries import counts, hotspots
from geo.density import kde
from geo.grid import SquareGrid
from geo.hotspots import gi_star
from geo.temporal import aoristic

HOURS = {"all": (0, 24), "0-6": (0, 6), "6-12": (6, 6), "12-18": (12, 6), "18-24": (18, 6),
         "22-6": (22, 8)}  # fmt: skip
MOST_INCIDENTS = 400_000  # beyond that the count would make a reader wait
FEWEST_INCIDENTS = 10  # as the build: with fewer no cell can be called hot
SIGNIFICANT = 0.05
DIGITS = 6  # the order of additions may move the last ones
M2_PER_KM2 = 1e6
CASES = ("criminal", "public_security")


@dataclass(frozen=True, eq=False)
class _Ground:
    """The cells of an area and its incidents of 12 months, each array one value an incident."""

    grid: SquareGrid
    inside: np.ndarray
    cell: np.ndarray
    of_class: np.ndarray
    begins: np.ndarray
    ends: np.ndarray
    recent: np.ndarray


def is_offered(page: Page) -> bool:
    """Tell whether the incidents of the area may be read and are few enough to count."""
    if page.state("core.incidents") != "here":
        return False
    found = counts.figures(page, page.scope_kind, page.scope_id)
    year = figures.pick(found, "all", "12_months")
    return year is not None and 0 < int(year["n"]) <= MOST_INCIDENTS


def cells(page: Page, of_class: str, period: str, hours: str) -> pd.DataFrame:
    """Return the cells of one class, period and part of the day, as `hotspots.cells` does.

    Cells without an incident in those hours and far from any are left out; they count in the
    test all the same.
    """
    return layers.keep(
        page, ("hot hours", of_class, period, hours), lambda: _cells(page, of_class, period, hours)
    ).copy()


def _cells(page: Page, of_class: str, period: str, hours: str) -> pd.DataFrame:
    ground = layers.keep(page, "ground of hours", lambda: _read(page))
    n = _count(ground, of_class, period, hours)
    density = _density(ground, n)
    found = {"n": n, "density_per_km2": density} | _tested(ground, n)
    hot, cold = found["is_hot"], found["is_cold"]
    kept = ground.inside & ((n > 0) | hot | cold | (density > 0.02 * density.max(initial=0.0)))
    at = np.flatnonzero(kept)
    rows = pd.DataFrame({name: one.ravel()[at] for name, one in found.items()})
    centres = ground.grid.centres()[at]
    places = shapely.get_coordinates(to_lonlat(page, shapely.points(centres)))
    size = ground.grid.cell_m
    names = np.floor(centres / size).astype(int)
    rows.insert(0, "cell_id", [f"x{c}y{r}" for c, r in names])
    rows = rows.assign(lon=places[:, 0], lat=places[:, 1], cell_m=size, n_all=len(rows),
                       n_incidents=n.sum(), n_hot=int(hot.sum()),
                       n_incidents_hot=n[hot].sum())  # fmt: skip
    return rows.sort_values(["is_hot", "is_cold", "n", "z", "cell_id"],
                            ascending=[False, False, False, False, True]
                            ).reset_index(drop=True)  # fmt: skip


def _read(page: Page) -> _Ground:
    """Lay the build's own cells over the area and put its incidents into them."""
    since, until = window(page, "12_months")
    recent, _ = window(page, "28_days")
    size = float(hotspots.cell_size(page, page.scope_kind, page.scope_id).loc[0, "cell_m"])
    found = hotspots.located(page, since, until, page.f.time_zone)
    xy = found[["x", "y"]].to_numpy(float)
    outlines = hotspots.jurisdictions(page)["geometry"].dropna()
    shape = shapely.union_all(shapely.from_wkb([bytes(one) for one in outlines]))
    box = np.array(shapely.bounds(shape)).reshape(2, 2)
    corners = np.concatenate([box[np.isfinite(box).all(axis=1)], xy])
    (west, south), (east, north) = corners.min(axis=0), corners.max(axis=0)
    col, row = floor(west / size), floor(south / size)
    grid = SquareGrid(col * size, row * size, size, floor(east / size) - col + 1,
                      floor(north / size) - row + 1)  # fmt: skip
    centres = grid.centres()
    shapely.prepare(shape)
    inside = shapely.contains_xy(shape, centres[:, 0], centres[:, 1])
    cell = grid.cell_of(xy)
    inside[cell] = True
    begins, ends = (found[one].to_numpy("datetime64[s]") for one in ("begins", "ends"))
    ends[ends < begins] = np.datetime64("NaT")  # the clock was set back in between
    return _Ground(grid, inside.reshape(grid.shape), cell, found["class"].to_numpy(str), begins,
                   ends, (found["occurred_from"] >= recent).to_numpy())  # fmt: skip


def _count(ground: _Ground, of_class: str, period: str, hours: str) -> np.ndarray:
    """Return the incidents of each cell in some hours of the day, uncertain ones in part."""
    kept = np.ones(len(ground.cell), bool)
    if of_class == "case":
        kept = np.isin(ground.of_class, CASES)
    elif of_class != "all":
        kept = ground.of_class == of_class
    if period == "28_days":
        kept &= ground.recent
    first, n_hours = HOURS[hours]
    wanted = (first + np.arange(n_hours)) % 24
    if not kept.any():
        return np.zeros(ground.grid.shape)
    used, part = np.unique(ground.cell[kept], return_inverse=True)
    week = aoristic(ground.begins[kept], ground.ends[kept], groups=part, n_groups=len(used))
    n = np.zeros(ground.grid.nx * ground.grid.ny)
    n[used] = np.round(week[:, wanted, :].sum(axis=(1, 2)), DIGITS)
    return n.reshape(ground.grid.shape)


def _density(ground: _Ground, n: np.ndarray) -> np.ndarray:
    """Return the density of cells about each cell (per km2)."""
    at = np.flatnonzero(n.ravel())
    if not len(at):
        return np.zeros(n.shape)
    grid = ground.grid
    found = kde(grid.centres()[at], weights=n.ravel()[at], cell_m=grid.cell_m,
                bandwidth_m=1.6 * grid.cell_m, bounds=grid.bounds, inside=ground.inside,
                edge="diggle")  # fmt: skip
    return np.asarray(found.per_m2 * M2_PER_KM2)


def _tested(ground: _Ground, n: np.ndarray) -> dict[str, np.ndarray]:
    """Return Gi* of whole counts: the test keeps half a count back, which parts would undo."""
    nothing = np.full(n.shape, np.nan)
    z = p = p_fdr = nothing
    if n.sum() >= FEWEST_INCIDENTS:
        found = gi_star(np.where(ground.inside, np.rint(n), np.nan), approximation="gamma")
        z, p, p_fdr = found.z, found.p, found.p_fdr
    sure = p_fdr <= SIGNIFICANT
    return {"z": z, "p": p, "p_fdr": p_fdr, "is_hot": sure & (z > 0), "is_cold": sure & (z < 0)}
