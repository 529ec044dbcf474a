"""The bandwidth of every area's density is the one that would have predicted the next months."""

import importlib.util
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from etl.marts import MartContext, hotspots, incidents
from etl.marts.bandwidths import used_bandwidth
from geo.bandwidth import choose_bandwidth

_SPEC = importlib.util.spec_from_file_location(
    "patterns_city", Path(__file__).parent / "patterns_city.py"
)
CITY = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(CITY)
AS_OF, WEST, SOUTH = CITY.AS_OF, CITY.WEST, CITY.SOUTH
city, join, local, uniform = CITY.city, CITY.join, CITY.local, CITY.uniform

Given = dict[str, object]


def around(n: int, sigma: float, *, seed: int = 0, days: int = 730) -> Given:
    """Return n incidents about twelve corners of s1, each deviation metres away."""
    rng = np.random.default_rng(seed)
    corners = np.random.default_rng(99).uniform([200, 200], [1800, 1800], (12, 2))
    xy = corners[rng.integers(0, 12, n)] + rng.normal(0, sigma, (n, 2)) + [WEST, SOUTH]
    back = rng.integers(0, days, n)
    at = [local(AS_OF - timedelta(days=int(b)), 12.0) for b in back]
    return {"x": xy[:, 0], "y": xy[:, 1], "at": at, "class": ["criminal"] * n}


def built(given: Given, **more: object) -> MartContext:
    context = city(given, **{"hotspot_bandwidth_m": None} | more)
    incidents.derive(context)
    hotspots.derive(context)
    return context


def used(context: MartContext) -> dict[tuple[str, str], tuple[float, str, int]]:
    rows = context.con.execute(
        "SELECT scope_id, period_kind, bandwidth_m, reason, n_tested FROM mart.hotspot_bandwidths "
        "WHERE is_used ORDER BY ALL"
    ).fetchall()
    assert len({one[:2] for one in rows}) == len(rows)
    return {(a, b): (width, reason, n) for a, b, width, reason, n in rows}


@pytest.fixture(scope="module")
def narrow() -> MartContext:
    """Three thousand incidents close about twelve corners of s1, a few hundred all over."""
    return built(join(around(3000, 40), uniform(400, seed=5)))


def test_tight_clusters_choose_a_narrow_bandwidth_and_chance_a_wide_one(
    narrow: MartContext,
) -> None:
    found = used(narrow)
    assert found["s1", "12_months"][:2] == (100.0, "best")
    assert found["d", "12_months"][:2] == (100.0, "best")
    assert found["s2", "12_months"][0] >= 400  # nothing but chance: the smoother the better


def test_looser_clusters_choose_a_wider_bandwidth() -> None:
    found = used(built(around(400, 220)))
    assert 150 <= found["s1", "12_months"][0] <= 300
    assert found["s1", "28_days"][0] >= found["s1", "12_months"][0]  # fewer incidents to draw from


def test_the_score_is_that_of_the_best_and_all_candidates_are_kept(narrow: MartContext) -> None:
    rows = narrow.con.execute(
        "SELECT bandwidth_m, is_used, score, gain, n_months, n_tested FROM "
        "mart.hotspot_bandwidths WHERE scope_id = 's1' AND period_kind = '12_months' ORDER BY 1"
    ).fetchall()
    assert [one[0] for one in rows] == [100, 150, 200, 300, 400, 600, 800]
    best = max(rows, key=lambda one: one[2])
    assert [one[0] for one in rows if one[1]] == [best[0]]
    for _, _, score, gain, n_months, n_tested in rows:
        assert gain == pytest.approx(np.exp(score))
        assert n_months == 6
        assert 600 < n_tested < 1000  # a quarter of two years, located and inside


def test_the_density_is_drawn_with_the_bandwidth_used() -> None:
    # all at one point: the kernel is laid on it, a peak of n / (2 pi h^2) at the cell's middle
    given = join(around(200, 40), {"x": [WEST + 2950.0] * 40, "y": [SOUTH + 950.0] * 40,
                 "at": [local(AS_OF - timedelta(days=10 * k)) for k in range(40)],
                 "class": ["dispute"] * 40})  # fmt: skip
    context = built(given)
    width, reason, _ = used(context)["s2", "12_months"]
    assert reason == "district"
    assert width == used(context)["d", "12_months"][0]
    peak = context.con.execute(
        "SELECT max(density_per_km2) FROM mart.hotspots WHERE scope_id = 's2' "
        "AND class = 'dispute' AND period_kind = '12_months'"
    ).fetchall()[0][0]
    # 37 of the 40 lie within the 365 days
    assert peak == pytest.approx(37 / (2 * np.pi * (width / 1000) ** 2), rel=0.01)


def test_each_period_is_drawn_with_its_own_bandwidth(monkeypatch: pytest.MonkeyPatch) -> None:
    given = {"x": [WEST + 950.0] * 40, "y": [SOUTH + 950.0] * 40,
             "at": [local(AS_OF - timedelta(days=2))] * 40, "class": ["dispute"] * 40}  # fmt: skip
    widths = {"12_months": 200.0, "28_days": 300.0}
    areas = (("district", "d"), ("station", "s1"), ("station", "s2"))
    chosen = {(*area, one): width for area in areas for one, width in widths.items()}
    monkeypatch.setattr(hotspots, "fill_bandwidths", lambda *_: chosen)
    context = built(given)
    for period, width in widths.items():
        peak = context.con.execute(
            "SELECT max(density_per_km2) FROM mart.hotspots WHERE scope_id = 's1' "
            "AND class = 'all' AND period_kind = ?",
            [period],
        ).fetchall()[0][0]
        assert peak == pytest.approx(40 / (2 * np.pi * (width / 1000) ** 2), rel=0.01)


@pytest.mark.parametrize(("period", "train"), [("12_months", 12), ("28_days", 1)])
def test_the_scores_are_those_of_the_incidents_counted_by_hand(
    narrow: MartContext, period: str, train: int
) -> None:
    rows = narrow.con.execute("SELECT x, y, occurred_from FROM core.incidents").fetchall()
    start = AS_OF - timedelta(days=729)
    counts = np.zeros((24, 20, 20), np.int64)
    for x, y, at in rows:
        day = ((at + timedelta(hours=8)).date() - start).days
        col, row = int((x - WEST) // 100), int((y - SOUTH) // 100)
        if 0 <= col < 20 and 0 <= row < 20 and 0 <= day < 730:
            counts[day * 24 // 730, row, col] += 1
    found = choose_bandwidth(counts, np.ones((20, 20), bool), cell_m=100, train=train)
    stored = narrow.con.execute(
        "SELECT bandwidth_m, score, n_tested FROM mart.hotspot_bandwidths "
        "WHERE scope_id = 's1' AND period_kind = ? ORDER BY 1",
        [period],
    ).fetchall()
    assert [one[0] for one in stored] == found.candidates_m.tolist()
    assert [one[1] for one in stored] == found.score.tolist()
    assert {one[2] for one in stored} == {found.n_tested}


def test_the_record_of_a_month_does_not_hang_on_the_months_after_it() -> None:
    early = around(2500, 60, seed=8)
    back = np.random.default_rng(8).integers(340, 730, 2500)
    early["at"] = [local(AS_OF - timedelta(days=int(one))) for one in back]
    late = around(2500, 20, seed=9, days=320)
    other = uniform(2500, seed=9, days=320)
    records = []
    for more in (late, other):
        context = CITY.derived(join(early, more), hotspot_bandwidth_m=None)
        rows = context.con.execute(
            "SELECT * FROM mart.accuracy WHERE scope_id = 's1' AND class = 'all' "
            "AND method = 'kde' AND period_from <= ? ORDER BY ALL",
            [AS_OF - timedelta(days=350)],
        )
        records.append(rows.fetchall())
    assert len(records[0]) >= 3
    assert records[0] == records[1]


def test_too_few_take_the_districts_and_a_district_with_too_few_two_and_a_half_cells() -> None:
    few = used(built(uniform(60, seed=1)))
    assert few["d", "12_months"] == (250.0, "default", few["d", "12_months"][2])
    assert few["d", "12_months"][2] < 30
    assert few["s1", "12_months"][1] == "district"
    none = used(built(uniform(0)))
    assert none["d", "28_days"] == (250.0, "default", 0)
    untried = (
        built(uniform(0))
        .con.execute("SELECT count(*) FROM mart.hotspot_bandwidths WHERE score IS NOT NULL")
        .fetchall()
    )
    assert untried == [(0,)]


def test_thirty_to_predict_are_enough_and_twenty_nine_are_not() -> None:
    old = around(300, 80, seed=3)
    old["at"] = [local(AS_OF - timedelta(days=200 + k % 300)) for k in range(300)]
    for n, reason in ((30, "best"), (29, "default")):
        new = around(n, 80, seed=4, days=1)
        found = used(built(join(old, new)))["d", "12_months"]
        assert found[1:] == (reason, n)


def test_the_district_file_stands_above_what_was_found(narrow: MartContext) -> None:
    given = join(around(3000, 40), uniform(400, seed=5))
    context = built(given, hotspot_bandwidth_m=170.0)
    assert {one[:2] for one in used(context).values()} == {(170.0, "set")}
    asked = (
        "SELECT scope_id, period_kind, bandwidth_m, score FROM mart.hotspot_bandwidths "
        "WHERE score IS NOT NULL ORDER BY ALL"
    )
    assert context.con.execute(asked).fetchall() == narrow.con.execute(asked).fetchall()
    assert used(built(given, hotspot_bandwidth_m=20.0))["d", "12_months"][0] == 100.0  # one cell


def test_other_marts_ask_for_the_bandwidth_of_an_area(narrow: MartContext) -> None:
    assert used_bandwidth(narrow, "station", "s1", cell_m=100) == 100
    assert used_bandwidth(narrow, "station", "s1", cell_m=300) == 300
    assert used_bandwidth(narrow, "station", "elsewhere", cell_m=100) == 250


def test_a_short_record_learns_from_its_first_half() -> None:
    found = used(built(around(400, 60, days=120)))
    assert found["d", "12_months"][1] == "best"
    assert 100 < found["d", "12_months"][2] < 320


def test_the_same_incidents_give_the_same_rows(narrow: MartContext) -> None:
    again = built(join(around(3000, 40), uniform(400, seed=5)))
    for table in ("hotspot_bandwidths", "hotspots"):
        asked = f"SELECT * FROM mart.{table} ORDER BY ALL"
        assert again.con.execute(asked).fetchall() == narrow.con.execute(asked).fetchall()


def test_hexagons_are_stored_where_a_page_cannot_count_them(
    narrow: MartContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = """
    SELECT scope_id, class, period_kind, cell_m, len(n_by_cell), n_cells, list_sum(n_by_cell),
        list_sum(density_per_km2_by_cell) * cell_m ** 2 * sqrt(3) / 2 / 1e6,
        list_max(z_by_cell), list_min(p_fdr_by_cell)
    FROM mart.hotspot_hexagons ORDER BY ALL
    """
    assert narrow.con.execute(asked).fetchall() == []
    monkeypatch.setattr(hotspots, "HEXAGONS_ABOVE", 500)
    context = built(join(around(3000, 40), uniform(400, seed=5)))
    rows = context.con.execute(asked).fetchall()
    assert {one[0] for one in rows} == {"d", "s1"}  # s2 has about a hundred in the year
    squares = dict(
        context.con.execute(
            "SELECT (scope_id, class, period_kind), sum(n)::INT FROM mart.hotspots GROUP BY ALL"
        ).fetchall()
    )
    for scope, name, period, cell_m, listed, n_cells, n, held, z, p in rows:
        assert cell_m == 100
        assert listed <= n_cells
        assert n == squares[scope, name, period]
        assert n * 0.9 <= held <= n * (1 + 1e-6)  # cells of next to no density are left out
        if name == "all" and period == "12_months":
            assert z > 5
            assert p < 0.05


def test_hexagons_hold_the_incidents_nearest_to_their_middle(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(hotspots, "HEXAGONS_ABOVE", 0)
    context = built(around(300, 150, days=300))
    cols, rows, n = context.con.execute(
        "SELECT col_by_cell, row_by_cell, n_by_cell FROM mart.hotspot_hexagons "
        "WHERE scope_id = 's1' AND class = 'all' AND period_kind = '12_months'"
    ).fetchall()[0]
    col, row = np.array(cols), np.array(rows)
    middle = np.column_stack([col + 0.5 * (row % 2), row * np.sqrt(3) / 2]) * 100
    xy = np.array(context.con.execute(
        "SELECT x, y FROM core.incidents WHERE station_id = 's1'").fetchall())  # fmt: skip
    nearest = ((xy[:, None, :] - middle) ** 2).sum(axis=2).argmin(axis=1)
    np.testing.assert_array_equal(np.bincount(nearest, minlength=len(n)), n)


def test_few_incidents_have_hexagons_without_a_test(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hotspots, "HEXAGONS_ABOVE", 0)
    found = (
        built(around(9, 50, days=300))
        .con.execute(
            "SELECT DISTINCT z_by_cell, p_by_cell, p_fdr_by_cell FROM mart.hotspot_hexagons"
        )
        .fetchall()
    )
    assert found == [(None, None, None)]
