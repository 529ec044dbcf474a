"""Claim: coverage on every day of two years costs less than computing one of those days.

    python bench/watch.py            # 30,000 cameras, one thread
    python bench/watch.py 100000

Cameras of 62 degrees and 2560 pixels in communities of 200 m, ten in each; a third were installed
within the two years, a tenth failed for some weeks. Beside it `geo.coverage.cover_city` computes
the last day alone, which the history must agree with to the cell. Processor time.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import numpy as np
import shapely

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from geo.coverage import cover_city
from geo.sight import Cameras, look
from geo.watch import Spells, watch_city

LEVEL = {"recognise": 125.0}
LAST, PER = 730, 10


def make_city(n: int) -> tuple[np.ndarray, Cameras, Spells]:
    """Communities on a lattice, cameras in them, and when these work."""
    rng = np.random.default_rng(0)
    m = n // PER
    side = int(np.ceil(np.sqrt(m)))
    west, south = np.arange(m) % side * 250.0 + 5e5, np.arange(m) // side * 250.0 + 3.4e6
    who = np.repeat(np.arange(m), PER)
    x, y = west[who] + rng.uniform(0, 200, n), south[who] + rng.uniform(0, 200, n)
    cameras = Cameras(x, y, rng.uniform(0, 360, n), *(np.full(n, v) for v in (
        62.0, 2560.0, np.nan, 25.0)))  # fmt: skip
    first = np.where(rng.random(n) < 1 / 3, rng.integers(0, LAST - 60, n), -100)
    failed = np.flatnonzero(rng.random(n) < 0.1)
    begin = np.maximum(first[failed], 0) + 1 + rng.integers(0, 30, len(failed))
    beyond = np.full(n, 10**6)
    beyond[failed] = begin
    again = Spells(failed, begin + 20, np.full(len(failed), 10**6))
    return shapely.box(west, south, west + 200, south + 200), cameras, Spells(
        np.concatenate([np.arange(n), again.camera]),
        np.concatenate([first, again.first]),
        np.concatenate([beyond, again.beyond]),
    )  # fmt: skip


def main(n: int) -> None:
    areas, cameras, spells = make_city(n)
    sight = look(cameras, np.empty((0, 4)), levels_px_per_m=LEVEL)
    took = {}
    for _ in range(2):  # the first time compiles
        begun = time.process_time()
        watch = watch_city(areas, sight, spells, level="recognise", last_day=LAST)
        took["history"] = time.process_time() - begun
        begun = time.process_time()
        city = cover_city(areas, (), sight)
        took["one day"] = time.process_time() - begun
    if not (watch.on(LAST) == city.seen_m2[:, :, 0]).all():
        raise SystemExit("the history and the computed day differ")
    days = len(np.unique(watch.day))
    print(f"{n:,} cameras, {len(areas):,} communities, {len(watch.day):,} changes on {days} days")
    for name, seconds in took.items():
        print(f"  {name:8} {seconds:7.2f} s cpu {1e6 * seconds / n:7.1f} us a camera")
    print(f"  every day by itself would take {days * took['one day'] / took['history']:.0f} x")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 30_000)
