"""A person in a real browser: logs in, follows links from /api/, sends JSON by a form, reads the documentation.

Needs Debian's ``chromium``; run with ``pytest -m browser``. Screenshots are left in ``build/screenshots``.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, sync_playwright

from tests.end_to_end.server import ROOT, Server

pytestmark = [pytest.mark.browser, pytest.mark.skipif(not shutil.which("chromium"), reason="chromium is absent")]

SCREENSHOTS = ROOT / "build/screenshots"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="module")
def server(folders: Callable[[], Path]) -> Iterator[Server]:
    it = Server(folders() / "data", HOGAPI_ADMIN_PASSWORD="hedgehogs at night").start()
    yield it
    it.stop()


@pytest.fixture
def page(server: Server) -> Iterator[Page]:
    """A page on which no script may fail, nothing be missing, and nothing be loaded from elsewhere."""
    complaints: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        it = browser.new_page(base_url=server.url, viewport={"width": 1200, "height": 900})
        it.on("pageerror", lambda error: complaints.append(str(error)))
        it.on("response", lambda r: r.status in (404, 500) and complaints.append(f"{r.status} {r.url}"))
        it.on("requestfailed", lambda r: r.failure == "csp" or complaints.append(f"{r.failure} {r.url}"))
        it.on("requestfinished", lambda r: r.url.startswith((server.url, "data:", "blob:")) or complaints.append(r.url))
        yield it
        browser.close()
    assert complaints == []


def _picture(page: Page, name: str) -> None:
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENSHOTS / f"{name}.png", full_page=True)


def _wait_for_text(page: Page, text: str) -> None:
    page.wait_for_function("text => document.body.innerText.includes(text)", arg=text, timeout=30_000)


def _log_in(page: Page) -> None:
    page.goto("/login/?next=/api/")
    page.fill("input[name=username]", "admin@example.com")
    page.fill("input[name=password]", "hedgehogs at night")
    _picture(page, "login")
    page.click("button[type=submit], input[type=submit]")
    page.wait_for_url("**/api/")


def test_a_person_logs_in_follows_links_and_creates_a_function_by_the_json_form(page: Page, server: Server) -> None:
    _log_in(page)
    _picture(page, "root")
    page.locator("a", has_text="hog_functions").first.click()
    page.wait_for_load_state()
    assert "/hog_functions" in page.url
    assert "results" in page.inner_text("body")

    form = page.locator("textarea[name=_content]").first
    form.fill('{"type": "destination", "name": "Made in a browser", "hog": "print(event.event)"}')
    page.locator("button", has_text="POST").last.click()
    _wait_for_text(page, "HTTP 201")
    _picture(page, "created")
    names = [f["name"] for f in server.call("GET", "/api/projects/@current/hog_functions/?search=browser")["results"]]
    assert names == ["Made in a browser"]


def test_a_mistake_in_the_json_form_shows_the_error_envelope(page: Page) -> None:
    _log_in(page)
    page.goto("/api/projects/@current/hog_functions/")
    page.locator("textarea[name=_content]").first.fill('{"type": "destination", "hog": "let"}')
    page.locator("button", has_text="POST").last.click()
    _wait_for_text(page, "HTTP 400")
    assert "Hog code has errors." in page.inner_text("body")


@pytest.mark.parametrize(("path", "shows"), [("/api/docs/", "/hog_functions/"), ("/api/redoc/", "hog_functions")])
def test_the_documentation_works_offline(page: Page, path: str, shows: str) -> None:
    page.goto(path)
    _wait_for_text(page, shows)
    _picture(page, Path(path).name)
