"""How an Outlook mailbox is read: folder by folder, in batches, and by time where Outlook forgot the rest."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from loumass.core import clock
from loumass.providers.base import FetchedBatch, ProviderContext, StoredItem
from loumass.providers.errors import (
    Throttled,
)
from loumass.providers.events import MessageArrived, MessageBounced
from loumass.providers.outlook import reading
from loumass.providers.outlook.client import Outlook
from tests.fakes.graph import Failure, FakeGraph
from tests.providers.test_outlook_contract import OutlookVendor


@pytest.fixture
def fake() -> Iterator[FakeGraph]:
    with FakeGraph(now=clock.now) as graph:
        yield graph


@pytest.fixture
def vendor(fake: FakeGraph) -> OutlookVendor:
    return OutlookVendor(fake)


class Reading:
    """A mailbox that is polled again and again, keeping its cursor as a channel would: as JSON."""

    def __init__(self, vendor: OutlookVendor, **changes: Any) -> None:
        self.vendor, self.cursor = vendor, {}
        self.context: ProviderContext = replace(vendor.context(), **changes)

    def poll(self) -> FetchedBatch:
        with Outlook(self.vendor.open().credentials, self.context) as provider:
            batch = provider.fetch(self.cursor)
        self.cursor = json.loads(json.dumps(batch.cursor))
        return batch

    def all(self) -> list[StoredItem]:
        """Everything that has come since, in as many batches as it takes."""
        found: list[StoredItem] = []
        for _ in range(50):
            batch = self.poll()
            found += batch.items
            if not batch.more:
                return found
        raise AssertionError("The mailbox never ends.")

    def arrive(self, subject: str, folder: str = "inbox", **also: Any) -> None:
        self.vendor.fake.mailbox.put(mail(subject), folder, **also)


def mail(subject: str, size: int = 0) -> bytes:
    return (
        f"From: Priya <priya@foothill.example>\r\nTo: maya@acme.example\r\nSubject: {subject}\r\n"
        f"Message-ID: <{subject.replace(' ', '.')}@x>\r\n\r\nHello\r\n{'x' * size}"
    ).encode()


def subjects(items: list[StoredItem]) -> list[str]:
    return [item.body.split(b"Subject: ")[1].split(b"\r\n")[0].decode() for item in items]


@pytest.fixture
def mailbox(vendor: OutlookVendor) -> Reading:
    return Reading(vendor, timeout=5.0)


def test_an_old_mailbox_starts_now(mailbox: Reading) -> None:
    mailbox.arrive("Long ago", received_at=clock.now() - timedelta(hours=1))
    assert mailbox.all() == []
    mailbox.arrive("Now")
    assert subjects(mailbox.all()) == ["Now"]
    assert mailbox.all() == []


def test_each_folder_says_what_its_mail_is(mailbox: Reading) -> None:
    mailbox.all()
    for folder in ("inbox", "junkemail", "sentitems", "drafts", "deleteditems"):
        mailbox.arrive(folder, folder)
    items = mailbox.all()
    told = {subjects([item])[0]: (item.meta["is_sent"], item.meta["is_junk"]) for item in items}
    assert told == {"inbox": (False, False), "junkemail": (False, True), "sentitems": (True, False)}
    with mailbox.vendor.open() as provider:
        first = provider.parse(items[0])[0]
    assert isinstance(first, MessageArrived)
    assert first.thread_id == items[0].meta["thread"]
    assert first.provider_message_id == items[0].meta["id"]


def test_what_was_read_or_removed_meanwhile_is_not_fetched_again(mailbox: Reading) -> None:
    mailbox.all()
    mailbox.arrive("Read")
    assert subjects(mailbox.all()) == ["Read"]
    fake = mailbox.vendor.fake
    (item,) = fake.mailbox.of("inbox")
    asked = len(fake.requests)
    fake.mailbox.touch(item)
    assert mailbox.all() == []
    fake.mailbox.move(item, "")
    assert mailbox.all() == []
    assert not any(request.endswith("$value") for request in fake.requests[asked:])


def test_what_came_while_away_comes_page_by_page(mailbox: Reading, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "PAGE", 4)
    mailbox.all()
    for number in range(10):
        mailbox.arrive(f"Mail {number}")
    first = mailbox.poll()
    assert len(first.items) == 4
    assert first.more
    assert sorted(subjects([*first.items, *mailbox.all()])) == sorted(
        f"Mail {number}" for number in range(10)
    )


def test_a_batch_is_bounded_in_bytes_and_goes_on_where_it_stopped(
    mailbox: Reading, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "BATCH_BYTES", 300)
    mailbox.all()
    for number in range(3):
        mailbox.vendor.fake.mailbox.put(mail(f"Mail {number}", 400))
    assert [len(mailbox.poll().items) for _ in range(3)] == [1, 1, 1]


def test_an_enormous_message_is_read_in_part(mailbox: Reading, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MAXIMUM_MESSAGE", 2_000)
    mailbox.all()
    mailbox.vendor.fake.mailbox.put(mail("Big", 300_000))
    (item,) = mailbox.all()
    assert len(item.body) == 2_000


def test_a_throttled_page_keeps_what_it_had_and_goes_on(mailbox: Reading) -> None:
    mailbox.all()
    for number in range(3):
        mailbox.arrive(f"Mail {number}")
    ids = list(mailbox.vendor.fake.mailbox.items)
    slow = Failure(429, "ApplicationThrottled", headers={"Retry-After": "3"})
    mailbox.vendor.fake.next = [(f"GET /me/messages/{ids[1].replace('=', '%3D')}", slow)] * 2
    assert subjects(list(mailbox.poll().items)) == ["Mail 0"]
    with pytest.raises(Throttled):
        mailbox.poll()
    assert subjects(mailbox.all()) == ["Mail 1", "Mail 2"]


def test_one_message_that_outlook_never_gives_holds_up_nobody(mailbox: Reading) -> None:
    mailbox.all()
    for number in range(3):
        mailbox.arrive(f"Mail {number}")
    first, second, _ = (one.replace("=", "%3D") for one in mailbox.vendor.fake.mailbox.items)
    mailbox.vendor.fake.next = [
        (f"GET /me/messages/{first}", Failure(400, "ErrorMimeContentConversionFailed")),
        (f"GET /me/messages/{second}", Failure(404, "ErrorItemNotFound")),
    ]
    assert subjects(mailbox.all()) == ["Mail 2"]


def test_what_was_forgotten_is_read_by_time_and_then_by_changes_again(
    mailbox: Reading, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "PAGE", 3)
    mailbox.all()
    mailbox.all()
    for number in range(8):
        mailbox.arrive(f"Mail {number}")
    mailbox.arrive("Long ago", received_at=clock.now() - timedelta(days=2))
    mailbox.vendor.fake.forgotten.update(reading.FOLDERS)
    found = mailbox.all()
    assert sorted(subjects(found)) == sorted(f"Mail {number}" for number in range(8))
    mailbox.arrive("After")
    known = {item.identity for item in found}
    assert subjects([item for item in mailbox.all() if item.identity not in known]) == ["After"]
    mailbox.arrive("And after that")
    assert subjects(mailbox.all()) == ["And after that"]


def test_a_link_to_somebody_else_is_never_followed(mailbox: Reading) -> None:
    """The cursor is ours, and still: our token goes to Graph alone."""
    mailbox.all()
    mailbox.all()
    mailbox.arrive("One")
    mailbox.cursor["links"]["inbox"] = "http://127.0.0.1:9/v1.0/me/steal"
    assert subjects(mailbox.all()) == ["One"]


def test_microsofts_bounces_are_understood(mailbox: Reading) -> None:
    mailbox.all()
    mailbox.vendor.fake.mailbox.put(BOUNCE.replace("\n", "\r\n").encode())
    (item,) = mailbox.all()
    with mailbox.vendor.open() as provider:
        (event,) = provider.parse(item)
    assert isinstance(event, MessageBounced)
    assert (event.recipient, event.code, event.permanent, event.address_is_dead) == (
        "nobody@foothill.example",
        "5.1.10",
        True,
        True,
    )
    assert event.message_id == "ours@loumass.example"


#: As Exchange Online writes it, shortened.
BOUNCE = """\
MIME-Version: 1.0
From: Microsoft Outlook <MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@acme.onmicrosoft.com>
To: <maya@acme.example>
Date: Tue, 3 Mar 2026 16:00:05 +0000
Content-Type: multipart/report; report-type=delivery-status; boundary="b1"
Message-ID: <a8d1@VI1PR09.eurprd09.prod.outlook.com>
In-Reply-To: <ours@loumass.example>
References: <ours@loumass.example>
Subject: Undeliverable: Dinner
Auto-Submitted: auto-replied
X-MS-Exchange-Message-Is-Ndr:

--b1
Content-Type: text/plain; charset="us-ascii"

Your message to nobody@foothill.example couldn't be delivered.

--b1
Content-Type: message/delivery-status

Reporting-MTA: dns;VI1PR09.eurprd09.prod.outlook.com
Arrival-Date: Tue, 3 Mar 2026 16:00:03 +0000

Final-Recipient: rfc822;nobody@foothill.example
Action: failed
Status: 5.1.10
Diagnostic-Code: smtp;550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup

--b1
Content-Type: message/rfc822

From: Maya <maya@acme.example>
To: <nobody@foothill.example>
Subject: Dinner
Message-ID: <ours@loumass.example>

Come!

--b1--
"""
