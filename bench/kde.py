"""Kernel density on a grid, side by side in one run: geo.density, KDEpy and SciPy.

    python bench/kde.py --points 1000000 --cells 512

All get the same points, bandwidth and grid; each runs in a fresh process, where the first call is
timed with everything it compiles included (unless cached on disk) and then the median of five
more. The error is the largest difference from the sum of Gaussians itself, at 100 of the cells,
over the peak. KDEpy's FFTKDE wants the grid to cover all points, so its grid is wider by the reach
of the kernel; only the cells in common are compared. SciPy sums over all points at ten of those
cells alone and its time is scaled up to the grid. KDEpy is listed in bench/requirements-bench.in.
"""

import argparse
import importlib.util
import json
import statistics
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

CONTENDERS = ("ours, binned", "ours, exact", "KDEpy FFTKDE", "SciPy gaussian_kde")
CELL_M = 20.0
SIGMA_CELLS = 4.0
REPEATS = 5
CHECKED = 100


def incidents(n: int, cells: int) -> np.ndarray:
    """Two thirds around 60 places, the rest anywhere; metres."""
    rng = np.random.default_rng(0)
    side = cells * CELL_M
    places = rng.uniform(0.1 * side, 0.9 * side, (60, 2))
    around = places[rng.integers(0, 60, 2 * n // 3)]
    around = around + rng.normal(0, 0.02 * side, around.shape)
    xy = np.concatenate([around, rng.uniform(0, side, (n - len(around), 2))])
    return np.clip(xy, 0, side)


def contender(name: str, cells: int):  # type: ignore[no-untyped-def]
    """Return a function from points to the density at the centres, per point and square metre."""
    side, sigma = cells * CELL_M, SIGMA_CELLS * CELL_M
    if name.startswith("ours"):
        from geo.density import kde

        method = name.rpartition(" ")[2]
        bounds = (0.0, 0.0, side, side)
        return lambda xy: (
            kde(xy, cell_m=CELL_M, bandwidth_m=sigma, bounds=bounds, method=method).per_m2 / len(xy)
        )
    from KDEpy import FFTKDE

    margin = int(np.ceil(6 * SIGMA_CELLS))
    centres = (np.arange(-margin, cells + margin) + 0.5) * CELL_M
    grid = np.column_stack([np.repeat(centres, len(centres)), np.tile(centres, len(centres))])

    def run(xy: np.ndarray) -> np.ndarray:
        found = FFTKDE(bw=sigma, kernel="gaussian").fit(xy).evaluate(grid)
        return found.reshape(len(centres), -1).T[margin:-margin, margin:-margin]

    return run


def truth(xy: np.ndarray, cells: int) -> tuple[np.ndarray, np.ndarray]:
    """Return 100 cells, the densest among them, and the sum of Gaussians at their centres."""
    from geo.density import kde

    sigma, side = SIGMA_CELLS * CELL_M, cells * CELL_M
    rough = kde(xy, cell_m=CELL_M, bandwidth_m=sigma, bounds=(0, 0, side, side)).per_m2.ravel()
    some = np.random.default_rng(1).choice(cells * cells, CHECKED - 50, replace=False)
    some = np.concatenate([some, np.argsort(rough)[-50:]])
    row, col = np.divmod(some, cells)
    at = (np.column_stack([col, row]) + 0.5) * CELL_M
    sums = [np.exp(-((xy - c) ** 2).sum(axis=1) / (2 * sigma**2)).sum() for c in at]
    return some, np.array(sums) / (2 * np.pi * sigma**2 * len(xy))


def measure(name: str, n: int, cells: int, reference: Path) -> dict[str, float]:
    """Time the first call and five more, and compare with the sum of Gaussians."""
    xy, known = incidents(n, cells), np.load(reference)
    some, true = known["cells"], known["density"]
    if name.startswith("SciPy"):
        return measure_scipy(xy, some, true, cells)
    run = contender(name, cells)
    took = []
    for _ in range(1 + REPEATS):
        begun, cpu = time.perf_counter(), time.process_time()
        density = run(xy)
        took.append((time.perf_counter() - begun, time.process_time() - cpu))
    error = float(np.abs(density.ravel()[some] - true).max() / true.max())
    warm, cpu = (statistics.median(one) for one in zip(*took[1:], strict=True))
    return {"first": took[0][0], "warm": warm, "cpu": cpu, "error": error}


def measure_scipy(
    xy: np.ndarray, some: np.ndarray, true: np.ndarray, cells: int
) -> dict[str, float]:
    """Sum at ten of the cells and scale the time up: all of them would take hours."""
    from scipy.stats import gaussian_kde

    spread = np.sqrt(np.diag(np.cov(xy.T)))
    row, col = np.divmod(some[-10:], cells)
    at = (np.column_stack([col, row]) + 0.5) * CELL_M
    begun = time.perf_counter()
    peer = gaussian_kde(xy.T, bw_method=SIGMA_CELLS * CELL_M / spread.mean())
    found = peer(at.T)
    took = (time.perf_counter() - begun) / 10 * cells**2
    # its kernel follows the covariance of the points: not the same estimate, so an idea only
    error = float(np.abs(found - true[-10:]).max() / true.max())
    return {"first": took, "warm": took, "cpu": took, "error": error}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--points", type=int, default=1_000_000)
    parser.add_argument("--cells", type=int, default=512)
    parser.add_argument("--one", choices=CONTENDERS, help=argparse.SUPPRESS)
    parser.add_argument("--reference", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        print(json.dumps(measure(given.one, given.points, given.cells, given.reference)))
        return
    import tempfile

    print(f"KDE, {given.points} points, {given.cells} x {given.cells} cells, "
          f"bandwidth {SIGMA_CELLS:g} cells")  # fmt: skip
    print("                      first call        warm    CPU warm   error / peak")
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        reference = Path(folder) / "truth.npz"
        some, density = truth(incidents(given.points, given.cells), given.cells)
        np.savez(reference, cells=some, density=density)
        for name in CONTENDERS:
            if name.startswith("KDEpy") and importlib.util.find_spec("KDEpy") is None:
                print(f"{name:20}  not installed (bench/requirements-bench.in)")
                continue
            command = [sys.executable, __file__, "--one", name, "--points", str(given.points)]
            command += ["--cells", str(given.cells), "--reference", str(reference)]
            out = subprocess.run(command, capture_output=True, text=True, check=True).stdout
            one = found[name] = json.loads(out.splitlines()[-1])
            print(f"{name:20}  {one['first']:9.3f} s {one['warm']:9.3f} s "
                  f"{one['cpu']:9.3f} s   {one['error']:.1e}")  # fmt: skip
    if "KDEpy FFTKDE" in found:
        for which in ("warm", "cpu"):
            theirs = found["KDEpy FFTKDE"][which]
            ratios = (theirs / found[name][which] for name in CONTENDERS[:2])
            print(f"{which}: binned {next(ratios):.1f} x KDEpy, exact {next(ratios):.1f} x")


if __name__ == "__main__":
    main()
