"""Hotspot cells of two jurisdictions, one with a planted hotspot."""

from datetime import date, datetime
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pytest
import shapely

from etl import schema
from etl.district import District
from etl.marts import MartContext, hotspots
from etl.report import Report
from geo.projection import unproject

AS_OF = date(2026, 6, 30)
WEST, SOUTH = 500_000.0, 3_400_000.0


def derive(incidents: dict[str, object], *, cell_m: float = 100.0) -> duckdb.DuckDBPyConnection:
    """Build the mart for two jurisdictions of 2 km by 2 km side by side."""
    con = duckdb.connect()
    for statement in schema.create_statements():
        con.execute(statement)
    for i, name in enumerate(("s1", "s2")):
        box = shapely.box(WEST + i * 2000, SOUTH, WEST + i * 2000 + 2000, SOUTH + 2000)
        con.execute(
            "INSERT INTO core.stations (station_id, name, geometry) VALUES (?, ?, ?)",
            [name, name, shapely.to_wkb(box)],
        )
    rows = pa.table(incidents)
    con.register("given", rows)
    con.execute(
        "INSERT INTO core.incidents BY NAME SELECT 'i' || row_number() OVER () AS incident_id, "
        "'theft' AS type, * FROM given"
    )
    con.unregister("given")
    district = District(
        "d", "d", "d", "Asia/Shanghai", "EPSG:4547", Path("d.toml"), (), Path(),
        hotspot_cell_m=cell_m,
    )  # fmt: skip
    hotspots.derive(MartContext(con, district, AS_OF, Report()))
    return con


def scattered(n: int, planted: int, seed: int = 0) -> dict[str, object]:
    """Make n incidents all over and some around one corner of s1, a few of them lately."""
    rng = np.random.default_rng(seed)
    xy = rng.uniform([WEST, SOUTH], [WEST + 4000, SOUTH + 2000], (n, 2))
    around = rng.normal([WEST + 550, SOUTH + 550], 60, (planted, 2))
    xy = np.concatenate([xy, around])
    station = np.where(xy[:, 0] < WEST + 2000, "s1", "s2")
    at = [
        datetime(2026, 6, 20, 4) if i % 5 == 0 else datetime(2026, 1, 2, 4) for i in range(len(xy))
    ]
    kinds = np.where(np.arange(len(xy)) < n, "call", "criminal")
    return {
        "class": kinds, "occurred_from": pa.array(at, pa.timestamp("us")),
        "station_id": station, "x": xy[:, 0], "y": xy[:, 1],
    }  # fmt: skip


@pytest.fixture(scope="module")
def con() -> duckdb.DuckDBPyConnection:
    """A city with a hotspot in s1."""
    return derive(scattered(1500, 200))


def test_every_area_has_its_own_cells_and_none_is_stored_that_a_map_would_not_show(
    con: duckdb.DuckDBPyConnection,
) -> None:
    found = con.execute(
        "SELECT scope_kind, scope_id, station_id, max(cells) FROM (SELECT scope_kind, scope_id, "
        "station_id, class, count(*) AS cells FROM mart.hotspots "
        "WHERE period_kind = '12_months' GROUP BY ALL) GROUP BY ALL ORDER BY ALL"
    ).fetchall()
    assert [one[:3] for one in found] == [
        ("district", "d", None),
        ("station", "s1", "s1"),
        ("station", "s2", "s2"),
    ]
    for (*_, cells), most in zip(found, (800, 400, 400), strict=True):
        assert 0 < cells <= most
    empty = con.execute(
        "SELECT min(h.density_per_km2 / peak) FROM mart.hotspots h JOIN (SELECT scope_id, class, "
        "period_kind, max(density_per_km2) AS peak FROM mart.hotspots GROUP BY ALL) "
        "USING (scope_id, class, period_kind) WHERE n = 0 AND NOT is_hot AND NOT is_cold"
    ).fetchall()
    assert empty[0][0] is None or empty[0][0] > 0.02


def test_counts_are_those_of_the_incidents(con: duckdb.DuckDBPyConnection) -> None:
    found = con.execute(
        "SELECT scope_id, class, period_kind, sum(n)::INT FROM mart.hotspots "
        "WHERE class IN ('all', 'case', 'dispute') GROUP BY ALL"
    ).fetchall()
    sums = {(a, b, c): n for a, b, c, n in found}
    assert sums["d", "all", "12_months"] == 1700
    assert sums["d", "case", "12_months"] == sums["s1", "case", "12_months"] == 200
    assert sums["d", "all", "28_days"] == 340
    assert sums["s1", "all", "12_months"] + sums["s2", "all", "12_months"] == 1700
    assert ("d", "dispute", "12_months") not in sums
    one = con.execute(
        "SELECT n FROM mart.hotspots h WHERE scope_id = 's1' AND class = 'all' "
        "AND period_kind = '12_months' AND x = ? AND y = ?",
        [WEST + 550, SOUTH + 550],
    ).fetchall()[0][0]
    assert (
        one
        == con.execute(
            "SELECT count(*) FROM core.incidents WHERE x >= ? AND x < ? AND y >= ? AND y < ?",
            [WEST + 500, WEST + 600, SOUTH + 500, SOUTH + 600],
        ).fetchall()[0][0]
    )


def test_the_planted_hotspot_is_hot_and_chance_is_not(con: duckdb.DuckDBPyConnection) -> None:
    hot = con.execute(
        "SELECT scope_id, x, y, z, p_fdr FROM mart.hotspots WHERE is_hot AND class = 'all' "
        "AND period_kind = '12_months'"
    ).fetchall()
    assert {scope for scope, *_ in hot} == {"d", "s1"}
    for _, x, y, z, p_fdr in hot:
        assert np.hypot(x - WEST - 550, y - SOUTH - 550) < 300
        assert z > 0
        assert p_fdr <= 0.05
    assert (WEST + 550, SOUTH + 550) in {(x, y) for scope, x, y, *_ in hot if scope == "s1"}


def test_density_holds_the_incidents(con: duckdb.DuckDBPyConnection) -> None:
    rows = con.execute(
        "SELECT class, sum(density_per_km2 * cell_m * cell_m / 1e6), max(density_per_km2) "
        "FROM mart.hotspots WHERE scope_id = 's1' AND period_kind = '12_months' GROUP BY ALL"
    ).fetchall()
    density = {name: (held, peak) for name, held, peak in rows}
    # the cells left out hold at most 2 % of the peak each: 400 cells of 100 m are 4 km2
    for name, n in (("criminal", 200), ("all", density["criminal"][0] + density["call"][0])):
        held, peak = density[name]
        # the sum of classes lost its faint cells class by class, so "all" may hold that much more
        lost = 0.02 * 4 * (density["call"][1] + density["criminal"][1]) if name == "all" else 0.0
        assert held <= n * (1 + 1e-6) + lost
        assert held >= n - 0.02 * peak * 4
    # 200 incidents around one point: deviation 60 by the kernel's 250 m together 257 m
    assert density["criminal"][1] == pytest.approx(200 / (2 * np.pi * 0.257**2), rel=0.15)


def test_too_few_incidents_have_density_but_no_p() -> None:
    nine = {key: value[-9:] for key, value in scattered(0, 10).items()}  # type: ignore[index]
    con = derive(nine)
    rows = con.execute("SELECT DISTINCT z, p, p_fdr, is_hot, is_cold FROM mart.hotspots").fetchall()
    assert rows == [(None, None, None, False, False)]
    peak = con.execute("SELECT max(density_per_km2) FROM mart.hotspots").fetchall()[0][0]
    assert peak > 1
    ten = derive(scattered(0, 10))
    assert ten.execute(
        "SELECT count(*) FROM mart.hotspots WHERE z > 3 AND period_kind = '12_months'"
    ).fetchall()[0][0]


def test_incidents_count_where_they_are_not_when_or_without_place() -> None:
    given = scattered(0, 30)
    at = [datetime(2026, 6, 30, 15, 59)] * 10 + [datetime(2026, 6, 30, 16)] * 10
    given["occurred_from"] = pa.array(at + [datetime(2025, 6, 30, 15, 59)] * 10, pa.timestamp("us"))
    x = np.array(given["x"])
    given["x"] = pa.array(x, mask=np.arange(30) < 3)
    con = derive(given)
    n = con.execute(
        "SELECT sum(n)::INT FROM mart.hotspots WHERE scope_id = 'd' AND class = 'all' "
        "AND period_kind = '12_months'"
    ).fetchall()[0][0]
    assert n == 7  # local 23:59 of the last day counts, the next minute and 366 days ago do not


def test_an_incident_beyond_the_jurisdiction_has_a_cell_all_the_same() -> None:
    given = scattered(40, 0)
    x = np.array(given["x"])
    x[0], given["station_id"][0] = WEST - 350, "s1"  # type: ignore[index]
    given["x"] = x
    con = derive(given)
    row = con.execute(
        "SELECT n, lon, lat, y FROM mart.hotspots WHERE scope_id = 's1' AND x = ? "
        "AND class = 'all' AND period_kind = '12_months'",
        [WEST - 350],
    ).fetchall()
    assert len(row) == 1
    assert row[0][0] == 1
    lon, lat = unproject(np.array([WEST - 350]), np.array([row[0][3]]), epsg=4547)
    assert row[0][1:3] == pytest.approx((lon[0], lat[0]))


def test_a_large_area_gets_larger_cells() -> None:
    con = derive(scattered(100, 0), cell_m=10.0)
    sizes = con.execute(
        "SELECT scope_id, max(cell_m), count(*) FROM mart.hotspots WHERE class = 'all' "
        "AND period_kind = '28_days' GROUP BY ALL ORDER BY ALL"
    ).fetchall()
    # 80,000 cells of 10 m in the district: 8,889 of 30 m; 40,000 in a station: 10,000 of 20 m
    assert [one[:2] for one in sizes] == [("d", 30.0), ("s1", 20.0), ("s2", 20.0)]
    assert all(0 < cells <= 10_000 for *_, cells in sizes)


def test_no_incident_at_all_stores_no_cell() -> None:
    con = derive(scattered(0, 0))

    assert con.execute("SELECT count(*) FROM mart.hotspots").fetchall() == [(0,)]
