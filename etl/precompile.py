"""Compile all kernels ahead of their first use: `python -m etl.precompile`.

`make` ends the installation with it. A build that finds none compiled starts it beside its reading.
"""

from __future__ import annotations

import sys

import numpy as np

from etl.readers import _features, _scan
from geo.precompile import compile_kernels


def read_text() -> None:
    """Compile the passes over delimited text and GeoJSON."""
    data = np.frombuffer(b'{"a"}', np.uint8)
    lines, bad = np.zeros(1, np.int64), np.zeros((1, 5), np.int64)
    _scan.scan(data, 0, 1, 1, 1, len(data), lines, bad, np.zeros(_scan.N_RESULTS, np.int64))
    room = (np.zeros(1, np.int64) for _ in range(3))
    _features.find_features(data, _features._KEY, *room)


if __name__ == "__main__":
    print("compiling kernels, once: about 20 s", file=sys.stderr, flush=True)
    compile_kernels([read_text])
