"""The analyses of a build, in the order in which they build on each other."""

from __future__ import annotations

from collections.abc import Callable

from etl.marts import (
    clusters,
    conduct,
    coverage,
    credit,
    duties,
    hotspots,
    incidents,
    newest,
    patterns,
    ratings,
    summary,
)
from etl.marts.context import MartContext

STAGES: tuple[tuple[str, Callable[[MartContext], None]], ...] = (
    ("incidents", incidents.derive),
    ("coverage", coverage.derive),
    ("duties", duties.derive),
    ("hotspots", hotspots.derive),
    ("newest", newest.derive),
    ("clusters", clusters.derive),
    ("patterns", patterns.derive),
    ("conduct", conduct.derive),
    ("ratings", ratings.derive),
    ("credit", credit.derive),
    ("summary", summary.derive),
)
