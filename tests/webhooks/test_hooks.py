"""Vendors call: signed calls are kept before they are answered, forged ones leave nothing."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import func, select

from loumass.channels.models import Channel
from loumass.contacts.models import Suppression
from loumass.deliveries.models import Delivery
from loumass.messages.models import Conversation, Message
from tests.channels.connected import sandbox_mailbox, twilio_number
from tests.fakes.twilio import form_call, inbound, json_call, status_callback
from tests.providers.vendor import PUBLIC_URL
from tests.world import Tenant, World

PERSON = "+17205550164"
FALLBACK = "/api/twilio/inbound-sms"


def path_of(channel: Channel) -> str:
    return f"/hooks/twilio/{channel.settings['hook_token']}"


def call(world: World, path: str, fields: dict[str, str], *, signed_for: str = "", **options: Any) -> Any:
    headers, body = form_call(PUBLIC_URL + (signed_for or path), fields, **options)
    return world.stranger().post(path, data=body, headers=headers, base_url=PUBLIC_URL)


def kept(tenant: Tenant, model: Any = Delivery) -> int:
    with tenant.acting() as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


def test_a_text_is_kept_before_it_is_answered_and_understood_after(world: World) -> None:
    channel = twilio_number(world.acme)
    answer = call(world, path_of(channel), inbound("Sounds good, call me", sender=PERSON))
    assert answer.status_code == 200
    assert answer.content_type.startswith("text/xml")
    assert answer.data.endswith(b"<Response></Response>")
    assert kept(world.acme) == 1
    assert kept(world.acme, Message) == 0
    world.work()
    with world.acme.acting() as session:
        message = session.scalars(select(Message)).one()
        assert (message.text, message.from_address, message.direction) == (
            "Sounds good, call me",
            PERSON,
            "in",
        )
        assert session.scalars(select(Delivery)).one().state == "done"


def test_repeating_a_call_changes_nothing(world: World) -> None:
    channel = twilio_number(world.acme)
    fields = inbound("Once", sender=PERSON)
    for _ in range(3):
        assert call(world, path_of(channel), fields).status_code == 200
        world.work()
    assert kept(world.acme) == 1
    assert kept(world.acme, Message) == 1


def test_a_changed_idempotency_token_does_not_make_a_replay_new(world: World) -> None:
    channel = twilio_number(world.acme)
    fields = inbound("Once", sender=PERSON)
    for token in ("one", "two"):
        headers, body = form_call(PUBLIC_URL + path_of(channel), fields)
        headers["i-twilio-idempotency-token"] = token
        assert (
            world.stranger()
            .post(path_of(channel), data=body, headers=headers, base_url=PUBLIC_URL)
            .status_code
            == 200
        )
    assert kept(world.acme) == 1


@pytest.mark.parametrize("token", ["wrong", ""])
def test_a_forged_call_leaves_nothing(world: World, token: str) -> None:
    channel = twilio_number(world.acme)
    assert call(world, path_of(channel), inbound("Evil", sender=PERSON), token=token).status_code == 403
    assert kept(world.acme) == 0


def test_a_call_signed_for_another_address_is_forged(world: World) -> None:
    channel = twilio_number(world.acme)
    answer = call(world, path_of(channel), inbound("Evil", sender=PERSON), signed_for="/hooks/twilio/other")
    assert answer.status_code == 403


def test_an_unknown_or_removed_address_is_not_there(world: World) -> None:
    channel = twilio_number(world.acme)
    assert call(world, "/hooks/twilio/made-up", inbound("x", sender=PERSON)).status_code == 404
    assert (
        call(world, path_of(channel).replace("twilio", "smtp"), inbound("x", sender=PERSON)).status_code
        == 404
    )
    assert world.acme.admin.post(f"/channels/{channel.id}/removal").status_code == 302
    assert call(world, path_of(channel), inbound("x", sender=PERSON)).status_code == 404


def test_a_body_without_end_is_refused(world: World) -> None:
    channel = twilio_number(world.acme)
    answer = call(world, path_of(channel), inbound("x" * 2_000_000, sender=PERSON))
    assert answer.status_code == 413
    assert kept(world.acme) == 0


def test_a_get_is_refused(world: World) -> None:
    channel = twilio_number(world.acme)
    assert world.stranger().get(path_of(channel)).status_code == 405


def test_a_json_call(world: World) -> None:
    channel = twilio_number(world.acme)
    url, headers, body = json_call(PUBLIC_URL + path_of(channel), status_callback("SM1", "sent", to=PERSON))
    answer = world.stranger().post(
        url.removeprefix(PUBLIC_URL), data=body, headers=headers, base_url=PUBLIC_URL
    )
    assert answer.status_code == 200
    assert kept(world.acme) == 1


def test_stop_suppresses_the_number(world: World) -> None:
    channel = twilio_number(world.acme)
    call(world, path_of(channel), inbound("STOP", sender=PERSON))
    world.work()
    with world.acme.acting() as session:
        suppression = session.scalars(select(Suppression)).one()
        assert (suppression.medium, suppression.reason) == ("sms", "unsubscribed")


def test_the_shared_address_finds_the_number_that_was_called(world: World) -> None:
    first = twilio_number(world.acme, "+13035550101")
    second = twilio_number(world.acme, "+13035550102")
    assert (
        call(world, FALLBACK, inbound("To the second", sender=PERSON, to="+13035550102")).status_code == 200
    )
    world.work()
    with world.acme.acting() as session:
        assert session.scalars(select(Conversation)).one().channel_id == second.id != first.id


def test_the_shared_address_tries_every_account_that_matches(world: World) -> None:
    twilio_number(world.acme, token="acme-token-acme-token-acme-token")
    twilio_number(world.globex, token="globex-token-globex-token-globex")
    answer = call(
        world, FALLBACK, inbound("For Globex", sender=PERSON), token="globex-token-globex-token-globex"
    )
    assert answer.status_code == 200
    assert kept(world.globex) == 1
    assert kept(world.acme) == 0


def test_a_status_report_at_the_shared_address_finds_its_sender(world: World) -> None:
    channel = twilio_number(world.acme)
    assert call(world, FALLBACK, status_callback("SM1", "delivered", to=PERSON)).status_code == 200
    with world.acme.acting() as session:
        assert session.scalars(select(Delivery)).one().channel_id == channel.id


@pytest.mark.parametrize(
    "fields",
    [
        inbound("Evil", sender=PERSON),
        {**inbound("Evil", sender=PERSON), "AccountSid": "AC" + "f" * 32},
        {"Body": "no account at all"},
        {},
    ],
    ids=["wrong signature", "unknown account", "no account", "nothing"],
)
def test_a_forged_call_at_the_shared_address_leaves_nothing(world: World, fields: dict[str, str]) -> None:
    twilio_number(world.acme)
    assert call(world, FALLBACK, fields, token="wrong").status_code == 403
    assert kept(world.acme) == 0


def test_a_channel_that_is_never_called_has_no_address(world: World) -> None:
    assert sandbox_mailbox(world.acme).settings == {}


def test_a_picture_that_twilio_no_longer_keeps_does_not_lose_the_words(world: World) -> None:
    channel = twilio_number(world.acme)
    fields = inbound(
        "Look",
        sender=PERSON,
        NumMedia="1",
        MediaUrl0="https://elsewhere.example/x",
        MediaContentType0="image/png",
    )
    call(world, path_of(channel), fields)
    world.work()
    with world.acme.acting() as session:
        assert session.scalars(select(Message)).one().text == "Look"
