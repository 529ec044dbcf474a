"""Hazard board, cards, credit files and the workflow as a build holds them, summed by hand."""

from datetime import date, timedelta
from pathlib import Path

import duckdb
import pytest

from etl import schema
from etl.district import District
from etl.marts import MartContext, conduct, credit
from etl.marts.summary import derive as derive_summary
from etl.report import Report

AS_OF = date(2026, 6, 30)


class Town:
    """Three communities of two stations in memory, which tests add rows to."""

    def __init__(self) -> None:
        self.con = duckdb.connect()
        self.con.execute(";".join(schema.create_statements()))
        self.missing: frozenset[str] = frozenset()
        for n, station in ((1, "s1"), (2, "s1"), (3, "s2")):
            self.add("communities", community_id=f"c{n}", name=f"C{n}", station_id=station,
                     street_id="t1", company_id="p1" if n < 3 else "p2")  # fmt: skip
        self.add("companies", company_id="p1", name="One")
        self.add("companies", company_id="p2", name="Two")

    def add(self, table: str, **row: object) -> None:
        names, marks = ", ".join(row), ", ".join("?" for _ in row)
        self.con.execute(f"INSERT INTO core.{table} ({names}) VALUES ({marks})", list(row.values()))

    def hazard(self, hazard_id: str, community: str = "c1", **row: object) -> None:
        found = row.pop("found_on", date(2026, 5, 1))
        defaults = {
            "kind": "lamp",
            "severity": "ordinary",
            "found_on": found,
            "due_on": found + timedelta(days=30),
        }
        place = {"station_id": "s1" if community < "c3" else "s2", "street_id": "t1"}
        self.add("hazards", hazard_id=hazard_id, community_id=community,
                 **{**defaults, **place, **row})  # fmt: skip

    def sanction(self, kind: str, day: date, community: str = "c1", **row: object) -> None:
        self.add("sanctions", community_id=community, kind=kind, issued_on=day,
                 station_id="s1", street_id="t1", **row)  # fmt: skip

    def event(self, name: str, day: date, community: str = "c1", **row: object) -> None:
        row = {"standard_id": "security-star", "period": "2025", **row}
        self.add("rating_events", community_id=community, event=name, event_on=day, **row)

    def derive(self) -> Report:
        report = Report()
        context = MartContext(
            con=self.con,
            district=District("demo", "Demo", "Demo", "Asia/Shanghai", "EPSG:4549",
                              Path("demo.toml"), (), Path(".")),
            as_of=AS_OF,
            report=report,
            missing=self.missing,
        )  # fmt: skip
        conduct.derive(context)
        credit.derive(context)
        self.context = context
        return report

    def rows(self, table: str, where: str = "true") -> list[dict]:
        cursor = self.con.execute(f"SELECT * FROM mart.{table} WHERE {where}")
        names = [one[0] for one in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def one(self, table: str, where: str = "true") -> dict:
        (row,) = self.rows(table, where)
        return row


@pytest.fixture
def town() -> Town:
    return Town()


def test_each_hazard_has_its_state_on_the_last_day(town: Town) -> None:
    may = date(2026, 5, 1)  # due 31 May
    town.hazard("overdue")
    town.hazard("due", found_on=date(2026, 6, 20))
    town.hazard("refused", refused=True)
    town.hazard("rectified", resolved_on=date(2026, 5, 20))
    town.hazard("accepted", resolved_on=date(2026, 6, 2), accepted_on=date(2026, 6, 5))
    town.hazard("later", resolved_on=date(2026, 7, 2))
    town.hazard("tomorrow", found_on=date(2026, 7, 1))
    town.derive()
    found = {row["hazard_id"]: row for row in town.rows("hazard_board")}

    assert {name: row["state"] for name, row in found.items()} == {
        "overdue": "overdue", "due": "due", "refused": "refused", "rectified": "rectified",
        "accepted": "accepted", "later": "overdue",
    }  # fmt: skip
    assert found["overdue"]["days_overdue"] == 30
    assert found["overdue"]["days_open"] == (AS_OF - may).days
    assert found["due"]["days_left"] == 20
    assert found["rectified"]["is_in_time"] is True
    assert found["accepted"]["is_in_time"] is False
    assert found["due"]["is_in_time"] is None


def test_a_hazard_is_overdue_from_the_day_after_its_deadline(town: Town) -> None:
    town.hazard("last_day", due_on=AS_OF)
    town.hazard("day_after", due_on=AS_OF - timedelta(days=1))
    town.derive()

    assert town.one("hazard_board", "hazard_id = 'last_day'")["state"] == "due"
    assert town.one("hazard_board", "hazard_id = 'last_day'")["days_left"] == 0
    assert town.one("hazard_board", "hazard_id = 'day_after'")["days_overdue"] == 1


def test_a_reopened_hazard_is_open_again_until_it_is_rectified_once_more(town: Town) -> None:
    done = {"resolved_on": date(2026, 5, 10), "accepted_on": date(2026, 5, 12)}
    town.hazard("again", **done, reopened_on=date(2026, 6, 1))
    town.hazard("mended", resolved_on=date(2026, 6, 9), reopened_on=date(2026, 6, 1))
    town.hazard("ahead", **done, reopened_on=date(2026, 7, 1))
    town.derive()
    found = {row["hazard_id"]: row for row in town.rows("hazard_board")}

    assert {name: row["state"] for name, row in found.items()} == {
        "again": "overdue", "mended": "rectified", "ahead": "accepted",
    }  # fmt: skip
    assert found["again"]["is_reopened"]
    assert not found["ahead"]["is_reopened"]
    assert found["again"]["is_in_time"] is False


def test_the_same_kind_again_within_half_a_year_recurs(town: Town) -> None:
    town.hazard("first", found_on=date(2025, 10, 1), resolved_on=date(2025, 12, 1))
    town.hazard("again", found_on=date(2026, 5, 30))
    town.hazard("other", found_on=date(2026, 5, 30), kind="fence")
    town.hazard("elsewhere", "c2", found_on=date(2026, 5, 30))
    town.hazard("too_late", "c3", found_on=date(2025, 1, 1), resolved_on=date(2025, 12, 1))
    town.hazard("long_after", "c3", found_on=date(2026, 5, 31))
    town.derive()

    # 1 December to 30 May are 180 days, to 31 May 181
    recurring = {row["hazard_id"] for row in town.rows("hazard_board", "is_recurring")}
    assert recurring == {"again"}


def test_the_most_urgent_is_first_on_the_board(town: Town) -> None:
    town.hazard("accepted", resolved_on=date(2026, 5, 2), accepted_on=date(2026, 5, 3))
    town.hazard("due", found_on=date(2026, 6, 20))
    town.hazard("late", due_on=date(2026, 6, 20))
    town.hazard("later", due_on=date(2026, 6, 1))
    town.hazard("major", due_on=date(2026, 6, 28), severity="major")
    town.hazard("rectified", resolved_on=date(2026, 5, 2))
    town.derive()
    order = sorted(town.rows("hazard_board"), key=lambda row: row["urgency"])

    assert [row["hazard_id"] for row in order] == [
        "major", "later", "late", "due", "rectified", "accepted",
    ]  # fmt: skip


def test_units_are_counted_in_every_scope(town: Town) -> None:
    town.hazard("a", responsible="One", resolved_on=date(2026, 5, 20))
    town.hazard("b", "c2", responsible="One")
    town.hazard("c", "c3", responsible="One", resolved_on=date(2026, 5, 5))
    town.hazard("d", "c3")
    town.derive()

    one = town.one("hazard_units", "scope_kind = 'district' AND responsible = 'One'")
    assert (one["n"], one["n_open"], one["n_overdue"], one["n_due_12_months"]) == (3, 1, 1, 3)
    assert one["in_time_fraction"] == pytest.approx(2 / 3)
    # Wilson: 2 of 3 is 0.208 to 0.939
    assert (one["in_time_low"], one["in_time_high"]) == pytest.approx((0.2077, 0.9385), abs=1e-4)
    assert one["median_days_to_rectify"] == 11.5
    here = town.one("hazard_units", "scope_id = 's2' AND responsible = 'One'")
    assert (here["n"], here["station_id"], here["street_id"]) == (1, "s2", None)
    # without a responsible unit it is the property company's
    assert town.one("hazard_units", "scope_kind = 'street' AND responsible = 'Two'")["n"] == 1


def test_months_count_what_was_found_and_what_was_open_at_their_end(town: Town) -> None:
    town.hazard("a", found_on=date(2026, 4, 10), due_on=date(2026, 4, 20),
                resolved_on=date(2026, 5, 5), accepted_on=date(2026, 6, 1))  # fmt: skip
    town.hazard("b", found_on=date(2026, 6, 10))
    town.derive()
    found = {str(r["month"])[:7]: r for r in town.rows("hazard_months", "scope_kind = 'district'")}

    assert sorted(found) == ["2026-04", "2026-05", "2026-06"]
    april, may, june = (found[f"2026-0{n}"] for n in (4, 5, 6))
    assert (april["n_found"], april["n_open"], april["n_overdue"]) == (1, 1, 1)
    assert (may["n_rectified"], may["n_open"], may["n_found"]) == (1, 0, 0)
    assert (june["n_accepted"], june["n_found"], june["n_open"], june["n_overdue"]) == (1, 1, 1, 0)


def test_without_hazards_or_sanctions_there_is_nothing_and_no_error(town: Town) -> None:
    town.derive()
    assert town.rows("hazard_board") == town.rows("hazard_units") == []
    town.missing = frozenset({"hazards", "sanctions", "rating_events"})
    town.con.execute("DELETE FROM mart.card_standing")
    town.con.execute("DELETE FROM mart.credit_files")
    town.derive()
    assert town.rows("card_standing") == town.rows("credit_files") == []


def test_the_ledger_says_runs_and_the_manager_of_the_day(town: Town) -> None:
    town.add("managers", manager_id="m1", community_id="c1", from_on=date(2025, 1, 1),
             until_on=date(2026, 3, 1), name="A")  # fmt: skip
    town.add("managers", manager_id="m2", community_id="c1", from_on=date(2026, 3, 2), name="B")
    for month in (2, 3, 4):
        town.sanction("yellow_card", date(2026, month, 10), found_at_night=month == 3)
    town.sanction("fine", date(2026, 5, 1), amount_yuan=500.0)
    town.derive()
    ledger = {str(row["issued_on"])[:10]: row for row in town.rows("sanction_ledger")}

    assert [ledger[f"2026-0{n}-10"]["run"] for n in (2, 3, 4)] == [1, 2, 3]
    assert ledger["2026-04-10"]["raises"] == "red_card"
    assert ledger["2026-02-10"]["manager_id"] == "m1"
    assert ledger["2026-03-10"]["manager_id"] == "m2"
    assert ledger["2026-03-10"]["sentence_zh"] == "夜间发现，黄牌，连续第2次。"
    assert ledger["2026-05-01"]["run"] is None
    standing = town.one("card_standing", "community_id = 'c1'")
    assert (standing["standing"], standing["due_kind"]) == ("yellow_card", "red_card")
    assert "尚未签发" in standing["sentence_zh"]
    assert town.one("card_standing", "community_id = 'c2'")["standing"] == "clear"


def test_credit_points_are_those_of_the_standard_in_the_calendar_year(town: Town) -> None:
    # p1: a day notice 2, a night notice 3 (a night finding), a yellow card 3, an overdue hazard 1;
    # the notice of last year counts no more.
    town.sanction("notice", date(2026, 2, 1))
    town.sanction("notice", date(2026, 3, 1), found_at_night=True)
    town.sanction("yellow_card", date(2026, 4, 1), community="c2")
    town.sanction("notice", date(2025, 12, 31), community="c2")
    town.hazard("late")
    town.add("managers", manager_id="m1", community_id="c1", from_on=date(2026, 2, 15), name="A")
    town.derive()

    company = town.one("credit_files", "scope_kind = 'district' AND subject_id = 'p1'")
    assert company["points"] == 2 + 3 + 3 + 1
    assert (company["n_notices"], company["n_yellow_cards"]) == (2, 1)
    # The worst community has 2 + 3 + 1 = 6 points: a written warning, not the 9 of both.
    assert (company["level"], company["n_communities"]) == ("warning", 2)
    manager = town.one("credit_files", "scope_kind = 'district' AND subject_id = 'm1'")
    assert manager["points"] == 3 + 1  # in charge since 15 February
    assert manager["name"] == "A"
    entries = town.rows("credit_entries", "subject_kind = 'company'")
    assert sorted(row["points"] for row in entries) == [1, 2, 3, 3]


def test_a_file_of_a_station_counts_what_lies_there_and_says_the_whole(town: Town) -> None:
    town.con.execute("UPDATE core.communities SET company_id = 'p1'")
    town.sanction("red_card", date(2026, 4, 1), community="c1")
    town.derive()

    here = town.one("credit_files", "scope_id = 's2' AND subject_id = 'p1'")
    assert (here["points"], here["points_district"]) == (0, 6)
    assert (here["n_communities"], here["n_communities_district"]) == (1, 3)
    assert here["level"] == "warning"
    assert here["station_id"] == "s2"


def test_a_black_card_puts_a_company_on_the_black_list(town: Town) -> None:
    town.sanction("black_card", date(2026, 4, 1))
    town.derive()

    assert town.one("credit_files", "scope_kind = 'district' AND subject_id = 'p1'")["list"] == (
        "black"
    )
    assert town.one("credit_files", "scope_kind = 'district' AND subject_id = 'p2'")["list"] is None


def test_the_workflow_keeps_refused_events_with_their_reason_and_counts_them(town: Town) -> None:
    town.event("drafted", date(2026, 1, 5), station_id="s1", street_id="t1")
    town.event("sent_for_check", date(2026, 1, 6))
    town.event("published", date(2026, 1, 8))
    town.con.execute("UPDATE core.rating_events SET station_id = 's1', street_id = 't1'")
    town.event("published", date(2026, 1, 8), "c2", standard_id="other")
    report = town.derive()

    standing = town.one("rating_workflow", "community_id = 'c1'")
    assert (standing["state"], standing["n_refused"]) == ("factual_check", 1)
    assert standing["is_overdue"]
    assert not standing["is_public"]
    refused = town.one("rating_workflow_events", "NOT is_accepted AND community_id = 'c1'")
    assert "before the factual check ended" in refused["sentence_en"]
    codes = {one.code: one.n for one in report.findings}
    assert codes == {"rating_events_refused": 2, "rating_events_standard": 1}
    assert town.rows("rating_workflow", "community_id = 'c2'") == []


def test_the_ranking_counts_open_hazards_as_the_board_does(town: Town) -> None:
    town.hazard("a", resolved_on=date(2026, 5, 3))
    town.hazard("b", resolved_on=date(2026, 5, 3), reopened_on=date(2026, 5, 9))
    town.derive()
    derive_summary(town.context)

    summary = town.one("community_summary", "community_id = 'c1'")
    assert (summary["n_hazards_open"], summary["n_hazards_overdue"]) == (1, 1)
