"""Interpolate a smooth, slow mapping of the plane from a lattice, and never where it is not so."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geo._kernels import kernel
from geo._threads import run_in_chunks

Floats = NDArray[np.float64]
Mapping = Callable[[Floats, Floats], tuple[Floats, Floats]]

_SIZES = (64, 256)  # cells along a side, tried in turn
_SAMPLE = 4096


@dataclass(frozen=True, slots=True, eq=False)
class Lattice:
    """A mapping known at the nodes of a lattice, and in which of its cells that is enough.

    Parameters
    ----------
    frame
        Corner (x, y) and cells in a unit of length, along x and y.
    nodes
        (nx + 3, ny + 3, 2) the mapping at the nodes, one beyond each side.
    good
        (nx, ny) cells where interpolation is as exact as asked.
    """

    frame: Floats
    nodes: Floats
    good: NDArray[np.bool_]

    def into(self, x: Floats, y: Floats, u: Floats, v: Floats) -> None:
        """Write the mapped points that lie in good cells; leave the others as they are."""
        _interpolate(x, y, self.frame, self.nodes, self.good, u, v)


def fit_lattice(
    low: Floats, step: Floats, size: int, *, exact: Mapping, tolerance: float
) -> Lattice:
    """
    Ask a mapping at the nodes of a lattice, and check its cells at their centres.

    Parameters
    ----------
    low, step
        (2,) corner, and length of a cell.
    size
        Cells along a side.
    exact
        The mapping itself, on arrays; NaN where it has no value.
    tolerance
        Largest error allowed, in the unit of the result.

    Returns
    -------
    Lattice
        With those cells good whose centre, where the error is largest, is as exact as asked.
    """
    nodes = np.column_stack(exact(*_mesh(low, step, np.linspace(-1, size + 1, size + 3))))
    lattice = Lattice(
        np.concatenate([low, 1 / step]),
        nodes.reshape(size + 3, size + 3, 2),
        np.ones((size, size), np.bool_),
    )
    # An error that is not a number, next to a place without a value, is not good either.
    centres = _mesh(low, step, np.arange(size) + 0.5)
    lattice.good[:] = (_error(*centres, exact, lattice) <= tolerance).reshape(size, size)
    return lattice


def transform_by_lattice(
    x: Floats, y: Floats, *, exact: Mapping, tolerance: float
) -> tuple[Floats, Floats]:
    """
    Evaluate a mapping at many points by bicubic interpolation, checked cell by cell.

    Parameters
    ----------
    x, y
        (n,) points, any unit; not finite gives NaN.
    exact
        The mapping itself, on arrays; NaN where it has no value.
    tolerance
        Largest error allowed, in the unit of the result.

    Returns
    -------
    tuple of ndarray
        The mapped points, (n,).
    """
    u, v = np.full(x.size, np.nan), np.full(x.size, np.nan)
    sample = slice(None, None, max(1, x.size // _SAMPLE))
    xs, ys = x[sample], y[sample]
    finite = np.isfinite(xs) & np.isfinite(ys)
    box = _bulk(xs[finite], ys[finite])
    if box is not None:
        lattice = _fit(box, exact, tolerance, xs[finite], ys[finite])
        run_in_chunks(lambda i, j: lattice.into(x[i:j], y[i:j], u[i:j], v[i:j]), x.size)
    rest = np.flatnonzero(np.isnan(u) & np.isfinite(x) & np.isfinite(y))
    u[rest], v[rest] = exact(x[rest], y[rest])
    return u, v


def _bulk(x: Floats, y: Floats) -> tuple[Floats, Floats] | None:
    # A few points at (0, 0) or beyond the poles must not stretch the lattice over the globe.
    if x.size == 0:
        return None
    low, high = np.quantile(np.column_stack([x, y]), [0.005, 0.995], axis=0)
    margin = 0.05 * (high - low)
    return (low - margin, high + margin) if (high > low).all() else None


def _fit(
    box: tuple[Floats, Floats], exact: Mapping, tolerance: float, xs: Floats, ys: Floats
) -> Lattice:
    low, high = box
    for size in _SIZES:
        lattice = fit_lattice(low, (high - low) / size, size, exact=exact, tolerance=tolerance)
        missed = _error(xs, ys, exact, lattice) > tolerance
        frame = lattice.frame
        i, j = ((xs - frame[0]) * frame[2])[missed], ((ys - frame[1]) * frame[3])[missed]
        lattice.good[i.astype(np.intp), j.astype(np.intp)] = False
        if lattice.good.all():
            break
    return lattice


def _mesh(low: Floats, step: Floats, at: NDArray[np.floating]) -> tuple[Floats, Floats]:
    x, y = np.meshgrid(low[0] + step[0] * at, low[1] + step[1] * at, indexing="ij")
    return x.ravel(), y.ravel()


def _error(x: Floats, y: Floats, exact: Mapping, lattice: Lattice) -> Floats:
    u, v = np.full(x.size, np.nan), np.full(x.size, np.nan)
    lattice.into(x, y, u, v)
    true_u, true_v = exact(x, y)
    error: Floats = np.hypot(u - true_u, v - true_v)
    return error


@kernel
def _interpolate(x, y, frame, nodes, good, u, v):  # type: ignore[no-untyped-def]
    nx, ny = good.shape
    for k in range(x.size):
        s, t = (x[k] - frame[0]) * frame[2], (y[k] - frame[1]) * frame[3]
        if not (s >= 0.0 and s < nx and t >= 0.0 and t < ny):
            continue
        i, j = int(s), int(t)
        if not good[i, j]:
            continue
        s -= i
        t -= j
        # Lagrange's cubic through the nodes at -1, 0, 1, 2.
        b0, b1 = -t * (t - 1) * (t - 2) / 6, (t + 1) * (t - 1) * (t - 2) / 2
        b2, b3 = -(t + 1) * t * (t - 2) / 2, (t + 1) * t * (t - 1) / 6
        a = (
            -s * (s - 1) * (s - 2) / 6,
            (s + 1) * (s - 1) * (s - 2) / 2,
            -(s + 1) * s * (s - 2) / 2,
            (s + 1) * s * (s - 1) / 6,
        )
        p, q = 0.0, 0.0
        for m in range(4):
            n = nodes[i + m]
            p += a[m] * (b0 * n[j, 0] + b1 * n[j + 1, 0] + b2 * n[j + 2, 0] + b3 * n[j + 3, 0])
            q += a[m] * (b0 * n[j, 1] + b1 * n[j + 1, 1] + b2 * n[j + 2, 1] + b3 * n[j + 3, 1])
        u[k], v[k] = p, q
