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
from etl.simulate.mounts import Mounts, mount_inside, mount_outside
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
    n_inside = round((n - extra.size) * 0.75)
    weight = communities.n_households**0.7 * np.exp(0.35 * communities.quality)
    drawn = rng.choice(weight.size, n_inside, p=weight / weight.sum())
    who = np.concatenate([extra, np.sort(drawn)])
    mounts = [
        mount_inside(who, buildings, homes, gates, rng=rng),
        mount_outside(n - who.size, buildings, lots, roads, rng=rng),
    ]
    joined = Mounts(
        *(np.concatenate([getattr(m, k) for m in mounts]) for k in Mounts.__dataclass_fields__)
    )
    planned = np.full(n, np.datetime64("NaT"), dtype="datetime64[D]")
    planned[: extra.size] = np.array([campaigns[int(k)][1] for k in extra], dtype="datetime64[D]")
    return _equip(joined, planned, rng=rng)


def _equip(mounts: Mounts, planned: np.ndarray, *, rng: np.random.Generator) -> Cameras:
    n = mounts.focal.size
    chip = rng.choice(_CHIPS.shape[0], n, p=_CHIPS[:, 2])
    width, sensor = _CHIPS[chip, 0].copy(), _CHIPS[chip, 1].copy()
    place = mounts.place.copy()
    wrong = rng.permutation(n)[: max(n // 300, min(2, n // 150))]
    place[wrong] = rng.choice(FORBIDDEN, wrong.size)
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
