"""The rule editor in Chromium: questions come and go, the preview follows, the keyboard goes on where it should."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.fitting import fits
from tests.contacts.test_segment_pages import people
from tests.world import World

pytestmark = pytest.mark.browser


def test_a_segment_is_made_while_its_people_are_seen(
    world: World, sign_in: Callable[..., Page], server: str, picture: Callable[[Page, str], None]
) -> None:
    people(world.acme)
    page = sign_in(world.acme.member, width=375, theme="dark")
    page.goto(server + "/segments/new")
    page.get_by_label("Field", exact=True).select_option("city")
    page.get_by_label("Value", exact=True).fill("Denver")
    expect(page.get_by_text("City is Denver.")).to_be_visible()
    expect(page.get_by_label("Date", exact=True)).to_be_hidden()
    page.get_by_role("button", name="Add question").press("Enter")
    expect(page.get_by_label("Question", exact=True).nth(1)).to_be_focused()
    page.get_by_label("Question", exact=True).nth(1).select_option("tag")
    page.get_by_label("Tag", exact=True).last.fill("VIP")
    expect(page.get_by_text("City is Denver and tag is VIP.")).to_be_visible()
    expect(page.get_by_role("link", name="Ann")).to_be_visible()
    assert fits(page)
    picture(page, "segment-editor-phone-dark")
    page.get_by_role("button", name="Remove this question").first.click()
    expect(page.get_by_role("link", name="Cy")).to_be_visible()
    page.get_by_label("Name", exact=True).fill("VIPs")
    page.get_by_label("Name", exact=True).press("Enter")
    expect(page.get_by_role("heading", name="VIPs")).to_be_visible()
    expect(page.get_by_text("2 people")).to_be_visible()
