"""Grids: every point has the right cell, and cells the right places."""

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from geo.errors import GeoError
from geo.grid import SquareGrid, as_points, hex_grid, offsets, square_grid

metres = st.floats(-5000, 5000)


def test_square_cells_count_from_the_south_west() -> None:
    grid = square_grid((0, 0, 30, 20), cell_m=10)
    points = np.array([[1.0, 1.0], [11.0, 1.0], [1.0, 11.0], [30.0, 20.0], [30.1, 5.0]])
    assert grid.shape == (2, 3)
    assert grid.cell_of(points).tolist() == [0, 1, 3, 5, -1]


def test_a_grid_reaches_past_a_box_that_is_no_whole_number_of_cells() -> None:
    assert square_grid((0, 0, 31, 20), cell_m=10).bounds == (0, 0, 40, 20)


def test_a_box_of_no_size_still_has_one_cell() -> None:
    assert square_grid((5, 5, 5, 5), cell_m=10).shape == (1, 1)
    assert square_grid((0.1, 0, 0.1 + 3 * 0.1, 0.1), cell_m=0.1).shape == (1, 3)


def test_unknown_points_have_no_cell() -> None:
    assert SquareGrid(0, 0, 1, 2, 2).cell_of(np.array([[np.nan, 1.0]])).tolist() == [-1]


@given(st.lists(st.tuples(metres, metres), min_size=1, max_size=20))
def test_a_square_holds_the_points_it_is_given(points: list[tuple[float, float]]) -> None:
    xy = np.array(points)
    grid = square_grid((*xy.min(axis=0), *xy.max(axis=0)), cell_m=150)
    cells = grid.cell_of(xy)
    assert (cells >= 0).all()
    gaps = shapely.distance(grid.polygons()[cells], shapely.points(xy))
    assert gaps.max() < 1e-6
    away = np.abs(grid.centres()[cells] - xy)
    assert away.max() <= 75 + 1e-6


@given(st.lists(st.tuples(metres, metres), min_size=1, max_size=20), st.floats(100, 3000))
def test_every_point_has_its_hexagon(points: list[tuple[float, float]], cell_m: float) -> None:
    xy = np.array(points)
    grid = hex_grid((*xy.min(axis=0), *xy.max(axis=0)), cell_m=cell_m)
    cells = grid.cell_of(xy)
    assert (cells >= 0).all()
    gaps = shapely.distance(grid.polygons()[cells], shapely.points(xy))
    assert gaps.max() < 1e-6


def test_a_point_far_from_the_hexagons_has_none() -> None:
    grid = hex_grid((0, 0, 10, 10), cell_m=5)
    assert grid.cell_of(np.array([[100.0, 0.0], [0.0, -100.0]])).tolist() == [-1, -1]


def test_hexagons_tile_the_plane() -> None:
    cells = hex_grid((0, 0, 1000, 1000), cell_m=200).polygons()
    # area of a hexagon: sqrt(3) / 2 * width^2
    assert shapely.area(cells) == pytest.approx(np.sqrt(3) / 2 * 200**2)
    assert shapely.area(shapely.union_all(cells)) == pytest.approx(shapely.area(cells).sum())


@pytest.mark.parametrize(("radius", "count"), [(1, 4), (1.5, 8), (2, 12), (2.9, 24)])
def test_a_radius_takes_the_cells_within_it(radius: float, count: int) -> None:
    # within 2: the 8 around and 4 two steps off; within 2.9 the whole 5 by 5 (corner 2.83)
    assert len(offsets(radius_cells=radius)) == count


def test_rook_and_queen_are_four_and_eight() -> None:
    assert (len(offsets("rook")), len(offsets("queen"))) == (4, 8)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: square_grid((0, 0, 1, 1), cell_m=0), "cell_m is 0; more than 0"),
        (lambda: square_grid((0, 0, np.nan, 1), cell_m=1), "finite west <= east"),
        (lambda: hex_grid((2, 0, 1, 1), cell_m=1), "finite west <= east"),
        (lambda: square_grid((0, 0, 1e6, 1e6), cell_m=1), "larger cell_m"),
        (lambda: offsets(radius_cells=0.5), "radius_cells is 0.5"),
        (lambda: offsets("bishop"), "queen or rook was expected"),  # type: ignore[arg-type]
        (lambda: as_points([1.0, 2.0, 3.0], where="here"), r"here: points have shape \(3,\)"),
    ],
)
def test_what_cannot_be_laid_out_is_refused(make: object, message: str) -> None:
    with pytest.raises(GeoError, match=message):
        make()  # type: ignore[operator]
