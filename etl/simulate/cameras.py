"""Mount cameras with honest optics on walls, gates and poles, and let some of them fail.

References
----------
IEC 62676-4 (2015). Video surveillance systems for use in security applications. Part 4:
    application guidelines. Pixel densities behind the choice of lenses.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from etl.simulate.buildings import Buildings
from etl.simulate.kinds import LAST_DAY
from etl.simulate.lots import Gates, Lots
from etl.simulate.people import Communities
from etl.simulate.roads import Roads


STATUS = ("working", "faulty", "planned", "retired")
OWNERS = ("property_company", "police", "operator", "owners_committee")
BASES = ("art9", "art7_gov", "art7_operator", "art33")
PLACES = (
    "community_ground", "community_gate", "public_road", "shop_front", "changing_room",
    "toilet", "dormitory", "hotel_room",
)  # fmt: skip
FORBIDDEN = (4, 5, 6, 7)
KINDS = ("fixed", "dome", "ptz")
# Picture width, sensor width in mm (1/3", 1/2.8", 1/1.8" chips), share of the cameras sold.
_CHIPS = np.array([(1920, 4.8, 0.30), (1920, 5.37, 0.16), (2560, 4.8, 0.24), (2560, 5.12, 0.16),
                   (3840, 7.18, 0.14)])  # fmt: skip


@dataclass(frozen=True)
class Cameras:
    """Cameras, one entry each; NaN and NaT where the source has nothing."""

    xy: np.ndarray
    bearing_deg: np.ndarray
    kind: np.ndarray
    width_px: np.ndarray
    focal_mm: np.ndarray
    sensor_width_mm: np.ndarray
    range_m: np.ndarray
    night_range_m: np.ndarray
    height_m: np.ndarray
    status: np.ndarray
    installed_on: np.ndarray
    retired_on: np.ndarray
    owner: np.ndarray
    basis: np.ndarray
    filed_on: np.ndarray
    retention_days: np.ndarray
    has_sign: np.ndarray
    place: np.ndarray
    community: np.ndarray


@dataclass(frozen=True)
class _Mounts:
    xy: np.ndarray
    bearing: np.ndarray
    height: np.ndarray
    focal: np.ndarray
    community: np.ndarray
    place: np.ndarray


def mount_cameras(
    n: int,
    *,
    buildings: Buildings,
    lots: Lots,
    gates: Gates,
    roads: Roads,
    communities: Communities,
    campaigns: dict[int, tuple[int, np.datetime64]],
    rng: np.random.Generator,
) -> Cameras:
    """Mount `n` cameras.

    Parameters
    ----------
    n
        Number of cameras.
    buildings, lots, gates, roads, communities
        The city they are mounted in.
    campaigns
        Community → (number of cameras, day), for communities that got many at once.
    rng
        Source of randomness.

    Returns
    -------
    Cameras
        Three quarters inside communities (walls, gates, poles), the rest on roads and shop
        fronts. Each looks into open ground from where it hangs, at most 40° off the wall's normal.
    """
    homes = np.full(lots.form.size, -1)
    homes[lots.homes] = np.arange(lots.homes.size)
    extra = np.repeat(list(campaigns), [count for count, _ in campaigns.values()]).astype(int)
    extra = extra[: n // 3]
    n_inside = int(round((n - extra.size) * 0.75))
    weight = communities.n_households**0.7 * np.exp(0.35 * communities.quality)
    drawn = rng.choice(weight.size, n_inside, p=weight / weight.sum())
    who = np.concatenate([extra, np.sort(drawn)])
    mounts = [
        _inside(who, buildings, homes, gates, rng=rng),
        _outside(n - who.size, buildings, lots, roads, rng=rng),
    ]
    joined = _Mounts(
        *(np.concatenate([getattr(m, k) for m in mounts]) for k in _Mounts.__dataclass_fields__)
    )
    planned = np.full(n, np.datetime64("NaT"), dtype="datetime64[D]")
    planned[: extra.size] = np.array([campaigns[int(k)][1] for k in extra], dtype="datetime64[D]")
    return _equip(joined, planned, rng=rng)


def _inside(
    who: np.ndarray, buildings: Buildings, homes: np.ndarray, gates: Gates, *,
    rng: np.random.Generator,
) -> _Mounts:  # fmt: skip
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
    side = np.where(rng.random(who.size) < 0.5, -1.0, 1.0)
    out = buildings.half[building, 1] + rng.uniform(5, 9, who.size)
    right = rng.uniform(-1, 1, who.size) * buildings.half[building, 0]
    pole = buildings.at(building, right, side * out)
    axis = 90.0 - np.rad2deg(buildings.turn[building])
    axis = axis + np.where(rng.random(who.size) < 0.5, 180.0, 0.0) + rng.normal(0, 12, who.size)
    pole_place = ~wall & ~at_gate
    xy[pole_place], bearing[pole_place] = pole[pole_place], axis[pole_place]
    gate = gate_first[who] + (rng.random(who.size) * np.maximum(n_gates[who], 1)).astype(int)
    gate = np.minimum(gate, gates.kind.size - 1)
    look = gates.outward_deg[gate] + np.where(rng.random(who.size) < 0.5, 180.0, 0.0)
    inward = np.deg2rad(gates.outward_deg[gate] + 180.0)
    hang = gates.xy[gate] + 1.5 * np.stack([np.sin(inward), np.cos(inward)], axis=1)
    hang += rng.uniform(-1.0, 1.0, hang.shape)
    xy[at_gate] = hang[at_gate]
    bearing[at_gate] = (look + rng.normal(0, 15, who.size))[at_gate]
    height = np.where(wall, rng.uniform(3.0, 5.5, who.size), rng.uniform(2.8, 4.5, who.size))
    focal = rng.choice([2.8, 4.0, 4.0, 6.0, 8.0], who.size)
    place = np.where(at_gate, 1, 0)
    return _Mounts(xy, bearing, height, focal, who, place)


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
    side = np.where(rng.random(building.size) < 0.6, -1.0, 1.0)
    share = rng.uniform(0.36, 0.97, building.size) * rng.choice([-1.0, 1.0], building.size)
    right = share * buildings.half[building, 0]
    xy = buildings.at(building, right, side * (buildings.half[building, 1] + 0.4))
    normal = np.where(side > 0, 0.0, 180.0) - np.rad2deg(buildings.turn[building])
    return xy, normal + rng.uniform(-40, 40, building.size)


def _outside(
    n: int, buildings: Buildings, lots: Lots, roads: Roads, *, rng: np.random.Generator
) -> _Mounts:
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
    return _Mounts(xy, bearing, height, focal, np.full(n, -1), np.where(shop, 3, 2))


def _equip(mounts: _Mounts, planned: np.ndarray, *, rng: np.random.Generator) -> Cameras:
    n = mounts.focal.size
    chip = rng.choice(_CHIPS.shape[0], n, p=_CHIPS[:, 2])
    width, sensor = _CHIPS[chip, 0].copy(), _CHIPS[chip, 1].copy()
    place = mounts.place.copy()
    wrong = rng.random(n) < 0.006
    place[wrong] = rng.choice(FORBIDDEN, int(wrong.sum()))
    kind = np.where(mounts.focal <= 2.8, (rng.random(n) < 0.5).astype(int), 0)
    kind[(mounts.place == 2) & (rng.random(n) < 0.12)] = 2
    status = rng.choice(4, n, p=[0.885, 0.06, 0.025, 0.03])
    status[~np.isnat(planned)] = 0
    installed = LAST_DAY - (rng.random(n) ** 1.4 * 3400 + 20).astype("timedelta64[D]")
    installed = np.where(np.isnat(planned), installed, planned)
    installed = installed.astype("datetime64[D]")
    retired = np.full(n, np.datetime64("NaT"), dtype="datetime64[D]")
    gone = status == 3
    age = (LAST_DAY - installed[gone]).astype(int)
    retired[gone] = installed[gone] + (age * rng.uniform(0.3, 0.98, age.size)).astype(int)
    installed[status == 2] = np.datetime64("NaT")
    owner, basis = _law(place, rng=rng)
    filed = installed + rng.integers(-3, 28, n).astype("timedelta64[D]")
    unfiled = (basis != 1) & (basis != 2) & (rng.random(n) < 0.7) | (rng.random(n) < 0.08)
    filed[unfiled] = np.datetime64("NaT")
    filed[filed > LAST_DAY] = np.datetime64("NaT")
    night = np.where(mounts.focal >= 6, rng.choice([30, 50, 60], n), rng.choice([0, 10, 20, 30], n))
    bearing = np.round(mounts.bearing % 360.0, 0) % 360.0
    bearing[rng.random(n) < 0.05] = np.nan
    no_lens = rng.random(n) < 0.04
    no_lens &= np.isnat(planned)
    focal = mounts.focal.copy()
    for values in (width, sensor, focal):
        values[no_lens] = np.nan
    return Cameras(
        xy=mounts.xy,
        bearing_deg=bearing,
        kind=kind,
        width_px=width,
        focal_mm=focal,
        sensor_width_mm=sensor,
        range_m=np.where(mounts.focal >= 6, 80.0, 40.0),
        night_range_m=night.astype(float),
        height_m=np.round(mounts.height, 1),
        status=status,
        installed_on=installed,
        retired_on=retired,
        owner=owner,
        basis=basis,
        filed_on=filed,
        retention_days=rng.choice([7.0, 15.0, 30.0, 30.0, 30.0, 90.0], n),
        has_sign=rng.random(n) < 0.82,
        place=place,
        community=mounts.community,
    )


def _law(place: np.ndarray, *, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return owners and the article of order 799 that each camera states."""
    inside = (place == 0) | (place == 1)
    owner = np.where(inside, np.where(rng.random(place.size) < 0.88, 0, 3), 2)
    owner[place == 2] = 1
    basis = np.where(inside, 0, 2)
    basis[place == 2] = 1
    basis[inside & (rng.random(place.size) < 0.05)] = 3
    return owner, basis
