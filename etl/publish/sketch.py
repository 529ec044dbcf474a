"""The map as inline SVG: areas of communities, nothing under them."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import shapely

from etl.publish.html import Html, tag
from etl.publish.marks import Mark, state_of
from etl.publish.read import Community, Standard
from etl.publish.texts import Language, say

WIDTH, TALLEST, MARGIN = 1000.0, 1300.0, 12.0
DETAIL = 0.6  # of a unit; the map is seldom drawn wider than a thousand pixels
LARGEST_SIGN, SMALLEST_SIGN = 34.0, 13.0
_NICE = (1.0, 2.0, 5.0)


def draw_map(
    communities: list[Community],
    standard: Standard,
    marks: Mapping[str, Mark],
    language: Language,
    *,
    prefix: str,
    title: str,
) -> Html | None:
    """Draw the communities coloured by their mark, each with its sign, as one SVG.

    Parameters
    ----------
    communities
        With shapes in metres; those without a shape are left out.
    standard, marks
        Whose ratings, and how they are marked.
    language
        Of titles and labels.
    prefix
        Before ids of patterns and addresses of pages, so that two maps share a page.
    title
        Accessible name of the map.

    Returns
    -------
    Html or None
        None when no community has a shape.
    """
    drawn = [one for one in communities if one.shape is not None and not one.shape.is_empty]
    if not drawn:
        return None
    west, south, east, north = shapely.total_bounds([one.shape for one in drawn]).tolist()
    scale = min(
        (WIDTH - 2 * MARGIN) / max(east - west, 1.0),
        (TALLEST - 2 * MARGIN) / max(north - south, 1.0),
    )
    left = (WIDTH - (east - west) * scale) / 2

    def place(points: np.ndarray) -> np.ndarray:
        x = left + (points[:, 0] - west) * scale
        return np.column_stack([x, MARGIN + (north - points[:, 1]) * scale])

    areas = []
    for one in drawn:
        mark = marks[state_of(standard, one.community_id)]
        shape = shapely.simplify(shapely.transform(one.shape, place), DETAIL)
        said = f"{one.name.of(language)}{say(language, 'colon')}{mark.label}"
        fill = f"url(#{prefix}{mark.css})" if mark.css in ("not_eligible", "no_data") else None
        area = tag("path", tag("title", said), d=_path(shape), class_=mark.css, fill=fill)
        page = f"community/{one.slug}.html"
        areas.append(tag("a", area, _sign(shape, mark.sign), href=page, aria_label=said))
    height = MARGIN * 2 + (north - south) * scale + 34
    return tag(
        "svg",
        _patterns(prefix),
        *areas,
        _scale_bar(scale, height, language),
        viewBox=f"0 0 {WIDTH:.0f} {height:.0f}",
        role="group",
        aria_label=title,
        class_="map",
    )


def _path(shape: shapely.Geometry) -> str:
    rings = []
    for part in shapely.get_parts(shape):
        if shapely.get_type_id(part) != 3:
            continue
        for ring in (part.exterior, *part.interiors):
            points = np.round(shapely.get_coordinates(ring)[:-1], 1)
            rings.append("M" + "L".join(f"{x:g} {y:g}" for x, y in points.tolist()) + "Z")
    return "".join(rings)


def _sign(shape: shapely.Geometry, sign: str) -> Html | None:
    """Return the sign in the widest place of a shape, None where it could not be read."""
    parts = [one for one in shapely.get_parts(shape) if shapely.area(one) > 0]
    if not parts:
        return None
    circle = shapely.maximum_inscribed_circle(max(parts, key=lambda one: float(one.area)), 1.0)
    radius = float(circle.length)
    size = min(LARGEST_SIGN, radius * 1.6 / max(1.0, len(sign) * 0.6))
    if size < SMALLEST_SIGN:
        return None
    x, y = shapely.get_coordinates(circle)[0].tolist()
    return tag("text", sign, x=f"{x:.0f}", y=f"{y + size * 0.36:.0f}", font_size=f"{size:.0f}")


def _patterns(prefix: str) -> Html:
    lines = tag("path", d="M0 4H8", stroke="#51616f", stroke_width="1.6")
    dots = tag("circle", cx="4", cy="4", r="1.3", fill="#51616f")
    return tag(
        "defs",
        *(
            tag(
                "pattern",
                tag("path", d="M0 0H8V8H0Z", fill="#eceff2"),
                drawn,
                id=f"{prefix}{name}",
                width="8",
                height="8",
                patternUnits="userSpaceOnUse",
            )
            for name, drawn in (("not_eligible", lines), ("no_data", dots))
        ),
    )


def _scale_bar(scale: float, height: float, language: Language) -> Html:
    most = 220.0 / scale
    power = 10.0 ** math.floor(math.log10(most))
    metres = max(one * power for one in _NICE if one * power <= most)
    words = (
        say(language, "scale_km", n=f"{metres / 1000:g}")
        if metres >= 1000
        else say(language, "scale_m", n=f"{metres:g}")
    )
    wide, y = metres * scale, height - 12
    line = f"M12 {y - 8:.0f}V{y:.0f}H{12 + wide:.0f}V{y - 8:.0f}"
    return tag(
        "g",
        tag("path", d=line, class_="scale"),
        tag("text", words, x=f"{22 + wide:.0f}", y=f"{y:.0f}", font_size="24", class_="said"),
    )


def draw_swatch(mark: Mark) -> Html:
    """Return a small square that looks as the areas of a mark do, with their sign."""
    prefix = "legend-"
    fill = f"url(#{prefix}{mark.css})" if mark.css in ("not_eligible", "no_data") else None
    return tag(
        "svg",
        tag("path", d="M1 1H29V21H1Z", class_=mark.css, fill=fill),
        tag("text", mark.sign, x="15", y="16", font_size="14"),
        viewBox="0 0 30 22",
        class_="swatch map",
        aria_hidden="true",
    )


def draw_legend_patterns() -> Html:
    """Return the patterns that swatches refer to, once a page."""
    return tag("svg", _patterns("legend-"), class_="hidden", aria_hidden="true")
