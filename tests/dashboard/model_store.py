"""A small store written by hand from the dictionary: what the pages are tested on."""

from __future__ import annotations

import gzip
import hashlib
import importlib.util
import json
import math
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import duckdb
import pyarrow as pa
import pyproj
import shapely
from shapely.geometry import mapping

from etl import schema

AS_OF = date(2026, 6, 30)
# modules of this folder, each with add(rows, communities)
MORE = (
    "model_sight", "model_analysis", "model_bandwidths", "model_conduct", "model_ratings",
)  # fmt: skip
CRS = "EPSG:32651"
ORIGIN = (300_000.0, 3_450_000.0)
SIDE_M, GAP_M, COLUMNS = 160.0, 40.0, 10
CLASSES = ("call", "public_security", "criminal", "dispute")
TYPES = {"call": "help", "public_security": "theft", "criminal": "burglary", "dispute": "noise"}
ITEMS = (
    ("lighting", "Lighting", "照明", 20.0),
    ("gates", "Gate access", "门禁", 30.0),
    ("order", "Public order", "治安状况", 50.0),
)
STANDARD = {
    "id": "security-star",
    "name": {"en": "Security star", "zh": "治安星级"},
    "version": "1",
    "source": {"en": "Shangyu 2017", "zh": "上虞 2017"},
    "max_score": 100,
    "missing": "leave_out",
    "enough": {"max_missing_fraction": 0.3, "min_days": 90},
    "items": [
        {"id": i, "name_en": e, "name_zh": z, "weight": p, "rule": "score"} for i, e, z, p in ITEMS
    ],
    "grades": [
        {"id": f"g{n}", "name_en": f"{n} stars", "name_zh": f"{n}星", "stars": n, "cut": cut}
        for n, cut in ((5, 90), (4, 80), (3, 70), (2, 60), (0, 0))
    ],
}
_TO_LONLAT = pyproj.Transformer.from_crs(CRS, "EPSG:4326", always_xy=True)
Row = dict[str, Any]


def write_store(
    folder: Path,
    *,
    n_communities: int = 6,
    n_cameras: int = 12,
    n_incidents: int = 120,
    without: Sequence[str] = (),
    nasty: str = "",
    kinds: Sequence[str] = (),
) -> Path:
    """Write a store of one build; tables named in `without` are empty, as if never brought.

    `nasty` is put into every name that comes from a file. `kinds` limits the slices written.
    """
    rows = _rows(n_communities, n_cameras, n_incidents, nasty)
    for name in without:
        rows[name] = []
    build = folder / "builds" / "b1"
    (build / "slices").mkdir(parents=True)
    (build / "public").mkdir()
    scopes = [("district", "D1", "district.duckdb", "district", {})]
    scopes += [
        ("station", s, f"slices/station-{s}.duckdb", "chief", {"station_id": s})
        for s in ("S1", "S2")
    ]
    scopes += [
        ("street", s, f"slices/street-{s}.duckdb", "planner", {"street_id": s})
        for s in ("T1", "T2")
    ]
    scopes += [
        ("steward", "steward", "slices/steward.duckdb", "steward", {}),
        ("public", "public", "public/public.duckdb", "public", {}),
    ]
    scopes = [one for one in scopes if not kinds or one[0] in kinds]
    slices = [_write_slice(build, rows, *scope) for scope in scopes]
    manifest = {
        "build_id": "b1",
        "district": {
            "id": "D1",
            "name": "模型区",
            "name_en": "Model district",
            "time_zone": "Asia/Shanghai",
            "crs": CRS,
        },
        "as_of": AS_OF.isoformat(),
        "built_at": "2026-07-01T02:00:00+00:00",
        "seed": 1,
        "versions": {},
        "inputs": [],
        "tables": {name: len(found) for name, found in rows.items()},
        "slices": slices,
    }
    (build / "manifest.json").write_text(json.dumps(manifest, ensure_ascii=False), "utf-8")
    (folder / "current.json").write_text(json.dumps({"build_id": "b1", "path": "builds/b1"}))
    return folder


def _write_slice(
    build: Path,
    rows: dict[str, list[Row]],
    kind: str,
    scope_id: str,
    file: str,
    role: schema.Role,
    keep: Row,
) -> Row:
    path = build / file
    con = duckdb.connect()
    con.execute(f"ATTACH '{path}' AS made (BLOCK_SIZE 16384)")
    con.execute("USE made")
    for name in ("core", "mart", "meta"):
        con.execute(f"CREATE SCHEMA {name}")
    for table in schema.TABLES:
        seen = [c for c in table.columns if table.may_see(role, c)]
        layers = table.full_name == "mart.map_layers" and role in ("public", "chief", "planner")
        seen = list(table.columns) if layers else seen
        if not seen:
            continue
        columns = ", ".join(f"{schema.quote(c.name)} {c.sql_type}" for c in seen)
        con.execute(f"CREATE TABLE {table.full_name} ({columns})")
        kept = [r for r in rows.get(table.full_name, []) if _in_scope(r, keep)]
        if layers or (table.full_name == "mart.map_layers" and role == "district"):
            kept = _layers(rows, keep, role)
        if kept:
            found = pa.table({c.name: [r.get(c.name) for r in kept] for c in seen})
            con.register("found", found)
            con.execute(f"INSERT INTO {table.full_name} SELECT * FROM found")
            con.unregister("found")
    con.close()
    data = path.read_bytes()
    name = {"S1": "城东派出所", "S2": "城西派出所", "T1": "东街道", "T2": "西街道"}.get(
        scope_id, "模型区"
    )
    return {
        "kind": kind,
        "id": scope_id,
        "name": name,
        "name_en": f"{scope_id} station",
        "file": file,
        "sha256": hashlib.sha256(data).hexdigest(),
        "n_bytes": len(data),
    }


def _in_scope(row: Row, keep: Row) -> bool:
    return all(
        key not in row or row[key] is None or row[key] == value for key, value in keep.items()
    )


def _square(i: int, *, side: float = SIDE_M) -> shapely.Polygon:
    column, line = i % COLUMNS, i // COLUMNS
    x, y = ORIGIN[0] + column * (SIDE_M + GAP_M), ORIGIN[1] + line * (SIDE_M + GAP_M)
    return shapely.box(x, y, x + side, y + side)


def _point(x: float, y: float) -> Row:
    lon, lat = _TO_LONLAT.transform(x, y)
    return {"x": x, "y": y, "lon": lon, "lat": lat}


def _scope_of(i: int) -> Row:
    return {"station_id": f"S{i % 2 + 1}", "street_id": f"T{i % 2 + 1}"}


def _layers(rows: dict[str, list[Row]], keep: Row, role: str) -> list[Row]:
    wanted = {
        "communities": ("core.communities", "community_id"),
        "buildings": ("core.buildings", "building_id"),
        "jurisdiction": (
            "core.stations" if "station_id" in keep else "core.streets",
            "station_id" if "station_id" in keep else "street_id",
        ),
    }
    for what, key, table in (
        ("viewsheds", "camera_id", "mart.viewsheds"),
        ("blind_spots", "blind_spot_id", "mart.blind_spots"),
    ):
        for part in ("day", "night"):
            wanted[f"{what}_recognise_{part}"] = (table, key)
    wanted["patrol_reach"] = ("mart.patrol_ground", "hours")
    found = []
    for layer, (table, key) in wanted.items():
        if role == "public" and layer != "communities":
            continue
        part = layer.rsplit("_", 1)[-1]
        kept = [r for r in rows[table] if _in_scope(r, keep) and r.get("daypart", part) == part]
        features = [
            {
                "type": "Feature",
                "properties": {},
                "geometry": mapping(shapely.transform(shapely.from_wkb(r["geometry"]), _lonlat)),
            }
            for r in kept
        ]
        raw = json.dumps({"type": "FeatureCollection", "features": features}).encode()
        found.append(
            {
                "layer": layer,
                "sha256": hashlib.sha256(raw).hexdigest(),
                "n_features": len(kept),
                "ids": json.dumps([str(r[key]) for r in kept]),
                "gz": gzip.compress(raw, mtime=0),
            }
        )
    return found


def _lonlat(xy: Any) -> Any:
    import numpy as np

    return np.column_stack(_TO_LONLAT.transform(xy[:, 0], xy[:, 1]))


def _rows(n: int, n_cameras: int, n_incidents: int, nasty: str) -> dict[str, list[Row]]:
    names = [f"和平里{i + 1}号{nasty}" for i in range(n)]
    hull = shapely.box(
        ORIGIN[0] - 100,
        ORIGIN[1] - 100,
        ORIGIN[0] + 2_100,
        ORIGIN[1] + 100 + math.ceil(n / COLUMNS) * 200,
    )
    rows: dict[str, list[Row]] = {one.full_name: [] for one in schema.TABLES}
    communities = []
    for i in range(n):
        shape = _square(i)
        communities.append(
            {
                "community_id": f"C{i + 1}",
                "name": names[i],
                "name_en": f"Heping {i + 1}{nasty}",
                "geometry": shape.wkb,
                "n_buildings": 4,
                "n_households": 200 + i,
                "n_residents": 600,
                "occupancy_fraction": 0.8,
                "is_enclosed": True,
                "built_year": 1999,
                "company_id": "P1",
                "area_m2": shape.area,
                **{
                    k: v
                    for k, v in _point(*shape.centroid.coords[0]).items()
                    if k in ("lon", "lat")
                },
                **_scope_of(i),
            }
        )
    rows["core.communities"] = communities
    rows["core.companies"] = [{"company_id": "P1", "name": "安居物业" + nasty, "registered": True}]
    for table, key, prefix, word in (
        ("stations", "station_id", "S", "派出所"),
        ("streets", "street_id", "T", "街道"),
    ):
        rows[f"core.{table}"] = [
            {
                key: f"{prefix}{k}",
                "name": f"{'东西'[k - 1]}{word}",
                "geometry": hull.wkb,
                "area_m2": hull.area,
            }
            for k in (1, 2)
        ]
    _sight(rows, communities, n_cameras)
    _police(rows, communities, n_incidents, nasty)
    _stars(rows, communities)
    for name in MORE:
        _beside(name).add(rows, communities)
    _meta(rows)
    return rows


def _beside(name: str) -> ModuleType:
    """Load the module of this folder that adds the rows of one subject."""
    spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _sight(rows: dict[str, list[Row]], communities: list[Row], n_cameras: int) -> None:
    n = len(communities)
    for i, c in enumerate(communities):
        place = {"community_id": c["community_id"], **_scope_of(i)}
        x, y = shapely.from_wkb(c["geometry"]).bounds[:2]
        for b in range(2):
            shape = shapely.box(x + 20, y + 30 + 60 * b, x + 120, y + 45 + 60 * b)
            rows["core.buildings"].append(
                {"building_id": f"B{i}-{b}", "geometry": shape.wkb, "height_m": 18.0, **place}
            )
        rows["core.gates"].append(
            {"gate_id": f"G{i}", "kind": "pedestrian", **place, **_point(x, y + 80)}
        )
        rows["core.patrol_points"].append(
            {
                "patrol_point_id": f"PP{i}",
                "name": "岗亭",
                "kind": "guard_post",
                "radius_m": 80.0,
                **place,
                **_point(x + 10, y + 10),
            }
        )
        rows["mart.patrol_reach"].append(
            {
                **place,
                "n_patrol_points": 1,
                "reach_fraction": 0.4,
                "n_incidents": 20,
                "n_incidents_reached": 7,
                "visits_per_day": 2.5,
            }
        )
        for level, density in (
            ("detect", 25.0),
            ("observe", 62.0),
            ("recognise", 125.0),
            ("identify", 250.0),
        ):
            for part in ("day", "night"):
                seen = (0.9 if part == "day" else 0.6) * 10 / density * (1 + i % 5 / 5)
                rows["mart.coverage"].append(
                    {
                        **place,
                        "level": level,
                        "px_per_m": density,
                        "daypart": part,
                        "open_area_m2": 20_000.0,
                        "seen_area_m2": 20_000 * seen,
                        "seen_fraction": seen,
                        "k2_fraction": seen / 3,
                        "k3_fraction": seen / 9,
                        "possible_fraction": 0.05,
                        "strip_seen_fraction": seen / 2,
                        "n_gates": 1,
                        "n_gates_seen": i % 2,
                        "n_incidents": 20,
                        "n_incidents_seen": 5,
                        "cell_m": 1.0,
                    }
                )
        for part in ("day", "night"):
            shape = shapely.box(x + 5, y + 50, x + 60, y + 85)
            rows["mart.blind_spots"].append(
                {
                    "blind_spot_id": f"BS{i}-{part}",
                    **place,
                    "level": "recognise",
                    "daypart": part,
                    "rank": 1,
                    "blind_area_m2": shape.area,
                    "n_incidents": i % 7,
                    "n_gates": 1,
                    "nearest_camera_id": "K1",
                    "nearest_camera_m": 35.0,
                    "geometry": shape.wkb,
                    **_point(x + 30, y + 60),
                }
            )
    for k in range(n_cameras):
        i = k % n
        place = {"community_id": communities[i]["community_id"], **_scope_of(i)}
        x, y = shapely.from_wkb(communities[i]["geometry"]).bounds[:2]
        cx, cy = x + (k * 37) % 150, y + (k * 53) % 150
        status = ("working", "working", "working", "faulty")[k % 4]
        rows["core.cameras"].append(
            {
                "camera_id": f"K{k}",
                "kind": "fixed",
                "status": status,
                "bearing_deg": k * 31.0 % 360,
                "hfov_deg": 62.0,
                "width_px": 2560.0,
                "legal_basis": "art9",
                "installed_on": date(2022, 5, 1),
                **place,
                **_point(cx, cy),
            }
        )
        rows["mart.camera_coverage"].append(
            {
                "camera_id": f"K{k}",
                **place,
                "state": status,
                "hfov_deg": 62.0,
                "reach_m": 17.0,
                "night_reach_m": 12.0,
                "seen_area_m2": 150.0,
                "unique_area_m2": 60.0 + k % 90,
                "is_assumed": k % 3 == 0,
                "missing": "bearing_deg hfov_deg" if k % 3 == 0 else None,
            }
        )
        wedge = shapely.Point(cx, cy).buffer(15, quad_segs=3)
        for part in ("day", "night"):
            if status == "working":
                rows["mart.viewsheds"].append(
                    {
                        "camera_id": f"K{k}",
                        **place,
                        "level": "recognise",
                        "daypart": part,
                        "is_assumed": k % 3 == 0,
                        "geometry": wedge.wkb,
                    }
                )


def _police(
    rows: dict[str, list[Row]], communities: list[Row], n_incidents: int, nasty: str
) -> None:
    n = len(communities)
    for k in range(n_incidents):
        i = (k * k) % n
        name = CLASSES[k % 4]
        x, y = shapely.from_wkb(communities[i]["geometry"]).bounds[:2]
        at = datetime(2026, 6, 30, 12) - timedelta(hours=k * 17_520 // max(n_incidents, 1))
        rows["core.incidents"].append(
            {
                "incident_id": f"I{k}",
                "class": name,
                "type": TYPES[name] + nasty,
                "occurred_from": at,
                "reported_at": at,
                "address": "和平路" + nasty,
                "community_id": communities[i]["community_id"],
                **_scope_of(i),
                **(_point(x + (k * 29) % 160, y + (k * 61) % 160) if k % 20 else {}),
            }
        )
    for kind, scope_id, part in _scopes(communities):
        for name, total in (
            ("all", 120),
            ("case", 60),
            ("criminal", 30),
            ("call", 30),
            ("public_security", 30),
            ("dispute", 30),
        ):
            for period, n_days, now in (("12_months", 365, total), ("28_days", 28, total // 12)):
                rows["mart.figures"].append(
                    {
                        "scope_kind": kind,
                        "scope_id": scope_id,
                        **part,
                        "class": name,
                        "period_kind": period,
                        "period_from": AS_OF - timedelta(days=n_days - 1),
                        "period_to": AS_OF,
                        "n": now,
                        "n_before": now + 20,
                        "change_fraction": -20 / (now + 20),
                        "ratio_low": 0.7,
                        "ratio_high": 0.98,
                        "word": "down" if period == "12_months" else "no_real_change",
                        "class_fraction": now / 120,
                        "n_in_communities": now // 2,
                        "in_communities_fraction": 0.5,
                        "n_communities": n,
                        "n_zero_communities": n // 3,
                        "n_unlocated": 3,
                    }
                )
        if kind == "community":
            week = [1 + math.sin((hour % 24 - 14) / 24 * math.tau) for hour in range(168)]
            rows["mart.community_hours"] += [
                {"community_id": scope_id, **part, "class": name, "n_by_hour": week}
                for name in ("all", "case")
            ]
            continue
        for weekday in range(7):
            for hour in range(24):
                for name in ("all", "case"):
                    rows["mart.incident_hours"].append(
                        {
                            "scope_kind": kind,
                            "scope_id": scope_id,
                            **part,
                            "class": name,
                            "weekday": weekday,
                            "hour": hour,
                            "n": 1 + math.sin((hour - 14) / 24 * math.tau),
                        }
                    )
    for i, c in enumerate(communities):
        for name in CLASSES:
            for back in range(24):
                month = date(2026 - (back + 6) // 12, (5 - back) % 12 + 1, 1)
                rows["mart.incident_months"].append(
                    {
                        "community_id": c["community_id"],
                        **_scope_of(i),
                        "class": name,
                        "type": TYPES[name],
                        "month": month,
                        "n": 1 + (i + back) % 4,
                    }
                )
    for part in ({"station_id": "S1"}, {"station_id": "S2"}):
        for period in ("12_months", "28_days"):
            for name in ("all", "case"):
                for k in range(30):
                    z = (k - 12) / 3
                    x, y = ORIGIN[0] + k % 6 * 100, ORIGIN[1] + k // 6 * 100
                    rows["mart.hotspots"].append(
                        {
                            "scope_kind": "station",
                            "scope_id": part["station_id"],
                            **part,
                            "street_id": None,
                            "class": name,
                            "period_kind": period,
                            "cell_id": f"H{k}",
                            **_point(x, y),
                            "cell_m": 100.0,
                            "n": max(0, k - 10),
                            "density_per_km2": max(0.0, k * 4.0),
                            "z": z,
                            "p": 0.02,
                            "p_fdr": 0.04,
                            "is_hot": z > 4,
                            "is_cold": z < -3.5,
                        }
                    )


def _scopes(communities: list[Row]) -> list[tuple[str, str, Row]]:
    found: list[tuple[str, str, Row]] = [("district", "D1", {})]
    found += [("station", s, {"station_id": s, "street_id": None}) for s in ("S1", "S2")]
    found += [("street", s, {"station_id": None, "street_id": s}) for s in ("T1", "T2")]
    return found + [
        ("community", c["community_id"], _scope_of(i)) for i, c in enumerate(communities)
    ]


def _stars(rows: dict[str, list[Row]], communities: list[Row]) -> None:
    for i, c in enumerate(communities):
        place = {"community_id": c["community_id"], **_scope_of(i)}
        stars = None if i % 6 == 5 else i % 6
        state = "not_eligible" if stars is None else "rated"
        shared = {
            "standard_id": "security-star",
            "period": "2026",
            "stars": stars,
            "previous_stars": 3,
            "grade": None if stars is None else f"{stars} stars",
            "reason_en": "Gates need work.",
            "reason_zh": "门禁需改进。",
        }
        rows["mart.ratings"].append(
            {
                **place,
                **shared,
                "standard_version": "1",
                "standard_digest": "d",
                "score": 50.0 + 8 * i,
                "evidence_digest": "e",
                "is_eligible": stars is not None,
                "has_enough_data": i % 4 > 0,
                "score_low": 44.0 + 8 * i,
                "score_high": 56.0 + 8 * i,
                "max_score": 100.0,
                "reward_yuan": 2000.0,
                "next_step": json.dumps(
                    {"grade": "4", "points": 3.0, "items": [{"item_id": "gates", "points": 3.0}]}
                ),
            }
        )
        rows["mart.public_ratings"].append({**place, **shared, "rating_state": state})
        for item, en, zh, most in ITEMS:
            rows["mart.rating_items"].append(
                {
                    **place,
                    "standard_id": "security-star",
                    "period": "2026",
                    "item_id": item,
                    "name_en": en,
                    "name_zh": zh,
                    "points": most * (i % 5) / 5,
                    "max_points": most,
                    "is_missing": item == "lighting" and i % 3 == 0,
                    "ground_en": "Two gates propped.",
                    "ground_zh": "两处门常开。",
                    "evidence": json.dumps(["A1", "A2"]),
                }
            )
            rows["mart.public_items"].append(
                {
                    **place,
                    "standard_id": "security-star",
                    "period": "2026",
                    "item_id": item,
                    "name_en": en,
                    "name_zh": zh,
                    "band": ("full", "half", "missing")[i % 3],
                }
            )
        rows["mart.uncovered"].append(
            {
                **place,
                "n_located": 20,
                "n_recognised": 5,
                "n_patrolled": 6,
                "n_uncovered": 10 + i % 5,
                "uncovered_fraction": (10 + i % 5) / 20,
            }
        )
        rows["mart.community_summary"].append(
            {
                **place,
                "name": c["name"],
                "name_en": c["name_en"],
                "n_households": 200,
                "n_incidents": 20 + i,
                "n_incidents_before": 24,
                "n_cases": 10,
                "n_criminal": i % 3,
                "n_disputes": 4,
                "n_incidents_28_days": 2,
                "n_incidents_28_days_before": 3,
                "rate_per_1000": 30.0 + i,
                "rate_low": 20.0,
                "rate_high": 44.0,
                "n_cameras": 2,
                "seen_fraction": 0.2 + i % 5 / 10,
                "seen_night_fraction": 0.1,
                "reach_fraction": 0.4,
                "uncovered_fraction": (10 + i % 5) / 20,
                "n_hazards_open": 2,
                "n_hazards_overdue": 1,
                "stars": stars,
                "score": 50.0 + 8 * i,
                "rating_state": state,
                "security_index": 60.0,
            }
        )
        rows["core.hazards"].append(
            {
                "hazard_id": f"Z{i}",
                **place,
                "kind": "fire_lane",
                "severity": "major",
                "found_on": date(2026, 3, 1),
                "due_on": date(2026, 4, 1),
            }
        )
        rows["core.sanctions"].append(
            {
                **place,
                "kind": "yellow_card",
                "issued_on": date(2026, 2, 2),
                "reason": "保安离岗",
                "found_at_night": True,
            }
        )


def _meta(rows: dict[str, list[Row]]) -> None:
    names = [c.name for c in schema.table("meta.columns").columns]
    rows["meta.columns"] = [dict(zip(names, r, strict=True)) for r in schema.column_rows()]
    rows["meta.build"] = [{"name": "build_id", "value": "b1"}]
    rows["meta.standards"] = [
        {
            "standard_id": "security-star",
            "version": "1",
            "digest": "d",
            "name_en": "Security star",
            "name_zh": "治安星级",
            "body": json.dumps(STANDARD, ensure_ascii=False),
        }
    ]
    rows["meta.sources"] = [
        {
            "table_name": table,
            "source": f"{table}.csv",
            "sha256": "ab" * 32,
            "n_bytes": 12_345,
            "modified_at": datetime(2026, 6, 30, 20),
            "format": "csv",
            "encoding": "gb18030",
            "datum": "gcj02",
            "n_read": 100,
            "n_loaded": 97,
            "n_rejected": 2,
            "n_duplicates": 1,
            "newest": "2026-06-30",
        }
        for table in ("communities", "incidents", "cameras")
    ]
    rows["meta.rejected_rows"] = [
        {
            "table_name": "cameras",
            "source": "cameras.csv",
            "line": 17,
            "column_name": "hfov_deg",
            "value": "=cmd|' /C calc'!A0",
            "rule": "range",
            "expected": "(0, 360]",
            "remedy_en": "Correct the file.",
            "remedy_zh": "请更正文件。",
        }
    ]
    rows["meta.findings"] = [
        {
            "severity": "warning",
            "code": "overlap",
            "table_name": "stations",
            "n": 1,
            "area_m2": 120.0,
            "en": "Two jurisdictions overlap.",
            "zh": "两个辖区重叠。",
        }
    ]
