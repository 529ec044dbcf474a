"""What chance makes: random data, their largest statistics, and when enough were made.

References
----------
Besag, J., Clifford, P. (1991). Sequential Monte Carlo p-values. Biometrika 78(2), 301-304.
Walker, A. J. (1977). An efficient method for generating discrete random variables with general
distributions. ACM Transactions on Mathematical Software 3(3), 253-256 (alias method).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geo._scan_kernels import look_through, make_alias
from geo._scan_search import (
    LADDER,
    NO_CASES,
    NO_CELLS,
    NO_CHANCE,
    NOWHERE,
    THREAD_WORTH,
    Cuts,
    Search,
    kind_for,
    most_in_a_list,
)
from geo._scan_zones import TIE
from geo._threads import n_threads, run_in_chunks
from geo.grid import Floats, Ints

PILOT = 4
BATCH = 32
# statistics looked for then, in parts of the least found, and the one to begin with
RUNGS = np.array([0.6, 0.93, 1.1, 1.25, 1.5])
BEGIN = 2


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
    most = most_in_a_list(search.zones, np.bincount(place, minlength=len(search.weight)))
    return Chance(
        place.astype(np.int32),
        column // width * n * width + column % width,
        *NO_CHANCE[2:],
        kind_for(most),
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
        NO_CASES, NO_CELLS, keep, other, kind_for(min(search.total, most + 20 * most**0.5 + 100))
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
