"""What a scan looks through: counts, cut tables, and the best window of each list of zones."""

from dataclasses import dataclass, replace
from functools import cached_property
from math import ceil, log
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from geo._scan_kernels import WIDTH, least_counts, look_through
from geo._scan_zones import Zones
from geo._threads import run_in_chunks
from geo.grid import Floats, Ints

# statistics looked for one after the other where nothing is known of them yet
LADDER = (20.0, 14.0, 10.0, 7.0, 5.0, 3.0, 0.0)
STEP = 1.02  # zones whose expectation differs by less share a row of the cut table
RUN = 1.18  # zones and lengths within this factor are put aside together
LIST_CHUNK = 256
THREAD_WORTH = 400_000
NO_SEEDS, NOWHERE = np.zeros(0, np.uint64), np.zeros((0, 3), np.int64)
NO_CASES, NO_CELLS = np.zeros(0, np.int32), np.zeros(0, np.int64)
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
    kind = kind_for(most_in_a_list(search.zones, rows[:, -1]))
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


def most_in_a_list(zones: Zones, n: Ints) -> int:
    ends = np.concatenate([[0], np.cumsum(n[zones.near])])[zones.start]
    return int(np.diff(ends).max(initial=0))


def kind_for(most: float) -> type[np.signedinteger]:
    return np.int16 if most < np.iinfo(np.int16).max else np.int32
