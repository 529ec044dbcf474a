"""Blind spots in the order of what happens in them: rows of a coverage table."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from etl.marts.coverage_ground import Ground
from etl.marts.coverage_rows import Rows, gathered, or_null, words
from etl.shapes import column_of_outlines
from geo.coverage import CityCoverage
from geo.nearest import nearest
from geo.projection import unproject_each
from geo.sight import DAYPARTS, Cameras

MOST_BLIND = 100
SMOOTH_CELLS = 0.7  # an outline may move by less than one cell to lose its steps


def fill_blind_spots(
    told: Rows,
    ground: Ground,
    city: CityCoverage,
    camera_ids: NDArray[np.object_],
    optics: Cameras,
    which: NDArray[np.int64],
    *,
    epsg: int,
) -> None:
    """Add rows of `mart.blind_spots`, those with most incidents and gates first in their community.

    Of each community, level and daypart the first hundred are listed. The points counted by
    `city` are incidents by day, incidents by night, gates.
    """
    blind = city.blind
    if not len(blind.outlines):
        return
    rows = np.arange(len(blind.outlines))
    n_incidents = blind.n_points[rows, blind.daypart]
    n_gates = blind.n_points[:, 2]
    order = np.lexsort(
        (rows, -blind.area_m2, -n_gates, -n_incidents, blind.level, blind.daypart, blind.community)
    )
    group = np.stack([blind.community, blind.daypart, blind.level])[:, order]
    begins = np.flatnonzero(np.r_[True, np.any(group[:, 1:] != group[:, :-1], axis=0)])
    rank = np.arange(len(order)) - np.repeat(begins, np.diff(np.r_[begins, len(order)])) + 1
    order, rank = order[rank <= MOST_BLIND], rank[rank <= MOST_BLIND]
    by_station = gathered(ground.scope, which[blind.community[order]], np.arange(len(order)))
    order, rank = order[by_station], rank[by_station]
    x, y = blind.x[order], blind.y[order]
    lon, lat = unproject_each(x, y, epsg=epsg)
    row, distance = nearest(x, y, of_x=optics.x, of_y=optics.y)
    scope = ground.scoped(which[blind.community[order]])
    level = words(city.levels, blind.level[order])
    daypart = words(DAYPARTS, blind.daypart[order])
    key = (scope["community_id"], level, daypart, pa.array(rank).cast(pa.string()))
    columns = {
        "blind_spot_id": pc.binary_join_element_wise(*key, ":"),
        "level": level,
        "daypart": daypart,
        "rank": rank,
        "blind_area_m2": blind.area_m2[order],
        "n_incidents": n_incidents[order],
        "n_gates": n_gates[order],
        "nearest_camera_id": pa.array(camera_ids, pa.string()).take(pa.array(row, mask=row < 0)),
        "nearest_camera_m": or_null(distance),
        "x": x,
        "y": y,
        "lon": lon,
        "lat": lat,
        "geometry": column_of_outlines(blind.outlines.take(order)),
    }
    told.add(scope | columns)
