"""Clusters of two jurisdictions, with one planted in the last days and one half a year ago."""

from datetime import date, datetime, timedelta
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pytest
import shapely

from etl import schema
from etl.district import District
from etl.marts import MartContext, clusters
from etl.report import Report

AS_OF = date(2026, 6, 30)
WEST, SOUTH = 500_000.0, 3_400_000.0
SIDE = 200.0


def at(back: int, hour: int = 4) -> datetime:
    """Return an hour (UTC; 12:00 in Shanghai) so many days before the last."""
    return datetime(2026, 6, 30, hour) - timedelta(days=back)


def derive(rows: dict[str, object], seed: int = 1) -> tuple[duckdb.DuckDBPyConnection, Report]:
    """Build the mart for 2 stations of 5 by 10 communities each, s1 in the west."""
    con = duckdb.connect()
    for statement in schema.create_statements():
        con.execute(statement)
    for i, name in enumerate(("s1", "s2")):
        box = shapely.box(WEST + i * 1000, SOUTH, WEST + i * 1000 + 1000, SOUTH + 2000)
        con.execute(
            "INSERT INTO core.stations (station_id, name, geometry) VALUES (?, ?, ?)",
            [name, name, shapely.to_wkb(box)],
        )
    for k in range(100):
        x, y = WEST + k % 10 * SIDE, SOUTH + k // 10 * SIDE
        con.execute(
            "INSERT INTO core.communities (community_id, name, geometry) VALUES (?, ?, ?)",
            [f"c{k:02}", "x", shapely.to_wkb(shapely.box(x + 20, y + 20, x + 180, y + 180))],
        )
    con.register("given", pa.table(rows))
    con.execute(
        "INSERT INTO core.incidents BY NAME SELECT 'i' || row_number() OVER () AS incident_id, "
        "'theft' AS type, * FROM given"
    )
    con.unregister("given")
    district = District(
        "d", "d", "d", "Asia/Shanghai", "EPSG:4547", Path("d.toml"), (), Path()
    )  # fmt: skip
    context = MartContext(con, district, AS_OF, Report(), seed=seed)
    clusters.derive(context)
    return con, context.report


def incidents(
    n: int, planted: list[tuple[int, int, int, int]], seed: int = 0, outside: int = 0
) -> dict[str, object]:
    """Scatter n incidents over communities and 400 days; plant (community, n, from, to days back).

    The planted are criminal, the others calls; the first ``outside`` lie between communities.
    """
    rng = np.random.default_rng(seed)
    where, back = rng.integers(0, 100, n), rng.integers(0, 400, n)
    for community, many, first, last in planted:
        where = np.concatenate([where, np.full(many, community)])
        back = np.concatenate([back, rng.integers(last, first + 1, many)])
    x, y = WEST + where % 10 * SIDE + 100, SOUTH + where // 10 * SIDE + 100
    between = np.arange(len(where)) < outside
    return {
        "class": np.where(np.arange(len(where)) < n, "call", "criminal"),
        "occurred_from": pa.array([at(int(b)) for b in back], pa.timestamp("us")),
        "station_id": np.where(where % 10 < 5, "s1", "s2"),
        "community_id": pa.array([f"c{k:02}" for k in where], mask=between),
        "x": x,
        "y": y,
    }


@pytest.fixture(scope="module")
def con() -> duckdb.DuckDBPyConnection:
    """A city with a series in community 33 since six days ago, and one in 77 half a year ago."""
    return derive(incidents(1500, [(33, 9, 5, 0), (77, 16, 174, 168)]))[0]


def test_each_area_class_and_analysis_is_scanned_once(con: duckdb.DuckDBPyConnection) -> None:
    rows = con.execute(
        "SELECT scope_kind, scope_id, station_id, count(DISTINCT class || analysis), count(*), "
        "min(period_from), max(period_from), max(period_to), max(n_days_longest), "
        "max(n_replications) <= 999 FROM mart.cluster_scans GROUP BY ALL ORDER BY ALL"
    ).fetchall()

    common = (4, 4, AS_OF - timedelta(days=363), AS_OF - timedelta(days=89), AS_OF, 56, True)
    assert rows == [
        ("district", "d", None, *common),
        ("station", "s1", "s1", *common),
        ("station", "s2", "s2", *common),
    ]


def test_what_started_this_week_is_told_with_its_day(con: duckdb.DuckDBPyConnection) -> None:
    rows = con.execute(
        "SELECT scope_id, rank, place_id, community_id, radius_m, n_places, n_communities, "
        "first_on, last_on, n_days, n_observed, p <= 0.01, recurrence_days >= 100, is_alive "
        "FROM mart.clusters WHERE analysis = 'prospective' AND class = 'all' "
        "AND scope_id IN ('d', 's1') AND rank = 1 ORDER BY scope_id"
    ).fetchall()

    assert len(rows) == 2
    for _, *row in rows:
        assert row[:3] == [1, "c33", "c33"]
        assert (row[3], row[4], row[5]) == (0.0, 1, 1)
        assert AS_OF - timedelta(days=6) <= row[6] <= AS_OF - timedelta(days=3)
        assert row[7] == AS_OF
        assert row[8] == (AS_OF - row[6]).days + 1
        assert row[9] >= 7
        assert row[10:] == [True, True, True]


def test_what_is_over_is_told_by_the_look_back_only(con: duckdb.DuckDBPyConnection) -> None:
    rows = con.execute(
        "SELECT analysis, class, scope_id, first_on, last_on, is_alive, recurrence_days "
        "FROM mart.clusters WHERE community_id = 'c77' ORDER BY ALL"
    ).fetchall()

    assert {row[:3] for row in rows} == {
        ("retrospective", "all", "d"),
        ("retrospective", "all", "s2"),
    }
    for *_, first, last, is_alive, recurrence in rows:
        assert first <= AS_OF - timedelta(days=174)
        assert last >= AS_OF - timedelta(days=168)
        assert ((last - first).days + 1) % 7 == 0
        assert (AS_OF - last).days % 7 == 0
        assert (is_alive, recurrence) == (False, None)


def test_a_cluster_is_the_sum_of_its_places_and_of_the_incidents(
    con: duckdb.DuckDBPyConnection,
) -> None:
    rows = con.execute(
        "SELECT c.n_observed, c.n_expected, c.ratio, c.n_places, sum(p.n_observed)::INT, "
        "sum(p.n_expected), count(*), max(p.distance_m) - max(c.radius_m), "
        "min(p.lon) > 113, any_value(c.scope_kind), any_value(c.scope_id), any_value(c.class), "
        "any_value(c.first_on), any_value(c.last_on), list(p.place_id), any_value(c.analysis) "
        "FROM mart.clusters c JOIN mart.cluster_places p "
        "USING (scope_kind, scope_id, class, analysis, rank) "
        "GROUP BY c.rowid, c.n_observed, c.n_expected, c.ratio, c.n_places"
    ).fetchall()

    assert rows
    for n, expected, ratio, n_places, n_in, expected_in, places, beyond, east, *which in rows:
        assert (n, n_places, east) == (n_in, places, True)
        assert expected == pytest.approx(expected_in)
        assert ratio == pytest.approx(n / expected)
        assert beyond == pytest.approx(0, abs=1e-6)
        kind, scope, name, first, last, ids, analysis = which
        days = 90 if analysis == "prospective" else 364
        counted = con.execute(
            "SELECT count(*) FILTER (community_id IN $ids AND day BETWEEN $first AND $last), "
            "count(*) FILTER (community_id IN $ids) * count(*) FILTER (day BETWEEN $first AND "
            "$last) / count(*) FROM (SELECT *, (occurred_from + INTERVAL 8 HOUR)::DATE AS day "
            "FROM core.incidents) WHERE day > $last_day - $days AND ($kind = 'district' OR "
            "station_id = $scope) AND ($name = 'all' OR class = 'criminal')",
            {
                "ids": ids, "first": first, "last": last, "last_day": AS_OF, "days": days,
                "kind": kind, "scope": scope, "name": name,
            },
        ).fetchall()[0]  # fmt: skip
        assert counted[0] == n
        assert counted[1] == pytest.approx(expected)


def test_chance_alone_gives_hardly_a_cluster() -> None:
    found = [
        derive(incidents(1500, [], seed))[0]
        .execute("SELECT outcome, count(*) FROM mart.cluster_scans WHERE class = 'all' GROUP BY 1")
        .fetchall()
        for seed in range(5)
    ]

    told = sum(n for one in found for outcome, n in one if outcome == "found")
    assert sum(n for one in found for _, n in one) == 30
    assert told <= 5  # of 30 scans 1 or 2 by chance


def test_incidents_between_communities_are_gathered_in_cells() -> None:
    rows = incidents(600, [(0, 12, 4, 0)], outside=10_000)
    con, _ = derive(rows)
    found = con.execute(
        "SELECT place_id, community_id, cell_m, x, y FROM mart.cluster_places "
        "WHERE analysis = 'prospective' AND class = 'all' AND scope_kind = 'district' "
        "AND rank = 1 ORDER BY distance_m"
    ).fetchall()

    col, row = int((WEST + 100) // 250), int((SOUTH + 100) // 250)
    assert found[0] == (f"x{col}y{row}", None, 250.0, (col + 0.5) * 250, (row + 0.5) * 250)


@pytest.mark.parametrize(
    ("rows", "outcome"),
    [
        (incidents(0, [(5, 9, 80, 0)]), "too_few"),
        (incidents(0, [(5, 30, 80, 0)]), "one_place"),
        (incidents(0, [(5, 15, 3, 3), (6, 15, 3, 3)]), "one_day"),
    ],
)
def test_what_cannot_be_scanned_is_said_in_words(rows: dict[str, object], outcome: str) -> None:
    con, report = derive(rows)
    found = con.execute(
        "SELECT outcome, p, n_clusters, n_replications FROM mart.cluster_scans "
        "WHERE scope_id = 's2' OR scope_id = 'd' AND class = 'case'"
    ).fetchall()
    district = con.execute(
        "SELECT outcome FROM mart.cluster_scans WHERE scope_id = 'd' AND class = 'case' "
        "AND analysis = 'prospective'"
    ).fetchall()

    assert district == [(outcome,)]
    assert all(row[1:] == (None, 0, 0) for row in found if row[0] != "nothing")
    assert con.execute("SELECT count(*) FROM mart.clusters").fetchall() == [(0,)]
    codes = [one.code for one in report.findings]
    assert codes == ["clusters_too_few"]
    assert "fewer than 10 located incidents" in report.findings[0].en


def test_the_same_seed_gives_the_same_rows_and_a_sample_counts_all(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rows = incidents(1500, [(33, 20, 5, 0)])
    query = (
        "SELECT * EXCLUDE (llr, p, recurrence_days) FROM mart.clusters WHERE community_id = 'c33'"
    )
    whole = derive(rows)[0].execute("FROM mart.cluster_scans ORDER BY ALL").fetchall()
    again = derive(rows)[0].execute("FROM mart.cluster_scans ORDER BY ALL").fetchall()
    assert whole == again
    monkeypatch.setattr(clusters, "MOST_INCIDENTS", {"district": 300, "station": 300})
    con, _ = derive(rows)
    n_cases = con.execute(
        "SELECT n_cases FROM mart.cluster_scans WHERE scope_id = 'd' AND class = 'all' "
        "AND analysis = 'retrospective'"
    ).fetchall()
    assert n_cases[0][0] > 1300
    found = con.execute(query + " AND scope_id = 'd' AND class = 'all'").fetchall()
    assert found
    n = con.execute(
        "SELECT max(n_observed) FROM mart.clusters WHERE analysis = 'prospective' "
        "AND scope_id = 'd' AND class = 'all' AND community_id = 'c33'"
    ).fetchall()
    assert n[0][0] is None or n[0][0] >= 15
