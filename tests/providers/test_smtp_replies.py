"""What SMTP servers say, and what it means for the person, the sender, the message or the whole mailbox."""

from __future__ import annotations

import pytest

from loumass.providers.errors import Disconnected, Rejected, Sent, Throttled, Unavailable
from tests.providers.test_smtp import mailbox
from tests.providers.vendor import outcomes


@pytest.mark.parametrize(
    ("reply", "expected", "dead"),
    [
        ("550 5.1.1 no such user", Rejected, True),
        ("550 5.1.10 null MX", Rejected, True),
        ("550 5.2.1 mailbox disabled", Rejected, False),
        ("550 5.7.1 spam", Rejected, False),
        ("550 5.1.8 bad sender", Rejected, False),
        ("550 user unknown", Rejected, True),
        ("550 mailbox not found", Rejected, True),
        ("550 blocked by policy", Rejected, False),
        ("552 5.2.2 mailbox full", Rejected, False),
        ("530 authentication required", Disconnected, False),
        ("452 4.2.2 mailbox full", Unavailable, False),
        ("450 4.2.0 greylisted, try again in 10 minutes", Throttled, False),
        ("451 4.7.1 rate limit exceeded", Throttled, False),
        ("550 5.4.5 Daily user sending limit exceeded", Throttled, False),
        ("552 5.2.2 quota exceeded: the recipient has reached the limit", Rejected, False),
        ("550 5.1.1 user over limit does not exist", Rejected, True),
    ],
)
def test_what_a_server_says_of_a_recipient(reply: str, expected: type, dead: bool) -> None:
    with mailbox() as vendor, vendor.open() as provider:
        message = vendor.message()
        vendor.server.on_recipient[message.to] = reply
        (outcome,) = outcomes(provider, message)
    assert type(outcome) is expected
    assert getattr(outcome, "address_is_dead", False) is dead


@pytest.mark.parametrize(
    ("reply", "theirs"),
    [
        ("452 4.2.2 mailbox full", True),
        ("450 4.2.1 come back later", True),
        ("451 4.1.0 address not known just now", True),
        ("450 mailbox busy", True),
        ("451 4.3.0 try later", False),
        ("450 4.3.2 not accepting mail", False),
        ("451 local error", False),
    ],
)
def test_one_mailbox_that_cannot_take_it_now_is_not_the_whole_server(reply: str, theirs: bool) -> None:
    with mailbox() as vendor, vendor.open() as provider:
        message = vendor.message()
        vendor.server.on_recipient[message.to] = reply
        (outcome,) = outcomes(provider, message)
    assert isinstance(outcome, Unavailable)
    assert outcome.is_about_recipient is theirs


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        ("553 5.1.8 sender address rejected", Disconnected),
        ("550 5.7.60 not permitted to send as this sender", Disconnected),
        ("552 5.3.4 message size exceeds limit", Rejected),
        ("452 4.3.1 no space", Unavailable),
        ("450 4.7.0 sending too fast", Throttled),
    ],
)
def test_what_a_server_says_of_the_sender(reply: str, expected: type) -> None:
    with mailbox() as vendor, vendor.open() as provider:
        vendor.server.on_mail["maya@acme.example"] = reply
        told = outcomes(provider, vendor.message(), vendor.message())
    assert {type(outcome) for outcome in told} == {expected}


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        ("554 5.7.1 looks like spam", Rejected),
        ("451 4.3.0 try later", Unavailable),
        ("421 4.3.0 bye", Unavailable),
    ],
)
def test_what_a_server_says_of_the_content(reply: str, expected: type) -> None:
    with mailbox() as vendor, vendor.open() as provider:
        message, after = vendor.message(), vendor.message()
        vendor.server.on_content[message.to] = reply
        told = outcomes(provider, message, after)
    assert [type(outcome) for outcome in told] == [expected, Sent]


@pytest.mark.parametrize(
    "reply",
    [
        "550 5.4.5 Daily SMTP relay limit exceeded for customer",
        "550 5.4.5 Daily user sending quota exceeded",
        "550 5.1.90 Your message can't be sent because you've reached your daily limit for message recipients",
        "554 5.2.0 STOREDRV.Submission.Exception:SubmissionQuotaExceededException",
        "550 Outgoing mail quota for this account has been exceeded",
    ],
)
@pytest.mark.parametrize("pipelining", [True, False])
def test_enough_for_today_burns_no_message_and_is_not_asked_again_in_this_batch(
    reply: str, pipelining: bool
) -> None:
    with mailbox(pipelining=pipelining) as vendor, vendor.open() as provider:
        first, *others = (vendor.message() for _ in range(4))
        vendor.server.on_content[first.to] = reply
        told = outcomes(provider, first, *others)
        assert [type(outcome) for outcome in told] == [Throttled] * 4
        assert isinstance(told[0], Throttled)
        assert told[0].retry_after.total_seconds() == 3600
        assert told[0].is_about_us
        assert vendor.accepted() == []
        # The kept connection is not left in the middle of a message.
        assert [type(outcome) for outcome in outcomes(provider, *others)] == [Sent] * 3
        assert vendor.accepted() == [message.to for message in others]
