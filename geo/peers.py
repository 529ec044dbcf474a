"""Places most like each place, so that like is compared with like.

References
----------
Gower, J. C. (1971). A general coefficient of similarity and some of its properties. Biometrics
27(4), 857-871: only features known of both count.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from geo.errors import GeoError
from geo.grid import Floats

Ints = NDArray[np.int64]
# Distances that differ by less are equal: the smaller number decides, whatever the machine.
SAME = 1e-9


@dataclass(frozen=True, slots=True)
class Peers:
    """The k nearest of each place, nearest first, shape (n, k); -1 and NaN where fewer are."""

    index: Ints
    distance: Floats


def find_peers(features: Floats, *, k: int = 8, min_features: int = 2) -> Peers:
    """Find the places most like each place.

    Parameters
    ----------
    features
        Shape (n, m); NaN where unknown. Take logarithms of sizes first.
    k
        Peers wanted of each place.
    min_features
        Features that must be known of a place for it to have peers.

    Returns
    -------
    Peers
        Peers are places of which every feature is known that is known of the place itself. Equal
        distances go to the smaller number. No places give empty arrays.

    Raises
    ------
    GeoError
        When features are not of shape (n, m), or k is below 1.

    Notes
    -----
    Each feature is divided by its standard deviation over all places (one without any spread does
    not count); the distance is the root mean square over the features known.
    """
    if features.ndim != 2 or k < 1:
        raise GeoError(
            f"find_peers: features have shape {features.shape} and k is {k}; expected (n, m) and "
            "at least 1. Give one row a place."
        )
    n, m = features.shape
    index = np.full((n, k), -1, dtype=np.int64)
    distance = np.full((n, k), np.nan)
    if n < 2 or m == 0:
        return Peers(index, distance)
    scaled = standardise(features)
    known = ~np.isnan(scaled)
    patterns, which = np.unique(known, axis=0, return_inverse=True)
    for number, pattern in enumerate(patterns):
        if pattern.sum() < min_features:
            continue
        rows = np.flatnonzero(which.reshape(-1) == number)
        others = np.flatnonzero(known[:, pattern].all(axis=1))
        scale = 1.0 / np.sqrt(pattern.sum())
        found, far = _nearest(scaled[rows][:, pattern], scaled[others][:, pattern], k)
        for row, places, far_off in zip(rows, found, far, strict=True):
            chosen = others[places]
            kept = (chosen != row) & np.isfinite(far_off)
            order = np.lexsort((chosen[kept], np.round(far_off[kept] / SAME)))[:k]
            index[row, : len(order)] = chosen[kept][order]
            distance[row, : len(order)] = far_off[kept][order] * scale
    return Peers(index, distance)


def standardise(features: Floats) -> Floats:
    """Return features less their mean, over their standard deviation; NaN where there is none.

    Parameters
    ----------
    features
        Shape (n, m); NaN where unknown.

    Returns
    -------
    Floats
        Shape (n, m).
    """
    found = np.full(features.shape, np.nan)
    for column in range(features.shape[1]):
        values = features[:, column]
        known = ~np.isnan(values)
        spread = float(np.std(values[known])) if known.any() else 0.0
        if spread > 1e-12 * (1.0 + abs(float(np.mean(values[known])) if known.any() else 0.0)):
            found[:, column] = (values - np.mean(values[known])) / spread
    return found


def _nearest(rows: Floats, others: Floats, k: int) -> tuple[Ints, Floats]:
    # One more for the place itself, and a few more so that ties at the end are seen.
    wanted = min(k + 1 + 8, len(others))
    far, found = cKDTree(others).query(rows, k=np.arange(1, wanted + 1))
    return np.asarray(found, dtype=np.int64), np.asarray(far)


def compare_with_peers(values: Floats, peers: Peers, *, lower_is_better: bool) -> dict[str, Floats]:
    """Set each place beside its peers.

    Parameters
    ----------
    values
        One of each place, shape (n,); NaN where unknown.
    peers
        Of the same places.
    lower_is_better
        Whether a low value is a good one.

    Returns
    -------
    dict[str, Floats]
        `low`, `median`, `high`: quartiles of the peers; `rank`: place among itself and its peers, 1
        the best, equal values share the better place; `n`: how many were compared, itself included.
        NaN where the place's own value or all of its peers' are unknown.
    """
    n = len(values)
    given = np.where(peers.index >= 0, values[peers.index], np.nan)
    found = {name: np.full(n, np.nan) for name in ("low", "median", "high", "rank", "n")}
    told = ~np.isnan(values) & ~np.isnan(given).all(axis=1)
    if not told.any():
        return found
    ordered = np.sort(given[told], axis=1)  # NaN last
    known = (~np.isnan(ordered)).sum(axis=1)
    for name, share in (("low", 0.25), ("median", 0.5), ("high", 0.75)):
        found[name][told] = _quantile(ordered, known, share)
    sign = 1.0 if lower_is_better else -1.0
    better = sign * given[told] < sign * values[told, None]
    found["rank"][told] = 1.0 + better.sum(axis=1)
    found["n"][told] = 1.0 + (~np.isnan(given[told])).sum(axis=1)
    return found


def _quantile(ordered: Floats, known: Ints, share: float) -> Floats:
    """Return a quantile of the known values of each row, in proportion between two of them."""
    at = share * (known - 1)
    below = np.floor(at).astype(np.int64)
    above = np.minimum(below + 1, known - 1)
    first, second = (
        np.take_along_axis(ordered, one[:, None], axis=1)[:, 0] for one in (below, above)
    )
    return np.asarray(first + (at - below) * (second - first))
