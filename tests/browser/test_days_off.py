"""Public holidays and days off as an admin meets them, in Chromium, on both widths and in both themes."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.fitting import fits
from tests.world import World

pytestmark = pytest.mark.browser
SignIn = Callable[..., Page]
Picture = Callable[[Page, str], None]


@pytest.mark.parametrize(("theme", "width"), [("light", 1280), ("dark", 375)])
def test_a_calendar_is_chosen_with_its_region_a_day_added_and_a_holiday_worked_on(
    world: World, sign_in: SignIn, picture: Picture, theme: str, width: int
) -> None:
    page = sign_in(world.acme.admin, theme=theme, width=width)
    home = "/".join(page.url.split("/", 3)[:3])
    page.goto(f"{home}/organization/days-off")
    expect(page.get_by_text("No days off are kept")).to_be_visible()
    assert fits(page)
    picture(page, f"days-off-empty-{theme}-{width}")
    # The regions follow the country, before anything is saved.
    page.get_by_label("Public holidays of").select_option(label="United States")
    page.get_by_label("Region").select_option(label="Colorado")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("row", name="Thu 26 Nov")).to_be_visible()
    page.get_by_label("What for").fill("Company retreat")
    page.get_by_label("First day").fill("2026-06-10")
    page.get_by_label("Last day").fill("2026-06-12")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_role("button", name="Remove: Company retreat, Thu 11 Jun")).to_be_visible()
    page.get_by_role("button", name="Work on it: Cesar Chavez Day, Tue 31 Mar").click()
    expect(page.get_by_role("row", name="Tue 31 Mar")).to_contain_text("Day of work")
    assert fits(page)
    picture(page, f"days-off-{theme}-{width}")
