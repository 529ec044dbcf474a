"""Run every benchmark, each in a process of its own, and print its figures.

`python -m bench` runs all; `python -m bench locate kde` runs some. Peers that are not installed are
named with how to install them; absolute times mean nothing on a shared machine, ratios do.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
NOT_BENCHMARKS = {
    "__main__",
    "__init__",
    "camera_city",
    "city",
    "fewer_stages",
    "naive_build",
    "same_tables",
}


def main(names: list[str]) -> int:
    known = sorted(one.stem for one in HERE.glob("*.py") if one.stem not in NOT_BENCHMARKS)
    strange = sorted(set(names) - set(known))
    if strange:
        print(f"bench: {', '.join(strange)}: no such benchmark; expected {', '.join(known)}.")
        return 2
    code = 0
    for name in names or known:
        print(f"\n== {name}", flush=True)
        code |= subprocess.call([sys.executable, str(HERE / f"{name}.py")], cwd=HERE.parent)
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
