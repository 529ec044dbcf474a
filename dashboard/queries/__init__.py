"""The questions pages ask: SQL with bound parameters, answered from one slice.

Each function takes a reader, whose `frame(sql, parameters)` refuses any table that the viewer's
role may not read on the page (`dashboard.access`).
"""

from typing import Any, Protocol

import pandas as pd


class Reader(Protocol):
    """What answers a question: a page open for one viewer."""

    def frame(self, sql: str, parameters: tuple[Any, ...] = ()) -> pd.DataFrame:
        """Return the rows of one SELECT."""
