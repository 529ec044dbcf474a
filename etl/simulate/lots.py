"""Divide the blocks into lots and give each community its form, its walls and its gates."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely

from etl.simulate.city import Lattice, between
from etl.simulate.names import FORMS

# Lots of one block as (u0, v0, u1, v1) in unit coordinates, east and north.
_DIVISIONS: tuple[tuple[float, tuple[tuple[float, float, float, float], ...]], ...] = (
    (0.24, ((0, 0, 1, 1),)),
    (0.24, ((0, 0, 0.52, 1), (0.52, 0, 1, 1))),
    (0.20, ((0, 0, 1, 0.48), (0, 0.48, 1, 1))),
    (0.17, ((0, 0, 0.45, 1), (0.45, 0, 1, 0.55), (0.45, 0.55, 1, 1))),
    (0.15, ((0, 0, 0.5, 0.47), (0.5, 0, 1, 0.47), (0, 0.47, 0.55, 1), (0.55, 0.47, 1, 1))),
)
_LANE_M = 10.0  # between two lots of a block
USES = ("school", "market", "mall", "works", "park", "office", "village")
VILLAGE = USES.index("village")
_FORM_SHARE = (0.42, 0.28, 0.18, 0.12)


@dataclass(frozen=True)
class Lots:
    """All lots: corner quads in local metres, the block each is in, and what it is used for.

    `form` is an index into `FORMS` for residential lots, -1 otherwise; `use` is an index into
    `USES` for the others, -1 for residential ones.
    """

    quads: np.ndarray
    cell: np.ndarray
    form: np.ndarray
    use: np.ndarray

    @property
    def homes(self) -> np.ndarray:
        """Indices of the residential lots; community k is the lot `homes[k]`."""
        return np.flatnonzero(self.form >= 0)


def divide_blocks(
    lattice: Lattice, communities: int, *, villages: int = 0, rng: np.random.Generator
) -> Lots:
    """Divide the blocks into lots, of which exactly `communities` are residential.

    Parameters
    ----------
    lattice
        The road lattice.
    communities
        Number of residential lots.
    villages
        Number of lots given to dense urban villages, which are not communities.
    rng
        Source of randomness.

    Returns
    -------
    Lots
        In the order of the blocks.
    """
    blocks, wanted = lattice.blocks, communities + villages
    sizes = np.array([len(one) for _, one in _DIVISIONS])
    shares = np.array([share for share, _ in _DIVISIONS])
    pick = np.asarray(rng.choice(sizes.size, blocks.shape[0], p=shares / shares.sum()))
    # Too few lots by chance: blocks are quartered, in random order, until there are enough.
    order = rng.permutation(pick.size)
    gain = np.cumsum(4 - sizes[pick[order]])
    missing = wanted - int(sizes[pick].sum())
    if missing > 0:
        pick[order[: int(np.searchsorted(gain, missing)) + 1]] = sizes.size - 1
    n_of = sizes[pick]
    cell = np.repeat(np.arange(pick.size), n_of)
    turn = np.arange(cell.size) - np.repeat(np.cumsum(n_of) - n_of, n_of)
    table = np.zeros((sizes.size, 4, 4))
    for k, (_, lots) in enumerate(_DIVISIONS):
        table[k, : len(lots)] = lots
    quads = _lot_quads(blocks[cell], table[pick[cell], turn])
    form = np.full(cell.size, -1)
    chosen = rng.permutation(cell.size)
    homes = chosen[:communities]
    form[homes] = _forms(quads[homes], rng=rng)
    use = np.where(form < 0, rng.integers(0, VILLAGE, cell.size), -1)
    use[chosen[communities:wanted]] = VILLAGE
    return Lots(quads, cell, form, use)


def _lot_quads(block: np.ndarray, unit: np.ndarray) -> np.ndarray:
    east = np.linalg.norm(block[:, 1] - block[:, 0], axis=1)
    north = np.linalg.norm(block[:, 3] - block[:, 0], axis=1)
    lane = _LANE_M / 2
    u0, v0, u1, v1 = unit.T
    u0 = u0 + np.where(u0 > 0, lane / east, 0)
    u1 = u1 - np.where(u1 < 1, lane / east, 0)
    v0 = v0 + np.where(v0 > 0, lane / north, 0)
    v1 = v1 - np.where(v1 < 1, lane / north, 0)
    corners = [(u0, v0), (u1, v0), (u1, v1), (u0, v1)]
    return np.stack([between(block, u, v) for u, v in corners], axis=1)


def _forms(quads: np.ndarray, *, rng: np.random.Generator) -> np.ndarray:
    """Draw forms; old courtyards are rare on the largest lots, towers on the smallest."""
    area = np.asarray(shapely.area(shapely.polygons(quads)))
    large = np.clip((area - 25_000) / 60_000, 0, 1)[:, None]
    weight = np.array(_FORM_SHARE) * (1 + large * np.array([0.0, 0.8, -0.85, 0.4]))
    cut = np.cumsum(weight / weight.sum(axis=1, keepdims=True), axis=1)
    form = np.asarray((rng.random((area.size, 1)) > cut).sum(axis=1))
    return np.asarray(np.minimum(form, len(FORMS) - 1))


def sides_m(quads: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the mean east-west and north-south extent of quads in metres."""
    east = np.linalg.norm(quads[:, 1] - quads[:, 0], axis=1)
    east = (east + np.linalg.norm(quads[:, 2] - quads[:, 3], axis=1)) / 2
    north = np.linalg.norm(quads[:, 3] - quads[:, 0], axis=1)
    north = (north + np.linalg.norm(quads[:, 2] - quads[:, 1], axis=1)) / 2
    return east, north


def draw_boundaries(quads: np.ndarray, *, rng: np.random.Generator) -> np.ndarray:
    """Draw the wall of each community inside its lot.

    Parameters
    ----------
    quads
        Lots in local metres, shape (n, 4, 2).
    rng
        Source of randomness.

    Returns
    -------
    ndarray
        Vertices counter-clockwise from the south side, shape (n, 16, 2), rounded to a centimetre:
        per side one bent middle, per corner three. About four in ten have one corner left to
        shops, so that the wall is L-shaped there.
    """
    n = quads.shape[0]
    east, north = sides_m(quads)
    cut = rng.uniform(3.0, 9.0, (n, 4, 2))
    deep = rng.random((n, 4)).argmin(axis=1)
    shops = rng.random(n) < 0.4
    size = np.stack([east, north], axis=1) * rng.uniform(0.16, 0.30, (n, 2))
    cut[np.flatnonzero(shops), deep[shops]] = size[shops]
    unit = cut / np.stack([east, north], axis=1)[:, None, :]
    # An ordinary corner is rounded: its middle vertex keeps 30 % of the cut, a shop corner all.
    inner = np.full((n, 4), 0.3)
    inner[np.flatnonzero(shops), deep[shops]] = 1.0
    bend = rng.uniform(0.0, 7.0, (n, 4))
    du, dv = unit[..., 0], unit[..., 1]
    mid = rng.uniform(0.42, 0.58, (n, 4))
    one = np.ones(n)
    u = [mid[:, 0], 1 - du[:, 1], 1 - inner[:, 1] * du[:, 1], one, 1 - bend[:, 1] / east]
    v = [bend[:, 0] / north, 0 * one, inner[:, 1] * dv[:, 1], dv[:, 1], mid[:, 1]]
    u += [one, 1 - inner[:, 2] * du[:, 2], 1 - du[:, 2], mid[:, 2]]
    v += [1 - dv[:, 2], 1 - inner[:, 2] * dv[:, 2], one, 1 - bend[:, 2] / north]
    u += [du[:, 3], inner[:, 3] * du[:, 3], 0 * one, bend[:, 3] / east]
    v += [one, 1 - inner[:, 3] * dv[:, 3], 1 - dv[:, 3], mid[:, 3]]
    u += [0 * one, inner[:, 0] * du[:, 0], du[:, 0]]
    v += [dv[:, 0], inner[:, 0] * dv[:, 0], 0 * one]
    return np.round(between(quads[:, None], np.stack(u, axis=1), np.stack(v, axis=1)), 2)


@dataclass(frozen=True)
class Gates:
    """Gates on the walls: community, kind, point and outward bearing."""

    community: np.ndarray
    kind: np.ndarray
    xy: np.ndarray
    outward_deg: np.ndarray


GATE_KINDS = ("vehicle", "pedestrian", "garage")
# Vertex index before the middle of the side S, E, N, W: a gate lies on one of the two halves.
_SIDE_VERTEX = ((15, 0), (3, 4), (7, 8), (11, 12))


def place_gates(walls: np.ndarray, form: np.ndarray, *, rng: np.random.Generator) -> Gates:
    """Place one vehicle gate, one to three pedestrian gates and some garage ramps on each wall."""
    n = walls.shape[0]
    first = np.asarray(rng.integers(0, 4, n))
    n_foot = rng.integers(1, 4, n)
    has_ramp = (form == 1) | (rng.random(n) < 0.15)
    community, kind, side = [np.arange(n)], [np.zeros(n, dtype=np.int64)], [first]
    for turn in range(1, 4):
        who = np.flatnonzero(n_foot >= turn)
        community.append(who)
        kind.append(np.ones(who.size, dtype=np.int64))
        side.append((first[who] + turn) % 4)
    who = np.flatnonzero(has_ramp)
    community.append(who)
    kind.append(np.full(who.size, 2))
    side.append((first[who] + 2) % 4)
    who, what, where = (np.concatenate(one) for one in (community, kind, side))
    order = np.lexsort((where, what, who))
    who, what, where = who[order], what[order], where[order]
    a = np.array([one[0] for one in _SIDE_VERTEX])[where]
    start, end = walls[who, a], walls[who, (a + 1) % 16]
    along = end - start
    t = np.where(what == 2, rng.uniform(0.05, 0.2, who.size), rng.uniform(0.45, 0.9, who.size))
    out = np.rad2deg(np.arctan2(along[:, 1], -along[:, 0])) % 360.0
    return Gates(who, what, start + along * t[:, None], out)
