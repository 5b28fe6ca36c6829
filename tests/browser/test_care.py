"""Deliverability, a domain, the page of wishes and a possible opt-out, in Chromium: on every width and in both themes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from loumass.channels.models import Channel, ChannelDay
from loumass.contacts.models import Topic
from loumass.core import clock
from loumass.core.live import announce
from loumass.core.tenancy import get_or_404
from loumass.deliverability.known_senders import SERVICES
from loumass.deliverability.looking import Found
from loumass.deliverability.models import DomainBrake, SendingDomain, TroubleHour
from loumass.deliverability.verdicts import judge, worst
from loumass.events.service import publish
from loumass.messages.unsubscribing_links import unsubscribe_url
from tests.browser.fitting import fits
from tests.channels.connected import connected
from tests.messages.letters import brings, email, written
from tests.messages.sending import mailbox, stream
from tests.world import World

pytestmark = pytest.mark.browser
SignIn = Callable[..., Page]
Picture = Callable[[Page, str], None]


def furnish(world: World) -> SendingDomain:
    """A domain that lacks most, a slowed and a stopped mailbox, a server that is left alone."""
    box = connected(
        world.acme, "smtp", "email", email="maya@acme.example", smtp_host="smtp.gmail.com", smtp_username="maya",
        smtp_password="secret",
    )  # fmt: skip
    other = mailbox(world.acme, "events@acme.example")
    found = Found("acme.example", mx=("1 smtp.google.com",), spf=("v=spf1 include:sendgrid.net ~all",))
    checks = judge(found, (SERVICES[0],), ["google", "default"])
    with world.acme.acting() as session:
        domain = SendingDomain(
            name="acme.example", checks=[one.as_json() for one in checks], state=worst(checks)
        )
        domain.checked_at = clock.now()
        session.add_all(
            [domain, SendingDomain(name="mail.acme.example", state="good", checked_at=clock.now())]
        )
        slowed, stopped = get_or_404(Channel, box.id), get_or_404(Channel, other.id)
        slowed.brake_gap_seconds = 30
        slowed.brake_because = (
            "7 of 120 messages since yesterday bounced (5.8%); the limit is 5%. "
            "So it rests 30 s between two messages; past 10% it stops."
        )
        figures = "14 of 118 messages since yesterday bounced (12%); the limit is 5%."
        stopped.state, stopped.brake_because = "paused", figures
        stopped.state_reason = (
            f"{figures} Look at what came back, then resume it: nothing resumes it by itself."
        )
        day = clock.now().date()
        for channel, sent, bounced in ((box, 113, 7), (other, 104, 14)):
            session.add(ChannelDay(channel_id=channel.id, day=day, used=sent, sent=sent))
            session.add(
                TroubleHour(channel_id=channel.id, hour=clock.now(), domain="x.example", bounced=bounced)
            )
        until = clock.now() + timedelta(hours=5)
        because = "6 of 11 messages since yesterday were refused (55%); the limit is 10%."
        session.add(DomainBrake(domain="strict.example", until_at=until, counted_from=until, because=because))
        session.commit()
    return domain


@pytest.mark.parametrize(("theme", "width"), [("light", 1280), ("dark", 375)])
def test_deliverability_and_a_domain(
    world: World, sign_in: SignIn, picture: Picture, server: str, theme: str, width: int
) -> None:
    furnish(world)
    page = sign_in(world.acme.admin, theme=theme, width=width)
    page.goto(f"{server}/deliverability")
    expect(page.get_by_text("maya@acme.example sends slower")).to_be_visible()
    expect(page.get_by_text("strict.example").first).to_be_visible()
    assert fits(page)
    picture(page, f"deliverability-{theme}-{width}")
    page.get_by_role("link", name="acme.example", exact=True).click()
    expect(page.get_by_text("SPF: not in order")).to_be_visible()
    expect(page.get_by_label("Value").first).to_have_value(
        "v=spf1 include:_spf.google.com include:sendgrid.net ~all"
    )
    assert fits(page)
    picture(page, f"domain-{theme}-{width}")
    page.get_by_label("Selectors").fill("no such!")
    with world.acme.acting() as session:
        domain = session.scalars(select(SendingDomain).where(SendingDomain.name == "acme.example")).one()
        domain.checked_at = clock.now() + timedelta(hours=3)
        announce("channels")
        session.commit()
    expect(page.locator("#domain-facts")).to_contain_text("12:00")
    expect(page.get_by_label("Selectors")).to_have_value("no such!")
    page.get_by_role("button", name="Save and check").click()
    expect(page.get_by_text("such! is no selector")).to_be_visible()
    page.goto(f"{server}/dashboard")
    page.goto(f"{server}/deliverability")
    # What is braked while somebody looks is told at once.
    with world.acme.acting() as session:
        figures = {"kind": "rejected", "count": 12, "total": 80, "what": "domain", "domain": "other.example"}
        publish("deliverability.alert", facts=figures)
        announce("alerts")
        session.commit()
    expect(page.get_by_text("Nothing goes to other.example for now")).to_be_visible()
    page.get_by_role("button", name="Close this note").first.click()
    page.get_by_role("button", name="Its own pace again").click()
    expect(page.get_by_text("maya@acme.example sends at its own pace again.")).to_be_visible()
    page.get_by_role("button", name="Write again now").click()
    expect(page.get_by_text("Campaigns write to strict.example again.")).to_be_visible()


@pytest.mark.parametrize(("theme", "width", "scripts"), [("light", 1280, False), ("dark", 375, True)])
def test_the_page_of_wishes_needs_no_login(
    world: World,
    open_page: Callable[..., Page],
    picture: Picture,
    server: str,
    theme: str,
    width: int,
    scripts: bool,
) -> None:
    priya = world.acme.contact(phone="+13035550164")
    box = mailbox(world.acme)
    sent = written(world.acme, box, priya, stream_id=stream(world.acme))
    with world.acme.acting() as session:
        session.add_all(
            [
                Topic(name="Events", description="Invitations to dinners and panels."),
                Topic(name="Product news"),
            ]
        )
        session.commit()
    path = unsubscribe_url(world.acme.organization.number, sent.id).removeprefix("https://loumass.example")
    page = open_page(width=width, theme=theme, scripts=scripts)
    page.goto(f"{server}{path}")
    page.get_by_role("link", name="Choose what you want to get, or pause for 30 days").click()
    expect(page.get_by_label("Texts")).to_be_checked()
    page.get_by_label("Events").uncheck()
    page.get_by_label("Voicemails").uncheck()
    assert fits(page)
    picture(page, f"wishes-{theme}-{width}")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved. It holds from now on")).to_be_visible()
    expect(page.get_by_label("Events")).not_to_be_checked()
    page.get_by_role("button", name="Pause for 30 days").click()
    expect(page.get_by_text("comes until Thu 2 April")).to_be_visible()
    picture(page, f"wishes-paused-{theme}-{width}")
    page.get_by_role("button", name="End the pause").click()
    expect(page.get_by_role("button", name="Pause for 30 days")).to_be_visible()


@pytest.mark.parametrize(("theme", "width"), [("light", 1440), ("dark", 375)])
def test_a_possible_opt_out_is_confirmed_with_one_press(
    world: World, sign_in: SignIn, picture: Picture, server: str, theme: str, width: int
) -> None:
    priya, box = world.acme.contact(), mailbox(world.acme)
    asked = written(world.acme, box, priya, stream_id=stream(world.acme))
    brings(
        world.acme, box,
        email("priya@foothill.example", "Hi Maya, please remove me from your list. Thanks", in_reply_to=asked.rfc_message_id or ""),
    )  # fmt: skip
    page = sign_in(world.acme.agent, theme=theme, width=width)
    page.goto(f"{server}/inbox/{asked.conversation_id}")
    expect(page.get_by_text("Did they ask us to stop?")).to_be_visible()
    assert fits(page)
    picture(page, f"opt-out-{theme}-{width}")
    page.get_by_role("button", name="Yes, stop e-mails").click()
    expect(page.get_by_text("Noted. They get no more e-mails")).to_be_visible()
    page.goto(f"{server}/contacts/{priya.id}")
    page.get_by_text("Ledger of consent").click()
    expect(page.get_by_text("remove me from your list").first).to_be_visible()
    assert fits(page)
    picture(page, f"ledger-{theme}-{width}")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_topics(world: World, sign_in: SignIn, picture: Picture, server: str, theme: str) -> None:
    page = sign_in(world.acme.member, theme=theme, width=375 if theme == "dark" else 1280)
    page.goto(f"{server}/topics")
    page.get_by_label("Name").fill("Events")
    page.get_by_label("What people get").fill("Invitations to dinners and panels.")
    page.get_by_role("button", name="Add topic").click()
    expect(page.get_by_text("Events is a topic now.")).to_be_visible()
    assert fits(page)
    picture(page, f"topics-{theme}")
