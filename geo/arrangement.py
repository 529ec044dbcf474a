"""Exact areas of unions of polygons: ground seen once, twice, thrice, and by one camera alone.

References
----------
Edelsbrunner, H. & Mücke, E. P. (1990). Simulation of simplicity: a technique to cope with
degenerate cases in geometric algorithms. ACM Transactions on Graphics 9(1), 66-104.
"""

import itertools
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray

from geo._arrangement import areas_of_all
from geo._walls import FARTHEST_M
from geo.errors import GeoError
from geo.viewshed import Views

__all__ = ["UnionAreas", "union_area", "union_areas"]

Rings = tuple[NDArray[np.float64], NDArray[np.int64]]


@dataclass(frozen=True, slots=True, eq=False)
class UnionAreas:
    """Areas of many unions, square metres.

    Parameters
    ----------
    seen_m2, seen_twice_m2, seen_thrice_m2
        (g,) ground in at least 1, 2, 3 polygons of each group.
    unique_m2
        (n,) ground of the group that this polygon alone holds; 0 for one in no group.
    """

    seen_m2: NDArray[np.float64]
    seen_twice_m2: NDArray[np.float64]
    seen_thrice_m2: NDArray[np.float64]
    unique_m2: NDArray[np.float64]


def union_area(polygons: Any, *, within: Any = None) -> float:
    """Area of the union of polygons.

    Parameters
    ----------
    polygons
        A polygon, multipolygon, sequence or array of them, metres; or Views.
    within
        Polygon or multipolygon, metres: only ground in it counts. All ground when not given.

    Returns
    -------
    float
        Square metres, to about 1e-14 of the extent squared; 0 for no polygon.

    Raises
    ------
    GeoError
        As `union_areas`.
    """
    if not isinstance(polygons, Views):
        polygons = np.atleast_1d(np.asarray(polygons, dtype=object)).ravel()
    n = len(polygons.areas_m2) if isinstance(polygons, Views) else len(polygons)
    ground = None if within is None else [within]
    return float(union_areas(polygons, np.zeros(n, np.int64), within=ground).seen_m2[0])


def union_areas(
    polygons: Views | Sequence[Any] | NDArray[np.object_],
    group: ArrayLike,
    *,
    n_groups: int | None = None,
    within: Sequence[Any] | NDArray[np.object_] | None = None,
    n_threads: int = 1,
) -> UnionAreas:
    """Areas of the unions of polygons, group by group: the cameras of each community.

    Parameters
    ----------
    polygons
        (n,) polygons or multipolygons, metres, or the Views of n cameras. Empty ones hold nothing.
    group
        (n,) group of each polygon, from 0; -1 for none.
    n_groups
        Number of groups; one more than the last when not given, at least 1.
    within
        (n_groups,) polygons or multipolygons, metres: only ground in that of its group counts,
        such as the community less its buildings. All ground when not given.
    n_threads
        Threads; the result is the same for any number.

    Returns
    -------
    UnionAreas
        Exact for the polygons given: arcs of Views are the chords they are drawn with, 90 to a
        circle, which leaves out at most 8.2e-4 of the sector; draw them with more `arc_vertices`
        where that matters.

    Raises
    ------
    GeoError
        A geometry that is not a polygon, is not valid or has a coordinate that is not finite, or
        groups that do not fit.
    """
    rings, numbers_of = _rings_of(polygons, "polygons")
    n = len(polygons.areas_m2) if isinstance(polygons, Views) else len(polygons)
    owner = _check_groups(np.atleast_1d(np.asarray(group)), n, n_groups)
    k = max(int(owner.max(initial=0)) + 1, 1) if n_groups is None else n_groups
    order = np.argsort(owner, kind="stable")
    order = order[np.searchsorted(owner[order], 0) :]
    firsts = np.searchsorted(owner[order], np.arange(k + 1)).astype(np.int64)
    rank = np.full(n, -1)
    rank[order] = np.arange(len(order)) - firsts[owner[order]]
    chosen = np.flatnonzero(owner[numbers_of] >= 0)
    chosen = chosen[np.argsort(owner[numbers_of[chosen]], kind="stable")]
    bounds = np.searchsorted(owner[numbers_of[chosen]], np.arange(k + 1)).astype(np.int64)
    ground, g_bounds = _ground(within, k)
    seen, alone = np.zeros((k, 3)), np.zeros(len(order))

    def run(part: tuple[int, int]) -> None:
        areas_of_all(
            *rings, chosen, rank[numbers_of[chosen]], bounds, firsts, *ground, g_bounds,
            within is not None, *part, seen, alone,
        )  # fmt: skip

    cuts = np.linspace(0, k, max(1, n_threads) + 1).astype(int).tolist()
    if n_threads > 1:
        with ThreadPoolExecutor(n_threads) as pool:
            list(pool.map(run, itertools.pairwise(cuts)))
    else:
        run((0, k))
    unique = np.zeros(n)
    unique[order] = alone
    return UnionAreas(seen[:, 0].copy(), seen[:, 1].copy(), seen[:, 2].copy(), unique)


def _rings_of(
    polygons: Views | Sequence[Any] | NDArray[np.object_], name: str
) -> tuple[Rings, NDArray[np.int64]]:
    """Vertices, where each ring begins, and the polygon of each ring."""
    if isinstance(polygons, Views):
        return (polygons.vertices_xy, polygons.offsets), np.arange(len(polygons.areas_m2))
    shapes = np.empty(len(polygons), dtype=object)
    shapes[:] = list(polygons)
    _check_shapes(shapes, name)
    parts, shape_of = shapely.get_parts(shapes, return_index=True)
    rings, part_of = shapely.get_rings(shapely.orient_polygons(parts), return_index=True)
    xy, ring_of = shapely.get_coordinates(rings, return_index=True)
    starts = np.searchsorted(ring_of, np.arange(len(rings) + 1)).astype(np.int64)
    return (np.ascontiguousarray(xy), starts), shape_of[part_of].astype(np.int64)


def _ground(
    within: Sequence[Any] | NDArray[np.object_] | None, n_groups: int
) -> tuple[Rings, NDArray[np.int64]]:
    """Rings of the ground of each group."""
    if within is None:
        return (np.empty((0, 2)), np.zeros(1, np.int64)), np.zeros(n_groups + 1, np.int64)
    if len(within) != n_groups:
        raise GeoError(
            f"union_areas: within has {len(within)} grounds for {n_groups} groups; one for each "
            "was expected. Give an empty polygon where no ground counts."
        )
    rings, of = _rings_of(within, "within")
    return rings, np.searchsorted(of, np.arange(n_groups + 1)).astype(np.int64)


def _check_groups(group: NDArray[Any], n: int, n_groups: int | None) -> NDArray[np.int64]:
    if group.shape != (n,) or not (group.dtype.kind in "iu" or n == 0):
        raise GeoError(
            f"union_areas: group is {group.dtype} of shape {group.shape}; {n} whole numbers were "
            "expected. Give the row of each polygon's community, -1 for none."
        )
    owner = group.astype(np.int64)
    bad = np.flatnonzero((owner < -1) | (owner >= (np.inf if n_groups is None else n_groups)))
    if bad.size:
        raise GeoError(
            f"union_areas: group of {bad.size} of {n} polygons, the first is row {bad[0]}: "
            f"{owner[bad[0]]}; -1 to {'any' if n_groups is None else n_groups - 1} was expected. "
            "Number the groups from 0."
        )
    return owner


def _check_shapes(shapes: NDArray[np.object_], name: str) -> None:
    kinds = shapely.get_type_id(shapes)
    polygonal = (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON)
    extent = np.nan_to_num(np.abs(shapely.bounds(shapes)), nan=0.0).max(axis=1, initial=0.0)
    faults = [
        (~np.isin(kinds, polygonal), "is not a polygon", "Leave out what has no area."),
        (~(extent <= FARTHEST_M), "has a coordinate that is not finite metres", "Project it."),
    ]
    for wrong, what, mend in faults:
        _refuse(wrong, shapes, name, what, mend)
    _refuse(
        ~shapely.is_valid(shapes), shapes, name, "is not valid",
        "Mend it with shapely.make_valid.",
    )  # fmt: skip


def _refuse(
    wrong: NDArray[np.bool_], shapes: NDArray[np.object_], name: str, what: str, mend: str
) -> None:
    rows = np.flatnonzero(wrong)
    if rows.size:
        first = shapes[rows[0]]
        told = first if first is None else shapely.is_valid_reason(first)
        raise GeoError(
            f"union_areas: {name}: {rows.size} of {len(shapes)} geometries, the first is row "
            f"{rows[0]} ({told}), of which each {what}; valid polygons in metres were expected. "
            f"{mend}"
        )
