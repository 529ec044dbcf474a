"""What a user would otherwise write: geopandas and pandas, the same tables, no line numbers.

Reads the same files, refuses the same bad values, assigns the same areas, derives the same tables
(figures with change and interval, months, days, hours of the week, hotspot cells with density and
Gi*) and writes a database and one file a station with the station's rows of each. It keeps no map
layers, no ratings, no digests and no pointer, and it is not atomic; its p-values are the normal
approximation. Everything is done in whole columns, the way a careful analyst would.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import duckdb
import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy import ndimage, stats

CLASSES = ["call", "public_security", "criminal", "dispute"]
COUNTED = {"all": CLASSES, **{one: [one] for one in CLASSES}}
COUNTED["case"] = ["public_security", "criminal"]
SCOPES = {"district": [], "station": ["station_id"], "community": ["community_id"]}
CELL_M, BANDWIDTH_M, MOST_CELLS = 100.0, 250.0, 10_000


def main(folder: Path, out: Path) -> None:
    clock = time.perf_counter()

    def lap(what: str) -> None:
        nonlocal clock
        print(f"    {what:<10} {time.perf_counter() - clock:6.1f} s", flush=True)
        clock = time.perf_counter()

    stations, communities, frame = read(folder)
    lap("read")
    frame, refused = check(frame)
    lap("check")
    frame = assign(frame, stations, communities)
    lap("assign")
    tables = count(frame, stations, communities)
    lap("aggregate")
    tables["hotspots"] = hotspots(frame, stations)
    lap("hotspots")
    tables |= {"incidents": frame, "refused": refused}
    write(tables, stations, out)
    lap("write")


def read(folder: Path) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame, pd.DataFrame]:
    stations = gpd.read_file(folder / "stations.geojson").rename(columns={"id": "station_id"})
    communities = gpd.read_file(folder / "communities.geojson").rename(
        columns={"id": "community_id"}
    )
    frame = pd.read_csv(folder / "incidents.csv", dtype={"incident_id": str})
    return stations.to_crs(4549), communities.to_crs(4549), frame


def check(frame: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    frame["occurred_at"] = pd.to_datetime(frame["occurred_at"], errors="coerce")
    frame["lon"] = pd.to_numeric(frame["lon"], errors="coerce")
    frame["lat"] = pd.to_numeric(frame["lat"], errors="coerce")
    frame = frame.drop_duplicates()
    reason = pd.Series("", index=frame.index)
    reason[frame["incident_id"].duplicated(keep=False)] = "key_conflict"
    reason[~frame["class"].isin(CLASSES)] = "vocabulary"
    reason[frame["occurred_at"].isna()] = "time"
    bad = reason != ""
    refused = frame[bad].assign(reason=reason[bad])
    frame = frame[~bad].copy()
    frame["occurred_at"] = frame["occurred_at"].dt.tz_localize("Asia/Shanghai")
    return frame, refused


def assign(
    frame: pd.DataFrame, stations: gpd.GeoDataFrame, communities: gpd.GeoDataFrame
) -> pd.DataFrame:
    points = gpd.GeoDataFrame(
        frame, geometry=gpd.points_from_xy(frame["lon"], frame["lat"]), crs=4326
    ).to_crs(4549)
    for areas, key in ((communities, "community_id"), (stations, "station_id")):
        points = gpd.sjoin(points, areas[[key, "geometry"]], how="left", predicate="intersects")
        points = points.drop(columns="index_right")
        points = points[~points["incident_id"].duplicated()]
    plain = pd.DataFrame(points.drop(columns="geometry"))
    plain["x"], plain["y"] = points.geometry.x, points.geometry.y
    return plain


def count(
    frame: pd.DataFrame, stations: gpd.GeoDataFrame, communities: gpd.GeoDataFrame
) -> dict[str, pd.DataFrame]:
    local = frame["occurred_at"].dt.tz_localize(None)
    day = local.dt.normalize()
    keyed = frame[["station_id", "community_id", "class", "type"]].assign(
        day=day,
        month=local.dt.to_period("M").dt.to_timestamp(),
        hour=local.dt.hour,
        weekday=local.dt.day_of_week,
    )
    last = day.max()
    keys = ["station_id", "community_id", "class", "type", "month"]
    months = keyed.groupby(keys).size().reset_index(name="n")
    days = keyed.groupby(["station_id", "class", "day"]).size().reset_index(name="n")
    recent = keyed[day > last - pd.Timedelta(days=365)]
    base = recent.groupby(["station_id", "community_id", "class", "weekday", "hour"]).size()
    return {
        "months": months,
        "days": days,
        "hours": hours(base.reset_index(name="n")),
        "figures": figures(keyed, last, stations, communities),
    }


def by_class(rows: pd.DataFrame, keys: list[str], values: list[str]) -> pd.DataFrame:
    """Sum values by keys for each class of figure."""
    parts = [
        rows[rows["class"].isin(leaves)].groupby(keys)[values].sum().reset_index()
        if keys
        else rows.loc[rows["class"].isin(leaves), values].sum().to_frame().T
        for leaves in COUNTED.values()
    ]
    return pd.concat(
        [part.assign(**{"class": name}) for name, part in zip(COUNTED, parts, strict=True)]
    )


def hours(base: pd.DataFrame) -> pd.DataFrame:
    parts = []
    for kind, keys in SCOPES.items():
        part = by_class(base, [*keys, "weekday", "hour"], ["n"])
        part = part[part["class"].isin(["all", "case"])] if kind == "community" else part
        parts.append(part.assign(scope_kind=kind))
    return pd.concat(parts)


def figures(
    keyed: pd.DataFrame,
    last: pd.Timestamp,
    stations: gpd.GeoDataFrame,
    communities: gpd.GeoDataFrame,
) -> pd.DataFrame:
    parts = []
    for period, length in (("12_months", 365), ("28_days", 28)):
        first, before = last - pd.Timedelta(days=length), last - pd.Timedelta(days=2 * length)
        now = keyed["day"] > first
        two = keyed[keyed["day"] > before].assign(n=now.astype(int), n_before=(~now).astype(int))
        sums = two.groupby(["station_id", "community_id", "class"])[["n", "n_before"]].sum()
        sums = sums.reset_index()
        hit = by_class(sums, ["station_id", "community_id"], ["n"])
        hit = hit[hit["n"] > 0]
        for kind, keys in SCOPES.items():
            part = by_class(sums, keys, ["n", "n_before"])
            whole = part[part["class"] == "all"].set_index(keys)["n"] if keys else part["n"].max()
            part["share"] = part["n"] / (part[keys[0]].map(whole) if keys else whole)
            n_hit = hit.groupby([*keys, "class"]).size().rename("n_hit").reset_index()
            part = part.merge(n_hit, how="left", on=[*keys, "class"])
            parts.append(part.assign(scope_kind=kind, period=period))
    found = pd.concat(parts)
    n, b = found["n"].to_numpy(float), found["n_before"].to_numpy(float)
    low, high = stats.beta.ppf(0.025, n, b + 1), stats.beta.ppf(0.975, n + 1, b)
    found["low"], found["high"] = low / (1 - low), high / (1 - high)
    up, down = found["low"] > 1, found["high"] < 1
    found["word"] = np.select([up, down], ["up", "down"], "no_real_change")
    return found


def hotspots(frame: pd.DataFrame, stations: gpd.GeoDataFrame) -> pd.DataFrame:
    local = frame["occurred_at"].dt.tz_localize(None)
    last = local.max().normalize()
    frame = frame[local > last - pd.Timedelta(days=364)]
    recent = frame["occurred_at"].dt.tz_localize(None) > last - pd.Timedelta(days=27)
    frame = frame.assign(recent=recent)
    parts = [cells(frame, shapely.union_all(stations.geometry.to_numpy()), "district")]
    shapes = stations.set_index("station_id").geometry
    parts += [cells(rows, shapes[name], name) for name, rows in frame.groupby("station_id")]
    return pd.concat(parts)


def cells(rows: pd.DataFrame, shape: shapely.Geometry, name: str) -> pd.DataFrame:
    west, south, east, north = shape.bounds
    size = CELL_M * max(1, np.ceil(np.sqrt(shape.area / CELL_M**2 / MOST_CELLS)))
    edges = np.arange(west, east + size, size), np.arange(south, north + size, size)
    x, y = np.meshgrid(*(one[:-1] + size / 2 for one in edges), indexing="ij")
    inside = shapely.contains_xy(shape, x, y)
    sigma = max(BANDWIDTH_M, size) / size
    edge = ndimage.gaussian_filter(inside.astype(float), sigma, mode="constant")
    neighbours = ndimage.convolve(inside.astype(float), np.ones((3, 3)), mode="constant")
    parts = []
    for period, some in (("12_months", rows), ("28_days", rows[rows["recent"]])):
        for of_class, leaves in COUNTED.items():
            mine = some[some["class"].isin(leaves)]
            n = np.histogram2d(mine["x"], mine["y"], bins=edges)[0] * inside
            density = ndimage.gaussian_filter(n, sigma, mode="constant") / np.maximum(edge, 1e-9)
            z, p, q = gi_star(n, inside, neighbours)
            kept = inside & (n > 0)
            part = pd.DataFrame(
                {"x": x[kept], "y": y[kept], "n": n[kept], "density": density[kept] / size**2}
                | {"z": z[kept], "p": p[kept], "p_fdr": q[kept]}
            )
            parts.append(part.assign(scope=name, period=period, of_class=of_class))
    found = pd.concat(parts)
    lonlat = gpd.GeoSeries(gpd.points_from_xy(found["x"], found["y"]), crs=4549).to_crs(4326)
    return found.assign(lon=lonlat.x.to_numpy(), lat=lonlat.y.to_numpy())


def gi_star(
    n: np.ndarray, inside: np.ndarray, neighbours: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    values = n[inside]
    m, mean, sd = len(values), values.mean(), max(values.std(), 1e-12)
    around = ndimage.convolve(n, np.ones((3, 3)), mode="constant")
    spread = sd * np.sqrt((m * neighbours - neighbours**2) / max(m - 1, 1))
    z = np.where(inside, (around - mean * neighbours) / np.maximum(spread, 1e-12), 0.0)
    p = 2 * stats.norm.sf(np.abs(z))
    q = np.ones_like(p)
    q[inside] = stats.false_discovery_control(p[inside])
    return z, p, q


def write(tables: dict[str, pd.DataFrame], stations: gpd.GeoDataFrame, out: Path) -> None:
    out.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(str(out / "district.duckdb")) as con:
        for name, table in tables.items():
            con.register("t", table)
            con.execute(f"CREATE TABLE {name} AS SELECT * FROM t")
    home = tables["incidents"].groupby("community_id")["station_id"].agg("first")
    hours = tables["hours"]
    owner = hours["station_id"].fillna(hours["community_id"].map(home))
    figures = tables["figures"]
    owned = {
        "incidents": tables["incidents"],
        "months": tables["months"],
        "days": tables["days"],
        "hotspots": tables["hotspots"].rename(columns={"scope": "station_id"}),
        "hours": hours.assign(station_id=owner),
        "figures": figures.assign(
            station_id=figures["station_id"].fillna(figures["community_id"].map(home))
        ),
    }
    parts = {name: dict(iter(table.groupby("station_id"))) for name, table in owned.items()}
    for station in stations["station_id"]:
        with duckdb.connect(str(out / f"station-{station}.duckdb")) as con:
            for name, part in parts.items():
                if station in part:
                    con.register("t", part[station])
                    con.execute(f"CREATE TABLE {name} AS SELECT * FROM t")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
