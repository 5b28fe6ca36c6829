"""A BDR's day in Chromium: told in the morning, answering until noon, calling after it, and looking back in the evening."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from loumass.inbox.models import Snippet
from loumass.messages.models import Conversation
from tests.browser.fitting import fits
from tests.browser.test_inbox import furnish
from tests.inbox.desk import outgoing
from tests.messages.letters import one, rows
from tests.tasks.calling import calling, tasks_of
from tests.world import World

pytestmark = [pytest.mark.browser, pytest.mark.slow]
SignIn = Callable[..., Page]
Picture = Callable[[Page, str], None]


@pytest.fixture
def the_night_before(world: World) -> None:
    """Priya, Tom and a stranger wrote; Elena is to be called; Ada mentioned Ben; there is a snippet."""
    furnish(world)
    elena = world.acme.contact("Elena Vasquez", "elena@sixteenth.example", "+13035550103")
    calling(world.acme, elena, title="Ring {{contact.first_name}} about Broker Night")
    with world.acme.acting() as session:
        thanks = Snippet(
            created_by_id=world.acme.member.id,
            name="Thank them",
            shortcut="thanks",
            text="Thank you, {{contact.first_name}}.",
        )
        session.add(thanks)
        session.commit()
    priyas = one(world.acme, Conversation, medium="email")
    said = world.acme.admin.post(
        f"/inbox/{priyas.id}/replies", {"kind": "note", "text": "@Ben Bdr she knows the venue"}
    )
    assert said.status_code == 302


def test_a_day(world: World, the_night_before: None, server: str, sign_in: SignIn, picture: Picture) -> None:
    page = sign_in(world.acme.member, width=1280)
    he_is_told(page, server)
    he_answers_and_thinks_again(world, page)
    he_sorts_and_hands_on(world, page)
    he_calls(world, page, server)
    he_finds_somebody_again(page)
    page.goto(f"{server}/figures/colleagues")
    world.later(hours=2)
    page.reload()
    expect(page.get_by_role("row", name="Ben")).to_be_visible()
    assert fits(page)
    picture(page, "a-day-in-figures")


def he_is_told(page: Page, server: str) -> None:
    """Somebody wrote to him overnight; the line leads to the conversation."""
    page.goto(f"{server}/notifications")
    page.get_by_role("link", name="Priya Raman").click()
    expect(page.get_by_role("heading", name="Priya Raman", level=2)).to_be_visible()
    expect(page.locator("#thread").get_by_text("she knows the venue")).to_be_visible()


def he_answers_and_thinks_again(world: World, page: Page) -> None:
    """By a snippet, and once more in other words; one letter goes."""
    box = page.get_by_label("Answer to Priya Raman")
    page.wait_for_load_state("load")
    page.keyboard.press("r")
    expect(box).to_be_focused()
    page.keyboard.type("/tha")
    expect(page.get_by_role("listbox", name="Snippets")).to_be_visible()
    page.keyboard.press("Enter")
    expect(box).to_contain_text("Thank you, Priya.")
    page.get_by_title("More ways to send").click()
    page.get_by_role("button", name="Send and keep open").click()
    page.locator("#thread").get_by_role("button", name="Undo").click()
    expect(box).to_contain_text("Thank you, Priya.")
    box.click()
    page.keyboard.press("Control+End")
    page.keyboard.type(" Two seats it is.")
    page.get_by_title("More ways to send").click()
    page.get_by_role("button", name="Send and keep open").click()
    expect(page.locator("#thread").get_by_role("timer")).to_be_visible()
    [left] = outgoing(world)
    assert left.reply_text == "Thank you, Priya. Two seats it is."


def he_sorts_and_hands_on(world: World, page: Page) -> None:
    """A label, a reminder; Tom is a colleague's from now on, and the stranger waits until tomorrow."""
    page.get_by_label("Labels").click()
    page.get_by_label("New label").fill("VIP")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.locator(".thread-marks").get_by_text("VIP")).to_be_visible()
    page.get_by_label("Put off, or be reminded").click()
    page.get_by_role("button", name="nobody answers").first.click()
    expect(page.locator(".thread-marks").get_by_text("if nobody answers")).to_be_visible()
    page.get_by_role("link", name="Tom Okafor").click()
    expect(page.get_by_role("heading", name="Tom Okafor", level=2)).to_be_visible()
    page.get_by_title("Whose it is").click()
    page.get_by_role("button", name="Ann Agent").click()
    expect(page.get_by_title("Whose it is")).to_contain_text("Ann")
    toms = next(talk for talk in rows(world.acme, Conversation) if talk.counterpart == "+13035550111")
    assert toms.assignee_id == world.acme.agent.id
    page.get_by_role("link", name="+1 720 555 0117").click()
    expect(page.get_by_role("heading", name="+1 720 555 0117", level=2)).to_be_visible()
    page.get_by_label("Put off, or be reminded").click()
    page.get_by_role("button", name="Tomorrow").last.click()
    expect(page.get_by_role("link", name="+1 720 555 0117")).to_have_count(0)


def he_calls(world: World, page: Page, server: str) -> None:
    """Elena was reached, by two keys."""
    page.goto(f"{server}/tasks")
    page.get_by_role("link", name="Start").click()
    expect(page.get_by_role("heading", name="Ring Elena about Broker Night", level=2)).to_be_visible()
    page.wait_for_load_state("load")
    page.keyboard.press("1")
    expect(page.get_by_label("Reached")).to_be_checked()
    page.keyboard.press("e")
    expect(page.get_by_text("Ring Elena about Broker Night: Reached.")).to_be_visible()
    assert [task.state for task in tasks_of(world.acme)] == ["done"]


def he_finds_somebody_again(page: Page) -> None:
    """By Ctrl+K and some letters."""
    page.wait_for_load_state("load")
    page.keyboard.press("Control+k")
    page.keyboard.type("priya")
    expect(page.locator("#palette-found").get_by_text("Priya Raman").first).to_be_visible()
    # Whoever is called that comes before all that says it.
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Priya Raman").locator("visible=true").first).to_be_visible()
