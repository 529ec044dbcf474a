"""Where incidents happen: before the facades of communities, on roads, round planted centres."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from etl.simulate.buildings import Buildings
from etl.simulate.kinds import TYPE_CLASS, TYPES
from etl.simulate.planted import Components
from etl.simulate.roads import Roads


@dataclass(frozen=True)
class Stage:
    """Where incidents can happen: buildings of communities, roads, and relative risks."""

    buildings: Buildings
    owner: np.ndarray
    first: np.ndarray
    n_of: np.ndarray
    roads: Roads
    risk: np.ndarray


def set_stage(buildings: Buildings, owner: np.ndarray, roads: Roads, risk: np.ndarray) -> Stage:
    """Prepare the places.

    Parameters
    ----------
    buildings
        All buildings, sorted by lot.
    owner
        Community of each building, -1 outside communities.
    roads
        Road segments.
    risk
        Relative risk per household, per class and community, shape (4, n).

    Returns
    -------
    Stage
        Of the buildings inside communities alone.
    """
    inside = np.flatnonzero(owner >= 0)
    # Lots are in the order of the communities, so each community's buildings are one run.
    order = inside[np.argsort(owner[inside], kind="stable")]
    kept, own = buildings.take(order), owner[order]
    n_of = np.bincount(own, minlength=risk.shape[1])
    return Stage(kept, own, np.cumsum(n_of) - n_of, n_of, roads, risk)


def place_weights(stage: Stage) -> np.ndarray:
    """Return running sums of household × risk over the buildings, one row per class."""
    weight = stage.buildings.households[None, :] * stage.risk[:, stage.owner]
    total = np.cumsum(weight, axis=1)
    return np.asarray(total / total[:, -1:])


def scatter(
    part: np.ndarray, kind: np.ndarray, planted_at: np.ndarray, stage: Stage, parts: Components,
    weights: np.ndarray, *, rng: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:  # fmt: skip
    """Return the point, building, community and road of each incident; -1 where it has none."""
    n = part.size
    inside = rng.random(n) < np.array([one.inside for one in TYPES])[kind]
    inside |= planted_at >= 0
    spot = np.isfinite(parts.sd_m[part]) & (planted_at < 0)
    inside &= ~spot
    # Inside: a building drawn by households and risk, or evenly in a planted community.
    rows = TYPE_CLASS[kind]
    building = np.full(n, -1)
    pick = rng.random(n)
    flat = (weights + np.arange(4)[:, None]).ravel()
    total = stage.owner.size
    free = inside & (planted_at < 0)
    building[free] = np.searchsorted(flat, rows[free] + pick[free]) - rows[free] * total
    fixed = inside & (planted_at >= 0) & (stage.n_of[planted_at] > 0)
    at = planted_at[fixed]
    building[fixed] = stage.first[at] + (pick[fixed] * stage.n_of[at]).astype(np.int64)
    building = np.clip(building, -1, total - 1)
    xy = np.empty((n, 2))
    home = np.flatnonzero(building >= 0)
    xy[home] = _beside(building[home], stage.buildings, rng=rng)
    street = np.flatnonzero((building < 0) & ~spot)
    roads = stage.roads
    weight = np.cumsum(roads.length * roads.width)
    segment = np.searchsorted(weight, rng.random(street.size) * weight[-1])
    t = rng.beta(0.6, 0.6, street.size)  # crossings draw more than the stretches between
    left = rng.uniform(-0.5, 0.5, street.size) * roads.width[segment]
    xy[street] = roads.at(segment, t, left)
    road = np.full(n, -1)
    road[street] = roads.road[segment]
    hot = np.flatnonzero(spot)
    scatter = np.clip(rng.normal(0, 1, (hot.size, 2)), -3, 3)
    road[hot] = parts.road[part[hot]]
    xy[hot] = parts.xy[part[hot]] + scatter * parts.sd_m[part[hot], None]
    community = np.where(building >= 0, stage.owner[building], -1)
    return xy, building, community, road


def _beside(building: np.ndarray, buildings: Buildings, *, rng: np.random.Generator) -> np.ndarray:
    """Return points 1 to 5 m before a facade, where an officer notes the place from."""
    n = building.size
    north, out = rng.random(n) > 0.62, rng.uniform(1.2, 5.0, n)
    return buildings.before(building, rng.uniform(-0.95, 0.95, n), north, out)


def gather_series(
    xy: np.ndarray, building: np.ndarray, sequence: np.ndarray, stage: Stage,
    *, rng: np.random.Generator,
) -> None:  # fmt: skip
    """Pull each series together: every burglary within about 60 m of the series' first house."""
    for k in np.unique(sequence[sequence >= 0]):
        who = np.flatnonzero(sequence == k)
        own = stage.owner[building[who[0]]]
        run = np.arange(stage.first[own], stage.first[own] + stage.n_of[own])
        centre = stage.buildings.xy[run[len(run) // 2]]
        apart = np.linalg.norm(stage.buildings.xy[run] - centre, axis=1)
        near = run[np.argsort(apart, kind="stable")[:5]]
        building[who] = near[rng.integers(0, near.size, who.size)]
        xy[who] = _beside(building[who], stage.buildings, rng=rng)
