"""Claim: after one camera moved, coverage is computed anew only where it looks, in under a second.

    python bench/incremental.py --communities 1200 --cameras 30000 --buildings 100000

Files are written, built, one camera of the list is moved by ten metres, and built again beside the
served build. Prints the stages of coverage, wall and processor time, of both builds in one run and
their ratio; then a third build from scratch, and whether every row of every table of the analysis
is the same. Stages that are not incremental (reading, slices) are in `bench/coverage_city.py`.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from bench.camera_city import Sizes, write_camera_city  # noqa: E402

STAGES = ("coverage", "viewsheds", "coverage tables")
BESIDE = ("cameras one by one", "patrol reach")


class Stages:
    """Progress that adds up what each stage took, wall and processor."""

    def __init__(self) -> None:
        self.took: dict[str, list[float]] = {}
        self.name, self.wall, self.cpu = "", time.perf_counter(), time.process_time()

    def start(self, stage: str, total: int | None = None) -> None:
        wall, cpu = time.perf_counter(), time.process_time()
        sums = self.took.setdefault(self.name, [0.0, 0.0])
        sums[0] += wall - self.wall
        sums[1] += cpu - self.cpu
        self.name, self.wall, self.cpu = stage, wall, cpu

    def advance(self, n: int = 1) -> None:
        """Steps do not matter here."""

    def sum(self, names: tuple[str, ...]) -> list[float]:
        """Seconds of some stages, wall and processor."""
        return [sum(self.took.get(name, (0.0, 0.0))[k] for name in names) for k in range(2)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--communities", type=int, default=1200)
    parser.add_argument("--cameras", type=int, default=30_000)
    parser.add_argument("--buildings", type=int, default=100_000)
    parser.add_argument("--stations", type=int, default=24)
    parser.add_argument("--skip-check", action="store_true", help="no third build from scratch")
    options = parser.parse_args()
    sizes = Sizes(
        cameras=options.cameras, communities=options.communities, buildings=options.buildings,
        stations=options.stations, streets=options.stations, incidents=options.cameras,
    )  # fmt: skip
    folder = Path(tempfile.mkdtemp(prefix="anxing-again-"))
    try:
        measure(folder, sizes, options.skip_check)
    finally:
        shutil.rmtree(folder)


def measure(folder: Path, sizes: Sizes, skip_check: bool) -> None:
    print(
        f"{sizes.communities:,} communities, {sizes.cameras:,} cameras, {sizes.buildings:,} "
        "buildings",
        flush=True,
    )
    district = write_camera_city(folder / "city", sizes, seed=1)
    build(district, folder / "warm")  # compiles, so that no build below does
    full, _ = build(district, folder / "store")
    move_a_camera(folder / "city" / "cameras.csv")
    again, database = build(district, folder / "store")
    for title, names in (
        ("coverage", STAGES),
        ("single cameras, patrols", BESIDE),
        ("the analysis", STAGES + BESIDE),
    ):
        one, two = full.sum(names), again.sum(names)
        print(
            f"{title:24} all {one[0]:6.2f} s wall {one[1]:6.2f} s cpu   one camera moved "
            f"{two[0]:6.2f} s wall {two[1]:6.2f} s cpu   {one[1] / max(two[1], 1e-9):5.1f} x",
            flush=True,
        )
    if not skip_check:
        _, scratch = build(district, folder / "warm", fresh=True)
        compare(database, scratch)


def build(district: Path, store: Path, *, fresh: bool = False) -> tuple[Stages, Path]:
    from etl.build import build as build_district
    from etl.store import Store

    if fresh:
        shutil.rmtree(store)
    stages = Stages()
    now = datetime.now(UTC).replace(tzinfo=None, microsecond=0)
    result = build_district(district, Store(store), progress=stages, now=now)
    stages.start("end")
    return stages, result.folder / "district.duckdb"


def move_a_camera(path: Path) -> None:
    """Move the camera in the middle of the list by about ten metres to the north."""
    lines = path.read_text(encoding="utf-8").splitlines()
    head, row = lines[0].split(","), len(lines) // 2
    cells = lines[row].split(",")
    place = [one.strip('"') for one in head].index("lat")
    cells[place] = f"{float(cells[place]) + 1e-4:.7f}"
    lines[row] = ",".join(cells)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def compare(one: Path, other: Path) -> None:
    """Hold every table of the analysis of two builds against each other, row by row."""
    import duckdb

    from etl import schema

    with duckdb.connect() as con:
        con.execute(f"ATTACH '{one}' AS a (READ_ONLY)")
        con.execute(f"ATTACH '{other}' AS b (READ_ONLY)")
        wrong, n_rows = [], 0
        for table in schema.TABLES:
            if table.schema != "mart" or table.name == "map_layers":
                continue
            name = table.full_name
            n, m = (con.execute(f"SELECT count(*) FROM {x}.{name}").fetchall()[0][0] for x in "ab")
            differ = con.execute(
                f"SELECT count(*) FROM (FROM a.{name} EXCEPT ALL FROM b.{name})"
            ).fetchall()[0][0]
            n_rows += n
            if n != m or differ:
                wrong.append(f"{name}: {n} and {m} rows, {differ} differ")
    print("\n".join(wrong) or f"all {n_rows:,} rows of the analysis are those of a whole build")


if __name__ == "__main__":
    main()
