"""The rows behind a figure are those that a slow look at every incident finds."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.clocks import local_sql
from dashboard.queries.incidents import Which, kinds, rows

SINCE, UNTIL = datetime(2024, 1, 1), datetime(2025, 1, 1)
CLASSES = ("call", "criminal", "public_security", "dispute")


class Store:
    """Incidents in memory, read as a page reads its slice."""

    def __init__(self, incidents: list[dict[str, Any]]) -> None:
        self.con = duckdb.connect()
        self.con.execute("CREATE SCHEMA core; CREATE SCHEMA mart")
        self.con.execute(
            "CREATE TABLE core.incidents (incident_id VARCHAR, class VARCHAR, type VARCHAR, "
            "occurred_from TIMESTAMP, occurred_to TIMESTAMP, address VARCHAR, "
            "community_id VARCHAR, is_solved BOOLEAN, lon DOUBLE, lat DOUBLE, x DOUBLE, y DOUBLE)"
        )
        self.con.execute(
            "CREATE TABLE core.communities (community_id VARCHAR, name VARCHAR, name_en VARCHAR)"
        )
        self.con.execute(
            "CREATE TABLE mart.cluster_places (scope_kind VARCHAR, scope_id VARCHAR, "
            "class VARCHAR, analysis VARCHAR, rank BIGINT, community_id VARCHAR, cell_m DOUBLE, "
            "x DOUBLE, y DOUBLE)"
        )
        for one in incidents:
            self.con.execute(
                "INSERT INTO core.incidents BY NAME SELECT unnest($1)", [{**_EMPTY, **one}]
            )

    def frame(self, sql: str, parameters: tuple[Any, ...] = ()) -> pd.DataFrame:
        return self.con.execute(sql, list(parameters)).df()


_EMPTY = {"incident_id": "", "class": "call", "type": "help", "occurred_from": SINCE,
          "occurred_to": None, "address": None, "community_id": None, "x": None,
          "y": None}  # fmt: skip
_AT = st.integers(0, 366 * 24 * 60 - 1).map(lambda m: SINCE + timedelta(minutes=m))
_SPAN = st.one_of(st.none(), st.integers(0, 60 * 60).map(lambda m: timedelta(minutes=m)))


def _touches(at: datetime, until: datetime | None, which: Which, zone: ZoneInfo) -> bool:
    """Walk an incident minute by minute and look at the clock."""
    first, n = which.hours or (0, 24)
    last = until if until is not None and until > at else at + timedelta(minutes=1)
    moment = at
    while moment < last:
        local = moment.replace(tzinfo=ZoneInfo("UTC")).astimezone(zone)
        hour = local.hour
        if which.weekday is not None:
            since = (24 * local.weekday() + hour - 24 * which.weekday - first) % 168
        else:
            since = (hour - first) % 24
        if since < n:
            return True
        moment += timedelta(minutes=1)
    return False


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.tuples(_AT, _SPAN), min_size=1, max_size=4),
    st.integers(0, 23),
    st.integers(1, 24),
    st.one_of(st.none(), st.integers(0, 6)),
)
def test_an_uncertain_time_belongs_to_every_hour_it_touches(
    times: list[tuple[datetime, timedelta | None]], first: int, n: int, weekday: int | None
) -> None:
    zone = ZoneInfo("Asia/Shanghai")
    incidents = [
        {"incident_id": str(i), "occurred_from": at, "occurred_to": at + gap if gap else None}
        for i, (at, gap) in enumerate(times)
    ]
    which = Which(SINCE, UNTIL, hours=(first, n), weekday=weekday)
    found = rows(Store(incidents), which, zone.key, at_most=10)
    expected = {
        one["incident_id"]
        for one in incidents
        if _touches(one["occurred_from"], one["occurred_to"], which, zone)
    }
    assert set(found["incident_id"]) == expected


def test_hours_are_those_of_the_district_on_both_sides_of_a_change_of_the_clock() -> None:
    at = [datetime(2024, 3, 10, 6, 59), datetime(2024, 3, 10, 7, 1), datetime(2024, 11, 3, 6, 1)]
    store = Store([{"incident_id": str(i), "occurred_from": one} for i, one in enumerate(at)])
    sql = local_sql("occurred_from", "America/New_York", SINCE, UNTIL)
    local = store.frame(f"SELECT hour({sql}) AS h FROM core.incidents ORDER BY incident_id")
    assert list(local["h"]) == [1, 3, 1]


@pytest.mark.parametrize(
    ("since", "until", "inside"),
    [
        ("02 03:59", None, False),
        ("02 04:00", None, True),
        ("02 05:59", None, True),
        ("02 06:00", None, False),
        ("02 03:30", "02 04:00", False),
        ("02 03:30", "02 04:01", True),
        ("02 05:30", "02 09:00", True),
        ("02 06:00", "03 04:00", False),
        ("02 06:00", "03 04:01", True),
        ("02 06:00", "04 06:00", True),
    ],
)
def test_a_window_of_hours_begins_with_its_first_minute_and_ends_before_its_last(
    since: str, until: str | None, inside: bool
) -> None:
    """The window is 4:00 to 6:00 of any day."""
    store = Store([{"occurred_from": _jan(since), "occurred_to": until and _jan(until)}])
    found = rows(store, Which(SINCE, UNTIL, hours=(4, 2)), "UTC", at_most=10)
    assert bool(len(found)) is inside


@pytest.mark.parametrize(
    ("at", "inside"),
    [("02 22:59", False), ("02 23:00", True), ("03 00:59", True), ("03 01:00", False),
     ("01 23:30", False), ("09 23:30", True), ("08 23:30", False)],
)  # fmt: skip
def test_hours_of_a_weekday_may_run_over_midnight(at: str, inside: bool) -> None:
    """The window is Tuesday 23:00 to Wednesday 1:00; 2 January 2024 is a Tuesday."""
    store = Store([{"occurred_from": _jan(at)}])
    found = rows(store, Which(SINCE, UNTIL, hours=(23, 2), weekday=1), "UTC", at_most=10)
    assert bool(len(found)) is inside


def _jan(text: str) -> datetime:
    return datetime.strptime(f"2024-01-{text}", "%Y-%m-%d %H:%M")


@pytest.mark.parametrize(
    ("which", "found"),
    [
        (Which(SINCE, UNTIL), {"a", "b", "c"}),
        (Which(SINCE, datetime(2024, 6, 1)), {"a"}),
        (Which(datetime(2024, 6, 1), UNTIL), {"b", "c"}),
        (Which(SINCE, UNTIL, "case"), {"b", "c"}),
        (Which(SINCE, UNTIL, "criminal"), {"b"}),
        (Which(SINCE, UNTIL, located=True), {"a", "b"}),
        (Which(SINCE, UNTIL, located=False), {"c"}),
        (Which(SINCE, UNTIL, community_id="C1"), {"a"}),
        (Which(SINCE, UNTIL, address="Street 1"), {"b"}),
        (Which(SINCE, UNTIL, cells=("x1y2",), cell_m=100.0), {"a"}),
        (Which(SINCE, UNTIL, cells=("x1y2", "x-1y-1"), cell_m=100.0), {"a", "b"}),
        (Which(SINCE, UNTIL, circle=(150.0, 250.0, 0.0)), {"a"}),
        (Which(SINCE, UNTIL, circle=(0.0, 0.0, 75.0)), {"b"}),
        (Which(SINCE, UNTIL, ids=("a", "c", "zz")), {"a", "c"}),
        (Which(SINCE, UNTIL, words=("burg", "fraud")), {"b"}),
    ],
)
def test_each_part_of_a_choice_narrows_it(which: Which, found: set[str]) -> None:
    store = Store([
        {"incident_id": "a", "x": 150.0, "y": 250.0, "community_id": "C1"},
        {"incident_id": "b", "class": "criminal", "type": "BURGLARY", "x": -50.0, "y": -50.0,
         "occurred_from": datetime(2024, 6, 1), "address": "Street 1"},
        {"incident_id": "c", "class": "public_security", "occurred_from": datetime(2024, 7, 1)},
    ])  # fmt: skip
    assert set(rows(store, which, "UTC", at_most=10)["incident_id"]) == found


def test_a_cluster_opens_to_its_communities_and_to_the_streets_of_its_cells_alone() -> None:
    store = Store([
        {"incident_id": "in community", "community_id": "C1", "x": 0.0, "y": 0.0},
        {"incident_id": "other community", "community_id": "C2", "x": 500.0, "y": 500.0},
        {"incident_id": "street inside", "x": 549.0, "y": 451.0},
        {"incident_id": "street on the far edge", "x": 550.0, "y": 500.0},
        {"incident_id": "unlocated"},
    ])  # fmt: skip
    store.con.execute(
        "INSERT INTO mart.cluster_places VALUES "
        "('station', 'S1', 'all', 'prospective', 1, 'C1', NULL, 0, 0), "
        "('station', 'S1', 'all', 'prospective', 1, NULL, 100, 500, 500), "
        "('station', 'S1', 'all', 'prospective', 2, 'C2', NULL, 0, 0)"
    )
    which = Which(SINCE, UNTIL, cluster=("station", "S1", "all", "prospective", 1))
    found = rows(store, which, "UTC", at_most=10)
    assert set(found["incident_id"]) == {"in community", "street inside"}
    assert list(kinds(store, which, "UTC")["n"]) == [2]


def test_the_newest_come_first_and_all_are_counted() -> None:
    incidents = [
        {"incident_id": f"{i}", "occurred_from": SINCE + timedelta(days=i)} for i in range(5)
    ]
    found = rows(Store(incidents), Which(SINCE, UNTIL), "UTC", at_most=2)
    assert list(found["incident_id"]) == ["4", "3"]
    assert np.all(found["n_all"] == 5)
