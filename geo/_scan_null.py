"""What a scan compares: cut tables, the best window of each list, and the maxima of random data.

References
----------
Besag, J., Clifford, P. (1991). Sequential Monte Carlo p-values. Biometrika 78(2), 301-304.
Walker, A. J. (1977). An efficient method for generating discrete random variables with general
distributions. ACM Transactions on Mathematical Software 3(3), 253-256 (alias method).
"""

from dataclasses import dataclass, replace
from functools import cached_property
from math import ceil, log
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from geo._scan_kernels import WIDTH, least_counts, look_through, make_alias
from geo._scan_zones import TIE, Zones
from geo._threads import n_threads, run_in_chunks
from geo.grid import Floats, Ints

# statistics looked for one after the other where nothing is known of them yet
LADDER = (20.0, 14.0, 10.0, 7.0, 5.0, 3.0, 0.0)
PILOT = 4
# statistics looked for then, in parts of the least found, and the one to begin with
RUNGS = np.array([0.6, 0.93, 1.1, 1.25, 1.5])
BEGIN = 2
BATCH = 32
STEP = 1.02  # zones whose expectation differs by less share a row of the cut table
RUN = 1.18  # zones and lengths within this factor are put aside together
LIST_CHUNK = 256
THREAD_WORTH = 400_000
NO_SEEDS, NOWHERE = np.zeros(0, np.uint64), np.zeros((0, 3), np.int64)
NO_CASES = np.zeros(0, np.int32)
NO_CELLS = np.zeros(0, np.int64)
NO_CHANCE = (NO_CASES, NO_CELLS, np.zeros(0), NO_CELLS)

Cuts: TypeAlias = tuple[Floats, int, NDArray[np.signedinteger]]


@dataclass(frozen=True)
class Search:
    """Everything that stays the same from replicate to replicate.

    Parameters
    ----------
    zones
        From ``lay_zones``; ``measure`` in expected cases.
    weight
        Expected cases of each place, shape (n,).
    times
        Share of the expected cases before each slot, from 0 to 1, shape (n_slots + 1,).
    by_place
        Expected cases of each place before each slot, shape (n, n_slots + 1), where they do not
        follow ``times`` at each place alike; else shape (0, 0).
    total
        Cases.
    shortest, longest
        Least and most slots of a window.
    trailing
        Only windows that reach the last slot.
    min_cases
        Least cases in a cluster.
    """

    zones: Zones
    weight: Floats
    times: Floats
    by_place: Floats
    total: int
    shortest: int
    longest: int
    trailing: bool
    min_cases: int

    @cached_property
    def n_slots(self) -> int:
        """Slots of the study period."""
        return len(self.times) - 1

    @cached_property
    def shape(self) -> tuple[int, int, int]:
        """Blocks, places and columns of the counts, filled up to whole vector registers."""
        if self.trailing:
            return ceil(self.longest / WIDTH), len(self.weight), WIDTH
        return 1, len(self.weight), WIDTH * ceil((self.n_slots + 1) / WIDTH)

    @cached_property
    def lengths(self) -> Ints:
        """Ends of the runs of window lengths; the first is one below the shortest."""
        if self.trailing:
            return np.arange(self.longest + 1)
        ends = [self.shortest - 1]
        while ends[-1] < self.longest:
            ends.append(min(self.longest, max(ends[-1] + 1, int((ends[-1] + 1) * RUN))))
        return np.array(ends, dtype=np.int64)

    @cached_property
    def least_share(self) -> Floats:
        """Least share of a zone's expectation that a window can hold.

        One a column for windows that reach the last slot; else shape (runs of lengths, begins), of
        all windows of the run within the longest that begins there. 1 where nothing can happen.
        """
        whole = self.times[None]
        if len(self.by_place):
            some = self.weight > 0
            whole = self.by_place[some] / self.weight[some, None]
        if self.trailing:
            shares = (whole[:, -1:] - whole[:, -2::-1]).min(axis=0)
            found = np.ones(self.shape[0] * WIDTH)
            found[: self.longest] = shares[: self.longest]
            return np.where(found > 0, found, 0.0 if len(self.by_place) else 1.0)
        found = np.ones((len(self.lengths), self.n_slots))
        for g in range(1, len(self.lengths)):
            span, longest = int(self.lengths[g - 1]) + 1, int(self.lengths[g])
            here = (whole[:, span:] - whole[:, :-span]).min(axis=0)
            if not len(self.by_place):
                here = np.where(here > 0, here, 1.0)  # nothing is expected: nothing happens
            begins = self.n_slots - longest + 1
            found[g, :begins] = np.min(
                [here[k : k + begins] for k in range(longest - span + 1)], axis=0
            )
        return found

    @cached_property
    def bins(self) -> tuple[NDArray[np.uint16], Floats]:
        """Row of the cut table of each zone, and least expectation in each row; row 0 is none."""
        measure = self.zones.measure
        some = measure > 0
        if not some.any():
            return np.zeros(len(measure), np.uint16), np.zeros(1)
        low, high = measure[some].min(), measure[some].max()
        step = max(log(STEP if self.trailing else RUN), log(high / low) / 60_000)
        row = np.zeros(len(measure), np.int64)
        row[some] = 1 + np.floor(np.log(measure[some] / low) / step)
        edges = low * np.exp(step * np.arange(row.max())) * (1 - 1e-9)
        return row.astype(np.uint16), np.concatenate([[0.0], edges])

    @cached_property
    def closes_run(self) -> NDArray[np.bool_]:
        """Where a run of zones of about the same expectation ends."""
        row, _ = self.bins
        closes = np.ones(len(row), np.bool_)
        closes[:-1] = row[1:] != row[:-1]
        ends = self.zones.start[1:]
        closes[ends[ends > 0] - 1] = True
        return closes

    def cut(self, at_least: float, kind: type[np.signedinteger]) -> NDArray[np.signedinteger]:
        """Give the least count worth working out.

        Shape (blocks, zone sizes, columns) for windows that reach the last slot, else (zone sizes,
        runs of lengths, begins).
        """
        _, edges = self.bins
        shares, which = self._few_shares
        table = least_counts(edges, shares, float(self.total), at_least, self.min_cases)
        table = np.minimum(table, np.iinfo(kind).max).astype(kind)[:, which]
        if not self.trailing:
            return np.ascontiguousarray(table.reshape(len(edges), *self.least_share.shape))
        table[:, : self.shortest - 1] = table[:, self.longest :] = np.iinfo(kind).max
        return np.ascontiguousarray(table.reshape(len(edges), -1, WIDTH).transpose(1, 0, 2))

    @cached_property
    def _few_shares(self) -> tuple[Floats, Ints]:
        """Give the different shares, rounded down to steps, and which of them each window has."""
        shares = self.least_share.ravel()
        if self.trailing:
            return shares, np.arange(len(shares))
        step = np.floor(np.log(np.maximum(shares, 1e-300)) / log(STEP) - 1e-6)
        rounded, which = np.unique(step, return_inverse=True)
        few = np.exp(rounded * log(STEP))
        return np.where(few < 1e-290, 0.0, few), which.ravel()

    def on(self, zones: Zones) -> "Search":
        """Give the same search over other zones."""
        return replace(self, zones=zones)

    def arguments(self) -> tuple[tuple[NDArray, ...], tuple[NDArray, ...]]:
        """Give zones and time as the kernels take them."""
        z = self.zones
        zones = (z.start, z.near, self.bins[0], z.whole, z.measure, z.shrink, self.closes_run)
        return zones, (self.times, self.by_place, self.lengths)

    def column(self, slot: Ints) -> Ints:
        """Give the column in which a case of each slot first counts; -1 for one in no window."""
        if not self.trailing:
            return slot + 1
        back = self.n_slots - 1 - slot
        return np.where(back < self.longest, back, -1)


def count_rows(search: Search, place: Ints, slot: Ints) -> Ints:
    """Count the cases of each place, cumulated over columns."""
    column = search.column(slot)
    inside = column >= 0
    n, width = len(search.weight), search.shape[0] * search.shape[2]
    flat = np.bincount(place[inside] * width + column[inside], minlength=n * width)
    counts: Ints = np.cumsum(flat.reshape(n, width), axis=1)
    return counts


def best_windows(
    search: Search, rows: Ints, *, at_least: float | None = None
) -> tuple[Floats, Ints]:
    """Find the best window of each list.

    Parameters
    ----------
    search
        What is looked through.
    rows
        From ``count_rows``.
    at_least
        Look only for statistics of at least this; None for all.

    Returns
    -------
    tuple
        Statistic of each list (0 when nothing is more than expected), and for each list the entry
        that closes the zone, the first slot and the slot after the last.
    """
    n_lists = len(search.zones.centre)
    zones, time = search.arguments()
    kind = _kind(_most_in_a_list(search.zones, rows[:, -1]))
    blocks, n, width = search.shape
    counts = np.ascontiguousarray(rows.astype(kind).reshape(n, blocks, width).transpose(1, 0, 2))
    found, where = np.zeros(n_lists), np.full((n_lists, 3), -1)
    open_lists = np.arange(n_lists)
    for level in LADDER if at_least is None else (at_least,):
        cut, which = (np.zeros(1), 0, search.cut(level, kind)[None]), open_lists

        def work(first: int, last: int, cut: Cuts = cut, which: Ints = which) -> None:
            look_through(
                counts, which[first:last], NO_SEEDS, NO_CHANCE, zones, cut, time,
                float(search.total), search.trailing, found, where,
            )  # fmt: skip

        run_in_chunks(
            work, len(which), chunk=LIST_CHUNK if len(zones[1]) > THREAD_WORTH else n_lists
        )
        open_lists = which[found[which] < level]
        if not len(open_lists):
            break
    return found, where


@dataclass(frozen=True)
class Chance:
    """How random data are made.

    Parameters
    ----------
    place, offset
        Of the cases, to be given to one another at random: all places, and of those in some window
        where in the counts of place 0 they count. Empty when cases are thrown instead.
    keep, other
        Alias table over the cells of the counts and one cell for cases in no window.
    kind
        Integer that holds the count of any zone.
    """

    place: NDArray[np.int32]
    offset: Ints
    keep: Floats
    other: Ints
    kind: type[np.signedinteger]


def shuffled(search: Search, place: Ints, slot: Ints) -> Chance:
    """Make random data by giving the times of the cases to one another's places."""
    _, n, width = search.shape
    column = search.column(slot)
    column = column[column >= 0]
    most = _most_in_a_list(search.zones, np.bincount(place, minlength=len(search.weight)))
    return Chance(
        place.astype(np.int32),
        column // width * n * width + column % width,
        *NO_CHANCE[2:],
        _kind(most),
    )


def thrown(search: Search) -> Chance:
    """Make random data by throwing the cases where they are expected."""
    blocks, n, width = search.shape
    before = search.by_place if len(search.by_place) else np.outer(search.weight, search.times)
    column = search.column(np.arange(search.n_slots))
    chance = np.zeros(blocks * n * width + 1)
    cells = chance[:-1].reshape(blocks, n, width)
    seen = column[column >= 0]
    cells[seen // width, :, seen % width] = np.diff(before, axis=1)[:, column >= 0].T
    chance[-1] = np.diff(before, axis=1)[:, column < 0].sum()
    keep, other = make_alias(chance * (len(chance) / chance.sum()))
    most = search.zones.measure.max(initial=0.0)
    # no zone ever gets twenty standard deviations more than expected
    return Chance(
        NO_CASES, NO_CELLS, keep, other, _kind(min(search.total, most + 20 * most**0.5 + 100))
    )


def lay_cuts(search: Search, chance: Chance, levels: Floats, begin_with: int) -> Cuts:
    """Make the cut tables of rising statistics, the first 0, and say which to begin with."""
    return levels, begin_with, np.stack([search.cut(level, chance.kind) for level in levels])


def maxima(search: Search, chance: Chance, seeds: NDArray[np.uint64], cuts: Cuts) -> Floats:
    """Find the largest statistic of random data for each seed.

    Parameters
    ----------
    search
        What is looked through.
    chance
        How random data are made.
    seeds
        One a replicate; the result depends on nothing else.
    cuts
        From ``lay_cuts``: they change the time only.

    Returns
    -------
    Floats
        Shape of ``seeds``.
    """
    zones, time = search.arguments()
    out, which = np.zeros(len(seeds)), np.arange(len(search.zones.centre))

    def work(first: int, last: int) -> None:
        look_through(
            np.zeros(search.shape, chance.kind), which, seeds[first:last],
            (chance.place, chance.offset, chance.keep, chance.other), zones, cuts, time,
            float(search.total), search.trailing, out[first:last], NOWHERE,
        )  # fmt: skip

    # a thread costs about as much as looking at so many zones
    heavy = len(search.zones.near) * len(seeds) > THREAD_WORTH
    parts = 2 * n_threads() if heavy else 1
    run_in_chunks(work, len(seeds), chunk=max(1, -(-len(seeds) // parts)))
    return out


def null_distribution(
    search: Search,
    chance: Chance,
    *,
    replications: int,
    stop_after: int | None,
    observed: float,
    rng: np.random.Generator,
) -> Floats:
    """Find the largest statistic of so many random data, or of fewer when it is clear by then.

    Parameters
    ----------
    search, chance
        What is looked through, and in what.
    replications
        Random data sets.
    stop_after
        Stop when so many of them reached ``observed``; None never stops.
    observed
        Statistic of the most likely cluster.
    rng
        Source of the seeds.

    Returns
    -------
    Floats
        One largest statistic a replicate, in the order they were made.
    """
    seeds = rng.integers(0, 2**64, size=replications, dtype=np.uint64)
    found = np.empty(0)
    cuts = lay_cuts(search, chance, np.array(LADDER[::-1]), len(LADDER) - 1)
    size = PILOT
    while len(found) < replications:
        found = np.concatenate(
            [found, maxima(search, chance, seeds[len(found) : len(found) + size], cuts)]
        )
        reached = np.flatnonzero(at_least(found, observed))
        if stop_after is not None and len(reached) >= stop_after:
            return found[: reached[stop_after - 1] + 1]
        if size == PILOT:
            cuts = lay_cuts(search, chance, np.append(0.0, found.min() * RUNGS), BEGIN)
        size = replications if stop_after is None else min(2 * max(size, BATCH // 2), 8 * BATCH)
    return found


def at_least(null: Floats, observed: float) -> NDArray[np.bool_]:
    """Tell which random maxima reach a statistic, rounding aside."""
    return null >= observed * (1 - TIE)


def _most_in_a_list(zones: Zones, n: Ints) -> int:
    ends = np.concatenate([[0], np.cumsum(n[zones.near])])[zones.start]
    return int(np.diff(ends).max(initial=0))


def _kind(most: float) -> type[np.signedinteger]:
    return np.int16 if most < np.iinfo(np.int16).max else np.int32
