"""Rows of `mart.patrol_ground`: outlines of the ground reached on foot, by community and hours."""

from __future__ import annotations

import pyarrow as pa
import shapely

from etl.marts.context import MartContext
from etl.marts.coverage_ground import Ground
from etl.marts.coverage_rows import append
from geo.patrol import PatrolReach
from geo.patrol_ground import reached_ground


def fill_ground(context: MartContext, ground: Ground, reach: PatrolReach) -> None:
    """Fill `mart.patrol_ground`.

    Parameters
    ----------
    context
        The open build.
    ground
        Communities.
    reach
        Ground reached on foot, by hour manned.

    Notes
    -----
    Nothing reached gives no rows. The map of a station or a street draws them; figures come from
    `mart.patrol_reach` and `mart.patrol_gaps`.
    """
    found = reached_ground(reach)
    if not len(found.hours):
        return
    columns = ground.scoped(found.community) | {
        "hours": found.hours,
        "reached_area_m2": found.area_m2,
        "geometry": pa.array(shapely.to_wkb(found.geometry).tolist(), pa.binary()),
    }
    append(context.con, "patrol_ground", columns)
