"""Looking through some cameras, and boxes beyond which none sees."""

from __future__ import annotations

import numpy as np
import shapely

from geo._threads import one_ahead
from geo.sight import Cameras, look, reach_boxes, see
from geo.viewshed import index_walls, walls_from_polygons

LEVELS = {"detect": 25.0, "recognise": 125.0}


def some_cameras(n: int, seed: int) -> Cameras:
    rng = np.random.default_rng(seed)
    bearing = np.where(rng.random(n) < 0.1, np.nan, rng.uniform(0, 360, n))
    hfov = rng.choice([5.0, 80.0, 180.0, 270.0, 360.0], n)
    x, y = rng.uniform(0, 400, (2, n))
    nothing = np.where(rng.random(n) < 0.1, 0.0, np.nan)
    return Cameras(x, y, bearing, hfov, np.full(n, 2560.0), nothing, rng.uniform(0, 30, n))


def test_no_camera_sees_beyond_its_box() -> None:
    cameras = some_cameras(400, 1)
    sight = look(cameras, np.empty((0, 4)), levels_px_per_m=LEVELS)
    box, seen = reach_boxes(cameras, levels_px_per_m=LEVELS), sight.bounds()
    sees = np.isfinite(seen[:, 0])
    assert np.array_equal(sees, np.isfinite(box[:, 0]))
    assert (box[sees, :2] <= seen[sees, :2]).all()
    assert (box[sees, 2:] >= seen[sees, 2:]).all()


def test_a_box_is_no_larger_than_its_wedge() -> None:
    north = Cameras(*(np.array([v]) for v in (0.0, 0.0, 0.0, 60.0, 2560.0, 20.0, 20.0)))
    west, south, east, top = reach_boxes(north, levels_px_per_m=LEVELS)[0]
    assert np.allclose([west, south, east, top], [-10, 0, 10, 20], atol=0.3)


def test_boxes_of_no_cameras() -> None:
    assert reach_boxes(some_cameras(0, 1), levels_px_per_m=LEVELS).shape == (0, 4)


def test_some_cameras_see_what_they_see_among_all() -> None:
    cameras = some_cameras(300, 2)
    walls = index_walls(walls_from_polygons([shapely.box(-9, -9, -8, -8)]))
    wanted = np.random.default_rng(3).random(300) < 0.3
    whole = look(cameras, walls, levels_px_per_m=LEVELS)
    part = look(cameras, walls, levels_px_per_m=LEVELS, wanted=wanted)
    assert np.array_equal(part.reach2, whole.reach2)
    for k in range(300):
        mine = slice(*part.views.offsets[k : k + 2])
        alike = whole.views.vertices_xy[slice(*whole.views.offsets[k : k + 2])]
        assert np.array_equal(part.views.vertices_xy[mine], alike if wanted[k] else alike[:0])
    x, y = np.random.default_rng(4).uniform(0, 400, (2, 500))
    names = Cameras.__dataclass_fields__
    alone = look(
        Cameras(*(getattr(cameras, name)[wanted] for name in names)), walls, levels_px_per_m=LEVELS
    )
    assert np.array_equal(see(part, x, y), see(alone, x, y))


def test_items_made_ahead_come_in_their_order() -> None:
    assert list(one_ahead(iter(range(5)))) == [0, 1, 2, 3, 4]
    assert list(one_ahead(iter(()))) == []
