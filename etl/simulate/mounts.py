"""Where cameras hang: on facades, at gates, on poles, each looking into open ground."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from etl.simulate.buildings import Buildings
from etl.simulate.lots import Gates, Lots
from etl.simulate.roads import Roads


@dataclass(frozen=True)
class Mounts:
    """Mounting points: place, look, height, lens, community (-1 outside), kind of place."""

    xy: np.ndarray
    bearing: np.ndarray
    height: np.ndarray
    focal: np.ndarray
    community: np.ndarray
    place: np.ndarray


def mount_inside(
    who: np.ndarray, buildings: Buildings, homes: np.ndarray, gates: Gates, *,
    rng: np.random.Generator,
) -> Mounts:  # fmt: skip
    """Mount one camera in the community `who[k]` for each k: walls, gates, poles in open ground."""
    owner = homes[buildings.lot]
    first, n_of = _groups(owner, int(homes.max()) + 1)
    gate_first, n_gates = _groups(gates.community, int(homes.max()) + 1)
    sort = rng.random(who.size)
    at_gate = (sort < 0.24) & (n_gates[who] > 0) | (n_of[who] == 0)
    wall = ~at_gate & (sort < 0.80)
    building = np.minimum(
        first[who] + (rng.random(who.size) * n_of[who]).astype(int), owner.size - 1
    )
    xy, bearing = _on_facade(building, buildings, rng=rng)
    # Poles stand in the open ground 5 to 9 m before a facade and look along it.
    north, out = rng.random(who.size) < 0.5, rng.uniform(5, 9, who.size)
    pole = buildings.before(building, rng.uniform(-1, 1, who.size), north, out)
    axis = 90.0 - np.rad2deg(buildings.turn[building])
    axis = axis + np.where(rng.random(who.size) < 0.5, 180.0, 0.0) + rng.normal(0, 12, who.size)
    pole_place = ~wall & ~at_gate
    xy[pole_place], bearing[pole_place] = pole[pole_place], axis[pole_place]
    gate = gate_first[who] + (rng.random(who.size) * np.maximum(n_gates[who], 1)).astype(int)
    gate = np.minimum(gate, gates.kind.size - 1)
    look = gates.outward_deg[gate] + np.where(rng.random(who.size) < 0.5, 180.0, 0.0)
    inward = np.deg2rad(gates.outward_deg[gate] + 180.0)
    hang = gates.xy[gate] + 1.0 * np.stack([np.sin(inward), np.cos(inward)], axis=1)
    hang += rng.uniform(-0.6, 0.6, hang.shape)
    xy[at_gate] = hang[at_gate]
    bearing[at_gate] = (look + rng.normal(0, 15, who.size))[at_gate]
    height = np.where(wall, rng.uniform(3.0, 5.5, who.size), rng.uniform(2.8, 4.5, who.size))
    focal = rng.choice([2.8, 4.0, 4.0, 6.0, 8.0], who.size)
    place = np.where(at_gate, 1, 0)
    return Mounts(xy, bearing, height, focal, who, place)


def _groups(owner: np.ndarray, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the first index and the length of each run of a sorted owner array."""
    kept = owner[owner >= 0]
    size = np.bincount(kept, minlength=n)
    start = np.full(n, 0)
    index = np.flatnonzero(owner >= 0)
    start[owner[index][::-1]] = index[::-1]
    return start, size


def _on_facade(
    building: np.ndarray, buildings: Buildings, *, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Hang a camera 0.4 m off a long facade, away from the light wells, looking outward."""
    north = rng.random(building.size) > 0.6
    share = rng.uniform(0.36, 0.97, building.size) * rng.choice([-1.0, 1.0], building.size)
    xy = buildings.before(building, share, north, np.full(share.size, 0.4))
    normal = np.where(north, 0.0, 180.0) - np.rad2deg(buildings.turn[building])
    return xy, normal + rng.uniform(-40, 40, building.size)


def mount_outside(
    n: int, buildings: Buildings, lots: Lots, roads: Roads, *, rng: np.random.Generator
) -> Mounts:
    """Mount `n` cameras on roads and on the fronts of shops, schools and offices."""
    other = np.flatnonzero(lots.use[buildings.lot] >= 0)
    shop = (rng.random(n) < 0.25) & (other.size > 0)
    weight = roads.length * roads.width
    segment = rng.choice(weight.size, n, p=weight / weight.sum())
    t = np.where(rng.random(n) < 0.6, rng.choice([0.06, 0.94], n), rng.uniform(0.1, 0.9, n))
    left = (roads.width[segment] / 2 - 1.0) * rng.choice([-1.0, 1.0], n)
    xy = roads.at(segment, t, left)
    bearing = roads.bearing_deg(segment) + np.where(t > 0.5, 180.0, 0.0) + rng.normal(0, 10, n)
    if other.size:
        wall, look = _on_facade(other[rng.integers(0, other.size, n)], buildings, rng=rng)
        xy[shop], bearing[shop] = wall[shop], look[shop]
    focal = np.where(shop, rng.choice([2.8, 4.0, 6.0], n), rng.choice([6.0, 8.0, 12.0, 16.0], n))
    height = np.where(shop, rng.uniform(2.8, 4.2, n), rng.uniform(5.0, 6.5, n))
    return Mounts(xy, bearing, height, focal, np.full(n, -1), np.where(shop, 3, 2))
