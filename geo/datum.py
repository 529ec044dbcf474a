"""Move longitudes and latitudes between WGS 84 and the datums of Chinese maps.

References
----------
State Bureau of Surveying and Mapping (2002). GCJ-02, the encrypted datum of civil maps in China;
    never published officially. The formula is the one recovered by the open-source community,
    and two independent codings of it agree to 1.2e-7 degrees.
Baidu (2011). BD-09, the second shift that Baidu Maps applies on top of GCJ-02; outside China
    Baidu states that it serves WGS 84.
Cheng, P., Wen, H., Cheng, Y. & Wang, H. (2009). Parameters of the CGCS 2000 ellipsoid and
    comparisons with GRS 80 and WGS 84. Acta Geodaetica et Cartographica Sinica, 38(3), 189-194.
"""

import math

import numpy as np
from numba import njit
from numpy.typing import ArrayLike, NDArray

from geo._kernels import kernel
from geo._threads import run_in_chunks
from geo.errors import GeoError

DATUMS = ("wgs84", "cgcs2000", "gcj02", "bd09")
"""The datums this module knows; other CRSs go through `geo.projection` by EPSG code."""

# Outside this box everybody who draws GCJ-02 or BD-09 maps uses plain WGS 84.
_WEST, _EAST, _SOUTH, _NORTH = 72.004, 137.8347, 0.8293, 55.8271
_A, _EE = 6378245.0, 0.00669342162296594323  # Krasovsky 1940
# Each sweep shrinks the error about 100-fold, see Notes of to_wgs84.
_GCJ_SWEEPS, _BD_SWEEPS = 6, 7
_BLOCK = 1 << 13  # points whose arrays stay in a core's cache through all sweeps
# Taylor coefficients of sin and cos of (pi t): |t| <= 1/2, so the first one left out is < 1e-16.
_S = tuple((-1) ** k * math.pi ** (2 * k + 1) / math.factorial(2 * k + 1) for k in range(11))
_C = tuple((-1) ** k * math.pi ** (2 * k) / math.factorial(2 * k) for k in range(11))
_S0, _S1, _S2, _S3, _S4, _S5, _S6, _S7, _S8, _S9, _S10 = _S
_C0, _C1, _C2, _C3, _C4, _C5, _C6, _C7, _C8, _C9, _C10 = _C


def to_wgs84(
    lon: ArrayLike, lat: ArrayLike, *, datum: str
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """
    Turn coordinates of a datum into WGS 84.

    Parameters
    ----------
    lon, lat
        Degrees in `datum`, same shape; NaN stays NaN.
    datum
        One of `DATUMS`.

    Returns
    -------
    tuple of ndarray
        Longitude and latitude in WGS 84 degrees, in new arrays of the same shape.

    Raises
    ------
    GeoError
        The datum is not one of `DATUMS`, or lon and lat differ in shape.

    Notes
    -----
    The shift d has no closed inverse; w <- p - d(w) is iterated. The slope of d is below 0.01 for
    GCJ-02 and below 0.025 for BD-09, so 6 and 7 sweeps leave less than 1e-12 degrees.
    Outside longitude 72.004..137.8347, latitude 0.8293..55.8271 both datums are the identity.
    The rule is applied to the input, so within 700 m of that box (at sea, or far outside China)
    a point inside it may have no exact origin. CGCS2000 differs from WGS 84 by centimetres and
    is taken as equal.
    """
    return _apply(lon, lat, datum, inverse=True)


def from_wgs84(
    lon: ArrayLike, lat: ArrayLike, *, datum: str
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """
    Turn WGS 84 coordinates into those of a datum.

    Parameters
    ----------
    lon, lat
        Degrees in WGS 84, same shape; NaN stays NaN.
    datum
        One of `DATUMS`.

    Returns
    -------
    tuple of ndarray
        Longitude and latitude in degrees of `datum`, in new arrays of the same shape.

    Raises
    ------
    GeoError
        The datum is not one of `DATUMS`, or lon and lat differ in shape.
    """
    return _apply(lon, lat, datum, inverse=False)


def _apply(
    lon: ArrayLike, lat: ArrayLike, datum: str, *, inverse: bool
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    if datum not in DATUMS:
        raise GeoError(
            f"datum: {datum!r} is not known; expected one of {', '.join(DATUMS)}. "
            "Correct the datum of the source, or give its EPSG code."
        )
    x = np.array(lon, dtype=np.float64, order="C")
    y = np.array(lat, dtype=np.float64, order="C")
    if x.shape != y.shape:
        raise GeoError(
            f"datum: lon has shape {x.shape} and lat {y.shape}; expected the same shape. "
            "Pass one latitude for each longitude."
        )
    if datum in ("gcj02", "bd09"):
        flat_x, flat_y = x.reshape(-1), y.reshape(-1)
        work = _unshift if inverse else _shift
        run_in_chunks(lambda i, j: work(flat_x[i:j], flat_y[i:j], datum), x.size, chunk=_BLOCK)
    return x, y


def _shift(lon: NDArray[np.float64], lat: NDArray[np.float64], datum: str) -> None:
    inside = _in_box(lon, lat)
    p, q = lon.copy(), lat.copy()
    _gcj_step(p, q, lon, lat, 1.0)
    if datum == "bd09":
        _bd_step(p, q, p, q, 1.0)
    np.copyto(lon, p, where=inside)
    np.copyto(lat, q, where=inside)


def _unshift(lon: NDArray[np.float64], lat: NDArray[np.float64], datum: str) -> None:
    inside = _in_box(lon, lat)
    u, v = lon.copy(), lat.copy()
    if datum == "bd09":
        for _ in range(_BD_SWEEPS):
            _bd_step(u, v, lon, lat, -1.0)
    p, q = u.copy(), v.copy()
    for _ in range(_GCJ_SWEEPS):
        _gcj_step(p, q, u, v, -1.0)
    np.copyto(lon, p, where=inside)
    np.copyto(lat, q, where=inside)


def _in_box(lon: NDArray[np.float64], lat: NDArray[np.float64]) -> NDArray[np.bool_]:
    inside: NDArray[np.bool_] = (lon >= _WEST) & (lon <= _EAST) & (lat >= _SOUTH) & (lat <= _NORTH)
    return inside


@njit(inline="always")
def _sin_cos_pi(t):  # type: ignore[no-untyped-def]
    # Straight-line arithmetic, so that LLVM can do four points at once; libm's sin cannot.
    n = np.rint(t)
    q = (t - n) * (t - n)
    sign = 1.0 - 2.0 * abs(n - 2.0 * np.rint(0.5 * n))
    s = _S7 + q * (_S8 + q * (_S9 + q * _S10))
    s = _S0 + q * (_S1 + q * (_S2 + q * (_S3 + q * (_S4 + q * (_S5 + q * (_S6 + q * s))))))
    c = _C7 + q * (_C8 + q * (_C9 + q * _C10))
    c = _C0 + q * (_C1 + q * (_C2 + q * (_C3 + q * (_C4 + q * (_C5 + q * (_C6 + q * c))))))
    return sign * s * (t - n), sign * c


@njit(inline="always")
def _gcj_offset(lon, lat):  # type: ignore[no-untyped-def]
    x, y = lon - 105.0, lat - 35.0
    # Multiples of an angle come from the angle: sin 4a, sin 3a, sin 2a instead of new sines.
    s12, c12 = _sin_cos_pi(x / 12.0)
    s6, c6 = 2.0 * s12 * c12, 1.0 - 2.0 * s12 * s12
    s3, c3 = 2.0 * s6 * c6, 1.0 - 2.0 * s6 * s6
    s1, c1 = s3 * (3.0 - 4.0 * s3 * s3), c3 * (4.0 * c3 * c3 - 3.0)
    s2 = 2.0 * s1 * c1
    waves = 20.0 * (s2 * (3.0 - 4.0 * s2 * s2) + s2)
    t12, d12 = _sin_cos_pi(y / 12.0)
    t6, d6 = 2.0 * t12 * d12, 1.0 - 2.0 * t12 * t12
    t3 = 2.0 * t6 * d6
    t1 = t3 * (3.0 - 4.0 * t3 * t3)
    root = math.sqrt(abs(x))
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root
    north += (waves + 20.0 * t1 + 40.0 * t3 + 160.0 * t12) * 2.0 / 3.0
    north += 320.0 * _sin_cos_pi(y / 30.0)[0] * 2.0 / 3.0
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root
    east += (waves + 20.0 * s1 + 40.0 * s3 + 150.0 * s12) * 2.0 / 3.0
    east += 300.0 * _sin_cos_pi(x / 30.0)[0] * 2.0 / 3.0
    sin_lat, cos_lat = _sin_cos_pi(lat / 180.0)
    w2 = 1.0 - _EE * sin_lat * sin_lat
    w = math.sqrt(w2)
    d_lon = east * 180.0 * w / (_A * cos_lat * math.pi)
    d_lat = north * 180.0 * w2 * w / (_A * (1.0 - _EE) * math.pi)
    return d_lon, d_lat


@njit(inline="always")
def _bd_offset(lon, lat):  # type: ignore[no-untyped-def]
    # Baidu turns the vector (lon, lat) by delta and lengthens it by s: no arctangent is needed.
    r = math.sqrt(lon * lon + lat * lat)
    s = 2e-5 * _sin_cos_pi(lat * 3000.0 / 180.0)[0]
    delta = 3e-6 * _sin_cos_pi(lon * 3000.0 / 180.0)[1]
    stretch = s / r
    # delta is 3e-6 at most: its sine and cosine need no further terms in float64.
    turn = -0.5 * delta * delta
    grow = stretch + turn + stretch * turn
    side = (1.0 + stretch) * delta
    return grow * lon - side * lat + 0.0065, grow * lat + side * lon + 0.006


@kernel
def _gcj_step(x, y, p, q, sign):  # type: ignore[no-untyped-def]
    for i in range(x.size):
        d_lon, d_lat = _gcj_offset(x[i], y[i])
        x[i], y[i] = p[i] + sign * d_lon, q[i] + sign * d_lat


@kernel
def _bd_step(x, y, p, q, sign):  # type: ignore[no-untyped-def]
    for i in range(x.size):
        d_lon, d_lat = _bd_offset(x[i], y[i])
        x[i], y[i] = p[i] + sign * d_lon, q[i] + sign * d_lat
