"""The routes beside Streamlit refuse whatever was not handed out, and every answer is guarded."""

import asyncio
import gzip
import hashlib
import tomllib
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from starlette.applications import Starlette
from starlette.responses import HTMLResponse
from starlette.routing import Route

from dashboard.geometry_store import TOKEN_LIFE_S, GeometryStore
from dashboard.leaflet import bundle
from dashboard.maps import GzShapes, compress_geojson
from dashboard.routes import (
    BROWSER_COOKIE,
    content_security_policy,
    make_middleware,
    make_routes,
)

CONTENT = compress_geojson('{"features": []}')
COOKIE = f"{BROWSER_COOKIE}=mine"


@pytest.fixture
def store():
    made = GeometryStore(b"k" * 32)
    made.put(CONTENT)
    return made


@pytest.fixture
def app(store):
    async def page(_):
        return HTMLResponse("<p>")

    routes = [*make_routes(store), Route("/", page), Route("/component/{rest:path}", page)]
    return Starlette(routes=routes, middleware=make_middleware(tile_hosts=("https://tiles.gov",)))


def ask(app, url, *, cookie=None, encoding="gzip", scheme="http"):
    """Send one request through the application as a server would."""
    path, query = urlsplit(f"/{url.lstrip('/')}").path, urlsplit(url).query
    headers = [(b"host", b"x"), (b"accept-encoding", encoding.encode())]
    if cookie:
        headers.append((b"cookie", cookie.encode()))
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": scheme,
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": headers,
        "client": ("127.0.0.1", 1),
        "server": ("x", 80),
    }
    sent = []

    async def receive():
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message):
        sent.append(message)

    asyncio.run(app(scope, receive, send))
    body = b"".join(m.get("body", b"") for m in sent[1:])
    fields = [(k.decode().lower(), v.decode()) for k, v in sent[0]["headers"]]
    return sent[0]["status"], dict(fields), body


def test_the_browser_an_address_was_made_for_gets_the_stored_bytes(app, store):
    status, headers, body = ask(app, store.url(CONTENT.sha256, browser="mine"), cookie=COOKIE)
    assert (status, body) == (200, CONTENT.gz)
    assert headers["content-encoding"] == "gzip"
    assert headers["cache-control"] == "private, max-age=31536000, immutable"


def test_a_client_without_gzip_gets_plain_bytes(app, store):
    url = store.url(CONTENT.sha256, browser="mine")
    status, headers, body = ask(app, url, cookie=COOKIE, encoding="identity")
    assert (status, body) == (200, b'{"features": []}')
    assert "content-encoding" not in headers


def changed(url, **parts):
    e, t = parts.get("e"), parts.get("t")
    path, query = url.split("?")
    old = dict(part.split("=") for part in query.split("&"))
    return f"{path}?e={e if e is not None else old['e']}&t={t if t is not None else old['t']}"


@pytest.mark.parametrize(
    ("spoil", "cookie"),
    [
        (lambda url: url, None),
        (lambda url: url, f"{BROWSER_COOKIE}=theirs"),
        (lambda url: url, f"{BROWSER_COOKIE}="),
        (lambda url: url.split("?")[0], COOKIE),
        (lambda url: changed(url, t=""), COOKIE),
        (lambda url: changed(url, t="0" * 64), COOKIE),
        (lambda url: changed(url, t="é"), COOKIE),
        (lambda url: changed(url, e="99999999999"), COOKIE),
        (lambda url: changed(url, e="soon"), COOKIE),
        (lambda url: url.replace(CONTENT.sha256, "0" * 64), COOKIE),
        (lambda url: url.replace(CONTENT.sha256, "..%2fsecret"), COOKIE),
    ],
)
def test_whatever_is_not_signed_for_this_browser_and_content_is_refused(app, store, spoil, cookie):
    status, headers, body = ask(
        app, spoil(store.url(CONTENT.sha256, browser="mine")), cookie=cookie
    )
    assert (status, body) == (403, b"")
    assert headers["cache-control"] == "no-store"


def test_an_address_ends_with_its_time(store):
    url = store.url(CONTENT.sha256, browser="mine", now=0)
    expires, token = (part.split("=")[1] for part in url.split("?")[1].split("&"))
    allowed = {"browser": "mine", "expires": expires, "token": token}
    assert int(expires) == 2 * TOKEN_LIFE_S
    assert store.allows(CONTENT.sha256, now=int(expires), **allowed)
    assert not store.allows(CONTENT.sha256, now=int(expires) + 1, **allowed)


def test_an_address_stays_the_same_for_hours_so_that_reruns_send_equal_bytes(store):
    first = store.url(CONTENT.sha256, browser="b", now=0)
    assert first == store.url(CONTENT.sha256, browser="b", now=TOKEN_LIFE_S - 1)
    assert first != store.url(CONTENT.sha256, browser="b", now=TOKEN_LIFE_S)


def test_an_address_made_without_a_cookie_opens_nothing(app, store):
    assert ask(app, store.url(CONTENT.sha256, browser=""), cookie=COOKIE)[0] == 403
    assert ask(app, store.url(CONTENT.sha256, browser=""))[0] == 403


def test_another_secret_signs_other_addresses(store):
    other = GeometryStore(b"o" * 32)
    assert other.url("a" * 64, browser="b", now=0) != store.url("a" * 64, browser="b", now=0)


def test_signed_but_forgotten_content_is_not_found(app, store):
    assert ask(app, store.url("a" * 64, browser="mine"), cookie=COOKIE)[0] == 404


def test_the_store_forgets_the_least_recently_used_first():
    store = GeometryStore(b"k", memory_bytes=25)
    contents = [GzShapes(str(i) * 64, bytes(10)) for i in range(3)]
    store.put(contents[0])
    store.put(contents[1])
    store.get(contents[0].sha256)
    store.put(contents[2])
    held = [store.get(c.sha256) is not None for c in contents]
    assert held == [True, False, True]


def test_content_put_twice_is_counted_once():
    store = GeometryStore(b"k", memory_bytes=25)
    for name in ("a", "a", "a", "b"):
        store.put(GzShapes(name * 64, bytes(10)))
    assert store.get("a" * 64) is not None


def test_an_asset_is_served_under_its_hash_and_under_no_other_name(app):
    made = bundle.script()
    status, headers, body = ask(app, f"assets/{made.name}")
    assert (status, gzip.decompress(body).decode()) == (200, made.text)
    assert headers["content-type"].startswith("text/javascript")
    assert "immutable" in headers["cache-control"]
    assert ask(app, "assets/map.js")[0] == 404


def test_vendored_files_are_served_by_version_and_nothing_else_is(app):
    status, headers, _ = ask(app, bundle.vendor_address("leaflet-draw/leaflet.draw.css"))
    assert status == 200
    assert headers["content-type"].startswith("text/css")
    for name in ("manifest.toml", "leaflet-draw@1.0.4/../manifest.toml", "leaflet/LICENSE"):
        assert ask(app, f"vendor/{name}")[0] == 404


def test_every_vendored_file_is_the_one_its_manifest_names():
    manifest = tomllib.loads((bundle.VENDOR / "manifest.toml").read_text(encoding="utf-8"))
    listed = {"manifest.toml"}
    for package in manifest["package"]:
        licence = bundle.VENDOR / package["licence_file"]
        assert package["version"]
        assert package["licence"]
        assert licence.stat().st_size > 500
        listed.add(package["licence_file"])
        for name, digest in package["sha256"].items():
            assert hashlib.sha256((bundle.VENDOR / name).read_bytes()).hexdigest() == digest, name
            listed.add(name)
    found = {
        file.relative_to(bundle.VENDOR).as_posix()
        for file in bundle.VENDOR.rglob("*")
        if file.is_file()
    }
    assert found == listed


def test_health_says_whether_a_build_is_served(tmp_path: Path):
    pointer = tmp_path / "current.json"
    app = Starlette(routes=make_routes(build_pointer=pointer))
    assert ask(app, "health")[0] == 503
    pointer.write_text("{}")
    assert ask(app, "health")[::2] == (200, b'{"status":"ok"}')


def test_routes_follow_the_base_path(store):
    app = Starlette(routes=make_routes(store, prefix="/safe/"))
    assert ask(app, "safe/health")[0] == 200
    assert ask(app, "health")[0] == 404


def test_every_answer_carries_the_security_headers(app):
    for url in ("", "health", "nowhere", "geometry/x.json"):
        headers = ask(app, url)[1]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"
        policy = headers["content-security-policy"]
        assert "default-src 'self'" in policy
        assert "frame-ancestors 'self'" in policy
        assert "img-src 'self' data: blob: https://tiles.gov" in policy


def test_scripts_from_text_are_allowed_in_the_frame_of_folium_alone(app):
    assert "'unsafe-inline'" not in policy_for(ask(app, "")[1])
    frame = ask(app, "component/streamlit_folium.st_folium/index.html")[1]
    assert "'unsafe-inline'" in policy_for(frame)
    assert "unsafe-eval" not in frame["content-security-policy"]


def policy_for(headers):
    rules = headers["content-security-policy"].split("; ")
    return next(rule for rule in rules if rule.startswith("script-src"))


def test_the_inline_scripts_that_streamlit_ships_are_named_by_digest():
    assert "'sha256-" in content_security_policy()


def test_a_browser_is_given_its_cookie_once(app):
    headers = ask(app, "")[1]
    assert headers["set-cookie"].startswith(f"{BROWSER_COOKIE}=")
    assert "HttpOnly" in headers["set-cookie"]
    assert "SameSite=Lax" in headers["set-cookie"]
    assert "Secure" not in headers["set-cookie"]
    assert "Secure" in ask(app, "", scheme="https")[1]["set-cookie"]
    assert "set-cookie" not in ask(app, "", cookie=COOKIE)[1]
    assert "set-cookie" not in ask(app, "health")[1]
