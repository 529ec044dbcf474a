"""Routes beside Streamlit: geometry for those who hold a token, assets, health, headers.

Starlette routes do not see Streamlit's user, so a page signs the addresses it hands out and ties
them to a cookie of the browser; whatever carries no valid signature is refused.
"""

import base64
import gzip
import hashlib
import re
import secrets
from functools import cache
from http.cookies import CookieError, SimpleCookie
from pathlib import Path

import streamlit
from starlette.datastructures import MutableHeaders
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dashboard.geometry_store import STORE, GeometryStore
from dashboard.leaflet import bundle

BROWSER_COOKIE = "anxing_browser"
FOREVER = "max-age=31536000, immutable"
FOLIUM_PATH = "/component/streamlit_folium"


def make_routes(
    store: GeometryStore = STORE, *, build_pointer: Path | None = None, prefix: str = ""
) -> list[Route]:
    """Give the routes to hand to `streamlit.App`.

    Parameters
    ----------
    store
        Where pages put geometry.
    build_pointer
        `current.json` of the served store; health tells whether it is there.
    prefix
        `server.baseUrlPath`, which Streamlit puts before its own routes but not before these.

    Returns
    -------
    list of starlette.routing.Route
        Geometry, assets, vendored files, health.
    """

    async def geometry(request: Request) -> Response:
        sha256 = request.path_params["sha256"]
        allowed = store.allows(
            sha256,
            browser=request.cookies.get(BROWSER_COOKIE, ""),
            expires=request.query_params.get("e", ""),
            token=request.query_params.get("t", ""),
        )
        if not allowed:
            return _refused(403)
        held = store.get(sha256)
        if held is None:
            return _refused(404)
        return _compressed(request, held, "application/json", f"private, {FOREVER}")

    async def asset(request: Request) -> Response:
        found = bundle.asset(request.path_params["name"])
        if found is None:
            return _refused(404)
        return _compressed(request, found.gz, found.media_type, f"public, {FOREVER}")

    async def vendor(request: Request) -> Response:
        found = bundle.vendored_bytes(request.path_params["name"])
        if found is None:
            return _refused(404)
        return _compressed(request, *found, f"public, {FOREVER}")

    async def health(_: Request) -> Response:
        served = build_pointer is None or build_pointer.is_file()
        return JSONResponse(
            {"status": "ok" if served else "no build"},
            status_code=200 if served else 503,
            headers={"Cache-Control": "no-store"},
        )

    base = f"/{prefix.strip('/')}" if prefix.strip("/") else ""
    return [
        Route(f"{base}/geometry/{{sha256}}.json", geometry),
        Route(f"{base}/assets/{{name}}", asset),
        Route(f"{base}/vendor/{{name:path}}", vendor),
        Route(f"{base}/health", health),
    ]


def make_middleware(*, tile_hosts: tuple[str, ...] = ()) -> list[Middleware]:
    """Give the middleware to hand to `streamlit.App`.

    Parameters
    ----------
    tile_hosts
        Origins of the district's tile servers, `https://host`; none by default.

    Returns
    -------
    list of starlette.middleware.Middleware
        Security headers and the browser's cookie.
    """
    return [Middleware(SecurityHeaders, tile_hosts=tile_hosts)]


def content_security_policy(*, tile_hosts: tuple[str, ...] = (), folium: bool = False) -> str:
    """Give the policy a page is served with.

    Parameters
    ----------
    tile_hosts
        Origins images may also come from.
    folium
        True for the frame of streamlit-folium only, which writes its script into its own page.

    Returns
    -------
    str
        The header's value.
    """
    images = " ".join(("'self'", "data:", "blob:", *tile_hosts))
    scripts = ("'unsafe-inline'",) if folium else _streamlit_inline_scripts()
    scripts = " ".join(("'self'", "blob:", *scripts))
    return (
        f"default-src 'self'; script-src {scripts}; style-src 'self' 'unsafe-inline'; "
        f"img-src {images}; font-src 'self' data:; connect-src 'self' ws: wss:; "
        "worker-src 'self' blob:; frame-src 'self' blob:; frame-ancestors 'self'; "
        "base-uri 'self'; form-action 'self'; object-src 'none'"
    )


class SecurityHeaders:
    """Adds the headers Streamlit does not send, and gives each browser its cookie."""

    def __init__(self, app: ASGIApp, *, tile_hosts: tuple[str, ...] = ()) -> None:
        """Keep the two policies ready."""
        self._app = app
        self._policy = content_security_policy(tile_hosts=tile_hosts)
        self._folium_policy = content_security_policy(tile_hosts=tile_hosts, folium=True)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and add to the head of the answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._add(MutableHeaders(scope=message), scope)
            await send(message)

        await self._app(scope, receive, send_with_headers)

    def _add(self, headers: MutableHeaders, scope: Scope) -> None:
        folium = FOLIUM_PATH in scope["path"]
        headers["Content-Security-Policy"] = self._folium_policy if folium else self._policy
        headers["X-Content-Type-Options"] = "nosniff"
        headers["Referrer-Policy"] = "same-origin"
        headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=(), payment=()"
        headers["Cross-Origin-Opener-Policy"] = "same-origin"
        headers["Cross-Origin-Resource-Policy"] = "same-origin"
        if headers.get("content-type", "").startswith("text/html") and not _has_cookie(scope):
            headers.append("Set-Cookie", _new_cookie(secure=scope.get("scheme") == "https"))


@cache
def _streamlit_inline_scripts() -> tuple[str, ...]:
    """Name by their digest the scripts written into the page that Streamlit itself ships."""
    page = Path(streamlit.__file__).parent / "static" / "index.html"
    found = re.findall(r"<script>(.*?)</script>", page.read_text(encoding="utf-8"), re.DOTALL)
    digests = (base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in found)
    return tuple(f"'sha256-{digest}'" for digest in digests)


def _compressed(request: Request, gz: bytes, media_type: str, cache: str) -> Response:
    headers = {"Cache-Control": cache, "Vary": "Accept-Encoding"}
    if "gzip" in request.headers.get("accept-encoding", ""):
        headers["Content-Encoding"] = "gzip"
        return Response(gz, media_type=media_type, headers=headers)
    return Response(gzip.decompress(gz), media_type=media_type, headers=headers)


def _refused(status: int) -> Response:
    return Response(status_code=status, headers={"Cache-Control": "no-store"})


def _has_cookie(scope: Scope) -> bool:
    cookies: SimpleCookie = SimpleCookie()
    try:
        for name, value in scope["headers"]:
            if name == b"cookie":
                cookies.load(value.decode("latin-1"))
    except CookieError:
        return False
    return BROWSER_COOKIE in cookies and bool(cookies[BROWSER_COOKIE].value)


def _new_cookie(*, secure: bool) -> str:
    value = f"{BROWSER_COOKIE}={secrets.token_urlsafe(24)}; Path=/; HttpOnly; SameSite=Lax"
    return f"{value}; Secure" if secure else value
