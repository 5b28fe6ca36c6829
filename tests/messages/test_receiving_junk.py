"""What the mail server put among the junk: taken in where it answers us, left alone where it does not."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from loumass.core import clock, storage
from loumass.core.tenancy import serving
from loumass.media.jobs import forget
from loumass.messages.models import Attachment, Conversation, Message
from loumass.messages.reply_addresses import reply_address
from loumass.providers import events
from tests.messages.letters import MAYA, brings, count_of, email, mailbox, one, told, written
from tests.world import World

PRIYA, STRANGER = "priya@foothill.example", "prince@lottery.example"


def test_an_answer_that_landed_in_junk_is_an_answer(world: World) -> None:
    priya, box = world.acme.contact(), mailbox(world.acme)
    asked = written(world.acme, box, priya)
    brings(
        world.acme,
        box,
        email("priya.private@elsewhere.example", in_reply_to=asked.rfc_message_id, is_junk=True),
    )
    assert one(world.acme, Message, direction="in").is_automatic is False


def test_somebody_we_wrote_to_is_heard_also_from_junk(world: World) -> None:
    priya, box = world.acme.contact(), mailbox(world.acme)
    asked = written(world.acme, box, priya)
    brings(world.acme, box, email(PRIYA, is_junk=True))
    assert one(world.acme, Message, direction="in").conversation_id == asked.conversation_id
    assert len(told(world.acme, "message.received")) == 1


def test_a_token_in_the_address_is_enough(world: World) -> None:
    box = mailbox(world.acme)
    asked = written(world.acme, box, world.acme.contact())
    to = (reply_address(MAYA, asked.conversation_id),)
    brings(world.acme, box, email(STRANGER, to=to, is_junk=True))
    assert count_of(world.acme, Message) == 2


@pytest.mark.parametrize("sender", [STRANGER, PRIYA])
def test_what_does_not_concern_us_stays_where_it_is(world: World, sender: str) -> None:
    """Priya is a contact, but nobody has written to her from here."""
    world.acme.contact()
    spam = replace(
        email(sender, is_junk=True), attachments=(events.Attachment("prize.zip", "application/zip", b"PK"),)
    )
    brings(world.acme, mailbox(world.acme), spam)
    assert count_of(world.acme, Message) == 0
    assert count_of(world.acme, Conversation) == 0
    assert count_of(world.acme, Attachment) == 0
    assert told(world.acme, "message.received") == []


def test_files_of_junk_are_not_kept(world: World) -> None:
    before = set(storage.every_key())
    spam = email(STRANGER, is_junk=True)
    brings(
        world.acme,
        mailbox(world.acme),
        replace(spam, attachments=(events.Attachment("a.zip", "application/zip", b"PK"),)),
    )
    clock.advance(timedelta(days=2))
    with serving(world.acme.id):
        forget()
    assert set(storage.every_key()) == before


def test_what_somebody_moved_out_of_junk_arrives(world: World) -> None:
    box, letter = mailbox(world.acme), email("new@customer.example", message_id="hello@customer.example")
    brings(world.acme, box, replace(letter, is_junk=True))
    assert count_of(world.acme, Message) == 0
    brings(world.acme, box, letter)
    assert count_of(world.acme, Message) == 1
