"""Near-repeat alarms: the tables of pairs of each jurisdiction, and what they ring now."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from scipy.spatial import cKDTree

from etl.dictionary.core import CLASSES
from etl.marts.context import MartContext
from etl.marts.near_repeats import (
    DAYS,
    band_rows,
    count_pairs,
    points_of,
    read_incidents,
    read_method,
    split_by_station,
)
from etl.marts.notes import Notes, Row, insert
from geo import projection
from geo.near_repeat import KnoxTable
from geo.repeat_alarms import Alarms, Rule, make_rule, pool, ring

MOST_ALARMS = 200
FEWEST_INCIDENTS = 20
# chance that any station of a district rings by its own table where nothing is to be rung
FALSE_ALARM = 0.02
EPOCH = date(1970, 1, 1)

_SHARES = "SELECT station_id, kind, class, count(*) FROM of_kinds GROUP BY ALL ORDER BY ALL"

_ALARMS = """
INSERT INTO mart.alarms BY NAME
SELECT r.* EXCLUDE (number), incident_id, street_id, community_id, address, lon, lat,
    row_number() OVER (
        PARTITION BY r.station_id
        ORDER BY ratio DESC, n_linked DESC, expires_on DESC, incident_id, kind) AS rank
FROM rung r JOIN core.incidents i ON i.rowid = r.number
ORDER BY station_id, rank
"""


@dataclass
class Raised:
    """Alarms of one station, as far as a patrol needs them.

    `n_alike` counts the station's incidents of a year by kind and class.
    """

    xy: np.ndarray
    radius_m: np.ndarray
    ratio: np.ndarray
    kind: list[str]
    n_alike: dict[tuple[str, str], int] = field(default_factory=dict)


def fill_alarms(context: MartContext, notes: Notes) -> dict[str, Raised]:
    """Fill `mart.near_repeats` and `mart.alarms`.

    Parameters
    ----------
    context
        The open build, with core tables filled.
    notes
        Told what could not be said.

    Returns
    -------
    dict
        The alarms of each station that has any.

    Notes
    -----
    The last 365 days; of more than 1,000 of a kind and station the newest whole days. The
    district's table is the sum of its stations', each shuffled by itself. A station rings by its
    own table where p of the nearest band, times the number of stations, is at most 0.02, else by
    the district's where that is raised, else not at all. "Now" is the day after `as_of`, the
    first that is not in the data yet.
    """
    method = read_method()
    rows = read_incidents(context, method)
    bands: list[Row] = []
    alarms: list[Row] = []
    for number, kind in enumerate(method.kinds):
        stations = split_by_station(rows.filter(pc.equal(rows["kind"], kind)))
        enough = {one: t for one, t in stations.items() if t.num_rows >= FEWEST_INCIDENTS}
        tables = {}
        for k, (station, part) in enumerate(enough.items()):
            rng = np.random.default_rng([context.seed, number, k])
            tables[station] = count_pairs(part, method, rng, n_stations=len(enough))
        if tables:
            bands += _ring_kind(context, kind, stations, tables, alarms, notes)
        else:
            n = sum(part.num_rows for part in stations.values())
            _tell_nothing(context, notes, kind, n, rows.num_rows)
    insert(context.con, "near_repeats", bands)
    raised = _remember(context, alarms)
    _store(context, alarms)
    context.con.execute("DROP TABLE of_kinds")
    return raised


def _ring_kind(
    context: MartContext,
    kind: str,
    stations: dict[str, pa.Table],
    tables: dict[str, tuple[KnoxTable, int]],
    alarms: list[Row],
    notes: Notes,
) -> list[Row]:
    """Add the alarms of a kind to `alarms`, and return the rows of its tables."""
    district, period = context.district.district_id, _period(context)
    whole = pool([table for table, _ in tables.values()])
    rule, rung = make_rule(whole), 0
    bands = band_rows("district", district, kind, whole, rule, period)
    for station, part in stations.items():
        counted, own = tables.get(station), rule
        if counted is not None:
            table, times = counted
            its = make_rule(table, gate_p=FALSE_ALARM / len(tables))
            own = its if its.until_days else rule
            bands += band_rows("station", station, kind, table, own, period, times)
        found = _ring(context, part, own, whole)
        alarms += _alarm_rows(part, kind, found, whole)
        n, n_found = part.num_rows, len(found.index)
        rung += n_found
        few = FEWEST_INCIDENTS if counted is None else None
        said = "too_few" if counted is None else _said(own)
        notes.add("station", station, "near_repeats", kind, said, n=n, needed=few)
        said = "ok" if n_found else "nothing_found"
        notes.add("station", station, "alarms", kind, said, n=n, n_found=n_found)
    n = sum(part.num_rows for part in stations.values())
    notes.add("district", district, "near_repeats", kind, _said(rule), n=n)
    said = "ok" if rung else "nothing_found"
    notes.add("district", district, "alarms", kind, said, n=n, n_found=rung)
    return bands


def _said(rule: Rule) -> str:
    return "ok" if rule.until_days else "nothing_found"


def _tell_nothing(context: MartContext, notes: Notes, kind: str, n: int, n_of_all: int) -> None:
    outcome = "too_few" if n else "no_incident" if n_of_all else "no_type"
    needed = FEWEST_INCIDENTS if outcome == "too_few" else None
    for analysis in ("near_repeats", "alarms"):
        district = context.district.district_id
        notes.add("district", district, analysis, kind, outcome, n=n, needed=needed)


def _period(context: MartContext) -> tuple[date, date]:
    return context.as_of - timedelta(days=DAYS - 1), context.as_of


def _ring(context: MartContext, rows: pa.Table, rule: Rule, table: KnoxTable) -> Alarms:
    today = (context.as_of - EPOCH).days + 1
    return ring(points_of(rows), rows["day"].to_numpy(), today=today, rule=rule, table=table)


def _alarm_rows(rows: pa.Table, kind: str, found: Alarms, table: KnoxTable) -> list[Row]:
    out: list[Row] = []
    for k, one in enumerate(rows.take(pa.array(found.index[:MOST_ALARMS])).to_pylist()):
        occurred = EPOCH + timedelta(days=one["day"])
        out.append(
            {
                **{name: one[name] for name in ("number", "station_id", "x", "y")},
                "kind": kind,
                "occurred_on": occurred,
                "raised_from": occurred,
                "expires_on": EPOCH + timedelta(days=int(found.expires[k])),
                "radius_m": float(found.radius_m[k]),
                "metric": table.metric,
                "ratio": float(found.ratio[k]),
                "p": float(found.p[k]),
                "n_linked": int(found.n_linked[k]),
                "n_buildings": None,
            }
        )
    return out


def _remember(context: MartContext, alarms: list[Row]) -> dict[str, Raised]:
    """Return what a patrol needs: where risk is raised, and how much of a class is of the kind."""
    raised: dict[str, Raised] = {}
    for one in alarms:
        blank = Raised(np.empty((0, 2)), np.empty(0), np.empty(0), [])
        here = raised.setdefault(str(one["station_id"]), blank)
        here.xy = np.concatenate([here.xy, [_point(one)]])
        here.radius_m = np.append(here.radius_m, _number(one["radius_m"]))
        here.ratio = np.append(here.ratio, _number(one["ratio"]))
        here.kind.append(str(one["kind"]))
    for station, kind, name, n in context.con.execute(_SHARES).fetchall():
        if station in raised and name in CLASSES:
            raised[station].n_alike[kind, name] = n
    return raised


def _store(context: MartContext, alarms: list[Row]) -> None:
    """Rank the alarms of each station, name their incidents, and store them."""
    if not alarms:
        return
    _count_buildings(context, alarms)
    schema = pa.Table.from_pylist(alarms).schema
    at = schema.get_field_index("n_buildings")
    schema = schema.set(at, pa.field("n_buildings", pa.int64()))
    context.con.register("rung", pa.Table.from_pylist(alarms, schema=schema))
    context.con.execute(_ALARMS)
    context.con.unregister("rung")


def _count_buildings(context: MartContext, rows: list[Row]) -> None:
    """Add how many buildings lie within reach of each alarm, where buildings are known."""
    found = context.con.execute("SELECT lon, lat FROM core.buildings").fetchnumpy()
    if not len(found["lon"]):
        return
    x, y = projection.project(found["lon"], found["lat"], epsg=context.district.epsg)
    tree = cKDTree(np.column_stack([x, y]))
    for one in rows:
        norm = 1.0 if one["metric"] == "manhattan" else 2.0
        reach = _number(one["radius_m"])
        one["n_buildings"] = len(tree.query_ball_point(_point(one), reach, p=norm))


def _point(one: Row) -> list[float]:
    return [_number(one["x"]), _number(one["y"])]


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) else 0.0
