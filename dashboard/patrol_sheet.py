"""Tonight's patrol on one page of paper: a file that needs no network, no script and no app."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from itertools import groupby

import numpy as np
import shapely

from dashboard.formats import is_missing
from dashboard.page import Page
from dashboard.queries import places

Place = Callable[[np.ndarray], np.ndarray]
WIDTH, HEIGHT = 760.0, 560.0
LEAST_M = 250.0  # the map shows at least this much ground
STYLE = """
@page { size: A4; margin: 12mm; }
body { font: 14px/1.5 "Noto Sans CJK SC", "Microsoft YaHei", system-ui, sans-serif; color: #000;
  margin: 16px auto; max-width: 800px; padding: 0 12px; }
h1 { font-size: 22px; margin: 0; } p { margin: 4px 0; } svg { width: 100%; height: auto; }
table { border-collapse: collapse; width: 100%; margin: 10px 0; page-break-inside: avoid; }
caption { text-align: left; font-weight: 700; padding: 4px 0; }
th, td { border: 1px solid #555; padding: 4px 7px; text-align: left; }
td.n { text-align: right; white-space: nowrap; } td.tick { width: 22mm; }
.small { font-size: 12px; color: #333; }
"""


@dataclass(frozen=True)
class Leg:
    """One stop of a patrol: when, where, how far from the one before; metres."""

    patrol: int
    stop: int
    when: str
    place: str
    leg_m: float | None
    x: float
    y: float
    raised: float | None = None


@dataclass(frozen=True)
class Sheet:
    """What one night's page says."""

    title: str
    area: str
    station: str
    summary: str
    legs: tuple[Leg, ...]
    cell_m: float
    radius_m: float


def patrol_sheet(page: Page, sheet: Sheet) -> bytes:
    """Return the page as HTML in UTF-8: title, map drawn as lines, a table for each patrol.

    Every text is escaped; the file has no script and may load nothing.
    """
    t = page.t
    tables = "".join(
        _table(page, patrol, list(legs))
        for patrol, legs in groupby(sheet.legs, key=lambda leg: leg.patrol)
    )
    foot = t("tonight.sheet_foot", build=page.build.id, day=page.f.day(page.build.as_of))
    policy = "default-src 'none'; style-src 'unsafe-inline'"
    html = (
        f'<!DOCTYPE html><html lang="{escape(t.language)}"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(sheet.title)}</title><style>{STYLE}</style></head><body>"
        f"<h1>{escape(sheet.title)}</h1><p>{escape(sheet.area)} · {escape(sheet.summary)}</p>"
        f"{_map(page, sheet)}{tables}"
        f'<p class="small">{escape(t("tonight.sheet_care"))}</p>'
        f'<p class="small">{escape(foot)}</p></body></html>'
    )
    return html.encode()


def _table(page: Page, patrol: int, legs: Sequence[Leg]) -> str:
    t, f = page.t, page.f
    names = ("tonight.stop", "tonight.when", "tonight.where", "tonight.leg", "tonight.raised",
             "tonight.done")  # fmt: skip
    head = "".join(f"<th>{escape(t(one))}</th>" for one in names)
    body = "".join(
        f'<tr><td class="n">{leg.stop}</td><td>{escape(leg.when)}</td>'
        f'<td>{escape(leg.place)}</td><td class="n">{escape(f.metres(leg.leg_m))}</td>'
        f'<td class="n">{escape(_raised(page, leg))}</td><td class="tick"></td></tr>'
        for leg in legs
    )
    title = escape(t("tonight.walk_of", n=patrol))
    return f"<table><caption>{title}</caption><tr>{head}</tr>{body}</table>"


def _raised(page: Page, leg: Leg) -> str:
    if is_missing(leg.raised) or float(leg.raised or 1) <= 1:
        return ""
    return page.t("clusters.times", x=page.f.number(leg.raised))


def _map(page: Page, sheet: Sheet) -> str:
    """Draw communities, cells, walks and numbered stops; north is up, a bar gives the scale."""
    at = np.array([(leg.x, leg.y) for leg in sheet.legs], float)
    if not len(at):
        return ""
    low, high = at.min(axis=0) - sheet.cell_m * 2, at.max(axis=0) + sheet.cell_m * 2
    middle, span = (low + high) / 2, np.maximum(high - low, LEAST_M)
    scale = min(WIDTH / span[0], HEIGHT / span[1])
    height = min(HEIGHT, span[1] * scale)
    corner = middle - np.array([WIDTH, height]) / scale / 2

    def place(xy: np.ndarray) -> np.ndarray:
        moved = (np.asarray(xy, float) - corner) * scale
        moved[:, 1] = height - moved[:, 1]
        return np.round(moved, 1)

    window = shapely.box(*corner, *(corner + np.array([WIDTH, height]) / scale))
    parts = [*_communities(page, window, place), *_cells(sheet, place), *_walks(sheet, place)]
    label = escape(page.t("tonight.map"))
    return (
        f'<svg viewBox="0 0 {WIDTH:g} {height:g}" role="img" aria-label="{label}">'
        f'<rect width="{WIDTH:g}" height="{height:g}" fill="#fff" stroke="#000"/>'
        f"{''.join(parts)}{_scale_bar(page, scale, height)}</svg>"
    )


def _communities(page: Page, window: shapely.Geometry, place: Place) -> list[str]:
    rows = places.outlines(page)
    shapes = shapely.from_wkb([bytes(one) for one in rows["geometry"]])
    drawn, words = [], []
    for row, shape in zip(rows.to_dict("records"), shapes, strict=True):
        seen = shapely.intersection(shape, window)
        if seen.is_empty:
            continue
        rings = [np.asarray(part.exterior.coords)[:, :2] for part in _parts(seen)]
        drawn += [f'<polygon points="{_points(place(ring))}" fill="#f1f1ee" stroke="#777"/>'
                  for ring in rings]  # fmt: skip
        x, y = place(shapely.get_coordinates(shapely.point_on_surface(seen)))[0]
        words.append(f'<text x="{x:g}" y="{y:g}" font-size="12" fill="#444" '
                     f'text-anchor="middle">{escape(page.name_of(row))}</text>')  # fmt: skip
    return drawn + words


def _parts(shape: shapely.Geometry) -> list[shapely.Polygon]:
    found = shapely.get_parts(shape)
    return [one for one in found if isinstance(one, shapely.Polygon)]


def _cells(sheet: Sheet, place: Place) -> list[str]:
    half = sheet.cell_m / 2
    seen = dict.fromkeys((leg.x, leg.y) for leg in sheet.legs)
    found = []
    for x, y in seen:
        ring = np.array([(x - half, y - half), (x + half, y - half), (x + half, y + half),
                         (x - half, y + half)])  # fmt: skip
        found.append(f'<polygon points="{_points(place(ring))}" fill="#e6913c" '
                     'fill-opacity=".3" stroke="#5a3a1c"/>')  # fmt: skip
    return found


def _walks(sheet: Sheet, place: Place) -> list[str]:
    dashes = ("", "9 4", "3 4", "12 3 3 3")
    lines, stops = [], []
    taken: dict[tuple[float, float], int] = {}
    for k, (patrol, part) in enumerate(groupby(sheet.legs, key=lambda leg: leg.patrol)):
        legs = list(part)
        at = place(np.array([(leg.x, leg.y) for leg in legs]))
        lines.append(
            f'<polyline points="{_points(at)}" fill="none" stroke="#000" stroke-width="2.5" '
            f'stroke-dasharray="{dashes[k % len(dashes)]}"/>'
        )
        numbers: dict[tuple[float, float], list[str]] = {}
        for (x, y), leg in zip(at.tolist(), legs, strict=True):
            numbers.setdefault((x, y), []).append(str(leg.stop))
        for (x, y), found in numbers.items():
            row = taken.get((x, y), 0)  # labels that share a place lie one below the other
            taken[x, y] = row + 1
            stops.append(_label(f"{patrol}-{','.join(found)}", x, y + 22 * row))
    return lines + stops


def _label(text: str, x: float, y: float) -> str:
    wide = 9 + 7 * len(text)
    return (
        f'<rect x="{x - wide / 2:g}" y="{y - 10:g}" width="{wide}" height="20" rx="4" fill="#fff" '
        f'stroke="#000" stroke-width="1.5"/><text x="{x:g}" y="{y + 5:g}" font-size="13" '
        f'font-weight="700" text-anchor="middle">{escape(text)}</text>'
    )


def _scale_bar(page: Page, scale: float, height: float) -> str:
    metres = next(m for m in (2000, 1000, 500, 200, 100, 50, 20, 10) if m * scale < 180 or m == 10)
    wide, y = metres * scale, height - 14
    return (
        f'<path d="M14 {y - 5:g}V{y:g}H{14 + wide:g}V{y - 5:g}" fill="none" stroke="#000" '
        f'stroke-width="2"/><text x="{20 + wide:g}" y="{y:g}" font-size="13">'
        f"{escape(page.f.metres(metres))}</text>"
        f'<path d="M{WIDTH - 24:g} 44L{WIDTH - 16:g} 14L{WIDTH - 8:g} 44L{WIDTH - 16:g} 37Z"/>'
        f'<text x="{WIDTH - 16:g}" y="60" font-size="13" text-anchor="middle">'
        f"{escape(page.t('tonight.north'))}</text>"
    )


def _points(xy: np.ndarray) -> str:
    return " ".join(f"{x:g},{y:g}" for x, y in xy)
