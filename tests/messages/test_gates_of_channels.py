"""What a channel may do: its cap, its pace, its pause."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from loumass.channels.models import Channel
from loumass.core import clock
from loumass.core.tenancy import get_or_404
from loumass.messages import outbox_lease
from loumass.messages.service import (
    ring_channels,
)
from tests.messages.gates import waiting
from tests.messages.sending import (
    Postbox,
    campaign,
    changed,
    handing_to,
    mailbox,
    message,
    people,
    queue,
    states,
    stream,
)
from tests.world import World


def test_the_daily_cap_holds_campaigns_until_tomorrow_and_lets_people_answer(world: World) -> None:
    maya, crowd = mailbox(world.acme, daily_cap=3), people(world.acme, 5)
    ids = campaign(world.acme, maya, crowd, stream(world.acme))
    world.work()
    assert states(world.acme, ids) == ["sent"] * 3 + ["queued"] * 2
    (answer,) = queue(world.acme, maya, [world.acme.contact()])
    world.work()
    assert message(world.acme, answer).state == "sent"
    (told,) = waiting(world, ids[4])
    assert (told.gate, told.until) == ("daily_cap", datetime(2026, 3, 4, 7, 0, tzinfo=UTC))
    assert "3 messages of today" in told.sentence
    world.later(hours=14, minutes=59)
    assert states(world.acme, ids)[3:] == ["queued"] * 2
    world.later(minutes=2)
    assert states(world.acme, ids) == ["sent"] * 5


def test_a_minimum_gap_lies_between_any_two_messages(world: World) -> None:
    maya, crowd, postbox = mailbox(world.acme, minimum_gap_seconds=90), people(world.acme, 4), Postbox()
    with handing_to(postbox):
        campaign(world.acme, maya, crowd, stream(world.acme))
        world.work()
        assert len(postbox.taken) == 1
        for _ in range(40):
            world.later(seconds=10)
    gaps = [after - before for before, after in zip(postbox.taken_at, postbox.taken_at[1:], strict=False)]
    assert len(gaps) == 3
    assert min(gaps) >= timedelta(seconds=90)


def test_the_rate_per_minute_is_kept_over_any_minute(world: World) -> None:
    maya, crowd, postbox = mailbox(world.acme, per_minute=12), people(world.acme, 40), Postbox()
    with handing_to(postbox):
        campaign(world.acme, maya, crowd, stream(world.acme))
        world.work()
        for _ in range(120):
            world.later(seconds=2)
    assert len(postbox.taken) == 40
    for begin in postbox.taken_at:
        within = [at for at in postbox.taken_at if begin <= at < begin + timedelta(seconds=60)]
        assert len(within) <= 12 + 2  # a burst at either end of the minute


@pytest.mark.parametrize(
    ("limits", "left_today"),
    [
        ({"window_from": 60, "window_until": 120}, 5),
        ({"daily_cap": 7}, 7),
        ({"per_minute": 6}, 6),
    ],
)
def test_limits_that_are_set_while_a_slice_runs_hold_from_the_next_window_on(
    world: World, limits: dict[str, int], left_today: int
) -> None:
    maya, postbox = mailbox(world.acme), Postbox()
    campaign(world.acme, maya, people(world.acme, 30), stream(world.acme))

    def narrows(number: int) -> None:
        if number == 1:
            changed(world.acme, maya, **limits)

    postbox.before_each = narrows
    with handing_to(postbox):
        world.work()
    assert len(postbox.taken) == left_today


def test_a_paused_channel_sends_nothing_and_says_so(world: World) -> None:
    maya = mailbox(world.acme)
    changed(world.acme, maya, state="paused")
    (message_id,) = queue(world.acme, maya, [world.acme.contact()])
    world.work()
    (told,) = waiting(world, message_id)
    assert (told.gate, told.sentence, told.until) == ("channel_paused", "maya@acme.example is paused.", None)
    changed(world.acme, maya, state="active")
    with world.acme.acting() as session:
        ring_channels([maya.id])
        session.commit()
    world.work()
    assert message(world.acme, message_id).state == "sent"


def test_nobody_holds_a_channel_that_was_removed(world: World) -> None:
    maya = mailbox(world.acme)
    with world.acme.acting() as session:
        lease = outbox_lease.take(maya.id)
        assert lease is not None
        assert outbox_lease.renew(lease) is not None
        get_or_404(Channel, maya.id).archived_at = clock.now()
        session.flush()
        assert outbox_lease.renew(lease) is None
