"""A store never serves half a build, and says who holds it."""

import json
from pathlib import Path

import pytest

from etl.errors import StoreError, StoreLockedError
from etl.store import KEPT, MANIFEST, Store, file_digests, verify_build, write_json


def published(store: Store, name: str) -> Path:
    folder = store.start(name)
    (folder / "district.duckdb").write_bytes(name.encode())
    write_json(folder / MANIFEST, {"build_id": name, "files": file_digests(folder)})
    return store.publish(folder, name)


def test_a_published_build_is_the_one_served(tmp_path: Path) -> None:
    store = Store(tmp_path)
    with store.locked():
        folder = published(store, "b1")

    assert store.current() == folder
    assert verify_build(folder) == []


def test_only_the_last_builds_are_kept_and_the_served_one_always(tmp_path: Path) -> None:
    store = Store(tmp_path)
    with store.locked():
        for number in range(KEPT + 2):
            published(store, f"b{number}")

    assert [one.name for one in store.finished()] == ["b2", "b3", "b4"]


def test_a_killed_build_leaves_nothing_for_the_next(tmp_path: Path) -> None:
    store = Store(tmp_path)
    with store.locked():
        served = published(store, "b1")
        store.start("b2")
    with store.locked():
        assert [one.name for one in store.builds.iterdir()] == ["b1"]

    assert store.current() == served


def test_a_second_build_is_told_who_holds_the_store(held, tmp_path: Path) -> None:
    with (
        held(tmp_path) as other,
        pytest.raises(StoreLockedError, match=f"held by process {other.pid} .*Wait for it to end"),
        Store(tmp_path).locked(),
    ):
        pass


def test_a_changed_byte_a_missing_file_and_a_stranger_are_all_found(tmp_path: Path) -> None:
    store = Store(tmp_path)
    with store.locked():
        folder = published(store, "b1")
    (folder / "district.duckdb").write_bytes(b"bX")
    (folder / "slices" / "stranger.duckdb").write_bytes(b"")

    faults = verify_build(folder)

    assert len(faults) == 2
    assert any("sha256" in one for one in faults)
    assert any("not in the manifest" in one for one in faults)
    (folder / "district.duckdb").unlink()
    assert any("missing" in one for one in verify_build(folder))


@pytest.mark.parametrize("pointer", ["{}", "not json", json.dumps({"path": "builds/gone"})])
def test_a_pointer_to_nothing_is_said_plainly(tmp_path: Path, pointer: str) -> None:
    (tmp_path / "current.json").write_text(pointer)

    with pytest.raises(StoreError, match=r"current\.json"):
        Store(tmp_path).current()
