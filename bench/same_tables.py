"""The build with the tables that the plain script of bench/build.py derives too, and no others.

Left out are scans and patterns, hexagons, the newest incidents, and the choice of a bandwidth: it
is 250 m, as in the plain script.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from etl import build as building  # noqa: E402
from etl.store import Store  # noqa: E402

OTHERS = ("newest", "clusters", "patterns")
BANDWIDTH_M = 250.0


def main(district: Path, store: Path) -> None:
    stages = building._stages

    def fewer() -> tuple[tuple[str, Callable[[Any], None]], ...]:
        from etl.marts import hotspots

        hotspots.CELL_KINDS = ("square",)
        hotspots.fill_bandwidths = lambda _, grounds: {
            (one.kind, one.scope_id, period): BANDWIDTH_M
            for one in grounds
            for period in hotspots.PERIODS
        }
        return tuple(one for one in stages() if one[0] not in OTHERS)

    building._stages = fewer
    building.build(district, Store(store))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
