"""Everything moved at once: a file in another datum than the last one, though nobody said so."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa

from etl.errors import SourceError
from etl.schema import quote

FEWEST = 5
NEAREST_M, FARTHEST_M = 30.0, 5000.0
SPREAD = 0.15
MOST = 0.9
KEYS = {
    "cameras": "camera_id",
    "patrol_points": "patrol_point_id",
    "gates": "gate_id",
    "candidate_sites": "site_id",
}


@dataclass(frozen=True)
class Shift:
    """How many of the known things moved alike, and how far."""

    n_moved: int
    n_known: int
    distance_m: float


def find_shift(before: np.ndarray, now: np.ndarray) -> Shift | None:
    """Tell whether nearly all points moved by nearly the same vector.

    Parameters
    ----------
    before, now
        The same things in the same order, metres, shape (n, 2).

    Returns
    -------
    Shift or None
        None when fewer than five are known, or they did not move alike by 30 m to 5 km.

    Notes
    -----
    Between WGS 84, GCJ-02 and BD-09 places move by 100 m to 1.5 km, by a vector that changes by a
    few per cent across a district. Things that truly move do not all move alike.
    """
    if len(before) < FEWEST:
        return None
    moved = now - before
    middle = np.median(moved, axis=0)
    length = float(np.hypot(*middle))
    if not NEAREST_M <= length <= FARTHEST_M:
        return None
    alike = np.hypot(*(moved - middle).T) <= SPREAD * length
    n = int(np.count_nonzero(alike))
    return Shift(n, len(before), length) if n >= MOST * len(before) else None


def refuse_shift(table: str, rows: pa.Table, label: str, datum: str | None, served: Path) -> None:
    """Refuse a file whose known points all moved alike while its declared datum stayed the same.

    Parameters
    ----------
    table
        Input table.
    rows
        Its rows with key, x and y.
    label
        Name of the file in messages.
    datum
        Datum of the file.
    served
        Database of the build that is served.

    Raises
    ------
    SourceError
        With the number of things and the distance; declare the datum the file is in now.
    """
    key = KEYS.get(table)
    if key is None or not served.is_file():
        return
    with duckdb.connect(str(served), read_only=True) as con:
        told = con.execute("SELECT DISTINCT datum FROM meta.sources WHERE table_name = ?", [table])
        if [one for (one,) in told.fetchall()] != [datum]:
            return
        con.register("now", rows.select([key, "x", "y"]))
        query = (
            f"SELECT b.x, b.y, n.x AS x2, n.y AS y2 FROM core.{quote(table)} b "
            f"JOIN now n ON n.{quote(key)} = b.{quote(key)} ORDER BY b.{quote(key)}"
        )
        found = con.execute(query).fetchnumpy()
        con.unregister("now")
    before = np.column_stack((found["x"], found["y"])).astype(float)
    now = np.column_stack((found["x2"], found["y2"])).astype(float)
    shift = find_shift(before, now)
    if shift is not None:
        raise SourceError(
            f"{label}: {shift.n_moved} of {shift.n_known} known {table} moved alike by "
            f"{shift.distance_m:,.0f} m since the last build; expected them where they were, in "
            f"{datum}. The file is probably in GCJ-02 or BD-09 now: declare its datum."
        )
