"""Chromium's contexts, used again: what one test loaded, the next has at hand. What a person leaves behind is cleared."""

from __future__ import annotations

from collections import defaultdict

from playwright.sync_api import Browser, BrowserContext, Page

_LEFT_BEHIND = "cookies,local_storage,indexeddb,cache_storage,service_workers"
#: A clock that was put in, or a script for each page, goes with the context for good: nothing takes it out again.
_IS_CHANGED = """
    [setTimeout, Date, performance.getEntriesByType, window.Notification, EventSource, XMLHttpRequest, fetch]
        .some((one) => !Function.prototype.toString.call(one).includes("[native code]"))
"""


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
        """Every page that was opened; nobody is signed in any more, and nothing is kept but what was loaded. A context in which
        the browser is not itself any more is not used again."""
        for scripts, context in self._opened:
            if _clear(context):
                self._resting[scripts].append(context)
            else:
                context.close()
        self._opened.clear()

    def _new(self, *, scripts: bool) -> BrowserContext:
        context = self._browser.new_context(java_script_enabled=scripts, reduced_motion="reduce")
        context.set_default_timeout(30_000)
        return context


def _clear(context: BrowserContext) -> bool:
    """Whether the next test may have the context."""
    origins = {"/".join(page.url.split("/", 3)[:3]) for page in context.pages if page.url.startswith("http")}
    for page in context.pages[1:]:
        page.close()
    is_changed = not context.pages
    for page in context.pages:
        page.goto("about:blank")
        is_changed |= page.evaluate(_IS_CHANGED)
        session = context.new_cdp_session(page)
        for origin in origins:
            session.send("Storage.clearDataForOrigin", {"origin": origin, "storageTypes": _LEFT_BEHIND})
        page.close()
    context.clear_cookies()
    context.clear_permissions()
    context.set_offline(False)
    return not is_changed
