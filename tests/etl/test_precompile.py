"""Kernels are compiled ahead when one is missing or older than a file with kernels."""

import os
from pathlib import Path
from types import SimpleNamespace

import pytest

from etl import precompile


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file in which numba lists what it keeps of the only kernel there is."""
    kernel = SimpleNamespace(py_func=len_of, stats=SimpleNamespace(cache_path=str(tmp_path)))
    monkeypatch.setattr(precompile, "KERNELS", (kernel,))
    file = tmp_path / f"{Path(__file__).stem}.len_of-1.py311.nbi"
    file.touch()
    return file


def len_of(values: list[int]) -> int:
    return len(values)


def test_nothing_is_started_while_all_kernels_are_kept(kept: Path) -> None:
    assert precompile.is_done()
    assert precompile.start(quiet=True) is None


def test_a_kernel_that_is_not_kept_is_missing(kept: Path) -> None:
    kept.unlink()
    assert not precompile.is_done()


def test_a_kernel_older_than_a_file_with_kernels_is_removed(kept: Path) -> None:
    new = kept.with_name("other.kernel-1.py311.nbi")
    new.touch()
    os.utime(kept, (0, 0))
    assert not precompile.is_done()
    precompile._remove_old()
    assert not kept.exists()
    assert new.exists()


def test_what_is_kept_is_seen_by_a_change_of_any_file_with_kernels(
    kept: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    source = tmp_path / "kernels.py"
    source.write_text("from geo._kernels import kernel\n")
    (tmp_path / "plain.py").write_text("import numpy\n")
    os.utime(source, (9e9, 9e9))
    monkeypatch.setattr(precompile, "FOLDERS", (tmp_path,))
    assert not precompile.is_done()
    os.utime(source, (1, 1))
    os.utime(tmp_path / "plain.py", (9e9, 9e9))
    assert precompile.is_done()
