"""The model city as one object: laid out, built, peopled, equipped and planted from one seed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely

from etl.progress import Progress, Silent
from etl.simulate import cameras as cameras_
from etl.simulate import evidence, names, patrols
from etl.simulate.buildings import Buildings
from etl.simulate.city import Lattice, Site, choose_site, divide, lay_lattice, outline_areas
from etl.simulate.forms import build_all
from etl.simulate.kinds import FIRST_DAY
from etl.simulate.lots import VILLAGE, Gates, Lots, divide_blocks, draw_boundaries, place_gates
from etl.simulate.people import Communities, risk, settle
from etl.simulate.planted import Plan, plant
from etl.simulate.roads import Roads, find_roads
from etl.simulate.scatter import Stage, set_stage

_HOUSES_PER_VILLAGE = 95


@dataclass(frozen=True)
class Size:
    """How large the city is, and its seed.

    `buildings` asks for about so many: urban villages are added until there are enough; a city
    without them has about 15 per community.
    """

    communities: int
    cameras: int
    incidents: int
    seed: int
    buildings: int | None = None

    def rng(self, stage: int) -> np.random.Generator:
        """Return the generator of a stage; one stage's draws do not move another's."""
        return np.random.default_rng([self.seed, stage])


@dataclass(frozen=True)
class City:
    """Everything but the incidents and visits, which are drawn while they are written."""

    size: Size
    site: Site
    lattice: Lattice
    lots: Lots
    walls: np.ndarray
    buildings: Buildings
    gates: Gates
    roads: Roads
    communities: Communities
    names_zh: list[str]
    names_en: list[str]
    street_shapes: np.ndarray
    station_shapes: np.ndarray
    street_of: np.ndarray
    owner: np.ndarray
    plan: Plan
    cameras: cameras_.Cameras
    points: patrols.PatrolPoints
    sites: patrols.Sites
    companies: evidence.Companies
    stage: Stage


def make_city(size: Size, *, progress: Progress | None = None) -> City:
    """Make a city of the given size; the same size and seed give the same city."""
    n, progress = size.communities, progress or Silent()
    progress.start("city", 4)
    villages = max(0, round(((size.buildings or 0) - 15 * n) / _HOUSES_PER_VILLAGE))
    lattice = lay_lattice(n, villages=villages, rng=size.rng(1))
    lots = divide_blocks(lattice, n, villages=villages, rng=size.rng(2))
    walls = draw_boundaries(lots.quads[lots.homes], rng=size.rng(3))
    progress.advance()
    buildings = build_all(lots, walls, rng=size.rng(4))
    if size.buildings is not None:
        kept = _thin_villages(lots, buildings, size.buildings, rng=size.rng(17))
        buildings = buildings.take(kept)
    progress.advance()
    gates = place_gates(walls, lots.form[lots.homes], rng=size.rng(5))
    roads = find_roads(lattice, rng=size.rng(6))
    n_companies = max(2, n // 3)
    communities = settle(lots, buildings, n_companies=n_companies, rng=size.rng(7))
    zh, en = names.name_communities(communities.form, rng=size.rng(8))
    n_areas = int(np.clip(np.ceil(n / 12), 1, 4)) if n < 80 else max(4, n // 60)
    n_areas = min(n_areas, lattice.cell_i.size // 2)
    street_of_cell = divide(lattice, n_areas, rng=size.rng(9))
    station_of_cell = divide(lattice, n_areas, rng=size.rng(10))
    shapes = [outline_areas(lattice, one) for one in (street_of_cell, station_of_cell)]
    progress.advance()
    owner = np.full(lots.form.size, -1)
    owner[lots.homes] = np.arange(n)
    centres = walls.mean(axis=1)
    plan = plant(
        lots, centres, communities.n_buildings, size.incidents, size.cameras, rng=size.rng(11)
    )
    campaigns = {
        one.community: (one.n_cameras, FIRST_DAY + one.day)
        for one in plan.interventions
        if one.n_cameras
    }
    return City(
        size=size,
        site=choose_site(n),
        lattice=lattice,
        lots=lots,
        walls=walls,
        buildings=buildings,
        gates=gates,
        roads=roads,
        communities=communities,
        names_zh=zh,
        names_en=en,
        street_shapes=shapes[0],
        station_shapes=shapes[1],
        street_of=street_of_cell[lots.cell[lots.homes]],
        owner=owner[buildings.lot],
        plan=plan,
        cameras=cameras_.mount_cameras(
            size.cameras, buildings=buildings, lots=lots, gates=gates, roads=roads,
            communities=communities, campaigns=campaigns, rng=size.rng(12),
        ),
        points=patrols.place_patrols(gates, roads, n, rng=size.rng(13)),
        sites=patrols.offer_sites(
            5 * n, buildings=buildings, gates=gates, roads=roads, rng=size.rng(14)
        ),
        companies=evidence.found_companies(n_companies, rng=size.rng(15)),
        stage=set_stage(
            buildings, owner[buildings.lot], roads, risk(communities, rng=size.rng(16))
        ),
    )  # fmt: skip


def _thin_villages(
    lots: Lots, buildings: Buildings, wanted: int, *, rng: np.random.Generator
) -> np.ndarray:
    """Return the buildings to keep, so that village houses beyond `wanted` in all are not built."""
    house = rng.permutation(np.flatnonzero(lots.use[buildings.lot] == VILLAGE))
    keep = np.ones(buildings.lot.size, dtype=bool)
    keep[house[: max(0, keep.size - wanted)]] = False
    return keep


def moved(city: City, shapes: np.ndarray) -> np.ndarray:
    """Return shapes in the city's projected system."""
    shift = np.array([city.site.x0, city.site.y0])
    return np.asarray(shapely.transform(shapes, lambda xy: np.round(xy + shift, 2)))


def geographic(city: City, shapes: np.ndarray) -> np.ndarray:
    """Return shapes in WGS 84 degrees."""
    return np.asarray(
        shapely.transform(shapes, lambda xy: np.stack(city.site.to_wgs84(xy), axis=1))
    )
