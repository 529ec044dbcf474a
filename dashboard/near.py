"""A place on the open street is named by the community beside it."""

from __future__ import annotations

from typing import Any

import shapely

from dashboard import layers
from dashboard.page import Page
from dashboard.queries import places

NEAR_M = 300.0


def nearest_community(page: Page, x: float, y: float) -> str | None:
    """Return the name of the community nearest to a place, None when none is near."""
    rows, tree = layers.keep(page, "tree of communities", lambda: _tree(page))
    found = tree.query_nearest(shapely.Point(x, y), max_distance=NEAR_M, all_matches=False)
    return page.name_of(rows[int(found[0])]) if len(found) else None


def _tree(page: Page) -> tuple[list[dict[Any, Any]], shapely.STRtree]:
    rows = places.outlines(page)
    shapes = shapely.from_wkb([bytes(one) for one in rows["geometry"]])
    return rows.drop(columns="geometry").to_dict("records"), shapely.STRtree(shapes)
