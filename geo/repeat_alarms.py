"""Near-repeat alarms: which places are at raised risk after an incident, how far, and how long.

References
----------
Johnson, S. D. et al. (2007). Space-time patterns of risk: a cross national assessment of
residential burglary victimization. Journal of Quantitative Criminology 23(3), 201-219.
Ratcliffe, J. H. (2009). Near Repeat Calculator (version 1.3). Temple University, Philadelphia.
Fisher, R. A. (1932). Statistical Methods for Research Workers, 4th ed. Oliver and Boyd, section
21.1 (combining tests).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree
from scipy.special import chdtrc

from geo.errors import GeoError
from geo.grid import Floats, Ints, as_points
from geo.near_repeat import KnoxTable

# a fifth more than chance, as the Near Repeat Calculator marks it, and enough pairs to rest on
LEAST_RATIO, LEAST_PAIRS = 1.2, 5
BAND_P, ALARM_P = 0.05, 0.01


@dataclass(frozen=True, slots=True)
class Rule:
    """Within which distance and for how long an incident raises the risk of another.

    Parameters
    ----------
    raised
        Bands that count, shape of the table.
    radius_m, ratio, p
        For each band of days: outer edge of the raised bands of distance, metres, pairs observed
        over expected within it, and the largest p of its bands; 0, 1 and 1 where none is raised.
    until_days
        Risk is raised from the day of the incident up to, without, this many days later; 0 when
        nothing is raised.
    """

    raised: NDArray[np.bool_]
    radius_m: Floats
    ratio: Floats
    p: Floats
    until_days: int


@dataclass(frozen=True, slots=True)
class Alarms:
    """Incidents that raise the risk around them now, the highest risk first.

    Parameters
    ----------
    index
        Number of the incident among those given, shape (n,).
    radius_m, ratio, p
        Of today's band of days, shape (n,).
    expires
        Last day at raised risk, day number, shape (n,).
    n_linked
        Other incidents given within the radius and less than ``until_days`` apart, shape (n,).
    """

    index: Ints
    radius_m: Floats
    ratio: Floats
    p: Floats
    expires: Ints
    n_linked: Ints


def pool(tables: Sequence[KnoxTable]) -> KnoxTable:
    """Put the tables of several areas together, each area its own test.

    Parameters
    ----------
    tables
        At least one, all with the same bands and metric.

    Returns
    -------
    KnoxTable
        Pairs and expectations are sums, so pairs across areas are not counted; p combines the
        areas' by Fisher's method: -2 sum of log p is chi-squared with twice as many degrees.
    """
    if not tables or any(
        one.metric != tables[0].metric
        or not np.array_equal(one.distance_bands_m, tables[0].distance_bands_m)
        or not np.array_equal(one.time_bands_days, tables[0].time_bands_days)
        for one in tables
    ):
        raise GeoError(
            f"pool: {len(tables)} tables, not all with the same bands and metric; at least one, "
            "all alike, was expected. Make them with the same bands."
        )
    observed = np.sum([one.observed for one in tables], axis=0)
    expected = np.sum([one.expected for one in tables], axis=0)
    logs = np.sum([np.log(one.p) for one in tables], axis=0)
    ratio = np.divide(observed, expected, out=np.full(expected.shape, np.nan), where=expected > 0)
    return replace(
        tables[0],
        observed=observed,
        expected=expected,
        mean_simulated=np.sum([one.mean_simulated for one in tables], axis=0),
        ratio=ratio,
        p=np.asarray(chdtrc(2.0 * len(tables), -2 * logs), dtype=np.float64),
        n=sum(one.n for one in tables),
        n_left_out=sum(one.n_left_out for one in tables),
    )


def make_rule(table: KnoxTable, *, gate_p: float = ALARM_P) -> Rule:
    """Read from a table of pairs how far and how long risk is raised.

    Parameters
    ----------
    table
        With p, the first band of distance being the same place.
    gate_p
        Nothing is raised unless the first band of days is, at the same place or next to it, with
        a p that doubled for the two looks is at most this. Divide it by the number of tables
        that are looked through.

    Returns
    -------
    Rule
        Empty unless the gate is passed.

    Notes
    -----
    A band counts with at least 5 pairs, 1.2 times the expected, p <= 0.05; in each band of days
    from the nearest outwards (the same place may be missing) until one does not, and over bands
    of days until one has none.
    """
    with np.errstate(invalid="ignore"):
        good = (table.ratio >= LEAST_RATIO) & (table.p <= BAND_P)
    good &= table.observed >= LEAST_PAIRS
    raised = np.zeros(good.shape, np.bool_)
    if (good[:2, 0] & (table.p[:2, 0] * 2 <= gate_p)).any():
        for col in range(good.shape[1]):
            run = good[:, col].copy()
            run[0] |= run[1:2].any()
            rows = int(np.argmin(run)) if not run.all() else len(run)
            if rows == 0:
                break
            raised[:rows, col] = good[:rows, col]
    pairs, due = (raised * table.observed).sum(axis=0), (raised * table.expected).sum(axis=0)
    ratio = np.divide(pairs, due, out=np.ones(len(due)), where=due > 0)
    outer = np.where(raised, table.distance_bands_m[1:, None], 0.0).max(axis=0)
    p = np.where(raised, table.p, 0.0).max(axis=0)
    n_cols = int(raised.any(axis=0).sum())
    until = int(table.time_bands_days[n_cols]) if n_cols else 0
    return Rule(raised, outer, ratio, np.where(outer > 0, p, 1.0), until)


def ring(points: Floats, days: Ints, *, today: int, rule: Rule, table: KnoxTable) -> Alarms:
    """List the incidents whose surroundings are at raised risk today.

    Parameters
    ----------
    points
        Coordinates, metres, shape (n, 2), without NaN.
    days
        Day number of each, shape (n,).
    today
        The day asked about.
    rule, table
        From ``make_rule``, and what it was made of.

    Returns
    -------
    Alarms
        By ratio, then the latest, then the order given; later incidents ring nothing.
    """
    xy, day = as_points(points, where="ring"), np.asarray(days, dtype=np.int64)
    since = today - day
    index = np.flatnonzero((since >= 0) & (since < rule.until_days))
    band = np.searchsorted(table.time_bands_days, since[index], side="right") - 1
    order = np.lexsort((index, since[index], -rule.ratio[band]))
    index, band = index[order], band[order]
    linked = np.zeros(len(index), np.int64)
    if len(index):
        norm = 1.0 if table.metric == "manhattan" else 2.0
        near = cKDTree(xy).query_ball_point(xy[index], rule.radius_m[band], p=norm)
        for k, others in enumerate(near):
            apart = np.abs(day[others] - day[index[k]])
            linked[k] = int((apart < rule.until_days).sum()) - 1
    return Alarms(
        index,
        rule.radius_m[band],
        rule.ratio[band],
        rule.p[band],
        day[index] + rule.until_days - 1,
        linked,
    )
