"""Somebody says no while their message is on its way: whatever two connections do in whatever order, no message is
taken out of the queue after an opt-out was committed."""

from __future__ import annotations

import contextvars
import threading
import time
from collections.abc import Callable
from typing import Any, TypeVar
from uuid import UUID

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from loumass.channels.models import Channel
from loumass.contacts.suppression import suppress
from loumass.core.ids import uuid7
from loumass.core.tenancy import acting_for, serving
from loumass.messages import outbox_lease
from loumass.messages.delivering import deliver_slice
from loumass.messages.delivering_windows import Pace, Portion
from loumass.messages.models import Conversation
from loumass.messages.outbox_queueing import NewMessage, queue_messages
from tests.messages.sending import (
    Postbox,
    campaign,
    handing_to,
    mailbox,
    message,
    people,
    states,
    stream,
    used_today,
)
from tests.world import Tenant, World

MESSAGES = 4
T = TypeVar("T")


class Connection:
    """A session of its own beside others, as another process has one."""

    def __init__(self, tenant: Tenant) -> None:
        self._context = contextvars.copy_context()
        self._opened = acting_for(tenant.id)
        self.session = self._context.run(self._opened.__enter__)

    def do(self, work: Callable[..., T], *arguments: Any, **named: Any) -> T:
        return self._context.run(work, *arguments, **named)

    def close(self) -> None:
        self._context.run(self._opened.__exit__, None, None, None)


class Race:
    """A delivering process and people who say no. `barred` has what was committed, `saying` what was not yet."""

    def __init__(self, tenant: Tenant, channel: Channel) -> None:
        self.delivering, self.people = Connection(tenant), Connection(tenant)
        self.addresses = self._queued(tenant, channel)
        self.barred: set[UUID] = set()
        self.saying: set[UUID] = set()
        lease = self.delivering.do(outbox_lease.take, channel.id)
        assert lease is not None
        self.lease = lease
        self.delivering.do(self.delivering.session.commit)

    def _queued(self, tenant: Tenant, channel: Channel) -> dict[UUID, str]:
        with tenant.acting() as session:
            thread = Conversation(
                id=uuid7(),
                channel_id=channel.id,
                medium="email",
                counterpart="x",
                thread_key=f"race:{uuid7()}",
            )
            session.add(thread)
            session.flush()
            addresses = [f"{uuid7()}@race.example" for _ in range(MESSAGES)]
            ids = queue_messages([
                NewMessage(conversation_id=thread.id, channel_id=channel.id, medium="email", to_address=one, text="Hi", priority=50)
                for one in addresses
            ])  # fmt: skip
            session.commit()
        return dict(zip(ids, addresses, strict=True))

    def say_no(self, number: int) -> None:
        one = list(self.addresses)[number]
        self.people.do(suppress, "email", [self.addresses[one]], "unsubscribed")
        self.saying.add(one)

    def commit(self, _: int) -> None:
        self.people.do(self.people.session.commit)
        self.barred |= self.saying
        self.saying.clear()

    def take_back(self, _: int) -> None:
        self.people.do(self.people.session.rollback)
        self.saying.clear()

    def attempt(self, number: int) -> None:
        """Some of the queue, not committed yet."""
        allowed = self.delivering.do(outbox_lease.allowance, self.lease, number + 1)
        asked = Portion(self.lease, allowed, Pace(self.lease)).attempt()
        window = self.delivering.do(asked.carry_out)
        assert window.is_held
        assert not {row.id for row in window.going} & self.barred

    def settle(self, _: int) -> None:
        """As delivering does before the network is touched."""
        self.delivering.do(self.delivering.session.commit)

    def close(self) -> None:
        self.people.close()
        self.delivering.do(outbox_lease.release, self.lease)
        self.delivering.do(self.delivering.session.commit)
        self.delivering.close()


acts = st.lists(
    st.tuples(
        st.sampled_from(["say_no", "say_no", "commit", "commit", "take_back", "attempt", "attempt", "attempt", "settle", "settle"]),
        st.integers(0, MESSAGES - 1),
    ),
    min_size=4, max_size=14,
)  # fmt: skip


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_nothing_is_attempted_after_an_opt_out_was_committed(world: World) -> None:
    maya = mailbox(world.acme)

    @settings(
        max_examples=250, deadline=None, derandomize=True, database=None, phases=[Phase.generate],
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    )  # fmt: skip
    @given(acts)
    def never(happens: list[tuple[str, int]]) -> None:
        race = Race(world.acme, maya)
        try:
            for act, number in [*happens, ("commit", 0), ("attempt", MESSAGES), ("settle", 0)]:
                getattr(race, act)(number)
        finally:
            race.close()
        for one in race.addresses:
            found = message(world.acme, one)
            assert (found.attempted_at is not None) != (found.state == "cancelled")

    never()


def test_an_opt_out_that_is_committed_while_the_attempt_finds_a_row_locked_is_honoured(world: World) -> None:
    """Another transaction looks at the row just then, and changes nothing: an attempt that waited for it would judge
    by what was true before it began to wait."""
    maya, crowd, postbox = mailbox(world.acme), people(world.acme, 10), Postbox()
    ids = campaign(world.acme, maya, crowd, stream(world.acme))
    holder, is_over = Connection(world.acme), threading.Event()
    lock = text("SELECT id FROM message WHERE organization_id = :organization_id AND id = :id FOR UPDATE")

    def lets_go() -> None:
        is_over.wait(2)
        holder.do(holder.session.rollback)

    def says_no() -> None:
        time.sleep(0.3)  # so that an attempt that waits has begun to
        with acting_for(world.acme.id) as session:
            suppress("email", [crowd[9].email or ""], "unsubscribed")
            session.commit()

    letting_go, saying = threading.Thread(target=lets_go), threading.Thread(target=says_no)

    def say_no(sent_before: int) -> None:
        if sent_before == 0:
            holder.do(holder.session.execute, lock, {"organization_id": world.acme.id, "id": ids[9]})
            saying.start()
            letting_go.start()

    postbox.before_each = say_no
    with handing_to(postbox), serving(world.acme.id):
        deliver_slice(maya.id)
        is_over.set()
    for thread in (saying, letting_go):
        thread.join(60)
    with handing_to(postbox):
        world.work()
    holder.close()
    assert states(world.acme, ids) == ["sent"] * 9 + ["cancelled"]
    assert message(world.acme, ids[9]).reason_code == "suppressed"
    assert len(postbox.taken) == used_today(world.acme, maya) == 9


def test_an_opt_out_that_is_committed_while_the_attempt_waits_for_its_channel_is_honoured(
    world: World,
) -> None:
    """Somebody saves the channel's settings just then: whoever waits for them judges by what is true afterwards."""
    maya, crowd, postbox = mailbox(world.acme), people(world.acme, 10), Postbox()
    ids = campaign(world.acme, maya, crowd, stream(world.acme))
    holder = Connection(world.acme)
    lock = text("SELECT id FROM channel WHERE organization_id = :organization_id AND id = :id FOR UPDATE")

    def says_no_and_lets_go() -> None:
        time.sleep(0.5)  # so that an attempt that waits has begun to
        with acting_for(world.acme.id) as session:
            suppress("email", [crowd[9].email or ""], "unsubscribed")
            session.commit()
        holder.do(holder.session.rollback)

    saying = threading.Thread(target=says_no_and_lets_go)

    def hold(sent_before: int) -> None:
        if sent_before == 4:
            holder.do(holder.session.execute, lock, {"organization_id": world.acme.id, "id": maya.id})
            saying.start()

    postbox.before_each = hold
    with handing_to(postbox):
        with serving(world.acme.id):
            deliver_slice(maya.id)
        saying.join(60)
        world.work()
    holder.close()
    assert states(world.acme, ids) == ["sent"] * 9 + ["cancelled"]
    assert message(world.acme, ids[9]).reason_code == "suppressed"
    assert len(postbox.taken) == 9
