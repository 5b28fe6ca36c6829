"""Connecting, limiting, pausing and removing channels, as an admin does it; and as others may not."""

from __future__ import annotations

import re
from collections.abc import Iterator
from email import message_from_bytes
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from loumass.accounts.models import AuditEntry
from loumass.channels import connecting
from loumass.channels.models import Channel, ChannelDay, HookAddress
from loumass.core.tenancy import get_or_404
from loumass.messages.models import Message
from loumass.messages.reply_addresses import reply_address
from loumass.providers.errors import Disconnected
from tests.channels.connected import loopback, sandbox_mailbox, twilio_number
from tests.fakes.imap import FakeImapServer
from tests.fakes.smtp import FakeSmtpServer
from tests.fakes.twilio import ACCOUNT_SID, AUTH_TOKEN, NUMBER, FakeTwilio
from tests.messages.sending import queue
from tests.world import Person, Tenant, World

TWILIO = {"account_sid": ACCOUNT_SID, "auth_token": AUTH_TOKEN, "number": NUMBER}


def channels(tenant: Tenant) -> list[Channel]:
    with tenant.acting() as session:
        return list(session.scalars(select(Channel).order_by(Channel.address)))


def now(tenant: Tenant, channel: Channel) -> Channel:
    with tenant.acting():
        return get_or_404(Channel, channel.id)


def audited(tenant: Tenant) -> list[str]:
    with tenant.acting() as session:
        return list(session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)))


def secret_of(tenant: Tenant, channel: Channel) -> str:
    with tenant.acting():
        credentials: Any = connecting.credentials_of(get_or_404(Channel, channel.id))
    return credentials.auth_token.get_secret_value()


@pytest.fixture
def twilio() -> Iterator[FakeTwilio]:
    with FakeTwilio() as fake, loopback(base_urls={"twilio": fake.base_url}):
        yield fake


@pytest.fixture
def admin(world: World) -> Person:
    return world.acme.admin


def test_the_empty_list_says_what_to_do_next(admin: Person) -> None:
    page = admin.get("/channels")
    assert page.status_code == 200
    assert "/channels/connect" in page.text


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


def test_the_list_shows_state_cap_health_and_hours(world: World, admin: Person) -> None:
    channel = sandbox_mailbox(world.acme)
    with world.acme.acting() as session:
        row = get_or_404(Channel, channel.id)
        row.daily_cap, row.window_weekdays, row.window_from, row.window_until = 40, [1, 2, 3, 4, 5], 480, 1020
        row.minimum_gap_seconds = 40
        session.add(
            ChannelDay(
                channel_id=channel.id,
                day=world.begins_at.date(),
                used=40,
                sent=40,
                bounced=2,
                replied=7,
                complained=1,
            )
        )
        session.commit()
    page = admin.get("/channels").text
    for words in (
        "At its cap",
        "5.0% bounced",
        "1 complaint",
        "18% replied",
        "Mon to Fri, 8 to 17",
        "40 s apart",
    ):
        assert words in page


def test_what_is_broken_stands_on_top(world: World, admin: Person) -> None:
    channel = sandbox_mailbox(world.acme)
    with world.acme.acting() as session:
        row = get_or_404(Channel, channel.id)
        row.state, row.state_reason = "disconnected", "Google withdrew access at 07:58."
        session.commit()
    page = admin.get("/channels").text
    assert "Google withdrew access at 07:58." in page
    assert f"/channels/{channel.id}/credentials" in page


LIMITS = {
    "daily_cap": "50", "per_minute": "", "minimum_gap_seconds": "30",
    "window_weekdays": ["1", "2", "5"], "window_from": "8:30", "window_until": "17",
}  # fmt: skip


def test_limits_are_kept_and_said_in_words(world: World, admin: Person) -> None:
    channel = sandbox_mailbox(world.acme)
    assert admin.post(f"/channels/{channel.id}/limits", LIMITS).status_code == 302
    changed = now(world.acme, channel)
    assert (changed.daily_cap, changed.per_minute, changed.minimum_gap_seconds) == (50, None, 30)
    assert (changed.window_weekdays, changed.window_from, changed.window_until) == ([1, 2, 5], 510, 1020)
    assert "Mon, Tue, Fri, 8:30 to 17" in admin.get(f"/channels/{channel.id}").text
    assert "channel.limits_changed" in audited(world.acme)


@pytest.mark.parametrize(
    "changes",
    [
        {"daily_cap": "0"},
        {"daily_cap": "many"},
        {"per_minute": "-1"},
        {"minimum_gap_seconds": "99999"},
        {"window_weekdays": []},
        {"window_weekdays": ["8"]},
        {"window_from": "late"},
        {"window_from": "25:00"},
        {"window_until": "08:00"},
        {"window_until": "8:75"},
    ],
)
def test_limits_that_make_no_sense_change_nothing(
    world: World, admin: Person, changes: dict[str, Any]
) -> None:
    channel = sandbox_mailbox(world.acme)
    before = now(world.acme, channel)
    answer = admin.post(f"/channels/{channel.id}/limits", {**LIMITS, **changes})
    assert answer.status_code == 422
    after = now(world.acme, channel)
    assert (after.daily_cap, after.window_weekdays) == (before.daily_cap, before.window_weekdays)


def test_a_raised_cap_lets_go_what_waited(world: World, admin: Person) -> None:
    channel = sandbox_mailbox(world.acme)
    admin.post(f"/channels/{channel.id}/limits", {**LIMITS, "window_from": "20:00", "window_until": "21:00"})
    world.work()
    anna = world.acme.contact("Anna", email="anna@people.example")
    queue(world.acme, now(world.acme, channel), [anna], priority=50)
    world.work()
    assert _states(world) == ["queued"]
    admin.post(f"/channels/{channel.id}/limits", {**LIMITS, "window_from": "00:00", "window_until": "24:00"})
    world.work()
    assert _states(world) == ["sent"]


def test_pausing_stops_what_is_queued_and_resuming_lets_it_go(world: World, admin: Person) -> None:
    channel = sandbox_mailbox(world.acme)
    assert admin.post(f"/channels/{channel.id}/pause").status_code == 302
    queue(world.acme, channel, [world.acme.contact("Anna", email="anna@people.example")])
    world.work()
    assert _states(world) == ["queued"]
    assert "Paused by Ada Admin" in admin.get("/channels").text
    assert admin.post(f"/channels/{channel.id}/pause").status_code == 409
    assert admin.post(f"/channels/{channel.id}/resumption").status_code == 302
    world.work()
    assert _states(world) == ["sent"]
    assert admin.post(f"/channels/{channel.id}/resumption").status_code == 409


@pytest.mark.usefixtures("twilio")
def test_disconnecting_forgets_the_credentials(world: World, admin: Person) -> None:
    channel = twilio_number(world.acme)
    assert "Keep it" in admin.get(f"/channels/{channel.id}/disconnection").text
    assert now(world.acme, channel).state == "active"
    assert admin.post(f"/channels/{channel.id}/disconnection").status_code == 302
    with world.acme.acting(), pytest.raises(Disconnected):
        connecting.open_provider(get_or_404(Channel, channel.id))
    assert admin.post(f"/channels/{channel.id}/test").status_code == 409
    assert admin.post(f"/channels/{channel.id}/credentials", TWILIO).status_code == 302
    assert now(world.acme, channel).state == "active"


@pytest.mark.usefixtures("twilio")
def test_a_removed_channel_can_come_back_with_its_history(world: World, admin: Person) -> None:
    channel = twilio_number(world.acme)
    assert admin.get(f"/channels/{channel.id}/removal").status_code == 200
    assert admin.post(f"/channels/{channel.id}/removal").status_code == 302
    assert "is removed" in admin.get("/channels").text  # said once
    assert NUMBER not in admin.get("/channels").text
    assert admin.get(f"/channels/{channel.id}").status_code == 404
    assert admin.post("/channels/connect/twilio/sms", TWILIO).status_code == 302
    (back,) = channels(world.acme)
    assert back.id == channel.id
    assert (back.archived_at, back.state) == (None, "active")


def test_what_waits_for_a_removed_channel_is_cancelled(world: World, admin: Person) -> None:
    channel = sandbox_mailbox(world.acme)
    admin.post(f"/channels/{channel.id}/pause")
    queue(world.acme, channel, [world.acme.contact("Anna", email="anna@people.example")])
    world.work()
    assert "1 message waits" in admin.get(f"/channels/{channel.id}/removal").text
    admin.post(f"/channels/{channel.id}/removal")
    world.work()
    assert _states(world) == ["cancelled"]


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


@pytest.mark.parametrize("role", ["member", "agent", "viewer"])
def test_only_admins_change_channels(world: World, role: str) -> None:
    channel = sandbox_mailbox(world.acme)
    person = world.acme.people[role]
    assert person.get("/channels").status_code == 200
    page = person.get(f"/channels/{channel.id}")
    assert page.status_code == 200
    assert "Save limits" not in page.text
    for act in ("pause", "limits", "removal", "disconnection", "credentials", "test", "name"):
        assert person.post(f"/channels/{channel.id}/{act}").status_code == 403
    assert person.get("/channels/connect").status_code == 403
    assert now(world.acme, channel).state == "active"


def test_globex_sees_and_changes_nothing_of_acme_s(world: World) -> None:
    channel = twilio_number(world.acme)
    gus = world.globex.admin
    assert NUMBER not in gus.get("/channels").text
    for act in ("", "/credentials", "/removal", "/disconnection"):
        assert gus.get(f"/channels/{channel.id}{act}").status_code == 404
    for act in ("pause", "resumption", "limits", "removal", "disconnection", "credentials", "test", "name"):
        assert gus.post(f"/channels/{channel.id}/{act}", LIMITS).status_code == 404
    with world.globex.acting() as session:
        assert (
            session.scalars(select(HookAddress).where(HookAddress.organization_id == world.globex.id)).all()
            == []
        )


def _states(world: World) -> list[str]:
    with world.acme.acting() as session:
        return list(session.scalars(select(Message.state)))


@pytest.mark.parametrize(("given", "kept"), [({}, 200), ({"daily_cap": None}, None), ({"daily_cap": 7}, 7)])
def test_no_cap_means_no_cap_and_a_cap_that_is_not_given_is_careful(
    world: World, given: dict[str, int | None], kept: int | None
) -> None:
    with world.acme.acting() as session:
        channel = Channel(
            provider="sandbox", medium="email", name="Maya", address="m@acme.example", sealed_credentials=b"", **given
        )  # fmt: skip
        session.add(channel)
        session.commit()
        session.refresh(channel)
        assert channel.daily_cap == kept


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
