"""One community at a time: which cells its cameras see, and what changed from day to day."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray

from geo._raster import ground_mask
from geo._walls import walls_by_polygon
from geo._watch import count_changes, list_cells, share_cells
from geo.sight import Sight

MOST_SHARING = 64
# cameras, where the spells of each begin, first days, days beyond
SpellsByCamera = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]


@dataclass(slots=True, eq=False)
class Part:
    day: NDArray[np.int64]
    seen_m2: NDArray[np.float64]
    camera: NDArray[np.int64]
    view_m2: NDArray[np.float64]
    pairs: NDArray[np.int64]
    shared_m2: NDArray[np.float64]


IDLE = Part(
    np.zeros(1, np.int64), np.zeros((1, 2)), np.empty(0, np.int64), np.empty((0, 4)),
    np.empty((0, 2), np.int64), np.empty((0, 2)),
)  # fmt: skip


class Crew:
    """Everything near each community, found at once."""

    def __init__(
        self,
        areas: NDArray[np.object_],
        buildings: object,
        sights: Sequence[tuple[Sight, ArrayLike]],
        spells: SpellsByCamera,
        level: str,
        last_day: int,
    ) -> None:
        self.bounds = shapely.bounds(areas)
        self.edges = walls_by_polygon(areas)
        houses = np.atleast_1d(np.asarray(buildings, dtype=object)).ravel()
        houses = houses[~(shapely.is_missing(houses) | shapely.is_empty(houses))]
        self.walls = walls_by_polygon(houses)
        self.sights = [one for one, _ in sights]
        self.numbers = [np.asarray(rows, np.int64) for _, rows in sights]
        self.level = level
        self.last_day = last_day
        self.spells = spells
        self.reach2, self.near = [], []
        for sight, numbers in zip(self.sights, self.numbers, strict=True):
            ever = np.isin(numbers, spells[0])
            reach2 = sight.reach2[:, :, sight.levels.index(level)]
            reach2 = np.where((sight.known & ever)[:, None], reach2, -1.0)
            self.reach2.append(np.ascontiguousarray(reach2.T))
            r = np.sqrt(np.maximum(reach2[:, 0], 0.0))
            boxes = shapely.box(sight.x - r, sight.y - r, sight.x + r, sight.y + r)
            rows = np.flatnonzero(reach2[:, 0] > 0)
            self.near.append([rows[one] for one in _pairs(areas, boxes[rows])])
        watched = np.array([any(len(near[i]) for near in self.near) for i in range(len(areas))])
        of_busy = np.flatnonzero(watched)
        self.houses: dict[int, NDArray[np.int64]] = dict(
            zip(of_busy.tolist(), _pairs(areas[of_busy], houses), strict=True)
        )

    def watch(self, i: int, cell: float) -> Part:
        west, south, east, north = self.bounds[i]
        west, south = np.floor(west / cell) * cell, np.floor(south / cell) * cell
        nx = int(np.ceil((east - west) / cell)) + 1
        ny = int(np.ceil((north - south) / cell)) + 1
        mask = ground_mask(*self._outlines(i), west, south, cell, nx, ny)
        lists, numbers = [], []
        for sight, mine, reach2, near in zip(
            self.sights, self.numbers, self.reach2, self.near, strict=True
        ):
            views = sight.views
            lists.append(
                list_cells(
                    mask, west, south, cell, near[i], sight.x, sight.y, views.vertices_xy,
                    views.offsets, reach2[0], reach2[1],
                )
            )  # fmt: skip
            numbers.append(mine[near[i]])
        camera = np.concatenate(numbers)
        sizes = np.concatenate([np.diff(starts) for starts, _, _ in lists])
        starts = np.concatenate([[0], np.cumsum(sizes)])
        cells = np.concatenate([one for _, one, _ in lists])
        night = np.concatenate([one for _, _, one in lists])
        when, who, comes, working = self._changes(camera)
        seen = count_changes(starts, cells, night, who, comes, mask.size)
        last = np.flatnonzero(np.diff(when, append=np.iinfo(np.int64).max) > 0)
        day, seen = when[last], seen[last]
        changed = np.ones(len(day), bool)
        changed[1:] = np.any(seen[1:] != seen[:-1], axis=1)
        if not len(day) or day[0] > 0:
            day, seen = np.append(0, day), np.vstack([np.zeros((1, 2), np.int64), seen])
            changed = np.append(True, changed)
            changed[1:2] = np.any(seen[1:2] != 0, axis=1)
        counts, pairs = share_cells(starts, cells, night, working, mask.size, MOST_SHARING)
        some = np.flatnonzero(counts[:, 0])
        return Part(
            day[changed], seen[changed] * cell**2, camera[some], counts[some] * cell**2,
            camera[pairs[:, :2]], pairs[:, 2:] * cell**2,
        )  # fmt: skip

    def _outlines(self, i: int) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """Edges of the community, none of a strip, and those of its buildings."""
        wanted = [(self.edges, i), *((self.walls, h) for h in self.houses[i])]
        pieces = [edges[starts[row] : starts[row + 1]] for (edges, starts), row in wanted]
        sizes = [len(pieces[0]), 0, *(len(piece) for piece in pieces[1:])]
        return np.concatenate(pieces), np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)

    def _changes(
        self, camera: NDArray[np.int64]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_], NDArray[np.bool_]]:
        """When cameras come and go from day 0 to the last day, and which work on that."""
        numbers, starts, first, beyond = self.spells
        place = np.searchsorted(numbers, camera)
        n = starts[place + 1] - starts[place]
        who = np.repeat(np.arange(len(camera)), n)
        row = np.arange(n.sum()) - np.repeat(np.cumsum(n) - n, n) + starts[place][who]
        inside = (beyond[row] > 0) & (first[row] <= self.last_day)
        who, row = who[inside], row[inside]
        working = np.zeros(len(camera), bool)
        working[who[beyond[row] > self.last_day]] = True
        when = np.concatenate([np.maximum(first[row], 0), beyond[row]])
        who, comes = np.concatenate([who, who]), np.repeat([True, False], len(row))
        order = np.lexsort((who, ~comes, when))
        order = order[when[order] <= self.last_day]
        return when[order], who[order], comes[order], working


def _pairs(areas: NDArray[np.object_], others: NDArray[np.object_]) -> list[NDArray[np.int64]]:
    """Rows of the others whose bounding box meets each area's, in order."""
    if not len(others) or not len(areas):
        return [np.empty(0, np.int64) for _ in areas]
    left, right = shapely.STRtree(others).query(areas)
    order = np.lexsort((right, left))
    cuts = np.searchsorted(left[order], np.arange(len(areas) + 1))
    rows = right[order]
    return [rows[a:b] for a, b in itertools.pairwise(cuts)]
