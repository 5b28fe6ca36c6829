"""An Outlook mailbox in the house: drafts settle what a crash leaves, mail comes at once or later, sign-ins end."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any, get_args

import pytest
from sqlalchemy import func, select

from loumass.channels.models import Channel
from loumass.core import clock
from loumass.core.tenancy import get_or_404
from loumass.deliveries.models import Delivery
from loumass.messages.models import Conversation, Message
from loumass.messages.outbox_lease import LEASE
from loumass.messages.outbox_queueing import NewMessage, queue_messages
from loumass.providers.outlook import reading
from tests.channels.connected import connected, loopback
from tests.fakes.graph import ACCEPT_THEN_CUT, KEEP_AND_CUT, LOSE_AND_CUT, Failure, FakeGraph
from tests.messages.dying import Point, killed_at
from tests.messages.sending import message, people, queue, states
from tests.world import World

PRIYA = "priya@foothill.example"
#: What is lost on the way waits for nothing.
PATIENT = 5.0


@pytest.fixture
def graph(world: World) -> Iterator[FakeGraph]:
    """A mailbox whose Microsoft reaches our pages."""
    with FakeGraph(now=clock.now) as fake, loopback(base_urls=fake.base_urls, timeout=PATIENT):
        fake.subscriptions.call = lambda url, body: called(world, url, body)
        yield fake


def called(world: World, url: str, body: bytes) -> tuple[int, str, bytes]:
    path = url.removeprefix("https://loumass.example")
    answer = world.stranger().post(path, data=body, content_type="application/json")
    return answer.status_code, str(answer.content_type), answer.data


def mailbox(world: World, graph: FakeGraph) -> Channel:
    """Maya's, watched and polled."""
    channel = connected(world.acme, "outlook", "email", **graph.credentials())
    world.work()
    return channel


def now(world: World, channel: Channel) -> Channel:
    with world.acme.acting():
        return get_or_404(Channel, channel.id)


def letter(sender: str, text: str, **headers: str) -> bytes:
    lines = {
        "From": sender,
        "To": "maya@acme.example",
        "Subject": f"About {text}",
        "Message-ID": f"<{hash(text)}@x>",
        **headers,
    }
    written = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in lines.items())
    return f"{written}\r\n{text}\r\n".encode()


def texts(world: World, direction: str = "in") -> list[str]:
    with world.acme.acting() as session:
        found = select(Message.text).where(Message.direction == direction)
        return list(session.scalars(found.order_by(Message.occurred_at, Message.id)))


def count(world: World, model: Any) -> int:
    with world.acme.acting() as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


@pytest.mark.parametrize("point", get_args(Point))
@pytest.mark.parametrize("renames", [False, True], ids=["same id", "another id"])
def test_whenever_the_worker_dies_each_letter_goes_once(
    world: World, graph: FakeGraph, point: Point, renames: bool
) -> None:
    """Settled by the vendor alone: nobody has to decide."""
    channel, crowd = mailbox(world, graph), people(world.acme, 3)
    if renames:
        graph.mailbox.renames = lambda message_id: f"{message_id}.exchange.example"
    ids = queue(world.acme, channel, crowd)
    world.bell.rings.clear()
    killed_at(world, channel, point)
    world.later(seconds=LEASE.total_seconds() + 1)
    for _ in range(3):
        world.later(minutes=5)
    assert states(world.acme, ids) == ["sent"] * 3
    assert sorted(item.to for item in graph.sent) == sorted(one.email or "" for one in crowd)
    assert len(texts(world, "out")) == 3, "no copy of ours is taken for somebody's own letter"
    named = {message(world.acme, one).rfc_message_id for one in ids}
    assert named == {item.message_id for item in graph.sent}
    if not renames:
        assert graph.mailbox.of("drafts") == []


def test_what_went_without_an_answer_is_found_and_what_stayed_goes_again(
    world: World, graph: FakeGraph
) -> None:
    channel, crowd = mailbox(world, graph), people(world.acme, 3)
    for person, twist in zip(crowd, (ACCEPT_THEN_CUT, KEEP_AND_CUT, LOSE_AND_CUT), strict=True):
        graph.on_send[person.email or ""] = twist
    ids = queue(world.acme, channel, crowd)
    world.work()
    assert states(world.acme, ids) == ["in_doubt"] * 3
    graph.on_send.clear()
    drafts = graph.asked("POST /v1.0/me/messages")
    world.later(minutes=5)
    assert states(world.acme, ids) == ["sent", "sent", "in_doubt"]
    assert [item.to for item in graph.sent] == [crowd[0].email, crowd[1].email]
    assert graph.asked("POST /v1.0/me/messages") == drafts + 1, "it sends the draft that is there"
    for _ in range(9):
        world.later(hours=6)
    assert message(world.acme, ids[2]).state == "in_doubt"
    assert "The provider cannot say more" in world.acme.member.get("/messages/in-doubt").text


def test_a_draft_that_left_the_drafts_is_for_a_person(world: World, graph: FakeGraph) -> None:
    """Waiting in the outbox, or thrown away: neither proves anything."""
    channel, crowd = mailbox(world, graph), people(world.acme, 2)
    graph.on_send["*"] = KEEP_AND_CUT
    ids = queue(world.acme, channel, crowd)
    world.work()
    for item, folder in zip(graph.mailbox.of("drafts"), ("outbox", "deleteditems"), strict=True):
        graph.mailbox.move(item, folder)
    graph.on_send.clear()
    for _ in range(9):
        world.later(hours=6)
    assert states(world.acme, ids) == ["in_doubt"] * 2
    assert graph.sent == []


def test_follow_ups_name_what_exchange_called_the_first(world: World, graph: FakeGraph) -> None:
    channel, priya = mailbox(world, graph), world.acme.contact()
    graph.mailbox.renames = lambda message_id: f"{message_id}.exchange.example"
    (first,) = queue(world.acme, channel, [priya])
    world.work()
    sent = message(world.acme, first)
    assert (sent.rfc_message_id, sent.provider_message_id) == (graph.sent[0].message_id, graph.sent[0].id)
    with world.acme.acting():
        thread = get_or_404(Conversation, sent.conversation_id).provider_thread_id
    assert thread == graph.sent[0].conversation_id
    with world.acme.acting() as session:
        queue_messages([NewMessage(
            conversation_id=sent.conversation_id, channel_id=channel.id, medium="email", to_address=PRIYA,
            contact_id=priya.id, subject="Re: Dinner", text="See you there", in_reply_to=sent.rfc_message_id,
            references=[sent.rfc_message_id or ""],
        )])  # fmt: skip
        session.commit()
    world.work()
    assert f"In-Reply-To: <{sent.rfc_message_id}>".encode() in graph.sent[1].mime
    assert graph.sent[1].conversation_id == thread


def test_people_with_one_subject_stay_apart(world: World, graph: FakeGraph) -> None:
    """Exchange puts what has one subject into one conversation."""
    channel, crowd = mailbox(world, graph), people(world.acme, 8)
    ids = queue(world.acme, channel, crowd)
    world.work()
    assert len({item.conversation_id for item in graph.sent}) == 1
    for person in reversed(crowd):
        graph.receive(letter(person.email or "", f"{person.first_name} comes", Subject="Re: Dinner"))
    for _ in range(3):
        world.later(minutes=6)
    with world.acme.acting() as session:
        inbound = session.scalars(select(Message).where(Message.direction == "in")).all()
        talks = {one.contact_id: one.conversation_id for one in inbound}
    assert len(inbound) == 8
    assert talks == {
        message(world.acme, one).contact_id: message(world.acme, one).conversation_id for one in ids
    }


def test_mail_comes_at_once_by_a_notification_and_forged_ones_leave_nothing(
    world: World, graph: FakeGraph
) -> None:
    channel = mailbox(world, graph)
    watched_until = now(world, channel).watched_until
    assert watched_until is not None
    assert watched_until > clock.now() + timedelta(days=5)
    assert len(graph.subscriptions.kept) == len(reading.FOLDERS)
    graph.receive(letter(PRIYA, "I will come"))
    ((url, body),) = graph.subscriptions.waiting
    forged = body.replace(b'"clientState": "', b'"clientState": "x')
    assert called(world, url, forged)[0] == 403
    assert called(world, url, b'{"value": []}')[0] == 403
    assert called(world, f"{url}x", body)[0] == 404
    assert count(world, Delivery) == 0
    assert graph.subscriptions.call_now() == [202]
    assert called(world, url, body)[0] == 202
    assert count(world, Delivery) == 1, "a repeated notification is known"
    world.work()
    assert texts(world) == ["I will come"]


def test_subscriptions_are_renewed_daily_and_made_anew_when_they_ended(
    world: World, graph: FakeGraph
) -> None:
    channel = mailbox(world, graph)
    first = set(graph.subscriptions.kept)
    world.later(days=1, minutes=1)
    assert set(graph.subscriptions.kept) == first
    assert graph.asked("PATCH /v1.0/subscriptions/") == 3
    graph.subscriptions.tell_of_life("reauthorizationRequired")
    assert set(graph.subscriptions.call_now()) == {202}
    world.work()
    assert graph.asked("PATCH /v1.0/subscriptions/") == 6
    graph.subscriptions.tell_of_life("subscriptionRemoved")
    graph.receive(letter(PRIYA, "While nobody told us"))
    assert set(graph.subscriptions.call_now()) == {202}
    world.work()
    assert len(graph.subscriptions.kept) == 3
    assert not first & set(graph.subscriptions.kept)
    assert texts(world) == ["While nobody told us"]
    graph.receive(letter(PRIYA, "Later"))
    graph.subscriptions.waiting.clear()
    graph.subscriptions.tell_of_life("missed")
    graph.subscriptions.call_now()
    world.work()
    assert texts(world) == ["While nobody told us", "Later"]
    assert now(world, channel).watch["problem"] == ""


def test_where_microsoft_promises_nothing_mail_is_polled(world: World, graph: FakeGraph) -> None:
    graph.subscriptions.refused.add("sentitems")
    channel = mailbox(world, graph)
    assert now(world, channel).watched_until is None
    assert now(world, channel).watch["problem"]
    assert graph.subscriptions.kept == {}, "what was made before the refusal is taken back"
    graph.receive(letter(PRIYA, "Found by looking"))
    world.later(seconds=61)
    assert texts(world) == ["Found by looking"]


def test_own_copies_drafts_and_junk_are_no_replies(world: World, graph: FakeGraph) -> None:
    channel, priya = mailbox(world, graph), world.acme.contact()
    queue(world.acme, channel, [priya])
    world.work()
    graph.receive(letter("maya@acme.example", "Written in Outlook", To=PRIYA), "sentitems")
    graph.receive(letter("spammer@elsewhere.example", "Buy this"), "junkemail")
    graph.mailbox.put(letter("maya@acme.example", "Not finished", To=PRIYA), "drafts")
    graph.mailbox.move(graph.receive(letter(PRIYA, "Thrown away at once")), "deleteditems")
    rescued = graph.receive(letter("lena@lakeside.example", "Not junk at all"), "junkemail")
    graph.mailbox.touch(graph.receive(letter(PRIYA, "A real answer")))
    world.later(minutes=6)
    assert texts(world) == ["A real answer"]
    assert texts(world, "out").count("Written in Outlook") == 1
    graph.mailbox.move(rescued, "inbox")
    world.later(minutes=6)
    assert sorted(texts(world)) == ["A real answer", "Not junk at all"]


@pytest.mark.parametrize("forgotten", [False, True], ids=["by changes", "by time"])
def test_a_mailbox_that_was_away_for_three_days_catches_up(
    world: World, graph: FakeGraph, forgotten: bool
) -> None:
    mailbox(world, graph)
    graph.receive(letter(PRIYA, "Before"))
    world.later(minutes=6)
    graph.on_everything = Failure(503, "ServiceUnavailable", "Down")
    world.later(minutes=6)
    assert "Cannot read mail" in world.acme.admin.get("/channels").text
    for number in range(30):
        graph.receive(letter(PRIYA, f"Away {number}"))
    if forgotten:
        graph.forgotten.update(reading.FOLDERS)
    world.later(days=3)
    graph.on_everything = None
    world.later(minutes=40)
    expected = ["Before", *(f"Away {number}" for number in range(30))]
    assert sorted(texts(world)) == sorted(expected)
    assert "Cannot read mail" not in world.acme.admin.get("/channels").text
    graph.receive(letter(PRIYA, "After"))
    world.later(minutes=6)
    assert sorted(texts(world)) == sorted([*expected, "After"])


def test_a_sign_in_that_was_taken_away_stops_that_channel_alone(world: World, graph: FakeGraph) -> None:
    channel, crowd = mailbox(world, graph), people(world.acme, 5)
    other = connected(world.acme, "sandbox", "email", email="ben@acme.example")
    queue(world.acme, channel, crowd[:1])
    world.work()
    graph.tokens.is_revoked = True
    ids = queue(world.acme, channel, crowd[1:3])
    others = queue(world.acme, other, crowd[3:])
    world.work()
    assert len(graph.sent) == 1
    assert states(world.acme, ids) == ["queued", "queued"]
    assert states(world.acme, others) == ["sent", "sent"]
    stopped = now(world, channel)
    assert (stopped.state, stopped.state_reason) == (
        "disconnected",
        "The sign-in at Microsoft has ended. Sign in again.",
    )
    assert now(world, other).state == "active"


def test_tokens_that_change_with_each_renewal_are_kept(world: World, graph: FakeGraph) -> None:
    """Microsoft's is_strict: whoever comes with yesterday's refresh token is turned away."""
    channel = mailbox(world, graph)
    before = now(world, channel).sealed_credentials
    world.later(minutes=30)
    assert now(world, channel).sealed_credentials == before
    for _ in range(3):
        world.later(hours=2)
    assert now(world, channel).sealed_credentials != before
    renewals = graph.tokens.renewals
    assert renewals >= 3
    graph.tokens.forget_access()
    queue(world.acme, channel, [world.acme.contact()])
    world.work()
    assert len(graph.sent) == 1
    assert graph.tokens.renewals == renewals + 1
    assert now(world, channel).state == "active"


def test_a_mailbox_that_has_sent_enough_rests_and_goes_on_with_the_same_draft(
    world: World, graph: FakeGraph
) -> None:
    channel = mailbox(world, graph)
    graph.on_send["*"] = Failure(429, "ErrorExceededMessageLimit", "Quota exceeded")
    ids = queue(world.acme, channel, people(world.acme, 2))
    world.work()
    assert states(world.acme, ids) == ["queued", "queued"]
    rests_until = now(world, channel).resting_until
    assert rests_until is not None
    assert rests_until >= clock.now() + timedelta(minutes=59)
    graph.on_send.clear()
    world.later(hours=2)
    assert states(world.acme, ids) == ["sent", "sent"]
    assert len(graph.sent) == 2
    assert graph.mailbox.of("drafts") == []


@pytest.mark.parametrize("act", ["disconnection", "removal"])
def test_whoever_leaves_ends_the_subscriptions_also_where_microsoft_does_not_listen(
    world: World, graph: FakeGraph, act: str
) -> None:
    channel = mailbox(world, graph)
    assert len(graph.subscriptions.kept) == 3
    assert world.acme.admin.post(f"/channels/{channel.id}/{act}").status_code == 302
    assert graph.subscriptions.kept == {}
    assert now(world, channel).sealed_credentials == b""


def test_a_microsoft_that_does_not_answer_keeps_nobody_from_leaving(world: World, graph: FakeGraph) -> None:
    channel = mailbox(world, graph)
    graph.on_everything = Failure(503)
    assert world.acme.admin.post(f"/channels/{channel.id}/disconnection").status_code == 302
    assert now(world, channel).sealed_credentials == b""
