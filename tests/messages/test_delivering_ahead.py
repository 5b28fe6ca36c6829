"""While a window goes, the one before is written down and the next one taken: whatever happens, each is sent once."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any, cast
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import Row, select, text

from loumass.channels.models import Channel
from loumass.contacts.suppression import suppress
from loumass.core import clock
from loumass.core.beside import Beside, Statement
from loumass.core.ids import uuid7
from loumass.core.jobs import Ring
from loumass.core.tenancy import get_or_404, serving
from loumass.messages import delivering, outbox_lease
from loumass.messages.delivering import deliver_slice
from loumass.messages.delivering_windows import FIRST_WINDOW, IN_DOUBT, LOOKED_AT, WINDOW, Pace, Portion
from loumass.messages.jobs import deliver
from loumass.messages.models import PRIORITY_CAMPAIGN, Conversation
from loumass.messages.outbox_attempt import Place, Window
from loumass.messages.outbox_lease import LEASE, Allowance
from loumass.messages.service import pause_stream
from loumass.providers.base import OutgoingMessage
from loumass.providers.errors import Disconnected, ProviderError, Sent, Throttled
from tests.messages.sending import (
    Postbox,
    campaign,
    events,
    handing_to,
    mailbox,
    message,
    people,
    states,
    stream,
    used_today,
)
from tests.messages.test_crashes import killed_in
from tests.waiting import until
from tests.world import World


class Stopping(Postbox):
    """It says `problem` to everything after so many messages."""

    def __init__(self, after: int, problem: ProviderError) -> None:
        super().__init__()
        self.after, self.problem = after, problem

    def send(self, message: OutgoingMessage) -> Sent:
        if len(self.taken) == self.after:
            raise self.problem
        return super().send(message)


def delivered(world: World, postbox: Postbox, count: int) -> tuple[Any, list[UUID]]:
    """One slice of a campaign to so many people: the mailbox, and the messages in their order."""
    maya = mailbox(world.acme)
    with handing_to(postbox):
        ids = campaign(world.acme, maya, people(world.acme, count), stream(world.acme))
        world.bell.rings.clear()
        with serving(world.acme.id):
            deliver_slice(maya.id)
    return maya, ids


@pytest.mark.parametrize(
    "problem",
    [
        Disconnected("The password is wrong."),
        Throttled("Too many today.", timedelta(hours=1), is_about_us=True),
    ],
)
def test_what_was_taken_ahead_waits_again_when_the_provider_wants_no_more(
    world: World, problem: ProviderError
) -> None:
    postbox = Stopping(40, problem)
    maya, ids = delivered(world, postbox, 120)
    found = Counter(states(world.acme, ids))
    assert found == {"sent": 40, "queued": 80}
    left = [one for one in (message(world.acme, id_) for id_ in ids) if one.state == "queued"]
    assert {one.attempts for one in left} == {0}
    assert {one.attempted_at for one in left} == {None}
    assert used_today(world.acme, maya) == 40


def test_a_crash_in_the_middle_leaves_two_windows_in_doubt_at_most(world: World) -> None:
    maya, crowd, postbox = mailbox(world.acme), people(world.acme, 300), Postbox()
    with handing_to(postbox):
        ids = campaign(world.acme, maya, crowd, stream(world.acme))
        world.bell.rings.clear()
        killed_in(world, maya.id, postbox, after=140)
    assert Counter(states(world.acme, ids))["sending"] <= IN_DOUBT
    after = Postbox()
    with handing_to(after):
        world.later(seconds=LEASE.total_seconds() + 120)
    found = Counter(states(world.acme, ids))
    assert found["sent"] + found["in_doubt"] == 300
    assert found["in_doubt"] <= IN_DOUBT
    assert len(events(world.acme, "message.in_doubt")) == found["in_doubt"]
    twice = {one.id for one in postbox.taken} & {one.id for one in after.taken}
    assert not twice
    assert used_today(world.acme, maya) == 300


def everything_went_once(world: World, maya: Any, ids: list[UUID]) -> None:
    with world.acme.acting() as session:
        assert session.scalars(select(Conversation.subject).distinct()).all() == ["Dinner"]
    assert states(world.acme, ids) == ["sent"] * len(ids)
    assert len(events(world.acme, "message.sent")) == len(ids)
    assert used_today(world.acme, maya) == len(ids)


def test_what_the_database_refused_to_take_on_the_way_is_written_and_taken_by_another(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, sent = Beside.send, Counter[str]()
    broken = (text("SELECT 1 / 0"), {})

    def send(self: Beside, *statements: Statement) -> None:
        # Every second transaction is rolled back whole: what it wrote down, and what it took.
        sent["all"] += 1
        sent["refused"] += sent["all"] % 2 == 0
        real(self, *statements, *[broken] * (sent["all"] % 2 == 0))

    monkeypatch.setattr(Beside, "send", send)
    postbox = Postbox()
    maya, ids = delivered(world, postbox, 300)
    assert sent["refused"] > 1
    assert len(postbox.taken) == 300
    everything_went_once(world, maya, ids)


_END = "SELECT pg_terminate_backend(:pid)"
_IS_COMMITTED = "SELECT query = 'COMMIT' AND wait_event = 'ClientRead' FROM pg_stat_activity WHERE pid = :pid"


def _as_owner(world: World, statement: str, pid: int) -> Any:
    with world.acme.acting() as session:
        session.execute(text("SET ROLE NONE"))
        return session.scalar(text(statement), {"pid": pid})


@pytest.mark.parametrize("is_committed", [True, False])
def test_when_the_connection_breaks_on_the_way_all_that_was_sent_is_written_down_and_nothing_goes_twice(
    world: World, monkeypatch: pytest.MonkeyPatch, is_committed: bool
) -> None:
    real, sent = Beside.send, Counter[str]()

    def send(self: Beside, *statements: Statement) -> None:
        sent["all"], pid = sent["all"] + 1, self._connection.info.backend_pid
        if sent["all"] != 3:
            real(self, *statements)
        elif is_committed:
            real(self, *statements)
            until(lambda: _as_owner(world, _IS_COMMITTED, pid), "it is committed")
            _as_owner(world, _END, pid)
        else:
            real(
                self,
                *statements,
                (text("SET ROLE NONE"), {}),
                (text(_END), {"pid": pid}),
            )

    monkeypatch.setattr(Beside, "send", send)
    maya, crowd, postbox, after = mailbox(world.acme), people(world.acme, 300), Postbox(), Postbox()
    ids = campaign(world.acme, maya, crowd, stream(world.acme))
    world.bell.rings.clear()
    with handing_to(postbox), serving(world.acme.id), pytest.raises(psycopg.OperationalError):
        deliver_slice(maya.id)
    monkeypatch.setattr(Beside, "send", real)
    assert Counter(states(world.acme, ids))["sent"] == len(postbox.taken) > 50
    with handing_to(after):
        world.later(seconds=LEASE.total_seconds() + 120)
    found = Counter(states(world.acme, ids))
    assert found["sent"] == len(postbox.taken) + len(after.taken)
    assert found["sent"] + found["in_doubt"] == 300
    # What was taken is in doubt, however large this machine's windows are; what was rolled back was not taken.
    assert 0 < found["in_doubt"] <= WINDOW if is_committed else found["in_doubt"] == 0
    assert len({one.id for one in (*postbox.taken, *after.taken)}) == found["sent"]
    assert used_today(world.acme, maya) == 300


def test_a_pause_stops_what_was_not_taken_yet(world: World) -> None:
    postbox, maya = Postbox(), mailbox(world.acme)
    with handing_to(postbox):
        stream_id = stream(world.acme)
        ids = campaign(world.acme, maya, people(world.acme, 300), stream_id)
        world.bell.rings.clear()

        def pause(sent_before: int) -> None:
            if sent_before == 100:
                with world.acme.acting() as session:
                    pause_stream(stream_id)
                    session.commit()

        postbox.before_each = pause
        with serving(world.acme.id):
            deliver_slice(maya.id)
    found = Counter(states(world.acme, ids))
    assert found["sent"] <= 100 + IN_DOUBT
    assert found == {"sent": len(postbox.taken), "queued": 300 - len(postbox.taken)}
    assert used_today(world.acme, maya) == len(postbox.taken)


def test_a_slice_ends_when_somebody_waits_also_in_the_middle_of_a_batch(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivering, "POLITE_SECONDS", 0.0)
    monkeypatch.setattr(delivering, "LOOK_SECONDS", 0.0)
    monkeypatch.setattr(delivering, "others_wait", lambda queue: True)
    postbox = Postbox()
    _, ids = delivered(world, postbox, 120)
    found = Counter(states(world.acme, ids))
    assert found == {"sent": len(postbox.taken), "queued": 120 - len(postbox.taken)}
    assert 0 < found["sent"] < 120


def test_a_slice_that_just_began_ends_for_a_person(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivering, "LOOK_SECONDS", 0.0)
    maya, crowd, postbox = mailbox(world.acme), people(world.acme, 120), Postbox()
    ids = campaign(world.acme, maya, crowd, stream(world.acme))
    world.bell.rings.clear()
    key = deliver.wake(clock.now(), str(uuid7())).key

    def ask(sent_before: int) -> None:
        if sent_before == 20:
            world.bell.ring(Ring(deliver.name, world.globex.id, key, is_urgent=True))

    postbox.before_each = ask
    with handing_to(postbox), serving(world.acme.id):
        deliver_slice(maya.id)
    found = Counter(states(world.acme, ids))
    assert found == {"sent": len(postbox.taken), "queued": 120 - len(postbox.taken)}
    assert 20 < found["sent"] < 120


def test_a_paced_channel_takes_nothing_ahead_of_its_rest(world: World) -> None:
    """Also where the first one went so slowly that the next may go at once, and the one after it is refused."""
    maya, crowd, postbox = mailbox(world.acme, minimum_gap_seconds=30), people(world.acme, 4), Postbox()
    ids = campaign(world.acme, maya, crowd, stream(world.acme))
    world.bell.rings.clear()
    with world.acme.acting() as session:
        suppress("email", [crowd[1].email or ""], "unsubscribed")
        session.commit()

    def be_slow(sent_before: int) -> None:
        if sent_before == 0:
            clock.advance(timedelta(seconds=31))

    postbox.before_each = be_slow
    with handing_to(postbox), serving(world.acme.id):
        deliver_slice(maya.id)
    assert states(world.acme, ids) == ["sent", "cancelled", "sent", "queued"]
    with world.acme.acting():
        resting_until = get_or_404(Channel, maya.id).resting_until
    assert resting_until is not None
    assert resting_until >= clock.now() + timedelta(seconds=29)


def test_what_ended_ahead_is_told_of_also_when_the_worker_dies_before_it_hears_so(world: World) -> None:
    maya, crowd, postbox = mailbox(world.acme), people(world.acme, 100), Postbox()
    with handing_to(postbox):
        ids = campaign(world.acme, maya, crowd, stream(world.acme))
        world.bell.rings.clear()
        with world.acme.acting() as session:
            suppress("email", [crowd[30].email or ""], "unsubscribed")
            session.commit()
        killed_in(world, maya.id, postbox, after=10)
    until(lambda: message(world.acme, ids[30]).state == "cancelled", "the window ahead is committed")
    (fact,) = events(world.acme, "message.cancelled")
    assert (fact.message_id, fact.facts) == (ids[30], {"reason": "suppressed"})


def test_what_is_planned_while_the_last_goes_leaves_in_the_same_slice(world: World) -> None:
    maya, crowd, postbox = mailbox(world.acme), people(world.acme, 15), Postbox()
    stream_id = stream(world.acme)
    ids = campaign(world.acme, maya, crowd[:10], stream_id)

    def plan_more(sent_before: int) -> None:
        if sent_before == 9:
            ids.extend(campaign(world.acme, maya, crowd[10:], stream_id))

    postbox.before_each = plan_more
    with handing_to(postbox), serving(world.acme.id):
        assert deliver_slice(maya.id).attempted == 15
    assert states(world.acme, ids) == ["sent"] * 15


def test_many_are_looked_at_only_while_gates_refuse_them(world: World) -> None:
    maya = mailbox(world.acme)
    with world.acme.acting() as session:
        lease = outbox_lease.take(maya.id)
        assert lease is not None
        allowed = Allowance([PRIORITY_CAMPAIGN], 2_000, 2_000, clock.now().date())
        session.commit()
        portion = Portion(lease, allowed, Pace(lease))
        looks = [(asked := portion.attempt()).look_at]
        going = [cast("Row[Any]", Place(PRIORITY_CAMPAIGN, clock.now(), uuid7()))] * FIRST_WINDOW
        for taken, refused in ((0, FIRST_WINDOW), (2, 1_998), (FIRST_WINDOW, 40)):
            looked_at = max(taken + refused, asked.look_at)
            portion.learn(asked, Window(going[:taken], refused, 0, looked_at, is_held=True))
            looks.append((asked := portion.attempt()).look_at)
    assert looks == [FIRST_WINDOW, LOOKED_AT, LOOKED_AT, FIRST_WINDOW]
