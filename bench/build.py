"""Claim: a whole build of 10 million incidents beats the plain geopandas script five times over.

Both read the same files in one run, one after the other, each in a process of its own: read, check,
assign to 10,000 communities and 50 stations, aggregate, write a database and one file a station.
Prints wall time, processor time, peak memory and the ratios, of the fastest of two runs each, since
these machines vary by a tenth; then a second build over unchanged inputs. The build is measured
whole, and with only the tables that the plain script derives too (`bench/same_tables.py`: no scans,
no patterns, no hexagons, one bandwidth); in both it also keeps line numbers, reasons, digests and
map layers, which the plain script does not.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from bench.city import write_city  # noqa: E402


@dataclass(frozen=True)
class Cost:
    """What a process took."""

    wall_s: float
    cpu_s: float
    peak_gib: float

    def __str__(self) -> str:
        return f"{self.wall_s:7.1f} s wall {self.cpu_s:7.1f} s cpu {self.peak_gib:5.2f} GiB"


def run(command: list[str]) -> Cost:
    os.sync()  # what was written before is not written at this one's cost
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    if status:
        sys.exit(f"bench: {' '.join(command)} ended with {status}")
    cpu = used.ru_utime + used.ru_stime
    return Cost(time.perf_counter() - start, cpu, used.ru_maxrss / 2**20)


def fastest(command: list[str], out: Path, runs: int) -> Cost:
    """Run a command some times, each from nothing, and return what the fastest run took."""
    costs = []
    for _ in range(runs):
        shutil.rmtree(out, ignore_errors=True)
        costs.append(run(command))
        print(f"  {costs[-1]}", flush=True)
    return min(costs, key=lambda cost: cost.wall_s)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--incidents", type=int, default=10_000_000)
    parser.add_argument("--communities", type=int, default=10_000)
    parser.add_argument("--stations", type=int, default=50)
    parser.add_argument("--runs", type=int, default=2, help="of each; the fastest counts")
    parser.add_argument("--skip-plain", action="store_true")
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="anxing-bench-"))
    try:
        measure(folder, options)
    finally:
        shutil.rmtree(folder)


def measure(folder: Path, options: argparse.Namespace) -> None:
    sizes = (options.incidents, options.communities, options.stations)
    print("{:,} incidents, {:,} communities, {} stations".format(*sizes), flush=True)
    district = write_city(
        folder / "city",
        incidents=options.incidents,
        communities=options.communities,
        stations=options.stations,
        seed=1,
    )
    script = [sys.executable, str(HERE / "same_tables.py"), str(district), str(folder / "same")]
    same = fastest(script, folder / "same", options.runs)
    print(f"the same tables     {same}", flush=True)
    build = [sys.executable, "-m", "etl.cli", "build", str(district)]
    build += ["--store", str(folder / "store"), "--quiet"]
    ours = fastest(build, folder / "store", options.runs)
    print(f"anxing build        {ours}", flush=True)
    print(f"anxing build again  {run(build)}", flush=True)
    shutil.rmtree(folder / "store")
    if options.skip_plain:
        return
    script = [sys.executable, str(HERE / "naive_build.py"), str(folder / "city")]
    plain = fastest([*script, str(folder / "plain")], folder / "plain", options.runs)
    print(f"geopandas + pandas  {plain}")
    for name, one in (("same tables", same), ("whole build", ours)):
        wall, cpu = plain.wall_s / one.wall_s, plain.cpu_s / one.cpu_s
        print(f"ratio, {name}: {wall:.1f} x wall, {cpu:.1f} x cpu")


if __name__ == "__main__":
    main()
