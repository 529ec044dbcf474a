"""What several periods in a row amount to: streaks, demerits that add up, and their resets.

Arrays run over communities and periods, oldest first, the last column being the rated period.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from etl.rating import grading
from etl.rating.engine import Evidence, Outcome
from etl.rating.grading import Flags, Ints
from etl.rating.model import Consequence, Demerits, Standard, Streak
from etl.rating.points import Floats


def streak_lengths(flags: Flags, *, length: int, resets: bool) -> Ints:
    """Return how many periods in a row a flag has held, up to and with each period.

    Parameters
    ----------
    flags
        Whether it held, shape (n, periods), oldest first.
    length
        Length at which the streak fires.
    resets
        Whether a streak that has fired starts again from nothing.

    Returns
    -------
    Ints
        Lengths, shape (n, periods); a broken streak is 0.
    """
    lengths = np.zeros(flags.shape, dtype=np.int64)
    run = np.zeros(len(flags), dtype=np.int64)
    for period in range(flags.shape[1]):
        if resets:
            run = np.where(run >= length, 0, run)
        run = np.where(flags[:, period], run + 1, 0)
        lengths[:, period] = run
    return lengths


def cumulate_demerits(
    demerits: Floats, *, clean_periods: int, resets_at: float | None = None
) -> Floats:
    """Return demerits added up over periods.

    Parameters
    ----------
    demerits
        Demerits of each period, shape (n, periods), oldest first; NaN counts as none, but not as
        clean.
    clean_periods
        Periods in a row without any demerit that clear the sum; 0 never clears it.
    resets_at
        A sum that has reached this starts again from nothing in the next period.

    Returns
    -------
    Floats
        Sum after each period, shape (n, periods).
    """
    sums = np.zeros(demerits.shape)
    total = np.zeros(len(demerits))
    clean = np.zeros(len(demerits), dtype=np.int64)
    for period in range(demerits.shape[1]):
        if resets_at is not None:
            total = np.where(total >= resets_at, 0.0, total)
        now = demerits[:, period]
        clean = np.where(now == 0.0, clean + 1, 0)
        total = total + np.nan_to_num(now)
        if clean_periods:
            total = np.where(clean >= clean_periods, 0.0, total)
        sums[:, period] = total
    return sums


def order_consequences(consequences: Sequence[Consequence]) -> list[Consequence] | None:
    """Return consequences so that each follows the one it is made of; None when they turn round."""
    left = list(consequences)
    done: list[Consequence] = []
    while left:
        names = {one.consequence_id for one in left}
        ready = [one for one in left if not (isinstance(one, Streak) and one.of in names)]
        if not ready:
            return None
        done += ready
        left = [one for one in left if one not in ready]
    return done


def draw_consequences(
    standard: Standard, outcomes: Sequence[Outcome], evidences: Sequence[Evidence]
) -> dict[str, Ints]:
    """Return which consequences are drawn in the last period.

    Parameters
    ----------
    standard
        The standard; its consequences do not turn in a circle.
    outcomes, evidences
        Of each period, oldest first, the rated one last; the same communities throughout.

    Returns
    -------
    dict[str, Ints]
        For each consequence, shape (n,): for a streak 1 where it fires and 0 elsewhere; for
        demerits the level reached, 1 the first, 0 none.
    """
    fired: dict[str, NDArray[np.bool_]] = {}
    last: dict[str, Ints] = {}
    for one in order_consequences(standard.consequences) or []:
        if isinstance(one, Demerits):
            events = _history(evidences, one.measure) * one.per_event
            sums = cumulate_demerits(
                events, clean_periods=one.clean_periods, resets_at=one.resets_at
            )
            bounds = np.asarray([bound for bound, _ in one.levels])
            last[one.consequence_id] = np.searchsorted(bounds, sums[:, -1], side="right")
            fired[one.consequence_id] = sums >= bounds[0]
            continue
        flags = _streak_flags(one, standard, outcomes, evidences, fired)
        lengths = streak_lengths(flags, length=one.length, resets=one.resets)
        fired[one.consequence_id] = lengths >= one.length
        last[one.consequence_id] = fired[one.consequence_id][:, -1].astype(np.int64)
    return last


def periods_needed(standard: Standard) -> int:
    """Return how many periods a rating looks at, the rated one included; at least 2."""
    lengths = {one.consequence_id: _own_length(one) for one in standard.consequences}
    for one in order_consequences(standard.consequences) or []:
        if isinstance(one, Streak) and one.of is not None:
            lengths[one.consequence_id] += lengths[one.of] - 1
    return max([2, *lengths.values()])


def _own_length(one: Consequence) -> int:
    if isinstance(one, Demerits):
        return 5
    return one.length + (1 if one.rising else 0)


def _streak_flags(
    one: Streak,
    standard: Standard,
    outcomes: Sequence[Outcome],
    evidences: Sequence[Evidence],
    fired: dict[str, NDArray[np.bool_]],
) -> Flags:
    if one.of is not None:
        return fired[one.of]
    if one.rising is not None:
        values = _history(evidences, one.rising)
        first = np.zeros((len(values), 1), dtype=np.bool_)
        return np.hstack([first, values[:, 1:] > values[:, :-1]])
    if one.condition is not None:
        values = _history(evidences, str(one.condition.measure))
        return np.asarray(grading.holds(values, one.condition) == 1)
    wanted = [standard.grade_index(grade) for grade in one.grades]
    return np.stack([np.isin(outcome.grade, wanted) for outcome in outcomes], axis=1)


def _history(evidences: Sequence[Evidence], measure: str) -> Floats:
    return np.stack([one.measured("", measure).value for one in evidences], axis=1)
