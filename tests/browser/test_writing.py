"""Writing an answer in Chromium: forms, snippets, copies, and ten seconds to think again."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from loumass.inbox.models import Draft, Snippet
from loumass.messages.models import Conversation, Message
from tests.browser.fitting import fits
from tests.browser.test_inbox import furnish
from tests.inbox.desk import outgoing
from tests.messages.letters import one
from tests.world import World

pytestmark = pytest.mark.browser
SignIn = Callable[..., Page]
Picture = Callable[[Page, str], None]


def with_snippets(world: World) -> None:
    with world.acme.acting() as session:
        for shortcut, name, text in (
            ("thanks", "Thank them", "Thank you, {{contact.first_name}}.\nSee you soon"),
            ("place", "Where it is", "We meet in {{contact.fields.room}}"),
        ):
            session.add(Snippet(created_by_id=world.acme.agent.id, name=name, shortcut=shortcut, text=text))
        session.commit()


def test_an_answer_is_written_with_forms_and_taken_back(
    world: World, server: str, sign_in: SignIn, picture: Picture
) -> None:
    furnish(world)
    with_snippets(world)
    address = f"{server}/inbox/{one(world.acme, Conversation, medium='email').id}"
    page = sign_in(world.acme.agent, width=1280)
    page.goto(address)
    box = page.get_by_label("Answer to Priya Raman")
    page.keyboard.press("r")
    expect(box).to_be_focused()
    page.keyboard.press("Control+b")
    page.keyboard.type("Gladly")
    page.keyboard.press("Control+b")
    page.keyboard.type(". /tha")
    expect(page.get_by_role("listbox", name="Snippets")).to_contain_text("Thank them")
    picture(page, "writing-snippets")
    page.keyboard.press("Enter")
    expect(box).to_contain_text("Thank you, Priya.")
    expect(page.get_by_text("Draft saved")).to_be_visible()
    page.get_by_text("Cc and Bcc").click()
    page.get_by_label("Cc", exact=True).fill("Joel Park <joel@foothill.example>")
    page.get_by_title("More ways to send").click()
    expect(page.get_by_text("Send later, their time (Denver)")).to_be_visible()
    picture(page, "writing-later")
    page.get_by_role("button", name="Send and keep open").click()
    expect(page.locator("#thread").get_by_role("timer")).to_contain_text("Leaves in")
    (message,) = outgoing(world)
    assert "<b>Gladly</b>" in message.html
    assert "Thank you, Priya.\nSee you soon" in message.reply_text
    picture(page, "writing-undo")
    page.locator("#thread").get_by_role("button", name="Undo").click()
    expect(page.locator(".composer strong")).to_have_text("Gladly")
    expect(page.get_by_label("Cc", exact=True)).to_have_value("Joel Park <joel@foothill.example>")
    assert outgoing(world) == []
    # The forms came back as well.
    assert "bold" in one(world.acme, Draft).more["doc"]
    fits(page)
    small = sign_in(world.acme.agent, width=375, height=800, theme="dark")
    small.goto(address)
    expect(small.get_by_label("Answer to Priya Raman")).to_be_visible()
    fits(small)
    picture(small, "writing-phone-dark")
    small.goto(f"{server}/snippets")
    fits(small)
    picture(small, "snippets-phone-dark")
    page.goto(f"{server}/snippets")
    picture(page, "snippets")
    page.goto(f"{address}?way=forward&message={_question(world)}")
    expect(page.get_by_label("To", exact=True)).to_be_visible()
    picture(page, "writing-forward")


def _question(world: World) -> object:
    return one(world.acme, Message, direction="in", medium="email").id


def test_without_scripts_an_answer_is_a_plain_text_area(world: World, server: str, sign_in: SignIn) -> None:
    furnish(world)
    with_snippets(world)
    page = sign_in(world.acme.agent, scripts=False)
    page.goto(f"{server}/inbox/{one(world.acme, Conversation, medium='email').id}")
    page.get_by_label("Answer to Priya Raman").fill("Gladly")
    page.locator(".composer summary[aria-label=Snippets]").click()
    page.get_by_role("button", name="Thank them").click()
    expect(page.get_by_label("Answer to Priya Raman")).to_have_value(
        "Gladly\n\nThank you, Priya.\nSee you soon"
    )
    page.get_by_role("button", name="Send and close").click()
    assert outgoing(world)[0].reply_text == "Gladly\n\nThank you, Priya.\nSee you soon"
