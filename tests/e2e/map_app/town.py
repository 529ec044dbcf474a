"""A made-up jurisdiction for trying maps: communities, cameras with wedges, incidents."""

import json
import math

import numpy as np

from dashboard.encode import encode_lines
from dashboard.maps import Layer, MapView, Points
from dashboard.styles import STARS, Style, Swatch, categories, single

WEST, SOUTH = 121.3000, 31.2000
DX, DY = 1 / 95_200, 1 / 110_900  # degrees a metre at this latitude
COMMUNITIES = 48


def at(x: float, y: float) -> list[float]:
    """Metres from the south-west corner to degrees."""
    return [round(WEST + x * DX, 6), round(SOUTH + y * DY, 6)]


def ring(points: list[tuple[float, float]]) -> list[list[float]]:
    return [at(x, y) for x, y in [*points, points[0]]]


def collection(geometries: list[dict]) -> str:
    return json.dumps(
        {
            "type": "FeatureCollection",
            "features": [
                {"type": "Feature", "properties": {}, "geometry": geometry}
                for geometry in geometries
            ],
        }
    )


def blocks(n_side: int, n_rows: int, rng: np.random.Generator) -> list[dict]:
    out = []
    for row in range(n_rows):
        for column in range(n_side):
            x, y, w, h = column * 260, row * 230, rng.uniform(170, 235), rng.uniform(150, 205)
            cut = rng.uniform(0, 60)
            shape = [(x, y), (x + w, y), (x + w, y + h - cut), (x + w - cut, y + h), (x, y + h)]
            out.append({"type": "Polygon", "coordinates": [ring(shape)]})
    return out


def wedge(x: float, y: float, bearing: float, hfov: float, reach: float) -> dict:
    turns = np.radians(np.linspace(bearing - hfov / 2, bearing + hfov / 2, 12))
    arc = [(x + reach * math.sin(t), y + reach * math.cos(t)) for t in turns]
    return {"type": "Polygon", "coordinates": [ring([(x, y), *arc])]}


def town_view(*, lang: str = "zh", month: int = 0, names: list[str] | None = None) -> MapView:
    rng = np.random.default_rng(7)
    shapes = blocks(8, 6, rng)
    names = names or [f"安星{i + 1}村" for i in range(COMMUNITIES)]
    stars = np.clip(rng.integers(1, 6, COMMUNITIES), 1, 5).astype(object)
    stars[5] = None
    xy = rng.uniform((0, 0), (2050, 1350), (60, 2))
    bearings = rng.uniform(0, 360, 60)
    wedges = [wedge(x, y, b, 62, 60) for (x, y), b in zip(xy, bearings, strict=True)]
    hot = rng.normal((900, 700), (160, 120), (220, 2))
    spread = rng.uniform((0, 0), (2050, 1350), (180, 2))
    incidents = np.vstack([hot, spread])
    months = rng.integers(1, 13, len(incidents))
    zh = lang == "zh"
    star_label = "{} 星" if zh else "{} stars"
    patterns = ("cross", "hatch", "solid", "solid", "solid")
    star_style = categories(
        {
            s: Swatch(star_label.format(s), STARS[s - 1], pattern=patterns[s - 1])
            for s in range(5, 0, -1)
        },
        fill_opacity=0.75,
    )
    kind_style = Style(
        (
            Swatch("入室盗窃" if zh else "Burglary", "#d55e00", symbol="triangle"),
            Swatch("电动车被盗" if zh else "Stolen e-bike", "#0072b2", symbol="square"),
            Swatch("纠纷" if zh else "Dispute", "#f0e442", symbol="circle"),
        ),
        keys=("burglary", "ebike", "dispute"),
        radius=4.5,
        fill_opacity=0.9,
        stroke="#ffffff",
    )
    kinds = np.array(["burglary", "ebike", "dispute"])[rng.integers(0, 3, len(incidents))]
    ids = tuple(f"C{i:03d}" for i in range(COMMUNITIES))
    outline = [[(-40, -40), (2100, -40), (2100, 1400), (1500, 1440), (-40, 1400)]]
    layers = (
        Layer(
            "communities",
            "小区安全星级" if zh else "Community stars",
            "polygon",
            collection(shapes),
            ids,
            star_style,
            values=stars,
            pickable=True,
            tooltips=[
                encode_lines([name, star_label.format(s) if s else None])
                for name, s in zip(names, stars, strict=True)
            ],
        ),
        Layer(
            "blind",
            "盲区" if zh else "Blind spots",
            "polygon",
            collection(
                [
                    {
                        "type": "Polygon",
                        "coordinates": [ring([(700, 500), (1000, 480), (980, 640), (720, 660)])],
                    },
                    {
                        "type": "Polygon",
                        "coordinates": [
                            ring([(1400, 900), (1620, 930), (1580, 1080), (1390, 1050)])
                        ],
                    },
                ]
            ),
            ("b1", "b2"),
            single(
                "#1f2933",
                pattern="backhatch",
                fill_opacity=0.15,
                stroke="#1f2933",
                stroke_width=1.5,
            ),
        ),
        Layer(
            "wedges",
            "摄像机可识别范围" if zh else "Recognised by cameras",
            "polygon",
            collection(wedges),
            tuple(f"w{i}" for i in range(60)),
            single("#56b4e9", fill_opacity=0.55, stroke="#0072b2"),
        ),
        Layer(
            "border",
            "辖区边界" if zh else "Jurisdiction",
            "line",
            collection([{"type": "LineString", "coordinates": ring(outline[0])}]),
            ("j",),
            single("#5b2a86", dash=(10, 6), stroke_width=3),
        ),
        Layer(
            "incidents",
            "警情" if zh else "Incidents",
            "point",
            Points(WEST + incidents[:, 0] * DX, SOUTH + incidents[:, 1] * DY),
            tuple(f"i{i}" for i in range(len(incidents))),
            kind_style,
            values=kinds,
            shown=None if month == 0 else months == month,
        ),
        Layer(
            "cameras",
            "摄像机" if zh else "Cameras",
            "point",
            Points(WEST + xy[:, 0] * DX, SOUTH + xy[:, 1] * DY),
            tuple(f"cam{i}" for i in range(60)),
            single(
                "#ffffff",
                symbol="diamond",
                radius=5,
                stroke="#0b3d91",
                stroke_width=2,
                fill_opacity=1,
            ),
            pickable=True,
        ),
    )
    return MapView(
        layers,
        "阳光派出所辖区" if zh else "Sunlight station jurisdiction",
        lang=lang,
        bounds=(*at(-60, -60), *at(2150, 1480)),
        height_px=560,
    )
