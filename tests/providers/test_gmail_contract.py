"""Gmail keeps the contract of every provider, against Google on loopback."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from loumass.core import clock
from loumass.providers.base import HookRequest, ProviderContext, StoredItem
from loumass.providers.gmail import push
from loumass.providers.gmail.client import Gmail
from tests.fakes import google
from tests.fakes.google import Failure, FakeGoogle
from tests.providers.contract import NetworkContract, PollContract, ProvenContract, ProviderContract, stored
from tests.providers.vendor import PUBLIC_URL, Behaviour, Vendor, context

HOOK = "/hooks/gmail"
_AT_DRAFT: dict[Behaviour, Failure] = {
    Behaviour.REJECTS: Failure(400, "invalidArgument", "Message rejected by policy"),
    Behaviour.KNOWS_NOBODY: Failure(400, "invalidArgument", "Invalid To header"),
    Behaviour.THROTTLES: Failure(429, "rateLimitExceeded", "Too many", {"Retry-After": "7"}),
    Behaviour.IS_UNAVAILABLE: Failure(503, "backendError"),
    Behaviour.IS_DISCONNECTED: Failure(403, "domainPolicy"),
}
_AT_SEND: dict[Behaviour, Failure | str] = {
    Behaviour.ACCEPTS_AND_HANGS: google.HANG,
    Behaviour.ACCEPTS_AND_CUTS: google.ACCEPT_THEN_CUT,
    Behaviour.LOSES_AND_CUTS: google.LOSE_AND_CUT,
    Behaviour.REFUSES_AND_CUTS: Failure(400, "invalidArgument", "Refused", {"Connection": "close"}),
    Behaviour.ANSWERS_AND_CUTS: google.ANSWER_THEN_CUT,
}


class GmailVendor(Vendor):
    provider = Gmail
    proof_header = "authorization"

    def __init__(self, fake: FakeGoogle) -> None:
        self.fake = fake
        fake.now = lambda: clock.now().timestamp()
        self.good_credentials = fake.signed_in()
        self._count = 0

    def context(self) -> ProviderContext:
        return context(base_urls=self.fake.base_urls)

    def address_that(self, behaviour: Behaviour) -> str:
        self._count += 1
        address = f"person{self._count}@foothill.example"
        if behaviour in _AT_DRAFT:
            self.fake.on[("draft", address)] = _AT_DRAFT[behaviour]
        if behaviour in _AT_SEND:
            self.fake.on[("send", address)] = _AT_SEND[behaviour]
        return address

    def accepted(self) -> list[str]:
        return [mail.to for mail in self.fake.sent]

    def text_received(self, address: str) -> str:
        return next(mail.raw for mail in self.fake.sent if mail.to == address).decode()

    def refuse_login(self) -> None:
        self.fake.revoke()


@pytest.fixture
def vendor() -> Iterator[GmailVendor]:
    with FakeGoogle() as fake:
        yield GmailVendor(fake)


@pytest.fixture
def arrivals(vendor: GmailVendor) -> list[StoredItem]:
    with vendor.open() as provider:
        cursor = provider.fetch({}).cursor
        for number in range(3):
            vendor.fake.arrives(
                f"From: Nadia <nadia@lakeside.example>\r\nTo: {vendor.fake.mailbox}\r\nSubject: Yes {number}\r\n"
                f"Message-ID: <{number}@lakeside.example>\r\n\r\nI will come.\r\n".encode()
            )
        return list(provider.fetch(cursor).items)


@pytest.fixture(name="call")
def good_call(vendor: GmailVendor) -> HookRequest:
    hook = call(vendor.fake)
    Gmail.look_up(hook, vendor.context())
    return hook


class TestGmail(ProviderContract, NetworkContract, ProvenContract, PollContract):
    pass


def call(fake: FakeGoogle, audience: str = PUBLIC_URL + HOOK, **claims: Any) -> HookRequest:
    """A notification by Pub/Sub."""
    headers, body = fake.notification(audience, **claims)
    return HookRequest("POST", HOOK, headers, body)


def believed(vendor: GmailVendor, hook: HookRequest) -> bool:
    """Whether the call is taken for Google's."""
    Gmail.look_up(hook, vendor.context())
    try:
        vendor.open().verify(hook)
    except push.Forged:
        return False
    return True


def test_only_googles_own_notification_for_us_is_believed(vendor: GmailVendor) -> None:
    now = clock.now().timestamp()
    assert believed(vendor, call(vendor.fake))
    wrongs: tuple[dict[str, Any], ...] = (
        {"aud": "https://elsewhere.example/hooks/gmail"},
        {"iss": "https://accounts.evil.example"},
        {"email": "somebody@else.example"},
        {"email_verified": False},
        {"exp": now - 3600},
        {"exp": None},
        {"iat": now + 3600},
        {"iat": "soon"},
    )
    for wrong in wrongs:
        assert not believed(vendor, call(vendor.fake, **wrong)), wrong
    good = call(vendor.fake)
    token = good.headers["authorization"]
    for header in ("", "Bearer", "Basic x", "Bearer x.y.z", token[:-6] + "AAAAAA", "Bearer " + "é" * 40):
        assert not believed(vendor, HookRequest("POST", HOOK, {"authorization": header}, good.body)), header
    with FakeGoogle() as other:
        assert not believed(vendor, call(other))


def test_without_a_service_account_nobody_is_believed(vendor: GmailVendor) -> None:
    hook = call(vendor.fake, email="")
    Gmail.look_up(hook, vendor.context())
    with pytest.raises(push.Forged):
        vendor.open(pusher="").verify(hook)


def test_a_notification_names_its_mailbox_and_says_that_there_is_mail(vendor: GmailVendor) -> None:
    hook = call(vendor.fake, message_id="n-7")
    assert Gmail.addressee(hook) == ("maya@acme.example", "maya@acme.example")
    provider = vendor.open()
    assert provider.identity(hook) == provider.identity(call(vendor.fake, message_id="n-7")) == "push:n-7"
    assert provider.identity(call(vendor.fake, message_id="n-8")) == "push:n-8"
    assert [type(one).__name__ for one in provider.parse(stored(vendor, hook))] == ["MailboxChanged"]
    for body in (
        b"",
        b"[]",
        b"{}",
        b'{"message": 1}',
        b'{"message": {"data": "!!"}}',
        b'{"message": {"data": "W10="}}',
    ):
        broken = HookRequest("POST", HOOK, hook.headers, body)
        assert Gmail.addressee(broken) == ("", "")
        assert provider.identity(broken)
