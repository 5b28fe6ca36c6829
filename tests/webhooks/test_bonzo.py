"""Bonzo from end to end: a campaign's text, the person's answer in the same conversation, a mark, a doubt."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import func, select

from loumass.channels.models import Channel
from loumass.contacts.models import Suppression
from loumass.core import clock
from loumass.deliveries.models import Delivery
from loumass.messages.models import Conversation, Message
from tests.campaigns.cast import running, step, text_to, wait
from tests.channels.connected import connected, loopback
from tests.fakes.bonzo import ACCEPT_THEN_CUT, LOSE_AND_CUT, NUMBER, TOKEN, FakeBonzo, event, prospect, text
from tests.messages.sending import message, queue, states
from tests.providers.vendor import PUBLIC_URL
from tests.world import World

PERSON = "+17205550164"


@pytest.fixture
def bonzo() -> Iterator[FakeBonzo]:
    with FakeBonzo() as fake, loopback(base_urls={"bonzo": fake.base_url}):
        keep = fake.keep
        fake.keep = lambda told, created_at=None: keep(told, created_at or clock.now())  # type: ignore[method-assign]
        yield fake


def number(world: World, **more: Any) -> Channel:
    return connected(world.acme, "bonzo", "sms", api_token=TOKEN, number=NUMBER, **more)


def call(world: World, channel: Channel, body: bytes, secret: str = "") -> int:
    path = f"/hooks/bonzo/{channel.settings['hook_token']}"
    headers = {"Content-Type": "application/json", "X-Bonzo-Token": secret}
    return world.stranger().post(path, data=body, headers=headers, base_url=PUBLIC_URL).status_code


def count(world: World, model: Any) -> int:
    with world.acme.acting() as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


def test_a_campaign_s_text_and_its_answer_are_one_conversation(world: World, bonzo: FakeBonzo) -> None:
    priya = world.acme.contact("Priya Raman", "priya@foothill.example", phone=PERSON)
    channel = number(world)
    run = running(
        world.acme,
        [text_to("hello"), wait("pause"), text_to("again"), step("done", "end")],
        priya,
        sms_channel_id=channel.id,
    )
    world.work()
    world.later(days=4)
    assert [(one.state, one.provider_message_id) for one in run.messages(priya)] == [
        ("sent", "90000"),
        ("sent", "90001"),
    ]
    # The second time the person is asked for by the prospect's id, which the conversation keeps.
    assert [path for method, path, _ in bonzo.requests if method == "GET"][1:] == ["/api/v3/prospects/4000"]
    assert bonzo.messages[0]["to"] == PERSON
    body = event("messages.received", prospect(PERSON, id=4000), text("Sounds good"))
    assert call(world, channel, body) == 200
    world.work()
    with world.acme.acting() as session:
        conversation = session.scalars(select(Conversation)).one()
        answer = session.scalars(select(Message).where(Message.direction == "in")).one()
    assert conversation.provider_thread_id == "4000"
    assert (answer.conversation_id, answer.text, answer.stream_id) == (conversation.id, "Sounds good", run.id)
    assert "Sounds good" in world.acme.admin.get("/inbox").text


def test_replays_and_garbage_change_nothing(world: World, bonzo: FakeBonzo) -> None:
    channel = number(world)
    body = event("messages.received", prospect(PERSON), text("Once"))
    for one in (body, body, b"", b"\x00\xff", b"[]", b'{"event": 5}', b'{"prospect": [1]}', b"[" * 5_000):
        assert call(world, channel, one) == 200
    world.work()
    assert count(world, Message) == 1
    with world.acme.acting() as session:
        assert set(session.scalars(select(Delivery.state))) == {"done"}


def test_with_an_agreed_secret_calls_need_it_and_it_is_not_kept(world: World, bonzo: FakeBonzo) -> None:
    channel = number(world, hook_secret="between us")
    body = event("messages.received", prospect(PERSON), text("Hi"))
    assert call(world, channel, body, "guessed") == 403
    assert count(world, Delivery) == 0
    assert call(world, channel, body, "between us") == 200
    with world.acme.acting() as session:
        assert "between us" not in str(session.scalars(select(Delivery)).one().meta)


def test_a_mark_bars_the_number_whoever_makes_it(world: World, bonzo: FakeBonzo) -> None:
    channel = number(world)
    priya = world.acme.contact("Priya", "priya@r.example", phone=PERSON)
    tom = world.acme.contact("Tom", "tom@r.example", phone="+17205550165")
    assert call(world, channel, event("prospects.updated", prospect(PERSON, dnc=True))) == 200
    bonzo.knows("+17205550165", dnc=True)
    world.work()
    ids = queue(world.acme, channel, [priya, tom], text="Are you in?")
    world.work()
    assert bonzo.messages == []
    assert states(world.acme, ids) == ["cancelled", "failed"]
    assert message(world.acme, ids[1]).reason_code == "opted_out"
    with world.acme.acting() as session:
        barred = session.scalars(select(Suppression.address).order_by(Suppression.address)).all()
    assert barred == [PERSON, "+17205550165"]


def test_doubt_is_settled_by_the_prospect_s_messages_or_left_to_a_person(
    world: World, bonzo: FakeBonzo
) -> None:
    channel, priya = number(world), world.acme.contact(phone=PERSON)
    bonzo.on_send["*"] = ACCEPT_THEN_CUT
    went = queue(world.acme, channel, [priya], text="Are you in?")
    world.work()
    assert states(world.acme, went) == ["in_doubt"]
    bonzo.on_send["*"] = LOSE_AND_CUT
    lost = queue(world.acme, channel, [priya], text="Still there?")
    world.work()
    for _ in range(3):
        world.later(minutes=10)
    assert states(world.acme, [*went, *lost]) == ["sent", "in_doubt"]
    assert len(bonzo.messages) == 1


def test_it_is_connected_tested_and_disconnected_on_pages(world: World, bonzo: FakeBonzo) -> None:
    admin = world.acme.admin
    form = {"api_token": TOKEN, "number": NUMBER, "channel_name": "", "sender_name": "", "send_as": "owner"}
    page = admin.get("/channels/connect/bonzo/sms").text
    assert "Addresses at Bonzo" in page
    form |= {"first_name": "Contact", "send_path": "/v3/prospects/create-or-update-and-message"}
    form |= {"search_path": "/v3/prospects", "prospect_path": "/v3/prospects/{prospect}"}
    form |= {"messages_path": "/v3/prospects/{prospect}/messages"}
    shown = admin.post("/channels/connect/bonzo/sms", {**form, "api_token": "wrong"}, follow_redirects=True)
    assert "Bonzo refused the API token" in shown.text
    with world.acme.acting() as session:
        channel = session.scalars(select(Channel)).one()
    assert channel.state == "disconnected"
    answer = admin.post(f"/channels/{channel.id}/credentials", form, follow_redirects=True)
    assert "Bonzo takes the API token" in answer.text
    assert "/hooks/bonzo/" in answer.text
    assert "Bonzo takes" in admin.post(f"/channels/{channel.id}/test", {}, follow_redirects=True).text
