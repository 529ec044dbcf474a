"""Claim: coverage of a million cameras from files to a build in 3 minutes and 6 GiB on two cores.

    python bench/coverage_city.py --cameras 1000000 --communities 100000 --buildings 2000000
    python bench/coverage_city.py --steps          # 10,000, 100,000 and 1 million cameras
    python bench/coverage_city.py --cameras 100000 --stages

Files are written first and not counted. Then the build runs in a process of its own, twice.
Coverage alone: reading, checking, assigning, coverage at every level of the density table (25 and
125 px/m among them) by day and by night, blind spots, history, losses and gaps of each camera, its
duties, the database, a slice for each station and street with its map layers. And whole, as
`anxing build` makes it: also hotspots, clusters and patterns of the incidents, which the claim does
not speak of. Prints wall and processor time, peak memory, and seconds per 1,000 cameras: linear
when they stay the same from 10,000 to 1 million. `--stages` runs the whole build here and tells
where time goes.
"""

from __future__ import annotations

import argparse
import resource
import shutil
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from bench.build import run  # noqa: E402
from bench.camera_city import Sizes, write_camera_city  # noqa: E402

OTHERS = ("hotspots", "newest", "clusters", "patterns")  # analyses of incidents


class Stages:
    """Progress that prints what each stage took, wall and processor, and the peak so far."""

    def __init__(self) -> None:
        self.name, self.wall, self.cpu = "start", time.perf_counter(), time.process_time()

    def start(self, stage: str, total: int | None = None) -> None:
        wall, cpu = time.perf_counter(), time.process_time()
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
        took = f"{wall - self.wall:8.2f} s wall {cpu - self.cpu:8.2f} s cpu {peak:6.2f} GiB"
        print(f"  {self.name:32} {took}", flush=True)
        self.name, self.wall, self.cpu = stage, wall, cpu

    def advance(self, n: int = 1) -> None:
        """Steps do not matter here."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cameras", type=int, default=100_000)
    parser.add_argument("--communities", type=int, help="a tenth of the cameras")
    parser.add_argument("--buildings", type=int, help="twice the cameras")
    parser.add_argument("--stations", type=int, help="one for 500 communities")
    parser.add_argument("--streets", type=int, help="one for 500 communities")
    parser.add_argument("--incidents", type=int, help="one for each community")
    parser.add_argument("--cameras-as", choices=("csv", "parquet"), default="csv")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--steps", action="store_true", help="10,000, 100,000, 1 million cameras")
    parser.add_argument(
        "--stages", action="store_true", help="build in this process, stage by stage"
    )
    parser.add_argument("--keep", type=Path, help="folder of the files, kept and used again")
    options = parser.parse_args()
    for cameras in (10_000, 100_000, 1_000_000) if options.steps else (options.cameras,):
        folder = options.keep or Path(tempfile.mkdtemp(prefix="anxing-cameras-"))
        try:
            measure(folder, sizes_of(options, cameras), options)
        finally:
            if options.keep is None:
                shutil.rmtree(folder)


def sizes_of(options: argparse.Namespace, cameras: int) -> Sizes:
    communities = options.communities or max(1, cameras // 10)
    areas = max(1, communities // 500)
    return Sizes(
        cameras=cameras,
        communities=communities,
        buildings=options.buildings or 2 * cameras,
        stations=options.stations or areas,
        streets=options.streets or areas,
        incidents=communities if options.incidents is None else options.incidents,
    )


def measure(folder: Path, sizes: Sizes, options: argparse.Namespace) -> None:
    print(
        f"{sizes.cameras:,} cameras, {sizes.communities:,} communities, {sizes.buildings:,} "
        f"buildings, {sizes.stations} stations, {sizes.streets} streets, "
        f"{sizes.incidents:,} incidents",
        flush=True,
    )
    district = folder / "city" / "district.toml"
    if not district.exists():
        district = write_camera_city(
            folder / "city", sizes, seed=options.seed, cameras_as=options.cameras_as
        )
    store = folder / "store"
    shutil.rmtree(store, ignore_errors=True)
    if options.stages:
        _by_stage(district, store)
        return
    fewer = [sys.executable, str(HERE / "fewer_stages.py"), str(district), str(store)]
    whole = [sys.executable, "-m", "etl.cli", "build", str(district), "--store", str(store)]
    each = 1000 / sizes.cameras
    for name, command in (("coverage alone", [*fewer, *OTHERS]), ("whole build", whole)):
        shutil.rmtree(store, ignore_errors=True)
        cost = run([*command, "--quiet"] if command is whole else command)
        written = sum(one.stat().st_size for one in store.rglob("*") if one.is_file()) / 2**30
        print(f"{name:15}{cost}   {written:.2f} GiB written")
        print(
            f"per 1,000 cameras: {cost.wall_s * each:.3f} s wall {cost.cpu_s * each:.3f} s cpu",
            flush=True,
        )


def _by_stage(district: Path, store: Path) -> None:
    from etl.build import build
    from etl.store import Store

    stages = Stages()
    begun = time.perf_counter(), time.process_time()
    build(district, Store(store), progress=stages)
    stages.start("end")
    print(
        f"  in all {time.perf_counter() - begun[0]:.1f} s wall, "
        f"{time.process_time() - begun[1]:.1f} s cpu"
    )


if __name__ == "__main__":
    main()
