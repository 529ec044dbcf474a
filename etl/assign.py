"""Areas to areas by largest overlap, and what to tell of areas that should fit and do not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import shapely

from etl.report import Finding
from geo.partition import Patch, find_gaps, find_overlaps

MUST_NOT_OVERLAP = frozenset({"stations"})
"""Tables whose wide overlaps refuse the source: access rights follow these polygons."""
TILE_THE_DISTRICT = frozenset({"stations", "streets"})
"""Tables that leave no ground out; communities have roads and rivers between them."""

_NAMED = 3  # pairs that a message names; the rest are counted
_AS_EN, _AS_ZH = "{}: {:,.0f} m², {:,.1f} m wide", "{}：{:,.0f} 平方米，宽 {:,.1f} 米"
_ZH = {"stations": "派出所辖区", "streets": "街道", "communities": "小区"}
_EN = {"stations": "jurisdictions", "streets": "streets", "communities": "communities"}


@dataclass(frozen=True)
class AreaAssignment:
    """For each shape the target that covers most of it: int32, -1 for none, and its share."""

    index: np.ndarray
    fraction: np.ndarray


@dataclass(frozen=True)
class PartitionReport:
    """Where areas overlap and leave gaps, widest first; what to tell; why to refuse the source.

    `refusal` is a sentence to put after the source's name, None when the source may be loaded.
    """

    overlaps: list[Patch] = field(default_factory=list)
    gaps: list[Patch] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    refusal: str | None = None


def assign_areas(geoms: np.ndarray, targets: np.ndarray) -> AreaAssignment:
    """Assign each shape to the target that covers most of it.

    Parameters
    ----------
    geoms
        (n,) valid shapely polygons in metres; None and empty go nowhere.
    targets
        (m,) valid shapely polygons in the same metres, sorted by id.

    Returns
    -------
    AreaAssignment
        (n,) target and share of the shape's area in it (0 to 1). Equal overlaps go to the smaller
        position; a shape that only touches a target does not belong to it.
    """
    shapes, areas = np.asarray(geoms, dtype=object), np.asarray(targets, dtype=object)
    tree = shapely.STRtree(shapes)
    target, shape = tree.query(areas, predicate="intersects")
    inside = tree.query(areas, predicate="contains_properly")
    whole = np.isin(target * len(shapes) + shape, inside[0] * len(shapes) + inside[1])
    size = shapely.area(shapes)
    covered = size[shape]
    covered[~whole] = shapely.area(
        shapely.intersection(shapes[shape[~whole]], areas[target[~whole]])
    )
    order = np.lexsort((target, -covered, shape))
    order = order[covered[order] > 0.0]
    best = order[np.unique(shape[order], return_index=True)[1]]
    index, fraction = np.full(len(shapes), -1, np.int32), np.zeros(len(shapes))
    index[shape[best]] = target[best]
    fraction[shape[best]] = np.minimum(covered[best] / size[shape[best]], 1.0)
    return AreaAssignment(index, fraction)


def check_partition(
    geoms: np.ndarray, ids: Sequence[str], *, tolerance_m: float, table: str
) -> PartitionReport:
    """Look for ground that two areas both claim, and for ground between areas that none does.

    Parameters
    ----------
    geoms
        (n,) valid shapely polygons in metres.
    ids
        Their ids, for the messages.
    tolerance_m
        Overlaps and gaps narrower than this are slips of digitising: told, never refused.
    table
        `stations` (wide overlaps refuse, gaps are told), `streets` (both told) or `communities`
        (overlaps told).

    Returns
    -------
    PartitionReport
        Overlaps and gaps with area and width, findings, and why to refuse the source.
    """
    overlaps = find_overlaps(geoms)
    gaps = find_gaps(geoms) if table in TILE_THE_DISTRICT else []
    wide = [one for one in overlaps if one.width_m >= tolerance_m]
    holes = [one for one in gaps if one.width_m >= tolerance_m]
    slips = overlaps[len(wide) :] + gaps[len(holes) :]
    refuse = bool(wide) and table in MUST_NOT_OVERLAP
    findings = [
        *_tell_overlaps(wide, ids, table, "error" if refuse else "warning"),
        *_tell_gaps(holes, ids, table),
        *_tell_slips(slips, tolerance_m, table),
    ]
    refusal = None
    if refuse:
        refusal = (
            f"{_phrase(wide, ids, _AS_EN)} overlap; expected jurisdictions that share less than a "
            f"strip {tolerance_m:g} m wide, because access rights follow them. Correct their "
            "common border, or raise tolerance_m in the district file."
        )
    return PartitionReport(overlaps, gaps, findings, refusal)


def _tell_overlaps(
    wide: list[Patch], ids: Sequence[str], table: str, severity: Literal["warning", "error"]
) -> list[Finding]:
    if not wide:
        return []
    area = _total_area(wide)
    return [
        Finding(
            severity,
            "overlap",
            f"Overlaps of {_EN[table]}: {len(wide)}, {area:,.0f} m² in all "
            f"({_phrase(wide, ids, _AS_EN)}); what lies there goes to the smaller number.",
            f"{_ZH[table]}相互重叠 {len(wide)} 处，共 {area:,.0f} 平方米"
            f"（{_phrase(wide, ids, _AS_ZH)}）；重叠处归编号较小者。",
            table=table,
            n=len(wide),
            area_m2=area,
        )
    ]


def _tell_gaps(gaps: list[Patch], ids: Sequence[str], table: str) -> list[Finding]:
    if not gaps:
        return []
    area = _total_area(gaps)
    return [
        Finding(
            "warning",
            "gap",
            f"Gaps between {_EN[table]}: {len(gaps)}, {area:,.0f} m² in all "
            f"({_phrase(gaps, ids, _AS_EN)}); what lies there is seen by the district only.",
            f"{_ZH[table]}之间有 {len(gaps)} 处空隙，共 {area:,.0f} 平方米"
            f"（{_phrase(gaps, ids, _AS_ZH)}）；空隙内的数据仅区级可见。",
            table=table,
            n=len(gaps),
            area_m2=area,
        )
    ]


def _tell_slips(slips: list[Patch], tolerance_m: float, table: str) -> list[Finding]:
    if not slips:
        return []
    area = _total_area(slips)
    return [
        Finding(
            "info",
            "sliver",
            f"Slivers narrower than {tolerance_m:g} m along the borders of {_EN[table]}: "
            f"{len(slips)}, {area:,.1f} m² in all; accepted as slips of digitising.",
            f"{_ZH[table]}边界上有 {len(slips)} 处窄于 {tolerance_m:g} 米的碎条，"
            f"共 {area:,.1f} 平方米；视为数字化误差予以接受。",
            table=table,
            n=len(slips),
            area_m2=area,
        )
    ]


def _total_area(patches: list[Patch]) -> float:
    # Overlaps of three areas count once, as ground does.
    shapes: list[Any] = [one.shape for one in patches]
    return float(shapely.area(shapely.union_all(shapes)))


def _phrase(patches: list[Patch], ids: Sequence[str], form: str) -> str:
    named = [
        form.format(" / ".join(str(ids[k]) for k in one.between[:4]), one.area_m2, one.width_m)
        for one in patches[:_NAMED]
    ]
    return "; ".join([*named, "…"] if len(patches) > _NAMED else named)
