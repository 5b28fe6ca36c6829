"""What is Outlook's own: its errors, its drafts, and signing in."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import httpx2
import pytest
from pydantic import SecretStr

from loumass.core import clock
from loumass.providers import oauth
from loumass.providers.credentials import Credentials
from loumass.providers.errors import (
    Disconnected,
    NotSent,
    ProviderError,
    Rejected,
    Sent,
    Throttled,
    Unavailable,
    Unknown,
)
from loumass.providers.outlook import api, client, errors
from loumass.providers.outlook.client import Outlook
from loumass.providers.outlook.credentials import MICROSOFT, OutlookCredentials
from tests.fakes.graph import Failure, FakeGraph
from tests.fakes.graph_tokens import CLIENT_ID, CLIENT_SECRET
from tests.providers.test_outlook_contract import OutlookVendor
from tests.providers.vendor import PUBLIC_URL, Behaviour, browsing, outcomes

RETURN = f"{PUBLIC_URL}/channels/sign-in/return"


@pytest.fixture
def fake() -> Iterator[FakeGraph]:
    with FakeGraph(now=clock.now) as graph:
        yield graph


@pytest.fixture
def vendor(fake: FakeGraph) -> OutlookVendor:
    return OutlookVendor(fake)


def body_of(code: str, message: str = "Something.\nMore of it") -> bytes:
    return json.dumps({"error": {"code": code, "message": message, "innerError": {}}}).encode()


# Errors


@pytest.mark.parametrize(
    ("status", "code", "headers", "at_draft", "at_send"),
    [
        (401, "InvalidAuthenticationToken", {}, Disconnected, Disconnected),
        (403, "ErrorAccessDenied", {}, Disconnected, Disconnected),
        (403, "Forbidden", {}, Disconnected, Disconnected),
        (403, "ErrorSendAsDenied", {}, Disconnected, Disconnected),
        (403, "ErrorMessageSubmissionBlocked", {}, Disconnected, Disconnected),
        (404, "MailboxNotEnabledForRESTAPI", {}, Disconnected, Disconnected),
        (507, "ErrorQuotaExceeded", {}, Disconnected, Disconnected),
        (403, "quotaExceeded", {}, Disconnected, Disconnected),
        (400, "ErrorInvalidRecipients", {}, Rejected, Rejected),
        (400, "ErrorMessageSizeExceeded", {}, Rejected, Rejected),
        (413, "", {}, Rejected, Rejected),
        (400, "BadRequest", {}, Rejected, Rejected),
        (404, "ErrorItemNotFound", {}, errors.Gone, Unknown),
        (410, "SyncStateNotFound", {}, errors.Forgotten, errors.Forgotten),
        (429, "ApplicationThrottled", {}, Throttled, Throttled),
        (429, "ErrorExceededMessageLimit", {}, Throttled, Throttled),
        (503, "ServiceUnavailable", {"retry-after": "9"}, Throttled, Throttled),
        (503, "ServiceUnavailable", {}, Unavailable, Unknown),
        (504, "GatewayTimeout", {"retry-after": "9"}, Throttled, Unknown),
        (500, "ErrorInternalServerError", {}, Unavailable, Unknown),
        (409, "ErrorIrresolvableConflict", {}, Unavailable, Unavailable),
        (302, "", {}, Unavailable, Unknown),
    ],
)
def test_errors_in_our_words(
    status: int,
    code: str,
    headers: dict[str, str],
    at_draft: type[ProviderError],
    at_send: type[ProviderError],
) -> None:
    told = [
        errors.of_answer(status, body_of(code), headers, clock.now(), sends=sends) for sends in (False, True)
    ]
    assert [type(one) for one in told] == [at_draft, at_send]
    assert all(one.reason.endswith((".", ")", "Something.")) for one in told)
    if code == "ErrorInvalidRecipients":
        assert isinstance(told[0], Rejected)
        assert told[0].address_is_dead


@pytest.mark.parametrize(
    ("given", "seconds"),
    [
        ("7", 7),
        ("0", 1),
        ("999999", 86_400),
        ("", 60),
        ("soon", 60),
        ("-3", 60),
        ("Tue, 03 Mar 2026 16:02:00 GMT", 120),
    ],
)
def test_retry_after_is_seconds_or_a_date(given: str, seconds: int) -> None:
    now = datetime(2026, 3, 3, 16, tzinfo=UTC)
    told = errors.of_answer(429, b"", {"retry-after": given}, now, sends=True)
    assert isinstance(told, Throttled)
    assert told.retry_after == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"[]", b'{"error": "no"}', b'{"error": {"message": null}}', b"[" * 9_000]
)
def test_errors_without_words_are_errors_all_the_same(body: bytes) -> None:
    assert isinstance(errors.of_answer(400, body, {}, clock.now(), sends=True), Rejected)
    assert isinstance(errors.of_answer(500, body, {}, clock.now(), sends=True), Unknown)


# Sending


def test_an_ended_token_is_renewed_once_and_the_letter_goes_once(vendor: OutlookVendor) -> None:
    kept: list[Credentials] = []
    vendor.fake.tokens.forget_access()
    with renewing(vendor, kept) as provider:
        assert isinstance(outcomes(provider, vendor.message())[0], Sent)
    assert vendor.fake.tokens.renewals == 1
    assert len(vendor.fake.sent) == 1
    (renewed,) = kept
    assert isinstance(renewed, OutlookCredentials)
    assert renewed.refresh_token.get_secret_value() in vendor.fake.tokens.refresh


def test_a_token_that_ends_between_draft_and_send_is_renewed_and_it_is_sent_once(
    vendor: OutlookVendor,
) -> None:
    with vendor.open() as provider:
        message = vendor.message()
        message = replace(message, draft_id=provider.draft(message))
        vendor.fake.tokens.forget_access()
        assert isinstance(provider.send(message), Sent)
    assert len(vendor.fake.sent) == 1


def test_a_token_that_is_refused_again_after_renewing_is_the_end(vendor: OutlookVendor) -> None:
    refused = Failure(401, "InvalidAuthenticationToken")
    vendor.fake.next = [("POST /me/messages", refused)] * 2
    with vendor.open() as provider:
        (outcome,) = outcomes(provider, vendor.message())
    assert isinstance(outcome, Disconnected)
    assert vendor.fake.tokens.renewals == 1


def test_a_microsoft_that_cannot_sign_in_just_now_leaves_nothing_in_doubt(vendor: OutlookVendor) -> None:
    vendor.good_credentials["expires_at"] = 0.0
    closed = {"graph": vendor.fake.base_url, "microsoft_accounts": "http://127.0.0.1:9"}
    with Outlook(vendor.open().credentials, replace(vendor.context(), base_urls=closed)) as provider:
        (outcome,) = outcomes(provider, vendor.message())
    assert isinstance(outcome, Unavailable)
    assert vendor.accepted() == []


def test_what_can_never_go_is_not_left_among_the_drafts(vendor: OutlookVendor) -> None:
    with vendor.open() as provider:
        (outcome,) = outcomes(provider, vendor.message(vendor.address_that(Behaviour.REJECTS)))
        assert isinstance(outcome, Rejected)
        (throttled,) = outcomes(provider, vendor.message(vendor.address_that(Behaviour.THROTTLES)))
        assert isinstance(throttled, Throttled)
    assert len(vendor.fake.mailbox.of("drafts")) == 1, "what may go later stays"


def test_a_draft_that_an_earlier_try_left_is_taken(vendor: OutlookVendor) -> None:
    message = vendor.message()
    vendor.fake.on_draft[message.to] = "keeps it and cuts"
    with vendor.open() as provider:
        (outcome,) = outcomes(provider, message)
        assert isinstance(outcome, Unavailable), "a draft is not sent"
        assert provider.find(message) == NotSent()
        vendor.fake.on_draft.clear()
        (sent,) = outcomes(provider, replace(message, attempts=2))
    assert isinstance(sent, Sent)
    assert len(vendor.fake.mailbox.items) == 1


@pytest.mark.parametrize("size", [client.MAXIMUM_MESSAGE, client.MAXIMUM_MESSAGE + 1])
def test_the_limit_is_what_graph_takes_in_one_request(vendor: OutlookVendor, size: int) -> None:
    message = vendor.message()
    message = replace(message, mime=message.mime + b"x" * (size - len(message.mime)))
    with Outlook(vendor.open().credentials, replace(vendor.context(), timeout=20.0)) as provider:
        (outcome,) = outcomes(provider, message)
    if size > client.MAXIMUM_MESSAGE:
        assert isinstance(outcome, Rejected)
        assert "links" in outcome.reason
    else:
        assert isinstance(outcome, Sent)


@pytest.mark.parametrize("size", [100, client._DOUBTFUL + 1])
def test_a_yes_without_a_draft_is_no_yes(
    vendor: OutlookVendor, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    monkeypatch.setattr(api.Api, "post_mime", lambda self, path, mime: {})
    with vendor.open() as provider:
        (outcome,) = outcomes(provider, replace(vendor.message(), mime=b"x" * size))
    assert isinstance(outcome, Rejected if size > client._DOUBTFUL else Unavailable)


def test_a_moved_copy_is_found_by_its_message_id_alone(vendor: OutlookVendor) -> None:
    """Moving to an archive mailbox changes even ids that stay."""
    message = vendor.message()
    message = replace(message, message_id="o'hara.1@loumass.example", mime=message.mime.replace(
        message.message_id.encode(), b"o'hara.1@loumass.example"))  # fmt: skip
    with vendor.open() as provider:
        message = replace(message, draft_id=provider.draft(message))
        sent = provider.send(message)
        item = vendor.fake.mailbox.items.pop(sent.provider_message_id)
        assert provider.find(message) is None
        item.id = "AAk-archived="
        vendor.fake.mailbox.items[item.id] = item
        found = provider.find(message)
    assert isinstance(found, Sent)
    assert found.provider_message_id == "AAk-archived="


def test_a_minute_that_is_used_up_lets_the_channel_rest(vendor: OutlookVendor) -> None:
    spent: list[tuple[str, int, int]] = []

    def spend(name: str, units: int, most: int) -> timedelta | None:
        spent.append((name, units, most))
        return timedelta(seconds=20) if len(spent) > 1 else None

    with Outlook(vendor.open().credentials, replace(vendor.context(), spend=spend)) as provider:
        (outcome,) = outcomes(provider, vendor.message())
    assert outcome == Throttled("This minute's share of Outlook's requests is used.", timedelta(seconds=20))
    assert spent[0] == (f"graph:{CLIENT_ID}:maya@acme.example", 1, api.MOST_REQUESTS)
    assert vendor.accepted() == []


# Signing in


def signed_in(fake: FakeGraph, vendor: OutlookVendor) -> oauth.SignedIn:
    """By code, as a browser and our pages do it."""
    app = oauth.Client(client_id=CLIENT_ID, client_secret=CLIENT_SECRET, options={"tenant": "acme.example"})
    secret = oauth.verifier()
    url = oauth.authorize_url(MICROSOFT, app, fake.base_url, redirect=RETURN, state="s", secret=secret)
    assert url.startswith(f"{fake.base_url}/acme.example/oauth2/v2.0/authorize?")
    with browsing() as http:
        went = httpx2.URL(http.get(url).headers["location"])
        endpoint = oauth.TokenEndpoint(MICROSOFT, app, fake.base_url, http, clock.now)
        with pytest.raises(Disconnected):
            endpoint.exchange("no-code", RETURN, secret)
        tokens = endpoint.exchange(went.params["code"], RETURN, secret)
        assert endpoint.knows_client()
    secret_of_app = vendor.open().credentials.client_secret
    blank = OutlookCredentials(
        mailbox="?",
        client_id=CLIENT_ID,
        client_secret=secret_of_app,
        refresh_token=SecretStr("?"),
        tenant="acme.example",
    )
    return Outlook.of_sign_in(blank.with_tokens(tokens), tokens.scopes, vendor.context())


def test_signing_in_gives_the_mailbox(fake: FakeGraph, vendor: OutlookVendor) -> None:
    assert signed_in(fake, vendor).address == "maya@acme.example"


@pytest.mark.parametrize(
    "allowed", ["", "User.Read Mail.Send", "openid https://graph.microsoft.com/Mail.ReadWrite"]
)
def test_signing_in_without_allowing_both_is_refused(
    fake: FakeGraph, vendor: OutlookVendor, allowed: str
) -> None:
    fake.tokens.allowed = allowed
    with pytest.raises(Disconnected, match="allow both"):
        signed_in(fake, vendor)


def test_allowed_scopes_may_be_written_short(fake: FakeGraph, vendor: OutlookVendor) -> None:
    fake.tokens.allowed = "email mail.readwrite Mail.Send openid profile User.Read"
    assert signed_in(fake, vendor).address == "maya@acme.example"


def test_an_account_without_a_mailbox_is_refused(fake: FakeGraph, vendor: OutlookVendor) -> None:
    fake.next = [("GET /me/mailFolders/inbox", Failure(404, "MailboxNotEnabledForRESTAPI"))]
    with pytest.raises(Disconnected, match="no mailbox"):
        signed_in(fake, vendor)


def renewing(vendor: OutlookVendor, kept: list[Credentials]) -> Outlook:
    return Outlook(vendor.open().credentials, replace(vendor.context(), keep=kept.append))
