"""Hexagons on the page: counted from the incidents, or read from the store, and opened again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from gzip import decompress
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest
import shapely
from streamlit.testing.v1 import AppTest

from dashboard import hexagons, hot_hours, layer_shapes
from dashboard.access import load_access
from dashboard.formats import Formats
from dashboard.page import Page
from dashboard.periods import window
from dashboard.queries import hotspots, incidents
from dashboard.queries.incidents import Which
from dashboard.store import current_build, open_slice
from dashboard.texts import load_texts
from dashboard.viewer import Viewer
from geo.study_area import cell_bounds

Run = Callable[..., AppTest]
ZH = load_texts("zh")


def _open(store: Path) -> Page:
    build = current_build(store)
    return Page("hotspots", ZH, Formats("zh", "Asia/Shanghai"), Viewer("chief", "station", "S1"),
                build, open_slice(build, "station", "S1"), load_access())  # fmt: skip


@pytest.fixture(scope="module")
def page(write_store: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory) -> Page:
    folder = tmp_path_factory.mktemp("hexagons")
    return _open(write_store(folder / "s", n_incidents=1_500, kinds=["station"]))


@pytest.mark.parametrize("hours", ["all", "18-24"])
@pytest.mark.parametrize("of_class", ["all", "case"])
def test_every_hexagon_opens_to_as_many_incidents_as_it_counts(
    page: Page, of_class: str, hours: str
) -> None:
    rows = hexagons.cells(page, of_class, "12_months", hours)
    since, until = window(page, "12_months")
    when = None if hours == "all" else hot_hours.HOURS[hours]
    some = rows[rows["n"] > 0]
    for row in some.iloc[:: max(1, len(some) // 12)].itertuples():
        which = Which(since, until, of_class, cells=(row.cell_id,), cell_m=100.0, hours=when)
        found = incidents.rows(page, which, "Asia/Shanghai", at_most=10_000)
        if hours == "all":
            assert len(found) == row.n
        else:  # an uncertain time counts in part in every hour that it touches
            assert len(found) >= row.n
    every = Which(since, until, of_class, cells=tuple(some["cell_id"]), cell_m=100.0, hours=when)
    n = len(incidents.rows(page, every, "Asia/Shanghai", at_most=100_000))
    assert n == some["n"].sum() if hours == "all" else n >= some["n"].sum()


def test_an_incident_is_in_the_hexagon_that_holds_it(page: Page) -> None:
    found = hotspots.located(page, *window(page, "12_months"), "Asia/Shanghai")
    rows = hexagons.cells(page, "all", "12_months", "all").set_index("cell_id")["n"]
    points = shapely.points(found[["x", "y"]].to_numpy(float))
    for name, n in rows[rows > 0].items():
        outline = shapely.Polygon(cell_bounds(str(name), cell_m=100.0))
        # those on a side belong to one of the two
        assert shapely.contains_properly(outline, points).sum() <= n
        assert shapely.dwithin(points, outline, 1e-6).sum() >= n


def test_hexagons_and_squares_hold_the_same_incidents(page: Page) -> None:
    square = hot_hours.cells(page, "all", "12_months", "all")
    rows = hexagons.cells(page, "all", "12_months", "all")
    assert rows["n"].sum() == square["n"].sum()
    assert list(rows.columns) == list(square.columns)
    assert set(asked_columns(page)) == set(rows.columns)


def asked_columns(page: Page) -> pd.Index:
    return hotspots.cells(page, "station", "S1", "all", "12_months", at_most=5).columns


def test_hexagons_are_drawn_where_they_lie(page: Page) -> None:
    rows = hexagons.cells(page, "all", "12_months", "all")
    layer = layer_shapes.cell_layer(page, rows)
    assert layer is not None
    features = json.loads(decompress(layer.geometry.gz))["features"]
    assert len(features) == len(rows)
    for one, row in zip(features, rows.itertuples(), strict=True):
        ring = np.array(one["geometry"]["coordinates"][0])
        assert len(ring) == 7
        true = cell_bounds(row.cell_id, cell_m=100.0)
        at = shapely.get_coordinates(
            layer_shapes.to_lonlat(page, np.array([shapely.Polygon(true)], dtype=object))
        )
        metres = np.cos(np.radians(row.lat)) * 111_320.0
        away = np.hypot(
            (ring[:, None, 0] - at[:, 0]) * metres, (ring[:, None, 1] - at[:, 1]) * 111_320
        )
        assert away.min(axis=1).max() < 3.0  # drawn north up, not along the projection


def test_stored_hexagons_are_those_that_would_be_counted(
    write_store: Callable[..., Path], tmp_path: Path, page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = write_store(tmp_path / "s", n_incidents=1_500, kinds=["station"])
    counted = hexagons.cells(page, "all", "12_months", "all")
    names = counted["cell_id"].str.extract(r"h(-?\d+)r(-?\d+)").astype(float)
    path = next((store / "builds").rglob("station-S1.duckdb"))
    with duckdb.connect(str(path)) as con:
        lists = [names[0], names[1], *(counted[one] for one in (
            "n", "density_per_km2", "z", "p", "p_fdr"))]  # fmt: skip
        con.execute("DELETE FROM mart.hotspot_hexagons")
        con.execute(
            "INSERT INTO mart.hotspot_hexagons BY NAME SELECT 'station' AS scope_kind, "
            "'S1' AS scope_id, 'S1' AS station_id, 'all' AS class, '12_months' AS period_kind, "
            "100.0 AS cell_m, 500 AS n_cells, $1 AS col_by_cell, $2 AS row_by_cell, "
            "$3 AS n_by_cell, $4 AS density_per_km2_by_cell, $5 AS z_by_cell, $6 AS p_by_cell, "
            "$7 AS p_fdr_by_cell",
            [one.astype(float).tolist() for one in lists],
        )
    manifest = json.loads((store / "builds" / "b1" / "manifest.json").read_text("utf-8"))
    for one in manifest["slices"]:
        if one["file"].endswith(path.name):
            one["sha256"] = hashlib.sha256(path.read_bytes()).hexdigest()
    (store / "builds" / "b1" / "manifest.json").write_text(json.dumps(manifest), "utf-8")
    monkeypatch.setattr(hot_hours, "MOST_INCIDENTS", 10)
    stored = _open(store)
    assert not hot_hours.is_offered(stored)
    assert hexagons.is_offered(stored)
    assert not hexagons.is_offered(stored, "0-6")
    read = hexagons.cells(stored, "all", "12_months", "all")
    pd.testing.assert_frame_equal(
        read[sorted(read)], counted[sorted(counted)], check_dtype=False, rtol=1e-9
    )
    assert hexagons.cells(stored, "dispute", "12_months", "all").empty


def test_the_page_offers_hexagons_and_keeps_the_choice_in_the_address(
    model_store: Path, run_page: Run
) -> None:
    app = run_page(model_store, "chief", "hotspots")
    assert app.button_group(key="hotspots_cells").value == "square"
    app.button_group(key="hotspots_cells").set_value("hexagon").run()
    assert not app.exception
    assert app.query_params["cells"] == "hexagon"
    shown = app.dataframe[0].value
    assert shown["cell_id"].str.match(r"h-?\d+r-?\d+").all()


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("method", ["gi_star", "density", "count"])
def test_every_method_of_cells_opens_on_hexagons(
    lang: str, method: str, model_store: Path, run_page: Run
) -> None:
    more = {"method": method, "lang": lang, "cells": "hexagon", "hours": "12-18"}
    app = run_page(model_store, "chief", "hotspots", **more)
    assert not app.exception
    assert app.dataframe
