"""The files of a district: their digests, and what cannot be read."""

import hashlib
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from etl import inputs
from etl.errors import SourceError
from etl.inputs import find_files, sizes_differ


def find(folder: Path, name: str) -> list[inputs.InputFile]:
    district: Any = SimpleNamespace(folder=folder, name="x")
    spec: Any = SimpleNamespace(path=name, optional=False, table="cameras")
    return find_files(district, spec)


def test_a_file_is_told_by_its_sha256(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"anxing" * 100_000)
    (found,) = find(tmp_path, "a.csv")
    assert found.sha256 == hashlib.sha256(b"anxing" * 100_000).hexdigest()
    assert found.n_bytes == 600_000


def test_the_parts_of_a_folder_are_told_with_their_names(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / f"{name}.dbf").write_bytes(b"same")
    one, two = (find(tmp_path, name)[0] for name in ("one", "two"))
    assert one.sha256 != two.sha256


def test_a_file_that_breaks_off_while_it_is_read_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.csv").write_bytes(b"x")

    def fail(*_: object) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(inputs, "_feed", fail)
    (found,) = find(tmp_path, "a.csv")
    with pytest.raises(SourceError, match=r"a\.csv: cannot be read \(Input/output error\)"):
        _ = found.sha256


@pytest.fixture
def served(tmp_path: Path) -> dict[str, Any]:
    (tmp_path / "a.csv").write_bytes(b"12345")
    return {"inputs": [{"file": "a.csv", "n_bytes": 5}]}


def is_new(folder: Path, served: dict[str, Any]) -> bool:
    district: Any = SimpleNamespace(folder=folder)
    return sizes_differ(district, served)


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
