"""Open data: the published ratings as CSV and GeoJSON, public columns only.

References
----------
.. [1] Butler, H., Daly, M., Doyle, A., Gillies, S., Hagen, S. and Schaub, T. (2016). The GeoJSON
   format. RFC 7946.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

import numpy as np
import pandas as pd
import shapely

from etl.export import without_formulas
from etl.publish.read import Community, Published, Rating, Standard
from geo import projection

DECIMALS = 6  # of a degree: 0.1 m
NAMED = ("community_id", "name", "name_en", "street", "street_en", "standard_id", "period", "as_of")
RATING = ("rating_state", "grade", "stars", "previous_stars", "reason_zh", "reason_en")
ITEM = ("item_id", "name_zh", "band")
# Each column once, in the order in which a reader meets it.
COLUMNS = tuple(dict.fromkeys((*NAMED, *RATING, *ITEM)))
_ITEM_NAMES = ("item_id", "item_name_zh", "item_name_en", "band")


def write_ratings(site: Published) -> bytes:
    """Return every published rating as CSV: one row a community, standard and period."""
    rows = [
        (*_named(site, one, standard, rating), *_rated(rating))
        for standard in site.standards
        for one in site.communities
        for rating in standard.ratings.get(one.community_id, ())
    ]
    return _csv((*NAMED, *RATING), rows)


def write_items(site: Published) -> bytes:
    """Return every published item as CSV, in bands."""
    rows = []
    for standard in site.standards:
        for one in site.communities:
            for item in standard.items.get(one.community_id, ()):
                head = (one.community_id, one.name.zh, one.name.en, standard.standard_id)
                what = (item.item_id, item.name.zh, item.name.en, item.band)
                rows.append((*head, item.period, *what))
    return _csv(("community_id", "name", "name_en", "standard_id", "period", *_ITEM_NAMES), rows)


def write_shapes(site: Published) -> bytes:
    """Return communities as GeoJSON (WGS 84), one feature a community and standard.

    Properties are those of the latest period; a community without a rating has null for them. With
    no standard published there is one feature a community.
    """
    standards: list[Standard | None] = [*site.standards]
    features = [
        _feature(site, one, standard)
        for standard in standards or [None]
        for one in site.communities
    ]
    body = {"type": "FeatureCollection", "features": features}
    return (json.dumps(body, ensure_ascii=False, separators=(",", ":")) + "\n").encode()


def _feature(site: Published, one: Community, standard: Standard | None) -> dict[str, object]:
    rating = None if standard is None else standard.latest(one.community_id)
    named = dict(zip(NAMED, _named(site, one, standard, rating), strict=True))
    rated = dict(zip(RATING, _rated(rating) if rating else (None,) * len(RATING), strict=True))

    def move(points: np.ndarray) -> np.ndarray:
        x, y = np.ascontiguousarray(points[:, 0]), np.ascontiguousarray(points[:, 1])
        return np.round(np.column_stack(projection.unproject(x, y, epsg=site.epsg)), DECIMALS)

    # Outer rings run counter-clockwise, as RFC 7946 asks.
    shape = shapely.orient_polygons(shapely.transform(one.shape, move))
    geometry = json.loads(shapely.to_geojson(shape))
    return {"type": "Feature", "properties": {**named, **rated}, "geometry": geometry}


def _named(
    site: Published, one: Community, standard: Standard | None, rating: Rating | None
) -> tuple[object, ...]:
    street = (None, None) if one.street is None else tuple(one.street)
    day = None if rating is None else site.day_of(rating.period).isoformat()
    period = None if rating is None else rating.period
    standard_id = None if standard is None else standard.standard_id
    return (one.community_id, *one.name, *street, standard_id, period, day)


def _rated(rating: Rating) -> tuple[object, ...]:
    reason = rating.reason
    stars = (rating.stars, rating.previous_stars)
    return (rating.state, rating.grade, *stars, reason.zh, reason.en)


def _csv(names: Sequence[str], rows: Sequence[tuple[object, ...]]) -> bytes:
    """Return rows as CSV with a byte-order mark, for spreadsheets; no cell runs as a formula."""
    frame = pd.DataFrame(rows, columns=list(names), dtype=object)
    frame = frame.astype({one: "Int64" for one in ("stars", "previous_stars") if one in names})
    text: str = without_formulas(frame).to_csv(index=False, lineterminator="\r\n")
    return text.encode("utf-8-sig")
