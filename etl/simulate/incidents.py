"""Draw the incidents of two years, some weeks at a time, without a loop over incidents."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from etl.simulate.kinds import FIRST_DAY, N_DAYS, TYPES, hour_shares
from etl.simulate.planted import Components, Plan, compose
from etl.simulate.scatter import Stage, gather_series, place_weights, scatter

_LAST_SECOND = (N_DAYS * 86400) - 1


@dataclass(frozen=True)
class Incidents:
    """A batch in order of time; seconds count from the first day's local midnight.

    `until` is -1 where the time is exact; `building` is -1 on roads and in hotspots; `community`
    is the one drawn for (-1 outside); `series` is the number of the planted series or -1;
    `solved` is -1 where nothing can be solved; `located` is false where the point is to be lost.
    """

    number: np.ndarray
    type: np.ndarray
    since: np.ndarray
    until: np.ndarray
    reported: np.ndarray
    xy: np.ndarray
    building: np.ndarray
    community: np.ndarray
    road: np.ndarray
    series: np.ndarray
    solved: np.ndarray
    located: np.ndarray


def draw_incidents(
    stage: Stage, plan: Plan, incidents: int, *, chunk: int, seed: tuple[int, ...]
) -> Iterator[Incidents]:
    """Yield the incidents in order of time, about `chunk` at once.

    Parameters
    ----------
    stage
        Where they can happen.
    plan
        What is planted.
    incidents
        Number of all incidents; the batches hold exactly as many.
    chunk
        Rows of a batch, about: it holds whole days of one calendar year.
    seed
        Seed of the stream; each batch has its own generator, so memory holds one batch.

    Yields
    ------
    Incidents
        Numbered within each day.
    """
    parts = compose(plan, stage.roads, incidents)
    series = [(k, one) for k, one in enumerate(plan.series)]
    n_series = sum(one.days.size for _, one in series)
    n_free = max(incidents - n_series, 0)
    rng = np.random.default_rng([*seed, 0])
    chance = (parts.expected / parts.expected.sum()).ravel()
    count = rng.multinomial(n_free, chance).reshape(parts.expected.shape)
    weights = place_weights(stage)
    year = (FIRST_DAY + np.arange(N_DAYS)).astype("datetime64[Y]").astype(np.int64)
    batch = np.cumsum(count.sum(axis=1)) // chunk + year * incidents
    for number, days in enumerate(np.split(np.arange(N_DAYS), np.flatnonzero(np.diff(batch)) + 1)):
        rng = np.random.default_rng([*seed, 1, number])
        drawn = _draw_days(days, count[days], stage, parts, plan, weights, rng=rng)
        if drawn.number.size:
            yield drawn


def _draw_days(
    days: np.ndarray, count: np.ndarray, stage: Stage, parts: Components, plan: Plan,
    weights: np.ndarray, *, rng: np.random.Generator,
) -> Incidents:  # fmt: skip
    day = np.repeat(days, count.sum(axis=1))
    part = np.repeat(np.tile(np.arange(parts.mix.size), days.size), count.ravel())
    kind = _pick_rows(parts.mixes, parts.mix[part], rng.random(day.size))
    planted_at = parts.community[part]
    sequence = np.full(day.size, -1)
    extra = [
        (k, one.community, one.days[(one.days >= days[0]) & (one.days <= days[-1])])
        for k, one in enumerate(plan.series)
    ]
    n_extra = [when.size for _, _, when in extra]
    if sum(n_extra):
        day = np.concatenate([day, *[when for _, _, when in extra]])
        burglary = [one.code for one in TYPES].index("burglary")
        kind = np.concatenate([kind, np.full(sum(n_extra), burglary)])
        where = np.repeat([community for _, community, _ in extra], n_extra)
        planted_at = np.concatenate([planted_at, where])
        sequence = np.concatenate([sequence, np.repeat([k for k, _, _ in extra], n_extra)])
        part = np.concatenate([part, np.zeros(sum(n_extra), dtype=part.dtype)])
    since, until, reported = _times(day, kind, rng=rng)
    order = np.argsort(since, kind="stable")
    part, kind, planted_at, sequence, day = (
        one[order] for one in (part, kind, planted_at, sequence, day)
    )
    xy, building, community, road = scatter(part, kind, planted_at, stage, parts, weights, rng=rng)
    gather_series(xy, building, sequence, stage, rng=rng)
    n = kind.size
    solvable = np.array([one.solved for one in TYPES])[kind]
    solved = np.where(solvable < 0, -1, (rng.random(n) < solvable).astype(np.int64))
    located = (rng.random(n) > 0.028) | (sequence >= 0)
    rank = np.arange(n) - np.searchsorted(day, day, side="left")
    stamp = (FIRST_DAY + np.arange(N_DAYS)).astype(object)
    dates = np.array([one.year * 10_000 + one.month * 100 + one.day for one in stamp])
    number = dates[day] * 1_000_000 + rank + 1
    return Incidents(
        number, kind, since[order], until[order], reported[order], xy, building, community, road,
        sequence, solved, located,
    )  # fmt: skip


def _pick_rows(table: np.ndarray, row: np.ndarray, u: np.ndarray) -> np.ndarray:
    """Draw a column of `table` (rows sum to 1) for each `row` by inversion, in one search."""
    steps = np.cumsum(table, axis=1)
    steps[:, -1] = 1.0
    flat = (steps + np.arange(table.shape[0])[:, None]).ravel()
    found = np.searchsorted(flat, row + u, side="right") - row * table.shape[1]
    return np.asarray(np.clip(found, 0, table.shape[1] - 1))


def _times(
    day: np.ndarray, kind: np.ndarray, *, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    n = day.size
    hour = _pick_rows(hour_shares(), kind, rng.random(n))
    since = day * 86400 + hour * 3600 + rng.integers(0, 3600, n)
    unsure = rng.random(n) < np.array([one.unsure for one in TYPES])[kind]
    median = np.array([one.span_h for one in TYPES])[kind]
    span = np.minimum(median * np.exp(rng.normal(0, 0.55, n)), 40.0) * 3600
    # People give round times for a span: to the quarter of an hour.
    since = np.where(unsure, since // 900 * 900, since)
    until = np.where(unsure, (since + span.astype(np.int64)) // 900 * 900 + 900, -1)
    until = np.where(until > _LAST_SECOND, -1, until)
    lag = (rng.exponential(780, n) + 40).astype(np.int64)
    reported = np.minimum(np.where(until >= 0, until, since) + lag, _LAST_SECOND)
    return since, until, np.maximum(reported, np.where(until >= 0, until, since))


def local_time(seconds: np.ndarray) -> np.ndarray:
    """Return local times (datetime64[s]) of seconds since the first midnight; NaT for -1."""
    at = FIRST_DAY.astype("datetime64[s]") + seconds.astype("timedelta64[s]")
    return np.where(seconds < 0, np.datetime64("NaT", "s"), at)
