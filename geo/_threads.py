"""Split a kernel that releases the GIL over the processor's cores, in order and without copies."""

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")

_CHUNK = 1 << 17


def n_threads() -> int:
    """
    Count the cores this process may use.

    Returns
    -------
    int
        At least 1.
    """
    if hasattr(os, "sched_getaffinity"):
        return max(1, len(os.sched_getaffinity(0)))
    return max(1, os.cpu_count() or 1)


def run_in_chunks(work: Callable[[int, int], object], n: int, *, chunk: int = _CHUNK) -> None:
    """
    Call `work(start, stop)` over 0..n in chunks, on all cores.

    Parameters
    ----------
    work
        Writes its own slice of the result; must release the GIL to gain anything.
    n
        Number of items; 0 does nothing.
    chunk
        Items in one call; the result never depends on it.

    Notes
    -----
    Each chunk writes only its own slice, so the answer is the same whatever the thread count.
    """
    starts = range(0, n, chunk)
    if len(starts) <= 1 or n_threads() == 1:
        for start in starts:
            work(start, min(start + chunk, n))
        return
    with ThreadPoolExecutor(n_threads()) as pool:
        for _ in pool.map(lambda start: work(start, min(start + chunk, n)), starts):
            pass


def one_ahead(items: Iterator[Item]) -> Iterator[Item]:
    """
    Make each item while the one before is put to use.

    Parameters
    ----------
    items
        Whatever makes them; it runs in a thread of its own.

    Yields
    ------
    Item
        The items in their order; two at most are in memory.
    """
    end = object()
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(next, items, end)
        while (found := waiting.result()) is not end:
            waiting = pool.submit(next, items, end)
            yield found  # type: ignore[misc]
