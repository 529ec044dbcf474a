"""What a scan found, as rows of the mart."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import duckdb
import numpy as np
import pyarrow as pa

from etl.marts.cluster_places import CELL_M, Places, Setting
from geo import projection
from geo.scan import Cluster, Scan

# both names may stand as columns of all three tables
TABLES = ("cluster_scans", "clusters", "cluster_places")
Row = dict[str, object]


@dataclass
class Story:
    """One scan of one class in one area: what was looked at, and what came out."""

    setting: Setting
    scope_kind: str
    scope_id: str
    name: str
    as_of: date
    places: Places
    radius_m: float
    outcome: str = ""
    p: float | None = None
    n_replications: int = 0
    clusters: tuple[Cluster, ...] = ()

    def tell(self, found: Scan, level: float) -> None:
        """Keep the significant clusters of a scan."""
        self.clusters = found.significant(level)
        self.p = found.clusters[0].p if found.clusters else 1.0
        self.n_replications = len(found.null)
        self.outcome = "found" if self.clusters else "nothing"

    def key(self) -> Row:
        """Return the columns that all tables have in common."""
        station = self.scope_id if self.scope_kind == "station" else None
        return {
            "scope_kind": self.scope_kind,
            "scope_id": self.scope_id,
            "station_id": station,
            "street_id": None,
            "class": self.name,
            "analysis": self.setting.name,
        }

    def days(self, one: Cluster) -> tuple[date, date]:
        """Return the first and the last day of a cluster."""
        first, step = self.setting.first_day(self.as_of), self.setting.days_a_slot
        return (
            first + timedelta(days=one.first * step),
            first + timedelta(days=(one.last + 1) * step - 1),
        )

    def scan_row(self) -> Row:
        """Return the row of `mart.cluster_scans`."""
        return self.key() | {
            "period_from": self.setting.first_day(self.as_of),
            "period_to": self.as_of,
            "n_cases": self.places.n_incidents,
            "n_places": len(self.places.ids),
            "n_days_longest": self.setting.longest * self.setting.days_a_slot,
            "radius_longest_m": self.radius_m,
            "n_replications": self.n_replications,
            "p": self.p,
            "n_clusters": len(self.clusters),
            "outcome": self.outcome,
        }

    def place_rows(self, rank: int) -> list[Row]:
        """Return the rows of `mart.cluster_places` for the cluster of a rank."""
        one, places = self.clusters[rank - 1], self.places
        n, expected = self.count(one)
        away = np.hypot(*(places.xy[one.places] - places.xy[one.centre]).T)
        return [
            self.key()
            | {
                "rank": rank,
                "place_id": places.ids[i],
                "community_id": places.ids[i] if places.is_community[i] else None,
                "cell_m": CELL_M if not places.is_community[i] else None,
                "x": places.xy[i, 0],
                "y": places.xy[i, 1],
                "distance_m": away[k],
                "n_observed": int(n[k]),
                "n_expected": float(expected[k]),
            }
            for k, i in enumerate(one.places)
        ]

    def count(self, one: Cluster) -> tuple[np.ndarray, np.ndarray]:
        """Return incidents and expected incidents of each place of a cluster in its days."""
        place, slot, n = self.places.place, self.places.slot, self.places.n
        now = (slot >= one.first) & (slot <= one.last)
        size = len(self.places.ids)
        here = np.bincount(place[now], n[now], size)[one.places].astype(np.int64)
        ever = np.bincount(place, n, size)[one.places]
        return here, ever * (n[now].sum() / n.sum())

    def cluster_row(self, rank: int) -> Row:
        """Return the row of `mart.clusters` for a rank."""
        one, places = self.clusters[rank - 1], self.places
        first, last = self.days(one)
        counted, expected = self.count(one)
        centre = one.centre
        return self.key() | {
            "rank": rank,
            "place_id": places.ids[centre],
            "community_id": places.ids[centre] if places.is_community[centre] else None,
            "x": places.xy[centre, 0],
            "y": places.xy[centre, 1],
            "radius_m": one.radius_m,
            "n_places": len(one.places),
            "n_communities": int(places.is_community[one.places].sum()),
            "first_on": first,
            "last_on": last,
            "n_days": (last - first).days + 1,
            "n_observed": int(counted.sum()),
            "n_expected": float(expected.sum()),
            "ratio": float(counted.sum() / expected.sum()),
            "llr": one.statistic,
            "p": one.p,
            "recurrence_days": None if np.isnan(one.recurrence) else one.recurrence,
            "is_alive": last == self.as_of,
        }


class Rows:
    """Rows of the three tables, gathered scan by scan."""

    def __init__(self, epsg: int) -> None:
        """Begin with none; ``epsg`` is the district's projection."""
        self.epsg = epsg
        self.rows: dict[str, list[Row]] = {name: [] for name in TABLES}

    def add(self, story: Story) -> None:
        """Add the rows of one scan."""
        self.rows["cluster_scans"].append(story.scan_row())
        for rank in range(1, len(story.clusters) + 1):
            self.rows["cluster_places"] += story.place_rows(rank)
            self.rows["clusters"].append(story.cluster_row(rank))

    def insert(self, con: duckdb.DuckDBPyConnection) -> None:
        """Write all rows into the build."""
        for name, rows in self.rows.items():
            if not rows:
                continue
            if name != "cluster_scans":
                x, y = (np.array([row[key] for row in rows], float) for key in ("x", "y"))
                for row, lon, lat in zip(
                    rows, *projection.unproject(x, y, epsg=self.epsg), strict=True
                ):
                    row |= {"lon": float(lon), "lat": float(lat)}
            con.register("cluster_rows", pa.Table.from_pylist(rows))
            con.execute(f"INSERT INTO mart.{name} BY NAME SELECT * FROM cluster_rows")
            con.unregister("cluster_rows")
