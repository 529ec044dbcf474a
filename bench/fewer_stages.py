"""The build without some of its analyses, for claims about the others.

python bench/fewer_stages.py DISTRICT STORE hotspots newest clusters patterns
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from etl import build as building  # noqa: E402
from etl.store import Store  # noqa: E402


def build_without(
    names: Collection[str],
    district: Path,
    store: Path,
    *,
    prepare: Callable[[], None] = lambda: None,
    progress: Any = None,
) -> None:
    """Build a district without the analyses of some names.

    Parameters
    ----------
    names
        Of `etl.marts.stages.STAGES`.
    district, store
        As `anxing build`.
    prepare
        Called once the analyses are loaded.
    progress
        Told of each stage; nothing when None.

    Raises
    ------
    ValueError
        A name that is no analysis.
    """
    stages = building._stages

    def fewer() -> tuple[tuple[str, Callable[[Any], None]], ...]:
        found = stages()
        unknown = set(names) - {name for name, _ in found}
        if unknown:
            raise ValueError(f"no analysis is called {', '.join(sorted(unknown))}")
        prepare()
        return tuple(one for one in found if one[0] not in names)

    building._stages = fewer
    building.build(district, Store(store), **({} if progress is None else {"progress": progress}))


if __name__ == "__main__":
    build_without(sys.argv[3:], Path(sys.argv[1]), Path(sys.argv[2]))
