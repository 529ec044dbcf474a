"""Near repeats of each jurisdiction, and the alarms that they ring now."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from scipy.spatial import cKDTree

from etl.dictionary.core import CLASSES
from etl.marts.context import MartContext
from etl.marts.local_time import local_day_sql, starts_at
from etl.marts.notes import Notes, Row, insert
from etl.paths import REFERENCE
from geo import projection
from geo.near_repeat import KnoxTable, knox
from geo.repeat_alarms import Alarms, Rule, make_rule, pool, ring

DAYS = 365
# the newest of the year, where a station has more of a kind
MOST_INCIDENTS, MOST_ALARMS = 2_000, 200
FEWEST_INCIDENTS = 20
PERMUTATIONS = 199
EPOCH = date(1970, 1, 1)

_INCIDENTS = """
SELECT i.station_id, i.street_id, i.community_id, i.incident_id, i.address, i.x, i.y, i.lon, i.lat,
    k.kind, i.class, ({day})::INTEGER AS day,
    count(*) OVER (PARTITION BY i.station_id, k.kind, i.class) AS n_alike
FROM core.incidents i JOIN repeat_types k USING (type)
WHERE occurred_from >= $since AND occurred_from < $until AND i.station_id IS NOT NULL
    AND x IS NOT NULL AND y IS NOT NULL
QUALIFY row_number() OVER (
    PARTITION BY i.station_id, k.kind ORDER BY occurred_from DESC, incident_id) <= {most}
ORDER BY i.station_id, k.kind, i.occurred_from, i.incident_id
"""


@dataclass(frozen=True)
class Method:
    """The kinds of incident and the bands, from `data/reference/near_repeat.toml`."""

    metric: Any
    distance_bands_m: list[float]
    time_bands_days: list[float]
    kinds: dict[str, list[str]]

    def kind_of(self, name: str) -> str | None:
        """Return the kind that a type belongs to, None when no word of any occurs in it."""
        low = name.lower()
        for kind, words in self.kinds.items():
            if any(word in low for word in words):
                return kind
        return None


@dataclass
class Raised:
    """Alarms of one station, as far as a patrol needs them."""

    xy: np.ndarray
    radius_m: np.ndarray
    ratio: np.ndarray
    kind: list[str]
    # share of a class of the station's incidents that is of a kind
    n_alike: dict[tuple[str, str], int] = field(default_factory=dict)


def read_method() -> Method:
    """Return the method as the data file states it."""
    body = tomllib.loads((REFERENCE / "near_repeat.toml").read_text(encoding="utf-8"))
    return Method(
        body["metric"],
        [float(one) for one in body["distance_bands_m"]],
        [float(one) for one in body["time_bands_days"]],
        {one["id"]: [word.lower() for word in one["words"]] for one in body["kinds"]},
    )


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
    The last 365 days, the newest 2,000 of a kind and station. The district's table is the sum of
    its stations', each shuffled by itself; without a raised band there no alarm is rung. A station
    rings by its own table where that is raised, else by the district's.
    """
    method, district = read_method(), context.district.district_id
    rows = _read(context, method)
    bands: list[Row] = []
    alarms: list[Row] = []
    raised: dict[str, Raised] = {}
    for number, kind in enumerate(method.kinds):
        mine = rows.filter(pc.equal(rows["kind"], kind)) if rows.num_rows else rows
        stations = _split(mine)
        tables: dict[str, KnoxTable] = {}
        for k, (station, part) in enumerate(stations.items()):
            if part.num_rows >= FEWEST_INCIDENTS:
                rng = np.random.default_rng([context.seed, number, k])
                tables[station] = _knox(part, method, rng)
        total = mine.num_rows
        if not tables:
            _tell_nothing(notes, district, kind, total, rows.num_rows)
            continue
        whole = pool(list(tables.values()))
        rule = make_rule(whole)
        period = _period(context)
        bands += _bands("district", district, kind, whole, rule, period)
        rung = 0
        for station, part in stations.items():
            table = tables.get(station)
            own = rule
            if table is not None:
                its = make_rule(table)
                own = its if its.until_days and rule.until_days else rule
                bands += _bands("station", station, kind, table, own, period)
            found = _ring(context, part, own, whole)
            rung += len(found.index)
            alarms += _alarm_rows(part, kind, found, whole)
            _remember(raised, station, kind, part, found)
            outcome = "ok" if len(found.index) else "nothing_found"
            n = part.num_rows
            for analysis in ("near_repeats", "alarms"):
                few = table is None and analysis == "near_repeats"
                notes.add(
                    "station", station, analysis, kind,
                    "too_few" if few else outcome if analysis == "alarms" else _said(own),
                    n=n, needed=FEWEST_INCIDENTS if few else None, n_found=len(found.index),
                )  # fmt: skip
        notes.add("district", district, "near_repeats", kind, _said(rule), n=total)
        outcome = "ok" if rung else "nothing_found"
        notes.add("district", district, "alarms", kind, outcome, n=total, n_found=rung)
    insert(context.con, "near_repeats", bands)
    insert(context.con, "alarms", _count_buildings(context, _ranked(alarms)))
    return raised


def _read(context: MartContext, method: Method) -> pa.Table:
    """Return the located incidents of the kinds, at most 2,000 of each kind and station."""
    con, zone = context.con, context.district.time_zone
    types = con.execute("SELECT DISTINCT type FROM core.incidents ORDER BY type").fetchall()
    pairs = [(one, method.kind_of(one)) for (one,) in types]
    known = [(one, kind) for one, kind in pairs if kind is not None]
    con.register(
        "repeat_types",
        pa.table(
            {
                "type": pa.array([one for one, _ in known], pa.string()),
                "kind": pa.array([kind for _, kind in known], pa.string()),
            }
        ),
    )
    since = starts_at(context.as_of - timedelta(days=DAYS - 1), zone)
    until = starts_at(context.as_of + timedelta(days=1), zone)
    day = local_day_sql("occurred_from", zone, since, until)
    query = _INCIDENTS.format(day=day, most=MOST_INCIDENTS)
    rows = con.execute(query, {"since": since, "until": until}).to_arrow_table()
    con.unregister("repeat_types")
    return rows


def _split(rows: pa.Table) -> dict[str, pa.Table]:
    """Return the rows of each station; they are sorted by it."""
    names = rows["station_id"].to_pylist()
    edges = [0, *(i for i in range(1, len(names)) if names[i] != names[i - 1]), len(names)]
    return {names[a]: rows.slice(a, b - a) for a, b in pairwise(edges) if b > a}


def _points(rows: pa.Table) -> np.ndarray:
    return np.column_stack([rows["x"].to_numpy(), rows["y"].to_numpy()])


def _knox(rows: pa.Table, method: Method, rng: np.random.Generator) -> KnoxTable:
    return knox(
        _points(rows),
        rows["day"].to_numpy(),
        distance_bands_m=method.distance_bands_m,
        time_bands_days=method.time_bands_days,
        metric=method.metric,
        permutations=PERMUTATIONS,
        rng=rng,
    )


def _said(rule: Rule) -> str:
    return "ok" if rule.until_days else "nothing_found"


def _tell_nothing(notes: Notes, district: str, kind: str, n: int, n_of_all_kinds: int) -> None:
    outcome = "too_few" if n else "no_incident" if n_of_all_kinds else "no_type"
    for analysis in ("near_repeats", "alarms"):
        needed = FEWEST_INCIDENTS if outcome == "too_few" else None
        notes.add("district", district, analysis, kind, outcome, n=n, needed=needed)


def _period(context: MartContext) -> tuple[date, date]:
    return context.as_of - timedelta(days=DAYS - 1), context.as_of


def _bands(
    scope: str, scope_id: str, kind: str, table: KnoxTable, rule: Rule, period: tuple[date, date]
) -> list[Row]:
    rows: list[Row] = []
    for (r, c), observed in np.ndenumerate(table.observed):
        ratio = float(table.ratio[r, c])
        rows.append(
            {
                "scope_kind": scope,
                "scope_id": scope_id,
                "station_id": scope_id if scope == "station" else None,
                "kind": kind,
                "metric": table.metric,
                "distance_from_m": float(table.distance_bands_m[r]),
                "distance_to_m": float(table.distance_bands_m[r + 1]),
                "days_from": int(table.time_bands_days[c]),
                "days_to": int(table.time_bands_days[c + 1]),
                "n_incidents": table.n,
                "observed": int(observed),
                "expected": float(table.expected[r, c]),
                "ratio": ratio if np.isfinite(ratio) else None,
                "p": float(table.p[r, c]),
                "is_raised": bool(rule.raised[r, c]),
                "period_from": period[0],
                "period_to": period[1],
                "permutations": PERMUTATIONS,
            }
        )
    return rows


def _ring(context: MartContext, rows: pa.Table, rule: Rule, table: KnoxTable) -> Alarms:
    """Ring for tomorrow: the first day that is not in the data yet."""
    today = (context.as_of - EPOCH).days + 1
    return ring(_points(rows), rows["day"].to_numpy(), today=today, rule=rule, table=table)


def _alarm_rows(rows: pa.Table, kind: str, found: Alarms, table: KnoxTable) -> list[Row]:
    out: list[Row] = []
    names = ("incident_id", "station_id", "street_id", "community_id", "address", "x", "y")
    for k, one in enumerate(rows.take(pa.array(found.index)).to_pylist()[:MOST_ALARMS]):
        occurred = EPOCH + timedelta(days=one["day"])
        out.append(
            {
                **{name: one[name] for name in (*names, "lon", "lat")},
                "kind": kind,
                "occurred_on": occurred,
                "raised_from": occurred,
                "expires_on": EPOCH + timedelta(days=int(found.expires[k])),
                "radius_m": float(found.radius_m[k]),
                "metric": table.metric,
                "ratio": float(found.ratio[k]),
                "p": float(found.p[k]),
                "n_linked": int(found.n_linked[k]),
            }
        )
    return out


def _ranked(rows: list[Row]) -> list[Row]:
    """Number the alarms of each station: the highest ratio first, then the most linked."""

    def key(one: Row) -> tuple[Any, ...]:
        return (one["station_id"], -_number(one["ratio"]), -_number(one["n_linked"]),
                one["expires_on"], one["incident_id"])  # fmt: skip

    ranked = sorted(rows, key=key)
    seen: dict[object, int] = {}
    for one in ranked:
        seen[one["station_id"]] = seen.get(one["station_id"], 0) + 1
        one["rank"] = seen[one["station_id"]]
    return ranked


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) else 0.0


def _remember(
    raised: dict[str, Raised], station: str, kind: str, rows: pa.Table, found: Alarms
) -> None:
    """Keep what a patrol needs: where risk is raised, and how much of a class is of the kind."""
    if not len(found.index):
        return
    xy = _points(rows)[found.index]
    here = raised.setdefault(station, Raised(np.empty((0, 2)), np.empty(0), np.empty(0), []))
    here.xy = np.concatenate([here.xy, xy])
    here.radius_m = np.concatenate([here.radius_m, found.radius_m])
    here.ratio = np.concatenate([here.ratio, found.ratio])
    here.kind += [kind] * len(xy)
    pairs = zip(rows["class"].to_pylist(), rows["n_alike"].to_pylist(), strict=True)
    here.n_alike |= {(kind, name): n for name, n in pairs if name in CLASSES}


def _count_buildings(context: MartContext, rows: list[Row]) -> list[Row]:
    """Add how many buildings lie within reach of each alarm, where buildings are known."""
    if not rows or "buildings" in context.missing:
        return rows
    found = context.con.execute("SELECT lon, lat FROM core.buildings").fetchnumpy()
    if not len(found["lon"]):
        return rows
    x, y = projection.project(found["lon"], found["lat"], epsg=context.district.epsg)
    tree = cKDTree(np.column_stack([x, y]))
    for one in rows:
        norm = 1.0 if one["metric"] == "manhattan" else 2.0
        near: Sequence[int] = tree.query_ball_point(
            [_number(one["x"]), _number(one["y"])], _number(one["radius_m"]), p=norm
        )
        one["n_buildings"] = len(near)
    return rows
