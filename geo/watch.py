"""Coverage through time, what is lost when one camera fails, and which cameras see the same.

One level of pixel density at a time. Viewsheds are computed once; a camera that is installed,
fails, is repaired or retired takes its cells into, or out of, a counter.

References
----------
Huang, C.-F. & Tseng, Y.-C. (2005). The coverage problem in a wireless sensor network. Mobile
Networks and Applications 10(4), 519-528 (k-coverage).
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from geo._boxes import pair_boxes
from geo._watch import watch_range
from geo.errors import GeoError
from geo.outlines import Outlines, outlines_of
from geo.sight import Sight

MOST_SHARING = 64
_APART = 1 << 32  # days of one community never reach those of the next


@dataclass(frozen=True, slots=True, eq=False)
class Spells:
    """When cameras work: half-open spells of whole days, any number for each camera.

    Parameters
    ----------
    camera
        (s,) number of the camera.
    first, beyond
        (s,) first day of the spell and the first day after it.
    """

    camera: NDArray[np.int64]
    first: NDArray[np.int64]
    beyond: NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Watch:
    """Who watches what, and since when; one level of pixel density.

    Parameters
    ----------
    starts
        (n + 1,) where the changes of each community begin.
    day
        Days from which the areas hold, rising within a community, the first day always first.
    seen_m2
        (changes, 2) open ground seen from that day on, by day and at night.
    camera, community
        (v,) camera and community of each view of open ground, by camera, then community: cameras
        that work on the last day.
    view_m2
        (v, 4) ground seen by day, seen by no other by day, the same two at night.
    pairs
        (p, 3) two cameras, the smaller number first, and the community of the ground they share.
    shared_m2
        (p, 2) shared ground by day and at night.
    """

    starts: NDArray[np.int64]
    day: NDArray[np.int64]
    seen_m2: NDArray[np.float64]
    camera: NDArray[np.int64]
    community: NDArray[np.int64]
    view_m2: NDArray[np.float64]
    pairs: NDArray[np.int64]
    shared_m2: NDArray[np.float64]

    def among(self, communities: NDArray[np.int64]) -> "Watch":
        """Number the communities anew, as some of a longer list.

        Parameters
        ----------
        communities
            (n,) rising row of each in the longer list. `starts` stay those of the n.

        Returns
        -------
        Watch
            The same with the rows of the list in `community` and `pairs`.
        """
        pairs = self.pairs.copy()
        pairs[:, 2] = communities[pairs[:, 2]]
        return replace(self, community=communities[self.community], pairs=pairs)

    def on(self, day: int) -> NDArray[np.float64]:
        """Ground seen on one day.

        Parameters
        ----------
        day
            From the first to the last day; later ones are as the last.

        Returns
        -------
        ndarray
            (n, 2) square metres by day and at night; 0 before the first day.
        """
        key = self.day + np.repeat(np.arange(len(self.starts) - 1), np.diff(self.starts)) * _APART
        row = np.searchsorted(key, np.arange(len(self.starts) - 1) * _APART + day, "right") - 1
        known = row >= self.starts[:-1]
        return np.where(known[:, None], self.seen_m2[np.maximum(row, 0)], 0.0)


def watch_city(
    communities: Sequence[Any] | NDArray[np.object_] | Outlines,
    sight: Sight,
    spells: Spells,
    *,
    level: str,
    last_day: int,
    others: Sight | None = None,
    cell_m: ArrayLike = 1.0,
    n_threads: int = 1,
) -> Watch:
    """Follow the coverage of every community from day 0 to the last day.

    Parameters
    ----------
    communities
        (n,) polygons or multipolygons, metres, of shapely or as Outlines.
    sight
        What cameras see past buildings; camera k is its row k. Cameras of unknown bearing see
        nothing here.
    spells
        When the cameras work; cameras without a spell never do. Spells of one camera may meet but
        not overlap.
    level
        Level of pixel density.
    last_day
        Today; cameras that work then are those of the views and pairs.
    others
        More cameras, numbered on from those of `sight`: such as are out of use today, looked at
        apart.
    cell_m
        Cell size, metres, one or (n,): as given by `geo.coverage.CityCoverage.cell_m`, so that the
        last day agrees with it.
    n_threads
        Threads; the result is the same for any number.

    Returns
    -------
    Watch
        Communities in the order given. One that no camera ever sees has one change, day 0, of 0.

    Raises
    ------
    GeoError
        A level that a sight does not have, spells that end before they begin or overlap.

    Notes
    -----
    Where more than 64 cameras see one cell, the pairs of the first 64 are counted. A camera
    outside buildings sees no cell within one, so buildings are not asked for again.
    """
    sights = (sight, sight if others is None else others)
    for one in sights:
        if level not in one.levels:
            raise GeoError(
                f"watch_city: level {level!r}; one of {list(one.levels)} was expected. "
                "Look at the cameras at this level first."
            )
    both = sights if others is not None else sights[:1]
    x, y, known = (np.concatenate([getattr(one, k) for one in both]) for k in ("x", "y", "known"))
    reach2 = np.vstack([one.reach2[:, :, one.levels.index(level)] for one in both])
    starts, first, beyond = _sort_spells(spells, len(x))
    reach2[~known | (np.diff(starts) == 0)] = -1.0
    plots = communities if isinstance(communities, Outlines) else outlines_of(communities)
    bounds, n = plots.bounds(), len(plots)
    near_starts, near = _find_near(bounds, both, np.sqrt(np.maximum(reach2[:, 0], 0.0)))
    cells = np.ascontiguousarray(np.broadcast_to(np.asarray(cell_m, np.float64), (n,)))
    edges, edge_starts = plots.edges()
    day2, night2 = (np.ascontiguousarray(reach2[:, part]) for part in range(2))
    events = _list_events(near_starts, near, starts, first, beyond, last_day)
    working = np.zeros(len(x), bool)
    working[
        np.repeat(np.arange(len(x)), np.diff(starts))[(first <= last_day) & (last_day < beyond)]
    ] = True
    views, more = sights[0].views, sights[-1].views
    corners, sizes = _frame(bounds, cells)

    def run(begin: int, end: int) -> tuple[NDArray[np.int64], ...]:
        changes, n_changes, seen, n_seen, pairs, n_pairs = watch_range(
            begin, end, corners, sizes, cells, edges, edge_starts, near_starts, near,
            x, y, day2, night2, views.vertices_xy, views.offsets, more.vertices_xy, more.offsets,
            len(sight.x), *events, working, MOST_SHARING,
        )  # fmt: skip
        return changes[:n_changes], seen[:n_seen], pairs[:n_pairs]

    cuts = _cut(near_starts, n_threads)
    with ThreadPoolExecutor(max(1, n_threads)) as pool:
        parts = list(pool.map(run, cuts[:-1], cuts[1:]))
    changes, seen, pairs = (np.concatenate(rows) for rows in zip(*parts, strict=True))
    return _gather(changes, seen, pairs, cells)


def _sort_spells(
    spells: Spells, n: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Spells by camera and day: where each camera's begin, first days, days beyond."""
    wrong = np.flatnonzero(spells.beyond <= spells.first)
    if wrong.size:
        raise GeoError(
            f"watch_city: {wrong.size} of {len(spells.first)} spells end before they begin, the "
            f"first is row {wrong[0]}: {spells.first[wrong[0]]} to {spells.beyond[wrong[0]]}; a "
            "day beyond the first was expected. Correct or leave out these spells."
        )
    order = np.lexsort((spells.first, spells.camera))
    camera, first, beyond = spells.camera[order], spells.first[order], spells.beyond[order]
    over = np.flatnonzero((camera[1:] == camera[:-1]) & (first[1:] < beyond[:-1]))
    if over.size:
        raise GeoError(
            f"watch_city: {over.size} spells of one camera overlap, the first of camera "
            f"{camera[over[0]]}; spells apart were expected. Join spells that meet."
        )
    return np.searchsorted(camera, np.arange(n + 1)).astype(np.int64), first, beyond


def _find_near(
    bounds: NDArray[np.float64], sights: Sequence[Sight], reach: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Cameras whose view at the level may meet the box of each community: starts and rows."""
    views = np.vstack([sight.bounds() for sight in sights])
    x, y = (np.concatenate([getattr(sight, k) for sight in sights]) for k in ("x", "y"))
    near = np.column_stack([x - reach, y - reach, x + reach, y + reach])
    boxes = np.hstack(
        [np.maximum(near[:, :2], views[:, :2]), np.minimum(near[:, 2:], views[:, 2:])]
    )
    boxes[reach <= 0] = np.nan
    return pair_boxes(bounds, boxes)


def _list_events(
    near_starts: NDArray[np.int64],
    near: NDArray[np.int64],
    spell_starts: NDArray[np.int64],
    first: NDArray[np.int64],
    beyond: NDArray[np.int64],
    last_day: int,
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]:
    """Comings and goings by community and day: starts, day, camera within it, whether it comes."""
    community = np.repeat(np.arange(len(near_starts) - 1), np.diff(near_starts))
    n = spell_starts[near + 1] - spell_starts[near]
    place = np.repeat(np.arange(len(near)), n)
    row = np.arange(len(place)) - np.repeat(np.cumsum(n) - n, n) + spell_starts[near][place]
    inside = beyond[row] > 0
    place, row = place[inside], row[inside]
    day = np.concatenate([np.maximum(first[row], 0), beyond[row]])
    place, comes = np.concatenate([place, place]), np.repeat([True, False], len(row))
    order = np.lexsort((~comes, day, community[place]))  # who comes on a day comes first
    order = order[day[order] <= last_day]
    mine = community[place[order]]
    starts = np.searchsorted(mine, np.arange(len(near_starts))).astype(np.int64)
    return starts, day[order], place[order] - near_starts[mine], comes[order]


def _frame(
    bounds: NDArray[np.float64], cells: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """South-west corner, and columns and rows, of each community's grid on the common lattice."""
    west, south, east, north = np.nan_to_num(bounds).T
    west, south = np.floor(west / cells) * cells, np.floor(south / cells) * cells
    nx, ny = np.ceil((east - west) / cells) + 1, np.ceil((north - south) / cells) + 1
    return np.column_stack([west, south]), np.column_stack([nx, ny]).astype(np.int64)


def _cut(starts: NDArray[np.int64], n_threads: int) -> NDArray[np.int64]:
    """Cut the communities into runs of about as many cameras each."""
    if n_threads <= 1 or len(starts) == 1:
        return np.array([0, len(starts) - 1])
    wanted = np.linspace(0, starts[-1], 4 * n_threads + 1)[1:-1]
    inner = np.searchsorted(starts[:-1], wanted)
    return np.unique(np.concatenate([[0], inner, [len(starts) - 1]]))


def _gather(
    changes: NDArray[np.int64],
    views: NDArray[np.int64],
    pairs: NDArray[np.int64],
    cells: NDArray[np.float64],
) -> Watch:
    by_camera = np.lexsort((views[:, 1], views[:, 0]))
    views = views[by_camera]
    pairs = pairs[np.lexsort((pairs[:, 2], pairs[:, 1], pairs[:, 0]))]
    square = cells**2
    return Watch(
        np.searchsorted(changes[:, 0], np.arange(len(cells) + 1)).astype(np.int64),
        changes[:, 1],
        changes[:, 2:] * square[changes[:, 0]][:, None],
        views[:, 0],
        views[:, 1],
        views[:, 2:] * square[views[:, 1]][:, None],
        pairs[:, :3],
        pairs[:, 3:] * square[pairs[:, 2]][:, None],
    )
