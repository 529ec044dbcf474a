"""The modules of a build, loaded beside the reading of its files."""

from __future__ import annotations

import importlib
from threading import Thread
from typing import Any

from etl.district import District

# in the order in which a build needs them
MODULES = ("etl.core", "etl.accounts", "etl.layers", "etl.slice_writer", "etl.marts.stages")


def load_ahead() -> Thread:
    """Load what a build will need in a thread: digests and reading leave the interpreter idle.

    Returns
    -------
    Thread
        Started. Whoever imports one of the modules meanwhile waits for it.
    """
    thread = Thread(target=lambda: [importlib.import_module(one) for one in MODULES])
    thread.start()
    return thread


def is_surely_new(district: District, served: dict[str, Any] | None) -> bool:
    """Tell from the sizes of files alone that a build is needed.

    Parameters
    ----------
    district
        The deployment, for its input folder.
    served
        Manifest of the build served, None when there is none.

    Returns
    -------
    bool
        False when only digests can tell.
    """
    if served is None:
        return True
    known = [(district.folder / one["file"], one["n_bytes"]) for one in served["inputs"]]
    return any(path.is_file() and path.stat().st_size != n_bytes for path, n_bytes in known)
