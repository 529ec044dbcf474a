"""Renderer 2: maps that are kept, mailed, or drawn upon, by folium and without a network.

The layers are drawn by the same script as the working map, so styles and legends cannot differ.
folium carries the map, the drawing tools and the file; its links to outside servers are replaced
by vendored files, and what is not vendored is refused.
"""

import base64
import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import folium
import numpy as np
from branca.element import Element
from folium.elements import JSCSSMixin
from folium.plugins import Draw
from folium.template import Template

from dashboard.encode import encode
from dashboard.leaflet import bundle
from dashboard.maps import (
    GzShapes,
    Layer,
    MapError,
    MapView,
    Points,
    compress_geojson,
    map_texts,
)
from dashboard.payload import bare_geojson, build_payload

VENDOR = bundle.VENDOR
# folium's name of a link -> vendored file; the map's own bundle carries Leaflet.
VENDORED = {
    "jquery": "jquery/jquery.min.js",
    "leaflet_draw_js": "leaflet-draw/leaflet.draw.js",
    "leaflet_draw_css": "leaflet-draw/leaflet.draw.css",
}
BUNDLED = {"leaflet": bundle.script, "leaflet_css": bundle.style}
# Every folium.Map lists these; only Icon markers use them, and those are refused below. jQuery is
# listed too, and kept when there is a popup to use it.
UNUSED = frozenset(
    {
        *("bootstrap", "bootstrap_css", "glyphicons_css", "awesome_markers"),
        *("awesome_markers_css", "awesome_markers_font_css", "awesome_rotate_css"),
    }
)
POLICY = (
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:; "
    "base-uri 'none'; form-action 'none'"
)
PAGE_STYLE = """
html, body { margin: 0; height: 100%; }
body { display: flex; flex-direction: column; }
h1 { font-family: system-ui, "Noto Sans CJK SC", "Microsoft YaHei", sans-serif; }
h1 { font-size: 18px; margin: 0; padding: 10px 14px; color: #1f2933; }
.folium-map { flex: 1; min-height: 0; }
"""


class InlineSender:
    """Writes content into the file itself."""

    def geometry(self, content: GzShapes) -> dict[str, Any]:
        """Give the geometry alone: attributes of the features stay out of the file."""
        return {"json": bare_geojson(content), "hash": content.sha256}

    def points(self, content: GzShapes, text: str) -> dict[str, Any]:
        """Give the packed points."""
        return {"text": text, "hash": content.sha256}

    def tips(self, content: GzShapes, texts: Sequence[str]) -> dict[str, Any]:
        """Give the encoded texts."""
        return {"list": list(texts), "hash": content.sha256}


class Layers(JSCSSMixin):
    """The layers of a view as a folium element."""

    _template = Template(
        """
        {% macro script(this, kwargs) %}
            AnxingMap.attach({{ this._parent.get_name() }}, {{ this.payload }}, {});
        {% endmacro %}
        """
    )

    def __init__(self, payload: dict[str, Any]) -> None:
        """Keep the payload as script-safe JSON."""
        super().__init__()
        self._name = "AnxingLayers"
        self._id = "layers"
        self.payload = script_json(payload)


class DrawWords(JSCSSMixin):
    """The words of the drawing tools in the reader's language."""

    _template = Template(
        """
        {% macro script(this, kwargs) %}
            AnxingMap.words(L.drawLocal, {{ this.words }});
        {% endmacro %}
        """
    )

    def __init__(self, lang: str) -> None:
        """Keep the words as script-safe JSON."""
        super().__init__()
        self._name = "DrawWords"
        self._id = "words"
        self.words = script_json(map_texts(lang)["draw"])


class Inline(Element):
    """A script or style sheet written into the page, never read as a template."""

    _template = Template("<{{ this.tag }}>{{ this.text }}</{{ this.tag }}>")

    def __init__(self, tag: str, text: str) -> None:
        """Keep the text, which must not end its own element."""
        super().__init__()
        self._name = "Inline"
        if f"</{tag}" in text.lower():
            raise MapError(
                f"vendored {tag}: holds </{tag}; text without it was expected. "
                "Vendor another build of the package."
            )
        self.tag, self.text = tag, text


def script_json(value: object) -> str:
    r"""Write JSON that means the same in a script, a template literal, an attribute and to Jinja.

    Parameters
    ----------
    value
        Anything JSON can hold.

    Returns
    -------
    str
        ASCII; ``< > & ' ` $`` and what opens a Jinja tag only as ``\uXXXX``.

    Notes
    -----
    folium reads a finished script as a template once more, so ``{{ }}`` in a name from a file
    would run on this server. In JSON a brace before ``{``, ``%`` or ``#`` is always inside a text.
    """
    text = json.dumps(value, ensure_ascii=True, separators=(",", ":"))
    return re.sub(r"[<>&'`$]|\{(?=[{%#])", lambda found: f"\\u{ord(found[0]):04x}", text)


def folium_map(view: MapView) -> folium.Map:
    """Give a view as a folium map whose scripts are still folium's outside links.

    Parameters
    ----------
    view
        The map; a tile server is left out, for the file must not call anyone.

    Returns
    -------
    folium.Map
        To add further elements to; see :func:`offline` and :func:`render_page`. Features that a
        filter hides are not in it; layers switched off are.
    """
    west, south, east, north = view.bounds or (*view.centre, *view.centre)  # type: ignore[misc]
    drawn = folium.Map(
        location=[(south + north) / 2, (west + east) / 2],
        tiles=None,
        zoom_start=int(view.zoom),
        zoom_control=False,
        attribution_control=False,
        max_zoom=21,
        font_size="13px",
    )
    drawn._id = "main"
    drawn.options |= {"maxZoom": 21, "zoomSnap": 0.25, "zoomDelta": 0.5}
    kept = replace(view, base=None, layers=tuple(_without_hidden(la) for la in view.layers))
    drawn.add_child(Layers(build_payload(kept, InlineSender())))
    return drawn


def portable_map(view: MapView) -> bytes:
    """Make a self-contained HTML file of a view.

    Parameters
    ----------
    view
        The map. Whatever it shows is in the file and can be read by whoever gets it.

    Returns
    -------
    bytes
        UTF-8; opens from a disk or a mail with no request leaving, the same for the same view.
    """
    return render_page(folium_map(view), title=view.title, lang=view.lang)


def drawing_map(view: MapView, *, shapes: Sequence[str] = ("polygon", "rectangle")) -> folium.Map:
    """Give a map to draw zones on, to be shown with `st_folium(..., returned_objects=[...])`.

    Parameters
    ----------
    view
        What lies beneath; nothing of it can be picked.
    shapes
        Of polygon, rectangle, polyline, marker, circle.

    Returns
    -------
    folium.Map
        With drawing tools in the view's language and only links the app itself serves. Ask
        st_folium for ``all_drawings``.
    """
    still = replace(view, layers=tuple(replace(la, pickable=False) for la in view.layers))
    drawn = folium_map(still)
    tools = {name: name in shapes for name in ("polygon", "rectangle", "polyline", "marker")}
    tools |= {"circle": "circle" in shapes, "circlemarker": False}
    drawn.add_child(DrawWords(view.lang))
    drawn.add_child(Draw(show_geometry_on_click=False, draw_options=tools))
    return offline(drawn, root="../../")


def offline(drawn: folium.Map, *, root: str) -> folium.Map:
    """Replace every outside link of a folium map by an address this app serves.

    Parameters
    ----------
    drawn
        The map, with all its elements added.
    root
        The app's root as seen from where the map is shown; `../../` in st_folium's frame.

    Returns
    -------
    folium.Map
        The same map.

    Raises
    ------
    MapError
        When an element needs a file that is not vendored; its message names it.
    """

    def address(name: str) -> str:
        if name in BUNDLED:
            return f"{root}assets/{BUNDLED[name]().name}"
        return root + bundle.vendor_address(VENDORED[name])

    _replace_links(drawn, address)
    return drawn


def render_page(drawn: folium.Map, *, title: str, lang: str) -> bytes:
    """Write a folium map as one file with its scripts, styles and images inside.

    Parameters
    ----------
    drawn
        The map, with all its elements added; it is used up.
    title
        Heading of the page and of the window.
    lang
        Language of the page.

    Returns
    -------
    bytes
        HTML in UTF-8 that may load nothing, by its own content security policy.
    """
    names: dict[str, None] = {}
    _replace_links(drawn, lambda name: names.setdefault(name, None), keep=False)
    figure = folium.Figure(title=encode(title))
    policy = f'<meta http-equiv="Content-Security-Policy" content="{POLICY}" />'
    figure.header.add_child(Element(policy), name="policy")
    for name in names:
        tag = "style" if name.endswith("_css") else "script"
        figure.header.add_child(Inline(tag, _file_text(name)), name=name)
    figure.header.add_child(Inline("style", PAGE_STYLE), name="page_style")
    # An Element is a Jinja template, and encoded text has no brace to open a tag with.
    heading = Element(f"<header><h1>{encode(title)}</h1></header>")
    figure.html.add_child(heading, name="heading")
    figure.add_child(drawn)
    html = figure.render().replace("<html>", f'<html lang="{encode(lang)}">', 1)
    # A reader who needs to enlarge the page must be able to.
    return html.replace(", maximum-scale=1.0, user-scalable=no", "", 1).encode()


def _without_hidden(layer: Layer) -> Layer:
    """Drop what a filter hides: a working map may hold it back, a file given away must not."""
    if layer.shown is None:
        return layer
    rows = np.flatnonzero(np.asarray(layer.shown, dtype=bool)).tolist()
    geometry: GzShapes | Points
    if isinstance(layer.geometry, Points):
        geometry = Points(
            np.asarray(layer.geometry.lon)[rows], np.asarray(layer.geometry.lat)[rows]
        )
    else:
        features = bare_geojson(layer.content())["features"]
        geometry = compress_geojson(json.dumps({"features": [features[i] for i in rows]}))
    return replace(
        layer,
        geometry=geometry,
        feature_ids=tuple(layer.feature_ids[i] for i in rows),
        values=None if layer.values is None else [layer.values[i] for i in rows],
        tooltips=None if layer.tooltips is None else [layer.tooltips[i] for i in rows],
        shown=None,
    )


def _replace_links(drawn: folium.Map, address: Callable[[str], Any], *, keep: bool = True) -> None:
    elements = list(_walk(drawn))
    unused = UNUSED if any(isinstance(e, folium.Popup) for e in elements) else UNUSED | {"jquery"}
    for element in elements:
        if isinstance(element, folium.Icon):
            raise MapError(
                "folium: an Icon needs fonts that are not vendored; a CircleMarker or a layer of "
                "points was expected. Use one of these."
            )
        if not isinstance(element, JSCSSMixin):
            continue
        for links in ("default_js", "default_css"):
            names = [name for name, _ in getattr(element, links) if name not in unused]
            unknown = [name for name in names if name not in VENDORED and name not in BUNDLED]
            if unknown:
                raise MapError(
                    f"folium {type(element).__name__}: needs {', '.join(unknown)}; only "
                    f"{', '.join(sorted({*VENDORED, *BUNDLED}))} are vendored. Vendor it in "
                    "dashboard/static/vendor with its digest, or leave the element out."
                )
            replaced = [(name, address(name)) for name in names]
            setattr(element, links, replaced if keep else [])


def _walk(element: Any) -> Iterator[Any]:
    yield element
    for child in element._children.values():
        yield from _walk(child)


def _file_text(name: str) -> str:
    if name in BUNDLED:
        text = BUNDLED[name]().text
        folder = VENDOR / "leaflet"
    else:
        path = VENDOR / VENDORED[name]
        text, folder = path.read_text(encoding="utf-8"), path.parent
    return _inline_images(text, folder) if name.endswith("_css") else text


def _inline_images(css: str, folder: Path) -> str:
    def data(found: re.Match[str]) -> str:
        kind = "svg+xml" if found[1].endswith(".svg") else "png"
        image = base64.b64encode((folder / found[1]).read_bytes()).decode()
        return f"url(data:image/{kind};base64,{image})"

    return re.sub(r"""url\(['"]?(images/[\w.-]+)['"]?\)""", data, css)
