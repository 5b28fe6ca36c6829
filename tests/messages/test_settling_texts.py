"""Texts in doubt at Twilio: settled by the very text, never by another that says the same; what Twilio does not have is for a
person, who is never wrong by waiting."""

from __future__ import annotations

from collections.abc import Iterator
from typing import get_args

import pytest

from loumass.core import clock
from loumass.messages.outbox_lease import LEASE
from tests.channels.connected import loopback, twilio_number
from tests.fakes.twilio import ACCEPT_THEN_CUT, LOSE_AND_CUT, FakeTwilio
from tests.messages.dying import Point, killed_at
from tests.messages.sending import message, people, queue, states
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


@pytest.mark.parametrize("point", [one for one in get_args(Point) if one != "drafted"])
def test_whenever_the_worker_dies_each_text_goes_once(world: World, twilio: FakeTwilio, point: Point) -> None:
    """Twilio keeps no drafts: what it does not have was perhaps never sent, and only a person says so."""
    channel, crowd = twilio_number(world.acme), people(world.acme, 3, timezone="America/Denver")
    ids = queue(world.acme, channel, crowd, text="Are you in?")
    world.bell.rings.clear()
    killed_at(world, channel, point)
    went = {"noted": 0, "sent": 1, "written": 3}[point]
    assert len(twilio.messages) == went
    world.later(seconds=LEASE.total_seconds() + 1)
    for _ in range(3):
        world.later(minutes=5)
    assert sorted(states(world.acme, ids)) == ["in_doubt"] * (3 - went) + ["sent"] * went
    assert len(twilio.messages) == went, "nothing in doubt is sent by itself"
    open_ones = [str(one) for one in ids if message(world.acme, one).state == "in_doubt"]
    world.acme.member.post("/messages/in-doubt/send", {"ids": open_ones, "confirmed": "1"})
    world.work()
    assert states(world.acme, ids) == ["sent"] * 3
    assert sorted(one["to"] for one in twilio.messages) == sorted(one.phone or "" for one in crowd)
