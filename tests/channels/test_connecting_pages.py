"""A number or a mailbox is connected on its page, tested, and asked for again."""

from __future__ import annotations

import re
from email import message_from_bytes
from typing import Any
from uuid import UUID

import pytest

from loumass.channels import connecting
from loumass.channels.models import Channel
from loumass.core.tenancy import get_or_404
from loumass.messages.models import Message
from loumass.messages.reply_addresses import reply_address
from tests.channels.connected import loopback, twilio_number
from tests.channels.looking import TWILIO, audited, channels, now
from tests.fakes.imap import FakeImapServer
from tests.fakes.smtp import FakeSmtpServer
from tests.fakes.twilio import ACCOUNT_SID, AUTH_TOKEN, NUMBER, FakeTwilio
from tests.messages.sending import queue
from tests.world import Person, Tenant, World


def secret_of(tenant: Tenant, channel: Channel) -> str:
    with tenant.acting():
        credentials: Any = connecting.credentials_of(get_or_404(Channel, channel.id))
    return credentials.auth_token.get_secret_value()


def test_everything_that_can_be_connected_is_offered(admin: Person) -> None:
    page = admin.get("/channels/connect").text
    for address in ("smtp/email", "twilio/sms", "sandbox/email", "sandbox/sms"):
        assert f"/channels/connect/{address}" in page
        assert admin.get(f"/channels/connect/{address}").status_code == 200
    assert admin.get("/channels/connect/pigeon/post").status_code == 404


@pytest.mark.usefixtures("twilio")
def test_a_number_is_connected_and_tested(world: World, admin: Person) -> None:
    answer = admin.post(
        "/channels/connect/twilio/sms", {**TWILIO, "channel_name": "Denver", "sender_name": ""}
    )
    assert answer.status_code == 302
    (channel,) = channels(world.acme)
    assert (channel.name, channel.address, channel.state, channel.owner_id) == (
        "Denver",
        NUMBER,
        "active",
        admin.id,
    )
    assert secret_of(world.acme, channel) == AUTH_TOKEN
    assert AUTH_TOKEN.encode() not in channel.sealed_credentials
    page = admin.get(answer.location).text
    assert f"https://loumass.example/hooks/twilio/{channel.settings['hook_token']}" in page
    assert AUTH_TOKEN not in page
    assert "channel.connected" in audited(world.acme)


def test_a_refused_login_keeps_what_was_entered_and_sends_nothing(
    world: World, admin: Person, twilio: FakeTwilio
) -> None:
    answer = admin.post(
        "/channels/connect/twilio/sms", {**TWILIO, "auth_token": "mistyped"}, follow_redirects=True
    )
    assert "refused" in answer.text
    (channel,) = channels(world.acme)
    assert channel.state == "disconnected"
    assert secret_of(world.acme, channel) == "mistyped"
    mended = admin.post(f"/channels/{channel.id}/credentials", TWILIO)
    assert mended.status_code == 302
    assert now(world.acme, channel).state == "active"
    assert not twilio.messages


@pytest.mark.usefixtures("twilio")
def test_an_empty_secret_keeps_the_stored_one(world: World, admin: Person) -> None:
    channel = twilio_number(world.acme)
    page = admin.get(f"/channels/{channel.id}/credentials").text
    assert AUTH_TOKEN not in page
    assert ACCOUNT_SID in page
    assert admin.post(f"/channels/{channel.id}/credentials", {**TWILIO, "auth_token": ""}).status_code == 302
    assert secret_of(world.acme, channel) == AUTH_TOKEN


@pytest.mark.usefixtures("twilio")
def test_another_number_is_another_channel(world: World, admin: Person) -> None:
    channel = twilio_number(world.acme)
    answer = admin.post(f"/channels/{channel.id}/credentials", {**TWILIO, "number": "+13035550199"})
    assert answer.status_code == 422
    assert "channel of its own" in answer.text
    assert now(world.acme, channel).address == NUMBER


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"number": "303 555"}, "Number must be international"),
        ({"account_sid": ""}, "Account SID is missing."),
        ({"account_sid": "AC12"}, "Account SID must be AC followed by"),
        ({"auth_token": ""}, "Auth token is missing."),
    ],
)
def test_what_cannot_work_is_said_at_its_field(admin: Person, changes: dict[str, str], sentence: str) -> None:
    answer = admin.post("/channels/connect/twilio/sms", {**TWILIO, **changes})
    assert answer.status_code == 422
    assert sentence in answer.text
    assert "mistyped" not in answer.text


@pytest.mark.usefixtures("twilio")
def test_the_same_number_is_not_connected_twice(world: World, admin: Person) -> None:
    twilio_number(world.acme)
    answer = admin.post("/channels/connect/twilio/sms", TWILIO)
    assert answer.status_code == 422
    assert "is connected already" in answer.text
    assert len(channels(world.acme)) == 1


@pytest.mark.usefixtures("twilio")
def test_two_organizations_may_use_one_number(world: World) -> None:
    twilio_number(world.acme)
    assert world.globex.admin.post("/channels/connect/twilio/sms", TWILIO).status_code == 302
    assert len(channels(world.globex)) == 1


def test_a_mailbox_is_connected_and_starts_at_its_end(world: World, admin: Person) -> None:
    users = {"maya": "secret"}
    with FakeSmtpServer(users=users) as smtp, FakeImapServer(users=users) as imap, loopback():
        imap.inbox.drop_in(b"Subject: Long ago\r\n\r\nx")
        answer = admin.post(
            "/channels/connect/smtp/email",
            {
                "email": "Maya@acme.example", "smtp_host": smtp.host, "smtp_port": smtp.port, "smtp_security": "none",
                "smtp_username": "maya", "smtp_password": "secret", "imap_host": imap.host, "imap_port": imap.port,
                "imap_security": "none",
            },
        )  # fmt: skip
        assert answer.status_code == 302
        (channel,) = channels(world.acme)
        assert channel.state == "active"
        assert channel.address == "maya@acme.example"
        assert channel.cursor["folders"]["INBOX"]["next"] == 2
        assert smtp.received == []


def test_testing_the_connection_of_a_broken_channel_mends_it(
    world: World, admin: Person, twilio: FakeTwilio
) -> None:
    channel = twilio_number(world.acme)
    with world.acme.acting() as session:
        get_or_404(Channel, channel.id).state = "disconnected"
        session.commit()
    assert "Acme" in admin.post(f"/channels/{channel.id}/test", follow_redirects=True).text
    assert now(world.acme, channel).state == "active"
    assert not twilio.messages


def test_a_mailbox_says_whether_it_takes_plus_addresses(admin: Person, world: World) -> None:
    with FakeImapServer(users={"maya": "secret"}) as imap, FakeSmtpServer() as smtp, loopback():
        form = {
            "email": "maya@acme.example", "smtp_host": smtp.host, "smtp_port": str(smtp.port), "smtp_security": "none",
            "imap_host": imap.host, "imap_port": str(imap.port), "imap_security": "none", "imap_username": "maya",
            "imap_password": "secret", "sent_copies": "auto", "has_plus_addresses": "y",
        }  # fmt: skip
        assert admin.post("/channels/connect/smtp/email", form).status_code == 302
        (channel,) = channels(world.acme)
        assert channel.settings["has_plus_addresses"] is True
        page = admin.get(f"/channels/{channel.id}/credentials").text
        assert re.search(r'<input[^>]*checked[^>]*name="has_plus_addresses"', page)
        answered, _ = queue(
            world.acme, channel, [world.acme.contact(), world.acme.contact("Tom", "tom@okafor.example")]
        )
        world.work()
        with world.acme.acting():
            conversation = get_or_404(Message, answered).conversation_id
        sent = message_from_bytes(smtp.received[0].content)
        assert _token(conversation) in sent["Reply-To"]
        del form["has_plus_addresses"]
        assert admin.post(f"/channels/{channel.id}/credentials", form).status_code == 302
        assert channels(world.acme)[0].settings["has_plus_addresses"] is False


def _token(conversation_id: UUID) -> str:
    return reply_address("maya@acme.example", conversation_id).partition("+r")[2].partition("@")[0]
