"""Cells of a part of the day are counted from the incidents, and the parts make the whole."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from dashboard import hot_hours
from dashboard.access import load_access
from dashboard.formats import Formats
from dashboard.page import Page
from dashboard.periods import window
from dashboard.queries import hotspots
from dashboard.store import current_build, open_slice
from dashboard.texts import load_texts
from dashboard.viewer import Viewer
from geo._smoothing import bin_linear, spread_gaussian
from geo.hotspots import gi_star
from geo.temporal import _share

BLOCKS = ("0-6", "6-12", "12-18", "18-24")


@pytest.fixture(scope="module")
def page(write_store: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory) -> Page:
    folder = tmp_path_factory.mktemp("hours")
    build = current_build(write_store(folder / "s", n_incidents=2_000, kinds=["station"]))
    return Page("hotspots", load_texts("zh"), Formats("zh", "Asia/Shanghai"),
                Viewer("chief", "station", "S1"), build, open_slice(build, "station", "S1"),
                load_access())  # fmt: skip


@pytest.fixture(scope="module")
def located(page: Page) -> pd.DataFrame:
    found = hotspots.located(page, *window(page, "12_months"), "Asia/Shanghai")
    col, row = (np.floor(found[c] / 100.0).astype(int).astype(str) for c in ("x", "y"))
    return found.assign(cell_id="x" + col + "y" + row)


@pytest.mark.parametrize("of_class", ["all", "case", "dispute"])
@pytest.mark.parametrize("period", ["12_months", "28_days"])
def test_the_parts_of_the_day_make_the_whole_day(page: Page, of_class: str, period: str) -> None:
    parts = [hot_hours.cells(page, of_class, period, one) for one in BLOCKS]
    whole = hot_hours.cells(page, of_class, period, "all").set_index("cell_id")["n"]
    summed = pd.concat(parts).groupby("cell_id")["n"].sum()
    assert summed.sum() == pytest.approx(whole.sum())
    both = whole[whole > 0]
    assert np.allclose(summed.reindex(both.index), both)


def test_each_cell_holds_the_incidents_of_its_ground_in_those_hours(
    page: Page, located: pd.DataFrame
) -> None:
    found = hot_hours.cells(page, "all", "12_months", "22-6").set_index("cell_id")["n"]
    at_night = located[located["begins"].dt.hour.isin((22, 23, 0, 1, 2, 3, 4, 5))]
    expected = at_night.groupby("cell_id").size()
    assert np.allclose(found[found > 0].sort_index(), expected.sort_index())


def test_the_test_is_that_of_the_build_on_the_counts_of_those_hours(page: Page) -> None:
    ground = hot_hours._read(page, "square")
    rows = hot_hours.cells(page, "all", "12_months", "12-18")
    counts = hot_hours._count(ground, "all", "12_months", "12-18")
    z = gi_star(np.where(ground.cells.inside, counts, np.nan), approximation="gamma").z
    col = rows["cell_id"].str.extract(r"x(-?\d+)y(-?\d+)").astype(int).to_numpy()
    grid = ground.cells.grid
    here = z[col[:, 1] - int(grid.y0 // 100), col[:, 0] - int(grid.x0 // 100)]
    assert np.allclose(here, rows["z"])


def test_an_uncertain_time_gives_each_part_of_the_day_its_share(page: Page) -> None:
    at = np.array(["2026-06-01T16:00"], "datetime64[s]")
    ground = hot_hours._read(page, "square")
    cells = replace(ground.cells, cell=np.array([5]))
    one = hot_hours._Ground(cells, np.zeros((1, 2)), np.array(["call"]), at,
                            at + np.timedelta64(8 * 3600, "s"), np.array([True]))  # fmt: skip
    counts = [hot_hours._count(one, "all", "12_months", part).sum() for part in BLOCKS]
    assert counts == [0.0, 0.0, 0.25, 0.75]


def test_the_last_28_days_hold_those_incidents_alone(page: Page, located: pd.DataFrame) -> None:
    since, _ = window(page, "28_days")
    found = hot_hours.cells(page, "all", "28_days", "all")
    assert found["n"].sum() == (located["occurred_from"] >= since).sum()
    assert 0 < found["n"].sum() < len(located)


def test_parts_of_incidents_are_tested_as_whole_ones(page: Page) -> None:
    """A clear cluster: 9 cells of 20; each loses 0.4, which rounds back."""
    ground = hot_hours._read(page, "square")
    whole = np.zeros(ground.cells.grid.shape)
    whole[ground.cells.inside] = 1.0
    whole[2:5, 2:5] = 20.0
    parts = np.where(whole > 0, whole - 0.4, 0.0)
    kept = hot_hours._tested(ground.cells, whole)
    assert np.array_equal(hot_hours._tested(ground.cells, parts)["p"], kept["p"], equal_nan=True)


def test_an_incident_beyond_the_outline_keeps_its_cell(
    page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = hotspots.located(page, *window(page, "12_months"), "Asia/Shanghai").head(3)
    found.loc[0, ["x", "y"]] = [290_050.0, 3_440_050.0]
    monkeypatch.setattr(hotspots, "located", lambda *_: found)
    ground = hot_hours._read(page, "square")
    assert ground.cells.inside.ravel()[ground.cells.cell].all()


def test_too_few_incidents_are_counted_but_not_tested(page: Page) -> None:
    ground = hot_hours._read(page, "square")
    n = np.zeros(ground.cells.grid.shape)
    n[0, 0] = hot_hours.FEWEST_INCIDENTS - 1
    found = hot_hours._tested(ground.cells, n)
    assert np.isnan(found["z"]).all()
    assert not found["is_hot"].any()


def test_hours_are_not_offered_without_incidents(
    write_store: Callable[..., Path], tmp_path: Path, page: Page
) -> None:
    assert hot_hours.is_offered(page)
    store = write_store(tmp_path / "none", without=["core.incidents"], kinds=["station"])
    build = current_build(store)
    empty = Page("hotspots", page.t, page.f, page.viewer, build,
                 open_slice(build, "station", "S1"), page.access)  # fmt: skip
    assert not hot_hours.is_offered(empty)


def test_the_density_is_drawn_with_the_bandwidth_of_the_areas_own_map(
    page: Page, located: pd.DataFrame
) -> None:
    assert hot_hours.used_bandwidth(page, "12_months", 100.0) == 150.0
    assert hot_hours.used_bandwidth(page, "28_days", 180.0) == 180.0
    rows = hot_hours.cells(page, "all", "12_months", "all")
    row = rows.iloc[0]
    area = hot_hours._read(page, "square").cells
    at = area.grid.centres()[area.names(np.arange(area.inside.size)).index(row["cell_id"])]
    away = ((located[["x", "y"]].to_numpy() - at) ** 2).sum(axis=1)
    direct = np.exp(-away / (2 * 150.0**2)).sum() / (2 * np.pi * 0.15**2)
    # the border puts back what spills over: somewhat more than the plain sum
    assert direct * 0.999 <= row["density_per_km2"] <= direct * 1.6


def test_without_a_bandwidth_on_record_it_is_two_and_a_half_cells(
    write_store: Callable[..., Path], tmp_path: Path, page: Page
) -> None:
    store = write_store(tmp_path / "s", without=["mart.hotspot_bandwidths"], kinds=["station"])
    other = Page("hotspots", page.t, page.f, page.viewer, current_build(store),
                 open_slice(current_build(store), "station", "S1"), page.access)  # fmt: skip
    assert hot_hours.used_bandwidth(other, "12_months", 100.0) == 250.0


def test_what_a_first_reader_would_wait_for_is_loaded_before(page: Page) -> None:
    hot_hours.warm()
    kernels = (_share, bin_linear, spread_gaussian)
    before = [len(one.signatures) for one in kernels]
    assert min(before) > 0
    for kind in ("square", "hexagon"):
        for hours in ("all", "6-12"):
            hot_hours._cells(page, "call", "12_months", hours, kind)
    assert [len(one.signatures) for one in kernels] == before
