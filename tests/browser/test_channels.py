"""Channels as an admin meets them, in Chromium: connecting, limits, trouble, on every width and in both themes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from loumass.channels.models import Channel, ChannelDay
from loumass.core import clock
from loumass.core.tenancy import get_or_404
from tests.browser.fitting import fits
from tests.channels.connected import connected, sandbox_mailbox, twilio_number
from tests.messages.sending import queue
from tests.world import World

pytestmark = pytest.mark.browser
SignIn = Callable[..., Page]
Picture = Callable[[Page, str], None]


def furnish(world: World) -> None:
    """Seven senders in all states."""
    day = clock.now().date()
    rows: tuple[tuple[Channel, dict[str, Any], tuple[int, ...]], ...] = (
        (sandbox_mailbox(world.acme, "maya@acme.example"), {"daily_cap": 120, "window_weekdays": [1, 2, 3, 4, 5], "window_from": 480, "window_until": 1020, "minimum_gap_seconds": 40}, (18, 900, 7, 153, 0)),
        (sandbox_mailbox(world.acme, "andre@acme.example"), {"state": "disconnected", "state_reason": "The server refused user name or password: 535 5.7.8."}, (0, 400, 4, 60, 0)),
        (sandbox_mailbox(world.acme, "events@acme.example"), {"daily_cap": 400, "poll_problem": "imap.acme.example:993 does not answer."}, (31, 1200, 19, 108, 1)),
        (sandbox_mailbox(world.acme, "ruth@acme.example"), {"daily_cap": 40}, (4, 300, 11, 20, 2)),
        (twilio_number(world.acme, "+13035550142"), {"daily_cap": 40}, (40, 500, 14, 40, 0)),
        (connected(world.acme, "sandbox", "sms", number="+15125550186"), {"state": "paused", "state_reason": "Paused by Ada Admin."}, (0, 0, 0, 0, 0)),
    )  # fmt: skip
    with world.acme.acting() as session:
        for channel, values, (used, sent, bounced, replied, complained) in rows:
            row = get_or_404(Channel, channel.id)
            for name, value in {"polled_at": clock.now(), **values}.items():
                setattr(row, name, value)
            session.add(ChannelDay(channel_id=channel.id, day=day, used=used, sent=used))
            for back in range(1, 11):
                session.add(
                    ChannelDay(
                        channel_id=channel.id, day=day - timedelta(days=back), used=sent // 10, sent=sent // 10,
                        bounced=bounced // 10 + (back <= bounced % 10), replied=replied // 10, complained=int(back <= complained),
                    )
                )  # fmt: skip
        session.commit()
    queue(world.acme, rows[1][0], [world.acme.contact("Anna Miller", email="anna@people.example")])


@pytest.mark.parametrize(("theme", "width"), [("light", 1440), ("dark", 375)])
def test_the_list_in_every_light(
    world: World, sign_in: SignIn, picture: Picture, theme: str, width: int
) -> None:
    furnish(world)
    page = sign_in(world.acme.admin, theme=theme, width=width)
    page.goto(page.url.split("/", 3)[0] + "//" + page.url.split("/", 3)[2] + "/channels")
    expect(page.get_by_role("heading", name="Channels", exact=True)).to_be_visible()
    expect(page.get_by_text("Disconnected").first).to_be_visible()
    assert fits(page)
    picture(page, f"channels-{theme}-{width}")
    page.get_by_role("link", name="maya@acme.example").click()
    expect(page.get_by_role("heading", name="maya@acme.example", level=1)).to_be_visible()
    assert fits(page)
    picture(page, f"channel-{theme}-{width}")


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_connecting_a_mailbox_by_visible_labels_only(
    world: World, sign_in: SignIn, picture: Picture, scripts: bool
) -> None:
    page = sign_in(world.acme.admin, scripts=scripts)
    page.get_by_role("link", name="Channels").first.click()
    page.get_by_role("link", name="Connect a channel").click()
    picture(page, "channels-choose")
    page.get_by_role("link", name="Sandbox mailbox").click()
    page.get_by_label("E-mail address").fill("maya@acme.example")
    page.get_by_label("Sender").fill("Maya Lindqvist")
    picture(page, "channels-connect")
    page.get_by_role("button", name="Connect", exact=True).click()
    expect(page.get_by_role("heading", name="maya@acme.example", level=1)).to_be_visible()
    page.get_by_label("Messages a day").fill("0")
    page.get_by_role("button", name="Save limits").click()
    expect(page.get_by_text("Use a number from 1 to 1,000,000.").first).to_be_visible()
    page.get_by_label("Messages a day").fill("50")
    page.get_by_label("Sat", exact=True).uncheck()
    page.get_by_label("Sun", exact=True).uncheck()
    page.get_by_role("button", name="Save limits").click()
    expect(page.get_by_text("Mon to Fri, all day").first).to_be_visible()
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_text("Paused by Ada Admin").first).to_be_visible()
    page.get_by_role("button", name="Resume").click()
    page.get_by_role("link", name="Remove").click()
    page.get_by_role("button", name="Remove channel").click()
    expect(page.get_by_text("Which mailbox or number do you write from?")).to_be_visible()


def test_a_provider_s_questions_in_the_dark_on_a_phone(
    world: World, sign_in: SignIn, picture: Picture
) -> None:
    page = sign_in(world.acme.admin, theme="dark", width=375)
    origin = "/".join(page.url.split("/", 3)[:3])
    page.goto(f"{origin}/channels/connect/smtp/email")
    page.get_by_role("button", name="Connect", exact=True).click()
    expect(page.get_by_text("E-mail address is missing.").first).to_be_visible()
    assert fits(page)
    picture(page, "channels-smtp-dark-375")
