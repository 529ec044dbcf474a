"""Where rows lie: datum and projection of points and shapes, and the checks of coordinates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from etl.clean import Faults
from etl.errors import SourceError
from geo import datum as datums
from geo import projection

Bounds = tuple[float, float, float, float]


@dataclass(frozen=True)
class Frame:
    """The district's box (degrees, WGS 84) and its projected reference system."""

    bounds: Bounds
    epsg: int


def choose_datum(declared: str | None, crs: str | None, *, where: str) -> str:
    """Return the datum or EPSG code that the coordinates of a file are in.

    Parameters
    ----------
    declared
        What the district file says; None when it says nothing.
    crs
        What the file itself says; None when it says nothing.
    where
        Name of the file in messages.

    Returns
    -------
    str
        `wgs84`, `cgcs2000`, `gcj02`, `bd09` or an EPSG code. A shifted datum in the district file
        stands above the file's own label, because shifted files are usually labelled WGS 84.

    Raises
    ------
    SourceError
        If neither says; add `datum` to the source.
    """
    if declared is None and crs is None:
        raise SourceError(
            f"{where}: neither the file nor the district file says which datum its coordinates "
            'are in; expected one of wgs84, cgcs2000, gcj02, bd09 or an EPSG code. Add datum = "…" '
            "to its [[sources]] entry after asking the office that made it."
        )
    if declared is not None and (declared in ("gcj02", "bd09") or crs in (None, "EPSG:4326")):
        return declared
    return crs or str(declared)


def to_lonlat(x: np.ndarray, y: np.ndarray, datum: str) -> tuple[np.ndarray, np.ndarray]:
    """Return WGS 84 longitude and latitude (degrees) of coordinates in `datum`."""
    if datum.upper().startswith("EPSG:"):
        code = int(datum.split(":")[1])
        if code in (4326, 4490):
            return x, y
        return projection.unproject(x, y, epsg=code)
    return datums.to_wgs84(x, y, datum=datum)


def place_points(
    lon: pa.Array, lat: pa.Array, faults: Faults, *, datum: str, frame: Frame, required: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Return WGS 84 coordinates of the rows, after noting every coordinate that cannot be one.

    Parameters
    ----------
    lon, lat
        Coordinates in `datum`; null where the row has no place.
    faults
        Where broken rules are noted.
    datum
        Datum of the input.
    frame
        The district's box.
    required
        Whether a row must have a place.

    Returns
    -------
    tuple of numpy.ndarray
        Longitude and latitude in degrees, NaN where the row has no place.
    """
    x = _floats(lon)
    y = _floats(lat)
    no_x, no_y = np.isnan(x), np.isnan(y)
    faults.add("lon", "coordinate_half", np.flatnonzero(no_x & ~no_y), lat, "both coordinates")
    faults.add("lat", "coordinate_half", np.flatnonzero(no_y & ~no_x), lon, "both coordinates")
    if required:
        faults.add("lon", "required", np.flatnonzero(no_x & no_y), None, None)
    zero = (x == 0.0) | (y == 0.0)
    faults.add("lon", "coordinate_zero", np.flatnonzero(zero), _pair(x, y, zero), "a place")
    good = ~(no_x | no_y | zero | faults.bad)
    lon_84 = np.full(len(x), np.nan)
    lat_84 = np.full(len(x), np.nan)
    lon_84[good], lat_84[good] = to_lonlat(x[good], y[good], datum)
    inside = within(lon_84, lat_84, frame.bounds)
    swapped = good & ~inside & within(lat_84, lon_84, frame.bounds)
    expected = _as_text(frame.bounds)
    pairs = _pair(x, y, good & ~inside)
    faults.add("lon", "coordinate_swapped", np.flatnonzero(swapped), pairs, expected)
    faults.add("lon", "outside", np.flatnonzero(good & ~inside & ~swapped), pairs, expected)
    return lon_84, lat_84


def within(lon: np.ndarray, lat: np.ndarray, bounds: Bounds) -> np.ndarray:
    """Tell which points lie in a box; NaN never does."""
    west, south, east, north = bounds
    return (lon >= west) & (lon <= east) & (lat >= south) & (lat <= north)


def box_of(boxes: Sequence[Bounds] | np.ndarray, *, margin_deg: float) -> Bounds:
    """Return the box around `boxes`, wider by a margin on every side."""
    found = np.asarray(boxes, float).reshape(-1, 4)
    west, south = found[:, :2].min(axis=0) - margin_deg
    east, north = found[:, 2:].max(axis=0) + margin_deg
    return float(west), float(south), float(east), float(north)


def move_to_metres(xy: np.ndarray, *, datum: str, frame: Frame) -> np.ndarray:
    """Return vertices in metres of the district's projection.

    Parameters
    ----------
    xy
        (n, 2) coordinates in `datum`.
    datum
        Datum or EPSG code of the input.
    frame
        The district's projection.

    Returns
    -------
    numpy.ndarray
        (n, 2) metres; NaN where the projection has no value.
    """
    if datum.upper() == f"EPSG:{frame.epsg}":
        return xy
    lon, lat = to_lonlat(xy[:, 0].copy(), xy[:, 1].copy(), datum)
    return np.column_stack(projection.project(lon, lat, epsg=frame.epsg))


def _floats(values: pa.Array) -> np.ndarray:
    return np.asarray(pc.fill_null(values, float("nan")), dtype=np.float64)


def _pair(x: np.ndarray, y: np.ndarray, rows: np.ndarray) -> pa.Array:
    """Return "x, y" as text for `rows`, null elsewhere: rejected rows only are written out."""
    if not rows.any():
        return pa.nulls(len(x), pa.string())
    texts = np.full(len(x), None, dtype=object)
    for row in np.flatnonzero(rows):
        texts[row] = f"{x[row]:.10g}, {y[row]:.10g}"
    return pa.array(texts, pa.string())


def _as_text(bounds: Bounds) -> str:
    west, south, east, north = bounds
    return f"{west:.4f} to {east:.4f} E, {south:.4f} to {north:.4f} N"
