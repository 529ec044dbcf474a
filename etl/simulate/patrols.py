"""Patrol points with their hours, the visits paid to them, and sites where a camera could go."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from etl.simulate.buildings import Buildings
from etl.simulate.kinds import LAST_DAY
from etl.simulate.lots import Gates
from etl.simulate.roads import Roads

KINDS = ("check_in", "police_box", "guard_post")
_MOST_VISITS = 4_000_000


@dataclass(frozen=True)
class PatrolPoints:
    """Patrol points; hours are local, `ends` before `starts` means over midnight."""

    xy: np.ndarray
    kind: np.ndarray
    starts: np.ndarray
    ends: np.ndarray
    radius: np.ndarray
    community: np.ndarray


def place_patrols(
    gates: Gates, roads: Roads, n_communities: int, *, rng: np.random.Generator
) -> PatrolPoints:
    """Place guard posts at main gates, check-in points inside, police boxes at crossroads.

    Parameters
    ----------
    gates
        Gates of the communities.
    roads
        Road segments.
    n_communities
        Number of communities.
    rng
        Source of randomness.

    Returns
    -------
    PatrolPoints
        About 1.2 per community; a fifth of the communities has none.
    """
    main = np.flatnonzero((gates.kind == 0) & (rng.random(gates.kind.size) < 0.55))
    foot = np.flatnonzero((gates.kind == 1) & (rng.random(gates.kind.size) < 0.3))
    n_box = max(1, n_communities // 9)
    segment = rng.choice(roads.width.size, n_box, p=roads.width / roads.width.sum())
    beside = roads.at(segment, np.full(n_box, 0.05), roads.width[segment] / 2 - 1.5)
    inward = np.deg2rad(gates.outward_deg[foot] + 180.0)
    walk = rng.uniform(4.0, 9.0, foot.size)[:, None]
    check = gates.xy[foot] + walk * np.stack([np.sin(inward), np.cos(inward)], axis=1)
    xy = np.concatenate([check, beside, gates.xy[main]])
    kind = np.repeat([0, 1, 2], [foot.size, n_box, main.size])
    night = rng.random(kind.size)
    starts = np.select([kind == 0, kind == 1], [20, 0], np.where(night < 0.6, 0, 6)).astype(float)
    ends = np.select([kind == 0, kind == 1], [6, 24], np.where(night < 0.6, 24, 23)).astype(float)
    radius = np.select([kind == 0, kind == 1], [150.0, 300.0], 60.0)
    community = np.concatenate([gates.community[foot], np.full(n_box, -1), gates.community[main]])
    return PatrolPoints(xy, kind, starts, ends, radius, community)


def visit(
    points: PatrolPoints, *, chunk: int, rng: np.random.Generator
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield (point index, local time) of visits in order of time, about `chunk` rows at a time.

    Check-in points are visited between their hours, once or twice a night; one in nine is
    neglected. The record covers 60 days, fewer in a very large city.
    """
    own = np.flatnonzero(points.kind == 0)
    if not own.size:
        return
    zeal = np.where(rng.random(own.size) < 0.11, 0.12, rng.uniform(1.0, 2.2, own.size))
    days = int(np.clip(_MOST_VISITS / zeal.sum(), 7, 60))
    step = max(1, int(chunk / max(zeal.sum(), 1)))
    for first in range(0, days, step):
        span = min(step, days - first)
        n = rng.poisson(zeal[None, :].repeat(span, axis=0))
        day = np.repeat(np.arange(first, first + span), n.sum(axis=1))
        who = np.repeat(np.tile(own, span), n.ravel())
        second = 20 * 3600 + np.floor(rng.beta(1.6, 2.2, who.size) * 10 * 3600).astype(int)
        start = (LAST_DAY - days + 1).astype("datetime64[s]") - np.timedelta64(86400, "s")
        at = start + (day * 86400 + second).astype("timedelta64[s]")
        key = np.lexsort((who, at))
        yield who[key], at[key]


@dataclass(frozen=True)
class Sites:
    """Sites where a camera could be mounted."""

    xy: np.ndarray
    kind: np.ndarray
    cost: np.ndarray
    height: np.ndarray


SITE_KINDS = ("pole", "wall", "gate")


def offer_sites(
    n: int, *, buildings: Buildings, gates: Gates, roads: Roads, rng: np.random.Generator
) -> Sites:
    """Offer `n` sites: half on walls, a fifth at gates, the rest poles along roads."""
    kind = rng.choice(3, n, p=[0.3, 0.5, 0.2])
    wall = rng.integers(0, buildings.lot.size, n)
    side = rng.choice([-1.0, 1.0], n)
    share = rng.uniform(0.36, 0.97, n) * rng.choice([-1.0, 1.0], n)
    xy = buildings.before(wall, share, side > 0, np.full(n, 0.4))
    gate = rng.integers(0, gates.kind.size, n)
    inward = np.deg2rad(gates.outward_deg[gate] + 180.0)
    hang = gates.xy[gate] + 1.2 * np.stack([np.sin(inward), np.cos(inward)], axis=1)
    segment = rng.integers(0, roads.width.size, n)
    pole = roads.at(segment, rng.uniform(0.05, 0.95, n), side * (roads.width[segment] / 2 - 1.0))
    xy = np.select([(kind == 0)[:, None], (kind == 1)[:, None]], [pole, xy], hang)
    cost = np.select([kind == 0, kind == 1], [5800, 1600], 2400) * rng.uniform(0.85, 1.3, n)
    height = np.select([kind == 0, kind == 1], [5.5, 4.0], 3.2) + rng.uniform(-0.5, 0.5, n)
    return Sites(xy, kind, np.round(cost, -1), np.round(height, 1))
