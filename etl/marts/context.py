"""What a mart module is given."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import duckdb

from etl.district import District
from etl.progress import Progress, Silent
from etl.report import Report


@dataclass
class MartContext:
    """An open build and what the district says about it.

    `con` is a connection to the build's database being written; `as_of` is the last day of the
    data (local calendar, inclusive): "12 months" are the 365 (366) days ending with it, "28 days"
    the 28 days ending with it. `missing` names input tables that the district does not bring.
    `seed` feeds `numpy.random.default_rng`. `served` is the database served now, from which a mart
    may copy rows that rest on nothing that has changed. `shapes_are_final` is called once no shape
    that a map layer is made of will change.
    """

    con: duckdb.DuckDBPyConnection
    district: District
    as_of: date
    report: Report
    progress: Progress = field(default_factory=Silent)
    missing: frozenset[str] = frozenset()
    seed: int = 0
    served: Path | None = None
    shapes_are_final: Callable[[], None] = lambda: None
