"""Neighbours: grids, hexagons, distance bands, polygons."""

import numpy as np
import pytest
import shapely

from geo.errors import GeoError
from geo.grid import hex_grid, square_grid
from geo.weights import adjacency, contiguity, distance_band, from_neighbours, hex_contiguity


def test_queen_neighbours_of_a_three_by_three_grid() -> None:
    w = contiguity((3, 3)).toarray()
    assert w.sum(axis=1).tolist() == [3, 5, 3, 5, 8, 5, 3, 5, 3]
    assert w[0].nonzero()[0].tolist() == [1, 3, 4]
    assert (w == w.T).all()


def test_grid_contiguity_is_what_the_distances_of_centres_say() -> None:
    grid = square_grid((0, 0, 70, 50), cell_m=10)
    for radius in (1.0, 1.5, 2.3):
        by_steps = contiguity(grid.shape, radius_cells=radius)
        by_distance = distance_band(grid.centres(), radius_m=radius * 10 + 1e-6)
        assert (by_steps.toarray() == by_distance.toarray()).all()


def test_a_hexagon_inside_has_six_neighbours() -> None:
    grid = hex_grid((0, 0, 600, 600), cell_m=100)
    touching = adjacency(grid.polygons(), gap_m=0.01)
    assert (hex_contiguity(grid).toarray() == touching.toarray()).all()
    assert hex_contiguity(grid).sum(axis=1).max() == 6


def test_polygons_across_a_street_are_neighbours_when_the_gap_allows() -> None:
    blocks = [shapely.box(0, 0, 10, 10), shapely.box(25, 0, 35, 10), shapely.box(100, 0, 110, 10)]
    assert adjacency(blocks).sum() == 0
    assert adjacency(blocks, gap_m=15).toarray().tolist() == [[0, 1, 0], [1, 0, 0], [0, 0, 0]]


def test_a_neighbour_named_twice_counts_once() -> None:
    assert from_neighbours([[1, 1], [0], []]).toarray().tolist() == [[0, 1, 0], [1, 0, 0], [0] * 3]


def test_lists_that_count_from_one_are_refused() -> None:
    with pytest.raises(GeoError, match="Subtract 1"):
        from_neighbours([[1], [2]])


def test_a_band_of_no_width_is_refused() -> None:
    with pytest.raises(GeoError, match="more than 0 was expected"):
        distance_band(np.zeros((2, 2)), radius_m=0)
