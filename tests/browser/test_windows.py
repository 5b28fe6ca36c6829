"""Contexts of the browser that tests hand on: nothing of one test reaches the next."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page

from tests.browser.windows import Windows

pytestmark = pytest.mark.browser
Changes = Callable[[Page], Any]


def handed_on(windows: Windows, changes: Changes, *, scripts: bool = True) -> tuple[BrowserContext, Page]:
    """The context of a page with which something was done, and the next test's page."""
    page = windows.open(800, 600, "light", scripts=scripts)
    changes(page)
    context = page.context
    windows.close()
    return context, windows.open(800, 600, "light", scripts=scripts)


@pytest.mark.parametrize("scripts", [True, False])
def test_what_was_loaded_is_kept_and_nobody_is_signed_in(
    windows: Windows, style_sheet: str, scripts: bool
) -> None:
    def leave(page: Page) -> None:
        page.goto(style_sheet)
        page.context.add_cookies([{"name": "session", "value": "ben", "url": style_sheet}])
        page.evaluate("localStorage.setItem('theme', 'dark')")

    context, following = handed_on(windows, leave, scripts=scripts)
    assert following.context is context
    assert context.cookies() == []
    following.goto(style_sheet)
    assert following.evaluate("localStorage.getItem('theme')") is None
    windows.close()


@pytest.mark.parametrize(
    "changes",
    [
        lambda page: page.clock.install(),
        lambda page: page.context.add_init_script("window.Notification = class {}"),
        lambda page: page.close(),
    ],
    ids=["another clock", "a script for each page", "nothing to see any more"],
)
def test_a_context_that_cannot_be_put_back_is_not_handed_on(windows: Windows, changes: Changes) -> None:
    context, following = handed_on(windows, changes)
    assert following.context is not context
    assert following.evaluate("performance.getEntriesByType('navigation').length") == 1
    windows.close()
