"""Patrol tonight: the few places and hours that cover most expected incidents, and the walk.

References
----------
Church, R., ReVelle, C. (1974). The maximal covering location problem. Papers of the Regional
Science Association 32(1), 101-118.
Nemhauser, G. L., Wolsey, L. A., Fisher, M. L. (1978). An analysis of approximations for maximizing
submodular set functions - I. Mathematical Programming 14, 265-294 (greedy covers at least
1 - 1/e of the best).
Ratcliffe, J. H., Taniguchi, T., Groff, E. R., Wood, J. D. (2011). The Philadelphia foot patrol
experiment. Criminology 49(3), 795-831 (foot beats of about 0.3 km2).
"""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import linear_sum_assignment
from scipy.sparse import csr_array
from scipy.spatial import cKDTree

from geo.errors import GeoError
from geo.grid import Floats, Ints, as_points


@dataclass(frozen=True, slots=True)
class Plan:
    """Patrol hours, the most useful first: the first n are the plan of n patrol hours.

    Parameters
    ----------
    place, hour
        Numbers of place and hour, shape (k,).
    gain
        Expected incidents that each covers beyond those before it, shape (k,).
    covered
        Expected incidents covered by this and those before it, shape (k,).
    at_most
        No plan of as many patrol hours covers more, shape (k,).
    total
        Expected incidents in all.
    """

    place: Ints
    hour: Ints
    gain: Floats
    covered: Floats
    at_most: Floats
    total: float


@dataclass(frozen=True, slots=True)
class Walk:
    """Who goes where: one value for each patrol hour, in order of patrol and time.

    Parameters
    ----------
    patrol, stop
        Number of the patrol and of the stop on its way, from 1, shape (n,).
    row
        Number of the patrol hour in the plan, shape (n,).
    leg_m
        Walk from the stop before, metres along streets at right angles; 0 at the first, shape (n,).
    """

    patrol: Ints
    stop: Ints
    row: Ints
    leg_m: Floats


def plan_patrols(demand: Floats, places: Floats, *, radius_m: float, n_hours: int) -> Plan:
    """Choose places and hours one by one, each time where most is left to cover.

    Parameters
    ----------
    demand
        Expected incidents of each hour at each place, >= 0, shape (hours, places).
    places
        Coordinates, metres, shape (places, 2).
    radius_m
        A patrol covers the places within this distance for its hour, metres, >= 0.
    n_hours
        Patrol hours at most.

    Returns
    -------
    Plan
        It ends early when nothing is left to cover; without demand it is empty.

    Notes
    -----
    Cover is submodular, so the greedy plan holds at least 1 - (1 - 1/n)^n > 63 % of the best of n
    hours. ``at_most`` is the least of four proven bounds: that one turned round; everything; the
    n k largest demands, k the most places that a patrol covers; and after each step what is
    covered and the n largest gains that are left.
    """
    xy, d = as_points(places, where="plan_patrols"), np.asarray(demand, dtype=np.float64)
    if d.ndim != 2 or d.shape[1] != len(xy) or not (np.isfinite(d) & (d >= 0)).all():
        raise GeoError(
            f"plan_patrols: demand of shape {d.shape} for {len(xy)} places; finite numbers of at "
            "least 0, (hours, places), were expected. Give expected incidents by hour and place."
        )
    if not (radius_m >= 0 and n_hours >= 0):
        raise GeoError(
            f"plan_patrols: radius_m is {radius_m}, n_hours {n_hours}; at least 0 of each was "
            "expected. Give metres and hours."
        )
    reach = _reach(xy, radius_m)
    left = d.copy()
    gains = np.asarray(reach @ left.T).T if d.size else left
    chosen: list[tuple[int, int]] = []
    gained: list[float] = []
    bounds = [_bound(gains, 0.0, n_hours)]
    while len(chosen) < n_hours and gains.size and gains.max() > 1e-12 * d.sum():
        hour, place = np.unravel_index(int(gains.argmax()), gains.shape)
        chosen.append((int(hour), int(place)))
        gained.append(float(gains[hour, place]))
        left[hour, reach.indices[reach.indptr[place] : reach.indptr[place + 1]]] = 0.0
        gains[hour] = reach @ left[hour]
        bounds.append(_bound(gains, sum(gained), n_hours))
    k = len(chosen)
    covered = np.cumsum(gained) if k else np.zeros(0)
    many = np.arange(1, k + 1)
    widest = int(np.diff(reach.indptr).max(initial=0))
    largest = np.concatenate([[0.0], np.cumsum(np.sort(d.ravel())[::-1])])
    at_most = np.minimum.reduce(
        [
            covered / (1 - (1 - 1 / many) ** many),
            np.full(k, d.sum()),
            largest[np.minimum(many * widest, d.size)],
            np.min(np.stack(bounds), axis=0)[:k],
        ]
    )
    hour_of, place_of = np.array(chosen, np.int64).reshape(-1, 2).T
    at_most = np.maximum(at_most, covered)
    return Plan(place_of, hour_of, np.array(gained), covered, at_most, float(d.sum()))


def walk_plan(places: Floats, hours: Ints) -> Walk:
    """Share patrol hours among as few patrols as can be, and say how far each walks.

    Parameters
    ----------
    places
        Where each patrol hour is spent, metres, shape (n, 2).
    hours
        Number of the hour, in order of time, shape (n,).

    Returns
    -------
    Walk
        As many patrols as the fullest hour has places. From hour to hour they are matched so that
        the walks add up to least; this looks one hour ahead, not over the whole night.
    """
    xy = as_points(places, where="walk_plan")
    hour = np.asarray(hours, dtype=np.int64)
    n_patrols = int(np.bincount(hour).max(initial=0)) if len(hour) else 0
    at = np.full((n_patrols, 2), np.nan)
    found: list[tuple[int, int, int, float]] = []
    stops = [0] * n_patrols
    for one in np.unique(hour):
        rows = np.flatnonzero(hour == one)
        away = np.abs(at[:, None] - xy[None, rows]).sum(axis=2)
        # a patrol that has not begun walks nothing, but is not sent while another is at hand
        cost = np.where(np.isnan(away), 1e9, away)
        for p, k in zip(*linear_sum_assignment(cost), strict=True):
            stops[p] += 1
            leg = 0.0 if np.isnan(away[p, k]) else float(away[p, k])
            found.append((int(p) + 1, stops[p], int(rows[k]), leg))
            at[p] = xy[rows[k]]
    found.sort()
    columns = np.array([one[:3] for one in found], np.int64).reshape(-1, 3).T
    return Walk(columns[0], columns[1], columns[2], np.array([one[3] for one in found]))


def _reach(xy: Floats, radius_m: float) -> csr_array:
    """Give which places a patrol at each place covers, itself among them."""
    n = len(xy)
    pairs = cKDTree(xy).query_pairs(radius_m, output_type="ndarray") if n else np.empty((0, 2), int)
    own = np.arange(n)
    rows = np.concatenate([pairs[:, 0], pairs[:, 1], own])
    cols = np.concatenate([pairs[:, 1], pairs[:, 0], own])
    reach = csr_array((np.ones(len(rows)), (rows, cols)), shape=(n, n))
    reach.sort_indices()
    return reach


def _bound(gains: Floats, covered: float, n: int) -> Floats:
    """Give what 1 to n patrol hours can hold at most: what is covered and the largest gains."""
    k = min(n, gains.size)
    flat = gains.ravel()
    top = np.sort(flat[np.argpartition(flat, flat.size - k)[flat.size - k :]])[::-1] if k else flat
    return covered + np.cumsum(np.concatenate([top, np.zeros(n - k)]))
