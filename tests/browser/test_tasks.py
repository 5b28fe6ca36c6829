"""Tasks walked through with the keyboard, and a webhook set up and tried, in Chromium."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import update

from loumass.campaigns.models import Campaign
from loumass.core import clock
from loumass.messages.models import Message
from loumass.tasks.models import Task
from tests.browser.fitting import fits
from tests.campaigns.cast import Planned, drafted, running, step
from tests.fakes.forms import Reply
from tests.fakes.receiver import FakeReceiver
from tests.outgoing.conftest import receiver
from tests.tasks.calling import calling, tasks_of
from tests.world import World

pytestmark = pytest.mark.browser
SignIn = Callable[..., Page]
Picture = Callable[[Page, str], None]
__all__ = ["receiver"]


def furnish(world: World) -> None:
    """Six people to be called, one of them late and one urgent; something was said with the first."""
    people = world.acme.contacts(
        [
            {"name": name, "email": f"{name.split()[0].lower()}@x.example", "phone": f"+1303555010{n}", "company": company,
             "title": title, "city": "Denver"}
            for n, (name, company, title) in enumerate([
                ("Priya Raman", "Foothill & Main Realty", "Managing broker"), ("Tom Okafor", "Cherry Creek Partners", "Partner"),
                ("Elena Vasquez", "Sixteenth Street Brokers", "Broker"), ("Hugo Steinberg", "Northgate Land and Title Company", "Owner"),
                ("Mai Lindqvist", "Larimer & Co", "Agent"),
            ])
        ]
    )  # fmt: skip
    calling(world.acme, *people[:3], give_up_after=5, title="Ring {{contact.first_name}} about Broker Night")
    calling(world.acme, people[3], priority="high", title="Ring {{contact.first_name}} back")
    calling(world.acme, people[4], task="linkedin", title="Write to {{contact.first_name}} on LinkedIn")
    with world.acme.acting() as session:
        late = (
            update(Task).where(Task.contact_id == people[1].id).values(due_at=clock.now() - timedelta(days=2))
        )
        session.execute(late)
        session.add(Message(contact_id=people[3].id, direction="note", medium="email", state="note", author_id=world.acme.admin.id,
                            text="Asked us to ring after the fair. Prefers mornings."))  # fmt: skip
        session.commit()


@pytest.mark.parametrize(("theme", "width"), [("light", 1280), ("dark", 375)])
def test_tasks_are_walked_through(
    world: World, sign_in: SignIn, picture: Picture, server: str, theme: str, width: int
) -> None:
    furnish(world)
    page = sign_in(world.acme.member, theme=theme, width=width)
    page.goto(f"{server}/tasks")
    expect(page.get_by_role("link", name="Ring Hugo back")).to_be_visible()
    assert fits(page)
    picture(page, f"tasks-{theme}-{width}")
    page.get_by_role("link", name="Start").click()
    expect(page.get_by_role("heading", name="Ring Hugo back", level=2)).to_be_visible()
    expect(page.get_by_role("link", name="+1 303 555 0103")).to_have_attribute("href", "tel:+13035550103")
    if width > 1000:
        expect(page.get_by_text("Asked us to ring after the fair.")).to_be_visible()
    assert fits(page)
    picture(page, f"task-{theme}-{width}")
    page.keyboard.press("2")
    expect(page.get_by_label("Left a message")).to_be_checked()
    page.keyboard.press("n")
    page.keyboard.type("Said she is at the fair, 3 to 5")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("heading", name="Ring Tom about Broker Night", level=2)).to_be_visible()
    expect(page.get_by_text("Ring Hugo back: Left a message.")).to_be_visible()
    page.wait_for_load_state("load")
    page.keyboard.press("1")
    expect(page.get_by_label("Reached")).to_be_checked()
    page.keyboard.press("e")
    expect(page.get_by_text("Ring Tom about Broker Night: Reached.")).to_be_visible()
    [done] = [one for one in tasks_of(world.acme) if one.title == "Ring Hugo back"]
    assert (done.outcome, done.note) == ("b", "Said she is at the fair, 3 to 5")


def test_a_webhook_is_set_up_tried_and_looked_at(
    world: World, sign_in: SignIn, picture: Picture, server: str, receiver: FakeReceiver
) -> None:
    priya = world.acme.contact()
    run = drafted(world.acme, [Planned("tell", "webhook", {}, {}, name="Tell the CRM"), step("off", "end")])
    with world.acme.acting() as session:
        graph_id = session.get_one(Campaign, (world.acme.id, run.id)).graph_id
    page = sign_in(world.acme.admin, width=1280)
    page.goto(f"{server}/funnels/{graph_id}/steps/{run.nodes['tell']}")
    page.get_by_role("textbox", name="Address", exact=True).fill(receiver.url)
    page.get_by_role("button", name="Send a test call").click()
    expect(page.get_by_text("It answered 200")).to_be_visible()
    expect(page.get_by_role("textbox", name="Address", exact=True)).to_have_value(receiver.url)
    picture(page, "webhook-step-light-1280")
    receiver.answers = [Reply(500, b"out of order"), Reply(200, b'{"lead": 7}')]
    running(world.acme, [Planned("tell", "webhook", {"url": receiver.url}, {}, name="Tell the CRM")], priya)
    world.later(minutes=1)
    page.goto(f"{server}/webhooks")
    picture(page, "webhooks-light-1280")
    page.get_by_role("link", name=receiver.host).click()
    expect(page.get_by_text("It answered 500 Internal Server Error.")).to_be_visible()
    expect(page.get_by_text('{"lead": 7}')).to_be_visible()
    picture(page, "webhook-light-1280")
    page.set_viewport_size({"width": 375, "height": 812})
    page.emulate_media(color_scheme="dark")
    assert fits(page)
    picture(page, "webhook-dark-375")
    page.goto(f"{server}/webhooks/keys")
    expect(page.get_by_text("Your organization’s own")).to_be_visible()
    assert fits(page)
    picture(page, "webhook-keys-dark-375")
    page.get_by_role("button", name="Show secret").click()
    expect(page.get_by_label("What the receiver verifies with")).to_have_value(re.compile("whsec_.+"))
