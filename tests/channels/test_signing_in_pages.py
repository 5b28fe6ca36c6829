"""Signing in to a mailbox: the organization's own application, the way to Google and back, and everything that goes wrong."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from loumass.channels import connecting, signing_in
from loumass.channels.models import Channel, VendorClient
from loumass.core import clock
from loumass.core.tenancy import get_or_404
from loumass.providers.gmail.credentials import MODIFY, GmailCredentials
from loumass.providers.oauth import Client
from tests.channels.connected import loopback
from tests.channels.looking import audited, channels
from tests.fakes.google import CLIENT_ID, CLIENT_SECRET, PUSHER, TOPIC, Failure, FakeGoogle
from tests.providers.vendor import browsing
from tests.world import Person, Tenant, World

PAGE, RETURN = "/channels/sign-in/gmail", "/channels/sign-in/return"
APPLICATION = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "topic": TOPIC, "pusher": PUSHER}


@pytest.fixture
def google() -> Iterator[FakeGoogle]:
    with FakeGoogle() as fake, loopback(base_urls=fake.base_urls):
        fake.now = lambda: clock.now().timestamp()
        yield fake


def said(answer: Any) -> str:
    """The page that an answer leads to."""
    return answer.text


def credentials_of(tenant: Tenant, channel: Channel) -> GmailCredentials:
    with tenant.acting():
        found = connecting.credentials_of(get_or_404(Channel, channel.id))
    assert isinstance(found, GmailCredentials)
    return found


def at_google(person: Person, query: str = "") -> Mapping[str, str]:
    """Go to Google and allow it; what Google sends back."""
    away = person.get(f"{PAGE}/start{query}")
    assert away.status_code == 302
    with browsing() as http:
        back = http.get(away.location).headers["location"]
    assert back.startswith(signing_in.return_address())
    return {name: values[0] for name, values in parse_qs(urlsplit(back).query).items()}


def signed_in(person: Person, query: str = "") -> Any:
    """All the way; the page that the person ends on."""
    return person.get(RETURN, query_string=at_google(person, query), follow_redirects=True)


def test_a_mailbox_is_connected_by_the_organizations_own_application(
    world: World, google: FakeGoogle
) -> None:
    admin = world.acme.admin
    assert admin.get("/channels/connect/gmail/email").location == PAGE
    page = admin.get(PAGE).text
    for needed in (signing_in.return_address(), MODIFY, "7 days", "/hooks/gmail", "First, an application"):
        assert needed in page
    assert "Google knows this application" in said(admin.post(PAGE, APPLICATION, follow_redirects=True))
    page = admin.get(PAGE).text
    assert "Sign in with Google" in page
    assert CLIENT_SECRET not in page
    page = signed_in(admin).text
    assert "is connected. Signed in to maya@acme.example." in page
    (channel,) = channels(world.acme)
    assert (channel.provider, channel.address, channel.state, channel.owner_id) == (
        "gmail",
        "maya@acme.example",
        "active",
        admin.id,
    )
    kept = credentials_of(world.acme, channel)
    assert (kept.client_of, kept.topic, kept.pusher) == ("organization", TOPIC, PUSHER)
    assert kept.refresh_token.get_secret_value() in google.refresh
    assert channel.cursor["history"]
    assert {"vendor_client.changed", "channel.connected"} <= set(audited(world.acme))
    assert "/hooks/gmail/" not in page, "nobody has to carry an address to Google by hand"


def test_several_mailboxes_of_one_person_and_the_installations_application(
    world: World, google: FakeGoogle
) -> None:
    with world.acme.acting():
        assert signing_in.clients("google") == {}
    assert world.acme.admin.get(f"{PAGE}/start").status_code == 409
    before = dict(signing_in._installation)
    signing_in._installation = {
        "google": Client(client_id=CLIENT_ID, client_secret=CLIENT_SECRET, options={})
    }
    try:
        for mailbox in ("maya@acme.example", "maya.two@acme.example"):
            google.mailbox = mailbox
            assert "is connected" in signed_in(world.acme.admin, "?by=installation").text
    finally:
        signing_in._installation = before
    found = channels(world.acme)
    assert sorted(one.address for one in found) == ["maya.two@acme.example", "maya@acme.example"]
    assert {credentials_of(world.acme, one).client_of for one in found} == {"installation"}


def test_a_wrong_application_is_told_at_once_and_kept(world: World, google: FakeGoogle) -> None:
    admin = world.acme.admin
    page = said(admin.post(PAGE, {**APPLICATION, "client_secret": "mistyped"}, follow_redirects=True))
    assert "does not know this client id and secret" in page
    assert "What you entered is kept" in page
    for wrong, sentence in (
        ({"client_id": ""}, "The client ID is missing."),
        ({"topic": "gmail"}, "Write it like projects/acme/topics/gmail."),
        ({"pusher": "somebody"}, "Write its e-mail address."),
        ({"client_id": "another", "client_secret": ""}, "The client secret is missing."),
    ):
        answer = admin.post(PAGE, {**APPLICATION, **wrong})
        assert (answer.status_code, sentence in answer.text) == (422, True), wrong
    google.on[("token", "*")] = Failure(503, "server_error")
    assert "cannot sign us in just now" in said(admin.post(PAGE, APPLICATION, follow_redirects=True))


def test_a_new_secret_is_passed_on_to_mailboxes_that_signed_in_by_the_application(
    world: World, google: FakeGoogle
) -> None:
    admin = world.acme.admin
    admin.post(PAGE, APPLICATION)
    signed_in(admin)
    (channel,) = channels(world.acme)
    admin.post(PAGE, {**APPLICATION, "client_secret": "rotated", "topic": ""})
    kept = credentials_of(world.acme, channel)
    assert (kept.client_secret.get_secret_value(), kept.topic) == ("rotated", "")
    admin.post(PAGE, {**APPLICATION, "client_id": "another", "client_secret": "its own"})
    assert credentials_of(world.acme, channel).client_id == CLIENT_ID, (
        "a sign-in belongs to whom it was given to"
    )
    admin.post(f"{PAGE}/application/removal")
    with world.acme.acting() as session:
        assert session.query(VendorClient).count() == 0
    assert credentials_of(world.acme, channel).client_secret.get_secret_value() == "rotated"


def test_who_allows_too_little_or_says_no_is_told(world: World, google: FakeGoogle) -> None:
    admin = world.acme.admin
    admin.post(PAGE, APPLICATION)
    google.scope = "https://www.googleapis.com/auth/userinfo.email"
    assert "was not allowed to let us read and send" in signed_in(admin).text
    told = at_google(admin)
    answer = admin.get(
        RETURN, query_string={"state": told["state"], "error": "access_denied"}, follow_redirects=True
    )
    assert "Google did not sign you in: access_denied" in answer.text
    google.scope, google.refresh_ends_in = MODIFY, 7 * 86_400
    assert "This sign-in ends in 7 days" in signed_in(admin).text


def test_only_who_began_comes_back_and_only_once(world: World, google: FakeGoogle) -> None:
    admin = world.acme.admin
    admin.post(PAGE, APPLICATION)
    told = at_google(admin)
    refused = "not begun here, or used already"
    assert refused in world.globex.admin.get(RETURN, query_string=told, follow_redirects=True).text
    forged = {**told, "state": "forged"}
    assert refused in admin.get(RETURN, query_string=forged, follow_redirects=True).text
    assert refused in admin.get(RETURN, query_string=told, follow_redirects=True).text, "tried once, used"
    told = at_google(admin)
    world.later(minutes=16)
    assert "took too long" in admin.get(RETURN, query_string=told, follow_redirects=True).text
    told = at_google(admin)
    assert "is connected" in admin.get(RETURN, query_string=told, follow_redirects=True).text
    told = at_google(admin)
    wrong = admin.get(RETURN, query_string={**told, "code": "stolen"}, follow_redirects=True)
    assert "The sign-in at Google has ended" in wrong.text
    assert len(channels(world.acme)) == 1


def test_a_mailbox_whose_sign_in_ended_signs_in_again_and_no_other_does(
    world: World, google: FakeGoogle
) -> None:
    admin = world.acme.admin
    admin.post(PAGE, APPLICATION)
    signed_in(admin)
    (channel,) = channels(world.acme)
    google.revoke()
    assert "has ended" in said(admin.post(f"/channels/{channel.id}/test", follow_redirects=True))
    again = f"?channel={channel.id}"
    assert "maya@acme.example" in admin.get(f"{PAGE}/start{again}").location.replace("%40", "@")
    google.mailbox = "another@acme.example"
    assert "Connect that as a channel of its own" in signed_in(admin, again).text
    google.mailbox = "maya@acme.example"
    assert "is connected" in signed_in(admin, again).text
    assert [one.id for one in channels(world.acme)] == [channel.id]
    assert "is connected" in signed_in(admin).text, "also without being asked to"
    assert world.globex.admin.get(f"{PAGE}{again}").status_code == 404
    assert admin.get(f"{PAGE}?channel=nonsense").status_code == 404
    assert admin.get("/channels/sign-in/twilio").status_code == 404
