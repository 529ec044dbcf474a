"""Knox near-repeat table of 50,000 incidents with 999 rearrangements, beside the plain way.

    python bench/knox.py --incidents 50000 --permutations 999

Incidents of a year, two thirds round 400 places of a city of 25 by 25 km, in the bands of the Near
Repeat Calculator: same place, then 100 m to 400 m (Manhattan), by weeks up to four. The plain way
finds the close pairs with SciPy's tree too, and then counts them anew for each rearrangement with
NumPy; it runs a few and is scaled up. Both must count the same pairs.
"""

import argparse
import resource
import sys
import time
from pathlib import Path

import numpy as np
from scipy.spatial import cKDTree

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from geo.near_repeat import knox

DISTANCES, DAYS = [0, 1, 100, 200, 300, 400], [0, 8, 15, 22, 29]
FEW = 5


def incidents(n: int) -> tuple[np.ndarray, np.ndarray]:
    """Scatter incidents round places, some at the same spot, over a year."""
    rng = np.random.default_rng(0)
    places = rng.uniform(0, 25_000, (400, 2))
    around = places[rng.integers(0, 400, 2 * n // 3)] + rng.normal(0, 400, (2 * n // 3, 2))
    xy = np.concatenate([around, rng.uniform(0, 25_000, (n - len(around), 2))])
    xy[rng.integers(0, n, n // 50)] = xy[rng.integers(0, n, n // 50)]
    return xy, rng.integers(0, 365, n)


def spent() -> np.ndarray:
    """Wall and CPU seconds so far."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return np.array([time.perf_counter(), used.ru_utime + used.ru_stime])


def plain(xy: np.ndarray, day: np.ndarray, permutations: int) -> tuple[np.ndarray, np.ndarray]:
    """Count with NumPy; give the observed table and the seconds all rearrangements would take."""
    rng = np.random.default_rng(1)
    first, second = cKDTree(xy).query_pairs(DISTANCES[-1], p=1, output_type="ndarray").T
    row = np.digitize(np.abs(xy[first] - xy[second]).sum(axis=1), DISTANCES) - 1
    shape = (len(DISTANCES), len(DAYS))

    def count(days: np.ndarray) -> np.ndarray:
        col = np.digitize(np.abs(days[first] - days[second]), DAYS) - 1
        flat = np.bincount(row * shape[1] + col, minlength=shape[0] * shape[1])
        return flat.reshape(shape)[:-1, :-1]

    observed, begun = count(day), spent()
    for _ in range(FEW):
        count(rng.permutation(day))
    return observed, (spent() - begun) * permutations / FEW


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--incidents", type=int, default=50_000)
    parser.add_argument("--permutations", type=int, default=999)
    given = parser.parse_args()
    xy, day = incidents(given.incidents)
    bands = {"distance_bands_m": DISTANCES, "time_bands_days": DAYS}
    begun = spent()
    knox(xy[:100], day[:100], **bands, permutations=1, rng=np.random.default_rng(1))
    first = spent() - begun
    begun = spent()
    found = knox(
        xy, day, **bands, permutations=given.permutations, rng=np.random.default_rng(1)
    )  # fmt: skip
    ours = spent() - begun
    observed, theirs = plain(xy, day, given.permutations)
    print(f"Knox, {given.incidents} incidents, {given.permutations} rearrangements")
    print(f"ours           {ours[0]:8.1f} s, CPU {ours[1]:8.1f} s   (compiling {first[1]:.1f} s)")
    print(f"NumPy, scaled  {theirs[0]:8.1f} s, CPU {theirs[1]:8.1f} s")
    same = "the same pairs" if (observed == found.observed).all() else "PAIRS DIFFER"
    print(f"{theirs[1] / ours[1]:.0f} x NumPy by CPU time; {same}")


if __name__ == "__main__":
    main()
