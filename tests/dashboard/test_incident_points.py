"""Points for a map: only the newest are read, all are counted."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from dashboard.queries import counts


class Reader:
    """Reads one file without asking who may."""

    def __init__(self, path: Path) -> None:
        self.con = duckdb.connect(str(path), read_only=True)

    def frame(self, sql: str, parameters: tuple = ()) -> pd.DataFrame:
        return self.con.execute(sql, list(parameters)).df()


@pytest.mark.parametrize("of_class", ["all", "case", "dispute"])
@pytest.mark.parametrize("at_most", [5, 100_000])
def test_the_newest_are_given_and_all_are_counted(
    write_store: Callable[..., Path], tmp_path: Path, of_class: str, at_most: int
) -> None:
    # a store of its own: pages of this process keep the common one open in their own way
    store = write_store(tmp_path / "store", kinds=("district",))
    read = Reader(store / "builds" / "b1" / "district.duckdb")
    every = read.frame("SELECT * FROM core.incidents WHERE lon IS NOT NULL AND lat IS NOT NULL")
    kept = {"all": set(every["class"]), "case": {"criminal", "public_security"}}
    every = every[every["class"].isin(kept.get(of_class, {of_class}))]
    every = every.sort_values(["occurred_from", "incident_id"], ascending=[False, True])

    found = counts.incident_points(
        read,
        since=pd.Timestamp("2000-01-01"),
        until=pd.Timestamp("2100-01-01"),
        of_class=of_class,
        community_id=None,
        at_most=at_most,
    )

    assert len(every) > 5
    assert list(found["incident_id"]) == list(every["incident_id"][:at_most])
    assert set(found["n_all"]) == {len(every)}
