"""What a build may take over from the one served, because nothing it rests on has changed."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
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
from geo._threads import n_threads

SERVED = "served"
MOST_SHARE = 0.5  # of the communities; when more have changed, all are computed
DIGESTS = "coverage_digests"
RECORD = np.array(["cameras"], object)
_MINE = "NOT EXISTS (FROM no_{key} n WHERE n.id = t.{column})"
_COMMUNITY = _MINE.format(key="community_id", column="community_id")
_CAMERA = _MINE.format(key="camera_id", column="camera_id")
_COPIED = (
    ("blind_spots", _COMMUNITY),
    ("coverage", _COMMUNITY),
    ("uncovered", _COMMUNITY),
    ("camera_coverage", _CAMERA),
    ("viewsheds", _CAMERA),
    ("coverage_history", "scope_kind = 'community' AND "
     + _MINE.format(key="community_id", column="scope_id")),
    ("camera_losses", f"{_CAMERA} AND "
     + _MINE.format(key="community_id", column="main_community_id")),
    ("camera_pairs", f"{_CAMERA} AND " + _MINE.format(key="camera_id", column="other_camera_id")),
    ("camera_gaps", _CAMERA),
)  # fmt: skip
_N_COVERAGE = 5  # of them, without those of single cameras


@dataclass(frozen=True)
class Again:
    """Which communities and cameras are to be computed anew.

    Parameters
    ----------
    communities
        Rows of the communities whose coverage is computed.
    cameras
        (m,) cameras whose rows are written anew: those that changed, and those near a community
        that did, whose unique ground may have changed.
    watched
        Rows of the communities whose cameras are held against each other: those of `communities`,
        and all that a camera looks into which looks into one of these.
    near
        (m,) cameras to look through, so that every figure computed is right.
    copied, copied_cameras
        Whether the other rows are to be copied from the served build: of coverage; of single
        cameras and their history.
    gone
        Ids of communities, and of cameras, that the served build has and this one has not.
    """

    communities: NDArray[np.int64]
    cameras: NDArray[np.bool_]
    watched: NDArray[np.int64]
    near: NDArray[np.bool_]
    copied: bool
    copied_cameras: bool
    gone: dict[str, NDArray[np.object_]]


def plan_again(
    context: MartContext,
    ground: Ground,
    cameras: CameraList,
    boxes: NDArray[np.float64],
    digests: Digests,
) -> Again:
    """Hold the digests against those of the served build.

    Parameters
    ----------
    context
        The open build; `served` is the database to hold it against.
    ground, cameras, digests
        What the coverage rests on.
    boxes
        (cameras, 4) beyond which each sees nothing.

    Returns
    -------
    Again
        Everything, when nothing is served, the method has changed or half of the district has.

    Notes
    -----
    Beside the communities whose digest differs these are computed: those with a blind spot whose
    nearest camera may be another one now, and those that share a camera with one of them, since a
    camera's unique ground is a sum over communities. A rank among the cameras of a community asks
    for the losses of all of them, and these for all communities that they look into.
    """
    n, m = len(ground.plots), len(cameras.ids)
    every, all_cameras = np.arange(n), np.ones(m, bool)
    whole = Again(every, all_cameras, every, all_cameras, False, False, {})
    if context.served is None or not _attach(context):
        return whole
    con = context.con
    ids = ground.community_id
    new, gone = _differs(con, "community", ids, digests.community)
    moved, away = _differs(con, "camera", cameras.ids, digests.camera)
    if new.sum() > MOST_SHARE * n:
        _detach(con)
        return whole
    new |= np.isin(ids, _nearest_changed(con, cameras, moved, away))
    pairs = np.repeat(every, np.diff(digests.starts)), digests.near
    again = moved | _differs(con, "around", cameras.ids, digests.around)[0]
    again |= _cameras_of(new, pairs, m)
    new |= _seen_by(again, pairs, n)
    lost = _cameras_of(new, pairs, m)
    watched = new | _seen_by(lost, pairs, n)
    dropped = {"community_id": gone, "camera_id": away}
    if _differs(con, "record", RECORD, digests.record)[0].any():
        return Again(np.flatnonzero(new), again, every, all_cameras, True, False, dropped)
    near = _cameras_of(watched, pairs, m)
    beside = pair_boxes(boxes[lost | again], boxes)[1]
    near[beside] = True
    return Again(np.flatnonzero(new), again, np.flatnonzero(watched), near, True, True, dropped)


def _cameras_of(
    communities: NDArray[np.bool_], pairs: tuple[NDArray[np.int64], NDArray[np.int64]], m: int
) -> NDArray[np.bool_]:
    """Tell the cameras that reach one of these communities."""
    found = np.zeros(m, bool)
    found[pairs[1][communities[pairs[0]]]] = True
    return found


def _seen_by(
    cameras: NDArray[np.bool_], pairs: tuple[NDArray[np.int64], NDArray[np.int64]], n: int
) -> NDArray[np.bool_]:
    """Tell the communities that one of these cameras reaches."""
    found = np.zeros(n, bool)
    found[pairs[0][cameras[pairs[1]]]] = True
    return found


def copy_unchanged(
    con: duckdb.DuckDBPyConnection, ground: Ground, cameras: CameraList, again: Again
) -> None:
    """Copy the rows of every other community and camera from the served build."""
    mine, near = ground.community_id[again.communities], cameras.ids[again.cameras]
    dropped = {
        key: pa.table({"id": pa.array(np.concatenate([ids, again.gone[key]]), pa.string())})
        for key, ids in (("community_id", mine), ("camera_id", near))
    }

    def copy(one: tuple[str, str]) -> None:
        table, condition = one
        columns = ", ".join(quote(column.name) for column in _table(table).columns)
        with con.cursor() as beside:
            beside.execute(f"USE {quote(build)}")
            for key, ids in dropped.items():
                beside.register(f"no_{key}", ids)
            beside.execute(
                f"INSERT INTO mart.{table} ({columns}) "
                f"SELECT {columns} FROM {SERVED}.mart.{table} t WHERE {condition}"
            )

    build, threads = con.execute(
        "SELECT current_database(), current_setting('threads')"
    ).fetchall()[0]
    con.execute("SET threads = 1")  # a table is copied by one of them, from first row to last
    with ThreadPoolExecutor(n_threads()) as pool:
        list(pool.map(copy, _COPIED if again.copied_cameras else _COPIED[:_N_COVERAGE]))
    con.execute(f"SET threads = {threads}")


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
        ("around", cameras.ids, digests.around),
        ("record", RECORD, digests.record),
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
    try:
        con.execute(f"SELECT 1 FROM {SERVED}.mart.{DIGESTS} LIMIT 1")
    except duckdb.CatalogException:  # a build of before there were digests
        _detach(con)
        return False
    return True


def _detach(con: duckdb.DuckDBPyConnection) -> None:
    con.execute(f"DETACH DATABASE IF EXISTS {SERVED}")


def _differs(
    con: duckdb.DuckDBPyConnection, kind: str, ids: NDArray[np.object_], digests: Any
) -> tuple[NDArray[np.bool_], NDArray[np.object_]]:
    """Tell which are new or have another digest than in the served build, and ids that are gone."""
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
        f"SELECT n.place, s.id FROM now n FULL JOIN "
        f"(SELECT id, digest FROM {SERVED}.mart.{DIGESTS} WHERE kind = ?) s ON s.id = n.id "
        "WHERE s.digest IS DISTINCT FROM n.digest",
        [kind],
    ).to_arrow_table()
    con.unregister("now")
    gone = found["place"].is_null()
    differs = np.zeros(len(ids), bool)
    differs[found["place"].drop_null().to_numpy()] = True
    return differs, np.asarray(found["id"].filter(gone).to_numpy(), object)


def _nearest_changed(
    con: duckdb.DuckDBPyConnection,
    cameras: CameraList,
    moved: NDArray[np.bool_],
    away: NDArray[np.object_],
) -> NDArray[np.object_]:
    """Communities with a blind spot whose nearest camera went, or may have a nearer one now."""
    working = np.zeros(len(moved), bool)
    working[cameras.working] = True
    other = np.concatenate([cameras.ids[moved], away])  # none of those that do not work is nearest
    con.register("other", pa.table({"camera_id": pa.array(other, pa.string())}))
    placed = working & moved
    con.register("placed", pa.table({"x": cameras.optics.x[placed], "y": cameras.optics.y[placed]}))
    found = con.execute(
        f"SELECT DISTINCT community_id FROM {SERVED}.mart.blind_spots b "
        "WHERE EXISTS (FROM other o WHERE o.camera_id = b.nearest_camera_id) "
        "OR (nearest_camera_id IS NULL AND EXISTS (FROM placed)) "
        "OR EXISTS (SELECT 1 FROM placed p "
        "WHERE sqrt((b.x - p.x) ** 2 + (b.y - p.y) ** 2) <= b.nearest_camera_m + 0.001)"
    ).fetchnumpy()["community_id"]
    con.unregister("other")
    con.unregister("placed")
    return np.asarray(found, object)


def _table(name: str) -> schema.Table:
    return next(one for one in schema.TABLES if one.full_name == f"mart.{name}")
