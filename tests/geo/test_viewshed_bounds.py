"""No view reads or writes beyond its tables: kernels look at no bounds unless compiled to."""

import os
import subprocess
import sys
from pathlib import Path

VIEWS = """
import numpy as np
from geo.viewshed import viewsheds

rng = np.random.default_rng(0)


def ring(n):
    turn = 2 * np.pi * np.arange(n) / n
    xy = 50.0 * np.column_stack([np.cos(turn), np.sin(turn)])
    return np.hstack([xy, np.roll(xy, -1, axis=0)])


def hair(n):
    half, low = 1 + 0.1 * np.arange(n), np.full(n, -5e-7)
    return np.column_stack([half, low, -half, low])


cities = [np.empty((0, 4)), *(ring(n) for n in (3, 9, 85, 86, 128, 700))]
cities += [hair(n) for n in (1, 43, 84, 130)]
for n in (1, 8, 60, 300):
    cities.append(rng.uniform(-40, 40, (n, 4)))
    cities.append(np.round(rng.uniform(-20, 20, (n, 4))))
    near = rng.uniform(-40, 40, (n, 2))
    cities.append(np.hstack([near, near * (1 + rng.uniform(1e-4, 1e-2, (n, 1)))]))
for walls in cities:
    for arcs in (8, 9, 90, 3600):
        x, y = rng.uniform(-45, 45, (2, 24))
        x[:4] = y[:4] = 0.0
        if len(walls):
            k = rng.integers(0, len(walls), 12)
            x[12:], y[12:] = walls[k, 0], walls[k, 1]
            middle = (walls[k[:6], :2] + walls[k[:6], 2:]) / 2
            x[18:], y[18:] = middle.T
        views = viewsheds(
            x, y, walls, range_m=rng.choice([1e-5, 1.0, 30.0, 60.0, 1e5], 24),
            bearing_deg=rng.uniform(0, 360, 24), hfov_deg=rng.choice([5.0, 90.0, 200.0, 360.0], 24),
            arc_vertices=arcs,
        )
        assert np.isfinite(views.vertices_xy).all()
print("all within")
"""


def test_no_view_leaves_its_tables(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", VIEWS], capture_output=True, text=True, check=False, timeout=400,
        env=os.environ | {"NUMBA_BOUNDSCHECK": "1", "NUMBA_CACHE_DIR": str(tmp_path)},
    )  # fmt: skip
    assert done.stdout.strip() == "all within", done.stderr[-2000:]
