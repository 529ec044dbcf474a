"""Every page in a real browser: both languages, desktop and phone, nothing leaves the machine."""

from __future__ import annotations

import importlib.util
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import urlopen

import pytest
from playwright.sync_api import Browser, Locator, Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent.parent
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
DESKTOP, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
MAPS = ("overview", "dossier", "coverage", "cameras", "patrols", "hotspots", "ratings")

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="Debian's chromium is not installed"),
]


def _write_store(folder: Path) -> Path:
    path = ROOT / "tests" / "dashboard" / "model_store.py"
    spec = importlib.util.spec_from_file_location("model_store", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return Path(module.write_store(folder))


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    store = _write_store(tmp_path_factory.mktemp("served") / "store")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    log = (store / "log").open("w")
    command = [sys.executable, "-m", "streamlit", "run", str(ROOT / "dashboard" / "server.py"),
               "--server.port", str(port), "--server.address", "127.0.0.1"]  # fmt: skip
    environment = {**os.environ, "ANXING_STORE": str(store), "ANXING_DEMO": "1"}
    environment.pop("ANXING_PUBLIC", None)
    server = subprocess.Popen(command, stdout=log, stderr=log, env=environment)
    try:
        _wait_for(f"http://127.0.0.1:{port}/health")
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(10)
        log.close()


def _wait_for(url: str) -> None:
    for _ in range(200):
        try:
            with urlopen(url, timeout=2):
                return
        except OSError:
            time.sleep(0.2)
    pytest.fail(f"{url} did not answer within 40 s")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        yield started
        started.close()


@pytest.fixture
def visit(address: str, browser: Browser) -> Iterator[Callable[..., Page]]:
    """Open an address; whatever must not happen on it fails the test at its end."""
    faults: list[str] = []
    host = urlsplit(address).netloc

    def note_request(url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme in ("http", "https", "ws", "wss") and parts.netloc != host:
            faults.append(f"left the machine: {url}")

    def start(query: str, *, size: dict[str, int] = DESKTOP) -> Page:
        page = browser.new_context(viewport=size, locale="zh-CN").new_page()  # type: ignore[arg-type]
        page.on("pageerror", lambda error: faults.append(f"error {error}"))
        page.on("request", lambda request: note_request(request.url))
        page.on("response", lambda a: a.status >= 400 and faults.append(f"{a.status} {a.url}"))
        page.on("console", lambda line: line.type == "error" and faults.append(line.text))
        page.goto(f"{address}/?{query}")
        _settle(page)
        return page

    yield start
    assert faults == []


def _settle(page: Page, *, has_map: bool = True) -> None:
    """Wait until the page is whole and its map is drawn."""
    page.wait_for_selector("h1", timeout=30_000)
    page.wait_for_selector(".ax-foot", timeout=30_000)
    if has_map:
        page.locator('[data-ready="1"]').wait_for(timeout=30_000)


def _open_from_menu(page: Page, name: str) -> None:
    """Choose a page as a reader does: in the bar, in a section of it, or in a phone's drawer."""
    _menu_link(page, name).click()
    page.wait_for_url(f"**/{name}*")
    drawer = page.get_by_test_id("stSidebarCollapseButton")
    if drawer.count() and drawer.first.is_visible():
        drawer.first.locator("button").click()


def _menu_link(page: Page, name: str) -> Locator:
    sections = page.get_by_test_id("stTopNavSection")
    for section in (None, *sections.all()):
        if section is not None and section.is_visible():
            section.click()
        for kind in ("stTopNavLink", "stTopNavDropdownLink"):
            link = page.locator(f'[data-testid="{kind}"][href*="{name}"]')
            if link.count() and link.first.is_visible():
                return link.first
    page.get_by_test_id("stExpandSidebarButton").click()
    return page.locator(f'[data-testid="stSidebarNavLink"][href*="{name}"]').first


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_a_chief_walks_every_page(
    lang: str, size: dict[str, int], visit: Callable[..., Page]
) -> None:
    page = visit(f"role=chief&scope=S1&lang={lang}", size=size)
    titles = [page.locator("h1").inner_text()]
    for name in ("dossier", "coverage", "cameras", "patrols", "hotspots", "ratings", "data"):
        _open_from_menu(page, name)
        page.wait_for_function("before => document.querySelector('h1')?.innerText !== before",
                               arg=titles[-1], timeout=60_000)  # fmt: skip
        _settle(page, has_map=name in MAPS)
        titles.append(page.locator("h1").inner_text())
        wide = page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth")
        assert wide <= size["width"]
    assert len(set(titles)) == 8


@pytest.mark.parametrize(("lang", "size"), [("zh", DESKTOP), ("en", PHONE)], ids=["zh", "en"])
def test_a_chief_walks_the_pages_of_incident_analysis(
    lang: str, size: dict[str, int], visit: Callable[..., Page]
) -> None:
    page = visit(f"role=chief&scope=S1&lang={lang}", size=size)
    titles = [page.locator("h1").inner_text()]
    for name in ("clusters", "alarms", "tonight", "clock", "concentration", "accuracy"):
        _open_from_menu(page, name)
        page.wait_for_function("before => document.querySelector('h1')?.innerText !== before",
                               arg=titles[-1], timeout=60_000)  # fmt: skip
        _settle(page, has_map=name in ("clusters", "alarms", "tonight"))
        titles.append(page.locator("h1").inner_text())
        wide = page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth")
        assert wide <= size["width"]
    assert len(set(titles)) == 7


def test_a_figure_opens_to_its_incidents_and_the_plan_to_its_page_of_paper(
    visit: Callable[..., Page],
) -> None:
    page = visit("role=chief&scope=S1&lang=zh")
    _open_from_menu(page, "tonight")
    page.locator("h1", has_text="今晚巡逻").wait_for(timeout=30_000)
    _settle(page)
    page.get_by_role("radio", name="这些地点近12个月的警情").click()
    page.get_by_text("这些地点近12个月的警情：").wait_for(timeout=30_000)
    with page.expect_download(timeout=30_000) as waiting:
        page.get_by_role("button", name="下载打印页").click()
    kept = Path(waiting.value.path()).read_text("utf-8")
    assert "<svg" in kept
    assert "<script" not in kept


def _click_community(page: Page, index: int) -> None:
    page.locator('[data-ready="1"]').scroll_into_view_if_needed()
    x, y = page.evaluate(
        """index => {
            const map = window.__anxing_maps["overview_map"];
            const at = map.featurePoint("communities", index);
            const box = map.map.getContainer().getBoundingClientRect();
            return [box.x + at.x, box.y + at.y];
        }""",
        index,
    )
    page.mouse.click(x + 12, y + 12)


def test_a_click_on_a_community_leads_to_its_dossier_and_can_be_shared(
    visit: Callable[..., Page], address: str
) -> None:
    page = visit("role=chief&scope=S1&lang=zh")
    _click_community(page, 0)
    page.get_by_role("heading", name="和平里1号").wait_for(timeout=20_000)
    assert "c=C1" in page.url
    page.get_by_role("link", name="打开小区档案").click()
    page.wait_for_url("**/dossier?*c=C1*")
    page.locator("h1", has_text="和平里1号").wait_for(timeout=30_000)
    _settle(page)


def test_a_dossier_can_be_kept_as_a_map_and_as_tables(visit: Callable[..., Page]) -> None:
    page = visit("role=chief&scope=S1&lang=en")
    _open_from_menu(page, "dossier")
    page.locator("h1", has_text="Heping").wait_for(timeout=30_000)
    _settle(page)
    with page.expect_download(timeout=30_000) as waiting:
        page.get_by_role("button", name="Download this map").click()
    kept = Path(waiting.value.path()).read_text("utf-8")
    assert kept.startswith("<!DOCTYPE html>")
    assert "Heping 1" in kept
    with page.expect_download(timeout=30_000) as waiting:
        page.get_by_role("button", name="Download XLSX").last.click()
    assert Path(waiting.value.path()).read_bytes().startswith(b"PK")


def test_the_camera_register_leaves_as_the_filing_form(visit: Callable[..., Page]) -> None:
    page = visit("role=planner&scope=T1&lang=zh")
    _open_from_menu(page, "cameras")
    page.locator("h1", has_text="摄像机台账").wait_for(timeout=30_000)
    _settle(page)
    with page.expect_download(timeout=30_000) as waiting:
        page.get_by_role("button", name="备案表 XLSX").click()
    assert Path(waiting.value.path()).read_bytes().startswith(b"PK")


def test_the_hour_of_patrols_is_moved_by_the_keyboard_and_kept_in_the_address(
    visit: Callable[..., Page],
) -> None:
    page = visit("role=chief&scope=S1&lang=zh")
    _open_from_menu(page, "patrols")
    page.locator("h1", has_text="巡逻").wait_for(timeout=30_000)
    _settle(page)
    page.get_by_role("slider").focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_url("**/patrols*hour=0*", timeout=30_000)
    page.get_by_role("heading", name="0–1 时").wait_for(timeout=30_000)


def test_the_role_chosen_decides_the_menu(visit: Callable[..., Page]) -> None:
    page = visit("role=public&lang=en")
    names = page.get_by_test_id("stTopNavLink").all_inner_texts()
    assert [name.strip() for name in names] == ["Ratings", "Standards", "Data"]
    assert not page.get_by_text("Score").count()


def test_a_filter_changes_the_map_in_place(visit: Callable[..., Page]) -> None:
    page = visit("role=chief&scope=S1&lang=en")
    page.evaluate("window.__anxing_maps.overview_map.map.setZoom(17, {animate: false})")
    before = page.evaluate("window.__anxing_maps.overview_map.map.getZoom()")
    page.get_by_role("radio", name="12 months").click()
    page.wait_for_timeout(1500)
    _settle(page)
    assert page.evaluate("window.__anxing_maps.overview_map.map.getZoom()") == before
    assert "located incidents on the map" in page.locator(".ax-note").first.inner_text()


def test_the_language_switch_keeps_the_page(visit: Callable[..., Page]) -> None:
    page = visit("role=chief&scope=S1&lang=zh")
    page.get_by_role("radio", name="English").click()
    page.get_by_role("heading", name="Ranking of communities").wait_for(timeout=30_000)
    _settle(page)
    assert "lang=en" in page.url
