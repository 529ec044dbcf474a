"""Claim: with 10 million incidents a page has its figures from the marts in under 300 ms.

Builds the plain city of `bench/build.py` (10 million incidents, 10,000 communities, 50 stations),
opens the district's own file, the largest there is, and runs every page of incident analysis as
Streamlit's server does, with nothing kept from another page: once in a process that has loaded its
code. Prints the processor time and the wall time of the questions asked of the store (`figures`),
and of the whole page, first and again. `--store DIR` measures a store that is there already.
"""

from __future__ import annotations

import argparse
import logging
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from bench.city import write_city  # noqa: E402

APP = HERE.parent / "dashboard" / "app.py"
PAGES = ("overview", "clusters", "alarms", "tonight", "hotspots", "clock", "concentration",
         "accuracy")  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--store", type=Path)
    parser.add_argument("--incidents", type=int, default=10_000_000)
    parser.add_argument("--role", default="district")
    options = parser.parse_args()
    if options.store is not None:
        measure(options.store, options.role)
        return
    folder = Path(tempfile.mkdtemp(prefix="anxing-bench-"))
    try:
        district = write_city(
            folder / "city", incidents=options.incidents, communities=10_000, stations=50, seed=1
        )
        command = [sys.executable, "-m", "etl.cli", "build", str(district), "--store"]
        subprocess.run([*command, str(folder / "store"), "--quiet"], check=True)
        measure(folder / "store", options.role)
    finally:
        shutil.rmtree(folder)


def measure(store: Path, role: str) -> None:
    os.environ |= {"ANXING_STORE": str(store.resolve()), "ANXING_DEMO": "1"}
    logging.disable(logging.WARNING)
    from dashboard.store import current_build

    build = current_build(store)
    n = build.n_rows.get("core.incidents", build.n_rows.get("incidents"))
    print(f"{role}: {n:,} incidents", flush=True)
    asked = watch_questions()
    run_page("data", role, asked)
    for page in PAGES:
        forget()
        first, again = run_page(page, role, asked), run_page(page, role, asked)
        print(
            f"{page:<14} figures {1000 * first[1]:6.0f} ms cpu {1000 * first[2]:6.0f} ms wall in "
            f"{first[3]:2.0f} questions   page first {first[0]:5.2f} s cpu, again "
            f"{again[0]:5.2f} s cpu",
            flush=True,
        )


def watch_questions() -> list[tuple[float, float]]:
    """Note the processor and the wall time of each question that is not answered from memory."""
    from dashboard.store import Slice

    asked: list[tuple[float, float]] = []
    plain = Slice.arrow

    def timed(self, sql, parameters=()):
        cpu, wall = time.process_time(), time.perf_counter()
        known = (sql, parameters) in self._kept
        found = plain(self, sql, parameters)
        if not known:
            asked.append((time.process_time() - cpu, time.perf_counter() - wall))
        return found

    Slice.arrow = timed
    return asked


def forget() -> None:
    """Drop what earlier pages left in memory, so that every page asks for itself."""
    from dashboard import layers, store

    layers._KEPT.clear()
    for part in store._SLICES.values():
        part._kept.clear()


def run_page(
    page: str, role: str, asked: list[tuple[float, float]]
) -> tuple[float, float, float, int]:
    from streamlit.testing.v1 import AppTest
    from streamlit.util import calc_hash

    asked.clear()
    test = AppTest.from_file(str(APP), default_timeout=300)
    test.query_params["role"] = role
    test._page_hash = calc_hash(page)
    start = time.process_time()
    test.run()
    cpu = time.process_time() - start
    if test.exception:
        sys.exit(f"bench: {page}: {test.exception[0].message}")
    return cpu, sum(c for c, _ in asked), sum(w for _, w in asked), len(asked)


if __name__ == "__main__":
    main()
