"""Numbers and dates are written as each language writes them."""

from __future__ import annotations

from datetime import date, datetime

import numpy as np
import pandas as pd
import pytest

from dashboard.formats import NOTHING, Formats, is_missing

ZH, EN = Formats("zh", "Asia/Shanghai"), Formats("en", "Asia/Shanghai")


def test_counts_are_grouped() -> None:
    assert EN.count(12345) == "12,345"
    assert ZH.count(np.int64(12345)) == "12,345"


def test_shares_are_percent_and_changes_have_a_sign() -> None:
    assert EN.share(0.1262) == "12.6%"
    assert EN.change(-0.1262) == "−12.6%"
    assert EN.change(0.05) == "+5.0%"
    assert EN.change(0.0) == "±0.0%"


def test_an_instant_is_utc_and_shown_where_the_district_lies() -> None:
    # 20:00 UTC on the 30th is 04:00 on the 1st in Shanghai
    assert ZH.instant(datetime(2026, 6, 30, 20)) == "2026-07-01 04:00"


def test_many_instants_are_written_as_one_is() -> None:
    moments = pd.Series([datetime(2026, 6, 30, 20), None, datetime(2025, 1, 1)])
    assert ZH.instants(moments).tolist() == [
        ZH.instant(moments[0]), None, ZH.instant(moments[2])
    ]  # fmt: skip


def test_days_follow_the_language() -> None:
    assert ZH.day(date(2026, 6, 30)) == "2026年6月30日"
    assert EN.day(pd.Timestamp("2026-06-30")) == "30 Jun 2026"


def test_bytes_are_short() -> None:
    assert EN.bytes(999) == "999 B"
    assert EN.bytes(1_300_000) == "1.3 MB"
    assert EN.bytes(2.5e9) == "2.5 GB"


def test_units_follow_the_number() -> None:
    assert EN.metres(17.4) == "17 m"
    assert EN.area(1925.0) == "1,925 m²"
    assert EN.yuan(2000) == "¥2,000"


@pytest.mark.parametrize("value", [None, float("nan"), pd.NaT, pd.NA])
def test_nothing_is_a_dash_everywhere(value: object) -> None:
    assert is_missing(value)
    for write in (EN.count, EN.number, EN.share, EN.change, EN.metres, EN.area, EN.yuan, EN.bytes,
                  EN.day, EN.month, EN.instant, EN.compact):  # fmt: skip
        assert write(value) == NOTHING
