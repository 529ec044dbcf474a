"""Which clusters are told: those away from a likelier one, or the sharpest set of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from geo._scan_zones import Zones
from geo.grid import Floats, Ints

Overlap = Literal["none", "centres"]

DIGITS = 9
# largest zones tried for the sharpest set, as shares of everything (the stops of SaTScan)
STOPS = (0.01, 0.02, 0.03, 0.04, 0.05, 0.06, 0.08, 0.1, 0.12, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5)


@dataclass(frozen=True, slots=True)
class Window:
    """A zone, its slots from ``begin`` to before ``end``, and its statistic."""

    zone: int
    begin: int
    end: int
    statistic: float


def without_overlap(
    zones: Zones, found: Floats, where: Ints, n_places: int, *, rule: Overlap
) -> list[Window]:
    """Take the best windows of the lists from the likeliest on, each away from those taken before.

    Parameters
    ----------
    zones
        Lists of zones.
    found, where
        From ``best_windows``.
    n_places
        Number of places.
    rule
        ``none``: no place in common. ``centres``: neither centre lies in the other zone.

    Returns
    -------
    list of Window
        Falling statistic; of equal ones the smallest comes first.
    """
    taken: list[Window] = []
    covered = np.zeros(n_places, np.bool_)
    centres = np.zeros(n_places, np.bool_)
    # of equal ones the smallest zone first: a place without cases around adds nothing
    value = np.round(found, DIGITS)
    order = np.lexsort((where[:, 0] - zones.start[:-1], -value))
    for i in order[: int((value > 0).sum())]:
        inside, centre = zones.members(int(where[i, 0])), zones.centre[i]
        if rule == "none":
            if covered[inside].any():
                continue
        elif covered[centre] or centres[inside].any():
            continue
        covered[inside] = True
        centres[centre] = True
        zone, begin, end = (int(v) for v in where[i])
        taken.append(Window(zone, begin, end, float(found[i])))
    return taken


def gini(observed: Sequence[float], expected: Sequence[float], total: float) -> float:
    """Give the Gini coefficient of a set of clusters and all the rest.

    Parameters
    ----------
    observed, expected
        Cases of each cluster.
    total
        All cases.

    Returns
    -------
    float
        Twice the area between the Lorenz curve and the diagonal, 0 without clusters: 1 would be
        all cases where next to none were expected.
    """
    n, mu = np.asarray(observed, np.float64) / total, np.asarray(expected, np.float64) / total
    order = np.argsort(-n / mu, kind="stable") if len(n) else np.empty(0, np.int64)
    x = np.concatenate([[0.0], np.cumsum(mu[order]), [1.0]])
    y = np.concatenate([[0.0], np.cumsum(n[order]), [1.0]])
    return float(((y[1:] + y[:-1]) * np.diff(x)).sum() - 1.0)


def within(zones: Zones, most: float) -> Zones:
    """Give the same lists with no zone above a size.

    Parameters
    ----------
    zones
        Lists of zones.
    most
        Largest ``measure`` of a zone.

    Returns
    -------
    Zones
        The same entries; those too large close no zone.
    """
    small: NDArray[np.bool_] = zones.measure <= most * (1 + 1e-9)
    return Zones(
        zones.start, zones.near, zones.whole & small, zones.measure, zones.away_m, zones.centre,
        zones.axis_ratio, zones.bearing_deg, zones.shrink,
    )  # fmt: skip
