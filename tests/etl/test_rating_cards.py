"""Runs of cards, what they call for, when they clear: by hand."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.marts.sanctions import LADDER_FILE
from etl.rating.cards import (
    LADDER,
    Ladder,
    LadderError,
    Raise,
    follow_cards,
    read_ladder,
    stand_on,
)

RULES = Ladder(
    {"notice": 10, "interview": 10, "yellow_card": 30, "red_card": 60, "black_card": 90},
    {"yellow_card": Raise(3, "red_card"), "red_card": Raise(2, "black_card")},
)
DAY = date(2026, 1, 1)


def on(*given: tuple[str, int]) -> list:
    return follow_cards([(kind, DAY + timedelta(days=n)) for kind, n in given], RULES)


def test_three_yellow_cards_in_a_row_call_for_a_red_one_and_the_run_begins_anew() -> None:
    cards = on(*(("yellow_card", n) for n in (0, 20, 40, 60)))

    assert [one.run for one in cards] == [1, 2, 3, 1]
    assert [one.raises for one in cards] == [None, None, "red_card", None]


def test_a_run_begins_anew_after_a_clean_time() -> None:
    # the first clears 30 days on: a card on the 30th day still counts, one on the 31st does not
    cards = on(("yellow_card", 0), ("yellow_card", 30), ("yellow_card", 61))

    assert [one.run for one in cards] == [1, 2, 1]
    assert [one.is_after_reset for one in cards] == [False, False, True]


def test_a_worse_card_ends_the_runs_of_the_milder_ones() -> None:
    cards = on(("yellow_card", 0), ("yellow_card", 1), ("red_card", 2), ("yellow_card", 3))

    assert [one.run for one in cards] == [1, 2, 1, 1]


def test_fines_and_awards_make_no_run_and_order_does_not_matter() -> None:
    assert on(("fine", 0), ("award", 1)) == []
    assert on(("red_card", 5), ("yellow_card", 0)) == on(("yellow_card", 0), ("red_card", 5))


def test_the_worst_card_that_has_not_cleared_stands() -> None:
    cards = on(("notice", 0), ("yellow_card", 1), ("notice", 20))

    standing = stand_on(cards, RULES, DAY + timedelta(days=21))
    assert (standing.kind, standing.run, standing.to_next) == ("yellow_card", 1, 2)
    assert standing.clears_on == DAY + timedelta(days=32)
    assert stand_on(cards, RULES, DAY + timedelta(days=31)).kind == "yellow_card"
    # from the 32nd day on the yellow card no longer stands; the second notice cleared on the 31st
    assert stand_on(cards, RULES, DAY + timedelta(days=32)).kind is None


def test_later_cards_are_not_looked_at() -> None:
    cards = on(("notice", 0), ("black_card", 5))

    assert stand_on(cards, RULES, DAY + timedelta(days=4)).kind == "notice"
    assert stand_on([], RULES, DAY).kind is None


def test_a_card_called_for_and_not_issued_is_due_until_it_is_answered_or_cleared() -> None:
    called = on(*(("yellow_card", n) for n in (0, 10, 20)))
    answered = on(*(("yellow_card", n) for n in (0, 10, 20)), ("red_card", 25))

    assert stand_on(called, RULES, DAY + timedelta(days=26)).due == "red_card"
    assert stand_on(called, RULES, DAY + timedelta(days=26)).to_next == 3
    assert stand_on(answered, RULES, DAY + timedelta(days=26)).due is None
    assert stand_on(called, RULES, DAY + timedelta(days=51)).due is None


@given(st.lists(st.tuples(st.sampled_from(LADDER), st.integers(0, 200)), max_size=12))
def test_a_run_never_passes_the_length_that_calls_for_the_next_card(
    issued: list[tuple[str, int]],
) -> None:
    for card in on(*issued):
        calls = RULES.raises.get(card.kind)
        assert card.run >= 1
        assert calls is None or card.run <= calls.length
        assert (card.raises is not None) == (calls is not None and card.run == calls.length)


def test_the_shipped_ladder_is_that_of_its_source() -> None:
    ladder = read_ladder(LADDER_FILE)

    assert ladder.raises["yellow_card"] == Raise(3, "red_card")
    assert set(ladder.clear_days) == set(LADDER)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[clear_days]\nnotice = 0", "clear_days.notice: found 0; expected days of at least 1"),
        ("[[raises]]\nfrom = 'x'\nto = 'red_card'\nlength = 3", "expected from and to among"),
        (
            "[[raises]]\nfrom = 'red_card'\nto = 'notice'\nlength = 3",
            "expected a worse card than the one of the run",
        ),
        (
            "[[raises]]\nfrom = 'notice'\nto = 'red_card'\nlength = 1",
            "expected a length of at least 2",
        ),
    ],
)
def test_a_faulty_ladder_names_its_fault(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "ladder.toml"
    path.write_text(text, encoding="utf-8")

    with pytest.raises(LadderError, match=message):
        read_ladder(path)
