"""Gi* and local Moran on hexagons: six neighbours, a planted cluster, and quiet under chance."""

from functools import partial

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.grid import HexGrid, hex_grid
from geo.hotspots import gi_star, local_moran
from geo.weights import hex_contiguity

GRID = hex_grid((0.0, 0.0, 3000.0, 3000.0), cell_m=150.0)
BESIDE = hex_contiguity(GRID)


def counted(points: np.ndarray) -> np.ndarray:
    return np.bincount(GRID.cell_of(points), minlength=GRID.nx * GRID.ny)


def test_a_hexagon_inside_has_six_neighbours() -> None:
    degree = np.diff(BESIDE.indptr).reshape(GRID.ny, GRID.nx)
    assert (degree[1:-1, 1:-1] == 6).all()
    assert degree.min() >= 2


def test_z_is_that_of_the_hexagon_and_its_neighbours_by_hand() -> None:
    rng = np.random.default_rng(0)
    n = counted(rng.uniform(0, 3000, (900, 2)))
    found = gi_star(n, BESIDE)
    cell = (GRID.ny // 2) * GRID.nx + GRID.nx // 2
    around = [cell, *BESIDE.indices[BESIDE.indptr[cell] : BESIDE.indptr[cell + 1]]]
    assert len(around) == 7
    spread = n.std() * np.sqrt((len(n) * 7 - 49) / (len(n) - 1))
    assert np.isclose(found.z[cell], (n[around].sum() - 7 * n.mean()) / spread)


@settings(deadline=None, max_examples=30)
@given(st.integers(2, 7), st.integers(2, 7), st.integers(0, 2**32 - 1))
def test_rows_of_hexagons_give_what_their_matrix_of_neighbours_gives(
    ny: int, nx: int, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    n = rng.poisson(3.0, (ny, nx)).astype(float)
    n[rng.random((ny, nx)) < 0.2] = np.nan
    beside = hex_contiguity(HexGrid(0.0, 0.0, 100.0, nx, ny))
    for measure in (gi_star, partial(gi_star, approximation="gamma"), local_moran):
        rows, matrix = measure(n, neighbourhood="hexagon"), measure(n.ravel(), beside)
        assert rows.outcome == matrix.outcome
        np.testing.assert_allclose(rows.z.ravel(), matrix.z, atol=1e-9)
        np.testing.assert_allclose(rows.p.ravel(), matrix.p, atol=1e-9)


def test_a_planted_cluster_is_hot_and_high_among_high() -> None:
    rng = np.random.default_rng(1)
    planted = rng.normal([1500, 1500], 100, (120, 2))
    n = counted(np.concatenate([rng.uniform(0, 3000, (1200, 2)), planted]))
    star = gi_star(n, BESIDE, approximation="gamma")
    moran = local_moran(n, BESIDE, permutations=9999, rng=rng)
    centre = GRID.cell_of(np.array([[1500.0, 1500.0]]))[0]
    assert star.p_fdr[centre] <= 0.05
    assert star.z[centre] > 0
    assert moran.quadrant[centre] == 1
    hot = np.flatnonzero((star.p_fdr <= 0.05) & (star.z > 0))
    away = np.hypot(*(GRID.centres()[hot] - 1500).T)
    assert away.max() < 500


def test_chance_on_hexagons_is_significant_as_often_as_it_may_be() -> None:
    before, after = [], 0
    for seed in range(200):
        n = np.random.default_rng(seed).poisson(5.0, GRID.nx * GRID.ny)
        found = gi_star(n, BESIDE, approximation="gamma")
        before.append((found.p <= 0.05).mean())
        after += bool((found.p_fdr <= 0.05).any())
    assert 0.03 < np.mean(before) < 0.055
    assert after <= 16
