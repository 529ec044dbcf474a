"""Scan statistics: milliseconds a replicate of a city of 10,000 places and 100,000 cases.

    python bench/scan.py --places 10000 --cases 100000

The space-time permutation scan of a year of days, with a cluster planted in the last week. Windows
as named in each row: the largest zone as a share of all cases (0.01 is about 100 places round every
centre, one million zones), the longest span of days, and whether it must reach the last day. The
time of a replicate is that of 60 replicates, less that of none, over 60; the fixed part is sorting
neighbours and looking at the data themselves. Beside it the plain way in NumPy: the same zones and
windows counted with cumulative sums, every ratio worked out, replicate by replicate; and its
largest statistic must be ours. No package of the index holds this scan, and SaTScan, the reference
program, is no package: built from source it took 38 to 52 ms a replicate on such a machine.
"""

import argparse
import resource
import sys
import time
from pathlib import Path

import numpy as np
from scipy.special import xlogy

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from geo.scan import scan

DAYS = 365
# prospective, share of the cases in the largest zone, longest span
WINDOWS = ((True, 0.01, 7), (True, 0.01, 30), (True, 0.05, 30), (False, 0.01, 30))


def city(places: int, cases: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Scatter places, some busier than others, and plant 60 cases at twelve of them in a week."""
    rng = np.random.default_rng(0)
    xy = rng.uniform(0, 30_000, (places, 2))
    busy = rng.gamma(1.0, 1.0, places)
    place, day = rng.choice(places, cases, p=busy / busy.sum()), rng.integers(0, DAYS, cases)
    middle = np.argsort(((xy - 15_000) ** 2).sum(axis=1))[:12]
    place[:60], day[:60] = rng.choice(middle, 60), DAYS - 1 - rng.integers(0, 7, 60)
    return xy, place, day


def spent() -> tuple[float, float]:
    """Wall and CPU seconds so far."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return time.perf_counter(), used.ru_utime + used.ru_stime


def measure(data: tuple[np.ndarray, ...], window: tuple[bool, float, int], n: int) -> np.ndarray:
    """Time the fixed part in s and a replicate in ms, each wall and CPU."""
    prospective, share, longest = window
    took = []
    for replications in (1, 0, n):
        rng, begun = np.random.default_rng(1), spent()
        found = scan(
            *data, model="permutation", n_times=DAYS, prospective=prospective, max_share=share,
            max_length=longest, replications=replications, rng=rng,
        )  # fmt: skip
        took.append(np.subtract(spent(), begun))
    best = found.clusters[0]
    return np.array([*took[1], *(1e3 * (took[2] - took[1]) / n), best.statistic, best.p])


def plain(data: tuple[np.ndarray, ...], window: tuple[bool, float, int], n: int) -> np.ndarray:
    """Do the prospective scan with NumPy: ms a replicate, wall and CPU, and the best statistic."""
    xy, place, day = data
    _, share, longest = window
    size, total = len(xy), len(place)
    rng = np.random.default_rng(1)
    at = np.bincount(place, minlength=size)
    days = np.cumsum(np.bincount(day, minlength=DAYS)[::-1])[:longest]
    order = [np.argsort(((xy - one) ** 2).sum(axis=1))[: 4 + int(4 * share * size)] for one in xy]
    zones = [(near, np.cumsum(at[near])) for near in order]
    zones = [(near[held <= share * total], held[held <= share * total]) for near, held in zones]

    def largest(when: np.ndarray) -> float:
        counts = np.zeros((size, longest))
        late = when >= DAYS - longest
        np.add.at(counts, (place[late], DAYS - 1 - when[late]), 1)
        counts, best = np.cumsum(counts, axis=1), 0.0
        for near, held in zones:
            c, mu = np.cumsum(counts[near], axis=0), held[:, None] * days / total
            ok = (c > mu) & (c >= 2)
            c, mu = c[ok], mu[ok]
            value = xlogy(c, c / mu) + xlogy(total - c, (total - c) / (total - mu))
            best = max(best, value.max(initial=0.0))
        return best

    observed, begun = largest(day), spent()
    for _ in range(n):
        largest(rng.permutation(day))
    return np.array([*(1e3 * np.subtract(spent(), begun) / n), observed])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--places", type=int, default=10_000)
    parser.add_argument("--cases", type=int, default=100_000)
    parser.add_argument("--replicates", type=int, default=60)
    given = parser.parse_args()
    data = city(given.places, given.cases)
    print(f"scan of {given.places} places, {given.cases} cases, {DAYS} days, permutation model")
    print("                               fixed s (CPU)   ms a replicate (CPU)  statistic      p")
    rows = {}
    for window in WINDOWS:
        name = f"{'alive' if window[0] else 'any  '}, {window[1]:.0%}, {window[2]} days"
        one = rows[window] = measure(data, window, given.replicates)
        print(f"ours, {name:22} {one[0]:8.2f} ({one[1]:5.2f}) {one[2]:11.2f} ({one[3]:6.2f}) "
              f"{one[4]:11.4f} {one[5]:6.3f}", flush=True)  # fmt: skip
    window = WINDOWS[1]
    one = plain(data, window, 2)
    print(f"NumPy, alive, 1%, 30 days {'':16} {one[0]:11.0f} ({one[1]:6.0f}) {one[2]:11.4f}")
    same = abs(one[2] - rows[window][4]) < 1e-6
    print(f"alive, 1%, 30 days: {one[1] / rows[window][3]:.0f} x NumPy by CPU time; "
          f"statistic {'the same' if same else 'DIFFERS'}")  # fmt: skip


if __name__ == "__main__":
    main()
