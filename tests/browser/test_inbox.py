"""The inbox as an agent uses it, in Chromium: keys, drafts, live news, the frame, and without scripts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from loumass.channels.models import Channel
from loumass.core import clock
from loumass.inbox.models import Draft
from loumass.messages.models import Conversation, Message
from loumass.providers import events
from tests.browser.fitting import fits
from tests.inbox.desk import PRIYA, outgoing
from tests.messages.letters import brings, count_of, email, mailbox, number, one, rows, sms, written
from tests.world import World

pytestmark = pytest.mark.browser
SignIn = Callable[..., Page]
Picture = Callable[[Page, str], None]
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d494844520000000a0000000a0802000000025058ea0000001249444154789c63606060f84f2246155185"
    "0ad2000000ffff03000ea70351b5d4a3b60000000049454e44ae426082"
)
LETTER = (
    '<div><p>Hi Maya,</p><p>Count me in, <b>two questions</b>.</p><script>document.title="broken"</script>'
    '<img src="https://tracker.example/x.png" alt="a logo"><blockquote>You wrote: A seat for you</blockquote></div>'
)


def furnish(world: World) -> Channel:
    """Three people have written: Priya by e-mail, Tom and somebody unknown by text."""
    box, line = mailbox(world.acme), number(world.acme)
    priya = world.acme.contact(
        phone="+13035550164", company="Foothill & Main Realty", title="Broker", city="Lakewood"
    )
    world.acme.contact("Tom Okafor", "tom@okafor.example", "+13035550111", company="Okafor Homes")
    asked = written(
        world.acme,
        box,
        priya,
        subject="A seat for you on 12 March",
        text="Hi Priya, there is a seat for you.",
    )
    brings(
        world.acme, line, sms("+17205550117", "who is this", received_at=clock.now() - timedelta(minutes=62))
    )
    brings(
        world.acme,
        line,
        sms("+13035550111", "Yes! Put me down for two", received_at=clock.now() - timedelta(minutes=29)),
    )
    files = (events.Attachment("plan.pdf", "application/pdf", b"%PDF-1.4"),)
    brings(world.acme, box, email(
        PRIYA, "Hi Maya,\nCount me in, two questions.", text="Hi Maya,\nCount me in, two questions.\n> A seat for you", html=LETTER,
        subject="Re: A seat for you on 12 March", in_reply_to=asked.rfc_message_id, attachments=files, sender_name="Priya Raman",
    ))  # fmt: skip
    return box


def test_people_are_answered_by_keyboard_alone(world: World, server: str, sign_in: SignIn) -> None:
    furnish(world)
    page = sign_in(world.acme.agent)
    page.goto(f"{server}/inbox")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Priya Raman", level=2)).to_be_visible()
    page.wait_for_load_state("load")
    page.keyboard.press("r")
    expect(page.get_by_label("Answer to Priya Raman")).to_be_focused()
    page.keyboard.type("Gladly, both of you")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("heading", name="Tom Okafor", level=2)).to_be_visible()
    assert [message.reply_text for message in outgoing(world)] == ["Gladly, both of you"]
    page.wait_for_load_state("load")
    page.keyboard.press("e")
    expect(page.get_by_role("heading", name="+1 720 555 0117", level=2)).to_be_visible()
    expect(page.get_by_text("Tom Okafor is closed.")).to_be_visible()
    page.wait_for_load_state("load")
    page.keyboard.press("n")
    expect(page.get_by_label("Note", exact=True)).to_be_visible()
    page.keyboard.press("/")
    expect(page.get_by_label("Search people, addresses, subjects and messages")).to_be_focused()


def test_people_are_chosen_and_closed_by_keyboard(world: World, server: str, sign_in: SignIn) -> None:
    furnish(world)
    page = sign_in(world.acme.agent)
    page.goto(f"{server}/inbox")
    for key in ("j", "x", "j", "x"):
        page.keyboard.press(key)
    expect(page.get_by_text("2 selected")).to_be_visible()
    page.keyboard.press("e")
    expect(page.get_by_text("2 people are closed.")).to_be_visible()
    expect(page.get_by_role("link", name="Priya Raman")).to_have_count(0)
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("link", name="Priya Raman")).to_be_visible()
    assert [talk.closed_at for talk in rows(world.acme, Conversation)] == [None] * 3


def test_the_earlier_mail_is_folded_below_the_answer(world: World, server: str, sign_in: SignIn) -> None:
    furnish(world)
    page = sign_in(world.acme.agent)
    page.goto(f"{server}/inbox/{one(world.acme, Conversation, medium='email').id}")
    page.get_by_label("Quoted below the answer").click()
    expect(page.locator(".quoted")).to_contain_text("Count me in, two questions.")
    page.get_by_label("Answer to Priya Raman").fill("Gladly")
    page.get_by_title("More ways to send").click()
    page.get_by_role("button", name="Send and keep open").click()
    expect(page.locator("#thread").get_by_text("Gladly", exact=True)).to_be_visible()
    assert "> Count me in, two questions." in outgoing(world)[0].text


def test_what_is_typed_is_kept_while_it_is_typed(world: World, server: str, sign_in: SignIn) -> None:
    furnish(world)
    page = sign_in(world.acme.agent)
    page.goto(f"{server}/inbox/{one(world.acme, Conversation, medium='email').id}")
    box = page.get_by_label("Answer to Priya Raman")
    box.press_sequentially("Of course, bring Joel")
    expect(page.get_by_text("Draft saved")).to_be_visible()
    page.reload()
    expect(box).to_have_text("Of course, bring Joel")
    page.get_by_role("button", name="Send and close").click()
    expect(page.get_by_role("heading", name="Tom Okafor", level=2)).to_be_visible()
    assert count_of(world.acme, Draft) == 0


def test_news_arrive_by_themselves_and_nothing_typed_is_lost(
    world: World, server: str, sign_in: SignIn
) -> None:
    box = furnish(world)
    page = sign_in(world.acme.agent)
    page.goto(f"{server}/inbox/{one(world.acme, Conversation, medium='email').id}")
    page.get_by_label("Answer to Priya Raman").fill("One moment")
    world.acme.contact("Elena Vasquez", "elena@vasquez.example")
    brings(world.acme, box, email("elena@vasquez.example", "Thursday is tough"))
    brings(world.acme, box, email(PRIYA, "And is there parking?"))
    expect(page.get_by_role("link", name="Elena Vasquez")).to_be_visible()
    expect(
        page.locator("#thread").get_by_text("And is there parking?").locator("visible=true").first
    ).to_be_visible()
    expect(page.get_by_label("Answer to Priya Raman")).to_have_text("One moment")


def test_the_whole_mail_is_shown_in_a_frame_that_runs_nothing(
    world: World, server: str, sign_in: SignIn
) -> None:
    furnish(world)
    page = sign_in(world.acme.agent)
    page.goto(f"{server}/inbox/{one(world.acme, Conversation, medium='email').id}")
    page.get_by_text("Quoted text and signature").click()
    letter = page.frame_locator(".whole-frame").last
    expect(letter.get_by_text("two questions")).to_be_visible()
    expect(letter.get_by_text("You wrote: A seat for you")).to_be_visible()
    assert page.title().startswith("Priya Raman")


def test_files_are_attached_at_once(world: World, server: str, sign_in: SignIn) -> None:
    furnish(world)
    page = sign_in(world.acme.agent)
    page.goto(f"{server}/inbox/{one(world.acme, Conversation, medium='email').id}")
    page.get_by_label("Answer to Priya Raman").fill("Here is the way")
    page.locator("input[data-attach]").set_input_files(
        {"name": "map.png", "mimeType": "image/png", "buffer": PNG}
    )
    expect(page.get_by_role("link", name="map.png")).to_be_visible()
    expect(page.get_by_label("Answer to Priya Raman")).to_have_text("Here is the way")


def test_it_works_without_scripts(world: World, server: str, sign_in: SignIn) -> None:
    furnish(world)
    page = sign_in(world.acme.agent, scripts=False)
    page.goto(f"{server}/inbox")
    page.get_by_role("link", name="Priya Raman").click()
    page.get_by_label("Answer to Priya Raman").fill("Without a script")
    page.get_by_role("button", name="Send and close").click()
    expect(page.get_by_role("heading", name="Tom Okafor", level=2)).to_be_visible()
    page.get_by_role("link", name="Note").click()
    page.get_by_label("Note", exact=True).fill("Two seats")
    page.get_by_role("button", name="Add note").click()
    assert [message.reply_text for message in outgoing(world)] == ["Without a script"]
    assert one(world.acme, Message, direction="note").text == "Two seats"


def test_on_a_phone_panes_are_pages(world: World, server: str, sign_in: SignIn) -> None:
    furnish(world)
    page = sign_in(world.acme.agent, width=375, height=812)
    page.goto(f"{server}/inbox")
    page.get_by_role("link", name="Priya Raman").click()
    expect(page.get_by_label("Answer to Priya Raman")).to_be_visible()
    page.get_by_role("link", name="About Priya Raman").click()
    expect(page.get_by_role("link", name="Whole timeline")).to_be_visible()
    page.get_by_role("link", name="Back to the thread").click()
    page.get_by_role("link", name="Back to the list").click()
    expect(page.get_by_role("link", name="Tom Okafor")).to_be_visible()


@pytest.mark.parametrize("window", [(1440, "light"), (720, "light"), (375, "dark"), (320, "light")])
def test_every_page_fits_its_window(
    world: World, server: str, sign_in: SignIn, picture: Picture, window: tuple[int, str]
) -> None:
    width, theme = window
    furnish(world)
    talk = one(world.acme, Conversation, medium="email")
    person = rows(world.acme, Message, conversation_id=talk.id)[0].contact_id
    page = sign_in(world.acme.member, width=width, height=900, theme=theme)
    paths = {
        "list": "/inbox", "thread": f"/inbox/{talk.id}", "text": f"/inbox/{talk.id}?way=sms", "nobody": "/inbox?view=closed",
        "person": f"/contacts/{person}", "stop": f"/contacts/{person}/stop",
    }  # fmt: skip
    for name, path in paths.items():
        page.goto(server + path)
        expect(page.locator("#main")).to_be_visible()
        assert fits(page), name
        picture(page, f"inbox-{name}-{width}-{theme}")
