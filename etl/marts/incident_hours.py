"""Incidents by weekday and hour for every area, uncertain times spread over their interval."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from etl.dictionary.core import CLASSES
from etl.marts.tally import tally
from geo.temporal import aoristic

BATCH = 1_000_000
UNKNOWN = np.iinfo(np.int64).min
# the order of additions may move the last digits, which nobody needs
DIGITS = 6
# a community's clock is drawn for these classes
OF_COMMUNITY = ("all", "case")

# When the moment is known, a count says it all; only uncertain ones are spread one by one.
_CERTAIN = """
SELECT ((place::BIGINT * {n_classes} + leaf) * 24 + hour(local_at)) * 7 + isodow(local_at) - 1
    AS code
FROM light WHERE NOT is_uncertain AND local_at >= $first
"""

_TIMES = """
SELECT epoch({local_from})::BIGINT AS begins, epoch({local_to})::BIGINT AS ends,
    p.place * {n_classes} + list_position($classes, i.class) - 1 AS part
FROM core.incidents i JOIN place p ON i.station_id IS NOT DISTINCT FROM p.station_id
    AND i.street_id IS NOT DISTINCT FROM p.street_id
    AND i.community_id IS NOT DISTINCT FROM p.community_id
WHERE occurred_to > occurred_from AND occurred_from >= $since AND occurred_from < $until
ORDER BY part, begins, ends
"""

_AREAS = "SELECT scope_kind, scope_id, station_id, street_id FROM area ORDER BY ALL"


def fill_hours(
    con: duckdb.DuckDBPyConnection,
    *,
    counted: Mapping[str, Sequence[str]],
    local_from: str,
    local_to: str,
    first_day: date,
    since: datetime,
    until: datetime,
) -> None:
    """Fill `mart.incident_hours` and `mart.community_hours`.

    Parameters
    ----------
    con
        The open build; temporary tables `area` and `place` name the areas and the places of
        incidents, `light` holds the incidents by number and local time.
    counted
        Which classes of incidents count for each class of figure.
    local_from, local_to
        SQL of the local times of an incident.
    first_day
        First local day counted.
    since, until
        The same and the end (exclusive), UTC.

    Notes
    -----
    District, stations and streets have a row for each hour of the week and class. A community has
    one row for all classes together and one for cases, if anything may have happened: ten thousand
    communities by class and hour would be most of the build.
    """
    bounds = {"since": since, "until": until}
    places = con.execute("SELECT * FROM place ORDER BY place").to_arrow_table()
    leaves = np.zeros((places.num_rows, len(CLASSES), 24, 7))
    certain = con.execute(_CERTAIN.format(n_classes=len(CLASSES)), {"first": first_day})
    codes, n = tally(certain.fetchnumpy()["code"])
    leaves.reshape(-1)[codes] += n
    times = _TIMES.format(local_from=local_from, local_to=local_to, n_classes=len(CLASSES))
    reader = con.execute(times, {**bounds, "classes": list(CLASSES)}).to_arrow_reader(BATCH)
    for batch in reader:
        if batch.num_rows:
            _add_batch(leaves, batch)
    areas = con.execute(_AREAS).to_arrow_table()
    for kind in ("district", "station", "street", "community"):
        names = [one for one in counted if kind != "community" or one in OF_COMMUNITY]
        picked = np.array([[leaf in counted[one] for leaf in CLASSES] for one in names])
        mine = areas.filter(pc.equal(areas["scope_kind"], kind))
        for first in range(0, mine.num_rows, 2000):
            some = mine.slice(first, 2000)
            hours = _sum_by_area(leaves, places, some, kind)
            summed = np.round(np.einsum("kl,nlhd->nkhd", picked * 1.0, hours), DIGITS)
            write = _insert_community if kind == "community" else _insert
            write(con, some, names, summed)


def _add_batch(leaves: np.ndarray, batch: pa.RecordBatch) -> None:
    """Add incidents sorted by part to the hours of places and classes, in place."""
    begins, part = batch["begins"].to_numpy(), batch["part"].to_numpy()
    ends = batch["ends"].fill_null(UNKNOWN).to_numpy()
    # clocks set back may make an interval end before it begins: then the start is known
    ends = np.where(ends <= begins, UNKNOWN, ends)
    first, last = int(part[0]), int(part[-1])
    found = aoristic(
        begins.astype("datetime64[s]"), ends.astype("datetime64[s]"), groups=part - first
    )
    leaves.reshape(-1, 24, 7)[first : last + 1] += found


def _sum_by_area(leaves: np.ndarray, places: pa.Table, areas: pa.Table, kind: str) -> np.ndarray:
    """Return the hours of each area: the sum over the places that carry its number."""
    if kind == "district":
        return np.asarray(leaves.sum(axis=0)[None])
    ids = {one: i for i, one in enumerate(areas["scope_id"].to_pylist())}
    area = np.array([ids.get(one, -1) for one in places[f"{kind}_id"].to_pylist()], np.int64)
    out = np.zeros((areas.num_rows, *leaves.shape[1:]))
    np.add.at(out, area[area >= 0], leaves[area >= 0])
    return out


def _insert(
    con: duckdb.DuckDBPyConnection, areas: pa.Table, classes: list[str], n: np.ndarray
) -> None:
    """Store hours of areas above communities, shape (areas, classes, 24, 7)."""
    area, of_class, hour, weekday = (one.ravel() for one in np.indices(n.shape))
    rows = _named_rows(areas, classes, area, of_class)
    rows = rows.append_column("weekday", pa.array(weekday)).append_column("hour", pa.array(hour))
    _store(con, "incident_hours", rows.append_column("n", pa.array(n.ravel())))


def _insert_community(
    con: duckdb.DuckDBPyConnection, areas: pa.Table, classes: list[str], n: np.ndarray
) -> None:
    """Store hours of communities, shape (areas, classes, 24, 7), a list a row."""
    area, of_class = np.nonzero(n.any(axis=(2, 3)))
    weeks = n[area, of_class].transpose(0, 2, 1)
    ends = np.arange(0, weeks.size + 1, weeks[0].size if len(weeks) else 1, dtype=np.int32)
    lists = pa.ListArray.from_arrays(pa.array(ends), pa.array(weeks.ravel()))
    rows = _named_rows(areas, classes, area, of_class).drop_columns(["scope_kind"])
    rows = rows.rename_columns({"scope_id": "community_id"})
    _store(con, "community_hours", rows.append_column("n_by_hour", lists))


def _store(con: duckdb.DuckDBPyConnection, table: str, rows: pa.Table) -> None:
    con.register("hour_rows", rows)
    con.execute(f"INSERT INTO mart.{table} BY NAME SELECT * FROM hour_rows")
    con.unregister("hour_rows")


def _named_rows(
    areas: pa.Table, classes: list[str], area: np.ndarray, of_class: np.ndarray
) -> pa.Table:
    """Return the names of areas and classes by number: most are repeated a hundred times."""
    number = pa.array(area.astype(np.int32))
    named = {
        name: pa.DictionaryArray.from_arrays(number, areas[name].combine_chunks())
        for name in areas.column_names
    }
    named["class"] = pa.DictionaryArray.from_arrays(
        pa.array(of_class.astype(np.int32)), pa.array(classes)
    )
    return pa.table(named)
