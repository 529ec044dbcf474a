"""Claim: a weight changed on the page shows its effect on 1,200 communities in under 300 ms.

Builds a model city of 1,200 communities under one station and runs the page of the standards as
Streamlit's server does (AppTest: the whole page, not only the part that reruns): opened by a second
viewer, then with one weight changed again and again. `--store DIR` measures a store there is.
"""

from __future__ import annotations

import logging
import os
import sys
import time
from pathlib import Path
from statistics import median

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from bench.pages import APP, run  # noqa: E402

ROUNDS = 7


def main() -> None:
    size = ["--communities", "1200", "--cameras", "1200", "--incidents", "100000"]
    run(str(__doc__), size, measure)


def measure(store: Path) -> None:
    os.environ |= {"ANXING_STORE": str(store.resolve()), "ANXING_DEMO": "1"}
    logging.disable(logging.WARNING)
    from streamlit.testing.v1 import AppTest
    from streamlit.util import calc_hash

    for viewer in ("first viewer", "second viewer"):
        test = AppTest.from_file(str(APP), default_timeout=120)
        test.query_params["role"] = "chief"
        test._page_hash = calc_hash("standards")
        print(f"{viewer:<15} {seconds(test):6.3f} s", flush=True)
    spent = []
    for n in range(ROUNDS):
        test.number_input[0].set_value(10.0 + n)
        spent.append(seconds(test))
    trial = next(one.value for one in test.dataframe if "score_after" in one.value.columns)
    print(f"weight changed  {median(spent):6.3f} s  ({len(trial):,} communities compared)")


def seconds(test) -> float:
    start = time.perf_counter()
    test.run()
    if test.exception:
        sys.exit(f"bench: {test.exception[0].message}")
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
