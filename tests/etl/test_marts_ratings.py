"""Ratings as a build holds them: every row from a small city whose sums are done by hand."""

import json
from datetime import date, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from etl import schema
from etl.district import District
from etl.marts import MartContext, ratings
from etl.report import Report

AS_OF = date(2026, 6, 30)
SCORES = {
    "lighting": 8,
    "gate_access": 12,
    "video_upkeep": 12,
    "perimeter": 8,
    "internal_management": 10,
    "guard_team": 12,
    "disputes_mediation": 8,
}


class City:
    """A small city in memory that tests add rows to."""

    def __init__(self) -> None:
        self.con = duckdb.connect()
        for statement in schema.create_statements():
            self.con.execute(statement)
        self.n_incidents = 0
        self.add("companies", company_id="p1", name="Company", registered=True)

    def add(self, table: str, **row: object) -> None:
        names = ", ".join(row)
        marks = ", ".join("?" for _ in row)
        self.con.execute(f"INSERT INTO core.{table} ({names}) VALUES ({marks})", list(row.values()))

    def community(self, community_id: str, **row: object) -> None:
        defaults = {
            "name": community_id,
            "station_id": "s1",
            "street_id": "t1",
            "company_id": "p1",
            "n_buildings": 6,
            "n_households": 1000,
            "n_residents": 3000,
            "occupancy_fraction": 0.9,
            "is_enclosed": True,
            "has_construction_permit": True,
            "n_guards": 10,
        }
        self.add("communities", community_id=community_id, **{**defaults, **row})

    def assess(self, community_id: str, period: str = "2026", **scores: float) -> None:
        for item_id, score in (scores or SCORES).items():
            self.add(
                "assessments",
                community_id=community_id,
                standard_id="security-star",
                item_id=item_id,
                period=period,
                score=score,
                assessed_on=date(int(period), 3, 2),
                assessor="Station 1",
            )

    def incidents(
        self, community_id: str, n: int, kind: str = "criminal", day: date = AS_OF
    ) -> None:
        self.con.execute(
            "INSERT INTO core.incidents (incident_id, class, type, occurred_from, community_id) "
            "SELECT 'i' || (range + ?), ?, 'theft', ?, ? FROM range(?)",
            [self.n_incidents, kind, datetime(day.year, day.month, day.day, 4), community_id, n],
        )
        self.n_incidents += n

    def derive(self, *standards: str, missing: frozenset[str] = frozenset()) -> Report:
        for name in ("ratings", "rating_items", "public_ratings", "public_items"):
            self.con.execute(f"DELETE FROM mart.{name}")
        self.con.execute("DELETE FROM meta.standards")
        report = Report()
        ratings.derive(
            MartContext(
                con=self.con,
                district=District(
                    "demo",
                    "Demo",
                    "Demo",
                    "Asia/Shanghai",
                    "EPSG:4549",
                    Path("demo.toml"),
                    (),
                    Path("."),
                    standards=standards or ("security-star",),
                ),
                as_of=AS_OF,
                report=report,
                missing=missing,
            )
        )
        return report

    def rating(self, community_id: str, period: str = "2026", table: str = "ratings") -> dict:
        return self.row(table, community_id=community_id, period=period)

    def item(self, community_id: str, item_id: str, period: str = "2026") -> dict:
        return self.row("rating_items", community_id=community_id, item_id=item_id, period=period)

    def row(self, table: str, **key: object) -> dict:
        where = " AND ".join(f"{name} = ?" for name in key)
        found = self.con.execute(f"SELECT * FROM mart.{table} WHERE {where}", list(key.values()))
        names = [one[0] for one in found.description]
        rows = found.fetchall()
        assert len(rows) == 1, rows
        return dict(zip(names, rows[0], strict=True))


@pytest.fixture
def city() -> City:
    """Ten communities alike, assessed in full, two years of cases spread over all."""
    made = City()
    for number in range(10):
        made.community(f"c{number}")
        made.assess(f"c{number}")
        for year in (2024, 2025, 2026):
            for month in range(1, 7):
                made.incidents(f"c{number}", 2, "criminal", date(year, month, 15))
                made.incidents(f"c{number}", 2, "public_security", date(year, month, 15))
    return made


def test_a_city_alike_everywhere_earns_the_same_points_everywhere(city: City) -> None:
    # 70 assessed; rate 1 x the district's: (2 - 1) / (2 - 0.4) of 10 and of 8 = 6.25, 5.0, at one
    # decimal 6.2 and 5.0; change (1.3 - 1) / (1.3 - 0.85) of 5 = 3.33 -> 3.3; hazards 7: 91.5.
    city.derive()
    rating = city.rating("c3")
    assert rating["score"] == 91.5
    assert [city.item("c3", one)["points"] for one in ("criminal_cases", "year_on_year")] == [
        6.2,
        3.3,
    ]
    assert city.con.execute(
        "SELECT count(DISTINCT score), count(*) FROM mart.ratings WHERE period = '2026'"
    ).fetchone() == (1, 10)


def test_every_item_names_the_rows_it_rests_on(city: City) -> None:
    city.add(
        "hazards",
        hazard_id="h1",
        community_id="c0",
        kind="fire_lane",
        severity="ordinary",
        found_on=date(2026, 1, 1),
        due_on=date(2026, 2, 1),
    )
    city.derive()
    hazards = city.item("c0", "hazards_in_time")
    assert json.loads(hazards["evidence"]) == {"table": "hazards", "rows": ["h1"]}
    assert hazards["points"] == 0.0  # 0 of 1 in time: ten steps of 0.1 short, a point each, floor 0
    lighting = json.loads(city.item("c0", "lighting")["evidence"])
    assert lighting["rows"] == ["c0/security-star/lighting/2026"]
    cases = json.loads(city.item("c0", "criminal_cases")["evidence"])
    assert (cases["classes"], cases["from"], cases["to"]) == (
        ["criminal"],
        "2026-01-01",
        "2026-06-30",
    )


def test_tables_match_the_dictionary_and_two_runs_give_the_same_rows(city: City) -> None:
    city.derive()
    names = ("mart.ratings", "mart.rating_items", "mart.public_ratings", "mart.public_items")
    first = [city.con.execute(f"SELECT * FROM {name}").fetchall() for name in names]
    city.derive()
    assert first == [city.con.execute(f"SELECT * FROM {name}").fetchall() for name in names]
    assert [len(rows) for rows in first] == [20, 220, 20, 110]


def test_a_city_without_assessments_or_households_says_no_data_and_why() -> None:
    city = City()
    for number in range(3):
        city.add("communities", community_id=f"n{number}", name="N", station_id="s1")
        city.incidents(f"n{number}", 7)
    report = city.derive(missing=frozenset({"assessments", "hazards", "sanctions", "companies"}))
    rating = city.rating("n1", table="public_ratings")
    assert rating["rating_state"] == "no_data"
    assert rating["stars"] is None
    assert "Not known: Three or more buildings" in rating["reason_en"]
    assert "数据不足" in rating["reason_zh"]
    assert [one.n for one in report.findings if one.code == "rating_no_data"] == [3]
    assert city.con.execute("SELECT count(*) FROM mart.public_items").fetchone() == (0,)


def test_small_counts_cannot_be_told_apart_in_the_published_items(city: City) -> None:
    city.community("small", n_households=300)
    city.assess("small")
    seen = []
    for _ in range(5):  # 0, 1, 2, 3, 4 criminal cases this year
        city.derive()
        seen.append(
            city.con.execute(
                "SELECT item_id, band FROM mart.public_items "
                "WHERE community_id = 'small' AND period = '2026' ORDER BY item_id"
            ).fetchall()
        )
        city.incidents("small", 1, day=date(2026, 3, 3))
    assert seen[0]
    assert all(one == seen[0] for one in seen)


def test_moving_every_camera_leaves_the_published_rows_as_they_were(city: City) -> None:
    query = "SELECT * FROM mart.public_ratings UNION ALL BY NAME SELECT * FROM mart.public_items"
    city.derive()
    before = city.con.execute(query).fetchall()
    city.add("cameras", camera_id="k1", lon=120.0, lat=30.0, community_id="c0", status="working")
    city.derive()
    assert city.con.execute(query).fetchall() == before


def test_a_community_that_is_not_enclosed_is_not_eligible(city: City) -> None:
    city.community("open", is_enclosed=False)
    city.derive()
    rating = city.rating("open", table="public_ratings")
    assert rating["rating_state"] == "not_eligible"
    assert rating["reason_en"].startswith("Not eligible; not met: Fully enclosed.")


def test_a_score_above_the_maximum_is_refused_and_counted(city: City) -> None:
    city.community("odd")
    city.assess("odd", **{**SCORES, "lighting": 9})
    city.assess("odd", **{"no_such_item": 3})
    report = city.derive()
    codes = {one.code: one.n for one in report.findings}
    assert codes["assessment_out_of_range"] == 1
    assert codes["assessment_unknown_item"] == 1
    assert city.item("odd", "lighting")["is_missing"]
    assert city.item("odd", "lighting")["points"] is None


def test_small_communities_are_not_five_stars_by_luck(city: City) -> None:
    # 40 households and no case in half a year: the district expects half a case.
    city.community("tiny", n_households=40)
    city.assess("tiny")
    city.community("large", n_households=4000)
    city.assess("large")
    city.incidents("large", 4, day=AS_OF - timedelta(days=30))
    city.derive()
    tiny, large = (city.item(one, "criminal_cases") for one in ("tiny", "large"))
    assert tiny["points"] < large["points"]
    assert city.rating("tiny")["score_low"] < city.rating("tiny")["score"]
