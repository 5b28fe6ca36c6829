"""A mailbox keeps the contract of every provider, with and without pipelining."""

from __future__ import annotations

from collections.abc import Iterator
from email import message_from_bytes

import pytest

from loumass.providers.base import StoredItem
from loumass.providers.smtp.client import Smtp
from tests.fakes.imap import FakeImapServer
from tests.fakes.smtp import FakeSmtpServer, Received, Twist
from tests.providers.contract import NetworkContract, PollContract, ProviderContract
from tests.providers.vendor import Behaviour, Vendor

_RECIPIENT = {
    Behaviour.REJECTS: "550 5.7.1 we do not want this",
    Behaviour.KNOWS_NOBODY: "550 5.1.1 no such user here",
    Behaviour.THROTTLES: "450 4.7.1 too many messages, try again in 90 seconds",
    Behaviour.IS_UNAVAILABLE: "451 4.3.0 the disk is full",
    Behaviour.IS_DISCONNECTED: "530 5.7.0 authentication required",
}
_CONTENT = {
    Behaviour.ACCEPTS_AND_HANGS: Twist.HANG,
    Behaviour.ACCEPTS_AND_CUTS: Twist.CUT_BEFORE_ANSWER,
    Behaviour.LOSES_AND_CUTS: Twist.LOSE_AND_CUT,
    Behaviour.ANSWERS_AND_CUTS: Twist.ACCEPT_THEN_CUT,
    Behaviour.REFUSES_AND_CUTS: Twist.REFUSE_THEN_CUT,
}


class FilingSmtpServer(FakeSmtpServer):
    """A mail server that files a copy of what it takes into the Sent folder, as big providers do."""

    def __init__(self, imap: FakeImapServer, *, pipelining: bool) -> None:
        super().__init__(pipelining=pipelining, users={"maya": "a secret"}, size=25_000_000)
        self._imap = imap

    def keep(self, received: Received) -> None:
        super().keep(received)
        self._imap.sent.drop_in(received.content)


class SmtpVendor(Vendor):
    provider = Smtp

    def __init__(self, smtp: FakeSmtpServer, imap: FakeImapServer) -> None:
        self.smtp, self.imap = smtp, imap
        self.good_credentials = {
            "email": "maya@acme.example",
            "smtp_host": smtp.host,
            "smtp_port": smtp.port,
            "smtp_security": "none",
            "smtp_username": "maya",
            "smtp_password": "a secret",
            "imap_host": imap.host,
            "imap_port": imap.port,
            "imap_security": "none",
        }
        self._count = 0

    def address_that(self, behaviour: Behaviour) -> str:
        self._count += 1
        address = f"person{self._count}@people.example"
        if behaviour in _RECIPIENT:
            self.smtp.on_recipient[address] = _RECIPIENT[behaviour]
        if behaviour in _CONTENT:
            self.smtp.on_content[address] = _CONTENT[behaviour]
        return address

    def accepted(self) -> list[str]:
        return [address for received in self.smtp.received for address in received.recipients]

    def text_received(self, address: str) -> str:
        content = next(received.content for received in self.smtp.received if address in received.recipients)
        payload = message_from_bytes(content).get_payload(decode=True)
        assert isinstance(payload, bytes)
        return payload.decode()

    def refuse_login(self) -> None:
        self.smtp.users = {}


@pytest.fixture(params=[True, False], ids=["pipelining", "step by step"])
def vendor(request: pytest.FixtureRequest) -> Iterator[SmtpVendor]:
    with (
        FakeImapServer(users={"maya": "a secret"}) as imap,
        FilingSmtpServer(imap, pipelining=request.param) as smtp,
    ):
        yield SmtpVendor(smtp, imap)


@pytest.fixture
def arrivals(vendor: SmtpVendor) -> list[StoredItem]:
    provider = vendor.open()
    start = provider.fetch({}).cursor
    for number in range(5):
        vendor.imap.inbox.drop_in(
            f"From: person{number}@people.example\r\nSubject: Re: An invitation\r\n\r\nCount me in {number}".encode()
        )
    return list(provider.fetch(start).items)


class TestSmtp(ProviderContract, NetworkContract, PollContract):
    pass
