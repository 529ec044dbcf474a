"""Hotspot cells of every jurisdiction: density and Gi* by class and period."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import shapely

from etl.dictionary.core import CLASSES
from etl.marts.context import MartContext
from etl.marts.incidents import COUNTED
from etl.marts.local_time import starts_at, windows
from geo import projection
from geo.density import kde
from geo.grid import SquareGrid
from geo.hotspots import gi_star

PERIODS = ("12_months", "28_days")
# more cells than this on one map help nobody: the grid is coarsened for the area
MOST_CELLS = 20_000
# with fewer incidents the map shows density, but no cell can be called hot
FEWEST_INCIDENTS = 10
SIGNIFICANT = 0.05
KM2 = 1e6

_POINTS = """
SELECT station_id, list_position($classes, class) - 1 AS leaf, x, y, occurred_from >= $m1 AS recent
FROM core.incidents
WHERE occurred_from >= $y1 AND occurred_from < $until AND x IS NOT NULL
"""


@dataclass(frozen=True)
class _Points:
    """Located incidents of the last 12 months."""

    xy: np.ndarray
    leaf: np.ndarray
    recent: np.ndarray
    station: np.ndarray

    def of(self, mine: np.ndarray) -> _Points:
        """Return those that `mine` picks."""
        return _Points(self.xy[mine], self.leaf[mine], self.recent[mine], self.station[mine])


@dataclass(frozen=True)
class _Area:
    """A study area: its cells, as a grid aligned to whole multiples of the cell size."""

    kind: str
    scope_id: str
    grid: SquareGrid
    inside: np.ndarray


def derive(context: MartContext) -> None:
    """Fill `mart.hotspots` for the district and each station.

    Parameters
    ----------
    context
        The open build, with core tables filled.

    Notes
    -----
    A cell belongs to an area when its centre does or an incident of the area lies in it. Gi* is
    over queen neighbours, its p from a gamma distribution matched to three moments (counts are
    rare), adjusted for the number of cells (Benjamini-Hochberg); hot is p_fdr <= 0.05 with z
    above 0. With fewer than 10 incidents z and p are null: too few to say. The density counts the
    area's own incidents and is corrected at its border.
    """
    stations = context.con.execute(
        "SELECT station_id, geometry FROM core.stations ORDER BY station_id"
    ).to_arrow_table()
    shapes = shapely.from_wkb(np.array(stations["geometry"].to_pylist(), dtype=object))
    points = _points(context, stations["station_id"].to_pylist())
    context.progress.start("hotspots", 1 + len(shapes))
    whole = shapely.union_all(shapes) if len(shapes) else shapely.Polygon()
    _fill_area(context, "district", context.district.district_id, whole, points)
    order = np.argsort(points.station, kind="stable")
    edges = np.searchsorted(points.station[order], np.arange(len(shapes) + 1))
    for i, station_id in enumerate(stations["station_id"].to_pylist()):
        mine = points.of(order[edges[i] : edges[i + 1]])
        _fill_area(context, "station", station_id, shapes[i], mine)


def _points(context: MartContext, stations: list[str]) -> _Points:
    year, month = windows(context.as_of)
    zone = context.district.time_zone
    rows = context.con.execute(
        _POINTS,
        {
            "classes": list(CLASSES),
            "y1": starts_at(year.first, zone),
            "m1": starts_at(month.first, zone),
            "until": starts_at(context.as_of, zone),
        },
    ).to_arrow_table()
    return rows
