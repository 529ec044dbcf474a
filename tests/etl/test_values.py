"""Source columns become typed columns; what cannot is a mask with a rule."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.values import convert, trimmed

SHANGHAI = ZoneInfo("Asia/Shanghai")


def converted(values, kind, formats=()):
    done = convert(pa.array(values), kind, zone=SHANGHAI, formats=formats)
    return done.values.to_pylist(), {rule: rows.tolist() for rule, rows in done.failures.items()}


def test_spellings_of_nothing_become_null_and_texts_lose_their_blanks() -> None:
    found = trimmed(pa.array([" a ", "", "NULL", "n/a", "-", "无", "不详", None, "0"]))

    assert found.to_pylist() == ["a", None, None, None, None, None, None, None, "0"]


def test_the_same_name_in_two_unicode_forms_is_one_name() -> None:
    found = trimmed(pa.array(["Caf\u00e9", "Cafe\u0301"])).to_pylist()

    assert found[0] == found[1]


def test_numbers_are_read_with_blanks_and_full_width_digits_and_others_are_named() -> None:
    values, failures = converted(["1.5", " 2 ", "３", "4,5", "1e2", "abc", "", "inf"], "float")

    assert values == [1.5, 2.0, 3.0, None, 100.0, None, None, None]
    assert failures == {"type": [3, 5, 7]}


def test_a_whole_column_of_numbers_refuses_infinity_and_nan() -> None:
    values, failures = converted(["1", "inf", "nan", "-2.5"], "float")

    assert values == [1.0, None, None, -2.5]
    assert 1 in failures["type"]


def test_a_fraction_is_not_a_count() -> None:
    values, failures = converted(["3", "3.5"], "int")

    assert values == [3, None]
    assert failures == {"type": [1]}


def test_yes_and_no_are_read_in_both_languages() -> None:
    values, failures = converted(["是", "否", "yes", "0", "maybe", None], "bool")

    assert values == [True, False, True, False, None, None]
    assert failures == {"type": [4]}


def test_a_column_of_iso_moments_is_local_time_of_the_source() -> None:
    values, _ = converted(["2024-03-05 15:20:00", "2024-03-05 00:00:00"], "instant")

    assert values == [datetime(2024, 3, 5, 7, 20), datetime(2024, 3, 4, 16, 0)]


def test_one_strange_moment_does_not_spoil_the_others() -> None:
    values, failures = converted(["2024-03-05 15:20:00", "2023-02-29", "yesterday"], "instant")

    assert values[0] == datetime(2024, 3, 5, 7, 20)
    assert failures == {"time_impossible": [1], "time_format": [2]}


def test_declared_forms_are_the_only_ones_accepted() -> None:
    values, failures = converted(["05/03/2024", "2024-03-05"], "date", ("%d/%m/%Y",))

    assert values[0] == date(2024, 3, 5)
    assert values[1] == date(2024, 3, 5)  # an ISO day has one meaning, declared or not
    values, failures = converted(
        ["05/03/2024 15:20", "2024-03-05 15:20"], "instant", ("%d/%m/%Y %H:%M",)
    )
    assert failures == {"time_format": [1]}


def test_an_impossible_day_is_not_rolled_over_by_a_declared_form() -> None:
    values, failures = converted(["2023-02-28", "2023-02-30"], "instant", ("%Y-%m-%d",))

    assert values[1] is None
    assert failures == {"time_format": [1]}


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1))
def test_every_finite_number_survives_its_text(numbers: list[float]) -> None:
    values, failures = converted([repr(one) for one in numbers], "float")

    np.testing.assert_array_equal(np.array(values, float), np.array(numbers))
    assert failures == {}


@pytest.mark.parametrize("kind", ["text", "float", "int", "bool", "date", "instant"])
def test_an_empty_column_stays_empty(kind) -> None:
    done = convert(pa.nulls(3), kind, zone=SHANGHAI)

    assert done.values.null_count == 3
    assert done.failures == {}


@pytest.mark.parametrize("strange", [-(2**62), 2**62, 2**56])
def test_years_that_no_calendar_has_leave_the_moments_beside_them_alone(strange: int) -> None:
    column = pa.array([strange, 1_700_000_000_000_000], pa.int64()).cast(pa.timestamp("us"))

    found = convert(column, "instant", zone=ZoneInfo("Asia/Shanghai")).values

    eight_hours = 8 * 3600 * 1_000_000
    assert found.cast(pa.int64())[1].as_py() == 1_700_000_000_000_000 - eight_hours
    assert not found.null_count


def test_words_spelt_with_and_without_blanks_are_one_word_and_nothing_is_none() -> None:
    column = pa.array(["a", " a ", "无", "-", None, "e\u0301"]).dictionary_encode()

    found = convert(column, "text", zone=ZoneInfo("UTC")).values

    assert found.to_pylist() == ["a", "a", None, None, None, "\u00e9"]
    assert len(found.dictionary) == 2
