"""The browser's side of the map as one script and one style sheet, named by their content."""

import gzip
import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

HERE = Path(__file__).parent
VENDOR = HERE.parent / "static" / "vendor"


@dataclass(frozen=True)
class Asset:
    """A file made of several, as text, compressed, and under the name it is served by."""

    text: str
    gz: bytes
    name: str
    media_type: str


@cache
def script() -> Asset:
    """Give Leaflet and the map's own scripts, in order."""
    own = sorted((HERE / "js").glob("*.js"))
    return _asset([VENDOR / "leaflet" / "leaflet.js", *own], "js", "text/javascript")


@cache
def style() -> Asset:
    """Give Leaflet's style sheet and the map's own."""
    return _asset([VENDOR / "leaflet" / "leaflet.css", HERE / "map.css"], "css", "text/css")


def asset(name: str) -> Asset | None:
    """Find an asset by the name it is served under.

    Parameters
    ----------
    name
        Last part of the address.

    Returns
    -------
    Asset or None
        None for any other name.
    """
    return next((found for found in (script(), style()) if found.name == name), None)


def _asset(files: list[Path], suffix: str, media_type: str) -> Asset:
    text = "\n".join(file.read_text(encoding="utf-8") for file in files)
    text = text.replace("//# sourceMappingURL=leaflet.js.map", "")
    raw = text.encode()
    name = f"map.{hashlib.sha256(raw).hexdigest()[:16]}.{suffix}"
    return Asset(text, gzip.compress(raw, 9, mtime=0), name, media_type)
