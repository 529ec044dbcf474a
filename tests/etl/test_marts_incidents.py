"""Figures, months, days and hours of a small city whose sums are done by hand."""

from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from etl import schema
from etl.district import District
from etl.marts import MartContext, incidents
from etl.marts.local_time import local_sql, starts_at, windows
from etl.report import Report

AS_OF = date(2026, 6, 30)


class City:
    """Two stations, two streets, three communities; tests add incidents."""

    def __init__(self, zone: str = "Asia/Shanghai") -> None:
        self.con = duckdb.connect()
        self.zone = zone
        for statement in schema.create_statements():
            self.con.execute(statement)
        self.con.execute(
            "INSERT INTO core.stations BY NAME SELECT * FROM (VALUES ('s1', 's1', ''::BLOB), "
            "('s2', 's2', ''::BLOB)) v(station_id, name, geometry)"
        )
        self.con.execute(
            "INSERT INTO core.streets BY NAME SELECT * FROM (VALUES ('t1', 't1', ''::BLOB)) "
            "v(street_id, name, geometry)"
        )
        self.con.execute(
            "INSERT INTO core.communities BY NAME SELECT *, ''::BLOB AS geometry, "
            "community_id AS name FROM (VALUES ('c1', 's1', 't1'), ('c2', 's1', 't1'), "
            "('c3', 's2', NULL)) v(community_id, station_id, street_id)"
        )
        self.n = 0

    def add(
        self,
        day: date,
        *,
        n: int = 1,
        kind: str = "criminal",
        station: str | None = "s1",
        street: str | None = "t1",
        community: str | None = "c1",
        clock: str = "12:00",
        until: datetime | None = None,
        x: float | None = 1.0,
    ) -> None:
        """Add n incidents at a local time."""
        local = datetime.combine(day, datetime.strptime(clock, "%H:%M").time())
        utc = self.utc(local)
        for _ in range(n):
            self.con.execute(
                "INSERT INTO core.incidents (incident_id, class, type, occurred_from, occurred_to,"
                " station_id, street_id, community_id, x, y) VALUES (?, ?, 'theft', ?, ?, ?, ?, ?,"
                " ?, ?)",
                [f"i{self.n}", kind, utc, until and self.utc(until), station, street, community,
                 x, x],
            )  # fmt: skip
            self.n += 1

    def utc(self, local: datetime) -> datetime:
        """Return the instant of a local time, UTC without a zone."""
        there = local.replace(tzinfo=ZoneInfo(self.zone))
        return there.astimezone(ZoneInfo("UTC")).replace(tzinfo=None)

    def derive(self) -> None:
        """Fill the marts."""
        district = District("d", "d", "d", self.zone, "EPSG:4547", Path("d.toml"), (), Path())
        incidents.derive(MartContext(self.con, district, AS_OF, Report()))

    def figure(
        self, kind: str, scope: str, of: str, period: str = "12_months"
    ) -> dict[str, object]:
        """Return one row of the figures."""
        rows = self.con.execute(
            "SELECT * FROM mart.figures WHERE scope_kind = ? AND scope_id = ? AND class = ? "
            "AND period_kind = ?",
            [kind, scope, of, period],
        ).to_arrow_table()
        assert rows.num_rows == 1
        return rows.to_pylist()[0]


@pytest.fixture
def city() -> City:
    """Two years of data, the first day among them."""
    made = City()
    made.add(date(2024, 7, 1), kind="call", community=None, n=0)
    made.add(date(2024, 7, 2), kind="call", community="c1")
    made.add(date(2025, 6, 30), community="c1", n=19)  # the year before, last day
    made.add(date(2025, 7, 1), community="c1", n=4)  # this year, first day
    made.add(date(2026, 6, 30), clock="23:59", community="c2", kind="public_security")
    made.add(date(2026, 6, 2), community="c2", kind="dispute", n=3)  # the 28 days before
    made.add(date(2026, 6, 3), community=None, kind="dispute", n=2, x=None)  # the 28 days
    made.add(date(2026, 7, 1), clock="00:00", community="c2", n=50)  # after as_of
    made.add(date(2026, 1, 1), station="s2", street=None, community="c3")
    made.add(date(2026, 1, 1), station=None, street=None, community=None, kind="call")
    made.derive()
    return made


def test_counts_of_a_station_by_hand(city: City) -> None:
    row = city.figure("station", "s1", "all")
    # 4 criminal, 1 public security, 3 and 2 disputes
    assert (row["n"], row["n_before"]) == (10, 20)
    assert (row["period_from"], row["period_to"]) == (date(2025, 7, 1), AS_OF)
    assert row["change_fraction"] == pytest.approx(-0.5)
    assert (row["n_in_communities"], row["in_communities_fraction"]) == (8, 0.8)
    assert row["n_unlocated"] == 2
    assert (row["n_communities"], row["n_zero_communities"]) == (2, 0)
    assert (row["station_id"], row["street_id"]) == ("s1", None)
    # 10 of 30 by Clopper-Pearson: 0.1729 to 0.5281, as odds 0.209 to 1.119
    assert row["ratio_low"] == pytest.approx(0.209, abs=1e-3)
    assert row["ratio_high"] == pytest.approx(1.119, abs=1e-3)
    assert row["word"] == "no_real_change"


def test_a_case_is_criminal_or_public_security(city: City) -> None:
    row = city.figure("station", "s1", "case")
    assert (row["n"], row["n_before"], row["word"]) == (5, 19, "down")
    assert row["class_fraction"] == 0.5
    assert city.figure("station", "s1", "criminal")["n_zero_communities"] == 1


def test_28_days_are_compared_with_the_28_before(city: City) -> None:
    row = city.figure("station", "s1", "dispute", "28_days")
    assert (row["n"], row["n_before"], row["word"]) == (2, 3, "too_few")
    assert row["period_from"] == date(2026, 6, 3)
    assert row["n_unlocated"] == 2


def test_every_area_has_every_class_and_period(city: City) -> None:
    n = city.con.execute("SELECT count(*) FROM mart.figures").fetchall()[0][0]
    assert n == (1 + 2 + 1 + 3) * 6 * 2
    assert city.figure("district", "d", "all")["n"] == 12
    assert city.figure("street", "t1", "all")["n"] == 10
    nothing = city.figure("community", "c3", "dispute")
    assert (nothing["n"], nothing["n_before"], nothing["word"]) == (0, 0, "too_few")
    assert (nothing["change_fraction"], nothing["in_communities_fraction"]) == (None, None)
    assert (nothing["n_communities"], nothing["n_zero_communities"]) == (1, 1)
    assert city.figure("community", "c3", "criminal")["n_zero_communities"] == 0
    assert city.figure("street", "t1", "criminal")["n_zero_communities"] == 1
    assert city.figure("district", "d", "criminal")["n_zero_communities"] == 1


def test_a_community_with_cases_only_the_year_before_is_a_zero_community(city: City) -> None:
    row = city.figure("district", "d", "call")
    assert (row["n_before"], row["n_zero_communities"]) == (1, 3)
    assert city.figure("community", "c1", "call")["n_zero_communities"] == 1


def test_rows_of_an_area_carry_its_slice(city: City) -> None:
    assert city.figure("district", "d", "all")["station_id"] is None
    row = city.figure("community", "c1", "all")
    assert (row["station_id"], row["street_id"]) == ("s1", "t1")
    assert city.figure("street", "t1", "all")["street_id"] == "t1"


def test_a_year_is_not_compared_with_one_that_the_data_lack() -> None:
    city = City()
    city.add(date(2024, 7, 9), n=30)  # eight days after the first that counts
    city.add(date(2026, 6, 29), n=3)
    city.derive()
    row = city.figure("station", "s1", "all")
    assert row["n"] == 3
    assert [row[c] for c in ("n_before", "change_fraction", "ratio_low", "word")] == [None] * 4
    assert city.figure("station", "s1", "all", "28_days")["n_before"] == 0


def test_months_and_days_are_those_of_the_local_calendar(city: City) -> None:
    months = city.con.execute(
        "SELECT community_id, class, month, n FROM mart.incident_months "
        "WHERE month >= DATE '2026-06-01' ORDER BY ALL"
    ).fetchall()
    assert months == [
        ("c2", "dispute", date(2026, 6, 1), 3),
        ("c2", "public_security", date(2026, 6, 1), 1),
        (None, "dispute", date(2026, 6, 1), 2),
    ]
    days = city.con.execute(
        "SELECT day, sum(n)::INT FROM mart.incident_days GROUP BY ALL ORDER BY ALL DESC LIMIT 2"
    ).fetchall()
    assert days == [(date(2026, 6, 30), 1), (date(2026, 6, 3), 2)]


def community_hours(city: City, community: str, of: str) -> dict[tuple[int, int], float]:
    rows = city.con.execute(
        "SELECT n_by_hour FROM mart.community_hours WHERE community_id = ? AND class = ?",
        [community, of],
    ).fetchall()
    return {divmod(i, 24): n for (hours,) in rows for i, n in enumerate(hours) if n}


def test_hours_are_shared_and_summed_by_area() -> None:
    city = City()
    # Monday 22:30 to Tuesday 00:30
    city.add(date(2026, 6, 1), clock="22:30", until=datetime(2026, 6, 2, 0, 30))
    city.add(date(2026, 6, 1), clock="23:10", kind="dispute", community="c2")
    city.add(
        date(2026, 6, 1), clock="23:10", kind="call", station="s2", community="c3", street=None
    )
    city.add(date(2024, 6, 1), clock="23:10")
    city.derive()

    def hours(kind: str, scope: str, of: str) -> dict[tuple[int, int], float]:
        if kind == "community":
            return community_hours(city, scope, of)
        rows = city.con.execute(
            "SELECT weekday, hour, n FROM mart.incident_hours WHERE scope_kind = ? "
            "AND scope_id = ? AND class = ?",
            [kind, scope, of],
        ).fetchall()
        return {(weekday, hour): n for weekday, hour, n in rows}

    assert hours("community", "c1", "case") == {(0, 22): 0.25, (0, 23): 0.5, (1, 0): 0.25}
    station = hours("station", "s1", "all")
    assert len(station) == 168
    assert station[0, 23] == 1.5
    assert hours("district", "d", "all")[0, 23] == 2.5
    assert hours("street", "t1", "call")[0, 23] == 0
    assert hours("community", "c1", "call") == {}
    assert hours("station", "s2", "call")[0, 23] == 1


def test_an_hour_that_the_clock_repeats_does_not_end_before_it_begins() -> None:
    city = City("America/New_York")
    # 2025-11-02: 01:50 summer time (05:50 UTC) until 01:10 winter time (06:10 UTC)
    city.add(date(2025, 11, 2), clock="01:50", until=datetime(2025, 11, 2, 2, 10))
    city.con.execute("UPDATE core.incidents SET occurred_to = TIMESTAMP '2025-11-02 06:10:00'")
    city.derive()
    assert community_hours(city, "c1", "all") == {(6, 1): 1.0}


def test_no_incident_at_all_gives_zeros() -> None:
    city = City()
    city.derive()
    assert city.figure("station", "s1", "all")["n"] == 0
    assert city.con.execute("SELECT sum(n) FROM mart.incident_hours").fetchall() == [(0.0,)]
    assert city.con.execute("SELECT count(*) FROM mart.incident_months").fetchall() == [(0,)]


def test_nothing_temporary_is_left(city: City) -> None:
    left = city.con.execute("SELECT table_name FROM duckdb_tables() WHERE temporary").fetchall()
    assert left == []


def test_the_leap_day_ends_a_year_of_366_days() -> None:
    year, month = windows(date(2024, 2, 29))
    assert (year.first, year.last) == (date(2023, 3, 1), date(2024, 2, 29))
    assert (year.first_before, year.last_before) == (date(2022, 3, 1), date(2023, 2, 28))
    assert (month.first, month.first_before) == (date(2024, 2, 2), date(2024, 1, 5))
    assert month.last_before == date(2024, 2, 1)


def test_a_day_begins_at_the_local_midnight() -> None:
    assert starts_at(date(2026, 7, 1), "Asia/Shanghai") == datetime(2026, 6, 30, 16)
    assert starts_at(date(2025, 7, 1), "America/New_York") == datetime(2025, 7, 1, 4)


@settings(deadline=None, max_examples=60)
@given(
    st.sampled_from(["Asia/Shanghai", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe"]),
    st.datetimes(datetime(1985, 1, 1), datetime(2030, 1, 1)),
    st.integers(0, 900),
    st.floats(0, 1),
)
def test_sql_knows_the_local_time(zone: str, first: datetime, days: int, part: float) -> None:
    last = first + timedelta(days=days)
    at = (first + timedelta(days=days) * part).replace(microsecond=0)
    at = max(at, first)
    sql = local_sql("$at::TIMESTAMP", zone, first, last)
    found = duckdb.execute(f"SELECT {sql}", {"at": at}).fetchall()[0][0]
    truth = at.replace(tzinfo=ZoneInfo("UTC")).astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    assert found == truth
