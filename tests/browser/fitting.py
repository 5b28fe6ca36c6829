"""Whether a page fits its window."""

from __future__ import annotations

from playwright.sync_api import Page


def fits(page: Page) -> bool:
    """True where nothing has to be scrolled sideways; asked once the style sheets have come."""
    page.wait_for_load_state("load")
    return page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
