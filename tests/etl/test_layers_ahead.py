"""Map layers made ahead are those that a slice makes of its own rows."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
import shapely

from etl import schema
from etl.layers import make_layers
from etl.layers_ahead import LayersAhead
from etl.slices import plan_slices

EPSG = 32651
X0, Y0 = 500_000.0, 3_400_000.0


def fill(con: duckdb.DuckDBPyConnection, stations: tuple[str, ...]) -> None:
    """A community, a building, a view and a blind spot in each station, all in one street."""
    for statement in schema.create_statements():
        con.execute(statement)
    con.execute(
        "INSERT INTO core.streets (street_id, name, geometry) VALUES (?, ?, ?)",
        ["t0", "t", box(0, 900)],
    )
    for name in stations:
        k = int(name[1:])
        where, shape = [name, "t0"], box(300 * k, 200)
        for table, key in (
            ("core.communities", "community_id"), ("core.buildings", "building_id"),
        ):  # fmt: skip
            con.execute(
                f"INSERT INTO {table} ({key}, station_id, street_id, geometry) "
                "VALUES (?, ?, ?, ?)", [f"{key[0]}{k}", *where, shape],
            )  # fmt: skip
        con.execute(
            "INSERT INTO core.stations (station_id, name, geometry) VALUES (?, ?, ?)",
            [name, name, shape],
        )
        for table, key in (("viewsheds", "camera_id"), ("blind_spots", "blind_spot_id")):
            con.execute(
                f"INSERT INTO mart.{table} ({key}, station_id, street_id, level, daypart, "
                "geometry) VALUES (?, ?, ?, 'recognise', 'day', ?)", [f"v{k}", *where, shape],
            )  # fmt: skip


def wait_for(done: Callable[[], bool]) -> None:
    for _ in range(3000):
        if done():
            return
        time.sleep(0.01)
    raise AssertionError("nothing was made in half a minute")


def box(at: float, side: float) -> bytes:
    return bytes(shapely.to_wkb(shapely.box(X0 + at, Y0, X0 + at + side, Y0 + 200)))


def test_layers_of_a_scope_are_those_of_its_own_rows(tmp_path: Path) -> None:
    with duckdb.connect(str(tmp_path / "whole.duckdb")) as con:
        fill(con, ("s0", "s1"))
        plan = plan_slices(con)
        with LayersAhead(con, plan, tmp_path / "spool", epsg=EPSG) as ahead:
            wait_for(lambda: ahead.layers_of(plan[2]) is not None)  # the street is the last
            ahead.stop()
            found = ahead.layers_of(plan[1])
            assert ahead.layers_of(plan[-1]) is None  # the public has no scope
        assert not (tmp_path / "spool").exists()
    with duckdb.connect(str(tmp_path / "slice.duckdb")) as con:
        fill(con, ("s1",))
        own = list(make_layers(con, epsg=EPSG, kind="station"))
    assert found == own
    counts = {one.name: one.n_features for one in own}
    assert counts["buildings"] == counts["viewsheds_recognise_day"] == 1
    assert counts["viewsheds_recognise_night"] == 0


def test_what_goes_wrong_beside_the_build_is_told_in_it(tmp_path: Path) -> None:
    with duckdb.connect(str(tmp_path / "whole.duckdb")) as con:
        fill(con, ("s0",))
        plan = plan_slices(con)
        con.execute("DROP TABLE core.buildings")
        with LayersAhead(con, plan, tmp_path / "spool", epsg=EPSG) as ahead:
            wait_for(lambda: ahead._made is not None and ahead._made.done())
            with pytest.raises(duckdb.CatalogException, match="buildings does not exist"):
                ahead.stop()
    assert not (tmp_path / "spool").exists()


def test_nothing_is_made_before_it_begins(tmp_path: Path) -> None:
    with duckdb.connect(str(tmp_path / "whole.duckdb")) as con:
        fill(con, ("s0",))
        plan = plan_slices(con)
        ahead = LayersAhead(con, plan, tmp_path / "spool", epsg=EPSG)
        ahead.stop()
        assert ahead.layers_of(plan[0]) is None
