"""Claim: a page of a slice opens in under 1 s of server time and reruns after a filter under 0.3 s.

Builds a model city of 200 communities, 5,000 cameras and 100,000 incidents with one station over
all of it, then runs the pages as Streamlit's server does (AppTest: the script, without a browser):
the first page of a process, the same page for a second viewer, and a rerun after a filter.
`--store DIR` measures a store that is there already.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Callable
from pathlib import Path
from statistics import median

import duckdb

HERE = Path(__file__).resolve().parent
APP = HERE.parent / "dashboard" / "app.py"
PAGES = (
    "overview", "dossier", "coverage", "cameras", "patrols", "clusters", "alarms", "tonight",
    "hotspots", "clock", "concentration", "accuracy", "ratings", "data",
)  # fmt: skip


def main() -> None:
    size = ["--communities", "200", "--cameras", "5000", "--incidents", "100000"]
    run(str(__doc__), size, measure)


def run(claim: str, size: list[str], measured: Callable[[Path], None]) -> None:
    """Measure a store that is there, or one built of a model city under one station."""
    parser = argparse.ArgumentParser(description=claim)
    parser.add_argument("--store", type=Path)
    options = parser.parse_args()
    if options.store is not None:
        measured(options.store)
        return
    folder = Path(tempfile.mkdtemp(prefix="anxing-bench-"))
    try:
        anxing("simulate", str(folder / "city"), *size, "--quiet")
        district = folder / "city" / "district.toml"
        join_stations(district)
        anxing("build", str(district), "--store", str(folder / "store"), "--quiet")
        measured(folder / "store")
    finally:
        shutil.rmtree(folder)


def anxing(*arguments: str) -> None:
    subprocess.run(
        [sys.executable, "-m", "etl.cli", *arguments], check=True, stdout=subprocess.DEVNULL
    )


def join_stations(district: Path) -> None:
    """Put one station over the whole city in the place of its many."""
    text = district.read_text(encoding="utf-8")
    west, south, east, north = tomllib.loads(text)["district"]["bounds"]
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    feature = {
        "type": "Feature",
        "properties": {"id": "PCS001", "name": "一所"},
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    }
    body = json.dumps({"type": "FeatureCollection", "features": [feature]})
    (district.parent / "one.geojson").write_text(body, encoding="utf-8")
    blocks = [one for one in text.split("[[sources]]") if 'table = "stations"' not in one]
    blocks.append(
        '\ntable = "stations"\npath = "one.geojson"\nformat = "geojson"\n'
        'columns = { station_id = "id", name = "name" }\n'
    )
    district.write_text("[[sources]]".join(blocks), encoding="utf-8")


def measure(store: Path) -> None:
    build = store / json.loads((store / "current.json").read_text(encoding="utf-8"))["path"]
    sizes = {
        name: duckdb.connect(str(build / "district.duckdb"), read_only=True)
        .execute(f"SELECT count(*) FROM core.{name}")
        .fetchone()[0]
        for name in ("communities", "cameras", "incidents")
    }
    print(f"a station chief's slice: {sizes}", flush=True)
    os.environ |= {"ANXING_STORE": str(store.resolve()), "ANXING_DEMO": "1"}
    logging.disable(logging.WARNING)
    from streamlit.testing.v1 import AppTest
    from streamlit.util import calc_hash

    for page in PAGES:
        first, again = [], []
        for _ in range(3):
            test = AppTest.from_file(str(APP), default_timeout=120)
            test.query_params["role"] = "chief"
            test._page_hash = calc_hash(page)
            first.append(timed(test, page))
            again.append(timed(test, page))
        print(
            f"{page:<10} first {first[0]:6.2f} s  second viewer {median(first[1:]):6.2f} s  "
            f"rerun {median(again):6.3f} s",
            flush=True,
        )


def timed(test, page: str) -> float:
    start = time.perf_counter()
    test.run()
    if test.exception:
        sys.exit(f"bench: {page}: {test.exception[0].message}")
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
