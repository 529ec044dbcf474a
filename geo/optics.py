"""What a lens and a sensor let a camera recognise: field of view, reach, dead zone.

References
----------
IEC 62676-4 (2014), EN 62676-4 (2015). Video surveillance systems for use in security
applications, part 4: application guidelines. Clauses on image resolution (pixels per metre).
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from geo.errors import GeoError


def hfov_deg(focal_mm: ArrayLike, sensor_width_mm: ArrayLike) -> NDArray[np.float64]:
    """Horizontal field of view of a rectilinear lens.

    Parameters
    ----------
    focal_mm
        Focal length, millimetres, above 0; scalar or array.
    sensor_width_mm
        Width of the sensor, millimetres, above 0; scalar or array.

    Returns
    -------
    ndarray
        Degrees in (0, 180).

    Raises
    ------
    GeoError
        A length that is not finite or not above 0.

    Notes
    -----
    2 atan(sensor / (2 focal)); for the whole picture, without distortion.
    """
    focal, sensor = _positive("hfov_deg", focal_mm=focal_mm, sensor_width_mm=sensor_width_mm)
    return np.asarray(np.degrees(2 * np.arctan(sensor / (2 * focal))))


def vfov_deg(hfov_deg: ArrayLike, *, aspect: ArrayLike = 16 / 9) -> NDArray[np.float64]:
    """Vertical field of view of a rectilinear lens.

    Parameters
    ----------
    hfov_deg
        Horizontal field of view, degrees in (0, 180); scalar or array.
    aspect
        Width of the picture over its height, above 0.

    Returns
    -------
    ndarray
        Degrees in (0, 180).

    Raises
    ------
    GeoError
        A value out of its range.
    """
    hfov, ratio = _positive("vfov_deg", hfov_deg=hfov_deg, aspect=aspect)
    _refuse("vfov_deg", "hfov_deg", hfov, hfov < 180, "degrees in (0, 180)")
    return np.asarray(np.degrees(2 * np.arctan(np.tan(np.radians(hfov) / 2) / ratio)))


def reach_m(width_px: ArrayLike, hfov_deg: ArrayLike, px_per_m: ArrayLike) -> NDArray[np.float64]:
    """Distance to which a picture holds a pixel density.

    Parameters
    ----------
    width_px
        Width of the picture, pixels, above 0; scalar or array.
    hfov_deg
        Horizontal field of view, degrees in (0, 360]; scalar or array.
    px_per_m
        Pixel density asked for, pixels per metre, above 0; scalar or array.

    Returns
    -------
    ndarray
        Metres.

    Raises
    ------
    GeoError
        A value that is not finite or out of its range.

    Notes
    -----
    Below 180 degrees width / (2 tan(hfov / 2) density), the standard's formula for a flat
    picture. From 180 degrees on no flat picture exists, and the pixels are spread evenly over
    the angle, as by a fisheye lens: width / (hfov in radians · density). The flat formula falls
    to 0 at 180 degrees, so the two do not meet there.
    """
    width, hfov, density = _positive(
        "reach_m", width_px=width_px, hfov_deg=hfov_deg, px_per_m=px_per_m
    )
    _refuse("reach_m", "hfov_deg", hfov, hfov <= 360, "degrees in (0, 360]")
    angle = np.radians(hfov)
    flat = 2 * np.tan(np.where(hfov < 180, angle, 1.0) / 2)
    return np.asarray(width / (np.where(hfov < 180, flat, angle) * density))


def dead_zone_m(
    height_m: ArrayLike,
    *,
    tilt_deg: ArrayLike,
    vfov_deg: ArrayLike,
    target_height_m: ArrayLike = 0.0,
) -> NDArray[np.float64]:
    """Distance along the ground under which a high camera does not see.

    Parameters
    ----------
    height_m
        Height of the camera over the ground, metres, above 0.
    tilt_deg
        How far its axis points below the horizon, degrees in [-90, 90].
    vfov_deg
        Vertical field of view, degrees in (0, 180).
    target_height_m
        Height of what must be seen, metres, at least 0: 0 for feet, 1.6 for faces.

    Returns
    -------
    ndarray
        Metres; 0 where the camera sees straight down or the target is no lower than it, infinite
        where its lowest ray never comes down.

    Raises
    ------
    GeoError
        A value that is not finite or out of its range.

    Notes
    -----
    (height - target) / tan(tilt + vfov / 2).
    """
    height, vfov = _positive("dead_zone_m", height_m=height_m, vfov_deg=vfov_deg)
    tilt, target = np.asarray(tilt_deg, float), np.asarray(target_height_m, float)
    _refuse("dead_zone_m", "tilt_deg", tilt, np.abs(tilt) <= 90, "degrees in [-90, 90]")
    _refuse("dead_zone_m", "vfov_deg", vfov, vfov < 180, "degrees in (0, 180)")
    _refuse(
        "dead_zone_m",
        "target_height_m",
        target,
        (target >= 0) & np.isfinite(target),
        "metres from 0",
    )
    lowest = tilt + vfov / 2
    drop = np.maximum(height - target, 0.0)
    slope = np.tan(np.radians(np.clip(lowest, 1e-9, 90.0)))
    distance = np.where(lowest >= 90, 0.0, np.where(lowest <= 0, np.inf, drop / slope))
    return np.asarray(np.where(drop == 0, 0.0, distance))


def _positive(where: str, **values: ArrayLike) -> list[NDArray[np.float64]]:
    """Arrays of finite numbers above 0."""
    arrays = []
    for name, value in values.items():
        array = np.asarray(value, dtype=np.float64)
        _refuse(where, name, array, np.isfinite(array) & (array > 0), "finite numbers above 0")
        arrays.append(array)
    return arrays


def _refuse(
    where: str, name: str, values: NDArray[np.float64], good: NDArray[np.bool_], expected: str
) -> None:
    bad = np.flatnonzero(~np.asarray(good))
    if bad.size:
        found = np.ravel(values)[bad[0]]
        raise GeoError(
            f"{where}: {name} of {bad.size} of {values.size}, the first {found}; "
            f"{expected} were expected. Correct or leave out these cameras."
        )
