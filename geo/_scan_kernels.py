"""Kernels of the scan: the best window of every list of zones, and of random data.

All windows of a zone are counted at once, as one row of small integers a place, and compared with
the least count that could matter for a zone of that size; only the few that reach it are worked
out. Counts of a zone are the counts of the zone before plus one row.
"""

import numpy as np

from geo._kernels import NONE, ZERO, kernel, piece, short_ints, small_ints
from geo.grid import Floats, Ints

WIDTH = 32  # columns of counts are filled up to multiples of this
GOLDEN = np.uint64(0x9E3779B97F4A7C15)
MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
MIX_2 = np.uint64(0x94D049BB133111EB)


@kernel
def log_ratio(n: int, expected: float, total: float) -> float:
    """Log-likelihood ratio of n cases where ``expected`` of ``total`` were, 0 unless more."""
    if n <= expected or expected <= 0:
        return 0.0
    value: float = n * np.log(n / expected)
    if n < total:
        value += (total - n) * np.log((total - n) / (total - expected))
    return value


@kernel
def _may_exceed(n: float, expected: float, total: float, best: float) -> bool:
    """Rule out cheaply that the log-likelihood ratio exceeds the best.

    Relative entropy has the second derivative 1 / (p (1 - p)), which falls from the expected share
    q to a half and then rises to the same at 1 - q: up to there it is at most
    (p - q)^2 / (2 q (1 - q)).
    """
    over = n - expected
    small = over * over * total <= 2 * best * expected * (total - expected)
    return over > 0 and not (small and n + expected <= total)


@kernel
def least_counts(edges: Floats, shares: Floats, total: float, at_least: float, fewest: int) -> Ints:
    """Least counts whose log-likelihood ratio is positive and reaches ``at_least``.

    One row for each zone expectation in ``edges`` (rising, the first 0: nothing happens there), one
    column for each share of it.
    """
    out = np.full((edges.shape[0], shares.shape[0]), np.int64(total) + 1)
    for g in range(shares.shape[0]):
        n = fewest
        for b in range(1, edges.shape[0]):
            here = edges[b] * shares[g]
            n = max(n, np.int64(here) + 1)  # type: ignore[assignment]
            while n <= total and log_ratio(n, max(here, 1e-300), total) < at_least:
                n += 1
            out[b, g] = n
    return out


@kernel
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


@piece
def _expected(first, zone, near, measure, times, by_place, begin, end):  # type: ignore[no-untyped-def]
    """Cases expected in a zone from slot ``begin`` to before ``end``."""
    if not by_place.shape[0]:
        return measure[zone] * (times[end] - times[begin])
    found = 0.0
    for k in range(first, zone + 1):
        found += by_place[near[k], end] - by_place[near[k], begin]
    return found


@piece
def _add_until_reached(rows, near, level, cut, acc, k, end):  # type: ignore[no-untyped-def]
    """Add rows to ``acc`` until a column reaches the cut; give that entry, or ``end``.

    Apart from what follows a hit, and of a width known to the compiler: so it stays in vectors.
    """
    typed = rows.dtype.type
    for q in range(k, end):
        row, bar = rows[near[q]], cut[level[q]]
        over = typed(-1)
        for j in range(WIDTH):
            held = typed(acc[j] + row[j])
            acc[j] = held
            over = max(over, typed(held - bar[j]))
        if over >= 0:
            return q
    return end


@piece
def _trailing(rows, i, zones, cut, time, total, best):  # type: ignore[no-untyped-def]
    """Best window of list i among those that reach the last slot.

    Column j of block b of ``rows`` counts the last 32 b + j + 1 slots.
    """
    start, near, level, whole, measure, shrink, _ = zones
    times, by_place, _ = time
    n_slots = times.shape[0] - 1
    acc = np.empty(WIDTH, rows.dtype)
    found = (best, NONE, ZERO, ZERO)
    for b in range(rows.shape[0]):
        for j in range(WIDTH):
            acc[j] = 0
        k = _add_until_reached(rows[b], near, level, cut[b], acc, start[i], start[i + 1])
        while k < start[i + 1]:
            bar = cut[b, level[k]]
            for j in range(WIDTH if whole[k] else 0):
                if acc[j] < bar[j]:
                    continue
                begin = n_slots - 1 - WIDTH * b - j
                here = _expected(start[i], k, near, measure, times, by_place, begin, n_slots)
                value = log_ratio(acc[j], here, total) * shrink[i]
                if value > found[0]:
                    found = (value, k, begin, n_slots)
            k = _add_until_reached(rows[b], near, level, cut[b], acc, k + 1, start[i + 1])
    return found


@piece
def _add_run(rows, near, closes_run, acc, k):  # type: ignore[no-untyped-def]
    """Add rows to ``acc`` up to the end of the run of zones, and give its last entry."""
    typed = rows.dtype.type
    while True:
        row = rows[near[k]]
        for t in range(acc.shape[0]):
            acc[t] = typed(acc[t] + row[t])
        if closes_run[k]:
            return k
        k += 1


@piece
def _reaches(held, length, bar):  # type: ignore[no-untyped-def]
    """Tell whether any window of so many slots counts at least its bar."""
    typed = held.dtype.type
    high, low = held[length:], held[: held.shape[0] - length]
    over = typed(-1)
    for t in range(low.shape[0]):
        gap = typed(typed(high[t] - low[t]) - bar[t])
        over = gap if gap > over else over
    return over >= 0


@piece
def _any_reaches(held, lengths, bar, maybe):  # type: ignore[no-untyped-def]
    """Tell for each run of lengths whether its longest window reaches the bar anywhere."""
    some = False
    for g in range(1, lengths.shape[0]):
        reached = _reaches(held, lengths[g], bar[g])
        maybe[g] = reached
        some |= reached
    return some


@piece
def _windows_of_zone(held, i, k, zones, bar, maybe, time, total, found):  # type: ignore[no-untyped-def]
    """Work out the windows of one zone that reach the bar of the longest window around them."""
    start, near, _, _, measure, shrink, _ = zones
    times, by_place, lengths = time
    for g in range(1, lengths.shape[0]):
        if not (maybe[g] and _reaches(held, lengths[g], bar[g])):
            continue
        for length in range(lengths[g - 1] + 1, lengths[g] + 1):
            for begin in range(held.shape[0] - length):
                n, end = held[begin + length] - held[begin], begin + length
                if n < bar[g, min(begin, held.shape[0] - 1 - lengths[g])]:
                    continue
                here = _expected(start[i], k, near, measure, times, by_place, begin, end)
                if not _may_exceed(n, here, total, found[0]):
                    continue
                value = log_ratio(n, here, total) * shrink[i]
                if value > found[0]:
                    found = (value, k, begin, end)
    return found


@piece
def _sliding(rows, i, zones, cut, time, total, best):  # type: ignore[no-untyped-def]
    """Best window of list i among those of any begin.

    Column t of the one block of ``rows`` counts the slots before t; ``cut`` has a bar for each
    size of zone, run of lengths and begin. What no window of the longest length reaches in the
    largest zone of a run, no shorter window of a smaller zone reaches either; so runs of zones and
    of lengths are put aside at once.
    """
    start, near, level, whole, _, _, closes_run = zones
    times, lengths = time[0], time[2]
    rows = rows[0]
    acc, before = np.empty(rows.shape[1], rows.dtype), np.empty(rows.shape[1], rows.dtype)
    for t in range(rows.shape[1]):
        acc[t] = before[t] = 0
    maybe = small_ints(lengths.shape[0])
    found, run = (best, NONE, ZERO, ZERO), start[i]
    while run < start[i + 1]:
        last = _add_run(rows, near, closes_run, acc, run)
        if _any_reaches(acc[: times.shape[0]], lengths, cut[level[run]], maybe):
            typed = rows.dtype.type
            for q in range(run, last + 1):
                row = rows[near[q]]
                for t in range(before.shape[0]):
                    before[t] = typed(before[t] + row[t])
                if whole[q]:
                    found = _windows_of_zone(
                        before[: times.shape[0]], i, q, zones, cut[level[q]], maybe, time, total,
                        found,
                    )  # fmt: skip
        for t in range(before.shape[0]):
            before[t] = acc[t]
        run = last + 1
    return found


@piece
def _next(state):  # type: ignore[no-untyped-def]
    """Draw from [0, 1): SplitMix64, one stream a replicate."""
    state[0] += GOLDEN
    z = state[0]
    z = (z ^ (z >> np.uint64(30))) * MIX_1
    z = (z ^ (z >> np.uint64(27))) * MIX_2
    z ^= z >> np.uint64(31)
    return np.float64(z >> np.uint64(11)) * (1.0 / 9007199254740992.0)


@piece
def _shuffle(flat, state, place, offset, width):  # type: ignore[no-untyped-def]
    """Give the columns of the cases to places drawn without repetition, and count."""
    n = place.shape[0]
    for q in range(offset.shape[0]):
        other = q + np.int64(_next(state) * (n - q))
        drawn = place[other]
        place[other] = place[q]
        place[q] = drawn
        flat[offset[q] + drawn * width] += 1


@piece
def _scatter(flat, state, keep, other, total):  # type: ignore[no-untyped-def]
    """Throw ``total`` cases on the cells of the counts and one more, not counted (alias)."""
    n = keep.shape[0]
    for _ in range(total):
        u = _next(state) * n
        cell = np.int64(u)
        if u - cell >= keep[cell]:
            cell = other[cell]
        if cell < n - 1:
            flat[cell] += 1


@piece
def _cumulate(rows):  # type: ignore[no-untyped-def]
    """Add up the columns of each place, one block after the other."""
    for b in range(rows.shape[0]):
        for p in range(rows.shape[1]):
            if b:
                rows[b, p, 0] += rows[b - 1, p, rows.shape[2] - 1]
            for j in range(1, rows.shape[2]):
                rows[b, p, j] += rows[b, p, j - 1]


@kernel
def look_through(rows, which, seeds, chance, zones, cuts, time, total, trailing, found, where):  # type: ignore[no-untyped-def]
    """Write the best window of each list in ``which``; or, given seeds, the best of random data.

    One kernel for both, since it is long to compile. ``chance`` holds the places of the cases and,
    of those to be shuffled, where in the counts their columns begin; or an alias table by which
    cases are thrown on cells instead. ``cuts`` holds rising statistics, the first 0, the one to
    begin with, and the table of each: a taller one is taken as soon as the best found allows, a
    lower one when all was looked through in vain. ``where`` gets the closing entry of the zone, the
    first slot and the slot after the last.
    """
    levels, begin_with, tables = cuts
    given, offset, keep, other = chance
    place, flat, state = short_ints(len(given)), rows.reshape(-1), np.empty(1, np.uint64)
    for r in range(max(1, seeds.shape[0])):
        if seeds.shape[0]:
            state[0] = seeds[r]
            for q in range(len(flat)):
                flat[q] = 0
            if keep.shape[0]:
                _scatter(flat, state, keep, other, np.int64(total))
            else:
                for q in range(len(given)):
                    place[q] = given[q]
                _shuffle(flat, state, place, offset, rows.shape[2])
            _cumulate(rows)
        best = 0.0
        for first in range(begin_with, -1, -1):
            now = first
            for i in which:
                if trailing:
                    one = _trailing(rows, i, zones, tables[now], time, total, best)
                else:
                    one = _sliding(rows, i, zones, tables[now], time, total, best)
                if not seeds.shape[0]:
                    found[i] = one[0]
                    where[i, 0], where[i, 1], where[i, 2] = one[1], one[2], one[3]
                    continue
                best = one[0]
                while now + 1 < levels.shape[0] and levels[now + 1] <= best:
                    now += 1
            if best >= levels[first]:
                break
        if seeds.shape[0]:
            found[r] = best
