"""Rows of the small store about single cameras, their history and duties, and about patrols."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import shapely

Row = dict[str, Any]
AS_OF = date(2026, 6, 30)


def add(rows: dict[str, list[Row]], communities: list[Row]) -> None:
    """Add what each camera loses, owes and lacks, and where patrols leave gaps."""
    cameras = rows["core.cameras"]
    for number, camera in enumerate(cameras):
        place = {k: camera.get(k) for k in ("community_id", "station_id", "street_id")}
        if camera["status"] == "working":
            _loss(rows, camera, place, number)
        _duties(rows, camera, place, number)
        if number % 3 == 0:
            _gaps(rows, camera, place)
    _pairs(rows, cameras)
    _history(rows, communities)
    _patrols(rows, communities)
    for row in rows["mart.uncovered"]:
        row |= {"n_located_day": 12, "n_uncovered_day": 5, "uncovered_day_fraction": 5 / 12,
                "n_located_night": 8, "n_uncovered_night": 6,
                "uncovered_night_fraction": 6 / 8}  # fmt: skip
    if communities:
        rows["mart.forbidden_cameras"].append({
            "camera_id": "KX", "community_id": communities[0]["community_id"],
            "station_id": communities[0]["station_id"], "street_id": communities[0]["street_id"],
            "place_type": "更衣室", "place": "changing_room", "article": "8", "status": "working",
            "owner_kind": "property_company", "source": "cameras.csv", "line": 44,
        })  # fmt: skip


def _loss(rows: dict[str, list[Row]], camera: Row, place: Row, number: int) -> None:
    rows["mart.camera_losses"].append({
        "camera_id": camera["camera_id"], **place, "main_community_id": place["community_id"],
        "seen_area_m2": 150.0, "lost_area_m2": 60.0 + number, "lost_night_area_m2": 30.0,
        "n_incidents_lost": number % 5, "n_gates_lost": number % 2, "seen_fraction": 0.08,
        "seen_without_fraction": 0.076, "rank": 1 + number, "is_critical": number % 5 > 2,
    })  # fmt: skip


def _duties(rows: dict[str, list[Row]], camera: Row, place: Row, number: int) -> None:
    camera["legal_basis"] = (None, "art7_gov", "art9")[number % 3]
    camera["has_sign"] = number % 2 == 0
    shared = {"camera_id": camera["camera_id"], **place, "legal_basis": camera["legal_basis"],
              "is_local": False}  # fmt: skip
    state = "met" if camera["has_sign"] else "not_met"
    rows["mart.camera_duties"].append({
        **shared, "duty": "sign", "article": "13", "state": state, "found": "0", "asked": "1",
    })  # fmt: skip
    if camera["legal_basis"] == "art7_gov":
        rows["mart.camera_duties"].append({
            **shared, "duty": "filing", "article": "14", "state": "overdue",
            "due_on": camera["installed_on"] + timedelta(days=30),
        })  # fmt: skip
    if camera["legal_basis"] is None:
        rows["mart.camera_duties"].append({
            **shared, "duty": "legal_basis", "article": "7", "state": "unknown",
        })  # fmt: skip


def _gaps(rows: dict[str, list[Row]], camera: Row, place: Row) -> None:
    shared = {"camera_id": camera["camera_id"], **place}
    rows["mart.camera_gaps"] += [
        {**shared, "field": "bearing_deg", "effect": "possible_only", "daypart": "day",
         "counted_area_m2": 0.0, "low_area_m2": 20.0, "high_area_m2": 180.0,
         "possible_area_m2": 700.0},
        {**shared, "field": "installed_on", "effect": "history_unknown"},
    ]  # fmt: skip


def _pairs(rows: dict[str, list[Row]], cameras: list[Row]) -> None:
    for i, (one, other) in enumerate(zip(cameras, cameras[2:], strict=False)):
        if one["station_id"] != other["station_id"]:
            continue
        rows["mart.camera_pairs"].append({
            "camera_id": one["camera_id"], "other_camera_id": other["camera_id"],
            **{k: one[k] for k in ("community_id", "station_id", "street_id")},
            "shared_area_m2": 90.0, "shared_night_area_m2": 50.0,
            "camera_fraction": 0.3 + 0.1 * (i % 5), "other_fraction": 0.4,
        })  # fmt: skip


def _scopes(communities: list[Row]) -> list[Row]:
    found: list[Row] = [{"scope_kind": "district", "scope_id": "D1"}]
    found += [{"scope_kind": "station", "scope_id": s, "station_id": s} for s in ("S1", "S2")]
    found += [{"scope_kind": "street", "scope_id": s, "street_id": s} for s in ("T1", "T2")]
    return found + [
        {"scope_kind": "community", "scope_id": c["community_id"],
         "station_id": c["station_id"], "street_id": c["street_id"]}
        for c in communities
    ]  # fmt: skip


def _history(rows: dict[str, list[Row]], communities: list[Row]) -> None:
    events = (
        (date(2024, 6, 30), 0.05, 8, 0, {}),
        (date(2025, 3, 1), 0.09, 12, 0, {"n_installed": 4}),
        (date(2026, 1, 10), 0.07, 9, 3, {"n_failed": 3}),
        (AS_OF, 0.08, 10, 2, {"n_repaired": 1}),
    )
    none = {"n_installed": 0, "n_retired": 0, "n_failed": 0, "n_repaired": 0}
    for scope in _scopes(communities):
        for on, seen, working, faulty, event in events:
            rows["mart.coverage_history"].append({
                "station_id": None, "street_id": None, **scope, "from_on": on,
                "open_area_m2": 20_000.0, "seen_area_m2": 20_000 * seen,
                "seen_night_area_m2": 10_000 * seen, "seen_fraction": seen,
                "seen_night_fraction": seen / 2, "n_working": working, "n_faulty": faulty,
                **none, **event,
            })  # fmt: skip
    if communities:
        first = communities[0]
        rows["core.interventions"].append({
            "intervention_id": "W1", "kind": "cameras", "done_on": date(2025, 3, 1),
            "community_id": first["community_id"], "station_id": first["station_id"],
            "street_id": first["street_id"],
        })  # fmt: skip
    for camera in rows["core.cameras"]:
        if camera["status"] == "faulty":
            rows["core.camera_faults"].append({
                "camera_id": camera["camera_id"], "faulty_from": date(2026, 1, 10),
                "station_id": camera["station_id"], "street_id": camera["street_id"],
            })  # fmt: skip


def _patrols(rows: dict[str, list[Row]], communities: list[Row]) -> None:
    for community in communities:
        west, south, _, _ = shapely.from_wkb(community["geometry"]).bounds
        for hours, at in ((1 << 21, 0), (1 << 21 | 1 << 22, 40)):
            ground = shapely.box(west + at, south, west + at + 40, south + 40)
            rows["mart.patrol_ground"].append({
                "community_id": community["community_id"], "station_id": community["station_id"],
                "street_id": community["street_id"], "hours": hours,
                "reached_area_m2": ground.area, "geometry": ground.wkb,
            })  # fmt: skip
    for scope in _scopes(communities):
        days = (None,) if scope["scope_kind"] == "community" else range(7)
        for weekday in days:
            for hour in range(24):
                n = 1.5 if hour % 3 else 0.5
                missed = n if hour < 20 else 0.25
                rows["mart.patrol_gaps"].append({
                    "station_id": None, "street_id": None, **scope, "weekday": weekday,
                    "hour": hour, "manned_fraction": 0.0 if hour < 20 else 0.4,
                    "visited_fraction": 0.2, "n_incidents": n, "n_unmanned": missed,
                    "n_unvisited": n / 2, "gap_fraction": missed / 30, "rank": 1 + hour,
                })  # fmt: skip
