"""Points for a map: only the newest are read, all are counted."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from dashboard import figures, layer_points
from dashboard.access import load_access
from dashboard.formats import Formats
from dashboard.page import Page
from dashboard.periods import window
from dashboard.queries import counts
from dashboard.store import current_build, open_slice
from dashboard.texts import load_texts
from dashboard.viewer import Viewer


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


@pytest.mark.parametrize("of_class", ["all", "case", "dispute"])
def test_a_districts_newest_points_come_from_its_mart_and_are_those_of_its_incidents(
    write_store: Callable[..., Path],
    tmp_path: Path,
    of_class: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(layer_points, "DRAWN_INCIDENTS", 5)
    store = write_store(tmp_path / "store", kinds=("district",))
    folder = store / "builds" / "b1"
    with duckdb.connect(str(folder / "district.duckdb")) as con:
        con.execute(
            "INSERT INTO mart.newest_incidents BY NAME SELECT 'district' AS scope_kind, "
            "'D1' AS scope_id, incident_id, class, type, occurred_from, lon, lat "
            "FROM core.incidents WHERE lon IS NOT NULL AND lat IS NOT NULL"
        )
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    for one in manifest["slices"]:
        if one["kind"] == "district":
            digest = hashlib.sha256((folder / one["file"]).read_bytes()).hexdigest()
            one["sha256"] = digest
    (folder / "manifest.json").write_text(json.dumps(manifest), "utf-8")
    build = current_build(store)
    page = Page("overview", load_texts("zh"), Formats("zh", "Asia/Shanghai"),
                Viewer("district", "district", "D1"), build,
                open_slice(build, "district", "D1"), load_access())  # fmt: skip
    since, until = window(page, "12_months")

    found = layer_points._points(page, since, until, of_class, None)

    asked = counts.incident_points(
        page, since=since, until=until, of_class=of_class, community_id=None, at_most=5
    )
    assert list(found["incident_id"]) == list(asked["incident_id"])
    row = figures.pick(counts.figures(page, "district", "D1"), of_class, "12_months")
    assert set(found["n_all"]) == {int(row["n"]) - int(row["n_unlocated"] or 0)}
