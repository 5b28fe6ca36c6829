"""The outbox on a real mail server (loopback): what it takes, refuses, delays or cuts off in the middle."""

from __future__ import annotations

import email
from collections.abc import Iterator
from email import policy

import pytest

from loumass.channels import connecting
from loumass.channels.models import Channel
from loumass.core.ids import uuid7
from loumass.providers.smtp.client import Smtp
from tests.fakes.imap import FakeImapServer
from tests.messages.sending import campaign, changed, message, queue, states, stream, version
from tests.providers.test_smtp_contract import FilingSmtpServer, SmtpVendor
from tests.providers.vendor import Behaviour, context
from tests.world import World


@pytest.fixture
def vendor() -> Iterator[SmtpVendor]:
    """A mail server with pipelining and a Sent folder."""
    with FakeImapServer(users={"maya": "a secret"}) as imap, FilingSmtpServer(imap, pipelining=True) as smtp:
        before = connecting.use_context(context())
        yield SmtpVendor(smtp, imap)
        if before is not None:
            connecting.use_context(before)


def mailbox_at(world: World, vendor: SmtpVendor) -> Channel:
    channel_id = uuid7()
    credentials = Smtp.Credentials.model_validate(vendor.good_credentials)
    with world.acme.acting() as session:
        channel = Channel(
            id=channel_id, provider="smtp", medium="email", name="Maya", address="maya@acme.example",
            sender_name="Maya Chen", sealed_credentials=connecting.sealed(credentials, world.acme.id, channel_id),
        )  # fmt: skip
        session.add(channel)
        session.commit()
    return channel


def test_a_campaign_arrives_and_one_bad_address_does_not_stop_it(world: World, vendor: SmtpVendor) -> None:
    maya = mailbox_at(world, vendor)
    dead = world.acme.contact("Nobody", vendor.address_that(Behaviour.KNOWS_NOBODY))
    crowd = [world.acme.contact(f"Zoë {n}", f"zoe{n}@people.example") for n in range(12)]
    words = version(
        world.acme, subject="Grüße, {{contact.first_name}}", html="<p>Hi {{contact.first_name}}</p>"
    )
    ids = campaign(
        world.acme, maya, [*crowd[:6], dead, *crowd[6:]], stream(world.acme), content_version_id=words,
        merge_values={"contact.first_name": "Zoë"},
    )  # fmt: skip
    world.work()
    assert states(world.acme, ids) == ["sent"] * 6 + ["failed"] + ["sent"] * 6
    assert vendor.accepted() == [one.email for one in crowd]
    arrived = email.message_from_bytes(vendor.smtp.received[0].content, policy=policy.default)
    assert arrived["Subject"] == "Grüße, Zoë"
    assert arrived["Message-ID"] == f"<{message(world.acme, ids[0]).rfc_message_id}>"
    assert message(world.acme, ids[6]).is_bounce_permanent


def test_what_the_server_cut_off_is_found_in_sent_and_never_sent_twice(
    world: World, vendor: SmtpVendor
) -> None:
    maya = mailbox_at(world, vendor)
    went = world.acme.contact("Went", vendor.address_that(Behaviour.ACCEPTS_AND_CUTS))
    lost = world.acme.contact("Lost", vendor.address_that(Behaviour.LOSES_AND_CUTS))
    (first,) = queue(world.acme, maya, [went])
    world.work()
    world.later(minutes=2)
    (second,) = queue(world.acme, maya, [lost])
    world.work()
    assert states(world.acme, [first, second]) == ["in_doubt", "in_doubt"]
    world.later(minutes=5)
    assert states(world.acme, [first, second]) == ["sent", "in_doubt"]
    world.later(hours=3)
    assert vendor.accepted().count(went.email or "") == 1
    assert message(world.acme, second).state == "in_doubt"


def test_a_mailbox_that_has_sent_enough_for_today_rests_and_loses_nothing(
    world: World, vendor: SmtpVendor
) -> None:
    maya = mailbox_at(world, vendor)
    crowd = [world.acme.contact(f"Zoë {n}", f"zoe{n}@people.example") for n in range(8)]
    for one in crowd[2:]:
        vendor.smtp.on_content[one.email or ""] = "550 5.4.5 Daily user sending limit exceeded"
    ids = campaign(world.acme, maya, crowd, stream(world.acme))
    world.work()
    assert states(world.acme, ids) == ["sent"] * 2 + ["queued"] * 6
    offered = sum(command.startswith("RCPT") for command in vendor.smtp.commands)
    assert offered <= 4
    vendor.smtp.on_content.clear()
    world.later(minutes=70)
    assert states(world.acme, ids) == ["sent"] * 8
    assert sorted(vendor.accepted()) == sorted(one.email or "" for one in crowd)


def test_one_full_mailbox_holds_nobody_else_up_even_where_one_goes_at_a_time(
    world: World, vendor: SmtpVendor
) -> None:
    maya = mailbox_at(world, vendor)
    changed(world.acme, maya, failures_in_a_row=1)
    crowd = [world.acme.contact(f"Zoë {n}", f"zoe{n}@people.example") for n in range(4)]
    vendor.smtp.on_recipient[crowd[0].email or ""] = "450 4.2.1 mailbox busy"
    ids = campaign(world.acme, maya, crowd, stream(world.acme))
    world.work()
    assert states(world.acme, ids) == ["queued", "sent", "sent", "sent"]
    assert message(world.acme, ids[0]).waiting_for == "unavailable"
