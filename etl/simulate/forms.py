"""Put buildings on the lots: slab rows, staggered towers, courtyards, villas, and the rest."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import shapely

from etl.simulate.buildings import FLOOR_M, Buildings, join
from etl.simulate.city import between
from etl.simulate.lots import USES, VILLAGE, Lots, sides_m

_BLOCK = 100_000  # footprints held at once
_FAR_M = 10.0  # open ground beyond this is plenty


def build_all(lots: Lots, walls: np.ndarray, *, rng: np.random.Generator) -> Buildings:
    """Build on every lot.

    Parameters
    ----------
    lots
        The lots.
    walls
        Walls of the residential lots in the order of `lots.homes`, shape (n, 16, 2).
    rng
        Source of randomness.

    Returns
    -------
    Buildings
        Sorted by lot. None crosses its community's wall: what would is not built.
    """
    kinds = (_slabs, _towers, _courtyards, _villas, _villages, _others)
    joined = join([kind(lots, rng=rng) for kind in kinds])
    joined = joined.take(np.argsort(joined.lot, kind="stable"))
    inside = shapely.polygons(lots.quads)
    inside[lots.homes] = shapely.polygons(walls)
    kept = []
    for start in range(0, joined.lot.size, _BLOCK):
        part = joined.take(slice(start, start + _BLOCK))
        shapes = part.polygons()
        lot, place = np.unique(part.lot, return_inverse=True)
        room = shapely.buffer(inside[lot], -2.0, join_style="mitre")
        shapely.prepare(room)
        fits = shapely.contains_properly(room[place], shapes)
        part = part.take(fits)
        walls_of = shapely.boundary(inside[lot])[place[fits]]
        kept.append(replace(part, open_m=_open_ground(part, shapes[fits], walls_of)))
    return join(kept)


def _open_ground(buildings: Buildings, shapes: np.ndarray, walls: np.ndarray) -> np.ndarray:
    """Return the open metres before the north and south facades, shape (n, 2)."""
    n = shapes.size
    tree = shapely.STRtree(shapes)
    every = np.arange(n)
    free = np.empty((n, 2))
    for column, side in enumerate((1.0, -1.0)):
        right, edge = buildings.half[:, 0], side * buildings.half[:, 1]
        far = edge + side * _FAR_M
        near = [buildings.at(every, -right, edge), buildings.at(every, right, edge)]
        beyond = [buildings.at(every, right, far), buildings.at(every, -right, far)]
        facade = shapely.linestrings(np.stack(near, axis=1))
        strip = np.stack([*near, *beyond], axis=1)
        own, other = tree.query(shapely.polygons(strip), predicate="intersects")
        own, other = own[own != other], other[own != other]
        free[:, column] = np.minimum(_FAR_M, shapely.distance(facade, walls))
        np.minimum.at(free[:, column], own, shapely.distance(facade[own], shapes[other]))
    return free


def _grid(
    lot: np.ndarray, cols: np.ndarray, rows: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return (position in `lot`, column, row) of every slot of grids of cols × rows."""
    n = np.maximum(cols, 0) * np.maximum(rows, 0)
    place = np.repeat(np.arange(lot.size), n)
    slot = np.arange(place.size) - np.repeat(np.cumsum(n) - n, n)
    col, row = slot % cols[place], slot // cols[place]
    return place, col, row


def _turn(quads: np.ndarray) -> np.ndarray:
    along = quads[:, 1] - quads[:, 0] + quads[:, 2] - quads[:, 3]
    return np.asarray(np.arctan2(along[:, 1], along[:, 0]))


def _make(
    lots: Lots, lot: np.ndarray, east_m: np.ndarray, north_m: np.ndarray, half: np.ndarray,
    floors: np.ndarray, households: np.ndarray, *, notched: bool = False,
    swing: np.ndarray | float = 0.0,
) -> Buildings:  # fmt: skip
    quads = lots.quads[lot]
    east, north = sides_m(quads)
    xy = between(quads, east_m / east, north_m / north)
    turn = _turn(quads) + swing
    full = np.full(lot.size, notched)
    unknown = np.zeros((lot.size, 2))
    return Buildings(lot, xy, half, turn, floors.astype(np.int64), households, full, unknown)


def _spread(
    extent: np.ndarray, count: np.ndarray, index: np.ndarray, size: np.ndarray, margin: float
) -> np.ndarray:
    """Return centres of `count` things of `size` spread over `extent` between two margins."""
    free = extent - 2 * margin - size
    step = np.where(count > 1, free / np.maximum(count - 1, 1), 0.0)
    return np.asarray(margin + size / 2 + np.where(count > 1, index * step, free / 2))


def _slabs(lots: Lots, *, rng: np.random.Generator) -> Buildings:
    """Rows of slabs facing south; the taller, the wider the ground between them."""
    lot = np.flatnonzero(lots.form == 0)
    east, north = sides_m(lots.quads[lot])
    floors = rng.choice([6, 6, 6, 7, 11, 17], lot.size)
    depth, length = rng.uniform(11.5, 13.5, lot.size), rng.uniform(38, 62, lot.size)
    length = np.minimum(length, east - 24)
    pitch = depth + np.clip(floors * FLOOR_M * 1.12, 19, 42)
    cols = np.floor((east - 16 + 9) / (length + 9)).astype(int)
    rows = np.floor((north - 16 - depth) / pitch).astype(int) + 1
    place, col, row = _grid(lot, cols, rows)
    size = length[place] * rng.choice([1.0, 1.0, 1.0, 0.72], place.size)
    x = _spread(east[place], cols[place], col, length[place], 8.0)
    y = _spread(north[place], rows[place], row, depth[place], 8.0) + rng.uniform(-1, 1, place.size)
    half = np.stack([size / 2, depth[place] / 2], axis=1)
    # Here and there a slab is missing, but never the only one.
    keep = (rng.random(place.size) > 0.05) | ((col == 0) & (row == 0))
    units = np.maximum(np.round(size / 16), 1)
    made = _make(lots, lot[place], x, y, half, floors[place], units * 2 * floors[place])
    return made.take(keep)


def _towers(lots: Lots, *, rng: np.random.Generator) -> Buildings:
    """Staggered towers round a garden."""
    lot = np.flatnonzero(lots.form == 1)
    east, north = sides_m(lots.quads[lot])
    width, depth = rng.uniform(28, 36, lot.size), rng.uniform(16, 20, lot.size)
    cols = np.floor((east - 24) / rng.uniform(50, 60, lot.size)).astype(int)
    rows = np.floor((north - 24 - depth) / rng.uniform(52, 64, lot.size)).astype(int) + 1
    place, col, row = _grid(lot, cols, rows)
    x = _spread(east[place], cols[place], col, width[place], 14.0)
    y = _spread(north[place], rows[place], row, depth[place], 14.0)
    x = x + np.where(row % 2 == 0, 5.0, -5.0)
    half = np.stack([width, depth], axis=1)[place] / 2
    floors = np.clip(
        rng.integers(18, 34, lot.size)[place] + rng.integers(-3, 4, place.size), 16, 33
    )
    garden = (rows[place] >= 3) & (cols[place] >= 3)
    garden &= (row == rows[place] // 2) & (col == cols[place] // 2)
    made = _make(lots, lot[place], x, y, half, floors, floors * 4, notched=True)
    return made.take(~garden)


def _courtyards(lots: Lots, *, rng: np.random.Generator) -> Buildings:
    """Old courtyards: four low wings round a yard, yard beside yard along lanes."""
    lot = np.flatnonzero(lots.form == 2)
    east, north = sides_m(lots.quads[lot])
    yard_e, yard_n = rng.uniform(40, 50, lot.size), rng.uniform(38, 46, lot.size)
    cols = np.floor((east - 14 + 6) / (yard_e + 6)).astype(int)
    rows = np.floor((north - 14 + 6) / (yard_n + 6)).astype(int)
    place, col, row = _grid(lot, cols, rows)
    x = _spread(east[place], cols[place], col, yard_e[place], 7.0)
    y = _spread(north[place], rows[place], row, yard_n[place], 7.0)
    a, b = yard_e[place], yard_n[place]
    parts = []
    floors = rng.integers(2, 6, place.size)
    for ahead, right, w, d in (
        (b / 2 - 4.5, 0 * a, a, 0 * b + 9),
        (4.5 - b / 2, 0 * a, a * 0.86, 0 * b + 9),
        (0 * b, 4.0 - a / 2, 0 * a + 8, b - 25),
        (0 * b, a / 2 - 4.0, 0 * a + 8, b - 25),
    ):
        keep = rng.random(place.size) > 0.12
        half = np.stack([w, d], axis=1) / 2
        flats = floors * np.maximum(np.round(np.maximum(w, d) / 9), 1)
        made = _make(lots, lot[place], x + right, y + ahead, half, floors, flats)
        parts.append(made.take(keep))
    return join(parts)


def _villas(lots: Lots, *, rng: np.random.Generator) -> Buildings:
    """Detached and twin villas in loose, slightly turned rows."""
    lot = np.flatnonzero(lots.form == 3)
    east, north = sides_m(lots.quads[lot])
    cols = np.floor((east - 20) / rng.uniform(25, 30, lot.size)).astype(int)
    rows = np.floor((north - 20) / rng.uniform(28, 34, lot.size)).astype(int)
    place, col, row = _grid(lot, cols, rows)
    half = rng.uniform([6.0, 5.0], [8.5, 6.5], (place.size, 2))
    x = _spread(east[place], cols[place], col, np.full(place.size, 16.0), 11.0)
    y = _spread(north[place], rows[place], row, np.full(place.size, 13.0), 11.0)
    x = x + rng.uniform(-2.5, 2.5, place.size)
    y = y + 5 * np.sin(x / 32.0) + rng.uniform(-1.5, 1.5, place.size)
    keep = rng.random(place.size) > 0.16
    swing = np.deg2rad(rng.normal(0, 7, place.size))
    floors = rng.integers(2, 4, place.size)
    made = _make(lots, lot[place], x, y, half, floors, 1 + (half[:, 0] > 7.6), swing=swing)
    return made.take(keep)


def _villages(lots: Lots, *, rng: np.random.Generator) -> Buildings:
    """Urban villages: small houses wall to wall along alleys hardly two metres wide."""
    lot = np.flatnonzero(lots.use == VILLAGE)
    east, north = sides_m(lots.quads[lot])
    cols = np.floor((east - 8) / 14.5).astype(int)
    rows = np.floor((north - 8) / 15.5).astype(int)
    place, col, row = _grid(lot, cols, rows)
    half = rng.uniform([4.6, 5.0], [6.0, 6.5], (place.size, 2))
    x = _spread(east[place], cols[place], col, np.full(place.size, 12.0), 4.5)
    y = _spread(north[place], rows[place], row, np.full(place.size, 13.0), 4.5)
    floors = rng.integers(2, 7, place.size)
    made = _make(lots, lot[place], x, y, half, floors, np.zeros(place.size))
    return made.take(rng.random(place.size) > 0.06)


# Use: (east share, north share, half east m, half north m, floors) of each building.
_PLANS: dict[str, tuple[tuple[float, float, float, float, int], ...]] = {
    "school": ((0.5, 0.8, 34, 7, 5), (0.24, 0.5, 7, 24, 4), (0.72, 0.36, 22, 10, 2)),
    "market": ((0.3, 0.5, 17, 34, 2), (0.7, 0.5, 17, 34, 2)),
    "mall": ((0.5, 0.42, 42, 28, 6), (0.5, 0.82, 14, 11, 24)),
    "works": ((0.3, 0.25, 26, 13, 2), (0.3, 0.7, 26, 13, 2), (0.75, 0.5, 15, 30, 3)),
    "park": ((0.6, 0.55, 8, 5, 1),),
    "office": ((0.32, 0.5, 15, 17, 21), (0.7, 0.5, 17, 14, 12)),
}


def _others(lots: Lots, *, rng: np.random.Generator) -> Buildings:
    """Schools, markets, malls, works, parks and offices: they block sight too."""
    parts = []
    for use, name in enumerate(USES[:VILLAGE]):
        lot = np.flatnonzero(lots.use == use)
        east, north = sides_m(lots.quads[lot])
        scale = np.minimum(np.minimum(east, north) / 130.0, 1.25)
        for u, v, a, b, floors in _PLANS[name]:
            half = np.array([[a, b]]) * scale[:, None] * rng.uniform(0.85, 1.1, (lot.size, 2))
            tall = np.maximum(1, floors + rng.integers(-1, 3, lot.size))
            none = np.zeros(lot.size)
            parts.append(_make(lots, lot, u * east, v * north, half, tall, none))
    return join(parts)
