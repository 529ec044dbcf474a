"""Coverage through time, losses and pairs: by hand, against full recomputation, and shapely."""

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.alone import see_alone
from geo.coverage import cover_city
from geo.errors import GeoError
from geo.sight import Cameras, Sight, look, see
from geo.viewshed import walls_from_polygons
from geo.watch import MOST_SHARING, Spells, Watch, watch_city

LEVEL = {"recognise": 125.0}
FOREVER = 10_000
FIELDS = list(Cameras.__dataclass_fields__)


def cameras(
    x: list[float], y: list[float], *, bearing: float | list[float] = 0.0, hfov: float = 90.0,
    reach: float | list[float] = 8.0, night: float | list[float] = 6.0,
) -> Cameras:  # fmt: skip
    """Cameras whose reach is cut by their useful range, whatever their pixels."""
    n = len(x)
    columns = (x, y, bearing, hfov, 50_000.0, reach, night)
    return Cameras(*(np.broadcast_to(np.asarray(one, float), (n,)).copy() for one in columns))


def pick(all_of_them: Cameras, rows: np.ndarray) -> Cameras:
    return Cameras(*(getattr(all_of_them, name)[rows] for name in FIELDS))


def always(n: int) -> Spells:
    return Spells(np.arange(n), np.full(n, -FOREVER), np.full(n, FOREVER))


def spells(*rows: tuple[int, int, int]) -> Spells:
    return Spells(*np.array(rows, np.int64).reshape(-1, 3).T)


def watch(areas: list, houses: list, seen: Cameras, when: Spells, *, last: int = 100,
          cell: float = 1.0, threads: int = 1) -> Watch:  # fmt: skip
    sight = look(seen, walls_from_polygons(houses), levels_px_per_m=LEVEL)
    return watch_city(
        areas, sight, when, level="recognise", last_day=last, cell_m=cell, n_threads=threads
    )


FIELD = shapely.box(0, 0, 100, 100)


def test_a_camera_is_seen_to_come_fail_return_and_go() -> None:
    # works on days 10 to 19 and 30 to 39; a quarter circle of 8 m by day, 6 m at night
    seen = cameras([50.3], [50.2])
    found = watch([FIELD], [], seen, spells((0, 10, 20), (0, 30, 40)))
    day, night = 16 * np.pi, 9 * np.pi
    assert found.day.tolist() == [0, 10, 20, 30, 40]
    assert found.seen_m2[[0, 2, 4]].tolist() == [[0, 0]] * 3
    assert found.seen_m2[1] == pytest.approx([day, night], rel=0.15)
    assert (found.seen_m2[3] == found.seen_m2[1]).all()
    assert [found.on(d)[0, 0] > 0 for d in (-1, 0, 9, 10, 19, 20, 29, 30, 39, 40, 999)] == [
        False, False, False, True, True, False, False, True, True, False, False,
    ]  # fmt: skip


def test_one_of_two_on_the_same_ground_may_fail_unseen_and_leaves_no_row() -> None:
    seen = cameras([50.3, 50.3], [50.2, 50.2])
    found = watch([FIELD], [], seen, spells((0, -5, 50), (1, 20, FOREVER)))
    assert found.day.tolist() == [0]
    assert found.on(100)[0, 0] == found.on(0)[0, 0] > 0


def test_a_swap_on_one_day_is_one_row() -> None:
    # the near-sighted one goes on the day on which the far-sighted one comes
    seen = cameras([50.3, 50.3], [50.2, 50.2], reach=[8.0, 12.0])
    found = watch([FIELD], [], seen, spells((0, -5, 50), (1, 50, FOREVER)))
    assert found.day.tolist() == [0, 50]
    assert found.on(50)[0, 0] / found.on(49)[0, 0] == pytest.approx(144 / 64, rel=0.1)


def test_what_is_lost_and_shared_by_hand() -> None:
    # two whole circles of 8 m, 8 m apart: lens 2 r2 acos(1/2) - d/2 sqrt(4 r2 - d2) = 78.6 m2
    seen = cameras([40.0, 48.0], [50.0, 50.0], hfov=360.0, night=[6.0, 0.0])
    found = watch([FIELD], [], seen, always(2), cell=0.1)
    lens = 2 * 64 * np.arccos(0.5) - 4 * np.sqrt(4 * 64 - 64)
    assert found.camera.tolist() == [0, 1]
    assert found.community.tolist() == [0, 0]
    assert found.pairs.tolist() == [[0, 1, 0]]
    assert found.shared_m2[0] == pytest.approx([lens, 0.0], rel=0.01)
    assert found.view_m2[0] == pytest.approx(
        [64 * np.pi, 64 * np.pi - lens, 36 * np.pi, 36 * np.pi], rel=0.01
    )
    assert found.view_m2[1] == pytest.approx([64 * np.pi, 64 * np.pi - lens, 0, 0], rel=0.01)


def test_shared_ground_agrees_with_the_cut_of_exact_viewsheds_among_houses() -> None:
    rng = np.random.default_rng(3)
    houses = [shapely.box(x, y, x + 9, y + 6) for x in (12, 40, 68) for y in (15, 45, 75)]
    spots = rng.uniform(5, 95, (60, 2))
    free = ~shapely.intersects(shapely.union_all(houses).buffer(0.5), shapely.points(spots))
    x, y = spots[free].T
    seen = cameras(
        list(x), list(y), bearing=list(rng.uniform(0, 360, len(x))), reach=25.0, night=25.0
    )
    found = watch([FIELD], houses, seen, always(len(x)), cell=0.25)
    sight = look(seen, walls_from_polygons(houses), levels_px_per_m=LEVEL)
    reach = np.sqrt(sight.reach2[:, 0, 0])
    circles = shapely.buffer(shapely.points(x, y), reach, quad_segs=256)
    views = shapely.intersection(shapely.intersection(sight.views.polygons(), circles), FIELD)
    both = {}
    for a in range(len(x)):
        for b in range(a + 1, len(x)):
            both[a, b] = views[a].intersection(views[b]).area
    got = {(a, b): area for (a, b, _), area in zip(found.pairs.tolist(), found.shared_m2[:, 0],
                                                  strict=True)}  # fmt: skip
    assert len(got) > 40
    assert sum(got.values()) == pytest.approx(sum(both.values()), rel=0.01)
    worst = max(abs(both[pair] - got.get(pair, 0.0)) for pair in both)
    assert worst < 4.0  # cells along the outlines of two wedges of 490 m2
    others = [shapely.union_all(np.delete(views, a)) for a in range(len(x))]
    alone = np.array([views[a].difference(others[a]).area for a in range(len(x))])
    mine = np.zeros(len(x))
    mine[found.camera] = found.view_m2[:, 1]
    assert mine.sum() == pytest.approx(alone.sum(), rel=0.01)
    assert np.abs(mine - alone).max() < 6.0


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), n=st.integers(1, 12))
def test_any_day_is_what_a_full_computation_of_that_day_gives(seed: int, n: int) -> None:
    rng = np.random.default_rng(seed)
    houses = [
        shapely.box(20, 30, 32, 41),
        shapely.box(60, 35, 75, 42),
        shapely.box(95, 10, 110, 30),
    ]
    areas = [shapely.box(0, 0, 90, 70), shapely.box(90, 0, 150.5, 70), shapely.box(900, 0, 950, 9)]
    x, y = rng.uniform(0, 150, n), rng.uniform(42.5, 70, n)
    known = np.where(rng.random(n) < 0.8, rng.uniform(0, 360, n), np.nan)
    seen = cameras(list(x), list(y), bearing=list(known), reach=list(rng.uniform(2, 30, n)),
                   night=list(rng.choice([0.0, 5.0, 40.0], n)))  # fmt: skip
    rows = []
    for camera in range(n):
        cuts = np.sort(rng.choice(np.arange(-5, 40), 2 * rng.integers(0, 4), replace=False))
        rows += [(camera, a, b) for a, b in cuts.reshape(-1, 2)]
    when = spells(*rows)
    walls = walls_from_polygons(houses)
    sight = look(seen, walls, levels_px_per_m={"detect": 25.0, **LEVEL})
    half = n // 2
    first, second = (
        look(pick(seen, part), walls, levels_px_per_m={"detect": 25.0, **LEVEL})
        for part in (np.arange(half), np.arange(half, n))
    )
    options = {"level": "recognise", "last_day": 30}
    found = watch_city(areas, first, when, others=second, **options)
    again = watch_city(areas, sight, when, n_threads=3, **options)
    for name in Watch.__dataclass_fields__:
        assert (getattr(found, name) == getattr(again, name)).all()
    for today in (0, 1, 7, 13, 30):
        works = [c for c, first, beyond in rows if first <= today < beyond]
        subset = look(pick(seen, np.array(works, int)), walls, levels_px_per_m=LEVEL)
        full = cover_city(areas, houses, subset)
        assert (found.on(today) == full.seen_m2[:, :, 0]).all()
        if today == 30:
            lost = np.zeros((n, 2))
            np.add.at(lost, found.camera, found.view_m2[:, [1, 3]])
            assert (lost[works] == full.unique_m2[:, :, 0]).all()
    for a, b in zip(found.starts[:-1], found.starts[1:], strict=True):
        assert found.day[a] == 0
        assert (np.diff(found.day[a:b]) > 0).all()
        assert np.any(np.diff(found.seen_m2[a:b], axis=0) != 0, axis=1).all()


def test_piled_cameras_make_the_pairs_of_the_first_sixty_four_alone() -> None:
    n = MOST_SHARING + 10
    found = watch([FIELD], [], cameras([50.0] * n, [50.0] * n), always(n))
    assert len(found.pairs) == MOST_SHARING * (MOST_SHARING - 1) // 2
    assert found.pairs[:, :2].max() == MOST_SHARING - 1
    assert found.view_m2[:, 1].max() == 0.0


def test_a_pair_across_a_border_has_a_row_for_each_side() -> None:
    areas = [shapely.box(0, 0, 50, 100), shapely.box(50, 0, 100, 100)]
    seen = cameras([50.0, 50.0], [50.0, 50.0], hfov=360.0)
    found = watch(areas, [], seen, always(2))
    assert found.pairs.tolist() == [[0, 1, 0], [0, 1, 1]]
    assert found.shared_m2[:, 0].sum() == pytest.approx(64 * np.pi, rel=0.05)


def test_nothing_is_seen_without_cameras_spells_or_communities() -> None:
    seen = cameras([50.0], [50.0])
    none = cameras([], [])
    for areas, them, when in (
        ([FIELD], none, always(0)), ([FIELD], seen, spells()), ([], seen, always(1)),
        ([shapely.Polygon()], seen, always(1)), ([FIELD], seen, spells((0, 200, 300))),
    ):  # fmt: skip
        found = watch(areas, [], them, when)
        assert found.day.tolist() == [0] * len(areas)
        assert (found.on(50) == 0).all()
        assert len(found.camera) == len(found.pairs) == 0


def test_a_camera_of_unknown_bearing_is_never_counted() -> None:
    found = watch([FIELD], [], cameras([50.0], [50.0], bearing=float("nan")), always(1))
    assert (found.on(100) == 0).all()


def test_a_level_that_was_not_looked_at_is_refused() -> None:
    sight: Sight = look(cameras([5.0], [5.0]), np.empty((0, 4)), levels_px_per_m=LEVEL)
    with pytest.raises(GeoError, match=r"watch_city: level 'identify'; one of \['recognise'\]"):
        watch_city([FIELD], sight, always(1), level="identify", last_day=9)


@pytest.mark.parametrize(
    ("rows", "match"),
    [
        ([(0, 5, 5)], "1 of 1 spells end before they begin, the first is row 0: 5 to 5"),
        (
            [(0, 1, 9), (1, 3, 4), (0, 8, 12)],
            "1 spells of one camera overlap, the first of camera 0",
        ),
    ],
)
def test_impossible_spells_are_refused(rows: list[tuple[int, int, int]], match: str) -> None:
    with pytest.raises(GeoError, match=match):
        watch([FIELD], [], cameras([5.0, 9.0], [5.0, 9.0]), spells(*rows))


def test_the_only_camera_that_sees_a_point_is_found_by_hand() -> None:
    # of two domes 8 m apart the second sees 3 m at night
    seen = cameras([40.0, 48.0], [50.0] * 2, hfov=360.0, night=[6.0, 3.0])
    sight = look(seen, np.empty((0, 4)), levels_px_per_m=LEVEL)
    points = np.array([[38.0, 50.0], [44.0, 50.0], [50.0, 50.0], [90.0, 50.0], [np.nan, 50.0]])
    blind = look(
        cameras([44.0], [50.0], bearing=float("nan")), np.empty((0, 4)), levels_px_per_m=LEVEL
    )
    assert see_alone(sight, *points.T, level="recognise").tolist() == [
        [0, 0], [-2, 0], [1, 1], [-1, -1], [-1, -1],
    ]  # fmt: skip
    assert see_alone(blind, *points.T, level="recognise").tolist() == [[-1, -1]] * 5


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_a_point_seen_alone_is_unseen_without_that_camera(seed: int) -> None:
    rng = np.random.default_rng(seed)
    houses = [shapely.box(20, 30, 32, 41), shapely.box(60, 35, 75, 42)]
    walls = walls_from_polygons(houses)
    n = int(rng.integers(1, 8))
    seen = cameras(
        list(rng.uniform(0, 90, n)), list(rng.uniform(42.5, 60, n)),
        bearing=list(rng.uniform(0, 360, n)), reach=30.0,
        night=list(rng.choice([0.0, 12.0, 30.0], n)),
    )  # fmt: skip
    points = rng.uniform([0, 20], [90, 70], (200, 2)).T
    alone = see_alone(look(seen, walls, levels_px_per_m=LEVEL), *points, level="recognise")
    each = np.stack([
        see(look(pick(seen, np.array([k])), walls, levels_px_per_m=LEVEL), *points)[:, :, 0]
        for k in range(n)
    ])  # fmt: skip
    count = each.sum(axis=0)
    expected = np.where(count == 0, -1, np.where(count == 1, each.argmax(axis=0), -2))
    assert (alone == expected).all()
