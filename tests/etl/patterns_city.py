"""A city of two jurisdictions for the tests of patterns, made in memory."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import shapely

from etl import schema
from etl.district import District
from etl.marts import MartContext, incidents, patterns
from etl.report import Report

AS_OF = date(2026, 6, 30)
WEST, SOUTH = 500_000.0, 3_400_000.0
ZONE = "Asia/Shanghai"


def local(day: date | np.datetime64, hour: float = 12.0) -> datetime:
    """Return the instant (UTC) of a local hour in Shanghai."""
    midnight = datetime.fromisoformat(str(day)).replace(tzinfo=UTC)
    return (midnight + timedelta(hours=hour - 8)).replace(tzinfo=None)


def uniform(n: int, *, seed: int = 0, days: int = 730, **more: object) -> dict[str, object]:
    """Return n incidents anywhere at any time of the last days."""
    rng = np.random.default_rng(seed)
    xy = rng.uniform([WEST, SOUTH], [WEST + 4000, SOUTH + 2000], (n, 2))
    back, hour = rng.integers(0, days, n), rng.uniform(0, 24, n)
    at = [local(AS_OF - timedelta(days=int(b)), float(h)) for b, h in zip(back, hour, strict=True)]
    kinds = rng.choice(["call", "public_security", "criminal", "dispute"], n)
    return {"x": xy[:, 0], "y": xy[:, 1], "at": at, "class": kinds} | more


def join(*parts: dict[str, object]) -> dict[str, object]:
    """Put incidents together; a column that a part lacks is null there."""
    names = {name for part in parts for name in part}
    sizes = [len(part["at"]) for part in parts]  # type: ignore[arg-type]
    return {
        name: [
            one
            for part, n in zip(parts, sizes, strict=True)
            for one in (part.get(name) if part.get(name) is not None else [None] * n)  # type: ignore[union-attr]
        ]
        for name in names
    }


def city(
    given: dict[str, object], *, zone: str = ZONE, households: int | None = 100, **more: object
) -> MartContext:
    """Return two stations of 2 km by 2 km, 32 communities in rows, and the incidents given."""
    con = duckdb.connect()
    for statement in schema.create_statements():
        con.execute(statement)
    for i, name in enumerate(("s1", "s2")):
        box = shapely.box(WEST + i * 2000, SOUTH, WEST + i * 2000 + 2000, SOUTH + 2000)
        con.execute(
            "INSERT INTO core.stations (station_id, name, geometry) VALUES (?, ?, ?)",
            [name, name, shapely.to_wkb(box)],
        )
    con.execute(
        "INSERT INTO core.streets (street_id, name, geometry) VALUES ('j1', 'j1', ?)",
        [shapely.to_wkb(shapely.box(WEST, SOUTH, WEST + 4000, SOUTH + 2000))],
    )
    for k in range(32):
        west, south = WEST + (k % 8) * 500 + 20, SOUTH + (k // 8) * 500 + 20
        con.execute(
            "INSERT INTO core.communities (community_id, name, geometry, n_households, station_id, "
            "street_id, area_m2, lon, lat) VALUES (?, ?, ?, ?, ?, 'j1', 211600, 120, 30)",
            [
                f"c{k:02d}", f"c{k:02d}",
                shapely.to_wkb(shapely.box(west, south, west + 460, south + 460)),
                households, "s1" if k % 8 < 4 else "s2",
            ],
        )  # fmt: skip
    _insert(con, given)
    district = District(
        "d", "d", "d", zone, "EPSG:4547", Path("d.toml"), (), Path(),
        **{"hotspot_cell_m": 100.0, "hotspot_bandwidth_m": 150.0} | more,
    )  # fmt: skip
    return MartContext(con, district, AS_OF, Report())


def _insert(con: duckdb.DuckDBPyConnection, given: dict[str, object]) -> None:
    n = len(given["at"])  # type: ignore[arg-type]
    x = np.array([np.nan if one is None else one for one in given["x"]], float)  # type: ignore[union-attr]
    y = np.array([np.nan if one is None else one for one in given["y"]], float)  # type: ignore[union-attr]
    col, row = np.floor((x - WEST) / 500), np.floor((y - SOUTH) / 500)
    inside = (x - WEST - col * 500 > 20) & (x - WEST - col * 500 < 480)
    inside &= (y - SOUTH - row * 500 > 20) & (y - SOUTH - row * 500 < 480)
    number = [
        f"c{int(r) * 8 + int(c):02d}" if ok else None
        for c, r, ok in zip(col, row, inside, strict=True)
    ]
    kinds = given.get("type")
    rows = pa.table(
        {
            "incident_id": [f"i{k:06d}" for k in range(n)],
            "class": pa.array(list(given["class"]), pa.string()),  # type: ignore[call-overload]
            "type": pa.array(
                ["other" if one is None else one for one in kinds] if kinds else ["other"] * n  # type: ignore[attr-defined]
            ),
            "occurred_from": pa.array(list(given["at"]), pa.timestamp("us")),  # type: ignore[call-overload]
            "address": pa.array(list(given.get("address") or [None] * n), pa.string()),  # type: ignore[call-overload]
            "x": pa.array(x, mask=np.isnan(x)),
            "y": pa.array(y, mask=np.isnan(x)),
            "lon": pa.array(120 + (x - WEST) / 1e5, mask=np.isnan(x)),
            "lat": pa.array(30 + (y - SOUTH) / 1e5, mask=np.isnan(x)),
            "station_id": np.where(np.nan_to_num(x, nan=WEST) < WEST + 2000, "s1", "s2"),
            "street_id": ["j1"] * n,
            "community_id": pa.array(number, pa.string()),
        }
    )
    con.register("given", rows)
    con.execute("INSERT INTO core.incidents BY NAME SELECT * FROM given")
    con.unregister("given")


def derived(given: dict[str, object], **more: object) -> MartContext:
    """Return the city with counts and patterns filled."""
    context = city(given, **more)  # type: ignore[arg-type]
    incidents.derive(context)
    patterns.derive(context)
    return context


def fetch(context: MartContext, sql: str) -> list[tuple[object, ...]]:
    """Return the rows of a query."""
    return context.con.execute(sql).fetchall()


def outcomes(context: MartContext, analysis: str) -> dict[tuple[str, str], str]:
    """Return what an analysis said by area and class."""
    rows = context.con.execute(
        "SELECT scope_id, class, outcome FROM mart.analysis_notes WHERE analysis = ?", [analysis]
    ).fetchall()
    return {(scope, name): outcome for scope, name, outcome in rows}
