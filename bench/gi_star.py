"""Gi* and local Moran with permutations, side by side in one run: geo.hotspots and esda.

    python bench/gi_star.py --rows 100 --columns 100 --permutations 999 [--statistic moran]

Each contender runs in a fresh process and gets the same counts; its first call is timed with its
imports done and everything it compiles included, and then the median of five more. Both hand back
a p for every cell; that the p-values are right is shown beside: their share under 1, 5 and 20 %
over grids of pure chance (a hundred of ours, the six timed of esda's). esda is listed in
bench/requirements-bench.in and belongs into a virtual environment of its own; without it only our
figures are shown.
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

CONTENDERS = ("ours, conditional", "ours, total", "ours, analytic", "esda", "esda, analytic")
REPEATS = 5
CHANCE = 100


def counts(rows: int, columns: int, seed: int) -> np.ndarray:
    """Overdispersed counts of pure chance, as incidents of a year per cell look."""
    rng = np.random.default_rng(seed)
    return rng.negative_binomial(2, 0.25, (rows, columns)).astype(float)


def contender(  # type: ignore[no-untyped-def]
    name: str, rows: int, columns: int, permutations: int, statistic: str
):
    """Return a function from values and a seed to p-values."""
    if statistic == "moran":
        return moran(name, rows, columns, permutations)
    if name.startswith("ours"):
        from geo.hotspots import gi_star

        if name.endswith("analytic"):
            return lambda x, seed: gi_star(x).p
        null = name.rpartition(" ")[2]
        return lambda x, seed: (
            gi_star(x, permutations=permutations, rng=np.random.default_rng(seed), null=null).p
        )
    from esda import G_Local
    from libpysal.weights import lat2W

    w = lat2W(rows, columns, rook=False)

    def run(x: np.ndarray, seed: int) -> np.ndarray:
        many = 0 if name.endswith("analytic") else permutations
        found = G_Local(
            x.ravel(), w, transform="B", star=True, permutations=many, n_jobs=1, seed=seed
        )
        return (found.p_sim if many else found.p_norm).reshape(x.shape)

    return run


def moran(name: str, rows: int, columns: int, permutations: int):  # type: ignore[no-untyped-def]
    """Return a function from values and a seed to p-values of local Moran."""
    many = 0 if name.endswith("analytic") else permutations
    if name.startswith("ours"):
        from geo.hotspots import local_moran

        return lambda x, seed: local_moran(x, permutations=many, rng=np.random.default_rng(seed)).p
    from esda import Moran_Local
    from libpysal.weights import lat2W

    w = lat2W(rows, columns, rook=False)

    def run(x: np.ndarray, seed: int) -> np.ndarray:
        found = Moran_Local(x.ravel(), w, permutations=max(many, 1), n_jobs=1, seed=seed)
        return found.p_sim.reshape(x.shape)

    return run


def measure(
    name: str, rows: int, columns: int, permutations: int, statistic: str
) -> dict[str, object]:
    """Time the first call and five more, and count small p-values."""
    run = contender(name, rows, columns, permutations, statistic)
    took, inner = [], []
    for seed in range(1 + REPEATS):
        x = counts(rows, columns, seed)
        begun, cpu = time.perf_counter(), time.process_time()
        p = run(x, seed)
        took.append((time.perf_counter() - begun, time.process_time() - cpu))
        inner.append((np.minimum(1.0, 2 * p) if name.startswith("esda") else p)[1:-1, 1:-1])
    # esda gives the smaller tail; one rearrangement serves all our cells, so that p-values of one
    # grid hang together and many grids are needed to see their distribution
    for seed in range(1 + REPEATS, CHANCE if name.startswith("ours") else 0):
        inner.append(run(counts(rows, columns, seed), seed)[1:-1, 1:-1])
    every = np.stack(inner)
    return {
        "first": took[0][0],
        "first_cpu": took[0][1],
        "warm": statistics.median(wall for wall, _ in took[1:]),
        "warm_cpu": statistics.median(cpu for _, cpu in took[1:]),
        "small": [float((every <= level).mean()) for level in (0.01, 0.05, 0.2)],
    }


def agreement(rows: int, columns: int, permutations: int, statistic: str) -> float:
    """Return the largest difference of conditional p from esda, on values without ties."""
    x = np.random.default_rng(0).gamma(2, size=(rows, columns))
    size = (rows, columns, permutations, statistic)
    ours = contender("ours, conditional", *size)(x, 1)
    theirs = np.minimum(1.0, 2 * contender("esda", *size)(x, 2))
    return float(np.abs(ours - theirs).max())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=100)
    parser.add_argument("--columns", type=int, default=100)
    parser.add_argument("--permutations", type=int, default=999)
    parser.add_argument("--statistic", choices=("gi_star", "moran"), default="gi_star")
    parser.add_argument("--one", choices=CONTENDERS, help=argparse.SUPPRESS)
    given = parser.parse_args()
    size = (given.rows, given.columns, given.permutations, given.statistic)
    if given.one:
        print(json.dumps(measure(given.one, *size)))
        return
    has_esda = importlib.util.find_spec("esda") is not None
    title = "Local Moran" if given.statistic == "moran" else "Gi*"
    print(f"{title}, {given.rows} x {given.columns} cells, {given.permutations} permutations")
    print("                     first call      warm     CPU warm   share of p <= 1 %, 5 %, 20 %")
    found = {}
    # esda has no analytic local Moran to compare with, and ours keeps the place's own value
    names = CONTENDERS if given.statistic == "gi_star" else ("ours, conditional", "esda")
    for name in names:
        if name.startswith("esda") and not has_esda:
            print(f"{name:18}  not installed (bench/requirements-bench.in)")
            continue
        command = [sys.executable, __file__, "--one", name, "--rows", str(given.rows)]
        command += ["--columns", str(given.columns), "--permutations", str(given.permutations)]
        command += ["--statistic", given.statistic]
        out = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        one = found[name] = json.loads(out.splitlines()[-1])
        shares = "  ".join(f"{100 * share:6.2f}" for share in one["small"])
        print(
            f"{name:18}  {1e3 * one['first']:8.1f} ms {1e3 * one['warm']:8.1f} ms "
            f"{1e3 * one['warm_cpu']:8.1f} ms   {shares}"
        )
    if has_esda:
        ours, theirs = found["ours, conditional"], found["esda"]
        print(f"first call: {theirs['first'] / ours['first']:.0f} x esda")
        print(f"warm:       {theirs['warm'] / ours['warm']:.0f} x esda")
        print(f"warm CPU:   {theirs['warm_cpu'] / ours['warm_cpu']:.0f} x esda")
        gap = agreement(20, 20, 9999, given.statistic)
        print(f"largest difference of p, 20 x 20 cells, 9,999 permutations each: {gap:.3f}")


if __name__ == "__main__":
    main()
