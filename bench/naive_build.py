"""What a user would otherwise write: geopandas and pandas, the same questions, no line numbers.

Reads the same files, refuses the same bad values, assigns the same areas, counts the same figures
and writes a database and one file a station. It keeps no reasons for what it drops, no digests and
no pointer, and it is not atomic.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import duckdb
import geopandas as gpd
import pandas as pd


def main(folder: Path, out: Path) -> None:
    clock = time.perf_counter()

    def lap(what: str) -> None:
        nonlocal clock
        print(f"    {what:<10} {time.perf_counter() - clock:6.1f} s", flush=True)
        clock = time.perf_counter()

    stations = gpd.read_file(folder / "stations.geojson").rename(columns={"id": "station_id"})
    communities = gpd.read_file(folder / "communities.geojson").rename(
        columns={"id": "community_id"}
    )
    frame = pd.read_csv(folder / "incidents.csv", dtype={"incident_id": str})
    lap("read")
    frame["occurred_at"] = pd.to_datetime(frame["occurred_at"], errors="coerce")
    frame["lon"] = pd.to_numeric(frame["lon"], errors="coerce")
    frame["lat"] = pd.to_numeric(frame["lat"], errors="coerce")
    frame = frame.drop_duplicates()
    frame = frame[~frame["incident_id"].duplicated(keep=False)]
    classes = ["call", "public_security", "criminal", "dispute"]
    frame = frame[frame["occurred_at"].notna() & frame["class"].isin(classes)]
    frame["occurred_at"] = frame["occurred_at"].dt.tz_localize("Asia/Shanghai")
    lap("check")
    points = gpd.GeoDataFrame(
        frame, geometry=gpd.points_from_xy(frame["lon"], frame["lat"]), crs=4326
    ).to_crs(4549)
    joined = points
    for areas, key in ((communities, "community_id"), (stations, "station_id")):
        one = areas[[key, "geometry"]].to_crs(4549)
        joined = gpd.sjoin(joined, one, how="left", predicate="intersects").drop(
            columns="index_right"
        )
        joined = joined[~joined["incident_id"].duplicated()]
    lap("assign")
    local = joined["occurred_at"].dt.tz_localize(None)
    joined["month"] = local.dt.to_period("M").dt.to_timestamp()
    joined["hour"], joined["weekday"] = local.dt.hour, local.dt.weekday
    months = joined.groupby(["community_id", "class", "type", "month"]).size().reset_index(name="n")
    hours = joined.groupby(["station_id", "class", "weekday", "hour"]).size().reset_index(name="n")
    last = local.max()
    recent = joined[local > last - pd.Timedelta(days=365)]
    before = joined[
        (local > last - pd.Timedelta(days=730)) & (local <= last - pd.Timedelta(days=365))
    ]
    year = pd.DataFrame(
        {
            "n": recent.groupby(["community_id", "class"]).size(),
            "n_before": before.groupby(["community_id", "class"]).size(),
        }
    ).reset_index()
    lap("aggregate")
    plain = pd.DataFrame(joined.drop(columns="geometry"))
    plain["x"], plain["y"] = joined.geometry.x, joined.geometry.y
    out.mkdir(parents=True, exist_ok=True)
    tables = {"incidents": plain, "months": months, "hours": hours, "year": year}
    with duckdb.connect(str(out / "district.duckdb")) as con:
        for name, table in tables.items():
            con.register("t", table)
            con.execute(f"CREATE TABLE {name} AS SELECT * FROM t")
    for station, rows in plain.groupby("station_id"):
        with duckdb.connect(str(out / f"station-{station}.duckdb")) as con:
            con.register("t", rows)
            con.execute("CREATE TABLE incidents AS SELECT * FROM t")
    lap("write")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
