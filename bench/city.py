"""Plain inputs of any size for the build's benchmark: a jittered lattice and one CSV."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
import shapely

LON, LAT, SIDE_DEG = 120.6, 30.0, 0.4
KINDS = ("burglary", "theft", "robbery", "fight", "noise", "dispute", "lost", "fraud")
CLASSES = (*["criminal"] * 3, "public_security", "call", "dispute", "call", "call")
DISTRICT = """
[district]
id = "bench"
name = "基准"
name_en = "Bench"
time_zone = "Asia/Shanghai"
crs = "EPSG:4549"
standards = []

[[sources]]
table = "stations"
path = "stations.geojson"
format = "geojson"
columns = { station_id = "id", name = "id" }

[[sources]]
table = "communities"
path = "communities.geojson"
format = "geojson"
columns = { community_id = "id", name = "id" }

[[sources]]
table = "incidents"
path = "incidents.csv"
format = "csv"
datum = "wgs84"
[sources.columns]
incident_id = "incident_id"
occurred_at = "occurred_at"
class = "class"
type = "type"
lon = "lon"
lat = "lat"
"""


def write_city(folder: Path, *, incidents: int, communities: int, stations: int, seed: int) -> Path:
    """Write the files and return the district file."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    side = round(communities**0.5)
    _write_lattice(folder / "communities.geojson", "C", side, side, rng, jitter=0.3)
    _write_lattice(folder / "stations.geojson", "S", stations, 1, rng, jitter=0.0)
    _write_incidents(folder / "incidents.csv", incidents, rng)
    district = folder / "district.toml"
    district.write_text(DISTRICT, encoding="utf-8")
    return district


def _write_lattice(
    path: Path, prefix: str, nx: int, ny: int, rng: np.random.Generator, *, jitter: float
) -> None:
    x, y = np.meshgrid(np.arange(nx + 1.0), np.arange(ny + 1.0), indexing="ij")
    inner = np.zeros_like(x, bool)
    inner[1:-1, 1:-1] = True
    x = x + inner * rng.uniform(-jitter, jitter, x.shape)
    y = y + inner * rng.uniform(-jitter, jitter, y.shape)
    lon, lat = np.round(LON + x / nx * SIDE_DEG, 7), np.round(LAT + y / ny * SIDE_DEG, 7)
    corners = ((0, 0), (1, 0), (1, 1), (0, 1))
    rings = np.stack(
        [
            np.stack([g[i : i + nx, j : j + ny].ravel() for g in (lon, lat)], axis=1)
            for i, j in corners
        ],
        axis=1,
    )
    shapes = shapely.to_geojson(shapely.polygons(rings)).tolist()
    features = [
        f'{{"type":"Feature","properties":{json.dumps({"id": f"{prefix}{n:06d}"})},"geometry":{s}}}'
        for n, s in enumerate(shapes)
    ]
    path.write_text('{"type":"FeatureCollection","features":[\n' + ",\n".join(features) + "\n]}\n")


def _write_incidents(path: Path, n: int, rng: np.random.Generator, step: int = 1_000_000) -> None:
    start = np.datetime64("2024-07-01T00:00:00", "s")
    with path.open("wb") as stream:
        for first in range(0, n, step):
            m = min(step, n - first)
            kind = rng.integers(0, len(KINDS), m)
            moments = start + rng.integers(0, 2 * 365 * 86400, m).astype("timedelta64[s]")
            table = pa.table(
                {
                    "incident_id": pa.array(
                        np.char.add("J", np.arange(first, first + m).astype("U12"))
                    ),
                    "occurred_at": pa.array(np.char.replace(moments.astype("U19"), "T", " ")),
                    "class": pa.array(np.array(CLASSES)[kind]),
                    "type": pa.array(np.array(KINDS)[kind]),
                    "lon": np.round(rng.uniform(LON, LON + SIDE_DEG, m), 6),
                    "lat": np.round(rng.uniform(LAT, LAT + SIDE_DEG, m), 6),
                }
            )
            pyarrow.csv.write_csv(
                table,
                stream,
                pyarrow.csv.WriteOptions(include_header=first == 0, quoting_style="none"),
            )
