"""Lay out the model city: bent road lattice, blocks between roads, jurisdictions along roads."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from pyproj import Transformer
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from geo.projection import unproject

# Open water: no real community is rated. Small cities lie in Hangzhou Bay, larger ones at sea.
_BAY = (121.03, 30.42, "EPSG:4549", 1500)
_SEA = (123.9, 30.4, "EPSG:4550", None)
_MEAN_LOTS_PER_CELL, _HOME_SHARE = 2.15, 0.66


@dataclass(frozen=True)
class Site:
    """Where the city lies: projected system and the local origin in it, in metres."""

    crs: str
    x0: float
    y0: float

    def to_wgs84(self, xy: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return longitudes and latitudes (degrees, WGS 84) of local metres, shape (n, 2)."""
        return unproject(xy[:, 0] + self.x0, xy[:, 1] + self.y0, epsg=int(self.crs[5:]))


@dataclass(frozen=True)
class Lattice:
    """Road lattice: nodes (nx+1, ny+1, 2) in local metres, road widths, cells in use."""

    nodes: np.ndarray
    width_ns: np.ndarray
    width_ew: np.ndarray
    cell_i: np.ndarray
    cell_j: np.ndarray

    @property
    def quads(self) -> np.ndarray:
        """Corners SW, SE, NE, NW of the cells in use, road centre to road centre, (n, 4, 2)."""
        i, j, p = self.cell_i, self.cell_j, self.nodes
        return np.stack([p[i, j], p[i + 1, j], p[i + 1, j + 1], p[i, j + 1]], axis=1)

    @property
    def blocks(self) -> np.ndarray:
        """Corners of the land between the roads, (n, 4, 2)."""
        i, j = self.cell_i, self.cell_j
        inset = np.stack(
            [self.width_ew[j], self.width_ns[i + 1], self.width_ew[j + 1], self.width_ns[i]],
            axis=1,
        )
        return inset_quads(self.quads, inset / 2 + 3.0)


def choose_site(communities: int) -> Site:
    """Choose open water large enough for the city."""
    lon, lat, crs, most = _BAY
    if most is not None and communities > most:
        lon, lat, crs, _ = _SEA
    x, y = Transformer.from_crs("EPSG:4326", crs, always_xy=True).transform(lon, lat)
    return Site(crs, round(x, -2), round(y, -2))


def lay_lattice(communities: int, *, villages: int = 0, rng: np.random.Generator) -> Lattice:
    """Lay a bent road lattice with room for `communities`.

    Parameters
    ----------
    communities
        Number of residential communities to make room for, at least 1.
    villages
        Number of lots wanted for urban villages.
    rng
        Source of randomness.

    Returns
    -------
    Lattice
        Cells of 230 to 420 m, slightly rotated, bent by two long waves; some outer corners of the
        rectangle are left out, so that the town's outline is not a box.
    """
    lots = max(communities / _HOME_SHARE, communities * 1.25 + villages)
    cells = max(6, int(np.ceil(lots / _MEAN_LOTS_PER_CELL)))
    nx = max(3, int(np.ceil(np.sqrt(cells * 1.25))))
    ny = max(2, int(np.ceil(cells * 1.06 / nx)))
    while nx * ny < cells:
        ny += 1
    x = np.concatenate([[0.0], np.cumsum(rng.uniform(270, 410, nx))])
    y = np.concatenate([[0.0], np.cumsum(rng.uniform(240, 370, ny))])
    x, y = x - x[-1] / 2, y - y[-1] / 2
    nodes = np.stack(np.meshgrid(x, y, indexing="ij"), axis=2)
    nodes = _bend(nodes, rng=rng)
    cell_i, cell_j = _outline(nx, ny, cells)
    return Lattice(
        np.round(nodes, 2), _widths(nx + 1, rng=rng), _widths(ny + 1, rng=rng), cell_i, cell_j
    )


def _bend(nodes: np.ndarray, *, rng: np.random.Generator) -> np.ndarray:
    phase = rng.uniform(0, 2 * np.pi, 4)
    x, y = nodes[..., 0], nodes[..., 1]
    dx = 45 * np.sin(2 * np.pi * y / 1900 + phase[0]) + 18 * np.sin(2 * np.pi * x / 900 + phase[1])
    dy = 40 * np.sin(2 * np.pi * x / 2100 + phase[2]) + 16 * np.sin(2 * np.pi * y / 800 + phase[3])
    bent = np.stack([x + dx, y + dy], axis=2) + rng.uniform(-13, 13, nodes.shape)
    turn = np.deg2rad(rng.uniform(6, 11))
    spin = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    return np.asarray(bent @ spin)


def _widths(n: int, *, rng: np.random.Generator) -> np.ndarray:
    """Arterials of 40 m every third or fourth line, streets of 14 to 24 m between."""
    width = rng.choice([14.0, 18.0, 24.0], n)
    width[int(rng.integers(0, 3)) :: 3] = 40.0
    return width


def _outline(nx: int, ny: int, cells: int) -> tuple[np.ndarray, np.ndarray]:
    i, j = np.divmod(np.arange(nx * ny), ny)
    u = (i + 0.5) / nx * 2 - 1
    v = (j + 0.5) / ny * 2 - 1
    # A lopsided superellipse: the cells farthest out in it are left to the sea.
    far = np.abs(u) ** 4 + np.abs(v) ** 4 + 0.08 * u - 0.05 * v
    keep = np.sort(np.argsort(far, kind="stable")[:cells])
    return i[keep], j[keep]


def inset_quads(quads: np.ndarray, inset: np.ndarray) -> np.ndarray:
    """Move the sides S, E, N, W of quads inward.

    Parameters
    ----------
    quads
        Corners SW, SE, NE, NW in metres, shape (n, 4, 2).
    inset
        Distances in metres per side, shape (n, 4).

    Returns
    -------
    ndarray
        Corners of the smaller quads, shape (n, 4, 2).
    """
    nxt = np.roll(quads, -1, axis=1)
    along = nxt - quads
    along /= np.linalg.norm(along, axis=2, keepdims=True)
    base = quads + np.stack([-along[..., 1], along[..., 0]], axis=2) * inset[..., None]
    # Corner k is where the moved side k-1 meets the moved side k.
    p, d = np.roll(base, 1, axis=1), np.roll(along, 1, axis=1)
    cross = d[..., 0] * along[..., 1] - d[..., 1] * along[..., 0]
    gap = base - p
    t = (gap[..., 0] * along[..., 1] - gap[..., 1] * along[..., 0]) / cross
    return np.asarray(p + d * t[..., None])


def between(quads: np.ndarray, u: np.ndarray, v: np.ndarray) -> np.ndarray:
    """Map unit coordinates (east u, north v) bilinearly into quads (…, 4, 2)."""
    u, v = u[..., None], v[..., None]
    south = quads[..., 0, :] * (1 - u) + quads[..., 1, :] * u
    north = quads[..., 3, :] * (1 - u) + quads[..., 2, :] * u
    return np.asarray(south * (1 - v) + north * v)


def divide(lattice: Lattice, n: int, *, rng: np.random.Generator) -> np.ndarray:
    """Divide the cells into `n` connected areas of like size by jagged cuts along roads.

    Parameters
    ----------
    lattice
        The road lattice.
    n
        Number of areas wanted, at most the number of cells.
    rng
        Source of randomness.

    Returns
    -------
    ndarray
        Area index 0..n-1 of each cell.
    """
    area = np.zeros(lattice.cell_i.size, dtype=np.int64)
    todo = [(np.arange(area.size), 0, n)]
    while todo:
        cells, first, parts = todo.pop()
        if parts == 1:
            area[cells] = first
            continue
        i, j = lattice.cell_i[cells], lattice.cell_j[cells]
        tall = np.ptp(j) * 300 > np.ptp(i) * 340
        across, along = (i, j) if tall else (j, i)
        wobble = rng.integers(-1, 2, int(across.max()) + 1) * (np.ptp(along) >= 4)
        key = (along + 0.3 * wobble[across]) * 1000 + across / (across.max() + 1.0)
        ranked = cells[np.argsort(key, kind="stable")]
        left = parts // 2
        cut = round(ranked.size * left / parts)
        todo += [(ranked[:cut], first, left), (ranked[cut:], first + left, parts - left)]
    return _join_strays(lattice, area)


def _join_strays(lattice: Lattice, area: np.ndarray) -> np.ndarray:
    """Give cells cut off from the main body of their area to a neighbouring area."""
    a, b = _neighbours(lattice)
    for _ in range(8):
        same = area[a] == area[b]
        graph = coo_array((np.ones(int(same.sum())), (a[same], b[same])), shape=(area.size,) * 2)
        _, part = connected_components(graph, directed=False)
        size = np.bincount(part)[part]
        order = np.lexsort((part, -size, area))
        main = np.full(int(area.max()) + 1, -1)
        first = order[np.unique(area[order], return_index=True)[1]]
        main[area[first]] = part[first]
        stray = part != main[area]
        hop = np.concatenate([np.stack([a, b]), np.stack([b, a])], axis=1)
        hop = hop[:, stray[hop[0]] & ~stray[hop[1]]]
        if not hop.size:
            return area
        area = area.copy()
        area[hop[0]] = area[hop[1]]
    return area


def _neighbours(lattice: Lattice) -> tuple[np.ndarray, np.ndarray]:
    """Return the pairs of cells that share a road."""
    i, j = lattice.cell_i, lattice.cell_j
    at = np.full((int(i.max()) + 2, int(j.max()) + 2), -1)
    at[i, j] = np.arange(i.size)
    east, north = at[i + 1, j], at[i, j + 1]
    own = np.arange(i.size)
    pairs = [(own[east >= 0], east[east >= 0]), (own[north >= 0], north[north >= 0])]
    return np.concatenate([p[0] for p in pairs]), np.concatenate([p[1] for p in pairs])


def outline_areas(lattice: Lattice, area: np.ndarray) -> np.ndarray:
    """Return the polygon of each area; neighbours share their vertices exactly."""
    cells = shapely.polygons(lattice.quads)
    n = int(area.max()) + 1
    return np.array([shapely.coverage_union_all(cells[area == k]) for k in range(n)])
