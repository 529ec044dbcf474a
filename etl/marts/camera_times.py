"""When each camera was in use, working and faulty during the last two years."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import duckdb
import numpy as np
from numpy.typing import NDArray

from etl.marts.coverage_cameras import CameraList
from etl.marts.local_time import years_before
from geo.watch import Spells

YEARS = 2
ALWAYS = 1_000_000  # days: beyond any record
NOT_IN_USE, WORKING, FAULTY = 0, 1, 2
_QUERY = """
SELECT coalesce(status, '') AS status,
    coalesce(installed_on - $first, -{always}) AS installed,
    coalesce(retired_on - $first, {always}) AS retired
FROM core.cameras ORDER BY camera_id
"""
_FAULTS = """
SELECT c.place, f.faulty_from - $first AS since, coalesce(f.faulty_to - $first, {always}) AS until
FROM core.camera_faults f
JOIN (
    SELECT camera_id, row_number() OVER (ORDER BY camera_id) - 1 AS place FROM core.cameras
) c USING (camera_id)
WHERE coalesce(f.faulty_to - f.faulty_from, 1) > 0
"""


@dataclass(frozen=True)
class Changes:
    """Every change of state of every camera, by camera and day.

    Days are counted from `first`, two years before the day of the build, which is `last_day`.
    `before` and `after` are `NOT_IN_USE`, `WORKING` or `FAULTY`. `n_undated` cameras are faulty and
    nobody wrote down since when.
    """

    first: date
    last_day: int
    camera: NDArray[np.int64]
    day: NDArray[np.int64]
    before: NDArray[np.int64]
    after: NDArray[np.int64]
    n_undated: int

    def spells(self) -> Spells:
        """When the cameras work."""
        begins = np.flatnonzero(self.after == WORKING)
        # a camera that works has a later change: its retirement lies at the end of all days
        return Spells(self.camera[begins], self.day[begins], self.day[begins + 1])


def read_changes(con: duckdb.DuckDBPyConnection, cameras: CameraList, as_of: date) -> Changes:
    """Work out when the cameras were in use and faulty.

    Parameters
    ----------
    con
        The open build.
    cameras
        The cameras and their states on that day.
    as_of
        The day of the build, local calendar.

    Returns
    -------
    Changes
        A camera is in use from its installation to its retirement; without a date, always. It is
        faulty during its spells, which may overlap. One that is faulty by its status and has no
        spell today is faulty since its last repair, or all along. Planned cameras, retired ones
        whose end nobody knows, and those refused or in forbidden places are never in use.
    """
    first = years_before(as_of, YEARS)
    last_day = (as_of - first).days
    rows = con.execute(_QUERY.format(always=ALWAYS), {"first": first}).fetchnumpy()
    status = np.asarray(rows["status"], dtype=object)
    begin, end = (np.asarray(rows[name], np.int64) for name in ("installed", "retired"))
    never = (status == "planned") | np.isin(cameras.state, ("refused", "forbidden"))
    never |= (status == "retired") & (end > last_day)
    faults = con.execute(_FAULTS.format(always=ALWAYS), {"first": first}).fetchnumpy()
    who, since, until = (np.asarray(faults[name], np.int64) for name in ("place", "since", "until"))
    known = np.zeros(len(status), bool)
    known[who[(since <= last_day) & (until > last_day)]] = True
    undated = np.flatnonzero((status == "faulty") & ~known & ~never)
    repaired = begin.copy()
    past = until <= last_day
    np.maximum.at(repaired, who[past], until[past])
    who = np.concatenate([who, undated])
    since = np.concatenate([since, repaired[undated]])
    until = np.concatenate([until, np.full(len(undated), ALWAYS)])
    used = np.flatnonzero(~never & (begin < end))
    changes = _follow(used, begin[used], end[used], who, since, until)
    return Changes(first, last_day, *changes, n_undated=len(undated))


def _follow(
    used: NDArray[np.int64],
    begin: NDArray[np.int64],
    end: NDArray[np.int64],
    who: NDArray[np.int64],
    since: NDArray[np.int64],
    until: NDArray[np.int64],
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Camera, day, state before and after of each change; a fault out of use changes nothing."""
    n, m = len(used), len(who)
    camera = np.concatenate([used, used, who, who])
    day = np.concatenate([begin, end, since, until])
    in_use = np.repeat([1, -1, 0, 0], [n, n, m, m])
    in_fault = np.repeat([0, 0, 1, -1], [n, n, m, m])
    order = np.lexsort((day, camera))
    camera, day = camera[order], day[order]
    # what begins also ends, so the sums are zero again at each camera's last change
    use, fault = np.cumsum(in_use[order]), np.cumsum(in_fault[order])
    last = np.ones(len(camera), bool)
    last[:-1] = (camera[1:] != camera[:-1]) | (day[1:] != day[:-1])
    camera, day, use, fault = camera[last], day[last], use[last], fault[last]
    after = np.where(use == 0, NOT_IN_USE, np.where(fault == 0, WORKING, FAULTY))
    before = np.zeros_like(after)
    before[1:] = np.where(camera[1:] == camera[:-1], after[:-1], NOT_IN_USE)
    real = before != after
    return camera[real], day[real], before[real], after[real]
