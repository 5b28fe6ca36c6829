"""What is Slybroadcast's own: its form, its clock, its dispositions and the words it refuses with."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import pytest
from pydantic import ValidationError

from loumass.providers.base import HookRequest, SentRecord, StoredItem
from loumass.providers.errors import Disconnected, Outcome, Rejected, Sent, Throttled, Unavailable, Unknown
from loumass.providers.events import MessageBounced, MessageDelivered, ProviderEvent
from loumass.providers.slybroadcast.numbers import eastern, international, moment_of, national
from tests.fakes.forms import Reply
from tests.fakes.slybroadcast import PASSWORD, FakeSlybroadcast, disposition, error
from tests.providers.test_slybroadcast_contract import HOOK, SlybroadcastVendor
from tests.providers.vendor import PUBLIC_URL, outcomes

NOW = datetime(2026, 3, 3, 16, 5, tzinfo=UTC)


@pytest.fixture
def vendor():
    with FakeSlybroadcast() as fake:
        yield SlybroadcastVendor(fake)


def test_a_drop_is_the_form_that_the_gateway_documents(vendor: SlybroadcastVendor) -> None:
    message = vendor.message("+17205550100", media_urls=(f"{PUBLIC_URL}/media/abc.m4a",))
    with vendor.open() as provider:
        (sent,) = outcomes(provider, message)
    (drop,) = vendor.fake.drops
    assert sent == Sent(drop["session_id"])
    assert drop["c_phone"] == "7205550100"
    assert drop["c_callerID"] == "3035550142"
    assert (drop["c_url"], drop["c_audio"]) == (f"{PUBLIC_URL}/media/abc.m4a", "m4a")
    assert (drop["c_date"], drop["mobile_only"], drop["c_method"]) == ("now", "1", "new_campaign")
    assert urlsplit(drop["c_dispo_url"]).path == HOOK
    assert PASSWORD not in drop["c_dispo_url"]


def test_landlines_and_later_times_are_said_when_asked_for(vendor: SlybroadcastVendor) -> None:
    later = datetime(2026, 7, 1, 18, 30, tzinfo=UTC)
    with vendor.open(mobile_only=False) as provider:
        outcomes(provider, vendor.message(send_at=later))
    (drop,) = vendor.fake.drops
    assert "mobile_only" not in drop
    assert drop["c_date"] == "2026-07-01 14:30:00"


@pytest.mark.parametrize(
    ("utc", "told"),
    [
        ("2026-01-15 17:00:00", "2026-01-15 12:00:00"),
        ("2026-07-15 16:00:00", "2026-07-15 12:00:00"),
        # Sun 8 March 2026: 2:00 becomes 3:00.
        ("2026-03-08 06:59:59", "2026-03-08 01:59:59"),
        ("2026-03-08 07:00:00", "2026-03-08 03:00:00"),
        # Sun 1 November 2026: 2:00 becomes 1:00; nobody can say which 1:30 is meant.
        ("2026-11-01 05:30:00", "2026-11-01 01:30:00"),
        ("2026-11-01 06:00:00", "2026-11-01 02:00:00"),
        ("2026-11-01 06:59:59", "2026-11-01 02:00:00"),
        ("2026-11-01 07:00:00", "2026-11-01 02:00:00"),
    ],
)
def test_times_are_new_yorks_and_never_early(utc: str, told: str) -> None:
    moment = datetime.fromisoformat(utc).replace(tzinfo=UTC)
    assert eastern(moment) == told
    back = moment_of(told)
    assert back is not None
    assert timedelta() <= back - moment <= timedelta(hours=1) or told.startswith("2026-11-01 01")


def test_what_is_no_time_is_none() -> None:
    assert moment_of("") is None
    assert moment_of("yesterday") is None


@pytest.mark.parametrize(
    ("number", "ten"),
    [
        ("+13035550142", "3035550142"),
        ("+16045550142", "6045550142"),
        ("+441932864471", ""),
        ("+11035550142", ""),
        ("x", ""),
    ],
)
def test_numbers_have_ten_figures(number: str, ten: str) -> None:
    assert national(number) == ten
    assert international(ten) == (number if ten else "")


@pytest.mark.parametrize(
    ("answer", "kind", "dead"),
    [
        (error("Invalid phone number"), Rejected, True),
        (error("Number is a landline"), Rejected, True),
        (error("c_url cannot be read"), Rejected, False),
        (error("Something new"), Rejected, False),
        (error("Insufficient credits"), Disconnected, False),
        (error("Invalid c_uid or c_password"), Disconnected, False),
        (error("Caller ID is not confirmed"), Disconnected, False),
        (error("Rate limit"), Throttled, False),
        (error("slow", 429, Retry_After="99999999"), Throttled, False),
        (error("Server busy"), Unavailable, False),
        (Reply(503), Unavailable, False),
        (Reply(404, b"<html>"), Unavailable, False),
        (Reply(302, b"", {"Location": "http://127.0.0.1/"}), Unavailable, False),
        (Reply(403), Disconnected, False),
        (Reply(500), Unknown, False),
        (Reply(504), Unknown, False),
        (Reply(200, b""), Unknown, False),
        (Reply(200, b"OK\n"), Unknown, False),
        (Reply(200, b"<html>welcome"), Unknown, False),
    ],
)
def test_answers_mean_what_is_certain(
    vendor: SlybroadcastVendor, answer: Reply, kind: type, dead: bool
) -> None:
    vendor.fake.on_send["*"] = answer
    with vendor.open() as provider:
        (outcome,) = outcomes(provider, vendor.message())
    assert type(outcome) is kind
    assert not isinstance(outcome, Sent)
    assert getattr(outcome, "address_is_dead", False) is dead
    assert outcome.reason.endswith((".", "out."))
    assert vendor.fake.drops == []


@pytest.mark.parametrize("urls", [(), ("https://x.example/a.ogg",), ("https://x.example/nothing",)])
def test_nothing_to_play_is_refused_before_it_is_sent(
    vendor: SlybroadcastVendor, urls: tuple[str, ...]
) -> None:
    with vendor.open() as provider:
        (outcome,) = outcomes(provider, vendor.message(media_urls=urls))
    assert isinstance(outcome, Rejected)
    assert outcome.code == "audio"
    assert vendor.fake.requests == []


def test_other_countries_are_refused_and_their_numbers_live(vendor: SlybroadcastVendor) -> None:
    with vendor.open() as provider:
        (outcome,) = outcomes(provider, vendor.message("+441932864471"))
    assert isinstance(outcome, Rejected)
    assert not outcome.address_is_dead


def _item(vendor: SlybroadcastVendor, body: bytes, query: str = "") -> StoredItem:
    return StoredItem(identity="x", body=body, received_at=NOW, meta={"query": query})


def test_a_disposition_says_when_it_was_delivered_by_new_yorks_clock(vendor: SlybroadcastVendor) -> None:
    drop = {"session_id": "71", "c_phone": "7205550100"}
    (event,) = vendor.open().parse(_item(vendor, disposition(drop)))
    assert event == MessageDelivered(
        at=datetime(2026, 3, 3, 16, 2, 5, tzinfo=UTC), provider_message_id="71", recipient="+17205550100"
    )


@pytest.mark.parametrize(
    ("reason", "dead"), [("Voicemail box is full", False), ("Not a mobile number", True), ("", False)]
)
def test_a_failed_drop_says_why(vendor: SlybroadcastVendor, reason: str, dead: bool) -> None:
    drop = {"session_id": "71", "c_phone": "7205550100"}
    (event,) = vendor.open().parse(_item(vendor, disposition(drop, "failed", reason)))
    assert isinstance(event, MessageBounced)
    assert (event.permanent, event.address_is_dead) == (dead, dead)
    assert (reason or "no reason given") in event.reason


@pytest.mark.parametrize("status", ["Pending", "queued", ""])
def test_what_is_on_its_way_means_nothing_yet(vendor: SlybroadcastVendor, status: str) -> None:
    assert vendor.open().parse(_item(vendor, disposition({"session_id": "71", "c_phone": "7"}, status))) == []


def test_the_drops_own_address_names_our_message_and_nobody_can_make_one(vendor: SlybroadcastVendor) -> None:
    message = vendor.message()
    with vendor.open() as provider:
        outcomes(provider, message)
    (drop,) = vendor.fake.drops
    query = urlsplit(drop["c_dispo_url"]).query
    provider = vendor.open()
    assert _named(provider.parse(_item(vendor, disposition(drop), query))) == message.id
    forged = query.replace(message.id.hex, uuid4().hex)
    assert _named(provider.parse(_item(vendor, disposition(drop), forged))) is None
    assert provider.parse(_item(vendor, b"var=||OK", forged)) == []


def test_fields_may_come_one_by_one_or_as_json(vendor: SlybroadcastVendor) -> None:
    provider = vendor.open()
    for body in (
        b"session_id=71&phone=7205550100&status=delivered",
        b'{"session_id": 71, "call_to": "7205550100", "status": "Delivered"}',
    ):
        (event,) = provider.parse(_item(vendor, body))
        assert isinstance(event, MessageDelivered)
        assert event.provider_message_id == "71"


def test_asking_and_being_called_are_one_thing(vendor: SlybroadcastVendor) -> None:
    with vendor.open() as provider:
        first, second, third = (vendor.message() for _ in range(3))
        sent = outcomes(provider, first, second, third)
        records = [
            _record(message.to, _session(one))
            for message, one in zip((first, second, third), sent, strict=True)
        ]
        drops = vendor.fake.drops
        vendor.fake.statuses = {
            drops[0]["session_id"]: ("OK", ""),
            drops[1]["session_id"]: ("failed", "Voicemail box is full"),
        }
        items = list(provider.reports([*records, _record(first.to, "unknown")]))
        assert [type(provider.parse(item)[0]) for item in items] == [MessageDelivered, MessageBounced]
        called = vendor.open()
        assert items[0].identity == called.identity(_call(disposition(drops[0], "delivered")))
        vendor.refuse_login()
    with vendor.open() as refused, pytest.raises(Disconnected):
        list(refused.reports(records))


def _named(events: list[ProviderEvent]) -> UUID | None:
    (event,) = events
    assert isinstance(event, MessageDelivered)
    return event.our_id


def _session(outcome: Outcome) -> str:
    assert isinstance(outcome, Sent)
    return outcome.provider_message_id


def _record(to: str, session: str) -> SentRecord:
    return SentRecord(id=uuid4(), to=to, sender="", sent_at=NOW, provider_message_id=session)


def _call(body: bytes) -> HookRequest:
    return HookRequest("POST", HOOK, {}, body)


def test_checking_says_how_many_drops_are_left(vendor: SlybroadcastVendor) -> None:
    assert vendor.open().check() == "Logged in as maya@acme.example. 1,234 drops are left."


@pytest.mark.parametrize("changes", [{"caller_id": "+441932864471"}, {"email": "maya"}, {"password": ""}])
def test_credentials_that_cannot_work_are_refused_in_a_sentence(
    vendor: SlybroadcastVendor, changes: dict[str, str]
) -> None:
    with pytest.raises(ValidationError, match=r"\."):
        vendor.open(**changes)
