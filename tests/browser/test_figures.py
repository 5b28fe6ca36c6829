"""Figures in a real Chromium: charts that can be read as tables, on any window, in either light."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.analytics.busy import busy
from tests.browser.conftest import SignIn
from tests.browser.fitting import fits
from tests.world import World

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(("theme", "width"), [("light", 1440), ("dark", 375)])
def test_a_month_in_figures(
    world: World, server: str, sign_in: SignIn, picture: Callable[[Page, str], None], theme: str, width: int
) -> None:
    house = busy(world, facts=900)
    page = sign_in(world.acme.member, theme=theme, width=width)
    pages = [("overview", "/figures"), ("campaign", f"/campaigns/{house.run.id}/figures")]
    on_phones = (
        ("campaigns", "/figures/campaigns"),
        ("senders", "/figures/senders"),
        ("colleagues", "/figures/colleagues"),
        ("people", "/figures/people"),
        ("values", "/figures/values"),
    )
    for name, path in pages if width > 1000 else (*pages, *on_phones):
        page.goto(f"{server}{path}")
        if page.locator("[data-chart]").count():
            expect(page.locator("canvas").first).to_be_visible()
        assert fits(page), path
        picture(page, f"figures-{name}-{theme}-{width}")
    page.goto(f"{server}/figures")
    page.get_by_role("button", name="Table").click()
    expect(page.get_by_role("rowheader", name="3 Mar", exact=True)).to_be_visible()
    page.locator("summary", has_text="Last 30 days").click()
    page.get_by_label("From").fill("2026-02-01")
    page.get_by_label("To", exact=True).fill("2026-02-14")
    page.get_by_role("button", name="Show").click()
    expect(
        page.get_by_text("1 Feb to 14 Feb, compared with 18 Jan to 31 Jan. Days are Denver’s.")
    ).to_be_visible()
    page.get_by_role("link", name="Replied").first.click()
    expect(page.get_by_text("Behind a figure: Replied")).to_be_visible()
