"""Conditions that hold or not, and the grades that caps, vetoes and disqualifications leave.

A grade is its place in the standard's list, 0 the best. A cap, a veto and a disqualification can
only make it worse, so their order does not matter.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from etl.rating.model import CertaintyCap, Check, Condition, Standard, WorstItemCap
from etl.rating.points import Floats
from geo.grades import SLACK
from geo.scoring import Scheme, Scored, WorstItemLimit

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
Lookup = Callable[[Condition], Floats]


def holds(values: Floats, condition: Condition) -> NDArray[np.int8]:
    """Tell where a condition holds: 1 yes, 0 no, -1 where the value is unknown (NaN)."""
    bound = condition.bound
    compared: Flags = {
        "at_least": values >= bound - SLACK,
        "at_most": values <= bound + SLACK,
        "above": values > bound + SLACK,
        "below": values < bound - SLACK,
        "equals": np.abs(values - bound) <= SLACK,
    }[condition.op]
    return np.where(np.isnan(values), -1, compared).astype(np.int8)


def checks_hold(checks: tuple[Check, ...], n: int, lookup: Lookup) -> NDArray[np.int8]:
    """Return where each named condition holds, as 1, 0 or -1 (unknown), shape (n, checks)."""
    found = np.zeros((n, len(checks)), dtype=np.int8)
    for column, check in enumerate(checks):
        found[:, column] = holds(lookup(check.condition), check.condition)
    return found


def flag_limits(standard: Standard, n: int, lookup: Lookup) -> Ints:
    """Return the best grade that each cap by a flag allows, in the order of the standard's caps.

    Parameters
    ----------
    standard
        The standard.
    n
        Number of communities.
    lookup
        Gives the values of a condition's measure or item, shape (n,).

    Returns
    -------
    Ints
        Grades, shape (n, number of caps); 0 where a cap does not bind or is of another kind.
    """
    limits = np.zeros((n, len(standard.caps)), dtype=np.int64)
    for column, cap in enumerate(standard.caps):
        if isinstance(cap, Check):
            binds = holds(lookup(cap.condition), cap.condition) == 1
            limits[:, column] = np.where(binds, standard.grade_index(cap.grade), 0)
    return limits


def all_limits(standard: Standard, flags: Ints, scored: Scored) -> Ints:
    """Return the best grade that each cap allows, whatever its kind, shape (n, number of caps)."""
    limits = flags.copy()
    for kind, found in ((CertaintyCap, scored.certain), (WorstItemCap, scored.worst)):
        columns = [number for number, cap in enumerate(standard.caps) if isinstance(cap, kind)]
        limits[:, columns] = found
    return limits


def grade_limit(
    standard: Standard, flags: Ints, vetoes: NDArray[np.int8], disqualifications: NDArray[np.int8]
) -> Ints:
    """Return the best grade that flags, vetoes and disqualifications together allow, shape (n,)."""
    limit: Ints = flags.max(axis=1, initial=0)
    for column, veto in enumerate(standard.vetoes):
        fallen = np.maximum(limit, standard.grade_index(veto.grade))
        limit = np.where(vetoes[:, column] == 1, fallen, limit)
    out = (disqualifications == 1).any(axis=1)
    return np.where(out, len(standard.grades) - 1, limit)


def scheme_of(standard: Standard) -> Scheme:
    """Return the numbers of a standard as arrays."""
    relative = standard.relative
    grades, items = standard.grades, standard.items
    names = [item.item_id for item in items]
    return Scheme(
        item_ids=tuple(names),
        weights=np.asarray([item.weight for item in items], dtype=np.float64),
        is_bonus=np.asarray([item.is_bonus for item in items], dtype=np.bool_),
        zero_if_missing=np.asarray([item.missing == "zero" for item in items], dtype=np.bool_),
        cuts=None if relative else np.asarray([one.cut for one in grades], dtype=np.float64),
        places=np.asarray([one.share for one in grades], dtype=np.float64) if relative else None,
        min_group=relative.min_group if relative else 1,
        stars=np.asarray([-1 if one.stars is None else one.stars for one in grades]),
        max_score=standard.max_score,
        decimals=standard.decimals,
        lower_is_better=standard.direction == "lower",
        max_missing_fraction=standard.max_missing_fraction,
        certain=tuple(
            (cap.low_at_least, standard.grade_index(cap.grade))
            for cap in standard.caps
            if isinstance(cap, CertaintyCap)
        ),
        worst=tuple(
            _worst_limit(standard, cap, names)
            for cap in standard.caps
            if isinstance(cap, WorstItemCap)
        ),
    )


def _worst_limit(standard: Standard, cap: WorstItemCap, names: list[str]) -> WorstItemLimit:
    allowed = [standard.grade_index(grade) for _, grade in cap.limits]
    return WorstItemLimit(
        columns=np.asarray([names.index(one) for one in cap.items], dtype=np.int64),
        bounds=np.asarray([bound for bound, _ in cap.limits], dtype=np.float64),
        allowed=np.asarray([*allowed, len(standard.grades) - 1], dtype=np.int64),
    )
