"""Fixtures of the tests of the ETL."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

HOLD = """
import sys
from pathlib import Path
from etl.store import Store

with Store(Path(sys.argv[1])).locked():
    print("held", flush=True)
    sys.stdin.readline()
"""


@contextmanager
def _held(path: Path) -> Iterator[subprocess.Popen[str]]:
    # Not multiprocessing: its child runs the parent's __main__ again, and a page test that ran
    # before in this worker leaves a page there.
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        try:
            yield process
        finally:
            process.communicate("\n", timeout=60)


@pytest.fixture
def held() -> Callable[[Path], object]:
    """Context in which another process holds the store at a path, and which gives that process."""
    return _held
