"""Bonzo keeps the contract of every provider, against its API on loopback."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from loumass.providers.base import HookRequest, ProviderContext
from loumass.providers.bonzo.client import Bonzo
from tests.fakes import bonzo as fake_bonzo
from tests.fakes.bonzo import NUMBER, TOKEN, Failure, FakeBonzo
from tests.providers.contract import NetworkContract, ProvenContract, ProviderContract
from tests.providers.vendor import Behaviour, Vendor, context

HOOK = "/hooks/bonzo/a-token"
SECRET = "agreed between the two of us"
_RULES: dict[Behaviour, Failure | str] = {
    Behaviour.REJECTS: Failure(422, errors={"message": ["The message is not allowed."]}),
    Behaviour.KNOWS_NOBODY: Failure(422, errors={"phone": ["The phone is not a valid number."]}),
    Behaviour.THROTTLES: Failure(429, "Too Many Attempts.", headers={"Retry-After": "7"}),
    Behaviour.IS_UNAVAILABLE: Failure(503, "Service Unavailable"),
    Behaviour.IS_DISCONNECTED: Failure(401, "Unauthenticated."),
    Behaviour.ACCEPTS_AND_HANGS: fake_bonzo.HANG,
    Behaviour.ACCEPTS_AND_CUTS: fake_bonzo.ACCEPT_THEN_CUT,
    Behaviour.LOSES_AND_CUTS: fake_bonzo.LOSE_AND_CUT,
    Behaviour.REFUSES_AND_CUTS: Failure(
        422, errors={"message": ["The message is not allowed."]}, headers={"Connection": "close"}
    ),
    Behaviour.ANSWERS_AND_CUTS: fake_bonzo.ANSWER_THEN_CUT,
}


class BonzoVendor(Vendor):
    provider = Bonzo
    proof_header = "x-bonzo-token"

    def __init__(self, fake: FakeBonzo) -> None:
        self.fake = fake
        self.good_credentials = {"api_token": TOKEN, "number": NUMBER, "hook_secret": SECRET}
        self._count = 0

    def context(self) -> ProviderContext:
        return context(base_urls={"bonzo": self.fake.base_url})

    def address_that(self, behaviour: Behaviour) -> str:
        self._count += 1
        number = f"+1720555{self._count:04d}"
        if behaviour in _RULES:
            self.fake.on_send[number] = _RULES[behaviour]
        return number

    def accepted(self) -> list[str]:
        return [message["to"] for message in self.fake.messages]

    def text_received(self, address: str) -> str:
        return next(message["content"] for message in self.fake.messages if message["to"] == address)

    def refuse_login(self) -> None:
        self.good_credentials["api_token"] = "an-old-token"


@pytest.fixture
def vendor() -> Iterator[Vendor]:
    with FakeBonzo() as fake:
        yield BonzoVendor(fake)


@pytest.fixture
def call() -> HookRequest:
    body = fake_bonzo.event(
        "messages.received", fake_bonzo.prospect(), fake_bonzo.text("Sounds good, call me")
    )
    headers = {"content-type": "application/json", "x-bonzo-token": SECRET, "user-agent": "Bonzo"}
    return HookRequest("POST", HOOK, headers, body)


class TestBonzo(ProviderContract, NetworkContract, ProvenContract):
    pass
