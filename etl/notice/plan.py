"""A plan of one community as SVG: its outline, buildings, gates and cameras, north up."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import shapely

from etl.notice.served import Served

MARGIN_FRACTION = 0.12
LEAST_MARGIN_M = 15.0
WIDTH = 1000.0
_NICE = (10, 20, 50, 100, 200, 500, 1000)
_COLOURS = {
    "ground": "#f4f1ea",
    "outline": "#1f4e79",
    "inside": "#e7eef6",
    "other": "#d9d4c8",
    "building": "#b9b2a3",
    "own": "#8fa3b8",
    "working": "#1b7f5c",
    "faulty": "#c0392b",
    "planned": "#8e8e8e",
    "gate": "#b36b00",
    "wedge": "#1b7f5c",
}


@dataclass(frozen=True)
class Plan:
    """An SVG of a plan, its height over its width, and what its caption must say."""

    svg: str
    ratio: float
    bar_m: int
    counts: dict[str, int]


def draw_plan(served: Served, community_id: str) -> Plan:
    """Draw the plan of a community.

    Parameters
    ----------
    served
        The build.
    community_id
        A community of it.

    Returns
    -------
    Plan
        Numbers and shapes alone: no text of a file reaches the SVG. The bar at the lower left is
        `bar_m` metres long; north is up.
    """
    rows = served.con.execute(
        "SELECT geometry FROM core.communities WHERE community_id = ?", [community_id]
    ).fetchall()
    outline = shapely.from_wkb(bytes(rows[0][0]))
    west, south, east, north = outline.bounds
    margin = max(LEAST_MARGIN_M, MARGIN_FRACTION * max(east - west, north - south))
    frame = _Frame(west - margin, south - margin, east + margin, north + margin)
    parts = [f'<rect width="{WIDTH:g}" height="{frame.height:.2f}" fill="{_COLOURS["ground"]}"/>']
    parts += _neighbours(served, frame, community_id)
    parts.append(_path(frame, outline, _COLOURS["inside"], _COLOURS["outline"], 4))
    parts += _buildings(served, frame, community_id)
    cameras = _cameras(served, frame)
    gates = _gates(served, community_id)
    parts += [_camera(frame, one) for one in cameras]
    parts += [_gate(frame, x, y) for x, y in gates]
    bar = _bar_m(frame)
    parts.append(_bar(frame, bar))
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH:g} {frame.height:.2f}">'
        + "".join(parts)
        + "</svg>"
    )
    counts = {"gates": len(gates), "cameras": len(cameras)}
    counts["faulty"] = sum(one["status"] == "faulty" for one in cameras)
    return Plan(svg, frame.height / WIDTH, bar, counts)


@dataclass(frozen=True)
class _Frame:
    west: float
    south: float
    east: float
    north: float

    @property
    def scale(self) -> float:
        return WIDTH / (self.east - self.west)

    @property
    def height(self) -> float:
        return (self.north - self.south) * self.scale

    def at(self, x: float, y: float) -> tuple[float, float]:
        return (x - self.west) * self.scale, (self.north - y) * self.scale


def _neighbours(served: Served, frame: _Frame, community_id: str) -> list[str]:
    rows = served.con.execute(
        "SELECT geometry FROM core.communities WHERE community_id <> ? ORDER BY community_id",
        [community_id],
    ).fetchall()
    shapes = shapely.from_wkb([bytes(one) for (one,) in rows])
    box = shapely.box(frame.west, frame.south, frame.east, frame.north)
    near = [shapely.intersection(one, box) for one in shapes if shapely.intersects(one, box)]
    return [_path(frame, one, "none", _COLOURS["other"], 2) for one in near]


def _buildings(served: Served, frame: _Frame, community_id: str) -> list[str]:
    rows = served.con.execute(
        "SELECT geometry FROM core.buildings WHERE community_id = ? ORDER BY building_id",
        [community_id],
    ).fetchall()
    shapes = shapely.from_wkb([bytes(one) for (one,) in rows])
    return [_path(frame, one, _COLOURS["own"], "none", 0) for one in shapes]


def _cameras(served: Served, frame: _Frame) -> list[dict[str, Any]]:
    return served.rows(
        "SELECT x, y, bearing_deg, coalesce(status, 'working') AS status FROM core.cameras "
        "WHERE x BETWEEN $west AND $east AND y BETWEEN $south AND $north "
        "AND coalesce(status, 'working') <> 'retired' ORDER BY camera_id",
        west=frame.west,
        east=frame.east,
        south=frame.south,
        north=frame.north,
    )


def _gates(served: Served, community_id: str) -> list[tuple[float, float]]:
    rows = served.con.execute(
        "SELECT x, y FROM core.gates WHERE community_id = ? AND kind <> 'building' "
        "ORDER BY gate_id",
        [community_id],
    ).fetchall()
    return [(float(x), float(y)) for x, y in rows]


def _path(frame: _Frame, shape: Any, fill: str, stroke: str, width: float) -> str:
    rings = []
    for part in getattr(shape, "geoms", [shape]):
        if part.geom_type != "Polygon":
            continue
        for ring in (part.exterior, *part.interiors):
            points = [frame.at(x, y) for x, y in ring.coords]
            rings.append("M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points) + "Z")
    line = f' stroke="{stroke}" stroke-width="{width:g}" stroke-linejoin="round"' if width else ""
    return f'<path d="{"".join(rings)}" fill="{fill}" fill-rule="evenodd"{line}/>'


def _camera(frame: _Frame, camera: dict[str, Any]) -> str:
    x, y = frame.at(camera["x"], camera["y"])
    colour = _COLOURS.get(camera["status"], _COLOURS["planned"])
    dot = f'<circle cx="{x:.1f}" cy="{y:.1f}" r="9" fill="{colour}" stroke="#fff"/>'
    bearing = camera["bearing_deg"]
    if bearing is None:
        return dot
    a = math.radians(bearing)
    sides = [(x + 34 * math.sin(a + turn), y - 34 * math.cos(a + turn)) for turn in (-0.45, 0.45)]
    tip = " ".join(f"{u:.1f},{v:.1f}" for u, v in sides)
    wedge = f'<polygon points="{x:.1f},{y:.1f} {tip}" fill="{colour}" fill-opacity="0.35"/>'
    return wedge + dot


def _gate(frame: _Frame, x: float, y: float) -> str:
    u, v = frame.at(x, y)
    return (
        f'<rect x="{u - 9:.1f}" y="{v - 9:.1f}" width="18" height="18" '
        f'fill="{_COLOURS["gate"]}" stroke="#fff"/>'
    )


def _bar_m(frame: _Frame) -> int:
    width = frame.east - frame.west
    return max([one for one in _NICE if one <= width / 4] or [_NICE[0]])


def _bar(frame: _Frame, metres: int) -> str:
    y, length = frame.height - 24, metres * frame.scale
    return (
        f'<path d="M24 {y - 8:.1f}V{y:.1f}H{24 + length:.1f}V{y - 8:.1f}" fill="none" '
        'stroke="#333" stroke-width="3"/>'
        '<path d="M960 70L945 100L960 92L975 100Z" fill="#333"/>'
    )
