"""Where and when are there more cases than chance has it: Kulldorff's scan statistics.

References
----------
Kulldorff, M. (1997). A spatial scan statistic. Communications in Statistics: Theory and Methods
26(6), 1481-1496.
Kulldorff, M. (2001). Prospective time periodic geographical disease surveillance using a scan
statistic. Journal of the Royal Statistical Society A 164(1), 61-72.
Kulldorff, M., Heffernan, R., Hartman, J., Assuncao, R., Mostashari, F. (2005). A space-time
permutation scan statistic for disease outbreak detection. PLoS Medicine 2(3), e59.
Kulldorff, M., Huang, L., Pickle, L., Duczmal, L. (2006). An elliptic spatial scan statistic.
Statistics in Medicine 25(22), 3929-3943.
Han, J., Zhu, L., Kulldorff, M., Hostovich, S., Stinchcomb, D. G., Tatalovich, Z., Lewis, D. R.,
Feuer, E. J. (2016). Using Gini coefficient to determining optimal cluster reporting sizes for
spatial scan statistics. International Journal of Health Geographics 15, 27.
Besag, J., Clifford, P. (1991). Sequential Monte Carlo p-values. Biometrika 78(2), 301-304.
"""

from dataclasses import dataclass
from math import inf, nan
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from geo._scan_choice import STOPS, Window, gini, within, without_overlap
from geo._scan_input import Model, check_limits, expected_cases, read_cases, read_places
from geo._scan_null import at_least, null_distribution, shuffled, thrown
from geo._scan_search import Search, best_windows, count_rows
from geo._scan_zones import lay_zones
from geo.errors import GeoError
from geo.grid import Floats, Ints

Report = Literal["none", "centres", "gini"]
Shapes = tuple[tuple[float, int], ...]

CIRCLE: Shapes = ((1.0, 1),)
ELLIPSES: Shapes = ((1.0, 1), (1.5, 4), (2.0, 6), (3.0, 9), (4.0, 12), (5.0, 15))
SIGNIFICANT = 0.05


@dataclass(frozen=True, slots=True)
class Cluster:
    """A cylinder with more cases than expected.

    Parameters
    ----------
    centre
        Place in the middle.
    places
        Places inside, nearest first.
    radius_m
        Distance of the farthest, metres: 0 for one place; of an ellipse the short half-axis.
    axis_ratio, bearing_deg
        Long over short axis, 1 for a circle; bearing of the long axis, degrees clockwise from
        north in [0, 180).
    first, last
        First and last time, inclusive.
    observed, expected
        Cases inside, and how many were expected.
    ratio
        Observed over expected.
    relative_risk
        The same inside over outside; infinite when all cases are inside.
    statistic
        Log-likelihood ratio, times the penalty of an ellipse.
    p
        Chance that random data hold a cluster as likely anywhere; NaN without replications.
    recurrence
        Prospective: once in how many times such a cluster comes by chance, 1 / p; else NaN.
    """

    centre: int
    places: Ints
    radius_m: float
    axis_ratio: float
    bearing_deg: float
    first: int
    last: int
    observed: int
    expected: float
    ratio: float
    relative_risk: float
    statistic: float
    p: float
    recurrence: float


@dataclass(frozen=True, slots=True)
class Scan:
    """What a scan found.

    Parameters
    ----------
    clusters
        Likeliest first, significant or not; empty when nowhere is more than expected.
    n_cases, n_places, n_times
        What was scanned.
    null
        Largest statistic of each random data set, in the order they were made.
    """

    clusters: tuple[Cluster, ...]
    n_cases: int
    n_places: int
    n_times: int
    null: Floats

    def significant(self, level: float = SIGNIFICANT) -> tuple[Cluster, ...]:
        """
        Give the clusters that chance hardly makes.

        Parameters
        ----------
        level
            Largest p.

        Returns
        -------
        tuple of Cluster
            Likeliest first.
        """
        return tuple(one for one in self.clusters if one.p <= level)


def scan(
    points: Floats,
    place: NDArray[np.generic],
    time: NDArray[np.generic] | None = None,
    *,
    model: Model,
    n_times: int | None = None,
    population: Floats | None = None,
    prospective: bool = False,
    shapes: Shapes = CIRCLE,
    penalty: float = 0.0,
    max_share: float = 0.5,
    max_radius_m: float = inf,
    min_length: int = 1,
    max_length: int | None = None,
    min_cases: int = 2,
    overlap: Report = "none",
    max_p: float = 1.0,
    replications: int = 999,
    stop_after: int | None = None,
    rng: np.random.Generator | None = None,
) -> Scan:
    """Look through all circles and spans of time for the most unlikely gathering of cases.

    Parameters
    ----------
    points
        Places, metres, shape (n, 2): communities or cells, with or without cases.
    place
        Place of each case, counting from 0, shape (m,).
    time
        Time of each case, counting from 0 (days, weeks), shape (m,). None scans space only.
    model
        ``poisson``: as many cases are expected as ``population`` says. ``permutation``: as many as
        the place and the time have each on their own; needs ``time`` and nothing else.
    n_times
        Length of the study period; None takes the last time of any case.
    population
        People, or cases expected for age and kind (``expected_from_strata``), shape (n,) when it
        stays the same, or (n, n_times); any scale. Only for ``poisson``.
    prospective
        Only what still goes on at the last time: what started lately?
    shapes
        Axis ratios and number of angles; CIRCLE or ELLIPSES or one's own.
    penalty
        Against long ellipses: the statistic times (4 s / (s + 1)^2) ** penalty, s the axis ratio.
    max_share
        Largest share of the population (``permutation``: of the cases) in a zone, in (0, 0.5].
    max_radius_m
        Longest half-axis of a zone, metres.
    min_length, max_length
        Shortest and longest span of time; None is half the study period.
    min_cases
        Least cases in a cluster.
    overlap
        Which clusters are told beside the likeliest, out of the best of each centre. ``none``:
        those with no place in common with a likelier one. ``centres``: those whose centre lies in
        no likelier one, and whose zone holds no centre of one. ``gini``: the significant ones
        without a place in common, under the largest zone size (1 to 50 %) that tells cases from
        the expected best (Han et al.); the likeliest alone when none is significant.
    max_p
        Largest p of a cluster told beside the likeliest.
    replications
        Random data sets; 0 for none.
    stop_after
        Stop early, once so many random data sets reached the most likely cluster: then its p is
        their share. None makes all of them.
    rng
        Source of randomness, required with ``replications``.

    Returns
    -------
    Scan
        Clusters and what they were compared with.

    Notes
    -----
    With c cases inside, mu expected and C in all: c ln(c / mu) + (C - c) ln((C - c) / (C - mu)),
    where c > mu. The permutation model expects n_zone n_time / C. p is (1 + reached) / (1 + all).
    A circle holds all places as far as its radius. Only the best window of each centre competes
    for a place behind the most likely cluster, so a smaller second cluster may go untold.
    """
    xy = read_places(points)
    check_limits(
        max_share=max_share, max_radius_m=max_radius_m, penalty=penalty, shapes=shapes,
        min_cases=min_cases, replications=replications, stop_after=stop_after, rng=rng,
    )  # fmt: skip
    where, when, n_slots = read_cases(place, time, n_times, len(xy), model, min_cases)
    weight, times, by_place = expected_cases(where, when, n_slots, len(xy), model, population)
    longest = min(n_slots, max_length if max_length is not None else max(1, n_slots // 2))
    if not 1 <= min_length <= longest:
        raise GeoError(
            f"scan: min_length is {min_length} and max_length {longest} of {n_slots} times; "
            "1 <= min_length <= max_length was expected. Widen the span."
        )
    most = max_share * float(weight.sum())
    zones = lay_zones(xy, weight, most=most, radius_m=max_radius_m, shapes=shapes, penalty=penalty)
    if not len(zones.near):
        raise GeoError(
            f"scan: every place holds more than {max_share:.0%} of what is expected; places small "
            "enough for a zone were expected. Use smaller places or a larger max_share."
        )
    search = Search(
        zones, weight, times, by_place, len(where), min_length, longest, prospective or
        n_slots == 1, min_cases,
    )  # fmt: skip
    rows = count_rows(search, where, when)
    found, windows = best_windows(search, rows)
    null = np.empty(0)
    if replications and rng is not None:
        chance = shuffled(search, where, when) if model == "permutation" else thrown(search)
        null = null_distribution(
            search, chance, replications=replications, stop_after=stop_after,
            observed=float(found.max()), rng=rng,
        )  # fmt: skip
    stopped = len(null) < replications
    if overlap == "gini":
        chosen = _sharpest(search, rows, found, windows, null, stopped)
    else:
        bar = min(_critical(null, stopped, max_p), found.max()) if max_p < 1 else 0.0
        likely = np.where(found >= bar, found, 0.0)
        chosen = without_overlap(zones, likely, windows, len(xy), rule=overlap)
    told = [_describe(one, search, rows, null, stopped, prospective) for one in chosen]
    # what every random data set surpasses is no cluster
    kept = tuple(one for k, one in enumerate(told) if k == 0 or not one.p >= 1)
    return Scan(kept, len(where), len(xy), n_slots, null)


def expected_from_strata(population: Floats, cases: Floats) -> Floats:
    """Give the cases expected at each place from its people by age, sex or kind of building.

    Parameters
    ----------
    population
        People by place and stratum, shape (n, strata), >= 0.
    cases
        All cases by stratum, shape (strata,).

    Returns
    -------
    Floats
        Expected cases, shape (n,): each stratum has the same rate everywhere.
    """
    people, n = np.asarray(population, np.float64), np.asarray(cases, np.float64)
    if people.ndim != 2 or n.shape != people.shape[1:]:
        raise GeoError(
            f"expected_from_strata: population has shape {people.shape} and cases {n.shape}; "
            "(places, strata) and (strata,) were expected. Give one number of cases per stratum."
        )
    if not (np.isfinite(people) & (people >= 0)).all() or not (np.isfinite(n) & (n >= 0)).all():
        raise GeoError(
            "expected_from_strata: a negative or missing number; counts of at least 0 were "
            "expected. Fill the gaps or leave the place out."
        )
    held = people.sum(axis=0)
    if (n[held == 0] > 0).any():
        raise GeoError(
            "expected_from_strata: cases in a stratum without people; people were expected "
            "wherever there are cases. Join the stratum with its neighbour."
        )
    rate = np.divide(n, held, out=np.zeros(len(n)), where=held > 0)
    expected: Floats = people @ rate
    return expected


def _sharpest(
    search: Search, rows: Ints, found: Floats, windows: Ints, null: Floats, stopped: bool
) -> list[Window]:
    """Take the largest zone size whose significant clusters have the highest Gini coefficient."""
    n = len(search.weight)
    likeliest = without_overlap(search.zones, found, windows, n, rule="none")[:1]
    bar = _critical(null, stopped, SIGNIFICANT)
    best, chosen = 0.0, likeliest
    for stop in STOPS:
        zones = within(search.zones, stop * float(search.weight.sum()))
        some, where = best_windows(search.on(zones), rows, at_least=bar)
        some = np.where(some >= bar, some, 0.0)
        taken = without_overlap(zones, some, where, n, rule="none")
        counts = [_count(one, search, rows) for one in taken]
        value = gini([c for c, _ in counts], [mu for _, mu in counts], search.total)
        if value > best:
            best, chosen = value, taken
    return chosen


def _critical(null: Floats, stopped: bool, level: float) -> float:
    """Give the least statistic whose p is at most the level; infinite when none can be."""
    allowed = level * (len(null) + (0 if stopped else 1)) - (0 if stopped else 1)
    reached = int(np.floor(allowed + 1e-9))
    if reached < 0 or not len(null):
        return inf
    return float(np.nextafter(np.sort(null)[::-1][min(reached, len(null) - 1)], inf)) * (1 + 2e-9)


def _count(one: Window, search: Search, rows: Ints) -> tuple[int, float]:
    """Count the cases of a window, and those expected."""
    inside = search.zones.members(one.zone)
    if search.trailing:
        observed = rows[inside, search.n_slots - 1 - one.begin].sum()
    else:
        observed = (rows[inside, one.end] - rows[inside, one.begin]).sum()
    if len(search.by_place):
        expected = (search.by_place[inside, one.end] - search.by_place[inside, one.begin]).sum()
    else:
        expected = search.zones.measure[one.zone] * (
            search.times[one.end] - search.times[one.begin]
        )
    return int(observed), float(expected)


def _describe(
    one: Window, search: Search, rows: Ints, null: Floats, stopped: bool, prospective: bool
) -> Cluster:
    zones, total = search.zones, search.total
    owner = int(np.searchsorted(zones.start, one.zone, side="right")) - 1
    n, mu = _count(one, search, rows)
    outside = (total - n) / (total - mu) if total > mu else nan
    reached = int(at_least(null, one.statistic).sum())
    p = nan
    if len(null):
        p = reached / len(null) if stopped else (reached + 1) / (len(null) + 1)
    return Cluster(
        centre=int(zones.centre[owner]),
        places=zones.members(one.zone),
        radius_m=float(zones.away_m[one.zone]),
        axis_ratio=float(zones.axis_ratio[owner]),
        bearing_deg=float(zones.bearing_deg[owner]),
        first=one.begin,
        last=one.end - 1,
        observed=n,
        expected=mu,
        ratio=n / mu,
        relative_risk=n / mu / outside if outside > 0 else inf,
        statistic=one.statistic,
        p=p,
        recurrence=1 / p if prospective else nan,
    )
