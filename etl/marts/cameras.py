"""Tables about single cameras: their history, what each failure costs, pairs, and data gaps."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from etl.marts.camera_gaps import fill_gaps
from etl.marts.camera_pairs import fill_losses, fill_pairs, find_losses
from etl.marts.camera_times import Changes, read_changes
from etl.marts.context import MartContext
from etl.marts.coverage_again import Again
from etl.marts.coverage_cameras import CameraList, read_levels
from etl.marts.coverage_ground import Ground, Spots
from etl.marts.coverage_history import fill_history
from etl.marts.coverage_rows import PERSON
from geo._threads import n_threads
from geo.coverage import CityCoverage
from geo.mounting import REFUSED
from geo.sight import Cameras, Sight, look
from geo.viewshed import WallIndex
from geo.watch import Spells, watch_city

_SCOPE = """
SELECT camera_id, community_id, station_id, street_id FROM core.cameras ORDER BY camera_id
"""


def derive(
    context: MartContext,
    ground: Ground,
    cameras: CameraList,
    sight: Sight,
    city: CityCoverage,
    walls: WallIndex,
    points: tuple[tuple[Spots, NDArray[np.bool_]], tuple[Spots, NDArray[np.bool_]]],
    again: Again,
) -> None:
    """Fill `coverage_history`, `camera_losses`, `camera_pairs` and `camera_gaps`.

    Parameters
    ----------
    context
        The open build.
    ground, cameras, sight, city, walls
        What `etl.marts.coverage` has found: `sight` has the working cameras of the list.
    points
        Incidents and gates, each with what of them is seen: (n, 2, levels).
    again
        What is to be computed; the other rows are copied already.
    """
    con, working = context.con, cameras.working
    anew = again.cameras if again.copied_cameras else np.ones(len(cameras.ids), bool)
    watched = again.watched
    changes = read_changes(con, cameras, context.as_of)
    _tell(context, changes)
    level = sight.levels.index(PERSON)
    others, spells = _number_spells(cameras, changes)
    watch = watch_city(
        ground.plots if len(watched) == len(ground.plots) else ground.plots.take(watched),
        sight, spells, others=_look(cameras, others, walls, again.near), level=PERSON,
        last_day=changes.last_day, cell_m=city.cell_m[watched], n_threads=n_threads(),
    )  # fmt: skip
    watch = watch.among(watched)
    fill_history(context, watch, changes, city, ground.scope, again)
    (incidents, seen), (gates, gate_seen) = points
    rows = np.arange(len(incidents.x))
    recognised = seen[rows, incidents.daypart, level]
    losses = find_losses(
        sight, watch, incidents, recognised, gates, gate_seen[:, 0, level], level=PERSON
    )
    inside = recognised & (incidents.community >= 0)
    n_recognised = np.bincount(incidents.community[inside], minlength=len(ground.plots))
    scope = con.execute(_SCOPE).to_arrow_table().combine_chunks()
    mine = scope.take(pa.array(working))
    touched = anew[working]
    if again.copied_cameras:
        touched = touched | np.isin(losses.main, again.communities)
    known = sight.known & touched
    fill_losses(con, mine, ground, known, losses, city, n_recognised, level=PERSON)
    fill_pairs(con, mine, ground, watch, anew[working])
    fill_gaps(context, cameras, mine, walls, anew[working])


def _number_spells(cameras: CameraList, changes: Changes) -> tuple[NDArray[np.int64], Spells]:
    """Rows of cameras that saw within the record but not today; spells numbered working first."""
    spells = changes.spells()
    recent = spells.camera[(spells.beyond > 0) & (spells.first <= changes.last_day)]
    ever = np.isin(np.arange(len(cameras.ids)), recent) & (cameras.mounting.state != REFUSED)
    ever[cameras.working] = False
    others = np.flatnonzero(ever)
    number = np.full(len(cameras.ids), -1, np.int64)
    number[cameras.working] = np.arange(len(cameras.working))
    number[others] = len(cameras.working) + np.arange(len(others))
    mine = number[spells.camera] >= 0
    return others, Spells(number[spells.camera[mine]], spells.first[mine], spells.beyond[mine])


def _look(
    cameras: CameraList, rows: NDArray[np.int64], walls: WallIndex, near: NDArray[np.bool_]
) -> Sight | None:
    """What cameras saw that are out of use today."""
    if not len(rows):
        return None
    names = Cameras.__dataclass_fields__
    optics = Cameras(*(getattr(cameras.optics, name)[rows] for name in names))
    level = {PERSON: read_levels()[PERSON]}
    return look(optics, walls, levels_px_per_m=level, wanted=near[rows], n_threads=n_threads())


def _tell(context: MartContext, changes: Changes) -> None:
    n = changes.n_undated
    if n:
        context.report.find(
            "info", "undated_faults",
            f"{n} cameras are faulty and no record says since when; the history takes them as "
            "faulty since their last repair, or all along. Bring camera_faults.",
            f"{n} 台故障摄像机没有故障起始记录；历史覆盖率按自上次修复起（或一直）故障计算。"
            "请补充故障记录表（camera_faults）。",
            table="camera_faults", n=n,
        )  # fmt: skip
