"""Texts in doubt at Twilio: settled by the very text, never by another that says the same."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from loumass.core import clock
from tests.channels.connected import loopback, twilio_number
from tests.fakes.twilio import ACCEPT_THEN_CUT, LOSE_AND_CUT, FakeTwilio
from tests.messages.sending import message, queue, states
from tests.world import World

PHONE = "+17205550164"


@pytest.fixture
def twilio() -> Iterator[FakeTwilio]:
    with FakeTwilio() as fake, loopback(base_urls={"twilio": fake.base_url}):
        keep = fake.keep
        fake.keep = lambda fields, created_at=None: keep(fields, created_at or clock.now())  # type: ignore[method-assign]
        yield fake


def test_a_text_that_went_is_settled_by_its_own_sid(world: World, twilio: FakeTwilio) -> None:
    channel, priya = twilio_number(world.acme), world.acme.contact(phone=PHONE)
    twilio.on_send["*"] = ACCEPT_THEN_CUT
    ids = queue(world.acme, channel, [priya], text="Are you in?")
    world.work()
    assert states(world.acme, ids) == ["in_doubt"]
    world.later(minutes=5)
    assert states(world.acme, ids) == ["sent"]
    assert message(world.acme, ids[0]).provider_message_id == twilio.messages[0]["sid"]


def test_the_same_words_sent_a_minute_before_prove_nothing(world: World, twilio: FakeTwilio) -> None:
    channel, priya = twilio_number(world.acme), world.acme.contact(phone=PHONE)
    first = queue(world.acme, channel, [priya], text="Are you in?")
    world.work()
    twilio.on_send["*"] = LOSE_AND_CUT
    second = queue(world.acme, channel, [priya], text="Are you in?")
    world.work()
    assert states(world.acme, [*first, *second]) == ["sent", "in_doubt"]
    for _ in range(3):
        world.later(minutes=10)
    assert states(world.acme, [*first, *second]) == ["sent", "in_doubt"]
    assert len(twilio.messages) == 1
