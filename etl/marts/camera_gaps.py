"""Rows of `mart.camera_gaps`: what each missing field of a working camera would change."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from etl.marts.context import MartContext
from etl.marts.coverage_cameras import CameraList, read_levels
from etl.marts.coverage_rows import PERSON, append, gathered
from etl.marts.scoped_rows import as_columns
from etl.paths import REFERENCE
from geo._threads import n_threads
from geo.optics import dead_zone_m, hfov_deg, vfov_deg
from geo.sight import Cameras, reaches_m
from geo.viewshed import WallIndex, viewsheds

N_BEARINGS = 16
# field, what is done without it, when nothing of the picture depends on it
_PLAIN = (
    ("range_m", "unlimited_by_day"),
    ("status", "assumed_working"),
    ("installed_on", "history_unknown"),
    ("legal_basis", "duties_unknown"),
    ("place_type", "place_unchecked"),
)


def fill_gaps(
    context: MartContext,
    cameras: CameraList,
    scope: pa.Table,
    walls: WallIndex,
    wanted: NDArray[np.bool_],
) -> None:
    """Fill `mart.camera_gaps`.

    Parameters
    ----------
    context
        The open build.
    cameras
        The cameras; only working ones have rows.
    scope
        Ids of the working cameras and of where they stand.
    walls
        What blocks sight.
    wanted
        Which of the working cameras to write; the fields that nobody brings are those of all.

    Notes
    -----
    Areas are viewsheds at the level that recognises a person. A camera without a bearing counts
    for nothing; it could see what lies between the worst and the best of 16 bearings. Without
    optics or width the typical camera is counted, between the poor and the good one, or the
    coarsest and the finest picture. At night the range is what changes. Without a height the dead
    zone under the camera is not taken away. Fields on which no area rests have none. A column that
    the list does not bring at all, and on which no coverage rests, is told once and not a camera at
    a time.
    """
    found = _Found(context.con, scope, cameras.working, wanted)
    working, scope = cameras.working[wanted], scope.filter(pa.array(wanted))
    optics = _rows(cameras.optics, working)
    lacking = cameras.missing[working]
    lacks = {name: np.array([name in one.split() for one in lacking], bool) for name in
             ("bearing_deg", "hfov_deg", "width_px", "night_range_m")}  # fmt: skip
    given = np.isfinite(optics.bearing_deg) | (optics.hfov_deg >= 360)
    _turn(found, optics, np.flatnonzero(lacks["bearing_deg"]), walls)
    profiles = _profiles()
    nearest = _nearest_profile(optics.width_px, profiles)
    cases = {case: [one[case] for one in profiles] for case in ("poor", "good")}
    sensors = np.array([one["sensor_width_mm"] for one in profiles])
    angles = {
        case: hfov_deg([one["focal_mm"] for one in rows], sensors)[nearest]
        for case, rows in cases.items()
    }
    nights = {
        case: np.array([one["night_range_m"] for one in rows])[nearest]
        for case, rows in cases.items()
    }
    widths = np.array([one["width_px"] for one in profiles])
    found.range_of("optics", "assumed_optics", "day", lacks["hfov_deg"], given, optics, walls,
                   [{"hfov_deg": one} for one in angles.values()])  # fmt: skip
    found.range_of("width_px", "assumed_width", "day", lacks["width_px"], given, optics, walls,
                   [{"width_px": np.full(len(working), one)}
                    for one in (widths.min(), widths.max())])  # fmt: skip
    found.range_of("night_range_m", "assumed_night_range", "night", lacks["night_range_m"], given,
                   optics, walls, [{"night_range_m": one} for one in nights.values()])  # fmt: skip
    _dead_zones(found, optics, given, walls)
    for field, effect in _PLAIN:
        found.add(field, effect, None, np.flatnonzero(found.is_null(field)))
    found.write()
    _tell(context, found)


class _Found:
    """Rows found so far."""

    def __init__(
        self, con: duckdb.DuckDBPyConnection, scope: pa.Table, working: NDArray[np.int64],
        wanted: NDArray[np.bool_],
    ) -> None:  # fmt: skip
        self.con, self.scope = con, scope.filter(pa.array(wanted))
        names = (*(field for field, _ in _PLAIN), "height_m")
        nulls = con.execute(
            f"SELECT {', '.join(f'{one} IS NULL AS {one}' for one in names)} "
            "FROM core.cameras ORDER BY camera_id"
        ).fetchnumpy()
        lacks = {name: np.asarray(values, bool)[working] for name, values in nulls.items()}
        self.absent = [name for name, one in lacks.items() if len(one) and one.all()]
        self._nulls = {name: one[wanted] for name, one in lacks.items()}
        self.tables: list[pa.Table] = []

    def is_null(self, field: str) -> NDArray[np.bool_]:
        """Tell which cameras lack a field; none when nobody brings it."""
        lacks = self._nulls[field]
        return np.zeros(len(lacks), bool) if field in self.absent else lacks

    def add(
        self, field: str, effect: str, daypart: str | None, rows: NDArray[np.int64],
        **areas: NDArray[np.float64],
    ) -> None:  # fmt: skip
        """Add a row for each of `rows`; areas that are not given are not known."""
        none = np.full(len(rows), np.nan)
        self.tables.append(
            pa.table(
                {
                    "place": rows,
                    "field": _same(field, len(rows)),
                    "effect": _same(effect, len(rows)),
                    "daypart": _same(daypart, len(rows)),
                    **{
                        f"{name}_area_m2": pa.array(areas.get(name, none), from_pandas=True)
                        for name in ("counted", "low", "high", "possible")
                    },
                }
            )
        )

    def range_of(
        self, field: str, effect: str, daypart: str, lacks: NDArray[np.bool_],
        given: NDArray[np.bool_], optics: Cameras, walls: WallIndex,
        changes: list[dict[str, NDArray[np.float64]]],
    ) -> None:  # fmt: skip
        """Add the areas that other values would give; none where the bearing is not known."""
        rows = np.flatnonzero(lacks & given)
        areas = [_areas(_rows(optics, rows), walls, daypart)]
        for change in changes:
            other = replace(_rows(optics, rows), **{k: v[rows] for k, v in change.items()})
            areas.append(_areas(other, walls, daypart))
        self.add(field, effect, daypart, rows, counted=areas[0], low=np.min(areas, axis=0),
                 high=np.max(areas, axis=0))  # fmt: skip
        self.add(field, effect, daypart, np.flatnonzero(lacks & ~given))

    def write(self) -> None:
        """Append all rows, station by station and camera by camera."""
        table = pa.concat_tables(self.tables)
        place = table["place"].to_numpy()
        order = pa.array(gathered(self.scope, place))
        table = table.take(order)
        scope = self.scope.take(table["place"].combine_chunks())
        append(self.con, "camera_gaps", as_columns(scope) | as_columns(table.drop_columns("place")))


def _same(text: str | None, n: int) -> pa.Array:
    return pa.array([text], pa.string()).take(pa.array(np.zeros(n, np.int32)))


def _turn(found: _Found, optics: Cameras, rows: NDArray[np.int64], walls: WallIndex) -> None:
    """Turn cameras without a bearing all round: the least and the most they could see."""
    mine = _rows(optics, rows)
    low, high = np.full(len(rows), np.inf), np.zeros(len(rows))
    for k in range(N_BEARINGS):
        area = _areas(replace(mine, bearing_deg=np.full(len(rows), 360.0 * k / N_BEARINGS)), walls)
        low, high = np.minimum(low, area), np.maximum(high, area)
    # the reach is that of the lens; the whole circle is what it could be turned to
    circle = _circles(mine, walls)
    found.add("bearing_deg", "possible_only", "day", rows, counted=np.zeros(len(rows)),
              low=low, high=high, possible=circle)  # fmt: skip


def _dead_zones(found: _Found, optics: Cameras, given: NDArray[np.bool_], walls: WallIndex) -> None:
    assumed = _reference()["dead_zone"]
    lacks = found.is_null("height_m")
    rows = np.flatnonzero(lacks & given)
    mine = _rows(optics, rows)
    angle = np.minimum(mine.hfov_deg, 150.0)  # wider lenses have no flat picture
    near = dead_zone_m(
        np.full(len(rows), assumed["height_m"]), tilt_deg=assumed["tilt_deg"],
        vfov_deg=vfov_deg(angle), target_height_m=assumed["face_m"],
    )  # fmt: skip
    counted = _areas(mine, walls)
    under = _areas(mine, walls, most=near)
    found.add("height_m", "dead_zone_unknown", "day", rows, counted=counted,
              low=counted - under, high=counted)  # fmt: skip
    found.add("height_m", "dead_zone_unknown", "day", np.flatnonzero(lacks & ~given))


def _tell(context: MartContext, found: _Found) -> None:
    if found.absent:
        names = ", ".join(found.absent)
        context.report.find(
            "info", "camera_fields_absent",
            f"The camera list brings no {names}: what rests on it is left out for every camera.",
            f"摄像机清单没有以下字段：{names}；相关结果对所有摄像机都不计算。",
            table="cameras", n=len(found.absent),
        )  # fmt: skip


def _areas(
    optics: Cameras, walls: WallIndex, daypart: str = "day",
    most: NDArray[np.float64] | None = None,
) -> NDArray[np.float64]:  # fmt: skip
    """Area of each viewshed at the level that recognises, no farther than `most` metres."""
    reach = reaches_m(optics, {PERSON: read_levels()[PERSON]})[:, int(daypart == "night"), 0]
    reach = reach if most is None else np.minimum(reach, most)
    area, seeing = np.zeros(len(reach)), np.flatnonzero(reach > 0)
    area[seeing] = viewsheds(
        optics.x[seeing], optics.y[seeing], walls, range_m=reach[seeing],
        bearing_deg=np.nan_to_num(optics.bearing_deg[seeing]), hfov_deg=optics.hfov_deg[seeing],
        n_threads=n_threads(),
    ).areas_m2  # fmt: skip
    return area


def _circles(optics: Cameras, walls: WallIndex) -> NDArray[np.float64]:
    reach = reaches_m(optics, {PERSON: read_levels()[PERSON]})[:, 0, 0]
    area, seeing = np.zeros(len(reach)), np.flatnonzero(reach > 0)
    area[seeing] = viewsheds(
        optics.x[seeing], optics.y[seeing], walls, range_m=reach[seeing], n_threads=n_threads()
    ).areas_m2
    return area


def _rows(optics: Cameras, rows: NDArray[np.int64]) -> Cameras:
    return Cameras(*(getattr(optics, name)[rows] for name in Cameras.__dataclass_fields__))


def _reference() -> dict[str, Any]:
    return tomllib.loads((REFERENCE / "camera_profiles.toml").read_text(encoding="utf-8"))


def _profiles() -> list[dict[str, Any]]:
    return list(_reference()["profiles"].values())


def _nearest_profile(
    width: NDArray[np.float64], profiles: list[dict[str, Any]]
) -> NDArray[np.int64]:
    widths = np.array([one["width_px"] for one in profiles], float)
    return np.asarray(np.abs(np.log(width[:, None] / widths[None, :])).argmin(axis=1))
