"""The build with the tables that the plain script of bench/build.py derives too, and no others."""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from etl import build as building  # noqa: E402
from etl.store import Store  # noqa: E402

OTHERS = ("clusters", "patterns")


def main(district: Path, store: Path) -> None:
    stages = building._stages
    building._stages = lambda: tuple(one for one in stages() if one[0] not in OTHERS)
    building.build(district, Store(store))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
