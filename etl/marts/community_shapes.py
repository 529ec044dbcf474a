"""Shapes of communities, read once for all that ask where they are."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import shapely

from etl.marts.context import MartContext


@dataclass(frozen=True)
class Shapes:
    """Communities in order of their ids."""

    names: list[str]
    shapes: np.ndarray

    @cached_property
    def tree(self) -> shapely.STRtree:
        """Index of the shapes."""
        return shapely.STRtree(self.shapes)


def read_shapes(context: MartContext) -> Shapes:
    """Return the communities of a build."""
    found = context.con.execute(
        "SELECT community_id, geometry FROM core.communities ORDER BY community_id"
    ).to_arrow_table()
    shapes = shapely.from_wkb(np.array(found["geometry"].to_pylist(), dtype=object))
    return Shapes(found["community_id"].to_pylist(), shapes)
