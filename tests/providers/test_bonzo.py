"""What is Bonzo's own: prospects found and kept, do-not-contact marks, calls without a signature, its words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from loumass.core import clock
from loumass.providers.base import OVERTAKEN, HookRequest, StoredItem
from loumass.providers.errors import Disconnected, Forged, Rejected, Sent, Throttled, Unavailable, Unknown
from loumass.providers.events import (
    HelpAsked,
    MessageArrived,
    MessageBounced,
    MessageDelivered,
    OptedIn,
    OptedOut,
    ProviderEvent,
)
from tests.fakes.bonzo import Failure, FakeBonzo, event, prospect, text
from tests.providers.test_bonzo_contract import HOOK, SECRET, BonzoVendor
from tests.providers.vendor import outcomes

PERSON = "+17205550164"


@pytest.fixture
def vendor() -> Iterator[BonzoVendor]:
    with FakeBonzo() as fake:
        yield BonzoVendor(fake)


def asked(vendor: BonzoVendor) -> list[tuple[str, str]]:
    """Method and last part of each request's path."""
    return [(method, path.split("/prospects", 1)[1]) for method, path, _ in vendor.fake.requests]


def test_whom_bonzo_does_not_know_is_made_with_a_name_and_kept_by_their_prospect_id(
    vendor: BonzoVendor,
) -> None:
    with vendor.open(on_behalf_of="maya@acme.example", send_as="me") as bonzo:
        sent = bonzo.send(vendor.message(PERSON))
    [(_, _, told)] = [one for one in vendor.fake.requests if one[0] == "POST"]
    assert told == {"phone": PERSON, "message": "Hello there", "send_as": "me", "first_name": "Contact"}
    assert vendor.fake.on_behalf_of == ["maya@acme.example"]
    assert sent == Sent("90000", thread_id="4000")


def test_whom_bonzo_knows_keeps_their_name(vendor: BonzoVendor) -> None:
    vendor.fake.knows(PERSON, first_name="Priya")
    with vendor.open() as bonzo:
        sent = bonzo.send(vendor.message(PERSON))
        bonzo.send(vendor.message(PERSON, thread_id=sent.thread_id))
    assert vendor.fake.prospects["4000"]["first_name"] == "Priya"
    assert [path for method, path in asked(vendor) if method == "GET"] == [
        "?search=%2B17205550164&per_page=50",
        "/4000",
    ]


@pytest.mark.parametrize("thread_id", ["4000", "1", "../../users", None])
@pytest.mark.parametrize("mark", [{"dnc": True}, {"dnc": 1}, {"sms_opt_in": False}, {"sms_opt_out": "true"}])
def test_who_said_no_at_bonzo_is_not_texted(
    vendor: BonzoVendor, thread_id: str | None, mark: dict[str, Any]
) -> None:
    vendor.fake.knows(PERSON, **mark)
    with vendor.open() as bonzo:
        [refused] = outcomes(bonzo, vendor.message(PERSON, thread_id=thread_id))
    assert isinstance(refused, Rejected)
    assert refused.has_opted_out
    assert not refused.address_is_dead
    assert vendor.accepted() == []
    assert not any("users" in path for _, path, _ in vendor.fake.requests)


def test_one_of_two_entries_of_a_number_that_says_no_is_enough(vendor: BonzoVendor) -> None:
    vendor.fake.prospects = {
        "1": {"id": 1, "phone": PERSON, "dnc": False},
        "2": {"id": 2, "phone": PERSON, "dnc": True},
        "3": {"id": 3, "phone": f"{PERSON}9", "dnc": False},
    }
    with vendor.open() as bonzo, pytest.raises(Rejected):
        bonzo.send(vendor.message(PERSON))


def test_a_prospect_whose_number_is_another_one_now_is_looked_up_anew(vendor: BonzoVendor) -> None:
    vendor.fake.knows("+17205550199", dnc=True)
    with vendor.open() as bonzo:
        assert bonzo.send(vendor.message(PERSON, thread_id="4000")).thread_id == "4001"


@pytest.mark.parametrize(
    "failure",
    [
        Failure(422, "This prospect is marked as Do Not Contact."),
        Failure(422, errors={"dnc": ["The prospect opted out."]}),
    ],
)
def test_bonzo_itself_refusing_counts_as_an_opt_out(vendor: BonzoVendor, failure: Failure) -> None:
    vendor.fake.on_send["*"] = failure
    with vendor.open() as bonzo, pytest.raises(Rejected) as caught:
        bonzo.send(vendor.message(PERSON))
    assert caught.value.has_opted_out


@pytest.mark.parametrize(
    ("failure", "expected"),
    [
        (Failure(402), Disconnected),
        (Failure(403), Disconnected),
        (Failure(404), Disconnected),
        (Failure(429), Throttled),
        (Failure(429, headers={"Retry-After": "0"}), Throttled),
        (Failure(429, headers={"Retry-After": "9" * 40}), Throttled),
        (Failure(408), Unknown),
        (Failure(500), Unknown),
        (Failure(502), Unknown),
        (Failure(503), Unavailable),
        (Failure(302, headers={"Location": "http://169.254.169.254/"}), Unavailable),
        (Failure(400), Rejected),
    ],
)
def test_what_answers_mean(vendor: BonzoVendor, failure: Failure, expected: type) -> None:
    vendor.fake.on_send["*"] = failure
    with vendor.open() as bonzo:
        [outcome] = outcomes(bonzo, vendor.message(PERSON))
    assert type(outcome) is expected
    if isinstance(outcome, Throttled):
        assert timedelta() < outcome.retry_after <= timedelta(days=1)


@pytest.mark.parametrize("status", [401, 403, 404, 429, 500, 503])
def test_trouble_while_looking_up_leaves_nothing_in_doubt_and_nothing_sent(
    vendor: BonzoVendor, status: int
) -> None:
    vendor.fake.on_lookup = Failure(status)
    with vendor.open() as bonzo:
        [outcome] = outcomes(bonzo, vendor.message(PERSON))
    assert isinstance(outcome, Disconnected | Throttled | Unavailable)
    assert vendor.accepted() == []


def test_who_lost_the_lease_while_looking_up_writes_nothing(vendor: BonzoVendor) -> None:
    with vendor.open() as bonzo:
        bonzo.may_write = iter([True, False]).__next__
        assert outcomes(bonzo, vendor.message(PERSON)) == [OVERTAKEN]
    assert vendor.accepted() == []


def test_the_text_filed_when_it_was_handed_over_is_found(vendor: BonzoVendor) -> None:
    message = vendor.message(PERSON, text="The very one", attempted_at=clock.now())
    for minutes in (-30, 0, 10, 40):
        vendor.fake.keep(
            {"phone": PERSON, "message": "The very one"}, clock.now() + timedelta(minutes=minutes)
        )
    with vendor.open() as bonzo:
        assert bonzo.find(message) == Sent("90001", thread_id="4000")
        assert bonzo.find(replace(message, text="Another")) is None
        assert bonzo.find(replace(message, to="+17205550000")) is None


def test_an_account_whose_api_lists_no_messages_settles_nothing(vendor: BonzoVendor) -> None:
    vendor.fake.keep({"phone": PERSON, "message": "Hello there"})
    vendor.fake.lists_messages = False
    assert vendor.open().find(vendor.message(PERSON)) is None


def test_pictures_and_long_texts_are_refused_before_anybody_is_asked(vendor: BonzoVendor) -> None:
    with vendor.open() as bonzo:
        told = outcomes(
            bonzo,
            vendor.message(PERSON, media_urls=("https://x.example/a.png",)),
            vendor.message(PERSON, text="x" * 1_601),
            vendor.message(PERSON, text=""),
        )
    assert all(isinstance(one, Rejected) for one in told)
    assert vendor.fake.requests == []


def hook(body: bytes, secret: str = SECRET) -> HookRequest:
    return HookRequest("POST", HOOK, {"content-type": "application/json", "x-bonzo-token": secret}, body)


def told(vendor: BonzoVendor, body: bytes) -> list[ProviderEvent]:
    call = hook(body)
    bonzo = vendor.open()
    bonzo.verify(call)
    return bonzo.parse(StoredItem(identity=bonzo.identity(call), body=body, received_at=clock.now()))


def test_without_an_agreed_secret_the_address_alone_is_the_proof(vendor: BonzoVendor) -> None:
    call = hook(event("prospects.updated", prospect()), secret="whatever")
    vendor.open(hook_secret="").verify(call)
    with pytest.raises(Forged):
        vendor.open().verify(call)
    assert vendor.open().private_headers() == {"x-bonzo-token"}


def test_a_text_belongs_to_the_prospect(vendor: BonzoVendor) -> None:
    [arrived] = told(vendor, event("messages.received", prospect(PERSON), text("Look 🎉")))
    assert isinstance(arrived, MessageArrived)
    assert (arrived.sender, arrived.text, arrived.thread_id, arrived.provider_message_id) == (
        PERSON,
        "Look 🎉",
        "4711",
        "501",
    )


@pytest.mark.parametrize(
    "body",
    [
        b'{"event": "messages.received", "prospect_id": 4711, "phone": "+17205550164", "message": "Hi", "id": 5}',
        b'{"event": "x", "prospect": {"id": 4711, "phone": "+17205550164"}, "message": {"body": "Hi", "type": "inbound"}}',
        b'{"event": "prospects.responded", "prospect": {"id": 4711, "phone": "+17205550164"}, "additional":'
        b' {"communication": {"text": "Hi"}}}',
    ],
)
def test_a_text_is_seen_wherever_it_stands(vendor: BonzoVendor, body: bytes) -> None:
    [arrived] = told(vendor, body)
    assert isinstance(arrived, MessageArrived)
    assert (arrived.sender, arrived.text, arrived.thread_id) == (PERSON, "Hi", "4711")


def test_what_we_sent_ourselves_is_no_arrival(vendor: BonzoVendor) -> None:
    assert told(vendor, event("messages.sent", prospect(), text("Hello", direction="outgoing"))) == []


@pytest.mark.parametrize(("word", "expected"), [("STOP", OptedOut), ("start", OptedIn), ("Help", HelpAsked)])
def test_words_that_carriers_give_a_meaning(vendor: BonzoVendor, word: str, expected: type) -> None:
    _, keyword = told(vendor, event("messages.received", prospect(PERSON), text(word)))
    assert type(keyword) is expected


def test_a_mark_is_an_opt_out_and_beside_a_text_old_news(vendor: BonzoVendor) -> None:
    [marked] = told(vendor, event("prospects.updated", prospect("(720) 555-0164", dnc=True)))
    assert isinstance(marked, OptedOut)
    assert marked.sender == "(720) 555-0164"
    assert told(vendor, event("prospects.updated", prospect(PERSON))) == []
    assert told(vendor, event("prospects.updated", prospect("", dnc=True))) == []
    arrived = told(vendor, event("messages.received", prospect(PERSON, dnc=True), text("Who is this?")))
    assert [type(one) for one in arrived] == [MessageArrived]


@pytest.mark.parametrize(
    ("status", "expected"), [("delivered", MessageDelivered), ("failed", MessageBounced), ("sending", None)]
)
def test_reports_are_about_our_text(vendor: BonzoVendor, status: str, expected: type | None) -> None:
    body = event(
        "messages.updated", prospect(PERSON), text("Hello", 90_000, direction="outgoing", status=status)
    )
    assert [type(one) for one in told(vendor, body)] == ([expected] if expected else [])


def test_identities_are_those_of_what_happened(vendor: BonzoVendor) -> None:
    bonzo = vendor.open()
    text_told = bonzo.identity(hook(event("messages.received", prospect(), text("Hi"))))
    assert text_told == "messages.received:501"
    # The same text, told again with what else is known of the person by now, is the same text.
    assert text_told == bonzo.identity(hook(event("messages.received", prospect(status="won"), text("Hi"))))
    first, again, later = (
        bonzo.identity(hook(event("prospects.updated", prospect(updated_at=at)))) for at in ("1", "1", "2")
    )
    assert first == again != later
    assert first.startswith("prospects.updated:4711:")


@pytest.mark.parametrize(
    "changes",
    [
        {"number": "303 555 0142"},
        {"api_token": ""},
        {"send_as": "somebody"},
        {"base_url": "http://app.getbonzo.com/api"},
        {"base_url": "https://token@app.getbonzo.com"},
        {"send_path": "v3/prospects"},
        {"search_path": "/v3/prospects?x=1"},
        {"prospect_path": "/v3/prospects"},
        {"messages_path": ""},
    ],
)
def test_credentials_that_cannot_work_are_refused(vendor: BonzoVendor, changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        vendor.open(**changes)
