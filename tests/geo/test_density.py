"""Density: the sum of Gaussians on squares and hexagons, its mass and its edge."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import gaussian_kde, norm

from geo.density import Density, Method, kde, kde_of_each, kde_on
from geo.errors import GeoError
from geo.grid import HexGrid, SquareGrid, hex_grid, square_grid

BOX = (0.0, 0.0, 2000.0, 1500.0)


def direct_sum(points: np.ndarray, found: Density, weights: np.ndarray | None = None) -> np.ndarray:
    """Sum each point's Gaussian at every cell centre."""
    away = ((found.grid.centres()[:, None, :] - points) ** 2).sum(axis=2)
    kernel = np.exp(-away / (2 * found.bandwidth_m**2)) / (2 * np.pi * found.bandwidth_m**2)
    return (kernel @ (np.ones(len(points)) if weights is None else weights)).reshape(
        found.grid.shape
    )


def scattered(n: int, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    around = rng.normal([800, 700], 150, (n // 2, 2))
    return np.concatenate([around, rng.uniform([0, 0], [2000, 1500], (n - n // 2, 2))])


@settings(deadline=None, max_examples=25)
@given(st.integers(1, 30), st.floats(20, 200), st.integers(0, 2**32 - 1), st.booleans())
def test_the_exact_mode_is_the_sum_over_points(
    n: int, bw: float, seed: int, weighted: bool
) -> None:
    points = np.random.default_rng(seed).uniform(-100, 2100, (n, 2))
    w = np.random.default_rng(seed).exponential(size=n) if weighted else None
    found = kde(points, cell_m=20, bandwidth_m=bw, bounds=BOX, weights=w, method="exact")
    truth = direct_sum(points, found, w)
    np.testing.assert_allclose(
        found.per_m2, truth, rtol=0, atol=1e-8 * (truth.max() + n / (2 * np.pi * bw**2))
    )


def test_a_single_point_by_hand() -> None:
    # centre of cell (0, 0) is (5, 5): the peak there is 1 / (2 pi 20^2)
    found = kde(np.array([[5.0, 5.0]]), cell_m=10, bandwidth_m=20, bounds=(0, 0, 100, 100))
    assert found.per_m2[0, 0] == pytest.approx(1 / (2 * np.pi * 400))
    assert found.per_m2[0, 2] == pytest.approx(np.exp(-0.5) / (2 * np.pi * 400))


def test_it_equals_scipy_where_the_bandwidth_is_the_same_in_both_directions() -> None:
    rng = np.random.default_rng(2)
    points = rng.normal(500, 100, (400, 2))
    points = (points - points.mean(axis=0)) @ np.linalg.inv(np.linalg.cholesky(np.cov(points.T))).T
    peer = gaussian_kde(points.T * 100, bw_method=0.4)  # covariance is 100^2 I: sigma 40
    found = kde(points * 100, cell_m=20, bandwidth_m=40)
    density = peer(found.grid.centres().T).reshape(found.grid.shape) * 400
    np.testing.assert_allclose(found.per_m2, density, rtol=0, atol=1e-8 * density.max())


def test_many_binned_points_are_within_a_ten_thousandth_of_the_peak() -> None:
    points = scattered(1_000_000)
    binned, exact = (
        kde(points, cell_m=20, bandwidth_m=80, bounds=BOX, method=m).per_m2
        for m in ("binned", "exact")
    )
    assert np.abs(binned - exact).max() < 1e-4 * exact.max()


def test_auto_is_exact_for_few_points() -> None:
    points = scattered(500)
    auto, exact, binned = (
        kde(points, cell_m=20, bandwidth_m=60, bounds=BOX, method=m).per_m2
        for m in ("auto", "exact", "binned")
    )
    np.testing.assert_array_equal(auto, exact)
    assert 0 < np.abs(binned - exact).max() < 0.01 * exact.max()


@pytest.mark.parametrize("method", ["exact", "binned"])
@pytest.mark.parametrize("bandwidth_m", [30, 55, 150])
def test_mass_is_preserved_without_bounds(method: str, bandwidth_m: float) -> None:
    points = scattered(300)
    w = np.random.default_rng(1).uniform(0, 3, 300)
    found = kde(points, cell_m=25, bandwidth_m=bandwidth_m, weights=w, method=method)  # type: ignore[arg-type]
    assert found.per_m2.sum() * 25**2 == pytest.approx(w.sum(), rel=1e-8)
    assert (found.per_m2 >= 0).all()


@pytest.mark.parametrize("method", ["exact", "binned"])
@pytest.mark.parametrize("bandwidth_m", [30, 150])
def test_edge_correction_keeps_the_whole_mass_inside(method: str, bandwidth_m: float) -> None:
    points = scattered(300)
    x = (np.arange(80) + 0.5) * 25
    inside = np.tile(x > 400, (60, 1))
    found = kde(
        points,
        cell_m=25,
        bandwidth_m=bandwidth_m,
        bounds=BOX,
        inside=inside,
        edge="diggle",
        method=method,  # type: ignore[arg-type]
    )
    assert found.n == (points[:, 0] > 400).sum()
    assert found.n + found.n_outside == 300
    assert found.per_m2.sum() * 25**2 == pytest.approx(found.n, rel=1e-8)
    assert (found.per_m2[:, :16] == 0).all()


def test_edge_correction_makes_the_border_as_dense_as_the_middle() -> None:
    points = np.random.default_rng(0).uniform([0, 0], [2000, 1500], (200_000, 2))
    middle = 200_000 / (2000 * 1500)
    border = {
        edge: kde(points, cell_m=25, bandwidth_m=100, bounds=BOX, edge=edge).per_m2[0].mean()
        for edge in ("none", "diggle", "uniform")
    }
    assert border["none"] == pytest.approx(middle / 2, rel=0.15)
    assert border["none"] * 1.2 < border["diggle"] < middle
    assert border["uniform"] == pytest.approx(middle, rel=0.03)


def test_uniform_correction_divides_by_the_kernel_inside() -> None:
    # cells of 10 m, kernel 20 m; a straight border at x = 0 and a point far from the others:
    # at a centre 5 m inside the part inside is the normal distribution up to 5 / 20
    box, point = (0, 0, 1000, 1000), np.array([[25.0, 505.0]])
    plain = kde(point, cell_m=10, bandwidth_m=20, bounds=box)
    held = kde(point, cell_m=10, bandwidth_m=20, bounds=box, edge="uniform")
    ratio = plain.per_m2[50, 0] / held.per_m2[50, 0]
    assert ratio == pytest.approx(norm.cdf(5 / 20), abs=0.002)
    assert held.per_m2[50, 20] == pytest.approx(plain.per_m2[50, 20])
    outside = kde(np.array([[-5.0, 505.0]]), cell_m=10, bandwidth_m=20, bounds=box, edge="uniform")
    assert (outside.n, outside.per_m2.max()) == (0, 0)


def test_without_correction_points_beyond_the_border_reach_in() -> None:
    found = kde(np.array([[-10.0, 50.0]]), cell_m=10, bandwidth_m=20, bounds=(0, 0, 100, 100))
    away = np.exp(-(15**2 + 5**2) / 800) / (2 * np.pi * 400)
    assert found.per_m2[4, 0] == pytest.approx(away)
    binned = kde(
        np.array([[-15.0, 45.0]]),
        cell_m=10,
        bandwidth_m=40,
        bounds=(0, 0, 100, 100),
        method="binned",
    )
    assert binned.per_m2[4, 0] == pytest.approx(
        np.exp(-(20**2) / (2 * (1600 - 100 / 6))) / (2 * np.pi * (1600 - 100 / 6)), rel=1e-3
    )


def test_weights_are_repeated_points() -> None:
    points = scattered(20)
    twice = kde(np.concatenate([points, points[:5]]), cell_m=20, bandwidth_m=50, bounds=BOX)
    w = np.r_[np.full(5, 2.0), np.ones(15)]
    for method in ("exact", "binned"):
        once = kde(points, cell_m=20, bandwidth_m=50, bounds=BOX, weights=w, method=method)
        many = kde(
            np.concatenate([points, points[:5]]),
            cell_m=20,
            bandwidth_m=50,
            bounds=BOX,
            method=method,
        )
        np.testing.assert_allclose(once.per_m2, many.per_m2, rtol=0, atol=1e-15)
    assert twice.n == 25


def test_no_points_and_unlocated_points() -> None:
    nothing = kde(np.empty((0, 2)), cell_m=20, bandwidth_m=50, bounds=BOX)
    assert nothing.per_m2.shape == (75, 100)
    assert (nothing.per_m2 == 0).all()
    assert kde(np.empty((0, 2)), cell_m=20, bandwidth_m=50).per_m2.shape == (1, 1)
    points = np.array([[np.nan, 5.0], [500.0, 500.0]])
    found = kde(points, cell_m=20, bandwidth_m=50, bounds=BOX, weights=np.array([7.0, 2.0]))
    assert (found.n, found.n_outside) == (1, 1)
    assert found.per_m2.sum() * 400 == pytest.approx(2)


HEX = hex_grid((0.0, 0.0, 1500.0, 1200.0), cell_m=50.0)


@settings(deadline=None, max_examples=25)
@given(st.integers(1, 30), st.floats(50, 400), st.integers(0, 2**32 - 1), st.booleans())
def test_on_hexagons_the_exact_mode_is_the_sum_over_points(
    n: int, bw: float, seed: int, weighted: bool
) -> None:
    points = np.random.default_rng(seed).uniform(-100, 1600, (n, 2))
    w = np.random.default_rng(seed).exponential(size=n) if weighted else None
    found = kde_on(points, HEX, bandwidth_m=bw, weights=w, method="exact")
    truth = direct_sum(points, found, w)
    np.testing.assert_allclose(
        found.per_m2, truth, rtol=0, atol=1e-8 * (truth.max() + n / (2 * np.pi * bw**2))
    )


def test_a_single_point_on_hexagons_by_hand() -> None:
    # the point is the centre of a hexagon of an odd row; its neighbours are 50 m away
    centre = HEX.centres().reshape(*HEX.shape, 2)[5, 7]
    found = kde_on(centre[None], HEX, bandwidth_m=100).per_m2
    peak = 1 / (2 * np.pi * 100**2)
    assert found[5, 7] == pytest.approx(peak)
    around = [found[5, 6], found[5, 8], found[4, 7], found[4, 8], found[6, 7], found[6, 8]]
    assert around == pytest.approx([peak * np.exp(-(50**2) / (2 * 100**2))] * 6)


@pytest.mark.parametrize("method", ["exact", "binned"])
@pytest.mark.parametrize("bandwidth_m", [50, 120, 300])
def test_edge_correction_keeps_the_whole_mass_inside_hexagons(
    method: Method, bandwidth_m: float
) -> None:
    points = scattered(300)
    inside = (HEX.centres()[:, 0] > 400).reshape(HEX.shape)
    found = kde_on(
        points, HEX, bandwidth_m=bandwidth_m, inside=inside, edge="diggle", method=method
    )
    cell = HEX.cell_of(points)
    assert found.n == ((cell >= 0) & inside.ravel()[cell]).sum()
    assert found.per_m2.sum() * 50**2 * np.sqrt(3) / 2 == pytest.approx(found.n, rel=1e-8)
    assert (found.per_m2[~inside] == 0).all()


def test_hexagons_and_squares_tell_the_same_density() -> None:
    points = scattered(20_000)
    square = kde(points, cell_m=25, bandwidth_m=100, bounds=BOX, edge="uniform", method="exact")
    grid = hex_grid(BOX, cell_m=25)
    inside = np.ones(grid.shape, bool)
    for method in ("exact", "binned"):
        found = kde_on(points, grid, bandwidth_m=100, inside=inside, edge="none", method=method)  # type: ignore[arg-type]
        middle = (np.abs(grid.centres() - [1000, 750]) < [500, 300]).all(axis=1)
        cell = square.grid.cell_of(grid.centres()[middle])
        gap = found.per_m2.ravel()[middle] - square.per_m2.ravel()[cell]
        assert np.abs(gap).max() < 0.1 * square.per_m2.max()  # centres are up to 18 m apart
        assert abs(gap.mean()) < 0.002 * square.per_m2.max()


@pytest.mark.parametrize("grid", [HEX, square_grid(BOX, cell_m=40)])
def test_several_sets_are_each_as_one_alone(grid: HexGrid | SquareGrid) -> None:
    points = scattered(400)
    cell = grid.cell_of(points)
    points = points[cell >= 0]
    inside = (np.bincount(cell[cell >= 0], minlength=grid.nx * grid.ny) > 0).reshape(grid.shape)
    sets = [points[:50], points[:0], points[50:]]
    found = kde_of_each(sets, grid, bandwidth_m=90, inside=inside, binned_above=100)
    for one, xy, method in zip(found, sets, ("exact", "exact", "binned"), strict=True):
        alone = kde_on(
            xy,
            grid,
            bandwidth_m=90,
            inside=inside,
            edge="diggle",
            method=method,  # type: ignore[arg-type]
        )
        np.testing.assert_array_equal(one, alone.per_m2)


def test_binned_hexagons_are_close_to_the_sum() -> None:
    points = scattered(100_000)
    exact, binned = (
        kde_on(points, HEX, bandwidth_m=200, method=m).per_m2  # type: ignore[arg-type]
        for m in ("exact", "binned")
    )
    assert np.abs(binned - exact).max() < 3e-4 * exact.max()


def test_uniform_correction_on_hexagons_makes_the_border_as_dense_as_the_middle() -> None:
    points = np.random.default_rng(0).uniform(-100, 1700, (300_000, 2))  # all hexagons and more
    inside = np.ones(HEX.shape, bool)
    found = kde_on(points, HEX, bandwidth_m=150, inside=inside, edge="uniform")
    even = 300_000 / 1800**2
    assert found.per_m2.mean() == pytest.approx(even, rel=0.01)
    for border in (found.per_m2[0], found.per_m2[-1], found.per_m2[:, 0], found.per_m2[:, -1]):
        assert border.mean() == pytest.approx(even, rel=0.03)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"bandwidth_m": 19}, "cells no wider than the bandwidth"),
        ({"bandwidth_m": np.inf}, "bandwidth_m is inf"),
        ({"weights": np.ones(3)}, "2 finite weights"),
        ({"weights": np.array([1.0, -1])}, "2 finite weights"),
        ({"inside": np.ones((3, 3), bool)}, "same bounds and cell_m"),
        ({"bandwidth_m": 1e6}, "larger cell_m"),
    ],
)
def test_what_cannot_be_smoothed_is_refused(given: dict[str, object], message: str) -> None:
    call = {"cell_m": 20, "bandwidth_m": 50, "bounds": BOX} | given
    with pytest.raises(GeoError, match=message):
        kde(np.zeros((2, 2)), **call)  # type: ignore[arg-type]
