"""Slybroadcast keeps the contract of every provider, against its form gateway on loopback."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import quote, unquote, urlsplit
from uuid import uuid4

import pytest

from loumass.providers.base import HookRequest, OutgoingMessage, ProviderContext
from loumass.providers.errors import Forged
from loumass.providers.slybroadcast import inbound
from loumass.providers.slybroadcast.client import Slybroadcast
from tests.fakes import forms
from tests.fakes.forms import Reply
from tests.fakes.slybroadcast import CALLER_ID, LOGIN, PASSWORD, FakeSlybroadcast, disposition, error
from tests.providers.contract import CalledContract, NetworkContract, ProviderContract
from tests.providers.vendor import PUBLIC_URL, Behaviour, Vendor, context

HOOK = "/hooks/slybroadcast/a-token-that-nobody-guesses"
_RULES: dict[Behaviour, Reply | str] = {
    Behaviour.REJECTS: error("This number is on your do not call list"),
    Behaviour.KNOWS_NOBODY: error("Invalid phone number"),
    Behaviour.THROTTLES: error("Too many requests", Retry_After="7"),
    Behaviour.IS_UNAVAILABLE: error("System maintenance, try again later"),
    Behaviour.IS_DISCONNECTED: error("Your account is suspended"),
    Behaviour.ACCEPTS_AND_HANGS: forms.HANG,
    Behaviour.ACCEPTS_AND_CUTS: forms.ACCEPT_THEN_CUT,
    Behaviour.LOSES_AND_CUTS: forms.LOSE_AND_CUT,
    Behaviour.REFUSES_AND_CUTS: error("Audio file is shorter than five seconds", Connection="close"),
    Behaviour.ANSWERS_AND_CUTS: forms.ANSWER_THEN_CUT,
}


class SlybroadcastVendor(Vendor):
    provider = Slybroadcast

    def __init__(self, fake: FakeSlybroadcast) -> None:
        self.fake = fake
        self.good_credentials = {"email": LOGIN, "password": PASSWORD, "caller_id": CALLER_ID}
        self._count = 0

    def context(self) -> ProviderContext:
        return context(base_urls={"slybroadcast": self.fake.base_url}, hook_url=PUBLIC_URL + HOOK)

    def message(self, to: str = "", text: str = "Hello there", **changes: Any) -> OutgoingMessage:
        """What people hear lies behind an address: here it stands in it."""
        return super().message(
            to, text, **{"media_urls": (f"{PUBLIC_URL}/media/{quote(text)}.mp3",), **changes}
        )

    def address_that(self, behaviour: Behaviour) -> str:
        self._count += 1
        number = f"720555{self._count:04d}"
        if behaviour in _RULES:
            self.fake.on_send[number] = _RULES[behaviour]
        return f"+1{number}"

    def accepted(self) -> list[str]:
        return [f"+1{drop['c_phone']}" for drop in self.fake.drops]

    def text_received(self, address: str) -> str:
        drop = next(one for one in self.fake.drops if f"+1{one['c_phone']}" == address)
        return unquote(urlsplit(drop["c_url"]).path)

    def refuse_login(self) -> None:
        self.good_credentials["password"] = "an old password"


@pytest.fixture
def vendor() -> Iterator[Vendor]:
    with FakeSlybroadcast() as fake:
        yield SlybroadcastVendor(fake)


@pytest.fixture
def call() -> HookRequest:
    drop = {"session_id": "7000000001", "c_phone": "7205550100"}
    address = inbound.own_address(HOOK, uuid4(), PASSWORD.encode())
    headers = {"content-type": "application/x-www-form-urlencoded", "user-agent": "Slybroadcast"}
    return HookRequest("POST", address, headers, disposition(drop))


class TestSlybroadcast(ProviderContract, NetworkContract, CalledContract):
    def test_another_address_is_forged(self, vendor: Vendor, call: HookRequest) -> None:
        path, mark, query = call.target.partition("?")
        with pytest.raises(Forged):
            vendor.open().verify(replace(call, target=f"{path}x{mark}{query}"))
