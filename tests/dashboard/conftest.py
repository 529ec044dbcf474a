"""A store to serve, and pages driven without a browser."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

HERE = Path(__file__).resolve().parent
APP = HERE.parent.parent / "dashboard" / "app.py"
PageRunner = Callable[..., AppTest]


def _load(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, HERE / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def write_store() -> Callable[..., Path]:
    """The writer of small stores."""
    return _load("model_store").write_store  # type: ignore[no-any-return]


@pytest.fixture(scope="session")
def model_store(write_store: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One small store for every test that only reads."""
    return write_store(tmp_path_factory.mktemp("store"))


@pytest.fixture
def run_page(monkeypatch: pytest.MonkeyPatch) -> PageRunner:
    """Run one page of the app for one role, as a browser would ask for it."""

    def run(
        store: Path, role: str, page: str, *, lang: str = "zh", demo: bool = True, **query: str
    ) -> AppTest:
        monkeypatch.setenv("ANXING_STORE", str(store))
        monkeypatch.setenv("ANXING_DEMO", "1" if demo else "")
        monkeypatch.delenv("ANXING_PUBLIC", raising=False)
        app = AppTest.from_file(str(APP), default_timeout=60)
        for name, value in {"role": role, "lang": lang, **query}.items():
            app.query_params[name] = value
        app._page_hash = calc_hash(page)
        return app.run()

    return run


def text_of(app: AppTest) -> str:
    """Everything a reader can read on the page, tables included."""
    words = [str(getattr(one, "value", "")) for one in app.main]
    words += [str(one.proto.body) for one in app.get("html")]
    words += [one.value.to_csv() for one in app.dataframe]
    return "\n".join(words)


@pytest.fixture
def read_text() -> Callable[[AppTest], str]:
    """`text_of`, for tests that cannot import this file."""
    return text_of
