"""Invented people: believable on the whole, and on purpose where asked."""

from __future__ import annotations

import socket
import threading
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from loumass.providers.base import SentRecord, StoredItem
from loumass.providers.events import (
    Complained,
    HelpAsked,
    MessageArrived,
    MessageBounced,
    MessageDelivered,
    OptedOut,
    ProviderEvent,
)
from loumass.providers.sandbox.client import SandboxEmail, SandboxSms
from loumass.providers.sandbox.credentials import SandboxEmailCredentials, SandboxSmsCredentials
from loumass.providers.sandbox.people import Deed, reactions
from tests.providers.vendor import context

SENT_AT = datetime(2026, 3, 3, 16, tzinfo=UTC)


def mailbox(speed: float = 1.0) -> SandboxEmail:
    return SandboxEmail(SandboxEmailCredentials(email="maya@acme.example"), context(sandbox_speed=speed))


def number() -> SandboxSms:
    return SandboxSms(SandboxSmsCredentials(number="+13035550142"), context())


def record(to: str, count: int = 1) -> SentRecord:
    return SentRecord(
        id=UUID(int=count),
        to=to,
        sender="maya@acme.example" if "@" in to else "+13035550142",
        sent_at=SENT_AT,
        subject="An invitation",
        message_id=f"{count}@acme.example",
        text="Would you come?\nMaya",
    )


def events(provider: Any, to: str) -> list[ProviderEvent]:
    items: list[StoredItem] = list(provider.fetch({}, [record(to)]).items)
    return [event for item in items for event in provider.parse(item)]


def test_somebody_who_replies_answers_in_the_thread() -> None:
    delivered, reply = events(mailbox(), "anna.miller.replies@people.example")
    assert isinstance(delivered, MessageDelivered)
    assert isinstance(reply, MessageArrived)
    assert reply.sender == "anna.miller.replies@people.example"
    assert reply.in_reply_to == "1@acme.example"
    assert reply.subject == "Re: An invitation"
    assert not reply.is_automatic
    assert "Would you come?" in reply.text
    assert "Would you come?" not in reply.reply_text
    assert reply.reply_text


def test_somebody_who_bounces_is_dead_for_good() -> None:
    (event,) = events(mailbox(), "bob.bounces@people.example")
    assert isinstance(event, MessageBounced)
    assert event.permanent
    assert event.address_is_dead
    assert event.message_id == "1@acme.example"


def test_a_full_mailbox_is_not_for_good() -> None:
    (event,) = events(mailbox(), "full@people.example")
    assert isinstance(event, MessageBounced)
    assert not event.permanent


def test_somebody_away_has_a_machine_answer() -> None:
    _, answer = events(mailbox(), "away.anna@people.example")
    assert isinstance(answer, MessageArrived)
    assert answer.is_automatic


def test_opting_out_and_complaining() -> None:
    assert isinstance(events(mailbox(), "optsout@people.example")[-1], OptedOut)
    assert isinstance(events(mailbox(), "complains@people.example")[-1], Complained)


def test_texts_on_purpose_by_the_last_digits() -> None:
    assert [type(e) for e in events(number(), "+13035550110")] == [MessageDelivered, MessageArrived]
    assert [type(e) for e in events(number(), "+13035550113")] == [MessageDelivered, MessageArrived, OptedOut]
    assert [type(e) for e in events(number(), "+13035550114")] == [
        MessageDelivered,
        MessageArrived,
        HelpAsked,
    ]
    assert [type(e) for e in events(number(), "+13035550115")] == [MessageBounced]
    assert [type(e) for e in events(number(), "+13035550117")] == [MessageDelivered]


def test_people_are_as_people_are() -> None:
    deeds = Counter(
        reaction.deed
        for count in range(3_000)
        for reaction in reactions(UUID(int=count), f"person{count}@people.example", "email", "")
    )
    assert 2_800 <= deeds[Deed.DELIVERED] < 3_000
    assert 40 <= deeds[Deed.BOUNCED] <= 120
    assert 200 <= deeds[Deed.REPLIED] <= 500
    assert 100 <= deeds[Deed.OUT_OF_OFFICE] <= 260
    assert 30 <= deeds[Deed.OPTED_OUT] <= 100
    assert 0 < deeds[Deed.COMPLAINED] <= 20


def test_the_seed_chooses_the_people() -> None:
    def replies(seed: str) -> list[bool]:
        return [
            any(r.deed is Deed.REPLIED for r in reactions(UUID(int=n), f"p{n}@people.example", "email", seed))
            for n in range(200)
        ]

    assert replies("one") == replies("one") != replies("two")


def test_speed_shortens_every_wait() -> None:
    slow = mailbox().fetch({}, [record("anna.replies@people.example")]).items
    fast = mailbox(speed=60).fetch({}, [record("anna.replies@people.example")]).items
    for before, after in zip(slow, fast, strict=True):
        assert before.due_at is not None
        assert after.due_at is not None
        assert abs((before.due_at - SENT_AT) / 60 - (after.due_at - SENT_AT)) <= timedelta(microseconds=1)


def test_the_cursor_follows_what_was_sent() -> None:
    batch = mailbox().fetch({}, [record("a@b.example", 1), record("a@b.example", 2)])
    assert batch.cursor == {"sent_at": SENT_AT.isoformat(), "id": str(UUID(int=2))}
    assert mailbox().fetch(batch.cursor).cursor == batch.cursor


def test_the_sandbox_never_opens_a_socket(monkeypatch: pytest.MonkeyPatch) -> None:
    here = threading.get_ident()

    def refused_here(name: str) -> None:
        real = getattr(socket, name)

        def call(*args: Any, **named: Any) -> Any:
            # Servers that other tests of this process left listening go on in threads of their own.
            assert threading.get_ident() != here, "The sandbox tried to reach the outside."
            return real(*args, **named)

        monkeypatch.setattr(socket, name, call)

    for name in ("socket", "create_connection", "getaddrinfo"):
        refused_here(name)
    with pytest.raises(AssertionError):
        socket.create_connection(("127.0.0.1", 9))
    provider = mailbox()
    assert provider.check()
    provider.fetch({}, [record(f"person{count}@people.example", count) for count in range(200)])
