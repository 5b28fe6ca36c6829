"""A Gmail mailbox in the house: drafts settle what a crash leaves, mail comes at once or later, sign-ins end."""

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
from loumass.messages.delivering_outcomes import MOST_ATTEMPTS
from loumass.messages.models import Conversation, Message
from loumass.messages.outbox_lease import LEASE
from tests.channels.connected import connected, loopback
from tests.fakes.google import ACCEPT_THEN_CUT, LOSE_AND_CUT, Failure, FakeGoogle
from tests.messages.dying import Point, killed_at
from tests.messages.sending import message, people, queue, states
from tests.providers.vendor import PUBLIC_URL
from tests.world import World

PRIYA = "priya@foothill.example"


@pytest.fixture
def google() -> Iterator[FakeGoogle]:
    with FakeGoogle() as fake, loopback(base_urls=fake.base_urls):
        fake.now = lambda: clock.now().timestamp()
        yield fake


def mailbox(world: World, google: FakeGoogle) -> Channel:
    """Maya's, watched and polled."""
    channel = connected(world.acme, "gmail", "email", **google.signed_in())
    world.work()
    return channel


def now(world: World, channel: Channel) -> Channel:
    with world.acme.acting():
        return get_or_404(Channel, channel.id)


def letter(sender: str, text: str, **headers: str) -> bytes:
    lines = {
        "From": sender,
        "To": "maya@acme.example",
        "Subject": "Re: Dinner",
        "Message-ID": f"<{hash(text)}@x>",
        **headers,
    }
    return (
        "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in lines.items()) + f"\r\n{text}\r\n"
    ).encode()


def arrived(world: World) -> list[str]:
    with world.acme.acting() as session:
        inbound = (
            select(Message.text).where(Message.direction == "in").order_by(Message.occurred_at, Message.id)
        )
        return list(session.scalars(inbound))


def count(world: World, model: Any) -> int:
    with world.acme.acting() as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


@pytest.mark.parametrize("point", get_args(Point))
@pytest.mark.parametrize("replaces", [False, True], ids=["same id", "another id"])
def test_whenever_the_worker_dies_each_letter_goes_once(
    world: World, google: FakeGoogle, point: Point, replaces: bool
) -> None:
    """Settled by the vendor alone: nobody has to decide."""
    channel, crowd = mailbox(world, google), people(world.acme, 3)
    google.replaces_message_ids = replaces
    ids = queue(world.acme, channel, crowd)
    world.bell.rings.clear()
    killed_at(world, channel, point)
    world.later(seconds=LEASE.total_seconds() + 1)
    for _ in range(3):
        world.later(minutes=5)
    assert states(world.acme, ids) == ["sent"] * 3
    assert sorted(mail.to for mail in google.sent) == sorted(one.email or "" for one in crowd)
    assert google.drafts == {}


def test_a_draft_that_left_without_an_answer_is_found_and_one_that_stayed_goes_again(
    world: World, google: FakeGoogle
) -> None:
    channel, crowd = mailbox(world, google), people(world.acme, 2)
    google.on[("send", crowd[0].email or "")] = ACCEPT_THEN_CUT
    google.on[("send", crowd[1].email or "")] = LOSE_AND_CUT
    ids = queue(world.acme, channel, crowd)
    world.work()
    assert states(world.acme, ids) == ["in_doubt", "in_doubt"]
    google.on.clear()
    world.later(minutes=5)
    assert states(world.acme, ids) == ["sent", "sent"]
    assert len(google.sent) == 2
    drafts = [path for method, path in google.requests if method == "POST" and "/drafts?" in path]
    assert len(drafts) == 2, "the second try sends the draft that is there"


def test_a_draft_that_never_leaves_is_not_tried_for_ever(world: World, google: FakeGoogle) -> None:
    channel = mailbox(world, google)
    google.on[("send", PRIYA)] = LOSE_AND_CUT
    (only,) = queue(world.acme, channel, [world.acme.contact()])
    for _ in range(60):
        world.later(hours=2)
    assert message(world.acme, only).state == "in_doubt"
    tried = sum("/drafts/send" in path for _, path in google.requests)
    assert tried == message(world.acme, only).attempts == MOST_ATTEMPTS
    assert google.sent == []


def test_a_draft_that_somebody_threw_away_is_for_a_person(world: World, google: FakeGoogle) -> None:
    channel = mailbox(world, google)
    google.on[("send", PRIYA)] = LOSE_AND_CUT
    (only,) = queue(world.acme, channel, [world.acme.contact()])
    world.work()
    google.mails.clear()
    google.drafts.clear()
    for _ in range(9):
        world.later(hours=6)
    assert message(world.acme, only).state == "in_doubt"
    assert "The provider cannot say more" in world.acme.member.get("/messages/in-doubt").text


def test_follow_ups_stay_in_the_thread_and_name_what_gmail_called_the_first(
    world: World, google: FakeGoogle
) -> None:
    channel, priya = mailbox(world, google), world.acme.contact()
    google.replaces_message_ids = True
    (first,) = queue(world.acme, channel, [priya])
    world.work()
    sent = message(world.acme, first)
    assert sent.rfc_message_id == google.sent[0].header["message-id"].strip("<>")
    assert sent.provider_message_id == google.sent[0].id
    with world.acme.acting():
        thread = get_or_404(Conversation, sent.conversation_id).provider_thread_id
    assert thread == google.sent[0].thread
    google.arrives(letter(PRIYA, "Gladly", In_Reply_To=f"<{sent.rfc_message_id}>"), thread=thread or "")
    world.later(minutes=6)
    page = world.acme.member.get(f"/inbox/{sent.conversation_id}").text
    assert "Gladly" in page
    from loumass.messages.outbox_queueing import NewMessage, queue_messages

    with world.acme.acting() as session:
        queue_messages([NewMessage(
            conversation_id=sent.conversation_id, channel_id=channel.id, medium="email", to_address=PRIYA,
            contact_id=priya.id, subject="Re: Dinner", text="See you there", in_reply_to=sent.rfc_message_id,
            references=[sent.rfc_message_id or ""],
        )])  # fmt: skip
        session.commit()
    world.work()
    assert [mail.thread for mail in google.sent] == [thread, thread]
    assert google.sent[1].header["in-reply-to"] == f"<{sent.rfc_message_id}>"


def push(world: World, google: FakeGoogle, **claims: Any) -> int:
    headers, body = google.notification(f"{PUBLIC_URL}/hooks/gmail", **claims)
    return world.stranger().post("/hooks/gmail", data=body, headers=headers, base_url=PUBLIC_URL).status_code


def test_mail_comes_at_once_by_a_notification_and_forged_ones_leave_nothing(
    world: World, google: FakeGoogle
) -> None:
    channel = mailbox(world, google)
    until = now(world, channel).watched_until
    assert until is not None
    assert until > clock.now() + timedelta(days=6)
    google.arrives(letter(PRIYA, "I will come"))
    assert push(world, google, email="somebody@else.example") == 403
    assert push(world, google, aud="https://elsewhere.example") == 403
    assert count(world, Delivery) == 0
    for _ in range(2):
        assert push(world, google) == 204
    assert count(world, Delivery) == 1, "a repeated notification is known"
    world.work()
    assert arrived(world) == ["I will come"]
    google.mailbox = "stranger@elsewhere.example"
    assert push(world, google) == 204, "a mailbox that left us is not called for ever"
    world.later(days=1, minutes=1)
    assert google.watches >= 2, "asked for again each day"


def test_own_copies_drafts_and_junk_are_no_replies(world: World, google: FakeGoogle) -> None:
    channel, priya = mailbox(world, google), world.acme.contact()
    queue(world.acme, channel, [priya])
    world.work()
    google.arrives(letter("maya@acme.example", "Written in Gmail", To=PRIYA), labels=("SENT",))
    google.arrives(letter(PRIYA, "Not finished"), labels=("DRAFT",))
    google.arrives(letter("spammer@elsewhere.example", "Buy this"), labels=("SPAM",))
    google.arrives(letter(PRIYA, "A real answer"))
    world.later(minutes=6)
    assert arrived(world) == ["A real answer"]
    with world.acme.acting() as session:
        out = select(Message.text).where(Message.direction == "out", Message.text == "Written in Gmail")
        assert session.scalars(out).all() == ["Written in Gmail"]


@pytest.mark.parametrize("forgotten", [False, True], ids=["by history", "by time"])
def test_a_mailbox_that_was_away_for_three_days_catches_up(
    world: World, google: FakeGoogle, forgotten: bool
) -> None:
    mailbox(world, google)
    google.arrives(letter(PRIYA, "Before"))
    world.later(minutes=6)
    for what in ("history", "messages", "profile"):
        google.on[(what, "*")] = Failure(503, "backendError")
    world.later(minutes=6)
    assert "Cannot read mail" in world.acme.admin.get("/channels").text
    for number in range(60):
        google.arrives(letter(PRIYA, f"Away {number}"))
    if forgotten:
        google.forget_history()
    world.later(days=3)
    google.on.clear()
    world.later(minutes=40)
    assert sorted(arrived(world)) == sorted(["Before", *(f"Away {number}" for number in range(60))])
    assert "Cannot read mail" not in world.acme.admin.get("/channels").text


def test_a_sign_in_that_was_taken_away_stops_that_channel_alone(world: World, google: FakeGoogle) -> None:
    channel, crowd = mailbox(world, google), people(world.acme, 4)
    with FakeGoogle("ben@acme.example") as other:
        other.now = google.now
        queue(world.acme, channel, crowd[:2])
        world.work()
        google.revoke()
        ids = queue(world.acme, channel, crowd[2:])
        world.work()
    assert len(google.sent) == 2
    assert states(world.acme, ids) == ["queued", "queued"]
    stopped = now(world, channel)
    assert (stopped.state, stopped.state_reason) == (
        "disconnected",
        "The sign-in at Google has ended. Sign in again.",
    )
    page = world.acme.admin.get(f"/channels/{channel.id}").text
    assert "Reconnect" in page
    assert world.acme.admin.get(f"/channels/{channel.id}/credentials").location.startswith(
        "/channels/sign-in/gmail?channel="
    )


def test_tokens_that_renew_themselves_are_kept(world: World, google: FakeGoogle) -> None:
    channel = mailbox(world, google)
    before = now(world, channel).sealed_credentials
    world.later(minutes=30)
    assert now(world, channel).sealed_credentials == before
    renewals = sum(path == "/o/oauth2/token" for _, path in google.requests)
    world.later(hours=2)
    assert now(world, channel).sealed_credentials != before
    google.access.clear()  # ended early
    queue(world.acme, channel, [world.acme.contact()])
    world.work()
    assert len(google.sent) == 1
    assert sum(path == "/o/oauth2/token" for _, path in google.requests) >= renewals + 2


def test_a_quota_that_is_used_lets_the_channel_rest(world: World, google: FakeGoogle) -> None:
    spent: list[str] = []

    def spend(name: str, units: int, most: int) -> timedelta | None:
        spent.append(name)
        return timedelta(seconds=20) if name.startswith("gmail:") and units == 100 else None

    channel = mailbox(world, google)
    with loopback(base_urls=google.base_urls, spend=spend):
        (only,) = queue(world.acme, channel, [world.acme.contact()])
        world.work()
    assert message(world.acme, only).state == "queued"
    assert {"gmail:maya@acme.example", "google:12345.apps.example"} <= set(spent)
    until = now(world, channel).resting_until
    assert until is not None
    world.later(seconds=30)
    assert message(world.acme, only).state == "sent"
    assert len(google.sent) == 1


def test_a_large_letter_is_uploaded(world: World, google: FakeGoogle) -> None:
    channel = mailbox(world, google)
    with loopback(base_urls=google.base_urls, timeout=20.0):
        queue(world.acme, channel, [world.acme.contact()], text="x" * 4_000_000)
        world.work()
    assert any(path.startswith("/upload/") for _, path in google.requests)
    assert len(google.sent[0].raw) > 4_000_000


@pytest.mark.parametrize(("owner", "left"), [("organization", 0), ("installation", 1)])
def test_whoever_disconnects_is_told_of_nothing_more_unless_others_may_share_the_application(
    world: World, google: FakeGoogle, owner: str, left: int
) -> None:
    given: dict[str, Any] = {**google.signed_in(), "topic": "projects/p/topics/t", "client_of": owner}
    channel = connected(world.acme, "gmail", "email", **given)
    world.work()
    assert google.watches == 1
    assert world.acme.admin.post(f"/channels/{channel.id}/disconnection").status_code == 302
    assert google.watches == left
    stopped = now(world, channel)
    assert (stopped.state, stopped.sealed_credentials, stopped.watched_until) == ("disconnected", b"", None)
