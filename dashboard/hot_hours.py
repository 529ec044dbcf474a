"""Hotspots counted on the page: of some hours of the day, or on hexagons.

The build keeps squares for whole days, and hexagons of areas with very many incidents. All else is
counted from the incidents themselves in cells laid as the build lays them, an uncertain time
giving each hour its share, and tested as the build does.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely

from dashboard import figures, layers
from dashboard.layer_shapes import to_lonlat
from dashboard.page import Page
from dashboard.periods import window
from dashboard.queries import counts, hotspots
from geo.density import kde_of_each, kde_on
from geo.grid import HexGrid, hex_grid
from geo.hotspots import gi_star
from geo.study_area import CellKind, StudyArea, lay_cells
from geo.temporal import aoristic

HOURS = {"all": (0, 24), "0-6": (0, 6), "6-12": (6, 6), "12-18": (12, 6), "18-24": (18, 6),
         "22-6": (22, 8)}  # fmt: skip
MOST_INCIDENTS = 400_000  # beyond that the count would make a reader wait
FEWEST_INCIDENTS = 10  # as the build: with fewer no cell can be called hot
EXACT_UP_TO = 5_000  # as the build
SIGNIFICANT = 0.05
DIGITS = 6  # the order of additions may move the last ones
M2_PER_KM2 = 1e6
CASES = ("criminal", "public_security")


@dataclass(frozen=True, eq=False)
class _Ground:
    """The cells of an area and its incidents of 12 months, each array one value an incident."""

    cells: StudyArea
    xy: np.ndarray
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


def cells(
    page: Page, of_class: str, period: str, hours: str, kind: CellKind = "square"
) -> pd.DataFrame:
    """Return the cells of one class, period and part of the day, as `hotspots.cells` does.

    Cells without an incident in those hours and far from any are left out; they count in the
    test all the same.
    """
    key = ("hot hours", of_class, period, hours, kind)
    return layers.keep(page, key, lambda: _cells(page, of_class, period, hours, kind)).copy()


def warm() -> None:
    """Load, or compile, what the first count of a process would wait for."""
    grid = hex_grid((0.0, 0.0, 100.0, 100.0), cell_m=50.0)
    at = np.array(["2026-01-01T00:30"] * 2, "datetime64[s]")
    aoristic(at, at + np.timedelta64(7200, "s"), groups=np.zeros(2, np.int64), n_groups=1)
    inside = np.ones(grid.shape, bool)
    for above in (0, 10_000):  # binned, then exact
        kde_of_each([grid.centres()], grid, bandwidth_m=90, inside=inside, binned_above=above)


def _cells(page: Page, of_class: str, period: str, hours: str, kind: CellKind) -> pd.DataFrame:
    ground = layers.keep(page, ("ground of hours", kind), lambda: _read(page, kind))
    area = ground.cells
    n = _count(ground, of_class, period, hours)
    density = _density(page, ground, n, of_class, period, hours)
    found = {"n": n, "density_per_km2": density} | _tested(area, n)
    hot, cold = found["is_hot"], found["is_cold"]
    kept = area.inside & ((n > 0) | hot | cold | (density > 0.02 * density.max(initial=0.0)))
    at = np.flatnonzero(kept)
    rows = pd.DataFrame({name: one.ravel()[at] for name, one in found.items()})
    rows.insert(0, "cell_id", area.names(at))
    rows = rows.assign(cell_m=area.grid.cell_m, n_all=len(rows), n_incidents=n.sum(),
                       n_hot=int(hot.sum()), n_incidents_hot=n[hot].sum())  # fmt: skip
    return in_order(place(page, rows, area.grid.centres()[at]))


def place(page: Page, rows: pd.DataFrame, centres: np.ndarray) -> pd.DataFrame:
    """Add longitude and latitude of cells by their middles in metres."""
    at = shapely.get_coordinates(to_lonlat(page, shapely.points(centres)))
    return rows.assign(lon=at[:, 0], lat=at[:, 1])


def in_order(rows: pd.DataFrame) -> pd.DataFrame:
    """Put cells in the order of `hotspots.cells`: the significant ones first."""
    return rows.sort_values(["is_hot", "is_cold", "n", "z", "cell_id"],
                            ascending=[False, False, False, False, True]
                            ).reset_index(drop=True)  # fmt: skip


def _read(page: Page, kind: CellKind) -> _Ground:
    """Lay the build's own cells over the area and put its incidents into them.

    An area that the store has cells of has an outline or an incident.
    """
    since, until = window(page, "12_months")
    recent, _ = window(page, "28_days")
    size = float(hotspots.cell_size(page, page.scope_kind, page.scope_id).loc[0, "cell_m"])
    found = hotspots.located(page, since, until, page.f.time_zone)
    xy = found[["x", "y"]].to_numpy(float)
    outlines = hotspots.jurisdictions(page)["geometry"].dropna()
    shape = shapely.union_all(shapely.from_wkb([bytes(one) for one in outlines]))
    area = lay_cells(shape, xy, cell_m=size, kind=kind)
    begins, ends = (found[one].to_numpy("datetime64[s]") for one in ("begins", "ends"))
    ends[ends < begins] = np.datetime64("NaT")  # the clock was set back in between
    return _Ground(area, xy, found["class"].to_numpy(str), begins,
                   ends, (found["occurred_from"] >= recent).to_numpy())  # fmt: skip


def _chosen(ground: _Ground, of_class: str, period: str) -> np.ndarray:
    """Tell which incidents are of a class and period."""
    kept = np.ones(len(ground.xy), bool)
    if of_class == "case":
        kept = np.isin(ground.of_class, CASES)
    elif of_class != "all":
        kept = ground.of_class == of_class
    return kept & ground.recent if period == "28_days" else kept


def _count(ground: _Ground, of_class: str, period: str, hours: str) -> np.ndarray:
    """Return the incidents of each cell in some hours of the day, uncertain ones in part."""
    kept, grid = _chosen(ground, of_class, period), ground.cells.grid
    first, n_hours = HOURS[hours]
    wanted = (first + np.arange(n_hours)) % 24
    n = np.zeros(grid.nx * grid.ny)
    if hours == "all":
        n += np.bincount(ground.cells.cell[kept], minlength=len(n))
    elif kept.any():
        used, part = np.unique(ground.cells.cell[kept], return_inverse=True)
        week = aoristic(ground.begins[kept], ground.ends[kept], groups=part, n_groups=len(used))
        n[used] = np.round(week[:, wanted, :].sum(axis=(1, 2)), DIGITS)
    return n.reshape(grid.shape)


def _density(
    page: Page, ground: _Ground, n: np.ndarray, of_class: str, period: str, hours: str
) -> np.ndarray:
    """Return the density per km2: of the incidents, or of cells' counts for part of the day."""
    grid, inside = ground.cells.grid, ground.cells.inside
    bandwidth_m = used_bandwidth(page, period, grid.cell_m)
    if hours == "all":
        xy = ground.xy[_chosen(ground, of_class, period)]
        found = kde_of_each([xy], grid, bandwidth_m=bandwidth_m, inside=inside,
                            binned_above=EXACT_UP_TO)[0]  # fmt: skip
        return np.asarray(found * M2_PER_KM2)
    at = np.flatnonzero(n.ravel())
    if not len(at):
        return np.zeros(n.shape)
    parts = kde_on(grid.centres()[at], grid, weights=n.ravel()[at], bandwidth_m=bandwidth_m,
                   inside=inside, edge="diggle")  # fmt: skip
    return np.asarray(parts.per_m2 * M2_PER_KM2)


def used_bandwidth(page: Page, period: str, cell_m: float) -> float:
    """Return the bandwidth of the area's own map, at least one cell."""
    if page.state("mart.hotspot_bandwidths") != "here":
        return 2.5 * cell_m
    rows = hotspots.bandwidths(page, page.scope_kind, page.scope_id, period)
    used = rows.loc[rows["is_used"], "bandwidth_m"]
    return max(float(used.iloc[0]), cell_m) if len(used) else 2.5 * cell_m


def _tested(area: StudyArea, n: np.ndarray) -> dict[str, np.ndarray]:
    """Return Gi* of whole counts: the test keeps half a count back, which parts would undo."""
    nothing = np.full(n.shape, np.nan)
    z = p = p_fdr = nothing
    if n.sum() >= FEWEST_INCIDENTS:
        values = np.where(area.inside, np.rint(n), np.nan)
        around = "hexagon" if isinstance(area.grid, HexGrid) else "queen"
        found = gi_star(values, neighbourhood=around, approximation="gamma")
        z, p, p_fdr = found.z, found.p, found.p_fdr
    sure = p_fdr <= SIGNIFICANT
    return {"z": z, "p": p, "p_fdr": p_fdr, "is_hot": sure & (z > 0), "is_cold": sure & (z < 0)}
