"""Fixtures shared by the whole suite."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import settings

# A test machine may be busy with other work: how long an example takes proves nothing.
settings.register_profile("anxing", deadline=None)
settings.load_profile("anxing")

ROOT = Path(__file__).resolve().parent.parent
COMMUNITIES = 24


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of real cities, oracles and hostile files beside the project; skips when absent."""
    folder = ROOT.parent / "shared"
    if not folder.is_dir():
        pytest.skip("the folder 'shared' with real cities and oracles is not beside the project")
    return folder


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Let one test process at a time into a folder that all of them share."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".made").open("a+") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        yield


def _common(tmp_path_factory: pytest.TempPathFactory) -> Path:
    base = tmp_path_factory.getbasetemp()
    return base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base


@pytest.fixture(scope="session")
def model_city(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """District file of a small model city; read it, never write beside it."""
    from etl.simulate import simulate

    folder = _common(tmp_path_factory) / "model-city"
    with _alone(folder):
        district = folder / "city" / "district.toml"
        return district if district.exists() else simulate(folder / "city", communities=COMMUNITIES)


@pytest.fixture(scope="session")
def model_store(model_city: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Store that serves the small model city; read it, never build into it."""
    from etl.build import build
    from etl.store import Store

    folder = _common(tmp_path_factory) / "model-store"
    with _alone(folder):
        store = Store(folder / "store")
        if store.current() is None:
            build(model_city, store)
        return store.path
