"""What the sizes of files say before their digests are known."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from etl.prefetch import is_surely_new, load_ahead


@pytest.fixture
def served(tmp_path: Path) -> dict[str, Any]:
    (tmp_path / "a.csv").write_bytes(b"12345")
    return {"inputs": [{"file": "a.csv", "n_bytes": 5}]}


def is_new(folder: Path, served: dict[str, Any] | None) -> bool:
    return is_surely_new(SimpleNamespace(folder=folder), served)  # type: ignore[arg-type]


def test_nothing_served_is_new(tmp_path: Path) -> None:
    assert is_new(tmp_path, None)


def test_the_same_size_leaves_it_to_the_digest(tmp_path: Path, served: dict[str, Any]) -> None:
    assert not is_new(tmp_path, served)
    (tmp_path / "a.csv").write_bytes(b"54321")
    assert not is_new(tmp_path, served)


def test_another_size_is_new(tmp_path: Path, served: dict[str, Any]) -> None:
    (tmp_path / "a.csv").write_bytes(b"123456")
    assert is_new(tmp_path, served)


def test_a_folder_of_parts_or_a_missing_file_is_left_to_the_digest(
    tmp_path: Path, served: dict[str, Any]
) -> None:
    (tmp_path / "a.csv").unlink()
    assert not is_new(tmp_path, served)
    (tmp_path / "a.csv").mkdir()
    assert not is_new(tmp_path, served)


def test_all_modules_that_a_build_needs_are_there() -> None:
    load_ahead().join()  # a name that is wrong raises in its thread, which pytest reports
