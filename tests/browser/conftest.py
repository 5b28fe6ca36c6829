"""A real Chromium on a real server. Without a Chromium the tests say so loudly; under CI that is a failure."""

from __future__ import annotations

import logging
import os
import re
import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, Playwright, expect, sync_playwright
from werkzeug.serving import make_server

from loumass.app import settings_of
from tests.browser import NO_CHROMIUM
from tests.browser.windows import Windows
from tests.house.bare import PACKAGE, bare_app
from tests.world import Person

DRAWN = set(
    re.findall(r'<symbol id="([^"]+)"', (PACKAGE / "static" / "icons.svg").read_text(encoding="utf-8"))
)
PICTURES = Path(__file__).resolve().parents[2] / "test-output"
#: A picture costs as much as all else that Chromium does for a page, and under CI nobody looks at it.
ARE_KEPT = bool(os.environ.get("PICTURES")) or os.environ.get("CI") != "true"
ARGUMENTS = (
    "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--no-first-run", "--no-default-browser-check",
    # All pages are of one house: a process for each keeps nothing apart, and starting it is an eighth of the work.
    "--disable-site-isolation-trials", "--process-per-site", "--renderer-process-limit=1",
    # Nothing but loopback can be reached, whatever a page asks for.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
)  # fmt: skip
#: A form that comes back with 422 is shown by Chromium as a failed resource; that is its job. Whoever follows a link
#: while htmx still loads something leaves it behind: it says `sendAbort`, after the `afterRequest` that it says of every
#: request without an answer. One that failed says `sendError`, `timeout` or `responseError`, and those are complaints.
#: A funnel that somebody else saved meanwhile comes back with 409, and is put together with what one has.
#: Playwright looks into frames in which no script may run, the previews of e-mails; Chromium tells of it when it comes early.
USUAL = (
    "status of 422", "status of 409", "htmx:sendAbort,", "htmx:afterRequest,", "Blocked script execution in",
)  # fmt: skip
#: The first has no window to draw, which is a fifth of the work.
NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def found_chromium(playwright: Playwright) -> str | None:
    """The program: `CHROMIUM`, one that the system has, or Playwright's own."""
    candidates = [
        os.environ.get("CHROMIUM", ""),
        *(shutil.which(name) or "" for name in NAMES),
        playwright.chromium.executable_path,
    ]
    return next((path for path in candidates if path and Path(path).exists()), None)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for all tests of this worker."""
    expect.set_options(timeout=30_000)
    with sync_playwright() as playwright:
        program = found_chromium(playwright)
        if program is None:
            if os.environ.get("CI") == "true":
                pytest.fail(NO_CHROMIUM)
            pytest.skip(NO_CHROMIUM)
        browser = playwright.chromium.launch(executable_path=program, args=list(ARGUMENTS))
        yield browser
        browser.close()


def _serve(app: Flask) -> Iterator[str]:
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join(timeout=10)
    server.server_close()


@pytest.fixture(scope="session")
def style_sheet() -> Iterator[str]:
    """The address of the page that shows every component."""
    yield from _serve(bare_app())


@pytest.fixture(scope="session")
def served(app: Flask) -> Iterator[str]:
    """The address of the whole application."""
    yield from _serve(app)


@pytest.fixture
def server(app: Flask, served: str) -> Iterator[str]:
    """The same for one test; forms need their token there, as outside. Tests without a browser need none."""
    app.config["WTF_CSRF_ENABLED"] = True
    yield served
    app.config["WTF_CSRF_ENABLED"] = False


OpenPage = Callable[..., Page]


@pytest.fixture(scope="session")
def windows(browser: Browser) -> Windows:
    """Contexts of this worker's Chromium."""
    return Windows(browser)


@pytest.fixture
def open_page(windows: Windows) -> Iterator[OpenPage]:
    """Opens pages; the test fails when a page complained (a refused style, a script error, a missing file)."""
    complaints: list[str] = []

    def opener(width: int = 1440, height: int = 900, theme: str = "light", scripts: bool = True) -> Page:
        page = windows.open(width, height, theme, scripts=scripts)
        page.on(
            "console",
            lambda note: (
                complaints.append(f"{note.text} ({page.url}, {note.location})")
                if note.type in ("error", "warning")
                else None
            ),
        )
        page.on("pageerror", lambda error: complaints.append(str(error)))
        return page

    yield opener
    windows.close()
    wrong = [complaint for complaint in complaints if not any(one in complaint for one in USUAL)]
    assert not wrong, "\n".join(wrong)


@pytest.fixture
def picture() -> Callable[[Page, str], None]:
    """Keeps a screenshot as test output, where somebody looks at it."""

    def keep(page: Page, name: str) -> None:
        named = set(
            page.locator("use").evaluate_all("all => all.map(use => use.getAttribute('href').split('#')[1])")
        )
        assert named <= DRAWN, f"{page.url} names icons that are not in the sprite: {named - DRAWN}"
        if ARE_KEPT:
            PICTURES.mkdir(exist_ok=True)
            page.screenshot(path=PICTURES / f"{name}.png", full_page=True)

    return keep


SignIn = Callable[..., Page]


@pytest.fixture
def sign_in(server: str, open_page: OpenPage) -> SignIn:
    """A browser in which a person of the world is signed in, on the dashboard. How one signs in is tests/browser/test_outcome.py's."""

    def signed_in(person: Person, **window: Any) -> Page:
        page = open_page(**window)
        session = person.browser.get_cookie(
            "session", domain=urlsplit(settings_of(person.world.app).public_url).netloc
        )
        assert session is not None
        page.context.add_cookies([{"name": "session", "value": session.value, "url": server}])
        page.goto(f"{server}/")
        return page

    return signed_in
