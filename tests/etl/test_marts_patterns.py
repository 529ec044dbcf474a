"""Patterns of a city in memory: what is planted is found, and what cannot be said is not said."""

import importlib.util
import itertools
import json
from datetime import date, timedelta
from pathlib import Path

import duckdb
import numpy as np
import pytest

from etl.marts.cell_months import read_cell_months
from etl.store import Store

_SPEC = importlib.util.spec_from_file_location(
    "patterns_city", Path(__file__).parent / "patterns_city.py"
)
CITY = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(CITY)
AS_OF, WEST, SOUTH = CITY.AS_OF, CITY.WEST, CITY.SOUTH
derived, fetch, join, local, outcomes, uniform = (
    CITY.derived, CITY.fetch, CITY.join, CITY.local, CITY.outcomes, CITY.uniform
)  # fmt: skip

TABLES = (
    "emerging_cells", "community_moran", "near_repeats", "alarms", "accuracy", "accuracy_means",
    "tonight", "tonight_routes", "concentration", "concentration_figures", "repeat_addresses",
)  # fmt: skip

NOTE = "FROM mart.analysis_notes WHERE scope_kind = 'district'"


def planted_city() -> dict[str, object]:
    """Return chance, a place of thefts since February, a series of burglaries, a busy address."""
    rng = np.random.default_rng(5)
    n = 150
    back = rng.integers(0, 150, n)
    place = {
        "x": WEST + 3050 + rng.normal(0, 40, n),
        "y": SOUTH + 1050 + rng.normal(0, 40, n),
        "at": [local(AS_OF - timedelta(days=int(b)), 22.5) for b in back],
        "class": ["public_security"] * n,
    }
    series = {
        "x": WEST + 750 + rng.uniform(-25, 25, 12),
        "y": SOUTH + 750 + rng.uniform(-25, 25, 12),
        "at": [local(AS_OF - timedelta(days=2 * k), 21) for k in range(12)],
        "class": ["criminal"] * 12,
        "type": ["burglary"] * 12,
        "address": [f"Lane {k % 4}" for k in range(12)],
    }
    chance = uniform(2400, seed=1)
    chance["type"] = ["入室盗窃" if k % 12 == 0 else "other" for k in range(2400)]
    chance["address"] = ["Gate 1" if k % 100 == 0 else f"No {k}" for k in range(2400)]
    return join(chance, place, series)


@pytest.fixture(scope="module")
def planted():
    """The planted city, derived."""
    return derived(planted_city())


@pytest.fixture(scope="module")
def chance():
    """A city in which nothing is planted."""
    given = uniform(3000, seed=2)
    given["type"] = ["burglary" if k % 8 == 0 else "other" for k in range(3000)]
    return derived(given)


def test_cells_and_months_hold_each_located_incident_once(planted) -> None:
    months = read_cell_months(planted)
    whole, s1, s2 = months.areas
    assert (whole.kind, s1.scope_id, s2.station_id) == ("district", "s1", "s2")
    assert months.n_bins == 24
    assert months.edges[-1] == AS_OF + timedelta(days=1)
    assert {(b - a).days for a, b in itertools.pairwise(months.edges)} == {30, 31}
    n = fetch(planted, "SELECT count(*) FROM core.incidents")[0][0]
    assert whole.counts.sum() == n
    np.testing.assert_array_equal(
        whole.counts.sum(axis=(2, 3)), s1.counts.sum(axis=(2, 3)) + s2.counts.sum(axis=(2, 3))
    )
    # one cell of one station and month, by the incidents themselves
    first, after = months.edges[-2:]
    expected = planted.con.execute(
        "SELECT count(*) FROM core.incidents WHERE class = 'public_security' "
        "AND x >= ? AND x < ? AND y >= ? AND y < ? AND station_id = 's2' "
        "AND occurred_from >= ? AND occurred_from < ?",
        [WEST + 3000, WEST + 3100, SOUTH + 1000, SOUTH + 1100, local(first, 0), local(after, 0)],
    ).fetchall()[0][0]
    col = round((WEST + 3000 - s2.grid.x0) / 100)
    row = round((SOUTH + 1000 - s2.grid.y0) / 100)
    assert s2.counts[1, -1, row, col] == expected > 0


def test_the_planted_place_emerges_with_its_dates_and_nothing_else_does(planted) -> None:
    rows = fetch(
        planted,
        "SELECT scope_id, class, pattern, x, y, hot_from, hot_since, hot_to, n_bins, n_bins_hot, "
        "counts, hot_bins, n, n_last, trend_z FROM mart.emerging_cells WHERE class <> 'all' "
        "AND class <> 'criminal' AND class <> 'case'",
    )
    assert {row[0] for row in rows} == {"d", "s2"}
    assert {row[1] for row in rows} == {"public_security"}
    middle = [row for row in rows if (row[3], row[4]) == (WEST + 3050, SOUTH + 1050)]
    assert {row[2] for row in middle} == {"consecutive"}
    for row in rows:
        assert np.hypot(row[3] - WEST - 3050, row[4] - SOUTH - 1050) < 350
    for row in middle:
        _, _, _, _, _, hot_from, hot_since, hot_to, n_bins, n_hot, counts, hot, n, n_last, z = row
        # planted since 1 February
        assert date(2026, 1, 30) <= hot_from <= date(2026, 3, 2)
        assert hot_since == hot_from
        assert hot_to == AS_OF
        counts, hot = json.loads(counts), json.loads(hot)
        assert len(counts) == len(hot) == n_bins == 24
        assert (sum(counts), counts[-1]) == (n, n_last)
        assert hot.count(1) == n_hot
        assert z > 2


def test_the_series_rings_and_its_alarms_expire(planted) -> None:
    rows = fetch(
        planted,
        "SELECT station_id, kind, occurred_on, raised_from, expires_on, radius_m, ratio, n_linked, "
        "metric, x, y, rank, address FROM mart.alarms ORDER BY rank",
    )
    near = [r for r in rows if np.hypot(r[9] - WEST - 750, r[10] - SOUTH - 750) < 60]
    assert len(near) >= 3
    assert rows[0] in near
    assert rows[0][7] >= 2
    for _, kind, on, raised, expires, radius, ratio, _, metric, *_ in rows:
        assert (kind, metric) == ("burglary", "manhattan")
        assert raised == on <= AS_OF < expires
        assert radius in (1, 100, 200, 300, 400)
        assert ratio >= 1.2
    bands = fetch(
        planted,
        "SELECT distance_to_m, days_to, observed, expected, p FROM mart.near_repeats "
        "WHERE scope_id = 's1' AND kind = 'burglary' AND is_raised ORDER BY ALL",
    )
    assert bands
    assert all(observed > expected and p <= 0.05 for _, _, observed, expected, p in bands)
    for station in {row[0] for row in rows}:
        mine = [row for row in rows if row[0] == station]
        (span,) = {(row[4] - row[2]).days + 1 for row in mine}
        # every incident of the last days rings, and none before
        since = local(AS_OF + timedelta(days=1) - timedelta(days=span - 1), 0)
        ringing = planted.con.execute(
            "SELECT count(*) FROM core.incidents WHERE station_id = ? AND occurred_from >= ? "
            "AND type IN ('burglary', '入室盗窃')",
            [station, since],
        ).fetchall()
        assert ringing == [(len(mine),)]
    said = outcomes(planted, "alarms")
    assert said["d", "burglary"] == "ok"
    assert said["d", "vehicle"] == "no_incident"
    # both words of the kind were read: those of the last year, and the twelve
    used = fetch(planted, f"SELECT n {NOTE} AND analysis = 'alarms' AND class = 'burglary'")
    expected = fetch(
        planted,
        "SELECT count(*) FROM core.incidents WHERE type IN ('burglary', '入室盗窃') "
        "AND occurred_from >= TIMESTAMP '2025-06-30 16:00:00'",
    )
    assert used == expected


def test_the_night_begins_the_day_after_and_its_share_grows(planted) -> None:
    rows = fetch(
        planted,
        "SELECT station_id, class, rank, night, hour, expected, expected_total, "
        "cumulative_fraction, at_most_fraction, raise_ratio, x, y, community_id FROM mart.tonight "
        "ORDER BY station_id, class, rank",
    )
    for (_, _), group in itertools.groupby(rows, key=lambda row: row[:2]):
        mine = list(group)
        assert [row[2] for row in mine] == list(range(1, 25))
        assert {row[3] for row in mine} == {date(2026, 7, 1)}
        assert {row[4] for row in mine} <= {*range(18, 24), *range(6)}
        gains = [row[5] for row in mine]
        assert gains == sorted(gains, reverse=True)
        shares = np.cumsum(gains) / mine[0][6]
        assert [row[7] for row in mine] == pytest.approx(shares.tolist())
        assert all(row[8] >= row[7] - 1e-12 for row in mine)
    best = {(row[0], row[1]): row for row in rows if row[2] == 1}
    # the planted place, at the hour at which it happens
    _, _, _, _, hour, *_, x, y, community = best["s2", "case"]
    assert hour == 22
    assert np.hypot(x - WEST - 3050, y - SOUTH - 1050) < 160
    assert community == "c22" or community is None
    raised = [row for row in rows if row[9] > 1]
    assert raised
    ringing = {one for (one,) in fetch(planted, "SELECT DISTINCT station_id FROM mart.alarms")}
    assert "s1" in {row[0] for row in raised} <= ringing
    alarms = fetch(planted, "SELECT station_id, x, y, radius_m FROM mart.alarms")
    for station, *_, ratio, x, y, _ in rows:
        away = [abs(x - ax) + abs(y - ay) - radius for s, ax, ay, radius in alarms if s == station]
        # the middle of a raised cell is at most half a cell beyond the radius
        assert (ratio > 1) == (min(away, default=np.inf) < 50)


def test_expected_incidents_of_a_night_are_those_of_the_year(chance) -> None:
    total = dict(
        fetch(
            chance,
            "SELECT station_id, any_value(expected_total) FROM mart.tonight "
            "WHERE class = 'case' GROUP BY ALL",
        )
    )
    # no alarm is rung here: Wednesday and Thursday, 18 to 6, a year of 52.14 weeks
    by_hour = fetch(
        chance,
        "SELECT class, weekday, hour, n FROM mart.incident_hours WHERE scope_id = 's2' "
        "AND class IN ('public_security', 'criminal')",
    )
    expected = 0.0
    for name in ("public_security", "criminal"):
        n = np.zeros((7, 24))
        for _, weekday, hour, value in (row for row in by_hour if row[0] == name):
            n[weekday, hour] = value
        hours = n.sum(axis=0) / n.sum()
        expected += n[2].sum() / (365 / 7) * hours[18:].sum()
        expected += n[3].sum() / (365 / 7) * hours[:6].sum()
    assert total["s2"] == pytest.approx(expected, rel=1e-9)


def test_a_walk_visits_the_first_patrol_hours_of_its_plan(planted) -> None:
    rows = fetch(
        planted,
        "SELECT station_id, class, patrol_hours, patrol, stop, rank, hour, leg_m, walk_m, metric "
        "FROM mart.tonight_routes ORDER BY ALL",
    )
    for (_, _, many), group in itertools.groupby(rows, key=lambda row: row[:3]):
        mine = list(group)
        assert sorted(row[5] for row in mine) == list(range(1, many + 1))
        for _, patrol in itertools.groupby(mine, key=lambda row: row[3]):
            stops = list(patrol)
            assert [row[4] for row in stops] == list(range(1, len(stops) + 1))
            night = [(row[6] - 18) % 24 for row in stops]
            assert night == sorted(set(night))
            assert stops[0][7] is None
            walked = np.cumsum([row[7] or 0.0 for row in stops])
            assert walked == pytest.approx([row[8] for row in stops])
    assert {row[2] for row in rows} == {2, 4, 6, 8, 12, 16, 24}
    assert {row[9] for row in rows} == {"manhattan"}


def test_the_record_tests_twelve_months_on_maps_of_the_twelve_before(planted) -> None:
    rows = fetch(
        planted,
        "SELECT trained_from, trained_to, period_from, period_to FROM mart.accuracy "
        "WHERE scope_id = 'd' AND class = 'all' AND method = 'kde' AND flagged = 'top_10' "
        "ORDER BY period_from",
    )
    assert len(rows) == 12
    for trained_from, trained_to, begin, end in rows:
        assert trained_to + timedelta(days=1) == begin < end
        assert 364 <= (begin - trained_from).days <= 366
    assert rows[-1][3] == AS_OF
    means = fetch(
        planted,
        "SELECT m.n, m.hit_rate, sum(a.n)::INT, sum(a.n_hit) / sum(a.n), m.word "
        "FROM mart.accuracy_means m JOIN mart.accuracy a USING (scope_id, class, method, flagged) "
        "GROUP BY m.scope_id, m.class, m.method, m.flagged, m.n, m.hit_rate, m.word",
    )
    assert len(means) > 30
    for n, rate, total, share, _ in means:
        assert n == total
        assert rate == pytest.approx(share)
    chance = fetch(
        planted,
        "SELECT DISTINCT round(pai, 9) FROM mart.accuracy WHERE method = 'chance'",
    )
    assert chance == [(1.0,)]


def test_an_incident_later_than_a_tested_month_changes_no_record_before_it(planted) -> None:
    query = (
        "SELECT * FROM mart.accuracy WHERE period_to < DATE '2026-05-01' "
        "ORDER BY scope_id, class, method, flagged, period_from"
    )
    later = join(
        planted_city(), uniform(3, days=1) | {"x": [WEST + 55.0] * 3, "at": [local(AS_OF)] * 3}
    )
    before, after = fetch(planted, query), fetch(derived(later), query)
    assert len(before) > 100
    assert before == after


def test_chance_emerges_nowhere_and_rings_nothing(chance) -> None:
    assert fetch(chance, "SELECT count(*) FROM mart.alarms") == [(0,)]
    assert fetch(chance, "SELECT count(*) FROM mart.near_repeats WHERE is_raised") == [(0,)]
    assert fetch(chance, "SELECT count(*) FROM mart.near_repeats")[0][0] > 0
    assert fetch(chance, "SELECT count(*) FROM mart.emerging_cells") == [(0,)]
    sure = "is_hot OR is_cold OR is_moran_significant"
    assert fetch(chance, f"SELECT count(*) FROM mart.community_moran WHERE {sure}") == [(0,)]
    assert set(outcomes(chance, "emerging").values()) == {"nothing_found"}
    assert outcomes(chance, "alarms")["d", "burglary"] == "nothing_found"
    words = fetch(
        chance,
        "SELECT word FROM mart.accuracy_means WHERE method <> 'chance' AND flagged = 'top_10'",
    )
    assert [word for (word,) in words].count("better") <= 2


def test_communities_hold_eighty_in_a_hundred_by_hand(planted) -> None:
    n = fetch(
        planted,
        "SELECT community_id, count(*) FROM core.incidents WHERE community_id IS NOT NULL "
        "AND occurred_from >= TIMESTAMP '2025-06-30 16:00:00' GROUP BY ALL",
    )
    counts = dict(n)
    total = sum(counts.values())
    rows = fetch(
        planted,
        "SELECT unit_id, rank, n, fraction, units_fraction, cumulative_fraction "
        "FROM mart.concentration WHERE scope_kind = 'district' AND class = 'all' "
        "AND unit_kind = 'community' ORDER BY rank",
    )
    assert [row[2] for row in rows] == sorted(counts.values(), reverse=True)[: len(rows)]
    assert all(counts[row[0]] == row[2] for row in rows)
    assert rows[-1][5] >= 0.8 > rows[-2][5]
    assert [row[3] for row in rows] == pytest.approx([row[2] / total for row in rows])
    assert rows[0][4] == 1 / 32
    figures = fetch(
        planted,
        "SELECT n_units, n, n_units_80 FROM mart.concentration_figures WHERE class = 'all' "
        "AND unit_kind = 'community' ORDER BY scope_kind, scope_id",
    )
    assert figures[0] == (32, total, len(rows))
    assert [one[0] for one in figures] == [32, 16, 16, 32]
    cells = fetch(
        planted,
        "SELECT n_units, n FROM mart.concentration_figures WHERE class = 'all' "
        "AND unit_kind = 'cell' AND scope_id = 's1'",
    )
    assert cells[0][0] == 400


def test_repeat_addresses_are_counted_over_a_year(planted) -> None:
    rows = fetch(
        planted,
        "SELECT station_id, rank, address, n, first_on, last_on, n_28_days FROM "
        "mart.repeat_addresses ORDER BY station_id, rank",
    )
    top_of = {}
    for station in ("s1", "s2"):
        top = next(row for row in rows if row[0] == station)
        expected = planted.con.execute(
            "SELECT count(*), min(occurred_from + INTERVAL 8 HOUR)::DATE, "
            "max(occurred_from + INTERVAL 8 HOUR)::DATE, "
            "count(*) FILTER (occurred_from >= TIMESTAMP '2026-06-02 16:00:00') "
            "FROM core.incidents WHERE address = 'Gate 1' "
            "AND station_id = ? AND occurred_from >= TIMESTAMP '2025-06-30 16:00:00'",
            [station],
        ).fetchall()[0]
        assert top[1:3] == (1, "Gate 1")
        top_of[station] = top[3]
        assert (top[3], top[4], top[5], top[6]) == expected
    assert {row[2:4] for row in rows if row[0] == "s1"} - {("Gate 1", top_of["s1"])} == {
        (f"Lane {k}", 3) for k in range(4)
    }
    assert min(row[3] for row in rows) >= 3


def test_without_addresses_the_point_to_the_metre_stands_for_one() -> None:
    given = uniform(200, seed=4, days=300)
    x, y = np.array(given["x"]), np.array(given["y"])
    x[:5], y[:5] = WEST + 100.2, SOUTH + 100.3
    x[5], y[5] = WEST + 101.4, SOUTH + 100.3
    context = derived(given | {"x": x, "y": y})
    assert fetch(context, "SELECT address, n, rank FROM mart.repeat_addresses") == [(None, 5, 1)]


def test_two_incidents_at_an_address_are_not_a_repeat_however_digests_fall() -> None:
    given = uniform(600, seed=13, days=300)
    context = derived(given | {"address": [f"No {k // 2}" for k in range(600)]})
    assert fetch(context, "SELECT count(*) FROM mart.repeat_addresses") == [(0,)]


def test_neighbours_are_communities_across_a_street(planted) -> None:
    rows = dict(
        fetch(
            planted,
            "SELECT community_id, n_neighbours FROM mart.community_moran WHERE class = 'all'",
        )
    )
    # 8 by 4 communities, 40 m apart (57 m at the corner): a corner has 3, an edge 5, the rest 8
    assert rows["c00"] == 3
    assert rows["c01"] == rows["c08"] == 5
    assert rows["c09"] == 8
    n = fetch(planted, "SELECT class, count(*) FROM mart.community_moran GROUP BY ALL")
    assert len(n) == 6
    assert {many for _, many in n} == {32}


def test_a_quarter_of_communities_with_many_cases_is_hot_beside_its_neighbours() -> None:
    rng = np.random.default_rng(8)
    n = 600
    more = {
        "x": WEST + rng.uniform(0, 1000, n),
        "y": SOUTH + rng.uniform(0, 1000, n),
        "at": [local(AS_OF - timedelta(days=int(b))) for b in rng.integers(0, 360, n)],
        "class": ["criminal"] * n,
    }
    context = derived(join(uniform(900, seed=3, days=360), more))
    rows = fetch(
        context,
        "SELECT community_id, quadrant, is_moran_significant, is_hot, rate, neighbour_rate, "
        "exposure_kind FROM mart.community_moran WHERE class = 'criminal' ORDER BY community_id",
    )
    hot = {row[0] for row in rows if row[3]}
    quarter = {"c00", "c01", "c08", "c09"}
    assert {"c00", "c01", "c08"} <= hot <= quarter | {"c02", "c10", "c16", "c17", "c18"}
    assert {row[0] for row in rows if row[1] == "high_high"} >= quarter
    assert {row[0] for row in rows if row[2]} & quarter
    assert {row[6] for row in rows} == {"households"}
    without = derived(join(uniform(900, seed=3, days=360), more), households=None)
    kinds = fetch(without, "SELECT DISTINCT exposure_kind, exposure FROM mart.community_moran")
    assert kinds == [("km2", pytest.approx(0.2116))]


def test_seasons_count_every_incident_of_their_days(planted) -> None:
    rows = fetch(
        planted,
        "SELECT s.kind, s.scope_id, s.class, s.n, (SELECT coalesce(sum(d.n), 0) "
        "FROM mart.incident_days d WHERE d.day BETWEEN s.period_from AND s.period_to "
        "AND (s.kind <> 'weekday' OR isodow(d.day) - 1 = s.bin::INT) "
        "AND (s.scope_kind = 'district' OR d.station_id = s.station_id "
        "OR d.street_id = s.street_id) "
        "AND (s.class = 'all' OR d.class = s.class "
        "OR (s.class = 'case' AND d.class IN ('criminal', 'public_security')))) "
        "FROM mart.incident_seasons s",
    )
    assert len(rows) > 500
    assert all(n == total for *_, n, total in rows)
    assert {row[0] for row in rows} == {"month", "weekday", "holiday"}
    names = dict(
        fetch(
            planted,
            "SELECT DISTINCT bin, name FROM mart.incident_seasons WHERE kind = 'holiday'",
        )
    )
    assert names["spring_festival_2026"] == "春节"
    assert "mid_autumn_2026" not in names
    # the planted thefts make the second year's months what they are: June is up beside last June
    june = fetch(
        planted,
        "SELECT word, ratio_low FROM mart.incident_seasons WHERE bin = '2026-06-01' "
        "AND scope_id = 's2' AND class = 'public_security'",
    )
    assert june[0][0] in ("up", "no_real_change")


def test_a_city_without_a_known_calendar_says_so() -> None:
    context = derived(uniform(300), zone="America/New_York")
    assert outcomes(context, "seasons")["d", "all"] == "no_holidays"
    kinds = fetch(context, "SELECT DISTINCT kind FROM mart.incident_seasons ORDER BY kind")
    assert kinds == [("month",), ("weekday",)]
    assert any(one.code == "analysis_seasons_no_holidays" for one in context.report.findings)


def rows_of(context) -> dict[str, int]:
    return {t: fetch(context, f"SELECT count(*) FROM mart.{t}")[0][0] for t in TABLES}


def test_no_incident_fills_nothing_and_says_so() -> None:
    context = derived({"x": [], "y": [], "at": [], "class": []})
    assert not any(rows_of(context).values())
    assert set(outcomes(context, "emerging").values()) == {"no_incident"}
    assert outcomes(context, "seasons") == {("d", "all"): "no_incident"}
    assert outcomes(context, "alarms")["d", "burglary"] == "no_type"
    codes = {one.code for one in context.report.findings}
    assert "analysis_emerging_no_incident" in codes
    assert "analysis_alarms_no_type" in codes


def test_too_few_incidents_fill_nothing_and_say_how_many_are_needed() -> None:
    context = derived(uniform(9))
    assert not any(rows_of(context).values())
    needed = fetch(
        context,
        "SELECT analysis, outcome, n, needed FROM mart.analysis_notes WHERE scope_kind = "
        "'district' AND class = 'all' ORDER BY analysis",
    )
    assert ("emerging", "too_few", 9, 50) in needed
    assert ("accuracy", "too_few", 9, 50) in needed
    assert ("community_moran", "too_few", 9, 30) in needed or any(
        row[:2] == ("community_moran", "too_few") for row in needed
    )
    tonight = set(outcomes(context, "tonight").values())
    assert tonight <= {"too_few", "no_incident"}
    finding = next(f for f in context.report.findings if f.code == "analysis_emerging_too_few")
    assert "9 found, 50 needed" in finding.en
    assert "实有 9，需要 50" in finding.zh


def test_all_at_one_point_is_said() -> None:
    given = uniform(300, seed=6) | {"x": [WEST + 333.0] * 300, "y": [SOUTH + 333.0] * 300}
    context = derived(given | {"type": ["burglary"] * 300})
    assert outcomes(context, "emerging")["d", "all"] == "one_point"
    assert outcomes(context, "accuracy")["s1", "all"] == "one_point"
    assert outcomes(context, "community_moran")["d", "all"] == "one_point"
    assert outcomes(context, "emerging")["s2", "all"] == "no_incident"
    assert fetch(context, "SELECT count(*) FROM mart.emerging_cells") == [(0,)]
    assert fetch(context, "SELECT count(*) FROM mart.alarms") == [(0,)]
    best = fetch(context, "SELECT cell_id FROM mart.tonight WHERE rank = 1 AND class = 'all'")
    assert len(best) == 1


def test_one_day_only_is_said() -> None:
    given = uniform(300, seed=7, days=1) | {"type": ["burglary"] * 300}
    context = derived(given)
    assert outcomes(context, "emerging")["d", "all"] in ("too_short", "one_day", "no_incident")
    assert outcomes(context, "accuracy")["d", "all"] in ("too_short", "one_day", "no_incident")
    assert outcomes(context, "seasons")["d", "all"] == "too_short"
    for table in ("emerging_cells", "accuracy", "alarms", "incident_seasons"):
        assert fetch(context, f"SELECT count(*) FROM mart.{table}") == [(0,)], table
    assert outcomes(context, "near_repeats")["d", "burglary"] == "nothing_found"


def test_a_year_of_data_trains_on_half_of_it_and_has_patterns_of_twelve_months() -> None:
    context = derived(uniform(2000, seed=9, days=365))
    months = read_cell_months(context)
    assert months.n_bins == 12
    assert months.edges[0] == date(2025, 7, 1)
    rows = fetch(context, "SELECT DISTINCT period_from FROM mart.accuracy ORDER BY ALL")
    assert len(rows) == 6
    assert outcomes(context, "emerging")["d", "all"] == "nothing_found"
    short = derived(uniform(600, seed=9, days=200))
    assert outcomes(short, "emerging")["d", "all"] == "too_short"
    assert outcomes(short, "accuracy")["d", "all"] == "ok"


def test_a_stray_incident_long_before_does_not_make_months_of_data() -> None:
    given = join(
        uniform(2000, seed=9, days=365),
        uniform(1) | {"at": [local(AS_OF - timedelta(days=700))]},
    )
    assert read_cell_months(derived(given)).n_bins == 12


def test_unlocated_incidents_are_left_out_and_counted_elsewhere() -> None:
    given = uniform(400, seed=10)
    x = np.array(given["x"])
    x[:100] = np.nan
    context = derived(given | {"x": x})
    n = fetch(context, f"SELECT n {NOTE} AND analysis = 'emerging' AND class = 'all'")
    assert n == [(300,)]
    seasons = fetch(context, f"SELECT n {NOTE} AND analysis = 'seasons'")
    assert seasons == [(400,)]
    nowhere = derived(given | {"x": np.full(400, np.nan), "y": np.full(400, np.nan)})
    assert outcomes(nowhere, "emerging")["d", "all"] == "no_incident"
    assert fetch(nowhere, "SELECT count(*) FROM mart.tonight") == [(0,)]


def test_incidents_without_a_time_of_day_make_no_plan_for_the_night() -> None:
    given = uniform(400, seed=11)
    given["at"] = [
        local(AS_OF - timedelta(days=k), 0 if k % 3 else 14) for k in range(len(given["at"]))
    ]
    context = derived(given)
    assert outcomes(context, "tonight")["s1", "all"] == "untimed"
    assert fetch(context, "SELECT count(*) FROM mart.tonight") == [(0,)]
    given["at"] = [local(AS_OF - timedelta(days=k), k % 24) for k in range(400)]
    assert outcomes(derived(given), "tonight")["s1", "all"] == "ok"


def test_incidents_after_the_last_day_are_not_there() -> None:
    tomorrow = AS_OF + timedelta(days=1)
    given = uniform(60, seed=12) | {"at": [local(tomorrow)] * 60, "type": ["burglary"] * 60}
    context = derived(given)
    assert not any(rows_of(context).values())


def test_the_same_city_gives_the_same_tables(planted) -> None:
    again = derived(planted_city())
    for table in (*TABLES, "incident_seasons", "analysis_notes"):
        query = f"SELECT * FROM mart.{table}"
        assert fetch(planted, query) == fetch(again, query), table


@pytest.fixture(scope="module")
def model(model_city: Path, model_store: Path):
    """The model city's database and what was planted in it."""
    truth = json.loads((model_city.parent / "truth.json").read_text(encoding="utf-8"))
    folder = Store(model_store).current()
    with duckdb.connect(str(folder / "district.duckdb"), read_only=True) as con:
        yield con, truth


def test_the_model_citys_recent_hotspot_emerges_with_its_dates(model) -> None:
    con, truth = model
    recent = [one for one in truth["hotspots"] if one["from"] > "2025-12-01"]
    assert recent
    for one in recent:
        rows = con.execute(
            "SELECT pattern, hot_since FROM mart.emerging_cells WHERE class = ? "
            "AND scope_kind = 'district' AND sqrt((x - ?) ** 2 + (y - ?) ** 2) <= ?",
            [one["class"], one["x"], one["y"], one["radius_m"]],
        ).fetchall()
        assert rows
        assert {pattern for pattern, _ in rows} <= {"new", "consecutive"}
        began = date.fromisoformat(one["from"])
        assert min(abs((since - began).days) for _, since in rows) <= 45
        assert all(since >= began - timedelta(days=31) for _, since in rows)


def test_the_model_citys_recent_series_ring_and_the_kinds_not_planted_do_not(model) -> None:
    con, truth = model
    rung = con.execute("SELECT incident_id, kind, expires_on FROM mart.alarms").fetchall()
    assert {kind for _, kind, _ in rung} == {"burglary"}
    ids = {number for number, *_ in rung}
    last = con.execute("SELECT max(value) FROM meta.build WHERE name = 'as_of'").fetchall()[0][0]
    span = {
        (expires - on).days + 1
        for expires, on in con.execute("SELECT expires_on, occurred_on FROM mart.alarms").fetchall()
    }
    assert len(span) == 1
    for run in truth["near_repeat_series"]:
        if run["to"] < "2026-06-15":
            continue
        alive = [
            number
            for number in run["incident_ids"]
            if date.fromisoformat(last) + timedelta(days=1)
            < date(int(number[1:5]), int(number[5:7]), int(number[7:9]))
            + timedelta(days=span.copy().pop())
        ]
        assert len(alive) >= 3
        assert set(alive) <= ids
        best = con.execute("SELECT community_id FROM mart.alarms WHERE rank = 1").fetchall()
        assert (run["community_id"],) in best


def test_rows_of_a_station_are_of_its_own_incidents_alone(planted) -> None:
    rows = fetch(
        planted,
        "SELECT scope_kind, scope_id, station_id FROM mart.emerging_cells UNION "
        "SELECT scope_kind, scope_id, station_id FROM mart.accuracy UNION "
        "SELECT scope_kind, scope_id, station_id FROM mart.near_repeats",
    )
    assert set(rows) == {("district", "d", None), ("station", "s1", "s1"), ("station", "s2", "s2")}
