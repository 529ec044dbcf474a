"""What is planted among the incidents: hotspots, near-repeat series, interventions."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from scipy.spatial import cKDTree

from etl.simulate.kinds import CODE, FIRST_DAY, N_DAYS, TYPES, class_mixes, day_weights
from etl.simulate.lots import USES, Lots
from etl.simulate.roads import Roads

_HOTSPOT_KINDS = ("ebike_theft", "fight", "petty_theft", "property_management", "noise")
_SERIES_LENGTH = 12
_WORKED, _DISPLACED, _NOTHING = "worked", "displaced", "nothing"


@dataclass(frozen=True)
class Hotspot:
    """Incidents of one type scattered round a centre (normal, `sd_m`, cut at 3 sd) for a time."""

    xy: tuple[float, float]
    sd_m: float
    type: int
    from_day: int
    to_day: int
    expected: float


@dataclass(frozen=True)
class Series:
    """A near-repeat series of burglaries: days since the first day, in one community."""

    community: int
    days: np.ndarray


@dataclass(frozen=True)
class Intervention:
    """Something done in a community, and what it did to the planted thefts there."""

    community: int
    kind: str
    day: int
    effect: str
    per_week_before: float = 0.0
    per_week_after: float = 0.0
    neighbours: tuple[int, ...] = ()
    n_cameras: int = 0


@dataclass(frozen=True)
class Components:
    """Point processes whose sum is the city: one row each.

    `mix` is a row of `mixes` (types), `xy` and `sd_m` the place of a hotspot (NaN otherwise),
    `community` the place of an excess (-1 otherwise), `road` the road nearest to a hotspot (-1
    otherwise), `expected` shape (N_DAYS, n).
    """

    mixes: np.ndarray
    mix: np.ndarray
    xy: np.ndarray
    sd_m: np.ndarray
    community: np.ndarray
    road: np.ndarray
    expected: np.ndarray


@dataclass(frozen=True)
class Plan:
    """Everything planted."""

    hotspots: list[Hotspot] = field(default_factory=list)
    series: list[Series] = field(default_factory=list)
    interventions: list[Intervention] = field(default_factory=list)


def plant(
    lots: Lots, centres: np.ndarray, n_buildings: np.ndarray, incidents: int, cameras: int,
    *, rng: np.random.Generator,
) -> Plan:  # fmt: skip
    """Choose what to plant.

    Parameters
    ----------
    lots
        The lots.
    centres
        Centres of the communities in local metres, shape (n, 2).
    n_buildings
        Buildings per community.
    incidents, cameras
        Totals of the city.
    rng
        Source of randomness.

    Returns
    -------
    Plan
        In the demo 4 hotspots, 2 series, and one intervention of each effect; more in larger
        cities, so that their share of all incidents stays alike.
    """
    n = centres.shape[0]
    # Interventions and series want room: communities with the most buildings come first.
    roomy = np.argsort(-(n_buildings + rng.random(n)), kind="stable")[: max(3, n // 3)]
    turn = rng.permutation(roomy)
    rounds = int(np.clip(n // 200, 1, 40))
    per_week = 0.8 * incidents / max(n, 1) / 225.0
    actions = []
    for k in range(min(rounds, turn.size // 3)):
        a, b, c = (int(one) for one in turn[3 * k : 3 * k + 3])
        actions += _act(a, b, c, centres, per_week, cameras, rounds, rng=rng)
    left = turn[3 * min(rounds, turn.size // 3) :]
    left = left if left.size else turn
    n_series = int(min(np.clip(n // 16, 1, 150), incidents // (5 * _SERIES_LENGTH)))
    series = [
        _series(int(left[k % left.size]), recent=k % 2 == 0, rng=rng) for k in range(n_series)
    ]
    return Plan(_hotspots(lots, n, incidents, rng=rng), series, actions)


def _act(
    a: int, b: int, c: int, centres: np.ndarray, per_week: float, cameras: int, rounds: int,
    *, rng: np.random.Generator,
) -> list[Intervention]:  # fmt: skip
    apart = np.linalg.norm(centres - centres[b], axis=1)
    near = np.argsort(apart, kind="stable")[1:5]
    near = near[(apart[near] < 420) & (near != a)]
    when = rng.integers(-20, 20, 3)
    bought = int(min(50, cameras / 8 / rounds))
    return [
        Intervention(a, "cameras", 430 + int(when[0]), _WORKED, per_week, per_week * 0.12,
                     n_cameras=bought),
        Intervention(b, "lighting", 400 + int(when[1]), _DISPLACED, per_week, per_week * 0.25,
                     tuple(int(one) for one in near)),
        Intervention(c, str(rng.choice(["gate", "guards", "patrol"])), 380 + int(when[2]),
                     _NOTHING),
    ]  # fmt: skip


def _series(community: int, *, recent: bool, rng: np.random.Generator) -> Series:
    gaps = rng.integers(0, 4, _SERIES_LENGTH - 1)
    start = int(rng.integers(60, N_DAYS - 60))
    if recent:  # half of the series are recent, so that an alarm has what to ring for
        start = N_DAYS - 3 - int(gaps.sum()) - int(rng.integers(0, 6))
    return Series(community, start + np.concatenate([[0], np.cumsum(gaps)]))


def _hotspots(lots: Lots, n: int, incidents: int, *, rng: np.random.Generator) -> list[Hotspot]:
    count = int(np.clip(n // 10, 3, 240))
    each = incidents * min(0.011, 0.12 / count)
    middles = lots.quads.mean(axis=1)
    busy = (lots.use == USES.index("market")) | (lots.use == USES.index("mall"))
    public = rng.permutation(np.flatnonzero(busy) if busy.any() else np.arange(lots.form.size))
    homes = rng.permutation(lots.homes)
    found = []
    for k in range(count):
        code = _HOTSPOT_KINDS[k % len(_HOTSPOT_KINDS)]
        pool = homes if code in ("property_management", "noise") else public
        lot = int(pool[k % pool.size])
        # The corner towards the middle of the city, so that little is scattered beyond its edge.
        corner = lots.quads[lot, int(np.linalg.norm(lots.quads[lot], axis=1).argmin())]
        centre = middles[lot] * 0.45 + corner * 0.55
        recent = k % 3 == 1
        first = N_DAYS - int(rng.integers(120, 200)) if recent else 0
        found.append(
            Hotspot(
                (round(float(centre[0]), 1), round(float(centre[1]), 1)),
                float(rng.choice([25.0, 35.0, 50.0])),
                CODE[code],
                first,
                N_DAYS,
                each * (0.55 if recent else 1.0),
            )
        )
    return found


def compose(plan: Plan, roads: Roads, incidents: int) -> Components:
    """Return the point processes that add up to `incidents` expected incidents."""
    n_types = len(TYPES)
    thefts = np.zeros(n_types)
    thefts[[CODE["burglary"], CODE["ebike_theft"], CODE["theft_from_vehicle"]]] = 0.4, 0.35, 0.25
    mixes = np.concatenate([class_mixes(), np.eye(n_types), thefts[None]])
    day = np.arange(N_DAYS)
    rows: list[tuple[int, tuple[float, float], float, int, np.ndarray]] = []
    nowhere = (np.nan, np.nan)
    for spot in plan.hotspots:
        on = (day >= spot.from_day) & (day < spot.to_day)
        rows.append((4 + spot.type, spot.xy, spot.sd_m, -1, spot.expected * on / on.sum()))
    for one in plan.interventions:
        if one.effect == _NOTHING:
            continue
        level = np.where(day < one.day, one.per_week_before, one.per_week_after) / 7
        rows.append((4 + n_types, nowhere, np.nan, one.community, level))
        moved = np.where(day < one.day, 0.0, one.per_week_before - one.per_week_after) / 7
        for other in one.neighbours:
            share = moved / len(one.neighbours)
            rows.append((4 + n_types, nowhere, np.nan, other, share))
    n_series = sum(one.days.size for one in plan.series)
    n_planted = sum(float(row[4].sum()) for row in rows)
    background = day_weights() * max(incidents - n_series - n_planted, 1.0)
    road = np.full(4 + len(rows), -1)
    if plan.hotspots:
        _, near = cKDTree((roads.start + roads.end) / 2).query([one.xy for one in plan.hotspots])
        road[4 : 4 + len(plan.hotspots)] = roads.road[near]
    return Components(
        mixes=mixes,
        mix=np.array([0, 1, 2, 3] + [row[0] for row in rows]),
        xy=np.array([nowhere] * 4 + [row[1] for row in rows]),
        sd_m=np.array([np.nan] * 4 + [row[2] for row in rows]),
        community=np.array([-1] * 4 + [row[3] for row in rows]),
        road=road,
        expected=np.concatenate([background, *[row[4][:, None] for row in rows]], axis=1),
    )


def describe_day(day: int) -> str:
    """Return a day number as an ISO date."""
    return str(FIRST_DAY + min(day, N_DAYS - 1))
