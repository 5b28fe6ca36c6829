"""Mail as real servers write it, byte for byte (only names and numbers are ours): what each of them means."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from loumass.providers.events import Complained, MessageArrived, MessageBounced, ProviderEvent
from loumass.providers.mail import parsing
from tests.providers.contract import mangled

FOLDER = Path(__file__).with_name("payloads") / "mail"
PRIYA, OURS = "priya@foothill.example", "0199aa11-0000-7000-8000-000000000001@acme.example"


def read(name: str) -> list[ProviderEvent]:
    return understood((FOLDER / f"{name}.eml").read_bytes())


def understood(raw: bytes) -> list[ProviderEvent]:
    return parsing.read(
        raw, received_at=datetime(2026, 3, 3, 18, tzinfo=UTC), own_addresses=["maya@acme.example"]
    )


@pytest.mark.parametrize(
    ("name", "code", "permanent", "address_is_dead"),
    [
        ("gmail_unknown_user", "5.1.1", True, True),
        ("exchange_full", "5.2.2", True, False),
        ("postfix_policy", "5.7.1", True, False),
        ("exim_unrouteable", "5.1.1", True, True),
        ("qmail_no_mailbox", "5.1.1", True, True),
    ],
)
def test_bounces(name: str, code: str, permanent: bool, address_is_dead: bool) -> None:
    (event,) = read(name)
    assert isinstance(event, MessageBounced)
    assert (event.recipient, event.message_id) == (PRIYA, OURS)
    assert (event.code, event.permanent, event.address_is_dead) == (code, permanent, address_is_dead)
    assert event.reason


def test_a_delay_says_nothing_yet() -> None:
    assert read("postfix_delayed") == []


def test_a_feedback_loop_is_a_complaint() -> None:
    (event,) = read("feedback_loop")
    assert isinstance(event, Complained)
    assert (event.recipient, event.message_id) == (PRIYA, OURS)


def test_an_absence_is_no_answer() -> None:
    (event,) = read("outlook_away")
    assert isinstance(event, MessageArrived)
    assert (event.is_automatic, event.in_reply_to) == (True, OURS)


def test_an_answer_is_its_own_words() -> None:
    (event,) = read("gmail_reply")
    assert isinstance(event, MessageArrived)
    assert (event.is_automatic, event.in_reply_to, event.reply_text) == (False, OURS, "I’ll be there.")


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.eml")), ids=lambda path: path.stem)
def test_cut_off_anywhere_or_garbled_it_is_read_as_something_and_never_as_two(path: Path) -> None:
    raw = path.read_bytes()
    for length in range(0, len(raw), 97):
        assert len(understood(raw[:length])) <= 1
    for seed in range(40):
        assert len(understood(mangled(raw, seed))) <= 1
