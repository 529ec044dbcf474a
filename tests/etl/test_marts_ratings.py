"""Ratings as a build holds them: every row from a small city whose sums are done by hand."""

import json
from datetime import date, datetime, timedelta
from pathlib import Path

import duckdb
import numpy as np
import pytest

from etl import schema
from etl.district import District
from etl.marts import MartContext, rating_workflow, ratings
from etl.marts.rating_measures import calendar_year, windows_of
from etl.marts.rating_rows import bands
from etl.paths import STANDARDS
from etl.report import Report
from etl.standards import StandardError, find_standard
from geo.scoring import Shares, read_scheme, score_shares

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


FILLED = (
    "mart.ratings",
    "mart.rating_items",
    "mart.public_ratings",
    "mart.public_items",
    "mart.rating_history",
    "mart.rating_changes",
    "mart.rating_stability",
    "mart.consequences",
    "mart.peers",
    "mart.peer_standing",
    "mart.rate_funnel",
    "mart.rating_bunching",
    "mart.assessors",
    "mart.rating_workflow",
    "mart.rating_workflow_events",
    "meta.standards",
)


class City:
    """A small city in memory that tests add rows to."""

    def __init__(self) -> None:
        self.con = duckdb.connect()
        used = (*schema.CORE, *(schema.table(name) for name in FILLED))
        self.con.execute(";".join(schema.create_statements(used)))
        self.n_incidents = 0
        self.path = Path("demo.toml")
        self.workflow = False
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
        sheets = scores or SCORES
        self.con.execute(
            "INSERT INTO core.assessments "
            "(community_id, standard_id, item_id, period, score, assessed_on, assessor) "
            "SELECT ?, 'security-star', unnest(?), ?, unnest(?), ?, 'Station 1'",
            [
                community_id,
                list(sheets),
                period,
                [float(one) for one in sheets.values()],
                date(int(period), 3, 2),
            ],
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
        for name in FILLED:
            self.con.execute(f"DELETE FROM {name}")
        report = Report()
        context = MartContext(
            con=self.con,
            district=District(
                "demo",
                "Demo",
                "Demo",
                "Asia/Shanghai",
                "EPSG:4549",
                self.path,
                (),
                Path("."),
                standards=standards or ("security-star",),
                rating_workflow=self.workflow,
            ),
            as_of=AS_OF,
            report=report,
            missing=missing,
        )
        rating_workflow.derive(context)
        ratings.derive(context)
        return report

    def rating(self, community_id: str, period: str = "2026", table: str = "ratings") -> dict:
        return self.row(table, community_id=community_id, period=period)

    def item(self, community_id: str, item_id: str, period: str = "2026") -> dict:
        return self.row("rating_items", community_id=community_id, item_id=item_id, period=period)

    def item_count(self, community_id: str) -> int:
        """Derive, and return the criminal cases that a community's rating counts."""
        self.derive()
        return int(self.item(community_id, "criminal_cases")["ground_en"].split()[0])

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
    made.con.execute(
        "INSERT INTO core.incidents (incident_id, class, type, occurred_from, community_id) "
        "SELECT 'b' || row_number() OVER (), kind, 'theft', "
        "make_timestamp(year, month, 15, 4, 0, 0), "
        "community_id FROM core.communities, range(2) twice, "
        "(SELECT unnest(['criminal', 'public_security']) AS kind), "
        "(SELECT unnest([2024, 2025, 2026]) AS year), "
        "(SELECT unnest([1, 2, 3, 4, 5, 6]) AS month)"
    )
    return made


def test_a_city_alike_everywhere_earns_the_same_points_everywhere(city: City) -> None:
    # 70 assessed; rate 1 x the district's: (2 - 1) / (2 - 0.4) of 10 and of 8 = 6.25, 5.0, at one
    # decimal 6.3 and 5.0; change (1.3 - 1) / (1.3 - 0.85) of 5 = 3.33 -> 3.3; hazards 7: 91.6.
    city.derive()
    rating = city.rating("c3")
    assert rating["score"] == 91.6
    assert [city.item("c3", one)["points"] for one in ("criminal_cases", "year_on_year")] == [
        6.3,
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
    first = [city.con.execute(f"SELECT * FROM {name}").fetchall() for name in FILLED]
    city.derive()
    assert first == [city.con.execute(f"SELECT * FROM {name}").fetchall() for name in FILLED]
    # Three years with data; no sheets in 2025, so nothing moved since; alike, so no peers; four
    # cuts in three periods and all together.
    assert [len(rows) for rows in first] == [
        20,
        220,
        20,
        110,
        30,
        0,
        10,
        0,
        0,
        0,
        20,
        16,
        1,
        0,
        0,
        1,
    ]


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


def test_rates_are_annual_and_the_window_ends_with_the_data(city: City) -> None:
    # 12 cases in 1,000 households from 1 January to 30 June, 181 days: 12 / (181 / 365.25) =
    # 24.2 per 1,000 a year, the same everywhere, so shrinkage changes nothing. The year before
    # has its 12 too: the ratio is 1.
    city.incidents("c0", 3, day=date(2026, 7, 1))  # after as_of: not yet
    city.derive()
    ground = city.item("c3", "criminal_cases")["ground_en"]
    assert "12 criminal cases in 1000 households, 2026-01-01 to 2026-06-30: 24.22 " in ground
    assert "12 criminal cases" in city.item("c0", "criminal_cases")["ground_en"]
    change = city.item("c3", "year_on_year")
    assert (
        "24 cases from 2026-01-01 to 2026-06-30 against 24 on the same days"
        in (change["ground_en"])
    )
    assert ": 1 times (95 %: " in change["ground_en"]


def test_days_are_those_of_the_district_not_of_greenwich(city: City) -> None:
    before = city.item_count("c0")
    # 16:00 UTC on 31 December is midnight in Shanghai: the first case of 2026.
    for number, hour in enumerate((15, 16)):
        city.add(
            "incidents",
            incident_id=f"edge{number}",
            **{"class": "criminal"},
            type="theft",
            occurred_from=datetime(2025, 12, 31, hour, 59 if hour == 15 else 0),
            community_id="c0",
        )
    assert city.item_count("c0") == before + 1


@pytest.mark.parametrize(
    ("as_of", "data_from", "compared", "before"),
    [
        # A leap day has no day a year before; both windows end with February.
        (date(2024, 2, 29), date(2020, 1, 1), "2024-01-01 2024-02-29", "2023-01-01 2023-02-28"),
        (date(2025, 2, 28), date(2020, 1, 1), "2025-01-01 2025-02-28", "2024-01-01 2024-02-28"),
        # Data from March of the year before: compared from March on.
        (date(2025, 8, 31), date(2024, 3, 10), "2025-03-10 2025-08-31", "2024-03-10 2024-08-31"),
        (date(2025, 8, 31), date(2024, 2, 29), "2025-03-01 2025-08-31", "2024-02-29 2024-08-31"),
    ],
)
def test_the_same_days_of_the_year_before_are_compared(
    as_of: date, data_from: date, compared: str, before: str
) -> None:
    found = windows_of(calendar_year(as_of.year, as_of), data_from)
    assert f"{found.compared.first} {found.compared.last}" == compared
    assert f"{found.compared_before.first} {found.compared_before.last}" == before


def test_a_period_before_the_data_has_no_days() -> None:
    found = windows_of(calendar_year(2023, date(2025, 6, 30)), date(2024, 3, 1))
    assert (found.counted.n_days, found.compared.n_days, found.compared_before.n_days) == (0, 0, 0)


def test_stars_of_the_period_before_stand_beside_those_of_this_one(city: City) -> None:
    city.assess("c0", period="2025", **{**SCORES, "lighting": 0, "guard_team": 0})
    city.derive()
    assert city.rating("c0", "2025")["stars"] == 3  # 91.5 - 8 - 12
    assert city.rating("c0")["previous_stars"] == 3
    assert city.rating("c0")["reward_yuan"] == 5000
    assert city.rating("c1")["previous_stars"] is None
    assert "No assessment for 2025." in city.item("c1", "lighting", "2025")["ground_en"]


def test_evidence_digest_follows_the_evidence_of_the_community(city: City) -> None:
    city.derive()
    first = {one: city.rating(one)["evidence_digest"] for one in ("c0", "c1")}
    city.con.execute(
        "UPDATE core.assessments SET assessor = 'Station 2' "
        "WHERE community_id = 'c0' AND item_id = 'lighting'"
    )
    city.derive()
    assert city.rating("c0")["evidence_digest"] != first["c0"]
    assert city.rating("c1")["evidence_digest"] == first["c1"]


def test_an_overdue_major_hazard_caps_the_stars_until_it_is_rectified(city: City) -> None:
    hazard = {
        "hazard_id": "h1",
        "community_id": "c0",
        "kind": "gas",
        "severity": "major",
        "found_on": date(2026, 1, 1),
        "due_on": date(2026, 6, 29),
    }
    city.add("hazards", **hazard)
    city.derive()
    rating = city.rating("c0")
    assert rating["stars"] == 3  # 91.5 - 7 = 84.5 would be four
    step = json.loads(rating["next_step"])
    assert (step["grade"], step["points"]) == ("four", 0)
    assert step["lift"][0]["name_en"].startswith("No more than three stars")
    assert "Held there by: No more than three stars" in rating["reason_en"]
    city.con.execute("UPDATE core.hazards SET resolved_on = DATE '2026-06-30'")
    city.derive()
    assert city.rating("c0")["stars"] == 4  # late, so still no points for it, but not overdue


def test_a_hazard_resolved_after_the_period_was_open_in_it(city: City) -> None:
    city.assess("c0", period="2025")
    city.add(
        "hazards",
        hazard_id="h1",
        community_id="c0",
        kind="gas",
        severity="major",
        found_on=date(2025, 1, 1),
        due_on=date(2025, 3, 1),
        resolved_on=date(2026, 1, 5),
    )
    city.derive()
    assert city.rating("c0", "2025")["stars"] == 3
    assert city.rating("c0", "2026")["stars"] == 5


def test_an_assessment_outside_its_period_is_refused(city: City) -> None:
    city.community("late")
    city.assess("late")
    city.con.execute(
        "UPDATE core.assessments SET assessed_on = DATE '2027-02-01' "
        "WHERE community_id = 'late' AND item_id = 'lighting'"
    )
    report = city.derive()
    assert {one.code: one.n for one in report.findings}["assessment_outside_period"] == 1
    assert city.item("late", "lighting")["is_missing"]


def test_five_grades_follow_cards_and_long_term_poor_has_its_consequence(city: City) -> None:
    for item in find_standard("five-grade").items:
        if item.is_assessed:
            for period in ("2025", "2026"):
                for community, score in (("c0", 0.0), ("c1", item.weight), ("c2", item.weight)):
                    city.add(
                        "assessments",
                        community_id=community,
                        standard_id="five-grade",
                        item_id=item.item_id,
                        period=period,
                        score=score,
                    )
    for kind, community in (("yellow_card", "c1"), ("red_card", "c2")):
        city.add("sanctions", community_id=community, kind=kind, issued_on=date(2026, 2, 2))
    city.derive("five-grade")
    assert [city.rating(one)["grade"] for one in ("c0", "c1", "c2", "c3")] == [
        "poor",
        "general",
        "poor",
        None,
    ]
    reason = city.rating("c0")["reason_en"]
    assert "Unqualified management unit" in reason
    assert "Poor for two periods in a row" in reason
    assert "two periods" not in city.rating("c2")["reason_en"]
    assert city.rating("c1")["stars"] is None


def test_unpublished_standards_leave_no_public_row(city: City) -> None:
    city.add("sanctions", community_id="c0", kind="notice", issued_on=date(2026, 2, 2))
    city.derive("plan-targets", "manager-demerit", "security-star")
    assert city.con.execute("SELECT DISTINCT standard_id FROM mart.public_ratings").fetchall() == [
        ("security-star",)
    ]
    notices = city.item("c0", "day_notices")
    assert notices["points"] == 2.0
    assert json.loads(notices["evidence"]) == {"table": "sanctions", "rows": ["notice 2026-02-02"]}
    body = city.con.execute(
        "SELECT body FROM meta.standards WHERE standard_id = 'plan-targets'"
    ).fetchone()
    assert json.loads(body[0])["rule_texts"]["target"]["zh"]


def test_a_trial_period_is_rated_but_neither_rewarded_nor_published(
    city: City, tmp_path: Path
) -> None:
    shipped = (STANDARDS / "security-star.toml").read_text(encoding="utf-8")
    (tmp_path / "standards").mkdir()
    (tmp_path / "standards" / "security-star.toml").write_text(
        shipped.replace("max_score = 100", 'max_score = 100\ntrial_until = "2025"'),
        encoding="utf-8",
    )
    city.assess("c0", period="2025")
    city.path = tmp_path / "demo.toml"
    city.derive()
    trial = city.rating("c0", "2025")
    assert (trial["stars"], trial["reward_yuan"]) == (5, None)
    assert "Trial period" in trial["reason_en"]
    assert city.rating("c0")["reward_yuan"] == 5000
    assert city.con.execute("SELECT DISTINCT period FROM mart.public_ratings").fetchall() == [
        ("2026",)
    ]


def test_published_words_hold_no_count_and_no_points(city: City) -> None:
    city.community("busy")
    city.assess("busy", **{**SCORES, "perimeter": 2})
    city.incidents("busy", 37, day=date(2026, 4, 4))
    city.derive()
    rating = city.rating("busy", table="public_ratings")
    words = rating["reason_en"].replace("2026-06-30", "") + rating["reason_zh"]
    assert not any(letter.isdigit() for letter in words.replace("2026-06-30", ""))
    assert "Walls and fences" in rating["reason_en"]


def test_an_unknown_standard_of_the_district_stops_the_build(city: City) -> None:
    with pytest.raises(StandardError, match="found 'gold-star'"):
        city.derive("gold-star")


def test_a_district_without_communities_has_only_its_standards() -> None:
    city = City()
    city.derive()
    assert city.con.execute("SELECT count(*) FROM mart.ratings").fetchone() == (0,)
    assert city.con.execute("SELECT standard_id FROM meta.standards").fetchall() == [
        ("security-star",)
    ]


def test_few_cases_count_as_little_change() -> None:
    # 1 case after none, 5 pseudo-cases on both sides: 6 / 5 = 1.2; 25 after 15: 30 / 20 = 1.5.
    city = City()
    for name, before, now in (("a", 0, 1), ("b", 15, 25)):
        city.community(name)
        city.incidents(name, before, day=date(2025, 3, 3))
        city.incidents(name, now, day=date(2026, 3, 3))
    city.community("c")
    city.incidents("c", 1, day=date(2024, 12, 31))
    city.derive()
    grounds = [city.item(one, "year_on_year")["ground_en"] for one in ("a", "b")]
    assert ": 1.2 times" in grounds[0]
    assert ": 1.5 times" in grounds[1]


def test_a_hazard_rectified_on_its_last_day_is_in_time(city: City) -> None:
    for number, resolved_on in enumerate((date(2026, 3, 1), date(2026, 3, 2))):
        city.add(
            "hazards",
            hazard_id=f"h{number}",
            community_id="c0",
            kind="gas",
            severity="ordinary",
            found_on=date(2026, 1, 1),
            due_on=date(2026, 3, 1),
            resolved_on=resolved_on,
        )
    city.derive()
    item = city.item("c0", "hazards_in_time")
    assert item["ground_en"].startswith("1 of 2 ")
    assert item["points"] == 2.0  # half in time: five tenths short, a point each, of 7


def test_a_check_on_incidents_is_not_named_in_public(city: City, tmp_path: Path) -> None:
    shipped = (STANDARDS / "security-star.toml").read_text(encoding="utf-8")
    veto = (
        '[[vetoes]]\nid = "crime"\nname_en = "Too many cases"\nname_zh = "案件过多"\n'
        'measure = "criminal_relative"\nabove = 1.2\n'
    )
    (tmp_path / "standards").mkdir()
    (tmp_path / "standards" / "security-star.toml").write_text(shipped + veto, encoding="utf-8")
    city.path = tmp_path / "demo.toml"
    city.incidents("c0", 60, day=date(2026, 4, 4))
    city.derive()
    assert "Too many cases" in city.rating("c0")["reason_en"]
    assert city.rating("c0", table="public_ratings")["stars"] == 0
    assert "Too many cases" not in city.rating("c0", table="public_ratings")["reason_en"]


def test_bands_are_cut_where_they_say() -> None:
    shares = [1.0, 0.9, 0.89, 0.7, 0.4, 0.39, 0.1, 0.09, 0.0, float("nan")]
    assert bands(np.array(shares)) == [
        "full", "full", "most", "most", "half", "little", "little", "none", "none", "missing",
    ]  # fmt: skip


def test_history_holds_every_year_that_the_data_reaches(city: City) -> None:
    city.derive()
    years = city.con.execute(
        "SELECT period, count(*), count(*) FILTER (is_rated) FROM mart.rating_history "
        "GROUP BY ALL ORDER BY ALL"
    ).fetchall()

    assert years == [("2024", 10, 0), ("2025", 10, 0), ("2026", 10, 10)]
    ratings_now = "SELECT community_id, score, rank FROM mart.ratings WHERE period = '2026' "
    history_now = "SELECT community_id, score, rank FROM mart.rating_history WHERE period = '2026' "
    found = [
        city.con.execute(f"{one} ORDER BY ALL").fetchall() for one in (ratings_now, history_now)
    ]
    assert found[0] == found[1]


def test_a_year_before_the_registers_began_is_unknown_to_them(city: City) -> None:
    # No hazard is on file before 2026: for 2025 nothing can be said of hazards, for 2026 it can.
    city.add("hazards", hazard_id="h", community_id="c1", kind="lamp", severity="ordinary",
             found_on=date(2026, 2, 1), due_on=date(2026, 3, 1))  # fmt: skip
    city.derive()

    assert city.item("c0", "hazards_in_time", "2025")["is_missing"]
    assert city.item("c0", "hazards_in_time", "2026")["points"] == 7
    assert city.item("c1", "hazards_in_time", "2026")["points"] == 0


def test_items_that_moved_a_rating_are_named_with_their_points(city: City) -> None:
    for number in range(10):
        city.assess(f"c{number}", "2025")
    city.con.execute(
        "UPDATE core.assessments SET score = 6 WHERE community_id = 'c1' "
        "AND item_id = 'lighting' AND period = '2026'"
    )
    city.derive()
    rows = city.con.execute(
        "SELECT item_id, previous_period, points_before, points_after, change "
        "FROM mart.rating_changes WHERE community_id = 'c1' AND item_id = 'lighting'"
    ).fetchall()

    assert rows == [("lighting", "2025", 8.0, 6.0, -2.0)]
    assert not city.con.execute(
        "SELECT 1 FROM mart.rating_changes WHERE community_id = 'c2' AND item_id = 'lighting'"
    ).fetchall()


def test_what_is_stored_scores_on_a_page_as_it_was_built(city: City) -> None:
    city.con.execute("UPDATE core.assessments SET score = score / 2 WHERE community_id = 'c3'")
    city.con.execute(
        "DELETE FROM core.assessments WHERE community_id = 'c4' AND item_id <> 'lighting'"
    )
    city.community("open", is_enclosed=False)
    city.derive()
    body = json.loads(city.con.execute("SELECT body FROM meta.standards").fetchone()[0])
    scheme = read_scheme(body)
    stored = city.con.execute(
        "SELECT filled, filled_low, filled_high, applies FROM mart.rating_items "
        "WHERE period = '2026' ORDER BY community_id, list_position(?, item_id)",
        [list(scheme.item_ids)],
    ).fetchnumpy()
    value, low, high = (
        np.ma.filled(stored[name], np.nan).reshape(-1, len(scheme.item_ids))
        for name in ("filled", "filled_low", "filled_high")
    )
    applies = np.asarray(stored["applies"]).reshape(value.shape)
    ratings_ = city.con.execute(
        "SELECT score, stars, grade_limit, may_be_rated FROM mart.ratings "
        "WHERE period = '2026' ORDER BY community_id"
    ).fetchnumpy()
    page = score_shares(
        scheme,
        Shares(value, low, high, applies),
        grade_limit=np.asarray(ratings_["grade_limit"]),
        may_be_rated=np.asarray(ratings_["may_be_rated"]),
    )

    assert np.array_equal(page.score, np.ma.filled(ratings_["score"], np.nan), equal_nan=True)
    assert page.stars.tolist() == np.ma.filled(ratings_["stars"], -1).tolist()


def test_a_rating_says_how_firmly_it_stands(city: City) -> None:
    city.con.execute("UPDATE core.assessments SET score = score * 0.4 WHERE community_id = 'c7'")
    city.community("tiny", n_households=20)
    city.assess("tiny")
    city.community("blank")
    city.derive()
    rows = {
        row[0]: row
        for row in city.con.execute(
            "SELECT community_id, word, same_fraction, rank_low, rank_high, n_resamples, "
            "sentence_en FROM mart.rating_stability"
        ).fetchall()
    }

    assert rows["c7"][1] == "firm"  # far below the others, and no year changes that
    assert rows["c7"][3] == rows["c7"][4] == 11
    assert rows["blank"][1:5] == ("too_few", None, None, None)
    assert rows["tiny"][5] == 400
    # Without a single case in so few households five stars are not given, and not firm either.
    tiny = city.rating("tiny")
    assert tiny["stars"] < 5 or rows["tiny"][1] != "firm"
    assert "years drawn again" in rows["c1"][6]


def test_zero_cases_in_a_tiny_place_earn_nothing_and_say_so(city: City) -> None:
    # All places are alike but for chance, so a tiny one without a case is taken at the district's
    # rate like the others: it gains no point by its luck. Where places differ it is less sure.
    city.community("tiny", n_households=8)
    city.assess("tiny")
    city.derive()
    item = city.item("tiny", "criminal_cases")

    assert item["points"] == city.item("c0", "criminal_cases")["points"]
    assert "the chance of none in a place of this size" in item["ground_en"]
    for number in range(5):
        city.incidents(f"c{number}", 60, day=date(2026, 4, 1))
    city.derive()
    item = city.item("tiny", "criminal_cases")
    assert item["points"] < 8  # its own zero would earn all 10
    assert item["filled_low"] == 0
    city.con.execute("UPDATE core.assessments SET score = score * 0.95 WHERE community_id = 'tiny'")
    city.derive()
    # 66.5 inspected; a zero taken for certain would lift it over 90
    rating = city.rating("tiny")
    assert rating["score_low"] < 80
    assert rating["stars"] == 4


def test_only_published_ratings_are_shown_where_the_workflow_is_kept(city: City) -> None:
    for day, event in ((5, "drafted"), (6, "sent_for_check"), (9, "checked"), (20, "published")):
        for community in ("c1", "c2"):
            city.add("rating_events", community_id=community, standard_id="security-star",
                     period="2026", event=event, event_on=date(2026, 5, day))  # fmt: skip
    city.add("rating_events", community_id="c2", standard_id="security-star", period="2026",
             event="appealed", event_on=date(2026, 6, 1))  # fmt: skip
    city.workflow = True
    city.derive()
    shown = city.con.execute(
        "SELECT community_id, period, published_on, appeal_until_on FROM mart.public_ratings"
    ).fetchall()

    assert shown == [("c1", "2026", date(2026, 5, 20), date(2026, 6, 10))]
    items = city.con.execute("SELECT DISTINCT community_id FROM mart.public_items").fetchall()
    assert items == [("c1",)]
    assert len(city.con.execute("SELECT 1 FROM mart.ratings").fetchall()) == 20
    city.workflow = False
    city.derive()
    published = "SELECT count(*), count(published_on) FROM mart.public_ratings"
    assert city.con.execute(published).fetchone() == (20, 0)


def test_bad_assessments_are_counted_with_an_example(city: City) -> None:
    def sheet(item: str, score: float, period: str = "2026", standard: str = "security-star",
              community: str = "c1") -> None:  # fmt: skip
        city.add("assessments", community_id=community, standard_id=standard, item_id=item,
                 period=period, score=score, assessed_on=date(2026, 2, 1))  # fmt: skip

    sheet("moat", 3)
    sheet("lighting", 5, period="2026-Q1")
    sheet("lighting", 5, period="2031")
    sheet("lighting", 5, standard="old-scheme")
    city.con.execute(
        "UPDATE core.assessments SET score = 99 WHERE community_id = 'c2' AND item_id = 'lighting'"
    )
    report = city.derive()
    found = {(one.code, one.n): one.en for one in report.findings if one.severity == "warning"}

    assert "for example c1/moat = 3." in found["assessment_unknown_item", 1]
    assert "for example c2/lighting = 99." in found["assessment_out_of_range", 1]
    assert "'old-scheme'" in found["assessment_unknown_standard", 1]
    assert sum(code == "assessment_unknown_period" for code, _ in found) == 1
    assert city.item("c2", "lighting")["is_missing"]
    assert city.item("c2", "lighting")["ground_en"].startswith("No assessment for 2026.")


def test_periods_of_leap_years_begin_and_end_where_they_should(city: City) -> None:
    assert calendar_year(2024, date(2026, 6, 30)).n_days == 366
    assert calendar_year(2025, date(2026, 6, 30)).n_days == 365
    assert calendar_year(2024, date(2024, 2, 29)).n_days == 60
    # a case on New Year's Eve counts for its own year, in the district's hours
    city.incidents("c1", 3, day=date(2025, 12, 31))
    assert city.item_count("c1") == 12
    city.derive()
    assert int(city.item("c1", "criminal_cases", "2025")["ground_en"].split()[0]) == 15


def test_peers_are_alike_and_a_community_stands_among_them(city: City) -> None:
    for number in range(10):
        city.con.execute(
            "UPDATE core.communities SET n_households = ?, built_year = ? WHERE community_id = ?",
            [200 * (1 + number), 2000 + number, f"c{number}"],
        )
    city.con.execute("UPDATE core.assessments SET score = 0 WHERE community_id = 'c5'")
    city.derive()
    peers = city.con.execute(
        "SELECT peer_id FROM mart.peers WHERE community_id = 'c9' ORDER BY peer_rank"
    ).fetchall()
    score = city.con.execute(
        "SELECT rank, n_compared, better FROM mart.peer_standing "
        "WHERE community_id = 'c5' AND measure = 'score'"
    ).fetchone()

    assert [one for (one,) in peers][:3] == ["c8", "c7", "c6"]
    assert len(peers) == 8
    assert score == (9, 9, "higher")
    own = city.con.execute(
        "SELECT count(*) FROM mart.peers WHERE community_id = peer_id"
    ).fetchone()
    assert own == (0,)


def test_a_lenient_assessor_and_a_heap_above_a_cut_are_told(city: City) -> None:
    rng = np.random.default_rng(4)
    city.con.execute("DELETE FROM core.assessments")
    for number in range(10, 60):
        city.community(f"x{number}")
    for number, period in ((n, p) for n in range(60) for p in ("2024", "2025", "2026")):
        community = f"c{number}" if number < 10 else f"x{number}"
        level = 0.6 + 0.2 * ((number * 7) % 10) / 10
        who = int(rng.integers(0, 4))
        lift = 0.15 if who == 2 else 0.0
        city.assess(community, period, **{
            item: round(float(np.clip(level + lift + rng.normal(0, 0.03), 0, 1)) * top, 2)
            for item, top in SCORES.items()
        })  # fmt: skip
        city.con.execute(
            "UPDATE core.assessments SET assessor = ? WHERE community_id = ? AND period = ?",
            [f"team {who}", community, period],
        )
    city.derive()
    words = dict(city.con.execute("SELECT assessor, word FROM mart.assessors").fetchall())

    assert words == {"team 0": "ordinary", "team 1": "ordinary", "team 2": "high",
                     "team 3": "ordinary"}  # fmt: skip
    cuts = city.con.execute(
        "SELECT grade, word FROM mart.rating_bunching WHERE period = '2026' ORDER BY cut DESC"
    ).fetchall()
    assert [grade for grade, _ in cuts] == ["five", "four", "three", "two"]


def test_a_rate_far_above_the_others_is_outside_the_funnel(city: City) -> None:
    city.community("unknown", n_households=None)
    city.incidents("c4", 60)
    city.derive()
    rows = dict(
        city.con.execute(
            "SELECT community_id, word FROM mart.rate_funnel WHERE class = 'criminal'"
        ).fetchall()
    )

    assert rows.pop("c4") == "above_998"
    assert set(rows.values()) <= {"inside", "below_95"}
    assert "unknown" not in rows
    one = city.row("rate_funnel", community_id="c4", **{"class": "criminal"})
    # 12 and 60 cases in 1,000 households in 181 of 365.25 days
    assert one["n"] == 72
    assert one["rate"] == pytest.approx(72 / (181 / 365.25))
    assert one["low_998"] < one["low_95"] < one["pooled"] < one["high_95"] < one["high_998"]
