"""Which cameras work on the day of the build, and with what optics, given or assumed."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import date
from functools import cache, cached_property
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from etl.errors import EtlError
from etl.forbidden import forbidden_rows
from etl.paths import REFERENCE
from geo.mounting import MOVED, REFUSED, Mounting, mount_cameras
from geo.optics import hfov_deg
from geo.outlines import Outlines
from geo.sight import Cameras, reach_boxes

STATES = ("working", "faulty", "planned", "retired", "forbidden", "refused")
OPTICS = ("bearing_deg", "hfov_deg", "width_px", "night_range_m")
_COLUMNS = (
    "x", "y", "bearing_deg", "hfov_deg", "width_px", "focal_mm", "sensor_width_mm", "range_m",
    "night_range_m",
)  # fmt: skip


@dataclass(frozen=True)
class CameraList:
    """All cameras of a district on one day.

    `state` is one of `STATES` for each; `optics` has what is used, given or assumed; `assumed`
    tells by day and by night whether the figures rest on an assumption; `missing` names the fields
    the list does not give; `community` is the row of the community it stands in, -1 for none.
    """

    ids: NDArray[np.object_]
    state: NDArray[np.object_]
    optics: Cameras
    assumed: NDArray[np.bool_]
    missing: NDArray[np.object_]
    place_type: NDArray[np.object_]
    mounting: Mounting
    community: NDArray[np.int64]

    @cached_property
    def working(self) -> NDArray[np.int64]:
        """Rows of the cameras that see."""
        return np.flatnonzero(self.state == "working")

    def boxes(self) -> NDArray[np.float64]:
        """Return (n, 4) beyond which each sees nothing, in use or not; NaN for refused ones."""
        found = np.full((len(self.ids), 4), np.nan)
        some = self.mounting.state != REFUSED
        names = Cameras.__dataclass_fields__
        optics = Cameras(*(getattr(self.optics, name)[some] for name in names))
        found[some] = reach_boxes(optics, levels_px_per_m=read_levels())
        return found


def read_levels() -> dict[str, float]:
    """Name and pixel density of each level of the table in use.

    Raises
    ------
    EtlError
        The table in use is not in the file.
    """
    tables = _reference("pixel_density")
    used = tables.get("used")
    if used not in tables:
        raise EtlError(
            f"pixel_density.toml: the table in use is {used!r}; one of the file's tables was "
            "expected. Correct `used`."
        )
    return {row["level"]: float(row["px_per_m"]) for row in tables[used]["levels"]}


def read_cameras(con: duckdb.DuckDBPyConnection, as_of: date, buildings: Outlines) -> CameraList:
    """Read the cameras and decide which of them see on a day.

    Parameters
    ----------
    con
        The open build.
    as_of
        The day, local calendar.
    buildings
        Footprints, metres.

    Returns
    -------
    CameraList
        In the order of their ids. A camera in a forbidden place never sees, whatever its status;
        one without a status works from the day it was installed. One that works by its status and
        has a spell of fault on that day is faulty.
    """
    query = (
        f"SELECT camera_id, {', '.join(_COLUMNS)}, status, place_type, "
        "coalesce(retired_on <= $day, false) AS is_retired, "
        "coalesce(installed_on > $day, false) AS is_planned, "
        "camera_id IN (SELECT camera_id FROM core.camera_faults WHERE faulty_from <= $day "
        "AND (faulty_to IS NULL OR faulty_to > $day)) AS is_faulty, "
        "coalesce(m.place, -1) AS community "
        "FROM core.cameras LEFT JOIN (SELECT community_id, "
        "row_number() OVER (ORDER BY community_id) - 1 AS place FROM core.communities) m "
        "USING (community_id) ORDER BY camera_id"
    )
    rows = con.execute(query, {"day": as_of}).fetchnumpy()
    numbers = {name: np.ma.filled(rows[name].astype(np.float64), np.nan) for name in _COLUMNS}
    place = _texts(rows["place_type"])
    status = _texts(rows["status"])
    state = np.where(status == "", "working", status).astype(object)
    state[np.asarray(rows["is_faulty"], bool) & (state == "working")] = "faulty"
    state[np.asarray(rows["is_planned"], bool) & (state != "retired")] = "planned"
    state[np.asarray(rows["is_retired"], bool)] = "retired"
    mounting = mount_cameras(numbers["x"], numbers["y"], buildings)
    state[(mounting.state == REFUSED) & (state == "working")] = "refused"
    state[_forbidden(place)] = "forbidden"
    optics, assumed, missing = _fill_optics(numbers, mounting)
    community = np.asarray(rows["community"], np.int64)
    ids = _texts(rows["camera_id"])
    return CameraList(ids, state, optics, assumed, missing, place, mounting, community)


def count_moved(cameras: CameraList) -> int:
    """Count the working cameras that stood in a wall and were hung before it."""
    return int(np.count_nonzero(cameras.mounting.state[cameras.working] == MOVED))


def _texts(values: Any) -> NDArray[np.object_]:
    """Texts, empty for NULL."""
    return np.asarray(np.ma.filled(np.ma.asarray(values, dtype=object), ""), dtype=object)


def _fill_optics(
    given: dict[str, NDArray[np.float64]], mounting: Mounting
) -> tuple[Cameras, NDArray[np.bool_], NDArray[np.object_]]:
    """Complete what the list leaves out from the profile nearest in picture width."""
    profiles = _reference("camera_profiles")
    used = profiles["used"]
    names = list(profiles["profiles"])
    widths = np.array([profiles["profiles"][name]["width_px"] for name in names], float)
    width = np.where(np.isnan(given["width_px"]), widths[names.index(used["profile"])],
                     given["width_px"])  # fmt: skip
    nearest = np.abs(np.log(width[:, None] / widths[None, :])).argmin(axis=1)

    def typical(value: Any) -> NDArray[np.float64]:
        values = np.array([value(profiles["profiles"][name]) for name in names], np.float64)
        return np.asarray(values[nearest])

    sensor = np.where(
        np.isnan(given["sensor_width_mm"]),
        typical(lambda one: one["sensor_width_mm"]),
        given["sensor_width_mm"],
    )
    focal = np.where(
        np.isnan(given["focal_mm"]),
        typical(lambda one: one[used["case"]]["focal_mm"]),
        given["focal_mm"],
    )
    by_lens = hfov_deg(focal, sensor) if len(focal) else focal
    no_angle = np.isnan(given["hfov_deg"])
    angle = np.where(no_angle, by_lens, given["hfov_deg"])
    guessed = no_angle & (np.isnan(given["focal_mm"]) | np.isnan(given["sensor_width_mm"]))
    no_night = np.isnan(given["night_range_m"])
    night = np.where(
        no_night, typical(lambda one: one[used["case"]]["night_range_m"]), given["night_range_m"]
    )
    no_width = np.isnan(given["width_px"])
    no_bearing = np.isnan(given["bearing_deg"]) & (angle < 360)
    by_day = guessed | no_width
    lacking = np.column_stack([no_bearing, guessed, no_width, no_night])
    texts = [
        " ".join(name for k, name in enumerate(OPTICS) if code >> k & 1)
        for code in range(1 << len(OPTICS))
    ]
    missing = np.array(texts, object)[lacking @ (1 << np.arange(len(OPTICS)))]
    optics = Cameras(
        mounting.x, mounting.y, given["bearing_deg"], angle, width, given["range_m"], night
    )
    return optics, np.column_stack([by_day, by_day | no_night]), missing


def _forbidden(place_types: NDArray[np.object_]) -> NDArray[np.bool_]:
    """Tell the places in which no such camera may stand (order 799, article 8)."""
    found = np.zeros(len(place_types), bool)
    found[forbidden_rows(pa.array(place_types, pa.string()))] = True
    return found


@cache
def _reference(name: str) -> dict[str, Any]:
    return tomllib.loads((REFERENCE / f"{name}.toml").read_text(encoding="utf-8"))
