"""Smoothing of points on a lattice: linear binning, Gaussians cut at 6.5 deviations, and FFT.

A lattice has columns and rows at distances of their own: ``step`` is its width and height in
metres, ``origin`` lies half a step before its first point.
"""

from math import ceil

import numpy as np
from numba import njit
from scipy import fft

from geo.grid import Floats

CUT = 6.5


@njit(cache=True, nogil=True)
def bin_linear(points: Floats, weights: Floats, origin: Floats, step: Floats, out: Floats) -> None:
    """Share each point among the four lattice points around it, in place."""
    ny, nx = out.shape
    one = weights.shape[0] == 1
    for i in range(points.shape[0]):
        u = (points[i, 0] - origin[0]) / step[0] - 0.5
        v = (points[i, 1] - origin[1]) / step[1] - 0.5
        if not (u >= 0.0 and v >= 0.0 and u < nx - 1 and v < ny - 1):
            continue
        c, r = int(u), int(v)
        fx, fy = u - c, v - r
        w = weights[0] if one else weights[i]
        out[r, c] += w * (1.0 - fx) * (1.0 - fy)
        out[r, c + 1] += w * fx * (1.0 - fy)
        out[r + 1, c] += w * (1.0 - fx) * fy
        out[r + 1, c + 1] += w * fx * fy


@njit(cache=True, nogil=True)
def spread_gaussian(
    points: Floats,
    weights: Floats,
    origin: Floats,
    step: Floats,
    sigma_m: float,
    reach: Floats,
    out: Floats,
) -> None:
    """Add each point's Gaussian at the lattice points within the cut, in place; unit: per cell.

    With ``reach`` each point is first divided by the sum of its Gaussian times ``reach``.
    """
    ny, nx = out.shape
    one = weights.shape[0] == 1
    sx, sy = sigma_m / step[0], sigma_m / step[1]
    half_x, half_y = int(np.ceil(CUT * sx)), int(np.ceil(CUT * sy))
    gx, gy = np.empty(2 * half_x + 1), np.empty(2 * half_y + 1)
    fixed_x, fixed_y = np.empty(2 * half_x + 1), np.empty(2 * half_y + 1)
    for k in range(2 * half_x + 1):
        fixed_x[k] = np.exp(-0.5 * ((k - half_x) / sx) ** 2)
    for k in range(2 * half_y + 1):
        fixed_y[k] = np.exp(-0.5 * ((k - half_y) / sy) ** 2)
    for i in range(points.shape[0]):
        u = (points[i, 0] - origin[0]) / step[0] - 0.5
        v = (points[i, 1] - origin[1]) / step[1] - 0.5
        if not (u > -half_x and u < nx - 1 + half_x and v > -half_y and v < ny - 1 + half_y):
            continue
        c, r = int(np.floor(u + 0.5)), int(np.floor(v + 0.5))
        _fill_gaussian(gx, fixed_x, u - c, sx, half_x)
        _fill_gaussian(gy, fixed_y, v - r, sy, half_y)
        w = (weights[0] if one else weights[i]) / (2.0 * np.pi * sx * sy)
        left, right = max(0, c - half_x), min(nx, c + half_x + 1)
        bottom, top = max(0, r - half_y), min(ny, r + half_y + 1)
        if reach.shape[0] > 0:
            held = 0.0
            for row in range(bottom, top):
                for col in range(left, right):
                    held += gy[row - r + half_y] * gx[col - c + half_x] * reach[row, col]
            w *= 2.0 * np.pi * sx * sy / held
        for row in range(bottom, top):
            g = w * gy[row - r + half_y]
            for col in range(left, right):
                out[row, col] += g * gx[col - c + half_x]


@njit(cache=True, nogil=True)
def _fill_gaussian(out: Floats, fixed: Floats, d: float, s: float, half: int) -> None:
    """Write exp(-(k - d)^2 / 2s^2) as exp(-k^2 / 2s^2) exp(-d^2 / 2s^2) exp(d / s^2)^k."""
    up = np.exp(d / (s * s))
    power = np.exp(-0.5 * (d / s) ** 2 - half * d / (s * s))
    for k in range(2 * half + 1):
        out[k] = fixed[k] * power
        power *= up


def gaussian_filter(
    shape: tuple[int, int], s: tuple[float, float]
) -> tuple[tuple[int, int], Floats]:
    """Give the FFT size for a grid and a Gaussian's transform on it.

    Parameters
    ----------
    shape
        Rows and columns of the grid, its margins wide enough that what wraps round stays there.
    s
        Standard deviation in rows and in columns, >= 0.9; the kernel is cut and scaled to sum 1.

    Returns
    -------
    tuple[tuple[int, int], Floats]
        Size and transfer function for ``scipy.fft.rfft2``.
    """
    size = (fft.next_fast_len(shape[0], real=True), fft.next_fast_len(shape[1], real=True))
    lines = []
    for length, deviation in zip(size, s, strict=True):
        half = ceil(CUT * deviation)
        kernel = np.exp(-0.5 * (np.arange(-half, half + 1) / deviation) ** 2)
        line = np.zeros(length)
        np.add.at(line, np.arange(-half, half + 1) % length, kernel / kernel.sum())
        lines.append(line)
    rows, cols = np.real(fft.fft(lines[0])), np.real(fft.rfft(lines[1]))
    return size, np.multiply.outer(rows, cols)


def smooth(raw: Floats, size: tuple[int, int], transfer: Floats) -> Floats:
    """Convolve a grid with a Gaussian; rounding below zero is set to zero.

    Parameters
    ----------
    raw
        Weight per cell.
    size, transfer
        From ``gaussian_filter``.

    Returns
    -------
    Floats
        Shaped like ``raw``.
    """
    spectrum = fft.rfft2(raw, s=size)
    spectrum *= transfer
    out: Floats = fft.irfft2(spectrum, s=size)[: raw.shape[0], : raw.shape[1]]
    return np.maximum(out, 0.0)
