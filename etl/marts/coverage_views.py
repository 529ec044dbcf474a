"""What each camera sees and adds, drawn and counted: rows of two coverage tables."""

from __future__ import annotations

from dataclasses import dataclass

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from etl.marts.coverage_cameras import CameraList
from etl.marts.coverage_rows import PERSON, append, columns_of, gathered, spread, words
from etl.shapes import column_of_outlines
from geo._threads import n_threads
from geo.outlines import Outlines, join_outlines
from geo.sight import DAYPARTS, Cameras, Sight, outlines_of_views
from geo.viewshed import WallIndex, viewsheds

DRAWN_VERTICES = 60  # of a whole circle: a chord lies 2 cm inside an arc of 17 m
DRAWN_TOGETHER = 1 << 18  # cameras whose views are in memory at once


def fill_cameras(
    con: duckdb.DuckDBPyConnection,
    cameras: CameraList,
    sight: Sight,
    unique_m2: NDArray[np.float64],
    walls: WallIndex,
    optics: Cameras,
    wanted: NDArray[np.bool_],
) -> None:
    """Fill `mart.camera_coverage` and `mart.viewsheds` at the level that recognises a person."""
    working, level = cameras.working, sight.levels.index(PERSON)
    n = len(cameras.ids)
    scope = con.execute(
        "SELECT camera_id, community_id, station_id, street_id FROM core.cameras ORDER BY camera_id"
    ).to_arrow_table()
    order = gathered(scope, np.arange(n))
    place = np.empty(n, np.int64)
    place[order] = np.arange(n)
    reach = np.sqrt(np.maximum(sight.reach2[:, :, level], 0.0))
    area = np.full((len(working), 2), np.nan)
    area[sight.known] = 0.0
    mine = np.flatnonzero(sight.known & wanted[working])
    mine = mine[np.argsort(place[working[mine]])]
    for first in range(0, len(mine), DRAWN_TOGETHER):
        drawn: list[_Drawn] = []
        for part in range(len(DAYPARTS)):
            seeing = mine[first : first + DRAWN_TOGETHER]
            seeing = seeing[reach[seeing, part] > 0]
            drawn.append(_draw(seeing, reach, part, drawn, optics, walls))
            area[seeing, part] = drawn[-1].area_m2
            some = np.flatnonzero(drawn[-1].area_m2 > 0)
            rows = working[seeing[some]]
            columns = {
                "level": words((PERSON,), np.zeros(len(rows), np.int64)),
                "daypart": words(DAYPARTS, np.full(len(rows), part)),
                "is_assumed": cameras.assumed[rows, part],
                "geometry": column_of_outlines(drawn[-1].outlines.take(some)),
            }
            append(con, "viewsheds", columns_of(scope.take(pa.array(rows))) | columns)
    unique = np.where(sight.known, unique_m2[:, 0, level], np.nan)
    rows = order[wanted[order]]
    columns = {
        "state": pa.array(cameras.state[rows], pa.string()),
        "hfov_deg": spread(n, working, optics.hfov_deg, rows),
        "reach_m": spread(n, working, reach[:, 0], rows),
        "night_reach_m": spread(n, working, reach[:, 1], rows),
        "seen_area_m2": spread(n, working, area[:, 0], rows),
        "unique_area_m2": spread(n, working, unique, rows),
        "is_assumed": pa.array(cameras.assumed[rows].any(axis=1)),
        "missing": pa.array([text or None for text in cameras.missing[rows]], pa.string()),
    }
    append(con, "camera_coverage", columns_of(scope.take(pa.array(rows))) | columns)


@dataclass(frozen=True)
class _Drawn:
    """Views of some cameras at one reach."""

    rows: NDArray[np.int64]
    area_m2: NDArray[np.float64]
    outlines: Outlines


def _draw(
    seeing: NDArray[np.int64],
    reach: NDArray[np.float64],
    part: int,
    before: list[_Drawn],
    optics: Cameras,
    walls: WallIndex,
) -> _Drawn:
    """Draw the views of some cameras, less those that see as far at night as they do by day."""
    alike = reach[seeing, part] == reach[seeing, 0] if before else np.zeros(len(seeing), bool)
    rows = seeing[~alike]
    views = viewsheds(
        optics.x[rows], optics.y[rows], walls,
        range_m=reach[rows, part],
        bearing_deg=np.nan_to_num(optics.bearing_deg[rows]),
        hfov_deg=optics.hfov_deg[rows],
        arc_vertices=DRAWN_VERTICES,
        n_threads=n_threads(),
    )  # fmt: skip
    outlines, area = outlines_of_views(views), views.areas_m2
    if not before:
        return _Drawn(seeing, area, outlines)
    (old,) = before
    known = np.full(len(optics.x), -1, np.int64)
    known[old.rows] = np.arange(len(old.rows))
    place = known[seeing]
    place[~alike] = len(old.rows) + np.arange(len(rows))
    whole = join_outlines([old.outlines, outlines])
    return _Drawn(seeing, np.concatenate([old.area_m2, area])[place], whole.take(place))
