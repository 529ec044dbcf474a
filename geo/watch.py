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
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from geo._crew import IDLE, Crew, Part, SpellsByCamera
from geo.errors import GeoError
from geo.sight import Sight

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
    communities: Sequence[Any] | NDArray[np.object_],
    buildings: object,
    sights: Sequence[tuple[Sight, ArrayLike]],
    spells: Spells,
    *,
    level: str,
    last_day: int,
    cell_m: ArrayLike = 1.0,
    n_threads: int = 1,
) -> Watch:
    """Follow the coverage of every community from day 0 to the last day.

    Parameters
    ----------
    communities
        (n,) polygons or multipolygons, metres.
    buildings
        Footprints, metres; none means that all ground is open.
    sights
        What cameras see, and the number of each camera; several so that cameras out of use today
        can be looked at apart. Cameras of unknown bearing see nothing here.
    spells
        When the cameras work; cameras without a spell never do. Spells of one camera may not
        overlap.
    level
        Level of pixel density.
    last_day
        Today; cameras that work then are those of the views and pairs.
    cell_m
        Cell size, metres, one or (n,): as given by `geo.coverage.CityCoverage.cell_m`, so that the
        last day agrees with it to the cell.
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
    Where more than 64 cameras see one cell, the pairs of the first 64 are counted.
    """
    areas = np.empty(len(communities), dtype=object)
    areas[:] = list(communities)
    _check(sights, spells, level)
    crew = Crew(areas, buildings, sights, _by_camera(spells), level, last_day)
    sizes = np.broadcast_to(np.asarray(cell_m, np.float64), (len(areas),))

    def watch(i: int) -> Part:
        return crew.watch(i, float(sizes[i]))

    busy = [i for i in range(len(areas)) if any(len(near[i]) for near in crew.near)]
    with ThreadPoolExecutor(max(1, n_threads)) as pool:
        work = pool.map(watch, busy) if n_threads > 1 else map(watch, busy)
        parts = dict(zip(busy, work, strict=True))
    return _gather(len(areas), parts)


def _by_camera(spells: Spells) -> SpellsByCamera:
    """Spells in the order of cameras and days: cameras, where each begins, first days, ends."""
    order = np.lexsort((spells.first, spells.camera))
    numbers, begins = np.unique(spells.camera[order], return_index=True)
    starts = np.append(begins, len(order)).astype(np.int64)
    return numbers, starts, spells.first[order], spells.beyond[order]


def _gather(n: int, parts: dict[int, Part]) -> Watch:
    every = [parts.get(i, IDLE) for i in range(n)]
    starts = np.concatenate([[0], np.cumsum([len(part.day) for part in every])]).astype(np.int64)
    camera = np.concatenate([np.empty(0, np.int64), *(part.camera for part in every)])
    community = np.repeat(np.arange(n), [len(part.camera) for part in every])
    view = np.vstack([np.empty((0, 4)), *(part.view_m2 for part in every)])
    pairs = np.vstack([np.empty((0, 2), np.int64), *(np.sort(part.pairs) for part in every)])
    place = np.repeat(np.arange(n), [len(part.pairs) for part in every])
    shared = np.vstack([np.empty((0, 2)), *(part.shared_m2 for part in every)])
    by_camera = np.lexsort((community, camera))
    by_pair = np.lexsort((place, pairs[:, 1], pairs[:, 0]))
    return Watch(
        starts,
        np.concatenate([np.empty(0, np.int64), *(part.day for part in every)]),
        np.vstack([np.empty((0, 2)), *(part.seen_m2 for part in every)]),
        camera[by_camera],
        community[by_camera],
        view[by_camera],
        np.column_stack([pairs, place])[by_pair],
        shared[by_pair],
    )


def _check(sights: Sequence[tuple[Sight, ArrayLike]], spells: Spells, level: str) -> None:
    for sight, _ in sights:
        if level not in sight.levels:
            raise GeoError(
                f"watch_city: level {level!r}; one of {list(sight.levels)} was expected. "
                "Look at the cameras at this level first."
            )
    wrong = np.flatnonzero(spells.beyond <= spells.first)
    if wrong.size:
        raise GeoError(
            f"watch_city: {wrong.size} of {len(spells.first)} spells end before they begin, the "
            f"first is row {wrong[0]}: {spells.first[wrong[0]]} to {spells.beyond[wrong[0]]}; a "
            "day beyond the first was expected. Correct or leave out these spells."
        )
    numbers, starts, first, beyond = _by_camera(spells)
    same = np.repeat(numbers, np.diff(starts))
    over = np.flatnonzero((same[1:] == same[:-1]) & (first[1:] < beyond[:-1]))
    if over.size:
        raise GeoError(
            f"watch_city: {over.size} spells of one camera overlap, the first of camera "
            f"{same[over[0]]}; spells apart were expected. Join spells that meet."
        )
