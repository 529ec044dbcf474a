"""Views of many walls: as many as no table has room for at first, and crossing as they like."""

import numpy as np
import pytest
from numpy.typing import NDArray

from geo.viewshed import isovist_area, viewsheds

Walls = NDArray[np.float64]


def ring(n: int, radius_m: float, rng: np.random.Generator) -> Walls:
    """Room of n equal walls round (0, 0), in any order and direction."""
    turn = 2 * np.pi * (np.arange(n) + rng.uniform()) / n
    xy = radius_m * np.column_stack([np.cos(turn), np.sin(turn)])
    walls = np.hstack([xy, np.roll(xy, -1, axis=0)])
    back = rng.random(n) < 0.5
    walls[back] = walls[back][:, [2, 3, 0, 1]]
    return walls[rng.permutation(n)]


def area_of_ring(n: int, radius_m: float) -> float:
    return n / 2 * radius_m**2 * np.sin(2 * np.pi / n)


@pytest.mark.parametrize("n", [3, 8, 31, 32, 33, 63, 64, 65, 66, 127, 128, 129, 130, 257, 2000])
def test_a_room_of_any_number_of_walls_is_seen_whole(n: int) -> None:
    rng = np.random.default_rng(n)
    walls = ring(n, 50.0, rng)
    views = viewsheds([0.0], [0.0], walls, range_m=60.0)
    assert views.areas_m2[0] == pytest.approx(area_of_ring(n, 50.0), rel=1e-12)
    assert len(views.vertices_xy) == n + 1  # one where the view begins, amid a wall
    wedge = viewsheds([0.0] * 4, [0.0] * 4, walls, range_m=60.0, hfov_deg=90.0,
                      bearing_deg=[10.0, 100.0, 190.0, 280.0])  # fmt: skip
    assert wedge.areas_m2.sum() == pytest.approx(views.areas_m2[0], rel=1e-12)


def test_rooms_behind_rooms_are_not_seen() -> None:
    rng = np.random.default_rng(2)
    rooms = [ring(n, radius, rng) for n, radius in ((90, 20.0), (200, 30.0), (400, 40.0))]
    walls = np.concatenate(rooms)
    assert isovist_area(0, 0, walls, range_m=60) == pytest.approx(area_of_ring(90, 20.0), rel=1e-12)


@pytest.mark.parametrize("side", [1.0, -1.0])
def test_walls_crowded_on_one_side_are_all_seen(side: float) -> None:
    """Spokes of a fan, each hiding nothing but itself: the area is the whole circle's."""
    turn = side * np.linspace(0.05, np.pi - 0.05, 300)
    spokes = np.column_stack([np.cos(turn), np.sin(turn)])
    tilt = 1e-3 * np.column_stack([-np.sin(turn), np.cos(turn)])
    walls = np.hstack([10 * (spokes - tilt), 10 * (spokes + tilt)])  # 2 cm wide, 10 m away
    hidden = 300 * (np.arctan(1e-3) * 20**2 - 10**2 * 1e-3)
    seen = isovist_area(0, 0, walls, range_m=20)
    assert seen == pytest.approx(np.pi * 20**2 - hidden, rel=1e-12)


def test_a_crowded_view_among_others_changes_none_of_them() -> None:
    rng = np.random.default_rng(4)
    crowd = ring(3000, 50.0, rng) + np.array([500.0, 0.0, 500.0, 0.0])
    fence = np.array([[-5.0, 5.0, 5.0, 5.0]])
    x = np.array([0.0, 500.0, 0.5, 500.0, -0.5])
    views = viewsheds(x, np.zeros(5), np.concatenate([fence, crowd]), range_m=60.0)
    alone = [viewsheds([one], [0.0], np.concatenate([fence, crowd]), range_m=60.0) for one in x]
    assert views.areas_m2.tolist() == [one.areas_m2[0] for one in alone]
    for k, one in enumerate(alone):
        shown = views.vertices_xy[views.offsets[k] : views.offsets[k + 1]]
        assert np.array_equal(shown, one.vertices_xy)


def exact_area(walls: Walls, range_m: float) -> float:
    """Area seen from (0, 0), by every direction in which anything can change."""
    a, e = walls[:, :2], walls[:, 2:] - walls[:, :2]
    turns = [np.arctan2(walls[:, 1::2], walls[:, 0::2]).ravel()]
    i, j = np.triu_indices(len(walls), 1)
    across = e[i, 0] * e[j, 1] - e[i, 1] * e[j, 0]
    d = a[j] - a[i]
    t = (d[:, 0] * e[j, 1] - d[:, 1] * e[j, 0]) / across
    points = [a[i] + t[:, None] * e[i]]
    along, length2 = -(a * e).sum(axis=1), (e * e).sum(axis=1)
    root = np.sqrt(np.maximum(along**2 - length2 * ((a * a).sum(axis=1) - range_m**2), 0.0))
    points += [a + ((along + sign * root) / length2)[:, None] * e for sign in (-1, 1)]
    turns += [np.arctan2(xy[:, 1], xy[:, 0]) for xy in points]
    edges = np.unique(np.concatenate([*turns, [-np.pi, np.pi]]))
    low, high = edges[:-1], edges[1:]
    middle = (low + high) / 2

    def distances(turn: NDArray[np.float64]) -> NDArray[np.float64]:
        ux, uy = np.cos(turn)[:, None], np.sin(turn)[:, None]
        return (a[:, 0] * e[:, 1] - a[:, 1] * e[:, 0]) / (ux * e[:, 1] - uy * e[:, 0])

    ux, uy = np.cos(middle)[:, None], np.sin(middle)[:, None]
    where = (uy * a[:, 0] - ux * a[:, 1]) / (ux * e[:, 1] - uy * e[:, 0])
    far = distances(middle)
    met = (where >= 0) & (where <= 1) & (far > 0) & (far <= range_m)
    far = np.where(met, far, np.inf)
    nearest = far.argmin(axis=1)
    row = np.arange(len(middle))
    first, last = distances(low)[row, nearest], distances(high)[row, nearest]
    walled = 0.5 * first * last * np.sin(high - low)
    return float(
        np.where(np.isfinite(far[row, nearest]), walled, range_m**2 * (high - low) / 2).sum()
    )


@pytest.mark.parametrize(
    "walls",
    [
        [[5, 5, 0, 10], [0, 10, -5, 5], [4, 8, -4, 8.1]],  # across the corner of two others
        [[5, 10, -5, 10], [4, 12, -4, 6], [-0.5, 3, -6, 3.1]],  # behind one that begins before it
    ],
)
def test_a_wall_that_crosses_between_events_is_seen(walls: list[list[float]]) -> None:
    them = np.array(walls, dtype=float)
    seen = isovist_area(0, 0, them, range_m=30)
    assert seen == pytest.approx(exact_area(them, 30.0), rel=1e-9)


@pytest.mark.parametrize("n", [65, 80, 90, 100, 300])
def test_walls_in_one_narrow_sector_are_kept_apart(n: int) -> None:
    turn, half = np.linspace(0.05, 0.054, n), 4e-6
    spokes = np.column_stack([np.cos(turn), np.sin(turn)])
    tilt = half * np.column_stack([-np.sin(turn), np.cos(turn)])
    walls = np.hstack([10 * (spokes - tilt), 10 * (spokes + tilt)])
    seen = isovist_area(0, 0, walls, range_m=20)
    hidden = n * (np.arctan(half) * 400 - 100 * half)
    assert seen == pytest.approx(np.pi * 400 - hidden, rel=1e-11)


def test_a_tiny_circle_repeats_no_vertex() -> None:
    xy = viewsheds([0.0], [0.0], np.empty((0, 4)), range_m=1e-5).vertices_xy
    assert len(xy) >= 8
    assert np.abs(xy - np.roll(xy, 1, axis=0)).max(axis=1).min() >= 0.999e-6


END_ON = [  # origin, wall, range: rounding has these walls narrow as one direction, or reversed
    (
        0.0, 0.0,
        [-6.398529585309625, -7.684973594353949, -6.398529585294382, -7.68497359436664], 50.0,
    ),
    (
        500044.1649846834, 4400040.672553943,
        [500030.0873982138, 4399994.278419585, 500029.75591009227, 4399993.185966381], 80.0,
    ),
    (0.0, 0.0, [44.81039406853518, 25.60292950255969, 44.845212630089726, 25.62282348464559], 80.0),
    (
        0.0, 0.0,
        [-548.8558260979089, 336.5673720525253, -549.2228166308811, 336.79241665144804], 1287.66,
    ),
]  # fmt: skip


@pytest.mark.parametrize(("x", "y", "wall", "range_m"), END_ON)
def test_a_wall_seen_end_on_hides_nothing(
    x: float, y: float, wall: list[float], range_m: float
) -> None:
    seen = isovist_area(x, y, [wall], range_m=range_m)
    assert seen == pytest.approx(np.pi * range_m**2, rel=1e-9)


def test_short_walls_seen_end_on_hide_nothing() -> None:
    rng = np.random.default_rng(8)
    n = 20_000
    turn, away, long = (
        rng.uniform(0, 2 * np.pi, n),
        rng.uniform(5, 60, n),
        rng.uniform(1e-3, 0.2, n),
    )
    unit = np.column_stack([np.cos(turn), np.sin(turn)])
    walls = np.hstack([away[:, None] * unit, (away + long)[:, None] * unit])
    apart = 1000.0 * np.column_stack([np.arange(n) % 200, np.arange(n) // 200])
    for base in (0.0, 4.4e6):
        xy = apart + base
        near = walls + np.hstack([xy, xy])
        seen = viewsheds(*xy.T, near, range_m=80.0).areas_m2
        np.testing.assert_allclose(seen, np.pi * 80.0**2, rtol=1e-9)


def test_many_walls_a_hair_from_the_origin_hide_one_half() -> None:
    for n in (60, 80, 84, 200):
        half, hair = 1 + 0.1 * np.arange(n), np.full(n, -5e-7)
        walls = np.column_stack([half, hair, -half, hair])
        seen = viewsheds([0.0], [0.0], walls, range_m=50.0).areas_m2[0]
        assert seen == pytest.approx(np.pi * 50.0**2 / 2, rel=1e-6)


@pytest.mark.parametrize("seed", range(40))
def test_what_was_seen_before_changes_no_bit(seed: int) -> None:
    """Walls on whole metres, many of them alike: ties are decided as if the view were alone."""
    rng = np.random.default_rng(seed)
    walls = rng.integers(0, 60, (int(rng.integers(60, 130)), 4)).astype(float)
    crowd = ring(400, 20.0, rng) + np.array([500.0, 500.0, 500.0, 500.0])
    them = np.concatenate([walls, crowd])
    x, y = np.round(rng.uniform(0, 60, (2, 30)))
    x[0] = y[0] = 500.0
    views = viewsheds(x, y, them, range_m=80.0)
    for k in range(1, 30):
        alone = viewsheds([x[k]], [y[k]], them, range_m=80.0)
        shown = views.vertices_xy[views.offsets[k] : views.offsets[k + 1]]
        assert np.array_equal(shown, alone.vertices_xy)


@pytest.mark.parametrize("n", [5, 40, 150])
def test_walls_that_cross_as_they_like_hide_what_geometry_says(n: int) -> None:
    rng = np.random.default_rng(n)
    begin = rng.uniform(-60, 60, (n, 2))
    walls = np.hstack([begin, begin + rng.normal(0, 30, (n, 2))])
    for range_m in (30.0, 80.0):
        seen = isovist_area(0, 0, walls, range_m=range_m)
        assert seen == pytest.approx(exact_area(walls, range_m), rel=1e-9)
