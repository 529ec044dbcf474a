"""Ratings as a build holds them: every row from a small city whose sums are done by hand."""

import json
from datetime import date, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from etl import schema
from etl.district import District
from etl.marts import MartContext, ratings
from etl.marts.rating_measures import calendar_year, windows_of
from etl.marts.rating_rows import band
from etl.paths import STANDARDS
from etl.report import Report
from etl.standards import StandardError, find_standard

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
        ratings.derive(
            MartContext(
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
    assert [len(rows) for rows in first] == [20, 220, 20, 110, 30, 0, 10, 0, 0, 0, 16, 1, 0, 0, 1]


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
    assert [band(one) for one in shares] == [
        "full", "full", "most", "most", "half", "little", "little", "none", "none", "missing",
    ]  # fmt: skip
