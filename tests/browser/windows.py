"""Chromium's contexts, used again: what one test loaded, the next has at hand. What a person leaves behind is cleared."""

from __future__ import annotations

from collections import defaultdict

from playwright.sync_api import Browser, BrowserContext, Page

_LEFT_BEHIND = "cookies,local_storage,indexeddb,cache_storage,service_workers"


class Windows:
    """Contexts that rest, by whether scripts run in them."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._resting: dict[bool, list[BrowserContext]] = defaultdict(list)
        self._opened: list[tuple[bool, BrowserContext]] = []

    def open(self, width: int, height: int, theme: str, *, scripts: bool) -> Page:
        """An empty page in a context that no other page of this test is in."""
        resting = self._resting[scripts]
        context = resting.pop() if resting else self._new(scripts=scripts)
        self._opened.append((scripts, context))
        page = context.new_page()
        page.set_viewport_size({"width": width, "height": height})
        page.emulate_media(color_scheme="dark" if theme == "dark" else "light", reduced_motion="reduce")
        return page

    def close(self) -> None:
        """Every page that was opened; nobody is signed in any more, and nothing is kept but what was loaded."""
        for scripts, context in self._opened:
            _clear(context)
            self._resting[scripts].append(context)
        self._opened.clear()

    def _new(self, *, scripts: bool) -> BrowserContext:
        context = self._browser.new_context(java_script_enabled=scripts, reduced_motion="reduce")
        context.set_default_timeout(30_000)
        return context


def _clear(context: BrowserContext) -> None:
    origins = {"/".join(page.url.split("/", 3)[:3]) for page in context.pages if page.url.startswith("http")}
    for page in context.pages[1:]:
        page.close()
    for page in context.pages:
        page.goto("about:blank")
        session = context.new_cdp_session(page)
        for origin in origins:
            session.send("Storage.clearDataForOrigin", {"origin": origin, "storageTypes": _LEFT_BEHIND})
        page.close()
    context.clear_cookies()
    context.clear_permissions()
    context.set_offline(False)
