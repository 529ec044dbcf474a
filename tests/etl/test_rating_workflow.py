"""From draft to publication and appeal: by hand, with working days, and never out of order."""

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.marts.rating_workflow import HOLIDAYS
from etl.rating.workdays import Calendar, read_calendar
from etl.rating.workflow import (
    PUBLIC,
    STATE_NAMES,
    TRANSITIONS,
    Event,
    Progress,
    Step,
    describe,
    follow,
)

MONDAY = date(2026, 3, 2)
PLAIN = Calendar()


def run(*given: tuple[str, date], calendar: Calendar = PLAIN) -> tuple[Progress, list[Step]]:
    return follow([Event(name, on, "office") for name, on in given], calendar)


def days(n: int) -> date:
    return MONDAY + timedelta(days=n)


def test_a_rating_goes_from_draft_to_publication() -> None:
    progress, steps = run(
        ("drafted", days(0)), ("sent_for_check", days(1)), ("checked", days(4)),
        ("published", days(7)),
    )  # fmt: skip

    assert [one.after for one in steps] == ["draft", "factual_check", "checked", "published"]
    assert all(one.refusal is None for one in steps)
    assert progress.is_public
    assert progress.drafted_on == days(0)
    assert progress.published_on == days(7)
    assert progress.appeal_until_on == days(28)


def test_the_factual_check_takes_ten_working_days() -> None:
    # Monday 2 March: the tenth working day after it is Monday 16 March.
    progress, _ = run(("drafted", days(0)), ("sent_for_check", days(0)))

    assert progress.check_due_on == date(2026, 3, 16)
    assert not progress.is_overdue(date(2026, 3, 16))
    assert progress.is_overdue(date(2026, 3, 17))


def test_holidays_and_worked_weekends_move_the_end_of_the_check() -> None:
    off = Calendar(frozenset({date(2026, 3, 4)}), frozenset({date(2026, 3, 7)}))

    assert off.add_working_days(MONDAY, 10) == date(2026, 3, 16)
    assert Calendar(frozenset({date(2026, 3, 4)})).add_working_days(MONDAY, 10) == date(2026, 3, 17)
    assert PLAIN.add_working_days(MONDAY, 0) == MONDAY


def test_the_national_holidays_are_days_off_in_china_alone() -> None:
    chinese = read_calendar(HOLIDAYS, time_zone="Asia/Shanghai")

    assert not chinese.is_working(date(2025, 10, 1))
    assert chinese.is_working(date(2025, 9, 28))  # a Sunday worked instead
    assert read_calendar(HOLIDAYS, time_zone="America/New_York").is_working(date(2025, 10, 1))
    # sent on 30 September 2025: eight days off, one Saturday worked
    assert chinese.add_working_days(date(2025, 9, 30), 10) == date(2025, 10, 21)


def test_without_a_reply_it_is_published_after_the_check_and_not_before() -> None:
    sent = (("drafted", days(0)), ("sent_for_check", days(0)))
    early, steps = run(*sent, ("published", days(14)))
    late, _ = run(*sent, ("published", days(15)))

    assert early.state == "factual_check"
    assert "before the factual check ended on 2026-03-16" in steps[-1].refusal.en
    assert late.state == "published"


def published(*more: tuple[str, date]) -> tuple[Progress, list[Step]]:
    return run(
        ("drafted", days(0)), ("sent_for_check", days(0)), ("checked", days(1)),
        ("published", days(2)), *more,
    )  # fmt: skip


def test_an_appeal_is_in_time_to_the_twenty_first_day() -> None:
    in_time, _ = published(("appealed", days(23)))
    late, steps = published(("appealed", days(24)))

    assert in_time.state == "appealed"
    assert late.state == "published"
    assert steps[-1].refusal.en == f"Refused: appealed after the last day, {days(23)}."
    assert "申诉已超过期限" in steps[-1].refusal.zh


def test_under_appeal_it_is_withheld_until_it_is_decided() -> None:
    open_one, _ = published(("appealed", days(5)))
    upheld, _ = published(("appealed", days(5)), ("appeal_dismissed", days(9)))
    again, _ = published(("appealed", days(5)), ("re_rated", days(9)))

    assert not open_one.is_public
    assert (upheld.state, upheld.is_public, upheld.decided_on) == ("upheld", True, days(9))
    assert upheld.published_on == days(2)
    assert (again.state, again.published_on) == ("re_rated", days(9))
    assert again.appeal_until_on == days(30)


def test_a_reply_changes_nothing_and_a_withdrawn_rating_begins_anew() -> None:
    replied, steps = published(("replied", days(3)))
    withdrawn, _ = published(("withdrawn", days(4)))
    redrafted, _ = published(("withdrawn", days(4)), ("drafted", days(6)))

    assert replied.state == "published"
    assert steps[-1].refusal is None
    assert not withdrawn.is_public
    assert (redrafted.state, redrafted.published_on) == ("draft", None)


@pytest.mark.parametrize(
    "given",
    [
        [("published", 0)],
        [("drafted", 0), ("drafted", 1)],
        [("drafted", 0), ("published", 1)],
        [("drafted", 0), ("checked", 1)],
        [("drafted", 0), ("appealed", 1)],
        [("drafted", 0), ("re_rated", 1)],
        [("drafted", 0), ("replied", 1)],
        [("withdrawn", 0)],
    ],
)
def test_what_may_not_follow_is_refused_with_its_reason(given: list[tuple[str, int]]) -> None:
    progress, steps = run(*((name, days(n)) for name, n in given))

    assert steps[-1].refusal is not None
    assert "cannot follow" in steps[-1].refusal.en
    assert "不能" in steps[-1].refusal.zh
    assert steps[-1].after == steps[-1].before == progress.state


def test_events_of_one_day_are_taken_in_the_order_of_the_procedure() -> None:
    progress, steps = run(("sent_for_check", days(0)), ("drafted", days(0)))

    assert progress.state == "factual_check"
    assert [one.event.name for one in steps] == ["drafted", "sent_for_check"]


@given(st.lists(st.tuples(st.sampled_from(list(TRANSITIONS)), st.integers(0, 90)), max_size=12))
def test_no_order_of_events_publishes_what_was_not_checked(given: list[tuple[str, int]]) -> None:
    progress, steps = run(*((name, days(n)) for name, n in given))
    taken = [one.event.name for one in steps if one.refusal is None]

    assert len(steps) == len(given)
    if progress.state in PUBLIC:
        assert "sent_for_check" in taken
        assert "published" in taken
        assert progress.published_on is not None
    for before, after in pairwise(steps):
        assert after.before == before.after


@pytest.mark.parametrize("state", [one for one in STATE_NAMES if one])
def test_every_state_is_described_in_both_languages(state: str) -> None:
    progress = Progress(state, MONDAY, check_due_on=MONDAY, appeal_until_on=MONDAY)
    text = describe(progress, days(3))

    assert str(MONDAY) in text.en
    assert STATE_NAMES[state].zh in text.zh


def test_the_words_say_what_is_overdue_and_until_when_to_appeal() -> None:
    checking = Progress("factual_check", MONDAY, check_due_on=days(14))

    assert describe(checking, days(14)).en.endswith("the check is due by 2026-03-16.")
    assert describe(checking, days(15)).zh.endswith("核对期限2026-03-16，已超期。")
    out = Progress("published", MONDAY, appeal_until_on=days(21))
    assert "appeals until 2026-03-23" in describe(out, days(21)).en
    assert "appeals closed on 2026-03-23" in describe(out, days(22)).en
    assert "withheld" in describe(Progress("appealed", MONDAY), MONDAY).en
