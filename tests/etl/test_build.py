"""From files to what is served: whole, deterministic, locked, and safe against a bad file."""

import json
import shutil
import subprocess
import sys
import time
from datetime import datetime
from pathlib import Path

import duckdb
import pytest

from etl.build import build
from etl.cli import main
from etl.errors import SourceError
from etl.progress import Silent
from etl.store import Store, read_manifest, verify_build

NOW = datetime(2026, 7, 1)


def tables_of(folder: Path, file: str = "district.duckdb") -> dict[str, list]:
    with duckdb.connect(str(folder / file), read_only=True) as con:
        names = con.execute(
            "SELECT schema_name || '.' || table_name FROM duckdb_tables() WHERE NOT internal"
        ).fetchall()
        return {
            name: con.execute(f"SELECT * FROM {name}").fetchall()
            for (name,) in names
            if name not in ("meta.build", "meta.sources")
        }


@pytest.fixture
def city(model_city: Path, tmp_path: Path) -> Path:
    shutil.copytree(model_city.parent, tmp_path / "city")
    return tmp_path / "city" / "district.toml"


def test_rows_read_are_loaded_rejected_or_duplicates_in_every_file(model_store: Path) -> None:
    folder = Store(model_store).current()
    with duckdb.connect(str(folder / "district.duckdb"), read_only=True) as con:
        rows = con.execute(
            "SELECT table_name, source, n_read, n_loaded, n_rejected, n_duplicates "
            "FROM meta.sources"
        ).fetchall()
        loaded: dict[str, int] = {}
        for table, source, n_read, n_loaded, n_rejected, n_duplicates in rows:
            assert n_read == n_loaded + n_rejected + n_duplicates, source
            loaded[table] = loaded.get(table, 0) + n_loaded
            told = con.execute(
                "SELECT count(DISTINCT line) FROM meta.rejected_rows WHERE source = ?", [source]
            ).fetchone()[0]
            assert told == n_rejected, source
        for table, n in loaded.items():
            assert con.execute(f"SELECT count(*) FROM core.{table}").fetchone() == (n,)


def test_planted_bad_rows_are_found_where_they_were_planted(
    model_city: Path, model_store: Path
) -> None:
    truth = json.loads((model_city.parent / "truth.json").read_text(encoding="utf-8"))
    folder = Store(model_store).current()
    with duckdb.connect(str(folder / "district.duckdb"), read_only=True) as con:
        found = con.execute("SELECT source, line, rule FROM meta.rejected_rows").fetchall()
        duplicates = dict(con.execute("SELECT source, n_duplicates FROM meta.sources").fetchall())
    planted = {
        (one["file"], one["line"], one["rule"])
        for one in truth["bad_rows"]
        if one["rule"] != "duplicate"
    }
    assert planted
    assert planted <= set(found)
    assert {(file, line) for file, line, _ in found} == {(file, line) for file, line, _ in planted}
    repeats = [one["file"] for one in truth["bad_rows"] if one["rule"] == "duplicate"]
    assert repeats
    for file in duplicates:
        assert duplicates[file] == repeats.count(file), file


def test_two_builds_of_the_same_files_hold_the_same_tables(city: Path, tmp_path: Path) -> None:
    one = build(city, Store(tmp_path / "one"), now=NOW).folder
    other = build(city, Store(tmp_path / "other"), now=NOW).folder

    assert tables_of(one) == tables_of(other)
    assert verify_build(one) == []


def test_a_second_build_over_unchanged_files_does_nothing(city: Path, tmp_path: Path) -> None:
    store = Store(tmp_path / "store")
    first = build(city, store, now=NOW)

    second = build(city, store, now=NOW)

    assert second.unchanged
    assert second.folder == first.folder
    assert len(store.finished()) == 1


def test_a_bad_file_is_refused_and_what_was_served_is_served_still(
    city: Path, tmp_path: Path, capsys
) -> None:
    store = Store(tmp_path / "store")
    served = build(city, store, now=NOW).folder
    (city.parent / "companies.csv").write_text("<html>proxy error</html>", encoding="utf-8")

    code = main(["build", str(city), "--store", str(store.path), "--quiet"])

    said = capsys.readouterr().err
    assert code == 1
    assert said.startswith("anxing: companies.csv")
    assert "Traceback" not in said
    assert store.current() == served
    assert [one.name for one in store.builds.iterdir()] == [served.name]
    assert store.last_attempt()["ok"] is False


def test_a_file_that_changes_while_it_is_read_stops_the_build(city: Path, tmp_path: Path) -> None:
    store = Store(tmp_path / "store")
    served = build(city, store, now=NOW).folder
    sources = city.parent / "companies.csv"
    sources.write_bytes(sources.read_bytes() + b"\r\n")

    class Sender(Silent):
        """Sends the rest of the list while the build is at its analyses."""

        def start(self, stage: str, total: int | None = None) -> None:
            if stage == "summary":
                sources.write_bytes(sources.read_bytes() + b"\r\n")

    with pytest.raises(
        SourceError, match=r"^companies\.csv: changed while it was read; .*Build again"
    ):
        build(city, store, now=NOW, progress=Sender())
    assert store.current() == served
    assert [one.name for one in store.builds.iterdir()] == [served.name]


def test_a_build_killed_half_way_leaves_what_was_served_and_the_next_one_works(
    city: Path, tmp_path: Path
) -> None:
    store = Store(tmp_path / "store")
    served = build(city, store, now=NOW).folder
    with (city.parent / "companies.csv").open("ab") as stream:
        stream.write(b"\r\n")
    command = [sys.executable, "-m", "etl.cli", "build", str(city), "--store", str(store.path)]
    with subprocess.Popen([*command, "--quiet"], stdout=subprocess.DEVNULL) as process:
        until = time.monotonic() + 60
        while not list(store.builds.glob(".unfinished-*/district.duckdb")):
            assert process.poll() is None
            assert time.monotonic() < until
            time.sleep(0.01)
        process.kill()

    assert store.current() == served
    assert verify_build(served) == []
    after = build(city, store, now=NOW)
    assert not after.unchanged
    assert list(store.builds.glob(".unfinished-*")) == []
    assert set(store.finished()) == {served, after.folder}


def test_a_missing_file_and_an_unknown_column_are_both_said_in_one_run(
    city: Path, tmp_path: Path
) -> None:
    text = city.read_text(encoding="utf-8").replace('"companies.csv"', '"gone.csv"')
    city.write_text(text, encoding="utf-8")

    with pytest.raises(SourceError, match=r"gone\.csv: no such file"):
        build(city, Store(tmp_path / "store"), now=NOW)


def test_a_second_build_at_once_stops_with_75_and_says_who_holds_the_store(
    held, city: Path, tmp_path: Path, capsys
) -> None:
    with held(tmp_path / "store") as other:
        code = main(["build", str(city), "--store", str(tmp_path / "store"), "--quiet"])

    assert code == 75
    assert f"process {other.pid}" in capsys.readouterr().err


def test_a_slice_holds_its_own_scope_and_nothing_else(model_store: Path) -> None:
    folder = Store(model_store).current()
    slices = read_manifest(folder)["slices"]
    stations = [one for one in slices if one["kind"] == "station"]
    assert len(stations) > 1
    for one in stations:
        for name, rows in tables_of(folder, one["file"]).items():
            with duckdb.connect(str(folder / one["file"]), read_only=True) as con:
                columns = [row[0] for row in con.execute(f"DESCRIBE {name}").fetchall()]
            if "station_id" in columns:
                place = columns.index("station_id")
                assert {row[place] for row in rows} <= {one["id"]}, name


def test_the_bytes_of_a_slice_hold_no_other_stations_incident(model_store: Path) -> None:
    folder = Store(model_store).current()
    with duckdb.connect(str(folder / "district.duckdb"), read_only=True) as con:
        rows = con.execute("SELECT station_id, address FROM core.incidents").fetchall()
    stations = sorted({station for station, _ in rows if station})
    for one in stations:
        body = (folder / "slices" / f"station-{one}.duckdb").read_bytes()
        mine = {address for station, address in rows if station == one}
        strange = {a for station, a in rows if station != one and a and a not in mine}
        assert not [a for a in list(strange)[:200] if a.encode() in body]


def test_planner_and_public_have_no_incident_and_the_public_no_camera(model_store: Path) -> None:
    folder = Store(model_store).current()
    for one in read_manifest(folder)["slices"]:
        names = set(tables_of(folder, one["file"]))
        if one["kind"] in ("street", "public", "steward"):
            assert "core.incidents" not in names, one["file"]
        if one["kind"] == "public":
            hidden = {"core.cameras", "mart.blind_spots", "mart.coverage", "mart.figures"}
            hidden |= {"mart.viewsheds", "mart.rating_items", "mart.ratings", "meta.rejected_rows"}
            assert not names & hidden
            assert "mart.public_ratings" in names


def test_the_public_is_not_told_how_many_flats_stand_empty_or_how_many_guards(
    model_store: Path,
) -> None:
    public = Store(model_store).current() / "public" / "public.duckdb"
    with duckdb.connect(str(public), read_only=True) as con:
        columns = {row[0] for row in con.execute("DESCRIBE core.communities").fetchall()}

    assert {"community_id", "name", "n_households"} <= columns
    assert columns.isdisjoint({"occupancy_fraction", "n_guards"})


def test_moving_every_camera_leaves_the_public_tables_as_they_are(
    city: Path, tmp_path: Path
) -> None:
    before = build(city, Store(tmp_path / "one"), now=NOW).folder
    text = city.read_text(encoding="utf-8")
    start = text.index('table = "cameras"')
    start = text.rindex("[[sources]]", 0, start)
    following = text.find("[[sources]]", start + 5)
    moved = text[:start] + (text[following:] if following > 0 else "")
    city.write_text(moved, encoding="utf-8")
    after = build(city, Store(tmp_path / "other"), now=NOW).folder

    public = "public/public.duckdb"
    one, other = tables_of(before, public), tables_of(after, public)
    assert one.keys() == other.keys()
    for name in one:
        if name not in ("meta.findings",):
            assert one[name] == other[name], name


def test_a_wrong_datum_is_refused_by_the_communities_that_the_rows_state(
    city: Path, tmp_path: Path
) -> None:
    blocks = city.read_text(encoding="utf-8").split("[[sources]]")
    wrong = [
        one.replace('datum = "gcj02"', 'datum = "wgs84"') if 'table = "incidents"' in one else one
        for one in blocks
    ]
    assert wrong != blocks
    city.write_text("[[sources]]".join(wrong), encoding="utf-8")

    with pytest.raises(SourceError, match=r'read as gcj02, \d+% do.*Set datum = "gcj02"'):
        build(city, Store(tmp_path / "store"), now=NOW)
