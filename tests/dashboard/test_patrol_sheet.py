"""The page for the glove box needs nothing and runs nothing, whatever the names are."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from dashboard.access import load_access
from dashboard.formats import Formats
from dashboard.page import Page
from dashboard.patrol_sheet import Leg, Sheet, patrol_sheet
from dashboard.store import current_build, open_slice
from dashboard.texts import load_texts
from dashboard.viewer import Viewer

NASTY = "`${alert(1)}<script>x</script><img src=x>\"'"
X, Y = 300_000.0, 3_450_000.0


@pytest.fixture
def page(write_store: Callable[..., Path], tmp_path: Path) -> Page:
    build = current_build(write_store(tmp_path / "s", nasty=NASTY, kinds=["station"]))
    return Page("tonight", load_texts("zh"), Formats("zh", "Asia/Shanghai"),
                Viewer("chief", "station", "S1"), build, open_slice(build, "station", "S1"),
                load_access())  # fmt: skip


def _sheet(legs: tuple[Leg, ...]) -> Sheet:
    return Sheet("今晚", NASTY, "S1", NASTY, legs, cell_m=100.0, radius_m=150.0)


def test_the_sheet_escapes_every_text_and_loads_nothing(page: Page) -> None:
    legs = (Leg(1, 1, "18", NASTY, None, X + 50, Y + 50), Leg(1, 2, "19", "b", 80.0, X + 90, Y))
    html = patrol_sheet(page, _sheet(legs)).decode()
    assert "<script" not in html
    assert "<img" not in html
    assert not re.search(r"https?://|url\(|<link|<iframe| on\w+=", html)
    assert "default-src 'none'" in html


def test_the_sheet_lists_each_patrol_and_numbers_its_stops_on_the_map(page: Page) -> None:
    legs = (Leg(1, 1, "18–19", "甲", None, X, Y), Leg(1, 2, "19–20", "乙", 120.0, X + 120, Y),
            Leg(2, 1, "18–20", "丙", None, X, Y, raised=2.5))  # fmt: skip
    html = patrol_sheet(page, _sheet(legs)).decode()
    assert html.count("<caption>") == 2
    assert html.count("<polyline") == 2
    assert re.findall(r">(\d-[\d,]+)</text>", html) == ["1-1", "1-2", "2-1"]
    assert "120 m" in html
    assert "2.5 倍" in html


def test_stops_that_share_a_place_do_not_hide_each_other(page: Page) -> None:
    legs = (Leg(1, 1, "18", "a", None, X, Y), Leg(2, 1, "18", "a", None, X, Y))
    html = patrol_sheet(page, _sheet(legs)).decode()
    at = re.findall(r'y="([\d.]+)" font-size="13" font-weight="700"', html)
    assert len(set(at)) == 2


def test_the_walk_is_drawn_in_metres_north_up(page: Page) -> None:
    legs = (Leg(1, 1, "18", "a", None, X, Y), Leg(1, 2, "19", "b", 400.0, X, Y + 400))
    html = patrol_sheet(page, _sheet(legs)).decode()
    points = re.search(r'<polyline points="([\d.]+),([\d.]+) ([\d.]+),([\d.]+)"', html)
    assert points is not None
    x1, y1, x2, y2 = (float(one) for one in points.groups())
    assert x1 == x2
    assert y2 < y1
    bar = re.search(r'H([\d.]+)V[\d.]+" fill="none" stroke="#000" stroke-width="2"/>', html)
    words = re.search(r'font-size="13">(\d+) m<', html)
    assert bar is not None
    assert words is not None
    assert (float(bar[1]) - 14) / float(words[1]) == pytest.approx((y1 - y2) / 400, rel=1e-3)


def test_no_stop_gives_a_page_without_a_map(page: Page) -> None:
    html = patrol_sheet(page, _sheet(())).decode()
    assert "<svg" not in html
