"""Twilio keeps the contract of every provider, against its API on loopback."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from loumass.providers.base import HookRequest, ProviderContext
from loumass.providers.twilio.client import Twilio
from tests.fakes import twilio as fake_twilio
from tests.fakes.twilio import ACCOUNT_SID, AUTH_TOKEN, NUMBER, Failure, FakeTwilio
from tests.providers.contract import HookContract, NetworkContract, ProviderContract
from tests.providers.vendor import PUBLIC_URL, Behaviour, Vendor, context

HOOK = "/hooks/twilio/a-token"
_RULES: dict[Behaviour, Failure | str] = {
    Behaviour.REJECTS: Failure(400, 21610, "Attempt to send to unsubscribed recipient"),
    Behaviour.KNOWS_NOBODY: Failure(400, 21211, "Invalid 'To' Phone Number"),
    Behaviour.THROTTLES: Failure(429, 20429, "Too Many Requests", {"Retry-After": "7"}),
    Behaviour.IS_UNAVAILABLE: Failure(503, 20503, "Service Unavailable"),
    Behaviour.IS_DISCONNECTED: Failure(401, 20003, "Authenticate"),
    Behaviour.ACCEPTS_AND_HANGS: fake_twilio.HANG,
    Behaviour.ACCEPTS_AND_CUTS: fake_twilio.ACCEPT_THEN_CUT,
    Behaviour.LOSES_AND_CUTS: fake_twilio.LOSE_AND_CUT,
    Behaviour.REFUSES_AND_CUTS: Failure(400, 21612, "Cannot route", {"Connection": "close"}),
    Behaviour.ANSWERS_AND_CUTS: fake_twilio.ANSWER_THEN_CUT,
}


class TwilioVendor(Vendor):
    provider = Twilio

    def __init__(self, fake: FakeTwilio) -> None:
        self.fake = fake
        self.good_credentials = {"account_sid": ACCOUNT_SID, "auth_token": AUTH_TOKEN, "number": NUMBER}
        self._count = 0

    def context(self) -> ProviderContext:
        return context(base_urls={"twilio": self.fake.base_url})

    def address_that(self, behaviour: Behaviour) -> str:
        self._count += 1
        number = f"+1720555{self._count:04d}"
        if behaviour in _RULES:
            self.fake.on_send[number] = _RULES[behaviour]
        return number

    def accepted(self) -> list[str]:
        return [message["to"] for message in self.fake.messages]

    def text_received(self, address: str) -> str:
        return next(message["body"] for message in self.fake.messages if message["to"] == address)

    def refuse_login(self) -> None:
        self.good_credentials["auth_token"] = "an-old-token"


@pytest.fixture
def vendor() -> Iterator[Vendor]:
    with FakeTwilio() as fake:
        yield TwilioVendor(fake)


@pytest.fixture
def call() -> HookRequest:
    fields: dict[str, Any] = fake_twilio.inbound("Sounds good, call me", sender="+17205550100")
    headers, body = fake_twilio.form_call(PUBLIC_URL + HOOK, fields)
    return HookRequest("POST", HOOK, headers, body)


class TestTwilio(ProviderContract, NetworkContract, HookContract):
    pass
