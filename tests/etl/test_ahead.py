"""What is made ahead is what the slices would make of their own rows."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import duckdb
import pytest
import shapely

from etl import schema
from etl.ahead import Ahead
from etl.layers import SCHEMAS, Layer, make_layers
from etl.progress import Silent
from etl.slice_rows import attached
from etl.slice_writer import write_slices
from etl.slices import Slice, plan_slices

EPSG = 32651
X0, Y0 = 500_000.0, 3_400_000.0


def fill(
    con: duckdb.DuckDBPyConnection, stations: tuple[str, ...], made: tuple[str, ...] = ()
) -> None:
    """A community, a building, a view and a blind spot in each station, all in one street."""
    tables = tuple(one for one in schema.TABLES if one.full_name not in made)
    for statement in schema.create_statements(tables):
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


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("slices", "public"):
        (tmp_path / name).mkdir()
    return tmp_path


def begin(con: duckdb.DuckDBPyConnection, folder: Path) -> tuple[list[Slice], Ahead]:
    plan = plan_slices(con)
    return plan, Ahead(con, plan, folder / "whole.duckdb", epsg=EPSG)


def layers(ahead: Ahead, one: Slice) -> list[Layer]:
    return [layer for name in SCHEMAS for layer in ahead.layers_of(one, name) or []]


def left(folder: Path) -> set[str]:
    """Return what is not a build's own in its folder."""
    own = {"public", "slices", "whole.duckdb", "whole.duckdb.wal"}
    return {one.name for one in folder.iterdir()} - own


def test_layers_of_a_scope_are_those_of_its_own_rows(folder: Path) -> None:
    with duckdb.connect(str(folder / "whole.duckdb")) as con:
        fill(con, ("s0", "s1"))
        plan, waiting = begin(con, folder)
        with waiting as ahead:
            wait_for(all_begun(ahead, plan))
            assert ahead.layers_of(plan[1], "mart") is None  # no view is final yet
            ahead.shapes_are_final()
            wait_for(lambda: ahead.layers_of(plan[2], "mart") is not None)  # the street is last
            ahead.stop()
            found = layers(ahead, plan[1])
            assert not layers(ahead, plan[-1])  # the public has no scope
        assert not left(folder)
    with duckdb.connect(str(folder / "slice.duckdb")) as con:
        fill(con, ("s1",))
        own = [
            one
            for name in SCHEMAS
            for one in make_layers(con, epsg=EPSG, kind="station", schema_name=name)
        ]
    assert found == own
    counts = {one.name: one.n_features for one in own}
    assert counts["buildings"] == counts["viewsheds_recognise_day"] == 1
    assert counts["viewsheds_recognise_night"] == 0


def all_begun(ahead: Ahead, plan: list[Slice]) -> Callable[[], bool]:
    return lambda: len(ahead.begun) == len(plan)


def test_slices_begun_ahead_hold_what_slices_written_at_the_end_hold(folder: Path) -> None:
    whole = folder / "whole.duckdb"
    with duckdb.connect(str(whole)) as con:
        fill(con, ("s0", "s1"))
    contents = []
    for is_ahead in (False, True):
        with duckdb.connect(str(whole)) as con:
            plan, waiting = begin(con, folder)
            if not is_ahead:
                waiting.stop()
            with waiting as ahead:
                if is_ahead:
                    ahead.shapes_are_final()
                    wait_for(all_begun(ahead, plan))
                ahead.stop()
                assert len(ahead.begun) == (len(plan) if is_ahead else 0)
                con.close()
                files = write_slices(whole, plan, epsg=EPSG, progress=Silent(), ahead=ahead)
        assert set(files) == {whole.name, *(one.file for one in plan)}
        contents.append({one.file: read(folder / one.file) for one in plan})
        for one in plan:
            (folder / one.file).unlink()
    assert contents[0] == contents[1]
    station = contents[0]["slices/station-s1.duckdb"]
    assert [row[0] for row in station["core.buildings"]] == ["b1"]
    assert station["mart.map_layers"]


def test_a_column_that_holds_nothing_is_not_stored_and_reads_as_nothing(folder: Path) -> None:
    table = schema.table("core.buildings")
    with duckdb.connect(str(folder / "whole.duckdb")) as con:
        con.execute("CREATE SCHEMA core")
        con.execute(schema.create_table(table, table.columns, frozenset({"height_m"})))
        fill(con, ("s0",), made=("core.buildings",))
        plan, waiting = begin(con, folder)
        with waiting as ahead:
            wait_for(all_begun(ahead, plan))
            ahead.stop()
    with duckdb.connect(str(folder / plan[0].file), read_only=True) as con:
        stored = "SELECT DISTINCT column_name FROM pragma_storage_info('core.buildings')"
        assert ("height_m",) not in con.execute(stored).fetchall()
        assert con.execute("SELECT height_m FROM core.buildings").fetchall() == [(None,)]
        said = con.execute("DESCRIBE core.buildings").fetchall()
    assert [(name, kind) for name, kind, *_ in said] == [
        (one.name, one.sql_type) for one in table.columns
    ]


def read(path: Path) -> dict[str, list[tuple[object, ...]]]:
    """Return the rows of every table of a file."""
    with duckdb.connect(str(path), read_only=True) as con:
        names = con.execute(
            "SELECT concat_ws('.', schema_name, table_name) FROM duckdb_tables() ORDER BY 1"
        ).fetchall()
        return {
            one: con.execute(f"SELECT * FROM {one} ORDER BY ALL").fetchall() for (one,) in names
        }


def test_what_goes_wrong_beside_the_build_is_told_in_it(folder: Path) -> None:
    with duckdb.connect(str(folder / "whole.duckdb")) as con:
        fill(con, ("s0",))
        plan, waiting = begin(con, folder)
        with waiting as ahead:
            wait_for(all_begun(ahead, plan))
            con.execute("DROP TABLE mart.viewsheds")
            ahead.shapes_are_final()
            wait_for(lambda: ahead._made is not None and ahead._made.done())
            with pytest.raises(duckdb.CatalogException, match="viewsheds does not exist"):
                ahead.stop()
    assert not left(folder)


def test_nothing_is_made_before_it_begins(folder: Path) -> None:
    with duckdb.connect(str(folder / "whole.duckdb")) as con:
        fill(con, ("s0",))
        plan, ahead = begin(con, folder)
        ahead.stop()
        assert not ahead.begun
        assert ahead.layers_of(plan[0], "core") is None


def test_no_slice_is_begun_while_it_pauses(folder: Path) -> None:
    with duckdb.connect(str(folder / "whole.duckdb")) as con:
        fill(con, ("s0", "s1"))
        plan, waiting = begin(con, folder)
        with ExitStack() as end:
            with waiting.paused():
                ahead = end.enter_context(waiting)
                time.sleep(0.3)
                assert not ahead.begun
            wait_for(all_begun(ahead, plan))


def test_no_layer_is_made_while_it_pauses(folder: Path) -> None:
    with duckdb.connect(str(folder / "whole.duckdb")) as con:
        fill(con, ("s0", "s1"))
        plan, waiting = begin(con, folder)
        with waiting as ahead:
            wait_for(all_begun(ahead, plan))
            with ahead.paused():
                ahead.shapes_are_final()
                time.sleep(0.3)
                assert ahead.layers_of(plan[2], "mart") is None
            wait_for(lambda: ahead.layers_of(plan[2], "mart") is not None)


def test_what_goes_wrong_in_a_slice_is_told_and_nothing_of_it_stays(folder: Path) -> None:
    with duckdb.connect() as con:
        con.execute(f"ATTACH '{folder / 'one.duckdb'}' AS made; CREATE TABLE made.t (n INTEGER)")
        con.execute("DETACH made")
        wrong = pytest.raises(duckdb.ConversionException, match="Could not convert")
        with wrong, attached(con, folder / "one.duckdb", "one", back="memory"):
            con.execute("INSERT INTO t VALUES (1)")
            con.execute("INSERT INTO t SELECT CAST('x' AS INTEGER)")
        con.execute(f"ATTACH '{folder / 'one.duckdb'}' AS again (READ_ONLY)")
        assert con.execute("SELECT count(*) FROM again.t").fetchall() == [(0,)]
