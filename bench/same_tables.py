"""The build with the tables that the plain script of bench/build.py derives too, and no others.

Left out are scans and patterns, hexagons, the newest incidents, and the choice of a bandwidth: it
is 250 m, as in the plain script.
"""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from bench.fewer_stages import build_without  # noqa: E402

OTHERS = ("newest", "clusters", "patterns")
BANDWIDTH_M = 250.0


def _squares_of_one_bandwidth() -> None:
    from etl.marts import hotspots

    hotspots.CELL_KINDS = ("square",)
    hotspots.fill_bandwidths = lambda _, grounds: {
        (one.kind, one.scope_id, period): BANDWIDTH_M
        for one in grounds
        for period in hotspots.PERIODS
    }


if __name__ == "__main__":
    build_without(OTHERS, Path(sys.argv[1]), Path(sys.argv[2]), prepare=_squares_of_one_bandwidth)
