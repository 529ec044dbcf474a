"""Rows of incident analysis for the model store: clusters, alarms, records, patrols, notes."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any

import pyproj
import shapely

Row = dict[str, Any]
AS_OF = date(2026, 6, 30)
CRS = "EPSG:32651"
CLASSES = ("all", "call", "public_security", "criminal", "dispute", "case")
PATTERNS = ("new", "consecutive", "intensifying", "persistent", "diminishing", "sporadic",
            "oscillating", "historical")  # fmt: skip
METHODS = {"kde": 0.42, "gi_star": 0.38, "last_year": 0.33, "chance": 0.1}
_TO_LONLAT = pyproj.Transformer.from_crs(CRS, "EPSG:4326", always_xy=True)


def add(rows: dict[str, list[Row]], communities: list[Row]) -> None:
    """Add the rows of every table of the analysis."""
    centres = {c["community_id"]: shapely.from_wkb(c["geometry"]).centroid for c in communities}
    areas: list[tuple[str, str, Row]] = [("district", "D1", {})]
    areas += [("station", s, {"station_id": s}) for s in ("S1", "S2")]
    for kind, scope_id, part in areas:
        head = {"scope_kind": kind, "scope_id": scope_id, **part}
        mine = [c for c in communities if part.get("station_id") in (None, c["station_id"])]
        places = [(c["community_id"], centres[c["community_id"]]) for c in mine]
        _clusters(rows, head, places)
        _patterns(rows, head, places)
        _near_repeats(rows, head)
        _records(rows, head, mine)
        _seasons(rows, head)
        _notes(rows, head)
    for i, c in enumerate(communities):
        _of_community(rows, c, centres[c["community_id"]], i)
    for station in ("S1", "S2"):
        mine = [c for c in communities if c["station_id"] == station]
        _tonight(rows, station, [(c["community_id"], centres[c["community_id"]]) for c in mine])


def _point(x: float, y: float) -> Row:
    lon, lat = _TO_LONLAT.transform(x, y)
    return {"x": x, "y": y, "lon": lon, "lat": lat}


def _clusters(rows: dict[str, list[Row]], head: Row, places: list[tuple[str, Any]]) -> None:
    """One new cluster, one still going on and one that is over; of cases, nothing."""
    told = (("prospective", 1, 4), ("prospective", 2, 20), ("retrospective", 1, 200))
    for name in ("all", "case"):
        for analysis, n_days in (("prospective", 90), ("retrospective", 365)):
            rows["mart.cluster_scans"].append({
                **head, "class": name, "analysis": analysis,
                "period_from": AS_OF - timedelta(days=n_days - 1), "period_to": AS_OF,
                "n_cases": 300, "n_places": 12, "n_days_longest": 28, "radius_longest_m": 800.0,
                "n_replications": 999, "p": 0.004 if name == "all" else 0.41,
                "n_clusters": sum(a == analysis for a, _, _ in told) if name == "all" else 0,
                "outcome": "found" if name == "all" else "nothing",
            })  # fmt: skip
    for analysis, rank, back in told:
        key, at = places[(rank + back) % len(places)]
        last = AS_OF if analysis == "prospective" else AS_OF - timedelta(days=190)
        cluster = {**head, "class": "all", "analysis": analysis, "rank": rank}
        rows["mart.clusters"].append({
            **cluster, "place_id": key, "community_id": key, **_point(at.x, at.y),
            "radius_m": 180.0, "n_places": 2, "n_communities": 1,
            "first_on": AS_OF - timedelta(days=back), "last_on": last, "n_days": back + 1,
            "n_observed": 14, "n_expected": 4.2, "ratio": 3.33, "llr": 9.0, "p": 0.002,
            "recurrence_days": 500.0 if analysis == "prospective" else None,
            "is_alive": analysis == "prospective",
        })  # fmt: skip
        for place, community, cell_m in ((key, key, None), ("x1y1", None, 100.0)):
            rows["mart.cluster_places"].append({
                **cluster, "place_id": place, "community_id": community, "cell_m": cell_m,
                **_point(at.x + (90.0 if cell_m else 0.0), at.y), "distance_m": 0.0,
                "n_observed": 7, "n_expected": 2.1,
            })  # fmt: skip


def _patterns(rows: dict[str, list[Row]], head: Row, places: list[tuple[str, Any]]) -> None:
    for name in ("all", "case"):
        for k, pattern in enumerate(PATTERNS):
            _, at = places[k % len(places)]
            counts = [(k + i) % 5 for i in range(24)]
            rows["mart.emerging_cells"].append({
                **head, "class": name, "cell_id": f"x{3000 + k}y{34500 + k}",
                **_point(at.x + 10 * k, at.y), "cell_m": 100.0, "pattern": pattern,
                "n": sum(counts), "n_last": counts[-1], "n_bins": 24, "n_bins_hot": 3 + k,
                "n_bins_cold": 0, "hot_from": date(2025, 1, 1), "hot_to": date(2026, 6, 30),
                "hot_since": date(2026, 5, 1) if pattern == "new" else None, "z_last": 5.0 - k,
                "trend_z": 1.5, "trend_p": 0.13, "counts": json.dumps(counts),
                "hot_bins": json.dumps([1 if one > 3 else 0 for one in counts]),
            })  # fmt: skip


def _near_repeats(rows: dict[str, list[Row]], head: Row) -> None:
    for near, far in ((0.0, 1.0), (1.0, 100.0), (100.0, 200.0)):
        for first, end in ((0, 4), (4, 8), (8, 15)):
            close = near < 100 and first == 0
            rows["mart.near_repeats"].append({
                **head, "kind": "burglary", "metric": "manhattan", "distance_from_m": near,
                "distance_to_m": far, "days_from": first, "days_to": end, "n_incidents": 120,
                "observed": 18 if close else 5, "expected": 6.0, "ratio": 3.0 if close else 0.83,
                "p": 0.001 if close else 0.6, "is_raised": close,
                "period_from": date(2025, 7, 1), "period_to": AS_OF, "permutations": 999,
            })  # fmt: skip


def _of_community(rows: dict[str, list[Row]], community: Row, at: Any, i: int) -> None:
    place = {k: community[k] for k in ("community_id", "station_id", "street_id")}
    for name in CLASSES:
        rows["mart.community_moran"].append({
            **place, "class": name, "n": 20 + i, "exposure": 200.0, "exposure_kind": "households",
            "rate": 10.0 + i, "rate_low": 8.0, "rate_high": 14.0, "n_neighbours": 3,
            "neighbour_rate": 9.0, "moran_i": 0.5, "moran_z": 2.0, "moran_p": 0.02,
            "moran_p_fdr": 0.04 if i < 3 else 0.4,
            "quadrant": ("high_high", "low_low", "high_low")[i % 3],
            "is_moran_significant": i < 3, "gi_z": 2.5, "gi_p": 0.01,
            "gi_p_fdr": 0.03 if i == 0 else 0.5, "is_hot": i == 0, "is_cold": False,
        })  # fmt: skip
    if i < 4:
        source = rows["core.incidents"][i]
        rows["mart.alarms"].append({
            **place, "incident_id": source["incident_id"], "kind": "burglary", "rank": i // 2 + 1,
            "address": source["address"], **_point(at.x, at.y),
            "occurred_on": AS_OF - timedelta(days=2 + i), "raised_from": AS_OF,
            "expires_on": AS_OF + timedelta(days=2 + i), "radius_m": 100.0,
            "metric": "manhattan" if i < 2 else "euclidean", "ratio": 3.0 + i, "p": 0.001,
            "n_linked": 2, "n_buildings": 5,
        })  # fmt: skip
        rows["mart.repeat_addresses"].append({
            **place, "rank": i // 2 + 1, "address": source["address"], **_point(at.x, at.y),
            "n": 9 - i, "n_case": 3, "n_28_days": 1, "first_on": date(2025, 8, 1),
            "last_on": date(2026, 6, 20),
        })  # fmt: skip


def _records(rows: dict[str, list[Row]], head: Row, communities: list[Row]) -> None:
    for name in ("all", "case"):
        for method, hit in METHODS.items():
            for flagged, area in (("top_10", 0.1), ("top_20", 0.2), ("significant", 0.06)):
                record = {**head, "class": name, "method": method, "flagged": flagged}
                rate = min(1.0, hit * area * 10) if method != "chance" else area
                for back in range(6):
                    first = date(2026, 6 - back, 1)
                    rows["mart.accuracy"].append({
                        **record, "period_from": first,
                        "period_to": first + timedelta(days=29),
                        "trained_from": first - timedelta(days=365),
                        "trained_to": first - timedelta(days=1), "n_cells": 200,
                        "n_flagged": int(200 * area), "area_fraction": area, "n_hit": rate * 40,
                        "n": 40, "hit_rate": rate, "pai": rate / area, "pei": 0.5, "rri": 0.9,
                    })  # fmt: skip
                tells = method in ("kde", "gi_star")
                rows["mart.accuracy_means"].append({
                    **record, "n_periods": 6, "n": 240, "cell_m": 100.0, "area_fraction": area,
                    "hit_rate": rate, "hit_rate_low": rate - 0.03, "hit_rate_high": rate + 0.03,
                    "pai": rate / area, "pai_low": 1.0, "pai_high": 9.0, "pei": 0.5, "rri": 0.9,
                    "gain": rate - 0.33 * area * 10 if tells else None, "gain_low": -0.01,
                    "gain_high": 0.1, "word": "better" if tells else None,
                })  # fmt: skip
        total = sum(range(1, len(communities) + 1))
        held = 0
        for rank, c in enumerate(communities, 1):
            n = len(communities) + 1 - rank
            held += n
            rows["mart.concentration"].append({
                **head, "class": name, "unit_kind": "community", "unit_id": c["community_id"],
                "rank": rank, "lon": c["lon"], "lat": c["lat"], "n": n, "fraction": n / total,
                "units_fraction": rank / len(communities), "cumulative_fraction": held / total,
            })  # fmt: skip
        rows["mart.concentration_figures"].append({
            **head, "class": name, "unit_kind": "community", "n_units": len(communities),
            "n_units_hit": len(communities), "n": total, "n_units_80": 2,
            "units_80_fraction": 0.4, "chance_80_fraction": 0.7, "gini": 0.4,
            "gini_adjusted": 0.35,
        })  # fmt: skip


def _seasons(rows: dict[str, list[Row]], head: Row) -> None:
    bins = [("month", f"2026-{m:02d}-01", None, None, date(2026, m, 1), 30) for m in range(1, 7)]
    bins += [("weekday", str(k), None, None, date(2025, 7, 1), 52) for k in range(7)]
    bins += [("holiday", "spring_festival_2026", "春节", "Spring Festival",
              date(2026, 2, 15), 9)]  # fmt: skip
    for name in ("all", "case"):
        for i, (kind, key, zh, en, first, n_days) in enumerate(bins):
            rows["mart.incident_seasons"].append({
                **head, "class": name, "kind": kind, "bin": key, "name": zh, "name_en": en,
                "period_from": first, "period_to": first + timedelta(days=n_days - 1),
                "n_days": n_days, "n": 20 + 5 * i, "expected": 24.0, "n_base": 300,
                "ratio": (20 + 5 * i) / 24, "ratio_low": 0.7, "ratio_high": 1.9,
                "word": ("too_few", "down", "no_real_change", "up")[min(i // 2, 3)],
            })  # fmt: skip


def _tonight(rows: dict[str, list[Row]], station: str, places: list[tuple[str, Any]]) -> None:
    for name in ("all", "case"):
        shared = {"station_id": station, "class": name, "night": AS_OF + timedelta(days=1)}
        for rank in range(1, 25):
            key, at = places[rank % len(places)]
            x, y = at.x + 20 * (rank % 3), at.y
            spot = {"hour": (17 + rank) % 24 if rank < 7 else rank % 6,
                    "cell_id": f"x{int(x // 100)}y{int(y // 100)}", **_point(x, y),
                    "cell_m": 100.0}  # fmt: skip
            rows["mart.tonight"].append({
                **shared, **spot, "rank": rank, "community_id": key if rank % 4 else None,
                "radius_m": 150.0, "expected": 1.0 / rank, "expected_total": 6.0,
                "cumulative_fraction": min(1.0, 0.1 + 0.03 * rank),
                "at_most_fraction": min(1.0, 0.12 + 0.035 * rank),
                "raise_ratio": 2.0 if rank == 1 else 1.0,
            })  # fmt: skip
            for n in (2, 4, 6, 8, 12, 16, 24):
                if rank <= n:
                    rows["mart.tonight_routes"].append({
                        **shared, **spot, "patrol_hours": n, "patrol": 1 + rank % 2,
                        "stop": (rank + 1) // 2, "rank": rank,
                        "leg_m": None if rank < 3 else 180.0, "walk_m": 180.0 * (rank // 2),
                        "metric": "manhattan",
                    })  # fmt: skip


def _notes(rows: dict[str, list[Row]], head: Row) -> None:
    told = {
        ("emerging", "dispute"): "nothing_found", ("near_repeats", "vehicle"): "too_few",
        ("alarms", "burglary"): "ok", ("alarms", "vehicle"): "too_few",
        ("accuracy", "criminal"): "too_short", ("tonight", "all"): "ok",
        ("concentration", "call"): "one_point", ("seasons", "call"): "one_day",
        ("community_moran", "all"): "ok",
    }  # fmt: skip
    for (analysis, name), outcome in told.items():
        rows["mart.analysis_notes"].append({
            **head, "analysis": analysis, "class": name, "outcome": outcome, "n": 7,
            "needed": 30, "n_found": 0, "n_left_out": 2,
        })  # fmt: skip
