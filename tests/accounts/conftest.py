"""The installation's own mail arrives in a mailbox that tests can read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from email import message_from_bytes, policy
from email.message import EmailMessage
from uuid import uuid4

import pytest

from loumass.accounts import mail
from loumass.accounts.limits import limiter
from loumass.config import Settings
from tests.fakes.smtp import FakeSmtpServer
from tests.world import World


class Mailbox:
    """What the installation sent, after the workers have done their work."""

    def __init__(self, world: World, server: FakeSmtpServer) -> None:
        self.world, self.server = world, server

    def mails(self) -> list[EmailMessage]:
        """All mails so far, oldest first."""
        self.world.work()
        return [
            message_from_bytes(received.content, _class=EmailMessage, policy=policy.default)
            for received in self.server.received
        ]

    def last(self, to: str) -> EmailMessage:
        """The newest mail to an address."""
        return [one for one in self.mails() if one["To"] == to][-1]

    def link(self, to: str) -> str:
        """The path that the newest mail to an address links to, as its text part has it."""
        body = self.last(to).get_body(("plain",))
        assert body
        found = re.search(r"https://loumass\.example(/\S+)", body.get_content())
        assert found
        return found[1]


@pytest.fixture
def mailbox(world: World, settings: Settings) -> Iterator[Mailbox]:
    """The installation sends through a server on loopback."""
    with FakeSmtpServer() as server:
        mail.use(replace(settings, system_mail_url=f"smtp://{server.host}:{server.port}"))
        yield Mailbox(world, server)
    mail.use(settings)


@pytest.fixture
def limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tries are counted, from zero, and apart from other tests on the same Redis."""
    monkeypatch.setattr(limiter, "enabled", True)
    monkeypatch.setattr(limiter, "_key_prefix", f"test {uuid4()}")
