"""Cameras, communities and buildings of any number as an agency would send them, in streams.

Communities lie on a lattice with roads between; each has its share of turned footprints, and
cameras that hang on façades or stand free. Areas and buildings are GeoParquet in WGS 84, cameras
CSV or Parquet, gates and incidents CSV. The same sizes and seed give the same bytes of data.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import shapely

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from geo.projection import project, unproject

EPSG, LON, LAT = 4549, 120.6, 30.0
PITCH_M, ROAD_M = 30.0, 12.0
BLOCK = 1000  # communities in memory at once
SOURCE = """
[[sources]]
table = "{table}"
path = "{table}.{ending}"
format = "{format}"
{datum}columns = {{ {columns} }}
"""


@dataclass(frozen=True)
class Sizes:
    """How much of everything; buildings and cameras are spread evenly over the communities."""

    cameras: int
    communities: int
    buildings: int
    stations: int
    streets: int
    gates_each: int = 2
    incidents: int = 0

    @property
    def columns(self) -> int:
        """Communities side by side."""
        return int(np.ceil(self.communities**0.5))

    @property
    def lots(self) -> tuple[int, int]:
        """Lots of buildings in a community, across and up."""
        each = int(np.ceil(self.buildings / self.communities))
        across = int(np.ceil(each**0.5))
        return across, int(np.ceil(each / across))

    @property
    def step_m(self) -> tuple[float, float]:
        """Distance from one community to the next."""
        return self.lots[0] * PITCH_M + ROAD_M, self.lots[1] * PITCH_M + ROAD_M


def write_camera_city(folder: Path, sizes: Sizes, *, seed: int, cameras_as: str = "csv") -> Path:
    """Write the files and return the district file."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    west, south = (float(one[0]) for one in project([LON], [LAT], epsg=EPSG))
    corner = np.array([west, south])
    _write_bands(folder / "stations.parquet", "S", sizes, corner, sizes.stations, 0)
    _write_bands(folder / "streets.parquet", "T", sizes, corner, sizes.streets, 1)
    blocks = [
        np.arange(first, min(first + BLOCK, sizes.communities))
        for first in range(0, sizes.communities, BLOCK)
    ]
    _write_shapes(folder / "communities.parquet", _communities(sizes, corner, blocks))
    makers = [np.random.default_rng([seed, int(one[0])]) for one in blocks]
    houses = (_houses(sizes, corner, one, maker) for one, maker in zip(blocks, makers, strict=True))
    _write_shapes(folder / "buildings.parquet", (one[:2] for one in houses))
    makers = [np.random.default_rng([seed, int(one[0])]) for one in blocks]
    rows = (_cameras(sizes, corner, one, maker) for one, maker in zip(blocks, makers, strict=True))
    _write_rows(folder / "cameras", rows, cameras_as)
    _write_rows(folder / "gates", (_gates(sizes, corner, one) for one in blocks), "csv")
    _write_rows(folder / "incidents", _incidents(sizes, corner, rng), "csv")
    return _write_district(folder, cameras_as, bool(sizes.incidents))


def _place(sizes: Sizes, corner: np.ndarray, which: np.ndarray) -> np.ndarray:
    return corner + np.column_stack(np.divmod(which, sizes.columns))[:, ::-1] * sizes.step_m


def _write_bands(
    path: Path, prefix: str, sizes: Sizes, corner: np.ndarray, n: int, axis: int
) -> None:
    """Areas that tile the city, as even a grid as their number allows."""
    across = max(k for k in range(1, int(n**0.5) + 1) if n % k == 0)
    counts = (across, n // across) if axis else (n // across, across)
    rows = -(-sizes.communities // sizes.columns)
    whole = np.array([sizes.columns, rows]) * sizes.step_m
    place = np.column_stack(np.divmod(np.arange(n), counts[0]))[:, ::-1]
    size = whole / counts
    low = corner - ROAD_M / 2 + place * size
    _write_shapes(path, iter([(_names(prefix, np.arange(n)), _boxes(low, low + size))]))


def _communities(
    sizes: Sizes, corner: np.ndarray, blocks: list[np.ndarray]
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    for which in blocks:
        low = _place(sizes, corner, which)
        yield _names("C", which), _boxes(low, low + np.array(sizes.step_m) - ROAD_M)


def _houses(
    sizes: Sizes, corner: np.ndarray, which: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Rectangles and L-shapes turned on their lots: names, rings, middles and directions."""
    across, up = sizes.lots
    each = across * up
    lot = np.tile(np.arange(each), len(which))
    middle = np.repeat(_place(sizes, corner, which), each, axis=0)
    middle = middle + (np.column_stack(np.divmod(lot, across))[:, ::-1] + 0.5) * PITCH_M
    half = rng.uniform([6.0, 4.5], [10.0, 7.0], (len(middle), 2))
    turn = rng.normal(0.0, 0.15, len(middle))
    notch = np.where(rng.random(len(middle)) < 0.3, 0.0, 1.0)
    unit = np.array([(-1, -1), (1, -1), (1, 0), (1, 0), (1, 1), (0, 1), (-1, 1)], float)
    ring = np.repeat(unit[None], len(middle), axis=0)
    ring[:, 3] = np.where(notch[:, None] > 0, (1, 0.5), (0, 0))
    ring[:, 4] = np.where(notch[:, None] > 0, (1, 1), (0, 0.5))
    ring *= half[:, None, :]
    c, s = np.cos(turn)[:, None], np.sin(turn)[:, None]
    xy = np.stack([ring[..., 0] * c - ring[..., 1] * s, ring[..., 0] * s + ring[..., 1] * c], -1)
    first = int(which[0]) * each
    names = _names("B", np.arange(first, first + len(middle)))
    keep = np.arange(first, first + len(middle)) < sizes.buildings
    return names[keep], (xy + middle[:, None, :])[keep], middle, np.column_stack([half, turn])


def _cameras(
    sizes: Sizes, corner: np.ndarray, which: np.ndarray, rng: np.random.Generator
) -> dict[str, object]:
    """Four of five hang off a long façade and look away from it; the others stand in the road."""
    each = sizes.cameras / sizes.communities
    begin, end = int(which[0] * each), int((which[-1] + 1) * each)
    number = np.arange(begin, end)
    owner = np.minimum((number / each).astype(np.int64), which[-1]) - which[0]
    _, _, middles, bodies = _houses(sizes, corner, which, rng)
    n_lots = len(middles) // len(which)
    house = owner * n_lots + rng.integers(0, n_lots, len(number))
    half, turn = bodies[house, :2], bodies[house, 2]
    south = np.column_stack([rng.uniform(-0.9, -0.1, len(number)) * half[:, 0], -half[:, 1] - 0.1])
    c, s = np.cos(turn), np.sin(turn)
    hung = np.column_stack([south[:, 0] * c - south[:, 1] * s, south[:, 0] * s + south[:, 1] * c])
    free = rng.random(len(number)) < 0.2
    lot = np.array([-PITCH_M / 2 + 1.0, -PITCH_M / 2 + 1.0])
    xy = middles[house] + np.where(free[:, None], lot, hung)
    away = np.mod(180.0 - np.degrees(turn) + rng.uniform(-40, 40, len(number)), 360.0)
    bearing = np.round(np.where(free, rng.uniform(0, 360, len(number)), away), 1)
    lon, lat = unproject(xy[:, 0], xy[:, 1], epsg=EPSG)
    width = rng.choice([1920, 2560, 3840], len(number), p=[0.4, 0.4, 0.2])
    return {
        "id": _names("V", number),
        "lon": np.round(lon, 7),
        "lat": np.round(lat, 7),
        "bearing": pa.array(bearing, mask=rng.random(len(number)) < 0.04),
        "width": width,
        "focal": rng.choice([2.8, 4.0, 6.0], len(number), p=[0.3, 0.5, 0.2]),
        "sensor": np.full(len(number), 4.8),
        "night": pa.array(
            rng.choice([15.0, 20.0, 30.0], len(number)), mask=rng.random(len(number)) < 0.3
        ),
        "status": rng.choice(["working", "faulty"], len(number), p=[0.97, 0.03]),
        "installed": np.datetime64("2018-01-01") + rng.integers(0, 2500, len(number)),
        "basis": rng.choice(["art7_gov", "art7_operator"], len(number)),
    }


def _gates(sizes: Sizes, corner: np.ndarray, which: np.ndarray) -> dict[str, object]:
    low = np.repeat(_place(sizes, corner, which), sizes.gates_each, axis=0)
    place = np.tile((np.arange(sizes.gates_each) + 0.5) / sizes.gates_each, len(which))
    x = low[:, 0] + place * (sizes.step_m[0] - ROAD_M)
    lon, lat = unproject(x, low[:, 1] + 0.2, epsg=EPSG)
    first = int(which[0]) * sizes.gates_each
    return {
        "id": _names("G", np.arange(first, first + len(x))),
        "community": _names("C", np.repeat(which, sizes.gates_each)),
        "kind": np.full(len(x), "vehicle"),
        "lon": np.round(lon, 7),
        "lat": np.round(lat, 7),
    }


def _incidents(
    sizes: Sizes, corner: np.ndarray, rng: np.random.Generator, step: int = 200_000
) -> Iterator[dict[str, object]]:
    rows = -(-sizes.communities // sizes.columns)
    whole = np.array([sizes.columns, rows]) * sizes.step_m
    start = np.datetime64("2024-07-01T00:00:00", "s")
    for first in range(0, sizes.incidents, step):
        n = min(step, sizes.incidents - first)
        xy = corner + rng.uniform(0, 1, (n, 2)) * (whole - ROAD_M)
        lon, lat = unproject(xy[:, 0], xy[:, 1], epsg=EPSG)
        moment = start + rng.integers(0, 2 * 365 * 86400, n).astype("timedelta64[s]")
        yield {
            "id": _names("J", np.arange(first, first + n)),
            "occurred_at": np.char.replace(moment.astype("U19"), "T", " "),
            "class": np.full(n, "criminal"),
            "type": rng.choice(["burglary", "theft", "robbery"], n),
            "lon": np.round(lon, 6),
            "lat": np.round(lat, 6),
        }


def _names(prefix: str, numbers: np.ndarray) -> np.ndarray:
    return np.char.add(prefix, np.char.zfill(numbers.astype("U8"), 8))


def _boxes(low: np.ndarray, high: np.ndarray) -> np.ndarray:
    x0, y0, x1, y1 = *low.T, *high.T
    return np.stack([np.stack(one, -1) for one in ((x0, y0), (x1, y0), (x1, y1), (x0, y1))], 1)


def _write_shapes(path: Path, blocks: Iterator[tuple[np.ndarray, np.ndarray]]) -> None:
    told = {
        "version": "1.1.0",
        "primary_column": "geometry",
        "columns": {"geometry": {"encoding": "WKB", "geometry_types": ["Polygon"]}},
    }
    schema = pa.schema(
        [("id", pa.string()), ("geometry", pa.binary())], metadata={"geo": json.dumps(told)}
    )
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for names, rings in blocks:
            lon, lat = unproject(rings[..., 0].ravel(), rings[..., 1].ravel(), epsg=EPSG)
            degrees = np.stack([lon, lat], -1).reshape(rings.shape)
            shapes = shapely.to_wkb(shapely.remove_repeated_points(shapely.polygons(degrees)))
            writer.write_table(pa.table([pa.array(names), pa.array(shapes)], schema=schema))


def _write_rows(stem: Path, blocks: Iterator[dict[str, object]], format: str) -> None:
    writer = None
    for columns in blocks:
        table = pa.table({name: pa.array(values) for name, values in columns.items()})
        if writer is None:
            path = stem.with_suffix(f".{format}")
            writer = (
                pa.csv.CSVWriter(path, table.schema)
                if format == "csv"
                else pq.ParquetWriter(path, table.schema)
            )
        writer.write_table(table)
    if writer is not None:
        writer.close()


_COLUMNS = {
    "stations": "station_id=id name=id",
    "streets": "street_id=id name=id",
    "communities": "community_id=id name=id",
    "buildings": "building_id=id",
    "cameras": "camera_id=id lon=lon lat=lat bearing_deg=bearing width_px=width focal_mm=focal "
    "sensor_width_mm=sensor night_range_m=night status=status installed_on=installed "
    "legal_basis=basis",
    "gates": "gate_id=id community_id=community kind=kind lon=lon lat=lat",
    "incidents": "incident_id=id occurred_at=occurred_at class=class type=type lon=lon lat=lat",
}


def _write_district(folder: Path, cameras_as: str, has_incidents: bool) -> Path:
    text = (
        '[district]\nid = "bench"\nname = "基准"\nname_en = "Bench"\n'
        f'time_zone = "Asia/Shanghai"\ncrs = "EPSG:{EPSG}"\nstandards = []\nas_of = 2026-06-30\n'
    )
    for table, columns in _COLUMNS.items():
        if table == "incidents" and not has_incidents:
            continue
        shapes = table in ("stations", "streets", "communities", "buildings")
        form = "geoparquet" if shapes else cameras_as if table == "cameras" else "csv"
        pairs = (one.split("=") for one in columns.split())
        text += SOURCE.format(
            table=table,
            ending="parquet" if form != "csv" else "csv",
            format=form,
            datum="" if shapes else 'datum = "wgs84"\n',
            columns=", ".join(f'{ours} = "{theirs}"' for ours, theirs in pairs),
        )
    path = folder / "district.toml"
    path.write_text(text, encoding="utf-8")
    return path
