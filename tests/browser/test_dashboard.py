"""The dashboard of an organization at work, in a real Chromium."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from loumass.campaigns.models import Enrollment
from loumass.channels.models import Channel
from loumass.contacts.models import ContactImport
from loumass.core import clock
from loumass.events.service import publish_all
from loumass.messages.models import Conversation, Message
from tests.analytics.figures import campaign_of
from tests.browser.conftest import SignIn
from tests.browser.fitting import fits
from tests.world import World

pytestmark = pytest.mark.browser
Picture = Callable[[Page, str], None]


def busy(world: World) -> None:
    """A month of Acme: mail goes out on workdays, people answer, one mailbox is cut off."""
    chance = random.Random(3)
    nights = [
        campaign_of(
            world.acme,
            name,
            event_at=clock.now() + timedelta(days=days),
            event_timezone="America/Denver",
            **also,
        )
        for name, days, also in (
            ("No-show follow-up, February", 1, {"state": "paused", "paused_by_id": world.acme.admin.id}),
            ("Webinar: Listings on Camera", 15, {}),
            ("Austin Broker Night", 23, {}),
            ("Denver Broker Night", 9, {}),
        )
    ]
    states = ["waiting"] * 5 + ["ended"] * 3
    statuses = ["No Activity", "Messaged", "Messaged", "Needs BDR", "Received RSVP", "Received RSVP"]
    people = [world.acme.contact(f"Person {n}", f"p{n}@brokers.example") for n in range(40)]
    with world.acme.acting() as session:
        for n, person in enumerate(people):
            status, sent = statuses[n % 6], clock.now() - timedelta(days=chance.randrange(20))
            session.add(
                Enrollment(
                    campaign_id=nights[n % 4].id,
                    contact_id=person.id,
                    state=states[n % 8],
                    status=status,
                    status_changed_at=sent,
                    due_at=clock.now() + timedelta(hours=n) if states[n % 8] == "waiting" else None,
                    last_sent_at=sent,
                    replied_at=sent if n % 6 >= 3 else None,
                    bounced_at=sent if n % 20 == 0 else None,
                )
            )
        mailbox = Channel(provider="sandbox", medium="email", name="Andre’s mailbox", address="andre@acme.example", sealed_credentials=b"-",
                          state="disconnected", state_reason="Google withdrew access at 07:58.")  # fmt: skip
        session.add(mailbox)
        session.add(
            ContactImport(
                file_key="k",
                file_name="open-house-feb.csv",
                file_size=1,
                file_sha256="x",
                state="done",
                refused_count=38,
                created_count=1202,
            )
        )
        session.flush()
        talk = Conversation(
            channel_id=mailbox.id,
            medium="email",
            counterpart="a",
            thread_key="a",
            needs_reply_since=clock.now() - timedelta(hours=16),
        )
        session.add(talk)
        session.flush()
        for state in ("queued", "queued", "in_doubt"):
            session.add(
                Message(
                    conversation_id=talk.id,
                    channel_id=mailbox.id,
                    direction="out",
                    medium="email",
                    state=state,
                    attempted_at=clock.now(),
                )
            )
        for day in range(30):
            moment = clock.now() - timedelta(days=day)
            workday = moment.weekday() < 5
            publish_all(
                "message.sent", [{"happened_at": moment}] * (chance.randrange(80, 320) if workday else 2)
            )
            publish_all(
                "message.received", [{"happened_at": moment}] * (chance.randrange(8, 36) if workday else 1)
            )
        session.commit()
    world.work()


@pytest.mark.parametrize(("theme", "width"), [("light", 1440), ("dark", 375)])
def test_the_dashboard_of_a_busy_month(
    world: World, server: str, sign_in: SignIn, picture: Picture, theme: str, width: int
) -> None:
    busy(world)
    page = sign_in(world.acme.member, theme=theme, width=width)
    page.goto(f"{server}/dashboard")
    expect(page.get_by_role("heading", name="Good morning, Ben")).to_be_visible()
    expect(page.get_by_text("Andre’s mailbox is disconnected")).to_be_visible()
    expect(page.locator("canvas")).to_be_visible()
    assert fits(page)
    picture(page, f"dashboard-{theme}-{width}")
    if width > 1000:
        page.get_by_role("button", name="Table").click()
        expect(page.get_by_role("rowheader", name="3 Mar")).to_be_visible()


def test_a_new_organization_is_led_to_its_first_step(
    world: World, server: str, sign_in: SignIn, picture: Picture
) -> None:
    page = sign_in(world.acme.admin)
    page.goto(f"{server}/dashboard")
    expect(page.get_by_role("heading", name="Three steps to the first message")).to_be_visible()
    picture(page, "dashboard-beginning")
