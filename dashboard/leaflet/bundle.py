"""The browser's side of the map: one script and one style sheet named by their content, and the
vendored files as the manifest lists them.
"""

import gzip
import hashlib
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

HERE = Path(__file__).parent
VENDOR = HERE.parent / "static" / "vendor"
MEDIA_TYPES = {
    ".js": "text/javascript",
    ".css": "text/css",
    ".png": "image/png",
    ".svg": "image/svg+xml",
}


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


@cache
def vendored() -> dict[str, Path]:
    """Give the vendored files by address, `package@version/path`; nothing else is served."""
    manifest = tomllib.loads((VENDOR / "manifest.toml").read_text(encoding="utf-8"))
    found = {}
    for package in manifest["package"]:
        for name in package["sha256"]:
            rest = name.removeprefix(f"{package['name']}/")
            found[f"{package['name']}@{package['version']}/{rest}"] = VENDOR / name
    return found


def vendor_address(path: str) -> str:
    """Give the address of a vendored file.

    Parameters
    ----------
    path
        Its path in the vendor folder.

    Returns
    -------
    str
        Below the app's root; it changes with the package's version.
    """
    return next(f"vendor/{name}" for name, file in vendored().items() if file == VENDOR / path)


@cache
def vendored_bytes(name: str) -> tuple[bytes, str] | None:
    """Give a vendored file compressed, with its media type.

    Parameters
    ----------
    name
        Its address below `vendor/`.

    Returns
    -------
    tuple of bytes and str, or None
        None for a name the manifest does not list.
    """
    file = vendored().get(name)
    if file is None:
        return None
    return gzip.compress(file.read_bytes(), 9, mtime=0), MEDIA_TYPES[file.suffix]


def _asset(files: list[Path], suffix: str, media_type: str) -> Asset:
    text = "\n".join(file.read_text(encoding="utf-8") for file in files)
    text = text.replace("//# sourceMappingURL=leaflet.js.map", "")
    raw = text.encode()
    name = f"map.{hashlib.sha256(raw).hexdigest()[:16]}.{suffix}"
    return Asset(text, gzip.compress(raw, 9, mtime=0), name, media_type)
