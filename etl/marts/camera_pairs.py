"""Rows of `mart.camera_losses` and `mart.camera_pairs`: what a failure costs, who doubles whom."""

from __future__ import annotations

from dataclasses import dataclass

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from etl.marts.coverage_ground import Ground, Spots
from etl.marts.coverage_rows import append, gathered
from etl.marts.scoped_rows import as_columns
from geo.alone import see_alone
from geo.coverage import CityCoverage
from geo.sight import Sight
from geo.watch import Watch

# A camera is critical when its failure would hide a gate, or this share of what its community has.
CRITICAL_INCIDENTS = 0.1
CRITICAL_GROUND = 0.2


@dataclass(frozen=True)
class Losses:
    """What each working camera sees alone, one row a camera of `sight`.

    `main` is the row of the community whose ground it covers most, -1 for none; `main_m2` what it
    alone sees of that by day. `area_m2` is (n, 4): seen and alone by day, seen and alone at night.
    """

    area_m2: NDArray[np.float64]
    main: NDArray[np.int64]
    main_m2: NDArray[np.float64]
    n_incidents: NDArray[np.int64]
    n_gates: NDArray[np.int64]


def fill_losses(
    con: duckdb.DuckDBPyConnection,
    scope: pa.Table,
    ground: Ground,
    known: NDArray[np.bool_],
    losses: Losses,
    city: CityCoverage,
    n_recognised: NDArray[np.int64],
    *,
    level: str,
) -> None:
    """Fill `mart.camera_losses`.

    Parameters
    ----------
    con
        The open build.
    scope
        Ids of the working cameras and of where they stand, in the order of `losses`.
    ground
        Communities.
    known
        Which cameras have a bearing: only they can be counted, and lost.
    losses
        From `find_losses`.
    city
        Ground that each community's cameras see.
    n_recognised
        Incidents of each community that some camera recognises.
    level
        Level of pixel density.

    Notes
    -----
    A camera is critical if it alone recognises a gate, or a tenth of the incidents that its main
    community's cameras recognise, or a fifth of the ground they see by day. Within a community
    cameras are ranked by incidents, gates and ground lost.
    """
    rows, k = np.flatnonzero(known), city.levels.index(level)
    main, lost = losses.main[rows], losses.main_m2[rows]
    n_incidents, n_gates = losses.n_incidents[rows], losses.n_gates[rows]
    seen_m2, open_m2 = city.seen_m2[:, 0, k][main], city.open_m2[main]
    inside = main >= 0
    many = (n_incidents > 0) & (n_incidents >= CRITICAL_INCIDENTS * n_recognised[main])
    much = (lost > 0) & (lost >= CRITICAL_GROUND * seen_m2)

    def share(part: NDArray[np.float64]) -> pa.Array:
        values = np.full(len(rows), np.nan)
        np.divide(part, open_m2, out=values, where=inside & (open_m2 > 0))
        return pa.array(np.clip(values, 0.0, 1.0), from_pandas=True)

    columns = {
        "main_community_id": pa.array(ground.community_id[main], mask=~inside),
        "seen_area_m2": losses.area_m2[rows, 0],
        "lost_area_m2": losses.area_m2[rows, 1],
        "lost_night_area_m2": losses.area_m2[rows, 3],
        "n_incidents_lost": n_incidents,
        "n_gates_lost": n_gates,
        "seen_fraction": share(seen_m2),
        "seen_without_fraction": share(seen_m2 - lost),
        "rank": pa.array(_rank(main, n_incidents, n_gates, lost), mask=~inside),
        "is_critical": (n_gates > 0) | (inside & (many | much)),
    }
    known_ones = scope.take(pa.array(rows))
    order = pa.array(gathered(known_ones, np.arange(len(rows))))
    found = pa.table(as_columns(known_ones) | columns).take(order)
    append(con, "camera_losses", as_columns(found))


def find_losses(
    sight: Sight,
    watch: Watch,
    incidents: Spots,
    seen: NDArray[np.bool_],
    gates: Spots,
    gate_seen: NDArray[np.bool_],
    *,
    level: str,
) -> Losses:
    """What each camera of `sight` sees alone.

    Parameters
    ----------
    sight
        What the working cameras see.
    watch
        Who watches what.
    incidents, gates
        Points; an incident is lost by the light of its hour, a gate by day.
    seen, gate_seen
        Which of them any camera recognises then: the others need no second look.
    level
        Level of pixel density.

    Returns
    -------
    Losses
        In the order of the sight.
    """
    n = len(sight.x)
    area, main, main_m2 = np.zeros((n, 4)), np.full(n, -1), np.zeros(n)
    np.add.at(area, watch.camera, watch.view_m2)
    order = np.lexsort((watch.community, -watch.view_m2[:, 0], watch.camera))
    top = order[np.unique(watch.camera[order], return_index=True)[1]]
    main[watch.camera[top]], main_m2[watch.camera[top]] = (
        watch.community[top],
        watch.view_m2[top, 1],
    )
    both = ((incidents, np.flatnonzero(seen)), (gates, np.flatnonzero(gate_seen)))
    x, y, part = (
        np.concatenate([getattr(spots, name)[rows] for spots, rows in both])
        for name in ("x", "y", "daypart")
    )
    who = see_alone(sight, x, y, level=level)[np.arange(len(x)), part]
    first = len(both[0][1])
    n_incidents, n_gates = (
        np.bincount(one[one >= 0], minlength=n) for one in (who[:first], who[first:])
    )
    return Losses(area, main, main_m2, n_incidents, n_gates)


def fill_pairs(
    con: duckdb.DuckDBPyConnection,
    scope: pa.Table,
    ground: Ground,
    watch: Watch,
    wanted: NDArray[np.bool_],
) -> None:
    """Fill `mart.camera_pairs`.

    Parameters
    ----------
    con
        The open build.
    scope
        Ids of the working cameras, rising, in the order that `watch` counts them.
    ground
        Communities.
    watch
        Who watches what.
    wanted
        Which cameras' pairs to write.

    Notes
    -----
    A pair whose ground lies in several communities has one row, for the one with most of it.
    """
    area = np.zeros(scope.num_rows)
    np.add.at(area, watch.camera, watch.view_m2[:, 0])
    mine = np.flatnonzero(wanted[watch.pairs[:, 0]] | wanted[watch.pairs[:, 1]])
    if not len(mine):
        return
    order = np.lexsort((-watch.shared_m2[mine, 0], watch.pairs[mine, 1], watch.pairs[mine, 0]))
    order = mine[order]
    pairs, shared = watch.pairs[order], watch.shared_m2[order]
    begins = np.ones(len(pairs), bool)
    begins[1:] = np.any(pairs[1:, :2] != pairs[:-1, :2], axis=1)
    first = np.flatnonzero(begins)
    shared, pairs = np.add.reduceat(shared, first, axis=0), pairs[first]
    share = np.clip(shared[:, :1] / area[pairs[:, :2]], 0.0, 1.0)
    order = gathered(ground.scope, pairs[:, 2], pairs[:, 0], pairs[:, 1])
    pairs, shared, share = pairs[order], shared[order], share[order]
    ids = scope["camera_id"].combine_chunks()
    columns = ground.scoped(pairs[:, 2]) | {
        "camera_id": ids.take(pa.array(pairs[:, 0])),
        "other_camera_id": ids.take(pa.array(pairs[:, 1])),
        "shared_area_m2": shared[:, 0],
        "shared_night_area_m2": shared[:, 1],
        "camera_fraction": share[:, 0],
        "other_fraction": share[:, 1],
    }
    append(con, "camera_pairs", columns)


def _rank(
    main: NDArray[np.int64],
    n_incidents: NDArray[np.int64],
    n_gates: NDArray[np.int64],
    lost: NDArray[np.float64],
) -> NDArray[np.int64]:
    """Rank within the main community, the worst loss first, the first camera of equals."""
    order = np.lexsort((np.arange(len(main)), -lost, -n_gates, -n_incidents, main))
    begins = np.flatnonzero(np.diff(main[order], prepend=-2))
    rank = np.empty(len(main), np.int64)
    rank[order] = np.arange(len(main)) - np.repeat(begins, np.diff(begins, append=len(main))) + 1
    return rank
