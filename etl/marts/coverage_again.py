"""What a build may take over from the one served, because nothing it rests on has changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from etl import schema
from etl.marts.context import MartContext
from etl.marts.coverage_cameras import CameraList
from etl.marts.coverage_digests import Digests
from etl.marts.coverage_ground import Ground
from etl.schema import literal, quote
from geo._boxes import pair_boxes
from geo.sight import Sight

SERVED = "served"
MOST_SHARE = 0.5  # of the communities; when more have changed, all are computed
DIGESTS = "coverage_digests"


@dataclass(frozen=True)
class Again:
    """Which communities and cameras are to be computed anew.

    Parameters
    ----------
    communities
        Rows of the communities to compute.
    cameras
        (m,) cameras whose rows are written anew: those that changed, and those near a community
        that did, whose unique ground may have changed.
    copied
        Whether the rest is to be copied from the served build.
    """

    communities: NDArray[np.int64]
    cameras: NDArray[np.bool_]
    copied: bool


def plan_again(
    context: MartContext, ground: Ground, cameras: CameraList, sight: Sight, digests: Digests
) -> Again:
    """Hold the digests against those of the served build.

    Parameters
    ----------
    context
        The open build; `served` is the database to hold it against.
    ground, cameras, sight, digests
        What the coverage rests on.

    Returns
    -------
    Again
        Everything, when nothing is served, the method has changed or half of the district has.

    Notes
    -----
    Beside the communities whose digest differs these are computed: those with a blind spot whose
    nearest camera may be another one now, and those that share a camera with one of them, since a
    camera's unique ground is a sum over communities.
    """
    n, m = len(ground.plots), len(cameras.ids)
    whole = Again(np.arange(n), np.ones(m, bool), copied=False)
    if context.served is None or not _attach(context):
        return whole
    con = context.con
    ids = ground.community_id
    new = _differs(con, "community", ids, digests.community)
    moved = _differs(con, "camera", cameras.ids, digests.camera)
    if new.sum() > MOST_SHARE * n:
        _detach(con)
        return whole
    new |= np.isin(ids, _nearest_changed(con, cameras, moved))
    starts, rows = pair_boxes(ground.plots.bounds(), sight.bounds())
    community = np.repeat(np.arange(n), np.diff(starts))
    seeing = np.isin(rows, rows[new[community]])
    new[community[seeing]] = True
    again = moved.copy()
    again[cameras.working[np.unique(rows[seeing])]] = True
    return Again(np.flatnonzero(new), again, copied=True)


def copy_unchanged(
    con: duckdb.DuckDBPyConnection, ground: Ground, cameras: CameraList, again: Again
) -> None:
    """Copy the rows of every other community and camera from the served build."""
    old = np.ones(len(ground.plots), bool)
    old[again.communities] = False
    for table, key, ids in (
        ("coverage", "community_id", ground.community_id[old]),
        ("blind_spots", "community_id", ground.community_id[old]),
        ("camera_coverage", "camera_id", cameras.ids[~again.cameras]),
        ("viewsheds", "camera_id", cameras.ids[~again.cameras]),
    ):
        columns = ", ".join(quote(one.name) for one in _table(table).columns)
        con.register("kept", pa.table({key: pa.array(ids, pa.string())}))
        con.execute(
            f"INSERT INTO mart.{table} ({columns}) SELECT {columns} FROM {SERVED}.mart.{table} "
            f"WHERE {key} IN (SELECT {key} FROM kept)"
        )
        con.unregister("kept")


def read_areas(
    con: duckdb.DuckDBPyConnection, levels: tuple[str, ...]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Read `open_m2`, `cell_m` and `seen_m2` of `CityCoverage` for all communities, by id."""
    order = ", ".join(f"'{one}'" for one in levels)
    found = con.execute(
        "SELECT open_area_m2, cell_m, seen_area_m2 FROM mart.coverage "
        f"ORDER BY community_id, daypart, list_position([{order}], level)"
    ).fetchnumpy()
    shape = (-1, 2, len(levels))
    open_m2, cell_m, seen_m2 = (np.asarray(one, float).reshape(shape) for one in found.values())
    return open_m2[:, 0, 0], cell_m[:, 0, 0], seen_m2


def write_digests(
    con: duckdb.DuckDBPyConnection, ground: Ground, cameras: CameraList, digests: Digests
) -> None:
    """Fill `mart.coverage_digests` for the next build; let go of the served one."""
    for kind, ids, values in (
        ("community", ground.community_id, digests.community),
        ("camera", cameras.ids, digests.camera),
    ):
        found = pa.table({"id": pa.array(ids, pa.string()), "digest": values.view(np.int64)})
        con.register("found", found)
        con.execute(f"INSERT INTO mart.{DIGESTS} (kind, id, digest) SELECT '{kind}', * FROM found")
        con.unregister("found")
    _detach(con)


def _attach(context: MartContext) -> bool:
    """Open the served database beside the build, if it has digests."""
    con = context.con
    _detach(con)
    con.execute(f"ATTACH {literal(str(context.served))} AS {SERVED} (READ_ONLY)")
    found = con.execute(
        "SELECT count(*) FROM duckdb_tables() WHERE database_name = ? AND table_name = ?",
        [SERVED, DIGESTS],
    ).fetchall()
    if not found[0][0]:
        _detach(con)
    return bool(found[0][0])


def _detach(con: duckdb.DuckDBPyConnection) -> None:
    con.execute(f"DETACH DATABASE IF EXISTS {SERVED}")


def _differs(
    con: duckdb.DuckDBPyConnection, kind: str, ids: NDArray[np.object_], digests: Any
) -> NDArray[np.bool_]:
    """Tell which are new or have another digest than in the served build."""
    con.register(
        "now",
        pa.table(
            {
                "id": pa.array(ids, pa.string()),
                "digest": digests.view(np.int64),
                "place": np.arange(len(ids)),
            }
        ),
    )
    found = con.execute(
        f"SELECT n.place FROM now n LEFT JOIN {SERVED}.mart.{DIGESTS} s "
        "ON s.kind = ? AND s.id = n.id WHERE s.digest IS DISTINCT FROM n.digest",
        [kind],
    ).fetchnumpy()["place"]
    con.unregister("now")
    differs = np.zeros(len(ids), bool)
    differs[np.asarray(found, np.int64)] = True
    return differs


def _nearest_changed(
    con: duckdb.DuckDBPyConnection, cameras: CameraList, moved: NDArray[np.bool_]
) -> NDArray[np.object_]:
    """Communities with a blind spot whose nearest camera went, or may have a nearer one now."""
    working = np.zeros(len(moved), bool)
    working[cameras.working] = True
    same = working & ~moved
    con.register("same", pa.table({"camera_id": pa.array(cameras.ids[same], pa.string())}))
    placed = working & moved
    con.register("placed", pa.table({"x": cameras.optics.x[placed], "y": cameras.optics.y[placed]}))
    found = con.execute(
        f"SELECT DISTINCT community_id FROM {SERVED}.mart.blind_spots b "
        "WHERE nearest_camera_id NOT IN (SELECT camera_id FROM same) "
        "OR (nearest_camera_id IS NULL AND EXISTS (FROM placed)) "
        "OR EXISTS (SELECT 1 FROM placed p "
        "WHERE sqrt((b.x - p.x) ** 2 + (b.y - p.y) ** 2) <= b.nearest_camera_m + 0.001)"
    ).fetchnumpy()["community_id"]
    con.unregister("same")
    con.unregister("placed")
    return np.asarray(found, object)


def _table(name: str) -> schema.Table:
    return next(one for one in schema.TABLES if one.full_name == f"mart.{name}")
