"""The maps in a real browser: they draw, answer, keep their place, and call no one."""

import base64
import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import urlopen

import pytest
from playwright.sync_api import Page, sync_playwright

HERE = Path(__file__).parent / "map_app"
CHROMIUM = Path("/usr/bin/chromium")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PHONE = {"width": 390, "height": 844}
PIXEL = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")
sys.path.insert(0, str(HERE))

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="Debian's chromium is not installed"),
]


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    log = (tmp_path_factory.mktemp("server") / "log").open("w")
    options = {
        "server.port": port,
        "server.address": "127.0.0.1",
        "server.headless": "true",
        "server.fileWatcherType": "none",
        "browser.gatherUsageStats": "false",
    }
    flags = [part for name, value in options.items() for part in (f"--{name}", str(value))]
    command = [sys.executable, "-m", "streamlit", "run", str(HERE / "server.py"), *flags]
    server = subprocess.Popen(command, stdout=log, stderr=log, env={**os.environ})
    try:
        wait_for(f"http://127.0.0.1:{port}/health")
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(10)
        log.close()


def wait_for(url: str) -> None:
    for _ in range(150):
        try:
            with urlopen(url, timeout=2):
                return
        except OSError:
            time.sleep(0.2)
    pytest.fail(f"{url} did not answer within 30 s")


@pytest.fixture(scope="module")
def browser():
    with sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        yield started
        started.close()


class Watched:
    """A page and everything about it that must not happen."""

    def __init__(self, page: Page, host: str) -> None:
        self.page, self.faults, self.fetched = page, [], []
        page.on("pageerror", lambda error: self.faults.append(f"error {error}"))
        page.on("dialog", lambda dialog: (self.faults.append("dialog"), dialog.dismiss()))
        page.on("request", lambda request: self._request(request.url, host))
        page.on(
            "response",
            lambda answer: (
                answer.status >= 400 and self.faults.append(f"{answer.status} {answer.url}")
            ),
        )
        page.on(
            "console",
            lambda line: line.type == "error" and self.faults.append(f"console {line.text}"),
        )

    def _request(self, url: str, host: str) -> None:
        parts = urlsplit(url)
        if parts.scheme in ("http", "https", "ws", "wss") and parts.netloc != host:
            self.faults.append(f"left the machine: {url}")
        if "/geometry/" in parts.path:
            self.fetched.append(parts.path)


@pytest.fixture(scope="module")
def everyday(browser):
    """One desktop browser for most tests: it loads Streamlit's scripts once."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    yield context
    context.close()


@pytest.fixture
def visit(address, browser, everyday):
    opened = []

    def start(query="", *, height=900, ready=True, route=None, **options):
        context = browser.new_context(**options) if options else everyday
        page = context.new_page()
        if not options:
            page.set_viewport_size({"width": 1280, "height": height})
        if route:
            page.route(route, lambda r: r.fulfill(body=PIXEL, content_type="image/gif"))
        watched = Watched(page, urlsplit(address).netloc)
        opened.append((context, watched))
        page.goto(f"{address}/{query}")
        if ready:
            page.wait_for_selector('[data-ready="1"]', timeout=30_000)
        return watched

    yield start
    for context, watched in opened:
        watched.page.close() if context is everyday else context.close()
        assert watched.faults == []


def spot(page: Page, layer: str, index: int) -> tuple[float, float]:
    """Where a feature is on the page."""
    at = page.evaluate("([l, i]) => __anxing_map.featurePoint(l, i)", [layer, index])
    box = page.locator(".anxing-canvas").first.bounding_box()
    return box["x"] + at["x"], box["y"] + at["y"]


def said(page: Page, text: str) -> None:
    page.get_by_text(text, exact=True).wait_for(timeout=15_000)


def place(page: Page) -> list[float]:
    return page.evaluate(
        """() => { const m = __anxing_map.map, c = m.getCenter();
          return [c.lat, c.lng, m.getZoom()]; }"""
    )


def choose_month(page: Page, month: int) -> None:
    page.get_by_role("combobox").click()
    page.get_by_role("option", name=str(month), exact=True).click()
    said(page, f"month: {month}")
    page.wait_for_selector('[data-ready="1"]')


def ink(page: Page, x: float, y: float) -> list[int]:
    """The colour on the layers' canvas at a point of the page."""
    return page.evaluate(
        """([x, y]) => {
          const c = __anxing_map.painter._container, b = c.getBoundingClientRect();
          const r = c.width / b.width;
          return [...c.getContext("2d").getImageData((x - b.x) * r, (y - b.y) * r, 1, 1).data];
        }""",
        [x, y],
    )


def test_a_click_on_a_community_tells_the_page_which_one(visit):
    page = visit().page
    page.mouse.click(*spot(page, "communities", 11))
    said(page, "picked: communities/C011")
    page.mouse.click(*spot(page, "cameras", 3))
    said(page, "picked: cameras/cam3")
    box = page.locator(".anxing-canvas").bounding_box()
    page.mouse.click(box["x"] + 250, box["y"] + box["height"] - 6)
    said(page, "picked: none")


def test_a_filter_restyles_in_place_without_moving_or_fetching(visit):
    watched = visit()
    page = watched.page
    page.evaluate("() => __anxing_map.map.setView([31.206, 121.31], 16.5, { animate: false })")
    page.mouse.click(*spot(page, "communities", 11))
    said(page, "picked: communities/C011")
    before, fetched = place(page), len(watched.fetched)
    choose_month(page, 3)
    assert place(page) == before
    assert len(watched.fetched) == fetched
    hidden = page.evaluate(
        """() => __anxing_map.layers.find((l) => l.id === "incidents")
          .codes.filter((c) => c === 255).length"""
    )
    assert 300 < hidden < 400
    said(page, "picked: communities/C011")
    assert page.evaluate("() => __anxing_map.selected.index") == 11


def test_a_layer_switched_off_is_gone_and_stays_off_after_a_rerun(visit):
    page = visit().page
    at = spot(page, "communities", 9)
    page.get_by_label("警情").uncheck()
    page.get_by_label("小区安全星级").uncheck()
    page.wait_for_timeout(200)
    assert not page.get_by_text("5 星", exact=True).is_visible()
    assert ink(page, *at)[3] == 0
    choose_month(page, 2)
    assert not page.get_by_label("小区安全星级").is_checked()
    assert ink(page, *at)[3] == 0
    page.get_by_label("小区安全星级").check()
    page.wait_for_timeout(200)
    assert ink(page, *at)[3] > 0


def test_the_map_can_be_used_by_keyboard_alone(visit):
    page = visit().page
    canvas = page.locator(".anxing-canvas")
    assert canvas.get_attribute("aria-label") == "阳光派出所辖区"
    canvas.focus()
    before = place(page)
    page.keyboard.press("ArrowRight")
    page.wait_for_timeout(400)
    assert place(page)[1] > before[1]
    centre = page.evaluate(
        """() => { const a = __anxing_map.featurePoint("communities", 20), m = __anxing_map.map;
          m.setView(m.containerPointToLatLng([a.x, a.y]), m.getZoom(), { animate: false }); }"""
    )
    assert centre is None
    page.keyboard.press("Enter")
    said(page, "picked: communities/C020")
    page.keyboard.press("Escape")
    said(page, "picked: none")


def test_hostile_names_are_read_and_never_run(visit):
    from hostile import NAMES

    page = visit("?hostile=1").page
    for index in range(8):
        page.mouse.move(*spot(page, "communities", index))
        tip = page.locator(".anxing-tip > div")
        tip.wait_for()
        page.wait_for_function(
            "([i]) => __anxing_map.hovered && __anxing_map.hovered.index === i", arg=[index]
        )
        assert tip.inner_text().split("\n")[0] == NAMES[index]
    assert page.locator(".anxing-tip img, .anxing-tip script, .anxing-tip b").count() == 0
    assert page.evaluate("() => window.__hit") is None


def test_on_a_phone_the_legend_is_folded_and_a_tap_picks(visit):
    page = visit(viewport=PHONE, has_touch=True, is_mobile=True).page
    assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
    assert not page.get_by_label("警情").is_visible()
    page.locator(".anxing-legend summary").tap()
    assert page.get_by_label("警情").is_visible()
    page.locator(".anxing-legend summary").tap()
    page.touchscreen.tap(*spot(page, "communities", 30))
    page.get_by_text("picked: c").wait_for(timeout=15_000)
    height = page.locator(".anxing").bounding_box()["height"]
    assert height <= 0.7 * 844 + 1


def test_a_map_in_a_hidden_tab_draws_when_the_tab_opens(visit):
    page = visit("?tabs=1", ready=False).page
    page.wait_for_function("() => window.__anxing_map && __anxing_map.loaded", timeout=30_000)
    assert page.evaluate("() => __anxing_map.ready") is False
    page.get_by_role("tab", name="说明").click()
    page.wait_for_selector('[data-ready="1"]', timeout=30_000)
    x, y = spot(page, "communities", 9)
    assert ink(page, x, y)[3] > 0


def test_reduced_motion_is_respected_and_words_follow_the_language(visit):
    page = visit("?lang=en", reduced_motion="reduce").page
    assert page.evaluate("() => __anxing_map.map.options.zoomAnimation") is False
    assert page.locator(".anxing-legend summary").inner_text() == "Legend and layers"
    assert page.locator(".leaflet-control-zoom-in").get_attribute("aria-label") == "Zoom in"
    assert page.locator(".anxing-canvas").get_attribute("lang") == "en"


def test_the_place_survives_a_detour_to_a_page_without_the_map(visit):
    page = visit().page
    page.evaluate("() => __anxing_map.map.setView([31.206, 121.31], 16.5, { animate: false })")
    before = place(page)
    page.get_by_role("checkbox", name="hide").evaluate("(box) => box.click()")
    page.wait_for_selector(".anxing-canvas", state="detached")
    page.get_by_role("checkbox", name="hide").evaluate("(box) => box.click()")
    page.wait_for_selector('[data-ready="1"]')
    assert place(page) == pytest.approx(before)


def test_another_browser_cannot_read_the_geometry_by_its_address(visit, address, browser):
    page = visit().page
    url = page.evaluate("() => __anxing_map.layers[0].data.url")
    assert page.evaluate("(u) => fetch(u).then((a) => a.status)", f"/{url}") == 200
    stranger = browser.new_context()
    assert stranger.request.get(f"{address}/{url}").status == 403
    stranger.close()


def test_layers_and_place_are_shifted_to_the_datum_of_the_tiles(visit):
    import numpy as np

    from geo.datum import from_wgs84

    middle = {}
    for datum in ("wgs84", "gcj02"):
        watched = visit(f"?tiles={datum}", ready=False, route="**/tiles/**")
        page = watched.page
        page.wait_for_selector('[data-ready="1"]', timeout=30_000)
        middle[datum] = place(page)[:2]
        assert page.locator(".anxing-credit").inner_text() == "<b>测绘</b>"
        assert page.locator(".leaflet-tile-loaded").count() > 0
    east, north = middle["wgs84"][1], middle["wgs84"][0]
    # the view falls on whole pixels, some metres; the datums lie some 500 m apart
    moved = from_wgs84(np.array([east]), np.array([north]), datum="gcj02")
    assert middle["gcj02"] == pytest.approx([moved[1][0], moved[0][0]], abs=5e-5)
    inside = page.evaluate("([x, y]) => AnxingMap.shift.gcj02(x, y)", [east, north])
    assert inside == pytest.approx([moved[0][0], moved[1][0]], abs=1e-9)
    assert page.evaluate("() => AnxingMap.shift.gcj02(-0.1, 51.5)") == [-0.1, 51.5]


def test_a_zone_can_be_drawn_and_reaches_the_page(visit):
    page = visit("?draw=1", height=1500).page
    frame = page.frame_locator("iframe")
    tool = frame.locator(".leaflet-draw-draw-rectangle")
    tool.wait_for(timeout=30_000)
    assert tool.get_attribute("title") == "画矩形"
    tool.click()
    box = page.locator("iframe").bounding_box()
    page.mouse.move(box["x"] + 300, box["y"] + 150)
    page.mouse.down()
    page.mouse.move(box["x"] + 420, box["y"] + 250, steps=5)
    page.mouse.up()
    said(page, "zones: 1")


def test_a_portable_map_opens_from_disk_without_a_network(browser, tmp_path):
    from hostile import NAMES
    from town import town_view

    from dashboard.folium_map import portable_map

    file = tmp_path / "map.html"
    file.write_bytes(portable_map(town_view(names=NAMES)))
    context = browser.new_context(offline=True)
    watched = Watched(context.new_page(), "nowhere")
    requests: list[str] = []
    watched.page.on("request", lambda request: requests.append(request.url))
    watched.page.goto(file.as_uri())
    watched.page.wait_for_selector('[data-ready="1"]')
    for index in range(8):
        watched.page.mouse.move(*spot(watched.page, "communities", index))
        tip = watched.page.locator(".anxing-tip > div")
        watched.page.wait_for_function(
            "([i]) => __anxing_map.hovered && __anxing_map.hovered.index === i", arg=[index]
        )
        assert tip.inner_text().split("\n")[0] == NAMES[index]
    assert watched.page.evaluate("() => window.__hit") is None
    assert json.loads(json.dumps(requests)) == [file.as_uri()]
    assert watched.faults == []
    context.close()


def test_what_lies_under_a_point_is_found_by_shape_and_not_by_box(browser, tmp_path):
    import numpy as np

    from dashboard.folium_map import portable_map
    from dashboard.maps import Layer, MapView, Points
    from dashboard.styles import single

    # In thousandths of a degree east and north of (121, 31): a square with a hole, a second part
    # of it far off, a triangle that leaves half its box free, a line, two points.
    def at(ring):
        return [[121 + x / 1000, 31 + y / 1000] for x, y in ring]

    square = [(0, 0), (10, 0), (10, 10), (0, 10), (0, 0)]
    hole = [(3, 3), (7, 3), (7, 7), (3, 7), (3, 3)]
    part = [(20, 0), (24, 0), (24, 4), (20, 4), (20, 0)]
    triangle = [(0, 20), (10, 20), (0, 30), (0, 20)]
    shapes = {
        "features": [
            {
                "geometry": {
                    "type": "MultiPolygon",
                    "coordinates": [[at(square), at(hole)], [at(part)]],
                }
            },
            {"geometry": None},
            {"geometry": {"type": "Polygon", "coordinates": [at(triangle)]}},
        ]
    }
    line = {
        "features": [{"geometry": {"type": "LineString", "coordinates": at([(0, 15), (20, 15)])}}]
    }
    pole = Points(np.array([121.030, 121.030]), np.array([31.010, 31.0101]))
    layers = (
        Layer("shapes", "s", "polygon", json.dumps(shapes), ("a", "b", "c"), single("#112233")),
        Layer("line", "l", "line", json.dumps(line), ("l",), single("#112233")),
        Layer("poles", "p", "point", pole, ("p", "q"), single("#112233"), shown=[True, True]),
    )
    file = tmp_path / "hit.html"
    file.write_bytes(portable_map(MapView(layers, "hit", bounds=(121.0, 31.0, 121.03, 31.03))))
    page = browser.new_page(viewport={"width": 900, "height": 800})
    page.goto(file.as_uri())
    page.wait_for_selector('[data-ready="1"]')

    def hit(x, y):
        return page.evaluate(
            """([lon, lat]) => { const c = __anxing_map;
              const h = AnxingMap.hit(c.map, c.layers, c.map.latLngToContainerPoint([lat, lon]), 3);
              return h && [h.layer.id, h.index]; }""",
            [121 + x / 1000, 31 + y / 1000],
        )

    assert hit(1, 5) == ["shapes", 0]
    assert hit(5, 5) is None  # in the hole
    assert hit(22, 2) == ["shapes", 0]
    assert hit(15, 2) is None  # between the parts
    assert hit(2, 22) == ["shapes", 2]
    assert hit(9, 29) is None  # in the triangle's box, outside the triangle
    assert hit(10, 15.05) == ["line", 0]  # beside the middle of its only segment
    assert hit(10, 17) is None
    assert hit(30, 10) == ["poles", 0]  # nearer than its neighbour drawn above it
    assert hit(30, 10.1) == ["poles", 1]
    page.evaluate("() => { __anxing_map.layers[2].codes[0] = 255; }")
    assert hit(30, 9.9) == ["poles", 1]  # a hidden point is not there
    page.evaluate("() => __anxing_map.toggle('shapes', false)")
    assert hit(1, 5) is None
    page.close()
