"""Patrol tonight: where and when the next night's incidents are to be expected, and the walk."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import shapely

from etl.dictionary.core import CLASSES
from etl.marts.alarms import Raised
from etl.marts.bandwidths import used_bandwidth
from etl.marts.cell_months import BINS, DAYS, Area, CellMonths
from etl.marts.community_shapes import Shapes
from etl.marts.context import MartContext
from etl.marts.emerging import cell_columns, with_lonlat
from etl.marts.incidents import COUNTED
from etl.marts.notes import Notes, Row, insert
from geo.tonight import Plan, plan_patrols, walk_plan
from geo.walk_forward import smooth_counts

CLASSES_PATROLLED = ("all", "case")
# 18:00 to 06:00
HOURS = (*range(18, 24), *range(6))
MOST_HOURS = 24
PLANS = (2, 4, 6, 8, 12, 16, 24)
FEWEST_INCIDENTS = 30
# what a pair on foot walks round within its hour: some 7 ha
REACH_M = 150.0
# more than this share of all at 00:00-00:59: the hour was not recorded
UNTIMED = 0.5

# incidents, but months where the data are too short
_NEEDED = {"too_few": FEWEST_INCIDENTS, "no_incident": FEWEST_INCIDENTS, "too_short": 1}

_HOURS = """
SELECT scope_id, list_position($classes, class) - 1 AS leaf, weekday, hour, n
FROM mart.incident_hours WHERE scope_kind = 'station' AND list_contains($classes, class)
"""


def fill_tonight(
    context: MartContext,
    months: CellMonths,
    raised: dict[str, Raised],
    communities: Shapes,
    notes: Notes,
) -> None:
    """Fill `mart.tonight` and `mart.tonight_routes`.

    Parameters
    ----------
    context
        The open build; `mart.incident_hours` is filled.
    months
        Incidents by cell and month.
    raised
        Near-repeat alarms by station.
    communities
        The communities and their shapes.
    notes
        Told what could not be said.

    Notes
    -----
    The night begins at 18:00 on the day after `as_of` and ends at 06:00. Expected incidents of a
    cell and hour: for each class its smoothed share of the last year's incidents, times the
    station's incidents a week by weekday and by hour, times the near-repeat ratio for the part
    that is of the kind. A patrol covers the cells within 150 m for an hour. Legs are
    along streets at right angles (Manhattan), not around buildings.
    """
    clocks = _read_clocks(context)
    best: list[Row] = []
    walks: list[Row] = []
    for area in months.stations():
        clock = clocks.get(area.scope_id, np.zeros((len(CLASSES), 7, 24)))
        for name in CLASSES_PATROLLED:
            n = int(area.last_year(name).sum()) if months.n_bins else area.total(name)
            of = [CLASSES.index(one) for one in COUNTED[name]]
            outcome = _what_hinders(n, clock[of], months)
            plan: Plan | None = None
            if outcome == "ok":
                width = used_bandwidth(context, area.kind, area.scope_id, cell_m=months.cell_m)
                place, usual, demand = _expect(context, area, clock, of, width, raised)
                plan = plan_patrols(demand, place, radius_m=REACH_M, n_hours=MOST_HOURS)
                mine = _rows(context, area, name, plan, usual, demand)
                best += mine
                walks += _walks(mine)
                outcome = "ok" if mine else "nothing_found"
            notes.add(
                "station", area.scope_id, "tonight", name, outcome, n=n,
                needed=_NEEDED.get(outcome),
                n_found=0 if plan is None else len(plan.place),
            )  # fmt: skip
    _name_communities(communities, with_lonlat(best, epsg=context.district.epsg))
    insert(context.con, "tonight", best)
    insert(context.con, "tonight_routes", with_lonlat(walks, epsg=context.district.epsg))


def _read_clocks(context: MartContext) -> dict[str, np.ndarray]:
    """Return the incidents of a year by class, weekday and hour for each station."""
    rows = context.con.execute(_HOURS, {"classes": list(CLASSES)}).fetchnumpy()
    names, station = np.unique(np.asarray(rows["scope_id"], dtype=object), return_inverse=True)
    clocks = np.zeros((len(names), len(CLASSES), 7, 24))
    clocks[station, rows["leaf"], rows["weekday"], rows["hour"]] = rows["n"]
    return dict(zip(names.tolist(), clocks, strict=True))


def _what_hinders(n: int, clock: np.ndarray, months: CellMonths) -> str:
    if n == 0:
        return "no_incident"
    if months.n_bins == 0:
        return "too_short"
    if n < FEWEST_INCIDENTS:
        return "too_few"
    by_hour = clock.sum(axis=(0, 1))
    if by_hour.sum() <= 0 or by_hour[0] > UNTIMED * by_hour.sum():
        return "untimed"
    return "ok"


def _expect(
    context: MartContext,
    area: Area,
    clock: np.ndarray,
    of: list[int],
    bandwidth_m: float,
    raised: dict[str, Raised],
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return cell centres, and expected incidents (hours, cells) without and with near repeats."""
    cells = np.flatnonzero(area.inside)
    place = area.grid.centres()[cells]
    usual = np.zeros((len(HOURS), len(cells)))
    demand = usual.copy()
    weekday = (context.as_of + timedelta(days=1)).weekday()
    days = np.array([weekday if hour >= 12 else (weekday + 1) % 7 for hour in HOURS])
    for leaf in of:
        n = area.counts[leaf, -BINS // 2 :].sum(axis=0)
        if not n.sum():
            continue
        dense = smooth_counts(n, area.inside, s=bandwidth_m / area.grid.cell_m).ravel()[cells]
        week = clock[leaf]
        total = week.sum()
        if total <= 0:
            continue
        # weekday and hour taken apart: 168 hours of one class are too thin to be read singly
        a_day = week.sum(axis=1)[days] / (DAYS / 2 / 7)
        by_hour = a_day * week.sum(axis=0)[list(HOURS)] / total
        part = np.outer(by_hour, dense / dense.sum())
        usual += part
        demand += part * _raise(area, leaf, int(n.sum()), place, raised)
    return place, usual, demand


def _raise(
    area: Area, leaf: int, n: int, place: np.ndarray, raised: dict[str, Raised]
) -> np.ndarray:
    """Return how many times the usual a class is to be expected in each cell."""
    found = raised.get(area.scope_id)
    times = np.ones(len(place))
    if found is None:
        return times
    kinds = np.array(found.kind)
    for kind in sorted(set(found.kind)):
        share = min(1.0, found.n_alike.get((kind, CLASSES[leaf]), 0) / n)
        here = kinds == kind
        away = np.abs(place[:, None] - found.xy[here][None]).sum(axis=2)
        # a cell is raised when its nearest point may be: half a cell is given
        near = away < found.radius_m[here] + area.grid.cell_m / 2
        ratio = np.where(near, found.ratio[here], 1.0).max(axis=1, initial=1.0)
        times += share * (ratio - 1)
    return times


def _rows(
    context: MartContext,
    area: Area,
    name: str,
    plan: Plan,
    usual: np.ndarray,
    demand: np.ndarray,
) -> list[Row]:
    cells = np.flatnonzero(area.inside)
    rows: list[Row] = []
    for k, (place, hour) in enumerate(zip(plan.place, plan.hour, strict=True)):
        before = float(usual[hour, place])
        rows.append(
            {
                "station_id": area.scope_id,
                "class": name,
                "night": context.as_of + timedelta(days=1),
                "hour": HOURS[hour],
                **cell_columns(area, int(cells[place])),
                "rank": k + 1,
                "radius_m": REACH_M,
                "expected": float(plan.gain[k]),
                "expected_total": plan.total,
                "cumulative_fraction": min(1.0, float(plan.covered[k] / plan.total)),
                "at_most_fraction": min(1.0, float(plan.at_most[k] / plan.total)),
                "raise_ratio": float(demand[hour, place]) / before if before > 0 else 1.0,
            }
        )
    return rows


def _walks(rows: list[Row]) -> list[Row]:
    """Return the walks of the plans of 2 to 24 patrol hours."""
    out: list[Row] = []
    kept = ("station_id", "class", "night", "hour", "cell_id", "x", "y", "cell_m", "rank")
    for many in PLANS:
        if many > len(rows):
            break
        mine = rows[:many]
        xy = np.array([[one["x"], one["y"]] for one in mine], dtype=float)
        order = np.array([HOURS.index(int(str(one["hour"]))) for one in mine])
        walk = walk_plan(xy, order)
        so_far: dict[int, float] = {}
        for patrol, stop, row, leg in zip(
            walk.patrol.tolist(), walk.stop.tolist(), walk.row.tolist(), walk.leg_m, strict=True
        ):
            so_far[patrol] = so_far.get(patrol, 0.0) + float(leg)
            out.append(
                {name: mine[row][name] for name in kept}
                | {
                    "patrol_hours": many,
                    "patrol": patrol,
                    "stop": stop,
                    "leg_m": float(leg) if stop > 1 else None,
                    "walk_m": so_far[patrol],
                    "metric": "manhattan",
                }
            )
    return out


def _name_communities(communities: Shapes, rows: list[Row]) -> None:
    """Add the community that holds the middle of each cell, the smaller id on a shared border."""
    points = shapely.points(
        np.array([[one["x"], one["y"]] for one in rows], dtype=float).reshape(-1, 2)
    )
    row, shape = communities.tree.query(points, predicate="intersects")
    for k in np.lexsort((shape, row))[::-1]:
        rows[row[k]]["community_id"] = communities.names[shape[k]]
