"""Which station, street and community a row belongs to."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import shapely

from etl.errors import SourceError
from etl.report import Report
from etl.staging import Staged
from geo import projection
from geo.locate import PolygonIndex

AREAS = {"stations": "station_id", "streets": "street_id", "communities": "community_id"}
OWNERS = {
    "patrol_visits": ("patrol_points", "patrol_point_id"),
    "camera_faults": ("cameras", "camera_id"),
}


@dataclass
class Area:
    """One partition of the district, ready to be asked."""

    ids: pa.Array
    shapes: np.ndarray
    index: PolygonIndex

    def names(self, found: np.ndarray) -> pa.Array:
        """Return the ids of positions, null for -1."""
        return self.ids.take(pa.array(found, mask=found < 0))

    def coded(self, found: np.ndarray) -> pa.DictionaryArray:
        """Return the ids of positions by number: of millions of rows none repeats the text."""
        numbers = pa.array(found.astype(np.int32), mask=found < 0)
        return pa.DictionaryArray.from_arrays(numbers, self.ids)


@dataclass
class Scoping:
    """Knows the areas loaded so far and assigns rows to them."""

    tolerance_m: float
    epsg: int
    areas: dict[str, Area] = field(default_factory=dict)
    owners: dict[str, pa.Table] = field(default_factory=dict)

    def assign(self, name: str, staged: Staged, report: Report) -> dict[str, pa.Array]:
        """Return the scope columns to add to a staged table, after refusing what cannot stand.

        Parameters
        ----------
        name
            Input table.
        staged
            Its rows; shapes and coordinates are in metres.
        report
            Where overlaps, gaps and disagreements are told.

        Returns
        -------
        dict
            Columns of the dictionary that a source never brings.
        """
        if name in AREAS:
            return self._take_area(name, staged, report)
        if name in OWNERS:
            return self._from_owner(staged, *OWNERS[name])
        if "x" in staged.rows.column_names:
            return self._by_point(name, staged, report)
        if "geometry" in staged.rows.column_names and name == "buildings":
            return self._by_middle(staged)
        if "community_id" in staged.rows.column_names:
            return self._from_owner(staged, "communities", "community_id")
        return {}

    def lonlat_boxes(self, epsg: int) -> np.ndarray:
        """Return the box of each jurisdiction in degrees, shape (n, 4)."""
        west, south, east, north = shapely.bounds(self.areas["stations"].shapes).T
        corners = [
            projection.unproject(x, y, epsg=epsg) for x in (west, east) for y in (south, north)
        ]
        lon = np.array([one[0] for one in corners])
        lat = np.array([one[1] for one in corners])
        return np.column_stack([lon.min(0), lat.min(0), lon.max(0), lat.max(0)])

    def _take_area(self, name: str, staged: Staged, report: Report) -> dict[str, pa.Array]:
        from etl.assign import assign_areas, check_partition

        key = AREAS[name]
        shapes = shapely.from_wkb(staged.rows["geometry"].to_numpy())
        twins = _same_shapes(shapes)
        if twins.any():
            staged.drop(twins, "geometry", "same_shape", value=key, expected="each shape once")
            shapes = shapes[~twins]
        order = np.argsort(staged.rows[key].to_numpy().astype(str), kind="stable")
        staged.rows = staged.rows.take(pa.array(order))
        shapes = shapes[order]
        ids = staged.rows[key].combine_chunks()
        partition = check_partition(
            shapes, ids.to_pylist(), tolerance_m=self.tolerance_m, table=name
        )
        report.findings += partition.findings
        if name == "stations" and partition.refusal:
            raise SourceError(f"{staged.files[0].file.label}: {partition.refusal}")
        self.areas[name] = Area(ids, shapes, PolygonIndex(shapes))
        added: dict[str, pa.Array] = {}
        if name == "communities":
            for other in ("stations", "streets"):
                if other in self.areas:
                    area = self.areas[other]
                    found = assign_areas(shapes, area.shapes)
                    added[AREAS[other]] = area.names(found.index)
            self._reconcile_streets(staged, added, report)
            self.owners[name] = pa.table({key: ids, **added})
        return added

    def _reconcile_streets(
        self, staged: Staged, added: dict[str, pa.Array], report: Report
    ) -> None:
        """Prefer the street a community states where there is one; report disagreement."""
        if "street_id" not in staged.rows.column_names:
            return
        stated = staged.rows["street_id"].combine_chunks()
        staged.rows = staged.rows.drop_columns(["street_id"])
        computed = added.get("street_id")
        if computed is None:
            added["street_id"] = stated
            return
        known = pc.is_in(stated, value_set=self.areas["streets"].ids)
        added["street_id"] = pc.if_else(known, stated, computed)
        differ = pc.fill_null(pc.and_(known, pc.not_equal(stated, computed)), False)
        n = int(pc.sum(differ).as_py() or 0)
        if n:
            report.find(
                "warning",
                "street_disagrees",
                f"{n} communities lie mostly in another street than stated; kept as stated.",
                f"{n} 个小区的主要面积不在填报的街道内；按填报保留。",
                table="communities",
                n=n,
            )

    def _by_point(self, name: str, staged: Staged, report: Report) -> dict[str, pa.Array]:
        x = _floats(staged.rows["x"])
        y = _floats(staged.rows["y"])
        added = {}
        for other, key in AREAS.items():
            if other in self.areas and key not in staged.rows.column_names:
                area = self.areas[other]
                added[key] = area.coded(area.index.locate(x, y))
        if "station_id" in added:
            self._report_strays(name, added["station_id"], ~np.isnan(x), report)
        for what in ("community", "station"):
            stated = f"stated_{what}_id"
            if stated in staged.rows.column_names:
                found = added.get(f"{what}_id")
                _report_disagreement(name, staged.rows[stated], found, what, report)
        for owner, key in OWNERS.values():
            if name == owner:
                self.owners[name] = pa.table({key: staged.rows[key].combine_chunks(), **added})
        return added

    def _report_strays(
        self, name: str, stations: pa.Array, located: np.ndarray, report: Report
    ) -> None:
        n = int((located & np.asarray(pc.is_null(stations))).sum())
        if n:
            report.find(
                "warning",
                "in_no_jurisdiction",
                f"{n} rows lie in no station's jurisdiction: only the district sees them.",
                f"{n} 行不在任何派出所辖区内，仅区级可见。",
                table=name,
                n=n,
            )
        unlocated = int((~located).sum())
        if unlocated:
            report.find(
                "info",
                "unlocated",
                f"{unlocated} rows have no place; they are kept and counted as unlocated.",
                f"{unlocated} 行没有坐标，已保留并按无坐标计数。",
                table=name,
                n=unlocated,
            )

    def _by_middle(self, staged: Staged) -> dict[str, pa.Array]:
        """Assign a building by its inner point, which loading wrote in degrees."""
        lon, lat = (_floats(staged.rows[one]) for one in ("lon", "lat"))
        x, y = projection.project(lon, lat, epsg=self.epsg)
        return {
            key: self.areas[other].names(self.areas[other].index.locate(x, y))
            for other, key in AREAS.items()
            if other in self.areas
        }

    def _from_owner(self, staged: Staged, owner: str, key: str) -> dict[str, pa.Array]:
        if owner not in self.owners:
            return {}
        known = self.owners[owner]
        place = pc.index_in(
            staged.rows[key].combine_chunks(), value_set=known[key].combine_chunks()
        )
        return {
            name: known[name].combine_chunks().take(place)
            for name in ("station_id", "street_id")
            if name in known.column_names
        }


def _floats(values: pa.ChunkedArray) -> np.ndarray:
    return np.asarray(pc.fill_null(values, float("nan")).to_numpy(), dtype=np.float64)


def _same_shapes(shapes: np.ndarray) -> np.ndarray:
    """Tell which shapes another row has exactly, whatever the order of vertices."""
    plain = shapely.to_wkb(shapely.normalize(shapes))
    _, index, counts = np.unique(plain, return_inverse=True, return_counts=True)
    return np.asarray(counts[index] > 1)


def _report_disagreement(
    name: str, stated: pa.ChunkedArray, found: pa.Array | None, what: str, report: Report
) -> None:
    """Report how often a stated area and the one the point lies in agree."""
    if found is None or stated.null_count == len(stated):
        return
    words = {"community": ("community", "小区"), "station": ("station", "派出所")}[what]
    found = found.dictionary_decode()
    differ = pc.fill_null(pc.not_equal(stated.combine_chunks(), found), False)
    n = int(pc.sum(differ).as_py() or 0)
    both = int(
        pc.sum(pc.and_(pc.is_valid(stated.combine_chunks()), pc.is_valid(found))).as_py() or 0
    )
    if not both:
        return
    report.find(
        "warning" if n else "info",
        f"{what}_stated",
        f"the stated {words[0]} agrees with the point for {both - n} of {both} rows "
        f"({(both - n) / both:.1%}); where they differ the point decides.",
        f"填报{words[1]}与坐标一致 {both - n}/{both} 行（{(both - n) / both:.1%}）；"
        "不一致时以坐标为准。",
        table=name,
        n=n,
    )
