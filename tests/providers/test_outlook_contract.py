"""Outlook keeps the contract of every provider, against Graph on loopback."""

from __future__ import annotations

import json
from collections.abc import Iterator
from email import message_from_bytes, policy

import pytest

from loumass.providers.base import HookRequest, ProviderContext, StoredItem
from loumass.providers.outlook.client import Outlook
from loumass.providers.outlook.inbound import client_state
from tests.fakes import graph
from tests.fakes.graph import Failure, FakeGraph
from tests.fakes.graph_subscriptions import notification
from tests.providers.contract import HookContract, NetworkContract, PollContract, ProviderContract
from tests.providers.vendor import PUBLIC_URL, Behaviour, Vendor, context

HOOK = "/hooks/outlook/a-token"
_RULES: dict[Behaviour, Failure | str] = {
    Behaviour.REJECTS: Failure(400, "ErrorInvalidRequest", "Your request can't be completed."),
    Behaviour.THROTTLES: Failure(429, "ApplicationThrottled", "Too many requests", {"Retry-After": "7"}),
    Behaviour.IS_DISCONNECTED: Failure(403, "ErrorAccessDenied", "Access is denied."),
    Behaviour.ACCEPTS_AND_HANGS: graph.HANG,
    Behaviour.ACCEPTS_AND_CUTS: graph.ACCEPT_THEN_CUT,
    Behaviour.LOSES_AND_CUTS: graph.LOSE_AND_CUT,
    Behaviour.REFUSES_AND_CUTS: Failure(400, "ErrorInvalidRequest", "No.", {"Connection": "close"}),
    Behaviour.ANSWERS_AND_CUTS: graph.ANSWER_THEN_CUT,
}


class OutlookVendor(Vendor):
    provider = Outlook
    tells_dead_addresses = False

    def __init__(self, fake: FakeGraph) -> None:
        self.fake = fake
        self.good_credentials = fake.credentials()
        self._count = 0

    def context(self) -> ProviderContext:
        return context(base_urls=self.fake.base_urls, hook_url=PUBLIC_URL + HOOK)

    def address_that(self, behaviour: Behaviour) -> str:
        self._count += 1
        address = f"person{self._count}@foothill.example"
        if behaviour is Behaviour.IS_UNAVAILABLE:
            self.fake.on_draft[address] = Failure(503, "ServiceUnavailable", "Service Unavailable")
        if behaviour in _RULES:
            self.fake.on_send[address] = _RULES[behaviour]
        return address

    def accepted(self) -> list[str]:
        return [item.to for item in self.fake.sent]

    def text_received(self, address: str) -> str:
        raw = next(item.mime for item in self.fake.sent if item.to == address)
        return message_from_bytes(raw, policy=policy.default).get_content()

    def refuse_login(self) -> None:
        self.fake.tokens.is_revoked = True

    def resigned(self, call: HookRequest, signature: str | None) -> HookRequest:
        """What proves a call stands in its body."""
        (told,) = json.loads(call.body)["value"]
        told = {name: value for name, value in told.items() if name != "clientState"}
        if signature is not None:
            told["clientState"] = signature
        return HookRequest(call.method, call.target, call.headers, json.dumps({"value": [told]}).encode())


@pytest.fixture
def vendor() -> Iterator[Vendor]:
    with FakeGraph() as fake:
        yield OutlookVendor(fake)


@pytest.fixture
def call() -> HookRequest:
    subscription = {
        "id": "subscription-1",
        "expirationDateTime": "2026-03-09T16:00:00Z",
        "clientState": client_state(PUBLIC_URL + HOOK),
    }
    headers = {"content-type": "application/json; charset=utf-8", "user-agent": "Microsoft"}
    return HookRequest("POST", HOOK, headers, notification(subscription, "AAk-1"))


@pytest.fixture
def arrivals(vendor: OutlookVendor) -> list[StoredItem]:
    with vendor.open() as provider:
        cursor = provider.fetch({}).cursor
        for folder in ("inbox", "junkemail", "sentitems"):
            for number in range(3):
                raw = f"From: p{number}@x.example\r\nTo: maya@acme.example\r\nSubject: {folder}\r\n\r\nHello\r\n"
                vendor.fake.mailbox.put(raw.encode(), folder)
        items: list[StoredItem] = []
        for _ in range(10):
            batch = provider.fetch(cursor)
            items, cursor = [*items, *batch.items], batch.cursor
            if not batch.more:
                return items
    raise AssertionError("the mailbox never ends")


class TestOutlook(ProviderContract, NetworkContract, HookContract, PollContract):
    pass
