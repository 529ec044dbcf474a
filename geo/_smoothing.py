"""Smoothing of points on a grid: linear binning, Gaussians cut at 6.5 deviations, and FFT."""

from math import ceil

import numpy as np
from numba import njit
from scipy import fft

from geo.grid import Floats

CUT = 6.5


@njit(cache=True, nogil=True)
def bin_linear(points: Floats, weights: Floats, origin: Floats, cell_m: float, out: Floats) -> None:
    """Share each point among the four cell centres around it, in place."""
    ny, nx = out.shape
    one = weights.shape[0] == 1
    for i in range(points.shape[0]):
        u = (points[i, 0] - origin[0]) / cell_m - 0.5
        v = (points[i, 1] - origin[1]) / cell_m - 0.5
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
    cell_m: float,
    sigma_m: float,
    reach: Floats,
    out: Floats,
) -> None:
    """Add each point's Gaussian at the cell centres within the cut, in place; unit: per cell.

    With ``reach`` each point is first divided by the sum of its Gaussian times ``reach``.
    """
    ny, nx = out.shape
    one = weights.shape[0] == 1
    s = sigma_m / cell_m
    half = int(np.ceil(CUT * s))
    width = 2 * half + 1
    gx, gy, fixed = np.empty(width), np.empty(width), np.empty(width)
    for k in range(width):
        fixed[k] = np.exp(-0.5 * ((k - half) / s) ** 2)
    for i in range(points.shape[0]):
        u = (points[i, 0] - origin[0]) / cell_m - 0.5
        v = (points[i, 1] - origin[1]) / cell_m - 0.5
        if not (u > -half and v > -half and u < nx - 1 + half and v < ny - 1 + half):
            continue
        c, r = int(np.floor(u + 0.5)), int(np.floor(v + 0.5))
        _fill_gaussian(gx, fixed, u - c, s, half)
        _fill_gaussian(gy, fixed, v - r, s, half)
        w = (weights[0] if one else weights[i]) / (2.0 * np.pi * s * s)
        left, right = max(0, c - half), min(nx, c + half + 1)
        bottom, top = max(0, r - half), min(ny, r + half + 1)
        if reach.shape[0] > 0:
            held = 0.0
            for row in range(bottom, top):
                for col in range(left, right):
                    held += gy[row - r + half] * gx[col - c + half] * reach[row, col]
            w *= 2.0 * np.pi * s * s / held
        for row in range(bottom, top):
            g = w * gy[row - r + half]
            for col in range(left, right):
                out[row, col] += g * gx[col - c + half]


@njit(cache=True, nogil=True)
def _fill_gaussian(out: Floats, fixed: Floats, d: float, s: float, half: int) -> None:
    """Write exp(-(k - d)^2 / 2s^2) as exp(-k^2 / 2s^2) exp(-d^2 / 2s^2) exp(d / s^2)^k."""
    up = np.exp(d / (s * s))
    power = np.exp(-0.5 * (d / s) ** 2 - half * d / (s * s))
    for k in range(2 * half + 1):
        out[k] = fixed[k] * power
        power *= up


def gaussian_filter(shape: tuple[int, int], s: float) -> tuple[tuple[int, int], Floats]:
    """Give the FFT size for a grid and a Gaussian's transform on it.

    Parameters
    ----------
    shape
        Rows and columns of the grid, its margins wide enough that what wraps round stays there.
    s
        Standard deviation in cells, >= 0.9; the kernel is cut and scaled to sum 1.

    Returns
    -------
    tuple[tuple[int, int], Floats]
        Size and transfer function for ``scipy.fft.rfft2``.
    """
    size = (fft.next_fast_len(shape[0], real=True), fft.next_fast_len(shape[1], real=True))
    half = ceil(CUT * s)
    kernel = np.exp(-0.5 * (np.arange(-half, half + 1) / s) ** 2)
    kernel /= kernel.sum()
    lines = []
    for length in size:
        line = np.zeros(length)
        np.add.at(line, np.arange(-half, half + 1) % length, kernel)
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
