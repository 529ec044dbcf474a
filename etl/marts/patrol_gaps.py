"""Rows of `mart.patrol_gaps`: hours and areas in which incidents happen beyond patrols' reach."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from etl.marts.context import MartContext
from etl.marts.coverage_ground import Ground, Spots, objects
from etl.marts.local_time import local_sql, starts_at, windows
from etl.marts.scoped_rows import insert_scoped
from geo.patrol import PatrolReach, reach_bits
from geo.patrol_gaps import PatrolGaps, find_gaps

STAYED = ("guard_post", "police_box")  # manned by people who stay; the others are visited
_VISITS = """
SELECT p.place, hour({local}) AS hour, count(*) AS n, min({local})::DATE AS since
FROM core.patrol_visits v
JOIN (
    SELECT patrol_point_id, row_number() OVER (ORDER BY patrol_point_id) - 1 AS place
    FROM core.patrol_points WHERE x IS NOT NULL AND y IS NOT NULL
) p USING (patrol_point_id)
WHERE visited_at >= $first AND visited_at < $beyond
GROUP BY ALL ORDER BY ALL
"""


def hours_visited(context: MartContext, manned: NDArray[np.uint32]) -> NDArray[np.uint32] | None:
    """Hours in which each patrol point is truly visited, as bits.

    Parameters
    ----------
    context
        The open build.
    manned
        Hours in which each point is manned, in the order of the points' ids.

    Returns
    -------
    ndarray
        An hour counts when the log of the last 28 days has a visit in it at least once a week.
        Guard posts and police boxes are stayed at: they keep their hours. None without a log.
    """
    con, zone = context.con, context.district.time_zone
    window = windows(context.as_of)[1]
    first = starts_at(window.first, zone)
    beyond = starts_at(window.last + timedelta(days=1), zone)
    local = local_sql("visited_at", zone, first, beyond)
    rows = con.execute(_VISITS.format(local=local), {"first": first, "beyond": beyond}).fetchnumpy()
    if not len(rows["n"]):
        return None
    days = (window.last - rows["since"].min().astype("datetime64[D]").astype(object)).days + 1
    often = np.asarray(rows["n"]) * 7 >= days
    place, hour = (np.asarray(rows[name], np.int64)[often] for name in ("place", "hour"))
    found = np.zeros(len(manned), np.uint32)
    np.bitwise_or.at(found, place, np.uint32(1) << hour.astype(np.uint32))
    kinds = con.execute(
        "SELECT kind FROM core.patrol_points WHERE x IS NOT NULL AND y IS NOT NULL "
        "ORDER BY patrol_point_id"
    ).fetchnumpy()
    stayed = np.isin(np.ma.filled(kinds["kind"].astype(object), ""), STAYED)
    return np.asarray(np.where(stayed, manned, found), np.uint32)


def fill_gaps(
    context: MartContext, ground: Ground, reach: PatrolReach, incidents: Spots, *, has_log: bool
) -> None:
    """Fill `mart.patrol_gaps`.

    Parameters
    ----------
    context
        The open build.
    ground
        Communities.
    reach
        Ground reached on foot, by hour manned and visited.
    incidents
        Located incidents of the last 12 months.
    has_log
        Whether there is a log of visits.

    Notes
    -----
    An incident of uncertain time is shared among the hours of its span. District, stations and
    streets have a row for every hour of the week; a community has one for each hour of the day in
    which something may have happened or somebody reaches it. The gap of an hour is what happens
    then beyond the reach of every point manned then, as a share of all the area's incidents.
    """
    bits = reach_bits(reach, incidents.x, incidents.y)
    n = len(ground.community_id)
    district = np.array([context.district.district_id], object)
    kinds: list[tuple[str, NDArray[np.object_], NDArray[np.int64], NDArray[np.int64]]] = [
        ("community", ground.community_id, np.arange(n), incidents.community),
    ]
    for kind, of_spot in (("station", incidents.station), ("street", incidents.street)):
        query = f"SELECT {kind}_id AS id FROM core.{kind}s ORDER BY 1"
        ids = objects(context.con.execute(query).fetchnumpy()["id"])
        known = pa.array(ids, pa.string())
        place = pc.index_in(ground.scope[f"{kind}_id"], value_set=known, skip_nulls=True)
        of_area = np.asarray(pc.fill_null(place, -1)).astype(np.int64)
        kinds.append((kind, ids, of_area, of_spot))
    reached = np.dstack([reach.reached_by_hour_m2, reach.visited_by_hour_m2])

    def insert(
        kind: str, ids: NDArray[np.object_], of_area: NDArray[np.int64], gaps: PatrolGaps
    ) -> None:
        shares = _shares(reached, reach.open_m2, of_area, len(ids))
        area, columns = _rows(gaps, shares, has_log=has_log, sparse=kind == "community")
        insert_scoped(context.con, "patrol_gaps", kind, ids, area, columns, ground.scope)

    for kind, ids, of_area, of_spot in kinds:
        m = len(ids)  # and a last area for what lies in none
        gaps = find_gaps(
            incidents.begins, incidents.ends, bits, area=np.where(of_spot < 0, m, of_spot),
            n_areas=m + 1, by_week=kind != "community",
        )  # fmt: skip
        parts = (gaps.n, gaps.unmanned, gaps.unvisited)
        insert(kind, ids, of_area, PatrolGaps(*(one[:m] for one in parts)))
        if kind == "station":
            whole = PatrolGaps(*(one.sum(axis=0, keepdims=True) for one in parts))
            insert("district", district, np.zeros(n, np.int64), whole)


def _shares(
    reached: NDArray[np.float64],
    open_m2: NDArray[np.float64],
    of_area: NDArray[np.int64],
    n: int,
) -> NDArray[np.float64]:
    """Share of the areas' open ground reached in each hour: (n, 24, 2), manned and visited."""
    sums, whole = np.zeros((n, *reached.shape[1:])), np.zeros(n)
    known = of_area >= 0
    np.add.at(sums, of_area[known], reached[known])
    np.add.at(whole, of_area[known], open_m2[known])
    share = np.full(sums.shape, np.nan)
    np.divide(sums, whole[:, None, None], out=share, where=whole[:, None, None] > 0)
    return np.asarray(np.minimum(share, 1.0))


def _rows(
    gaps: PatrolGaps, shares: NDArray[np.float64], *, has_log: bool, sparse: bool
) -> tuple[NDArray[np.int64], dict[str, Any]]:
    """Row of the area, and the columns, of every hour; of hours that matter when `sparse`."""
    n, unmanned, unvisited = (np.round(one, 6) for one in (gaps.n, gaps.unmanned, gaps.unvisited))
    slots = n.shape[1]
    hours = np.arange(slots) % 24
    whole = n.sum(axis=1, keepdims=True)
    gap = np.divide(unmanned, whole, out=np.full(n.shape, np.nan), where=whole > 0)
    rank = np.empty(n.shape, np.int64)
    order = np.lexsort((np.broadcast_to(np.arange(slots), n.shape), -n, -unmanned), axis=1)
    np.put_along_axis(rank, order, np.arange(1, slots + 1)[None, :], axis=1)
    kept = (n > 0) | (shares[:, hours, 0] > 0) if sparse else np.ones(n.shape, bool)
    area, slot = np.nonzero(kept)
    hour = hours[slot]
    none = pa.nulls(len(area), pa.float64())
    columns = {
        "weekday": pa.array(slot // 24, mask=np.full(len(area), slots == 24)),
        "hour": hour,
        "manned_fraction": pa.array(shares[area, hour, 0], from_pandas=True),
        "visited_fraction": pa.array(shares[area, hour, 1], from_pandas=True) if has_log else none,
        "n_incidents": n[kept],
        "n_unmanned": unmanned[kept],
        "n_unvisited": unvisited[kept] if has_log else none,
        "gap_fraction": pa.array(np.minimum(gap[kept], 1.0), from_pandas=True),
        "rank": rank[kept],
    }
    return area, columns
