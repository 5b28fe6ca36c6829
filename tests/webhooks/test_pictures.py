"""Pictures of texts: fetched with our login, waited for a little, never at the cost of the words."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import select

from loumass.channels.models import Channel
from loumass.contacts.models import Suppression
from loumass.core import storage
from loumass.deliveries.models import Delivery
from loumass.messages import receiving
from loumass.messages.models import Attachment, Message
from tests.channels.connected import loopback, twilio_number
from tests.fakes.twilio import ACCOUNT_SID, Failure, FakeTwilio, inbound
from tests.webhooks.test_hooks import PERSON, call, path_of
from tests.world import World

PICTURE = f"/2010-04-01/Accounts/{ACCOUNT_SID}/Messages/MM1/Media/ME1"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(40)


@pytest.fixture
def twilio() -> Iterator[FakeTwilio]:
    with FakeTwilio() as fake, loopback(base_urls={"twilio": fake.base_url}):
        fake.media[PICTURE] = ("image/png", PNG)
        yield fake


def picture(world: World, twilio: FakeTwilio, text: str = "Look") -> Channel:
    channel = twilio_number(world.acme)
    media = {"NumMedia": "1", "MediaUrl0": twilio.base_url + PICTURE, "MediaContentType0": "image/png"}
    assert call(world, path_of(channel), inbound(text, sender=PERSON, **media)).status_code == 200
    return channel


def files(world: World) -> list[tuple[str, bytes]]:
    with world.acme.acting() as session:
        kept = session.execute(select(Attachment.content_type, Attachment.file_key))
        return [(kind, b"".join(storage.chunks(key))) for kind, key in kept]


def texts(world: World) -> list[str]:
    with world.acme.acting() as session:
        return list(session.scalars(select(Message.text)))


def test_a_picture_arrives_with_its_words(world: World, twilio: FakeTwilio) -> None:
    picture(world, twilio)
    world.work()
    assert texts(world) == ["Look"]
    assert files(world) == [("image/png", PNG)]


def test_a_vendor_in_trouble_is_asked_again_in_a_moment(world: World, twilio: FakeTwilio) -> None:
    twilio.on_everything = Failure(503)
    picture(world, twilio)
    world.work()
    assert texts(world) == []
    twilio.on_everything = None
    world.later(seconds=30)
    assert files(world) == [("image/png", PNG)]


def test_words_do_not_wait_long_for_their_picture(world: World, twilio: FakeTwilio) -> None:
    twilio.on_everything = Failure(503)
    picture(world, twilio)
    world.work()
    for _ in range(3):
        world.later(minutes=1)
    assert texts(world) == ["Look"]
    ((kind, note),) = files(world)
    assert kind == "text/plain"
    assert b"Twilio" in note


def test_a_stop_waits_for_no_picture(world: World, twilio: FakeTwilio) -> None:
    twilio.on_everything = Failure(503)
    picture(world, twilio, "STOP")
    world.work()
    with world.acme.acting() as session:
        assert session.scalars(select(Suppression)).one().reason == "unsubscribed"


def test_a_try_that_fails_keeps_no_second_copy(
    world: World, twilio: FakeTwilio, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ValueError("the database went away")

    before = set(storage.every_key())
    picture(world, twilio)
    with monkeypatch.context() as patched:
        patched.setattr(receiving, "receive", broken)
        world.work()
    assert files(world) == []
    world.later(seconds=30)
    assert files(world) == [("image/png", PNG)]
    assert len(set(storage.every_key()) - before) == 1
    with world.acme.acting() as session:
        assert session.scalars(select(Delivery)).one().state == "done"
