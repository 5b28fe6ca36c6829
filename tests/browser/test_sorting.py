"""Answers sorted, corrected by keys, and found by their words."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from playwright.sync_api import Page, expect

from loumass.core import clock
from loumass.messages.models import Message
from loumass.messages.sorting.models import SortedReply
from tests.browser.conftest import SignIn
from tests.messages.letters import brings, email, mailbox, one, rows, written
from tests.world import World

ANSWERS = (
    ("Priya Raman", "priya@foothill.example", "Count me in, I'd love to come to the dinner on Thursday."),
    ("Jonas Weber", "jonas@lakeside.example", "Was kostet der Abend, und wer kommt noch zum Dinner?"),
    ("Zoë Wagner", "zoe@lakeside.example", "Not interested right now, but check back in the fall."),
    ("Tom Hill", "tom@hill.example", "No thanks, we are all set."),
    ("Eva Roy", "eva@roy.example", "Please remove me from your list"),
    (
        "Dan Cole",
        "dan@cole.example",
        "Wrong person, please contact Jane from our events team about the dinner.",
    ),
    ("Ida Berg", "ida@berg.example", "I forwarded it to the team."),
)


def _world(world: World) -> None:
    box = mailbox(world.acme)
    for minutes, (name, address, said) in enumerate(ANSWERS):
        person = world.acme.contact(name, address, company=f"{name.split()[1]} & Co")
        asked = written(world.acme, box, person, subject="A seat for you")
        at = clock.now() - timedelta(minutes=minutes * 7)
        brings(world.acme, box, email(address, said, in_reply_to=asked.rfc_message_id, received_at=at))
    away = "I am out of office until March 12. For urgent matters call the desk."
    brings(
        world.acme, box, email("tom@hill.example", away, is_automatic=True, subject="Automatic reply: dinner")
    )
    world.work()


def test_an_answer_is_corrected_by_two_keys_and_found_by_its_words(
    world: World, server: str, sign_in: SignIn, picture: Callable[[Page, str], None]
) -> None:
    _world(world)
    page = sign_in(world.acme.agent, width=1280, height=900)
    page.goto(f"{server}/inbox?view=everything")
    expect(page.locator(".line-marks .badge").first).to_be_visible()
    picture(page, "sorting-list-light")
    page.get_by_role("link", name="Priya Raman").click()
    expect(page.locator(".reply-because").first).to_contain_text("They wrote “Count me in”.")
    picture(page, "sorting-thread-light")
    page.wait_for_load_state("load")
    page.keyboard.press("c")
    expect(page.locator(".reply-kind[open] .reply-why")).to_be_visible()
    picture(page, "sorting-menu-light")
    page.keyboard.press("2")
    expect(page.get_by_text("It is “Question” now.")).to_be_visible()
    answer = one(world.acme, Message, direction="in", from_address="priya@foothill.example")
    assert [row.kind for row in rows(world.acme, SortedReply, message_id=answer.id)] == ["question"]
    page.goto(f"{server}/inbox/search?q=dinner")
    expect(page.locator("mark").first).to_be_visible()
    picture(page, "sorting-search-light")
    for theme, width in (("dark", 1280), ("light", 375), ("dark", 375)):
        other = sign_in(world.acme.agent, width=width, height=850, theme=theme)
        for name, address in (
            ("list", "/inbox?view=everything"),
            ("thread", f"/inbox/{answer.conversation_id}?view=everything"),
            ("search", "/inbox/search?q=dinner"),
        ):
            other.goto(server + address)
            wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
            assert other.evaluate(wide) <= 0, (name, width)
            picture(other, f"sorting-{name}-{theme}-{width}")
