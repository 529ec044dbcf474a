"""Incidents that say little: from the agency's files to the words on every page of the analysis.

Each city is built from files as a steward builds it, then its pages are opened: too few incidents,
all at one point, all on one day, none with a place, none with an hour.
"""

from __future__ import annotations

import csv
import json
import random
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from html import unescape
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from etl.build import build
from etl.store import Store

Run = Callable[..., AppTest]
LON, LAT = 120.6, 30.0
LAST = datetime(2026, 6, 30)
CLASSES = ("criminal", "public_security", "call", "dispute")
DISTRICT = """
[district]
id = "tiny"
name = "小县"
name_en = "Tiny"
time_zone = "Asia/Shanghai"
crs = "EPSG:4549"
standards = []
as_of = 2026-06-30
[[sources]]
table = "stations"
path = "stations.geojson"
format = "geojson"
columns = { station_id = "id", name = "id" }
[[sources]]
table = "communities"
path = "communities.geojson"
format = "geojson"
columns = { community_id = "id", name = "id" }
[[sources]]
table = "incidents"
path = "incidents.csv"
format = "csv"
datum = "wgs84"
[sources.columns]
incident_id = "incident_id"
occurred_at = "occurred_at"
class = "class"
type = "type"
lon = "lon"
lat = "lat"
"""
# how many, days back from the last at most, and what is known of place and hour
CITIES = {
    "three": (3, 27, "anywhere", True), "one_point": (200, 700, "one point", True),
    "one_day": (200, 0, "anywhere", True), "unlocated": (200, 700, "nowhere", True),
    "untimed": (300, 700, "anywhere", False),
}  # fmt: skip
PAGES = (
    ("hotspots", {}), ("hotspots", {"method": "density"}), ("hotspots", {"cells": "hexagon"}),
    ("hotspots", {"hours": "18-24"}), ("hotspots", {"method": "emerging"}),
    ("hotspots", {"method": "communities"}), ("clock", {}), ("clusters", {}), ("alarms", {}),
    ("tonight", {}), ("accuracy", {}), ("concentration", {}),
)  # fmt: skip
# what the chief of a station reads; of the whole district where no incident has a station
WORDS = {
    ("three", "hotspots"): "仅 3 起，不足 10 起：只能显示密度",
    ("three", "hotspots method=density"): "无法选择，取网格边长的 2.5 倍",
    ("three", "hotspots method=emerging"): "至少需要",
    ("three", "hotspots method=communities"): "至少需要",
    ("three", "clock"): "数据时间太短",
    ("three", "clusters"): "扫描无法判断是否有聚集。不等于没有问题。",
    ("three", "tonight"): "至少需要",
    ("three", "accuracy"): "至少需要",
    ("three", "concentration"): "至少需要",
    ("one_point", "hotspots"): "落在同一个网格，谈不上聚集",
    ("one_point", "hotspots cells=hexagon"): "落在同一个网格，谈不上聚集",
    ("one_point", "hotspots method=emerging"): "落在同一点，无法谈论分布",
    ("one_point", "hotspots method=communities"): "落在同一点，无法谈论分布",
    ("one_point", "clusters"): "全部警情在同一地点",
    ("one_point", "accuracy"): "落在同一点，无法谈论分布",
    ("one_day", "hotspots"): "都发生在 2026年6月30日 这一天",
    ("one_day", "hotspots method=density"): "都发生在 2026年6月30日 这一天",
    ("one_day", "hotspots method=emerging"): "数据时间太短",
    ("one_day", "hotspots method=communities"): "都发生在 2026年6月30日 这一天",
    ("one_day", "clock"): "谈不上季节规律",
    ("one_day", "clusters"): "全部警情都在同一天",
    ("one_day", "tonight"): "数据时间太短",
    ("one_day", "accuracy"): "数据时间太短",
    ("unlocated", "hotspots"): "没有计算热点：带坐标警情太少",
    ("unlocated", "clusters"): "带坐标警情太少",
    ("unlocated", "tonight"): "没有带坐标的此类警情",
    ("unlocated", "accuracy"): "没有带坐标的此类警情",
    ("unlocated", "concentration"): "没有带坐标的此类警情",
    ("untimed", "hotspots hours=18-24"): "没有网格",
    ("untimed", "clock"): "100.0% 的警情记在 0 时",
    ("untimed", "tonight"): "没有发生时间，无法按时间分析",
}


def _box(name: str, west: float, south: float, side: float) -> dict[str, object]:
    east, north = west + side, south + side
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {"type": "Feature", "properties": {"id": name},
            "geometry": {"type": "Polygon", "coordinates": [ring]}}  # fmt: skip


def _write(folder: Path, n: int, days: int, place: str, timed: bool) -> Path:
    folder.mkdir()
    stations = [_box(f"S{k + 1}", LON + 0.02 * k, LAT, 0.02) for k in (0, 1)]
    communities = [
        _box(f"C{a}{b}", LON + 0.005 * a + 0.0005, LAT + 0.005 * b + 0.0005, 0.004)
        for a in range(8) for b in range(4)
    ]  # fmt: skip
    for name, features in (("stations", stations), ("communities", communities)):
        body = {"type": "FeatureCollection", "features": features}
        (folder / f"{name}.geojson").write_text(json.dumps(body), "utf-8")
    rng = random.Random(1)
    with (folder / "incidents.csv").open("w", newline="", encoding="utf-8") as stream:
        rows = csv.writer(stream)
        rows.writerow(["incident_id", "occurred_at", "class", "type", "lon", "lat"])
        for k in range(n):
            at = LAST - timedelta(days=rng.randint(0, days))
            clock = f" {rng.randrange(24):02d}:{rng.randrange(60):02d}:00" if timed else ""
            lon, lat = LON + rng.random() * 0.04, LAT + rng.random() * 0.02
            where = {"one point": (LON + 0.0123, LAT + 0.0077), "nowhere": ("", "")}
            spot = where.get(place, (round(lon, 6), round(lat, 6)))
            rows.writerow([f"J{k}", f"{at:%Y-%m-%d}{clock}", CLASSES[k % 4], "theft", *spot])
    (folder / "district.toml").write_text(DISTRICT, "utf-8")
    return folder / "district.toml"


@pytest.fixture(scope="module", params=CITIES)
def city(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[str, Path]:
    folder = tmp_path_factory.mktemp(request.param)
    build(_write(folder / "city", *CITIES[request.param]), Store(folder / "store"))
    return request.param, folder / "store"


@pytest.mark.parametrize(("page", "more"), PAGES)
def test_every_page_says_what_it_can_and_cannot_say(
    page: str, more: dict[str, str], city: tuple[str, Path], run_page: Run
) -> None:
    name, store = city
    whole = name in ("three", "unlocated")
    role = {"role": "district"} if whole else {"role": "chief", "scope": "S1"}
    app = run_page(store, role["role"], page, **({"scope": "S1"} if not whole else {}), **more)
    assert not app.exception
    told = " ".join(one.proto.body for one in app.get("html") if "ax-note" in one.proto.body)
    told = " ".join(unescape(re.sub("<[^>]+>", " ", told)).split())
    key = " ".join([page, *(f"{a}={b}" for a, b in more.items())])
    if (name, key) in WORDS:
        assert WORDS[name, key] in told


def test_unlocated_incidents_are_counted_where_a_map_cannot_show_them(
    tmp_path: Path, run_page: Run, read_text: Callable[[AppTest], str]
) -> None:
    build(_write(tmp_path / "city", *CITIES["unlocated"]), Store(tmp_path / "store"))
    text = read_text(run_page(tmp_path / "store", "district", "hotspots"))
    assert re.search(r"另有 \d+ 起没有坐标", text)
