"""The newest located incidents of the whole district, for a map that need not look through all."""

from __future__ import annotations

from datetime import timedelta

from etl.dictionary.core import CLASSES
from etl.marts.context import MartContext
from etl.marts.local_time import starts_at

MOST = 4_000  # a map of points draws no more

_NEWEST = """
INSERT INTO mart.newest_incidents BY NAME
SELECT 'district' AS scope_kind, $scope_id AS scope_id, incident_id, class, type, occurred_from,
    lon, lat
FROM core.incidents
WHERE class = $class AND lon IS NOT NULL AND lat IS NOT NULL AND occurred_from < $until
ORDER BY occurred_from DESC, incident_id LIMIT $most
"""


def derive(context: MartContext) -> None:
    """Fill `mart.newest_incidents`.

    Parameters
    ----------
    context
        The open build, with core tables filled.

    Notes
    -----
    4,000 of each class, so the newest 4,000 of all classes, or of cases, are among them. Stations
    have few enough incidents to look through, and their slices hold no row of the district's.
    """
    until = starts_at(context.as_of + timedelta(days=1), context.district.time_zone)
    for name in CLASSES:
        bound = {"scope_id": context.district.district_id, "class": name, "until": until}
        context.con.execute(_NEWEST, bound | {"most": MOST})
