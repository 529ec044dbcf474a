"""Coverage by cameras and patrols: what is seen, by whom, and what is not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import shapely
from numpy.typing import NDArray

from etl.marts.cameras import derive as derive_cameras
from etl.marts.context import MartContext
from etl.marts.coverage_again import copy_unchanged, plan_again, read_areas, write_digests
from etl.marts.coverage_blind import SMOOTH_CELLS, fill_blind_spots
from etl.marts.coverage_cameras import CameraList, count_moved, read_cameras, read_levels
from etl.marts.coverage_digests import digest_coverage
from etl.marts.coverage_ground import (
    Ground,
    Spots,
    count_visits,
    read_gates,
    read_ground,
    read_incidents,
    read_patrols,
)
from etl.marts.coverage_rows import (
    PERSON,
    Rows,
    fill_coverage,
    fill_patrols,
    fill_uncovered,
    gathered,
)
from etl.marts.coverage_views import fill_cameras
from etl.marts.patrol_gaps import fill_gaps, hours_visited
from etl.marts.patrol_ground import fill_ground
from etl.report import Severity
from geo._boxes import pair_boxes
from geo._threads import n_threads, one_ahead
from geo.coverage import CityCoverage, cover_in_parts
from geo.mounting import DEEPEST_M
from geo.nearest import nearest
from geo.patrol import hours_manned, patrol_reach, within_reach
from geo.sight import DAYPARTS, Cameras, Sight, look, see
from geo.viewshed import index_walls

FAR_M = 1000.0
LEAN = "1GB"  # of the database while the views of all cameras are in memory
TOGETHER = 8192  # communities whose blind spots are in memory at once


def derive(context: MartContext) -> None:
    """Fill the mart tables about cameras and patrols.

    Those are `coverage`, `camera_coverage`, `viewsheds`, `blind_spots`, `patrol_reach` and
    `uncovered`.

    Parameters
    ----------
    context
        The open build, with core tables filled.

    Notes
    -----
    Cameras count as they stand on `as_of`. Incidents are those of the last 12 months that have a
    place, each at the middle of its time span; a covered one was in sight of a camera that works
    today, or in reach of a patrol point manned at its hour. Without cameras or patrol points
    their tables stay empty; the uncovered share needs cameras. Night is from 19 to 6 o'clock.
    What rests on nothing that differs from the build served is copied from it
    (`etl.marts.coverage_again`).
    """
    con = context.con
    usual = con.execute("SELECT current_setting('memory_limit')").fetchall()[0][0]
    con.execute(f"SET memory_limit = '{LEAN}'")
    try:
        _derive(context)
    finally:
        con.execute(f"SET memory_limit = '{usual}'")


def _derive(context: MartContext) -> None:
    con = context.con
    if not _has_rows(context, "cameras") and not _has_rows(context, "patrol_points"):
        _tell_no_patrols(context)
        _tell_no_cameras(context)
        return
    ground = read_ground(con)
    incidents = read_incidents(context)
    reached = _derive_patrols(context, ground, incidents)
    if not _has_rows(context, "cameras"):
        _tell_no_cameras(context)
        return
    context.progress.start("viewsheds", None)
    cameras = read_cameras(con, context.as_of, ground.houses)
    _tell(context, ground, cameras)
    levels, working = read_levels(), cameras.working
    fields = Cameras.__dataclass_fields__
    optics = Cameras(*(getattr(cameras.optics, name)[working] for name in fields))
    walls = index_walls(ground.houses.edges()[0], closed=True)
    gates = read_gates(con)
    boxes = cameras.boxes()
    within = np.zeros(len(incidents.x), np.int64) if reached is None else 1 + reached
    points = ((incidents, within), (gates, np.zeros(len(gates.x), np.int64)))
    digests = digest_coverage(context, ground, cameras, boxes, walls, points)
    again = plan_again(context, ground, cameras, boxes, digests)
    if again.copied:
        copy_unchanged(con, ground, cameras, again)
    near = None if again.near.all() else again.near[working]
    sight = look(optics, walls, levels_px_per_m=levels, wanted=near, n_threads=n_threads())
    x, y = np.append(incidents.x, gates.x), np.append(incidents.y, gates.y)
    both = see(sight, x, y, n_threads=n_threads())
    seen, gate_seen = both[: len(incidents.x)], both[len(incidents.x) :]
    which = again.communities[gathered(ground.scope, again.communities)]
    ids, epsg = cameras.ids[working], context.district.epsg
    unique, blind = np.zeros(sight.reach2.shape), Rows(con, "blind_spots")
    for city, rows in one_ahead(_cover(context, ground, which, sight, incidents, gates)):
        unique += city.unique_m2
        fill_coverage(con, ground, sight, levels, city, incidents, seen, gates, gate_seen, rows)
        fill_blind_spots(blind, ground, city, ids, optics, rows, epsg=epsg)
    blind.close()
    context.progress.start("coverage tables", None)
    fill_cameras(con, cameras, sight, unique, walls, optics, again.cameras)
    fill_uncovered(con, ground, sight, incidents, seen, reached, again.communities)
    write_digests(con, ground, cameras, digests)
    open_m2, cell_m, seen_m2 = read_areas(con, sight.levels)
    city = replace(city, unique_m2=unique, open_m2=open_m2, cell_m=cell_m, seen_m2=seen_m2)
    context.shapes_are_final()
    context.progress.start("cameras one by one", None)
    seen_points = ((incidents, seen), (gates, gate_seen))
    derive_cameras(context, ground, cameras, sight, city, walls, seen_points, again)


def _has_rows(context: MartContext, table: str) -> bool:
    query = f"SELECT count(*) FROM core.{table}"
    return bool(context.con.execute(query).fetchall()[0][0])


def _tell_no_cameras(context: MartContext) -> None:
    context.report.find(
        "warning", "no_cameras",
        "No cameras were given: coverage, blind spots and the uncovered-incident share are "
        "not computed.",
        "未提供摄像机数据：不计算视频覆盖、盲区和未覆盖警情占比。",
        table="cameras",
    )  # fmt: skip


def _tell_no_patrols(context: MartContext) -> None:
    context.report.find(
        "info", "no_patrol_points",
        "No patrol points were given: an incident counts as covered by cameras alone.",
        "未提供巡逻点数据：警情是否覆盖仅按视频计算。",
        table="patrol_points",
    )  # fmt: skip


def _derive_patrols(
    context: MartContext, ground: Ground, incidents: Spots
) -> NDArray[np.bool_] | None:
    """Fill `mart.patrol_reach`; tell which incidents were in reach, None without patrol points."""
    if not _has_rows(context, "patrol_points"):
        _tell_no_patrols(context)
        return None
    context.progress.start("patrol reach", None)
    points = read_patrols(context.con)
    usual = context.district.patrol_radius_m
    manned = hours_manned(points["starts_at"], points["ends_at"])
    visited = hours_visited(context, manned)
    reach = patrol_reach(
        points["x"],
        points["y"],
        radius_m=np.where(np.isnan(points["radius_m"]), usual, points["radius_m"]),
        communities=ground.areas,
        buildings=ground.buildings,
        hours=manned,
        visited=0 if visited is None else visited,
        n_threads=n_threads(),
    )
    reached = within_reach(reach, incidents.x, incidents.y, hour=incidents.hour)
    fill_patrols(context.con, ground, reach, incidents, reached, count_visits(context))
    fill_gaps(context, ground, reach, incidents, has_log=visited is not None)
    fill_ground(context, ground, reach)
    return reached


def _cover(
    context: MartContext,
    ground: Ground,
    which: NDArray[np.int64],
    sight: Sight,
    incidents: Spots,
    gates: Spots,
) -> Iterator[tuple[CityCoverage, NDArray[np.int64]]]:
    """Cover some communities, a step of progress for each, and hand them on in parts."""
    context.progress.start("coverage", len(which))
    by_part = [incidents.daypart == part for part in range(len(DAYPARTS))]
    plots, houses = ground.plots.take(which), ground.houses
    if 2 * len(which) < len(ground.plots):
        houses = houses.take(np.unique(pair_boxes(plots.bounds(), houses.bounds())[1]))
    parts = cover_in_parts(
        plots,
        houses,
        sight,
        cell_m=context.district.coverage_cell_m,
        blind=[(PERSON, part) for part in DAYPARTS],
        points=[*((incidents.x[mine], incidents.y[mine]) for mine in by_part), (gates.x, gates.y)],
        smooth_cells=SMOOTH_CELLS,
        n_threads=n_threads(),
        tell=lambda _: context.progress.advance(),
        together=TOGETHER,
    )
    for k, city in enumerate(parts):
        yield city, which[k * TOGETHER : (k + 1) * TOGETHER]


def _tell(context: MartContext, ground: Ground, cameras: CameraList) -> None:
    """Report what the steward should know about the cameras and what blocks their sight."""
    if len(ground.houses) == 0:
        context.report.find(
            "warning", "open_ground_assumed",
            "No buildings: open ground assumed, so coverage is larger than the truth.",
            "没有建筑物数据：按无遮挡的开阔地计算，覆盖率会偏高。",
            table="buildings",
        )  # fmt: skip
    working = cameras.working
    unknown = np.array(["bearing_deg" in text for text in cameras.missing[working]], bool)
    far = _far_from_communities(ground, cameras)
    forbidden = np.flatnonzero(cameras.state == "forbidden")
    places = ", ".join(sorted(set(cameras.place_type[forbidden].tolist())))
    told: tuple[tuple[str, Severity, int, str, str], ...] = (
        (
            "forbidden_cameras", "error", len(forbidden),
            f"stand in places where order 799, article 8, forbids them ({places}); they are never "
            "counted. Remove them.",
            f"位于国务院令第799号第八条禁止安装的场所（{places}），一律不计入覆盖，应予拆除。",
        ),
        (
            "cameras_in_buildings", "warning", int((cameras.state == "refused").sum()),
            f"stand more than {DEEPEST_M:g} m inside a building, or between two; they see nothing "
            "outside. Correct their place.",
            f"位于建筑物内部超过 {DEEPEST_M:g} 米或两楼之间，视为看不到室外，请核对坐标。",
        ),
        (
            "cameras_moved", "info", count_moved(cameras),
            "stood on or just inside a wall and were hung before it.",
            "位于墙体上或略偏入墙内，已移到墙外计算。",
        ),
        (
            "unknown_bearing", "warning", int(unknown.sum()),
            "have no bearing; they count as possible coverage alone, and the uncovered share is "
            "an upper bound. Add the bearings.",
            "缺少朝向，仅计为可能覆盖，未覆盖占比因此为上限，请补充朝向。",
        ),
        (
            "assumed_optics", "warning", int(cameras.assumed[working].any(axis=1).sum()),
            "lack optics; a typical camera is assumed (data/reference/camera_profiles.toml).",
            "缺少光学参数，按典型摄像机假定（data/reference/camera_profiles.toml）。",
        ),
        (
            "far_cameras", "warning", int(far.sum()),
            f"stand more than {FAR_M / 1000:g} km from every community. Check their place.",
            f"距所有小区超过 {FAR_M / 1000:g} 公里，请核对坐标。",
        ),
    )  # fmt: skip
    for code, severity, n, en, zh in told:
        if n:
            en, zh = f"{n} of {len(cameras.ids)} cameras {en}", f"{n} 台摄像机{zh}"
            context.report.find(severity, code, en, zh, table="cameras", n=n)


def _far_from_communities(ground: Ground, cameras: CameraList) -> NDArray[np.bool_]:
    """Tell the working cameras with no community near them."""
    x, y = cameras.optics.x[cameras.working], cameras.optics.y[cameras.working]
    corners = ground.plots.xy
    to_corner = nearest(x, y, of_x=corners[:, 0], of_y=corners[:, 1])[1]
    far = ~(to_corner <= FAR_M)
    left = np.flatnonzero(far)  # near a long side, or within a large community, or far indeed
    if len(left) and len(ground.plots):
        near = shapely.STRtree(ground.areas).query(
            shapely.points(x[left], y[left]), predicate="dwithin", distance=FAR_M
        )[0]
        far[left[near]] = False
    return far
