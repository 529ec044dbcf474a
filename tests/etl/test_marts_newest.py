"""The newest incidents of the district are kept apart, as many as a map draws."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

from etl.marts import newest

_SPEC = importlib.util.spec_from_file_location(
    "patterns_city", Path(__file__).parent / "patterns_city.py"
)
CITY = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(CITY)


@pytest.mark.parametrize("most", [7, 4_000])
def test_the_newest_of_each_class_that_have_a_place_are_kept(
    most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(newest, "MOST", most)
    given = CITY.uniform(300, seed=2)
    given["x"] = [None if k % 7 == 0 else float(x) for k, x in enumerate(np.array(given["x"]))]
    context = CITY.city(given)
    context.con.execute("UPDATE core.incidents SET lon = x / 1e4, lat = y / 1e5")
    newest.derive(context)
    rows = context.con.execute(
        "SELECT class, incident_id, station_id, scope_id FROM mart.newest_incidents"
    ).fetchall()
    assert {one[2:] for one in rows} == {(None, "d")}
    for name in ("call", "public_security", "criminal", "dispute"):
        expected = context.con.execute(
            "SELECT incident_id FROM core.incidents WHERE class = ? AND x IS NOT NULL "
            "ORDER BY occurred_from DESC, incident_id LIMIT ?",
            [name, most],
        ).fetchall()
        assert {one[1] for one in rows if one[0] == name} == {one[0] for one in expected}


def test_incidents_after_the_last_day_are_no_news() -> None:
    given = CITY.uniform(5, seed=2)
    given["at"] = [CITY.local(CITY.AS_OF, hour) for hour in (0.0, 12.0, 23.98, 24.0, 30.0)]
    context = CITY.city(given)
    context.con.execute("UPDATE core.incidents SET lon = 120, lat = 30")
    newest.derive(context)
    assert context.con.execute("SELECT count(*) FROM mart.newest_incidents").fetchall() == [(3,)]
