"""Is the declared datum the true one? Stated communities tell, because a wrong one moves all."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from etl.errors import SourceError
from etl.place import to_lonlat
from etl.scoping import Area
from etl.staging import FILE, Staged
from geo import datum as datums
from geo import projection

SAMPLE = 5_000
FEWEST = 20
# A true datum puts nearly all points into the community they state; a wrong one is 500 m off.
POOR, GOOD = 0.5, 0.8


def refuse_wrong_datum(staged: Staged, communities: Area, *, epsg: int) -> None:
    """Refuse files whose points agree with their stated communities only in another datum.

    Parameters
    ----------
    staged
        Rows of one table with `stated_community_id`, `lon` and `lat` (WGS 84 as declared).
    communities
        The communities, in metres.
    epsg
        The district's projection.

    Raises
    ------
    SourceError
        With the share of agreement as declared and in the datum that fits; correct `datum` in the
        district file. Fewer than 20 rows with a community and a place prove nothing.
    """
    rows = staged.rows
    if "stated_community_id" not in rows.column_names:
        return
    known = pc.and_(
        pc.is_in(rows["stated_community_id"], value_set=communities.ids), pc.is_valid(rows["lon"])
    )
    rows = rows.select([FILE, "stated_community_id", "lon", "lat"]).filter(known)
    faults = []
    for number, owner in enumerate(staged.files):
        mine = rows.filter(pc.equal(rows[FILE], number)).slice(0, SAMPLE)
        if mine.num_rows >= FEWEST and owner.datum in datums.DATUMS:
            faults += _fault(mine, owner.file.label, str(owner.datum), communities, epsg)
    if faults:
        raise SourceError("\n".join(faults))


def _fault(rows: pa.Table, label: str, declared: str, area: Area, epsg: int) -> list[str]:
    stated = pc.index_in(rows["stated_community_id"].combine_chunks(), value_set=area.ids)
    wanted = np.asarray(stated)
    lon, lat = rows["lon"].to_numpy(), rows["lat"].to_numpy()

    def agreement(x: np.ndarray, y: np.ndarray) -> float:
        found = area.index.locate(*projection.project(x, y, epsg=epsg))
        return float((found == wanted).mean())

    as_declared = agreement(lon, lat)
    if as_declared >= POOR:
        return []
    written = datums.from_wgs84(lon, lat, datum=declared)
    others = {
        one: agreement(*to_lonlat(written[0].copy(), written[1].copy(), one))
        for one in ("wgs84", "gcj02", "bd09")
        if one != declared
    }
    best = max(others, key=lambda one: others[one])
    if others[best] < GOOD:
        return []
    return [
        f"{label}: read as {declared}, {as_declared:.0%} of the points lie in the community they "
        f"state; read as {best}, {others[best]:.0%} do; expected the datum the file is in. "
        f'Set datum = "{best}" in the district file.'
    ]
