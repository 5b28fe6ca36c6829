"""Writing an e-mail in blocks, by keyboard, in a real Chromium."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import SignIn
from tests.browser.fitting import fits
from tests.world import World

pytestmark = pytest.mark.browser
Picture = Callable[[Page, str], None]
DOT = Path(__file__).parents[1] / "content" / "dot.png"
FROM_WORD = (
    "<p class=MsoNormal style='mso-x:y'><b>Where:</b> the <a href='https://acme.example/?utm_source=x&amp;p=2'>museum</a><o:p></o:p></p>"
    "<p class=MsoListParagraph style='mso-list:l0 level1 lfo1'><span style='mso-list:Ignore'>·<span>&nbsp; </span></span>Dinner</p>"
)
PASTE = """(html) => {
  const clipboard = new DataTransfer();
  clipboard.setData('text/html', html);
  document.activeElement.dispatchEvent(new ClipboardEvent('paste', { clipboardData: clipboard, bubbles: true, cancelable: true }));
}"""


@pytest.mark.parametrize(("width", "theme"), [(1280, "light"), (375, "dark")])
def test_an_email_is_written_in_blocks_by_keyboard(
    world: World, sign_in: SignIn, server: str, picture: Picture, width: int, theme: str
) -> None:
    world.acme.contact("Priya Raman", company="Foothill & Sons")
    page = sign_in(world.acme.member, width=width, theme=theme)
    page.goto(f"{server}/content/new/email")
    page.get_by_label("Name", exact=False).first.fill("Broker night")
    page.get_by_label("Subject").fill("Dinner on Thursday?")
    page.get_by_role("textbox", name="Text, block 1").focus()
    _write(page)
    if width == 1280:
        _paste_and_undo(page)
        _picture(page)
    _button(page)
    expect(page.locator("[data-kept]")).to_contain_text("Kept, not saved yet")
    picture(page, f"blocks-written-{width}-{theme}")
    page.get_by_label("Read as", exact=True).fill("Priya")
    page.get_by_label("Read as", exact=True).press("Tab")
    mail = page.frame_locator("iframe[name=preview]").frame_locator("iframe")
    expect(mail.get_by_text("Hi Priya, will you come?")).to_be_visible()
    page.get_by_role("button", name="Dark").click()
    expect(mail.locator("body")).to_have_css("background-color", "rgb(21, 23, 26)")
    expect(page.locator("#signs")).to_contain_text("No signs of spam.")
    assert fits(page)
    picture(page, f"blocks-previewed-{width}-{theme}")
    page.reload()
    expect(page.get_by_text("Nobody is sent it before you save.").first).to_be_visible()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("heading", name="Broker night")).to_be_visible()
    expect(page.locator(".merge-chip").first).to_have_text("First name, or “there”")
    names = page.locator(".blocks > .block .block-name").all_text_contents()
    assert [name.split(",")[0] for name in names][-2:] == ["Button", "Signature"]


def _write(page: Page) -> None:
    """A chip from the list under the caret, and what stands for people without one."""
    page.keyboard.type("Hi {{first")
    expect(page.get_by_role("listbox", name="Merge tags").get_by_role("option").first).to_contain_text(
        "First name"
    )
    page.keyboard.press("Enter")
    page.keyboard.type(", will you come? We set the long table for twelve, and one of its seats is yours.")
    page.keyboard.press("Control+Home")
    for _ in range(4):
        page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    page.keyboard.type("there")
    page.keyboard.press("Enter")
    expect(page.locator(".merge-chip")).to_have_text("First name, or “there”")
    page.keyboard.press("Control+End")


def _paste_and_undo(page: Page) -> None:
    page.keyboard.press("Enter")
    page.evaluate(PASTE, FROM_WORD)
    words = page.get_by_role("textbox", name="Text, block 1")
    expect(words.get_by_role("link", name="museum")).to_have_attribute("href", "https://acme.example/?p=2")
    expect(words.locator("li")).to_have_text("Dinner")
    page.keyboard.press("Control+z")
    expect(words.locator("li")).to_have_count(0)
    page.keyboard.press("Control+Shift+z")
    expect(words.locator("li")).to_have_count(1)


def _picture(page: Page) -> None:
    page.get_by_role("group", name="Add at the end").get_by_role("button", name="Picture").click()
    page.locator(".picture input[type=file]").set_input_files(DOT)
    expect(page.locator(".picture img")).to_be_visible()
    page.get_by_label("What it shows").fill("The long table")
    page.get_by_role("button", name="Move picture up").press("Enter")


def _button(page: Page) -> None:
    """Added at the end, filled in, and moved above the signature with Alt and an arrow."""
    page.get_by_role("group", name="Add at the end").get_by_role("button", name="Button").press("Enter")
    expect(page.get_by_label("Says")).to_be_focused()
    page.keyboard.type("Save my seat")
    page.keyboard.press("Tab")
    page.keyboard.type("acme.example/rsvp")
    page.keyboard.press("Alt+ArrowUp")
    expect(page.locator(".words-blocks [role=status]")).to_contain_text("Button moved to place")
    expect(page.get_by_label("Leads to").last).to_be_focused()
