"""Kernels of the scan: the best window of every list of zones, and of random data.

All windows of a zone are counted at once, as one row of small integers a place, and compared with
the least count that could matter for a zone of that size; only the few that reach it are worked
out. Counts of a zone are the counts of the zone before plus one row.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from geo.grid import Floats, Ints

GOLDEN = np.uint64(0x9E3779B97F4A7C15)
MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
MIX_2 = np.uint64(0x94D049BB133111EB)


@njit(cache=True, nogil=True)
def log_ratio(n: int, expected: float, total: float) -> float:
    """Log-likelihood ratio of n cases where ``expected`` of ``total`` were, 0 unless more."""
    if n <= expected or expected <= 0:
        return 0.0
    value: float = n * np.log(n / expected)
    if n < total:
        value += (total - n) * np.log((total - n) / (total - expected))
    return value


@njit(cache=True, nogil=True)
def least_counts(edges: Floats, shares: Floats, total: float, at_least: float, fewest: int) -> Ints:
    """Least counts whose log-likelihood ratio is positive and reaches ``at_least``.

    One row for each zone expectation in ``edges`` (rising, the first 0: nothing happens there), one
    column for each share of it.
    """
    out = np.full((edges.shape[0], shares.shape[0]), int(total) + 1)
    for g in range(shares.shape[0]):
        n = fewest
        for b in range(1, edges.shape[0]):
            here = edges[b] * shares[g]
            n = max(n, int(here) + 1)
            while n <= total and log_ratio(n, max(here, 1e-300), total) < at_least:
                n += 1
            out[b, g] = n
    return out


@njit(cache=True, nogil=True)
def make_alias(weight: Floats) -> tuple[Floats, Ints]:
    """Alias table of weights whose mean is 1: how much a cell keeps, and who gets the rest."""
    n = weight.shape[0]
    keep, other = weight.copy(), np.arange(n)
    small, large = np.empty(n, np.int64), np.empty(n, np.int64)
    n_small = n_large = 0
    for i in range(n):
        if keep[i] < 1:
            small[n_small] = i
            n_small += 1
        else:
            large[n_large] = i
            n_large += 1
    while n_small and n_large:
        n_small -= 1
        poor, rich = small[n_small], large[n_large - 1]
        other[poor] = rich
        keep[rich] -= 1 - keep[poor]
        if keep[rich] < 1:
            n_large -= 1
            small[n_small] = rich
            n_small += 1
    for q in range(n_small):  # only rounding is left, unless nothing was expected there at all
        if weight[small[q]] > 0:
            keep[small[q]] = 1.0
        else:
            keep[small[q]], other[small[q]] = 0.0, np.argmax(weight)
    return keep, other


@njit(cache=True, nogil=True)
def _expected(first, zone, near, measure, times, by_place, begin, end):  # type: ignore[no-untyped-def]
    """Cases expected in a zone from slot ``begin`` to before ``end``."""
    if not by_place.shape[0]:
        return measure[zone] * (times[end] - times[begin])
    found = 0.0
    for k in range(first, zone + 1):
        found += by_place[near[k], end] - by_place[near[k], begin]
    return found


@njit(cache=True, nogil=True)
def _trailing(rows, i, zones, cut, time, total, best):  # type: ignore[no-untyped-def]
    """Best window of list i among those that reach the last slot.

    Column j of ``rows`` counts the last j + 1 slots.
    """
    start, near, level, whole, measure, shrink, _ = zones
    times, by_place, _ = time
    width, n_slots = rows.shape[1], times.shape[0] - 1
    acc = np.zeros(width, rows.dtype)
    typed = rows.dtype.type
    found = (best, -1, 0, 0)
    for k in range(start[i], start[i + 1]):
        row, bar = rows[near[k]], cut[level[k]]
        over = typed(-1)
        for j in range(width):
            held = typed(acc[j] + row[j])
            acc[j] = held
            gap = typed(held - bar[j])
            over = gap if gap > over else over
        if over >= 0 and whole[k]:
            for j in range(width):
                if acc[j] >= bar[j]:
                    begin = n_slots - 1 - j
                    here = _expected(start[i], k, near, measure, times, by_place, begin, n_slots)
                    value = log_ratio(acc[j], here, total) * shrink[i]
                    if value > found[0]:
                        found = (value, k, begin, n_slots)
    return found


@njit(cache=True, nogil=True)
def _reaches(held, length, bar):  # type: ignore[no-untyped-def]
    """Tell whether any window of so many slots counts at least ``bar``."""
    typed = held.dtype.type
    high, low = held[length:], held[: held.shape[0] - length]
    top = typed(0)
    for t in range(low.shape[0]):
        n = typed(high[t] - low[t])
        top = n if n > top else top
    return top >= bar


@njit(cache=True, nogil=True)
def _sliding(rows, i, zones, cut, time, total, best):  # type: ignore[no-untyped-def]
    """Best window of list i among those of any begin.

    Column t of ``rows`` counts the slots before t. What no window of the longest length reaches in
    the largest zone of a run, no shorter window of a smaller zone reaches either; so runs of zones
    and of lengths are put aside at once.
    """
    start, near, level, whole, measure, shrink, closes_run = zones
    times, by_place, lengths = time
    width, n_slots = rows.shape[1], times.shape[0] - 1
    typed = rows.dtype.type
    acc, before = np.zeros(width, rows.dtype), np.zeros(width, rows.dtype)
    found, run = (best, -1, 0, 0), start[i]
    for k in range(start[i], start[i + 1]):
        row = rows[near[k]]
        for t in range(width):
            acc[t] = typed(acc[t] + row[t])
        if not closes_run[k]:
            continue
        maybe = False
        for g in range(1, lengths.shape[0]):
            if _reaches(acc[: n_slots + 1], lengths[g], cut[level[run], g]):
                maybe = True
                break
        for q in range(run, k + 1 if maybe else run):
            row = rows[near[q]]
            for t in range(width):
                before[t] = typed(before[t] + row[t])
            if not whole[q]:
                continue
            for g in range(1, lengths.shape[0]):
                bar = cut[level[q], g]
                if not _reaches(before[: n_slots + 1], lengths[g], bar):
                    continue
                for length in range(lengths[g - 1] + 1, lengths[g] + 1):
                    for begin in range(n_slots - length + 1):
                        n = before[begin + length] - before[begin]
                        if n < bar:
                            continue
                        here = _expected(
                            start[i], q, near, measure, times, by_place, begin, begin + length
                        )
                        value = log_ratio(n, here, total) * shrink[i]
                        if value > found[0]:
                            found = (value, q, begin, begin + length)
        before[:] = acc
        run = k + 1
    return found


@njit(cache=True, nogil=True)
def best_of_lists(rows, which, zones, cut, time, total, trailing, found, where):  # type: ignore[no-untyped-def]
    """Write the best window of each list in ``which`` whose counts reach the cut.

    ``where`` gets the closing entry of the zone, the first slot and the slot after the last.
    """
    for i in which:
        if trailing:
            best = _trailing(rows, i, zones, cut, time, total, 0.0)
        else:
            best = _sliding(rows, i, zones, cut, time, total, 0.0)
        found[i] = best[0]
        where[i, 0], where[i, 1], where[i, 2] = best[1], best[2], best[3]


@njit(cache=True, nogil=True)
def _next(state: NDArray[np.uint64]) -> float:
    """Draw from [0, 1): SplitMix64, one stream a replicate."""
    state[0] += GOLDEN
    z = state[0]
    z = (z ^ (z >> np.uint64(30))) * MIX_1
    z = (z ^ (z >> np.uint64(27))) * MIX_2
    z ^= z >> np.uint64(31)
    return float(z >> np.uint64(11)) * (1.0 / 9007199254740992.0)


@njit(cache=True, nogil=True)
def _shuffle(rows, state, place, column, swapped):  # type: ignore[no-untyped-def]
    """Give the columns to cases drawn without repetition, and count; ``place`` is restored."""
    n = place.shape[0]
    for q in range(column.shape[0]):
        other = q + int(_next(state) * (n - q))
        place[q], place[other] = place[other], place[q]
        swapped[q] = other
        rows[place[q], column[q]] += 1
    for q in range(column.shape[0] - 1, -1, -1):
        place[q], place[swapped[q]] = place[swapped[q]], place[q]


@njit(cache=True, nogil=True)
def _scatter(rows, state, keep, other, total):  # type: ignore[no-untyped-def]
    """Throw ``total`` cases on the cells of ``rows`` and one more, which is not counted (alias)."""
    n = keep.shape[0]
    flat = rows.reshape(-1)
    for _ in range(total):
        u = _next(state) * n
        cell = int(u)
        if u - cell >= keep[cell]:
            cell = other[cell]
        if cell < n - 1:
            flat[cell] += 1


@njit(cache=True, nogil=True)
def null_maxima(rows, seeds, place, column, keep, other, zones, cuts, time, total, trailing, out):  # type: ignore[no-untyped-def]
    """Write the largest statistic of random data for each seed.

    ``place`` and ``column`` are those of the cases to be shuffled; with ``keep`` cases are thrown
    on cells instead. ``cuts`` are tried one after the other, from the tallest, until the largest
    statistic is not below what the cut lets through.
    """
    place, swapped = place.copy(), np.empty(column.shape[0], np.int64)
    state = np.empty(1, np.uint64)
    levels, tables = cuts
    for r in range(seeds.shape[0]):
        state[0] = seeds[r]
        rows[:] = 0
        if keep.shape[0]:
            _scatter(rows, state, keep, other, int(total))
        else:
            _shuffle(rows, state, place, column, swapped)
        for p in range(rows.shape[0]):
            for j in range(1, rows.shape[1]):
                rows[p, j] += rows[p, j - 1]
        best = 0.0
        for level in range(levels.shape[0]):
            for i in range(zones[0].shape[0] - 1):
                if trailing:
                    best = _trailing(rows, i, zones, tables[level], time, total, best)[0]
                else:
                    best = _sliding(rows, i, zones, tables[level], time, total, best)[0]
            if best >= levels[level]:
                break
        out[r] = best
