"""The sandbox keeps the contract too, on both media, although nothing is there."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from loumass.providers.base import StoredItem
from loumass.providers.errors import Sent, Unknown
from loumass.providers.sandbox.client import SandboxEmail, SandboxSms
from tests.providers.contract import PollContract, ProviderContract
from tests.providers.vendor import Behaviour, Vendor

_WORDS = {
    Behaviour.REJECTS: "rejected",
    Behaviour.THROTTLES: "throttled",
    Behaviour.IS_UNAVAILABLE: "unavailable",
    Behaviour.IS_DISCONNECTED: "disconnected",
    Behaviour.ACCEPTS_AND_HANGS: "sent-in-doubt",
    Behaviour.LOSES_AND_CUTS: "lost-in-doubt",
}
_NUMBERS = {
    Behaviour.REJECTS: "0190",
    Behaviour.THROTTLES: "0191",
    Behaviour.IS_UNAVAILABLE: "0192",
    Behaviour.IS_DISCONNECTED: "0193",
    Behaviour.ACCEPTS_AND_HANGS: "0194",
    Behaviour.LOSES_AND_CUTS: "0195",
}


class SandboxVendor(Vendor):
    """The sandbox has no far side: what it accepts is what it says it accepted."""

    tells_dead_addresses = False

    def __init__(self) -> None:
        self.sent: list[tuple[str, str]] = []
        self._count = 0

    def open(self, **changes: Any) -> Any:
        provider = super().open(**changes)
        told = provider.send

        def send(message: Any) -> Sent:
            try:
                outcome = told(message)
            except Unknown:
                if provider.find(message):
                    self.sent.append((message.to, message.text))
                raise
            self.sent.append((message.to, message.text))
            return outcome

        provider.send = send
        return provider

    def accepted(self) -> list[str]:
        return [address for address, _ in self.sent]

    def text_received(self, address: str) -> str:
        return dict(self.sent)[address]


class EmailVendor(SandboxVendor):
    provider = SandboxEmail

    def __init__(self) -> None:
        super().__init__()
        self.good_credentials = {"email": "maya@acme.example", "seed": "a seed"}

    def address_that(self, behaviour: Behaviour) -> str:
        self._count += 1
        return f"{_WORDS.get(behaviour, 'someone')}.{self._count}@people.example"


class SmsVendor(SandboxVendor):
    provider = SandboxSms

    def __init__(self) -> None:
        super().__init__()
        self.good_credentials = {"number": "+13035550142", "seed": "a seed"}

    def address_that(self, behaviour: Behaviour) -> str:
        self._count += 1
        return f"+1303{self._count:03d}{_NUMBERS.get(behaviour, '2000')}"


@pytest.fixture(params=[EmailVendor, SmsVendor], ids=["email", "sms"])
def vendor(request: pytest.FixtureRequest) -> Vendor:
    return request.param()


@pytest.fixture
def arrivals(vendor: Vendor) -> list[StoredItem]:
    return list(vendor.open().fetch({}, [vendor.record() for _ in range(100)]).items)


class TestSandbox(ProviderContract, PollContract):
    def test_the_same_records_bring_the_same_items(self, vendor: Vendor) -> None:
        records = [vendor.record() for _ in range(30)]
        assert vendor.open().fetch({}, records) == vendor.open().fetch({}, records)

    def test_everything_is_due_after_it_was_sent_and_within_days(self, vendor: Vendor) -> None:
        record = vendor.record()
        for item in vendor.open().fetch({}, [record]).items:
            assert item.due_at is not None
            assert timedelta() < item.due_at - record.sent_at <= timedelta(days=3)
