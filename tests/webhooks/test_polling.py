"""Mailboxes are polled into the same deliveries: nothing lost, nothing twice, trouble said aloud."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import select

from loumass.channels.models import Channel
from loumass.core import clock, jobs
from loumass.core.tenancy import get_or_404, serving
from loumass.deliveries.models import Delivery
from loumass.messages.models import Message
from loumass.providers.smtp import mailbox
from loumass.webhooks.jobs import poll
from tests.channels.connected import connected, loopback
from tests.fakes.imap import FakeImapServer
from tests.fakes.smtp import FakeSmtpServer
from tests.world import World


class Office:
    """Acme's mailbox at a real IMAP server."""

    def __init__(self, world: World, imap: FakeImapServer, smtp: FakeSmtpServer) -> None:
        self.world, self.imap = world, imap
        self.channel = connected(
            world.acme,
            "smtp",
            "email",
            email="maya@acme.example",
            smtp_host=smtp.host,
            smtp_port=smtp.port,
            smtp_security="none",
            imap_host=imap.host,
            imap_port=imap.port,
            imap_security="none",
            imap_username="maya",
            imap_password="secret",
        )

    def arrive(self, text: str, sender: str = "priya@foothill.example") -> None:
        self.imap.inbox.drop_in(
            f"From: {sender}\r\nTo: maya@acme.example\r\nSubject: {text}\r\nMessage-ID: <{hash(text)}@x>\r\n"
            f"Date: Tue, 3 Mar 2026 16:00:00 +0000\r\n\r\n{text}\r\n".encode(),
            clock.now(),
        )

    def now(self) -> Channel:
        with self.world.acme.acting():
            return get_or_404(Channel, self.channel.id)

    def texts(self) -> list[str]:
        with self.world.acme.acting() as session:
            return list(session.scalars(select(Message.text).order_by(Message.occurred_at, Message.id)))


@pytest.fixture
def office(world: World) -> Iterator[Office]:
    with FakeImapServer(users={"maya": "secret"}) as imap, FakeSmtpServer() as smtp, loopback():
        yield Office(world, imap, smtp)


def test_a_reply_arrives_within_a_minute(world: World, office: Office) -> None:
    world.work()
    office.arrive("Sounds good")
    world.later(seconds=61)
    assert office.texts() == ["Sounds good"]
    assert office.now().polled_at is not None


def test_polling_goes_on_by_itself(world: World, office: Office) -> None:
    world.work()
    for text in ("One", "Two", "Three"):
        office.arrive(text)
        world.later(seconds=61)
    assert office.texts() == ["One", "Two", "Three"]


def test_what_came_during_a_week_away_is_fetched_in_batches(
    world: World, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mailbox, "BATCH", 10)
    world.work()
    for number in range(35):
        office.arrive(f"Mail {number}", sender=f"person{number}@people.example")
    world.later(days=7)
    assert len(office.texts()) == 35


def test_a_cut_in_mid_poll_loses_nothing_and_is_said_aloud(world: World, office: Office) -> None:
    world.work()
    office.arrive("Important")
    office.imap.cut_on = "UID FETCH"
    world.later(seconds=61)
    assert office.texts() == []
    assert office.now().poll_problem
    office.imap.cut_on = ""
    world.later(minutes=5)
    assert office.texts() == ["Important"]
    assert office.now().poll_problem == ""


def test_a_changed_password_is_said_aloud_and_tried_ever_more_rarely(world: World, office: Office) -> None:
    world.work()
    office.imap.users["maya"] = "changed"
    world.later(minutes=2)
    assert "refused" in office.now().poll_problem
    assert office.now().state == "active"
    logins = len(office.imap.commands)
    for _ in range(60):
        world.later(minutes=1)
    assert len(office.imap.commands) - logins < 30


def test_two_polls_at_once_keep_everything_once(world: World, office: Office) -> None:
    world.work()
    office.arrive("Twice fetched")
    before = office.now().cursor
    with serving(world.acme.id):
        poll(str(office.channel.id))
        with world.acme.acting() as session:
            get_or_404(Channel, office.channel.id).cursor = before
            session.commit()
        poll(str(office.channel.id))
    world.work()
    with world.acme.acting() as session:
        assert len(session.scalars(select(Delivery)).all()) == 1
    assert office.texts() == ["Twice fetched"]


def test_a_removed_mailbox_is_left_alone(world: World, office: Office) -> None:
    world.work()
    with world.acme.acting() as session:
        get_or_404(Channel, office.channel.id).archived_at = clock.now()
        session.commit()
    spoken = len(office.imap.commands)
    world.later(minutes=10)
    assert len(office.imap.commands) == spoken


def test_an_emptied_redis_stops_no_polling(world: World, office: Office) -> None:
    world.work()
    with world.acme.acting() as session:
        session.connection().exec_driver_sql("SELECT 1")
    office.arrive("After the flood")
    world.bell.rings.clear()
    world.later(minutes=2)
    assert office.texts() == ["After the flood"]
    assert jobs.JOBS["webhooks.poll"] is poll
