"""Claim: all analyses of patterns add less than 4 CPU seconds to a build of 10 million incidents.

Derives the tables of `etl/marts/patterns.py` anew in a copy of a built database, and prints the CPU
time of each part beside two yardsticks of the same run: one SQL scan that groups the incidents by
type and month, and the hotspots mart. Without `--database` a city is made and built first.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

import duckdb  # noqa: E402

from bench.city import write_city  # noqa: E402
from etl import schema  # noqa: E402
from etl.dictionary.patterns import PATTERNS  # noqa: E402
from etl.dictionary.records import RECORDS  # noqa: E402
from etl.district import District  # noqa: E402
from etl.marts import MartContext, hotspots, patterns  # noqa: E402
from etl.report import Report  # noqa: E402

PARTS = (
    "read_cell_months", "read_shapes", "fill_emerging", "fill_accuracy", "fill_alarms",
    "fill_tonight", "fill_concentration", "fill_repeat_addresses", "fill_community_moran",
    "fill_seasons",
)  # fmt: skip
SCAN = "SELECT type, date_trunc('month', occurred_from), count(*) FROM core.incidents GROUP BY ALL"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--incidents", type=int, default=1_000_000)
    parser.add_argument("--communities", type=int, default=1_000)
    parser.add_argument("--stations", type=int, default=10)
    parser.add_argument("--database", type=Path, help="district.duckdb of a build")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="anxing-bench-") as folder:
        copy = Path(folder) / "district.duckdb"
        shutil.copy(options.database or _built(Path(folder), options), copy)
        measure(copy)


def _built(folder: Path, options: argparse.Namespace) -> Path:
    district = write_city(
        folder / "city",
        incidents=options.incidents,
        communities=options.communities,
        stations=options.stations,
        seed=1,
    )
    build = [sys.executable, "-m", "etl.cli", "build", str(district)]
    subprocess.run([*build, "--store", str(folder / "store"), "--quiet"], check=True)
    return next((folder / "store" / "builds").glob("2*/district.duckdb"))


def measure(path: Path) -> None:
    con = duckdb.connect(str(path))
    con.execute("SET threads = 2")
    con.execute("SET memory_limit = '2GB'")
    facts: dict[str, Any] = dict(con.execute("SELECT name, value FROM meta.build").fetchall())
    district = District(
        facts["district_id"], "", "", facts["time_zone"], facts["crs"], path, (), path
    )
    context = MartContext(con, district, date.fromisoformat(facts["as_of"]), Report())
    n = con.execute("SELECT count(*) FROM core.incidents").fetchall()[0][0]
    print(f"{n:,} incidents")
    _timed("one scan by type and month", lambda: con.execute(SCAN).fetchall())
    _timed("the same again", lambda: con.execute(SCAN).fetchall())
    for name in PARTS:
        _watch(name)
    _empty(con)
    _timed("patterns, first time (imports, kernels)", lambda: patterns.derive(context))
    _empty(con)
    _timed("patterns", lambda: patterns.derive(context))
    con.execute("DELETE FROM mart.hotspots")
    _timed("hotspots", lambda: hotspots.derive(context))


def _empty(con: duckdb.DuckDBPyConnection) -> None:
    for table in (*PATTERNS, *RECORDS):
        con.execute(f"DROP TABLE IF EXISTS {table.full_name}")
        con.execute(schema.create_table(table, table.columns))


def _watch(name: str) -> None:
    given = getattr(patterns, name)

    def watched(*args: Any, **more: Any) -> Any:
        return _timed(f"  {name}", lambda: given(*args, **more))

    setattr(patterns, name, watched)


def _timed(what: str, work: Callable[[], Any]) -> Any:
    start = time.process_time()
    found = work()
    print(f"{what:42s}{time.process_time() - start:8.2f} s CPU", flush=True)
    return found


if __name__ == "__main__":
    main()
