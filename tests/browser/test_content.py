"""Writing, previewing and trying out; sends in doubt; the way out. In a real Chromium."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from loumass.core import clock
from loumass.messages.unsubscribing_links import unsubscribe_url
from tests.browser.conftest import OpenPage, SignIn
from tests.browser.fitting import fits
from tests.messages.sending import changed, mailbox, message, people, queue
from tests.world import World

pytestmark = pytest.mark.browser
Picture = Callable[[Page, str], None]
HTML = '<style>p{color:#234}</style><p>Hi {{contact.first_name|fallback:"there"}} of <b>{{contact.company}}</b></p><p>Will you come?</p>'


@pytest.mark.parametrize(("width", "theme"), [(1440, "light"), (375, "dark")])
def test_an_email_is_written_mended_previewed_and_saved(
    world: World, sign_in: SignIn, server: str, picture: Picture, width: int, theme: str
) -> None:
    world.acme.contact("Priya Raman", company="Foothill & Sons")
    page = sign_in(world.acme.member, width=width, theme=theme)
    page.goto(f"{server}/content")
    picture(page, f"content-empty-{width}-{theme}")
    page.get_by_role("link", name="Write an e-mail").click()
    page.get_by_label("Name", exact=False).first.fill("Broker night")
    page.get_by_text("Text and HTML", exact=True).click()
    page.get_by_label("Subject").fill("Dinner, {{contact.frist_name}}?")
    page.get_by_label("HTML", exact=True).fill(HTML)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Did you mean contact.first_name?").first).to_be_visible()
    picture(page, f"content-refused-{width}-{theme}")
    page.get_by_label("Subject").fill("Dinner, {{contact.first_name}}?")
    page.get_by_label("Read as", exact=True).fill("Priya")
    page.get_by_role("button", name="Preview").click()
    frame = page.frame_locator("iframe[name=preview]")
    expect(frame.get_by_role("heading", name="Dinner, Priya?")).to_be_visible()
    expect(frame.frame_locator("iframe").get_by_text("Foothill & Sons")).to_be_visible()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="Broker night")).to_be_visible()
    assert fits(page)
    picture(page, f"content-saved-{width}-{theme}")


def test_a_merge_tag_goes_where_one_writes(
    world: World, sign_in: SignIn, server: str, picture: Picture
) -> None:
    page = sign_in(world.acme.member)
    page.goto(f"{server}/content/new/email")
    page.get_by_text("Plain text", exact=True).click()
    page.get_by_label("Subject").fill("Dinner, ?")
    page.get_by_label("Subject").press("ArrowLeft")
    page.get_by_text("Merge tags", exact=True).click()
    page.get_by_role("button", name="Insert contact.first_name").click()
    expect(page.get_by_label("Subject")).to_have_value("Dinner, {{contact.first_name}}?")
    expect(page.get_by_label("Subject")).to_be_focused()
    page.get_by_label("Text", exact=True).focus()
    page.get_by_role("button", name="Insert sender.signature").click()
    expect(page.get_by_label("Text", exact=True)).to_have_value("{{sender.signature}}")
    expect(page.get_by_text("Press Preview to read here what you write.")).to_be_visible()
    picture(page, "content-inserted")


def test_segments_follow_the_typing(world: World, sign_in: SignIn, server: str, picture: Picture) -> None:
    page = sign_in(world.acme.member)
    page.goto(f"{server}/content/new/sms")
    page.get_by_label("Text").press_sequentially("Hi “friend”")
    expect(page.locator("#segments")).to_contain_text(
        "1 segment, 11 characters (UCS-2), 59 left in it, as an invented person would get it."
    )
    picture(page, "content-text")


def test_everything_works_without_scripts(world: World, sign_in: SignIn, server: str) -> None:
    page = sign_in(world.acme.member, scripts=False)
    page.goto(f"{server}/content/new/email")
    page.get_by_label("Name", exact=False).first.fill("Plain")
    page.get_by_text("Plain text", exact=True).click()
    page.get_by_label("Subject").fill("Hello")
    page.get_by_label("Text", exact=True).fill("Hi {{contact.first_name}}")
    page.get_by_role("button", name="Preview").click()
    expect(page.frame_locator("iframe[name=preview]").get_by_text("Hi Ada")).to_be_visible()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="Plain")).to_be_visible()


@pytest.mark.parametrize("width", [1440, 375])
def test_sends_in_doubt_are_decided(
    world: World, sign_in: SignIn, server: str, picture: Picture, width: int
) -> None:
    for number, one in enumerate(queue(world.acme, mailbox(world.acme), people(world.acme, 3))):
        changed(
            world.acme, message(world.acme, one), state="in_doubt", due_at=None,
            attempted_at=clock.now() - timedelta(hours=number), reason="The server took it and fell silent.",
        )  # fmt: skip
    page = sign_in(world.acme.member, width=width)
    page.goto(f"{server}/messages/in-doubt")
    assert fits(page)
    picture(page, f"in-doubt-{width}")
    page.get_by_role("button", name="It was sent: Person10000").click()
    expect(page.get_by_text("1 message noted as sent.")).to_be_visible()
    for box in page.locator("[data-check]").all():
        box.check()
    picture(page, f"in-doubt-chosen-{width}")
    page.get_by_role("button", name="Send them").click()
    assert fits(page)
    page.get_by_role("button", name="Send 2 messages").click()
    expect(page.get_by_text("2 messages queued again.")).to_be_visible()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_stranger_unsubscribes(
    world: World, server: str, open_page: OpenPage, picture: Picture, theme: str
) -> None:
    (message_id,) = queue(world.acme, mailbox(world.acme), [world.acme.contact()])
    path = unsubscribe_url(world.acme.organization.number, message_id).removeprefix("https://loumass.example")
    page = open_page(width=375, theme=theme)
    page.goto(server + path)
    picture(page, f"unsubscribe-{theme}")
    page.get_by_role("button", name="Unsubscribe").click()
    expect(page.get_by_role("heading", name="You are unsubscribed")).to_be_visible()
    page.get_by_role("button", name="Subscribe again").click()
    expect(page.get_by_role("heading", name="Welcome back")).to_be_visible()
