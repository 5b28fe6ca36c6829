"""Mail in doubt at a mail server: settled by its copy in Sent, and by nothing else. Where none is, a person decides."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from loumass.channels.models import Channel
from loumass.core import clock
from tests.channels.connected import connected, loopback
from tests.fakes.imap import FakeImapServer
from tests.fakes.smtp import FakeSmtpServer, Twist
from tests.messages.sending import message, queue, states
from tests.world import World

PAGE = "/messages/in-doubt"
USERS = {"maya": "a secret"}
PRIYA = "priya@foothill.example"


@pytest.fixture
def imap() -> Iterator[FakeImapServer]:
    with FakeImapServer(users=USERS) as server:
        yield server


@pytest.fixture
def smtp() -> Iterator[FakeSmtpServer]:
    """A mail server that files nothing anywhere."""
    with FakeSmtpServer(users=USERS) as server, loopback():
        yield server


def mailbox(world: World, smtp: FakeSmtpServer, imap: FakeImapServer | None) -> Channel:
    sent = {"imap_host": imap.host, "imap_port": imap.port, "imap_security": "none"} if imap else {}
    return connected(
        world.acme, "smtp", "email", email="maya@acme.example", smtp_host=smtp.host, smtp_port=smtp.port,
        smtp_security="none", smtp_username="maya", smtp_password="a secret", **sent,
    )  # fmt: skip


@pytest.mark.parametrize("twist", [Twist.CUT_BEFORE_ANSWER, Twist.LOSE_AND_CUT, Twist.HANG])
def test_where_nothing_is_filed_a_person_decides(
    world: World, smtp: FakeSmtpServer, imap: FakeImapServer, twist: Twist
) -> None:
    """What was taken and what was lost look the same from outside."""
    channel, priya = mailbox(world, smtp, imap), world.acme.contact()
    smtp.on_content[PRIYA] = twist
    (only,) = queue(world.acme, channel, [priya])
    world.work()
    taken = len(smtp.received)
    assert "The provider is asked again" in world.acme.member.get(PAGE).get_data(as_text=True)
    for _ in range(9):
        world.later(hours=6)
    assert message(world.acme, only).state == "in_doubt"
    assert len(smtp.received) == taken
    assert "The provider cannot say more" in world.acme.member.get(PAGE).get_data(as_text=True)
    smtp.on_content.clear()
    world.acme.member.post(f"{PAGE}/send", {"ids": str(only)})
    world.work()
    assert message(world.acme, only).state == "sent"
    assert len(smtp.received) == taken + 1


def test_a_copy_that_is_filed_late_settles_it(
    world: World, smtp: FakeSmtpServer, imap: FakeImapServer
) -> None:
    channel, priya = mailbox(world, smtp, imap), world.acme.contact()
    smtp.on_content[PRIYA] = Twist.CUT_BEFORE_ANSWER
    ids = queue(world.acme, channel, [priya])
    world.work()
    world.later(minutes=10)
    assert states(world.acme, ids) == ["in_doubt"]
    imap.sent.drop_in(smtp.received[0].content, clock.now())
    world.later(hours=1)
    assert states(world.acme, ids) == ["sent"]
    assert "No send is in doubt" in world.acme.member.get(PAGE).get_data(as_text=True)
    assert len(smtp.received) == 1


def test_a_sent_folder_that_cannot_be_read_settles_nothing_and_is_read_later(
    world: World, smtp: FakeSmtpServer, imap: FakeImapServer
) -> None:
    channel, priya = mailbox(world, smtp, imap), world.acme.contact()
    smtp.on_content[PRIYA] = Twist.CUT_BEFORE_ANSWER
    ids = queue(world.acme, channel, [priya])
    world.work()
    imap.sent.drop_in(smtp.received[0].content, clock.now())
    imap.on_login = "NO [UNAVAILABLE] come back later"
    world.later(minutes=20)
    assert states(world.acme, ids) == ["in_doubt"]
    imap.on_login = ""
    world.later(hours=2)
    assert states(world.acme, ids) == ["sent"]
    assert len(smtp.received) == 1


def test_a_mailbox_without_a_sent_folder_leaves_it_to_a_person(world: World, smtp: FakeSmtpServer) -> None:
    channel, priya = mailbox(world, smtp, None), world.acme.contact()
    smtp.on_content[PRIYA] = Twist.CUT_BEFORE_ANSWER
    (only,) = queue(world.acme, channel, [priya])
    world.work()
    for _ in range(9):
        world.later(hours=6)
    found = message(world.acme, only)
    assert (found.state, found.due_at) == ("in_doubt", None)
    assert len(smtp.received) == 1
    assert "The provider cannot say more" in world.acme.member.get(PAGE).get_data(as_text=True)
