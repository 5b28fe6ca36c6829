"""No message is sent twice, none is lost: whatever dies between two commits."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from loumass.channels.models import Channel
from loumass.core import clock
from loumass.core.jobs import wake_all
from loumass.core.tenancy import get_or_404, serving, transaction
from loumass.messages import delivering, outbox, outbox_lease
from loumass.messages.delivering import deliver_slice
from loumass.messages.delivering_windows import FIRST_WINDOW, Pace, Portion
from loumass.messages.jobs import sweep
from loumass.messages.models import Conversation, Message
from loumass.messages.outbox_lease import LEASE
from loumass.messages.proof import settle_as_sent
from loumass.messages.service import cancel_messages
from loumass.messages.settling import decide
from loumass.providers.base import OutgoingMessage
from loumass.providers.errors import Outcome
from tests.messages.dying import Killed
from tests.messages.sending import (
    Postbox,
    campaign,
    changed,
    events,
    handing_to,
    mailbox,
    message,
    people,
    queue,
    states,
    stream,
    used_today,
)
from tests.world import World


def killed_in(world: World, channel_id: UUID, postbox: Postbox, after: int) -> None:
    """Run one slice in a process that dies while it hands over, its clean-up included."""
    real = delivering.transaction
    is_dead = False

    def transaction_of_the_dying() -> AbstractContextManager[Session]:
        if is_dead:
            raise Killed
        return real()

    def die(sent_before: int) -> None:
        nonlocal is_dead
        if sent_before == after:
            is_dead = True
            raise Killed

    delivering.transaction = transaction_of_the_dying
    postbox.before_each = die
    try:
        with serving(world.acme.id), pytest.raises(Killed):
            deliver_slice(channel_id)
    finally:
        delivering.transaction = real


def changed_channel(world: World, channel: Channel) -> Channel:
    """`channel` as it is now."""
    with world.acme.acting():
        return get_or_404(Channel, channel.id)


def test_a_crash_leaves_a_small_window_in_doubt_and_the_rest_goes_later(world: World) -> None:
    maya, crowd, postbox = mailbox(world.acme), people(world.acme, 30), Postbox()
    with handing_to(postbox):
        ids = campaign(world.acme, maya, crowd, stream(world.acme))
        world.bell.rings.clear()
        killed_in(world, maya.id, postbox, after=2)
    assert states(world.acme, ids) == ["sending"] * 5 + ["queued"] * 25
    assert len(postbox.taken) == 2
    after = Postbox()
    with handing_to(after):
        world.later(seconds=30)
        assert after.taken == []
        world.later(seconds=LEASE.total_seconds())
    found = states(world.acme, ids)
    assert found == ["in_doubt"] * 5 + ["sent"] * 25
    assert not {one.id for one in after.taken} & {one.id for one in postbox.taken}
    assert used_today(world.acme, maya) == 30
    assert len(events(world.acme, "message.in_doubt")) == 5
    assert "interrupted" in (message(world.acme, ids[0]).reason or "")


def test_a_crash_before_the_attempt_is_committed_puts_nothing_in_doubt(world: World) -> None:
    maya, crowd = mailbox(world.acme), people(world.acme, 10)
    ids = campaign(world.acme, maya, crowd, stream(world.acme))
    world.bell.rings.clear()
    with world.acme.acting() as session:
        lease = outbox_lease.take(maya.id)
        assert lease is not None
        session.commit()
        asked = Portion(lease, outbox_lease.allowance(lease, 500), Pace(lease)).attempt()
        assert len(asked.carry_out().going) == FIRST_WINDOW
        session.rollback()
    assert states(world.acme, ids) == ["queued"] * 10
    world.later(seconds=LEASE.total_seconds() + 120)
    assert states(world.acme, ids) == ["sent"] * 10
    assert used_today(world.acme, maya) == 10
    assert message(world.acme, ids[0]).attempts == 1


def test_a_provider_that_breaks_its_promise_leaves_doubt_and_no_second_copy(world: World) -> None:
    class Broken(Postbox):
        def deliver(self, messages: Iterable[OutgoingMessage]) -> Iterator[tuple[UUID, Outcome]]:
            first, *_ = messages
            yield first.id, self.send(first)
            raise ZeroDivisionError("a bug in the provider")

    maya, crowd, postbox = mailbox(world.acme), people(world.acme, 3), Broken()
    with handing_to(postbox):
        ids = queue(world.acme, maya, crowd)
        world.work()
    assert states(world.acme, ids) == ["sent", "in_doubt", "in_doubt"]
    assert len(postbox.taken) == 1


def test_whoever_lost_the_lease_writes_nothing_more(world: World) -> None:
    maya, crowd, postbox = mailbox(world.acme), people(world.acme, 12), Postbox()

    def stolen(sent_before: int) -> None:
        if sent_before == 4:
            with world.acme.acting() as session:
                clock.advance(LEASE + timedelta(seconds=1))
                assert outbox_lease.take(maya.id) is not None
                session.commit()

    postbox.before_each = stolen
    with handing_to(postbox):
        ids = campaign(world.acme, maya, crowd, stream(world.acme))
        world.bell.rings.clear()
        with serving(world.acme.id):
            deliver_slice(maya.id)
    assert len(postbox.taken) == 5
    assert states(world.acme, ids)[:5] == ["sent"] * 5


def test_whoever_slept_over_the_lease_sends_nothing_of_what_it_still_had(world: World) -> None:
    maya, crowd, postbox = mailbox(world.acme), people(world.acme, 5), Postbox()

    def sleep(sent_before: int) -> None:
        if sent_before == 1:
            clock.advance(LEASE + timedelta(seconds=1))
            with world.acme.acting() as session:
                lease = outbox_lease.take(maya.id)
                assert lease is not None
                assert outbox.reclaim(lease, clock.now()) == 5
                session.commit()

    postbox.before_each = sleep
    with handing_to(postbox):
        ids = campaign(world.acme, maya, crowd, stream(world.acme))
        world.bell.rings.clear()
        with serving(world.acme.id):
            deliver_slice(maya.id)
    assert [one.id for one in postbox.taken] == ids[:2]
    assert states(world.acme, ids) == ["sent"] * 2 + ["queued"] * 3
    assert changed_channel(world, maya).resting_until is None


def test_whoever_slept_and_lost_nothing_goes_on(world: World) -> None:
    maya, crowd, postbox = mailbox(world.acme), people(world.acme, 5), Postbox()
    postbox.before_each = lambda number: clock.advance(LEASE * 2) if number == 1 else None
    with handing_to(postbox):
        ids = campaign(world.acme, maya, crowd, stream(world.acme))
        world.bell.rings.clear()
        with serving(world.acme.id):
            deliver_slice(maya.id)
    assert states(world.acme, ids) == ["sent"] * 5


def test_a_late_outcome_settles_what_was_already_in_doubt(world: World) -> None:
    maya, postbox = mailbox(world.acme), Postbox()
    (only,) = people(world.acme, 1)

    def overtaken(_: int) -> None:
        clock.advance(LEASE + timedelta(seconds=1))
        with world.acme.acting() as session:
            lease = outbox_lease.take(maya.id)
            assert lease is not None
            assert outbox.reclaim(lease, clock.now()) == 1
            session.commit()

    postbox.before_each = overtaken
    with handing_to(postbox):
        ids = queue(world.acme, maya, [only])
        world.bell.rings.clear()
        with serving(world.acme.id):
            deliver_slice(maya.id)
    assert states(world.acme, ids) == ["sent"]


def test_two_processes_at_once_send_everything_once(world: World) -> None:
    maya, crowd, postbox = mailbox(world.acme), people(world.acme, 60), Postbox()
    with handing_to(postbox):
        ids = campaign(world.acme, maya, crowd, stream(world.acme))
        world.bell.rings.clear()

        def work() -> None:
            with serving(world.acme.id):
                deliver_slice(maya.id)

        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        world.later(seconds=3)
    assert sorted(one.id for one in postbox.taken) == sorted(ids)
    assert set(states(world.acme, ids)) == {"sent"}


def test_what_is_taken_back_between_claim_and_attempt_does_not_go(world: World) -> None:
    maya, crowd, postbox = mailbox(world.acme), people(world.acme, 10), Postbox()
    ids = campaign(world.acme, maya, crowd, stream(world.acme))

    def take_back(sent_before: int) -> None:
        if sent_before == 0:
            with world.acme.acting() as session:
                assert cancel_messages(ids) == 5
                session.commit()

    postbox.before_each = take_back
    with handing_to(postbox):
        world.work()
    assert states(world.acme, ids) == ["sent"] * 5 + ["cancelled"] * 5
    assert used_today(world.acme, maya) == 5


# Settling


def test_the_provider_is_asked_and_only_finding_settles(world: World) -> None:
    maya = mailbox(world.acme)
    went, lost = (world.acme.contact(email=f"a.{how}-in-doubt@x.example") for how in ("sent", "lost"))
    ids = queue(world.acme, maya, [went, lost])
    world.work()
    assert states(world.acme, ids) == ["in_doubt", "in_doubt"]
    world.later(minutes=5)
    assert states(world.acme, ids) == ["sent", "in_doubt"]
    sent = message(world.acme, ids[0])
    assert sent.sent_at == sent.attempted_at
    assert len(events(world.acme, "message.sent")) == 1
    for _ in range(12):
        world.later(hours=6)
    assert states(world.acme, ids) == ["sent", "in_doubt"]
    assert message(world.acme, ids[1]).due_at is None


def test_where_the_provider_cannot_say_a_person_decides(world: World) -> None:
    maya, crowd, postbox = mailbox(world.acme), people(world.acme, 3), Postbox()
    ids = queue(world.acme, maya, crowd)
    for one in ids:
        changed(world.acme, message(world.acme, one), state="in_doubt", attempted_at=clock.now())
    with handing_to(postbox):
        with world.acme.acting() as session:
            assert [decide([one], how) for one, how in zip(ids, ("sent", "send", "drop"), strict=True)] == [
                1,
                1,
                1,
            ]
            session.commit()
        world.work()
    assert states(world.acme, ids) == ["sent", "sent", "cancelled"]
    assert [one.id for one in postbox.taken] == [ids[1]]
    assert message(world.acme, ids[2]).reason_code == "dropped"
    with world.acme.acting():
        assert [decide([one], "send") for one in ids] == [0, 0, 0]


@pytest.mark.parametrize("how", ["sent", "found"])
def test_a_thread_whose_first_mail_was_interrupted_has_its_subject_once_that_is_settled(
    world: World, how: str
) -> None:
    maya, postbox = mailbox(world.acme), Postbox()
    reader = world.acme.contact(email="a.sent-in-doubt@x.example")
    with handing_to(postbox):
        (only,) = queue(world.acme, maya, [reader])
        world.bell.rings.clear()
        killed_in(world, maya.id, postbox, after=0)
    if how == "found":
        with world.acme.acting() as session:
            assert settle_as_sent(maya, only) is False, "its sender may still be at it"
            clock.advance(LEASE + timedelta(minutes=1))
            assert settle_as_sent(maya, only)
            session.commit()
    else:
        changed(world.acme, message(world.acme, only), state="in_doubt")
        with world.acme.acting() as session:
            assert decide([only], "sent") == 1
            session.commit()
    thread_id = message(world.acme, only).conversation_id
    with world.acme.acting():
        assert get_or_404(Conversation, thread_id).subject == "Dinner"


def test_nothing_sent_is_ever_settled_again(world: World) -> None:
    maya = mailbox(world.acme)
    ids = queue(world.acme, maya, people(world.acme, 2))
    world.work()
    with world.acme.acting() as session:
        assert decide(ids, "send") == decide(ids, "drop") == decide(ids, "sent") == 0
        session.commit()
    assert states(world.acme, ids) == ["sent", "sent"]


def test_globex_cannot_settle_it(world: World) -> None:
    maya = mailbox(world.acme)
    (message_id,) = queue(world.acme, maya, people(world.acme, 1))
    changed(world.acme, message(world.acme, message_id), state="in_doubt", attempted_at=clock.now())
    with world.globex.acting() as session:
        assert decide([message_id], "drop") == 0
        session.commit()
    assert message(world.acme, message_id).state == "in_doubt"


def test_the_sweep_finds_what_an_emptied_agenda_forgot(world: World) -> None:
    maya = mailbox(world.acme)
    ids = queue(world.acme, maya, people(world.acme, 2))
    with world.acme.acting() as session:
        session.execute(text("DELETE FROM agenda WHERE organization_id = :id"), {"id": world.acme.id})
        session.commit()
    world.bell.rings.clear()
    with serving(world.acme.id), transaction() as session:
        assert [wake.job for wake in sweep() if wake.job != "messages.note_words"] == ["messages.deliver"]
        assert session.scalars(select(Message.state)).all() == ["queued"] * 2
    with world.acme.acting():
        assert get_or_404(Message, ids[0]).state == "queued"


def test_a_crash_on_a_channel_that_is_paused_since_still_shows_its_doubt(world: World) -> None:
    maya, crowd, postbox = mailbox(world.acme), people(world.acme, 8), Postbox()
    with handing_to(postbox):
        ids = campaign(world.acme, maya, crowd, stream(world.acme))
        world.bell.rings.clear()
        killed_in(world, maya.id, postbox, after=2)
    changed(world.acme, maya, state="paused")
    clock.advance(LEASE + timedelta(minutes=1))
    with world.acme.acting() as session:
        wake_all(sweep())
        session.commit()
    world.work()
    assert states(world.acme, ids) == ["in_doubt"] * 5 + ["queued"] * 3
