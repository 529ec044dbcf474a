"""Rows of the model store that say how the density's bandwidth was chosen."""

from __future__ import annotations

from typing import Any

GAINS = {100.0: 1.31, 150.0: 1.42, 200.0: 1.28, 300.0: 1.1}


def add(rows: dict[str, list[dict[str, Any]]], communities: list[dict[str, Any]]) -> None:
    """Add the candidates of the district and both stations: 150 m predicted best."""
    del communities  # the areas are the model city's
    areas = [("district", "D1", None), ("station", "S1", "S1"), ("station", "S2", "S2")]
    for kind, scope_id, station in areas:
        for period in ("12_months", "28_days"):
            rows["mart.hotspot_bandwidths"] += [
                {
                    "scope_kind": kind, "scope_id": scope_id, "station_id": station,
                    "period_kind": period, "bandwidth_m": width, "is_used": width == 150.0,
                    "reason": "best", "score": gain - 1, "gain": gain, "cell_m": 100.0,
                    "n_months": 6, "n_tested": 321, "needed": 30,
                }
                for width, gain in GAINS.items()
            ]  # fmt: skip
