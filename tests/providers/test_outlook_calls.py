"""Microsoft calls: what proves a call, what it means, and how Microsoft is kept calling."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from loumass.core import clock
from loumass.providers.base import HookRequest, StoredItem
from loumass.providers.errors import (
    Forged,
    Rejected,
)
from loumass.providers.events import MailboxChanged
from loumass.providers.outlook import inbound, reading
from loumass.providers.outlook.client import Outlook
from tests.fakes.graph import FakeGraph
from tests.providers.test_outlook_contract import HOOK, OutlookVendor
from tests.providers.vendor import PUBLIC_URL


@pytest.fixture
def fake() -> Iterator[FakeGraph]:
    with FakeGraph(now=clock.now) as graph:
        yield graph


@pytest.fixture
def vendor(fake: FakeGraph) -> OutlookVendor:
    return OutlookVendor(fake)


def hook(body: bytes, target: str = HOOK) -> HookRequest:
    return HookRequest("POST", target, {"content-type": "application/json"}, body)


def call_of(*told: dict[str, Any]) -> HookRequest:
    state = {"clientState": inbound.client_state(PUBLIC_URL + HOOK), "subscriptionId": "s"}
    return hook(json.dumps({"value": [{**state, **one} for one in told]}).encode())


def test_the_question_whether_we_are_there_is_answered_with_its_token() -> None:
    answer = Outlook.greeted(hook(b"", f"{HOOK}?validationToken=Validation%3a+a%2Bb+%3Cb%3E+%C3%BC"))
    assert answer is not None
    assert (answer.status, answer.body.decode()) == (200, "Validation: a+b <b> ü")
    assert answer.content_type.startswith("text/plain")
    assert Outlook.greeted(hook(b"{}")) is None
    assert Outlook.greeted(hook(b"{}", f"{HOOK}?validationToken=")) is None


def test_one_wrong_secret_among_several_notifications_is_forged(vendor: OutlookVendor) -> None:
    created = {"changeType": "created", "resourceData": {"id": "1"}}
    vendor.open().verify(call_of(created, created))
    with pytest.raises(Forged):
        vendor.open().verify(call_of(created, {**created, "clientState": "guessed"}))
    with pytest.raises(Forged):
        vendor.open().verify(hook(b'{"value": []}'))
    with pytest.raises(Forged):
        Outlook(vendor.open().credentials, replace(vendor.context(), hook_url="")).verify(call_of(created))


def test_another_channels_secret_is_forged(vendor: OutlookVendor) -> None:
    state = inbound.client_state(f"{PUBLIC_URL}/hooks/outlook/another-token")
    with pytest.raises(Forged):
        vendor.open().verify(call_of({"changeType": "created", "clientState": state}))


def test_the_order_of_notifications_changes_nothing_and_their_subject_does(vendor: OutlookVendor) -> None:
    one, other = ({"changeType": "created", "resourceData": {"id": name}} for name in ("1", "2"))
    provider = vendor.open()
    assert provider.identity(call_of(one, other)) == provider.identity(call_of(other, one))
    assert provider.identity(call_of(one)) != provider.identity(call_of(other))


@pytest.mark.parametrize(
    ("event", "is_unwatched"),
    [("missed", False), ("reauthorizationRequired", True), ("subscriptionRemoved", True)],
)
def test_news_of_the_subscription_may_come_again_an_hour_later(
    vendor: OutlookVendor, event: str, is_unwatched: bool
) -> None:
    call, provider = call_of({"lifecycleEvent": event}), vendor.open()
    provider.verify(call)
    with clock.moved_to(datetime(2026, 3, 3, 16, 10, tzinfo=UTC)):
        first = provider.identity(call)
        clock.advance(timedelta(minutes=10))
        assert provider.identity(call) == first
        clock.advance(timedelta(hours=1))
        assert provider.identity(call) != first
    item = StoredItem(identity=first, body=call.body, received_at=clock.now())
    assert provider.parse(item) == [MailboxChanged(is_unwatched)]


# Watching


def watching(vendor: OutlookVendor, hook_url: str = PUBLIC_URL + HOOK) -> Outlook:
    vendor.fake.subscriptions.call = lambda url, body: (
        (200, "text/plain; charset=utf-8", greeting.body)
        if (greeting := Outlook.greeted(hook(b"", url.removeprefix(PUBLIC_URL)))) is not None
        else (202, "", b"")
    )
    return Outlook(vendor.open().credentials, replace(vendor.context(), hook_url=hook_url))


def test_a_subscription_that_ended_is_made_anew_and_others_are_renewed(vendor: OutlookVendor) -> None:
    with watching(vendor) as provider:
        first = provider.watch({})
        assert first is not None
        ids = first.state["subscriptions"]
        del vendor.fake.subscriptions.kept[ids["junkemail"]]
        second = provider.watch(first.state)
    assert second is not None
    changed = {folder for folder in reading.FOLDERS if ids[folder] != second.state["subscriptions"][folder]}
    assert changed == {"junkemail"}
    assert timedelta(days=5) < second.until - clock.now() < timedelta(days=7)


def test_another_address_needs_subscriptions_of_its_own(vendor: OutlookVendor) -> None:
    with watching(vendor) as provider:
        first = provider.watch({})
    assert first is not None
    with watching(vendor, f"{PUBLIC_URL}/hooks/outlook/another") as provider:
        second = provider.watch(first.state)
    assert second is not None
    assert not set(first.state["subscriptions"].values()) & set(second.state["subscriptions"].values())


@pytest.mark.parametrize("hook_url", ["", "http://localhost:8000/hooks/outlook/a-token"])
def test_where_microsoft_cannot_call_nothing_is_asked(vendor: OutlookVendor, hook_url: str) -> None:
    with watching(vendor, hook_url) as provider:
        assert provider.watch({}) is None
    assert vendor.fake.requests == []


def test_an_address_that_nobody_answers_at_is_said(vendor: OutlookVendor) -> None:
    with vendor.open() as provider, pytest.raises(Rejected, match="validation"):
        provider.watch({})
