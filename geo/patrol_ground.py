"""Outlines of the ground that patrols reach on foot, by community and by the hours manned.

References
----------
Rosenfeld, A. & Pfaltz, J. L. (1966). Sequential operations in digital picture processing. Journal
of the ACM 13(4), 471-494.
"""

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from geo._blind import trace_patches
from geo.patrol import ALL_DAY, PatrolReach

SMOOTH_CELLS = 0.75  # an outline may move by less than one cell to lose its steps


@dataclass(frozen=True, slots=True, eq=False)
class ReachedGround:
    """Ground of communities by the set of hours in which somebody manned reaches it.

    Parameters
    ----------
    community
        (m,) place of the community in the order given to `patrol_reach`.
    hours
        (m,) hours as bits: bit h for the hour from h to h + 1.
    area_m2
        (m,) free cells, before their outline is smoothed.
    geometry
        (m,) polygons or multipolygons, metres.
    """

    community: NDArray[np.int64]
    hours: NDArray[np.int64]
    area_m2: NDArray[np.float64]
    geometry: NDArray[np.object_]


def reached_ground(reach: PatrolReach) -> ReachedGround:
    """Outline the ground reached from manned points, apart for each community and set of hours.

    Parameters
    ----------
    reach
        From `patrol_reach`.

    Returns
    -------
    ReachedGround
        By community, then by hours; nothing reached gives no row. The ground reached in hour h
        is what has bit h; ground between communities is left out.

    Notes
    -----
    Outlines follow the cells and lose their steps: no point of one moves by more than three
    quarters of a cell, and none crosses itself.
    """
    labels, community, hours = _label(reach)
    n = len(hours)
    if n == 0:
        none = np.empty(0, np.int64)
        return ReachedGround(none, none, np.empty(0), np.empty(0, object))
    cells = np.bincount(labels.ravel(), minlength=n + 1)[1:]
    area_m2 = np.asarray(cells * reach.cell_m**2, np.float64)
    patches, label = _split(labels)
    corners, rings = trace_patches(patches, np.zeros(patches.max(initial=0) + 1, np.int64))
    shapes = _build(corners[:, :2], rings, reach)
    return ReachedGround(community, hours, area_m2, _gather(shapes, label - 1, n, reach))


def _label(reach: PatrolReach) -> tuple[NDArray[np.int32], NDArray[np.int64], NDArray[np.int64]]:
    """Number each pair of community and hours from 1; cells with an empty rim."""
    ny, nx = reach.owner.shape
    labels = np.zeros((ny + 2, nx + 2), np.int32)
    bits = (reach.reached & np.uint64(ALL_DAY)).astype(np.int32)
    there = (reach.owner >= 0) & (bits > 0)
    own, bits = reach.owner[there].astype(np.int64), bits[there]
    sets, code = _dense(bits, ALL_DAY + 1)
    pairs, place = _dense(own * max(len(sets), 1) + code, len(reach.open_m2) * max(len(sets), 1))
    labels[1:-1, 1:-1][there] = place + 1
    if not len(sets):
        return labels, pairs, pairs
    return labels, pairs // len(sets), sets[pairs % len(sets)]


def _dense(values: NDArray[np.integer], beyond: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Values that occur, rising, and the place of each value among them: without sorting."""
    seen = np.zeros(beyond, bool)
    seen[values] = True
    known = np.flatnonzero(seen)
    place = np.zeros(beyond, np.int64)
    place[known] = np.arange(len(known))
    return known, place[values]


def _split(labels: NDArray[np.int32]) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """Number the patches of cells of one label joined by their sides; the label of each patch.

    Works on runs of equal cells in rows: as many as there are borders, not cells.
    """
    flat = labels.ravel()
    starts = np.flatnonzero(np.diff(flat, prepend=-1))  # the rim is empty: runs end with rows
    run = np.zeros(len(flat), np.int32)
    run[starts] = 1
    run = np.cumsum(run, dtype=np.int32) - 1
    nx = labels.shape[1]
    above = np.flatnonzero((flat[:-nx] == flat[nx:]) & (flat[:-nx] > 0))
    pairs = run[above].astype(np.int64), run[above + nx].astype(np.int64)
    fresh = np.ones(len(above), bool)
    fresh[1:] = (np.diff(pairs[0]) != 0) | (np.diff(pairs[1]) != 0)
    joined = coo_array(
        (np.ones(int(fresh.sum()), np.int8), (pairs[0][fresh], pairs[1][fresh])),
        shape=(len(starts), len(starts)),
    )
    _, component = connected_components(joined, directed=False)
    of_run = flat[starts]
    known, first = np.unique(component[of_run > 0], return_index=True)
    number = np.zeros(int(component.max(initial=0)) + 1, np.int32)
    number[known] = np.arange(1, len(known) + 1)
    number_of_run = np.where(of_run > 0, number[component], 0).astype(np.int32)
    return number_of_run[run].reshape(labels.shape), of_run[of_run > 0][first].astype(np.int64)


def _build(
    corners: NDArray[np.integer], rings: NDArray[np.int64], reach: PatrolReach
) -> NDArray[np.object_]:
    """Polygon of each patch: its one outer ring, and its holes."""
    lengths = np.diff(np.append(rings[:, 0], len(corners)))
    xy = corners * reach.cell_m + np.array([reach.west_m, reach.south_m])
    lines = shapely.linearrings(xy, indices=np.repeat(np.arange(len(rings)), lengths))
    order = np.lexsort((rings[:, 2] < 0, rings[:, 1]))  # the outer ring first, then the holes
    found = shapely.polygons(lines[order], indices=rings[order, 1] - 1)
    return np.asarray(found, dtype=object)


def _gather(
    shapes: NDArray[np.object_], label: NDArray[np.int64], n: int, reach: PatrolReach
) -> NDArray[np.object_]:
    """Join the patches of each label and take the steps from their outlines."""
    order = np.argsort(label, kind="stable")
    areas = np.empty(n, dtype=object)
    shapely.multipolygons(shapes[order], indices=label[order], out=areas)
    tolerance = SMOOTH_CELLS * reach.cell_m
    smooth = np.asarray(shapely.simplify(areas, tolerance, preserve_topology=False), dtype=object)
    lost = ~shapely.is_valid(smooth) | shapely.is_empty(smooth)
    smooth[lost] = shapely.simplify(areas[lost], tolerance)
    still = ~shapely.is_valid(smooth) | shapely.is_empty(smooth)
    return np.where(still, areas, smooth)
