"""Zones of a scan: for each centre and shape its places, nearest first, up to the widest zone."""

from dataclasses import dataclass
from math import cos, pi, sin

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from geo.grid import Floats, Ints

# two places this close to equally far (relative) enter a zone together
TIE = 1e-9
ROWS = 2_000_000


@dataclass(frozen=True, slots=True)
class Zones:
    """Lists of places by distance; every place of a list that is ``whole`` closes a zone.

    Parameters
    ----------
    start
        Where each list begins, shape (n_lists + 1,).
    near
        Places, nearest first within a list.
    whole
        Whether the next place is farther: only then the places so far are a zone.
    measure
        Expected cases of the places so far, over the whole time.
    away_m
        Distance of each place from the centre; on an ellipse, its short half-axis.
    centre, axis_ratio, bearing_deg
        Of each list: its place, long over short axis, bearing of the long axis in [0, 180).
    shrink
        Of each list: what its statistic is multiplied by, for being long.
    """

    start: Ints
    near: NDArray[np.int32]
    whole: NDArray[np.bool_]
    measure: Floats
    away_m: Floats
    centre: NDArray[np.int32]
    axis_ratio: Floats
    bearing_deg: Floats
    shrink: Floats

    def members(self, zone: int) -> Ints:
        """Give the places of the zone that is closed by entry ``zone`` of the lists."""
        owner = int(np.searchsorted(self.start, zone, side="right")) - 1
        return self.near[self.start[owner] : zone + 1].astype(np.int64)


def lay_zones(
    points: Floats,
    weight: Floats,
    *,
    most: float,
    radius_m: float,
    shapes: tuple[tuple[float, int], ...],
    penalty: float,
) -> Zones:
    """Sort the places round each centre, once for each shape and angle.

    Parameters
    ----------
    points
        Places, metres, shape (n, 2).
    weight
        What the size of a zone is measured by, shape (n,).
    most
        Largest sum of weight in a zone.
    radius_m
        Longest half-axis of a zone, metres; may be infinite.
    shapes
        Axis ratio and number of angles of each family; (1, 1) is the circle.
    penalty
        Exponent of the non-compactness penalty, 0 for none.

    Returns
    -------
    Zones
        Places without weight are members too; each centre's own place is the first of its list.
    """
    parts = []
    for ratio, angles in shapes:
        for turn in range(angles):
            bearing = 180.0 * turn / angles
            flat = _flatten(points, ratio, bearing)
            lists = _nearest(flat, weight, most, radius_m / ratio)
            parts.append((*lists, ratio, bearing, (4 * ratio / (ratio + 1) ** 2) ** penalty))
    near, away, whole, measure, held = (
        np.concatenate([part[i] for part in parts]) for i in range(5)
    )
    axis_ratio, turned, shrink = (np.array([part[i] for part in parts]) for i in (5, 6, 7))
    n = len(points)
    return Zones(
        np.concatenate([[0], np.cumsum(held)]).astype(np.int64),
        near,
        whole,
        measure,
        away,
        np.tile(np.arange(n, dtype=np.int32), len(parts)),
        np.repeat(axis_ratio, n).astype(np.float64),
        np.repeat(turned, n),
        np.repeat(shrink, n),
    )


def _flatten(points: Floats, ratio: float, bearing_deg: float) -> Floats:
    """Turn and press the plane so that the ellipses become circles of their short half-axis."""
    if ratio == 1:
        return points
    angle = bearing_deg * pi / 180
    along = points @ np.array([sin(angle), cos(angle)])
    across = points @ np.array([cos(angle), -sin(angle)])
    return np.column_stack([along / ratio, across])


def _nearest(
    points: Floats, weight: Floats, most: float, radius_m: float
) -> tuple[NDArray[np.int32], Floats, NDArray[np.bool_], Floats, Ints]:
    """List neighbours until weight or radius is used up: place, distance, whole, sum; count."""
    n = len(points)
    tree = cKDTree(points)
    parts, held_parts = [], []
    k, first = min(n, 16 if np.isfinite(radius_m) else 64), 0
    while first < n:
        last = min(n, first + max(1, ROWS // k))
        away, near = tree.query(points[first:last], k=k, distance_upper_bound=radius_m * 1.01)
        away, near = away.reshape(last - first, k), near.reshape(last - first, k)
        near = np.minimum(near, n - 1)  # none within reach: infinitely far
        measure = np.cumsum(weight[near], axis=1)
        inside = (measure <= most * (1 + TIE)) & (away <= radius_m * (1 + TIE))
        if k < n and inside[:, -1].any():  # the next place is needed: does it lie farther?
            k = min(n, 2 * k)
            continue
        whole = np.ones(near.shape, np.bool_)
        whole[:, :-1] = away[:, 1:] > away[:, :-1] * (1 + TIE)
        parts.append((near[inside].astype(np.int32), away[inside], whole[inside], measure[inside]))
        held_parts.append(inside.sum(axis=1))
        first = last
    near, away, whole, measure = (np.concatenate([part[i] for part in parts]) for i in range(4))
    return near, away, whole, measure, np.concatenate(held_parts)
