"""A study area in squares or hexagons: aligned, named, and with a cell for every point."""

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.errors import GeoError
from geo.study_area import CELL_KINDS, CellKind, cell_bounds, lay_cells

BOX = shapely.box(-130.0, 40.0, 470.0, 390.0)


@settings(deadline=None, max_examples=40)
@given(
    st.sampled_from(CELL_KINDS),
    st.integers(0, 2**32 - 1),
    st.floats(20, 300),
    st.floats(-3000, 3000),
    st.floats(-3000, 3000),
)
def test_every_point_lies_in_the_cell_that_bears_its_name(
    kind: CellKind, seed: int, cell_m: float, x: float, y: float
) -> None:
    points = np.random.default_rng(seed).uniform([x, y], [x + 700, y + 500], (25, 2))
    area = lay_cells(shapely.box(x, y, x + 300, y + 300), points, cell_m=cell_m, kind=kind)
    assert area is not None
    assert (area.cell >= 0).all()
    assert area.inside.ravel()[area.cell].all()
    for point, name in zip(points, area.names(area.cell), strict=True):
        outline = shapely.Polygon(cell_bounds(name, cell_m=cell_m))
        assert outline.distance(shapely.Point(point)) < 1e-6
        assert outline.area == pytest.approx(area.cell_m2)


@pytest.mark.parametrize("kind", CELL_KINDS)
def test_two_areas_share_their_cells(kind: CellKind) -> None:
    points = np.random.default_rng(0).uniform(100, 300, (50, 2))
    one = lay_cells(BOX, points, cell_m=70, kind=kind)
    other = lay_cells(shapely.box(0, -900, 900, 350), points, cell_m=70, kind=kind)
    assert one is not None
    assert other is not None
    assert one.names(one.cell) == other.names(other.cell)


@pytest.mark.parametrize("kind", CELL_KINDS)
def test_a_cell_belongs_to_the_area_by_its_middle_or_by_a_point(kind: CellKind) -> None:
    far = np.array([[900.0, 900.0]])
    area = lay_cells(BOX, far, cell_m=50, kind=kind)
    assert area is not None
    centres = shapely.points(area.grid.centres())
    held = shapely.contains(BOX, centres)
    held[area.cell[0]] = True
    np.testing.assert_array_equal(area.inside.ravel(), held)


def test_names_by_hand() -> None:
    square = lay_cells(BOX, np.array([[120.0, 260.0], [-1.0, 41.0]]), cell_m=50)
    assert square is not None
    assert square.names(square.cell) == ["x2y5", "x-1y0"]
    # row 3 of hexagons is odd: its middles are at 25, 75, 125 ... and at 3 * 43.3 = 129.9
    hexagon = lay_cells(BOX, np.array([[125.0, 130.0], [0.0, 86.0]]), cell_m=50, kind="hexagon")
    assert hexagon is not None
    assert hexagon.names(hexagon.cell) == ["h2r3", "h0r2"]
    middle = cell_bounds("h2r3", cell_m=50).mean(axis=0)
    assert middle == pytest.approx([125.0, 3 * 50 * np.sqrt(3) / 2])
    assert cell_bounds("x-1y0", cell_m=50).tolist() == [[-50, 0], [0, 0], [0, 50], [-50, 50]]


def test_without_an_area_the_points_alone_have_cells_and_without_both_there_are_none() -> None:
    nowhere = shapely.Polygon()
    assert lay_cells(nowhere, np.empty((0, 2)), cell_m=50) is None
    area = lay_cells(nowhere, np.array([[10.0, 10.0]]), cell_m=50, kind="hexagon")
    assert area is not None
    assert area.inside.sum() == 1


def test_what_has_no_cells_is_refused() -> None:
    with pytest.raises(GeoError, match="square or hexagon"):
        lay_cells(BOX, np.empty((0, 2)), cell_m=50, kind="triangle")  # type: ignore[arg-type]
    with pytest.raises(GeoError, match="x12y7 or h12r7"):
        cell_bounds("12,7", cell_m=50)
