"""Twilio in detail: what is asked of the API, its errors, signatures, texts and delivery reports."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from loumass.core import clock
from loumass.providers.base import HookRequest, StoredItem
from loumass.providers.errors import Disconnected, Forged, Rejected, Sent, Throttled, Unavailable, Unknown
from loumass.providers.events import (
    HelpAsked,
    Media,
    MessageArrived,
    MessageBounced,
    MessageDelivered,
    OptedIn,
    OptedOut,
    ProviderEvent,
)
from loumass.providers.twilio import client
from loumass.providers.twilio.client import Twilio
from loumass.providers.twilio.inbound import account_and_number
from tests.fakes.twilio import (
    ACCOUNT_SID,
    NUMBER,
    Failure,
    FakeTwilio,
    form_call,
    inbound,
    json_call,
    status_callback,
)
from tests.providers.test_twilio_contract import HOOK, TwilioVendor
from tests.providers.vendor import PUBLIC_URL, context, outcomes

PERSON = "+17205550100"


@pytest.fixture
def vendor() -> Iterator[TwilioVendor]:
    with FakeTwilio() as fake:
        yield TwilioVendor(fake)


def test_a_text_goes_from_the_number_with_a_status_callback(vendor: TwilioVendor) -> None:
    outcomes(vendor.open(), vendor.message(PERSON, status_callback_url=PUBLIC_URL + HOOK))
    assert vendor.fake.requests[-1][2] == {
        "To": PERSON,
        "From": NUMBER,
        "Body": "Hello there",
        "StatusCallback": PUBLIC_URL + HOOK,
    }


def test_a_messaging_service_takes_the_place_of_the_number(vendor: TwilioVendor) -> None:
    service = "MG" + "a" * 32
    (outcome,) = outcomes(vendor.open(messaging_service_sid=service), vendor.message(PERSON))
    assert isinstance(outcome, Sent)
    assert outcome.segments == 1
    assert vendor.fake.requests[-1][2] == {
        "To": PERSON,
        "MessagingServiceSid": service,
        "Body": "Hello there",
    }


def test_pictures_go_along(vendor: TwilioVendor) -> None:
    outcomes(vendor.open(), vendor.message(PERSON, media_urls=("https://x.example/a.png",)))
    assert vendor.fake.requests[-1][2]["MediaUrl"] == "https://x.example/a.png"


@pytest.mark.parametrize(
    ("failure", "expected", "dead"),
    [
        (Failure(400, 21610), Rejected, False),
        (Failure(400, 21211), Rejected, True),
        (Failure(400, 21614), Rejected, True),
        (Failure(400, 21408), Rejected, False),
        (Failure(400, 99999), Rejected, False),
        (Failure(400, 21606), Disconnected, False),
        (Failure(404, 20404), Disconnected, False),
        (Failure(403, 20005), Disconnected, False),
        (Failure(429), Throttled, False),
        (Failure(400, 21611), Throttled, False),
        (Failure(503), Unavailable, False),
        (Failure(500), Unknown, False),
        (Failure(502), Unknown, False),
        (Failure(504), Unknown, False),
        (Failure(408), Unknown, False),
        (Failure(400, 21635), Rejected, True),
        # Somebody else answers: a proxy, a captive portal. That burns no campaign.
        (Failure(404), Unavailable, False),
        (Failure(302), Unavailable, False),
        (Failure(418), Unavailable, False),
    ],
)
def test_twilio_s_errors_in_our_words(
    vendor: TwilioVendor, failure: Failure, expected: type, dead: bool
) -> None:
    vendor.fake.on_send["*"] = failure
    (outcome,) = outcomes(vendor.open(), vendor.message(PERSON))
    assert type(outcome) is expected
    assert getattr(outcome, "address_is_dead", False) is dead


def test_the_pause_twilio_asks_for_is_kept(vendor: TwilioVendor) -> None:
    vendor.fake.on_send["*"] = Failure(429, 20429, headers={"Retry-After": "42"})
    told = outcomes(vendor.open(), vendor.message(PERSON), vendor.message(PERSON))
    assert [outcome.retry_after for outcome in told if isinstance(outcome, Throttled)] == [
        timedelta(seconds=42)
    ] * 2
    assert len(vendor.fake.requests) == 1


def test_nobody_listens_there(vendor: TwilioVendor) -> None:
    message = vendor.message(PERSON)
    nowhere = Twilio(vendor.open().credentials, context(base_urls={"twilio": "http://127.0.0.1:1"}))
    with nowhere as provider:
        assert isinstance(outcomes(provider, message)[0], Unavailable)
        with pytest.raises(Unavailable):
            provider.find(message)


def test_a_text_in_doubt_is_found_on_a_later_page(vendor: TwilioVendor) -> None:
    vendor.fake.page_size = 2
    message = vendor.message(PERSON, text="The very one")
    vendor.fake.keep({"To": PERSON, "From": NUMBER, "Body": "The very one"})
    for number in range(7):
        vendor.fake.keep({"To": PERSON, "From": NUMBER, "Body": f"Another {number}"})
    found = vendor.open().find(message)
    assert isinstance(found, Sent)
    assert found.provider_message_id == vendor.fake.messages[0]["sid"]


@pytest.mark.parametrize(
    "other",
    [
        {"Body": "Another text"},
        {"To": "+17205550199"},
        {"From": "+13035550199"},
    ],
)
def test_another_text_is_not_mistaken_for_it(vendor: TwilioVendor, other: dict[str, str]) -> None:
    vendor.fake.keep({"To": PERSON, "From": NUMBER, "Body": "The very one", **other})
    assert vendor.open().find(vendor.message(PERSON, text="The very one")) is None


def test_of_two_equal_texts_the_one_of_that_moment_is_found(vendor: TwilioVendor) -> None:
    message = vendor.message(PERSON, text="Yes")
    at = message.attempted_at or clock.now()
    for minutes in (12, 0, 7):
        vendor.fake.keep({"To": PERSON, "From": NUMBER, "Body": "Yes"}, at + timedelta(minutes=minutes))
    found = vendor.open().find(message)
    assert isinstance(found, Sent)
    assert found.provider_message_id == vendor.fake.messages[1]["sid"]


def test_a_trial_account_s_preface_does_not_hide_a_text(vendor: TwilioVendor) -> None:
    vendor.fake.keep(
        {"To": PERSON, "From": NUMBER, "Body": "Sent from your Twilio trial account - The very one"}
    )
    assert vendor.open().find(vendor.message(PERSON, text="The very one")) is not None
    assert vendor.open().find(vendor.message(PERSON, text="very one")) is None


def test_the_same_text_of_yesterday_is_not_mistaken_for_it(vendor: TwilioVendor) -> None:
    vendor.fake.keep({"To": PERSON, "From": NUMBER, "Body": "The very one"}, clock.now() - timedelta(hours=2))
    assert vendor.open().find(vendor.message(PERSON, text="The very one")) is None


def test_looking_up_at_a_vendor_in_trouble_settles_nothing(vendor: TwilioVendor) -> None:
    vendor.fake.on_everything = Failure(500)
    with pytest.raises(Unavailable):
        vendor.open().find(vendor.message(PERSON))


def test_checking_names_the_account(vendor: TwilioVendor) -> None:
    assert "Acme" in vendor.open().check()


def test_a_picture_is_fetched_with_our_login_from_twilio_only(vendor: TwilioVendor) -> None:
    path = f"/2010-04-01/Accounts/{ACCOUNT_SID}/Messages/MM1/Media/ME1"
    vendor.fake.media[path] = ("image/png", b"PNG")
    attachment = vendor.open().download(Media(vendor.fake.base_url + path, "image/png"))
    assert (attachment.name, attachment.content_type, attachment.content) == ("ME1", "image/png", b"PNG")
    for elsewhere in (
        "http://169.254.169.254/latest",
        "https://evil.example/x",
        vendor.fake.base_url.replace("http:", "https:") + path,
        vendor.fake.base_url + "@evil.example/",
    ):
        with pytest.raises(Rejected):
            vendor.open().download(Media(elsewhere, "image/png"))


def test_a_picture_without_end_is_refused(vendor: TwilioVendor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "MAXIMUM_MEDIA", 1_000)
    path = f"/2010-04-01/Accounts/{ACCOUNT_SID}/Messages/MM1/Media/ME1"
    vendor.fake.media[path] = ("image/png", b"x" * 100_000)
    with pytest.raises(Rejected):
        vendor.open().download(Media(vendor.fake.base_url + path, "image/png"))


def call_with(fields: dict[str, str], target: str = HOOK, signed_url: str = "") -> HookRequest:
    headers, body = form_call(signed_url or PUBLIC_URL + target, fields)
    return HookRequest("POST", target, headers, body)


def told(vendor: TwilioVendor, fields: dict[str, str]) -> list[ProviderEvent]:
    hook = call_with(fields)
    provider = vendor.open()
    provider.verify(hook)
    item = StoredItem(
        identity=provider.identity(hook), body=hook.body, received_at=clock.now(), headers=dict(hook.headers)
    )
    return provider.parse(item)


def test_the_signature_covers_the_query_and_repeated_and_empty_fields(vendor: TwilioVendor) -> None:
    vendor.open().verify(call_with(inbound("", sender=PERSON, FromCity=""), target=HOOK + "?a=1&b=%20"))


def test_the_signature_may_name_the_default_port(vendor: TwilioVendor) -> None:
    vendor.open().verify(call_with(inbound("hi", sender=PERSON), signed_url=f"{PUBLIC_URL}:443{HOOK}"))


def test_another_account_s_token_is_forged(vendor: TwilioVendor) -> None:
    with pytest.raises(Forged):
        vendor.open(auth_token="globex's own token").verify(call_with(inbound("hi", sender=PERSON)))


def test_a_json_call_is_signed_over_its_body_s_hash(vendor: TwilioVendor) -> None:
    url, headers, body = json_call(PUBLIC_URL + HOOK, {"MessageSid": "SM1", "MessageStatus": "delivered"})
    hook = HookRequest("POST", url.removeprefix(PUBLIC_URL), headers, body)
    provider = vendor.open()
    provider.verify(hook)
    assert provider.identity(hook) == "SM1:delivered"
    with pytest.raises(Forged):
        provider.verify(replace(hook, body=body + b" "))
    with pytest.raises(Forged):
        provider.verify(replace(hook, target=HOOK))


def test_a_text_arrives_with_its_pictures(vendor: TwilioVendor) -> None:
    (event,) = told(
        vendor,
        inbound(
            "Look 🎉", sender=PERSON, NumMedia="1", MediaUrl0="https://x/ME1", MediaContentType0="image/png"
        ),
    )
    assert isinstance(event, MessageArrived)
    assert (event.sender, event.to, event.text) == (PERSON, (NUMBER,), "Look 🎉")
    assert event.media == (Media("https://x/ME1", "image/png"),)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("STOP", OptedOut),
        ("stop", OptedOut),
        (" Stop. ", OptedOut),
        ("Unsubscribe", OptedOut),
        ("opt out", OptedOut),
        ("OPTOUT", OptedOut),
        ("REVOKE", OptedOut),
        ("start", OptedIn),
        ("Unstop", OptedIn),
        ("HELP", HelpAsked),
        ("info?", HelpAsked),
    ],
)
def test_words_that_carriers_give_a_meaning(vendor: TwilioVendor, text: str, expected: type) -> None:
    arrived, keyword = told(vendor, inbound(text, sender=PERSON))
    assert isinstance(arrived, MessageArrived)
    assert type(keyword) is expected
    assert keyword.sender == PERSON  # type: ignore[union-attr]
    assert keyword.is_answered  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "text", ["Stop calling me at work", "The end", "Can you help?", "please cancel", "", "👍"]
)
def test_words_inside_a_sentence_have_none(vendor: TwilioVendor, text: str) -> None:
    assert [type(event) for event in told(vendor, inbound(text, sender=PERSON))] == [MessageArrived]


def test_twilio_s_own_opinion_of_an_opt_out_counts(vendor: TwilioVendor) -> None:
    _, keyword = told(vendor, inbound("no more of this", sender=PERSON, OptOutType="STOP"))
    assert isinstance(keyword, OptedOut)


@pytest.mark.parametrize("status", ["queued", "accepted", "sending", "sent"])
def test_being_on_the_way_is_no_news(vendor: TwilioVendor, status: str) -> None:
    assert told(vendor, status_callback("SM1", status, to=PERSON)) == []


def test_a_delivered_text(vendor: TwilioVendor) -> None:
    (event,) = told(vendor, status_callback("SM1", "delivered", to=PERSON))
    assert isinstance(event, MessageDelivered)
    assert (event.provider_message_id, event.recipient) == ("SM1", PERSON)


@pytest.mark.parametrize(
    ("error", "permanent"), [("30005", True), ("30003", False), ("30007", False), ("", False)]
)
def test_an_undelivered_text(vendor: TwilioVendor, error: str, permanent: bool) -> None:
    (event,) = told(vendor, status_callback("SM1", "undelivered", to=PERSON, error=error))
    assert isinstance(event, MessageBounced)
    assert (event.permanent, event.address_is_dead, event.code) == (permanent, permanent, error)
    assert event.reason.endswith(".")


def test_account_and_number_of_a_call_are_ours_in_either_direction() -> None:
    assert account_and_number(call_with(inbound("hi", sender=PERSON))) == (ACCOUNT_SID, NUMBER)
    assert account_and_number(call_with(status_callback("SM1", "sent", to=PERSON))) == (ACCOUNT_SID, NUMBER)


def test_the_answer_to_a_call_is_empty_twiml(vendor: TwilioVendor) -> None:
    answer = vendor.open().answer(call_with(inbound("hi", sender=PERSON)))
    assert answer.body.endswith(b"<Response></Response>")
    assert answer.content_type.startswith("text/xml")


@pytest.mark.parametrize(
    "changes",
    [
        {"account_sid": "AC123"},
        {"number": "303 555 0142"},
        {"auth_token": ""},
        {"messaging_service_sid": "MGx"},
        {"api_key_sid": "SK" + "a" * 32},
    ],
)
def test_credentials_that_cannot_work_are_refused(vendor: TwilioVendor, changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        vendor.open(**changes)
