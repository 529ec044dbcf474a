"""Compile all kernels ahead of their first use: `python -m etl.precompile`.

`make` ends the installation with it, and a build that finds a kernel missing begins with it.
Numba keeps a compiled kernel as long as its own file is unchanged, though pieces of other files are
part of it: kernels older than any file with kernels are therefore removed and compiled anew.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np

import geo
from etl.readers import _features, _scan
from geo._grid import look_up
from geo._lots import _cover
from geo._scan_kernels import look_through
from geo._sweep import sweep_all
from geo._watch import watch_range

TO_SAY = "compiling kernels, once: about half a minute"
# one of each round; when these are kept, all are
KERNELS = (_scan.scan, look_up, look_through, sweep_all, _cover, watch_range)
FOLDERS = (Path(geo.__file__).parent, Path(_scan.__file__).parent)


def is_done() -> bool:
    """Tell whether the kernels are compiled and kept, from files as they are now.

    Returns
    -------
    bool
        False when one is missing, or older than a file with kernels.
    """
    newest = _newest_source()
    for kernel in KERNELS:
        found = _kept(kernel)
        if not found or min(file.stat().st_mtime for file in found) < newest:
            return False
    return True


def start(*, quiet: bool = False) -> subprocess.Popen[bytes] | None:
    """Compile in another process what is missing.

    Parameters
    ----------
    quiet
        Say nothing.

    Returns
    -------
    subprocess.Popen or None
        The process, to be waited for; None when nothing is missing.
    """
    if is_done():
        return None
    if not quiet:
        print(TO_SAY, file=sys.stderr, flush=True)
    return subprocess.Popen([sys.executable, "-m", "etl.precompile"], stderr=subprocess.DEVNULL)


def read_text() -> None:
    """Compile the passes over delimited text and GeoJSON."""
    data = np.frombuffer(b'{"a"}', np.uint8)
    lines, bad = np.zeros(1, np.int64), np.zeros((1, 5), np.int64)
    _scan.scan(data, 0, 1, 1, 1, len(data), lines, bad, np.zeros(_scan.N_RESULTS, np.int64))
    begin, end, line = (np.zeros(1, np.int64) for _ in range(3))
    _features.find_features(data, data, begin, end, line)


def _newest_source() -> float:
    """When a file with kernels was last changed."""
    sources = [file for folder in FOLDERS for file in folder.glob("*.py")]
    return max(
        file.stat().st_mtime
        for file in sources
        if any(mark in file.read_text(encoding="utf-8") for mark in ("import njit", "._kernels"))
    )


def _kept(kernel: Any) -> list[Path]:
    """Files in which numba lists what it keeps of a kernel."""
    function = kernel.py_func
    name = f"{Path(function.__code__.co_filename).stem}.{function.__name__}-*.nbi"
    return list(Path(kernel.stats.cache_path).glob(name))


def _remove_old() -> None:
    """Remove what is kept of kernels and is older than the newest of their files."""
    newest = _newest_source()
    for folder in {Path(kernel.stats.cache_path) for kernel in KERNELS}:
        for file in folder.glob("*.nbi"):
            if file.stat().st_mtime < newest:
                file.unlink(missing_ok=True)


def main() -> None:
    """Compile what is missing, and say so."""
    if is_done():
        return
    from geo.precompile import compile_kernels

    print(TO_SAY, file=sys.stderr, flush=True)
    _remove_old()
    compile_kernels([read_text])


if __name__ == "__main__":
    main()
