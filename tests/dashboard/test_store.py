"""A build is opened read-only, whole and unchanged, and its answers cannot be altered."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from dashboard import store as stores
from dashboard.errors import StoreError

Write = Callable[..., Path]


def test_a_slice_holds_its_scope_and_nothing_else(model_store: Path) -> None:
    part = stores.open_slice(stores.current_build(model_store), "station", "S1")
    found = part.frame("SELECT DISTINCT station_id FROM core.communities")
    assert found["station_id"].tolist() == ["S1"]


def test_a_planners_slice_has_no_incident_table(model_store: Path) -> None:
    part = stores.open_slice(stores.current_build(model_store), "street", "T1")
    assert "core.incidents" not in part.tables
    assert "mart.hotspots" not in part.tables


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM read_csv('/etc/passwd')",
        "COPY core.communities TO '/tmp/x.csv'",
        "ATTACH '/tmp/other.duckdb'",
        "SET enable_external_access = true",
        "DELETE FROM core.communities",
    ],
)
def test_a_slice_reads_and_writes_nothing_outside_itself(sql: str, model_store: Path) -> None:
    part = stores.open_slice(stores.current_build(model_store), "station", "S1")
    with pytest.raises(duckdb.Error, match=r"(?i)disabled|locked|read-only|cannot"):
        part.frame(sql)


def test_the_same_question_gives_frames_that_do_not_share_memory(model_store: Path) -> None:
    part = stores.open_slice(stores.current_build(model_store), "station", "S1")
    sql = "SELECT name FROM core.communities ORDER BY name"
    first = part.frame(sql)
    first.loc[0, "name"] = "changed"
    assert part.frame(sql).loc[0, "name"] != "changed"


def test_parameters_are_bound_and_never_pasted(model_store: Path) -> None:
    part = stores.open_slice(stores.current_build(model_store), "station", "S1")
    sql = "SELECT count(*) AS n FROM core.communities WHERE community_id = ?"
    assert part.frame(sql, ("' OR 1 = 1 --",)).loc[0, "n"] == 0


def test_a_slice_that_changed_after_the_build_is_refused(
    write_store: Write, tmp_path: Path
) -> None:
    folder = write_store(tmp_path / "changed", kinds=["public"])
    path = folder / "builds" / "b1" / "public" / "public.duckdb"
    path.write_bytes(path.read_bytes() + b"\0")
    with pytest.raises(StoreError, match="was changed after the build"):
        stores.open_slice(stores.current_build(folder), "public", None)


def test_a_store_without_a_pointer_says_to_build(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"no current\.json.*anxing build"):
        stores.current_build(tmp_path)


def test_a_pointer_outside_the_store_is_refused(tmp_path: Path) -> None:
    (tmp_path / "current.json").write_text(json.dumps({"path": "../elsewhere"}))
    with pytest.raises(StoreError, match="outside the store"):
        stores.current_build(tmp_path)


def test_a_pointer_that_is_not_json_is_refused(tmp_path: Path) -> None:
    (tmp_path / "current.json").write_text("{")
    with pytest.raises(StoreError, match="cannot be read"):
        stores.current_build(tmp_path)


def test_an_unknown_scope_is_refused(model_store: Path) -> None:
    with pytest.raises(StoreError, match="no slice of kind station called S9"):
        stores.open_slice(stores.current_build(model_store), "station", "S9")


def test_without_a_store_in_the_environment_the_message_names_the_command(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("ANXING_STORE", raising=False)
    with pytest.raises(StoreError, match="anxing serve --store DIR"):
        stores.store_folder()


def test_the_pointer_is_read_again_only_when_it_moved(write_store: Write, tmp_path: Path) -> None:
    folder = write_store(tmp_path / "still", kinds=["public"])
    first = stores.current_build(folder)
    assert stores.current_build(folder) is first
    (folder / "builds" / "b2").symlink_to(folder / "builds" / "b1")
    fresh = folder / "new.json"
    fresh.write_text(json.dumps({"build_id": "b1", "path": "builds/b2"}))
    fresh.replace(folder / "current.json")
    assert stores.current_build(folder).folder != first.folder or (
        stores.current_build(folder) is not first
    )
